/* The attacks by IPv4's header, its options and what is inside: rows B3, B7 to B9, B11 to B13 and
 * B16 of docs/requirements/attacks.tsv, each against a running host while a witness connection
 * moves bytes (witness.h). */
#include "forge.h"

#include "base/bytes.h"
#include "packet/packet.h"

#define PORT          4000 /* where the victim's program listens */
#define PROTOCOL_IPIP 4
#define PROTOCOL_IPV6 41
#define PROTOCOL_GRE  47

static unsigned sockets_of(const struct witness *w) {
    struct dobos_socket_info info;
    unsigned count = 0;
    while (dobos_socket_read(w->victim, count, &info) == 0)
        count++;
    return count;
}

/* [attack:B3] */
static void attack_b3_syn_from_our_own_address_and_port_makes_no_loop(void **state) {
    static const uint32_t own[] = {VICTIM_ADDRESS, BEYOND_ROUTER, 0x7f000001};
    struct witness *w = *state;
    struct dobos_socket *listener = witness_listener(w->victim, 80, 16);
    unsigned sockets = sockets_of(w);
    uint64_t dropped = witness_counter(w, "DropIpSource"), sent = 0;
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned flags = 0; flags < 64; flags++) {
            for (unsigned open = 0; open < 3; open++) {
                static const uint16_t ports[] = {80, WITNESS_PORT, 7};
                struct tcp_header tcp = {.source_port = ports[open],
                                         .destination_port = ports[open],
                                         .flags = (uint8_t)flags,
                                         .window = 1000};
                forge_tcp(w, own[i], &tcp, NULL, 0);
                forge_udp(w, own[i], ports[open], ports[open], "x", 1);
                sent += 2;
            }
        }
    }
    assert_int_equal(witness_counter(w, "DropIpSource") - dropped, sent);
    assert_int_equal(witness_forget(w), 0);
    assert_int_equal(sockets_of(w), sockets);
    dobos_close(listener);
}

/* [attack:B7] */
static void attack_b7_tunnels_with_lengths_that_disagree_are_never_unpacked(void **state) {
    static const uint8_t protocols[] = {PROTOCOL_IPIP, PROTOCOL_IPV6, PROTOCOL_GRE};
    struct witness *w = *state;
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    uint8_t inner[200], got[200];
    struct ipv4 header = forge_header(FRIEND_ADDRESS, VICTIM_ADDRESS, PROTOCOL_UDP);
    header.total_length = 64;
    struct writer out = writer_make(inner, sizeof(inner));
    ipv4_emit(&out, &header);
    (void)forge_udp_bytes(inner + IPV4_HEADER_BYTES, FRIEND_ADDRESS, 9, VICTIM_ADDRESS, PORT, inner,
                          36);
    for (unsigned p = 0; p < 3; p++) {
        for (unsigned claimed = 0; claimed < 0x10000; claimed += claimed < 300 ? 1 : 257) {
            struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, protocols[p]);
            store_be16(inner + 2, (uint16_t)claimed);
            store_be16(inner + 10, 0);
            store_be16(inner + 10, (uint16_t)~plain_sum(0, inner, IPV4_HEADER_BYTES));
            forge_ipv4(w, &ip, inner, 64);
            forge_ipv4(w, &ip, inner, claimed % 64);
            ip.more_fragments = true; /* and in two fragments, the inner header cut */
            forge_ipv4(w, &ip, inner, 16);
            ip.more_fragments = false;
            ip.fragment_offset = 16;
            forge_ipv4(w, &ip, inner + 16, 48);
        }
    }
    assert_int_equal(dobos_receive(udp, got, sizeof(got)), -DOBOS_EAGAIN);
    assert_true(witness_counter(w, "DropIpProtocol") > 1000);
    assert_true(heard_errors(w) > 0); /* protocol unreachable, now and then */
    dobos_close(udp);
}

