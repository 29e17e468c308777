/* routes_inner: what the files of routes share. */
#ifndef NETWORK_ROUTES_INNER_H
#define NETWORK_ROUTES_INNER_H

#include "base/prefix.h"
#include "network/routes.h"

struct route_link {
    uint32_t hop;  /* its number */
    uint32_t next; /* link of the same prefix, not a smaller metric; 0: the last */
};

/* A node of the trie: a prefix. It exists because routes have that prefix, or because two longer
 * ones part there. */
struct route_node {
    uint32_t number;   /* the prefix's bits, the rest zero */
    uint32_t child[2]; /* by the first bit behind this prefix; 0: none */
    uint32_t lead;     /* of its routes; 0: two longer prefixes part here */
    uint32_t below;    /* routes in this subtree, this node's included */
    uint8_t length;    /* of the prefix, 0–32 */
};

static inline struct route_node *route_node_at(const struct routes *routes, uint32_t node) {
    return slab_at(&routes->nodes, node);
}
static inline bool route_node_holds(const struct route_node *node, uint32_t number) {
    return node->length == 0 || (node->number ^ number) >> (32 - node->length) == 0;
}
static inline unsigned route_bit(uint32_t number, unsigned place) {
    return number << (place & 31) >> 31;
}

/* ---- routes_hops.c: the hops of one prefix ---- */

/* Adds a route's hop to a lead (0 at first). -DOBOS_EEXIST, -DOBOS_ENOMEM: nothing has changed. */
int route_lead_add(struct routes *routes, uint32_t *lead, const struct dobos_route *route);
/* False: it is not there. */
bool route_lead_remove(struct routes *routes, uint32_t *lead, const struct dobos_route *route);
/* -DOBOS_ENOENT, -DOBOS_ENOMEM. */
int route_lead_source_set(struct routes *routes, uint32_t *lead, const struct dobos_route *route,
                          const struct dobos_address *source);
/* Takes the only hop of a lead away. */
void route_lead_clear(struct routes *routes, uint32_t lead);

/* ---- routes_walk.c ---- */

/* The lead of the longest prefix, by the trie, of at least and at most so many bits; 0: none.
 * *length, if not NULL: its own. */
uint32_t routes_walk(const struct routes *routes, uint32_t number, uint8_t least, uint8_t most,
                     uint8_t *length);
/* Whether there are routes to longer prefixes within this one. */
bool routes_has_longer(const struct routes *routes, uint32_t number, uint8_t length);

#endif
