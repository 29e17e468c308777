/* zone_files: see zone_files.h. */
#include "lab/zone_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/text_file.h"
#include "lab/yaml.h"

#define ZONE_FILE_BYTES ((size_t)256 << 20)
#define ZONE_QUOTE      56 /* of a file's text in an error, with what is around it */

static int zone_files_open(void *context, const char *file, const char *include, const char **text,
                           size_t *length, const char **reason) {
    struct zone_files *files = context;
    char own[TEXT_FILE_PATH], path[TEXT_FILE_PATH];
    char *read = NULL;
    *reason = files->why.text;
    if (!text_file_beside(file, files->folder, own))
        (void)snprintf(files->why.text, sizeof files->why.text, "%s", strerror(ENAMETOOLONG));
    else if (!include)
        read = text_file_read(file, files->folder, ZONE_FILE_BYTES, path, length, &files->why);
    else
        read = text_file_read(include, own, ZONE_FILE_BYTES, path, length, &files->why);
    if (read && include && !text_file_is_within(path, own)) {
        free(read);
        read = NULL;
        (void)snprintf(files->why.text, sizeof files->why.text,
                       "it leads out of the zone file's folder");
    }
    *text = read;
    return read ? 0 : -DOBOS_EIO;
}

static void zone_files_close(void *context, const char *text) {
    (void)context;
    free((void *)(uintptr_t)text);
}

void zone_files_init(struct zone_files *files, const char *folder) {
    *files = (struct zone_files){
        .calls = {.context = files, .open = zone_files_open, .close = zone_files_close},
        .folder = folder};
}

/* The end of what the file has at a place: of a text between quotes, or of a word. */
static size_t word_length(const char *text, size_t length) {
    const bool is_quoted = length > 0 && text[0] == '"';
    size_t at = 1;
    if (length > 0 && strchr("()", text[0]))
        return 1;
    while (at < length && text[at] != '\n' && text[at] != '\r' &&
           !(is_quoted ? text[at - 1] == '"' && at > 1 : strchr(" \t;()", text[at]) != NULL))
        at += text[at] == '\\' && at + 1 < length ? 2 : 1;
    return at < length ? at : length;
}

/* What stands where a file is wrong, and ": " behind it; "" when it is gone. */
static void word_quote(const struct dobos_dns_fault *fault, const char *own,
                       char quote[ZONE_QUOTE]) {
    char path[TEXT_FILE_PATH];
    struct lab_error ignored;
    size_t length, at = 0;
    quote[0] = '\0';
    char *text =
        text_file_read(fault->include[0] ? fault->include : own, fault->include[0] ? own : "",
                       ZONE_FILE_BYTES, path, &length, &ignored);
    for (uint32_t line = 1; text && line < fault->line && at < length; line++) {
        const char *end = memchr(text + at, '\n', length - at);
        at = end ? (size_t)(end - text) + 1 : length;
    }
    at += fault->column - 1;
    if (text && (at >= length || text[at] == '\n' || text[at] == '\r')) {
        (void)snprintf(quote, ZONE_QUOTE, "the end of the line: ");
    } else if (text) {
        const size_t whole = word_length(text + at, length - at);
        const int shown = whole < ZONE_QUOTE - 8 ? (int)whole : ZONE_QUOTE - 8;
        (void)snprintf(quote, ZONE_QUOTE, "%.*s%s: ", shown, text + at,
                       (size_t)shown < whole ? "..." : "");
        for (int i = 0; i < shown; i++)
            if (quote[i] < ' ' || quote[i] > '~')
                quote[i] = '?';
    }
    free(text);
}

bool zone_files_refuse(const struct zone_files *files, const struct dobos_dns_fault *fault,
                       const struct yaml_document *document, const struct yaml_node *at,
                       struct lab_error *error) {
    char own[TEXT_FILE_PATH], path[2 * TEXT_FILE_PATH], quote[ZONE_QUOTE] = "";
    const bool is_unread = fault->reason == files->why.text;
    if (is_unread && fault->line == 0)
        return yaml_refuse(document, at, error, "%s: expected a zone file", fault->reason);
    if (!text_file_beside(fault->file, files->folder, own))
        return yaml_refuse(document, at, error, "%s", fault->reason);
    const char *slash = strrchr(own, '/');
    const int folder = slash && fault->include[0] ? (int)(slash - own) + 1 : 0;
    int length = snprintf(path, sizeof path, "%.*s%s", folder, own,
                          fault->include[0] ? fault->include : own);
    if (fault->line > 0)
        word_quote(fault, own, quote);
    if (fault->line > 0 && length > 0 && (size_t)length < sizeof path)
        (void)snprintf(path + length, sizeof path - (size_t)length, ":%u:%u", fault->line,
                       fault->column);
    return yaml_refuse_file(path, error, "%s%s%s", quote, fault->reason,
                            is_unread ? ": expected a file to include" : "");
}
