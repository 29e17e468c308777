/*
 * dns_resolver: finds out what the cache lacks, by asking other servers: from the root down (RFC
 * 1034 §5.3.3), or those that it was told to ask (forwarders). Sans I/O: it says what is to be sent
 * to whom, is told what came or that nothing did, keeps what that says in the cache, and gives back
 * who waited.
 *
 * A fetch finds one question out. It begins at the nearest cut above the name that is known, asks
 * that zone's servers one after the other until one knows, or refers it to a zone further down.
 * Where it needs a server's address, or the root's servers, another fetch finds these out first; so
 * a client's question is a chain of fetches of which the last has an exchange under way, and what
 * is spent on it is counted in one place.
 *
 *   - One question is under way once, however many wait for it, and so is each question on the way
 *     (attack I5). Its id, port and the case of its letters (0x20) are secrets, and what comes must
 *     repeat all (I4, I6, I7).
 *   - A chain ends: in cycles (a fetch would wait for itself; attack I14), in depth, in queries
 *     sent (I13, I15), in time (I16). What failed is known for some seconds, and longer when it
 *     fails again (RFC 9520).
 *   - All is bounded: fetches, and how many of those who wait are of one client (I20). When there
 *     are too many fetches, the oldest whose server had its time gives way.
 */
#ifndef SERVICES_DNS_RESOLVER_H
#define SERVICES_DNS_RESOLVER_H

#include "services/dns_log.h"
#include "services/dns_minimise.h"
#include "services/dns_private.h"
#include "services/dns_referral.h"
#include "services/dns_servers.h"
#include "services/dns_waiters.h"

#define DNS_FORWARD_SERVERS 3
#define DNS_ROOTS           DOBOS_DNS_ROOTS /* addresses of the root's servers */
#define DNS_FETCHES         256             /* under way at once, for clients */
#define DNS_FETCHES_BELOW   256             /* and for other fetches */
#define DNS_FETCH_ADDRESSES 24              /* of servers of a zone, that are tried */
#define DNS_FETCH_ROUNDS    8               /* each is tried at most so often */
#define DNS_FETCH_DEPTH     5               /* fetches that wait for one another */
#define DNS_FETCH_NAMES     3               /* servers of a zone whose addresses are asked for */
#define DNS_FETCH_TCP_WAIT  (4 * DOBOS_SECOND)
#define DNS_FORWARD_WAIT    (800 * DOBOS_MILLISECOND) /* for a forwarder, at first; then doubled */

enum dns_fetch_step {
    DNS_FETCH_BEGINS,  /* the nearest cut is to be found */
    DNS_FETCH_CHOOSES, /* a server is to be found */
    DNS_FETCH_ASKS,    /* a server's answer is awaited, until .deadline */
    DNS_FETCH_AWAITS,  /* another fetch is awaited */
    DNS_FETCH_OVER     /* in dns_resolver.ended, or taken from there */
};

