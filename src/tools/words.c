/* words: see words.h. */
#include "tools/words.h"

#include <string.h>

#include "base/prefix.h"

bool word_is_show(const char *word) {
    static const char *const names[] = {"show", "list", "lst"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (word[0] != '\0' && strncmp(names[i], word, strlen(word)) == 0)
            return true;
    }
    return strcmp(word, "ls") == 0;
}

int word_prefix(struct tool_task *task, const char *word, struct dobos_prefix *prefix) {
    const char *reason = "";
    if (strcmp(word, "default") == 0 || strcmp(word, "all") == 0 || strcmp(word, "any") == 0) {
        *prefix = (struct dobos_prefix){.address = dobos_address_ipv4(0)};
        return TOOL_GOES_ON;
    }
    int error = strchr(word, '/') ? dobos_prefix_parse(word, prefix, &reason)
                                  : dobos_address_parse(word, &prefix->address, &reason);
    if (error != 0)
        return task_refuse(task, "'%s': %s", word, reason);
    if (!strchr(word, '/'))
        prefix->length = 32;
    return TOOL_GOES_ON;
}

static const struct word_value *keyword_find(const struct word_value *keywords, const char *word) {
    for (; keywords->keyword; keywords++) {
        if (strcmp(keywords->keyword, word) == 0)
            return keywords;
    }
    return NULL;
}

bool word_is_known(const struct word_value *keywords, const char *word) {
    return keyword_find(keywords, word) != NULL;
}

int words_read(struct tool_task *task, unsigned first, const struct word_value *keywords,
               const char **plain) {
    for (unsigned at = first; at < task->operand_count; at++) {
        const char *word = task->operands[at];
        const struct word_value *keyword = keyword_find(keywords, word);
        if (keyword && !keyword->value) {
            *keyword->flag = true;
        } else if (keyword) {
            if (++at == task->operand_count)
                return task_refuse(task, "%s: expected a value behind it", word);
            if (*keyword->value)
                return task_refuse(task, "%s: expected once only", word);
            *keyword->value = task->operands[at];
        } else if (plain && !*plain) {
            *plain = word;
        } else {
            return task_refuse(task, "'%s': expected nothing more", word);
        }
    }
    return TOOL_GOES_ON;
}
