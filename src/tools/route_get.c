/*
 * route_get: `route get ADDRESS`: what ip route get says (without uid, which a host of dobos does
 * not know), then how it comes: every route that holds the address with the one that won, the
 * source, the next hop, and the MTU.
 */
#include <inttypes.h>
#include <string.h>

#include "base/prefix.h"
#include "tools/route.h"

/* What a packet meets: its kind in the words of iproute2. */
struct kind_words {
    const char *type;  /* before the address; "" for a unicast route */
    const char *cache; /* behind "cache"; "": nothing */
    const char *text;  /* for people */
};
static const struct kind_words words[] = {
    [DOBOS_ROUTE_UNICAST] = {"", "", NULL},
    [DOBOS_ROUTE_LOCAL] = {"local ", "<local> ", "an address of this node itself: it stays here"},
    [DOBOS_ROUTE_BROADCAST] = {"broadcast ", "<local,brd> ",
                               "a broadcast address: to every node of the link"},
    [DOBOS_ROUTE_MULTICAST] = {"multicast ", "<mc> ", "a group: to its members on the link"},
};

static bool is_same(const struct dobos_route *a, const struct dobos_route *b) {
    return a->destination.length == b->destination.length &&
           dobos_address_is_equal(&a->destination.address, &b->destination.address) &&
           dobos_address_is_equal(&a->gateway, &b->gateway) && a->metric == b->metric &&
           a->interface == b->interface;
}

static const char *address_text(const struct dobos_address *address,
                                char text[DOBOS_ADDRESS_TEXT]) {
    (void)dobos_address_format(address, text);
    return text;
}

/* How long what routers told of the path is still believed, seconds. */
static int64_t seconds_left(const struct route *route, const struct dobos_route_choice *choice) {
    return (choice->path_mtu_until - route->now) / DOBOS_SECOND;
}

/* The second line: flags, and the MTU that was told, else that of the route. */
static void cache_print(const struct route *route, const struct dobos_route_choice *choice) {
    struct sink *out = route->task.context.out;
    sink_format(out, "    cache %s", words[choice->kind].cache);
    if (choice->path_mtu)
        sink_format(out, "expires %" PRId64 "sec mtu %s%u ", seconds_left(route, choice),
                    choice->path_mtu_is_locked ? "lock " : "", choice->path_mtu);
    else if (choice->route.mtu)
        sink_format(out, "mtu %u ", choice->route.mtu);
    if (route->iif)
        sink_format(out, "iif %s ", route->iif);
    sink_put(out, "\n");
}

/* ip route get's own two lines. */
static void line_print(const struct route *route, const struct dobos_route_choice *choice) {
    struct sink *out = route->task.context.out;
    char text[DOBOS_ADDRESS_TEXT];
    char name[DOBOS_NAME_BYTES];
    sink_format(out, "%s%s ", words[choice->kind].type,
                address_text(&route->question.destination, text));
    if (!dobos_address_is_unspecified(&route->question.source))
        sink_format(out, "from %s ", address_text(&route->question.source, text));
    if (choice->kind == DOBOS_ROUTE_UNICAST &&
        !dobos_address_is_unspecified(&choice->route.gateway))
        sink_format(out, "via %s ", address_text(&choice->route.gateway, text));
    route_device_format(route->task.context.host, choice->interface, name);
    sink_format(out, "dev %s ", name);
    if (choice->table != 0 && choice->table != DOBOS_TABLE_MAIN)
        sink_format(out, "table %u ", choice->table);
    if (dobos_address_is_unspecified(&route->question.source))
        sink_format(out, "src %s ", address_text(&choice->source, text));
    sink_put(out, "\n");
    cache_print(route, choice);
}

/* Why the winner won over one that also holds the address. */
static const char *why_lost(const struct dobos_route_choice *choice,
                            const struct dobos_route *other) {
    const struct dobos_route *winner = &choice->route;
    if (other->destination.length < winner->destination.length)
        return "shorter prefix";
    if (other->destination.length > winner->destination.length || other->metric < winner->metric)
        return "its link is down, or its gateway does not answer";
    if (other->metric > winner->metric)
        return "larger metric";
    return choice->equals > 1 && route_can_share(other) ? "equal, other flows take it"
                                                        : "listed later";
}

static const char *why_won(const struct dobos_route_choice *choice) {
    if (choice->equals > 1)
        return "chosen for this flow among its equals";
    return choice->matches > 1 ? "chosen, the longest prefix" : "chosen, the only one";
}

/* Which rule led to the table; nothing where there are none. */
static void rule_print(const struct route *route, const struct dobos_route_choice *choice) {
    struct dobos_rule rule;
    for (uint32_t i = 0; dobos_rule_read(route->task.context.host, i, &rule) == 0; i++) {
        if (i > 0 && !choice->has_rule)
            break;
        if (!choice->has_rule)
            rule = (struct dobos_rule){.priority = DOBOS_RULE_MAIN, .table = DOBOS_TABLE_MAIN};
        else if (rule.priority != choice->priority || rule.table != choice->table)
            continue;
        sink_put(route->task.context.out, "rule: ");
        rule_format(route->task.context.host, &rule, ": ", route->task.context.out);
        sink_put(route->task.context.out, "\n");
        return;
    }
}

