/*
 * ICMP of a host (RFC 792, RFC 1122 §3.2.2): echo, the errors it sends, those it never sends, and
 * what it makes of those it gets.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define OTHER_ADDRESS    UINT32_C(0xc0000205)
#define SUBNET_BROADCAST UINT32_C(0xc00002ff)

static const uint8_t DATA[1472] = "data of some length";

/* Echo. */

/* [rfc1122#38] [rfc1812#76] [rfc1122#40] [rfc1812#81] [rfc792#3] [rfc792#14] [rfc792#4] */
static void echo_request_is_answered_with_all_its_data(void **state) {
    struct station *s = *state;
    static const size_t lengths[] = {0, 1, 56, 1472};
    for (size_t i = 0; i < array_length(lengths); i++) {
        struct icmp request = {.type = ICMP_ECHO_REQUEST, .identifier = 7, .sequence = 9};
        struct seen seen;
        station_icmp(s, PEER_ADDRESS, HOST_ADDRESS, &request, DATA, lengths[i]);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.icmp.type, ICMP_ECHO_REPLY);
        assert_int_equal(seen.icmp.code, 0);
        assert_int_equal(seen.icmp.identifier, 7);
        assert_int_equal(seen.icmp.sequence, 9);
        assert_true(seen.checksum_is_right);
        assert_int_equal(number_of(&seen.ip.destination), PEER_ADDRESS);
        assert_int_equal(seen.data.length, lengths[i]);
        assert_memory_equal(seen.data.bytes, DATA, lengths[i]);
    }
    assert_true(station_is_quiet(s));
}

/* [rfc791#2] [rfc1812#90] */
static void padding_of_the_frame_is_no_part_of_an_echo(void **state) {
    struct station *s = *state;
    uint8_t frame[60];
    struct writer w = writer_make(frame, sizeof(frame));
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_ICMP);
    struct icmp request = {.type = ICMP_ECHO_REQUEST};
    struct seen seen;
    ip.total_length = 20 + 8 + 2;
    memset(frame, 0xee, sizeof(frame));
    station_link(s, &w, ETHER_TYPE_IPV4);
    ipv4_emit(&w, &ip);
    icmp_emit(&w, &request);
    writer_bytes(&w, "hi", 2);
    store_be16(frame + 14 + 20 + 2, (uint16_t)~(ICMP_ECHO_REQUEST * 256 + 'h' * 256 + 'i'));
    station_frame(s, frame, sizeof(frame));
    assert_true(station_next(s, &seen));
    assert_true(seen.checksum_is_right);
    assert_int_equal(seen.data.length, 2);
}

/* [rfc1122#39] [rfc1812#80] [rfc1122#54] [rfc791#23] */
static void echo_reply_comes_from_the_address_asked(void **state) {
    struct station *s = *state;
    station_add_address(s, s->interface, OTHER_ADDRESS, 24);
    static const uint32_t asked[] = {OTHER_ADDRESS, HOST_ADDRESS};
    for (size_t i = 0; i < array_length(asked); i++) {
        struct icmp request = {.type = ICMP_ECHO_REQUEST};
        struct seen seen;
        station_icmp(s, PEER_ADDRESS, asked[i], &request, DATA, 8);
        assert_true(station_next(s, &seen));
        assert_int_equal(number_of(&seen.ip.source), asked[i]);
    }
}

/* [rfc1122#42] [attack:B19] */
static void echo_request_to_broadcast_is_not_answered(void **state) {
    struct station *s = *state;
    static const uint32_t asked[] = {0xffffffff, SUBNET_BROADCAST, 0xe0000001};
    for (size_t i = 0; i < array_length(asked); i++) {
        struct icmp request = {.type = ICMP_ECHO_REQUEST};
        station_icmp(s, PEER_ADDRESS, asked[i], &request, DATA, 8);
        station_udp(s, PEER_ADDRESS, 9, asked[i], 7, DATA, 8);
    }
    assert_true(station_is_quiet(s));
}

/* [rfc792#4] */
static void message_with_wrong_checksum_is_dropped_silently(void **state) {
    struct station *s = *state;
    uint8_t message[16] = {ICMP_ECHO_REQUEST, 0, 0x12, 0x34};
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_ICMP);
    station_ipv4(s, &ip, message, sizeof(message));
    assert_int_equal(station_counter(s, "DropIcmpChecksum"), 1);
    assert_true(station_is_quiet(s));
}

