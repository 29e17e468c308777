/*
 * Fragments (RFC 791 §2.3, RFC 815, RFC 1122 §3.3.2, RFC 6864): putting together and taking apart
 * at a host.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A UDP datagram for port 7000 of `length` bytes, header included and without checksum. */
static void make_datagram(uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    store_be16(bytes, 9);
    store_be16(bytes + 2, 7000);
    store_be16(bytes + 4, (uint16_t)length);
    store_be16(bytes + 6, 0);
}

/* Sends bytes [from, to) of a datagram as a fragment. */
static void send_fragment(struct station *s, uint16_t identification, const uint8_t *datagram,
                          size_t from, size_t to, bool more) {
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_UDP);
    ip.identification = identification;
    ip.fragment_offset = (uint16_t)from;
    ip.more_fragments = more;
    station_ipv4(s, &ip, datagram + from, to - from);
}

static void assert_received(struct dobos_socket *socket, const uint8_t *datagram, size_t length) {
    uint8_t *bytes = malloc(65536);
    assert_int_equal(dobos_receive(socket, bytes, 65536), length - 8);
    assert_memory_equal(bytes, datagram + 8, length - 8);
    free(bytes);
}

static void assert_nothing_received(struct dobos_socket *socket) {
    uint8_t byte;
    assert_int_equal(dobos_receive(socket, &byte, 1), -DOBOS_EAGAIN);
}

/* [rfc815#1] [rfc815#2] [rfc1122#47] */
static void three_fragments_in_every_order_make_the_datagram(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    static const unsigned orders[][4] = {{0, 1, 2, 2}, {0, 2, 1, 1}, {1, 0, 2, 2}, {1, 2, 0, 0},
                                         {2, 0, 1, 1}, {2, 1, 0, 0}, {0, 0, 2, 1}, {2, 2, 1, 0}};
    static const size_t edges[] = {0, 16, 400, 777};
    uint8_t datagram[777];
    make_datagram(datagram, sizeof(datagram));
    for (size_t i = 0; i < array_length(orders); i++) {
        unsigned there = 0;
        for (unsigned j = 0; j < 4; j++) {
            unsigned part = orders[i][j];
            send_fragment(s, (uint16_t)(100 + i), datagram, edges[part], edges[part + 1], part < 2);
            bool was_whole = there == 7;
            there |= 1u << part;
            if (there == 7 && !was_whole)
                assert_received(socket, datagram, sizeof(datagram));
            else
                assert_nothing_received(socket);
        }
    }
    dobos_close(socket);
}

/* [rfc1122#48] [rfc791#17] [rfc1122#106] [rfc1122#107] */
static void largest_datagram_is_put_together(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    size_t lengths[] = {576 - 20, 65535 - 20};
    uint8_t *datagram = malloc(65536);
    for (size_t i = 0; i < array_length(lengths); i++) {
        make_datagram(datagram, lengths[i]);
        for (size_t at = 0; at < lengths[i]; at += 1480)
            send_fragment(s, (uint16_t)(200 + i), datagram, at, min_size(at + 1480, lengths[i]),
                          at + 1480 < lengths[i]);
        assert_received(socket, datagram, lengths[i]);
    }
    free(datagram);
    dobos_close(socket);
}

/* [rfc791#10] [attack:B1] */
static void fragment_past_65535_bytes_is_dropped(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t *datagram = malloc(70000);
    make_datagram(datagram, 70000);
    for (size_t at = 0; at < 65120; at += 1480)
        send_fragment(s, 300, datagram, at, at + 1480, true);
    send_fragment(s, 300, datagram, 65120, 65120 + 424, false);
    assert_nothing_received(socket);
    assert_true(station_counter(s, "DropFragmentMalformed") > 0);
    free(datagram);
    dobos_close(socket);
}

/* [rfc791#9] */
static void fragments_of_different_datagrams_are_kept_apart(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t datagram[64];
    make_datagram(datagram, sizeof(datagram));
    send_fragment(s, 400, datagram, 0, 32, true);
    send_fragment(s, 401, datagram, 32, 64, false);
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, 253);
    ip.identification = 400;
    ip.fragment_offset = 32;
    station_ipv4(s, &ip, datagram + 32, 32);
    ip.protocol = PROTOCOL_UDP;
    ip.source = dobos_address_ipv4(PEER_ADDRESS + 1);
    station_ipv4(s, &ip, datagram + 32, 32);
    assert_nothing_received(socket);
    send_fragment(s, 400, datagram, 32, 64, false);
    assert_received(socket, datagram, sizeof(datagram));
    dobos_close(socket);
}

/* [rfc1122#49] [rfc791#21] [rfc1122#51] [rfc792#10] [rfc1812#74] */
static void incomplete_datagram_is_given_up_and_its_source_told(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t datagram[64];
    struct seen seen;
    make_datagram(datagram, sizeof(datagram));
    dobos_time begin = s->now;
    send_fragment(s, 500, datagram, 0, 32, true);
    station_run(s, 29 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    station_run(s, 92 * DOBOS_SECOND);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.type, ICMP_TIME_EXCEEDED);
    assert_int_equal(seen.icmp.code, 1);
    assert_memory_equal(seen.data.bytes + 20, datagram, 8);
    assert_int_equal((seen.at - begin) / DOBOS_SECOND, 30);
    send_fragment(s, 500, datagram, 32, 64, false);
    assert_nothing_received(socket);
    dobos_close(socket);
}

