/*
 * companion: the DHCP client beside a program that has a node's place: a host of ours with the
 * node's link address, on the same cable. It leases the address that the file wants for the node,
 * and what it has is told by lab_outside_read, for os/ to give it to the program's interface.
 *
 * The program's kernel must not notice it. So it gets frames for the port of DHCP clients, which
 * the program never sees; answers of ARP, as does the program; and requests of ARP while it probes
 * an address, since only then has it something to find out by them: for an address that is in use
 * the program's kernel answers. Should the program ask for a lease itself, by the same link
 * address, it is the client from then on, and the companion is gone without a word: its lease is
 * the program's now.
 */
#include <stdlib.h>
#include <string.h>

#include "lab/lab_inner.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/udp.h"

#define PORT_SERVER 67
#define PORT_CLIENT 68
/* Of a frame: as far as ports may stand. */
#define HEAD_BYTES  (22 + IPV4_HEADER_MAX_BYTES + UDP_HEADER_BYTES) /* 22: with a SNAP header */

/* ---- whose a frame is ---- */

/* What matters of a frame here. */
struct glance {
    struct dobos_mac source, destination;   /* of Ethernet */
    uint16_t arp;                           /* ARP_REQUEST, ARP_REPLY, another; 0: not ARP */
    uint16_t source_port, destination_port; /* of an unfragmented UDP datagram, else 0 */
};

static void glance_udp(struct reader *r, size_t rest, struct glance *glance) {
    struct ipv4 ipv4;
    struct udp udp;
    if (ipv4_parse(r, rest, &ipv4) != IPV4_OK || ipv4.protocol != PROTOCOL_UDP ||
        ipv4.more_fragments || ipv4.fragment_offset > 0 ||
        !udp_parse(r, ipv4.total_length - ipv4.header_length, &udp))
        return;
    glance->source_port = udp.source_port;
    glance->destination_port = udp.destination_port;
}

static bool glance_at(const struct dobos_packet *packet, struct glance *glance) {
    uint8_t head[HEAD_BYTES];
    struct ethernet ethernet;
    struct arp arp;
    const size_t length = dobos_packet_read(packet, 0, head, sizeof head);
    struct reader r = reader_make(head, length);
    *glance = (struct glance){0};
    if (!ethernet_parse(&r, &ethernet))
        return false;
    glance->source = ethernet.source;
    glance->destination = ethernet.destination;
    if (ethernet.type == ETHER_TYPE_ARP && arp_parse(&r, &arp))
        glance->arp = arp.operation;
    else if (ethernet.type == ETHER_TYPE_IPV4)
        glance_udp(&r, dobos_packet_length(packet) - (length - reader_rest(&r)), glance);
    return true;
}

static const struct dobos_service *client_of(const struct lab_node *node) {
    return node->service_count > 0 ? node->services[0] : NULL;
}

static enum dobos_dhcp_client_state state_of(const struct lab_node *node) {
    struct dobos_dhcp_client_info info;
    const struct dobos_service *client = client_of(node);
    return client && dobos_dhcp_client_read(client, &info) == 0 ? info.state : DOBOS_DHCP_INIT;
}

enum companion_share companion_share(const struct lab_port *port,
                                     const struct dobos_packet *packet) {
    static const struct dobos_mac everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    const struct lab_node *node = port->plug->node;
    struct glance glance;
    if (!node->host || !glance_at(packet, &glance))
        return COMPANION_NOTHING;
    if (glance.destination_port == PORT_CLIENT &&
        (mac_is_equal(&glance.destination, &port->plug->mac) ||
         mac_is_equal(&glance.destination, &everybody)))
        return COMPANION_ALONE;
    if (glance.arp == ARP_REPLY ||
        (glance.arp == ARP_REQUEST && state_of(node) == DOBOS_DHCP_PROBING))
        return COMPANION_TOO;
    return COMPANION_NOTHING;
}

void companion_watch(struct lab_port *port, const struct dobos_packet *packet) {
    struct glance glance;
    if (!port->plug->node->host || !glance_at(packet, &glance) ||
        glance.source_port != PORT_CLIENT || glance.destination_port != PORT_SERVER ||
        !mac_is_equal(&glance.source, &port->plug->mac))
        return;
    port->mirror->lease = LAB_LEASE_NONE;
    node_host_destroy(port->plug->node);
}

/* ---- what it has ---- */

static void mirror_addresses(const struct dobos_host *host, struct lab_outside *outside) {
    struct dobos_interface_address address;
    for (uint32_t i = 0; dobos_address_read(host, 2, i, &address) == 0; i++)
        if (address.origin == DOBOS_ORIGIN_DHCP && address.state == DOBOS_ADDRESS_READY &&
            outside->address_count < LAB_OUTSIDE_ADDRESSES)
            outside->addresses[outside->address_count++] = address;
}

static void mirror_routes(const struct dobos_host *host, struct lab_outside *outside) {
    struct dobos_route route;
    for (uint32_t i = 0; dobos_route_read(host, i, &route) == 0; i++)
        if (route.origin == DOBOS_ORIGIN_DHCP && outside->route_count < LAB_OUTSIDE_ROUTES)
            outside->routes[outside->route_count++] = route;
}

