/*
 * Loss and congestion from the wire's side: the retransmission timer (RFC 6298), congestion control
 * (RFC 5681), NewReno (RFC 6582), and giving up (RFC 9293 §3.8.3). The station decides what is
 * lost.
 */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MSS 1000u

static const uint8_t DATA[262144];

/* A connection without timestamps, whose peer takes segments of MSS bytes. */
static struct dobos_socket *connected(struct peer *p, struct station *s) {
    *p = (struct peer){.offers = {.has_mss = true, .mss = MSS}};
    struct dobos_socket *socket = peer_established(p, s, 4000);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_CONGESTION, DOBOS_CONGESTION_RENO), 0);
    return socket;
}

static void fill(struct dobos_socket *socket) {
    while (dobos_send(socket, DATA, sizeof(DATA)) > 0) {
    }
}

static void assert_near(dobos_time time, dobos_time expected) {
    assert_in_range(time / DOBOS_MILLISECOND, expected / DOBOS_MILLISECOND - 2,
                    expected / DOBOS_MILLISECOND + 5);
}

/* One segment there, its acknowledgment back after `trip`. */
static void measure(struct peer *p, struct dobos_socket *socket, dobos_time trip) {
    struct seen seen;
    assert_int_equal(dobos_send(socket, "x", 1), 1);
    peer_take(p, &seen);
    p->station->now += trip;
    peer_send(p, TCP_ACK, NULL, 0);
    assert_true(station_is_quiet(p->station));
}

/* [rfc6298#2] [rfc6298#3] [rfc6298#4] [rfc6298#8] [rfc9293#39] [rfc1122#148] */
static void timeout_follows_the_measurements(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    struct dobos_socket_info info = info_of(socket);
    if (info.tcp.srtt_ns == 0) {
        /* The handshake gave no measurement: this is the first. */
        measure(&p, socket, DOBOS_SECOND * 9 / 10);
        info = info_of(socket);
        assert_near(info.tcp.srtt_ns, DOBOS_SECOND * 9 / 10);
        assert_near(info.tcp.rttvar_ns, DOBOS_SECOND * 45 / 100);
        assert_near(info.tcp.rto_ns, DOBOS_SECOND * 27 / 10);
    }
    dobos_time last = 0; /* the variation of the round trip before counts, if it was larger */
    for (unsigned i = 0; i < 6; i++) {
        static const dobos_time trips[] = {900, 400, 950, 700, 20, 800};
        dobos_time trip = trips[i] * DOBOS_MILLISECOND;
        dobos_time away =
            trip > info.tcp.srtt_ns ? trip - info.tcp.srtt_ns : info.tcp.srtt_ns - trip;
        dobos_time rttvar = info.tcp.rttvar_ns * 3 / 4 + away / 4;
        dobos_time srtt = info.tcp.srtt_ns * 7 / 8 + trip / 8;
        measure(&p, socket, trip);
        info = info_of(socket);
        assert_near(info.tcp.srtt_ns, srtt);
        assert_near(info.tcp.rttvar_ns, rttvar);
        assert_near(info.tcp.rto_ns, srtt + 4 * max_i64(rttvar, last));
        last = rttvar;
    }
    dobos_abort(socket);
}

/* [rfc6298#2] */
static void first_measurement_sets_the_timeout(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4000);
    struct seen seen;
    peer_init(&p, s, 4000, 0);
    assert_true(station_next(s, &seen));
    p.host_port = seen.tcp.source_port;
    p.ack = seen.tcp.seq.raw + 1;
    s->now += 600 * DOBOS_MILLISECOND;
    peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
    struct dobos_socket_info info = info_of(socket);
    assert_near(info.tcp.srtt_ns, 600 * DOBOS_MILLISECOND);
    assert_near(info.tcp.rttvar_ns, 300 * DOBOS_MILLISECOND);
    assert_near(info.tcp.rto_ns, 1800 * DOBOS_MILLISECOND);
    dobos_abort(socket);
}

