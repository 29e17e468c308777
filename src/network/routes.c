/*
 * routes: a binary trie with path compression. A node stands for a prefix; it exists because routes
 * have that prefix, or because two longer ones part there. So there are at most twice as many nodes
 * as routes, and a look-up visits at most 33. The routes of one prefix are a list by metric, those
 * of one metric in the order they were added.
 *
 * Preorder (a node before its children, the child with the next bit 0 first) is the order in which
 * people read routes. Each node counts the routes in its subtree, so that the nth is found without
 * walking the others.
 */
#include "network/routes.h"

#include "base/prefix.h"

struct route_entry {
    struct dobos_route route; /* as added */
    struct route_entry *next; /* same prefix, not a smaller metric */
};

struct route_node {
    struct route_node *parent;   /* NULL at the root */
    struct route_node *child[2]; /* by the first bit behind this prefix */
    struct route_entry *entries; /* NULL where two longer prefixes part */
    uint32_t number;             /* the prefix's bits, the rest zero */
    uint32_t below;              /* routes in this subtree, this node's included */
    uint8_t length;              /* of the prefix, 0–32 */
};

void routes_init(struct routes *routes, struct allocator *allocator) {
    *routes = (struct routes){.allocator = allocator, .generation = 1};
}

static unsigned bit_at(uint32_t number, unsigned place) {
    return number >> (31 - place) & 1;
}

/* How many leading bits two prefixes have in common, at most `limit`. */
static uint8_t common_bits(uint32_t a, uint32_t b, uint8_t limit) {
    uint32_t different = a ^ b;
    unsigned bits = different ? (unsigned)__builtin_clz(different) : 32;
    return (uint8_t)(bits < limit ? bits : limit);
}

static bool node_holds(const struct route_node *node, uint32_t number) {
    return ((node->number ^ number) & ipv4_mask(node->length)) == 0;
}

static struct route_node *node_create(struct routes *routes, uint32_t number, uint8_t length) {
    struct route_node *node = allocator_allocate(routes->allocator, sizeof *node, "route node");
    if (node) {
        node->number = number & ipv4_mask(length);
        node->length = length;
    }
    return node;
}

/* The place that points to a node. */
static struct route_node **node_place(struct routes *routes, struct route_node *node) {
    struct route_node *parent = node->parent;
    return parent ? &parent->child[parent->child[1] == node] : &routes->root;
}

static void node_attach(struct route_node *parent, struct route_node *child) {
    parent->child[bit_at(child->number, parent->length)] = child;
    child->parent = parent;
}

/* Takes out nodes that have no reason to be any more, from `node` upward. */
static void node_prune(struct routes *routes, struct route_node *node) {
    while (node && !node->entries && !(node->child[0] && node->child[1])) {
        struct route_node *parent = node->parent;
        struct route_node *only = node->child[0] ? node->child[0] : node->child[1];
        *node_place(routes, node) = only;
        if (only)
            only->parent = parent;
        allocator_release(routes->allocator, node, sizeof *node);
        node = only ? NULL : parent;
    }
}

void routes_fini(struct routes *routes) {
    while (routes->root) {
        struct route_node *node = routes->root;
        while (node->child[0] || node->child[1])
            node = node->child[0] ? node->child[0] : node->child[1];
        while (node->entries) {
            struct route_entry *entry = node->entries;
            node->entries = entry->next;
            allocator_release(routes->allocator, entry, sizeof *entry);
        }
        *node_place(routes, node) = NULL;
        allocator_release(routes->allocator, node, sizeof *node);
    }
    routes->count = 0;
}

/* The node of that very prefix; NULL. */
static struct route_node *node_find(const struct routes *routes, uint32_t number, uint8_t length) {
    struct route_node *node = routes->root;
    while (node && node->length < length && node_holds(node, number))
        node = node->child[bit_at(number, node->length)];
    return node && node->length == length && node->number == number ? node : NULL;
}

/* The node of that very prefix, made if need be; NULL: no memory, and nothing has changed. */
static struct route_node *node_make(struct routes *routes, uint32_t number, uint8_t length) {
    struct route_node *parent = NULL, *node = routes->root;
    while (node && node->length < length && node_holds(node, number)) {
        parent = node;
        node = node->child[bit_at(number, node->length)];
    }
    if (node && node->length == length && node->number == number)
        return node;
    struct route_node *made = node_create(routes, number, length);
    if (!made)
        return NULL;
    struct route_node *top = made; /* what takes node's place */
    if (node) {
        uint8_t common =
            common_bits(number, node->number, length < node->length ? length : node->length);
        if (common < length) {
            top = node_create(routes, number, common);
            if (!top) {
                allocator_release(routes->allocator, made, sizeof *made);
                return NULL;
            }
            node_attach(top, made);
        }
        node_attach(top, node);
        top->below = node->below;
    }
    top->parent = parent;
    if (parent)
        node_attach(parent, top);
    else
        routes->root = top;
    return made;
}

