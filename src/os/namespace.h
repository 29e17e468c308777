/*
 * namespace: a program in namespaces of its own (network, mounts, processes; for an ordinary user
 * also users), whose only way out is a TAP device that this process holds.
 *
 *     this process ── clone ──> first process inside (PID 1: makes the TAP, configures, waits) ──
 * fork ──> CMD └───────────── a socket: TAP descriptor, failure, exit status ──────────┘
 *
 * When this process ends in whatever way, the first process gets SIGKILL, and with it the kernel
 * kills everything inside, grandchildren and daemons too; namespaces, mounts and the device go with
 * the last process. The same when CMD ends.
 */
#ifndef OS_NAMESPACE_H
#define OS_NAMESPACE_H

#include <signal.h>
#include <sys/types.h>

#include "lab/lab.h"
#include "os/failure.h"

/* Exit codes of our own, as env, nohup and timeout have them. */
#define EXIT_OURS           125 /* dobos itself failed */
#define EXIT_NOT_EXECUTABLE 126 /* CMD is there but cannot be executed */
#define EXIT_NOT_FOUND      127 /* there is no CMD */

struct namespace_config {
    const struct lab_outside
        *outside;            /* how the interface is configured; borrowed until the start returns */
    char *const *command;    /* CMD and its arguments, ended by NULL */
    bool bare;               /* leave the interface unconfigured and down */
    bool root;               /* an ordinary user is shown as uid 0 inside */
    const sigset_t *signals; /* CMD's signal mask */
    const char *const *private_folders; /* that CMD gets a copy of, which it may write to */
    unsigned private_folder_count;      /* of them */
};

struct namespace {
    pid_t first;     /* the first process inside, as we see it */
    int first_pidfd; /* the same; readable when it has ended */
    int control;     /* our end of the socket */
};

enum namespace_event {
    NAMESPACE_FAILED =
        1, /* text says why; `value` is the exit code; before CMD runs or in its place */
    NAMESPACE_DEVICE = 2, /* the TAP's descriptor; CMD runs now */
    NAMESPACE_ENDED = 3,  /* CMD has ended; `value` is its exit code or 128 + its signal */
    NAMESPACE_LOST = 4,   /* the first process was killed */
};

struct namespace_message {
    enum namespace_event event; /* what happened */
    int value;                  /* see there */
    int descriptor;             /* of NAMESPACE_DEVICE (give), else −1 */
    struct failure failure;     /* of NAMESPACE_FAILED */
};

/* Starts it. The calling process must have SIGCHLD and the signals it forwards blocked. 0, or −1
 * with *failure. */
int namespace_start(const struct namespace_config *config, struct namespace *namespace,
                    struct failure *failure);
/* Waits for the next message. */
void namespace_receive(const struct namespace *namespace, struct namespace_message *message);
/* The interface is to be configured so from now on (not of a bare one). False: the first process is
 * busy, try again later. */
bool namespace_configure(const struct namespace *namespace, const struct lab_outside *outside);
/* Sends CMD a signal that namespace_forwards(). */
void namespace_signal(const struct namespace *namespace, int signal);
/* The signals that are passed on to CMD. */
void namespace_forwards(sigset_t *signals);
/* Kills whatever is still inside, waits until it is gone, closes the descriptors. */
void namespace_end(struct namespace *namespace);

#endif
