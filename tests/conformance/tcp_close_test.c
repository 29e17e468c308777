/* Closing TCP connections, every way (RFC 9293 §3.6, 3.10.4, 3.10.5, 3.10.7.4), from the wire's
 * side. */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int64_t received(struct dobos_socket *socket) {
    char bytes[4096];
    return dobos_receive(socket, bytes, sizeof(bytes));
}

/* How many connections the host has in a state, ended ones included. */
static unsigned count_in(const struct station *s, enum dobos_tcp_state state) {
    struct dobos_socket_info info;
    unsigned count = 0;
    for (uint32_t i = 0; dobos_socket_read(s->host, i, &info) == 0; i++)
        count += info.protocol == DOBOS_TCP && info.state == state;
    return count;
}

/* [rfc9293#111] [rfc9293#24] [rfc1122#134] [rfc9293#110] [rfc9293#26] */
static void established_fin_is_end_of_stream_and_close_says_goodbye(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    peer_send(&p, TCP_ACK | TCP_FIN, "last", 4);
    station_run(s, DOBOS_SECOND);
    assert_int_equal(state_of(socket), DOBOS_TCP_CLOSE_WAIT);
    peer_take(&p, &seen);
    assert_int_equal(seen.tcp.ack.raw, p.seq);
    assert_int_equal(received(socket), 4);
    assert_int_equal(received(socket), 0);
    assert_int_equal(received(socket), 0);
    assert_int_equal(dobos_send(socket, "reply", 5), 5);
    dobos_close(socket);
    size_t data = 0;
    do {
        peer_take(&p, &seen);
        data += seen.data.length;
    } while ((seen.tcp.flags & TCP_FIN) == 0);
    assert_int_equal(data, 5);
    assert_int_equal(count_in(s, DOBOS_TCP_LAST_ACK), 1);
    peer_send(&p, TCP_ACK, NULL, 0);
    assert_int_equal(count_in(s, DOBOS_TCP_LAST_ACK), 0);
    station_run(s, DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    peer_send(&p, TCP_ACK, NULL, 0);
    peer_take(&p, &seen);
    assert_int_equal(seen.tcp.flags, TCP_RST);
}

/* Closes the connection from the host's side down to TIME-WAIT. */
static void close_first(struct peer *p, struct dobos_socket *socket) {
    struct station *s = p->station;
    struct seen seen;
    dobos_close(socket);
    peer_take(p, &seen);
    assert_true(seen.tcp.flags & TCP_FIN);
    assert_int_equal(count_in(s, DOBOS_TCP_FIN_WAIT_1), 1);
    peer_send(p, TCP_ACK, NULL, 0);
    assert_int_equal(count_in(s, DOBOS_TCP_FIN_WAIT_2), 1);
    peer_send(p, TCP_ACK | TCP_FIN, NULL, 0);
    peer_take(p, &seen);
    assert_int_equal(seen.tcp.flags, TCP_ACK);
    assert_int_equal(seen.tcp.ack.raw, p->seq);
    assert_int_equal(count_in(s, DOBOS_TCP_TIME_WAIT), 1);
}

/* [rfc9293#109] [rfc9293#29] [rfc1122#136] [rfc9293#114] */
static void closing_first_leads_to_time_wait_for_two_lifetimes(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    close_first(&p, peer_established(&p, s, 4000));
    station_run(s, 59 * DOBOS_SECOND); /* as short as anybody's 2 MSL */
    assert_int_equal(count_in(s, DOBOS_TCP_TIME_WAIT), 1);
    station_run(s, 182 * DOBOS_SECOND);
    assert_int_equal(count_in(s, DOBOS_TCP_TIME_WAIT), 0);
    assert_true(station_is_quiet(s));
}

/* [rfc9293#112] */
static void time_wait_repeated_fin_is_acknowledged_and_starts_the_wait_anew(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct seen seen;
    close_first(&p, peer_established(&p, s, 4000));
    for (unsigned i = 0; i < 10; i++) {
        station_run(s, 50 * DOBOS_SECOND);
        peer_send_at(&p, TCP_ACK | TCP_FIN, p.seq - 1, p.ack, NULL, 0);
        peer_take(&p, &seen);
        assert_int_equal(seen.tcp.flags, TCP_ACK);
        assert_int_equal(seen.tcp.ack.raw, p.seq);
        assert_int_equal(count_in(s, DOBOS_TCP_TIME_WAIT), 1);
    }
}

/* [attack:E26] */
static void time_wait_is_not_ended_by_old_segments(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    close_first(&p, peer_established(&p, s, 4000));
    peer_send_at(&p, TCP_RST, p.seq, 0, NULL, 0);
    peer_send_at(&p, TCP_RST, p.seq - 1, 0, NULL, 0);
    peer_send_at(&p, TCP_ACK, p.seq - 5, p.ack, "old", 3);
    assert_int_equal(count_in(s, DOBOS_TCP_TIME_WAIT), 1);
}

/* [rfc9293#27] [attack:E32] */
static void both_closing_at_once_go_through_closing_to_time_wait(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    dobos_close(socket);
    uint32_t before = p.ack;
    peer_take(&p, &seen);
    assert_true(seen.tcp.flags & TCP_FIN);
    uint32_t after = p.ack;
    p.ack = before;
    peer_send(&p, TCP_ACK | TCP_FIN, NULL, 0);
    assert_int_equal(count_in(s, DOBOS_TCP_CLOSING), 1);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.tcp.ack.raw, p.seq);
    p.ack = after;
    peer_send(&p, TCP_ACK, NULL, 0);
    assert_int_equal(count_in(s, DOBOS_TCP_TIME_WAIT), 1);
}

