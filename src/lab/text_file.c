/* text_file: see text_file.h. */
#include "lab/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool text_file_beside(const char *name, const char *folder, char path[TEXT_FILE_PATH]) {
    const char *slash = name[0] == '/' ? NULL : strrchr(folder, '/');
    const int length = slash ? (int)(slash - folder) + 1 : 0;
    const int made = snprintf(path, TEXT_FILE_PATH, "%.*s%s", length, folder, name);
    return made > 0 && made < TEXT_FILE_PATH;
}

static char *unread(struct lab_error *error, const char *why) {
    (void)snprintf(error->text, sizeof error->text, "%s", why);
    return NULL;
}

/* A file of the disk, open; NULL with *error. To open a pipe or a device could wait for ever, and
 * so could reading it. */
static FILE *open_regular(const char *path, struct lab_error *error) {
    struct stat status;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const bool is_there = descriptor >= 0 && fstat(descriptor, &status) == 0;
    FILE *file = is_there && S_ISREG(status.st_mode) ? fdopen(descriptor, "rbe") : NULL;
    if (file)
        return file;
    (void)unread(error, !is_there || S_ISREG(status.st_mode) ? strerror(errno)
                        : S_ISDIR(status.st_mode)            ? strerror(EISDIR)
                                                             : "it is no regular file");
    if (descriptor >= 0)
        (void)close(descriptor);
    return NULL;
}

/* The bytes of an open file; NULL with *error. */
static char *read_all(FILE *file, size_t limit, size_t *length, struct lab_error *error) {
    size_t room = 1 << 16;
    char *text = malloc(room);
    *length = 0;
    while (text && (*length += fread(text + *length, 1, room - *length, file)) == room &&
           room < 2 * limit) {
        char *larger = realloc(text, room *= 2);
        if (!larger)
            free(text);
        text = larger;
    }
    const int fault = ferror(file) ? errno : 0;
    if (text && !fault && *length <= limit)
        return text;
    if (fault)
        (void)unread(error, strerror(fault));
    else if (text)
        (void)snprintf(error->text, sizeof error->text, "it has more than %zu MiB", limit >> 20);
    else
        (void)unread(error, "no memory");
    free(text);
    return NULL;
}

char *text_file_read(const char *name, const char *folder, size_t limit, char path[TEXT_FILE_PATH],
                     size_t *length, struct lab_error *error) {
    if (!text_file_beside(name, folder, path))
        return unread(error, strerror(name[0] ? ENAMETOOLONG : ENOENT));
    FILE *file = open_regular(path, error);
    if (!file)
        return NULL;
    char *text = read_all(file, limit, length, error);
    (void)fclose(file);
    return text;
}

bool text_file_is_within(const char *path, const char *folder) {
    char above[TEXT_FILE_PATH];
    if (!text_file_beside(".", folder, above))
        return false;
    char *outer = realpath(above, NULL), *inner = realpath(path, NULL);
    const size_t length = outer ? strlen(outer) : 0;
    const bool is_within = outer && inner && strncmp(inner, outer, length) == 0 &&
                           (inner[length] == '/' || strcmp(outer, "/") == 0);
    free(outer);
    free(inner);
    return is_within;
}
