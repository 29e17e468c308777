/* ethernet: frames of both kinds, and every frame near the golden ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip.h"
#include "survey.h"

/* [rfc894#1] */
static void ethernet_ii_frame_is_parsed_and_emitted(void **state) {
    (void)state;
    struct reader r = reader_make(golden_ethernet_arp, sizeof(golden_ethernet_arp));
    struct ethernet frame;
    assert_true(ethernet_parse(&r, &frame));
    assert_memory_equal(&frame.destination, &MAC_BROADCAST, 6);
    assert_memory_equal(&frame.source, golden_ethernet_arp + 6, 6);
    assert_int_equal(frame.type, ETHER_TYPE_ARP);
    assert_int_equal(frame.payload_offset, 14);
    assert_int_equal(frame.payload_length, 0);
    assert_int_equal(r.position, 14);

    uint8_t bytes[14];
    struct writer w = writer_make(bytes, sizeof(bytes));
    ethernet_emit(&w, &frame);
    assert_false(w.failed);
    assert_memory_equal(bytes, golden_ethernet_arp, 14);
}

static void snap_frame_gives_the_type_inside(void **state) {
    (void)state;
    struct reader r = reader_make(golden_ethernet_snap, sizeof(golden_ethernet_snap));
    struct ethernet frame;
    assert_true(ethernet_parse(&r, &frame));
    assert_int_equal(frame.type, ETHER_TYPE_IPV4);
    assert_int_equal(frame.payload_offset, 22);
    assert_int_equal(frame.payload_length, 4);
    assert_int_equal(r.position, 22);
}

static void llc_frame_that_is_not_snap_gets_type_zero(void **state) {
    (void)state;
    struct reader r = reader_make(golden_ethernet_llc, sizeof(golden_ethernet_llc));
    struct ethernet frame;
    assert_true(ethernet_parse(&r, &frame));
    assert_int_equal(frame.type, 0);
    assert_int_equal(frame.payload_offset, 14);
    assert_int_equal(frame.payload_length, 38);
}

/* Each byte of LLC, SNAP and OUI counts; so does a length that leaves no room for them. */
static void broken_snap_header_gets_type_zero(void **state) {
    (void)state;
    uint8_t bytes[sizeof(golden_ethernet_snap)];
    struct ethernet frame;
    for (size_t at = 14; at < 20; at++) {
        memcpy(bytes, golden_ethernet_snap, sizeof(bytes));
        bytes[at] ^= 1;
        struct reader r = reader_make(bytes, sizeof(bytes));
        assert_true(ethernet_parse(&r, &frame));
        assert_int_equal(frame.type, 0);
    }
    memcpy(bytes, golden_ethernet_snap, sizeof(bytes));
    for (uint16_t type = 0x5fe; type <= 0x601; type++) { /* no EtherType below 0x600 */
        store_be16(bytes + 20, type);
        struct reader r = reader_make(bytes, sizeof(bytes));
        assert_true(ethernet_parse(&r, &frame));
        assert_int_equal(frame.type, type >= 0x600 ? type : 0);
    }
    memcpy(bytes, golden_ethernet_snap, sizeof(bytes));
    for (uint8_t length = 0; length <= 8; length++) {
        bytes[13] = length;
        struct reader r = reader_make(bytes, sizeof(bytes));
        assert_true(ethernet_parse(&r, &frame));
        assert_int_equal(frame.type, 0);
        assert_int_equal(frame.payload_offset, 14);
    }
}

/* All 65,536 values of the third word [attack:A2]. */
static void every_type_or_length_is_one_or_the_other(void **state) {
    (void)state;
    uint8_t bytes[sizeof(golden_ethernet_llc)];
    memcpy(bytes, golden_ethernet_llc, sizeof(bytes));
    for (unsigned word = 0; word <= UINT16_MAX; word++) {
        struct reader r = reader_make(bytes, sizeof(bytes));
        struct ethernet frame;
        store_be16(bytes + 12, (uint16_t)word);
        assert_true(ethernet_parse(&r, &frame));
        assert_int_equal(frame.type, word >= 0x600 ? word : 0);
        assert_int_equal(frame.payload_length, word <= 1500 ? word : 0);
    }
}

/* [attack:A2] */
static void frame_shorter_than_its_header_is_refused(void **state) {
    (void)state;
    assert_int_equal(survey_truncations(golden_ethernet_arp, 14, roundtrip_ethernet), 0);
    assert_true(survey_copy(golden_ethernet_arp, 14, roundtrip_ethernet));
}

static void frames_near_the_golden_ones_do_no_harm(void **state) {
    (void)state;
    assert_true(survey_format("ethernet", roundtrip_ethernet));
}

static void emit_without_room_writes_nothing(void **state) {
    (void)state;
    uint8_t bytes[13] = {0};
    struct writer w = writer_make(bytes, sizeof(bytes));
    ethernet_emit(&w, &(struct ethernet){.type = 0xffff});
    assert_true(w.failed);
    assert_int_equal(w.position, 0);
}

static void random_headers_survive_emit_and_parse(void **state) {
    (void)state;
    struct random random = random_make(1);
    for (int i = 0; i < 20000; i++) {
        struct ethernet frame = {.type = (uint16_t)(0x600 + random_below(&random, 0xfa00))};
        uint64_t bits[2] = {random_next(&random), random_next(&random)};
        memcpy(&frame.destination, &bits[0], 6);
        memcpy(&frame.source, &bits[1], 6);
        uint8_t bytes[14];
        struct writer w = writer_make(bytes, sizeof(bytes));
        ethernet_emit(&w, &frame);
        struct reader r = reader_make(bytes, sizeof(bytes));
        struct ethernet again;
        assert_true(ethernet_parse(&r, &again));
        assert_memory_equal(&again.destination, &frame.destination, 6);
        assert_memory_equal(&again.source, &frame.source, 6);
        assert_int_equal(again.type, frame.type);
    }
}

static void mac_kinds_are_told_apart(void **state) {
    (void)state;
    struct dobos_mac group = {{0x33, 0x33, 0, 0, 0, 1}}, one = {{2, 0, 0, 0, 0, 1}}, none = {{0}};
    assert_true(mac_is_group(&group) && mac_is_group(&MAC_BROADCAST));
    assert_false(mac_is_group(&one) || mac_is_group(&none));
    assert_true(mac_is_zero(&none));
    for (size_t i = 0; i < 6; i++) {
        struct dobos_mac almost = {{0}};
        almost.bytes[i] = 0x80;
        assert_false(mac_is_zero(&almost));
        assert_false(mac_is_equal(&almost, &none));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ethernet_ii_frame_is_parsed_and_emitted),
        cmocka_unit_test(snap_frame_gives_the_type_inside),
        cmocka_unit_test(llc_frame_that_is_not_snap_gets_type_zero),
        cmocka_unit_test(broken_snap_header_gets_type_zero),
        cmocka_unit_test(every_type_or_length_is_one_or_the_other),
        cmocka_unit_test(frame_shorter_than_its_header_is_refused),
        cmocka_unit_test(frames_near_the_golden_ones_do_no_harm),
        cmocka_unit_test(emit_without_room_writes_nothing),
        cmocka_unit_test(random_headers_survive_emit_and_parse),
        cmocka_unit_test(mac_kinds_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
