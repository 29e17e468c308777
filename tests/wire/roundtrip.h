/*
 * roundtrip: what holds for any bytes at all: a parser refuses them, or gives a struct that stays
 * inside them and that, emitted and parsed again, is the same. One function a format, for the tests
 * and for the fuzz targets; true when the bytes were accepted. A broken promise ends the program.
 */
#ifndef TESTS_WIRE_ROUNDTRIP_H
#define TESTS_WIRE_ROUNDTRIP_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/igmp.h"
#include "wire/ipv4.h"
#include "wire/ipv4_options.h"
#include "wire/tcp.h"
#include "wire/tcp_options.h"
#include "wire/udp.h"

#define PROMISE(condition)                                                          \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                \
        }                                                                           \
    } while (0)

static inline bool slices_are_equal(struct slice a, struct slice b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* The slice lies inside the bytes. */
static inline bool slice_is_inside(struct slice inner, const uint8_t *bytes, size_t length) {
    return inner.length == 0 || (inner.bytes >= bytes && inner.length <= length &&
                                 (size_t)(inner.bytes - bytes) <= length - inner.length);
}

static inline bool roundtrip_ethernet(const uint8_t *bytes, size_t length) {
    struct reader r = reader_make(bytes, length);
    struct ethernet first, second;
    if (!ethernet_parse(&r, &first))
        return false;
    PROMISE(r.position == first.payload_offset && first.payload_offset <= length);
    PROMISE(first.type == 0 || first.type >= 0x600);
    PROMISE(first.payload_offset == 14 || (first.payload_offset == 22 && first.type != 0));
    PROMISE(first.payload_length <= 1500);

    uint8_t again[ETHERNET_HEADER_BYTES];
    struct writer w = writer_make(again, sizeof(again) - 1);
    ethernet_emit(&w, &first);
    PROMISE(w.failed && w.position == 0);
    w = writer_make(again, sizeof(again));
    ethernet_emit(&w, &first);
    PROMISE(!w.failed && w.position == sizeof(again));
    r = reader_make(again, sizeof(again));
    PROMISE(ethernet_parse(&r, &second));
    PROMISE(mac_is_equal(&first.destination, &second.destination));
    PROMISE(mac_is_equal(&first.source, &second.source));
    PROMISE(first.type == second.type && second.payload_offset == 14);
    PROMISE(second.payload_length == 0);
    return true;
}

static inline bool arps_are_equal(const struct arp *a, const struct arp *b) {
    return a->operation == b->operation &&
           memcmp(&a->sender_mac, &b->sender_mac, sizeof(a->sender_mac)) == 0 &&
           memcmp(&a->target_mac, &b->target_mac, sizeof(a->target_mac)) == 0 &&
           memcmp(&a->sender, &b->sender, sizeof(a->sender)) == 0 &&
           memcmp(&a->target, &b->target, sizeof(a->target)) == 0;
}

static inline bool roundtrip_arp(const uint8_t *bytes, size_t length) {
    struct reader r = reader_make(bytes, length);
    struct arp first, second;
    if (!arp_parse(&r, &first))
        return false;
    PROMISE(r.position == ARP_BYTES);

    uint8_t again[ARP_BYTES];
    struct writer w = writer_make(again, sizeof(again) - 1);
    arp_emit(&w, &first);
    PROMISE(w.failed && w.position == 0);
    w = writer_make(again, sizeof(again));
    arp_emit(&w, &first);
    PROMISE(!w.failed && w.position == ARP_BYTES);
    r = reader_make(again, sizeof(again));
    PROMISE(arp_parse(&r, &second) && arps_are_equal(&first, &second));
    return true;
}

static inline bool igmps_are_equal(const struct igmp_message *a, const struct igmp_message *b) {
    return a->type == b->type && a->version == b->version && a->response_code == b->response_code &&
           dobos_address_is_equal(&a->group, &b->group) && a->suppress == b->suppress &&
           a->robustness == b->robustness && a->interval_code == b->interval_code &&
           slices_are_equal(a->sources, b->sources) && a->record_count == b->record_count &&
           slices_are_equal(a->records, b->records);
}

static inline bool roundtrip_igmp(const uint8_t *bytes, size_t length) {
    struct igmp_message first, second;
    struct igmp_record record;
    if (!igmp_parse((struct slice){bytes, length}, &first))
        return false;
    PROMISE(slice_is_inside(first.sources, bytes, length) && first.sources.length % 4 == 0);
    PROMISE(slice_is_inside(first.records, bytes, length));
    for (size_t i = 0; i < first.sources.length / 4; i++) {
        struct dobos_address source = igmp_source(first.sources, i);
        PROMISE(dobos_address_is_ipv4(&source));
    }
    PROMISE(igmp_code_decode(first.response_code) >= first.response_code);
    struct reader r = reader_make(first.records.bytes, first.records.length);
    for (unsigned i = 0; i < first.record_count; i++) {
        PROMISE(igmp_record_parse(&r, &record));
        PROMISE(slice_is_inside(record.sources, bytes, length) && record.sources.length % 4 == 0);
    }
    PROMISE(r.position == first.records.length && !igmp_record_parse(&r, &record));

    uint8_t *again = malloc(length);
    struct writer w = writer_make(again, IGMP_BYTES - 1);
    igmp_emit(&w, &first);
    PROMISE(w.failed);
    w = writer_make(again, length);
    igmp_emit(&w, &first);
    PROMISE(!w.failed && w.position >= IGMP_BYTES);
    PROMISE(igmp_parse((struct slice){again, w.position}, &second));
    PROMISE(igmps_are_equal(&first, &second));
    free(again);
    return true;
}

static inline bool ipv4s_are_equal(const struct ipv4 *a, const struct ipv4 *b) {
    return memcmp(&a->source, &b->source, sizeof(a->source)) == 0 &&
           memcmp(&a->destination, &b->destination, sizeof(a->destination)) == 0 &&
           a->total_length == b->total_length && a->identification == b->identification &&
           a->fragment_offset == b->fragment_offset && a->dont_fragment == b->dont_fragment &&
           a->more_fragments == b->more_fragments && a->header_length == b->header_length &&
           a->tos == b->tos && a->ttl == b->ttl && a->protocol == b->protocol &&
           slices_are_equal(a->options, b->options) && a->has_source_route == b->has_source_route;
}

/* A header as it stands; its checksum must be right. */
/* What a router writes into the options of a header (a copy of it, which is the caller's) is found
 * there again. */
static inline void roundtrip_ipv4_records(uint8_t *header, size_t length) {
    const struct slice options = {header + IPV4_HEADER_BYTES, length - IPV4_HEADER_BYTES};
    struct ipv4_records first, second;
    if (!ipv4_records_parse(options, &first)) {
        PROMISE(first.bad >= IPV4_HEADER_BYTES && first.bad < length);
        return;
    }
    PROMISE(first.route.end <= length && first.stamp.end <= length);
    const bool has_route = first.route.at != 0, has_stamp = first.stamp.at != 0;
    const bool route_is_full = !has_route || ipv4_record_is_full(&first.route);
    const bool stamp_is_full = !has_stamp || ipv4_record_is_full(&first.stamp);
    if (!route_is_full)
        ipv4_route_emit(header, &first.route, 0xc0000201);
    if (!stamp_is_full)
        ipv4_stamp_emit(header, &first.stamp, 0xc0000201, 12345);
    else if (has_stamp && first.stamp.overflow < 15)
        ipv4_stamp_overflow_emit(header, &first.stamp);
    if (!ipv4_records_parse(options, &second)) { /* what is left is no whole place (RFC 791), or
                                                    nothing can be counted any more */
        PROMISE(second.bad == first.route.at + 2 || second.bad == first.stamp.at + 2 ||
                (second.bad == first.stamp.at + 3 && first.stamp.overflow >= 14));
        return;
    }
    PROMISE(second.route.at == first.route.at && second.stamp.at == first.stamp.at);
    PROMISE(route_is_full || second.route.next == first.route.next + first.route.place_bytes);
    PROMISE(stamp_is_full || second.stamp.next == first.stamp.next + first.stamp.place_bytes);
    PROMISE(!has_stamp || !stamp_is_full || first.stamp.overflow == 15 ||
            second.stamp.overflow == first.stamp.overflow + 1);
}

static inline bool roundtrip_ipv4_strict(const uint8_t *bytes, size_t length) {
    struct reader r = reader_make(bytes, length);
    struct ipv4 first, second;
    if (ipv4_parse(&r, length, &first) != IPV4_OK)
        return false;
    PROMISE(first.header_length >= IPV4_HEADER_BYTES && first.header_length <= length);
    PROMISE(first.total_length >= first.header_length && first.total_length <= length);
    PROMISE(r.position == first.header_length);
    PROMISE(first.options.length == (size_t)first.header_length - IPV4_HEADER_BYTES);
    PROMISE(slice_is_inside(first.options, bytes, first.header_length));
    PROMISE(first.fragment_offset % 8 == 0);
    PROMISE(ipv4_emit_length(&first) == first.header_length);

    uint8_t *again = malloc(first.header_length);
    struct writer w = writer_make(again, first.header_length - 1u);
    ipv4_emit(&w, &first);
    PROMISE(w.failed && w.position == 0);
    struct ipv4 larger = first;
    larger.options.length = 41; /* refused before it is read */
    w = writer_make(again, first.header_length);
    ipv4_emit(&w, &larger);
    PROMISE(w.failed && w.position == 0);
    w = writer_make(again, first.header_length);
    ipv4_emit(&w, &first);
    PROMISE(!w.failed && w.position == first.header_length);
    r = reader_make(again, first.header_length);
    PROMISE(ipv4_parse(&r, length, &second) == IPV4_OK && ipv4s_are_equal(&first, &second));
    memcpy(again, bytes, first.header_length);
    roundtrip_ipv4_records(again, first.header_length);
    free(again);
    return true;
}

/* The same, and once more with the checksum put right, so that changed bytes get past it. */
static inline bool roundtrip_ipv4(const uint8_t *bytes, size_t length) {
    if (roundtrip_ipv4_strict(bytes, length))
        return true;
    size_t header = length > 0 ? (bytes[0] & 15u) * 4u : 0;
    if (header < IPV4_HEADER_BYTES || header > length)
        return false;
    uint8_t *copy = malloc(length);
    memcpy(copy, bytes, length);
    store_be16(copy + 10, 0);
    store_be16(copy + 10, checksum_finish(checksum_add(0, copy, header)));
    bool is_good = roundtrip_ipv4_strict(copy, length);
    free(copy);
    return is_good;
}

static inline bool roundtrip_icmp(const uint8_t *bytes, size_t length) {
    struct reader r = reader_make(bytes, length);
    struct icmp first, second;
    if (!icmp_parse(&r, &first))
        return false;
    PROMISE(r.position == ICMP_HEADER_BYTES);
    PROMISE(!icmp_type_is_error(first.type) || first.type <= 12);

    uint8_t again[ICMP_HEADER_BYTES];
    struct writer w = writer_make(again, sizeof(again) - 1);
    icmp_emit(&w, &first);
    PROMISE(w.failed && w.position == 0);
    w = writer_make(again, sizeof(again));
    icmp_emit(&w, &first);
    PROMISE(!w.failed && w.position == sizeof(again));
    r = reader_make(again, sizeof(again));
    PROMISE(icmp_parse(&r, &second) && second.checksum == 0);
    PROMISE(first.type == second.type && first.code == second.code);
    PROMISE(first.identifier == second.identifier && first.sequence == second.sequence);
    return true;
}

static inline bool roundtrip_udp(const uint8_t *bytes, size_t length) {
    struct reader r = reader_make(bytes, length);
    struct udp first, second;
    if (!udp_parse(&r, length, &first))
        return false;
    PROMISE(first.length >= UDP_HEADER_BYTES && first.length <= length);
    PROMISE(r.position == UDP_HEADER_BYTES);

    uint8_t again[UDP_HEADER_BYTES];
    struct writer w = writer_make(again, sizeof(again) - 1);
    udp_emit(&w, &first);
    PROMISE(w.failed && w.position == 0);
    w = writer_make(again, sizeof(again));
    udp_emit(&w, &first);
    PROMISE(!w.failed && w.position == sizeof(again));
    r = reader_make(again, sizeof(again));
    PROMISE(udp_parse(&r, length, &second));
    PROMISE(first.source_port == second.source_port && first.length == second.length);
    PROMISE(first.destination_port == second.destination_port);
    PROMISE(first.checksum == second.checksum);
    return true;
}

static inline bool tcps_are_equal(const struct tcp_header *a, const struct tcp_header *b) {
    return a->source_port == b->source_port && a->destination_port == b->destination_port &&
           seq_eq(a->seq, b->seq) && seq_eq(a->ack, b->ack) &&
           a->header_length == b->header_length && a->flags == b->flags && a->ae == b->ae &&
           a->window == b->window && a->checksum == b->checksum && a->urgent == b->urgent &&
           slices_are_equal(a->options, b->options);
}

static inline bool roundtrip_tcp(const uint8_t *bytes, size_t length) {
    struct reader r = reader_make(bytes, length);
    struct tcp_header first, second;
    if (!tcp_parse(&r, &first))
        return false;
    PROMISE(first.header_length >= TCP_HEADER_BYTES && first.header_length <= length);
    PROMISE(r.position == first.header_length);
    PROMISE(first.options.length == (size_t)first.header_length - TCP_HEADER_BYTES);
    PROMISE(slice_is_inside(first.options, bytes, first.header_length));

    uint8_t *again = malloc(first.header_length);
    struct writer w = writer_make(again, first.header_length - 1u);
    tcp_emit(&w, &first);
    PROMISE(w.failed && w.position == 0);
    struct tcp_header larger = first;
    larger.options.length = 41; /* refused before it is read */
    w = writer_make(again, first.header_length);
    tcp_emit(&w, &larger);
    PROMISE(w.failed && w.position == 0);
    w = writer_make(again, first.header_length);
    tcp_emit(&w, &first);
    PROMISE(!w.failed && w.position == first.header_length);
    r = reader_make(again, first.header_length);
    PROMISE(tcp_parse(&r, &second) && tcps_are_equal(&first, &second));
    free(again);
    return true;
}

/* The SACK blocks that fit may be fewer when they are written with padding. */
static inline void promise_options_are_kept(const struct tcp_options *a,
                                            const struct tcp_options *b) {
    PROMISE(!b->malformed);
    PROMISE(a->has_mss == b->has_mss && a->mss == b->mss);
    PROMISE(a->has_window_scale == b->has_window_scale && a->window_scale == b->window_scale);
    PROMISE(a->sack_permitted == b->sack_permitted && a->has_timestamps == b->has_timestamps);
    PROMISE(a->ts_value == b->ts_value && a->ts_echo == b->ts_echo);
    PROMISE(a->has_fast_open == b->has_fast_open && a->fast_open_length == b->fast_open_length);
    for (unsigned i = 0; i < b->fast_open_length; i++)
        PROMISE(a->fast_open[i] == b->fast_open[i]);
    if (b->has_ecn || !a->has_fast_open) { /* a cookie may leave no room for it */
        PROMISE(a->has_ecn == b->has_ecn && a->ecn.count == b->ecn.count);
        PROMISE(a->ecn.is_order_1 == b->ecn.is_order_1);
        PROMISE(memcmp(a->ecn.counter, b->ecn.counter, sizeof a->ecn.counter) == 0);
    }
    PROMISE(b->sack_count <= a->sack_count);
    for (unsigned i = 0; i < b->sack_count; i++)
        PROMISE(seq_eq(a->sack[i].left, b->sack[i].left) &&
                seq_eq(a->sack[i].right, b->sack[i].right));
}

static inline bool roundtrip_tcp_options(const uint8_t *bytes, size_t length) {
    struct tcp_options first, second;
    tcp_options_parse((struct slice){bytes, length}, &first);
    PROMISE(first.sack_count <= TCP_SACK_BLOCKS);
    size_t emitted = tcp_options_length(&first);
    PROMISE(emitted <= TCP_OPTIONS_MAX_BYTES && emitted % 4 == 0);

    uint8_t *again = malloc(emitted);
    struct writer w = writer_make(again, emitted);
    tcp_options_emit(&w, &first);
    PROMISE(!w.failed && w.position == emitted);
    tcp_options_parse((struct slice){again, emitted}, &second);
    promise_options_are_kept(&first, &second);
    size_t block = second.sack_count > 0 ? 8 : 12; /* the first comes with its kind and length */
    PROMISE(second.sack_count == first.sack_count || emitted + block > TCP_OPTIONS_MAX_BYTES);
    free(again);
    return true;
}

#endif
