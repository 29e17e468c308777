/*
 * Addresses that come and go as a cable sees it: probed and announced before they are used
 * (RFC 5227), taken away with what hangs on them, and a link that goes down and comes back.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NEW_ADDRESS UINT32_C(0xc6336509) /* 198.51.101.9 */

static const struct dobos_mac OTHER_MAC = {{2, 0, 0, 0, 0, 0x66}};
static const struct dobos_mac NO_MAC = {{0}};

/* The station has no address that it is asked for. */
static int add_tentative(struct station *s, uint32_t number) {
    s->arp_is_silent = true;
    struct dobos_interface_address address = {
        .prefix = {.address = dobos_address_ipv4(number), .length = 24},
        .valid_until = DOBOS_NEVER,
        .preferred_until = DOBOS_NEVER,
        .origin = DOBOS_ORIGIN_DHCP,
        .state = DOBOS_ADDRESS_TENTATIVE,
    };
    return dobos_address_add(s->host, s->interface, &address);
}

static struct dobos_interface_address address_of(const struct station *s, uint32_t number) {
    struct dobos_interface_address address;
    for (uint32_t i = 0; dobos_address_read(s->host, s->interface, i, &address) == 0; i++)
        if (number_of(&address.prefix.address) == number)
            return address;
    fail_msg("no such address");
    return address;
}

static void hear_from(struct station *s, struct dobos_mac mac, uint16_t operation, uint32_t sender,
                      uint32_t target) {
    uint8_t frame[ETHERNET_MIN_FRAME_BYTES] = {0};
    struct writer w = writer_make(frame, sizeof(frame));
    struct ethernet link = {.destination = MAC_BROADCAST, .source = mac, .type = ETHER_TYPE_ARP};
    struct arp arp = {.operation = operation,
                      .sender_mac = mac,
                      .sender = dobos_address_ipv4(sender),
                      .target = dobos_address_ipv4(target)};
    ethernet_emit(&w, &link);
    arp_emit(&w, &arp);
    station_frame(s, frame, sizeof(frame));
}

/* The next ARP packet about the new address. */
static struct seen next_about(struct station *s) {
    struct seen seen;
    s->shows_arp = true;
    do {
        assert_true(station_next(s, &seen));
    } while (!seen.is_arp || number_of(&seen.arp.target) != NEW_ADDRESS);
    return seen;
}

static bool has_route(const struct station *s, uint32_t destination) {
    struct dobos_address address = dobos_address_ipv4(destination);
    struct dobos_route_choice choice;
    return dobos_route_lookup(s->host, &address, NULL, &choice) == 0 &&
           dobos_address_is_unspecified(&choice.route.gateway);
}

/* [rfc5227#1] [rfc5227#6] [rfc5227#7] [rfc5227#13] */
static void tentative_address_unclaimed_is_ready_and_announced(void **state) {
    struct station *s = *state;
    dobos_time last = 0;
    assert_int_equal(add_tentative(s, NEW_ADDRESS), 0);
    assert_int_equal(add_tentative(s, NEW_ADDRESS), -DOBOS_EEXIST);
    station_run(s, 4 * DOBOS_SECOND - 1); /* 3 probes need between 2 and 5 s, then 2 s go by */
    assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_TENTATIVE);
    assert_false(has_route(s, NEW_ADDRESS + 1));
    station_run(s, 6 * DOBOS_SECOND);
    assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_READY);
    assert_true(has_route(s, NEW_ADDRESS + 1));
    for (unsigned i = 0; i < 3; i++) {
        struct seen seen = next_about(s);
        assert_true(mac_is_equal(&seen.link.destination, &MAC_BROADCAST));
        assert_int_equal(seen.arp.operation, ARP_REQUEST);
        assert_int_equal(number_of(&seen.arp.sender), 0);
        assert_true(mac_is_equal(&seen.arp.target_mac, &NO_MAC));
        last = seen.at;
    }
    for (unsigned i = 0; i < 2; i++) {
        struct seen seen = next_about(s);
        assert_int_equal(number_of(&seen.arp.sender), NEW_ADDRESS);
        assert_int_equal(seen.at - last, 2 * DOBOS_SECOND);
        last = seen.at;
    }
    station_forget(s);
    hear_from(s, OTHER_MAC, ARP_REQUEST, PEER_ADDRESS, NEW_ADDRESS);
    struct seen seen;
    assert_true(station_next(s, &seen) && seen.is_arp);
    assert_int_equal(seen.arp.operation, ARP_REPLY);
    assert_int_equal(number_of(&seen.arp.sender), NEW_ADDRESS);
    station_run(s, 3600 * DOBOS_SECOND); /* [rfc5227#10] */
    assert_int_equal(dobos_next_deadline(s->host), DOBOS_NEVER);
}

