/* dns_message, dns_text: whole messages, and each field wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip_dns.h"
#include "survey.h"

/* [rfc1035#6] [rfc1035#7] */
static void answer_is_parsed(void **state) {
    (void)state;
    struct dns_walk walk;
    struct dns_question question;
    struct dns_record record;
    struct dns_name name, expected;
    size_t at = 0;
    assert_true(dns_walk_begin(&walk, golden_dns_answer, sizeof(golden_dns_answer)));
    assert_int_equal(walk.header.id, 0x1a2b);
    assert_true(walk.header.response && walk.header.authoritative && !walk.header.truncated);
    assert_true(walk.header.recursion_desired && walk.header.recursion_available);
    assert_false(walk.header.authentic_data || walk.header.checking_disabled);
    assert_int_equal(walk.header.rcode, DNS_NOERROR);
    assert_int_equal(walk.header.answers, 2);
    assert_true(dns_walk_question(&walk, &question));
    assert_true(dns_name_from_text("www.example.org", &expected));
    assert_true(dns_name_is_equal(&question.name, &expected));
    assert_int_equal(question.type, DNS_A);
    assert_int_equal(question.class_, DNS_IN);

    assert_true(dns_walk_record(&walk, &record));
    assert_int_equal(record.type, DNS_CNAME);
    assert_int_equal(record.ttl, 3600);
    assert_int_equal(record.data_offset, 45);
    assert_true(dns_record_name_parse(&walk.reader, &record, &at, &name));
    assert_int_equal(at, record.data.length);
    assert_true(dns_name_from_text("web.example.org", &expected));
    assert_true(dns_name_is_equal(&name, &expected));

    assert_true(dns_walk_record(&walk, &record));
    assert_true(dns_name_is_equal(&record.name, &expected));
    assert_int_equal(record.type, DNS_A);
    assert_int_equal(record.data.length, 4);
    assert_memory_equal(record.data.bytes, "\313\0\161\120", 4);
    assert_true(dns_walk_record(&walk, &record) && dns_walk_record(&walk, &record));
    assert_int_equal(record.ttl, 86400);
    assert_int_equal(reader_rest(&walk.reader), 0);
}

static void a_record_emit(struct dns_writer *w, const char *text, uint32_t ttl, uint32_t number) {
    struct dns_name name;
    assert_true(dns_name_from_text(text, &name));
    size_t mark = dns_record_begin(w, &name, DNS_A, DNS_IN, ttl);
    writer_be32(&w->writer, number);
    dns_record_end(w, mark);
}

static void name_record_emit(struct dns_writer *w, const char *text, uint16_t type, uint32_t ttl,
                             const char *target) {
    struct dns_name name;
    assert_true(dns_name_from_text(text, &name));
    size_t mark = dns_record_begin(w, &name, type, DNS_IN, ttl);
    assert_true(dns_name_from_text(target, &name));
    dns_name_emit(w, &name);
    dns_record_end(w, mark);
}

static void answer_is_emitted(void **state) {
    (void)state;
    uint8_t bytes[sizeof(golden_dns_answer)];
    struct dns_writer w = dns_writer_make(bytes, sizeof(bytes));
    struct dns_header header = {.id = 0x1a2b, .response = true, .authoritative = true};
    header.recursion_desired = header.recursion_available = true;
    struct dns_question question = {.type = DNS_A, .class_ = DNS_IN};
    dns_header_emit(&w, &header);
    assert_true(dns_name_from_text("www.example.org", &question.name));
    dns_question_emit(&w, &question);
    name_record_emit(&w, "www.example.org", DNS_CNAME, 3600, "web.example.org");
    a_record_emit(&w, "web.example.org", 60, 0xcb007150);
    name_record_emit(&w, "example.org", DNS_NS, 86400, "ns1.example.org");
    a_record_emit(&w, "ns1.example.org", 86400, 0xcb007135);
    header.questions = header.authorities = header.additionals = 1;
    header.answers = 2;
    dns_header_patch(&w, &header);
    assert_false(w.writer.failed);
    assert_int_equal(w.writer.position, sizeof(bytes));
    assert_memory_equal(bytes, golden_dns_answer, sizeof(bytes));
}

