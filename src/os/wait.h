/* wait: poll() until a point in time, to the nanosecond, and the turn of a loop around it. */
#ifndef OS_WAIT_H
#define OS_WAIT_H

#include <poll.h>

#include <dobos/types.h>

/* Waits for `descriptors` until `deadline` (DOBOS_NEVER: as long as it takes; in the past: not at
   all); returns poll()'s result, with 0 for a signal that came in between. */
int wait_until(struct pollfd *descriptors, unsigned count, dobos_time deadline);

#endif
