/*
 * session_key: see session_key.h. An ICMP error is known by the packet it quotes (RFC 5508 §4): its
 * inner header is read with whatever options it has, and no length in it is
 * believed beyond what is there.
 */
#include "network/session_key.h"

#include "base/checksum.h"
#include "wire/icmp.h"

#define PORTS_BYTES 8 /* of a transport header; what an ICMP error quotes at the least */

/* The identifier of a query is its port, at either end. */
static enum session_kind icmp_read(const uint8_t *bytes, struct session_key *key) {
    key->source_port = key->destination_port = load_be16(bytes + 4);
    if (bytes[0] == ICMP_ECHO_REQUEST)
        return SESSION_KIND_PORTS;
    return bytes[0] == ICMP_ECHO_REPLY ? SESSION_KIND_ANSWER : SESSION_KIND_UNKNOWN;
}

/* The transport header's first bytes; `key` has the addresses and protocol. */
static enum session_kind ports_read(const uint8_t *bytes, size_t length, struct session_key *key) {
    if (key->protocol != PROTOCOL_TCP && key->protocol != PROTOCOL_UDP &&
        key->protocol != PROTOCOL_ICMP)
        return SESSION_KIND_BARE;
    if (length < PORTS_BYTES)
        return SESSION_KIND_UNKNOWN;
    if (key->protocol == PROTOCOL_ICMP)
        return icmp_read(bytes, key);
    key->source_port = load_be16(bytes);
    key->destination_port = load_be16(bytes + 2);
    return SESSION_KIND_PORTS;
}

/* The packet that an ICMP error at `at` quotes. A damaged inner header says nothing, nor does a
 * later fragment, which has no ports; its transport checksum is not looked at. [rfc5508#6]
 * [rfc5508#7] [rfc5508#8] */
static enum session_kind quoted_read(const struct dobos_packet *packet, size_t at,
                                     struct session_key *key) {
    uint8_t bytes[IPV4_HEADER_MAX_BYTES + PORTS_BYTES];
    at += ICMP_HEADER_BYTES;
    size_t length = dobos_packet_read(packet, at, bytes, sizeof(bytes));
    size_t header = length > 0 ? (size_t)(bytes[0] & 15) * 4 : 0;
    if (header < IPV4_HEADER_BYTES || length < header + PORTS_BYTES || bytes[0] >> 4 != 4 ||
        (load_be16(bytes + 6) & 0x1fff) != 0 ||
        checksum_fold(checksum_add(0, bytes, header)) != 0xffff)
        return SESSION_KIND_UNKNOWN;
    *key = (struct session_key){.source = load_be32(bytes + 12),
                                .destination = load_be32(bytes + 16),
                                .protocol = bytes[9]};
    enum session_kind kind = ports_read(bytes + header, length - header, key);
    return kind == SESSION_KIND_PORTS || kind == SESSION_KIND_ANSWER || kind == SESSION_KIND_BARE
               ? SESSION_KIND_ERROR
               : SESSION_KIND_UNKNOWN;
}

/* Whether an ICMP error is whole and undamaged [rfc5508#5]. */
static bool error_is_sound(const struct dobos_packet *packet, size_t at) {
    return (packet->offload.flags & (DOBOS_OFFLOAD_NEEDS_CHECKSUM | DOBOS_OFFLOAD_DATA_VALID)) ||
           checksum_fold(packet_sum(packet, at, packet->length - at)) == 0xffff;
}

enum session_kind session_key_read(struct dobos_packet *packet, const struct ipv4 *ipv4,
                                   struct session_key *key) {
    size_t at = packet->transport_offset;
    *key = (struct session_key){.source = load_be32(ipv4->source.bytes + 12),
                                .destination = load_be32(ipv4->destination.bytes + 12),
                                .protocol = ipv4->protocol};
    const uint8_t *bytes = packet_pull(packet, at + PORTS_BYTES);
    size_t length = bytes ? PORTS_BYTES : 0;
    if (bytes && key->protocol == PROTOCOL_ICMP && icmp_type_is_error(bytes[at]))
        return error_is_sound(packet, at) ? quoted_read(packet, at, key) : SESSION_KIND_UNKNOWN;
    return ports_read(bytes ? bytes + at : NULL, length, key);
}

struct tuple session_key_tuple(const struct session_key *key) {
    return (struct tuple){.source = dobos_address_ipv4(key->source),
                          .destination = dobos_address_ipv4(key->destination),
                          .source_port = key->source_port,
                          .destination_port = key->destination_port,
                          .protocol = key->protocol,
                          .has_ports = key->source_port != 0 || key->destination_port != 0};
}
