/*
 * addr: the interfaces of a node and their addresses, as `ip addr` of iproute2 shows them, without
 * what a host of dobos has not: groups, and a transmit queue of lo. As in Linux an address is
 * secondary when an earlier one of its interface is in the same subnet, and those come last.
 */
#include <string.h>

#include "base/ipv4_ranges.h"
#include "base/prefix.h"
#include "tools/words.h"

struct addr {
    struct tool_task task;
    const char *device;         /* only this interface; NULL: all */
    bool up;                    /* only those that are up, as all are */
    bool dynamic, permanent;    /* only addresses with, or without, an end */
    const char *to;             /* only addresses of: */
    struct dobos_prefix within; /* a subnet */
    const char *scope;          /* only addresses of this scope; NULL: all */
    bool ipv4;                  /* nothing of the link, nor interfaces without addresses */
    bool brief;                 /* a line an interface, its addresses only */
    bool one_line;              /* a line an address */
};

/* What stands behind each address of an interface. */
struct addr_line {
    struct dobos_interface_address address; /* as the host has it */
    bool is_secondary;                      /* an earlier one has the subnet */
    bool has_broadcast;                     /* to be shown */
    int64_t valid_s, preferred_s;           /* left; UINT32_MAX: for ever */
};

static struct addr *addr_of(struct tool_task *task) {
    return container_of(task, struct addr, task);
}

static int addr_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct addr *addr = addr_of(task);
    const char *scope = NULL;
    const struct word_value keywords[] = {
        {"dev", &addr->device, NULL},
        {"up", NULL, &addr->up},
        {"dynamic", NULL, &addr->dynamic},
        {"permanent", NULL, &addr->permanent},
        {"to", &addr->to, NULL},
        {"scope", &scope, NULL},
        {NULL, NULL, NULL},
    };
    bool is_show = task->operand_count > 0 && word_is_show(task->operands[0]);
    bool is_keyword = task->operand_count > 0 && word_is_known(keywords, task->operands[0]);
    if (task->operand_count > 0 && !is_show && !is_keyword)
        return task_refuse(task, "'%s': expected show or dev", task->operands[0]);
    int code = words_read(task, is_show ? 1 : 0, keywords, &addr->device);
    if (code == TOOL_GOES_ON && addr->to)
        code = word_prefix(task, addr->to, &addr->within);
    if (code == TOOL_GOES_ON && scope && strcmp(scope, "global") != 0 &&
        strcmp(scope, "host") != 0 && strcmp(scope, "link") != 0)
        return task_refuse(task, "scope: '%s': expected global, link or host", scope);
    addr->scope = scope;
    return code;
}

static int64_t seconds_left(dobos_time until, dobos_time now) {
    if (until == DOBOS_NEVER)
        return UINT32_MAX;
    return until > now ? (until - now) / DOBOS_SECOND : 0;
}

static bool is_secondary(const struct dobos_host *host, uint32_t interface, uint32_t nth,
                         const struct dobos_prefix *prefix) {
    struct dobos_interface_address earlier;
    for (uint32_t i = 0; i < nth; i++) {
        if (dobos_address_read(host, interface, i, &earlier) == 0 &&
            earlier.prefix.length == prefix->length &&
            prefix_contains(&earlier.prefix, &prefix->address))
            return true;
    }
    return false;
}

static bool line_read(const struct dobos_host *host, const struct dobos_interface_info *info,
                      uint32_t nth, dobos_time now, struct addr_line *line) {
    if (dobos_address_read(host, info->index, nth, &line->address) != 0)
        return false;
    line->is_secondary = is_secondary(host, info->index, nth, &line->address.prefix);
    line->has_broadcast = !dobos_address_is_unspecified(&line->address.broadcast);
    line->valid_s = seconds_left(line->address.valid_until, now);
    line->preferred_s = seconds_left(line->address.preferred_until, now);
    return true;
}

static const char *scope_name(const struct addr_line *line) {
    const struct dobos_address *address = &line->address.prefix.address;
    if (dobos_address_is_loopback(address))
        return "host";
    return ipv4_is_link_local(dobos_address_ipv4_number(address)) ? "link" : "global";
}

static bool is_wanted(const struct addr *addr, const struct addr_line *line) {
    bool has_end = line->valid_s != UINT32_MAX;
    if ((addr->dynamic && !has_end) || (addr->permanent && has_end))
        return false;
    if (addr->to && !prefix_contains(&addr->within, &line->address.prefix.address))
        return false;
    return !addr->scope || strcmp(addr->scope, scope_name(line)) == 0;
}

/* Where the walk over the addresses of an interface is: primary ones first. */
struct walk {
    uint32_t next;     /* to be read */
    bool is_secondary; /* the second time round */
};

/* The next address to be shown; false behind the last. */
static bool line_next(const struct addr *addr, const struct dobos_interface_info *info,
                      dobos_time now, struct walk *walk, struct addr_line *line) {
    for (;;) {
        if (line_read(addr->task.context.host, info, walk->next++, now, line)) {
            if (line->is_secondary == walk->is_secondary && is_wanted(addr, line))
                return true;
        } else if (walk->is_secondary) {
            return false;
        } else {
            *walk = (struct walk){.is_secondary = true};
        }
    }
}

