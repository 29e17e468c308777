/*
 * half_open: see half_open.h; RFC 9293 §3.10.7.4 for SYN-RECEIVED. Records are bounded, by listener
 * and by host; the oldest goes for a new one (attack E20). Each repeats its SYN,ACK as a connection
 * would, and is forgotten in silence after three minutes.
 */
#include "transport/tcp/half_open.h"

#include <dobos/errors.h>

#include "transport/tcp/challenge.h"
#include "transport/tcp/fast_open.h"
#include "transport/tcp/isn.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/receive.h"
#include "transport/tcp/reset.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/time_wait.h"
#include "transport/tcp/window.h"

void half_open_destroy(struct transport *transport, struct tcp_half_open *half_open) {
    flow_remove(transport, &half_open->sender);
    timer_cancel(transport->wheel, &half_open->timer);
    list_remove(&half_open->sender.dirty);
    list_remove(&half_open->node);
    if (half_open->child)
        fast_open_forget(half_open);
    else
        half_open->listener->half_open_count--;
    transport->half_open--;
    allocator_release(pool_allocator(transport->pool), half_open, sizeof *half_open);
}

/* What the SYN asks and we grant [rfc7323#4] [rfc7323#1]. [rfc7323#2] */
static void syn_take(struct transport *transport, struct tcp_half_open *half_open,
                     const struct tcp_connection *owner, const struct tcp_segment *segment) {
    const struct tcp_options *options = &segment->options;
    half_open->irs = segment->seq;
    half_open->window = segment->window;
    half_open->mss_limit = owner->mss_limit;
    half_open->snd_mss = mss_within(mss_from_option(options), owner->mss_limit);
    half_open->scales = options->has_window_scale && !transport->settings.no_window_scale;
    half_open->snd_wscale = window_scale_read(transport, options);
    half_open->rcv_wscale = window_scale_for(tuning_receive_ceiling(transport, owner));
    half_open->rcv_window = (uint16_t)min_u32(owner->receive_limit, UINT16_MAX);
    half_open->timestamps = options->has_timestamps && !transport->settings.no_timestamps;
    half_open->sack = options->sack_permitted && !transport->settings.no_sack;
    half_open->ts_recent = options->ts_value;
    half_open->ts_offset = timestamp_offset(transport, &half_open->sender.flow);
    ecn_offer_take(transport, &half_open->ecn, segment);
}

void half_open_fill(struct transport *transport, struct tcp_half_open *half_open,
                    const struct tcp_connection *owner, const struct tcp_segment *segment,
                    dobos_time now) {
    half_open->sender.kind = SENDER_TCP_HALF_OPEN;
    half_open->sender.flow = segment->flow;
    half_open->sender.flow.interface = owner->socket.bound_interface;
    half_open->sender.ttl = owner->socket.sender.ttl;
    half_open->sender.tos = owner->socket.sender.tos;
    list_node_init(&half_open->sender.dirty);
    list_node_init(&half_open->node);
    timer_init(&half_open->timer, TIMER_TCP_HALF_OPEN);
    half_open->since = half_open->challenge_second = now;
    syn_take(transport, half_open, owner, segment);
}

bool half_open_is_full(const struct transport *transport, const struct tcp_listener *listener) {
    return listener->half_open_count >= listener->half_open_limit ||
           (transport->half_open >= TRANSPORT_HALF_OPEN && listener->half_open_count > 0);
}

static void make_room(struct transport *transport, struct tcp_listener *listener) {
    if (!half_open_is_full(transport, listener))
        return;
    transport->counters.tcp_half_open_dropped++;
    half_open_destroy(transport,
                      container_of(list_first(&listener->half_open), struct tcp_half_open, node));
}

