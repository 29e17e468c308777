/*
 * golden: packets written by hand, byte by byte, one table for all: the tests of wire/ read them
 * whole, cut at every byte and with every byte changed, and fuzz/seeds.c writes them out as the
 * first inputs of the fuzz targets. Checksums were computed apart from this project's code.
 */
#ifndef TESTS_WIRE_GOLDEN_H
#define TESTS_WIRE_GOLDEN_H

#include <stddef.h>
#include <stdint.h>

/* 192.168.0.4 asks who has 192.168.0.1, in a frame padded to 60 bytes. */
static const uint8_t golden_ethernet_arp[60] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,                   /* destination */
    0xb8, 0x27, 0xeb, 0x5d, 0x7f, 0xae,                   /* source */
    0x08, 0x06,                                           /* ARP */
    0x00, 0x01, 0x08, 0x00, 6,    4,    0x00, 0x01,       /* request */
    0xb8, 0x27, 0xeb, 0x5d, 0x7f, 0xae, 192,  168,  0, 4, /* sender */
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 192,  168,  0, 1, /* target */
};

/* 802.3 with LLC/SNAP: length 8 + 4, IPv4 inside. */
static const uint8_t golden_ethernet_snap[] = {
    0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00,
    0x0c, 0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00, 0x08, 0x00, 0x45, 0x00, 0x00, 0x14,
};

