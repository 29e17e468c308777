/*
 * Attacks by the bytes of a message alone (rows I1 to I3, I18, I19, I27 of attacks.tsv): each
 * through every reader there is (walk_dns.h), in memory that ends with the message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../wire/dns_samples.h"
#include "../wire/walk_dns.h"
#include "base/random.h"
#include "wire/dns_data_text.h"

#define MESSAGE_BYTES 65535

/* A copy that ends with its last byte. */
static bool walk_exact(const uint8_t *bytes, size_t length) {
    uint8_t *exact = malloc(length > 0 ? length : 1);
    assert_non_null(exact);
    if (length > 0)
        memcpy(exact, bytes, length);
    bool is_good = walk_dns(exact, length);
    free(exact);
    return is_good;
}

static struct dns_writer message_begin(uint8_t *bytes, size_t room, uint16_t answers,
                                       uint16_t additionals) {
    const struct dns_header header = {
        .id = 1, .response = true, .questions = 1, .answers = answers, .additionals = additionals};
    struct dns_writer w = dns_writer_make(bytes, room);
    struct dns_question question = {.type = DNS_A, .class_ = DNS_IN};
    assert_true(dns_name_from_text("a.b", &question.name));
    dns_header_emit(&w, &header);
    dns_question_emit(&w, &question);
    return w;
}

static void record_put(struct dns_writer *w, const char *owner, uint16_t type, const void *data,
                       size_t length) {
    struct dns_name name;
    assert_true(dns_name_from_text(owner, &name));
    size_t mark = dns_record_begin(w, &name, type, DNS_IN, 60);
    writer_bytes(&w->writer, data, length);
    dns_record_end(w, mark);
}

/* The sample as the data of an answer; 0: it is longer than these tests care for. */
static size_t sample_message(const struct dns_sample *sample, uint8_t *bytes, size_t room) {
    uint8_t data[16384];
    struct dns_tokens tokens = dns_tokens_make(sample->text, strlen(sample->text));
    struct writer whole = writer_make(data, sizeof(data));
    assert_true(dns_data_parse(sample->type, &tokens, NULL, &whole));
    struct dns_writer w = message_begin(bytes, room, 1, 0);
    record_put(&w, "c.a.b", sample->type, data, whole.position);
    return w.writer.failed ? 0 : w.writer.position;
}

/* ---- I1 ---- */

/* Two pointers at any two places of a message with names in question, owner and data, each to any
 * place in or behind it [attack:I1]. */
static void attack_i1_pointers_anywhere_to_anywhere(void **state) {
    (void)state;
    uint8_t made[64];
    struct dns_writer w = message_begin(made, sizeof(made), 1, 0);
    record_put(&w, "a.b", DNS_MX, "\0\1\1m\1b", 7);
    const uint8_t length = (uint8_t)w.writer.position;
    uint8_t *exact = malloc(length);
    unsigned read = 0;
    assert_false(w.writer.failed);
    assert_true(walk_exact(made, length));
    for (uint8_t first = 12; first < length; first++) {
        for (uint8_t second = first; second < length; second++) {
            for (uint8_t to = 0; to < length + 2; to++) {
                for (uint8_t other = first == second ? length : 0; other < length + 2; other++) {
                    memcpy(exact, made, length);
                    exact[first] = 0xc0;
                    if (first + 1 < length)
                        exact[first + 1] = to;
                    if (second > first)
                        exact[second] = 0xc0;
                    if (second > first && second + 1 < length)
                        exact[second + 1] = other;
                    read += walk_dns(exact, length);
                }
            }
        }
    }
    assert_true(read > 100);
    free(exact);
}

/* The longest chain of pointers that a message can hold, over and over, costs no more than its
 * bytes: each name of it is given up after 127 [attack:I1]. */
