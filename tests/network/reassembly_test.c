/* reassembly: honest fragments in any order. Dishonest ones are in reassembly_attack_test.c. */
#include "reassembly_scene.h"

/* The nth permutation of 0 … count − 1. */
static void permutation(unsigned nth, unsigned count, unsigned order[]) {
    unsigned rest[16];
    for (unsigned i = 0; i < count; i++)
        rest[i] = i;
    for (unsigned i = 0, left = count; i < count; i++, left--) {
        unsigned at = nth % left;
        nth /= left;
        order[i] = rest[at];
        memmove(&rest[at], &rest[at + 1], (left - at - 1) * sizeof rest[0]);
    }
}

/* [rfc815#1] [rfc815#2] [rfc1122#47] */
static void fragments_in_every_order_make_the_same_datagram(void **state) {
    struct puzzle *p = *state;
    static const size_t bounds[] = {0, 8, 24, 224, 1024, 2504, 2511};
    enum {
        PIECES = 6,
        ORDERS = 720
    };
    for (unsigned nth = 0; nth < ORDERS; nth++) {
        unsigned order[PIECES];
        permutation(nth, PIECES, order);
        for (unsigned i = 0; i < PIECES; i++) {
            struct piece piece = {.id = (uint16_t)nth,
                                  .offset = bounds[order[i]],
                                  .length = bounds[order[i] + 1] - bounds[order[i]],
                                  .more = order[i] + 1 < PIECES};
            assert_int_equal(puzzle_put(p, piece), i + 1 < PIECES ? VERDICT_HELD : VERDICT_DELIVER);
        }
        puzzle_check(p, 2511);
        assert_int_equal(p->table.count, 0);
    }
    assert_int_equal(p->table.absorbed, ORDERS * (PIECES - 1));
}

/* [rfc815#1] [rfc1122#48] [rfc791#17] [rfc1122#106] [rfc1122#107]: random cuts of datagrams up to
 * the largest, shuffled, some pieces twice
 */
static void random_cuts_shuffled_make_the_datagram(void **state) {
    struct puzzle *p = *state;
    struct random random = random_make(17);
    for (unsigned round = 0; round < 300; round++) {
        struct piece pieces[REASSEMBLY_FRAGMENTS];
        size_t length =
            round == 0 ? 65515 : 2 + (size_t)random_below(&random, round % 5 == 0 ? 65514 : 3000);
        size_t count = 0, at = 0;
        while (at < length) {
            size_t step = 8 * (1 + (size_t)random_below(&random, 2 * length / 8 / 40 + 1));
            bool last = count + 1 == REASSEMBLY_FRAGMENTS || at + step >= length;
            pieces[count++] = (struct piece){.id = (uint16_t)round,
                                             .offset = at,
                                             .length = last ? length - at : step,
                                             .more = !last};
            at += last ? length - at : step;
        }
        for (size_t i = count; i > 1; i--) {
            size_t other = (size_t)random_below(&random, i);
            struct piece swap = pieces[i - 1];
            pieces[i - 1] = pieces[other];
            pieces[other] = swap;
        }
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(puzzle_put(p, pieces[i]),
                             i + 1 < count ? VERDICT_HELD : VERDICT_DELIVER);
            if (i + 1 < count && random_below(&random, 4) == 0) {
                assert_int_equal(puzzle_put(p, pieces[random_below(&random, i + 1)]), VERDICT_DROP);
                assert_int_equal(p->reason, DROP_FRAGMENT_DUPLICATE);
            }
        }
        puzzle_check(p, length);
    }
}

/* [rfc815#2] */
static void datagram_with_a_hole_is_not_delivered(void **state) {
    struct puzzle *p = *state;
    for (unsigned missing = 0; missing < 4; missing++) {
        for (unsigned i = 0; i < 4; i++) {
            struct piece piece = {
                .id = (uint16_t)missing, .offset = i * 800, .length = 800, .more = i < 3};
            if (i != missing)
                assert_int_equal(puzzle_put(p, piece), VERDICT_HELD);
        }
    }
    assert_int_equal(p->table.count, 4);
    assert_int_equal(reassembly_held(&p->table), 12);
}

