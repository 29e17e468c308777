/*
 * dns_referral: the servers of a zone, while somebody is on his way there: as a parent's referral
 * named them, or the cache keeps them (dns_cut.h), or a configuration has them. Whoever asks holds
 * one of his own, so that it does not matter what becomes of the cache meanwhile.
 *
 * It takes the first DNS_CUT_SERVERS of the servers, and of each a few addresses: nobody is made to
 * remember, or to ask for, what a thousand names of servers lead to (attack I13). Addresses count
 * only where they come beside a name that the referral has, and lie in the zone whose server speaks
 * (attack I10).
 */
#ifndef SERVICES_DNS_REFERRAL_H
#define SERVICES_DNS_REFERRAL_H

#include "services/dns_cut.h"
#include "services/dns_response.h"

#define DNS_REFERRAL_BYTES 2048

struct dns_referral {
    struct dns_name zone;              /* whose servers they are */
    uint32_t ttl_s;                    /* seconds that who named them gave it */
    dobos_time until_most;             /* it counts no longer than that */
    unsigned count;                    /* servers */
    size_t length;                     /* of bytes */
    uint8_t bytes[DNS_REFERRAL_BYTES]; /* as dns_cut_server_emit has them */
};

void dns_referral_init(struct dns_referral *referral, const struct dns_name *zone);
/* Puts a server behind the others; false: there is no room for it. */
bool dns_referral_add(struct dns_referral *referral, const struct dns_cut_server *server);
/* A server of which only an address is known. */
void dns_referral_hint(struct dns_referral *referral, const struct dobos_address *address);
/* Walks the servers: *at begins with 0; false behind the last. */
bool dns_referral_next(const struct dns_referral *referral, size_t *at,
                       struct dns_cut_server *server);
/* The servers that the cache has of the zone nearest above `name`; false: not even the root's. */
bool dns_referral_recall(struct dns_cache *cache, const struct dns_name *name, dobos_time now,
                         struct dns_referral *referral);
/* Puts them into the cache. */
void dns_referral_keep(struct dns_cache *cache, const struct dns_referral *referral,
                       dobos_time now);
/* Those that a REFERRAL names. False: none, or malformed. */
bool dns_referral_parse(const struct dns_response *response, struct dns_referral *referral);
/* Those of the root, from the answer to a question for them (RFC 8109 §3.3). */
bool dns_referral_parse_root(const struct dns_response *response, struct dns_referral *referral);

#endif
