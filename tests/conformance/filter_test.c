/*
 * A router that filters: eth0 (192.0.2.1/24) is outside, eth1 (10.0.0.1/8) inside. Which packets
 * its rules let pass, what is told, what is counted.
 */
#include "station.h"

#include <dobos/filter.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"

#define OUTSIDE      2
#define INSIDE       3
#define INSIDE_OWN   UINT32_C(0x0a000001)
#define INSIDE_PEER  UINT32_C(0x0a000009)
#define INSIDE_OTHER UINT32_C(0x0a0a0009)

static int setup(void **state) {
    int result = station_setup_router(state);
    (void)station_add_interface(*state, INSIDE_OWN, 8, 0);
    return result;
}

static void filter_by(struct station *s, const struct dobos_filter_rule *rules, uint32_t count) {
    assert_int_equal(dobos_filter_set(s->host, rules, count, NULL), 0);
}

static struct dobos_prefix prefix(uint32_t number, uint8_t length) {
    return (struct dobos_prefix){dobos_address_ipv4(number), length};
}

static void send_udp(struct station *s, uint32_t interface, uint32_t source, uint16_t source_port,
                     uint32_t destination, uint16_t port) {
    s->interface = interface;
    station_udp(s, source, source_port, destination, port, "datagram", 8);
}

static void assert_forwarded(struct station *s, uint32_t interface) {
    struct seen seen;
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, interface);
    assert_int_equal(seen.ip.protocol, PROTOCOL_UDP);
    assert_true(station_is_quiet(s));
}

static void assert_decided(struct station *s, uint32_t rule, uint64_t packets, uint64_t bytes) {
    struct dobos_filter_info info;
    assert_int_equal(dobos_filter_read(s->host, rule, &info), 0);
    assert_int_equal(info.packets, packets);
    assert_int_equal(info.bytes, bytes);
}

/* [rfc1812#129] [rfc1812#131] [rfc1812#133] */
static void denied_packet_is_dropped_in_silence_and_counted(void **state) {
    struct station *s = *state;
    uint64_t dropped = 0;
    for (uint8_t length = 1; length <= 32; length++) {
        uint32_t mask = UINT32_MAX << (32 - length);
        const struct dobos_filter_rule rule = {.from.prefix = prefix(INSIDE_OTHER & mask, length)};
        filter_by(s, &rule, 1);
        send_udp(s, INSIDE, INSIDE_OTHER, 9, PEER_ADDRESS, 9);
        assert_true(station_is_quiet(s));
        assert_int_equal(station_counter(s, "DropFilter"), ++dropped);
        assert_decided(s, 0, 1, 36);
        uint32_t other = INSIDE_OTHER ^ UINT32_C(1) << (32 - length); /* just not in it */
        if (length <= 8)
            continue; /* not inside */
        send_udp(s, INSIDE, other, 9, PEER_ADDRESS, 9);
        assert_forwarded(s, OUTSIDE);
        assert_decided(s, 0, 1, 36);
        assert_decided(s, 1, 1, 36);
    }
    assert_int_equal(station_counter(s, "IcmpOutMsgs"), 0);
}

/* [rfc1812#130] */
static void rule_of_any_address_takes_all(void **state) {
    struct station *s = *state;
    const struct dobos_filter_rule rule = {.action = DOBOS_FILTER_DENY};
    filter_by(s, &rule, 1);
    send_udp(s, INSIDE, INSIDE_PEER, 9, PEER_ADDRESS, 9);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 9, INSIDE_PEER, 9);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 9, HOST_ADDRESS, 9);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropFilter"), 3);
}

/* [rfc1812#132] [rfc1812#103] */
static void rejected_packet_is_answered_prohibited(void **state) {
    struct station *s = *state;
    const struct dobos_filter_rule rule = {.action = DOBOS_FILTER_REJECT, .protocol = DOBOS_UDP};
    filter_by(s, &rule, 1);
    for (unsigned i = 0; i < 2; i++) { /* to be forwarded, and for the router */
        struct seen seen;
        send_udp(s, OUTSIDE, PEER_ADDRESS, 9, i == 0 ? INSIDE_PEER : HOST_ADDRESS, 9);
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.interface, OUTSIDE);
        assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
        assert_int_equal(seen.icmp.code, ICMP_ADMINISTRATIVELY_PROHIBITED);
        assert_int_equal(number_of(&seen.ip.destination), PEER_ADDRESS);
        assert_true(station_is_quiet(s));
    }
    assert_int_equal(station_counter(s, "DropFilterRejected"), 2);
}

