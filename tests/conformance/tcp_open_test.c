/*
 * Opening TCP connections, from the wire's side (RFC 9293 §3.4.1, 3.5, 3.9.1.1, 3.10.7.1
 * to 3.10.7.3).
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OTHER_ADDRESS UINT32_C(0xc0000205)

static struct seen next(struct station *s) {
    struct seen seen;
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.ip.protocol, PROTOCOL_TCP);
    assert_true(seen.checksum_is_right);
    return seen; /* its slices are not used */
}

static bool has_connection(struct dobos_socket *listener) {
    struct dobos_socket *socket = NULL;
    int result = dobos_accept(listener, &socket, NULL);
    dobos_abort(socket);
    return result == 0;
}

/* [rfc9293#17] [rfc9293#92] [rfc9293#31] [rfc1122#124] [rfc9293#32] [rfc1122#125] [rfc9293#35]
 * [rfc6691#1] [rfc9293#3] [rfc1122#128] */
static void listen_syn_is_answered_and_acknowledgment_establishes(void **state) {
    struct station *s = *state;
    struct dobos_socket *listener = station_listener(s, 80);
    struct dobos_socket *socket = NULL;
    struct dobos_endpoint from;
    struct peer p;
    peer_init(&p, s, 4000, 80);
    peer_send(&p, TCP_SYN, NULL, 0);
    assert_int_equal(dobos_accept(listener, &socket, &from), -DOBOS_EAGAIN);
    struct seen seen = next(s);
    assert_int_equal(seen.tcp.flags, TCP_SYN | TCP_ACK);
    assert_int_equal(seen.tcp.ack.raw, p.seq);
    assert_true(seen.option.has_mss);
    assert_int_equal(seen.option.mss, 1460);
    p.ack = seen.tcp.seq.raw + 1;
    peer_send(&p, TCP_ACK, NULL, 0);
    assert_int_equal(dobos_accept(listener, &socket, &from), 0);
    assert_int_equal(number_of(&from.address), PEER_ADDRESS);
    assert_int_equal(from.port, 4000);
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    assert_true(station_is_quiet(s));
    dobos_abort(socket);
    dobos_close(listener);
}

/* [rfc9293#17] [rfc9293#96] [rfc9293#32] */
static void syn_sent_syn_ack_establishes(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4000);
    assert_int_equal(state_of(socket), DOBOS_TCP_SYN_SENT);
    peer_init(&p, s, 4000, 0);
    struct seen seen = next(s);
    assert_int_equal(seen.tcp.flags, TCP_SYN | TCP_ECE | TCP_CWR);
    assert_int_equal(seen.option.mss, 1460);
    p.host_port = seen.tcp.source_port;
    p.ack = seen.tcp.seq.raw + 1;
    peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
    seen = next(s);
    assert_int_equal(seen.tcp.flags, TCP_ACK);
    assert_int_equal(seen.tcp.seq.raw, p.ack);
    assert_int_equal(seen.tcp.ack.raw, p.seq);
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    assert_true(dobos_socket_ready(socket) & DOBOS_WRITABLE);
    dobos_abort(socket);
}

/* [rfc9293#18] [rfc1122#131] [rfc9293#97] [attack:E32] */
static void syn_sent_syn_without_ack_leads_to_one_connection(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4000);
    char bytes[8];
    peer_init(&p, s, 4000, 0);
    struct seen syn = next(s);
    p.host_port = syn.tcp.source_port;
    peer_send(&p, TCP_SYN, NULL, 0);
    struct seen seen = next(s);
    assert_int_equal(seen.tcp.flags, TCP_SYN | TCP_ACK);
    assert_int_equal(seen.tcp.seq.raw, syn.tcp.seq.raw);
    assert_int_equal(seen.tcp.ack.raw, p.seq);
    assert_int_equal(state_of(socket), DOBOS_TCP_SYN_RECEIVED);
    p.ack = syn.tcp.seq.raw + 1;
    peer_send_at(&p, TCP_SYN | TCP_ACK, p.seq - 1, p.ack, NULL, 0);
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    station_forget(s);
    peer_send(&p, TCP_ACK | TCP_PSH, "hello", 5);
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), 5);
    dobos_abort(socket);
}

