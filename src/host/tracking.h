/* tracking: the host's table of flows (network/session.h): who wants it, how a flow gets room, and
 * its end. */
#ifndef HOST_TRACKING_H
#define HOST_TRACKING_H

#include "host/state.h"
#include "network/nat.h"

/* Who wants flows to be tracked. */
enum tracker {
    TRACKER_NAT = 1,
    TRACKER_FILTER = 2
};
/* Has the flows tracked from now on (host->sessions) until nobody wants it any more. False: no
 * memory. */
bool tracking_begin(struct dobos_host *host, enum tracker tracker);
void tracking_end(struct dobos_host *host, enum tracker tracker);

/* A flow that is to be. */
struct tracking_wish {
    struct session_key origin, reply;      /* as its packets come in */
    uint32_t owner;                        /* address whose share it is */
    struct nat_mapping *source, *target;   /* what it hangs from; NULL */
    const struct session_segment *segment; /* TCP: the first */
};
/* Begins it, in the room of others that may go if need be. NULL with *reason; a mapping of it that
 * has no other session has ended then. */
struct session *tracking_session_create(struct dobos_host *host, const struct tracking_wish *wish,
                                        enum drop_reason *reason);
void tracking_session_end(struct dobos_host *host, struct session *session);
void tracking_on_timer(struct dobos_host *host);

#endif
