/*
 * network_nat: NAT of a node.
 *
 *     nat:
 *       masquerade: [wan0]
 *       filtering: address-dependent
 *       forward:
 *         - {tcp: 8080, to: 192.168.0.10:80}
 *         - {udp: 5000, to: 192.168.0.11}
 *       ports: 1024-65535
 *       quota: 2000
 *
 * What leaves by an interface of `masquerade` leaves with an address of that interface. All that
 * depends on the node's other keys is looked at when the whole file is read: whether it forwards at
 * all, has those interfaces, and has a way to whoever is forwarded to.
 */
#include <stdio.h>
#include <string.h>

#include "base/prefix.h"
#include "lab/network_read.h"
#include "lab/quantity.h"

#define QUOTA_MOST      1000000
#define INTERFACES_MOST 16
#define FORWARDS_MOST   1024

/* ---- what stands there ---- */

static bool read_masquerade(struct reading *reading, const struct yaml_node *list, void *to) {
    struct network_nat *nat = to;
    if (!field_expect(reading, list, YAML_LIST, "a list of interfaces such as [wan0]"))
        return false;
    if (list->count == 0)
        return yaml_refuse(reading->document, list, reading->error,
                           "it is empty: expected an interface such as [wan0]");
    if (list->count > INTERFACES_MOST)
        return yaml_refuse(reading->document, list, reading->error,
                           "%u interfaces: expected at most %d", list->count, INTERFACES_MOST);
    nat->interfaces = arena_table(&reading->document->arena, list->count, sizeof *nat->interfaces);
    if (!nat->interfaces)
        return field_no_memory(reading);
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        struct network_nat_interface *interface = &nat->interfaces[nat->interface_count++];
        interface->at = node;
        if (!field_text(reading, node, "the name of an interface of this node", &interface->name))
            return false;
    }
    return true;
}

static bool read_filtering(struct reading *reading, const struct yaml_node *node, void *to) {
    static const struct {
        const char *word;
        enum dobos_nat_filtering filtering;
    } words[] = {
        {"endpoint-independent", DOBOS_NAT_ENDPOINT_INDEPENDENT},
        {"address-dependent", DOBOS_NAT_ADDRESS_DEPENDENT},
        {"address-and-port-dependent", DOBOS_NAT_ADDRESS_AND_PORT_DEPENDENT},
    };
    for (size_t i = 0; node->kind == YAML_SCALAR && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(node->text, words[i].word) == 0) {
            ((struct network_nat *)to)->filtering = words[i].filtering;
            return true;
        }
    }
    return yaml_refuse(reading->document, node, reading->error,
                       "expected endpoint-independent, address-dependent or "
                       "address-and-port-dependent");
}

static bool read_ports(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_nat *nat = to;
    const char *dash = node->kind == YAML_SCALAR ? strchr(node->text, '-') : NULL;
    uint64_t first = 0, last = 0;
    char text[8];
    if (dash && (size_t)(dash - node->text) < sizeof text) {
        (void)snprintf(text, sizeof text, "%.*s", (int)(dash - node->text), node->text);
        if (quantity_whole(text, UINT16_MAX, &first) && first > 0 &&
            quantity_whole(dash + 1, UINT16_MAX, &last) && first < last) {
            nat->port_first = (uint16_t)first;
            nat->port_last = (uint16_t)last;
            return true;
        }
    }
    return yaml_refuse(reading->document, node, reading->error,
                       "expected a range of ports such as 1024-65535, the lower first, from 1 to "
                       "65535");
}

static bool read_quota(struct reading *reading, const struct yaml_node *node, void *to) {
    uint64_t quota = 0;
    if (!field_whole(reading, node, 1, QUOTA_MOST, &quota))
        return false;
    ((struct network_nat *)to)->quota = (uint32_t)quota;
    return true;
}

/* ---- forwards ---- */

/* The one that is being read. */
struct forward_reading {
    struct dobos_nat_forward *forward; /* what it says */
    struct network_nat_place *at;      /* where */
};

static bool read_port(struct reading *reading, const struct yaml_node *node,
                      const struct forward_reading *one, enum dobos_protocol protocol) {
    uint64_t port = 0;
    if (!field_whole(reading, node, 1, UINT16_MAX, &port))
        return false;
    one->forward->protocol = (uint8_t)protocol;
    one->forward->port = (uint16_t)port;
    one->at->port = node;
    return true;
}

static bool read_tcp(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_port(reading, node, to, DOBOS_TCP);
}

static bool read_udp(struct reading *reading, const struct yaml_node *node, void *to) {
    return read_port(reading, node, to, DOBOS_UDP);
}

