/* Listeners, half-open records and their bounds; ports of connections; keepalive; options. */
#include "harness.h"

/* A SYN from the peer's port; returns whether it was answered. */
static bool syn(struct script *s, uint16_t port) {
    drain_out(s);
    inject(s, &(struct in){.flags = S, .seq = 0, .port = port});
    if (s->out_count == 0)
        return false;
    s->isn = s->out[s->out_first].raw_seq;
    return true;
}

static void finish(struct script *s, uint16_t port) {
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = port});
}

/* [attack:E20] */
SCRIPT_TEST(half_open_records_are_bounded_oldest_first) {
    s->transport.settings.syn_cookies = DOBOS_SYN_COOKIES_OFF;
    script_listen(s, 1);
    for (uint32_t i = 0; i < 5000; i++)
        assert_true(syn(s, (uint16_t)(10000 + i)));
    assert_int_equal(s->transport.half_open, LISTENER_HALF_OPEN_MIN);
    assert_int_equal(s->transport.counters.tcp_half_open_dropped, 5000 - LISTENER_HALF_OPEN_MIN);
    finish(s, 14999); /* the newest is still there */
    assert_int_equal(tcp_ready(s->listener), DOBOS_READABLE);
    finish(s, 10000); /* the oldest is not */
    assert_true(s->out_count == 1 && s->out[s->out_first].flags == R);
    drain_out(s);
    assert_int_equal(s->transport.flows.count, LISTENER_HALF_OPEN_MIN);
}

SCRIPT_TEST(large_backlog_has_at_most_1024_half_open_records) {
    script_listen(s, 60000);
    for (uint32_t i = 0; i < 1100; i++)
        syn(s, (uint16_t)(10000 + i));
    drain_out(s);
    assert_int_equal(s->transport.half_open, LISTENER_HALF_OPEN_MAX);
}

SCRIPT_TEST(full_accept_queue_drops_syns_and_keeps_who_waits) {
    script_listen(s, 2);
    for (uint16_t port = 1000; port < 1003; port++)
        assert_true(syn(s, port));
    for (uint16_t port = 1000; port < 1003; port++) {
        drain_out(s);
        s->isn = seq_make(0);
        inject(s, &(struct in){.flags = S, .seq = 0, .port = port});
        s->isn = s->out[s->out_first].raw_seq;
        finish(s, port);
    }
    assert_int_equal(s->reason, DROP_TCP_BACKLOG);
    assert_false(syn(s, 2000));
    assert_int_equal(s->reason, DROP_TCP_BACKLOG);
    assert_int_equal(s->transport.counters.tcp_listen_overflows, 2);
    assert_int_equal(s->transport.counters.tcp_listen_drops, 2);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    finish(s, 1002); /* its acknowledgment, or its SYN,ACK, is repeated: now there is room */
    assert_int_equal(s->reason, DROP_NONE);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), -DOBOS_EAGAIN);
    drain_out(s);
}

SCRIPT_TEST(closed_listener_resets_who_waits_and_forgets_half_open) {
    script_listen(s, 4);
    syn(s, 1000);
    finish(s, 1000);
    syn(s, 1001);
    drain_out(s);
    tcp_close(&s->transport, s->listener, s->now);
    pump(s);
    assert_int_equal(s->out_count, 1);
    assert_int_equal(s->out[s->out_first].flags, RA);
    assert_int_equal(s->out[s->out_first].port, 1000);
    drain_out(s);
    advance(s, 1);
    assert_int_equal(s->count, 0);
    assert_int_equal(s->transport.half_open, 0);
    assert_int_equal(s->transport.flows.count, 0);
    assert_int_equal(s->transport.ports.count, 0);
}

SCRIPT_TEST(destroyed_listener_leaves_connections_to_host) {
    script_listen(s, 4);
    syn(s, 1000);
    finish(s, 1000);
    syn(s, 1001);
    drain_out(s);
    assert_int_equal(s->count, 2);
    tcp_destroy(&s->transport, s->listener);
    s->listener = NULL;
    s->sockets[0] = s->sockets[1];
    s->count = 1;
    assert_int_equal(s->transport.half_open, 0);
    assert_null(connection_of(s->sockets[0])->listener);
}

