/*
 * What RFC 1122 §3 asks of a host beside what ip_test.c, icmp_test.c and arp_test.c show: it is no
 * router unless told, sends no options, keeps and changes ways, and does not pester its gateway.
 */
#include "station.h"

#include <dobos/rules.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define GATEWAY       ((HOST_ADDRESS & 0xffffff00) | 254)
#define OTHER_GATEWAY ((HOST_ADDRESS & 0xffffff00) | 253)
#define INNER_ADDRESS UINT32_C(0x0a000001)
#define INNER_PEER    UINT32_C(0x0a000009)

/* [rfc1122#79] [rfc1122#80] [rfc1122#81] */
static void host_with_two_interfaces_is_no_router(void **state) {
    struct station *s = *state;
    (void)station_add_interface(s, INNER_ADDRESS, 8, 0);
    static const uint32_t destinations[] = {INNER_PEER, INNER_ADDRESS, FAR_ADDRESS, 0x0affffff};
    for (size_t i = 0; i < array_length(destinations); i++) {
        struct ipv4 ip = station_header(s, PEER_ADDRESS, destinations[i], 253);
        station_ipv4(s, &ip, "12345678", 8);
        assert_true(station_is_quiet(s));
    }
    assert_int_equal(station_counter(s, "IpForwDatagrams"), 0);
    assert_int_equal(station_counter(s, "DropIpNotForUs"), array_length(destinations));
}

static void assert_bare(const struct seen *seen) {
    assert_int_equal(seen->ip.header_length, 20);
    assert_false(seen->ip.reserved);
}

/* [rfc1122#86] [rfc1122#89] [rfc1812#26] [rfc1812#29] [rfc1812#32] */
static void nothing_sent_has_options_or_reserved_bits(void **state) {
    struct station *s = *state;
    struct seen seen;
    static const uint8_t options[8] = {0x83, 7, 4, 10, 0, 0, 1, 1};
    uint8_t fragments[3000] = {0};
    struct dobos_socket *udp = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9), .tos = 0xff};
    assert_int_equal(dobos_send_message(udp, fragments, sizeof(fragments), &message), 3000);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(station_next(s, &seen));
        assert_bare(&seen);
    }
    struct dobos_socket *tcp = station_connect(s, PEER_ADDRESS, 80);
    assert_true(station_next(s, &seen));
    assert_bare(&seen);
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_UDP);
    ip.options = (struct slice){options + 7, 1};
    station_ipv4(s, &ip, "\0\1\0\2\0\10\0\0", 8); /* nobody's port */
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    assert_bare(&seen);
    ip.options = (struct slice){options, sizeof(options)};
    station_ipv4(s, &ip, "\0\1\0\2\0\10\0\0", 8);
    assert_true(station_is_quiet(s));
    dobos_close(udp);
    dobos_close(tcp);
}

/* Whom the host asks for to send this datagram on: 0: it knows already. */
static uint32_t asked_for(struct station *s, struct dobos_socket *socket) {
    struct seen seen;
    uint32_t asked = 0;
    s->shows_arp = true;
    assert_int_equal(dobos_send(socket, "12345678", 8), 8);
    assert_true(station_next(s, &seen));
    if (seen.is_arp) {
        asked = number_of(&seen.arp.target);
        assert_true(station_next(s, &seen));
    }
    assert_int_equal(number_of(&seen.ip.destination), FAR_ADDRESS);
    s->shows_arp = false;
    return asked;
}

/* [rfc1122#99] */
static void way_is_kept_until_routes_change(void **state) {
    struct station *s = *state;
    struct dobos_endpoint far = endpoint(FAR_ADDRESS, 9);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    assert_int_equal(dobos_connect(socket, &far), 0);
    assert_int_equal(asked_for(s, socket), GATEWAY);
    assert_int_equal(asked_for(s, socket), 0);
    station_add_route(s, FAR_ADDRESS, 32, OTHER_GATEWAY);
    assert_int_equal(asked_for(s, socket), OTHER_GATEWAY);
    assert_int_equal(asked_for(s, socket), 0);
    dobos_close(socket);
}

static void add_gateway(struct station *s, uint32_t gateway, uint32_t metric) {
    struct dobos_route route = {
        .destination = {.address = dobos_address_ipv4(0)},
        .gateway = dobos_address_ipv4(gateway),
        .source = dobos_address_ipv4(0),
        .metric = metric,
        .origin = DOBOS_ORIGIN_STATIC,
    };
    assert_int_equal(dobos_route_add(s->host, &route), 0);
}

#define OTHER_SUBNET UINT32_C(0x0a000000)

