/*
 * A program that calls anything in any order with any number, and peers that mean no good: the host
 * survives, and at the end everything is given back.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"

#define SOCKETS 24
#define OPTIONS (DOBOS_OPTION_SYNCNT + 2) /* one that is none among them */

static const int64_t NUMBERS[] = {INT64_MIN, INT32_MIN, -1,       0,         1,          2,
                                  14,        255,       256,      32767,     32768,      65535,
                                  65536,     1 << 20,   64 << 20, INT32_MAX, UINT32_MAX, INT64_MAX};

static int64_t any_number(struct random *random) {
    return NUMBERS[random_below(random, array_length(NUMBERS))];
}

static struct dobos_endpoint any_endpoint(struct random *random) {
    static const uint32_t addresses[] = {0,          HOST_ADDRESS, PEER_ADDRESS, FAR_ADDRESS,
                                         0x7f000001, 0xffffffff,   0xe0000001,   0xc00002ff,
                                         0xc0000205, 0xf0000001};
    static const uint16_t ports[] = {0, 1, 7, 53, 80, 4000, 4001, 50000, 65535};
    return endpoint(addresses[random_below(random, array_length(addresses))],
                    ports[random_below(random, array_length(ports))]);
}

/* One call of a socket, whatever state it is in. */
static void call(struct station *s, struct random *random, struct dobos_socket *sockets[SOCKETS]) {
    static uint8_t bytes[70000];
    static const enum dobos_protocol protocols[] = {DOBOS_TCP, DOBOS_UDP, DOBOS_ICMP,
                                                    (enum dobos_protocol)99};
    struct dobos_socket **at = &sockets[random_below(random, SOCKETS)], *made = NULL;
    struct dobos_endpoint end = any_endpoint(random);
    struct dobos_message message = {.peer = end, .ttl = (uint8_t)random_next(random)};
    struct dobos_icmp_report report;
    struct dobos_socket_info info;
    int64_t value;
    size_t length = (size_t)random_below(random, random_below(random, 8) == 0 ? 70000 : 2000);
    if (*at == NULL) {
        (void)dobos_socket_create(s->host, protocols[random_below(random, 4)], NULL, at);
        return;
    }
    switch (random_below(random, 16)) {
    case 0:
        (void)dobos_bind(*at, &end);
        break;
    case 1:
        (void)dobos_connect(*at, &end);
        break;
    case 2:
        (void)dobos_listen(*at, (unsigned)any_number(random));
        break;
    case 3:
        if (dobos_accept(*at, &made, random_below(random, 2) ? &end : NULL) == 0)
            dobos_close(made);
        break;
    case 4:
    case 5:
        (void)dobos_send(*at, bytes, length);
        break;
    case 6:
        (void)dobos_peek(*at, bytes, length);
        (void)dobos_receive(*at, bytes, length);
        break;
    case 7:
        message.local = any_endpoint(random).address;
        (void)dobos_send_message(*at, bytes, length, &message);
        break;
    case 8:
        (void)dobos_receive_message(*at, bytes, length, &message);
        break;
    case 9:
        (void)dobos_shutdown(*at, (enum dobos_shutdown)random_below(random, 5));
        break;
    case 10:
    case 11:
        (void)dobos_option_set(*at, (enum dobos_option)random_below(random, OPTIONS),
                               any_number(random));
        (void)dobos_option_read(*at, (enum dobos_option)random_below(random, OPTIONS), &value);
        break;
    case 12:
        (void)dobos_receive_icmp(*at, &report);
        (void)dobos_socket_error(*at);
        (void)dobos_socket_ready(*at);
        break;
    case 13:
        (void)dobos_local(*at, &end);
        (void)dobos_peer(*at, &end);
        assert_int_equal(dobos_socket_info_read(*at, &info), 0);
        break;
    case 14:
        dobos_close(*at);
        *at = NULL;
        break;
    default:
        dobos_abort(*at);
        *at = NULL;
        break;
    }
}

/* The station answers a segment of the host with one that may fit. */
static void answer(struct station *s, struct random *random, const struct seen *seen) {
    static const uint8_t flags[] = {TCP_ACK,           TCP_SYN | TCP_ACK, TCP_RST,
                                    TCP_FIN | TCP_ACK, TCP_RST | TCP_ACK, TCP_ACK | TCP_PSH};
    if (seen->ip.protocol != PROTOCOL_TCP) {
        if (random_below(random, 4) == 0)
            station_icmp_about(s, PEER_ADDRESS, ICMP_UNREACHABLE, (uint8_t)random_below(random, 16),
                               1000, seen);
        return;
    }
    uint8_t flag = (seen->tcp.flags & TCP_SYN) != 0 && random_below(random, 3) > 0
                       ? TCP_SYN | TCP_ACK
                       : flags[random_below(random, array_length(flags))];
    uint32_t past = (uint32_t)seen->data.length + ((seen->tcp.flags & (TCP_SYN | TCP_FIN)) != 0);
    struct tcp_header tcp = {
        .source_port = seen->tcp.destination_port,
        .destination_port = seen->tcp.source_port,
        .seq = seq_add(seen->tcp.ack, (uint32_t)random_below(random, 3)),
        .ack = seq_add(seen->tcp.seq, past),
        .flags = flag,
        .window = (uint16_t)random_next(random),
    };
    station_tcp(s, number_of(&seen->ip.destination), HOST_ADDRESS, &tcp, "answer",
                (size_t)random_below(random, 7));
}