/* A connection that the peer resets before accept is still handed out, with its error. */
SCRIPT_TEST(waiting_connection_that_was_reset_is_accepted_with_its_error) {
    script_listen(s, 4);
    syn(s, SCRIPT_PEER_PORT);
    finish(s, SCRIPT_PEER_PORT);
    inject(s, &(struct in){.flags = R, .seq = 1});
    assert_int_equal(s->count, 2);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_int_equal(tcp_read(&s->transport, s->socket, NULL, 0), -DOBOS_ECONNRESET);
}

SCRIPT_TEST(half_open_segments_out_of_window_are_answered) {
    script_listen(s, 4);
    syn(s, SCRIPT_PEER_PORT);
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 200000, .ack = 1});
    expect(s, A, 1, 0, 1);
    inject(s, &(struct in){.flags = R, .seq = 200});
    expect(s, A, 1, 0, 1); /* [rfc5961#3] */
    inject(s, &(struct in){.flags = R, .seq = 200000});
    inject(s, &(struct in){.flags = 0, .seq = 1});
    expect_nothing(s);
    assert_int_equal(s->transport.half_open, 1);
    inject(s, &(struct in){.flags = S, .seq = 10}); /* another attempt */
    assert_int_equal(s->transport.half_open, 0);
    drain_out(s);
}

/* A listener on a port beside connections of that port [rfc9293#70] [rfc9293#69]. */
SCRIPT_TEST(listening_beside_connections_leaves_them_alone) {
    struct dobos_socket *other = tcp_create(&s->transport);
    struct flow *flow = &other->sender.flow;
    flow->local = dobos_address_ipv4(0x0a000001);
    flow->remote = dobos_address_ipv4(0x0a000007);
    flow->remote_port = 9;
    assert_int_equal(tcp_connect(&s->transport, other, s->now), -DOBOS_EINPROGRESS);
    struct dobos_socket *listener = tcp_create(&s->transport);
    listener->sender.flow.local_port = flow->local_port;
    assert_int_equal(tcp_listen(&s->transport, listener, 1), 0);
    assert_int_equal(connection_of(other)->state, DOBOS_TCP_SYN_SENT);
    assert_int_equal(tcp_listen(&s->transport, other, 1), -DOBOS_EINVAL);
    struct dobos_socket *second = tcp_create(&s->transport);
    second->sender.flow.local_port = flow->local_port;
    assert_int_equal(tcp_listen(&s->transport, second, 1), -DOBOS_EADDRINUSE);
    tcp_destroy(&s->transport, second);
    tcp_destroy(&s->transport, listener);
    tcp_destroy(&s->transport, other);
}

/* [rfc9293#71] [rfc9293#72] */
SCRIPT_TEST(bound_address_and_port_are_kept) {
    script_establish(s);
    struct dobos_socket_info info;
    tcp_info_read(s->socket, &info);
    assert_int_equal(dobos_address_ipv4_number(&info.local.address), 0x0a000001);
    assert_int_equal(info.local.port, SCRIPT_PORT);
    assert_int_equal(info.peer.port, SCRIPT_PEER_PORT);
    assert_int_equal(info.state, DOBOS_TCP_ESTABLISHED);
    assert_int_equal(info.tcp.mss, s->timestamps ? 1448 : 1460);
    assert_int_equal(info.tcp.cwnd_bytes, s->timestamps ? 14480 : 14600);
}

/* The answer to a repeated SYN echoes the repetition's timestamp, or the peer would measure its own
 * timeout [rfc7323#10]. */
