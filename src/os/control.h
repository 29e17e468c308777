/*
 * control: the control socket of a live network: whoever this user's programs are may ask it
 * anything (docs/control-socket.md). It lives in the network's own loop, and whatever a client
 * does, the network goes on: what waits for one is bounded, and nobody is waited for.
 */
#ifndef OS_CONTROL_H
#define OS_CONTROL_H

#include "os/control_folder.h"
#include "os/control_guard.h"
#include "os/lab_loop.h"

struct control {
    struct lab_loop *loop;             /* the network's */
    struct control_folder folder;      /* where the socket is */
    char name[CONTROL_NAME_BYTES + 1]; /* of the network, as asked for */
    struct control_guard guard;        /* takes the socket away when we cannot */
    unsigned guards;                   /* there have been */
    struct watch guard_ended;          /* somebody has killed it: another is needed */
    struct watch listener;             /* new connections */
    struct list connections;           /* of struct control_connection */
    unsigned connection_count;         /* of them */
};

/* Makes the socket and begins to answer. 0, or −1 with *failure: a network of that name is live.
 * The control is not moved until control_end. */
int control_begin(struct control *control, struct lab_loop *loop, const char *name,
                  struct failure *failure);
/* Ends the tools that run, closes everything, takes the socket away. Does nothing when it has not
 * begun ({0}). */
void control_end(struct control *control);

#endif
