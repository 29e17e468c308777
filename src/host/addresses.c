/*
 * addresses: the addresses of a host's interfaces with their connected routes and their ends.
 */
#include "host/addresses.h"

#include "host/probes.h"
#include "host/tables.h"
#include "host/translate.h"

#include "base/assert.h"

/* [rfc791#23] */
struct interface *host_address_owner(const struct dobos_host *host,
                                     const struct dobos_address *address) {
    return host_interface(host, own_addresses_owner(&host->own, address));
}

bool host_address_is_broadcast(const struct dobos_host *host, const struct interface *interface,
                               const struct dobos_address *address) {
    return own_addresses_is_broadcast(&host->own, interface->index, address);
}

/* lo's addresses are local, and a /32 is alone in its subnet. */
static bool has_connected_route(uint32_t index, const struct dobos_interface_address *address) {
    return index != LOOPBACK && address->prefix.length < 32;
}

static struct dobos_route connected_route(const struct interface *interface,
                                          const struct dobos_interface_address *address) {
    return (struct dobos_route){
        .destination = {prefix_network(&address->prefix), address->prefix.length},
        .interface = interface->index,
        .source = address->prefix.address,
        .origin = DOBOS_ORIGIN_KERNEL,
    };
}

/* Another address of the interface with the same subnet, which then keeps the connected route; or
 * NULL. */
static const struct dobos_interface_address *
subnet_heir(const struct interface *interface, const struct dobos_interface_address *address) {
    struct dobos_address network = prefix_network(&address->prefix);
    for (uint32_t i = 0; i < interface->addresses.count; i++) {
        const struct dobos_interface_address *other = &interface->addresses.entries[i];
        struct dobos_address others = prefix_network(&other->prefix);
        if (other->state == DOBOS_ADDRESS_READY && other->prefix.length == address->prefix.length &&
            dobos_address_is_equal(&others, &network))
            return other;
    }
    return NULL;
}

/* ---- in use ---- */

/* The address is this host's from now on, with its connected route. */
static int address_connect(struct dobos_host *host, const struct interface *interface,
                           const struct dobos_interface_address *address) {
    if (!own_addresses_add(&host->own, address, interface->index))
        return -DOBOS_ENOMEM;
    if (has_connected_route(interface->index, address)) {
        struct dobos_route route = connected_route(interface, address);
        int result = routes_add(&host->routes, &route);
        if (result < 0 && result != -DOBOS_EEXIST) {
            own_addresses_remove(&host->own, address, interface->index);
            return result;
        }
    }
    host->routes.generation++;
    translate_address_ready(host, interface, &address->prefix.address);
    return 0;
}

/* An address that was taken away. */
struct loss {
    uint32_t interface;           /* whose it was */
    struct dobos_address address; /* itself */
};

static bool prefers_lost_source(const struct dobos_host *host, const struct dobos_route *route,
                                const void *what) {
    const struct loss *loss = what;
    (void)host;
    return route->interface == loss->interface &&
           dobos_address_is_equal(&route->source, &loss->address);
}

/* Whether no link of the interface leads to the gateway any more. */
static bool has_lost_gateway(const struct dobos_host *host, const struct dobos_route *route,
                             const void *what) {
    const struct loss *loss = what;
    if (route->interface != loss->interface || dobos_address_is_unspecified(&route->gateway))
        return false;
    const struct route_hop *hop = routes_lookup(&host->routes, &route->gateway, loss->interface);
    return !hop || hop->type != DOBOS_ROUTE_UNICAST || !dobos_address_is_unspecified(&hop->gateway);
}

/* What leads nowhere without an address that was taken away: routes that prefer it as source, and
 * then those by gateways that were its neighbours. */
static void routes_follow(struct dobos_host *host, uint32_t index,
                          const struct dobos_address *address) {
    const struct loss loss = {index, *address};
    tables_drop(host, prefers_lost_source, &loss);
    tables_drop(host, has_lost_gateway, &loss);
}

static void address_disconnect(struct dobos_host *host, const struct interface *interface,
                               const struct dobos_interface_address *address) {
    own_addresses_remove(&host->own, address, interface->index);
    translate_address_lost(host, &address->prefix.address);
    if (has_connected_route(interface->index, address)) {
        const struct dobos_interface_address *heir = subnet_heir(interface, address);
        struct dobos_route route = connected_route(interface, address);
        if (heir) /* in place: there may be no memory for another route */
            (void)routes_source_set(&host->routes, &route, &heir->prefix.address);
        else
            (void)routes_remove(&host->routes, &route);
    }
    routes_follow(host, interface->index, &address->prefix.address);
    host->routes.generation++;
}

/* DEVIATION: [rfc5227#9] an address that is given as READY is not probed: who gives it answers for
 * it. */
int address_give(struct dobos_host *host, struct interface *interface,
                 const struct dobos_interface_address *address) {
    struct interface_addresses *addresses = &interface->addresses;
    int result = interface_addresses_add(addresses, address, host->now);
    if (result < 0)
        return result;
    struct dobos_interface_address *given = &addresses->entries[addresses->count - 1];
    given->conflicts = 0;
    given->conflict = (struct dobos_mac){0};
    given->conflicted = 0;
    given->yields |= given->state == DOBOS_ADDRESS_TENTATIVE;
    if (given->state == DOBOS_ADDRESS_READY)
        result = address_connect(host, interface, given);
    else if (!probe_create(host, interface, &address->prefix.address))
        result = -DOBOS_ENOMEM;
    if (result < 0)
        (void)interface_addresses_remove(addresses, &address->prefix.address);
    return result;
}