static void attack_i1_chain_of_pointers_in_every_record(void **state) {
    (void)state;
    static uint8_t bytes[MESSAGE_BYTES];
    struct dns_writer w = message_begin(bytes, sizeof(bytes), 0, 0);
    const struct dns_header header = {.questions = 1, .answers = UINT16_MAX};
    const size_t data = w.writer.position + 11; /* behind the root, type, class, TTL, length */
    uint8_t chain[8000];
    for (size_t i = 0; i < sizeof(chain); i += 2)
        store_be16(chain + i, (uint16_t)(0xc000 | (i == 0 ? 12 : data + i - 2)));
    record_put(&w, ".", DNS_NULL, chain, sizeof(chain));
    assert_int_equal(load_be16(bytes + data), 0xc00c);
    /* An owner of 101 pointers, data of one; the last record's owner is one of 4,000. */
    while (w.writer.room - w.writer.position >= 2 * 14) {
        writer_be16(&w.writer, (uint16_t)(0xc000 | (data + 2 * 100)));
        writer_bytes(&w.writer, "\0\2\0\1\0\0\0\0\0\2", 10);
        writer_be16(&w.writer, (uint16_t)(0xc000 | data));
    }
    writer_be16(&w.writer, (uint16_t)(0xc000 | (data + sizeof(chain) - 2)));
    writer_bytes(&w.writer, "\0\2\0\1\0\0\0\0\0\2\300\14", 12);
    assert_false(w.writer.failed);
    dns_header_patch(&w, &header);
    clock_t begin = clock();
    for (unsigned i = 0; i < 10; i++)
        assert_false(walk_exact(bytes, w.writer.position));
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 10);
}

/* ---- I2 ---- */

/* Each byte of a message with data of each type wrong, at each cut [attack:I2]. */
static void attack_i2_every_field_wrong_and_cut(void **state) {
    (void)state;
    static const uint8_t wrong[] = {0, 63, 0xc0, 0xff};
    for (size_t i = 0; i < array_length(dns_samples); i++) {
        uint8_t bytes[160], *exact = malloc(sizeof(bytes));
        size_t length = sample_message(&dns_samples[i], bytes, sizeof(bytes));
        for (size_t at = 0; at < length; at++) {
            for (size_t change = 0; change < array_length(wrong) + 2; change++) {
                uint8_t good = bytes[at];
                bytes[at] = change < array_length(wrong)    ? wrong[change]
                            : change == array_length(wrong) ? (uint8_t)(good + 1)
                                                            : (uint8_t)(good - 1);
                /* Data that end with the memory: cut at the back, begin at its end. */
                for (size_t cut = max_size(at, 12); cut <= length; cut++) {
                    uint8_t *begin = exact + sizeof(bytes) - cut;
                    memcpy(begin, bytes, cut);
                    (void)walk_dns(begin, cut);
                }
                bytes[at] = good;
            }
        }
        free(exact);
    }
}

/* Cut anywhere, a message is not whole [attack:I2]. */
static void attack_i2_cut_message_is_never_whole(void **state) {
    (void)state;
    static uint8_t bytes[16384];
    for (size_t i = 0; i < array_length(dns_samples); i++) {
        size_t length = sample_message(&dns_samples[i], bytes, sizeof(bytes));
        assert_true(length > 0 && walk_exact(bytes, length));
        for (size_t cut = 0; cut < min_size(length, 300); cut++)
            assert_false(walk_exact(bytes, cut));
    }
}

/* Every data length for data of every type, but the true one: the next record is read from
 * elsewhere, or the message ends [attack:I2]. */
static void attack_i2_data_length_lies(void **state) {
    (void)state;
    uint8_t bytes[160];
    for (size_t i = 0; i < array_length(dns_samples); i++) {
        size_t length = sample_message(&dns_samples[i], bytes, sizeof(bytes));
        struct dns_question question;
        struct dns_header header;
        struct dns_record record;
        struct reader r = reader_make(bytes, length);
        if (length == 0)
            continue;
        assert_true(dns_header_parse(&r, &header) && dns_question_parse(&r, &question) &&
                    dns_record_parse(&r, &record));
        for (unsigned lie = 0; lie <= UINT16_MAX; lie += lie < 300 ? 1 : 509) {
            store_be16(bytes + record.data_offset - 2, (uint16_t)lie);
            assert_int_equal(walk_exact(bytes, length), lie <= record.data.length);
        }
    }
}

/* ---- I3 ---- */

