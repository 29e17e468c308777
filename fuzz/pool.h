/* pool: a pool over malloc for the fuzz targets of layers, which can be told to run out of memory.
 */
#ifndef FUZZ_POOL_H
#define FUZZ_POOL_H

#include <stdlib.h>

#include "base/cursor.h"
#include "base/timing_wheel.h"
#include "packet/packet.h"

/* What must hold, or the input is a find. */
#define HOLDS(x) ((x) ? (void)0 : abort())

struct memory {
    uint64_t live;      /* pieces out */
    uint64_t countdown; /* allocations that still succeed */
};

static inline void *memory_allocate(void *context, size_t bytes, const char *site) {
    struct memory *memory = context;
    (void)site;
    if (memory->countdown == 0)
        return NULL;
    memory->countdown--;
    memory->live++;
    return malloc(bytes);
}

static inline void memory_free(void *context, void *at, size_t bytes) {
    (void)bytes;
    ((struct memory *)context)->live--;
    free(at);
}

static inline struct dobos_pool *pool_make(struct memory *memory, struct timing_wheel *wheel) {
    struct dobos_allocator allocator = {memory, memory_allocate, memory_free};
    struct dobos_pool_config config = {.size = sizeof(config), .allocator = &allocator};
    struct dobos_pool *pool;
    *memory = (struct memory){.countdown = UINT64_MAX};
    HOLDS(dobos_pool_create(&config, &pool) == 0);
    HOLDS(timing_wheel_init(wheel, pool_allocator(pool), 0));
    return pool;
}

/* Ends it: nothing may be left. */
static inline void pool_end(struct memory *memory, struct timing_wheel *wheel,
                            struct dobos_pool *pool) {
    struct dobos_pool_statistics statistics;
    dobos_pool_statistics_read(pool, &statistics);
    HOLDS(statistics.packets == 0);
    timing_wheel_fini(wheel, pool_allocator(pool));
    dobos_pool_destroy(pool);
    HOLDS(memory->live == 0);
}

#endif
