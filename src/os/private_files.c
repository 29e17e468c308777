/*
 * private_files: see private_files.h. resolv.conf and nsswitch.conf are bind mounts of files on a
 * tmpfs that nobody else can reach. Where /etc/resolv.conf is a symbolic link, the mount follows
 * it; where there is none, or it leads nowhere, an overlay over /etc holds it. /run/systemd/resolve
 * and nscd's directory are covered by an empty tmpfs first, because systemd-resolved replaces its
 * files, which would undo a mount on them, and because nss-resolve and nscd would answer with the
 * host's names. When the host replaces /etc/resolv.conf itself during a run, the kernel takes the
 * mount away; the program then asks the host's name servers' addresses, on our network, and learns
 * nothing.
 */
#include "os/private_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESOLVER        "/etc/resolv.conf"
#define NAME_SWITCH     "/etc/nsswitch.conf"
#define SYSTEMD_RESOLVE "/run/systemd/resolve"
#define NSCD            "/var/run/nscd"
#define FILE_BYTES      16384 /* of either file */

size_t resolver_text(const struct lab_outside *outside, char *text, size_t room) {
    size_t used = 0;
    for (unsigned i = 0; i < outside->nameserver_count; i++) {
        char address[DOBOS_ADDRESS_TEXT];
        (void)dobos_address_format(&outside->nameservers[i], address);
        used += (size_t)snprintf(text + used, room - used, "nameserver %s\n", address);
    }
    for (unsigned i = 0; i < outside->search_count; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%s", i == 0 ? "search " : " ",
                                 outside->search[i]);
    if (outside->search_count > 0)
        used += (size_t)snprintf(text + used, room - used, "\n");
    return used;
}

size_t name_switch_text(const char *old, size_t old_bytes, char *text, size_t room) {
    static const char hosts[] = "hosts: files dns\n";
    if (old_bytes + sizeof hosts > room)
        return 0;
    size_t used = 0;
    for (size_t start = 0; start < old_bytes;) {
        const char *newline = memchr(old + start, '\n', old_bytes - start);
        size_t end = newline == NULL ? old_bytes : (size_t)(newline - old) + 1;
        size_t word = start + strspn(old + start, " \t");
        bool is_hosts = strncmp(old + word, "hosts", 5) == 0 &&
                        old[word + 5 + strspn(old + word + 5, " \t")] == ':';
        if (!is_hosts) {
            memcpy(text + used, old + start, end - start);
            used += end - start;
        }
        start = end;
    }
    if (used > 0 && text[used - 1] != '\n')
        text[used++] = '\n';
    memcpy(text + used, hosts, sizeof hosts - 1);
    return used + sizeof hosts - 1;
}

/*
 * Mounts made here must not reach the host. In a chroot whose root is no mount point the kernel
 * refuses to say so for "/"; there the way out of the chroot (only for root, and only inside our
 * own mount namespace) leads to the real root, and back.
 */
static int propagation_stop(struct failure *failure) {
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0)
        return 0;
    int error = errno;
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (error == EINVAL && root >= 0 && here >= 0 && chdir("/") == 0 && chroot("/etc") == 0) {
        struct stat above, below;
        do {
            (void)stat(".", &below);
            (void)!chdir("..");
            (void)stat(".", &above);
        } while (above.st_dev != below.st_dev || above.st_ino != below.st_ino);
        error =
            chroot(".") == 0 && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 ? 0 : errno;
        if (fchdir(root) != 0 || chroot(".") != 0 || fchdir(here) != 0)
            error = errno;
    }
    (void)close(root);
    (void)close(here);
    if (error != 0)
        return failure_set(failure, "cannot make the namespace's mounts its own: %s",
                           strerror(error));
    return 0;
}

static int tmpfs_mount(const char *where) {
    return mount("dobos", where, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755,size=1m");
}

/* Writes a new file. */
static int file_write(const char *directory, const char *name, const char *text, size_t length) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor < 0)
        return -1;
    ssize_t written = write(descriptor, text, length);
    (void)fchmod(descriptor, 0644);
    (void)close(descriptor);
    return written == (ssize_t)length ? 0 : -1;
}

/* Covers the sockets of the host's name services. */
static int name_services_hide(const char *resolver, size_t resolver_bytes,
                              struct failure *failure) {
    struct stat found;
    if (stat(NSCD, &found) == 0 && tmpfs_mount(NSCD) != 0)
        return failure_set(failure, "cannot hide " NSCD ": %s", strerror(errno));
    if (stat(SYSTEMD_RESOLVE, &found) != 0)
        return 0;
    if (tmpfs_mount(SYSTEMD_RESOLVE) != 0 ||
        file_write(SYSTEMD_RESOLVE, "resolv.conf", resolver, resolver_bytes) != 0 ||
        file_write(SYSTEMD_RESOLVE, "stub-resolv.conf", resolver, resolver_bytes) != 0)
        return failure_set(failure, "cannot hide " SYSTEMD_RESOLVE ": %s", strerror(errno));
    return 0;
}

