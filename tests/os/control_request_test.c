/* Requests of the control socket: read or refused; texts go out as lines and come back the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "os/control_request.h"

static bool parse(const char *line, struct control_request *request, struct sink *reason) {
    return control_request_parse(line, strlen(line), request, reason);
}

static void run_is_read_whole(void **state) {
    struct control_request request;
    struct sink reason = {0};
    (void)state;
    assert_true(parse("{\"do\":\"run\",\"node\":\"laptop\",\"arguments\":[\"ping\",\"-c\",\"1\"],"
                      "\"json\":true}",
                      &request, &reason));
    assert_int_equal(request.kind, CONTROL_RUN);
    assert_string_equal(request.node, "laptop");
    assert_int_equal(request.word_count, 3);
    assert_string_equal(request.words[2], "1");
    assert_null(request.words[3]);
    assert_true(request.wants_json);
    assert_int_equal(reason.length, 0);
    control_request_fini(&request);
}

static void others_take_nothing_more(void **state) {
    struct control_request request;
    struct sink reason = {0};
    (void)state;
    assert_true(parse("{\"do\":\"interrupt\"}", &request, &reason));
    assert_int_equal(request.kind, CONTROL_INTERRUPT);
    control_request_fini(&request);
    assert_true(parse("{\"do\":\"network\"}", &request, &reason));
    assert_int_equal(request.kind, CONTROL_NETWORK);
    control_request_fini(&request);
    assert_false(parse("{\"do\":\"interrupt\",\"node\":\"laptop\"}", &request, &reason));
    assert_string_equal(sink_text(&reason), "node: no such key here");
    sink_fini(&reason);
}

static void wrong_ones_are_refused_with_a_reason(void **state) {
    static const char *const wrong[] = {
        "",
        "7",
        "[]",
        "{",
        "{}",
        "{\"do\":\"\"}",
        "{\"do\":\"run\"}",
        "{\"do\":\"run\",\"arguments\":{}}",
        "{\"do\":\"run\",\"arguments\":[[]]}",
        "{\"do\":\"run\",\"arguments\":[\"a\"],\"node\":null}",
        "{\"do\":\"run\",\"arguments\":[\"a\"],\"json\":1}",
        "{\"do\":\"network\"} {}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct control_request request;
        struct sink reason = {0};
        assert_false(parse(wrong[i], &request, &reason));
        assert_true(reason.length > 0);
        assert_null(request.json);
        sink_fini(&reason);
    }
}

/* Puts bytes, and reads the lines back. */
static void travel(const char *bytes, size_t length) {
    struct sink lines = {0}, back = {0};
    control_text_put(&lines, "out", bytes, length);
    assert_false(lines.failed);
    for (size_t at = 0; at < lines.length;) {
        const char *end = memchr(lines.text + at, '\n', lines.length - at);
        assert_non_null(end);
        json_t *object = json_loadb(lines.text + at, (size_t)(end - lines.text) - at, 0, NULL);
        assert_non_null(object);
        assert_true(control_text_read(object, "out", &back));
        assert_false(control_text_read(object, "error", &back));
        json_decref(object);
        at = (size_t)(end - lines.text) + 1;
    }
    assert_int_equal(back.length, length);
    if (length > 0)
        assert_memory_equal(back.text, bytes, length);
    sink_fini(&lines);
    sink_fini(&back);
}

static void texts_and_bytes_travel_whole(void **state) {
    static char bytes[100000];
    struct random random = random_make(17);
    (void)state;
    travel("", 0);
    travel("plain\n", 6);
    travel("\"quoted\\\" \x01\x7f \xc3\xbc \xe2\x82\xac", 20);
    travel("\0", 1);
    for (size_t length = 1; length < 70; length++) {
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)random_below(&random, 256);
        travel(bytes, length);
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)random_below(&random, 256);
    travel(bytes, sizeof bytes);
    for (size_t i = 0; i + 3 <= sizeof bytes; i += 3)
        memcpy(bytes + i, "\xe2\x82\xac", 3);
    travel(bytes, sizeof bytes - 1);
    struct sink lines = {0};
    control_text_put(&lines, "out", bytes, sizeof bytes - 1);
    assert_null(strstr(sink_text(&lines), "base64")); /* no character was cut in two */
    sink_fini(&lines);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_is_read_whole),
        cmocka_unit_test(others_take_nothing_more),
        cmocka_unit_test(wrong_ones_are_refused_with_a_reason),
        cmocka_unit_test(texts_and_bytes_travel_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
