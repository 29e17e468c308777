/* bridge: a learning switch (IEEE 802.1D §7): learns where a station is from the frames it sends,
 * forwards to that port, floods what it does not know; multicast groups go where they are wanted
 * (link/snooping.h). */
#ifndef LINK_BRIDGE_H
#define LINK_BRIDGE_H

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "link/snooping.h"
#include "packet/packet.h"

#define BRIDGE_AGE_NS   (300 * DOBOS_SECOND)
#define BRIDGE_STATIONS 65536
#define BRIDGE_FLOOD    UINT32_MAX       /* every port but the frame's own */
#define BRIDGE_GROUP    (UINT32_MAX - 2) /* those that bridge_next gives */

struct bridge {
    struct allocator *allocator; /* borrowed */
    struct hash_key key;         /* of the table */
    struct hash_table stations;  /* of struct bridge_station */
    struct list recent;          /* the least recently heard first */
    uint32_t count;              /* stations */
    struct snooping snooping;    /* who wants which multicast group */
    struct snooping_way way;     /* of the last frame that was for a group */
};
void bridge_init(struct bridge *bridge, struct allocator *allocator, const struct hash_key *key);
void bridge_fini(struct bridge *bridge);
/*
 * A frame (borrowed) came in at `port`: learns its source, and says where it goes: a port's number,
 * BRIDGE_FLOOD (every port but `port`), BRIDGE_GROUP (those that bridge_next gives), or `port`
 * itself when the destination is behind the same port (the caller drops it). False: the frame is
 * shorter than a header or its source is a group address or zero: drop it.
 */
bool bridge_forward(struct bridge *bridge, const struct dobos_packet *packet, uint32_t port,
                    dobos_time now, uint32_t *to);
/* The next port that the last frame, which was BRIDGE_GROUP, goes to (its own may be among them);
 * *walk is zero at first. False behind the last. */
bool bridge_next(const struct bridge *bridge, struct snooping_walk *walk, dobos_time now,
                 uint32_t *port);
/* Forgets what is behind a port that went away. */
void bridge_forget(struct bridge *bridge, uint32_t port);

#endif