/* ADDRESS or ADDRESS:PORT; without a port it is 0. */
static bool endpoint_parse(const struct yaml_node *node, struct dobos_endpoint *endpoint) {
    const char *colon = node->kind == YAML_SCALAR ? strrchr(node->text, ':') : NULL;
    char text[DOBOS_ADDRESS_TEXT];
    uint64_t port = 0;
    if (node->kind != YAML_SCALAR || yaml_is_nothing(node))
        return false;
    const size_t length = colon ? (size_t)(colon - node->text) : strlen(node->text);
    if (length >= sizeof text ||
        (colon && (!quantity_whole(colon + 1, UINT16_MAX, &port) || port == 0)))
        return false;
    (void)snprintf(text, sizeof text, "%.*s", (int)length, node->text);
    endpoint->port = (uint16_t)port;
    return dobos_address_parse(text, &endpoint->address, NULL) == 0;
}

static bool read_to(struct reading *reading, const struct yaml_node *node, void *to) {
    const struct forward_reading *one = to;
    one->at->to = node;
    return endpoint_parse(node, &one->forward->to) ||
           yaml_refuse(reading->document, node, reading->error,
                       "expected an address behind the NAT, with a port or without: "
                       "192.168.0.10:80");
}

/* The place of an earlier one that takes the same port; NULL: there is none. */
static const struct yaml_node *find_twice(const struct network_nat *nat, unsigned number) {
    const struct dobos_nat_forward *forward = &nat->forwards[number];
    for (unsigned i = 0; i < number; i++)
        if (nat->forwards[i].protocol == forward->protocol &&
            nat->forwards[i].port == forward->port)
            return nat->forward_at[i].port;
    return NULL;
}

static bool read_one_forward(struct reading *reading, const struct yaml_node *map,
                             struct network_nat *nat) {
    static const struct field fields[] = {
        {"tcp", read_tcp, false},
        {"udp", read_udp, false},
        {"to", read_to, true},
        {NULL, NULL, false},
    };
    const unsigned number = nat->forward_count++;
    struct forward_reading one = {&nat->forwards[number], &nat->forward_at[number]};
    if (!fields_read(reading, map, "a forward", fields, &one))
        return false;
    if (!field_find(map, "tcp") == !field_find(map, "udp"))
        return yaml_refuse(reading->document, map, reading->error,
                           "expected either tcp or udp, with a port, in a forward");
    const struct yaml_node *before = find_twice(nat, number);
    return !before ||
           yaml_refuse(reading->document, one.at->port, reading->error,
                       "expected each port once: line %u forwards it already", before->line);
}

static bool read_forward(struct reading *reading, const struct yaml_node *list, void *to) {
    struct network_nat *nat = to;
    struct arena *arena = &reading->document->arena;
    if (!field_expect(reading, list, YAML_LIST,
                      "a list of forwards such as [{tcp: 8080, to: 192.168.0.10:80}]"))
        return false;
    if (list->count > FORWARDS_MOST)
        return yaml_refuse(reading->document, list, reading->error,
                           "%u forwards: expected at most %d", list->count, FORWARDS_MOST);
    nat->forwards = arena_table(arena, list->count, sizeof *nat->forwards);
    nat->forward_at = arena_table(arena, list->count, sizeof *nat->forward_at);
    if (!nat->forwards || !nat->forward_at)
        return field_no_memory(reading);
    for (const struct yaml_node *node = list->first; node; node = node->next)
        if (!read_one_forward(reading, node, nat))
            return false;
    return true;
}

bool network_read_nat(struct reading *reading, const struct yaml_node *map,
                      struct network_node *node) {
    static const struct field fields[] = {
        {"masquerade", read_masquerade, true}, {"filtering", read_filtering, false},
        {"forward", read_forward, false},      {"ports", read_ports, false},
        {"quota", read_quota, false},          {NULL, NULL, false},
    };
    struct network_nat *nat = arena_table(&reading->document->arena, 1, sizeof *nat);
    if (!nat)
        return field_no_memory(reading);
    nat->at = map;
    node->nat = nat;
    return fields_read(reading, map, "nat", fields, nat);
}

int network_nat_set(const struct network_nat *nat, struct dobos_host *host) {
    uint32_t interfaces[INTERFACES_MOST];
    for (unsigned i = 0; i < nat->interface_count; i++)
        interfaces[i] = nat->interfaces[i].number + 2;
    const struct dobos_nat_config config = {.size = sizeof config,
                                            .interfaces = interfaces,
                                            .interface_count = nat->interface_count,
                                            .filtering = nat->filtering,
                                            .port_first = nat->port_first,
                                            .port_last = nat->port_last,
                                            .quota = nat->quota,
                                            .forwards = nat->forwards,
                                            .forward_count = nat->forward_count};
    return dobos_nat_set(host, &config);
}

