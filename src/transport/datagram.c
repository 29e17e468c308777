/*
 * datagram: UDP and ping sockets from creation to destruction, and their way out (RFC 768, RFC 1122
 * §4.1). A datagram to send is whole at once, its transport header in front, and waits in the
 * socket's own bounded queue until host/ has found its way; only then are both addresses known, and
 * the checksum is begun. What comes in is in datagram_receive.c, ICMP errors in datagram_report.c.
 */
#include "transport/datagram.h"

#include <dobos/errors.h>

#include "transport/datagram_socket.h"
#include "wire/icmp.h"
#include "wire/udp.h"

#define HEADROOM 96 /* for Ethernet and IPv4 with options */

struct dobos_socket *datagram_create(struct transport *transport, uint8_t protocol) {
    struct allocator *allocator = pool_allocator(transport->pool);
    struct datagram_socket *made = allocator_allocate(allocator, sizeof *made, "datagram_socket");
    if (!made)
        return NULL;
    struct dobos_socket *socket = &made->socket;
    socket->sender.kind = SENDER_DATAGRAM;
    socket->sender.ttl = 64;
    socket->sender.flow.protocol = protocol;
    socket->sender.flow.local = socket->sender.flow.remote = dobos_address_ipv4(0);
    socket->protocol = protocol;
    socket->has_owner = true;
    list_node_init(&socket->sender.dirty);
    list_node_init(&socket->all);
    list_node_init(&socket->ready);
    timer_init(&socket->timer, TIMER_NONE);
    list_init(&made->received);
    list_init(&made->sending);
    list_init(&made->memberships);
    made->multicast_ttl = 1; /* [rfc1112#3] */
    made->receive_limit = made->send_limit = DATAGRAM_BUFFER_BYTES;
    return socket;
}

void datagram_free(struct transport *transport, struct datagram *datagram) {
    size_t copied = datagram->packet ? 0 : datagram->length;
    transport->buffer_bytes -= datagram->charge;
    dobos_packet_release(datagram->packet);
    allocator_release(pool_allocator(transport->pool), datagram, sizeof *datagram + copied);
}

void datagram_destroy(struct transport *transport, struct dobos_socket *socket) {
    struct datagram_socket *own = datagram_of(socket);
    struct list_node *node;
    while ((node = list_take_first(&own->received)))
        datagram_free(transport, container_of(node, struct datagram, node));
    while ((node = list_take_first(&own->sending)))
        datagram_free(transport, container_of(node, struct datagram, node));
    port_release(transport, socket);
    list_remove(&socket->sender.dirty);
    list_remove(&socket->ready);
    list_remove(&socket->all);
    allocator_release(pool_allocator(transport->pool), own, sizeof *own);
}

static bool can_send(const struct datagram_socket *own) {
    return own->sending_bytes < own->send_limit;
}

unsigned datagram_ready(const struct dobos_socket *socket) {
    const struct datagram_socket *own = datagram_of_const(socket);
    unsigned ready = 0;
    if (!list_is_empty(&own->received))
        ready |= DOBOS_READABLE;
    if (can_send(own))
        ready |= DOBOS_WRITABLE;
    if (socket->error || own->report_count > 0)
        ready |= DOBOS_ERROR;
    return ready;
}

/* The header of a datagram of `length` bytes, at the packet's end (it has room). */
static void udp_header_append(struct dobos_packet *packet, const struct flow *flow,
                              uint16_t remote_port, size_t length) {
    struct writer w = writer_make(packet_append(packet, UDP_HEADER_BYTES), UDP_HEADER_BYTES);
    struct udp udp = {
        .source_port = flow->local_port,
        .destination_port = remote_port,
        .length = (uint16_t)(UDP_HEADER_BYTES + length),
    };
    udp_emit(&w, &udp);
}

static void echo_header_append(struct dobos_packet *packet, const struct flow *flow,
                               const uint8_t *sequence) {
    struct writer w = writer_make(packet_append(packet, ICMP_HEADER_BYTES), ICMP_HEADER_BYTES);
    struct icmp icmp = {
        .type = ICMP_ECHO_REQUEST,
        .identifier = flow->local_port,
        .sequence = load_be16(sequence),
    };
    icmp_emit(&w, &icmp);
}

/* The whole datagram as a packet (give), or NULL. An ICMP checksum is finished at once: it knows no
 * addresses. */
static struct dobos_packet *datagram_packet(struct transport *transport,
                                            const struct dobos_socket *socket, const uint8_t *bytes,
                                            size_t length, uint16_t remote_port) {
    struct dobos_packet *packet = packet_create(transport->pool, HEADROOM);
    if (!packet)
        return NULL;
    if (socket->protocol == DOBOS_UDP) {
        udp_header_append(packet, &socket->sender.flow, remote_port, length);
    } else {
        echo_header_append(packet, &socket->sender.flow, bytes);
        bytes += 2;
        length -= 2;
    }
    packet->payload_offset = (uint16_t)packet->length;
    if (!packet_append_bytes(packet, bytes, length)) {
        dobos_packet_release(packet);
        return NULL;
    }
    if (socket->protocol == DOBOS_ICMP) {
        uint16_t checksum = checksum_finish(packet_sum(packet, 0, packet->length));
        store_be16(packet_pull(packet, ICMP_HEADER_BYTES) + 2, checksum);
    }
    return packet;
}

