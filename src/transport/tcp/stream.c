/* stream: the program's calls on a connection: create, connect, send, read; and what it may do now.
 */
#include <dobos/errors.h>

#include "transport/tcp/ack_delay.h"
#include "transport/tcp/fast_open.h"
#include "transport/tcp/isn.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/pressure.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/time_wait.h"
#include "transport/tcp/transmit.h"
#include "transport/tcp/urgent.h"
#include "transport/tcp/window.h"

#define WRITABLE_BYTES  (1u << 20)
#define SEND_ROOM_SHORT 4096 /* bytes; what anybody may have when memory is short */

struct dobos_socket *tcp_create(struct transport *transport) {
    struct tcp_connection *c = connection_create(transport);
    if (!c)
        return NULL;
    c->socket.has_owner = true;
    return &c->socket;
}

/* A peer must be one host [rfc9293#73] [rfc1122#172]. */
static bool is_one_host(const struct dobos_address *address) {
    return !dobos_address_is_multicast(address) && dobos_address_ipv4_number(address) != UINT32_MAX;
}

bool tcp_flow_is_reusable(const struct sender *sender, dobos_time now) {
    return sender->kind == SENDER_TCP &&
           time_wait_is_reusable(
               connection_of_const(container_of(sender, const struct dobos_socket, sender)), now);
}

/* The flow is this connection's alone from here on; local address and port stay [rfc9293#71]
 * [rfc9293#72]. One in TIME-WAIT may be taken over. */
static int flow_claim(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    struct dobos_socket *socket = &c->socket;
    socket->sender.flow.interface = socket->bound_interface;
    if (!socket->is_bound) {
        int claimed = port_claim_flow(transport, socket, now);
        if (claimed < 0)
            return claimed;
    }
    c->iss = isn_make(transport, &socket->sender.flow, now);
    struct sender *old = flow_find(transport, &socket->sender.flow);
    if (old && !tcp_flow_is_reusable(old, now))
        return -DOBOS_EADDRNOTAVAIL;
    if (old) {
        struct dobos_socket *before = container_of(old, struct dobos_socket, sender);
        c->iss = seq_max(c->iss, time_wait_succeed(transport, connection_of(before)));
    }
    return flow_insert(transport, &socket->sender) ? 0 : -DOBOS_ENOMEM;
}

int tcp_connect(struct transport *transport, struct dobos_socket *socket, dobos_time now) {
    struct tcp_connection *c = connection_of(socket);
    const struct flow *flow = &socket->sender.flow;
    if (c->state == DOBOS_TCP_SYN_SENT || c->state == DOBOS_TCP_SYN_RECEIVED)
        return -DOBOS_EALREADY;
    if (connection_is_synchronized(c))
        return -DOBOS_EISCONN;
    if (c->state == DOBOS_TCP_LISTEN || c->was_open)
        return -DOBOS_EINVAL;
    if (dobos_address_is_unspecified(&flow->remote) || flow->remote_port == 0)
        return -DOBOS_EINVAL;
    if (!is_one_host(&flow->remote))
        return -DOBOS_ENETUNREACH;
    int claimed = flow_claim(transport, c, now);
    if (claimed < 0)
        return claimed;
    c->snd_una = c->snd_nxt = c->snd_wl2 = c->iss;
    c->syn_now = true;
    c->snd_end = seq_add(c->iss, 1);
    c->ts_offset = timestamp_offset(transport, flow);
    c->timestamps = !transport->settings.no_timestamps;
    c->scales = !transport->settings.no_window_scale;
    c->sack = !transport->settings.no_sack;
    c->rcv_wscale = window_scale_for(tuning_receive_ceiling(transport, c));
    c->was_open = true;
    c->use = TCP_USE_CONNECTING;
    socket->error = 0;
    connection_enter(c, DOBOS_TCP_SYN_SENT);
    transport->counters.tcp_active_opens++;
    if (fast_open_connect(transport, c, now))
        return 0;
    socket->sender.wants_output = true;
    return -DOBOS_EINPROGRESS;
}

static int take_error(struct dobos_socket *socket) {
    int error = socket->error;
    socket->error = 0;
    return error;
}

/* Why data cannot be given to send; 0: it can. */
static int64_t send_refused(struct tcp_connection *c) {
    if (c->socket.error)
        return take_error(&c->socket);
    if (fast_open_waits(c))
        return 0;
    if (c->state == DOBOS_TCP_SYN_SENT || c->state == DOBOS_TCP_SYN_RECEIVED) {
        c->socket.armed |= DOBOS_WRITABLE;
        return -DOBOS_EAGAIN;
    }
    if (connection_can_send(c))
        return 0;
    return -DOBOS_EPIPE;
}

/* Bytes the send queue may still take. When memory is short, one that has stalled goes; a
 * connection without any bytes may always take some, whatever others hold. */
static size_t send_room(struct transport *transport, const struct tcp_connection *c) {
    size_t queued = seq_distance(c->snd_end, c->snd_una);
    if (queued >= c->send_limit)
        return 0;
    while (pressure_is_on(transport) && pressure_relieve(transport, c))
        continue;
    if (pressure_is_on(transport))
        return queued > 0 ? 0 : min_size(c->send_limit, SEND_ROOM_SHORT);
    return c->send_limit - queued;
}

