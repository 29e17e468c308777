/*
 * dump: shows a packet layer by layer: as objects, or as text: one line a layer, each two columns
 * further in, names and order of the fields always the same. What is malformed is shown as far as
 * it can be read, and says what is wrong. It never fails, whatever the bytes are.
 *
 *     Ethernet b8:27:eb:5d:7f:ae > 02:00:00:00:00:01 type IPv4
 *       IPv4 192.168.0.4 > 203.0.113.80 protocol TCP ttl 64 id 0x0000 DF length 60 checksum ok
 *         TCP 49152 > 80 SYN seq 16909060 window 64240 length 0 checksum ok options MSS 1460
 */
#ifndef TOOLS_DUMP_H
#define TOOLS_DUMP_H

#include <jansson.h>

#include "tools/sink.h"
#include "wire/pcapng.h"

/*
 * A packet as a capture or a cable has it. link_type: PCAPNG_LINKTYPE_ETHERNET or _RAW; others are
 * shown as data. `original_length`: bytes on the wire, when `length` is less because it was cut; at
 * least `length`.
 */
void dump_packet(struct sink *out, uint16_t link_type, const void *bytes, size_t length,
                 size_t original_length);

/* The same as a list of objects (give), one a layer, whose fields have names; NULL: no memory. */
json_t *dump_packet_json(uint16_t link_type, const void *bytes, size_t length,
                         size_t original_length);

/*
 * The packet just read from a capture, the `number`th of its file: a line with its time (UTC),
 * interface (its `name`; empty: its number) and length, a line for each comment, then its layers.
 */
void dump_captured(struct sink *out, uint64_t number, struct slice name,
                   const struct pcapng_packet *packet, uint16_t link_type);
/* The same as an object on one line. */
void dump_captured_json(struct sink *out, uint64_t number, struct slice name,
                        const struct pcapng_packet *packet, uint16_t link_type);

/* The packet's number in the whole network, with which its first comment begins ("packet 17 from
 * laptop"); 0: it has none. */
uint64_t dump_packet_number(const struct pcapng_packet *packet);

/* A packet at one of the places where it was captured. */
struct dump_hop {
    uint64_t number;             /* of the frame in its file, from 1 */
    unsigned file;               /* of the files read */
    struct slice name;           /* of the interface; borrowed */
    struct pcapng_packet packet; /* borrows from the file */
    uint16_t link_type;          /* its interface's */
};
/* The order in which a packet was at them: by time, at one moment by the time to live that is left;
 * for qsort. */
int dump_hop_compare(const void *a, const void *b);
/* Of ordered hops, the one before the nth: the last at which another sent it, for what one sender
 * sends to a segment may be several fragments or copies. NULL: there is none. */
const struct dump_hop *dump_hop_before(const struct dump_hop *hops, size_t nth);
/* As dump_captured, and what has changed since the hop before (NULL: nothing is said of that). */
void dump_hop(struct sink *out, const struct dump_hop *before, const struct dump_hop *hop);
/* The same as an object on one line: with since and changes. */
void dump_hop_json(struct sink *out, const struct dump_hop *before, const struct dump_hop *hop);

#endif
