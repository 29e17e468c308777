/* socket_bytes: bytes in and out of sockets, their options, and what one sees of them. Each call
 * that finds nothing arms its event; each that changes something marks the socket. */
#include "host/addresses.h"
#include "host/paths.h"
#include "host/poller.h"
#include "host/sockets.h"

#include "transport/datagram.h"
#include "transport/tcp/tcp.h"
#include "wire/icmp.h"
#include "wire/udp.h"

static int64_t pending_error(struct dobos_socket *socket) {
    int error = socket->error;
    socket->error = 0;
    return error;
}

/* What every sending or receiving call ends with. */
static int64_t finish(struct dobos_socket *socket, int64_t result, unsigned readiness) {
    if (result == -DOBOS_EAGAIN)
        poller_arm(socket, readiness);
    socket_changed(socket);
    return result;
}

int64_t dobos_send(struct dobos_socket *socket, const void *bytes, size_t length) {
    if (socket->error)
        return pending_error(socket);
    if (socket->protocol != DOBOS_TCP)
        return dobos_send_message(socket, bytes, length, NULL);
    return finish(socket, tcp_send(&socket->host->transport, socket, bytes, length),
                  DOBOS_WRITABLE);
}

int64_t dobos_send_urgent(struct dobos_socket *socket, const void *bytes, size_t length) {
    if (socket->protocol != DOBOS_TCP)
        return -DOBOS_EOPNOTSUPP;
    if (socket->error)
        return pending_error(socket);
    return finish(socket, tcp_send_urgent(&socket->host->transport, socket, bytes, length),
                  DOBOS_WRITABLE);
}

int64_t dobos_receive(struct dobos_socket *socket, void *bytes, size_t room) {
    if (socket->protocol != DOBOS_TCP)
        return dobos_receive_message(socket, bytes, room, NULL);
    int64_t result = tcp_read(&socket->host->transport, socket, bytes, room);
    return finish(socket, result, DOBOS_READABLE);
}

int64_t dobos_peek(struct dobos_socket *socket, void *bytes, size_t room) {
    int64_t result = socket->protocol == DOBOS_TCP ? tcp_peek(socket, bytes, room)
                                                   : datagram_peek(socket, bytes, room);
    return finish(socket, result, DOBOS_READABLE);
}

/* Whom a datagram goes to: the message's peer, or the connected one. */
static int message_complete(struct dobos_socket *socket, const struct dobos_message *given,
                            struct dobos_message *message) {
    const struct flow *flow = &socket->sender.flow;
    *message = given ? *given : (struct dobos_message){0};
    if (dobos_address_is_unspecified(&message->local) || !given)
        message->local = flow->local;
    if (dobos_address_is_multicast(&flow->local) &&
        dobos_address_is_equal(&message->local, &flow->local))
        message->local = dobos_address_ipv4(0); /* a group is nobody's source [rfc1112#2] */
    if (!given || dobos_address_is_unspecified(&message->peer.address)) {
        if (dobos_address_is_unspecified(&flow->remote))
            return -DOBOS_ENOTCONN;
        message->peer = (struct dobos_endpoint){flow->remote, flow->remote_port, 0};
    }
    return 0;
}

/* Whether a datagram may bear this source address: none yet, or one of the host's [rfc1122#11]
 * [rfc1812#43] [rfc1122#13] [rfc1812#46]. */
static bool is_own_source(const struct dobos_host *host, const struct dobos_address *source) {
    return dobos_address_is_unspecified(source) || dobos_address_is_loopback(source) ||
           host_address_owner(host, source);
}

static bool is_set(const struct dobos_socket *socket, enum dobos_option option) {
    int64_t value = 0;
    return datagram_option_read(socket, option, &value) == 0 && value != 0;
}

/* Whether a datagram of `length` bytes may go where it is to go; what must not be fragmented and is
 * too long for the path is refused here [rfc791#5] [rfc791#11]. */
static int message_check(const struct dobos_socket *socket, const struct dobos_message *message,
                         size_t length) {
    bool is_udp = socket->protocol == DOBOS_UDP;
    struct path path;
    int result = socket_peer_check(socket, &message->peer, &message->local, &path);
    if (result == 0 && !is_own_source(socket->host, &message->local))
        result = -DOBOS_EADDRNOTAVAIL;
    /* An echo request's first two bytes are of its header. */
    size_t headers = IPV4_HEADER_BYTES + (is_udp ? UDP_HEADER_BYTES : ICMP_HEADER_BYTES - 2u);
    if (result == 0 && length + headers > path.mtu && is_set(socket, DOBOS_OPTION_DONT_FRAGMENT))
        result = -DOBOS_EMSGSIZE;
    return result;
}

int64_t dobos_send_message(struct dobos_socket *socket, const void *bytes, size_t length,
                           const struct dobos_message *message) {
    struct dobos_message complete;
    if (socket->protocol == DOBOS_TCP)
        return -DOBOS_EOPNOTSUPP;
    if (socket->error)
        return pending_error(socket);
    int64_t result = message_complete(socket, message, &complete);
    if (result == 0)
        result = message_check(socket, &complete, length);
    if (result == 0 && !socket->is_bound)
        result = port_claim(&socket->host->transport, socket);
    if (result == 0)
        result = datagram_send(&socket->host->transport, socket, bytes, length, &complete);
    return finish(socket, result, DOBOS_WRITABLE);
}

int64_t dobos_receive_message(struct dobos_socket *socket, void *bytes, size_t room,
                              struct dobos_message *message) {
    if (socket->protocol == DOBOS_TCP)
        return -DOBOS_EOPNOTSUPP;
    if (socket->error)
        return pending_error(socket);
    return finish(socket, datagram_receive(&socket->host->transport, socket, bytes, room, message),
                  DOBOS_READABLE);
}

