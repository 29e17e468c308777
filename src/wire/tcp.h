/* tcp: the TCP header (RFC 9293 §3.1, with RFC 9768's flag AE). Options are in wire/tcp_options. */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include "base/cursor.h"
#include "base/seq.h"

#define TCP_HEADER_BYTES     20
#define TCP_HEADER_MAX_BYTES 60

enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
    TCP_ECE = 0x40,
    TCP_CWR = 0x80,
};

struct tcp_header {
    uint16_t source_port, destination_port; /* host order */
    struct seq seq;
    struct seq ack;        /* means something with TCP_ACK */
    uint8_t header_length; /* bytes, 20–60; emit: 20 + the options' length, which must be a multiple
                              of 4 */
    uint8_t flags;         /* enum tcp_flag */
    bool ae;               /* the flag AE, once a reserved bit (RFC 9768 §3.1.1) */
    uint16_t window;       /* not scaled */
    uint16_t checksum;     /* as read; emit writes it as given */
    uint16_t urgent;       /* pointer; never used as a length */
    struct slice options;  /* borrowed; raw bytes behind the fixed header */
};

/* The reader holds at least the header's bytes. False: fewer than 20, data offset below 5 or beyond
 * the bytes. */
bool tcp_parse(struct reader *r, struct tcp_header *tcp);
/* Writes header and options; a length that is no multiple of 4 is filled up with zeros. */
void tcp_emit(struct writer *w, const struct tcp_header *tcp);

#endif
