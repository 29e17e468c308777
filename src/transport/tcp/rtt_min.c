/* rtt_min: see rtt_min.h. */
#include "transport/tcp/rtt_min.h"

#include "base/memory.h"

#define SAMPLES 3

/* From place `from` on all are this one. */
static void fill(struct rtt_min *min, unsigned from, int64_t rtt_ns, dobos_time now) {
    for (unsigned i = from; i < SAMPLES; i++) {
        min->best[i].rtt_ns = rtt_ns;
        min->best[i].at = now;
    }
}

/* The second and third are renewed in time, so that they are not as old as the first. */
static void refresh(struct rtt_min *min, int64_t rtt_ns, dobos_time now) {
    int64_t age = now - min->best[0].at;
    if (age > RTT_MIN_WINDOW_NS) {
        min->best[0] = min->best[1];
        min->best[1] = min->best[2];
        fill(min, 2, rtt_ns, now);
    } else if (min->best[1].at == min->best[0].at && age > RTT_MIN_WINDOW_NS / 4) {
        fill(min, 1, rtt_ns, now);
    } else if (min->best[2].at == min->best[1].at && age > RTT_MIN_WINDOW_NS / 2) {
        fill(min, 2, rtt_ns, now);
    }
}

void rtt_min_on_sample(struct rtt_min *min, int64_t rtt_ns, dobos_time now) {
    int64_t rtt = max_i64(rtt_ns, 1);
    bool is_void = now - min->best[SAMPLES - 1].at > RTT_MIN_WINDOW_NS;
    if (min->best[0].rtt_ns == 0 || is_void || rtt <= min->best[0].rtt_ns) {
        fill(min, 0, rtt, now);
        return;
    }
    if (rtt <= min->best[1].rtt_ns)
        fill(min, 1, rtt, now);
    else if (rtt <= min->best[2].rtt_ns)
        fill(min, 2, rtt, now);
    refresh(min, rtt, now);
}
