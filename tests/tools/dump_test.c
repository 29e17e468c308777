/* dump: the text of golden packets, to the byte, and of everything near them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../wire/golden_dhcp.h"
#include "../wire/survey.h"
#include "base/checksum.h"
#include "tools/dump.h"
#include "wire/ethernet.h"
#include "wire/icmp.h"
#include "wire/ipv4.h"
#include "wire/pcap.h"
#include "wire/udp.h"

/* A packet being put together. */
struct made {
    uint8_t bytes[512];
    size_t length;
};

/* IPv4 from 192.168.0.4 to 203.0.113.80 around a payload. */
static struct made ipv4_around(uint8_t protocol, const void *payload, size_t length) {
    struct made made;
    struct ipv4 ipv4 = {.protocol = protocol, .ttl = 64, .dont_fragment = true};
    struct writer w = writer_make(made.bytes, sizeof(made.bytes));
    ipv4.source = dobos_address_ipv4(0xc0a80004);
    ipv4.destination = dobos_address_ipv4(0xcb007150);
    ipv4.total_length = (uint16_t)(20 + length);
    ipv4_emit(&w, &ipv4);
    writer_bytes(&w, payload, length);
    assert_false(w.failed);
    made.length = w.position;
    return made;
}

/* UDP without a checksum around a payload, in IPv4. */
static struct made udp_around(uint16_t source, uint16_t destination, const void *payload,
                              size_t length) {
    uint8_t bytes[512];
    struct writer w = writer_make(bytes, sizeof(bytes));
    struct udp udp = {.source_port = source, .destination_port = destination};
    udp.length = (uint16_t)(8 + length);
    udp_emit(&w, &udp);
    writer_bytes(&w, payload, length);
    assert_false(w.failed);
    return ipv4_around(PROTOCOL_UDP, bytes, w.position);
}

static void text_is(uint16_t link_type, const void *bytes, size_t length, size_t original,
                    const char *expected) {
    struct sink sink = {0};
    dump_packet(&sink, link_type, bytes, length, original);
    assert_false(sink.failed);
    assert_string_equal(sink_text(&sink), expected);
    sink_fini(&sink);
}

static void ip_text_is(const struct made *made, const char *expected) {
    text_is(PCAPNG_LINKTYPE_RAW, made->bytes, made->length, made->length, expected);
}

static void arp_request_is_shown_and_its_padding_is_not(void **state) {
    (void)state;
    text_is(PCAPNG_LINKTYPE_ETHERNET, golden_ethernet_arp, 60, 60,
            "Ethernet b8:27:eb:5d:7f:ae > ff:ff:ff:ff:ff:ff type ARP\n"
            "  ARP request who has 192.168.0.1 tell 192.168.0.4 at b8:27:eb:5d:7f:ae\n");
}

static void arp_reply_is_shown(void **state) {
    (void)state;
    uint8_t frame[42] = {[0] = 2, [5] = 9, [6] = 2, [11] = 1, [12] = 8, [13] = 6};
    memcpy(frame + 14, golden_arp_reply, 28);
    text_is(
        PCAPNG_LINKTYPE_ETHERNET, frame, sizeof(frame), 0,
        "Ethernet 02:00:00:00:00:01 > 02:00:00:00:00:09 type ARP\n"
        "  ARP reply 192.168.0.1 is at 02:00:00:00:00:01 to 192.168.0.4 at b8:27:eb:5d:7f:ae\n");
}

static void frames_that_are_not_ip_are_shown(void **state) {
    (void)state;
    text_is(PCAPNG_LINKTYPE_ETHERNET, golden_ethernet_llc, 26, 52,
            "Ethernet 02:00:00:00:00:02 > 01:80:c2:00:00:00 IEEE 802.3 length 38\n"
            "  Data 38 bytes, 12 captured\n");
    text_is(PCAPNG_LINKTYPE_ETHERNET, "\2\0\0\0\0\1\2\0\0\0\0\2\206\335abc", 17, 17,
            "Ethernet 02:00:00:00:00:02 > 02:00:00:00:00:01 type IPv6 0x86dd\n"
            "  Data 3 bytes: abc\n");
    text_is(PCAPNG_LINKTYPE_ETHERNET, "\2\0\0", 3, 3,
            "Ethernet malformed: shorter than its header\n"
            "  Data 3 bytes\n");
    text_is(113, "\1", 1, 1, "Data 1 byte\n");
    text_is(PCAPNG_LINKTYPE_ETHERNET, NULL, 0, 0, "Ethernet malformed: shorter than its header\n");
}

