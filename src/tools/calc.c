/*
 * calc: subnet arithmetic (RFC 4632, 950; RFC 3021 for /31): what an address with its prefix or
 * netmask says, in ipcalc's layout, with the bits. A /31 has two hosts and no broadcast address, a
 * /32 is one host.
 */
#include <inttypes.h>
#include <string.h>

#include "base/prefix.h"
#include "tools/task.h"

struct calc {
    struct tool_task task;
    struct dobos_prefix prefix; /* asked for */
};

/* All that follows from it. */
struct subnet {
    uint32_t address, mask, wildcard, network, broadcast, least, most;
    uint8_t length;     /* of the prefix */
    bool has_broadcast; /* up to /30 */
    uint64_t hosts;     /* addresses that a host can have */
    const char *range;  /* what kind of address it is; NULL: an ordinary one */
};

struct range {
    uint32_t network;
    uint8_t length;
    const char *text;
};
/* The longest first where two hold an address. */
static const struct range ranges[] = {
    {0xffffffff, 32, "limited broadcast"},
    {0x00000000, 8, "\"this network\" (RFC 1122)"},
    {0x0a000000, 8, "private (RFC 1918)"},
    {0x64400000, 10, "shared, behind a provider's NAT (RFC 6598)"},
    {0x7f000000, 8, "loopback (RFC 1122)"},
    {0xa9fe0000, 16, "link-local (RFC 3927)"},
    {0xac100000, 12, "private (RFC 1918)"},
    {0xc0000200, 24, "documentation (RFC 5737)"},
    {0xc0a80000, 16, "private (RFC 1918)"},
    {0xc6120000, 15, "benchmarks (RFC 2544)"},
    {0xc6336400, 24, "documentation (RFC 5737)"},
    {0xcb007100, 24, "documentation (RFC 5737)"},
    {0xe0000000, 4, "multicast (RFC 5771)"},
    {0xf0000000, 4, "reserved (RFC 1112)"},
};

static struct calc *calc_of(struct tool_task *task) {
    return container_of(task, struct calc, task);
}

static int calc_begin(struct tool_task *task, dobos_time now) {
    (void)now;
    struct calc *calc = calc_of(task);
    const char *reason = "";
    const char *text = task->operands[0];
    if (strchr(text, '/')) {
        if (dobos_prefix_parse(text, &calc->prefix, &reason) != 0)
            return task_refuse(task, "'%s': %s", text, reason);
        if (task->operand_count == 2)
            return task_refuse(task, "'%s': there is a prefix length already", task->operands[1]);
        return TOOL_GOES_ON;
    }
    if (dobos_address_parse(text, &calc->prefix.address, &reason) != 0)
        return task_refuse(task, "'%s': %s", text, reason);
    if (task->operand_count == 1)
        return task_refuse(task, "'%s': expected a prefix length (/24) or a netmask behind it",
                           text);
    if (dobos_netmask_parse(task->operands[1], &calc->prefix.length, &reason) != 0)
        return task_refuse(task, "'%s': %s", task->operands[1], reason);
    return TOOL_GOES_ON;
}

static const char *range_of(uint32_t address) {
    for (size_t i = 0; i < array_length(ranges); i++) {
        if ((address & ipv4_mask(ranges[i].length)) == ranges[i].network)
            return ranges[i].text;
    }
    return NULL;
}

static struct subnet subnet_of(const struct dobos_prefix *prefix) {
    struct subnet subnet = {.length = prefix->length,
                            .address = dobos_address_ipv4_number(&prefix->address)};
    subnet.mask = ipv4_mask(prefix->length);
    subnet.wildcard = ~subnet.mask;
    subnet.network = subnet.address & subnet.mask;
    subnet.broadcast = subnet.network | subnet.wildcard;
    subnet.has_broadcast = prefix_has_broadcast(prefix);
    uint64_t addresses = (uint64_t)subnet.wildcard + 1;
    subnet.hosts = subnet.has_broadcast ? addresses - 2 : addresses;
    subnet.least = subnet.has_broadcast ? subnet.network + 1 : subnet.network;
    subnet.most = subnet.has_broadcast ? subnet.broadcast - 1 : subnet.broadcast;
    subnet.range = range_of(subnet.address);
    return subnet;
}

