/*
 * receive: a segment has come. tcp_receive finds whom it is for; receive_synchronized is RFC 9293
 * §3.10.7.4, one function a step, in the order of the RFC: sequence number, reset, SYN,
 * acknowledgment, urgent pointer, data, FIN. (The third check, of security, has nothing to do
 * here.) The other states have files of their own: receive_syn_sent.c, listener.c, half_open.c.
 *
 * A step says DROP_NONE and the next one follows, or why the segment goes no further.
 */
#include "transport/tcp/receive.h"

#include <dobos/errors.h>

#include "transport/tcp/acknowledge.h"
#include "transport/tcp/challenge.h"
#include "transport/tcp/close.h"
#include "transport/tcp/deliver.h"
#include "transport/tcp/fast_open.h"
#include "transport/tcp/half_open.h"
#include "transport/tcp/isn.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/reset.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/time_wait.h"
#include "transport/tcp/timers.h"
#include "transport/tcp/transmit.h"
#include "transport/tcp/urgent.h"
#include "transport/tcp/window.h"

/*
 * RFC 7323 §3.2, §5.3. Where timestamps were agreed, a segment without one is dropped in silence
 * [rfc7323#13] [rfc7323#14], one with an old one is answered and dropped before its sequence number
 * is looked at [rfc7323#23]. Resets are exempt [rfc7323#22].
 */
static enum drop_reason check_timestamp(struct tcp_connection *c, const struct tcp_segment *segment,
                                        dobos_time now) {
    if (!c->timestamps || (segment->flags & TCP_RST))
        return DROP_NONE;
    if (!segment->options.has_timestamps)
        return DROP_TCP_PAWS;
    if (!paws_is_old(c, segment, now))
        return DROP_NONE;
    stray_acknowledge(c, segment_length(segment) == 0, now);
    return DROP_TCP_PAWS;
}

/* Simultaneous open: the peer's SYN,ACK repeats the SYN that has been taken in; without it, it is
 * the acknowledgment that is waited for. It is answered like all that is repeated: should our own
 * SYN,ACK be lost, the peer need not wait for its timer. */
static void strip_repeated_syn(struct tcp_connection *c, struct tcp_segment *segment) {
    if (c->state != DOBOS_TCP_SYN_RECEIVED || !seq_eq(segment->seq, c->irs) ||
        (segment->flags & (TCP_SYN | TCP_ACK | TCP_RST)) != (TCP_SYN | TCP_ACK))
        return;
    segment->flags &= (uint8_t)~(TCP_SYN | TCP_ECE | TCP_CWR);
    segment->seq = seq_add(segment->seq, 1);
    if (fast_open_acks(c, segment->ack))
        connection_want_ack(c);
}

/* All of it was taken in before, and not long ago. The peer missed our acknowledgment: the one that
 * answers this repetition echoes its timestamp, or the round trip would seem to have taken the
 * whole timeout. */
static bool is_repeated(const struct tcp_connection *c, const struct tcp_segment *segment) {
    uint32_t behind = seq_distance(c->rcv_nxt, segment->seq);
    return segment_length(segment) > 0 && behind <= c->receive_limit &&
           segment_length(segment) <= behind;
}

/* A segment that is out of window: answered, so that a peer that is behind finds out. */
static enum drop_reason refuse_sequence(struct transport *transport, struct tcp_connection *c,
                                        const struct tcp_segment *segment, dobos_time now) {
    uint32_t length = segment_length(segment);
    bool repeats_fin = c->state == DOBOS_TCP_TIME_WAIT && (segment->flags & TCP_FIN) &&
                       seq_eq(seq_add(segment->seq, length), c->rcv_nxt);
    if (segment->flags & TCP_RST)
        return DROP_TCP_SEQUENCE; /* [rfc5961#1] */
    if (segment->flags & TCP_SYN) {
        ecn_on_repeated_answer(c, segment);
        challenge_send(transport, c, now);
        return DROP_TCP_RESET_CHALLENGED;
    }
    if (repeats_fin)
        time_wait_enter(transport, c, now); /* [rfc9293#112] */
    if (is_repeated(c, segment)) {
        transport->counters.tcp_duplicate_data++;
        sack_report_old(transport, c, segment);
        paws_remember(c, segment, now);
    }
    stray_acknowledge(c, length == 0, now);
    return DROP_TCP_SEQUENCE;
}

/*
 * First check: the sequence number [rfc9293#99] [rfc7323#8]. A segment at a closed window is
 * refused, but what it acknowledges counts [rfc9293#13].
 */
