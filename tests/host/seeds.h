/*
 * seeds: the main of a program that tries something seed by seed:
 *
 *     PROGRAM [--from SEED] [--count N] | --seed SEED
 *
 * DOBOS_SEED is where it begins when --from is not given. It prints TAP: one line that all held; a
 * seed that fails says so itself and exits with 1. Exit status 2 for arguments it does not know.
 */
#ifndef TESTS_HOST_SEEDS_H
#define TESTS_HOST_SEEDS_H

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline uint64_t seeds_number(const char *text) {
    char *end;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno) {
        fprintf(stderr, "'%s': expected a whole number\n", text);
        exit(2);
    }
    return number;
}

/* `attempt` tries one seed; `tell`: it also prints what the seed drew. */
static inline int seeds_run(int argc, char **argv, void (*attempt)(uint64_t seed, bool tell)) {
    const char *drawn = getenv("DOBOS_SEED");
    uint64_t from = drawn ? seeds_number(drawn) : 1, count = 100;
    bool tell = false;
    for (int i = 1; i < argc; i += 2) {
        uint64_t number = i + 1 < argc ? seeds_number(argv[i + 1]) : 0;
        bool one = strcmp(argv[i], "--seed") == 0;
        if (i + 1 == argc || (!one && strcmp(argv[i], "--from") && strcmp(argv[i], "--count"))) {
            fprintf(stderr, "usage: %s [--from SEED] [--count N] | --seed SEED\n", argv[0]);
            return 2;
        }
        if (strcmp(argv[i], "--count") == 0)
            count = number;
        else
            from = number;
        if (one)
            count = 1;
        tell = tell || one;
    }
    puts("1..1");
    for (uint64_t seed = from; seed < from + count; seed++)
        attempt(seed, tell);
    printf("ok 1 - %" PRIu64 " seeds from %" PRIu64 " held\n", count, from);
    return 0;
}

#endif