/* [rfc9293#25] */
static void half_closed_connection_still_receives(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    assert_int_equal(dobos_shutdown(socket, DOBOS_SHUTDOWN_SEND), 0);
    peer_take(&p, &seen);
    assert_true(seen.tcp.flags & TCP_FIN);
    assert_int_equal(dobos_send(socket, "x", 1), -DOBOS_EPIPE);
    peer_send(&p, TCP_ACK, NULL, 0);
    for (unsigned i = 0; i < 20; i++) {
        station_run(s, 60 * DOBOS_SECOND);
        peer_send(&p, TCP_ACK | TCP_PSH, "still", 5);
        assert_int_equal(received(socket), 5);
    }
    peer_send(&p, TCP_ACK | TCP_FIN, NULL, 0);
    assert_int_equal(received(socket), 0);
    dobos_close(socket);
}

/* [rfc9293#28] [rfc1122#135] */
static void close_with_unread_data_and_data_after_close_are_reset(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    peer_send(&p, TCP_ACK | TCP_PSH, "unread", 6);
    station_run(s, DOBOS_SECOND);
    station_forget(s);
    dobos_close(socket);
    assert_true(station_next(s, &seen));
    assert_true(seen.tcp.flags & TCP_RST);
    assert_int_equal(seen.tcp.seq.raw, p.ack);

    p = (struct peer){.station = NULL};
    socket = peer_established(&p, s, 4001);
    dobos_close(socket);
    peer_take(&p, &seen);
    peer_send(&p, TCP_ACK | TCP_PSH, "late", 4);
    assert_true(station_next(s, &seen));
    assert_true(seen.tcp.flags & TCP_RST);
}