/* Whether an interface without such addresses is left out. */
static bool asks_for_addresses(const struct addr *addr) {
    return addr->ipv4 || addr->one_line || addr->dynamic || addr->permanent || addr->to ||
           addr->scope;
}

static const char *const loopback_flags[] = {"LOOPBACK", "UP", "LOWER_UP", NULL};
static const char *const ethernet_flags[] = {"BROADCAST", "MULTICAST", "UP", "LOWER_UP", NULL};
static const char *const unplugged_flags[] = {"NO-CARRIER", "BROADCAST", "MULTICAST", "UP", NULL};

static const char *const *flags_of(const struct dobos_interface_info *info) {
    return info->loopback ? loopback_flags : info->carrier ? ethernet_flags : unplugged_flags;
}

static const char *state_of(const struct dobos_interface_info *info) {
    return info->loopback ? "UNKNOWN" : info->carrier ? "UP" : "DOWN";
}

#define MARKS 5
static const char *const mark_names[MARKS] = {"secondary", "dadfailed", "deprecated", "tentative",
                                              "dynamic"};

/* What is to be known of an address beside its text, in iproute2's order. A duplicate counts as
 * tentative too: it is never used. */
static void marks_of(const struct addr_line *line, bool marks[MARKS]) {
    marks[0] = line->is_secondary;
    marks[1] = line->address.state == DOBOS_ADDRESS_CONFLICT;
    marks[2] = line->preferred_s == 0;
    marks[3] = line->address.state != DOBOS_ADDRESS_READY;
    marks[4] = line->valid_s != UINT32_MAX;
}

/* Broadcast at the link: all ones, but lo has none. */
static void link_broadcast(const struct dobos_interface_info *info, char text[DOBOS_MAC_TEXT]) {
    struct dobos_mac mac;
    memset(&mac, info->loopback ? 0 : 0xff, sizeof(mac));
    (void)dobos_mac_format(&mac, text);
}

static void lifetime_print(struct sink *out, const char *name, int64_t seconds) {
    if (seconds == UINT32_MAX)
        sink_format(out, "%s forever", name);
    else
        sink_format(out, "%s %lldsec", name, (long long)seconds);
}

/* The address and its lifetimes; `end` stands between the two. */
static void line_print(struct sink *out, const struct dobos_interface_info *info,
                       const struct addr_line *line, const char *end) {
    char text[DOBOS_PREFIX_TEXT];
    bool marks[MARKS];
    (void)dobos_prefix_format(&line->address.prefix, text);
    sink_format(out, "    inet %s", text);
    if (line->has_broadcast) {
        (void)dobos_address_format(&line->address.broadcast, text);
        sink_format(out, " brd %s", text);
    }
    sink_format(out, " scope %s", scope_name(line));
    marks_of(line, marks);
    for (unsigned i = 0; i < MARKS; i++)
        sink_format(out, "%s%s", marks[i] ? " " : "", marks[i] ? mark_names[i] : "");
    sink_format(out, " %s%s       ", info->name, end);
    lifetime_print(out, "valid_lft", line->valid_s);
    lifetime_print(out, " preferred_lft", line->preferred_s);
    sink_put(out, "\n");
}

static void link_print(struct sink *out, const struct dobos_interface_info *info, bool has_mac) {
    char mac[DOBOS_MAC_TEXT];
    sink_format(out, "%u: %s: <", info->index, info->name);
    for (const char *const *flag = flags_of(info); *flag; flag++)
        sink_format(out, "%s%s", *flag, flag[1] ? "," : "");
    sink_format(out, "> mtu %u qdisc %s state %s", info->mtu, info->queue, state_of(info));
    if (info->queue_packets > 0)
        sink_format(out, " qlen %u", info->queue_packets);
    sink_put(out, "\n");
    if (!has_mac)
        return;
    (void)dobos_mac_format(&info->mac, mac);
    sink_format(out, "    link/%s %s", info->loopback ? "loopback" : "ether", mac);
    link_broadcast(info, mac);
    sink_format(out, " brd %s\n", mac);
}

static void brief_print(const struct addr *addr, const struct dobos_interface_info *info,
                        dobos_time now) {
    struct sink *out = addr->task.context.out;
    struct walk walk = {0};
    struct addr_line line;
    char text[DOBOS_PREFIX_TEXT];
    sink_format(out, "%-16s %-14s ", info->name, state_of(info));
    while (line_next(addr, info, now, &walk, &line)) {
        (void)dobos_prefix_format(&line.address.prefix, text);
        sink_format(out, "%s ", text);
    }
    sink_put(out, "\n");
}

static void interface_print(const struct addr *addr, const struct dobos_interface_info *info,
                            dobos_time now) {
    struct sink *out = addr->task.context.out;
    struct walk walk = {0};
    struct addr_line line;
    if (addr->brief) {
        brief_print(addr, info, now);
        return;
    }
    if (!addr->one_line)
        link_print(out, info, !addr->ipv4);
    while (line_next(addr, info, now, &walk, &line)) {
        if (addr->one_line)
            sink_format(out, "%u: %s", info->index, info->name);
        line_print(out, info, &line, addr->one_line ? "\\" : "\n");
    }
}

