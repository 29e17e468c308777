/*
 * allocator: the one hook all memory goes through. `site` names the place, so that tests can fail
 * each once. The pool owns one and lends it to the hosts; it counts and bounds.
 */
#ifndef BASE_ALLOCATOR_H
#define BASE_ALLOCATOR_H

#include <dobos/types.h>

#include "base/memory.h"

struct allocator {
    struct dobos_allocator hook; /* the caller's */
    uint64_t allocations;        /* that succeeded */
    uint64_t frees;              /* given back */
    uint64_t failures;           /* the hook had none, or the limit stood against it */
    size_t bytes;                /* held now */
    size_t limit_bytes;          /* never more than this at once; 0: no limit */
};

/* Zeroed memory, or NULL. */
void *allocator_allocate(struct allocator *allocator, size_t bytes, const char *site);
/* The same, not zeroed: for what is written whole before it is read. */
void *allocator_allocate_raw(struct allocator *allocator, size_t bytes, const char *site);
/* NULL is allowed; `bytes` as asked for. */
void allocator_release(struct allocator *allocator, void *memory, size_t bytes);

#endif
