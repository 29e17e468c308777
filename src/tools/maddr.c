/*
 * maddr: the multicast groups that a node's interfaces listen to, as `ip maddr` of iproute2 shows
 * them: the link addresses of their frames first, then the groups with how many sockets have joined
 * where that is more than one. With sources, which iproute2 has no word for, a line says which are
 * wanted or not.
 */
#include <string.h>

#include <dobos/group.h>

#include "tools/words.h"
#include "wire/ethernet.h"

struct maddr {
    struct tool_task task;
    const char *device; /* only this interface; NULL: all */
};

static struct maddr *maddr_of(struct tool_task *task) {
    return container_of(task, struct maddr, task);
}

static int maddr_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct maddr *maddr = maddr_of(task);
    bool is_show = task->operand_count > 0 && word_is_show(task->operands[0]);
    const struct word_value keywords[] = {{"dev", &maddr->device, NULL}, {NULL, NULL, NULL}};
    return words_read(task, is_show ? 1 : 0, keywords, &maddr->device);
}

/* Whether an earlier group of the interface has the same link address: 32 groups share each. */
static bool is_link_shown(const struct dobos_host *host, uint32_t interface, uint32_t nth,
                          const struct dobos_mac *mac) {
    struct dobos_group_info earlier;
    for (uint32_t i = 0; i < nth; i++)
        if (dobos_group_read(host, interface, i, &earlier) == 0 && mac_is_equal(&earlier.mac, mac))
            return true;
    return false;
}

static void sources_print(const struct dobos_host *host, struct sink *out, uint32_t interface,
                          const struct dobos_group_info *info) {
    struct dobos_address source;
    char text[DOBOS_ADDRESS_TEXT];
    if (info->source_count == 0)
        return;
    sink_put(out, info->exclude ? " exclude" : " include");
    for (uint32_t i = 0; dobos_group_source_read(host, interface, &info->group, i, &source) == 0;
         i++) {
        (void)dobos_address_format(&source, text);
        sink_format(out, " %s", text);
    }
}

static void interface_print(const struct dobos_host *host, struct sink *out,
                            const struct dobos_interface_info *device) {
    struct dobos_group_info info;
    char text[DOBOS_ADDRESS_TEXT];
    sink_format(out, "%u:\t%s\n", device->index, device->name);
    for (uint32_t i = 0; !device->loopback && dobos_group_read(host, device->index, i, &info) == 0;
         i++) {
        if (is_link_shown(host, device->index, i, &info.mac))
            continue;
        (void)dobos_mac_format(&info.mac, text);
        sink_format(out, "\tlink  %s\n", text);
    }
    for (uint32_t i = 0; dobos_group_read(host, device->index, i, &info) == 0; i++) {
        (void)dobos_address_format(&info.group, text);
        sink_format(out, "\tinet  %s", text);
        if (info.users > 1)
            sink_format(out, " users %u", info.users);
        sources_print(host, out, device->index, &info);
        sink_put(out, "\n");
    }
}

static json_t *group_json(struct tool_task *task, uint32_t interface,
                          const struct dobos_group_info *info) {
    struct dobos_address source;
    json_t *object = json_object();
    json_t *sources = json_array();
    task_put(task, object, "family", json_string("inet"));
    task_put(task, object, "address", task_address(&info->group));
    if (info->users > 1)
        task_put(task, object, "users", json_integer(info->users));
    for (uint32_t i = 0;
         dobos_group_source_read(task->context.host, interface, &info->group, i, &source) == 0; i++)
        task_append(task, sources, task_address(&source));
    if (info->source_count > 0)
        task_put(task, object, info->exclude ? "exclude" : "include", sources);
    else
        json_decref(sources);
    return object;
}

static json_t *interface_json(struct tool_task *task, const struct dobos_interface_info *device) {
    const struct dobos_host *host = task->context.host;
    struct dobos_group_info info;
    char text[DOBOS_MAC_TEXT];
    json_t *object = json_object();
    json_t *list = json_array();
    for (uint32_t i = 0; !device->loopback && dobos_group_read(host, device->index, i, &info) == 0;
         i++) {
        if (is_link_shown(host, device->index, i, &info.mac))
            continue;
        json_t *link = json_object();
        (void)dobos_mac_format(&info.mac, text);
        task_put(task, link, "link", json_string(text));
        task_append(task, list, link);
    }
    for (uint32_t i = 0; dobos_group_read(host, device->index, i, &info) == 0; i++)
        task_append(task, list, group_json(task, device->index, &info));
    task_put(task, object, "ifindex", json_integer(device->index));
    task_put(task, object, "ifname", json_string(device->name));
    task_put(task, object, "maddr", list);
    return object;
}

static int maddr_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)now;
    (void)again;
    const struct maddr *maddr = maddr_of(task);
    const struct dobos_host *host = task->context.host;
    struct dobos_interface_info device;
    uint32_t first = 1;
    uint32_t last = dobos_interface_count(host);
    if (maddr->device) {
        int index = dobos_interface_find(host, maddr->device);
        if (index < 0) {
            task_complain(task, "Device \"%s\" does not exist.", maddr->device);
            return 1;
        }
        first = last = (uint32_t)index;
    }
    json_t *array = task->json ? json_array() : NULL;
    for (uint32_t i = first; i <= last; i++) {
        if (dobos_interface_read(host, i, &device) != 0)
            continue;
        if (task->json)
            task_append(task, array, interface_json(task, &device));
        else
            interface_print(host, task->context.out, &device);
    }
    if (task->json)
        task_print(task, array);
    return 0;
}

static const struct option_spec maddr_options[] = {
    {'4', "ipv4", NULL, "IPv4 only: all there is", OPTION_IGNORED, 0, 0, 0},
    {0},
};

const struct tool_kind tool_maddr = {
    .tool = {.name = "maddr",
             .summary = "show multicast groups",
             .needs_node = true,
             .letters = ""},
    .usage = "[show] [[dev] INTERFACE]",
    .text = "Shows the multicast groups that a node's interfaces listen to, as ip maddr does.",
    .options = maddr_options,
    .bytes = sizeof(struct maddr),
    .operands_most = 8,
    .begin = maddr_begin,
    .step = maddr_step,
};
