/*
 * paths: which way a packet goes: the public routes, and the look-up that every sender, forwarder
 * and `route get` shares (RFC 1122 §3.3.1, 1812 §5.2.4).
 *
 * A path is a value that senders cache; the routes' generation number says when it is stale.
 */
#include "host/paths.h"

#include "host/addresses.h"

#include "base/prefix.h"

#define ROUTE_MTU_MIN 68 /* RFC 791 §3.2: every link carries that much */

static struct interface *interface_of_route(const struct dobos_host *host,
                                            const struct dobos_route *route) {
    return host_interface(host, route->interface);
}

/* What an address is to this host, before any route is asked. */
static enum dobos_route_kind destination_kind(const struct dobos_host *host,
                                              const struct dobos_address *destination) {
    uint32_t number = dobos_address_ipv4_number(destination);
    if (ipv4_is_limited_broadcast(number))
        return DOBOS_ROUTE_BROADCAST;
    if (ipv4_is_multicast(number))
        return DOBOS_ROUTE_MULTICAST;
    if (ipv4_is_loopback(number) || host_address_owner(host, destination))
        return DOBOS_ROUTE_LOCAL;
    return DOBOS_ROUTE_UNICAST;
}

/* Where a packet to all or to a group leaves that no route is asked for: the interface it is bound
 * to, that of its source, or the first real one. */
static struct interface *group_interface(const struct dobos_host *host,
                                         const struct dobos_address *source, uint32_t bound) {
    if (bound)
        return host_interface(host, bound);
    struct interface *owner = host_address_owner(host, source);
    if (owner && owner->index != LOOPBACK)
        return owner;
    return host_interface(host, LOOPBACK + 1);
}

/* Chooses the source address for whoever gave none; false when there is none. [rfc1122#10]
 * [rfc1122#56] [rfc9293#72] */
static bool choose_source(const struct dobos_host *host, struct dobos_route_choice *choice) {
    const struct interface *interface = host_interface(host, choice->interface);
    if (choice->kind == DOBOS_ROUTE_LOCAL)
        return true;
    if (!dobos_address_is_unspecified(&choice->route.source)) {
        choice->source = choice->route.source;
        return true;
    }
    const struct dobos_interface_address *best =
        interface_addresses_source(&interface->addresses, &choice->next_hop);
    choice->source = best ? best->prefix.address : dobos_address_ipv4(0);
    /* A packet to all may leave from 0.0.0.0 (DHCP). */
    return best || choice->route.interface == 0;
}

static int choose_local(const struct dobos_host *host, const struct dobos_address *destination,
                        struct dobos_route_choice *choice) {
    choice->interface = LOOPBACK;
    choice->next_hop = *destination;
    choice->mtu = host->interfaces[0]->mtu;
    choice->source = *destination;
    return 0;
}

static int choose_group(const struct dobos_host *host, const struct dobos_address *destination,
                        const struct dobos_address *source, uint32_t bound,
                        struct dobos_route_choice *choice) {
    const struct interface *interface = group_interface(host, source, bound);
    if (!interface)
        return -DOBOS_ENETUNREACH;
    choice->interface = interface->index;
    choice->next_hop = *destination;
    choice->mtu = interface->mtu;
    return 0;
}

/* A neighbour is sent to directly, all others by the gateway of the longest prefix [rfc1122#44]; no
 * gateway is needed for the former [rfc1122#45].
 * DEVIATION: [rfc1122#73] another network gets datagrams as long as the interface's MTU: that paths
 * carry only 576 bytes is no longer so. */
static int choose_route(const struct dobos_host *host, const struct dobos_address *destination,
                        uint32_t bound, struct dobos_route_choice *choice) {
    const struct dobos_route *route =
        routes_lookup(&host->routes, destination, bound, &choice->matches);
    if (!route)
        return -DOBOS_ENETUNREACH;
    const struct interface *interface = interface_of_route(host, route);
    choice->route = *route;
    choice->interface = route->interface;
    choice->next_hop =
        dobos_address_is_unspecified(&route->gateway) ? *destination : route->gateway;
    choice->mtu = route->mtu ? min_u32(route->mtu, interface->mtu) : interface->mtu;
    if (host_address_is_broadcast(host, interface, destination))
        choice->kind = DOBOS_ROUTE_BROADCAST;
    return 0;
}

static int choose(const struct dobos_host *host, const struct dobos_address *destination,
                  const struct dobos_address *source, uint32_t bound,
                  struct dobos_route_choice *choice) {
    *choice = (struct dobos_route_choice){.kind = destination_kind(host, destination)};
    int result;
    if (choice->kind == DOBOS_ROUTE_LOCAL)
        result = choose_local(host, destination, choice);
    else if (choice->kind == DOBOS_ROUTE_UNICAST)
        result = choose_route(host, destination, bound, choice);
    else
        result = choose_group(host, destination, source, bound, choice);
    if (result < 0)
        return result;
    if (dobos_address_is_unspecified(source))
        return choose_source(host, choice) ? 0 : -DOBOS_EADDRNOTAVAIL;
    /* Addresses of 127/8 stay inside. [rfc1122#12] */
    if (choice->interface != LOOPBACK && dobos_address_is_loopback(source))
        return -DOBOS_EADDRNOTAVAIL;
    choice->source = *source;
    return 0;
}

