/* TCP Fast Open (RFC 7413): who gets a cookie, what a good one opens, what a bad one does not, and
 * what a client does with its own. */
#include "harness.h"

#include "transport/tcp/fast_open.h"

#define DAY (24 * 3600 * DOBOS_SECOND)

/* ---- a server ---- */

static void serve(struct script *s, unsigned limit) {
    s->transport.settings.fast_open = DOBOS_FAST_OPEN_CLIENT | DOBOS_FAST_OPEN_SERVER;
    script_listen(s, 8);
    assert_int_equal(
        tcp_option_set(&s->transport, s->listener, DOBOS_OPTION_FASTOPEN, (int64_t)limit), 0);
}

/* A SYN with a cookie of so many bytes, or the wish for one; data with it. */
static void syn(struct script *s, uint16_t port, const uint8_t *cookie, uint8_t bytes,
                uint32_t length) {
    uint8_t raw[40] = {2, 4, 5, 0xb4, 34, (uint8_t)(2 + bytes)};
    if (bytes > 0)
        memcpy(raw + 6, cookie, bytes);
    size_t end = (6u + bytes + 3) & ~3u;
    memset(raw + 6 + bytes, 1, end - 6 - bytes);
    inject(s, &(struct in){
                  .flags = S, .seq = 0, .port = port, .length = length, .options = {raw, end}});
    assert_int_equal(s->out_count, 1);
    s->last = s->out[s->out_first];
    s->isn = s->last.raw_seq;
    drain_out(s);
    assert_int_equal(s->last.flags, SA);
}

static void cookie_get(struct script *s, uint8_t cookie[FAST_OPEN_COOKIE_BYTES]) {
    syn(s, 9999, NULL, 0, 0);
    assert_true(s->last.options.has_fast_open);
    assert_int_equal(s->last.options.fast_open_length, FAST_OPEN_COOKIE_BYTES);
    memcpy(cookie, s->last.options.fast_open, FAST_OPEN_COOKIE_BYTES);
    inject(s, &(struct in){.flags = R, .seq = 1, .port = 9999});
    drain_out(s);
}

static void assert_received(struct script *s, uint32_t length) {
    assert_int_equal(script_connection(s)->flight->receive.bytes, length);
}

/* [rfc7413#1] [rfc7413#2] [rfc7413#3] */
SCRIPT_TEST(good_cookie_opens_at_once) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    serve(s, 4);
    cookie_get(s, cookie);
    syn(s, SCRIPT_PEER_PORT, cookie, sizeof cookie, 100);
    assert_int_equal(s->last.ack, 101);
    assert_false(s->last.options.has_fast_open); /* it is as new as can be */
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_int_equal(program_read(s, 200), 100);
    assert_int_equal(program_send(s, 50), 50); /* before the handshake is over */
    expect(s, PA, 1, 50, 101);
    inject(s, &(struct in){.flags = A, .seq = 101, .ack = 51});
    assert_true(script_connection(s)->totals.syn_data);
    assert_null(script_connection(s)->opening);
    assert_int_equal(s->transport.half_open, 0);
    advance(s, 300 * DOBOS_SECOND);
    expect_nothing(s);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    assert_int_equal(s->transport.counters.tcp_fast_open_passive, 1);
}

/* [attack:E41] [rfc7413#2] */
SCRIPT_TEST(data_without_a_good_cookie_is_not_taken) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES], bad[16] = {0};
    s->timestamps = s->scaling = false;
    serve(s, 4);
    cookie_get(s, cookie);
    for (unsigned i = 0; i < 64; i++) {
        memcpy(bad, cookie, sizeof cookie);
        bad[i / 8] ^= (uint8_t)(1u << i % 8);
        syn(s, (uint16_t)(5000 + i), bad, sizeof cookie, 100);
        assert_int_equal(s->last.ack, 1);
        assert_true(s->last.options.has_fast_open); /* here is a good one */
    }
    for (uint8_t length = 4; length <= 16; length += 2) {
        if (length == sizeof cookie)
            continue;
        memcpy(bad, cookie, sizeof cookie);
        syn(s, (uint16_t)(6000 + length), bad, length, 100);
        assert_int_equal(s->last.ack, 1);
    }
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), -DOBOS_EAGAIN);
    assert_int_equal(s->transport.buffer_bytes, 0);
    assert_int_equal(s->transport.counters.tcp_fast_open_passive, 0);
    assert_int_equal(s->transport.counters.tcp_fast_open_passive_fails, 70);
}

