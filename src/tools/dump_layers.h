/* dump_layers: what the files of dump share: the packet on its way through the layers. */
#ifndef TOOLS_DUMP_LAYERS_H
#define TOOLS_DUMP_LAYERS_H

#include <dobos/address.h>

#include "base/cursor.h"
#include "tools/sink.h"

/* What comes next. Each layer prints its line, takes its bytes, and names the next. */
enum dump_layer {
    DUMP_END,
    DUMP_DATA, /* nobody's bytes: their number, and the first line when it is text */
    DUMP_ETHERNET,
    DUMP_ARP,
    DUMP_IPV4,
    DUMP_ICMP,
    DUMP_UDP,
    DUMP_TCP,
    DUMP_DNS,
};

struct dump {
    struct sink *out;     /* borrowed */
    const uint8_t *bytes; /* what is left of the packet; borrowed */
    size_t length;        /* how many of them there are */
    size_t real_length;   /* how many there were on the wire, ≥ length */
    unsigned depth;       /* layers above: the indentation */
    bool is_quoted;       /* inside an ICMP error, which quotes only the beginning of a packet */
    bool is_fragment;     /* of a datagram whose rest is elsewhere */
    /* Of the IPv4 header around it, for the pseudo-header. */
    struct dobos_address source, destination;
    uint8_t protocol; /* IPv4's */
};

/* Begins a line at its indentation; the line's end. */
void dump_line(const struct dump *dump);
void dump_line_end(const struct dump *dump);
/* Passes over the first n bytes, at most those there are. */
void dump_skip(struct dump *dump, size_t n);
/* Forgets bytes behind the first n: they are padding. */
void dump_trim(struct dump *dump, size_t n);
/*
 * " checksum ok", " checksum wrong (…)" or " checksum not checked", for a layer whose checksum
 * field stands at `field` and spans `length` real bytes; `sum` is that of the pseudo-header.
 */
void dump_checksum(const struct dump *dump, uint32_t sum, size_t field, size_t length);

enum dump_layer dump_icmp(struct dump *dump);
enum dump_layer dump_udp(struct dump *dump);
enum dump_layer dump_tcp(struct dump *dump);
enum dump_layer dump_dns(struct dump *dump);

#endif
