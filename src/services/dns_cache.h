/*
 * dns_cache: what other servers said, until its time is up (RFC 1034 §5.3.2, 2181 §8, 2308): sets
 * of records by name and type, and that a name or a type is not there.
 *
 * It is bounded in bytes. Who goes first: records that nobody asked for again, the oldest before
 * the others, then absences, then what is in use; so names that are asked for once, and never
 * again, do not push out those in use (attack I23). Absences have a quarter of the room, which they
 * share alone; what is in use has three.
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
#define DNS_CACHE_FAILED_S      5               /* RFC 2308 §7.1: at most five minutes */
#define DNS_CACHE_NAME          0               /* the type of an entry that stands for all types */

enum dns_cache_kind {
    DNS_CACHE_RECORDS, /* a set of records; of type ANY: all that there are */
    DNS_CACHE_NO_DATA, /* the name is there, the type is not */
    DNS_CACHE_NO_NAME, /* the name is not there; its type is DNS_CACHE_NAME */
    DNS_CACHE_FAILED,  /* nobody could tell */
};

/* Who goes first. */
enum dns_cache_list {
    DNS_CACHE_NEW,    /* records nobody asked for again */
    DNS_CACHE_ABSENT, /* absences and failures */
    DNS_CACHE_USED,   /* records somebody asked for again */
    DNS_CACHE_LISTS,
};

/* An entry. */
struct dns_cached {
    struct hash_node node; /* in dns_cache.entries */
    struct list_node use;  /* in the list it belongs to, the next to go first */
    dobos_time until;      /* the last moment at which it counts */
    size_t bytes;          /* what it costs */
    size_t length;         /* bytes of data */
    uint16_t type;         /* enum dns_type, or others */
    uint8_t kind;          /* enum dns_cache_kind */
    uint8_t list;          /* enum dns_cache_list */
    bool was_asked_for;    /* once: by whom it was fetched for */
    uint8_t name_length;   /* bytes of the name, which come first in data */
    uint8_t data[];        /* name, then records as dns_cache_record_emit has them */
};

/* What is to be kept. */
struct dns_cache_item {
    const struct dns_name *name; /* the owner */
    uint16_t type;               /* of the set */
    enum dns_cache_kind kind;    /* of the entry */
    uint32_t ttl_s;              /* bounded by the limits above; 0: for this moment alone */
    struct slice records;        /* of RECORDS; of absences: the zone's SOA, or nothing */
};

struct dns_cache_record {
    uint16_t type;        /* enum dns_type, or others */
    struct dns_name zone; /* of absences: the owner of the SOA */
    struct slice data;    /* names in it are not compressed; borrowed from the entry */
};

struct dns_cache {
    struct allocator *allocator;        /* borrowed */
    struct hash_table entries;          /* of struct dns_cached, by name and type */
    struct hash_key key;                /* of the table */
    struct list lists[DNS_CACHE_LISTS]; /* all entries */
    size_t bytes[DNS_CACHE_LISTS];      /* what they cost */
    size_t limit_bytes;                 /* of all together */
    uint64_t evictions;                 /* entries that had to go before their time */
};

void dns_cache_init(struct dns_cache *cache, struct allocator *allocator,
                    const struct hash_key *key, size_t limit_bytes);
void dns_cache_fini(struct dns_cache *cache);
/* Keeps it in place of what was there of that name and type. False: too large, or no memory. */
bool dns_cache_put(struct dns_cache *cache, const struct dns_cache_item *item, dobos_time now);
/* The entry of that name and type, or NULL. Borrowed until the next put. */
const struct dns_cached *dns_cache_find(struct dns_cache *cache, const struct dns_name *name,
                                        uint16_t type, dobos_time now);
/* Seconds that it has left. */
uint32_t dns_cached_ttl(const struct dns_cached *cached, dobos_time now);
/* Walks its records: *at begins with 0; false behind the last. */
bool dns_cached_next(const struct dns_cached *cached, size_t *at, struct dns_cache_record *record);
/* Writes a record for an item; `zone` NULL for records of a set. */
void dns_cache_record_emit(struct writer *w, const struct dns_name *zone, uint16_t type,
                           struct slice data);

#endif
