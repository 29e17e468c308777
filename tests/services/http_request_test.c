/* The engine that reads HTTP requests: what is read, what is refused and why, however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "services/http_request.h"

/* What came of reading. */
struct reading {
    struct http_request request;
    size_t used;     /* bytes taken */
    char body[4096]; /* with its NUL, as far as it fits */
    size_t body_length;
};

/* Gives the bytes in pieces, each a heap copy of its exact size; `piece` 0: random ones. */
static void read_pieces(struct reading *reading, const char *bytes, size_t length, size_t piece,
                        uint64_t seed) {
    struct random random = random_make(seed);
    reading->used = reading->body_length = 0;
    http_request_init(&reading->request);
    while (reading->used < length) {
        size_t n = piece ? piece : 1 + (size_t)random_below(&random, 40);
        n = min_size(n, length - reading->used);
        uint8_t *copy = malloc(n);
        memcpy(copy, bytes + reading->used, n);
        size_t taken = 0, step;
        do {
            const uint8_t *body;
            size_t body_length;
            step =
                http_request_read(&reading->request, copy + taken, n - taken, &body, &body_length);
            assert_true(step <= n - taken);
            if (body) {
                assert_true(body >= copy && body + body_length <= copy + n);
                assert_int_equal(body_length, step);
                size_t room = sizeof(reading->body) - 1 - reading->body_length;
                memcpy(reading->body + reading->body_length, body, min_size(room, body_length));
                reading->body_length += min_size(room, body_length);
            }
            taken += step;
        } while (step > 0 && taken < n);
        free(copy);
        reading->used += taken;
        if (taken < n)
            break;
    }
    reading->body[reading->body_length] = 0;
}

static struct reading *read_text(const char *text) {
    static struct reading reading;
    read_pieces(&reading, text, strlen(text), SIZE_MAX, 0);
    return &reading;
}

static void is_complete(const struct reading *reading, const char *method, const char *path) {
    assert_int_equal(reading->request.phase, HTTP_COMPLETE);
    assert_string_equal(reading->request.method, method);
    assert_string_equal(reading->request.path, path);
}

