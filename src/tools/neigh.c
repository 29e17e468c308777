/*
 * neigh: the neighbours of a node: who is at which link address, and how sure that is (RFC 4861
 * §7.3.2, for ARP too), as `ip neigh` of iproute2 shows them, in the order of interfaces and
 * addresses. What iproute2 leaves out unless asked for, neighbours that need no asking, a host of
 * dobos does not have.
 */
#include <string.h>

#include "base/prefix.h"
#include "tools/words.h"
#include "wire/ethernet.h"

struct neigh {
    struct tool_task task;
    const char *device;         /* only at this interface; NULL: at all */
    unsigned states;            /* only in one of these; 0: in any */
    bool has_prefix;            /* only those of: */
    struct dobos_prefix prefix; /* a subnet, or an address */
    json_t *array;              /* with --json: so far; owned */
};

static const struct {
    const char *name; /* as `nud` takes it */
    const char *text; /* as it is shown */
    unsigned state;   /* its bit */
} states[] = {
    {"incomplete", "INCOMPLETE", DOBOS_NEIGHBOR_INCOMPLETE},
    {"reachable", "REACHABLE", DOBOS_NEIGHBOR_REACHABLE},
    {"stale", "STALE", DOBOS_NEIGHBOR_STALE},
    {"delay", "DELAY", DOBOS_NEIGHBOR_DELAY},
    {"probe", "PROBE", DOBOS_NEIGHBOR_PROBE},
    {"failed", "FAILED", DOBOS_NEIGHBOR_FAILED},
    /* States that nobody is in. */
    {"noarp", "NOARP", 0x40},
    {"permanent", "PERMANENT", 0x80},
    {"none", "NONE", 0x100},
    {"all", "", 0xffff},
};

static struct neigh *neigh_of(struct tool_task *task) {
    return container_of(task, struct neigh, task);
}

static int state_take(struct neigh *neigh, const char *word) {
    for (size_t i = 0; i < array_length(states); i++) {
        if (strcmp(states[i].name, word) == 0) {
            neigh->states |= states[i].state;
            return TOOL_GOES_ON;
        }
    }
    return task_refuse(&neigh->task,
                       "nud: '%s': expected incomplete, reachable, stale, delay, "
                       "probe, failed or all",
                       word);
}

static int neigh_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct neigh *neigh = neigh_of(task);
    unsigned at = task->operand_count > 0 && word_is_show(task->operands[0]) ? 1 : 0;
    int code = TOOL_GOES_ON;
    while (at < task->operand_count && code == TOOL_GOES_ON) {
        const char *word = task->operands[at++];
        bool is_device = strcmp(word, "dev") == 0;
        bool is_state = strcmp(word, "nud") == 0 || strcmp(word, "state") == 0;
        bool is_prefix = strcmp(word, "to") == 0;
        if ((is_device || is_state || is_prefix) && at == task->operand_count)
            return task_refuse(task, "%s: expected a value behind it", word);
        if (is_device)
            neigh->device = task->operands[at++];
        else if (is_state)
            code = state_take(neigh, task->operands[at++]);
        else
            code = word_prefix(task, is_prefix ? task->operands[at++] : word, &neigh->prefix);
        neigh->has_prefix |= !is_device && !is_state;
    }
    return code;
}

static const char *state_text(enum dobos_neighbor_state state) {
    for (size_t i = 0; i < array_length(states); i++) {
        if (states[i].state == (unsigned)state)
            return states[i].text;
    }
    return "?";
}

static bool is_wanted(const struct neigh *neigh, const struct dobos_neighbor_info *info) {
    if (neigh->states != 0 && !(neigh->states & (unsigned)info->state))
        return false;
    return !neigh->has_prefix || prefix_contains(&neigh->prefix, &info->address);
}

static void neighbor_print(struct neigh *neigh, const char *device,
                           const struct dobos_neighbor_info *info) {
    struct sink *out = neigh->task.context.out;
    char text[DOBOS_ADDRESS_TEXT];
    (void)dobos_address_format(&info->address, text);
    sink_format(out, "%s ", text);
    if (!neigh->device)
        sink_format(out, "dev %s ", device);
    if (!mac_is_zero(&info->mac)) {
        (void)dobos_mac_format(&info->mac, text);
        sink_format(out, "lladdr %s ", text);
    }
    sink_format(out, "%s \n", state_text(info->state));
}

static void neighbor_append(struct neigh *neigh, const char *device,
                            const struct dobos_neighbor_info *info) {
    struct tool_task *task = &neigh->task;
    json_t *object = json_object();
    json_t *list = json_array();
    task_put(task, object, "dst", task_address(&info->address));
    if (!neigh->device)
        task_put(task, object, "dev", json_string(device));
    if (!mac_is_zero(&info->mac)) {
        char text[DOBOS_MAC_TEXT];
        (void)dobos_mac_format(&info->mac, text);
        task_put(task, object, "lladdr", json_string(text));
    }
    task_append(task, list, json_string(state_text(info->state)));
    task_put(task, object, "state", list);
    task_append(task, neigh->array, object);
}

static void neighbors_show(struct neigh *neigh, uint32_t interface) {
    const struct dobos_host *host = neigh->task.context.host;
    struct dobos_interface_info device;
    struct dobos_neighbor_info info;
    if (dobos_interface_read(host, interface, &device) != 0)
        return;
    for (uint32_t i = 0; dobos_neighbor_read(host, interface, i, &info) == 0; i++) {
        if (!is_wanted(neigh, &info))
            continue;
        if (neigh->task.json)
            neighbor_append(neigh, device.name, &info);
        else
            neighbor_print(neigh, device.name, &info);
    }
}

static int neigh_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)now;
    (void)again;
    struct neigh *neigh = neigh_of(task);
    uint32_t first = 1;
    uint32_t last = dobos_interface_count(task->context.host);
    if (neigh->device) {
        int index = dobos_interface_find(task->context.host, neigh->device);
        if (index < 0) {
            task_complain(task, "Cannot find device \"%s\"", neigh->device);
            return 1;
        }
        first = last = (uint32_t)index;
    }
    if (task->json)
        neigh->array = json_array();
    for (uint32_t i = first; i <= last; i++)
        neighbors_show(neigh, i);
    if (task->json)
        task_print(task, neigh->array);
    return 0;
}

static const struct option_spec neigh_options[] = {
    {'4', "ipv4", NULL, "IPv4 only: all there is", OPTION_IGNORED, 0, 0, 0},
    {0},
};

const struct tool_kind tool_neigh = {
    .tool = {.name = "neigh",
             .summary = "show neighbours and their link addresses",
             .needs_node = true,
             .letters = ""},
    .usage = "[show] [[to] PREFIX] [dev INTERFACE] [nud STATE]...",
    .text = "Shows a node's neighbours: their link addresses, and how sure those are, as ip neigh\n"
            "does. STATE is incomplete, reachable, stale, delay, probe or failed.",
    .options = neigh_options,
    .bytes = sizeof(struct neigh),
    .operands_most = 24,
    .begin = neigh_begin,
    .step = neigh_step,
};
