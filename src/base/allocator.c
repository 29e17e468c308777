/*
 * allocator: counts and bounds what goes through the caller's hook. It keeps no list of what it
 * gave: who holds memory knows its size and gives it back with it.
 */
#include "base/allocator.h"

#include "base/assert.h"

void *allocator_allocate_raw(struct allocator *allocator, size_t bytes, const char *site) {
    if (NEVER(bytes == 0))
        return NULL;
    size_t limit = allocator->limit_bytes ? allocator->limit_bytes : SIZE_MAX;
    if (allocator->bytes > limit || bytes > limit - allocator->bytes) {
        allocator->failures++;
        return NULL;
    }
    void *memory = allocator->hook.allocate(allocator->hook.context, bytes, site);
    if (!memory) {
        allocator->failures++;
        return NULL;
    }
    allocator->allocations++;
    allocator->bytes += bytes;
    return memory;
}

void *allocator_allocate(struct allocator *allocator, size_t bytes, const char *site) {
    void *memory = allocator_allocate_raw(allocator, bytes, site);
    if (memory)
        memset(memory, 0, bytes);
    return memory;
}

void allocator_release(struct allocator *allocator, void *memory, size_t bytes) {
    if (!memory)
        return;
    ASSERT(bytes <= allocator->bytes);
    allocator->hook.release(allocator->hook.context, memory, bytes);
    allocator->frees++;
    allocator->bytes -= bytes;
}
