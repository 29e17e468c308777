/*
 * rack: loss found by time (RFC 8985 §6), on values alone. What was sent before something that has
 * arrived, and is still missing a reordering window later, is lost. loss.c walks the scoreboard
 * with it.
 */
#ifndef TRANSPORT_TCP_RACK_H
#define TRANSPORT_TCP_RACK_H

#include <dobos/types.h>

#include "base/seq.h"

#define RACK_DUPLICATES 3 /* RFC 8985's DupThresh, segments */

struct rack {
    dobos_time sent_at;   /* of all that has arrived, when the one sent last was sent */
    int64_t rtt_ns;       /* and its round trip; 0: nothing has arrived yet */
    struct seq end;       /* and its end */
    struct seq highest;   /* the highest end that has arrived (RACK.fack) */
    struct seq round;     /* a D-SACK counts again when this is acknowledged */
    bool is_in_round;     /* `round` means something */
    bool has_reordered;   /* this path has been seen to reorder */
    uint16_t reordering;  /* by how many segments at most; for info, to UINT16_MAX */
    uint16_t reorderings; /* how many acknowledgments told of it; likewise */
    uint8_t steps;        /* the reordering window, in quarters of the shortest round trip */
    uint8_t steps_last;   /* recoveries until steps is 1 again */
};

/* How things stand when the reordering window is asked for. */
struct rack_view {
    int64_t srtt_ns, rtt_min_ns; /* 0: not known */
    uint32_t sacked;             /* segments */
    bool in_recovery;            /* losses are being repaired */
};

void rack_init(struct rack *rack, struct seq una);
/* A segment has arrived, sent at sent_at last; rtt_min_ns: an answer that came sooner was for an
 * earlier sending (0: there was none). */
void rack_on_arrival(struct rack *rack, struct seq end, dobos_time sent_at, int64_t rtt_min_ns,
                     dobos_time now);
/* A D-SACK has come that answers no probe. */
void rack_on_duplicate(struct rack *rack, struct seq una, struct seq nxt);
/* A recovery is over. */
void rack_on_recovered(struct rack *rack);
int64_t rack_window(const struct rack *rack, const struct rack_view *view);
/* Whether a segment was sent before the last that has arrived. */
bool rack_is_before(const struct rack *rack, dobos_time sent_at, struct seq end);

#endif
