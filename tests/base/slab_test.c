/* slab: elements keep their places and bytes, and an empty slab holds nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/slab.h"
#include "failing_allocator.h"

#define MOST 3000

struct element {
    uint32_t number;   /* its own */
    uint32_t marks[4]; /* the same again */
};

struct bench {
    struct failing_allocator memory;
    struct allocator allocator;
    struct slab slab;
    uint32_t numbers[MOST];
    uint32_t count;
};

static void bench_init(struct bench *b) {
    *b = (struct bench){0};
    b->allocator.hook = failing_allocator_hook(&b->memory);
    slab_init(&b->slab, &b->allocator, sizeof(struct element), "test");
}

static bool take(struct bench *b) {
    uint32_t number = slab_take(&b->slab);
    if (!number)
        return false;
    struct element *element = slab_at(&b->slab, number);
    for (unsigned i = 0; i < 4; i++)
        element->marks[i] = number;
    element->number = number;
    b->numbers[b->count++] = number;
    return true;
}

static void give(struct bench *b, uint32_t which) {
    const struct element *element = slab_at(&b->slab, b->numbers[which]);
    assert_int_equal(element->number, b->numbers[which]);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(element->marks[i], b->numbers[which]);
    slab_give(&b->slab, b->numbers[which]);
    b->numbers[which] = b->numbers[--b->count];
}

static void elements_keep_their_bytes_until_given_back(void **state) {
    (void)state;
    static struct bench b;
    struct random random = random_make(3);
    bench_init(&b);
    assert_int_equal(b.memory.live, 0);
    for (unsigned i = 0; i < 100000; i++) {
        if (b.count < MOST && random_below(&random, MOST) >= b.count / 2)
            assert_true(take(&b));
        else if (b.count > 0)
            give(&b, (uint32_t)random_below(&random, b.count));
        assert_int_equal(b.slab.count, b.count);
    }
    assert_true(b.slab.taken <= MOST);
    while (b.count > 0)
        give(&b, b.count - 1);
    assert_int_equal(b.memory.live, 0);
    assert_int_equal(b.allocator.bytes, 0);
}

static void without_memory_none_is_taken_and_nothing_changes(void **state) {
    (void)state;
    static struct bench b;
    bench_init(&b);
    b.memory.fail_always = true;
    assert_false(take(&b));
    b.memory.fail_always = false;
    for (unsigned i = 0; i < SLAB_FIRST; i++)
        assert_true(take(&b));
    b.memory.fail_always = true;
    assert_false(take(&b));
    give(&b, 0);
    assert_true(take(&b)); /* in the place of the one given back */
    assert_false(take(&b));
    b.memory.fail_always = false;
    assert_true(take(&b));
    slab_fini(&b.slab); /* with elements in use */
    assert_int_equal(b.memory.live, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_keep_their_bytes_until_given_back),
        cmocka_unit_test(without_memory_none_is_taken_and_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