/* [attack:B8] */
static void attack_b8_every_header_total_and_captured_length_is_judged_rightly(void **state) {
    struct witness *w = *state;
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    uint8_t frame[FORGED_IP + 96], got[96];
    uint64_t right = 0, delivered = 0, bad = 0, errors = witness_counter(w, "IpInHdrErrors");
    w->pace = 8192;
    for (unsigned ihl = 0; ihl < 16; ihl++) {
        for (unsigned total = 0; total < 0x10000; total += total < 100 ? 1 : 4673) {
            struct writer out = writer_make(frame, sizeof(frame));
            ethernet_emit(&out, &(struct ethernet){.destination = VICTIM_MAC,
                                                   .source = ATTACKER_MAC,
                                                   .type = ETHER_TYPE_IPV4});
            memset(frame + FORGED_IP, 0, 96);
            struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, PROTOCOL_UDP);
            ipv4_emit(&out, &ip);
            frame[FORGED_IP] = (uint8_t)(0x40 | ihl);
            store_be16(frame + FORGED_IP + 2, (uint16_t)total);
            size_t header = ihl < 5 ? 20 : (size_t)ihl * 4;
            store_be16(frame + FORGED_IP + header + 2, PORT);
            store_be16(frame + FORGED_IP + header + 4, 8);
            forge_finish(frame);
            for (size_t have = 0; have <= 96; have++) {
                witness_inject(w, frame, FORGED_IP + have);
                bad += ihl < 5 || total < header || total > have;
                right += ihl >= 5 && total >= header + 8 && total <= have;
                if (dobos_receive(udp, got, sizeof(got)) >= 0)
                    delivered++;
            }
        }
    }
    assert_int_equal(delivered, right);
    assert_int_equal(witness_counter(w, "IpInHdrErrors") - errors, bad);
    dobos_close(udp);
}

/* [attack:B9] */
static void attack_b9_source_routes_of_every_length_and_pointer_lead_nowhere(void **state) {
    static const uint8_t kinds[] = {0x83, 0x89, 7, 68, 0x82, 0x94, 0xff};
    struct witness *w = *state;
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    uint8_t options[40], bytes[16], got[16];
    size_t length = forge_udp_bytes(bytes, ATTACKER_ADDRESS, 9, VICTIM_ADDRESS, PORT, "1234", 4);
    uint64_t forwarded = witness_counter(w, "IpForwDatagrams");
    for (unsigned k = 0; k < sizeof(kinds); k++) {
        for (unsigned claimed = 0; claimed < 256; claimed++) {
            for (unsigned pointer = 0; pointer < 256; pointer += pointer < 48 ? 1 : 13) {
                struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, PROTOCOL_UDP);
                memset(options, 1, sizeof(options));
                store_be32(options + 3, BEYOND_ADDRESS);
                options[0] = kinds[k];
                options[1] = (uint8_t)claimed;
                options[2] = (uint8_t)pointer;
                ip.options = (struct slice){options, claimed % 2 ? 40 : 12};
                forge_ipv4(w, &ip, bytes, length);
                bool good = claimed >= 2 && claimed <= ip.options.length;
                bool route = kinds[k] == 0x83 || kinds[k] == 0x89;
                int64_t result = dobos_receive(udp, got, sizeof(got));
                if (!good || route)
                    assert_int_equal(result, -DOBOS_EAGAIN);
                else if (claimed >= 7) /* else the address stands there as one more option */
                    assert_int_equal(result, 4);
            }
        }
    }
    assert_true(witness_counter(w, "DropIpSourceRoute") > 0);
    /* Not one went on: what the router forwarded is the witness across it. */
    w->pace = 0;
    struct answer answer;
    struct heard heard;
    while (heard_next(w, PROTOCOL_ICMP, &answer, &heard)) /* of malformed ones it is told so */
        assert_int_equal(heard.payload[0], ICMP_PARAMETER_PROBLEM);
    assert_true(witness_counter(w, "IpForwDatagrams") > forwarded);
    dobos_close(udp);
}

