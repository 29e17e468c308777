/*
 * network_dhcp: a DHCP server of a node.
 *
 *     services:
 *       dhcp:
 *         interface: lan0
 *         pool: 192.168.0.100-192.168.0.199
 *         lease: 1h
 *         router: 192.168.0.1
 *         nameservers: [192.168.0.1]
 *         domain: home.arpa
 *         reservations:
 *           - {mac: "02:00:00:00:00:01", address: 192.168.0.10}
 *           - {client-id: printer, address: 192.168.0.11}
 *
 * or a list of such maps, one an interface. What is left out follows from the node: the router is
 * the node itself when it forwards, the name server is the node itself when it has dns, else its
 * own name servers. All that depends on the interface is looked at when the whole file is read.
 */
#include <stdio.h>
#include <string.h>

#include "base/prefix.h"
#include "lab/network_read.h"
#include "lab/quantity.h"
#include "services/dhcp_server.h"

#define LEASE_LEAST ((uint64_t)10)
#define LEASE_MOST  ((uint64_t)1 << 31)

static struct network_dhcp *dhcp_of(void *to) {
    return to;
}

static bool read_interface(struct reading *reading, const struct yaml_node *node, void *to) {
    dhcp_of(to)->interface_at = node;
    return field_text(reading, node, "the name of an interface of this node",
                      &dhcp_of(to)->interface);
}

static bool read_pool(struct reading *reading, const struct yaml_node *node, void *to) {
    static const char expected[] = "expected a pool such as 192.0.2.100-192.0.2.199";
    struct network_dhcp *dhcp = to;
    char first[DOBOS_ADDRESS_TEXT];
    const char *dash = node->kind == YAML_SCALAR ? strchr(node->text, '-') : NULL;
    if (!dash || (size_t)(dash - node->text) >= sizeof first)
        return yaml_refuse(reading->document, node, reading->error, "%s", expected);
    (void)snprintf(first, sizeof first, "%.*s", (int)(dash - node->text), node->text);
    dhcp->pool_at = node;
    if (dobos_address_parse(first, &dhcp->first, NULL) < 0 ||
        dobos_address_parse(dash + 1, &dhcp->last, NULL) < 0)
        return yaml_refuse(reading->document, node, reading->error, "%s", expected);
    return dobos_address_ipv4_number(&dhcp->first) <= dobos_address_ipv4_number(&dhcp->last) ||
           yaml_refuse(reading->document, node, reading->error,
                       "the first address is behind the last: %s", expected);
}

static bool read_lease(struct reading *reading, const struct yaml_node *node, void *to) {
    uint64_t seconds = 0;
    if (node->kind != YAML_SCALAR || !quantity_seconds(node->text, LEASE_MOST, &seconds) ||
        seconds < LEASE_LEAST)
        return yaml_refuse(reading->document, node, reading->error,
                           "expected a time in whole seconds such as 1h or 7d, at least 10s");
    dhcp_of(to)->lease_s = (uint32_t)seconds;
    return true;
}

static bool read_router(struct reading *reading, const struct yaml_node *node, void *to) {
    dhcp_of(to)->router_at = node;
    return field_address(reading, node, &dhcp_of(to)->router);
}

static bool read_nameservers(struct reading *reading, const struct yaml_node *list, void *to) {
    struct network_dhcp *dhcp = to;
    dhcp->has_nameservers = true;
    if (!field_expect(reading, list, YAML_LIST, "a list of name servers' addresses"))
        return false;
    if (list->count > NETWORK_NAMESERVERS)
        return yaml_refuse(reading->document, list, reading->error,
                           "%u name servers: expected at most %d", list->count,
                           NETWORK_NAMESERVERS);
    for (const struct yaml_node *node = list->first; node; node = node->next)
        if (!field_address(reading, node, &dhcp->nameservers[dhcp->nameserver_count++]))
            return false;
    return true;
}

static bool read_domain(struct reading *reading, const struct yaml_node *node, void *to) {
    return field_domain(reading, node, &dhcp_of(to)->domain);
}

/* ---- reservations ---- */

static bool read_mac(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_dhcp_reservation *reservation = to;
    return (node->kind == YAML_SCALAR &&
            dobos_mac_parse(node->text, &reservation->mac, NULL) == 0) ||
           yaml_refuse(reading->document, node, reading->error,
                       "expected a link address such as \"02:00:00:00:00:01\"");
}

