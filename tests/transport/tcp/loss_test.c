/* Retransmission, giving up, fast retransmit and NewReno, round trips, timestamps (RFC 6298, 5681,
 * 6582, 7323). */
#include "harness.h"

#include <dobos/errors.h>

#include "wire/icmp.h"

static uint32_t mss_of(const struct script *s) {
    return s->timestamps ? 1448 : 1460;
}

/* Acknowledges up to `ack`, `times` times. */
static void acks(struct script *s, uint32_t ack, unsigned times) {
    for (unsigned i = 0; i < times; i++)
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = ack});
}

/* Ten segments in flight. */
static uint32_t send_ten(struct script *s) {
    uint32_t mss = mss_of(s);
    program_send(s, 10 * mss);
    for (uint32_t i = 0; i < 10; i++)
        expect(s, i == 9 ? PA : A, 1 + i * mss, mss, 1);
    expect_nothing(s);
    return mss;
}

/* ---- the timer ---- */

/* [rfc6298#14] [rfc6298#15] [rfc6298#16] [rfc6298#11] [rfc6298#10] [rfc9293#40] [rfc9293#41]
 * [rfc9293#45] [rfc9293#44] [rfc9293#43] [rfc6298#6]; all but the first a quarter longer at most
 * [attack:E19]. */
SCRIPT_TEST(silence_repeats_at_growing_intervals_until_r2) {
    struct dobos_socket_info info;
    script_establish(s);
    program_send(s, 100);
    expect(s, PA, 1, 100, 1);
    dobos_time first = s->now, last = first, rto = script_connection(s)->rtt.rto_ns;
    assert_int_equal(rto, 200 * MS + 1);
    script_connection(s)->socket.sender.path.generation = 7;
    for (unsigned i = 0; i < 13; i++) {
        tcp_info_read(s->socket, &info);
        assert_int_equal(info.tcp.retransmits, i);
        assert_int_equal(info.tcp.timeouts, i);
        assert_int_equal(info.tcp.bytes_retransmitted, 100 * i);
        assert_int_equal(tcp_ready(s->socket) & DOBOS_STALLED, i < 3 ? 0 : DOBOS_STALLED);
        assert_int_equal(script_connection(s)->socket.sender.path.generation, i < 3 ? 7 : 0);
        const dobos_time timeout = min_i64(rto << i, 120 * DOBOS_SECOND);
        advance(s, last + timeout - 1 - s->now);
        expect_nothing(s);
        advance(s, 1 + (i == 0 ? 0 : timeout / 4));
        expect(s, PA, 1, 100, 1);
        last = s->last.at;
    }
    while (script_connection(s)->state == DOBOS_TCP_ESTABLISHED &&
           s->now - first < 10000 * DOBOS_SECOND)
        advance(s, 100 * MS);
    assert_true(s->now - first >= 924 * DOBOS_SECOND && s->now - first < 926 * DOBOS_SECOND);
    drain_out(s);
    assert_true(tcp_ready(s->socket) & DOBOS_ERROR);
    assert_int_equal(program_read(s, 1), -DOBOS_ETIMEDOUT);
}

/* [rfc9293#46] [rfc9293#47] */
SCRIPT_TEST(syn_is_repeated_for_three_minutes) {
    unsigned count = 0;
    script_connect(s);
    pump(s);
    expect(s, S, 0, 0, 0);
    advance(s, 179 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_SYN_SENT);
    while (s->out_count > 0) {
        expect(s, S, 0, 0, 0);
        count++;
    }
    assert_int_equal(count, 7);
    advance(s, 2 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_CLOSED);
    assert_int_equal(tcp_send(&s->transport, s->socket, "x", 1), -DOBOS_ETIMEDOUT);
}

SCRIPT_TEST(half_open_repeats_and_is_forgotten) {
    unsigned count = 0;
    script_listen(s, 1);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    advance(s, 170 * DOBOS_SECOND);
    while (s->out_count > 0) {
        expect(s, SA, 0, 0, 1);
        count++;
    }
    assert_true(count >= 6);
    advance(s, 100 * DOBOS_SECOND);
    assert_int_equal(s->transport.half_open, 0);
    assert_int_equal(s->transport.flows.count, 0);
    drain_out(s);
}

