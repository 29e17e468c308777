/*
 * recovery: see recovery.h. While a fast recovery lasts, cwnd is ssthresh plus what duplicate
 * acknowledgments say has left the network; how much they may say is bounded by what was in flight,
 * so that forged ones gain nothing (attack E18).
 */
#include "transport/tcp/recovery.h"

#define DUPLICATES 3 /* the third starts fast retransmit */

/* The first two duplicates let a new segment each out [rfc5681#14]. */
uint32_t recovery_window(const struct tcp_connection *c) {
    const struct tcp_flight *flight = c->flight;
    uint32_t cwnd = flight->congestion.cwnd;
    if (flight->recovery == TCP_RECOVERY_NONE && flight->dup_acks < DUPLICATES)
        cwnd += flight->dup_acks * connection_mss(c);
    return cwnd;
}

/* [rfc5681#15] [rfc5681#16] [rfc5681#24]; the mark is the highest number sent [rfc6582#2]. */
static void fast_retransmit(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    uint32_t mss = connection_mss(c);
    uint32_t in_flight = connection_in_flight(c);
    uint32_t limited = (DUPLICATES - 1) * mss;
    uint32_t before = in_flight > flight->congestion.cwnd && in_flight > limited
                          ? max_u32(in_flight - limited, flight->congestion.cwnd)
                          : in_flight;
    if (!c->ecn.is_held) /* [rfc3168#16] */
        congestion_on_loss(&flight->congestion, before, mss, now);
    flight->congestion.cwnd = flight->congestion.ssthresh + DUPLICATES * mss;
    flight->recovery_room = in_flight;
    flight->recover = c->snd_nxt;
    flight->recovery = TCP_RECOVERY_FAST;
    flight->partial_acked = false;
    flight->resend_first = true;
    transport->counters.tcp_fast_retransmits++;
    ecn_on_reduction(c);
}

/* [rfc3168#14] The reduction is over with itself: no loss can make it undone. */
void recovery_on_ecn(struct tcp_connection *c, dobos_time now) {
    struct congestion *congestion = &c->flight->congestion;
    congestion_on_ecn(congestion, connection_in_flight(c), connection_mss(c), now);
    if (!congestion->algorithm->leads)
        congestion->cwnd = min_u32(congestion->cwnd, congestion->ssthresh);
    congestion_on_recovered(congestion, now);
}

/* A duplicate below the mark belongs to a loss that has been dealt with already: it starts nothing.
 */
void recovery_on_duplicate(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    uint32_t mss = connection_mss(c);
    if (!flight || flight->recovery == TCP_RECOVERY_RTO)
        return;
    if (flight->recovery == TCP_RECOVERY_FAST) {
        uint32_t added = min_u32(mss, flight->recovery_room);
        flight->congestion.cwnd += added; /* [rfc5681#17] */
        flight->recovery_room -= added;
        return;
    }
    flight->dup_acks++;
    if (flight->dup_acks == DUPLICATES && seq_gt(c->snd_una, flight->recover))
        fast_retransmit(transport, c, now);
}

/* [rfc6582#3] [rfc5681#18]: no more than a segment beyond what is in flight, so that no burst
 * follows. */
static void recovery_end(struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    uint32_t mss = connection_mss(c);
    uint32_t in_flight = connection_in_flight(c);
    if (flight->recovery == TCP_RECOVERY_FAST)
        flight->congestion.cwnd =
            min_u32(flight->congestion.ssthresh, max_u32(in_flight, mss) + mss);
    flight->recovery = TCP_RECOVERY_NONE;
    congestion_on_recovered(&flight->congestion, now);
}

/* [rfc6582#4] [rfc6582#5]; only the first one restarts the timer [rfc6582#6]. */
static bool partial_ack(struct tcp_connection *c, uint32_t acked) {
    struct tcp_flight *flight = c->flight;
    struct congestion *congestion = &flight->congestion;
    uint32_t mss = connection_mss(c);
    bool first = !flight->partial_acked;
    congestion->cwnd -= min_u32(congestion->cwnd, acked);
    congestion->cwnd = max_u32(congestion->cwnd + (acked >= mss ? mss : 0), mss);
    flight->partial_acked = true;
    flight->resend_first = true;
    return first;
}

bool recovery_on_ack(struct tcp_connection *c, uint32_t acked, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    if (!flight)
        return true;
    flight->dup_acks = 0;
    flight->resend_first = false;
    if (flight->recovery == TCP_RECOVERY_FAST && seq_lt(c->snd_una, flight->recover))
        return partial_ack(c, acked);
    if (flight->recovery != TCP_RECOVERY_NONE && seq_ge(c->snd_una, flight->recover)) {
        bool was_fast = flight->recovery == TCP_RECOVERY_FAST;
        recovery_end(c, now);
        if (was_fast)
            return true;
    }
    if (ecn_holds_window(c))
        return true;
    uint32_t mss = connection_mss(c), in_flight = connection_in_flight(c);
    struct congestion_ack ack = {
        .now = now,
        .mss = mss,
        .acked = acked,
        .delivered = acked,
        .in_flight_before = in_flight + acked,
        .in_flight = in_flight,
        .srtt_ns = c->rtt.srtt_ns,
        .una = c->snd_una,
        .nxt = c->snd_nxt,
        .is_window_used = flight->recovery == TCP_RECOVERY_RTO ||
                          congestion_is_window_used(&flight->congestion, in_flight + acked, mss),
    };
    congestion_on_ack(&flight->congestion, &ack);
    return true;
}

/* [rfc6582#7] All from the lowest number on goes out again, as far as the window reaches
 * [rfc9293#59]. */
void recovery_on_timeout(struct tcp_connection *c, bool first, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    c->snd_pos = c->snd_una;
    if (!flight)
        return;
    congestion_on_timeout(&flight->congestion, connection_in_flight(c), connection_mss(c), first,
                          now);
    flight->recovery = TCP_RECOVERY_RTO;
    flight->recover = c->snd_nxt;
    flight->dup_acks = 0;
    flight->resend_first = false;
    flight->timed_at = DOBOS_NEVER;
    ecn_on_reduction(c);
}