static void syn_is_shown_with_its_options(void **state) {
    (void)state;
    struct made made = ipv4_around(PROTOCOL_TCP, golden_tcp_syn, sizeof(golden_tcp_syn));
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol TCP ttl 64 id 0x0000 DF length 60 checksum ok\n"
        "  TCP 49152 > 80 SYN seq 16909060 window 64240 length 0 checksum ok options MSS 1460, "
        "SACK permitted, timestamps 287454020 echo 0, window scale 7\n");
    made.bytes[20 + 15] ^= 1;
    made.bytes[8] = 63;
    ip_text_is(&made, "IPv4 192.168.0.4 > 203.0.113.80 protocol TCP ttl 63 id 0x0000 DF length 60 "
                      "checksum wrong (0x3dbf, should be 0x3ebf)\n"
                      "  TCP 49152 > 80 SYN seq 16909060 window 64241 length 0 "
                      "checksum wrong (0x4755, should be 0x4754) options MSS 1460, "
                      "SACK permitted, timestamps 287454020 echo 0, window scale 7\n");
}

static void accurate_ecn_is_shown(void **state) {
    (void)state;
    uint8_t bytes[36] = {0xc0, 0, 0, 80,  0,  0, 0, 1, 0, 0, 0, 2, 0x91, 0x50, 2, 0, 0,   0,
                         0,    0, 1, 174, 11, 0, 0, 1, 0, 0, 2, 0, 0,    3,    1, 1, 172, 2};
    struct made made = ipv4_around(PROTOCOL_TCP, bytes, sizeof bytes);
    made.bytes[20 + 33] = 0; /* what comes behind the first option is not read */
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol TCP ttl 64 id 0x0000 DF length 56 checksum ok\n"
        "  TCP 49152 > 80 ACK ECE AE seq 1 ack 2 window 512 length 0 checksum wrong (0x0000, "
        "should be 0xf37e) options AccECN e1b 1 ceb 2 e0b 3\n");
}

static void sack_blocks_are_shown(void **state) {
    (void)state;
    struct made made = ipv4_around(PROTOCOL_TCP, golden_tcp_sack, sizeof(golden_tcp_sack));
    made.bytes[20 + 13] = 0xff;
    text_is(
        PCAPNG_LINKTYPE_RAW, made.bytes, made.length, made.length,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol TCP ttl 64 id 0x0000 DF length 72 checksum ok\n"
        "  TCP 80 > 49152 SYN FIN RST PSH ACK URG ECE CWR seq 2695938256 ack 16909061 window 512 "
        "urgent 0 length 0 "
        "checksum wrong (0xbe62, should be 0xbd73) options timestamps 1432778632 echo 287454020, "
        "SACK 16909312-16910336 16911360-16912384\n");
}

static void first_line_of_text_is_shown(void **state) {
    (void)state;
    struct made made = udp_around(1000, 7, "GET / HTTP/1.1\r\nHost: x\r\n", 25);
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol UDP ttl 64 id 0x0000 DF length 53 checksum ok\n"
        "  UDP 1000 > 7 length 25 no checksum\n"
        "    Data 25 bytes: GET / HTTP/1.1\n");
    char longer[80];
    memset(longer, 'x', sizeof(longer));
    made = udp_around(1000, 7, longer, sizeof(longer));
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol UDP ttl 64 id 0x0000 DF length 108 checksum ok\n"
        "  UDP 1000 > 7 length 80 no checksum\n"
        "    Data 80 bytes: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...\n");
    made = udp_around(1000, 7, "a\033[2J", 5);
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol UDP ttl 64 id 0x0000 DF length 33 checksum ok\n"
        "  UDP 1000 > 7 length 5 no checksum\n"
        "    Data 5 bytes\n");
}

static void fragment_is_shown(void **state) {
    (void)state;
    text_is(PCAPNG_LINKTYPE_RAW, golden_ipv4_fragment, 36, 36,
            "IPv4 192.168.0.4 > 203.0.113.12 protocol UDP ttl 64 id 0x1234 MF offset 1480 length "
            "36 checksum ok\n"
            "  Data 16 bytes\n");
    uint8_t first[36];
    memcpy(first, golden_ipv4_fragment, sizeof(first));
    memcpy(first + 20, "\3\350\0\7\5\334\1\1", 8);
    store_be16(first + 6, 0x2000);
    store_be16(first + 10, 0x4bdc);
    text_is(
        PCAPNG_LINKTYPE_RAW, first, 36, 36,
        "IPv4 192.168.0.4 > 203.0.113.12 protocol UDP ttl 64 id 0x1234 MF length 36 checksum ok\n"
        "  UDP 1000 > 7 length 1492 checksum not checked\n"
        "    Data 8 bytes\n");
}

static void echo_and_options_are_shown(void **state) {
    (void)state;
    struct made made = ipv4_around(PROTOCOL_ICMP, golden_icmp_echo, sizeof(golden_icmp_echo));
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol ICMP ttl 64 id 0x0000 DF length 35 checksum ok\n"
        "  ICMP echo request id 0x1234 seq 7 length 15 checksum ok\n"
        "    Data 7 bytes: abcdefg\n");
    text_is(PCAPNG_LINKTYPE_RAW, golden_ipv4_options, 40, 40,
            "IPv4 192.168.0.4 > 192.168.0.1 protocol ICMP ttl 1 tos 0xc0 id 0x0000 DF length 40 "
            "checksum ok "
            "options record route, NOP, router alert\n"
            "  ICMP echo request id 0x0000 seq 0 length 8 checksum ok\n");
}

