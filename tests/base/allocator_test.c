/* allocator: what is counted, bounded and cleared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"

#include "base/allocator.h"

static void allocated_memory_is_zero_and_counted(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory), .limit_bytes = 1000};
    uint8_t *piece = allocator_allocate(&allocator, 300, "test");
    assert_non_null(piece);
    for (int i = 0; i < 300; i++)
        assert_int_equal(piece[i], 0);
    assert_int_equal(allocator.bytes, 300);
    assert_int_equal(allocator.allocations, 1);
    allocator_release(&allocator, piece, 300);
    assert_int_equal(allocator.bytes, 0);
    assert_int_equal(allocator.frees, 1);
    assert_int_equal(memory.live, 0);
}

static void limit_is_held_to_the_byte(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory), .limit_bytes = 1000};
    void *first = allocator_allocate(&allocator, 999, "test");
    assert_non_null(first);
    assert_null(allocator_allocate(&allocator, 2, "test"));
    assert_null(allocator_allocate_raw(&allocator, SIZE_MAX, "test"));
    assert_int_equal(allocator.failures, 2);
    assert_int_equal(memory.calls, 1);
    void *second = allocator_allocate(&allocator, 1, "test");
    assert_non_null(second);
    allocator_release(&allocator, first, 999);
    allocator_release(&allocator, second, 1);
    assert_int_equal(allocator.bytes, 0);
}

static void lowered_limit_refuses_until_enough_is_back(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory), .limit_bytes = 1000};
    void *first = allocator_allocate(&allocator, 600, "test");
    allocator.limit_bytes = 500;
    assert_null(allocator_allocate(&allocator, 1, "test"));
    allocator_release(&allocator, first, 600);
    void *second = allocator_allocate(&allocator, 500, "test");
    assert_non_null(second);
    allocator_release(&allocator, second, 500);
}

static void limit_zero_is_no_limit(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory)};
    void *piece = allocator_allocate(&allocator, 1 << 20, "test");
    assert_non_null(piece);
    allocator_release(&allocator, piece, 1 << 20);
}

static void failed_hook_counts_a_failure_only(void **state) {
    (void)state;
    struct failing_allocator memory = {.fail_always = true};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory), .limit_bytes = 1000};
    assert_null(allocator_allocate(&allocator, 10, "test"));
    assert_int_equal(allocator.failures, 1);
    assert_int_equal(allocator.allocations, 0);
    assert_int_equal(allocator.bytes, 0);
}

static void release_of_null_does_nothing(void **state) {
    (void)state;
    struct failing_allocator memory = {0};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory), .limit_bytes = 1000};
    allocator_release(&allocator, NULL, 10);
    assert_int_equal(allocator.frees, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocated_memory_is_zero_and_counted),
        cmocka_unit_test(limit_is_held_to_the_byte),
        cmocka_unit_test(lowered_limit_refuses_until_enough_is_back),
        cmocka_unit_test(limit_zero_is_no_limit),
        cmocka_unit_test(failed_hook_counts_a_failure_only),
        cmocka_unit_test(release_of_null_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
