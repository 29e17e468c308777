/*
 * codel: when a queue has been too long for too long (RFC 8289): on values alone, so that it is
 * tested without a packet. Times are those of the frames' stay; no floating point.
 */
#ifndef LINK_CODEL_H
#define LINK_CODEL_H

#include <dobos/types.h>

#include <stdbool.h>

#define CODEL_TARGET_NS   (5 * DOBOS_MILLISECOND)   /* a stay that is no standing queue */
#define CODEL_INTERVAL_NS (100 * DOBOS_MILLISECOND) /* a round trip of the Internet */

struct codel {
    dobos_time above_until; /* when the stay will have been above target for an interval; 0: it is
                               not above */
    dobos_time next;        /* while dropping: when the next goes */
    uint32_t count;         /* drops since dropping began */
    uint32_t count_before;  /* what it was when dropping last began */
    bool is_dropping;       /* the queue is being shortened */
};

/*
 * The first frame is about to leave after `stay`; `is_last`: hardly anything is behind it. True:
 * drop (or mark) it, and ask again of the next.
 */
bool codel_is_due(struct codel *codel, dobos_time stay, bool is_last, dobos_time now);
/* The queue has run empty. */
void codel_on_empty(struct codel *codel);
/* interval / √count (RFC 8289 §5.1's control law). */
dobos_time codel_pause(uint32_t count);

#endif
