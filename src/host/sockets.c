/*
 * sockets: making, naming and ending them, for programs; and what becomes of a socket when
 * something happened to it. TCP and datagrams themselves are transport's.
 */
#include "host/sockets.h"

#include "host/addresses.h"
#include "host/groups.h"
#include "host/paths.h"
#include "host/poller.h"

#include "transport/datagram.h"
#include "transport/tcp/tcp.h"

/* What a socket is told of before it has missed anything. */
enum {
    ARMED_FIRST = DOBOS_READABLE | DOBOS_WRITABLE | DOBOS_ERROR | DOBOS_HANGUP | DOBOS_STALLED
};

void socket_free(struct dobos_socket *socket) {
    struct dobos_host *host = socket->host;
    groups_socket_end(socket);
    list_remove(&socket->all);
    list_remove(&socket->ready);
    list_remove(&socket->sender.dirty);
    if (socket->protocol == DOBOS_TCP)
        tcp_destroy(&host->transport, socket);
    else
        datagram_destroy(&host->transport, socket);
}

void socket_register(struct dobos_host *host, struct dobos_socket *socket,
                     struct dobos_poller *poller) {
    socket->host = host;
    socket->poller = poller;
    socket->armed = ARMED_FIRST;
    socket->is_listed = true;
    list_append(&host->sockets, &socket->all);
}

void sender_mark(struct dobos_host *host, struct sender *sender) {
    if (sender->wants_output && !list_node_is_linked(&sender->dirty))
        list_append(&host->dirty, &sender->dirty);
}

void socket_changed(struct dobos_socket *socket) {
    struct dobos_host *host = socket->host;
    if (socket->protocol == DOBOS_TCP && tcp_is_finished(socket)) {
        socket_free(socket);
        return;
    }
    sender_mark(host, &socket->sender);
    poller_notice(socket);
}

int dobos_socket_create(struct dobos_host *host, enum dobos_protocol protocol,
                        struct dobos_poller *poller, struct dobos_socket **socket) {
    struct dobos_socket *made;
    if (protocol == DOBOS_TCP)
        made = tcp_create(&host->transport);
    else if (protocol == DOBOS_UDP || protocol == DOBOS_ICMP)
        made = datagram_create(&host->transport, (uint8_t)protocol);
    else
        return -DOBOS_EPROTONOSUPPORT;
    if (!made)
        return -DOBOS_ENOMEM;
    made->has_owner = true;
    socket_register(host, made, poller ? poller : &host->poller);
    *socket = made;
    return 0;
}

static void socket_leave(struct dobos_socket *socket, bool abort) {
    if (!socket)
        return;
    struct dobos_host *host = socket->host;
    if (socket->protocol != DOBOS_TCP) {
        socket_free(socket);
        return;
    }
    bool listener = tcp_is_listener(socket);
    socket->has_owner = false;
    list_remove(&socket->ready);
    if (abort && !listener)
        tcp_abort(&host->transport, socket);
    else
        tcp_close(&host->transport, socket, host->now);
    socket_changed(socket);
}

void dobos_close(struct dobos_socket *socket) {
    socket_leave(socket, false);
}

void dobos_abort(struct dobos_socket *socket) {
    socket_leave(socket, true);
}

void dobos_socket_user_set(struct dobos_socket *socket, void *user) {
    socket->user = user;
}

void *dobos_socket_user(const struct dobos_socket *socket) {
    return socket->user;
}

struct dobos_host *dobos_socket_host(const struct dobos_socket *socket) {
    return socket->host;
}

int dobos_socket_error(struct dobos_socket *socket) {
    int error = socket->error;
    socket->error = 0;
    return error;
}

/* [rfc1122#55] [rfc9293#71] [rfc1122#166] */
int dobos_bind(struct dobos_socket *socket, const struct dobos_endpoint *local) {
    struct dobos_host *host = socket->host;
    struct flow *flow = &socket->sender.flow;
    /* All bytes zero, as an initialiser leaves them, is any address too. */
    bool unset = dobos_address_is_unspecified(&local->address);
    if (!unset && !dobos_address_is_ipv4(&local->address))
        return -DOBOS_EAFNOSUPPORT;
    if (local->interface && !host_interface(host, local->interface))
        return -DOBOS_ENODEV;
    bool any = unset || dobos_address_is_loopback(&local->address) ||
               (socket->protocol == DOBOS_UDP && dobos_address_is_multicast(&local->address));
    if (!any && !host_address_owner(host, &local->address))
        return -DOBOS_EADDRNOTAVAIL;
    if (socket->protocol == DOBOS_TCP ? !tcp_can_bind(socket)
                                      : socket->is_bound || flow->remote_port)
        return -DOBOS_EINVAL;
    const struct flow before = *flow;
    const uint32_t bound_before = socket->bound_interface;
    flow->local = unset ? dobos_address_ipv4(0) : local->address;
    flow->local_port = local->port;
    if (local->interface)
        flow->interface = socket->bound_interface = local->interface;
    int result = port_claim(&host->transport, socket);
    if (result < 0) {
        *flow = before;
        socket->bound_interface = bound_before;
        return result;
    }
    if (socket->protocol == DOBOS_TCP)
        tcp_forget_peer(socket);
    socket->port_chosen = local->port != 0;
    socket->address_chosen = !unset;
    return 0;
}

