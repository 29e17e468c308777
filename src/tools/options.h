/*
 * options: how every tool reads its arguments: GNU style (getopt_long), from a table that is also
 * its --help. Options and operands may be mixed; "--" ends the options; long names may be cut as
 * long as they are clear. Values are checked here, so that all tools refuse them in the same words.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/sink.h"

enum option_kind {
    OPTION_FLAG,    /* bool */
    OPTION_WHOLE,   /* int64_t, decimal */
    OPTION_SECONDS, /* int64_t nanoseconds, from seconds with up to nine places: 0.2 */
    OPTION_TEXT,    /* const char *, borrowed from the arguments */
    OPTION_IGNORED, /* taken, and without effect */
};

struct option_spec {
    char letter;           /* 'c'; 0: only the long name */
    const char *name;      /* "count" */
    const char *value;     /* what its value is called in --help; NULL for flags */
    const char *text;      /* one line for --help */
    enum option_kind kind; /* of its value */
    size_t offset;         /* of its place in what options_read fills in */
    int64_t least, most;   /* of numbers, and of seconds in nanoseconds */
};

/* What a tool's arguments may be. */
struct option_table {
    const char *command;               /* "ping" */
    const char *usage;                 /* operands */
    const char *text;                  /* for --help */
    const struct option_spec *options; /* ends with a name of NULL; NULL: none */
    bool needs_node; /* --help tells of -f, -n and --seed too, which dobos itself reads */
};

/* What options_read found. */
enum options_found {
    OPTIONS_READ,    /* all is well */
    OPTIONS_HELP,    /* --help was given, and has been written to out */
    OPTIONS_REFUSED, /* the error has been written */
};

/*
 * Reads argv (argv[0] is the name), which it puts in order: operands last, from *first on. Values
 * go to `values`, --json to *json.
 */
enum options_found options_read(const struct option_table *table, int argc, char **argv,
                                void *values, bool *json, int *first, struct sink *out,
                                struct sink *error);

/* The part of --help about -f, -N, -n and --seed. */
void options_where_write(struct sink *out);

/* Strict readers: digits only, within the bounds. */
bool whole_parse(const char *text, int64_t least, int64_t most, int64_t *value);
/* "1", "0.2": nanoseconds. */
bool seconds_parse(const char *text, int64_t least, int64_t most, int64_t *nanoseconds);
/* The shortest text of a time in seconds: 0.2. Writes at most 32 bytes. */
void seconds_format(int64_t nanoseconds, char text[32]);

#endif
