/*
 * dns_cache: what other servers said, until its time is up (RFC 1034 §5.3.2, 2181 §5.4.1 and §8,
 * 2308, 8767, 9520): sets of records by name and type, that a name or a type is not there, that
 * nobody could tell; and apart from these, cuts: whom a parent named as the servers of a zone.
 *
 * Answers come only from answers, the way only from cuts (dns_cut.h): what a parent says beside a
 * referral never answers a client, and what a child says of its own servers never leads anybody to
 * it, so a zone that its parent took away is gone when the parent's time is up (attack I12). How a
 * question is answered from entries is in dns_known.h.
 *
 * Entries stay for `stale` beyond their time, for when nobody can be reached (RFC 8767). What has
 * rank is not replaced by what has less while it lives (RFC 2181 §5.4.1).
 *
 * It is bounded in bytes. Who goes first: what nobody asked for again, the oldest before the
 * others, then absences, then what is in use; so names that are asked for once, and never again, do
 * not push out those in use (attack I23). Absences have a quarter of the room, which they share
 * alone; what is in use has three.
 */
#ifndef SERVICES_DNS_CACHE_H
#define SERVICES_DNS_CACHE_H

#include <dobos/types.h>

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/list.h"
#include "wire/dns.h"

#define DNS_CACHE_MOST_S        (7 * 24 * 3600) /* longest that anything is kept */
#define DNS_CACHE_ABSENT_MOST_S (3 * 3600)      /* RFC 2308 §5: one to three hours */
#define DNS_CACHE_FAILED_S      5               /* RFC 9520 §3.2: the first time */
#define DNS_CACHE_FAILED_MOST_S 300             /* and doubled each time up to five minutes */
#define DNS_CACHE_STALE         (24 * 3600 * DOBOS_SECOND) /* RFC 8767 §5: one to three days */
#define DNS_CACHE_RECHECK       (30 * DOBOS_SECOND)        /* RFC 8767 §5: at least */
#define DNS_CACHE_NAME          0 /* the type of an entry that stands for all types */

enum dns_cache_kind {
    DNS_CACHE_RECORDS, /* a set of records; of type ANY: all that there are */
    DNS_CACHE_NO_DATA, /* the name is there, the type is not */
    DNS_CACHE_NO_NAME, /* neither the name nor any below it is there; its type is DNS_CACHE_NAME */
    DNS_CACHE_FAILED,  /* nobody could tell */
    DNS_CACHE_CUT,     /* whom a parent named as the servers of this zone: dns_cut.h */
    DNS_CACHE_KINDS
};

/* Whose word it is (RFC 2181 §5.4.1). */
enum dns_cache_rank {
    DNS_CACHE_PASSED_ON,     /* of an answer without authority: a forwarder's */
    DNS_CACHE_AUTHORITATIVE, /* of one with authority */
};

/* Who goes first. */
enum dns_cache_list {
    DNS_CACHE_NEW,    /* records and cuts nobody asked for again */
    DNS_CACHE_ABSENT, /* absences and failures */
    DNS_CACHE_USED,   /* records and cuts somebody asked for again */
    DNS_CACHE_LISTS,
};

/* An entry. */
struct dns_cached {
    struct hash_node node;  /* in dns_cache.entries */
    struct list_node use;   /* in the list it belongs to, the next to go first */
    dobos_time since;       /* when it came */
    dobos_time until;       /* the last moment at which it counts */
    dobos_time recheck;     /* beyond its time: until then nobody is asked again */
    uint32_t length;        /* bytes of data */
    uint16_t type;          /* enum dns_type, or others */
    uint16_t detail;        /* of FAILED: the extended error (RFC 8914) */
    uint8_t kind;           /* enum dns_cache_kind */
    uint8_t rank;           /* enum dns_cache_rank */
    uint8_t list;           /* enum dns_cache_list */
    uint8_t name_length;    /* bytes of the name, which come first in data */
    bool was_asked_for : 1; /* once: by whom it was fetched for */
    bool is_refreshed : 1;  /* somebody was told that it should be asked for anew */
    uint8_t data[];         /* name, then records as dns_cache_record_emit has them, or servers */
};

/* What is to be kept. */
struct dns_cache_item {
    const struct dns_name *name; /* the owner */
    uint16_t type;               /* of the set */
    enum dns_cache_kind kind;    /* of the entry */
    uint32_t ttl_s;              /* bounded by the limits above; 0: for who asked before alone */
    struct slice records;        /* of RECORDS; of absences: the zone's SOA, or nothing */
    enum dns_cache_rank rank;    /* whose word it is */
    dobos_time until_most;       /* it counts no longer than that; 0: no such bound */
    uint16_t detail;             /* of FAILED */
};

