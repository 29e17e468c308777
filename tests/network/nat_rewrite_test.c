/* Addresses and ports changed in place: each checksum is what a sum of the whole would give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../packet/pool_fixture.h"

#include "base/random.h"
#include "network/nat_rewrite.h"
#include "wire/icmp.h"

#define PAYLOAD 2

struct desk {
    struct pool_fixture pool;
    struct dobos_packet *packet; /* IP header first */
    uint8_t bytes[64];           /* the same, as it is to be */
};

static int setup(void **state) {
    struct desk *d = calloc(1, sizeof(*d));
    pool_fixture_begin(&d->pool, 0);
    *state = d;
    return 0;
}

static int teardown(void **state) {
    struct desk *d = *state;
    dobos_packet_release(d->packet);
    pool_fixture_end(&d->pool);
    free(d);
    return 0;
}

static size_t header_of(uint8_t protocol) {
    return protocol == PROTOCOL_TCP ? 20 : 8;
}

static size_t place_of(uint8_t protocol) {
    return protocol == PROTOCOL_TCP ? 16 : protocol == PROTOCOL_UDP ? 6 : 2;
}

static uint32_t pseudo(const uint8_t *bytes, size_t length) {
    uint32_t sum = bytes[9] == PROTOCOL_ICMP ? 0 : checksum_add(0, bytes + 12, 8);
    return bytes[9] == PROTOCOL_ICMP ? 0 : sum + bytes[9] + (uint32_t)length;
}

/* A whole packet from scratch; returns its length. */
static size_t make(uint8_t *bytes, const struct session_key *key, uint16_t payload) {
    size_t header = header_of(key->protocol);
    size_t length = header + PAYLOAD;
    memset(bytes, 0, 64);
    bytes[0] = 0x45;
    store_be16(bytes + 2, (uint16_t)(20 + length));
    bytes[8] = 64;
    bytes[9] = key->protocol;
    store_be32(bytes + 12, key->source);
    store_be32(bytes + 16, key->destination);
    store_be16(bytes + 10, checksum_finish(checksum_add(0, bytes, 20)));
    uint8_t *transport = bytes + 20;
    if (key->protocol == PROTOCOL_ICMP) {
        transport[0] = ICMP_ECHO_REQUEST;
        store_be16(transport + 4, key->source_port);
    } else {
        store_be16(transport, key->source_port);
        store_be16(transport + 2, key->destination_port);
    }
    store_be16(transport + header, payload);
    uint16_t sum = checksum_finish(checksum_add(pseudo(bytes, length), transport, length));
    if (key->protocol == PROTOCOL_UDP && sum == 0)
        sum = 0xffff;
    store_be16(transport + place_of(key->protocol), sum);
    return 20 + length;
}

static void put(struct desk *d, const uint8_t *bytes, size_t length) {
    dobos_packet_release(d->packet);
    d->packet = dobos_packet_from_bytes(d->pool.pool, bytes, length, NULL);
    assert_non_null(d->packet);
}

/* [rfc1624#1] [rfc1624#2] [attack:J10] Every sum that the rest of a packet can have, and the edges
 * of what changes. */
static void checksum_is_that_of_the_whole_for_every_sum_and_edge(void **state) {
    struct desk *d = *state;
    static const uint16_t edges[] = {0, 1, 0x7fff, 0xfffe, 0xffff};
    static const uint8_t protocols[] = {PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMP};
    uint8_t before[64];
    uint8_t after[64];
    for (unsigned p = 0; p < 3; p++) {
        for (uint32_t payload = 0; payload < 0x10000; payload++) {
            const uint16_t edge = edges[payload % 5];
            const uint16_t other = edges[payload / 5 % 5];
            const struct session_key from = {.source = 0x0a000000U | edge,
                                             .destination = 0xc0000207,
                                             .source_port = edge,
                                             .destination_port = 80,
                                             .protocol = protocols[p]};
            const struct session_key to = {.source = (uint32_t)other << 16 | 0x0102,
                                           .destination = 0xc0000207,
                                           .source_port = other,
                                           .destination_port = 80,
                                           .protocol = protocols[p]};
            size_t length = make(before, &from, (uint16_t)payload);
            if (payload == 0)
                put(d, before, length);
            assert_true(packet_write(d->packet, 0, before, length));
            assert_true(nat_rewrite(d->packet, &to));
            (void)make(after, &to, (uint16_t)payload);
            (void)dobos_packet_read(d->packet, 0, d->bytes, length);
            assert_memory_equal(d->bytes, after, length);
        }
    }
}

