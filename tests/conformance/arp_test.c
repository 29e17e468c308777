/*
 * ARP and Ethernet as the other stations of a cable see them (RFC 826, RFC 894, RFC 1122 §2.3).
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const struct dobos_mac HOST_MAC = {{2, 0, 0, 0, 0, 1}};
static const struct dobos_mac PEER_MAC = {{2, 0, 0, 0, 0, 0x99}};
static const struct dobos_mac OTHER_MAC = {{2, 0, 0, 0, 0, 0x66}};

/* An ARP packet from PEER_ADDRESS at a link address; `spoil` may change its 28 bytes. */
static void send_arp(struct station *s, uint16_t operation, struct dobos_mac sender,
                     uint32_t target, void (*spoil)(uint8_t *)) {
    uint8_t frame[ETHERNET_MIN_FRAME_BYTES] = {0};
    struct writer w = writer_make(frame, sizeof(frame));
    struct ethernet link = {
        .destination = operation == ARP_REQUEST ? MAC_BROADCAST : HOST_MAC,
        .source = sender,
        .type = ETHER_TYPE_ARP,
    };
    ethernet_emit(&w, &link);
    struct arp arp = {
        .operation = operation,
        .sender_mac = sender,
        .sender = dobos_address_ipv4(PEER_ADDRESS),
        .target_mac = operation == ARP_REQUEST ? (struct dobos_mac){{0}} : HOST_MAC,
        .target = dobos_address_ipv4(target),
    };
    arp_emit(&w, &arp);
    if (spoil != NULL)
        spoil(frame + ETHERNET_HEADER_BYTES);
    station_frame(s, frame, sizeof(frame));
}

static void send_to_peer(struct dobos_socket *socket, const char *text) {
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    assert_int_equal(dobos_send_message(socket, text, strlen(text), &message), strlen(text));
}

/* Whether the host knows the peer by this link address. */
static bool knows(const struct station *s, const struct dobos_mac *mac) {
    struct dobos_neighbor_info neighbor;
    for (uint32_t i = 0; dobos_neighbor_read(s->host, s->interface, i, &neighbor) == 0; i++)
        if (number_of(&neighbor.address) == PEER_ADDRESS && mac_is_equal(&neighbor.mac, mac))
            return true;
    return false;
}

/* [rfc826#1] [rfc826#6] [rfc1122#7] */
static void unknown_neighbour_is_asked_for_by_broadcast(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct seen seen;
    s->shows_arp = s->arp_is_silent = true;
    send_to_peer(socket, "hello");
    assert_true(station_next(s, &seen));
    assert_true(seen.is_arp);
    assert_true(mac_is_equal(&seen.link.destination, &MAC_BROADCAST));
    assert_true(mac_is_equal(&seen.link.source, &HOST_MAC));
    assert_int_equal(seen.arp.operation, ARP_REQUEST);
    assert_true(mac_is_equal(&seen.arp.sender_mac, &HOST_MAC));
    assert_int_equal(number_of(&seen.arp.sender), HOST_ADDRESS);
    assert_int_equal(number_of(&seen.arp.target), PEER_ADDRESS);
    assert_false(station_next(s, &seen));
    send_arp(s, ARP_REPLY, PEER_MAC, HOST_ADDRESS, NULL);
    assert_true(station_next(s, &seen));
    assert_false(seen.is_arp);
    assert_true(mac_is_equal(&seen.link.destination, &PEER_MAC));
    dobos_close(socket);
}

static void spoil_hardware(uint8_t *arp) {
    arp[1] = 6;
}
static void spoil_protocol(uint8_t *arp) {
    arp[3] = 6;
}
static void spoil_hardware_length(uint8_t *arp) {
    arp[4] = 8;
}
static void spoil_protocol_length(uint8_t *arp) {
    arp[5] = 16;
}

/* [rfc826#2] */
static void packet_of_other_kind_is_ignored(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct seen seen;
    static void (*const spoils[])(uint8_t *) = {spoil_hardware, spoil_protocol,
                                                spoil_hardware_length, spoil_protocol_length};
    s->shows_arp = s->arp_is_silent = true;
    send_to_peer(socket, "hello");
    station_forget(s);
    for (size_t i = 0; i < array_length(spoils); i++) {
        send_arp(s, ARP_REQUEST, PEER_MAC, HOST_ADDRESS, spoils[i]);
        send_arp(s, ARP_REPLY, PEER_MAC, HOST_ADDRESS, spoils[i]);
        assert_false(station_next(s, &seen));
    }
    assert_int_equal(station_counter(s, "DropArpMalformed"), 8);
    dobos_close(socket);
}

