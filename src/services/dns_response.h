/*
 * dns_response: what a server's message amounts to, for who asked it: a pure function of the
 * message, of what was asked, and of the zone whose server was asked. Nothing is kept here.
 *
 * Everything is read against the zone: a server is believed about names in its zone, and there
 * about what was asked (attack I10). Records that answer something else, or point up or sideways,
 * are as if they were not there; a message that holds nothing else is lame.
 */
#ifndef SERVICES_DNS_RESPONSE_H
#define SERVICES_DNS_RESPONSE_H

#include "wire/dns.h"

enum dns_disposition {
    DNS_SAYS_ANSWER,    /* the records that were asked for */
    DNS_SAYS_ALIAS,     /* the name is another's */
    DNS_SAYS_REFERRAL,  /* others know: the servers of a zone below */
    DNS_SAYS_NO_DATA,   /* the name is there, the type is not */
    DNS_SAYS_NO_NAME,   /* the name is not there */
    DNS_SAYS_TRUNCATED, /* more than a datagram holds */
    DNS_SAYS_PUZZLED,   /* it does not understand how it was asked (RFC 6891 §7) */
    DNS_SAYS_LAME,      /* it is none of the zone's servers, or not in order */
    DNS_SAYS_FAILURE,   /* it cannot tell */
    DNS_SAYS_GARBAGE,   /* malformed, or in contradiction with itself */
};

/* What was asked of whom. */
struct dns_hearing {
    const struct dns_question *question; /* as it was sent */
    const struct dns_name *zone;         /* whose server was asked */
    bool recursive;                      /* it was asked to ask others (a forwarder) */
};

struct dns_response {
    struct dns_hearing hearing;                     /* borrowed */
    struct dns_header header;                       /* of the message */
    struct reader answers, authorities, additional; /* at the sections' first records */
    enum dns_disposition disposition;               /* what it amounts to */
    unsigned rcode;                                 /* with its upper bits (RFC 6891 §6.1.3) */
    struct dns_name target;                         /* ALIAS: where the first one leads */
    struct dns_name dname;                          /* ALIAS by a DNAME: its owner; length 0 */
    struct dns_name cut;                            /* REFERRAL: the zone */
};

/* `message` stands behind its question (or its header, when it has none); it is borrowed as long as
 * the response. */
void dns_response_parse(struct dns_response *response, const struct dns_hearing *hearing,
                        const struct reader *message, const struct dns_header *header);
/*
 * Where a name leads by the aliases of the answer section: false: nowhere (there is none). True:
 * *target, and *dname is the owner of the DNAME that says so, or of length 0. A CNAME beside a
 * DNAME counts only where it says the same (RFC 6672 §3.1), so the target is made anew. *broken:
 * two aliases of one name, or one that cannot be read, or a name that would be too long.
 */
bool dns_response_alias(const struct dns_response *response, const struct dns_name *name,
                        struct dns_name *target, struct dns_name *dname, bool *broken);

#endif