/* Off by setting, or by the program: no cookie, no data [attack:E41]. */
SCRIPT_TEST(fast_open_that_is_off_is_off) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    serve(s, 4);
    cookie_get(s, cookie);
    s->transport.settings.fast_open = DOBOS_FAST_OPEN_CLIENT;
    syn(s, 5000, cookie, sizeof cookie, 100);
    assert_int_equal(s->last.ack, 1);
    assert_false(s->last.options.has_fast_open);
    s->transport.settings.fast_open = DOBOS_FAST_OPEN_SERVER;
    assert_int_equal(tcp_option_set(&s->transport, s->listener, DOBOS_OPTION_FASTOPEN, 0), 0);
    syn(s, 5001, cookie, sizeof cookie, 100);
    assert_int_equal(s->last.ack, 1);
    assert_false(s->last.options.has_fast_open);
}

/* [rfc7413#1] */
SCRIPT_TEST(cookie_is_good_for_a_day_and_the_next) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    serve(s, 4);
    cookie_get(s, cookie);
    s->now += DAY;
    syn(s, 5000, cookie, sizeof cookie, 100);
    assert_int_equal(s->last.ack, 101);
    assert_true(s->last.options.has_fast_open);
    assert_memory_not_equal(s->last.options.fast_open, cookie, sizeof cookie);
    inject(s, &(struct in){.flags = R, .seq = 101, .port = 5000});
    s->now += DAY;
    syn(s, 5001, cookie, sizeof cookie, 100);
    assert_int_equal(s->last.ack, 1);
}

/* The data is taken once, however often the SYN comes [rfc7413#3] [attack:E41]. */
SCRIPT_TEST(repeated_syn_is_answered_and_its_data_taken_once) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    serve(s, 4);
    cookie_get(s, cookie);
    struct seq isn = seq_make(0);
    for (unsigned i = 0; i < 5; i++) {
        syn(s, SCRIPT_PEER_PORT, cookie, sizeof cookie, 100);
        assert_int_equal(s->last.ack, 101);
        assert_true(i == 0 || seq_eq(isn, s->isn));
        isn = s->isn;
    }
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_received(s, 100);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), -DOBOS_EAGAIN);
    advance(s, 1 * DOBOS_SECOND); /* and the SYN,ACK by itself */
    assert_true(s->out_count == 1 && s->out[s->out_first].flags == SA);
    assert_int_equal(s->out[s->out_first].ack, 101);
    drain_out(s);
}

/* The client never acknowledges: the connection ends with the record. */
SCRIPT_TEST(opening_that_is_never_acknowledged_ends) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    serve(s, 4);
    cookie_get(s, cookie);
    syn(s, SCRIPT_PEER_PORT, cookie, sizeof cookie, 0);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    for (unsigned i = 0; i < 400; i++) {
        advance(s, 1 * DOBOS_SECOND);
        drain_out(s);
    }
    assert_state(s, DOBOS_TCP_CLOSED);
    assert_int_equal(s->transport.half_open, 0);
    assert_int_equal(connection_of(s->listener)->listener->fast_open_pending, 0);
}

/* [rfc7413#4] [rfc7413#5] [attack:E41] */
SCRIPT_TEST(pending_openings_are_bounded_and_resets_count) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    serve(s, 2);
    cookie_get(s, cookie);
    for (uint16_t i = 0; i < 3; i++) {
        syn(s, (uint16_t)(5000 + i), cookie, sizeof cookie, 100);
        assert_int_equal(s->last.ack, i < 2 ? 101 : 1);
    }
    assert_int_equal(s->transport.counters.tcp_fast_open_overflows, 1);
    inject(s, &(struct in){.flags = R, .seq = 101, .port = 5000});
    inject(s, &(struct in){.flags = R, .seq = 101, .port = 5001});
    assert_int_equal(connection_of(s->listener)->listener->fast_open_pending, 0);
    advance(s, 500 * MS);
    drain_out(s);
    syn(s, 5003, cookie, sizeof cookie, 100);
    assert_int_equal(s->last.ack, 1);
    for (unsigned i = 0; i < 60; i++) {
        advance(s, 1 * DOBOS_SECOND);
        drain_out(s);
    }
    syn(s, 5004, cookie, sizeof cookie, 100);
    assert_int_equal(s->last.ack, 101);
}

