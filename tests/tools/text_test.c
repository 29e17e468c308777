/* Bytes from outside as text for terminals, XML and JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "tools/text.h"

static void terminal_gets_no_control_character(void **state) {
    (void)state;
    static const char bytes[] = "a\x1b[2J\n\x7f\xc2\x85\xc3\xa9\xe2\x82\xac\xf0\x9f\x8d\xb0\xff";
    struct sink out = {0};
    text_put(&out, bytes, sizeof bytes - 1);
    assert_string_equal(sink_text(&out), "a\\x1b[2J\\x0a\\x7f\\xc2\\x85\xc3\xa9\xe2\x82\xac"
                                         "\xf0\x9f\x8d\xb0\\xff");
    sink_fini(&out);
}

static void markup_is_escaped_where_it_stands(void **state) {
    (void)state;
    static const char bytes[] = "<a b=\"c\">&\r\n\t\x01\xef\xbf\xbf</a>";
    struct sink out = {0};
    text_put_xml(&out, bytes, sizeof bytes - 1, false);
    assert_string_equal(sink_text(&out),
                        "&lt;a b=\"c\"&gt;&amp;&#13;\n\t\\x01\\xef\\xbf\\xbf&lt;/a&gt;");
    sink_clear(&out);
    text_put_xml(&out, bytes, sizeof bytes - 1, true);
    assert_string_equal(sink_text(&out), "&lt;a b=&quot;c&quot;&gt;&amp;&#13;&#10;&#9;\\x01"
                                         "\\xef\\xbf\\xbf&lt;/a&gt;");
    sink_fini(&out);
}

static void characters_are_read_as_rfc_3629_has_them(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        uint32_t code;
    } rows[] = {
        {"a", 1, 'a'},
        {"\xc3\xa9", 2, 0xe9},
        {"\xe2\x82\xac", 3, 0x20ac},
        {"\xf4\x8f\xbf\xbf", 4, 0x10ffff},
        {"\xf4\x90\x80\x80", 0, 0}, /* beyond the last */
        {"\xed\xa0\x80", 0, 0},     /* a surrogate */
        {"\xc0\xaf", 0, 0},         /* longer than need be */
        {"\xe0\x80\xaf", 0, 0},     /* likewise */
        {"\x80", 0, 0},             /* no beginning */
        {"\xc3", 0, 0},             /* no end */
        {"\xf8\x88\x80\x80\x80", 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t code = 0;
        const size_t length = strlen(rows[i].bytes);
        assert_int_equal(text_character((const uint8_t *)rows[i].bytes, length, &code),
                         rows[i].size);
        if (rows[i].size > 0)
            assert_int_equal(code, rows[i].code);
    }
}

static void any_bytes_are_a_json_string(void **state) {
    (void)state;
    struct random random = random_make(7);
    for (int turn = 0; turn < 2000; turn++) {
        uint8_t bytes[24];
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)random_next(&random);
        json_t *string = text_json(bytes, sizeof bytes);
        assert_non_null(string);
        char *text = json_dumps(string, JSON_ENCODE_ANY);
        assert_non_null(text);
        json_t *again = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_true(json_equal(string, again));
        free(text);
        json_decref(again);
        json_decref(string);
    }
    json_t *string = text_json("a\0b\xff", 4);
    assert_int_equal(json_string_length(string), 7);
    assert_memory_equal(json_string_value(string), "a\0b\\xff", 7);
    json_decref(string);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminal_gets_no_control_character),
        cmocka_unit_test(markup_is_escaped_where_it_stands),
        cmocka_unit_test(characters_are_read_as_rfc_3629_has_them),
        cmocka_unit_test(any_bytes_are_a_json_string),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
