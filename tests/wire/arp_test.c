/* arp: Ethernet and IPv4, whole, cut and changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip.h"
#include "survey.h"

static void request_is_parsed_and_emitted(void **state) {
    (void)state;
    struct reader r = reader_make(golden_arp_request, sizeof(golden_arp_request));
    struct arp arp;
    assert_true(arp_parse(&r, &arp));
    assert_int_equal(arp.operation, ARP_REQUEST);
    assert_memory_equal(&arp.sender_mac, golden_arp_request + 8, 6);
    assert_int_equal(dobos_address_ipv4_number(&arp.sender), 0xc0a80004);
    assert_memory_equal(arp.target_mac.bytes, "\0\0\0\0\0", 6);
    assert_int_equal(dobos_address_ipv4_number(&arp.target), 0xc0a80001);

    uint8_t bytes[ARP_BYTES];
    struct writer w = writer_make(bytes, sizeof(bytes));
    arp_emit(&w, &arp);
    assert_false(w.failed);
    assert_memory_equal(bytes, golden_arp_request, sizeof(bytes));
}

static void reply_is_parsed(void **state) {
    (void)state;
    struct reader r = reader_make(golden_arp_reply, sizeof(golden_arp_reply));
    struct arp arp;
    assert_true(arp_parse(&r, &arp));
    assert_int_equal(arp.operation, ARP_REPLY);
    assert_memory_equal(&arp.target_mac, golden_arp_reply + 18, 6);
    assert_int_equal(dobos_address_ipv4_number(&arp.target), 0xc0a80004);
}

/* Lengths 0 to 27 [attack:A1]. */
static void packet_cut_anywhere_is_refused(void **state) {
    (void)state;
    for (size_t length = 0; length < ARP_BYTES; length++)
        assert_false(survey_copy(golden_arp_request, length, roundtrip_arp));
    assert_true(survey_copy(golden_arp_request, ARP_BYTES, roundtrip_arp));
}

static void packet_with_padding_is_accepted(void **state) {
    (void)state;
    assert_true(survey_copy(golden_ethernet_arp + 14, 46, roundtrip_arp));
}

/* Hardware type, protocol type and both lengths: no value but one will do [rfc826#2]. */
static void packet_of_another_kind_is_refused(void **state) {
    (void)state;
    uint8_t bytes[ARP_BYTES];
    memcpy(bytes, golden_arp_request, sizeof(bytes));
    for (size_t at = 0; at < 6; at++) {
        for (unsigned change = 1; change < 256; change++) {
            bytes[at] = (uint8_t)(golden_arp_request[at] ^ change);
            assert_false(survey_copy(bytes, sizeof(bytes), roundtrip_arp));
        }
        bytes[at] = golden_arp_request[at];
    }
}

static void any_operation_and_address_is_accepted(void **state) {
    (void)state;
    uint8_t bytes[ARP_BYTES];
    memcpy(bytes, golden_arp_request, sizeof(bytes));
    size_t good = survey_mutations(bytes, sizeof(bytes), roundtrip_arp);
    assert_int_equal(good, 255 * (ARP_BYTES - 6));
}

static void packets_near_the_golden_ones_do_no_harm(void **state) {
    (void)state;
    assert_true(survey_format("arp", roundtrip_arp));
}

static void emit_without_room_writes_nothing(void **state) {
    (void)state;
    uint8_t bytes[ARP_BYTES - 1];
    struct writer w = writer_make(bytes, sizeof(bytes));
    arp_emit(&w, &(struct arp){.operation = ARP_REQUEST});
    assert_true(w.failed);
    assert_int_equal(w.position, 0);
}

static void random_packets_survive_emit_and_parse(void **state) {
    (void)state;
    struct random random = random_make(2);
    for (int i = 0; i < 20000; i++) {
        uint64_t bits[2] = {random_next(&random), random_next(&random)};
        struct arp arp = {.operation = (uint16_t)random_next(&random)}, again;
        arp.sender = dobos_address_ipv4((uint32_t)random_next(&random));
        arp.target = dobos_address_ipv4((uint32_t)random_next(&random));
        memcpy(&arp.sender_mac, &bits[0], 6);
        memcpy(&arp.target_mac, &bits[1], 6);
        uint8_t bytes[ARP_BYTES];
        struct writer w = writer_make(bytes, sizeof(bytes));
        arp_emit(&w, &arp);
        struct reader r = reader_make(bytes, sizeof(bytes));
        assert_true(arp_parse(&r, &again));
        assert_true(arps_are_equal(&arp, &again));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_parsed_and_emitted),
        cmocka_unit_test(reply_is_parsed),
        cmocka_unit_test(packet_cut_anywhere_is_refused),
        cmocka_unit_test(packet_with_padding_is_accepted),
        cmocka_unit_test(packet_of_another_kind_is_refused),
        cmocka_unit_test(any_operation_and_address_is_accepted),
        cmocka_unit_test(packets_near_the_golden_ones_do_no_harm),
        cmocka_unit_test(emit_without_room_writes_nothing),
        cmocka_unit_test(random_packets_survive_emit_and_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