SCRIPT_TEST(repeated_syn_is_answered_with_its_own_timestamp) {
    script_listen(s, 4);
    syn(s, SCRIPT_PEER_PORT);
    drain_out(s);
    s->ts += 1000;
    uint32_t repeated = s->ts;
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    if (s->timestamps)
        assert_int_equal(s->last.options.ts_echo, repeated);
}

/* Records of half-open connections can be looked at. */
SCRIPT_TEST(half_open_records_are_listed) {
    struct dobos_socket_info info;
    script_listen(s, 4);
    syn(s, 1000);
    syn(s, 1001);
    drain_out(s);
    assert_true(tcp_half_open_read(s->listener, 1, &info));
    assert_int_equal(info.peer.port, 1001);
    assert_int_equal(info.state, DOBOS_TCP_SYN_RECEIVED);
    assert_false(tcp_half_open_read(s->listener, 2, &info));
    tcp_info_read(s->listener, &info);
    assert_int_equal(info.send_queue, 4);
}

/* ---- keepalive ---- */

/* [rfc9293#49] [rfc9293#52] */
SCRIPT_TEST(idle_connection_is_silent_unless_asked) {
    int64_t value = 0;
    script_establish(s);
    advance(s, 100000 * DOBOS_SECOND);
    expect_nothing(s);
    assert_int_equal(tcp_option_read(s->socket, DOBOS_OPTION_KEEPALIVE_IDLE_S, &value), 0);
    assert_int_equal(value, 7200);
}

static void keepalive_on(struct script *s) {
    tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_KEEPALIVE_IDLE_S, 100);
    tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_KEEPALIVE_INTERVAL_S, 10);
    tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_KEEPALIVE_PROBES, 3);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_KEEPALIVE, 1), 0);
}

/* [rfc9293#48] [rfc9293#50] [rfc9293#51] [rfc9293#53] [rfc9293#54] */
SCRIPT_TEST(keepalive_probes_and_gives_up_after_several) {
    script_establish(s);
    keepalive_on(s);
    advance(s, 99 * DOBOS_SECOND);
    expect_nothing(s);
    advance(s, 1 * DOBOS_SECOND);
    expect(s, A, 0, 0, 1);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    advance(s, 99 * DOBOS_SECOND);
    expect_nothing(s);
    advance(s, 1 * DOBOS_SECOND);
    expect(s, A, 0, 0, 1);
    advance(s, 10 * DOBOS_SECOND);
    expect(s, A, 0, 0, 1);
    advance(s, 10 * DOBOS_SECOND);
    expect(s, A, 0, 0, 1);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    advance(s, 10 * DOBOS_SECOND);
    assert_state(s, DOBOS_TCP_CLOSED);
    expect_nothing(s);
    assert_int_equal(program_read(s, 1), -DOBOS_ETIMEDOUT);
}

/* [rfc9293#50] */
SCRIPT_TEST(keepalive_is_silent_while_data_is_in_flight) {
    script_establish(s);
    keepalive_on(s);
    program_send(s, 10);
    advance(s, 200 * DOBOS_SECOND);
    assert_true(s->out_count > 3);
    for (unsigned i = 0; i < s->out_count; i++)
        assert_int_equal(s->out[s->out_first + i].seq, 1);
    drain_out(s);
}

/* [rfc9293#48] */
SCRIPT_TEST(keepalive_can_be_switched_off_again) {
    script_establish(s);
    keepalive_on(s);
    assert_int_equal(tcp_option_set(&s->transport, s->socket, DOBOS_OPTION_KEEPALIVE, 0), 0);
    advance(s, 1000 * DOBOS_SECOND);
    expect_nothing(s);
}

/* ---- options ---- */