/* [attack:A1] [attack:A2] */
static void frame_cut_short_anywhere_changes_nothing(void **state) {
    struct station *s = *state;
    struct seen seen;
    uint8_t frame[42] = {0};
    struct writer w = writer_make(frame, sizeof(frame));
    s->shows_arp = true;
    station_link(s, &w, ETHER_TYPE_ARP);
    struct arp arp = {
        .operation = ARP_REQUEST,
        .sender_mac = PEER_MAC,
        .sender = dobos_address_ipv4(PEER_ADDRESS),
        .target = dobos_address_ipv4(HOST_ADDRESS),
    };
    arp_emit(&w, &arp);
    for (size_t length = 1; length < sizeof(frame); length++)
        station_frame(s, frame, length);
    store_be16(frame + 12, 0x88f8);
    for (size_t length = 1; length <= sizeof(frame); length++)
        station_frame(s, frame, length);
    assert_false(station_next(s, &seen));
    assert_false(knows(s, &PEER_MAC));
}

/* [rfc826#5] [rfc826#10] [rfc826#4] [rfc826#8] */
static void request_for_our_address_is_answered_and_its_sender_known(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct seen seen;
    s->shows_arp = s->arp_is_silent = true;
    send_arp(s, ARP_REQUEST, PEER_MAC, HOST_ADDRESS, NULL);
    assert_true(station_next(s, &seen));
    assert_true(seen.is_arp);
    assert_int_equal(seen.arp.operation, ARP_REPLY);
    assert_true(mac_is_equal(&seen.link.destination, &PEER_MAC));
    assert_true(mac_is_equal(&seen.arp.sender_mac, &HOST_MAC));
    assert_int_equal(number_of(&seen.arp.sender), HOST_ADDRESS);
    assert_true(mac_is_equal(&seen.arp.target_mac, &PEER_MAC));
    assert_int_equal(number_of(&seen.arp.target), PEER_ADDRESS);
    send_to_peer(socket, "hello");
    assert_true(station_next(s, &seen));
    assert_false(seen.is_arp);
    assert_true(mac_is_equal(&seen.link.destination, &PEER_MAC));
    send_arp(s, ARP_REQUEST, PEER_MAC, PEER_ADDRESS + 1, NULL);
    assert_false(station_next(s, &seen));
    dobos_close(socket);
}

/* [attack:A4] [rfc826#9] [rfc826#11] */
static void reply_that_nobody_asked_for_changes_nothing(void **state) {
    struct station *s = *state;
    struct seen seen;
    s->shows_arp = true;
    send_arp(s, ARP_REPLY, PEER_MAC, HOST_ADDRESS, NULL);
    send_arp(s, 3, PEER_MAC, HOST_ADDRESS, NULL);
    send_arp(s, 4, PEER_MAC, HOST_ADDRESS, NULL);
    send_arp(s, ARP_REQUEST, PEER_MAC, PEER_ADDRESS + 1, NULL);
    assert_false(knows(s, &PEER_MAC));
    assert_false(station_next(s, &seen));
}

/* [attack:A5] [attack:A4] */
static void forged_link_address_is_not_taken_over_while_the_old_one_answers(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct seen seen;
    send_to_peer(socket, "hello");
    station_forget(s);
    assert_true(knows(s, &PEER_MAC));
    send_arp(s, ARP_REPLY, OTHER_MAC, HOST_ADDRESS, NULL);
    send_arp(s, ARP_REQUEST, OTHER_MAC, HOST_ADDRESS, NULL);
    send_arp(s, ARP_REQUEST, OTHER_MAC, PEER_ADDRESS, NULL); /* gratuitous */
    station_run(s, 10 * DOBOS_SECOND);
    station_forget(s);
    assert_true(knows(s, &PEER_MAC));
    send_to_peer(socket, "again");
    assert_true(station_next(s, &seen));
    assert_true(mac_is_equal(&seen.link.destination, &PEER_MAC));
    dobos_close(socket);
}

/* [attack:A8] [rfc1812#20] */
static void senders_that_cannot_be_are_not_believed(void **state) {
    struct station *s = *state;
    struct seen seen;
    static const struct dobos_mac bad[] = {
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, {{1, 0, 0x5e, 0, 0, 1}}, {{0}}};
    s->shows_arp = true;
    for (size_t i = 0; i < array_length(bad); i++) {
        send_arp(s, ARP_REQUEST, bad[i], HOST_ADDRESS, NULL);
        assert_false(knows(s, &bad[i]));
    }
    assert_false(station_next(s, &seen));
}

/* [rfc1122#3] [attack:A7] */
static void silent_neighbour_is_asked_at_most_once_a_second(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    dobos_time last = 0;
    unsigned asked = 0;
    struct seen seen;
    s->shows_arp = s->arp_is_silent = true;
    for (unsigned i = 0; i < 100; i++) {
        send_to_peer(socket, "hello");
        station_run(s, 100 * DOBOS_MILLISECOND);
        while (station_next(s, &seen)) {
            if (!seen.is_arp)
                continue;
            assert_true(asked == 0 || seen.at - last >= DOBOS_SECOND);
            last = seen.at;
            asked++;
        }
        (void)dobos_socket_error(socket);
    }
    assert_true(asked >= 3);
    dobos_close(socket);
}