/* [rfc791#9] */
static void fragments_of_different_datagrams_do_not_mix(void **state) {
    struct puzzle *p = *state;
    static const struct piece heads[] = {{.id = 1, .length = 8, .more = true},
                                         {.id = 2, .length = 8, .more = true},
                                         {.id = 1, .length = 8, .more = true, .source = THERE + 1},
                                         {.id = 1, .length = 8, .more = true, .interface = 3}};
    for (size_t i = 0; i < array_length(heads); i++)
        assert_int_equal(puzzle_put(p, heads[i]), VERDICT_HELD);
    assert_int_equal(p->table.count, array_length(heads));
    for (size_t i = 0; i < array_length(heads); i++) {
        struct piece tail = heads[i];
        tail.offset = 8;
        tail.more = false;
        assert_int_equal(puzzle_put(p, tail), VERDICT_DELIVER);
        uint32_t source = heads[i].source ? heads[i].source : THERE;
        assert_int_equal(packet_be32(p->whole, 12), source);
        puzzle_check(p, 16);
    }
}

/* [rfc1122#49] [rfc791#21] [rfc1122#51] [rfc792#10] [rfc1812#74]: the clock starts with the first
 * to come and is never set back */
static void incomplete_datagram_is_dropped_in_time_and_its_first_fragment_given(void **state) {
    struct puzzle *p = *state;
    puzzle_put(p, (struct piece){.id = 1, .offset = 800, .length = 800, .more = true});
    puzzle_advance(p, 20 * DOBOS_SECOND);
    puzzle_put(p, (struct piece){.id = 1, .offset = 0, .length = 800, .more = true});
    assert_int_equal(puzzle_advance(p, REASSEMBLY_NS - 1), 0);
    assert_int_equal(p->table.count, 1);
    assert_int_equal(puzzle_advance(p, REASSEMBLY_NS), 1);
    assert_int_equal(p->table.count, 0);
    assert_int_equal(p->timed_out, 2);
}

static void incomplete_datagram_without_its_first_fragment_gives_none(void **state) {
    struct puzzle *p = *state;
    puzzle_put(p, (struct piece){.id = 1, .offset = 800, .length = 800, .more = true});
    assert_int_equal(puzzle_advance(p, REASSEMBLY_NS), 0);
    assert_int_equal(p->timed_out, 1);
}

/* [attack:B10] */
static void options_of_the_first_fragment_are_the_datagrams(void **state) {
    struct puzzle *p = *state;
    static const uint8_t first[] = {0x94, 4, 0, 0, 1, 1, 1, 0}, later[40] = {0x44, 40, 5};
    puzzle_put(p, (struct piece){.id = 1, .offset = 16, .length = 9, .options = {later, 40}});
    puzzle_put(
        p, (struct piece){.id = 1, .offset = 0, .length = 8, .more = true, .options = {first, 8}});
    assert_int_equal(puzzle_put(p, (struct piece){.id = 1, .offset = 8, .length = 8, .more = true}),
                     VERDICT_DELIVER);
    puzzle_check(p, 25);
    uint8_t options[8];
    dobos_packet_read(p->whole, 20, options, 8);
    assert_memory_equal(options, first, 8);
    assert_int_equal(p->whole->transport_offset, 28);
}

/* [rfc3168#3] [rfc3168#4] */
static void congestion_mark_on_one_fragment_marks_the_datagram(void **state) {
    struct puzzle *p = *state;
    puzzle_put(p, (struct piece){.id = 1, .offset = 8, .length = 8, .tos = 3});
    puzzle_put(p, (struct piece){.id = 1, .offset = 0, .length = 8, .more = true, .tos = 2});
    puzzle_check(p, 16);
    assert_int_equal(packet_byte(p->whole, 1), 3);
    puzzle_put(p, (struct piece){.id = 3, .offset = 8, .length = 8, .tos = 2});
    puzzle_put(p, (struct piece){.id = 3, .offset = 0, .length = 8, .more = true, .tos = 3});
    assert_int_equal(packet_byte(p->whole, 1), 3);
    puzzle_put(p, (struct piece){.id = 4, .offset = 8, .length = 8, .tos = 1});
    puzzle_put(p, (struct piece){.id = 4, .offset = 0, .length = 8, .more = true, .tos = 1});
    assert_int_equal(packet_byte(p->whole, 1), 1);
    for (uint8_t first = 0; first < 4; first += 3) { /* its sender knows no marks: it is dropped */
        uint16_t id = (uint16_t)(5 + first);
        puzzle_put(p, (struct piece){.id = id, .offset = 8, .length = 8, .tos = 3 - first});
        enum verdict verdict = puzzle_put(
            p,
            (struct piece){.id = id, .offset = 0, .length = 8, .more = true, .tos = 0x10 + first});
        assert_int_equal(verdict, VERDICT_DROP);
        assert_int_equal(p->reason, DROP_FRAGMENT_MALFORMED);
    }
}

