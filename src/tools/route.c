/*
 * route: the routes of a node, as `ip route` of iproute2 lists them (its main table: what leads to
 * lo is not shown), each word with a space behind it. `route get` is in route_get.c.
 */
#include "tools/route.h"

#include <string.h>

#include "base/prefix.h"
#include "tools/words.h"

#define LOOPBACK 1 /* the index of lo */

/* A whole number of a word; NULL: there is none, and it is 0. */
static int number_read(struct tool_task *task, const char *word, uint64_t most, uint64_t *number) {
    *number = 0;
    for (const char *at = word; at && *at; at++) {
        *number = *number * 10 + (uint64_t)((unsigned char)*at - '0');
        if (*at < '0' || *at > '9' || *number > most)
            return task_refuse(task, "'%s': expected a whole number up to %llu", word,
                               (unsigned long long)most);
    }
    return TOOL_GOES_ON;
}

/* The flow of get: ipproto, sport, dport. */
static int flow_begin(struct route *route, struct dobos_route_question *question) {
    struct tool_task *task = &route->task;
    uint64_t protocol = 0, from = 0, to = 0;
    const char *number = route->protocol;
    if (number && strcmp(number, "tcp") == 0)
        number = "6";
    else if (number && strcmp(number, "udp") == 0)
        number = "17";
    else if (number && strcmp(number, "icmp") == 0)
        number = "1";
    int code = number_read(task, number, 255, &protocol);
    code = code == TOOL_GOES_ON ? number_read(task, route->sport, 65535, &from) : code;
    code = code == TOOL_GOES_ON ? number_read(task, route->dport, 65535, &to) : code;
    question->protocol = (uint8_t)protocol;
    question->source_port = (uint16_t)from;
    question->destination_port = (uint16_t)to;
    return code;
}

static int get_begin(struct route *route) {
    struct tool_task *task = &route->task;
    const char *reason = "", *to = NULL;
    const struct word_value keywords[] = {
        {"from", &route->from, NULL},   {"iif", &route->iif, NULL},
        {"sport", &route->sport, NULL}, {"ipproto", &route->protocol, NULL},
        {"dport", &route->dport, NULL}, {NULL, NULL, NULL},
    };
    route->is_get = true;
    route->question.size = sizeof(route->question);
    route->question.source = dobos_address_ipv4(0);
    int code = words_read(task, 1, keywords, &to);
    if (code != TOOL_GOES_ON)
        return code;
    if (!to)
        return task_refuse(task, "get: expected ADDRESS [from ADDRESS [iif INTERFACE]]");
    if (dobos_address_parse(to, &route->question.destination, &reason) != 0)
        return task_refuse(task, "'%s': %s", to, reason);
    if (route->from && dobos_address_parse(route->from, &route->question.source, &reason) != 0)
        return task_refuse(task, "'%s': %s", route->from, reason);
    return flow_begin(route, &route->question);
}

/* main, all, or a number. */
static int table_begin(struct route *route) {
    uint64_t number = DOBOS_TABLE_MAIN;
    const char *name = route->table_name;
    if (name && strcmp(name, "all") == 0)
        number = 0;
    else if (name && (name[0] < '0' || name[0] > '9') && strcmp(name, "main") != 0)
        return task_refuse(&route->task, "'%s': expected main, all or the number of a table", name);
    else if (name && strcmp(name, "main") != 0) {
        int code = number_read(&route->task, name, UINT32_MAX, &number);
        if (code != TOOL_GOES_ON)
            return code;
    }
    route->table = (uint32_t)number;
    return TOOL_GOES_ON;
}

