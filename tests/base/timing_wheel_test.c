/* timing_wheel: against an array that is looked through whole; order, exactness, far and past
 * deadlines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing_allocator.h"

#include "base/allocator.h"
#include "base/random.h"
#include "base/timing_wheel.h"

#define TIMERS 200

struct wheel_test {
    struct failing_allocator memory; /* under the wheel */
    struct allocator allocator;      /* over it */
    struct timing_wheel wheel;       /* what is tested */
};

static void wheel_begin(struct wheel_test *test, dobos_time now) {
    *test = (struct wheel_test){0};
    test->allocator.hook = failing_allocator_hook(&test->memory);
    assert_true(timing_wheel_init(&test->wheel, &test->allocator, now));
}

static void wheel_end(struct wheel_test *test) {
    timing_wheel_fini(&test->wheel, &test->allocator);
    assert_int_equal(test->memory.live, 0);
}

/* The earliest of an array of timers by (deadline, order), or NULL. */
static struct timer *model_first(struct timer *timers) {
    struct timer *first = NULL;
    for (int i = 0; i < TIMERS; i++) {
        struct timer *timer = &timers[i];
        if (timer_is_armed(timer) &&
            (!first || timer->deadline < first->deadline ||
             (timer->deadline == first->deadline && timer->order < first->order)))
            first = timer;
    }
    return first;
}

/* A distance whose size is even in its number of bits: as often nanoseconds as centuries. */
static dobos_time random_distance(struct random *random, unsigned bits) {
    unsigned size = (unsigned)random_below(random, bits + 1);
    return (dobos_time)(random_next(random) & ((UINT64_C(1) << size) - 1));
}

static dobos_time random_deadline(struct random *random, dobos_time now) {
    switch (random_below(random, 12)) {
    case 0:
        return DOBOS_NEVER;
    case 1:
        return now - random_distance(random, 40);
    case 2:
        return now + DOBOS_SECOND; /* equal deadlines */
    case 3:
        return DOBOS_NEVER - 1 - random_distance(random, 20);
    default: {
        dobos_time distance = random_distance(random, 50);
        return distance < DOBOS_NEVER - now ? now + distance : DOBOS_NEVER - 1;
    }
    }
}

static void take_all_due(struct wheel_test *test, struct timer *timers, dobos_time now) {
    for (;;) {
        struct timer *expected = model_first(timers);
        if (expected && expected->deadline > now)
            expected = NULL;
        struct timer *taken = timing_wheel_take(&test->wheel, now);
        assert_ptr_equal(taken, expected);
        if (!taken)
            return;
        assert_false(timer_is_armed(taken));
        assert_false(list_node_is_linked(&taken->node));
    }
}

static void run_against_model(uint64_t seed, dobos_time start, unsigned step_bits) {
    struct wheel_test test;
    wheel_begin(&test, start);
    struct random random = random_make(seed);
    static struct timer timers[TIMERS];
    for (int i = 0; i < TIMERS; i++)
        timer_init(&timers[i], TIMER_NEIGHBOR);
    dobos_time now = start;
    for (int round = 0; round < 10000; round++) {
        struct timer *timer = &timers[random_below(&random, TIMERS)];
        uint64_t choice = random_below(&random, 10);
        if (choice < 6) {
            dobos_time deadline = random_deadline(&random, now);
            timer_arm(&test.wheel, timer, deadline);
            assert_int_equal(timer->deadline, deadline);
        } else if (choice < 8) {
            timer_cancel(&test.wheel, timer);
            assert_false(timer_is_armed(timer));
        } else {
            dobos_time step = random_distance(&random, step_bits);
            now = step < DOBOS_NEVER - now ? now + step : now;
            take_all_due(&test, timers, now);
            if (random_below(&random, 4) ==
                0) /* a clock that runs back takes what is due by then: nothing */
                take_all_due(&test, timers, now - random_distance(&random, step_bits));
        }
        struct timer *first = model_first(timers);
        dobos_time next = timing_wheel_next(&test.wheel);
        if (next != (first ? first->deadline : DOBOS_NEVER))
            fail_msg("seed %d round %d: next is %lld", (int)seed, round, (long long)next);
    }
    take_all_due(&test, timers, DOBOS_NEVER - 1);
    assert_int_equal(timing_wheel_next(&test.wheel), DOBOS_NEVER);
    wheel_end(&test);
}

static void random_operations_match_an_array(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        run_against_model(seed, 0, 20);
        run_against_model(seed + 10, 946684800 * DOBOS_SECOND, 34);
        run_against_model(seed + 20, INT64_C(1) << 62, 50);
    }
}

/* The same with a driver that jumps from deadline to deadline, as virtual time does. */
static void jumping_from_deadline_to_deadline_takes_each_at_its_time(void **state) {
    (void)state;
    struct wheel_test test;
    wheel_begin(&test, 0);
    struct random random = random_make(5);
    static struct timer timers[TIMERS];
    for (int i = 0; i < TIMERS; i++) {
        timer_init(&timers[i], TIMER_TCP_CONNECTION);
        timer_arm(&test.wheel, &timers[i], random_distance(&random, 44));
    }
    dobos_time now = 0;
    for (int round = 0; round < 20000; round++) {
        struct timer *expected = model_first(timers);
        dobos_time next = timing_wheel_next(&test.wheel);
        assert_int_equal(next, expected->deadline);
        if (next > now) {
            assert_null(timing_wheel_take(&test.wheel, next - 1));
            now = next;
        }
        struct timer *taken = timing_wheel_take(&test.wheel, now);
        assert_ptr_equal(taken, expected);
        timer_arm(&test.wheel, taken, now + random_distance(&random, 36));
    }
    wheel_end(&test);
}

