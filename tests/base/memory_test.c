/* memory: text without libc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"

static void text_length_counts_to_the_nul(void **state) {
    (void)state;
    assert_int_equal(text_length(""), 0);
    assert_int_equal(text_length("a"), 1);
    assert_int_equal(text_length("dobos\0torte"), 5);
}

static void text_is_equal_needs_the_whole_text(void **state) {
    (void)state;
    assert_true(text_is_equal("", ""));
    assert_true(text_is_equal("lan0", "lan0"));
    assert_false(text_is_equal("lan0", "lan"));
    assert_false(text_is_equal("lan", "lan0"));
    assert_false(text_is_equal("lan0", "lan1"));
    assert_false(text_is_equal("", "a"));
}

static void text_copy_cuts_and_ends_with_nul(void **state) {
    (void)state;
    char room[8];
    memset(room, 'x', sizeof room);
    assert_int_equal(text_copy(room, 5, "dobos"), 5);
    assert_string_equal(room, "dobo");
    assert_int_equal(room[5], 'x');
    assert_int_equal(text_copy(room, sizeof room, "dobos"), 5);
    assert_string_equal(room, "dobos");
    assert_int_equal(text_copy(room, 1, "z"), 1);
    assert_string_equal(room, "");
}

static void text_copy_without_room_writes_nothing(void **state) {
    (void)state;
    char room[1] = {'x'};
    assert_int_equal(text_copy(room, 0, "dobos"), 5);
    assert_int_equal(room[0], 'x');
}

struct outer {
    int before;
    struct inner {
        int value;
    } inner;
};

static void container_of_finds_the_outer_struct(void **state) {
    (void)state;
    struct outer outer = {0};
    assert_ptr_equal(container_of(&outer.inner, struct outer, inner), &outer);
}

static void minimum_and_maximum_choose_right(void **state) {
    (void)state;
    assert_int_equal(min_size(1, SIZE_MAX), 1);
    assert_int_equal(max_size(1, 2), 2);
    assert_int_equal(min_u32(UINT32_MAX, 3), 3);
    assert_true(max_u32(UINT32_MAX, 3) == UINT32_MAX);
    assert_int_equal(min_i64(-1, 1), -1);
    assert_int_equal(max_i64(-1, 1), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_length_counts_to_the_nul),
        cmocka_unit_test(text_is_equal_needs_the_whole_text),
        cmocka_unit_test(text_copy_cuts_and_ends_with_nul),
        cmocka_unit_test(text_copy_without_room_writes_nothing),
        cmocka_unit_test(container_of_finds_the_outer_struct),
        cmocka_unit_test(minimum_and_maximum_choose_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