/* [rfc6298#9] */
static void timeout_is_never_below_a_round_trip_and_a_fifth_of_a_second(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    for (unsigned i = 0; i < 50; i++) {
        measure(&p, socket, DOBOS_MILLISECOND);
        assert_true(info_of(socket).tcp.rto_ns >= 200 * DOBOS_MILLISECOND);
    }
    assert_near(info_of(socket).tcp.rto_ns, 201 * DOBOS_MILLISECOND);
    dobos_abort(socket);
}

/* [rfc6298#7] [rfc9293#39] */
static void repeated_segment_gives_no_measurement(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    struct seen seen;
    measure(&p, socket, 100 * DOBOS_MILLISECOND);
    struct dobos_socket_info before = info_of(socket);
    assert_int_equal(dobos_send(socket, "x", 1), 1);
    peer_take(&p, &seen);
    station_run(s, before.tcp.rto_ns + 300 * DOBOS_MILLISECOND);
    assert_true(station_next(s, &seen)); /* the repetition */
    peer_send(&p, TCP_ACK, NULL, 0);
    struct dobos_socket_info after = info_of(socket);
    assert_int_equal(after.tcp.srtt_ns, before.tcp.srtt_ns);
    assert_int_equal(after.tcp.rttvar_ns, before.tcp.rttvar_ns);
    dobos_abort(socket);
}

/* [rfc6298#11] [rfc6298#14] [rfc6298#15] [rfc6298#16] [rfc6298#6] [rfc6298#10]; a doubled pause may
 * be a quarter longer [attack:E19]. */
static void silence_repeats_the_earliest_segment_with_doubled_pauses(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    struct seen seen;
    uint32_t first = p.ack;
    assert_int_equal(dobos_send(socket, DATA, 3 * MSS), 3 * MSS);
    dobos_time sent = s->now, pause = info_of(socket).tcp.rto_ns;
    assert_int_equal(peer_drain(&p), 3 * MSS);
    for (unsigned i = 0; i < 6; i++) {
        station_run(s, pause - (s->now - sent) - 2 * DOBOS_MILLISECOND);
        assert_true(station_is_quiet(s));
        station_run(s, 10 * DOBOS_MILLISECOND + (i > 0 ? pause / 4 : 0));
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.tcp.seq.raw, first);
        /* At last it is small, as if the path swallowed large ones (RFC 2923 §2.1). */
        assert_int_equal(seen.data.length, i < 2 ? MSS : 552 - 40);
        if (i == 0)
            assert_near(seen.at - sent, pause);
        assert_in_range(seen.at - sent, pause - 2 * DOBOS_MILLISECOND,
                        pause * 5 / 4 + 5 * DOBOS_MILLISECOND);
        assert_true(station_is_quiet(s));
        sent = seen.at;
        pause = pause * 2;
        if (pause > 60 * DOBOS_SECOND)
            break;
    }
    dobos_abort(socket);
}

