/*
 * What a TCP sender may put on the wire, and when: windows, segment sizes, Nagle, silly windows,
 * probes, keepalive (RFC 9293 §3.7, 3.8.4, 3.8.6), from the wire's side.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t DATA[262144];

/* A connection whose peer offers a maximum segment size (0: none), a window and a window scale. */
static struct dobos_socket *connected(struct peer *p, struct station *s, uint16_t mss,
                                      uint16_t window, int scale) {
    struct dobos_socket *listener = station_listener(s, 80), *socket = NULL;
    peer_init(p, s, 4000, 80);
    p->window = window;
    p->offers = (struct tcp_options){
        .has_mss = mss > 0,
        .mss = mss,
        .has_window_scale = scale >= 0,
        .window_scale = (uint8_t)(scale < 0 ? 0 : scale),
    };
    peer_open(p);
    assert_int_equal(dobos_accept(listener, &socket, NULL), 0);
    dobos_close(listener);
    return socket;
}

static void fill(struct dobos_socket *socket) {
    while (dobos_send(socket, DATA, sizeof(DATA)) > 0) {
    }
}

/* Acknowledges all until the window is as large as the peer's own, keeping the send queue full. */
static void open_up(struct peer *p, struct dobos_socket *socket, unsigned rounds) {
    for (unsigned i = 0; i < rounds; i++) {
        fill(socket);
        (void)peer_drain(p);
        peer_send(p, TCP_ACK, NULL, 0);
    }
}

/* [rfc9293#1] [rfc1122#118] [rfc9293#2] [rfc1122#119] [rfc5681#1] */
static void large_window_is_unsigned_and_never_exceeded(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s, 1460, 40000, -1);
    for (unsigned i = 0; i < 30; i++) {
        fill(socket);
        size_t length = peer_drain(&p);
        assert_true(length <= 40000);
        if (i == 29)
            assert_true(length > 37000);
        peer_send(&p, TCP_ACK, NULL, 0);
    }
    dobos_abort(socket);
}

/* [rfc7323#5] [rfc7323#3] [rfc9293#2] */
static void window_of_the_peer_is_shifted_by_its_scale(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s, 1460, 100, 4);
    /* The window of the SYN was not scaled; that of the acknowledgment was. */
    assert_int_equal(info_of(socket).tcp.snd_wnd, 1600);
    p.window = 0xffff;
    peer_send(&p, TCP_ACK, NULL, 0);
    assert_int_equal(info_of(socket).tcp.snd_wnd, 0xffff0);
    dobos_abort(socket);
}

/* [rfc7323#6] [attack:E31] */
static void scale_above_14_is_taken_as_14(void **state) {
    struct station *s = *state;
    static const int scales[] = {14, 15, 31, 32, 255};
    for (size_t i = 0; i < array_length(scales); i++) {
        struct peer p;
        struct dobos_socket *socket = connected(&p, s, 1460, 3, scales[i]);
        assert_int_equal(info_of(socket).tcp.snd_wnd, 3u << 14);
        dobos_abort(socket);
        station_forget(s);
    }
}

/* [rfc9293#33] [rfc1122#126] [rfc9293#36] [rfc9293#5] */
static void segments_carry_536_bytes_when_the_peer_did_not_say(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s, 0, 65535, -1);
    struct seen seen;
    fill(socket);
    peer_take(&p, &seen);
    assert_int_equal(seen.data.length, 536);
    assert_false(seen.option.has_mss);
    dobos_abort(socket);
}

/* [rfc9293#31] [rfc9293#34] [rfc1122#127] [rfc9293#75] [rfc1122#117] [rfc9293#5] */
static void segments_carry_what_the_peer_and_the_path_allow(void **state) {
    struct station *s = *state;
    static const uint16_t offered[] = {700, 1460, 9000};
    static const uint16_t expected[] = {700, 1460, 1460};
    for (size_t i = 0; i < array_length(offered); i++) {
        struct peer p;
        struct dobos_socket *socket = connected(&p, s, offered[i], 65535, -1);
        struct seen seen;
        fill(socket);
        peer_take(&p, &seen);
        assert_int_equal(seen.data.length, expected[i]);
        peer_take(&p, &seen);
        assert_int_equal(seen.data.length, expected[i]);
        dobos_abort(socket);
        station_forget(s);
    }
}

/* [rfc6691#2] [rfc9293#34] */
static void options_shorten_the_data_of_a_segment(void **state) {
    struct station *s = *state;
    struct peer p = {.timestamps = true};
    struct dobos_socket *socket = peer_established(&p, s, 4000);
    struct seen seen;
    fill(socket);
    peer_take(&p, &seen);
    assert_true(seen.option.has_timestamps);
    assert_int_equal(seen.data.length, 1448);
    assert_int_equal(seen.ip.total_length, 1500);
    dobos_abort(socket);
}

