/*
 * pcapng: capture files, see pcapng.h. A file is a row of blocks; each names its length before and
 * behind its body, and both must agree, be a multiple of 4, at most PCAPNG_BLOCK_MAX_BYTES, and end
 * inside the file. The section's own length field is not needed and not read. Read are section
 * headers, interface descriptions, enhanced and simple packet blocks; all others are stepped over.
 */
#include "wire/pcapng.h"

#define BLOCK_SECTION         0x0a0d0d0au /* reads the same in either byte order */
#define BLOCK_INTERFACE       1u
#define BLOCK_SIMPLE_PACKET   3u
#define BLOCK_ENHANCED_PACKET 6u
#define BYTE_ORDER_MAGIC      0x1a2b3c4du
#define VERSION_MAJOR         1u
#define BLOCK_MIN_BYTES       12u /* type, length, length again */
#define SECTION_MIN_BYTES     28u

#define OPTION_END            0u
#define OPTION_COMMENT        1u
#define OPTION_INTERFACE_NAME 2u
#define OPTION_RESOLUTION     9u
#define OPTION_TIME_OFFSET    14u

#define NANOSECONDS UINT64_C(1000000000)

/* ---- writing ---- */

static size_t padded(size_t length) {
    return (length + 3) & ~(size_t)3;
}

static void put_le16(struct writer *w, uint16_t value) {
    uint8_t *at = writer_take(w, 2);
    if (at)
        store_le16(at, value);
}

static void put_le32(struct writer *w, uint32_t value) {
    uint8_t *at = writer_take(w, 4);
    if (at)
        store_le32(at, value);
}

static void put_padded(struct writer *w, const void *bytes, size_t length) {
    writer_bytes(w, bytes, length);
    writer_zero(w, padded(length) - length);
}

/* An option of at most 65,535 bytes; nothing when it is empty. */
static void put_option(struct writer *w, uint16_t code, const void *bytes, size_t length) {
    if (length == 0)
        return;
    put_le16(w, code);
    put_le16(w, (uint16_t)length);
    put_padded(w, bytes, length);
}

static size_t option_length(size_t length) {
    return length > 0 ? 4 + padded(length) : 0;
}

void pcapng_section_emit(struct writer *w) {
    put_le32(w, BLOCK_SECTION);
    put_le32(w, SECTION_MIN_BYTES);
    put_le32(w, BYTE_ORDER_MAGIC);
    put_le16(w, VERSION_MAJOR);
    put_le16(w, 0);
    put_le32(w, UINT32_MAX); /* length of the section, 64 bits: not said */
    put_le32(w, UINT32_MAX);
    put_le32(w, SECTION_MIN_BYTES);
}

void pcapng_interface_emit(struct writer *w, uint16_t link_type, uint32_t snap_length,
                           const char *name) {
    static const uint8_t nanoseconds = 9; /* units of 10^-9 s */
    size_t name_length = text_length(name);
    if (name_length > UINT16_MAX) {
        w->failed = true;
        return;
    }
    size_t length = BLOCK_MIN_BYTES + 8 + option_length(name_length) + option_length(1) + 4;
    put_le32(w, BLOCK_INTERFACE);
    put_le32(w, (uint32_t)length);
    put_le16(w, link_type);
    put_le16(w, 0);
    put_le32(w, snap_length);
    put_option(w, OPTION_INTERFACE_NAME, name, name_length);
    put_option(w, OPTION_RESOLUTION, &nanoseconds, 1);
    put_le32(w, OPTION_END);
    put_le32(w, (uint32_t)length);
}

size_t pcapng_packet_length(const struct pcapng_packet *packet) {
    size_t options = packet->comment_count > 0 ? 4 : 0;
    for (uint32_t i = 0; i < packet->comment_count; i++)
        options += option_length(packet->comments[i].length);
    return BLOCK_MIN_BYTES + 20 + padded(packet->data.length) + options;
}

static bool comments_fit(const struct pcapng_packet *packet) {
    for (uint32_t i = 0; i < packet->comment_count; i++)
        if (packet->comments[i].length > UINT16_MAX)
            return false;
    return packet->comment_count <= PCAPNG_COMMENTS;
}

void pcapng_packet_emit(struct writer *w, const struct pcapng_packet *packet) {
    if (packet->data.length > PCAPNG_BLOCK_MAX_BYTES || !comments_fit(packet) ||
        pcapng_packet_length(packet) > PCAPNG_BLOCK_MAX_BYTES) {
        w->failed = true;
        return;
    }
    uint32_t length = (uint32_t)pcapng_packet_length(packet);
    put_le32(w, BLOCK_ENHANCED_PACKET);
    put_le32(w, length);
    put_le32(w, packet->interface);
    put_le32(w, (uint32_t)(packet->time_ns >> 32));
    put_le32(w, (uint32_t)packet->time_ns);
    put_le32(w, (uint32_t)packet->data.length);
    put_le32(w, packet->original_length);
    put_padded(w, packet->data.bytes, packet->data.length);
    for (uint32_t i = 0; i < packet->comment_count; i++)
        put_option(w, OPTION_COMMENT, packet->comments[i].bytes, packet->comments[i].length);
    if (packet->comment_count > 0)
        put_le32(w, OPTION_END);
    put_le32(w, length);
}

