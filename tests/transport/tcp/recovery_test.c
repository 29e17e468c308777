/* Loss recovery with a peer that reports what has arrived (RFC 2018, 2883, 5682, 6937, 8985): what
 * goes out again, when, and what becomes of the window. The way to the peer and back takes 100 ms.
 */
#include "harness.h"

#define RTT (100 * MS)

static uint32_t mss_of(const struct script *s) {
    return s->timestamps ? 1448 : 1460;
}

/* ESTABLISHED, with one measurement; an exchange of one byte tells the shortest round trip. */
static void establish_far(struct script *s, bool sack) {
    s->sack = sack;
    script_connect(s);
    pump(s);
    expect(s, S, 0, 0, 0);
    advance(s, RTT);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    expect(s, A, 1, 0, 1);
    assert_int_equal(script_connection(s)->sack, sack);
    assert_int_equal(script_connection(s)->rtt.srtt_ns, RTT);
}

static uint32_t at(const struct script *s, uint32_t segment) {
    return 1 + segment * mss_of(s);
}

/* `count` segments are given to send; ten leave. */
static struct tcp_flight *send_many(struct script *s, uint32_t count) {
    uint32_t mss = mss_of(s);
    program_send(s, count * mss);
    for (uint32_t i = 0; i < min_u32(count, 10); i++)
        expect(s, i + 1 == min_u32(count, 10) ? PA : A, at(s, i), mss, 1);
    expect_nothing(s);
    return script_connection(s)->flight;
}

static void ack(struct script *s, uint32_t segment) {
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = at(s, segment)});
}

/* Acknowledges up to a segment, and reports [left, right) of segments. */
static void sack(struct script *s, uint32_t segment, uint32_t left, uint32_t right) {
    inject(s, &(struct in){.flags = A,
                           .seq = 1,
                           .ack = at(s, segment),
                           .sack_count = 1,
                           .sack = {{at(s, left), at(s, right)}}});
}

static void expect_segment(struct script *s, uint32_t segment) {
    assert_true(s->out_count > 0);
    uint8_t psh = (uint8_t)(s->out[s->out_first].flags & P);
    expect(s, A | psh, at(s, segment), mss_of(s), 1);
}

/* ---- single loss, bursts ---- */

/* [rfc8985#5] [rfc8985#9] [rfc3042#1] [rfc2018#11] [rfc9937#1] [rfc9937#4] [rfc9937#5] */
SCRIPT_TEST(third_report_behind_a_hole_repeats_it_at_once) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 30);
    advance(s, RTT);
    sack(s, 0, 1, 2);
    expect_segment(s, 10); /* limited transmit */
    sack(s, 0, 1, 3);
    expect_segment(s, 11);
    expect_nothing(s);
    sack(s, 0, 1, 4);
    expect_segment(s, 0);
    expect_nothing(s);
    assert_int_equal(flight->recovery, TCP_RECOVERY_FAST);
    assert_int_equal(flight->congestion.ssthresh, 5 * mss_of(s));
    assert_int_equal(s->transport.counters.tcp_sack_recoveries, 1);
    for (uint32_t i = 5; i <= 10; i++)
        sack(s, 0, 1, i);
    assert_in_range(drain_out(s), 2, 4);
    advance(s, RTT);
    ack(s, 12);
    assert_int_equal(flight->recovery, TCP_RECOVERY_NONE);
    assert_int_equal(flight->congestion.cwnd, 5 * mss_of(s));
    assert_int_equal(s->transport.counters.tcp_fast_retransmits, 1);
    assert_int_equal(s->transport.counters.tcp_timeouts, 0);
    drain_out(s);
}

/* Half of the window lost: all of it is found at once and repaired within the next round trip
 * [rfc8985#9] [rfc9937#2]. */
