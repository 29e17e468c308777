/* route_calls: the public calls that add and remove routes, and that ask for a way. */
#include <dobos/rules.h>

#include "host/addresses.h"
#include "host/ingress.h"
#include "host/paths.h"
#include "host/tables.h"
#include "network/ipv4_layer.h"

#define ROUTE_MTU_MIN 68 /* RFC 791 §3.2: every link carries that much */

static bool leads_nowhere(enum dobos_route_kind type) {
    return type == DOBOS_ROUTE_BLACKHOLE || type == DOBOS_ROUTE_UNREACHABLE ||
           type == DOBOS_ROUTE_PROHIBIT;
}

/* Fills in what follows from a route; its errors are those of dobos_route_add. */
static int route_complete(const struct dobos_host *host, struct dobos_route *route) {
    if (leads_nowhere(route->type)) {
        route->gateway = route->source = dobos_address_ipv4(0);
        route->interface = route->mtu = 0;
        return 0;
    }
    if (route->type != DOBOS_ROUTE_UNICAST)
        return -DOBOS_EINVAL;
    if (!dobos_address_is_unspecified(&route->gateway)) {
        int interface = way_to_neighbor(host, &route->gateway, route->interface);
        if (interface < 0)
            return interface;
        route->interface = (uint32_t)interface;
    }
    if (route->mtu != 0 && (route->mtu < ROUTE_MTU_MIN || route->mtu > IPV4_MAX_BYTES))
        return -DOBOS_EINVAL;
    if (route->interface == LOOPBACK || !host_interface(host, route->interface))
        return -DOBOS_ENODEV;
    if (!dobos_address_is_unspecified(&route->source) && !host_address_owner(host, &route->source))
        return -DOBOS_EINVAL;
    return 0;
}

int dobos_route_add(struct dobos_host *host, const struct dobos_route *route) {
    struct dobos_route added = *route;
    int result = route_complete(host, &added);
    if (result < 0)
        return result;
    struct routes *routes = table_make(host, route->table);
    if (!routes)
        return -DOBOS_ENOMEM;
    result = routes_add(routes, &added);
    table_settle(host, routes);
    return result;
}

int dobos_route_remove(struct dobos_host *host, const struct dobos_route *route) {
    struct routes *routes = table_at(host, route->table);
    int result = routes ? routes_remove(routes, route) : -DOBOS_ENOENT;
    if (result == 0)
        table_settle(host, routes);
    return result;
}

/* The route of the chosen hop: the longest of those that hold the destination. */
static void route_read(const struct way *way, const struct dobos_address *destination,
                       struct dobos_route_choice *choice) {
    const struct routes *routes = way->answer.routes;
    struct dobos_route each;
    choice->matches = routes_holding(routes, destination, 0);
    for (uint32_t i = 0; routes_nth_holding(routes, destination, 0, i, &each); i++)
        if (each.metric == way->hop->metric && each.interface == way->hop->interface &&
            each.type == way->hop->type &&
            dobos_address_is_equal(&each.gateway, &way->hop->gateway))
            choice->route = each;
    choice->table = routes->table;
    choice->has_rule = way->answer.rule != NULL;
    choice->priority = choice->has_rule ? way->answer.rule->priority : 0;
    choice->equals = way->equals;
}

/* What routers have told of the path. */
static void narrow_read(const struct dobos_host *host, const struct dobos_address *destination,
                        struct dobos_route_choice *choice) {
    const struct path_mtu *narrow = path_mtu_find(&host->path_mtus, destination, PATH_MTU_BY_PORT);
    if (choice->kind != DOBOS_ROUTE_UNICAST || !narrow || narrow->mtu >= choice->mtu)
        return;
    choice->path_mtu = narrow->mtu;
    choice->path_mtu_until = narrow->until;
    choice->path_mtu_is_locked = narrow->is_locked;
}

int dobos_route_ask(const struct dobos_host *host, const struct dobos_route_question *question,
                    struct dobos_route_choice *choice) {
    if (question->size == 0 || question->size > sizeof(*question))
        return -DOBOS_EINVAL;
    struct dobos_route_question known = {0};
    memcpy(&known, question, question->size);
    const struct flow flow = {.local = known.source,
                              .remote = known.destination,
                              .local_port = known.source_port,
                              .remote_port = known.destination_port,
                              .protocol = known.protocol};
    const struct path_question asked = {.destination = known.destination,
                                        .source = known.source,
                                        .bound = known.interface,
                                        .arrived = known.arrived,
                                        .flow = &flow};
    struct way way;
    int result = way_find(host, &asked, &way);
    *choice = (struct dobos_route_choice){.kind = way.kind, .interface = way.interface};
    if (way.hop)
        route_read(&way, &known.destination, choice);
    if (result < 0)
        return result;
    choice->source = way.source;
    choice->next_hop = way.next_hop;
    choice->mtu = way.mtu;
    narrow_read(host, &known.destination, choice);
    return 0;
}

int dobos_route_lookup(const struct dobos_host *host, const struct dobos_address *destination,
                       const struct dobos_address *source, struct dobos_route_choice *choice) {
    const struct dobos_route_question question = {
        .size = sizeof(question),
        .destination = *destination,
        .source = source ? *source : dobos_address_ipv4(0),
    };
    return dobos_route_ask(host, &question, choice);
}

/* As receive.c and forward.c look at the addresses. */
static enum drop_reason refusal_of(const struct dobos_host *host,
                                   const struct dobos_route_question *question) {
    const struct arrival arrival = {
        .interface = host_interface(host, question->arrived),
        .ipv4 = {.source = question->source, .destination = question->destination}};
    struct dobos_route_choice choice;
    enum drop_reason reason = ipv4_check_addresses(&arrival.ipv4, false);
    if (reason == DROP_NONE)
        reason = ingress_check(host, &arrival);
    if (reason != DROP_NONE || dobos_route_ask(host, question, &choice) < 0 ||
        choice.kind != DOBOS_ROUTE_UNICAST)
        return reason;
    const struct path path = {.interface = choice.interface};
    if (!host->forwarding)
        return DROP_IP_NOT_FOR_US;
    return host->nat ? DROP_NONE : ingress_check_public(host, &arrival, &path);
}

const char *dobos_route_refusal(const struct dobos_host *host,
                                const struct dobos_route_question *question, const char **reason) {
    if (question->arrived == LOOPBACK || !host_interface(host, question->arrived))
        return NULL;
    const enum drop_reason refusal = refusal_of(host, question);
    *reason = drop_reason_text(refusal);
    return refusal != DROP_NONE ? drop_reason_name(refusal) : NULL;
}
