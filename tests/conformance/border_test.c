/*
 * A border router: eth0 (192.0.2.1/24) leads to the public Internet, eth1 (10.0.0.1/8) to a private
 * network, eth2 (198.51.100.1/25) to a network of public addresses. What may leave and come in
 * where; and ICMP redirects.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/ipv4_ranges.h"

#define PRIVATE_ADDRESS UINT32_C(0x0a000001)
#define PRIVATE_PEER    UINT32_C(0x0a000009)
#define SERVER_ADDRESS  UINT32_C(0xc6336401)
#define SERVER          UINT32_C(0xc6336407)
#define STRANGER        UINT32_C(0xcb007107) /* 203.0.113.7, behind the default route */
#define PORT            7000

/* One address at each end of each range, and whether it is of them. */
static const struct {
    uint32_t address;
    bool is_special;
} ends[] = {
    {0x00000001, true},  {0x00ffffff, true},  {0x01000000, false}, {0x09ffffff, false},
    {0x0a000000, true},  {0x0affffff, true},  {0x0b000000, false}, {0x643fffff, false},
    {0x64400000, true},  {0x647fffff, true},  {0x64800000, false}, {0x7effffff, false},
    {0x7f000001, true},  {0x7fffffff, true},  {0x80000000, false}, {0xa9fdffff, false},
    {0xa9fe0000, true},  {0xa9feffff, true},  {0xa9ff0000, false}, {0xac0fffff, false},
    {0xac100000, true},  {0xac1fffff, true},  {0xac200000, false}, {0xc0a7ffff, false},
    {0xc0a80000, true},  {0xc0a8ffff, true},  {0xc0a90000, false}, {0xc0000207, false},
    {0xc6336407, false}, {0xcb007107, false}, {0xdfffffff, false}, {0xf0000000, true},
    {0xfffffffe, true},  {0xffffffff, true},
};

struct scene {
    bool is_public, redirects;            /* of eth0, of the host */
    enum dobos_reverse_path reverse_path; /* of eth0 */
};

static void add_interface(struct station *s, const struct dobos_interface_config *like,
                          uint32_t address, uint8_t length) {
    struct dobos_interface_config config = *like;
    uint32_t count = dobos_interface_count(s->host);
    config.size = sizeof(config);
    memcpy(config.name, "eth", 3);
    config.name[3] = (char)('0' + count - 1);
    config.mac = (struct dobos_mac){{2, 0, 0, 0, 0, (uint8_t)count}};
    assert_int_equal(dobos_interface_add(s->host, &config), count + 1);
    station_add_address(s, count + 1, address, length);
}

/* The station's host is made anew, as the scene wants it. */
static void begin(struct station *s, const struct scene *scene) {
    struct dobos_host_config host = {
        .size = sizeof(host), .name = "border", .forwarding = true, .redirects = scene->redirects};
    dobos_host_destroy(s->host);
    assert_int_equal(dobos_host_create(s->pool, &host, s->now, &s->host), 0);
    add_interface(s,
                  &(struct dobos_interface_config){.outside = scene->is_public,
                                                   .is_public = scene->is_public,
                                                   .reverse_path = scene->reverse_path},
                  HOST_ADDRESS, 24);
    add_interface(s, &(struct dobos_interface_config){0}, PRIVATE_ADDRESS, 8);
    add_interface(s, &(struct dobos_interface_config){0}, SERVER_ADDRESS, 25);
    station_add_route(s, 0, 0, (HOST_ADDRESS & 0xffffff00) | 254);
    s->interface = 2;
}

/* A datagram to be forwarded comes in at an interface. */
static void send(struct station *s, uint32_t interface, uint32_t source, uint32_t destination) {
    struct ipv4 ip = station_header(s, source, destination, 253);
    s->interface = interface;
    station_ipv4(s, &ip, "datagram", 8);
}

static void assert_forwarded(struct station *s, uint32_t interface) {
    struct seen seen;
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, interface);
    assert_int_equal(seen.ip.protocol, 253);
    assert_true(station_is_quiet(s));
}

