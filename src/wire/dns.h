/*
 * dns: DNS messages (RFC 1035 §4), with one name reader for all who need compressed names.
 * A name is kept in wire form without compression: length-prefixed labels and the root's zero, at
 * most 255 bytes (RFC 1035 §2.3.4), letters as they were sent; comparison ignores the case of ASCII
 * letters (RFC 4343).
 */
#ifndef WIRE_DNS_H
#define WIRE_DNS_H

#include <dobos/address.h>

#include "base/cursor.h"
#include "wire/dns_types.h"

#define DNS_HEADER_BYTES 12
#define DNS_NAME_BYTES   255
#define DNS_NAME_TEXT    1025 /* 4 × 255 for \DDD escapes, dots, NUL */
#define DNS_UDP_BYTES    512
#define DNS_PORT         53

struct dns_name {
    uint8_t length;                /* bytes used, closing zero included; ≥ 1 */
    uint8_t bytes[DNS_NAME_BYTES]; /* labels */
};

struct dns_header {
    uint16_t id; /* the answer bears the query's */
    /* QR AA TC RD RA AD CD */
    bool response, authoritative, truncated, recursion_desired, recursion_available, authentic_data,
        checking_disabled;
    uint8_t opcode;                                        /* 0: query */
    uint8_t rcode;                                         /* enum dns_rcode */
    uint16_t questions, answers, authorities, additionals; /* counts */
};

struct dns_question {
    struct dns_name name;  /* asked for, in the letters of who asks */
    uint16_t type, class_; /* enum dns_type, dns_class, or others */
};

struct dns_record {
    struct dns_name name;  /* the owner */
    uint16_t type, class_; /* enum dns_type, dns_class, or others */
    /* Seconds; values with the top bit set count as 0 (RFC 2181 §8). Of OPT: its flags. */
    uint32_t ttl;
    struct slice data;  /* borrowed from the message; names inside may be compressed */
    size_t data_offset; /* of data in the message, for dns_record_name_parse */
};

/* ---- names ---- */

/*
 * Reads a name at the reader, whose first byte is the message's first (compression counts from
 * there). Pointers go only backward (each before the place where the name or the former pointer's
 * target began), never into the header, and at most 127 are followed; so it ends. False (and the
 * reader has failed): malformed, longer than 255 bytes, or beyond the end.
 */
bool dns_name_parse(struct reader *message, struct dns_name *name);
/* The same where names are compressed against bytes without a header (RFC 3397): pointers go no
 * lower than `floor`. */
bool dns_name_parse_above(struct reader *bytes, size_t floor, struct dns_name *name);
/* From text ("www.example.org", a last dot allowed, "." is the root; \. and \DDD escapes). False:
 * an empty label, one over 63 bytes, or 255 in all. */
bool dns_name_from_text(const char *text, struct dns_name *name);
/* To text without a last dot ("." for the root), with \DDD and \. escapes. Returns the length. */
size_t dns_name_format(const struct dns_name *name, char text[DNS_NAME_TEXT]);
/* The small letter of a capital one (of ASCII alone, RFC 4343); any other byte as it is. */
static inline uint8_t dns_lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}
bool dns_name_is_equal(const struct dns_name *a, const struct dns_name *b);
/* `name` is `zone` or below it. */
bool dns_name_is_within(const struct dns_name *name, const struct dns_name *zone);
unsigned dns_name_labels(const struct dns_name *name); /* without the root: 0 for "." */
/* The name without its first label; false for the root. */
bool dns_name_parent(const struct dns_name *name, struct dns_name *parent);
/* d.c.b.a.in-addr.arpa (RFC 1035 §3.5). */
void dns_name_reverse(const struct dobos_address *address, struct dns_name *name);

/* ---- messages ---- */

bool dns_header_parse(struct reader *message, struct dns_header *header);
bool dns_question_parse(struct reader *message, struct dns_question *question);
bool dns_record_parse(struct reader *message, struct dns_record *record);
/* Reads past so many records; false: one is malformed. */
bool dns_section_skip(struct reader *message, unsigned count);
/*
 * Reads a name inside a record's data, *at bytes from its first, and moves *at behind it. False:
 * malformed, or it does not end inside the data. `message` is any reader over the whole message; it
 * is not moved. (Who expects nothing behind the name compares *at with data.length.)
 */
bool dns_record_name_parse(const struct reader *message, const struct dns_record *record,
                           size_t *at, struct dns_name *name);

#define DNS_COMPRESSION_NAMES 256
/* A label written, from which on a name may be pointed to. */
struct dns_written {
    uint16_t offset; /* in the message; 0: none */
    uint16_t mark;   /* of the name's letters from there on; few others have it */
};
/*
 * A message being written: remembers where names stand, to point to them. What does not fit is
 * taken back by putting back a copy of the struct made before. A name finds its like in constant
 * time, so that a message costs its bytes (attack I18); of more names than there is room for, those
 * written first are remembered.
 */
struct dns_writer {
    struct writer writer; /* over the whole message; position 0 is the header's first byte */
    unsigned count;       /* of `written` in use */
    struct dns_written written[DNS_COMPRESSION_NAMES]; /* by mark, near its place */
};
struct dns_writer dns_writer_make(void *bytes, size_t room);
/* The header stands first; its counts can be written again at the end with dns_header_patch. */
void dns_header_emit(struct dns_writer *w, const struct dns_header *header);
void dns_header_patch(struct dns_writer *w, const struct dns_header *header);
/* Compressed where it can be. */
void dns_name_emit(struct dns_writer *w, const struct dns_name *name);
/* Never compressed: inside the data of SRV and of all younger types (RFC 3597 §4). */
void dns_name_emit_plain(struct dns_writer *w, const struct dns_name *name);
void dns_question_emit(struct dns_writer *w, const struct dns_question *question);
/* Everything up to the RDATA; returns the mark to be given to dns_record_end when the RDATA is
 * written. */
size_t dns_record_begin(struct dns_writer *w, const struct dns_name *name, uint16_t type,
                        uint16_t class_, uint32_t ttl);
void dns_record_end(struct dns_writer *w, size_t mark);

#endif
