/*
 * transmit: what a connection sends next, one segment a call (RFC 9293 §3.8, RFC 5681). First what
 * repairs (resend.c), then data and FIN at snd_nxt as both windows allow, then a bare
 * acknowledgment, which everything else carries along. When nothing is left, the send timer is set
 * for what is waited for.
 */
#include "transport/tcp/transmit.h"

#include "transport/tcp/emit.h"
#include "transport/tcp/pacing.h"
#include "transport/tcp/recovery.h"
#include "transport/tcp/resend.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/timers.h"
#include "transport/tcp/window.h"

void transmit_want(struct tcp_connection *c) {
    const struct tcp_flight *flight = c->flight;
    bool repairs = flight && (flight->board.lost.count > 0 || flight->tail_now);
    if (c->ack_now || c->syn_now || c->probe_now || c->keepalive_now || c->reset_pending ||
        repairs || connection_has_unsent(c))
        c->socket.sender.wants_output = true;
}

/* What waits until the peer answers counts from now. */
static void unacked_begin(struct tcp_connection *c, dobos_time now) {
    if (connection_in_flight(c) == 0 && c->unacked_since == DOBOS_NEVER)
        c->unacked_since = now;
}

/* [rfc8985#1] An entry a segment of the wire: sequence numbers [seq, seq + length + FIN) have gone
 * out for the first time, in segments of `mss` bytes; there is room for them. */
static void entries_add(struct tcp_connection *c, const struct outgoing *outgoing, uint32_t mss,
                        dobos_time now) {
    struct tcp_flight *flight = c->flight;
    uint32_t fin = outgoing->flags & TCP_FIN ? 1 : 0;
    uint32_t rest = outgoing->length;
    struct seq seq = outgoing->seq;
    do {
        uint32_t part = min_u32(rest, mss);
        struct sent sent = {.seq = seq, .length = part, .sent_at = now};
        rest -= part;
        if (rest == 0)
            sent.length += fin;
        rate_on_send(&flight->rate, &sent, flight->board.in_flight.bytes, now);
        scoreboard_add(&flight->board, &sent);
        seq = seq_add(seq, part);
    } while (rest > 0);
}

/* Books for what has gone out for the first time. The timer starts when it does not run
 * [rfc6298#11]. */
static void sent(struct transport *transport, struct tcp_connection *c,
                 const struct outgoing *outgoing, uint32_t mss, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    uint32_t length = outgoing->length + (outgoing->flags & TCP_FIN ? 1 : 0);
    unacked_begin(c, now);
    entries_add(c, outgoing, mss, now);
    prr_on_sent(&flight->prr, length);
    pacing_on_sent(c, outgoing->length + IPV4_HEADER_BYTES + TCP_HEADER_BYTES, now);
    flight->sent_at = now;
    flight->in_burst = true;
    c->snd_nxt = seq_add(outgoing->seq, length);
    if (flight->rto_at == DOBOS_NEVER)
        flight->rto_at = now + rtt_timeout(&c->rtt, c->backoff);
    recovery_timer_arm(transport, c, now);
    connection_charge(transport, c);
}

/* Room for a new packet's entries. At the bound nothing more is sent until something is
 * acknowledged (attack E2). */
static bool entries_reserve(struct transport *transport, struct tcp_connection *c, uint32_t length,
                            uint32_t mss) {
    if (!connection_flight_borrow(transport, c))
        return false;
    struct scoreboard *board = &c->flight->board;
    if (scoreboard_reserve(board, pool_allocator(transport->pool), length / mss + 1))
        return true;
    if (board->count + length / mss + 1 > SCOREBOARD_ENTRIES)
        transport->counters.tcp_scoreboard_full++;
    return false;
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
    bool repeats = seq_gt(c->snd_nxt, c->iss);
    struct outgoing outgoing = {.seq = c->iss, .flags = TCP_SYN};
    if (answers)
        outgoing.flags |= TCP_ACK;
    if (!c->syn_now) {
        if (!answers || !c->ack_now)
            return NULL;
        outgoing = (struct outgoing){.seq = c->snd_nxt, .flags = TCP_ACK};
        return emit_segment(transport, c, &outgoing, now);
    }
    struct dobos_packet *packet = emit_segment(transport, c, &outgoing, now);
    if (!packet)
        return no_memory(transport, c, now);
    unacked_begin(c, now);
    c->syn_now = false;
    c->snd_nxt = seq_max(c->snd_nxt, seq_add(c->iss, 1));
    if (repeats) {
        c->retransmits++;
        transport->counters.tcp_retrans_segs++;
    }
    if (c->send_timer != TCP_SEND_TIMER_RETRANSMIT)
        send_timer_set(transport, c, TCP_SEND_TIMER_RETRANSMIT,
                       now + rtt_timeout(&c->rtt, c->backoff));
    return packet;
}