/* [rfc9293#42] */
SCRIPT_TEST(user_timeout_is_r2) {
    script_establish(s);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_USER_TIMEOUT_MS, 10000),
                     0);
    program_send(s, 100);
    advance(s, 9999 * MS);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    advance(s, 2 * MS);
    assert_state(s, DOBOS_TCP_CLOSED);
    drain_out(s);
}

/* A peer that died holds no orphan for long [attack:E24]. */
SCRIPT_TEST(orphan_gives_up_sooner) {
    script_establish(s);
    program_send(s, 100);
    program_close(s);
    advance(s, 99 * DOBOS_SECOND);
    assert_false(script_is_gone(s));
    advance(s, 2 * DOBOS_SECOND);
    assert_true(script_is_gone(s));
    drain_out(s);
}

/* [rfc6298#17] [rfc5681#5] */
SCRIPT_TEST(repeated_syn_begins_with_one_segment_and_three_seconds) {
    uint32_t mss = mss_of(s);
    script_connect(s);
    pump(s);
    advance(s, 1 * DOBOS_SECOND);
    drain_out(s);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    drain_out(s);
    program_send(s, 10 * mss);
    expect(s, A, 1, mss, 1);
    expect_nothing(s);
    advance(s, 3 * DOBOS_SECOND - 1);
    expect_nothing(s);
    advance(s, 1);
    expect(s, A, 1, mss, 1);
}

/* [rfc6298#12] [rfc6298#13] */
SCRIPT_TEST(progress_starts_the_timer_anew_and_the_last_stops_it) {
    uint32_t mss;
    script_establish(s);
    mss = send_ten(s);
    advance(s, 190 * MS);
    acks(s, 1 + 5 * mss, 1);
    drain_out(s);
    dobos_time rto = script_connection(s)->rtt.rto_ns;
    advance(s, rto - 10 * MS);
    expect_nothing(s);
    acks(s, 1 + 10 * mss, 1);
    advance(s, 900 * MS);
    assert_non_null(script_connection(s)->flight);
    advance(s, 1000 * DOBOS_SECOND);
    expect_nothing(s);
    assert_null(script_connection(s)->flight);
}

/* Going back after a timeout, from one segment up [rfc5681#10] [rfc5681#11] [rfc5681#9]
 * [rfc6582#7]. */
SCRIPT_TEST(timeout_goes_back_with_slow_start) {
    script_establish(s);
    uint32_t mss = send_ten(s);
    struct tcp_connection *c = script_connection(s);
    advance(s, 201 * MS);
    expect(s, A, 1, mss, 1);
    expect_nothing(s);
    assert_int_equal(c->flight->congestion.ssthresh, 5 * mss);
    acks(s, 1 + mss, 1);
    expect(s, A, 1 + mss, mss, 1);
    expect(s, A, 1 + 2 * mss, mss, 1);
    expect_nothing(s);
    acks(s, 1 + mss, 3); /* duplicates of before: no fast retransmit */
    expect_nothing(s);
    assert_int_equal(s->transport.counters.tcp_fast_retransmits, 0);
    acks(s, 1 + 10 * mss, 1);
    expect_nothing(s);
    assert_int_equal(connection_in_flight(c), 0);
}

/* Two timeouts of one segment lower ssthresh once; of a repeated one twice [rfc5681#24]. */
SCRIPT_TEST(second_timeout_of_a_segment_leaves_ssthresh) {
    script_establish(s);
    uint32_t mss = send_ten(s);
    struct tcp_connection *c = script_connection(s);
    advance(s, 201 * MS);
    advance(s, 501 * MS);
    drain_out(s);
    assert_int_equal(c->backoff, 2);
    assert_int_equal(c->flight->congestion.ssthresh, 5 * mss);
    acks(s, 1 + mss, 1);
    drain_out(s);
    advance(s, 30 * DOBOS_SECOND);
    assert_true(c->flight->congestion.ssthresh < 5 * mss);
    drain_out(s);
}