static void assert_prohibited(struct station *s, uint32_t interface, uint32_t sender) {
    struct seen seen;
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, interface);
    assert_int_equal(number_of(&seen.ip.destination), sender);
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    assert_int_equal(seen.icmp.code, ICMP_ADMINISTRATIVELY_PROHIBITED);
    assert_true(station_is_quiet(s));
}

/* ---- public segments ---- */

static void special_ranges_are_known_from_end_to_end(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(ends); i++)
        assert_true((ipv4_special_range(ends[i].address) != NULL) == ends[i].is_special);
}

/* [rfc1812#19] [rfc1812#123] [rfc1812#124] [rfc1812#125] */
static void special_destinations_never_reach_a_public_segment(void **state) {
    struct station *s = *state;
    begin(s, &(struct scene){.is_public = true});
    uint64_t dropped = 0;
    for (size_t i = 0; i < array_length(ends); i++) {
        uint32_t number = ends[i].address;
        bool is_martian = ipv4_is_this_network(number) || ipv4_is_loopback(number) ||
                          ipv4_is_reserved(number) || ipv4_is_limited_broadcast(number);
        if (number >> 24 == 10 || number >> 8 == SERVER >> 8 || number >> 8 == HOST_ADDRESS >> 8)
            continue; /* its own networks */
        send(s, 4, SERVER, number);
        if (is_martian) {
            assert_true(station_is_quiet(s));
        } else if (ends[i].is_special) {
            assert_prohibited(s, 4, SERVER);
            assert_int_equal(station_counter(s, "DropSpecialRange"), ++dropped);
        } else {
            assert_forwarded(s, 2);
        }
        station_run(s, DOBOS_SECOND);
    }
    assert_true(dropped >= 8);
}

static void special_sources_never_reach_a_public_segment(void **state) {
    struct station *s = *state;
    begin(s, &(struct scene){.is_public = true});
    send(s, 3, PRIVATE_PEER, STRANGER);
    assert_prohibited(s, 3, PRIVATE_PEER);
    assert_int_equal(station_counter(s, "DropSpecialRange"), 1);
    send(s, 3, PRIVATE_PEER, SERVER); /* that network is not public */
    assert_forwarded(s, 4);
    send(s, 4, SERVER, STRANGER);
    assert_forwarded(s, 2);
    assert_int_equal(station_counter(s, "DropSpecialRange"), 1);
}

static void segment_that_is_not_public_gets_private_addresses(void **state) {
    struct station *s = *state;
    begin(s, &(struct scene){.is_public = false});
    send(s, 3, PRIVATE_PEER, STRANGER);
    assert_forwarded(s, 2);
    send(s, 4, SERVER, UINT32_C(0xc0a80007));
    assert_forwarded(s, 2);
    assert_int_equal(station_counter(s, "DropSpecialRange"), 0);
}

static int send_own(struct station *s, struct dobos_socket *socket, uint32_t destination) {
    struct dobos_message message = {.peer = endpoint(destination, 9)};
    assert_int_equal(dobos_send_message(socket, "datagram", 8, &message), 8);
    station_collect(s);
    return dobos_socket_error(socket);
}

static void own_datagrams_to_special_addresses_never_reach_a_public_segment(void **state) {
    struct station *s = *state;
    struct seen seen;
    begin(s, &(struct scene){.is_public = true});
    struct dobos_socket *socket = station_udp_socket(s, PORT);
    assert_int_equal(send_own(s, socket, UINT32_C(0xc0a80007)), -DOBOS_EACCES);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropOutSpecialRange"), 1);
    assert_int_equal(send_own(s, socket, STRANGER), 0);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, 2);
    assert_int_equal(send_own(s, socket, PRIVATE_PEER), 0);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, 3);
    assert_int_equal(station_counter(s, "DropOutSpecialRange"), 1);
    dobos_close(socket);
}

/* What it says itself from a private address stays inside, too: an answer to a stranger. */
static void own_answers_from_a_private_address_never_reach_a_public_segment(void **state) {
    struct station *s = *state;
    const struct icmp echo = {.type = ICMP_ECHO_REQUEST, .identifier = 1};
    begin(s, &(struct scene){.is_public = true});
    station_icmp(s, STRANGER, PRIVATE_ADDRESS, &echo, "echo", 4);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropOutSpecialRange"), 1);
    station_icmp(s, STRANGER, HOST_ADDRESS, &echo, "echo", 4);
    assert_false(station_is_quiet(s));
}

