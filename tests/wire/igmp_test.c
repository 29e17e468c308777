/* igmp: the messages of all three versions, whole, cut and changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip.h"
#include "survey.h"

#define GROUP UINT32_C(0xef010203) /* 239.1.2.3 */
#define ROOM  2048

static struct igmp_message parsed(const uint8_t *bytes, size_t length) {
    struct igmp_message igmp;
    assert_true(igmp_parse((struct slice){bytes, length}, &igmp));
    return igmp;
}

#define PARSED(bytes) parsed(bytes, sizeof(bytes))

static uint32_t number(struct dobos_address address) {
    return dobos_address_ipv4_number(&address);
}

static size_t checksummed(uint8_t *bytes, size_t length) {
    store_be16(bytes + 2, 0);
    store_be16(bytes + 2, checksum_finish(checksum_add(0, bytes, length)));
    return length;
}

/* [rfc3376#1] */
static void query_version_is_told_by_length_and_code(void **state) {
    (void)state;
    uint8_t bytes[16] = {IGMP_QUERY};
    for (size_t length = 0; length <= sizeof(bytes); length++) {
        struct igmp_message igmp;
        bytes[1] = 0;
        if (length >= 4)
            checksummed(bytes, length);
        bool good = igmp_parse((struct slice){bytes, length}, &igmp);
        assert_int_equal(good, length == 8 || length >= 12);
        if (good)
            assert_int_equal(igmp.version, length == 8 ? 1 : 3);
    }
    bytes[1] = 1;
    assert_int_equal(parsed(bytes, checksummed(bytes, 8)).version, 2);
    assert_int_equal(parsed(bytes, checksummed(bytes, 12)).version, 3);
}

static void queries_are_parsed(void **state) {
    (void)state;
    struct igmp_message query = PARSED(golden_igmp_v1_query);
    assert_int_equal(query.version, 1);
    assert_int_equal(number(query.group), 0);
    query = PARSED(golden_igmp_v2_query);
    assert_int_equal(query.version, 2);
    assert_int_equal(number(query.group), GROUP);
    assert_int_equal(query.response_code, 100);
    query = PARSED(golden_igmp_v3_query);
    assert_int_equal(query.version, 3);
    assert_int_equal(igmp_code_decode(query.response_code), 216);
    assert_int_equal(query.robustness, 2);
    assert_true(query.suppress);
    assert_int_equal(igmp_code_decode(query.interval_code), 125);
    assert_int_equal(query.sources.length, 8);
    assert_int_equal(number(igmp_source(query.sources, 1)), 0xc0000202);
}

/* [rfc3376#2] */
static void report_is_parsed_and_its_auxiliary_data_passed_over(void **state) {
    (void)state;
    struct igmp_message report = PARSED(golden_igmp_v3_report);
    struct reader r = reader_make(report.records.bytes, report.records.length);
    struct igmp_record record;
    assert_int_equal(report.record_count, 2);
    assert_true(igmp_record_parse(&r, &record));
    assert_int_equal(record.type, IGMP_TO_EXCLUDE);
    assert_int_equal(number(record.group), GROUP);
    assert_int_equal(record.sources.length, 0);
    assert_true(igmp_record_parse(&r, &record));
    assert_int_equal(record.type, IGMP_ALLOW_NEW);
    assert_int_equal(number(record.group), 0xe8010101);
    assert_int_equal(record.sources.length, 4);
    assert_int_equal(number(igmp_source(record.sources, 0)), 0xc0000207);
    assert_false(igmp_record_parse(&r, &record));
    assert_int_equal(number(PARSED(golden_igmp_v2_report).group), GROUP);
}

static void codes_are_numbers_with_an_exponent(void **state) {
    (void)state;
    assert_int_equal(igmp_code_decode(0), 0);
    assert_int_equal(igmp_code_decode(127), 127);
    assert_int_equal(igmp_code_decode(128), 128);
    assert_int_equal(igmp_code_decode(129), 136);
    assert_int_equal(igmp_code_decode(255), 31744);
    for (unsigned code = 1; code < 256; code++)
        assert_true(igmp_code_decode((uint8_t)code) > igmp_code_decode((uint8_t)(code - 1)));
}

