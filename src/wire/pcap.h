/*
 * pcap: captures in the older format (draft-ietf-opsawg-pcap), of either byte order, with
 * microseconds or nanoseconds. Read only: dobos writes pcapng. capture_reader reads both.
 */
#ifndef WIRE_PCAP_H
#define WIRE_PCAP_H

#include "wire/pcapng.h"

#define PCAP_PACKET_MAX_BYTES PCAPNG_BLOCK_MAX_BYTES

/* Reads a capture held in memory, packet by packet. */
struct pcap_reader {
    struct reader reader; /* over the whole file */
    bool has_header;      /* it has been read */
    bool big_endian;      /* the file is */
    uint16_t link_type;   /* PCAPNG_LINKTYPE_… or others, of all its packets */
    uint32_t ticks;       /* time stamp units a second: 10^6 or 10^9 */
    uint8_t check_bytes;  /* of a frame check sequence behind each frame: left out */
    const char *error;    /* what was wrong, when next said -1; constant */
    size_t error_offset;  /* of the record that was wrong */
};
/* Whether a file begins as such a capture. */
bool pcap_is_one(const void *bytes, size_t length);
struct pcap_reader pcap_reader_make(const void *bytes, size_t length);
/*
 * 1: a packet; 0: the end; −1: damaged, see error (the packets before it were good). *packet
 * borrows from the file; its interface is 0, and it has no comment.
 */
int pcap_next(struct pcap_reader *r, struct pcapng_packet *packet);

/* A capture in whichever of the two formats its first bytes say. */
struct capture_reader {
    bool is_classic;             /* pcap, else pcapng */
    struct pcapng_reader pcapng; /* if it is that */
    struct pcap_reader pcap;     /* if it is that */
};
struct capture_reader capture_reader_make(const void *bytes, size_t length);
/* As pcapng_next. */
int capture_next(struct capture_reader *r, struct pcapng_packet *packet, uint16_t *link_type);
/* The name of the packet's interface; empty: it has none. Borrowed from the file. */
struct slice capture_interface_name(const struct capture_reader *r,
                                    const struct pcapng_packet *packet);
/* How many bytes have been read. */
size_t capture_position(const struct capture_reader *r);
/* What was wrong, when next said −1, and where. */
const char *capture_error(const struct capture_reader *r, size_t *offset);

#endif
