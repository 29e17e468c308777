/* The clock: earliest first, and those of one time in the order in which they were armed, against a
 * plain list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "lab/clock.h"

#define EVENTS 200
#define ROUNDS 20000

static void events_of_one_time_come_in_the_order_they_were_armed(void **state) {
    (void)state;
    struct clock clock;
    struct clock_event events[8];
    assert_true(clock_init(&clock, 8, 0));
    assert_null(clock_first(&clock));
    for (int i = 0; i < 8; i++) {
        clock_event_init(&events[i], CLOCK_TURN);
        clock_arm(&clock, &events[i], i % 2 ? 5 : 3);
    }
    static const int order[] = {0, 2, 4, 6, 1, 3, 5, 7};
    for (int i = 0; i < 8; i++) {
        assert_ptr_equal(clock_first(&clock), &events[order[i]]);
        clock_arm(&clock, clock_first(&clock), DOBOS_NEVER);
    }
    assert_null(clock_first(&clock));
    clock_fini(&clock);
}

static void armed_again_at_the_same_time_keeps_its_place(void **state) {
    (void)state;
    struct clock clock;
    struct clock_event a, b;
    assert_true(clock_init(&clock, 2, 0));
    clock_event_init(&a, CLOCK_TURN);
    clock_event_init(&b, CLOCK_TURN);
    clock_arm(&clock, &a, 5);
    clock_arm(&clock, &b, 5);
    clock_arm(&clock, &a, 5);
    assert_ptr_equal(clock_first(&clock), &a);
    clock_arm(&clock, &a, 6);
    clock_arm(&clock, &a, 5);
    assert_ptr_equal(clock_first(&clock), &b);
    clock_fini(&clock);
}

static void armed_in_the_past_is_due_now(void **state) {
    (void)state;
    struct clock clock;
    struct clock_event event;
    assert_true(clock_init(&clock, 1, 1000));
    clock_event_init(&event, CLOCK_ARRIVAL);
    clock_arm(&clock, &event, 1);
    assert_int_equal(clock_first(&clock)->at, 1000);
    clock_fini(&clock);
}

/* The same as looking through all of them each time. */
static struct clock_event *earliest(struct clock_event *events) {
    struct clock_event *first = NULL;
    for (int i = 0; i < EVENTS; i++)
        if (events[i].place && (!first || events[i].at < first->at ||
                                (events[i].at == first->at && events[i].order < first->order)))
            first = &events[i];
    return first;
}

static void random_arming_keeps_the_earliest_first(void **state) {
    (void)state;
    struct clock clock;
    struct clock_event events[EVENTS];
    struct random random = random_make(5);
    unsigned taken = 0;
    assert_true(clock_init(&clock, EVENTS, 0));
    for (int i = 0; i < EVENTS; i++)
        clock_event_init(&events[i], CLOCK_TURN);
    for (int i = 0; i < ROUNDS; i++) {
        struct clock_event *event = &events[random_below(&random, EVENTS)];
        const uint64_t what = random_below(&random, 8);
        if (what == 0)
            clock_arm(&clock, event, DOBOS_NEVER);
        else if (what < 6)
            clock_arm(&clock, event, clock.now + (dobos_time)random_below(&random, 50));
        else if ((event = clock_first(&clock))) {
            assert_true(event->at >= clock.now);
            clock.now = event->at;
            clock_arm(&clock, event, DOBOS_NEVER);
            taken++;
        }
        assert_ptr_equal(clock_first(&clock), earliest(events));
    }
    assert_true(taken > ROUNDS / 8);
    clock_fini(&clock);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_one_time_come_in_the_order_they_were_armed),
        cmocka_unit_test(armed_again_at_the_same_time_keeps_its_place),
        cmocka_unit_test(armed_in_the_past_is_due_now),
        cmocka_unit_test(random_arming_keeps_the_earliest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
