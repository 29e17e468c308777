/*
 * A router with two interfaces (RFC 1812, as far as dobos forwards): which datagrams go on, how
 * they look then, and which ICMP errors come back. eth1 is 10.0.0.1/8 with an MTU of 600.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define INNER_ADDRESS UINT32_C(0x0a000001)
#define INNER_PEER    UINT32_C(0x0a000009)
#define UNROUTED      UINT32_C(0xcb007107)

static int setup(void **state) {
    int result = station_setup_router_without_routes(state);
    struct station *s = *state;
    (void)station_add_interface(s, INNER_ADDRESS, 8, 600);
    station_add_route(s, FAR_ADDRESS & 0xffffff00, 24, INNER_PEER + 1);
    return result;
}

/* A datagram of protocol 253 with `length` bytes of payload. */
static struct ipv4 send_datagram(struct station *s, uint32_t destination, uint8_t ttl,
                                 bool dont_fragment, size_t length) {
    uint8_t payload[1480];
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)i;
    struct ipv4 ip = station_header(s, PEER_ADDRESS, destination, 253);
    ip.ttl = ttl;
    ip.dont_fragment = dont_fragment;
    station_ipv4(s, &ip, payload, length);
    return ip;
}

/* [rfc1812#14] [rfc791#13] [rfc1122#78] [rfc791#3] [rfc6864#3] */
static void datagram_goes_on_with_one_hop_less(void **state) {
    struct station *s = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct seen seen;
        struct ipv4 sent = send_datagram(s, INNER_PEER, 64, i == 1, 100);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.interface, s->interface + 1);
        assert_int_equal(seen.ip.ttl, 63);
        assert_true(seen.ip_is_sound);
        assert_int_equal(number_of(&seen.ip.source), PEER_ADDRESS);
        assert_int_equal(number_of(&seen.ip.destination), INNER_PEER);
        assert_int_equal(seen.ip.identification, sent.identification);
        assert_int_equal(seen.ip.dont_fragment, i == 1);
        assert_int_equal(seen.payload.length, 100);
        assert_true(station_is_quiet(s));
    }
}

#define LINK_LOCAL UINT32_C(0xa9fe0107)

/* Neither from nor to one, whatever its time to live, though there is a route [rfc3927#7]. */
static void link_local_address_is_not_forwarded(void **state) {
    struct station *s = *state;
    station_add_route(s, LINK_LOCAL & 0xffff0000, 16, INNER_PEER);
    for (unsigned i = 0; i < 4; i++) {
        struct ipv4 ip = station_header(s, i % 2 ? LINK_LOCAL : PEER_ADDRESS,
                                        i % 2 ? INNER_PEER : LINK_LOCAL, 253);
        ip.ttl = i < 2 ? 64 : 1;
        station_ipv4(s, &ip, "x", 1);
        assert_true(station_is_quiet(s));
    }
    assert_int_equal(station_counter(s, "DropLinkLocal"), 4);
}

/* [rfc1812#15] [rfc791#16] [rfc1812#111] [rfc792#2] [rfc1812#2] [rfc1812#5] */
static void spent_time_to_live_is_dropped_and_told(void **state) {
    struct station *s = *state;
    for (uint8_t ttl = 0; ttl < 2; ttl++) {
        struct seen seen;
        send_datagram(s, INNER_PEER, ttl, false, 100);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.interface, s->interface);
        assert_int_equal(seen.icmp.type, ICMP_TIME_EXCEEDED);
        assert_int_equal(seen.icmp.code, 0);
        assert_int_equal(number_of(&seen.ip.source), HOST_ADDRESS);
        assert_int_equal(number_of(&seen.ip.destination), PEER_ADDRESS);
        assert_true(station_is_quiet(s));
        station_run(s, DOBOS_SECOND);
    }
    assert_int_equal(station_counter(s, "DropTtlExpired"), 2);
}

/* [rfc1812#3] [rfc1812#10] [rfc1812#51] [rfc1812#120] */
static void datagram_to_the_router_is_delivered_whatever_its_time_to_live(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t udp[12] = {0, 9, 7000 >> 8, 7000 & 0xff, 0, 12};
    static const uint32_t destinations[] = {HOST_ADDRESS, INNER_ADDRESS, 0xffffffff};
    for (size_t i = 0; i < array_length(destinations); i++) {
        char byte[16];
        struct ipv4 ip = station_header(s, PEER_ADDRESS, destinations[i], PROTOCOL_UDP);
        ip.ttl = 1;
        station_ipv4(s, &ip, udp, sizeof(udp));
        assert_int_equal(dobos_receive(socket, byte, sizeof(byte)), 4);
        assert_true(station_is_quiet(s));
    }
    dobos_close(socket);
}