/* ---- fast retransmit ---- */

/* [rfc5681#14] [rfc5681#15] [rfc5681#16] [rfc5681#17] [rfc5681#18] [rfc6582#2] [rfc6582#3]
 * [rfc3042#1] */
SCRIPT_TEST(third_duplicate_repeats_at_once) {
    script_establish(s);
    uint32_t mss = send_ten(s);
    struct tcp_connection *c = script_connection(s);
    program_send(s, 20 * mss);
    expect_nothing(s);
    acks(s, 1, 1);
    expect(s, A, 1 + 10 * mss, mss, 1); /* limited transmit */
    acks(s, 1, 1);
    expect(s, A, 1 + 11 * mss, mss, 1);
    expect_nothing(s);
    assert_int_equal(c->flight->congestion.cwnd, 10 * mss);
    acks(s, 1, 1);
    expect(s, A, 1, mss, 1);
    expect_nothing(s);
    assert_int_equal(c->flight->congestion.ssthresh, 5 * mss);
    acks(s, 1, 1);
    expect_nothing(s); /* half of what leaves the network is sent */
    acks(s, 1, 2);
    expect(s, A, 1 + 12 * mss, mss, 1);
    expect_nothing(s);
    acks(s, 1, 5);
    assert_int_equal(drain_out(s), 3); /* with the first and the one before: all there may be */
    assert_true(flight_pipe(c->flight) <= 6 * mss);
    acks(s, 1 + 12 * mss, 1); /* all of it */
    assert_true(c->flight->congestion.cwnd <= 5 * mss);
    assert_int_equal(c->flight->recovery, TCP_RECOVERY_NONE);
    drain_out(s);
}

/* [rfc6582#4] [rfc6582#5] */
SCRIPT_TEST(partial_acknowledgment_repeats_the_next) {
    script_establish(s);
    uint32_t mss = send_ten(s);
    struct tcp_connection *c = script_connection(s);
    acks(s, 1, 3);
    expect(s, A, 1, mss, 1);
    acks(s, 1, 5);
    expect_nothing(s);
    acks(s, 1 + 4 * mss, 1);
    expect(s, A, 1 + 4 * mss, mss, 1);
    expect_nothing(s);
    assert_true(c->flight->congestion.cwnd <= 5 * mss);
    assert_int_equal(c->flight->recovery, TCP_RECOVERY_FAST);
    acks(s, 1 + 10 * mss, 1);
    assert_int_equal(c->flight->recovery, TCP_RECOVERY_NONE);
    expect_nothing(s);
}

/* A loss that turns out to be none, within one burst, repeats nothing. */
SCRIPT_TEST(loss_that_was_none_repeats_nothing) {
    script_establish(s);
    uint32_t mss = send_ten(s);
    s->hold = true;
    acks(s, 1, 3);
    acks(s, 1 + 10 * mss, 1);
    s->hold = false;
    pump(s);
    expect_nothing(s);
    assert_int_equal(script_connection(s)->flight->recovery, TCP_RECOVERY_NONE);
}

/* [rfc6582#6] */
SCRIPT_TEST(only_the_first_partial_acknowledgment_restarts_the_timer) {
    script_establish(s);
    uint32_t mss = send_ten(s);
    acks(s, 1, 3);
    advance(s, 150 * MS);
    acks(s, 1 + 2 * mss, 1);
    dobos_time rto = script_connection(s)->rtt.rto_ns;
    drain_out(s);
    advance(s, rto - 100 * MS);
    acks(s, 1 + 4 * mss, 1);
    expect(s, A, 1 + 4 * mss, mss, 1);
    expect_nothing(s);
    advance(s, 99 * MS);
    expect_nothing(s);
    advance(s, 1 * MS);
    expect(s, A, 1 + 4 * mss, mss, 1);
    assert_int_equal(s->transport.counters.tcp_timeouts, 1);
    drain_out(s);
}

