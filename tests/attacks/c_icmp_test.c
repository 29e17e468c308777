/* The attacks by ICMP: rows C1 to C6 and C8 of docs/requirements/attacks.tsv, each against a
 * running host while a witness connection moves bytes (witness.h). */
#include "forge.h"

#include "base/bytes.h"

/* The numbers of the victim's end of the witness, which the attacker has to guess. */
struct numbers {
    uint16_t port;     /* the friend's */
    uint32_t una, nxt; /* first byte not acknowledged, next to be sent */
};

/* The victim sends, the friend's cable is out: bytes are in flight, and what was sent is seen. */
static struct numbers witness_hang(struct witness *w) {
    static uint8_t text[100];
    struct dobos_packet *packets[4];
    uint8_t bytes[200];
    struct numbers numbers = {.port = witness_info(w).peer.port};
    struct witness_end *end = &w->ends[0][1];
    witness_exchange(w);
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (uint8_t)((end->sent + i) * 31 + ((end->sent + i) >> 8) * 7 + 1);
    assert_int_equal(dobos_send(end->socket, text, sizeof(text)), sizeof(text));
    end->sent += sizeof(text);
    assert_int_equal(dobos_output(w->victim, 2, packets, 4, w->now), 1);
    assert_true(dobos_packet_read(packets[0], 0, bytes, sizeof(bytes)) > 60);
    numbers.una = load_be32(bytes + FORGED_PAYLOAD + 4);
    numbers.nxt = numbers.una + (uint32_t)sizeof(text);
    dobos_packet_release(packets[0]);
    w->cut = true;
    return numbers;
}

static void witness_unhang(struct witness *w) {
    w->cut = false;
    w->patience = 30 * DOBOS_SECOND; /* the timer has backed off a little */
    witness_exchange(w);
    w->patience = 5 * DOBOS_SECOND;
}

/* An error that quotes a segment of the victim's to the friend. */
static void quote_send(struct witness *w, const struct numbers *numbers, uint8_t type, uint8_t code,
                       uint16_t mtu, uint32_t seq) {
    uint8_t quoted[28];
    struct writer out = writer_make(quoted, sizeof(quoted));
    struct ipv4 ip = forge_header(VICTIM_ADDRESS, FRIEND_ADDRESS, PROTOCOL_TCP);
    struct icmp icmp = {.type = type, .code = code, .sequence = mtu};
    ip.total_length = 152;
    ipv4_emit(&out, &ip);
    writer_be16(&out, WITNESS_PORT);
    writer_be16(&out, numbers->port);
    writer_be32(&out, seq);
    forge_icmp(w, FAR_ADDRESS, &icmp, quoted, sizeof(quoted));
}

/* [attack:C1] */
static void attack_c1_forged_unreachables_reset_no_connection(void **state) {
    struct witness *w = *state;
    w->pace = 0;
    struct numbers numbers = witness_hang(w);
    uint64_t unvouched = witness_counter(w, "DropIcmpUnvouched");
    unsigned blind = 0;
    for (unsigned code = 0; code < 16; code++) {
        if (code == ICMP_FRAGMENTATION_NEEDED)
            continue;
        /* Blind: he sweeps the numbers; none of these is in flight. */
        for (unsigned i = 0; i < 256; i++, blind++)
            quote_send(w, &numbers, ICMP_UNREACHABLE, (uint8_t)code, 0,
                       numbers.nxt + 1000 + (i << 24));
        quote_send(w, &numbers, ICMP_UNREACHABLE, (uint8_t)code, 0, numbers.una - 1);
        quote_send(w, &numbers, ICMP_UNREACHABLE, (uint8_t)code, 0, numbers.nxt);
        blind += 2;
    }
    assert_int_equal(witness_counter(w, "DropIcmpUnvouched") - unvouched, blind);
    /* He knows the number: the error is noted and the connection goes on all the same. */
    for (unsigned code = 0; code < 16; code++) {
        for (unsigned type = ICMP_UNREACHABLE; type <= ICMP_PARAMETER_PROBLEM; type++)
            if (type != ICMP_UNREACHABLE || code != ICMP_FRAGMENTATION_NEEDED)
                quote_send(w, &numbers, (uint8_t)type, (uint8_t)code, 0, numbers.una);
    }
    assert_int_equal(witness_info(w).state, DOBOS_TCP_ESTABLISHED);
    witness_unhang(w);
    assert_int_equal(witness_counter(w, "TcpEstabResets"), 0);
}

