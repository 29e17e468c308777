/*
 * tool: what one asks a node, as a task: it is given arguments, stepped in (virtual or real) time,
 * writes to a sink, and ends with an exit code. No I/O. `dobos ping …`, a script's `run: ping …`
 * and the control socket of a live network are the same task.
 */
#ifndef TOOLS_TOOL_H
#define TOOLS_TOOL_H

#include <dobos/host.h>
#include <dobos/services.h>
#include <dobos/socket.h>

#include "tools/sink.h"

struct tool_task;

/* A node of the network that the asked one is in. */
struct tool_node {
    const char *name;                      /* in the file; borrowed */
    struct dobos_host *host;               /* NULL: it is outside, or off; borrowed */
    struct dobos_service *const *services; /* that run there, some may be NULL; borrowed until
                                              it restarts */
    unsigned service_count;                /* of them */
};
/* The whole network, for tools that look on at all its nodes. */
struct tool_network {
    const void *network; /* whoever has the nodes */
    /* Fills in the nth node from 0; false: there is none. */
    bool (*node_read)(const void *network, unsigned nth, struct tool_node *node);
};

struct tool_context {
    struct dobos_host *host; /* the node asked; borrowed */
    struct sink *out;        /* standard output; borrowed */
    struct sink *error;      /* standard error; borrowed */
    bool json;               /* --json was given before the command */
    int64_t wall_ns;         /* what to add to a time for that since 1970-01-01T00:00:00Z */
    struct dobos_service *const *services; /* of the node; some may be NULL; borrowed */
    unsigned service_count;                /* of them */
    struct tool_network network;           /* the node's; all zero: it is alone */
};

/* A tool's place in the table. */
struct tool {
    const char *name;    /* "ping" */
    const char *summary; /* one line for --help */
    bool needs_node;     /* false: calc, services: they run without a network */
    /* The tool's own short options that dobos uses too: 'f', 'n'; '-': its options are whole words
     * behind one dash, so that only -f and -n alone are dobos's. */
    const char *letters;
};
/* The nth tool, NULL behind the last; and by name (abbreviations of iproute2 not: exact), or NULL.
 */
const struct tool *tool_nth(unsigned nth);
const struct tool *tool_find(const char *name);

/*
 * Begins a task (give). argv[0] is the tool's name; argv are its own arguments (with --json and
 * --help among them). NULL: the arguments were wrong or it was only --help: *exit_code says (texts
 * are in the sinks; 2 for usage as the modelled tool has it), or no memory (125). The node is
 * looked at by the first step only, so that arguments can be tried with host NULL.
 */
struct tool_task *tool_begin(const struct tool *tool, const struct tool_context *context, int argc,
                             char *const argv[], dobos_time now, int *exit_code);
/* Goes on. True: it has ended, *exit_code is set. Else *again: when to step at the latest (also
 * after any input to the host). */
bool tool_step(struct tool_task *task, dobos_time now, dobos_time *again, int *exit_code);
/* As if ^C were typed: ping prints its statistics. Then tool_step ends it. */
void tool_interrupt(struct tool_task *task);
void tool_end(struct tool_task *task);

#endif
