/*
 * transmit: the way down. An interface pulls: what is finished already leaves first, then the
 * senders whose way leaves there take turns, one packet each, until the port has no more room.
 *
 *     dobos_output → transmit_dirty (paths) → transmit_pull → tcp_transmit | datagram_transmit
 *                  → transmit_datagram → ipv4_transmit
 *                  → transmit_ip (transmit_link.c) → neighbor_resolve → ethernet_transmit
 *                  → transmit_frames → gso_split, packet_finish_checksum → egress_queue
 *
 * What there is no room for stays where it is: in TCP's send queue, a socket's queue, or the
 * bounded egress queue.
 */
#include "host/transmit.h"

#include "host/addresses.h"
#include "host/ingress.h"
#include "host/paths.h"
#include "host/poller.h"
#include "host/recorder.h"
#include "host/sockets.h"
#include "host/translate.h"

#include "network/ipv4_layer.h"
#include "transport/datagram.h"
#include "transport/tcp/tcp.h"

/* ---- packets ---- */

void transmit_datagram(struct dobos_host *host, struct dobos_packet *packet,
                       const struct path *path, const struct ipv4_fields *fields) {
    struct ipv4_fields known = *fields;
    if (!known.dont_fragment)
        known.identification = ipv4_identification(&host->id_key, &known.source, &known.destination,
                                                   known.protocol, &host->id_counter);
    host->counters.ip_out_requests++;
    if (!ingress_may_send(host, path, &known.source, &known.destination)) {
        transmit_drop(host, packet, DROP_SPECIAL_RANGE);
        return;
    }
    if (!ipv4_transmit(packet, &known)) {
        transmit_drop(host, packet, DROP_NO_MEMORY);
        return;
    }
    if (host->sessions) {
        enum drop_reason reason = translate_outgoing(host, packet, path);
        if (reason != DROP_NONE) {
            transmit_drop(host, packet, reason);
            return;
        }
    }
    packet->band = egress_band(known.tos);
    if (!transmit_ip(host, packet, path))
        dobos_packet_release(packet);
}

/* [rfc792#7] [rfc1812#58] */
void transmit_icmp(struct dobos_host *host, struct dobos_packet *message,
                   const struct dobos_address *source, const struct dobos_address *destination,
                   uint8_t tos, const struct dobos_packet *request) {
    struct path path;
    bool source_is_ours = host_address_owner(host, source) || dobos_address_is_loopback(source);
    struct dobos_address from = source_is_ours ? *source : dobos_address_ipv4(0);
    host->counters.icmp_out_messages++;
    const struct path_question question = {.destination = *destination, .source = from};
    int error = path_find(host, &question, &path);
    if (error < 0) {
        host->counters.ip_out_no_routes++;
        transmit_drop(host, message, path_drop_reason(error));
        return;
    }
    /* Who asked from the broadcast address of a subnet of another interface of ours would have all
     * there answered (attack B19). */
    if (path.broadcast) {
        transmit_drop(host, message, DROP_IP_DESTINATION);
        return;
    }
    if (host->nat)
        path.source = translate_own_error_source(host, &path);
    struct ipv4_fields fields = {
        .source = path.source, .destination = *destination, .protocol = PROTOCOL_ICMP, .tos = tos};
    uint8_t room[IPV4_HEADER_MAX_BYTES];
    if (request && request->transport_offset > request->network_offset + IPV4_HEADER_BYTES)
        fields.options = recorder_answer(host, request, &path, room);
    transmit_datagram(host, message, &path, &fields);
}

/* ---- senders ---- */

/* A segment must not be fragmented, so that the path's MTU becomes known (RFC 1191 §3). The ECN
 * bits are TCP's alone to set, whatever the program wants of the type of service. */
static void transmit_segment(struct dobos_host *host, struct sender *sender,
                             struct dobos_packet *segment) {
    struct ipv4_fields fields = {
        .source = sender->flow.local,
        .destination = sender->flow.remote,
        .protocol = PROTOCOL_TCP,
        .ttl = sender->ttl,
        .tos = (uint8_t)((sender->tos & (uint8_t)~TOS_ECN) | segment->ecn),
        .dont_fragment = !sender->may_fragment && !sender->path.is_locked,
    };
    if (sender->path.interface == 0) {
        host->counters.ip_out_no_routes++;
        transmit_drop(host, segment, DROP_NO_ROUTE);
        return;
    }
    transmit_datagram(host, segment, &sender->path, &fields);
}

/* An address that was taken away sends nothing more. */
static bool is_own_source(const struct dobos_host *host, const struct dobos_address *source) {
    return dobos_address_is_unspecified(source) || dobos_address_is_loopback(source) ||
           host_address_owner(host, source);
}

