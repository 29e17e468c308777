/* neighbor under attack: who forges ARP, floods it, or makes us wait for the dead. */
#include "neighbor_scene.h"

#define ATTACKER (NETWORK + 66)

/* [attack:A4] */
static void unknown_reply_that_nobody_asked_for_changes_nothing(void **state) {
    struct scene *s = *state;
    assert_int_equal(scene_arp(s, ARP_REPLY, PEER, OURS), VERDICT_DROP);
    assert_int_equal(s->reason, DROP_ARP_IGNORED);
    assert_int_equal(s->neighbors.count, 0);
    assert_int_equal(s->out.packets, 0);
}

/* [attack:A4] */
static void stale_reply_that_nobody_asked_for_confirms_nothing(void **state) {
    struct scene *s = *state;
    scene_make_stale(s, PEER);
    assert_int_equal(scene_arp(s, ARP_REPLY, PEER, OURS), VERDICT_DROP);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_STALE);
}

/* [attack:A4] */
static void failed_reply_that_nobody_asked_for_changes_nothing(void **state) {
    struct scene *s = *state;
    scene_send(s, PEER);
    scene_advance(s, 3 * DOBOS_SECOND);
    assert_int_equal(scene_arp(s, ARP_REPLY, PEER, OURS), VERDICT_DROP);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_FAILED);
}

/* [attack:A4] */
static void reverse_arp_changes_nothing(void **state) {
    struct scene *s = *state;
    scene_send(s, PEER);
    scene_drop_out(s);
    for (uint16_t operation = 3; operation < 30; operation++)
        assert_int_equal(scene_arp(s, operation, PEER, OURS), VERDICT_DROP);
    assert_int_equal(scene_arp(s, 0, PEER, OURS), VERDICT_DROP);
    assert_int_equal(s->reason, DROP_ARP_IGNORED);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_INCOMPLETE);
    assert_int_equal(s->out.packets, 0);
}

/* [attack:A5] [rfc826#3] */
static void reachable_forged_announcement_is_checked_with_the_known_station(void **state) {
    struct scene *s = *state;
    struct dobos_mac real = mac_make(PEER);
    scene_make_reachable(s, PEER);
    scene_advance(s, 2 * DOBOS_SECOND);
    scene_arp_from(s, ARP_REQUEST, mac_make(ATTACKER), PEER, PEER);
    struct asked asked = scene_take_arp(s); /* to the known one, by unicast */
    assert_true(mac_is_equal(&asked.ethernet.destination, &real));
    struct dobos_mac now = scene_mac(s, PEER);
    assert_true(mac_is_equal(&now, &real));
    assert_int_equal(scene_send(s, PEER), VERDICT_DELIVER);
    scene_drop_out(s);
    assert_int_equal(scene_arp(s, ARP_REPLY, PEER, OURS), VERDICT_DELIVER);
    scene_advance(s, 20 * DOBOS_SECOND);
    now = scene_mac(s, PEER);
    assert_true(mac_is_equal(&now, &real));
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_REACHABLE);
}

/* A router asks as what it sends from, which may be an address of another link of its own: what it
 * sends meanwhile from yet another does not make the answer a stranger's. [attack:A5] */
static void probed_answer_counts_whatever_was_sent_since(void **state) {
    struct scene *s = *state;
    struct dobos_address peer = dobos_address_ipv4(PEER),
                         elsewhere = dobos_address_ipv4(0x0a000001);
    scene_make_reachable(s, PEER);
    scene_advance(s, 2 * DOBOS_SECOND);
    struct dobos_packet *packet = packet_counting(&s->fixture, 0x45, 60, false);
    neighbor_resolve(&s->neighbors, &peer, &elsewhere, packet, s->now, &s->out, &s->reason);
    scene_drop_out(s);
    scene_arp_from(s, ARP_REQUEST, mac_make(ATTACKER), PEER, PEER);
    struct asked asked = scene_take_arp(s);
    assert_true(dobos_address_is_equal(&asked.arp.sender, &elsewhere));
    scene_send(s, PEER);
    scene_drop_out(s);
    assert_int_equal(scene_arp(s, ARP_REPLY, PEER, 0x0a000001), VERDICT_DELIVER);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_REACHABLE);
    assert_int_equal(scene_arp(s, ARP_REPLY, PEER, 0x0a000002), VERDICT_DROP);
}

