/*
 * dns_known: what the cache knows of one name and type. The order: what stands there; that the name
 * is not there; an alias; then upward from the name, nearest first: a DNAME that rewrites it (RFC
 * 6672), or that a name above is not there, and so neither is this one (RFC 8020). A name that is
 * rewritten elsewhere is the caller's to follow, name by name.
 *
 * What is beyond its time counts only where `may_be_stale` says that nobody was reached (in time),
 * or where so much was found out a moment ago (RFC 8767 §5); its TTL is then 30 seconds (§4).
 */
#ifndef SERVICES_DNS_KNOWN_H
#define SERVICES_DNS_KNOWN_H

#include "services/dns_cache.h"

#define DNS_STALE_TTL_S     30
#define DNS_REFRESH_LEAST_S 10 /* what lives shorter is not refreshed before its time */

enum dns_known_as {
    DNS_KNOWN_NOT,     /* somebody must be asked */
    DNS_KNOWN_RECORDS, /* the records, all of an ANY */
    DNS_KNOWN_NO_DATA, /* that there are none of the type */
    DNS_KNOWN_NO_NAME, /* that there is no such name; entry: of this name or of one above */
    DNS_KNOWN_ALIAS,   /* a CNAME at the name */
    DNS_KNOWN_DNAME,   /* a DNAME above it */
    DNS_KNOWN_FAILED,  /* that nobody could tell a moment ago */
};

struct dns_known {
    enum dns_known_as as;           /* what is known */
    const struct dns_cached *entry; /* of it; borrowed until the next put; NULL: nothing */
    uint32_t ttl_s;                 /* to be told */
    bool is_stale;                  /* it is beyond its time */
    bool is_due;                    /* it is asked for and will soon end: ask for it anew, once */
};

/* What is to be found. */
struct dns_wanted {
    const struct dns_name *name; /* where */
    uint16_t type;               /* of records; ANY */
    dobos_time now;              /* the time */
    dobos_time asked_at;         /* when the client asked; 0: nobody in particular did */
    bool may_be_stale;           /* beyond its time is better than nothing */
};

/* Whether what is beyond its time would do, if nobody were reached. */
bool dns_cache_has_stale(struct dns_cache *cache, const struct dns_name *name, uint16_t type,
                         dobos_time now);
struct dns_known dns_cache_know(struct dns_cache *cache, const struct dns_wanted *wanted);

#endif
