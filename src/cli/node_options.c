/*
 * node_options: -f, -n, -N, --seed and --json, which every tool shares. They are taken out before
 * the tool reads its own arguments, so that they may stand before or behind them.
 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "tools/options.h"

enum word {
    WORD_OTHER, /* not one of these */
    WORD_FILE,
    WORD_NODE,
    WORD_SEED,
    WORD_JSON,
    WORD_LIVE,
};

struct spelling {
    const char *name;  /* long */
    char letter;       /* short; 0: none */
    bool has_value;    /* in the same word or the next */
    enum word meaning; /* which */
};
static const struct spelling spellings[] = {
    {"file", 'f', true, WORD_FILE}, {"node", 'n', true, WORD_NODE},    {"seed", 0, true, WORD_SEED},
    {"json", 0, false, WORD_JSON},  {"network", 'N', true, WORD_LIVE},
};

/* Which option `word` is; *value is what stands in the same word, NULL: it is in the next. */
static const struct spelling *spelling_of(const char *word, char **value) {
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        const struct spelling *spelling = &spellings[i];
        size_t length = strlen(spelling->name);
        *value = NULL;
        if (strncmp(word, "--", 2) == 0 && strncmp(word + 2, spelling->name, length) == 0) {
            const char *end = word + 2 + length;
            if (*end == '\0')
                return spelling;
            if (*end == '=' && spelling->has_value) {
                *value = (char *)end + 1;
                return spelling;
            }
        }
        if (word[0] == '-' && spelling->letter != 0 && word[1] == spelling->letter) {
            if (word[2] != '\0')
                *value = (char *)word + 2;
            return spelling;
        }
    }
    return NULL;
}

static bool value_store(struct node_options *options, const char *command,
                        const struct spelling *spelling, char *value) {
    int64_t seed = 0;
    switch (spelling->meaning) {
    case WORD_FILE:
        options->file = value;
        return true;
    case WORD_NODE:
        options->node = value;
        return true;
    case WORD_JSON:
        options->json = true;
        return true;
    case WORD_SEED:
        if (!whole_parse(value, 0, INT64_MAX, &seed)) {
            (void)complain(command, "--seed: '%s': expected a whole number from 0 to %lld", value,
                           (long long)INT64_MAX);
            return false;
        }
        options->seed = (uint64_t)seed;
        return true;
    case WORD_LIVE:
        options->network = value;
        return true;
    case WORD_OTHER:
        break;
    }
    return false;
}

static bool is_given(const struct node_options *options, enum word meaning) {
    return (meaning == WORD_FILE && options->file) || (meaning == WORD_NODE && options->node);
}

bool node_options_take(struct node_options *options, const char *command, const char *own,
                       int *argc, char **argv) {
    int kept = 1;
    int at = 1;
    while (at < *argc && strcmp(argv[at], "--") != 0) {
        char *value;
        const struct spelling *spelling = spelling_of(argv[at], &value);
        const bool has_words = own && strchr(own, '-');
        if (has_words && argv[at][1] != '-' && value)
            spelling = NULL;
        if (spelling && !has_words && argv[at][1] != '-' && own && strchr(own, spelling->letter) &&
            (kept > 1 || is_given(options, spelling->meaning))) {
            options->passed_by = spelling->letter;
            spelling = NULL;
        }
        if (!spelling) {
            if (!own)
                break;
            argv[kept++] = argv[at++];
            continue;
        }
        if (spelling->has_value && !value && ++at == *argc) {
            (void)complain(command, "--%s: expected a value", spelling->name);
            return false;
        }
        if (!value_store(options, command, spelling, value ? value : argv[at]))
            return false;
        at++;
    }
    while (at < *argc)
        argv[kept++] = argv[at++];
    argv[kept] = NULL;
    *argc = kept;
    return true;
}