/* [attack:B11] */
static void attack_b11_errors_that_quote_headers_with_options_move_nothing(void **state) {
    struct witness *w = *state;
    uint8_t quoted[100];
    struct dobos_socket_info before = witness_info(w);
    struct random random = random_make(11);
    for (unsigned ihl = 0; ihl < 16; ihl++) {
        for (size_t length = 0; length <= 96; length++) {
            for (unsigned round = 0; round < 6; round++) {
                struct writer out = writer_make(quoted, sizeof(quoted));
                struct ipv4 ip = forge_header(VICTIM_ADDRESS, FRIEND_ADDRESS, PROTOCOL_TCP);
                ip.total_length = (uint16_t)(round < 3 ? 1500 : random_below(&random, 0x10000));
                ipv4_emit(&out, &ip);
                memset(quoted + 20, round % 2 ? 1 : 255, sizeof(quoted) - 20);
                quoted[0] = (uint8_t)(0x40 | ihl);
                if (ihl >= 5) { /* the witness's ports, and any number */
                    store_be16(quoted + (size_t)ihl * 4, WITNESS_PORT);
                    store_be16(quoted + (size_t)ihl * 4 + 2, before.peer.port);
                }
                struct icmp icmp = {.type = round % 3 == 0 ? ICMP_TIME_EXCEEDED : ICMP_UNREACHABLE,
                                    .code = (uint8_t)(round % 3 == 1 ? ICMP_PORT_UNREACHABLE : 0)};
                forge_icmp(w, FAR_ADDRESS, &icmp, quoted, length);
            }
        }
    }
    assert_int_equal(witness_info(w).state, DOBOS_TCP_ESTABLISHED);
    assert_int_equal(witness_info(w).tcp.mss, before.tcp.mss);
    assert_int_equal(witness_forget(w), 0);
}

/* [attack:B12] */
static void attack_b12_errors_about_datagrams_with_options_quote_them_in_bounds(void **state) {
    struct witness *w = *state;
    static uint8_t data[1400];
    uint8_t options[40], bytes[1472];
    struct answer answer;
    struct heard heard;
    unsigned errors = 0;
    memset(options, 1, sizeof(options));
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 3);
    for (size_t words = 0; words <= 10; words++) {
        for (size_t length = 0; length <= 1400; length += length < 64 ? 1 : 167) {
            struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, PROTOCOL_UDP);
            ip.options = (struct slice){options, words * 4};
            size_t all =
                forge_udp_bytes(bytes, ATTACKER_ADDRESS, 9, VICTIM_ADDRESS, 1, data, length);
            forge_ipv4(w, &ip, bytes, all);
            while (heard_next(w, PROTOCOL_ICMP, &answer, &heard)) {
                size_t header = 20 + words * 4, quoted = heard.length - ICMP_HEADER_BYTES;
                errors++;
                assert_int_equal(heard.payload[0], ICMP_UNREACHABLE);
                assert_true(heard.ip.total_length <= 576);
                assert_true(quoted <= header + all && quoted >= header + 8);
                assert_memory_equal(heard.payload + ICMP_HEADER_BYTES + header, bytes,
                                    quoted - header);
                assert_int_equal(plain_sum(0, heard.payload, heard.length), 0xffff);
            }
            witness_run(w, DOBOS_SECOND / 6);
        }
    }
    assert_true(errors > 700);
}

/* A frame that lies at any address, as an unusual driver would hand it over. */
static void inject_odd(struct witness *w, const uint8_t *frame, size_t length, unsigned odd) {
    struct dobos_packet *packet = packet_create(w->pool, 64 + odd);
    assert_non_null(packet);
    assert_true(packet_append_bytes(packet, frame, length));
    dobos_input(w->victim, 2, &packet, 1, w->now);
    witness_settle(w);
}