static enum drop_reason reason_of(int result, bool has_way) {
    if (result == -DOBOS_EMSGSIZE)
        return DROP_FRAGMENTATION_NEEDED;
    if (!has_way)
        return path_drop_reason(result);
    return result == -DOBOS_EACCES ? DROP_SPECIAL_RANGE : DROP_NO_ROUTE;
}

/* What is sent to a group comes back to this host's own members, as if it had come in where it
 * leaves (RFC 1112 §6.1). */
static void transmit_copy(struct dobos_host *host, const struct dobos_packet *packet,
                          const struct path *path, const struct ipv4_fields *fields) {
    if (path->interface == LOOPBACK ||
        !igmp_is_member(&host_interface(host, path->interface)->igmp, &fields->destination))
        return;
    struct dobos_packet *copy = dobos_packet_clone(packet);
    if (!copy || !ipv4_transmit(copy, fields)) {
        dobos_packet_release(copy);
        host->counters.dropped_out[DROP_NO_MEMORY]++;
        return;
    }
    copy->looped_at = (uint16_t)path->interface;
    transmit_loopback(host, copy);
}

/* A datagram's own way: each may have another peer. What cannot leave is the socket's pending
 * error. */
static void transmit_message(struct dobos_host *host, struct dobos_socket *socket,
                             struct datagram_outgoing *outgoing) {
    const struct dobos_message *message = &outgoing->message;
    bool to_group = dobos_address_is_multicast(&message->peer.address);
    uint32_t bound = socket->bound_interface ? socket->bound_interface : message->peer.interface;
    if (to_group && !bound)
        bound = outgoing->multicast_interface;
    struct path path;
    host->counters.icmp_out_messages += socket->protocol == DOBOS_ICMP;
    const struct flow flow = {.local_port = socket->sender.flow.local_port,
                              .remote_port = message->peer.port,
                              .protocol = socket->protocol};
    const struct path_question question = {.destination = message->peer.address,
                                           .source = message->local,
                                           .bound = bound,
                                           .flow = &flow};
    int result = path_find(host, &question, &path);
    bool has_way = result == 0;
    if (result == 0 && !is_own_source(host, &message->local))
        result = -DOBOS_EADDRNOTAVAIL;
    if (result == 0 && outgoing->dont_fragment &&
        outgoing->packet->length + IPV4_HEADER_BYTES > path.mtu)
        result = -DOBOS_EMSGSIZE;
    if (result == 0 && !ingress_may_send(host, &path, &path.source, &question.destination))
        result = -DOBOS_EACCES;
    if (result < 0) {
        host->counters.ip_out_no_routes += result == -DOBOS_ENETUNREACH;
        datagram_error_set(socket, result);
        transmit_drop(host, outgoing->packet, reason_of(result, has_way));
        poller_notice(socket);
        return;
    }
    path.has_link = message->has_link && !path.broadcast;
    path.link = message->link;
    struct ipv4_fields fields = {
        .source = path.source,
        .destination = message->peer.address,
        .protocol = socket->protocol,
        .ttl = message->ttl ? message->ttl
               : to_group   ? outgoing->multicast_ttl
                            : socket->sender.ttl,
        .tos = message->tos,
        .dont_fragment = outgoing->dont_fragment,
    };
    datagram_finish(outgoing->packet, socket->protocol, &fields.source, &fields.destination);
    if (to_group && outgoing->multicast_loop)
        transmit_copy(host, outgoing->packet, &path, &fields);
    transmit_datagram(host, outgoing->packet, &path, &fields);
}

/* One packet of a sender. False: it had none. */
static bool transmit_sender(struct dobos_host *host, struct sender *sender) {
    if (sender->kind == SENDER_TCP_HALF_OPEN) {
        struct dobos_packet *segment = tcp_half_open_transmit(&host->transport, sender, host->now);
        if (segment)
            transmit_segment(host, sender, segment);
        return segment != NULL;
    }
    struct dobos_socket *socket = container_of(sender, struct dobos_socket, sender);
    if (sender->kind == SENDER_DATAGRAM) {
        struct datagram_outgoing outgoing;
        bool has = datagram_transmit(&host->transport, socket, &outgoing);
        if (has)
            transmit_message(host, socket, &outgoing);
        return has;
    }
    struct dobos_packet *segment = tcp_transmit(&host->transport, socket, host->now);
    if (segment)
        transmit_segment(host, sender, segment);
    return segment != NULL;
}

/* After a turn: back to the end of the line, or out of it; a socket may have become writable, or be
 * at its end. */
