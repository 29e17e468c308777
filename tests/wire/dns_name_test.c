/* dns_name: the reader of compressed names against a plain model, text, and compression. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip_dns.h"
#include "survey.h"

static struct dns_name name_of(const char *text) {
    struct dns_name name;
    assert_true(dns_name_from_text(text, &name));
    return name;
}

static void text_is(const struct dns_name *name, const char *expected) {
    char text[DNS_NAME_TEXT];
    assert_int_equal(dns_name_format(name, text), strlen(expected));
    assert_string_equal(text, expected);
}

/* Parses at `at` in an exact copy. */
static bool parse_at(const uint8_t *bytes, size_t length, size_t at, struct dns_name *name,
                     size_t *behind) {
    uint8_t *exact = malloc(length);
    memcpy(exact, bytes, length);
    struct reader r = reader_make(exact, length);
    r.position = at;
    bool is_good = dns_name_parse(&r, name);
    assert_int_equal(r.failed, !is_good);
    *behind = r.position;
    free(exact);
    return is_good;
}

/* [rfc1035#8] */
static void compressed_names_are_read(void **state) {
    (void)state;
    struct dns_name name;
    size_t behind;
    assert_true(parse_at(golden_dns_answer, 101, 12, &name, &behind));
    text_is(&name, "www.example.org");
    assert_int_equal(behind, 29);
    assert_true(parse_at(golden_dns_answer, 101, 33, &name, &behind));
    text_is(&name, "www.example.org");
    assert_int_equal(behind, 35);
    assert_true(parse_at(golden_dns_answer, 101, 45, &name, &behind));
    text_is(&name, "web.example.org");
    assert_int_equal(behind, 51);
    assert_true(parse_at(golden_dns_answer, 101, 85, &name, &behind));
    text_is(&name, "ns1.example.org");
}

/*
 * What a name means, written from the rules alone: labels of up to 63 bytes; a pointer may lead to
 * where a name can begin, behind the header and before its own name's beginning. 0: refused; else
 * the length.
 */
static size_t model_parse(const uint8_t *bytes, size_t length, size_t begin, uint8_t *out) {
    size_t at = begin, used = 0;
    while (at < length) {
        uint8_t first = bytes[at];
        if (first == 0) {
            out[used++] = 0;
            return used <= 255 ? used : 0;
        }
        if (first >= 0xc0) {
            if (at + 1 >= length)
                return 0;
            size_t target = (size_t)(first - 0xc0) * 256 + bytes[at + 1];
            if (target < 12 || target >= begin)
                return 0;
            begin = at = target;
        } else if (first > 63 || at + 1 + first > length || used + 1 + first > 254) {
            return 0;
        } else {
            memcpy(out + used, bytes + at, first + 1u);
            used += first + 1u;
            at += first + 1u;
        }
    }
    return 0;
}

static void reader_agrees_with_model(const uint8_t *bytes, size_t length) {
    for (size_t at = 12; at < length; at++) {
        uint8_t expected[600];
        struct dns_name name;
        struct reader r = reader_make(bytes, length);
        r.position = at;
        bool is_good = dns_name_parse(&r, &name);
        size_t used = model_parse(bytes, length, at, expected);
        if (is_good != (used > 0))
            fail_msg("at %zu: %d, model %zu", at, is_good, used);
        if (is_good) {
            assert_int_equal(name.length, used);
            assert_memory_equal(name.bytes, expected, used);
        }
    }
}

/* Two pointers at any two places, each to any target in or behind the message [attack:I1]
 * [rfc1035#8]. */
static void every_placement_of_two_pointers_is_read_or_refused(void **state) {
    (void)state;
    enum {
        LENGTH = 12 + 11
    };
    static const uint8_t names[11] = {1, 'a', 2, 'b', 'c', 0, 1, 'd', 1, 'e', 0};
    uint8_t *exact = malloc(LENGTH);
    for (uint8_t first = 12; first < LENGTH; first++) {
        for (uint8_t second = 12; second < LENGTH; second++) {
            for (uint8_t target = 0; target < LENGTH + 2; target++) {
                for (uint8_t other = 0; other < LENGTH + 2; other++) {
                    memset(exact, 0, 12);
                    memcpy(exact + 12, names, sizeof(names));
                    exact[first] = 0xc0;
                    if (first + 1 < LENGTH)
                        exact[first + 1] = target;
                    exact[second] = 0xc0;
                    if (second + 1 < LENGTH)
                        exact[second + 1] = other;
                    reader_agrees_with_model(exact, LENGTH);
                }
            }
        }
    }
    free(exact);
}