/* [rfc1122#41] [rfc1122#93] [rfc1812#79] */
static void echo_reply_reaches_the_program_that_asked(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = NULL;
    struct dobos_endpoint peer = endpoint(PEER_ADDRESS, 0);
    struct seen seen;
    uint8_t bytes[64];
    assert_int_equal(dobos_socket_create(s->host, DOBOS_ICMP, NULL, &socket), 0);
    assert_int_equal(dobos_connect(socket, &peer), 0);
    assert_int_equal(dobos_send(socket, "\0\3hello", 7), 7);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.type, ICMP_ECHO_REQUEST);
    assert_int_equal(seen.icmp.sequence, 3);
    struct icmp reply = seen.icmp;
    reply.type = ICMP_ECHO_REPLY;
    reply.identifier++; /* somebody else's */
    station_icmp(s, PEER_ADDRESS, HOST_ADDRESS, &reply, "hello", 5);
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), -DOBOS_EAGAIN);
    reply.identifier--;
    station_icmp(s, PEER_ADDRESS, HOST_ADDRESS, &reply, "hello", 5);
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), 7);
    assert_memory_equal(bytes, "\0\3hello", 7);
    assert_int_equal(station_counter(s, "IcmpOutEchos"), 1);
    assert_int_equal(station_counter(s, "IcmpOutMsgs"), 1);
    dobos_close(socket);
}

/* Errors sent. */

/* [rfc1122#31] [rfc1122#112] [rfc1122#22] [rfc792#9] [rfc1812#59] [rfc1122#24] [attack:B12]
 * [rfc1812#89] */
static void closed_port_is_answered_with_what_was_sent(void **state) {
    struct station *s = *state;
    static const uint8_t options[] = {0x5e, 8, 1, 2, 3, 4, 5, 6};
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, PROTOCOL_UDP);
    uint8_t udp[28] = {0, 9, 7000 >> 8, 7000 & 0xff, 0, 28, 0, 0, 'd', 'a', 't', 'a'};
    struct seen seen;
    ip.options = (struct slice){options, sizeof(options)};
    ip.tos = 0xb8;
    station_ipv4(s, &ip, udp, sizeof(udp));
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    assert_int_equal(seen.icmp.code, ICMP_PORT_UNREACHABLE);
    assert_true(seen.checksum_is_right);
    assert_int_equal(seen.ip.tos, 0);
    assert_int_equal(number_of(&seen.ip.source), HOST_ADDRESS);
    assert_int_equal(number_of(&seen.ip.destination), PEER_ADDRESS);
    assert_int_equal(seen.data.length, 28 + 28);
    struct reader r = reader_make(seen.data.bytes, seen.data.length);
    struct ipv4 quoted;
    assert_int_equal(ipv4_parse(&r, seen.data.length, &quoted), IPV4_OK);
    assert_int_equal(quoted.identification, ip.identification);
    assert_int_equal(quoted.tos, 0xb8);
    assert_memory_equal(quoted.options.bytes, options, sizeof(options));
    assert_memory_equal(seen.data.bytes + 28, udp, sizeof(udp));
}

/* [rfc1122#30] */
static void unknown_protocol_is_answered(void **state) {
    struct station *s = *state;
    struct ipv4 ip = station_header(s, PEER_ADDRESS, HOST_ADDRESS, 253);
    struct seen seen;
    station_ipv4(s, &ip, DATA, 20);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    assert_int_equal(seen.icmp.code, ICMP_PROTOCOL_UNREACHABLE);
}

/* [rfc1812#4] */
static void error_quotes_no_more_than_fits_576_bytes(void **state) {
    struct station *s = *state;
    struct seen seen;
    station_udp(s, PEER_ADDRESS, 9, HOST_ADDRESS, 7000, DATA, 1400);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    assert_true(seen.ip.total_length <= 576);
    assert_true(seen.ip.total_length >= 500);
}

/* [rfc1122#25] [rfc792#5] [rfc1812#65] [attack:B21] */
static void error_is_never_answered(void **state) {
    struct station *s = *state;
    static const uint8_t errors[] = {ICMP_UNREACHABLE, ICMP_SOURCE_QUENCH, ICMP_REDIRECT,
                                     ICMP_TIME_EXCEEDED, ICMP_PARAMETER_PROBLEM};
    struct ipv4 ip = {
        .source = dobos_address_ipv4(HOST_ADDRESS),
        .destination = dobos_address_ipv4(PEER_ADDRESS),
        .ttl = 64,
        .total_length = 28,
        .protocol = PROTOCOL_UDP,
    };
    uint8_t quote[28] = {0};
    struct writer w = writer_make(quote, sizeof(quote));
    ipv4_emit(&w, &ip);
    for (size_t i = 0; i < array_length(errors); i++) {
        for (uint8_t code = 0; code < 20; code++) {
            struct icmp icmp = {.type = errors[i], .code = code};
            station_icmp(s, PEER_ADDRESS, HOST_ADDRESS, &icmp, quote, sizeof(quote));
            station_icmp(s, PEER_ADDRESS, HOST_ADDRESS, &icmp, quote, 3);
        }
    }
    assert_true(station_is_quiet(s));
}