static void transmit_turn_end(struct sender *sender, struct list *line, bool sent) {
    if (sender->wants_output && sent)
        list_append(line, &sender->dirty);
    if (sender->kind != SENDER_TCP_HALF_OPEN)
        socket_changed(container_of(sender, struct dobos_socket, sender));
}

/* Up to how many packets the senders of an interface fill its queue when `room` are about to leave:
 * what waits already goes first, but with fq_codel, which itself gives each its turn. */
static uint32_t pull_limit(const struct egress_queue *queue, unsigned room) {
    if (queue->config.kind != QUEUE_FQ_CODEL)
        return min_u32(room, queue->config.limit_packets);
    return min_u32(egress_queue_packets(queue) + room, queue->config.limit_packets / 2 + 1);
}

/* The senders of an interface take turns. */
static void transmit_pull(struct dobos_host *host, struct interface *interface, unsigned room) {
    uint32_t limit = pull_limit(&interface->queue, room);
    while (egress_queue_packets(&interface->queue) < limit) {
        struct list_node *node = list_take_first(&interface->dirty);
        if (!node)
            return;
        struct sender *sender = container_of(node, struct sender, dirty);
        if (!path_is_fresh(host, &sender->path)) {
            list_append(&host->dirty, &sender->dirty);
            continue;
        }
        bool sent = transmit_sender(host, sender);
        transmit_turn_end(sender, &interface->dirty, sent);
    }
}

/* A sender without a line of its own takes a burst of turns at once: each datagram finds its own
   way into an egress queue, and what has no way at all is transmitted and lost, so that its timers
   run. */
static void transmit_turns(struct dobos_host *host, struct sender *sender) {
    for (unsigned i = 0; i < DOBOS_BURST_PACKETS && sender->wants_output; i++) {
        if (!transmit_sender(host, sender))
            break;
    }
    if (sender->kind == SENDER_TCP_HALF_OPEN)
        return;
    struct dobos_socket *socket = container_of(sender, struct dobos_socket, sender);
    if (sender->kind == SENDER_TCP)
        tcp_on_unreachable(socket, -DOBOS_ENETUNREACH);
    socket_changed(socket);
}

static void sender_path(struct dobos_host *host, struct sender *sender) {
    if (sender->kind == SENDER_DATAGRAM || path_is_fresh(host, &sender->path))
        return;
    const struct path_question question = {.destination = sender->flow.remote,
                                           .source = sender->flow.local,
                                           .bound = sender->flow.interface,
                                           .flow = &sender->flow,
                                           .trust = PATH_MTU_BY_SEQUENCE};
    if (!is_own_source(host, &sender->flow.local) || path_find(host, &question, &sender->path) < 0)
        sender->path.interface = 0;
}

void transmit_dirty(struct dobos_host *host) {
    struct list line;
    struct list_node *node;
    list_init(&line);
    while ((node = list_take_first(&host->dirty)))
        list_append(&line, node);
    while ((node = list_take_first(&line))) {
        struct sender *sender = container_of(node, struct sender, dirty);
        sender_path(host, sender);
        if (sender->kind == SENDER_DATAGRAM || sender->path.interface == 0)
            transmit_turns(host, sender);
        else
            list_append(&host->interfaces[sender->path.interface - 1]->dirty, node);
    }
    transmit_pull(host, host->interfaces[0], LOOPBACK_QUEUE / 2);
}

bool transmit_is_pending_within(const struct dobos_host *host) {
    const struct interface *lo = host->interfaces[0];
    return !list_is_empty(&host->dirty) || !list_is_empty(&lo->dirty) ||
           egress_queue_packets(&lo->queue) > 0;
}

unsigned dobos_output(struct dobos_host *host, uint32_t index, struct dobos_packet **packets,
                      unsigned room, dobos_time now) {
    struct interface *interface = host_interface(host, index);
    unsigned count = 0;
    host_time_set(host, now);
    if (!interface || index == LOOPBACK)
        return 0;
    transmit_dirty(host);
    transmit_pull(host, interface, room);
    while (count < room && (packets[count] = egress_queue_take(&interface->queue, host->now))) {
        interface->out_packets++;
        interface->out_bytes += packets[count++]->length;
    }
    if (interface->queue.dropped.packets > 0)
        transmit_queue_dropped(host, &interface->queue, DROP_CODEL);
    return count;
}

bool dobos_output_is_pending(const struct dobos_host *host, uint32_t index) {
    const struct interface *interface = host_interface(host, index);
    return interface && (egress_queue_packets(&interface->queue) > 0 ||
                         !list_is_empty(&interface->dirty) || !list_is_empty(&host->dirty));
}
