/* fixture: a pool over an allocator that counts and can be made to fail, a wheel, and helpers that
 * all tests of link/ and network/ share. */
#ifndef TESTS_LINK_FIXTURE_H
#define TESTS_LINK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/keyed_hash.h"
#include "base/random.h"
#include "base/timing_wheel.h"
#include "packet/packet.h"

struct fixture {
    struct dobos_pool *pool;
    struct timing_wheel wheel;
    struct hash_key key;
    uint64_t live;      /* pieces of memory out */
    uint64_t countdown; /* allocations that still succeed; UINT64_MAX: all */
};

static inline void *fixture_allocate(void *context, size_t bytes, const char *site) {
    struct fixture *fixture = context;
    (void)site;
    if (fixture->countdown == 0)
        return NULL;
    if (fixture->countdown != UINT64_MAX)
        fixture->countdown--;
    fixture->live++;
    return malloc(bytes);
}

static inline void fixture_free(void *context, void *memory, size_t bytes) {
    (void)bytes;
    ((struct fixture *)context)->live--;
    free(memory);
}

static inline void fixture_init(struct fixture *fixture) {
    struct dobos_allocator allocator = {fixture, fixture_allocate, fixture_free};
    struct dobos_pool_config config = {.size = sizeof config, .allocator = &allocator};
    *fixture = (struct fixture){.key = {{1, 2}}, .countdown = UINT64_MAX};
    assert_int_equal(dobos_pool_create(&config, &fixture->pool), 0);
    assert_true(timing_wheel_init(&fixture->wheel, pool_allocator(fixture->pool), 0));
}

static inline uint64_t fixture_packets(const struct fixture *fixture) {
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(fixture->pool, &statistics);
    return statistics.packets;
}

/* Ends it; nothing may be left. */
static inline void fixture_fini(struct fixture *fixture) {
    assert_int_equal(fixture_packets(fixture), 0);
    timing_wheel_fini(&fixture->wheel, pool_allocator(fixture->pool));
    dobos_pool_destroy(fixture->pool);
    assert_int_equal(fixture->live, 0);
}

static inline struct dobos_mac mac_make(uint32_t number) {
    return (struct dobos_mac){{2, 0, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                               (uint8_t)(number >> 8), (uint8_t)number}};
}

/* A packet of `length` bytes 0, 1, 2 … from `first` on, all in header bytes or in a slice. */
static inline struct dobos_packet *packet_counting(struct fixture *fixture, uint8_t first,
                                                   size_t length, bool sliced) {
    struct dobos_packet *packet = packet_create(fixture->pool, 100);
    assert_non_null(packet);
    uint8_t *bytes = malloc(length + 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(first + i);
    if (sliced) {
        assert_true(packet_append_bytes(packet, bytes, length));
    } else {
        uint8_t *to = packet_append(packet, length);
        assert_non_null(to);
        memcpy(to, bytes, length);
    }
    free(bytes);
    return packet;
}

static inline uint8_t packet_byte(const struct dobos_packet *packet, size_t offset) {
    uint8_t byte = 0;
    assert_int_equal(dobos_packet_read(packet, offset, &byte, 1), 1);
    return byte;
}

static inline uint16_t packet_be16(const struct dobos_packet *packet, size_t offset) {
    uint8_t bytes[2] = {0};
    assert_int_equal(dobos_packet_read(packet, offset, bytes, 2), 2);
    return load_be16(bytes);
}

static inline uint32_t packet_be32(const struct dobos_packet *packet, size_t offset) {
    uint8_t bytes[4] = {0};
    assert_int_equal(dobos_packet_read(packet, offset, bytes, 4), 4);
    return load_be32(bytes);
}

#endif