static bool route_is_same(const struct dobos_route *a, const struct dobos_route *b,
                          bool any_interface) {
    return a->metric == b->metric && dobos_address_is_equal(&a->gateway, &b->gateway) &&
           (a->interface == b->interface || (any_interface && b->interface == 0));
}

int routes_add(struct routes *routes, const struct dobos_route *route) {
    uint32_t number = dobos_address_ipv4_number(&route->destination.address);
    uint8_t length = route->destination.length;
    if (length > 32 || !dobos_address_is_ipv4(&route->destination.address) ||
        (number & ~ipv4_mask(length)) != 0)
        return -DOBOS_EINVAL;
    const struct route_node *known = node_find(routes, number, length);
    for (const struct route_entry *entry = known ? known->entries : NULL; entry;
         entry = entry->next)
        if (route_is_same(&entry->route, route, false))
            return -DOBOS_EEXIST;
    struct route_entry *entry = allocator_allocate(routes->allocator, sizeof *entry, "route");
    if (!entry)
        return -DOBOS_ENOMEM;
    struct route_node *node = node_make(routes, number, length);
    if (!node) {
        allocator_release(routes->allocator, entry, sizeof *entry);
        return -DOBOS_ENOMEM;
    }
    entry->route = *route;
    struct route_entry **place = &node->entries;
    while (*place && (*place)->route.metric <= route->metric)
        place = &(*place)->next;
    entry->next = *place;
    *place = entry;
    for (; node; node = node->parent)
        node->below++;
    routes->count++;
    routes->generation++;
    return 0;
}

/* Where a route hangs; NULL: there is no such one. */
static struct route_entry **entry_place(struct route_node *node, const struct dobos_route *route) {
    struct route_entry **place = node ? &node->entries : NULL;
    while (place && *place && !route_is_same(&(*place)->route, route, true))
        place = &(*place)->next;
    return place && *place ? place : NULL;
}

int routes_source_set(struct routes *routes, const struct dobos_route *route,
                      const struct dobos_address *source) {
    uint32_t number = dobos_address_ipv4_number(&route->destination.address);
    struct route_entry **place =
        entry_place(node_find(routes, number, route->destination.length), route);
    if (!place)
        return -DOBOS_ENOENT;
    (*place)->route.source = *source;
    routes->generation++;
    return 0;
}

int routes_remove(struct routes *routes, const struct dobos_route *route) {
    uint32_t number = dobos_address_ipv4_number(&route->destination.address);
    struct route_node *node = node_find(routes, number, route->destination.length);
    struct route_entry **place = entry_place(node, route);
    if (!place)
        return -DOBOS_ENOENT;
    struct route_entry *entry = *place;
    *place = entry->next;
    allocator_release(routes->allocator, entry, sizeof *entry);
    for (struct route_node *up = node; up; up = up->parent)
        up->below--;
    node_prune(routes, node);
    routes->count--;
    routes->generation++;
    return 0;
}

/* The longest prefix wins [rfc1812#11], down to the default route [rfc1122#46]. */
const struct dobos_route *routes_lookup(const struct routes *routes,
                                        const struct dobos_address *destination, uint32_t interface,
                                        uint32_t *matches) {
    uint32_t number = dobos_address_ipv4_number(destination);
    const struct dobos_route *best = NULL;
    uint32_t held = 0;
    const struct route_node *node = routes->root;
    while (node && node_holds(node, number)) {
        bool first = true;
        for (const struct route_entry *entry = node->entries; entry; entry = entry->next) {
            if (interface != 0 && entry->route.interface != interface)
                continue;
            if (first)
                best = &entry->route;
            first = false;
            held++;
        }
        node = node->length < 32 ? node->child[bit_at(number, node->length)] : NULL;
    }
    if (matches)
        *matches = held;
    return best;
}

const struct dobos_route *routes_nth(const struct routes *routes, uint32_t nth) {
    const struct route_node *node = routes->root;
    if (nth >= routes->count)
        return NULL;
    while (node) {
        for (const struct route_entry *entry = node->entries; entry; entry = entry->next, nth--)
            if (nth == 0)
                return &entry->route;
        const struct route_node *left = node->child[0];
        if (left && nth < left->below) {
            node = left;
        } else {
            nth -= left ? left->below : 0;
            node = node->child[1];
        }
    }
    return NULL;
}
