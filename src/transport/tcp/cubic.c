/*
 * cubic: CUBIC (RFC 9438) with HyStart++ (RFC 9406). After a reduction the window returns to where
 * it was by a cubic curve: fast at first, flat around the old maximum, then fast again to look for
 * more. It depends on time, not on round trips, and is never slower than Reno would be.
 *
 * RFC 9438 counts segments and seconds; here are bytes and ticks (cubic.h). C is 0.4, β is 0.7.
 * What pacing, idleness and validation do is congestion.c's.
 */
#include "transport/tcp/cubic.h"

#include "base/memory.h"
#include "transport/tcp/congestion.h"

#define BETA_NUMERATOR    7u
#define BETA_DENOMINATOR  10u
/* α = 3·(1 − β) / (1 + β) = 9/17 [rfc9438#6] */
#define ALPHA_NUMERATOR   9u
#define ALPHA_DENOMINATOR 17u
/* (10^9 / 2^17)³ / C: the ticks, cubed, in which the curve moves by a segment. */
#define CUBED_A_SEGMENT   1110223024625ull
#define TICKS_MAX         2600000u /* the largest whose cube fits in 64 bits; 340 s */

/* The largest root with root³ ≤ x: three bits of x a bit of it. */
static uint32_t cube_root(uint64_t x) {
    uint64_t root = 0;
    for (int shift = 63; shift >= 0; shift -= 3) {
        root <<= 1;
        uint64_t step = 3 * root * (root + 1) + 1;
        if (x >> shift >= step) {
            x -= step << shift;
            root++;
        }
    }
    return (uint32_t)root;
}

/* [rfc9438#3] */
uint32_t cubic_k(uint32_t bytes, uint32_t mss) {
    bytes = min_u32(bytes, CONGESTION_CWND_MAX);
    uint64_t whole = bytes / mss, rest = bytes % mss;
    uint64_t limit = (uint64_t)TICKS_MAX * TICKS_MAX * TICKS_MAX / CUBED_A_SEGMENT;
    if (whole >= limit)
        return TICKS_MAX;
    return cube_root(whole * CUBED_A_SEGMENT + rest * CUBED_A_SEGMENT / mss);
}

/* C·t³, in segments' bytes: a millionth of a segment is lost. [rfc9438#2] */
uint32_t cubic_distance(uint64_t ticks, uint32_t mss) {
    if (ticks >= TICKS_MAX)
        return CONGESTION_CWND_MAX;
    uint64_t millionths = ticks * ticks * ticks / (CUBED_A_SEGMENT / 1000000);
    uint64_t bytes = millionths * mss / 1000000;
    return bytes > CONGESTION_CWND_MAX ? CONGESTION_CWND_MAX : (uint32_t)bytes;
}

/* W_cubic at so many ns after the epoch began. */
static uint32_t window_at(const struct cubic_curve *curve, int64_t ns, uint32_t mss) {
    uint64_t t = (uint64_t)max_i64(ns, 0) >> CUBIC_TICK_BITS;
    if (t >= curve->k)
        return congestion_grown(curve->w_max, cubic_distance(t - curve->k, mss));
    uint32_t below = cubic_distance(curve->k - t, mss);
    return below < curve->w_max ? curve->w_max - below : 0;
}

static void cubic_initial(struct congestion *c, uint32_t mss) {
    (void)mss;
    c->own.cubic = (struct cubic){0};
    hystart_init(&c->own.cubic.hystart);
}

/* ---- slow start ---- */

/* The first one goes by HyStart++ [rfc9438#15] [rfc9406#9]; a later one knows where to end. After a
 * timeout an acknowledgment may cover what was never lost: a segment at most is added
 * [rfc3465#4]. */
static void slow_start(struct congestion *c, const struct congestion_ack *ack) {
    struct cubic *cubic = &c->own.cubic;
    if (c->ssthresh == CONGESTION_SSTHRESH_UNSET) {
        enum hystart_pace pace = hystart_on_ack(&cubic->hystart, ack);
        if (pace == HYSTART_OVER)
            c->ssthresh = c->cwnd;
        else if (ack->is_window_used)
            c->cwnd = congestion_grown(c->cwnd, hystart_growth(pace, ack, c->pacing_rate > 0));
        return;
    }
    if (!ack->is_window_used)
        return;
    uint32_t most = cubic->after_rto ? ack->mss : 2 * ack->mss;
    c->cwnd = min_u32(congestion_grown(c->cwnd, min_u32(ack->acked, most)), c->ssthresh);
}

/* ---- congestion avoidance ---- */

/* The curve begins where the window is. Without a plateau above (slow start ended without loss, or
 * after a timeout, or the window is beyond it already) it begins at the plateau. [rfc9438#4]
 * [rfc9438#13] [rfc9438#16] */
static void epoch_begin(struct congestion *c, const struct congestion_ack *ack) {
    struct cubic *cubic = &c->own.cubic;
    struct cubic_curve *curve = &cubic->curve;
    curve->has_epoch = true;
    curve->epoch = cubic->seen_at = ack->now;
    if (curve->w_max <= c->cwnd) {
        curve->w_max = c->cwnd;
        curve->k = 0;
    } else {
        curve->k = cubic_k(curve->w_max - c->cwnd, ack->mss);
    }
    if (curve->cwnd_prior == 0)
        curve->cwnd_prior = c->cwnd;
    curve->w_est = c->cwnd;
    curve->est_credit = 0;
    cubic->credit = 0;
    cubic->after_rto = false;
}

