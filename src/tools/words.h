/* words: how the tools that look like iproute2's read their operands: addr, neigh, route. */
#ifndef TOOLS_WORDS_H
#define TOOLS_WORDS_H

#include <dobos/address.h>

#include "tools/task.h"

/* show or list, or what iproute2 takes for them: sh, ls, l, … */
bool word_is_show(const char *word);
/* An address alone is its own /32; "default" and "all" hold everything. An exit code, behind its
 * error, or TOOL_GOES_ON. */
int word_prefix(struct tool_task *task, const char *word, struct dobos_prefix *prefix);

/* What may stand behind `show`: a keyword with the place of its value. */
struct word_value {
    const char *keyword; /* "dev"; ends with NULL */
    const char **value;  /* where its value goes; NULL: it has none, and… */
    bool *flag;          /* …this becomes true */
};
bool word_is_known(const struct word_value *keywords, const char *word);
/* Reads the operands from `first` on. Word by word; a word that is no keyword is the value of
 * `plain` (NULL: refused). An exit code, or TOOL_GOES_ON. */
int words_read(struct tool_task *task, unsigned first, const struct word_value *keywords,
               const char **plain);

#endif
