/*
 * congestion: NewReno's window (RFC 5681 §3, RFC 3465's byte counting with L = 1), the initial
 * window (RFC 6928) and what idleness and timeouts do to any algorithm's window. What a recovery
 * does to the window while it lasts is in recovery.c.
 */
#include "transport/tcp/congestion.h"

#include "base/memory.h"

#define INITIAL_SEGMENTS 10u
#define INITIAL_BYTES    14600u

/* [rfc5681#3] [rfc5681#5] */
uint32_t congestion_initial_window(uint32_t mss, bool resent_syn) {
    if (resent_syn)
        return mss;
    return min_u32(INITIAL_SEGMENTS * mss, max_u32(2 * mss, INITIAL_BYTES));
}

/* [rfc5681#6] Nothing of the handshake has touched the window [rfc5681#4]. */
void congestion_init(struct congestion *c, uint32_t mss, bool resent_syn) {
    *c = (struct congestion){
        .cwnd = congestion_initial_window(mss, resent_syn),
        .ssthresh = CONGESTION_SSTHRESH_UNSET,
    };
}

/* [rfc5681#20] */
void congestion_on_idle(struct congestion *c, uint32_t mss) {
    c->cwnd = min_u32(c->cwnd, congestion_initial_window(mss, false));
    c->acked_bytes = 0;
}

static uint32_t grown(uint32_t cwnd, uint32_t by) {
    return cwnd > UINT32_MAX / 2 ? cwnd : cwnd + by;
}

/* Slow start: at most a segment an acknowledgment [rfc5681#7]. Congestion avoidance: a segment when
 * a whole window has been acknowledged [rfc5681#8]. Both: [rfc5681#2]. */
static void new_reno_on_ack(struct congestion *c, uint32_t acked, uint32_t mss) {
    if (c->cwnd < c->ssthresh) {
        c->cwnd = grown(c->cwnd, min_u32(acked, mss));
        return;
    }
    c->acked_bytes += min_u32(acked, c->cwnd);
    if (c->acked_bytes >= c->cwnd) {
        c->acked_bytes -= c->cwnd;
        c->cwnd = grown(c->cwnd, mss);
    }
}

/* [rfc5681#9] [rfc5681#15] */
static void new_reno_on_loss(struct congestion *c, uint32_t in_flight, uint32_t mss) {
    c->ssthresh = max_u32(in_flight / 2, 2 * mss);
    c->acked_bytes = 0;
}

const struct congestion_algorithm congestion_new_reno = {
    .name = "newreno",
    .on_ack = new_reno_on_ack,
    .on_loss = new_reno_on_loss,
};

/* [rfc5681#10] [rfc5681#11] */
void congestion_on_timeout(struct congestion *c, uint32_t in_flight, uint32_t mss, bool first) {
    if (first)
        congestion_new_reno.on_loss(c, in_flight, mss);
    c->cwnd = mss;
    c->acked_bytes = 0;
}
