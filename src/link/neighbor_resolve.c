/*
 * neighbor_resolve: somebody sends to a next hop (RFC 4861 §7.2.2, §7.3.3; RFC 1122 §2.3.2.2), and
 * the requests that find it out.
 */
#include "link/ethernet_layer.h"
#include "link/neighbor_table.h"

#include "base/ipv4_ranges.h"

#define ARP_HEADROOM 64 /* more than Ethernet's header in front of the 28 bytes */

/* An answer goes ahead of all; a request, of which others can provoke many, as any packet. */
#define BAND_OF_REQUESTS 1

/* What a link-local address says goes to all, so that another who has it hears it [rfc3927#6]. */
bool arp_transmit(struct dobos_pool *pool, const struct arp *arp,
                  const struct dobos_mac *destination, struct packet_queue *out) {
    if (ipv4_is_link_local(dobos_address_ipv4_number(&arp->sender)))
        destination = &MAC_BROADCAST;
    struct dobos_packet *packet = packet_create(pool, ARP_HEADROOM);
    if (!packet)
        return false;
    uint8_t *bytes = packet_append(packet, ARP_BYTES);
    struct writer w = writer_make(bytes, bytes ? ARP_BYTES : 0);
    arp_emit(&w, arp);
    if (w.failed || !ethernet_transmit(packet, destination, &arp->sender_mac, ETHER_TYPE_ARP)) {
        dobos_packet_release(packet);
        return false;
    }
    packet->band = arp->operation == ARP_REQUEST ? BAND_OF_REQUESTS : 0;
    packet_queue_append(out, packet);
    return true;
}

/* A request [rfc826#1] [rfc826#6] [rfc1122#7], at most one a second a target [rfc1122#3]. */
bool neighbor_ask(struct neighbor *neighbor, dobos_time now, struct packet_queue *out) {
    struct neighbors *neighbors = neighbor->owner;
    if (neighbor->asked != NEIGHBOR_NOT_YET && now - neighbor->asked < NEIGHBOR_RETRANSMIT_NS)
        return false;
    struct arp arp = {
        .operation = ARP_REQUEST,
        .sender_mac = neighbors->mac,
        .sender = neighbor->asker,
        .target = neighbor->address,
    };
    const struct dobos_mac *to =
        neighbor->state == DOBOS_NEIGHBOR_PROBE ? &neighbor->mac : &MAC_BROADCAST;
    neighbor->asked_as = neighbor->asker;
    neighbor->asked = now; /* also when there was no memory: the try counts */
    neighbor->probes++;
    if (arp_transmit(neighbors->pool, &arp, to, out))
        neighbors->requests_sent++;
    timer_arm(neighbors->wheel, &neighbor->timer, now + NEIGHBOR_RETRANSMIT_NS);
    return true;
}

/* A broadcast request for `target` that nobody asked for. */
static void request_send(struct neighbors *neighbors, const struct dobos_address *sender,
                         const struct dobos_address *target, struct packet_queue *out) {
    struct arp arp = {.operation = ARP_REQUEST,
                      .sender_mac = neighbors->mac,
                      .sender = *sender,
                      .target = *target};
    if (arp_transmit(neighbors->pool, &arp, &MAC_BROADCAST, out))
        neighbors->requests_sent++;
}

/* [rfc5227#7] */
void neighbor_announce(struct neighbors *neighbors, const struct dobos_address *address,
                       struct packet_queue *out) {
    request_send(neighbors, address, address, out);
}

/* From nobody, so that no cache on the link takes it for the address's owner [rfc5227#1]. */
void neighbor_probe(struct neighbors *neighbors, const struct dobos_address *address,
                    struct packet_queue *out) {
    struct dobos_address nobody = dobos_address_ipv4(0);
    request_send(neighbors, &nobody, address, out);
}

static enum verdict drop(struct dobos_packet *packet, enum drop_reason *reason,
                         enum drop_reason why) {
    dobos_packet_release(packet);
    *reason = why;
    return VERDICT_DROP;
}

/* A packet waits for its neighbour [rfc1122#4] [rfc826#7] [rfc1812#21]: the latest stay (attack
 * A7). */
static enum verdict neighbor_wait(struct neighbor *neighbor, struct dobos_packet *packet,
                                  enum drop_reason *reason) {
    struct neighbors *neighbors = neighbor->owner;
    bool full = neighbors->waiting >= NEIGHBOR_INTERFACE_PACKETS;
    if (neighbor->waiting.packets >= NEIGHBOR_QUEUE_PACKETS ||
        (full && neighbor->waiting.packets > 0)) {
        dobos_packet_release(packet_queue_take(&neighbor->waiting));
        neighbors->waiting--;
        neighbors->dropped_waiting++;
    } else if (full) {
        return drop(packet, reason, DROP_NEIGHBOR_QUEUE);
    }
    packet_queue_append(&neighbor->waiting, packet);
    neighbors->waiting++;
    return VERDICT_HELD;
}

/* The frame for a neighbour whose link address is known. */
static enum verdict neighbor_pass(struct neighbor *neighbor, struct dobos_packet *packet,
                                  dobos_time now, struct packet_queue *out,
                                  enum drop_reason *reason) {
    if (neighbor->state == DOBOS_NEIGHBOR_STALE) /* RFC 4861 §7.3.3: in use again, so it is asked
                                                    unless a hint comes first */
        neighbor_enter(neighbor, DOBOS_NEIGHBOR_DELAY, now);
    if (!ethernet_transmit(packet, &neighbor->mac, &neighbor->owner->mac, ETHER_TYPE_IPV4))
        return drop(packet, reason, DROP_NO_MEMORY);
    packet_queue_append(out, packet);
    return VERDICT_DELIVER;
}

bool neighbor_is_reachable(const struct neighbors *neighbors, const struct dobos_address *next_hop,
                           struct dobos_mac *mac) {
    const struct neighbor *neighbor = neighbor_find(neighbors, next_hop);
    if (!neighbor || neighbor->state != DOBOS_NEIGHBOR_REACHABLE)
        return false;
    *mac = neighbor->mac;
    return true;
}

/* Only what is sent makes a neighbour be probed, and only when nothing told of it lately
 * [rfc1122#102] [rfc1122#103]. */
enum verdict neighbor_resolve(struct neighbors *neighbors, const struct dobos_address *next_hop,
                              const struct dobos_address *source, struct dobos_packet *packet,
                              dobos_time now, struct packet_queue *out, enum drop_reason *reason) {
    struct neighbor *neighbor = neighbor_find(neighbors, next_hop);
    if (!neighbor) {
        neighbor = neighbor_create(neighbors, next_hop, true);
        if (!neighbor)
            return drop(packet, reason,
                        neighbors->count >= NEIGHBOR_ENTRIES ? DROP_NEIGHBOR_QUEUE
                                                             : DROP_NO_MEMORY);
        neighbor->asker = *source;
        neighbor_enter(neighbor, DOBOS_NEIGHBOR_INCOMPLETE, now);
        neighbor_ask(neighbor, now, out);
        return neighbor_wait(neighbor, packet, reason);
    }
    neighbor->asker = *source;
    if (neighbor_has_mac(neighbor))
        return neighbor_pass(neighbor, packet, now, out, reason);
    if (neighbor->state == DOBOS_NEIGHBOR_FAILED) {
        neighbor_enter(neighbor, DOBOS_NEIGHBOR_INCOMPLETE, now);
        neighbor_ask(neighbor, now, out);
    }
    return neighbor_wait(neighbor, packet, reason);
}
