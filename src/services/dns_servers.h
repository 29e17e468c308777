/*
 * dns_servers: what is known of each name server that was asked: how fast it answers, whether it
 * answers at all, whether it knows EDNS, and for which zones it is lame (RFC 1035 §7.2, 2308 §7.2,
 * 9520). By it the servers of a zone are chosen.
 *
 * The table is bounded. Who goes first: servers that never answered, the longest unasked before the
 * others, then those that did. Lameness is a table of its own, whose oldest goes first.
 */
#ifndef SERVICES_DNS_SERVERS_H
#define SERVICES_DNS_SERVERS_H

#include <dobos/types.h>

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "wire/dns.h"

#define DNS_SERVERS_MOST      4096 /* known at once */
#define DNS_SERVERS_LAME_MOST 1024 /* pairs of a server and a zone it is lame for */

#define DNS_SERVER_UNKNOWN_RTT (400 * DOBOS_MILLISECOND) /* of one that was not asked yet */
#define DNS_SERVER_WAIT_LEAST  (100 * DOBOS_MILLISECOND) /* shortest wait for an answer */
#define DNS_SERVER_QUICK       3 /* silences, behind which the wait is at most */
#define DNS_SERVER_WAIT_QUICK  (1200 * DOBOS_MILLISECOND) /* so long */
#define DNS_SERVER_WAIT_MOST   (4 * DOBOS_SECOND)         /* longest */
#define DNS_SERVER_TIMEOUTS    3                          /* in a row: it is down */
#define DNS_SERVER_DOWN_FIRST  (2 * DOBOS_SECOND)         /* then nobody asks it for so long, */
#define DNS_SERVER_DOWN_MOST   (64 * DOBOS_SECOND)        /* doubled by each probe up to this */
#define DNS_SERVER_EDNS_HOLDS  (900 * DOBOS_SECOND)       /* that it does not know EDNS */
#define DNS_SERVER_LAME_HOLDS  (300 * DOBOS_SECOND)       /* RFC 2308 §7.1: five minutes at most */
#define DNS_SERVER_BAND_LEAST  (50 * DOBOS_MILLISECOND)   /* so much slower is as good as best */
#define DNS_SERVER_EXPLORES    16                         /* one choice of so many is not by time */

enum dns_server_state {
    DNS_SERVER_UNKNOWN, /* never answered, nor found down */
    DNS_SERVER_UP,      /* answers */
    DNS_SERVER_DOWN,    /* does not; not before `retry` */
    DNS_SERVER_PROBED,  /* was down; one question may find out */
};

struct dns_server_known {
    struct hash_node node;        /* in dns_servers.table */
    struct list_node age;         /* in a list of dns_servers, the longest unasked first */
    struct dobos_address address; /* whose */
    dobos_time srtt, rttvar;      /* RFC 6298 §2; 0: it never answered */
    dobos_time retry;             /* when down: the next probe may go */
    dobos_time no_edns_until;     /* until then without EDNS */
    uint64_t answers, timeouts;   /* so far */
    uint16_t timeouts_in_row;     /* since the last answer */
    bool has_answered;            /* ever */
};

struct dns_server_lame {
    struct hash_node node;        /* in dns_servers.lame */
    struct list_node age;         /* in dns_servers.lame_by_age */
    struct dobos_address address; /* whose */
    dobos_time until;             /* the last moment */
    struct dns_name zone;         /* for which it is lame */
};

struct dns_servers {
    struct allocator *allocator; /* borrowed */
    struct hash_key key;         /* of the tables */
    struct hash_table table;     /* of struct dns_server_known */
    struct list silent;          /* those that never answered, by .age */
    struct list heard;           /* the others, by .age */
    struct hash_table lame;      /* of struct dns_server_lame, by address and zone */
    struct list lame_by_age;     /* of them, the oldest first */
    unsigned most;               /* known at once */
    uint64_t evictions;          /* that had to go for others */
};

void dns_servers_init(struct dns_servers *servers, struct allocator *allocator,
                      const struct hash_key *key);
void dns_servers_fini(struct dns_servers *servers);
/* What is known of it; NULL: nothing. */
const struct dns_server_known *dns_servers_find(const struct dns_servers *servers,
                                                const struct dobos_address *address);
enum dns_server_state dns_server_state(const struct dns_server_known *known, dobos_time now);
/* Walks all, those silent first: NULL begins; NULL ends. No change between the calls. */
const struct dns_server_known *dns_servers_walk(const struct dns_servers *servers,
                                                const struct dns_server_known *known);

/* ---- what happened; without memory it is not remembered ---- */

/* It answered, whatever it said; `rtt` 0: not measured (asked more than once, or by TCP). */
void dns_servers_on_answer(struct dns_servers *servers, const struct dobos_address *address,
                           dobos_time rtt, dobos_time now);
/* It did not answer in time, or could not be reached. */
void dns_servers_on_timeout(struct dns_servers *servers, const struct dobos_address *address,
                            dobos_time now);
/* It is said to serve the zone and does not (REFUSED, a referral upward, no authority, SERVFAIL).
 */
void dns_servers_on_lame(struct dns_servers *servers, const struct dobos_address *address,
                         const struct dns_name *zone, dobos_time now);
/* It answered FORMERR, NOTIMP or BADVERS to EDNS, and well without. */
void dns_servers_on_no_edns(struct dns_servers *servers, const struct dobos_address *address,
                            dobos_time now);

/* ---- what follows ---- */

/* How long to wait for its answer to the next question. */
dobos_time dns_servers_wait(const struct dns_servers *servers, const struct dobos_address *address);
bool dns_servers_has_edns(const struct dns_servers *servers, const struct dobos_address *address,
                          dobos_time now);
bool dns_servers_is_lame(const struct dns_servers *servers, const struct dobos_address *address,
                         const struct dns_name *zone, dobos_time now);

/* A zone that it is lame for; NULL: there is none. */
const struct dns_name *dns_servers_lame_zone(const struct dns_servers *servers,
                                             const struct dobos_address *address, dobos_time now);

/* Among whom is chosen. */
struct dns_candidates {
    const struct dns_name *zone;           /* that they serve */
    const struct dobos_address *addresses; /* at most 64 */
    unsigned count;                        /* of them */
    uint64_t passed_over;                  /* bit i: addresses[i] was asked enough already */
    bool even_down;                        /* those that are down too, when there is nobody else */
};
/*
 * The number of the one to be asked next, or −1: there is nobody. `random`: 64 bits nobody can
 * foresee. Those lame for the zone come last; of the others one that may be probed comes first, one
 * time in four; else any of those within a band above the fastest, all alike; and now and then any
 * of all, so that a slow one that became fast is found.
 */
int dns_servers_choose(const struct dns_servers *servers, const struct dns_candidates *candidates,
                       uint64_t random, dobos_time now);

#endif