static int show_begin(struct route *route) {
    struct tool_task *task = &route->task;
    bool is_to = false; /* a word that says nothing */
    const struct word_value keywords[] = {
        {"dev", &route->device, NULL},
        {"exact", &route->exact, NULL},
        {"to", NULL, &is_to},
        {"root", &route->root, NULL},
        {"match", &route->match, NULL},
        {"table", &route->table_name, NULL},
        {NULL, NULL, NULL},
    };
    int code = words_read(task, 1, keywords, &route->exact);
    code = code == TOOL_GOES_ON ? table_begin(route) : code;
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
    route->table = DOBOS_TABLE_MAIN;
    if (task->operand_count == 0)
        return TOOL_GOES_ON;
    if (strcmp(task->operands[0], "get") == 0)
        return get_begin(route);
    if (!word_is_show(task->operands[0]))
        return task_refuse(task, "'%s': expected show or get", task->operands[0]);
    return show_begin(route);
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

static bool is_same_place(const struct dobos_route *a, const struct dobos_route *b) {
    return a->metric == b->metric && a->destination.length == b->destination.length &&
           dobos_address_is_equal(&a->destination.address, &b->destination.address);
}

/* How many routes are shown as one with the nth, which share flows: 1: it is alone; 0: it is shown
 * with one before it. */
static uint32_t hops_of(const struct route *asked, uint32_t table, uint32_t nth,
                        const struct dobos_route *route) {
    const struct dobos_host *host = asked->task.context.host;
    struct dobos_route first = *route, each;
    uint32_t at = nth, count = 0;
    if (asked->device || !route_can_share(route))
        return 1;
    while (at > 0 && dobos_table_route_read(host, table, at - 1, &each) == 0 &&
           is_same_place(&each, route)) {
        first = each;
        at--;
    }
    if (!route_can_share(&first))
        return 1;
    if (at < nth)
        return 0;
    for (; dobos_table_route_read(host, table, at, &each) == 0 && is_same_place(&each, route); at++)
        count += route_can_share(&each);
    return count;
}

static void table_list(struct route *asked, uint32_t table, json_t *array) {
    struct tool_task *task = &asked->task;
    const struct dobos_host *host = task->context.host;
    struct route_view view = {
        .host = host, .has_device = !asked->device, .has_table = asked->table == 0};
    struct dobos_route route;
    for (uint32_t i = 0; dobos_table_route_read(host, table, i, &route) == 0; i++) {
        view.hops = is_wanted(asked, &route) ? hops_of(asked, table, i, &route) : 0;
        view.nth = i;
        if (view.hops == 0)
            continue;
        if (task->json) {
            task_append(task, array, route_json(task, &view, &route));
        } else {
            route_print(&view, &route, task->context.out);
            sink_put(task->context.out, "\n");
        }
    }
}

static int route_list(struct route *asked) {
    struct tool_task *task = &asked->task;
    if (asked->device) {
        int index = dobos_interface_find(task->context.host, asked->device);
        if (index < 0) {
            task_complain(task, "Cannot find device \"%s\"", asked->device);
            return 1;
        }
        asked->interface = (uint32_t)index;
    }
    json_t *array = task->json ? json_array() : NULL;
    uint32_t table = 0, count = 0;
    for (uint32_t i = 0; dobos_table_read(task->context.host, i, &table) == 0; i++) {
        if (asked->table != 0 && asked->table != table)
            continue;
        table_list(asked, table, array);
        count++;
    }
    if (count == 0) {
        json_decref(array);
        task_complain(task, "ipv4: FIB table does not exist: %u", asked->table);
        return 2;
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
    .usage = "[show [dev INTERFACE] [table TABLE] [[exact | root | match] PREFIX]]\n"
             "       dobos route [OPTION...] get ADDRESS [from ADDRESS [iif INTERFACE]]\n"
             "                   [ipproto PROTOCOL] [sport PORT] [dport PORT]",
    .options = route_options,
    .text =
        "Shows a node's routes, as ip route does. get says where a packet for ADDRESS would\n"
        "go, in the words of ip route get, and then why; with iif one of somebody else's. TABLE\n"
        "is a number, main or all. Exits with 2 when no route leads there.",
    .bytes = sizeof(struct route),
    .operands_most = 12,
    .begin = route_begin,
    .step = route_step,
};