/* [rfc6298#12] [rfc6298#13] */
static void acknowledgment_restarts_and_stops_the_timer(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t first = p.ack;
    assert_int_equal(dobos_send(socket, DATA, 2 * MSS), 2 * MSS);
    assert_int_equal(peer_drain(&p), 2 * MSS);
    station_run(s, 150 * DOBOS_MILLISECOND);
    assert_true(station_is_quiet(s));
    peer_send_at(&p, TCP_ACK, p.seq, first + MSS, NULL, 0);
    dobos_time rto = info_of(socket).tcp.rto_ns;
    station_run(s, rto - 5 * DOBOS_MILLISECOND);
    assert_true(station_is_quiet(s));
    peer_send_at(&p, TCP_ACK, p.seq, first + 2 * MSS, NULL, 0);
    station_run(s, 1000 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    dobos_abort(socket);
}

/* [rfc6298#17] [rfc5681#5] */
static void lost_syn_begins_with_three_seconds_and_one_segment(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = station_connect(s, PEER_ADDRESS, 4000);
    struct seen seen;
    peer_init(&p, s, 4000, 0);
    p.offers.mss = MSS;
    assert_true(station_next(s, &seen));
    station_run(s, 3500 * DOBOS_MILLISECOND); /* repeated after one second and after three */
    p.host_port = seen.tcp.source_port;
    p.ack = seen.tcp.seq.raw + 1;
    station_forget(s);
    peer_send(&p, TCP_SYN | TCP_ACK, NULL, 0);
    fill(socket);
    assert_true(peer_drain(&p) <= 2 * MSS); /* an acknowledgment has no data */
    assert_true(info_of(socket).tcp.rto_ns >= 3 * DOBOS_SECOND);
    dobos_abort(socket);
}

/* [rfc9293#41] [rfc1122#155] [rfc9293#43] [rfc1122#157] [rfc9293#44] [rfc9293#45] */
static void silence_ends_the_connection_not_before_100_seconds(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    assert_int_equal(dobos_send(socket, "x", 1), 1);
    station_run(s, 100 * DOBOS_SECOND);
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    assert_true(info_of(socket).tcp.backoff >= 3); /* what a program can see of R1 */
    station_run(s, 3600 * DOBOS_SECOND);
    assert_int_equal(dobos_socket_error(socket), -DOBOS_ETIMEDOUT);
    station_forget(s);
    station_run(s, 3600 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

/* [rfc9293#42] [rfc1122#156] */
static void program_sets_how_long_silence_is_borne(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    assert_int_equal(dobos_option_set(socket, DOBOS_OPTION_USER_TIMEOUT_MS, 20000), 0);
    assert_int_equal(dobos_send(socket, "x", 1), 1);
    station_run(s, 19 * DOBOS_SECOND);
    assert_int_equal(state_of(socket), DOBOS_TCP_ESTABLISHED);
    station_run(s, 30 * DOBOS_SECOND);
    assert_int_equal(dobos_socket_error(socket), -DOBOS_ETIMEDOUT);
    dobos_close(socket);
}

/* Congestion control. */

/* [rfc5681#3] [rfc5681#4] [rfc5681#6] [rfc9293#40] [rfc1122#137] */
static void first_flight_is_at_most_ten_segments(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    struct dobos_socket_info info = info_of(socket);
    assert_int_equal(info.tcp.cwnd_bytes, 10 * MSS);
    assert_true(info.tcp.ssthresh_bytes >= 65535);
    fill(socket);
    assert_int_equal(peer_drain(&p), 10 * MSS);
    dobos_abort(socket);
}

/* [rfc5681#7] [rfc3465#2] [rfc3465#3] [rfc5681#2] [attack:E18] */
static void slow_start_grows_by_what_is_acknowledged_and_two_segments_at_most(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t first = p.ack;
    fill(socket);
    (void)peer_drain(&p);
    uint32_t window = info_of(socket).tcp.cwnd_bytes;
    peer_send_at(&p, TCP_ACK, p.seq, first + MSS, NULL, 0);
    assert_int_equal(info_of(socket).tcp.cwnd_bytes, window + MSS);
    peer_send_at(&p, TCP_ACK, p.seq, first + 4 * MSS, NULL, 0);
    assert_int_equal(info_of(socket).tcp.cwnd_bytes, window + 3 * MSS);
    for (uint32_t crumb = 1; crumb <= 100; crumb++)
        peer_send_at(&p, TCP_ACK, p.seq, first + 4 * MSS + crumb, NULL, 0);
    assert_true(info_of(socket).tcp.cwnd_bytes <= window + 3 * MSS + 100);
    dobos_abort(socket);
}

/* Grows the window to 20 segments and has them all in flight; returns the first unacknowledged
 * number. */
static uint32_t twenty_in_flight(struct peer *p, struct dobos_socket *socket) {
    uint32_t first = p->ack;
    fill(socket);
    (void)peer_drain(p);
    for (uint32_t i = 1; i <= 10; i++)
        peer_send_at(p, TCP_ACK, p->seq, first + i * MSS, NULL, 0);
    (void)peer_drain(p);
    struct dobos_socket_info info = info_of(socket);
    assert_int_equal(info.tcp.cwnd_bytes, 20 * MSS);
    assert_int_equal(info.tcp.unacked_bytes, 20 * MSS);
    assert_int_equal(p->ack, first + 30 * MSS);
    return first + 10 * MSS;
}

/* [rfc5681#9] [rfc5681#10] [rfc5681#11] [rfc6582#7] [rfc9293#40] */
static void timeout_leaves_one_segment_and_half_of_the_flight_as_threshold(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t first = twenty_in_flight(&p, socket);
    struct seen seen;
    station_run(s, info_of(socket).tcp.rto_ns + 10 * DOBOS_MILLISECOND);
    struct dobos_socket_info info = info_of(socket);
    assert_int_equal(info.tcp.cwnd_bytes, MSS);
    assert_int_equal(info.tcp.ssthresh_bytes, 10 * MSS);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.tcp.seq.raw, first);
    assert_true(station_is_quiet(s));
    peer_send_at(&p, TCP_ACK, p.seq, first + MSS, NULL, 0);
    assert_int_equal(info_of(socket).tcp.cwnd_bytes, 2 * MSS);
    /* New data went out, to find out whether the timeout was for nothing (RFC 5682): it was not. */
    peer_send_at(&p, TCP_ACK, p.seq, first + MSS, NULL, 0);
    for (uint32_t i = 2; i <= 8; i++)
        peer_send_at(&p, TCP_ACK, p.seq, first + i * MSS, NULL, 0);
    assert_int_equal(info_of(socket).tcp.cwnd_bytes, 9 * MSS);
    station_forget(s);
    dobos_abort(socket);
}

/* [rfc5681#8] [rfc5681#2] [rfc9293#40] */
static void congestion_avoidance_grows_by_a_segment_a_round_trip(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t acked = twenty_in_flight(&p, socket);
    station_run(s, info_of(socket).tcp.rto_ns + 10 * DOBOS_MILLISECOND);
    /* Everything had arrived but the acknowledgments: slow start up to ten, then slowly. */
    peer_send_at(&p, TCP_ACK, p.seq, p.ack, NULL, 0);
    acked = p.ack;
    while (info_of(socket).tcp.cwnd_bytes < info_of(socket).tcp.ssthresh_bytes) {
        fill(socket);
        struct seen seen;
        while (station_next(s, &seen)) {
            if (seen.tcp.seq.raw == acked)
                acked += (uint32_t)seen.data.length;
            peer_send_at(&p, TCP_ACK, p.seq, acked, NULL, 0);
        }
    }
    for (unsigned trip = 0; trip < 8; trip++) {
        uint32_t before = info_of(socket).tcp.cwnd_bytes;
        struct seen flight[40];
        unsigned n = 0;
        fill(socket);
        while (n < 40 && station_next(s, &flight[n]))
            n++;
        for (unsigned i = 0; i < n; i++)
            peer_send_at(&p, TCP_ACK, p.seq, acked += (uint32_t)flight[i].data.length, NULL, 0);
        assert_true(info_of(socket).tcp.cwnd_bytes > before);
        assert_true(info_of(socket).tcp.cwnd_bytes <= before + MSS + MSS / 4);
    }
    dobos_abort(socket);
}

/* [rfc5681#14] [rfc5681#15] [rfc5681#16] [rfc5681#17] [rfc5681#18] [rfc6582#3] [rfc6582#1] */
static void third_duplicate_repeats_the_lost_segment_and_halves_the_window(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t first = twenty_in_flight(&p, socket), sent = p.ack;
    struct seen seen;
    for (unsigned i = 0; i < 2; i++) {
        peer_send_at(&p, TCP_ACK, p.seq, first, NULL, 0);
        while (station_next(s, &seen)) { /* limited transmit: new data only */
            assert_int_equal(seen.tcp.seq.raw, sent);
            sent += (uint32_t)seen.data.length;
        }
        assert_int_equal(info_of(socket).tcp.cwnd_bytes, 20 * MSS);
    }
    assert_true(sent <= first + 22 * MSS);
    peer_send_at(&p, TCP_ACK, p.seq, first, NULL, 0);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.tcp.seq.raw, first);
    assert_int_equal(seen.data.length, MSS);
    assert_int_equal(info_of(socket).tcp.ssthresh_bytes, 10 * MSS);
    assert_true(station_is_quiet(s));
    for (unsigned i = 1; i <= 4; i++) /* of what leaves the network, half is sent (RFC 9937) */
        peer_send_at(&p, TCP_ACK, p.seq, first, NULL, 0);
    unsigned more = 0;
    for (; station_next(s, &seen); more++)
        sent = seen.tcp.seq.raw + (uint32_t)seen.data.length;
    assert_in_range(more, 1, 2);
    peer_send_at(&p, TCP_ACK, p.seq, sent, NULL, 0);
    assert_true(info_of(socket).tcp.cwnd_bytes <= 10 * MSS + MSS);
    station_forget(s);
    dobos_abort(socket);
}

/* [rfc6582#4] [rfc6582#5] [rfc6582#6] */
static void partial_acknowledgment_repeats_the_next_hole_and_stays_in_recovery(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t first = twenty_in_flight(&p, socket);
    struct seen seen;
    for (unsigned i = 0; i < 3; i++)
        peer_send_at(&p, TCP_ACK, p.seq, first, NULL, 0);
    station_forget(s);
    dobos_time later = info_of(socket).tcp.rto_ns - 100 * DOBOS_MILLISECOND;
    station_run(s, later);
    assert_true(station_is_quiet(s));
    uint32_t window = info_of(socket).tcp.cwnd_bytes;
    peer_send_at(&p, TCP_ACK, p.seq, first + 5 * MSS, NULL, 0);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.tcp.seq.raw, first + 5 * MSS);
    assert_true(info_of(socket).tcp.cwnd_bytes <= window);
    assert_int_equal(info_of(socket).tcp.ssthresh_bytes, 10 * MSS);
    station_forget(s);
    /* The timer began anew with the partial acknowledgment. */
    station_run(s, 150 * DOBOS_MILLISECOND);
    assert_true(station_is_quiet(s));
    assert_true(info_of(socket).tcp.cwnd_bytes > MSS);
    dobos_abort(socket);
}