static void rule_may_ask_for_the_interfaces(void **state) {
    struct station *s = *state;
    const struct dobos_filter_rule rules[] = {
        {.action = DOBOS_FILTER_ALLOW, .from.interface = INSIDE, .to.interface = OUTSIDE},
        {.action = DOBOS_FILTER_ALLOW, .from.interface = OUTSIDE, .to.interface = 1},
        {.action = DOBOS_FILTER_DENY},
    };
    uint8_t byte[16];
    filter_by(s, rules, 3);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    send_udp(s, INSIDE, INSIDE_PEER, 9, PEER_ADDRESS, 9);
    assert_forwarded(s, OUTSIDE);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 10, INSIDE_PEER, 10);
    send_udp(s, INSIDE, INSIDE_PEER, 10, INSIDE_OWN, 7000);
    assert_int_equal(dobos_receive(socket, byte, sizeof(byte)), -DOBOS_EAGAIN);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 10, HOST_ADDRESS, 7000); /* for the router itself */
    assert_int_equal(dobos_receive(socket, byte, sizeof(byte)), 8);
    assert_true(station_is_quiet(s));
    dobos_close(socket);
}

static void rule_may_ask_for_ports(void **state) {
    struct station *s = *state;
    const struct dobos_filter_rule rules[] = {
        {.action = DOBOS_FILTER_ALLOW,
         .protocol = DOBOS_UDP,
         .to = {.port_first = 53, .port_last = 55}},
        {.action = DOBOS_FILTER_ALLOW, .from = {.port_first = 99, .port_last = 99}},
        {.action = DOBOS_FILTER_DENY},
    };
    filter_by(s, rules, 3);
    for (uint16_t port = 50; port < 60; port++) {
        send_udp(s, INSIDE, INSIDE_PEER, 9, PEER_ADDRESS, port);
        if (port >= 53 && port <= 55)
            assert_forwarded(s, OUTSIDE);
        assert_true(station_is_quiet(s));
    }
    send_udp(s, INSIDE, INSIDE_PEER, 99, PEER_ADDRESS, 50);
    assert_forwarded(s, OUTSIDE);
}

static void what_the_router_sends_is_not_asked_about(void **state) {
    struct station *s = *state;
    const struct dobos_filter_rule deny = {.action = DOBOS_FILTER_DENY};
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 9)};
    uint8_t byte[16];
    filter_by(s, &deny, 1);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    assert_int_equal(dobos_send_message(socket, "datagram", 8, &message), 8);
    station_collect(s);
    assert_forwarded(s, OUTSIDE);
    message.peer = endpoint(HOST_ADDRESS, 7000); /* to itself */
    assert_int_equal(dobos_send_message(socket, "datagram", 8, &message), 8);
    station_collect(s);
    station_run(s, DOBOS_SECOND);
    assert_int_equal(dobos_receive(socket, byte, sizeof(byte)), 8);
    assert_decided(s, 0, 0, 0);
    dobos_close(socket);
}

/* Nobody could allow what he does not know yet. */
static void leases_reach_the_routers_own_client_only(void **state) {
    struct station *s = *state;
    const struct dobos_filter_rule deny = {.action = DOBOS_FILTER_DENY};
    uint8_t byte[16];
    filter_by(s, &deny, 1);
    struct dobos_socket *client = station_udp_socket(s, 68);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 67, UINT32_MAX, 68);
    assert_int_equal(dobos_receive(client, byte, sizeof(byte)), -DOBOS_EAGAIN);
    assert_int_equal(dobos_option_set(client, DOBOS_OPTION_INTERFACE, OUTSIDE), 0);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 67, UINT32_MAX, 68);
    assert_int_equal(dobos_receive(client, byte, sizeof(byte)), 8);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 66, UINT32_MAX, 68);
    send_udp(s, INSIDE, INSIDE_PEER, 67, UINT32_MAX, 68);
    assert_int_equal(dobos_receive(client, byte, sizeof(byte)), -DOBOS_EAGAIN);
    assert_int_equal(station_counter(s, "DropFilter"), 3);
    dobos_close(client);
}

