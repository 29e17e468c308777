/*
 * ipv4_options: see ipv4_options.h. A pointer counts from 1 at the option's first byte, so it also
 * says where the next place begins behind the byte before the option. It must point to the begin of
 * a place, or behind the option's end: what points into one would have later readers take halves
 * of two addresses for one.
 */
#include "wire/ipv4_options.h"

#include "wire/ipv4.h"

#define POINTER        2 /* bytes from the option's begin */
#define OVERFLOW_FLAGS 3
#define ROUTE_HEAD     3
#define STAMP_HEAD     4
#define OVERFLOW_MAX   15
#define ADDRESS_BYTES  4

/* The pointer; 0, or where the option is malformed. What is full needs no place. */
static uint8_t pointer_parse(struct ipv4_record *record, uint8_t pointer) {
    uint8_t bad = (uint8_t)(record->at + POINTER);
    unsigned next = record->at + pointer - 1u;
    if (pointer == 0 || next < record->first)
        return bad;
    record->next = (uint8_t)min_size(next, record->end);
    if (ipv4_record_is_full(record))
        return 0;
    bool is_whole = (next - record->first) % record->place_bytes == 0;
    return is_whole && next + record->place_bytes <= record->end ? 0 : bad;
}

/* [rfc1812#142] */
static uint8_t route_parse(struct ipv4_record *route, struct slice data) {
    route->first = (uint8_t)(route->at + ROUTE_HEAD);
    route->place_bytes = ADDRESS_BYTES;
    route->has_addresses = true;
    return data.length < ROUTE_HEAD - 2 ? (uint8_t)(route->at + 1)
                                        : pointer_parse(route, data.bytes[0]);
}

/* [rfc1812#143] */
static uint8_t stamp_parse(struct ipv4_record *stamp, struct slice data) {
    if (data.length < STAMP_HEAD - 2)
        return (uint8_t)(stamp->at + 1);
    uint8_t flags = data.bytes[1] & 15;
    stamp->first = (uint8_t)(stamp->at + STAMP_HEAD);
    stamp->overflow = data.bytes[1] >> 4;
    if (flags != IPV4_STAMP_TIME && flags != IPV4_STAMP_ADDRESS_TIME &&
        flags != IPV4_STAMP_PRESPECIFIED)
        return (uint8_t)(stamp->at + OVERFLOW_FLAGS);
    stamp->kind = (enum ipv4_stamp_kind)flags;
    stamp->has_addresses = flags != IPV4_STAMP_TIME;
    stamp->place_bytes = stamp->has_addresses ? 2 * ADDRESS_BYTES : ADDRESS_BYTES;
    uint8_t bad = pointer_parse(stamp, data.bytes[0]);
    if (bad == 0 && ipv4_record_is_full(stamp) && stamp->kind != IPV4_STAMP_PRESPECIFIED &&
        stamp->overflow == OVERFLOW_MAX)
        bad = (uint8_t)(stamp->at + OVERFLOW_FLAGS);
    return bad;
}

bool ipv4_records_parse(struct slice options, struct ipv4_records *records) {
    struct reader r = reader_make(options.bytes, options.length);
    uint8_t kind;
    struct slice data;
    *records = (struct ipv4_records){0};
    while (records->bad == 0 && ipv4_option_parse(&r, &kind, &data)) {
        if (kind != IPV4_OPTION_RECORD_ROUTE && kind != IPV4_OPTION_TIMESTAMP)
            continue;
        bool is_route = kind == IPV4_OPTION_RECORD_ROUTE;
        struct ipv4_record *record = is_route ? &records->route : &records->stamp;
        uint8_t end = (uint8_t)(IPV4_HEADER_BYTES + r.position);
        uint8_t at = (uint8_t)(end - 2 - data.length);
        if (record->at != 0) {
            records->bad = at;
            break;
        }
        record->at = at;
        record->end = end;
        records->bad = is_route ? route_parse(record, data) : stamp_parse(record, data);
    }
    return records->bad == 0;
}

static void pointer_advance(uint8_t *header, const struct ipv4_record *record) {
    header[record->at + POINTER] = (uint8_t)(record->next + record->place_bytes - record->at + 1);
}

void ipv4_route_emit(uint8_t *header, const struct ipv4_record *route, uint32_t address) {
    store_be32(header + route->next, address);
    pointer_advance(header, route);
}

void ipv4_stamp_emit(uint8_t *header, const struct ipv4_record *stamp, uint32_t address,
                     uint32_t time) {
    if (stamp->kind == IPV4_STAMP_ADDRESS_TIME)
        store_be32(header + stamp->next, address);
    store_be32(header + stamp->next + stamp->place_bytes - ADDRESS_BYTES, time);
    pointer_advance(header, stamp);
}

void ipv4_stamp_overflow_emit(uint8_t *header, const struct ipv4_record *stamp) {
    header[stamp->at + OVERFLOW_FLAGS] = (uint8_t)((stamp->overflow + 1u) << 4 | stamp->kind);
}
