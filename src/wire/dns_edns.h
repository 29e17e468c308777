/*
 * dns_edns: the extension of DNS messages (RFC 6891): one OPT record, whose class, TTL and data
 * have meanings of their own, and extended errors in it (RFC 8914). A message with two of them,
 * with one outside its additional section or below another name than the root, or with options that
 * do not fill its data exactly is malformed (attack I19).
 */
#ifndef WIRE_DNS_EDNS_H
#define WIRE_DNS_EDNS_H

#include "wire/dns.h"

#define DNS_EDNS_RECORD_BYTES 11 /* an OPT record without options */
#define DNS_EDNS_OPTION_BYTES 4  /* an option without data */

enum dns_option {
    DNS_OPTION_NSID = 3,
    DNS_OPTION_CLIENT_SUBNET = 8,
    DNS_OPTION_COOKIE = 10,
    DNS_OPTION_KEEPALIVE = 11,
    DNS_OPTION_PADDING = 12,
    DNS_OPTION_ERROR = 15
};

/* Extended errors (RFC 8914 §4) that dobos itself gives; there are more. */
enum dns_error {
    DNS_ERROR_OTHER = 0,
    DNS_ERROR_STALE_ANSWER = 3,
    DNS_ERROR_FORGED_ANSWER = 4,
    DNS_ERROR_CACHED_ERROR = 13,
    DNS_ERROR_NOT_READY = 14,
    DNS_ERROR_BLOCKED = 15,
    DNS_ERROR_PROHIBITED = 18,
    DNS_ERROR_STALE_NXDOMAIN = 19,
    DNS_ERROR_NOT_AUTHORITATIVE = 20,
    DNS_ERROR_NOT_SUPPORTED = 21,
    DNS_ERROR_NO_REACHABLE_AUTHORITY = 22,
    DNS_ERROR_NETWORK_ERROR = 23,
    DNS_ERROR_INVALID_DATA = 24
};

struct dns_edns {
    uint16_t udp_bytes;   /* largest message by UDP that the sender takes; below 512: 512 */
    uint8_t rcode_high;   /* upper eight bits of the response's code */
    uint8_t version;      /* 0 is the one there is */
    bool wants_dnssec;    /* DO: signatures are wanted (RFC 3225) */
    bool is_there;        /* an OPT record was in the message, malformed or not */
    struct slice options; /* borrowed from the message; whole */
};

struct dns_edns_option {
    uint16_t code;     /* enum dns_option, or another */
    struct slice data; /* borrowed */
};

enum dns_edns_kind {
    DNS_EDNS_NONE,     /* the sender does not know EDNS */
    DNS_EDNS_FOUND,    /* one OPT record */
    DNS_EDNS_MALFORMED /* a record cannot be read, or see above */
};

/* One OPT record; false: it is malformed. */
bool dns_edns_parse(const struct dns_record *record, struct dns_edns *edns);
/* Reads past all records; `message` stands behind its questions. edns->is_there tells whether one
 * was seen, in whatever state. */
enum dns_edns_kind dns_edns_find(struct reader *message, const struct dns_header *header,
                                 struct dns_edns *edns);
/* The code of a response as its header and its OPT record say together. */
unsigned dns_edns_rcode(const struct dns_header *header, const struct dns_edns *edns);

/* The next option from *at (0 first) on; false: there is none. */
bool dns_edns_option_next(const struct dns_edns *edns, size_t *at, struct dns_edns_option *option);
/* The first option of that code; false: there is none. */
bool dns_edns_option_find(const struct dns_edns *edns, uint16_t code,
                          struct dns_edns_option *option);
/* An extended error; false: the option is too short for one. The text need not be printable. */
bool dns_edns_error_parse(const struct dns_edns_option *option, uint16_t *code, struct slice *text);

/* Everything up to the options, and `edns->options`; more may be emitted behind them until
 * dns_record_end is called with the mark. The caller counts the record. */
size_t dns_edns_begin(struct dns_writer *w, const struct dns_edns *edns);
void dns_edns_option_emit(struct dns_writer *w, uint16_t code, const void *data, size_t length);
/* `text` may be "". */
void dns_edns_error_emit(struct dns_writer *w, uint16_t code, const char *text);

const char *dns_error_name(unsigned code); /* "Stale Answer"; NULL for unknown ones */

#endif