static void what_routers_have_recorded_is_shown(void **state) {
    (void)state;
    uint8_t bytes[60] = {0x4f, 0, 0, 60, 0,    0,  0, 0, 64, 253, 0, 0, 192, 0, 2,  1,  192, 0,
                         2,    2, 7, 11, 8,    10, 0, 0, 1,  10,  9, 9, 9,   1, 68, 20, 13,  0x21,
                         10,   0, 0, 3,  0x80, 0,  0, 7, 1,  2,   3, 4, 0,   0, 0,  9};
    store_be16(bytes + 10, checksum_finish(checksum_add(0, bytes, 60)));
    text_is(PCAPNG_LINKTYPE_RAW, bytes, 60, 60,
            "IPv4 192.0.2.1 > 192.0.2.2 protocol 253 ttl 64 id 0x0000 length 60 checksum ok "
            "options record route 10.0.0.1, NOP, timestamp 10.0.0.3 own 7 ms overflow 2\n");
    json_t *layers = dump_packet_json(PCAPNG_LINKTYPE_RAW, bytes, 60, 60);
    json_t *wanted = json_pack("[{s:s, s:i, s:b}]", "address", "10.0.0.3", "ms", 7, "own_time", 1);
    const json_t *ip = json_array_get(layers, 0);
    assert_true(json_equal(json_object_get(ip, "timestamps"), wanted));
    assert_int_equal(json_integer_value(json_object_get(ip, "timestamp_overflow")), 2);
    json_decref(wanted);
    json_decref(layers);
    bytes[35] = 0x20; /* times alone */
    store_be16(bytes + 10, 0);
    store_be16(bytes + 10, checksum_finish(checksum_add(0, bytes, 60)));
    text_is(PCAPNG_LINKTYPE_RAW, bytes, 60, 60,
            "IPv4 192.0.2.1 > 192.0.2.2 protocol 253 ttl 64 id 0x0000 length 60 checksum ok "
            "options record route 10.0.0.1, NOP, timestamp 167772163 ms own 7 ms overflow 2\n");
    bytes[22] = 9; /* malformed */
    store_be16(bytes + 10, 0);
    store_be16(bytes + 10, checksum_finish(checksum_add(0, bytes, 60)));
    text_is(PCAPNG_LINKTYPE_RAW, bytes, 60, 60,
            "IPv4 192.0.2.1 > 192.0.2.2 protocol 253 ttl 64 id 0x0000 length 60 checksum ok "
            "options record route, NOP, timestamp\n");
}

/* An error quotes a packet, of which only the beginning is there; an error quoted in an error is
 * not followed. */
static void icmp_error_shows_what_it_quotes(void **state) {
    (void)state;
    struct made lost = ipv4_around(PROTOCOL_TCP, golden_tcp_syn, sizeof(golden_tcp_syn));
    uint8_t message[8 + 28] = {3, 4, 0, 0, 0, 0, 0x05, 0x78};
    memcpy(message + 8, lost.bytes, 28);
    store_be16(message + 2, checksum_finish(checksum_add(0, message, sizeof(message))));
    struct made made = ipv4_around(PROTOCOL_ICMP, message, sizeof(message));
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol ICMP ttl 64 id 0x0000 DF length 56 checksum ok\n"
        "  ICMP destination unreachable (fragmentation needed) mtu 1400 length 36 checksum ok\n"
        "    IPv4 192.168.0.4 > 203.0.113.80 protocol TCP ttl 64 id 0x0000 DF length 60 checksum "
        "ok\n"
        "      TCP 49152 > 80 seq 16909060 cut\n");
    struct made inner = ipv4_around(PROTOCOL_ICMP, message, sizeof(message));
    uint8_t outer[8 + 56] = {11, 0};
    memcpy(outer + 8, inner.bytes, 56);
    made = ipv4_around(PROTOCOL_ICMP, outer, sizeof(outer));
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol ICMP ttl 64 id 0x0000 DF length 84 checksum ok\n"
        "  ICMP time exceeded (in transit) length 64 checksum wrong (0x0000, should be 0xf4ff)\n"
        "    IPv4 192.168.0.4 > 203.0.113.80 protocol ICMP ttl 64 id 0x0000 DF length 56 checksum "
        "ok\n"
        "      ICMP destination unreachable (fragmentation needed) mtu 1400 length 36 checksum not "
        "checked\n"
        "        Data 28 bytes\n");
}

