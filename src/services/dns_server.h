/*
 * dns_server: the engine that answers questions (RFC 1034 §4.3.2, 1035 §6, 2181, 2308): from zones
 * with authority, and, where it forwards, from the cache. What the cache lacks it names, so that
 * the forwarder can ask; then the same question is answered anew. Bytes in, bytes out.
 */
#ifndef SERVICES_DNS_SERVER_H
#define SERVICES_DNS_SERVER_H

#include "services/dns_cache.h"
#include "services/dns_reply.h"
#include "services/dns_zone.h"

/* What must be known first. */
struct dns_need {
    bool is_needed;               /* something is; no answer was written */
    struct dns_question question; /* what */
};

/* Where answers come from. */
struct dns_source {
    const struct zone *zones; /* with authority; the nearest one counts */
    struct dns_cache *cache;  /* of what others said; NULL: this server does not forward */
    dobos_time now;           /* for the cache */
    const struct dobos_service *leases; /* of a DHCP server's clients; NULL: none */
    struct dns_name domain;             /* of their names; the root for names alone */
    struct dns_need *need; /* filled in; NULL: nothing more can be asked, and it fails instead */
};

/*
 * Answers a message; returns the answer's length, or 0: no answer is due (not a whole header, or
 * itself a response), or source->need says what is missing. `tcp`: up to `room`, else what UDP
 * allows. `room` is at least DNS_UDP_BYTES.
 */
size_t dns_server_answer(const struct dns_source *source, const uint8_t *query, size_t length,
                         bool tcp, uint8_t *answer, size_t room);

#endif