/* [attack:C1]: nor does a guess end one that is being opened */
static void attack_c1_forged_unreachables_end_no_attempt_without_its_number(void **state) {
    struct witness *w = *state;
    struct dobos_endpoint to = witness_endpoint(VICTIM_ADDRESS + 99, 80);
    struct dobos_socket *socket;
    struct dobos_socket_info info;
    uint8_t quoted[28];
    assert_int_equal(dobos_socket_create(w->victim, DOBOS_TCP, NULL, &socket), 0);
    assert_int_equal(dobos_connect(socket, &to), -DOBOS_EINPROGRESS);
    witness_settle(w);
    assert_int_equal(dobos_socket_info_read(socket, &info), 0);
    for (unsigned i = 0; i < 2000; i++) {
        struct writer out = writer_make(quoted, sizeof(quoted));
        struct ipv4 ip = forge_header(VICTIM_ADDRESS, VICTIM_ADDRESS + 99, PROTOCOL_TCP);
        struct icmp icmp = {.type = ICMP_UNREACHABLE, .code = ICMP_PORT_UNREACHABLE};
        ip.total_length = 60;
        ipv4_emit(&out, &ip);
        writer_be16(&out, info.local.port);
        writer_be16(&out, 80);
        writer_be32(&out, i * 2147483u);
        forge_icmp(w, VICTIM_ADDRESS + 99, &icmp, quoted, sizeof(quoted));
    }
    assert_int_equal(dobos_socket_info_read(socket, &info), 0);
    assert_int_equal(info.state, DOBOS_TCP_SYN_SENT);
    dobos_abort(socket);
}

/* [attack:C2] */
static void attack_c2_source_quench_slows_nothing(void **state) {
    struct witness *w = *state;
    w->pace = 0;
    struct numbers numbers = witness_hang(w);
    uint32_t cwnd = witness_info(w).tcp.cwnd_bytes;
    uint64_t ignored = witness_counter(w, "DropIcmpType");
    for (unsigned i = 0; i < 1000; i++)
        quote_send(w, &numbers, ICMP_SOURCE_QUENCH, (uint8_t)i, 0, numbers.una);
    assert_int_equal(witness_counter(w, "DropIcmpType") - ignored, 1000);
    assert_int_equal(witness_info(w).tcp.cwnd_bytes, cwnd);
    assert_int_equal(witness_info(w).tcp.ssthresh_bytes, UINT32_MAX);
    witness_unhang(w);
}

/* [attack:C3] [rfc1191#4] */
static void attack_c3_forged_mtus_are_floored_vouched_for_and_forgotten(void **state) {
    static const uint16_t mtus[] = {0, 1, 67, 68, 69, 296, 551, 552, 1499, 1500, 1501, 9000, 65535};
    struct witness *w = *state;
    w->pace = 0;
    struct numbers numbers = witness_hang(w);
    uint32_t mss = witness_info(w).tcp.mss, least = mss;
    for (unsigned i = 0; i < 13 * 256; i++) /* blind */
        quote_send(w, &numbers, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, mtus[i % 13],
                   numbers.nxt + 1000 + (i / 13 << 24));
    assert_int_equal(witness_info(w).tcp.mss, mss);
    /* He knows the number: not above what it was, not below 552; and the bytes arrive. */
    for (unsigned i = 13; i-- > 0;) {
        quote_send(w, &numbers, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, mtus[i], numbers.una);
        uint32_t now = witness_info(w).tcp.mss;
        assert_true(now <= least && now >= 552 - 20 - 20 - 12);
        least = now;
    }
    assert_true(least < mss);
    witness_unhang(w);
    assert_true(witness_info(w).tcp.mss <= least);
    witness_run_moving(w, 540 * DOBOS_SECOND);
    assert_true(witness_info(w).tcp.mss <= least);
    witness_run_moving(w, 65 * DOBOS_SECOND); /* ten minutes later it is as it was */
    assert_int_equal(witness_info(w).tcp.mss, mss);
}

