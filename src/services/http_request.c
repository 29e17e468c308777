/*
 * http_request: bytes into lines and bodies (RFC 9112 §2.2, §6, §7.1). A lone LF ends a line of the
 * head, as the RFC lets it; around chunks only CR LF does, since a doubt there is a doubt about
 * where the next request begins. Chunk extensions and trailer fields are passed over.
 */
#include "services/http_request.h"

void http_request_init(struct http_request *request) {
    memset(request, 0, offsetof(struct http_request, head));
}

void http_request_fail(struct http_request *request, uint16_t status) {
    if (request->phase != HTTP_BAD)
        request->status = status;
    request->phase = HTTP_BAD;
    request->keep_alive = false;
}

/* A chunk's size: hexadecimal, extensions ignored (RFC 9112 §7.1). */
static void read_chunk_size(struct http_request *request, size_t length) {
    uint64_t size = 0;
    size_t digits = 0, end;
    for (; digits < length; digits++) {
        char c = request->head[digits];
        if (c >= '0' && c <= '9')
            size = size << 4 | (uint64_t)(c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            size = size << 4 | (uint64_t)((c | 32) - 'a' + 10);
        else
            break;
    }
    for (end = digits; end < length && (request->head[end] == ' ' || request->head[end] == '\t');)
        end++;
    if (digits == 0 || digits > 15 || (end < length && request->head[end] != ';')) {
        http_request_fail(request, 400);
        return;
    }
    request->body_rest = size;
    request->phase = size ? HTTP_CHUNK_DATA : HTTP_TRAILER;
}

/* A whole line among the chunks or behind them stands in head[]. */
static void read_line(struct http_request *request) {
    size_t length = request->head_length - 1;
    bool has_cr = length > 0 && request->head[length - 1] == '\r';
    request->trailer_bytes += request->phase == HTTP_TRAILER ? request->head_length : 0;
    request->head_length = 0;
    length -= has_cr;
    if (!has_cr)
        http_request_fail(request, 400);
    else if (request->trailer_bytes > HTTP_HEAD_BYTES)
        http_request_fail(request, 431);
    else if (request->phase == HTTP_CHUNK_SIZE)
        read_chunk_size(request, length);
    else if (request->phase == HTTP_CHUNK_END && length > 0)
        http_request_fail(request, 400);
    else if (request->phase == HTTP_CHUNK_END)
        request->phase = HTTP_CHUNK_SIZE;
    else if (length == 0)
        request->phase = HTTP_COMPLETE;
}

/* Whether head[] ends with an empty line; lines before the request line are passed over (RFC 9112
 * §2.2). */
static bool head_is_whole(struct http_request *request) {
    size_t n = request->head_length;
    const char *head = request->head;
    if (n == 1 || (n == 2 && head[0] == '\r')) {
        request->head_length = 0;
        return false;
    }
    return head[n - 2] == '\n' || (n >= 3 && head[n - 2] == '\r' && head[n - 3] == '\n');
}

/* There is no room for the line, or for all the lines [rfc9112#2]. */
static uint16_t overflow_status(const struct http_request *request) {
    if (request->phase != HTTP_HEAD)
        return request->phase == HTTP_TRAILER ? 431 : 400;
    for (size_t i = 0; i < request->head_length; i++) {
        if (request->head[i] == '\n')
            return 431;
    }
    return 414;
}

/* [rfc9112#3] */
static size_t read_line_bytes(struct http_request *request, const uint8_t *bytes, size_t length) {
    size_t used = 0;
    enum http_phase phase = request->phase;
    while (used < length && request->phase == phase) {
        if (request->head_length == HTTP_HEAD_BYTES) {
            http_request_fail(request, overflow_status(request));
            break;
        }
        char c = (char)bytes[used++];
        request->head[request->head_length++] = c;
        if (c != '\n')
            continue;
        if (phase != HTTP_HEAD) {
            read_line(request);
        } else if (head_is_whole(request)) {
            http_head_parse(request);
            request->head_length = 0;
        }
    }
    return used;
}

size_t http_request_read(struct http_request *request, const uint8_t *bytes, size_t length,
                         const uint8_t **body, size_t *body_length) {
    *body = NULL;
    *body_length = 0;
    if (request->phase == HTTP_COMPLETE || request->phase == HTTP_BAD)
        return 0;
    if (request->phase != HTTP_BODY && request->phase != HTTP_CHUNK_DATA)
        return read_line_bytes(request, bytes, length);
    size_t n = request->body_rest < length ? (size_t)request->body_rest : length;
    *body = bytes;
    *body_length = n;
    request->body_rest -= n;
    request->body_bytes += n;
    if (request->body_rest == 0)
        request->phase = request->phase == HTTP_BODY ? HTTP_COMPLETE : HTTP_CHUNK_END;
    return n;
}
