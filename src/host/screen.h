/* screen: where the host's filter is asked (network/filter.h). */
#ifndef HOST_SCREEN_H
#define HOST_SCREEN_H

#include "host/arrival.h"

/* Whether a packet for this host may go up. DROP_NONE, or the reason; arrival->filter_rule says
 * which rule. A filter knows whole datagrams only: a fragment has been put together before. */
enum drop_reason screen_delivered(struct dobos_host *host, struct arrival *arrival);
/* Whether a packet may go on by the path: it is looked at from inside, with the destination as NAT
 * will make it and the source as it came. */
enum drop_reason screen_forwarded(struct dobos_host *host, struct arrival *arrival,
                                  const struct path *path);

#endif
