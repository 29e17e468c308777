/*
 * transmit_link: from an IP packet with a path to frames in an interface's egress queue: cut where
 * it is too long, addressed to its neighbour or kept until that is known, split and finished where
 * the port cannot. It does not ask whether the packet may go: that is done above (transmit.c,
 * forward.c).
 */
#include "host/addresses.h"
#include "host/fates.h"
#include "host/transmit.h"

#include "link/ethernet_layer.h"
#include "link/gso.h"
#include "network/ipv4_layer.h"

/* Counts and tells that a packet, which had that number, does not go out. */
static void count_drop(struct dobos_host *host, uint64_t number, enum drop_reason reason) {
    if (host->fates)
        fate_dropped(host, number, reason, false);
    host->counters.dropped_out[reason]++;
}

void transmit_drop(struct dobos_host *host, struct dobos_packet *packet, enum drop_reason reason) {
    count_drop(host, packet->number, reason);
    dobos_packet_release(packet);
}

/* ---- frames ---- */

void transmit_queue_dropped(struct dobos_host *host, struct egress_queue *queue,
                            enum drop_reason reason) {
    struct dobos_packet *frame;
    while ((frame = packet_queue_take(&queue->dropped)))
        transmit_drop(host, frame, reason);
}

void transmit_frames(struct dobos_host *host, struct interface *interface,
                     struct packet_queue *frames) {
    struct packet_queue ready;
    struct dobos_packet *frame;
    packet_queue_init(&ready);
    while ((frame = packet_queue_take(frames))) {
        if (frame->offload.gso && !interface->offload_tso) {
            const uint64_t number = frame->number;
            if (!gso_split(frame, &ready))
                count_drop(host, number, DROP_NO_MEMORY);
            continue;
        }
        if (!interface->offload_checksum)
            packet_finish_checksum(frame);
        packet_queue_append(&ready, frame);
    }
    while ((frame = packet_queue_take(&ready))) {
        if (interface->carrier)
            egress_queue_append(&interface->queue, frame, host->now);
        else
            transmit_drop(host, frame, DROP_NO_CARRIER);
    }
    if (interface->queue.dropped.packets > 0)
        transmit_queue_dropped(host, &interface->queue, DROP_EGRESS_QUEUE);
}

/* The link address of a packet to all or to a group (RFC 1112 §6.4). [rfc894#4] [rfc1122#59]
 * [rfc1812#119] [rfc1812#53] */
struct dobos_mac group_mac(const struct dobos_address *destination) {
    uint32_t number = dobos_address_ipv4_number(destination);
    if (!ipv4_is_multicast(number))
        return MAC_BROADCAST;
    return (struct dobos_mac){{0x01, 0x00, 0x5e, (uint8_t)(number >> 16 & 0x7f),
                               (uint8_t)(number >> 8), (uint8_t)number}};
}

/* As whom a neighbour is asked for: what is sent from an address of another link or host is asked
 * for as one of this link's; where it has none, as nobody, as in a probe (RFC 5227 §2.1.1). */
static struct dobos_address asker(const struct dobos_host *host, const struct interface *interface,
                                  const struct path *path) {
    const struct interface *owner = host_address_owner(host, &path->source);
    if (owner == interface)
        return path->source;
    const struct dobos_interface_address *own =
        interface_addresses_source(&interface->addresses, &path->next_hop);
    if (own)
        return own->prefix.address;
    return owner ? path->source : dobos_address_ipv4(0);
}

/* Whether the frame's destination is known without asking. */
static bool link_is_known(const struct interface *interface, const struct path *path,
                          struct dobos_mac *mac) {
    if (path->has_link)
        *mac = path->link;
    else if (path->broadcast)
        *mac = group_mac(&path->next_hop);
    else
        return neighbor_is_reachable(&interface->neighbors, &path->next_hop, mac);
    return true;
}