/* A probe of a silent or closed peer: nothing, at a number it has acknowledged [rfc9293#54]. */
static struct dobos_packet *transmit_keepalive(struct transport *transport,
                                               struct tcp_connection *c, dobos_time now) {
    struct outgoing outgoing = {.seq = seq_sub(c->snd_nxt, 1), .flags = TCP_ACK};
    return emit_segment(transport, c, &outgoing, now);
}

/* How the sender stands at snd_nxt. No new data goes beyond what the peer's window and the
 * congestion window allow [rfc5681#1], not beyond a window that shrank [rfc9293#57] [rfc9293#58].
 */
static struct send_view view_make(const struct tcp_connection *c) {
    const struct tcp_flight *flight = c->flight;
    uint32_t out = connection_in_flight(c);
    return (struct send_view){
        .unsent = seq_lt(c->snd_nxt, c->snd_end) ? seq_distance(c->snd_end, c->snd_nxt) : 0,
        .window = c->snd_wnd > out ? c->snd_wnd - out : 0,
        .congestion = flight ? recovery_room(flight) : 1,
        .in_flight = out,
        .mss = connection_mss(c),
        .window_max = c->snd_wnd_max,
        .nodelay = c->nodelay,
        .corked = c->corked && !c->urgent_out,
        .fin = connection_wants_fin(c),
        .push_through = c->push_through,
    };
}

/* The most data one packet may carry: a segment, or as many whole ones as the port can split. */
static uint32_t packet_bytes(const struct tcp_connection *c, uint32_t mss) {
    uint32_t gso = c->socket.sender.path.gso_bytes;
    uint32_t headers = IPV4_HEADER_BYTES + TCP_HEADER_MAX_BYTES;
    if (gso < headers + 2 * mss || ecn_forbids_super(c) || c->urgent_out)
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

/* Behind `length` bytes nothing more may go now: a window, Nagle's rule or the pace stops it. The
 * last of several segments that leave together has PSH then, so that whoever merges them on their
 * way need not wait for more, and the receiver knows that now is the time to acknowledge (RFC 9293
 * §3.9.1.2 leaves it to the sender). A segment that leaves alone has none: it would cost an
 * acknowledgment each. */
static bool burst_ends(const struct tcp_connection *c, const struct send_view *view,
                       uint32_t length, dobos_time now) {
    bool is_burst = length > view->mss || (c->flight && c->flight->in_burst);
    struct send_view rest = *view;
    if (length == 0 || !is_burst)
        return false;
    rest.unsent -= length;
    rest.window -= min_u32(rest.window, length);
    rest.congestion -= min_u32(rest.congestion, length);
    rest.in_flight += length;
    rest.push_through = false;
    return window_sendable(&rest) == 0 ||
           pacing_stops(c, length + IPV4_HEADER_BYTES + TCP_HEADER_BYTES, now);
}

/* Sends `length` bytes of what is new, and the FIN when it is due behind them and the peer's window
 * takes it. A FIN goes behind all data [rfc9293#26]; what empties the queue has PSH [rfc9293#74]
 * [rfc1122#116].
 */
static struct dobos_packet *transmit_new(struct transport *transport, struct tcp_connection *c,
                                         const struct send_view *view, uint32_t length,
                                         dobos_time now) {
    struct outgoing outgoing = {.seq = c->snd_nxt, .length = length, .flags = TCP_ACK};
    outgoing.is_bare = view->mss > connection_mss(c);
    bool is_last = length == view->unsent;
    if ((is_last && view->unsent > 0) || burst_ends(c, view, length, now))
        outgoing.flags |= TCP_PSH;
    bool fin_is_due = view->fin && seq_le(c->snd_nxt, c->snd_end) && is_last;
    if (fin_is_due && view->window > length)
        outgoing.flags |= TCP_FIN;
    if (length == 0 && !(outgoing.flags & TCP_FIN))
        return NULL;
    if (!entries_reserve(transport, c, length, view->mss))
        return no_memory(transport, c, now);
    struct dobos_packet *packet = emit_segment(transport, c, &outgoing, now);
    if (!packet)
        return no_memory(transport, c, now);
    sent(transport, c, &outgoing, view->mss, now);
    c->push_through = false;
    return packet;
}

/* One segment longer than usual, to see whether it arrives (RFC 4821). */
static struct dobos_packet *transmit_path_probe(struct transport *transport,
                                                struct tcp_connection *c, struct send_view *view,
                                                uint32_t length, dobos_time now) {
    struct seq seq = c->snd_nxt;
    view->mss = length;
    struct dobos_packet *packet = transmit_new(transport, c, view, length, now);
    if (packet)
        path_probe_on_sent(c, seq);
    return packet;
}

static struct dobos_packet *transmit_data(struct transport *transport, struct tcp_connection *c,
                                          dobos_time now) {
    restart_after_idle(transport, c, now);
    struct send_view view = view_make(c);
    uint32_t probe = path_probe_bytes(c, &view);
    if (probe == PATH_PROBE_WAIT)
        return NULL;
    if (probe > 0)
        return transmit_path_probe(transport, c, &view, probe, now);
    uint32_t sendable = window_sendable(&view);
    uint32_t length = min_u32(sendable, packet_bytes(c, view.mss));
    if (length > view.mss && (length < view.unsent || view.corked))
        length -= length % view.mss;
    return transmit_new(transport, c, &view, length, now);
}

/* The window is closed: the first byte of what is in flight, or of what waits, or the FIN
 * [rfc9293#60]. */
static struct dobos_packet *transmit_probe(struct transport *transport, struct tcp_connection *c,
                                           dobos_time now) {
    if (c->flight && c->flight->board.count > 0)
        return resend_byte(transport, c, now);
    struct send_view view = view_make(c);
    view.window = 2;
    return transmit_new(transport, c, &view, min_u32(view.unsent, 1), now);
}

/* RFC 8985 §7.3: the probe of a lost tail is new data, if the peer's window takes it, whatever the
 * congestion window says; else the last segment again [rfc8985#14]. */
static struct dobos_packet *transmit_tail(struct transport *transport, struct tcp_connection *c,
                                          dobos_time now) {
    struct send_view view = view_make(c);
    uint32_t length = min_u32(min_u32(view.unsent, view.window), view.mss);
    struct dobos_packet *packet = transmit_new(transport, c, &view, length, now);
    bool is_new = packet != NULL;
    if (!packet)
        packet = resend_last(transport, c, now);
    if (!packet)
        return NULL;
    tlp_on_sent(&c->flight->tlp, c->snd_nxt, !is_new);
    transport->counters.tcp_loss_probes++;
    recovery_timer_restart(transport, c, now);
    return packet;
}

/* What repairs, then what is new. */
static struct dobos_packet *transmit_stream(struct transport *transport, struct tcp_connection *c,
                                            dobos_time now) {
    struct tcp_flight *flight = c->flight;
    struct dobos_packet *packet = NULL;
    bool lacks_memory = false;
    if (flight && flight->tail_now) {
        flight->tail_now = false;
        packet = transmit_tail(transport, c, now);
    }
    if (!packet && pacing_holds(transport, c, now))
        return NULL;
    if (!packet && flight)
        packet = resend_lost(transport, c, now, &lacks_memory);
    if (lacks_memory)
        return no_memory(transport, c, now);
    return packet ? packet : transmit_data(transport, c, now);
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
        packet = transmit_probe(transport, c, now);
    }
    if (!packet)
        packet = transmit_stream(transport, c, now);
    if (!packet && c->ack_now) {
        struct outgoing outgoing = {.seq = c->snd_nxt, .flags = TCP_ACK};
        packet = emit_segment(transport, c, &outgoing, now);
    }
    return packet;
}

