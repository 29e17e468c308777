/* ipv4_options: the two options that routers write into, record route and Internet timestamp (RFC
 * 791 §3.1). */
#ifndef WIRE_IPV4_OPTIONS_H
#define WIRE_IPV4_OPTIONS_H

#include "base/cursor.h"

#define IPV4_OPTION_RECORD_ROUTE 7
#define IPV4_OPTION_TIMESTAMP    68

/* What stands in each place of a timestamp option; the values are the flags of the wire. */
enum ipv4_stamp_kind {
    IPV4_STAMP_TIME = 0,         /* a time */
    IPV4_STAMP_ADDRESS_TIME = 1, /* an address, then the time there */
    IPV4_STAMP_PRESPECIFIED = 3, /* the same, but the sender has written the addresses */
};

/* One option, as it was found. Offsets count from the header's start. */
struct ipv4_record {
    uint8_t at;                /* where it begins; 0: there is none */
    uint8_t first;             /* its first place */
    uint8_t next;              /* the place to be written next; `end` where all are taken */
    uint8_t end;               /* behind its last byte */
    uint8_t place_bytes;       /* of one place: 4 or 8 */
    bool has_addresses;        /* each place begins with one */
    enum ipv4_stamp_kind kind; /* of a timestamp option */
    uint8_t overflow;          /* of a timestamp option: how many found no place, 0–15 */
};
struct ipv4_records {
    struct ipv4_record route; /* the record route option */
    struct ipv4_record stamp; /* the timestamp option */
    uint8_t bad;              /* malformed: the byte that is, from the header's start */
};

/* Finds both among the options that stand behind the fixed header and have been checked for form.
 * False: one of them is malformed (`bad` says where): twice there, shorter than its own head, with
 * a pointer to no place or to one that is cut, of an unknown kind, or overflowing once too often.
 */
bool ipv4_records_parse(struct slice options, struct ipv4_records *records);
/* Write into the next place of an option, which must have one, or count what found none; the
 * checksum is the caller's. `header` is the whole IPv4 header. */
void ipv4_route_emit(uint8_t *header, const struct ipv4_record *route, uint32_t address);
void ipv4_stamp_emit(uint8_t *header, const struct ipv4_record *stamp, uint32_t address,
                     uint32_t time);
void ipv4_stamp_overflow_emit(uint8_t *header, const struct ipv4_record *stamp);

static inline bool ipv4_record_is_full(const struct ipv4_record *record) {
    return record->next == record->end;
}

#endif
