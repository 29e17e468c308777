/* TIME-WAIT: what does not end it (RFC 1337), who may follow it (RFC 6191, RFC 1122 §4.2.2.13), and
 * how many there are. */
#include "harness.h"

#include "transport/tcp/time_wait.h"

/* The listener's connection in TIME-WAIT, its program gone. */
static void wait_passive(struct script *s) {
    script_establish_passive(s);
    assert_int_equal(tcp_shutdown(&s->transport, s->socket, DOBOS_SHUTDOWN_SEND), 0);
    pump(s);
    inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 2});
    assert_state(s, DOBOS_TCP_TIME_WAIT);
    program_close(s);
    drain_out(s);
}

/* ---- nothing cuts it short ---- */

/* [attack:E26] [rfc1337#1] [rfc9293#112] */
SCRIPT_TEST(time_wait_is_not_assassinated) {
    script_reach(s, DOBOS_TCP_TIME_WAIT);
    for (uint32_t seq = 0; seq < 5; seq++) {
        inject(s, &(struct in){.flags = R, .seq = seq});
        inject(s, &(struct in){.flags = RA, .seq = seq, .ack = 2});
    }
    expect_nothing(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 2, .length = 1});
    drain_out(s);
    assert_state(s, DOBOS_TCP_TIME_WAIT);
    advance(s, 59 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_TIME_WAIT);
    advance(s, 1 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_CLOSED);
}

/* The assassination itself: an old duplicate is answered, and the reset that the answer brings back
 * from a peer that knows nothing any more does no harm [attack:E26] [rfc1337#1]. */
SCRIPT_TEST(old_duplicate_and_the_reset_it_causes_do_no_harm) {
    script_reach(s, DOBOS_TCP_TIME_WAIT);
    inject(s, &(struct in){.flags = PA, .seq = (uint32_t)-5000, .ack = 1, .length = 100});
    expect(s, A, 2, 0, 2);
    inject(s, &(struct in){.flags = R, .seq = 2});
    assert_state(s, DOBOS_TCP_TIME_WAIT);
    expect_nothing(s);
}

/* ---- the peer comes again ---- */

struct arrival {
    bool old_has, new_has; /* timestamps */
    int ts;                /* the new one's timestamp beside the last of the old connection */
    uint32_t seq;          /* the last was 1, the FIN's */
    bool is_taken;
};

static void arrive(struct script *s, const struct arrival *arrival) {
    s->timestamps = arrival->old_has;
    s->scaling = false;
    wait_passive(s);
    const struct dobos_socket *socket = s->sockets[s->count - 1];
    s->ts = connection_of_const(socket)->ts_recent + (uint32_t)arrival->ts;
    s->timestamps = arrival->new_has;
    inject(s, &(struct in){.flags = S, .seq = arrival->seq});
    assert_int_equal(s->transport.half_open, arrival->is_taken);
    bool is_silent =
        arrival->old_has && !arrival->new_has && !arrival->is_taken; /* RFC 7323 §3.2 */
    assert_int_equal(s->out_count, is_silent ? 0 : 1);
    if (!is_silent)
        assert_int_equal(s->out[s->out_first].flags, arrival->is_taken ? SA : A);
    drain_out(s);
    advance(s, 1);
    assert_int_equal(s->transport.time_wait_count, !arrival->is_taken);
    assert_int_equal(s->transport.counters.tcp_time_wait_recycled, arrival->is_taken);
}

