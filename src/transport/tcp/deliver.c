/*
 * deliver: see deliver.h. What is in order goes to the receive queue by reference; what lies beyond
 * a hole waits in the tree; both are charged at their true cost. Data within the window we offered
 * always has room at that price (piece.c); what is out of order is thrown away first when memory is
 * short, since the peer will send it again.
 */
#include "transport/tcp/deliver.h"

#include <dobos/errors.h>

#include "transport/tcp/ack_delay.h"
#include "transport/tcp/close.h"
#include "transport/tcp/pressure.h"
#include "transport/tcp/reset.h"
#include "transport/tcp/timers.h"
#include "transport/tcp/urgent.h"
#include "transport/tcp/window.h"

/* Cuts off what has come before and what lies beyond the window [rfc9293#101]. */
static void segment_trim(struct transport *transport, struct tcp_connection *c,
                         struct tcp_segment *segment) {
    if (seq_lt(segment->seq, c->rcv_nxt)) {
        sack_report_old(transport, c, segment);
        segment_trim_front(segment, seq_distance(c->rcv_nxt, segment->seq));
    }
    uint32_t room = seq_lt(segment->seq, c->rcv_adv) ? seq_distance(c->rcv_adv, segment->seq) : 0;
    if (segment->length > room) {
        segment->length = room;
        segment->flags &= (uint8_t)~TCP_FIN;
    }
}

/* What a full segment is, for acknowledging every second one: no more than we take, when several
 * have come as one. */
static void segment_size_learn(struct tcp_connection *c, const struct tcp_segment *segment) {
    const struct dobos_offload *offload = &segment->packet->offload;
    uint32_t size = segment->length;
    if (offload->gso != DOBOS_GSO_NONE && offload->gso_bytes > 0)
        size = min_u32(size, offload->gso_bytes);
    c->rcv_segment =
        max_u32(c->rcv_segment, min_u32(size, connection_mss_offered(&c->socket.sender.path, 0)));
}

static bool has_room(const struct transport *transport, const struct tcp_connection *c) {
    const struct tcp_flight *flight = c->flight;
    size_t most = (size_t)PIECE_WASTE * c->receive_limit + 2 * PIECE_SLACK_BYTES;
    return flight->receive.charge + flight->held.charge <= most &&
           transport->buffer_bytes < transport->buffer_limit_bytes;
}

/* Room for data in order: what is out of order gives way; a program that waits for its first bytes
 * gets them whatever others hold. */
static bool make_room(struct transport *transport, struct tcp_connection *c) {
    while (!has_room(transport, c)) {
        if (pressure_is_on(transport) && pressure_relieve(transport, c))
            continue;
        if (!out_of_order_drop_last(transport->pool, &c->flight->held))
            return c->flight->receive.bytes == 0;
        transport->counters.tcp_out_of_order_pruned++;
        connection_charge(transport, c);
    }
    return true;
}

/* Keeps what lies beyond a hole, for the program and for the peer to know [rfc2018#5]. */
static bool held_insert(struct transport *transport, struct tcp_connection *c,
                        const struct tcp_segment *segment) {
    struct tcp_flight *flight = c->flight;
    struct payload payload = {segment->packet, segment->offset, segment->length, 0, false};
    struct tcp_sack_block repeated;
    bool is_whole =
        out_of_order_insert(&flight->held, &transport->random, segment->seq, &payload, &repeated);
    if (c->sack && !seq_eq(repeated.left, repeated.right)) {
        transport->counters.tcp_dsack_held_sent++;
        sack_report_repeated(&flight->report, repeated.left, repeated.right);
    }
    sack_report_arrival(&flight->report, &flight->held, segment->seq);
    return is_whole;
}

/* Moves what has become in order out of the tree. Timestamps are not looked at again [rfc7323#24].
 */
static void drain(struct tcp_connection *c) {
    struct piece *piece;
    while ((piece = out_of_order_take(&c->flight->held, c->rcv_nxt))) {
        uint32_t length = piece_length(piece);
        receive_queue_append_piece(&c->flight->receive, piece);
        c->rcv_nxt = seq_add(c->rcv_nxt, length);
        c->bytes_received += length;
    }
}

/* The piece that lies first beyond the hole begins inside this segment. */
static bool meets_held(const struct tcp_connection *c, const struct tcp_segment *segment) {
    const struct piece *first = out_of_order_first(&c->flight->held);
    return first && seq_lt(first->seq, seq_add(segment->seq, segment->length));
}

static enum drop_reason in_order(struct transport *transport, struct tcp_connection *c,
                                 struct tcp_segment *segment) {
    struct tcp_flight *flight = c->flight;
    struct payload payload = {segment->packet, segment->offset, segment->length, 0, true};
    if (!make_room(transport, c))
        return DROP_SOCKET_QUEUE;
    if (meets_held(c, segment)) {
        bool is_whole = held_insert(transport, c, segment);
        drain(c);
        return is_whole ? DROP_NONE : DROP_NO_MEMORY;
    }
    if (!receive_queue_append(transport->pool, &flight->receive, &payload))
        return DROP_NO_MEMORY;
    segment->packet = payload.packet;
    c->rcv_nxt = seq_add(c->rcv_nxt, segment->length);
    c->bytes_received += segment->length;
    drain(c);
    return DROP_NONE;
}

/*
 * A FIN has come early. Nothing lies beyond a FIN: where something has come from there, or another
 * FIN, the earlier one is false, and the true one will come again. So a FIN that somebody else has
 * thrown in ends nothing as long as what is sent beyond it comes first, and is not kept for ever.
 */