static int bind(const char *stage, const char *name, const char *where) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", stage, name);
    return mount(path, where, NULL, MS_BIND, NULL);
}

/* /etc with a resolv.conf that was not there. */
static int overlay_mount(const char *stage, const char *resolver, size_t resolver_bytes) {
    char upper[128], work[128], options[512];
    (void)snprintf(upper, sizeof upper, "%s/upper", stage);
    (void)snprintf(work, sizeof work, "%s/work", stage);
    (void)snprintf(options, sizeof options, "lowerdir=/etc,upperdir=%s,workdir=%s", upper, work);
    if (mkdir(upper, 0755) != 0 || mkdir(work, 0755) != 0 ||
        file_write(upper, "resolv.conf", resolver, resolver_bytes) != 0)
        return -1;
    return mount("dobos", "/etc", "overlay", MS_NOSUID | MS_NODEV, options);
}

static int resolver_mount(const char *stage, const char *resolver, size_t resolver_bytes,
                          struct failure *failure) {
    struct stat found;
    if (stat(RESOLVER, &found) == 0) {
        if (file_write(stage, "resolv.conf", resolver, resolver_bytes) == 0 &&
            bind(stage, "resolv.conf", RESOLVER) == 0)
            return 0;
        return failure_set(failure, "cannot mount a private " RESOLVER ": %s", strerror(errno));
    }
    if (overlay_mount(stage, resolver, resolver_bytes) == 0)
        return 0;
    return failure_set(failure,
                       RESOLVER " is missing and cannot be supplied by an overlay over /etc (%s): "
                                "create it, empty",
                       strerror(errno));
}

static int name_switch_mount(const char *stage, struct failure *failure) {
    char old[FILE_BYTES], text[FILE_BYTES + 64];
    int descriptor = open(NAME_SWITCH, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT)
        return 0; /* the C library's own default is files and DNS */
    ssize_t old_bytes = descriptor < 0 ? -1 : read(descriptor, old, sizeof old - 1);
    (void)close(descriptor);
    if (old_bytes < 0)
        return failure_set(failure, "cannot read " NAME_SWITCH ": %s", strerror(errno));
    old[old_bytes] = '\0';
    size_t length = name_switch_text(old, (size_t)old_bytes, text, sizeof text);
    if (file_write(stage, "nsswitch.conf", text, length) != 0 ||
        bind(stage, "nsswitch.conf", NAME_SWITCH) != 0)
        return failure_set(failure, "cannot mount a private " NAME_SWITCH ": %s", strerror(errno));
    return 0;
}

/* /proc shows the processes inside, /sys the devices inside. In a container that masks parts of
   either, the kernel allows no fresh one: the old one stays, whose /proc/self is right all the
   same. */
static void kernel_files_mount(void) {
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    (void)mount("proc", "/proc", "proc", flags, NULL);
    int groups =
        open_tree(AT_FDCWD, "/sys/fs/cgroup", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (mount("sysfs", "/sys", "sysfs", flags, NULL) == 0 && groups >= 0)
        (void)move_mount(groups, "", AT_FDCWD, "/sys/fs/cgroup", MOVE_MOUNT_F_EMPTY_PATH);
    (void)close(groups);
}

int private_files_mount(const struct lab_outside *outside, struct failure *failure) {
    static const char *const stages[] = {"/tmp", "/run", "/sys"};
    char resolver[FILE_BYTES];
    size_t resolver_bytes = resolver_text(outside, resolver, sizeof resolver);
    if (propagation_stop(failure) != 0 ||
        name_services_hide(resolver, resolver_bytes, failure) != 0)
        return -1;
    unsigned stage = 0;
    while (tmpfs_mount(stages[stage]) != 0)
        if (++stage == sizeof stages / sizeof stages[0])
            return failure_set(failure, "cannot mount a tmpfs: %s", strerror(errno));
    int result = resolver_mount(stages[stage], resolver, resolver_bytes, failure);
    if (result == 0)
        result = name_switch_mount(stages[stage], failure);
    if (umount2(stages[stage], MNT_DETACH) != 0 && result == 0)
        result = failure_set(failure, "cannot unmount %s: %s", stages[stage], strerror(errno));
    if (result == 0)
        kernel_files_mount();
    return result;
}
