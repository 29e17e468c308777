/* addresses: who has an address, and the ends of their lives. */
#ifndef HOST_ADDRESSES_H
#define HOST_ADDRESSES_H

#include "host/state.h"

/* The interface that has this very address, or NULL. */
struct interface *host_address_owner(const struct dobos_host *host,
                                     const struct dobos_address *address);
void addresses_on_timer(struct dobos_host *host);

#endif
