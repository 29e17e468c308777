/* ecn: classic explicit congestion notification (RFC 3168), each step as a script of packets. */
#include "harness.h"

#define MSS(s) ((s)->timestamps ? 1448u : 1460u)

static void with_ecn(struct script *s, enum dobos_ecn setting) {
    s->transport.settings.ecn = setting;
}

/* ESTABLISHED with marks agreed to, opened by us. */
static void establish(struct script *s) {
    with_ecn(s, DOBOS_ECN_ON);
    script_connect(s);
    pump(s);
    expect(s, S | E | W, 0, 0, 0);
    assert_int_equal(s->last.ecn, ECN_NOT_ECT);
    inject(s, &(struct in){.flags = SA | E, .seq = 0, .ack = 1});
    expect(s, A, 1, 0, 1);
    assert_int_equal(s->last.ecn, ECN_NOT_ECT);
}

static void establish_passive(struct script *s, unsigned flags) {
    script_listen(s, 8);
    inject(s, &(struct in){.flags = S | E | W, .seq = 0});
    expect(s, SA | flags, 0, 0, 1);
    assert_int_equal(s->last.ecn, ECN_NOT_ECT);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
}

static void send_as(struct script *s, uint8_t ecn) {
    assert_int_equal(program_send(s, 100), 100);
    assert_int_equal(s->out_count, 1);
    assert_int_equal(s->out[s->out_first].ecn, ecn);
    drain_out(s);
}

/* ---- the handshake ---- */

/* [rfc3168#5] [rfc3168#9] [rfc3168#22] [rfc8311#1] [rfc9768#11] */
SCRIPT_TEST(syn_that_asks_and_answer_that_agrees_make_data_ect) {
    establish(s);
    send_as(s, ECN_ECT_0);
}

/* [rfc3168#8] [rfc3168#7] What sends back what it got agrees to nothing; nor does silence. */
SCRIPT_TEST(answer_without_echo_or_with_all_flags_turns_it_off) {
    with_ecn(s, DOBOS_ECN_ON);
    script_connect(s);
    pump(s);
    expect(s, S | E | W, 0, 0, 0);
    inject(s, &(struct in){.flags = SA | (s->timestamps ? E | W : 0), .seq = 0, .ack = 1});
    expect(s, A, 1, 0, 1);
    send_as(s, ECN_NOT_ECT);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 101, .length = 10, .ecn = ECN_CE});
    advance(s, 40 * MS);
    expect(s, A, 101, 0, 11);
}

/* [rfc3168#5] [rfc9768#6] [rfc3168#9] */
SCRIPT_TEST(listener_agrees_when_asked_and_not_when_off) {
    with_ecn(s, s->timestamps ? DOBOS_ECN_PASSIVE : DOBOS_ECN_OFF);
    establish_passive(s, s->timestamps ? E : 0);
    send_as(s, s->timestamps ? ECN_ECT_0 : ECN_NOT_ECT);
}

/* [rfc3168#6] [rfc9768#7] [rfc9768#3] [rfc3168#8] [rfc9768#26] */
SCRIPT_TEST(listener_that_is_not_asked_does_not_agree) {
    with_ecn(s, DOBOS_ECN_ACCURATE);
    script_establish_passive(s);
    send_as(s, ECN_NOT_ECT);
}

SCRIPT_TEST(passive_host_does_not_ask) {
    with_ecn(s, DOBOS_ECN_PASSIVE);
    script_establish(s);
    send_as(s, ECN_NOT_ECT);
}

/* [rfc3168#13] [rfc3168#10] [rfc3168#12] The answer may be to the first, so the peer may mark; we
 * tell of it, and send nothing as ECT. */
SCRIPT_TEST(repeated_syn_does_not_ask_and_nothing_is_ect) {
    with_ecn(s, DOBOS_ECN_ON);
    script_connect(s);
    pump(s);
    expect(s, S | E | W, 0, 0, 0);
    advance(s, DOBOS_SECOND);
    expect(s, S, 0, 0, 0);
    inject(s, &(struct in){.flags = SA | E, .seq = 0, .ack = 1});
    expect(s, A, 1, 0, 1);
    send_as(s, ECN_NOT_ECT);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 101, .length = 10, .ecn = ECN_CE});
    expect(s, A | E, 101, 0, 11);
}

/* [rfc3168#11] [rfc9768#25] */
SCRIPT_TEST(peers_repeated_syn_that_does_not_ask_turns_it_off) {
    with_ecn(s, DOBOS_ECN_ON);
    script_listen(s, 8);
    inject(s, &(struct in){.flags = S | E | W, .seq = 0});
    expect(s, SA | E, 0, 0, 1);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    inject(s, &(struct in){.flags = S | E | W, .seq = 0});
    expect(s, SA, 0, 0, 1);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    send_as(s, ECN_NOT_ECT);
}

