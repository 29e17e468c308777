/* hystart: see hystart.h. RFC 9406 §4.2; its names of constants are kept. */
#include "transport/tcp/hystart.h"

#include "base/memory.h"
#include "transport/tcp/congestion.h"

#define MIN_RTT_THRESH_US  4000u
#define MAX_RTT_THRESH_US  16000u
#define MIN_RTT_DIVISOR    8u
#define N_RTT_SAMPLE       8u
#define CSS_GROWTH_DIVISOR 4u
#define CSS_ROUNDS         5u
#define UNPACED_SEGMENTS   8u /* L, where segments are not paced */
#define NO_RTT             UINT32_MAX

void hystart_init(struct hystart *h) {
    *h = (struct hystart){.last_rtt_us = NO_RTT, .rtt_us = NO_RTT};
}

/* A round ends with the number that was the next to be sent when it began. [rfc9406#1] [rfc9406#2]
 */
static bool round_turn(struct hystart *h, const struct congestion_ack *ack) {
    if (h->has_round && seq_lt(ack->una, h->round_end))
        return false;
    bool was_round = h->has_round;
    h->round_end = ack->nxt;
    h->has_round = true;
    h->last_rtt_us = h->rtt_us;
    h->rtt_us = NO_RTT;
    h->samples = 0;
    return was_round;
}

/* [rfc9406#3] */
static void sample_take(struct hystart *h, int64_t rtt_ns) {
    if (rtt_ns <= 0)
        return;
    int64_t us = min_i64(rtt_ns / 1000, NO_RTT - 1);
    h->rtt_us = min_u32(h->rtt_us, (uint32_t)us);
    if (h->samples < N_RTT_SAMPLE)
        h->samples++;
}

/* An eighth of the round trip longer, but at least 4 ms and at most 16. [rfc9406#4] [rfc9406#5] */
static bool is_delayed(const struct hystart *h) {
    if (h->samples < N_RTT_SAMPLE || h->last_rtt_us == NO_RTT || h->rtt_us == NO_RTT)
        return false;
    uint32_t threshold = h->last_rtt_us / MIN_RTT_DIVISOR;
    threshold = max_u32(MIN_RTT_THRESH_US, min_u32(threshold, MAX_RTT_THRESH_US));
    return h->rtt_us >= threshold && h->rtt_us - threshold >= h->last_rtt_us;
}

/* Conservative: back to the full pace when it was a false alarm [rfc9406#7]; the end after five
 * rounds, of which the one it began in is the first, though it was only a part [rfc9406#8]. */
static enum hystart_pace conservative(struct hystart *h, bool is_new_round) {
    if (h->samples >= N_RTT_SAMPLE && h->rtt_us < h->css_rtt_us) {
        h->is_css = false;
        return HYSTART_FULL;
    }
    if (is_new_round && h->css_rounds++ >= CSS_ROUNDS)
        return HYSTART_OVER;
    return HYSTART_CONSERVATIVE;
}

enum hystart_pace hystart_on_ack(struct hystart *h, const struct congestion_ack *ack) {
    bool is_new_round = round_turn(h, ack);
    sample_take(h, ack->rtt_ns);
    if (h->is_css)
        return conservative(h, is_new_round);
    if (!is_delayed(h))
        return HYSTART_FULL;
    h->is_css = true;
    h->css_rtt_us = h->rtt_us;
    h->css_rounds = 1;
    return HYSTART_CONSERVATIVE;
}

/* What one acknowledgment adds is bounded where nothing else breaks up bursts [rfc9406#6]. */
uint32_t hystart_growth(enum hystart_pace pace, const struct congestion_ack *ack, bool is_paced) {
    uint32_t growth = is_paced ? ack->acked : min_u32(ack->acked, UNPACED_SEGMENTS * ack->mss);
    return pace == HYSTART_FULL ? growth : growth / CSS_GROWTH_DIVISOR;
}
