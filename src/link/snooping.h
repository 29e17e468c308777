/*
 * snooping: which ports of a switch want an IPv4 multicast group (RFC 4541 §2.1), learned from the
 * IGMP messages that pass: members from reports of all versions, routers from queries.
 *
 * Frames of a group that somebody has reported go to its members' ports and to those of routers,
 * reports to those of routers alone. Everything else goes to all: groups that nobody has reported,
 * 224.0.0.0/24, other protocols. And so does all while no querier is known, or while one is new and
 * not everybody has answered it yet: without queries reports would not be repeated, and members
 * would be lost. The switch asks nothing itself.
 *
 * Bounded: SNOOPING_GROUPS groups; one more is not learned, so it goes to all. SNOOPING_PORTS
 * ports, of members and routers together; where one cannot be kept, the group (or everything, if it
 * is a router's) goes to all for as long as it would have been.
 */
#ifndef LINK_SNOOPING_H
#define LINK_SNOOPING_H

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "packet/packet.h"

#define SNOOPING_MEMBER_NS  (260 * DOBOS_SECOND) /* a report holds (RFC 3376 §8.4) */
#define SNOOPING_QUERIER_NS (255 * DOBOS_SECOND) /* a query holds (RFC 3376 §8.5) */
#define SNOOPING_LEAVE_NS \
    (2 * DOBOS_SECOND) /* the querier asks twice, a second apart, who is left */
#define SNOOPING_GROUPS 1024
#define SNOOPING_PORTS  8192

struct snooping_group;

struct snooping {
    struct allocator *allocator; /* borrowed */
    struct hash_key key;         /* of the table */
    struct hash_table groups;    /* of struct snooping_group, by address */
    struct list recent;          /* the same, the least recently reported first */
    struct list routers;         /* of struct snooping_port */
    uint32_t group_count;        /* of groups */
    uint32_t port_count;         /* of members' and routers' ports */
    dobos_time querier_until;    /* one is known until then */
    dobos_time trusted_from;     /* everybody has had the time to answer it */
    dobos_time flood_until;      /* a router's port could not be kept: all goes to all */
};

/* Where a frame goes. */
struct snooping_way {
    bool is_limited;                    /* not to all: to routers, and to */
    const struct snooping_group *group; /* the members of; until the next frame; NULL: nobody */
};

void snooping_init(struct snooping *snooping, struct allocator *allocator,
                   const struct hash_key *key);
void snooping_fini(struct snooping *snooping);
/* A frame to a group's link address (borrowed) came in at a port: learns from it, and says where it
 * goes. */
struct snooping_way snooping_forward(struct snooping *snooping, const struct dobos_packet *frame,
                                     uint32_t port, dobos_time now);
/* Where a walk over the ports of a way is; zero begins. */
struct snooping_walk {
    const struct list_node *node; /* the last port given */
    bool in_members;              /* all routers were given */
};
/* The next port of a way that is limited, each once; false behind the last. */
bool snooping_next(const struct snooping *snooping, const struct snooping_way *way,
                   struct snooping_walk *walk, dobos_time now, uint32_t *port);
/* Forgets a port that went away. */
void snooping_forget(struct snooping *snooping, uint32_t port);

#endif
