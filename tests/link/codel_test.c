/* CoDel on values alone (RFC 8289). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "link/codel.h"

#define MS DOBOS_MILLISECOND

/* [rfc8289#3] interval / √count, within a part in ten thousand */
static void pauses_shrink_with_the_root_of_the_count(void **state) {
    (void)state;
    assert_int_equal(codel_pause(0), CODEL_INTERVAL_NS);
    assert_int_equal(codel_pause(1), CODEL_INTERVAL_NS);
    assert_int_equal(codel_pause(4), CODEL_INTERVAL_NS / 2);
    assert_int_equal(codel_pause(100), CODEL_INTERVAL_NS / 10);
    for (uint32_t count = 1; count < 1000000; count += count / 16 + 1) {
        /* pause² × count = interval² */
        uint64_t pause_us = (uint64_t)codel_pause(count) / 10; /* tenths of a µs times ten */
        uint64_t square = pause_us * pause_us * count, expected = UINT64_C(10000000) * 10000000;
        assert_true(square > expected - expected / 2000 && square < expected + expected / 2000);
        assert_true(codel_pause(count + 1) <= codel_pause(count));
    }
    assert_true(codel_pause(UINT32_MAX) > 0);
}

/* [rfc8289#1] */
static void a_burst_that_drains_within_an_interval_loses_nothing(void **state) {
    (void)state;
    struct codel codel = {0};
    dobos_time now = DOBOS_SECOND;
    for (unsigned burst = 0; burst < 50; burst++) {
        for (unsigned i = 0; i < 99; i++, now += MS)
            assert_false(codel_is_due(&codel, 99 * MS - i * MS, false, now));
        assert_false(codel_is_due(&codel, 4 * MS, false, now));
    }
}

/* [rfc8289#2] */
static void the_last_frame_is_never_dropped(void **state) {
    (void)state;
    struct codel codel = {0};
    for (dobos_time now = 0; now < 10 * DOBOS_SECOND; now += MS)
        assert_false(codel_is_due(&codel, DOBOS_SECOND, true, now));
}

/* How many are dropped of one frame a millisecond that has stayed so long, in a time. */
static unsigned drops(struct codel *codel, dobos_time *now, dobos_time stay, dobos_time during) {
    unsigned dropped = 0;
    for (dobos_time end = *now + during; *now < end; *now += MS)
        while (codel_is_due(codel, stay, false, *now))
            dropped++;
    return dropped;
}

/* [rfc8289#3] */
static void a_standing_queue_loses_one_then_more_and_more(void **state) {
    (void)state;
    struct codel codel = {0};
    dobos_time now = DOBOS_SECOND;
    assert_int_equal(drops(&codel, &now, 20 * MS, CODEL_INTERVAL_NS), 0);
    unsigned first = drops(&codel, &now, 20 * MS, DOBOS_SECOND);
    unsigned second = drops(&codel, &now, 20 * MS, DOBOS_SECOND);
    unsigned third = drops(&codel, &now, 20 * MS, DOBOS_SECOND);
    /* Σ 1/√k reaches 10 intervals at the 30th or so. */
    assert_in_range(first, 28, 34);
    assert_true(second > first && third > second);
    assert_in_range(second, 2 * first + 10, 4 * first);
    assert_false(codel_is_due(&codel, 4 * MS, false, now)); /* short again: no more */
    assert_int_equal(drops(&codel, &now, 20 * MS, CODEL_INTERVAL_NS), 0);
    /* Soon after, it goes on about as fast as it had stopped; later it begins anew. */
    assert_true(drops(&codel, &now, 20 * MS, CODEL_INTERVAL_NS) >= 5);
    assert_false(codel_is_due(&codel, 4 * MS, false, now));
    now += 10 * DOBOS_SECOND;
    assert_int_equal(drops(&codel, &now, 20 * MS, CODEL_INTERVAL_NS), 0);
    assert_int_equal(drops(&codel, &now, 20 * MS, CODEL_INTERVAL_NS), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pauses_shrink_with_the_root_of_the_count),
        cmocka_unit_test(a_burst_that_drains_within_an_interval_loses_nothing),
        cmocka_unit_test(the_last_frame_is_never_dropped),
        cmocka_unit_test(a_standing_queue_loses_one_then_more_and_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
