/* reassembly under attack: fragments that lie about place and length, contradict each other, or
 * only want memory. */
#include "reassembly_scene.h"

/* [attack:B1] [rfc791#10]: every last fragment that would end past 65,535 */
static void fragment_past_the_largest_datagram_is_dropped(void **state) {
    struct puzzle *p = *state;
    for (size_t offset = 64000; offset <= 65528; offset += 8) {
        for (size_t length = 1; length <= 1480; length += 73) {
            struct piece piece = {
                .id = (uint16_t)(offset + length), .offset = offset, .length = length};
            bool good = 20 + offset + length <= 65535;
            assert_int_equal(puzzle_put(p, piece), good ? VERDICT_HELD : VERDICT_DROP);
            if (!good)
                assert_int_equal(p->reason, DROP_FRAGMENT_MALFORMED);
        }
        puzzle_advance(p, p->now + REASSEMBLY_NS);
    }
}

/* [attack:B1]: a first header so long that the whole would not fit */
static void datagram_that_its_first_header_makes_too_long_is_dropped(void **state) {
    struct puzzle *p = *state;
    static const uint8_t options[40] = {1, 1, 1, 1};
    puzzle_put(p, (struct piece){.id = 1, .offset = 8, .length = 65512 - 8, .more = true});
    assert_int_equal(puzzle_put(p, (struct piece){.id = 1, .offset = 65512, .length = 3}),
                     VERDICT_HELD);
    assert_int_equal(
        puzzle_put(p,
                   (struct piece){
                       .id = 1, .offset = 0, .length = 8, .more = true, .options = {options, 40}}),
        VERDICT_DROP);
    assert_int_equal(p->table.count, 0);
}

static void fragment_of_no_bytes_or_broken_octets_is_dropped(void **state) {
    struct puzzle *p = *state;
    for (size_t length = 0; length < 64; length++) {
        struct piece piece = {.id = (uint16_t)length, .offset = 64, .length = length, .more = true};
        assert_int_equal(puzzle_put(p, piece),
                         length > 0 && length % 8 == 0 ? VERDICT_HELD : VERDICT_DROP);
    }
    assert_int_equal(puzzle_put(p, (struct piece){.id = 99, .offset = 64, .length = 0}),
                     VERDICT_DROP);
    assert_int_equal(p->reason, DROP_FRAGMENT_MALFORMED);
}

/* ---- all overlaps ---- */

#define GRAIN  8
#define GRAINS 4
#define PIECES 20 /* 10 intervals of 4 grains, each with and without more */

struct interval {
    unsigned begin, end; /* grains */
    bool more;
};

static struct interval interval_of(unsigned number) {
    struct interval interval = {0, 1, number % 2 == 1};
    for (number /= 2; number > 0; number--) {
        if (++interval.end > GRAINS) {
            interval.begin++;
            interval.end = interval.begin + 1;
        }
    }
    return interval;
}

/* What a datagram should be, said as plainly as can be. */
struct model {
    struct interval pieces[4];
    uint8_t variants[4];
    unsigned count;
    bool dead;
};

enum expected {
    HELD,
    DELIVERED,
    DUPLICATE,
    CONTRADICTS
};

static bool contradict(struct interval a, struct interval b) {
    if (a.begin < b.end && b.begin < a.end)
        return true;
    if (!a.more && !b.more)
        return true; /* two ends */
    return (!a.more && b.end > a.end) || (!b.more && a.end > b.end);
}

static enum expected model_put(struct model *model, struct interval new, uint8_t variant) {
    bool covered[GRAINS] = {false};
    unsigned end = 0;
    if (model->dead)
        return CONTRADICTS;
    for (unsigned i = 0; i < model->count; i++) {
        struct interval old = model->pieces[i];
        if (old.begin == new.begin && old.end == new.end &&old.more == new.more &&
            model->variants[i] == variant)
            return DUPLICATE;
        model->dead = model->dead || contradict(old, new);
    }
    if (model->dead)
        return CONTRADICTS;
    model->pieces[model->count] = new;
    model->variants[model->count++] = variant;
    for (unsigned i = 0; i < model->count; i++) {
        for (unsigned grain = model->pieces[i].begin; grain < model->pieces[i].end; grain++)
            covered[grain] = true;
        if (!model->pieces[i].more)
            end = model->pieces[i].end;
    }
    for (unsigned grain = 0; grain < end; grain++)
        if (!covered[grain])
            return HELD;
    return end ? DELIVERED : HELD;
}

