/* Connections whose peers take nothing: they are probed for as long as they answer, but for those
 * that nobody owns, and they go first when memory is short (RFC 6429). */
#include "harness.h"

#include "transport/tcp/pressure.h"

static bool is_listed(struct script *s) {
    const struct tcp_flight *flight = script_connection(s)->flight;
    return flight && list_node_is_linked(&flight->stalled);
}

/* Data waits at a closed window; the first probe has been answered. */
static void stall(struct script *s) {
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    drain_out(s);
    assert_int_equal(program_send(s, 5000), 5000);
}

/* Lets time pass; each probe is answered by a closed window. */
static void answer_probes(struct script *s, unsigned seconds) {
    for (unsigned i = 0; i < seconds && s->count > 0 && s->sockets[0] == s->socket; i++) {
        advance(s, 1 * DOBOS_SECOND);
        for (unsigned j = drain_out(s); j > 0 && s->count > 0; j = 0)
            inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
        drain_out(s);
    }
}

/* [rfc6429#1] [attack:E23] */
SCRIPT_TEST(closed_window_is_probed_for_hours) {
    stall(s);
    answer_probes(s, 4 * 3600);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    assert_true(is_listed(s));
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    assert_true(s->out_count >= 1);
    drain_out(s);
}

/* The program that set a user timeout is told (RFC 9293 §3.8.6.1) [attack:E23]. */
SCRIPT_TEST(closed_window_ends_by_the_user_timeout) {
    script_establish(s);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_USER_TIMEOUT_MS, 60000),
                     0);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    program_send(s, 5000);
    answer_probes(s, 59);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    answer_probes(s, 62);
    assert_state(s, DOBOS_TCP_CLOSED);
    assert_int_equal(tcp_read(&s->transport, s->socket, NULL, 0), -DOBOS_ETIMEDOUT);
}

/* Nobody waits for the data of a program that has gone: its peer gets a reset [rfc6429#2]
 * [attack:E24]. */
SCRIPT_TEST(orphan_at_a_closed_window_is_reset_in_time) {
    stall(s);
    program_close(s);
    answer_probes(s, 90);
    assert_int_equal(s->transport.orphan_count, 1);
    bool was_reset = false;
    for (unsigned i = 0; i < 240 && !was_reset && s->count > 0; i++) {
        advance(s, 1 * DOBOS_SECOND);
        if (s->out_count > 0)
            was_reset = s->out[s->out_first + s->out_count - 1].flags == RA;
        if (drain_out(s) > 0 && !was_reset)
            inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
        drain_out(s);
    }
    assert_true(was_reset);
    assert_int_equal(s->count, 0);
    assert_int_equal(s->transport.orphan_count, 0);
    assert_int_equal(s->transport.counters.tcp_aborted_on_timeout, 1);
}

/* Two timers without progress make a stalled peer; a byte it takes unmakes it. */
SCRIPT_TEST(peer_that_takes_something_is_no_more_stalled) {
    stall(s);
    assert_false(is_listed(s));
    answer_probes(s, 10);
    assert_true(is_listed(s));
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 2, .closed = true});
    assert_false(pressure_relieve(&s->transport, NULL));
    assert_false(is_listed(s));
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    drain_out(s);
}

/* A peer that is silent is stalled as well as one that answers. */
SCRIPT_TEST(silent_peer_is_stalled) {
    script_establish(s);
    program_send(s, 1000);
    advance(s, 600 * MS);
    for (unsigned i = 0; i < 10 && !is_listed(s); i++)
        advance(s, 1 * DOBOS_SECOND);
    assert_true(is_listed(s));
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1001});
    drain_out(s);
    advance(s, 30 * DOBOS_SECOND);
    assert_null(script_connection(s)->flight);
    assert_null(list_first(&s->transport.stalled));
}

/* [rfc6429#3] [attack:E22] */
SCRIPT_TEST(memory_of_the_stalled_goes_to_who_needs_it) {
    stall(s);
    answer_probes(s, 10);
    struct dobos_socket *stalled = s->socket;
    s->transport.buffer_limit_bytes = s->transport.buffer_bytes;
    assert_false(pressure_relieve(&s->transport, connection_of(stalled)));
    assert_true(pressure_relieve(&s->transport, NULL));
    assert_int_equal(s->transport.counters.tcp_aborted_on_memory, 1);
    pump(s);
    assert_int_equal(s->out_count, 1);
    assert_int_equal(s->out[s->out_first].flags, RA);
    drain_out(s);
    assert_int_equal(s->transport.buffer_bytes, 0);
    assert_int_equal(tcp_read(&s->transport, stalled, NULL, 0), -DOBOS_ECONNABORTED);
    assert_false(pressure_relieve(&s->transport, NULL));
}

/* What the program has not read stays readable, and is taken for no stalled flight again. */
SCRIPT_TEST(relieved_connection_keeps_what_it_received) {
    stall(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 100, .closed = true});
    for (unsigned i = 0; i < 20 && !is_listed(s); i++) {
        advance(s, 1 * DOBOS_SECOND);
        if (drain_out(s) > 0)
            inject(s, &(struct in){.flags = A, .seq = 101, .ack = 1, .closed = true});
    }
    drain_out(s);
    assert_true(pressure_relieve(&s->transport, NULL));
    assert_false(pressure_relieve(&s->transport, NULL));
    pump(s);
    drain_out(s);
    assert_int_equal(program_read(s, 200), 100);
}

/* Short of memory, a connection without any data may still give some to send, but not a whole
 * buffer [attack:E22]. */
SCRIPT_TEST(first_bytes_are_taken_when_memory_is_short) {
    script_establish(s);
    s->transport.buffer_limit_bytes = 0;
    assert_int_equal(program_send(s, 100000), 4096);
    assert_int_equal(program_send(s, 100000), -DOBOS_EAGAIN);
    drain_out(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_window_is_probed_for_hours),
        cmocka_unit_test(closed_window_ends_by_the_user_timeout),
        cmocka_unit_test(orphan_at_a_closed_window_is_reset_in_time),
        cmocka_unit_test(peer_that_takes_something_is_no_more_stalled),
        cmocka_unit_test(silent_peer_is_stalled),
        cmocka_unit_test(memory_of_the_stalled_goes_to_who_needs_it),
        cmocka_unit_test(relieved_connection_keeps_what_it_received),
        cmocka_unit_test(first_bytes_are_taken_when_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