/* While SYN cookies are given out there is no fast open. */
SCRIPT_TEST(syn_cookies_go_before_fast_open) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    serve(s, 4);
    cookie_get(s, cookie);
    s->transport.settings.syn_cookies = DOBOS_SYN_COOKIES_ALWAYS;
    syn(s, 5000, cookie, sizeof cookie, 100);
    assert_int_equal(s->last.ack, 1);
    assert_int_equal(s->transport.half_open, 0);
}

/* A listener that closes leaves nothing behind that points at it; a connection that the program has
 * taken goes on to be opened: nobody else would repeat its SYN,ACK. */
SCRIPT_TEST(listener_closes_while_openings_are_pending) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    serve(s, 4);
    cookie_get(s, cookie);
    syn(s, SCRIPT_PEER_PORT, cookie, sizeof cookie, 10);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    syn(s, 5001, cookie, sizeof cookie, 10);
    struct seq isn = s->isn;
    tcp_close(&s->transport, s->listener, s->now);
    pump(s);
    drain_out(s);
    advance(s, 1 * DOBOS_SECOND);
    assert_int_equal(s->out_count, 1);
    assert_int_equal(s->out[s->out_first].flags, SA);
    assert_int_equal(s->out[s->out_first].port, SCRIPT_PEER_PORT);
    s->isn = s->out[s->out_first].raw_seq;
    assert_true(isn.raw != s->isn.raw);
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 11, .ack = 1});
    assert_null(script_connection(s)->opening);
    assert_int_equal(s->transport.half_open, 0);
    advance(s, 10 * DOBOS_SECOND);
    expect_nothing(s);
}

/* One whose listener has gone is reset by its peer, or given up, as any. */
SCRIPT_TEST(openings_without_listener_end) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    for (unsigned round = 0; round < 2; round++) {
        serve(s, 4);
        cookie_get(s, cookie);
        syn(s, (uint16_t)(5000 + round), cookie, sizeof cookie, 10);
        assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
        tcp_close(&s->transport, s->listener, s->now);
        pump(s);
        if (round == 0)
            inject(s, &(struct in){.flags = R, .seq = 11, .port = 5000});
        for (unsigned i = 0; i < 400 && round == 1; i++) {
            advance(s, 1 * DOBOS_SECOND);
            drain_out(s);
        }
        assert_state(s, DOBOS_TCP_CLOSED);
        assert_int_equal(s->transport.half_open, 0);
        tcp_close(&s->transport, s->socket, s->now);
        advance(s, 1 * DOBOS_SECOND);
        drain_out(s);
    }
}

/* Records that have to make room are those of nobody known [attack:E20] [rfc7413#4]. */
SCRIPT_TEST(flood_does_not_push_openings_out) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    serve(s, 4);
    cookie_get(s, cookie);
    s->transport.settings.syn_cookies = DOBOS_SYN_COOKIES_OFF;
    syn(s, SCRIPT_PEER_PORT, cookie, sizeof cookie, 10);
    s->isn = s->last.raw_seq;
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    for (unsigned i = 0; i < 2 * LISTENER_HALF_OPEN_MIN; i++) {
        inject(s, &(struct in){.flags = S, .seq = 0, .port = (uint16_t)(6000 + i)});
        drain_out(s);
    }
    assert_non_null(script_connection(s)->opening);
    assert_int_equal(connection_of(s->listener)->listener->fast_open_pending, 1);
    assert_true(connection_of(s->listener)->listener->half_open_count <= LISTENER_HALF_OPEN_MIN);
}

/* No memory at any of its steps: dropped, or served. */
SCRIPT_TEST(opening_without_memory_is_dropped) {
    uint8_t cookie[FAST_OPEN_COOKIE_BYTES];
    s->timestamps = s->scaling = false;
    serve(s, 100);
    cookie_get(s, cookie);
    for (uint64_t nth = 1; nth <= 8; nth++) {
        uint8_t raw[16] = {2, 4, 5, 0xb4, 34, 10};
        memcpy(raw + 6, cookie, sizeof cookie);
        raw[14] = raw[15] = 1;
        s->fail_at = s->allocations + nth;
        inject(s, &(struct in){.flags = S,
                               .seq = 0,
                               .port = (uint16_t)(5000 + nth),
                               .length = 100,
                               .options = {raw, 16}});
        drain_out(s);
    }
    s->fail_at = 0;
}

/* ---- a client ---- */

