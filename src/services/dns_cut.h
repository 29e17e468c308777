/*
 * dns_cut: zones' cuts in the cache: whom a parent named as the servers of a zone, and what
 * addresses it told beside (RFC 1034 §5.3.3). Cuts serve to find the way, and nothing else.
 *
 * A cut lives as long as its parent said, and no longer than the cut whose servers said it
 * (`until_most`): whatever the zone says of itself, and whatever zones below it say, cannot keep it
 * when its parent has let it go (attack I12). It is for the resolver to put one only from a
 * referral by the servers of a zone above.
 */
#ifndef SERVICES_DNS_CUT_H
#define SERVICES_DNS_CUT_H

#include "services/dns_cache.h"

#define DNS_CUT_ADDRESSES 8  /* most of one server's that are kept */
#define DNS_CUT_SERVERS   16 /* most servers of a zone that are kept (attack I13) */

/* One server of a zone. */
struct dns_cut_server {
    struct dns_name name;                              /* as the parent named it */
    struct dobos_address addresses[DNS_CUT_ADDRESSES]; /* that came beside; others must be asked */
    unsigned address_count;                            /* of them */
};

/* A cut being written: fill `servers` with dns_cut_server_emit. */
struct dns_cut {
    const struct dns_name *zone; /* whose servers */
    uint32_t ttl_s;              /* of the parent's NS records */
    dobos_time until_most;       /* the end of the cut whose servers said so; 0: the hints did */
    struct slice servers;        /* as dns_cut_server_emit wrote them */
};

/* Adds a server to what becomes dns_cut.servers; more addresses than are kept are left out. */
void dns_cut_server_emit(struct writer *w, const struct dns_cut_server *server);
/* Keeps a cut in place of what was there. False: too large, or no memory. */
bool dns_cut_put(struct dns_cache *cache, const struct dns_cut *cut, dobos_time now);
/* The living cut at `name` or nearest above it; NULL: begin with the hints. `asked_at` as in
 * dns_wanted. Borrowed until the next put; its zone is dns_cached_name. */
const struct dns_cached *dns_cut_find(struct dns_cache *cache, const struct dns_name *name,
                                      dobos_time now, dobos_time asked_at);
/* Walks the servers of a cut: *at begins with 0; false behind the last. */
bool dns_cut_next(const struct dns_cached *cut, size_t *at, struct dns_cut_server *server);

#endif
