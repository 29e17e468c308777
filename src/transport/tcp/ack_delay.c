/*
 * ack_delay: see ack_delay.h. An acknowledgment waits for 40 ms at most, in the hope that data of
 * ours or the next segment saves it. Where nothing is to be hoped for it leaves at once: for every
 * second full segment; for each segment while the peer's congestion window is small, which is so
 * when a connection begins and after a pause as long as a timeout (that may have been one), since a
 * lone last segment would hold its slow start back for the whole delay, and a small one what
 * Nagle's rule keeps behind it; and when the program has read what the peer has pushed.
 *
 * Of a program that uses to answer the answer is waited for, but with full segments at the
 * beginning. That it does is learnt from data of ours that leaves soon after the peer's has come,
 * and forgotten when a delay ends without.
 */
#include "transport/tcp/ack_delay.h"

#include "transport/tcp/timers.h"

/* [rfc9293#66] [rfc1122#149] [rfc9293#67] [rfc1122#147] [rfc5681#21]; every second full segment at
 * once [rfc9293#68] [rfc1122#150] [rfc5681#22]. */
void ack_delay_on_data(struct transport *transport, struct tcp_connection *c, uint32_t length,
                       bool pushed, dobos_time now) {
    uint32_t full = length / max_u32(c->rcv_segment, 1);
    if (now - c->answer_until > rtt_timeout(&c->rtt, 0))
        c->quick_acks = TCP_QUICK_ACKS;
    uint32_t quick = min_u32(c->answers ? full : max_u32(full, 1), c->quick_acks);
    c->quick_acks = (uint8_t)(c->quick_acks - quick);
    c->answer_until = now + TCP_DELAYED_ACK_NS;
    if (c->flight)
        c->flight->pushed = pushed;
    c->full_segments = (uint8_t)min_u32(c->full_segments + full, 2);
    bool much = seq_distance(c->rcv_nxt, c->acked_seq) >= 2 * c->rcv_segment;
    if (c->full_segments >= 2 || much || quick > 0)
        connection_want_ack(c);
    else if (!c->ack_now && c->deadlines[TCP_DEADLINE_ACK] == DOBOS_NEVER)
        deadline_set(transport, c, TCP_DEADLINE_ACK, now + TCP_DELAYED_ACK_NS);
}

void ack_delay_on_drained(struct tcp_connection *c) {
    if (c->flight->pushed && !c->answers && connection_can_receive(c) &&
        seq_lt(c->acked_seq, c->rcv_nxt))
        connection_want_ack(c);
}

void ack_delay_on_sent(struct tcp_connection *c, bool with_data, dobos_time now) {
    if (with_data && now < c->answer_until)
        c->answers = true;
    c->acked_seq = c->rcv_nxt;
    c->ack_now = false;
    c->full_segments = 0;
    deadline_clear(c, TCP_DEADLINE_ACK);
}

void ack_delay_expire(struct transport *transport, struct tcp_connection *c) {
    transport->counters.tcp_delayed_acks++;
    c->answers = false;
    connection_want_ack(c);
}