/* ---- established ---- */

/* What is established, and what comes from inside. */
static void stateful(struct station *s) {
    const struct dobos_filter_rule rules[] = {
        {.action = DOBOS_FILTER_ALLOW, .established = true},
        {.action = DOBOS_FILTER_ALLOW, .from.interface = INSIDE},
        {.action = DOBOS_FILTER_DENY},
    };
    filter_by(s, rules, 3);
}

static void answers_pass_and_strangers_do_not(void **state) {
    struct station *s = *state;
    stateful(s);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 53, INSIDE_PEER, 5000); /* before anybody asked */
    assert_true(station_is_quiet(s));
    send_udp(s, INSIDE, INSIDE_PEER, 5000, PEER_ADDRESS, 53);
    assert_forwarded(s, OUTSIDE);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 53, INSIDE_PEER, 5000);
    assert_forwarded(s, INSIDE);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 54, INSIDE_PEER, 5000);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 53, INSIDE_PEER, 5001);
    send_udp(s, OUTSIDE, PEER_ADDRESS + 1, 53, INSIDE_PEER, 5000);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 53, INSIDE_OTHER, 5000);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropFilter"), 5);
    assert_decided(s, 0, 1, 36);
}

static void denied_packet_begins_no_flow(void **state) {
    struct station *s = *state;
    stateful(s);
    for (unsigned i = 0; i < 3; i++) {
        send_udp(s, OUTSIDE, PEER_ADDRESS, 53, INSIDE_PEER, 5000);
        send_udp(s, OUTSIDE, PEER_ADDRESS, 53, HOST_ADDRESS, 5000);
    }
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropFilter"), 6);
    assert_decided(s, 0, 0, 0);
}

static void answers_to_the_router_itself_pass(void **state) {
    struct station *s = *state;
    struct dobos_message message = {.peer = endpoint(PEER_ADDRESS, 53)};
    uint8_t byte[16];
    stateful(s);
    struct dobos_socket *socket = station_udp_socket(s, 7000);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 53, HOST_ADDRESS, 7000);
    assert_int_equal(dobos_receive(socket, byte, sizeof(byte)), -DOBOS_EAGAIN);
    assert_int_equal(dobos_send_message(socket, "datagram", 8, &message), 8);
    station_collect(s);
    assert_forwarded(s, OUTSIDE);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 53, HOST_ADDRESS, 7000);
    assert_int_equal(dobos_receive(socket, byte, sizeof(byte)), 8);
    send_udp(s, OUTSIDE, PEER_ADDRESS, 54, HOST_ADDRESS, 7000);
    assert_int_equal(dobos_receive(socket, byte, sizeof(byte)), -DOBOS_EAGAIN);
    dobos_close(socket);
}

static void errors_about_a_flow_pass_and_others_do_not(void **state) {
    struct station *s = *state;
    struct seen sent, seen;
    stateful(s);
    send_udp(s, INSIDE, INSIDE_PEER, 5000, PEER_ADDRESS, 53);
    assert_true(station_next(s, &sent));
    s->interface = OUTSIDE;
    const struct icmp error = {.type = ICMP_UNREACHABLE, .code = ICMP_PORT_UNREACHABLE};
    station_icmp(s, PEER_ADDRESS, INSIDE_PEER, &error, sent.bytes + 14, 28);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, INSIDE);
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    sent.bytes[14 + 20 + 1]++; /* of another port */
    station_icmp(s, PEER_ADDRESS, INSIDE_PEER, &error, sent.bytes + 14, 28);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropFilter"), 1);
}

static void send_tcp(struct station *s, uint32_t interface, bool is_from_inside, uint8_t flags,
                     uint32_t seq, uint32_t ack) {
    const struct tcp_header tcp = {.source_port = is_from_inside ? 5000 : 80,
                                   .destination_port = is_from_inside ? 80 : 5000,
                                   .seq = {seq},
                                   .ack = {ack},
                                   .flags = flags,
                                   .window = 5000};
    s->interface = interface;
    station_tcp(s, is_from_inside ? INSIDE_PEER : PEER_ADDRESS,
                is_from_inside ? PEER_ADDRESS : INSIDE_PEER, &tcp, NULL, 0);
}