/* [attack:I1] */
static void pointer_to_itself_or_onward_is_refused(void **state) {
    (void)state;
    uint8_t bytes[20] = {[12] = 0xc0, [14] = 1, [15] = 'a', [16] = 0xc0};
    struct dns_name name;
    size_t behind;
    for (unsigned target = 12; target < 300; target++) {
        store_be16(bytes + 12, (uint16_t)(0xc000 | target));
        assert_false(parse_at(bytes, sizeof(bytes), 12, &name, &behind));
    }
    for (uint8_t target = 14; target < 20; target++) { /* into the name itself, after a label */
        bytes[17] = target;
        assert_false(parse_at(bytes, sizeof(bytes), 14, &name, &behind));
    }
}

/* [attack:I1] */
static void pointer_into_the_header_is_refused(void **state) {
    (void)state;
    uint8_t bytes[14] = {0};
    struct dns_name name;
    size_t behind;
    bytes[12] = 0xc0;
    for (uint8_t target = 0; target < 12; target++) {
        bytes[13] = target;
        assert_false(parse_at(bytes, sizeof(bytes), 12, &name, &behind));
    }
}

/* A chain of pointers of every length: 127 are followed, no more [attack:I1] [rfc1035#8]. */
static void chain_of_pointers_is_bounded(void **state) {
    (void)state;
    enum {
        CHAIN = 300
    };
    uint8_t bytes[13 + 2 * CHAIN] = {0};
    for (unsigned i = 0; i < CHAIN; i++) {
        size_t at = 13 + 2 * i;
        store_be16(bytes + at, (uint16_t)(0xc000 | (i == 0 ? 12 : at - 2)));
        struct dns_name name;
        size_t behind;
        assert_int_equal(parse_at(bytes, at + 2, at, &name, &behind), i < 127);
    }
}

/* Label lengths 64 to 191 are reserved [attack:I2] [rfc1035#1]. */
static void every_first_length_is_a_label_a_pointer_or_refused(void **state) {
    (void)state;
    uint8_t bytes[12 + 80] = {0};
    for (unsigned length = 0; length < 192; length++) {
        struct dns_name name;
        size_t behind;
        bytes[12] = (uint8_t)length;
        assert_int_equal(parse_at(bytes, sizeof(bytes), 12, &name, &behind), length <= 63);
    }
}

/* Labels so that name and zero have 255 bytes, or one more; at once, and by a pointer [attack:I3]
 * [rfc1035#1]. */
static void name_of_255_bytes_is_read_and_of_256_refused(void **state) {
    (void)state;
    for (size_t last = 61; last <= 62; last++) {
        uint8_t bytes[12 + 300] = {0};
        size_t at = 12;
        for (size_t i = 0; i < 3; i++) {
            bytes[at] = 63;
            memset(bytes + at + 1, 'x', 63);
            at += 64;
        }
        bytes[at] = (uint8_t)last;
        memset(bytes + at + 1, 'y', last);
        at += last + 1;
        bytes[at++] = 0;
        struct dns_name name;
        size_t behind;
        assert_int_equal(parse_at(bytes, at, 12, &name, &behind), last == 61);
        if (last == 61) {
            assert_int_equal(name.length, 255);
            roundtrip_name(&name);
        }
        bytes[at] = 1; /* one label more in front: two bytes too long, whatever it holds */
        bytes[at + 1] = 'z';
        store_be16(bytes + at + 2, 0xc000 | 12);
        assert_false(parse_at(bytes, at + 4, at, &name, &behind));
    }
}