SCRIPT_TEST(crossing_syns_agree_on_the_lesser) {
    with_ecn(s, DOBOS_ECN_ON);
    script_connect(s);
    pump(s);
    expect(s, S | E | W, 0, 0, 0);
    inject(s, &(struct in){.flags = S | E | W | AE, .seq = 0});
    expect(s, SA | E, 0, 0, 1);
    inject(s, &(struct in){.flags = SA | E, .seq = 0, .ack = 1});
    drain_out(s);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    assert_int_equal(script_connection(s)->ecn.mode, ECN_MODE_CLASSIC);
    assert_false(script_connection(s)->ecn.is_reduced);
    send_as(s, ECN_ECT_0);
}

/* ---- marks that come ---- */

/* [rfc3168#19] [rfc3168#20] The mark is told at once, and on until CWR. */
SCRIPT_TEST(mark_is_echoed_until_the_peer_says_cwr) {
    establish(s);
    script_in_midstream(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 100, .ecn = ECN_ECT_0});
    expect_nothing(s);
    inject(s, &(struct in){.flags = A, .seq = 101, .ack = 1, .length = 100, .ecn = ECN_CE});
    expect(s, A | E, 1, 0, 201);
    inject(s, &(struct in){.flags = A, .seq = 201, .ack = 1, .length = 100, .ecn = ECN_ECT_0});
    advance(s, 40 * MS);
    expect(s, A | E, 1, 0, 301);
    assert_int_equal(program_send(s, 10), 10);
    expect(s, PA | E, 1, 10, 301);
    inject(s, &(struct in){.flags = A | W, .seq = 301, .ack = 11, .length = 9, .ecn = ECN_ECT_0});
    advance(s, 40 * MS);
    expect(s, A, 11, 0, 310);
}

/* [rfc3168#21] */
SCRIPT_TEST(mark_that_comes_with_cwr_is_echoed) {
    establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 100, .ecn = ECN_CE});
    expect(s, A | E, 1, 0, 101);
    inject(s, &(struct in){.flags = A | W, .seq = 101, .ack = 1, .length = 100, .ecn = ECN_CE});
    expect(s, A | E, 1, 0, 201);
}

/* [rfc3168#24] Repeated data that has been taken in, and data beyond the window. */
SCRIPT_TEST(marks_outside_the_window_are_not_told) {
    establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 100});
    advance(s, 40 * MS);
    expect(s, A, 1, 0, 101);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 100, .ecn = ECN_CE});
    expect(s, A, 1, 0, 101);
    inject(s, &(struct in){.flags = A, .seq = 5000000, .ack = 1, .length = 100, .ecn = ECN_CE});
    expect(s, A, 1, 0, 101);
}

SCRIPT_TEST(marked_acknowledgment_is_not_told) {
    establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .ecn = ECN_CE});
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 10});
    advance(s, 40 * MS);
    expect(s, A, 1, 0, 11);
}

/* ---- marks that the peer tells of ---- */

/* [rfc3168#14] [rfc3168#16] [rfc3168#17] [rfc3168#15] One reduction a round trip: for what was sent
 * before it, ECE means nothing more, and the window goes down to half as what was in flight
 * arrives (RFC 9937). */
SCRIPT_TEST(echo_halves_the_window_once_a_round_trip) {
    establish(s);
    const uint32_t mss = MSS(s);
    assert_int_equal(program_send(s, 30 * mss), 30 * mss);
    assert_int_equal(drain_out(s), 10);
    const struct congestion *congestion = &script_connection(s)->flight->congestion;
    inject(s, &(struct in){.flags = A | E, .seq = 1, .ack = 1 + 2 * mss});
    assert_int_equal(congestion->ssthresh, 5 * mss);
    assert_int_equal(congestion->cwnd, 9 * mss);
    for (uint32_t i = 4; i <= 10; i += 2) {
        inject(s, &(struct in){.flags = A | E, .seq = 1, .ack = 1 + i * mss});
        assert_int_equal(congestion->ssthresh, 5 * mss);
    }
    assert_int_equal(congestion->cwnd, 5 * mss);
    assert_int_equal(s->transport.counters.tcp_ecn_reductions, 1);
    expect(s, A | W, 1 + 10 * mss, mss, 1); /* the first new data, and it alone, says so */
    expect(s, A, 1 + 11 * mss, mss, 1);
    drain_out(s);
    inject(s,
           &(struct in){.flags = A | E, .seq = 1, .ack = 1 + 10 * mss}); /* CWR is not there yet */
    assert_int_equal(s->transport.counters.tcp_ecn_reductions, 1);
    drain_out(s);
    inject(s, &(struct in){.flags = A | E, .seq = 1, .ack = 1 + 11 * mss});
    assert_int_equal(s->transport.counters.tcp_ecn_reductions, 2);
    assert_true(congestion->ssthresh < 5 * mss);
    assert_int_equal(s->transport.counters.tcp_retrans_segs, 0);
}