/* [attack:E27] [rfc6191#1] [rfc6191#2] [rfc6191#3] [rfc6191#4] [rfc9293#30] */
static void time_wait_gives_way_to_what_is_surely_newer(void **state) {
    static const uint32_t older = 0x90000000, newer = 100000;
    static const struct arrival arrivals[] = {
        {true, true, 1, newer, true},       {true, true, 1, older, true},
        {true, true, 1, 1, true},           {true, true, 0, newer, true},
        {true, true, 0, 2, true},           {true, true, 0, 1, false},
        {true, true, 0, older, false},      {true, true, -1, newer, false},
        {true, true, -1, older, false},     {true, false, 0, newer, true},
        {true, false, 0, 2, true},          {true, false, 0, 1, false},
        {true, false, 0, older, false},     {false, true, 0, newer, true},
        {false, true, 0, older, true},      {false, false, 0, newer, true},
        {false, false, 0, 2, true},         {false, false, 0, 1, false},
        {false, false, 0, older, false},    {true, true, 0x7fffffff, older, true},
        {true, true, -0x7fffffff, 2, false}};
    static const uint32_t isns[][2] = {{7, 9}, {0xffffffff, 0xffffffff}, {0x7fffffff, 0x80000000}};
    struct script *s = malloc(sizeof *s);
    (void)state;
    for (size_t i = 0; i < array_length(arrivals) * array_length(isns); i++) {
        script_init(s, isns[i % 3][0], isns[i % 3][1], true);
        arrive(s, &arrivals[i / 3]);
        script_fini(s);
    }
    free(s);
}

/* Who is not newer is asked to prove itself, as in any state [rfc6191#5] [rfc5961#5]. */
SCRIPT_TEST(older_syn_is_challenged) {
    wait_passive(s);
    inject(s, &(struct in){.flags = S, .seq = (uint32_t)-1000, .old_ts = true});
    assert_int_equal(s->transport.half_open, 0);
    expect(s, A, 2, 0, 2);
}

/* Without a listener nobody follows. */
SCRIPT_TEST(newer_syn_without_a_listener_is_challenged) {
    script_reach(s, DOBOS_TCP_TIME_WAIT);
    inject(s, &(struct in){.flags = S, .seq = 100000});
    expect(s, A, 2, 0, 2);
    assert_state(s, DOBOS_TCP_TIME_WAIT);
}

/* A SYN that is not taken, for want of room or memory, has followed nobody: the wait goes on, and
 * an old duplicate is answered from it as before. */
static void syn_in_vain(struct script *s, enum drop_reason reason) {
    inject(s, &(struct in){.flags = S, .seq = 100000});
    assert_int_equal(s->reason, reason);
    expect_nothing(s);
    advance(s, 1);
    assert_int_equal(s->transport.half_open, 0);
    assert_int_equal(s->transport.time_wait_count, 1);
    assert_int_equal(s->transport.counters.tcp_time_wait_recycled, 0);
    inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 2});
    expect(s, A, 2, 0, 2);
}

SCRIPT_TEST(syn_at_a_full_listener_ends_no_wait) {
    wait_passive(s);
    struct tcp_listener *listener = connection_of(s->listener)->listener;
    listener->waiting_count += listener->backlog + 1; /* as if so many were waiting */
    syn_in_vain(s, DROP_TCP_BACKLOG);
    assert_int_equal(s->transport.counters.tcp_listen_overflows, 1);
    listener->waiting_count -= listener->backlog + 1;
    inject(s, &(struct in){.flags = S, .seq = 100000});
    assert_int_equal(s->transport.half_open, 1);
    drain_out(s);
}

SCRIPT_TEST(syn_without_memory_ends_no_wait) {
    wait_passive(s);
    s->fail_at = s->allocations + 1;
    syn_in_vain(s, DROP_NO_MEMORY);
}

/* Our own number lies beyond all of the old connection's, however much that has sent, and is no
 * cookie [rfc9293#30]. */
SCRIPT_TEST(follower_begins_beyond_the_old_numbers) {
    wait_passive(s);
    s->transport.settings.syn_cookies = DOBOS_SYN_COOKIES_ALWAYS;
    struct tcp_connection *c = connection_of(s->sockets[s->count - 1]);
    c->snd_una = c->snd_nxt = seq_add(c->snd_nxt, 1000000000);
    struct seq end = c->snd_nxt;
    inject(s, &(struct in){.flags = S, .seq = 100000});
    assert_int_equal(s->transport.half_open, 1);
    assert_true(seq_gt(s->out[s->out_first].raw_seq, seq_add(end, 65535)));
    drain_out(s);
}

/* ---- we come again ---- */

