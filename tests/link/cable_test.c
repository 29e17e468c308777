/* cable: what becomes of frames, alone and by the thousand. */
#include "fixture.h"

#include "link/cable.h"

#define ALWAYS  (UINT64_C(1) << 32)
#define PERCENT (ALWAYS / 100)

struct wire {
    struct fixture fixture;
    struct cable cable;
};

static int setup(void **state) {
    struct wire *w = calloc(1, sizeof *w);
    fixture_init(&w->fixture);
    *state = w;
    return 0;
}

static int teardown(void **state) {
    struct wire *w = *state;
    cable_fini(&w->cable);
    fixture_fini(&w->fixture);
    free(w);
    return 0;
}

static void lay(struct wire *w, struct impairments impairments) {
    cable_init(&w->cable, pool_allocator(w->fixture.pool), &impairments, 1);
}

static void send(struct wire *w, uint8_t mark, size_t length, dobos_time now) {
    cable_send(&w->cable, packet_counting(&w->fixture, mark, length, true), now);
}

/* The mark of the next frame there at `now`; -1: none. */
static int receive(struct wire *w, dobos_time now) {
    struct dobos_packet *packet = cable_receive(&w->cable, now);
    int mark = packet ? packet_byte(packet, 0) : -1;
    dobos_packet_release(packet);
    return mark;
}

static void plain_cable_gives_frames_at_once_in_order(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){0});
    assert_int_equal(cable_next(&w->cable), DOBOS_NEVER);
    send(w, 1, 100, 5);
    send(w, 2, 100, 5);
    assert_int_equal(cable_next(&w->cable), 5);
    assert_int_equal(receive(w, 4), -1);
    assert_int_equal(receive(w, 5), 1);
    assert_int_equal(receive(w, 5), 2);
    assert_int_equal(receive(w, 5), -1);
}

static void rate_and_delay_add_up(void **state) {
    struct wire *w = *state;
    lay(w,
        (struct impairments){.rate_bits_per_second = 8000000, .delay_ns = 5 * DOBOS_MILLISECOND});
    send(w, 1, 976, 0); /* 976 + 24 bytes at a byte a microsecond: 1 ms */
    send(w, 2, 976, 0);
    assert_int_equal(cable_next(&w->cable), 6 * DOBOS_MILLISECOND);
    assert_int_equal(receive(w, 6 * DOBOS_MILLISECOND), 1);
    assert_int_equal(cable_next(&w->cable), 7 * DOBOS_MILLISECOND);
    assert_int_equal(receive(w, 7 * DOBOS_MILLISECOND), 2);
    send(w, 3, 976, 20 * DOBOS_MILLISECOND); /* the wire was free again */
    assert_int_equal(cable_next(&w->cable), 26 * DOBOS_MILLISECOND);
}

/* What would be lost is marked where its sender knows marks. [rfc3168#1] */
static void lossy_cable_with_ecn_marks_what_it_can(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.loss = ALWAYS, .ecn = true});
    for (uint8_t ecn = 0; ecn < 4; ecn++) {
        uint8_t frame[60] = {[12] = 8, [14] = 0x45, [15] = ecn, [24] = 0xba, [25] = (uint8_t)~ecn};
        cable_send(&w->cable, dobos_packet_from_bytes(w->fixture.pool, frame, 60, NULL), 0);
        struct dobos_packet *arrived = cable_receive(&w->cable, 0);
        assert_true((arrived != NULL) == (ecn > 0));
        if (!arrived)
            continue;
        assert_int_equal(packet_byte(arrived, 15), 3);
        assert_int_equal(packet_byte(arrived, 24), 0xba);
        assert_int_equal(packet_byte(arrived, 25), (uint8_t)~3);
        dobos_packet_release(arrived);
    }
    send(w, 1, 100, 0);
    assert_int_equal(receive(w, 0), -1);
    assert_int_equal(w->cable.marked, 3);
    assert_int_equal(w->cable.lost, 2);
}

/* Frames are lost in runs: 1 in 100 begins one, and each ends with 1 in 10, so it has ten on
 * average; single losses as rare would stand alone. */
static void bursts_take_runs_of_frames(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.burst = {.begin = PERCENT, .end = 10 * PERCENT, .bad = ALWAYS}});
    unsigned lost = 0, runs = 0;
    bool was_lost = false;
    for (unsigned i = 0; i < 20000; i++) {
        send(w, 7, 60, i);
        bool is_lost = receive(w, i) < 0;
        lost += is_lost;
        runs += is_lost && !was_lost;
        was_lost = is_lost;
    }
    assert_int_equal(w->cable.lost, lost);
    assert_in_range(lost, 1300, 2400); /* 1 in 11 */
    assert_in_range(lost / runs, 8, 12);
}

