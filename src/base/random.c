/*
 * random: xoshiro256** (Blackman and Vigna), seeded by splitmix64. Fast, small, the same on every
 * machine, and no secret: whoever sees a few outputs can tell the rest.
 */
#include "base/random.h"

static inline uint64_t rotate_left(uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}

/* One output of splitmix64; equal neighbouring seeds give unlike states. */
static uint64_t splitmix_next(uint64_t *state) {
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

struct random random_make(uint64_t seed) {
    struct random random;
    for (int i = 0; i < 4; i++)
        random.state[i] = splitmix_next(&seed);
    return random;
}

uint64_t random_next(struct random *random) {
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

/* Numbers below 2^64 mod bound are thrown away: what is left is a multiple of the bound. */
uint64_t random_below(struct random *random, uint64_t bound) {
    uint64_t surplus = (0 - bound) % bound;
    uint64_t number;
    do
        number = random_next(random);
    while (number < surplus);
    return number % bound;
}

bool random_is_hit(struct random *random, uint64_t parts) {
    return random_next(random) >> 32 < parts;
}
