/* TCP through a NAT (RFC 5382, and what RFC 7857 changes of it), segment by segment. */
#include <dobos/filter.h>

#include "nat_scene.h"

#define ANN_SEQ    1000
#define REMOTE_SEQ 90000

/* A connection of Ann's port 5000 with port 80 of the remote. */
struct flow_scene {
    struct station *s;
    uint16_t port;        /* Ann's outside */
    uint32_t ann, remote; /* next numbers of both */
};

/* Ann sends a segment, which goes out. */
static void from_ann(struct flow_scene *f, unsigned flags, uint32_t seq, size_t length) {
    struct seen seen;
    const struct tcp_header tcp = segment(5000, 80, seq, f->remote, flags);
    tcp_from(f->s, IN, ANN, REMOTE, &tcp, length);
    const struct ends ends = next_at(f->s, OUT, &seen);
    assert_int_equal(ends.source, HOST_ADDRESS);
    assert_true(f->port == 0 || f->port == ends.source_port);
    f->port = ends.source_port;
    assert_int_equal(seen.tcp.seq.raw, seq);
    assert_int_equal(seen.tcp.flags, flags);
    assert_int_equal(seen.data.length, length);
}

/* The remote sends one, which comes to Ann. */
static void from_remote(struct flow_scene *f, unsigned flags, uint32_t seq, size_t length) {
    struct seen seen;
    const struct tcp_header tcp = segment(80, f->port, seq, f->ann, flags);
    tcp_from(f->s, OUT, REMOTE, HOST_ADDRESS, &tcp, length);
    const struct ends ends = next_at(f->s, IN, &seen);
    assert_int_equal(ends.source, REMOTE);
    assert_int_equal(ends.destination, ANN);
    assert_int_equal(ends.destination_port, 5000);
    assert_int_equal(seen.tcp.flags, flags);
}

static struct flow_scene begin(struct station *s) {
    return (struct flow_scene){.s = s, .ann = ANN_SEQ + 1, .remote = 0};
}

static struct flow_scene establish(struct station *s) {
    struct flow_scene f = begin(s);
    from_ann(&f, TCP_SYN, ANN_SEQ, 0);
    from_remote(&f, TCP_SYN | TCP_ACK, REMOTE_SEQ, 0);
    f.remote = REMOTE_SEQ + 1;
    from_ann(&f, TCP_ACK, f.ann, 0);
    return f;
}

static enum dobos_session_state state(const struct station *s) {
    struct dobos_session session;
    assert_int_equal(dobos_session_read(s->host, 0, &session), 0);
    return session.state;
}

static bool is_gone(const struct station *s) {
    struct dobos_session session;
    return dobos_session_read(s->host, 0, &session) == -DOBOS_ENOENT;
}

/* [rfc5382#1] [rfc5382#2] [rfc7857#1] */
static void connection_goes_through_its_phases(void **state_) {
    struct station *s = *state_;
    struct flow_scene f = begin(s);
    from_ann(&f, TCP_SYN, ANN_SEQ, 0);
    assert_int_equal(state(s), DOBOS_SESSION_OPENING);
    from_remote(&f, TCP_SYN | TCP_ACK, REMOTE_SEQ, 0);
    f.remote = REMOTE_SEQ + 1;
    assert_int_equal(state(s), DOBOS_SESSION_OPENING);
    from_ann(&f, TCP_ACK, f.ann, 0);
    assert_int_equal(state(s), DOBOS_SESSION_ESTABLISHED);
    from_ann(&f, TCP_ACK | TCP_PSH, f.ann, 1000);
    f.ann += 1000;
    from_remote(&f, TCP_ACK | TCP_FIN, f.remote, 0);
    f.remote++;
    assert_int_equal(state(s), DOBOS_SESSION_ESTABLISHED); /* half closed: Ann may go on */
    from_ann(&f, TCP_ACK | TCP_FIN, f.ann, 0);
    f.ann++;
    assert_int_equal(state(s), DOBOS_SESSION_CLOSING);
    from_remote(&f, TCP_ACK, f.remote, 0);
    assert_int_equal(state(s), DOBOS_SESSION_CLOSING);
    struct seen seen;
    const struct tcp_header other = segment(5000, 81, 5, 0, TCP_SYN);
    tcp_from(s, IN, ANN, REMOTE, &other, 0);
    assert_int_equal(next_at(s, OUT, &seen).source_port, f.port); /* one port for all peers */
}

