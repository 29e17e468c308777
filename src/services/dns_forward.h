/*
 * dns_forward: questions on their way to other name servers, as an engine: it says what is to be
 * sent to whom, is told what came, keeps what that says in the cache, and gives back who waited. No
 * sockets: whoever has them gives each inquiry a new one (RFC 5452 §9.2).
 *
 *   - One question is under way once, however many wait for it (attack I5); its id and the case of
 *     its letters (0x20) are secrets, and what comes must repeat both and the question (I4, I6,
 * I7).
 *   - Servers take turns; each round of them waits twice as long: 1, 2, 4 seconds. An answer that
 *     was cut is asked for by TCP. A server that says it does not understand is asked without EDNS.
 *   - When nobody answers, that is remembered for some seconds, so that whoever asks again (a
 *     forwarder that asks this one, perhaps) does not begin it anew.
 *   - All is bounded: questions under way, and how many of those who wait are of one client (I20).
 *     When there are too many questions, the oldest that was asked again gives way.
 */
#ifndef SERVICES_DNS_FORWARD_H
#define SERVICES_DNS_FORWARD_H

#include <dobos/socket.h>

#include "services/dns_cache.h"
#include "services/dns_exchange.h"

#define DNS_FORWARD_SERVERS  3
#define DNS_FORWARD_QUERIES  256  /* under way at once */
#define DNS_FORWARD_SHARES   256  /* clients are counted by a keyed hash of their address */
#define DNS_FORWARD_SHARE    64   /* questions that one share of clients may wait for */
#define DNS_FORWARD_WAITERS  2048 /* who wait at once, for whatever */
#define DNS_FORWARD_ROUNDS   3    /* of all servers */
#define DNS_FORWARD_CHAIN    8    /* questions that one client's question may lead to */
#define DNS_FORWARD_TCP_WAIT (4 * DOBOS_SECOND)

/* Somebody who waits, with what was asked. */
struct dns_waiter {
    struct list_node node;    /* in dns_forward_query.waiters */
    struct dns_client client; /* who */
    uint16_t share;           /* of clients, that it is counted in */
    uint16_t chain;           /* questions that were asked for it so far */
    size_t length;            /* bytes of query */
    uint8_t query[];          /* as it came */
};

/* A question under way. */
struct dns_forward_query {
    struct hash_node node;        /* in dns_forward.queries */
    struct list_node age;         /* in dns_forward.by_age, or .ended */
    struct list_node turn;        /* in dns_forward.asking; alone: not there */
    struct dns_question question; /* as it is wanted */
    struct dns_exchange exchange; /* the way to the server asked now */
    bool has_edns;                /* with EDNS */
    bool is_over;                 /* in dns_forward.ended: whatever comes for it is too late */
    unsigned attempt;             /* how often it was sent, TCP and changed forms not counted */
    dobos_time deadline;          /* of the answer */
    struct list waiters;          /* of struct dns_waiter */
};

struct dns_forward {
    struct allocator *allocator;                       /* borrowed */
    struct dns_cache *cache;                           /* borrowed; where answers go */
    struct dobos_address servers[DNS_FORWARD_SERVERS]; /* asked in turn */
    unsigned server_count;                             /* of them */
    unsigned first;                      /* the one that answered last: new questions begin there */
    struct hash_key key;                 /* of ids, letters, shares and the table */
    uint64_t drawn;                      /* random numbers so far */
    struct hash_table queries;           /* of struct dns_forward_query, by question */
    struct list by_age;                  /* those under way, the oldest first */
    struct list asking;                  /* those to be sent, by .turn */
    struct list ended;                   /* those whose waiters are to be answered, by .age */
    unsigned query_count;                /* under way */
    uint16_t shares[DNS_FORWARD_SHARES]; /* waiters of each share of clients */
    unsigned waiter_count;               /* of all shares */
    dobos_time next;                     /* the earliest deadline, or earlier */
    uint8_t *room;                       /* owned: one set of records */
    uint64_t joined, refused, timeouts, failures; /* so far */
};

/* `servers` in the order in which they are to be asked, 1 to DNS_FORWARD_SERVERS. -DOBOS_ENOMEM. */
int dns_forward_init(struct dns_forward *forward, struct allocator *allocator,
                     struct dns_cache *cache, const struct hash_key *key,
                     const struct dobos_address *servers, unsigned server_count);
/* Ends it with all who wait; carriers are the caller's to end before (dns_forward_oldest). */
void dns_forward_fini(struct dns_forward *forward);
/* The client waits for the answer to `question`, which is asked if it is not under way. `chain`:
 * how many questions were asked for it before. False: it may not wait, so it fails. */
bool dns_forward_wait(struct dns_forward *forward, const struct dns_question *question,
                      const struct dns_client *client, const uint8_t *query, size_t length,
                      unsigned chain, dobos_time now);
/* The next question to be sent, as its exchange says, anew each time; NULL. */
struct dns_forward_query *dns_forward_take_asking(struct dns_forward *forward);
/* A message came for it. True: nothing more is expected from this carrier. One that is over already
 * (it gave way in the same step) expects nothing. */
bool dns_forward_on_message(struct dns_forward *forward, struct dns_forward_query *query,
                            const uint8_t *message, size_t length, dobos_time now);
/* It could not be sent, or nothing will come; of one that is over, nothing. */
void dns_forward_on_failure(struct dns_forward *forward, struct dns_forward_query *query,
                            dobos_time now);
/* Gives up waiting where it is time; returns the next such moment. */
dobos_time dns_forward_expire(struct dns_forward *forward, dobos_time now);
/* The next question that is over: its waiters are to be answered, its carrier ended; then it is
 * freed. NULL. */
struct dns_forward_query *dns_forward_take_ended(struct dns_forward *forward);
/* The next who waited (give), to be freed; NULL. */
struct dns_waiter *dns_forward_take_waiter(struct dns_forward *forward,
                                           struct dns_forward_query *query);
void dns_waiter_free(struct dns_forward *forward, struct dns_waiter *waiter);
void dns_forward_query_free(struct dns_forward *forward, struct dns_forward_query *query);
/* The oldest question under way; NULL: there is none. */
struct dns_forward_query *dns_forward_oldest(const struct dns_forward *forward);

#endif
