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
/* Gives an interface an address that is in use at once: interface_addresses_add's errors. */
int address_give(struct dobos_host *host, struct interface *interface,
                 const struct dobos_interface_address *address);
/* A tentative address is in use from now on. -DOBOS_ENOMEM: it still is tentative. */
int address_ready(struct dobos_host *host, struct interface *interface,
                  const struct dobos_address *address);
/* Another station uses an address of the interface, which notes it. True: it is given up. */
bool address_on_conflict(struct dobos_host *host, struct interface *interface,
                         const struct dobos_address *address, const struct dobos_mac *mac);
void addresses_on_timer(struct dobos_host *host);

#endif