int dobos_receive_icmp(struct dobos_socket *socket, struct dobos_icmp_report *report) {
    if (socket->protocol == DOBOS_TCP)
        return -DOBOS_EOPNOTSUPP;
    return (int)finish(socket, datagram_receive_icmp(socket, report), DOBOS_ERROR);
}

int dobos_shutdown(struct dobos_socket *socket, enum dobos_shutdown how) {
    if (socket->protocol != DOBOS_TCP)
        return -DOBOS_EOPNOTSUPP;
    if (how < DOBOS_SHUTDOWN_RECEIVE || how > DOBOS_SHUTDOWN_BOTH)
        return -DOBOS_EINVAL;
    int result = tcp_shutdown(&socket->host->transport, socket, how);
    socket_changed(socket);
    return result;
}

/* Options that every kind has, kept in the sender [rfc1122#77] [rfc791#24] [rfc1122#113]. 1: not
 * one of them. */
static int common_option_set(struct dobos_socket *socket, enum dobos_option option, int64_t value) {
    if (option == DOBOS_OPTION_TTL) {
        if (value < 1 || value > 255)
            return -DOBOS_EINVAL;
        socket->sender.ttl = (uint8_t)value;
        return 0;
    }
    if (option == DOBOS_OPTION_TOS) {
        if (value < 0 || value > 255)
            return -DOBOS_EINVAL;
        socket->sender.tos = (uint8_t)value;
        return 0;
    }
    if (option == DOBOS_OPTION_INTERFACE) {
        if (value < 0 || value > UINT32_MAX ||
            (value && !host_interface(socket->host, (uint32_t)value)))
            return -DOBOS_EINVAL;
        if (socket->protocol == DOBOS_TCP)
            return 1; /* it is part of who a connection is: TCP knows whether it may change */
        socket->bound_interface = socket->sender.flow.interface = (uint32_t)value;
        return 0;
    }
    if (option == DOBOS_OPTION_MULTICAST_INTERFACE && value != 0 &&
        (value < 0 || value > UINT32_MAX || value == LOOPBACK ||
         !host_interface(socket->host, (uint32_t)value)))
        return -DOBOS_EINVAL;
    return 1;
}

int dobos_option_set(struct dobos_socket *socket, enum dobos_option option, int64_t value) {
    int result = common_option_set(socket, option, value);
    if (result <= 0)
        return result;
    if (socket->protocol != DOBOS_TCP)
        return datagram_option_set(socket, option, value);
    result = tcp_option_set(&socket->host->transport, socket, option, value);
    socket_changed(socket);
    return result;
}

/* What the path to the peer carries, as far as is known. [rfc1191#15] */
static int path_mtu_read_now(const struct dobos_socket *socket, int64_t *value) {
    const struct flow *flow = &socket->sender.flow;
    const struct dobos_endpoint peer = {flow->remote, flow->remote_port, 0};
    struct path path;
    if (dobos_address_is_unspecified(&flow->remote))
        return -DOBOS_ENOTCONN;
    int result = socket_peer_check(socket, &peer, &flow->local, &path);
    *value = path.mtu;
    return result;
}

int dobos_option_read(const struct dobos_socket *socket, enum dobos_option option, int64_t *value) {
    if (option == DOBOS_OPTION_TTL)
        *value = socket->sender.ttl;
    else if (option == DOBOS_OPTION_TOS)
        *value = socket->sender.tos;
    else if (option == DOBOS_OPTION_INTERFACE)
        *value = socket->bound_interface;
    else if (option == DOBOS_OPTION_PATH_MTU)
        return path_mtu_read_now(socket, value);
    else if (socket->protocol == DOBOS_TCP)
        return tcp_option_read(socket, option, value);
    else
        return datagram_option_read(socket, option, value);
    return 0;
}

int dobos_socket_info_read(const struct dobos_socket *socket, struct dobos_socket_info *info) {
    const struct flow *flow = &socket->sender.flow;
    *info = (struct dobos_socket_info){
        .protocol = (enum dobos_protocol)socket->protocol,
        .local = {flow->local, flow->local_port, socket->bound_interface},
        .peer = {flow->remote, flow->remote_port, 0},
        .has_owner = socket->has_owner,
    };
    if (socket->protocol == DOBOS_TCP) {
        tcp_info_read(socket, info);
        tcp_info_complete(&socket->host->transport, socket, socket->host->now, &info->tcp);
    } else {
        datagram_info_read(socket, info);
    }
    return 0;
}

int dobos_tcp_info_read(const struct dobos_socket *socket, struct dobos_tcp_info *info) {
    struct dobos_socket_info all;
    if (socket->protocol != DOBOS_TCP)
        return -DOBOS_EOPNOTSUPP;
    int result = dobos_socket_info_read(socket, &all);
    *info = all.tcp;
    return result;
}

int dobos_socket_read(const struct dobos_host *host, uint32_t nth, struct dobos_socket_info *info) {
    list_each(&host->sockets, node) {
        const struct dobos_socket *socket = container_of(node, struct dobos_socket, all);
        if (nth-- == 0)
            return dobos_socket_info_read(socket, info);
        if (socket->protocol != DOBOS_TCP || !tcp_is_listener(socket))
            continue;
        for (uint32_t half_open = 0; tcp_half_open_read(socket, half_open, info); half_open++) {
            if (nth-- == 0)
                return 0;
        }
    }
    return -DOBOS_ENOENT;
}