/* [rfc9293#20] [rfc9293#21] [rfc9293#22] [rfc9293#89] */
static void closed_port_answers_with_reset_but_not_to_a_reset(void **state) {
    struct station *s = *state;
    struct peer p;
    peer_init(&p, s, 4000, 80);
    p.ack = 7777;
    peer_send_at(&p, TCP_SYN, 1000, 0, NULL, 0);
    struct seen seen = next(s);
    assert_int_equal(seen.tcp.flags, TCP_RST | TCP_ACK);
    assert_int_equal(seen.tcp.seq.raw, 0);
    assert_int_equal(seen.tcp.ack.raw, 1001);
    peer_send_at(&p, TCP_FIN, 1000, 0, "12345", 5);
    seen = next(s);
    assert_int_equal(seen.tcp.flags, TCP_RST | TCP_ACK);
    assert_int_equal(seen.tcp.ack.raw, 1006);
    peer_send_at(&p, TCP_ACK, 1000, 7777, "12345", 5);
    seen = next(s);
    assert_int_equal(seen.tcp.flags, TCP_RST);
    assert_int_equal(seen.tcp.seq.raw, 7777);
    peer_send_at(&p, TCP_RST, 1000, 0, NULL, 0);
    peer_send_at(&p, TCP_RST | TCP_ACK, 1000, 7777, NULL, 0);
    assert_true(station_is_quiet(s));
}

/* [rfc9293#90] [rfc9293#91] [rfc9293#93] */
static void listen_takes_nothing_but_syn(void **state) {
    struct station *s = *state;
    struct dobos_socket *listener = station_listener(s, 80);
    struct peer p;
    peer_init(&p, s, 4000, 80);
    peer_send_at(&p, TCP_RST, 1000, 0, NULL, 0);
    peer_send_at(&p, TCP_RST | TCP_SYN, 1000, 0, NULL, 0);
    peer_send_at(&p, 0, 1000, 0, "data", 4);
    peer_send_at(&p, TCP_FIN, 1000, 0, NULL, 0);
    assert_true(station_is_quiet(s));
    static const uint8_t flags[] = {TCP_ACK, TCP_SYN | TCP_ACK, TCP_FIN | TCP_ACK};
    for (size_t i = 0; i < array_length(flags); i++) {
        peer_send_at(&p, flags[i], 1000, 7777, NULL, 0);
        struct seen seen = next(s);
        assert_int_equal(seen.tcp.flags, TCP_RST);
        assert_int_equal(seen.tcp.seq.raw, 7777);
    }
    assert_false(has_connection(listener));
    dobos_close(listener);
}

/* [rfc9293#94] [attack:E34] */
static void syn_sent_wrong_acknowledgment_is_reset_and_the_attempt_goes_on(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4000);
    peer_init(&p, s, 4000, 0);
    struct seen syn = next(s);
    p.host_port = syn.tcp.source_port;
    uint32_t iss = syn.tcp.seq.raw;
    const uint32_t wrong[] = {iss, iss - 1, iss + 2, iss + 0x40000000, 0};
    for (size_t i = 0; i < array_length(wrong); i++) {
        static const uint8_t flags[] = {TCP_ACK, TCP_SYN | TCP_ACK};
        for (size_t j = 0; j < array_length(flags); j++) {
            peer_send_at(&p, flags[j], 1000, wrong[i], NULL, 0);
            struct seen seen = next(s);
            assert_int_equal(seen.tcp.flags, TCP_RST);
            assert_int_equal(seen.tcp.seq.raw, wrong[i]);
        }
        peer_send_at(&p, TCP_RST | TCP_ACK, 1000, wrong[i], NULL, 0);
        assert_true(station_is_quiet(s));
    }
    assert_int_equal(state_of(socket), DOBOS_TCP_SYN_SENT);
    p.ack = iss + 1;
    peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    dobos_abort(socket);
}

/* [rfc9293#95] [rfc5961#4] */
static void syn_sent_reset_counts_only_when_it_acknowledges_our_syn(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4000);
    peer_init(&p, s, 4000, 0);
    struct seen syn = next(s);
    p.host_port = syn.tcp.source_port;
    peer_send_at(&p, TCP_RST, 0, 0, NULL, 0);
    peer_send_at(&p, TCP_RST | TCP_ACK, 0, syn.tcp.seq.raw, NULL, 0);
    assert_int_equal(state_of(socket), DOBOS_TCP_SYN_SENT);
    assert_true(station_is_quiet(s));
    peer_send_at(&p, TCP_RST | TCP_ACK, 0, syn.tcp.seq.raw + 1, NULL, 0);
    assert_true(dobos_socket_ready(socket) & DOBOS_ERROR);
    assert_int_equal(dobos_socket_error(socket), -DOBOS_ECONNREFUSED);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc9293#98] */
