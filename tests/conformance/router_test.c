/*
 * A router as RFC 1812 wants it, beside what forward_test.c shows: what stays as it is on the way,
 * what the router says of itself, what becomes of routes whose link is down. eth1 is 10.0.0.1/8
 * with an MTU of 600, eth2 172.16.0.1/30; far networks lie behind both.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define INNER_ADDRESS UINT32_C(0x0a000001)
#define INNER_PEER    UINT32_C(0x0a000009)
#define THIRD_ADDRESS UINT32_C(0xac100001)
#define THIRD_PEER    UINT32_C(0xac100002)

static int setup(void **state) {
    int result = station_setup_router_without_routes(state);
    struct station *s = *state;
    (void)station_add_interface(s, INNER_ADDRESS, 8, 600);
    (void)station_add_interface(s, THIRD_ADDRESS, 30, 0);
    station_add_route(s, FAR_ADDRESS & 0xffffff00, 24, INNER_PEER);
    return result;
}

/* A datagram of protocol 253 from the peer at eth0. */
static struct ipv4 datagram(struct station *s, uint32_t destination) {
    return station_header(s, PEER_ADDRESS, destination, 253);
}

static int64_t send_to(struct dobos_socket *socket, const char *bytes, size_t length,
                       const struct dobos_endpoint *peer) {
    struct dobos_message message = {.peer = *peer};
    return dobos_send_message(socket, bytes, length, &message);
}

static uint16_t flags_of(const struct seen *seen) {
    return load_be16(seen->bytes + ETHERNET_HEADER_BYTES + 6);
}

/* [rfc1812#33] [rfc1812#98] [rfc791#22] [rfc791#12] */
static void reserved_bits_pass_unchanged_into_every_fragment(void **state) {
    struct station *s = *state;
    uint8_t payload[1400] = {0};
    struct seen seen;
    struct ipv4 ip = datagram(s, INNER_PEER);
    ip.reserved = true;
    ip.tos = 0xff;
    station_ipv4(s, &ip, payload, 40);
    assert_true(station_next(s, &seen));
    assert_int_equal(flags_of(&seen), 0x8000);
    assert_int_equal(seen.ip.tos, 0xff);
    /* a fragment that is cut again */
    ip.more_fragments = true;
    ip.fragment_offset = 80;
    station_ipv4(s, &ip, payload, 1400);
    for (unsigned offset = 80, last = 0; !last;) {
        assert_true(station_next(s, &seen));
        last = offset + seen.payload.length == 80 + 1400;
        assert_int_equal(flags_of(&seen), 0x8000 | 0x2000 | offset / 8);
        assert_int_equal(seen.ip.tos, 0xff);
        assert_int_equal(seen.ip.ttl, 63);
        assert_int_equal(seen.ip.identification, ip.identification);
        assert_int_equal(seen.ip.protocol, 253);
        assert_int_equal(number_of(&seen.ip.source), PEER_ADDRESS);
        assert_int_equal(number_of(&seen.ip.destination), INNER_PEER);
        offset += (unsigned)seen.payload.length;
    }
    assert_true(station_is_quiet(s));
    /* what is for the router itself is not dropped for them either, and not answered with them */
    struct icmp request = {.type = ICMP_ECHO_REQUEST};
    uint8_t bytes[8];
    struct writer w = writer_make(bytes, sizeof(bytes));
    icmp_emit(&w, &request);
    store_be16(bytes + 2, 0xf7ff);
    ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_ICMP);
    ip.reserved = true;
    station_ipv4(s, &ip, bytes, sizeof(bytes));
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.type, ICMP_ECHO_REPLY);
    assert_int_equal(flags_of(&seen) & 0x8000, 0); /* [rfc1812#32] */
}

/* [rfc1812#139] [rfc1812#140] [rfc1812#27] [rfc1122#87] */
static void options_pass_unchanged(void **state) {
    struct station *s = *state;
    static const uint8_t options[][8] = {
        {0x88, 4, 1, 2, 0},             /* stream identifier */
        {0x5e, 8, 1, 2, 3, 4, 5, 6},    /* nobody's */
        {7, 7, 8, 10, 9, 9, 9, 0},      /* record route that is full */
        {1, 0x94, 4, 0, 0, 1, 0x1e, 2}, /* router alert, experiment, at odd places */
    };
    for (size_t i = 0; i < array_length(options); i++) {
        struct seen seen;
        struct ipv4 ip = datagram(s, INNER_PEER);
        ip.options = (struct slice){options[i], 8};
        station_ipv4(s, &ip, "payload", 7);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.interface, s->interface + 1);
        assert_int_equal(seen.ip.header_length, 28);
        assert_memory_equal(seen.bytes + ETHERNET_HEADER_BYTES + 20, options[i], 8);
        assert_int_equal(seen.ip.ttl, 63);
    }
}

