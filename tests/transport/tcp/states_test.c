/* Every state and every way to close (RFC 9293 §3.5, §3.6, §3.10), as packet scripts at all edges
 * of sequence numbers. */
#include "harness.h"

/* ---- opening ---- */

/* [rfc9293#17] [rfc9293#96] [rfc9293#12] [attack:E34] */
SCRIPT_TEST(active_open_ends_established) {
    script_connect(s);
    assert_int_equal(tcp_ready(s->socket), 0);
    s->socket->armed = 0;
    assert_int_equal(tcp_send(&s->transport, s->socket, "x", 1), -DOBOS_EAGAIN);
    assert_int_equal(s->socket->armed, DOBOS_WRITABLE);
    assert_int_equal(tcp_connect(&s->transport, s->socket, s->now), -DOBOS_EALREADY);
    pump(s);
    expect(s, S, 0, 0, 0);
    assert_true(s->last.options.has_mss && s->last.options.mss == 1460);
    assert_true(s->last.options.has_timestamps && s->last.options.has_window_scale);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    expect(s, A, 1, 0, 1);
    assert_true(s->progress);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    assert_int_equal(tcp_ready(s->socket), DOBOS_WRITABLE);
}

/* [rfc9293#92] [rfc9293#32] */
SCRIPT_TEST(passive_open_ends_established) {
    script_establish_passive(s);
    assert_int_equal(s->transport.counters.tcp_passive_opens, 1);
    assert_int_equal(tcp_ready(s->socket), DOBOS_WRITABLE);
}

SCRIPT_TEST(passive_open_takes_data_with_the_handshakes_end) {
    script_listen(s, 1);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    assert_true(s->last.options.has_mss);
    assert_int_equal(s->last.options.has_timestamps, s->timestamps);
    assert_int_equal(s->last.options.has_window_scale, s->scaling);
    inject(s, &(struct in){.flags = FPA, .seq = 1, .ack = 1, .length = 10});
    expect(s, A, 1, 0, 12);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_state(s, DOBOS_TCP_CLOSE_WAIT);
    assert_int_equal(program_read(s, 100), 10);
    assert_int_equal(program_read(s, 100), 0);
}

/* Both ends open at once [rfc9293#18] [rfc9293#97] [attack:E32]. */
SCRIPT_TEST(simultaneous_open_ends_established) {
    script_connect(s);
    pump(s);
    expect(s, S, 0, 0, 0);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    assert_state(s, DOBOS_TCP_SYN_RECEIVED);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    expect(s, A, 1, 0, 1);
    assert_int_equal(program_send(s, 10), 10);
    expect(s, PA, 1, 10, 1);
}

SCRIPT_TEST(simultaneous_open_with_a_bare_acknowledgment_ends_established) {
    script_reach(s, DOBOS_TCP_SYN_RECEIVED);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    assert_state(s, DOBOS_TCP_ESTABLISHED);
}

/* [rfc9293#103] [rfc9293#19] */
SCRIPT_TEST(syn_received_by_active_open_reset_is_refused) {
    script_reach(s, DOBOS_TCP_SYN_RECEIVED);
    inject(s, &(struct in){.flags = R, .seq = 1});
    assert_state(s, DOBOS_TCP_CLOSED);
    assert_int_equal(tcp_read(&s->transport, s->socket, NULL, 0), -DOBOS_ECONNREFUSED);
}

/* [rfc9293#103] [rfc9293#19] */
SCRIPT_TEST(syn_received_by_passive_open_reset_leaves_the_listener) {
    script_listen(s, 8);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    inject(s, &(struct in){.flags = R, .seq = 1});
    expect_nothing(s);
    assert_int_equal(s->transport.half_open, 0);
    assert_int_equal(tcp_ready(s->listener), 0);
    assert_int_equal(s->transport.flows.count, 0);
}

/* [rfc9293#106] */
SCRIPT_TEST(syn_received_wrong_acknowledgment_is_reset) {
    script_listen(s, 8);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 2});
    expect(s, R, 2, 0, 0);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 0});
    expect(s, R, 0, 0, 0);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    assert_int_equal(tcp_ready(s->listener), DOBOS_READABLE);
}

SCRIPT_TEST(syn_received_wrong_acknowledgment_after_active_open_is_reset) {
    script_reach(s, DOBOS_TCP_SYN_RECEIVED);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 77});
    expect(s, R, 77, 0, 0);
    assert_state(s, DOBOS_TCP_SYN_RECEIVED);
}

/* ---- SYN-SENT ---- */

