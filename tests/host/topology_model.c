/* topology_model: see topology_model.h. */
#include "topology_model.h"

#include <string.h>

#define TTL_MAX 300 /* hops at most, whatever the time to live says: a bound of the walk */

/* ---- the oracle ---- */

static uint32_t mask(uint32_t length) {
    return length == 0 ? 0 : UINT32_MAX << (32 - length);
}

static bool owns(const struct model_node *node, uint32_t address) {
    for (uint32_t i = 0; i < node->interface_count; i++)
        if (node->interfaces[i].address == address)
            return true;
    return false;
}

static bool is_up(const struct model *model, const struct model_node *node,
                  const struct model_route *route) {
    return !model->segments[node->interfaces[route->interface].segment].is_down;
}

static bool is_better(const struct model_route *a, const struct model_route *b) {
    return a->length != b->length ? a->length > b->length : a->metric < b->metric;
}

/* The longest prefix whose link is up; when none is, the longest. */
static const struct model_route *choose(const struct model *model, const struct model_node *node,
                                        uint32_t destination) {
    const struct model_route *best = NULL;
    bool best_is_up = false;
    for (uint32_t i = 0; i < node->route_count; i++) {
        const struct model_route *route = &node->routes[i];
        if ((destination & mask(route->length)) != route->prefix)
            continue;
        bool up = is_up(model, node, route);
        if (!best || (up && !best_is_up) || (up == best_is_up && is_better(route, best))) {
            best = route;
            best_is_up = up;
        }
    }
    return best;
}

/* Who has an address on a segment, and by which interface; false: nobody. */
static bool resolve(const struct model *model, uint32_t segment, uint32_t address, uint32_t *node,
                    uint32_t *interface) {
    for (uint32_t n = 0; n < model->node_count; n++)
        for (uint32_t i = 0; i < model->nodes[n].interface_count; i++)
            if (model->nodes[n].interfaces[i].segment == segment &&
                model->nodes[n].interfaces[i].address == address) {
                *node = n;
                *interface = i;
                return true;
            }
    return false;
}

static void end(struct model_way *way, enum model_fate fate, uint8_t type, uint8_t code) {
    way->fate = fate;
    way->type = type;
    way->code = code;
}

/* Whether an address is of a subnet of the node's that is not outside. */
static bool is_from_inside(const struct model *model, const struct model_node *node,
                           uint32_t source) {
    for (uint32_t i = 0; i < node->interface_count; i++) {
        const struct model_segment *segment = &model->segments[node->interfaces[i].segment];
        if (i != node->nat && (source & mask(segment->length)) == segment->prefix)
            return true;
    }
    return false;
}

/* Whether its way ends where it has just arrived. */
static bool has_arrived(const struct model *model, struct model_way *way, uint32_t destination) {
    const struct model_node *node = &model->nodes[way->at];
    if (owns(node, way->source)) { /* nobody else may send from an address of ours */
        end(way, FATE_SILENT, 0, 0);
        return true;
    }
    if (node->nat == way->arrived && node->interfaces[way->arrived].address != destination) {
        end(way, FATE_SILENT, 0, 0); /* from outside only the outside address is there */
        return true;
    }
    bool ours = owns(node, destination);
    if (node->nat == way->arrived && node->interfaces[node->nat].address != destination) {
        end(way, FATE_SILENT, 0, 0); /* from outside nothing leads inside but a mapping */
        return true;
    }
    if (node->nat == way->arrived && way->is_new && is_from_inside(model, node, way->source)) {
        end(way, FATE_SILENT, 0, 0); /* nor does who says that he is inside */
        return true;
    }
    if (ours && (node->is_router || node->interfaces[way->arrived].address == destination))
        end(way, FATE_DELIVERED, 0, 0);
    else if (!node->is_router)
        end(way, FATE_SILENT, 0, 0);
    else
        return false;
    return true;
}

static void translate(struct model_way *way, const struct model_node *node, uint32_t leaves) {
    uint32_t after = node->interfaces[leaves].address;
    if (node->nat != leaves || way->source == after)
        return;
    way->translations[way->translated].node = way->at;
    way->translations[way->translated].before = way->source;
    way->translations[way->translated++].after = after;
    way->source = after;
}