static void tentative_address_is_not_used(void **state) {
    struct station *s = *state;
    struct dobos_endpoint local = endpoint(NEW_ADDRESS, 9);
    struct dobos_socket *socket;
    struct seen seen;
    assert_int_equal(add_tentative(s, NEW_ADDRESS), 0);
    assert_int_equal(dobos_socket_create(s->host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &local), -DOBOS_EADDRNOTAVAIL);
    dobos_close(socket);
    s->shows_arp = true;
    hear_from(s, OTHER_MAC, ARP_REQUEST, PEER_ADDRESS, NEW_ADDRESS);
    assert_false(station_next(s, &seen));
    struct icmp echo = {.type = ICMP_ECHO_REQUEST, .identifier = 1, .sequence = 1};
    station_icmp(s, PEER_ADDRESS, NEW_ADDRESS, &echo, "x", 1);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropIpNotForUs"), 1);
}

/* [rfc5227#4] */
static void tentative_address_in_use_is_a_conflict(void **state) {
    struct station *s = *state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(add_tentative(s, NEW_ADDRESS), 0);
        station_run(s, (1 + 2 * i) * DOBOS_SECOND);
        hear_from(s, OTHER_MAC, i ? ARP_REQUEST : ARP_REPLY, NEW_ADDRESS, PEER_ADDRESS);
        struct dobos_interface_address lost = address_of(s, NEW_ADDRESS);
        assert_int_equal(lost.state, DOBOS_ADDRESS_CONFLICT);
        assert_true(mac_is_equal(&lost.conflict, &OTHER_MAC));
        station_run(s, 20 * DOBOS_SECOND);
        assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_CONFLICT);
        assert_int_equal(dobos_address_remove(s->host, s->interface, &lost.prefix.address), 0);
    }
}

/* [rfc5227#5] */
static void tentative_address_probed_by_another_is_a_conflict(void **state) {
    struct station *s = *state;
    struct dobos_mac own = {{2, 0, 0, 0, 0, 2}}; /* of a second interface on the same link */
    station_add_interface(s, HOST_ADDRESS + 0x100000, 24, 0);
    assert_int_equal(add_tentative(s, NEW_ADDRESS), 0);
    hear_from(s, own, ARP_REQUEST, 0, NEW_ADDRESS);
    assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_TENTATIVE);
    hear_from(s, OTHER_MAC, ARP_REQUEST, 0, NEW_ADDRESS + 1);
    assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_TENTATIVE);
    hear_from(s, OTHER_MAC, ARP_REQUEST, 0, NEW_ADDRESS);
    assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_CONFLICT);
}

/* [rfc5227#8] */
static void tenth_conflict_in_a_row_makes_probing_seldom(void **state) {
    struct station *s = *state;
    struct dobos_address address = dobos_address_ipv4(NEW_ADDRESS);
    for (unsigned i = 0; i < 21; i++) { /* nine conflicts, a success, ten conflicts, and what is
                                           left of patience then */
        bool patient = i < 20;
        station_forget(s);
        dobos_time begun = s->now;
        assert_int_equal(add_tentative(s, NEW_ADDRESS), 0);
        station_run(s, (patient ? 1 : 55) * DOBOS_SECOND);
        assert_true(patient || station_is_quiet(s));
        station_run(s, (i == 9 || !patient ? 20 : 0) * DOBOS_SECOND);
        assert_in_range(next_about(s).at - begun, patient ? 0 : 55 * DOBOS_SECOND,
                        (patient ? 1 : 61) * DOBOS_SECOND);
        hear_from(s, OTHER_MAC, ARP_REPLY, NEW_ADDRESS, PEER_ADDRESS);
        assert_int_equal(address_of(s, NEW_ADDRESS).state,
                         i == 9 || !patient ? DOBOS_ADDRESS_READY : DOBOS_ADDRESS_CONFLICT);
        assert_int_equal(dobos_address_remove(s->host, s->interface, &address), 0);
    }
}