static void every_header_survives_parse_and_emit(void **state) {
    (void)state;
    uint8_t bytes[12] = {9, 8, 0, 0, 0, 1, 0, 2, 0, 3, 0, 4}, again[12];
    for (unsigned flags = 0; flags <= UINT16_MAX; flags++) {
        struct dns_header header;
        store_be16(bytes + 2, (uint16_t)flags);
        struct reader r = reader_make(bytes, sizeof(bytes));
        assert_true(dns_header_parse(&r, &header));
        assert_int_equal(header.rcode, flags & 15);
        assert_int_equal(header.opcode, flags >> 11 & 15);
        struct dns_writer w = dns_writer_make(again, sizeof(again));
        dns_header_emit(&w, &header);
        store_be16(bytes + 2, (uint16_t)(flags & ~0x40u)); /* the one bit without a meaning */
        assert_memory_equal(bytes, again, sizeof(bytes));
    }
}

/* Each message cut at each byte cannot be read whole [attack:I2]. */
static void message_cut_anywhere_is_refused(void **state) {
    (void)state;
    assert_int_equal(
        survey_truncations(golden_dns_answer, sizeof(golden_dns_answer), roundtrip_dns), 0);
    assert_int_equal(survey_truncations(golden_dns_query, sizeof(golden_dns_query), roundtrip_dns),
                     0);
}

/* Each byte changed to each value: lengths, counts, pointers, RDLENGTH that lie [attack:I2]. */
static void messages_near_the_golden_ones_do_no_harm(void **state) {
    (void)state;
    assert_true(survey_format("dns", roundtrip_dns));
}

/* Every change of a byte at every cut [attack:I2]. */
static void changed_and_cut_messages_do_no_harm(void **state) {
    (void)state;
    static const uint8_t values[] = {0, 1, 12, 63, 64, 0x80, 0xc0, 0xff};
    uint8_t bytes[sizeof(golden_dns_answer)];
    for (size_t at = 0; at < sizeof(bytes); at++) {
        for (size_t i = 0; i < sizeof(values); i++) {
            memcpy(bytes, golden_dns_answer, sizeof(bytes));
            bytes[at] = values[i];
            (void)survey_truncations(bytes, sizeof(bytes), roundtrip_dns);
        }
    }
}

/* Counts of 65,535 with nothing behind: the walk ends at once [attack:I2]. */
static void counts_that_lie_end_the_walk(void **state) {
    (void)state;
    uint8_t bytes[sizeof(golden_dns_answer)];
    memcpy(bytes, golden_dns_answer, sizeof(bytes));
    for (size_t at = 4; at < 12; at += 2) {
        store_be16(bytes + at, UINT16_MAX);
        assert_false(survey_copy(bytes, sizeof(bytes), roundtrip_dns));
        store_be16(bytes + at, load_be16(golden_dns_answer + at));
    }
}

/* RDLENGTH of every size around the truth, and an alias in 0 or 1 byte [attack:I2] [attack:I3]
 * [rfc1035#7]. */
static void data_length_that_lies_is_seen(void **state) {
    (void)state;
    uint8_t bytes[51];
    memcpy(bytes, golden_dns_answer, sizeof(bytes));
    for (unsigned length = 0; length <= UINT16_MAX; length++) {
        struct reader r = reader_make(bytes, sizeof(bytes));
        struct dns_record record;
        struct dns_name name;
        size_t at = 0;
        store_be16(bytes + 43, (uint16_t)length);
        r.position = 33;
        assert_int_equal(dns_record_parse(&r, &record), length <= 6);
        if (length <= 6) {
            assert_int_equal(record.data.length, length);
            assert_int_equal(dns_record_name_parse(&r, &record, &at, &name), length == 6);
        }
    }
}