/* The delivered bytes are each from the one fragment that covers them. */
static void whole_check(struct puzzle *p, const struct model *model) {
    size_t bytes = 0;
    for (unsigned i = 0; i < model->count; i++) {
        for (size_t at = model->pieces[i].begin * GRAIN; at < model->pieces[i].end * GRAIN; at++)
            assert_int_equal(packet_byte(p->whole, 20 + at), payload_byte(at) ^ model->variants[i]);
        bytes += (model->pieces[i].end - model->pieces[i].begin) * GRAIN;
    }
    assert_int_equal(p->whole->length, 20 + bytes);
}

/* One story of up to four fragments; `lying`: each has bytes of its own. */
static void story(struct puzzle *p, const unsigned numbers[], unsigned count, bool lying,
                  uint16_t id) {
    struct model model = {.count = 0};
    for (unsigned i = 0; i < count; i++) {
        struct interval interval = interval_of(numbers[i]);
        uint8_t variant = (uint8_t)(lying ? 0x40 << i : 0);
        struct piece piece = {.id = id,
                              .offset = interval.begin * GRAIN,
                              .length = (interval.end - interval.begin) * GRAIN,
                              .more = interval.more,
                              .variant = variant};
        enum verdict verdict = puzzle_put(p, piece);
        switch (model_put(&model, interval, variant)) {
        case HELD:
            assert_int_equal(verdict, VERDICT_HELD);
            break;
        case DELIVERED:
            assert_int_equal(verdict, VERDICT_DELIVER);
            whole_check(p, &model);
            model = (struct model){.count = 0};
            break;
        case DUPLICATE:
            assert_int_equal(verdict, VERDICT_DROP);
            assert_int_equal(p->reason, DROP_FRAGMENT_DUPLICATE);
            break;
        case CONTRADICTS:
            assert_int_equal(verdict, VERDICT_DROP);
            assert_int_equal(p->reason, DROP_FRAGMENT_OVERLAP);
            break;
        }
    }
    puzzle_advance(p, p->now + REASSEMBLY_NS);
    assert_int_equal(p->table.count, 0);
}

static void all_stories(struct puzzle *p, unsigned count, bool lying) {
    unsigned total = 1;
    for (unsigned i = 0; i < count; i++)
        total *= PIECES;
    for (unsigned nth = 0; nth < total; nth++) {
        unsigned numbers[4];
        for (unsigned i = 0, rest = nth; i < count; i++, rest /= PIECES)
            numbers[i] = rest % PIECES;
        story(p, numbers, count, lying, (uint16_t)nth);
    }
}

/* [attack:B2] */
static void all_pairs_of_fragments_overlap_or_fit(void **state) {
    all_stories(*state, 2, false);
    all_stories(*state, 2, true);
}

/* [attack:B2] */
static void all_triples_of_fragments_overlap_or_fit(void **state) {
    all_stories(*state, 3, false);
    all_stories(*state, 3, true);
}

/* [attack:B2]: and what follows an overlap is not taken for a new datagram */
static void all_quadruples_of_fragments_overlap_or_fit(void **state) {
    all_stories(*state, 4, false);
}

/* [attack:B15] */
static void fragment_past_the_declared_end_kills_the_datagram(void **state) {
    struct puzzle *p = *state;
    assert_int_equal(puzzle_put(p, (struct piece){.id = 1, .offset = 80, .length = 20}),
                     VERDICT_HELD);
    assert_int_equal(
        puzzle_put(p, (struct piece){.id = 1, .offset = 104, .length = 8, .more = true}),
        VERDICT_DROP);
    assert_int_equal(p->reason, DROP_FRAGMENT_OVERLAP);
    assert_int_equal(p->table.dropped[1], 1);
    assert_int_equal(
        puzzle_put(p, (struct piece){.id = 1, .offset = 0, .length = 80, .more = true}),
        VERDICT_DROP);
    assert_int_equal(puzzle_put(p, (struct piece){.id = 1, .offset = 80, .length = 20}),
                     VERDICT_DROP);
}