/* [attack:E3] */
static void tiny_maximum_segment_size_has_a_floor(void **state) {
    struct station *s = *state;
    static const uint16_t offered[] = {1, 8, 47};
    for (size_t i = 0; i < array_length(offered); i++) {
        struct peer p;
        struct dobos_socket *socket = connected(&p, s, offered[i], 65535, -1);
        struct seen seen;
        fill(socket);
        peer_take(&p, &seen);
        assert_true(seen.data.length >= 48);
        dobos_abort(socket);
        station_forget(s);
    }
}

/* [rfc9293#37] [rfc1122#153] [rfc9293#38] [rfc1122#154] */
static void small_writes_wait_for_the_acknowledgment_unless_told_not_to(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s, 1460, 65535, -1);
    struct seen seen;
    assert_int_equal(dobos_send(socket, "1", 1), 1);
    peer_take(&p, &seen);
    assert_int_equal(seen.data.length, 1);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(dobos_send(socket, "2345", 4), 4);
    assert_true(station_is_quiet(s));
    peer_send(&p, TCP_ACK, NULL, 0);
    peer_take(&p, &seen);
    assert_int_equal(seen.data.length, 40);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_NODELAY, 1), 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(dobos_send(socket, "x", 1), 1);
        peer_take(&p, &seen);
        assert_int_equal(seen.data.length, 1);
    }
    dobos_abort(socket);
}

/* [rfc9293#74] [rfc1122#116] */
static void last_segment_of_what_is_queued_has_push(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s, 1460, 65535, -1);
    struct seen seen;
    assert_int_equal(dobos_send(socket, DATA, 5000), 5000);
    size_t length = 0;
    station_collect(s);
    while (length < 5000) {
        peer_take(&p, &seen);
        length += seen.data.length;
        peer_send(&p, TCP_ACK, NULL, 0);
        assert_true((seen.tcp.flags & TCP_PSH) || length < 5000);
        assert_false((seen.tcp.flags & TCP_PSH) && length == seen.data.length);
    }
    dobos_abort(socket);
}

/* [rfc9293#64] [rfc1122#152] */
static void crumbs_of_window_are_not_used(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s, 1460, 8000, -1);
    open_up(&p, socket, 4);
    (void)peer_drain(&p);
    /* All the window is used; the peer takes it in and offers crumbs. */
    static const uint16_t crumbs[] = {1, 10, 100, 1000};
    p.window = 0;
    peer_send(&p, TCP_ACK, NULL, 0);
    for (size_t i = 0; i < array_length(crumbs); i++) {
        p.window = crumbs[i];
        peer_send(&p, TCP_ACK, NULL, 0);
        assert_int_equal(peer_drain(&p), 0);
    }
    p.window = 1460;
    peer_send(&p, TCP_ACK, NULL, 0);
    assert_int_equal(peer_drain(&p), 1460);
    dobos_abort(socket);
}

/* Closes the window on a full queue. */
static struct dobos_socket *shut_out(struct peer *p, struct station *s) {
    struct dobos_socket *socket = connected(p, s, 1460, 8000, -1);
    fill(socket);
    (void)peer_drain(p);
    p->window = 0;
    peer_send(p, TCP_ACK, NULL, 0);
    assert_int_equal(peer_drain(p), 0);
    return socket;
}

/* [rfc9293#60] [rfc1122#140] [rfc9293#62] [rfc9293#63] [rfc1122#141] [rfc9293#61] [rfc1122#142]
 * [attack:E23] */
static void closed_window_is_probed_with_growing_pauses_for_ever(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = shut_out(&p, s);
    dobos_time begin = s->now, last = s->now, pause = 0;
    unsigned probes = 0;
    dobos_time rto = info_of(socket).tcp.rto_ns;
    while (s->now - begin < 7200 * DOBOS_SECOND) {
        struct seen seen;
        station_run(s, DOBOS_SECOND / 10);
        while (station_next(s, &seen)) {
            assert_true(seen.data.length <= 1);
            if (probes == 0)
                assert_true(seen.at - last >= rto && seen.at - last <= 2 * rto);
            else
                assert_true(seen.at - last >= pause);
            pause = (seen.at - last) * 19 / 10;
            pause = min_i64(pause, 60 * DOBOS_SECOND);
            last = seen.at;
            probes++;
            peer_send_at(&p, TCP_ACK, p.seq, p.ack, NULL, 0);
            assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
        }
    }
    assert_in_range(probes, 20, 130);
    p.window = 8000;
    peer_send(&p, TCP_ACK, NULL, 0);
    assert_true(peer_drain(&p) >= 1460);
    dobos_abort(socket);
}

