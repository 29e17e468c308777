/* UDP at a host's sockets, from the wire's side (RFC 768, RFC 1122 §4.1). */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OTHER_ADDRESS UINT32_C(0xc0000205)

/* A UDP datagram of any header fields; the checksum is made when `sums`. */
static void send_raw(struct station *s, uint16_t length, bool sums, uint16_t spoil) {
    uint8_t bytes[8 + 12] = {0, 9, 7000 >> 8, 7000 & 0xff};
    memcpy(bytes + 8, "twelve bytes", 12);
    store_be16(bytes + 4, length);
    if (sums) {
        uint32_t sum = (PEER_ADDRESS >> 16) + (PEER_ADDRESS & 0xffff) + (HOST_ADDRESS >> 16) +
                       (HOST_ADDRESS & 0xffff) + PROTOCOL_UDP + length;
        for (size_t i = 0; i < sizeof(bytes); i += 2)
            sum += load_be16(bytes + i);
        while (sum >> 16 != 0)
            sum = (sum & 0xffff) + (sum >> 16);
        store_be16(bytes + 6, (uint16_t)(~sum + spoil));
    }
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_UDP);
    station_ipv4(s, &ip, bytes, sizeof(bytes));
}

static int64_t received(struct dobos_socket *socket) {
    char bytes[2048];
    return dobos_receive(socket, bytes, sizeof(bytes));
}

/* [rfc768#1] [attack:G1] */
static void length_that_disagrees_is_dropped_silently(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    unsigned bad = 0;
    for (unsigned length = 0; length < 65536; length += length < 30 ? 1 : 997) {
        if (length >= 8 && length <= 20)
            continue;
        send_raw(s, (uint16_t)length, false, 0);
        assert_int_equal(received(socket), -DOBOS_EAGAIN);
        bad++;
    }
    assert_int_equal(station_counter(s, "DropUdpMalformed"), bad);
    assert_true(station_is_quiet(s));
    send_raw(s, 12, false, 0);
    assert_int_equal(received(socket), 4);
    dobos_close(socket);
}

/* [rfc1122#63] [attack:G3] */
static void wrong_checksum_is_dropped_silently(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    send_raw(s, 20, true, 1);
    assert_int_equal(received(socket), -DOBOS_EAGAIN);
    assert_int_equal(station_counter(s, "DropUdpChecksum"), 1);
    assert_true(station_is_quiet(s));
    send_raw(s, 20, true, 0);
    assert_int_equal(received(socket), 12);
    dobos_close(socket);
}

/* [rfc768#3] */
static void missing_checksum_is_accepted(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    send_raw(s, 20, false, 0);
    assert_int_equal(received(socket), 12);
    dobos_close(socket);
}

/* [rfc768#2] [rfc1122#62] */
static void checksum_is_always_sent_and_zero_as_all_ones(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    bool was_all_ones = false;
    /* Two bytes go through all values, so the sum is zero for one of them. */
    for (unsigned value = 0; value < 65536; value++) {
        uint8_t data[2] = {(uint8_t)(value >> 8), (uint8_t)value};
        struct seen seen;
        assert_int_equal(dobos_send_message(socket, data, 2, &message), 2);
        assert_true(station_next(s, &seen));
        assert_int_not_equal(seen.udp.checksum, 0);
        assert_true(seen.checksum_is_right);
        was_all_ones |= seen.udp.checksum == 0xffff;
    }
    assert_true(was_all_ones);
    dobos_close(socket);
}

/* [rfc768#4] [rfc1122#64] */
static void receiver_learns_from_where_and_to_where_and_chunks_are_kept(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message;
    char bytes[64];
    station_add_address(s, s->interface, OTHER_ADDRESS, 24);
    station_udp(s, PEER_ADDRESS, 1111, HOST_ADDRESS, 7000, "first", 5);
    station_udp(s, FAR_ADDRESS, 2222, OTHER_ADDRESS, 7000, "second one", 10);
    station_udp(s, PEER_ADDRESS, 1111, HOST_ADDRESS, 7000, "", 0);
    assert_int_equal(dobos_receive_message(socket, bytes, sizeof(bytes), &message), 5);
    assert_memory_equal(bytes, "first", 5);
    assert_int_equal(number_of(&message.peer.address), PEER_ADDRESS);
    assert_int_equal(message.peer.port, 1111);
    assert_int_equal(message.peer.interface, s->interface);
    assert_int_equal(number_of(&message.local), HOST_ADDRESS);
    assert_int_equal(dobos_receive_message(socket, bytes, 6, &message), 6);
    assert_int_equal(message.length, 10);
    assert_int_equal(message.peer.port, 2222);
    assert_int_equal(number_of(&message.local), OTHER_ADDRESS);
    assert_int_equal(dobos_receive_message(socket, bytes, sizeof(bytes), &message), 0);
    assert_int_equal(dobos_receive_message(socket, bytes, sizeof(bytes), &message), -DOBOS_EAGAIN);
    dobos_close(socket);
}

/* [rfc1122#65] [rfc1122#55] [rfc2181#1] */
static void sender_chooses_its_source_address(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    struct seen seen;
    station_add_address(s, s->interface, OTHER_ADDRESS, 24);
    message.local = dobos_address_ipv4(OTHER_ADDRESS);
    assert_int_equal(dobos_send_message(socket, "hello", 5, &message), 5);
    assert_true(station_next(s, &seen));
    assert_int_equal(number_of(&seen.ip.source), OTHER_ADDRESS);
    message.local = dobos_address_ipv4(0);
    assert_int_equal(dobos_send_message(socket, "hello", 5, &message), 5);
    assert_true(station_next(s, &seen));
    assert_int_equal(number_of(&seen.ip.source), HOST_ADDRESS);
    dobos_close(socket);
}