static void matches_print(const struct route *route, const struct dobos_route_choice *choice) {
    const struct route_view view = {
        .host = route->task.context.host, .has_device = true, .has_table = true};
    struct sink *out = route->task.context.out;
    struct dobos_route each;
    rule_print(route, choice);
    sink_format(out, "routes that hold it: %u\n", choice->matches);
    for (uint32_t i = 0; dobos_table_holding_read(view.host, choice->table,
                                                  &route->question.destination, i, &each) == 0;
         i++) {
        bool is_winner = is_same(&each, &choice->route);
        sink_put(out, is_winner ? "  * " : "    ");
        route_print(&view, &each, out);
        sink_format(out, "(/%u: %s)\n", each.destination.length,
                    is_winner ? why_won(choice) : why_lost(choice, &each));
    }
    if (choice->equals > 1)
        sink_format(out,
                    "equal routes: %u share the flows; a flow's addresses, protocol and ports "
                    "draw one, always the same\n",
                    choice->equals);
}

static void mtu_print(const struct route *route, const struct dobos_route_choice *choice,
                      const char *device) {
    struct sink *out = route->task.context.out;
    if (choice->path_mtu)
        sink_format(out,
                    "mtu: %u bytes, told by a router on the way (%u leave %s); forgotten in "
                    "%" PRId64 " s\n",
                    choice->path_mtu, choice->mtu, device, seconds_left(route, choice));
    else
        sink_format(out, "mtu: %u bytes, of %s\n", choice->mtu,
                    choice->route.mtu && choice->route.mtu == choice->mtu ? "the route" : device);
}

static void why_print(const struct route *route, const struct dobos_route_choice *choice) {
    struct sink *out = route->task.context.out;
    char text[DOBOS_ADDRESS_TEXT];
    char name[DOBOS_NAME_BYTES];
    route_device_format(route->task.context.host, choice->interface, name);
    if (words[choice->kind].text)
        sink_format(out, "destination: %s\n", words[choice->kind].text);
    else
        matches_print(route, choice);
    sink_format(out, "source: %s, ", address_text(&choice->source, text));
    if (!dobos_address_is_unspecified(&route->question.source))
        sink_put(out, "as asked for\n");
    else if (dobos_address_is_equal(&choice->route.source, &choice->source))
        sink_put(out, "which the route prefers\n");
    else
        sink_format(out, "an address of %s\n", name);
    if (choice->kind == DOBOS_ROUTE_UNICAST) {
        bool has_gateway = !dobos_address_is_unspecified(&choice->route.gateway);
        sink_format(out, "next hop: %s, %s\n", address_text(&choice->next_hop, text),
                    has_gateway ? "the gateway" : "the destination itself, on the link");
    }
    mtu_print(route, choice, name);
}

static json_t *matches_json(struct tool_task *task, const struct route *route,
                            const struct dobos_route_choice *choice) {
    struct dobos_route each;
    json_t *array = json_array();
    for (uint32_t i = 0; choice->kind == DOBOS_ROUTE_UNICAST &&
                         dobos_table_holding_read(task->context.host, choice->table,
                                                  &route->question.destination, i, &each) == 0;
         i++) {
        char text[DOBOS_PREFIX_TEXT];
        json_t *object = json_object();
        bool is_winner = is_same(&each, &choice->route);
        route_destination_format(&each.destination, text);
        task_put(task, object, "dst", json_string(text));
        task_put(task, object, "chosen", json_boolean(is_winner));
        if (!is_winner)
            task_put(task, object, "reason", json_string(why_lost(choice, &each)));
        task_append(task, array, object);
    }
    return array;
}

