/* zone_files: see zone_files.h. */
#include "lab/zone_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/text_file.h"
#include "lab/yaml.h"

#define ZONE_FILE_BYTES ((size_t)256 << 20)

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

bool zone_files_refuse(const struct zone_files *files, const struct dobos_dns_fault *fault,
                       const struct yaml_document *document, const struct yaml_node *at,
                       struct lab_error *error) {
    char own[TEXT_FILE_PATH], path[2 * TEXT_FILE_PATH];
    const bool is_unread = fault->reason == files->why.text;
    if (is_unread && fault->line == 0)
        return yaml_refuse(document, at, error, "%s: expected a zone file", fault->reason);
    if (!text_file_beside(fault->file, files->folder, own))
        return yaml_refuse(document, at, error, "%s", fault->reason);
    const char *slash = strrchr(own, '/');
    const int folder = slash && fault->include[0] ? (int)(slash - own) + 1 : 0;
    int length = snprintf(path, sizeof path, "%.*s%s", folder, own,
                          fault->include[0] ? fault->include : own);
    if (fault->line > 0 && length > 0 && (size_t)length < sizeof path)
        (void)snprintf(path + length, sizeof path - (size_t)length, ":%u:%u", fault->line,
                       fault->column);
    return yaml_refuse_file(path, error, "%s%s", fault->reason,
                            is_unread ? ": expected a file to include" : "");
}