int socket_peer_check(const struct dobos_socket *socket, const struct dobos_endpoint *peer,
                      const struct dobos_address *local, struct path *path) {
    if (!dobos_address_is_ipv4(&peer->address))
        return -DOBOS_EAFNOSUPPORT;
    if (dobos_address_is_unspecified(&peer->address) ||
        (peer->port == 0 && socket->protocol != DOBOS_ICMP))
        return -DOBOS_EINVAL;
    uint32_t bound = socket->bound_interface ? socket->bound_interface : peer->interface;
    int64_t chosen = 0;
    if (!bound && socket->protocol != DOBOS_TCP && dobos_address_is_multicast(&peer->address) &&
        datagram_option_read(socket, DOBOS_OPTION_MULTICAST_INTERFACE, &chosen) == 0)
        bound = (uint32_t)chosen;
    const struct flow flow = {.local_port = socket->sender.flow.local_port,
                              .remote_port = peer->port,
                              .protocol = socket->protocol};
    const struct path_question question = {
        .destination = peer->address,
        .source = *local,
        .bound = bound,
        .flow = &flow,
        .trust = socket->protocol == DOBOS_TCP ? PATH_MTU_BY_SEQUENCE : PATH_MTU_BY_PORT};
    int result = path_find(socket->host, &question, path);
    int64_t leave = 0;
    if (result < 0 || !path->broadcast)
        return result;
    if (socket->protocol == DOBOS_TCP)
        return -DOBOS_ENETUNREACH;
    bool multicast = dobos_address_is_multicast(&peer->address);
    if (!multicast && socket->protocol == DOBOS_UDP &&
        (datagram_option_read(socket, DOBOS_OPTION_BROADCAST, &leave) < 0 || !leave))
        return -DOBOS_EACCES;
    return 0;
}

int dobos_connect(struct dobos_socket *socket, const struct dobos_endpoint *peer) {
    struct dobos_host *host = socket->host;
    struct flow *flow = &socket->sender.flow;
    struct path path;
    int result = socket->protocol == DOBOS_TCP ? tcp_connect_check(&host->transport, socket) : 1;
    if (result <= 0)
        return result;
    result = socket_peer_check(socket, peer, &flow->local, &path);
    if (result < 0)
        return result;
    struct flow before = *flow;
    flow->remote = peer->address;
    flow->remote_port = peer->port;
    if (socket->protocol == DOBOS_TCP) {
        flow->local = path.source;
        socket->sender.path = path;
        socket->armed = ARMED_FIRST;
        result = tcp_connect(&host->transport, socket, host->now);
    } else if (!socket->is_bound) {
        /* Its source stays open: each datagram's way chooses it. */
        result = port_claim(&host->transport, socket);
    }
    if (result < 0 && result != -DOBOS_EINPROGRESS)
        *flow = before;
    socket->armed |= DOBOS_WRITABLE;
    socket_changed(socket);
    return result;
}

int dobos_listen(struct dobos_socket *socket, unsigned backlog) {
    if (socket->protocol != DOBOS_TCP)
        return -DOBOS_EOPNOTSUPP;
    int result = tcp_listen(&socket->host->transport, socket, backlog);
    if (result == 0)
        poller_arm(socket, DOBOS_READABLE);
    return result;
}

static struct dobos_endpoint peer_of(const struct dobos_socket *socket) {
    const struct flow *flow = &socket->sender.flow;
    return (struct dobos_endpoint){flow->remote, flow->remote_port, flow->interface};
}

int dobos_accept(struct dobos_socket *listener, struct dobos_socket **socket,
                 struct dobos_endpoint *peer) {
    if (listener->protocol != DOBOS_TCP || !tcp_is_listener(listener))
        return -DOBOS_EINVAL;
    int result = tcp_accept(&listener->host->transport, listener, socket);
    if (result == -DOBOS_EAGAIN)
        poller_arm(listener, DOBOS_READABLE);
    if (result < 0)
        return result;
    (*socket)->has_owner = true;
    poller_notice(*socket);
    if (peer)
        *peer = peer_of(*socket);
    return result;
}

int dobos_local(const struct dobos_socket *socket, struct dobos_endpoint *local) {
    *local = (struct dobos_endpoint){socket->sender.flow.local, socket->sender.flow.local_port,
                                     socket->bound_interface};
    return 0;
}

int dobos_peer(const struct dobos_socket *socket, struct dobos_endpoint *peer) {
    if (dobos_address_is_unspecified(&socket->sender.flow.remote) ||
        (socket->protocol == DOBOS_TCP && !tcp_has_peer(socket)))
        return -DOBOS_ENOTCONN;
    *peer = peer_of(socket);
    return 0;
}
