/*
 * dns_waiters: clients who wait for something that must be asked first, each with the query as it
 * came and with what may still be done for it. However long the questions take, nobody's share of
 * the places grows beyond a bound (attack I20), nobody waits longer than DNS_WAIT, and few answers
 * to one client are held for one question, so that nobody is flooded when it comes (attack I21).
 * When all places are taken, who has waited for a while gives way.
 */
#ifndef SERVICES_DNS_WAITERS_H
#define SERVICES_DNS_WAITERS_H

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "services/dns_exchange.h"

#define DNS_WAIT           (12 * DOBOS_SECOND)        /* a client waits at most so long */
#define DNS_WAIT_STALE     (1800 * DOBOS_MILLISECOND) /* where there is an answer beyond its time */
#define DNS_WAIT_QUERIES   30           /* sent to other servers for one client's query, at most */
#define DNS_WAIT_NEEDS     12           /* questions that it may lead to: links of aliases */
#define DNS_WAITERS_MOST   2048         /* who wait at once, for whatever */
#define DNS_WAITERS_SHARES 256          /* clients are counted by a keyed hash of their address */
#define DNS_WAITERS_SHARE  64           /* places that one share of clients may have */
#define DNS_WAITERS_SAME   8            /* of them for one question */
#define DNS_WAITERS_TURN   DOBOS_SECOND /* nobody gives way to others before */

/* What may still be done for a client's query. */
struct dns_budget {
    uint16_t queries;    /* that may be sent to other servers */
    uint16_t needs;      /* questions that it may lead to */
    dobos_time asked;    /* when it came */
    dobos_time until;    /* then nothing more is done for it */
    dobos_time patience; /* then the client is told what there is, at the latest at `until` */
};

/* Somebody who waits, with what was asked. */
struct dns_waiter {
    struct list_node node;    /* in dns_fetch.waiters, or dns_waiters.late */
    struct list_node time;    /* in dns_waiters.by_time; alone: it is late */
    struct list_node peer;    /* in dns_waiters.by_share */
    const struct list *list;  /* that .node was put in last */
    struct dns_client client; /* who */
    struct dns_budget budget; /* what may still be done for it */
    uint16_t share;           /* of clients, that it is counted in */
    size_t length;            /* bytes of query */
    uint8_t query[];          /* as it came */
};

struct dns_waiters {
    struct allocator *allocator;              /* borrowed */
    struct hash_key key;                      /* of shares */
    uint16_t shares[DNS_WAITERS_SHARES];      /* waiters of each share of clients: how many, */
    struct list by_share[DNS_WAITERS_SHARES]; /* and which */
    unsigned count;                           /* of all shares */
    unsigned late_count;                      /* of them in .late, or taken from there */
    struct list by_time;                      /* all who are not late, the next to be so first */
    struct list late;                         /* those whose time was up */
};

void dns_waiters_init(struct dns_waiters *waiters, struct allocator *allocator,
                      const struct hash_key *key);
struct dns_budget dns_budget_make(dobos_time now);
/* Whether the same query waits in `list` already: who asks again because no answer came yet does
 * not wait twice. */
bool dns_waiters_has(const struct dns_waiters *waiters, const struct list *list,
                     const struct dns_client *client, const uint8_t *query, size_t length);
/* Puts a waiter behind the others of a list, out of the one it is in. */
void dns_waiter_enter(struct dns_waiter *waiter, struct list *list);
/* Puts a client in `list`; NULL: it has no place, or its budget is spent. */
struct dns_waiter *dns_waiters_add(struct dns_waiters *waiters, struct list *list,
                                   const struct dns_client *client, const uint8_t *query,
                                   size_t length, const struct dns_budget *budget, dobos_time now);
/* Moves those whose time is up to `late`; returns when the next one's is. */
dobos_time dns_waiters_expire(struct dns_waiters *waiters, dobos_time now);
/* The first of a list, which leaves it (give), to be freed; NULL. */
struct dns_waiter *dns_waiters_take(struct list *list);
void dns_waiter_free(struct dns_waiters *waiters, struct dns_waiter *waiter);

#endif