/* [rfc9293#88] */
static void abort_resets_and_throws_away_what_is_queued(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    static const uint8_t data[60000];
    p.window = 1460;
    peer_send(&p, TCP_ACK, NULL, 0);
    assert_true(dobos_send(socket, data, sizeof(data)) > 20000);
    assert_int_equal(peer_drain(&p), 1460);
    dobos_abort(socket);
    assert_true(station_next(s, &seen));
    assert_true(seen.tcp.flags & TCP_RST);
    assert_int_equal(seen.tcp.seq.raw, p.ack);
    assert_int_equal(seen.data.length, 0);
    station_run(s, 100 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
}

/* [rfc9293#26] */
static void fin_comes_after_all_data_and_is_repeated(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    static const uint8_t data[50000];
    p.window = 4000;
    peer_send(&p, TCP_ACK, NULL, 0);
    size_t left = (size_t)dobos_send(socket, data, sizeof(data));
    assert_true(left > 10000);
    dobos_close(socket);
    bool ended = false;
    while (!ended) {
        while (!station_is_quiet(s)) {
            peer_take(&p, &seen);
            assert_true(seen.data.length <= left);
            left -= seen.data.length;
            ended = (seen.tcp.flags & TCP_FIN) != 0;
        }
        if (!ended)
            peer_send(&p, TCP_ACK, NULL, 0);
    }
    assert_int_equal(left, 0);
    uint32_t fin = p.ack - 1;
    station_run(s, 3 * DOBOS_SECOND);
    unsigned repeated = 0;
    while (station_next(s, &seen))
        repeated +=
            (seen.tcp.flags & TCP_FIN) != 0 && seen.tcp.seq.raw + (uint32_t)seen.data.length == fin;
    /* Unacknowledged data may have to come before it. */
    if (repeated == 0) {
        peer_send_at(&p, TCP_ACK, p.seq, fin, NULL, 0);
        station_run(s, 20 * DOBOS_SECOND);
        while (station_next(s, &seen))
            repeated += (seen.tcp.flags & TCP_FIN) != 0;
    }
    assert_true(repeated >= 1);
}

/* [rfc9293#113] */
static void data_after_the_peers_fin_is_ignored(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    peer_send(&p, TCP_ACK | TCP_FIN, NULL, 0);
    station_run(s, DOBOS_SECOND);
    peer_send_at(&p, TCP_ACK | TCP_PSH, p.seq, p.ack, "more", 4);
    assert_int_equal(received(socket), 0);
    peer_send_at(&p, TCP_ACK | TCP_PSH, p.seq - 1, p.ack, "more", 4);
    assert_int_equal(received(socket), 0);
    assert_int_equal(state_of(socket), DOBOS_TCP_CLOSE_WAIT);
    dobos_close(socket);
}

/* [attack:E24] */
static void closed_connections_of_silent_peers_are_given_up(void **state) {
    struct station *s = *state;
    struct dobos_pool_statistics before, after;
    struct peer p = {.station = NULL};
    struct dobos_socket *socket = peer_established(&p, s, 3999);
    dobos_abort(socket);
    station_run(s, 10 * DOBOS_SECOND);
    station_forget(s);
    dobos_pool_statistics_read(s->pool, &before);
    for (uint16_t i = 0; i < 200; i++) {
        struct peer silent = {.station = NULL};
        struct seen seen;
        socket = peer_established(&silent, s, (uint16_t)(4000 + i));
        dobos_close(socket);
        peer_take(&silent, &seen);
        if (i % 2 == 0)
            peer_send(&silent, TCP_ACK, NULL, 0); /* FIN-WAIT-2 for ever */
    }
    station_forget(s);
    for (unsigned i = 0; i < 40; i++) {
        station_run(s, 60 * DOBOS_SECOND);
        station_forget(s);
    }
    dobos_pool_statistics_read(s->pool, &after);
    assert_int_equal(count_in(s, DOBOS_TCP_FIN_WAIT_1), 0);
    assert_int_equal(count_in(s, DOBOS_TCP_FIN_WAIT_2), 0);
    assert_true(after.bytes <= before.bytes + 65536);
}

/* [rfc9293#30] [attack:E27] */
static void time_wait_later_syn_with_timestamp_opens_anew(void **state) {
    struct station *s = *state;
    struct peer p = {.station = NULL};
    struct dobos_socket *listener, *again = NULL;
    p.timestamps = true;
    close_first(&p, peer_established(&p, s, 4000));
    listener = station_listener(s, 80);
    station_run(s, 5 * DOBOS_SECOND);
    uint32_t next = p.seq;
    peer_init(&p, s, 4000, 80);
    p.timestamps = true;
    p.ts_value = 9000;
    p.seq = next + 100000;
    peer_open(&p);
    assert_int_equal(dobos_accept(listener, &again, NULL), 0);
    dobos_abort(again);
    dobos_close(listener);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(established_fin_is_end_of_stream_and_close_says_goodbye),
        AT_HOST(closing_first_leads_to_time_wait_for_two_lifetimes),
        AT_HOST(time_wait_repeated_fin_is_acknowledged_and_starts_the_wait_anew),
        AT_HOST(time_wait_is_not_ended_by_old_segments),
        AT_HOST(both_closing_at_once_go_through_closing_to_time_wait),
        AT_HOST(half_closed_connection_still_receives),
        AT_HOST(close_with_unread_data_and_data_after_close_are_reset),
        AT_HOST(abort_resets_and_throws_away_what_is_queued),
        AT_HOST(fin_comes_after_all_data_and_is_repeated),
        AT_HOST(data_after_the_peers_fin_is_ignored),
        AT_HOST(closed_connections_of_silent_peers_are_given_up),
        AT_HOST(time_wait_later_syn_with_timestamp_opens_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
