/* run: what the two ways of `dobos run` share: in a network of its own, and in one that is live. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include <signal.h>

#include "cli/network_options.h"
#include "os/namespace.h"

#define PRIVATE_FOLDERS 16 /* that can be asked for */
/* How long CMD waits for a DHCP server outside to answer, and again for its address. */
#define LEASE_WAIT      (10 * DOBOS_SECOND)

struct run_arguments {
    const char *file;                         /* the network file; NULL: the built-in network */
    uint64_t seed;                            /* what impairments and MACs are drawn from */
    const char *network;                      /* the live network, instead; NULL: none */
    const char *node;                         /* the node; NULL: the first that a program can be */
    bool root;                                /* uid 0 inside */
    bool bare;                                /* leave the interface unconfigured */
    bool summary;                             /* what each layer did, at the end */
    struct capture_options captures;          /* files */
    const char *folders[PRIVATE_FOLDERS + 4]; /* that CMD gets copies of */
    unsigned folder_count;                    /* of them */
    char **command;                           /* CMD and its arguments */
};

/* In the place of a node of a live network. Returns the exit code. */
int run_live(const struct run_arguments *arguments);

/* Blocks the signals that CMD gets passed on, and what was blocked before is *old. Returns a
 * signalfd (give) of them, or −1. */
int run_signals_take(sigset_t *old);
/* A shell inside may have taken the terminal for a process group of its own, which is no more:
 * `group` had it before. */
void run_terminal_take_back(pid_t group);
/* Says when CMD starts without the lease that its interface wants. */
void run_lease_say(const struct lab_outside *outside);
/* "dobos run: …" on standard error; returns EXIT_OURS. */
__attribute__((format(printf, 1, 2))) int run_fail(const char *format, ...);

#endif
