/*
 * route: the routes of a node, as `ip route` of iproute2 lists them (its main table: what leads to
 * lo is not shown), each word with a space behind it. `route get` is in route_get.c.
 */
#include "tools/route.h"

#include <string.h>

#include "base/prefix.h"

#define LOOPBACK 1 /* the index of lo */

static int get_begin(struct route *route) {
    struct tool_task *task = &route->task;
    const char *reason = "";
    route->is_get = true;
    route->source = dobos_address_ipv4(0);
    if (task->operand_count != 2 && task->operand_count != 4)
        return task_refuse(task, "get: expected ADDRESS [from ADDRESS]");
    if (dobos_address_parse(task->operands[1], &route->destination, &reason) != 0)
        return task_refuse(task, "'%s': %s", task->operands[1], reason);
    if (task->operand_count == 2)
        return TOOL_GOES_ON;
    if (strcmp(task->operands[2], "from") != 0)
        return task_refuse(task, "'%s': expected from", task->operands[2]);
    if (dobos_address_parse(task->operands[3], &route->source, &reason) != 0)
        return task_refuse(task, "'%s': %s", task->operands[3], reason);
    return TOOL_GOES_ON;
}

static int route_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct route *route = container_of(task, struct route, task);
    if (task->operand_count == 0)
        return TOOL_GOES_ON;
    if (strcmp(task->operands[0], "get") == 0)
        return get_begin(route);
    if (strcmp(task->operands[0], "show") != 0 && strcmp(task->operands[0], "list") != 0)
        return task_refuse(task, "'%s': expected show or get", task->operands[0]);
    if (task->operand_count > 1)
        return task_refuse(task, "'%s': expected nothing more", task->operands[1]);
    return TOOL_GOES_ON;
}

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

static const char *protocol_name(enum dobos_origin origin) {
    switch (origin) {
    case DOBOS_ORIGIN_KERNEL:
        return "kernel";
    case DOBOS_ORIGIN_STATIC:
        return "static";
    case DOBOS_ORIGIN_DHCP:
        return "dhcp";
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

void route_print(const struct dobos_host *host, const struct dobos_route *route, struct sink *out) {
    char text[DOBOS_PREFIX_TEXT];
    char name[DOBOS_NAME_BYTES];
    struct dobos_address source = source_of(host, route);
    route_destination_format(&route->destination, text);
    route_device_format(host, route->interface, name);
    sink_format(out, "%s ", text);
    address_word(out, "via", &route->gateway);
    sink_format(out, "dev %s proto %s ", name, protocol_name(route->origin));
    if (dobos_address_is_unspecified(&route->gateway))
        sink_put(out, "scope link ");
    address_word(out, "src", &source);
    if (route->metric > 0)
        sink_format(out, "metric %u ", route->metric);
}

static json_t *route_json(struct tool_task *task, const struct dobos_route *route) {
    char text[DOBOS_PREFIX_TEXT];
    char name[DOBOS_NAME_BYTES];
    struct dobos_address source = source_of(task->context.host, route);
    json_t *object = json_object();
    route_destination_format(&route->destination, text);
    route_device_format(task->context.host, route->interface, name);
    task_put(task, object, "dst", json_string(text));
    if (!dobos_address_is_unspecified(&route->gateway))
        task_put(task, object, "gateway", task_address(&route->gateway));
    task_put(task, object, "dev", json_string(name));
    task_put(task, object, "protocol", json_string(protocol_name(route->origin)));
    if (dobos_address_is_unspecified(&route->gateway))
        task_put(task, object, "scope", json_string("link"));
    if (!dobos_address_is_unspecified(&source))
        task_put(task, object, "prefsrc", task_address(&source));
    if (route->metric > 0)
        task_put(task, object, "metric", json_integer(route->metric));
    task_put(task, object, "flags", json_array());
    return object;
}

static int route_list(struct tool_task *task) {
    struct dobos_route route;
    json_t *array = task->json ? json_array() : NULL;
    for (uint32_t i = 0; dobos_route_read(task->context.host, i, &route) == 0; i++) {
        if (route.interface == LOOPBACK)
            continue;
        if (task->json) {
            task_append(task, array, route_json(task, &route));
        } else {
            route_print(task->context.host, &route, task->context.out);
            sink_put(task->context.out, "\n");
        }
    }
    if (task->json)
        task_print(task, array);
    return 0;
}

static int route_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)now;
    (void)again;
    struct route *route = container_of(task, struct route, task);
    return route->is_get ? route_get(route) : route_list(task);
}

const struct tool_kind tool_route = {
    .tool = {.name = "route",
             .summary = "show routes, and which one an address takes",
             .needs_node = true,
             .letters = ""},
    .usage = "[show | get ADDRESS [from ADDRESS]]",
    .text =
        "Shows a node's routes, as ip route does. get says where a packet for ADDRESS would\n"
        "go, in the words of ip route get, and then why. Exits with 2 when no route leads there.",
    .bytes = sizeof(struct route),
    .operands_most = 4,
    .begin = route_begin,
    .step = route_step,
};
