/* icmp: the eight bytes that all messages share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip.h"
#include "survey.h"

static void echo_request_is_parsed_and_emitted(void **state) {
    (void)state;
    struct reader r = reader_make(golden_icmp_echo, sizeof(golden_icmp_echo));
    struct icmp icmp;
    assert_true(icmp_parse(&r, &icmp));
    assert_int_equal(icmp.type, ICMP_ECHO_REQUEST);
    assert_int_equal(icmp.code, 0);
    assert_int_equal(icmp.checksum, 0x5497);
    assert_int_equal(icmp.identifier, 0x1234);
    assert_int_equal(icmp.sequence, 7);
    assert_int_equal(reader_rest(&r), 7);

    uint8_t bytes[sizeof(golden_icmp_echo)];
    struct writer w = writer_make(bytes, sizeof(bytes));
    icmp_emit(&w, &icmp);
    writer_bytes(&w, golden_icmp_echo + 8, 7);
    assert_int_equal(load_be16(bytes + 2), 0);
    store_be16(bytes + 2, checksum_finish(checksum_add(0, bytes, sizeof(bytes))));
    assert_memory_equal(bytes, golden_icmp_echo, sizeof(bytes));
}

static void too_big_has_the_mtu_as_fourth_word(void **state) {
    (void)state;
    struct reader r = reader_make(golden_icmp_too_big, sizeof(golden_icmp_too_big));
    struct icmp icmp;
    assert_true(icmp_parse(&r, &icmp));
    assert_int_equal(icmp.code, ICMP_FRAGMENTATION_NEEDED);
    assert_int_equal(icmp.sequence, 1400);
    assert_true(icmp_type_is_error(icmp.type));
}

static void five_types_are_errors(void **state) {
    (void)state;
    for (unsigned type = 0; type < 256; type++) {
        bool error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
        assert_int_equal(icmp_type_is_error((uint8_t)type), error);
    }
}

static void message_cut_in_its_header_is_refused(void **state) {
    (void)state;
    assert_int_equal(survey_truncations(golden_icmp_echo, 8, roundtrip_icmp), 0);
    assert_true(survey_copy(golden_icmp_echo, 8, roundtrip_icmp));
}

static void messages_near_the_golden_ones_do_no_harm(void **state) {
    (void)state;
    assert_true(survey_format("icmp", roundtrip_icmp));
}

static void emit_without_room_writes_nothing(void **state) {
    (void)state;
    uint8_t bytes[7];
    struct writer w = writer_make(bytes, sizeof(bytes));
    icmp_emit(&w, &(struct icmp){.type = 8});
    assert_true(w.failed);
    assert_int_equal(w.position, 0);
}

static void random_messages_survive_emit_and_parse(void **state) {
    (void)state;
    struct random random = random_make(4);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[8];
        store_be64(bytes, random_next(&random));
        assert_true(roundtrip_icmp(bytes, sizeof(bytes)));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_request_is_parsed_and_emitted),
        cmocka_unit_test(too_big_has_the_mtu_as_fourth_word),
        cmocka_unit_test(five_types_are_errors),
        cmocka_unit_test(message_cut_in_its_header_is_refused),
        cmocka_unit_test(messages_near_the_golden_ones_do_no_harm),
        cmocka_unit_test(emit_without_room_writes_nothing),
        cmocka_unit_test(random_messages_survive_emit_and_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