/* [rfc9293#94] */
SCRIPT_TEST(syn_sent_wrong_acknowledgment_is_reset_and_goes_on) {
    script_reach(s, DOBOS_TCP_SYN_SENT);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 2});
    expect(s, R, 2, 0, 0);
    inject(s, &(struct in){.flags = A, .seq = 0, .ack = 0});
    expect(s, R, 0, 0, 0);
    assert_state(s, DOBOS_TCP_SYN_SENT);
}

/* For want of memory our SYN has not left: who acknowledges it nevertheless does not know it
 * [rfc9293#94]. */
SCRIPT_TEST(syn_sent_nothing_is_acknowledged_before_the_syn_has_left) {
    script_connect(s);
    s->isn = script_connection(s)->iss;
    s->hold = true;
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 0});
    assert_state(s, DOBOS_TCP_SYN_SENT);
    assert_int_equal(s->reason, DROP_TCP_ACK);
    inject(s, &(struct in){.flags = RA, .seq = 0, .ack = 0});
    assert_state(s, DOBOS_TCP_SYN_SENT);
    s->hold = false;
    drain_out(s);
    pump(s);
    assert_int_equal(drain_out(s), 1);
}

/* [rfc9293#95] [rfc5961#4] */
SCRIPT_TEST(syn_sent_reset_with_our_acknowledgment_is_refused) {
    script_reach(s, DOBOS_TCP_SYN_SENT);
    inject(s, &(struct in){.flags = R, .seq = 0});
    assert_state(s, DOBOS_TCP_SYN_SENT);
    inject(s, &(struct in){.flags = RA, .seq = 0, .ack = 2});
    assert_state(s, DOBOS_TCP_SYN_SENT);
    inject(s, &(struct in){.flags = RA, .seq = 0, .ack = 1});
    assert_state(s, DOBOS_TCP_CLOSED);
    expect_nothing(s);
    assert_true(tcp_ready(s->socket) & DOBOS_ERROR);
    assert_int_equal(tcp_send(&s->transport, s->socket, "x", 1), -DOBOS_ECONNREFUSED);
    assert_int_equal(tcp_send(&s->transport, s->socket, "x", 1), -DOBOS_EPIPE);
}

/* [rfc9293#98] */
SCRIPT_TEST(syn_sent_neither_syn_nor_reset_is_dropped) {
    script_reach(s, DOBOS_TCP_SYN_SENT);
    inject(s, &(struct in){.flags = A, .seq = 0, .ack = 1, .length = 5});
    inject(s, &(struct in){.flags = F, .seq = 0});
    inject(s, &(struct in){.flags = 0, .seq = 0});
    expect_nothing(s);
    assert_state(s, DOBOS_TCP_SYN_SENT);
}

/* The timer has fired, but the interface has had no room for the repetition before the answer came
 * to the first. */
SCRIPT_TEST(syn_sent_answered_before_its_repetition_has_left_sends_what_follows) {
    script_reach(s, DOBOS_TCP_SYN_SENT);
    s->hold = true;
    advance(s, 1000 * MS);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    s->hold = false;
    pump(s);
    expect(s, A, 1, 0, 1);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    assert_int_equal(program_send(s, 10), 10);
    expect(s, PA, 1, 10, 1);
}

/* [rfc9293#87] */
SCRIPT_TEST(syn_sent_close_ends_without_a_word) {
    script_reach(s, DOBOS_TCP_SYN_SENT);
    program_close(s);
    expect_nothing(s);
    assert_true(script_is_gone(s));
}

/* [rfc9293#87] */
SCRIPT_TEST(listen_close_ends_the_listener) {
    script_listen(s, 1);
    tcp_close(&s->transport, s->listener, s->now);
    pump(s);
    assert_null(s->listener);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, RA, (uint32_t)-(int32_t)s->isn.raw, 0, 1);
}

/* ---- closing: we first ---- */

/* [rfc9293#109] [rfc9293#29] [rfc9293#114] [rfc9293#24] */
SCRIPT_TEST(close_first_goes_through_fin_wait_to_time_wait) {
    script_establish(s);
    assert_int_equal(tcp_shutdown(&s->transport, s->socket, DOBOS_SHUTDOWN_SEND), 0);
    pump(s);
    expect(s, FA, 1, 0, 1);
    assert_state(s, DOBOS_TCP_FIN_WAIT_1);
    assert_int_equal(program_send(s, 1), -DOBOS_EPIPE);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 2});
    assert_state(s, DOBOS_TCP_FIN_WAIT_2);
    assert_false(tcp_ready(s->socket) & DOBOS_HANGUP);
    inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 2});
    expect(s, A, 2, 0, 2);
    assert_state(s, DOBOS_TCP_TIME_WAIT);
    assert_true(tcp_ready(s->socket) & DOBOS_HANGUP);
    assert_int_equal(program_read(s, 10), 0);
    program_close(s);
    advance(s, 60 * DOBOS_SECOND - 1);
    assert_false(script_is_gone(s));
    advance(s, 1);
    assert_true(script_is_gone(s));
    expect_nothing(s);
}

