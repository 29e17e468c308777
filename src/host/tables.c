/* tables: the route tables and rules of a host, and the public calls that read and change them. */
#include "host/tables.h"

#include <dobos/rules.h>

/* ---- tables ---- */

const struct routes *table_of(const struct dobos_host *host, uint32_t number) {
    if (number == 0 || number == DOBOS_TABLE_MAIN)
        return &host->routes;
    return host->tables ? route_tables_at(host->tables, number) : NULL;
}

struct routes *table_at(struct dobos_host *host, uint32_t number) {
    if (number == 0 || number == DOBOS_TABLE_MAIN)
        return &host->routes;
    return host->tables ? route_tables_at(host->tables, number) : NULL;
}

/* The host's own, made if need be; NULL: no memory. */
static struct route_tables *tables_make(struct dobos_host *host) {
    if (!host->tables) {
        host->tables =
            allocator_allocate_raw(host->allocator, sizeof(*host->tables), "route tables");
        if (host->tables)
            route_tables_init(host->tables, host->allocator);
    }
    return host->tables;
}

void tables_fini(struct dobos_host *host) {
    if (!host->tables)
        return;
    route_tables_fini(host->tables);
    allocator_release(host->allocator, host->tables, sizeof(*host->tables));
    host->tables = NULL;
}

/* A host without other tables and rules has nothing of them. */
static void tables_settle(struct dobos_host *host) {
    if (host->tables && host->tables->table_count == 0 && host->tables->rule_count == 0)
        tables_fini(host);
    host->routes.generation++;
}

struct routes *table_make(struct dobos_host *host, uint32_t number) {
    if (number == 0 || number == DOBOS_TABLE_MAIN)
        return &host->routes;
    struct routes *made = tables_make(host) ? route_tables_make(host->tables, number) : NULL;
    if (!made)
        tables_settle(host);
    return made;
}

void table_settle(struct dobos_host *host, struct routes *routes) {
    if (routes == &host->routes)
        return;
    route_tables_prune(host->tables, routes);
    tables_settle(host);
}

/* A router has many routes and few hops: when no hop must go, no route is looked at. */
static bool any_hop(const struct dobos_host *host, const struct routes *routes,
                    route_judge *must_go, const void *what) {
    for (const struct route_hop *hop = routes_hop_walk(routes, NULL); hop;
         hop = routes_hop_walk(routes, hop)) {
        const struct dobos_route route = {.gateway = hop->gateway,
                                          .interface = hop->interface,
                                          .metric = hop->metric,
                                          .source = hop->source,
                                          .origin = hop->origin,
                                          .type = hop->type};
        if (must_go(host, &route, what))
            return true;
    }
    return false;
}

static void table_drop(struct dobos_host *host, struct routes *routes, route_judge *must_go,
                       const void *what) {
    struct dobos_route route;
    if (!any_hop(host, routes, must_go, what))
        return;
    for (uint32_t i = routes->count; i-- > 0;)
        if (routes_nth(routes, i, &route) && must_go(host, &route, what))
            (void)routes_remove(routes, &route);
    table_settle(host, routes);
}

void tables_drop(struct dobos_host *host, route_judge *must_go, const void *what) {
    table_drop(host, &host->routes, must_go, what);
    for (uint32_t i = host->tables ? host->tables->table_count : 0; host->tables && i-- > 0;)
        table_drop(host, host->tables->tables[i], must_go, what);
}

int dobos_table_read(const struct dobos_host *host, uint32_t nth, uint32_t *table) {
    if (nth > 0 && (!host->tables || nth > host->tables->table_count))
        return -DOBOS_ENOENT;
    *table = nth == 0 ? DOBOS_TABLE_MAIN : host->tables->tables[nth - 1]->table;
    return 0;
}

int dobos_table_route_read(const struct dobos_host *host, uint32_t table, uint32_t nth,
                           struct dobos_route *route) {
    const struct routes *routes = table_of(host, table);
    return routes && routes_nth(routes, nth, route) ? 0 : -DOBOS_ENOENT;
}

int dobos_route_read(const struct dobos_host *host, uint32_t nth, struct dobos_route *route) {
    return routes_nth(&host->routes, nth, route) ? 0 : -DOBOS_ENOENT;
}

int dobos_table_holding_read(const struct dobos_host *host, uint32_t table,
                             const struct dobos_address *address, uint32_t nth,
                             struct dobos_route *route) {
    const struct routes *routes = table_of(host, table);
    return routes && routes_nth_holding(routes, address, 0, nth, route) ? 0 : -DOBOS_ENOENT;
}

/* ---- rules ---- */

int dobos_rule_add(struct dobos_host *host, const struct dobos_rule *rule) {
    if (rule->interface != 0 && !host_interface(host, rule->interface))
        return -DOBOS_ENODEV;
    if (!tables_make(host))
        return -DOBOS_ENOMEM;
    int result = route_rule_add(host->tables, rule);
    tables_settle(host);
    return result;
}

int dobos_rule_remove(struct dobos_host *host, const struct dobos_rule *rule) {
    int result = host->tables ? route_rule_remove(host->tables, rule) : -DOBOS_ENOENT;
    if (result == 0)
        tables_settle(host);
    return result;
}

int dobos_rule_read(const struct dobos_host *host, uint32_t nth, struct dobos_rule *rule) {
    if (!host->tables || nth >= host->tables->rule_count)
        return -DOBOS_ENOENT;
    *rule = host->tables->rules[nth];
    return 0;
}
