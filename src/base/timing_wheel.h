/*
 * timing_wheel: all timers of a host in one hierarchical wheel; arming, cancelling and expiring
 * cost a constant. There are no callbacks: the driver takes expired nodes one by one and looks at
 * their `kind`.
 *
 * Time is kept to the nanosecond in the node (a node is handed out when now ≥ deadline, never
 * before); a level's slot is coarser, and nodes trickle down as their time comes. timing_wheel_next
 * tells the exact earliest deadline. Nodes of equal deadline come out in the order they were armed.
 */
#ifndef BASE_TIMING_WHEEL_H
#define BASE_TIMING_WHEEL_H

#include <dobos/types.h>

#include "base/list.h"

/* A tick is 2^18 ns, a quarter of a millisecond; nine levels of 32 slots cover the 63 bits of time
   from there. One slot is one pointer, so an idle wheel is 2.4 KB. */
#define WHEEL_TICK_BITS 18
#define WHEEL_SLOT_BITS 5
#define WHEEL_LEVELS    9
#define WHEEL_SLOTS     32

/* What a timer belongs to: host/timers.c finds the struct around the node by it. */
enum timer_kind {
    TIMER_NONE = 0,
    TIMER_TCP_CONNECTION, /* struct tcp_connection */
    TIMER_TCP_HALF_OPEN,  /* struct tcp_half_open */
    TIMER_NEIGHBOR,       /* struct neighbor */
    TIMER_REASSEMBLY,     /* struct reassembly */
    TIMER_ADDRESS,        /* an address's lifetime */
    TIMER_ADDRESS_PROBE,  /* struct address_probe */
    TIMER_PATH_MTU,       /* the host's path MTUs */
    TIMER_IGMP,           /* struct igmp */
    TIMER_SESSIONS,       /* the next tracked flow whose life ends */
    TIMER_NAT,            /* SYNs from outside that wait for one from inside */
};

struct timer {
    struct list_node node; /* in the ring of its slot; alone when not armed */
    dobos_time deadline;   /* when; DOBOS_NEVER when not armed */
    uint64_t order;        /* of arming, among equal deadlines */
    uint8_t kind;          /* enum timer_kind */
    uint8_t level, slot;   /* where it stands while armed; level WHEEL_LEVELS: in `due` */
};

/* The slots, allocated by init: what the wheel points to. */
struct wheel_slots {
    struct timer *first[WHEEL_LEVELS][WHEEL_SLOTS]; /* of a ring without a head; NULL: empty */
    struct timer *earliest[WHEEL_LEVELS]; /* in the level's first occupied slot; NULL: not known */
    uint32_t unsorted[WHEEL_LEVELS];      /* a bit a slot whose ring may be out of order */
};

struct timing_wheel {
    uint64_t tick;  /* all timers of this tick and before are in `due`, all others in slots */
    uint64_t armed; /* counts arming, for the order */
    uint32_t occupied[WHEEL_LEVELS]; /* a bit a slot that is not empty */
    struct wheel_slots *slots;       /* owned */
    struct timer *due; /* the first of a ring in order of deadline and arming; NULL: empty */
};

struct allocator;
/* False when there is no memory. */
bool timing_wheel_init(struct timing_wheel *wheel, struct allocator *allocator, dobos_time now);
void timing_wheel_fini(struct timing_wheel *wheel, struct allocator *allocator);
void timer_init(struct timer *timer, enum timer_kind kind);
static inline bool timer_is_armed(const struct timer *timer) {
    return timer->deadline != DOBOS_NEVER;
}
/* Arms or moves it. A deadline in the past comes out at the next take. DOBOS_NEVER cancels. */
void timer_arm(struct timing_wheel *wheel, struct timer *timer, dobos_time deadline);
void timer_cancel(struct timing_wheel *wheel, struct timer *timer);
/* The next timer with deadline ≤ now, by (deadline, order of arming), cancelled and taken out; NULL
 * when there is none. */
struct timer *timing_wheel_take(struct timing_wheel *wheel, dobos_time now);
/* The earliest deadline; DOBOS_NEVER. */
dobos_time timing_wheel_next(const struct timing_wheel *wheel);

#endif