int address_ready(struct dobos_host *host, struct interface *interface,
                  const struct dobos_address *address) {
    struct dobos_interface_address *entry =
        interface_addresses_find(&interface->addresses, address);
    if (NEVER(!entry))
        return 0;
    int result = address_connect(host, interface, entry);
    if (result == 0)
        entry->state = DOBOS_ADDRESS_READY;
    return result;
}

/* Whether an address is given up to somebody else: one that is not ours yet, at once; one in use
 * that yields, when it was defended less than ten seconds ago and the other goes on all the same
 * [rfc5227#12]. What was given by hand is defended for ever, at a limited rate [rfc5227#15]. */
static bool is_lost(const struct dobos_interface_address *entry, dobos_time now) {
    if (entry->state == DOBOS_ADDRESS_TENTATIVE)
        return true;
    return entry->state == DOBOS_ADDRESS_READY && entry->yields && entry->conflicts > 0 &&
           now - entry->conflicted < NEIGHBOR_DEFEND_NS;
}

bool address_on_conflict(struct dobos_host *host, struct interface *interface,
                         const struct dobos_address *address, const struct dobos_mac *mac) {
    struct dobos_interface_address *entry =
        interface_addresses_find(&interface->addresses, address);
    if (!entry || entry->state == DOBOS_ADDRESS_CONFLICT)
        return false;
    bool lost = is_lost(entry, host->now);
    bool in_use = entry->state == DOBOS_ADDRESS_READY;
    entry->conflict = *mac;
    entry->conflicts++;
    entry->conflicted = host->now;
    if (!lost)
        return false;
    host->counters.addresses_lost++;
    entry->state = DOBOS_ADDRESS_CONFLICT;
    if (in_use) {
        probe_cancel(host, interface, address);
        address_disconnect(host, interface, entry);
    }
    return true;
}

/* ---- given and taken ---- */

static void address_timer_arm(struct dobos_host *host) {
    dobos_time next = DOBOS_NEVER;
    for (uint32_t i = 0; i < host->interface_count; i++) {
        const struct interface_addresses *addresses = &host->interfaces[i]->addresses;
        for (uint32_t k = 0; k < addresses->count; k++)
            next = min_i64(next, addresses->entries[k].valid_until);
    }
    timer_arm(&host->wheel, &host->address_timer, next);
}

/* Whether an interface has that address, in use or not. */
static bool is_known(const struct dobos_host *host, const struct dobos_address *address) {
    for (uint32_t i = 0; i < host->interface_count; i++) {
        if (interface_addresses_find(&host->interfaces[i]->addresses, address))
            return true;
    }
    return false;
}

int dobos_address_add(struct dobos_host *host, uint32_t index,
                      const struct dobos_interface_address *address) {
    struct interface *interface = host_interface(host, index);
    struct dobos_interface_address given = *address;
    if (!interface)
        return -DOBOS_ENODEV;
    if (given.state != DOBOS_ADDRESS_READY && given.state != DOBOS_ADDRESS_TENTATIVE)
        return -DOBOS_EINVAL;
    if (is_known(host, &address->prefix.address))
        return -DOBOS_EEXIST;
    if (index == LOOPBACK)
        given.state = DOBOS_ADDRESS_READY;
    int result = address_give(host, interface, &given);
    if (result == 0)
        address_timer_arm(host);
    return result;
}

int dobos_address_remove(struct dobos_host *host, uint32_t index,
                         const struct dobos_address *address) {
    struct interface *interface = host_interface(host, index);
    if (!interface)
        return -DOBOS_ENODEV;
    const struct dobos_interface_address *found =
        interface_addresses_find(&interface->addresses, address);
    if (!found)
        return -DOBOS_EADDRNOTAVAIL;
    struct dobos_interface_address removed = *found;
    probe_cancel(host, interface, &removed.prefix.address);
    (void)interface_addresses_remove(&interface->addresses, &removed.prefix.address);
    if (removed.state == DOBOS_ADDRESS_READY)
        address_disconnect(host, interface, &removed);
    address_timer_arm(host);
    return 0;
}

int dobos_address_change(struct dobos_host *host, uint32_t index,
                         const struct dobos_address *address, dobos_time valid_until,
                         dobos_time preferred_until) {
    struct interface *interface = host_interface(host, index);
    if (!interface)
        return -DOBOS_ENODEV;
    int result = interface_addresses_change(&interface->addresses, address, valid_until,
                                            preferred_until, host->now);
    address_timer_arm(host);
    return result;
}

int dobos_address_read(const struct dobos_host *host, uint32_t index, uint32_t nth,
                       struct dobos_interface_address *address) {
    const struct interface *interface = host_interface(host, index);
    if (!interface)
        return -DOBOS_ENODEV;
    if (nth >= interface->addresses.count)
        return -DOBOS_ENOENT;
    *address = interface->addresses.entries[nth];
    return 0;
}

/* The address timer fired: takes away every address whose life has ended. */
void addresses_on_timer(struct dobos_host *host) {
    for (uint32_t i = 0; i < host->interface_count; i++) {
        struct interface_addresses *addresses = &host->interfaces[i]->addresses;
        for (uint32_t k = addresses->count; k-- > 0;) {
            struct dobos_address address = addresses->entries[k].prefix.address;
            if (addresses->entries[k].valid_until <= host->now)
                (void)dobos_address_remove(host, i + 1, &address);
        }
    }
    address_timer_arm(host);
}
