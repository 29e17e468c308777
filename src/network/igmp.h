/*
 * igmp: what groups an interface listens to, and telling the routers of its link (IGMPv3, RFC 3376
 * §3–§5, §7.2, as 9776 has it; the host's side only). What sockets want of a group is merged by
 * host/groups.c into one filter; a change of it is reported at once and once more, a query is
 * answered after a random wait, and a querier of version 1 or 2 is spoken to in its own language.
 *
 * A state machine without clock and packets of its own: its owner calls igmp_transmit when its
 * timer fires or after any change, until that gives nothing more.
 *
 * Bounded: IGMP_GROUPS groups an interface, IGMP_SOURCES sources in a filter, and as many more that
 * are still to be reported as given up or asked for; a query that asks for more is answered with
 * the whole filter.
 */
#ifndef NETWORK_IGMP_H
#define NETWORK_IGMP_H

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/timing_wheel.h"
#include "base/verdict.h"
#include "packet/packet.h"
#include "wire/igmp.h"

#define IGMP_GROUPS            256
#define IGMP_SOURCES           64
#define IGMP_ROBUSTNESS        2 /* reports of a change, unless a querier says otherwise */
#define IGMP_QUERY_NS          (125 * DOBOS_SECOND)
#define IGMP_RESPONSE_NS       (10 * DOBOS_SECOND)
#define IGMP_UNSOLICITED_NS    (1 * DOBOS_SECOND)  /* at most between two reports of a change */
#define IGMP_V2_UNSOLICITED_NS (10 * DOBOS_SECOND) /* likewise, versions 1 and 2 */

#define GROUP_ALL_HOSTS   UINT32_C(0xe0000001) /* 224.0.0.1: everybody is a member */
#define GROUP_ALL_ROUTERS UINT32_C(0xe0000002) /* 224.0.0.2: where Leave goes */
#define GROUP_IGMP_V3     UINT32_C(0xe0000016) /* 224.0.0.22: where reports go */

/* Which sources of a group are wanted: those (include), or all but those (exclude). Include without
 * sources: none, so no member. */
struct igmp_filter {
    bool exclude;                   /* the mode */
    uint32_t count;                 /* of sources */
    uint32_t sources[IGMP_SOURCES]; /* IPv4 numbers, each once */
};

struct igmp_source {
    uint32_t number; /* IPv4 */
    bool is_in;      /* in the filter */
    bool is_asked;   /* a query asked for it */
    uint8_t left;    /* reports that are still to tell its change */
};

struct igmp_group {
    struct hash_node node;       /* in igmp.table */
    struct list_node place;      /* in igmp.groups */
    uint32_t group;              /* IPv4 */
    bool exclude;                /* the filter's mode */
    bool answers_whole;          /* answer_at: with the whole filter, not only what was asked for */
    bool is_last;                /* version 2: we were the last to report it */
    uint8_t mode_left;           /* reports that are still to tell the mode's change; versions 1 and
                                    2: unsolicited reports, or the Leave */
    uint32_t in_count;           /* sources in the filter */
    uint32_t count, room;        /* of sources */
    struct igmp_source *sources; /* owned */
    dobos_time change_at;        /* the next report of a change; DOBOS_NEVER */
    dobos_time answer_at;        /* the answer to a query; DOBOS_NEVER */
};

struct igmp {
    struct allocator *allocator;   /* borrowed */
    struct timing_wheel *wheel;    /* borrowed */
    const struct hash_key *key;    /* borrowed; of the waits */
    struct timer timer;            /* of kind TIMER_IGMP: the next thing to send */
    struct hash_table table;       /* of struct igmp_group */
    struct list groups;            /* the same, in the order they were joined */
    uint32_t count;                /* of them */
    uint32_t interface;            /* index, for those who find it by its timer */
    uint8_t robustness;            /* as the last querier said */
    uint8_t version;               /* spoken at the last event: 1 to 3 */
    dobos_time query_ns;           /* between its queries */
    dobos_time general_at;         /* the answer to a general query of version 3; DOBOS_NEVER */
    dobos_time v1_until, v2_until; /* queriers of those versions are there until then */
    uint64_t draws;                /* of waits */
    uint64_t queries_in, reports_in, reports_out, leaves_out; /* counters */
};

void igmp_init(struct igmp *igmp, struct allocator *allocator, struct timing_wheel *wheel,
               const struct hash_key *key, uint32_t interface);
void igmp_fini(struct igmp *igmp);
/* What is wanted of a group (multicast, not 224.0.0.1) from now on. -DOBOS_ENOBUFS (too many
 * groups), -DOBOS_ENOMEM: nothing has changed. */
int igmp_filter_set(struct igmp *igmp, const struct dobos_address *group,
                    const struct igmp_filter *filter, dobos_time now);
/* Whether packets to a group are taken; always those to 224.0.0.1. */
bool igmp_is_member(const struct igmp *igmp, const struct dobos_address *group);
/* The nth group of which packets are taken, from 0, in order of joining (without 224.0.0.1); NULL.
 */
const struct igmp_group *igmp_nth(const struct igmp *igmp, uint32_t nth);

/* A message that arrived, with what its packet says. VERDICT_DELIVER, or VERDICT_DROP with *reason.
 */
enum verdict igmp_receive(struct igmp *igmp, const struct igmp_message *message,
                          const struct dobos_address *destination, bool has_router_alert,
                          dobos_time now, enum drop_reason *reason);
/* The link is up again: whoever listens there hears of all groups. */
void igmp_on_carrier(struct igmp *igmp, dobos_time now);
/* The next message to send now (give), without an IP header, and where to; NULL: nothing more, and
 * the timer is armed. (There may be no memory: then the message is lost, as others are on the
 * link.) */
struct dobos_packet *igmp_transmit(struct igmp *igmp, struct dobos_pool *pool, uint32_t mtu,
                                   dobos_time now, struct dobos_address *destination);

/* ---- shared by igmp*.c ---- */

/* The version to speak; a change of it cancels everything that waits. */
uint8_t igmp_version_update(struct igmp *igmp, dobos_time now);
/* A random time in 0 … span. */
dobos_time igmp_wait(struct igmp *igmp, dobos_time span);
struct igmp_group *igmp_find(const struct igmp *igmp, uint32_t number);
static inline bool igmp_group_is_member(const struct igmp_group *group) {
    return group->exclude || group->in_count > 0;
}
/* The source of that number, added if it is not there; NULL: no memory or too many. */
struct igmp_source *igmp_source_get(struct igmp *igmp, struct igmp_group *group, uint32_t number);
/* Forgets sources that nobody wants or asks for, and the group when nothing is left of it. */
void igmp_group_prune(struct igmp *igmp, struct igmp_group *group);
/* Arms the timer for what is to be sent next. */
void igmp_timer_arm(struct igmp *igmp);

#endif
