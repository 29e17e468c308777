/* cubic: what CUBIC (RFC 9438) keeps beside the windows. Windows in bytes, times in ticks. */
#ifndef TRANSPORT_TCP_CUBIC_H
#define TRANSPORT_TCP_CUBIC_H

#include "transport/tcp/hystart.h"

/* A tick is 2^17 ns: so fine that a window's growth within one is far below a segment, so coarse
 * that its cube fits in 64 bits. */
#define CUBIC_TICK_BITS 17

/* The curve that the window follows, and Reno's beside it. */
struct cubic_curve {
    dobos_time epoch;    /* when this congestion avoidance began, less pauses; ns */
    uint32_t w_max;      /* the plateau; 0: none is known */
    uint32_t k;          /* until the plateau is reached again; ticks */
    uint32_t w_est;      /* Reno's window */
    uint32_t cwnd_prior; /* cwnd at the last reduction */
    uint64_t est_credit; /* w_est's growth below a byte, times 17 cwnd */
    bool has_epoch;      /* epoch, k, w_est count */
};

struct cubic {
    struct cubic_curve curve; /* now */
    struct cubic_curve prior; /* before the last reduction: for undo */
    struct hystart hystart;   /* of the first slow start */
    uint64_t credit;          /* cwnd's growth below a byte, times cwnd */
    dobos_time seen_at;       /* the last acknowledgment in congestion avoidance; ns */
    bool after_rto;           /* slow start after a timeout */
};

/* How far the curve is from its plateau `ticks` away from it, bytes, at most what a window holds.
 */
uint32_t cubic_distance(uint64_t ticks, uint32_t mss);
/* K of RFC 9438 §4.2 for a plateau `bytes` above; ticks. */
uint32_t cubic_k(uint32_t bytes, uint32_t mss);

#endif