/* [rfc9293#57] [rfc1122#139] [rfc9293#58] [rfc9293#59] [rfc7323#7] [attack:E31] */
static void window_drawn_back_stops_new_data_and_not_repetitions(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s, 1000, 8000, -1);
    struct seen seen;
    fill(socket);
    uint32_t first = p.ack;
    assert_int_equal(peer_drain(&p), 8000);
    uint32_t all = p.ack;
    p.window = 3000;
    p.ack = first;
    peer_send(&p, TCP_ACK, NULL, 0); /* seven thousand of eight lie beyond it */
    p.ack = first + 1000;
    peer_send(&p, TCP_ACK, NULL, 0);
    while (station_next(s, &seen))
        assert_true(seq_le(seq_add(seen.tcp.seq, (uint32_t)seen.data.length), seq_make(all)));
    unsigned repeated = 0;
    for (unsigned i = 0; i < 30; i++) {
        station_run(s, DOBOS_SECOND);
        while (station_next(s, &seen)) {
            assert_true(seq_le(seq_add(seen.tcp.seq, (uint32_t)seen.data.length), seq_make(all)));
            repeated += seen.tcp.seq.raw == first + 1000 && seen.data.length > 0;
        }
    }
    assert_true(repeated >= 2);
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    p.ack = all;
    p.window = 8000;
    peer_send(&p, TCP_ACK, NULL, 0);
    assert_true(peer_drain(&p) > 0);
    dobos_abort(socket);
}

/* [rfc9293#49] [rfc1122#161] [rfc9293#52] [rfc1122#164] */
static void idle_connection_is_left_alone_by_default(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s, 1460, 65535, -1);
    int64_t seconds = 0;
    station_run(s, 4 * 86400 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    assert_int_equal(dobos_option_read(socket, DOBOS_OPTION_KEEPALIVE_IDLE_S, &seconds), 0);
    assert_true(seconds >= 7200);
    dobos_abort(socket);
}

/* [rfc9293#48] [rfc1122#160] [rfc9293#50] [rfc1122#162] [rfc9293#51] [rfc1122#163] [rfc9293#54]
 * [rfc9293#53] [rfc1122#165] */
static void keepalive_probes_a_silent_peer_and_gives_up_after_several(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s, 1460, 65535, -1);
    struct seen seen;
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_KEEPALIVE, 1), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_KEEPALIVE_IDLE_S, 100), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_KEEPALIVE_INTERVAL_S, 10), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_KEEPALIVE_PROBES, 3), 0);
    station_run(s, 60 * DOBOS_SECOND);
    peer_send(&p, TCP_ACK | TCP_PSH, "noise", 5);
    station_run(s, DOBOS_SECOND);
    station_forget(s);
    station_run(s, 98 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    for (unsigned i = 0; i < 2; i++) { /* answered: alive */
        dobos_time begin = s->now;
        while (station_is_quiet(s) && s->now - begin < 110 * DOBOS_SECOND)
            station_run(s, DOBOS_SECOND);
        assert_true(i == 0 || s->now - begin >= 99 * DOBOS_SECOND);
        peer_take(&p, &seen);
        assert_int_equal(seen.tcp.seq.raw, p.ack - 1);
        assert_int_equal(seen.data.length, 0);
        peer_send(&p, TCP_ACK, NULL, 0);
        station_forget(s);
    }
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    station_run(s, 119 * DOBOS_SECOND); /* two probes, no answer */
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    station_run(s, 30 * DOBOS_SECOND);
    assert_int_equal(dobos_socket_error(socket), -DOBOS_ETIMEDOUT);
    dobos_close(socket);
}

/* [rfc9293#48] [rfc9293#50] */
static void keepalive_switched_off_or_with_data_on_the_way_sends_no_probe(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s, 1460, 65535, -1);
    struct seen seen;
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_KEEPALIVE, 1), 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_KEEPALIVE_IDLE_S, 10), 0);
    assert_int_equal(dobos_send(socket, "data", 4), 4);
    station_run(s, 60 * DOBOS_SECOND);
    while (station_next(s, &seen))
        assert_int_equal(seen.data.length, 4);
    p.ack += 4;
    peer_send(&p, TCP_ACK, NULL, 0);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_KEEPALIVE, 0), 0);
    station_run(s, 3600 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    dobos_abort(socket);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(large_window_is_unsigned_and_never_exceeded),
        AT_HOST(window_of_the_peer_is_shifted_by_its_scale),
        AT_HOST(scale_above_14_is_taken_as_14),
        AT_HOST(segments_carry_536_bytes_when_the_peer_did_not_say),
        AT_HOST(segments_carry_what_the_peer_and_the_path_allow),
        AT_HOST(options_shorten_the_data_of_a_segment),
        AT_HOST(tiny_maximum_segment_size_has_a_floor),
        AT_HOST(small_writes_wait_for_the_acknowledgment_unless_told_not_to),
        AT_HOST(last_segment_of_what_is_queued_has_push),
        AT_HOST(crumbs_of_window_are_not_used),
        AT_HOST(closed_window_is_probed_with_growing_pauses_for_ever),
        AT_HOST(window_drawn_back_stops_new_data_and_not_repetitions),
        AT_HOST(idle_connection_is_left_alone_by_default),
        AT_HOST(keepalive_probes_a_silent_peer_and_gives_up_after_several),
        AT_HOST(keepalive_switched_off_or_with_data_on_the_way_sends_no_probe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
