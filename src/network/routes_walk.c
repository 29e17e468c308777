/* routes_walk: what is asked of a table of routes. */
#include "network/routes_direct.h"
#include "network/routes_inner.h"

uint32_t routes_walk(const struct routes *routes, uint32_t number, uint8_t least, uint8_t most,
                     uint8_t *length) {
    uint32_t best = 0;
    for (uint32_t at = routes->root; at;) {
        const struct route_node *node = route_node_at(routes, at);
        if (node->length > most || !route_node_holds(node, number))
            break;
        if (node->lead && node->length >= least) {
            best = node->lead;
            if (length)
                *length = node->length;
        }
        at = node->length < 32 ? node->child[route_bit(number, node->length)] : 0;
    }
    return best;
}

bool routes_has_longer(const struct routes *routes, uint32_t number, uint8_t length) {
    for (uint32_t at = routes->root; at;) {
        const struct route_node *node = route_node_at(routes, at);
        if (node->length > length)
            return ((node->number ^ number) & ipv4_mask(length)) == 0;
        if (!route_node_holds(node, number))
            return false;
        if (node->length == length && length < 32)
            return node->child[0] || node->child[1];
        at = node->length < 32 ? node->child[route_bit(number, node->length)] : 0;
    }
    return false;
}

static bool lead_is_by(const struct routes *routes, uint32_t lead, uint32_t interface) {
    while (lead)
        if (route_hop_is_by(routes_hop_take(routes, &lead), interface))
            return true;
    return false;
}

/* The same among hops by one interface, which is asked seldom. */
static uint32_t walk_by(const struct routes *routes, uint32_t number, uint32_t interface) {
    uint32_t best = 0;
    for (uint32_t at = routes->root; at;) {
        const struct route_node *node = route_node_at(routes, at);
        if (!route_node_holds(node, number))
            break;
        if (lead_is_by(routes, node->lead, interface))
            best = node->lead;
        at = node->length < 32 ? node->child[route_bit(number, node->length)] : 0;
    }
    return best;
}

/* The longest prefix wins [rfc1812#11], down to the default route [rfc1122#46] [rfc1122#105], of
 * whatever lengths and wherever they lie [rfc1812#55] [rfc1812#56]. */
uint32_t routes_find(const struct routes *routes, uint32_t number, uint32_t interface) {
    if (interface != 0)
        return walk_by(routes, number, interface);
    if (routes->direct) {
        uint32_t lead = route_direct_find(routes->direct, number);
        if (lead != DIRECT_UNKNOWN)
            return lead;
    }
    uint32_t best = 0;
    for (uint32_t at = routes->root; at;) {
        const struct route_node *node = route_node_at(routes, at);
        if (!route_node_holds(node, number))
            break;
        best = node->lead ? node->lead : best;
        at = node->length < 32 ? node->child[route_bit(number, node->length)] : 0;
    }
    return best;
}

uint32_t routes_find_close(const struct routes *routes, uint32_t number) {
    return routes_walk(routes, number, 1, 32, NULL);
}

uint32_t routes_find_shorter(const struct routes *routes, uint32_t number, uint8_t *length) {
    return *length == 0 ? 0 : routes_walk(routes, number, 0, (uint8_t)(*length - 1), length);
}

const struct route_hop *routes_lookup(const struct routes *routes,
                                      const struct dobos_address *address, uint32_t interface) {
    uint32_t lead = routes_find(routes, dobos_address_ipv4_number(address), interface);
    while (lead) {
        const struct route_hop *hop = routes_hop_take(routes, &lead);
        if (route_hop_is_by(hop, interface))
            return hop;
    }
    return NULL;
}

/* ---- reading ---- */

static void route_fill(const struct routes *routes, const struct route_node *node,
                       const struct route_hop *hop, struct dobos_route *route) {
    *route = (struct dobos_route){
        .destination = {dobos_address_ipv4(node->number), node->length},
        .gateway = hop->gateway,
        .interface = hop->interface,
        .metric = hop->metric,
        .source = hop->source,
        .origin = hop->origin,
        .mtu = hop->mtu,
        .type = hop->type,
        .table = routes->table,
    };
}

/* Preorder (a node before its children, the child with the next bit 0 first) is the order in which
 * people read routes. Each node counts the routes in its subtree, so that the nth is found without
 * walking the others. */
bool routes_nth(const struct routes *routes, uint32_t nth, struct dobos_route *route) {
    if (nth >= routes->count)
        return false;
    for (uint32_t at = routes->root; at;) {
        const struct route_node *node = route_node_at(routes, at);
        for (uint32_t lead = node->lead; lead; nth--) {
            const struct route_hop *hop = routes_hop_take(routes, &lead);
            if (nth == 0) {
                route_fill(routes, node, hop, route);
                return true;
            }
        }
        uint32_t left = node->child[0];
        uint32_t there = left ? route_node_at(routes, left)->below : 0;
        at = nth < there ? left : node->child[1];
        nth -= nth < there ? 0 : there;
    }
    return false;
}

/* Counts the routes that hold an address; the one with that number is read. */
static uint32_t holding_walk(const struct routes *routes, const struct dobos_address *address,
                             uint32_t interface, uint32_t nth, struct dobos_route *route) {
    uint32_t number = dobos_address_ipv4_number(address), count = 0;
    for (uint32_t at = routes->root; at;) {
        const struct route_node *node = route_node_at(routes, at);
        if (!route_node_holds(node, number))
            break;
        for (uint32_t lead = node->lead; lead;) {
            const struct route_hop *hop = routes_hop_take(routes, &lead);
            if (!route_hop_is_by(hop, interface))
                continue;
            if (count++ == nth)
                route_fill(routes, node, hop, route);
        }
        at = node->length < 32 ? node->child[route_bit(number, node->length)] : 0;
    }
    return count;
}

bool routes_nth_holding(const struct routes *routes, const struct dobos_address *address,
                        uint32_t interface, uint32_t nth, struct dobos_route *route) {
    return holding_walk(routes, address, interface, nth, route) > nth;
}

uint32_t routes_holding(const struct routes *routes, const struct dobos_address *address,
                        uint32_t interface) {
    return holding_walk(routes, address, interface, UINT32_MAX, NULL);
}