/* A line: label, text, and the bits with a space where the host's begin. */
static void line_print(struct sink *out, const char *label, const char *text, uint32_t bits,
                       uint8_t length) {
    sink_put(out, label);
    sink_pad(out, 11);
    sink_put(out, text);
    sink_pad(out, 32);
    for (unsigned i = 0; i < 32; i++) {
        sink_put(out, bits >> (31 - i) & 1 ? "1" : "0");
        if (i % 8 == 7 && i < 31)
            sink_put(out, ".");
        if (i + 1 == length && i < 31)
            sink_put(out, " ");
    }
    sink_put(out, "\n");
}

static void address_print(struct sink *out, const char *label, uint32_t number, uint8_t length) {
    char text[DOBOS_ADDRESS_TEXT];
    struct dobos_address address = dobos_address_ipv4(number);
    (void)dobos_address_format(&address, text);
    line_print(out, label, text, number, length);
}

static void subnet_print(struct sink *out, const struct subnet *subnet) {
    char text[DOBOS_PREFIX_TEXT + 8];
    struct dobos_prefix network = {dobos_address_ipv4(subnet->network), subnet->length};
    struct dobos_address mask = dobos_address_ipv4(subnet->mask);
    uint8_t length = subnet->length;
    address_print(out, "Address:", subnet->address, length);
    int end = dobos_address_format(&mask, text);
    (void)snprintf(text + end, sizeof(text) - (size_t)end, " = %u", length);
    line_print(out, "Netmask:", text, subnet->mask, length);
    address_print(out, "Wildcard:", subnet->wildcard, length);
    sink_put(out, "=>\n");
    (void)dobos_prefix_format(&network, text);
    line_print(out, "Network:", text, subnet->network, length);
    address_print(out, "HostMin:", subnet->least, length);
    address_print(out, "HostMax:", subnet->most, length);
    if (subnet->has_broadcast)
        address_print(out, "Broadcast:", subnet->broadcast, length);
    sink_format(out, "Hosts/Net: %" PRIu64, subnet->hosts);
    if (subnet->range) {
        sink_pad(out, 32);
        sink_put(out, subnet->range);
    }
    sink_put(out, "\n");
}

static void number_put(struct tool_task *task, json_t *object, const char *key, uint32_t number) {
    struct dobos_address address = dobos_address_ipv4(number);
    task_put(task, object, key, task_address(&address));
}

static json_t *subnet_json(struct tool_task *task, const struct subnet *subnet) {
    json_t *object = json_object();
    number_put(task, object, "address", subnet->address);
    task_put(task, object, "prefixlen", json_integer(subnet->length));
    number_put(task, object, "netmask", subnet->mask);
    number_put(task, object, "wildcard", subnet->wildcard);
    number_put(task, object, "network", subnet->network);
    number_put(task, object, "hostmin", subnet->least);
    number_put(task, object, "hostmax", subnet->most);
    if (subnet->has_broadcast)
        number_put(task, object, "broadcast", subnet->broadcast);
    task_put(task, object, "hosts", json_integer((json_int_t)subnet->hosts));
    if (subnet->range)
        task_put(task, object, "range", json_string(subnet->range));
    return object;
}

static int calc_step(struct tool_task *task, dobos_time now, dobos_time *again) {
    (void)now;
    (void)again;
    struct subnet subnet = subnet_of(&calc_of(task)->prefix);
    if (task->json)
        task_print(task, subnet_json(task, &subnet));
    else
        subnet_print(task->context.out, &subnet);
    return 0;
}

const struct tool_kind tool_calc = {
    .tool = {.name = "calc", .summary = "subnet arithmetic", .letters = ""},
    .usage = "ADDRESS/PREFIX | ADDRESS NETMASK",
    .text = "Shows what an address and its prefix length (192.168.0.186/24) or netmask\n"
            "(192.168.0.186 255.255.255.0) say: network, broadcast address, hosts.",
    .bytes = sizeof(struct calc),
    .operands_least = 1,
    .operands_most = 2,
    .begin = calc_begin,
    .step = calc_step,
};
