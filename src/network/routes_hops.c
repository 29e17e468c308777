/*
 * routes_hops: where routes lead. A router has many routes and few neighbours, so each way is kept
 * once, and a prefix names it by number. Only where a prefix has several routes is there a list; it
 * is turned back into a number when one is left, so that removing needs no memory.
 */
#include "network/routes_inner.h"

static bool hop_is_equal(const struct route_hop *a, const struct route_hop *b) {
    return a->interface == b->interface && a->metric == b->metric && a->mtu == b->mtu &&
           a->origin == b->origin && a->type == b->type &&
           dobos_address_is_equal(&a->gateway, &b->gateway) &&
           dobos_address_is_equal(&a->source, &b->source);
}

/* Nobody but who sets the routes chooses what is hashed, so it needs no key. */
static uint64_t hop_hash(const struct route_hop *hop) {
    uint64_t words[4], mixed = (uint64_t)hop->interface << 32 | hop->metric;
    mixed += (uint64_t)hop->mtu << 40;
    memcpy(words, hop->gateway.bytes, 16);
    memcpy(words + 2, hop->source.bytes, 16);
    for (size_t i = 0; i < array_length(words); i++) {
        mixed = (mixed ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        mixed ^= mixed >> 32;
    }
    return mixed * UINT64_C(0x9e3779b97f4a7c15) ^ mixed >> 29;
}

static struct route_hop *hop_at(const struct routes *routes, uint32_t number) {
    return slab_at(&routes->hops, number);
}

static struct route_link *link_at(const struct routes *routes, uint32_t number) {
    return slab_at(&routes->links, number);
}

/* The number of such a hop, held; 0: no memory. */
static uint32_t hop_hold(struct routes *routes, const struct route_hop *wanted) {
    uint64_t hash = hop_hash(wanted);
    for (struct hash_node *node = hash_table_find(&routes->known_hops, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct route_hop *known = container_of(node, struct route_hop, node);
        if (hop_is_equal(known, wanted)) {
            known->users++;
            return known->number;
        }
    }
    uint32_t number = slab_take(&routes->hops);
    if (!number)
        return 0;
    struct route_hop *hop = hop_at(routes, number);
    *hop = *wanted;
    hop->users = 1;
    hop->number = number;
    if (!hash_table_insert(&routes->known_hops, &hop->node, hash)) {
        slab_give(&routes->hops, number);
        return 0;
    }
    return number;
}

static void hop_release(struct routes *routes, uint32_t number) {
    struct route_hop *hop = hop_at(routes, number);
    if (--hop->users > 0)
        return;
    hash_table_remove(&routes->known_hops, &hop->node);
    slab_give(&routes->hops, number);
}

static struct route_hop hop_of(const struct dobos_route *route) {
    return (struct route_hop){.gateway = route->gateway,
                              .source = route->source,
                              .interface = route->interface,
                              .metric = route->metric,
                              .mtu = route->mtu,
                              .origin = route->origin,
                              .type = route->type};
}

const struct route_hop *route_list_take(const struct routes *routes, uint32_t *lead) {
    const struct route_link *link = link_at(routes, *lead & ~LEAD_LIST);
    *lead = link->next ? link->next | LEAD_LIST : 0;
    return hop_at(routes, link->hop);
}

const struct route_hop *routes_hop_walk(const struct routes *routes, const struct route_hop *hop) {
    const struct hash_node *node = hash_table_walk(&routes->known_hops, hop ? &hop->node : NULL);
    return node ? container_of(node, const struct route_hop, node) : NULL;
}

static bool is_that(const struct route_hop *hop, const struct dobos_route *route,
                    bool any_interface) {
    return hop->metric == route->metric && dobos_address_is_equal(&hop->gateway, &route->gateway) &&
           (hop->interface == route->interface || (any_interface && route->interface == 0));
}

static bool lead_has(const struct routes *routes, uint32_t lead, const struct dobos_route *route) {
    while (lead)
        if (is_that(routes_hop_take(routes, &lead), route, false))
            return true;
    return false;
}

/* A list of one, from a lead that is a hop; 0: no memory. */
static uint32_t list_make(struct routes *routes, uint32_t hop) {
    uint32_t link = slab_take(&routes->links);
    if (link)
        *link_at(routes, link) = (struct route_link){.hop = hop};
    return link;
}

/* Puts a link behind those of its metric. */
static uint32_t list_insert(struct routes *routes, uint32_t first, uint32_t made) {
    struct route_link *link = link_at(routes, made);
    const uint32_t metric = hop_at(routes, link->hop)->metric;
    uint32_t *place = &first;
    while (*place && hop_at(routes, link_at(routes, *place)->hop)->metric <= metric)
        place = &link_at(routes, *place)->next;
    link->next = *place;
    *place = made;
    return first;
}

int route_lead_add(struct routes *routes, uint32_t *lead, const struct dobos_route *route) {
    if (lead_has(routes, *lead, route))
        return -DOBOS_EEXIST;
    const struct route_hop wanted = hop_of(route);
    uint32_t hop = hop_hold(routes, &wanted);
    if (!hop)
        return -DOBOS_ENOMEM;
    if (!*lead) {
        *lead = hop;
        return 0;
    }
    uint32_t made = list_make(routes, hop);
    uint32_t first = *lead & LEAD_LIST ? *lead & ~LEAD_LIST : 0;
    if (made && !first)
        first = list_make(routes, *lead);
    if (!made || !first) {
        if (made)
            slab_give(&routes->links, made);
        hop_release(routes, hop);
        return -DOBOS_ENOMEM;
    }
    *lead = list_insert(routes, first, made) | LEAD_LIST;
    return 0;
}

/* Whether a hop is the one that is meant: a route that leads nowhere by its type, too, for it may
 * stand beside one to neighbours, which has no gateway either. */
static bool is_meant(const struct route_hop *hop, const struct dobos_route *route) {
    return is_that(hop, route, true) &&
           (route->type == DOBOS_ROUTE_UNICAST || route->type == hop->type);
}

/* Where the number of such a hop stands; NULL: nowhere. The place may be *lead itself. */
static uint32_t *hop_place(const struct routes *routes, uint32_t *lead,
                           const struct dobos_route *route) {
    if (*lead && !(*lead & LEAD_LIST))
        return is_meant(hop_at(routes, *lead), route) ? lead : NULL;
    for (uint32_t at = *lead & ~LEAD_LIST; at; at = link_at(routes, at)->next)
        if (is_meant(hop_at(routes, link_at(routes, at)->hop), route))
            return &link_at(routes, at)->hop;
    return NULL;
}

void route_lead_clear(struct routes *routes, uint32_t lead) {
    hop_release(routes, lead);
}

bool route_lead_remove(struct routes *routes, uint32_t *lead, const struct dobos_route *route) {
    uint32_t *hop = hop_place(routes, lead, route);
    if (!hop)
        return false;
    hop_release(routes, *hop);
    if (hop == lead) {
        *lead = 0;
        return true;
    }
    uint32_t first = *lead & ~LEAD_LIST;
    uint32_t *place = &first;
    while (&link_at(routes, *place)->hop != hop)
        place = &link_at(routes, *place)->next;
    uint32_t gone = *place;
    *place = link_at(routes, gone)->next;
    slab_give(&routes->links, gone);
    *lead = first | LEAD_LIST;
    const struct route_link *rest = link_at(routes, first);
    if (rest->next == 0) {
        *lead = rest->hop;
        slab_give(&routes->links, first);
    }
    return true;
}

int route_lead_source_set(struct routes *routes, uint32_t *lead, const struct dobos_route *route,
                          const struct dobos_address *source) {
    uint32_t *place = hop_place(routes, lead, route);
    if (!place)
        return -DOBOS_ENOENT;
    struct route_hop *hop = hop_at(routes, *place);
    struct route_hop wanted = *hop;
    wanted.source = *source;
    if (hop->users == 1) {
        /* In place: there may be no memory for another. It keeps its place in the hash table, too:
         * at worst somebody who leads the same way does not find it and gets one of his own. */
        hop->source = *source;
        return 0;
    }
    uint32_t other = hop_hold(routes, &wanted);
    if (!other)
        return -DOBOS_ENOMEM;
    hop_release(routes, *place);
    *place = other;
    return 0;
}