/* [attack:B15]: the end is declared after what lies past it */
static void end_declared_too_early_kills_the_datagram(void **state) {
    struct puzzle *p = *state;
    puzzle_put(p, (struct piece){.id = 1, .offset = 160, .length = 80, .more = true});
    assert_int_equal(puzzle_put(p, (struct piece){.id = 1, .offset = 80, .length = 40}),
                     VERDICT_DROP);
    assert_int_equal(p->reason, DROP_FRAGMENT_OVERLAP);
}

/* [attack:B14]: a first fragment larger than the whole, and then everything again */
static void pieces_after_a_killed_datagram_touch_nothing_freed(void **state) {
    struct puzzle *p = *state;
    struct random random = random_make(4);
    for (unsigned i = 0; i < 20000; i++) {
        struct piece piece = {.id = (uint16_t)random_below(&random, 3),
                              .offset = (size_t)random_below(&random, 12) * 8,
                              .length = 8 * (1 + (size_t)random_below(&random, 4)),
                              .more = random_below(&random, 4) != 0,
                              .variant = (uint8_t)random_below(&random, 2)};
        puzzle_put(p, piece);
        if (random_below(&random, 50) == 0)
            puzzle_advance(p, p->now + (dobos_time)random_below(&random, 40) * DOBOS_SECOND);
    }
}

/* [attack:B4] */
static void same_fragment_for_ever_is_kept_once(void **state) {
    struct puzzle *p = *state;
    struct piece piece = {.id = 1, .offset = 65120 - 8, .length = 16, .more = true};
    assert_int_equal(puzzle_put(p, piece), VERDICT_HELD);
    size_t bytes = p->table.bytes;
    for (unsigned i = 0; i < 100000; i++) {
        assert_int_equal(puzzle_put(p, piece), VERDICT_DROP);
        assert_int_equal(p->reason, DROP_FRAGMENT_DUPLICATE);
    }
    assert_int_equal(p->table.bytes, bytes);
    assert_int_equal(reassembly_held(&p->table), 1);
}

static void bounds_check(const struct puzzle *p) {
    assert_true(p->table.count <= REASSEMBLY_DATAGRAMS);
    assert_true(p->table.bytes <= REASSEMBLY_BYTES);
    for (size_t i = 0; i < REASSEMBLY_SOURCES; i++)
        assert_true(p->table.sources[i].bytes <= REASSEMBLY_SOURCE_BYTES);
}

/* [attack:B4]: first and last only, of ever new datagrams, from everywhere */
static void first_and_last_of_many_datagrams_stay_within_bounds(void **state) {
    struct puzzle *p = *state;
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t source = THERE + i % 1000;
        puzzle_put(
            p, (struct piece){.id = (uint16_t)i, .source = source, .length = 1480, .more = true});
        puzzle_put(p, (struct piece){
                          .id = (uint16_t)i, .source = source, .offset = 62000, .length = 1480});
        bounds_check(p);
        if (i % 100 == 0) { /* an honest pair gets through all the while */
            puzzle_put(p, (struct piece){
                              .id = (uint16_t)i, .source = HERE + 5, .length = 1480, .more = true});
            assert_int_equal(puzzle_put(p, (struct piece){.id = (uint16_t)i,
                                                          .source = HERE + 5,
                                                          .offset = 1480,
                                                          .length = 100}),
                             VERDICT_DELIVER);
            puzzle_check(p, 1580);
        }
    }
    assert_true(p->table.dropped[0] > 0);
}

/* [attack:B5]: random offsets of many datagrams from one source: its share is bounded, and others
 * keep theirs */
