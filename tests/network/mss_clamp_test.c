/* The maximum segment size of SYNs that a router forwards: made smaller where it stands, the
 * checksum true as before, and everything else left as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../packet/pool_fixture.h"

#include "base/random.h"
#include "network/mss_clamp.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define MOST     120
#define LINK     14 /* bytes before the IP header */
#define SYN      TCP_SYN
#define CHECKSUM 16

static int setup(void **state) {
    struct pool_fixture *pool = calloc(1, sizeof *pool);
    pool_fixture_begin(pool, 0);
    *state = pool;
    return 0;
}

static int teardown(void **state) {
    pool_fixture_end(*state);
    free(*state);
    return 0;
}

/* The sum of a TCP segment behind 20 bytes of IP header, its checksum included: all ones where it
 * is right. */
static uint16_t sum_of(const uint8_t *ip, size_t length) {
    uint32_t sum = checksum_add(0, ip + 12, 8) + PROTOCOL_TCP + (uint32_t)(length - 20);
    return checksum_fold(checksum_add(sum, ip + 20, length - 20));
}

/* A segment with those flags and options (a multiple of 4 bytes) and 3 bytes of data; returns the
 * length. The IP header is at bytes + LINK. */
static size_t make(uint8_t *bytes, uint8_t flags, const uint8_t *options, size_t count) {
    uint8_t *ip = bytes + LINK, *tcp = ip + 20;
    size_t length = 40 + count + 3;
    memset(bytes, 0, MOST);
    ip[0] = 0x45;
    store_be16(ip + 2, (uint16_t)length);
    ip[9] = PROTOCOL_TCP;
    store_be32(ip + 12, 0xc0000201);
    store_be32(ip + 16, 0xc0000202);
    store_be16(tcp, 4000);
    store_be16(tcp + 2, 80);
    tcp[12] = (uint8_t)((20 + count) / 4 << 4);
    tcp[13] = flags;
    memcpy(tcp + 20, options, count);
    memcpy(tcp + 20 + count, "abc", 3);
    store_be16(tcp + CHECKSUM, (uint16_t)~sum_of(ip, length));
    assert_int_equal(sum_of(ip, length), 0xffff);
    return LINK + length;
}

/* Clamps; `bytes` become what the packet is then. */
static bool clamped(struct pool_fixture *pool, uint8_t *bytes, size_t length, uint32_t mtu,
                    uint8_t flags) {
    const struct dobos_offload offload = {
        .flags = flags, .checksum_start = LINK + 20, .checksum_offset = CHECKSUM};
    struct dobos_packet *packet = dobos_packet_from_bytes(pool->pool, bytes, length, &offload);
    assert_non_null(packet);
    packet->network_offset = LINK;
    bool changed = mss_clamp(packet, mtu);
    assert_int_equal(dobos_packet_read(packet, 0, bytes, MOST), length);
    dobos_packet_release(packet);
    return changed;
}