/* A message that quotes a datagram of the victim's from its port 53, as anybody can make it up who
 * knows that a name server is there. */
static void datagram_quote_send(struct witness *w, uint32_t to, uint16_t mtu) {
    uint8_t quoted[28];
    struct writer out = writer_make(quoted, sizeof(quoted));
    struct ipv4 ip = forge_header(VICTIM_ADDRESS, to, PROTOCOL_UDP);
    struct icmp icmp = {
        .type = ICMP_UNREACHABLE, .code = ICMP_FRAGMENTATION_NEEDED, .sequence = mtu};
    ip.total_length = 1500;
    ipv4_emit(&out, &ip);
    writer_be16(&out, 53);
    writer_be16(&out, 9);
    writer_be32(&out, 1480u << 16);
    forge_icmp(w, FAR_ADDRESS, &icmp, quoted, sizeof(quoted));
}

/* [attack:C3]: connections do not believe what anybody could say; datagrams get fragments of 552
 * bytes at worst, for ten minutes, and what is remembered is bounded */
static void attack_c3_forged_quotes_of_datagrams_do_not_touch_connections(void **state) {
    struct witness *w = *state;
    struct dobos_socket *udp = witness_udp(w->victim, 53);
    struct dobos_address friend = dobos_address_ipv4(FRIEND_ADDRESS);
    struct dobos_route_choice choice;
    uint32_t mss = witness_info(w).tcp.mss;
    w->pace = 0;
    for (uint16_t mtu = 0; mtu < 1500; mtu++)
        datagram_quote_send(w, FRIEND_ADDRESS, mtu);
    assert_int_equal(witness_info(w).tcp.mss, mss);
    assert_int_equal(dobos_route_lookup(w->victim, &friend, NULL, &choice), 0);
    assert_int_equal(choice.path_mtu, 552);
    size_t before = witness_memory(w);
    for (uint32_t i = 0; i < 20000; i++)
        datagram_quote_send(w, UINT32_C(0x08000000) + i, 600);
    assert_true(witness_memory(w) < before + (300 << 10));
    assert_true(witness_counter(w, "PathMtuDisplaced") > 18000);
    assert_int_equal(witness_info(w).tcp.mss, mss);
    w->pace = 1;
    witness_run_moving(w, 605 * DOBOS_SECOND);
    assert_int_equal(dobos_route_lookup(w->victim, &friend, NULL, &choice), 0);
    assert_int_equal(choice.path_mtu, 0);
    assert_true(witness_memory(w) < before + (32 << 10));
    dobos_close(udp);
}

/* [attack:C4] */
static void attack_c4_redirects_change_no_route(void **state) {
    struct witness *w = *state;
    struct dobos_route routes[8], after;
    struct dobos_route_choice choice, now;
    struct dobos_address far = dobos_address_ipv4(FAR_ADDRESS);
    struct dobos_socket *udp = witness_udp(w->victim, 4000);
    struct dobos_message message = {.peer = witness_endpoint(FAR_ADDRESS, 9)};
    struct answer answer;
    struct heard heard;
    uint32_t count = 0;
    while (dobos_route_read(w->victim, count, &routes[count]) == 0)
        count++;
    assert_int_equal(dobos_route_lookup(w->victim, &far, NULL, &choice), 0);
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t quoted[28];
        struct writer out = writer_make(quoted, sizeof(quoted));
        struct ipv4 ip = forge_header(VICTIM_ADDRESS, FAR_ADDRESS, PROTOCOL_UDP);
        uint32_t better = i % 3 ? FRIEND_ADDRESS : ATTACKER_ADDRESS + 1 + i % 50;
        struct icmp icmp = {.type = ICMP_REDIRECT,
                            .code = (uint8_t)(i % 5),
                            .identifier = (uint16_t)(better >> 16),
                            .sequence = (uint16_t)better};
        ip.total_length = 40;
        ipv4_emit(&out, &ip);
        writer_be16(&out, 4000);
        writer_be16(&out, 9);
        writer_be32(&out, 20u << 16);
        /* From the gateway itself, about what was just sent. */
        assert_int_equal(dobos_send_message(udp, "hello, world", 12, &message), 12);
        witness_forget(w);
        forge_icmp(w, i % 2 ? ATTACKER_ADDRESS : FRIEND_ADDRESS, &icmp, quoted, sizeof(quoted));
        assert_true(heard_next(w, PROTOCOL_UDP, &answer, &heard));
        assert_memory_equal(answer.bytes, ATTACKER_MAC.bytes, 6);
    }
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(dobos_route_read(w->victim, i, &after), 0);
        assert_memory_equal(&after.gateway, &routes[i].gateway, sizeof(after.gateway));
        assert_int_equal(after.interface, routes[i].interface);
    }
    assert_int_equal(dobos_route_read(w->victim, count, &after), -DOBOS_ENOENT);
    assert_int_equal(dobos_route_lookup(w->victim, &far, NULL, &now), 0);
    assert_memory_equal(&now.next_hop, &choice.next_hop, sizeof(now.next_hop));
    dobos_close(udp);
}