SCRIPT_TEST(burst_is_repaired_within_a_round_trip) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 10);
    advance(s, RTT);
    sack(s, 0, 5, 6);
    sack(s, 0, 5, 7);
    expect_nothing(s);
    sack(s, 0, 5, 8);
    assert_int_equal(flight->board.lost.count + s->out_count, 5);
    expect_segment(s, 0);
    sack(s, 0, 5, 9);
    sack(s, 0, 5, 10);
    unsigned repeated = 1 + drain_out(s);
    advance(s, RTT);
    for (uint32_t i = repeated; i < 5; i = repeated) {
        ack(s, i);
        repeated += drain_out(s);
        assert_true(repeated > i);
        advance(s, 1 * MS);
    }
    ack(s, 10);
    expect_nothing(s);
    assert_int_equal(repeated, 5);
    assert_int_equal(s->transport.counters.tcp_timeouts, 0);
    assert_int_equal(flight->recovery, TCP_RECOVERY_NONE);
}

/* What was sent after the repetition has arrived, the repetition has not [rfc8985#3] [rfc8985#9].
 */
SCRIPT_TEST(lost_repetition_is_repeated_without_a_timeout) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 30);
    advance(s, RTT);
    sack(s, 0, 1, 4);
    expect_segment(s, 0);
    sack(s, 0, 1, 10);
    advance(s, 1 * MS);
    unsigned more = drain_out(s);
    assert_true(more > 0);
    advance(s, RTT);
    sack(s, 0, 1, 10 + more);
    if (s->out_count == 0)
        advance(s, RTT / 2); /* at most the reordering window */
    expect_segment(s, 0);
    assert_int_equal(s->transport.counters.tcp_lost_retransmits, 1);
    assert_int_equal(s->transport.counters.tcp_timeouts, 0);
    assert_int_equal(flight->recovery, TCP_RECOVERY_FAST);
    drain_out(s);
}

/* ---- tails ---- */

/* [rfc8985#1] [rfc8985#11] [rfc8985#13] [rfc8985#14] */
SCRIPT_TEST(lost_tail_is_probed_after_two_round_trips) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 10);
    advance(s, RTT);
    ack(s, 7);
    dobos_time srtt = script_connection(s)->rtt.srtt_ns;
    advance(s, 2 * srtt - 1);
    expect_nothing(s);
    advance(s, 1);
    expect_segment(s, 9);
    expect_nothing(s);
    assert_int_equal(s->transport.counters.tcp_loss_probes, 1);
    advance(s, RTT);
    sack(s, 7, 9, 10);
    expect_segment(s, 7);
    advance(s, RTT);
    while (s->out_count > 0)
        drain_out(s);
    ack(s, 9);
    drain_out(s);
    ack(s, 10);
    assert_int_equal(s->transport.counters.tcp_timeouts, 0);
    assert_int_equal(flight->recovery, TCP_RECOVERY_NONE);
    assert_int_equal(connection_in_flight(script_connection(s)), 0);
}

/* A single segment may have met a delayed acknowledgment [rfc8985#12]; the timeout begins anew
 * behind the probe [rfc8985#14] [rfc8985#17] [rfc6298#10]. */
SCRIPT_TEST(single_segment_is_probed_later_and_then_times_out) {
    establish_far(s, true);
    uint32_t mss = mss_of(s);
    program_send(s, mss);
    expect_segment(s, 0);
    dobos_time rto = script_connection(s)->rtt.rto_ns;
    assert_int_equal(rto, 300 * MS);
    advance(s, 300 * MS - 1);
    expect_nothing(s);
    advance(s, 1);
    expect_segment(s, 0);
    assert_int_equal(s->transport.counters.tcp_loss_probes, 1);
    assert_int_equal(s->transport.counters.tcp_timeouts, 0);
    advance(s, rto - 1);
    expect_nothing(s);
    advance(s, 1);
    expect_segment(s, 0);
    assert_int_equal(s->transport.counters.tcp_timeouts, 1);
}

/* New data is the better probe, whatever the congestion window says [rfc8985#14]. */
SCRIPT_TEST(probe_is_new_data_where_there_is_some) {
    establish_far(s, true);
    send_many(s, 12);
    advance(s, 199 * MS);
    expect_nothing(s);
    advance(s, 1 * MS);
    expect_segment(s, 10);
    expect_nothing(s);
    assert_false(script_connection(s)->flight->tlp.is_repeated);
}

