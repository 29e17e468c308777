/*
 * http_head: what a request's head says (RFC 9112 §3, §5–§7, RFC 9110 §7–§10): method, target,
 * version, and the few fields that decide where the message ends and whether the connection goes
 * on. Strict, since two readers that cut a stream differently are how requests are smuggled: what
 * is malformed is refused, and so is every doubt about the length.
 */
#include "services/http_request.h"

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

static bool is_one_of(char c, const char *set) {
    while (*set && *set != c)
        set++;
    return *set != 0;
}

static bool is_alphanumeric(char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

/* A token character (RFC 9110 §5.6.2). */
static bool is_token(char c) {
    return is_alphanumeric(c) || is_one_of(c, "!#$%&'*+-.^_`|~");
}

static size_t find(const char *text, size_t length, char c) {
    size_t n = 0;
    while (n < length && text[n] != c)
        n++;
    return n;
}

/* ---- the request line ---- */

/* The method; false: it is none, or a longer one than there is. */
static bool read_method(struct http_request *request, const char *text, size_t length) {
    bool good = length > 0;
    for (size_t i = 0; i < length; i++)
        good = good && is_token(text[i]);
    if (!good || length >= sizeof(request->method)) {
        http_request_fail(request, good ? 501 : 400);
        return false;
    }
    memcpy(request->method, text, length);
    request->method[length] = 0;
    return true;
}

/* A major version that is not 1 is told apart from what is no version at all; a minor one above 1
 * is read as 1 (RFC 9110 §2.5). */
static bool read_version(struct http_request *request, const char *text, size_t length) {
    static const char begin[] = "HTTP/";
    bool good = length == 8 && memcmp(text, begin, sizeof(begin) - 1) == 0 && text[6] == '.' &&
                text[5] >= '0' && text[5] <= '9' && text[7] >= '0' && text[7] <= '9';
    if (!good || text[5] != '1') {
        http_request_fail(request, good ? 505 : 400);
        return false;
    }
    request->is_http_1_1 = text[7] != '0';
    return true;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

/* A path up to its query, percent-encoding undone; the status to fail with, or 0. */
static uint16_t read_path(struct http_request *request, const char *text, size_t length) {
    size_t room = sizeof(request->path), n = 0;
    for (size_t i = 0; i < length && text[i] != '?'; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
            c = low >= 0 ? (char)(high * 16 + low) : (char)0;
            i += 2;
        } else if (c == '#') {
            return 400;
        }
        if (c == 0)
            return 400;
        if (n + 1 == room)
            return 414;
        request->path[n++] = c;
    }
    request->path[n] = 0;
    return 0;
}

/* A host and perhaps a port (RFC 9110 §7.2); may be empty. */
static bool is_authority(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!is_alphanumeric(text[i]) && !is_one_of(text[i], "-._~%!$&'()*+;=:[]"))
            return false;
    }
    return true;
}

/* The four forms of a target (RFC 9112 §3.2): a path, a whole http URI, and for the two methods
 * that have them, an authority or an asterisk. */
static uint16_t read_target(struct http_request *request, const char *text, size_t length) {
    static const char scheme[] = "http://";
    const size_t scheme_length = sizeof(scheme) - 1;
    for (size_t i = 0; i < length; i++) {
        if (text[i] <= ' ' || text[i] > '~')
            return 400;
    }
    if (text_is_equal(request->method, "CONNECT"))
        return is_authority(text, length) ? 0 : 400;
    if (length == 1 && text[0] == '*')
        return text_is_equal(request->method, "OPTIONS") ? 0 : 400;
    if (length > scheme_length && is_word(text, scheme_length, scheme)) {
        text += scheme_length;
        length -= scheme_length;
        size_t authority = min_size(find(text, length, '/'), find(text, length, '?'));
        if (authority == 0 || !is_authority(text, authority))
            return 400;
        if (authority == length || text[authority] == '?')
            return read_path(request, "/", 1);
        text += authority;
        length -= authority;
    }
    return length > 0 && text[0] == '/' ? read_path(request, text, length) : 400;
}

/* method SP target SP version (RFC 9112 §3). */
static void read_request_line(struct http_request *request, const char *line, size_t length) {
    size_t method = find(line, length, ' ');
    if (!read_method(request, line, method))
        return;
    line += min_size(method + 1, length);
    length -= min_size(method + 1, length);
    size_t target = find(line, length, ' ');
    size_t rest = target < length ? target + 1 : length;
    if (!read_version(request, line + rest, length - rest))
        return;
    uint16_t status = read_target(request, line, target);
    if (status)
        http_request_fail(request, status);
}

/* ---- fields ---- */