/* [rfc9293#25] */
SCRIPT_TEST(half_close_goes_on_receiving) {
    script_reach(s, DOBOS_TCP_FIN_WAIT_2);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 2, .length = 500});
    advance(s, 40 * MS);
    expect(s, A, 2, 0, 501);
    assert_int_equal(program_read(s, 1000), 500);
    inject(s, &(struct in){.flags = FA, .seq = 501, .ack = 2});
    expect(s, A, 2, 0, 502);
    assert_int_equal(program_read(s, 1000), 0);
}

SCRIPT_TEST(fin_wait_1_fin_that_acknowledges_goes_to_time_wait) {
    script_reach(s, DOBOS_TCP_FIN_WAIT_1);
    inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 2});
    expect(s, A, 2, 0, 2);
    assert_state(s, DOBOS_TCP_TIME_WAIT);
}

/* [rfc9293#27] [attack:E32] */
SCRIPT_TEST(simultaneous_close_goes_through_closing) {
    script_reach(s, DOBOS_TCP_FIN_WAIT_1);
    inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 1});
    expect(s, A, 2, 0, 2);
    assert_state(s, DOBOS_TCP_CLOSING);
    inject(s, &(struct in){.flags = A, .seq = 2, .ack = 2});
    assert_state(s, DOBOS_TCP_TIME_WAIT);
    advance(s, 60 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_CLOSED);
}

/* [rfc9293#112] */
SCRIPT_TEST(time_wait_repeated_fin_is_acknowledged_and_starts_anew) {
    script_reach(s, DOBOS_TCP_TIME_WAIT);
    advance(s, 50 * DOBOS_SECOND);
    inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 2});
    expect(s, A, 2, 0, 2);
    advance(s, 59 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_TIME_WAIT);
    advance(s, 1 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_CLOSED);
}

/* [rfc9293#26] */
SCRIPT_TEST(fin_goes_behind_all_data_and_is_repeated) {
    script_establish(s);
    assert_int_equal(program_send(s, 3000), 3000);
    assert_int_equal(tcp_shutdown(&s->transport, s->socket, DOBOS_SHUTDOWN_SEND), 0);
    pump(s);
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 3001});
    expect_nothing(s);
    advance(s, 1 * DOBOS_SECOND);
    expect(s, FA, 3001, 0, 1);
    advance(s, 2 * DOBOS_SECOND);
    expect(s, FA, 3001, 0, 1);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 3002});
    assert_state(s, DOBOS_TCP_FIN_WAIT_2);
}

/* ---- closing: the peer first ---- */

/* [rfc9293#111] [rfc9293#110] */
SCRIPT_TEST(close_second_goes_through_close_wait_to_closed) {
    script_establish(s);
    inject(s, &(struct in){.flags = FPA, .seq = 1, .ack = 1, .length = 20});
    expect(s, A, 1, 0, 22);
    assert_state(s, DOBOS_TCP_CLOSE_WAIT);
    assert_int_equal(program_read(s, 100), 20);
    assert_int_equal(program_read(s, 100), 0);
    assert_int_equal(program_send(s, 5), 5);
    expect(s, PA, 1, 5, 22);
    inject(s, &(struct in){.flags = A, .seq = 22, .ack = 6});
    program_close(s);
    expect(s, FA, 6, 0, 22);
    inject(s, &(struct in){.flags = A, .seq = 22, .ack = 7});
    assert_true(script_is_gone(s));
    expect_nothing(s);
}

/* [rfc9293#113] */
SCRIPT_TEST(data_behind_the_fin_is_ignored) {
    script_establish(s);
    inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 1});
    expect(s, A, 1, 0, 2);
    inject(s, &(struct in){.flags = PA, .seq = 2, .ack = 1, .length = 10});
    assert_int_equal(program_read(s, 100), 0);
    assert_state(s, DOBOS_TCP_CLOSE_WAIT);
}

/* A FIN that comes before the data it follows [rfc9293#111]. */
SCRIPT_TEST(early_fin_waits_for_the_hole) {
    script_establish(s);
    inject(s, &(struct in){.flags = FA, .seq = 101, .ack = 1});
    expect(s, A, 1, 0, 1);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 100});
    expect(s, A, 1, 0, 102);
    assert_state(s, DOBOS_TCP_CLOSE_WAIT);
    assert_int_equal(program_read(s, 1000), 100);
    assert_int_equal(program_read(s, 1000), 0);
}