/* [rfc6582#2] */
static void duplicates_after_a_timeout_do_not_start_fast_retransmit(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t first = twenty_in_flight(&p, socket);
    station_run(s, info_of(socket).tcp.rto_ns + 10 * DOBOS_MILLISECOND);
    peer_send_at(&p, TCP_ACK, p.seq, first + 2 * MSS, NULL, 0);
    uint32_t threshold = info_of(socket).tcp.ssthresh_bytes;
    uint32_t window = info_of(socket).tcp.cwnd_bytes;
    for (unsigned i = 0; i < 4; i++)
        peer_send_at(&p, TCP_ACK, p.seq, first + 2 * MSS, NULL, 0);
    assert_int_equal(info_of(socket).tcp.ssthresh_bytes, threshold);
    assert_true(info_of(socket).tcp.cwnd_bytes <= window);
    station_forget(s);
    dobos_abort(socket);
}

/* [rfc6582#2] */
static void duplicates_of_the_recovery_mark_start_nothing(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t first = twenty_in_flight(&p, socket);
    for (unsigned i = 0; i < 3; i++)
        peer_send_at(&p, TCP_ACK, p.seq, first, NULL, 0);
    struct seen seen;
    uint32_t mark = p.ack;
    while (station_next(s, &seen)) /* what the first two duplicates let out lies below it too */
        if (seq_gt(seen.tcp.seq, seq_make(first)))
            mark = seen.tcp.seq.raw + (uint32_t)seen.data.length;
    peer_send_at(&p, TCP_ACK, p.seq, mark, NULL, 0); /* ends the recovery */
    uint32_t threshold = info_of(socket).tcp.ssthresh_bytes;
    fill(socket);
    station_forget(s);
    assert_true(info_of(socket).tcp.unacked_bytes >= MSS);
    for (unsigned i = 0; i < 4; i++)
        peer_send_at(&p, TCP_ACK, p.seq, mark, NULL, 0);
    while (station_next(s, &seen))
        assert_int_not_equal(seen.tcp.seq.raw, mark);
    assert_int_equal(info_of(socket).tcp.ssthresh_bytes, threshold);
    dobos_abort(socket);
}

