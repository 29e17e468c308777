/* Flow control on both sides (RFC 9293 §3.8.6, RFC 7323 §2), delayed acknowledgments, Nagle. */
#include "harness.h"

#include "transport/tcp/ack_delay.h"
#include "transport/tcp/window.h"

/* ---- the arithmetic ---- */

/* The four cases [rfc9293#99], at all edges [rfc9293#12]. */
static void acceptable_is_what_lies_within(void **state) {
    (void)state;
    static const uint32_t edges[] = {0, 1000, 0x7fffffff, 0x80000000, 0xffffff00, 0xffffffff};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct seq nxt = seq_make(edges[i]);
        assert_true(window_accepts(nxt, 0, nxt, 0));
        assert_false(window_accepts(nxt, 0, nxt, 1));
        assert_false(window_accepts(nxt, 0, seq_sub(nxt, 1), 0));
        assert_true(window_accepts(nxt, 100, nxt, 0));
        assert_true(window_accepts(nxt, 100, seq_add(nxt, 99), 0));
        assert_false(window_accepts(nxt, 100, seq_add(nxt, 100), 0));
        assert_false(window_accepts(nxt, 100, seq_sub(nxt, 1), 0));
        assert_true(window_accepts(nxt, 100, seq_sub(nxt, 10), 11));
        assert_false(window_accepts(nxt, 100, seq_sub(nxt, 10), 10));
        assert_true(window_accepts(nxt, 100, seq_add(nxt, 99), 1000));
        assert_false(window_accepts(nxt, 100, seq_add(nxt, 100), 1));
    }
}

/* [rfc9293#65] [rfc9293#56] */
static void edge_moves_by_segments_and_never_back(void **state) {
    (void)state;
    struct seq nxt = seq_make(0xfffffff0), edge = seq_add(nxt, 1000);
    assert_true(seq_eq(window_edge(nxt, edge, 500, 8000, 1460), edge));
    assert_true(seq_eq(window_edge(nxt, edge, 2459, 8000, 1460), edge));
    assert_true(seq_eq(window_edge(nxt, edge, 2460, 8000, 1460), seq_add(nxt, 2460)));
    assert_true(seq_eq(window_edge(nxt, edge, 1600, 1200, 1460), seq_add(nxt, 1600)));
    assert_true(seq_eq(window_edge(nxt, edge, 1599, 1200, 1460), edge));
}

/* [rfc7323#6] */
static void scale_is_the_least_that_does_and_at_most_14(void **state) {
    (void)state;
    assert_int_equal(window_scale_for(65535), 0);
    assert_int_equal(window_scale_for(65536), 1);
    assert_int_equal(window_scale_for(512 << 10), 4);
    assert_int_equal(window_scale_for(64 << 20), 11);
    assert_int_equal(window_scale_for(UINT32_MAX), 14);
}

/* [rfc9293#64] [rfc9293#37] [rfc9293#38] [rfc9293#75] */
static void sendable_avoids_silly_windows(void **state) {
    (void)state;
    const struct send_view base = {
        .unsent = 5000, .window = 60000, .congestion = 14600, .mss = 1460, .window_max = 60000};
    struct send_view view = base;
    assert_int_equal(window_sendable(&view), 5000);
    view.window = 1000; /* less than a segment, less than half */
    assert_int_equal(window_sendable(&view), 0);
    view.push_through = true;
    assert_int_equal(window_sendable(&view), 1000);
    view = base;
    view.window = 1000, view.window_max = 2000; /* half of what it ever was */
    assert_int_equal(window_sendable(&view), 1000);
    view.in_flight = 500;
    assert_int_equal(window_sendable(&view), 0);
    view.nodelay = true;
    assert_int_equal(window_sendable(&view), 1000);
    view = base;
    view.unsent = 100; /* the last of the data */
    assert_int_equal(window_sendable(&view), 100);
    view.in_flight = 1460; /* Nagle */
    assert_int_equal(window_sendable(&view), 0);
    view.nodelay = true;
    assert_int_equal(window_sendable(&view), 100);
    view.nodelay = false, view.fin = true;
    assert_int_equal(window_sendable(&view), 100);
    view = base;
    view.congestion = 800, view.in_flight = 1460; /* cut by congestion: wait */
    assert_int_equal(window_sendable(&view), 0);
}

/* ---- sending ---- */

