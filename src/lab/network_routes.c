/* network_routes: the routes and rules of an interface, with netplan's keys. */
#include <stdlib.h>
#include <string.h>

#include "base/prefix.h"
#include "lab/network_read.h"

#define MTU_LEAST   68
#define MTU_MOST    65535
#define MTU_DEFAULT 1500

/* The tables that a file may name: 255 is this host's own addresses, which no route changes. */
static bool read_table(struct reading *reading, const struct yaml_node *node, uint32_t *table) {
    uint64_t number = 0;
    if (!field_whole(reading, node, 1, UINT32_MAX, &number))
        return false;
    *table = (uint32_t)number;
    return number != 255 || yaml_refuse(reading->document, node, reading->error,
                                        "expected another table: 255 is the node's own addresses");
}

/* A network: nothing behind its length. */
static bool read_network(struct reading *reading, const struct yaml_node *node,
                         struct dobos_prefix *prefix) {
    if (!field_prefix(reading, node, prefix))
        return false;
    const struct dobos_address network = prefix_network(prefix);
    if (dobos_address_is_equal(&network, &prefix->address))
        return true;
    const struct dobos_prefix meant = {network, prefix->length};
    char text[DOBOS_PREFIX_TEXT];
    dobos_prefix_format(&meant, text);
    return yaml_refuse(reading->document, node, reading->error,
                       "expected a network, without bits behind its length: %s", text);
}

static bool read_route_to(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_route *route = to;
    struct dobos_prefix *destination = &route->route.destination;
    if (node->kind != YAML_SCALAR || strcmp(node->text, "default") != 0)
        return read_network(reading, node, destination);
    *destination = (struct dobos_prefix){dobos_address_ipv4(0), 0};
    return true;
}

static bool read_route_via(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_route *route = to;
    route->via = node;
    return field_address(reading, node, &route->route.gateway);
}

static bool read_route_metric(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_route *route = to;
    uint64_t metric = 0;
    if (!field_whole(reading, node, 0, UINT32_MAX, &metric))
        return false;
    route->route.metric = (uint32_t)metric;
    return true;
}

static bool read_route_mtu(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_route *route = to;
    uint64_t mtu = 0;
    if (!field_whole(reading, node, MTU_LEAST, MTU_MOST, &mtu))
        return false;
    route->route.mtu = (uint32_t)mtu;
    route->mtu_at = node;
    return true;
}

static bool read_route_table(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_table(reading, node, &((struct network_route *)to)->route.table);
}

static bool read_route_type(struct reading *reading, const struct yaml_node *node, void *to) {
    static const struct {
        const char *name;           /* netplan's */
        enum dobos_route_kind type; /* the same */
    } types[] = {
        {"unicast", DOBOS_ROUTE_UNICAST},
        {"blackhole", DOBOS_ROUTE_BLACKHOLE},
        {"unreachable", DOBOS_ROUTE_UNREACHABLE},
        {"prohibit", DOBOS_ROUTE_PROHIBIT},
    };
    static const char expected[] = "unicast, blackhole, unreachable or prohibit";
    const char *text = NULL;
    if (!field_text(reading, node, expected, &text))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, text) == 0) {
            ((struct network_route *)to)->route.type = types[i].type;
            return true;
        }
    }
    return yaml_refuse(reading->document, node, reading->error, "expected %s", expected);
}

/* What leads nowhere has no gateway and no MTU, and all else has a gateway. */
static bool check_via(struct reading *reading, const struct yaml_node *map,
                      const struct network_route *route) {
    const bool is_unicast = route->route.type == DOBOS_ROUTE_UNICAST;
    if (is_unicast == (route->via != NULL))
        return is_unicast || !route->mtu_at ||
               yaml_refuse(reading->document, route->mtu_at, reading->error,
                           "expected no mtu: the route's type leads nowhere");
    return is_unicast ? yaml_refuse_key(reading->document, map, reading->error,
                                        "the key via is missing from a route")
                      : yaml_refuse(reading->document, route->via, reading->error,
                                    "expected no gateway: the route's type leads nowhere");
}

