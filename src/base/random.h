/*
 * random: a small deterministic generator (for impairments, jitter and tests; not a secret: what a
 * peer must not guess is a keyed hash).
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state[4]; /* xoshiro256**; never all zero */
};

struct random random_make(uint64_t seed);
uint64_t random_next(struct random *random);
/* Uniform in 0 … bound − 1; bound ≥ 1. */
uint64_t random_below(struct random *random, uint64_t bound);
/* True with `parts` chances in 2^32 (so 0 is never, and 2^32 always). */
bool random_is_hit(struct random *random, uint64_t parts);

#endif