/* What Reno's window would be: it grows by α segments a window, by one from where the last
 * reduction was. [rfc9438#5] [rfc9438#7] */
static void reno_follow(struct congestion *c, const struct congestion_ack *ack, uint32_t acked) {
    struct cubic_curve *curve = &c->own.cubic.curve;
    uint32_t alpha = curve->w_est < curve->cwnd_prior ? ALPHA_NUMERATOR : ALPHA_DENOMINATOR;
    uint64_t a_byte = (uint64_t)c->cwnd * ALPHA_DENOMINATOR;
    curve->est_credit += (uint64_t)acked * ack->mss * alpha;
    curve->w_est = congestion_grown(curve->w_est, (uint32_t)(curve->est_credit / a_byte));
    curve->est_credit %= a_byte;
}

/* Towards where the curve will be a round trip from now, at most half as much again as now, in
 * equal parts over the acknowledgments of a window. [rfc9438#8] [rfc9438#9] */
static void curve_follow(struct congestion *c, const struct congestion_ack *ack, uint32_t acked) {
    struct cubic *cubic = &c->own.cubic;
    uint32_t target =
        window_at(&cubic->curve, ack->now - cubic->curve.epoch + ack->srtt_ns, ack->mss);
    target = min_u32(target, congestion_grown(c->cwnd, c->cwnd / 2));
    if (target <= c->cwnd)
        return;
    cubic->credit += (uint64_t)(target - c->cwnd) * acked;
    uint32_t whole = (uint32_t)(cubic->credit / c->cwnd);
    cubic->credit %= c->cwnd;
    c->cwnd = congestion_grown(c->cwnd, whole);
}

/* Time in which the window was not put to use does not count, and it does not grow then.
 * [rfc9438#17] [rfc7661#4] */
static void cubic_on_ack(struct congestion *c, const struct congestion_ack *ack) {
    struct cubic *cubic = &c->own.cubic;
    if (ack->in_recovery)
        return;
    if (c->cwnd < c->ssthresh) {
        slow_start(c, ack);
        return;
    }
    if (!cubic->curve.has_epoch)
        epoch_begin(c, ack);
    dobos_time passed = ack->now - cubic->seen_at;
    cubic->seen_at = ack->now;
    if (!ack->is_window_used) {
        cubic->curve.epoch += passed;
        return;
    }
    uint32_t acked = min_u32(ack->acked, c->cwnd);
    reno_follow(c, ack, acked);
    if (window_at(&cubic->curve, ack->now - cubic->curve.epoch, ack->mss) < cubic->curve.w_est)
        c->cwnd = max_u32(c->cwnd, cubic->curve.w_est);
    else
        curve_follow(c, ack, acked);
}

/* ---- reductions ---- */

/* Seven tenths of what was in flight. Who has to reduce before the old plateau is reached again
 * leaves room for others (fast convergence). [rfc9438#10] [rfc9438#11] [rfc9438#12] */
static void cubic_on_loss(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now) {
    struct cubic *cubic = &c->own.cubic;
    struct cubic_curve *curve = &cubic->curve;
    uint32_t cwnd = min_u32(c->cwnd, max_u32(in_flight, mss));
    (void)now;
    if (!c->is_reduced)
        cubic->prior = *curve;
    bool is_sooner = cwnd < curve->w_max;
    curve->has_epoch = false;
    curve->cwnd_prior = cwnd;
    curve->w_max = is_sooner ? (uint32_t)((uint64_t)cwnd * (BETA_DENOMINATOR + BETA_NUMERATOR) /
                                          (2 * BETA_DENOMINATOR))
                             : cwnd;
    c->ssthresh = max_u32((uint32_t)((uint64_t)cwnd * BETA_NUMERATOR / BETA_DENOMINATOR), 2 * mss);
}

/* As after any loss; but the curve begins anew where slow start will end. [rfc9438#13] */
static void cubic_on_rto(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now) {
    cubic_on_loss(c, in_flight, mss, now);
    c->own.cubic.curve.w_max = 0;
    c->own.cubic.after_rto = true;
}

/* [rfc9438#14] */
static void cubic_undo(struct congestion *c) {
    c->own.cubic.curve = c->own.cubic.prior;
    c->own.cubic.after_rto = false;
    c->own.cubic.credit = 0;
}

/* [rfc9438#17] */
static void cubic_on_idle(struct congestion *c, uint32_t mss, int64_t idle_ns, dobos_time now) {
    (void)mss;
    (void)idle_ns;
    (void)now;
    /* Slow start leads back to ssthresh: the curve begins there. */
    c->own.cubic.curve.has_epoch = false;
}

static void cubic_keep(const struct congestion *c, uint32_t kept[2]) {
    kept[0] = c->own.cubic.curve.w_max;
}

static void cubic_resume(struct congestion *c, const uint32_t kept[2]) {
    c->own.cubic.curve.w_max = kept[0];
}

const struct congestion_algorithm congestion_cubic = {
    .name = "cubic",
    .initial = cubic_initial,
    .on_ack = cubic_on_ack,
    .on_loss = cubic_on_loss,
    .on_rto = cubic_on_rto,
    .undo = cubic_undo,
    .on_idle = cubic_on_idle,
    .keep = cubic_keep,
    .resume = cubic_resume,
};
