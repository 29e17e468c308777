/* The attacks of the link: rows A1 to A9 of docs/requirements/attacks.tsv, each against a running
 * host while a witness connection moves bytes (witness.h). */
#include "forge.h"

#include "base/bytes.h"
#include "link/neighbor.h"

#define ETHER_TYPE_RARP 0x8035
#define ETHER_TYPE_NCSI 0x88f8
#define FLOOD           1000000 /* frames */

static const struct dobos_mac OTHER_MAC = {{2, 0, 0, 0, 0, 0x77}};

/* What the victim knows of its neighbours. */
struct table {
    struct dobos_neighbor_info entries[NEIGHBOR_ENTRIES];
    unsigned count;
};

static void table_read(const struct witness *w, struct table *table) {
    memset(table, 0, sizeof(*table));
    while (dobos_neighbor_read(w->victim, 2, table->count, &table->entries[table->count]) == 0)
        table->count++;
}

/* Who is known, and where; their states may have aged. */
static void table_check(const struct witness *w, const struct table *before) {
    static struct table after;
    table_read(w, &after);
    assert_int_equal(after.count, before->count);
    for (unsigned i = 0; i < after.count; i++) {
        const struct dobos_neighbor_info *a = &after.entries[i], *b = &before->entries[i];
        assert_memory_equal(&a->address, &b->address, sizeof(a->address));
        assert_memory_equal(&a->mac, &b->mac, sizeof(a->mac));
    }
}

static void arp_bytes(uint8_t bytes[ARP_BYTES], uint16_t operation, uint32_t sender,
                      uint32_t target) {
    struct writer out = writer_make(bytes, ARP_BYTES);
    arp_emit(&out, &(struct arp){.operation = operation,
                                 .sender_mac = OTHER_MAC,
                                 .sender = dobos_address_ipv4(sender),
                                 .target_mac = VICTIM_MAC,
                                 .target = dobos_address_ipv4(target)});
}

/* [attack:A1] */
static void attack_a1_arp_cut_at_every_byte_or_of_other_sizes_changes_nothing(void **state) {
    struct witness *w = *state;
    static struct table before;
    uint8_t bytes[ARP_BYTES], whole[46] = {0};
    uint64_t malformed = witness_counter(w, "DropArpMalformed");
    table_read(w, &before);
    unsigned sent = 0;
    for (uint16_t operation = 0; operation <= 10; operation++) {
        for (size_t length = 0; length < ARP_BYTES; length++, sent++) {
            arp_bytes(bytes, operation, FRIEND_ADDRESS, VICTIM_ADDRESS);
            forge_frame(w, ETHER_TYPE_ARP, bytes, length);
        }
    }
    /* Every pair of address lengths but the right one, in a frame of the usual size. */
    for (unsigned lengths = 0; lengths < 0x10000; lengths++) {
        if (lengths == 0x0604)
            continue;
        arp_bytes(whole, ARP_REQUEST, ATTACKER_ADDRESS + 9, VICTIM_ADDRESS);
        store_be16(whole + 4, (uint16_t)lengths);
        forge_frame(w, ETHER_TYPE_ARP, whole, sizeof(whole));
        sent++;
    }
    assert_int_equal(witness_counter(w, "DropArpMalformed") - malformed, sent);
    assert_int_equal(witness_forget(w), 0);
    table_check(w, &before);
}

