/* live: networks in real time that stay up: bringing one up, and asking one. */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "cli/command.h"
#include "cli/network_options.h"

struct live_arguments {
    const char *file;                       /* the network */
    const char *name;                       /* what it is known by; NULL: the file says */
    uint64_t seed;                          /* of impairments and MACs */
    dobos_time until;                       /* how long; DOBOS_NEVER: until a signal */
    const struct capture_options *captures; /* files */
};

/* `dobos lab --live`: brings a network up and keeps it up. Returns the exit code. */
int live_run(const struct live_arguments *arguments);
/* Runs a tool at a node of a live network, and shows what it writes. Returns its exit code. */
int live_tool(const struct tool *tool, const struct node_options *options, int argc, char **argv);
/* `dobos lab --list`: the live networks and their nodes. `name` NULL: all. */
int live_list(const char *name, bool json);

#endif
