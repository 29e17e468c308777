/*
 * calls: what the program's calls say in states in which there is little for them to do: what
 * Linux says there (tests/host/calls_test.c holds them side by side).
 *
 * A connection that has failed is forgotten as soon as the program has been told by its next
 * connect, and so are a listener and an attempt to connect that were shut down: the socket is then
 * as new, with what the program chose for it. One whose connection came about stays what it was.
 */
#include <dobos/errors.h>

#include "transport/tcp/close.h"
#include "transport/tcp/fast_open.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/tcp.h"

static bool is_opening(const struct tcp_connection *c) {
    return c->state == DOBOS_TCP_SYN_SENT || c->state == DOBOS_TCP_SYN_RECEIVED;
}

/* The program hears how its attempt went. */
static int attempt_tell(struct transport *transport, struct tcp_connection *c) {
    struct dobos_socket *socket = &c->socket;
    if (fast_open_waits(c))
        return -DOBOS_EISCONN;
    if (is_opening(c))
        return -DOBOS_EALREADY;
    if (c->state != DOBOS_TCP_CLOSED) {
        c->use = TCP_USE_CONNECTED;
        return 0;
    }
    int error = socket->error ? socket->error : -DOBOS_ECONNABORTED;
    socket->error = 0;
    connection_renew(transport, c);
    return error;
}

int tcp_connect_check(struct transport *transport, struct dobos_socket *socket) {
    struct tcp_connection *c = connection_of(socket);
    switch ((enum tcp_use)c->use) {
    case TCP_USE_CONNECTING:
        return attempt_tell(transport, c);
    case TCP_USE_CONNECTED:
        return -DOBOS_EISCONN;
    case TCP_USE_SPENT:
        return -DOBOS_EINVAL;
    case TCP_USE_FRESH:
        break;
    }
    return c->state == DOBOS_TCP_CLOSED ? 1 : -DOBOS_EISCONN;
}

bool tcp_can_bind(const struct dobos_socket *socket) {
    return connection_of_const(socket)->state == DOBOS_TCP_CLOSED && !socket->is_bound;
}

void tcp_forget_peer(struct dobos_socket *socket) {
    struct sender *sender = &socket->sender;
    connection_of(socket)->reset_pending = sender->wants_output = false;
    sender->flow.remote = dobos_address_ipv4(0);
    sender->flow.remote_port = 0;
}

bool tcp_has_peer(const struct dobos_socket *socket) {
    uint8_t state = connection_of_const(socket)->state;
    return state != DOBOS_TCP_CLOSED && state != DOBOS_TCP_LISTEN && state != DOBOS_TCP_SYN_SENT &&
           state != DOBOS_TCP_TIME_WAIT;
}

/* Before there is a connection: an attempt to open one ends, and so does a listener, when the
 * program wants to hear no more; its socket is as new. 1: there is one. */
int shutdown_early(struct transport *transport, struct tcp_connection *c, enum dobos_shutdown how) {
    bool is_over = c->state == DOBOS_TCP_CLOSED || c->state == DOBOS_TCP_TIME_WAIT;
    if (c->use == TCP_USE_CONNECTING)
        c->use = is_over || is_opening(c) ? TCP_USE_SPENT : TCP_USE_CONNECTED;
    if (c->state == DOBOS_TCP_LISTEN) {
        if (how & DOBOS_SHUTDOWN_RECEIVE) {
            listener_end(transport, c);
            connection_renew(transport, c);
        }
        return 0;
    }
    if (c->state == DOBOS_TCP_SYN_SENT) {
        connection_end(transport, c, -DOBOS_ECONNRESET); /* [rfc9293#87] */
        connection_renew(transport, c);
        return 0;
    }
    if (is_over || c->state == DOBOS_TCP_SYN_RECEIVED) {
        c->read_closed |= (how & DOBOS_SHUTDOWN_RECEIVE) != 0;
        c->close_on_open |= !is_over && (how & DOBOS_SHUTDOWN_SEND);
        return is_over ? -DOBOS_ENOTCONN : 0;
    }
    return 1;
}
