/*
 * sink: text that a tool writes. It grows as needed; when memory runs out it stays as it was and
 * says so once, in `failed`: who writes need not look, who shows the text looks at the end. Tools
 * write nowhere else: no descriptor, no terminal.
 */
#ifndef TOOLS_SINK_H
#define TOOLS_SINK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct sink {
    char *text;    /* owned; NUL behind the last byte; NULL before the first write */
    size_t length; /* bytes of text, without the NUL */
    size_t room;   /* bytes allocated, 0 or more than length */
    bool failed;   /* memory ran out; what was written since is missing */
};

/* An empty sink is {0}; fini gives its memory back and leaves it empty. */
void sink_init(struct sink *sink);
void sink_fini(struct sink *sink);
/* Empties it and keeps its memory; forgets a failure. */
void sink_clear(struct sink *sink);
/* The text; "" when nothing was written. Borrowed until the next write. */
const char *sink_text(const struct sink *sink);

/* Takes back all but the first `length` bytes. */
void sink_cut(struct sink *sink, size_t length);

/* printf's formats. */
__attribute__((format(printf, 2, 3))) void sink_format(struct sink *sink, const char *format, ...);
__attribute__((format(printf, 2, 0))) void sink_vformat(struct sink *sink, const char *format,
                                                        va_list arguments);
/* Bytes as they are; NULs too. */
void sink_append(struct sink *sink, const void *bytes, size_t length);
void sink_put(struct sink *sink, const char *text);

/* Puts spaces up to `column` bytes behind the last newline; one at least when the line is that long
 * already. */
void sink_pad(struct sink *sink, size_t column);

#endif
