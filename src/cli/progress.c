/*
 * progress: see progress.h. A timer's signal interrupts the run, so that nobody has to ask in
 * between; what its handler does is safe there: it reads the clock, counts out digits, and writes.
 */
#include "cli/progress.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#define HALF_SECOND_US 500000

static const struct lab *shown;     /* NULL: no network */
static volatile size_t whole, done; /* bytes of a file; whole 0: no file */

/* Writes head, the number and tail in one go. */
static void number_show(const char *head, uint64_t number, const char *tail) {
    char text[64];
    char digits[24];
    size_t length = 0;
    size_t count = 0;
    while (*head != '\0')
        text[length++] = *head++;
    for (uint64_t rest = number; rest > 0 || count == 0; rest /= 10)
        digits[count++] = (char)('0' + rest % 10);
    while (count > 0)
        text[length++] = digits[--count];
    while (*tail != '\0')
        text[length++] = *tail++;
    (void)!write(STDERR_FILENO, text, length);
}

static void on_timer(int number) {
    (void)number;
    if (shown)
        number_show("\rvirtual time ", (uint64_t)(lab_now(shown) / DOBOS_SECOND), " s");
    else if (whole > 0)
        number_show("\r", (uint64_t)(done / (whole / 100 + 1)), "% of the file");
}

static void timer_set(int microseconds) {
    struct itimerval timer = {.it_interval = {.tv_usec = microseconds},
                              .it_value = {.tv_usec = microseconds}};
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

static void timer_begin(void) {
    struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    (void)sigaction(SIGALRM, &action, NULL);
    timer_set(HALF_SECOND_US);
}

void progress_begin(const struct lab *lab) {
    if (!isatty(STDERR_FILENO))
        return;
    shown = lab;
    timer_begin();
}

void progress_begin_bytes(size_t bytes) {
    if (!isatty(STDERR_FILENO) || isatty(STDOUT_FILENO))
        return;
    whole = bytes;
    done = 0;
    timer_begin();
}

void progress_step(size_t bytes) {
    done = bytes;
}

void progress_wipe(void) {
    static const char wipe[] = "\r\033[K";
    if (shown || whole > 0)
        (void)!write(STDERR_FILENO, wipe, sizeof(wipe) - 1);
}

void progress_end(void) {
    if (!shown && whole == 0)
        return;
    timer_set(0);
    progress_wipe();
    shown = NULL;
    whole = 0;
}