SCRIPT_TEST(options_are_checked_kept_and_inherited) {
    int64_t value;
    script_listen(s, 1);
    assert_int_equal(tcp_option_set(&s->transport, s->listener, DOBOS_OPTION_NODELAY, 2),
                     -DOBOS_EINVAL);
    assert_int_equal(tcp_option_set(&s->transport, s->listener, DOBOS_OPTION_BROADCAST, 1),
                     -DOBOS_EOPNOTSUPP);
    assert_int_equal(tcp_option_set(&s->transport, s->listener, DOBOS_OPTION_SEND_BUFFER, 4095),
                     -DOBOS_EINVAL);
    assert_int_equal(tcp_option_set(&s->transport, s->listener, DOBOS_OPTION_INTERFACE, 2),
                     -DOBOS_EINVAL);
    static const struct {
        enum dobos_option option;
        int64_t value;
    } set[] = {
        {DOBOS_OPTION_NODELAY, 1},
        {DOBOS_OPTION_KEEPALIVE, 1},
        {DOBOS_OPTION_KEEPALIVE_IDLE_S, 9},
        {DOBOS_OPTION_KEEPALIVE_INTERVAL_S, 8},
        {DOBOS_OPTION_KEEPALIVE_PROBES, 7},
        {DOBOS_OPTION_USER_TIMEOUT_MS, 6000},
        {DOBOS_OPTION_SEND_BUFFER, 5000},
        {DOBOS_OPTION_RECEIVE_BUFFER, 50000},
        {DOBOS_OPTION_TTL, 3},
        {DOBOS_OPTION_TOS, 0x10},
        {DOBOS_OPTION_CONGESTION, DOBOS_CONGESTION_RENO},
        {DOBOS_OPTION_MAX_PACING_RATE, 1000000},
    };
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
        assert_int_equal(tcp_option_set(&s->transport, s->listener, set[i].option, set[i].value),
                         0);
    syn(s, SCRIPT_PEER_PORT);
    finish(s, SCRIPT_PEER_PORT);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        assert_int_equal(tcp_option_read(s->socket, set[i].option, &value), 0);
        assert_int_equal(value, set[i].value);
    }
    assert_int_equal(s->socket->sender.ttl, 3); /* [rfc9293#78] */
    assert_int_equal(program_send(s, 6000), 5000);
    assert_int_equal(program_send(s, 6000), -DOBOS_EAGAIN);
    assert_true(s->socket->armed & DOBOS_WRITABLE);
    assert_false(tcp_ready(s->socket) & DOBOS_WRITABLE);
    drain_out(s);
}

/* Super-segments where the path's port splits them, whole segments in each. */
SCRIPT_TEST(super_segments_where_the_port_splits_them) {
    uint32_t mss = s->timestamps ? 1448 : 1460;
    s->gso_bytes = 65535;
    script_establish(s);
    program_send(s, 10 * mss + 5);
    expect(s, PA, 1, 10 * mss, 1);
    assert_int_equal(s->last.gso_bytes, mss);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + 10 * mss});
    expect(s, PA, 1 + 10 * mss, 5, 1);
    assert_int_equal(s->last.gso_bytes, 0);
}

/* Never larger than the port takes, headers included. */
SCRIPT_TEST(super_segments_keep_to_the_ports_limit) {
    uint32_t mss = s->timestamps ? 1448 : 1460;
    s->gso_bytes = 5000;
    script_establish(s);
    program_send(s, 10 * mss);
    assert_true(s->out_count >= 4); /* note_out checks each */
    assert_true(s->out[s->out_first].length % mss == 0);
    drain_out(s);
    s->gso_bytes = 65535;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + 10 * mss});
    drain_out(s);
}

/* Bound to an interface, a listener and its connections take what comes by that one only. */
SCRIPT_TEST(bound_to_an_interface_others_do_not_count) {
    s->listener = tcp_create(&s->transport);
    s->sockets[s->count++] = s->listener;
    s->listener->sender.flow.local_port = SCRIPT_PORT;
    assert_int_equal(tcp_option_set(&s->transport, s->listener, DOBOS_OPTION_INTERFACE, 2), 0);
    assert_int_equal(tcp_listen(&s->transport, s->listener, 4), 0);
    s->interface = 3;
    inject(s, &(struct in){.flags = S, .seq = 0});
    assert_int_equal(s->reason, DROP_TCP_NO_PORT);
    s->interface = 2;
    assert_true(syn(s, SCRIPT_PEER_PORT));
    finish(s, SCRIPT_PEER_PORT);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 10});
    s->interface = 3;
    inject(s, &(struct in){.flags = PA, .seq = 11, .ack = 1, .length = 10});
    assert_int_equal(s->reason, DROP_TCP_NO_PORT);
    assert_int_equal(program_read(s, 100), 10);
    drain_out(s);
}