static void who_has_no_address_may_look_for_one_on_a_public_segment(void **state) {
    struct station *s = *state;
    struct seen seen;
    struct dobos_interface_config config = {.size = sizeof(config),
                                            .name = "wan",
                                            .mac = {{2, 0, 0, 0, 0, 9}},
                                            .outside = true,
                                            .is_public = true};
    int index = dobos_interface_add(s->host, &config);
    assert_true(index > 0);
    struct dobos_socket *socket = station_udp_socket(s, 68);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_BROADCAST, 1), 0);
    struct dobos_message message = {.peer = endpoint(UINT32_MAX, 67)};
    message.peer.interface = (uint32_t)index;
    assert_int_equal(dobos_send_message(socket, "discover", 8, &message), 8);
    station_collect(s);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, index);
    assert_int_equal(number_of(&seen.ip.source), 0);
    assert_int_equal(number_of(&seen.ip.destination), UINT32_MAX);
    assert_int_equal(station_counter(s, "DropOutSpecialRange"), 0);
    dobos_close(socket);
}

/* ---- martians and the way back ---- */

/* [rfc1812#19] [rfc1812#123] [rfc1812#124] [rfc1812#125] */
static void impossible_addresses_go_nowhere(void **state) {
    static const uint32_t none[] = {0x00000001, 0x7f000001, 0x7fffffff, 0xf0000001, 0xfffffffe};
    struct station *s = *state;
    begin(s, &(struct scene){0});
    for (size_t i = 0; i < array_length(none); i++) {
        send(s, 3, none[i], STRANGER);
        send(s, 3, PRIVATE_PEER, none[i]);
    }
    send(s, 3, 0, STRANGER);
    send(s, 3, UINT32_MAX, STRANGER);
    send(s, 3, 0xe0000005, STRANGER); /* a group sends nothing */
    send(s, 3, 0x0affffff, STRANGER); /* nor do all of a subnet */
    send(s, 3, HOST_ADDRESS, STRANGER);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropIpSource"), array_length(none) + 5);
    assert_int_equal(station_counter(s, "DropIpDestination"), array_length(none));
}

/* [attack:B19] */
static void nobody_has_all_of_another_subnet_answered(void **state) {
    struct station *s = *state;
    const struct icmp echo = {.type = ICMP_ECHO_REQUEST, .identifier = 1};
    begin(s, &(struct scene){0});
    s->interface = 3;
    station_icmp(s, UINT32_C(0xc633647f), PRIVATE_ADDRESS, &echo, "echo", 4);
    station_run(s, DOBOS_SECOND);
    assert_true(station_is_quiet(s));
}

/* [rfc1812#101] [rfc1812#126] [rfc1812#127] */
static void reverse_path_is_not_asked_for_by_default(void **state) {
    struct station *s = *state;
    begin(s, &(struct scene){0});
    send(s, 2, PRIVATE_PEER, SERVER);
    assert_forwarded(s, 4);
}

static void loose_reverse_path_wants_a_route_other_than_the_default(void **state) {
    struct station *s = *state;
    begin(s, &(struct scene){.reverse_path = DOBOS_REVERSE_PATH_LOOSE});
    send(s, 2, STRANGER, SERVER);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropReversePath"), 1);
    send(s, 2, PRIVATE_PEER, SERVER); /* by whatever interface */
    assert_forwarded(s, 4);
    send(s, 2, PEER_ADDRESS, SERVER);
    assert_forwarded(s, 4);
    send(s, 3, STRANGER, SERVER); /* that interface does not ask */
    assert_forwarded(s, 4);
    assert_int_equal(station_counter(s, "DropReversePath"), 1);
}

