/*
 * datagram_receive: UDP datagrams and echo replies on their way to a socket, and from its queue to
 * the program (RFC 768, RFC 1122 §4.1). A queue is bounded by what its datagrams truly cost; a
 * small payload is copied, so that it does not hold a large buffer. Chunks stay as they were sent.
 */
#include <dobos/errors.h>

#include "transport/datagram_socket.h"
#include "transport/membership.h"
#include "wire/icmp.h"
#include "wire/udp.h"

/* The payload as something to queue: the packet itself (take) or a copy of it. NULL: no memory, and
 * the packet is gone. */
static struct datagram *datagram_make(struct transport *transport, struct dobos_packet *packet,
                                      size_t offset, size_t length) {
    bool is_small = length <= PACKET_COPY_BYTES;
    size_t bytes = sizeof(struct datagram) + (is_small ? length : 0);
    struct datagram *made = allocator_allocate(pool_allocator(transport->pool), bytes, "datagram");
    if (!made) {
        dobos_packet_release(packet);
        return NULL;
    }
    made->offset = (uint32_t)offset;
    made->length = (uint32_t)length;
    made->charge = bytes;
    if (is_small) {
        dobos_packet_read(packet, offset, made->copied, length);
        dobos_packet_release(packet);
    } else {
        made->packet = packet;
        made->charge += packet_cost(packet);
    }
    transport->buffer_bytes += made->charge;
    return made;
}

static enum drop_reason queue_append(struct transport *transport, struct datagram_socket *own,
                                     struct dobos_packet *packet, size_t offset, size_t length,
                                     const struct dobos_message *message, uint16_t sequence) {
    bool is_full = own->received_bytes >= own->receive_limit ||
                   (transport->buffer_bytes >= transport->buffer_limit_bytes &&
                    !list_is_empty(&own->received));
    if (is_full) {
        dobos_packet_release(packet);
        return DROP_SOCKET_QUEUE;
    }
    struct datagram *datagram = datagram_make(transport, packet, offset, length);
    if (!datagram)
        return DROP_NO_MEMORY;
    datagram->message = *message;
    datagram->sequence = sequence;
    own->received_bytes += datagram->charge;
    own->received_payload += length;
    own->received_count++;
    list_append(&own->received, &datagram->node);
    return DROP_NONE;
}

static struct dobos_message arrival_message(const struct datagram_arrival *arrival,
                                            uint16_t remote_port, size_t length, dobos_time now) {
    return (struct dobos_message){
        .peer = {.address = arrival->flow.remote,
                 .port = remote_port,
                 .interface = arrival->flow.interface},
        .local = arrival->flow.local,
        .link = arrival->link,
        .has_link = true,
        .ttl = arrival->ttl,
        .tos = arrival->tos,
        .length = length,
        .arrived = now,
    };
}

/* A checksum of zero says that there is none [rfc768#3]; a wrong one is found [rfc1122#63]. Of what
 * was looped back in this host, or verified by the port, nothing is computed. */
static bool checksum_is_right(const struct dobos_packet *packet, const struct flow *flow,
                              const struct udp *udp) {
    const unsigned verified = DOBOS_OFFLOAD_NEEDS_CHECKSUM | DOBOS_OFFLOAD_DATA_VALID;
    if (udp->checksum == 0 || (packet->offload.flags & verified))
        return true;
    uint32_t sum = checksum_pseudo(&flow->remote, &flow->local, DOBOS_UDP, udp->length);
    uint32_t rest = packet_sum(packet, packet->transport_offset, udp->length);
    return checksum_finish(checksum_fold(sum) + (uint32_t)checksum_fold(rest)) == 0;
}

static void udp_drop(struct transport *transport, struct dobos_packet *packet,
                     enum drop_reason reason, struct transport_result *result) {
    transport->counters.udp_in_errors++;
    dobos_packet_release(packet);
    result->reason = reason;
}

/* A source that no host can have; 0.0.0.0 is that of a host that has none yet [rfc1122#66]. */
static bool is_from_nobody(const struct flow *flow) {
    return dobos_address_is_multicast(&flow->remote) ||
           dobos_address_ipv4_number(&flow->remote) == UINT32_MAX;
}