/* [attack:A2] */
static void attack_a2_runts_and_lying_type_or_length_fields_are_dropped(void **state) {
    struct witness *w = *state;
    uint8_t frame[1600] = {0};
    struct writer out = writer_make(frame, sizeof(frame));
    ethernet_emit(&out, &(struct ethernet){.destination = VICTIM_MAC, .source = ATTACKER_MAC});
    uint64_t delivered = witness_counter(w, "FramesDelivered");
    w->pace = 0;
    for (unsigned type = 0; type < 0x10000; type++) {
        static const size_t lengths[] = {1, 13, 14, 15, 21, 22, 33, 60};
        store_be16(frame + 12, (uint16_t)type);
        witness_inject(w, frame, lengths[type % 8]);
        witness_inject(w, frame, 60);
    }
    /* 802.3 with SNAP around IPv4, its length field from nothing to more than any frame has. */
    memcpy(frame + 14, (uint8_t[]){0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, 8);
    for (unsigned length = 0; length < 0x600; length++) {
        store_be16(frame + 12, (uint16_t)length);
        for (size_t have = 1; have < 100; have += 7)
            witness_inject(w, frame, have);
    }
    w->pace = 64;
    uint64_t witnessed = witness_counter(w, "FramesDelivered") - delivered;
    assert_int_equal(witnessed, 0);
    assert_int_equal(witness_forget(w), 0);
}

/* [attack:A3] */
static void attack_a3_short_frames_of_foreign_protocols_are_dropped_at_every_length(void **state) {
    static const uint16_t types[] = {ETHER_TYPE_NCSI, ETHER_TYPE_RARP, ETHER_TYPE_IPV6, 0x8100,
                                     0x88a8,          0x8863,          0x8864,          0x88cc,
                                     0x9000,          0xffff};
    struct witness *w = *state;
    uint8_t bytes[64];
    memset(bytes, 0xff, sizeof(bytes));
    uint64_t dropped = witness_counter(w, "DropEtherType");
    unsigned sent = 0;
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++)
        for (size_t length = 0; length <= sizeof(bytes); length++, sent++)
            forge_frame(w, types[t], bytes, length);
    assert_int_equal(witness_counter(w, "DropEtherType") - dropped, sent);
    assert_int_equal(witness_forget(w), 0);
}

/* [attack:A4] */
static void attack_a4_replies_nobody_asked_for_and_reverse_arp_change_nothing(void **state) {
    struct witness *w = *state;
    static struct table before;
    uint8_t bytes[46] = {0};
    table_read(w, &before);
    for (unsigned operation = 0; operation < 0x10000; operation++) {
        if (operation == ARP_REQUEST)
            continue;
        uint32_t sender = (VICTIM_ADDRESS & ~UINT32_C(255)) + 3 + operation % 60;
        arp_bytes(bytes, (uint16_t)operation, sender, VICTIM_ADDRESS);
        forge_frame(w, operation % 3 ? ETHER_TYPE_ARP : ETHER_TYPE_RARP, bytes, sizeof(bytes));
        if (operation != ARP_REPLY) { /* and of somebody who is known */
            arp_bytes(bytes, (uint16_t)operation, FRIEND_ADDRESS, VICTIM_ADDRESS);
            forge_frame(w, ETHER_TYPE_ARP, bytes, sizeof(bytes));
        }
    }
    for (uint32_t sender = 0; sender < 254; sender++) { /* plain replies, to us and to others */
        uint32_t from = (VICTIM_ADDRESS & ~UINT32_C(255)) + sender;
        if (from == VICTIM_ADDRESS || from == FRIEND_ADDRESS)
            continue;
        forge_arp(w, ARP_REPLY, OTHER_MAC, from, VICTIM_ADDRESS);
        forge_arp(w, ARP_REPLY, OTHER_MAC, from, from);
    }
    assert_int_equal(witness_forget(w), 0);
    table_check(w, &before);
}

/* What the victim sends to the friend goes to the friend: not one frame to the forger. */
static void check_none_for_the_forger(struct witness *w) {
    struct answer answer;
    while (witness_answer(w, &answer)) {
        /* It may be asked who it is, if it is whom the victim knows. */
        if (memcmp(answer.bytes, OTHER_MAC.bytes, 6) == 0)
            assert_int_equal(load_be16(answer.bytes + 12), ETHER_TYPE_ARP);
    }
    witness_forget(w);
}