void model_follow(const struct model *model, uint32_t from, uint32_t arrived, uint32_t source,
                  uint32_t destination, uint32_t ttl, struct model_way *way) {
    const bool is_new = way->is_new;
    *way = (struct model_way){.at = from,
                              .arrived = arrived,
                              .source = source,
                              .narrowest = UINT32_MAX,
                              .is_new = is_new};
    for (unsigned step = 0; step < TTL_MAX; step++) {
        const struct model_node *node = &model->nodes[way->at];
        bool own = way->arrived == MODEL_NONE;
        if (step > 0 && has_arrived(model, way, destination))
            return;
        const struct model_route *route = choose(model, node, destination);
        if (!route) {
            end(way, own ? FATE_NO_ROUTE : FATE_TOLD, 3, 0);
            return;
        }
        const struct model_interface *leaves = &node->interfaces[route->interface];
        if (way->source == 0)
            way->source = leaves->address;
        if (own && node->nat == route->interface && way->source != leaves->address) {
            end(way, FATE_SILENT, 0, 0); /* an answer from an inside address: it stays inside */
            return;
        }
        if (!own && ttl <= 1) {
            end(way, FATE_TOLD, 11, 0);
            return;
        }
        if (model->segments[leaves->segment].is_down) {
            end(way, own ? FATE_SILENT : FATE_TOLD, 3, 1);
            return;
        }
        uint32_t next, by;
        if (!resolve(model, leaves->segment, route->gateway ? route->gateway : destination, &next,
                     &by)) {
            end(way, FATE_TOLD, 3, 1);
            return;
        }
        if (way->passed_count < MODEL_HOPS) {
            way->passed[way->passed_count] = way->at;
            way->passed_mtu[way->passed_count++] = leaves->mtu;
        }
        if (leaves->mtu < way->narrowest)
            way->narrowest = leaves->mtu;
        if (way->translated < MODEL_HOPS)
            translate(way, node, route->interface);
        if (!own) {
            ttl--;
            way->hops++;
        }
        way->at = next;
        way->arrived = by;
    }
    end(way, FATE_SILENT, 0, 0);
}

void model_return(const struct model *model, const struct model_way *way, uint32_t destination,
                  struct model_way *back) {
    uint32_t from = way->at, arrived = MODEL_NONE, ttl = 64, hops = 0, to = way->source;
    uint32_t narrowest = UINT32_MAX, translated = 0;
    for (uint32_t left = way->translated;; left--) {
        back->is_new = false;
        model_follow(model, from, arrived, destination, to, ttl, back);
        back->hops += hops;
        back->narrowest = back->narrowest < narrowest ? back->narrowest : narrowest;
        translated += back->translated;
        back->translated = translated;
        if (back->fate != FATE_DELIVERED || left == 0)
            return;
        const uint32_t node = way->translations[left - 1].node;
        if (back->at != node || back->arrived != model->nodes[node].nat) {
            end(back, FATE_SILENT, 0, 0); /* by another door: the caller does not ask */
            back->translated = MODEL_HOPS;
            return;
        }
        from = node;
        arrived = back->arrived;
        hops = back->hops;
        ttl = 64 - hops;
        narrowest = back->narrowest;
        to = way->translations[left - 1].before;
    }
}

/* ---- what is drawn ---- */

static uint32_t below(struct random *random, uint32_t bound) {
    return (uint32_t)random_below(random, bound);
}

static bool chance(struct random *random, uint32_t of) {
    return below(random, of) == 0;
}

static uint32_t segment_add(struct model *model, struct random *random) {
    static const uint8_t lengths[] = {16, 20, 24, 27, 28};
    uint32_t n = model->segment_count++;
    struct model_segment *segment = &model->segments[n];
    segment->length = lengths[below(random, sizeof lengths)];
    segment->prefix = (UINT32_C(0x0a000000) | (n + 1) << 16) & mask(segment->length);
    return n;
}

static void attach(struct model *model, struct random *random, uint32_t node, uint32_t segment) {
    static const uint32_t mtus[] = {1500, 1500, 1500, 1400, 1280, 1006, 576, 296};
    struct model_node *n = &model->nodes[node];
    struct model_segment *s = &model->segments[segment];
    if (n->interface_count == MODEL_INTERFACES)
        return;
    for (uint32_t i = 0; i < n->interface_count; i++)
        if (n->interfaces[i].segment == segment)
            return;
    uint32_t interface = n->interface_count++;
    n->interfaces[interface] = (struct model_interface){
        .segment = segment,
        .address = s->prefix + ++s->count,
        .mtu = mtus[below(random, sizeof mtus / sizeof *mtus)],
    };
    n->routes[n->route_count++] =
        (struct model_route){.prefix = s->prefix, .length = s->length, .interface = interface};
}

static void route_add(struct model_node *node, const struct model_route *route) {
    for (uint32_t i = 0; i < node->route_count; i++)
        if (node->routes[i].prefix == route->prefix && node->routes[i].length == route->length &&
            (node->routes[i].metric == route->metric || node->routes[i].gateway == 0))
            return;
    if (node->route_count < MODEL_ROUTES)
        node->routes[node->route_count++] = *route;
}

/* A router other than `node` on one of its segments; 0: there is none. */
static uint32_t neighbor(const struct model *model, struct random *random, uint32_t node,
                         uint32_t *interface) {
    const struct model_node *n = &model->nodes[node];
    uint32_t found[MODEL_NODES * MODEL_INTERFACES][2], count = 0;
    for (uint32_t i = 0; i < n->interface_count; i++)
        for (uint32_t other = 0; other < model->node_count; other++)
            for (uint32_t k = 0; k < model->nodes[other].interface_count; k++)
                if (other != node && model->nodes[other].is_router &&
                    model->nodes[other].interfaces[k].segment == n->interfaces[i].segment) {
                    found[count][0] = model->nodes[other].interfaces[k].address;
                    found[count++][1] = i;
                }
    if (count == 0)
        return 0;
    uint32_t drawn = below(random, count);
    *interface = found[drawn][1];
    return found[drawn][0];
}