/* [rfc9293#37] [rfc9293#74] [rfc9293#75] */
SCRIPT_TEST(nagle_holds_the_second_small_segment) {
    uint32_t mss = s->timestamps ? 1448 : 1460;
    script_establish(s);
    program_send(s, 10);
    expect(s, PA, 1, 10, 1);
    program_send(s, 10);
    expect_nothing(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 11});
    expect(s, PA, 11, 10, 1);
    program_send(s, mss);
    expect(s, PA, 21, mss, 1);
    program_send(s, 1);
    expect_nothing(s);
}

/* [rfc9293#38] */
SCRIPT_TEST(nodelay_sends_at_once) {
    script_establish(s);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_NODELAY, 1), 0);
    program_send(s, 10);
    program_send(s, 1);
    expect(s, PA, 1, 10, 1);
    expect(s, PA, 11, 1, 1);
}

SCRIPT_TEST(cork_holds_the_tail_of_a_super_segment_back) {
    uint32_t mss = s->timestamps ? 1448 : 1460;
    s->gso_bytes = 65535;
    script_establish(s);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_CORK, 1), 0);
    program_send(s, 2 * mss + 100);
    expect(s, PA, 1, 2 * mss, 1);
    expect_nothing(s);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_CORK, 0), 0);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + 2 * mss});
    expect(s, PA, 1 + 2 * mss, 100, 1);
}

/* [rfc9293#34] [rfc6691#2] [rfc9293#31] */
SCRIPT_TEST(segments_are_as_large_as_peer_and_path_take) {
    script_connect(s);
    s->mtu = 1000;
    pump(s);
    expect(s, S, 0, 0, 0);
    assert_int_equal(s->last.options.mss, 960); /* [rfc9293#35] [rfc6691#1] */
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1, .mss = 700});
    drain_out(s);
    program_send(s, 5000);
    expect(s, A, 1, s->timestamps ? 688 : 700, 1);
    assert_false(s->last.options.has_mss); /* [rfc9293#36] */
    s->mtu = 600;
    drain_out(s);
    advance(s, 1 * DOBOS_SECOND);
    expect(s, A, 1, s->timestamps ? 548 : 560, 1);
}

/* [rfc9293#33] */
SCRIPT_TEST(without_the_option_segments_carry_536_bytes) {
    script_connect(s);
    pump(s);
    drain_out(s);
    s->timestamps = s->scaling = false;
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1, .bare = true});
    drain_out(s);
    program_send(s, 5000);
    expect(s, A, 1, 536, 1);
}

/* A window is a number without sign [rfc9293#1]; data stays within it [rfc5681#1]. */
SCRIPT_TEST(window_bounds_what_is_in_flight) {
    uint32_t mss = s->timestamps ? 1448 : 1460;
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .window = 4000});
    program_send(s, 20000);
    expect(s, A, 1, mss, 1);
    expect(s, PA, 1 + mss, mss, 1);
    expect_nothing(s); /* a third would be a silly one */
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + 2 * mss, .window = 65532});
    assert_true(drain_out(s) >= 3);
}

/* [rfc9293#57] [rfc9293#58] [rfc9293#59] [attack:E31] [rfc7323#7] */
SCRIPT_TEST(shrunk_window_does_no_harm) {
    uint32_t mss = s->timestamps ? 1448 : 1460;
    script_establish(s);
    program_send(s, 10 * 1460);
    assert_true(drain_out(s) >= 10);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + mss, .window = 2000});
    program_send(s, 3000);
    expect_nothing(s);
    advance(s, 1100 * MS);
    expect(s, A, 1 + mss, mss, 1);
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + 2 * mss, .closed = true});
    expect_nothing(s);
    program_send(s, 100);
    expect_nothing(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + 2 * mss});
    for (unsigned i = 0; i < 40; i++) {
        advance(s, 500 * MS);
        uint32_t highest = 1;
        for (unsigned j = 0; j < s->out_count; j++)
            highest =
                max_u32(highest, s->out[s->out_first + j].seq + s->out[s->out_first + j].length);
        drain_out(s);
        if (highest > 1)
            inject(s, &(struct in){.flags = A, .seq = 1, .ack = highest});
    }
    assert_int_equal(connection_in_flight(script_connection(s)), 0);
    assert_false(connection_has_unsent(script_connection(s)));
}

