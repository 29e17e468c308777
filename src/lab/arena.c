/* arena: a chain of blocks, each taken from its beginning to its end; see arena.h. */
#include "lab/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 16384

struct arena_block {
    struct arena_block *next;    /* the one before it in time */
    size_t room;                 /* bytes of `bytes` */
    alignas(16) uint8_t bytes[]; /* what is given out */
};

void arena_init(struct arena *arena) {
    *arena = (struct arena){0};
}

void arena_fini(struct arena *arena) {
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    arena->used = 0;
}

void *arena_allocate(struct arena *arena, size_t bytes) {
    if (bytes > SIZE_MAX / 2)
        return NULL;
    bytes = (bytes + 15) & ~(size_t)15;
    if (!arena->blocks || arena->blocks->room - arena->used < bytes) {
        const size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
        struct arena_block *block = calloc(1, sizeof *block + room);
        if (!block)
            return NULL;
        block->room = room;
        block->next = arena->blocks;
        arena->blocks = block;
        arena->used = 0;
    }
    void *memory = arena->blocks->bytes + arena->used;
    arena->used += bytes;
    return memory;
}

void *arena_table(struct arena *arena, size_t count, size_t bytes) {
    return count > SIZE_MAX / 2 / bytes ? NULL : arena_allocate(arena, count * bytes);
}

char *arena_text(struct arena *arena, const char *text, size_t length) {
    char *copy = arena_allocate(arena, length + 1);
    if (copy && length)
        memcpy(copy, text, length);
    return copy;
}