/* Duplicates that belong to an earlier recovery start no other [rfc6582#2] [rfc6582#1]. */
SCRIPT_TEST(duplicates_below_the_mark_do_not_start_another_recovery) {
    script_establish(s);
    uint32_t mss = send_ten(s);
    acks(s, 1, 3);
    drain_out(s);
    acks(s, 1 + 10 * mss, 1);
    program_send(s, 4 * mss);
    drain_out(s);
    acks(s, 1 + 10 * mss, 3);
    assert_int_equal(s->transport.counters.tcp_fast_retransmits, 1);
    drain_out(s);
}

/* What counts as a duplicate [rfc5681#19]. */
SCRIPT_TEST(data_window_and_old_numbers_are_no_duplicates) {
    script_establish(s);
    send_ten(s);
    for (uint32_t i = 0; i < 5; i++)
        inject(s, &(struct in){.flags = A, .seq = 1 + i * 10, .ack = 1, .length = 10});
    for (uint32_t i = 0; i < 5; i++)
        inject(s, &(struct in){.flags = A, .seq = 51, .ack = 1, .window = 40000 + i * 400});
    assert_int_equal(s->transport.counters.tcp_fast_retransmits, 0);
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 51, .ack = 1, .window = 41600});
    inject(s, &(struct in){.flags = A, .seq = 51, .ack = 1, .window = 41600});
    assert_int_equal(s->transport.counters.tcp_fast_retransmits, 0);
    inject(s, &(struct in){.flags = A, .seq = 51, .ack = 1, .window = 41600});
    assert_int_equal(s->transport.counters.tcp_fast_retransmits, 1);
    drain_out(s);
}

/* A receiver that lies gains nothing: neither by acknowledging bit by bit, nor by forged
 * duplicates, nor by acknowledging what was not sent [attack:E18] [rfc5681#7] [rfc9293#108]. */
SCRIPT_TEST(lying_receiver_gains_nothing) {
    script_establish(s);
    uint32_t mss = send_ten(s);
    struct tcp_connection *c = script_connection(s);
    uint32_t before = c->flight->congestion.cwnd;
    for (uint32_t i = 1; i <= 100; i++)
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + i});
    assert_int_equal(c->flight->congestion.cwnd, before + 100);
    acks(s, 101, 1000);
    assert_true(c->flight->congestion.cwnd <= 5 * mss + 3 * mss + 10 * mss);
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + 50 * mss});
    assert_int_equal(s->reason, DROP_TCP_ACK);
    expect(s, A, 1 + 10 * mss, 0, 1);
}

/* [attack:E18] Of the twelve segments that are out when the third duplicate comes eleven can lie
 * behind a hole: more duplicates than that are forged, before the repetition is answered, and let
 * nothing out, not even for what the others have let out. */
SCRIPT_TEST(forged_duplicates_let_no_more_out_than_was_in_flight) {
    s->sack = false;
    script_establish(s);
    send_ten(s);
    program_send(s, 60000);
    program_send(s, 60000);
    drain_out(s);
    for (uint32_t i = 0; i < 100; i++)
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    unsigned out = (unsigned)drain_out(s);
    assert_in_range(out, 3, 12);
}

/* [rfc5681#20] [rfc5681#3] */
SCRIPT_TEST(pause_restarts_from_the_initial_window) {
    script_establish(s);
    uint32_t mss = mss_of(s);
    for (uint32_t i = 0; i < 5; i++) {
        program_send(s, 10 * mss);
        acks(s, 1 + (i + 1) * 10 * mss, 1);
    }
    struct tcp_connection *c = script_connection(s);
    drain_out(s);
    assert_true(c->flight->congestion.cwnd > 10 * mss);
    advance(s, 10 * DOBOS_SECOND);
    program_send(s, 30 * mss);
    assert_int_equal(drain_out(s), 10);
}

