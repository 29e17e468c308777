/*
 * icmp_error: ICMP errors of our own: which reason says what to the sender, when nothing may be
 * said (RFC 1122 §3.2.2, RFC 1812 §4.3.2.7), and how often (RFC 1812 §4.3.2.8).
 *
 * Two token buckets stand before each error: one a destination, so that one cannot use up what
 * others are due, and one for all. Neither may tell somebody who probes ports with forged sources,
 * and counts the errors that reach himself, how many others were sent (attack C5). So the second
 * takes 16 tokens for one error in 16, at random, and which destinations share a bucket changes
 * every second: who finds one that shares his has lost it before he can use it.
 *
 * DEVIATION: [rfc1812#60] [rfc1812#61] an error's type of service is zero, as RFC 1122 §3.2.2
 * wants: nobody wins a better class by provoking errors.
 */
#include "network/icmp_layer.h"

#include "base/checksum.h"
#include "base/prefix.h"

#define ERROR_MAX_BYTES        576 /* IP header included */
#define ERROR_HEADROOM         (PACKET_HEADER_ROOM - 32)
#define ALL_PER_SECOND         1000
#define ALL_BURST              48
#define DESTINATION_PER_SECOND 6
#define DESTINATION_BURST      6
#define NOISE                  16 /* an error in so many takes so many tokens of all */

void icmp_limit_init(struct icmp_limit *limit, const struct hash_key *key, uint64_t seed,
                     dobos_time now) {
    *limit = (struct icmp_limit){.tokens = ALL_BURST * DOBOS_SECOND,
                                 .updated = now,
                                 .random = random_make(seed),
                                 .key = *key};
    for (size_t i = 0; i < array_length(limit->destinations); i++) {
        limit->destinations[i].tokens = DESTINATION_BURST * DOBOS_SECOND;
        limit->destinations[i].updated = now;
    }
}

/* A bucket's tokens after time has passed. */
static int64_t bucket_fill(int64_t tokens, dobos_time updated, dobos_time now, int64_t per_second,
                           int64_t burst) {
    int64_t full = burst * DOBOS_SECOND;
    int64_t enough =
        full /
        per_second; /* after that long it is full whatever it was, and the product stays small */
    int64_t passed = now > updated ? min_i64(now - updated, enough) : 0;
    return min_i64(tokens + passed * per_second, full);
}

/* The bucket of a destination in this second. */
static size_t destination_place(const struct icmp_limit *limit,
                                const struct dobos_address *destination, dobos_time now) {
    dobos_time second = max_i64(now, limit->updated) / DOBOS_SECOND;
    uint8_t bytes[sizeof destination->bytes + 8];
    memcpy(bytes, destination->bytes, sizeof destination->bytes);
    store_be64(bytes + sizeof destination->bytes, (uint64_t)second);
    return (size_t)(keyed_hash(&limit->key, bytes, sizeof bytes) %
                    array_length(limit->destinations));
}

/* The rate [rfc1812#6]. */
/* [rfc5508#34] */
static bool icmp_limit_take(struct icmp_limit *limit, const struct dobos_address *destination,
                            dobos_time now) {
    size_t place = destination_place(limit, destination, now);
    int64_t *tokens = &limit->destinations[place].tokens;
    *tokens = bucket_fill(*tokens, limit->destinations[place].updated, now, DESTINATION_PER_SECOND,
                          DESTINATION_BURST);
    limit->destinations[place].updated = now;
    if (*tokens < DOBOS_SECOND)
        return false;
    limit->tokens = bucket_fill(limit->tokens, limit->updated, now, ALL_PER_SECOND, ALL_BURST);
    limit->updated = now;
    if (limit->tokens < DOBOS_SECOND)
        return false;
    *tokens -= DOBOS_SECOND;
    if (random_below(&limit->random, NOISE) == 0)
        limit->tokens -= min_i64(limit->tokens, NOISE * DOBOS_SECOND);
    return true;
}