static struct dobos_socket *client(struct script *s) {
    s->transport.settings.fast_open = DOBOS_FAST_OPEN_CLIENT;
    s->timestamps = s->scaling = false;
    struct dobos_socket *socket = tcp_create(&s->transport);
    s->sockets[s->count++] = s->socket = socket;
    assert_int_equal(tcp_option_set(&s->transport, socket, DOBOS_OPTION_FASTOPEN_CONNECT, 1), 0);
    socket->sender.flow.local = dobos_address_ipv4(0x0a000001);
    socket->sender.flow.local_port = SCRIPT_PORT;
    assert_int_equal(port_claim(&s->transport, socket), 0);
    socket->sender.flow.remote = dobos_address_ipv4(0x0a000002);
    socket->sender.flow.remote_port = SCRIPT_PEER_PORT;
    return socket;
}

static const uint8_t given[] = {2, 4, 5, 0xb4, 34, 8, 11, 22, 33, 44, 55, 66};

/* Asks for a cookie, gets one, and ends. */
static void learn_cookie(struct script *s) {
    struct dobos_socket *socket = client(s);
    assert_int_equal(tcp_connect(&s->transport, socket, s->now), -DOBOS_EINPROGRESS);
    pump(s);
    assert_true(s->out[s->out_first].options.has_fast_open);
    assert_int_equal(s->out[s->out_first].options.fast_open_length, 0);
    s->isn = s->out[s->out_first].raw_seq;
    drain_out(s);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1, .options = {given, sizeof given}});
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    tcp_abort(&s->transport, socket);
    pump(s);
    drain_out(s);
    advance(s, 1);
    assert_int_equal(s->count, 0);
}

/* Connects with a cookie, and gives data to send. */
static void open_with_data(struct script *s, uint32_t length) {
    static uint8_t bytes[4096];
    struct dobos_socket *socket = client(s);
    assert_int_equal(tcp_connect(&s->transport, socket, s->now), 0);
    pump(s);
    expect_nothing(s);
    assert_int_equal(tcp_ready(socket), DOBOS_WRITABLE);
    s->isn = connection_of(socket)->iss;
    for (uint32_t i = 0; i < length; i++)
        bytes[i] = script_byte(i + 1);
    assert_int_equal(tcp_send(&s->transport, socket, bytes, length), length);
    pump(s);
}

/* [rfc7413#6] */
SCRIPT_TEST(client_sends_cookie_and_data_with_its_syn) {
    learn_cookie(s);
    open_with_data(s, 300);
    expect(s, S, 0, 300, 0);
    assert_int_equal(s->last.options.fast_open_length, 6);
    assert_memory_equal(s->last.options.fast_open, given + 6, 6);
    assert_int_equal(tcp_send(&s->transport, s->socket, "x", 1), -DOBOS_EAGAIN);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 301});
    expect(s, A, 301, 0, 1);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    assert_int_equal(s->transport.counters.tcp_fast_open_active, 1);
    assert_true(script_connection(s)->totals.syn_data);
    advance(s, 30 * DOBOS_SECOND);
    expect_nothing(s);
}

/* A SYN carries no more than a segment may. */
SCRIPT_TEST(client_keeps_the_syn_within_a_segment) {
    learn_cookie(s);
    open_with_data(s, 4000);
    uint32_t length = s->out[s->out_first].length;
    assert_true(length > 1000 && length <= 1460);
    drain_out(s);
    inject(s, &(struct in){.flags = RA, .seq = 0, .ack = 1});
    assert_state(s, DOBOS_TCP_CLOSED);
}

/* The first data may be acknowledged in part or not at all: no other number is taken. */
SCRIPT_TEST(client_takes_only_acknowledgments_of_its_syn) {
    learn_cookie(s);
    open_with_data(s, 300);
    drain_out(s);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 302});
    expect(s, R, 302, 0, 0);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 0});
    expect(s, R, 0, 0, 0);
    assert_state(s, DOBOS_TCP_SYN_SENT);
}

/* Both SYNs cross: the peer's answer acknowledges ours with its data, or without. */
SCRIPT_TEST(client_whose_syn_crosses_the_peers_is_acknowledged) {
    learn_cookie(s);
    for (unsigned round = 0; round < 2; round++) {
        open_with_data(s, 300);
        expect(s, S, 0, 300, 0);
        inject(s, &(struct in){.flags = S, .seq = 0});
        expect(s, SA, 0, 0, 1);
        assert_state(s, DOBOS_TCP_SYN_RECEIVED);
        inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 302});
        expect(s, R, 302, 0, 0);
        inject(s, &(struct in){.flags = SA, .seq = 0, .ack = round == 0 ? 301 : 1});
        assert_state(s, DOBOS_TCP_ESTABLISHED);
        if (round == 0)
            expect(s, A, 301, 0, 1);
        else
            expect(s, PA, 1, 300, 1);
        program_send(s, 10);
        if (round == 1)
            inject(s, &(struct in){.flags = A, .seq = 1, .ack = 301});
        expect(s, PA, 301, 10, 1);
        tcp_abort(&s->transport, s->socket);
        pump(s);
        drain_out(s);
        advance(s, 1);
    }
}

