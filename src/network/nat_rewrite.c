/*
 * nat_rewrite: see nat_rewrite.h.
 *
 * What changes is summed up as eq. 3 has it, ~before + after for each 16-bit word, and put into
 * each checksum that covers it: addresses count in the header's checksum and, by the pseudo-header,
 * in TCP's and UDP's; ports in the latter. A checksum that is still to be finished (offload
 * NEEDS_CHECKSUM) is the sum of the pseudo-header so far: addresses alone count, and it is not
 * complemented. UDP's zero means that there is none: it stays, and none becomes zero.
 *
 * In an ICMP error all of the inner packet counts in the outer checksum, the inner checksums
 * included.
 */
#include "network/nat_rewrite.h"

#include "base/checksum.h"
#include "network/records.h"
#include "wire/icmp.h"

#define IP_CHECKSUM     10
#define IP_SOURCE       12
#define IP_DESTINATION  16
#define TCP_CHECKSUM    16
#define UDP_CHECKSUM    6
#define ICMP_CHECKSUM   2
#define ICMP_IDENTIFIER 4

/* Writes a word and adds its change to a running sum. */
static uint32_t word_set(uint8_t *at, uint16_t value, uint32_t change) {
    uint16_t before = load_be16(at);
    if (before == value)
        return change;
    store_be16(at, value);
    return change + (uint16_t)~before + value;
}

static uint32_t address_set(uint8_t *at, uint32_t value, uint32_t change) {
    change = word_set(at, (uint16_t)(value >> 16), change);
    return word_set(at + 2, (uint16_t)value, change);
}

/* Puts a change into a checksum; returns what that changes for a checksum that covers this one. */
static uint32_t checksum_change(uint8_t *at, uint32_t change) {
    if (change == 0)
        return 0;
    return word_set(at, checksum_finish((uint32_t)(uint16_t)~load_be16(at) + checksum_fold(change)),
                    0);
}

/* The addresses of an IP header and its checksum; returns the addresses' change. `whole` gets all
 * that changed in the header. */
static uint32_t header_set(uint8_t *ip, uint32_t source, uint32_t destination, uint32_t *whole) {
    uint32_t change = address_set(ip + IP_SOURCE, source, 0);
    change = address_set(ip + IP_DESTINATION, destination, change);
    *whole += change + checksum_change(ip + IP_CHECKSUM, change);
    return change;
}

static uint32_t ports_set(uint8_t *transport, const struct session_key *after) {
    if (after->protocol == PROTOCOL_ICMP)
        return word_set(transport + ICMP_IDENTIFIER, after->source_port, 0);
    if (after->protocol != PROTOCOL_TCP && after->protocol != PROTOCOL_UDP)
        return 0;
    uint32_t change = word_set(transport, after->source_port, 0);
    return word_set(transport + 2, after->destination_port, change);
}

/* Where the transport checksum stands from the transport header; 0: there is none, or it is none
 * (`length`: bytes that are there). */
static size_t checksum_place(uint8_t protocol, const uint8_t *transport, size_t length) {
    if (protocol == PROTOCOL_TCP)
        return length >= TCP_CHECKSUM + 2 ? TCP_CHECKSUM : 0;
    if (protocol == PROTOCOL_UDP)
        return length >= UDP_CHECKSUM + 2 && load_be16(transport + UDP_CHECKSUM) != 0 ? UDP_CHECKSUM
                                                                                      : 0;
    return protocol == PROTOCOL_ICMP && length >= ICMP_CHECKSUM + 2 ? ICMP_CHECKSUM : 0;
}

/* The transport checksum after a change of addresses and one of ports. */
static uint32_t transport_set(uint8_t *transport, size_t length, uint8_t protocol,
                              uint32_t addresses, uint32_t ports) {
    size_t place = checksum_place(protocol, transport, length);
    if (place == 0)
        return 0;
    uint8_t *checksum = transport + place;
    uint32_t before = load_be16(checksum);
    (void)checksum_change(checksum, protocol == PROTOCOL_ICMP ? ports : addresses + ports);
    if (protocol == PROTOCOL_UDP && load_be16(checksum) == 0)
        store_be16(checksum, UINT16_MAX);
    uint16_t now = load_be16(checksum);
    return before == now ? 0 : (uint16_t)~before + (uint32_t)now;
}

/* Of a checksum that is not finished: the sum of the pseudo-header. */
static void pending_set(uint8_t *transport, size_t length, uint8_t protocol, uint32_t addresses) {
    size_t place = protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM;
    if (protocol == PROTOCOL_ICMP || length < place + 2 || addresses == 0)
        return;
    store_be16(transport + place,
               checksum_fold(load_be16(transport + place) + checksum_fold(addresses)));
}

/* No payload is looked at [rfc4787#13] [rfc5382#11]. */
bool nat_rewrite(struct dobos_packet *packet, const struct session_key *after) {
    size_t at = packet->network_offset;
    const uint8_t *first = packet_pull(packet, at + IPV4_HEADER_BYTES);
    size_t header = first ? (size_t)(first[at] & 15) * 4 : 0;
    size_t length = min_size(packet->length - at - header, after->protocol == PROTOCOL_TCP
                                                               ? TCP_CHECKSUM + 2
                                                               : ICMP_HEADER_BYTES); /* UDP, too */
    uint8_t *bytes = first ? packet_pull(packet, at + header + length) : NULL;
    if (!bytes)
        return false;
    uint8_t *transport = bytes + at + header;
    uint32_t whole = 0;
    uint32_t addresses = header_set(bytes + at, after->source, after->destination, &whole);
    uint32_t ports = length >= ICMP_HEADER_BYTES ? ports_set(transport, after) : 0;
    if (packet->offload.flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM)
        pending_set(transport, length, after->protocol, addresses);
    else
        (void)transport_set(transport, length, after->protocol, addresses, ports);
    return true;
}

/* Type and code stay, and the MTU with them [rfc5508#12] [rfc5508#16] [rfc5508#26]; so does what
 * follows the quoted packet (RFC 4884) [rfc5508#9]. What the routers of one side have written into
 * the quoted packet's options is none of the other's business (RFC 7126 §4.5). */
bool nat_rewrite_error(struct dobos_packet *packet, uint32_t source, uint32_t destination,
                       const struct session_key *quoted) {
    size_t at = packet->network_offset;
    const uint8_t *first = packet_pull(packet, at + IPV4_HEADER_BYTES);
    size_t icmp = first ? at + (size_t)(first[at] & 15) * 4 : 0;
    size_t inner = icmp + ICMP_HEADER_BYTES;
    first = first ? packet_pull(packet, inner + IPV4_HEADER_BYTES) : NULL;
    if (!first)
        return false;
    size_t transport = inner + (size_t)(first[inner] & 15) * 4;
    if (packet->length < transport + 4)
        return false;
    size_t length = min_size(packet->length - transport, TCP_CHECKSUM + 2);
    uint8_t *bytes = packet_pull(packet, transport + length);
    if (!bytes)
        return false;
    uint32_t whole = 0;
    uint32_t change = 0;
    uint32_t addresses = header_set(bytes + inner, quoted->source, quoted->destination, &change);
    uint32_t ports = length >= ICMP_HEADER_BYTES ? ports_set(bytes + transport, quoted) : 0;
    change += ports + records_erase(bytes + inner, true);
    change += transport_set(bytes + transport, length, quoted->protocol, addresses, ports);
    if (!(packet->offload.flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM))
        (void)checksum_change(bytes + icmp + ICMP_CHECKSUM, change);
    (void)header_set(bytes + at, source, destination, &whole);
    return true;
}
