/*
 * ack_delay: see ack_delay.h. An acknowledgment waits for 40 ms at most, in the hope that data of
 * ours or the next segment saves it. Where nothing is to be hoped for it leaves at once: for every
 * second full segment; for every full one while the peer's congestion window is small, which is so
 * when a connection begins and after a pause (when the flight was given back), since a lone last
 * segment would hold its slow start back for the whole delay; and when the program has read what
 * the peer has pushed and does not use to answer. That it does is learnt from data of ours that
 * carries an acknowledgment along, and forgotten when a delay ends without.
 */
#include "transport/tcp/ack_delay.h"

#include "transport/tcp/timers.h"

/* [rfc9293#66] [rfc1122#149] [rfc9293#67] [rfc1122#147] [rfc5681#21]; every second full segment at
 * once [rfc9293#68] [rfc1122#150] [rfc5681#22]. */
void ack_delay_on_data(struct transport *transport, struct tcp_connection *c, uint32_t length,
                       bool pushed, dobos_time now) {
    uint32_t full = length / max_u32(c->rcv_segment, 1);
    struct tcp_flight *flight = c->flight;
    uint32_t quick = flight ? min_u32(full, flight->quick_acks) : 0;
    if (flight) {
        flight->quick_acks = (uint8_t)(flight->quick_acks - quick);
        flight->pushed = pushed;
    }
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

void ack_delay_on_sent(struct tcp_connection *c, bool with_data) {
    if (with_data && seq_lt(c->acked_seq, c->rcv_nxt))
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
