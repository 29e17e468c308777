/*
 * One way of a cable between two processes: a ring in shared memory with one writer and one
 * reader. A frame may be taken when its time has come; what finds the ring full is lost.
 */
#ifndef BENCH_SHARED_LINE_H
#define BENCH_SHARED_LINE_H

#include <stdatomic.h>
#include <stddef.h>

#include <dobos/types.h>

#define LINE_SLOTS 8192
#define LINE_FRAME 1536

struct slot {
    dobos_time ready; /* when it arrives */
    uint32_t length;
    uint8_t bytes[LINE_FRAME];
};

struct line {
    _Alignas(64) atomic_uint_fast64_t head; /* written */
    _Alignas(64) atomic_uint_fast64_t tail; /* read */
    uint64_t lost;                          /* for want of room */
    struct slot slots[LINE_SLOTS];
};

/* Where to write the next frame; NULL: there is no room, it is lost. */
static inline struct slot *line_place(struct line *line) {
    uint64_t head = atomic_load_explicit(&line->head, memory_order_relaxed);
    if (head - atomic_load_explicit(&line->tail, memory_order_acquire) >= LINE_SLOTS) {
        line->lost++;
        return NULL;
    }
    return &line->slots[head % LINE_SLOTS];
}

/* What was written there leaves. */
static inline void line_put(struct line *line, dobos_time ready) {
    uint64_t head = atomic_load_explicit(&line->head, memory_order_relaxed);
    line->slots[head % LINE_SLOTS].ready = ready;
    atomic_store_explicit(&line->head, head + 1, memory_order_release);
}

/* What has arrived by now; NULL. It is read before line_take. */
static inline const struct slot *line_front(struct line *line, dobos_time now) {
    uint64_t tail = atomic_load_explicit(&line->tail, memory_order_relaxed);
    if (tail == atomic_load_explicit(&line->head, memory_order_acquire) ||
        line->slots[tail % LINE_SLOTS].ready > now)
        return NULL;
    return &line->slots[tail % LINE_SLOTS];
}

static inline void line_take(struct line *line) {
    atomic_fetch_add_explicit(&line->tail, 1, memory_order_release);
}

#endif