static void connection_from_inside_passes_both_ways(void **state) {
    struct station *s = *state;
    struct seen seen;
    stateful(s);
    send_tcp(s, OUTSIDE, false, TCP_ACK, 700, 101); /* of no connection */
    send_tcp(s, OUTSIDE, false, TCP_SYN, 700, 0);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropFilter"), 2);
    send_tcp(s, INSIDE, true, TCP_SYN, 100, 0);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, OUTSIDE);
    send_tcp(s, OUTSIDE, false, TCP_SYN | TCP_ACK, 700, 101);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, INSIDE);
    send_tcp(s, INSIDE, true, TCP_ACK, 101, 701);
    assert_true(station_next(s, &seen));
    send_tcp(s, OUTSIDE, false, TCP_ACK, 701, 101);
    assert_true(station_next(s, &seen));
    send_tcp(s, OUTSIDE, false, TCP_RST, 701 + (UINT32_C(1) << 24), 0); /* outside of its window */
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropFilter"), 3);
}

/* When the last of the handshake is lost on its way, the SYN-ACK comes again: it must pass, or who
 * waits to be spoken to waits for ever. But for that there is no SYN in a connection. */
static void syn_ack_that_is_said_again_passes(void **state) {
    struct station *s = *state;
    struct seen seen;
    stateful(s);
    send_tcp(s, INSIDE, true, TCP_SYN, 100, 0);
    assert_true(station_next(s, &seen));
    send_tcp(s, OUTSIDE, false, TCP_SYN | TCP_ACK, 700, 101);
    assert_true(station_next(s, &seen));
    send_tcp(s, INSIDE, true, TCP_ACK, 101, 701);
    assert_true(station_next(s, &seen));
    send_tcp(s, OUTSIDE, false, TCP_SYN | TCP_ACK, 700, 101);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, INSIDE);
    send_tcp(s, OUTSIDE, false, TCP_SYN | TCP_ACK, 701, 101); /* not what it said before */
    send_tcp(s, OUTSIDE, false, TCP_SYN | TCP_ACK, 700, 102); /* of what was not sent */
    send_tcp(s, OUTSIDE, false, TCP_SYN, 700, 0);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropFilter"), 3);
    send_tcp(s, OUTSIDE, false, TCP_ACK, 701, 101);
    assert_true(station_next(s, &seen));
}

/* ---- fragments ---- */

/* A datagram of 32 bytes to a port, in fragments of 8, in an order. */
static void send_fragments(struct station *s, uint16_t port, const unsigned order[4]) {
    uint8_t bytes[32] = {0, 9, (uint8_t)(port >> 8), (uint8_t)port, 0, 32};
    struct ipv4 ip = station_header(s, INSIDE_PEER, PEER_ADDRESS, PROTOCOL_UDP);
    s->interface = INSIDE;
    for (unsigned i = 0; i < 4; i++) {
        ip.fragment_offset = (uint16_t)(order[i] * 8);
        ip.more_fragments = order[i] != 3;
        station_ipv4(s, &ip, bytes + 8 * order[i], 8);
    }
}

static void fragments_follow_the_whole_in_any_order(void **state) {
    struct station *s = *state;
    static const unsigned orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 0, 3, 2}, {2, 3, 0, 1}};
    const struct dobos_filter_rule rules[] = {
        {.action = DOBOS_FILTER_ALLOW,
         .protocol = DOBOS_UDP,
         .to = {.port_first = 53, .port_last = 53}},
        {.action = DOBOS_FILTER_DENY},
    };
    filter_by(s, rules, 2);
    for (size_t i = 0; i < array_length(orders); i++) {
        struct seen seen;
        size_t bytes = 0;
        send_fragments(s, 53, orders[i]);
        while (bytes < 32) {
            assert_true(station_next(s, &seen));
            assert_int_equal(seen.interface, OUTSIDE);
            bytes += seen.payload.length;
        }
        assert_int_equal(bytes, 32);
        send_fragments(s, 54, orders[i]);
        assert_true(station_is_quiet(s));
        assert_decided(s, 1, i + 1, (i + 1) * 52);
    }
}

