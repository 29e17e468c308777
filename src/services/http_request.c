/* http_request: RFC 9112 §2–§7, strictly: what is malformed or unknown ends the connection. */
#include "services/http_request.h"

void http_request_init(struct http_request *request) {
    request->phase = HTTP_HEAD;
    request->status = 0;
    request->is_http_1_1 = request->keep_alive = request->expects_continue = false;
    request->has_host = request->has_length = request->is_chunked = false;
    request->method[0] = request->path[0] = 0;
    request->body_length = request->body_rest = request->body_bytes = 0;
    request->head_length = 0;
}

static void request_fail(struct http_request *request, uint16_t status) {
    request->phase = HTTP_BAD;
    request->status = status;
    request->keep_alive = false;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Whether `text` of `length` bytes is `word` (lower case), whatever its case. */
static bool is_word(const char *text, size_t length, const char *word) {
    if (length != text_length(word))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (lower(text[i]) != word[i])
            return false;
    }
    return true;
}

/* A token character (RFC 9110 §5.6.2). */
static bool is_token(char c) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    if ((c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z'))
        return true;
    for (size_t i = 0; i + 1 < sizeof(others); i++) {
        if (c == others[i])
            return true;
    }
    return false;
}

/* Copies up to the first `end` byte into a bounded field; returns its length, or SIZE_MAX. */
static size_t copy_word(char *to, size_t room, const char *from, size_t length, char end) {
    size_t n = 0;
    while (n < length && from[n] != end)
        n++;
    if (n == 0 || n >= room || n == length)
        return SIZE_MAX;
    memcpy(to, from, n);
    to[n] = 0;
    return n;
}

/* The request line: method SP target SP version (RFC 9112 §3). */
static void read_request_line(struct http_request *request, const char *line, size_t length) {
    char target[HTTP_PATH_BYTES];
    size_t method = copy_word(request->method, sizeof(request->method), line, length, ' ');
    for (size_t i = 0; method != SIZE_MAX && i < method; i++) {
        if (!is_token(line[i]))
            method = SIZE_MAX;
    }
    if (method == SIZE_MAX) {
        request_fail(request, 400);
        return;
    }
    line += method + 1;
    length -= method + 1;
    size_t path = copy_word(target, sizeof(target), line, length, ' ');
    if (path == SIZE_MAX || target[0] != '/') {
        request_fail(request, path == SIZE_MAX && length >= HTTP_PATH_BYTES ? 414 : 400);
        return;
    }
    size_t n = 0;
    while (n < path && target[n] != '?')
        n++;
    target[n] = 0;
    text_copy(request->path, sizeof(request->path), target);
    line += path + 1;
    length -= path + 1;
    request->is_http_1_1 = is_word(line, length, "http/1.1");
    request->keep_alive = request->is_http_1_1;
    if (!request->is_http_1_1 && !is_word(line, length, "http/1.0"))
        request_fail(request, length == 8 && is_word(line, 5, "http/") ? 505 : 400);
}

static void read_length(struct http_request *request, const char *value, size_t length) {
    uint64_t number = 0;
    bool good = length > 0 && length <= 18;
    for (size_t i = 0; i < length && good; i++) {
        good = value[i] >= '0' && value[i] <= '9';
        number = number * 10 + (uint64_t)(value[i] - '0');
    }
    if (!good || (request->has_length && request->body_length != number)) {
        request_fail(request, 400);
        return;
    }
    request->has_length = true;
    request->body_length = number;
}

static void read_field(struct http_request *request, const char *line, size_t length) {
    size_t name = 0;
    while (name < length && is_token(line[name]))
        name++;
    if (name == 0 || name == length || line[name] != ':') {
        request_fail(request, 400);
        return;
    }
    const char *value = line + name + 1;
    size_t rest = length - name - 1;
    while (rest && (*value == ' ' || *value == '\t')) {
        value++;
        rest--;
    }
    while (rest && (value[rest - 1] == ' ' || value[rest - 1] == '\t'))
        rest--;
    if (is_word(line, name, "host")) {
        if (request->has_host)
            request_fail(request, 400);
        request->has_host = true;
    } else if (is_word(line, name, "content-length")) {
        read_length(request, value, rest);
    } else if (is_word(line, name, "transfer-encoding")) {
        request->is_chunked = is_word(value, rest, "chunked");
        if (!request->is_chunked)
            request_fail(request, 501);
    } else if (is_word(line, name, "connection")) {
        if (is_word(value, rest, "close"))
            request->keep_alive = false;
        else if (is_word(value, rest, "keep-alive"))
            request->keep_alive = true;
    } else if (is_word(line, name, "expect")) {
        request->expects_continue = is_word(value, rest, "100-continue");
    }
}

/* The whole head stands in head[]: one line after another. */
static void read_head(struct http_request *request) {
    size_t at = 0;
    for (bool first = true; request->phase == HTTP_HEAD && at < request->head_length;
         first = false) {
        const char *line = request->head + at;
        size_t length = 0;
        while (line[length] != '\n')
            length++;
        at += length + 1;
        if (length && line[length - 1] == '\r')
            length--;
        if (length == 0)
            continue;
        if (first)
            read_request_line(request, line, length);
        else
            read_field(request, line, length);
    }
    request->head_length = 0;
    if (request->phase == HTTP_BAD)
        return;
    /* RFC 9112 §3.2: a 1.1 request names its host; §6.3: both framings at once are an attack. */
    if ((request->is_http_1_1 && !request->has_host) ||
        (request->is_chunked && request->has_length)) {
        request_fail(request, 400);
        return;
    }
    request->body_rest = request->body_length;
    if (request->is_chunked)
        request->phase = HTTP_CHUNK_SIZE;
    else
        request->phase = request->body_length ? HTTP_BODY : HTTP_COMPLETE;
}

/* A chunk's size: hexadecimal, extensions ignored (RFC 9112 §7.1). */
static void read_chunk_size(struct http_request *request, size_t length) {
    uint64_t size = 0;
    size_t digits = 0;
    for (; digits < length; digits++) {
        char c = lower(request->head[digits]);
        if (c >= '0' && c <= '9')
            size = size << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            size = size << 4 | (uint64_t)(c - 'a' + 10);
        else
            break;
    }
    bool ends = digits == length || request->head[digits] == ';' || request->head[digits] == ' ';
    if (digits == 0 || digits > 15 || !ends) {
        request_fail(request, 400);
        return;
    }
    request->body_rest = size;
    request->phase = size ? HTTP_CHUNK_DATA : HTTP_TRAILER;
}

static void read_line(struct http_request *request) {
    size_t length = request->head_length - 1;
    if (length && request->head[length - 1] == '\r')
        length--;
    request->head_length = 0;
    if (request->phase == HTTP_CHUNK_SIZE)
        read_chunk_size(request, length);
    else if (request->phase == HTTP_CHUNK_END && length > 0)
        request_fail(request, 400);
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
    if (n <= 2 && head[n - 1] == '\n' && (n == 1 || head[0] == '\r')) {
        request->head_length = 0;
        return false;
    }
    return n >= 2 && head[n - 1] == '\n' &&
           (head[n - 2] == '\n' || (n >= 3 && head[n - 2] == '\r' && head[n - 3] == '\n'));
}

static size_t read_line_bytes(struct http_request *request, const uint8_t *bytes, size_t length) {
    size_t used = 0;
    enum http_phase phase = request->phase;
    while (used < length && request->phase == phase) {
        if (request->head_length == HTTP_HEAD_BYTES) {
            request_fail(request, 431);
            break;
        }
        char c = (char)bytes[used++];
        request->head[request->head_length++] = c;
        if (c != '\n')
            continue;
        if (phase != HTTP_HEAD)
            read_line(request);
        else if (head_is_whole(request))
            read_head(request);
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
