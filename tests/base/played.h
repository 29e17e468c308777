/*
 * played: the main of a program that plays tests written as text, many in a file:
 *
 *     PROGRAM [-v] [--list] [--only PATH:LINE] FILE…
 *
 * It prints TAP, one test each. --list prints PATH:LINE, what each names as its line of the code,
 * its title and what else there is to say, with tabs between. -v shows what goes over the wire.
 */
#ifndef TESTS_PLAYED_H
#define TESTS_PLAYED_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct played {
    bool lists, is_loud;
    const char *only; /* PATH:LINE; NULL: all */
    unsigned passed, failed;
};

/* One test of a file. */
struct played_test {
    const char *path;      /* borrowed, as all texts */
    unsigned line;         /* its head's, from 1 */
    const char *title;     /* what it says of itself */
    const char *mutation;  /* the line of the code that it names; "": none */
    const char *behaviour; /* that it belongs to; NULL: there are none */
};

/* A file's text (give) and its length; NULL: it cannot be read. */
static inline char *played_text_read(const char *path, size_t *length) {
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    (void)fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    char *text = calloc(1, *length + 1);
    bool is_read = text && fread(text, 1, *length, file) == *length;
    (void)fclose(file);
    if (is_read)
        return text;
    free(text);
    return NULL;
}

/* What a line says behind "mutate "; NULL: it is another. */
static inline const char *played_mutation(const char *text) {
    return strncmp(text, "mutate ", 7) == 0 ? text + 7 : NULL;
}

/* Whether the test shall be played: the words may want another, or the list. */
static inline bool played_wants(struct played *played, const struct played_test *test) {
    char place[4096];
    (void)snprintf(place, sizeof(place), "%s:%u", test->path, test->line);
    if (played->only && strcmp(played->only, place) != 0)
        return false;
    if (!played->lists)
        return true;
    printf("%s\t%s\t%s%s%s\n", place, test->mutation, test->title, test->behaviour ? "\t" : "",
           test->behaviour ? test->behaviour : "");
    played->passed++;
    return false;
}

/* Says what came of it; fault: "" if nothing is wrong. */
static inline void played_tell(struct played *played, const struct played_test *test,
                               const char *fault) {
    const char *slash = strrchr(test->path, '/'), *base = slash ? slash + 1 : test->path;
    *(*fault ? &played->failed : &played->passed) += 1;
    printf("%s %u - %.*s: %s\n", *fault ? "not ok" : "ok", played->passed + played->failed,
           (int)strcspn(base, "."), base, test->title);
    for (size_t length; *fault; fault += length) {
        length = strcspn(fault, "\n");
        printf("# %.*s\n", (int)length, fault);
        length += fault[length] == '\n';
    }
}

/* `play_file` plays the tests of a file; false: it cannot be read, or holds none, and has said so.
 */
static inline int played_run(int count, char **words,
                             bool (*play_file)(const char *path, struct played *played)) {
    struct played played = {0};
    int status = 0;
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "-v") == 0)
            played.is_loud = true;
        else if (strcmp(words[i], "--list") == 0)
            played.lists = true;
        else if (strcmp(words[i], "--only") == 0 && i + 1 < count)
            played.only = words[++i];
        else if (!play_file(words[i], &played))
            status = 1;
    }
    if (!played.lists)
        printf("1..%u\n", played.passed + played.failed);
    return status || played.failed > 0 || played.passed == 0;
}

#endif
