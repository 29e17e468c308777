/*
 * interface_addresses: the addresses of one interface, in the order they were given (the first is
 * the one that speaks when nothing better is known). At most 256, in one array.
 */
#include "network/interface_addresses.h"

#include "base/assert.h"

void interface_addresses_init(struct interface_addresses *addresses, struct allocator *allocator) {
    *addresses = (struct interface_addresses){.allocator = allocator};
}

void interface_addresses_fini(struct interface_addresses *addresses) {
    allocator_release(addresses->allocator, addresses->entries,
                      addresses->room * sizeof *addresses->entries);
    addresses->entries = NULL;
    addresses->count = addresses->room = 0;
}

/* Whether a prefix's address can be a host's on its subnet; with 31 and 32 bits every address can
 * (RFC 3021 §2.1) [rfc3021#1]. */
static bool prefix_is_host(const struct dobos_prefix *prefix) {
    if (!dobos_address_is_ipv4(&prefix->address) || prefix->length > 32)
        return false;
    uint32_t number = dobos_address_ipv4_number(&prefix->address);
    if (ipv4_is_this_network(number) || ipv4_is_multicast(number) || ipv4_is_reserved(number) ||
        ipv4_is_limited_broadcast(number))
        return false;
    uint32_t host = number & ~ipv4_mask(prefix->length);
    return !prefix_has_broadcast(prefix) || (host != 0 && host != ~ipv4_mask(prefix->length));
}

static bool interface_addresses_grow(struct interface_addresses *addresses) {
    uint32_t room = addresses->room ? addresses->room * 2 : 2;
    struct dobos_interface_address *entries =
        allocator_allocate(addresses->allocator, room * sizeof *entries, "interface addresses");
    if (!entries)
        return false;
    if (addresses->entries)
        memcpy(entries, addresses->entries, addresses->count * sizeof *entries);
    allocator_release(addresses->allocator, addresses->entries, addresses->room * sizeof *entries);
    addresses->entries = entries;
    addresses->room = room;
    return true;
}

int interface_addresses_add(struct interface_addresses *addresses,
                            const struct dobos_interface_address *address, dobos_time now) {
    if (!prefix_is_host(&address->prefix) || address->valid_until <= now ||
        address->preferred_until > address->valid_until)
        return -DOBOS_EINVAL;
    if (interface_addresses_find(addresses, &address->prefix.address))
        return -DOBOS_EEXIST;
    if (addresses->count >= INTERFACE_ADDRESSES ||
        (addresses->count == addresses->room && !interface_addresses_grow(addresses)))
        return -DOBOS_ENOMEM;
    ASSERT(addresses->entries);
    struct dobos_interface_address *entry = &addresses->entries[addresses->count++];
    *entry = *address;
    /* a looped back interface has nobody to broadcast to */
    if (prefix_has_broadcast(&address->prefix) &&
        !dobos_address_is_loopback(&address->prefix.address))
        entry->broadcast = prefix_last(&address->prefix);
    else
        entry->broadcast = dobos_address_ipv4(0);
    return 0;
}

int interface_addresses_change(struct interface_addresses *addresses,
                               const struct dobos_address *address, dobos_time valid_until,
                               dobos_time preferred_until, dobos_time now) {
    if (valid_until <= now || preferred_until > valid_until)
        return -DOBOS_EINVAL;
    for (uint32_t i = 0; i < addresses->count; i++) {
        struct dobos_interface_address *entry = &addresses->entries[i];
        if (!dobos_address_is_equal(&entry->prefix.address, address))
            continue;
        entry->valid_until = valid_until;
        entry->preferred_until = preferred_until;
        return 0;
    }
    return -DOBOS_EADDRNOTAVAIL;
}

int interface_addresses_remove(struct interface_addresses *addresses,
                               const struct dobos_address *address) {
    for (uint32_t i = 0; i < addresses->count; i++) {
        if (!dobos_address_is_equal(&addresses->entries[i].prefix.address, address))
            continue;
        addresses->count--;
        memmove(&addresses->entries[i], &addresses->entries[i + 1],
                (addresses->count - i) * sizeof *addresses->entries);
        return 0;
    }
    return -DOBOS_EADDRNOTAVAIL;
}

struct dobos_interface_address *
interface_addresses_find(const struct interface_addresses *addresses,
                         const struct dobos_address *address) {
    for (uint32_t i = 0; i < addresses->count; i++)
        if (dobos_address_is_equal(&addresses->entries[i].prefix.address, address))
            return &addresses->entries[i];
    return NULL;
}

/* The choice of a source when nobody made one [rfc1122#56]. */
const struct dobos_interface_address *
interface_addresses_source(const struct interface_addresses *addresses,
                           const struct dobos_address *destination) {
    const struct dobos_interface_address *best = NULL, *first = NULL;
    for (uint32_t i = 0; i < addresses->count; i++) {
        const struct dobos_interface_address *entry = &addresses->entries[i];
        if (entry->state != DOBOS_ADDRESS_READY)
            continue;
        if (!first)
            first = entry;
        if (prefix_contains(&entry->prefix, destination) &&
            (!best || entry->prefix.length > best->prefix.length))
            best = entry;
    }
    return best ? best : first;
}