/* RFC 1858, 3128: the ports stand in one fragment, the flags in another; or a later one would write
 * over them. */
static void tiny_fragments_hide_nothing(void **state) {
    struct station *s = *state;
    const struct dobos_filter_rule rules[] = {
        {.protocol = DOBOS_TCP, .to = {.port_first = 23, .port_last = 23}},
    };
    filter_by(s, rules, 1);
    s->interface = OUTSIDE;
    for (unsigned overlaps = 0; overlaps < 2; overlaps++) {
        uint8_t bytes[24] = {0, 9, 0, overlaps ? 80 : 23, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, TCP_SYN};
        struct ipv4 ip = station_header(s, PEER_ADDRESS, INSIDE_PEER, PROTOCOL_TCP);
        ip.more_fragments = true;
        station_ipv4(s, &ip, bytes, overlaps ? 16 : 8);
        bytes[3] = 23;
        ip.more_fragments = false;
        ip.fragment_offset = 8;
        station_ipv4(s, &ip, bytes + 8, 16);
        station_run(s, 40 * DOBOS_SECOND);
        station_forget(s);
    }
    assert_int_equal(station_counter(s, "IpForwDatagrams"), 0);
    assert_int_equal(station_counter(s, "DropFilter"), 1);
    assert_int_not_equal(station_counter(s, "DropFragmentOverlap"), 0);
}

static void wrong_rules_change_nothing(void **state) {
    struct station *s = *state;
    const struct dobos_filter_rule deny = {.action = DOBOS_FILTER_DENY};
    const struct dobos_filter_rule wrong[] = {
        {.action = DOBOS_FILTER_ALLOW},
        {.action = DOBOS_FILTER_ALLOW, .to.interface = 9},
        {.action = DOBOS_FILTER_ALLOW, .from.prefix = prefix(INSIDE_PEER, 8)},
    };
    struct dobos_filter_info info;
    uint32_t bad = 9;
    assert_int_equal(dobos_filter_read(s->host, 0, &info), -DOBOS_ENOENT);
    filter_by(s, &deny, 1);
    assert_int_equal(dobos_filter_set(s->host, wrong, 2, &bad), -DOBOS_ENODEV);
    assert_int_equal(bad, 1);
    assert_int_equal(dobos_filter_set(s->host, wrong, 3, &bad), -DOBOS_EINVAL);
    assert_int_equal(bad, 2);
    send_udp(s, INSIDE, INSIDE_PEER, 9, PEER_ADDRESS, 9);
    assert_true(station_is_quiet(s));
    assert_decided(s, 0, 1, 36);
    assert_int_equal(dobos_filter_read(s->host, 2, &info), -DOBOS_ENOENT);
    filter_by(s, NULL, 0);
    send_udp(s, INSIDE, INSIDE_PEER, 9, PEER_ADDRESS, 9);
    assert_forwarded(s, OUTSIDE);
    assert_int_equal(dobos_filter_read(s->host, 0, &info), -DOBOS_ENOENT);
}

int main(void) {
#define AT_ROUTER(test) cmocka_unit_test_setup_teardown(test, setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_ROUTER(denied_packet_is_dropped_in_silence_and_counted),
        AT_ROUTER(rule_of_any_address_takes_all),
        AT_ROUTER(rejected_packet_is_answered_prohibited),
        AT_ROUTER(rule_may_ask_for_the_interfaces),
        AT_ROUTER(rule_may_ask_for_ports),
        AT_ROUTER(what_the_router_sends_is_not_asked_about),
        AT_ROUTER(leases_reach_the_routers_own_client_only),
        AT_ROUTER(answers_pass_and_strangers_do_not),
        AT_ROUTER(denied_packet_begins_no_flow),
        AT_ROUTER(answers_to_the_router_itself_pass),
        AT_ROUTER(errors_about_a_flow_pass_and_others_do_not),
        AT_ROUTER(connection_from_inside_passes_both_ways),
        AT_ROUTER(syn_ack_that_is_said_again_passes),
        AT_ROUTER(fragments_follow_the_whole_in_any_order),
        AT_ROUTER(tiny_fragments_hide_nothing),
        AT_ROUTER(wrong_rules_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