/* Who cached a path compares it: it grows with each change of routes, addresses or path MTUs. */
static uint64_t generation(const struct dobos_host *host) {
    return host->routes.generation + host->path_mtus.generation;
}

/* What the path carries beyond the first link, as far as is known. A router forwards what its own
 * next link takes and leaves the rest to those behind it. */
static void path_narrow(const struct dobos_host *host, const struct path_question *question,
                        struct path *path) {
    if (host->path_mtus.table.count == 0 || question->arrived != 0)
        return;
    const struct path_mtu *narrow =
        path_mtu_find(&host->path_mtus, &question->destination, question->trust);
    if (!narrow)
        return;
    path->mtu = min_u32(path->mtu, narrow->mtu);
    path->is_locked = narrow->is_locked;
}

/* [rfc1122#52] */
int path_find(const struct dobos_host *host, const struct path_question *question,
              struct path *path) {
    struct dobos_route_choice choice;
    int result = choose(host, &question->destination, &question->source, question->bound, &choice);
    *path = (struct path){.generation = generation(host)};
    if (result < 0)
        return result;
    const struct interface *interface = host_interface(host, choice.interface);
    bool loopback = choice.interface == LOOPBACK;
    path->source = choice.source;
    path->next_hop = choice.next_hop;
    path->interface = choice.interface;
    path->mtu = path->link_mtu = min_u32(choice.mtu, IPV4_MAX_BYTES);
    path->gso_bytes = loopback || interface->offload_tso ? IPV4_MAX_BYTES : 0;
    path->broadcast = choice.kind == DOBOS_ROUTE_BROADCAST || choice.kind == DOBOS_ROUTE_MULTICAST;
    if (choice.kind == DOBOS_ROUTE_UNICAST)
        path_narrow(host, question, path);
    return 0;
}

bool path_is_fresh(const struct dobos_host *host, const struct path *path) {
    return path->interface != 0 && path->generation == generation(host);
}

int dobos_route_lookup(const struct dobos_host *host, const struct dobos_address *destination,
                       const struct dobos_address *source, struct dobos_route_choice *choice) {
    struct dobos_address unspecified = dobos_address_ipv4(0);
    int result = choose(host, destination, source ? source : &unspecified, 0, choice);
    if (result < 0 || choice->kind != DOBOS_ROUTE_UNICAST)
        return result;
    const struct path_mtu *narrow = path_mtu_find(&host->path_mtus, destination, PATH_MTU_BY_PORT);
    if (narrow && narrow->mtu < choice->mtu) {
        choice->path_mtu = narrow->mtu;
        choice->path_mtu_until = narrow->until;
        choice->path_mtu_is_locked = narrow->is_locked;
    }
    return result;
}

/* The interface whose subnet holds a gateway; the gateway must be a neighbour, not this host itself
 * nor a subnet's broadcast address. */
static int gateway_interface(const struct dobos_host *host, const struct dobos_route *route,
                             uint32_t *interface) {
    if (destination_kind(host, &route->gateway) != DOBOS_ROUTE_UNICAST)
        return -DOBOS_EINVAL;
    struct dobos_route_choice choice = {0};
    int result = choose_route(host, &route->gateway, route->interface, &choice);
    if (result < 0)
        return result;
    if (!dobos_address_is_unspecified(&choice.route.gateway) ||
        choice.kind == DOBOS_ROUTE_BROADCAST)
        return -DOBOS_EINVAL;
    *interface = choice.interface;
    return 0;
}

int dobos_route_add(struct dobos_host *host, const struct dobos_route *route) {
    struct dobos_route added = *route;
    if (!dobos_address_is_unspecified(&route->gateway)) {
        int result = gateway_interface(host, route, &added.interface);
        if (result < 0)
            return result;
    }
    if (added.mtu != 0 && (added.mtu < ROUTE_MTU_MIN || added.mtu > IPV4_MAX_BYTES))
        return -DOBOS_EINVAL;
    if (added.interface == LOOPBACK || !host_interface(host, added.interface))
        return -DOBOS_ENODEV;
    if (!dobos_address_is_unspecified(&added.source) && !host_address_owner(host, &added.source))
        return -DOBOS_EINVAL;
    return routes_add(&host->routes, &added);
}

int dobos_route_remove(struct dobos_host *host, const struct dobos_route *route) {
    return routes_remove(&host->routes, route);
}

int dobos_route_read(const struct dobos_host *host, uint32_t nth, struct dobos_route *route) {
    const struct dobos_route *found = routes_nth(&host->routes, nth);
    if (!found)
        return -DOBOS_ENOENT;
    *route = *found;
    return 0;
}
