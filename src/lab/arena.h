/*
 * arena: memory that is given back all at once: what a network file says lives exactly as long as
 * the file's network, so nothing of it is freed alone.
 */
#ifndef LAB_ARENA_H
#define LAB_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* owned; the newest first */
    size_t used;                /* bytes taken of the newest */
};

void arena_init(struct arena *arena);
void arena_fini(struct arena *arena);
/* Zeroed memory aligned for any object, or NULL. `bytes` 0 gives a pointer all the same. */
void *arena_allocate(struct arena *arena, size_t bytes);
/* A table of `count` zeroed elements, or NULL. */
void *arena_table(struct arena *arena, size_t count, size_t bytes);
/* A copy of `length` bytes with a NUL behind them, or NULL. */
char *arena_text(struct arena *arena, const char *text, size_t length);

#endif