static void equal_deadlines_come_in_the_order_of_arming(void **state) {
    (void)state;
    struct wheel_test test;
    wheel_begin(&test, 0);
    static struct timer timers[TIMERS];
    for (int i = 0; i < TIMERS; i++)
        timer_init(&timers[i], TIMER_ADDRESS);
    for (int i = 0; i < TIMERS; i++)
        timer_arm(&test.wheel, &timers[i * 37 % TIMERS], 90 * DOBOS_SECOND);
    timer_arm(&test.wheel, &timers[0], 90 * DOBOS_SECOND); /* moved: now the last */
    assert_null(timing_wheel_take(&test.wheel, 90 * DOBOS_SECOND - 1));
    for (int i = 1; i < TIMERS; i++)
        assert_ptr_equal(timing_wheel_take(&test.wheel, 90 * DOBOS_SECOND),
                         &timers[i * 37 % TIMERS]);
    assert_ptr_equal(timing_wheel_take(&test.wheel, 90 * DOBOS_SECOND), &timers[0]);
    assert_null(timing_wheel_take(&test.wheel, DOBOS_NEVER));
    wheel_end(&test);
}

static void past_deadline_comes_at_the_next_take_before_later_ones(void **state) {
    (void)state;
    struct wheel_test test;
    wheel_begin(&test, DOBOS_SECOND);
    struct timer past, now, negative;
    timer_init(&past, TIMER_NEIGHBOR);
    timer_init(&now, TIMER_NEIGHBOR);
    timer_init(&negative, TIMER_NEIGHBOR);
    timer_arm(&test.wheel, &now, DOBOS_SECOND);
    timer_arm(&test.wheel, &past, 5);
    timer_arm(&test.wheel, &negative, -7);
    assert_int_equal(timing_wheel_next(&test.wheel), -7);
    assert_ptr_equal(timing_wheel_take(&test.wheel, DOBOS_SECOND), &negative);
    assert_ptr_equal(timing_wheel_take(&test.wheel, DOBOS_SECOND), &past);
    assert_ptr_equal(timing_wheel_take(&test.wheel, DOBOS_SECOND), &now);
    wheel_end(&test);
}

static void never_cancels_and_cancelling_twice_does_no_harm(void **state) {
    (void)state;
    struct wheel_test test;
    wheel_begin(&test, 0);
    struct timer timer;
    timer_init(&timer, TIMER_REASSEMBLY);
    assert_int_equal(timer.kind, TIMER_REASSEMBLY);
    assert_false(timer_is_armed(&timer));
    timer_cancel(&test.wheel, &timer);
    timer_arm(&test.wheel, &timer, 30 * DOBOS_SECOND);
    assert_true(timer_is_armed(&timer));
    timer_arm(&test.wheel, &timer, DOBOS_NEVER);
    assert_false(timer_is_armed(&timer));
    timer_cancel(&test.wheel, &timer);
    assert_int_equal(timing_wheel_next(&test.wheel), DOBOS_NEVER);
    assert_null(timing_wheel_take(&test.wheel, DOBOS_NEVER - 1));
    wheel_end(&test);
}

static void time_that_runs_back_takes_nothing_early(void **state) {
    (void)state;
    struct wheel_test test;
    wheel_begin(&test, 0);
    struct timer timer;
    timer_init(&timer, TIMER_NEIGHBOR);
    assert_null(timing_wheel_take(&test.wheel, 100 * DOBOS_SECOND));
    timer_arm(&test.wheel, &timer, 50 * DOBOS_SECOND);
    assert_null(timing_wheel_take(&test.wheel, 49 * DOBOS_SECOND));
    assert_ptr_equal(timing_wheel_take(&test.wheel, 50 * DOBOS_SECOND), &timer);
    wheel_end(&test);
}

static void wheel_without_memory_is_refused(void **state) {
    (void)state;
    struct failing_allocator memory = {.fail_always = true};
    struct allocator allocator = {.hook = failing_allocator_hook(&memory)};
    struct timing_wheel wheel;
    assert_false(timing_wheel_init(&wheel, &allocator, 0));
    timing_wheel_fini(&wheel, &allocator);
}

/* An idle host has 16 KiB in all. */
static void idle_wheel_is_small(void **state) {
    (void)state;
    struct wheel_test test;
    wheel_begin(&test, 0);
    assert_true(test.memory.live_bytes + sizeof test.wheel <= 2560);
    wheel_end(&test);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_match_an_array),
        cmocka_unit_test(jumping_from_deadline_to_deadline_takes_each_at_its_time),
        cmocka_unit_test(equal_deadlines_come_in_the_order_of_arming),
        cmocka_unit_test(past_deadline_comes_at_the_next_take_before_later_ones),
        cmocka_unit_test(never_cancels_and_cancelling_twice_does_no_harm),
        cmocka_unit_test(time_that_runs_back_takes_nothing_early),
        cmocka_unit_test(wheel_without_memory_is_refused),
        cmocka_unit_test(idle_wheel_is_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
