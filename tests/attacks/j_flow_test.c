/*
 * Attacks on what a router that translates does with packets on their way: fragments, ports that
 * could be guessed, checksums at their edges; and what is left when somebody dies: the router, a
 * peer, a cable.
 */
#include <stdio.h>

#include "../lab/made.h"
#include "forge_nat.h"

#include "base/bytes.h"

static struct talk talk_of(unsigned host, uint16_t port, unsigned stranger, uint16_t to) {
    return (struct talk){.inside = ATTACKER_ADDRESS + host,
                         .inside_port = port,
                         .outside = STRANGER_ADDRESS + stranger,
                         .outside_port = to};
}

/* ---- J8 ---- */

#define PIECE  400 /* bytes of a datagram that a fragment has */
#define PIECES 3

/* One fragment of a datagram, in or out. */
static void piece_send(struct witness *w, uint32_t interface, const struct ipv4 *whole,
                       const uint8_t *bytes, size_t length, unsigned piece) {
    struct ipv4 ip = *whole;
    ip.fragment_offset = (uint16_t)(piece * PIECE);
    ip.more_fragments = piece + 1 < PIECES;
    forge_ipv4_at(w, interface, &ip, bytes + piece * PIECE,
                  ip.more_fragments ? PIECE : length - piece * PIECE);
}

/* Puts together what left by an interface, in any order, in fragments or whole; returns its length,
 * 0: not all of it came. */
static size_t pieces_gather(struct witness *w, uint32_t interface, uint8_t *bytes,
                            struct ipv4 *header) {
    struct answer answer;
    struct heard heard;
    size_t length = 0, have = 0;
    while (witness_answer(w, &answer)) {
        if (answer.interface != interface || !heard_parse(&answer, &heard))
            continue;
        memcpy(bytes + heard.ip.fragment_offset, heard.payload, heard.length);
        have += heard.length;
        if (!heard.ip.more_fragments)
            length = heard.ip.fragment_offset + heard.length;
        *header = heard.ip;
    }
    return have == length ? length : 0;
}

/* [attack:J8] */
static void attack_j8_fragments_pass_in_any_order_and_never_without_their_first(void **state) {
    static const unsigned orders[6][PIECES] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                               {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct witness *w = *state;
    uint8_t bytes[2000], data[1100], out[2000];
    struct ipv4 header;
    struct heard heard;
    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7);
    for (unsigned i = 0; i < 6; i++) {
        struct talk talk = talk_of(0, (uint16_t)(4000 + i), 0, 53);
        struct ipv4 ip = forge_header(talk.inside, talk.outside, PROTOCOL_UDP);
        size_t length = forge_udp_bytes(bytes, talk.inside, talk.inside_port, talk.outside, 53,
                                        data, sizeof data);
        witness_forget(w);
        for (unsigned k = 0; k < PIECES; k++)
            piece_send(w, INSIDE, &ip, bytes, length, orders[i][k]);
        assert_int_equal(pieces_gather(w, OUTSIDE, out, &header), length);
        heard = (struct heard){.ip = header, .payload = out, .length = length};
        assert_true(nat_sum_is_right(&heard));
        assert_memory_equal(out + UDP_HEADER_BYTES, data, sizeof data);
        assert_int_equal(dobos_address_ipv4_number(&header.source), BEYOND_ROUTER);
        talk.seen_port = nat_source_port(&heard);
        /* And the answer in the same order. */
        ip = forge_header(talk.outside, BEYOND_ROUTER, PROTOCOL_UDP);
        length = forge_udp_bytes(bytes, talk.outside, 53, BEYOND_ROUTER, talk.seen_port, data,
                                 sizeof data);
        for (unsigned k = 0; k < PIECES; k++)
            piece_send(w, OUTSIDE, &ip, bytes, length, orders[i][k]);
        assert_int_equal(pieces_gather(w, INSIDE, out, &header), length);
        heard = (struct heard){.ip = header, .payload = out, .length = length};
        assert_true(nat_sum_is_right(&heard));
        assert_int_equal(nat_destination_port(&heard), talk.inside_port);
        assert_int_equal(dobos_address_ipv4_number(&header.destination), talk.inside);
    }
    /* A later fragment alone, whoever sends it, goes nowhere, and tells nobody of others' ports. */
    const size_t length = sizeof data + UDP_HEADER_BYTES;
    const struct ipv4 in = forge_header(STRANGER_ADDRESS, BEYOND_ROUTER, PROTOCOL_UDP);
    const struct ipv4 off = forge_header(ATTACKER_ADDRESS, STRANGER_ADDRESS, PROTOCOL_UDP);
    witness_forget(w);
    for (unsigned k = 1; k < PIECES; k++) {
        piece_send(w, OUTSIDE, &in, bytes, length, k);
        piece_send(w, INSIDE, &off, bytes, length, k);
    }
    assert_int_equal(heard_datagrams(w), 0);
    witness_run_moving(w, 400 * DOBOS_SECOND);
}

