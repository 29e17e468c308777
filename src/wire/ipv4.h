/* ipv4: the IPv4 header with its options (RFC 791). */
#ifndef WIRE_IPV4_H
#define WIRE_IPV4_H

#include <dobos/address.h>

#include "base/cursor.h"

#define IPV4_HEADER_BYTES        20
#define IPV4_HEADER_MAX_BYTES    60
#define PROTOCOL_ICMP            1
#define PROTOCOL_IGMP            2
#define PROTOCOL_TCP             6
#define PROTOCOL_UDP             17
#define IPV4_OPTION_ROUTER_ALERT 0x94 /* RFC 2113 */
#define TOS_CONTROL              0xc0 /* internetwork control (RFC 1812 §5.3.2) */
#define TOS_ECN                  0x03 /* the bits of enum ecn (RFC 3168 §5) */

/* What a packet says of congestion (RFC 3168 §5, RFC 8311 §3). */
enum ecn {
    ECN_NOT_ECT = 0, /* its sender would not understand a mark */
    ECN_ECT_1 = 1,   /* may be marked; experimental uses */
    ECN_ECT_0 = 2,   /* may be marked in place of being dropped */
    ECN_CE = 3,      /* was marked: there is congestion on the way */
};

struct ipv4 {
    struct dobos_address source, destination;
    uint16_t total_length;    /* bytes, header included */
    uint16_t identification;  /* RFC 6864: means something only for fragments */
    uint16_t fragment_offset; /* bytes, a multiple of 8 */
    bool dont_fragment;
    bool more_fragments;
    bool reserved;         /* the flag without a meaning: neither judged nor changed [rfc1812#98]
                              [rfc1812#33] */
    uint8_t header_length; /* bytes, 20–60 */
    uint8_t tos;           /* DSCP and ECN */
    uint8_t ttl;
    uint8_t protocol;
    struct slice options;  /* borrowed; the bytes behind the fixed header, padding included; checked
                              for form by parse */
    bool has_source_route; /* LSRR or SSRR is among them */
    uint8_t bad_option;    /* where a malformed one begins, from the header's start; 0: none is */
};

/* How a header can be wrong; parse checks in this order. */
enum ipv4_error {
    IPV4_OK = 0,
    IPV4_SHORT,         /* fewer bytes than the header has */
    IPV4_VERSION,       /* not 4 */
    IPV4_HEADER_LENGTH, /* IHL below 5, or beyond the bytes */
    IPV4_TOTAL_LENGTH,  /* below the header's length, or beyond `available` */
    IPV4_CHECKSUM,      /* header checksum */
    IPV4_OPTIONS,       /* an option's length is below 2 or beyond the header */
};

/*
 * The reader holds at least the header's bytes (it may hold no more); `available` is how many bytes
 * the frame has from the header on, for the check of the total length.
 */
enum ipv4_error ipv4_parse(struct reader *r, size_t available, struct ipv4 *ipv4);
/* Writes header, options (padded to 4 bytes with zeros) and the checksum; header_length and
 * has_source_route are ignored, total_length is written as given. */
void ipv4_emit(struct writer *w, const struct ipv4 *ipv4);
/* The bytes ipv4_emit would write. */
size_t ipv4_emit_length(const struct ipv4 *ipv4);

/* One option at the reader: kind, and its data (empty for the one-byte kinds). False at the end of
 * the list or when malformed (r->failed then). */
bool ipv4_option_parse(struct reader *r, uint8_t *kind, struct slice *data);

#endif