static void syn_sent_segment_without_syn_or_rst_is_dropped(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4000);
    peer_init(&p, s, 4000, 0);
    struct seen syn = next(s);
    p.host_port = syn.tcp.source_port;
    peer_send_at(&p, 0, 1000, 0, "data", 4);
    peer_send_at(&p, TCP_FIN, 1000, 0, NULL, 0);
    peer_send_at(&p, TCP_ACK, 1000, syn.tcp.seq.raw + 1, "data", 4);
    peer_send_at(&p, TCP_FIN | TCP_ACK, 1000, syn.tcp.seq.raw + 1, NULL, 0);
    assert_true(station_is_quiet(s));
    assert_int_equal(state_of(socket), DOBOS_TCP_SYN_SENT);
    dobos_abort(socket);
}

/* [rfc9293#103] [rfc9293#19] [rfc1122#132] */
static void syn_received_reset_frees_the_passive_and_refuses_the_active_end(void **state) {
    struct station *s = *state;
    struct dobos_socket *listener = station_listener(s, 80);
    struct peer p;
    peer_init(&p, s, 4000, 80);
    peer_send(&p, TCP_SYN, NULL, 0);
    struct seen seen = next(s);
    peer_send_at(&p, TCP_RST, p.seq, 0, NULL, 0);
    assert_false(has_connection(listener));
    assert_int_equal(dobos_socket_error(listener), 0);
    station_run(s, 300 * DOBOS_SECOND);
    assert_true(station_is_quiet(s)); /* no SYN-ACK is repeated */
    peer_init(&p, s, 4000, 80);
    peer_open(&p);
    assert_true(has_connection(listener));
    station_forget(s);

    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4001);
    peer_init(&p, s, 4001, 0);
    seen = next(s);
    p.host_port = seen.tcp.source_port;
    peer_send(&p, TCP_SYN, NULL, 0);
    (void)next(s);
    peer_send_at(&p, TCP_RST, p.seq, 0, NULL, 0);
    assert_int_equal(dobos_socket_error(socket), -DOBOS_ECONNREFUSED);
    dobos_close(socket);
    dobos_close(listener);
}

/* [rfc9293#106] [attack:E34] */
static void syn_received_wrong_acknowledgment_is_reset(void **state) {
    struct station *s = *state;
    struct dobos_socket *listener = station_listener(s, 80);
    struct peer p;
    peer_init(&p, s, 4000, 80);
    peer_send(&p, TCP_SYN, NULL, 0);
    struct seen syn = next(s);
    const uint32_t wrong[] = {syn.tcp.seq.raw, syn.tcp.seq.raw + 2, syn.tcp.seq.raw - 100};
    for (size_t i = 0; i < array_length(wrong); i++) {
        peer_send_at(&p, TCP_ACK, p.seq, wrong[i], NULL, 0);
        struct seen seen = next(s);
        assert_int_equal(seen.tcp.flags, TCP_RST);
        assert_int_equal(seen.tcp.seq.raw, wrong[i]);
        assert_false(has_connection(listener));
    }
    peer_send_at(&p, TCP_ACK, p.seq, syn.tcp.seq.raw + 1, NULL, 0);
    assert_true(has_connection(listener));
    dobos_close(listener);
}

