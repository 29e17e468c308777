/* http_request_fuzz: any bytes as requests one after another; read at once and in pieces they say
 * the same. */
#include "../tests/wire/survey.h"

#include "services/http_request.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Reads one request; returns the bytes used. */
static size_t read_request(struct http_request *request, const uint8_t *bytes, size_t length,
                           size_t piece) {
    size_t used = 0, step = 1;
    http_request_init(request);
    while (used < length && step > 0) {
        const uint8_t *body;
        size_t body_length, n = piece < length - used ? piece : length - used;
        step = http_request_read(request, bytes + used, n, &body, &body_length);
        PROMISE(step <= n);
        PROMISE(!body || (body >= bytes + used && body + body_length <= bytes + used + n));
        PROMISE(step > 0 || request->phase >= HTTP_COMPLETE);
        used += step;
    }
    return used;
}

static void compare(const struct http_request *a, const struct http_request *b) {
    PROMISE(a->phase == b->phase);
    PROMISE(a->status == b->status);
    PROMISE(a->keep_alive == b->keep_alive);
    PROMISE(a->body_bytes == b->body_bytes);
    PROMISE(a->body_rest == b->body_rest);
    PROMISE(strcmp(a->method, b->method) == 0);
    PROMISE(strcmp(a->path, b->path) == 0);
    PROMISE((a->phase == HTTP_BAD) == (a->status >= 400));
    PROMISE(a->phase != HTTP_BAD || !a->keep_alive);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static struct http_request whole, pieces;
    size_t piece = length > 0 ? 1u + bytes[length - 1] % 31 : 1;
    for (size_t at = 0; at < length;) {
        size_t used = read_request(&whole, bytes + at, length - at, SIZE_MAX);
        PROMISE(read_request(&pieces, bytes + at, length - at, piece) == used);
        compare(&whole, &pieces);
        if (whole.phase != HTTP_COMPLETE)
            break;
        PROMISE(used > 0);
        at += used;
    }
    return 0;
}