/* The first conflict is answered, one ten seconds later too; one that comes sooner takes the
 * address away: its route goes, nothing is answered, and no more is said [rfc5227#12]. */
static void probed_address_claimed_twice_is_given_up(void **state) {
    struct station *s = *state;
    struct seen seen;
    assert_int_equal(add_tentative(s, NEW_ADDRESS), 0);
    station_run(s, 20 * DOBOS_SECOND);
    assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_READY);
    s->shows_arp = true;
    for (unsigned i = 0; i < 2; i++) {
        station_forget(s);
        hear_from(s, OTHER_MAC, ARP_REPLY, NEW_ADDRESS, PEER_ADDRESS);
        assert_true(station_next(s, &seen) && seen.is_arp);
        assert_int_equal(number_of(&seen.arp.sender), NEW_ADDRESS);
        station_run(s, (i ? 9 : 10) * DOBOS_SECOND);
        assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_READY);
    }
    assert_int_equal(station_counter(s, "AddressesLost"), 0);
    hear_from(s, OTHER_MAC, ARP_REQUEST, NEW_ADDRESS, PEER_ADDRESS);
    assert_false(station_next(s, &seen));
    struct dobos_interface_address lost = address_of(s, NEW_ADDRESS);
    assert_int_equal(lost.state, DOBOS_ADDRESS_CONFLICT);
    assert_true(mac_is_equal(&lost.conflict, &OTHER_MAC));
    assert_int_equal(station_counter(s, "AddressesLost"), 1);
    assert_false(has_route(s, NEW_ADDRESS + 1));
    hear_from(s, OTHER_MAC, ARP_REQUEST, PEER_ADDRESS, NEW_ADDRESS);
    hear_from(s, OTHER_MAC, ARP_REQUEST, NEW_ADDRESS, PEER_ADDRESS);
    station_run(s, 100 * DOBOS_SECOND);
    assert_false(station_next(s, &seen));
    assert_int_equal(address_of(s, NEW_ADDRESS).conflicts, 3);
    assert_int_equal(dobos_address_remove(s->host, s->interface, &lost.prefix.address), 0);
}

/* An address that yields stands between its two announcements when it is lost: the second is never
 * made. One that another interface's link knows is no conflict. */
static void announced_address_claimed_twice_is_announced_no_more(void **state) {
    struct station *s = *state;
    struct dobos_mac own = {{2, 0, 0, 0, 0, 2}}; /* of a second interface on the same link */
    struct seen seen;
    station_add_interface(s, HOST_ADDRESS + 0x100000, 24, 0);
    assert_int_equal(add_tentative(s, NEW_ADDRESS), 0);
    while (address_of(s, NEW_ADDRESS).state != DOBOS_ADDRESS_READY)
        station_run(s, 100 * DOBOS_MILLISECOND);
    for (unsigned i = 0; i < 3; i++)
        hear_from(s, own, ARP_REPLY, NEW_ADDRESS, PEER_ADDRESS);
    assert_int_equal(address_of(s, NEW_ADDRESS).conflicts, 0);
    hear_from(s, OTHER_MAC, ARP_REPLY, NEW_ADDRESS, PEER_ADDRESS);
    hear_from(s, OTHER_MAC, ARP_REPLY, NEW_ADDRESS, PEER_ADDRESS);
    assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_CONFLICT);
    s->shows_arp = true;
    station_forget(s);
    station_run(s, 100 * DOBOS_SECOND);
    assert_false(station_next(s, &seen));
}