static json_t *choice_json(struct route *route, const struct dobos_route_choice *choice) {
    struct tool_task *task = &route->task;
    char text[16];
    char name[DOBOS_NAME_BYTES];
    json_t *object = json_object();
    json_t *cache = json_array();
    if (choice->kind != DOBOS_ROUTE_UNICAST) {
        (void)snprintf(text, sizeof(text), "%s", words[choice->kind].type);
        task_put(task, object, "type", json_stringn(text, strcspn(text, " ")));
    }
    task_put(task, object, "dst", task_address(&route->question.destination));
    if (choice->kind == DOBOS_ROUTE_UNICAST &&
        !dobos_address_is_unspecified(&choice->route.gateway))
        task_put(task, object, "gateway", task_address(&choice->route.gateway));
    route_device_format(task->context.host, choice->interface, name);
    task_put(task, object, "dev", json_string(name));
    task_put(task, object, "prefsrc", task_address(&choice->source));
    task_put(task, object, "flags", json_array());
    if (choice->kind == DOBOS_ROUTE_LOCAL || choice->kind == DOBOS_ROUTE_BROADCAST)
        task_append(task, cache, json_string("local"));
    if (choice->kind == DOBOS_ROUTE_BROADCAST)
        task_append(task, cache, json_string("brd"));
    if (choice->kind == DOBOS_ROUTE_MULTICAST)
        task_append(task, cache, json_string("mc"));
    task_put(task, object, "cache", cache);
    if (choice->kind == DOBOS_ROUTE_UNICAST) {
        route_table_format(choice->table, text);
        task_put(task, object, "table", json_string(text));
        task_put(task, object, "equals", json_integer(choice->equals));
    }
    if (choice->has_rule)
        task_put(task, object, "rule", json_integer(choice->priority));
    if (route->iif)
        task_put(task, object, "iif", json_string(route->iif));
    if (choice->path_mtu)
        task_put(task, object, "expires", json_integer(seconds_left(route, choice)));
    task_put(task, object, "next_hop", task_address(&choice->next_hop));
    task_put(task, object, "mtu", json_integer(choice->path_mtu ? choice->path_mtu : choice->mtu));
    task_put(task, object, "matches", matches_json(task, route, choice));
    return object;
}

/* Why there is no way. */
static int refuse(struct route *route, const struct dobos_route_choice *choice, int error) {
    char text[DOBOS_ADDRESS_TEXT];
    char prefix[DOBOS_PREFIX_TEXT];
    struct dobos_route holding;
    (void)address_text(&route->question.destination, text);
    if (choice->table != 0 && error != -DOBOS_EADDRNOTAVAIL) {
        route_destination_format(&choice->route.destination, prefix);
        task_complain(&route->task, "%s: %s: the route is %s %s", text, strerror(-error),
                      route_type_name(choice->route.type), prefix);
    } else if (dobos_table_holding_read(route->task.context.host, 0, &route->question.destination,
                                        0, &holding) == 0) {
        task_complain(&route->task, "%s: %s: it is no destination of a packet", text,
                      strerror(-error));
    } else {
        task_complain(&route->task, "%s: %s: no route holds it, and there is no default route",
                      text, strerror(-error));
    }
    return 2;
}

/* Of a packet that comes in: whether it may, from where it says it is. 0, or an exit code. */
static int check_arrival(struct route *route) {
    struct tool_task *task = &route->task;
    const struct dobos_host *host = task->context.host;
    char to[DOBOS_ADDRESS_TEXT], from[DOBOS_ADDRESS_TEXT];
    const char *reason = NULL;
    const int index = dobos_interface_find(host, route->iif);
    if (index < 0) {
        task_complain(task, "Cannot find device \"%s\"", route->iif);
        return 1;
    }
    route->question.arrived = (uint32_t)index;
    (void)address_text(&route->question.destination, to);
    if (!route->from) {
        task_complain(task, "%s: Invalid argument: what comes in has a source: expected from", to);
        return 2;
    }
    const char *counter = dobos_route_refusal(host, &route->question, &reason);
    if (!counter)
        return 0;
    const int error = dobos_host_is_forwarding(host) ? DOBOS_EINVAL : DOBOS_EHOSTUNREACH;
    task_complain(task, "%s: %s: from %s by %s it is dropped: %s: %s", to, strerror(error),
                  address_text(&route->question.source, from), route->iif, counter, reason);
    return 2;
}

/* Of the node's own: its source is an address of the node. 0, or an exit code. */
static int check_own(struct route *route) {
    struct tool_task *task = &route->task;
    char to[DOBOS_ADDRESS_TEXT], from[DOBOS_ADDRESS_TEXT];
    struct dobos_route_choice home;
    if (!route->from || dobos_address_is_unspecified(&route->question.source))
        return 0;
    if (dobos_route_lookup(task->context.host, &route->question.source, NULL, &home) == 0 &&
        home.kind == DOBOS_ROUTE_LOCAL)
        return 0;
    task_complain(task,
                  "%s: Network is unreachable: %s is no address of this node; of what comes in, "
                  "expected iif",
                  address_text(&route->question.destination, to),
                  address_text(&route->question.source, from));
    return 2;
}

int route_get(struct route *route) {
    struct tool_task *task = &route->task;
    struct dobos_route_choice choice = {0};
    const int code = route->iif ? check_arrival(route) : check_own(route);
    if (code != 0)
        return code;
    int error = dobos_route_ask(task->context.host, &route->question, &choice);
    if (error != 0)
        return refuse(route, &choice, error);
    if (task->json) {
        json_t *array = json_array();
        task_append(task, array, choice_json(route, &choice));
        task_print(task, array);
        return 0;
    }
    line_print(route, &choice);
    why_print(route, &choice);
    return 0;
}