/* [rfc1122#28] [rfc792#6] [rfc1812#70] [rfc1122#51] [rfc792#10] [rfc1812#74] [attack:B21] */
static void incomplete_datagram_without_its_first_fragment_is_given_up_silently(void **state) {
    struct station *s = *state;
    uint8_t datagram[64];
    make_datagram(datagram, sizeof(datagram));
    send_fragment(s, 600, datagram, 32, 64, false);
    station_run(s, 130 * DOBOS_SECOND);
    assert_true(station_counter(s, "DropFragmentTimeout") > 0);
    assert_true(station_is_quiet(s));
}

/* [attack:B2] [attack:B14] [attack:B15] */
static void overlapping_fragments_never_make_a_datagram(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    uint8_t datagram[64];
    uint16_t identification = 700;
    make_datagram(datagram, sizeof(datagram));
    for (size_t cut = 8; cut < 64; cut += 8) {
        for (size_t from = 8; from < cut; from += 8) {
            send_fragment(s, identification, datagram, 0, cut, true);
            send_fragment(s, identification, datagram, from, 64, false);
            assert_nothing_received(socket);
            identification++;
            send_fragment(s, identification, datagram, from, 64, false);
            send_fragment(s, identification, datagram, 0, cut, true);
            assert_nothing_received(socket);
            identification++;
        }
    }
    assert_true(station_counter(s, "DropFragmentOverlap") > 0);
    dobos_close(socket);
}

/* [rfc791#6] [rfc1812#36] [rfc6864#2] [rfc791#15] [rfc1122#53] [rfc1812#23] */
static void long_datagram_is_sent_in_fragments_of_eight_bytes_each(void **state) {
    struct station *s = *state;
    (void)station_add_interface(s, UINT32_C(0x0a000001), 8, 577);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(UINT32_C(0x0a000009), 9)};
    uint8_t data[2000], together[2008];
    uint16_t before = 0;
    memset(data, 0x5a, sizeof(data));
    for (unsigned round = 0; round < 4; round++) {
        size_t at = 0;
        struct seen seen;
        assert_int_equal(dobos_send_message(socket, data, sizeof(data), &message), sizeof(data));
        bool more = true;
        uint16_t identification = 0;
        while (more) {
            assert_true(station_next(s, &seen));
            assert_true(seen.ip.total_length <= 577);
            assert_int_equal(seen.ip.fragment_offset, at);
            assert_false(seen.ip.dont_fragment);
            if (at == 0)
                identification = seen.ip.identification;
            assert_int_equal(seen.ip.identification, identification);
            more = seen.ip.more_fragments;
            if (more)
                assert_int_equal(seen.payload.length % 8, 0);
            assert_true(at + seen.payload.length <= sizeof(together));
            memcpy(together + at, seen.payload.bytes, seen.payload.length);
            at += seen.payload.length;
        }
        assert_int_equal(at, sizeof(together));
        assert_memory_equal(together + 8, data, sizeof(data));
        assert_true(round == 0 || identification != before);
        before = identification;
    }
    dobos_close(socket);
}

/* [rfc791#5] [rfc791#11] */
static void datagram_that_must_not_be_fragmented_is_refused(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    uint8_t data[1473] = {0};
    struct seen seen;
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_DONT_FRAGMENT, 1), 0);
    assert_int_equal(dobos_send_message(socket, data, 1473, &message), -DOBOS_EMSGSIZE);
    assert_true(station_is_quiet(s));
    assert_int_equal(dobos_send_message(socket, data, 1472, &message), 1472);
    assert_true(station_next(s, &seen));
    assert_true(seen.ip.dont_fragment);
    assert_int_equal(seen.ip.total_length, 1500);
    dobos_close(socket);
}

/* [attack:B4] [attack:B5] */
static void flood_of_fragments_is_bounded_and_leaves_others_alone(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_pool_statistics before, after;
    uint8_t *datagram = malloc(65536);
    make_datagram(datagram, 65000);
    dobos_pool_statistics_read(s->pool, &before);
    for (unsigned i = 0; i < 20000; i++) {
        size_t at = (size_t)(i * 2654435761u % 8000u) * 8;
        send_fragment(s, (uint16_t)(i % 5000), datagram, at, at + 8, true);
    }
    dobos_pool_statistics_read(s->pool, &after);
    assert_true(after.bytes - before.bytes < (size_t)16 << 20);
    struct ipv4 ip = station_header(s, PEER_ADDRESS + 1, HOST_ADDRESS, PROTOCOL_UDP);
    make_datagram(datagram, 64);
    ip.more_fragments = true;
    station_ipv4(s, &ip, datagram, 32);
    ip.more_fragments = false;
    ip.fragment_offset = 32;
    station_ipv4(s, &ip, datagram + 32, 32);
    assert_received(socket, datagram, 64);
    free(datagram);
    dobos_close(socket);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(three_fragments_in_every_order_make_the_datagram),
        AT_HOST(largest_datagram_is_put_together),
        AT_HOST(fragment_past_65535_bytes_is_dropped),
        AT_HOST(fragments_of_different_datagrams_are_kept_apart),
        AT_HOST(incomplete_datagram_is_given_up_and_its_source_told),
        AT_HOST(incomplete_datagram_without_its_first_fragment_is_given_up_silently),
        AT_HOST(overlapping_fragments_never_make_a_datagram),
        AT_HOST(long_datagram_is_sent_in_fragments_of_eight_bytes_each),
        AT_HOST(datagram_that_must_not_be_fragmented_is_refused),
        AT_HOST(flood_of_fragments_is_bounded_and_leaves_others_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
