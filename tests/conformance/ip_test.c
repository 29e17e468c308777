/*
 * What a host owes to a datagram (RFC 791, RFC 1122 §3.2, 3.3): what it takes, what it drops
 * without a word, what it answers by ICMP and what it never answers.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OTHER_ADDRESS    UINT32_C(0xc0000205)
#define SUBNET_BROADCAST UINT32_C(0xc00002ff)

static const char GREETING[] = "a greeting";

static void put_checksum(uint8_t *header, size_t length) {
    uint32_t sum = 0;
    store_be16(header + 10, 0);
    for (size_t i = 0; i < length; i += 2)
        sum += load_be16(header + i);
    sum = (sum & 0xffff) + (sum >> 16);
    store_be16(header + 10, (uint16_t)~((sum & 0xffff) + (sum >> 16)));
}

/* A frame with a UDP datagram for port 7000, without UDP checksum, to be spoilt; returns its
 * length. */
static size_t udp_frame(const struct station *s, uint8_t frame[64]) {
    memset(frame, 0, 64);
    struct writer w = writer_make(frame, 64);
    station_link(s, &w, ETHER_TYPE_IPV4);
    struct ipv4 ip = {
        .source = dobos_address_ipv4(PEER_ADDRESS),
        .destination = dobos_address_ipv4(HOST_ADDRESS),
        .total_length = 20 + 8 + 10,
        .ttl = 64,
        .protocol = PROTOCOL_UDP,
    };
    ipv4_emit(&w, &ip);
    struct udp udp = {.source_port = 9, .destination_port = 7000, .length = 8 + 10};
    udp_emit(&w, &udp);
    writer_bytes(&w, GREETING, 10);
    return w.position;
}

static int64_t received(struct dobos_socket *socket) {
    char bytes[2048];
    return dobos_receive(socket, bytes, sizeof(bytes));
}

/* Reception. */

static void datagram_sound_is_delivered(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t frame[64];
    station_frame(s, frame, udp_frame(s, frame));
    assert_int_equal(received(socket), 10);
    dobos_close(socket);
}

