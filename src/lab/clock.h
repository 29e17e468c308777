/*
 * clock: what is to happen and when: a binary heap of events, the earliest first, those of one time
 * in the order in which they were armed. An event stands in what it wakes and is armed at one time
 * or none, so nothing is allocated on the way and nothing hangs on where it lies in memory.
 */
#ifndef LAB_CLOCK_H
#define LAB_CLOCK_H

#include <dobos/types.h>

enum clock_kind {
    CLOCK_ARRIVAL, /* a frame reaches the end of a cable */
    CLOCK_TURN,    /* a node has something to do */
};

struct clock_event {
    dobos_time at;        /* when; DOBOS_NEVER: not armed */
    uint64_t order;       /* among those of one time: when it was armed */
    size_t place;         /* in the heap, from 1; 0: not armed */
    enum clock_kind kind; /* what it stands in */
};

struct clock {
    struct clock_event *
        *heap;      /* owned; entry i's children are 2i and 2i + 1; entry 0 is not used */
    size_t count;   /* armed events */
    size_t room;    /* events there is room for */
    uint64_t order; /* events armed so far */
    dobos_time now; /* how far it has come */
};

/* A clock with room for `room` armed events (no more may be armed). False: no memory. */
bool clock_init(struct clock *clock, size_t room, dobos_time now);
void clock_fini(struct clock *clock);
void clock_event_init(struct clock_event *event, enum clock_kind kind);
/* Arms an event at `at` (not before now), or, with DOBOS_NEVER, cancels it. Armed at that very time
 * already, it keeps its order. */
void clock_arm(struct clock *clock, struct clock_event *event, dobos_time at);
/* The earliest, which stays armed; NULL. */
struct clock_event *clock_first(const struct clock *clock);

#endif
