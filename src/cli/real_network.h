/* real_network: a network made for real time: what `dobos run` and `dobos lab --live` begin with.
 */
#ifndef CLI_REAL_NETWORK_H
#define CLI_REAL_NETWORK_H

#include "lab/lab.h"

/*
 * Makes the network of a file, or with NULL the built-in one. lab_run_until(lab, lab_clock_now())
 * brings it to the present: through its first minute, or where a segment is joined to the outside,
 * which has no such minute, through nothing. 0, or −1 with *error.
 */
int real_network_make(const char *file, uint64_t seed, struct lab **lab, struct lab_error *error);

#endif