/* Data of no byte and of one, of every type, are refused by those that have fields [attack:I3]. */
static void attack_i3_data_of_no_byte_or_one(void **state) {
    (void)state;
    uint8_t bytes[64], whole[8];
    for (unsigned type = 0; type <= 300; type++) {
        for (unsigned length = 0; length <= 1; length++) {
            struct dns_record record = {
                .type = (uint16_t)type, .data = {bytes + 12, length}, .data_offset = 12};
            memset(bytes, 0, sizeof(bytes));
            struct reader message = reader_make(bytes, 12 + length);
            struct writer w = writer_make(whole, sizeof(whole));
            bool is_read = dns_data_expand(&message, &record, &w);
            assert_int_equal(is_read,
                             dns_data_is_sound((uint16_t)type, (struct slice){bytes + 12, length}));
            if (type == DNS_A || type == DNS_AAAA || type == DNS_SOA || type == DNS_MX ||
                type == DNS_SRV || (length == 0 && type == DNS_CNAME))
                assert_false(is_read);
        }
    }
}

/* An alias in data of 64 KiB: labels without end, and a name with 64 KiB behind it [attack:I3]. */
static void attack_i3_alias_of_64_kib(void **state) {
    (void)state;
    static uint8_t bytes[MESSAGE_BYTES], whole[MESSAGE_BYTES];
    static const uint8_t labels[] = {63, 1, 0};
    for (size_t i = 0; i < sizeof(labels); i++) {
        struct dns_record record = {
            .type = DNS_CNAME, .data = {bytes + 12, sizeof(bytes) - 12}, .data_offset = 12};
        memset(bytes, labels[i], sizeof(bytes));
        struct reader message = reader_make(bytes, sizeof(bytes));
        struct writer w = writer_make(whole, sizeof(whole));
        assert_false(dns_data_expand(&message, &record, &w));
        assert_false(dns_data_is_sound(DNS_CNAME, record.data));
    }
}

/* Two names of 255 bytes by two pointers: whole data are longer than what came, and have their own
 * bound [attack:I3]. */
static void attack_i3_data_grow_no_more_than_their_names(void **state) {
    (void)state;
    uint8_t bytes[12 + 255 + 24] = {0}, whole[2 * 255 + 20];
    for (size_t at = 12; at < 12 + 254; at += 2) {
        bytes[at] = 1;
        bytes[at + 1] = 'a';
    }
    struct dns_record record = {.type = DNS_SOA, .data = {bytes + 267, 24}, .data_offset = 267};
    store_be16(bytes + 267, 0xc00c);
    store_be16(bytes + 269, 0xc00c);
    struct reader message = reader_make(bytes, sizeof(bytes));
    struct writer w = writer_make(whole, sizeof(whole));
    assert_true(dns_data_expand(&message, &record, &w));
    assert_int_equal(w.position, sizeof(whole));
    for (size_t room = 0; room < sizeof(whole); room++) {
        w = writer_make(whole, room);
        assert_false(dns_data_expand(&message, &record, &w));
    }
}

/* ---- I18 ---- */

/* Messages of 64 KiB of names that share nothing, and of such that share all but a label, are
 * written in bounded time [attack:I18]. */
static void attack_i18_large_answers_cost_their_bytes(void **state) {
    (void)state;
    static uint8_t bytes[MESSAGE_BYTES];
    struct random random = random_make(18);
    clock_t begin = clock();
    for (unsigned turn = 0; turn < 60; turn++) {
        struct dns_writer w = message_begin(bytes, sizeof(bytes), 1, 0);
        while (!w.writer.failed) {
            struct dns_name name = {0};
            /* 127 labels of a letter: every other name ends as the one before. */
            for (unsigned label = 0; label < 127; label++) {
                name.bytes[name.length++] = 1;
                name.bytes[name.length++] =
                    turn % 2 && label > 1 ? 'x' : (uint8_t)('a' + random_below(&random, 26));
            }
            name.bytes[name.length++] = 0;
            dns_name_emit(&w, &name);
        }
        assert_true(w.writer.position > MESSAGE_BYTES - 256);
    }
    /* A millisecond or so each. */
    assert_true((clock() - begin) / CLOCKS_PER_SEC < 10);
}

