/*
 * dns_learn: what of a server's answer goes into the cache. Only what was asked for is taken: the
 * records at the name, or those at the end of the aliases that begin there as long as these stay
 * within the server's zone, or that there are none; all else in a message, whoever put it there, is
 * passed over (attacks I10, I11).
 */
#ifndef SERVICES_DNS_LEARN_H
#define SERVICES_DNS_LEARN_H

#include "services/dns_cache.h"
#include "services/dns_response.h"

#define DNS_LEARN_BYTES 65536 /* room for a set of records, names not compressed */

/* Takes a response that is ANSWER, ALIAS, NO_DATA or NO_NAME; `room` has DNS_LEARN_BYTES. False: it
 * is malformed or contradicts itself: ask somebody else. *ttl_s: how long the first of it holds. */
bool dns_learn_answer(struct dns_cache *cache, const struct dns_response *response, uint8_t *room,
                      dobos_time now, uint32_t *ttl_s);
#endif
