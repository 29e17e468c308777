/*
 * attacker_frames: frames at random, byte by byte: the emitters of src/wire refuse to write most of
 * what is tried here. Numbers that mean something to the stack come up often, all others sometimes.
 */
#include "attacker_frames.h"

#include "base/checksum.h"
#include "wire/arp.h"
#include "wire/ethernet.h"
#include "wire/tcp.h"

#define IPV4_BYTES    20
#define UDP_BYTES     8
#define PROTOCOL_ICMP 1
#define PROTOCOL_TCP  6
#define PROTOCOL_UDP  17

static unsigned below(struct attacker *a, unsigned bound) {
    return attacker_below(a, bound);
}

/* True once in `times`. */
static bool once_in(struct attacker *a, unsigned times) {
    return below(a, times) == 0;
}

static uint16_t any16(struct attacker *a) {
    return (uint16_t)random_next(&a->random);
}

static uint32_t any32(struct attacker *a) {
    return (uint32_t)random_next(&a->random);
}

static void fill(struct attacker *a, uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)random_next(&a->random);
}

static uint32_t link_network(unsigned station) {
    return station_address(station) & 0xffff0000u;
}

/* ---- addresses ---- */

/* Somebody on one of the links: mostly one of a few, so that states are met again. */
static uint32_t draw_neighbor(struct attacker *a) {
    unsigned host = once_in(a, 8) ? below(a, 65536) : 3 + below(a, 20);
    return link_network(below(a, 2)) + host;
}

static uint32_t draw_address(struct attacker *a) {
    static const uint32_t special[] = {
        0,          0xffffffff, 0x0a01ffff, 0x0a02ffff, 0x7f000001,
        0xe0000001, 0x0a000001, 0x0a010000, 0xf0000001, 0xa9fe0001,
    };
    switch (below(a, 4)) {
    case 0:
        return special[below(a, sizeof special / sizeof special[0])];
    case 1:
        return station_address(below(a, STATIONS));
    default:
        return draw_neighbor(a);
    }
}

/* ---- headers ---- */

static void link_header(struct attacker *a, unsigned to, unsigned type, struct frame *frame) {
    struct dobos_mac destination = station_mac(to);
    struct dobos_mac source = station_mac(below(a, STATIONS));
    if (!once_in(a, 4))
        source.bytes[5] = ATTACKER_MAC_BYTE;
    memset(frame, 0, sizeof *frame);
    memcpy(frame->bytes, destination.bytes, 6);
    if (once_in(a, 20))
        memset(frame->bytes, 0xff, 6);
    memcpy(frame->bytes + 6, source.bytes, 6);
    store_be16(frame->bytes + 12, (uint16_t)type);
    frame->length = ETHERNET_HEADER_BYTES;
}

/* An IPv4 header for `length` bytes of payload; returns where they begin. */
static uint8_t *ipv4_header(struct attacker *a, unsigned to, unsigned protocol, size_t length,
                            struct frame *frame) {
    link_header(a, to, ETHER_TYPE_IPV4, frame);
    uint8_t *ip = frame->bytes + FRAME_IP;
    size_t options = once_in(a, 8) ? 4 * below(a, 11) : 0;
    ip[0] = (uint8_t)(0x45 + options / 4);
    ip[1] = (uint8_t)any16(a);
    store_be16(ip + 2, (uint16_t)(IPV4_BYTES + options + length));
    store_be16(ip + 4, (uint16_t)below(a, 4));
    if (once_in(a, 30))
        store_be16(ip + 6, any16(a));
    ip[8] = (uint8_t)(once_in(a, 10) ? below(a, 3) : 64);
    ip[9] = (uint8_t)protocol;
    store_be32(ip + 12, once_in(a, 3) ? draw_address(a) : draw_neighbor(a));
    store_be32(ip + 16, once_in(a, 10) ? draw_address(a) : station_address(to));
    for (size_t i = 0; i < options; i++)
        ip[IPV4_BYTES + i] = (uint8_t)below(a, once_in(a, 3) ? 2 : 256);
    frame->length = FRAME_PAYLOAD + options + length;
    return ip + IPV4_BYTES + options;
}

