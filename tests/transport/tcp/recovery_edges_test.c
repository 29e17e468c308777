/* Loss recovery at its edges: peers that take back what they reported while their window is closed,
 * data that is held back when F-RTO wants some, marks that are half of the number space old, and
 * acknowledgments made to cost work. The way to the peer and back takes 100 ms. */
#include "harness.h"

#define RTT (100 * MS)

static uint32_t mss_of(const struct script *s) {
    return s->timestamps ? 1448 : 1460;
}

static uint32_t at(const struct script *s, uint32_t segment) {
    return 1 + segment * mss_of(s);
}

/* ESTABLISHED, and `bytes` are given to send, of which ten segments leave. */
static struct tcp_flight *send_far(struct script *s, bool sack, uint32_t bytes) {
    s->sack = sack;
    script_connect(s);
    pump(s);
    drain_out(s);
    advance(s, RTT);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    drain_out(s);
    program_send(s, bytes);
    assert_int_equal(drain_out(s), 10);
    return script_connection(s)->flight;
}

static void ack(struct script *s, uint32_t number) {
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = number});
}

static void sack(struct script *s, uint32_t segment, uint32_t left, uint32_t right) {
    inject(s, &(struct in){.flags = A,
                           .seq = 1,
                           .ack = at(s, segment),
                           .sack_count = 1,
                           .sack = {{at(s, left), at(s, right)}}});
}

/* A peer short of memory throws away what it had reported and closes its window; the window update
 * is lost: it is probed all the same [rfc2018#12] [rfc9293#60]. */
SCRIPT_TEST(closed_window_is_probed_with_what_was_thrown_away) {
    struct tcp_flight *flight = send_far(s, true, 10 * mss_of(s));
    advance(s, RTT);
    sack(s, 0, 1, 10);
    drain_out(s);
    advance(s, RTT);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = at(s, 1), .closed = true});
    drain_out(s);
    advance(s, 2 * DOBOS_SECOND);
    assert_true(s->out_count > 0);
    expect(s, A, at(s, 1), 1, 1);
    assert_int_equal(flight->board.sacked_count, 0);
    assert_int_equal(s->transport.counters.tcp_sack_reneged, 1);
    drain_out(s);
    ack(s, at(s, 1));
    assert_true(s->out_count > 0);
    drain_out(s);
}

/* What Nagle's rule holds back goes out when F-RTO asks for new data [rfc5682#2]: else nothing
 * would before the next timeout. */
SCRIPT_TEST(timeout_with_little_left_to_send_goes_on_at_once) {
    send_far(s, false, 10 * mss_of(s) + 100);
    advance(s, 400 * MS);
    assert_int_equal(s->transport.counters.tcp_timeouts, 1);
    expect(s, A, 1, mss_of(s), 1);
    expect_nothing(s);
    ack(s, at(s, 1));
    assert_true(s->out_count > 0);
    expect(s, PA, at(s, 10), 100, 1);
    drain_out(s);
}

/* More than two gigabytes after the last loss the third duplicate counts as ever [rfc6582#2]. */
SCRIPT_TEST(mark_of_an_old_recovery_does_not_hide_a_loss) {
    struct tcp_flight *flight = send_far(s, false, 30 * mss_of(s));
    struct tcp_connection *c = script_connection(s);
    flight->recover = seq_sub(c->snd_una, INT32_MAX - 2 * 1460);
    for (uint32_t i = 1; i <= 4; i++)
        ack(s, at(s, i));
    drain_out(s);
    for (unsigned i = 0; i < 3; i++)
        ack(s, at(s, 4));
    assert_int_equal(flight->recovery, TCP_RECOVERY_FAST);
    assert_int_equal(s->transport.counters.tcp_reno_recoveries, 1);
    drain_out(s);
}

/* Where nothing is undone for half of the number space the mark is behind all the same: else the
 * next undos would need no trust [attack:E18]. */
SCRIPT_TEST(mark_of_what_was_found_stays_behind) {
    struct tcp_flight *flight = send_far(s, true, 30 * mss_of(s));
    struct tcp_connection *c = script_connection(s);
    flight->found = seq_sub(c->snd_una, INT32_MAX - 2 * 1460);
    for (uint32_t i = 1; i <= 4; i++)
        ack(s, at(s, i));
    assert_true(seq_ge(c->snd_una, flight->found));
    drain_out(s);
}

/* Acknowledgments of a byte each that claim to answer an original: what was believed lost is taken
 * for in flight once in a window of data, not again for each of them [attack:E2]. */
SCRIPT_TEST(forged_echoes_do_not_move_the_lost_to_and_fro) {
    struct tcp_flight *flight = send_far(s, true, 10 * mss_of(s));
    uint32_t first = s->ts_seen, moved = 0;
    if (!s->timestamps)
        return;
    s->window = 400000;
    ack(s, 1);
    flight->congestion.cwnd = 200 * mss_of(s);
    program_send(s, 150 * mss_of(s));
    drain_out(s);
    advance(s, RTT);
    sack(s, 0, 150, 160);
    drain_out(s);
    assert_true(flight->board.lost.count > 100);
    advance(s, RTT / 2); /* longer than the wider window for what is late */
    for (uint32_t i = 1; i <= 20; i++) {
        struct seq found = flight->found;
        s->ts_seen = first;
        ack(s, 1 + i);
        assert_true(flight->board.lost.count > 50);
        moved += !seq_eq(flight->found, found);
        drain_out(s);
    }
    assert_int_equal(moved, 1);
    assert_in_range(s->transport.counters.tcp_partial_undos, 10, 20);
}