/* [attack:J8]: fragments that wait for a first one that never comes */
static void attack_j8_a_flood_of_fragments_costs_a_bounded_memory(void **state) {
    struct witness *w = *state;
    uint8_t bytes[64] = {0};
    w->pace = 1024;
    for (unsigned i = 0; i < 60000; i++) {
        struct ipv4 ip = i % 2 ? forge_header(ATTACKER_ADDRESS + i % 60, STRANGER_ADDRESS + i % 50,
                                              i % 4 == 1 ? PROTOCOL_UDP : PROTOCOL_TCP)
                               : forge_header(STRANGER_ADDRESS + i % 60, BEYOND_ROUTER,
                                              i % 4 ? PROTOCOL_UDP : PROTOCOL_TCP);
        ip.fragment_offset = (uint16_t)(8 * (1 + i % 100));
        ip.more_fragments = i % 8 < 4;
        forge_ipv4_at(w, i % 2 ? INSIDE : OUTSIDE, &ip, bytes, 64);
        w->now += DOBOS_MILLISECOND;
    }
    assert_in_range(nat_mappings(w, 0), 1, 3);
}

/* ---- J9 ---- */

#define SAMPLES 4096

static void sample_ports(struct witness *w, unsigned stranger, uint16_t *ports) {
    struct answer answer;
    struct heard heard;
    for (unsigned i = 0; i < SAMPLES; i++) {
        const struct talk talk = talk_of(stranger, (uint16_t)(2000 + i), stranger, 53);
        witness_forget(w);
        nat_udp_out(w, &talk, "x", 1);
        assert_true(nat_heard(w, OUTSIDE, PROTOCOL_UDP, &answer, &heard));
        ports[i] = nat_source_port(&heard);
    }
}

/* [attack:J9] */
static void attack_j9_the_next_port_does_not_follow_from_those_before(void **state) {
    struct witness *w = *state;
    static uint16_t ports[SAMPLES], others[SAMPLES];
    unsigned parts[16] = {0}, near = 0, kept = 0, same = 0, repeated_step = 0;
    w->pace = 1024;
    sample_ports(w, 0, ports);
    sample_ports(w, 1, others);
    for (unsigned i = 0; i < SAMPLES; i++) {
        assert_in_range(ports[i], 1024, 65535);
        parts[(ports[i] - 1024) / 4032]++;
        kept += ports[i] == 2000 + i;
        same += ports[i] == others[i];
        if (i > 1)
            repeated_step +=
                (uint16_t)(ports[i] - ports[i - 1]) == (uint16_t)(ports[i - 1] - ports[i - 2]);
        if (i > 0)
            near += (uint16_t)(ports[i] - ports[i - 1] + 64) <= 128;
    }
    for (unsigned i = 0; i < 16; i++) /* 256 each, and six standard deviations */
        assert_in_range(parts[i], 256 - 96, 256 + 96);
    assert_in_range(near, 0, 30); /* eight of a fair die */
    assert_in_range(kept + same + repeated_step, 0, 8);
    witness_run_moving(w, 400 * DOBOS_SECOND);
}

/* ---- J10 ---- */

