/*
 * route: the routes of a node, as `ip route` of iproute2 lists them (its main table: what leads to
 * lo is not shown), each word with a space behind it. `route get` is in route_get.c.
 */
#include "tools/route.h"

#include <string.h>

#include "base/prefix.h"
#include "tools/words.h"

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

static int show_begin(struct route *route) {
    struct tool_task *task = &route->task;
    bool is_to = false; /* a word that says nothing */
    const struct word_value keywords[] = {
        {"dev", &route->device, NULL}, {"exact", &route->exact, NULL}, {"to", NULL, &is_to},
        {"root", &route->root, NULL},  {"match", &route->match, NULL}, {NULL, NULL, NULL},
    };
    int code = words_read(task, 1, keywords, &route->exact);
    const char *prefix = route->exact ? route->exact : route->root ? route->root : route->match;
    if (code != TOOL_GOES_ON || !prefix)
        return code;
    if ((route->exact != NULL) + (route->root != NULL) + (route->match != NULL) > 1)
        return task_refuse(task, "expected one of exact, root and match");
    return word_prefix(task, prefix, &route->prefix);
}

static int route_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct route *route = container_of(task, struct route, task);
    if (task->operand_count == 0)
        return TOOL_GOES_ON;
    if (strcmp(task->operands[0], "get") == 0)
        return get_begin(route);
    if (!word_is_show(task->operands[0]))
        return task_refuse(task, "'%s': expected show or get", task->operands[0]);
    return show_begin(route);
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

void route_print(const struct dobos_host *host, const struct dobos_route *route, bool has_device,
                 struct sink *out) {
    char text[DOBOS_PREFIX_TEXT];
    char name[DOBOS_NAME_BYTES];
    struct dobos_address source = source_of(host, route);
    route_destination_format(&route->destination, text);
    route_device_format(host, route->interface, name);
    sink_format(out, "%s ", text);
    address_word(out, "via", &route->gateway);
    if (has_device)
        sink_format(out, "dev %s ", name);
    sink_format(out, "proto %s ", protocol_name(route->origin));
    if (dobos_address_is_unspecified(&route->gateway))
        sink_put(out, "scope link ");
    address_word(out, "src", &source);
    if (route->metric > 0)
        sink_format(out, "metric %u ", route->metric);
    if (!has_carrier(host, route->interface))
        sink_put(out, "linkdown ");
    if (route->mtu > 0)
        sink_format(out, "mtu %u ", route->mtu);
}

static json_t *route_json(struct route *asked, const struct dobos_route *route) {
    struct tool_task *task = &asked->task;
    json_t *flags = json_array();
    char text[DOBOS_PREFIX_TEXT];
    char name[DOBOS_NAME_BYTES];
    struct dobos_address source = source_of(task->context.host, route);
    json_t *object = json_object();
    route_destination_format(&route->destination, text);
    route_device_format(task->context.host, route->interface, name);
    task_put(task, object, "dst", json_string(text));
    if (!dobos_address_is_unspecified(&route->gateway))
        task_put(task, object, "gateway", task_address(&route->gateway));
    if (!asked->device)
        task_put(task, object, "dev", json_string(name));
    task_put(task, object, "protocol", json_string(protocol_name(route->origin)));
    if (dobos_address_is_unspecified(&route->gateway))
        task_put(task, object, "scope", json_string("link"));
    if (!dobos_address_is_unspecified(&source))
        task_put(task, object, "prefsrc", task_address(&source));
    if (route->metric > 0)
        task_put(task, object, "metric", json_integer(route->metric));
    if (!has_carrier(task->context.host, route->interface))
        task_append(task, flags, json_string("linkdown"));
    task_put(task, object, "flags", flags);
    if (route->mtu > 0) {
        json_t *metrics = json_array();
        json_t *mtu = json_object();
        task_put(task, mtu, "mtu", json_integer(route->mtu));
        task_append(task, metrics, mtu);
        task_put(task, object, "metrics", metrics);
    }
    return object;
}

static bool is_wanted(const struct route *asked, const struct dobos_route *route) {
    const struct dobos_prefix *prefix = &asked->prefix;
    const struct dobos_prefix *to = &route->destination;
    if (route->interface == LOOPBACK ||
        (asked->interface != 0 && route->interface != asked->interface))
        return false;
    if (asked->exact)
        return to->length == prefix->length && prefix_contains(prefix, &to->address);
    if (asked->root)
        return to->length >= prefix->length && prefix_contains(prefix, &to->address);
    if (asked->match)
        return to->length <= prefix->length && prefix_contains(to, &prefix->address);
    return true;
}

static int route_list(struct route *asked) {
    struct tool_task *task = &asked->task;
    struct dobos_route route;
    if (asked->device) {
        int index = dobos_interface_find(task->context.host, asked->device);
        if (index < 0) {
            task_complain(task, "Cannot find device \"%s\"", asked->device);
            return 1;
        }
        asked->interface = (uint32_t)index;
    }
    json_t *array = task->json ? json_array() : NULL;
    for (uint32_t i = 0; dobos_route_read(task->context.host, i, &route) == 0; i++) {
        if (!is_wanted(asked, &route))
            continue;
        if (task->json) {
            task_append(task, array, route_json(asked, &route));
        } else {
            route_print(task->context.host, &route, !asked->device, task->context.out);
            sink_put(task->context.out, "\n");
        }
    }
    if (task->json)
        task_print(task, array);
    return 0;
}

static int route_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)again;
    struct route *route = container_of(task, struct route, task);
    route->now = now;
    return route->is_get ? route_get(route) : route_list(route);
}

static const struct option_spec route_options[] = {
    {'4', "ipv4", NULL, "IPv4 only: all there is", OPTION_IGNORED, 0, 0, 0},
    {0},
};

const struct tool_kind tool_route = {
    .tool = {.name = "route",
             .summary = "show routes, and which one an address takes",
             .needs_node = true,
             .letters = ""},
    .usage = "[show [dev INTERFACE] [[exact | root | match] PREFIX] | get ADDRESS [from ADDRESS]]",
    .options = route_options,
    .text =
        "Shows a node's routes, as ip route does. get says where a packet for ADDRESS would\n"
        "go, in the words of ip route get, and then why. Exits with 2 when no route leads there.",
    .bytes = sizeof(struct route),
    .operands_most = 8,
    .begin = route_begin,
    .step = route_step,
};
