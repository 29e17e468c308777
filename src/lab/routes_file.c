/* routes_file: see routes_file.h. Addresses are read as everywhere, and as strictly. */
#include "lab/routes_file.h"

#include <stdio.h>
#include <string.h>

#include "base/prefix.h"
#include "lab/yaml.h"

#define WORD_BYTES 40 /* of a word that is shown */

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* A word of a line; begin == end: there is none. */
struct word {
    const char *begin; /* first */
    const char *end;   /* behind the last */
};

/* The next word of the line, which the reading then stands behind. */
static struct word word_next(struct routes_file *file) {
    while (file->at < file->end && is_space(*file->at))
        file->at++;
    struct word word = {file->at, file->at};
    while (word.end < file->end && !is_space(*word.end) && *word.end != '\n' && *word.end != '#')
        word.end++;
    file->at = word.end;
    return word;
}

static bool word_is(struct word word, const char *text) {
    const size_t length = strlen(text);
    return (size_t)(word.end - word.begin) == length && memcmp(word.begin, text, length) == 0;
}

/* The word as text, cut where it is too long. */
static void word_copy(struct word word, char text[WORD_BYTES]) {
    size_t length = (size_t)(word.end - word.begin);
    length = length < WORD_BYTES ? length : WORD_BYTES - 1;
    for (size_t i = 0; i < length; i++)
        text[i] = (unsigned char)word.begin[i] < 0x20 || (unsigned char)word.begin[i] > 0x7e
                      ? '?'
                      : word.begin[i];
    text[length] = '\0';
}

static enum routes_file_result refuse_word(const struct routes_file *file, struct word word,
                                           struct lab_error *error, const char *expected,
                                           const char *reason) {
    char text[WORD_BYTES];
    word_copy(word, text);
    (void)snprintf(error->text, sizeof error->text, "%.200s:%u:%u: %s: expected %s%s%s%s",
                   file->name, file->line, (unsigned)(word.begin - file->row) + 1,
                   word.begin == word.end ? "nothing" : text, expected, reason ? " (" : "",
                   reason ? reason : "", reason ? ")" : "");
    return ROUTES_FILE_FAULT;
}

static enum routes_file_result read_prefix(const struct routes_file *file, struct word word,
                                           struct dobos_prefix *prefix, struct lab_error *error) {
    char text[WORD_BYTES];
    const char *reason = NULL;
    if (word_is(word, "default")) {
        *prefix = (struct dobos_prefix){dobos_address_ipv4(0), 0};
        return ROUTES_FILE_ENTRY;
    }
    word_copy(word, text);
    if (dobos_prefix_parse(text, prefix, &reason) == 0)
        return ROUTES_FILE_ENTRY;
    return refuse_word(file, word, error, "a prefix such as 192.0.2.0/24, or default", reason);
}

static enum routes_file_result read_address(const struct routes_file *file, struct word word,
                                            struct dobos_address *address,
                                            struct lab_error *error) {
    char text[WORD_BYTES];
    const char *reason = NULL;
    word_copy(word, text);
    if (dobos_address_parse(text, address, &reason) == 0)
        return ROUTES_FILE_ENTRY;
    return refuse_word(file, word, error, "the next hop's address such as 192.0.2.1", reason);
}

void routes_file_begin(struct routes_file *file, const char *name, const char *text,
                       size_t length) {
    *file = (struct routes_file){
        .name = name, .begin = text, .at = text, .end = text + length, .row = text};
}

/* Goes to the next line; false: there is none. */
static bool line_next(struct routes_file *file) {
    if (file->line > 0) {
        const char *newline = memchr(file->at, '\n', (size_t)(file->end - file->at));
        file->at = newline ? newline + 1 : file->end;
    }
    file->line++;
    file->row = file->at;
    return file->at < file->end;
}

static enum routes_file_result read_entry(struct routes_file *file, struct word to,
                                          struct routes_file_entry *entry,
                                          struct lab_error *error) {
    if (read_prefix(file, to, &entry->to, error) != ROUTES_FILE_ENTRY)
        return ROUTES_FILE_FAULT;
    const struct dobos_address network = prefix_network(&entry->to);
    if (!dobos_address_is_equal(&network, &entry->to.address)) {
        const struct dobos_prefix meant = {network, entry->to.length};
        char text[DOBOS_PREFIX_TEXT];
        char expected[DOBOS_PREFIX_TEXT + 60];
        (void)dobos_prefix_format(&meant, text);
        (void)snprintf(expected, sizeof expected, "a network, without bits behind its length: %s",
                       text);
        return refuse_word(file, to, error, expected, NULL);
    }
    const struct word via = word_next(file);
    if (!word_is(via, "via"))
        return refuse_word(file, via, error, "via", NULL);
    const struct word hop = word_next(file);
    if (read_address(file, hop, &entry->via, error) != ROUTES_FILE_ENTRY)
        return ROUTES_FILE_FAULT;
    const struct word more = word_next(file);
    if (more.begin != more.end)
        return refuse_word(file, more, error, "nothing more on the line", NULL);
    return ROUTES_FILE_ENTRY;
}

enum routes_file_result routes_file_next(struct routes_file *file, struct routes_file_entry *entry,
                                         struct lab_error *error) {
    while (line_next(file)) {
        const struct word to = word_next(file);
        if (to.begin != to.end)
            return read_entry(file, to, entry, error);
    }
    return ROUTES_FILE_END;
}

bool routes_file_refuse(const struct routes_file *file, uint32_t line,
                        const struct routes_file_entry *entry, struct lab_error *error,
                        const char *expected) {
    struct routes_file again;
    char to[DOBOS_PREFIX_TEXT];
    char via[DOBOS_ADDRESS_TEXT];
    routes_file_begin(&again, file->name, file->begin, (size_t)(file->end - file->begin));
    while (again.line < line && line_next(&again)) {
    }
    const struct word word = word_next(&again);
    (void)dobos_prefix_format(&entry->to, to);
    (void)dobos_address_format(&entry->via, via);
    (void)snprintf(error->text, sizeof error->text, "%.200s:%u:%u: %s via %s: %s", file->name, line,
                   (unsigned)(word.begin - again.row) + 1, to, via, expected);
    return false;
}
