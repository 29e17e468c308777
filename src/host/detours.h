/* detours: ways around links that are down and gateways that do not answer. */
#ifndef HOST_DETOURS_H
#define HOST_DETOURS_H

#include "host/paths.h"

/* Whether nobody is there just now: the link is down, or the gateway was asked for and is silent.
 */
bool hop_is_dead(const struct dobos_host *host, const struct route_hop *hop);
/* The first hop of a shorter prefix whose link is up, when those of the longest are down; NULL. */
const struct route_hop *hop_of_shorter(const struct dobos_host *host,
                                       const struct path_question *question,
                                       const struct routes *routes);

#endif
