/* clock: the time that libdobos is told: CLOCK_MONOTONIC, which neither jumps nor runs back. */
#include <time.h>

#include <dobos/os.h>

dobos_time dobos_os_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
    return (dobos_time)now.tv_sec * DOBOS_SECOND + now.tv_nsec;
}
