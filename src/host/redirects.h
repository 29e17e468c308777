/* redirects: telling a neighbour of a better first hop (RFC 792, 1812 §5.2.7.2). */
#ifndef HOST_REDIRECTS_H
#define HOST_REDIRECTS_H

#include "host/arrival.h"

/* A packet goes back out where it came in: if this router is told to, its sender hears of it. The
 * packet is forwarded in any case. */
void redirect_consider(struct dobos_host *host, struct arrival *arrival, const struct path *path);

#endif
