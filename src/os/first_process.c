/*
 * first_process: see first_process.h. It sets the namespace up, sends the TAP's descriptor out,
 * starts CMD, and then only reaps, passes signals on, and configures the interface anew when it is
 * told. It executes nothing itself and keeps no descriptor of the caller's, so pipes close when CMD
 * closes them.
 */
#include "os/first_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/namespace_hint.h"
#include "os/netlink.h"
#include "os/private_files.h"
#include "os/tap_device.h"

/* Sends a message, with a descriptor when it is not −1. */
static void tell(int control, const struct first_message *message, int descriptor) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } rights = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
                           .cmsg_level = SOL_SOCKET,
                           .cmsg_type = SCM_RIGHTS}};
    struct iovec part = {(void *)(uintptr_t)message, sizeof *message};
    struct msghdr datagram = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptor >= 0) {
        memcpy(CMSG_DATA(&rights.header), &descriptor, sizeof descriptor);
        datagram.msg_control = &rights;
        datagram.msg_controllen = sizeof rights;
    }
    while (sendmsg(control, &datagram, MSG_NOSIGNAL) < 0 && errno == EINTR)
        continue;
}

static _Noreturn void fail(int control, int exit_code, const struct failure *failure) {
    struct first_message message = {.event = NAMESPACE_FAILED, .value = exit_code};
    memcpy(message.text, failure->text, sizeof message.text);
    tell(control, &message, -1);
    _exit(exit_code);
}

/* Writes one line to a file of /proc. 0 or the errno. */
static int line_write(const char *path, const char *line) {
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0)
        return errno;
    int error = write(descriptor, line, strlen(line)) < 0 ? errno : 0;
    (void)close(descriptor);
    return error;
}

/* One uid and one gid: the caller's, as themselves or as 0. */
static int users_map(const struct first_process *first, struct failure *failure) {
    char users[64], groups[64];
    bool root = first->config->root;
    (void)snprintf(users, sizeof users, "%u %u 1\n", root ? 0 : first->uid, first->uid);
    (void)snprintf(groups, sizeof groups, "%u %u 1\n", root ? 0 : first->gid, first->gid);
    int error = line_write("/proc/self/setgroups", "deny\n");
    if (error == 0 || error == ENOENT)
        error = line_write("/proc/self/uid_map", users);
    if (error == 0)
        error = line_write("/proc/self/gid_map", groups);
    if (error != 0)
        return failure_set(failure, "cannot map uid %u into a user namespace: %s", first->uid,
                           strerror(error));
    return 0;
}

/* Every group inside may use ICMP sockets: iputils' ping needs no capability then. */
static void ping_open(const struct first_process *first) {
    char range[64];
    gid_t group = first->config->root ? 0 : first->gid;
    if (!first->new_users)
        (void)snprintf(range, sizeof range, "0 2147483647\n");
    else
        (void)snprintf(range, sizeof range, "%u %u\n", group, group);
    (void)line_write("/proc/sys/net/ipv4/ping_group_range", range);
}

static int device_failure(const struct first_process *first, int error, struct failure *failure) {
    const char *name = first->config->outside->interface;
    if (error == ENOENT)
        return failure_set(failure, "there is no /dev/net/tun: as root, `modprobe tun`; in a "
                                    "container, pass that device in");
    if (error == EACCES)
        return failure_set(failure,
                           "/dev/net/tun may not be opened by uid %u: as root, "
                           "`chmod 666 /dev/net/tun`",
                           first->uid);
    if (error == ENODEV || error == ENXIO)
        return failure_set(failure, "/dev/net/tun has no driver: as root, `modprobe tun`");
    if (error == EPERM)
        return failure_set(failure, "/dev/net/tun may not be used here: a container must be "
                                    "given that device, for reading and writing");
    return failure_set(failure, "cannot make the TAP device %s: %s", name, strerror(error));
}

/* AppArmor gives a user namespace, and then refuses what is done in it: names its switch. */
static void switch_name(struct failure *failure) {
    char hint[256];
    namespace_hint("/proc/sys", 0, hint, sizeof hint);
    size_t used = strlen(failure->text);
    (void)snprintf(failure->text + used, sizeof failure->text - used, "%s", hint);
}

/* Everything before CMD; returns the TAP's descriptor, or −1 with *failure. */
static int namespace_set(const struct first_process *first, struct private_files *files,
                         struct failure *failure) {
    const struct namespace_config *config = first->config;
    if (first->new_users && users_map(first, failure) != 0)
        return -1;
    int device = tap_device_open(config->outside->interface, false);
    if (device < 0)
        return device_failure(first, -device, failure);
    const struct private_files_config private_config = {.outside = config->outside,
                                                        .folders = config->private_folders,
                                                        .folder_count =
                                                            config->private_folder_count,
                                                        .with_owners = !first->new_users};
    if (private_files_mount(&private_config, files, failure) != 0 ||
        netlink_loopback_up(failure) != 0 ||
        netlink_interface_set(config->outside, config->bare, failure) != 0)
        return -1;
    ping_open(first);
    return device;
}

/* An ordinary user's CMD is not root inside: what it may do to its own network, it inherits as
   ambient capabilities. They reach no further than the namespaces made here. */
static void capabilities_keep(void) {
    static const unsigned kept[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE};
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &header, data) != 0)
        return;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        data[0].inheritable |= 1U << kept[i];
    if (syscall(SYS_capset, &header, data) != 0)
        return;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0);
}