/* [rfc768#1] [rfc768#4] [rfc1122#64] */
void udp_receive(struct transport *transport, struct dobos_packet *packet,
                 const struct datagram_arrival *arrival, dobos_time now,
                 struct transport_result *result, bool *unreachable) {
    struct flow flow = arrival->flow;
    struct udp udp;
    size_t offset = packet->transport_offset;
    size_t available = packet->length - min_size(offset, packet->length);
    const uint8_t *bytes = packet_pull(packet, offset + UDP_HEADER_BYTES);
    *unreachable = false;
    if (!bytes) {
        udp_drop(transport, packet, DROP_UDP_MALFORMED, result);
        return;
    }
    struct reader r = reader_make(bytes + offset, UDP_HEADER_BYTES);
    if (!udp_parse(&r, available, &udp)) {
        udp_drop(transport, packet, DROP_UDP_MALFORMED, result);
        return;
    }
    if (is_from_nobody(&flow)) {
        udp_drop(transport, packet, DROP_IP_SOURCE, result);
        return;
    }
    if (!checksum_is_right(packet, &flow, &udp)) {
        udp_drop(transport, packet, DROP_UDP_CHECKSUM, result);
        return;
    }
    flow.protocol = DOBOS_UDP;
    flow.local_port = udp.destination_port;
    flow.remote_port = udp.source_port;
    struct dobos_socket *socket = port_find(transport, &flow);
    if (socket && dobos_address_is_multicast(&flow.local) && !membership_accepts(socket, &flow)) {
        dobos_packet_release(packet);
        result->reason = DROP_GROUP;
        return;
    }
    if (!socket) {
        transport->counters.udp_no_ports++;
        result->reason = DROP_UDP_NO_PORT;
        *unreachable = !arrival->broadcast;
        if (arrival->broadcast)
            dobos_packet_release(packet);
        return;
    }
    size_t length = udp.length - UDP_HEADER_BYTES;
    struct dobos_message message = arrival_message(arrival, udp.source_port, length, now);
    result->reason = queue_append(transport, datagram_of(socket), packet, offset + UDP_HEADER_BYTES,
                                  length, &message, 0);
    result->socket = socket;
    if (result->reason == DROP_NONE)
        transport->counters.udp_in_datagrams++;
    else
        transport->counters.udp_receive_buffer_errors++;
}

void ping_receive(struct transport *transport, struct dobos_packet *packet,
                  const struct datagram_arrival *arrival, uint16_t identifier, uint16_t sequence,
                  dobos_time now, struct transport_result *result) {
    struct flow flow = arrival->flow;
    flow.protocol = DOBOS_ICMP;
    flow.local_port = identifier;
    flow.remote_port = 0;
    transport->counters.icmp_in_echo_replies++;
    struct dobos_socket *socket = port_find(transport, &flow);
    if (!socket || packet->payload_offset > packet->length) {
        dobos_packet_release(packet);
        result->reason = DROP_ICMP_TYPE;
        return;
    }
    size_t length = packet->length - packet->payload_offset;
    struct dobos_message message = arrival_message(arrival, 0, length + 2, now);
    result->socket = socket;
    result->reason = queue_append(transport, datagram_of(socket), packet, packet->payload_offset,
                                  length, &message, sequence);
}

/* Copies a datagram, cut to `room`; an echo reply's sequence number stands before its data. */
static size_t datagram_copy(const struct dobos_socket *socket, const struct datagram *datagram,
                            uint8_t *to, size_t room) {
    size_t done = 0;
    if (socket->protocol == DOBOS_ICMP) {
        uint8_t sequence[2];
        store_be16(sequence, datagram->sequence);
        done = min_size(room, sizeof sequence);
        memcpy(to, sequence, done);
    }
    size_t part = min_size(room - done, datagram->length);
    if (part == 0)
        return done;
    if (datagram->packet)
        return done + dobos_packet_read(datagram->packet, datagram->offset, to + done, part);
    memcpy(to + done, datagram->copied, part);
    return done + part;
}

int64_t datagram_peek(struct dobos_socket *socket, void *bytes, size_t room) {
    struct datagram_socket *own = datagram_of(socket);
    if (socket->error) {
        int error = socket->error;
        socket->error = 0;
        return error;
    }
    struct list_node *node = list_first(&own->received);
    if (!node) {
        socket->armed |= DOBOS_READABLE;
        return -DOBOS_EAGAIN;
    }
    return (int64_t)datagram_copy(socket, container_of(node, struct datagram, node), bytes, room);
}

int64_t datagram_receive(struct transport *transport, struct dobos_socket *socket, void *bytes,
                         size_t room, struct dobos_message *message) {
    struct datagram_socket *own = datagram_of(socket);
    int64_t copied = datagram_peek(socket, bytes, room);
    if (copied < 0)
        return copied;
    struct datagram *datagram =
        container_of(list_take_first(&own->received), struct datagram, node);
    if (message)
        *message = datagram->message;
    own->received_bytes -= datagram->charge;
    own->received_payload -= datagram->length;
    own->received_count--;
    datagram_free(transport, datagram);
    return copied;
}
