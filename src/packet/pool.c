/*
 * pool: where packets and buffers come from, and where they wait to be used again.
 *
 * Freed packets, and freed buffers of a few sizes, are kept up to KEPT_BYTES, because a host in
 * traffic frees one for each that it makes. What is kept counts as held; when the allocator has no
 * more, it is given back and the allocator is asked again. The pool stands in memory of its own
 * allocator. Nothing here clears a buffer: who makes one writes it.
 */
#include "packet/pool.h"

#include <dobos/errors.h>

#include "base/assert.h"

#define KEPT_BYTES       (4u << 20)    /* kept for use again, at most: a burst of super-segments */
#define POOL_LIMIT_BYTES (1024u << 20) /* where the caller sets no limit */

/* Sizes of buffers that are kept: a small frame, a frame, a page, a jumbo frame, a super-segment.
 */
static const uint32_t class_bytes[] = {512, 2048, 4096, 16384, 65536};
#define CLASSES array_length(class_bytes)

struct dobos_pool {
    struct allocator allocator;           /* the pool's own and its hosts' */
    size_t packets;                       /* alive */
    size_t buffers;                       /* alive */
    size_t kept_bytes;                    /* in the lists below; ≤ KEPT_BYTES */
    struct list_node *kept_packets;       /* chained by next, ended by NULL */
    struct buffer *kept_buffers[CLASSES]; /* chained by next, ended by NULL */
};

/* Under AddressSanitizer, what is kept may not be touched, as if it had been given back. */
#if defined(__SANITIZE_ADDRESS__)
#define POISONS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONS
#endif
#endif
#ifdef POISONS
void __asan_poison_memory_region(void const volatile *memory, size_t bytes);
void __asan_unpoison_memory_region(void const volatile *memory, size_t bytes);
#define memory_forbid(memory, bytes) __asan_poison_memory_region(memory, bytes)
#define memory_allow(memory, bytes)  __asan_unpoison_memory_region(memory, bytes)
#else
#define memory_forbid(memory, bytes) ((void)(memory), (void)(bytes))
#define memory_allow(memory, bytes)  ((void)(memory), (void)(bytes))
#endif

int dobos_pool_create(const struct dobos_pool_config *config, struct dobos_pool **pool) {
    if (!config || !pool || config->size == 0)
        return -DOBOS_EINVAL;
    struct dobos_pool_config known = {0};
    memcpy(&known, config, min_size(config->size, sizeof known));
    if (!known.allocator || !known.allocator->allocate || !known.allocator->release)
        return -DOBOS_EINVAL;
    struct allocator allocator = {
        .hook = *known.allocator,
        .limit_bytes = known.limit_bytes ? known.limit_bytes : POOL_LIMIT_BYTES,
    };
    struct dobos_pool *made = allocator_allocate(&allocator, sizeof *made, "pool");
    if (!made)
        return -DOBOS_ENOMEM;
    made->allocator = allocator;
    *pool = made;
    return 0;
}

static size_t buffer_size(uint32_t capacity) {
    return sizeof(struct buffer) + capacity;
}

/* Gives all that is kept back to the allocator. */
static void kept_release(struct dobos_pool *pool) {
    while (pool->kept_packets) {
        struct dobos_packet *packet = container_of(pool->kept_packets, struct dobos_packet, node);
        memory_allow(packet, sizeof *packet);
        pool->kept_packets = packet->node.next;
        allocator_release(&pool->allocator, packet, sizeof *packet);
    }
    for (size_t i = 0; i < CLASSES; i++) {
        while (pool->kept_buffers[i]) {
            struct buffer *buffer = pool->kept_buffers[i];
            memory_allow(buffer, buffer_size(class_bytes[i]));
            pool->kept_buffers[i] = buffer->next;
            allocator_release(&pool->allocator, buffer, buffer_size(class_bytes[i]));
        }
    }
    pool->kept_bytes = 0;
}

void dobos_pool_destroy(struct dobos_pool *pool) {
    if (!pool)
        return;
    ASSERT(pool->packets == 0 && pool->buffers == 0);
    kept_release(pool);
    struct allocator allocator = pool->allocator;
    allocator_release(&allocator, pool, sizeof *pool);
}

