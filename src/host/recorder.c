/*
 * recorder: see recorder.h. A router writes the address of the interface by which the packet
 * leaves, and a time (network/records.h says how).
 *
 * The time: a host knows no hour of the day, so it marks its milliseconds as not being those since
 * midnight (RFC 791 §3.1). They begin at a secret point of the host's: how fast time goes is told,
 * not how long the host has been running (RFC 7126 §4.7).
 *
 * What is told to whom: to the public Internet no private or special address; and out of a NAT,
 * nothing of the way inside (RFC 7126 §4.5), neither in a packet nor in what an ICMP error quotes
 * (network/nat_rewrite.c). Addresses that must not leave become zeros, so that the hops can still
 * be counted.
 */
#include "host/recorder.h"

#include "host/addresses.h"

#include "base/ipv4_ranges.h"
#include "network/records.h"

#define MIDNIGHT_MS  UINT32_C(86400000)
#define NOT_MIDNIGHT UINT32_C(0x80000000) /* the time is not that since midnight UTC */

bool recorder_check(const struct dobos_packet *packet, struct ipv4 *ipv4) {
    uint8_t header[IPV4_HEADER_MAX_BYTES];
    struct ipv4_records records;
    (void)dobos_packet_read(packet, packet->network_offset, header, ipv4->header_length);
    bool is_good = ipv4_records_parse(records_options(header), &records);
    ipv4->bad_option = records.bad;
    return is_good;
}

static uint32_t time_of(const struct dobos_host *host) {
    static const char purpose[] = "timestamp option";
    uint64_t begin = keyed_hash(&host->id_key, purpose, sizeof(purpose)) % MIDNIGHT_MS;
    uint64_t now = (uint64_t)(host->now / DOBOS_MILLISECOND);
    return (uint32_t)((begin + now) % MIDNIGHT_MS) | NOT_MIDNIGHT;
}

/* [rfc1812#31] */
static uint32_t address_of(const struct interface *interface, const struct path *path) {
    const struct dobos_interface_address *own =
        interface_addresses_source(&interface->addresses, &path->next_hop);
    uint32_t address = own ? dobos_address_ipv4_number(&own->prefix.address) : 0;
    return interface->is_public && ipv4_special_range(address) ? 0 : address;
}

static void record(const struct dobos_host *host, uint8_t *header,
                   const struct ipv4_records *records, const struct path *path) {
    const struct interface *interface = host_interface(host, path->interface);
    struct record_entry entry = {.time = time_of(host), .address = address_of(interface, path)};
    const struct dobos_address asked = dobos_address_ipv4(records_asked(header, records));
    entry.next_is_ours = host_address_owner(host, &asked) != NULL;
    records_write(header, records, &entry);
    if (interface->is_public)
        (void)records_erase(header, false);
}

/* [rfc1812#142] [rfc1812#143] */
bool recorder_forward(const struct dobos_host *host, struct arrival *arrival,
                      const struct path *path) {
    const struct interface *interface = host_interface(host, path->interface);
    struct dobos_packet *packet = arrival->packet;
    size_t at = packet->network_offset;
    struct ipv4_records records;
    uint8_t *bytes = packet_pull(packet, at + arrival->ipv4.header_length);
    if (!bytes)
        return false;
    if (arrival->is_translated && arrival->translation.has_changed && interface->is_outside)
        (void)records_erase(bytes + at, true);
    if (ipv4_records_parse(records_options(bytes + at), &records))
        record(host, bytes + at, &records, path);
    return true;
}

/* Copies an option behind those that are there. */
static size_t option_copy(uint8_t *header, size_t length, const uint8_t *from,
                          const struct ipv4_record *record) {
    size_t bytes = record->at ? (size_t)record->end - record->at : 0;
    memcpy(header + length, from + record->at, bytes);
    return length + bytes;
}

/* Whole, however little room they have left [rfc1122#94] [rfc1812#82]. */
struct slice recorder_answer(const struct dobos_host *host, const struct dobos_packet *request,
                             const struct path *path, uint8_t *room) {
    uint8_t header[IPV4_HEADER_MAX_BYTES];
    struct ipv4_records records;
    size_t have =
        dobos_packet_read(request, request->network_offset, header, IPV4_HEADER_MAX_BYTES);
    memset(room, 0, IPV4_HEADER_MAX_BYTES);
    if (have <= IPV4_HEADER_BYTES || !ipv4_records_parse(records_options(header), &records))
        return (struct slice){0};
    size_t length = option_copy(room, IPV4_HEADER_BYTES, header, &records.route);
    length = option_copy(room, length, header, &records.stamp);
    length = (length + 3) & ~(size_t)3;
    room[0] = (uint8_t)(0x40 | length / 4);
    if (ipv4_records_parse(records_options(room), &records))
        record(host, room, &records, path);
    return records_options(room);
}
