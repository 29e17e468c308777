/*
 * tcp_options: TCP's options (RFC 9293 §3.2, 7323, 2018, 9768). Unknown kinds are skipped by their
 * length; a malformed one ends the list, and what stood before counts (RFC 9293 MUST-7: survive any
 * length).
 */
#ifndef WIRE_TCP_OPTIONS_H
#define WIRE_TCP_OPTIONS_H

#include "base/cursor.h"
#include "base/seq.h"

#define TCP_OPTIONS_MAX_BYTES   40
#define TCP_SACK_BLOCKS         4
#define TCP_FAST_OPEN_MAX_BYTES 16 /* of a cookie */
#define TCP_ECN_COUNTERS        3
#define TCP_ECN_COUNTER_MASK    0xffffffu /* the bits of one that the option carries */

struct tcp_sack_block {
    struct seq left, right; /* right is one behind the last */
};

/* The accurate ECN option in one of its two orders, whose counters may be left out from the end
 * (RFC 9768 §3.2.3). */
struct tcp_ecn_option {
    bool is_order_1; /* bytes marked ECT(1), CE, ECT(0); else ECT(0), CE, ECT(1) */
    uint8_t count;   /* counters used */
    uint32_t counter[TCP_ECN_COUNTERS]; /* 24 bits each, in that order */
};

struct tcp_options {
    bool has_mss, has_window_scale, has_timestamps, sack_permitted; /* those there were */
    bool malformed;                                                 /* the list broke off */
    uint16_t mss;                                                   /* bytes */
    uint8_t window_scale; /* as read, 0–255; the user clamps to 14 (RFC 7323 §2.3) */
    uint32_t ts_value;    /* TSval */
    uint32_t ts_echo;     /* TSecr */
    uint8_t sack_count;   /* blocks used */
    struct tcp_sack_block sack[TCP_SACK_BLOCKS]; /* the first is the latest (RFC 2018 §4) */
    bool has_fast_open;       /* there is a cookie of fast open, or the wish for one */
    uint8_t fast_open_length; /* of the cookie, bytes: 4–16, even; 0: none, one is asked for */
    uint8_t fast_open[TCP_FAST_OPEN_MAX_BYTES]; /* it */
    bool has_ecn;                               /* there is an accurate ECN option */
    struct tcp_ecn_option ecn;                  /* it */
};

/* Reads all of `options`; the result is always valid. */
void tcp_options_parse(struct slice options, struct tcp_options *parsed);
/*
 * Writes those that are set, padded with NOPs so that the length is a multiple of 4, in a fixed
 * order: MSS, SACK permitted, timestamps, window scale, fast open, accurate ECN (if the 40 bytes
 * have room for it), SACK (as many blocks as they leave room for).
 */
void tcp_options_emit(struct writer *w, const struct tcp_options *options);
/* The bytes tcp_options_emit writes: 0–40. */
size_t tcp_options_length(const struct tcp_options *options);
/* The bytes that an accurate ECN option of so many counters takes, with its padding: 4, 8, 8, 12.
 */
size_t tcp_ecn_option_length(uint8_t count);

#endif
