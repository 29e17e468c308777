/* text: see text.h. */
#include "text.h"

#include <stdlib.h>
#include <string.h>

#include "../base/played.h"

static bool line_add(struct text *text, unsigned number, char *line) {
    if (text->count == text->room) {
        text->room = text->room * 2 + 256;
        text->lines = realloc(text->lines, text->room * sizeof(*text->lines));
        if (!text->lines)
            return false;
    }
    size_t indent = strspn(line, " "), length = strlen(line);
    while (length > indent && line[length - 1] == ' ')
        line[--length] = 0;
    if (length == indent || line[indent] == '#')
        return true;
    text->lines[text->count++] = (struct line){text->path, number, indent == 0, line + indent};
    return true;
}

bool text_read(struct text *text, const char *path) {
    *text = (struct text){.path = path};
    size_t size = 0;
    text->bytes = played_text_read(path, &size);
    if (!text->bytes)
        return false;
    char *at = text->bytes;
    for (unsigned number = 1; *at; number++) {
        size_t length = strcspn(at, "\n");
        bool ends = at[length] == 0;
        at[length] = 0;
        if (!line_add(text, number, at))
            return false;
        at += length + !ends;
    }
    return true;
}

void text_free(struct text *text) {
    free(text->bytes);
    free(text->lines);
}

unsigned text_head(const struct text *text, unsigned from, const char *head) {
    while (from < text->count &&
           (!text->lines[from].is_head || strncmp(text->lines[from].text, head, strlen(head)) != 0))
        from++;
    return from;
}

unsigned text_block_end(const struct text *text, unsigned at) {
    for (at++; at < text->count && !text->lines[at].is_head; at++) {
    }
    return at;
}
