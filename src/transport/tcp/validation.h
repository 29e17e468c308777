/*
 * validation: whether the congestion window says anything of the path (RFC 7661). A program that
 * sends less than the window would allow leaves it untried; then it does not grow, a loss counts
 * from what was truly in flight, and after five minutes it is given up by halves.
 */
#ifndef TRANSPORT_TCP_VALIDATION_H
#define TRANSPORT_TCP_VALIDATION_H

#include <dobos/types.h>

#include "base/seq.h"

struct congestion;
struct congestion_ack;

struct validation {
    dobos_time period_began; /* of the sampling period; ns */
    dobos_time last_valid;   /* when the window was last put to use; ns */
    struct seq round_end;    /* the round trip is over when this is acknowledged */
    uint32_t round_acked;    /* in this round trip so far; bytes */
    uint32_t now_most;       /* most in a round trip of this period; bytes */
    uint32_t before_most;    /* of the period before */
    bool has_round;          /* round_end is set */
};

/* How much a round trip carried lately, bytes (pipeACK); 0: not known yet. */
uint32_t validation_pipe(const struct validation *validation);
/* The window is put to use, or was so far. */
bool validation_is_valid(const struct congestion *c);
/* Every acknowledgment; takes away a window that has not been valid for five minutes. */
void validation_on_ack(struct congestion *c, const struct congestion_ack *ack);

#endif