/* [rfc5681#19] [attack:E18] */
static void only_true_duplicates_are_counted(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t first = twenty_in_flight(&p, socket);
    struct seen seen;
    for (unsigned i = 0; i < 10; i++) { /* window updates */
        p.window--;
        peer_send_at(&p, TCP_ACK, p.seq, first, NULL, 0);
    }
    for (unsigned i = 0; i < 10; i++) /* data */
        peer_send_at(&p, TCP_ACK, p.seq++, first, "d", 1);
    for (unsigned i = 0; i < 10; i++) /* data beyond a hole */
        peer_send_at(&p, TCP_ACK, p.seq + 100 + i, first, "d", 1);
    for (unsigned i = 0; i < 10; i++) /* old acknowledgments */
        peer_send_at(&p, TCP_ACK, p.seq, first - MSS, NULL, 0);
    while (station_next(s, &seen))
        assert_int_equal(seen.data.length, 0);
    assert_true(info_of(socket).tcp.ssthresh_bytes >= 65535);
    assert_int_equal(info_of(socket).tcp.cwnd_bytes, 20 * MSS);
    dobos_abort(socket);
}

/* [rfc5681#24] */
static void loss_of_the_repetition_lowers_the_window_again(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t first = twenty_in_flight(&p, socket);
    for (unsigned i = 0; i < 3; i++)
        peer_send_at(&p, TCP_ACK, p.seq, first, NULL, 0);
    assert_int_equal(info_of(socket).tcp.ssthresh_bytes, 10 * MSS);
    station_forget(s);
    station_run(s, info_of(socket).tcp.rto_ns + 10 * DOBOS_MILLISECOND);
    assert_int_equal(info_of(socket).tcp.cwnd_bytes, MSS);
    assert_true(info_of(socket).tcp.ssthresh_bytes <= 11 * MSS);
    station_forget(s);
    dobos_abort(socket);
}