static void bursts_may_lose_some_and_calm_a_few(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.burst = {PERCENT, PERCENT, 50 * PERCENT, 10 * PERCENT}});
    for (unsigned i = 0; i < 20000; i++) {
        send(w, 7, 60, i);
        (void)receive(w, i);
    }
    assert_in_range(w->cable.lost, 5400, 6600); /* half the time each: 30 % */
    w->cable.impairments.burst = (struct burst_loss){0};
    uint64_t before = w->cable.lost;
    for (unsigned i = 0; i < 1000; i++) {
        send(w, 7, 60, 20000 + i);
        (void)receive(w, 20000 + i);
    }
    assert_int_equal(w->cable.lost, before);
}

static void full_cable_drops_the_newcomer(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.delay_ns = 10, .limit_packets = 3});
    for (uint8_t i = 0; i < 5; i++) {
        assert_int_equal(cable_is_full(&w->cable), i >= 3);
        send(w, i, 60, 0);
    }
    assert_int_equal(w->cable.overflowed, 2);
    for (int i = 0; i < 3; i++)
        assert_int_equal(receive(w, 10), i);
    assert_false(cable_is_full(&w->cable));
}

static void without_a_limit_a_thousand_frames_fit(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.delay_ns = 10});
    for (unsigned i = 0; i < 1001; i++)
        send(w, 0, 60, 0);
    assert_int_equal(w->cable.overflowed, 1);
}

static void lossy_cable_loses_what_is_sent(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.loss = ALWAYS});
    send(w, 1, 60, 0);
    assert_int_equal(receive(w, DOBOS_SECOND), -1);
    assert_int_equal(w->cable.lost, 1);
}

static void duplicating_cable_gives_each_frame_twice(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.duplicate = ALWAYS});
    send(w, 1, 60, 0);
    send(w, 2, 60, 0);
    assert_int_equal(receive(w, 0), 1);
    assert_int_equal(receive(w, 0), 1);
    assert_int_equal(receive(w, 0), 2);
    assert_int_equal(receive(w, 0), 2);
    assert_int_equal(w->cable.duplicated, 2);
}

static void reordered_frame_overtakes_those_under_way(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.delay_ns = 100});
    send(w, 1, 60, 0);
    send(w, 2, 60, 10);
    w->cable.impairments.reorder = ALWAYS;
    send(w, 3, 60, 20);
    assert_int_equal(cable_next(&w->cable), 20);
    assert_int_equal(receive(w, 20), 3);
    assert_int_equal(receive(w, 200), 1);
    assert_int_equal(receive(w, 200), 2);
    assert_int_equal(w->cable.reordered, 1);
}

static void delay_changed_under_way_keeps_the_order_of_arrival(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.delay_ns = 100});
    send(w, 1, 60, 0);
    w->cable.impairments.delay_ns = 10;
    send(w, 2, 60, 0);
    send(w, 3, 60, 90); /* arrives with the first, but was sent later */
    assert_int_equal(receive(w, 100), 2);
    assert_int_equal(receive(w, 100), 1);
    assert_int_equal(receive(w, 100), 3);
}

static void corrupting_cable_flips_one_bit_of_a_copy(void **state) {
    struct wire *w = *state;
    bool bytes[100] = {false};
    unsigned damaged = 0;
    lay(w, (struct impairments){.corrupt = ALWAYS});
    for (unsigned i = 0; i < 50; i++) {
        struct dobos_packet *original = packet_counting(&w->fixture, 0, 100, true);
        cable_send(&w->cable, dobos_packet_clone(original), 0);
        struct dobos_packet *arrived = cable_receive(&w->cable, 0);
        unsigned bits = 0;
        for (size_t at = 0; at < 100; at++) {
            damaged += !bytes[at] && packet_byte(arrived, at) != at;
            bytes[at] = bytes[at] || packet_byte(arrived, at) != at;
            assert_int_equal(packet_byte(original, at), at);
            bits += (unsigned)__builtin_popcount(
                (unsigned)(packet_byte(original, at) ^ packet_byte(arrived, at)));
        }
        assert_int_equal(bits, 1);
        dobos_packet_release(original);
        dobos_packet_release(arrived);
    }
    assert_int_equal(w->cable.corrupted, 50);
    assert_true(damaged > 25); /* here and there */
}