/* [rfc9293#60] [rfc9293#61] [rfc9293#62] [rfc9293#63] [attack:E23] */
SCRIPT_TEST(closed_window_is_probed_for_ever) {
    dobos_time intervals[40];
    dobos_time last = s->now;
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    last = s->now;
    program_send(s, 100);
    expect_nothing(s);
    for (unsigned i = 0; i < 40; i++) {
        while (s->out_count == 0)
            advance(s, 100 * MS);
        expect(s, A, 1, 1, 1);
        intervals[i] = s->last.at - last;
        last = s->last.at;
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    }
    assert_true(intervals[0] >= 200 * MS && intervals[0] < 400 * MS);
    for (unsigned i = 1; i < 5; i++)
        assert_true(intervals[i] >= 2 * intervals[i - 1] - 300 * MS);
    assert_true(intervals[39] >= 60 * DOBOS_SECOND && intervals[39] <= 121 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    expect(s, PA, 1, 100, 1);
    advance(s, 300 * MS); /* the timeout is the usual one again */
    expect(s, PA, 1, 100, 1);
}

SCRIPT_TEST(closed_window_and_silence_give_up) {
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    program_send(s, 100);
    advance(s, 900 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    advance(s, 60 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_CLOSED);
    drain_out(s);
    assert_int_equal(program_send(s, 1), -DOBOS_ETIMEDOUT);
}

/* A program that sets a user timeout is not held for ever by a closed window [attack:E23]. */
SCRIPT_TEST(closed_window_ends_by_user_timeout) {
    script_establish(s);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_USER_TIMEOUT_MS, 30000),
                     0);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    program_send(s, 100);
    for (unsigned i = 0; i < 40 && script_connection(s)->state == DOBOS_TCP_ESTABLISHED; i++) {
        advance(s, 1 * DOBOS_SECOND);
        if (drain_out(s) > 0)
            inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    }
    assert_state(s, DOBOS_TCP_CLOSED);
    drain_out(s);
}

/* [rfc9293#60]: a FIN is something to send too. */
SCRIPT_TEST(closed_window_is_probed_with_a_fin) {
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    program_close(s);
    expect_nothing(s);
    advance(s, 1100 * MS);
    expect(s, FA, 1, 0, 1);
}

/* [rfc9293#64]: the timer overrides. */
SCRIPT_TEST(small_window_is_used_after_a_while) {
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .window = 500});
    program_send(s, 1000);
    expect_nothing(s);
    advance(s, 200 * MS);
    expect(s, A, 1, 500, 1);
}

/* ---- receiving ---- */

/* [rfc9293#66] [rfc9293#67] [rfc5681#21] [rfc5681#23] */
SCRIPT_TEST(small_data_is_acknowledged_after_40_ms) {
    script_establish(s);
    script_in_midstream(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    advance(s, 40 * MS - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, A, 1, 0, 11);
    advance(s, 1 * DOBOS_SECOND);
    expect_nothing(s);
}

/* A steady trickle does not put the acknowledgment off [rfc9293#67] [rfc5681#21]. */
SCRIPT_TEST(trickle_is_acknowledged_in_time) {
    script_establish(s);
    script_in_midstream(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 1});
    advance(s, 30 * MS);
    inject(s, &(struct in){.flags = PA, .seq = 2, .ack = 1, .length = 1});
    expect_nothing(s);
    advance(s, 10 * MS);
    expect(s, A, 1, 0, 3);
}

/* A burst is taken in as a whole before anything is said of it [rfc9293#100] [rfc5681#23]. */
SCRIPT_TEST(burst_is_acknowledged_once) {
    script_establish(s);
    s->hold = true;
    for (uint32_t i = 0; i < 20; i++)
        inject(s, &(struct in){.flags = A, .seq = 1 + i * 1000, .ack = 1, .length = 1000});
    s->hold = false;
    pump(s);
    expect(s, A, 1, 0, 20001);
    expect_nothing(s);
}

/* [rfc9293#68] [rfc5681#22] */
SCRIPT_TEST(every_second_full_segment_is_acknowledged_at_once) {
    script_establish(s);
    script_in_midstream(s);
    for (uint32_t i = 0; i < 8; i++) {
        inject(s, &(struct in){.flags = A, .seq = 1 + i * 1000, .ack = 1, .length = 1000});
        if (i % 2 == 1)
            expect(s, A, 1, 0, 1 + (i + 1) * 1000);
        expect_nothing(s);
    }
}