static void other_icmp_messages_are_shown(void **state) {
    (void)state;
    static const struct {
        uint8_t bytes[8];
        const char *text;
    } rows[] = {
        {{5, 1, 0, 0, 192, 168, 0, 1}, "ICMP redirect code 1 to 192.168.0.1 length 8"},
        {{3, 3}, "ICMP destination unreachable (port) length 8"},
        {{3, 77}, "ICMP destination unreachable code 77 length 8"},
        {{11, 1}, "ICMP time exceeded (in reassembly) length 8"},
        {{12, 0}, "ICMP parameter problem length 8"},
        {{4, 0}, "ICMP source quench length 8"},
        {{0, 0, 0, 0, 0, 1, 0, 2}, "ICMP echo reply id 0x0001 seq 2 length 8"},
        {{13, 0}, "ICMP type 13 length 8"},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        struct made made = ipv4_around(PROTOCOL_ICMP, rows[i].bytes, 8);
        struct sink sink = {0};
        dump_packet(&sink, PCAPNG_LINKTYPE_RAW, made.bytes, made.length, made.length);
        assert_non_null(strstr(sink_text(&sink), rows[i].text));
        sink_fini(&sink);
    }
}

static void malformed_layers_say_why(void **state) {
    (void)state;
    text_is(PCAPNG_LINKTYPE_RAW, golden_ipv4_fragment, 19, 19,
            "IPv4 malformed: shorter than its header\n  Data 19 bytes\n");
    text_is(
        PCAPNG_LINKTYPE_RAW, golden_ipv4_fragment, 30, 30,
        "IPv4 malformed: total length below the header's or beyond the packet\n  Data 30 bytes\n");
    text_is(PCAPNG_LINKTYPE_RAW, golden_ipv4_fragment, 30, 36,
            "IPv4 192.168.0.4 > 203.0.113.12 protocol UDP ttl 64 id 0x1234 MF offset 1480 length "
            "36 checksum ok\n"
            "  Data 16 bytes, 10 captured\n");
    struct made made = ipv4_around(PROTOCOL_UDP, "\0\1\0\2\0\7\0\0", 8);
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol UDP ttl 64 id 0x0000 DF length 28 checksum ok\n"
        "  UDP malformed: length below 8 or beyond the packet\n"
        "    Data 8 bytes\n");
    made = ipv4_around(PROTOCOL_TCP, golden_tcp_syn, 24);
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol TCP ttl 64 id 0x0000 DF length 44 checksum ok\n"
        "  TCP 49152 > 80 seq 16909060 cut or malformed: data offset below 20 bytes or beyond the "
        "packet\n");
    made = ipv4_around(PROTOCOL_ICMP, "\10\0\0", 3);
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol ICMP ttl 64 id 0x0000 DF length 23 checksum ok\n"
        "  ICMP malformed: shorter than its header\n"
        "    Data 3 bytes\n");
    made = ipv4_around(47, "ab", 2);
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol 47 ttl 64 id 0x0000 DF length 22 checksum ok\n"
        "  Data 2 bytes: ab\n");
}

static void dns_query_and_answer_are_shown(void **state) {
    (void)state;
    struct made made = udp_around(49153, 53, golden_dns_query, sizeof(golden_dns_query));
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol UDP ttl 64 id 0x0000 DF length 72 checksum ok\n"
        "  UDP 49153 > 53 length 44 no checksum\n"
        "    DNS 0x1a2b query RD questions 1 answers 0 authority 0 additional 1\n"
        "      question www.example.org A\n"
        "      additional OPT udp 1232 version 0 DO\n");
    made = udp_around(53, 49153, golden_dns_answer, sizeof(golden_dns_answer));
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol UDP ttl 64 id 0x0000 DF length 129 checksum ok\n"
        "  UDP 53 > 49153 length 101 no checksum\n"
        "    DNS 0x1a2b response NOERROR AA RD RA questions 1 answers 2 authority 1 additional 1\n"
        "      question www.example.org A\n"
        "      answer www.example.org 3600 CNAME web.example.org.\n"
        "      answer web.example.org 60 A 203.0.113.80\n"
        "      authority example.org 86400 NS ns1.example.org.\n"
        "      additional ns1.example.org 86400 A 203.0.113.53\n");
    made = udp_around(53, 49153, golden_dns_answer, 60);
    ip_text_is(
        &made,
        "IPv4 192.168.0.4 > 203.0.113.80 protocol UDP ttl 64 id 0x0000 DF length 88 checksum ok\n"
        "  UDP 53 > 49153 length 60 no checksum\n"
        "    DNS 0x1a2b response NOERROR AA RD RA questions 1 answers 2 authority 1 additional 1\n"
        "      question www.example.org A\n"
        "      answer www.example.org 3600 CNAME web.example.org.\n"
        "      DNS malformed\n");
}

