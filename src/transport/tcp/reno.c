/*
 * reno: NewReno's window (RFC 5681 §3), counted in bytes (RFC 3465).
 *
 * DEVIATION: [rfc5681#7] in slow start an acknowledgment adds up to two segments (RFC 3465's L =
 * 2), as much as it acknowledges when the peer delays acknowledgments: the window then doubles each
 * round trip, as slow start means it to. After a timeout it is one: there an acknowledgment may
 * cover much that was never lost.
 */
#include "base/memory.h"
#include "transport/tcp/congestion.h"

static void reno_initial(struct congestion *c, uint32_t mss) {
    (void)mss;
    c->own.reno.acked_bytes = 0;
}

/* Slow start: [rfc3465#2] [rfc3465#3] [rfc3465#4]. Congestion avoidance: a segment when a whole
 * window has been acknowledged [rfc5681#8] [rfc3465#1]. Both: [rfc5681#2]
 * [rfc7661#4]. */
static void reno_on_ack(struct congestion *c, const struct congestion_ack *ack) {
    struct reno *reno = &c->own.reno;
    if (ack->in_recovery || !ack->is_window_used)
        return;
    if (c->cwnd < c->ssthresh) {
        c->cwnd = congestion_grown(c->cwnd,
                                   min_u32(ack->acked, reno->after_rto ? ack->mss : 2 * ack->mss));
        return;
    }
    reno->after_rto = false;
    reno->acked_bytes += min_u32(ack->acked, c->cwnd);
    if (reno->acked_bytes >= c->cwnd) {
        reno->acked_bytes -= c->cwnd;
        c->cwnd = congestion_grown(c->cwnd, ack->mss);
    }
}

/* [rfc5681#9] [rfc5681#15] In whole segments: a part of one is never sent, but would have to be
 * acknowledged each round trip before the window grows, 4 % of goodput at a dozen segments. */
static void reno_on_loss(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now) {
    (void)now;
    c->ssthresh = max_u32(in_flight / 2 / mss * mss, 2 * mss);
    c->own.reno.acked_bytes = 0;
}

static void reno_on_rto(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now) {
    reno_on_loss(c, in_flight, mss, now);
    c->own.reno.after_rto = true;
}

static void reno_undo(struct congestion *c) {
    c->own.reno.after_rto = false;
}

static void reno_on_recovered(struct congestion *c, dobos_time now) {
    (void)now;
    c->own.reno.acked_bytes = 0;
}

static void reno_on_idle(struct congestion *c, uint32_t mss, int64_t idle_ns, dobos_time now) {
    (void)mss;
    (void)idle_ns;
    (void)now;
    c->own.reno.acked_bytes = 0;
}

const struct congestion_algorithm congestion_reno = {
    .name = "reno",
    .initial = reno_initial,
    .on_ack = reno_on_ack,
    .on_loss = reno_on_loss,
    .on_rto = reno_on_rto,
    .undo = reno_undo,
    .on_recovered = reno_on_recovered,
    .on_idle = reno_on_idle,
};
