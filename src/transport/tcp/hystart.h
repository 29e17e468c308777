/*
 * hystart: when a first slow start is to end (HyStart++, RFC 9406): when round trips grow longer,
 * it goes on more slowly for a few rounds (conservative slow start, CSS); if they stay long, it
 * ends before the queue overflows.
 */
#ifndef TRANSPORT_TCP_HYSTART_H
#define TRANSPORT_TCP_HYSTART_H

#include <dobos/types.h>

#include "base/seq.h"

struct congestion_ack;

struct hystart {
    uint32_t last_rtt_us; /* the shortest round trip of the round before; UINT32_MAX: none */
    uint32_t rtt_us;      /* of this round so far; UINT32_MAX: none */
    uint32_t css_rtt_us;  /* of the round that CSS began in */
    struct seq round_end; /* the round is over when this is acknowledged */
    uint8_t samples;      /* round trips measured in this round, as far as it matters */
    uint8_t css_rounds;   /* begun in CSS */
    bool is_css;          /* conservative */
    bool has_round;       /* round_end is set */
};

/* How slow start goes on. */
enum hystart_pace {
    HYSTART_FULL,         /* as ever */
    HYSTART_CONSERVATIVE, /* at a quarter */
    HYSTART_OVER,         /* it ends here */
};

void hystart_init(struct hystart *hystart);
/* An acknowledgment of slow start. */
enum hystart_pace hystart_on_ack(struct hystart *hystart, const struct congestion_ack *ack);
/* What it adds to the window, bytes. */
uint32_t hystart_growth(enum hystart_pace pace, const struct congestion_ack *ack, bool is_paced);

#endif