bool network_read_routes(struct reading *reading, const struct yaml_node *list,
                         struct network_interface *interface) {
    static const struct field fields[] = {
        {"to", read_route_to, true},
        {"via", read_route_via, false},
        {"metric", read_route_metric, false},
        {"on-link", NULL, false},
        {"from", NULL, false},
        {"scope", NULL, false},
        {"table", read_route_table, false},
        {"mtu", read_route_mtu, false},
        {"type", read_route_type, false},
        {NULL, NULL, false},
    };
    if (!field_expect(reading, list, YAML_LIST, "a list of routes"))
        return false;
    interface->routes =
        arena_table(&reading->document->arena, list->count, sizeof *interface->routes);
    if (!interface->routes)
        return field_no_memory(reading);
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        struct network_route *route = &interface->routes[interface->route_count++];
        route->at = node;
        route->route.origin = DOBOS_ORIGIN_STATIC;
        if (!fields_read(reading, node, "a route", fields, route) ||
            !check_via(reading, node, route))
            return false;
    }
    return true;
}

/* ---- rules ---- */

static bool read_rule_from(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_network(reading, node, &((struct network_rule *)to)->rule.from);
}

static bool read_rule_to(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_network(reading, node, &((struct network_rule *)to)->rule.to);
}

static bool read_rule_table(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_table(reading, node, &((struct network_rule *)to)->rule.table);
}

static bool read_rule_priority(struct reading *reading, const struct yaml_node *node, void *to) {
    uint64_t priority = 0;
    if (!field_whole(reading, node, 1, UINT32_MAX, &priority))
        return false;
    ((struct network_rule *)to)->rule.priority = (uint32_t)priority;
    return true;
}

static bool read_rule_iif(struct reading *reading, const struct yaml_node *node, void *to) {
    return field_bool(reading, node, &((struct network_rule *)to)->is_by_interface);
}

bool network_read_rules(struct reading *reading, const struct yaml_node *list,
                        struct network_interface *interface) {
    static const struct field fields[] = {
        {"from", read_rule_from, false},  {"to", read_rule_to, false},
        {"table", read_rule_table, true}, {"priority", read_rule_priority, false},
        {"iif", read_rule_iif, false},    {"mark", NULL, false},
        {"type-of-service", NULL, false}, {NULL, NULL, false},
    };
    if (!field_expect(reading, list, YAML_LIST, "a list of rules"))
        return false;
    interface->rules =
        arena_table(&reading->document->arena, list->count, sizeof *interface->rules);
    if (!interface->rules)
        return field_no_memory(reading);
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        struct network_rule *rule = &interface->rules[interface->rule_count++];
        rule->at = node;
        if (!fields_read(reading, node, "a rule", fields, rule))
            return false;
        if (rule->rule.from.length == 0 && rule->rule.to.length == 0 && !rule->is_by_interface)
            return yaml_refuse_key(reading->document, node, reading->error,
                                   "expected from, to or iif: what the rule is for");
    }
    return true;
}

/* ---- checks ---- */

/* A gateway must be a neighbour: a host in the subnet of an address of the same interface, and not
 * this host itself. */
static bool check_gateway(struct reading *reading, const struct network_interface *interface,
                          const struct network_route *route) {
    const char *reason = "expected a gateway within a subnet of this interface's addresses";
    for (unsigned i = 0; i < interface->address_count; i++) {
        const struct dobos_prefix *prefix = &interface->addresses[i].prefix;
        const struct dobos_prefix gateway = {route->route.gateway, prefix->length};
        if (dobos_address_is_equal(&prefix->address, &gateway.address))
            return yaml_refuse(reading->document, route->via, reading->error,
                               "expected another host's address: this one is the node's own");
        if (!prefix_contains(prefix, &gateway.address))
            continue;
        const char *refusal = network_refuse_host(&gateway);
        if (refusal)
            return yaml_refuse(reading->document, route->via, reading->error,
                               "expected the address of a host: %s", refusal);
        reason = NULL;
    }
    return !reason || yaml_refuse(reading->document, route->via, reading->error, "%s", reason);
}