/* [rfc1812#116] [rfc1812#117] [rfc3168#2] */
static void every_precedence_goes_on_and_stays(void **state) {
    struct station *s = *state;
    for (unsigned tos = 0; tos < 256; tos++) {
        struct seen seen;
        struct ipv4 ip = datagram(s, INNER_PEER);
        ip.tos = (uint8_t)tos;
        station_ipv4(s, &ip, "payload", 7);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.ip.tos, tos);
    }
}

/* [rfc1812#62] [rfc1812#63] [rfc792#7] */
static void echo_reply_has_the_service_of_its_request_and_a_life_of_its_own(void **state) {
    struct station *s = *state;
    for (unsigned tos = 0; tos < 256; tos += 5) {
        struct seen seen;
        struct icmp request = {.type = ICMP_ECHO_REQUEST};
        uint8_t bytes[8];
        struct writer w = writer_make(bytes, sizeof(bytes));
        icmp_emit(&w, &request);
        store_be16(bytes + 2, 0xf7ff);
        struct ipv4 ip = station_header(s, PEER_ADDRESS, INNER_ADDRESS, PROTOCOL_ICMP);
        ip.tos = (uint8_t)tos;
        ip.ttl = 3;
        station_ipv4(s, &ip, bytes, sizeof(bytes));
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.ip.protocol, PROTOCOL_ICMP);
        assert_int_equal(seen.icmp.type, ICMP_ECHO_REPLY);
        assert_int_equal(seen.ip.tos, tos);
        assert_int_equal(seen.ip.ttl, 64); /* [rfc1812#58] */
        assert_int_equal(number_of(&seen.ip.source), INNER_ADDRESS);
    }
}

/* [rfc1812#58] [rfc792#7] [rfc792#8] */
static void error_has_a_life_of_its_own_and_no_service(void **state) {
    struct station *s = *state;
    for (uint8_t ttl = 0; ttl < 2; ttl++) {
        struct seen seen;
        struct ipv4 ip = datagram(s, INNER_PEER);
        ip.ttl = ttl;
        ip.tos = 0xb8;
        station_ipv4(s, &ip, "12345678", 8);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.ip.protocol, PROTOCOL_ICMP);
        assert_int_equal(seen.icmp.type, ICMP_TIME_EXCEEDED);
        assert_int_equal(seen.ip.ttl, 64);
        assert_int_equal(seen.ip.tos, 0);
        assert_int_equal(load_be32(seen.payload.bytes + 4), 0);
        assert_int_equal(seen.data.bytes[8], ttl); /* the quote: as it came */
        station_run(s, DOBOS_SECOND);
    }
}

/* The way back leaves by eth2, though the packet came by eth0. [rfc1812#5] */
static void error_comes_from_the_interface_it_leaves_by(void **state) {
    struct station *s = *state;
    struct seen seen;
    station_add_route(s, UINT32_C(0xcb007100), 24, THIRD_PEER);
    struct ipv4 ip = station_header(s, UINT32_C(0xcb007107), INNER_PEER, 253);
    ip.ttl = 1;
    station_ipv4(s, &ip, "12345678", 8);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, s->interface + 2);
    assert_int_equal(seen.icmp.type, ICMP_TIME_EXCEEDED);
    assert_int_equal(number_of(&seen.ip.source), THIRD_ADDRESS);
}

/* [rfc1812#112] [rfc1812#2] */
static void last_hop_but_one_is_not_foreseen(void **state) {
    struct station *s = *state;
    struct seen seen;
    struct ipv4 ip = datagram(s, FAR_ADDRESS);
    ip.ttl = 2;
    station_ipv4(s, &ip, "12345678", 8);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, s->interface + 1);
    assert_int_equal(seen.ip.ttl, 1);
    assert_true(station_is_quiet(s));
}

/* [rfc1812#38] [rfc1812#77] */
static void largest_echo_request_is_put_together_and_answered(void **state) {
    struct station *s = *state;
    uint8_t message[3000] = {ICMP_ECHO_REQUEST};
    for (size_t i = 8; i < sizeof(message); i++)
        message[i] = (uint8_t)(i * 7);
    static const size_t sizes[] = {556, 1480, 3000};
    for (size_t i = 0; i < array_length(sizes); i++) {
        struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_ICMP);
        uint32_t sum = 0;
        store_be16(message + 2, 0);
        for (size_t at = 0; at < sizes[i]; at += 2)
            sum += load_be16(message + at);
        while (sum >> 16)
            sum = (sum & 0xffff) + (sum >> 16);
        store_be16(message + 2, (uint16_t)~sum);
        for (size_t at = 0; at < sizes[i]; at += 480) {
            size_t length = min_size(480, sizes[i] - at);
            ip.fragment_offset = (uint16_t)at;
            ip.more_fragments = at + length < sizes[i];
            station_ipv4(s, &ip, message + at, length);
        }
        size_t got = 0;
        struct seen seen;
        while (station_next(s, &seen)) {
            assert_int_equal(seen.ip.fragment_offset, got);
            size_t skip = got == 0 ? 8 : 0;
            assert_memory_equal(seen.payload.bytes + skip, message + got + skip,
                                seen.payload.length - skip);
            got += seen.payload.length;
        }
        assert_int_equal(got, sizes[i]);
    }
}