static enum drop_reason check_sequence(struct transport *transport, struct tcp_connection *c,
                                       struct tcp_segment *segment, dobos_time now) {
    uint32_t window = seq_distance(c->rcv_adv, c->rcv_nxt);
    uint32_t length = segment_length(segment);
    strip_repeated_syn(c, segment);
    if (window == 0 && length > 0 && seq_eq(segment->seq, c->rcv_nxt) &&
        !(segment->flags & (TCP_RST | TCP_SYN))) {
        segment->length = 0;
        segment->flags &= (uint8_t)~TCP_FIN;
        connection_want_ack(c);
    } else if (!window_accepts(c->rcv_nxt, window, segment->seq, segment_length(segment))) {
        if (!(segment->flags & TCP_RST) || !seq_eq(segment->seq, c->rcv_nxt))
            return refuse_sequence(transport, c, segment, now);
    }
    return DROP_NONE;
}

/* What the program learns of a reset [rfc9293#24] [rfc1122#134] [rfc9293#103] [rfc9293#104]. */
static int reset_error(const struct tcp_connection *c) {
    switch (c->state) {
    case DOBOS_TCP_SYN_RECEIVED:
        return -DOBOS_ECONNREFUSED;
    case DOBOS_TCP_CLOSE_WAIT:
        return -DOBOS_EPIPE;
    case DOBOS_TCP_CLOSING:
    case DOBOS_TCP_LAST_ACK:
        return 0;
    default:
        return -DOBOS_ECONNRESET;
    }
}

/* Second check: RST, with data or without [rfc9293#23] [rfc1122#133]. Only at exactly rcv_nxt it
 * counts [rfc5961#2]; elsewhere in the window the peer is asked to prove itself [rfc5961#3]. In
 * TIME-WAIT nothing cuts the wait short [rfc1337#1]. */
static enum drop_reason check_reset(struct transport *transport, struct tcp_connection *c,
                                    const struct tcp_segment *segment, dobos_time now) {
    if (!(segment->flags & TCP_RST))
        return DROP_NONE;
    if (c->state == DOBOS_TCP_TIME_WAIT)
        return DROP_TCP_FLAGS;
    if (!seq_eq(segment->seq, c->rcv_nxt)) {
        challenge_send(transport, c, now);
        return DROP_TCP_RESET_CHALLENGED;
    }
    if (c->state == DOBOS_TCP_ESTABLISHED || c->state == DOBOS_TCP_CLOSE_WAIT)
        transport->counters.tcp_estab_resets++;
    else if (c->state == DOBOS_TCP_SYN_RECEIVED)
        transport->counters.tcp_attempt_fails++;
    if (c->opening)
        fast_open_on_reset(c, now);
    connection_end(transport, c, reset_error(c));
    return DROP_NONE;
}

/* Fourth check: a SYN within the window is no reason to do anything but ask [rfc5961#5]. */
static enum drop_reason check_syn(struct transport *transport, struct tcp_connection *c,
                                  const struct tcp_segment *segment, dobos_time now) {
    if (!(segment->flags & TCP_SYN))
        return DROP_NONE;
    challenge_send(transport, c, now);
    return DROP_TCP_RESET_CHALLENGED;
}

/* Fifth check, of SYN-RECEIVED after an active open, of which the SYN may have carried data
 * [rfc9293#18] [rfc1122#131] [rfc9293#106]. */
static enum drop_reason check_first_ack(struct transport *transport, struct tcp_connection *c,
                                        const struct tcp_segment *segment, dobos_time now,
                                        struct transport_result *result) {
    if (!fast_open_acks(c, segment->ack)) {
        reset_reply(transport, segment, result);
        return DROP_TCP_ACK;
    }
    fast_open_on_crossing(transport, c, segment);
    c->snd_una = segment->ack;
    c->syn_now = false;
    c->snd_wnd = acknowledge_window(c, segment);
    c->snd_wl1 = segment->seq;
    c->snd_wl2 = segment->ack;
    if (!c->resent_syn)
        rtt_on_sample(&c->rtt, now - c->unacked_since);
    connection_open(transport, c, now);
    result->progress = true;
    if (c->close_on_open)
        close_sending(c);
    return DROP_NONE;
}

