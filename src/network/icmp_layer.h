/*
 * icmp_layer: ICMP for IPv4 (RFC 792, 1122 §3.2.2, 1812 §4.3): answers echo requests, makes error
 * messages (rate-limited; never about errors, broadcasts, multicasts, later fragments, or senders
 * that cannot be answered), and reads those of others.
 */
#ifndef NETWORK_ICMP_LAYER_H
#define NETWORK_ICMP_LAYER_H

#include "base/keyed_hash.h"
#include "base/random.h"
#include "base/verdict.h"
#include "packet/packet.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"

/* A token bucket for all errors (RFC 1812 §4.3.2.8): 1,000 a second in bursts of 48 on the average,
 * with so much chance in it that it tells nothing (attack C5), and one a destination: 6 a second.
 */
struct icmp_limit {
    int64_t tokens;       /* × DOBOS_SECOND */
    dobos_time updated;   /* when tokens were counted */
    struct random random; /* seeded from the host's key */
    struct {
        int64_t tokens;     /* × DOBOS_SECOND */
        dobos_time updated; /* when */
    } destinations[64];     /* by keyed hash, another each second; a collision shares */
    struct hash_key key;    /* of the above */
};
void icmp_limit_init(struct icmp_limit *limit, const struct hash_key *key, uint64_t seed,
                     dobos_time now);

/* What the reason of a drop says to the sender: false when it says nothing. The one constant table.
 */
bool icmp_error_of(enum drop_reason reason, uint8_t *type, uint8_t *code);
/*
 * Makes the ICMP error about `packet` (borrowed; its network_offset and *ipv4 as parsed) for
 * `reason`: an ICMP message without IP header (give), as much of the original as fits 576 bytes in
 * all (RFC 1812 §4.3.2.3). `mtu` for DROP_FRAGMENTATION_NEEDED, else 0; DROP_IP_OPTIONS points at
 * ipv4->bad_option. NULL: nothing is to be sent (see above), the bucket is empty, or no memory.
 */
struct dobos_packet *icmp_error_transmit(struct dobos_pool *pool, struct icmp_limit *limit,
                                         struct dobos_packet *packet, const struct ipv4 *ipv4,
                                         enum drop_reason reason, uint32_t mtu, dobos_time now);
/* Makes the ICMP redirect that tells the sender of `packet` (borrowed, as above) that `gateway` is
 * the better first hop to its destination: a message without IP header (give). NULL: as above. */
struct dobos_packet *icmp_redirect_transmit(struct dobos_pool *pool, struct icmp_limit *limit,
                                            struct dobos_packet *packet, const struct ipv4 *ipv4,
                                            const struct dobos_address *gateway, dobos_time now);

struct icmp_receipt {
    struct icmp icmp; /* the header */
    struct dobos_packet
        *answer; /* VERDICT_ANSWER: an ICMP message without IP header (give) to be sent back from
                    `destination` (or the interface's own if that was broadcast) */
    struct quote quote; /* VERDICT_QUOTE */
};
/*
 * An ICMP message for us at packet->transport_offset (borrowed). VERDICT_ANSWER: an echo reply.
 * VERDICT_QUOTE: an error. VERDICT_DELIVER: an echo reply, for a ping socket (identifier and
 * sequence in receipt->icmp; payload_offset set behind the 8 bytes). VERDICT_DROP: *reason
 * (malformed, checksum, unknown or ignored type: source quench, redirect, RFC 6633, 6918; echo to
 * broadcast).
 */
enum verdict icmp_receive(struct dobos_packet *packet, const struct ipv4 *ipv4, bool broadcast,
                          struct icmp_receipt *receipt, enum drop_reason *reason);
/* An echo request to send: message without IP header (give) with `identifier`; `bytes` as
 * dobos_send describes (sequence number, then data). NULL: no memory, or length < 2. */
struct dobos_packet *icmp_echo_transmit(struct dobos_pool *pool, uint16_t identifier,
                                        const void *bytes, size_t length);

#endif