/* [rfc5382#9] [rfc5382#10] [rfc7857#3] */
static void idle_times_are_as_long_as_they_must_be(void **state_) {
    struct station *s = *state_;
    struct flow_scene f = establish(s);
    station_run(s, 7440 * DOBOS_SECOND);
    assert_int_equal(state(s), DOBOS_SESSION_ESTABLISHED);
    station_run(s, 2 * DOBOS_SECOND);
    assert_true(is_gone(s));
    f = begin(s);
    from_ann(&f, TCP_SYN, ANN_SEQ, 0);
    station_run(s, 240 * DOBOS_SECOND);
    assert_int_equal(state(s), DOBOS_SESSION_OPENING);
    station_run(s, 2 * DOBOS_SECOND);
    assert_true(is_gone(s));
    f = establish(s);
    from_ann(&f, TCP_ACK | TCP_FIN, f.ann, 0);
    f.ann++;
    from_remote(&f, TCP_ACK | TCP_FIN, f.remote, 0);
    station_run(s, 240 * DOBOS_SECOND);
    assert_int_equal(state(s), DOBOS_SESSION_CLOSING);
    station_run(s, 2 * DOBOS_SECOND);
    assert_true(is_gone(s));
}

/* [attack:J5] A forged reset or FIN outside of what could be next changes nothing; what could be
 * true makes the session short-lived, no more [rfc7857#4] [rfc7857#5]. */
static void forged_reset_changes_nothing(void **state_) {
    struct station *s = *state_;
    struct flow_scene f = establish(s);
    static const uint32_t wrong[] = {1, 9000, 0x40000000, 0x80000000, 0xc0000000, 0xfffffff0};
    for (unsigned i = 0; i < 6; i++) {
        from_remote(&f, TCP_RST, f.remote + wrong[i], 0);
        from_ann(&f, TCP_RST, f.ann + wrong[i], 0);
        assert_int_equal(state(s), DOBOS_SESSION_ESTABLISHED);
    }
    for (unsigned i = 1; i < 6; i++) {
        from_remote(&f, TCP_FIN | TCP_ACK, f.remote + wrong[i], 0);
        from_ann(&f, TCP_FIN | TCP_ACK, f.ann + wrong[i], 0);
        assert_int_equal(state(s), DOBOS_SESSION_ESTABLISHED);
    }
    from_remote(&f, TCP_SYN, f.remote + 7, 0);
    assert_int_equal(state(s), DOBOS_SESSION_ESTABLISHED);
    from_remote(&f, TCP_RST, f.remote, 0);
    assert_int_equal(state(s), DOBOS_SESSION_CLOSING);
    from_ann(&f, TCP_ACK, f.ann, 10); /* in flight: it says nothing of who sent the reset */
    f.ann += 10;
    assert_int_equal(state(s), DOBOS_SESSION_CLOSING);
    from_remote(&f, TCP_ACK, f.remote, 0); /* it goes on: it never sent one */
    assert_int_equal(state(s), DOBOS_SESSION_ESTABLISHED);
    from_remote(&f, TCP_RST, f.remote, 0);
    station_run(s, 242 * DOBOS_SECOND);
    assert_true(is_gone(s));
}