/* [rfc9293#92] */
enum drop_reason half_open_create(struct transport *transport, struct tcp_connection *c,
                                  const struct tcp_segment *segment, dobos_time now,
                                  struct transport_result *result) {
    struct allocator *allocator = pool_allocator(transport->pool);
    struct tcp_listener *listener = c->listener;
    make_room(transport, listener);
    struct tcp_half_open *made = allocator_allocate(allocator, sizeof *made, "tcp_half_open");
    if (!made)
        return DROP_NO_MEMORY;
    half_open_fill(transport, made, c, segment, now);
    made->iss = isn_make(transport, &made->sender.flow, now);
    if (segment->follows) /* RFC 1122 §4.2.2.13; its place among the flows is free then */
        made->iss = seq_max(made->iss, time_wait_succeed(transport, segment->follows));
    if (!flow_insert(transport, &made->sender)) {
        allocator_release(allocator, made, sizeof *made);
        return DROP_NO_MEMORY;
    }
    made->listener = listener;
    list_append(&listener->half_open, &made->node);
    listener->half_open_count++;
    transport->half_open++;
    made->sender.wants_output = true;
    result->half_open = &made->sender;
    return DROP_NONE;
}

/* ---- out: SYN,ACK, and acknowledgments ---- */

struct dobos_packet *half_open_reply(struct transport *transport,
                                     const struct tcp_half_open *half_open, bool syn,
                                     dobos_time now) {
    const struct flow *flow = &half_open->sender.flow;
    struct tcp_header header = {
        .seq = syn ? half_open->iss : seq_add(half_open->iss, 1),
        .ack = seq_add(half_open->irs, 1 + half_open->taken),
        .flags = syn ? TCP_SYN | TCP_ACK : TCP_ACK,
        .window = half_open->rcv_window,
    };
    struct tcp_options options = {
        .has_mss = syn,
        .mss = connection_mss_offered(&half_open->sender.path, half_open->mss_limit),
        .has_window_scale = syn && half_open->scales,
        .window_scale = half_open->rcv_wscale,
        .sack_permitted = syn && half_open->sack,
        .has_timestamps = half_open->timestamps,
        .ts_value = timestamp_value(half_open->ts_offset, now),
        .ts_echo = half_open->ts_recent,
    };
    if (!syn && half_open->scales)
        header.window = (uint16_t)(header.window >> half_open->rcv_wscale);
    if (syn)
        fast_open_offer(transport, half_open, now, &options);
    ecn_offer_emit(&half_open->ecn, syn, &header, &options);
    struct dobos_packet *packet = segment_make(transport, flow, &header, &options);
    if (packet)
        segment_seal(transport, packet, flow);
    return packet;
}

struct dobos_packet *tcp_half_open_transmit(struct transport *transport, struct sender *sender,
                                            dobos_time now) {
    struct tcp_half_open *half_open = half_open_of(sender);
    if (!sender->wants_output)
        return NULL;
    sender->wants_output = false;
    if (!timer_is_armed(&half_open->timer)) {
        dobos_time wait = TCP_RTO_INITIAL_NS << min_u32(half_open->backoff, 6);
        timer_arm(transport->wheel, &half_open->timer, now + wait);
    }
    return half_open_reply(transport, half_open, true, now);
}

/* Three minutes, or as often as the program says. */
static bool attempt_is_over(const struct tcp_half_open *half_open, dobos_time now) {
    const struct tcp_connection *chooser =
        half_open->child ? half_open->child : half_open->listener->owner;
    if (chooser->syn_count > 0)
        return half_open->backoff >= chooser->syn_count;
    return now - half_open->since >= TCP_R2_SYN_NS;
}

void tcp_half_open_on_timer(struct transport *transport, struct timer *timer, dobos_time now,
                            struct transport_result *result) {
    struct tcp_half_open *half_open = container_of(timer, struct tcp_half_open, timer);
    if (attempt_is_over(half_open, now)) {
        transport->counters.tcp_attempt_fails++;
        if (half_open->child) { /* the connection goes with it, and takes the record along */
            result->socket = &half_open->child->socket;
            connection_reset(transport, half_open->child, -DOBOS_ETIMEDOUT);
            return;
        }
        half_open_destroy(transport, half_open);
        return;
    }
    transport->counters.tcp_timeouts++;
    transport->counters.tcp_retrans_segs++;
    half_open->backoff++;
    ecn_offer_expire(&half_open->ecn, half_open->backoff);
    half_open->sender.wants_output = true;
    result->half_open = &half_open->sender;
}