/* [rfc1812#41] [rfc1812#69] */
static void datagram_from_nowhere_is_taken_for_all_only(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 67);
    char got[16];
    station_udp(s, 0, 68, 0xffffffff, 67, "boot", 4);
    assert_int_equal(dobos_receive(socket, got, sizeof(got)), 4);
    static const uint32_t strays[][2] = {
        {0, HOST_ADDRESS}, {0, INNER_PEER}, {5, 0xffffffff}, {5, HOST_ADDRESS}};
    for (size_t i = 0; i < array_length(strays); i++)
        station_udp(s, strays[i][0], 68, strays[i][1], 67, "boot", 4);
    assert_int_equal(dobos_receive(socket, got, sizeof(got)), -DOBOS_EAGAIN);
    station_udp(s, 0, 68, 0xffffffff, 9999, "boot", 4); /* nobody's port */
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropIpSource"), array_length(strays));
    dobos_close(socket);
}

/* [rfc1812#52] */
static void old_broadcast_addresses_are_not_sent_to(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_endpoint all = endpoint(0, 9);
    station_add_route(s, 0, 0, THIRD_PEER);
    assert_true(send_to(socket, "x", 1, &all) < 0);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc1812#24] */
static void packet_longer_than_the_mtu_is_received(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t data[1400] = {0}, got[1500];
    s->interface++; /* eth1: 600 */
    station_udp(s, INNER_PEER, 9, INNER_ADDRESS, 7000, data, sizeof(data));
    assert_int_equal(dobos_receive(socket, got, sizeof(got)), sizeof(data));
    s->interface--;
    dobos_close(socket);
}

/* Where it goes, of the first frame that is not ARP; 0: nowhere. */
static uint32_t way_of(struct station *s, uint32_t destination) {
    struct seen seen;
    struct ipv4 ip = datagram(s, destination);
    station_ipv4(s, &ip, "12345678", 8);
    if (!station_next(s, &seen))
        return 0;
    return number_of(&seen.ip.destination) == destination ? seen.interface - s->interface : 0;
}

/* Pieces of 172.16/12 on both sides, of odd lengths. [rfc1812#55] [rfc1812#56] */
static void prefixes_of_any_length_lie_anywhere(void **state) {
    struct station *s = *state;
    static const struct {
        uint32_t prefix;
        uint8_t length;
        uint32_t gateway, way;
    } pieces[] = {
        {0xac100100, 24, INNER_PEER, 1}, {0xac100180, 25, THIRD_PEER, 2},
        {0xac100200, 23, THIRD_PEER, 2}, {0xac100204, 30, INNER_PEER, 1},
        {0xac100205, 32, THIRD_PEER, 2}, {0x80000000, 1, THIRD_PEER, 2},
        {0xac000000, 7, INNER_PEER, 1},
    };
    for (size_t i = 0; i < array_length(pieces); i++)
        station_add_route(s, pieces[i].prefix, pieces[i].length, pieces[i].gateway);
    assert_int_equal(way_of(s, 0xac100101), 1);
    assert_int_equal(way_of(s, 0xac100181), 2);
    assert_int_equal(way_of(s, 0xac100201), 2);
    assert_int_equal(way_of(s, 0xac100206), 1);
    assert_int_equal(way_of(s, 0xac100205), 2);
    assert_int_equal(way_of(s, 0xac100302), 2);
    assert_int_equal(way_of(s, 0xac200001), 1);
    assert_int_equal(way_of(s, 0xb0000001), 2);
}

/* What looks like the broadcast of a network that is not ours is a packet like any other.
   [rfc1812#121] */
static void broadcast_of_a_far_network_goes_on(void **state) {
    struct station *s = *state;
    assert_int_equal(way_of(s, FAR_ADDRESS | 0xff), 1);
    assert_int_equal(way_of(s, FAR_ADDRESS & 0xffffff00), 1);
}

/* [rfc1812#110] [rfc1812#72] [rfc1122#90] [rfc1122#91] */
static void redirect_changes_no_way(void **state) {
    struct station *s = *state;
    struct seen seen;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_endpoint far = endpoint(FAR_ADDRESS, 9);
    assert_int_equal(send_to(socket, "12345678", 8, &far), 8);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, s->interface + 1);
    for (uint8_t code = 0; code < 4; code++) {
        struct icmp redirect = {.type = 5, .code = code};
        redirect.identifier = PEER_ADDRESS >> 16;
        redirect.sequence = PEER_ADDRESS & 0xffff;
        s->interface++;
        station_icmp(s, INNER_PEER, INNER_ADDRESS, &redirect, seen.bytes + ETHERNET_HEADER_BYTES,
                     28);
        s->interface--;
        assert_true(station_is_quiet(s));
        assert_int_equal(way_of(s, FAR_ADDRESS), 1);
        assert_int_equal(send_to(socket, "12345678", 8, &far), 8);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.interface, s->interface + 1);
    }
    dobos_close(socket);
}