/* How far each node is from a segment, in routers. */
static void distances(const struct model *model, uint32_t segment, uint32_t far[MODEL_NODES]) {
    bool reached[MODEL_SEGMENTS] = {false};
    for (uint32_t n = 0; n < model->node_count; n++)
        far[n] = MODEL_NONE;
    reached[segment] = true;
    for (uint32_t distance = 0; distance < MODEL_NODES; distance++) {
        bool next[MODEL_SEGMENTS];
        memcpy(next, reached, sizeof next);
        for (uint32_t n = 0; n < model->node_count; n++) {
            const struct model_node *node = &model->nodes[n];
            for (uint32_t i = 0; i < node->interface_count && far[n] == MODEL_NONE; i++)
                if (reached[node->interfaces[i].segment])
                    far[n] = distance;
            for (uint32_t i = 0; i < node->interface_count && node->is_router; i++)
                if (far[n] == distance)
                    next[node->interfaces[i].segment] = true;
        }
        memcpy(reached, next, sizeof reached);
    }
}

/* The way to a segment as it should be: by the nearest of the routers next to it. */
static bool route_towards(const struct model *model, uint32_t node, uint32_t segment,
                          struct model_route *route) {
    uint32_t far[MODEL_NODES], best = MODEL_NONE;
    const struct model_node *n = &model->nodes[node];
    distances(model, segment, far);
    for (uint32_t i = 0; i < n->interface_count; i++)
        for (uint32_t other = 0; other < model->node_count; other++)
            for (uint32_t k = 0; k < model->nodes[other].interface_count; k++)
                if (other != node && model->nodes[other].is_router && far[other] < best &&
                    model->nodes[other].interfaces[k].segment == n->interfaces[i].segment) {
                    best = far[other];
                    route->gateway = model->nodes[other].interfaces[k].address;
                    route->interface = i;
                }
    route->prefix = model->segments[segment].prefix;
    route->length = model->segments[segment].length;
    return best != MODEL_NONE && best < far[node];
}

/* A route that somebody got wrong: by any router next door, to any prefix; or by nobody. */
static void route_astray(const struct model *model, struct random *random, uint32_t node,
                         struct model_route *route) {
    const struct model_segment *segment = &model->segments[below(random, model->segment_count)];
    static const uint8_t shorter[] = {0, 8, 12};
    route->metric = 10 + model->nodes[node].route_count;
    route->prefix = segment->prefix;
    route->length = segment->length;
    if (chance(random, 2)) {
        route->length = shorter[below(random, sizeof shorter)];
        route->prefix &= mask(route->length);
    }
    route->gateway = neighbor(model, random, node, &route->interface);
}

static void routes_draw(struct model *model, struct random *random, uint32_t node) {
    struct model_node *n = &model->nodes[node];
    bool by_default = !n->is_router || chance(random, 4);
    for (uint32_t s = 0; s < model->segment_count; s++) {
        struct model_route route = {.metric = 1};
        if (by_default || chance(random, 12) || !route_towards(model, node, s, &route))
            continue;
        route_add(n, &route);
    }
    if (by_default && !chance(random, 12)) {
        struct model_route route = {.metric = 1};
        route.gateway = neighbor(model, random, node, &route.interface);
        if (route.gateway)
            route_add(n, &route);
    }
    for (uint32_t wrong = chance(random, 3) ? below(random, 3) : 0; wrong > 0; wrong--) {
        struct model_route route = {0};
        route_astray(model, random, node, &route);
        if (route.gateway)
            route_add(n, &route);
    }
}

void model_draw(struct model *model, struct random *random) {
    *model = (struct model){.node_count = 2 + below(random, MODEL_NODES - 1)};
    uint32_t routers = below(random, model->node_count), more = below(random, model->node_count);
    routers = routers > more ? routers : more;
    (void)segment_add(model, random);
    for (uint32_t n = 0; n < model->node_count; n++) {
        struct model_node *node = &model->nodes[n];
        node->nat = MODEL_NONE;
        node->is_router = n < routers;
        attach(model, random, n, below(random, model->segment_count));
        if (!node->is_router) {
            if (chance(random, 6))
                attach(model, random, n, below(random, model->segment_count));
            continue;
        }
        attach(model, random, n, segment_add(model, random));
        if (chance(random, 2))
            attach(model, random, n, below(random, model->segment_count));
        if (node->interface_count > 1 && chance(random, 5))
            node->nat = below(random, node->interface_count);
    }
    for (uint32_t n = 0; n < model->node_count; n++)
        routes_draw(model, random, n);
}
