/*
 * listener: see listener.h. A SYN costs a listener one small record in a bounded list
 * (half_open.c); a connection is made only when the handshake is over, and only while accept's
 * queue has room. When it has none, SYNs are dropped: the peer will try again.
 */
#include "transport/tcp/listener.h"

#include <dobos/errors.h>

#include "base/assert.h"
#include "transport/tcp/close.h"
#include "transport/tcp/fast_open.h"
#include "transport/tcp/half_open.h"
#include "transport/tcp/reset.h"
#include "transport/tcp/syn_cookie.h"
#include "transport/tcp/tcp.h"

/* [rfc9293#31] [rfc1122#124] [rfc9293#33] [rfc1122#126]; a size too small to be meant is raised
 * (attack E3). */
uint16_t mss_from_option(const struct tcp_options *options) {
    if (!options->has_mss)
        return TCP_MSS_DEFAULT;
    return options->mss < TCP_MSS_FLOOR ? TCP_MSS_FLOOR : options->mss;
}

bool listener_is_full(const struct tcp_listener *listener) {
    return listener->waiting_count >= listener->backlog;
}

/* A SYN from our own address and port would be answered by ourselves (attack B3). */
static bool is_land(const struct flow *flow) {
    return flow->local_port == flow->remote_port &&
           dobos_address_is_equal(&flow->local, &flow->remote);
}

enum drop_reason listener_receive(struct transport *transport, struct tcp_connection *c,
                                  struct tcp_segment *segment, dobos_time now,
                                  struct transport_result *result) {
    struct tcp_half_open restored;
    /* First check, RST [rfc9293#90]. */
    if (segment->flags & TCP_RST)
        return DROP_TCP_FLAGS;
    /* Second check, ACK: nothing was sent that it could acknowledge [rfc9293#91], but a cookie. */
    if (segment->flags & TCP_ACK) {
        if (!(segment->flags & TCP_SYN) &&
            syn_cookie_restore(transport, c, segment, now, &restored))
            return half_open_promote(transport, &restored, segment, now, result);
        reset_reply(transport, segment, result);
        return DROP_TCP_ACK;
    }
    /* Third check, SYN; else nothing that could be meant [rfc9293#93]. SYN and FIN together is
     * nobody's handshake. */
    if (!(segment->flags & TCP_SYN) || (segment->flags & TCP_FIN) || is_land(&segment->flow))
        return DROP_TCP_FLAGS;
    if (listener_is_full(c->listener)) {
        transport->counters.tcp_listen_overflows++;
        transport->counters.tcp_listen_drops++;
        return DROP_TCP_BACKLOG;
    }
    if (!segment->follows && syn_cookie_is_due(transport, c->listener))
        return syn_cookie_answer(transport, c, segment, now, result);
    if (fast_open_is_asked(transport, c, segment))
        return fast_open_receive(transport, c, segment, now, result);
    return half_open_create(transport, c, segment, now, result);
}

void listener_append(struct tcp_listener *listener, struct tcp_connection *child) {
    child->listener = listener;
    list_append(&listener->waiting, &child->queue_node);
    listener->waiting_count++;
}

void listener_forget(struct tcp_connection *child) {
    ASSERT(child->listener);
    list_remove(&child->queue_node);
    child->listener->waiting_count--;
    child->listener = NULL;
}

static void half_open_destroy_all(struct transport *transport, struct tcp_listener *listener) {
    struct list_node *node;
    while ((node = list_first(&listener->half_open)))
        half_open_destroy(transport, container_of(node, struct tcp_half_open, node));
}

static void listener_free(struct transport *transport, struct tcp_connection *c) {
    half_open_destroy_all(transport, c->listener);
    fast_open_leave(c->listener);
    allocator_release(pool_allocator(transport->pool), c->listener, sizeof *c->listener);
    c->listener = NULL;
    connection_end(transport, c, 0);
}

void listener_end(struct transport *transport, struct tcp_connection *c) {
    struct list_node *node;
    while ((node = list_first(&c->listener->waiting))) {
        struct tcp_connection *child = container_of(node, struct tcp_connection, queue_node);
        listener_forget(child);
        connection_doom(transport, child, child->state != DOBOS_TCP_TIME_WAIT);
    }
    listener_free(transport, c);
}

void listener_destroy(struct transport *transport, struct tcp_connection *c) {
    struct list_node *node;
    while ((node = list_first(&c->listener->waiting)))
        listener_forget(container_of(node, struct tcp_connection, queue_node));
    listener_free(transport, c);
}

static struct tcp_listener *listener_create(struct transport *transport, struct tcp_connection *c) {
    struct allocator *allocator = pool_allocator(transport->pool);
    struct tcp_listener *made = allocator_allocate(allocator, sizeof *made, "tcp_listener");
    if (!made)
        return NULL;
    made->owner = c;
    list_init(&made->half_open);
    list_init(&made->openings);
    list_init(&made->waiting);
    return made;
}

int tcp_listen(struct transport *transport, struct dobos_socket *socket, unsigned backlog) {
    struct tcp_connection *c = connection_of(socket);
    bool is_new = c->state != DOBOS_TCP_LISTEN;
    if (is_new && (c->state != DOBOS_TCP_CLOSED || c->use != TCP_USE_FRESH))
        return -DOBOS_EINVAL;
    backlog = min_u32(max_u32(backlog, 1), LISTENER_BACKLOG_MAX);
    if (!socket->is_bound) {
        int claimed = port_claim(transport, socket);
        if (claimed < 0)
            return claimed;
    }
    if (is_new) {
        c->listener = listener_create(transport, c);
        if (!c->listener)
            return -DOBOS_ENOMEM;
        connection_enter(c, DOBOS_TCP_LISTEN);
    }
    c->listener->backlog = backlog;
    c->listener->half_open_limit =
        min_u32(max_u32(backlog, LISTENER_HALF_OPEN_MIN), LISTENER_HALF_OPEN_MAX);
    return 0;
}

int tcp_accept(struct transport *transport, struct dobos_socket *socket,
               struct dobos_socket **accepted) {
    struct tcp_connection *c = connection_of(socket);
    (void)transport;
    if (c->state != DOBOS_TCP_LISTEN)
        return -DOBOS_EINVAL;
    struct list_node *node = list_first(&c->listener->waiting);
    if (!node) {
        socket->armed |= DOBOS_READABLE;
        return -DOBOS_EAGAIN;
    }
    struct tcp_connection *child = container_of(node, struct tcp_connection, queue_node);
    listener_forget(child);
    child->socket.has_owner = true;
    *accepted = &child->socket;
    return 0;
}
