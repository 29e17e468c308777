/*
 * congestion: what is the same for every algorithm: the initial window (RFC 6928), what idleness
 * and timeouts do to the window, and what is kept so that a reduction can be undone. What a
 * recovery does to the window while it lasts is in recovery.c.
 */
#include "transport/tcp/congestion.h"

#include "base/memory.h"

#define INITIAL_SEGMENT_BYTES 1460u

const struct congestion_algorithm *congestion_find(enum dobos_congestion which) {
    switch (which) {
    case DOBOS_CONGESTION_RENO:
        return &congestion_reno;
    case DOBOS_CONGESTION_CUBIC:
        return &congestion_cubic;
    case DOBOS_CONGESTION_BBR:
        return &congestion_bbr;
    case DOBOS_CONGESTION_DEFAULT:
        break;
    }
    return NULL;
}

/* [rfc5681#3] [rfc5681#5] */
uint32_t congestion_initial_window(uint32_t mss, uint32_t segments, bool resent_syn) {
    if (resent_syn)
        return mss;
    return min_u32(segments * mss, max_u32(2 * mss, segments * INITIAL_SEGMENT_BYTES));
}

/* [rfc5681#6] Nothing of the handshake has touched the window [rfc5681#4]. */
void congestion_init(struct congestion *c, const struct congestion_algorithm *algorithm,
                     uint32_t mss, uint32_t segments, bool resent_syn) {
    *c = (struct congestion){
        .cwnd = congestion_initial_window(mss, segments, resent_syn),
        .ssthresh = CONGESTION_SSTHRESH_UNSET,
    };
    congestion_switch(c, algorithm, mss);
}

void congestion_switch(struct congestion *c, const struct congestion_algorithm *algorithm,
                       uint32_t mss) {
    c->algorithm = algorithm;
    c->pacing_rate = 0;
    c->prior_cwnd = c->prior_ssthresh = 0;
    memset(&c->own, 0, sizeof c->own);
    algorithm->initial(c, mss);
}

void congestion_on_ack(struct congestion *c, const struct congestion_ack *ack) {
    if (!c->algorithm->leads)
        validation_on_ack(c, ack);
    c->algorithm->on_ack(c, ack);
}

/* What a reduction begins with: what undo puts back; and a window that was not put to use counts as
 * what was [rfc7661#5] [rfc7661#6]. */
static void reduction_begin(struct congestion *c, uint32_t in_flight) {
    if (!c->is_reduced) {
        c->prior_cwnd = c->cwnd;
        c->prior_ssthresh = c->ssthresh;
    }
    if (!c->algorithm->leads && !validation_is_valid(c))
        c->cwnd = min_u32(c->cwnd, max_u32(validation_pipe(&c->validation), in_flight));
}

void congestion_on_loss(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now) {
    reduction_begin(c, in_flight);
    c->algorithm->on_loss(c, in_flight, mss, now);
    c->is_reduced = true;
}

void congestion_on_ecn(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now) {
    reduction_begin(c, in_flight);
    if (c->algorithm->on_ecn)
        c->algorithm->on_ecn(c, in_flight, mss, now);
    else
        c->algorithm->on_loss(c, in_flight, mss, now);
    c->is_reduced = true;
}

/* [rfc5681#10] [rfc5681#11] */
void congestion_on_timeout(struct congestion *c, uint32_t in_flight, uint32_t mss, bool first,
                           dobos_time now) {
    reduction_begin(c, in_flight);
    if (first && c->algorithm->on_rto)
        c->algorithm->on_rto(c, in_flight, mss, now);
    else if (first)
        c->algorithm->on_loss(c, in_flight, mss, now);
    c->is_reduced = true;
    c->cwnd = mss;
}

void congestion_on_recovered(struct congestion *c, dobos_time now) {
    c->is_reduced = false;
    if (c->algorithm->on_recovered)
        c->algorithm->on_recovered(c, now);
}

void congestion_undo(struct congestion *c) {
    c->is_reduced = false;
    if (c->prior_cwnd == 0)
        return;
    c->cwnd = max_u32(c->cwnd, c->prior_cwnd);
    c->ssthresh = max_u32(c->ssthresh, c->prior_ssthresh);
    if (c->algorithm->undo)
        c->algorithm->undo(c);
    c->prior_cwnd = c->prior_ssthresh = 0;
}

/* [rfc5681#20] An algorithm that leads knows the path by more than a window, and is paced. */
void congestion_on_idle(struct congestion *c, uint32_t mss, uint32_t segments, int64_t idle_ns,
                        dobos_time now) {
    if (!c->algorithm->leads)
        c->cwnd = min_u32(c->cwnd, congestion_initial_window(mss, segments, false));
    if (c->algorithm->on_idle)
        c->algorithm->on_idle(c, mss, idle_ns, now);
}