/* [attack:J10] */
static void attack_j10_every_sum_of_a_datagram_comes_out_right(void **state) {
    struct witness *w = *state;
    struct talk talk = talk_of(0, 4000, 0, 53);
    struct answer answer;
    struct heard heard;
    uint8_t data[3], bytes[64];
    unsigned all_ones = 0;
    w->pace = 0;
    for (unsigned i = 0; i < 65536; i++) { /* all sums, and with them those at the edges */
        store_be16(data, (uint16_t)i);
        data[2] = 1;
        nat_udp_out(w, &talk, data, i % 2 ? 3 : 2);
        assert_true(nat_heard(w, OUTSIDE, PROTOCOL_UDP, &answer, &heard));
        assert_int_not_equal(load_be16(heard.payload + 6), 0);
        all_ones += load_be16(heard.payload + 6) == 0xffff;
        talk.seen_port = nat_source_port(&heard);
        nat_udp_in(w, &talk, data, i % 2 ? 3 : 2);
        assert_true(nat_heard(w, INSIDE, PROTOCOL_UDP, &answer, &heard));
        assert_int_not_equal(load_be16(heard.payload + 6), 0);
    }
    assert_true(all_ones > 0);
    /* Without a sum there is none afterwards. */
    const struct ipv4 ip = forge_header(talk.inside, talk.outside, PROTOCOL_UDP);
    const size_t length =
        forge_udp_bytes(bytes, talk.inside, 4000, talk.outside, 53, data, sizeof data);
    store_be16(bytes + 6, 0);
    forge_ipv4_at(w, INSIDE, &ip, bytes, length);
    assert_true(nat_heard(w, OUTSIDE, PROTOCOL_UDP, &answer, &heard));
    assert_int_equal(load_be16(heard.payload + 6), 0);
    /* A wrong one stays wrong: nobody mends what was damaged. */
    (void)forge_udp_bytes(bytes, talk.inside, 4000, talk.outside, 53, data, sizeof data);
    bytes[UDP_HEADER_BYTES] ^= 0x40;
    forge_ipv4_at(w, INSIDE, &ip, bytes, length);
    while (witness_answer(w, &answer))
        if (answer.interface == OUTSIDE && heard_parse(&answer, &heard))
            assert_false(nat_sum_is_right(&heard));
    witness_run_moving(w, 400 * DOBOS_SECOND);
}

/* ---- J12 ---- */

#define HOME                                                                                    \
    "network: n\n"                                                                              \
    "segments: {lan: , wan: }\n"                                                                \
    "nodes:\n"                                                                                  \
    "  inside: {interfaces: {eth0: {segment: lan, addresses: [192.168.0.10/24], routes: [{to: " \
    "default, via: 192.168.0.1}]}}}\n"                                                          \
    "  outside: {interfaces: {eth0: {segment: wan, addresses: [203.0.113.80/24]}}, services: "  \
    "{echo: {}}}\n"                                                                             \
    "  router:\n"                                                                               \
    "    forwarding: true\n"                                                                    \
    "    interfaces:\n"                                                                         \
    "      lan0: {segment: lan, addresses: [192.168.0.1/24]}\n"                                 \
    "      wan0: {segment: wan, addresses: [203.0.113.1/24]}\n"                                 \
    "    nat: {masquerade: [wan0]}\n"

static void pass(struct lab *lab, dobos_time duration) {
    lab_wake(lab, "inside");
    lab_run_until(lab, lab_now(lab) + duration);
}

static struct dobos_socket *begin(struct lab *lab) {
    const struct dobos_endpoint to = witness_endpoint(UINT32_C(0xcb007150), 7);
    struct dobos_socket *socket = NULL;
    assert_int_equal(dobos_socket_create(lab_host(lab, "inside"), DOBOS_TCP, NULL, &socket), 0);
    assert_int_equal(dobos_connect(socket, &to), -DOBOS_EINPROGRESS);
    return socket;
}

/* Whether what is sent comes back within a time; what came before is not looked at. */
static bool is_echoed(struct lab *lab, struct dobos_socket *socket, dobos_time duration) {
    char bytes[16];
    while (dobos_receive(socket, bytes, sizeof bytes) > 0)
        ;
    if (dobos_socket_ready(socket) & DOBOS_HANGUP || dobos_send(socket, "word", 4) != 4)
        return false;
    pass(lab, duration);
    return dobos_receive(socket, bytes, sizeof bytes) == 4;
}