/* An acknowledgment was lost, and so was all that was repeated: the next comes a minute later with
 * the peer's own repetition, and echoes the first sending. That is not the path's round trip: the
 * timeout must not grow to minutes by it, only by as much as the timeout itself
 * [rfc6298#8]. */
SCRIPT_TEST(echo_of_a_first_sending_among_many_counts_as_a_timeout) {
    if (!s->timestamps)
        return;
    script_establish(s);
    program_send(s, mss_of(s));
    drain_out(s);
    ack(s, at(s, 1));
    program_send(s, 10);
    drain_out(s);
    struct tcp_connection *c = script_connection(s);
    uint32_t first = s->ts_seen;
    int64_t before = c->rtt.rto_ns;
    advance(s, 60 * DOBOS_SECOND);
    drain_out(s);
    assert_true(s->transport.counters.tcp_timeouts > 5);
    uint8_t backoff = c->backoff;
    s->ts_seen = first;
    ack(s, at(s, 1) + 10);
    assert_int_equal(c->backoff, backoff - 1);
    assert_in_range(c->rtt.rto_ns, before, 2 * before);
}

/* But a path whose round trip has become twenty times as long is learnt soon: three timeouts while
 * the first acknowledgment is on its way, and hardly one more. */
SCRIPT_TEST(path_that_has_become_long_is_learnt_from_a_few_timeouts) {
    if (!s->timestamps)
        return;
    script_establish(s);
    for (uint32_t i = 0; i < 20; i++) {
        program_send(s, 10);
        drain_out(s);
        uint32_t first = s->ts_seen;
        advance(s, i < 10 ? RTT : 20 * RTT);
        drain_out(s);
        s->ts_seen = first;
        ack(s, 1 + 10 * (i + 1));
    }
    assert_in_range(s->transport.counters.tcp_timeouts, 2, 5);
}

/* What a slow rate has put off goes out at the new one when the program raises it. */
SCRIPT_TEST(raised_pacing_rate_counts_at_once) {
    uint32_t mss = mss_of(s);
    script_establish(s);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_MAX_PACING_RATE, 10), 0);
    program_send(s, 4 * mss);
    uint32_t sent = drain_out(s);
    assert_true(sent > 0 && sent < 4);
    assert_int_equal(
        tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_MAX_PACING_RATE, 1000000), 0);
    pump(s);
    advance(s, 100 * MS);
    assert_int_equal(drain_out(s), 4 - sent);
}

/* A window that shrank is filled again as often as it moves, without a timeout for each: what of a
 * segment did not fit goes out next [rfc9293#57] [attack:E31]. */
SCRIPT_TEST(shrunk_window_that_moves_costs_no_timeout_each_time) {
    uint32_t mss = mss_of(s), acked = 601;
    (void)send_far(s, true, 10 * mss);
    advance(s, RTT);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .window = 600});
    advance(s, 2 * DOBOS_SECOND);
    assert_true(s->out_count > 0);
    assert_int_equal(s->out[s->out_first + s->out_count - 1].length, 600);
    drain_out(s);
    dobos_time began = s->now;
    while (acked < 1 + 4 * mss) {
        const struct out *out = &s->out[s->out_first];
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = acked, .window = 600});
        assert_int_equal(s->out_count, 1);
        assert_int_equal(out->seq, acked);
        assert_in_range(out->length, 1, 600);
        acked += out->length;
        drain_out(s);
        advance(s, RTT);
    }
    assert_true(s->now - began < 12 * RTT);
    ack(s, acked);
    for (unsigned turn = 0; turn < 20; turn++) {
        acked = seq_distance(script_connection(s)->snd_nxt, s->isn);
        drain_out(s);
        ack(s, acked);
    }
    assert_int_equal(connection_in_flight(script_connection(s)), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_window_is_probed_with_what_was_thrown_away),
        cmocka_unit_test(timeout_with_little_left_to_send_goes_on_at_once),
        cmocka_unit_test(mark_of_an_old_recovery_does_not_hide_a_loss),
        cmocka_unit_test(mark_of_what_was_found_stays_behind),
        cmocka_unit_test(forged_echoes_do_not_move_the_lost_to_and_fro),
        cmocka_unit_test(echo_of_a_first_sending_among_many_counts_as_a_timeout),
        cmocka_unit_test(path_that_has_become_long_is_learnt_from_a_few_timeouts),
        cmocka_unit_test(raised_pacing_rate_counts_at_once),
        cmocka_unit_test(shrunk_window_that_moves_costs_no_timeout_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
