/*
 * task: what a tool is inside: a constant description and a state that begins with struct
 * tool_task. Its options are read before it begins (options.h), so that all tools read them alike;
 * whatever a tool gets from its caller it keeps as a copy.
 */
#ifndef TOOLS_TASK_H
#define TOOLS_TASK_H

#include <jansson.h>

#include "tools/options.h"
#include "tools/tool.h"

/* The exit codes that are no tool's own. */
#define TOOL_GOES_ON       (-1) /* it has not ended */
#define TOOL_EXIT_USAGE    2    /* wrong arguments */
#define TOOL_EXIT_INTERNAL 125  /* no memory */

struct tool_kind {
    struct tool tool;                  /* its place in the table */
    const char *usage;                 /* operands, as --help shows them */
    const char *text;                  /* what it does, for --help: lines of at most 80 bytes */
    const struct option_spec *options; /* its own; ends with a name of NULL; NULL: none */
    size_t bytes;                      /* of its state, which begins with struct tool_task */
    unsigned operands_least, operands_most; /* how many operands it takes */
    bool reads_arguments; /* all its words are operands: it has options of its own style */
    /* Fills in what its options may change; NULL: all zero. */
    void (*defaults)(struct tool_task *task);
    /* Looks at what was asked for (the options are in the state), not at the node: an exit code
     * where it cannot be, or TOOL_GOES_ON. */
    int (*begin)(struct tool_task *task, dobos_time now);
    /* Does what there is to do; an exit code, or TOOL_GOES_ON. */
    int (*step)(struct tool_task *task, dobos_time now, dobos_time *again);
    void (*fini)(struct tool_task *task); /* gives back all but the state itself; NULL: nothing */
};

struct tool_task {
    const struct tool_kind *kind; /* what it is */
    struct tool_context context;  /* where it asks and writes */
    bool json;                    /* --json was given, before or among its arguments */
    bool interrupted;             /* tool_interrupt was called */
    int exit_code;                /* once it has ended; else TOOL_GOES_ON */
    char **words;                 /* copy of its arguments; owned */
    char **operands;              /* those that are no options; within words */
    unsigned operand_count;       /* how many of them */
};

extern const struct tool_kind tool_addr, tool_calc, tool_dig, tool_dns, tool_fetch, tool_filter,
    tool_maddr, tool_nat, tool_neigh, tool_nslookup, tool_ping, tool_route, tool_rule,
    tool_services, tool_ss, tool_stat, tool_trace;

/* A line "dobos NAME: …" on the error sink. */
__attribute__((format(printf, 2, 3))) void task_complain(struct tool_task *task, const char *format,
                                                         ...);
/* The same, with where to find help; returns TOOL_EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int task_refuse(struct tool_task *task, const char *format,
                                                      ...);

/* Sets a field; what there is no memory for makes the output sink fail. Takes the value. */
void task_put(struct tool_task *task, json_t *object, const char *key, json_t *value);
void task_append(struct tool_task *task, json_t *array, json_t *value);
/* Writes it on a line, as `ip -j` does, and ends it (take). */
void task_print(struct tool_task *task, json_t *value);

/* The address as a JSON string. */
json_t *task_address(const struct dobos_address *address);

#endif