/* [rfc5227#9] [rfc5227#11] [rfc5227#15] */
static void ready_address_claimed_is_defended_and_noted(void **state) {
    struct station *s = *state;
    struct seen seen;
    assert_int_equal(address_of(s, HOST_ADDRESS).state, DOBOS_ADDRESS_READY);
    s->shows_arp = true;
    hear_from(s, OTHER_MAC, ARP_REQUEST, HOST_ADDRESS, PEER_ADDRESS);
    assert_true(station_next(s, &seen) && seen.is_arp);
    assert_int_equal(number_of(&seen.arp.sender), HOST_ADDRESS);
    assert_int_equal(number_of(&seen.arp.target), HOST_ADDRESS);
    station_run(s, 9 * DOBOS_SECOND);
    hear_from(s, OTHER_MAC, ARP_REQUEST, HOST_ADDRESS, PEER_ADDRESS);
    assert_false(station_next(s, &seen));
    station_run(s, 1 * DOBOS_SECOND);
    hear_from(s, OTHER_MAC, ARP_REQUEST, HOST_ADDRESS, PEER_ADDRESS);
    assert_true(station_next(s, &seen) && seen.is_arp);
    struct dobos_interface_address own = address_of(s, HOST_ADDRESS);
    assert_int_equal(own.state, DOBOS_ADDRESS_READY);
    assert_int_equal(own.conflicts, 3);
    assert_true(mac_is_equal(&own.conflict, &OTHER_MAC));
}

/* An address is one's own on its own link: whoever has it on another is left in peace, and is not
 * believed [rfc5227#11]. */
static void address_is_not_defended_on_another_link(void **state) {
    struct station *s = *state;
    struct seen seen;
    (void)station_add_interface(s, 0x0a000001, 24, 0);
    s->shows_arp = true;
    hear_from(s, OTHER_MAC, ARP_REQUEST, 0x0a000001, PEER_ADDRESS);
    assert_false(station_next(s, &seen));
    assert_int_equal(address_of(s, HOST_ADDRESS).conflicts, 0);
    hear_from(s, OTHER_MAC, ARP_REQUEST, HOST_ADDRESS, PEER_ADDRESS);
    assert_true(station_next(s, &seen) && seen.is_arp);
    assert_int_equal(number_of(&seen.arp.sender), HOST_ADDRESS);
}

#define LINK_LOCAL UINT32_C(0xa9fe0107)

/* Its words go to all [rfc3927#6]; its neighbours are on the link, though the default route has a
 * gateway [rfc3927#8]. */
static void link_local_address_speaks_to_all_and_asks_no_gateway(void **state) {
    struct station *s = *state;
    struct dobos_address far = dobos_address_ipv4(LINK_LOCAL + 1);
    struct dobos_route_choice choice;
    struct seen seen;
    assert_int_equal(dobos_route_lookup(s->host, &far, NULL, &choice), 0);
    assert_true(dobos_address_is_equal(&choice.next_hop, &far));
    station_add_address(s, s->interface, LINK_LOCAL, 16);
    assert_int_equal(dobos_route_lookup(s->host, &far, NULL, &choice), 0);
    assert_int_equal(number_of(&choice.source), LINK_LOCAL);
    s->shows_arp = true;
    station_forget(s);
    hear_from(s, OTHER_MAC, ARP_REQUEST, LINK_LOCAL + 1, LINK_LOCAL);
    assert_true(station_next(s, &seen) && seen.is_arp);
    assert_int_equal(seen.arp.operation, ARP_REPLY);
    assert_true(mac_is_equal(&seen.link.destination, &MAC_BROADCAST));
    assert_true(mac_is_equal(&seen.arp.target_mac, &OTHER_MAC));
}

static void tentative_address_ends_with_its_life(void **state) {
    struct station *s = *state;
    struct dobos_address address = dobos_address_ipv4(NEW_ADDRESS);
    struct dobos_interface_address left;
    assert_int_equal(add_tentative(s, NEW_ADDRESS), 0);
    assert_int_equal(dobos_address_change(s->host, s->interface, &address, s->now + DOBOS_SECOND,
                                          s->now + DOBOS_SECOND),
                     0);
    station_run(s, 60 * DOBOS_SECOND);
    assert_int_equal(dobos_address_read(s->host, s->interface, 1, &left), -DOBOS_ENOENT);
    assert_int_equal(dobos_next_deadline(s->host), DOBOS_NEVER);
}