/* What ss -i shows. */
SCRIPT_TEST(info_counts_bytes_and_segments) {
    struct dobos_socket_info info;
    script_establish(s);
    script_in_midstream(s);
    program_send(s, 100);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 61, .length = 30});
    tcp_info_read(s->socket, &info);
    assert_int_equal(info.tcp.bytes_sent, 100);
    assert_int_equal(info.tcp.bytes_acked, 60);
    assert_int_equal(info.tcp.bytes_received, 30);
    assert_int_equal(info.tcp.unacked_bytes, 40);
    assert_int_equal(info.send_queue, 40);
    assert_int_equal(info.receive_queue, 30);
    assert_int_equal(info.tcp.segments_in, 2);
    assert_int_equal(info.tcp.segments_out, 3);
    assert_int_equal(info.tcp.data_segments_out, 1);
    assert_int_equal(info.tcp.data_segments_in, 1);
    assert_int_equal(info.tcp.bytes_retransmitted, 0);
    assert_int_equal(info.tcp.unacked, 1);
    assert_int_equal(info.tcp.not_sent_bytes, 0);
    assert_int_equal(info.tcp.advmss, 1460);
    assert_int_equal(info.tcp.pmtu, 1500);
    assert_true(info.tcp.data_sent_at == s->now && info.tcp.data_received_at == s->now);
    assert_int_equal(info.tcp.ca, DOBOS_TCP_CA_OPEN);
    assert_true(info.has_owner);
    drain_out(s);
}

/* Time is counted by what the sender waits for. */
SCRIPT_TEST(info_tells_what_a_sender_waited_for) {
    struct dobos_socket_info info;
    s->window = 1000;
    script_establish(s);
    advance(s, 50 * MS);
    tcp_info_read(s->socket, &info);
    tcp_info_complete(&s->transport, s->socket, s->now, &info.tcp);
    assert_true(info.tcp.busy_ns == 0);
    program_send(s, 2000);
    advance(s, 30 * MS);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1001, .window = 60000});
    advance(s, 20 * MS);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 2001, .window = 60000});
    advance(s, 100 * MS);
    tcp_info_read(s->socket, &info);
    tcp_info_complete(&s->transport, s->socket, s->now, &info.tcp);
    assert_int_equal(info.tcp.busy_ns, 50 * MS);
    assert_true(info.tcp.rwnd_limited_ns == 30 * MS);
    assert_true(info.tcp.sndbuf_limited_ns == 0);
    drain_out(s);
}

/* What it waits for still counts. */
SCRIPT_TEST(info_tells_what_a_sender_waits_for_now) {
    struct dobos_socket_info info;
    s->window = 1000;
    script_establish(s);
    program_send(s, 3000);
    advance(s, 30 * MS);
    tcp_info_read(s->socket, &info);
    tcp_info_complete(&s->transport, s->socket, s->now, &info.tcp);
    assert_true(info.tcp.rwnd_limited_ns == 30 * MS);
    assert_true(info.tcp.busy_ns == 30 * MS);
    drain_out(s);
}

/* The flight goes back when everything is delivered, read, and a timeout has gone by. */
SCRIPT_TEST(flight_is_given_back_when_idle) {
    script_establish(s);
    struct tcp_connection *c = script_connection(s);
    assert_null(c->flight);
    program_send(s, 100);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 101, .length = 30});
    drain_out(s);
    advance(s, 2 * DOBOS_SECOND);
    drain_out(s);
    assert_non_null(c->flight); /* not read yet */
    assert_int_equal(program_read(s, 100), 30);
    advance(s, 900 * MS);
    assert_non_null(c->flight);
    advance(s, 200 * MS);
    assert_null(c->flight);
    assert_int_equal(s->transport.buffer_bytes, 0);
    program_send(s, 10);
    expect(s, PA, 101, 10, 31);
}

