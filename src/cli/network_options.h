/* network_options: the options that `dobos lab` and `dobos run` share: a seed, and captures. */
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

#endif