/* At whatever place the value stands, in even and odd ones. */
static void value_is_made_smaller_and_the_checksum_stays_true(void **state) {
    static const struct {
        uint8_t options[12];
        size_t at; /* of the value */
    } rows[] = {
        {{2, 4, 0x05, 0xb4, 1, 3, 3, 7, 4, 2, 0, 0}, 2},
        {{1, 2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7, 0}, 3},
        {{1, 1, 2, 4, 0xff, 0xff, 1, 1, 1, 1, 1, 1}, 4},
        {{3, 3, 7, 4, 2, 2, 4, 0xff, 0xff, 0, 9, 9}, 7},
        {{1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 0x05, 0xb4}, 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (uint32_t mtu = 68; mtu < 1500; mtu += 77) {
            uint8_t before[MOST], bytes[MOST];
            size_t length = make(bytes, SYN, rows[i].options, 12);
            memcpy(before, bytes, MOST);
            assert_true(clamped(*state, bytes, length, mtu, 0));
            assert_int_equal(load_be16(bytes + LINK + 40 + rows[i].at), mtu - 40);
            assert_int_equal(sum_of(bytes + LINK, length - LINK), 0xffff);
            store_be16(bytes + LINK + 40 + rows[i].at, load_be16(before + LINK + 40 + rows[i].at));
            memcpy(bytes + LINK + 20 + CHECKSUM, before + LINK + 20 + CHECKSUM, 2);
            assert_memory_equal(bytes, before, length);
        }
    }
}

static const uint8_t usual[] = {2, 4, 0x05, 0xb4};

static void a_syn_ack_is_clamped_too_and_nothing_but_syns(void **state) {
    uint8_t bytes[MOST];
    for (unsigned flags = 0; flags < 256; flags++) {
        size_t length = make(bytes, (uint8_t)flags, usual, sizeof usual);
        assert_int_equal(clamped(*state, bytes, length, 1000, 0), (flags & SYN) != 0);
    }
}

static void value_is_never_made_larger(void **state) {
    static const uint32_t mtus[] = {1500, 1501, 9000, 65535, 70000, UINT32_MAX};
    uint8_t bytes[MOST], before[MOST];
    size_t length = make(bytes, SYN, usual, sizeof usual);
    memcpy(before, bytes, MOST);
    for (size_t i = 0; i < sizeof mtus / sizeof mtus[0]; i++)
        assert_false(clamped(*state, bytes, length, mtus[i], 0));
    assert_false(clamped(*state, bytes, length, 40, 0));
    assert_false(clamped(*state, bytes, length, 0, 0));
    assert_memory_equal(bytes, before, length);
    assert_true(clamped(*state, bytes, length, 1499, 0));
}

static void wrong_checksum_stays_wrong(void **state) {
    uint8_t bytes[MOST];
    size_t length = make(bytes, SYN, usual, sizeof usual);
    bytes[LINK + 20 + CHECKSUM] ^= 0x40;
    uint16_t sum = sum_of(bytes + LINK, length - LINK);
    assert_true(clamped(*state, bytes, length, 1000, 0));
    assert_int_equal(sum_of(bytes + LINK, length - LINK), sum);
}

static void checksum_that_is_still_to_be_made_is_left_alone(void **state) {
    uint8_t bytes[MOST];
    size_t length = make(bytes, SYN, usual, sizeof usual);
    store_be16(bytes + LINK + 20 + CHECKSUM, 0x1234);
    assert_true(clamped(*state, bytes, length, 1000, DOBOS_OFFLOAD_NEEDS_CHECKSUM));
    assert_int_equal(load_be16(bytes + LINK + 20 + CHECKSUM), 0x1234);
    assert_int_equal(load_be16(bytes + LINK + 42), 960);
}

static void what_is_malformed_signed_or_has_no_value_is_untouched(void **state) {
    static const uint8_t rows[][12] = {
        {1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0},
        {0, 2, 4, 0x05, 0xb4, 0, 0, 0, 0, 0, 0, 0}, /* behind the end */
        {2, 3, 0x05, 1, 1, 1, 1, 1, 1, 1, 1, 1},    /* too short */
        {2, 5, 0x05, 0xb4, 0, 1, 1, 1, 1, 1, 1, 1}, /* too long */
        {7, 0, 2, 4, 0x05, 0xb4, 0, 0, 0, 0, 0, 0}, /* a length of nothing */
        {7, 1, 2, 4, 0x05, 0xb4, 0, 0, 0, 0, 0, 0},
        {7, 13, 2, 4, 0x05, 0xb4, 0, 0, 0, 0, 0, 0},  /* beyond the header */
        {2, 4, 0x05, 0xb4, 7, 255, 0, 0, 0, 0, 0, 0}, /* broken behind it */
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2},         /* cut */
        {1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 0xff},
        {2, 4, 0x05, 0xb4, 29, 8, 1, 1, 0, 0, 0, 0}, /* TCP-AO */
        {19, 6, 0, 0, 0, 0, 2, 4, 0x05, 0xb4, 0, 0}, /* MD5 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[MOST], before[MOST];
        size_t length = make(bytes, SYN, rows[i], 12);
        memcpy(before, bytes, MOST);
        assert_false(clamped(*state, bytes, length, 576, 0));
        assert_memory_equal(bytes, before, length);
    }
}

/* Cut off anywhere, any header length, any options: nothing but a value and a checksum changes. */
static void any_bytes_are_survived(void **state) {
    struct random random = random_make(7);
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[MOST], before[MOST], options[40];
        for (size_t k = 0; k < sizeof options; k++)
            options[k] = (uint8_t)random_below(&random, i % 2 ? 8 : 256);
        size_t length = make(bytes, SYN, options, 40);
        bytes[LINK + 20 + 12] = (uint8_t)random_below(&random, 256);
        if (i % 3 == 0)
            length = LINK + 20 + (size_t)random_below(&random, length - LINK - 19);
        memset(bytes + length, 0, MOST - length);
        memcpy(before, bytes, MOST);
        bool changed = clamped(*state, bytes, length, 200, 0);
        unsigned differs = 0;
        for (size_t k = 0; k < length; k++)
            differs += bytes[k] != before[k];
        assert_true(changed ? differs >= 1 && differs <= 4 : differs == 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(value_is_made_smaller_and_the_checksum_stays_true, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_syn_ack_is_clamped_too_and_nothing_but_syns, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(value_is_never_made_larger, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_checksum_stays_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(checksum_that_is_still_to_be_made_is_left_alone, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_malformed_signed_or_has_no_value_is_untouched,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(any_bytes_are_survived, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