/* 802.3 of something else: a spanning tree frame's LLC. */
static const uint8_t golden_ethernet_llc[] = {
    0x01, 0x80, 0xc2, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00,
    0x26, 0x42, 0x42, 0x03, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static const uint8_t golden_arp_request[] = {
    0x00, 0x01, 0x08, 0x00, 6,    4,    0x00, 0x01, 0xb8, 0x27, 0xeb, 0x5d, 0x7f, 0xae,
    192,  168,  0,    4,    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 192,  168,  0,    1,
};

static const uint8_t golden_arp_reply[] = {
    0x00, 0x01, 0x08, 0x00, 6,    4,    0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01,
    192,  168,  0,    1,    0xb8, 0x27, 0xeb, 0x5d, 0x7f, 0xae, 192,  168,  0,    4,
};

/* Who is a member of anything, as version 1 asks. */
static const uint8_t golden_igmp_v1_query[] = {0x11, 0x00, 0xee, 0xff, 0x00, 0x00, 0x00, 0x00};

/* Who is a member of 239.1.2.3, to be answered within ten seconds. */
static const uint8_t golden_igmp_v2_query[] = {0x11, 0x64, 0xfd, 0x96, 239, 1, 2, 3};

/* Who wants 192.0.2.1 or 192.0.2.2 of 239.1.2.3: within 21.6 s, robustness 2, an interval of 125 s,
 * without side effects on routers. */
static const uint8_t golden_igmp_v3_query[] = {0x11, 0x8b, 0x6e, 0xec, 239, 1, 2,   3, 0x0a, 0x7d,
                                               0x00, 0x02, 192,  0,    2,   1, 192, 0, 2,    2};

static const uint8_t golden_igmp_v2_report[] = {0x16, 0x00, 0xf8, 0xfa, 239, 1, 2, 3};

/* All sources of 239.1.2.3 from now on; and 192.0.2.7 of 232.1.1.1, with auxiliary data. */
static const uint8_t golden_igmp_v3_report[] = {
    0x22, 0x00, 0x9b, 0x4e, 0x00, 0x00, 0x00, 0x02, 0x04, 0x00, 0x00, 0x00, 239,  1,    2,    3,
    0x05, 0x01, 0x00, 0x01, 232,  1,    1,    1,    192,  0,    2,    7,    0xde, 0xad, 0xbe, 0xef};

/* A middle fragment of a UDP datagram: id 0x1234, offset 1480, more to come, 16 bytes. */
static const uint8_t golden_ipv4_fragment[36] = {
    0x45, 0x00, 0x00, 0x24, 0x12, 0x34, 0x20, 0xb9, 0x40, 0x11, 0x4b, 0x23, 192, 168,
    0,    4,    203,  0,    113,  12,   'a',  'b',  'c',  'd',  'e',  'f',  'g', 'h',
};

/* Record route (empty), NOP, router alert; TOS 0xc0, DF, TTL 1, ICMP. */
static const uint8_t golden_ipv4_options[40] = {
    0x48, 0xc0, 0x00, 0x28, 0x00, 0x00, 0x40, 0x00, 0x01, 0x01, 0x55, 0xb3,
    192,  168,  0,    4,    192,  168,  0,    1,    7,    7,    4,    0,
    0,    0,    0,    1,    148,  4,    0,    0,    8,    0,    0xf7, 0xff,
};

/* A loose source route and the end of the list. */
static const uint8_t golden_ipv4_source_route[32] = {
    0x47, 0x00, 0x00, 0x20, 0xab, 0xcd, 0x00, 0x00, 0xff, 0x06, 0xc9, 0x3f, 10,  0,   0,   1,
    10,   0,    0,    2,    131,  7,    4,    192,  168,  0,    1,    0,    'x', 'y', 'z', '!',
};

static const uint8_t golden_icmp_echo[] = {
    8, 0, 0x54, 0x97, 0x12, 0x34, 0x00, 0x07, 'a', 'b', 'c', 'd', 'e', 'f', 'g',
};

/* Fragmentation needed, MTU 1400 (checksum not looked at by the format). */
static const uint8_t golden_icmp_too_big[] = {
    3, 4, 0xab, 0xcd, 0x00, 0x00, 0x05, 0x78, 0x45, 0x00, 0x05, 0xdc,
};

static const uint8_t golden_udp[] = {
    0xc0, 0x01, 0x00, 0x35, 0x00, 0x0d, 0x7a, 0x75, 'h', 'e', 'l', 'l', 'o',
};

/* SYN: MSS 1460, SACK permitted, timestamps, NOP, window scale 7. */
static const uint8_t golden_tcp_syn[40] = {
    0xc0, 0x00, 0x00, 0x50, 0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x00, 0xa0, 0x02,
    0xfa, 0xf0, 0x47, 0x55, 0x00, 0x00, 2,    4,    0x05, 0xb4, 4,    2,    8,    10,
    0x11, 0x22, 0x33, 0x44, 0x00, 0x00, 0x00, 0x00, 1,    3,    3,    7,
};

/* ACK with timestamps and two SACK blocks. */
static const uint8_t golden_tcp_sack[52] = {
    0x00, 0x50, 0xc0, 0x00, 0xa0, 0xb0, 0xc0, 0xd0, 0x01, 0x02, 0x03, 0x05, 0xd0,
    0x10, 0x02, 0x00, 0xbe, 0x62, 0x00, 0x00, 1,    1,    8,    10,   0x55, 0x66,
    0x77, 0x88, 0x11, 0x22, 0x33, 0x44, 1,    1,    5,    18,   0x01, 0x02, 0x04,
    0x00, 0x01, 0x02, 0x08, 0x00, 0x01, 0x02, 0x0c, 0x00, 0x01, 0x02, 0x10, 0x00,
};

/* www.example.org A? with an EDNS option record of 1232 bytes. */
static const uint8_t golden_dns_query[] = {
    0x1a, 0x2b, 0x01, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 3,    'w',  'w',
    'w',  7,    'e',  'x',  'a',  'm',  'p',  'l',  'e',  3,    'o',  'r',  'g',  0,    0x00,
    0x01, 0x00, 0x01, 0,    0x00, 0x29, 0x04, 0xd0, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00,
};

/* clang-format off */

/* The answer: an alias, its address, the zone's server and that one's address; all compressed. */
static const uint8_t golden_dns_answer[101] = {
    0x1a, 0x2b, 0x85, 0x80, 0x00, 0x01, 0x00, 0x02, 0x00, 0x01, 0x00, 0x01,
    /* 12 */ 3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e',
    /* 24 */ 3, 'o', 'r', 'g', 0, 0x00, 0x01, 0x00, 0x01,
    /* 33 */ 0xc0, 12, 0x00, 0x05, 0x00, 0x01, 0x00, 0x00, 0x0e, 0x10, 0x00, 6,
    /* 45 */ 3, 'w', 'e', 'b', 0xc0, 16,
    /* 51 */ 0xc0, 45, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x3c, 0x00, 4,
    /* 63 */ 203, 0, 113, 80,
    /* 67 */ 0xc0, 16, 0x00, 0x02, 0x00, 0x01, 0x00, 0x01, 0x51, 0x80, 0x00, 6,
    /* 79 */ 3, 'n', 's', '1', 0xc0, 16,
    /* 85 */ 0xc0, 79, 0x00, 0x01, 0x00, 0x01, 0x00, 0x01, 0x51, 0x80, 0x00, 4,
    /* 97 */ 203, 0, 113, 53,
};

/* clang-format on */

/* A name with a dot, a backslash, a blank and a byte above ASCII in its labels. */
static const uint8_t golden_dns_odd_name[] = {
    0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 4,
    'a',  '.',  '\\', ' ',  2,    0xff, 'B',  0,    0x00, 0x0c, 0x00, 0x01,
};

/* clang-format off */

/*
 * Little-endian, nanoseconds: one interface "lan", one packet of 3 bytes at 2000-01-01T00:00:01Z
 * with the comment "hello".
 */
static const uint8_t golden_pcapng_little[] = {
    0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 28, 0, 0, 0,
    /* interface */
    1, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0,
    2, 0, 3, 0, 'l', 'a', 'n', 0, 9, 0, 1, 0, 9, 0, 0, 0,
    0, 0, 0, 0, 40, 0, 0, 0,
    /* packet */
    6, 0, 0, 0, 52, 0, 0, 0, 0, 0, 0, 0,
    0xcf, 0x4c, 0x23, 0x0d, 0x00, 0xca, 0xdd, 0x8d, 3, 0, 0, 0, 60, 0, 0, 0,
    0xaa, 0xbb, 0xcc, 0, 1, 0, 5, 0, 'h', 'e', 'l', 'l', 'o', 0, 0, 0,
    0, 0, 0, 0, 52, 0, 0, 0,
};

/*
 * Big-endian: a section with an interface in microseconds (no options), an interface in units of
 * 2^-10 s that begins 100 s later, an unknown block, an enhanced packet of each and a simple
 * packet.
 */
static const uint8_t golden_pcapng_big[] = {
    0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 32, 0x1a, 0x2b, 0x3c, 0x4d, 0, 1, 0, 0,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 32,
    /* raw IP, not cut */
    0, 0, 0, 1, 0, 0, 0, 20, 0, 101, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20,
    /* Ethernet, cut to 64 bytes */
    0, 0, 0, 1, 0, 0, 0, 44, 0, 1, 0, 0, 0, 0, 0, 64,
    0, 9, 0, 1, 0x8a, 0, 0, 0, 0, 14, 0, 8, 0, 0, 0, 0,
    0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 44,
    /* unknown */
    0, 0, 0x0b, 0xad, 0, 0, 0, 16, 1, 2, 3, 4, 0, 0, 0, 16,
    /* microsecond 5 */
    0, 0, 0, 6, 0, 0, 0, 36, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 36,
    /* 1536 / 1024 s + 100 s */
    0, 0, 0, 6, 0, 0, 0, 36, 0, 0, 0, 1, 0, 0, 0, 0,
    0, 0, 6, 0, 0, 0, 0, 1, 0, 0, 0, 9, 7, 0, 0, 0, 0, 0, 0, 36,
    /* simple, 2 bytes */
    0, 0, 0, 3, 0, 0, 0, 20, 0, 0, 0, 2, 0xab, 0xcd, 0, 0, 0, 0, 0, 20,
};

/* clang-format on */

struct golden {
    const char *format; /* the fuzz target's name */
    const char *name;   /* of this packet among those of its format */
    const uint8_t *bytes;
    size_t length;
};

#define GOLDEN(format, name, bytes) {format, name, bytes, sizeof(bytes)}
#define GOLDEN_OPTIONS(name, bytes) {"tcp_options", name, bytes + 20, sizeof(bytes) - 20}

static const struct golden golden_packets[] = {
    GOLDEN("ethernet", "arp", golden_ethernet_arp),
    GOLDEN("ethernet", "snap", golden_ethernet_snap),
    GOLDEN("ethernet", "llc", golden_ethernet_llc),
    GOLDEN("arp", "request", golden_arp_request),
    GOLDEN("arp", "reply", golden_arp_reply),
    GOLDEN("ipv4", "fragment", golden_ipv4_fragment),
    GOLDEN("ipv4", "options", golden_ipv4_options),
    GOLDEN("ipv4", "source-route", golden_ipv4_source_route),
    GOLDEN("igmp", "v1-query", golden_igmp_v1_query),
    GOLDEN("igmp", "v2-query", golden_igmp_v2_query),
    GOLDEN("igmp", "v3-query", golden_igmp_v3_query),
    GOLDEN("igmp", "v2-report", golden_igmp_v2_report),
    GOLDEN("igmp", "v3-report", golden_igmp_v3_report),
    GOLDEN("icmp", "echo", golden_icmp_echo),
    GOLDEN("icmp", "too-big", golden_icmp_too_big),
    GOLDEN("udp", "hello", golden_udp),
    GOLDEN("tcp", "syn", golden_tcp_syn),
    GOLDEN("tcp", "sack", golden_tcp_sack),
    GOLDEN_OPTIONS("syn", golden_tcp_syn),
    GOLDEN_OPTIONS("sack", golden_tcp_sack),
    GOLDEN("dns", "query", golden_dns_query),
    GOLDEN("dns", "answer", golden_dns_answer),
    GOLDEN("dns", "odd-name", golden_dns_odd_name),
    GOLDEN("pcapng", "little", golden_pcapng_little),
    GOLDEN("pcapng", "big", golden_pcapng_big),
};

#endif
