/*
 * control_guard: a process that waits until this one has ended, in whatever way, and then takes the
 * control socket's name away: a process that gets SIGKILL cannot do so itself.
 */
#ifndef OS_CONTROL_GUARD_H
#define OS_CONTROL_GUARD_H

#include <sys/types.h>

#include "os/control_folder.h"

struct control_guard {
    pid_t process; /* −1: there is none */
    int pidfd;     /* the same; readable when it has ended; −1 */
    int alive;     /* the end of a pipe that closes with this process; −1 */
};

/* Before the socket is made, so that there is no moment without a guard. 0, or −1 with *failure. */
int control_guard_start(struct control_guard *guard, const struct control_folder *folder,
                        const char *name, struct failure *failure);
/* Lets it go, and waits until it has ended. Does nothing when there is none. */
void control_guard_end(struct control_guard *guard);

#endif
