/* flow: who talks with whom, the one key of demultiplexing; and path: how to get there. Values that
 * cross between the layers. */
#ifndef BASE_FLOW_H
#define BASE_FLOW_H

#include <dobos/address.h>

#include "base/keyed_hash.h"

struct flow {
    struct dobos_address
        local; /* this host's; 0.0.0.0 only in a listener's or an unbound socket's */
    struct dobos_address remote; /* the peer's */
    uint16_t local_port;         /* host order */
    uint16_t remote_port;        /* host order */
    uint32_t interface;          /* scope: an interface's index when bound to one, else 0 */
    uint8_t protocol;            /* 1, 6, 17 */
};

static inline bool flow_is_equal(const struct flow *a, const struct flow *b) {
    return a->local_port == b->local_port && a->remote_port == b->remote_port &&
           a->protocol == b->protocol && a->interface == b->interface &&
           dobos_address_is_equal(&a->local, &b->local) &&
           dobos_address_is_equal(&a->remote, &b->remote);
}
uint64_t flow_hash(const struct hash_key *key, const struct flow *flow);

struct path {
    struct dobos_address source;   /* what the packet says it comes from */
    struct dobos_address next_hop; /* whom the frame goes to; the destination itself on-link */
    uint32_t interface;            /* where it leaves; 1: looped back; 0: there is none */
    uint32_t mtu;                  /* largest IP packet, bytes */
    uint32_t link_mtu;             /* of the first link; `mtu` is less where the path is narrower */
    uint32_t
        gso_bytes; /* largest TCP super-packet (IP header included) the port can split; 0: none */
    uint64_t generation; /* of what it was looked up in; another number: stale */
    bool is_locked; /* a link is narrower than `mtu` may get: routers have to fragment (no DF) */
    bool broadcast; /* the frame goes to all (limited or a subnet's broadcast, or multicast) */
    bool has_link;  /* the frame goes to `link` whoever the next hop is; nobody is asked */
    struct dobos_mac link; /* of a client without an address (RFC 2131 §4.1) */
};

#endif