/* Several that came as one tell of no longer ones than we take. */
SCRIPT_TEST(merged_segments_are_no_measure_of_a_full_one) {
    script_establish(s);
    script_in_midstream(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 1900});
    assert_int_equal(script_connection(s)->rcv_segment, 1460);
    inject(s, &(struct in){.flags = PA, .seq = 1901, .ack = 1, .length = 1460});
    expect(s, A, 1, 0, 3361);
}

/* A peer in slow start is not held back: at the beginning, and after a pause, each segment is
 * acknowledged at once, sixteen of them, full or short. */
SCRIPT_TEST(first_segments_are_acknowledged_one_by_one) {
    uint32_t seq = 1;
    script_establish(s);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < TCP_QUICK_ACKS; i++) {
            uint32_t length = i % 2 == 0 ? 1000 : 10;
            inject(s, &(struct in){.flags = A, .seq = seq, .ack = 1, .length = length});
            seq += length;
            expect(s, A, 1, 0, seq);
        }
        inject(s, &(struct in){.flags = A, .seq = seq, .ack = 1, .length = 1000});
        expect_nothing(s);
        inject(s, &(struct in){.flags = A, .seq = seq + 1000, .ack = 1, .length = 1000});
        expect(s, A, 1, 0, seq + 2000);
        inject(s, &(struct in){.flags = A, .seq = seq + 2000, .ack = 1, .length = 10});
        expect_nothing(s);
        seq += 2010;
        program_read(s, 60000);
        advance(s, 10 * DOBOS_SECOND);
        expect(s, A, 1, 0, seq);
    }
}

/* Who has pushed its data waits for an answer: when the program has read it all and does not use to
 * answer, the acknowledgment goes at once; a program that answers saves it. */
SCRIPT_TEST(pushed_data_is_acknowledged_when_it_is_read) {
    script_establish(s);
    script_in_midstream(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    expect_nothing(s);
    assert_int_equal(program_read(s, 9), 9);
    expect_nothing(s);
    assert_int_equal(program_read(s, 9), 1);
    expect(s, A, 1, 0, 11);
    inject(s, &(struct in){.flags = A, .seq = 11, .ack = 1, .length = 10});
    program_read(s, 10); /* without PSH there may be more to come */
    expect_nothing(s);
    inject(s, &(struct in){.flags = PA, .seq = 21, .ack = 1, .length = 10});
    program_send(s, 5);
    expect(s, PA, 1, 5, 31);
    program_read(s, 10);
    inject(s, &(struct in){.flags = PA, .seq = 31, .ack = 6, .length = 10});
    program_read(s, 10); /* it answers: its answer is waited for */
    expect_nothing(s);
    advance(s, 40 * MS);
    expect(s, A, 6, 0, 41);
    inject(s, &(struct in){.flags = PA, .seq = 41, .ack = 6, .length = 10});
    program_read(s, 10); /* and did not: it is not waited for again */
    expect(s, A, 6, 0, 51);
}

/* An answer that leaves behind the acknowledgment is an answer, one that leaves much later is none;
 * where the program answers, a small segment of the first ones waits for it. */
SCRIPT_TEST(answer_that_comes_later_is_one) {
    script_establish(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    expect(s, A, 1, 0, 11);
    advance(s, 40 * MS);
    program_send(s, 5);
    expect(s, PA, 1, 5, 11);
    inject(s, &(struct in){.flags = PA, .seq = 11, .ack = 6, .length = 10});
    expect(s, A, 6, 0, 21);
    advance(s, 39 * MS);
    program_send(s, 5);
    expect(s, PA, 6, 5, 21);
    inject(s, &(struct in){.flags = PA, .seq = 21, .ack = 11, .length = 10});
    expect_nothing(s);
    program_send(s, 5);
    expect(s, PA, 11, 5, 31);
}

SCRIPT_TEST(data_carries_the_acknowledgment_along) {
    script_establish(s);
    script_in_midstream(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    program_send(s, 5);
    expect(s, PA, 1, 5, 11);
    inject(s, &(struct in){.flags = A, .seq = 11, .ack = 6});
    advance(s, 1 * DOBOS_SECOND);
    expect_nothing(s);
}

/* Of what has come before, in part, only the rest is new [rfc9293#101]. */
SCRIPT_TEST(partly_old_segment_brings_its_new_part) {
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 10});
    inject(s, &(struct in){.flags = A, .seq = 5, .ack = 1, .length = 20});
    assert_int_equal(program_read(s, 100), 24);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 700});
    inject(s, &(struct in){.flags = FA, .seq = 600, .ack = 1, .length = 900});
    assert_int_equal(program_read(s, 5000), 1500 - 25);
    assert_int_equal(program_read(s, 5000), 0);
    drain_out(s);
}