int64_t tcp_send(struct transport *transport, struct dobos_socket *socket, const void *bytes,
                 size_t length) {
    struct tcp_connection *c = connection_of(socket);
    int64_t refused = send_refused(c);
    if (refused != 0 || length == 0)
        return refused;
    size_t part = min_size(length, send_room(transport, c));
    if (part == 0) {
        socket->armed |= DOBOS_WRITABLE;
        return -DOBOS_EAGAIN;
    }
    if (!connection_flight_borrow(transport, c))
        return -DOBOS_ENOMEM;
    size_t done = send_queue_append(transport->pool, &c->flight->send, c->snd_end, bytes, part);
    connection_charge(transport, c);
    if (done == 0)
        return -DOBOS_ENOMEM;
    c->snd_end = seq_add(c->snd_end, (uint32_t)done);
    if (fast_open_waits(c))
        c->fast_open = FAST_OPEN_SENDS;
    socket->sender.wants_output = true;
    return (int64_t)done;
}

int64_t tcp_send_urgent(struct transport *transport, struct dobos_socket *socket, const void *bytes,
                        size_t length) {
    int64_t done = tcp_send(transport, socket, bytes, length);
    if (done > 0)
        urgent_mark(connection_of(socket));
    return done;
}

/* No data: the end of the stream [rfc9293#24], an error, or nothing yet. */
static int64_t read_nothing(struct tcp_connection *c) {
    if (c->state == DOBOS_TCP_LISTEN)
        return -DOBOS_ENOTCONN;
    if (c->reads_eof)
        return 0;
    if (c->socket.error)
        return take_error(&c->socket);
    if (c->read_closed || (c->was_open && c->state == DOBOS_TCP_CLOSED))
        return 0;
    if (!c->was_open)
        return -DOBOS_ENOTCONN;
    c->socket.armed |= DOBOS_READABLE;
    return -DOBOS_EAGAIN;
}

int64_t tcp_read(struct transport *transport, struct dobos_socket *socket, void *bytes,
                 size_t room) {
    struct tcp_connection *c = connection_of(socket);
    if (!c->flight || c->flight->receive.bytes == 0)
        return read_nothing(c);
    size_t done = receive_queue_read(transport->pool, &c->flight->receive, bytes, room);
    connection_charge(transport, c);
    urgent_on_read(c);
    if (window_update_is_due(c))
        connection_want_ack(c);
    if (c->flight->receive.bytes == 0) {
        ack_delay_on_drained(c);
        if (c->state == DOBOS_TCP_CLOSED || c->state == DOBOS_TCP_TIME_WAIT)
            connection_flight_return(transport, c);
        else if (c->send_timer == TCP_SEND_TIMER_OFF)
            socket->sender.wants_output = true; /* sets the timer that gives the flight back */
    }
    return (int64_t)done;
}

int64_t tcp_peek(struct dobos_socket *socket, void *bytes, size_t room) {
    struct tcp_connection *c = connection_of(socket);
    if (!c->flight || c->flight->receive.bytes == 0)
        return read_nothing(c);
    return (int64_t)receive_queue_peek(&c->flight->receive, bytes, room);
}

/* Writable when a quarter of the buffer is free, or a million bytes, so that a program is not woken
 * for scraps, nor so late that a large window runs dry. */
static bool is_writable(const struct tcp_connection *c) {
    size_t queued = seq_distance(c->snd_end, c->snd_una);
    uint32_t spare = min_u32(c->send_limit / 4, WRITABLE_BYTES);
    return connection_can_send(c) && queued <= c->send_limit - spare;
}

unsigned tcp_ready(const struct dobos_socket *socket) {
    const struct tcp_connection *c = connection_of_const(socket);
    unsigned ready = socket->error ? DOBOS_ERROR : 0;
    if (c->state == DOBOS_TCP_LISTEN)
        return ready | (c->listener->waiting_count > 0 ? DOBOS_READABLE : 0u);
    if (fast_open_waits(c))
        return ready | DOBOS_WRITABLE;
    if (!c->was_open || c->state == DOBOS_TCP_SYN_SENT || c->state == DOBOS_TCP_SYN_RECEIVED)
        return ready;
    if (c->tries >= TCP_R1_RETRANSMISSIONS)
        ready |= DOBOS_STALLED; /* [rfc9293#43] */
    bool has_data = c->flight && c->flight->receive.bytes > 0;
    bool is_over = c->state == DOBOS_TCP_CLOSED;
    if (has_data || c->reads_eof || c->read_closed || is_over)
        ready |= DOBOS_READABLE;
    if (c->urgent_in && urgent_ahead(c) > 0)
        ready |= DOBOS_URGENT;
    if (is_writable(c) || !connection_can_send(c))
        ready |= DOBOS_WRITABLE;
    if (is_over || (c->reads_eof && !connection_can_send(c)))
        ready |= DOBOS_HANGUP;
    return ready;
}

void tcp_on_unreachable(struct dobos_socket *socket, int error) {
    struct tcp_connection *c = connection_of(socket);
    c->soft_error = error;
}
