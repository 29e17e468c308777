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
/* Which way a packet goes, and why. */
struct way {
    enum dobos_route_kind kind;    /* what the destination is to this host */
    uint32_t interface;            /* where it leaves; lo for local */
    uint32_t mtu;                  /* of that, bytes */
    struct dobos_address next_hop; /* the gateway, or the destination itself */
    struct dobos_address source;   /* as asked, or chosen */
    const struct route_hop *hop;   /* of the route; NULL: none was asked. Good until a change */
    struct route_answer answer;    /* where that stands, if there is one */
    uint32_t equals;               /* hops that share the flows there, this one included */
};
/* -DOBOS_ENETUNREACH; -DOBOS_EADDRNOTAVAIL (no source there); and, with `hop` and `answer` set,
 * the error of a route that drops packets: -DOBOS_EINVAL, -DOBOS_EHOSTUNREACH, -DOBOS_EACCES. */
int way_find(const struct dobos_host *host, const struct path_question *question, struct way *way);
/* What the tables say of a destination, before a hop is chosen: `lead` 0: nothing. */
struct route_answer way_ask(const struct dobos_host *host, const struct path_question *question);
/* The interface whose link a neighbour is on, itself neither an address of this host's nor all of
 * that link; `interface` not 0: that one. -DOBOS_EINVAL, -DOBOS_ENETUNREACH. */
int way_to_neighbor(const struct dobos_host *host, const struct dobos_address *neighbor,
                    uint32_t interface);
/* Finds it; errors of way_find. */
int path_find(const struct dobos_host *host, const struct path_question *question,
              struct path *path);
/* Why a packet is dropped for which path_find has said that. */
enum drop_reason path_drop_reason(int error);
bool path_is_fresh(const struct dobos_host *host, const struct path *path);

#endif
