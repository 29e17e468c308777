/* path_probe: paths that swallow large segments and tell nobody: when that is believed, how larger
 * ones are tried out, and what the loss of a trial means. */
#include "harness.h"

#include "transport/tcp/path_probe.h"

/* ---- the bench ---- */

static uint32_t options_of(struct script *s) {
    return script_connection(s)->timestamps ? TCP_TIMESTAMPS_BYTES : 0;
}

/* Data in a packet of that length. */
static uint32_t data_in(struct script *s, uint32_t packet) {
    return packet - 40 - options_of(s);
}

/* The longest segment sent since it was last asked; 0: none. */
static uint32_t longest(struct script *s) {
    uint32_t most = 0;
    for (unsigned i = 0; i < s->out_count; i++)
        most = max_u32(most, s->out[(s->out_first + i) % SCRIPT_OUT].length);
    (void)drain_out(s);
    return most;
}

/* Silence until the timer has expired so often in a row. */
static void time_out(struct script *s, unsigned tries) {
    while (script_connection(s)->tries < tries)
        advance(s, 10 * MS);
}

/* An acknowledgment of all but the last `rest` bytes. */
static void acknowledge(struct script *s, uint32_t rest) {
    struct tcp_connection *c = script_connection(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = seq_distance(c->snd_nxt, c->iss) - rest});
}

/* A path in doubt, on which things move again: nothing is lost or in flight, the window is open,
 * and nothing is queued. */
static struct tcp_connection *doubted(struct script *s) {
    script_establish(s);
    struct tcp_connection *c = script_connection(s);
    program_send(s, 8000);
    time_out(s, TCP_R1_RETRANSMISSIONS);
    for (unsigned i = 0; i < 20 && connection_in_flight(c) > 0; i++)
        acknowledge(s, 0);
    assert_int_equal(connection_in_flight(c), 0);
    assert_int_equal(c->hole, TCP_HOLE_SMALL);
    c->flight->congestion.cwnd = 30000;
    (void)drain_out(s);
    return c;
}

/* ---- doubt ---- */

/* [rfc4821#2] [rfc4821#5] */
SCRIPT_TEST(r1_without_a_reason_makes_segments_small) {
    script_establish(s);
    program_send(s, 8000);
    (void)drain_out(s);
    time_out(s, TCP_R1_RETRANSMISSIONS - 1);
    assert_int_equal(longest(s), data_in(s, 1500));
    time_out(s, TCP_R1_RETRANSMISSIONS);
    assert_int_equal(longest(s), data_in(s, 1024 + 40));
    time_out(s, TCP_R1_RETRANSMISSIONS + 1);
    assert_int_equal(longest(s), data_in(s, PATH_PROBE_FLOOR));
    assert_false(script_connection(s)->socket.sender.may_fragment);
    time_out(s, TCP_R1_RETRANSMISSIONS + 2);
    assert_int_equal(longest(s), data_in(s, PATH_PROBE_FLOOR));
    assert_true(script_connection(s)->socket.sender.may_fragment);
}

SCRIPT_TEST(r1_with_a_reason_is_no_black_hole) {
    script_establish(s);
    program_send(s, 8000);
    (void)drain_out(s);
    tcp_on_unreachable(s->socket, -DOBOS_EHOSTUNREACH);
    time_out(s, TCP_R1_RETRANSMISSIONS + 1);
    assert_int_equal(longest(s), data_in(s, 1500));
    assert_int_equal(script_connection(s)->hole, TCP_HOLE_NONE);
}

SCRIPT_TEST(small_segments_that_are_lost_are_no_black_hole) {
    script_establish(s);
    program_send(s, 400);
    time_out(s, TCP_R1_RETRANSMISSIONS + 3);
    assert_int_equal(script_connection(s)->hole, TCP_HOLE_NONE);
    (void)drain_out(s);
}

SCRIPT_TEST(switched_off_nothing_is_doubted) {
    s->transport.settings.no_path_probing = true;
    script_establish(s);
    program_send(s, 8000);
    (void)drain_out(s);
    time_out(s, TCP_R1_RETRANSMISSIONS + 1);
    assert_int_equal(longest(s), data_in(s, 1500));
}

