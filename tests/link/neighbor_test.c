/* neighbor: the state machine, one event at a time, in virtual time. Who forges is in
 * neighbor_attack_test.c. */
#include "neighbor_scene.h"

/* [rfc826#1] [rfc826#6] [rfc1122#7] [rfc1122#5] */
static void unknown_resolve_asks_everybody(void **state) {
    struct scene *s = *state;
    assert_int_equal(scene_send(s, PEER), VERDICT_HELD);
    struct asked asked = scene_take_arp(s);
    assert_true(mac_is_equal(&asked.ethernet.destination, &MAC_BROADCAST));
    assert_true(mac_is_equal(&asked.ethernet.source, &s->neighbors.mac));
    assert_int_equal(asked.arp.operation, ARP_REQUEST);
    assert_true(mac_is_equal(&asked.arp.sender_mac, &s->neighbors.mac));
    assert_int_equal(dobos_address_ipv4_number(&asked.arp.sender), OURS);
    assert_int_equal(dobos_address_ipv4_number(&asked.arp.target), PEER);
    assert_true(mac_is_zero(&asked.arp.target_mac));
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_INCOMPLETE);
}

/* [rfc1122#3] */
static void incomplete_resolves_ask_at_most_once_a_second(void **state) {
    struct scene *s = *state;
    for (unsigned i = 0; i < 2500; i++) {
        scene_advance(s, i * DOBOS_MILLISECOND);
        scene_send(s, PEER);
    }
    assert_int_equal(s->neighbors.requests_sent, 3); /* at 0, 1 and 2 seconds */
}

/* [rfc1122#4] [rfc826#7] [rfc1812#21] */
static void incomplete_reply_releases_what_waited_in_order(void **state) {
    struct scene *s = *state;
    for (unsigned i = 0; i < 3; i++)
        scene_send_marked(s, PEER, (uint8_t)(10 + i));
    scene_drop_out(s);
    assert_int_equal(scene_arp(s, ARP_REPLY, PEER, OURS), VERDICT_DELIVER);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_REACHABLE);
    assert_int_equal(s->out.packets, 3);
    for (unsigned i = 0; i < 3; i++) {
        struct dobos_packet *frame = packet_queue_take(&s->out);
        assert_int_equal(packet_be16(frame, 12), ETHER_TYPE_IPV4);
        struct dobos_mac mac = mac_make(PEER);
        uint8_t to[6];
        dobos_packet_read(frame, 0, to, 6);
        assert_memory_equal(to, mac.bytes, 6);
        assert_int_equal(packet_byte(frame, 14), 10 + i);
        dobos_packet_release(frame);
    }
    assert_int_equal(s->neighbors.waiting, 0);
}

static void reachable_resolve_gives_a_frame_at_once(void **state) {
    struct scene *s = *state;
    scene_make_reachable(s, PEER);
    assert_int_equal(scene_send(s, PEER), VERDICT_DELIVER);
    assert_int_equal(s->out.packets, 1);
    assert_int_equal(s->neighbors.requests_sent, 1);
}

/* A frame is enough for him; others are asked for, or watched. */
static void only_reachable_is_known_to_be_there(void **state) {
    struct scene *s = *state;
    struct dobos_address peer = dobos_address_ipv4(PEER);
    struct dobos_mac mac, expected = mac_make(PEER);
    assert_false(neighbor_is_reachable(&s->neighbors, &peer, &mac));
    scene_send(s, PEER);
    assert_false(neighbor_is_reachable(&s->neighbors, &peer, &mac));
    scene_drop_out(s);
    assert_int_equal(scene_arp(s, ARP_REPLY, PEER, OURS), VERDICT_DELIVER);
    assert_true(neighbor_is_reachable(&s->neighbors, &peer, &mac));
    assert_true(mac_is_equal(&mac, &expected));
    scene_advance(s, 100 * DOBOS_SECOND);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_STALE);
    assert_false(neighbor_is_reachable(&s->neighbors, &peer, &mac));
}

