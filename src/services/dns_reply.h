/*
 * dns_reply: the answer to one message while it is written: what the query said of itself, sections
 * that grow, EDNS so far as RFC 6891 asks of one who knows it, and what is done when the room ends.
 * It knows nothing of where records come from.
 */
#ifndef SERVICES_DNS_REPLY_H
#define SERVICES_DNS_REPLY_H

#include "wire/dns_data.h"
#include "wire/dns_edns.h"

#define DNS_EDNS_BYTES     1232 /* largest answer by UDP to those who say they take it */
#define DNS_TCP_BYTES      65535
#define DNS_REPLY_ALIASES  16 /* longest chain of aliases that is followed */
#define DNS_REPLY_MENTIONS 16 /* most names whose addresses are added */

/* A name in a record that was written: its address helps who reads the record. */
struct dns_mention {
    const uint8_t *data; /* the name, uncompressed; borrowed from the record */
    uint16_t type;       /* of the record */
};

struct dns_reply {
    struct dns_writer w;       /* the message */
    struct dns_header header;  /* its counts grow as sections are written */
    struct dns_header query;   /* the query's header */
    uint8_t *bytes;            /* of the message */
    size_t room;               /* there */
    struct dns_question asked; /* the question, when has_question */
    bool has_question;         /* it could be read */
    bool tcp;                  /* it came by TCP */
    bool has_edns;             /* the query had an OPT record */
    bool wants_dnssec;         /* with the DO bit, which is sent back (RFC 3225 §3) */
    bool bad_version;          /* of an EDNS version that nobody knows */
    size_t limit;              /* bytes the answer may have by UDP */
    bool has_extended_error;   /* why, beside the code (RFC 8914): */
    uint16_t extended_error;   /* enum dns_error */
    struct dns_mention mentions[DNS_REPLY_MENTIONS]; /* in the sections so far */
    unsigned mention_count;                          /* of them */
    uint64_t aliases[DNS_REPLY_ALIASES];             /* hashes of the names that were aliases */
    unsigned alias_count;                            /* of them */
    const void *dnames[DNS_REPLY_ALIASES];           /* that were written */
    unsigned dname_count;                            /* of them */
};

/*
 * Reads a query and begins its answer. False: no answer is due (not a whole header, itself a
 * response, or no room). True: header.rcode says whether there is anything to look for:
 * dns_reply_is_refused.
 */
bool dns_reply_begin(struct dns_reply *reply, const uint8_t *query, size_t length, bool tcp,
                     uint8_t *answer, size_t room);
/* It is an error already, and only to be ended. */
bool dns_reply_is_refused(const struct dns_reply *reply);
/* A record of class IN with uncompressed data; names in it are compressed where RFC 3597 §4 lets
 * them be. The caller counts it. */
void dns_reply_record(struct dns_reply *reply, const struct dns_name *owner, uint16_t type,
                      uint32_t ttl, const uint8_t *data, size_t length);
/* Remembers that a name is an alias; false: it has been one before, or there were too many. */
bool dns_reply_alias(struct dns_reply *reply, const struct dns_name *name);
/*
 * A DNAME (`record` tells it from others, and it is written once) above *name, and the alias that
 * it makes: true, and *name is its target. False: *name was an alias before, there were too many,
 * or it grew too long, which is an error (RFC 6672 §2.2).
 */
bool dns_reply_rewrite(struct dns_reply *reply, const void *record, const struct dns_name *owner,
                       uint32_t ttl, struct slice data, struct dns_name *name);
/* Says why beside the code (RFC 8914), to those who know EDNS; the last one said counts. */
void dns_reply_extended_error(struct dns_reply *reply, uint16_t code);
/* The sections that must be whole are written; true: they did not fit, and are gone: the answer
 * says so (TC) and the rest is not worth while. */
bool dns_reply_cut(struct dns_reply *reply);
/* Its length. */
size_t dns_reply_end(struct dns_reply *reply);
#endif