/* Names one behind the other, as in SOA; beyond the data there is none. */
static void names_inside_data_follow_each_other(void **state) {
    (void)state;
    uint8_t bytes[12 + 11 + 7] = {0}; /* header, root with type, class, TTL and length, data */
    store_be16(bytes + 21, 7);
    memcpy(bytes + 23, "\1a\0\1b\300\27", 7);
    struct reader r = reader_make(bytes, sizeof(bytes));
    r.position = 12;
    struct dns_record record;
    assert_true(dns_record_parse(&r, &record));
    assert_int_equal(record.data_offset, 23);
    struct dns_name name;
    size_t at = 0;
    assert_true(dns_record_name_parse(&r, &record, &at, &name));
    assert_int_equal(at, 3);
    assert_true(dns_record_name_parse(&r, &record, &at, &name));
    assert_int_equal(at, 7);
    assert_memory_equal(name.bytes, "\1b\1a\0", 5);
    assert_false(dns_record_name_parse(&r, &record, &at, &name));
    at = 1000;
    assert_false(dns_record_name_parse(&r, &record, &at, &name));
}

/* [rfc2181#5] */
static void ttl_with_its_top_bit_counts_as_zero(void **state) {
    (void)state;
    uint8_t bytes[12 + 11] = {0};
    static const struct {
        uint32_t sent, read;
    } rows[] = {{0, 0}, {1, 1}, {0x7fffffff, 0x7fffffff}, {0x80000000, 0}, {0xffffffff, 0}};
    for (size_t i = 0; i < array_length(rows); i++) {
        for (uint16_t type = 1; type <= DNS_OPT; type += DNS_OPT - 1) {
            store_be16(bytes + 13, type);
            store_be32(bytes + 17, rows[i].sent);
            struct reader r = reader_make(bytes, sizeof(bytes));
            r.position = 12;
            struct dns_record record;
            assert_true(dns_record_parse(&r, &record));
            assert_int_equal(record.ttl, type == DNS_OPT ? rows[i].sent : rows[i].read);
        }
    }
}

/* In every room too small, writing fails and stays inside; a copy put back takes the record back.
 */
static void message_without_room_fails_and_can_be_taken_back(void **state) {
    (void)state;
    for (size_t room = 0; room < 60; room++) {
        uint8_t *bytes = malloc(room);
        struct dns_writer w = dns_writer_make(bytes, room);
        dns_header_emit(&w, &(struct dns_header){.id = 1});
        struct dns_writer before = w;
        a_record_emit(&w, "www.example.org", 60, 1);
        assert_int_equal(w.writer.failed, room < 12 + 17 + 14);
        if (w.writer.failed)
            w = before;
        dns_header_patch(&w, &(struct dns_header){.id = 2});
        if (room >= 12) {
            assert_false(w.writer.failed);
            assert_int_equal(load_be16(bytes), 2);
        }
        free(bytes);
    }
}

static void data_longer_than_its_field_fails(void **state) {
    (void)state;
    for (size_t length = 65535; length <= 65536; length++) {
        uint8_t *bytes = malloc(70000);
        struct dns_writer w = dns_writer_make(bytes, 70000);
        struct dns_name root = {.length = 1};
        size_t mark = dns_record_begin(&w, &root, DNS_TXT, DNS_IN, 0);
        writer_zero(&w.writer, length);
        dns_record_end(&w, mark);
        assert_int_equal(w.writer.failed, length > 65535);
        free(bytes);
    }
}

static void types_have_their_names(void **state) {
    (void)state;
    static const struct {
        uint16_t type;
        const char *text;
    } rows[] = {{1, "A"},    {2, "NS"},    {5, "CNAME"}, {6, "SOA"},  {12, "PTR"},   {15, "MX"},
                {16, "TXT"}, {28, "AAAA"}, {33, "SRV"},  {41, "OPT"}, {252, "AXFR"}, {255, "ANY"}};
    for (size_t i = 0; i < array_length(rows); i++) {
        uint16_t type;
        assert_string_equal(dns_type_name(rows[i].type), rows[i].text);
        assert_true(dns_type_from_name(rows[i].text, &type));
        assert_int_equal(type, rows[i].type);
    }
    assert_null(dns_type_name(40000));
    assert_null(dns_type_name(65536 + 1));
}