/* One IP packet that fits the link gets its frame, or waits for its neighbour. */
static void transmit_link(struct dobos_host *host, struct interface *interface,
                          struct dobos_packet *packet, const struct path *path) {
    struct packet_queue out;
    packet_queue_init(&out);
    if (!interface->carrier) {
        transmit_drop(host, packet, DROP_NO_CARRIER);
        return;
    }
    struct dobos_mac mac;
    if (link_is_known(interface, path, &mac)) {
        if (!ethernet_transmit(packet, &mac, &interface->mac, ETHER_TYPE_IPV4)) {
            transmit_drop(host, packet, DROP_NO_MEMORY);
            return;
        }
        packet_queue_append(&out, packet);
    } else {
        enum drop_reason reason = DROP_NONE;
        const uint64_t number = packet->number;
        uint64_t dropped = interface->neighbors.dropped_waiting;
        struct dobos_address from = asker(host, interface, path);
        if (neighbor_resolve(&interface->neighbors, &path->next_hop, &from, packet, host->now, &out,
                             &reason) == VERDICT_DROP)
            count_drop(host, number, reason);
        host->counters.dropped_out[DROP_NEIGHBOR_QUEUE] +=
            interface->neighbors.dropped_waiting - dropped;
    }
    transmit_frames(host, interface, &out);
}

void transmit_loopback(struct dobos_host *host, struct dobos_packet *packet) {
    struct egress_queue *queue = &host->interfaces[0]->queue;
    egress_queue_append(queue, packet, host->now);
    if (queue->dropped.packets > 0)
        transmit_queue_dropped(host, queue, DROP_EGRESS_QUEUE);
}

/* ---- packets ---- */

/* False: it is too long and must stay whole, and is not taken. [rfc4787#20] [rfc4787#21]
 * [rfc5508#25] */
static bool transmit_fragments(struct dobos_host *host, struct interface *interface,
                               struct dobos_packet *packet, const struct path *path) {
    struct packet_queue fragments;
    enum drop_reason reason = DROP_NONE;
    uint8_t band = packet->band;
    const uint64_t number = packet->number;
    packet_queue_init(&fragments);
    if (!ipv4_fragment(packet, path->mtu, &fragments, &reason)) {
        host->counters.ip_fragments_failed++;
        count_drop(host, number, reason);
        return reason != DROP_FRAGMENTATION_NEEDED;
    }
    host->counters.ip_fragments_ok++;
    while ((packet = packet_queue_take(&fragments))) {
        host->counters.ip_fragments_created++;
        packet->band = band;
        transmit_link(host, interface, packet, path);
    }
    return true;
}

/* The segments of a super-segment are fragmented each by itself, as if it had come alone. */
static void transmit_segments(struct dobos_host *host, struct interface *interface,
                              struct dobos_packet *packet, const struct path *path) {
    struct packet_queue segments;
    const uint64_t number = packet->number;
    packet_queue_init(&segments);
    if (!gso_split_datagram(packet, &segments))
        count_drop(host, number, DROP_NO_MEMORY);
    while ((packet = packet_queue_take(&segments))) {
        if (ipv4_segment_bytes(packet) <= path->mtu)
            transmit_link(host, interface, packet, path);
        else if (!transmit_fragments(host, interface, packet, path))
            dobos_packet_release(packet);
    }
}

bool transmit_ip(struct dobos_host *host, struct dobos_packet *packet, const struct path *path) {
    struct interface *interface = host_interface(host, path->interface);
    if (path->interface == LOOPBACK) {
        transmit_loopback(host, packet);
        return true;
    }
    if (ipv4_segment_bytes(packet) <= path->mtu) {
        transmit_link(host, interface, packet, path);
        return true;
    }
    if (packet->offload.gso == DOBOS_GSO_NONE || ipv4_must_stay_whole(packet))
        return transmit_fragments(host, interface, packet, path);
    transmit_segments(host, interface, packet, path);
    return true;
}