/* "01:02:03:…" is bytes, all else is itself. */
static bool id_bytes(const char *text, struct dobos_dhcp_reservation *reservation) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    uint8_t count = 0;
    for (const char *at = text;; at += 3) {
        const char *high = at[0] ? strchr(digits, at[0]) : NULL;
        const char *low = high && at[1] ? strchr(digits, at[1]) : NULL;
        if (!low || count == DOBOS_DHCP_CLIENT_ID_BYTES || (at[2] != ':' && at[2] != 0))
            return false;
        reservation->client_id[count++] =
            (uint8_t)((high - digits) % 16 * 16 + (low - digits) % 16);
        reservation->client_id_length = count;
        if (at[2] == 0)
            return count >= 2;
    }
}

static bool read_client_id(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_dhcp_reservation *reservation = to;
    const char *text = NULL;
    if (!field_text(reading, node, "a client identifier: text, or bytes such as \"01:02:03\"",
                    &text))
        return false;
    if (id_bytes(text, reservation))
        return true;
    size_t length = strlen(text);
    if (length < 2 || length > DOBOS_DHCP_CLIENT_ID_BYTES)
        return yaml_refuse(reading->document, node, reading->error,
                           "expected a client identifier of 2 to %d bytes",
                           DOBOS_DHCP_CLIENT_ID_BYTES);
    memcpy(reservation->client_id, text, length);
    reservation->client_id_length = (uint8_t)length;
    return true;
}

static bool read_address(struct reading *reading, const struct yaml_node *node, void *to) {
    struct dobos_dhcp_reservation *reservation = to;
    return field_address(reading, node, &reservation->address);
}

static bool read_reservations(struct reading *reading, const struct yaml_node *list, void *to) {
    static const struct field fields[] = {
        {"mac", read_mac, false},
        {"client-id", read_client_id, false},
        {"address", read_address, true},
        {NULL, NULL, false},
    };
    struct network_dhcp *dhcp = to;
    struct arena *arena = &reading->document->arena;
    if (!field_expect(reading, list, YAML_LIST,
                      "a list of reservations such as [{mac: \"02:00:00:00:00:01\", address: "
                      "192.0.2.10}]"))
        return false;
    dhcp->reservations = arena_table(arena, list->count, sizeof *dhcp->reservations);
    dhcp->reservation_at = arena_table(arena, list->count, sizeof *dhcp->reservation_at);
    if (!dhcp->reservations || !dhcp->reservation_at)
        return field_no_memory(reading);
    for (const struct yaml_node *node = list->first; node; node = node->next) {
        struct dobos_dhcp_reservation *one = &dhcp->reservations[dhcp->reservation_count];
        dhcp->reservation_at[dhcp->reservation_count++] = node;
        if (!fields_read(reading, node, "a reservation", fields, one))
            return false;
        if (!field_find(node, "mac") == !field_find(node, "client-id"))
            return yaml_refuse(reading->document, node, reading->error,
                               "expected either mac or client-id in a reservation");
    }
    return true;
}

bool network_read_dhcp(struct reading *reading, const struct yaml_node *map,
                       struct network_dhcp *dhcp) {
    static const struct field fields[] = {
        {"interface", read_interface, true},
        {"pool", read_pool, true},
        {"lease", read_lease, false},
        {"router", read_router, false},
        {"nameservers", read_nameservers, false},
        {"domain", read_domain, false},
        {"reservations", read_reservations, false},
        {NULL, NULL, false},
    };
    dhcp->router = dobos_address_ipv4(0);
    return fields_read(reading, map, "dhcp", fields, dhcp);
}

/* ---- with the rest of the node ---- */

static bool check_interface(struct reading *reading, const struct network_node *node,
                            struct network_dhcp *dhcp) {
    const struct network_interface *interface = NULL;
    for (unsigned i = 0; i < node->interface_count && !interface; i++) {
        if (strcmp(node->interfaces[i].name, dhcp->interface) == 0) {
            interface = &node->interfaces[i];
            dhcp->number = i;
        }
    }
    if (!interface)
        return yaml_refuse(reading->document, dhcp->interface_at, reading->error,
                           "no such interface: expected one of this node");
    if (interface->dhcp4)
        return yaml_refuse(reading->document, dhcp->interface_at, reading->error,
                           "it has dhcp4 itself: expected an interface with addresses alone");
    return interface->address_count > 0 ||
           yaml_refuse(reading->document, dhcp->interface_at, reading->error,
                       "it has no address: expected an interface with one in the pool's subnet");
}

