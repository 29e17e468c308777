/*
 * records: see records.h. Whose turn it is and what may be told is asked by host/recorder.c.
 */
#include "network/records.h"

#include "base/checksum.h"
#include "base/ipv4_ranges.h"
#include "wire/ipv4.h"

#define CHECKSUM_AT   10
#define OPTIONS_BYTES (IPV4_HEADER_MAX_BYTES - IPV4_HEADER_BYTES)
#define OPTION_END    0

static size_t options_bytes(const uint8_t *header) {
    return (size_t)(header[0] & 15) * 4 - IPV4_HEADER_BYTES;
}

struct slice records_options(const uint8_t *header) {
    return (struct slice){header + IPV4_HEADER_BYTES, options_bytes(header)};
}

uint32_t records_asked(const uint8_t *header, const struct ipv4_records *records) {
    const struct ipv4_record *stamp = &records->stamp;
    bool is_asked =
        stamp->at && stamp->kind == IPV4_STAMP_PRESPECIFIED && !ipv4_record_is_full(stamp);
    return is_asked ? load_be32(header + stamp->next) : 0;
}

/* Lets the checksum follow what has changed in the options since `before`. */
static uint32_t checksum_follow(uint8_t *header, const uint8_t *before) {
    size_t length = options_bytes(header);
    uint16_t old = load_be16(header + CHECKSUM_AT), checksum = old;
    uint32_t change = 0;
    for (size_t i = 0; i < length; i += 2) {
        uint16_t was = load_be16(before + i), is = load_be16(header + IPV4_HEADER_BYTES + i);
        if (was == is)
            continue;
        checksum = checksum_update(checksum, was, is);
        change += (uint16_t)~was + (uint32_t)is;
    }
    if (checksum == old)
        return change;
    store_be16(header + CHECKSUM_AT, checksum);
    return change + (uint16_t)~old + (uint32_t)checksum;
}

/* A full route goes on as it is. [rfc1812#142] */
static void route_write(uint8_t *header, const struct ipv4_record *route,
                        const struct record_entry *entry) {
    if (route->at && !ipv4_record_is_full(route) && entry->address)
        ipv4_route_emit(header, route, entry->address);
}

/* Who is not asked writes nothing, and is not counted either. [rfc1812#143] [rfc1812#30] */
static void stamp_write(uint8_t *header, const struct ipv4_record *stamp,
                        const struct record_entry *entry) {
    if (!stamp->at)
        return;
    bool may_write = stamp->kind == IPV4_STAMP_TIME || entry->address != 0;
    if (stamp->kind == IPV4_STAMP_PRESPECIFIED)
        may_write = entry->next_is_ours && !ipv4_record_is_full(stamp);
    if (may_write && ipv4_record_is_full(stamp))
        ipv4_stamp_overflow_emit(header, stamp);
    else if (may_write)
        ipv4_stamp_emit(header, stamp, entry->address, entry->time);
}

/* Of all options these alone change on the way. */
void records_write(uint8_t *header, const struct ipv4_records *records,
                   const struct record_entry *entry) {
    uint8_t before[OPTIONS_BYTES];
    memcpy(before, header + IPV4_HEADER_BYTES, options_bytes(header));
    route_write(header, &records->route, entry);
    stamp_write(header, &records->stamp, entry);
    (void)checksum_follow(header, before);
}

static void places_erase(uint8_t *header, const struct ipv4_record *record, bool all) {
    bool is_asked = record->kind == IPV4_STAMP_PRESPECIFIED;
    size_t end = is_asked ? record->end : record->next;
    if (!record->at || !record->has_addresses)
        return;
    for (size_t at = record->first; at + record->place_bytes <= end; at += record->place_bytes) {
        if (all || ipv4_special_range(load_be32(header + at)))
            store_be32(header + at, 0);
    }
}

uint32_t records_erase(uint8_t *header, bool all) {
    struct ipv4_records records;
    uint8_t before[OPTIONS_BYTES];
    memcpy(before, header + IPV4_HEADER_BYTES, options_bytes(header));
    if (ipv4_records_parse(records_options(header), &records)) {
        places_erase(header, &records.route, all);
        places_erase(header, &records.stamp, all);
    } else {
        memset(header + IPV4_HEADER_BYTES, OPTION_END, options_bytes(header));
    }
    return checksum_follow(header, before);
}