/* ---- ending otherwise ---- */

/* [rfc9293#28] */
SCRIPT_TEST(close_with_unread_data_resets) {
    script_establish(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    expect(s, A, 1, 0, 11);
    program_close(s);
    expect(s, RA, 1, 0, 11);
    assert_true(script_is_gone(s));
}

/* [rfc9293#28] [rfc7323#21] */
SCRIPT_TEST(data_after_full_close_is_reset) {
    script_reach(s, DOBOS_TCP_FIN_WAIT_2);
    program_close(s);
    uint32_t peer_ts = s->ts;
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 2, .length = 10});
    assert_int_equal(s->reason, DROP_TCP_AFTER_CLOSE);
    expect(s, R, 2, 0, 0);
    assert_int_equal(s->last.options.has_timestamps, s->timestamps);
    if (s->timestamps)
        assert_int_equal(s->last.options.ts_echo, peer_ts);
    assert_true(script_is_gone(s));
}

/* [attack:E24] */
SCRIPT_TEST(fin_wait_2_orphan_times_out) {
    script_reach(s, DOBOS_TCP_FIN_WAIT_1);
    program_close(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 2});
    advance(s, 59 * DOBOS_SECOND);
    assert_false(script_is_gone(s));
    advance(s, 1 * DOBOS_SECOND);
    assert_true(script_is_gone(s));
}

/* [attack:E24] */
SCRIPT_TEST(orphans_beyond_the_bound_are_reset_oldest_first) {
    s->transport.orphan_limit = 2;
    script_listen(s, 8);
    for (uint16_t i = 0; i < 3; i++) {
        uint16_t port = (uint16_t)(SCRIPT_PEER_PORT + i);
        s->isn = seq_make(0);
        drain_out(s);
        inject(s, &(struct in){.flags = S, .seq = 0, .port = port});
        assert_int_equal(s->out_count, 1);
        s->isn = s->out[s->out_first].raw_seq;
        drain_out(s);
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = port});
        assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
        drain_out(s);
        program_close(s);
        assert_int_equal(s->out_count, i < 2 ? 1 : 2);
    }
    assert_int_equal(s->transport.orphan_count, 2);
    const struct out *reset = &s->out[s->out[0].flags == RA ? 0 : 1];
    assert_int_equal(reset->flags, RA);
    assert_int_equal(reset->port, SCRIPT_PEER_PORT);
    assert_int_equal(s->count, 3);
}

/* [rfc9293#88] */
SCRIPT_TEST(abort_sends_a_reset) {
    script_establish(s);
    program_send(s, 100);
    drain_out(s);
    tcp_abort(&s->transport, s->socket);
    pump(s);
    expect(s, RA, 101, 0, 1);
    assert_true(script_is_gone(s));
    advance(s, 100 * DOBOS_SECOND);
    expect_nothing(s);
}

/* [rfc9293#104] [rfc9293#24] [rfc9293#23] */
SCRIPT_TEST(reset_is_told_after_what_was_received) {
    script_establish(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    inject(s, &(struct in){.flags = R, .seq = 11, .length = 4});
    assert_state(s, DOBOS_TCP_CLOSED);
    assert_int_equal(program_read(s, 100), 10);
    assert_int_equal(program_read(s, 100), -DOBOS_ECONNRESET);
    assert_int_equal(program_read(s, 100), 0);
    assert_true(tcp_ready(s->socket) & DOBOS_HANGUP);
}

SCRIPT_TEST(shutdown_of_reading_discards_what_comes) {
    script_establish(s);
    assert_int_equal(tcp_shutdown(&s->transport, s->socket, DOBOS_SHUTDOWN_RECEIVE), 0);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 100});
    advance(s, 40 * MS);
    expect(s, A, 1, 0, 101);
    assert_int_equal(program_read(s, 10), 0);
}

/* What waits beyond a hole is discarded with what fills it, or the peer would wait for a timeout to
 * send again what has been reported. */
SCRIPT_TEST(shutdown_of_reading_discards_what_is_held) {
    s->sack = true;
    script_establish(s);
    inject(s, &(struct in){.flags = PA, .seq = 101, .ack = 1, .length = 100});
    inject(s, &(struct in){.flags = FPA, .seq = 301, .ack = 1, .length = 100});
    drain_out(s);
    assert_int_equal(tcp_shutdown(&s->transport, s->socket, DOBOS_SHUTDOWN_RECEIVE), 0);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 150});
    expect(s, A, 1, 0, 201);
    assert_int_equal(script_connection(s)->flight->held.bytes, 100);
    inject(s, &(struct in){.flags = PA, .seq = 201, .ack = 1, .length = 100});
    expect(s, A, 1, 0, 402);
    assert_state(s, DOBOS_TCP_CLOSE_WAIT);
    assert_int_equal(program_read(s, 10), 0);
}

