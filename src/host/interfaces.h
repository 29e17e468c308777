/* interfaces: making and ending one. */
#ifndef HOST_INTERFACES_H
#define HOST_INTERFACES_H

#include "host/state.h"

int interface_create(struct dobos_host *host, const struct dobos_interface_config *config);
void interface_destroy(struct dobos_host *host, struct interface *interface);

#endif
