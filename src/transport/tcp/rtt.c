/* rtt: see rtt.h; RFC 6298 step by step. */
#include "transport/tcp/rtt.h"

#include "base/memory.h"

/* [rfc6298#1] */
void rtt_init(struct tcp_rtt *rtt) {
    *rtt = (struct tcp_rtt){.rto_ns = TCP_RTO_INITIAL_NS};
}

/* §2.2: the first sample [rfc6298#2]; §2.3: the variation moves before the mean [rfc6298#3], by
 * quarters and eighths [rfc6298#4]; §2.4: never below a second [rfc6298#5]; the variation counts as
 * one tick at least [rfc6298#9]. [rfc9293#39] */
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
    int64_t rto = rtt->srtt_ns + max_i64(TCP_CLOCK_NS, 4 * rtt->rttvar_ns);
    rtt->rto_ns = min_i64(max_i64(rto, TCP_RTO_MIN_NS), TCP_RTO_MAX_NS);
}

/* [rfc6298#17] */
void rtt_on_resent_syn(struct tcp_rtt *rtt) {
    rtt->rto_ns = max_i64(rtt->rto_ns, TCP_RTO_AFTER_SYN_NS);
}

/* [rfc6298#15] [rfc6298#6] */
int64_t rtt_timeout(const struct tcp_rtt *rtt, unsigned backoff) {
    if (backoff > 7)
        return TCP_RTO_MAX_NS;
    return min_i64(rtt->rto_ns << backoff, TCP_RTO_MAX_NS);
}
