/* pool_fixture: a pool over an allocator that can fail, as tests of packets need it. */
#ifndef TESTS_POOL_FIXTURE_H
#define TESTS_POOL_FIXTURE_H

#include "../base/failing_allocator.h"

#include "packet/packet.h"

struct pool_fixture {
    struct failing_allocator memory; /* under the pool */
    struct dobos_pool *pool;         /* what is tested */
};

static inline void pool_fixture_begin(struct pool_fixture *fixture, size_t limit_bytes) {
    *fixture = (struct pool_fixture){0};
    struct dobos_allocator hook = failing_allocator_hook(&fixture->memory);
    struct dobos_pool_config config = {
        .size = sizeof config,
        .allocator = &hook,
        .limit_bytes = limit_bytes,
    };
    assert_int_equal(dobos_pool_create(&config, &fixture->pool), 0);
}

static inline void pool_fixture_end(struct pool_fixture *fixture) {
    dobos_pool_destroy(fixture->pool);
    assert_int_equal(fixture->memory.live, 0);
    assert_int_equal(fixture->memory.allocated, fixture->memory.released);
}

/* A byte that tells its place. */
static inline uint8_t pattern_byte(size_t place) {
    return (uint8_t)(place * 31 + place / 251);
}

static inline void pattern_fill(uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        bytes[i] = pattern_byte(i);
}

#endif