static void broadcast_fragment_marks_the_datagram(void **state) {
    struct puzzle *p = *state;
    puzzle_put(p, (struct piece){.id = 1, .offset = 8, .length = 8, .link_broadcast = true});
    puzzle_put(p, (struct piece){.id = 1, .offset = 0, .length = 8, .more = true});
    assert_true(p->whole->link_broadcast);
}

static void large_fragments_are_shared_and_many_are_copied_together(void **state) {
    struct puzzle *p = *state;
    for (unsigned i = 0; i < 3; i++)
        puzzle_put(p, (struct piece){.id = 1, .offset = i * 1480, .length = 1480, .more = i < 2});
    puzzle_check(p, 4440);
    assert_in_range(p->whole->slice_count, 3, 6);
    for (unsigned i = 0; i < 40; i++)
        puzzle_put(p, (struct piece){.id = 2, .offset = i * 1480, .length = 1480, .more = i < 39});
    puzzle_check(p, 59200);
    assert_int_equal(p->whole->slice_count, 1);
}

/* Twenty fragments, the nth allocation failing while one of them is taken. Whether one was dropped.
 */
static bool story_fails(unsigned n, unsigned failing) {
    enum {
        PIECES = 20
    };
    void *state;
    bool dropped = false;
    puzzle_setup(&state); /* a pool of its own, with nothing kept for use again */
    struct puzzle *p = state;
    for (unsigned i = 0; i < PIECES; i++) {
        struct piece piece = {.id = 1, .offset = i * 1480, .length = 1480, .more = i + 1 < PIECES};
        p->countdown = i == failing ? n : UINT64_MAX;
        if (puzzle_put(p, piece) == VERDICT_DROP) {
            assert_int_equal(p->reason, DROP_NO_MEMORY);
            dropped = true;
        }
    }
    assert_int_equal(p->delivered, !dropped);
    puzzle_teardown(&state); /* which adds the fragments up */
    return dropped;
}

static void every_failing_allocation_is_accounted_for(void **state) {
    (void)state;
    for (unsigned n = 0; n < 12; n++) {
        for (unsigned failing = 0; failing < 20; failing++) {
            bool needs_memory =
                failing == 0 ? n < 2
                             : failing == 19 && n < 2; /* record and buckets; packet and buffer */
            assert_int_equal(story_fails(n, failing), needs_memory);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PUZZLE_TEST(fragments_in_every_order_make_the_same_datagram),
        PUZZLE_TEST(random_cuts_shuffled_make_the_datagram),
        PUZZLE_TEST(datagram_with_a_hole_is_not_delivered),
        PUZZLE_TEST(fragments_of_different_datagrams_do_not_mix),
        PUZZLE_TEST(incomplete_datagram_is_dropped_in_time_and_its_first_fragment_given),
        PUZZLE_TEST(incomplete_datagram_without_its_first_fragment_gives_none),
        PUZZLE_TEST(options_of_the_first_fragment_are_the_datagrams),
        PUZZLE_TEST(congestion_mark_on_one_fragment_marks_the_datagram),
        PUZZLE_TEST(broadcast_fragment_marks_the_datagram),
        PUZZLE_TEST(large_fragments_are_shared_and_many_are_copied_together),
        cmocka_unit_test(every_failing_allocation_is_accounted_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