/* [attack:A5] */
static void probed_forged_reply_does_not_stand_for_the_known_station(void **state) {
    struct scene *s = *state;
    struct dobos_mac real = mac_make(PEER);
    scene_make_stale(s, PEER);
    scene_send(s, PEER);
    scene_advance(s, s->now + NEIGHBOR_DELAY_NS);
    scene_arp_from(s, ARP_REPLY, mac_make(ATTACKER), PEER, OURS);
    struct dobos_mac now = scene_mac(s, PEER);
    assert_true(mac_is_equal(&now, &real));
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_PROBE);
}

/* [attack:A5] */
static void reachable_claim_counts_when_the_known_station_is_silent(void **state) {
    struct scene *s = *state;
    struct dobos_mac claimed = mac_make(ATTACKER), real = mac_make(PEER);
    scene_make_reachable(s, PEER);
    scene_advance(s, 2 * DOBOS_SECOND);
    scene_arp_from(s, ARP_REQUEST, claimed, PEER, OURS);
    scene_advance(s, 5 * DOBOS_SECOND - 1);
    struct dobos_mac now = scene_mac(s, PEER);
    assert_true(mac_is_equal(&now, &real));
    scene_advance(s, 5 * DOBOS_SECOND);
    now = scene_mac(s, PEER);
    assert_true(mac_is_equal(&now, &claimed));
    assert_int_equal(scene_state(s, PEER),
                     DOBOS_NEIGHBOR_STALE); /* and has itself to be probed when used */
}

/* [attack:A5] */
static void taken_over_entry_is_hearsay_until_it_answers(void **state) {
    struct scene *s = *state;
    scene_make_reachable(s, PEER);
    scene_advance(s, 2 * DOBOS_SECOND);
    scene_arp_from(s, ARP_REQUEST, mac_make(ATTACKER), PEER, OURS);
    scene_advance(s, 5 * DOBOS_SECOND);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_STALE);
    assert_false(list_is_empty(&s->neighbors.hearsay));
    scene_send(s, PEER);
    scene_advance(s, s->now + NEIGHBOR_DELAY_NS + 3 * DOBOS_SECOND);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_FAILED); /* and its claim is used up */
}

/* [attack:A5] */
static void probed_flood_of_claims_does_not_prolong_the_probing(void **state) {
    struct scene *s = *state;
    scene_make_reachable(s, PEER);
    scene_advance(s, 2 * DOBOS_SECOND);
    for (unsigned i = 0; i < 31; i++) {
        scene_arp_from(s, ARP_REQUEST, mac_make(ATTACKER), PEER, OURS);
        scene_advance(s, s->now + 100 * DOBOS_MILLISECOND);
    }
    struct dobos_mac now = scene_mac(s, PEER), claimed = mac_make(ATTACKER);
    assert_true(mac_is_equal(&now, &claimed));
}

/* [attack:A5] */
static void reachable_flood_of_claims_costs_one_probe_a_second(void **state) {
    struct scene *s = *state;
    scene_make_reachable(s, PEER);
    uint64_t before = s->neighbors.requests_sent;
    for (unsigned i = 0; i < 5000; i++) {
        scene_advance(s, 10 * DOBOS_SECOND + i * DOBOS_MILLISECOND);
        scene_arp_from(s, ARP_REQUEST, mac_make(ATTACKER + i), PEER, PEER);
        if (i % 10 == 0)
            scene_arp(s, ARP_REPLY, PEER, OURS);
    }
    assert_in_range(s->neighbors.requests_sent - before, 4, 6);
    struct dobos_mac now = scene_mac(s, PEER), real = mac_make(PEER);
    assert_true(mac_is_equal(&now, &real));
}

