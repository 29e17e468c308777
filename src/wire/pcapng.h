/*
 * pcapng: captures (draft-ietf-opsawg-pcapng): section header, interface description, enhanced
 * packet block with nanosecond time stamps and comments. Written little-endian; read in either byte
 * order. A capture that dobos writes names no machine.
 */
#ifndef WIRE_PCAPNG_H
#define WIRE_PCAPNG_H

#include <dobos/types.h>

#include "base/cursor.h"

#define PCAPNG_LINKTYPE_ETHERNET 1
#define PCAPNG_LINKTYPE_RAW      101 /* IPv4 or IPv6, as its first four bits say */
#define PCAPNG_LINKTYPE_IPV4     228
#define PCAPNG_BLOCK_MAX_BYTES   (16u << 20)

void pcapng_section_emit(struct writer *w);
/* `name` is the interface's (a segment's); time stamps have nanoseconds. */
void pcapng_interface_emit(struct writer *w, uint16_t link_type, uint32_t snap_length,
                           const char *name);

#define PCAPNG_COMMENTS 8 /* of a packet; more are not read */
struct pcapng_packet {
    uint32_t interface;                     /* number in this section, from 0 */
    uint64_t time_ns;                       /* since 1970-01-01T00:00:00Z */
    uint32_t original_length;               /* on the wire; data may be cut */
    struct slice data;                      /* borrowed */
    struct slice comments[PCAPNG_COMMENTS]; /* borrowed; UTF-8, none empty */
    uint32_t comment_count;                 /* the first so many of them */
};
/* The bytes pcapng_packet_emit writes. */
size_t pcapng_packet_length(const struct pcapng_packet *packet);
void pcapng_packet_emit(struct writer *w, const struct pcapng_packet *packet);

#define PCAPNG_INTERFACES 64
struct pcapng_interface {
    uint16_t link_type;    /* PCAPNG_LINKTYPE_… or others */
    struct slice name;     /* borrowed from the file; empty: none */
    uint32_t snap_length;  /* bytes a packet was cut to; 0: not cut */
    uint64_t ticks;        /* time stamp units a second, 1–2^63 */
    int64_t time_offset_s; /* seconds to be added to time stamps */
};
/* Reads a capture held in memory, block by block. */
struct pcapng_reader {
    struct reader reader;     /* over the whole file */
    bool big_endian;          /* of the current section */
    bool has_section;         /* a section header has been read */
    uint32_t interface_count; /* of the current section */
    struct pcapng_interface interfaces[PCAPNG_INTERFACES];
    const char *error;   /* what was wrong, when next said -1; constant */
    size_t error_offset; /* of the block that was wrong */
};
/* A time stamp of `value` units of 1/ticks s, plus seconds, in nanoseconds (rounded down); what
 * does not fit is the nearest that does. */
uint64_t pcapng_time_ns(uint64_t value, uint64_t ticks, int64_t offset_s);
struct pcapng_reader pcapng_reader_make(const void *bytes, size_t length);
/*
 * 1: a packet; 0: the end; −1: damaged, see error (the packets before it were good). Unknown blocks
 * are skipped. A simple packet block has no time: 0. An empty file is damaged. *packet borrows from
 * the file, *link_type is its interface's.
 */
int pcapng_next(struct pcapng_reader *r, struct pcapng_packet *packet, uint16_t *link_type);

#endif
