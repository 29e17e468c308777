/* paths: which way a packet goes. */
#ifndef HOST_PATHS_H
#define HOST_PATHS_H

#include "host/state.h"

/* Finds the way to `destination` from `source` (0.0.0.0: to be chosen), out of interface `bound`
 * only (0: any). -DOBOS_ENETUNREACH, -DOBOS_EADDRNOTAVAIL (no source there). */
int path_find(const struct dobos_host *host, const struct dobos_address *destination,
              const struct dobos_address *source, uint32_t bound, struct path *path);
bool path_is_fresh(const struct dobos_host *host, const struct path *path);

#endif