/* Two thousand servers of one zone: the zone's name stands there once [attack:I18]. */
static void attack_i18_large_sets_stay_small(void **state) {
    (void)state;
    static uint8_t bytes[MESSAGE_BYTES];
    struct dns_writer w = message_begin(bytes, sizeof(bytes), 2000, 0);
    struct dns_name zone, server;
    size_t before = w.writer.position;
    assert_true(dns_name_from_text("zone.example.org", &zone));
    for (unsigned i = 0; i < 2000; i++) {
        const uint8_t label[] = {4, (uint8_t)('a' + i / 100), (uint8_t)('a' + i / 10 % 10),
                                 (uint8_t)('a' + i % 10), 's'};
        memcpy(server.bytes, label, sizeof(label));
        memcpy(server.bytes + sizeof(label), zone.bytes, zone.length);
        server.length = (uint8_t)(sizeof(label) + zone.length);
        size_t mark = dns_record_begin(&w, &zone, DNS_NS, DNS_IN, 60);
        dns_data_emit(&w, DNS_NS, (struct slice){server.bytes, server.length});
        dns_record_end(&w, mark);
    }
    assert_false(w.writer.failed);
    /* Owner and data: two pointers and a label; the zone's name once. */
    assert_int_equal(w.writer.position - before, 2000 * (2 + 10 + 5 + 2) + zone.length - 2);
    assert_true(walk_exact(bytes, w.writer.position));
}

/* ---- I19, I27 ---- */

/* What is found in a message with such an OPT record's data. */
static enum dns_edns_kind edns_of(uint8_t *bytes, size_t room, const void *data, size_t length,
                                  struct dns_edns *edns) {
    struct dns_writer w = message_begin(bytes, room, 0, 1);
    struct dns_header header;
    struct dns_question question;
    record_put(&w, ".", DNS_OPT, data, length);
    assert_false(w.writer.failed);
    (void)walk_exact(bytes, w.writer.position);
    struct reader r = reader_make(bytes, w.writer.position);
    assert_true(dns_header_parse(&r, &header) && dns_question_parse(&r, &question));
    return dns_edns_find(&r, &header, edns);
}

/* 64 KiB of empty options, one of 64 KiB, and each that says too much or too little [attack:I19].
 */
static void attack_i19_options_without_end(void **state) {
    (void)state;
    static uint8_t bytes[MESSAGE_BYTES], options[65000];
    struct dns_edns edns;
    struct dns_edns_option option;
    unsigned count = 0;
    size_t at = 0;
    assert_int_equal(edns_of(bytes, sizeof(bytes), options, sizeof(options), &edns),
                     DNS_EDNS_FOUND);
    while (dns_edns_option_next(&edns, &at, &option))
        count++;
    assert_int_equal(count, sizeof(options) / 4);
    assert_false(dns_edns_option_find(&edns, DNS_OPTION_ERROR, &option));
    for (unsigned claim = 0; claim <= UINT16_MAX; claim += claim < 300 ? 1 : 101) {
        store_be16(options + 2, (uint16_t)claim);
        for (size_t length = 0; length < 12; length++) {
            size_t last = claim == 0 ? 0 : 4u + claim;
            bool is_whole = claim == 0
                                ? length % 4 == 0
                                : length == 0 || (length >= last && (length - last) % 4 == 0);
            assert_int_equal(edns_of(bytes, sizeof(bytes), options, length, &edns),
                             is_whole ? DNS_EDNS_FOUND : DNS_EDNS_MALFORMED);
        }
    }
}

/* Two OPT records, one below a name, one in each other section [attack:I19]. [rfc6891#4]
 * [rfc6891#5] */