/* The next element of a comma-separated list, white space around it and empty ones left out. */
static bool next_element(const char **text, size_t *rest, const char **element, size_t *length) {
    while (*rest > 0) {
        size_t n = find(*text, *rest, ',');
        const char *from = *text;
        size_t passed = min_size(n + 1, *rest);
        *text += passed;
        *rest -= passed;
        while (n > 0 && is_one_of(*from, " \t")) {
            from++;
            n--;
        }
        while (n > 0 && is_one_of(from[n - 1], " \t"))
            n--;
        *element = from;
        *length = n;
        if (n > 0)
            return true;
    }
    return false;
}

static void read_length(struct http_request *request, const char *value, size_t length) {
    uint64_t number = 0;
    bool good = length > 0 && length <= 18;
    for (size_t i = 0; i < length && good; i++) {
        good = value[i] >= '0' && value[i] <= '9';
        number = number * 10 + (uint64_t)(value[i] - '0');
    }
    if (!good || (request->has_length && request->body_length != number)) {
        http_request_fail(request, 400);
        return;
    }
    request->has_length = true;
    request->body_length = number;
}

/* chunked comes once, and last (RFC 9112 §6.1). */
static void read_codings(struct http_request *request, const char *value, size_t rest) {
    const char *coding;
    size_t length;
    while (next_element(&value, &rest, &coding, &length)) {
        if (request->is_chunked) {
            http_request_fail(request, 400);
            return;
        }
        if (is_word(coding, length, "chunked"))
            request->is_chunked = true;
        else
            request->has_coding = true;
    }
}

static void read_connection(struct http_request *request, const char *value, size_t rest) {
    const char *option;
    size_t length;
    while (next_element(&value, &rest, &option, &length)) {
        request->says_close |= is_word(option, length, "close");
        request->says_keep_alive |= is_word(option, length, "keep-alive");
    }
}

static void read_known_field(struct http_request *request, const char *name, size_t name_length,
                             const char *value, size_t length) {
    if (is_word(name, name_length, "host")) {
        if (request->has_host || !is_authority(value, length))
            http_request_fail(request, 400);
        request->has_host = true;
    } else if (is_word(name, name_length, "content-length")) {
        read_length(request, value, length);
    } else if (is_word(name, name_length, "transfer-encoding")) {
        read_codings(request, value, length);
    } else if (is_word(name, name_length, "connection")) {
        read_connection(request, value, length);
    } else if (is_word(name, name_length, "expect")) {
        request->expects_continue |= is_word(value, length, "100-continue");
    }
}

/* name ":" value; no space before the colon, no folded lines, no control characters [rfc9112#7]. */
static void read_field(struct http_request *request, const char *line, size_t length) {
    size_t name = 0;
    while (name < length && is_token(line[name]))
        name++;
    bool good = name > 0 && name < length && line[name] == ':';
    for (size_t i = name; i < length; i++)
        good = good && ((uint8_t)line[i] >= ' ' || line[i] == '\t') && line[i] != 0x7f;
    if (!good) {
        http_request_fail(request, 400);
        return;
    }
    const char *value = line + name + 1;
    size_t rest = length - name - 1;
    while (rest > 0 && is_one_of(*value, " \t")) {
        value++;
        rest--;
    }
    while (rest > 0 && is_one_of(value[rest - 1], " \t"))
        rest--;
    read_known_field(request, line, name, value, rest);
}

/* ---- the whole head ---- */

/* What the fields mean together (RFC 9112 §3.2, §6.3, §9.3) [rfc9112#1] [rfc9112#8]. */
static void judge(struct http_request *request) {
    bool coded = request->is_chunked || request->has_coding;
    if (request->is_http_1_1 && !request->has_host)
        http_request_fail(request, 400);
    else if (coded && (request->has_length || !request->is_http_1_1 || !request->is_chunked))
        http_request_fail(request, 400);
    else if (request->has_coding)
        http_request_fail(request, 501);
    if (request->phase == HTTP_BAD)
        return;
    request->keep_alive =
        !request->says_close && (request->is_http_1_1 || request->says_keep_alive);
    /* RFC 9110 §10.1.1: a 1.0 client cannot mean it. */
    request->expects_continue = request->expects_continue && request->is_http_1_1;
    request->body_rest = request->body_length;
    if (request->is_chunked)
        request->phase = HTTP_CHUNK_SIZE;
    else
        request->phase = request->body_length ? HTTP_BODY : HTTP_COMPLETE;
}

void http_head_parse(struct http_request *request) {
    size_t at = 0;
    while (request->phase == HTTP_HEAD && at < request->head_length) {
        const char *line = request->head + at;
        size_t length = find(line, request->head_length - at, '\n');
        bool is_first = at == 0;
        at += length + 1;
        if (length > 0 && line[length - 1] == '\r')
            length--;
        if (is_first)
            read_request_line(request, line, length);
        else if (length > 0)
            read_field(request, line, length);
    }
    if (request->phase == HTTP_HEAD)
        judge(request);
}