/* [rfc1122#8] [rfc791#14] [rfc1812#9] [rfc1812#66] [rfc1812#88] */
static void datagram_of_other_version_is_dropped_silently(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t frame[64];
    size_t length = udp_frame(s, frame);
    frame[14] = 0x55;
    put_checksum(frame + 14, 20);
    station_frame(s, frame, length);
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    assert_int_equal(station_counter(s, "DropIpVersion"), 1);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc1122#9] [rfc1812#34] [rfc1812#9] [rfc1812#66] [rfc1812#88] */
static void datagram_with_wrong_checksum_is_dropped_silently(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t frame[64];
    size_t length = udp_frame(s, frame);
    frame[14 + 8]++;
    station_frame(s, frame, length);
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    assert_int_equal(station_counter(s, "DropIpChecksum"), 1);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc791#1] [rfc1812#9] [rfc1812#66] [rfc1812#88] [attack:B8] */
static void header_length_out_of_range_is_dropped_silently(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    for (uint8_t words = 0; words < 16; words++) {
        if (words >= 5 && words <= 9)
            continue; /* options, of whatever the UDP header holds */
        uint8_t frame[64];
        size_t length = udp_frame(s, frame);
        frame[14] = (uint8_t)(0x40 | words);
        if (words >= 5)
            put_checksum(frame + 14, min_size(words * 4u, length - 14) & ~(size_t)1);
        station_frame(s, frame, length);
        assert_int_equal(received(socket), -DOBOS_EAGAIN);
    }
    assert_int_equal(station_counter(s, "DropIpHeaderLength"), 11);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc791#2] [rfc1812#90] [rfc1812#9] [rfc1812#66] [rfc1812#88] [attack:B8] */
static void total_length_out_of_range_is_dropped_and_padding_cut(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t frame[64];
    static const uint16_t bad[] = {0, 1, 19, 39, 64, 1500, 65535};
    for (size_t i = 0; i < array_length(bad); i++) {
        size_t length = udp_frame(s, frame);
        store_be16(frame + 16, bad[i]);
        put_checksum(frame + 14, 20);
        station_frame(s, frame, length);
        assert_int_equal(received(socket), -DOBOS_EAGAIN);
    }
    assert_int_equal(station_counter(s, "DropIpTotalLength"), array_length(bad));
    (void)udp_frame(s, frame);
    memset(frame + 52, 0xee, 12);
    station_frame(s, frame, 64);
    assert_int_equal(received(socket), 10);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc1122#14] */
static void datagram_for_another_is_dropped_silently(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    station_udp(s, PEER_ADDRESS, 9, OTHER_ADDRESS, 7000, GREETING, 10);
    station_udp(s, PEER_ADDRESS, 9, FAR_ADDRESS, 7000, GREETING, 10);
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    assert_int_equal(station_counter(s, "DropIpNotForUs"), 2);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc1122#57] [attack:E37] */
static void datagram_for_address_of_other_interface_is_dropped(void **state) {
    struct station *s = *state;
    (void)station_add_interface(s, UINT32_C(0x0a000001), 8, 0);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    station_udp(s, PEER_ADDRESS, 9, UINT32_C(0x0a000001), 7000, GREETING, 10);
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc1122#15] [rfc1812#47] [rfc1122#66] */
static void datagram_from_impossible_source_is_dropped_silently(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    static const uint32_t sources[] = {0xffffffff, 0xe0000001, 0x7f000001, SUBNET_BROADCAST,
                                       HOST_ADDRESS};
    for (size_t i = 0; i < array_length(sources); i++) {
        station_udp(s, sources[i], 9, HOST_ADDRESS, 7000, GREETING, 10);
        station_udp(s, sources[i], 9, HOST_ADDRESS, 7001, GREETING, 10);
        assert_int_equal(received(socket), -DOBOS_EAGAIN);
    }
    assert_true(station_counter(s, "DropIpSource") > 0);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc1122#17] */
static void datagram_with_spent_time_to_live_is_delivered(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    for (uint8_t ttl = 0; ttl < 2; ttl++) {
        uint8_t frame[64];
        size_t length = udp_frame(s, frame);
        frame[14 + 8] = ttl;
        put_checksum(frame + 14, 20);
        station_frame(s, frame, length);
        assert_int_equal(received(socket), 10);
    }
    dobos_close(socket);
}

static void send_with_options(struct station *s, const uint8_t *options, size_t length) {
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_UDP);
    ip.options = (struct slice){options, length};
    uint8_t udp[18] = {0, 9, 7000 >> 8, 7000 & 0xff, 0, 18};
    station_ipv4(s, &ip, udp, sizeof(udp));
}

/* [rfc1122#19] [rfc1812#35] [rfc791#4] */
static void datagram_with_unknown_options_is_delivered(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    static const uint8_t options[][8] = {
        {0x94, 4, 0, 0, 1, 1, 1, 1},    /* router alert, no-operation */
        {0x5e, 8, 1, 2, 3, 4, 5, 6},    /* nobody's */
        {1, 0, 0x5e, 1, 0, 0, 0, 0},    /* rubbish behind the end of the list */
        {1, 1, 1, 0x5e, 3, 9, 0, 0xff}, /* nobody's at an odd place */
    };
    for (size_t i = 0; i < array_length(options); i++) {
        send_with_options(s, options[i], 8);
        assert_int_equal(received(socket), 10);
    }
    dobos_close(socket);
}

/* [rfc1122#20] [attack:B9] */
static void option_of_impossible_length_is_survived(void **state) {
    struct station *s = *state;
    for (unsigned kind = 2; kind < 256; kind++) {
        for (unsigned length = 0; length < 256; length += length < 12 ? 1 : 61) {
            if (length >= 2 && length <= 8)
                continue;
            uint8_t options[8] = {(uint8_t)kind, (uint8_t)length, 4};
            send_with_options(s, options, sizeof(options));
            station_forget(s); /* parameter problem, now and then */
        }
    }
    assert_true(station_counter(s, "DropIpOptions") > 254 * 6);
}

/* The pointer shows the option; what is for another, to all or from nowhere gets no answer.
   [rfc1122#71] [rfc1812#75] [rfc792#11] */
static void malformed_option_is_told_with_its_place(void **state) {
    struct station *s = *state;
    static const struct {
        uint8_t options[8];
        uint8_t pointer;
    } tries[] = {
        {{0x5e, 0}, 20},
        {{1, 1, 0x5e, 200}, 22},
        {{0x94, 4, 0, 0, 7, 1, 4}, 24},
    };
    struct seen seen;
    for (size_t i = 0; i < array_length(tries); i++) {
        send_with_options(s, tries[i].options, 8);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.icmp.type, ICMP_PARAMETER_PROBLEM);
        assert_int_equal(seen.icmp.code, 0);
        assert_int_equal(seen.icmp.identifier, tries[i].pointer << 8);
        assert_int_equal(seen.icmp.sequence, 0);
        assert_int_equal(seen.data.length, 20 + 8 + 18);
        assert_memory_equal(seen.data.bytes + 20, tries[i].options, 8);
        assert_true(station_is_quiet(s));
        station_run(s, DOBOS_SECOND);
    }
    static const uint32_t silent[][2] = {
        {PEER_ADDRESS, PEER_ADDRESS + 1},    {PEER_ADDRESS, 0xffffffff},
        {PEER_ADDRESS, HOST_ADDRESS | 0xff}, {0x7f000001, HOST_ADDRESS},
        {0xe0000001, HOST_ADDRESS},          {HOST_ADDRESS, HOST_ADDRESS}};
    for (size_t i = 0; i < array_length(silent); i++) {
        struct ipv4 ip = station_header(s, silent[i][0], silent[i][1], PROTOCOL_UDP);
        ip.options = (struct slice){tries[0].options, 8};
        station_ipv4(s, &ip, "12345678", 8);
        assert_true(station_is_quiet(s));
    }
    assert_int_equal(station_counter(s, "DropIpOptions"), 3 + array_length(silent));
}

/* [rfc6864#1] */
static void atomic_datagrams_of_one_identification_are_all_delivered(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    for (unsigned i = 0; i < 4; i++) {
        uint8_t frame[64];
        size_t length = udp_frame(s, frame);
        store_be16(frame + 18, 77);
        frame[20] = 0x40;
        put_checksum(frame + 14, 20);
        station_frame(s, frame, length);
        assert_int_equal(received(socket), 10);
    }
    dobos_close(socket);
}

/* [rfc1122#58] [rfc1812#44] [rfc1812#48] [rfc1812#93] [rfc1122#74] [rfc1812#50] */
static void broadcasts_of_the_network_are_delivered(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    station_udp(s, PEER_ADDRESS, 9, 0xffffffff, 7000, GREETING, 10);
    assert_int_equal(received(socket), 10);
    station_udp(s, PEER_ADDRESS, 9, SUBNET_BROADCAST, 7000, GREETING, 10);
    assert_int_equal(received(socket), 10);
    station_udp(s, PEER_ADDRESS, 9, SUBNET_BROADCAST & 0xffffff00, 7000, GREETING, 10);
    assert_int_equal(received(socket), 10);
    station_udp(s, PEER_ADDRESS, 9, SUBNET_BROADCAST & 0xffff0000, 7000, GREETING, 10);
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    dobos_close(socket);
}

/* [rfc1122#60] [rfc1812#118] [rfc1122#27] [rfc1812#68] */
static void unicast_datagram_in_broadcast_frame_is_dropped_silently(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t frame[64];
    size_t length = udp_frame(s, frame);
    memset(frame, 0xff, 6);
    station_frame(s, frame, length);
    store_be16(frame + 14 + 20 + 2, 7001); /* nobody's port */
    station_frame(s, frame, length);
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    assert_int_equal(station_counter(s, "DropIpLinkBroadcast"), 2);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* Sending. */

/* [rfc1122#44] [rfc1122#82] [rfc1122#97] [rfc1812#95] [rfc1122#46] [rfc1122#105] */
static void destination_on_link_is_asked_for_and_others_go_to_the_gateway(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    struct seen seen;
    s->shows_arp = true;
    assert_int_equal(dobos_send_message(socket, GREETING, 10, &message), 10);
    assert_true(station_next(s, &seen));
    assert_true(seen.is_arp);
    assert_int_equal(number_of(&seen.arp.target), PEER_ADDRESS);
    assert_true(station_next(s, &seen));
    assert_int_equal(number_of(&seen.ip.destination), PEER_ADDRESS);
    message.peer = endpoint(FAR_ADDRESS, 9);
    assert_int_equal(dobos_send_message(socket, GREETING, 10, &message), 10);
    assert_true(station_next(s, &seen));
    assert_true(seen.is_arp);
    assert_int_equal(number_of(&seen.arp.target), UINT32_C(0xc00002fe));
    assert_true(station_next(s, &seen));
    assert_int_equal(number_of(&seen.ip.destination), FAR_ADDRESS);
    dobos_close(socket);
}

/* [rfc1122#45] */
static void host_without_gateway_reaches_its_network_and_no_other(void **state) {
    struct station *s = *state;
    struct dobos_route route;
    assert_int_equal(dobos_route_read(s->host, 0, &route), 0);
    assert_int_equal(route.destination.length, 0);
    assert_int_equal(dobos_route_remove(s->host, &route), 0);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    struct seen seen;
    assert_int_equal(dobos_send_message(socket, GREETING, 10, &message), 10);
    assert_true(station_next(s, &seen));
    message.peer = endpoint(FAR_ADDRESS, 9);
    assert_int_equal(dobos_send_message(socket, GREETING, 10, &message), -DOBOS_ENETUNREACH);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc1122#10] [rfc1812#40] [rfc1122#13] [rfc1812#46] [rfc1122#56] [rfc791#3] */
static void datagram_sent_bears_own_address_and_sound_header(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(FAR_ADDRESS, 9)};
    struct seen seen;
    assert_int_equal(dobos_send_message(socket, GREETING, 10, &message), 10);
    assert_true(station_next(s, &seen));
    assert_true(seen.ip_is_sound);
    assert_int_equal(number_of(&seen.ip.source), HOST_ADDRESS);
    assert_true(seen.ip.ttl > 0);
    dobos_close(socket);
}

/* [rfc1122#12] [rfc1812#45] [rfc1122#11] [rfc1812#43] [rfc1122#13] [rfc1812#46] */
static void address_not_ours_is_refused_as_source(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    static const uint32_t sources[] = {OTHER_ADDRESS, 0x7f000001, 0xffffffff, 0xe0000001,
                                       SUBNET_BROADCAST};
    for (size_t i = 0; i < array_length(sources); i++) {
        struct dobos_message message = {
            .peer = endpoint(PEER_ADDRESS, 9),
            .local = dobos_address_ipv4(sources[i]),
        };
        assert_true(dobos_send_message(socket, GREETING, 10, &message) < 0);
        assert_true(station_is_quiet(s));
    }
    dobos_close(socket);
}

/* [rfc1122#59] [rfc1812#119] [rfc894#4] */
static void broadcast_sent_goes_to_broadcast_frame(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_BROADCAST, 1), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_INTERFACE, s->interface), 0);
    static const uint32_t destinations[] = {0xffffffff, SUBNET_BROADCAST};
    for (size_t i = 0; i < array_length(destinations); i++) {
        struct dobos_message message = {.peer = endpoint(destinations[i], 9)};
        struct seen seen;
        assert_int_equal(dobos_send_message(socket, GREETING, 10, &message), 10);
        assert_true(station_next(s, &seen));
        assert_true(mac_is_equal(&seen.link.destination, &MAC_BROADCAST));
        assert_int_equal(number_of(&seen.ip.destination), destinations[i]);
        assert_int_equal(number_of(&seen.ip.source), HOST_ADDRESS);
    }
    dobos_close(socket);
}

/* [rfc1122#18] [rfc1812#39] [rfc1122#67] [rfc1122#16] */
static void time_to_live_is_what_the_program_sets(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    struct seen seen;
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_TTL, 0), -DOBOS_EINVAL);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_TTL, 5), 0);
    assert_int_equal(dobos_send_message(socket, GREETING, 10, &message), 10);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.ttl, 5);
    message.ttl = 7;
    assert_int_equal(dobos_send_message(socket, GREETING, 10, &message), 10);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.ttl, 7);
    dobos_close(socket);
}

