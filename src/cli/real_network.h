/* real_network: a network made for real time: what `dobos run` and `dobos lab --live` begin with.
 */
#ifndef CLI_REAL_NETWORK_H
#define CLI_REAL_NETWORK_H

#include "lab/lab.h"

/* Which networks that are joined to the outside have a first minute in virtual time, which the
 * outside has not. */
enum real_network_minute {
    MINUTE_INSIDE, /* none */
    MINUTE_ALWAYS, /* all: the caller has an eye on what waits for the outside in vain */
};

/*
 * Makes the network of a file, or with NULL the built-in one. lab_run_until(lab, lab_clock_now())
 * brings it to the present: through its first minute, if it has one. 0, or −1 with *error.
 */
int real_network_make(const char *file, uint64_t seed, enum real_network_minute minute,
                      struct lab **lab, struct lab_error *error);

#endif
