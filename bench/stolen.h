/*
 * When a process that never sleeps was not running: the scheduler had given its core to another
 * program, or the machine under this one had taken the core away. For benches in real time whose
 * bound is narrower than what a shared machine does to them.
 *
 * Between two looks that are more than STOLEN_LEAST apart the thread's own CPU time says whether
 * it was working: only time that it was not running counts. A slow turn of the measured program,
 * and a core taken away by a machine that does not say so, stay the program's.
 */
#ifndef BENCH_STOLEN_H
#define BENCH_STOLEN_H

#include <stdatomic.h>
#include <stdbool.h>

#include <dobos/types.h>

#define STOLEN_LEAST (100 * DOBOS_MICROSECOND)
#define STOLEN_GAPS  4096

struct stolen {
    struct stolen_gap {
        dobos_time begin, end; /* it ran before the first and again from the second */
        dobos_time cpu;        /* of its own in between */
    } gaps[STOLEN_GAPS];
    atomic_uint count;              /* of them, as the process's own loop writes them */
    dobos_time seen;                /* the last look */
    dobos_time base_wall, base_cpu; /* both clocks at the last that read them */
    unsigned turns;
};

/* Once a turn of the process's loop, by itself. */
void stolen_look(struct stolen *stolen, dobos_time now);

/* Whether [begin, end] meets a gap, each longer than it was by DRAIN of its length: what queued up
 * meanwhile. */
bool stolen_meets(const struct stolen *stolen, dobos_time begin, dobos_time end, double drain);

/* How many gaps there were from begin to end, and how long all and the longest, in nanoseconds. */
struct stolen_sum {
    unsigned count;
    dobos_time all, longest;
} stolen_between(const struct stolen *stolen, dobos_time begin, dobos_time end);

#endif
