/*
 * addr: the interfaces of a node and their addresses, as `ip addr` of iproute2 shows them, without
 * what a host of dobos has not: groups, and a transmit queue of lo. As in Linux an address is
 * secondary when an earlier one of its interface is in the same subnet, and those come last.
 */
#include <string.h>

#include "base/prefix.h"
#include "tools/task.h"

struct addr {
    struct tool_task task;
    const char *device; /* only this interface; NULL: all */
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
    unsigned at = 0;
    if (at < task->operand_count &&
        (strcmp(task->operands[at], "show") == 0 || strcmp(task->operands[at], "list") == 0))
        at++;
    if (at < task->operand_count && strcmp(task->operands[at], "dev") == 0) {
        at++;
        if (at == task->operand_count)
            return task_refuse(task, "dev: expected the name of an interface");
    } else if (at < task->operand_count && at == 0) {
        return task_refuse(task, "'%s': expected show or dev", task->operands[at]);
    }
    if (at < task->operand_count)
        addr->device = task->operands[at++];
    if (at < task->operand_count)
        return task_refuse(task, "'%s': expected nothing more", task->operands[at]);
    return TOOL_GOES_ON;
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
    return dobos_address_is_loopback(&line->address.prefix.address) ? "host" : "global";
}

static const char *const loopback_flags[] = {"LOOPBACK", "UP", "LOWER_UP", NULL};
static const char *const ethernet_flags[] = {"BROADCAST", "MULTICAST", "UP", "LOWER_UP", NULL};

static const char *const *flags_of(const struct dobos_interface_info *info) {
    return info->loopback ? loopback_flags : ethernet_flags;
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

static void line_print(struct sink *out, const struct dobos_interface_info *info,
                       const struct addr_line *line) {
    char text[DOBOS_PREFIX_TEXT];
    (void)dobos_prefix_format(&line->address.prefix, text);
    sink_format(out, "    inet %s", text);
    if (line->has_broadcast) {
        (void)dobos_address_format(&line->address.broadcast, text);
        sink_format(out, " brd %s", text);
    }
    sink_format(out, " scope %s%s%s%s %s\n       ", scope_name(line),
                line->is_secondary ? " secondary" : "", line->preferred_s == 0 ? " deprecated" : "",
                line->valid_s != UINT32_MAX ? " dynamic" : "", info->name);
    lifetime_print(out, "valid_lft", line->valid_s);
    lifetime_print(out, " preferred_lft", line->preferred_s);
    sink_put(out, "\n");
}

static void interface_print(struct tool_task *task, const struct dobos_interface_info *info,
                            dobos_time now) {
    struct sink *out = task->context.out;
    struct addr_line line;
    char mac[DOBOS_MAC_TEXT];
    sink_format(out, "%u: %s: <", info->index, info->name);
    for (const char *const *flag = flags_of(info); *flag; flag++)
        sink_format(out, "%s%s", *flag, flag[1] ? "," : "");
    sink_format(out, "> mtu %u qdisc %s state %s", info->mtu, info->queue,
                info->loopback ? "UNKNOWN" : "UP");
    if (info->queue_packets > 0)
        sink_format(out, " qlen %u", info->queue_packets);
    (void)dobos_mac_format(&info->mac, mac);
    sink_format(out, "\n    link/%s %s", info->loopback ? "loopback" : "ether", mac);
    link_broadcast(info, mac);
    sink_format(out, " brd %s\n", mac);
    for (int secondary = 0; secondary < 2; secondary++) {
        for (uint32_t i = 0; line_read(task->context.host, info, i, now, &line); i++) {
            if (line.is_secondary == (secondary == 1))
                line_print(out, info, &line);
        }
    }
}

static json_t *line_json(struct tool_task *task, const struct dobos_interface_info *info,
                         const struct addr_line *line) {
    json_t *object = json_object();
    task_put(task, object, "family", json_string("inet"));
    task_put(task, object, "local", task_address(&line->address.prefix.address));
    task_put(task, object, "prefixlen", json_integer(line->address.prefix.length));
    if (line->has_broadcast)
        task_put(task, object, "broadcast", task_address(&line->address.broadcast));
    task_put(task, object, "scope", json_string(scope_name(line)));
    if (line->is_secondary)
        task_put(task, object, "secondary", json_true());
    if (line->preferred_s == 0)
        task_put(task, object, "deprecated", json_true());
    if (line->valid_s != UINT32_MAX)
        task_put(task, object, "dynamic", json_true());
    task_put(task, object, "label", json_string(info->name));
    task_put(task, object, "valid_life_time", json_integer(line->valid_s));
    task_put(task, object, "preferred_life_time", json_integer(line->preferred_s));
    return object;
}

static json_t *interface_json(struct tool_task *task, const struct dobos_interface_info *info,
                              dobos_time now) {
    struct addr_line line;
    char mac[DOBOS_MAC_TEXT];
    json_t *object = json_object();
    json_t *flags = json_array();
    json_t *lines = json_array();
    for (const char *const *flag = flags_of(info); *flag; flag++)
        task_append(task, flags, json_string(*flag));
    for (int secondary = 0; secondary < 2; secondary++) {
        for (uint32_t i = 0; line_read(task->context.host, info, i, now, &line); i++) {
            if (line.is_secondary == (secondary == 1))
                task_append(task, lines, line_json(task, info, &line));
        }
    }
    task_put(task, object, "ifindex", json_integer(info->index));
    task_put(task, object, "ifname", json_string(info->name));
    task_put(task, object, "flags", flags);
    task_put(task, object, "mtu", json_integer(info->mtu));
    task_put(task, object, "qdisc", json_string(info->queue));
    task_put(task, object, "operstate", json_string(info->loopback ? "UNKNOWN" : "UP"));
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
    const struct addr *addr = addr_of(task);
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
        if (dobos_interface_read(host, i, &info) != 0)
            continue;
        if (task->json)
            task_append(task, array, interface_json(task, &info, now));
        else
            interface_print(task, &info, now);
    }
    if (task->json)
        task_print(task, array);
    return 0;
}

const struct tool_kind tool_addr = {
    .tool = {.name = "addr",
             .summary = "show interfaces and addresses",
             .needs_node = true,
             .letters = ""},
    .usage = "[show [[dev] INTERFACE]]",
    .text = "Shows a node's interfaces and their addresses, as ip addr does.",
    .bytes = sizeof(struct addr),
    .operands_most = 3,
    .begin = addr_begin,
    .step = addr_step,
};
