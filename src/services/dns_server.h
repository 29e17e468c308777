/*
 * dns_server: the engine that answers questions (RFC 1034 §4.3.2, 1035 §6, 2181, 2308): from zones
 * with authority, and, where it forwards, from the cache. What the cache lacks it names, so that
 * the forwarder can ask; then the same question is answered anew. Bytes in, bytes out.
 */
#ifndef SERVICES_DNS_SERVER_H
#define SERVICES_DNS_SERVER_H

#include "services/dns_answering.h"

/*
 * Answers a message; returns the answer's length, or 0: no answer is due (not a whole header, or
 * itself a response), or source->need says what is missing. `tcp`: up to `room`, else what UDP
 * allows. `room` is at least DNS_UDP_BYTES.
 */
size_t dns_server_answer(const struct dns_source *source, const uint8_t *query, size_t length,
                         bool tcp, uint8_t *answer, size_t room);

#endif
