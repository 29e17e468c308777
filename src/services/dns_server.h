/*
 * dns_server: the engine that answers questions from zones (RFC 1034 §4.3.2, 1035 §6, 2181, 2308;
 * EDNS so far as RFC 6891 asks of one who knows it). Bytes in, bytes out.
 */
#ifndef SERVICES_DNS_SERVER_H
#define SERVICES_DNS_SERVER_H

#include "services/dns_zone.h"

#define DNS_EDNS_BYTES 1232 /* largest answer by UDP to those who say they take it */
#define DNS_TCP_BYTES  65535

/*
 * Answers a message; returns the answer's length, or 0: no answer is due (not a whole header, or
 * itself a response). `tcp`: up to `room`, else what UDP allows. `room` is at least DNS_UDP_BYTES.
 */
size_t dns_server_answer(const struct zone *zones, const uint8_t *query, size_t length, bool tcp,
                         uint8_t *answer, size_t room);

#endif
