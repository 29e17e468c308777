/* lab_clock: see lab_clock.h. */
#include "os/lab_clock.h"

#include <time.h>

#include <dobos/os.h>

dobos_time lab_clock_now(void) {
    return dobos_os_now() + LAB_CLOCK_AHEAD;
}

dobos_time lab_clock_outside(dobos_time at) {
    return at == DOBOS_NEVER ? at : at - LAB_CLOCK_AHEAD;
}

int lab_clock_set(struct lab_options *options, struct failure *failure) {
    struct timespec date;
    options->real_time = true;
    options->start = lab_clock_now();
    options->warm_up = LAB_CLOCK_AHEAD;
    (void)clock_gettime(CLOCK_REALTIME, &date);
    options->epoch_ns = (uint64_t)(date.tv_sec * DOBOS_SECOND + date.tv_nsec - options->start);
    if (dobos_os_entropy(options->entropy, sizeof options->entropy) != 0)
        return failure_set(failure, "the kernel gives no random bytes");
    return 0;
}