/* A checksum that a port has still to finish: the pseudo-header's sum follows the addresses. */
static void unfinished_checksum_is_finished_right(void **state) {
    struct desk *d = *state;
    struct random random = random_make(1);
    static const uint8_t protocols[] = {PROTOCOL_TCP, PROTOCOL_UDP};
    for (unsigned i = 0; i < 4000; i++) {
        uint8_t bytes[64];
        struct session_key from = {.source = (uint32_t)random_next(&random),
                                   .destination = (uint32_t)random_next(&random),
                                   .source_port = (uint16_t)random_next(&random),
                                   .destination_port = 80,
                                   .protocol = protocols[i % 2]};
        struct session_key to = from;
        to.source = (uint32_t)random_next(&random);
        to.source_port = (uint16_t)random_next(&random);
        size_t length = make(bytes, &from, 0x1234);
        size_t place = place_of(from.protocol);
        store_be16(bytes + 20 + place, checksum_fold(pseudo(bytes, length - 20)));
        put(d, bytes, length);
        d->packet->offload = (struct dobos_offload){.flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM,
                                                    .checksum_start = 20,
                                                    .checksum_offset = (uint16_t)place};
        assert_true(nat_rewrite(d->packet, &to));
        packet_finish_checksum(d->packet);
        (void)make(d->bytes, &to, 0x1234);
        (void)dobos_packet_read(d->packet, 0, bytes, length);
        assert_memory_equal(bytes, d->bytes, length);
    }
}

/* [rfc5508#11] [rfc5508#9] The outer checksum covers all that changes within. */
static void error_is_sound_whatever_it_quotes(void **state) {
    struct desk *d = *state;
    struct random random = random_make(2);
    static const uint8_t protocols[] = {PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMP};
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t inner[64];
        uint8_t outer[128] = {0x45};
        const struct session_key from = {.source = (uint32_t)random_next(&random),
                                         .destination = (uint32_t)random_next(&random),
                                         .source_port = (uint16_t)random_next(&random),
                                         .destination_port = (uint16_t)random_next(&random),
                                         .protocol = protocols[i % 3]};
        struct session_key to = from;
        to.source = (uint32_t)random_next(&random);
        to.source_port = (uint16_t)random_next(&random);
        size_t all = make(inner, &from, (uint16_t)random_next(&random));
        size_t quote = 28 + random_below(&random, all - 27);
        store_be16(outer + 2, (uint16_t)(28 + quote));
        outer[9] = PROTOCOL_ICMP;
        store_be16(outer + 10, checksum_finish(checksum_add(0, outer, 20)));
        outer[20] = ICMP_UNREACHABLE;
        memcpy(outer + 28, inner, quote);
        store_be16(outer + 22, checksum_finish(checksum_add(0, outer + 20, 8 + quote)));
        put(d, outer, 28 + quote);
        assert_true(nat_rewrite_error(d->packet, 0x01020304, 0x05060708, &to));
        (void)dobos_packet_read(d->packet, 0, outer, 28 + quote);
        assert_int_equal(checksum_fold(checksum_add(0, outer, 20)), 0xffff);
        assert_int_equal(checksum_fold(checksum_add(0, outer + 20, 8 + quote)), 0xffff);
        assert_int_equal(checksum_fold(checksum_add(0, outer + 28, 20)), 0xffff);
        assert_int_equal(load_be32(outer + 12), 0x01020304);
        assert_int_equal(load_be32(outer + 28 + 12), to.source);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(checksum_is_that_of_the_whole_for_every_sum_and_edge, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(unfinished_checksum_is_finished_right, setup, teardown),
        cmocka_unit_test_setup_teardown(error_is_sound_whatever_it_quotes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
