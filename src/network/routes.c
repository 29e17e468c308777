/*
 * routes: a binary trie with path compression. A node stands for a prefix; it exists because routes
 * have that prefix, or because two longer ones part there. So there are at most twice as many nodes
 * as routes, and a look-up visits at most 33. Nodes, hops and links are numbers in slabs: a million
 * routes are a few dozen allocations.
 *
 * A table of many routes has a direct table beside the trie (routes_direct.c). The trie stays the
 * truth: it orders the routes, knows what a prefix covers, and answers where the direct table, for
 * want of memory, does not.
 */
#include "network/routes_direct.h"
#include "network/routes_inner.h"

/* With so many routes the direct table is made (all at once: it is as much work as so many changes)
 * and tried again at each multiple up to the last; with half as many it goes. */
#define DIRECT_FROM  1024
#define DIRECT_TRIES 4

void routes_init(struct routes *routes, struct allocator *allocator, uint32_t table) {
    *routes = (struct routes){.allocator = allocator, .table = table, .generation = 1};
    slab_init(&routes->nodes, allocator, sizeof(struct route_node), "route node");
    slab_init(&routes->links, allocator, sizeof(struct route_link), "route link");
    slab_init(&routes->hops, allocator, sizeof(struct route_hop), "route hop");
    hash_table_init(&routes->known_hops, allocator);
}

void routes_fini(struct routes *routes) {
    route_direct_destroy(routes);
    slab_fini(&routes->nodes);
    slab_fini(&routes->links);
    slab_fini(&routes->hops);
    hash_table_fini(&routes->known_hops);
    routes->root = routes->count = 0;
}

/* How many leading bits two prefixes have in common, at most `limit`. */
static uint8_t common_bits(uint32_t a, uint32_t b, uint8_t limit) {
    uint32_t different = a ^ b;
    unsigned bits = different ? (unsigned)__builtin_clz(different) : 32;
    return (uint8_t)(bits < limit ? bits : limit);
}

/* The way down to a prefix: the places that point to the nodes of shorter ones that hold it, and
 * last the place where it is or would be. */
struct trail {
    uint32_t *place[34]; /* [0] is routes->root */
    unsigned depth;      /* of the last */
};

/* Returns the node of that very prefix; NULL. */
static struct route_node *trail_find(struct routes *routes, uint32_t number, uint8_t length,
                                     struct trail *trail) {
    uint32_t *place = &routes->root;
    trail->depth = 0;
    for (;;) {
        trail->place[trail->depth] = place;
        if (!*place)
            return NULL;
        struct route_node *node = route_node_at(routes, *place);
        if (node->length >= length || !route_node_holds(node, number))
            return node->length == length && node->number == number ? node : NULL;
        place = &node->child[route_bit(number, node->length)];
        trail->depth++;
    }
}

/* Puts a node of a new prefix at the trail's end; false: no memory, and nothing has changed. */
static bool node_insert(struct routes *routes, const struct trail *trail, uint32_t number,
                        uint8_t length, uint32_t lead) {
    uint32_t *place = trail->place[trail->depth], next = *place;
    uint32_t made = slab_take(&routes->nodes);
    if (!made)
        return false;
    struct route_node *node = route_node_at(routes, made);
    *node = (struct route_node){.number = number, .lead = lead, .below = 1, .length = length};
    if (!next) {
        *place = made;
        return true;
    }
    const struct route_node *other = route_node_at(routes, next);
    uint8_t common =
        common_bits(number, other->number, length < other->length ? length : other->length);
    if (common == length) {
        node->child[route_bit(other->number, length)] = next;
        node->below += other->below;
        *place = made;
        return true;
    }
    uint32_t fork = slab_take(&routes->nodes);
    if (!fork) {
        slab_give(&routes->nodes, made);
        return false;
    }
    struct route_node *top = route_node_at(routes, fork);
    *top = (struct route_node){
        .number = number & ipv4_mask(common), .below = other->below + 1, .length = common};
    top->child[route_bit(number, common)] = made;
    top->child[route_bit(other->number, common)] = next;
    *place = fork;
    return true;
}

/* Takes out nodes that have no reason to be any more, from the trail's end upward. */
static void trail_prune(struct routes *routes, const struct trail *trail) {
    for (unsigned i = trail->depth + 1; i-- > 0;) {
        uint32_t at = *trail->place[i];
        const struct route_node *node = route_node_at(routes, at);
        if (node->lead || (node->child[0] && node->child[1]))
            return;
        uint32_t only = node->child[0] ? node->child[0] : node->child[1];
        *trail->place[i] = only;
        slab_give(&routes->nodes, at);
        if (only)
            return;
    }
}

static void direct_on_set(struct routes *routes, uint32_t number, uint8_t length, uint32_t lead,
                          bool is_new) {
    if (routes->direct)
        route_direct_set(routes, number, length, lead, is_new);
    else if (routes->count % DIRECT_FROM == 0 && routes->count <= DIRECT_TRIES * DIRECT_FROM)
        (void)route_direct_create(routes);
}

int routes_add(struct routes *routes, const struct dobos_route *route) {
    uint32_t number = dobos_address_ipv4_number(&route->destination.address);
    uint8_t length = route->destination.length;
    if (length > 32 || !dobos_address_is_ipv4(&route->destination.address) ||
        (number & ~ipv4_mask(length)) != 0)
        return -DOBOS_EINVAL;
    struct trail trail;
    struct route_node *node = trail_find(routes, number, length, &trail);
    bool is_new = !node || !node->lead;
    uint32_t lead = node ? node->lead : 0;
    int result = route_lead_add(routes, &lead, route);
    if (result < 0)
        return result;
    if (node) {
        node->lead = lead;
        node->below++;
    } else if (!node_insert(routes, &trail, number, length, lead)) {
        route_lead_clear(routes, lead);
        return -DOBOS_ENOMEM;
    }
    for (unsigned i = 0; i < trail.depth; i++)
        route_node_at(routes, *trail.place[i])->below++;
    routes->count++;
    routes->generation++;
    direct_on_set(routes, number, length, lead, is_new);
    return 0;
}

int routes_source_set(struct routes *routes, const struct dobos_route *route,
                      const struct dobos_address *source) {
    uint32_t number = dobos_address_ipv4_number(&route->destination.address);
    uint8_t length = route->destination.length;
    struct trail trail;
    struct route_node *node = trail_find(routes, number, length, &trail);
    int result = node ? route_lead_source_set(routes, &node->lead, route, source) : -DOBOS_ENOENT;
    if (result < 0)
        return result;
    if (routes->direct)
        route_direct_set(routes, number, length, node->lead, false);
    routes->generation++;
    return 0;
}

int routes_remove(struct routes *routes, const struct dobos_route *route) {
    uint32_t number = dobos_address_ipv4_number(&route->destination.address);
    uint8_t length = route->destination.length;
    struct trail trail;
    struct route_node *node = trail_find(routes, number, length, &trail);
    if (!node || !route_lead_remove(routes, &node->lead, route))
        return -DOBOS_ENOENT;
    uint32_t lead = node->lead;
    for (unsigned i = 0; i <= trail.depth; i++)
        route_node_at(routes, *trail.place[i])->below--;
    trail_prune(routes, &trail);
    routes->count--;
    routes->generation++;
    if (!routes->direct)
        return 0;
    if (routes->count < DIRECT_FROM / 2)
        route_direct_destroy(routes);
    else if (lead)
        route_direct_set(routes, number, length, lead, false);
    else
        route_direct_unset(routes, number, length);
    return 0;
}
