/* The attacks on what the network floor says of itself, and to whom: rows B17 to B21 of
 * docs/requirements/attacks.tsv, each against a running host while a witness connection moves bytes
 * (witness.h). */
#include "forge.h"

#include "base/bytes.h"

#define SAMPLES 4096

/* The identification of the victim's answer to an echo request from `source`. */
static uint16_t identification_of(struct witness *w, uint32_t source) {
    struct answer answer;
    struct heard heard;
    witness_forget(w);
    forge_echo(w, source, "probe", 5);
    assert_true(heard_next(w, PROTOCOL_ICMP, &answer, &heard));
    return heard.ip.identification;
}

/* How unevenly 16-bit numbers fall into 64 classes: about 64 on the average when they are random
 * (its standard deviation is 11). */
static unsigned unevenness(const uint16_t *numbers, unsigned count) {
    unsigned classes[64] = {0}, expected = count / 64, sum = 0;
    for (unsigned i = 0; i < count; i++)
        classes[numbers[i] >> 10]++;
    for (unsigned i = 0; i < 64; i++) {
        int off = (int)classes[i] - (int)expected;
        sum += (unsigned)(off * off);
    }
    return sum / expected;
}

/* [attack:B17] */
static void attack_b17_identifications_tell_neither_the_next_nor_how_many_were_sent(void **state) {
    struct witness *w = *state;
    static uint16_t seen[SAMPLES], steps[SAMPLES], busy_steps[SAMPLES];
    unsigned ones = 0, again = 0;
    w->pace = 0;
    for (unsigned i = 0; i < SAMPLES; i++) {
        seen[i] = identification_of(w, ATTACKER_ADDRESS);
        steps[i] = (uint16_t)(seen[i] - seen[i ? i - 1 : 0]);
        ones += steps[i] >= 1 && steps[i] <= 8;
        again += i > 1 && steps[i] == steps[i - 1];
    }
    assert_true(unevenness(seen, SAMPLES) < 64 + 8 * 11);
    assert_true(unevenness(steps, SAMPLES) < 64 + 8 * 11);
    assert_true(ones < 8 && again < 8); /* by chance 0.5 and 0.06 */
    /* The victim says 0 to 3 words to others between two probes: the steps look as before, and the
     * first bit of what he sees does not tell whether it did. */
    unsigned told[2] = {0, 0};
    for (unsigned i = 0; i < SAMPLES; i++) {
        for (unsigned k = 0; k < i % 4; k++)
            (void)identification_of(w, FRIEND_ADDRESS);
        uint16_t now = identification_of(w, ATTACKER_ADDRESS);
        busy_steps[i] = (uint16_t)(now - seen[0]);
        seen[0] = now;
        told[i % 4 != 0] += busy_steps[i] < 0x8000;
    }
    assert_true(unevenness(busy_steps, SAMPLES) < 64 + 8 * 11);
    assert_in_range(told[0], SAMPLES / 8 - 96, SAMPLES / 8 + 96); /* 6 standard deviations */
    assert_in_range(told[1], SAMPLES * 3 / 8 - 168, SAMPLES * 3 / 8 + 168);
    witness_exchange(w);
}

/* [attack:B17]: and yet none comes twice to one peer before all have been */
static void attack_b17_identifications_to_one_peer_do_not_repeat(void **state) {
    struct witness *w = *state;
    static uint8_t used[65536];
    memset(used, 0, sizeof(used));
    for (unsigned i = 0; i < 60000; i++) {
        uint16_t identification = identification_of(w, ATTACKER_ADDRESS);
        assert_int_equal(used[identification]++, 0);
    }
}

static unsigned bits_set(uint16_t number) {
    unsigned bits = 0;
    for (; number; number = (uint16_t)(number & (number - 1u)))
        bits++;
    return bits;
}