/* A program that sends little does not earn a window it has not tried. */
SCRIPT_TEST(unused_window_does_not_grow) {
    script_establish(s);
    for (uint32_t i = 0; i < 100; i++) {
        program_send(s, 100);
        acks(s, 101 + i * 100, 1);
    }
    drain_out(s);
    assert_int_equal(script_connection(s)->flight->congestion.cwnd, 10 * mss_of(s));
}

/* ---- round trips ---- */

/* [rfc6298#8] [rfc6298#2] */
SCRIPT_TEST(round_trips_are_measured) {
    script_establish(s);
    struct tcp_connection *c = script_connection(s);
    for (uint32_t i = 0; i < 30; i++) {
        program_send(s, 100);
        drain_out(s);
        advance(s, 150 * MS);
        acks(s, 101 + i * 100, 1);
    }
    assert_true(c->rtt.srtt_ns > 140 * MS && c->rtt.srtt_ns < 155 * MS);
}

/* Karn [rfc6298#7] [rfc9293#39]: an answer to a repeated segment says nothing, but for a timestamp.
 */
SCRIPT_TEST(repeated_segment_is_not_measured_without_timestamp) {
    script_establish(s);
    struct tcp_connection *c = script_connection(s);
    int64_t before = c->rtt.srtt_ns;
    program_send(s, 100);
    uint32_t first_ts = s->out[s->out_first].options.ts_value;
    drain_out(s);
    advance(s, 300 * MS);
    drain_out(s);
    s->ts_seen = first_ts;
    acks(s, 101, 1);
    if (s->timestamps)
        assert_true(c->rtt.srtt_ns > before);
    else
        assert_int_equal(c->rtt.srtt_ns, before);
    assert_int_equal(c->backoff, s->timestamps ? 0 : 1);
}

/* ---- timestamps ---- */

/* [rfc7323#12] [rfc7323#9] [rfc7323#10] [rfc7323#16] [rfc7323#25] */
SCRIPT_TEST(timestamps_stand_in_every_segment_once_agreed) {
    script_connect(s);
    pump(s);
    expect(s, S, 0, 0, 0);
    assert_int_equal(s->last.options.ts_echo, 0);
    uint32_t peer_ts = s->ts;
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    expect(s, A, 1, 0, 1);
    assert_int_equal(s->last.options.has_timestamps, s->timestamps);
    if (s->timestamps)
        assert_int_equal(s->last.options.ts_echo, peer_ts);
    uint32_t own = s->last.options.ts_value;
    advance(s, 2 * DOBOS_SECOND);
    program_send(s, 10);
    expect(s, PA, 1, 10, 1);
    if (s->timestamps)
        assert_int_equal(s->last.options.ts_value, own + 2000);
    else
        assert_false(s->last.options.has_timestamps);
}

/* [rfc7323#13] [rfc7323#14] [rfc7323#15] */
SCRIPT_TEST(segment_without_timestamp_is_dropped_in_silence) {
    script_establish(s);
    script_in_midstream(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10, .bare = true});
    assert_int_equal(s->reason, s->timestamps ? DROP_TCP_PAWS : DROP_NONE);
    expect_nothing(s);
    inject(s, &(struct in){.flags = R, .seq = s->timestamps ? 1 : 11});
    assert_state(s, DOBOS_TCP_CLOSED); /* [rfc7323#22] */
}

/* [rfc7323#23] [rfc7323#26] */
SCRIPT_TEST(old_timestamp_is_answered_and_dropped) {
    if (!s->timestamps)
        return;
    script_establish(s);
    advance(s, 10 * DOBOS_SECOND);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    advance(s, 50 * MS);
    drain_out(s);
    inject(s, &(struct in){.flags = PA, .seq = 11, .ack = 1, .length = 10, .old_ts = true});
    assert_int_equal(s->reason, DROP_TCP_PAWS);
    expect(s, A, 1, 0, 11);
    s->now += 24 * 24 * 3600 * DOBOS_SECOND; /* the kept one is void now */
    inject(s, &(struct in){.flags = PA, .seq = 11, .ack = 1, .length = 10, .old_ts = true});
    assert_int_equal(s->reason, DROP_NONE);
}

