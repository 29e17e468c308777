/*
 * wait: see wait.h. ppoll() and not epoll: a loop here has at most three descriptors, and its
 * timeout is a timespec, where epoll_wait's milliseconds would be ten times a LAN's round trip.
 */
#include "os/wait.h"

#include <errno.h>

#include <dobos/os.h>

int wait_until(struct pollfd *descriptors, unsigned count, dobos_time deadline) {
    struct timespec left = {0};
    if (deadline != DOBOS_NEVER) {
        dobos_time now = dobos_os_now();
        if (deadline > now) {
            left.tv_sec = (time_t)((deadline - now) / DOBOS_SECOND);
            left.tv_nsec = (long)((deadline - now) % DOBOS_SECOND);
        }
    }
    int ready = ppoll(descriptors, count, deadline == DOBOS_NEVER ? NULL : &left, NULL);
    if (ready < 0) {
        for (unsigned i = 0; i < count; i++)
            descriptors[i].revents = 0;
        return errno == EINTR ? 0 : -errno;
    }
    return ready;
}