/* [rfc1812#7] [rfc1812#97] [rfc1812#99] */
static void destination_without_route_is_answered_net_unreachable(void **state) {
    struct station *s = *state;
    struct seen seen;
    send_datagram(s, UNROUTED, 64, false, 100);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    assert_int_equal(seen.icmp.code, ICMP_NET_UNREACHABLE);
    assert_int_equal(station_counter(s, "DropNoRoute"), 1);
}

/* [rfc1812#8] [rfc1812#22] [rfc1812#104] [rfc1812#5] */
static void neighbour_that_does_not_answer_is_answered_host_unreachable(void **state) {
    struct station *s = *state;
    struct seen seen;
    send_datagram(s, UNROUTED, 64, false, 100); /* the answer finds out where the peer is */
    station_forget(s);
    s->arp_is_silent = true;
    send_datagram(s, INNER_PEER, 64, false, 100);
    station_run(s, 10 * DOBOS_SECOND);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, s->interface);
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    assert_int_equal(seen.icmp.code, ICMP_HOST_UNREACHABLE);
    assert_int_equal(number_of(&seen.ip.source), HOST_ADDRESS);
}

/* [rfc792#1] [rfc1191#1] [rfc1812#105] [rfc791#5] [rfc791#11] */
static void datagram_too_long_that_must_stay_whole_is_answered_with_the_mtu(void **state) {
    struct station *s = *state;
    struct seen seen;
    send_datagram(s, INNER_PEER, 64, true, 581);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, s->interface);
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    assert_int_equal(seen.icmp.code, ICMP_FRAGMENTATION_NEEDED);
    assert_int_equal(seen.icmp.sequence, 600);
    send_datagram(s, INNER_PEER, 64, true, 580);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, s->interface + 1);
}

/* [rfc791#6] [rfc1812#36] [rfc1812#1] [rfc1812#37] [rfc1812#14] [rfc791#13] [rfc1122#78] */
static void datagram_too_long_goes_on_in_few_fragments(void **state) {
    struct station *s = *state;
    struct seen seen;
    size_t at = 0;
    unsigned count = 0;
    bool more = true;
    struct ipv4 sent = send_datagram(s, INNER_PEER, 64, false, 1400);
    while (more) {
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.interface, s->interface + 1);
        assert_int_equal(seen.ip.identification, sent.identification);
        assert_int_equal(seen.ip.ttl, 63);
        assert_int_equal(seen.ip.fragment_offset, at);
        for (size_t i = 0; i < seen.payload.length; i++)
            assert_int_equal(seen.payload.bytes[i], (uint8_t)(at + i));
        at += seen.payload.length;
        more = seen.ip.more_fragments;
        assert_true(!more || seen.payload.length % 8 == 0);
        count++;
    }
    assert_int_equal(at, 1400);
    assert_int_equal(count, 3);
}

/* A super-segment that may be fragmented: its segments are, not the whole of it. */
static void each_segment_of_a_super_segment_is_fragmented_by_itself(void **state) {
    enum {
        PIECE = 1400,
        PIECES = 4
    };
    struct station *s = *state;
    struct seen seen;
    uint8_t bytes[ETHERNET_HEADER_BYTES + 40 + PIECE * PIECES];
    struct writer w = writer_make(bytes, sizeof(bytes));
    struct ipv4 ip = station_header(s, PEER_ADDRESS, INNER_PEER, PROTOCOL_TCP);
    const struct dobos_offload offload = {.flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM,
                                          .gso = DOBOS_GSO_TCPV4,
                                          .header_length = ETHERNET_HEADER_BYTES + 40,
                                          .gso_bytes = PIECE,
                                          .checksum_start = ETHERNET_HEADER_BYTES + 20,
                                          .checksum_offset = 16};
    const struct tcp_header tcp = {.source_port = 1,
                                   .destination_port = 2,
                                   .header_length = TCP_HEADER_BYTES,
                                   .flags = TCP_ACK};
    memset(bytes, 0x5a, sizeof(bytes));
    ip.total_length = (uint16_t)(sizeof(bytes) - ETHERNET_HEADER_BYTES);
    station_link(s, &w, ETHER_TYPE_IPV4);
    ipv4_emit(&w, &ip);
    tcp_emit(&w, &tcp);
    struct dobos_packet *packet = dobos_packet_from_bytes(s->pool, bytes, sizeof(bytes), &offload);
    assert_non_null(packet);
    dobos_input(s->host, s->interface, &packet, 1, s->now);
    station_collect(s);
    for (unsigned piece = 0; piece < PIECES; piece++) {
        size_t at = 0;
        for (bool more = true; more; more = seen.ip.more_fragments) {
            assert_true(station_next(s, &seen));
            assert_true(seen.ip_is_sound && seen.ip.total_length <= 600);
            assert_int_equal(seen.ip.identification, (uint16_t)(ip.identification + piece));
            assert_int_equal(seen.ip.fragment_offset, at);
            at += seen.payload.length;
        }
        assert_int_equal(at, TCP_HEADER_BYTES + PIECE);
    }
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "IpFragOKs"), PIECES);
}

