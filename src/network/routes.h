/* routes: IPv4 routes by longest prefix (RFC 4632 §5.1, 1812 §5.2.4.3) in a binary trie with path
 * compression; equal prefixes by metric. The caller (host/) checks gateways. */
#ifndef NETWORK_ROUTES_H
#define NETWORK_ROUTES_H

#include <dobos/host.h>

#include "base/allocator.h"

struct route_node;
struct routes {
    struct allocator *allocator; /* borrowed */
    struct route_node *root;     /* NULL: no routes */
    uint32_t count;              /* routes */
    uint64_t generation;         /* grows with each change: who cached a path compares it */
};
void routes_init(struct routes *routes, struct allocator *allocator);
void routes_fini(struct routes *routes);
/* -DOBOS_EEXIST (same prefix, gateway and metric), -DOBOS_ENOMEM, -DOBOS_EINVAL (host bits set). */
int routes_add(struct routes *routes, const struct dobos_route *route);
/* By destination, gateway, metric and interface (0: any). -DOBOS_ENOENT. */
int routes_remove(struct routes *routes, const struct dobos_route *route);
/* Gives such a route another preferred source, which needs no memory. -DOBOS_ENOENT. */
int routes_source_set(struct routes *routes, const struct dobos_route *route,
                      const struct dobos_address *source);
/* The longest match with the smallest metric; NULL: none. *matches, if not NULL: how many routes
 * hold the address. The pointer is good until the next change. */
const struct dobos_route *routes_lookup(const struct routes *routes,
                                        const struct dobos_address *destination, uint32_t interface,
                                        uint32_t *matches);
/* The nth in the order of `ip route`: the default first, then by address, at one address the
 * shorter prefix first, then metric. */
const struct dobos_route *routes_nth(const struct routes *routes, uint32_t nth);

#endif