/* [attack:G5] [attack:G6] */
static void any_call_in_any_state_is_survived_and_all_is_given_back(void **state) {
    struct station *s = *state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct random random = random_make(seed);
        struct dobos_socket *sockets[SOCKETS] = {NULL};
        struct dobos_event events[8];
        for (unsigned step = 0; step < 1500; step++) {
            struct seen seen;
            call(s, &random, sockets);
            if (random_below(&random, 4) == 0)
                (void)dobos_poller_next(dobos_poller_default(s->host), events, 8);
            if (random_below(&random, 3) == 0 && station_next(s, &seen) && !seen.is_arp)
                answer(s, &random, &seen);
            if (random_below(&random, 16) == 0)
                station_run(s, (dobos_time)random_below(&random, 3 * DOBOS_SECOND));
            if (step % 64 == 0)
                station_forget(s);
        }
        for (unsigned i = 0; i < SOCKETS; i++)
            dobos_abort(sockets[i]);
        station_forget(s);
    }
    for (unsigned i = 0; i < 40; i++) {
        station_run(s, 60 * DOBOS_SECOND);
        station_forget(s);
    }
    struct dobos_socket_info info;
    assert_int_equal(dobos_socket_read(s->host, 0, &info), -DOBOS_ENOENT);
}

/* [attack:G6] */
static void lengths_and_numbers_out_of_range_are_refused(void **state) {
    struct station *s = *state;
    static uint8_t bytes[70000];
    struct dobos_socket *udp = station_udp_socket(s, 7000);
    struct dobos_socket *tcp = station_listener(s, 80);
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    assert_int_equal(dobos_send_message(udp, bytes, 65508, &message), -DOBOS_EMSGSIZE);
    assert_int_equal(dobos_send_message(udp, bytes, 70000, &message), -DOBOS_EMSGSIZE);
    assert_int_equal(dobos_send_message(udp, bytes, SIZE_MAX, &message), -DOBOS_EMSGSIZE);
    assert_int_equal(dobos_receive(udp, bytes, 0), -DOBOS_EAGAIN);
    assert_int_equal(dobos_option_set(tcp, DOBOS_OPTION_INTERFACE, s->interface), -DOBOS_EINVAL);
    assert_int_equal(dobos_option_set(udp, DOBOS_OPTION_INTERFACE, 77), -DOBOS_EINVAL);
    for (unsigned option = 1; option <= DOBOS_OPTION_DONT_FRAGMENT; option++) {
        assert_true(dobos_option_set(udp, (enum dobos_option)option, -1) < 0);
        assert_true(dobos_option_set(udp, (enum dobos_option)option, INT64_MAX) < 0);
        assert_true(dobos_option_set(tcp, (enum dobos_option)option, -1) < 0);
        assert_true(dobos_option_set(tcp, (enum dobos_option)option, INT64_MAX) < 0);
    }
    dobos_close(udp);
    dobos_close(tcp);
}

/* [attack:E16] */
static void peer_out_of_step_does_not_raise_a_storm_of_acknowledgments(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    unsigned replies = 0;
    for (unsigned i = 0; i < 2000; i++) {
        /* Each acknowledgment of the host is answered by one of what it never sent. */
        peer_send_at(&p, TCP_ACK, p.seq + 1000, p.ack + 1000, NULL, 0);
        peer_send_at(&p, TCP_ACK, p.seq - 1000, p.ack, NULL, 0);
        for (struct seen seen; station_next(s, &seen);)
            replies++;
        station_run(s, DOBOS_MILLISECOND);
    }
    assert_in_range(replies, 1, 2 * 20);
    peer_send(&p, TCP_ACK | TCP_PSH, "alive", 5);
    char bytes[8];
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), 5);
    dobos_abort(socket);
}

/* [attack:E38] */
static void what_comes_without_a_handshake_is_not_made_more(void **state) {
    struct station *s = *state;
    struct dobos_socket *listener = station_listener(s, 80);
    for (unsigned flags = 0; flags < 256; flags++) {
        for (uint16_t port = 80; port < 82; port++) {
            struct tcp_header tcp = {
                .source_port = (uint16_t)(4000 + flags),
                .destination_port = port,
                .seq = seq_make(flags * 1000),
                .flags = (uint8_t)flags,
            };
            struct seen seen;
            size_t out = 0;
            station_tcp(s, PEER_ADDRESS, HOST_ADDRESS, &tcp, "GET / HTTP/1.1\r\n\r\n", 18);
            while (station_next(s, &seen))
                out += seen.ip.total_length;
            assert_true(out <= 20 + 20 + 18);
        }
    }
    dobos_close(listener);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(any_call_in_any_state_is_survived_and_all_is_given_back),
        AT_HOST(lengths_and_numbers_out_of_range_are_refused),
        AT_HOST(peer_out_of_step_does_not_raise_a_storm_of_acknowledgments),
        AT_HOST(what_comes_without_a_handshake_is_not_made_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
