/* random: the generator is the published one, even, and the same everywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"

/* From the state 1, 2, 3, 4 the first number is rotl(2 × 5, 7) × 9, and the next ones follow from
 * the published recurrence. */
static void known_state_gives_known_numbers(void **state) {
    (void)state;
    struct random random = {{1, 2, 3, 4}};
    const uint64_t numbers[] = {
        UINT64_C(11520),
        UINT64_C(0),
        UINT64_C(1509978240),
        UINT64_C(1215971899390074240),
    };
    for (size_t i = 0; i < array_length(numbers); i++)
        assert_true(random_next(&random) == numbers[i]);
}

/* splitmix64 from 0 begins with this number. */
static void seeding_fills_the_state_by_splitmix(void **state) {
    (void)state;
    assert_true(random_make(0).state[0] == UINT64_C(0xe220a8397b1dcdaf));
    assert_true(random_make(0).state[1] == UINT64_C(0x6e789e6aa1b965f4));
}

static void same_seed_gives_the_same_and_another_gives_other(void **state) {
    (void)state;
    struct random a = random_make(7);
    struct random b = random_make(7);
    struct random c = random_make(8);
    int equal = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t number = random_next(&a);
        assert_true(number == random_next(&b));
        equal += number == random_next(&c);
    }
    assert_int_equal(equal, 0);
}

static void below_stays_below_and_is_even(void **state) {
    (void)state;
    struct random random = random_make(9);
    unsigned count[6] = {0};
    for (int i = 0; i < 60000; i++)
        count[random_below(&random, 6)]++;
    for (int i = 0; i < 6; i++)
        assert_in_range(count[i], 9600, 10400);
    for (int i = 0; i < 100; i++)
        assert_int_equal(random_below(&random, 1), 0);
}

/* With a bound of three quarters of all numbers, a plain remainder would give the first quarter
 * twice as often. */
static void below_a_large_bound_is_even(void **state) {
    (void)state;
    struct random random = random_make(10);
    uint64_t bound = UINT64_C(3) << 62;
    unsigned low = 0;
    for (int i = 0; i < 30000; i++) {
        uint64_t number = random_below(&random, bound);
        assert_true(number < bound);
        low += number < UINT64_C(1) << 62;
    }
    assert_in_range(low, 9600, 10400);
}

static void hits_come_as_often_as_asked(void **state) {
    (void)state;
    struct random random = random_make(11);
    unsigned hits = 0;
    for (int i = 0; i < 10000; i++) {
        assert_false(random_is_hit(&random, 0));
        assert_true(random_is_hit(&random, UINT64_C(1) << 32));
        hits += random_is_hit(&random, UINT64_C(1) << 30);
    }
    assert_in_range(hits, 2350, 2650);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_state_gives_known_numbers),
        cmocka_unit_test(seeding_fills_the_state_by_splitmix),
        cmocka_unit_test(same_seed_gives_the_same_and_another_gives_other),
        cmocka_unit_test(below_stays_below_and_is_even),
        cmocka_unit_test(below_a_large_bound_is_even),
        cmocka_unit_test(hits_come_as_often_as_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
