/*
 * calls: what the program's calls say in states in which there is little for them to do: what
 * Linux says there (tests/host/calls_test.c holds them side by side).
 *
 * A socket is good for one connection: after its end it is closed, where Linux lets a program bind
 * or connect it anew.
 */
#include <dobos/errors.h>

#include "transport/tcp/close.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/tcp.h"

int tcp_connect_again(struct dobos_socket *socket) {
    struct tcp_connection *c = connection_of(socket);
    if (c->state == DOBOS_TCP_SYN_SENT || c->state == DOBOS_TCP_SYN_RECEIVED)
        return -DOBOS_EALREADY;
    if (!c->connecting)
        return -DOBOS_EISCONN;
    c->connecting = false;
    if (c->state != DOBOS_TCP_CLOSED)
        return 0; /* it has come about, and this is how the program asks */
    int error = socket->error ? socket->error : -DOBOS_ECONNABORTED;
    socket->error = 0;
    return error;
}

bool tcp_has_peer(const struct dobos_socket *socket) {
    uint8_t state = connection_of_const(socket)->state;
    return state != DOBOS_TCP_CLOSED && state != DOBOS_TCP_LISTEN && state != DOBOS_TCP_SYN_SENT &&
           state != DOBOS_TCP_TIME_WAIT;
}

/* Before there is a connection: an attempt to open one ends, and so does a listener, when the
 * program wants to hear no more. 1: there is one. */
int shutdown_early(struct transport *transport, struct tcp_connection *c, enum dobos_shutdown how) {
    if (c->state == DOBOS_TCP_LISTEN) {
        if (how & DOBOS_SHUTDOWN_RECEIVE) {
            listener_end(transport, c);
            c->was_open = false; /* its port is its own still */
        }
        return 0;
    }
    if (c->state == DOBOS_TCP_SYN_SENT) {
        connection_end(transport, c, -DOBOS_ECONNRESET); /* [rfc9293#87] */
        return 0;
    }
    if (c->state == DOBOS_TCP_SYN_RECEIVED || c->state == DOBOS_TCP_CLOSED ||
        c->state == DOBOS_TCP_TIME_WAIT) {
        c->read_closed |= (how & DOBOS_SHUTDOWN_RECEIVE) != 0;
        return -DOBOS_ENOTCONN;
    }
    return 1;
}
