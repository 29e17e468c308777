/* sink: growing text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/sink.h"

static void new_sink_is_empty_text(void **state) {
    (void)state;
    struct sink sink;
    sink_init(&sink);
    assert_string_equal(sink_text(&sink), "");
    assert_int_equal(sink.length, 0);
    sink_fini(&sink);
}

static void sink_grows_and_keeps_what_was_written(void **state) {
    (void)state;
    struct sink sink;
    sink_init(&sink);
    for (int i = 0; i < 10000; i++)
        sink_format(&sink, "%04d,", i);
    assert_false(sink.failed);
    assert_int_equal(sink.length, 50000);
    assert_memory_equal(sink.text, "0000,0001,", 10);
    assert_string_equal(sink.text + 49990, "9998,9999,");
    sink_clear(&sink);
    assert_string_equal(sink_text(&sink), "");
    sink_put(&sink, "again");
    assert_string_equal(sink_text(&sink), "again");
    sink_fini(&sink);
}

static void text_that_fills_the_room_gets_its_nul(void **state) {
    (void)state;
    for (size_t length = 250; length < 260; length++) {
        char bytes[260];
        memset(bytes, 'x', sizeof(bytes));
        struct sink sink = {0};
        sink_append(&sink, bytes, length);
        assert_int_equal(strlen(sink_text(&sink)), length);
        assert_true(sink.room > sink.length);
        sink_fini(&sink);
    }
}

static void bytes_with_nul_are_kept(void **state) {
    (void)state;
    struct sink sink = {0};
    sink_append(&sink, "a\0b", 3);
    assert_int_equal(sink.length, 3);
    assert_memory_equal(sink.text, "a\0b", 4);
    sink_fini(&sink);
}

static void pad_counts_from_the_last_line(void **state) {
    (void)state;
    struct sink sink = {0};
    sink_pad(&sink, 2);
    sink_put(&sink, "ab\ncd");
    sink_pad(&sink, 5);
    sink_put(&sink, "e");
    sink_pad(&sink, 3);
    sink_put(&sink, "f");
    assert_string_equal(sink_text(&sink), "  ab\ncd   e f");
    sink_fini(&sink);
}

static void absurd_length_fails_and_keeps_the_text(void **state) {
    (void)state;
    struct sink sink = {0};
    sink_put(&sink, "kept");
    sink_append(&sink, "", SIZE_MAX);
    assert_true(sink.failed);
    sink_put(&sink, "lost");
    assert_string_equal(sink_text(&sink), "kept");
    sink_fini(&sink);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_sink_is_empty_text),
        cmocka_unit_test(sink_grows_and_keeps_what_was_written),
        cmocka_unit_test(text_that_fills_the_room_gets_its_nul),
        cmocka_unit_test(bytes_with_nul_are_kept),
        cmocka_unit_test(pad_counts_from_the_last_line),
        cmocka_unit_test(absurd_length_fails_and_keeps_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