/* [rfc9293#73] [rfc9293#69] */
SCRIPT_TEST(calls_in_wrong_states_are_refused) {
    struct dobos_socket *fresh = tcp_create(&s->transport);
    struct dobos_socket *accepted = NULL;
    assert_int_equal(tcp_send(&s->transport, fresh, "x", 1), -DOBOS_EPIPE);
    assert_int_equal(tcp_read(&s->transport, fresh, NULL, 0), -DOBOS_ENOTCONN);
    assert_int_equal(tcp_shutdown(&s->transport, fresh, DOBOS_SHUTDOWN_SEND), -DOBOS_ENOTCONN);
    assert_int_equal(tcp_accept(&s->transport, fresh, &accepted), -DOBOS_EINVAL);
    static const uint32_t wrong[] = {0, 0xffffffff, 0xe0000001};
    for (unsigned i = 0; i < 3; i++) {
        fresh->sender.flow.remote = dobos_address_ipv4(wrong[i]);
        fresh->sender.flow.remote_port = 1;
        assert_int_equal(tcp_connect(&s->transport, fresh, s->now),
                         wrong[i] == 0 ? -DOBOS_EINVAL : -DOBOS_ENETUNREACH);
    }
    tcp_close(&s->transport, fresh, s->now);
    assert_true(tcp_is_finished(fresh));
    tcp_destroy(&s->transport, fresh);
    script_establish(s);
    assert_int_equal(tcp_connect(&s->transport, s->socket, s->now), -DOBOS_EISCONN);
    assert_int_equal(tcp_listen(&s->transport, s->socket, 1), -DOBOS_EINVAL);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(active_open_ends_established),
        cmocka_unit_test(passive_open_ends_established),
        cmocka_unit_test(passive_open_takes_data_with_the_handshakes_end),
        cmocka_unit_test(simultaneous_open_ends_established),
        cmocka_unit_test(simultaneous_open_with_a_bare_acknowledgment_ends_established),
        cmocka_unit_test(syn_received_by_active_open_reset_is_refused),
        cmocka_unit_test(syn_received_by_passive_open_reset_leaves_the_listener),
        cmocka_unit_test(syn_received_wrong_acknowledgment_is_reset),
        cmocka_unit_test(syn_received_wrong_acknowledgment_after_active_open_is_reset),
        cmocka_unit_test(syn_sent_wrong_acknowledgment_is_reset_and_goes_on),
        cmocka_unit_test(syn_sent_nothing_is_acknowledged_before_the_syn_has_left),
        cmocka_unit_test(syn_sent_reset_with_our_acknowledgment_is_refused),
        cmocka_unit_test(syn_sent_neither_syn_nor_reset_is_dropped),
        cmocka_unit_test(syn_sent_answered_before_its_repetition_has_left_sends_what_follows),
        cmocka_unit_test(syn_sent_close_ends_without_a_word),
        cmocka_unit_test(listen_close_ends_the_listener),
        cmocka_unit_test(close_first_goes_through_fin_wait_to_time_wait),
        cmocka_unit_test(half_close_goes_on_receiving),
        cmocka_unit_test(fin_wait_1_fin_that_acknowledges_goes_to_time_wait),
        cmocka_unit_test(simultaneous_close_goes_through_closing),
        cmocka_unit_test(time_wait_repeated_fin_is_acknowledged_and_starts_anew),
        cmocka_unit_test(fin_goes_behind_all_data_and_is_repeated),
        cmocka_unit_test(close_second_goes_through_close_wait_to_closed),
        cmocka_unit_test(data_behind_the_fin_is_ignored),
        cmocka_unit_test(early_fin_waits_for_the_hole),
        cmocka_unit_test(close_with_unread_data_resets),
        cmocka_unit_test(data_after_full_close_is_reset),
        cmocka_unit_test(fin_wait_2_orphan_times_out),
        cmocka_unit_test(orphans_beyond_the_bound_are_reset_oldest_first),
        cmocka_unit_test(abort_sends_a_reset),
        cmocka_unit_test(reset_is_told_after_what_was_received),
        cmocka_unit_test(shutdown_of_reading_discards_what_comes),
        cmocka_unit_test(shutdown_of_reading_discards_what_is_held),
        cmocka_unit_test(calls_in_wrong_states_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
