/*
 * own_addresses: what an address is to this host, asked of every packet that comes or goes: whose
 * of its interfaces it is, and whether it is a broadcast address of one's subnets. A hash table
 * beside the interfaces' own lists, so that the answer costs the same with one address and with
 * thousands.
 */
#ifndef NETWORK_OWN_ADDRESSES_H
#define NETWORK_OWN_ADDRESSES_H

#include <dobos/host.h>

#include "base/hash_table.h"
#include "base/list.h"

struct own_addresses {
    struct hash_table table; /* struct own_address, by address */
    struct list all;         /* the same, for the end */
};

void own_addresses_init(struct own_addresses *own, struct allocator *allocator);
void own_addresses_fini(struct own_addresses *own);
/* Takes note of an address of `interface` (from 1), which no interface has yet, and of its subnet's
 * broadcast addresses. False: no memory, and nothing has changed. */
bool own_addresses_add(struct own_addresses *own, const struct dobos_interface_address *address,
                       uint32_t interface);
/* Forgets what own_addresses_add took note of. */
void own_addresses_remove(struct own_addresses *own, const struct dobos_interface_address *address,
                          uint32_t interface);
/* The interface that has this very address, or 0. */
uint32_t own_addresses_owner(const struct own_addresses *own, const struct dobos_address *address);
/* A subnet's broadcast address (directed), or its old all-zeros form, of this interface. */
bool own_addresses_is_broadcast(const struct own_addresses *own, uint32_t interface,
                                const struct dobos_address *address);

#endif
