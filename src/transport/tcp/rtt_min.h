/*
 * rtt_min: the shortest round trip of the last five minutes, in three samples: the least, the least
 * of what came after it, and the least of what came after that; so one is always ready when the
 * first is too old.
 */
#ifndef TRANSPORT_TCP_RTT_MIN_H
#define TRANSPORT_TCP_RTT_MIN_H

#include <dobos/types.h>

#define RTT_MIN_WINDOW_NS (300 * DOBOS_SECOND)

struct rtt_min {
    struct {
        int64_t rtt_ns; /* 0: none */
        dobos_time at;  /* when it was measured */
    } best[3];
};

void rtt_min_on_sample(struct rtt_min *min, int64_t rtt_ns, dobos_time now);
/* 0: none yet. */
static inline int64_t rtt_min_ns(const struct rtt_min *min) {
    return min->best[0].rtt_ns;
}

#endif