void frame_finish(struct frame *frame) {
    uint8_t *ip = frame->bytes + FRAME_IP;
    if (frame->length < FRAME_PAYLOAD || load_be16(frame->bytes + 12) != ETHER_TYPE_IPV4)
        return;
    size_t header = (size_t)(ip[0] & 15) * 4, total = load_be16(ip + 2);
    if (header < IPV4_BYTES || FRAME_IP + header > frame->length)
        return;
    store_be16(ip + 10, 0);
    store_be16(ip + 10, checksum_finish(checksum_add(0, ip, header)));
    if (total < header || FRAME_IP + total > frame->length || (load_be16(ip + 6) & 0x3fff))
        return;
    uint8_t *payload = ip + header, *field = NULL;
    size_t length = total - header;
    if (ip[9] == PROTOCOL_TCP && length >= TCP_HEADER_BYTES)
        field = payload + 16;
    else if (ip[9] == PROTOCOL_UDP && length >= UDP_BYTES)
        field = payload + 6;
    else if (ip[9] == PROTOCOL_ICMP && length >= 4)
        field = payload + 2;
    if (!field)
        return;
    struct dobos_address source = dobos_address_ipv4(load_be32(ip + 12));
    struct dobos_address destination = dobos_address_ipv4(load_be32(ip + 16));
    uint32_t sum = 0;
    if (ip[9] != PROTOCOL_ICMP)
        sum = checksum_pseudo(&source, &destination, ip[9], (uint32_t)length);
    store_be16(field, 0);
    uint16_t checksum = checksum_finish(checksum_add(sum, payload, length));
    store_be16(field, checksum == 0 && ip[9] == PROTOCOL_UDP ? 0xffff : checksum);
}

/* ---- one protocol each ---- */

static void draw_noise(struct attacker *a, unsigned to, struct frame *frame) {
    static const uint16_t types[] = {ETHER_TYPE_IPV4, ETHER_TYPE_IPV4, ETHER_TYPE_ARP};
    link_header(a, to, once_in(a, 4) ? any16(a) : types[below(a, 3)], frame);
    size_t length = below(a, 1486);
    fill(a, frame->bytes + FRAME_IP, length);
    frame->length += length;
    if (once_in(a, 2)) {
        frame->bytes[FRAME_IP] = 0x45;
        frame_finish(frame);
    }
}

static void draw_arp(struct attacker *a, unsigned to, struct frame *frame) {
    link_header(a, to, ETHER_TYPE_ARP, frame);
    uint8_t *arp = frame->bytes + FRAME_IP;
    store_be16(arp, 1);
    store_be16(arp + 2, ETHER_TYPE_IPV4);
    arp[4] = 6;
    arp[5] = 4;
    store_be16(arp + 6, (uint16_t)(1 + below(a, once_in(a, 20) ? 10 : 2)));
    memcpy(arp + 8, frame->bytes + 6, 6);
    if (once_in(a, 10))
        arp[8] |= 1;
    store_be32(arp + 14, once_in(a, 2) ? station_address(station_peer(to)) : draw_address(a));
    memcpy(arp + 18, frame->bytes, 6);
    store_be32(arp + 24, once_in(a, 3) ? draw_address(a) : station_address(to));
    frame->length += ARP_BYTES;
    if (once_in(a, 10))
        frame->length -= below(a, ARP_BYTES);
}

/* A quoted datagram of the station's own, of the witness as often as not. */
static void draw_quote(struct attacker *a, unsigned to, uint8_t *quote) {
    unsigned sender = to % 2;
    uint16_t ports[2] = {any16(a), PORT_STREAM};
    if (once_in(a, 2)) {
        ports[sender] = a->witness_port;
        ports[!sender] = PORT_STREAM;
    }
    memset(quote, 0, IPV4_BYTES);
    quote[0] = (uint8_t)(0x45 + (once_in(a, 8) ? below(a, 11) : 0));
    store_be16(quote + 2, (uint16_t)below(a, 2000));
    quote[8] = 64;
    quote[9] = once_in(a, 2) ? PROTOCOL_TCP : PROTOCOL_UDP;
    store_be32(quote + 12, station_address(sender));
    store_be32(quote + 16, station_address(!sender));
    store_be16(quote + IPV4_BYTES, ports[0]);
    store_be16(quote + IPV4_BYTES + 2, ports[1]);
}

static void draw_icmp(struct attacker *a, unsigned to, struct frame *frame) {
    static const uint8_t types[] = {0, 3, 4, 5, 8, 11, 12, 13, 14, 17, 18};
    size_t length = below(a, 600);
    unsigned protocol = once_in(a, 3) ? below(a, 256) : PROTOCOL_ICMP;
    uint8_t *icmp = ipv4_header(a, to, protocol, length, frame);
    fill(a, icmp, length);
    if (length >= 8) {
        icmp[0] = once_in(a, 2) ? (uint8_t)any16(a) : types[below(a, sizeof types)];
        icmp[1] = (uint8_t)below(a, 16);
    }
    if (length >= 36 && once_in(a, 2))
        draw_quote(a, to, icmp + 8);
    frame_finish(frame);
}