static void name_of_127_labels_is_read(void **state) {
    (void)state;
    uint8_t bytes[12 + 300] = {0};
    for (size_t i = 0; i < 128; i++) {
        bytes[12 + 2 * i] = 1;
        bytes[13 + 2 * i] = 'a';
    }
    struct dns_name name;
    size_t behind;
    assert_true(parse_at(bytes, sizeof(bytes), 14, &name, &behind));
    assert_int_equal(dns_name_labels(&name), 127);
    assert_false(parse_at(bytes, sizeof(bytes), 12, &name, &behind));
}

/* [attack:I2] [rfc1035#2] */
static void name_cut_anywhere_is_refused(void **state) {
    (void)state;
    struct dns_name name;
    size_t behind;
    for (size_t length = 12; length < 29; length++)
        assert_false(parse_at(golden_dns_answer, length, 12, &name, &behind));
    for (size_t length = 45; length < 51; length++)
        assert_false(parse_at(golden_dns_answer, length, 45, &name, &behind));
}

/* [rfc2181#7] */
static void any_byte_may_stand_in_a_label(void **state) {
    (void)state;
    uint8_t bytes[15] = {[12] = 1};
    for (unsigned byte = 0; byte < 256; byte++) {
        struct dns_name name;
        size_t behind;
        bytes[13] = (uint8_t)byte;
        assert_true(parse_at(bytes, sizeof(bytes), 12, &name, &behind));
        roundtrip_name(&name);
    }
}

static void text_is_read(void **state) {
    (void)state;
    struct dns_name name = name_of("www.Example.org");
    assert_int_equal(name.length, 17);
    assert_memory_equal(name.bytes, "\3www\7Example\3org", 17);
    name = name_of("example.org.");
    assert_int_equal(name.length, 13);
    name = name_of(".");
    assert_int_equal(name.length, 1);
    assert_int_equal(name.bytes[0], 0);
    name = name_of("a\\.b\\\\\\032\\255.c");
    assert_memory_equal(name.bytes, "\6a.b\\ \377\1c", 10);
    text_is(&name, "a\\.b\\\\\\032\\255.c");
}

static void special_bytes_are_escaped(void **state) {
    (void)state;
    static const uint8_t labels[] = "\x0f"
                                    "a.\\\";()@$~\x7f !"
                                    "\xff"
                                    "Z";
    struct dns_name name = {.length = sizeof(labels)};
    memcpy(name.bytes, labels, sizeof(labels));
    text_is(&name, "a\\.\\\\\\\"\\;\\(\\)\\@\\$~\\127\\032!\\255Z");
    roundtrip_name(&name);
}

static void malformed_text_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",      "..",    ".a",   "a..b", "a..",   "a.b..",
                                        "\\",    "a\\",   "\\1",  "\\12", "\\12x", "\\256",
                                        "\\999", "\\1.2", "a.\\", "a.\\0"};
    for (size_t i = 0; i < array_length(texts); i++) {
        struct dns_name name;
        if (dns_name_from_text(texts[i], &name))
            fail_msg("accepted: %s", texts[i]);
    }
}

static void long_text_is_refused(void **state) {
    (void)state;
    char text[400];
    struct dns_name name;
    memset(text, 'x', sizeof(text));
    text[63] = 0;
    assert_true(dns_name_from_text(text, &name));
    text[63] = 'x';
    text[64] = 0;
    assert_false(dns_name_from_text(text, &name));
    memset(text, 'x', sizeof(text));
    text[63] = text[127] = text[191] = '.';
    text[192 + 61] = 0;
    assert_true(dns_name_from_text(text, &name));
    assert_int_equal(name.length, 255);
    text[192 + 61] = 'x';
    text[192 + 62] = 0;
    assert_false(dns_name_from_text(text, &name));
}

static void longest_text_fits(void **state) {
    (void)state;
    struct dns_name name = {.length = 255};
    char text[DNS_NAME_TEXT];
    memset(name.bytes, 0xff, 255);
    name.bytes[0] = name.bytes[64] = name.bytes[128] = 63;
    name.bytes[192] = 61;
    name.bytes[254] = 0;
    assert_int_equal(dns_name_format(&name, text), 4 * 250 + 3);
    roundtrip_name(&name);
}