/* Source quench is never sent [rfc6633#1] [rfc5508#30] [rfc1812#73] [rfc1812#122]. Each reason has
 * the code closest to it [rfc1812#99], none of them 6 or 8 [rfc1812#100]: no route [rfc1812#7]
 * [rfc1812#97], no answer from the neighbour [rfc1812#8] [rfc1812#22] [rfc1812#104], no protocol
 * [rfc1122#30], no port [rfc1122#31] [rfc1122#112], too long [rfc792#1], a filter [rfc1812#103],
 * too many hops [rfc792#2], too slow a reassembly [rfc1122#51] [rfc792#10] [rfc1812#74], a
 * malformed option [rfc1122#71] [rfc1812#75]. */
bool icmp_error_of(enum drop_reason reason, uint8_t *type, uint8_t *code) {
    static const struct {
        enum drop_reason reason;
        uint8_t type, code;
    } table[] = {
        {DROP_NO_ROUTE, ICMP_UNREACHABLE, ICMP_NET_UNREACHABLE},
        {DROP_NEIGHBOR_FAILED, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE},
        {DROP_IP_PROTOCOL, ICMP_UNREACHABLE, ICMP_PROTOCOL_UNREACHABLE},
        {DROP_UDP_NO_PORT, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE},
        {DROP_FRAGMENTATION_NEEDED, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED},
        {DROP_SPECIAL_RANGE, ICMP_UNREACHABLE, ICMP_ADMINISTRATIVELY_PROHIBITED},
        /* [rfc1812#103] [rfc1812#132] */
        {DROP_FILTER_REJECTED, ICMP_UNREACHABLE, ICMP_ADMINISTRATIVELY_PROHIBITED},
        {DROP_NAT_SYN, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE}, /* [rfc5382#7] */
        /* [rfc5508#22] */
        {DROP_NAT_NO_ADDRESS, ICMP_UNREACHABLE, ICMP_ADMINISTRATIVELY_PROHIBITED},
        {DROP_NAT_NO_PORT, ICMP_UNREACHABLE, ICMP_ADMINISTRATIVELY_PROHIBITED},
        {DROP_NAT_QUOTA, ICMP_UNREACHABLE, ICMP_ADMINISTRATIVELY_PROHIBITED},
        {DROP_NAT_PROTOCOL, ICMP_UNREACHABLE, ICMP_ADMINISTRATIVELY_PROHIBITED},
        {DROP_SESSION_LIMIT, ICMP_UNREACHABLE, ICMP_ADMINISTRATIVELY_PROHIBITED},
        {DROP_ROUTE_UNREACHABLE, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE},
        {DROP_NO_CARRIER, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE},
        {DROP_ROUTE_PROHIBIT, ICMP_UNREACHABLE, ICMP_ADMINISTRATIVELY_PROHIBITED},
        {DROP_TTL_EXPIRED, ICMP_TIME_EXCEEDED, 0},
        {DROP_FRAGMENT_TIMEOUT, ICMP_TIME_EXCEEDED, 1},
        {DROP_IP_OPTIONS, ICMP_PARAMETER_PROBLEM, 0},
    };
    for (size_t i = 0; i < array_length(table); i++) {
        if (table[i].reason == reason) {
            *type = table[i].type;
            *code = table[i].code;
            return true;
        }
    }
    return false;
}

/* One host's address [rfc1122#29] [rfc1812#69]. Loopback's are, as long as the packet never left
 * this host. */
static bool source_is_host(uint32_t source, uint32_t destination) {
    if (ipv4_is_loopback(source))
        return ipv4_is_loopback(destination);
    return !ipv4_is_this_network(source) && !ipv4_is_multicast(source) &&
           !ipv4_is_limited_broadcast(source) && !ipv4_is_reserved(source);
}

