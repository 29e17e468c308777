/*
 * poller: who is told of what. A socket stands on its poller's ready list at most once, for what an
 * operation missed (armed) and what has come since; an operation that finds nothing arms again.
 */
#include "host/poller.h"

#include "transport/datagram.h"
#include "transport/tcp/tcp.h"

void poller_init(struct dobos_poller *poller, struct dobos_host *host) {
    poller->host = host;
    list_node_init(&poller->node);
    list_init(&poller->ready);
}

unsigned socket_level(const struct dobos_socket *socket) {
    return socket->protocol == DOBOS_TCP ? tcp_ready(socket) : datagram_ready(socket);
}

/* No operation ends a stall: it is told of once, and again when another has begun. */
void poller_notice(struct dobos_socket *socket) {
    unsigned level = socket_level(socket);
    if (!(level & DOBOS_STALLED))
        socket->armed |= DOBOS_STALLED;
    if (!socket->has_owner || !(level & socket->armed) || list_node_is_linked(&socket->ready))
        return;
    list_append(&socket->poller->ready, &socket->ready);
}

void poller_arm(struct dobos_socket *socket, unsigned readiness) {
    socket->armed |= (uint8_t)(readiness | DOBOS_ERROR | DOBOS_HANGUP);
    poller_notice(socket);
}

int dobos_poller_create(struct dobos_host *host, struct dobos_poller **poller) {
    struct dobos_poller *made = allocator_allocate(host->allocator, sizeof(*made), "poller");
    if (!made)
        return -DOBOS_ENOMEM;
    poller_init(made, host);
    list_append(&host->pollers, &made->node);
    *poller = made;
    return 0;
}

void dobos_poller_destroy(struct dobos_poller *poller) {
    if (!poller)
        return;
    struct dobos_host *host = poller->host;
    list_each(&host->sockets, node) {
        struct dobos_socket *socket = container_of(node, struct dobos_socket, all);
        if (socket->poller != poller)
            continue;
        socket->poller = &host->poller;
        if (list_node_is_linked(&socket->ready)) {
            list_remove(&socket->ready);
            list_append(&host->poller.ready, &socket->ready);
        }
    }
    list_remove(&poller->node);
    allocator_release(host->allocator, poller, sizeof(*poller));
}

struct dobos_poller *dobos_poller_default(struct dobos_host *host) {
    return &host->poller;
}

int dobos_poller_next(struct dobos_poller *poller, struct dobos_event *events, unsigned room) {
    unsigned count = 0;
    while (count < room) {
        struct list_node *node = list_take_first(&poller->ready);
        if (!node)
            break;
        struct dobos_socket *socket = container_of(node, struct dobos_socket, ready);
        unsigned level = socket_level(socket);
        unsigned told = level & socket->armed;
        if (!told)
            continue;
        socket->armed &= (uint8_t)~told;
        events[count++] =
            (struct dobos_event){.socket = socket, .user = socket->user, .ready = level};
    }
    return (int)count;
}

unsigned dobos_socket_ready(const struct dobos_socket *socket) {
    return socket_level(socket);
}