/* [rfc9293#85] [rfc1122#174] [rfc9293#86] [rfc1122#173] [attack:B3] */
static void syn_to_or_from_an_impossible_address_is_ignored(void **state) {
    struct station *s = *state;
    struct dobos_socket *listener = station_listener(s, 80);
    struct tcp_header tcp = {.source_port = 80, .destination_port = 80, .flags = TCP_SYN};
    static const uint32_t destinations[] = {0xffffffff, UINT32_C(0xc00002ff), 0xe0000001};
    static const uint32_t sources[] = {0xffffffff, UINT32_C(0xc00002ff), 0xe0000001,
                                       0,          0x7f000001,           HOST_ADDRESS};
    for (size_t i = 0; i < array_length(destinations); i++)
        station_tcp(s, PEER_ADDRESS, destinations[i], &tcp, NULL, 0);
    for (size_t i = 0; i < array_length(sources); i++)
        station_tcp(s, sources[i], HOST_ADDRESS, &tcp, NULL, 0);
    station_run(s, 10 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    assert_false(has_connection(listener));
    dobos_close(listener);
}

/* [rfc9293#73] [rfc1122#172] */
static void connect_to_an_impossible_address_is_refused(void **state) {
    struct station *s = *state;
    static const uint32_t addresses[] = {0xffffffff, UINT32_C(0xc00002ff), 0xe0000001, 0};
    for (size_t i = 0; i < array_length(addresses); i++) {
        struct dobos_socket *socket = NULL;
        struct dobos_endpoint peer = endpoint(addresses[i], 80);
        assert_int_equal(dobos_socket_create(s->host, DOBOS_TCP, NULL, &socket), 0);
        int result = dobos_connect(socket, &peer);
        assert_true(result < 0 && result != -DOBOS_EINPROGRESS);
        assert_true(station_is_quiet(s));
        dobos_close(socket);
    }
}

/* [rfc9293#71] [rfc1122#166] [rfc9293#72] [rfc1122#167] [rfc1122#55] [rfc1122#56] */
static void local_address_is_the_callers_or_the_routes_choice(void **state) {
    struct station *s = *state;
    station_add_address(s, s->interface, OTHER_ADDRESS, 24);
    (void)station_add_interface(s, UINT32_C(0x0a000001), 8, 0);
    struct dobos_socket *socket = NULL;
    struct dobos_endpoint local = endpoint(OTHER_ADDRESS, 0), peer = endpoint(PEER_ADDRESS, 4000);
    assert_int_equal(dobos_socket_create(s->host, DOBOS_TCP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &local), 0);
    assert_int_equal(dobos_connect(socket, &peer), -DOBOS_EINPROGRESS);
    struct seen seen = next(s);
    assert_int_equal(number_of(&seen.ip.source), OTHER_ADDRESS);
    dobos_abort(socket);
    socket = station_connect(s, UINT32_C(0x0a000009), 4000);
    seen = next(s);
    assert_int_equal(number_of(&seen.ip.source), UINT32_C(0x0a000001));
    assert_int_equal(dobos_local(socket, &local), 0);
    assert_int_equal(number_of(&local.address), UINT32_C(0x0a000001));
    dobos_abort(socket);

    local = endpoint(OTHER_ADDRESS, 80);
    assert_int_equal(dobos_socket_create(s->host, DOBOS_TCP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &local), 0);
    assert_int_equal(dobos_listen(socket, 4), 0);
    struct tcp_header tcp = {.source_port = 4000, .destination_port = 80, .flags = TCP_SYN};
    station_forget(s);
    station_tcp(s, PEER_ADDRESS, HOST_ADDRESS, &tcp, NULL, 0);
    seen = next(s);
    assert_int_equal(seen.tcp.flags, TCP_RST | TCP_ACK);
    station_tcp(s, PEER_ADDRESS, OTHER_ADDRESS, &tcp, NULL, 0);
    seen = next(s);
    assert_int_equal(seen.tcp.flags, TCP_SYN | TCP_ACK);
    assert_int_equal(number_of(&seen.ip.source), OTHER_ADDRESS);
    dobos_close(socket);
}

/* [rfc9293#69] [rfc1122#143] [rfc9293#70] [rfc1122#144] */
static void listening_leaves_other_connections_alone(void **state) {
    struct station *s = *state;
    struct dobos_socket *first = station_listener(s, 80), *second = NULL, *connecting = NULL;
    struct dobos_endpoint local = endpoint(0, 80);
    struct peer half, p;
    peer_init(&half, s, 4000, 80);
    peer_send(&half, TCP_SYN, NULL, 0);
    half.ack = next(s).tcp.seq.raw + 1;
    assert_int_equal(dobos_socket_create(s->host, DOBOS_TCP, NULL, &second), 0);
    int result = dobos_bind(second, &local);
    if (result == 0)
        result = dobos_listen(second, 4);
    assert_int_equal(result, -DOBOS_EADDRINUSE);
    dobos_close(second);
    peer_send(&half, TCP_ACK, NULL, 0);
    assert_true(has_connection(first));
    dobos_close(first);
    station_forget(s);

    connecting = station_connect(s, PEER_ADDRESS, 4001);
    assert_int_equal(dobos_local(connecting, &local), 0);
    struct dobos_socket *listener = station_listener(s, local.port);
    assert_int_equal(state_of(connecting), DOBOS_TCP_SYN_SENT);
    peer_init(&p, s, 4001, 0);
    peer_accept(&p);
    assert_int_equal(state_of(connecting), DOBOS_TCP_ESTABLISHED);
    peer_init(&p, s, 4002, local.port);
    peer_open(&p);
    assert_true(has_connection(listener));
    dobos_abort(connecting);
    dobos_close(listener);
}

/* [rfc9293#46] [rfc1122#158] [rfc9293#47] [rfc1122#159] [rfc6298#1] [rfc6298#15] [rfc9293#40] */
static void syn_sent_silence_is_given_up_after_three_minutes_of_growing_pauses(void **state) {
    struct station *s = *state;
    dobos_time begin = s->now, last = 0, pause = 0;
    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4000);
    struct seen syn = next(s), seen;
    last = syn.at;
    station_run(s, 179 * DOBOS_SECOND);
    assert_int_equal(state_of(socket), DOBOS_TCP_SYN_SENT);
    station_run(s, 1800 * DOBOS_SECOND);
    unsigned repeated = 0;
    while (station_next(s, &seen)) {
        assert_int_equal(seen.tcp.flags, TCP_SYN);
        assert_int_equal(seen.tcp.seq.raw, syn.tcp.seq.raw);
        if (repeated == 0)
            assert_int_equal((seen.at - last) / DOBOS_MILLISECOND, 1000);
        else
            assert_true(seen.at - last == 2 * pause || seen.at - last >= 60 * DOBOS_SECOND);
        pause = seen.at - last;
        last = seen.at;
        repeated++;
    }
    assert_true(repeated >= 3);
    assert_true(last - begin >= 60 * DOBOS_SECOND);
    assert_int_equal(dobos_socket_error(socket), -DOBOS_ETIMEDOUT);
    dobos_close(socket);
}

