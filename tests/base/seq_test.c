/* seq: comparisons hold across the wrap of 2^32. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/seq.h"

/* [rfc9293#12] */
static void order_holds_around_every_point(void **state) {
    (void)state;
    struct random random = random_make(1);
    for (int round = 0; round < 100000; round++) {
        struct seq a = seq_make((uint32_t)random_next(&random));
        uint32_t distance = 1 + (uint32_t)random_below(&random, 0x7fffffff);
        struct seq b = seq_add(a, distance);
        assert_true(seq_lt(a, b) && seq_le(a, b) && seq_gt(b, a) && seq_ge(b, a));
        assert_false(seq_lt(b, a) || seq_le(b, a) || seq_gt(a, b) || seq_ge(a, b));
        assert_false(seq_eq(a, b));
        assert_int_equal(seq_distance(b, a), distance);
        assert_true(seq_eq(seq_sub(b, distance), a));
        assert_true(seq_eq(seq_max(a, b), b) && seq_eq(seq_max(b, a), b));
        assert_true(seq_eq(seq_min(a, b), a) && seq_eq(seq_min(b, a), a));
    }
}

static void equal_numbers_are_neither_before_nor_behind(void **state) {
    (void)state;
    struct seq a = seq_make(0xffffffff);
    assert_true(seq_eq(a, a) && seq_le(a, a) && seq_ge(a, a));
    assert_false(seq_lt(a, a) || seq_gt(a, a));
}

static void window_across_the_wrap_has_its_two_ends(void **state) {
    (void)state;
    struct seq low = seq_make(0xfffffff0);
    assert_true(seq_is_within(low, low, 0x20));
    assert_true(seq_is_within(seq_make(0xf), low, 0x20));
    assert_false(seq_is_within(seq_make(0x10), low, 0x20));
    assert_false(seq_is_within(seq_sub(low, 1), low, 0x20));
    assert_false(seq_is_within(low, low, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_holds_around_every_point),
        cmocka_unit_test(equal_numbers_are_neither_before_nor_behind),
        cmocka_unit_test(window_across_the_wrap_has_its_two_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
