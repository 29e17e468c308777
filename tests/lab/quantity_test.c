/* Quantities: what is read, what is refused, and that reading undoes writing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/random.h"
#include "lab/quantity.h"

#define ROUNDS 20000

struct row {
    const char *text; /* as in a file */
    int64_t value;    /* −1: refused */
};

static void check_row(const struct row *row, int64_t value) {
    if (value != row->value)
        fail_msg("\"%s\": %lld, expected %lld", row->text, (long long)value, (long long)row->value);
}

static void durations_are_exact(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"0", 0},
        {"0s", 0},
        {"1ns", 1},
        {"250us", 250000},
        {"5ms", 5000000},
        {"5MS", 5000000},
        {"1.5s", 1500000000},
        {"0.000000001s", 1},
        {"1.500000000s", 1500000000},
        {"2min", INT64_C(120000000000)},
        {"100h", INT64_C(360000000000000)},
        {"0.5h", INT64_C(1800000000000)},
        {"101h", -1},
        {"", -1},
        {"5", -1},
        {"ms", -1},
        {"-5ms", -1},
        {"+5ms", -1},
        {" 5ms", -1},
        {"5 ms", -1},
        {"5ms ", -1},
        {"05ms", -1},
        {".5s", -1},
        {"5.s", -1},
        {"1.2.3s", -1},
        {"0.5ns", -1},
        {"1.0000000001s", -1},
        {"1e3s", -1},
        {"0x5s", -1},
        {"99999999999999999999s", -1},
        {"1m", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t value = -1;
        const bool is_read = quantity_duration(rows[i].text, &value);
        check_row(&rows[i], is_read ? value : -1);
    }
}

static void rates_are_exact(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"1bit", 1},          {"64kbit", 64000},     {"100mbit", 100000000},
        {"1.5Mbit", 1500000}, {"1gbit", 1000000000}, {"1tbit", INT64_C(1000000000000)},
        {"1kibit", 1024},     {"1gibit", 1 << 30},   {"1.0001tbit", -1},
        {"2tbit", -1},        {"100", -1},           {"100mbps", -1},
        {"100mbit/s", -1},    {"100 mbit", -1},      {"0.5bit", -1},
        {"1.5kibit", 1536},   {"-1mbit", -1},        {"mbit", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 0;
        const bool is_read = quantity_rate(rows[i].text, &value);
        check_row(&rows[i], is_read ? (int64_t)value : -1);
    }
}

static void percentages_are_parts_of_two_to_the_32nd(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"0%", 0},
        {"100%", INT64_C(4294967296)},
        {"100.000000%", INT64_C(4294967296)},
        {"50%", INT64_C(2147483648)},
        {"25%", 1 << 30},
        {"1%", 42949673},
        {"0.1%", 4294967},
        {"0.000001%", 43},
        {"100.000001%", -1},
        {"101%", -1},
        {"1", -1},
        {"1 %", -1},
        {"%", -1},
        {"0.0000001%", -1},
        {"-1%", -1},
        {"1%%", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 0;
        const bool is_read = quantity_percent(rows[i].text, &value);
        check_row(&rows[i], is_read ? (int64_t)value : -1);
    }
}

static void sizes_are_exact(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"0", 0},
        {"512", 512},
        {"512B", 512},
        {"64KiB", 65536},
        {"1kB", 1000},
        {"1.5KiB", 1536},
        {"100MiB", 104857600},
        {"1TiB", INT64_C(1) << 40},
        {"1.1TiB", -1},
        {"0.5", -1},
        {"1K", -1},
        {"MiB", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 0;
        const bool is_read = quantity_size(rows[i].text, &value);
        check_row(&rows[i], is_read ? (int64_t)value : -1);
    }
}

static void whole_numbers_have_no_signs_and_no_leading_zeros(void **state) {
    (void)state;
    static const char *const bad[] = {"", "-1", "+1", "01", "1.0", "1e3", "0x1", " 1", "1 ", "101"};
    uint64_t value = 7;
    assert_true(quantity_whole("0", 100, &value));
    assert_int_equal(value, 0);
    assert_true(quantity_whole("100", 100, &value));
    assert_int_equal(value, 100);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(quantity_whole(bad[i], 100, &value));
}

/* Any number of nanoseconds, written with a unit of its own and the point where that unit wants it,
 * is read back. */
static void written_durations_are_read_back(void **state) {
    (void)state;
    static const struct {
        const char *unit;
        int places;
    } units[] = {{"ns", 0}, {"us", 3}, {"ms", 6}, {"s", 9}};
    struct random random = random_make(1);
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t ns = random_next(&random) >> (15 + random_below(&random, 49));
        const size_t unit = (size_t)random_below(&random, 4);
        uint64_t scale = 1;
        for (int k = 0; k < units[unit].places; k++)
            scale *= 10;
        char text[64];
        if (units[unit].places)
            (void)snprintf(text, sizeof text, "%llu.%0*llu%s", (unsigned long long)(ns / scale),
                           units[unit].places, (unsigned long long)(ns % scale), units[unit].unit);
        else
            (void)snprintf(text, sizeof text, "%llu%s", (unsigned long long)ns, units[unit].unit);
        int64_t value = -1;
        const bool is_read = quantity_duration(text, &value);
        const bool fits = ns <= UINT64_C(360000000000000) && ns < UINT64_C(10000000000000000);
        if (is_read != fits || (is_read && (uint64_t)value != ns))
            fail_msg("%s: read %d, %lld", text, is_read, (long long)value);
    }
}

/* A percentage with six decimals differs from its parts by no more than half a part. */
static void parts_are_the_nearest(void **state) {
    (void)state;
    struct random random = random_make(2);
    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t millionths = random_below(&random, 100000001);
        char text[32];
        uint64_t parts = 0;
        (void)snprintf(text, sizeof text, "%llu.%06llu%%",
                       (unsigned long long)(millionths / 1000000),
                       (unsigned long long)(millionths % 1000000));
        assert_true(quantity_percent(text, &parts));
        const int64_t off = (int64_t)(parts * UINT64_C(100000000)) - (int64_t)(millionths << 32);
        assert_true(off <= 50000000 && off >= -50000000);
    }
}

/* Random text never harms, and what is read is within its bound. */
static void random_text_is_read_within_bounds_or_refused(void **state) {
    (void)state;
    static const char letters[] = "0123456789..mksbitkMGgTB%uhn- ";
    struct random random = random_make(3);
    for (int i = 0; i < ROUNDS; i++) {
        char text[16];
        const size_t length = (size_t)random_below(&random, sizeof text);
        for (size_t k = 0; k < length; k++)
            text[k] = letters[random_below(&random, sizeof letters - 1)];
        text[length] = '\0';
        int64_t ns = 0;
        uint64_t value = 0;
        if (quantity_duration(text, &ns))
            assert_true(ns >= 0 && ns <= INT64_C(360000000000000));
        if (quantity_rate(text, &value))
            assert_true(value <= UINT64_C(1000000000000));
        if (quantity_percent(text, &value))
            assert_true(value <= UINT64_C(1) << 32);
        if (quantity_size(text, &value))
            assert_true(value <= UINT64_C(1) << 40);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_exact),
        cmocka_unit_test(rates_are_exact),
        cmocka_unit_test(percentages_are_parts_of_two_to_the_32nd),
        cmocka_unit_test(sizes_are_exact),
        cmocka_unit_test(whole_numbers_have_no_signs_and_no_leading_zeros),
        cmocka_unit_test(written_durations_are_read_back),
        cmocka_unit_test(parts_are_the_nearest),
        cmocka_unit_test(random_text_is_read_within_bounds_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