/* [attack:A6] */
static void flood_of_senders_pushes_out_neither_active_nor_sought(void **state) {
    struct scene *s = *state;
    enum {
        FLOOD = 1000000
    };
    scene_make_stale(s, PEER); /* idle, but once confirmed */
    scene_make_reachable(s, OTHER);
    scene_send(s, ATTACKER); /* sought */
    for (uint32_t i = 0; i < FLOOD; i++) {
        assert_int_equal(scene_arp(s, ARP_REQUEST, 0x0a000001 + i, OURS), VERDICT_DELIVER);
        scene_drop_out(s);
    }
    assert_true(s->neighbors.count <= NEIGHBOR_ENTRIES);
    assert_int_equal(scene_state(s, OTHER), DOBOS_NEIGHBOR_REACHABLE);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_STALE);
    assert_int_equal(scene_state(s, ATTACKER), DOBOS_NEIGHBOR_INCOMPLETE);
    assert_int_equal(scene_send(s, NETWORK + 200),
                     VERDICT_HELD); /* and there is room for who is sought now */
}

/* [attack:A6] */
static void flood_of_senders_pushes_out_no_idle_neighbour(void **state) {
    struct scene *s = *state;
    for (uint32_t i = 0; i < NEIGHBOR_ENTRIES; i++)
        scene_make_reachable(s, 0x0b000001 + i);
    scene_advance(s, NEIGHBOR_REACHABLE_NS);
    for (uint32_t i = 0; i < 3 * NEIGHBOR_ENTRIES; i++) {
        scene_arp(s, ARP_REQUEST, 0x0a000001 + i, OURS);
        scene_drop_out(s);
    }
    struct dobos_neighbor_info info;
    assert_true(neighbor_read(&s->neighbors, 0, &info));
    assert_int_equal(dobos_address_ipv4_number(&info.address), 0x0b000001);
    assert_int_equal(scene_send(s, PEER),
                     VERDICT_HELD); /* who is sought takes the place of the longest unused */
    assert_int_equal(scene_state(s, 0x0b000001), 0);
    assert_int_equal(scene_state(s, 0x0b000002), DOBOS_NEIGHBOR_STALE);
}

/* [attack:A6] */
static void table_full_of_active_entries_refuses_new_ones(void **state) {
    struct scene *s = *state;
    for (uint32_t i = 0; i < NEIGHBOR_ENTRIES; i++)
        scene_make_reachable(s, 0x0a000001 + i);
    assert_int_equal(scene_send(s, PEER), VERDICT_DROP);
    assert_int_equal(s->reason, DROP_NEIGHBOR_QUEUE);
    assert_int_equal(scene_arp(s, ARP_REQUEST, PEER, OURS),
                     VERDICT_DELIVER); /* answered all the same */
    assert_int_equal(s->neighbors.count, NEIGHBOR_ENTRIES);
    assert_int_equal(scene_state(s, PEER), 0);
}

/* [attack:A7] */
static void dead_address_keeps_the_latest_sixteen_packets(void **state) {
    struct scene *s = *state;
    for (unsigned i = 0; i < 100; i++)
        assert_int_equal(scene_send_marked(s, PEER, (uint8_t)i), VERDICT_HELD);
    assert_int_equal(s->neighbors.waiting, NEIGHBOR_QUEUE_PACKETS);
    assert_int_equal(s->neighbors.dropped_waiting, 100 - NEIGHBOR_QUEUE_PACKETS);
    scene_drop_out(s);
    scene_arp(s, ARP_REPLY, PEER, OURS);
    assert_int_equal(packet_byte(packet_queue_first(&s->out), 14), 100 - NEIGHBOR_QUEUE_PACKETS);
}

/* [attack:A7] */
static void many_dead_addresses_share_a_bounded_queue(void **state) {
    struct scene *s = *state;
    uint64_t held = 0, dropped = 0;
    for (uint32_t i = 0; i < 4000; i++) {
        enum verdict verdict = scene_send(s, 0x0a000001 + i % 2000);
        held += verdict == VERDICT_HELD;
        dropped += verdict == VERDICT_DROP;
        assert_true(s->neighbors.waiting <= NEIGHBOR_INTERFACE_PACKETS);
        assert_true(s->neighbors.incomplete <= NEIGHBOR_INCOMPLETE_ENTRIES);
        scene_drop_out(s);
    }
    assert_int_equal(held + dropped, 4000);
    assert_int_equal(held - s->neighbors.dropped_waiting, s->neighbors.waiting);
    scene_advance(s, s->now + 3 * DOBOS_SECOND);
    assert_int_equal(s->failed.packets, held - s->neighbors.dropped_waiting);
    scene_make_reachable(s, PEER); /* who answers is found at once */
    assert_int_equal(scene_send(s, PEER), VERDICT_DELIVER);
}

