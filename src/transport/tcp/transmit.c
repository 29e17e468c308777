/*
 * transmit: what a connection sends next, one segment a call (RFC 9293 §3.8, RFC 5681). First what
 * repairs (a repetition, a probe), then data and FIN at snd_pos as both windows allow, then a bare
 * acknowledgment, which everything else carries along. When nothing is left, the send timer is set
 * for what is waited for.
 */
#include "transport/tcp/transmit.h"

#include "transport/tcp/black_hole.h"
#include "transport/tcp/emit.h"
#include "transport/tcp/pacing.h"
#include "transport/tcp/recovery.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/timers.h"
#include "transport/tcp/window.h"

void transmit_want(struct tcp_connection *c) {
    bool resend = c->flight && c->flight->resend_first;
    if (c->ack_now || c->probe_now || c->keepalive_now || c->reset_pending || resend ||
        connection_has_unsent(c) || seq_lt(c->snd_pos, c->snd_nxt))
        c->socket.sender.wants_output = true;
}

/* Books for sequence numbers [seq, seq + length + FIN) that have gone out; `repeated`: not for the
 * first time. Karn's rule: a round trip that saw a repetition is not measured [rfc6298#7]. One is
 * measured at a time [rfc6298#8]. The timer starts when it does not run [rfc6298#11]. */
static void sent(struct transport *transport, struct tcp_connection *c,
                 const struct outgoing *outgoing, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    uint32_t length = outgoing->length + (outgoing->flags & (TCP_FIN | TCP_SYN) ? 1 : 0);
    struct seq end = seq_add(outgoing->seq, length);
    bool repeated = seq_lt(outgoing->seq, c->snd_nxt);
    if (connection_in_flight(c) == 0 && c->unacked_since == DOBOS_NEVER)
        c->unacked_since = now;
    if (repeated) {
        c->retransmits++;
        transport->counters.tcp_retrans_segs++;
    }
    if (flight) {
        if (repeated && flight->timed_at != DOBOS_NEVER && seq_lt(outgoing->seq, flight->timed_seq))
            flight->timed_at = DOBOS_NEVER;
        else if (!repeated && flight->timed_at == DOBOS_NEVER) {
            flight->timed_seq = end;
            flight->timed_at = now;
        }
        flight->sent_at = now;
        pacing_on_sent(c, outgoing->length + IPV4_HEADER_BYTES + TCP_HEADER_BYTES, now);
    }
    c->snd_nxt = seq_max(c->snd_nxt, end);
    if (c->send_timer != TCP_SEND_TIMER_RETRANSMIT)
        send_timer_set(transport, c, TCP_SEND_TIMER_RETRANSMIT,
                       now + rtt_timeout(&c->rtt, c->backoff));
}

/* No memory for a packet: what was to go out is tried again by the timer. */
static struct dobos_packet *no_memory(struct transport *transport, struct tcp_connection *c,
                                      dobos_time now) {
    if (c->send_timer == TCP_SEND_TIMER_OFF || c->send_timer == TCP_SEND_TIMER_IDLE)
        send_timer_set(transport, c, TCP_SEND_TIMER_PROBE, now + TCP_SWS_OVERRIDE_NS);
    return NULL;
}

static struct dobos_packet *transmit_syn(struct transport *transport, struct tcp_connection *c,
                                         dobos_time now) {
    bool answers = c->state == DOBOS_TCP_SYN_RECEIVED;
    struct outgoing outgoing = {.seq = c->iss, .flags = TCP_SYN};
    if (answers)
        outgoing.flags |= TCP_ACK;
    if (!seq_eq(c->snd_pos, c->iss)) {
        if (!answers || !c->ack_now)
            return NULL;
        outgoing = (struct outgoing){.seq = c->snd_nxt, .flags = TCP_ACK};
        return emit_segment(transport, c, &outgoing, now);
    }
    struct dobos_packet *packet = emit_segment(transport, c, &outgoing, now);
    if (!packet)
        return no_memory(transport, c, now);
    sent(transport, c, &outgoing, now);
    c->snd_pos = c->snd_nxt;
    return packet;
}

