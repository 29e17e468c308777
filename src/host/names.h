/* names: name servers, search list and entries of a host, within host/; the public calls are in
 * dobos/host.h. */
#ifndef HOST_NAMES_H
#define HOST_NAMES_H

#include "host/state.h"

/* Gives back the search list, when the host ends. */
void names_fini(struct dobos_host *host);
/* Gives back the entries, when the host ends. */
void entries_fini(struct dobos_host *host);

#endif