/* [rfc7323#17] [rfc7323#18] [rfc7323#19] [rfc7323#20] */
SCRIPT_TEST(echo_is_of_the_segment_that_moved_the_window) {
    if (!s->timestamps)
        return;
    script_establish(s);
    script_in_midstream(s);
    uint32_t first = s->ts;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 1000});
    inject(s, &(struct in){.flags = A, .seq = 1001, .ack = 1, .length = 1000});
    expect(s, A, 1, 0, 2001);
    assert_int_equal(s->last.options.ts_echo, first);
    uint32_t in_order = s->ts;
    inject(s, &(struct in){.flags = A, .seq = 2001, .ack = 1, .length = 10});
    inject(s, &(struct in){.flags = A, .seq = 3001, .ack = 1, .length = 10});
    expect(s, A, 1, 0, 2011);
    assert_int_equal(s->last.options.ts_echo, in_order);
    uint32_t filling = s->ts;
    inject(s, &(struct in){.flags = A, .seq = 2011, .ack = 1, .length = 990});
    expect(s, A, 1, 0, 3011);
    assert_int_equal(s->last.options.ts_echo, filling);
}

/* A timestamp counts only behind the test of the sequence number [attack:E29]. */
SCRIPT_TEST(timestamp_of_a_segment_out_of_window_poisons_nothing) {
    script_establish(s);
    uint32_t before = s->ts;
    s->ts += 0x7ffffff0;
    inject(s, &(struct in){.flags = A, .seq = 0x40000000, .ack = 1, .length = 10});
    inject(s, &(struct in){.flags = A, .seq = (uint32_t)-0x10000000, .ack = 1, .length = 10});
    s->ts = before + 10;
    drain_out(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    assert_int_equal(s->reason, DROP_NONE);
    assert_int_equal(program_read(s, 100), 10);
}

/* ---- ICMP errors ---- */

static enum vouch quote(struct script *s, uint8_t type, uint8_t code, uint32_t seq, uint32_t mtu) {
    struct quote quote = {
        .source = dobos_address_ipv4(0x0a000001),
        .destination = dobos_address_ipv4(0x0a000002),
        .protocol = DOBOS_TCP,
        .type = type,
        .code = code,
        .mtu = mtu,
        .path_mtu = mtu,
        .length = 8,
    };
    struct transport_result result = {0};
    store_be16(quote.bytes, SCRIPT_PORT);
    store_be16(quote.bytes + 2, SCRIPT_PEER_PORT);
    store_be32(quote.bytes + 4, seq_add(s->isn, seq).raw);
    enum vouch vouch = transport_quote(&s->transport, &quote, s->now, &result);
    pump(s);
    return vouch;
}

/* [rfc9293#80] [rfc9293#81] [rfc9293#82] [rfc9293#83] [rfc9293#76] [attack:C1] */
SCRIPT_TEST(icmp_errors_end_no_connection_and_are_told_at_the_end) {
    script_establish(s);
    program_send(s, 100);
    drain_out(s);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 500, 0), VOUCH_NO);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 101, 0), VOUCH_NO);
    assert_int_equal(quote(s, ICMP_SOURCE_QUENCH, 0, 1, 0), VOUCH_NO);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 1, 0), VOUCH_NOTED);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_PROTOCOL_UNREACHABLE, 100, 0), VOUCH_NOTED);
    assert_int_equal(quote(s, ICMP_TIME_EXCEEDED, 0, 1, 0), VOUCH_NOTED);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_NET_UNREACHABLE, 1, 0), VOUCH_NOTED);
    advance(s, 1000 * DOBOS_SECOND);
    drain_out(s);
    assert_int_equal(program_read(s, 1), -DOBOS_ENETUNREACH);
}