/* ---- reading ---- */

static uint16_t get_16(struct reader *r, bool big_endian) {
    const uint8_t *at = reader_take(r, 2);
    return !at ? 0 : big_endian ? load_be16(at) : load_le16(at);
}

static uint32_t get_32(struct reader *r, bool big_endian) {
    const uint8_t *at = reader_take(r, 4);
    return !at ? 0 : big_endian ? load_be32(at) : load_le32(at);
}

/* The next option of a block; false at the end of the list or when it is malformed (body->failed).
 */
static bool option_next(struct reader *body, bool big_endian, uint16_t *code, struct slice *value) {
    if (reader_rest(body) == 0)
        return false;
    *code = get_16(body, big_endian);
    uint16_t length = get_16(body, big_endian);
    if (*code == OPTION_END)
        return false;
    *value = reader_slice(body, length);
    reader_skip(body, padded(length) - length);
    return !body->failed;
}

/* if_tsresol's byte: a power of 2 with the top bit set, else of 10. 0: beyond what 63 bits count.
 */
static uint64_t resolution_ticks(uint8_t resolution) {
    uint8_t exponent = resolution & 0x7f;
    if (resolution & 0x80)
        return exponent <= 63 ? UINT64_C(1) << exponent : 0;
    if (exponent > 18)
        return 0;
    uint64_t ticks = 1;
    for (; exponent > 0; exponent--)
        ticks *= 10;
    return ticks;
}

/* part × 10^9 / ticks by long multiplication and division, a bit of 10^9 a turn; part < ticks ≤
 * 2^63, so nothing overflows. */
static uint64_t fraction_ns(uint64_t part, uint64_t ticks) {
    uint64_t quotient = 0, rest = 0;
    for (int bit = 29; bit >= 0; bit--) {
        quotient *= 2;
        rest *= 2;
        if (rest >= ticks) {
            rest -= ticks;
            quotient++;
        }
        rest += NANOSECONDS >> bit & 1 ? part : 0;
        if (rest >= ticks) {
            rest -= ticks;
            quotient++;
        }
    }
    return quotient;
}

uint64_t pcapng_time_ns(uint64_t value, uint64_t ticks, int64_t offset_s) {
    uint64_t seconds = value / ticks;
    uint64_t ns = ticks == NANOSECONDS ? value % ticks : fraction_ns(value % ticks, ticks);
    if (offset_s < 0) {
        uint64_t back = 0 - (uint64_t)offset_s;
        if (back > seconds)
            return 0;
        seconds -= back;
    } else if (seconds > UINT64_MAX - (uint64_t)offset_s) {
        return UINT64_MAX;
    } else {
        seconds += (uint64_t)offset_s;
    }
    if (seconds > (UINT64_MAX - ns) / NANOSECONDS)
        return UINT64_MAX;
    return seconds * NANOSECONDS + ns;
}

struct pcapng_reader pcapng_reader_make(const void *bytes, size_t length) {
    return (struct pcapng_reader){.reader = reader_make(bytes, length)};
}

/* The functions below give NULL, or what is wrong. */

static const char *section_parse(struct pcapng_reader *r, struct reader *body) {
    (void)get_32(body, r->big_endian); /* the magic: seen before */
    uint16_t major = get_16(body, r->big_endian);
    reader_skip(body, 2 + 8); /* minor version, length of the section */
    if (body->failed)
        return "section header block is too short";
    if (major != VERSION_MAJOR)
        return "unknown version of the format";
    r->has_section = true;
    r->interface_count = 0;
    return NULL;
}

static const char *interface_parse(struct pcapng_reader *r, struct reader *body) {
    if (r->interface_count == PCAPNG_INTERFACES)
        return "more than 64 interfaces";
    struct pcapng_interface interface = {.ticks = 1000000};
    interface.link_type = get_16(body, r->big_endian);
    reader_skip(body, 2);
    interface.snap_length = get_32(body, r->big_endian);
    if (body->failed)
        return "interface description block is too short";
    uint16_t code;
    struct slice value;
    while (option_next(body, r->big_endian, &code, &value)) {
        struct reader v = reader_make(value.bytes, value.length);
        if (code == OPTION_INTERFACE_NAME)
            interface.name = value;
        if (code == OPTION_RESOLUTION && value.length == 1)
            interface.ticks = resolution_ticks(value.bytes[0]);
        if (code == OPTION_TIME_OFFSET && value.length == 8) {
            uint32_t first = get_32(&v, r->big_endian), second = get_32(&v, r->big_endian);
            uint64_t high = r->big_endian ? first : second, low = r->big_endian ? second : first;
            interface.time_offset_s = (int64_t)(high << 32 | low);
        }
    }
    if (body->failed)
        return "option goes beyond its block";
    if (interface.ticks == 0)
        return "time stamp resolution is too fine";
    r->interfaces[r->interface_count++] = interface;
    return NULL;
}