bool network_check_routes(struct reading *reading, const struct network_interface *interface) {
    const uint32_t mtu = interface->mtu ? interface->mtu : MTU_DEFAULT;
    for (unsigned i = 0; i < interface->route_count; i++) {
        const struct network_route *route = &interface->routes[i];
        if (route->via && !check_gateway(reading, interface, route))
            return false;
        if (route->route.mtu > mtu)
            return yaml_refuse(reading->document, route->mtu_at, reading->error,
                               "expected at most %u: the interface's mtu", mtu);
    }
    return true;
}

/* ---- tables and rules ---- */

/* The tables that a node's rules lead to, and those that its routes are in, sorted. */
struct table_lists {
    uint32_t *ruled, *routed; /* one allocation, owned: `ruled` */
    size_t ruled_n, routed_n; /* of them */
};

static int compare_tables(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static bool is_main(uint32_t table) {
    return table == 0 || table == DOBOS_TABLE_MAIN;
}

static bool collect_tables(const struct network_node *node, struct table_lists *lists) {
    size_t rules = 0, routes = 0;
    for (unsigned i = 0; i < node->interface_count; i++) {
        rules += node->interfaces[i].rule_count;
        routes += node->interfaces[i].route_count;
    }
    *lists = (struct table_lists){.ruled = malloc((rules + routes + 1) * sizeof *lists->ruled)};
    if (!lists->ruled)
        return false;
    lists->routed = lists->ruled + rules;
    for (unsigned i = 0; i < node->interface_count; i++) {
        const struct network_interface *interface = &node->interfaces[i];
        for (unsigned k = 0; k < interface->rule_count; k++)
            lists->ruled[lists->ruled_n++] = interface->rules[k].rule.table;
        for (unsigned k = 0; k < interface->route_count; k++)
            lists->routed[lists->routed_n++] = interface->routes[k].route.table;
    }
    qsort(lists->ruled, lists->ruled_n, sizeof *lists->ruled, compare_tables);
    qsort(lists->routed, lists->routed_n, sizeof *lists->routed, compare_tables);
    return true;
}

static bool has_table(const uint32_t *tables, size_t count, uint32_t table) {
    return is_main(table) || bsearch(&table, tables, count, sizeof table, compare_tables) != NULL;
}

static bool check_interface_tables(struct reading *reading,
                                   const struct network_interface *interface,
                                   const struct table_lists *lists) {
    for (unsigned i = 0; i < interface->rule_count; i++) {
        const struct network_rule *rule = &interface->rules[i];
        if (!has_table(lists->routed, lists->routed_n, rule->rule.table))
            return yaml_refuse(reading->document, field_find(rule->at, "table"), reading->error,
                               "expected a table with routes: none of this node's is in it");
    }
    for (unsigned i = 0; i < interface->route_count; i++) {
        const struct network_route *route = &interface->routes[i];
        if (!has_table(lists->ruled, lists->ruled_n, route->route.table))
            return yaml_refuse(reading->document, field_find(route->at, "table"), reading->error,
                               "expected a table that a rule of routing-policy leads to: nobody "
                               "asks this one");
    }
    return true;
}

bool network_check_tables(struct reading *reading, const struct network_node *node) {
    struct table_lists lists;
    bool is_good = true;
    if (!collect_tables(node, &lists))
        return field_no_memory(reading);
    for (unsigned i = 0; is_good && i < node->interface_count; i++)
        is_good = check_interface_tables(reading, &node->interfaces[i], &lists);
    free(lists.ruled);
    return is_good;
}
