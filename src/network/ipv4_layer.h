/*
 * ipv4_layer: the checks a packet must pass on arrival (RFC 1122 §3.2.1, 1812 §4.2.2, §5.2), the
 * header put in front of what leaves, forwarding's TTL, and fragmentation.
 */
#ifndef NETWORK_IPV4_LAYER_H
#define NETWORK_IPV4_LAYER_H

#include "base/flow.h"
#include "base/verdict.h"
#include "packet/packet.h"
#include "wire/ipv4.h"

/*
 * Parses and checks the header at packet->network_offset: on VERDICT_DELIVER *ipv4 is filled in
 * (slices borrowed from the packet), transport_offset is set, and what the frame has beyond the
 * total length is cut. Says nothing yet of whom it is for. VERDICT_DROP: *reason. A packet with
 * offload DATA_VALID has its header checksum verified all the same.
 */
enum verdict ipv4_receive(struct dobos_packet *packet, struct ipv4 *ipv4, enum drop_reason *reason);
/* Source addresses that may stand in a packet from a wire (RFC 1122 §3.2.1.3, 1812 §5.3.7):
 * DROP_NONE or the reason. `from_loopback`: it came by lo. */
enum drop_reason ipv4_check_addresses(const struct ipv4 *ipv4, bool from_loopback);

struct ipv4_fields {
    struct dobos_address source, destination;
    uint8_t protocol;
    uint8_t ttl; /* 0: 64 */
    uint8_t tos;
    bool dont_fragment;
    uint16_t identification; /* 0 with dont_fragment (RFC 6864: atomic) */
    struct slice options;    /* borrowed; none: empty */
};
/* Puts a header, of 20 bytes where there are no options, in front of a packet whose first byte is
 * transport's; sets network_offset 0, transport_offset and band stays the caller's. False: no
 * headroom, or over 65,535 bytes. */
bool ipv4_transmit(struct dobos_packet *packet, const struct ipv4_fields *fields);
/*
 * Makes ready to forward: everything in front of the IP header is cut, the TTL is one less, the
 * checksum follows (RFC 1624). Options are left as they are (records.h).
 * VERDICT_FORWARD, or VERDICT_DROP with DROP_TTL_EXPIRED (packet unchanged, so that it can be
 * quoted).
 */
enum verdict ipv4_forward(struct dobos_packet *packet, struct ipv4 *ipv4, enum drop_reason *reason);
/* The largest IP packet that leaves for this one (network_offset set): of a super-segment, one of
 * its segments with its headers; of any other, itself. */
uint32_t ipv4_segment_bytes(const struct dobos_packet *packet);
/* Whether its header says that it must not be fragmented. */
bool ipv4_must_stay_whole(const struct dobos_packet *packet);
/*
 * Splits an IP packet (take) that is larger than `mtu` into fragments at the end of `out` (RFC 791
 * §3.2; options copied as their copy bit says; payload shared; a pending checksum is finished
 * first). A packet that fits passes through. False with *reason (DROP_FRAGMENTATION_NEEDED: the
 * packet is NOT taken then; DROP_NO_MEMORY: released).
 */
bool ipv4_fragment(struct dobos_packet *packet, uint32_t mtu, struct packet_queue *out,
                   enum drop_reason *reason);
/* The identification for a datagram that may be fragmented: keyed by source, destination, protocol
 * and a counter (RFC 6864 §4.3, RFC 7739's ways). `counter` is the host's, grows by one. */
uint16_t ipv4_identification(const struct hash_key *key, const struct dobos_address *source,
                             const struct dobos_address *destination, uint8_t protocol,
                             uint64_t *counter);

#endif