/* [rfc5382#3] [rfc5382#6] */
static void both_ends_open_at_once(void **state_) {
    struct station *s = *state_;
    struct flow_scene f = begin(s);
    from_ann(&f, TCP_SYN, ANN_SEQ, 0);
    from_remote(&f, TCP_SYN, REMOTE_SEQ, 0);
    f.remote = REMOTE_SEQ + 1;
    from_ann(&f, TCP_SYN | TCP_ACK, ANN_SEQ, 0);
    from_remote(&f, TCP_SYN | TCP_ACK, REMOTE_SEQ, 0);
    from_ann(&f, TCP_ACK, f.ann, 0);
    assert_int_equal(state(s), DOBOS_SESSION_ESTABLISHED);
    /* The remote's SYN comes first, to a port that Ann has, but not from whom she has called. */
    const struct tcp_header early = segment(443, f.port, 7, 0, TCP_SYN);
    tcp_from(s, OUT, OTHER, HOST_ADDRESS, &early, 0);
    assert_true(station_is_quiet(s));
    const struct tcp_header late = segment(5000, 443, 8, 0, TCP_SYN);
    struct seen seen;
    station_run(s, 3 * DOBOS_SECOND);
    tcp_from(s, IN, ANN, OTHER, &late, 0);
    assert_int_equal(next_at(s, OUT, &seen).source_port, f.port);
    station_run(s, 10 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropNatSyn"), 1);
}

/* [rfc5382#5] [rfc5382#7] */
static void unwanted_syn_is_told_after_six_seconds(void **state_) {
    struct station *s = *state_;
    struct seen seen;
    const struct tcp_header syn = segment(80, 4000, 7, 0, TCP_SYN);
    tcp_from(s, OUT, REMOTE, HOST_ADDRESS, &syn, 0);
    station_run(s, DOBOS_SECOND);
    tcp_from(s, OUT, REMOTE, HOST_ADDRESS, &syn, 0);
    station_run(s, 4 * DOBOS_SECOND + 900 * DOBOS_MILLISECOND);
    assert_true(station_is_quiet(s));
    station_run(s, 2 * DOBOS_SECOND);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    assert_int_equal(seen.icmp.code, ICMP_PORT_UNREACHABLE);
    station_run(s, 20 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
}

/* [rfc5382#8] */
static void unwanted_syn_that_the_filter_drops_is_never_told(void **state_) {
    struct station *s = *state_;
    const struct dobos_filter_rule deny = {.action = DOBOS_FILTER_DENY, .from.interface = OUT};
    const struct tcp_header syn = segment(80, 4000, 7, 0, TCP_SYN);
    assert_int_equal(dobos_filter_set(s->host, &deny, 1, NULL), 0);
    tcp_from(s, OUT, REMOTE, HOST_ADDRESS, &syn, 0);
    station_run(s, 20 * DOBOS_SECOND);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropFilter"), 1);
}

/* [rfc5382#4] */
static void stranger_connects_where_filtering_lets_him(void **state_) {
    struct station *s = *state_;
    struct dobos_nat_config config = nat_config();
    config.filtering = DOBOS_NAT_ENDPOINT_INDEPENDENT;
    nat_reconfigure(s, &config);
    struct flow_scene f = establish(s);
    const struct tcp_header syn = segment(7000, f.port, 7, 0, TCP_SYN);
    struct seen seen;
    tcp_from(s, OUT, OTHER, HOST_ADDRESS, &syn, 0);
    struct ends ends = next_at(s, IN, &seen);
    assert_int_equal(ends.destination, ANN);
    const struct tcp_header answer = segment(5000, 7000, 50, 8, TCP_SYN | TCP_ACK);
    tcp_from(s, IN, ANN, OTHER, &answer, 0);
    ends = next_at(s, OUT, &seen);
    assert_int_equal(ends.source_port, f.port);
    const struct tcp_header stray = segment(7001, f.port, 7, 9, TCP_ACK);
    tcp_from(s, OUT, OTHER, HOST_ADDRESS, &stray, 0); /* no SYN: nothing begins */
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropNatState"), 1);
}

/* [rfc5382#12] [rfc5382#13] [rfc5382#14] */
static void hosts_inside_connect_by_outside_addresses(void **state_) {
    struct station *s = *state_;
    struct seen seen;
    const struct dobos_nat_forward forward = {
        .protocol = DOBOS_TCP,
        .port = 8080,
        .to = {.address = dobos_address_ipv4(ANN), .port = 80}};
    struct dobos_nat_config config = nat_config();
    config.forwards = &forward;
    config.forward_count = 1;
    nat_reconfigure(s, &config);
    const struct tcp_header syn = segment(6000, 8080, 7, 0, TCP_SYN);
    tcp_from(s, IN, BOB, HOST_ADDRESS, &syn, 0);
    struct ends ends = next_at(s, IN, &seen);
    assert_int_equal(ends.source, HOST_ADDRESS);
    assert_int_equal(ends.destination, ANN);
    assert_int_equal(ends.destination_port, 80);
    const struct tcp_header answer = segment(80, ends.source_port, 50, 8, TCP_SYN | TCP_ACK);
    tcp_from(s, IN, ANN, HOST_ADDRESS, &answer, 0);
    ends = next_at(s, IN, &seen);
    assert_int_equal(ends.source, HOST_ADDRESS);
    assert_int_equal(ends.source_port, 8080);
    assert_int_equal(ends.destination, BOB);
    assert_int_equal(ends.destination_port, 6000);
}

/* [attack:J12] After a restart of the router, connections of hosts inside are reset, at once. */
static void connection_that_is_not_known_is_reset(void **state_) {
    struct station *s = *state_;
    struct seen seen;
    struct flow_scene f = establish(s);
    const struct dobos_nat_config config = nat_config();
    nat_reconfigure(s, &config); /* all is forgotten */
    const struct tcp_header ack = segment(5000, 80, f.ann, f.remote, TCP_ACK);
    tcp_from(s, IN, ANN, REMOTE, &ack, 100);
    const struct ends ends = next_at(s, IN, &seen);
    assert_int_equal(ends.source, REMOTE);
    assert_int_equal(ends.destination, ANN);
    assert_int_equal(seen.tcp.flags, TCP_RST);
    assert_int_equal(seen.tcp.seq.raw, f.remote);
    assert_true(station_is_quiet(s));
    f = establish(s); /* and a new one is there at once */
    const struct tcp_header reset = segment(5001, 80, 1, 1, TCP_RST | TCP_ACK);
    tcp_from(s, IN, ANN, REMOTE, &reset, 0);
    assert_true(station_is_quiet(s));
}

/* A port that was closed is used again at once. */
static void new_connection_of_the_same_ports_begins_anew(void **state_) {
    struct station *s = *state_;
    struct flow_scene f = establish(s);
    from_ann(&f, TCP_ACK | TCP_FIN, f.ann, 0);
    f.ann++;
    from_remote(&f, TCP_ACK | TCP_FIN, f.remote, 0);
    f.remote = 0;
    from_ann(&f, TCP_SYN, ANN_SEQ + 70000, 0);
    f.ann = ANN_SEQ + 70001;
    assert_int_equal(state(s), DOBOS_SESSION_OPENING);
    from_remote(&f, TCP_SYN | TCP_ACK, REMOTE_SEQ + 5000000, 0);
    f.remote = REMOTE_SEQ + 5000001;
    from_ann(&f, TCP_ACK, f.ann, 0);
    assert_int_equal(state(s), DOBOS_SESSION_ESTABLISHED);
}

/* Where every port is one of a connection that has ended, the oldest of these goes for a new one.
 */
static void port_of_an_ended_connection_is_given_when_there_is_no_other(void **state_) {
    struct station *s = *state_;
    struct seen seen;
    struct dobos_nat_config config = nat_config();
    config.port_first = config.port_last = 2000;
    nat_reconfigure(s, &config);
    struct flow_scene f = establish(s);
    const struct tcp_header other = segment(5001, 80, 7, 0, TCP_SYN);
    tcp_from(s, IN, ANN, REMOTE, &other, 0); /* an open one stays */
    (void)next_at(s, IN, &seen);
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    from_ann(&f, TCP_ACK | TCP_FIN, f.ann, 0);
    f.ann++;
    from_remote(&f, TCP_ACK | TCP_FIN, f.remote, 0);
    tcp_from(s, IN, ANN, REMOTE, &other, 0);
    assert_int_equal(next_at(s, OUT, &seen).source_port, 2000);
}

/* The router's own connections and listeners go on beside those of hosts inside. */
static void own_connections_of_the_router_work(void **state_) {
    struct station *s = *state_;
    struct flow_scene f = establish(s);
    struct dobos_socket *listener = station_listener(s, 22);
    struct peer peer;
    struct seen seen;
    peer_init(&peer, s, 4000, 22);
    peer_open(&peer);
    peer_send(&peer, TCP_ACK | TCP_PSH, "hello", 5);
    struct dobos_socket *accepted = NULL;
    assert_int_equal(dobos_accept(listener, &accepted, NULL), 0);
    char bytes[8];
    assert_int_equal(dobos_receive(accepted, bytes, sizeof(bytes)), 5);
    station_run(s, DOBOS_SECOND);
    station_forget(s);
    struct dobos_socket *client = station_connect(s, REMOTE, 80);
    assert_int_equal(next_at(s, OUT, &seen).destination_port, 80);
    const struct tcp_header answer =
        segment(80, seen.tcp.source_port, 5, seen.tcp.seq.raw + 1, TCP_SYN | TCP_ACK);
    tcp_from(s, OUT, REMOTE, HOST_ADDRESS, &answer, 0);
    assert_int_equal(state_of(client), DOBOS_TCP_ESTABLISHED);
    station_forget(s);
    from_ann(&f, TCP_ACK, f.ann, 10);
    dobos_close(client);
    dobos_close(accepted);
    dobos_close(listener);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, nat_scene_setup, station_teardown)
        TEST(connection_goes_through_its_phases),
        TEST(idle_times_are_as_long_as_they_must_be),
        TEST(forged_reset_changes_nothing),
        TEST(both_ends_open_at_once),
        TEST(unwanted_syn_is_told_after_six_seconds),
        TEST(unwanted_syn_that_the_filter_drops_is_never_told),
        TEST(stranger_connects_where_filtering_lets_him),
        TEST(hosts_inside_connect_by_outside_addresses),
        TEST(connection_that_is_not_known_is_reset),
        TEST(new_connection_of_the_same_ports_begins_anew),
        TEST(port_of_an_ended_connection_is_given_when_there_is_no_other),
        TEST(own_connections_of_the_router_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
