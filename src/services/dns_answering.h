/*
 * dns_answering: one question while it is answered: the message that grows, and where answers come
 * from. Shared by those who answer: dns_authority from zones, dns_recall from the cache, and
 * dns_server, which knows the way through them.
 */
#ifndef SERVICES_DNS_ANSWERING_H
#define SERVICES_DNS_ANSWERING_H

#include "services/dns_cache.h"
#include "services/dns_log.h"
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
    struct dns_need *need;    /* filled in; NULL: nothing more can be asked, and it fails instead */
    uint16_t error;           /* where need is NULL: why (enum dns_error); 0: no reason is given */
    dobos_time asked_at;      /* when the client asked; 0: it does not matter */
    bool may_be_stale;        /* of the cache, what is beyond its time is better than nothing */
    struct dns_need *refresh; /* filled in: what the answer held that will soon end, and so should
                                 be asked for anew; NULL: nobody would */
    bool is_curt;             /* the answer is only that there is one by TCP */
    struct dns_log *log;      /* of what was known; NULL: none */
};

/* What is being answered. */
struct dns_answering {
    struct dns_reply reply;          /* the message */
    const struct dns_source *source; /* where answers come from */
    const struct zone_name *cut;     /* where a referral was made, or NULL */
};

#endif
