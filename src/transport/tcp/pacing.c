/* pacing: see pacing.h. */
#include "transport/tcp/pacing.h"

#include "base/memory.h"
#include "transport/tcp/connection.h"
#include "transport/tcp/timers.h"

#define SLOW_START_PERCENT 200u
#define AVOIDANCE_PERCENT  120u
#define QUANTUM_SHIFT      10 /* a 1024th of a second */
#define QUANTUM_MAX        65000u
#define SLOW_RATE          150000u /* bytes a second: 1.2 Mbit/s */

uint32_t pacing_quantum(uint64_t rate, uint32_t mss) {
    uint64_t bytes = rate >> QUANTUM_SHIFT;
    uint32_t most = max_u32(QUANTUM_MAX / mss, 1) * mss;
    uint32_t least = min_u32(rate < SLOW_RATE ? mss : 2 * mss, most);
    uint32_t quantum = bytes < most ? (uint32_t)bytes : most;
    return max_u32(quantum - quantum % mss, least);
}

uint64_t pacing_rate_of_window(const struct congestion *c, int64_t srtt_ns) {
    if (srtt_ns <= 0)
        return 0;
    uint32_t percent = c->cwnd < c->ssthresh / 2 ? SLOW_START_PERCENT : AVOIDANCE_PERCENT;
    return (uint64_t)c->cwnd * percent * 10000000u / (uint64_t)srtt_ns;
}

uint64_t pacing_rate(const struct tcp_connection *c) {
    const struct congestion *congestion = &c->flight->congestion;
    uint64_t rate = congestion->pacing_rate;
    if (!congestion->algorithm->is_paced) {
        if (c->max_pacing_rate == 0)
            return 0;
        rate =
            congestion->algorithm->pacing_rate
                ? congestion->algorithm->pacing_rate(congestion, c->rtt.srtt_ns, connection_mss(c))
                : pacing_rate_of_window(congestion, c->rtt.srtt_ns);
    }
    if (c->max_pacing_rate > 0 && (rate == 0 || rate > c->max_pacing_rate))
        return c->max_pacing_rate;
    return rate;
}

/* How long a quantum takes at a rate. */
static int64_t quantum_ns(const struct tcp_connection *c, uint64_t rate) {
    return (int64_t)((uint64_t)pacing_quantum(rate, connection_mss(c)) * 1000000000u / rate);
}

uint32_t pacing_limited(const struct tcp_connection *c, uint32_t bytes) {
    uint64_t rate = c->flight ? pacing_rate(c) : 0;
    return rate == 0 ? bytes : min_u32(bytes, pacing_quantum(rate, connection_mss(c)));
}

/* When nothing may leave, nothing does until a quantum may. What was sent at a slower rate is not
 * waited for at that one: no more than a quantum and a segment have been sent ahead. */
bool pacing_holds(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    if (!flight || flight->paced_until <= now)
        return false;
    uint64_t rate = pacing_rate(c);
    if (rate == 0)
        return false;
    int64_t quantum = quantum_ns(c, rate);
    int64_t segment = (int64_t)(connection_mss(c) * 1000000000ull / rate);
    int64_t rest = quantum - segment;
    flight->paced_until = min_i64(flight->paced_until, now + quantum + segment);
    deadline_set(transport, c, TCP_DEADLINE_PACING, flight->paced_until + max_i64(rest, 0));
    return true;
}

/* When the next may leave behind so many bytes. Who comes late may make up for a quantum, but not
 * for more. */
static dobos_time paced_behind(const struct tcp_connection *c, uint64_t rate, uint32_t bytes,
                               dobos_time now) {
    dobos_time from = max_i64(c->flight->paced_until, now - quantum_ns(c, rate));
    return from + (int64_t)((uint64_t)bytes * 1000000000u / rate);
}

bool pacing_stops(const struct tcp_connection *c, uint32_t bytes, dobos_time now) {
    uint64_t rate = c->flight ? pacing_rate(c) : 0;
    return rate > 0 && paced_behind(c, rate, bytes, now) > now;
}

void pacing_on_sent(struct tcp_connection *c, uint32_t bytes, dobos_time now) {
    uint64_t rate = c->flight ? pacing_rate(c) : 0;
    if (rate > 0)
        c->flight->paced_until = paced_behind(c, rate, bytes, now);
}