static const char *enhanced_parse(const struct pcapng_reader *r, struct reader *body,
                                  struct pcapng_packet *packet) {
    packet->interface = get_32(body, r->big_endian);
    uint64_t high = get_32(body, r->big_endian);
    uint64_t low = get_32(body, r->big_endian);
    size_t length = get_32(body, r->big_endian);
    packet->original_length = get_32(body, r->big_endian);
    if (body->failed)
        return "enhanced packet block is too short";
    if (packet->interface >= r->interface_count)
        return "packet of an interface that was not described";
    packet->data = reader_slice(body, length);
    reader_skip(body, padded(length) - length);
    if (body->failed)
        return "packet goes beyond its block";
    const struct pcapng_interface *interface = &r->interfaces[packet->interface];
    packet->time_ns = pcapng_time_ns(high << 32 | low, interface->ticks, interface->time_offset_s);
    uint16_t code;
    struct slice value;
    while (option_next(body, r->big_endian, &code, &value))
        if (code == OPTION_COMMENT && value.length > 0 && packet->comment_count < PCAPNG_COMMENTS)
            packet->comments[packet->comment_count++] = value;
    return body->failed ? "option goes beyond its block" : NULL;
}

static const char *simple_parse(const struct pcapng_reader *r, struct reader *body,
                                struct pcapng_packet *packet) {
    packet->original_length = get_32(body, r->big_endian);
    if (body->failed)
        return "simple packet block is too short";
    if (r->interface_count == 0)
        return "packet of an interface that was not described";
    uint32_t snap_length = r->interfaces[0].snap_length;
    size_t length = packet->original_length;
    if (snap_length != 0)
        length = min_size(length, snap_length);
    packet->data = reader_slice(body, length);
    return body->failed ? "packet goes beyond its block" : NULL;
}

/* A section's magic tells its byte order, without which not even the block's length can be read. */
static const char *section_begin(struct pcapng_reader *r, const struct reader *at) {
    struct reader block = *at;
    reader_skip(&block, 8);
    uint32_t magic = get_32(&block, false);
    if (magic != BYTE_ORDER_MAGIC && magic != 0x4d3c2b1au)
        return "no byte-order magic in the section header block";
    r->big_endian = magic != BYTE_ORDER_MAGIC;
    return NULL;
}

/* One block: its type and body; the reader moves behind it. */
static const char *block_parse(struct pcapng_reader *r, uint32_t *type, struct reader *body) {
    struct reader block = r->reader;
    const char *error = NULL;
    if (!reader_has(&block, BLOCK_MIN_BYTES))
        return "file ends inside a block";
    if (load_le32(block.bytes + block.position) == BLOCK_SECTION)
        error = section_begin(r, &block);
    else if (!r->has_section)
        error = "no section header block at the beginning: not a pcapng file";
    if (error)
        return error;
    *type = get_32(&block, r->big_endian);
    uint32_t length = get_32(&block, r->big_endian);
    if (length < BLOCK_MIN_BYTES || length % 4 != 0)
        return "length of a block is below 12 or no multiple of 4";
    if (length > PCAPNG_BLOCK_MAX_BYTES)
        return "block is larger than 16 MiB";
    struct slice inner = reader_slice(&block, length - BLOCK_MIN_BYTES);
    uint32_t again = get_32(&block, r->big_endian);
    if (block.failed)
        return "file ends inside a block";
    if (again != length)
        return "the two lengths of a block differ";
    *body = reader_make(inner.bytes, inner.length);
    r->reader = block;
    return NULL;
}

int pcapng_next(struct pcapng_reader *r, struct pcapng_packet *packet, uint16_t *link_type) {
    while (!r->error && (reader_rest(&r->reader) > 0 || !r->has_section)) {
        uint32_t type = 0;
        struct reader body = {0};
        bool is_packet = false;
        r->error_offset = r->reader.position;
        *packet = (struct pcapng_packet){0};
        r->error = block_parse(r, &type, &body);
        if (r->error)
            break;
        if (type == BLOCK_SECTION) {
            r->error = section_parse(r, &body);
        } else if (type == BLOCK_INTERFACE) {
            r->error = interface_parse(r, &body);
        } else if (type == BLOCK_ENHANCED_PACKET) {
            r->error = enhanced_parse(r, &body, packet);
            is_packet = true;
        } else if (type == BLOCK_SIMPLE_PACKET) {
            r->error = simple_parse(r, &body, packet);
            is_packet = true;
        }
        if (is_packet && !r->error) {
            *link_type = r->interfaces[packet->interface].link_type;
            return 1;
        }
    }
    return r->error ? -1 : 0;
}