/* [attack:B18] */
static void attack_b18_each_bit_of_the_key_makes_other_identifications(void **state) {
    enum {
        NUMBERS = 32
    };
    uint16_t first[NUMBERS];
    unsigned differing = 0, hosts = 0, equal = 0;
    (void)state;
    for (unsigned bit = 0; bit <= 8 * DOBOS_KEY_BYTES; bit += bit ? 3 : 1, hosts++) {
        /* Bit 0 stands for the key unchanged. */
        struct witness *w = witness_open_keyed(false, 7, bit);
        for (unsigned i = 0; i < NUMBERS; i++) {
            uint16_t identification = identification_of(w, ATTACKER_ADDRESS);
            if (bit == 0)
                first[i] = identification;
            equal += bit && first[i] == identification;
            differing += bits_set(first[i] ^ identification);
        }
        witness_close(w);
    }
    /* Half of the 16 bits differ, give or take six standard deviations; hardly any is the same. */
    unsigned pairs = (hosts - 1) * NUMBERS;
    assert_in_range(differing, pairs * 8 - pairs / 4, pairs * 8 + pairs / 4);
    assert_true(equal < 6);
}

/* [attack:B19] */
static void attack_b19_broadcast_and_multicast_are_not_answered_at_all(void **state) {
    static const uint32_t groups[] = {
        0xffffffff, VICTIM_ADDRESS | 255, VICTIM_ADDRESS & ~255u, 0xe0000001,
        0xe00000fb, 0xefffffff,           BEYOND_ROUTER | 255};
    struct witness *w = *state;
    struct dobos_service *echo = NULL;
    uint8_t bytes[64];
    int result = dobos_echo_server_create(w->victim, 7, &echo);
    witness_serve(w, result, echo);
    for (unsigned i = 0; i < 70 * 16; i++) {
        uint32_t group = groups[i % 7], source = i % 3 ? FRIEND_ADDRESS : FAR_ADDRESS;
        struct icmp icmp = {.type = i % 4 ? ICMP_ECHO_REQUEST : 13, .identifier = 1};
        struct tcp_header tcp = {.source_port = 9, .destination_port = 7, .flags = TCP_SYN};
        struct ipv4 ip = forge_header(source, group, PROTOCOL_ICMP);
        size_t length = forge_icmp_bytes(bytes, &icmp, "smurf", 5);
        if (i % 3 == 1) {
            ip.protocol = PROTOCOL_UDP;
            length = forge_udp_bytes(bytes, source, 4000, group, i % 2 ? 1 : 7, "fraggle", 7);
        } else if (i % 3 == 2) {
            ip.protocol = i % 2 ? PROTOCOL_TCP : 99;
            length = forge_tcp_bytes(bytes, source, group, &tcp, NULL, 0);
        }
        if (i % 5 < 3)
            forge_ipv4_broadcast(w, &ip, bytes, length);
        else
            forge_ipv4(w, &ip, bytes, length);
        /* To its own address, in a frame to all. */
        ip.destination = dobos_address_ipv4(VICTIM_ADDRESS);
        forge_ipv4_broadcast(w, &ip, bytes, length);
    }
    assert_int_equal(heard_datagrams(w), 0);
    assert_int_equal(dobos_service_answers(echo), 0);
}

/* One of each protocol with this source, to the victim and through it. */
static void martian_send(struct witness *w, uint32_t interface, uint32_t source,
                         uint32_t destination) {
    uint8_t bytes[64];
    struct icmp icmp = {.type = ICMP_ECHO_REQUEST};
    struct tcp_header tcp = {.source_port = 9, .destination_port = 80, .flags = TCP_SYN};
    struct ipv4 ip = forge_header(source, destination, PROTOCOL_ICMP);
    forge_ipv4_at(w, interface, &ip, bytes, forge_icmp_bytes(bytes, &icmp, "x", 1));
    ip.protocol = PROTOCOL_UDP;
    forge_ipv4_at(w, interface, &ip, bytes,
                  forge_udp_bytes(bytes, source, 9, destination, 9, "x", 1));
    ip.protocol = PROTOCOL_TCP;
    forge_ipv4_at(w, interface, &ip, bytes,
                  forge_tcp_bytes(bytes, source, destination, &tcp, NULL, 0));
}