/* [rfc8985#15] */
SCRIPT_TEST(tail_that_a_probe_repaired_costs_half_of_the_window) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 10);
    advance(s, RTT);
    ack(s, 9);
    advance(s, 900 * MS);
    drain_out(s);
    assert_int_equal(s->transport.counters.tcp_loss_probes, 1);
    if (s->transport.counters.tcp_timeouts > 0)
        return;
    ack(s, 10);
    assert_int_equal(s->transport.counters.tcp_loss_probe_recoveries, 0);
    uint32_t before = flight->congestion.cwnd;
    program_send(s, mss_of(s));
    drain_out(s);
    advance(s, RTT);
    ack(s, 11);
    assert_int_equal(s->transport.counters.tcp_loss_probe_recoveries, 1);
    assert_true(flight->congestion.cwnd < before);
}

/* The probe was not needed: a D-SACK says so [rfc8985#15] [rfc2883#6]. */
SCRIPT_TEST(probe_that_came_twice_costs_nothing) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 10);
    advance(s, 200 * MS);
    expect_segment(s, 9);
    ack(s, 10);
    uint32_t cwnd = flight->congestion.cwnd;
    sack(s, 10, 9, 10);
    program_send(s, mss_of(s));
    drain_out(s);
    ack(s, 11);
    assert_int_equal(s->transport.counters.tcp_loss_probe_recoveries, 0);
    assert_int_equal(s->transport.counters.tcp_dsack_received, 1);
    assert_true(flight->congestion.cwnd >= cwnd);
    assert_int_equal(flight->rack.steps, 1);
}

/* A timeout says nothing of what has left just now [rfc8985#16] [rfc5682#1]. */
SCRIPT_TEST(timeout_leaves_out_what_was_sent_just_now) {
    establish_far(s, true);
    uint32_t mss = mss_of(s);
    program_send(s, mss);
    advance(s, RTT);
    ack(s, 1);
    drain_out(s);
    program_send(s, 5 * mss);
    assert_int_equal(drain_out(s), 5);
    struct tcp_flight *flight = script_connection(s)->flight;
    advance(s, 2 * RTT);
    expect_segment(s, 5); /* the probe */
    dobos_time rto = script_connection(s)->rtt.rto_ns;
    advance(s, rto - 50 * MS);
    program_send(s, mss);
    expect_segment(s, 6);
    advance(s, 50 * MS);
    assert_int_equal(s->transport.counters.tcp_timeouts, 1);
    expect_segment(s, 1);
    expect_nothing(s);
    assert_int_equal(flight->board.lost.count, 4);
    assert_int_equal(flight->board.in_flight.count, 2);
    assert_int_equal(flight->congestion.cwnd, 2 * mss);
}

/* ---- reordering ---- */

/* One segment behind a hole is no loss yet: a quarter of the shortest round trip is waited
 * [rfc8985#6] [rfc8985#10] [rfc8985#2]. */
SCRIPT_TEST(reordered_segment_is_waited_for) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 4);
    advance(s, RTT);
    sack(s, 0, 1, 2);
    advance(s, RTT / 4 - 2 * MS);
    expect_nothing(s);
    sack(s, 2, 3, 4);
    assert_true(flight->rack.has_reordered);
    struct dobos_socket_info info;
    tcp_info_read(s->socket, &info);
    assert_int_equal(info.tcp.reordering, RACK_DUPLICATES);
    assert_int_equal(info.tcp.reorderings, 1);
    ack(s, 4);
    expect_nothing(s);
    assert_int_equal(s->transport.counters.tcp_retrans_segs, 0);
    assert_int_equal(flight->congestion.ssthresh, CONGESTION_SSTHRESH_UNSET);
}