struct dns_cache_record {
    uint16_t type;        /* enum dns_type, or others */
    struct dns_name zone; /* of absences: the owner of the SOA */
    struct slice data;    /* names in it are not compressed; borrowed from the entry */
};

struct dns_cache_counts {
    uint64_t hits;      /* questions answered */
    uint64_t misses;    /* questions that must be asked */
    uint64_t stale;     /* of the hits: beyond their time */
    uint64_t refreshes; /* entries that should be asked for anew */
    uint64_t evictions; /* entries that had to go for others */
    uint64_t outranked; /* words that did not count beside better ones */
};

struct dns_cache {
    struct allocator *allocator;        /* borrowed */
    struct hash_table entries;          /* of struct dns_cached, by name, type, and cut or not */
    struct hash_key key;                /* of the table */
    struct list lists[DNS_CACHE_LISTS]; /* all entries */
    size_t bytes[DNS_CACHE_LISTS];      /* what they cost */
    size_t limit_bytes;                 /* of all together */
    dobos_time stale;                   /* how long they stay beyond their time; may be set */
    struct dns_cache_counts counts;     /* so far */
    size_t kinds[DNS_CACHE_KINDS];      /* entries of each kind */
};

void dns_cache_init(struct dns_cache *cache, struct allocator *allocator,
                    const struct hash_key *key, size_t limit_bytes);
void dns_cache_fini(struct dns_cache *cache);
/* Keeps it in place of what was there of that name, type and space (cuts, all else). False: too
 * large, no memory, or there is better. */
bool dns_cache_put(struct dns_cache *cache, const struct dns_cache_item *item, dobos_time now);
/* Remembers that nobody could tell: what stale answer there is counts until it is time to ask
 * again; else a failure is kept, the longer the more often. */
void dns_cache_fail(struct dns_cache *cache, const struct dns_name *name, uint16_t type,
                    uint16_t detail, dobos_time now);
/* The same for who asked before alone: it says nothing about the name. */
void dns_cache_fail_once(struct dns_cache *cache, const struct dns_name *name, uint16_t type,
                         uint16_t detail, dobos_time now);
/* The living entry of that name and type, no cut, or NULL. Borrowed until the next put. */
const struct dns_cached *dns_cache_find(struct dns_cache *cache, const struct dns_name *name,
                                        uint16_t type, dobos_time now);
/* Forgets what stands at `name` and below; NULL: all. Returns how many entries there were. */
size_t dns_cache_flush(struct dns_cache *cache, const struct dns_name *name);
/* The entry behind `cached`, dead ones too; NULL begins; NULL ends. No put between the calls. */
const struct dns_cached *dns_cache_walk(const struct dns_cache *cache,
                                        const struct dns_cached *cached);

/* Seconds that it has left; 0 beyond its time. */
uint32_t dns_cached_ttl(const struct dns_cached *cached, dobos_time now);
/* What it costs, in bytes. */
size_t dns_cached_bytes(const struct dns_cached *cached);
struct dns_name dns_cached_name(const struct dns_cached *cached);
/* Walks its records: *at begins with 0; false behind the last. Not of cuts. */
bool dns_cached_next(const struct dns_cached *cached, size_t *at, struct dns_cache_record *record);
/* Writes a record for an item; `zone` NULL for records of a set. */
void dns_cache_record_emit(struct writer *w, const struct dns_name *zone, uint16_t type,
                           struct slice data);

/* ---- for dns_known and dns_cut ---- */

/* The entry of that name, type and space, alive or not; NULL. */
struct dns_cached *dns_cache_entry(const struct dns_cache *cache, const struct dns_name *name,
                                   uint16_t type, bool is_cut);
/* It is of use: it moves behind the others. */
void dns_cache_touch(struct dns_cache *cache, struct dns_cached *cached);
/* It counts now; or it came after `asked_at`, so it counts for who asked then (a TTL of 0 is for
 * the question it answers, RFC 1034 §3.6). 0: nobody in particular asked. */
bool dns_cached_is_alive(const struct dns_cached *cached, dobos_time now, dobos_time asked_at);
/* It does not count any more, but may help where nobody can be reached. */
bool dns_cached_is_stale(const struct dns_cache *cache, const struct dns_cached *cached,
                         dobos_time now);

#endif