/* A question under way. */
struct dns_fetch {
    struct hash_node node;        /* in dns_resolver.fetches */
    struct list_node age;         /* in dns_resolver.by_age, or .ended */
    struct list_node turn;        /* in dns_resolver.asking; alone: not there */
    struct list_node work;        /* in dns_resolver.work; alone: not there */
    struct list_node dependent;   /* in .dependents of the one awaited */
    struct list dependents;       /* fetches that await this one */
    struct list waiters;          /* of struct dns_waiter */
    struct dns_fetch *awaited;    /* that must be over first; NULL */
    bool awaits_word;             /* or at least what it asks now: the same would be asked */
    struct dns_question question; /* as it is wanted */
    struct dns_question asked;    /* as it is asked now, but for the letters' case */
    struct dns_exchange exchange; /* the way to the server asked now */
    enum dns_fetch_step step;     /* what it does */
    bool is_final;                /* what is asked is the question itself */
    bool has_edns;                /* it is asked with EDNS */
    bool was_puzzled;             /* by that, so it is asked without */
    bool is_whole;                /* it began with all that a client's query may cost */
    bool is_spent;                /* it fails because that is used up, not because nobody knows */
    bool gives_way;               /* it fails because too many others are under way */
    bool pays;                    /* what the awaited one spends is spent for this one */
    uint8_t depth;                /* fetches that awaited one another when it was made */
    uint8_t begins;               /* how often it began */
    uint8_t names_asked;          /* servers of this cut whose addresses were asked for */
    uint16_t queries_left;        /* that may be sent for it */
    uint16_t queries_sent;        /* that were, by those it awaited as well */
    uint16_t extended;            /* why it fails: enum dns_error */
    dobos_time sent_at;           /* what is asked now */
    dobos_time deadline;          /* of its answer */
    dobos_time until;             /* of all */
    struct dns_referral cut;      /* the nearest known so far */
    struct dns_minimise minimise; /* what its servers are told */
    struct dobos_address addresses[DNS_FETCH_ADDRESSES]; /* its servers' */
    uint8_t tries[DNS_FETCH_ADDRESSES];                  /* of each, without an answer */
    uint64_t aside;                         /* bit i: addresses[i] answered nothing useful */
    unsigned address_count;                 /* of them */
    unsigned current;                       /* the one asked last */
    uint16_t looked_for_a, looked_for_aaaa; /* servers whose addresses were looked for: bits */
    unsigned awaited_server; /* whose addresses the awaited fetch finds out, from 1; 0: nobody's */
};

struct dns_resolver_config {
    struct hash_key key;                  /* secret; of ids, letters, shares and the table */
    const struct dobos_address *forward;  /* servers that are asked about everything; copied */
    unsigned forward_count;               /* at most DNS_FORWARD_SERVERS; 0: from the root down */
    const struct dobos_address *roots;    /* of the root's servers; copied */
    unsigned root_count;                  /* at most DNS_ROOTS */
    const struct dns_name *private_names; /* copied; that may have private addresses; NULL: all */
    unsigned private_count;               /* of them */
};

struct dns_resolver {
    struct allocator *allocator;                       /* borrowed */
    struct dns_cache *cache;                           /* borrowed; where answers go */
    struct dns_log *log;                               /* borrowed */
    struct dobos_address forward[DNS_FORWARD_SERVERS]; /* asked in turn */
    unsigned forward_count;                            /* 0: from the root down */
    struct dobos_address roots[DNS_ROOTS];             /* asked who the root's servers are */
    unsigned root_count;                               /* of them */
    struct hash_key key;                               /* of ids, letters and the table */
    uint64_t drawn;                                    /* random numbers so far */
    struct hash_table fetches;                         /* of struct dns_fetch, by question */
    struct list by_age;                                /* those under way, the oldest first */
    struct list work;                                  /* those that can go on at once, by .work */
    struct list asking;                                /* those to be sent, by .turn */
    struct list ended;           /* those whose waiters are to be answered, by .age */
    unsigned counts[2];          /* of fetches under way: for clients, for other fetches */
    struct dns_waiters waiters;  /* clients of all fetches */
    struct dns_servers servers;  /* what is known of servers */
    struct dns_private private_; /* which addresses are let in */
    dobos_time next;             /* the earliest deadline, or earlier */
    uint8_t *room;               /* owned: one set of records */
    uint64_t joined, refused, timeouts, failures, queries; /* so far */
};

/* -DOBOS_ENOMEM. */
int dns_resolver_init(struct dns_resolver *resolver, struct allocator *allocator,
                      struct dns_cache *cache, struct dns_log *log,
                      const struct dns_resolver_config *config);
/* Ends it with all who wait; carriers are the caller's to end before. */
void dns_resolver_fini(struct dns_resolver *resolver);
/* The client waits for what answers `question`, which is asked if it is not under way. False: it
 * may not wait, so it fails. */
bool dns_resolver_wait(struct dns_resolver *resolver, const struct dns_question *question,
                       const struct dns_client *client, const uint8_t *query, size_t length,
                       const struct dns_budget *budget, dobos_time now);
/* Asks for what will soon be forgotten, for nobody in particular, where there is room. */
void dns_resolver_refresh(struct dns_resolver *resolver, const struct dns_question *question,
                          dobos_time now);