/* [rfc8985#10] */
SCRIPT_TEST(segment_that_stays_away_is_repeated_by_the_reordering_timer) {
    establish_far(s, true);
    send_many(s, 4);
    advance(s, RTT);
    sack(s, 0, 1, 2);
    advance(s, RTT / 4 - 1);
    expect_nothing(s);
    advance(s, 1);
    expect_segment(s, 0);
    assert_int_equal(s->transport.counters.tcp_timeouts, 0);
    drain_out(s);
}

/* ---- what was for nothing ---- */

/* F-RTO [rfc5682#1] [rfc5682#2] [rfc5682#4]: the acknowledgments were late, not lost. */
SCRIPT_TEST(late_acknowledgments_undo_a_timeout) {
    establish_far(s, false);
    uint32_t mss = mss_of(s);
    s->timestamps = false;
    struct tcp_connection *c = script_connection(s);
    c->timestamps = false;
    mss = connection_mss(c);
    program_send(s, 30 * mss);
    drain_out(s);
    struct tcp_flight *flight = c->flight;
    uint32_t before = flight->congestion.cwnd;
    advance(s, 300 * MS);
    expect(s, A, 1, mss, 1);
    assert_int_equal(flight->congestion.cwnd, mss);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + mss});
    expect(s, A, 1 + 10 * mss, mss, 1); /* new data, no repetition */
    expect(s, PA, 1 + 11 * mss, mss, 1);
    expect_nothing(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + 2 * mss});
    assert_int_equal(s->transport.counters.tcp_spurious_rtos, 1);
    assert_int_equal(flight->recovery, TCP_RECOVERY_NONE);
    assert_true(flight->congestion.cwnd >= before);
    assert_int_equal(flight->congestion.ssthresh, CONGESTION_SSTHRESH_UNSET);
    assert_int_equal(s->transport.counters.tcp_retrans_segs, 1);
    drain_out(s);
}

/* [rfc5682#3] A duplicate says that the timeout was right. */
SCRIPT_TEST(duplicate_after_a_timeout_goes_on_repeating) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 30);
    uint32_t mss = mss_of(s);
    advance(s, 200 * MS);
    drain_out(s); /* the probe */
    advance(s, 300 * MS);
    expect_segment(s, 0);
    expect_nothing(s);
    uint32_t probe = seq_distance(script_connection(s)->snd_nxt, s->isn) - mss;
    assert_int_equal(probe, at(s, 10));
    ack(s, 1);
    expect_segment(s, 11);
    drain_out(s);
    sack(s, 1, 11, 12);
    assert_int_equal(flight->frto, FRTO_OFF);
    expect_segment(s, 1);
    assert_int_equal(s->transport.counters.tcp_spurious_rtos, 0);
    assert_int_equal(flight->congestion.ssthresh, 5 * mss);
    drain_out(s);
}

/* Eifel [rfc3522#1] [rfc3522#2]: the acknowledgment answers what was sent before the repetition. */
SCRIPT_TEST(older_timestamp_undoes_a_timeout) {
    establish_far(s, true);
    if (!s->timestamps)
        return;
    struct tcp_flight *flight = send_many(s, 10);
    uint32_t before = flight->congestion.cwnd, first = s->ts_seen;
    advance(s, 900 * MS);
    drain_out(s);
    assert_true(s->transport.counters.tcp_timeouts > 0);
    uint32_t now = s->ts_seen;
    s->ts_seen = first;
    ack(s, 1);
    s->ts_seen = now;
    assert_int_equal(s->transport.counters.tcp_loss_undos, 1);
    assert_true(flight->congestion.cwnd >= before);
    assert_int_equal(flight->recovery, TCP_RECOVERY_NONE);
    expect_nothing(s);
}

/* Every repetition came as a duplicate: nothing had been lost [rfc3708#1] [rfc2883#6]; the path
 * reorders more than was thought [rfc8985#7]. */
