/* yaml_error: where a file is wrong, what is there, and what was expected, in one line. See yaml.h.
 */
#include <stdio.h>
#include <string.h>

#include "lab/lab.h"
#include "lab/yaml.h"

#define FILE_BYTES  260 /* a name that is cut before it gets here, with line and column */
#define PATH_BYTES  200
#define VALUE_BYTES 48

void yaml_path(const struct yaml_node *node, char *path, size_t room) {
    size_t at = room - 1;
    path[at] = '\0';
    bool is_cut = false;
    for (; node && node->parent && !is_cut; node = node->parent) {
        char part[96];
        const char *dot = node->parent->parent ? "." : "";
        const int length = node->key ? snprintf(part, sizeof part, "%s%s", dot, node->key)
                                     : snprintf(part, sizeof part, "[%u]", node->index);
        size_t n = length < 0 ? 0 : (size_t)length;
        if (n >= sizeof part)
            n = sizeof part - 1;
        is_cut = n + 3 > at;
        if (!is_cut) {
            at -= n;
            memcpy(path + at, part, n);
        }
    }
    if (is_cut) {
        at -= 3;
        memcpy(path + at, "...", 3);
    }
    memmove(path, path + at, room - at);
}

/* The text as one line of at most room − 1 bytes: what is not printable becomes '?', what is too
 * long is cut at a character's end. */
static void show(const char *text, char *shown, size_t room) {
    size_t n = 0;
    for (; text[n] && n + 4 < room; n++)
        shown[n] = (unsigned char)text[n] < 0x20 || text[n] == 0x7f ? '?' : text[n];
    if (text[n]) {
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        memcpy(shown + n, "...", 3);
        n += 3;
    }
    shown[n] = '\0';
}

static void show_value(const struct yaml_node *node, char *shown, size_t room) {
    if (node->kind == YAML_MAP)
        show("a map", shown, room);
    else if (node->kind == YAML_LIST)
        show("a list", shown, room);
    else if (yaml_is_nothing(node))
        show("nothing", shown, room);
    else if (!node->quoted)
        show(node->text, shown, room);
    else {
        show(node->text, shown + 1, room - 2);
        shown[0] = '"';
        const size_t length = strlen(shown);
        shown[length] = '"';
        shown[length + 1] = '\0';
    }
}

/* Starts the message; returns its length so far. */
static size_t begin(struct lab_error *error, const char *name, unsigned line, unsigned column,
                    const struct yaml_node *node) {
    char file[FILE_BYTES];
    char path[PATH_BYTES];
    char path_shown[PATH_BYTES];
    show(name, file, sizeof file);
    yaml_path(node, path, sizeof path);
    show(path, path_shown, sizeof path_shown);
    const int n = snprintf(error->text, sizeof error->text, "%s:%u:%u: %s%s", file, line, column,
                           path_shown, path_shown[0] ? ": " : "");
    return n < 0 ? 0 : (size_t)n;
}

static bool finish(struct lab_error *error, size_t length, const char *format, va_list arguments) {
    if (length < sizeof error->text)
        (void)vsnprintf(error->text + length, sizeof error->text - length, format, arguments);
    return false;
}

bool yaml_refuse(const struct yaml_document *document, const struct yaml_node *node,
                 struct lab_error *error, const char *format, ...) {
    char value[VALUE_BYTES];
    show_value(node, value, sizeof value);
    size_t n = begin(error, document->name, node->line, node->column, node);
    const int more = snprintf(error->text + n, sizeof error->text - n, "%s: ", value);
    n += more < 0 ? 0 : (size_t)more;
    va_list arguments;
    va_start(arguments, format);
    finish(error, n, format, arguments);
    va_end(arguments);
    return false;
}

bool yaml_refuse_key(const struct yaml_document *document, const struct yaml_node *node,
                     struct lab_error *error, const char *format, ...) {
    const bool has_key = node->key_line != 0;
    const size_t n = begin(error, document->name, has_key ? node->key_line : node->line,
                           has_key ? node->key_column : node->column, node);
    va_list arguments;
    va_start(arguments, format);
    finish(error, n, format, arguments);
    va_end(arguments);
    return false;
}

bool yaml_refuse_file(const char *name, struct lab_error *error, const char *format, ...) {
    char file[FILE_BYTES];
    show(name, file, sizeof file);
    const int n = snprintf(error->text, sizeof error->text, "%s: ", file);
    va_list arguments;
    va_start(arguments, format);
    finish(error, n < 0 ? 0 : (size_t)n, format, arguments);
    va_end(arguments);
    return false;
}