/* An allocation that fails anywhere loses nothing and is made up for later. */
static void every_failed_allocation_is_survived(void **state) {
    (void)state;
    struct script *s = malloc(sizeof *s);
    for (uint64_t fail = 1; fail < 60; fail++) {
        script_init(s, 0xfffffff0, 0x7ffffff0, true);
        script_listen(s, 8);
        uint64_t before = s->allocations;
        s->fail_at = before + fail;
        for (unsigned i = 0; i < 4; i++) {
            drain_out(s);
            inject(s, &(struct in){.flags = S, .seq = 0});
            if (s->out_count > 0) /* a record made later has a later number */
                s->isn = s->out[s->out_first].raw_seq;
            drain_out(s);
            inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 1200});
            if (tcp_accept(&s->transport, s->listener, &s->socket) == 0)
                break;
        }
        assert_non_null(s->socket);
        for (unsigned i = 0; i < 3; i++) {
            inject(s, &(struct in){.flags = A, .seq = 2401, .ack = 1, .length = 1200});
            inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 1200});
            inject(s, &(struct in){.flags = PA, .seq = 1201, .ack = 1, .length = 1200});
        }
        int64_t got = 0, part;
        while ((part = program_read(s, 1000)) > 0)
            got += part;
        assert_int_equal(got, 3600);
        int64_t sent = program_send(s, 1000);
        if (sent < 0)
            sent = program_send(s, 1000);
        assert_int_equal(sent, 1000);
        for (unsigned i = 0; i < 20 && connection_in_flight(script_connection(s)) < 1000; i++)
            advance(s, 250 * MS);
        inject(s, &(struct in){.flags = A, .seq = 3601, .ack = 1001});
        advance(s, 100 * MS);
        assert_int_equal(connection_in_flight(script_connection(s)), 0);
        drain_out(s);
        script_fini(s);
    }
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_open_records_are_bounded_oldest_first),
        cmocka_unit_test(large_backlog_has_at_most_1024_half_open_records),
        cmocka_unit_test(full_accept_queue_drops_syns_and_keeps_who_waits),
        cmocka_unit_test(closed_listener_resets_who_waits_and_forgets_half_open),
        cmocka_unit_test(destroyed_listener_leaves_connections_to_host),
        cmocka_unit_test(waiting_connection_that_was_reset_is_accepted_with_its_error),
        cmocka_unit_test(half_open_segments_out_of_window_are_answered),
        cmocka_unit_test(listening_beside_connections_leaves_them_alone),
        cmocka_unit_test(bound_address_and_port_are_kept),
        cmocka_unit_test(repeated_syn_is_answered_with_its_own_timestamp),
        cmocka_unit_test(half_open_records_are_listed),
        cmocka_unit_test(idle_connection_is_silent_unless_asked),
        cmocka_unit_test(keepalive_probes_and_gives_up_after_several),
        cmocka_unit_test(keepalive_is_silent_while_data_is_in_flight),
        cmocka_unit_test(keepalive_can_be_switched_off_again),
        cmocka_unit_test(options_are_checked_kept_and_inherited),
        cmocka_unit_test(super_segments_where_the_port_splits_them),
        cmocka_unit_test(super_segments_keep_to_the_ports_limit),
        cmocka_unit_test(bound_to_an_interface_others_do_not_count),
        cmocka_unit_test(info_counts_bytes_and_segments),
        cmocka_unit_test(info_tells_what_a_sender_waited_for),
        cmocka_unit_test(info_tells_what_a_sender_waits_for_now),
        cmocka_unit_test(flight_is_given_back_when_idle),
        cmocka_unit_test(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
