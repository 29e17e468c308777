/* first_process: PID 1 inside a namespace: see namespace.h. */
#ifndef OS_FIRST_PROCESS_H
#define OS_FIRST_PROCESS_H

#include "os/namespace.h"

/* What the first process tells over the socket; a message a datagram. */
struct first_message {
    int event;      /* enum namespace_event */
    int value;      /* see there */
    char text[512]; /* of NAMESPACE_FAILED */
};

struct first_process {
    const struct namespace_config *config; /* as it was at the clone */
    int control;                           /* its end of the socket */
    bool new_users;                        /* it has a user namespace of its own */
    uid_t uid;                             /* who the caller was outside */
    gid_t gid;                             /* and its group */
};

/* Never returns. */
_Noreturn void first_run(const struct first_process *first);

#endif