/* [rfc1812#126] [rfc1812#127] */
static void strict_reverse_path_wants_the_best_route_by_the_same_interface(void **state) {
    struct station *s = *state;
    begin(s, &(struct scene){.reverse_path = DOBOS_REVERSE_PATH_STRICT});
    send(s, 2, STRANGER, SERVER); /* by the default route */
    assert_forwarded(s, 4);
    send(s, 2, PEER_ADDRESS, HOST_ADDRESS);
    station_forget(s);
    send(s, 2, PRIVATE_PEER, SERVER);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropReversePath"), 1);
    station_add_route(s, UINT32_C(0xc0a80000), 16, PRIVATE_PEER);
    send(s, 2, UINT32_C(0xc0a80001), SERVER);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropReversePath"), 2);
    station_add_route(s, UINT32_C(0xc0a80000), 16, PEER_ADDRESS); /* as good as the other */
    send(s, 2, UINT32_C(0xc0a80001), SERVER);
    assert_forwarded(s, 4);
    assert_int_equal(station_counter(s, "DropReversePath"), 2);
}

static void strict_reverse_path_lets_in_who_has_no_address(void **state) {
    struct station *s = *state;
    uint8_t byte[16];
    begin(s, &(struct scene){.reverse_path = DOBOS_REVERSE_PATH_STRICT});
    struct dobos_socket *socket = station_udp_socket(s, 67);
    s->interface = 2;
    station_udp(s, 0, 68, UINT32_MAX, 67, "discover", 8);
    assert_int_equal(dobos_receive(socket, byte, sizeof(byte)), 8);
    dobos_close(socket);
}

/* ---- redirects ---- */

/* [rfc1812#13] [rfc1812#102] [rfc1812#109] */
static void redirect_tells_of_the_better_first_hop(void **state) {
    struct station *s = *state;
    struct seen seen;
    begin(s, &(struct scene){.redirects = true});
    send(s, 2, PEER_ADDRESS, STRANGER); /* back out to 192.0.2.254 */
    assert_true(station_next(s, &seen));
    if (seen.ip.protocol == 253)
        assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, 2);
    assert_int_equal(seen.icmp.type, ICMP_REDIRECT);
    assert_int_equal(seen.icmp.code, 1);
    assert_int_equal((uint32_t)seen.icmp.identifier << 16 | seen.icmp.sequence,
                     (HOST_ADDRESS & 0xffffff00) | 254);
    assert_int_equal(number_of(&seen.ip.source), HOST_ADDRESS);
    assert_int_equal(number_of(&seen.ip.destination), PEER_ADDRESS);
    assert_true(seen.checksum_is_right);
    assert_int_equal(seen.data.length, IPV4_HEADER_BYTES + 8); /* as it came */
    assert_int_equal(seen.data.bytes[8], 64);
    assert_int_equal(station_counter(s, "IcmpOutRedirects"), 1);
    assert_int_equal(station_counter(s, "IpForwDatagrams"), 1);
}

static void redirect_names_the_destination_itself_when_it_is_a_neighbour(void **state) {
    struct station *s = *state;
    struct seen seen;
    begin(s, &(struct scene){.redirects = true});
    send(s, 2, PEER_ADDRESS, PEER_ADDRESS + 1);
    assert_true(station_next(s, &seen));
    if (seen.ip.protocol == 253)
        assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.type, ICMP_REDIRECT);
    assert_int_equal((uint32_t)seen.icmp.identifier << 16 | seen.icmp.sequence, PEER_ADDRESS + 1);
}

/* [rfc1812#13] [rfc1812#108] */
static void redirect_is_sent_to_neighbours_of_the_better_first_hop_only(void **state) {
    struct station *s = *state;
    begin(s, &(struct scene){.redirects = true});
    send(s, 2, STRANGER + 1, STRANGER); /* from behind the gateway */
    assert_forwarded(s, 2);
    send(s, 4, SERVER, STRANGER); /* to another interface */
    assert_forwarded(s, 2);
    begin(s, &(struct scene){.redirects = false}); /* off unless it was asked for */
    send(s, 2, PEER_ADDRESS, STRANGER);
    assert_forwarded(s, 2);
    assert_int_equal(station_counter(s, "IcmpOutRedirects"), 0);
}

/* [rfc1812#135] [rfc1122#34] */
static void host_that_does_not_forward_sends_no_redirect(void **state) {
    struct station *s = *state;
    struct dobos_host_config host = {.size = sizeof(host), .name = "host", .redirects = true};
    dobos_host_destroy(s->host);
    assert_int_equal(dobos_host_create(s->pool, &host, s->now, &s->host), 0);
    add_interface(s, &(struct dobos_interface_config){0}, HOST_ADDRESS, 24);
    station_add_route(s, 0, 0, (HOST_ADDRESS & 0xffffff00) | 254);
    send(s, 2, PEER_ADDRESS, STRANGER);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropIpNotForUs"), 1);
}