/* [attack:A5] */
static void attack_a5_forged_claims_to_a_neighbour_are_asked_back_and_not_believed(void **state) {
    struct witness *w = *state;
    struct dobos_neighbor_info info;
    w->pace = 1;
    for (unsigned i = 0; i < 400; i++) {
        forge_arp(w, ARP_REQUEST, OTHER_MAC, FRIEND_ADDRESS, FRIEND_ADDRESS);
        forge_arp(w, ARP_REPLY, OTHER_MAC, FRIEND_ADDRESS, VICTIM_ADDRESS);
        forge_arp(w, ARP_REPLY, OTHER_MAC, FRIEND_ADDRESS, FRIEND_ADDRESS);
        forge_arp(w, ARP_REQUEST, OTHER_MAC, FRIEND_ADDRESS, VICTIM_ADDRESS);
        assert_true(witness_neighbor(w, FRIEND_ADDRESS, &info));
        assert_memory_equal(info.mac.bytes, FRIEND_MAC.bytes, 6);
        check_none_for_the_forger(w);
        witness_run(w, 300 * DOBOS_MILLISECOND);
    }
    assert_true(witness_counter(w, "ArpOutRequests") >= 100); /* the known one was asked */
}

/* [attack:A6] */
static void attack_a6_a_flood_of_senders_stays_in_a_bounded_table(void **state) {
    struct witness *w = *state;
    struct dobos_neighbor_info info;
    w->pace = 2000;
    for (uint32_t i = 0; i < FLOOD; i++) {
        struct dobos_mac mac = {
            {2, 1, (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
        forge_arp(w, ARP_REQUEST, mac, UINT32_C(0x0a000000) + i, VICTIM_ADDRESS);
        if (i % 10000 == 0) {
            w->now += 60 * DOBOS_SECOND / (FLOOD / 10000);
            assert_true(witness_neighbors(w) <= NEIGHBOR_ENTRIES);
        }
    }
    assert_in_range(witness_neighbors(w), 2, NEIGHBOR_ENTRIES);
    assert_true(witness_neighbor(w, FRIEND_ADDRESS, &info));
    assert_memory_equal(info.mac.bytes, FRIEND_MAC.bytes, 6);
}

/* [attack:A7] */
static void attack_a7_packets_for_dead_addresses_wait_in_bounded_queues(void **state) {
    struct witness *w = *state;
    struct dobos_pool_statistics statistics;
    struct dobos_socket *udp = witness_udp(w->victim, 4000);
    uint8_t bytes[1000] = {0};
    w->hides_attacker = true;
    w->pace = 256;
    for (unsigned i = 0; i < 20000; i++) {
        /* By a program that scans its subnet, and by echo requests that come from the dead. */
        uint32_t dead = (VICTIM_ADDRESS & ~UINT32_C(255)) + 3 + i % 250;
        struct dobos_message message = {.peer = witness_endpoint(dead, 9)};
        (void)dobos_send_message(udp, bytes, sizeof(bytes), &message);
        (void)dobos_socket_error(udp);
        forge_echo(w, dead, bytes, sizeof(bytes));
        dobos_pool_statistics_read(w->pool, &statistics);
        assert_true(statistics.packets <= NEIGHBOR_INTERFACE_PACKETS + 64);
        if (i % 5000 == 0)
            witness_run(w, DOBOS_SECOND);
    }
    assert_true(witness_counter(w, "DropOutNeighborQueue") > 10000);
    dobos_close(udp);
    witness_run(w, 4 * DOBOS_SECOND); /* three requests without an answer, and all is given back */
    dobos_pool_statistics_read(w->pool, &statistics);
    assert_int_equal(statistics.packets, 0);
}

/* [attack:A7]: on a link so slow that nothing leaves for a while, the requests for forged senders
 * and what a program sends stand in a queue, and an answer to a neighbour goes ahead of both. */
static void attack_a7_requests_for_the_dead_do_not_delay_answers_to_the_living(void **state) {
    struct witness *w = *state;
    struct dobos_socket *listener = witness_listener(w->victim, 80, 65535);
    struct dobos_socket *udp = witness_udp(w->victim, 4000);
    struct dobos_message message = {.peer = witness_endpoint(FRIEND_ADDRESS, 9)};
    struct dobos_packet *packet;
    uint8_t frame[200], bytes[60], sent[42];
    w->hides_attacker = true;
    for (uint32_t i = 0; i < 4000; i++) {
        uint32_t source = (VICTIM_ADDRESS & ~UINT32_C(255)) + 3 + i % 250;
        struct tcp_header tcp = {
            .source_port = (uint16_t)i, .destination_port = 80, .flags = TCP_SYN};
        struct ipv4 ip = forge_header(source, VICTIM_ADDRESS, PROTOCOL_TCP);
        size_t length = forge_tcp_bytes(bytes, source, VICTIM_ADDRESS, &tcp, NULL, 0);
        struct writer out = writer_make(frame, sizeof(frame));
        ethernet_emit(&out, &(struct ethernet){.destination = VICTIM_MAC,
                                               .source = ATTACKER_MAC,
                                               .type = ETHER_TYPE_IPV4});
        ip.total_length = (uint16_t)(IPV4_HEADER_BYTES + length);
        ipv4_emit(&out, &ip);
        writer_bytes(&out, bytes, length);
        packet = dobos_packet_from_bytes(w->pool, frame, out.position, NULL);
        dobos_input(w->victim, 2, &packet, 1, w->now);
        assert_int_equal(dobos_send_message(udp, bytes, 20, &message), 20);
        assert_int_equal(dobos_output(w->victim, 3, &packet, 1, w->now), 0);
    }
    struct writer out = writer_make(frame, sizeof(frame));
    ethernet_emit(&out, &(struct ethernet){.destination = VICTIM_MAC,
                                           .source = ATTACKER_MAC,
                                           .type = ETHER_TYPE_ARP});
    uint8_t *request = writer_take(&out, ARP_BYTES);
    arp_bytes(request, ARP_REQUEST, ATTACKER_ADDRESS + 9, VICTIM_ADDRESS);
    packet = dobos_packet_from_bytes(w->pool, frame, out.position, NULL);
    dobos_input(w->victim, 2, &packet, 1, w->now);
    assert_int_equal(dobos_output(w->victim, 2, &packet, 1, w->now), 1);
    assert_int_equal(dobos_packet_read(packet, 0, sent, sizeof(sent)), sizeof(sent));
    dobos_packet_release(packet);
    assert_int_equal(load_be16(sent + 12), ETHER_TYPE_ARP);
    assert_int_equal(load_be16(sent + 20), ARP_REPLY);
    dobos_close(listener);
    dobos_close(udp);
}

/* [attack:A8] */
static void attack_a8_impossible_senders_and_claims_to_our_address_are_not_learnt(void **state) {
    static const uint32_t addresses[] = {VICTIM_ADDRESS, BEYOND_ROUTER, 0xffffffff, 0xe0000001,
                                         0x7f000001,     0xf0000001,    0x00000001};
    static const struct dobos_mac macs[] = {
        {{0}}, {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}, {{1, 0, 0x5e, 0, 0, 1}}};
    struct witness *w = *state;
    static struct table before;
    table_read(w, &before);
    uint64_t bad = witness_counter(w, "DropArpBadSender");
    unsigned sent = 0;
    for (unsigned i = 0; i < 2000; i++) {
        uint16_t operation = i % 2 ? ARP_REPLY : ARP_REQUEST;
        forge_arp(w, operation, OTHER_MAC, addresses[i % 7], VICTIM_ADDRESS);
        forge_arp(w, operation, macs[i % 3], FRIEND_ADDRESS, VICTIM_ADDRESS);
        forge_arp(w, operation, macs[i % 3], ATTACKER_ADDRESS + 5, VICTIM_ADDRESS);
        sent += 3;
        witness_run(w, 10 * DOBOS_MILLISECOND);
    }
    assert_int_equal(witness_counter(w, "DropArpBadSender") - bad, sent);
    assert_true(witness_counter(w, "ArpConflicts") >= 2000 / 7);
    table_check(w, &before);
    /* Our address is defended, once in ten seconds and not at every word. */
    assert_in_range(witness_forget(w), 2, 6);
}

/* Bytes behind the datagram in a frame. All memory of the hosts is poisoned (failing_allocator.h),
 * so that what leaks would not be zero. */
static void pad_check(const struct answer *answer) {
    bool is_arp = load_be16(answer->bytes + 12) == ETHER_TYPE_ARP;
    size_t end = is_arp ? ETHERNET_HEADER_BYTES + ARP_BYTES
                        : ETHERNET_HEADER_BYTES + load_be16(answer->bytes + FORGED_IP + 2);
    assert_true(answer->length >= ETHERNET_MIN_FRAME_BYTES);
    assert_true(end == answer->length || answer->length == ETHERNET_MIN_FRAME_BYTES);
    for (size_t i = end; i < answer->length; i++)
        assert_int_equal(answer->bytes[i], 0);
}

/* [attack:A9] */
static void attack_a9_padding_of_every_short_frame_is_zero(void **state) {
    struct witness *w = *state;
    uint8_t bytes[64];
    struct answer answer;
    unsigned checked = 0;
    struct dobos_socket *udp = witness_udp(w->victim, 4000);
    struct dobos_endpoint to = witness_endpoint(ATTACKER_ADDRESS, 9);
    assert_int_equal(dobos_connect(udp, &to), 0);
    memset(bytes, 0x77, sizeof(bytes));
    for (unsigned round = 0; round < 40; round++) {
        forge_arp(w, ARP_REQUEST, ATTACKER_MAC, ATTACKER_ADDRESS + 1, VICTIM_ADDRESS);
        for (size_t length = 0; length < 40; length++) {
            struct tcp_header tcp = {.source_port = 9, .destination_port = 1, .flags = TCP_SYN};
            forge_echo(w, ATTACKER_ADDRESS, bytes, length);
            forge_udp(w, ATTACKER_ADDRESS + 2, 9, 1, bytes, length);
            forge_tcp(w, ATTACKER_ADDRESS, &tcp, bytes, length);
            assert_int_equal(dobos_send(udp, bytes, length), length);
            witness_settle(w);
            while (witness_answer(w, &answer)) {
                pad_check(&answer);
                checked += answer.length == ETHERNET_MIN_FRAME_BYTES;
            }
        }
        witness_run(w, DOBOS_SECOND);
    }
    assert_true(checked > 2000);
    dobos_close(udp);
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_a1_arp_cut_at_every_byte_or_of_other_sizes_changes_nothing),
        ATTACK(attack_a2_runts_and_lying_type_or_length_fields_are_dropped),
        ATTACK(attack_a3_short_frames_of_foreign_protocols_are_dropped_at_every_length),
        ATTACK(attack_a4_replies_nobody_asked_for_and_reverse_arp_change_nothing),
        ATTACK(attack_a5_forged_claims_to_a_neighbour_are_asked_back_and_not_believed),
        ATTACK(attack_a6_a_flood_of_senders_stays_in_a_bounded_table),
        ATTACK(attack_a7_packets_for_dead_addresses_wait_in_bounded_queues),
        ATTACK(attack_a7_requests_for_the_dead_do_not_delay_answers_to_the_living),
        ATTACK(attack_a8_impossible_senders_and_claims_to_our_address_are_not_learnt),
        ATTACK(attack_a9_padding_of_every_short_frame_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
