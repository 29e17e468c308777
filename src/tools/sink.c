/* sink: see sink.h. */
#include "tools/sink.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 256

void sink_init(struct sink *sink) {
    *sink = (struct sink){0};
}

void sink_fini(struct sink *sink) {
    free(sink->text);
    sink_init(sink);
}

void sink_clear(struct sink *sink) {
    sink->length = 0;
    sink->failed = false;
    if (sink->text)
        sink->text[0] = 0;
}

void sink_cut(struct sink *sink, size_t length) {
    if (sink->failed || !sink->text || length >= sink->length)
        return;
    sink->length = length;
    sink->text[length] = '\0';
}

const char *sink_text(const struct sink *sink) {
    return sink->text ? sink->text : "";
}

/* Room for `more` bytes and a NUL behind the text; NULL (and failed) when there is no memory. */
static char *sink_reserve(struct sink *sink, size_t more) {
    if (sink->failed || more > SIZE_MAX / 4 - sink->length) {
        sink->failed = true;
        return NULL;
    }
    size_t room = sink->room > 0 ? sink->room : FIRST_ROOM;
    while (room < sink->length + more + 1)
        room *= 2;
    if (room != sink->room) {
        char *text = realloc(sink->text, room);
        if (!text) {
            sink->failed = true;
            return NULL;
        }
        sink->text = text;
        sink->room = room;
    }
    return sink->text + sink->length;
}

void sink_append(struct sink *sink, const void *bytes, size_t length) {
    char *at = sink_reserve(sink, length);
    if (!at)
        return;
    if (length > 0)
        memcpy(at, bytes, length);
    at[length] = 0;
    sink->length += length;
}

void sink_put(struct sink *sink, const char *text) {
    sink_append(sink, text, strlen(text));
}

void sink_vformat(struct sink *sink, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *at = length < 0 ? NULL : sink_reserve(sink, (size_t)length);
    if (at) {
        (void)vsnprintf(at, (size_t)length + 1, format, again);
        sink->length += (size_t)length;
    } else {
        sink->failed = true;
    }
    va_end(again);
}

void sink_format(struct sink *sink, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sink_vformat(sink, format, arguments);
    va_end(arguments);
}

void sink_pad(struct sink *sink, size_t column) {
    size_t line = 0;
    while (line < sink->length && sink->text[sink->length - line - 1] != '\n')
        line++;
    size_t spaces = line < column ? column - line : 1;
    char *at = sink_reserve(sink, spaces);
    if (!at)
        return;
    memset(at, ' ', spaces);
    at[spaces] = 0;
    sink->length += spaces;
}
