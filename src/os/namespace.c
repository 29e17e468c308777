/*
 * namespace: see namespace.h. This side: clones the first process, hears from it, kills it. Root
 * gets no user namespace, unless it lacks CAP_SYS_ADMIN (a container's root): then, as for any
 * user, the capabilities needed exist only inside a user namespace. CMD sees the process ids of its
 * own PID namespace: that is the price for "nothing is left behind", which no other means holds
 * when dobos gets SIGKILL.
 */
#include "os/namespace.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/first_process.h"
#include "os/namespace_hint.h"

/* As fork(), into new namespaces, with a pidfd. */
static pid_t clone_into(unsigned long namespaces, int *pidfd) {
    return (pid_t)syscall(SYS_clone, namespaces | CLONE_PIDFD | SIGCHLD, NULL, pidfd, NULL, NULL);
}

static pid_t first_clone(struct first_process *first, int *pidfd) {
    const unsigned long namespaces = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID;
    first->new_users = false;
    if (geteuid() == 0) {
        pid_t made = clone_into(namespaces, pidfd);
        if (made >= 0 || errno != EPERM)
            return made;
    }
    first->new_users = true;
    return clone_into(namespaces | CLONE_NEWUSER, pidfd);
}

int namespace_start(const struct namespace_config *config, struct namespace *namespace,
                    struct failure *failure) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return failure_set(failure, "cannot make a socket: %s", strerror(errno));
    struct first_process first = {
        .config = config, .control = ends[1], .uid = geteuid(), .gid = getegid()};
    pid_t made = first_clone(&first, &namespace->first_pidfd);
    if (made == 0) {
        (void)close(ends[0]);
        first_run(&first);
    }
    int error = errno;
    (void)close(ends[1]);
    namespace->first = made;
    namespace->control = ends[0];
    if (made > 0)
        return 0;
    (void)close(ends[0]);
    char hint[256];
    namespace_hint("/proc/sys", error, hint, sizeof hint);
    return failure_set(failure, "cannot make a network namespace: %s%s", strerror(error), hint);
}

void namespace_receive(const struct namespace *namespace, struct namespace_message *message) {
    struct first_message told = {0};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {&told, sizeof told};
    struct msghdr datagram = {.msg_iov = &part,
                              .msg_iovlen = 1,
                              .msg_control = &control,
                              .msg_controllen = sizeof control};
    ssize_t got;
    do
        got = recvmsg(namespace->control, &datagram, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    *message = (struct namespace_message){.event = NAMESPACE_LOST, .descriptor = -1};
    if (got != (ssize_t)sizeof told)
        return;
    message->event = (enum namespace_event)told.event;
    message->value = told.value;
    memcpy(message->failure.text, told.text, sizeof message->failure.text);
    const struct cmsghdr *rights = CMSG_FIRSTHDR(&datagram);
    if (rights != NULL && rights->cmsg_type == SCM_RIGHTS)
        memcpy(&message->descriptor, CMSG_DATA(rights), sizeof message->descriptor);
}

void namespace_forwards(sigset_t *signals) {
    (void)sigemptyset(signals);
    (void)sigaddset(signals, SIGHUP);
    (void)sigaddset(signals, SIGINT);
    (void)sigaddset(signals, SIGQUIT);
    (void)sigaddset(signals, SIGTERM);
    (void)sigaddset(signals, SIGUSR1);
    (void)sigaddset(signals, SIGUSR2);
}

bool namespace_configure(const struct namespace *namespace, const struct lab_outside *outside) {
    return send(namespace->control, outside, sizeof *outside, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
           errno == EPIPE;
}

void namespace_signal(const struct namespace *namespace, int signal) {
    /* Queued, so that the first process knows it from one that the whole process group has got. */
    siginfo_t queued = {.si_signo = signal, .si_code = SI_QUEUE};
    (void)pidfd_send_signal(namespace->first_pidfd, signal, &queued, 0);
}

void namespace_end(struct namespace *namespace) {
    siginfo_t ended;
    (void)pidfd_send_signal(namespace->first_pidfd, SIGKILL, NULL, 0);
    while (waitid(P_PIDFD, (id_t) namespace->first_pidfd, &ended, WEXITED) != 0 && errno == EINTR)
        continue;
    (void)close(namespace->first_pidfd);
    (void)close(namespace->control);
}