/* ---- with the rest of the node ---- */

static bool is_masqueraded(const struct network_nat *nat, unsigned number) {
    for (unsigned i = 0; i < nat->interface_count; i++)
        if (nat->interfaces[i].number == number)
            return true;
    return false;
}

static bool check_interfaces(struct reading *reading, const struct network_node *node,
                             const struct network_nat *nat) {
    for (unsigned i = 0; i < nat->interface_count; i++) {
        struct network_nat_interface *interface = &nat->interfaces[i];
        interface->number = network_interface_find(node, interface->name);
        if (interface->number == UINT32_MAX)
            return yaml_refuse(reading->document, interface->at, reading->error,
                               "no such interface: expected one of this node");
        for (unsigned k = 0; k < i; k++)
            if (nat->interfaces[k].number == interface->number)
                return yaml_refuse(reading->document, interface->at, reading->error,
                                   "expected each interface once");
        const struct network_interface *file = &node->interfaces[interface->number];
        if (file->address_count == 0 && !file->dhcp4)
            return yaml_refuse(reading->document, interface->at, reading->error,
                               "it has no address: expected an interface with addresses or dhcp4");
    }
    if (nat->interface_count == node->interface_count)
        return yaml_refuse(reading->document, field_find(nat->at, "masquerade"), reading->error,
                           "all of the node's interfaces: expected one less: that of the hosts "
                           "inside");
    return true;
}

static bool is_own(const struct network_node *node, const struct dobos_address *address) {
    for (unsigned i = 0; i < node->interface_count; i++)
        for (unsigned a = 0; a < node->interfaces[i].address_count; a++)
            if (dobos_address_is_equal(&node->interfaces[i].addresses[a].prefix.address, address))
                return true;
    return false;
}

/* Whether the interface leads to a host of this address: one of its subnets has it, not as network
 * or broadcast address, or a route of its does; what it leases, or reads from a file, nobody knows
 * yet. */
static bool is_way(const struct network_interface *interface, const struct dobos_address *address) {
    for (unsigned i = 0; i < interface->address_count; i++) {
        const struct dobos_prefix *prefix = &interface->addresses[i].prefix;
        const struct dobos_address network = prefix_network(prefix), last = prefix_last(prefix);
        if (prefix_contains(prefix, address))
            return !prefix_has_broadcast(prefix) || (!dobos_address_is_equal(address, &network) &&
                                                     !dobos_address_is_equal(address, &last));
    }
    for (unsigned i = 0; i < interface->route_count; i++)
        if (interface->routes[i].route.type == DOBOS_ROUTE_UNICAST &&
            prefix_contains(&interface->routes[i].route.destination, address))
            return true;
    return interface->dhcp4;
}

static bool check_forward(struct reading *reading, const struct network_node *node,
                          unsigned number) {
    const struct dobos_address *to = &node->nat->forwards[number].to.address;
    const struct yaml_node *at = node->nat->forward_at[number].to;
    if (is_own(node, to) || dobos_address_is_loopback(to))
        return yaml_refuse(reading->document, at, reading->error,
                           "this is the node itself: expected a host behind it");
    if (dobos_address_is_unspecified(to) || dobos_address_is_multicast(to) ||
        dobos_address_ipv4_number(to) == UINT32_MAX)
        return yaml_refuse(reading->document, at, reading->error,
                           "not the address of one host: expected a host behind the NAT");
    for (unsigned i = 0; i < node->interface_count; i++)
        if (!is_masqueraded(node->nat, i) && is_way(&node->interfaces[i], to))
            return true;
    if (node->routes_file)
        return true;
    return yaml_refuse(reading->document, at, reading->error,
                       "a forward to nowhere: expected a host on a subnet or route of an interface "
                       "that is not masqueraded");
}

bool network_check_nat(struct reading *reading, const struct network_node *node) {
    const struct network_nat *nat = node->nat;
    if (!nat)
        return true;
    if (!node->forwarding)
        return yaml_refuse_key(reading->document, nat->at, reading->error,
                               "this node does not forward: expected forwarding: true beside it");
    if (!check_interfaces(reading, node, nat))
        return false;
    for (unsigned i = 0; i < nat->forward_count; i++)
        if (!check_forward(reading, node, i))
            return false;
    return true;
}
