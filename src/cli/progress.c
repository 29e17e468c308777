/*
 * progress: see progress.h. A timer's signal interrupts the run, so that nobody has to ask in
 * between; what its handler does is safe there: it reads the clock, counts out digits, and writes.
 */
#include "cli/progress.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define HALF_SECOND_US 500000

static const struct lab *shown; /* NULL: nothing */

static void on_timer(int number) {
    static const char head[] = "\rvirtual time ";
    char text[sizeof(head) + 32];
    char digits[24];
    size_t length = sizeof(head) - 1;
    size_t count = 0;
    (void)number;
    if (!shown)
        return;
    memcpy(text, head, length);
    for (int64_t rest = lab_now(shown) / DOBOS_SECOND; rest > 0 || count == 0; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    while (count > 0)
        text[length++] = digits[--count];
    text[length++] = ' ';
    text[length++] = 's';
    (void)!write(STDERR_FILENO, text, length);
}

static void timer_set(int microseconds) {
    struct itimerval timer = {.it_interval = {.tv_usec = microseconds},
                              .it_value = {.tv_usec = microseconds}};
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

void progress_begin(const struct lab *lab) {
    struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    if (!isatty(STDERR_FILENO))
        return;
    shown = lab;
    (void)sigaction(SIGALRM, &action, NULL);
    timer_set(HALF_SECOND_US);
}

void progress_wipe(void) {
    static const char wipe[] = "\r\033[K";
    if (shown)
        (void)!write(STDERR_FILENO, wipe, sizeof(wipe) - 1);
}

void progress_end(void) {
    if (!shown)
        return;
    timer_set(0);
    progress_wipe();
    shown = NULL;
}
