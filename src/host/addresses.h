/* addresses: who has an address, and the ends of their lives. */
#ifndef HOST_ADDRESSES_H
#define HOST_ADDRESSES_H

#include "host/state.h"

/* The interface that has this very address, or NULL. */
struct interface *host_address_owner(const struct dobos_host *host,
                                     const struct dobos_address *address);
/* Whether it is a broadcast address of one of the interface's subnets. */
bool host_address_is_broadcast(const struct dobos_host *host, const struct interface *interface,
                               const struct dobos_address *address);
/* Gives an interface an address, without a route: interface_addresses_add's errors. */
int address_give(struct dobos_host *host, struct interface *interface,
                 const struct dobos_interface_address *address);
void addresses_on_timer(struct dobos_host *host);

#endif
