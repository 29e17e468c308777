/*
 * ipv4_layer: an IPv4 header's checks on arrival, its making, and its change on the way through a
 * router (RFC 791, 1122 §3.2.1, 1812 §4.2.2 and §5.2–5.3).
 *
 * Whom a packet is for is not asked here: host/receive.c knows the addresses. Fragmentation is in
 * fragment.c, reassembly in reassembly.c.
 *
 * DEVIATION: [rfc791#19] security and stream identifier options are obsolete, and source routes are
 * dropped; record route and timestamp are in records.c.
 *
 * DEVIATION: [rfc1122#69] [rfc1122#76] [rfc1122#85] [rfc1812#25] transport and programs neither set
 * nor see options, and nothing sent bears any but router alerts and what an echo request had.
 *
 * DEVIATION: [rfc1812#71] [rfc1812#107] [rfc1812#113] [rfc1812#114] the
 * type of service chooses no route, only one of three bands of a queue: it is the DS field since
 * RFC 2474.
 *
 * DEVIATION: [rfc1812#91] a packet that was cut on the way is dropped silently.
 */
#include "network/ipv4_layer.h"

#include "base/checksum.h"
#include "base/prefix.h"

#define DEFAULT_TTL  64
#define IP_MAX_BYTES 65535

static enum verdict drop(enum drop_reason *reason, enum drop_reason why) {
    *reason = why;
    return VERDICT_DROP;
}

static enum drop_reason reason_of(enum ipv4_error error) {
    switch (error) {
    case IPV4_OK:
        return DROP_NONE;
    case IPV4_SHORT:
        return DROP_IP_SHORT;
    case IPV4_VERSION:
        return DROP_IP_VERSION;
    case IPV4_HEADER_LENGTH:
        return DROP_IP_HEADER_LENGTH;
    case IPV4_TOTAL_LENGTH:
        return DROP_IP_TOTAL_LENGTH;
    case IPV4_CHECKSUM:
        return DROP_IP_CHECKSUM;
    case IPV4_OPTIONS:
        return DROP_IP_OPTIONS;
    }
    return DROP_IP_SHORT;
}

/* The basic tests [rfc1812#9] [rfc1812#66] [rfc1812#88] [rfc1122#8] [rfc791#14] [rfc1122#9]
 * [rfc1812#34] [rfc791#1]; what follows the total length is padding [rfc791#2] [rfc1812#90]. The
 * time to live of what arrives is not asked for [rfc1122#17] [rfc1812#3].
 */
enum verdict ipv4_receive(struct dobos_packet *packet, struct ipv4 *ipv4,
                          enum drop_reason *reason) {
    size_t start = packet->network_offset;
    if (packet->length < start + IPV4_HEADER_BYTES)
        return drop(reason, DROP_IP_SHORT);
    const uint8_t *bytes = packet_pull(packet, start + IPV4_HEADER_BYTES);
    if (!bytes)
        return drop(reason, DROP_IP_SHORT);
    size_t available = packet->length - start;
    size_t header =
        min_size(max_size((size_t)(bytes[start] & 15) * 4, IPV4_HEADER_BYTES), available);
    bytes = packet_pull(packet, start + header);
    if (!bytes)
        return drop(reason, DROP_IP_SHORT);
    struct reader r = reader_make(bytes + start, header);
    enum ipv4_error error = ipv4_parse(&r, available, ipv4);
    if (error != IPV4_OK)
        return drop(reason, reason_of(error));
    /* DEVIATION: [rfc1122#70] [rfc9293#116] [rfc1122#178] [rfc1122#88] [rfc1122#95] [rfc1122#108]
     * [rfc1812#28] [rfc1812#64] [rfc1812#83] [rfc1812#92] [rfc1812#94] [rfc1812#141] source routes
     * lead around filters, and nobody honest uses them (attack B9). */
    if (ipv4->has_source_route)
        return drop(reason, DROP_IP_SOURCE_ROUTE);
    packet_trim_to(packet, start + ipv4->total_length);
    packet->transport_offset = (uint16_t)(start + ipv4->header_length);
    return VERDICT_DELIVER;
}

/* From 0.0.0.0 only to all [rfc1812#41]. Addresses no honest packet on a wire has [rfc1122#15]
 * [rfc1812#47] [rfc1812#19] [rfc1812#123] [rfc1812#124] [rfc1812#125]; those of 127/8 only come by
 * lo. */