static void incomplete_request_of_the_peer_resolves_it_unconfirmed(void **state) {
    struct scene *s = *state;
    scene_send(s, PEER);
    scene_drop_out(s);
    assert_int_equal(scene_arp(s, ARP_REQUEST, PEER, OURS), VERDICT_DELIVER);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_DELAY);
    assert_int_equal(s->out.packets, 2); /* what waited, and the answer */
}

static void incomplete_silence_gives_the_packets_back(void **state) {
    struct scene *s = *state;
    scene_send(s, PEER);
    scene_send(s, PEER);
    scene_advance(s, 2999 * DOBOS_MILLISECOND);
    assert_int_equal(s->failed.packets, 0);
    scene_advance(s, 3 * DOBOS_SECOND);
    assert_int_equal(s->failed.packets, 2);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_FAILED);
    assert_int_equal(s->neighbors.requests_sent, NEIGHBOR_PROBES);
    assert_int_equal(s->neighbors.waiting, 0);
    assert_int_equal(neighbors_pending(&s->neighbors), 0);
}

static void failed_resolve_asks_again(void **state) {
    struct scene *s = *state;
    scene_send(s, PEER);
    scene_advance(s, 3 * DOBOS_SECOND);
    scene_drop_out(s);
    assert_int_equal(scene_send(s, PEER), VERDICT_HELD);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_INCOMPLETE);
    assert_int_equal(s->out.packets, 1);
}

static void failed_unused_is_forgotten(void **state) {
    struct scene *s = *state;
    scene_send(s, PEER);
    scene_advance(s, 3 * DOBOS_SECOND + NEIGHBOR_FAILED_NS - 1);
    assert_int_equal(s->neighbors.count, 1);
    scene_advance(s, 3 * DOBOS_SECOND + NEIGHBOR_FAILED_NS);
    assert_int_equal(s->neighbors.count, 0);
}

static void failed_announcement_revives_it_as_hearsay(void **state) {
    struct scene *s = *state;
    scene_send(s, PEER);
    scene_advance(s, 3 * DOBOS_SECOND);
    assert_int_equal(scene_arp(s, ARP_REQUEST, PEER, PEER), VERDICT_DELIVER);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_STALE);
}

/* [rfc1122#1] [rfc1122#100] [rfc1122#101] */
static void reachable_unused_grows_stale_and_is_forgotten(void **state) {
    struct scene *s = *state;
    s->neighbors.reachable = 7 * DOBOS_SECOND;
    s->neighbors.stale = 11 * DOBOS_SECOND;
    scene_make_reachable(s, PEER);
    scene_advance(s, 7 * DOBOS_SECOND - 1);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_REACHABLE);
    scene_advance(s, 7 * DOBOS_SECOND);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_STALE);
    scene_advance(s, 18 * DOBOS_SECOND - 1);
    assert_int_equal(s->neighbors.count, 1);
    scene_advance(s, 18 * DOBOS_SECOND);
    assert_int_equal(s->neighbors.count, 0);
}

static void reachable_confirmation_keeps_it_reachable(void **state) {
    struct scene *s = *state;
    struct dobos_address peer = dobos_address_ipv4(PEER);
    scene_make_reachable(s, PEER);
    scene_advance(s, 20 * DOBOS_SECOND);
    neighbor_confirm(&s->neighbors, &peer, s->now);
    scene_advance(s, 50 * DOBOS_SECOND - 1);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_REACHABLE);
    scene_advance(s, 50 * DOBOS_SECOND);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_STALE);
}

static void stale_resolve_sends_and_probes_by_unicast_after_five_seconds(void **state) {
    struct scene *s = *state;
    scene_make_stale(s, PEER);
    dobos_time begin = s->now;
    assert_int_equal(scene_send(s, PEER), VERDICT_DELIVER);
    scene_drop_out(s);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_DELAY);
    assert_int_equal(neighbors_pending(&s->neighbors), 1);
    scene_advance(s, begin + NEIGHBOR_DELAY_NS - 1);
    assert_int_equal(s->out.packets, 0);
    scene_advance(s, begin + NEIGHBOR_DELAY_NS);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_PROBE);
    struct asked asked = scene_take_arp(s);
    struct dobos_mac mac = mac_make(PEER);
    assert_true(mac_is_equal(&asked.ethernet.destination, &mac));
    assert_int_equal(scene_arp(s, ARP_REPLY, PEER, OURS), VERDICT_DELIVER);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_REACHABLE);
}