/* Whether the datagram may be sent at all; 0 or an error. */
static int64_t send_check(struct transport *transport, struct datagram_socket *own, size_t length,
                          const struct dobos_endpoint *peer) {
    struct dobos_socket *socket = &own->socket;
    bool is_udp = socket->protocol == DOBOS_UDP;
    const struct path *path = &socket->sender.path;
    size_t whole = length + IPV4_HEADER_BYTES + (is_udp ? UDP_HEADER_BYTES : ICMP_HEADER_BYTES - 2);
    if (!is_udp && length < 2)
        return -DOBOS_EINVAL;
    if (length > (is_udp ? DATAGRAM_UDP_MAX_BYTES : DATAGRAM_PING_MAX_BYTES))
        return -DOBOS_EMSGSIZE;
    if (dobos_address_is_unspecified(&peer->address) || (is_udp && peer->port == 0))
        return -DOBOS_ENOTCONN;
    if (own->dont_fragment && path->interface != 0 && whole > path->mtu)
        return -DOBOS_EMSGSIZE;
    if (!can_send(own) || (transport->buffer_bytes >= transport->buffer_limit_bytes &&
                           !list_is_empty(&own->sending))) {
        socket->armed |= DOBOS_WRITABLE;
        return -DOBOS_EAGAIN;
    }
    return 0;
}

/* The checksum is always made [rfc1122#62]; source and time to live are the program's to choose
 * [rfc1122#65] [rfc1122#67]. */
int64_t datagram_send(struct transport *transport, struct dobos_socket *socket, const void *bytes,
                      size_t length, const struct dobos_message *message) {
    struct datagram_socket *own = datagram_of(socket);
    struct dobos_message filled = message ? *message : (struct dobos_message){0};
    if (socket->error) {
        int error = socket->error;
        socket->error = 0;
        return error;
    }
    if (!message || dobos_address_is_unspecified(&filled.peer.address)) {
        filled.peer.address = socket->sender.flow.remote;
        filled.peer.port = socket->sender.flow.remote_port;
    }
    if (!message || dobos_address_is_unspecified(&filled.local))
        filled.local = socket->sender.flow.local;
    if (dobos_address_is_multicast(&filled.local))
        filled.local = dobos_address_ipv4(0);
    if (filled.tos == 0)
        filled.tos = socket->sender.tos;
    int64_t refused = send_check(transport, own, length, &filled.peer);
    if (refused < 0)
        return refused;
    struct allocator *allocator = pool_allocator(transport->pool);
    struct datagram *datagram = allocator_allocate(allocator, sizeof *datagram, "datagram");
    if (!datagram)
        return -DOBOS_ENOMEM;
    datagram->packet = datagram_packet(transport, socket, bytes, length, filled.peer.port);
    if (!datagram->packet) {
        allocator_release(allocator, datagram, sizeof *datagram);
        return -DOBOS_ENOMEM;
    }
    datagram->message = filled;
    datagram->length = (uint32_t)length;
    datagram->charge = sizeof *datagram + packet_cost(datagram->packet);
    transport->buffer_bytes += datagram->charge;
    own->sending_bytes += datagram->charge;
    own->sending_payload += length;
    list_append(&own->sending, &datagram->node);
    socket->sender.wants_output = true;
    return (int64_t)length;
}

bool datagram_transmit(struct transport *transport, struct dobos_socket *socket,
                       struct datagram_outgoing *outgoing) {
    struct datagram_socket *own = datagram_of(socket);
    struct list_node *node = list_take_first(&own->sending);
    *outgoing = (struct datagram_outgoing){0};
    socket->sender.wants_output = !list_is_empty(&own->sending);
    if (!node)
        return false;
    struct datagram *datagram = container_of(node, struct datagram, node);
    outgoing->packet = datagram->packet;
    outgoing->message = datagram->message;
    outgoing->dont_fragment = own->dont_fragment;
    outgoing->multicast_loop = !own->keeps_multicast && socket->protocol == DOBOS_UDP;
    outgoing->multicast_ttl = own->multicast_ttl;
    outgoing->multicast_interface = own->multicast_interface;
    own->sending_bytes -= datagram->charge;
    own->sending_payload -= datagram->length;
    transport->buffer_bytes -= datagram->charge;
    allocator_release(pool_allocator(transport->pool), datagram, sizeof *datagram);
    if (socket->protocol == DOBOS_UDP)
        transport->counters.udp_out_datagrams++;
    else
        transport->counters.icmp_out_echos++;
    return true;
}

void datagram_finish(struct dobos_packet *packet, uint8_t protocol,
                     const struct dobos_address *source, const struct dobos_address *destination) {
    if (protocol != DOBOS_UDP)
        return;
    uint8_t *header = packet_pull(packet, UDP_HEADER_BYTES);
    if (!header)
        return;
    uint32_t sum = checksum_pseudo(source, destination, protocol, packet->length);
    store_be16(header + 6, checksum_fold(sum));
    packet->offload.flags |= DOBOS_OFFLOAD_NEEDS_CHECKSUM;
    packet->offload.checksum_start = 0;
    packet->offload.checksum_offset = 6;
}
