/*
 * failing_allocator: an allocator for tests. It takes memory from malloc, so that AddressSanitizer
 * watches it, fills it with a pattern, checks that what comes back has the size that was asked for,
 * and can fail the n-th call, or some in a row.
 *
 *     struct failing_allocator memory = {0};
 *     struct dobos_allocator hook = failing_allocator_hook(&memory);
 *     memory.fail_at = 3; // the third call from here on finds no memory
 *     …
 *     assert_int_equal(memory.live, 0);
 */
#ifndef TESTS_FAILING_ALLOCATOR_H
#define TESTS_FAILING_ALLOCATOR_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <dobos/types.h>

struct failing_allocator {
    uint64_t calls;   /* of allocate, since fail_at was set by the test (who sets it clears this) */
    uint64_t fail_at; /* the call that fails, from 1; 0: none */
    uint64_t fail_more; /* and so many behind it */
    bool fail_always;   /* all calls fail */
    uint64_t live;      /* pieces of memory that are out */
    size_t live_bytes;  /* their bytes */
    uint64_t allocated; /* calls that succeeded */
    uint64_t released;  /* pieces given back */
};

/* Stands before each piece. */
union failing_allocator_head {
    size_t bytes;            /* asked for */
    max_align_t for_anybody; /* keeps what follows aligned */
};

static void *failing_allocator_allocate(void *context, size_t bytes, const char *site) {
    struct failing_allocator *memory = context;
    if (!site || bytes == 0)
        abort();
    memory->calls++;
    bool fails = memory->fail_at && memory->calls >= memory->fail_at &&
                 memory->calls - memory->fail_at <= memory->fail_more;
    if (memory->fail_always || fails)
        return NULL;
    union failing_allocator_head *head = malloc(sizeof *head + bytes);
    if (!head)
        abort();
    head->bytes = bytes;
    memset(head + 1, 0xa5, bytes);
    memory->live++;
    memory->live_bytes += bytes;
    memory->allocated++;
    return head + 1;
}

static void failing_allocator_release(void *context, void *piece, size_t bytes) {
    struct failing_allocator *memory = context;
    union failing_allocator_head *head = (union failing_allocator_head *)piece - 1;
    if (head->bytes != bytes || memory->live == 0)
        abort();
    memory->live--;
    memory->live_bytes -= bytes;
    memory->released++;
    memset(piece, 0x5a, bytes);
    free(head);
}

static inline struct dobos_allocator failing_allocator_hook(struct failing_allocator *memory) {
    return (struct dobos_allocator){
        .context = memory,
        .allocate = failing_allocator_allocate,
        .release = failing_allocator_release,
    };
}

#endif