/* [attack:B13] */
static void attack_b13_headers_at_odd_addresses_are_read_all_the_same(void **state) {
    struct witness *w = *state;
    struct dobos_socket *udp = witness_udp(w->victim, PORT);
    struct dobos_socket *listener = witness_listener(w->victim, 80, 16);
    uint8_t frame[600], payload[512], options[40], got[600];
    memset(options, 1, sizeof(options));
    for (unsigned odd = 0; odd < 16; odd++) {
        for (unsigned words = 0; words <= 10; words += 5) {
            for (unsigned part = 0; part < 3; part++) { /* two fragments, and a SYN */
                struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, PROTOCOL_UDP);
                struct tcp_header tcp = {.source_port = (uint16_t)(1000 + odd * 16 + words),
                                         .destination_port = 80,
                                         .flags = TCP_SYN,
                                         .options = {options, 37 - odd % 2}};
                size_t length = forge_udp_bytes(payload, ATTACKER_ADDRESS, 9, VICTIM_ADDRESS, PORT,
                                                options, 32);
                if (part == 2) {
                    ip.protocol = PROTOCOL_TCP;
                    tcp.options.length = 36;
                    length =
                        forge_tcp_bytes(payload, ATTACKER_ADDRESS, VICTIM_ADDRESS, &tcp, NULL, 0);
                }
                size_t from = part == 1 ? 16 : 0, to = part == 0 ? 16 : length;
                ip.identification = (uint16_t)(odd * 64 + words);
                ip.fragment_offset = (uint16_t)from;
                ip.more_fragments = part == 0;
                ip.options = (struct slice){options, words * 4u};
                ip.total_length = (uint16_t)(20 + words * 4 + to - from);
                struct writer out = writer_make(frame, sizeof(frame));
                ethernet_emit(&out, &(struct ethernet){.destination = VICTIM_MAC,
                                                       .source = ATTACKER_MAC,
                                                       .type = ETHER_TYPE_IPV4});
                ipv4_emit(&out, &ip);
                writer_bytes(&out, payload + from, to - from);
                inject_odd(w, frame, out.position, odd);
            }
            assert_int_equal(dobos_receive(udp, got, sizeof(got)), 32);
            witness_exchange(w);
        }
    }
    assert_true(heard_datagrams(w) >= 16 * 3); /* each SYN was answered */
    dobos_close(udp);
    dobos_close(listener);
}

/* [attack:B16] */
static void attack_b16_echoes_whose_length_exceeds_the_frame_leak_nothing(void **state) {
    struct witness *w = *state;
    uint8_t frame[FORGED_PAYLOAD + 200];
    struct answer answer;
    struct heard heard;
    unsigned replies = 0, right = 0;
    for (size_t carried = 8; carried <= 96; carried++) {
        for (unsigned total = 28; total < 0x10000; total += total < 160 ? 1 : 3001) {
            struct ipv4 ip = forge_header(ATTACKER_ADDRESS, VICTIM_ADDRESS, PROTOCOL_ICMP);
            struct icmp icmp = {.type = ICMP_ECHO_REQUEST, .identifier = 1, .sequence = 2};
            struct writer out = writer_make(frame, sizeof(frame));
            ethernet_emit(&out, &(struct ethernet){.destination = VICTIM_MAC,
                                                   .source = ATTACKER_MAC,
                                                   .type = ETHER_TYPE_IPV4});
            ip.total_length = (uint16_t)total;
            ipv4_emit(&out, &ip);
            memset(frame + FORGED_PAYLOAD, 0x11, 200);
            size_t summed = total - 20u < carried ? total - 20u : carried;
            (void)forge_icmp_bytes(frame + FORGED_PAYLOAD, &icmp, frame + FORGED_PAYLOAD + 8,
                                   summed - 8);
            witness_inject(w, frame, FORGED_PAYLOAD + carried);
            right += total - 20u <= carried;
            while (heard_next(w, PROTOCOL_ICMP, &answer, &heard)) {
                replies++;
                assert_true(heard.length <= carried);
                for (size_t i = ICMP_HEADER_BYTES; i < heard.length; i++)
                    assert_int_equal(heard.payload[i], 0x11);
            }
        }
    }
    assert_int_equal(replies, right);
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup, attack_teardown)
#define ATTACK_ROUTER(test) \
    cmocka_unit_test_setup_teardown(test, attack_setup_router, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_b3_syn_from_our_own_address_and_port_makes_no_loop),
        ATTACK_ROUTER(attack_b7_tunnels_with_lengths_that_disagree_are_never_unpacked),
        ATTACK(attack_b8_every_header_total_and_captured_length_is_judged_rightly),
        ATTACK_ROUTER(attack_b9_source_routes_of_every_length_and_pointer_lead_nowhere),
        ATTACK(attack_b11_errors_that_quote_headers_with_options_move_nothing),
        ATTACK(attack_b12_errors_about_datagrams_with_options_quote_them_in_bounds),
        ATTACK(attack_b13_headers_at_odd_addresses_are_read_all_the_same),
        ATTACK(attack_b16_echoes_whose_length_exceeds_the_frame_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