/* What was complained of before there was progress is not why it ends. */
SCRIPT_TEST(soft_error_is_forgotten_with_progress) {
    script_establish(s);
    program_send(s, 100);
    drain_out(s);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_NET_UNREACHABLE, 1, 0), VOUCH_NOTED);
    acks(s, 101, 1);
    program_send(s, 100);
    advance(s, 1000 * DOBOS_SECOND);
    drain_out(s);
    assert_int_equal(program_read(s, 1), -DOBOS_ETIMEDOUT);
}

/* [rfc9293#84] [rfc9293#82] */
SCRIPT_TEST(hard_icmp_error_ends_an_attempt_to_connect) {
    script_reach(s, DOBOS_TCP_SYN_SENT);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, 0, 0), VOUCH_NOTED);
    assert_state(s, DOBOS_TCP_SYN_SENT);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 1, 0), VOUCH_NO);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, 0), VOUCH_NOTED);
    assert_state(s, DOBOS_TCP_CLOSED);
    assert_int_equal(tcp_read(&s->transport, s->socket, NULL, 0), -DOBOS_ECONNREFUSED);
}

/* A genuine "too large" makes what is in flight go out again, smaller; a forged one does nothing
 * [attack:C3]. */
SCRIPT_TEST(too_large_is_sent_again_smaller) {
    script_establish(s);
    send_ten(s);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, 0x20000000, 1000),
                     VOUCH_NO);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, 1, 0), VOUCH_NO);
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, 1, 1500), VOUCH_NOTED);
    expect_nothing(s);
    s->mtu = 1000;
    uint32_t cwnd = script_connection(s)->flight->congestion.cwnd;
    assert_int_equal(quote(s, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, 1, 1000), VOUCH_MTU);
    expect(s, A, 1, s->timestamps ? 948 : 960, 1);
    assert_int_equal(script_connection(s)->flight->congestion.cwnd, cwnd);
    drain_out(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_repeats_at_growing_intervals_until_r2),
        cmocka_unit_test(syn_is_repeated_for_three_minutes),
        cmocka_unit_test(half_open_repeats_and_is_forgotten),
        cmocka_unit_test(user_timeout_is_r2),
        cmocka_unit_test(orphan_gives_up_sooner),
        cmocka_unit_test(repeated_syn_begins_with_one_segment_and_three_seconds),
        cmocka_unit_test(progress_starts_the_timer_anew_and_the_last_stops_it),
        cmocka_unit_test(timeout_goes_back_with_slow_start),
        cmocka_unit_test(second_timeout_of_a_segment_leaves_ssthresh),
        cmocka_unit_test(third_duplicate_repeats_at_once),
        cmocka_unit_test(partial_acknowledgment_repeats_the_next),
        cmocka_unit_test(loss_that_was_none_repeats_nothing),
        cmocka_unit_test(only_the_first_partial_acknowledgment_restarts_the_timer),
        cmocka_unit_test(duplicates_below_the_mark_do_not_start_another_recovery),
        cmocka_unit_test(data_window_and_old_numbers_are_no_duplicates),
        cmocka_unit_test(lying_receiver_gains_nothing),
        cmocka_unit_test(forged_duplicates_let_no_more_out_than_was_in_flight),
        cmocka_unit_test(pause_restarts_from_the_initial_window),
        cmocka_unit_test(unused_window_does_not_grow),
        cmocka_unit_test(round_trips_are_measured),
        cmocka_unit_test(repeated_segment_is_not_measured_without_timestamp),
        cmocka_unit_test(timestamps_stand_in_every_segment_once_agreed),
        cmocka_unit_test(segment_without_timestamp_is_dropped_in_silence),
        cmocka_unit_test(old_timestamp_is_answered_and_dropped),
        cmocka_unit_test(echo_is_of_the_segment_that_moved_the_window),
        cmocka_unit_test(timestamp_of_a_segment_out_of_window_poisons_nothing),
        cmocka_unit_test(icmp_errors_end_no_connection_and_are_told_at_the_end),
        cmocka_unit_test(soft_error_is_forgotten_with_progress),
        cmocka_unit_test(hard_icmp_error_ends_an_attempt_to_connect),
        cmocka_unit_test(too_large_is_sent_again_smaller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
