/*
 * addresses: the addresses of a host's interfaces with their connected routes and their ends.
 */
#include "host/addresses.h"

struct interface *host_address_owner(const struct dobos_host *host,
                                     const struct dobos_address *address) {
    return host_interface(host, own_addresses_owner(&host->own, address));
}

bool host_address_is_broadcast(const struct dobos_host *host, const struct interface *interface,
                               const struct dobos_address *address) {
    return own_addresses_is_broadcast(&host->own, interface->index, address);
}

int address_give(struct dobos_host *host, struct interface *interface,
                 const struct dobos_interface_address *address) {
    struct interface_addresses *addresses = &interface->addresses;
    int result = interface_addresses_add(addresses, address, host->now);
    if (result < 0)
        return result;
    if (own_addresses_add(&host->own, &addresses->entries[addresses->count - 1], interface->index))
        return 0;
    (void)interface_addresses_remove(addresses, &address->prefix.address);
    return -DOBOS_ENOMEM;
}

static int address_take(struct dobos_host *host, struct interface *interface,
                        const struct dobos_interface_address *address) {
    own_addresses_remove(&host->own, address, interface->index);
    return interface_addresses_remove(&interface->addresses, &address->prefix.address);
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
        if (other->prefix.length == address->prefix.length &&
            dobos_address_is_equal(&others, &network))
            return other;
    }
    return NULL;
}

static void address_timer_arm(struct dobos_host *host) {
    dobos_time next = DOBOS_NEVER;
    for (uint32_t i = 0; i < host->interface_count; i++) {
        const struct interface_addresses *addresses = &host->interfaces[i]->addresses;
        for (uint32_t k = 0; k < addresses->count; k++)
            next = min_i64(next, addresses->entries[k].valid_until);
    }
    timer_arm(&host->wheel, &host->address_timer, next);
}

int dobos_address_add(struct dobos_host *host, uint32_t index,
                      const struct dobos_interface_address *address) {
    struct interface *interface = host_interface(host, index);
    if (!interface)
        return -DOBOS_ENODEV;
    if (host_address_owner(host, &address->prefix.address))
        return -DOBOS_EEXIST;
    int result = address_give(host, interface, address);
    if (result < 0)
        return result;
    if (has_connected_route(index, address)) {
        struct dobos_route route = connected_route(interface, address);
        result = routes_add(&host->routes, &route);
        if (result < 0 && result != -DOBOS_EEXIST) {
            struct dobos_interface_address given =
                *interface_addresses_find(&interface->addresses, &address->prefix.address);
            (void)address_take(host, interface, &given);
            return result;
        }
    }
    host->routes.generation++;
    address_timer_arm(host);
    return 0;
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
    int result = address_take(host, interface, &removed);
    if (result < 0)
        return result;
    if (has_connected_route(index, &removed)) {
        const struct dobos_interface_address *heir = subnet_heir(interface, &removed);
        struct dobos_route route = connected_route(interface, &removed);
        (void)routes_remove(&host->routes, &route);
        if (heir) {
            route = connected_route(interface, heir);
            (void)routes_add(&host->routes, &route);
        }
    }
    host->routes.generation++;
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
