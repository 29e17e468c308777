/* rtt: round-trip times and the retransmission timeout (RFC 6298), on values alone. */
#ifndef TRANSPORT_TCP_RTT_H
#define TRANSPORT_TCP_RTT_H

#include <dobos/types.h>

#include "base/seq.h"

#define TCP_RTO_INITIAL_NS   (1 * DOBOS_SECOND)
#define TCP_RTO_MIN_NS       (200 * DOBOS_MILLISECOND) /* beyond a round trip, at least */
#define TCP_RTO_MAX_NS       (120 * DOBOS_SECOND)
#define TCP_RTO_AFTER_SYN_NS (3 * DOBOS_SECOND)      /* where the SYN had to be repeated */
#define TCP_CLOCK_NS         (1 * DOBOS_MILLISECOND) /* granularity G */

struct tcp_rtt {
    int64_t srtt_ns;   /* smoothed; 0: no sample yet */
    int64_t rttvar_ns; /* its variation */
    int64_t rto_ns;    /* the timeout, without backoff */
};

void rtt_init(struct tcp_rtt *rtt);
/* One measurement; below 1 ns counts as 1 ns. */
void rtt_on_sample(struct tcp_rtt *rtt, int64_t sample_ns);
/* Several are measured in a round trip: the timeout goes by the largest variation of this one and
 * the last (RFC 7323 App. G's concern), so that it forgets no faster than with one measurement. */
struct rtt_spread {
    struct seq until;        /* a round trip ends when this is acknowledged */
    int64_t now_ns, last_ns; /* the largest rttvar_ns in this one and in the one before */
};
void rtt_on_samples(struct tcp_rtt *rtt, struct rtt_spread *spread, int64_t sample_ns,
                    struct seq una, struct seq nxt);
/* The handshake is over, and took more than one SYN. */
void rtt_on_resent_syn(struct tcp_rtt *rtt);
/* The timeout doubled `backoff` times, bounded. */
int64_t rtt_timeout(const struct tcp_rtt *rtt, unsigned backoff);

#endif