SCRIPT_TEST(reported_duplicate_undoes_a_recovery) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 10);
    advance(s, RTT);
    sack(s, 0, 1, 4);
    expect_segment(s, 0);
    assert_int_equal(flight->congestion.ssthresh, 5 * mss_of(s));
    sack(s, 9, 0, 1);
    assert_int_equal(s->transport.counters.tcp_dsack_undos, 1);
    assert_int_equal(flight->recovery, TCP_RECOVERY_NONE);
    assert_true(flight->congestion.cwnd >= 10 * mss_of(s));
    assert_int_equal(flight->congestion.ssthresh, CONGESTION_SSTHRESH_UNSET);
    assert_true(flight->rack.has_reordered && flight->rack.steps == 2);
    drain_out(s);
}

/* The duplicate lies within the second block [rfc2883#7]. */
SCRIPT_TEST(duplicate_beyond_the_acknowledgment_is_known_by_the_second_block) {
    establish_far(s, true);
    send_many(s, 10);
    advance(s, RTT);
    sack(s, 0, 2, 5);
    drain_out(s);
    inject(s, &(struct in){.flags = A,
                           .seq = 1,
                           .ack = 1,
                           .sack_count = 2,
                           .sack = {{at(s, 3), at(s, 4)}, {at(s, 2), at(s, 5)}}});
    assert_int_equal(s->transport.counters.tcp_dsack_received, 1);
    assert_int_equal(script_connection(s)->flight->board.sacked_count, 3);
    drain_out(s);
}

/* A duplicate that was not repeated is no witness, nor are more than there were repetitions
 * [attack:E18]. */
SCRIPT_TEST(forged_duplicates_undo_nothing) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 10);
    advance(s, RTT);
    sack(s, 1, 2, 5);
    expect_segment(s, 1);
    for (unsigned i = 0; i < 20; i++)
        sack(s, 1, 0, 1);
    assert_int_equal(flight->recovery, TCP_RECOVERY_FAST);
    assert_int_equal(flight->duplicates, 1);
    assert_int_equal(s->transport.counters.tcp_dsack_undos, 0);
    assert_int_equal(flight->congestion.ssthresh, 5 * mss_of(s));
    drain_out(s);
}

/* ---- peers that take back what they reported ---- */

/* [rfc2018#12] [rfc2018#13] */
SCRIPT_TEST(peer_that_threw_away_what_it_reported_gets_it_again) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 10);
    advance(s, RTT);
    sack(s, 0, 1, 10);
    expect_segment(s, 0);
    drain_out(s);
    advance(s, RTT);
    ack(s, 1); /* and not ten: the rest is gone */
    for (unsigned i = 0; i < 40 && connection_in_flight(script_connection(s)) > 0; i++) {
        advance(s, RTT);
        uint32_t highest = 0;
        while (s->out_count > 0) {
            uint32_t end = s->out[s->out_first].seq + s->out[s->out_first].length;
            highest = max_u32(highest, end);
            s->out_first++, s->out_count--;
        }
        s->out_first = 0;
        if (highest > 0)
            inject(s, &(struct in){.flags = A, .seq = 1, .ack = highest});
    }
    assert_int_equal(connection_in_flight(script_connection(s)), 0);
    assert_int_equal(s->transport.counters.tcp_sack_reneged, 1);
    assert_int_equal(flight->board.sacked_count, 0);
    drain_out(s);
}

/* ---- attacks ---- */

/* Blocks of single bytes, of nothing, of too much, upside down [attack:E1] [attack:E2] [attack:E8]:
 * no entry is split, nothing is marked that has not been reported whole. */
