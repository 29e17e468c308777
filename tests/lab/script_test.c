/* Scripts: when steps begin and end, what is printed, and what passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "fake_tools.h"
#include "made.h"

#define NETWORK                                                              \
    "network: n\n"                                                           \
    "segments: {lan: }\n"                                                    \
    "nodes:\n"                                                               \
    "  a: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.1/24]}}}\n" \
    "  b: {interfaces: {eth0: {segment: lan, addresses: [192.0.2.2/24]}}}\n" \
    "script:\n"

static unsigned count_of(const char *text, const char *piece) {
    unsigned count = 0;
    for (; (text = strstr(text, piece)); text++)
        count++;
    return count;
}

/* Runs a script and compares all it prints, and that it counts what it prints; returns the verdict.
 */
static struct lab_verdict prints(const char *text, dobos_time until, const char *expected) {
    struct lab *lab = lab_of(text);
    struct sink out;
    sink_init(&out);
    const struct lab_verdict verdict = lab_script_run(lab, until, &out);
    assert_string_equal(sink_text(&out), expected);
    assert_int_equal(verdict.passed, count_of(expected, "    ok: "));
    assert_int_equal(verdict.failed, count_of(expected, "    FAILED: "));
    sink_fini(&out);
    lab_destroy(lab);
    return verdict;
}

static void steps_begin_when_the_one_before_has_ended(void **state) {
    (void)state;
    const struct lab_verdict verdict = prints(
        NETWORK "- {node: a, run: sleep 1500}\n"
                "- {node: b, run: say hello, expect: {exit: 0, output: ell}}\n"
                "- {at: 3s, node: a, run: say 'good bye', expect: {output: /^good +bye$/}}\n",
        DOBOS_NEVER,
        "[0.000000] a: sleep 1500\n"
        "[1.500000] b: say hello\n"
        "hello\n"
        "    ok: exit 0\n"
        "    ok: output has \"ell\"\n"
        "[3.000000] a: say 'good bye'\n"
        "good bye\n"
        "    ok: output has /^good +bye$/\n");
    assert_int_equal(verdict.passed, 3);
    assert_int_equal(verdict.failed, 0);
}

static void wrong_exit_output_and_counter_fail_with_what_was_there(void **state) {
    (void)state;
    const struct lab_verdict verdict =
        prints(NETWORK "- {node: a, run: fail 3, expect: {exit: 0}}\n"
                       "- {node: a, run: say hello, expect: {output: bye}}\n"
                       "- {node: a, run: say hello, expect: {output: /^hell$/}}\n"
                       "- {node: a, expect: {counter: {IpInReceives: '> 0'}}}\n"
                       "- {node: a, expect: {counter: {IpInReceives: '< 0'}}}\n"
                       "- {node: a, expect: {counter: {IpInReceives: '!= 0'}}}\n",
               DOBOS_NEVER,
               "[0.000000] a: fail 3\n"
               "    FAILED: exit 3, expected 0\n"
               "[0.000000] a: say hello\n"
               "hello\n"
               "    FAILED: output has nowhere \"bye\"\n"
               "[0.000000] a: say hello\n"
               "hello\n"
               "    FAILED: output has nowhere /^hell$/\n"
               "[0.000000] a\n"
               "    FAILED: IpInReceives is 0, expected > 0\n"
               "[0.000000] a\n"
               "    FAILED: IpInReceives is 0, expected < 0\n"
               "[0.000000] a\n"
               "    FAILED: IpInReceives is 0, expected != 0\n");
    assert_int_equal(verdict.failed, 6);
}