/* [rfc9293#87] */
static void syn_sent_and_listen_close_end_at_once(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4000);
    struct seen syn = next(s);
    dobos_close(socket);
    station_run(s, 10 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    peer_init(&p, s, 4000, syn.tcp.source_port);
    p.ack = syn.tcp.seq.raw + 1;
    peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
    assert_int_equal(next(s).tcp.flags, TCP_RST);
    dobos_close(station_listener(s, 80));
    peer_init(&p, s, 4000, 80);
    peer_send(&p, TCP_SYN, NULL, 0);
    assert_int_equal(next(s).tcp.flags, TCP_RST | TCP_ACK);
}

/* The host's first sequence number for a SYN from this port. */
static uint32_t first_number(struct station *s, uint16_t port) {
    struct peer p;
    peer_init(&p, s, port, 80);
    peer_send(&p, TCP_SYN, NULL, 0);
    uint32_t iss = next(s).tcp.seq.raw;
    peer_send_at(&p, TCP_RST, p.seq, 0, NULL, 0);
    return iss;
}

/* [rfc9293#14] [rfc1122#130] [rfc9293#15] [rfc6528#1] */
static void first_numbers_follow_a_clock_for_one_pair_and_a_hash_between_pairs(void **state) {
    struct station *s = *state;
    struct dobos_socket *listener = station_listener(s, 80);
    uint32_t before = first_number(s, 4000), other = first_number(s, 4001);
    uint32_t distance = other - before;
    assert_true(distance > 1000000 && distance < 0xffffffff - 1000000);
    station_run(s, DOBOS_SECOND);
    uint32_t after = first_number(s, 4000);
    assert_in_range(after - before, 249000, 251000);
    dobos_close(listener);
}

/* [rfc9293#16] [rfc6528#2] [attack:E11] */
static void first_numbers_hang_on_the_whole_key(void **state) {
    struct station *s = *state;
    uint32_t seen[DOBOS_KEY_BYTES + 1];
    (void)s;
    unsigned different = 0;
    for (unsigned i = 0; i <= DOBOS_KEY_BYTES; i++) {
        struct station *other = malloc(sizeof(*other));
        uint8_t key[DOBOS_KEY_BYTES] = {0};
        if (i < DOBOS_KEY_BYTES)
            key[i] = 1;
        assert_non_null(other);
        station_init_with(other, false, key);
        struct dobos_socket *listener = station_listener(other, 80);
        seen[i] = first_number(other, 4000);
        for (unsigned j = 0; j < i; j++)
            different += seen[i] != seen[j];
        dobos_close(listener);
        station_fini(other);
        free(other);
    }
    /* At least 16 bytes of the key count. */
    assert_true(different >= 16 * 17 / 2);
}

