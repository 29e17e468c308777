/*
 * close: see close.h. Orphans are bounded in number: for a new one, one that has stalled is reset,
 * or the oldest (attack E24). An orphan in FIN-WAIT-2 does not wait for ever, since nobody reads
 * what its peer might still say.
 */
#include "transport/tcp/close.h"

#include <dobos/errors.h>

#include "transport/tcp/listener.h"
#include "transport/tcp/pressure.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/time_wait.h"
#include "transport/tcp/timers.h"
#include "transport/tcp/transmit.h"

void close_sending(struct tcp_connection *c) {
    if (c->state == DOBOS_TCP_ESTABLISHED)
        connection_enter(c, DOBOS_TCP_FIN_WAIT_1);
    else if (c->state == DOBOS_TCP_CLOSE_WAIT)
        connection_enter(c, DOBOS_TCP_LAST_ACK);
    else
        return;
    c->socket.sender.wants_output = true;
}

/* [rfc9293#109] [rfc9293#110] [rfc9293#27] */
void close_on_fin_acked(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    if (c->state == DOBOS_TCP_FIN_WAIT_1) {
        connection_enter(c, DOBOS_TCP_FIN_WAIT_2);
        if (!c->socket.has_owner && !c->listener)
            deadline_set(transport, c, TCP_DEADLINE_LINGER, now + TCP_FIN_WAIT_2_ORPHAN_NS);
    } else if (c->state == DOBOS_TCP_CLOSING) {
        time_wait_enter(transport, c, now);
    } else if (c->state == DOBOS_TCP_LAST_ACK) {
        connection_end(transport, c, 0);
    }
}

/* [rfc9293#111] [rfc9293#109] [rfc9293#27] */
void close_on_fin(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    c->reads_eof = true;
    if (c->state == DOBOS_TCP_ESTABLISHED)
        connection_enter(c, DOBOS_TCP_CLOSE_WAIT);
    else if (c->state == DOBOS_TCP_FIN_WAIT_1)
        connection_enter(c, DOBOS_TCP_CLOSING);
    else if (c->state == DOBOS_TCP_FIN_WAIT_2)
        time_wait_enter(transport, c, now);
}

/* ---- orphans ---- */

static struct tcp_connection *oldest(const struct list *list) {
    return container_of(list_first(list), struct tcp_connection, queue_node);
}

void connection_doom(struct transport *transport, struct tcp_connection *c, bool reset) {
    if (reset)
        connection_reset(transport, c, -DOBOS_ECONNABORTED);
    else
        connection_end(transport, c, 0);
    timer_arm(transport->wheel, &c->socket.timer, 0);
}

void orphan_adopt(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    if (c->state == DOBOS_TCP_CLOSED)
        return;
    if (c->state == DOBOS_TCP_TIME_WAIT) {
        time_wait_adopt(transport, c);
        return;
    }
    if (transport->orphan_count >= transport->orphan_limit && transport->orphan_count > 0) {
        transport->counters.tcp_aborted_on_memory++;
        struct tcp_connection *stalled = pressure_stalled_orphan(transport);
        connection_doom(transport, stalled ? stalled : oldest(&transport->orphans), true);
    }
    list_append(&transport->orphans, &c->queue_node);
    transport->orphan_count++;
    if (c->state == DOBOS_TCP_FIN_WAIT_2)
        deadline_set(transport, c, TCP_DEADLINE_LINGER, now + TCP_FIN_WAIT_2_ORPHAN_NS);
}

/* c->state may have moved on since it was adopted: is_time_wait says in which list it stands. */
void orphan_forget(struct transport *transport, struct tcp_connection *c) {
    if (c->listener || !list_node_is_linked(&c->queue_node))
        return;
    list_remove(&c->queue_node);
    if (c->is_time_wait)
        transport->time_wait_count--;
    else
        transport->orphan_count--;
}

/* [rfc9293#114] */
void linger_expire(struct transport *transport, struct tcp_connection *c) {
    connection_end(transport, c, 0);
}

/* ---- the program's calls ---- */

/* A program that ends with unread data has lost some: the peer is told so [rfc9293#28]
 * [rfc1122#135]. */
static bool has_unread(const struct tcp_connection *c) {
    return c->flight && c->flight->receive.bytes > 0;
}

void tcp_close(struct transport *transport, struct dobos_socket *socket, dobos_time now) {
    struct tcp_connection *c = connection_of(socket);
    socket->has_owner = false;
    if (c->state == DOBOS_TCP_LISTEN) {
        listener_end(transport, c);
    } else if (c->state == DOBOS_TCP_CLOSED || c->state == DOBOS_TCP_SYN_SENT) {
        connection_end(transport, c, 0); /* [rfc9293#87] */
    } else if (has_unread(c) && c->state != DOBOS_TCP_TIME_WAIT) {
        connection_reset(transport, c, 0);
    } else {
        c->close_on_open |= c->state == DOBOS_TCP_SYN_RECEIVED;
        close_sending(c);
        orphan_adopt(transport, c, now);
    }
    if (c->flight) {
        receive_queue_clear(transport->pool, &c->flight->receive);
        connection_charge(transport, c);
        connection_flight_return(transport, c);
    }
}

void tcp_abort(struct transport *transport, struct dobos_socket *socket) {
    struct tcp_connection *c = connection_of(socket);
    socket->has_owner = false;
    if (c->state == DOBOS_TCP_LISTEN)
        listener_end(transport, c);
    else if (c->state == DOBOS_TCP_TIME_WAIT)
        connection_end(transport, c, 0);
    else
        connection_reset(transport, c, 0);
}

/* What was sent goes on to be delivered; the other direction stays as it is [rfc9293#25]. */
int tcp_shutdown(struct transport *transport, struct dobos_socket *socket,
                 enum dobos_shutdown how) {
    struct tcp_connection *c = connection_of(socket);
    if (how < DOBOS_SHUTDOWN_RECEIVE || how > DOBOS_SHUTDOWN_BOTH)
        return -DOBOS_EINVAL;
    int early = shutdown_early(transport, c, how);
    if (early <= 0)
        return early;
    if (how & DOBOS_SHUTDOWN_SEND)
        close_sending(c);
    if (how & DOBOS_SHUTDOWN_RECEIVE)
        c->read_closed = true; /* what has come can be read still */
    return 0;
}

bool tcp_is_finished(const struct dobos_socket *socket) {
    const struct tcp_connection *c = connection_of_const(socket);
    return c->state == DOBOS_TCP_CLOSED && !socket->sender.wants_output && !socket->has_owner &&
           !c->listener;
}

void tcp_destroy(struct transport *transport, struct dobos_socket *socket) {
    struct tcp_connection *c = connection_of(socket);
    if (c->state == DOBOS_TCP_LISTEN)
        listener_destroy(transport, c);
    else if (c->listener)
        listener_forget(c);
    connection_destroy(transport, c);
}