static void draw_udp(struct attacker *a, unsigned to, struct frame *frame) {
    size_t length = UDP_BYTES + below(a, 400);
    uint8_t *udp = ipv4_header(a, to, PROTOCOL_UDP, length, frame);
    store_be16(udp, any16(a));
    store_be16(udp + 2, once_in(a, 2) ? any16(a) : PORT_DATAGRAM);
    store_be16(udp + 4, (uint16_t)(once_in(a, 8) ? below(a, 2000) : length));
    frame_finish(frame);
}

/* Options that are mostly well made: no operation, end, MSS, window scale, timestamps, any. */
static void draw_tcp_options(struct attacker *a, uint8_t *options, size_t room) {
    static const uint8_t kinds[] = {0, 1, 2, 3, 8}, lengths[] = {1, 1, 4, 3, 10};
    for (size_t at = 0; at < room;) {
        unsigned which = below(a, 8);
        size_t length = which < 5 ? lengths[which] : 2;
        if (length > room - at) {
            options[at++] = 1;
            continue;
        }
        fill(a, options + at, length);
        if (which < 5)
            options[at] = kinds[which];
        if (length > 1)
            options[at + 1] = which < 5 ? lengths[which] : (uint8_t)below(a, 42);
        if (which == 2)
            store_be16(options + at + 2, (uint16_t)(once_in(a, 3) ? below(a, 200) : 1460));
        at += length;
    }
}

static void draw_tcp(struct attacker *a, unsigned to, struct frame *frame) {
    size_t options = once_in(a, 2) ? 4 * below(a, 11) : 0;
    size_t length = TCP_HEADER_BYTES + options + (once_in(a, 2) ? below(a, 900) : 0);
    uint8_t *tcp = ipv4_header(a, to, PROTOCOL_TCP, length, frame);
    store_be16(tcp, (uint16_t)(once_in(a, 3) ? PORT_STREAM : 1024 + below(a, 60000)));
    store_be16(tcp + 2, once_in(a, 4) ? any16(a) : PORT_STREAM);
    store_be32(tcp + 4, any32(a));
    store_be32(tcp + 8, any32(a));
    tcp[12] = (uint8_t)((once_in(a, 20) ? below(a, 16) : (TCP_HEADER_BYTES + options) / 4) << 4);
    tcp[13] = once_in(a, 2) ? (uint8_t)any16(a) : TCP_SYN;
    store_be16(tcp + 14, any16(a));
    store_be16(tcp + 18, any16(a));
    draw_tcp_options(a, tcp + TCP_HEADER_BYTES, options);
    if (once_in(a, 3))
        store_be32(frame->bytes + FRAME_IP + 12, station_address(to % 2 == 0));
    if (once_in(a, 6)) { /* blind, at the witness */
        store_be16(tcp, to % 2 ? a->witness_port : PORT_STREAM);
        store_be16(tcp + 2, to % 2 ? PORT_STREAM : a->witness_port);
    }
    frame_finish(frame);
}

static void draw_fragment(struct attacker *a, unsigned to, struct frame *frame) {
    static const uint8_t protocols[] = {PROTOCOL_UDP, PROTOCOL_UDP, PROTOCOL_TCP, PROTOCOL_ICMP};
    size_t length = once_in(a, 2) ? 8 * (1 + below(a, 100)) : below(a, 700);
    uint8_t *payload = ipv4_header(a, to, protocols[below(a, 4)], length, frame);
    uint8_t *ip = frame->bytes + FRAME_IP;
    unsigned more = once_in(a, 3) ? 0 : 0x2000;
    store_be16(ip + 4, (uint16_t)below(a, 6));
    store_be16(ip + 6, (uint16_t)(more | below(a, once_in(a, 30) ? 8192 : 200)));
    fill(a, payload, length);
    frame_finish(frame);
}

void frame_draw(struct attacker *attacker, unsigned to, struct frame *frame) {
    static void (*const draws[])(struct attacker *, unsigned, struct frame *) = {
        draw_noise, draw_arp, draw_icmp, draw_udp, draw_tcp, draw_tcp, draw_fragment,
    };
    draws[below(attacker, sizeof draws / sizeof draws[0])](attacker, to, frame);
}

void frame_draw_arp_flood(struct attacker *attacker, unsigned to, struct frame *frame) {
    draw_arp(attacker, to, frame);
    store_be16(frame->bytes + FRAME_IP + 6, ARP_REQUEST);
    store_be32(frame->bytes + FRAME_IP + 14, link_network(to) + 3 + below(attacker, 60000));
}