/* One record of each type whose data have a form, and of one that nobody knows. */
static void every_kind_of_record_is_shown(void **state) {
    (void)state;
    static const struct {
        uint16_t type, length;
        const char *data;
        const char *text;
    } rows[] = {
        {1, 4, "\12\0\0\1", ". 9 A 10.0.0.1"},
        {1, 3, "\12\0\0", ". 9 A \\# 3 0A0000 malformed data"},
        {28, 16, "\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1", ". 9 AAAA 2001:db8::1"},
        {12, 3, "\1a", ". 9 PTR a."},
        {2, 4, "\1a\0\0", ". 9 NS \\# 4 01610000 malformed data"},
        {15, 5, "\0\12\1m", ". 9 MX 10 m."},
        {33, 9, "\0\1\0\2\0\120\1s", ". 9 SRV 1 2 80 s."},
        {6, 26, "\1m\0\1r\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", ". 9 SOA m. r. 1 2 3 4 5"},
        {6, 25, "\1m\0\1r\0\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0",
         ". 9 SOA \\# 25 016D0001720000000001000000020000000300000004000000 malformed data"},
        {16, 7, "\3a\"\33\2bc", ". 9 TXT \"a\\\"\\027\" \"bc\""},
        {16, 2, "\3a", ". 9 TXT \\# 2 0361 malformed data"},
        {257, 6, "\0\5issue", ". 9 CAA \\# 6 000569737375 malformed data"},
        {257, 8, "\0\5issue;", ". 9 CAA 0 issue \";\""},
        {999, 2, "\253\315", ". 9 TYPE999 \\# 2 ABCD"},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        uint8_t message[12 + 11 + 30] = {0, 1, 0x80, 0, [7] = 1};
        store_be16(message + 13, rows[i].type);
        message[16] = 1;
        message[20] = 9;
        store_be16(message + 21, rows[i].length);
        memcpy(message + 23, rows[i].data, rows[i].length);
        struct made made = udp_around(53, 49153, message, 23u + rows[i].length);
        struct sink sink = {0};
        char expected[100];
        dump_packet(&sink, PCAPNG_LINKTYPE_RAW, made.bytes, made.length, made.length);
        snprintf(expected, sizeof(expected), "      answer %s\n", rows[i].text);
        const char *line = strstr(sink_text(&sink), "      answer ");
        assert_non_null(line);
        assert_string_equal(line, expected);
        sink_fini(&sink);
    }
}

static void dns_by_tcp_is_shown(void **state) {
    (void)state;
    uint8_t segment[22 + sizeof(golden_dns_query)] = {0xc0, 0, 0, 53, [12] = 0x50, [13] = 0x18};
    store_be16(segment + 20, sizeof(golden_dns_query));
    memcpy(segment + 22, golden_dns_query, sizeof(golden_dns_query));
    struct made made = ipv4_around(PROTOCOL_TCP, segment, sizeof(segment));
    struct sink sink = {0};
    dump_packet(&sink, PCAPNG_LINKTYPE_RAW, made.bytes, made.length, made.length);
    assert_non_null(strstr(sink_text(&sink), "\n    DNS 0x1a2b query RD questions 1"));
    sink_fini(&sink);
    made = ipv4_around(PROTOCOL_TCP, segment, sizeof(segment) - 1);
    dump_packet(&sink, PCAPNG_LINKTYPE_RAW, made.bytes, made.length, made.length);
    assert_null(strstr(sink_text(&sink), "DNS"));
    assert_non_null(strstr(sink_text(&sink), "    Data 45 bytes"));
    sink_fini(&sink);
}

/* The text of the nth packet of a capture. */
static void captured_is(const uint8_t *bytes, size_t length, unsigned nth, const char *expected) {
    struct capture_reader reader = capture_reader_make(bytes, length);
    struct pcapng_packet packet;
    uint16_t link_type;
    struct sink sink = {0};
    for (unsigned i = 0; i < nth; i++)
        assert_int_equal(capture_next(&reader, &packet, &link_type), 1);
    dump_captured(&sink, nth, capture_interface_name(&reader, &packet), &packet, link_type);
    assert_string_equal(sink_text(&sink), expected);
    sink_fini(&sink);
}

static void captured_packets_are_shown_with_time_and_comment(void **state) {
    (void)state;
    captured_is(golden_pcapng_little, sizeof(golden_pcapng_little), 1,
                "Frame 1 2000-01-01T00:00:01.000000000Z lan 3 bytes of 60\n"
                "  # hello\n"
                "  Ethernet malformed: shorter than its header\n"
                "    Data 60 bytes, 3 captured\n");
    captured_is(golden_pcapng_big, sizeof(golden_pcapng_big), 2,
                "Frame 2 1970-01-01T00:01:41.500000000Z interface 1 1 bytes of 9\n"
                "  Ethernet malformed: shorter than its header\n"
                "    Data 9 bytes, 1 captured\n");
}