static void delay_confirmation_saves_the_probe(void **state) {
    struct scene *s = *state;
    struct dobos_address peer = dobos_address_ipv4(PEER);
    scene_make_stale(s, PEER);
    scene_send(s, PEER);
    scene_drop_out(s);
    neighbor_confirm(&s->neighbors, &peer, s->now);
    scene_advance(s, s->now + 20 * DOBOS_SECOND);
    assert_int_equal(s->out.packets, 0);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_REACHABLE);
}

static void probe_silence_fails_the_entry_and_keeps_sending_till_then(void **state) {
    struct scene *s = *state;
    scene_make_stale(s, PEER);
    dobos_time begin = s->now;
    scene_send(s, PEER);
    scene_advance(s, begin + NEIGHBOR_DELAY_NS + 2500 * DOBOS_MILLISECOND);
    assert_int_equal(scene_send(s, PEER), VERDICT_DELIVER);
    uint64_t before = s->neighbors.requests_sent;
    scene_advance(s, begin + NEIGHBOR_DELAY_NS + 3 * DOBOS_SECOND);
    assert_int_equal(s->neighbors.requests_sent, before);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_FAILED);
}

/* [rfc826#4] [rfc826#8] [rfc826#5] [rfc826#10] */
static void request_for_us_is_answered_to_its_sender_and_remembered(void **state) {
    struct scene *s = *state;
    assert_int_equal(scene_arp(s, ARP_REQUEST, PEER, OURS), VERDICT_DELIVER);
    struct asked answer = scene_take_arp(s);
    struct dobos_mac mac = mac_make(PEER);
    assert_true(mac_is_equal(&answer.ethernet.destination, &mac));
    assert_int_equal(answer.arp.operation, ARP_REPLY);
    assert_true(mac_is_equal(&answer.arp.sender_mac, &s->neighbors.mac));
    assert_int_equal(dobos_address_ipv4_number(&answer.arp.sender), OURS);
    assert_true(mac_is_equal(&answer.arp.target_mac, &mac));
    assert_int_equal(dobos_address_ipv4_number(&answer.arp.target), PEER);
    assert_int_equal(scene_state(s, PEER), DOBOS_NEIGHBOR_STALE);
    assert_int_equal(scene_send(s, PEER), VERDICT_DELIVER);
}

static void request_for_another_is_not_learnt(void **state) {
    struct scene *s = *state;
    assert_int_equal(scene_arp(s, ARP_REQUEST, PEER, OTHER), VERDICT_DROP);
    assert_int_equal(s->reason, DROP_ARP_IGNORED);
    assert_int_equal(s->neighbors.count, 0);
    assert_int_equal(s->out.packets, 0);
}

/* [rfc826#3] */
static void known_sender_asking_another_lives_longer(void **state) {
    struct scene *s = *state;
    scene_arp(s, ARP_REQUEST, PEER, OURS);
    scene_advance(s, NEIGHBOR_STALE_NS - 1);
    assert_int_equal(scene_arp(s, ARP_REQUEST, PEER, OTHER), VERDICT_DELIVER);
    scene_advance(s, NEIGHBOR_STALE_NS + DOBOS_SECOND);
    assert_int_equal(s->neighbors.count, 1);
    scene_advance(s, 2 * NEIGHBOR_STALE_NS);
    assert_int_equal(s->neighbors.count, 0);
}