enum drop_reason receive_synchronized(struct transport *transport, struct tcp_connection *c,
                                      struct tcp_segment *segment, dobos_time now,
                                      struct transport_result *result) {
    enum drop_reason reason = check_timestamp(c, segment, now);
    if (reason == DROP_NONE)
        reason = check_sequence(transport, c, segment, now);
    if (reason == DROP_NONE)
        reason = check_reset(transport, c, segment, now);
    if (reason != DROP_NONE || c->state == DOBOS_TCP_CLOSED)
        return reason;
    reason = check_syn(transport, c, segment, now);
    if (reason != DROP_NONE)
        return reason;
    if (!(segment->flags & TCP_ACK))
        return DROP_TCP_FLAGS; /* [rfc9293#105] */
    if (c->state == DOBOS_TCP_SYN_RECEIVED)
        reason = check_first_ack(transport, c, segment, now, result);
    else
        reason = acknowledge_receive(transport, c, segment, now, result);
    if (reason != DROP_NONE || c->state == DOBOS_TCP_CLOSED)
        return reason;
    /* Only now, when sequence and acknowledgment are proved, its timestamp counts (attack E29). */
    paws_remember(c, segment, now);
    if (c->ecn.mode != ECN_MODE_OFF)
        ecn_receive_data(c, segment);
    urgent_receive(c, segment);
    reason = deliver_receive(transport, c, segment, now, result);
    transmit_want(c);
    return reason;
}

/* A connection's part. */
static enum drop_reason receive_connection(struct transport *transport, struct tcp_connection *c,
                                           struct tcp_segment *segment, dobos_time now,
                                           struct transport_result *result) {
    result->socket = &c->socket;
    uint32_t segments = segment_wire_count(segment);
    c->segments_in += segments;
    totals_on_received(&c->totals, segment->length, segments, now);
    c->heard_at = now;
    c->keepalive_sent = 0;
    if (c->opening && fast_open_on_segment(transport, c, segment, now, result))
        return DROP_NONE;
    if (c->state == DOBOS_TCP_SYN_SENT)
        return receive_syn_sent(transport, c, segment, now, result);
    if (receive_predicted(transport, c, segment, now, result))
        return result->reason;
    return receive_synchronized(transport, c, segment, now, result);
}

/* Whom a flow belongs to: those bound to the interface it came by go after those that are not. */
static struct sender *find_sender(const struct transport *transport, const struct flow *flow) {
    struct flow any = *flow;
    any.interface = 0;
    struct sender *sender = flow_find(transport, &any);
    return sender || flow->interface == 0 ? sender : flow_find(transport, flow);
}

static struct tcp_connection *find_listener(const struct transport *transport,
                                            const struct flow *flow) {
    struct dobos_socket *owner = port_find(transport, flow);
    if (!owner || connection_of(owner)->state != DOBOS_TCP_LISTEN)
        return NULL;
    return connection_of(owner);
}

/* An existing connection is not touched by a listener on its port [rfc9293#69] [rfc1122#143]
 * [rfc9293#70] [rfc1122#144]: the flow goes first. */
static enum drop_reason receive_segment(struct transport *transport, struct tcp_segment *segment,
                                        dobos_time now, struct transport_result *result) {
    struct sender *sender = find_sender(transport, &segment->flow);
    if (sender && sender->kind == SENDER_TCP_HALF_OPEN)
        return half_open_receive(transport, half_open_of(sender), segment, now, result);
    struct tcp_connection *c = NULL, *listener = NULL;
    if (sender)
        c = connection_of(container_of(sender, struct dobos_socket, sender));
    if (!c || c->state == DOBOS_TCP_TIME_WAIT)
        listener = find_listener(transport, &segment->flow);
    if (c && !(listener && time_wait_gives_way(transport, c, segment)))
        return receive_connection(transport, c, segment, now, result);
    if (listener) {
        enum drop_reason reason = listener_receive(transport, listener, segment, now, result);
        if (c && reason != DROP_NONE)
            result->socket = &c->socket; /* it waits on */
        return reason;
    }
    reset_reply(transport, segment, result); /* [rfc9293#89] */
    return DROP_TCP_NO_PORT;
}

/* [rfc9293#85] [rfc1122#174] [rfc9293#86] [rfc1122#173] */
static bool is_from_nobody(const struct flow *flow, bool broadcast) {
    uint32_t source = dobos_address_ipv4_number(&flow->remote);
    return broadcast || dobos_address_is_unspecified(&flow->remote) ||
           dobos_address_is_multicast(&flow->remote) || source == UINT32_MAX;
}

void tcp_receive(struct transport *transport, struct dobos_packet *packet, const struct flow *flow,
                 uint8_t tos, bool broadcast, dobos_time now, struct transport_result *result) {
    struct tcp_segment segment;
    transport->counters.tcp_in_segs++;
    result->reason = segment_parse(packet, flow, &segment);
    segment.ecn = tos & TOS_ECN;
    if (result->reason != DROP_NONE) {
        transport->counters.tcp_in_errs++;
        dobos_packet_release(packet);
        return;
    }
    if (is_from_nobody(flow, broadcast))
        result->reason = DROP_TCP_FLAGS;
    else
        result->reason = receive_segment(transport, &segment, now, result);
    dobos_packet_release(segment.packet);
}
