/* What strangers, and liars inside, cannot spoil for the hosts behind a NAT. */
#include "nat_scene.h"

#define FIRST 2000
#define LAST  2007

static enum dobos_session_state state_of_first(const struct station *s) {
    struct dobos_session session;
    assert_int_equal(dobos_session_read(s->host, 0, &session), 0);
    return session.state;
}

/* Somebody outside, in the name of a server, sends to each port of the router: a host inside gets
 * one of them all the same, and its answers [attack:J3]. */
static void datagrams_to_the_router_keep_no_port_from_hosts_inside(void **state) {
    struct station *s = *state;
    struct seen seen;
    struct dobos_nat_config config = nat_config();
    config.port_first = FIRST;
    config.port_last = LAST;
    nat_reconfigure(s, &config);
    for (uint16_t port = FIRST; port <= LAST; port++) {
        udp_from(s, OUT, REMOTE, 7, HOST_ADDRESS, port);
        icmp_from(s, OUT, REMOTE, HOST_ADDRESS, ICMP_ECHO_REQUEST, port);
    }
    station_forget(s);
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    assert_true(udp_in(s, REMOTE, 7, port, ANN, 5000));
    icmp_from(s, IN, ANN, REMOTE, ICMP_ECHO_REQUEST, 1);
    uint16_t identifier = next_at(s, OUT, &seen).source_port;
    icmp_from(s, OUT, REMOTE, HOST_ADDRESS, ICMP_ECHO_REPLY, identifier);
    assert_int_equal(next_at(s, IN, &seen).source_port, 1);
}

/* Bob inside does not speak to Ann as the one outside who has called her. */
static void nobody_inside_speaks_as_one_outside(void **state) {
    struct station *s = *state;
    struct dobos_nat_config config = nat_config();
    config.filtering = DOBOS_NAT_ENDPOINT_INDEPENDENT;
    nat_reconfigure(s, &config);
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    assert_true(udp_in(s, OTHER, 9, port, ANN, 5000)); /* a flow that began outside */
    udp_from(s, IN, OTHER, 9, HOST_ADDRESS, port);
    udp_from(s, IN, REMOTE, 7, HOST_ADDRESS, port);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropNatNoMapping"), 2);
    assert_true(udp_in(s, OTHER, 9, port, ANN, 5000));
}

/* Of two hosts inside that have met by their outside addresses, nobody outside takes a place:
 * [attack:J6]. The inside is a network behind one more router. */
static void nobody_outside_speaks_as_one_inside(void **state) {
    struct station *s = *state;
    struct seen seen;
    const uint32_t carl = UINT32_C(0xac100006);
    station_add_route(s, UINT32_C(0xac100000), 16, BOB);
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    udp_from(s, IN, carl, 6000, HOST_ADDRESS, port);
    uint16_t carls = next_at(s, IN, &seen).source_port;
    udp_from(s, OUT, carl, 6000, HOST_ADDRESS, port);
    assert_true(station_is_quiet(s));
    udp_from(s, OUT, ANN, 5000, HOST_ADDRESS, carls);
    assert_true(station_is_quiet(s));
}

/* Where anybody may send, callers alone do not keep a port open: whose it is must send, too. */
static void callers_keep_no_port_open(void **state) {
    struct station *s = *state;
    struct dobos_nat_config config = nat_config();
    struct dobos_nat_mapping mapping;
    config.filtering = DOBOS_NAT_ENDPOINT_INDEPENDENT;
    nat_reconfigure(s, &config);
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    assert_true(udp_in(s, REMOTE, 7, port, ANN, 5000));
    for (uint16_t i = 0; i < 10; i++) { /* Ann answers who calls, so it stays open */
        station_run(s, 60 * DOBOS_SECOND);
        assert_true(udp_in(s, OTHER, (uint16_t)(100 + i), port, ANN, 5000));
        assert_int_equal(udp_out(s, ANN, 5000, OTHER, (uint16_t)(100 + i)), port);
    }
    for (uint16_t i = 0; i < 10; i++) {
        station_run(s, 60 * DOBOS_SECOND);
        udp_from(s, OUT, OTHER, (uint16_t)(200 + i), HOST_ADDRESS, port);
    }
    station_forget(s);
    assert_int_equal(dobos_nat_mapping_read(s->host, 0, &mapping), -DOBOS_ENOENT);
}

/* The router's own sockets at an inside address are like those of a host inside. */
static void callers_reach_the_router_at_its_inside_address(void **state) {
    struct station *s = *state;
    struct seen seen;
    char bytes[8];
    struct dobos_nat_config config = nat_config();
    config.filtering = DOBOS_NAT_ENDPOINT_INDEPENDENT;
    nat_reconfigure(s, &config);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    const struct dobos_message message = {.peer = endpoint(REMOTE, 7),
                                          .local = dobos_address_ipv4(ROUTER_IN)};
    assert_int_equal(dobos_send_message(socket, "hello", 5, &message), 5);
    station_collect(s);
    const struct ends ends = next_at(s, OUT, &seen);
    assert_int_equal(ends.source, HOST_ADDRESS);
    udp_from(s, OUT, OTHER, 9, HOST_ADDRESS, ends.source_port);
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), 5);
    dobos_close(socket);
}

