/*
 * session: the flows that pass a host, tracked for NAT and for the stateful filter: one table for
 * both. A flow is known by two keys: what its packets look like as they come in from who began it
 * (SESSION_ORIGIN), and from the other end (SESSION_REPLY). Where nothing is translated the one is
 * the other turned round; where something is, a packet that came by one key leaves as the other
 * turned round.
 *
 *     found = session_find(table, &key, &direction);
 *     track = session_judge(session, direction, &segment)   what the packet is to the flow; nothing
 *                                                           changes
 *     session_advance(table, session, direction, …)         once it is sure that it passes
 *
 * Lives (RFC 4787 REQ-5, 5382 REQ-5, 5508 REQ-2): see session.c. The table is bounded in bytes. The
 * oldest flow that nobody has answered goes first, then the oldest closing; never one that is
 * answered and alive: then the new one is refused. An inside host has a share: it replaces its own.
 */
#ifndef NETWORK_SESSION_H
#define NETWORK_SESSION_H

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/seq.h"
#include "base/timing_wheel.h"
#include "base/verdict.h"
#include "network/tuple.h"

enum session_direction {
    SESSION_ORIGIN = 0, /* from who began it */
    SESSION_REPLY = 1,  /* from the other end */
};

/* What a packet is to the flows that are tracked. */
enum session_track {
    TRACK_NONE,        /* this host does not track, or not such packets (broadcasts, groups) */
    TRACK_NEW,         /* it would begin a flow */
    TRACK_ESTABLISHED, /* it belongs to a flow that there is, in either direction */
    TRACK_RELATED,     /* an ICMP error about a packet of a flow that there is */
    TRACK_INVALID,     /* it belongs to none and cannot begin one (a TCP segment without SYN, an
                          ICMP error about nothing tracked), or is outside of its flow's window */
};
/* "none", "new", "established", "related", "invalid"; constant. */
const char *session_track_name(enum session_track track);

/* One direction of a flow, in few bytes: IPv4. Of ICMP queries both ports are the identifier; of
 * protocols without ports they are 0. */
struct session_key {
    uint32_t source, destination;           /* addresses as numbers */
    uint16_t source_port, destination_port; /* host order */
    uint8_t protocol;                       /* of the IP header */
};

#endif