/* [rfc3376#3] */
static void message_with_one_other_byte_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(golden_packets) / sizeof(golden_packets[0]); i++) {
        const struct golden *golden = &golden_packets[i];
        if (strcmp(golden->format, "igmp") == 0)
            assert_int_equal(survey_mutations(golden->bytes, golden->length, roundtrip_igmp), 0);
    }
    assert_true(survey_format("igmp", roundtrip_igmp));
}

/* Whatever the numbers of records and sources say: nothing beyond the end is read. */
static void counts_beyond_the_end_are_refused(void **state) {
    (void)state;
    uint8_t bytes[sizeof(golden_igmp_v3_report)];
    for (unsigned sources = 0; sources < 65536; sources += sources < 16 ? 1 : 4111) {
        memcpy(bytes, golden_igmp_v3_report, sizeof(bytes));
        store_be16(bytes + 18, (uint16_t)sources);
        checksummed(bytes, sizeof(bytes));
        assert_int_equal(survey_copy(bytes, sizeof(bytes), roundtrip_igmp), sources <= 1);
        memcpy(bytes, golden_igmp_v3_query, sizeof(golden_igmp_v3_query));
        store_be16(bytes + 10, (uint16_t)sources);
        checksummed(bytes, sizeof(golden_igmp_v3_query));
        assert_int_equal(survey_copy(bytes, sizeof(golden_igmp_v3_query), roundtrip_igmp),
                         sources <= 2);
    }
}

/* [rfc3376#4] */
static void random_messages_survive_emit_and_parse(void **state) {
    (void)state;
    struct random random = random_make(3);
    static const uint8_t types[] = {IGMP_QUERY, IGMP_V1_REPORT, IGMP_V2_REPORT, IGMP_V2_LEAVE,
                                    IGMP_V3_REPORT};
    uint8_t bytes[ROOM], sources[64], records[1024];
    for (int i = 0; i < 20000; i++) {
        struct igmp_message igmp = {.type = types[random_below(&random, 5)]}, again;
        if (igmp.type == IGMP_V3_REPORT) {
            struct writer w = writer_make(records, sizeof(records));
            igmp.record_count = (uint16_t)random_below(&random, 8);
            for (unsigned k = 0; k < igmp.record_count; k++)
                igmp_record_emit(
                    &w, &(struct igmp_record){(uint8_t)random_next(&random),
                                              dobos_address_ipv4((uint32_t)random_next(&random)),
                                              {sources, 4 * random_below(&random, 16)}});
            assert_false(w.failed);
            igmp.records = (struct slice){records, w.position};
        } else {
            igmp.group = dobos_address_ipv4((uint32_t)random_next(&random));
            igmp.response_code = (uint8_t)random_next(&random);
        }
        if (igmp.type == IGMP_QUERY)
            igmp.version = igmp.response_code == 0 ? 1 : 2;
        if (igmp.type == IGMP_QUERY && random_below(&random, 2)) {
            igmp.version = 3;
            igmp.suppress = random_below(&random, 2);
            igmp.robustness = (uint8_t)random_below(&random, 8);
            igmp.interval_code = (uint8_t)random_next(&random);
            igmp.sources = (struct slice){sources, 4 * random_below(&random, 16)};
        }
        struct writer w = writer_make(bytes, sizeof(bytes));
        igmp_emit(&w, &igmp);
        assert_false(w.failed);
        assert_true(igmp_parse((struct slice){bytes, w.position}, &again));
        assert_true(igmps_are_equal(&igmp, &again));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(query_version_is_told_by_length_and_code),
        cmocka_unit_test(queries_are_parsed),
        cmocka_unit_test(report_is_parsed_and_its_auxiliary_data_passed_over),
        cmocka_unit_test(codes_are_numbers_with_an_exponent),
        cmocka_unit_test(message_with_one_other_byte_is_refused),
        cmocka_unit_test(counts_beyond_the_end_are_refused),
        cmocka_unit_test(random_messages_survive_emit_and_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