/* An acknowledgment at once, as the record's ration and the host's allow: two records that forged
 * SYNs have made of each other would answer each other for ever (attack E16). */
static void acknowledge(struct transport *transport, struct tcp_half_open *half_open,
                        dobos_time now, struct transport_result *result) {
    if (!challenge_take(transport, &half_open->sender.flow, &half_open->challenge_second,
                        &half_open->challenges, now))
        return;
    result->reply = half_open_reply(transport, half_open, false, now);
    result->reply_flow = half_open->sender.flow;
}

/* ---- in ---- */

/* What the record knows, and what the listener's program chose. */
static void child_fill(struct tcp_connection *child, const struct tcp_half_open *half_open,
                       const struct tcp_connection *owner) {
    struct dobos_socket *socket = &child->socket;
    socket->sender.flow = half_open->sender.flow;
    socket->sender.path = half_open->sender.path;
    connection_inherit(child, owner);
    child->use = TCP_USE_CONNECTED;
    child->iss = half_open->iss;
    child->irs = half_open->irs;
    child->snd_una = child->snd_nxt = child->snd_end = seq_add(child->iss, 1);
    child->rcv_nxt = child->acked_seq = seq_add(child->irs, 1);
    child->rcv_adv = seq_add(child->rcv_nxt, half_open->rcv_window);
    child->snd_mss = half_open->snd_mss;
    child->scales = half_open->scales;
    child->snd_wscale = half_open->scales ? half_open->snd_wscale : 0;
    child->rcv_wscale = half_open->rcv_wscale;
    child->timestamps = half_open->timestamps;
    child->sack = half_open->sack;
    child->ts_recent = half_open->ts_recent;
    child->ts_offset = half_open->ts_offset;
    child->snd_wnd = child->snd_wnd_max = half_open->window;
    child->snd_wl1 = half_open->irs;
    child->snd_wl2 = child->snd_una;
    child->resent_syn = half_open->backoff > 0;
}

struct tcp_connection *half_open_child(struct transport *transport, struct tcp_half_open *half_open,
                                       dobos_time now, struct transport_result *result) {
    struct tcp_connection *owner = half_open->listener->owner;
    struct tcp_connection *child = connection_create(transport);
    if (!child)
        return NULL;
    child_fill(child, half_open, owner);
    child->ts_recent_at = half_open->since;
    flow_remove(transport, &half_open->sender);
    if (!ecn_accept(transport, child, &half_open->ecn) ||
        !flow_insert(transport, &child->socket.sender)) {
        connection_destroy(transport, child);
        return NULL;
    }
    transport->counters.tcp_passive_opens++;
    listener_append(half_open->listener, child);
    connection_open(transport, child, now);
    result->created = result->socket = &child->socket;
    result->listener = &owner->socket;
    result->progress = true;
    child->segments_in = 1;
    return child;
}

enum drop_reason half_open_promote(struct transport *transport, struct tcp_half_open *half_open,
                                   struct tcp_segment *segment, dobos_time now,
                                   struct transport_result *result) {
    if (listener_is_full(half_open->listener)) {
        transport->counters.tcp_listen_overflows++;
        transport->counters.tcp_listen_drops++;
        return DROP_TCP_BACKLOG;
    }
    struct tcp_connection *child = half_open_child(transport, half_open, now, result);
    if (child && half_open->backoff == 0 && !half_open->is_cookie)
        rtt_on_sample(&child->rtt, now - half_open->since);
    if (!half_open->is_cookie && !half_open->sender.is_known)
        half_open_destroy(transport, half_open);
    if (!child)
        return DROP_NO_MEMORY;
    totals_on_received(&child->totals, segment->length, 1, now);
    return receive_synchronized(transport, child, segment, now, result);
}