static void tentative_address_removed_is_forgotten_at_once(void **state) {
    struct station *s = *state;
    struct dobos_address address = dobos_address_ipv4(HOST_ADDRESS + 5);
    struct dobos_address all = dobos_address_ipv4(HOST_ADDRESS | 255);
    struct dobos_route_choice choice;
    struct seen seen;
    assert_int_equal(add_tentative(s, HOST_ADDRESS + 5), 0);
    station_run(s, 2 * DOBOS_SECOND);
    station_forget(s);
    assert_int_equal(dobos_address_remove(s->host, s->interface, &address), 0);
    s->shows_arp = true;
    station_run(s, 20 * DOBOS_SECOND);
    assert_false(station_next(s, &seen));
    /* what it would have shared with the address of the same subnet stays */
    assert_true(has_route(s, PEER_ADDRESS));
    assert_int_equal(dobos_route_lookup(s->host, &all, NULL, &choice), 0);
    assert_int_equal(choice.kind, DOBOS_ROUTE_BROADCAST);
}

static void tentative_address_is_no_source_and_no_heir(void **state) {
    struct station *s = *state;
    struct dobos_address address = dobos_address_ipv4(HOST_ADDRESS);
    struct dobos_address all = dobos_address_ipv4(UINT32_MAX);
    struct dobos_route_choice choice;
    assert_int_equal(add_tentative(s, HOST_ADDRESS + 5), 0);
    assert_int_equal(dobos_address_remove(s->host, s->interface, &address), 0);
    assert_int_equal(dobos_route_lookup(s->host, &all, NULL, &choice), 0);
    assert_int_equal(number_of(&choice.source), 0);
    struct dobos_route route;
    assert_int_equal(dobos_route_read(s->host, 0, &route), -DOBOS_ENOENT);
}

/* ---- what hangs on an address ---- */

static void address_removed_takes_routes_that_need_it(void **state) {
    struct station *s = *state;
    struct dobos_address address = dobos_address_ipv4(HOST_ADDRESS);
    struct dobos_route route, stays = {.destination = {dobos_address_ipv4(0x0a000000), 8},
                                       .interface = s->interface,
                                       .gateway = dobos_address_ipv4(0)};
    struct dobos_route prefers = {.destination = {dobos_address_ipv4(0x0b000000), 8},
                                  .interface = s->interface,
                                  .gateway = dobos_address_ipv4(0),
                                  .source = address};
    struct dobos_route by_other = {.destination = {dobos_address_ipv4(0x0c000000), 8},
                                   .gateway = dobos_address_ipv4(0x0a000001)};
    assert_int_equal(dobos_route_add(s->host, &stays), 0);
    assert_int_equal(dobos_route_add(s->host, &prefers), 0);
    assert_int_equal(dobos_route_add(s->host, &by_other), 0);
    assert_int_equal(dobos_address_remove(s->host, s->interface, &address), 0);
    assert_int_equal(dobos_route_read(s->host, 0, &route), 0);
    assert_int_equal(number_of(&route.destination.address), 0x0a000000);
    assert_int_equal(dobos_route_read(s->host, 1, &route), 0);
    assert_int_equal(number_of(&route.destination.address), 0x0c000000);
    assert_int_equal(dobos_route_read(s->host, 2, &route), -DOBOS_ENOENT);
}