/* The next fetch whose exchange is to be sent, anew each time; NULL. */
struct dns_fetch *dns_resolver_take_asking(struct dns_resolver *resolver);
/* A message came for it. True: nothing more is expected from this carrier. */
bool dns_resolver_on_message(struct dns_resolver *resolver, struct dns_fetch *fetch,
                             const uint8_t *message, size_t length, dobos_time now);
/* It could not be sent, or nothing will come. */
void dns_resolver_on_failure(struct dns_resolver *resolver, struct dns_fetch *fetch,
                             dobos_time now);
/* Gives up waiting where it is time; returns the next such moment. */
dobos_time dns_resolver_expire(struct dns_resolver *resolver, dobos_time now);
/* The next fetch that is over: its waiters are to be answered, its carrier ended; then it is freed.
 * NULL. */
struct dns_fetch *dns_resolver_take_ended(struct dns_resolver *resolver);
/* The next who waited for it (give), with what is left to be done for it; to be freed. NULL. */
struct dns_waiter *dns_resolver_take_waiter(struct dns_resolver *resolver, struct dns_fetch *fetch);
/* The next whose time is up (give), to be freed; NULL. */
struct dns_waiter *dns_resolver_take_late(struct dns_resolver *resolver);
void dns_fetch_free(struct dns_resolver *resolver, struct dns_fetch *fetch);
/* The oldest question under way; NULL: there is none. */
struct dns_fetch *dns_resolver_oldest(const struct dns_resolver *resolver);

/* ---- between the files of the resolver ---- */

/* Unpredictable. */
uint64_t dns_resolver_draw(struct dns_resolver *resolver);
/* The fetch of a question, under way; NULL. */
struct dns_fetch *dns_resolver_find(const struct dns_resolver *resolver,
                                    const struct dns_question *question);
/* A new one, with what may be spent for it; `by` is who will await it, NULL: a client. NULL: there
 * is no room. */
struct dns_fetch *dns_resolver_make(struct dns_resolver *resolver,
                                    const struct dns_question *question,
                                    const struct dns_budget *budget, const struct dns_fetch *by,
                                    dobos_time now);
/* It is over: those who await it go on. */
void dns_resolver_end(struct dns_resolver *resolver, struct dns_fetch *fetch);
/* It is over, in vain. */
void dns_resolver_fail(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now);
/* What it asked has an answer, or will have none: those who would have asked the same look anew. */
void dns_resolver_word(struct dns_resolver *resolver, struct dns_fetch *fetch);
/* It can go on, in that step. */
void dns_resolver_continue(struct dns_resolver *resolver, struct dns_fetch *fetch,
                           enum dns_fetch_step step);

/* Goes on until something must come from outside. */
void dns_fetch_advance(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now);
/* Makes what is asked ready to be sent to the current candidate. */
void dns_fetch_ask(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now);
/* A message came, while it asks: false: it is not the answer. */
bool dns_fetch_hear(struct dns_resolver *resolver, struct dns_fetch *fetch, const uint8_t *message,
                    size_t length, dobos_time now);
/* The server cannot be reached. */
void dns_fetch_fail(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now);
/* The server did not answer in time. */
void dns_fetch_time_out(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now);
/* The cut is known: its servers are those to be asked. */
void dns_fetch_enter(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now);
/* Finds out what they are to be asked: what the cache knows on the way need not be. */
void dns_fetch_show(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now);
/* The next address to be asked, which is made the current one; false: there is none. `fresh`: that
 * was not asked yet. */
bool dns_fetch_candidate(struct dns_resolver *resolver, struct dns_fetch *fetch, bool fresh,
                         dobos_time now);
/* Adds the addresses that were awaited. */
void dns_fetch_gather(struct dns_resolver *resolver, struct dns_fetch *fetch, dobos_time now);
/* What must be asked to learn a further server's address; false: nothing helps. */
bool dns_fetch_lookup(struct dns_resolver *resolver, struct dns_fetch *fetch,
                      struct dns_question *question, dobos_time now);

#endif