/* Whether an error about this packet may be sent at all (attack B21). */
/* [rfc5508#33] */
static bool packet_is_answerable(const struct dobos_packet *packet, const struct ipv4 *ipv4) {
    uint32_t destination = dobos_address_ipv4_number(&ipv4->destination);
    if (packet->link_broadcast) /* [rfc1122#27] [rfc1812#68] */
        return false;
    if (ipv4_is_limited_broadcast(destination) ||
        ipv4_is_multicast(destination)) /* [rfc1122#26] [rfc1812#67] */
        return false;
    if (ipv4->fragment_offset != 0) /* [rfc1122#28] [rfc792#6] [rfc1812#70] */
        return false;
    if (!source_is_host(dobos_address_ipv4_number(&ipv4->source), destination))
        return false;
    if (ipv4->protocol == PROTOCOL_ICMP) { /* [rfc1122#25] [rfc792#5] [rfc1812#65]; one that hides
                                              its type is not answered either */
        uint8_t type;
        size_t at = packet->network_offset + (size_t)ipv4->header_length;
        if (dobos_packet_read(packet, at, &type, 1) != 1 || icmp_type_is_error(type))
            return false;
    }
    return true;
}

/* Unused bytes are zero [rfc792#8] [rfc1191#11]. The message quotes the packet as it is
 * [rfc1122#22] [rfc792#9] [rfc1812#59], as much as 576 bytes hold [rfc1812#4]; with [rfc1191#1]
 * [rfc1812#105] the MTU. */
static struct dobos_packet *icmp_error_create(struct dobos_pool *pool,
                                              const struct dobos_packet *packet,
                                              const struct icmp *icmp) {
    size_t quoted = min_size(packet->length - packet->network_offset,
                             ERROR_MAX_BYTES - IPV4_HEADER_BYTES - ICMP_HEADER_BYTES);
    struct dobos_packet *error = packet_create(pool, ERROR_HEADROOM);
    if (!error)
        return NULL;
    uint8_t *bytes = NULL;
    if (packet_share(error, packet, packet->network_offset, quoted))
        bytes = packet_prepend(error, ICMP_HEADER_BYTES);
    if (!bytes) {
        dobos_packet_release(error);
        return NULL;
    }
    struct writer w = writer_make(bytes, ICMP_HEADER_BYTES);
    icmp_emit(&w, icmp);
    store_be16(bytes + 2, checksum_finish(packet_sum(error, 0, error->length)));
    error->cause = packet->number;
    return error;
}

struct dobos_packet *icmp_error_transmit(struct dobos_pool *pool, struct icmp_limit *limit,
                                         struct dobos_packet *packet, const struct ipv4 *ipv4,
                                         enum drop_reason reason, uint32_t mtu, dobos_time now) {
    struct icmp icmp = {0};
    if (!icmp_error_of(reason, &icmp.type, &icmp.code) || !packet_is_answerable(packet, ipv4))
        return NULL;
    if (!icmp_limit_take(limit, &ipv4->source, now))
        return NULL;
    if (reason == DROP_FRAGMENTATION_NEEDED)
        icmp.sequence = (uint16_t)min_u32(mtu, UINT16_MAX);
    if (reason == DROP_IP_OPTIONS) /* the pointer, in the first byte [rfc792#11] */
        icmp.identifier = (uint16_t)(ipv4->bad_option << 8);
    return icmp_error_create(pool, packet, &icmp);
}

/* For the host, never for its network [rfc1812#102]. */
struct dobos_packet *icmp_redirect_transmit(struct dobos_pool *pool, struct icmp_limit *limit,
                                            struct dobos_packet *packet, const struct ipv4 *ipv4,
                                            const struct dobos_address *gateway, dobos_time now) {
    uint32_t number = dobos_address_ipv4_number(gateway);
    const struct icmp icmp = {.type = ICMP_REDIRECT,
                              .code = ICMP_REDIRECT_HOST,
                              .identifier = (uint16_t)(number >> 16),
                              .sequence = (uint16_t)number};
    if (!packet_is_answerable(packet, ipv4) || !icmp_limit_take(limit, &ipv4->source, now))
        return NULL;
    return icmp_error_create(pool, packet, &icmp);
}