static void names_are_compared_without_case(void **state) {
    (void)state;
    struct dns_name a = name_of("WWW.example.ORG"), b = name_of("www.EXAMPLE.org");
    struct dns_name c = name_of("www.example.orh"), d = name_of("ww.example.org");
    assert_true(dns_name_is_equal(&a, &b));
    assert_false(dns_name_is_equal(&a, &c) || dns_name_is_equal(&a, &d));
    struct dns_name first = name_of("AZ"), second = name_of("az");
    assert_true(dns_name_is_equal(&first, &second));
    struct dns_name at = name_of("\\@"), grave = name_of("`"), bracket = name_of("["),
                    brace = name_of("{");
    assert_false(dns_name_is_equal(&at, &grave) || dns_name_is_equal(&bracket, &brace));
}

static void name_is_within_its_zones(void **state) {
    (void)state;
    struct dns_name name = name_of("a.b.Example.org"), root = name_of("."),
                    zone = name_of("b.example.ORG");
    struct dns_name other = name_of("example.com"), tail = name_of("xample.org"),
                    below = name_of("z.a.b.example.org");
    assert_true(dns_name_is_within(&name, &name) && dns_name_is_within(&name, &zone));
    assert_true(dns_name_is_within(&name, &root) && dns_name_is_within(&root, &root));
    assert_false(dns_name_is_within(&name, &other) || dns_name_is_within(&name, &tail));
    assert_false(dns_name_is_within(&name, &below) || dns_name_is_within(&root, &zone));
    /* the zone's bytes stand at the end, but not where a label begins */
    struct dns_name trap = name_of("x\\003org"), org = name_of("org");
    assert_false(dns_name_is_within(&trap, &org));
}

static void parents_lead_to_the_root(void **state) {
    (void)state;
    struct dns_name name = name_of("a.b.c");
    assert_int_equal(dns_name_labels(&name), 3);
    assert_true(dns_name_parent(&name, &name));
    text_is(&name, "b.c");
    assert_true(dns_name_parent(&name, &name) && dns_name_parent(&name, &name));
    text_is(&name, ".");
    assert_int_equal(dns_name_labels(&name), 0);
    assert_false(dns_name_parent(&name, &name));
}

/* [rfc1035#19] */
static void reverse_name_is_that_of_the_address(void **state) {
    (void)state;
    static const struct {
        uint32_t number;
        const char *text;
    } rows[] = {{0xc0a80004, "4.0.168.192.in-addr.arpa"},
                {0, "0.0.0.0.in-addr.arpa"},
                {0xffffffff, "255.255.255.255.in-addr.arpa"},
                {0x0a640901, "1.9.100.10.in-addr.arpa"}};
    for (size_t i = 0; i < array_length(rows); i++) {
        struct dobos_address address = dobos_address_ipv4(rows[i].number);
        struct dns_name name, expected = name_of(rows[i].text);
        dns_name_reverse(&address, &name);
        assert_int_equal(name.length, expected.length);
        assert_memory_equal(name.bytes, expected.bytes, name.length);
    }
}

static void names_written_twice_are_pointed_to(void **state) {
    (void)state;
    uint8_t bytes[100];
    struct dns_writer w = dns_writer_make(bytes, sizeof(bytes));
    struct dns_name a = name_of("www.example.org"), b = name_of("mail.EXAMPLE.org"),
                    root = name_of(".");
    dns_header_emit(&w, &(struct dns_header){0});
    dns_name_emit(&w, &a);
    assert_int_equal(w.writer.position, 29);
    dns_name_emit(&w, &a);
    assert_memory_equal(bytes + 29, "\300\14", 2);
    dns_name_emit(&w, &b);
    assert_memory_equal(bytes + 31, "\4mail\300\20", 7);
    dns_name_emit(&w, &root);
    assert_int_equal(w.writer.position, 39);
    dns_name_emit_plain(&w, &a);
    assert_memory_equal(bytes + 39, bytes + 12, 17);
    assert_false(w.writer.failed);
}