/* Nothing more to send now: whose doing that is. The congestion window's: it is in use, and may
 * grow (RFC 7661's concern); the program's: what is sent now says little of the path. The most of a
 * round trip counts. */
static void use_note(struct tcp_connection *c) {
    struct tcp_flight *flight = c->flight;
    uint32_t pipe = flight_pipe(flight);
    uint32_t room = recovery_room(flight), mss = connection_mss(c);
    bool is_full = room < mss && (connection_has_unsent(c) || flight->board.lost.count > 0);
    if (seq_ge(c->snd_una, flight->used_until) || is_full ||
        (!flight->is_window_full && pipe > flight->used_bytes)) {
        flight->is_window_full = is_full;
        flight->used_bytes = pipe;
        flight->used_until = c->snd_nxt;
    }
    if (!connection_has_unsent(c) && flight->board.lost.count == 0 && room >= mss)
        rate_on_app_limited(&flight->rate, pipe);
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
        if (c->user_timeout_ms == 0 || c->unacked_since == DOBOS_NEVER)
            c->unacked_since = now;
        send_timer_set(transport, c, TCP_SEND_TIMER_PROBE, now + wait);
    } else if (!waits && c->flight && c->send_timer != TCP_SEND_TIMER_IDLE) {
        send_timer_set(transport, c, TCP_SEND_TIMER_IDLE,
                       now + max_i64(rtt_timeout(&c->rtt, 0), TCP_IDLE_NS));
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
        path_probe_refresh(c, now);
    if (c->state == DOBOS_TCP_SYN_SENT || c->state == DOBOS_TCP_SYN_RECEIVED)
        packet = transmit_syn(transport, c, now);
    else if (connection_is_synchronized(c))
        packet = transmit_synchronized(transport, c, now);
    if (!packet) {
        socket->sender.wants_output = false;
        if (c->flight) {
            c->flight->in_burst = false;
            use_note(c);
        }
        wait_for_it(transport, c, now);
        totals_on_waiting(c, now);
    }
    return packet;
}