static void attack_i19_opt_records_where_they_may_not_be(void **state) {
    (void)state;
    static const struct {
        uint16_t answers, authorities, additionals;
        const char *owner;
        enum dns_edns_kind expected;
    } rows[] = {
        {0, 0, 1, ".", DNS_EDNS_FOUND},       {0, 0, 2, ".", DNS_EDNS_MALFORMED},
        {0, 0, 1, "a.b", DNS_EDNS_MALFORMED}, {1, 0, 0, ".", DNS_EDNS_MALFORMED},
        {0, 1, 0, ".", DNS_EDNS_MALFORMED},   {0, 0, 3, ".", DNS_EDNS_MALFORMED},
        {1, 0, 1, ".", DNS_EDNS_MALFORMED},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        uint8_t bytes[128];
        struct dns_header header = {.answers = rows[i].answers,
                                    .authorities = rows[i].authorities,
                                    .additionals = rows[i].additionals};
        struct dns_writer w = dns_writer_make(bytes, sizeof(bytes));
        struct dns_edns edns;
        dns_header_emit(&w, &header);
        for (int n = rows[i].answers + rows[i].authorities + rows[i].additionals; n > 0; n--)
            record_put(&w, rows[i].owner, DNS_OPT, "", 0);
        struct reader r = reader_make(bytes, w.writer.position);
        assert_true(dns_header_parse(&r, &header));
        assert_int_equal(dns_edns_find(&r, &header, &edns), rows[i].expected);
        (void)walk_exact(bytes, w.writer.position);
    }
}

/* Extended errors too short for their code, with texts of every byte, with NULs alone
 * [attack:I27]. */
static void attack_i27_extended_errors_of_any_bytes(void **state) {
    (void)state;
    uint8_t bytes[400], data[300] = {0, DNS_OPTION_ERROR};
    struct dns_edns edns;
    struct dns_edns_option option;
    struct slice text;
    uint16_t code;
    for (unsigned length = 0; length < 256; length++) {
        store_be16(data + 2, (uint16_t)length);
        for (unsigned i = 0; i < length; i++)
            data[4 + i] = (uint8_t)(length % 3 ? i + length : 0);
        assert_int_equal(edns_of(bytes, sizeof(bytes), data, 4 + length, &edns), DNS_EDNS_FOUND);
        assert_true(dns_edns_option_find(&edns, DNS_OPTION_ERROR, &option));
        assert_int_equal(dns_edns_error_parse(&option, &code, &text), length >= 2);
        if (length >= 2)
            assert_true(text.length == length - 2 || text.length == length - 3);
    }
    for (unsigned number = 0; number <= UINT16_MAX; number++)
        assert_int_equal(dns_error_name(number) != NULL, number <= DNS_ERROR_INVALID_DATA);
}

/* A million messages of random bytes behind a sound header, and of samples with some bytes changed
 * [attack:I27]. */
static void attack_i27_random_messages(void **state) {
    (void)state;
    struct random random = random_make(27);
    for (unsigned turn = 0; turn < 200000; turn++) {
        uint8_t bytes[160];
        const struct dns_sample *sample =
            &dns_samples[random_below(&random, array_length(dns_samples))];
        size_t length = turn % 4 ? 12 + random_below(&random, 120) : 0;
        for (size_t i = 0; i < sizeof(bytes) && length > 0; i++)
            bytes[i] = (uint8_t)(random_below(&random, 3) ? random_below(&random, 5)
                                                          : random_next(&random));
        if (length == 0)
            length = sample_message(sample, bytes, sizeof(bytes));
        for (uint64_t changes = random_below(&random, 4); changes > 0 && length > 0; changes--)
            bytes[random_below(&random, length)] = (uint8_t)random_next(&random);
        (void)walk_exact(bytes, length);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_i1_pointers_anywhere_to_anywhere),
        cmocka_unit_test(attack_i1_chain_of_pointers_in_every_record),
        cmocka_unit_test(attack_i2_every_field_wrong_and_cut),
        cmocka_unit_test(attack_i2_cut_message_is_never_whole),
        cmocka_unit_test(attack_i2_data_length_lies),
        cmocka_unit_test(attack_i3_data_of_no_byte_or_one),
        cmocka_unit_test(attack_i3_alias_of_64_kib),
        cmocka_unit_test(attack_i3_data_grow_no_more_than_their_names),
        cmocka_unit_test(attack_i18_large_answers_cost_their_bytes),
        cmocka_unit_test(attack_i18_large_sets_stay_small),
        cmocka_unit_test(attack_i19_options_without_end),
        cmocka_unit_test(attack_i19_opt_records_where_they_may_not_be),
        cmocka_unit_test(attack_i27_extended_errors_of_any_bytes),
        cmocka_unit_test(attack_i27_random_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