/* The segment at snd_una once more: a loss was found, or a closed window is probed. */
static struct dobos_packet *transmit_first(struct transport *transport, struct tcp_connection *c,
                                           uint32_t most, dobos_time now) {
    uint32_t queued = seq_distance(c->snd_end, c->snd_una);
    if (seq_gt(c->snd_una, c->snd_end))
        return NULL;
    struct outgoing outgoing = {
        .seq = c->snd_una, .length = min_u32(queued, most), .flags = TCP_ACK};
    bool is_last = outgoing.length == queued;
    if (is_last && queued > 0)
        outgoing.flags |= TCP_PSH;
    if (is_last && connection_wants_fin(c) && (queued == 0 || most > queued))
        outgoing.flags |= TCP_FIN;
    if (outgoing.length == 0 && !(outgoing.flags & TCP_FIN))
        return NULL;
    struct dobos_packet *packet = emit_segment(transport, c, &outgoing, now);
    if (!packet)
        return no_memory(transport, c, now);
    sent(transport, c, &outgoing, now);
    struct seq end = seq_add(c->snd_una, outgoing.length + (outgoing.flags & TCP_FIN ? 1 : 0));
    c->snd_pos = seq_max(c->snd_pos, seq_min(end, c->snd_nxt));
    return packet;
}

/* A probe of a silent or closed peer: nothing, at a number it has acknowledged [rfc9293#54]. */
static struct dobos_packet *transmit_keepalive(struct transport *transport,
                                               struct tcp_connection *c, dobos_time now) {
    struct outgoing outgoing = {.seq = seq_sub(c->snd_nxt, 1), .flags = TCP_ACK};
    return emit_segment(transport, c, &outgoing, now);
}

/* How the sender stands at snd_pos. No new data goes beyond what the peer's window and the
 * congestion window allow [rfc5681#1], not beyond a window that shrank [rfc9293#57] [rfc9293#58].
 */
static struct send_view view_make(const struct tcp_connection *c) {
    const struct tcp_flight *flight = c->flight;
    uint32_t out = seq_distance(c->snd_pos, c->snd_una);
    uint32_t congestion = flight ? recovery_window(c) : 1;
    return (struct send_view){
        .unsent = seq_lt(c->snd_pos, c->snd_end) ? seq_distance(c->snd_end, c->snd_pos) : 0,
        .window = c->snd_wnd > out ? c->snd_wnd - out : 0,
        .congestion = congestion > out ? congestion - out : 0,
        .in_flight = out,
        .mss = connection_mss(c),
        .window_max = c->snd_wnd_max,
        .nodelay = c->nodelay,
        .fin = connection_wants_fin(c),
        .push_through = c->push_through || seq_lt(c->snd_pos, c->snd_nxt),
    };
}

/* The most data one packet may carry: a segment, or as many whole ones as the port can split. */
static uint32_t packet_bytes(const struct tcp_connection *c, uint32_t mss) {
    uint32_t gso = c->socket.sender.path.gso_bytes;
    uint32_t headers = IPV4_HEADER_BYTES + TCP_HEADER_MAX_BYTES;
    if (seq_lt(c->snd_pos, c->snd_nxt) || gso < headers + 2 * mss || ecn_forbids_super(c) ||
        c->urgent_out)
        return mss;
    uint32_t most = pacing_limited(c, min_u32(gso, 65535) - headers);
    return most - most % mss;
}

/* After a pause the congestion window tells nothing any more (RFC 5681 §4.1). */
static void restart_after_idle(const struct transport *transport, struct tcp_connection *c,
                               dobos_time now) {
    struct tcp_flight *flight = c->flight;
    if (flight && connection_in_flight(c) == 0 && flight->sent_at != DOBOS_NEVER &&
        now - flight->sent_at > rtt_timeout(&c->rtt, 0))
        congestion_on_idle(&flight->congestion, connection_mss(c),
                           transport->settings.initial_window, now - flight->sent_at, now);
}

/* Data and FIN in order. A FIN goes behind all data [rfc9293#26]; what empties the queue has PSH
 * [rfc9293#74]. */