static void step_that_never_ends_is_interrupted_and_fails(void **state) {
    (void)state;
    prints(NETWORK "- {node: a, run: never, expect: {within: 2.5s, exit: 130}}\n"
                   "- {node: a, run: sleep 100, expect: {within: 1s}}\n"
                   "- {node: a, run: never}\n"
                   "- {node: a, run: deaf}\n"
                   "- {node: a, run: say done}\n",
           DOBOS_NEVER,
           "[0.000000] a: never\n"
           "interrupted\n"
           "    FAILED: did not end within 2.500 s\n"
           "    ok: exit 130\n"
           "[2.500000] a: sleep 100\n"
           "    ok: ended within 0.100 s\n"
           "[2.600000] a: never\n"
           "interrupted\n"
           "    FAILED: did not end within 60.000 s\n"
           "[62.600000] a: deaf\n"
           "    FAILED: did not end within 60.000 s\n"
           "[132.600000] a: say done\n"
           "done\n");
}

static void background_steps_go_on_beside_the_others(void **state) {
    (void)state;
    prints(NETWORK "- {node: a, run: sleep 2000, background: true, expect: {exit: 0}}\n"
                   "- {node: b, run: sleep 1000}\n"
                   "- {node: b, run: never, background: true}\n"
                   "- {node: b, run: say hello}\n",
           DOBOS_NEVER,
           "[0.000000] a: sleep 2000 (in the background)\n"
           "[0.000000] b: sleep 1000\n"
           "[1.000000] b: never (in the background)\n"
           "[1.000000] b: say hello\n"
           "hello\n"
           "[2.000000] a: sleep 2000 (ended)\n"
           "    ok: exit 0\n"
           "[61.000000] b: never (ended)\n"
           "interrupted\n");
}

static void what_has_not_ended_when_the_time_is_up_fails(void **state) {
    (void)state;
    prints(NETWORK "- {node: a, run: sleep 5000}\n"
                   "- {node: b, run: say hello}\n",
           2 * DOBOS_SECOND,
           "[0.000000] a: sleep 5000\n"
           "    FAILED: did not end within 2.000 s\n"
           "[2.000000] b: say hello\n"
           "    FAILED: never began: the time was up\n");
}

static void counters_are_read_when_the_step_has_ended(void **state) {
    (void)state;
    prints(NETWORK "- {node: a, run: send 192.0.2.2 100, expect: {within: 1s},\n"
                   "   background: true}\n"
                   "- {node: b, run: sleep 950, expect: {counter: {IpInReceives: 10}}}\n"
                   "- {node: b, expect: {counter: {IpInReceives: '>= 10', UdpInDatagrams: '<= 0',\n"
                   "                               IpInDelivers: '< 11', IpForwDatagrams: 0}}}\n",
           DOBOS_NEVER,
           "[0.000000] a: send 192.0.2.2 100 (in the background)\n"
           "[0.000000] b: sleep 950\n"
           "    ok: IpInReceives is 10: 10\n"
           "[0.950000] b\n"
           "    ok: IpInReceives is 10: >= 10\n"
           "    ok: UdpInDatagrams is 0: <= 0\n"
           "    ok: IpInDelivers is 10: < 11\n"
           "    ok: IpForwDatagrams is 0: 0\n"
           "[1.000000] a: send 192.0.2.2 100 (ended)\n"
           "    FAILED: did not end within 1.000 s\n");
}

static void script_of_unknown_tools_and_counters_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *message;
    } rows[] = {
        {NETWORK "- {node: a, run: pong 192.0.2.1}\n",
         "n.yaml:7:18: script[0].run: pong 192.0.2.1: expected a command of dobos such as ping, "
         "fetch or stat"},
        {NETWORK "- {node: a, expect: {counter: {IpInRecieves: 1}}}\n",
         "n.yaml:7:32: script[0].expect.counter.IpInRecieves: no such counter: dobos stat lists "
         "them all"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct lab_options options = {.seed = 1};
        struct lab_error error = {""};
        struct lab *lab = NULL;
        assert_int_equal(lab_create_from_text(rows[i].text, strlen(rows[i].text), "n.yaml",
                                              &options, &lab, &error),
                         -1);
        assert_string_equal(error.text, rows[i].message);
    }
}

/* ---- one tool, without a script ---- */

