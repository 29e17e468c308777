/* When a process was not running (stolen.h). */
#include "stolen.h"

#include <time.h>

#define REFRESH 256 /* looks between readings of the CPU clock, which is a system call */

static dobos_time cpu_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (dobos_time)now.tv_sec * DOBOS_SECOND + now.tv_nsec;
}

void stolen_look(struct stolen *stolen, dobos_time now) {
    dobos_time before = stolen->seen;
    bool is_late = now - before > STOLEN_LEAST;
    stolen->seen = now;
    if (!is_late && ++stolen->turns % REFRESH != 0)
        return;
    dobos_time cpu = cpu_now();
    dobos_time missing = (now - stolen->base_wall) - (cpu - stolen->base_cpu);
    unsigned count = atomic_load_explicit(&stolen->count, memory_order_relaxed);
    if (before > 0 && is_late && count < STOLEN_GAPS) {
        stolen->gaps[count] = (struct stolen_gap){before, now, (now - before) - missing};
        atomic_store_explicit(&stolen->count, count + 1, memory_order_release);
    }
    stolen->base_wall = now;
    stolen->base_cpu = cpu;
}

bool stolen_meets(const struct stolen *stolen, dobos_time begin, dobos_time end, double drain) {
    unsigned count = atomic_load_explicit(&stolen->count, memory_order_acquire);
    dobos_time over = 0; /* when the queues of all gaps so far have drained */
    for (unsigned i = 0; i < count && stolen->gaps[i].begin <= end; i++) {
        const struct stolen_gap *gap = &stolen->gaps[i];
        dobos_time left = over > gap->begin ? over - gap->begin : 0;
        over = gap->end + left + (dobos_time)((double)(gap->end - gap->begin) * drain);
        if (begin <= over)
            return true;
    }
    return false;
}

struct stolen_sum stolen_between(const struct stolen *stolen, dobos_time begin, dobos_time end) {
    struct stolen_sum sum = {0};
    unsigned count = atomic_load_explicit(&stolen->count, memory_order_acquire);
    for (unsigned i = 0; i < count; i++) {
        const struct stolen_gap *gap = &stolen->gaps[i];
        if (gap->end < begin || gap->begin > end)
            continue;
        sum.count++;
        sum.all += gap->end - gap->begin;
        if (gap->end - gap->begin > sum.longest)
            sum.longest = gap->end - gap->begin;
    }
    return sum;
}
