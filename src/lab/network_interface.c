/* network_interface: the interfaces of a node, with netplan's keys. */
#include <stdio.h>
#include <string.h>

#include "base/prefix.h"
#include "lab/network_read.h"

#define MTU_LEAST    68
#define MTU_MOST     65535
#define MTU_DEFAULT  1500
#define DHCP4_METRIC 100 /* netplan's for a wire */

struct interface_reading {
    const struct network *network;       /* for the segments' names */
    struct network_interface *interface; /* being read */
};

static bool read_segment(struct reading *reading, const struct yaml_node *node, void *to) {
    struct interface_reading *at = to;
    const char *name = NULL;
    if (!field_text(reading, node, "the name of a segment", &name))
        return false;
    at->interface->segment = network_segment_find(at->network, name);
    at->interface->segment_at = node;
    return at->interface->segment != UINT32_MAX ||
           yaml_refuse(reading->document, node, reading->error,
                       "expected the name of a segment that stands under segments");
}

const char *network_refuse_host(const struct dobos_prefix *prefix) {
    const uint32_t a = dobos_address_ipv4_number(&prefix->address);
    const uint32_t host_bits = ~ipv4_mask(prefix->length);
    if (ipv4_is_this_network(a) || ipv4_is_loopback(a) || ipv4_is_multicast(a) ||
        ipv4_is_reserved(a) || ipv4_is_limited_broadcast(a))
        return "0/8, 127/8, 224/4 and 240/4 are no hosts' addresses";
    if (prefix->length == 0)
        return "the length is 0";
    if (prefix_has_broadcast(prefix) && (a & host_bits) == 0)
        return "it is the network's own address";
    if (prefix_has_broadcast(prefix) && (a & host_bits) == host_bits)
        return "it is the subnet's broadcast address";
    return NULL;
}

static bool read_addresses(struct reading *reading, const struct yaml_node *list, void *to) {
    struct network_interface *interface = ((struct interface_reading *)to)->interface;
    if (!field_expect(reading, list, YAML_LIST, "a list of addresses"))
        return false;
    interface->addresses =
        arena_table(&reading->document->arena, list->count, sizeof *interface->addresses);
    if (!interface->addresses)
        return field_no_memory(reading);
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        struct network_address *address = &interface->addresses[interface->address_count++];
        address->at = node;
        if (!field_prefix(reading, node, &address->prefix))
            return false;
        const char *reason = network_refuse_host(&address->prefix);
        if (reason)
            return yaml_refuse(reading->document, node, reading->error,
                               "expected the address of a host: %s", reason);
    }
    return true;
}

static bool read_routes(struct reading *reading, const struct yaml_node *list, void *to) {
    return network_read_routes(reading, list, ((struct interface_reading *)to)->interface);
}

static bool read_rules(struct reading *reading, const struct yaml_node *list, void *to) {
    return network_read_rules(reading, list, ((struct interface_reading *)to)->interface);
}

static bool read_nameserver_addresses(struct reading *reading, const struct yaml_node *list,
                                      void *to) {
    struct network_interface *interface = to;
    if (!field_expect(reading, list, YAML_LIST, "a list of name servers' addresses"))
        return false;
    interface->nameservers =
        arena_table(&reading->document->arena, list->count, sizeof *interface->nameservers);
    if (!interface->nameservers)
        return field_no_memory(reading);
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        struct network_nameserver *server = &interface->nameservers[interface->nameserver_count++];
        server->at = node;
        if (!field_address(reading, node, &server->address))
            return false;
    }
    return true;
}

static bool read_search(struct reading *reading, const struct yaml_node *list, void *to) {
    struct network_interface *interface = to;
    if (!field_expect(reading, list, YAML_LIST, "a list of domains"))
        return false;
    interface->search =
        arena_table(&reading->document->arena, list->count, sizeof *interface->search);
    if (!interface->search)
        return field_no_memory(reading);
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        const char *domain = NULL;
        if (!field_text(reading, node, "a domain such as example.org", &domain))
            return false;
        if (strlen(domain) >= DOBOS_DOMAIN_BYTES - 1 || strpbrk(domain, " \t\n\r/"))
            return yaml_refuse(reading->document, node, reading->error,
                               "expected a domain such as example.org");
        interface->search[interface->search_count++] = node;
    }
    return true;
}

