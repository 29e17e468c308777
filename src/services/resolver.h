/*
 * resolver: the engine of the stub resolver: what to ask next, and what an answer means (RFC 1034
 * §5.3, 1035 §7, 1123 §6.1.3, 5452 for what must match). No sockets: lookup.c joins it to them.
 */
#ifndef SERVICES_RESOLVER_H
#define SERVICES_RESOLVER_H

#include <dobos/dns.h>
#include <dobos/services.h>

#include "services/dns_inquiry.h"

/* What an answer says. */
enum answer_kind {
    ANSWER_IGNORED,   /* not the answer to this question: keep waiting */
    ANSWER_FOUND,     /* addresses */
    ANSWER_NO_NAME,   /* NXDOMAIN */
    ANSWER_NO_DATA,   /* the name is there, without addresses */
    ANSWER_TRUNCATED, /* ask again by TCP */
    ANSWER_FAILED     /* SERVFAIL, REFUSED, a referral, malformed, …: try another server */
};

/* A question for the addresses of `name`, asking for recursion. */
struct dns_inquiry resolver_inquiry(const struct dns_name *name, uint16_t id);
/*
 * Reads an answer to it. For ANSWER_FOUND the result's addresses, canonical name and authoritative
 * bit are set; else it has no addresses. Addresses beyond DOBOS_LOOKUP_ADDRESSES are left out.
 */
enum answer_kind resolver_answer_parse(const uint8_t *answer, size_t length,
                                       const struct dns_name *name, uint16_t id,
                                       struct dobos_lookup_result *result);

#endif