/* The interface's address whose subnet has the pool. */
static bool check_pool(struct reading *reading, const struct network_node *node,
                       struct network_dhcp *dhcp) {
    const struct network_interface *interface = &node->interfaces[dhcp->number];
    char text[DOBOS_PREFIX_TEXT];
    for (unsigned i = 0; i < interface->address_count; i++) {
        const struct dobos_prefix *prefix = &interface->addresses[i].prefix;
        struct dobos_address network = prefix_network(prefix), last = prefix_last(prefix);
        if (prefix_contains(prefix, &dhcp->first) && prefix_contains(prefix, &dhcp->last) &&
            !(prefix_has_broadcast(prefix) && (dobos_address_is_equal(&dhcp->first, &network) ||
                                               dobos_address_is_equal(&dhcp->last, &last)))) {
            dhcp->own = *prefix;
            return true;
        }
    }
    dobos_prefix_format(&interface->addresses[0].prefix, text);
    return yaml_refuse(reading->document, dhcp->pool_at, reading->error,
                       "expected a pool inside the subnet of %s, %s, without its network and "
                       "broadcast address",
                       dhcp->interface, text);
}

static bool has_dns(const struct network_node *node) {
    for (unsigned i = 0; i < node->service_count; i++)
        if (node->services[i].kind == SERVICE_DNS)
            return true;
    return false;
}

static void set_defaults(const struct network_node *node, struct network_dhcp *dhcp) {
    if (!dhcp->router_at && node->forwarding)
        dhcp->router = dhcp->own.address;
    if (dhcp->has_nameservers)
        return;
    if (has_dns(node)) {
        dhcp->nameservers[dhcp->nameserver_count++] = dhcp->own.address;
        return;
    }
    for (unsigned i = 0; i < node->interface_count; i++) {
        const struct network_interface *interface = &node->interfaces[i];
        for (unsigned k = 0;
             k < interface->nameserver_count && dhcp->nameserver_count < NETWORK_NAMESERVERS; k++)
            dhcp->nameservers[dhcp->nameserver_count++] = interface->nameservers[k].address;
    }
}

void network_dhcp_config(const struct network_dhcp *dhcp, struct dobos_dhcp_server_config *config) {
    *config = (struct dobos_dhcp_server_config){
        .size = sizeof *config,
        .interface = dhcp->number + 2,
        .first = dhcp->first,
        .last = dhcp->last,
        .lease_s = dhcp->lease_s,
        .router = dhcp->router,
        .nameserver_count = dhcp->nameserver_count,
        .domain = dhcp->domain,
        .reservations = dhcp->reservations,
        .reservation_count = dhcp->reservation_count,
    };
    memcpy(config->nameservers, dhcp->nameservers, sizeof config->nameservers);
}

static bool check_one(struct reading *reading, const struct network_node *node,
                      struct network_dhcp *dhcp) {
    struct dobos_dhcp_server_config config;
    size_t bad = SIZE_MAX;
    if (!check_interface(reading, node, dhcp) || !check_pool(reading, node, dhcp))
        return false;
    if (dhcp->router_at && !prefix_contains(&dhcp->own, &dhcp->router))
        return yaml_refuse(reading->document, dhcp->router_at, reading->error,
                           "expected a router in the subnet of %s", dhcp->interface);
    set_defaults(node, dhcp);
    network_dhcp_config(dhcp, &config);
    const char *reason = dhcp_config_check(&config, &dhcp->own, &bad);
    if (!reason)
        return true;
    return yaml_refuse(reading->document,
                       bad < dhcp->reservation_count ? dhcp->reservation_at[bad] : dhcp->pool_at,
                       reading->error, "%s", reason);
}

bool network_check_dhcp(struct reading *reading, const struct network_node *node) {
    for (unsigned i = 0; i < node->service_count; i++) {
        struct network_dhcp *dhcp = node->services[i].dhcp;
        if (!dhcp)
            continue;
        if (!check_one(reading, node, dhcp))
            return false;
        for (unsigned k = 0; k < i; k++)
            if (node->services[k].dhcp && node->services[k].dhcp->number == dhcp->number)
                return yaml_refuse(reading->document, dhcp->interface_at, reading->error,
                                   "it has a DHCP server already: expected one an interface");
    }
    return true;
}
