/* options: GNU style, strict numbers, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <dobos/types.h>

#include "base/memory.h"
#include "tools/options.h"

struct values {
    int64_t count;
    int64_t wait;
    bool quiet;
    const char *from;
};

static const struct option_spec specs[] = {
    {'c', "count", "N", "how many", OPTION_WHOLE, offsetof(struct values, count), 1, 100},
    {'W', "wait", "SECONDS", "how long", OPTION_SECONDS, offsetof(struct values, wait),
     DOBOS_MILLISECOND, 10 * DOBOS_SECOND},
    {'q', "quiet", NULL, "say nothing", OPTION_FLAG, offsetof(struct values, quiet), 0, 0},
    {'I', "from", "WHERE", "from where", OPTION_TEXT, offsetof(struct values, from), 0, 0},
    {'4', "ipv4", NULL, "no effect", OPTION_IGNORED, 0, 0, 0},
    {0},
};
static const struct option_table table = {"test", "HOST", "Tests.", specs, true};

struct reading {
    enum options_found found;
    struct values values;
    bool json;
    int argc, first;
    char *argv[16];
    char line[128];
    struct sink out, error;
};

static void reading_make(struct reading *reading, const char *line) {
    memset(reading, 0, sizeof(*reading));
    (void)snprintf(reading->line, sizeof(reading->line), "test %s", line);
    for (char *word = strtok(reading->line, " "); word; word = strtok(NULL, " "))
        reading->argv[reading->argc++] = word;
    reading->found = options_read(&table, reading->argc, reading->argv, &reading->values,
                                  &reading->json, &reading->first, &reading->out, &reading->error);
}

static void reading_fini(struct reading *reading) {
    sink_fini(&reading->out);
    sink_fini(&reading->error);
}

static void mixed_order_is_read_alike(void **state) {
    (void)state;
    static const char *const lines[] = {
        "-c 3 -W 0.5 -q -I eth0 --json host",
        "host -c3 -W0.5 -qI eth0 --json",
        "--count=3 host --wait=0.5 --quiet --from=eth0 --json",
        "-4 --cou 3 --json -qW 0.5 --from eth0 -- host",
    };
    for (size_t i = 0; i < array_length(lines); i++) {
        struct reading reading;
        reading_make(&reading, lines[i]);
        assert_int_equal(reading.found, OPTIONS_READ);
        assert_int_equal(reading.values.count, 3);
        assert_int_equal(reading.values.wait, DOBOS_SECOND / 2);
        assert_true(reading.values.quiet);
        assert_true(reading.json);
        assert_string_equal(reading.values.from, "eth0");
        assert_int_equal(reading.argc - reading.first, 1);
        assert_string_equal(reading.argv[reading.first], "host");
        reading_fini(&reading);
    }
}

static void dashes_end_the_options(void **state) {
    (void)state;
    struct reading reading;
    reading_make(&reading, "-q -- -c x");
    assert_int_equal(reading.found, OPTIONS_READ);
    assert_int_equal(reading.argc - reading.first, 2);
    assert_string_equal(reading.argv[reading.first], "-c");
    reading_fini(&reading);
}

static void wrong_option_is_named(void **state) {
    (void)state;
    static const struct {
        const char *line, *error;
    } rows[] = {
        {"-x", "dobos test: -x: unknown option (see dobos test --help)\n"},
        {"-q6 host", "dobos test: -6: IPv6 is not supported yet (see dobos test --help)\n"},
        {"--ipv6", "dobos test: --ipv6: IPv6 is not supported yet (see dobos test --help)\n"},
        {"-qx host", "dobos test: -x: unknown option (see dobos test --help)\n"},
        {"host --nosuch", "dobos test: --nosuch: unknown option (see dobos test --help)\n"},
        {"--nosuch=3 host", "dobos test: --nosuch=3: unknown option (see dobos test --help)\n"},
        {"-c", "dobos test: --count: expected a value: N (see dobos test --help)\n"},
        {"host --count", "dobos test: --count: expected a value: N (see dobos test --help)\n"},
        {"--quiet=yes", "dobos test: --quiet=yes: this option takes no value (see dobos test "
                        "--help)\n"},
        {"--json=yes", "dobos test: --json=yes: this option takes no value (see dobos test "
                       "--help)\n"},
        {"-c 0", "dobos test: -c: '0': expected a whole number from 1 to 100\n"},
        {"-c 101", "dobos test: -c: '101': expected a whole number from 1 to 100\n"},
        {"--count=x", "dobos test: -c: 'x': expected a whole number from 1 to 100\n"},
        {"-c -3", "dobos test: -c: '-3': expected a whole number from 1 to 100\n"},
        {"-c 03", "dobos test: -c: '03': expected a whole number from 1 to 100\n"},
        {"-c 99999999999999999999",
         "dobos test: -c: '99999999999999999999': expected a whole number from 1 to 100\n"},
        {"-W 0", "dobos test: -W: '0': expected seconds from 0.001 to 10\n"},
        {"-W 10.000000001", "dobos test: -W: '10.000000001': expected seconds from 0.001 to 10\n"},
        {"-W 1s", "dobos test: -W: '1s': expected seconds from 0.001 to 10\n"},
        {"-W .5", "dobos test: -W: '.5': expected seconds from 0.001 to 10\n"},
        {"-W 5.", "dobos test: -W: '5.': expected seconds from 0.001 to 10\n"},
        {"-W 1e3", "dobos test: -W: '1e3': expected seconds from 0.001 to 10\n"},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        struct reading reading;
        reading_make(&reading, rows[i].line);
        assert_int_equal(reading.found, OPTIONS_REFUSED);
        assert_string_equal(sink_text(&reading.error), rows[i].error);
        assert_string_equal(sink_text(&reading.out), "");
        reading_fini(&reading);
    }
}

static void help_lists_every_option(void **state) {
    (void)state;
    struct reading reading;
    reading_make(&reading, "-c 3 --help -x");
    assert_int_equal(reading.found, OPTIONS_HELP);
    assert_string_equal(sink_text(&reading.out),
                        "Usage: dobos test [OPTION...] HOST\n"
                        "Tests.\n"
                        "\n"
                        "  -c, --count N                  how many\n"
                        "  -W, --wait SECONDS             how long\n"
                        "  -q, --quiet                    say nothing\n"
                        "  -I, --from WHERE               from where\n"
                        "  -4, --ipv4                     no effect\n"
                        "      --json                     write JSON\n"
                        "      --help                     show this help\n"
                        "\n"
                        "Where it asks; best before all others:\n"
                        "  -f, --file NET.yaml            the network, which runs in virtual time\n"
                        "  -N, --network NAME             a network that is live, instead of "
                        "-f\n"
                        "  -n, --node NODE                one of its nodes\n"
                        "      --seed N                   the same seed gives the same packets "
                        "(default: 0)\n");
    reading_fini(&reading);
}

static void seconds_are_exact(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {
        {"0", 0},
        {"1", DOBOS_SECOND},
        {"0.000000001", 1},
        {"12.5", 12 * DOBOS_SECOND + DOBOS_SECOND / 2},
        {"00.1", DOBOS_SECOND / 10},
        {"1000000009.999999999", INT64_C(1000000009999999999)},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        int64_t value = -1;
        assert_true(seconds_parse(rows[i].text, 0, INT64_MAX, &value));
        assert_int_equal(value, rows[i].value);
    }
    int64_t value = -1;
    assert_false(seconds_parse("", 0, INT64_MAX, &value));
    assert_false(seconds_parse("0.0000000001", 0, INT64_MAX, &value));
    assert_false(seconds_parse("10000000000", 0, INT64_MAX, &value));
    assert_false(seconds_parse("20000000000", 0, INT64_MAX, &value));
    assert_false(seconds_parse("1.2.3", 0, INT64_MAX, &value));
    assert_int_equal(value, -1);
}

static void whole_numbers_keep_their_bounds(void **state) {
    (void)state;
    int64_t value = -1;
    assert_true(whole_parse("9223372036854775799", 0, INT64_MAX, &value));
    assert_int_equal(value, INT64_C(9223372036854775799));
    assert_false(whole_parse("9223372036854775808", 0, INT64_MAX, &value));
    assert_false(whole_parse("", 0, 9, &value));
    assert_false(whole_parse("+1", 0, 9, &value));
    assert_false(whole_parse("1 ", 0, 9, &value));
    assert_true(whole_parse("0", 0, 9, &value));
    assert_int_equal(value, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixed_order_is_read_alike),
        cmocka_unit_test(dashes_end_the_options),
        cmocka_unit_test(wrong_option_is_named),
        cmocka_unit_test(help_lists_every_option),
        cmocka_unit_test(seconds_are_exact),
        cmocka_unit_test(whole_numbers_keep_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
