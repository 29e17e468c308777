/* command: the commands of `dobos` that are no tools, and what they all share. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/sink.h"
#include "tools/tool.h"

#define EXIT_USAGE    2   /* wrong arguments, or a file that is wrong */
#define EXIT_INTERNAL 125 /* dobos itself failed */

/* What may stand before the command or among its arguments. */
struct node_options {
    const char *file;    /* -f, --file: the network; NULL: not given */
    const char *node;    /* -n, --node: where to ask; NULL: not given */
    const char *network; /* -N, --network: which live one; NULL: not given */
    uint64_t seed;       /* --seed; 0: not given */
    bool json;           /* --json */
    char passed_by;      /* a letter of these that was left to the tool; 0: none */
};

/*
 * Takes the node options out of argv, which keeps its name and all else; *argc is what is left.
 * A letter of `own` is the tool's when another of its arguments stands before it, or when it was
 * given already; `own` NULL: stop at the first word that is no option of these. False: an error has
 * been printed.
 */
bool node_options_take(struct node_options *options, const char *command, const char *own,
                       int *argc, char **argv);

/* Runs a tool: alone, or at a node of a network in virtual time. argv[0] is its name. */
int command_tool(const struct tool *tool, const struct node_options *options, int argc,
                 char **argv);
/* `dobos dump`: a capture, layer by layer. */
int command_dump(const struct node_options *options, int argc, char **argv);
/* `dobos lab`: a network to the end of its script. */
int command_lab(const struct node_options *options, int argc, char **argv);

/* `dobos run`: a real program as a node of a network. Exits with its status, as run.c tells. */
int command_run(const struct node_options *options, int argc, char **argv);

/* Writes out what standard output holds. 0; or why some of it, now or before, was lost. */
int output_flush(void);
/* Writes a sink to a stream and empties it. */
void sink_flush(struct sink *sink, void *stream);
/* "dobos COMMAND: …" on standard error. Returns EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int complain(const char *command, const char *format, ...);

#endif