static bool read_nameservers(struct reading *reading, const struct yaml_node *map, void *to) {
    static const struct field fields[] = {
        {"addresses", read_nameserver_addresses, false},
        {"search", read_search, false},
        {NULL, NULL, false},
    };
    return fields_read(reading, map, "nameservers", fields,
                       ((struct interface_reading *)to)->interface);
}

static bool read_mtu(struct reading *reading, const struct yaml_node *node, void *to) {
    uint64_t mtu = 0;
    if (!field_whole(reading, node, MTU_LEAST, MTU_MOST, &mtu))
        return false;
    ((struct interface_reading *)to)->interface->mtu = (uint32_t)mtu;
    return true;
}

static bool read_queue(struct reading *reading, const struct yaml_node *node, void *to) {
    static const char *const names[] = {"pfifo_fast", "fifo", "fq_codel"};
    static const enum dobos_queue queues[] = {DOBOS_QUEUE_PFIFO_FAST, DOBOS_QUEUE_FIFO,
                                              DOBOS_QUEUE_FQ_CODEL};
    static const char expected[] = "pfifo_fast, fifo or fq_codel";
    const char *text = NULL;
    if (!field_text(reading, node, expected, &text))
        return false;
    for (size_t i = 0; i < array_length(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            ((struct interface_reading *)to)->interface->queue = queues[i];
            return true;
        }
    }
    return yaml_refuse(reading->document, node, reading->error, "expected %s", expected);
}

static bool read_mac(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_interface *interface = ((struct interface_reading *)to)->interface;
    static const char expected[] = "a link address such as 02:00:00:00:00:01";
    const char *text = NULL, *reason = "";
    if (!field_text(reading, node, expected, &text))
        return false;
    if (dobos_mac_parse(text, &interface->mac, &reason) != 0)
        return yaml_refuse(reading->document, node, reading->error, "expected %s (%s)", expected,
                           reason);
    static const struct dobos_mac none;
    if ((interface->mac.bytes[0] & 1) || memcmp(&interface->mac, &none, sizeof none) == 0)
        return yaml_refuse(reading->document, node, reading->error,
                           "expected one station's link address, not a group's and not all zero");
    interface->has_mac = true;
    interface->mac_at = node;
    return true;
}

/* netplan's list of address families. */
static bool read_link_local(struct reading *reading, const struct yaml_node *list, void *to) {
    struct network_interface *interface = ((struct interface_reading *)to)->interface;
    if (!field_expect(reading, list, YAML_LIST, "a list: [ipv4], or [] for none"))
        return false;
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        const char *family = NULL;
        if (!field_text(reading, node, "ipv4", &family))
            return false;
        if (strcmp(family, "ipv6") == 0)
            return yaml_refuse(reading->document, node, reading->error,
                               "IPv6 is not supported yet: expected ipv4");
        if (strcmp(family, "ipv4") != 0)
            return yaml_refuse(reading->document, node, reading->error, "expected ipv4");
        if (interface->link_local_at)
            return yaml_refuse(reading->document, node, reading->error, "expected ipv4 only once");
        interface->link_local_at = node;
    }
    return true;
}

static bool read_dhcp4(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_interface *interface = ((struct interface_reading *)to)->interface;
    interface->dhcp4_at = node;
    return field_bool(reading, node, &interface->dhcp4);
}

static bool read_dhcp4_metric(struct reading *reading, const struct yaml_node *node, void *to) {
    struct network_interface *interface = to;
    uint64_t metric = 0;
    if (!field_whole(reading, node, 0, UINT32_MAX, &metric))
        return false;
    interface->dhcp4_metric = (uint32_t)metric;
    return true;
}

