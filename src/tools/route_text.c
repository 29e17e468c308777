/* route_text: a route as text and as JSON, in the layout of iproute2. */
#include "tools/route.h"

#include "base/prefix.h"

void route_destination_format(const struct dobos_prefix *prefix, char text[DOBOS_PREFIX_TEXT]) {
    if (prefix->length == 0)
        (void)snprintf(text, DOBOS_PREFIX_TEXT, "default");
    else if (prefix->length == 32)
        (void)dobos_address_format(&prefix->address, text);
    else
        (void)dobos_prefix_format(prefix, text);
}

void route_device_format(const struct dobos_host *host, uint32_t interface,
                         char name[DOBOS_NAME_BYTES]) {
    struct dobos_interface_info info;
    bool is_there = dobos_interface_read(host, interface, &info) == 0;
    (void)snprintf(name, DOBOS_NAME_BYTES, "%s", is_there ? info.name : "?");
}

void route_table_format(uint32_t table, char text[12]) {
    if (table == DOBOS_TABLE_MAIN)
        (void)snprintf(text, 12, "main");
    else
        (void)snprintf(text, 12, "%u", table);
}

const char *route_type_name(enum dobos_route_kind type) {
    switch (type) {
    case DOBOS_ROUTE_UNICAST:
        return "";
    case DOBOS_ROUTE_LOCAL:
        return "local";
    case DOBOS_ROUTE_BROADCAST:
        return "broadcast";
    case DOBOS_ROUTE_MULTICAST:
        return "multicast";
    case DOBOS_ROUTE_BLACKHOLE:
        return "blackhole";
    case DOBOS_ROUTE_UNREACHABLE:
        return "unreachable";
    case DOBOS_ROUTE_PROHIBIT:
        return "prohibit";
    }
    return "";
}

bool route_can_share(const struct dobos_route *route) {
    return route->type == DOBOS_ROUTE_UNICAST && route->origin == DOBOS_ORIGIN_STATIC &&
           !dobos_address_is_unspecified(&route->gateway);
}

static const char *protocol_name(enum dobos_origin origin) {
    switch (origin) {
    case DOBOS_ORIGIN_KERNEL:
        return "kernel";
    case DOBOS_ORIGIN_STATIC:
        return "static";
    case DOBOS_ORIGIN_DHCP:
        return "dhcp";
    case DOBOS_ORIGIN_LINK_LOCAL:
        return "static"; /* none is set by it */
    }
    return "static";
}

/* The preferred source; of a connected route the address that it follows from. */
static struct dobos_address source_of(const struct dobos_host *host,
                                      const struct dobos_route *route) {
    struct dobos_interface_address address;
    if (!dobos_address_is_unspecified(&route->source) || route->origin != DOBOS_ORIGIN_KERNEL)
        return route->source;
    for (uint32_t i = 0; dobos_address_read(host, route->interface, i, &address) == 0; i++) {
        if (address.prefix.length == route->destination.length &&
            prefix_contains(&route->destination, &address.prefix.address))
            return address.prefix.address;
    }
    return route->source;
}

static void address_word(struct sink *out, const char *name, const struct dobos_address *address) {
    char text[DOBOS_ADDRESS_TEXT];
    if (dobos_address_is_unspecified(address))
        return;
    (void)dobos_address_format(address, text);
    sink_format(out, "%s %s ", name, text);
}

static bool has_carrier(const struct dobos_host *host, uint32_t interface) {
    struct dobos_interface_info info;
    return dobos_interface_read(host, interface, &info) == 0 && info.carrier;
}

/* The others that share flows with it, each on a line. */
static void hops_print(const struct route_view *view, const struct dobos_route *route,
                       struct sink *out) {
    struct dobos_route each = *route;
    char via[DOBOS_ADDRESS_TEXT];
    char name[DOBOS_NAME_BYTES];
    for (uint32_t i = view->nth, shown = 0; shown < view->hops; i++) {
        if (dobos_table_route_read(view->host, route->table, i, &each) < 0)
            return;
        if (!route_can_share(&each))
            continue;
        shown++;
        (void)dobos_address_format(&each.gateway, via);
        route_device_format(view->host, each.interface, name);
        sink_format(out, "\n\tnexthop via %s dev %s weight 1 ", via, name);
        if (!has_carrier(view->host, each.interface))
            sink_put(out, "linkdown ");
    }
}

