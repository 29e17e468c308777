/*
 * gso: a TCP super-segment becomes the segments that its sender meant (TCP over IPv4 over
 * Ethernet). Each segment has a copy of the headers and a share of the payload; sequence numbers,
 * lengths and identifications count on, FIN and PSH stand on the last one only, CWR on the first
 * one only (RFC 3168 §6.1.2), and both checksums are true.
 */
#include "link/gso.h"

#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#define IP_AT            ETHERNET_HEADER_BYTES
#define SEGMENT_HEADROOM (PACKET_HEADER_ROOM - 16)
#define SEGMENTS         1400 /* 64 KiB in segments of 48 bytes, the smallest that TCP makes */

struct plan {
    const uint8_t *headers; /* of the super-segment: link, network, transport */
    size_t tcp_at;          /* where the TCP header begins */
    size_t header_length;   /* of all three */
    size_t payload;         /* bytes behind them */
    size_t piece;           /* payload bytes a segment */
};

/* Finds the headers by what they say themselves; offload.header_length is a hint only (virtio 1.2
 * §5.1.6.2). */
static bool plan_make(struct plan *plan, struct dobos_packet *packet) {
    const uint8_t *bytes = packet_pull(packet, IP_AT + IPV4_HEADER_BYTES);
    if (!bytes || load_be16(bytes + 12) != ETHER_TYPE_IPV4 || bytes[IP_AT] >> 4 != 4 ||
        bytes[IP_AT + 9] != PROTOCOL_TCP)
        return false;
    plan->tcp_at = IP_AT + (size_t)(bytes[IP_AT] & 15) * 4;
    if (plan->tcp_at < IP_AT + IPV4_HEADER_BYTES)
        return false;
    bytes = packet_pull(packet, plan->tcp_at + TCP_HEADER_BYTES);
    if (!bytes)
        return false;
    size_t tcp_length = (size_t)(bytes[plan->tcp_at + 12] >> 4) * 4;
    plan->header_length = plan->tcp_at + tcp_length;
    if (tcp_length < TCP_HEADER_BYTES)
        return false;
    plan->headers = packet_pull(packet, plan->header_length);
    if (!plan->headers)
        return false;
    plan->payload = packet->length - plan->header_length;
    plan->piece = packet->offload.gso_bytes;
    return plan->payload <= plan->piece * SEGMENTS;
}

/* The Internet checksum of one address pair, protocol and length, straight from the header's bytes.
 */
static uint32_t pseudo_sum(const uint8_t *ip, size_t length) {
    uint32_t sum = checksum_add(0, ip + 12, 8);
    return sum + PROTOCOL_TCP + (uint32_t)length;
}

/* Makes a segment's copied headers its own. */
static void segment_finish(struct dobos_packet *segment, const struct plan *plan, size_t offset,
                           size_t index, bool last) {
    uint8_t *ip = segment->header + segment->header_start + IP_AT;
    uint8_t *tcp = ip + (plan->tcp_at - IP_AT);
    size_t tcp_total = segment->length - plan->tcp_at;
    store_be16(ip + 2, (uint16_t)(segment->length - IP_AT));
    store_be16(ip + 4, (uint16_t)(load_be16(ip + 4) + index));
    store_be16(ip + 10, 0);
    store_be16(ip + 10, checksum_finish(checksum_add(0, ip, plan->tcp_at - IP_AT)));
    store_be32(tcp + 4, load_be32(tcp + 4) + (uint32_t)offset);
    if (!last)
        tcp[13] = (uint8_t)(tcp[13] & ~(TCP_FIN | TCP_PSH));
    if (index > 0)
        tcp[13] = (uint8_t)(tcp[13] & ~TCP_CWR);
    store_be16(tcp + 16, 0);
    store_be16(tcp + 16, checksum_finish(pseudo_sum(ip, tcp_total) +
                                         packet_sum(segment, plan->tcp_at, tcp_total)));
}

static struct dobos_packet *segment_create(const struct dobos_packet *packet,
                                           const struct plan *plan, size_t offset, size_t index) {
    size_t length = min_size(plan->piece, plan->payload - offset);
    struct dobos_packet *segment = packet_create(packet->pool, SEGMENT_HEADROOM);
    if (!segment)
        return NULL;
    uint8_t *headers = NULL;
    if (packet_share(segment, packet, plan->header_length + offset, length))
        headers = packet_prepend(segment, plan->header_length);
    if (!headers) {
        dobos_packet_release(segment);
        return NULL;
    }
    memcpy(headers, plan->headers, plan->header_length);
    segment_finish(segment, plan, offset, index, offset + length == plan->payload);
    segment->network_offset = IP_AT;
    segment->transport_offset = (uint16_t)plan->tcp_at;
    segment->payload_offset = (uint16_t)plan->header_length;
    segment->link_broadcast = packet->link_broadcast;
    segment->band = packet->band;
    segment->number = packet->number;
    segment->cause = packet->cause;
    return segment;
}

/* A frame that needs no splitting gets its checksum. */
static void pass(struct dobos_packet *packet, struct packet_queue *out) {
    if (packet->offload.flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM)
        packet_finish_checksum(packet);
    packet->offload = (struct dobos_offload){0};
    packet_queue_append(out, packet);
}

bool gso_split(struct dobos_packet *packet, struct packet_queue *out) {
    struct plan plan;
    struct packet_queue segments;
    if (packet->offload.gso == DOBOS_GSO_NONE) {
        pass(packet, out);
        return true;
    }
    packet_queue_init(&segments);
    bool done = packet->offload.gso == DOBOS_GSO_TCPV4 && packet->offload.gso_bytes > 0 &&
                plan_make(&plan, packet);
    if (done && plan.payload <= plan.piece) {
        pass(packet, out);
        return true;
    }
    for (size_t offset = 0, index = 0; done && offset < plan.payload;
         offset += plan.piece, index++) {
        struct dobos_packet *segment = segment_create(packet, &plan, offset, index);
        if (segment)
            packet_queue_append(&segments, segment);
        else
            done = false;
    }
    if (!done)
        packet_queue_clear(&segments);
    for (struct dobos_packet *segment = packet_queue_take(&segments); segment;
         segment = packet_queue_take(&segments))
        packet_queue_append(out, segment);
    dobos_packet_release(packet);
    return done;
}

bool gso_split_datagram(struct dobos_packet *packet, struct packet_queue *out) {
    struct packet_queue frames;
    struct dobos_packet *segment;
    uint8_t *link = packet_prepend(packet, ETHERNET_HEADER_BYTES);
    packet_queue_init(&frames);
    if (!link) {
        dobos_packet_release(packet);
        return false;
    }
    memset(link, 0, ETHERNET_HEADER_BYTES);
    store_be16(link + 12, ETHER_TYPE_IPV4);
    bool done = gso_split(packet, &frames);
    while ((segment = packet_queue_take(&frames))) {
        packet_trim_front(segment, ETHERNET_HEADER_BYTES);
        packet_queue_append(out, segment);
    }
    return done;
}