/* ---- C5 ---- */

#define ALL_BURST    48 /* errors that all may have at once */
#define SOURCE_BURST 6  /* and one address */
#define ROUNDS       4000

/* How far from a coin's the attacker's guesses are, in thousandths: he was answered so many times
 * in rounds of each kind. */
static unsigned advantage(const unsigned answered[2], unsigned rounds) {
    unsigned more = answered[answered[1] > answered[0]],
             less = answered[answered[1] <= answered[0]];
    return (more - less) * 1000 / rounds;
}

static bool is_answered(struct witness *w) {
    witness_forget(w);
    forge_udp(w, ATTACKER_ADDRESS, 53, 1999, "x", 1);
    return heard_errors(w) > 0;
}

/* A program of the victim's waits for an answer at a port that the attacker wants to know. */
static struct dobos_socket *secret_open(struct witness *w, uint16_t *port) {
    struct dobos_socket *udp = witness_udp(w->victim, 0);
    struct dobos_endpoint local = witness_endpoint(0, 0);
    assert_int_equal(dobos_bind(udp, &local), 0);
    assert_int_equal(dobos_local(udp, &local), 0);
    *port = local.port;
    return udp;
}

/*
 * [attack:C5]: he probes as many ports as there are errors for all, each with another forged
 * source, and then a closed one with his own: were the limit a plain count, an answer would say
 * that one of his probes met an open port (1,000).
 */
static void attack_c5_the_limit_for_all_does_not_tell_which_port_is_open(void **state) {
    struct witness *w = *state;
    unsigned answered[2] = {0, 0};
    uint16_t secret;
    struct dobos_socket *udp = secret_open(w, &secret);
    w->pace = 1000;
    for (unsigned i = 0; i < 2 * ROUNDS; i++) {
        for (unsigned k = 0; k < ALL_BURST; k++) {
            bool hit = i % 2 && k == ALL_BURST / 2;
            uint32_t source = UINT32_C(0x08000000) + (uint32_t)random_below(&w->random, 1 << 24);
            forge_udp(w, source, 53, hit ? secret : (uint16_t)(2000 + k), "x", 1);
        }
        answered[i % 2] += is_answered(w);
        witness_run(w, 2 * DOBOS_SECOND);
    }
    assert_true(answered[0] > ROUNDS / 10 && answered[0] < ROUNDS * 9 / 10);
    assert_true(advantage(answered, ROUNDS) < 50);
    dobos_close(udp);
}

/* Uses up what a source is due, with the secret port among those probed or not. */
static void source_use_up(struct witness *w, uint32_t source, unsigned probes, uint16_t secret) {
    for (unsigned k = 0; k < probes; k++)
        forge_udp(w, source, 53, secret && k == 0 ? secret : (uint16_t)(2000 + k), "x", 1);
}

/*
 * [attack:C5]: the limits of single addresses share places. He looks for an address that shares
 * his, and uses it in place of forged ones at large: its probes would use up his own answers.
 */