void dobos_pool_statistics_read(const struct dobos_pool *pool,
                                struct dobos_pool_statistics *statistics) {
    *statistics = (struct dobos_pool_statistics){
        .allocations = pool->allocator.allocations,
        .frees = pool->allocator.frees,
        .failures = pool->allocator.failures,
        .bytes = pool->allocator.bytes,
        .packets = pool->packets,
        .kept = pool->kept_bytes,
    };
}

struct allocator *pool_allocator(struct dobos_pool *pool) {
    return &pool->allocator;
}

/* Memory not cleared; what is kept is given up for it if need be. */
static void *pool_allocate(struct dobos_pool *pool, size_t bytes, const char *site) {
    void *memory = allocator_allocate_raw(&pool->allocator, bytes, site);
    if (memory || pool->kept_bytes == 0)
        return memory;
    kept_release(pool);
    return allocator_allocate_raw(&pool->allocator, bytes, site);
}

struct dobos_packet *pool_packet_take(struct dobos_pool *pool) {
    struct dobos_packet *packet;
    if (pool->kept_packets) {
        packet = container_of(pool->kept_packets, struct dobos_packet, node);
        memory_allow(packet, sizeof *packet);
        pool->kept_packets = packet->node.next;
        pool->kept_bytes -= sizeof *packet;
    } else {
        packet = pool_allocate(pool, sizeof *packet, "packet");
        if (!packet)
            return NULL;
    }
    memset(packet, 0, offsetof(struct dobos_packet, slices));
    list_node_init(&packet->node);
    packet->pool = pool;
    pool->packets++;
    return packet;
}

void pool_packet_return(struct dobos_packet *packet) {
    struct dobos_pool *pool = packet->pool;
    pool->packets--;
    if (pool->kept_bytes + sizeof *packet > KEPT_BYTES) {
        allocator_release(&pool->allocator, packet, sizeof *packet);
        return;
    }
    packet->node.next = pool->kept_packets;
    pool->kept_packets = &packet->node;
    pool->kept_bytes += sizeof *packet;
    memory_forbid(packet, sizeof *packet);
}

/* The smallest class with room for `capacity` bytes; CLASSES when there is none. */
static size_t class_for(size_t capacity) {
    size_t i = 0;
    while (i < CLASSES && class_bytes[i] < capacity)
        i++;
    return i;
}

struct buffer *buffer_create(struct dobos_pool *pool, size_t capacity) {
    if (capacity > UINT32_MAX - sizeof(struct buffer))
        return NULL;
    size_t class = class_for(capacity);
    uint32_t bytes = class < CLASSES ? class_bytes[class] : (uint32_t)capacity;
    struct buffer *buffer;
    if (class < CLASSES && pool->kept_buffers[class]) {
        buffer = pool->kept_buffers[class];
        memory_allow(buffer, buffer_size(bytes));
        pool->kept_buffers[class] = buffer->next;
        pool->kept_bytes -= buffer_size(bytes);
    } else {
        buffer = pool_allocate(pool, buffer_size(bytes), "buffer");
        if (!buffer)
            return NULL;
    }
    *buffer = (struct buffer){.pool = pool, .references = 1, .capacity = bytes};
    pool->buffers++;
    return buffer;
}

struct buffer *buffer_hold(struct buffer *buffer) {
    buffer->references++;
    return buffer;
}

void buffer_release(struct buffer *buffer) {
    ASSERT(buffer->references > 0);
    if (--buffer->references > 0)
        return;
    struct dobos_pool *pool = buffer->pool;
    size_t bytes = buffer_size(buffer->capacity);
    size_t class = class_for(buffer->capacity);
    pool->buffers--;
    if (class == CLASSES || pool->kept_bytes + bytes > KEPT_BYTES) {
        allocator_release(&pool->allocator, buffer, bytes);
        return;
    }
    buffer->next = pool->kept_buffers[class];
    pool->kept_buffers[class] = buffer;
    pool->kept_bytes += bytes;
    memory_forbid(buffer, bytes);
}

void *dobos_pool_allocate(struct dobos_pool *pool, size_t bytes, const char *site) {
    return allocator_allocate(pool_allocator(pool), bytes, site);
}

void dobos_pool_free(struct dobos_pool *pool, void *memory, size_t bytes) {
    allocator_release(pool_allocator(pool), memory, bytes);
}
