/*
 * text: the files of packet scripts (docs/packet-scripts.md), read into lines: blocks with a head
 * at the margin ("script: TITLE", "opening NAME") and indented lines below it.
 */
#ifndef TESTS_PACKETS_TEXT_H
#define TESTS_PACKETS_TEXT_H

#include <stdbool.h>

struct line {
    const char *path; /* borrowed */
    unsigned number;  /* from 1 */
    bool is_head;     /* stands at the margin */
    char *text;       /* without comment and blanks around */
};

struct text {
    const char *path; /* borrowed */
    char *bytes;
    struct line *lines;
    unsigned count, room;
};

/* False: the file cannot be read. */
bool text_read(struct text *text, const char *path);
void text_free(struct text *text);
/* The next line from `from` on whose head begins so; the count: none. */
unsigned text_head(const struct text *text, unsigned from, const char *head);
/* The number of the first line behind the block whose head is line `at`. */
unsigned text_block_end(const struct text *text, unsigned at);

#endif
