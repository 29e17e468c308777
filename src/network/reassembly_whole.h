/* reassembly_whole: a fragment as reassembly keeps it, and the joining of all of a datagram's. Only
 * reassembly includes it. */
#ifndef NETWORK_REASSEMBLY_WHOLE_H
#define NETWORK_REASSEMBLY_WHOLE_H

#include "packet/packet.h"
#include "wire/ipv4.h"

struct fragment {
    struct dobos_packet *packet; /* with its headers */
    uint32_t offset;             /* of its payload in the datagram's, bytes */
    uint32_t length;             /* of its payload, > 0 */
    bool more;                   /* it is not the last */
};

/* Makes ready to keep a packet whose header was parsed. False: its offset or length cannot be. */
bool fragment_make(struct fragment *fragment, struct dobos_packet *packet, const struct ipv4 *ipv4);
/* The same place, length and bytes. */
bool fragment_is_equal(const struct fragment *a, const struct fragment *b);
/* Whether the marks of all go together: not if one says congestion and another that its sender
 * would not understand. */
bool fragments_agree_on_marks(const struct fragment *fragments, uint32_t count);
/*
 * One packet (give) of fragments that follow each other from 0 to `total`: the first one's header
 * with its lengths and flags put right, and all payloads, shared where there are slices enough and
 * otherwise copied together. NULL: no memory, or header and payload exceed 65,535 bytes.
 */
struct dobos_packet *fragments_join(struct dobos_pool *pool, const struct fragment *fragments,
                                    uint32_t count, uint32_t total);

#endif
