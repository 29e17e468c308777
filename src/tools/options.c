/* options: see options.h. */
#include "tools/options.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dobos/types.h>

#define OPTIONS_MOST 32
#define KEY_HELP     256
#define KEY_JSON     257
#define KEY_LONG     512 /* and the option's number in its table */
#define HELP_COLUMN  33

bool whole_parse(const char *text, int64_t least, int64_t most, int64_t *value) {
    int64_t number = 0;
    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9' || number > (INT64_MAX - 9) / 10)
            return false;
        number = number * 10 + (*text - '0');
    }
    if (number < least || number > most)
        return false;
    *value = number;
    return true;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool seconds_parse(const char *text, int64_t least, int64_t most, int64_t *nanoseconds) {
    int64_t number = 0;
    if (!is_digit(*text))
        return false;
    for (; is_digit(*text); text++) {
        if (number > 100000000)
            return false;
        number = number * 10 + (*text - '0');
    }
    number *= DOBOS_SECOND;
    if (*text == '.') {
        if (!is_digit(*++text))
            return false;
        for (int64_t place = DOBOS_SECOND / 10; is_digit(*text) && place > 0; place /= 10)
            number += (*text++ - '0') * place;
    }
    if (*text != '\0' || number < least || number > most)
        return false;
    *nanoseconds = number;
    return true;
}

void seconds_format(int64_t nanoseconds, char text[32]) {
    (void)snprintf(text, 32, "%" PRId64 ".%09" PRId64, nanoseconds / DOBOS_SECOND,
                   nanoseconds % DOBOS_SECOND);
    size_t length = strlen(text);
    while (text[length - 1] == '0')
        length--;
    if (text[length - 1] == '.')
        length--;
    text[length] = '\0';
}

static size_t spec_count(const struct option_table *table) {
    size_t count = 0;
    while (table->options && table->options[count].name)
        count++;
    return count;
}

static void help_line(struct sink *out, char letter, const char *name, const char *value,
                      const char *text) {
    if (letter != 0)
        sink_format(out, "  -%c, ", letter);
    else
        sink_put(out, "      ");
    sink_format(out, "--%s", name);
    if (value)
        sink_format(out, " %s", value);
    sink_pad(out, HELP_COLUMN);
    sink_format(out, "%s\n", text);
}

void options_where_write(struct sink *out) {
    sink_put(out, "\nWhere it asks; best before all others:\n");
    help_line(out, 'f', "file", "NET.yaml", "the network, which runs in virtual time");
    help_line(out, 'N', "network", "NAME", "a network that is live, instead of -f");
    help_line(out, 'n', "node", "NODE", "one of its nodes");
    help_line(out, 0, "seed", "N", "the same seed gives the same packets (default: 0)");
}

static void help_write(const struct option_table *table, struct sink *out) {
    sink_format(out, "Usage: dobos %s [OPTION...]%s%s\n%s\n\n", table->command,
                table->usage[0] ? " " : "", table->usage, table->text);
    for (size_t i = 0; i < spec_count(table); i++) {
        const struct option_spec *spec = &table->options[i];
        help_line(out, spec->letter, spec->name, spec->value, spec->text);
    }
    help_line(out, 0, "json", NULL, "write JSON");
    help_line(out, 0, "help", NULL, "show this help");
    if (table->needs_node)
        options_where_write(out);
}

/* Tables for getopt_long. */
struct getopt_tables {
    char letters[2 * OPTIONS_MOST + 2];    /* as getopt wants them */
    struct option names[OPTIONS_MOST + 3]; /* the same by name, with help and json */
    size_t count;                          /* of the table's own */
};

static void tables_fill(struct getopt_tables *tables, const struct option_table *table) {
    char *letter = tables->letters;
    *letter++ = ':'; /* a missing value is told from an unknown option */
    tables->count = spec_count(table) < OPTIONS_MOST ? spec_count(table) : OPTIONS_MOST;
    for (size_t i = 0; i < tables->count; i++) {
        const struct option_spec *spec = &table->options[i];
        if (spec->letter != 0) {
            *letter++ = spec->letter;
            if (spec->value)
                *letter++ = ':';
        }
        tables->names[i] = (struct option){
            spec->name, spec->value ? required_argument : no_argument, NULL, KEY_LONG + (int)i};
    }
    *letter = '\0';
    tables->names[tables->count] = (struct option){"help", no_argument, NULL, KEY_HELP};
    tables->names[tables->count + 1] = (struct option){"json", no_argument, NULL, KEY_JSON};
    tables->names[tables->count + 2] = (struct option){0};
}

