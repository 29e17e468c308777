/*
 * stub_answer: what a stub resolver asks, and what an answer means to it (RFC 1034 §5.3, 1035 §7,
 * 1123 §6.1.3, 5452 for what must match). No sockets and no time: lookup.c has them.
 */
#ifndef SERVICES_STUB_ANSWER_H
#define SERVICES_STUB_ANSWER_H

#include <dobos/address.h>

#include "services/dns_inquiry.h"

#define STUB_ADDRESSES 16 /* that are kept of an answer */

/* What an answer says. */
enum answer_kind {
    ANSWER_IGNORED,   /* not the answer to this question: keep waiting */
    ANSWER_FOUND,     /* records of the type */
    ANSWER_NO_NAME,   /* NXDOMAIN */
    ANSWER_NO_DATA,   /* the name is there, without such records */
    ANSWER_TRUNCATED, /* ask again by TCP */
    ANSWER_FAILED     /* SERVFAIL, REFUSED, a referral, malformed, …: try another server */
};

/* What was found. */
struct stub_answer {
    struct dns_name owner; /* where the records stand: the name, or the end of its aliases */
    unsigned count;        /* of the records of the type there, addresses of STUB_ADDRESSES */
    struct dobos_address addresses[STUB_ADDRESSES]; /* of A and AAAA, in the server's order */
    struct dns_name target;                         /* of PTR: the first name */
    uint32_t ttl_s;     /* of what lives shortest among records and aliases, seconds */
    bool authoritative; /* the answer had the AA bit */
};

/* A question for a name and type, asking for recursion. */
struct dns_inquiry stub_inquiry(const struct dns_name *name, uint16_t type, uint16_t id);
/* Reads an answer to it. For ANSWER_FOUND *found is filled in; else its count is 0. */
enum answer_kind stub_answer_parse(const uint8_t *bytes, size_t length, const struct dns_name *name,
                                   uint16_t type, uint16_t id, struct stub_answer *found);
/*
 * The nth record of the answer section that was found, from 0: aliases on the way in their order,
 * then those of the type, in the server's order. `found` is what stub_answer_parse made of these
 * bytes. False: there is none.
 */
bool stub_answer_record(const uint8_t *bytes, size_t length, const struct dns_name *name,
                        uint16_t type, const struct stub_answer *found, unsigned nth,
                        struct reader *message, struct dns_record *record);

#endif