static void announcement_has_our_address_twice_and_goes_to_all(void **state) {
    struct scene *s = *state;
    struct dobos_address ours = dobos_address_ipv4(OURS);
    neighbor_announce(&s->neighbors, &ours, &s->out);
    struct asked asked = scene_take_arp(s);
    assert_true(mac_is_equal(&asked.ethernet.destination, &MAC_BROADCAST));
    assert_int_equal(dobos_address_ipv4_number(&asked.arp.sender), OURS);
    assert_int_equal(dobos_address_ipv4_number(&asked.arp.target), OURS);
}

static void entries_are_read_by_address(void **state) {
    struct scene *s = *state;
    static const uint32_t hosts[] = {200, 3, 77, 4, 250, 2, 9};
    static const uint32_t sorted[] = {2, 3, 4, 9, 77, 200, 250};
    struct dobos_neighbor_info info;
    for (size_t i = 0; i < array_length(hosts); i++)
        scene_make_reachable(s, NETWORK + hosts[i]);
    for (uint32_t i = 0; i < array_length(hosts); i++) {
        assert_true(neighbor_read(&s->neighbors, i, &info));
        assert_int_equal(dobos_address_ipv4_number(&info.address), NETWORK + sorted[i]);
        struct dobos_mac mac = mac_make(NETWORK + sorted[i]);
        assert_true(mac_is_equal(&info.mac, &mac));
        assert_int_equal(info.interface, 2);
        assert_int_equal(info.state, DOBOS_NEIGHBOR_REACHABLE);
    }
    assert_false(neighbor_read(&s->neighbors, array_length(hosts), &info));
}

/* Every allocation fails once in a small story: nothing is lost track of. */
static void every_failing_allocation_is_survived(void **state) {
    struct scene *s = *state;
    for (uint64_t n = 0; n < 40; n++) {
        struct dobos_packet *packet = packet_counting(&s->fixture, 0, 40, false);
        uint32_t address = NETWORK + 100 + (uint32_t)n;
        struct dobos_address hop = dobos_address_ipv4(address), ours = dobos_address_ipv4(OURS);
        s->fixture.countdown = n % 5;
        neighbor_resolve(&s->neighbors, &hop, &ours, packet, s->now, &s->out, &s->reason);
        scene_arp(s, ARP_REQUEST, address + 50, OURS);
        scene_arp(s, ARP_REPLY, address, OURS);
        s->fixture.countdown = UINT64_MAX;
        scene_advance(s, s->now + DOBOS_SECOND);
    }
    scene_advance(s, s->now + 3 * NEIGHBOR_STALE_NS);
    assert_int_equal(s->neighbors.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(unknown_resolve_asks_everybody),
        SCENE_TEST(incomplete_resolves_ask_at_most_once_a_second),
        SCENE_TEST(incomplete_reply_releases_what_waited_in_order),
        SCENE_TEST(only_reachable_is_known_to_be_there),
        SCENE_TEST(reachable_resolve_gives_a_frame_at_once),
        SCENE_TEST(incomplete_request_of_the_peer_resolves_it_unconfirmed),
        SCENE_TEST(incomplete_silence_gives_the_packets_back),
        SCENE_TEST(failed_resolve_asks_again),
        SCENE_TEST(failed_unused_is_forgotten),
        SCENE_TEST(failed_announcement_revives_it_as_hearsay),
        SCENE_TEST(reachable_unused_grows_stale_and_is_forgotten),
        SCENE_TEST(reachable_confirmation_keeps_it_reachable),
        SCENE_TEST(stale_resolve_sends_and_probes_by_unicast_after_five_seconds),
        SCENE_TEST(delay_confirmation_saves_the_probe),
        SCENE_TEST(probe_silence_fails_the_entry_and_keeps_sending_till_then),
        SCENE_TEST(request_for_us_is_answered_to_its_sender_and_remembered),
        SCENE_TEST(request_for_another_is_not_learnt),
        SCENE_TEST(known_sender_asking_another_lives_longer),
        SCENE_TEST(announcement_has_our_address_twice_and_goes_to_all),
        SCENE_TEST(entries_are_read_by_address),
        SCENE_TEST(every_failing_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