static void tool_that_is_stepped_can_be_interrupted(void **state) {
    (void)state;
    struct lab *lab = lab_of(NETWORK "- {node: a, run: say x}\n");
    struct sink out, error;
    int code = -1;
    sink_init(&out);
    sink_init(&error);
    char *const sleep[] = {"sleep", "1000", NULL}, *const pong[] = {"pong", NULL},
                *const forever[] = {"send", "192.0.2.2", "100", NULL};
    assert_null(lab_tool_begin(lab, "a", 1, pong, false, &out, &error, DOBOS_NEVER, &code));
    assert_int_equal(code, 2);
    struct lab_asking *asking =
        lab_tool_begin(lab, "a", 2, sleep, false, &out, &error, DOBOS_NEVER, &code);
    while (!lab_tool_step(asking, &code))
        assert_true(lab_now(lab) <= DOBOS_SECOND);
    assert_int_equal(code, 0);
    lab_tool_end(asking);
    asking = lab_tool_begin(lab, "a", 3, forever, false, &out, &error, DOBOS_NEVER, &code);
    while (lab_now(lab) < 5 * DOBOS_SECOND)
        assert_false(lab_tool_step(asking, &code));
    lab_tool_interrupt(asking);
    while (!lab_tool_step(asking, &code))
        assert_true(lab_now(lab) <= 6 * DOBOS_SECOND);
    assert_int_equal(code, 0);
    lab_tool_end(asking);
    sink_fini(&out);
    sink_fini(&error);
    lab_destroy(lab);
}

static void tool_runs_to_its_end_or_its_limit(void **state) {
    (void)state;
    struct lab *lab = lab_of(NETWORK "- {node: a, run: say x}\n");
    struct sink out, error;
    sink_init(&out);
    sink_init(&error);
    char *const sleep[] = {"sleep", "1000", NULL}, *const never[] = {"never", NULL},
                *const deaf[] = {"deaf", NULL}, *const say[] = {"say", "x", NULL},
                *const pong[] = {"pong", NULL};
    assert_int_equal(lab_tool(lab, "a", 2, sleep, false, &out, &error, DOBOS_NEVER), 0);
    assert_int_equal(lab_now(lab), DOBOS_SECOND);
    assert_int_equal(lab_tool(lab, "a", 1, never, false, &out, &error, 3 * DOBOS_SECOND), 130);
    assert_int_equal(lab_now(lab), 3 * DOBOS_SECOND);
    assert_string_equal(sink_text(&out), "interrupted\n");
    assert_int_equal(lab_tool(lab, "a", 1, deaf, false, &out, &error, 4 * DOBOS_SECOND), 125);
    sink_clear(&out);
    assert_int_equal(lab_tool(lab, NULL, 2, say, false, &out, &error, DOBOS_NEVER), 0);
    assert_string_equal(sink_text(&out), "x\n");
    assert_string_equal(sink_text(&error), "");
    assert_int_equal(lab_tool(lab, NULL, 1, never, false, &out, &error, DOBOS_NEVER), 2);
    assert_int_equal(lab_tool(lab, "c", 1, never, false, &out, &error, DOBOS_NEVER), 2);
    assert_int_equal(lab_tool(lab, "a", 1, pong, false, &out, &error, DOBOS_NEVER), 2);
    assert_string_equal(sink_text(&error),
                        "dobos: never: needs a node that is a host of the network\n"
                        "dobos: c: no such node in the network n\n"
                        "dobos: pong: no such command\n");
    sink_fini(&out);
    sink_fini(&error);
    lab_destroy(lab);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_begin_when_the_one_before_has_ended),
        cmocka_unit_test(wrong_exit_output_and_counter_fail_with_what_was_there),
        cmocka_unit_test(step_that_never_ends_is_interrupted_and_fails),
        cmocka_unit_test(background_steps_go_on_beside_the_others),
        cmocka_unit_test(what_has_not_ended_when_the_time_is_up_fails),
        cmocka_unit_test(counters_are_read_when_the_step_has_ended),
        cmocka_unit_test(script_of_unknown_tools_and_counters_is_refused),
        cmocka_unit_test(tool_that_is_stepped_can_be_interrupted),
        cmocka_unit_test(tool_runs_to_its_end_or_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
