/*
 * dns_limit: how much larger than their questions answers by UDP may be, for each subnet that asks
 * (attack I24). A question's source can be forged, and then its answer hits somebody else; so what
 * answers have beyond 1.5 times their questions is counted for each /24 (/56 of IPv6), and who has
 * had DNS_LIMIT_BURST of it and DNS_LIMIT_RATE a second since gets answers cut to the question with
 * TC instead: who asks for himself asks again by TCP, and nobody is sent more than was sent in his
 * name. Small answers cost nothing, so that ordinary clients never notice.
 *
 * Subnets share a fixed table by a keyed hash: who shares a place shares its limit. Nothing is
 * allocated, and nobody can be pushed out.
 */
#ifndef SERVICES_DNS_LIMIT_H
#define SERVICES_DNS_LIMIT_H

#include <dobos/address.h>

#include "base/keyed_hash.h"

#define DNS_LIMIT_PLACES 256
#define DNS_LIMIT_BURST  ((int64_t)1 << 20)  /* bytes at once */
#define DNS_LIMIT_RATE   ((int64_t)64 << 10) /* bytes a second */

struct dns_limit {
    struct hash_key key;                  /* of places */
    dobos_time free_at[DNS_LIMIT_PLACES]; /* when all that was sent beyond has been forgotten */
    uint64_t cut;                         /* answers cut so far */
};

/* Whether an answer of `bytes` to a question of `asked` bytes may go to that client by UDP; if so
 * it is counted. */
bool dns_limit_take(struct dns_limit *limit, const struct dobos_address *client, size_t asked,
                    size_t bytes, dobos_time now);

#endif
