/* assert: what is proved traps when it is not; what is believed is handled, and traps in checked
 * builds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"

/* The signal that ends `body` in a process of its own; 0 when it comes to its end. */
static int signal_of(void (*body)(void)) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        signal(SIGILL, SIG_DFL);
        signal(SIGTRAP, SIG_DFL);
        body();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static volatile int one = 1; /* what the compiler cannot know */

static void assert_true_thing(void) {
    ASSERT(one == 1);
}

static void assert_false_thing(void) {
    ASSERT(one == 2);
}

static void never_true_thing(void) {
    if (!NEVER(one == 1))
        signal(SIGILL, SIG_DFL);
}

static void failed_assertion_traps(void **state) {
    (void)state;
    assert_int_equal(signal_of(assert_true_thing), 0);
    assert_int_not_equal(signal_of(assert_false_thing), 0);
}

static void never_is_its_argument_or_traps_when_checked(void **state) {
    (void)state;
    assert_false(NEVER(one == 2));
#ifdef DOBOS_CHECKED
    assert_int_not_equal(signal_of(never_true_thing), 0);
#else
    assert_int_equal(signal_of(never_true_thing), 0);
    assert_true(NEVER(one == 1));
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_assertion_traps),
        cmocka_unit_test(never_is_its_argument_or_traps_when_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