static json_t *line_json(struct tool_task *task, const struct dobos_interface_info *info,
                         const struct addr_line *line) {
    char mac[DOBOS_MAC_TEXT];
    bool marks[MARKS];
    json_t *object = json_object();
    task_put(task, object, "family", json_string("inet"));
    task_put(task, object, "local", task_address(&line->address.prefix.address));
    task_put(task, object, "prefixlen", json_integer(line->address.prefix.length));
    if (line->has_broadcast)
        task_put(task, object, "broadcast", task_address(&line->address.broadcast));
    task_put(task, object, "scope", json_string(scope_name(line)));
    marks_of(line, marks);
    for (unsigned i = 0; i < MARKS; i++) {
        if (marks[i])
            task_put(task, object, mark_names[i], json_true());
    }
    if (line->address.conflicts > 0) {
        (void)dobos_mac_format(&line->address.conflict, mac);
        task_put(task, object, "conflict", json_string(mac));
        task_put(task, object, "conflicts", json_integer(line->address.conflicts));
    }
    task_put(task, object, "label", json_string(info->name));
    task_put(task, object, "valid_life_time", json_integer(line->valid_s));
    task_put(task, object, "preferred_life_time", json_integer(line->preferred_s));
    return object;
}

static json_t *interface_json(struct addr *addr, const struct dobos_interface_info *info,
                              dobos_time now) {
    struct tool_task *task = &addr->task;
    struct walk walk = {0};
    struct addr_line line;
    char mac[DOBOS_MAC_TEXT];
    json_t *object = json_object();
    json_t *flags = json_array();
    json_t *lines = json_array();
    for (const char *const *flag = flags_of(info); *flag; flag++)
        task_append(task, flags, json_string(*flag));
    while (line_next(addr, info, now, &walk, &line))
        task_append(task, lines, line_json(task, info, &line));
    task_put(task, object, "ifindex", json_integer(info->index));
    task_put(task, object, "ifname", json_string(info->name));
    task_put(task, object, "flags", flags);
    task_put(task, object, "mtu", json_integer(info->mtu));
    task_put(task, object, "qdisc", json_string(info->queue));
    task_put(task, object, "operstate", json_string(state_of(info)));
    if (info->queue_packets > 0)
        task_put(task, object, "txqlen", json_integer(info->queue_packets));
    task_put(task, object, "link_type", json_string(info->loopback ? "loopback" : "ether"));
    (void)dobos_mac_format(&info->mac, mac);
    task_put(task, object, "address", json_string(mac));
    link_broadcast(info, mac);
    task_put(task, object, "broadcast", json_string(mac));
    task_put(task, object, "addr_info", lines);
    return object;
}

static int addr_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)again;
    struct addr *addr = addr_of(task);
    const struct dobos_host *host = task->context.host;
    uint32_t first = 1;
    uint32_t last = dobos_interface_count(host);
    if (addr->device) {
        int index = dobos_interface_find(host, addr->device);
        if (index < 0) {
            task_complain(task, "Device \"%s\" does not exist.", addr->device);
            return 1;
        }
        first = last = (uint32_t)index;
    }
    json_t *array = task->json ? json_array() : NULL;
    for (uint32_t i = first; i <= last; i++) {
        struct dobos_interface_info info;
        struct walk walk = {0};
        struct addr_line line;
        if (dobos_interface_read(host, i, &info) != 0)
            continue;
        if (asks_for_addresses(addr) && !line_next(addr, &info, now, &walk, &line))
            continue;
        if (task->json)
            task_append(task, array, interface_json(addr, &info, now));
        else
            interface_print(addr, &info, now);
    }
    if (task->json)
        task_print(task, array);
    return 0;
}

static const struct option_spec addr_options[] = {
    {'4', "ipv4", NULL, "addresses only, nothing of the link", OPTION_FLAG,
     offsetof(struct addr, ipv4), 0, 0},
    {'b', "brief", NULL, "a line an interface, also as -br", OPTION_FLAG,
     offsetof(struct addr, brief), 0, 0},
    {'r', "resolve", NULL, "no effect: the end of -br", OPTION_IGNORED, 0, 0, 0},
    {'o', "oneline", NULL, "a line an address", OPTION_FLAG, offsetof(struct addr, one_line), 0, 0},
    {0},
};

const struct tool_kind tool_addr = {
    .tool = {.name = "addr",
             .summary = "show interfaces and addresses",
             .needs_node = true,
             .letters = ""},
    .usage = "[show] [[dev] INTERFACE] [up] [scope SCOPE] [to PREFIX] [dynamic | permanent]",
    .text = "Shows a node's interfaces and their addresses, as ip addr does.",
    .options = addr_options,
    .bytes = sizeof(struct addr),
    .operands_most = 16,
    .begin = addr_begin,
    .step = addr_step,
};