/* A segment that lies outside the window the SYN,ACK offered, or in it but for its timestamp. */
static enum drop_reason check_sequence(const struct tcp_half_open *half_open,
                                       const struct tcp_segment *segment) {
    struct seq rcv_nxt = seq_add(half_open->irs, 1);
    const struct tcp_options *options = &segment->options;
    if (half_open->timestamps && !(segment->flags & TCP_RST)) {
        if (!options->has_timestamps)
            return DROP_TCP_PAWS;
        if ((int32_t)(options->ts_value - half_open->ts_recent) < 0)
            return DROP_TCP_PAWS;
    }
    if (!window_accepts(rcv_nxt, half_open->rcv_window, segment->seq, segment_length(segment)))
        return DROP_TCP_SEQUENCE;
    return DROP_NONE;
}

/* [rfc9293#103] [rfc5961#3] */
static enum drop_reason reset_receive(struct transport *transport, struct tcp_half_open *half_open,
                                      const struct tcp_segment *segment, dobos_time now,
                                      struct transport_result *result) {
    if (!seq_eq(segment->seq, seq_add(half_open->irs, 1))) {
        acknowledge(transport, half_open, now, result);
        return DROP_TCP_RESET_CHALLENGED;
    }
    transport->counters.tcp_attempt_fails++;
    half_open_destroy(transport, half_open);
    return DROP_NONE;
}

enum drop_reason half_open_receive(struct transport *transport, struct tcp_half_open *half_open,
                                   struct tcp_segment *segment, dobos_time now,
                                   struct transport_result *result) {
    uint8_t flags = segment->flags;
    bool is_same_syn = (flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN &&
                       seq_eq(segment->seq, half_open->irs);
    if (is_same_syn && !ecn_offer_repeat(&half_open->ecn, segment)) {
        reset_reply(transport, segment, result);
        half_open_destroy(transport, half_open);
        return DROP_TCP_FLAGS;
    }
    if (is_same_syn) { /* our answer was lost; the next one echoes this SYN's timestamp */
        half_open->ts_recent = segment->options.ts_value;
        half_open->sender.wants_output = true;
        result->half_open = &half_open->sender;
        return DROP_NONE;
    }
    enum drop_reason reason = check_sequence(half_open, segment);
    if (reason != DROP_NONE) {
        if (!(flags & TCP_RST))
            acknowledge(transport, half_open, now, result);
        return reason;
    }
    if (flags & TCP_RST)
        return reset_receive(transport, half_open, segment, now, result);
    if (flags &
        TCP_SYN) { /* another attempt of the peer's: this one is void, the next SYN begins anew */
        half_open_destroy(transport, half_open);
        return DROP_TCP_FLAGS;
    }
    if (!(flags & TCP_ACK))
        return DROP_TCP_FLAGS;
    if (!seq_eq(segment->ack, seq_add(half_open->iss, 1))) { /* [rfc9293#106] */
        reset_reply(transport, segment, result);
        return DROP_TCP_ACK;
    }
    return half_open_promote(transport, half_open, segment, now, result);
}

bool tcp_half_open_read(const struct dobos_socket *listener, uint32_t nth,
                        struct dobos_socket_info *info) {
    const struct tcp_connection *c = connection_of_const(listener);
    const struct list_node *node = NULL;
    if (c->state != DOBOS_TCP_LISTEN)
        return false;
    for (node = list_first(&c->listener->half_open); node && nth > 0; nth--)
        node = list_next(&c->listener->half_open, node);
    if (!node)
        return false;
    const struct tcp_half_open *half_open = container_of(node, struct tcp_half_open, node);
    const struct flow *flow = &half_open->sender.flow;
    *info = (struct dobos_socket_info){
        .protocol = DOBOS_TCP,
        .state = DOBOS_TCP_SYN_RECEIVED,
        .local = {.address = flow->local, .port = flow->local_port},
        .peer = {.address = flow->remote, .port = flow->remote_port},
        .tcp = {.data_sent_at = DOBOS_NEVER,
                .data_received_at = DOBOS_NEVER,
                .heard_at = DOBOS_NEVER,
                .ssthresh_bytes = CONGESTION_SSTHRESH_UNSET,
                .max_pacing_rate = UINT64_MAX},
    };
    info->tcp.mss = half_open->snd_mss;
    info->tcp.backoff = half_open->backoff;
    return true;
}