/* The interface by which a connection's next segment leaves. */
static uint32_t leaves_by(struct peer *peer, struct dobos_socket *socket) {
    struct seen seen;
    assert_int_equal(dobos_send(socket, "x", 1), 1);
    peer_take(peer, &seen);
    assert_int_equal(seen.data.length, 1);
    return seen.interface;
}

static struct dobos_route other_way(uint32_t destination, uint8_t length, uint32_t table) {
    return (struct dobos_route){.destination = {dobos_address_ipv4(destination), length},
                                .gateway = dobos_address_ipv4(OTHER_SUBNET + 2),
                                .source = dobos_address_ipv4(0),
                                .metric = 10,
                                .origin = DOBOS_ORIGIN_STATIC,
                                .table = table};
}

/* The way that a connection keeps is looked up again when a route, a rule or a link has changed
 * [rfc1122#99]. */
static void connection_follows_routes_rules_and_links(void **state) {
    struct station *s = *state;
    struct peer peer;
    struct dobos_socket *listener = station_listener(s, 80), *socket = NULL;
    const uint32_t first = s->interface;
    const uint32_t second = station_add_interface(s, OTHER_SUBNET + 1, 24, 0);
    const struct dobos_route spare = other_way(0, 0, 0), close = other_way(FAR_ADDRESS, 32, 0),
                             apart = other_way(0, 0, 100);
    const struct dobos_rule rule = {.from = {dobos_address_ipv4(HOST_ADDRESS), 32}, .table = 100};
    assert_int_equal(dobos_route_add(s->host, &spare), 0);
    assert_int_equal(dobos_route_add(s->host, &apart), 0);
    peer_init(&peer, s, 1234, 80);
    peer.address = FAR_ADDRESS;
    peer_open(&peer);
    assert_int_equal(dobos_accept(listener, &socket, NULL), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_NODELAY, 1), 0);
    assert_int_equal(leaves_by(&peer, socket), first);
    assert_int_equal(dobos_interface_carrier_set(s->host, first, false), 0);
    assert_int_equal(leaves_by(&peer, socket), second);
    assert_int_equal(dobos_interface_carrier_set(s->host, first, true), 0);
    assert_int_equal(leaves_by(&peer, socket), first);
    assert_int_equal(dobos_route_add(s->host, &close), 0);
    assert_int_equal(leaves_by(&peer, socket), second);
    assert_int_equal(dobos_route_remove(s->host, &close), 0);
    assert_int_equal(leaves_by(&peer, socket), first);
    assert_int_equal(dobos_rule_add(s->host, &rule), 0);
    assert_int_equal(leaves_by(&peer, socket), second);
    assert_int_equal(dobos_route_remove(s->host, &apart), 0);
    assert_int_equal(leaves_by(&peer, socket), first);
    assert_int_equal(dobos_route_add(s->host, &apart), 0);
    assert_int_equal(leaves_by(&peer, socket), second);
    assert_int_equal(dobos_rule_remove(s->host, &rule), 0);
    assert_int_equal(leaves_by(&peer, socket), first);
    dobos_abort(socket);
    dobos_close(listener);
}

/* The first datagrams find out that the gateway is dead; then the other is used, and after a while
   the first is tried again. [rfc1122#72] [rfc1122#100] [rfc1122#101] */
static void gateway_that_does_not_answer_is_given_up_for_another(void **state) {
    struct station *s = *state;
    struct dobos_endpoint far = endpoint(FAR_ADDRESS, 9);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    add_gateway(s, OTHER_GATEWAY, 10);
    assert_int_equal(dobos_connect(socket, &far), 0);
    s->arp_dead = GATEWAY;
    assert_int_equal(dobos_send(socket, "12345678", 8), 8);
    station_run(s, 5 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    (void)dobos_socket_error(socket);
    station_forget(s);
    assert_int_equal(asked_for(s, socket), OTHER_GATEWAY);
    assert_int_equal(asked_for(s, socket), 0);
    s->arp_dead = 0;
    station_run(s, 60 * DOBOS_SECOND);
    station_forget(s);
    assert_int_equal(asked_for(s, socket), GATEWAY);
    dobos_close(socket);
}

/* The requests that the host sent in some time. */
static unsigned requests(struct station *s) {
    struct seen seen;
    unsigned count = 0;
    s->shows_arp = true;
    while (station_next(s, &seen))
        count += seen.is_arp && seen.arp.operation == ARP_REQUEST;
    s->shows_arp = false;
    return count;
}

/* [rfc1122#102] [rfc1122#103] */
static void gateway_is_probed_only_while_it_is_used(void **state) {
    struct station *s = *state;
    struct dobos_endpoint far = endpoint(FAR_ADDRESS, 9);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    assert_int_equal(dobos_connect(socket, &far), 0);
    assert_int_equal(asked_for(s, socket), GATEWAY);
    station_run(s, 3600 * DOBOS_SECOND);
    assert_int_equal(requests(s), 0);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(dobos_send(socket, "12345678", 8), 8);
        station_run(s, DOBOS_SECOND);
    }
    unsigned probes = requests(s);
    assert_in_range(probes, 1, 20); /* once in 30 to 40 s, and not for each datagram */
    station_run(s, 40 * DOBOS_SECOND);
    assert_in_range(requests(s), 0, 1);
    station_run(s, 3600 * DOBOS_SECOND);
    assert_int_equal(requests(s), 0);
    dobos_close(socket);
}

