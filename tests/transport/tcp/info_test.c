/* What is told of a connection is told of all its life, and until now. */
#include "harness.h"

static struct dobos_tcp_info info_of(struct script *s) {
    struct dobos_socket_info info;
    tcp_info_read(s->socket, &info);
    tcp_info_complete(&s->transport, s->socket, s->now, &info.tcp);
    return info.tcp;
}

/* Nothing has happened since the data went out, but the time goes by. */
SCRIPT_TEST(waiting_counts_until_now) {
    script_establish(s);
    assert_int_equal(program_send(s, 100), 100);
    drain_out(s);
    s->now += 150 * MS;
    assert_int_equal(info_of(s).busy_ns, 150 * MS);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 101});
    advance(s, 500 * MS);
    assert_int_equal(info_of(s).busy_ns, 150 * MS);
    assert_int_equal(program_send(s, 100), 100);
    advance(s, 10 * MS);
    assert_int_equal(info_of(s).busy_ns, 160 * MS);
    drain_out(s);
}

SCRIPT_TEST(delivered_counts_on_after_a_pause) {
    script_establish(s);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(program_send(s, 1000), 1000);
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + i * 1000});
        drain_out(s);
        advance(s, 10 * DOBOS_SECOND);
        assert_null(script_connection(s)->flight);
        assert_in_range(info_of(s).delivered, i, i);
    }
}

SCRIPT_TEST(segments_out_of_order_are_counted) {
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 101, .ack = 1, .length = 100});
    inject(s, &(struct in){.flags = A, .seq = 301, .ack = 1, .length = 100});
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 100});
    assert_int_equal(info_of(s).out_of_order, 2);
    drain_out(s);
}

SCRIPT_TEST(pacing_rate_of_the_program_is_told) {
    script_establish(s);
    assert_true(info_of(s).max_pacing_rate == UINT64_MAX);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_MAX_PACING_RATE, 125000),
                     0);
    assert_int_equal(info_of(s).max_pacing_rate, 125000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waiting_counts_until_now),
        cmocka_unit_test(delivered_counts_on_after_a_pause),
        cmocka_unit_test(segments_out_of_order_are_counted),
        cmocka_unit_test(pacing_rate_of_the_program_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