static void attack_c5_limits_that_addresses_share_do_not_tell_it_either(void **state) {
    struct witness *w = *state;
    unsigned answered[2] = {0, 0}, rounds = 0;
    uint16_t secret;
    struct dobos_socket *udp = secret_open(w, &secret);
    w->pace = 1000;
    for (uint32_t i = 0; i < 1500; i++) {
        uint32_t source = UINT32_C(0x08080000) + i * 65537;
        unsigned silent = 0;
        for (unsigned again = 0; again < 3 && silent == again; again++) {
            source_use_up(w, source, 2 * SOURCE_BURST, 0);
            silent += !is_answered(w);
            witness_run(w, 3 * DOBOS_SECOND);
        }
        for (unsigned k = 0; silent == 3 && k < 40; k++, rounds += k % 2) {
            source_use_up(w, source, SOURCE_BURST, k % 2 ? secret : 0);
            answered[k % 2] += is_answered(w);
            witness_run(w, 3 * DOBOS_SECOND);
        }
    }
    /* He finds none that stays his neighbour, or learns nothing from those he takes for one. */
    assert_true(rounds < 100 || advantage(answered, rounds) < 200);
    dobos_close(udp);
}

/* ---- messages nobody asked for ---- */

/* [attack:C6] */
static void attack_c6_messages_unasked_for_are_ignored_and_leak_nothing(void **state) {
    struct witness *w = *state;
    struct dobos_interface_address before, after;
    struct answer answer;
    struct heard heard;
    uint8_t data[64];
    assert_int_equal(dobos_address_read(w->victim, 2, 0, &before), 0);
    memset(data, 0xff, sizeof(data));
    for (unsigned type = 0; type < 256; type++) {
        for (unsigned code = 0; code < 16; code++) {
            for (size_t length = 0; length <= 24; length += 4) {
                struct icmp icmp = {.type = (uint8_t)type, .code = (uint8_t)code};
                if (type == ICMP_ECHO_REQUEST)
                    continue;
                forge_icmp(w, FRIEND_ADDRESS, &icmp, data, length);
                forge_icmp(w, ATTACKER_ADDRESS, &icmp, data, length);
            }
        }
    }
    assert_int_equal(heard_datagrams(w), 0);
    assert_int_equal(dobos_address_read(w->victim, 2, 0, &after), 0);
    assert_memory_equal(&before.prefix, &after.prefix, sizeof(before.prefix));
    assert_int_equal(dobos_address_read(w->victim, 2, 1, &after), -DOBOS_ENOENT);
    /* An echo is what was asked and no byte more. */
    for (size_t length = 0; length < 1472; length += length < 64 ? 1 : 101) {
        uint8_t large[1472];
        memset(large, 0x33, sizeof(large));
        forge_echo(w, ATTACKER_ADDRESS, large, length);
        assert_true(heard_next(w, PROTOCOL_ICMP, &answer, &heard));
        assert_int_equal(heard.ip.total_length, 28 + length);
        assert_memory_equal(heard.payload + ICMP_HEADER_BYTES, large,
                            heard.length - ICMP_HEADER_BYTES);
    }
}

/* Every protocol with nothing, or next to nothing, behind its header. */
static void edges_of_length(struct witness *w) {
    uint8_t bytes[64] = {0};
    for (unsigned protocol = 0; protocol < 256; protocol++) {
        for (size_t length = 0; length <= 40; length++) {
            for (unsigned fill = 0; fill < 3; fill++) {
                struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, (uint8_t)protocol);
                memset(bytes, (int)(fill * 0x7f), sizeof(bytes));
                bytes[0] = (uint8_t)(protocol == PROTOCOL_ICMP ? ICMP_ECHO_REQUEST : 0x11);
                ip.ttl = (uint8_t)fill;
                forge_ipv4(w, &ip, bytes, length);
            }
        }
    }
}

