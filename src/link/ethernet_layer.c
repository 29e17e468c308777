/*
 * ethernet_layer: what a station does with a frame, and the frame it puts around a packet (RFC 894;
 * RFC 1042 on receipt only).
 *
 * Receiving records where the network header begins and strips nothing, so that a dropped packet
 * can still be looked at. It says nothing of addresses above: a frame to a multicast group is
 * taken, and whether the group is one of ours is the network layer's to decide. Sending fills short
 * frames up with zeros (attack A9); the padding's end is cut on receipt by the IP total length.
 */
#include "link/ethernet_layer.h"

#include "wire/arp.h"

#define SNAP_HEADER_BYTES 22 /* Ethernet's 14, LLC's 3, SNAP's 5 */
#define ETHERNET_II_TYPES 0x0600

static enum verdict drop(enum drop_reason *reason, enum drop_reason why) {
    *reason = why;
    return VERDICT_DROP;
}

/* Which frames are taken [rfc1122#5] [rfc894#1] [rfc894#3], those of RFC 1042 among them
 * [rfc1122#6]. */
enum verdict ethernet_receive(struct dobos_packet *packet, const struct dobos_mac *mac,
                              struct ethernet *ethernet, enum drop_reason *reason) {
    const uint8_t *bytes = packet_pull(packet, ETHERNET_HEADER_BYTES);
    size_t pulled = ETHERNET_HEADER_BYTES;
    if (!bytes)
        return drop(reason, DROP_FRAME_SHORT);
    if (load_be16(bytes + 12) < ETHERNET_II_TYPES && packet->length >= SNAP_HEADER_BYTES) {
        pulled = SNAP_HEADER_BYTES;
        bytes = packet_pull(packet, pulled);
        if (!bytes)
            return drop(reason, DROP_FRAME_SHORT);
    }
    struct reader r = reader_make(bytes, pulled);
    if (!ethernet_parse(&r, ethernet))
        return drop(reason, DROP_FRAME_SHORT);
    if (mac_is_group(&ethernet->source) || mac_is_zero(&ethernet->source))
        return drop(reason, DROP_FRAME_SOURCE);
    bool group = mac_is_group(&ethernet->destination);
    if (!group && !mac_is_equal(&ethernet->destination, mac))
        return drop(reason, DROP_FRAME_NOT_FOR_US);
    if (ethernet->type != ETHER_TYPE_IPV4 && ethernet->type != ETHER_TYPE_ARP)
        return drop(reason, DROP_ETHERTYPE);
    if (ethernet->payload_length != 0) {
        size_t end = (size_t)ethernet->payload_offset + ethernet->payload_length;
        if (end > packet->length)
            return drop(reason, DROP_FRAME_SHORT);
        packet_trim_to(packet, end);
    }
    packet->network_offset = ethernet->payload_offset;
    packet->link_broadcast = group;
    return VERDICT_DELIVER;
}

/*
 * Fills a frame up with zeros to Ethernet's least length [rfc894#2]. All its headers are in front
 * by now, so what is left of the headroom is free.
 */
static bool frame_pad(struct dobos_packet *packet) {
    static const uint8_t zeros[ETHERNET_MIN_FRAME_BYTES] = {0};
    size_t padding = ETHERNET_MIN_FRAME_BYTES - packet->length;
    if (packet->header_length == packet->length && packet->header_start >= padding) {
        uint8_t *from = packet->header + packet->header_start;
        memmove(from - padding, from, packet->header_length);
        packet->header_start = (uint16_t)(packet->header_start - padding);
    }
    uint8_t *bytes = packet_append(packet, padding);
    if (!bytes)
        return packet_append_bytes(packet, zeros, padding);
    memset(bytes, 0, padding);
    return true;
}

bool ethernet_transmit(struct dobos_packet *packet, const struct dobos_mac *destination,
                       const struct dobos_mac *source, uint16_t type) {
    uint8_t *bytes = packet_prepend(packet, ETHERNET_HEADER_BYTES);
    if (!bytes)
        return false;
    struct writer w = writer_make(bytes, ETHERNET_HEADER_BYTES);
    struct ethernet ethernet = {.destination = *destination, .source = *source, .type = type};
    ethernet_emit(&w, &ethernet);
    return packet->length >= ETHERNET_MIN_FRAME_BYTES || frame_pad(packet);
}