static void mirror_names(const struct dobos_host *host, struct lab_outside *outside) {
    struct dobos_nameserver server;
    struct dobos_search search;
    for (uint32_t i = 0; dobos_nameserver_read(host, i, &server) == 0; i++)
        if (server.origin == DOBOS_ORIGIN_DHCP && outside->nameserver_count < NETWORK_NAMESERVERS)
            outside->nameservers[outside->nameserver_count++] = server.address;
    for (uint32_t i = 0; dobos_search_read(host, i, &search) == 0; i++)
        if (search.origin == DOBOS_ORIGIN_DHCP && outside->search_count < NETWORK_SEARCH)
            (void)snprintf(outside->search[outside->search_count++], DOBOS_DOMAIN_BYTES, "%s",
                           search.domain);
}

bool companion_hosts_format(const struct network_node *node, char *text, size_t room) {
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < node->host_count && used < room; i++) {
        char address[DOBOS_ADDRESS_TEXT];
        (void)dobos_address_format(&node->hosts[i].entry.address, address);
        used += (size_t)snprintf(text + used, room - used, "%s %s\n", address,
                                 node->hosts[i].entry.name);
    }
    return used < room;
}

/* What the file says of the node's interface. */
static void mirror_file(const struct lab_port *port, struct lab_outside *outside) {
    const struct network_interface *interface = &port->plug->node->file->interfaces[0];
    outside->mac = port->plug->mac;
    outside->mtu = interface->mtu ? interface->mtu : 1500;
    (void)snprintf(outside->interface, sizeof outside->interface, "%s", interface->name);
    for (unsigned i = 0; i < interface->address_count; i++)
        outside->addresses[outside->address_count++] =
            (struct dobos_interface_address){.prefix = interface->addresses[i].prefix,
                                             .valid_until = DOBOS_NEVER,
                                             .preferred_until = DOBOS_NEVER,
                                             .origin = DOBOS_ORIGIN_STATIC};
    for (unsigned i = 0; i < interface->route_count; i++)
        outside->routes[outside->route_count++] = interface->routes[i].route;
    for (unsigned i = 0; i < interface->nameserver_count; i++)
        outside->nameservers[outside->nameserver_count++] = interface->nameservers[i].address;
    for (unsigned i = 0; i < interface->search_count; i++)
        (void)snprintf(outside->search[outside->search_count++], DOBOS_DOMAIN_BYTES, "%s",
                       interface->search[i]->text);
    (void)companion_hosts_format(port->plug->node->file, outside->hosts, sizeof outside->hosts);
}

static bool is_same_address(const struct dobos_interface_address *a,
                            const struct dobos_interface_address *b) {
    return a->prefix.length == b->prefix.length &&
           dobos_address_is_equal(&a->prefix.address, &b->prefix.address) &&
           a->valid_until == b->valid_until && a->preferred_until == b->preferred_until;
}

static bool is_same_route(const struct dobos_route *a, const struct dobos_route *b) {
    return a->destination.length == b->destination.length && a->metric == b->metric &&
           a->mtu == b->mtu &&
           dobos_address_is_equal(&a->destination.address, &b->destination.address) &&
           dobos_address_is_equal(&a->gateway, &b->gateway) &&
           dobos_address_is_equal(&a->source, &b->source);
}

/* Of one interface: what the file says of both is the same. */
static bool is_same(const struct lab_outside *a, const struct lab_outside *b) {
    bool same = a->lease == b->lease && a->address_count == b->address_count &&
                a->route_count == b->route_count && a->nameserver_count == b->nameserver_count &&
                a->search_count == b->search_count;
    for (unsigned i = 0; same && i < a->address_count; i++)
        same = is_same_address(&a->addresses[i], &b->addresses[i]);
    for (unsigned i = 0; same && i < a->route_count; i++)
        same = is_same_route(&a->routes[i], &b->routes[i]);
    for (unsigned i = 0; same && i < a->nameserver_count; i++)
        same = dobos_address_is_equal(&a->nameservers[i], &b->nameservers[i]);
    for (unsigned i = 0; same && i < a->search_count; i++)
        same = strcmp(a->search[i], b->search[i]) == 0;
    return same;
}

void companion_mirror(struct lab_port *port) {
    const struct dobos_host *host = port->plug->node->host;
    struct lab_outside now = {0};
    mirror_file(port, &now);
    if (host) {
        const unsigned of_file = now.address_count;
        mirror_addresses(host, &now);
        mirror_routes(host, &now);
        mirror_names(host, &now);
        const enum dobos_dhcp_client_state state = state_of(port->plug->node);
        now.lease = now.address_count > of_file ? LAB_LEASE_HELD
                    : state == DOBOS_DHCP_REQUESTING || state == DOBOS_DHCP_PROBING
                        ? LAB_LEASE_PROBED
                        : LAB_LEASE_WANTED;
    }
    if (port->generation > 0 && is_same(&now, port->mirror))
        return;
    *port->mirror = now;
    port->generation++;
}
