/*
 * script: the text form of scenarios (docs/scenarios.md): files of servers, resolvers and
 * scenarios, read into lines of words, and played line by line in a world of their own.
 */
#ifndef TESTS_SCENARIOS_SCRIPT_H
#define TESTS_SCENARIOS_SCRIPT_H

#include "world.h"

#define WORDS_MOST 64

struct line {
    const char *path;        /* the file that it stands in; borrowed */
    unsigned number, indent; /* from 1; columns before the first word */
    char *text;              /* without comment and blanks around */
    char *words[WORDS_MOST]; /* of it; "…" is one word */
    unsigned count;          /* of them */
};

/* A file's bytes. */
struct text {
    char path[512];
    char *bytes, *cut; /* as they are; the same cut into words */
};

#define TEXTS_MOST 8

struct script {
    const char *path;
    struct text texts[TEXTS_MOST]; /* of the file, and of those that it includes */
    unsigned text_count;
    struct line *lines;
    unsigned count, room; /* of lines */
};

/* One scenario being played. */
struct play {
    struct world world;
    const struct script *script;
    const struct line *line; /* being played */
    size_t group;            /* number of the first question of the last line that asked */
    size_t mark;             /* what was asked before the last questions */
    size_t matched;          /* queries that expectations have passed */
    bool has_expected;       /* something was, since the last question */
    char fault[8192];        /* what went wrong; "": nothing */
};

/* Reads a file. False: it cannot be. */
bool script_read(struct script *script, const char *path);
void script_free(struct script *script);
/* The next line that is a scenario's, behind line `from` (0: from the first); the count: none. */
unsigned script_scenario(const struct script *script, unsigned from);
/* The number of the first line behind the block that begins with line `at`. */
unsigned script_block_end(const struct script *script, unsigned at);

/* Says what is wrong with the present line, once. */
void fault(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* True: written as a time ("800ms", "2m", "1h"). */
bool time_read(const char *word, nanoseconds *time);
bool number_read(const char *word, unsigned long *number);

/* The lines of servers and resolvers, with their blocks; false: it is no such line. */
bool declare(struct play *play, unsigned at);
/* A line that begins with expect. */
void expect(struct play *play, unsigned at);
/* The scenario whose line this is. */
void play_scenario(struct play *play, const struct script *script, unsigned at);
struct server *server_find(const struct play *play, const char *name);

#endif