/* Every delay from the least to the most comes up, and none beyond. */
static void jitter_spreads_the_delay_evenly(void **state) {
    struct wire *w = *state;
    unsigned often[5] = {0};
    lay(w, (struct impairments){.delay_ns = 100, .jitter_ns = 2});
    for (unsigned i = 0; i < 1000; i++) {
        send(w, 1, 60, 1000 * i);
        const dobos_time took = cable_next(&w->cable) - 1000 * i;
        assert_in_range(took, 98, 102);
        often[took - 98]++;
        assert_int_equal(receive(w, 1000 * i + 102), 1);
    }
    for (unsigned i = 0; i < 5; i++)
        assert_in_range(often[i], 150, 250);
}

static void jitter_longer_than_the_delay_takes_no_time_at_least(void **state) {
    struct wire *w = *state;
    unsigned at_once = 0;
    lay(w, (struct impairments){.delay_ns = 1, .jitter_ns = 100});
    for (unsigned i = 0; i < 100; i++) {
        send(w, 1, 60, 1000 * i);
        assert_in_range(cable_next(&w->cable), 1000 * i, 1000 * i + 101);
        at_once += cable_next(&w->cable) == 1000 * i;
        assert_int_equal(receive(w, 1000 * i + 101), 1);
    }
    assert_in_range(at_once, 30, 70);
}

/* How many of 200 frames that are sent one after the other overtake one sent before. */
static unsigned overtakings(struct wire *w, struct impairments impairments) {
    unsigned overtakings = 0;
    lay(w, impairments);
    for (unsigned i = 0; i < 200; i++)
        send(w, (uint8_t)i, 60, i * DOBOS_MICROSECOND);
    for (int last = -1, mark; (mark = receive(w, DOBOS_SECOND)) >= 0; last = mark)
        overtakings += mark < last;
    return overtakings;
}

static void jitter_reorders_without_a_rate_and_not_with_one(void **state) {
    struct wire *w = *state;
    const struct impairments free = {.delay_ns = DOBOS_MILLISECOND, .jitter_ns = DOBOS_MILLISECOND};
    struct impairments queue = free;
    queue.rate_bits_per_second = 1000000000;
    assert_true(overtakings(w, free) > 50);
    assert_int_equal(overtakings(w, queue), 0);
    assert_int_equal(w->cable.delivered, 200);
}

static void jitter_leaves_the_other_fates_as_they_were(void **state) {
    struct wire *w = *state;
    uint64_t lost[2];
    for (unsigned k = 0; k < 2; k++) {
        lost[k] = 0;
        lay(w, (struct impairments){.delay_ns = 10, .jitter_ns = k ? 10 : 0, .loss = ALWAYS / 2});
        for (unsigned i = 0; i < 60; i++) {
            send(w, 1, 60, 1000 * i);
            lost[k] = lost[k] << 1 | (receive(w, 1000 * i + 100) < 0);
        }
    }
    assert_int_equal(lost[0], lost[1]);
}

static void cut_cable_severs_what_is_under_way_and_what_is_sent(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.rate_bits_per_second = 1000, .delay_ns = 100});
    send(w, 1, 60, 0);
    send(w, 2, 60, 0);
    cable_cut(&w->cable, true);
    assert_int_equal(cable_next(&w->cable), DOBOS_NEVER);
    assert_int_equal(fixture_packets(&w->fixture), 0);
    send(w, 3, 60, 10);
    assert_int_equal(w->cable.severed, 3);
    cable_cut(&w->cable, false);
    send(w, 4, 1, 20); /* nothing waits on the wire before it: 25 bytes at a bit a millisecond */
    assert_int_equal(cable_next(&w->cable), 20 + 200 * DOBOS_MILLISECOND + 100);
    assert_int_equal(receive(w, DOBOS_SECOND), 4);
    assert_int_equal(w->cable.sent, 4);
    assert_int_equal(w->cable.delivered, 1);
}

/* A checksum that is still to be finished would make the damage true. */
static void corrupted_frame_has_its_checksum_before_the_damage(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.corrupt = ALWAYS});
    for (unsigned i = 0; i < 50; i++) {
        struct dobos_packet *packet = packet_counting(&w->fixture, 0, 100, true);
        packet->offload = (struct dobos_offload){
            .flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM, .checksum_start = 0, .checksum_offset = 50};
        cable_send(&w->cable, packet, 0);
        packet = cable_receive(&w->cable, 0);
        assert_int_equal(packet->offload.flags, 0);
        /* the field was 50, 51 before; so the right sum is all ones plus that */
        uint16_t sum = checksum_fold(packet_sum(packet, 0, 100) + (50U << 8 | 51U));
        uint16_t clean = checksum_fold(0xffff + (50U << 8 | 51U));
        assert_int_not_equal(sum, clean);
        dobos_packet_release(packet);
    }
}