static void dates_are_right(void **state) {
    (void)state;
    static const struct {
        uint64_t seconds;
        const char *text;
    } rows[] = {{0, "1970-01-01T00:00:00"},          {951782399, "2000-02-28T23:59:59"},
                {951782400, "2000-02-29T00:00:00"},  {951868800, "2000-03-01T00:00:00"},
                {1709164800, "2024-02-29T00:00:00"}, {4107542400, "2100-03-01T00:00:00"},
                {4107542399, "2100-02-28T23:59:59"}, {978307199, "2000-12-31T23:59:59"}};
    for (size_t i = 0; i < array_length(rows); i++) {
        struct pcapng_packet packet = {.time_ns = rows[i].seconds * 1000000000 + 7};
        struct sink sink = {0};
        char expected[100];
        snprintf(expected, sizeof(expected), "Frame 1 %s.000000007Z interface 0 0 bytes\n",
                 rows[i].text);
        dump_captured(&sink, 1, (struct slice){0}, &packet, 113);
        assert_string_equal(sink_text(&sink), expected);
        sink_fini(&sink);
    }
}

static void comment_cannot_write_to_the_terminal(void **state) {
    (void)state;
    static const struct {
        const char *comment, *text;
    } rows[] = {{"\303\244\342\206\222\360\237\215\260", "\303\244\342\206\222\360\237\215\260"},
                {"a\nb\033\177", "a\\x0ab\\x1b\\x7f"},
                {"\302\233", "\\xc2\\x9b"},          /* a control character in two bytes */
                {"\300\256", "\\xc0\\xae"},          /* overlong */
                {"\355\240\200", "\\xed\\xa0\\x80"}, /* half a pair */
                {"\364\220\200\200", "\\xf4\\x90\\x80\\x80"},
                {"\342\206", "\\xe2\\x86"},
                {"\377", "\\xff"}};
    for (size_t i = 0; i < array_length(rows); i++) {
        struct pcapng_packet packet = {.time_ns = 0};
        struct sink sink = {0};
        char expected[100];
        packet.comments[0] =
            (struct slice){(const uint8_t *)rows[i].comment, strlen(rows[i].comment)};
        packet.comment_count = 1;
        snprintf(expected, sizeof(expected),
                 "Frame 1 1970-01-01T00:00:00.000000000Z interface 0 0 bytes\n  # %s\n",
                 rows[i].text);
        dump_captured(&sink, 1, (struct slice){0}, &packet, 113);
        assert_string_equal(sink_text(&sink), expected);
        sink_fini(&sink);
    }
}

/* Hops of one packet: from 192.168.0.100 by a router at `time_ns` onward. */
static struct dump_hop hop_of(const uint8_t *frame, size_t length, uint64_t time_ns, unsigned file,
                              const char *name) {
    return (struct dump_hop){.number = 1,
                             .file = file,
                             .name = {(const uint8_t *)name, strlen(name)},
                             .packet = {.time_ns = time_ns,
                                        .original_length = (uint32_t)length,
                                        .data = {frame, length}},
                             .link_type = PCAPNG_LINKTYPE_ETHERNET};
}

/* A frame of Ethernet with an IPv4 header, whose checksum is not right. */
static void frame_make(uint8_t frame[34], uint8_t station, uint8_t ttl, uint8_t source) {
    memset(frame, 0, 34);
    frame[5] = frame[11] = station;
    frame[0] = frame[6] = 2;
    frame[12] = 8;
    frame[14] = 0x45;
    frame[17] = 20;
    frame[22] = ttl;
    frame[23] = 253;
    memcpy(frame + 26, (uint8_t[]){192, 0, 2, source, 198, 51, 100, 1}, 8);
}

static void hops_stand_in_the_order_of_time_and_of_the_time_to_live(void **state) {
    (void)state;
    uint8_t frames[4][34];
    frame_make(frames[0], 1, 64, 1);
    frame_make(frames[1], 2, 63, 1);
    frame_make(frames[2], 2, 63, 1);
    frame_make(frames[3], 3, 62, 1);
    const struct dump_hop hops[] = {
        hop_of(frames[0], 34, 5, 2, "lan"),
        hop_of(frames[1], 34, 5, 1, "mid"), /* at the same moment, of a file read earlier */
        hop_of(frames[2], 34, 6, 1, "mid"), /* a copy */
        hop_of(frames[3], 34, 7, 0, "wan"),
    };
    for (size_t i = 0; i < array_length(hops); i++)
        for (size_t k = 0; k < array_length(hops); k++)
            assert_int_equal(dump_hop_compare(&hops[i], &hops[k]), i < k ? -1 : i > k);
    assert_null(dump_hop_before(hops, 0));
    assert_ptr_equal(dump_hop_before(hops, 1), &hops[0]);
    assert_ptr_equal(dump_hop_before(hops, 2), &hops[0]);
    assert_ptr_equal(dump_hop_before(hops, 3), &hops[2]);
}