SCRIPT_TEST(echo_while_nothing_is_in_flight_reduces_nothing) {
    establish(s);
    inject(s, &(struct in){.flags = PA | E, .seq = 1, .ack = 1, .length = 10});
    advance(s, 40 * MS);
    drain_out(s);
    assert_int_equal(s->transport.counters.tcp_ecn_reductions, 0);
}

/* [rfc3168#23] [rfc3168#17] A repetition is not ECT and has no CWR; the next new data has it. */
SCRIPT_TEST(repetition_is_not_ect_and_cwr_waits_for_new_data) {
    establish(s);
    assert_int_equal(program_send(s, 100), 100);
    expect(s, PA, 1, 100, 1);
    assert_int_equal(s->last.ecn, ECN_ECT_0);
    advance(s, 3 * DOBOS_SECOND);
    expect(s, PA, 1, 100, 1);
    assert_int_equal(s->last.ecn, ECN_NOT_ECT);
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 101});
    assert_int_equal(program_send(s, 100), 100);
    expect(s, PA | W, 101, 100, 1);
    assert_int_equal(s->last.ecn, ECN_ECT_0);
}

/* [rfc3168#25] */
SCRIPT_TEST(window_probe_is_not_ect) {
    establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 1, .closed = true});
    drain_out(s);
    script_connection(s)->ecn.owes_cwr = true;
    assert_int_equal(program_send(s, 100), 100);
    expect_nothing(s);
    advance(s, 2 * DOBOS_SECOND);
    unsigned probes = 0;
    for (unsigned i = 0; i < s->out_count; i++) {
        const struct out *out = &s->out[s->out_first + i];
        probes += out->length == 1;
        assert_int_equal(out->ecn, ECN_NOT_ECT);
        assert_int_equal(out->flags & W, 0);
    }
    assert_true(probes > 0);
    drain_out(s);
}

/* [rfc3168#16] A mark on the way to what is being repaired adds nothing; a loss from before a
 * reduction for a mark adds nothing either. */
SCRIPT_TEST(loss_and_mark_of_one_window_reduce_once) {
    establish(s);
    const uint32_t mss = MSS(s);
    assert_int_equal(program_send(s, 30 * mss), 30 * mss);
    assert_int_equal(drain_out(s), 10);
    inject(s, &(struct in){.flags = A | E, .seq = 1, .ack = 1 + mss});
    const struct congestion *congestion = &script_connection(s)->flight->congestion;
    assert_int_equal(congestion->ssthresh, 5 * mss);
    for (unsigned i = 0; i < 3; i++)
        inject(s, &(struct in){.flags = A | E, .seq = 1, .ack = 1 + mss});
    assert_int_equal(congestion->ssthresh, 5 * mss);
    drain_out(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syn_that_asks_and_answer_that_agrees_make_data_ect),
        cmocka_unit_test(answer_without_echo_or_with_all_flags_turns_it_off),
        cmocka_unit_test(listener_agrees_when_asked_and_not_when_off),
        cmocka_unit_test(listener_that_is_not_asked_does_not_agree),
        cmocka_unit_test(passive_host_does_not_ask),
        cmocka_unit_test(repeated_syn_does_not_ask_and_nothing_is_ect),
        cmocka_unit_test(peers_repeated_syn_that_does_not_ask_turns_it_off),
        cmocka_unit_test(crossing_syns_agree_on_the_lesser),
        cmocka_unit_test(mark_is_echoed_until_the_peer_says_cwr),
        cmocka_unit_test(mark_that_comes_with_cwr_is_echoed),
        cmocka_unit_test(marks_outside_the_window_are_not_told),
        cmocka_unit_test(marked_acknowledgment_is_not_told),
        cmocka_unit_test(echo_halves_the_window_once_a_round_trip),
        cmocka_unit_test(echo_while_nothing_is_in_flight_reduces_nothing),
        cmocka_unit_test(repetition_is_not_ect_and_cwr_waits_for_new_data),
        cmocka_unit_test(window_probe_is_not_ect),
        cmocka_unit_test(loss_and_mark_of_one_window_reduce_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