/* The whole way of a small window: it closes, nothing beyond is taken, it opens by a segment at
 * least [rfc9293#65] [rfc9293#56] [rfc9293#101]. */
SCRIPT_TEST(full_buffer_closes_the_window_and_opens_it_by_segments) {
    uint32_t edge = 0;
    s->timestamps = false;
    script_connect(s);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_RECEIVE_BUFFER, 4096),
                     0);
    script_connection(s)->rcv_wscale = 0;
    pump(s);
    expect(s, S, 0, 0, 0);
    assert_int_equal(s->last.window, 4096);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 2048});
    inject(s, &(struct in){.flags = A, .seq = 2049, .ack = 1, .length = 2048});
    advance(s, 50 * MS);
    while (s->out_count > 0) {
        uint32_t ack = s->out[s->out_first].ack;
        expect(s, A, 1, 0, ack);
        assert_true(s->last.ack + s->last.window >= edge);
        edge = s->last.ack + s->last.window;
    }
    assert_int_equal(s->last.window, 0);
    inject(s, &(struct in){.flags = A, .seq = 4097, .ack = 1, .length = 10});
    expect(s, A, 1, 0, 4097);
    assert_int_equal(program_read(s, 1000), 1000);
    expect_nothing(s);
    assert_int_equal(program_read(s, 1100), 1100);
    expect(s, A, 1, 0, 4097);
    assert_int_equal(s->last.window, 2100);
    inject(s, &(struct in){.flags = A, .seq = 4097, .ack = 1, .length = 3000});
    advance(s, 50 * MS);
    assert_int_equal(seq_distance(script_connection(s)->rcv_nxt, s->peer_isn), 4097 + 2100);
    drain_out(s);
}

/* [rfc9293#13] */
SCRIPT_TEST(closed_window_still_takes_acknowledgments_and_resets) {
    script_establish(s);
    struct tcp_connection *c = script_connection(s);
    program_send(s, 100);
    drain_out(s);
    c->rcv_adv = c->rcv_nxt;
    c->receive_limit = 0;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 101, .length = 50});
    assert_int_equal(connection_in_flight(c), 0);
    assert_int_equal(program_read(s, 10), -DOBOS_EAGAIN);
    drain_out(s);
    inject(s, &(struct in){.flags = R, .seq = 1});
    assert_state(s, DOBOS_TCP_CLOSED);
}

/* [rfc7323#1] [rfc7323#2] [rfc7323#3] [rfc7323#4] [rfc7323#5] */
SCRIPT_TEST(windows_are_scaled_when_both_offer) {
    script_listen(s, 8);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    assert_int_equal(s->last.window, 65535);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    struct tcp_connection *c = script_connection(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .window = 40000});
    assert_int_equal(c->snd_wnd, 40000);
    assert_int_equal(c->snd_wscale, s->scaling ? 2 : 0);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    advance(s, 50 * MS);
    expect(s, A, 1, 0, 11);
    uint32_t told = s->last.window << (s->scaling ? c->rcv_wscale : 0);
    assert_true(s->scaling ? told > 500000 : told > 60000);
}