/* [rfc1122#52] */
static void route_tells_the_largest_packet(void **state) {
    struct station *s = *state;
    uint32_t narrow = station_add_interface(s, UINT32_C(0x0a000001), 8, 600);
    struct dobos_route_choice choice;
    struct dobos_address far = dobos_address_ipv4(FAR_ADDRESS);
    struct dobos_address near = dobos_address_ipv4(UINT32_C(0x0a000009));
    assert_int_equal(dobos_route_lookup(s->host, &far, NULL, &choice), 0);
    assert_int_equal(choice.mtu, 1500);
    assert_int_equal(dobos_route_lookup(s->host, &near, NULL, &choice), 0);
    assert_int_equal(choice.interface, narrow);
    assert_int_equal(choice.mtu, 600);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(datagram_sound_is_delivered),
        AT_HOST(datagram_of_other_version_is_dropped_silently),
        AT_HOST(datagram_with_wrong_checksum_is_dropped_silently),
        AT_HOST(header_length_out_of_range_is_dropped_silently),
        AT_HOST(total_length_out_of_range_is_dropped_and_padding_cut),
        AT_HOST(datagram_for_another_is_dropped_silently),
        AT_HOST(datagram_for_address_of_other_interface_is_dropped),
        AT_HOST(datagram_from_impossible_source_is_dropped_silently),
        AT_HOST(datagram_with_spent_time_to_live_is_delivered),
        AT_HOST(datagram_with_unknown_options_is_delivered),
        AT_HOST(option_of_impossible_length_is_survived),
        AT_HOST(malformed_option_is_told_with_its_place),
        AT_HOST(atomic_datagrams_of_one_identification_are_all_delivered),
        AT_HOST(broadcasts_of_the_network_are_delivered),
        AT_HOST(unicast_datagram_in_broadcast_frame_is_dropped_silently),
        AT_HOST(destination_on_link_is_asked_for_and_others_go_to_the_gateway),
        AT_HOST(host_without_gateway_reaches_its_network_and_no_other),
        AT_HOST(datagram_sent_bears_own_address_and_sound_header),
        AT_HOST(address_not_ours_is_refused_as_source),
        AT_HOST(broadcast_sent_goes_to_broadcast_frame),
        AT_HOST(time_to_live_is_what_the_program_sets),
        AT_HOST(route_tells_the_largest_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