/* [attack:B20] */
static void attack_b20_martian_and_forged_inside_sources_are_dropped(void **state) {
    /* Nobody's: this network, loopback, groups, reserved, all; ours; broadcasts of our links. */
    static const uint32_t martians[] = {
        0x00000000, 0x00010203,     0x7f000001,           0x7fffffff,
        0xe0000001, 0xefffffff,     0xf0000001,           0xffffffff,
        0xfffffffe, VICTIM_ADDRESS, VICTIM_ADDRESS | 255, VICTIM_ADDRESS & ~255u,
    };
    struct witness *w = *state;
    unsigned count = sizeof(martians) / sizeof(martians[0]), sent = 0;
    uint64_t dropped = witness_counter(w, "DropIpSource");
    w->pace = 0;
    uint64_t forwarded = witness_counter(w, "IpForwDatagrams");
    for (unsigned i = 0; i < count; i++) {
        martian_send(w, 2, martians[i], VICTIM_ADDRESS);
        martian_send(w, 2, martians[i], BEYOND_ADDRESS);
        sent += 6;
    }
    assert_int_equal(witness_counter(w, "DropIpSource") - dropped, sent);
    /* eth1 is the outside: who comes from there with an address of the inside, or of the router, is
     * dropped, whomever it is for. */
    for (unsigned i = 3; i < 255; i++) {
        martian_send(w, 3, (VICTIM_ADDRESS & ~UINT32_C(255)) + i, VICTIM_ADDRESS);
        martian_send(w, 3, (VICTIM_ADDRESS & ~UINT32_C(255)) + i, FRIEND_ADDRESS);
        sent += 6;
    }
    martian_send(w, 3, VICTIM_ADDRESS, FRIEND_ADDRESS);
    martian_send(w, 3, BEYOND_ROUTER, FRIEND_ADDRESS);
    martian_send(w, 3, BEYOND_ROUTER | 255, FRIEND_ADDRESS);
    assert_int_equal(witness_counter(w, "DropIpSource") - dropped, sent + 9);
    assert_int_equal(witness_counter(w, "IpForwDatagrams"), forwarded);
    assert_int_equal(witness_forget(w), 0);
    /* And destinations nobody can have on a wire. */
    uint64_t destinations = witness_counter(w, "DropIpDestination");
    for (unsigned i = 1; i < 9; i++) {
        if (martians[i] >> 28 != 0xe && martians[i] != 0xffffffff)
            martian_send(w, 2, ATTACKER_ADDRESS, martians[i]);
    }
    assert_int_equal(witness_counter(w, "DropIpDestination") - destinations, 5 * 3);
    assert_int_equal(witness_forget(w), 0);
}

/* ---- B21 ---- */

/* [attack:B21] */
static void attack_b21_errors_groups_and_later_fragments_raise_no_errors(void **state) {
    static const uint8_t types[] = {ICMP_UNREACHABLE, ICMP_SOURCE_QUENCH, ICMP_REDIRECT,
                                    ICMP_TIME_EXCEEDED, ICMP_PARAMETER_PROBLEM};
    struct witness *w = *state;
    uint8_t bytes[128], quoted[64] = {0x45};
    w->pace = 16;
    for (unsigned i = 0; i < 3000; i++) {
        struct icmp icmp = {.type = types[i % 5], .code = (uint8_t)(i / 5 % 16)};
        struct ipv4 ip = forge_header(ATTACKER_ADDRESS + i % 60, FAR_ADDRESS, PROTOCOL_ICMP);
        ip.ttl = 1; /* would expire here; or has no route, or no protocol */
        size_t length = forge_icmp_bytes(bytes, &icmp, quoted, i % 64);
        forge_ipv4(w, &ip, bytes, length);
        ip.ttl = 1;
        ip.protocol = PROTOCOL_UDP; /* a later fragment of something */
        ip.fragment_offset = 64;
        forge_ipv4(w, &ip, bytes, length);
        ip.fragment_offset = 0;
        forge_ipv4_broadcast(w, &ip, bytes, length);
        ip.ttl = 64; /* to a group */
        ip.destination = dobos_address_ipv4(i % 2 ? 0xe0000005 : VICTIM_ADDRESS | 255);
        forge_ipv4(w, &ip, bytes, length);
        w->now += 10 * DOBOS_MILLISECOND;
    }
    assert_int_equal(heard_errors(w), 0);
}