static void address_removed_silences_its_connection_until_it_ends(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_address address = dobos_address_ipv4(HOST_ADDRESS);
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    station_add_address(s, s->interface, HOST_ADDRESS + 1, 24);
    station_forget(s);
    assert_int_equal(dobos_address_remove(s->host, s->interface, &address), 0);
    assert_int_equal(dobos_send(socket, "lost", 4), 4);
    station_run(s, 3600 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    assert_true(dobos_socket_ready(socket) & DOBOS_ERROR);
    assert_true(dobos_socket_error(socket) < 0);
}

static void address_removed_fails_its_datagram_sockets(void **state) {
    struct station *s = *state;
    struct dobos_address address = dobos_address_ipv4(HOST_ADDRESS);
    struct dobos_endpoint local = endpoint(HOST_ADDRESS, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    struct dobos_socket *socket;
    assert_int_equal(dobos_socket_create(s->host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &local), 0);
    station_add_address(s, s->interface, HOST_ADDRESS + 1, 24);
    assert_int_equal(dobos_send_message(socket, "x", 1, &message), 1);
    assert_int_equal(dobos_address_remove(s->host, s->interface, &address), 0);
    station_run(s, DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    assert_int_equal(dobos_socket_error(socket), -DOBOS_EADDRNOTAVAIL);
    assert_int_equal(dobos_send_message(socket, "x", 1, &message), -DOBOS_EADDRNOTAVAIL);
}

/* ---- carrier ---- */

static void carrier_lost_stops_frames_both_ways_and_counts_them(void **state) {
    struct station *s = *state;
    struct dobos_interface_info info;
    struct dobos_neighbor_info neighbor;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    struct dobos_message unknown = {.peer = endpoint(PEER_ADDRESS + 1, 9)};
    uint8_t bytes[8];
    struct seen seen;
    assert_int_equal(dobos_send_message(socket, "x", 1, &message), 1);
    station_collect(s);
    assert_true(station_next(s, &seen));
    s->arp_is_silent = true;
    assert_int_equal(dobos_send_message(socket, "x", 1, &unknown), 1); /* waits for its neighbour */
    station_collect(s);
    assert_int_equal(dobos_interface_carrier_set(s->host, s->interface, false), 0);
    assert_int_equal(station_counter(s, "DropOutNoCarrier"), 1);
    assert_int_equal(dobos_neighbor_read(s->host, s->interface, 0, &neighbor), -DOBOS_ENOENT);
    assert_int_equal(dobos_send_message(socket, "y", 1, &message), 1);
    station_run(s, 10 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropOutNoCarrier"), 2);
    uint64_t in = station_counter(s, "FramesIn");
    station_udp(s, PEER_ADDRESS, 9, HOST_ADDRESS, 7000, "z", 1);
    assert_int_equal(station_counter(s, "DropNoCarrier"), 1);
    assert_int_equal(station_counter(s, "FramesIn"), in + 1);
    assert_int_equal(dobos_receive(socket, bytes, sizeof bytes), -DOBOS_EAGAIN);
    assert_int_equal(dobos_interface_read(s->host, s->interface, &info), 0);
    assert_false(info.carrier);
    s->arp_is_silent = false;
    assert_int_equal(dobos_interface_carrier_set(s->host, s->interface, true), 0);
    assert_int_equal(dobos_interface_carrier_set(s->host, s->interface, true), 0);
    assert_int_equal(dobos_interface_read(s->host, s->interface, &info), 0);
    assert_true(info.carrier);
    assert_int_equal(info.carrier_changes, 2);
    assert_int_equal(dobos_send_message(socket, "w", 1, &message), 1);
    station_run(s, DOBOS_SECOND);
    assert_true(station_next(s, &seen));
    assert_memory_equal(seen.data.bytes, "w", 1);
    assert_int_equal(dobos_interface_carrier_set(s->host, 1, false), -DOBOS_EINVAL);
    assert_int_equal(dobos_interface_carrier_set(s->host, 99, false), -DOBOS_ENODEV);
}

static void carrier_lost_drops_frames_that_wait_for_room(void **state) {
    struct station *s = *state;
    struct icmp echo = {.type = ICMP_ECHO_REQUEST, .identifier = 1, .sequence = 1};
    struct dobos_packet *packet;
    station_icmp(s, PEER_ADDRESS, HOST_ADDRESS, &echo, "x", 1);
    station_forget(s);
    /* one answer is made behind the station's back, and stays in the queue */
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    assert_int_equal(dobos_send_message(socket, "x", 1, &message), 1);
    dobos_advance(s->host, s->now);
    assert_int_equal(dobos_interface_carrier_set(s->host, s->interface, false), 0);
    assert_int_equal(dobos_output(s->host, s->interface, &packet, 1, s->now), 0);
    assert_int_equal(station_counter(s, "DropOutNoCarrier"), 1);
}

/* [rfc5227#14] */
static void carrier_back_probes_from_the_start(void **state) {
    struct station *s = *state;
    assert_int_equal(add_tentative(s, NEW_ADDRESS), 0);
    station_run(s, 3 * DOBOS_SECOND);
    assert_int_equal(dobos_interface_carrier_set(s->host, s->interface, false), 0);
    station_forget(s);
    station_run(s, 60 * DOBOS_SECOND);
    assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_TENTATIVE);
    assert_int_equal(dobos_interface_carrier_set(s->host, s->interface, true), 0);
    station_run(s, 3 * DOBOS_SECOND);
    assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_TENTATIVE);
    station_run(s, 4 * DOBOS_SECOND);
    assert_int_equal(address_of(s, NEW_ADDRESS).state, DOBOS_ADDRESS_READY);
    for (unsigned i = 0; i < 3; i++) {
        struct seen seen = next_about(s);
        assert_int_equal(number_of(&seen.arp.sender), 0);
    }
}

/* ---- an interface without an address ---- */

static void unconfigured_interface_hears_its_dhcp_server(void **state) {
    struct station *s = *state;
    struct dobos_address own = dobos_address_ipv4(HOST_ADDRESS);
    struct dobos_socket *socket = station_udp_socket(s, 68);
    uint8_t bytes[8];
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_INTERFACE, s->interface), 0);
    station_udp(s, PEER_ADDRESS, 67, NEW_ADDRESS, 68, "no", 2); /* it has an address */
    assert_int_equal(dobos_receive(socket, bytes, sizeof bytes), -DOBOS_EAGAIN);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_INTERFACE, 0), 0);
    assert_int_equal(dobos_address_remove(s->host, s->interface, &own), 0);
    station_udp(s, PEER_ADDRESS, 67, NEW_ADDRESS, 68, "no", 2); /* not bound to the interface */
    assert_int_equal(dobos_receive(socket, bytes, sizeof bytes), -DOBOS_EAGAIN);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_INTERFACE, s->interface), 0);
    station_udp(s, PEER_ADDRESS, 67, NEW_ADDRESS, 69, "no", 2);
    assert_int_equal(dobos_receive(socket, bytes, sizeof bytes), -DOBOS_EAGAIN);
    station_udp(s, PEER_ADDRESS, 67, NEW_ADDRESS, 68, "yes", 3);
    assert_int_equal(dobos_receive(socket, bytes, sizeof bytes), 3);
}