/* [rfc5681#20] */
static void pause_shrinks_the_window_to_the_first_one(void **state) {
    struct station *s = *state;
    struct peer p;
    struct dobos_socket *socket = connected(&p, s);
    uint32_t acked = p.ack;
    struct seen seen;
    assert_int_equal(dobos_send(socket, DATA, 40 * MSS), 40 * MSS);
    while (station_next(s, &seen))
        peer_send_at(&p, TCP_ACK, p.seq, acked += (uint32_t)seen.data.length, NULL, 0);
    p.ack = acked;
    assert_true(info_of(socket).tcp.cwnd_bytes > 30 * MSS);
    station_run(s, 60 * DOBOS_SECOND);
    fill(socket);
    assert_true(peer_drain(&p) <= 10 * MSS);
    dobos_abort(socket);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(timeout_follows_the_measurements),
        AT_HOST(first_measurement_sets_the_timeout),
        AT_HOST(timeout_is_never_below_a_round_trip_and_a_fifth_of_a_second),
        AT_HOST(repeated_segment_gives_no_measurement),
        AT_HOST(silence_repeats_the_earliest_segment_with_doubled_pauses),
        AT_HOST(acknowledgment_restarts_and_stops_the_timer),
        AT_HOST(lost_syn_begins_with_three_seconds_and_one_segment),
        AT_HOST(silence_ends_the_connection_not_before_100_seconds),
        AT_HOST(program_sets_how_long_silence_is_borne),
        AT_HOST(first_flight_is_at_most_ten_segments),
        AT_HOST(slow_start_grows_by_what_is_acknowledged_and_two_segments_at_most),
        AT_HOST(timeout_leaves_one_segment_and_half_of_the_flight_as_threshold),
        AT_HOST(congestion_avoidance_grows_by_a_segment_a_round_trip),
        AT_HOST(third_duplicate_repeats_the_lost_segment_and_halves_the_window),
        AT_HOST(partial_acknowledgment_repeats_the_next_hole_and_stays_in_recovery),
        AT_HOST(duplicates_after_a_timeout_do_not_start_fast_retransmit),
        AT_HOST(duplicates_of_the_recovery_mark_start_nothing),
        AT_HOST(only_true_duplicates_are_counted),
        AT_HOST(loss_of_the_repetition_lowers_the_window_again),
        AT_HOST(pause_shrinks_the_window_to_the_first_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
