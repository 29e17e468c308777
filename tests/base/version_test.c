/* The version: headers, library and build agree. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dobos/version.h>

static void library_and_headers_agree(void **state) {
    (void)state;
    assert_string_equal(dobos_version(), DOBOS_VERSION);
}

static void library_and_build_agree(void **state) {
    (void)state;
    assert_string_equal(dobos_version(), DOBOS_PROJECT_VERSION);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(library_and_headers_agree),
        cmocka_unit_test(library_and_build_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