static void types_are_read_in_any_case_and_by_number(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int type; /* -1: refused */
    } rows[] = {{"cName", 5},
                {"aaaa", 28},
                {"type0", 0},
                {"TYPE1", 1},
                {"TYPE65535", 65535},
                {"TYPE65536", -1},
                {"TYPE", -1},
                {"TYPEx", -1},
                {"TYPE1x", -1},
                {"TYPE-1", -1},
                {"", -1},
                {"AA", -1},
                {"TYP", -1},
                {"AAAAA", -1},
                {"TYPE4294967297", -1},
                {"TYPE99999999999999999999", -1},
                {"TYPE007", 7},
                {"TYPE9", 9}};
    for (size_t i = 0; i < array_length(rows); i++) {
        uint16_t type = 0;
        bool good = dns_type_from_name(rows[i].text, &type);
        assert_int_equal(good ? (int)type : -1, rows[i].type);
    }
}

static void response_codes_have_their_names(void **state) {
    (void)state;
    assert_string_equal(dns_rcode_name(DNS_NOERROR), "NOERROR");
    assert_string_equal(dns_rcode_name(DNS_FORMERR), "FORMERR");
    assert_string_equal(dns_rcode_name(DNS_SERVFAIL), "SERVFAIL");
    assert_string_equal(dns_rcode_name(DNS_NXDOMAIN), "NXDOMAIN");
    assert_string_equal(dns_rcode_name(DNS_NOTIMP), "NOTIMP");
    assert_string_equal(dns_rcode_name(DNS_REFUSED), "REFUSED");
    assert_string_equal(dns_rcode_name(10), "NOTZONE");
    assert_string_equal(dns_rcode_name(11), "RCODE");
    assert_string_equal(dns_rcode_name(UINT32_MAX), "RCODE");
}

static void random_messages_survive_emit_and_parse(void **state) {
    (void)state;
    struct random random = random_make(9);
    uint8_t bytes[4096];
    for (int turn = 0; turn < 2000; turn++) {
        struct dns_writer w = dns_writer_make(bytes, sizeof(bytes));
        struct dns_header header = {.id = (uint16_t)random_next(&random), .questions = 1};
        struct dns_question question = {.type = (uint16_t)random_next(&random), .class_ = DNS_IN};
        header.answers = (uint16_t)random_below(&random, 10);
        dns_header_emit(&w, &header);
        assert_true(dns_name_from_text("a.example.org", &question.name));
        dns_question_emit(&w, &question);
        for (unsigned i = 0; i < header.answers; i++) {
            char text[40];
            snprintf(text, sizeof(text), "n%d.example.%s", (int)random_below(&random, 4),
                     random_below(&random, 2) ? "org" : "net");
            name_record_emit(&w, text, DNS_CNAME, (uint32_t)random_below(&random, 1u << 31),
                             text + 1);
        }
        assert_false(w.writer.failed);
        assert_true(survey_copy(bytes, w.writer.position, roundtrip_dns));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_is_parsed),
        cmocka_unit_test(answer_is_emitted),
        cmocka_unit_test(every_header_survives_parse_and_emit),
        cmocka_unit_test(message_cut_anywhere_is_refused),
        cmocka_unit_test(messages_near_the_golden_ones_do_no_harm),
        cmocka_unit_test(changed_and_cut_messages_do_no_harm),
        cmocka_unit_test(counts_that_lie_end_the_walk),
        cmocka_unit_test(data_length_that_lies_is_seen),
        cmocka_unit_test(names_inside_data_follow_each_other),
        cmocka_unit_test(ttl_with_its_top_bit_counts_as_zero),
        cmocka_unit_test(message_without_room_fails_and_can_be_taken_back),
        cmocka_unit_test(data_longer_than_its_field_fails),
        cmocka_unit_test(types_have_their_names),
        cmocka_unit_test(types_are_read_in_any_case_and_by_number),
        cmocka_unit_test(response_codes_have_their_names),
        cmocka_unit_test(random_messages_survive_emit_and_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
