/* control_request: see control_request.h. Every key is known or refused, so that a mistyped one is
 * not silently nothing. */
#include "os/control_request.h"

#include <string.h>

#define CHUNK_BYTES 16384 /* of a tool's text in one line, at most */

struct key {
    const char *name; /* "node" */
    unsigned kinds;   /* a bit for each control_kind that has it */
    /* Reads the value; false: *reason says what is expected. */
    bool (*read)(struct control_request *request, const json_t *value, struct sink *reason);
};

static bool read_node(struct control_request *request, const json_t *value, struct sink *reason) {
    request->node = json_string_value(value);
    if (!request->node)
        sink_put(reason, "node: expected a name");
    return request->node != NULL;
}

static bool read_arguments(struct control_request *request, const json_t *value,
                           struct sink *reason) {
    const size_t count = json_array_size(value);
    bool is_good = count > 0 && count <= CONTROL_WORDS;
    for (size_t i = 0; i < count && is_good; i++) {
        request->words[i] = json_string_value(json_array_get(value, i));
        is_good = request->words[i] != NULL;
    }
    if (!is_good)
        sink_format(reason, "arguments: expected a list of 1 to %d texts, a tool's name first",
                    CONTROL_WORDS);
    request->word_count = is_good ? (int)count : 0;
    return is_good;
}

static bool read_json(struct control_request *request, const json_t *value, struct sink *reason) {
    request->wants_json = json_is_true(value);
    if (!json_is_boolean(value))
        sink_put(reason, "json: expected true or false");
    return json_is_boolean(value);
}

static bool read_bare(struct control_request *request, const json_t *value, struct sink *reason) {
    request->is_bare = json_is_true(value);
    if (!json_is_boolean(value))
        sink_put(reason, "bare: expected true or false");
    return json_is_boolean(value);
}

static bool read_nothing(struct control_request *request, const json_t *value,
                         struct sink *reason) {
    (void)request;
    (void)value;
    (void)reason;
    return true;
}

#define BIT(kind) (1U << (kind))

static bool keys_read(struct control_request *request, struct sink *reason) {
    static const struct key keys[] = {
        {"do", ~0U, read_nothing},
        {"node", BIT(CONTROL_RUN) | BIT(CONTROL_TAKE), read_node},
        {"arguments", BIT(CONTROL_RUN), read_arguments},
        {"json", BIT(CONTROL_RUN), read_json},
        {"bare", BIT(CONTROL_TAKE), read_bare},
    };
    const char *name;
    json_t *value;
    json_object_foreach(request->json, name, value) {
        const struct key *known = NULL;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            if (strcmp(keys[i].name, name) == 0 && (keys[i].kinds & BIT(request->kind)))
                known = &keys[i];
        if (!known) {
            sink_format(reason, "%.40s: no such key here", name);
            return false;
        }
        if (!known->read(request, value, reason))
            return false;
    }
    return true;
}

static bool kind_read(struct control_request *request, struct sink *reason) {
    static const char *const kinds[] = {[CONTROL_RUN] = "run",
                                        [CONTROL_INTERRUPT] = "interrupt",
                                        [CONTROL_NETWORK] = "network",
                                        [CONTROL_TAKE] = "take",
                                        [CONTROL_ATTACH] = "attach"};
    const char *asked = json_string_value(json_object_get(request->json, "do"));
    for (size_t i = 0; asked && i < sizeof kinds / sizeof kinds[0]; i++) {
        request->kind = (enum control_kind)i;
        if (strcmp(kinds[i], asked) == 0)
            return true;
    }
    sink_put(reason, "do: expected run, interrupt, network, take or attach");
    return false;
}

bool control_request_parse(const char *line, size_t length, struct control_request *request,
                           struct sink *reason) {
    json_error_t error;
    *request = (struct control_request){0};
    request->json = json_loadb(line, length, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(request->json)) {
        sink_format(reason, "expected a JSON object in a line: %s",
                    request->json ? "it is something else" : error.text);
    } else if (kind_read(request, reason) && keys_read(request, reason)) {
        if (request->kind != CONTROL_RUN || request->word_count > 0)
            return true;
        sink_put(reason, "arguments: expected, beside do: run");
    }
    control_request_fini(request);
    return false;
}

void control_request_fini(struct control_request *request) {
    json_decref(request->json);
    *request = (struct control_request){0};
}

/* ---- answers ---- */

static int append(const char *bytes, size_t length, void *sink) {
    sink_append(sink, bytes, length);
    return 0;
}

void control_line_put(struct sink *lines, json_t *object) {
    if (!object || json_dump_callback(object, append, lines, JSON_COMPACT | JSON_PRESERVE_ORDER))
        lines->failed = true;
    sink_put(lines, "\n");
    json_decref(object);
}

/* One line. The bytes, at most CHUNK_BYTES, are no text: base64 (RFC 4648 §4). */
static void bytes_put(struct sink *lines, const char *name, const char *bytes, size_t length) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[(CHUNK_BYTES + 2) / 3 * 4];
    size_t written = 0;
    for (size_t at = 0; at < length; at += 3) {
        const size_t have = length - at < 3 ? length - at : 3;
        unsigned group = 0;
        for (size_t i = 0; i < 3; i++)
            group = group << 8 | (i < have ? (unsigned char)bytes[at + i] : 0U);
        for (size_t i = 0; i < 4; i++)
            text[written++] = i <= have ? digits[group >> (18 - 6 * i) & 63] : '=';
    }
    sink_format(lines, "{\"%s_base64\":\"", name);
    sink_append(lines, text, written);
    sink_put(lines, "\"}\n");
}

void control_text_put(struct sink *lines, const char *name, const char *bytes, size_t length) {
    for (size_t at = 0; at < length;) {
        size_t piece = length - at < CHUNK_BYTES ? length - at : CHUNK_BYTES;
        /* Not within a character, if these are characters. */
        for (unsigned i = 0; i < 3 && at + piece < length && (bytes[at + piece] & 0xc0) == 0x80;
             i++)
            piece--;
        json_t *text = memchr(bytes + at, '\0', piece) ? NULL : json_stringn(bytes + at, piece);
        if (text)
            control_line_put(lines, json_pack("{s:o}", name, text));
        else
            bytes_put(lines, name, bytes + at, piece);
        at += piece;
    }
}

static int digit_of(char letter) {
    if (letter >= 'A' && letter <= 'Z')
        return letter - 'A';
    if (letter >= 'a' && letter <= 'z')
        return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9')
        return letter - '0' + 52;
    return letter == '+' ? 62 : letter == '/' ? 63 : -1;
}

static void base64_read(const char *text, struct sink *bytes) {
    char room[4096];
    size_t length = 0;
    unsigned group = 0, bits = 0;
    for (int digit; (digit = digit_of(*text)) >= 0; text++) {
        group = (group << 6 | (unsigned)digit) & 0xffff;
        bits += 6;
        if (bits < 8)
            continue;
        bits -= 8;
        room[length++] = (char)(group >> bits & 255);
        if (length == sizeof room) {
            sink_append(bytes, room, length);
            length = 0;
        }
    }
    sink_append(bytes, room, length);
}

bool control_text_read(const json_t *object, const char *name, struct sink *bytes) {
    char coded[64];
    const json_t *text = json_object_get(object, name);
    if (json_is_string(text)) {
        sink_append(bytes, json_string_value(text), json_string_length(text));
        return true;
    }
    (void)snprintf(coded, sizeof coded, "%s_base64", name);
    const char *base64 = json_string_value(json_object_get(object, coded));
    if (base64)
        base64_read(base64, bytes);
    return base64 != NULL;
}
