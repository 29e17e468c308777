/*
 * control_guard: see control_guard.h. It has a session of its own, so that nobody who ends this
 * process's group ends it; keeps nothing of the caller's open but the folder; and takes no signal
 * but SIGKILL. It acts as a stranger would: what somebody listens at stays.
 */
#include "os/control_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Closes every descriptor but two. */
static void close_all_but(int one, int other) {
    const unsigned low = (unsigned)(one < other ? one : other);
    const unsigned high = (unsigned)(one < other ? other : one);
    if (low > 0)
        (void)close_range(0, low - 1, 0);
    if (high > low + 1)
        (void)close_range(low + 1, high - 1, 0);
    (void)close_range(high + 1, ~0U, 0);
}

static _Noreturn void guard_run(const struct control_folder *folder, const char *name, int alive) {
    sigset_t all;
    char nothing;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    (void)setsid();
    (void)!chdir("/");
    (void)prctl(PR_SET_NAME, "dobos guard");
    close_all_but(folder->descriptor, alive);
    while (read(alive, &nothing, 1) != 0)
        continue;
    control_clear(folder, name);
    _exit(0);
}

int control_guard_start(struct control_guard *guard, const struct control_folder *folder,
                        const char *name, struct failure *failure) {
    int ends[2];
    *guard = (struct control_guard){.process = -1, .pidfd = -1, .alive = -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return failure_set(failure, "cannot make a pipe: %s", strerror(errno));
    pid_t made = fork();
    if (made == 0) {
        (void)close(ends[1]);
        guard_run(folder, name, ends[0]);
    }
    int error = errno;
    (void)close(ends[0]);
    if (made < 0) {
        (void)close(ends[1]);
        return failure_set(failure, "cannot start a process: %s", strerror(error));
    }
    guard->process = made;
    guard->pidfd = pidfd_open(made, 0);
    guard->alive = ends[1];
    return 0;
}

void control_guard_end(struct control_guard *guard) {
    if (guard->process <= 0)
        return;
    (void)close(guard->alive);
    while (waitpid(guard->process, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (guard->pidfd >= 0)
        (void)close(guard->pidfd);
    *guard = (struct control_guard){.process = -1, .pidfd = -1, .alive = -1};
}