/* The connection's program goes; then a new one asks for the same flow. */
static int connect_again(struct script *s) {
    struct dobos_socket *socket = tcp_create(&s->transport);
    s->sockets[s->count++] = s->socket = socket;
    socket->sender.flow.local = dobos_address_ipv4(0x0a000001);
    socket->sender.flow.local_port = SCRIPT_PORT;
    assert_int_equal(port_claim(&s->transport, socket), 0);
    socket->sender.flow.remote = dobos_address_ipv4(0x0a000002);
    socket->sender.flow.remote_port = SCRIPT_PEER_PORT;
    return tcp_connect(&s->transport, socket, s->now);
}

static void wait_active(struct script *s) {
    script_reach(s, DOBOS_TCP_TIME_WAIT);
    program_close(s);
    assert_int_equal(s->transport.time_wait_count, 1);
}

/* [attack:E27] */
SCRIPT_TEST(connect_takes_over_a_flow_after_a_second) {
    wait_active(s);
    struct seq end = connection_of(s->sockets[0])->snd_nxt;
    advance(s, 1 * DOBOS_SECOND + 1);
    if (!s->timestamps) {
        assert_int_equal(connect_again(s), -DOBOS_EADDRNOTAVAIL);
        assert_int_equal(s->transport.time_wait_count, 1);
        return;
    }
    assert_int_equal(connect_again(s), -DOBOS_EINPROGRESS);
    pump(s);
    assert_true(seq_gt(s->out[s->out_first].raw_seq, seq_add(end, 65535)));
    s->isn = s->out[s->out_first].raw_seq;
    drain_out(s);
    assert_int_equal(s->transport.time_wait_count, 0);
    s->peer_isn = seq_add(s->peer_isn, 1000);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    expect(s, A, 1, 0, 1);
    advance(s, 1); /* the old one is gone; only the new one is left */
    assert_int_equal(s->count, 1);
}

SCRIPT_TEST(connect_does_not_take_over_a_flow_within_a_second) {
    wait_active(s);
    advance(s, 1 * DOBOS_SECOND);
    assert_int_equal(connect_again(s), -DOBOS_EADDRNOTAVAIL);
    assert_int_equal(s->transport.time_wait_count, 1);
}

/* Only TIME-WAIT gives a flow away. */
SCRIPT_TEST(connect_takes_over_no_living_flow) {
    script_reach(s, DOBOS_TCP_FIN_WAIT_2);
    program_close(s);
    advance(s, 2 * DOBOS_SECOND);
    port_release(&s->transport, s->socket);
    assert_int_equal(connect_again(s), -DOBOS_EADDRNOTAVAIL);
}

/* ---- how many ---- */

/* The oldest ends early, and it is counted [attack:E27]. */
SCRIPT_TEST(oldest_time_wait_ends_for_a_new_one) {
    s->transport.time_wait_limit = 1;
    wait_passive(s);
    inject(s, &(struct in){.flags = S, .seq = 0, .port = 4001});
    s->isn = s->out[s->out_first].raw_seq;
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = 4001});
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_int_equal(tcp_shutdown(&s->transport, s->socket, DOBOS_SHUTDOWN_SEND), 0);
    pump(s);
    inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 2, .port = 4001});
    drain_out(s);
    program_close(s);
    advance(s, 1);
    assert_int_equal(s->transport.time_wait_count, 1);
    assert_int_equal(s->transport.counters.tcp_time_wait_overflows, 1);
    assert_int_equal(s->count, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_wait_is_not_assassinated),
        cmocka_unit_test(old_duplicate_and_the_reset_it_causes_do_no_harm),
        cmocka_unit_test(time_wait_gives_way_to_what_is_surely_newer),
        cmocka_unit_test(older_syn_is_challenged),
        cmocka_unit_test(newer_syn_without_a_listener_is_challenged),
        cmocka_unit_test(syn_at_a_full_listener_ends_no_wait),
        cmocka_unit_test(syn_without_memory_ends_no_wait),
        cmocka_unit_test(follower_begins_beyond_the_old_numbers),
        cmocka_unit_test(connect_takes_over_a_flow_after_a_second),
        cmocka_unit_test(connect_does_not_take_over_a_flow_within_a_second),
        cmocka_unit_test(connect_takes_over_no_living_flow),
        cmocka_unit_test(oldest_time_wait_ends_for_a_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