/* [rfc1812#72] [rfc1812#110] [attack:C4] */
static void router_believes_no_redirect(void **state) {
    struct station *s = *state;
    struct dobos_address far = dobos_address_ipv4(STRANGER);
    struct dobos_route_choice choice;
    uint8_t quoted[28];
    begin(s, &(struct scene){.redirects = true});
    struct ipv4 ip = station_header(s, HOST_ADDRESS, STRANGER, PROTOCOL_UDP);
    ip.total_length = sizeof(quoted);
    struct writer w = writer_make(quoted, sizeof(quoted));
    ipv4_emit(&w, &ip);
    for (uint8_t code = 0; code < 4; code++) {
        const struct icmp redirect = {.type = ICMP_REDIRECT,
                                      .code = code,
                                      .identifier = PEER_ADDRESS >> 16,
                                      .sequence = PEER_ADDRESS & 0xffff};
        station_icmp(s, (HOST_ADDRESS & 0xffffff00) | 254, HOST_ADDRESS, &redirect, quoted,
                     sizeof(quoted));
        assert_int_equal(dobos_route_lookup(s->host, &far, NULL, &choice), 0);
        assert_int_equal(number_of(&choice.next_hop), (HOST_ADDRESS & 0xffffff00) | 254);
    }
    assert_int_equal(station_counter(s, "DropIcmpType"), 4);
}

/* [rfc1812#6] [attack:B21] */
static void redirects_are_rationed_and_never_about_errors(void **state) {
    struct station *s = *state;
    struct seen seen;
    struct icmp error = {.type = ICMP_TIME_EXCEEDED};
    unsigned redirects = 0;
    begin(s, &(struct scene){.redirects = true});
    uint8_t quoted[28] = {0x45};
    station_icmp(s, PEER_ADDRESS, STRANGER, &error, quoted, sizeof(quoted));
    assert_int_equal(station_counter(s, "IcmpOutRedirects"), 0);
    station_forget(s);
    for (unsigned i = 0; i < 100; i++)
        send(s, 2, PEER_ADDRESS, STRANGER);
    while (station_next(s, &seen))
        redirects += seen.ip.protocol == PROTOCOL_ICMP && seen.icmp.type == ICMP_REDIRECT;
    assert_in_range(redirects, 1, 6);
    assert_int_equal(station_counter(s, "IpForwDatagrams"), 101);
}

int main(void) {
#define AT_BORDER(test) \
    cmocka_unit_test_setup_teardown(test, station_setup_router, station_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(special_ranges_are_known_from_end_to_end),
        AT_BORDER(special_destinations_never_reach_a_public_segment),
        AT_BORDER(special_sources_never_reach_a_public_segment),
        AT_BORDER(segment_that_is_not_public_gets_private_addresses),
        AT_BORDER(own_datagrams_to_special_addresses_never_reach_a_public_segment),
        AT_BORDER(own_answers_from_a_private_address_never_reach_a_public_segment),
        AT_BORDER(who_has_no_address_may_look_for_one_on_a_public_segment),
        AT_BORDER(impossible_addresses_go_nowhere),
        AT_BORDER(nobody_has_all_of_another_subnet_answered),
        AT_BORDER(reverse_path_is_not_asked_for_by_default),
        AT_BORDER(loose_reverse_path_wants_a_route_other_than_the_default),
        AT_BORDER(strict_reverse_path_wants_the_best_route_by_the_same_interface),
        AT_BORDER(strict_reverse_path_lets_in_who_has_no_address),
        AT_BORDER(redirect_tells_of_the_better_first_hop),
        AT_BORDER(redirect_names_the_destination_itself_when_it_is_a_neighbour),
        AT_BORDER(redirect_is_sent_to_neighbours_of_the_better_first_hop_only),
        AT_BORDER(host_that_does_not_forward_sends_no_redirect),
        AT_BORDER(router_believes_no_redirect),
        AT_BORDER(redirects_are_rationed_and_never_about_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