/* [rfc7413#7] [rfc7413#8] */
SCRIPT_TEST(client_falls_back_and_does_not_try_again_for_an_hour) {
    learn_cookie(s);
    open_with_data(s, 300);
    drain_out(s);
    advance(s, 1100 * MS);
    expect(s, S, 0, 0, 0);
    assert_false(s->last.options.has_fast_open);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    assert_int_equal(script_connection(s)->snd_una.raw, seq_add(s->isn, 1).raw);
    assert_int_equal(s->transport.counters.tcp_fast_open_active_fails, 1);
    expect(s, PA, 1, 300, 1);
    tcp_abort(&s->transport, s->socket);
    pump(s);
    drain_out(s);
    advance(s, 1 * DOBOS_SECOND);
    for (unsigned hour = 0; hour < 2; hour++) { /* plain, then with the wish for a cookie again */
        assert_int_equal(tcp_connect(&s->transport, client(s), s->now), -DOBOS_EINPROGRESS);
        pump(s);
        expect(s, S, seq_distance(script_connection(s)->iss, s->isn), 0, 0);
        assert_int_equal(s->last.options.has_fast_open, hour == 1);
        tcp_close(&s->transport, s->socket, s->now);
        pump(s);
        s->now += 3600 * DOBOS_SECOND;
    }
}

/* A connection that waits for its first data may come to another end first. */
SCRIPT_TEST(client_that_waits_for_data_ends_as_any) {
    learn_cookie(s);
    struct dobos_socket *socket = client(s);
    assert_int_equal(tcp_connect(&s->transport, socket, s->now), 0);
    assert_int_equal(tcp_shutdown(&s->transport, socket, DOBOS_SHUTDOWN_SEND), 0);
    assert_int_equal(tcp_ready(socket), DOBOS_ERROR);
    assert_int_equal(tcp_send(&s->transport, socket, "x", 1), -DOBOS_ECONNRESET);
    assert_int_equal(tcp_send(&s->transport, socket, "x", 1), -DOBOS_EPIPE);
}

/* Both ends open at once while ours waits: our SYN goes out, plain, and what is given later is sent
 * as any data. */
SCRIPT_TEST(client_that_waits_for_data_meets_a_syn) {
    learn_cookie(s);
    struct dobos_socket *socket = client(s);
    assert_int_equal(tcp_connect(&s->transport, socket, s->now), 0);
    s->isn = connection_of(socket)->iss;
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    assert_false(tcp_ready(socket) & DOBOS_WRITABLE);
    assert_int_equal(tcp_send(&s->transport, socket, "x", 1), -DOBOS_EAGAIN);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    drain_out(s);
    assert_true(tcp_ready(socket) & DOBOS_READABLE);
    assert_int_equal(program_read(s, 20), 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_cookie_opens_at_once),
        cmocka_unit_test(data_without_a_good_cookie_is_not_taken),
        cmocka_unit_test(fast_open_that_is_off_is_off),
        cmocka_unit_test(cookie_is_good_for_a_day_and_the_next),
        cmocka_unit_test(repeated_syn_is_answered_and_its_data_taken_once),
        cmocka_unit_test(opening_that_is_never_acknowledged_ends),
        cmocka_unit_test(pending_openings_are_bounded_and_resets_count),
        cmocka_unit_test(syn_cookies_go_before_fast_open),
        cmocka_unit_test(listener_closes_while_openings_are_pending),
        cmocka_unit_test(openings_without_listener_end),
        cmocka_unit_test(flood_does_not_push_openings_out),
        cmocka_unit_test(opening_without_memory_is_dropped),
        cmocka_unit_test(client_sends_cookie_and_data_with_its_syn),
        cmocka_unit_test(client_keeps_the_syn_within_a_segment),
        cmocka_unit_test(client_takes_only_acknowledgments_of_its_syn),
        cmocka_unit_test(client_whose_syn_crosses_the_peers_is_acknowledged),
        cmocka_unit_test(client_that_waits_for_data_ends_as_any),
        cmocka_unit_test(client_that_waits_for_data_meets_a_syn),
        cmocka_unit_test(client_falls_back_and_does_not_try_again_for_an_hour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
