/* interface_addresses: the addresses of a host's interfaces, and what an address means to it (RFC
 * 1122 §3.2.1.3, strong host model, RFC 3021). */
#ifndef NETWORK_INTERFACE_ADDRESSES_H
#define NETWORK_INTERFACE_ADDRESSES_H

#include <dobos/host.h>

#include "base/allocator.h"
#include "base/prefix.h"
#include "base/verdict.h"

#define INTERFACE_ADDRESSES 256 /* an interface at most */

struct interface_addresses {
    struct allocator *allocator;             /* borrowed */
    struct dobos_interface_address *entries; /* room entries */
    uint32_t count, room;                    /* used, allocated */
};
void interface_addresses_init(struct interface_addresses *addresses, struct allocator *allocator);
void interface_addresses_fini(struct interface_addresses *addresses);
/* Errors of dobos_address_add; fills in the broadcast address. */
int interface_addresses_add(struct interface_addresses *addresses,
                            const struct dobos_interface_address *address, dobos_time now);
/* Errors of dobos_address_change. */
int interface_addresses_change(struct interface_addresses *addresses,
                               const struct dobos_address *address, dobos_time valid_until,
                               dobos_time preferred_until, dobos_time now);
int interface_addresses_remove(struct interface_addresses *addresses,
                               const struct dobos_address *address);
/* Not NULL: this very address is the interface's, in whatever state. */
struct dobos_interface_address *
interface_addresses_find(const struct interface_addresses *addresses,
                         const struct dobos_address *address);
/* Whether one of them is in use. Quick: routers ask it of every packet. */
static inline bool interface_addresses_ready(const struct interface_addresses *addresses) {
    for (uint32_t i = 0; i < addresses->count; i++) {
        if (addresses->entries[i].state == DOBOS_ADDRESS_READY)
            return true;
    }
    return false;
}
/* The best source toward `destination` of those in use: on its subnet, else the first. NULL when
 * there is none. */
const struct dobos_interface_address *
interface_addresses_source(const struct interface_addresses *addresses,
                           const struct dobos_address *destination);

#endif
