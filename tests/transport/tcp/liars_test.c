/* Peers that do not mean what they say: what they gain by it, and for how long they are believed.
 */
#include "harness.h"
#include "pair.h"

#include <stdio.h>

#include <dobos/errors.h>

/* ---- windows that open and close, and nothing sent into them is taken ---- */

/* Opens the window, and closes it on what was sent; then it answers probes for so long. `taken`: of
 * what it was sent. */
static void flap(struct script *s, uint32_t acked, uint32_t taken, dobos_time closed_for) {
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = acked});
    drain_out(s);
    acked += taken;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = acked, .closed = true});
    for (dobos_time end = s->now + closed_for; s->now < end;) {
        advance(s, 1 * DOBOS_SECOND);
        if (drain_out(s) > 0)
            inject(s, &(struct in){.flags = A, .seq = 1, .ack = acked, .closed = true});
    }
}

static dobos_time flap_until_the_end(struct script *s, uint32_t length) {
    const dobos_time began = s->now;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    program_send(s, length);
    while (script_connection(s)->state == DOBOS_TCP_ESTABLISHED) {
        assert_true(s->now - began < 4000 * DOBOS_SECOND);
        flap(s, 1, 0, 60 * DOBOS_SECOND);
    }
    drain_out(s);
    return s->now - began;
}

/* [rfc9293#41] [rfc1122#155] */
SCRIPT_TEST(window_that_opens_for_nothing_puts_nothing_off) {
    script_establish(s);
    assert_in_range(flap_until_the_end(s, 3000), TCP_R2_NS, TCP_R2_NS + 130 * DOBOS_SECOND);
    assert_int_equal(program_send(s, 1), -DOBOS_ETIMEDOUT);
}

/* A single byte looks as the probe does. */
SCRIPT_TEST(window_that_opens_for_nothing_puts_nothing_off_for_a_byte) {
    script_establish(s);
    assert_in_range(flap_until_the_end(s, 1), TCP_R2_NS, TCP_R2_NS + 130 * DOBOS_SECOND);
}

static void user_timeout_set(struct script *s, int64_t ms) {
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_USER_TIMEOUT_MS, ms), 0);
}

/* [rfc9293#42] */
SCRIPT_TEST(window_that_opens_for_nothing_does_not_put_off_the_user_timeout) {
    script_establish(s);
    user_timeout_set(s, 150000);
    assert_in_range(flap_until_the_end(s, 3000), 150 * DOBOS_SECOND, 190 * DOBOS_SECOND);
}

/* [rfc9293#42] A window that was only closed has refused nothing: what goes out when it opens has
 * the program's whole time. */
SCRIPT_TEST(window_that_opens_late_leaves_the_user_timeout_whole) {
    script_establish(s);
    user_timeout_set(s, 10000);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    program_send(s, 1000);
    for (unsigned i = 0; i < 98; i++) {
        advance(s, 100 * MS);
        if (drain_out(s) > 0)
            inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    }
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    expect(s, PA, 1, 1000, 1);
    advance(s, 9 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    advance(s, 2 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_CLOSED);
    drain_out(s);
}

/* [rfc9293#42] */
SCRIPT_TEST(window_that_opens_for_a_lone_byte_does_not_put_off_the_user_timeout) {
    script_establish(s);
    user_timeout_set(s, 150000);
    assert_in_range(flap_until_the_end(s, 1), 150 * DOBOS_SECOND, 190 * DOBOS_SECOND);
}

/* [rfc9293#61] A byte now and then is progress. */
SCRIPT_TEST(window_that_opens_for_a_byte_stays) {
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .closed = true});
    program_send(s, 3000);
    for (uint32_t i = 0; i < 10; i++) {
        flap(s, 1 + i, 0, 100 * DOBOS_SECOND);
        flap(s, 1 + i, 1, 100 * DOBOS_SECOND);
    }
    assert_state(s, DOBOS_TCP_ESTABLISHED);
}

/* ---- FINs that are none ---- */

SCRIPT_TEST(fin_is_false_where_data_goes_past_it) {
    script_establish(s);
    inject(s, &(struct in){.flags = FA, .seq = 501, .ack = 1});
    expect(s, A, 1, 0, 1);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 1000});
    assert_int_equal(program_read(s, 2000), 1000);
    advance(s, 5 * DOBOS_SECOND);
    assert_null(script_connection(s)->flight);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    drain_out(s);
    inject(s, &(struct in){.flags = FA, .seq = 1001, .ack = 1});
    expect(s, A, 1, 0, 1002);
    assert_state(s, DOBOS_TCP_CLOSE_WAIT);
}

/* A FIN that was true comes again, since nobody has acknowledged it. */
SCRIPT_TEST(fin_behind_a_hole_is_not_kept_for_ever) {
    script_establish(s);
    inject(s, &(struct in){.flags = FA, .seq = 501, .ack = 1});
    assert_non_null(script_connection(s)->flight);
    advance(s, 5 * DOBOS_SECOND);
    assert_null(script_connection(s)->flight);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 500});
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    drain_out(s);
    inject(s, &(struct in){.flags = FA, .seq = 501, .ack = 1});
    expect(s, A, 1, 0, 502);
    assert_state(s, DOBOS_TCP_CLOSE_WAIT);
}

