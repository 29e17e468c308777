/*
 * dns_query: a query as a tool wants it, bit by bit, for those who test servers with it (dig).
 */
#ifndef TOOLS_DNS_QUERY_H
#define TOOLS_DNS_QUERY_H

#include "services/dns_channel.h"

#define DNS_QUERY_OPTIONS 128 /* bytes of EDNS options in it */

struct dns_query {
    bool recursion_desired, authoritative, truncated, recursion_available, authentic_data,
        checking_disabled;              /* flags of the header */
    bool zero;                          /* the bit that must be zero (RFC 1035 §4.1.1) */
    bool has_edns;                      /* with an OPT record (RFC 6891) */
    uint8_t edns_version;               /* of it */
    uint16_t edns_bytes, edns_flags;    /* the longest answer by UDP; DO and others */
    size_t options_length;              /* bytes of options[] */
    uint8_t options[DNS_QUERY_OPTIONS]; /* as they are sent */
};

/* Adds an option; false: there is no room. */
bool dns_query_option(struct dns_query *query, uint16_t code, const void *bytes, size_t length);
/* Returns the length. */
size_t dns_query_emit(const struct dns_query *query, const struct dns_question *question,
                      uint16_t id, uint8_t bytes[DNS_CHANNEL_QUERY]);

#endif
