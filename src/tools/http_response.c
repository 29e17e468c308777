/* http_response: see http_response.h. Answers 1xx are passed over (RFC 9110 §15.2). */
#include "tools/http_response.h"

#include <string.h>
#include <strings.h>

#define CHUNK_DIGITS 15 /* of a chunk's size, so that it fits */

void http_response_init(struct http_response *response, bool is_bodiless) {
    memset(response, 0, sizeof(*response));
    response->is_bodiless = is_bodiless;
    response->reason = "";
}

static void refuse(struct http_response *response, const char *reason) {
    response->phase = RESPONSE_BAD;
    response->reason = reason;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* "HTTP/1.1 200 OK" */
static void status_parse(struct http_response *response, const char *line, size_t length) {
    if (length < 12 || memcmp(line, "HTTP/1.", 7) != 0 || !is_digit(line[7]) || line[8] != ' ' ||
        !is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11]) ||
        (length > 12 && line[12] != ' ')) {
        refuse(response, "the answer does not begin with an HTTP/1 status line");
        return;
    }
    response->status = (uint16_t)((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
}

static void length_parse(struct http_response *response, const char *text, size_t length) {
    uint64_t number = 0;
    for (size_t i = 0; i < length; i++) {
        if (!is_digit(text[i]) || number > (UINT64_MAX - 9) / 10) {
            refuse(response, "Content-Length is not a number");
            return;
        }
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    if (length == 0 || (response->has_length && response->rest != number)) {
        refuse(response, length == 0 ? "Content-Length is empty" : "two lengths that differ");
        return;
    }
    response->has_length = true;
    response->rest = number;
}

static bool name_is(const char *line, size_t length, const char *name) {
    return length == strlen(name) && strncasecmp(line, name, length) == 0;
}

/* "Name: value" */
static void field_parse(struct http_response *response, const char *line, size_t length) {
    const char *colon = memchr(line, ':', length);
    if (!colon || colon == line) {
        refuse(response, "a field without a name");
        return;
    }
    size_t name = (size_t)(colon - line);
    const char *value = colon + 1;
    const char *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    size_t size = (size_t)(end - value);
    if (name_is(line, name, "Content-Length")) {
        length_parse(response, value, size);
    } else if (name_is(line, name, "Transfer-Encoding")) {
        response->is_chunked = name_is(value, size, "chunked");
        if (!response->is_chunked)
            refuse(response, "a Transfer-Encoding other than chunked");
    } else if (name_is(line, name, "Content-Type") && size < sizeof(response->type)) {
        memcpy(response->type, value, size);
        response->type[size] = '\0';
    }
}

/* What comes behind the head (RFC 9112 §6.3). */
static void body_begin(struct http_response *response) {
    uint16_t status = response->status;
    if (status >= 100 && status < 200) {
        http_response_init(response, response->is_bodiless);
        return;
    }
    if (response->is_bodiless || status == 204 || status == 304) {
        response->phase = RESPONSE_COMPLETE;
    } else if (response->is_chunked) {
        response->phase = RESPONSE_CHUNK_SIZE;
    } else if (response->has_length) {
        response->phase = response->rest > 0 ? RESPONSE_BODY : RESPONSE_COMPLETE;
    } else {
        response->phase = RESPONSE_BODY_OPEN;
    }
}

static void head_parse(struct http_response *response) {
    const char *at = response->head;
    const char *end = response->head + response->head_length;
    for (bool is_first = true; response->phase == RESPONSE_HEAD && at < end; is_first = false) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)(newline - at);
        if (length > 0 && at[length - 1] == '\r')
            length--;
        if (is_first)
            status_parse(response, at, length);
        else if (length > 0)
            field_parse(response, at, length);
        at = newline + 1;
    }
    if (response->phase == RESPONSE_HEAD)
        body_begin(response);
}

