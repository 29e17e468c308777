/* pcap: see pcap.h. A header of 24 bytes, then each packet behind 16 bytes of its own. */
#include "wire/pcap.h"

#include "base/bytes.h"

#define HEADER_BYTES     24
#define VERSION_MAJOR    2
#define MAGIC_MICRO      0xa1b2c3d4u
#define MAGIC_NANO       0xa1b23c4du
#define MICROSECONDS     1000000u
#define NANOSECONDS      1000000000u
#define CHECK_IS_THERE   0x04000000u /* in the link type's word, whose top bits then count… */
#define CHECK_UNIT_SHIFT 28          /* …16-bit units of the frame check sequence */

static uint32_t get_32(struct reader *r, bool big_endian) {
    const uint8_t *at = reader_take(r, 4);
    return !at ? 0 : big_endian ? load_be32(at) : load_le32(at);
}

static uint16_t get_16(struct reader *r, bool big_endian) {
    const uint8_t *at = reader_take(r, 2);
    return !at ? 0 : big_endian ? load_be16(at) : load_le16(at);
}

static bool is_magic(uint32_t word) {
    return word == MAGIC_MICRO || word == MAGIC_NANO;
}

bool pcap_is_one(const void *bytes, size_t length) {
    return length >= 4 && (is_magic(load_be32(bytes)) || is_magic(load_le32(bytes)));
}

struct pcap_reader pcap_reader_make(const void *bytes, size_t length) {
    return (struct pcap_reader){.reader = reader_make(bytes, length)};
}

/* NULL, or what is wrong. */
static const char *header_parse(struct pcap_reader *r) {
    struct reader header = r->reader;
    if (!reader_has(&header, HEADER_BYTES))
        return "file ends inside its header";
    const uint8_t *first = header.bytes + header.position;
    if (!pcap_is_one(first, 4))
        return "no magic number at the beginning: not a pcap file";
    r->big_endian = is_magic(load_be32(first));
    r->ticks = get_32(&header, r->big_endian) == MAGIC_NANO ? NANOSECONDS : MICROSECONDS;
    uint16_t major = get_16(&header, r->big_endian);
    reader_skip(&header, 2 + 4 + 4 + 4); /* minor version, two unused words, snap length */
    uint32_t link = get_32(&header, r->big_endian);
    if (major != VERSION_MAJOR)
        return "unknown version of the format";
    r->link_type = (uint16_t)link;
    if (link & CHECK_IS_THERE)
        r->check_bytes = (uint8_t)(2 * (link >> CHECK_UNIT_SHIFT));
    r->reader = header;
    r->has_header = true;
    return NULL;
}

/* The frame check sequence is no part of the frame; a packet cut short may have lost it already. */
static void check_drop(const struct pcap_reader *r, struct pcapng_packet *packet) {
    uint32_t whole = packet->original_length;
    if (r->check_bytes == 0 || whole < r->check_bytes)
        return;
    packet->original_length = whole - r->check_bytes;
    packet->data.length = min_size(packet->data.length, packet->original_length);
}

static const char *packet_parse(struct pcap_reader *r, struct pcapng_packet *packet) {
    struct reader record = r->reader;
    uint64_t seconds = get_32(&record, r->big_endian);
    uint64_t part = get_32(&record, r->big_endian);
    uint32_t length = get_32(&record, r->big_endian);
    packet->original_length = get_32(&record, r->big_endian);
    if (record.failed)
        return "file ends inside the header of a packet";
    if (length > PCAP_PACKET_MAX_BYTES)
        return "packet is larger than 16 MiB";
    packet->data = reader_slice(&record, length);
    if (record.failed)
        return "file ends inside a packet";
    packet->time_ns = pcapng_time_ns(seconds * r->ticks + part, r->ticks, 0);
    check_drop(r, packet);
    r->reader = record;
    return NULL;
}

int pcap_next(struct pcap_reader *r, struct pcapng_packet *packet) {
    if (r->error)
        return -1;
    *packet = (struct pcapng_packet){0};
    r->error_offset = r->reader.position;
    if (!r->has_header)
        r->error = header_parse(r);
    if (!r->error && reader_rest(&r->reader) == 0)
        return 0;
    if (!r->error) {
        r->error_offset = r->reader.position;
        r->error = packet_parse(r, packet);
    }
    return r->error ? -1 : 1;
}

/* ---- either format ---- */

struct capture_reader capture_reader_make(const void *bytes, size_t length) {
    return (struct capture_reader){
        .is_classic = pcap_is_one(bytes, length),
        .pcapng = pcapng_reader_make(bytes, length),
        .pcap = pcap_reader_make(bytes, length),
    };
}

int capture_next(struct capture_reader *r, struct pcapng_packet *packet, uint16_t *link_type) {
    if (!r->is_classic)
        return pcapng_next(&r->pcapng, packet, link_type);
    int found = pcap_next(&r->pcap, packet);
    *link_type = r->pcap.link_type;
    return found;
}

struct slice capture_interface_name(const struct capture_reader *r,
                                    const struct pcapng_packet *packet) {
    if (r->is_classic)
        return (struct slice){0};
    return r->pcapng.interfaces[packet->interface].name;
}

size_t capture_position(const struct capture_reader *r) {
    return r->is_classic ? r->pcap.reader.position : r->pcapng.reader.position;
}

const char *capture_error(const struct capture_reader *r, size_t *offset) {
    *offset = r->is_classic ? r->pcap.error_offset : r->pcapng.error_offset;
    return r->is_classic ? r->pcap.error : r->pcapng.error;
}