/* [attack:B21]: what may be answered is answered seldom, whoever asks */
static void attack_b21_a_storm_of_expired_packets_raises_a_bounded_number_of_errors(void **state) {
    struct witness *w = *state;
    uint8_t bytes[64];
    w->pace = 256;
    for (unsigned i = 0; i < 20000; i++) { /* in two seconds, the second one from everywhere */
        uint32_t source = i < 10000 ? ATTACKER_ADDRESS : UINT32_C(0x08000000) + i * 7919;
        struct ipv4 ip = forge_header(source, FAR_ADDRESS, PROTOCOL_UDP);
        ip.ttl = 1;
        forge_ipv4(w, &ip, bytes, forge_udp_bytes(bytes, source, 9, FAR_ADDRESS, 9, "x", 1));
        w->now += DOBOS_SECOND / 10000;
        if (i == 9999)
            assert_in_range(witness_counter(w, "IcmpOutTimeExcds"), 1, 2 * (6 + 6));
    }
    assert_in_range(witness_counter(w, "IcmpOutTimeExcds"), 100, 24 + 2 * 64 * 6);
}

/* [attack:B21]: two routers that send a packet to and fro, the attacker the other one */
static void attack_b21_a_packet_in_a_loop_ends_with_its_time_to_live(void **state) {
    struct witness *w = *state;
    struct answer answer;
    struct heard heard;
    uint8_t bytes[64];
    struct ipv4 ip = forge_header(FRIEND_ADDRESS, FAR_ADDRESS, PROTOCOL_UDP);
    ip.ttl = 255;
    forge_ipv4(w, &ip, bytes, forge_udp_bytes(bytes, FRIEND_ADDRESS, 9, FAR_ADDRESS, 9, "loop", 4));
    unsigned turns = 0, expired = 0;
    while (witness_answer(w, &answer)) {
        if (!heard_parse(&answer, &heard))
            continue;
        expired += heard.ip.protocol == PROTOCOL_ICMP;
        if (heard.ip.protocol == PROTOCOL_ICMP)
            continue;
        assert_true(++turns <= 255);
        memcpy(answer.bytes, VICTIM_MAC.bytes, 6);
        witness_inject(w, answer.bytes, answer.length);
    }
    assert_int_equal(turns, 254);
    assert_int_equal(expired, 1);
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup, attack_teardown)
#define ATTACK_ROUTER(test) \
    cmocka_unit_test_setup_teardown(test, attack_setup_router, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_b17_identifications_tell_neither_the_next_nor_how_many_were_sent),
        ATTACK(attack_b17_identifications_to_one_peer_do_not_repeat),
        cmocka_unit_test(attack_b18_each_bit_of_the_key_makes_other_identifications),
        ATTACK(attack_b19_broadcast_and_multicast_are_not_answered_at_all),
        ATTACK_ROUTER(attack_b20_martian_and_forged_inside_sources_are_dropped),
        ATTACK_ROUTER(attack_b21_errors_groups_and_later_fragments_raise_no_errors),
        ATTACK_ROUTER(attack_b21_a_storm_of_expired_packets_raises_a_bounded_number_of_errors),
        ATTACK_ROUTER(attack_b21_a_packet_in_a_loop_ends_with_its_time_to_live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