static const struct option_spec *spec_of(const struct option_table *table, size_t count, int key) {
    if (key >= KEY_LONG && (size_t)(key - KEY_LONG) < count)
        return &table->options[key - KEY_LONG];
    for (size_t i = 0; i < count; i++) {
        if (key != 0 && table->options[i].letter == key)
            return &table->options[i];
    }
    return NULL;
}

/* What is wrong with the option that getopt_long stopped at. */
static void complain(const struct option_table *table, size_t count, int found, int key,
                     const char *word, struct sink *error) {
    const struct option_spec *spec = spec_of(table, count, key);
    sink_format(error, "dobos %s: ", table->command);
    if (found == ':' && spec)
        sink_format(error, "--%s: expected a value: %s", spec->name, spec->value);
    else if (spec || key == KEY_HELP || key == KEY_JSON)
        sink_format(error, "%s: this option takes no value", word);
    else if (key == '6' || strcmp(word, "--ipv6") == 0)
        sink_format(error, "%s: IPv6 is not supported yet", key == '6' ? "-6" : word);
    else if (key != 0)
        sink_format(error, "-%c: unknown option", key);
    else
        sink_format(error, "%s: unknown option", word);
    sink_format(error, " (see dobos %s --help)\n", table->command);
}

/* The option as the user knows it: -c, or --json-lines. */
static void spec_format(const struct option_spec *spec, char text[40]) {
    if (spec->letter != 0)
        (void)snprintf(text, 40, "-%c", spec->letter);
    else
        (void)snprintf(text, 40, "--%s", spec->name);
}

static bool value_store(const struct option_table *table, const struct option_spec *spec,
                        char *text, char *place, struct sink *error) {
    char name[40];
    char least[32];
    char most[32];
    switch (spec->kind) {
    case OPTION_FLAG:
        *(bool *)(void *)place = true;
        return true;
    case OPTION_IGNORED:
        return true;
    case OPTION_TEXT:
        *(const char **)(void *)place = text;
        return true;
    case OPTION_WHOLE:
        if (whole_parse(text, spec->least, spec->most, (int64_t *)(void *)place))
            return true;
        spec_format(spec, name);
        sink_format(error,
                    "dobos %s: %s: '%s': expected a whole number from %" PRId64 " to %" PRId64 "\n",
                    table->command, name, text, spec->least, spec->most);
        return false;
    case OPTION_SECONDS:
        if (seconds_parse(text, spec->least, spec->most, (int64_t *)(void *)place))
            return true;
        spec_format(spec, name);
        seconds_format(spec->least, least);
        seconds_format(spec->most, most);
        sink_format(error, "dobos %s: %s: '%s': expected seconds from %s to %s\n", table->command,
                    name, text, least, most);
        return false;
    }
    return false;
}

enum options_found options_read(const struct option_table *table, int argc, char **argv,
                                void *values, bool *json, int *first, struct sink *out,
                                struct sink *error) {
    struct getopt_tables tables;
    tables_fill(&tables, table);
    opterr = 0;
    optind = 0; /* begins anew, whatever was read before */
    for (;;) {
        int key = getopt_long(argc, argv, tables.letters, tables.names, NULL);
        if (key == -1)
            break;
        if (key == KEY_HELP) {
            help_write(table, out);
            return OPTIONS_HELP;
        }
        if (key == KEY_JSON) {
            *json = true;
            continue;
        }
        const struct option_spec *spec =
            key == '?' || key == ':' ? NULL : spec_of(table, tables.count, key);
        if (!spec) {
            complain(table, tables.count, key, optopt, argv[optind - 1], error);
            return OPTIONS_REFUSED;
        }
        if (!value_store(table, spec, optarg, (char *)values + spec->offset, error))
            return OPTIONS_REFUSED;
    }
    *first = optind;
    return OPTIONS_READ;
}