static void random_fragments_use_up_their_own_share_only(void **state) {
    struct puzzle *p = *state;
    struct random random = random_make(8);
    struct piece slow = {.id = 7, .source = HERE + 9, .length = 1480, .more = true};
    while (keyed_hash(&p->fixture.key, dobos_address_ipv4(slow.source).bytes, 16) %
               REASSEMBLY_SOURCES ==
           keyed_hash(&p->fixture.key, dobos_address_ipv4(THERE).bytes, 16) % REASSEMBLY_SOURCES)
        slow.source++; /* one whose share is another */
    puzzle_put(p, slow);
    for (unsigned i = 0; i < 50000; i++) {
        struct piece piece = {.id = (uint16_t)random_below(&random, 200),
                              .offset = (size_t)random_below(&random, 5000) * 8,
                              .length = 1480,
                              .more = true};
        puzzle_put(p, piece);
        bounds_check(p);
    }
    assert_true(p->table.dropped[0] > 0 && p->table.dropped[1] > 0);
    slow.offset = 1480;
    slow.more = false;
    assert_int_equal(puzzle_put(p, slow), VERDICT_DELIVER); /* it waited all the time */
    puzzle_check(p, 2960);
}

/* [attack:B5] */
static void datagram_of_too_many_fragments_is_killed(void **state) {
    struct puzzle *p = *state;
    for (unsigned i = 0; i < REASSEMBLY_FRAGMENTS; i++)
        assert_int_equal(
            puzzle_put(p, (struct piece){.id = 1, .offset = 16 * i, .length = 8, .more = true}),
            VERDICT_HELD);
    assert_int_equal(puzzle_put(p, (struct piece){.id = 1,
                                                  .offset = 16 * REASSEMBLY_FRAGMENTS,
                                                  .length = 8,
                                                  .more = true}),
                     VERDICT_DROP);
    assert_int_equal(p->reason, DROP_FRAGMENT_LIMIT);
    assert_int_equal(p->table.dropped[0], REASSEMBLY_FRAGMENTS);
    assert_int_equal(puzzle_put(p, (struct piece){.id = 1, .offset = 8, .length = 8, .more = true}),
                     VERDICT_DROP);
    assert_int_equal(reassembly_held(&p->table), 0);
}

/* [attack:B5]: what a small fragment costs is a packet, not a large buffer */
static void tiny_fragments_are_charged_what_they_cost(void **state) {
    struct puzzle *p = *state;
    puzzle_put(p, (struct piece){.id = 1, .offset = 0, .length = 8, .more = true});
    size_t before = p->table.bytes;
    puzzle_put(p, (struct piece){.id = 1, .offset = 16, .length = 8, .more = true});
    assert_int_equal(p->table.bytes - before, sizeof(struct dobos_packet));
    before = p->table.bytes;
    puzzle_put(p, (struct piece){.id = 1, .offset = 80, .length = 1480, .more = true});
    assert_true(p->table.bytes - before >= sizeof(struct dobos_packet) + 1300);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PUZZLE_TEST(fragment_past_the_largest_datagram_is_dropped),
        PUZZLE_TEST(datagram_that_its_first_header_makes_too_long_is_dropped),
        PUZZLE_TEST(fragment_of_no_bytes_or_broken_octets_is_dropped),
        PUZZLE_TEST(all_pairs_of_fragments_overlap_or_fit),
        PUZZLE_TEST(all_triples_of_fragments_overlap_or_fit),
        PUZZLE_TEST(all_quadruples_of_fragments_overlap_or_fit),
        PUZZLE_TEST(fragment_past_the_declared_end_kills_the_datagram),
        PUZZLE_TEST(end_declared_too_early_kills_the_datagram),
        PUZZLE_TEST(pieces_after_a_killed_datagram_touch_nothing_freed),
        PUZZLE_TEST(same_fragment_for_ever_is_kept_once),
        PUZZLE_TEST(first_and_last_of_many_datagrams_stay_within_bounds),
        PUZZLE_TEST(random_fragments_use_up_their_own_share_only),
        PUZZLE_TEST(datagram_of_too_many_fragments_is_killed),
        PUZZLE_TEST(tiny_fragments_are_charged_what_they_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
