/*
 * dns_response: what another server's answer says, taken into the cache. Only what was asked for is
 * taken: the records at the name, or at the end of the aliases that begin there, or that there are
 * none; all else in a message, whoever put it there, is passed over (attack I10).
 */
#ifndef SERVICES_DNS_RESPONSE_H
#define SERVICES_DNS_RESPONSE_H

#include "services/dns_cache.h"

#define DNS_RESPONSE_SET_BYTES 65536 /* room for a set of records, names not compressed */

/*
 * Takes an answer to `question`, `message` standing behind its question and *header being its
 * header; `room` has DNS_RESPONSE_SET_BYTES. False: it answers nothing (an error, a referral,
 * malformed): ask somebody else.
 */
bool dns_response_take(struct dns_cache *cache, const struct dns_question *question,
                       const struct reader *message, const struct dns_header *header, uint8_t *room,
                       dobos_time now);
/* Remembers for a moment that nobody could answer it. */
void dns_response_failed(struct dns_cache *cache, const struct dns_question *question,
                         dobos_time now);

#endif