/* A handshake whose first segment comes in fragments of 8 bytes, the ports alone in the first. */
static void edges_of_fragments(struct witness *w) {
    uint8_t bytes[64];
    struct tcp_header tcp = {.source_port = 4000, .destination_port = 80, .flags = TCP_SYN};
    for (unsigned turn = 0; turn < 6; turn++) {
        struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, PROTOCOL_TCP);
        size_t length =
            forge_tcp_bytes(bytes, ATTACKER_ADDRESS, VICTIM_ADDRESS, &tcp, "abcdefgh", 8);
        for (size_t k = 0; k < 4; k++) {
            size_t at = 8 * ((turn + k) % 4);
            ip.fragment_offset = (uint16_t)at;
            ip.more_fragments = at + 8 < length;
            forge_ipv4(w, &ip, bytes + at, length - at < 8 ? length - at : 8);
        }
        tcp.source_port++;
    }
}

/* [attack:C8] */
static void attack_c8_values_at_the_edges_trip_nothing(void **state) {
    static const uint32_t sources[] = {0,          1, 0xffffffff, VICTIM_ADDRESS, FRIEND_ADDRESS,
                                       FAR_ADDRESS};
    static const uint32_t numbers[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
    struct witness *w = *state;
    struct dobos_socket *listener = witness_listener(w->victim, 80, 8), *accepted;
    edges_of_length(w);
    edges_of_fragments(w);
    for (unsigned flags = 0; flags < 64; flags++) {
        for (unsigned i = 0; i < 6 * 5 * 5; i++) {
            struct tcp_header tcp = {.source_port = (uint16_t)(i % 2 ? 0 : 9),
                                     .destination_port = (uint16_t)(i % 3 ? 80 : 0),
                                     .seq = seq_make(numbers[i / 6 % 5]),
                                     .ack = seq_make(numbers[i / 30]),
                                     .flags = (uint8_t)flags,
                                     .window = (uint16_t)(i % 7 ? 0xffff : 0),
                                     .urgent = (uint16_t)(i * 8191)};
            forge_tcp(w, sources[i % 6], &tcp, "x", i % 2);
        }
    }
    while (dobos_accept(listener, &accepted, NULL) == 0)
        dobos_abort(accepted);
    dobos_close(listener);
    witness_run(w, 130 * DOBOS_SECOND);
}

/* ---- I8 ---- */

/* A resolver's question goes from a socket that is joined to the server it asks (dns_channel.c): to
 * everybody else its port is as closed as any, error for error, so there is nothing that the limit
 * of errors could tell. [attack:I8] */
static void attack_i8_port_of_a_question_looks_closed(void **state) {
    struct witness *w = *state;
    for (unsigned i = 0; i < 64; i++) {
        uint16_t secret;
        struct dobos_endpoint server = witness_endpoint(FRIEND_ADDRESS, 53);
        struct dobos_socket *udp = secret_open(w, &secret);
        unsigned errors[2];
        bool is_joined = i % 2 == 0; /* one that is not joined answers nobody: the test can fail */
        if (is_joined)
            assert_int_equal(dobos_connect(udp, &server), 0);
        for (unsigned k = 0; k < 2; k++) {
            witness_forget(w);
            forge_udp(w, ATTACKER_ADDRESS, 53, k == 0 ? secret : (uint16_t)(secret ^ 1), "x", 1);
            errors[k] = heard_errors(w);
            witness_run(w, 3 * DOBOS_SECOND);
        }
        assert_int_equal(errors[1], 1);
        assert_int_equal(errors[0], is_joined);
        dobos_close(udp);
    }
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_c1_forged_unreachables_reset_no_connection),
        ATTACK(attack_c1_forged_unreachables_end_no_attempt_without_its_number),
        ATTACK(attack_c2_source_quench_slows_nothing),
        ATTACK(attack_c3_forged_mtus_are_floored_vouched_for_and_forgotten),
        ATTACK(attack_c3_forged_quotes_of_datagrams_do_not_touch_connections),
        ATTACK(attack_c4_redirects_change_no_route),
        ATTACK(attack_c5_the_limit_for_all_does_not_tell_which_port_is_open),
        ATTACK(attack_c5_limits_that_addresses_share_do_not_tell_it_either),
        ATTACK(attack_i8_port_of_a_question_looks_closed),
        ATTACK(attack_c6_messages_unasked_for_are_ignored_and_leak_nothing),
        ATTACK(attack_c8_values_at_the_edges_trip_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
