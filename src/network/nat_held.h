/*
 * nat_held: SYNs from outside that nobody has asked for. Nothing is answered for 6 s; if meanwhile
 * a host inside begins the same connection, both ends are opening it at once, and nothing is ever
 * said of this one (RFC 5382 REQ-4).
 */
#ifndef NETWORK_NAT_HELD_H
#define NETWORK_NAT_HELD_H

#include "network/session_key.h"

#define NAT_HELD    64 /* what comes when so many wait is not answered at all */
#define NAT_HELD_NS (6 * DOBOS_SECOND)

struct nat_syn {
    struct dobos_packet *packet; /* owned */
    struct session_key key;      /* of it, as it came */
    dobos_time until;            /* when it is answered */
};

struct nat_held {
    struct nat_syn syns[NAT_HELD]; /* a ring, the oldest first */
    uint32_t first, count;         /* where it begins, and how many there are */
};

/* Keeps a copy of a packet that is dropped; not of one that waits already. */
void nat_held_add(struct nat_held *held, const struct dobos_packet *packet,
                  const struct session_key *key, dobos_time now);
/* The oldest that is due (its packet: give); false: none. */
bool nat_held_take(struct nat_held *held, dobos_time now, struct nat_syn *syn);
/* When the oldest is due; DOBOS_NEVER. */
dobos_time nat_held_next(const struct nat_held *held);
void nat_held_clear(struct nat_held *held);

#endif