/* [attack:A8] */
static void sender_with_our_address_is_counted_and_told_once_in_ten_seconds(void **state) {
    struct scene *s = *state;
    scene_advance(s, 100 * DOBOS_SECOND);
    assert_int_equal(scene_arp_from(s, ARP_REQUEST, mac_make(ATTACKER), OURS, OURS), VERDICT_DROP);
    assert_int_equal(s->reason, DROP_ARP_BAD_SENDER);
    struct asked defence = scene_take_arp(s);
    assert_true(mac_is_equal(&defence.ethernet.destination, &MAC_BROADCAST));
    assert_int_equal(dobos_address_ipv4_number(&defence.arp.sender), OURS);
    assert_true(mac_is_equal(&defence.arp.sender_mac, &s->neighbors.mac));
    for (unsigned i = 0; i < 9; i++) {
        scene_advance(s, s->now + DOBOS_SECOND);
        scene_arp_from(s, ARP_REPLY, mac_make(ATTACKER), OURS, PEER);
    }
    assert_int_equal(s->out.packets, 0);
    scene_advance(s, s->now + DOBOS_SECOND);
    scene_arp_from(s, ARP_REPLY, mac_make(ATTACKER), OURS, PEER);
    assert_int_equal(s->out.packets, 1);
    assert_int_equal(s->neighbors.conflicts, 11);
    assert_int_equal(s->neighbors.count, 0);
}

/* [attack:A8] */
static void group_and_zero_link_addresses_are_not_learnt_nor_answered(void **state) {
    struct scene *s = *state;
    static const struct dobos_mac bad[] = {{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
                                           {{0x01, 0x00, 0x5e, 0, 0, 1}},
                                           {{0x33, 0x33, 0, 0, 0, 1}},
                                           {{0}}};
    scene_send(s, PEER);
    scene_drop_out(s);
    for (size_t i = 0; i < array_length(bad); i++) {
        assert_int_equal(scene_arp_from(s, ARP_REQUEST, bad[i], PEER, OURS), VERDICT_DROP);
        assert_int_equal(s->reason, DROP_ARP_BAD_SENDER);
        assert_int_equal(scene_arp_from(s, ARP_REPLY, bad[i], PEER, OURS), VERDICT_DROP);
    }
    assert_int_equal(s->out.packets, 0);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_INCOMPLETE);
}

/* [attack:A8] */
static void senders_that_are_no_host_are_not_learnt_nor_answered(void **state) {
    struct scene *s = *state;
    static const uint32_t bad[] = {0xffffffff, 0xe0000001, 0x7f000001, 0x00000001, 0xf0000001};
    for (size_t i = 0; i < array_length(bad); i++) {
        assert_int_equal(scene_arp(s, ARP_REQUEST, bad[i], OURS), VERDICT_DROP);
        assert_int_equal(s->reason, DROP_ARP_BAD_SENDER);
    }
    assert_int_equal(s->neighbors.count, 0);
    assert_int_equal(s->out.packets, 0);
}

/* [attack:A8] */
static void probe_from_no_address_is_answered_and_not_learnt(void **state) {
    struct scene *s = *state;
    assert_int_equal(scene_arp_from(s, ARP_REQUEST, mac_make(PEER), 0, OURS), VERDICT_DELIVER);
    struct asked answer = scene_take_arp(s);
    assert_int_equal(dobos_address_ipv4_number(&answer.arp.sender), OURS);
    assert_int_equal(s->neighbors.count, 0);
}

static void our_own_word_come_back_is_no_conflict(void **state) {
    struct scene *s = *state;
    assert_int_equal(scene_arp_from(s, ARP_REQUEST, s->neighbors.mac, OURS, OURS), VERDICT_DROP);
    assert_int_equal(s->neighbors.conflicts, 0);
    assert_int_equal(s->out.packets, 0);
}

#define TARGETS 64