/* [rfc1122#104] */
static void progress_of_tcp_spares_the_neighbour_probes(void **state) {
    struct station *s = *state;
    struct peer p;
    struct seen seen;
    struct dobos_socket *socket = peer_established(&p, s, 2000);
    station_run(s, 60 * DOBOS_SECOND);
    station_forget(s);
    s->shows_arp = true;
    unsigned asked = 0;
    for (unsigned i = 0; i < 60; i++) {
        assert_int_equal(dobos_send(socket, "12345678", 8), 8);
        assert_true(station_next(s, &seen));
        while (seen.is_arp) {
            asked++;
            assert_true(station_next(s, &seen));
        }
        p.ack += 8;
        peer_send(&p, TCP_ACK, NULL, 0);
        station_run(s, 4 * DOBOS_SECOND);
        while (station_next(s, &seen))
            asked += seen.is_arp;
    }
    assert_in_range(asked, 0, 1);
    s->shows_arp = false;
    dobos_close(socket);
}

/* [rfc1122#114] */
static void datagram_tells_the_interface_it_came_by(void **state) {
    struct station *s = *state;
    (void)station_add_interface(s, INNER_ADDRESS, 8, 0);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    for (unsigned i = 0; i < 2; i++) {
        struct dobos_message message;
        char got[8];
        station_udp(s, i ? INNER_PEER : PEER_ADDRESS, 9, i ? INNER_ADDRESS : HOST_ADDRESS, 7000,
                    "data", 4);
        assert_int_equal(dobos_receive_message(socket, got, sizeof(got), &message), 4);
        assert_int_equal(message.peer.interface, s->interface);
        s->interface++;
    }
    dobos_close(socket);
}

/* [rfc792#8] */
static void unused_bytes_of_an_error_are_not_looked_at(void **state) {
    struct station *s = *state;
    struct dobos_endpoint peer = endpoint(PEER_ADDRESS, 9);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct seen seen;
    assert_int_equal(dobos_connect(socket, &peer), 0);
    for (uint16_t unused = 0; unused < 2; unused++) {
        assert_int_equal(dobos_send(socket, "12345678", 8), 8);
        assert_true(station_next(s, &seen));
        station_icmp_about(s, PEER_ADDRESS, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE,
                           (uint16_t)(unused * 0xbeef), &seen);
        assert_int_equal(dobos_socket_error(socket), -DOBOS_ECONNREFUSED);
    }
    dobos_close(socket);
}

/* [rfc791#20] */
static void fragments_that_come_twice_do_no_harm(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t datagram[48] = {0, 9, 7000 >> 8, 7000 & 0xff, 0, 48};
    static const unsigned orders[][5] = {{0, 0, 1, 1, 2}, {2, 2, 2, 1, 0}, {1, 0, 1, 0, 2}};
    for (size_t i = 8; i < sizeof(datagram); i++)
        datagram[i] = (uint8_t)(i * 3);
    for (size_t order = 0; order < array_length(orders); order++) {
        uint8_t got[64];
        struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_UDP);
        for (unsigned i = 0; i < 5; i++) {
            unsigned piece = orders[order][i];
            ip.fragment_offset = (uint16_t)(piece * 16);
            ip.more_fragments = piece < 2;
            station_ipv4(s, &ip, datagram + piece * 16, 16);
        }
        assert_int_equal(dobos_receive(socket, got, sizeof(got)), 40);
        assert_memory_equal(got, datagram + 8, 40);
        assert_int_equal(dobos_receive(socket, got, sizeof(got)), -DOBOS_EAGAIN);
    }
    dobos_close(socket);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define STATION(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
        STATION(host_with_two_interfaces_is_no_router),
        STATION(nothing_sent_has_options_or_reserved_bits),
        STATION(way_is_kept_until_routes_change),
        STATION(connection_follows_routes_rules_and_links),
        STATION(gateway_that_does_not_answer_is_given_up_for_another),
        STATION(gateway_is_probed_only_while_it_is_used),
        STATION(progress_of_tcp_spares_the_neighbour_probes),
        STATION(datagram_tells_the_interface_it_came_by),
        STATION(unused_bytes_of_an_error_are_not_looked_at),
        STATION(fragments_that_come_twice_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
