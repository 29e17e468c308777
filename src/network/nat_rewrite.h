/*
 * nat_rewrite: other addresses and ports in a packet, in place: headers alone change, and every
 * checksum follows by what changed (RFC 1624 eq. 3), never by a sum of the payload.
 */
#ifndef NETWORK_NAT_REWRITE_H
#define NETWORK_NAT_REWRITE_H

#include "network/session_key.h"

/* Makes a packet, whose IP header is at its network_offset, one of addresses and ports `after`
 * (ICMP query: the identifier is the source port). False: no memory. */
bool nat_rewrite(struct dobos_packet *packet, const struct session_key *after);
/* Makes an ICMP error one from `source` to `destination` about a packet of addresses and ports
 * `quoted` (RFC 5508 REQ-4, 5). False: no memory, or it is none. */
bool nat_rewrite_error(struct dobos_packet *packet, uint32_t source, uint32_t destination,
                       const struct session_key *quoted);

#endif