/* [rfc1122#68] [rfc1122#77] [rfc791#24] [rfc1122#113] */
static void type_of_service_is_set_and_learnt(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    struct seen seen;
    uint8_t datagram[12] = {0, 9, 7000 >> 8, 7000 & 0xff, 0, 12};
    assert_int_equal(dobos_send_message(socket, "x", 1, &message), 1);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.tos, 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_TOS, 0x28), 0);
    assert_int_equal(dobos_send_message(socket, "x", 1, &message), 1);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.tos, 0x28);
    message.tos = 0xb8;
    assert_int_equal(dobos_send_message(socket, "x", 1, &message), 1);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.tos, 0xb8);
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_UDP);
    ip.tos = 0x88;
    station_ipv4(s, &ip, datagram, sizeof(datagram));
    assert_int_equal(dobos_receive_message(socket, datagram, sizeof(datagram), &message), 4);
    assert_int_equal(message.tos, 0x88);
    dobos_close(socket);
}

/* [attack:G4] */
static void socket_that_nobody_reads_leaves_the_others_alone(void **state) {
    struct station *s = *state;
    struct dobos_socket *lazy = station_udp_socket(s, 7000);
    struct dobos_socket *busy = station_udp_socket(s, 7001);
    struct dobos_pool_statistics before, after;
    uint8_t data[1400] = {0};
    dobos_pool_statistics_read(s->pool, &before);
    for (unsigned i = 0; i < 10000; i++) {
        station_udp(s, PEER_ADDRESS, 9, HOST_ADDRESS, 7000, data, sizeof(data));
        station_udp(s, PEER_ADDRESS, 9, HOST_ADDRESS, 7001, data, 100);
        assert_int_equal(received(busy), 100);
    }
    dobos_pool_statistics_read(s->pool, &after);
    assert_true(after.bytes - before.bytes < (size_t)2 << 20);
    assert_true(station_counter(s, "DropSocketQueue") > 9000);
    dobos_close(lazy);
    dobos_close(busy);
}

/* [rfc6056#1] [rfc6056#2] [rfc6056#3] [attack:E28] */
static void ports_chosen_by_the_host_are_many_and_without_pattern(void **state) {
    struct station *s = *state;
    struct dobos_socket *owner = station_udp_socket(s, 50000);
    unsigned ascending = 0, low = 65535, high = 0, before = 0;
    for (unsigned i = 0; i < 2000; i++) {
        struct dobos_socket *socket = station_udp_socket(s, 0);
        struct dobos_endpoint local;
        assert_int_equal(dobos_local(socket, &local), 0);
        assert_int_not_equal(local.port, 50000);
        assert_true(local.port >= 1024);
        ascending += before != 0 && local.port > before && local.port - before < 16;
        low = local.port < low ? local.port : low;
        high = local.port > high ? local.port : high;
        before = local.port;
        dobos_close(socket);
    }
    assert_true(high - low > 16000);
    assert_true(ascending < 20);
    dobos_close(owner);
}

/* [rfc6056#4] */
static void choice_of_a_port_fails_when_all_are_taken(void **state) {
    struct station *s = *state;
    static struct dobos_socket *sockets[65536];
    unsigned count = 0;
    int result = 0;
    while (count < array_length(sockets)) {
        struct dobos_endpoint local = endpoint(0, 0);
        assert_int_equal(dobos_socket_create(s->host, DOBOS_UDP, NULL, &sockets[count]), 0);
        result = dobos_bind(sockets[count++], &local);
        if (result != 0)
            break;
    }
    assert_true(count > 16000);
    assert_true(result == -DOBOS_EADDRINUSE || result == -DOBOS_EADDRNOTAVAIL);
    while (count > 0)
        dobos_close(sockets[--count]);
}

/* A client that has no address yet cannot be asked for it (RFC 2131 §4.1). */
static void frame_goes_to_the_link_address_given(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 67);
    struct dobos_message to = {
        .peer = endpoint(OTHER_ADDRESS, 68), .link = {{2, 0, 0, 0, 0, 0x77}}, .has_link = true};
    struct seen frame;
    s->arp_is_silent = s->shows_arp = true;
    assert_int_equal(dobos_send_message(socket, "offer", 5, &to), 5);
    assert_true(station_next(s, &frame));
    assert_false(frame.is_arp);
    assert_true(mac_is_equal(&frame.link.destination, &to.link));
    assert_int_equal(dobos_address_ipv4_number(&frame.ip.destination), OTHER_ADDRESS);
    to.has_link = false;
    assert_int_equal(dobos_send_message(socket, "offer", 5, &to), 5);
    assert_true(station_next(s, &frame));
    assert_true(frame.is_arp);
    dobos_close(socket);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(length_that_disagrees_is_dropped_silently),
        AT_HOST(wrong_checksum_is_dropped_silently),
        AT_HOST(missing_checksum_is_accepted),
        AT_HOST(checksum_is_always_sent_and_zero_as_all_ones),
        AT_HOST(receiver_learns_from_where_and_to_where_and_chunks_are_kept),
        AT_HOST(sender_chooses_its_source_address),
        AT_HOST(type_of_service_is_set_and_learnt),
        AT_HOST(socket_that_nobody_reads_leaves_the_others_alone),
        AT_HOST(ports_chosen_by_the_host_are_many_and_without_pattern),
        AT_HOST(choice_of_a_port_fails_when_all_are_taken),
        AT_HOST(frame_goes_to_the_link_address_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
