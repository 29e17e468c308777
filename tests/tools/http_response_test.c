/* http_response: golden answers in one piece and byte by byte, cut at every place, and bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "tools/http_response.h"
#include "tools/sink.h"

static struct http_response response;

/* Feeds bytes in pieces of at most `step`; the body is collected. Returns how many were used. */
static size_t feed(const char *text, size_t length, size_t step, struct sink *body) {
    size_t used = 0;
    while (used < length && response.phase != RESPONSE_COMPLETE && response.phase != RESPONSE_BAD) {
        const uint8_t *piece;
        size_t piece_length;
        size_t more = min_size(step, length - used);
        size_t taken = http_response_read(&response, (const uint8_t *)text + used, more, &piece,
                                          &piece_length);
        assert_true(taken > 0 && taken <= more);
        sink_append(body, piece ? (const void *)piece : "", piece_length);
        used += taken;
    }
    return used;
}

struct golden {
    const char *text, *body;
    unsigned status;
    bool is_bodiless; /* the answer to HEAD */
    bool is_open;     /* ends with the connection */
};

static const struct golden goldens[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 200, false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", 200, false, false},
    {"HTTP/1.0 404 Not Found\n\ngone", "gone", 404, false, true},
    {"HTTP/1.1 204 No Content\r\n\r\n", "", 204, false, false},
    {"HTTP/1.1 200\r\ncontent-length:\t5 \r\ncontent-type: text/plain\r\n\r\nhello", "hello", 200,
     false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "", 200, true, false},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", 200,
     false, false},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
     "5\r\nhello\r\n00a;name=value\r\n wonderful\r\n6 \r\n world\r\n0\r\nTrailer: x\r\n\r\n",
     "hello wonderful world", 200, false, false},
    {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n"
     "2\nok\n0\n\n",
     "ok", 200, false, false},
};

static void expect_golden(const struct golden *golden, size_t step) {
    struct sink body = {0};
    http_response_init(&response, golden->is_bodiless);
    size_t used = feed(golden->text, strlen(golden->text), step, &body);
    assert_int_equal(used, strlen(golden->text));
    assert_int_equal(response.status, golden->status);
    assert_string_equal(sink_text(&body), golden->body);
    assert_int_equal(response.body_bytes, strlen(golden->body));
    assert_int_equal(response.phase == RESPONSE_COMPLETE, !golden->is_open);
    assert_true(http_response_end(&response));
    sink_fini(&body);
}

static void golden_answers_are_read_in_pieces_of_any_size(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(goldens); i++) {
        for (size_t step = 1; step < 100; step++)
            expect_golden(&goldens[i], step);
    }
}

static void answer_cut_anywhere_is_not_complete(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(goldens); i++) {
        size_t length = strlen(goldens[i].text);
        if (goldens[i].is_open)
            continue;
        for (size_t cut = 0; cut < length; cut++) {
            struct sink body = {0};
            http_response_init(&response, goldens[i].is_bodiless);
            (void)feed(goldens[i].text, cut, length, &body);
            assert_false(http_response_end(&response));
            sink_fini(&body);
        }
    }
}

static void bytes_behind_the_answer_are_not_used(void **state) {
    (void)state;
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1";
    struct sink body = {0};
    http_response_init(&response, false);
    assert_int_equal(feed(text, strlen(text), 1000, &body), strlen(text) - 8);
    assert_int_equal(response.phase, RESPONSE_COMPLETE);
    sink_fini(&body);
}

static void head_and_type_are_kept(void **state) {
    (void)state;
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type:  text/html; x \r\n\r\n";
    struct sink body = {0};
    http_response_init(&response, false);
    (void)feed(head, strlen(head), 7, &body);
    assert_int_equal(response.head_length, strlen(head));
    assert_memory_equal(response.head, head, strlen(head));
    assert_string_equal(response.type, "text/html; x");
    sink_fini(&body);
}

static void bad_answers_are_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "hello\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.x 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5x\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000000000000000\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
    };
    for (size_t i = 0; i < array_length(texts); i++) {
        struct sink body = {0};
        http_response_init(&response, false);
        (void)feed(texts[i], strlen(texts[i]), 1, &body);
        if (response.phase != RESPONSE_BAD || response.reason[0] == '\0')
            fail_msg("accepted: %s", texts[i]);
        sink_fini(&body);
    }
}

static void endless_head_and_line_are_refused(void **state) {
    (void)state;
    static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    struct sink body = {0};
    http_response_init(&response, false);
    for (int i = 0; i < HTTP_RESPONSE_HEAD; i++)
        assert_int_equal(feed("x", 1, 1, &body), 1);
    assert_int_equal(response.phase, RESPONSE_HEAD);
    (void)feed("x", 1, 1, &body);
    assert_int_equal(response.phase, RESPONSE_BAD);
    http_response_init(&response, false);
    (void)feed(chunked, strlen(chunked), 100, &body);
    for (int i = 0; i < HTTP_RESPONSE_LINE; i++)
        (void)feed("0", 1, 1, &body);
    assert_int_equal(response.phase, RESPONSE_CHUNK_SIZE);
    (void)feed("0", 1, 1, &body);
    assert_int_equal(response.phase, RESPONSE_BAD);
    sink_fini(&body);
}

/* Whatever one byte becomes: it ends, and never reports more body than bytes. */
static void changed_bytes_never_break_it(void **state) {
    (void)state;
    struct random random = random_make(7);
    for (int run = 0; run < 20000; run++) {
        const struct golden *golden = &goldens[random_below(&random, array_length(goldens))];
        char text[256];
        size_t length = strlen(golden->text);
        struct sink body = {0};
        memcpy(text, golden->text, length);
        text[random_below(&random, length)] = (char)random_below(&random, 256);
        http_response_init(&response, golden->is_bodiless);
        size_t used = feed(text, length, 1 + random_below(&random, length), &body);
        assert_true(body.length <= used);
        assert_int_equal(response.body_bytes, body.length);
        (void)http_response_end(&response);
        sink_fini(&body);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_answers_are_read_in_pieces_of_any_size),
        cmocka_unit_test(answer_cut_anywhere_is_not_complete),
        cmocka_unit_test(bytes_behind_the_answer_are_not_used),
        cmocka_unit_test(head_and_type_are_kept),
        cmocka_unit_test(bad_answers_are_refused),
        cmocka_unit_test(endless_head_and_line_are_refused),
        cmocka_unit_test(changed_bytes_never_break_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