SCRIPT_TEST(search_begins_where_the_settings_say) {
    s->transport.settings.path_probe_mss = 700;
    script_establish(s);
    program_send(s, 8000);
    (void)drain_out(s);
    time_out(s, TCP_R1_RETRANSMISSIONS);
    (void)longest(s);
    assert_int_equal(connection_mss_bare(script_connection(s)), data_in(s, 740));
    (void)drain_out(s);
}

/* ---- probes ---- */

/* [rfc4821#1] [rfc4821#4] [rfc4821#10] */
SCRIPT_TEST(first_probe_is_the_longest_and_its_arrival_restores_all) {
    struct tcp_connection *c = doubted(s);
    program_send(s, 8000);
    assert_int_equal(longest(s), data_in(s, 1500));
    uint32_t cwnd = c->flight->congestion.cwnd;
    acknowledge(s, 0);
    assert_int_equal(c->hole, TCP_HOLE_NONE);
    assert_int_equal(connection_mss_bare(c), data_in(s, 1500));
    assert_true(c->flight->congestion.cwnd <= 2 * cwnd); /* as any acknowledgment of as much */
    assert_int_equal(s->transport.counters.tcp_path_probes_arrived, 1);
    (void)drain_out(s);
}

/* [rfc4821#1]: the peer's MSS and what messages tell bound it */
SCRIPT_TEST(probe_is_no_longer_than_the_path_is_told_to_be) {
    struct tcp_connection *c = doubted(s);
    s->mtu = 1200;
    c->socket.sender.path.mtu = 1200;
    program_send(s, 8000);
    assert_int_equal(longest(s), data_in(s, 1200));
    acknowledge(s, 0);
    assert_int_equal(c->hole, TCP_HOLE_NONE);
    (void)drain_out(s);
}

/* [rfc4821#7] [rfc4821#8] */
SCRIPT_TEST(probe_waits_for_data_behind_it_and_for_both_windows) {
    struct tcp_connection *c = doubted(s);
    uint32_t small = connection_mss_bare(c), large = data_in(s, 1500);
    program_send(s, large + 3 * small - 1);
    assert_int_equal(longest(s), small); /* too little behind it */
    acknowledge(s, 0);
    (void)drain_out(s);
    c->flight->congestion.cwnd = 3 * small;
    program_send(s, 8000);
    assert_int_equal(longest(s), small); /* too small a window */
    acknowledge(s, 0);
    (void)drain_out(s);
    while (connection_in_flight(c) > 0)
        acknowledge(s, 0);
    (void)drain_out(s);
    c->flight->congestion.cwnd = 30000;
    inject(s,
           &(struct in){
               .flags = A, .seq = 1, .ack = seq_distance(c->snd_nxt, c->iss), .window = 3 * small});
    program_send(s, 8000);
    assert_true(longest(s) <= small); /* too small a window of the peer's */
}

/* [rfc4821#7]: one at a time */
SCRIPT_TEST(second_probe_waits_for_the_first) {
    struct tcp_connection *c = doubted(s);
    program_send(s, 20000);
    unsigned probes = 0;
    for (unsigned i = 0; i < s->out_count; i++)
        probes += s->out[(s->out_first + i) % SCRIPT_OUT].length > connection_mss_bare(c);
    assert_int_equal(probes, 1);
    (void)drain_out(s);
}

/* Duplicates say that the segment at `seq` alone is missing. */
static void lose(struct script *s, uint32_t seq) {
    for (unsigned i = 0; i < 4; i++)
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = seq});
}

/* [rfc4821#9] [rfc4821#11] */
SCRIPT_TEST(loss_of_a_probe_alone_is_repaired_and_costs_nothing) {
    struct tcp_connection *c = doubted(s);
    uint32_t first = seq_distance(c->snd_nxt, c->iss), small = connection_mss_bare(c);
    program_send(s, 8000);
    assert_int_equal(c->flight->probe.state, PATH_PROBE_OUT);
    (void)drain_out(s);
    uint32_t ssthresh = c->flight->congestion.ssthresh;
    lose(s, first);
    assert_int_equal(c->flight->recovery, TCP_RECOVERY_NONE);
    assert_int_equal(c->flight->congestion.ssthresh, ssthresh);
    assert_int_equal(s->transport.counters.tcp_path_probes_lost, 1);
    assert_int_equal(s->out[s->out_first % SCRIPT_OUT].seq, first);
    assert_int_equal(longest(s), small);
    while (connection_in_flight(c) > 0)
        acknowledge(s, 0);
    assert_int_equal(c->hole, TCP_HOLE_SMALL);
    assert_int_equal(s->transport.counters.tcp_path_probes_arrived, 0);
    (void)drain_out(s);
}