/* [rfc7323#6] [attack:E31] */
SCRIPT_TEST(scale_above_14_counts_as_14) {
    s->timestamps = s->scaling = false;
    for (unsigned scale = 0; scale < 256; scale += scale < 20 ? 1 : 47) {
        uint8_t options[] = {2, 4, 5, 180, 1, 3, 3, (uint8_t)scale};
        uint64_t counted = s->transport.counters.tcp_scales_cut;
        script_connect(s);
        pump(s);
        s->isn = s->out[s->out_first].raw_seq;
        drain_out(s);
        inject(s,
               &(struct in){.flags = SA, .seq = 0, .ack = 1, .options = {options, sizeof options}});
        struct tcp_connection *c = script_connection(s);
        assert_int_equal(c->snd_wscale, min_u32(scale, 14));
        assert_int_equal(s->transport.counters.tcp_scales_cut - counted, scale > 14);
        drain_out(s);
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .window = 65535});
        assert_int_equal(c->snd_wnd, 65535u << min_u32(scale, 14)); /* [rfc9293#2] */
        program_send(s, 100);
        expect(s, PA, 1, 100, 1);
        tcp_abort(&s->transport, s->socket);
        pump(s);
        drain_out(s);
    }
    script_listen(s, 8);
    uint8_t options[] = {2, 4, 5, 180, 1, 3, 3, 15};
    uint64_t counted = s->transport.counters.tcp_scales_cut;
    inject(s, &(struct in){.flags = S, .seq = 0, .options = {options, sizeof options}});
    s->isn = s->out[s->out_first].raw_seq;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_int_equal(script_connection(s)->snd_wscale, 14);
    assert_int_equal(s->transport.counters.tcp_scales_cut - counted, 1);
    drain_out(s);
}

/* A window that shrinks below what is in flight, to any size, in steps or at once, and what is
 * beyond is lost too: all of it arrives in the end, and nothing new goes out while it is shrunk
 * [attack:E31] [rfc9293#57] [rfc9293#58]. */
SCRIPT_TEST(window_that_shrinks_below_what_is_in_flight_loses_nothing) {
    static const uint32_t windows[] = {0, 1, 535, 1000, 3000, 9999};
    script_establish(s);
    uint32_t acked = 1, end = 1;
    for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
        program_send(s, 10000);
        end += 10000;
        while (s->out_count > 0)
            expect(s, s->out[s->out_first].flags, s->out[s->out_first].seq,
                   s->out[s->out_first].length, 1);
        inject(s, &(struct in){.flags = A,
                               .seq = 1,
                               .ack = acked,
                               .window = windows[i],
                               .closed = windows[i] == 0});
        program_send(s, 1000);
        end += 1000;
        for (unsigned turn = 0; turn < 40; turn++) {
            advance(s, 500 * MS);
            while (s->out_count > 0) {
                const struct out *out = &s->out[s->out_first];
                assert_true(out->seq < acked + 10000);
                expect(s, out->flags, out->seq, out->length, 1);
            }
        }
        assert_state(s, DOBOS_TCP_ESTABLISHED);
        for (unsigned turn = 0; turn < 200 && acked < end; turn++) {
            inject(s, &(struct in){.flags = A, .seq = 1, .ack = acked, .window = 60000});
            advance(s, 10 * DOBOS_SECOND);
            while (s->out_count > 0) {
                const struct out *out = &s->out[s->out_first];
                if (out->seq <= acked && out->seq + out->length > acked)
                    acked = out->seq + out->length;
                expect(s, out->flags, out->seq, out->length, 1);
            }
        }
        assert_int_equal(acked, end);
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = acked});
        assert_int_equal(connection_in_flight(script_connection(s)), 0);
    }
}

/* Memory runs short: a buffer that has grown shrinks again, but no offer is taken back
 * [rfc9293#56]. */
SCRIPT_TEST(short_memory_shrinks_the_window_gently) {
    script_establish(s);
    struct tcp_connection *c = script_connection(s);
    size_t limit = s->transport.buffer_limit_bytes;
    uint32_t seq = 1;
    struct seq edge = c->rcv_adv;
    for (unsigned i = 0; i < 700; i++, seq += 1400) {
        if (i == 10)
            s->transport.buffer_limit_bytes = s->transport.buffer_bytes + 1600;
        inject(s, &(struct in){.flags = A, .seq = seq, .ack = 1, .length = 1400});
        assert_int_equal(s->reason, DROP_NONE);
        advance(s, 1 * MS);
        assert_int_equal(program_read(s, 5000), 1400);
        assert_true(seq_ge(c->rcv_adv, edge));
        edge = c->rcv_adv;
        drain_out(s);
    }
    assert_true(c->receive_limit <= 100000 && c->receive_limit >= 65536);
    s->transport.buffer_limit_bytes = limit;
}

/* The send buffer grows with the congestion window, is told of as writable before it runs dry, and
 * shrinks again while memory is short. */