static void fin_note(struct out_of_order *held, struct seq fin) {
    if (out_of_order_is_beyond(held, fin) || (held->has_fin && seq_gt(held->fin, fin)))
        return;
    held->has_fin = true;
    held->fin = fin;
}

/* What this segment's data says of FINs, and its FIN of data: in order it is the end of all. */
static void fins_check(struct transport *transport, struct tcp_connection *c,
                       const struct tcp_segment *segment) {
    struct out_of_order *held = &c->flight->held;
    struct seq end = seq_add(segment->seq, segment->length);
    if (held->has_fin && seq_gt(end, held->fin))
        held->has_fin = false;
    if ((segment->flags & TCP_FIN) && seq_eq(segment->seq, c->rcv_nxt))
        out_of_order_end(transport->pool, held, end);
}

/* [rfc9293#102] [rfc1122#145] */
static enum drop_reason out_of_order(struct transport *transport, struct tcp_connection *c,
                                     struct tcp_segment *segment) {
    struct out_of_order *held = &c->flight->held;
    transport->counters.tcp_out_of_order++;
    c->totals.out_of_order++;
    if (segment->flags & TCP_FIN)
        fin_note(held, seq_add(segment->seq, segment->length));
    if (segment->length == 0)
        return DROP_NONE;
    if (!has_room(transport, c)) {
        transport->counters.tcp_out_of_order_dropped++;
        return DROP_SOCKET_QUEUE;
    }
    if (!held_insert(transport, c, segment))
        return DROP_NO_MEMORY;
    return DROP_NONE;
}

/* The program reads no more: what comes is acknowledged and gone, and what it joins too. */
static void discard(struct transport *transport, struct tcp_connection *c, uint32_t length) {
    struct out_of_order *held = &c->flight->held;
    struct piece *piece;
    c->rcv_nxt = seq_add(c->rcv_nxt, length);
    while ((piece = out_of_order_first(held)) && seq_le(piece->seq, c->rcv_nxt)) {
        c->rcv_nxt = seq_max(c->rcv_nxt, piece_end(piece));
        piece_destroy(transport->pool, out_of_order_take(held, piece->seq));
    }
    urgent_on_read(c);
    connection_charge(transport, c);
}

/* The data alone; sets *at_once when it is to be acknowledged without delay: for a hole, and for
 * what fills one [rfc5681#12] [rfc5681#13]. */
static enum drop_reason data_receive(struct transport *transport, struct tcp_connection *c,
                                     struct tcp_segment *segment, dobos_time now, bool *at_once) {
    enum drop_reason reason;
    if (!connection_flight_borrow(transport, c))
        return DROP_NO_MEMORY;
    *at_once = c->flight->held.count > 0 || !seq_eq(segment->seq, c->rcv_nxt);
    fins_check(transport, c, segment);
    if (c->read_closed && seq_eq(segment->seq, c->rcv_nxt)) {
        discard(transport, c, segment->length);
        return DROP_NONE;
    }
    segment_size_learn(c, segment);
    if (seq_eq(segment->seq, c->rcv_nxt))
        reason = in_order(transport, c, segment);
    else
        reason = out_of_order(transport, c, segment);
    connection_charge(transport, c);
    tuning_on_data(transport, c, segment, now);
    return reason;
}

/* The FIN, if it is next: of this segment, or one that came early. */
static bool fin_is_next(const struct tcp_connection *c, const struct tcp_segment *segment) {
    const struct tcp_flight *flight = c->flight;
    if ((segment->flags & TCP_FIN) && seq_eq(seq_add(segment->seq, segment->length), c->rcv_nxt))
        return true;
    return flight && flight->held.has_fin && seq_eq(flight->held.fin, c->rcv_nxt);
}

static void fin_receive(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    if (c->flight) {
        c->flight->held.has_fin = false;
        out_of_order_clear(transport->pool, &c->flight->held);
        connection_charge(transport, c);
    }
    c->rcv_nxt = seq_add(c->rcv_nxt, 1);
    c->rcv_adv = seq_max(c->rcv_adv, c->rcv_nxt);
    connection_want_ack(c);
    close_on_fin(transport, c, now);
}

/* [rfc9293#113]: after the peer's FIN there is no more. Data for a program that has gone is a reset
 * [rfc9293#28], at the number that the peer expects: our FIN may not have arrived, and what lies
 * beyond it would only be challenged (RFC 5961 §3). */
enum drop_reason deliver_receive(struct transport *transport, struct tcp_connection *c,
                                 struct tcp_segment *segment, dobos_time now,
                                 struct transport_result *result) {
    bool at_once = false;
    enum drop_reason reason = DROP_NONE;
    if (!connection_can_receive(c))
        return DROP_NONE;
    segment_trim(transport, c, segment);
    uint32_t length = segment->length;
    if (length > 0 && !c->socket.has_owner && !c->listener) {
        reset_reply(transport, segment, result);
        connection_end(transport, c, 0);
        return DROP_TCP_AFTER_CLOSE;
    }
    if (length > 0 || ((segment->flags & TCP_FIN) && !seq_eq(segment->seq, c->rcv_nxt)))
        reason = data_receive(transport, c, segment, now, &at_once);
    if (reason != DROP_NONE) {
        connection_want_ack(c);
        return reason;
    }
    if (at_once)
        connection_want_ack(c);
    else if (length > 0)
        ack_delay_on_data(transport, c, length, segment->flags & TCP_PSH, now);
    if (fin_is_next(c, segment))
        fin_receive(transport, c, now);
    return DROP_NONE;
}