static bool read_dhcp4_overrides(struct reading *reading, const struct yaml_node *map, void *to) {
    static const struct field fields[] = {
        {"route-metric", read_dhcp4_metric, false},
        {"use-dns", NULL, false},
        {"use-domains", NULL, false},
        {"use-hostname", NULL, false},
        {"use-mtu", NULL, false},
        {"use-ntp", NULL, false},
        {"use-routes", NULL, false},
        {"send-hostname", NULL, false},
        {"hostname", NULL, false},
        {NULL, NULL, false},
    };
    return fields_read(reading, map, "dhcp4-overrides", fields,
                       ((struct interface_reading *)to)->interface);
}

static bool read_reverse_path(struct reading *reading, const struct yaml_node *node, void *to) {
    static const char *const words[] = {"off", "loose", "strict"};
    struct network_interface *interface = ((struct interface_reading *)to)->interface;
    for (unsigned i = 0; i < 3; i++) {
        if (node->kind == YAML_SCALAR && strcmp(node->text, words[i]) == 0) {
            interface->reverse_path = (enum dobos_reverse_path)i;
            return true;
        }
    }
    return yaml_refuse(reading->document, node, reading->error, "expected off, loose or strict");
}

/* Nobody could be sent anything from such an address. */
static bool check_public(struct reading *reading, const struct network *network,
                         const struct network_interface *interface) {
    if (!network->segments[interface->segment].is_public)
        return true;
    for (unsigned i = 0; i < interface->address_count; i++) {
        const struct network_address *address = &interface->addresses[i];
        const char *range = ipv4_special_range(dobos_address_ipv4_number(&address->prefix.address));
        if (range)
            return yaml_refuse(reading->document, address->at, reading->error,
                               "expected a public address: the segment %.20s is public, and %s "
                               "never reaches it",
                               network->segments[interface->segment].name, range);
    }
    return !interface->link_local_at ||
           yaml_refuse(reading->document, interface->link_local_at, reading->error,
                       "expected none: the segment %.20s is public, and 169.254.0.0/16 never "
                       "reaches it",
                       network->segments[interface->segment].name);
}

static bool check_name(struct reading *reading, const struct yaml_node *map) {
    return strlen(map->key) < DOBOS_NAME_BYTES && strcmp(map->key, "lo") != 0
               ? field_name(reading, map, map->key, DOBOS_NAME_BYTES - 1)
               : yaml_refuse_key(reading->document, map, reading->error,
                                 "not a name for an interface: expected 1 to %d letters, digits, "
                                 "'.', '_' or '-', and not lo",
                                 DOBOS_NAME_BYTES - 1);
}

bool network_read_interface(struct reading *reading, const struct yaml_node *map,
                            const struct network *network, struct network_interface *interface) {
    static const struct field fields[] = {
        {"segment", read_segment, true},
        {"addresses", read_addresses, false},
        {"routes", read_routes, false},
        {"routing-policy", read_rules, false},
        {"nameservers", read_nameservers, false},
        {"mtu", read_mtu, false},
        {"macaddress", read_mac, false},
        {"link-local", read_link_local, false},
        {"dhcp4", read_dhcp4, false},
        {"dhcp4-overrides", read_dhcp4_overrides, false},
        {"dhcp6", field_false, false},
        {"accept-ra", field_false, false},
        {"queue", read_queue, false},
        {"reverse-path", read_reverse_path, false},
        {NULL, NULL, false},
    };
    struct interface_reading at = {network, interface};
    interface->name = map->key;
    interface->at = map;
    interface->dhcp4_metric = DHCP4_METRIC;
    return check_name(reading, map) && fields_read(reading, map, "an interface", fields, &at) &&
           check_public(reading, network, interface) && network_check_routes(reading, interface);
}

uint32_t network_interface_find(const struct network_node *node, const char *name) {
    for (uint32_t i = 0; i < node->interface_count; i++)
        if (strcmp(node->interfaces[i].name, name) == 0)
            return i;
    return UINT32_MAX;
}