SCRIPT_TEST(send_buffer_follows_the_congestion_window) {
    script_establish(s);
    struct tcp_connection *c = script_connection(s);
    uint32_t acked = 1, before = c->send_limit;
    for (unsigned i = 0; i < 400 && c->send_limit < 2 * before; i++) {
        program_send(s, 50000);
        assert_true(s->out_count > 0);
        acked = s->out[s->out_first + s->out_count - 1].seq +
                s->out[s->out_first + s->out_count - 1].length;
        drain_out(s);
        advance(s, 1 * MS);
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = acked});
        assert_true(c->send_limit >= 2 * c->flight->congestion.cwnd || c->send_limit == before);
        c->snd_wnd_max = 60000;
        c->flight->congestion.cwnd += 3000;
    }
    assert_true(c->send_limit >= 2 * before);
    while (program_send(s, 100000) > 0)
        drain_out(s);
    assert_int_equal(tcp_ready(s->socket) & DOBOS_WRITABLE, 0);
    size_t limit = s->transport.buffer_limit_bytes;
    s->transport.buffer_limit_bytes = s->transport.buffer_bytes;
    uint32_t grown = c->send_limit;
    drain_out(s);
    acked = seq_distance(c->snd_nxt, s->isn);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = acked});
    assert_true(c->send_limit < grown && c->send_limit >= 65536);
    s->transport.buffer_limit_bytes = limit;
    drain_out(s);
}

/* Only what is newer tells the window [rfc9293#107]. */
SCRIPT_TEST(old_segment_does_not_change_the_window) {
    script_establish(s);
    struct tcp_connection *c = script_connection(s);
    inject(s, &(struct in){.flags = A, .seq = 101, .ack = 1, .length = 10, .window = 30000});
    assert_int_equal(c->snd_wnd, 30000);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 10, .window = 20000});
    assert_int_equal(c->snd_wnd, 30000);
    drain_out(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acceptable_is_what_lies_within),
        cmocka_unit_test(edge_moves_by_segments_and_never_back),
        cmocka_unit_test(scale_is_the_least_that_does_and_at_most_14),
        cmocka_unit_test(sendable_avoids_silly_windows),
        cmocka_unit_test(nagle_holds_the_second_small_segment),
        cmocka_unit_test(nodelay_sends_at_once),
        cmocka_unit_test(cork_holds_the_tail_of_a_super_segment_back),
        cmocka_unit_test(segments_are_as_large_as_peer_and_path_take),
        cmocka_unit_test(without_the_option_segments_carry_536_bytes),
        cmocka_unit_test(window_bounds_what_is_in_flight),
        cmocka_unit_test(shrunk_window_does_no_harm),
        cmocka_unit_test(closed_window_is_probed_for_ever),
        cmocka_unit_test(closed_window_and_silence_give_up),
        cmocka_unit_test(closed_window_ends_by_user_timeout),
        cmocka_unit_test(closed_window_is_probed_with_a_fin),
        cmocka_unit_test(small_window_is_used_after_a_while),
        cmocka_unit_test(small_data_is_acknowledged_after_40_ms),
        cmocka_unit_test(trickle_is_acknowledged_in_time),
        cmocka_unit_test(burst_is_acknowledged_once),
        cmocka_unit_test(every_second_full_segment_is_acknowledged_at_once),
        cmocka_unit_test(first_segments_are_acknowledged_one_by_one),
        cmocka_unit_test(merged_segments_are_no_measure_of_a_full_one),
        cmocka_unit_test(pushed_data_is_acknowledged_when_it_is_read),
        cmocka_unit_test(answer_that_comes_later_is_one),
        cmocka_unit_test(data_carries_the_acknowledgment_along),
        cmocka_unit_test(partly_old_segment_brings_its_new_part),
        cmocka_unit_test(full_buffer_closes_the_window_and_opens_it_by_segments),
        cmocka_unit_test(closed_window_still_takes_acknowledgments_and_resets),
        cmocka_unit_test(windows_are_scaled_when_both_offer),
        cmocka_unit_test(scale_above_14_counts_as_14),
        cmocka_unit_test(window_that_shrinks_below_what_is_in_flight_loses_nothing),
        cmocka_unit_test(short_memory_shrinks_the_window_gently),
        cmocka_unit_test(send_buffer_follows_the_congestion_window),
        cmocka_unit_test(old_segment_does_not_change_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