static struct dobos_packet *transmit_data(struct transport *transport, struct tcp_connection *c,
                                          dobos_time now) {
    restart_after_idle(transport, c, now);
    if (pacing_holds(transport, c, now))
        return NULL;
    struct send_view view = view_make(c);
    struct outgoing outgoing = {.seq = c->snd_pos, .flags = TCP_ACK};
    uint32_t sendable = window_sendable(&view);
    uint32_t most = packet_bytes(c, view.mss);
    outgoing.length = min_u32(sendable, most);
    if (outgoing.length > view.mss && outgoing.length < view.unsent)
        outgoing.length -= outgoing.length % view.mss;
    bool is_last = outgoing.length == view.unsent;
    if (is_last && view.unsent > 0)
        outgoing.flags |= TCP_PSH;
    bool fin_is_due = view.fin && seq_le(c->snd_pos, c->snd_end) && is_last;
    if (fin_is_due && view.window > outgoing.length)
        outgoing.flags |= TCP_FIN;
    if (outgoing.length == 0 && !(outgoing.flags & TCP_FIN))
        return NULL;
    struct dobos_packet *packet = emit_segment(transport, c, &outgoing, now);
    if (!packet)
        return no_memory(transport, c, now);
    sent(transport, c, &outgoing, now);
    uint32_t length = outgoing.length + (outgoing.flags & TCP_FIN ? 1 : 0);
    c->snd_pos = seq_add(outgoing.seq, length);
    c->push_through = false;
    return packet;
}

static struct dobos_packet *transmit_synchronized(struct transport *transport,
                                                  struct tcp_connection *c, dobos_time now) {
    struct dobos_packet *packet = NULL;
    if (c->keepalive_now) {
        c->keepalive_now = false;
        return transmit_keepalive(transport, c, now);
    }
    if (ecn_wants_ack(c)) {
        struct outgoing first = {.seq = c->snd_nxt, .flags = TCP_ACK};
        return emit_segment(transport, c, &first, now);
    }
    if (c->probe_now) {
        c->probe_now = false;
        packet = transmit_first(transport, c, 1, now);
    } else if (c->flight && c->flight->resend_first) {
        c->flight->resend_first = false;
        packet = transmit_first(transport, c, connection_mss(c), now);
    }
    if (!packet)
        packet = transmit_data(transport, c, now);
    if (!packet && c->ack_now) {
        struct outgoing outgoing = {.seq = c->snd_nxt, .flags = TCP_ACK};
        packet = emit_segment(transport, c, &outgoing, now);
    }
    return packet;
}

/* Nothing more to send now: the timer is set for what is waited for. A closed window is probed
 * first after one timeout [rfc9293#62], for ever [rfc9293#60]; a window too small is overridden
 * sooner. */
static void wait_for_it(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    bool waits = connection_has_unsent(c);
    bool stopped = c->send_timer == TCP_SEND_TIMER_OFF || c->send_timer == TCP_SEND_TIMER_IDLE;
    if (!connection_is_synchronized(c) || connection_in_flight(c) > 0 ||
        c->deadlines[TCP_DEADLINE_PACING] != DOBOS_NEVER)
        return;
    if (waits && stopped) {
        dobos_time wait = c->snd_wnd == 0 ? rtt_timeout(&c->rtt, c->backoff) : TCP_SWS_OVERRIDE_NS;
        c->unacked_since = now;
        send_timer_set(transport, c, TCP_SEND_TIMER_PROBE, now + wait);
    } else if (!waits && c->flight && c->send_timer != TCP_SEND_TIMER_IDLE) {
        send_timer_set(transport, c, TCP_SEND_TIMER_IDLE, now + rtt_timeout(&c->rtt, 0));
    }
}

/* [rfc9293#88] */
static struct dobos_packet *transmit_reset(struct transport *transport, struct tcp_connection *c,
                                           dobos_time now) {
    struct outgoing outgoing = {.seq = c->snd_nxt, .flags = TCP_RST | TCP_ACK};
    c->reset_pending = false;
    transport->counters.tcp_out_rsts++;
    return emit_segment(transport, c, &outgoing, now);
}

struct dobos_packet *tcp_transmit(struct transport *transport, struct dobos_socket *socket,
                                  dobos_time now) {
    struct tcp_connection *c = connection_of(socket);
    struct dobos_packet *packet = NULL;
    if (c->reset_pending) {
        packet = transmit_reset(transport, c, now);
        socket->sender.wants_output = false;
        return packet;
    }
    if (c->hole != TCP_HOLE_NONE)
        black_hole_forget(c, now);
    if (c->state == DOBOS_TCP_SYN_SENT || c->state == DOBOS_TCP_SYN_RECEIVED)
        packet = transmit_syn(transport, c, now);
    else if (connection_is_synchronized(c))
        packet = transmit_synchronized(transport, c, now);
    if (!packet) {
        socket->sender.wants_output = false;
        wait_for_it(transport, c, now);
        totals_on_waiting(c, now);
    }
    return packet;
}
