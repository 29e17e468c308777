/*
 * prediction: Van Jacobson's header prediction. In a stream nearly every segment is one of two
 * kinds: the next data and nothing else, or an acknowledgment of the next data and nothing else.
 * For these no check of RFC 9293 §3.10.7.4 can fail but the few made here; what they do is done by
 * the same functions.
 */
#include "transport/tcp/acknowledge.h"
#include "transport/tcp/deliver.h"
#include "transport/tcp/receive.h"

/* Accurate ECN is told in each segment (RFC 9768), classic ECN only when there is news. */
static bool is_plain_flags(const struct tcp_connection *c, uint8_t flags) {
    const unsigned usual = c->ecn.mode == ECN_MODE_ACCURATE ? TCP_PSH | TCP_ECE | TCP_CWR : TCP_PSH;
    return (flags & ~usual) == TCP_ACK;
}

static bool is_plain(const struct tcp_connection *c, const struct tcp_segment *segment,
                     dobos_time now) {
    const struct tcp_flight *flight = c->flight;
    return c->state == DOBOS_TCP_ESTABLISHED && flight && is_plain_flags(c, segment->flags) &&
           seq_eq(segment->seq, c->rcv_nxt) && c->timestamps == segment->options.has_timestamps &&
           !paws_is_old(c, segment, now) && acknowledge_window(c, segment) == c->snd_wnd &&
           c->snd_wnd > 0 && flight->recovery == TCP_RECOVERY_NONE && flight->dup_acks == 0 &&
           segment->options.sack_count == 0 && flight->board.sacked_count == 0;
}

bool receive_predicted(struct transport *transport, struct tcp_connection *c,
                       struct tcp_segment *segment, dobos_time now,
                       struct transport_result *result) {
    if (!is_plain(c, segment, now))
        return false;
    bool is_ack = segment->length == 0 && seq_gt(segment->ack, c->snd_una) &&
                  seq_le(segment->ack, c->snd_nxt);
    bool is_data = segment->length > 0 && seq_eq(segment->ack, c->snd_una) &&
                   c->flight->held.count == 0 && !c->flight->held.has_fin &&
                   segment->length <= seq_distance(c->rcv_adv, c->rcv_nxt);
    if (!is_ack && !is_data)
        return false;
    transport->counters.tcp_predicted++;
    paws_remember(c, segment, now);
    c->snd_wl1 = segment->seq;
    c->snd_wl2 = segment->ack;
    if (c->ecn.mode != ECN_MODE_OFF)
        ecn_receive_data(c, segment);
    if (is_ack)
        acknowledge_advance(transport, c, segment, now, result);
    else
        result->reason = deliver_receive(transport, c, segment, now, result);
    return true;
}
