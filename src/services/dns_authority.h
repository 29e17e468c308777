/*
 * dns_authority: answers from zones that this server has authority for: RFC 1034 §4.3.2's way
 * through one zone, what is referred to others, and the addresses that help who reads the answer.
 * It asks nobody and looks into no cache.
 */
#ifndef SERVICES_DNS_AUTHORITY_H
#define SERVICES_DNS_AUTHORITY_H

#include "services/dns_answering.h"

/* Where one name led. */
enum dns_authority_end {
    DNS_AUTHORITY_ANSWERED, /* the answer, or the absence of one, is written */
    DNS_AUTHORITY_ALIAS,    /* so is an alias, which leads on to another name */
    DNS_AUTHORITY_BELOW     /* nothing is: the name is at a cut or below, somebody else's */
};

/* One name in one zone: *name becomes the alias's target, *cut the delegation that it is below. */
enum dns_authority_end dns_authority_answer(struct dns_answering *answering,
                                            const struct zone *zone, struct dns_name *name,
                                            const struct zone_name **cut);
/* Names the servers of a delegation. */
void dns_authority_refer(struct dns_answering *answering, const struct zone_name *cut);
/* The SOA that says how long an absence holds. */
void dns_authority_deny(struct dns_answering *answering, const struct zone *zone);
/* Addresses of the names that the records written so far give. */
void dns_authority_help(struct dns_answering *answering);

#endif