void frame_draw_syn_flood(struct attacker *attacker, unsigned to, struct frame *frame) {
    uint8_t *tcp = ipv4_header(attacker, to, PROTOCOL_TCP, TCP_HEADER_BYTES, frame);
    store_be32(frame->bytes + FRAME_IP + 12, link_network(to) + 3 + below(attacker, 60000));
    store_be16(tcp, any16(attacker));
    store_be16(tcp + 2, PORT_STREAM);
    store_be32(tcp + 4, any32(attacker));
    tcp[12] = TCP_HEADER_BYTES / 4 << 4;
    tcp[13] = TCP_SYN;
    store_be16(tcp + 14, any16(attacker));
    frame_finish(frame);
}

/* ---- what he saw ---- */

static void mutate_tcp(struct attacker *a, struct frame *frame) {
    uint8_t *ip = frame->bytes + FRAME_IP, *tcp = ip + IPV4_BYTES;
    switch (below(a, 9)) {
    case 0:
        tcp[13] ^= (uint8_t)(1u << below(a, 8));
        break;
    case 1:
        store_be32(tcp + 4, load_be32(tcp + 4) + below(a, 200) - 100);
        break;
    case 2:
        store_be32(tcp + 8, load_be32(tcp + 8) + below(a, 200) - 100);
        break;
    case 3:
        store_be16(tcp + 14, once_in(a, 3) ? any16(a) : 0);
        break;
    case 4:
        store_be16(tcp + 18, any16(a));
        tcp[13] |= TCP_URG;
        break;
    case 5:
        tcp[12] ^= (uint8_t)(below(a, 16) << 4);
        break;
    case 6:
        store_be32(tcp + 4, load_be32(tcp + 4) + below(a, 200000));
        break;
    case 7:
        if (frame->length >= FRAME_PAYLOAD + TCP_HEADER_BYTES + 12)
            tcp[TCP_HEADER_BYTES + below(a, 12)] = (uint8_t)any16(a);
        break;
    default:
        frame->length -= below(a, (unsigned)frame->length - FRAME_PAYLOAD - TCP_HEADER_BYTES + 1);
        store_be16(ip + 2, (uint16_t)(frame->length - FRAME_IP));
        break;
    }
}

void frame_mutate(struct attacker *attacker, struct frame *frame) {
    bool tcp = frame->length >= FRAME_PAYLOAD + TCP_HEADER_BYTES &&
               load_be16(frame->bytes + 12) == ETHER_TYPE_IPV4 &&
               frame->bytes[FRAME_IP + 9] == PROTOCOL_TCP;
    for (unsigned changes = 1 + below(attacker, 3); changes > 0; changes--) {
        if (tcp)
            mutate_tcp(attacker, frame);
        else
            frame->bytes[below(attacker, (unsigned)frame->length)] ^=
                (uint8_t)(1u << below(attacker, 8));
    }
    if (!once_in(attacker, 20))
        frame_finish(frame);
}

void frame_cut(struct attacker *attacker, const struct frame *whole, struct frame *piece) {
    unsigned all = (unsigned)whole->length - FRAME_PAYLOAD;
    unsigned offset = 8 * below(attacker, all / 8), length = 8 * (1 + below(attacker, all / 8));
    if (offset + length > all)
        length = all - offset;
    *piece = *whole;
    uint8_t *ip = piece->bytes + FRAME_IP;
    memmove(piece->bytes + FRAME_PAYLOAD, whole->bytes + FRAME_PAYLOAD + offset, length);
    piece->length = FRAME_PAYLOAD + length;
    store_be16(ip + 2, (uint16_t)(IPV4_BYTES + length));
    store_be16(ip + 4, (uint16_t)below(attacker, 3));
    store_be16(ip + 6, (uint16_t)(offset / 8 | (offset + length < all ? 0x2000u : 0)));
    frame_finish(piece);
}

bool frame_is_witness(const struct attacker *attacker, const struct frame *frame) {
    const uint8_t *ip = frame->bytes + FRAME_IP;
    size_t header = (size_t)(ip[0] & 15) * 4;
    if (frame->length < FRAME_IP + header + 4 || load_be16(frame->bytes + 12) != ETHER_TYPE_IPV4 ||
        ip[9] != PROTOCOL_TCP)
        return false;
    return load_be16(ip + header) == attacker->witness_port ||
           load_be16(ip + header + 2) == attacker->witness_port;
}
