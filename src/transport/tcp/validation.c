/*
 * validation: see validation.h; RFC 7661 §4. pipeACK is the largest volume that a round trip
 * delivered in this sampling period or the one before, so it remembers one to two periods.
 *
 * DEVIATION: [rfc7661#2] in slow start a third of the window is enough to be valid: what a round
 * trip delivers is known when it is over, and the window has doubled since.
 *
 * DEVIATION: [rfc7661#8] after silence longer than a timeout the window is the restart window
 * (RFC 5681 §4.1), not kept for five minutes: without pacing, a whole window would leave at once.
 */
#include "transport/tcp/validation.h"

#include "base/memory.h"
#include "transport/tcp/congestion.h"

#define PERIOD_NS        DOBOS_SECOND
#define PERIOD_ROUNDS    3
#define NON_VALIDATED_NS (300 * DOBOS_SECOND)

/* [rfc7661#1] */
uint32_t validation_pipe(const struct validation *v) {
    return max_u32(max_u32(v->now_most, v->before_most), v->round_acked);
}

/* [rfc7661#2] [rfc7661#3] */
bool validation_is_valid(const struct congestion *c) {
    const struct validation *v = &c->validation;
    if (v->now_most == 0 && v->before_most == 0)
        return true;
    uint32_t parts = c->cwnd < c->ssthresh ? 3 : 2;
    return validation_pipe(v) >= c->cwnd / parts;
}

/* [rfc7661#1] */
static void sample(struct validation *v, const struct congestion_ack *ack) {
    v->round_acked += min_u32(ack->delivered, CONGESTION_CWND_MAX - v->round_acked);
    if (v->has_round && seq_lt(ack->una, v->round_end))
        return;
    if (v->has_round)
        v->now_most = max_u32(v->now_most, v->round_acked);
    v->round_acked = 0;
    v->round_end = ack->nxt;
    v->has_round = true;
    if (ack->now - v->period_began < max_i64(PERIOD_ROUNDS * ack->srtt_ns, PERIOD_NS))
        return;
    v->before_most = v->now_most;
    v->now_most = 0;
    v->period_began = ack->now;
}

/* [rfc7661#7] */
static void give_up_half(struct congestion *c, uint32_t mss) {
    uint32_t least = min_u32(c->cwnd, congestion_initial_window(mss, CONGESTION_INITIAL, false));
    c->ssthresh = max_u32(c->ssthresh, c->cwnd - c->cwnd / 4);
    c->cwnd = max_u32(c->cwnd / 2, least);
}

void validation_on_ack(struct congestion *c, const struct congestion_ack *ack) {
    struct validation *v = &c->validation;
    bool began = v->has_round;
    sample(v, ack);
    if (!began || validation_is_valid(c)) {
        v->last_valid = ack->now;
    } else if (ack->now - v->last_valid >= NON_VALIDATED_NS) {
        give_up_half(c, ack->mss);
        v->last_valid = ack->now;
    }
}