/* Takes the frames out; no target is asked twice within a second. */
static void check_requests(struct scene *s, dobos_time last[TARGETS]) {
    for (struct dobos_packet *frame = packet_queue_take(&s->out); frame;
         frame = packet_queue_take(&s->out)) {
        if (packet_be16(frame, 12) == ETHER_TYPE_ARP && packet_be16(frame, 20) == ARP_REQUEST) {
            uint32_t target = packet_be32(frame, 38) - NETWORK - 100;
            assert_in_range(target, 0, TARGETS - 1);
            assert_true(s->now - last[target] >= DOBOS_SECOND);
            last[target] = s->now;
        }
        dobos_packet_release(frame);
    }
}

static void advance_checked(struct scene *s, dobos_time until, dobos_time last[TARGETS]) {
    while (s->now < until) {
        scene_advance(s, min_i64(until, max_i64(s->now + 1, timing_wheel_next(&s->fixture.wheel))));
        check_requests(s, last);
    }
}

/* Random events, invariants after each: bounds, counts, and at most one request a second and
 * target. [rfc1122#3] */
static void random_events_keep_the_bounds(void **state) {
    struct scene *s = *state;
    struct random random = random_make(7);
    dobos_time last[TARGETS];
    for (size_t i = 0; i < TARGETS; i++)
        last[i] = -DOBOS_SECOND;
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t peer = NETWORK + 100 + (uint32_t)random_below(&random, TARGETS);
        struct dobos_address address = dobos_address_ipv4(peer);
        uint32_t waiting = 0;
        switch (random_below(&random, 5)) {
        case 0:
            scene_send(s, peer);
            break;
        case 1:
            scene_arp_from(s, (uint16_t)(1 + random_below(&random, 2)),
                           mac_make((uint32_t)random_below(&random, 3) + peer), peer, OURS);
            break;
        case 2:
            neighbor_confirm(&s->neighbors, &address, s->now);
            break;
        default:
            advance_checked(s, s->now + (dobos_time)random_below(&random, 300) * DOBOS_MILLISECOND,
                            last);
            break;
        }
        check_requests(s, last);
        packet_queue_clear(&s->failed);
        for (struct hash_node *node = hash_table_walk(&s->neighbors.table, NULL); node;
             node = hash_table_walk(&s->neighbors.table, node))
            waiting += container_of(node, struct neighbor, node)->waiting.packets;
        assert_int_equal(waiting, s->neighbors.waiting);
        assert_true(s->neighbors.count <= TARGETS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(unknown_reply_that_nobody_asked_for_changes_nothing),
        SCENE_TEST(stale_reply_that_nobody_asked_for_confirms_nothing),
        SCENE_TEST(failed_reply_that_nobody_asked_for_changes_nothing),
        SCENE_TEST(reverse_arp_changes_nothing),
        SCENE_TEST(reachable_forged_announcement_is_checked_with_the_known_station),
        SCENE_TEST(probed_answer_counts_whatever_was_sent_since),
        SCENE_TEST(probed_forged_reply_does_not_stand_for_the_known_station),
        SCENE_TEST(reachable_claim_counts_when_the_known_station_is_silent),
        SCENE_TEST(reachable_flood_of_claims_costs_one_probe_a_second),
        SCENE_TEST(flood_of_senders_pushes_out_neither_active_nor_sought),
        SCENE_TEST(table_full_of_active_entries_refuses_new_ones),
        SCENE_TEST(dead_address_keeps_the_latest_sixteen_packets),
        SCENE_TEST(many_dead_addresses_share_a_bounded_queue),
        SCENE_TEST(sender_with_our_address_is_counted_and_told_once_in_ten_seconds),
        SCENE_TEST(group_and_zero_link_addresses_are_not_learnt_nor_answered),
        SCENE_TEST(senders_that_are_no_host_are_not_learnt_nor_answered),
        SCENE_TEST(probe_from_no_address_is_answered_and_not_learnt),
        SCENE_TEST(our_own_word_come_back_is_no_conflict),
        SCENE_TEST(random_events_keep_the_bounds),
        SCENE_TEST(taken_over_entry_is_hearsay_until_it_answers),
        SCENE_TEST(probed_flood_of_claims_does_not_prolong_the_probing),
        SCENE_TEST(flood_of_senders_pushes_out_no_idle_neighbour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
