/* translate: where the host's NAT is asked (network/nat.h) and where flows are tracked
 * (network/session.h). */
#ifndef HOST_TRANSLATE_H
#define HOST_TRANSLATE_H

#include "host/arrival.h"

/* Who wants flows to be tracked. */
enum tracker {
    TRACKER_NAT = 1,
    TRACKER_FILTER = 2
};
/* Has the flows tracked from now on (host->sessions) until nobody wants it any more. False: no
 * memory. */
bool tracking_begin(struct dobos_host *host, enum tracker tracker);
void tracking_end(struct dobos_host *host, enum tracker tracker);

/* A packet that came in: where flows are tracked, sets arrival->translation, and finds what NAT
 * makes of its destination; elsewhere nothing. VERDICT_HELD: it has met its fate (arrival->packet
 * is NULL); else VERDICT_DELIVER. It is asked of whole datagrams only: hosts that track flows put
 * fragments together first. */
enum verdict translate_arrival(struct dobos_host *host, struct arrival *arrival);
/* A packet that goes on by a path: finds what NAT makes of its source. DROP_NONE, or the reason
 * (no port is left, a host's quota is used up). */
enum drop_reason translate_departure(struct dobos_host *host, struct arrival *arrival,
                                     const struct path *path);
/* Does it: addresses, ports and checksums in place; the packet begins with its IP header. False: no
 * memory. */
bool translate_apply(struct dobos_host *host, struct arrival *arrival);

#endif
