/* paths: which way a packet goes. */
#ifndef HOST_PATHS_H
#define HOST_PATHS_H

#include "host/state.h"

/* What a way is asked for. */
struct path_question {
    struct dobos_address destination; /* where to */
    struct dobos_address source;      /* 0.0.0.0: to be chosen */
    uint32_t bound;                   /* out of this interface only; 0: any */
    uint32_t arrived;                 /* the interface it came in by; 0: the packet is our own */
    struct dobos_packet *packet; /* borrowed, of somebody else's flow: which of several equal ways
                                    it takes is read from it; NULL: see flow */
    const struct ipv4 *ipv4;     /* its header */
    const struct flow *flow;     /* our own flow; NULL: by addresses alone */
    enum path_mtu_trust trust;   /* how hard to forge what narrows it must have been, at least */
};
/* Finds it. -DOBOS_ENETUNREACH, -DOBOS_EADDRNOTAVAIL (no source there). */
int path_find(const struct dobos_host *host, const struct path_question *question,
              struct path *path);
bool path_is_fresh(const struct dobos_host *host, const struct path *path);

#endif