/* [rfc9293#78] [rfc1122#177] [rfc9293#77] [rfc1122#176] */
static void time_to_live_and_service_field_are_what_the_program_sets(void **state) {
    struct station *s = *state;
    struct dobos_socket *socket = NULL;
    struct dobos_endpoint peer = endpoint(PEER_ADDRESS, 4000);
    assert_int_equal(dobos_socket_create(s->host, DOBOS_TCP, NULL, &socket), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_TTL, 9), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_TOS, 0xb8), 0);
    assert_int_equal(dobos_connect(socket, &peer), -DOBOS_EINPROGRESS);
    struct seen seen = next(s);
    assert_int_equal(seen.ip.ttl, 9);
    assert_int_equal(seen.ip.tos, 0xb8);
    dobos_abort(socket);
}

/* [attack:E20] */
static void flood_of_syns_is_bounded(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct dobos_socket *listener = station_listener(s, 80);
    struct dobos_pool_statistics before, after;
    struct tcp_header tcp = {.destination_port = 80, .flags = TCP_SYN};
    dobos_pool_statistics_read(s->pool, &before);
    for (unsigned i = 0; i < 50000; i++) {
        tcp.source_port = (uint16_t)(i + 1);
        tcp.seq = seq_make(i * 12345);
        station_tcp(s, UINT32_C(0xcb007100) + i % 200 + 1, HOST_ADDRESS, &tcp, NULL, 0);
        if (i % 1000 == 0)
            station_forget(s);
    }
    station_forget(s);
    dobos_pool_statistics_read(s->pool, &after);
    assert_true(after.bytes - before.bytes < (size_t)8 << 20);
    char bytes[8];
    peer_send(&p, TCP_ACK | TCP_PSH, "hello", 5);
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), 5);
    dobos_abort(socket);
    dobos_close(listener);
}

/* [attack:E41] */
static void data_in_a_syn_is_delivered_once_or_after_repetition(void **state) {
    struct station *s = *state;
    struct dobos_socket *listener = station_listener(s, 80), *socket = NULL;
    struct peer p;
    char bytes[16];
    peer_init(&p, s, 4000, 80);
    peer_send_at(&p, TCP_SYN, p.seq, 0, "early", 5);
    p.ack = next(s).tcp.seq.raw + 1;
    p.seq++;
    peer_send(&p, TCP_ACK | TCP_PSH, "early", 5);
    assert_int_equal(dobos_accept(listener, &socket, NULL), 0);
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), 5);
    assert_memory_equal(bytes, "early", 5);
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), -DOBOS_EAGAIN);
    dobos_abort(socket);
    dobos_close(listener);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(listen_syn_is_answered_and_acknowledgment_establishes),
        AT_HOST(syn_sent_syn_ack_establishes),
        AT_HOST(syn_sent_syn_without_ack_leads_to_one_connection),
        AT_HOST(closed_port_answers_with_reset_but_not_to_a_reset),
        AT_HOST(listen_takes_nothing_but_syn),
        AT_HOST(syn_sent_wrong_acknowledgment_is_reset_and_the_attempt_goes_on),
        AT_HOST(syn_sent_reset_counts_only_when_it_acknowledges_our_syn),
        AT_HOST(syn_sent_segment_without_syn_or_rst_is_dropped),
        AT_HOST(syn_received_reset_frees_the_passive_and_refuses_the_active_end),
        AT_HOST(syn_received_wrong_acknowledgment_is_reset),
        AT_HOST(syn_to_or_from_an_impossible_address_is_ignored),
        AT_HOST(connect_to_an_impossible_address_is_refused),
        AT_HOST(local_address_is_the_callers_or_the_routes_choice),
        AT_HOST(listening_leaves_other_connections_alone),
        AT_HOST(syn_sent_silence_is_given_up_after_three_minutes_of_growing_pauses),
        AT_HOST(syn_sent_and_listen_close_end_at_once),
        AT_HOST(first_numbers_follow_a_clock_for_one_pair_and_a_hash_between_pairs),
        AT_HOST(first_numbers_hang_on_the_whole_key),
        AT_HOST(time_to_live_and_service_field_are_what_the_program_sets),
        AT_HOST(flood_of_syns_is_bounded),
        AT_HOST(data_in_a_syn_is_delivered_once_or_after_repetition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