/* A story by seed: what came out, as one number; the counters add up all the time. */
static uint64_t story(struct wire *w, uint64_t seed, uint64_t frames) {
    struct impairments bad = {.rate_bits_per_second = 100000000,
                              .delay_ns = 3 * DOBOS_MILLISECOND,
                              .loss = 20 * PERCENT,
                              .duplicate = 5 * PERCENT,
                              .reorder = 10 * PERCENT,
                              .corrupt = 5 * PERCENT,
                              .limit_packets = 40};
    struct cable *c = &w->cable;
    struct random random = random_make(seed);
    uint64_t digest = 0;
    dobos_time now = 0, last = 0;
    cable_init(c, pool_allocator(w->fixture.pool), &bad, seed);
    for (uint64_t i = 0; i < frames; i++) {
        send(w, (uint8_t)i, 20 + (size_t)random_below(&random, 1500), now);
        now += (dobos_time)random_below(&random, 150) * DOBOS_MICROSECOND;
        for (dobos_time next = cable_next(c); next <= now; next = cable_next(c)) {
            struct dobos_packet *packet = cable_receive(c, now);
            assert_non_null(packet);
            assert_true(next >= last); /* arrivals never run back */
            last = next;
            digest = digest * 1000003 + (uint64_t)next + packet_sum(packet, 0, packet->length);
            dobos_packet_release(packet);
        }
        assert_int_equal(c->sent + c->duplicated,
                         c->lost + c->overflowed + c->delivered + c->packets);
        assert_int_equal(fixture_packets(&w->fixture), c->packets);
    }
    assert_in_range(c->lost, frames * 17 / 100, frames * 21 / 100);
    assert_true(c->duplicated > 0 && c->reordered > 0 && c->corrupted > 0 && c->overflowed > 0);
    return digest;
}

static void same_seed_gives_the_same_fate_and_another_another(void **state) {
    struct wire *w = *state;
    uint64_t first = story(w, 42, 5000);
    cable_fini(&w->cable);
    uint64_t second = story(w, 42, 5000);
    cable_fini(&w->cable);
    uint64_t third = story(w, 43, 5000);
    assert_int_equal(first, second);
    assert_int_not_equal(first, third);
}

static void every_failing_allocation_is_an_overflow_or_a_lost_twin(void **state) {
    struct wire *w = *state;
    lay(w, (struct impairments){.duplicate = ALWAYS, .corrupt = ALWAYS});
    for (uint64_t n = 0; n < 6; n++) {
        struct dobos_packet *packet = packet_counting(&w->fixture, 0, 1000, true);
        w->fixture.countdown = n;
        cable_send(&w->cable, packet, 0);
        w->fixture.countdown = UINT64_MAX;
        struct cable *c = &w->cable;
        assert_int_equal(c->sent + c->duplicated,
                         c->lost + c->overflowed + c->delivered + c->packets);
        assert_int_equal(fixture_packets(&w->fixture), c->packets);
    }
}

#define WIRE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        WIRE_TEST(plain_cable_gives_frames_at_once_in_order),
        WIRE_TEST(rate_and_delay_add_up),
        WIRE_TEST(bursts_take_runs_of_frames),
        WIRE_TEST(bursts_may_lose_some_and_calm_a_few),
        WIRE_TEST(full_cable_drops_the_newcomer),
        WIRE_TEST(without_a_limit_a_thousand_frames_fit),
        WIRE_TEST(lossy_cable_loses_what_is_sent),
        WIRE_TEST(duplicating_cable_gives_each_frame_twice),
        WIRE_TEST(reordered_frame_overtakes_those_under_way),
        WIRE_TEST(delay_changed_under_way_keeps_the_order_of_arrival),
        WIRE_TEST(jitter_spreads_the_delay_evenly),
        WIRE_TEST(jitter_longer_than_the_delay_takes_no_time_at_least),
        WIRE_TEST(jitter_reorders_without_a_rate_and_not_with_one),
        WIRE_TEST(jitter_leaves_the_other_fates_as_they_were),
        WIRE_TEST(cut_cable_severs_what_is_under_way_and_what_is_sent),
        WIRE_TEST(lossy_cable_with_ecn_marks_what_it_can),
        WIRE_TEST(corrupting_cable_flips_one_bit_of_a_copy),
        WIRE_TEST(corrupted_frame_has_its_checksum_before_the_damage),
        WIRE_TEST(same_seed_gives_the_same_fate_and_another_another),
        WIRE_TEST(every_failing_allocation_is_an_overflow_or_a_lost_twin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