/* [rfc791#7] */
static void datagram_of_68_bytes_is_never_fragmented(void **state) {
    struct station *s = *state;
    (void)station_add_interface(s, UINT32_C(0xac100001), 16, 68);
    struct seen seen;
    send_datagram(s, UINT32_C(0xac100002), 64, true, 48);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, s->interface + 2);
    assert_int_equal(seen.ip.total_length, 68);
    assert_false(seen.ip.more_fragments);
}

/* [rfc791#8] [attack:B10] */
static void options_without_copy_flag_stay_in_the_first_fragment(void **state) {
    struct station *s = *state;
    static const uint8_t options[] = {0x5e, 4, 1, 2, 0xde, 4, 3, 4};
    uint8_t payload[1000] = {0};
    struct seen seen;
    struct ipv4 ip = station_header(s, PEER_ADDRESS, INNER_PEER, 253);
    ip.options = (struct slice){options, sizeof(options)};
    station_ipv4(s, &ip, payload, sizeof(payload));
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.options.length, 8);
    assert_memory_equal(seen.ip.options.bytes, options, 8);
    assert_true(seen.ip.more_fragments);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.options.length, 4);
    assert_memory_equal(seen.ip.options.bytes, options + 4, 4);
    assert_false(seen.ip.more_fragments);
}

/* [rfc1812#12] [rfc1122#28] [rfc792#6] [rfc1812#70] */
static void fragments_go_on_one_by_one(void **state) {
    struct station *s = *state;
    uint8_t payload[64] = {0};
    struct seen seen;
    struct ipv4 ip = station_header(s, PEER_ADDRESS, INNER_PEER, 253);
    ip.fragment_offset = 800;
    ip.more_fragments = true;
    station_ipv4(s, &ip, payload, sizeof(payload));
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, s->interface + 1);
    assert_int_equal(seen.ip.fragment_offset, 800);
    assert_true(seen.ip.more_fragments);
    ip.ttl = 1;
    station_ipv4(s, &ip, payload, sizeof(payload));
    ip.ttl = 64;
    ip.destination = dobos_address_ipv4(UNROUTED);
    station_ipv4(s, &ip, payload, sizeof(payload));
    assert_true(station_is_quiet(s)); /* no error about a later fragment */
}

/* [rfc1812#11] */
static void longest_prefix_wins(void **state) {
    struct station *s = *state;
    struct seen seen;
    station_add_route(s, 0, 0, PEER_ADDRESS + 1);
    station_add_route(s, FAR_ADDRESS, 32, PEER_ADDRESS + 2);
    s->shows_arp = true;
    static const uint32_t tries[][2] = {{FAR_ADDRESS, PEER_ADDRESS + 2},
                                        {FAR_ADDRESS + 1, INNER_PEER + 1},
                                        {UNROUTED, PEER_ADDRESS + 1}};
    for (size_t i = 0; i < array_length(tries); i++) {
        send_datagram(s, tries[i][0], 64, false, 100);
        assert_true(station_next(s, &seen));
        assert_true(seen.is_arp);
        assert_int_equal(number_of(&seen.arp.target), tries[i][1]);
        assert_true(station_next(s, &seen));
        assert_int_equal(number_of(&seen.ip.destination), tries[i][0]);
    }
}