void route_print(const struct route_view *view, const struct dobos_route *route, struct sink *out) {
    const struct dobos_host *host = view->host;
    const bool is_unicast = route->type == DOBOS_ROUTE_UNICAST;
    const bool is_one = view->hops <= 1 && is_unicast;
    char table[12];
    char text[DOBOS_PREFIX_TEXT];
    char name[DOBOS_NAME_BYTES];
    struct dobos_address source = source_of(host, route);
    route_destination_format(&route->destination, text);
    route_device_format(host, route->interface, name);
    sink_format(out, "%s%s%s ", route_type_name(route->type), is_unicast ? "" : " ", text);
    if (is_one)
        address_word(out, "via", &route->gateway);
    if (view->has_device && is_one)
        sink_format(out, "dev %s ", name);
    route_table_format(route->table, table);
    if (view->has_table && route->table != DOBOS_TABLE_MAIN)
        sink_format(out, "table %s ", table);
    sink_format(out, "proto %s ", protocol_name(route->origin));
    if (dobos_address_is_unspecified(&route->gateway) && is_unicast)
        sink_put(out, "scope link ");
    address_word(out, "src", &source);
    if (route->metric > 0)
        sink_format(out, "metric %u ", route->metric);
    if (is_one && !has_carrier(host, route->interface))
        sink_put(out, "linkdown ");
    if (route->mtu > 0)
        sink_format(out, "mtu %u ", route->mtu);
    if (view->hops > 1)
        hops_print(view, route, out);
}

static json_t *hops_json(struct tool_task *task, const struct route_view *view,
                         const struct dobos_route *route) {
    json_t *array = json_array();
    struct dobos_route each;
    char name[DOBOS_NAME_BYTES];
    for (uint32_t i = view->nth, shown = 0; shown < view->hops; i++) {
        if (dobos_table_route_read(view->host, route->table, i, &each) < 0)
            break;
        if (!route_can_share(&each))
            continue;
        json_t *object = json_object();
        shown++;
        route_device_format(view->host, each.interface, name);
        task_put(task, object, "gateway", task_address(&each.gateway));
        task_put(task, object, "dev", json_string(name));
        task_put(task, object, "weight", json_integer(1));
        task_put(task, object, "flags", json_array());
        task_append(task, array, object);
    }
    return array;
}

/* Where it leads: a gateway and a device, or several. */
static void way_json(struct tool_task *task, const struct route_view *view,
                     const struct dobos_route *route, json_t *object) {
    char name[DOBOS_NAME_BYTES];
    route_device_format(view->host, route->interface, name);
    if (!dobos_address_is_unspecified(&route->gateway) && view->hops <= 1)
        task_put(task, object, "gateway", task_address(&route->gateway));
    if (view->has_device && view->hops <= 1)
        task_put(task, object, "dev", json_string(name));
}

json_t *route_json(struct tool_task *task, const struct route_view *view,
                   const struct dobos_route *route) {
    const bool is_unicast = route->type == DOBOS_ROUTE_UNICAST;
    json_t *flags = json_array();
    char text[DOBOS_PREFIX_TEXT];
    struct dobos_address source = source_of(task->context.host, route);
    json_t *object = json_object();
    route_destination_format(&route->destination, text);
    if (!is_unicast)
        task_put(task, object, "type", json_string(route_type_name(route->type)));
    task_put(task, object, "dst", json_string(text));
    if (is_unicast)
        way_json(task, view, route, object);
    if (view->has_table && route->table != DOBOS_TABLE_MAIN) {
        route_table_format(route->table, text);
        task_put(task, object, "table", json_string(text));
    }
    task_put(task, object, "protocol", json_string(protocol_name(route->origin)));
    if (dobos_address_is_unspecified(&route->gateway) && is_unicast)
        task_put(task, object, "scope", json_string("link"));
    if (!dobos_address_is_unspecified(&source))
        task_put(task, object, "prefsrc", task_address(&source));
    if (route->metric > 0)
        task_put(task, object, "metric", json_integer(route->metric));
    if (is_unicast && view->hops <= 1 && !has_carrier(task->context.host, route->interface))
        task_append(task, flags, json_string("linkdown"));
    task_put(task, object, "flags", flags);
    if (view->hops > 1)
        task_put(task, object, "nexthops", hops_json(task, view, route));
    if (route->mtu > 0) {
        json_t *metrics = json_array();
        json_t *mtu = json_object();
        task_put(task, mtu, "mtu", json_integer(route->mtu));
        task_append(task, metrics, mtu);
        task_put(task, object, "metrics", metrics);
    }
    return object;
}