static void hop_says_what_has_changed(void **state) {
    (void)state;
    uint8_t frames[2][34];
    struct sink sink = {0};
    frame_make(frames[0], 1, 64, 1);
    frame_make(frames[1], 2, 63, 9);
    const struct dump_hop before = hop_of(frames[0], 34, 5, 0, "lan");
    const struct dump_hop hop = hop_of(frames[1], 34, 6, 1, "wan");
    dump_hop(&sink, &before, &hop);
    const char *changed = strstr(sink_text(&sink), "  changed since lan:\n");
    assert_non_null(changed);
    assert_non_null(
        strstr(changed, "    Ethernet source 02:00:00:00:00:01 -> 02:00:00:00:00:02\n"));
    assert_non_null(strstr(changed, "    IPv4 source 192.0.2.1 -> 192.0.2.9\n"));
    assert_non_null(strstr(changed, "    IPv4 ttl 64 -> 63\n"));
    assert_null(strstr(changed, "IPv4 destination "));
    assert_null(strstr(changed, "IPv4 checksum 0x0000"));
    sink_clear(&sink);
    dump_hop(&sink, &hop, &hop);
    assert_non_null(strstr(sink_text(&sink), "  changed since wan: nothing\n"));
    sink_clear(&sink);
    dump_hop(&sink, NULL, &hop);
    assert_null(strstr(sink_text(&sink), "changed"));
    sink_fini(&sink);
}

static void number_is_read_from_the_first_comment(void **state) {
    (void)state;
    static const struct {
        const char *comment;
        uint64_t number;
    } rows[] = {{"packet 17 from laptop", 17},
                {"packet 17", 17},
                {"packet 17x", 0},
                {"packet ", 0},
                {"Packet 17", 0},
                {"", 0},
                {"packet -1", 0},
                {"17", 0},
                {"packet 18446744073709551617", 0}};
    for (size_t i = 0; i < array_length(rows); i++) {
        const struct slice comment = {(const uint8_t *)rows[i].comment, strlen(rows[i].comment)};
        const struct pcapng_packet packet = {.comments = {comment}, .comment_count = 1};
        assert_int_equal(dump_packet_number(&packet), rows[i].number);
    }
    assert_int_equal(dump_packet_number(&(struct pcapng_packet){.time_ns = 0}), 0);
}