SCRIPT_TEST(hostile_blocks_split_nothing) {
    establish_far(s, true);
    struct tcp_flight *flight = send_many(s, 10);
    uint32_t mss = mss_of(s);
    for (uint32_t i = 1; i < 10 * mss; i += 8)
        inject(s, &(struct in){.flags = A,
                               .seq = 1,
                               .ack = 1,
                               .sack_count = 3,
                               .sack = {{1 + i, 2 + i}, {3 + i, 4 + i}, {5 + i, 6 + i}}});
    assert_int_equal(flight->board.count, 10);
    assert_int_equal(flight->board.sacked_count, 0);
    const uint32_t bad[][2] = {{2, 2},          {5000, 3000},    {1, 1 + 11 * mss}, {0x80000000, 2},
                               {1, 0x80000001}, {0xffff0000, 1}, {0, 0xffffffff}};
    for (unsigned i = 0; i < array_length(bad); i++)
        inject(
            s,
            &(struct in){
                .flags = A, .seq = 1, .ack = 1, .sack_count = 1, .sack = {{bad[i][0], bad[i][1]}}});
    assert_int_equal(flight->board.sacked_count, 0);
    assert_int_equal(flight->recovery, TCP_RECOVERY_NONE);
    uint8_t odd[] = {5, 9, 1, 2, 3, 4, 5, 6, 7, 1, 1, 1};
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .options = {odd, sizeof odd}});
    check_invariants(s);
    drain_out(s);
}

/* Segments as small as may be asked for, a report for every second one of 4,000, again and again:
 * what an acknowledgment costs does not grow with what is in flight [attack:E1] [attack:E2]. */
static void reports_of_every_second_segment_cost_little(void **state) {
    (void)state;
    struct script *s = malloc(sizeof *s);
    script_init(s, 0x7fff0000, 5, true);
    s->sack = true;
    s->window = 240000;
    script_connect(s);
    pump(s);
    drain_out(s);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1, .mss = 48});
    struct tcp_connection *c = script_connection(s);
    uint32_t mss = connection_mss(c), sent = 0;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    drain_out(s);
    program_send(s, 4);
    drain_out(s);
    c->flight->congestion.cwnd = 1 << 20;
    for (unsigned i = 0; i < 5; i++) {
        program_send(s, 800 * mss);
        sent += drain_out(s);
    }
    assert_true(sent > 2000);
    uint32_t entries = c->flight->board.count;
    uint64_t allocations = s->allocations;
    for (unsigned round = 0; round < 20; round++) {
        for (uint32_t i = 0; i + 8 < entries; i += 8) {
            uint32_t first = 5 + i * mss;
            inject(s, &(struct in){.flags = A,
                                   .seq = 1,
                                   .ack = 1,
                                   .sack_count = 3,
                                   .sack = {{first + mss, first + 2 * mss},
                                            {first + 3 * mss, first + 4 * mss},
                                            {first + 5 * mss, first + 6 * mss}}});
            drain_out(s);
        }
    }
    assert_true(c->flight->board.count <= SCOREBOARD_ENTRIES);
    assert_true(s->allocations - allocations < 100000);
    script_fini(s);
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(third_report_behind_a_hole_repeats_it_at_once),
        cmocka_unit_test(burst_is_repaired_within_a_round_trip),
        cmocka_unit_test(lost_repetition_is_repeated_without_a_timeout),
        cmocka_unit_test(lost_tail_is_probed_after_two_round_trips),
        cmocka_unit_test(single_segment_is_probed_later_and_then_times_out),
        cmocka_unit_test(probe_is_new_data_where_there_is_some),
        cmocka_unit_test(tail_that_a_probe_repaired_costs_half_of_the_window),
        cmocka_unit_test(probe_that_came_twice_costs_nothing),
        cmocka_unit_test(timeout_leaves_out_what_was_sent_just_now),
        cmocka_unit_test(reordered_segment_is_waited_for),
        cmocka_unit_test(segment_that_stays_away_is_repeated_by_the_reordering_timer),
        cmocka_unit_test(late_acknowledgments_undo_a_timeout),
        cmocka_unit_test(duplicate_after_a_timeout_goes_on_repeating),
        cmocka_unit_test(older_timestamp_undoes_a_timeout),
        cmocka_unit_test(reported_duplicate_undoes_a_recovery),
        cmocka_unit_test(duplicate_beyond_the_acknowledgment_is_known_by_the_second_block),
        cmocka_unit_test(forged_duplicates_undo_nothing),
        cmocka_unit_test(peer_that_threw_away_what_it_reported_gets_it_again),
        cmocka_unit_test(hostile_blocks_split_nothing),
        cmocka_unit_test(reports_of_every_second_segment_cost_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