/* One length twice; then half of what remains; none longer again for ten minutes. [rfc4821#3] */
SCRIPT_TEST(length_that_is_lost_twice_is_too_much_for_ten_minutes) {
    struct tcp_connection *c = doubted(s);
    for (unsigned i = 0; i < 2; i++) {
        uint32_t first = seq_distance(c->snd_nxt, c->iss);
        program_send(s, 8000);
        assert_int_equal(longest(s), data_in(s, 1500));
        lose(s, first);
        while (connection_in_flight(c) > 0)
            acknowledge(s, 0);
        c->flight->congestion.cwnd = 30000;
        (void)drain_out(s);
    }
    assert_int_equal(c->probe_high, 1499);
    program_send(s, 8000);
    assert_int_equal(longest(s), data_in(s, 1064 + (1499 - 1064 + 1) / 2));
    while (connection_in_flight(c) > 0)
        acknowledge(s, 0);
    assert_int_equal(c->probe_low, 1282);
    assert_int_equal(connection_mss_bare(c), data_in(s, 1282));
    advance(s, 601 * DOBOS_SECOND);
    (void)drain_out(s);
    program_send(s, 100);
    acknowledge(s, 0);
    c->flight->congestion.cwnd = 30000;
    (void)drain_out(s);
    program_send(s, 8000);
    assert_int_equal(longest(s), data_in(s, 1500));
    while (connection_in_flight(c) > 0)
        acknowledge(s, 0);
    (void)drain_out(s);
}

/* [rfc4821#9] */
SCRIPT_TEST(probe_that_a_timeout_overtakes_proves_nothing) {
    struct tcp_connection *c = doubted(s);
    program_send(s, 8000);
    assert_int_equal(c->flight->probe.state, PATH_PROBE_OUT);
    time_out(s, 1);
    assert_int_equal(c->flight->probe.state, PATH_PROBE_OFF);
    assert_int_equal(c->flight->probe.failures, 0);
    while (connection_in_flight(c) > 0)
        acknowledge(s, 0);
    assert_int_equal(c->hole, TCP_HOLE_SMALL);
    (void)drain_out(s);
}

/* Where routers may fragment, a probe is still one that they may not. */
SCRIPT_TEST(probe_is_never_fragmented) {
    struct tcp_connection *c = doubted(s);
    c->hole = TCP_HOLE_FRAGMENTS;
    c->flight->congestion.cwnd = 30000;
    s->hold = true;
    program_send(s, 8000);
    struct dobos_packet *packet = tcp_transmit(&s->transport, s->socket, s->now);
    assert_non_null(packet);
    assert_int_equal(c->flight->probe.state, PATH_PROBE_OUT);
    assert_false(c->socket.sender.may_fragment);
    dobos_packet_release(packet);
    packet = tcp_transmit(&s->transport, s->socket, s->now);
    assert_non_null(packet);
    assert_true(c->socket.sender.may_fragment);
    dobos_packet_release(packet);
    s->hold = false;
    pump(s);
    (void)drain_out(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r1_without_a_reason_makes_segments_small),
        cmocka_unit_test(r1_with_a_reason_is_no_black_hole),
        cmocka_unit_test(small_segments_that_are_lost_are_no_black_hole),
        cmocka_unit_test(switched_off_nothing_is_doubted),
        cmocka_unit_test(search_begins_where_the_settings_say),
        cmocka_unit_test(first_probe_is_the_longest_and_its_arrival_restores_all),
        cmocka_unit_test(probe_is_no_longer_than_the_path_is_told_to_be),
        cmocka_unit_test(probe_waits_for_data_behind_it_and_for_both_windows),
        cmocka_unit_test(second_probe_waits_for_the_first),
        cmocka_unit_test(loss_of_a_probe_alone_is_repaired_and_costs_nothing),
        cmocka_unit_test(length_that_is_lost_twice_is_too_much_for_ten_minutes),
        cmocka_unit_test(probe_that_a_timeout_overtakes_proves_nothing),
        cmocka_unit_test(probe_is_never_fragmented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
