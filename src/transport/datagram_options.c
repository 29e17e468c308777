/* datagram_options: the options of UDP and ping sockets, and what `ss` shows of them. */
#include <dobos/errors.h>

#include "transport/datagram_socket.h"

static bool is_flag(int64_t value) {
    return value == 0 || value == 1;
}

static bool is_buffer(int64_t value) {
    return value >= DATAGRAM_BUFFER_MIN_BYTES && value <= DATAGRAM_BUFFER_MAX_BYTES;
}

int datagram_option_set(struct dobos_socket *socket, enum dobos_option option, int64_t value) {
    struct datagram_socket *own = datagram_of(socket);
    if (option == DOBOS_OPTION_SEND_BUFFER && is_buffer(value))
        own->send_limit = (size_t)value;
    else if (option == DOBOS_OPTION_RECEIVE_BUFFER && is_buffer(value))
        own->receive_limit = (size_t)value;
    else if (option == DOBOS_OPTION_TTL && value >= 1 && value <= 255)
        socket->sender.ttl = (uint8_t)value;
    else if (option == DOBOS_OPTION_TOS && value >= 0 && value <= 255)
        socket->sender.tos = (uint8_t)value;
    else if (option == DOBOS_OPTION_BROADCAST && socket->protocol == DOBOS_UDP && is_flag(value))
        own->may_broadcast = value == 1;
    else if (option == DOBOS_OPTION_DONT_FRAGMENT && is_flag(value))
        own->dont_fragment = value == 1;
    else if (option == DOBOS_OPTION_MULTICAST_TTL && value >= 1 && value <= 255)
        own->multicast_ttl = (uint8_t)value;
    else if (option == DOBOS_OPTION_MULTICAST_LOOP && is_flag(value))
        own->keeps_multicast = value == 0;
    else if (option == DOBOS_OPTION_MULTICAST_INTERFACE && value >= 0 && value <= UINT32_MAX)
        own->multicast_interface = (uint32_t)value;
    else if (option == DOBOS_OPTION_INTERFACE && !socket->is_bound && value >= 0 &&
             value <= UINT32_MAX)
        socket->bound_interface = socket->sender.flow.interface = (uint32_t)value;
    else
        return datagram_option_read(socket, option, &value) < 0 ? -DOBOS_EOPNOTSUPP : -DOBOS_EINVAL;
    return 0;
}

int datagram_option_read(const struct dobos_socket *socket, enum dobos_option option,
                         int64_t *value) {
    const struct datagram_socket *own = datagram_of_const(socket);
    if (option == DOBOS_OPTION_SEND_BUFFER)
        *value = (int64_t)own->send_limit;
    else if (option == DOBOS_OPTION_RECEIVE_BUFFER)
        *value = (int64_t)own->receive_limit;
    else if (option == DOBOS_OPTION_TTL)
        *value = socket->sender.ttl;
    else if (option == DOBOS_OPTION_TOS)
        *value = socket->sender.tos;
    else if (option == DOBOS_OPTION_BROADCAST && socket->protocol == DOBOS_UDP)
        *value = own->may_broadcast;
    else if (option == DOBOS_OPTION_DONT_FRAGMENT)
        *value = own->dont_fragment;
    else if (option == DOBOS_OPTION_MULTICAST_TTL)
        *value = own->multicast_ttl;
    else if (option == DOBOS_OPTION_MULTICAST_LOOP)
        *value = !own->keeps_multicast;
    else if (option == DOBOS_OPTION_MULTICAST_INTERFACE)
        *value = own->multicast_interface;
    else if (option == DOBOS_OPTION_INTERFACE)
        *value = socket->bound_interface;
    else
        return -DOBOS_EOPNOTSUPP;
    return 0;
}

void datagram_info_read(const struct dobos_socket *socket, struct dobos_socket_info *info) {
    const struct datagram_socket *own = datagram_of_const(socket);
    const struct flow *flow = &socket->sender.flow;
    uint32_t interface = socket->bound_interface;
    *info = (struct dobos_socket_info){
        .protocol = socket->protocol == DOBOS_UDP ? DOBOS_UDP : DOBOS_ICMP,
        .local = {.address = flow->local, .port = flow->local_port, .interface = interface},
        .peer = {.address = flow->remote, .port = flow->remote_port},
        .receive_queue = own->received_payload,
        .send_queue = own->sending_payload,
        .has_owner = socket->has_owner,
    };
}
