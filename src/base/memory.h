/*
 * memory: the four memory functions that a freestanding compiler needs anyway, and what is built on
 * them. The program that links libdobos gives memcpy, memmove, memset and memcmp (libc, or its
 * own).
 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

/* The struct of `type` whose member `member` is at `pointer`. */
#define container_of(pointer, type, member) \
    ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

#define array_length(array) (sizeof(array) / sizeof((array)[0]))

/* Of a large local array on a packet's way, each element of which is assigned before it is read:
   -ftrivial-auto-var-init leaves it alone. */
#define UNINITIALIZED __attribute__((uninitialized))

/* Length of a text without its NUL. */
size_t text_length(const char *text);
bool text_is_equal(const char *a, const char *b);
/* Copies `text` into `room` bytes, cut if need be, always with its NUL. Returns the whole text's
 * length. */
size_t text_copy(char *to, size_t room, const char *text);

static inline size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}
static inline size_t max_size(size_t a, size_t b) {
    return a > b ? a : b;
}
static inline uint32_t min_u32(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}
static inline uint32_t max_u32(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}
static inline int64_t min_i64(int64_t a, int64_t b) {
    return a < b ? a : b;
}
static inline int64_t max_i64(int64_t a, int64_t b) {
    return a > b ? a : b;
}

#endif