/* A pointer has 14 bits: a name is remembered up to offset 0x3fff, and no further. */
static void name_beyond_the_reach_of_pointers_is_written_again(void **state) {
    (void)state;
    static uint8_t bytes[0x4100];
    struct dns_name name = name_of("a");
    for (size_t at = 0x3ffe; at <= 0x4001; at++) {
        struct dns_writer w = dns_writer_make(bytes, sizeof(bytes));
        writer_zero(&w.writer, at);
        dns_name_emit(&w, &name);
        dns_name_emit(&w, &name);
        assert_int_equal(w.writer.position, at + 3 + (at <= 0x3fff ? 2 : 3));
        struct reader r = reader_make(bytes, w.writer.position);
        r.position = at + 3;
        struct dns_name again;
        assert_true(dns_name_parse(&r, &again));
        assert_true(dns_name_is_equal(&again, &name));
    }
}

/* Names with few different labels, so that suffixes are shared; all read back as they were, in
 * messages that grow beyond what 14 bits can point to. */
static void random_names_survive_compression(void **state) {
    (void)state;
    enum {
        NAMES = 1500,
        ROOM = 40000
    };
    struct random random = random_make(8);
    struct dns_name *names = malloc(NAMES * sizeof(*names));
    uint8_t *bytes = malloc(ROOM);
    for (int turn = 0; turn < 20; turn++) {
        struct dns_writer w = dns_writer_make(bytes, ROOM);
        dns_header_emit(&w, &(struct dns_header){0});
        size_t written = 0, plain = 12;
        for (; written < NAMES; written++) {
            char text[80] = ".";
            size_t length = 0;
            for (uint64_t labels = random_below(&random, 5); labels > 0; labels--)
                length += (size_t)snprintf(text + length, sizeof(text) - length, "%c%d.",
                                           random_below(&random, 2) ? 'l' : 'L',
                                           (int)random_below(&random, turn < 10 ? 4 : 100000));
            names[written] = name_of(text);
            plain += names[written].length;
            dns_name_emit(&w, &names[written]);
            if (w.writer.failed)
                break;
        }
        assert_true(w.writer.position <= plain);
        struct reader r = reader_make(bytes, w.writer.position);
        reader_skip(&r, 12);
        for (size_t i = 0; i < written; i++) {
            struct dns_name name;
            assert_true(dns_name_parse(&r, &name));
            assert_true(dns_name_is_equal(&name, &names[i]));
        }
    }
    free(bytes);
    free(names);
}

/* In every room too small for it, a name fails and leaves nothing that a later one would point to.
 */
static void name_without_room_is_not_remembered(void **state) {
    (void)state;
    struct dns_name name = name_of("www.example.org");
    for (size_t room = 12; room < 29; room++) {
        uint8_t bytes[29];
        struct dns_writer w = dns_writer_make(bytes, room);
        dns_header_emit(&w, &(struct dns_header){0});
        dns_name_emit(&w, &name);
        assert_true(w.writer.failed);
        assert_int_equal(w.count, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compressed_names_are_read),
        cmocka_unit_test(every_placement_of_two_pointers_is_read_or_refused),
        cmocka_unit_test(pointer_to_itself_or_onward_is_refused),
        cmocka_unit_test(pointer_into_the_header_is_refused),
        cmocka_unit_test(chain_of_pointers_is_bounded),
        cmocka_unit_test(every_first_length_is_a_label_a_pointer_or_refused),
        cmocka_unit_test(name_of_255_bytes_is_read_and_of_256_refused),
        cmocka_unit_test(name_of_127_labels_is_read),
        cmocka_unit_test(name_cut_anywhere_is_refused),
        cmocka_unit_test(any_byte_may_stand_in_a_label),
        cmocka_unit_test(text_is_read),
        cmocka_unit_test(special_bytes_are_escaped),
        cmocka_unit_test(malformed_text_is_refused),
        cmocka_unit_test(long_text_is_refused),
        cmocka_unit_test(longest_text_fits),
        cmocka_unit_test(names_are_compared_without_case),
        cmocka_unit_test(name_is_within_its_zones),
        cmocka_unit_test(parents_lead_to_the_root),
        cmocka_unit_test(reverse_name_is_that_of_the_address),
        cmocka_unit_test(names_written_twice_are_pointed_to),
        cmocka_unit_test(name_beyond_the_reach_of_pointers_is_written_again),
        cmocka_unit_test(random_names_survive_compression),
        cmocka_unit_test(name_without_room_is_not_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
