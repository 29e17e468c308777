/* rtt: see rtt.h; RFC 6298 step by step. */
#include "transport/tcp/rtt.h"

#include "base/memory.h"

/* [rfc6298#1] */
void rtt_init(struct tcp_rtt *rtt) {
    *rtt = (struct tcp_rtt){.rto_ns = TCP_RTO_INITIAL_NS};
}

/*
 * The variation counts as one tick at least [rfc6298#9], and much more:
 *
 * DEVIATION: [rfc6298#5] the timeout's floor is not a second but a round trip and 200 ms, as RFC
 * 8961 §4 allows whoever can take a needless timeout back: a peer that delays acknowledgments is
 * waited for, F-RTO and timestamps find out when the timeout was for nothing, and the window is
 * then what it was (frto.c, undo.c).
 */
static int64_t timeout_of(const struct tcp_rtt *rtt, int64_t rttvar_ns) {
    int64_t rto = rtt->srtt_ns + max_i64(TCP_RTO_MIN_NS, max_i64(TCP_CLOCK_NS, 4 * rttvar_ns));
    return min_i64(rto, TCP_RTO_MAX_NS);
}

/* §2.2: the first sample [rfc6298#2]; §2.3: the variation moves before the mean [rfc6298#3], by
 * quarters and eighths [rfc6298#4]. [rfc9293#39] [rfc1122#148] */
void rtt_on_sample(struct tcp_rtt *rtt, int64_t sample_ns) {
    int64_t sample = max_i64(1, min_i64(sample_ns, TCP_RTO_MAX_NS));
    if (rtt->srtt_ns == 0) {
        rtt->srtt_ns = sample;
        rtt->rttvar_ns = sample / 2;
    } else {
        int64_t error = rtt->srtt_ns > sample ? rtt->srtt_ns - sample : sample - rtt->srtt_ns;
        rtt->rttvar_ns += (error - rtt->rttvar_ns) / 4;
        rtt->srtt_ns = max_i64(1, rtt->srtt_ns + (sample - rtt->srtt_ns) / 8);
    }
    rtt->rto_ns = timeout_of(rtt, rtt->rttvar_ns);
}

void rtt_on_samples(struct tcp_rtt *rtt, struct rtt_spread *spread, int64_t sample_ns,
                    struct seq una, struct seq nxt) {
    rtt_on_sample(rtt, sample_ns);
    if (seq_ge(una, spread->until)) {
        spread->until = nxt;
        spread->last_ns = spread->now_ns;
        spread->now_ns = 0;
    }
    spread->now_ns = max_i64(spread->now_ns, rtt->rttvar_ns);
    rtt->rto_ns = timeout_of(rtt, max_i64(spread->now_ns, spread->last_ns));
}

/* [rfc6298#17] */
void rtt_on_resent_syn(struct tcp_rtt *rtt) {
    rtt->rto_ns = max_i64(rtt->rto_ns, TCP_RTO_AFTER_SYN_NS);
}

/* [rfc6298#15] [rfc6298#6] */
int64_t rtt_timeout(const struct tcp_rtt *rtt, unsigned backoff) {
    if (backoff > 10)
        return TCP_RTO_MAX_NS;
    return min_i64(rtt->rto_ns << backoff, TCP_RTO_MAX_NS);
}