/* [rfc1122#26] [rfc1812#67] [attack:B21] */
static void datagram_to_broadcast_gets_no_error(void **state) {
    struct station *s = *state;
    static const uint32_t asked[] = {0xffffffff, SUBNET_BROADCAST, 0xe0000001};
    for (size_t i = 0; i < array_length(asked); i++) {
        station_udp(s, PEER_ADDRESS, 9, asked[i], 7000, DATA, 8);
        struct ipv4 ip = station_header(s, PEER_ADDRESS, asked[i], 253);
        station_ipv4(s, &ip, DATA, 20);
    }
    assert_true(station_is_quiet(s));
}

/* [rfc1122#29] [rfc1812#69] */
static void source_that_is_no_single_host_gets_no_error(void **state) {
    struct station *s = *state;
    static const uint32_t sources[] = {0,          0x7f000001, 0xffffffff, SUBNET_BROADCAST,
                                       0xe0000001, 0xf0000001};
    for (size_t i = 0; i < array_length(sources); i++) {
        station_udp(s, sources[i], 9, HOST_ADDRESS, 7000, DATA, 8);
        struct ipv4 ip = station_header(s, sources[i], HOST_ADDRESS, 253);
        station_ipv4(s, &ip, DATA, 20);
    }
    assert_true(station_is_quiet(s));
}

/* [rfc1122#21] [rfc1812#57] [rfc1122#43] [rfc1122#96] [rfc1122#98] [rfc1812#84] [rfc1812#86]
 * [attack:C6] */
static void messages_of_other_types_are_dropped_silently(void **state) {
    struct station *s = *state;
    for (unsigned type = 0; type < 256; type++) {
        if (type == ICMP_ECHO_REQUEST)
            continue;
        struct icmp icmp = {.type = (uint8_t)type};
        station_icmp(s, PEER_ADDRESS, HOST_ADDRESS, &icmp, DATA, 12);
    }
    assert_true(station_counter(s, "DropIcmpType") >= 240);
    assert_true(station_is_quiet(s));
}

/* Errors received. */

/* Sends a datagram from the socket and has it answered with an ICMP error. */
static void provoke(struct station *s, struct dobos_socket *socket, uint8_t type, uint8_t code) {
    struct dobos_message message = {.peer = endpoint(FAR_ADDRESS, 9)};
    struct seen seen;
    assert_int_equal(dobos_send_message(socket, "provoke", 7, &message), 7);
    assert_true(station_next(s, &seen));
    station_icmp_about(s, UINT32_C(0xc00002fe), type, code, 0, &seen);
}

/* [rfc1122#32] [rfc1122#36] [rfc1122#37] [rfc1122#61] */
static void errors_about_a_datagram_reach_its_socket(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    static const uint8_t errors[][2] = {
        {ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE},
        {ICMP_UNREACHABLE, ICMP_NET_UNREACHABLE},
        {ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE},
        {ICMP_TIME_EXCEEDED, 0},
        {ICMP_TIME_EXCEEDED, 1},
        {ICMP_PARAMETER_PROBLEM, 0},
    };
    for (size_t i = 0; i < array_length(errors); i++) {
        struct dobos_icmp_report report;
        provoke(s, socket, errors[i][0], errors[i][1]);
        assert_int_equal(dobos_receive_icmp(socket, &report), 0);
        assert_int_equal(report.type, errors[i][0]);
        assert_int_equal(report.code, errors[i][1]);
        assert_int_equal(number_of(&report.peer.address), FAR_ADDRESS);
        assert_int_equal(report.peer.port, 9);
        assert_int_equal(number_of(&report.from), UINT32_C(0xc00002fe));
        assert_int_equal(dobos_receive_icmp(socket, &report), -DOBOS_EAGAIN);
        (void)dobos_socket_error(socket);
    }
    dobos_close(socket);
}

