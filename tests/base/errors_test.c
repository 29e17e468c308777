/* errors: the numbers are Linux's, and each has a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <dobos/errors.h>

/* X(what the error is called behind its E) */
#define ERRORS(X)     \
    X(PERM)           \
    X(NOENT)          \
    X(IO)             \
    X(AGAIN)          \
    X(NOMEM)          \
    X(ACCES)          \
    X(EXIST)          \
    X(NODEV)          \
    X(INVAL)          \
    X(PIPE)           \
    X(RANGE)          \
    X(PROTO)          \
    X(MSGSIZE)        \
    X(PROTONOSUPPORT) \
    X(OPNOTSUPP)      \
    X(AFNOSUPPORT)    \
    X(ADDRINUSE)      \
    X(ADDRNOTAVAIL)   \
    X(NETUNREACH)     \
    X(CONNABORTED)    \
    X(CONNRESET)      \
    X(NOBUFS)         \
    X(ISCONN)         \
    X(NOTCONN)        \
    X(TIMEDOUT)       \
    X(CONNREFUSED)    \
    X(HOSTUNREACH)    \
    X(ALREADY)        \
    X(INPROGRESS)

static const struct {
    int ours;   /* DOBOS_E… */
    int theirs; /* errno's */
} errors[] = {
#define X(name) {DOBOS_E##name, E##name},
    ERRORS(X)
#undef X
};

static void numbers_are_those_of_linux(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        assert_int_equal(errors[i].ours, errors[i].theirs);
}

static void each_error_has_its_own_text_whatever_its_sign(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        const char *text = dobos_error_text(errors[i].ours);
        assert_string_not_equal(text, "unknown error");
        assert_string_equal(text, dobos_error_text(-errors[i].ours));
        assert_int_not_equal(text[strlen(text) - 1], '.');
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(text, dobos_error_text(errors[j].ours));
    }
    assert_string_equal(dobos_error_text(DOBOS_ECONNREFUSED), "connection refused");
}

static void all_other_numbers_are_unknown(void **state) {
    (void)state;
    unsigned known = 0;
    for (int number = 1; number < 5000; number++)
        known += strcmp(dobos_error_text(-number), "unknown error") != 0;
    assert_int_equal(known, sizeof errors / sizeof *errors);
    assert_string_equal(dobos_error_text(0), "success");
    assert_string_equal(dobos_error_text(INT32_MIN), "unknown error");
    assert_string_equal(dobos_error_text(INT32_MAX), "unknown error");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_linux),
        cmocka_unit_test(each_error_has_its_own_text_whatever_its_sign),
        cmocka_unit_test(all_other_numbers_are_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
