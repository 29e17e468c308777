/*
 * path_mtu: destinations to which some link on the way is narrower than our own (RFC 1191): what
 * the ICMP messages of routers have told, shared by all sockets, kept for ten minutes.
 *
 * A narrowing is never raised by a message and never below PATH_MTU_MIN. There is nothing allocated
 * while there is none. Whether a message is to be believed is asked before: transport vouches for
 * it (RFC 5927). What a TCP segment in flight proves goes for all; what only a datagram's quote
 * says, which a stranger can forge who knows a port, goes for datagrams.
 */
#ifndef NETWORK_PATH_MTU_H
#define NETWORK_PATH_MTU_H

#include <dobos/address.h>

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "base/timing_wheel.h"
#include "packet/packet.h"

/* Packets are not made smaller than so, whatever a message says (attack C3); where a link is
 * narrower still, routers may fragment them. */
#define PATH_MTU_MIN   552
#define PATH_MTU_NS    (600 * DOBOS_SECOND) /* how long a message is believed, if nobody says */
#define PATH_MTU_LIMIT 1024                 /* most narrowings */

/* How hard the message was to forge, the easiest first. */
enum path_mtu_trust {
    PATH_MTU_BY_PORT,     /* it quotes a datagram: a port was to be guessed; binds datagrams only */
    PATH_MTU_BY_SEQUENCE, /* it quotes a TCP segment in flight; binds all */
    PATH_MTU_TRUSTS
};

struct path_mtu {
    struct hash_node by_destination;  /* in the table; each trust has an entry of its own */
    struct list_node by_age;          /* in ages[trust] */
    struct dobos_address destination; /* whereto */
    dobos_time until;                 /* when it is forgotten */
    uint32_t mtu;                     /* largest IP packet, bytes; PATH_MTU_MIN at least */
    bool is_locked; /* a link is narrower than PATH_MTU_MIN: routers may fragment */
    uint8_t trust;  /* enum path_mtu_trust */
};

struct path_mtus {
    struct allocator *allocator;       /* borrowed */
    struct timing_wheel *wheel;        /* borrowed */
    struct hash_key key;               /* of the table */
    dobos_time life_ns;                /* how long a message is believed; 300 s at least */
    struct hash_table table;           /* by destination */
    struct list ages[PATH_MTU_TRUSTS]; /* each the oldest first */
    struct timer timer;                /* the next that is forgotten */
    uint64_t generation;               /* grows with each change */
    uint64_t learned;                  /* narrowings made or made narrower */
    uint64_t displaced;                /* that went early, for another's sake */
};

void path_mtus_init(struct path_mtus *mtus, struct allocator *allocator, struct timing_wheel *wheel,
                    const struct hash_key *key);
void path_mtus_fini(struct path_mtus *mtus);
/* What a message (type 3, code 4) says of a path that was thought to carry `now_mtu`, to
 * quote->path_mtu and path_is_locked: the next link's MTU, or, where an old router tells none, a
 * guess below the quoted packet's length. */
void path_mtu_read(struct quote *quote, uint32_t now_mtu);
/*
 * Takes what was read (path_mtu > 0) and vouched for: the path to the quoted packet's destination
 * is no wider, for ten minutes from now. False: nothing new, or no memory. At the limit one goes:
 * the oldest of those told by a datagram's quote, else the oldest.
 */
bool path_mtu_narrow(struct path_mtus *mtus, const struct quote *quote, enum path_mtu_trust trust,
                     dobos_time now);
/* The narrowest that was told at least so trustworthily; NULL: none is known. */
const struct path_mtu *path_mtu_find(const struct path_mtus *mtus,
                                     const struct dobos_address *destination,
                                     enum path_mtu_trust least);
/* The timer has fired: forgets what is old, and arms it again. */
void path_mtus_on_timer(struct path_mtus *mtus, dobos_time now);

#endif