/* Nor begins one where anybody may send [attack:J6]. */
static void nobody_outside_begins_a_flow_as_one_inside(void **state) {
    struct station *s = *state;
    struct dobos_nat_config config = nat_config();
    config.filtering = DOBOS_NAT_ENDPOINT_INDEPENDENT;
    nat_reconfigure(s, &config);
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    udp_from(s, OUT, BOB, 53, HOST_ADDRESS, port);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropIpSource"), 1);
    assert_true(udp_in(s, OTHER, 53, port, ANN, 5000));
}

/* Who inside gives himself out for somebody outside has no reset sent there in another's name. */
static void reset_goes_back_where_its_cause_came_from(void **state) {
    struct station *s = *state;
    struct seen seen;
    const struct tcp_header ack = segment(5000, 80, 1000, 2000, TCP_ACK);
    tcp_from(s, IN, OTHER, REMOTE, &ack, 10);
    assert_true(station_is_quiet(s));
    tcp_from(s, IN, ANN, REMOTE, &ack, 10);
    assert_int_equal(next_at(s, IN, &seen).destination, ANN);
    assert_int_equal(seen.tcp.flags, TCP_RST);
}

/* Data in a SYN need not be acknowledged with it (RFC 7413) [rfc5382#2]. */
static void syn_with_data_may_be_acknowledged_without(void **state) {
    struct station *s = *state;
    struct seen seen;
    struct tcp_header tcp = segment(5000, 80, 1000, 0, TCP_SYN);
    tcp_from(s, IN, ANN, REMOTE, &tcp, 500);
    uint16_t port = next_at(s, OUT, &seen).source_port;
    tcp = segment(80, port, 90000, 1001, TCP_SYN | TCP_ACK);
    tcp_from(s, OUT, REMOTE, HOST_ADDRESS, &tcp, 0);
    (void)next_at(s, IN, &seen);
    tcp = segment(5000, 80, 1001, 90001, TCP_ACK);
    tcp_from(s, IN, ANN, REMOTE, &tcp, 500);
    (void)next_at(s, OUT, &seen);
    assert_int_equal(state_of_first(s), DOBOS_SESSION_ESTABLISHED);
    tcp = segment(80, port, 90001, 1501, TCP_ACK);
    tcp_from(s, OUT, REMOTE, HOST_ADDRESS, &tcp, 100);
    (void)next_at(s, IN, &seen);
    tcp = segment(80, port, 90101, 1501, TCP_RST);
    tcp_from(s, OUT, REMOTE, HOST_ADDRESS, &tcp, 0);
    (void)next_at(s, IN, &seen);
    assert_int_equal(state_of_first(s), DOBOS_SESSION_CLOSING);
}

/* A forged SYN before the server's own says nothing of the server's numbers [attack:J5]. */
static void forged_syn_does_not_stand_for_the_true_one(void **state) {
    static const uint32_t wrong[] = {0x30000000, 0xd0000000}; /* before it, and behind */
    struct station *s = *state;
    struct seen seen;
    for (unsigned i = 0; i < 2; i++) {
        uint16_t mine = (uint16_t)(5000 + i);
        struct tcp_header tcp = segment(mine, 80, 1000, 0, TCP_SYN);
        tcp_from(s, IN, ANN, REMOTE, &tcp, 0);
        uint16_t port = next_at(s, OUT, &seen).source_port;
        tcp = segment(80, port, wrong[i], 0, TCP_SYN);
        tcp_from(s, OUT, REMOTE, HOST_ADDRESS, &tcp, 0);
        (void)next_at(s, IN, &seen);
        tcp = segment(80, port, 90000, 1001, TCP_SYN | TCP_ACK);
        tcp_from(s, OUT, REMOTE, HOST_ADDRESS, &tcp, 0);
        (void)next_at(s, IN, &seen);
        tcp = segment(mine, 80, 1001, 90001, TCP_ACK);
        tcp_from(s, IN, ANN, REMOTE, &tcp, 0);
        (void)next_at(s, OUT, &seen);
        assert_int_equal(state_of_first(s), DOBOS_SESSION_ESTABLISHED);
        const struct dobos_nat_config config = nat_config();
        nat_reconfigure(s, &config);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, nat_scene_setup, station_teardown)
        TEST(datagrams_to_the_router_keep_no_port_from_hosts_inside),
        TEST(nobody_inside_speaks_as_one_outside),
        TEST(nobody_outside_speaks_as_one_inside),
        TEST(callers_keep_no_port_open),
        TEST(callers_reach_the_router_at_its_inside_address),
        TEST(nobody_outside_begins_a_flow_as_one_inside),
        TEST(reset_goes_back_where_its_cause_came_from),
        TEST(syn_with_data_may_be_acknowledged_without),
        TEST(forged_syn_does_not_stand_for_the_true_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
