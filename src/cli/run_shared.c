/* run_shared: see run.h. */
#include <stdarg.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/run.h"

/* A stopped terminal (^Z) still stops this process. */
int run_signals_take(sigset_t *old) {
    sigset_t taken;
    namespace_forwards(&taken);
    (void)sigaddset(&taken, SIGCHLD);
    (void)signal(SIGCHLD, SIG_DFL);
    (void)sigprocmask(SIG_BLOCK, &taken, old);
    (void)sigdelset(&taken, SIGCHLD);
    return signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC);
}

void run_terminal_take_back(pid_t group) {
    sigset_t background;
    if (group != getpgrp() || tcgetpgrp(STDIN_FILENO) == group)
        return;
    (void)sigemptyset(&background);
    (void)sigaddset(&background, SIGTTOU);
    (void)sigprocmask(SIG_BLOCK, &background, NULL);
    (void)tcsetpgrp(STDIN_FILENO, group);
}

void run_lease_say(const struct lab_outside *outside) {
    if (outside->lease == LAB_LEASE_WANTED || outside->lease == LAB_LEASE_PROBED)
        (void)complain(
            "run", "%s: %s: CMD starts without a lease, and the client goes on", outside->interface,
            outside->lease == LAB_LEASE_WANTED ? "no DHCP server answers"
                                               : "the DHCP server's address is not ready yet");
}

int run_fail(const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)complain("run", "%s", text);
    return EXIT_OURS;
}
