/*
 * routes: one table of IPv4 routes, by longest prefix (RFC 4632 §5.1, 1812 §5.2.4.3); equal
 * prefixes by metric. A trie that has a direct table beside it when it is large. The caller (host/)
 * checks gateways.
 *
 * What a table says of an address is a *lead*: a number that stands for the hops of one prefix, the
 * smaller metric first. It is good until the next change.
 */
#ifndef NETWORK_ROUTES_H
#define NETWORK_ROUTES_H

#include <dobos/host.h>

#include "base/hash_table.h"
#include "base/slab.h"

/* Where a route leads. Routes that lead the same way share one. */
struct route_hop {
    struct dobos_address gateway; /* 0.0.0.0: on-link */
    struct dobos_address source;  /* preferred; 0.0.0.0: none */
    uint32_t interface;           /* where it leaves; 0 of those that lead nowhere */
    uint32_t metric;              /* the smaller wins */
    uint32_t mtu;                 /* of what is sent by it, bytes; 0: the interface's */
    enum dobos_origin origin;     /* who set it */
    enum dobos_route_kind type;   /* unicast, blackhole, unreachable or prohibit */
    uint32_t users;               /* routes that lead there */
    uint32_t number;              /* its own in the slab */
    struct hash_node node;        /* in routes->known_hops */
};

struct route_direct;
struct routes {
    struct allocator *allocator;  /* borrowed */
    struct slab nodes;            /* of the trie */
    struct slab links;            /* of lists of hops, where a prefix has several */
    struct slab hops;             /* struct route_hop */
    struct hash_table known_hops; /* the same by what they say */
    struct route_direct *direct;  /* NULL: few routes, or no memory */
    uint32_t root;                /* of the trie; 0: no routes */
    uint32_t count;               /* routes */
    uint32_t table;               /* what its routes say of themselves */
    uint64_t generation;          /* grows with each change: who cached a path compares it */
};

void routes_init(struct routes *routes, struct allocator *allocator, uint32_t table);
void routes_fini(struct routes *routes);
/* -DOBOS_EEXIST (same prefix, gateway, metric and interface), -DOBOS_ENOMEM, -DOBOS_EINVAL (host
 * bits set). */
int routes_add(struct routes *routes, const struct dobos_route *route);
/* By destination, gateway, metric, interface (0: any) and type (unicast: any). Needs no memory.
 * -DOBOS_ENOENT. */
int routes_remove(struct routes *routes, const struct dobos_route *route);
/* Gives such a route another preferred source, which needs no memory where no other route leads
 * the same way. -DOBOS_ENOENT, -DOBOS_ENOMEM. */
int routes_source_set(struct routes *routes, const struct dobos_route *route,
                      const struct dobos_address *source);

/* The lead of the longest prefix that holds the address; 0: none. `interface` not 0: of the longest
 * that has a hop by it. */
uint32_t routes_find(const struct routes *routes, uint32_t number, uint32_t interface);

/* A lead is the number of a hop, or with this bit that of the first link of a list. */
#define LEAD_LIST UINT32_C(0x40000000)

const struct route_hop *route_list_take(const struct routes *routes, uint32_t *lead);
/* The first hop of a lead (not 0), which becomes the rest: 0 behind the last. */
static inline const struct route_hop *routes_hop_take(const struct routes *routes, uint32_t *lead) {
    if (*lead & LEAD_LIST)
        return route_list_take(routes, lead);
    const struct route_hop *hop = slab_at(&routes->hops, *lead);
    *lead = 0;
    return hop;
}
/* Whether a hop leads by that interface (0: any); what leads nowhere does so by all of them. */
static inline bool route_hop_is_by(const struct route_hop *hop, uint32_t interface) {
    return interface == 0 || hop->interface == interface || hop->type != DOBOS_ROUTE_UNICAST;
}
/* The lead of the longest prefix but the default route. */
uint32_t routes_find_close(const struct routes *routes, uint32_t number);
/* The lead of the longest prefix shorter than *length (at first 33), which it becomes; 0: none. */
uint32_t routes_find_shorter(const struct routes *routes, uint32_t number, uint8_t *length);
/* The first hop by that interface (0: any) of the longest prefix that has one: where a packet to
 * the address would go, or whence one from it would come. NULL: nowhere. */
const struct route_hop *routes_lookup(const struct routes *routes,
                                      const struct dobos_address *address, uint32_t interface);

/* The nth in the order of `ip route`: the default first, then by address, at one address the
 * shorter prefix first, then metric. */
bool routes_nth(const struct routes *routes, uint32_t nth, struct dobos_route *route);
/* The nth of those that hold an address, by interface (0: any), the shortest prefix first. */
bool routes_nth_holding(const struct routes *routes, const struct dobos_address *address,
                        uint32_t interface, uint32_t nth, struct dobos_route *route);
/* How many hold it. */
uint32_t routes_holding(const struct routes *routes, const struct dobos_address *address,
                        uint32_t interface);
/* Walks all hops, in no order: NULL begins; NULL ends. */
const struct route_hop *routes_hop_walk(const struct routes *routes, const struct route_hop *hop);

#endif