enum drop_reason ipv4_check_addresses(const struct ipv4 *ipv4, bool from_loopback) {
    uint32_t source = dobos_address_ipv4_number(&ipv4->source);
    uint32_t destination = dobos_address_ipv4_number(&ipv4->destination);
    if (ipv4_is_limited_broadcast(source) || ipv4_is_multicast(source) || ipv4_is_reserved(source))
        return DROP_IP_SOURCE;
    if (ipv4_is_loopback(source) && !from_loopback)
        return DROP_IP_SOURCE;
    /* a host that has no address yet calls to all (RFC 1122 §3.2.1.3 a) */
    if (ipv4_is_this_network(source) && (source != 0 || !ipv4_is_limited_broadcast(destination)))
        return DROP_IP_SOURCE;
    if (ipv4_is_this_network(destination) || ipv4_is_reserved(destination))
        return DROP_IP_DESTINATION;
    if (ipv4_is_loopback(destination) && !from_loopback)
        return DROP_IP_DESTINATION;
    return DROP_NONE;
}

/* [rfc791#3] [rfc1122#16] [rfc1122#18] [rfc1812#39] [rfc1122#68]; never with options or reserved
 * bits [rfc1122#86] [rfc1122#89] [rfc1812#26] [rfc1812#29] [rfc1812#32] */
bool ipv4_transmit(struct dobos_packet *packet, const struct ipv4_fields *fields) {
    struct ipv4 ipv4 = {
        .source = fields->source,
        .destination = fields->destination,
        .options = fields->options,
        .identification = fields->identification,
        .dont_fragment = fields->dont_fragment,
        .tos = fields->tos,
        .ttl = fields->ttl ? fields->ttl : DEFAULT_TTL,
        .protocol = fields->protocol,
    };
    size_t header = fields->options.length > 0 ? ipv4_emit_length(&ipv4) : IPV4_HEADER_BYTES;
    if (packet->length > IP_MAX_BYTES - header)
        return false;
    ipv4.total_length = (uint16_t)(packet->length + header);
    uint8_t *bytes = packet_prepend(packet, header);
    if (!bytes)
        return false;
    struct writer w = writer_make(bytes, header);
    ipv4_emit(&w, &ipv4);
    packet->network_offset = 0;
    return !w.failed;
}

/* One hop less [rfc1812#14] [rfc791#13] [rfc1122#78] [rfc1812#15] [rfc791#16] [rfc1812#111]
 * [rfc1812#2]; nothing else of the header is touched, whatever its service and
 * options [rfc6864#3] [rfc1812#116] [rfc1812#117] [rfc1812#139] [rfc1812#140], and how many hops
 * may be left is not guessed [rfc1812#112]. */
enum verdict ipv4_forward(struct dobos_packet *packet, struct ipv4 *ipv4,
                          enum drop_reason *reason) {
    if (ipv4->ttl <= 1)
        return drop(reason, DROP_TTL_EXPIRED);
    packet_trim_front(packet, packet->network_offset);
    uint8_t *bytes = packet_pull(packet, ipv4->header_length);
    if (!bytes)
        return drop(reason, DROP_NO_MEMORY);
    uint16_t before = load_be16(bytes + 8);
    bytes[8]--;
    ipv4->ttl--;
    store_be16(bytes + 10, checksum_update(load_be16(bytes + 10), before, load_be16(bytes + 8)));
    packet->offload.flags = (uint8_t)(packet->offload.flags & ~DOBOS_OFFLOAD_DATA_VALID);
    return VERDICT_FORWARD;
}

/*
 * A permutation of the counter's 16 low bits that is another for each source, destination and
 * protocol: within 65,536 datagrams no number comes twice between two addresses [rfc6864#2]
 * [rfc791#15], and what one of them sees says nothing of the counter (attacks B17, B18). Four
 * rounds of a Feistel network; its round function is the keyed hash.
 * DEVIATION: [rfc6864#4] who sends more than that within a datagram's lifetime is not slowed down.
 */
uint16_t ipv4_identification(const struct hash_key *key, const struct dobos_address *source,
                             const struct dobos_address *destination, uint8_t protocol,
                             uint64_t *counter) {
    uint8_t input[2 * sizeof source->bytes + 3];
    memcpy(input, source->bytes, sizeof source->bytes);
    memcpy(input + sizeof source->bytes, destination->bytes, sizeof destination->bytes);
    input[32] = protocol;
    uint8_t left = (uint8_t)(*counter >> 8), right = (uint8_t)*counter;
    ++*counter;
    for (uint8_t round = 0; round < 4; round++) {
        input[33] = round;
        input[34] = right;
        uint8_t next = (uint8_t)(left ^ keyed_hash(key, input, sizeof input));
        left = right;
        right = next;
    }
    return (uint16_t)(left << 8 | right);
}