/* [rfc1122#23] [rfc1122#115] */
static void error_about_another_protocol_does_not_reach_the_socket(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(FAR_ADDRESS, 9)};
    struct dobos_icmp_report report;
    struct seen seen;
    assert_int_equal(dobos_send_message(socket, "provoke", 7, &message), 7);
    assert_true(station_next(s, &seen));
    seen.bytes[14 + 9] = PROTOCOL_TCP;
    uint32_t sum = load_be16(seen.bytes + 14 + 10) + PROTOCOL_UDP - PROTOCOL_TCP;
    store_be16(seen.bytes + 14 + 10, (uint16_t)((sum & 0xffff) + (sum >> 16)));
    station_icmp_about(s, PEER_ADDRESS, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, &seen);
    assert_int_equal(dobos_receive_icmp(socket, &report), -DOBOS_EAGAIN);
    assert_int_equal(dobos_socket_error(socket), 0);
    dobos_close(socket);
}

/* [rfc1122#33] */
static void unreachable_network_is_tried_again(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(FAR_ADDRESS, 9)};
    struct seen seen;
    provoke(s, socket, ICMP_UNREACHABLE, ICMP_NET_UNREACHABLE);
    provoke(s, socket, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE);
    (void)dobos_socket_error(socket);
    assert_int_equal(dobos_send_message(socket, "again", 5, &message), 5);
    assert_true(station_next(s, &seen));
    assert_int_equal(number_of(&seen.ip.destination), FAR_ADDRESS);
    dobos_close(socket);
}

/* [rfc6633#1] [rfc1812#73] [rfc1812#122] [rfc6633#2] [attack:C2] */
static void source_quench_is_neither_told_nor_sent(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_icmp_report report;
    provoke(s, socket, ICMP_SOURCE_QUENCH, 0);
    assert_int_equal(dobos_receive_icmp(socket, &report), -DOBOS_EAGAIN);
    assert_int_equal(dobos_socket_error(socket), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_RECEIVE_BUFFER, 4096), 0);
    for (unsigned i = 0; i < 100; i++)
        station_udp(s, PEER_ADDRESS, 9, HOST_ADDRESS, 7000, DATA, 1000);
    assert_true(station_counter(s, "DropSocketQueue") > 0);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc1122#34] [rfc1812#135] [attack:C4] */
static void redirect_is_neither_believed_nor_sent(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    struct dobos_message message = {.peer = endpoint(FAR_ADDRESS, 9)};
    struct seen seen;
    assert_int_equal(dobos_send_message(socket, "provoke", 7, &message), 7);
    assert_true(station_next(s, &seen));
    struct icmp redirect = {
        .type = ICMP_REDIRECT,
        .code = 1,
        .identifier = PEER_ADDRESS >> 16,
        .sequence = PEER_ADDRESS & 0xffff,
    };
    station_icmp(s, UINT32_C(0xc00002fe), HOST_ADDRESS, &redirect, seen.bytes + 14, 28);
    struct dobos_address far = dobos_address_ipv4(FAR_ADDRESS);
    struct dobos_route_choice choice;
    assert_int_equal(dobos_route_lookup(s->host, &far, NULL, &choice), 0);
    assert_int_equal(number_of(&choice.next_hop), UINT32_C(0xc00002fe));
    station_udp(s, PEER_ADDRESS, 9, FAR_ADDRESS, 7000, DATA,
                8); /* for another; a host stays silent */
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(echo_request_is_answered_with_all_its_data),
        AT_HOST(padding_of_the_frame_is_no_part_of_an_echo),
        AT_HOST(echo_reply_comes_from_the_address_asked),
        AT_HOST(echo_request_to_broadcast_is_not_answered),
        AT_HOST(message_with_wrong_checksum_is_dropped_silently),
        AT_HOST(echo_reply_reaches_the_program_that_asked),
        AT_HOST(closed_port_is_answered_with_what_was_sent),
        AT_HOST(unknown_protocol_is_answered),
        AT_HOST(error_quotes_no_more_than_fits_576_bytes),
        AT_HOST(error_is_never_answered),
        AT_HOST(datagram_to_broadcast_gets_no_error),
        AT_HOST(source_that_is_no_single_host_gets_no_error),
        AT_HOST(messages_of_other_types_are_dropped_silently),
        AT_HOST(errors_about_a_datagram_reach_its_socket),
        AT_HOST(error_about_another_protocol_does_not_reach_the_socket),
        AT_HOST(unreachable_network_is_tried_again),
        AT_HOST(source_quench_is_neither_told_nor_sent),
        AT_HOST(redirect_is_neither_believed_nor_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