/* By the longest prefix whose link is up; nowhere, and told so, when none is.
   [rfc1812#136] [rfc1812#138] [rfc1812#96] */
static void link_down_makes_a_detour_until_it_is_up_again(void **state) {
    struct station *s = *state;
    struct dobos_route second = {
        .destination = {.address = dobos_address_ipv4(FAR_ADDRESS & 0xffffff00), .length = 24},
        .gateway = dobos_address_ipv4(PEER_ADDRESS + 1),
        .source = dobos_address_ipv4(0),
        .metric = 5,
        .origin = DOBOS_ORIGIN_STATIC,
    };
    assert_int_equal(way_of(s, FAR_ADDRESS), 1);
    station_add_route(s, FAR_ADDRESS & 0xffff0000, 16, THIRD_PEER);
    assert_int_equal(way_of(s, FAR_ADDRESS), 1);
    assert_int_equal(dobos_interface_carrier_set(s->host, s->interface + 1, false), 0);
    assert_int_equal(way_of(s, FAR_ADDRESS), 2); /* a shorter prefix */
    assert_int_equal(dobos_route_add(s->host, &second), 0);
    struct seen seen;
    struct ipv4 ip = datagram(s, FAR_ADDRESS);
    station_ipv4(s, &ip, "12345678", 8);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, s->interface); /* a larger metric */
    assert_int_equal(number_of(&seen.ip.destination), FAR_ADDRESS);
    assert_int_equal(dobos_interface_carrier_set(s->host, s->interface + 1, true), 0);
    assert_int_equal(way_of(s, FAR_ADDRESS), 1);
}

/* [rfc1812#137] */
static void link_down_without_a_detour_is_told(void **state) {
    struct station *s = *state;
    static const uint32_t destinations[] = {FAR_ADDRESS, INNER_PEER};
    assert_int_equal(dobos_interface_carrier_set(s->host, s->interface + 1, false), 0);
    for (size_t i = 0; i < array_length(destinations); i++) {
        struct seen seen;
        struct ipv4 ip = datagram(s, destinations[i]);
        station_ipv4(s, &ip, "12345678", 8);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.interface, s->interface);
        assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
        assert_int_equal(seen.icmp.code, ICMP_HOST_UNREACHABLE);
        assert_true(station_is_quiet(s));
    }
}

/* [rfc1812#42] */
static void network_zero_is_not_sent_to(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_endpoint zero = endpoint(5, 9);
    station_add_route(s, 0, 0, THIRD_PEER);
    assert_int_equal(send_to(socket, "x", 1, &zero), -DOBOS_ENETUNREACH);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define STATION(test) cmocka_unit_test_setup_teardown(test, setup, station_teardown)
        STATION(reserved_bits_pass_unchanged_into_every_fragment),
        STATION(options_pass_unchanged),
        STATION(every_precedence_goes_on_and_stays),
        STATION(echo_reply_has_the_service_of_its_request_and_a_life_of_its_own),
        STATION(error_has_a_life_of_its_own_and_no_service),
        STATION(error_comes_from_the_interface_it_leaves_by),
        STATION(last_hop_but_one_is_not_foreseen),
        STATION(largest_echo_request_is_put_together_and_answered),
        STATION(datagram_from_nowhere_is_taken_for_all_only),
        STATION(old_broadcast_addresses_are_not_sent_to),
        STATION(packet_longer_than_the_mtu_is_received),
        STATION(prefixes_of_any_length_lie_anywhere),
        STATION(broadcast_of_a_far_network_goes_on),
        STATION(redirect_changes_no_way),
        STATION(link_down_makes_a_detour_until_it_is_up_again),
        STATION(link_down_without_a_detour_is_told),
        STATION(network_zero_is_not_sent_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
