/* verdict: every drop reason has a name and a text of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/verdict.h"

static void every_reason_has_its_own_name_and_text(void **state) {
    (void)state;
    for (int i = 0; i < DROP_REASON_COUNT; i++) {
        const char *name = drop_reason_name((enum drop_reason)i);
        assert_memory_equal(name, "Drop", 4);
        assert_true(text_length(drop_reason_text((enum drop_reason)i)) > 0);
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(name, drop_reason_name((enum drop_reason)j));
            assert_string_not_equal(drop_reason_text((enum drop_reason)i),
                                    drop_reason_text((enum drop_reason)j));
        }
    }
}

static void names_stand_at_their_reasons(void **state) {
    (void)state;
    assert_string_equal(drop_reason_name(DROP_NONE), "DropNone");
    assert_string_equal(drop_reason_name(DROP_TTL_EXPIRED), "DropTtlExpired");
    assert_string_equal(drop_reason_name(DROP_NO_INTERFACE), "DropNoInterface");
    assert_string_equal(drop_reason_text(DROP_NO_MEMORY), "no memory");
}

static void reason_out_of_range_is_named_none(void **state) {
    (void)state;
    assert_string_equal(drop_reason_name((enum drop_reason)DROP_REASON_COUNT), "DropNone");
    assert_string_equal(drop_reason_text((enum drop_reason)DROP_REASON_COUNT), "not dropped");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_its_own_name_and_text),
        cmocka_unit_test(names_stand_at_their_reasons),
        cmocka_unit_test(reason_out_of_range_is_named_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