static const char get[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

static void plain_request_is_complete(void **state) {
    (void)state;
    const struct reading *reading = read_text(get);
    is_complete(reading, "GET", "/");
    assert_true(reading->request.keep_alive);
    assert_true(reading->request.is_http_1_1);
    assert_int_equal(reading->used, strlen(get));
}

/* Requests that are good; the rest of the fields as told. */
static const struct {
    const char *text, *method, *path, *body;
    bool keep_alive, expects;
} good[] = {
    {"\r\n\r\nGET / HTTP/1.1\r\nHost:\r\n\r\n", "GET", "/", "", true, false},
    {"GET /a?b=/c HTTP/1.1\nHost: a\n\n", "GET", "/a", "", true, false},
    {"GET /%62ig%2f%7E HTTP/1.1\r\nhOsT:\t[::1]:80 \r\n\r\n", "GET", "/big/~", "", true, false},
    {"GET / HTTP/1.0\r\n\r\n", "GET", "/", "", false, false},
    {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET", "/", "", true, false},
    {"GET / HTTP/1.7\r\nHost: a\r\n\r\n", "GET", "/", "", true, false},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: TE , close\r\n\r\n", "GET", "/", "", false, false},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n", "GET", "/",
     "", false, false},
    {"GET http://a.example:80/x?y HTTP/1.1\r\nHost: b\r\n\r\n", "GET", "/x", "", true, false},
    {"GET HTTP://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", "", true, false},
    {"GET http://a?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", "", true, false},
    {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS", "", "", true, false},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "CONNECT", "", "", true, false},
    {"PUT /u HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "PUT", "/u", "hello", true,
     false},
    {"PUT /u HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 05\r\n\r\nhello", "PUT",
     "/u", "hello", true, false},
    {"PUT /u HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "PUT", "/u", "", true, false},
    {"POST /u HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nTransfer-Encoding: Chunked\r\n\r\n"
     "5\r\nhello\r\nA;x=\"y\"\r\n, world, !\r\n000\r\nTrailer: 1\r\n\r\n",
     "POST", "/u", "hello, world, !", true, true},
    {"POST /u HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", "POST", "/u", "x",
     false, false},
    {"PUT /u HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n",
     "PUT", "/u", "abc", true, false},
    {"M-SEARCH* / HTTP/1.1\r\nHost: a\r\nX: \x80\xff \t!\r\n\r\n", "M-SEARCH*", "/", "", true,
     false},
};

/* [rfc9112#3] */
static void good_request_is_read_whole_however_cut(void **state) {
    (void)state;
    static struct reading reading;
    for (size_t i = 0; i < array_length(good); i++) {
        size_t length = strlen(good[i].text);
        for (size_t piece = 0; piece <= length; piece++) {
            read_pieces(&reading, good[i].text, length, piece, i);
            is_complete(&reading, good[i].method, good[i].path);
            assert_string_equal(reading.body, good[i].body);
            assert_int_equal(reading.request.body_bytes, strlen(good[i].body));
            assert_int_equal(reading.request.keep_alive, good[i].keep_alive);
            assert_int_equal(reading.request.expects_continue, good[i].expects);
            assert_int_equal(reading.used, length);
        }
    }
}

#define HEAD_OF(method) method " / HTTP/1.1\r\nHost: a\r\n"

static const struct {
    const char *text;
    unsigned status;
} bad[] = {
    /* request lines */
    {" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\r\nHost: a\r\n\r\n", 400},
    {"GET\r\n\r\n", 400},
    {"G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/11\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
    {"ABCDEFGHIJKLMNOP / HTTP/1.1\r\nHost: a\r\n\r\n", 501},
    {"GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET http://a@ b/x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET http://a^b/x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"CONNECT a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /%g0 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /%1? HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /% HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    /* fields */
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {HEAD_OF("GET") "Host: a\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
    {HEAD_OF("GET") "X : y\r\n\r\n", 400},
    {HEAD_OF("GET") "X\r\n\r\n", 400},
    {HEAD_OF("GET") ": y\r\n\r\n", 400},
    {HEAD_OF("GET") " folded\r\n\r\n", 400},
    {HEAD_OF("GET") "X: y\r\n\tfolded\r\n\r\n", 400},
    {HEAD_OF("GET") "X: a\rb\r\n\r\n", 400},
    {HEAD_OF("GET") "X: a\x01\r\n\r\n", 400},
    {HEAD_OF("GET") "X: a\x7f\r\n\r\n", 400},
    /* lengths */
    {HEAD_OF("PUT") "Content-Length: -1\r\n\r\n", 400},
    {HEAD_OF("PUT") "Content-Length: +1\r\n\r\n", 400},
    {HEAD_OF("PUT") "Content-Length: 0x1\r\n\r\n", 400},
    {HEAD_OF("PUT") "Content-Length:\r\n\r\n", 400},
    {HEAD_OF("PUT") "Content-Length: 1 1\r\n\r\n", 400},
    {HEAD_OF("PUT") "Content-Length: 1, 1\r\n\r\n", 400},
    {HEAD_OF("PUT") "Content-Length: 18446744073709551616\r\n\r\n", 400},
    {HEAD_OF("PUT") "Content-Length: 9999999999999999999\r\n\r\n", 400},
    {HEAD_OF("PUT") "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400},
    {HEAD_OF("PUT") "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked, chunked\r\n\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked, gzip\r\n\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: gzip\r\n\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: identity\r\nContent-Length: 1\r\n\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    /* chunks */
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\n\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\ng\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\n 1\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\n1 1\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\n0x1\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\n1\nx\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\n1\r\nx\n0\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\n1000000000000000\r\n", 400},
    {HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400},
};

/* [rfc9112#1] [rfc9112#7] [rfc9112#8] */
static void bad_request_is_refused_with_its_status_however_cut(void **state) {
    (void)state;
    static struct reading reading;
    for (size_t i = 0; i < array_length(bad); i++) {
        size_t length = strlen(bad[i].text);
        for (size_t piece = 0; piece <= length; piece++) {
            read_pieces(&reading, bad[i].text, length, piece, i);
            if (reading.request.phase != HTTP_BAD || reading.request.status != bad[i].status)
                fail_msg("row %zu, piece %zu: phase %d, status %u", i, piece,
                         (int)reading.request.phase, reading.request.status);
            assert_false(reading.request.keep_alive);
        }
    }
}

static void request_read_stops_at_its_end(void **state) {
    (void)state;
    static const char two[] = "PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
                              "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
    const struct reading *reading = read_text(two);
    is_complete(reading, "PUT", "/1");
    assert_int_equal(reading->used, strstr(two, "GET") - two);
    const uint8_t *body;
    size_t body_length;
    struct http_request request = reading->request;
    assert_int_equal(http_request_read(&request, (const uint8_t *)"x", 1, &body, &body_length), 0);
    is_complete(read_text(two + reading->used), "GET", "/2");
}

/* Reads `text`, then `count` times `filler`. */
static const struct reading *read_filled(const char *text, const char *filler, size_t count) {
    static char bytes[3 * HTTP_HEAD_BYTES];
    static struct reading reading;
    size_t length = strlen(text), step = strlen(filler);
    memcpy(bytes, text, length);
    for (; count > 0 && length + step <= sizeof(bytes); count--, length += step)
        memcpy(bytes + length, filler, step);
    read_pieces(&reading, bytes, length, SIZE_MAX, 0);
    return &reading;
}

static void status_is(const struct reading *reading, unsigned status) {
    assert_int_equal(reading->request.phase, HTTP_BAD);
    assert_int_equal(reading->request.status, status);
}

/* [rfc9112#2] */
static void line_or_head_without_end_is_refused_at_its_bound(void **state) {
    (void)state;
    status_is(read_filled("GET /?", "a", HTTP_HEAD_BYTES), 414);
    status_is(read_filled("", "A", HTTP_HEAD_BYTES + 1), 414);
    status_is(read_filled("GET / HTTP/1.1\r\nHost: ", "a", HTTP_HEAD_BYTES), 431);
    status_is(read_filled("GET / HTTP/1.1\r\n", "X: y\r\n", HTTP_HEAD_BYTES), 431);
    status_is(read_filled("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x",
                          HTTP_HEAD_BYTES),
              400);
    status_is(read_filled("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                          "X: y\r\n", HTTP_HEAD_BYTES),
              431);
    status_is(read_filled("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
                          "y", HTTP_HEAD_BYTES),
              431);
    assert_int_equal(read_filled("", "A", HTTP_HEAD_BYTES)->request.phase, HTTP_HEAD);
}

/* A request line of 8000 bytes is read (RFC 9112 §3); a path longer than any page's is not. */
static void long_query_is_read_and_long_path_refused(void **state) {
    (void)state;
    static char text[9000], query[7984];
    memset(query, 'q', sizeof(query));
    (void)snprintf(text, sizeof(text), "GET /?%.*s HTTP/1.1\r\nHost: a\r\n\r\n", 7984, query);
    is_complete(read_text(text), "GET", "/");
    for (int length = HTTP_PATH_BYTES - 3; length <= HTTP_PATH_BYTES + 1; length++) {
        char path[HTTP_PATH_BYTES + 8] = "/";
        memset(path + 1, 'p', (size_t)length - 1);
        path[length] = 0;
        (void)snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
        if (length < HTTP_PATH_BYTES)
            is_complete(read_text(text), "GET", path);
        else
            status_is(read_text(text), 414);
    }
}

static void largest_length_is_read_without_overflow(void **state) {
    (void)state;
    const struct reading *reading =
        read_text(HEAD_OF("PUT") "Content-Length: 999999999999999999\r\n\r\nx");
    assert_int_equal(reading->request.phase, HTTP_BODY);
    assert_true(reading->request.body_rest == UINT64_C(999999999999999998));
    reading = read_text(HEAD_OF("PUT") "Transfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\nx");
    assert_int_equal(reading->request.phase, HTTP_CHUNK_DATA);
    assert_true(reading->request.body_rest == UINT64_C(0xffffffffffffffe));
}

/* Every cut is unfinished, every other byte gives an answer or waits; nothing is read beyond. */
static void truncations_and_mutations_end_in_a_known_state(void **state) {
    (void)state;
    static struct reading reading;
    static char text[1024];
    for (size_t i = 0; i < array_length(good); i++) {
        size_t length = strlen(good[i].text);
        for (size_t cut = 0; cut < length; cut++) {
            read_pieces(&reading, good[i].text, cut, SIZE_MAX, 0);
            assert_true(reading.request.phase < HTTP_COMPLETE);
        }
        memcpy(text, good[i].text, length);
        for (size_t at = 0; at < length; at++) {
            for (unsigned change = 1; change < 256; change++) {
                text[at] = (char)((uint8_t)good[i].text[at] ^ change);
                read_pieces(&reading, text, length, SIZE_MAX, 0);
                const struct http_request *r = &reading.request;
                assert_true(r->phase != HTTP_BAD || r->status >= 400);
                assert_true(r->phase == HTTP_BAD || r->status == 0);
                assert_true(memchr(r->path, 0, sizeof(r->path)) != NULL);
                assert_true(reading.used == length || r->phase >= HTTP_COMPLETE);
            }
            text[at] = good[i].text[at];
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_request_is_complete),
        cmocka_unit_test(good_request_is_read_whole_however_cut),
        cmocka_unit_test(bad_request_is_refused_with_its_status_however_cut),
        cmocka_unit_test(request_read_stops_at_its_end),
        cmocka_unit_test(line_or_head_without_end_is_refused_at_its_bound),
        cmocka_unit_test(long_query_is_read_and_long_path_refused),
        cmocka_unit_test(largest_length_is_read_without_overflow),
        cmocka_unit_test(truncations_and_mutations_end_in_a_known_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