/* [rfc1812#16] */
static void what_came_by_group_frame_does_not_go_on(void **state) {
    struct station *s = *state;
    static const uint8_t groups[][6] = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
                                        {1, 0, 0x5e, 0, 0, 1}};
    for (size_t i = 0; i < array_length(groups); i++) {
        uint8_t frame[60] = {0};
        struct writer w = writer_make(frame, sizeof(frame));
        struct ipv4 ip = station_header(s, PEER_ADDRESS, INNER_PEER, 253);
        ip.total_length = 40;
        station_link(s, &w, ETHER_TYPE_IPV4);
        ipv4_emit(&w, &ip);
        memcpy(frame, groups[i], 6);
        station_frame(s, frame, sizeof(frame));
    }
    assert_true(station_is_quiet(s));
}

/* [rfc1812#17] [rfc1812#18] [attack:B19] */
static void broadcasts_do_not_go_on(void **state) {
    struct station *s = *state;
    static const uint32_t destinations[] = {0xffffffff, UINT32_C(0x0affffff), UINT32_C(0xc00002ff)};
    for (size_t i = 0; i < array_length(destinations); i++)
        send_datagram(s, destinations[i], 64, false, 100);
    assert_true(station_is_quiet(s));
}

/* [rfc1812#6] */
static void errors_are_rationed(void **state) {
    struct station *s = *state;
    struct seen seen;
    unsigned errors = 0;
    for (unsigned i = 0; i < 4000; i++)
        send_datagram(s, UNROUTED, 64, false, 8);
    while (station_next(s, &seen))
        errors++;
    assert_true(errors > 0);
    assert_true(errors < 2000);
    station_run(s, 10 * DOBOS_SECOND);
    send_datagram(s, UNROUTED, 64, false, 8);
    assert_true(station_next(s, &seen));
}

/* [rfc6633#3] */
static void source_quench_to_the_router_has_no_effect(void **state) {
    struct station *s = *state;
    struct icmp quench = {.type = ICMP_SOURCE_QUENCH};
    uint8_t quote[28] = {0x45};
    struct seen seen;
    station_icmp(s, PEER_ADDRESS, HOST_ADDRESS, &quench, quote, sizeof(quote));
    assert_true(station_is_quiet(s));
    for (unsigned i = 0; i < 10; i++) {
        send_datagram(s, INNER_PEER, 64, false, 100);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.at, s->now);
    }
}

/* [attack:B7] */
static void tunnelled_datagram_is_not_unpacked(void **state) {
    struct station *s = *state;
    struct seen seen;
    static const uint8_t protocols[] = {4, 41};
    for (size_t i = 0; i < array_length(protocols); i++) {
        uint8_t inner[40] = {0};
        struct writer w = writer_make(inner, sizeof(inner));
        struct ipv4 ip = station_header(s, INNER_PEER, PEER_ADDRESS, 253);
        ip.total_length = 40;
        ipv4_emit(&w, &ip);
        struct ipv4 outer = station_header(s, PEER_ADDRESS, HOST_ADDRESS, protocols[i]);
        station_ipv4(s, &outer, inner, sizeof(inner));
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
        assert_int_equal(seen.icmp.code, ICMP_PROTOCOL_UNREACHABLE);
        assert_true(station_is_quiet(s));
    }
}

int main(void) {
#define AT_ROUTER(test) cmocka_unit_test_setup_teardown(test, setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_ROUTER(datagram_goes_on_with_one_hop_less),
        AT_ROUTER(link_local_address_is_not_forwarded),
        AT_ROUTER(spent_time_to_live_is_dropped_and_told),
        AT_ROUTER(datagram_to_the_router_is_delivered_whatever_its_time_to_live),
        AT_ROUTER(destination_without_route_is_answered_net_unreachable),
        AT_ROUTER(neighbour_that_does_not_answer_is_answered_host_unreachable),
        AT_ROUTER(datagram_too_long_that_must_stay_whole_is_answered_with_the_mtu),
        AT_ROUTER(datagram_too_long_goes_on_in_few_fragments),
        AT_ROUTER(each_segment_of_a_super_segment_is_fragmented_by_itself),
        AT_ROUTER(datagram_of_68_bytes_is_never_fragmented),
        AT_ROUTER(options_without_copy_flag_stay_in_the_first_fragment),
        AT_ROUTER(fragments_go_on_one_by_one),
        AT_ROUTER(longest_prefix_wins),
        AT_ROUTER(what_came_by_group_frame_does_not_go_on),
        AT_ROUTER(broadcasts_do_not_go_on),
        AT_ROUTER(errors_are_rationed),
        AT_ROUTER(source_quench_to_the_router_has_no_effect),
        AT_ROUTER(tunnelled_datagram_is_not_unpacked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
