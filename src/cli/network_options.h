/* network_options: what the commands share that begin a network: options, and what is refused. */
#ifndef CLI_NETWORK_OPTIONS_H
#define CLI_NETWORK_OPTIONS_H

#include <argp.h>

#include "lab/lab.h"

#define CAPTURES 16 /* at most in one run */

struct capture_options {
    const char *values[CAPTURES]; /* SEGMENT=FILE; borrowed */
    unsigned count;               /* how many of them */
};

/* Takes the value of --seed, or of --capture; a wrong one ends the program as argp_error does. */
void seed_option(uint64_t *seed, const char *value, struct argp_state *state);
void capture_option(struct capture_options *captures, const char *value, struct argp_state *state);
/* Begins all of them; −1 with *error. */
int captures_begin(const struct capture_options *captures, struct lab *lab,
                   struct lab_error *error);

/* Whether the network has no segment that is joined to a device, which is nowhere in virtual time;
 * false: an error has been printed. */
bool network_is_whole(const struct lab *lab, const char *command);

#endif