/* The layers of a packet as compact JSON. */
static void json_is(uint16_t link_type, const void *bytes, size_t length, const char *expected) {
    json_t *layers = dump_packet_json(link_type, bytes, length, length);
    assert_non_null(layers);
    char *text = json_dumps(layers, JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
    json_decref(layers);
}

static void layers_are_objects_with_named_fields(void **state) {
    (void)state;
    struct made made = udp_around(7, 9, "hi", 2);
    json_is(PCAPNG_LINKTYPE_IPV4, made.bytes, made.length,
            "[{\"layer\":\"IPv4\",\"source\":\"192.168.0.4\",\"destination\":\"203.0.113.80\","
            "\"protocol\":17,\"ttl\":64,\"tos\":0,\"id\":0,\"dont_fragment\":true,"
            "\"more_fragments\":false,\"offset\":0,\"header_length\":20,\"length\":30,"
            "\"checksum\":15826,\"checksum_status\":\"ok\"},"
            "{\"layer\":\"UDP\",\"source_port\":7,\"destination_port\":9,\"length\":10,"
            "\"checksum\":0,\"checksum_status\":\"none\"},"
            "{\"layer\":\"Data\",\"length\":2,\"line\":\"hi\"}]");
    made.bytes[11] ^= 1;
    json_t *layers = dump_packet_json(PCAPNG_LINKTYPE_RAW, made.bytes, made.length, made.length);
    json_t *ipv4 = json_array_get(layers, 0);
    assert_string_equal(json_string_value(json_object_get(ipv4, "checksum_status")), "wrong");
    assert_int_equal(json_integer_value(json_object_get(ipv4, "checksum_expected")), 15826);
    json_decref(layers);
    json_is(PCAPNG_LINKTYPE_ETHERNET, "abc", 3,
            "[{\"layer\":\"Ethernet\",\"malformed\":\"shorter than its header\"},"
            "{\"layer\":\"Data\",\"length\":3,\"line\":\"abc\"}]");
}

static void ipv6_is_data_yet(void **state) {
    (void)state;
    text_is(PCAPNG_LINKTYPE_RAW, "\x60\0\0\0", 4, 4, "Data 4 bytes\n");
}

static void dhcp_message_is_shown_with_its_options(void **state) {
    (void)state;
    uint8_t message[GOLDEN_DHCP_ROOM];
    size_t length = golden_dhcp_ack(message);
    struct made made = udp_around(67, 68, message, length);
    ip_text_is(&made,
               "IPv4 192.168.0.4 > 203.0.113.80 protocol UDP ttl 64 id 0x0000 DF length 375 "
               "checksum ok\n"
               "  UDP 67 > 68 length 347 no checksum\n"
               "    DHCP ACK reply xid 0x3903f326 client 02:00:00:00:00:01 secs 7 broadcast yiaddr "
               "192.168.0.4 sname server file boot\n"
               "      option 53 message type ACK\n"
               "      option 54 server 192.168.0.1\n"
               "      option 51 lease time 3600\n"
               "      option 58 renewal time 1800\n"
               "      option 59 rebinding time 3150\n"
               "      option 1 subnet mask 255.255.255.0\n"
               "      option 3 routers 192.168.0.1 192.168.0.2\n"
               "      option 6 name servers 192.168.0.1\n"
               "      option 15 domain home\\x00\n"
               "      option 28 broadcast address 192.168.0.255\n"
               "      option 119 search domains home.test x.test\n"
               "      option 119 search domains home.test x.test\n"
               "      option 121 routes 10.0.0.0/8 via 192.168.0.3, 0.0.0.0/0 via 192.168.0.1\n"
               "      option 56 message ok\n"
               "      option 60 vendor class v\n"
               "      option 82 relay agent 0100\n");
    made.bytes[28] = 9; /* no hardware length that there could be */
    made.bytes[30] = 200;
    json_t *layers = dump_packet_json(PCAPNG_LINKTYPE_RAW, made.bytes, made.length, made.length);
    assert_string_equal(json_string_value(json_object_get(json_array_get(layers, 2), "malformed")),
                        "malformed");
    json_decref(layers);
}

/* Whatever the bytes are: lines, no byte that a terminal could misunderstand, and an end. */
static bool dump_is_text(const uint8_t *bytes, size_t length) {
    static const uint16_t link_types[] = {PCAPNG_LINKTYPE_ETHERNET, PCAPNG_LINKTYPE_RAW, 113};
    for (size_t i = 0; i < array_length(link_types); i++) {
        struct sink sink = {0};
        dump_packet(&sink, link_types[i], bytes, length, length);
        const char *text = sink_text(&sink);
        assert_true(length == 0 || (sink.length > 0 && text[sink.length - 1] == '\n'));
        for (size_t at = 0; at < sink.length; at++)
            assert_true(text[at] == '\n' || (text[at] >= ' ' && text[at] != 0x7f));
        sink_fini(&sink);
    }
    return true;
}

static void packets_near_the_golden_ones_are_shown(void **state) {
    (void)state;
    uint8_t message[8 + 60] = {3, 4, 0, 0, 0, 0, 0x05, 0x78};
    struct made quoted = ipv4_around(PROTOCOL_TCP, golden_tcp_syn, sizeof(golden_tcp_syn));
    memcpy(message + 8, quoted.bytes, 60);
    struct made made[] = {
        ipv4_around(PROTOCOL_TCP, golden_tcp_sack, sizeof(golden_tcp_sack)),
        ipv4_around(PROTOCOL_ICMP, message, sizeof(message)),
        udp_around(53, 49153, golden_dns_answer, sizeof(golden_dns_answer)),
        udp_around(49153, 53, golden_dns_query, sizeof(golden_dns_query)),
        udp_around(49153, 53, golden_dns_odd_name, sizeof(golden_dns_odd_name)),
    };
    for (size_t i = 0; i < array_length(made); i++) {
        (void)survey_truncations(made[i].bytes, made[i].length, dump_is_text);
        (void)survey_mutations(made[i].bytes, made[i].length, dump_is_text);
    }
    (void)survey_format("ethernet", dump_is_text);
    (void)survey_format("ipv4", dump_is_text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arp_request_is_shown_and_its_padding_is_not),
        cmocka_unit_test(arp_reply_is_shown),
        cmocka_unit_test(frames_that_are_not_ip_are_shown),
        cmocka_unit_test(syn_is_shown_with_its_options),
        cmocka_unit_test(accurate_ecn_is_shown),
        cmocka_unit_test(sack_blocks_are_shown),
        cmocka_unit_test(first_line_of_text_is_shown),
        cmocka_unit_test(fragment_is_shown),
        cmocka_unit_test(echo_and_options_are_shown),
        cmocka_unit_test(what_routers_have_recorded_is_shown),
        cmocka_unit_test(icmp_error_shows_what_it_quotes),
        cmocka_unit_test(other_icmp_messages_are_shown),
        cmocka_unit_test(malformed_layers_say_why),
        cmocka_unit_test(dns_query_and_answer_are_shown),
        cmocka_unit_test(every_kind_of_record_is_shown),
        cmocka_unit_test(dns_by_tcp_is_shown),
        cmocka_unit_test(captured_packets_are_shown_with_time_and_comment),
        cmocka_unit_test(dates_are_right),
        cmocka_unit_test(comment_cannot_write_to_the_terminal),
        cmocka_unit_test(hops_stand_in_the_order_of_time_and_of_the_time_to_live),
        cmocka_unit_test(hop_says_what_has_changed),
        cmocka_unit_test(number_is_read_from_the_first_comment),
        cmocka_unit_test(layers_are_objects_with_named_fields),
        cmocka_unit_test(ipv6_is_data_yet),
        cmocka_unit_test(dhcp_message_is_shown_with_its_options),
        cmocka_unit_test(packets_near_the_golden_ones_are_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