SCRIPT_TEST(fin_below_what_has_come_ends_nothing) {
    script_establish(s);
    inject(s, &(struct in){.flags = PA, .seq = 1001, .ack = 1, .length = 100});
    inject(s, &(struct in){.flags = FA, .seq = 501, .ack = 1});
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 500});
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    inject(s, &(struct in){.flags = PA, .seq = 501, .ack = 1, .length = 500});
    assert_int_equal(program_read(s, 2000), 1100);
    drain_out(s);
}

/* The later of two counts; a segment that goes past both says that both are false. */
SCRIPT_TEST(fins_that_contradict_are_settled_by_data) {
    script_establish(s);
    struct tcp_connection *c = script_connection(s);
    inject(s, &(struct in){.flags = FA, .seq = 801, .ack = 1});
    inject(s, &(struct in){.flags = FA, .seq = 501, .ack = 1});
    assert_int_equal(seq_distance(c->flight->held.fin, s->peer_isn), 801);
    inject(s, &(struct in){.flags = PA, .seq = 701, .ack = 1, .length = 200});
    assert_false(c->flight->held.has_fin);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 700});
    assert_int_equal(program_read(s, 2000), 900);
    drain_out(s);
}

/* In order a FIN is the end, and what was said to lie beyond it was not the peer's. */
SCRIPT_TEST(data_beyond_a_fin_in_order_is_thrown_away) {
    script_establish(s);
    inject(s, &(struct in){.flags = PA, .seq = 51, .ack = 1, .length = 100});
    drain_out(s);
    inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 1, .length = 100});
    expect(s, A, 1, 0, 102);
    assert_state(s, DOBOS_TCP_CLOSE_WAIT);
    assert_int_equal(program_read(s, 2000), 100);
    assert_int_equal(program_read(s, 2000), 0);
}

/* ---- echoes of timestamps that were never sent with what they acknowledge ---- */

#define PORT 7

/* Bytes a second that arrive where one segment in a hundred is lost and the receiver's echoes are
 * so much older than true. */
static uint64_t goodput(uint32_t lie, uint64_t *undos) {
    static const dobos_time seconds = 20;
    static uint8_t bytes[1 << 16];
    const struct channel channel = {
        .loss = 42949673, .delay = 10 * MS, .mtu = 1500, .wire = true, .lie = lie};
    struct pair *pair = malloc(sizeof *pair);
    uint64_t received = 0;
    pair_init(pair, 1, &channel);
    for (unsigned side = 0; side < 2; side++) {
        pair->side[side].transport.settings.send_buffer_max_bytes = 1 << 19;
        pair->side[side].transport.settings.receive_buffer_max_bytes = 1 << 19;
    }
    struct dobos_socket *listener = pair_listen(pair, 1, PORT, 1), *receiver = NULL;
    struct dobos_socket *sender = pair_connect(pair, 0, PORT);
    const dobos_time end = pair->now + seconds * DOBOS_SECOND;
    while (pair_step(pair, end)) {
        if (!receiver)
            (void)tcp_accept(&pair->side[1].transport, listener, &receiver);
        int64_t n;
        while (tcp_send(&pair->side[0].transport, sender, bytes, sizeof bytes) > 0)
            continue;
        while (receiver &&
               (n = tcp_read(&pair->side[1].transport, receiver, bytes, sizeof bytes)) > 0)
            received += (uint64_t)n;
    }
    *undos = pair->side[0].transport.counters.tcp_partial_undos +
             pair->side[0].transport.counters.tcp_full_undos;
    pair_fini(pair);
    free(pair);
    return received / (uint64_t)seconds;
}

/* A receiver that says of each repetition that its original had arrived would not have the window
 * reduced at all; it gains less than twice what an honest one gets [attack:E18]. */
static void echoes_that_lie_gain_little(void **state) {
    uint64_t undos;
    (void)state;
    const uint64_t honest = goodput(0, &undos);
    assert_in_range(undos, 0, 20);
    const uint64_t lying = goodput(100, &undos);
    printf("# honest: %llu bytes/s; lying: %llu bytes/s, %llu undos\n", (unsigned long long)honest,
           (unsigned long long)lying, (unsigned long long)undos);
    assert_true(undos > 20);
    assert_true(lying < 2 * honest);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(window_that_opens_for_nothing_puts_nothing_off),
        cmocka_unit_test(window_that_opens_for_nothing_puts_nothing_off_for_a_byte),
        cmocka_unit_test(window_that_opens_for_nothing_does_not_put_off_the_user_timeout),
        cmocka_unit_test(window_that_opens_late_leaves_the_user_timeout_whole),
        cmocka_unit_test(window_that_opens_for_a_lone_byte_does_not_put_off_the_user_timeout),
        cmocka_unit_test(window_that_opens_for_a_byte_stays),
        cmocka_unit_test(fin_is_false_where_data_goes_past_it),
        cmocka_unit_test(fin_behind_a_hole_is_not_kept_for_ever),
        cmocka_unit_test(fin_below_what_has_come_ends_nothing),
        cmocka_unit_test(fins_that_contradict_are_settled_by_data),
        cmocka_unit_test(data_beyond_a_fin_in_order_is_thrown_away),
        cmocka_unit_test(echoes_that_lie_gain_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