#define STATION_TEST(name) cmocka_unit_test_setup_teardown(name, station_setup, station_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        STATION_TEST(tentative_address_unclaimed_is_ready_and_announced),
        STATION_TEST(tentative_address_is_not_used),
        STATION_TEST(tentative_address_in_use_is_a_conflict),
        STATION_TEST(tentative_address_probed_by_another_is_a_conflict),
        STATION_TEST(probed_address_claimed_twice_is_given_up),
        STATION_TEST(announced_address_claimed_twice_is_announced_no_more),
        STATION_TEST(tenth_conflict_in_a_row_makes_probing_seldom),
        STATION_TEST(ready_address_claimed_is_defended_and_noted),
        STATION_TEST(address_is_not_defended_on_another_link),
        STATION_TEST(link_local_address_speaks_to_all_and_asks_no_gateway),
        STATION_TEST(tentative_address_ends_with_its_life),
        STATION_TEST(tentative_address_removed_is_forgotten_at_once),
        STATION_TEST(tentative_address_is_no_source_and_no_heir),
        STATION_TEST(address_removed_takes_routes_that_need_it),
        STATION_TEST(address_removed_silences_its_connection_until_it_ends),
        STATION_TEST(address_removed_fails_its_datagram_sockets),
        STATION_TEST(carrier_lost_stops_frames_both_ways_and_counts_them),
        STATION_TEST(carrier_lost_drops_frames_that_wait_for_room),
        STATION_TEST(carrier_back_probes_from_the_start),
        STATION_TEST(unconfigured_interface_hears_its_dhcp_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