/* Whether a file of that name is in a folder of PATH that can be searched. */
static bool command_is_in_path(const char *command) {
    const char *folders = getenv("PATH");
    char path[PATH_MAX];
    struct stat found;
    for (const char *folder = folders; folder != NULL && folder[0] != '\0';) {
        size_t length = strcspn(folder, ":");
        (void)snprintf(path, sizeof path, "%.*s/%s", (int)length, folder, command);
        if (stat(path, &found) == 0)
            return true;
        folder += length + (folder[length] == ':');
    }
    return false;
}

/* Says why CMD cannot be executed, and ends with the exit code of that. */
static _Noreturn void command_fail(int control, const char *command, int error) {
    struct failure failure;
    struct stat found;
    bool has_folder = strchr(command, '/') != NULL;
    if (error == EACCES && !has_folder && !command_is_in_path(command))
        error = ENOENT; /* a folder of PATH may not be searched: that says nothing of CMD */
    int exit_code = error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
    if (error == ENOENT && has_folder && stat(command, &found) == 0)
        (void)failure_set(&failure, "%s: its interpreter is not found", command);
    else if (exit_code == EXIT_NOT_FOUND)
        (void)failure_set(&failure, "%s: not found", command);
    else
        (void)failure_set(&failure, "%s: cannot be executed: %s", command, strerror(error));
    fail(control, exit_code, &failure);
}

static _Noreturn void command_run(const struct first_process *first) {
    char *const *command = first->config->command;
    if (first->new_users && !first->config->root && first->uid != 0)
        capabilities_keep();
    (void)sigprocmask(SIG_SETMASK, first->config->signals, NULL);
    (void)execvp(command[0], command);
    command_fail(first->control, command[0], errno);
}

/* What the first process has while CMD runs. */
struct waiting {
    pid_t command;              /* CMD */
    int control;                /* our end of the socket */
    int signals;                /* a signalfd */
    struct lab_outside now;     /* how the interface is configured */
    struct private_files files; /* the resolver's configuration */
};

/* Reaps everything; ends when CMD has ended, and with it all that is left inside. */
static void reap(const struct waiting *waiting) {
    int status;
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (ended != waiting->command)
            continue;
        struct first_message message = {.event = NAMESPACE_ENDED};
        message.value = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        tell(waiting->control, &message, -1);
        _exit(0);
    }
}

/* Signals that were queued by our own side are for CMD. */
static void on_signals(const struct waiting *waiting) {
    struct signalfd_siginfo got;
    while (read(waiting->signals, &got, sizeof got) == (ssize_t)sizeof got)
        if (got.ssi_signo != SIGCHLD && got.ssi_code == SI_QUEUE)
            (void)kill(waiting->command, (int)got.ssi_signo);
    reap(waiting);
}

/* The interface is to be configured otherwise. */
static void on_control(struct waiting *waiting) {
    struct lab_outside outside;
    ssize_t got = recv(waiting->control, &outside, sizeof outside, MSG_DONTWAIT);
    if (got == 0)
        _exit(EXIT_OURS); /* nobody is there any more */
    if (got != (ssize_t)sizeof outside)
        return;
    netlink_interface_change(&waiting->now, &outside);
    private_files_change(&waiting->files, &outside);
    waiting->now = outside;
}

static _Noreturn void command_wait(struct waiting *waiting) {
    struct pollfd waited[] = {{.fd = waiting->signals, .events = POLLIN},
                              {.fd = waiting->control, .events = POLLIN}};
    reap(waiting);
    for (;;) {
        if (poll(waited, 2, -1) < 0)
            continue;
        if (waited[0].revents != 0)
            on_signals(waiting);
        if (waited[1].revents != 0)
            on_control(waiting);
    }
}

/* A copy of a descriptor where no other of those that are kept stands. */
static void put_aside(int *descriptor) {
    int aside = fcntl(*descriptor, F_DUPFD_CLOEXEC, 16);
    if (aside >= 0)
        *descriptor = aside;
}

static void put_in_place(int *descriptor, int *place) {
    int placed = dup3(*descriptor, *place, O_CLOEXEC);
    if (placed < 0)
        _exit(EXIT_OURS);
    *descriptor = placed;
    (*place)++;
}

/* The caller's descriptors are CMD's business: only our own stay. */
static void descriptors_keep(struct waiting *waiting) {
    int place = 3;
    put_aside(&waiting->control);
    put_aside(&waiting->signals);
    for (unsigned i = 0; i < waiting->files.resolver_count; i++)
        put_aside(&waiting->files.resolvers[i]);
    put_in_place(&waiting->control, &place);
    put_in_place(&waiting->signals, &place);
    for (unsigned i = 0; i < waiting->files.resolver_count; i++)
        put_in_place(&waiting->files.resolvers[i], &place);
    (void)close_range((unsigned)place, ~0U, 0);
}

_Noreturn void first_run(const struct first_process *first) {
    char nothing;
    struct failure failure;
    struct waiting waiting = {.control = first->control, .now = *first->config->outside};
    sigset_t signals;
    /* Has the caller died before this, no signal will come; but its end of the socket is closed. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (recv(first->control, &nothing, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
        _exit(EXIT_OURS);
    int device = namespace_set(first, &waiting.files, &failure);
    if (device < 0 && first->new_users)
        switch_name(&failure);
    if (device < 0)
        fail(first->control, EXIT_OURS, &failure);
    struct first_message message = {.event = NAMESPACE_DEVICE};
    tell(first->control, &message, device);
    namespace_forwards(&signals);
    (void)sigaddset(&signals, SIGCHLD);
    waiting.signals = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    waiting.command = waiting.signals < 0 ? -1 : fork();
    if (waiting.command == 0)
        command_run(first);
    if (waiting.command < 0) {
        (void)failure_set(&failure, "cannot start a process: %s", strerror(errno));
        fail(first->control, EXIT_OURS, &failure);
    }
    descriptors_keep(&waiting);
    command_wait(&waiting);
}