/* [rfc1122#4] [rfc826#7] [rfc1812#21] */
static void latest_packet_waits_for_the_answer(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct seen seen;
    bool last_came = false;
    s->arp_is_silent = true;
    for (unsigned i = 0; i < 500; i++) {
        send_to_peer(socket, i == 499 ? "last" : "early");
        station_collect(s);
    }
    assert_true(station_is_quiet(s));
    unsigned came = 0;
    send_arp(s, ARP_REPLY, PEER_MAC, HOST_ADDRESS, NULL);
    while (station_next(s, &seen)) {
        came++;
        last_came |= seen.data.length == 4;
    }
    assert_true(last_came);
    assert_true(came < 200);
    assert_true(station_counter(s, "DropOutNeighborQueue") >= 300);
    dobos_close(socket);
}

/* [rfc1122#1] [rfc1122#100] [rfc1122#101] */
static void neighbour_that_falls_silent_is_forgotten_and_asked_for_again(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct seen seen;
    send_to_peer(socket, "hello");
    station_forget(s);
    s->arp_is_silent = s->shows_arp = true;
    bool is_asked_for = false;
    for (unsigned i = 0; i < 120 && !is_asked_for; i++) {
        send_to_peer(socket, "hello");
        station_run(s, DOBOS_SECOND);
        while (station_next(s, &seen))
            is_asked_for |= seen.is_arp && mac_is_equal(&seen.link.destination, &MAC_BROADCAST);
        (void)dobos_socket_error(socket);
    }
    assert_true(is_asked_for);
    dobos_close(socket);
}

/* [rfc894#1] [rfc1122#5] [rfc894#2] [attack:A9] */
static void ip_travels_in_ethernet_frames_with_zeros_for_padding(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct seen seen;
    for (unsigned i = 0; i < 40; i++) {
        uint8_t data[40];
        struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
        memset(data, 0xee, sizeof(data));
        assert_int_equal(dobos_send_message(socket, data, i, &message), i);
        assert_true(station_next(s, &seen));
        assert_int_equal(load_be16(seen.bytes + 12), 0x0800);
        size_t length = 14u + 20 + 8 + i;
        assert_int_equal(seen.ip.total_length, length - 14);
        assert_int_equal(seen.length, max_size(length, ETHERNET_MIN_FRAME_BYTES));
        for (size_t at = length; at < seen.length; at++)
            assert_int_equal(seen.bytes[at], 0);
    }
    dobos_close(socket);
}

/* [rfc894#3] */
static void datagram_of_1500_bytes_passes_both_ways(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    uint8_t data[1472] = {0};
    struct seen seen;
    station_udp(s, PEER_ADDRESS, 9, HOST_ADDRESS, 7000, data, sizeof(data));
    assert_int_equal(dobos_receive(socket, data, sizeof(data)), 1472);
    assert_int_equal(dobos_send_message(socket, data, sizeof(data), &message), 1472);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.length, 1514);
    assert_false(seen.ip.more_fragments);
    dobos_close(socket);
}

/* [rfc1122#6] */
static void ip_in_802_3_frame_with_snap_is_received(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t frame[ETHERNET_MIN_FRAME_BYTES] = {0}, data[64];
    static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
    struct writer w = writer_make(frame, sizeof(frame));
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_UDP);
    struct udp udp = {.source_port = 9, .destination_port = 7000, .length = 8 + 4};
    ip.total_length = 20 + 8 + 4;
    station_link(s, &w, (uint16_t)(sizeof(snap) + ip.total_length));
    writer_bytes(&w, snap, sizeof(snap));
    ipv4_emit(&w, &ip);
    udp_emit(&w, &udp);
    writer_bytes(&w, "snap", 4);
    station_frame(s, frame, sizeof(frame));
    assert_int_equal(dobos_receive(socket, data, sizeof(data)), 4);
    dobos_close(socket);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(unknown_neighbour_is_asked_for_by_broadcast),
        AT_HOST(packet_of_other_kind_is_ignored),
        AT_HOST(frame_cut_short_anywhere_changes_nothing),
        AT_HOST(request_for_our_address_is_answered_and_its_sender_known),
        AT_HOST(reply_that_nobody_asked_for_changes_nothing),
        AT_HOST(forged_link_address_is_not_taken_over_while_the_old_one_answers),
        AT_HOST(senders_that_cannot_be_are_not_believed),
        AT_HOST(silent_neighbour_is_asked_at_most_once_a_second),
        AT_HOST(latest_packet_waits_for_the_answer),
        AT_HOST(neighbour_that_falls_silent_is_forgotten_and_asked_for_again),
        AT_HOST(ip_travels_in_ethernet_frames_with_zeros_for_padding),
        AT_HOST(datagram_of_1500_bytes_passes_both_ways),
        AT_HOST(ip_in_802_3_frame_with_snap_is_received),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