/* Takes one byte of the head; it ends with an empty line. */
static void head_take(struct http_response *response, char byte) {
    if (response->head_length == sizeof(response->head)) {
        refuse(response, "its head is longer than 16384 bytes");
        return;
    }
    response->head[response->head_length++] = byte;
    const char *end = response->head + response->head_length;
    size_t length = response->head_length;
    if (byte == '\n' &&
        ((length >= 2 && end[-2] == '\n') || (length >= 3 && end[-2] == '\r' && end[-3] == '\n')))
        head_parse(response);
}

/* "1a2b;extension": begins the chunk, or the trailer behind the last. */
static void chunk_begin(struct http_response *response) {
    uint64_t size = 0;
    size_t digits = 0;
    for (; digits < response->line_length; digits++) {
        char c = response->line[digits];
        char lower = (char)(c | 0x20);
        if (!is_digit(c) && (lower < 'a' || lower > 'f'))
            break;
        if (digits == CHUNK_DIGITS) {
            refuse(response, "a chunk too large");
            return;
        }
        size = size << 4 | (uint64_t)(is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    bool is_ended = digits == response->line_length || response->line[digits] == ';' ||
                    response->line[digits] == ' ';
    if (digits == 0 || !is_ended) {
        refuse(response, "a chunk without a size");
        return;
    }
    response->rest = size;
    response->phase = size > 0 ? RESPONSE_CHUNK_DATA : RESPONSE_TRAILER;
}

/* Takes one byte of a line outside head and body. */
static void line_take(struct http_response *response, char byte) {
    if (byte != '\n') {
        if (response->line_length == sizeof(response->line))
            refuse(response, "a chunk's line is too long");
        else
            response->line[response->line_length++] = byte;
        return;
    }
    if (response->line_length > 0 && response->line[response->line_length - 1] == '\r')
        response->line_length--;
    bool is_empty = response->line_length == 0;
    if (response->phase == RESPONSE_CHUNK_SIZE)
        chunk_begin(response);
    else if (response->phase == RESPONSE_CHUNK_END && is_empty)
        response->phase = RESPONSE_CHUNK_SIZE;
    else if (response->phase == RESPONSE_CHUNK_END)
        refuse(response, "a chunk longer than its size");
    else if (is_empty)
        response->phase = RESPONSE_COMPLETE;
    response->line_length = 0;
}

/* Takes a piece of body; returns its length. */
static size_t body_take(struct http_response *response, size_t length) {
    bool is_open = response->phase == RESPONSE_BODY_OPEN;
    size_t taken = !is_open && length > response->rest ? (size_t)response->rest : length;
    response->body_bytes += taken;
    if (is_open)
        return taken;
    response->rest -= taken;
    if (response->rest == 0)
        response->phase = response->phase == RESPONSE_BODY ? RESPONSE_COMPLETE : RESPONSE_CHUNK_END;
    return taken;
}

size_t http_response_read(struct http_response *response, const uint8_t *bytes, size_t length,
                          const uint8_t **body, size_t *body_length) {
    *body = NULL;
    *body_length = 0;
    for (size_t used = 0; used < length; used++) {
        switch (response->phase) {
        case RESPONSE_COMPLETE:
        case RESPONSE_BAD:
            return used;
        case RESPONSE_BODY:
        case RESPONSE_BODY_OPEN:
        case RESPONSE_CHUNK_DATA:
            *body = bytes + used;
            *body_length = body_take(response, length - used);
            return used + *body_length;
        case RESPONSE_HEAD:
            head_take(response, (char)bytes[used]);
            break;
        case RESPONSE_CHUNK_SIZE:
        case RESPONSE_CHUNK_END:
        case RESPONSE_TRAILER:
            line_take(response, (char)bytes[used]);
            break;
        }
    }
    return length;
}

bool http_response_end(struct http_response *response) {
    if (response->phase == RESPONSE_BODY_OPEN)
        response->phase = RESPONSE_COMPLETE;
    return response->phase == RESPONSE_COMPLETE;
}