/* Whether the connection is over, for its owner to see. */
static bool is_told(struct dobos_socket *socket) {
    return dobos_socket_ready(socket) & (DOBOS_ERROR | DOBOS_HANGUP);
}

/* [attack:J12] */
static void
attack_j12_a_router_that_restarts_lets_old_connections_know_and_new_ones_begin(void **state) {
    struct lab *lab = lab_of_seed(HOME, 12);
    struct lab_error error = {""};
    (void)state;
    pass(lab, DOBOS_SECOND);
    for (unsigned round = 0; round < 20; round++) {
        struct dobos_socket *old = begin(lab);
        pass(lab, DOBOS_SECOND / 4);
        assert_true(is_echoed(lab, old, DOBOS_SECOND / 4));
        /* In the midst of traffic. */
        (void)dobos_send(old, "word", 4);
        pass(lab, (dobos_time)round * DOBOS_MILLISECOND / 10);
        assert_int_equal(lab_node_restart(lab, "router", &error), 0);
        struct dobos_socket *fresh = begin(lab);
        pass(lab, DOBOS_SECOND / 2);
        assert_true(is_echoed(lab, fresh, DOBOS_SECOND / 2));
        /* The old one goes on, or its owner is told soon that it is over. */
        assert_true(is_echoed(lab, old, 5 * DOBOS_SECOND) || is_told(old));
        dobos_close(old);
        dobos_close(fresh);
        pass(lab, DOBOS_SECOND);
    }
    lab_destroy(lab);
}

/* ---- J13 ---- */

#define FLOWS 500 /* of a round */

/* Flows whose ends are dead: never answered, answered once, half open, open. */
static void flows_begin(struct witness *w, unsigned round) {
    for (unsigned i = 0; i < FLOWS; i++) {
        struct talk talk =
            talk_of(i % 60, (uint16_t)(1025 + (round * FLOWS + i) % 60000), i % 50, 53);
        struct dobos_nat_mapping mapping;
        nat_udp_out(w, &talk, "x", 1);
        if (i % 50 == 0)
            nat_tcp_open(w, &talk);
        else if (i % 5 == 0)
            nat_tcp_out(w, &talk, (struct tcp_header){.seq = {i}, .flags = TCP_SYN}, NULL, 0);
        if (i % 7 == 0 && nat_mapping(w, PROTOCOL_UDP, talk.inside, talk.inside_port, &mapping)) {
            talk.seen_port = mapping.outside.port;
            nat_udp_in(w, &talk, "x", 1);
        }
    }
}

/* [attack:J13] */
static void attack_j13_what_dead_peers_leave_expires_and_nothing_leaks(void **state) {
    struct witness *w = *state;
    const char *soak = getenv("DOBOS_SOAK");
    const unsigned rounds = soak ? 2000 : 100; /* a million flows, or 50,000 */
    size_t most = 0;
    w->pace = 0;
    for (unsigned round = 0; round < rounds; round++) {
        flows_begin(w, round);
        if (round % 3 == 1) { /* the cable outside is pulled for a while */
            assert_int_equal(dobos_interface_carrier_set(w->victim, OUTSIDE, false), 0);
            witness_run(w, DOBOS_SECOND);
            assert_int_equal(dobos_interface_carrier_set(w->victim, OUTSIDE, true), 0);
        }
        for (unsigned i = 0; i < 8; i++) {
            witness_run(w, 1000 * DOBOS_SECOND);
            witness_exchange(w);
        }
        assert_int_equal(nat_mappings(w, 0), 1);
        if (round < 3 && w->memory.live_bytes > most)
            most = w->memory.live_bytes;
        assert_true(round < 3 || w->memory.live_bytes <= most);
    }
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup_nat, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_j8_fragments_pass_in_any_order_and_never_without_their_first),
        ATTACK(attack_j8_a_flood_of_fragments_costs_a_bounded_memory),
        ATTACK(attack_j9_the_next_port_does_not_follow_from_those_before),
        ATTACK(attack_j10_every_sum_of_a_datagram_comes_out_right),
        cmocka_unit_test(
            attack_j12_a_router_that_restarts_lets_old_connections_know_and_new_ones_begin),
        ATTACK(attack_j13_what_dead_peers_leave_expires_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
