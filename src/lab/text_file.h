/*
 * text_file: a file that a network file names, read whole: a regular one, of at most so many bytes.
 */
#ifndef LAB_TEXT_FILE_H
#define LAB_TEXT_FILE_H

#include <stddef.h>

#include "lab/network.h"

#define TEXT_FILE_PATH 4096 /* longest path, with its NUL */

/*
 * Reads a file. A relative name is looked for in the folder of `folder`, which is the path of any
 * file in it. Returns its bytes (give; not ended by NUL), and *path, where it was found; NULL:
 * error->text is why, without the name. `limit`: bytes, whole MiB.
 */
char *text_file_read(const char *name, const char *folder, size_t limit, char path[TEXT_FILE_PATH],
                     size_t *length, struct lab_error *error);
/* That path; false: it is too long. */
bool text_file_beside(const char *name, const char *folder, char path[TEXT_FILE_PATH]);
/* Whether a file is in the folder of `folder` or below it once all symbolic links are followed. */
bool text_file_is_within(const char *path, const char *folder);

#endif
