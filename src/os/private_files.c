/*
 * private_files: see private_files.h. resolv.conf and nsswitch.conf are bind mounts of files on a
 * tmpfs that nobody else can reach. Where /etc/resolv.conf is a symbolic link, the mount follows
 * it; where there is none, or it leads nowhere, an overlay over /etc holds it. /run/systemd/resolve
 * and nscd's directory are covered by an empty tmpfs first, because systemd-resolved replaces its
 * files, which would undo a mount on them, and because nss-resolve and nscd would answer with the
 * host's names. When the host replaces /etc/resolv.conf itself during a run, the kernel takes the
 * mount away; the program then asks the host's name servers' addresses, on our network, and learns
 * nothing. A node with names of its own (hosts) has an /etc/hosts with these and localhost alone;
 * without them it is the machine's. Where CMD has a copy of /etc, all are plain files in it, which
 * it may replace.
 */
#include "os/private_files.h"
#include "os/private_folder.h"

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
#define HOSTS           "/etc/hosts"
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

size_t hosts_text(const struct lab_outside *outside, char *text, size_t room) {
    const int length =
        snprintf(text, room, "127.0.0.1 localhost\n::1 localhost\n%s", outside->hosts);
    return outside->hosts[0] && length > 0 && (size_t)length < room ? (size_t)length : 0;
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

/* A mount in the making. */
struct making {
    char resolver[FILE_BYTES];         /* the text of resolv.conf */
    size_t resolver_bytes;             /* of it */
    const struct lab_outside *outside; /* whose names */
    const char *stage;                 /* where files are made that are to be mounted elsewhere */
    struct private_files *files;       /* what comes of it */
};

/* Writes a new file; returns its descriptor, or −1. */
static int file_write(const char *directory, const char *name, const char *text, size_t length) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor < 0)
        return -1;
    ssize_t written = write(descriptor, text, length);
    (void)fchmod(descriptor, 0644);
    if (written == (ssize_t)length)
        return descriptor;
    (void)close(descriptor);
    return -1;
}

/* Writes a new resolv.conf. */
static int resolver_write(struct making *making, const char *directory, const char *name) {
    int made = file_write(directory, name, making->resolver, making->resolver_bytes);
    if (made < 0)
        return -1;
    making->files->resolvers[making->files->resolver_count++] = made;
    return 0;
}

/* Covers the sockets of the host's name services. */
static int name_services_hide(struct making *making, struct failure *failure) {
    struct stat found;
    if (stat(NSCD, &found) == 0 && tmpfs_mount(NSCD) != 0)
        return failure_set(failure, "cannot hide " NSCD ": %s", strerror(errno));
    if (stat(SYSTEMD_RESOLVE, &found) != 0)
        return 0;
    if (tmpfs_mount(SYSTEMD_RESOLVE) != 0 ||
        resolver_write(making, SYSTEMD_RESOLVE, "resolv.conf") != 0 ||
        resolver_write(making, SYSTEMD_RESOLVE, "stub-resolv.conf") != 0)
        return failure_set(failure, "cannot hide " SYSTEMD_RESOLVE ": %s", strerror(errno));
    return 0;
}

static int bind(const char *stage, const char *name, const char *where) {
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", stage, name);
    return mount(path, where, NULL, MS_BIND, NULL);
}

/* /etc with a resolv.conf that was not there. */
static int overlay_mount(struct making *making) {
    char upper[128], work[128], options[512];
    (void)snprintf(upper, sizeof upper, "%s/upper", making->stage);
    (void)snprintf(work, sizeof work, "%s/work", making->stage);
    (void)snprintf(options, sizeof options, "lowerdir=/etc,upperdir=%s,workdir=%s", upper, work);
    if (mkdir(upper, 0755) != 0 || mkdir(work, 0755) != 0 ||
        resolver_write(making, upper, "resolv.conf") != 0)
        return -1;
    return mount("dobos", "/etc", "overlay", MS_NOSUID | MS_NODEV, options);
}

static int resolver_mount(struct making *making, struct failure *failure) {
    struct stat found;
    if (stat(RESOLVER, &found) == 0) {
        if (resolver_write(making, making->stage, "resolv.conf") == 0 &&
            bind(making->stage, "resolv.conf", RESOLVER) == 0)
            return 0;
        return failure_set(failure, "cannot mount a private " RESOLVER ": %s", strerror(errno));
    }
    if (overlay_mount(making) == 0)
        return 0;
    return failure_set(failure,
                       RESOLVER " is missing and cannot be supplied by an overlay over /etc (%s): "
                                "create it, empty",
                       strerror(errno));
}

/* The private nsswitch.conf, into `text`; its length, 0: none is needed. −1 with *failure. */
static ssize_t name_switch_make(char *text, size_t room, struct failure *failure) {
    char old[FILE_BYTES];
    int descriptor = open(NAME_SWITCH, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT)
        return 0; /* the C library's own default is files and DNS */
    ssize_t old_bytes = descriptor < 0 ? -1 : read(descriptor, old, sizeof old - 1);
    (void)close(descriptor);
    if (old_bytes < 0)
        return failure_set(failure, "cannot read " NAME_SWITCH ": %s", strerror(errno));
    old[old_bytes] = '\0';
    return (ssize_t)name_switch_text(old, (size_t)old_bytes, text, room);
}

static int name_switch_mount(const struct making *making, struct failure *failure) {
    char text[FILE_BYTES + 64];
    ssize_t length = name_switch_make(text, sizeof text, failure);
    if (length <= 0)
        return (int)length;
    int made = file_write(making->stage, "nsswitch.conf", text, (size_t)length);
    (void)close(made);
    if (made < 0 || bind(making->stage, "nsswitch.conf", NAME_SWITCH) != 0)
        return failure_set(failure, "cannot mount a private " NAME_SWITCH ": %s", strerror(errno));
    return 0;
}

static int hosts_mount(const struct making *making, struct failure *failure) {
    char text[FILE_BYTES];
    const size_t length = hosts_text(making->outside, text, sizeof text);
    struct stat found;
    if (length == 0)
        return 0;
    if (stat(HOSTS, &found) != 0)
        return failure_set(failure, HOSTS " is missing: create it, empty");
    const int made = file_write(making->stage, "hosts", text, length);
    (void)close(made);
    if (made < 0 || bind(making->stage, "hosts", HOSTS) != 0)
        return failure_set(failure, "cannot mount a private " HOSTS ": %s", strerror(errno));
    return 0;
}

/* In a copy of /etc nothing needs to be mounted: the files are CMD's own. */
static int etc_fill(struct making *making, struct failure *failure) {
    char text[FILE_BYTES + 64];
    ssize_t length = name_switch_make(text, sizeof text, failure);
    if (length < 0)
        return -1;
    int made = 0;
    if (length > 0) {
        (void)unlink(NAME_SWITCH);
        made = file_write("/etc", "nsswitch.conf", text, (size_t)length);
        (void)close(made);
    }
    const size_t hosts = hosts_text(making->outside, text, sizeof text);
    if (made >= 0 && hosts > 0) {
        (void)unlink(HOSTS);
        made = file_write("/etc", "hosts", text, hosts);
        (void)close(made);
    }
    (void)unlink(RESOLVER);
    if (made < 0 || resolver_write(making, "/etc", "resolv.conf") != 0)
        return failure_set(failure, "cannot fill a private /etc: %s", strerror(errno));
    return 0;
}

/* The same by mounts. */
static int etc_cover(struct making *making, struct failure *failure) {
    static const char *const stages[] = {"/tmp", "/run", "/sys"};
    unsigned stage = 0;
    while (tmpfs_mount(stages[stage]) != 0)
        if (++stage == sizeof stages / sizeof stages[0])
            return failure_set(failure, "cannot mount a tmpfs: %s", strerror(errno));
    making->stage = stages[stage];
    int result = resolver_mount(making, failure);
    if (result == 0)
        result = name_switch_mount(making, failure);
    if (result == 0)
        result = hosts_mount(making, failure);
    if (umount2(making->stage, MNT_DETACH) != 0 && result == 0)
        result = failure_set(failure, "cannot unmount %s: %s", making->stage, strerror(errno));
    return result;
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

/* The copies of folders; *etc: /etc is one of them. */
static int folders_mount(const struct private_files_config *config, bool *etc,
                         struct failure *failure) {
    struct stat copied, found;
    *etc = false;
    for (unsigned i = 0; i < config->folder_count; i++) {
        if (private_folder_mount(config->folders[i], config->with_owners, failure) != 0)
            return -1;
        if (stat(config->folders[i], &copied) == 0 && stat("/etc", &found) == 0 &&
            copied.st_dev == found.st_dev)
            *etc = true;
    }
    return 0;
}

int private_files_mount(const struct private_files_config *config, struct private_files *files,
                        struct failure *failure) {
    struct making making = {.outside = config->outside, .files = files};
    bool etc;
    files->resolver_count = 0;
    making.resolver_bytes = resolver_text(config->outside, making.resolver, sizeof making.resolver);
    if (propagation_stop(failure) != 0 || folders_mount(config, &etc, failure) != 0 ||
        name_services_hide(&making, failure) != 0)
        return -1;
    if ((etc ? etc_fill(&making, failure) : etc_cover(&making, failure)) != 0)
        return -1;
    kernel_files_mount();
    return 0;
}

void private_files_change(const struct private_files *files, const struct lab_outside *outside) {
    char text[FILE_BYTES];
    const size_t length = resolver_text(outside, text, sizeof text);
    /* Shortened behind writing, so that nobody finds it empty. */
    for (unsigned i = 0; i < files->resolver_count; i++)
        if (pwrite(files->resolvers[i], text, length, 0) == (ssize_t)length)
            (void)!ftruncate(files->resolvers[i], (off_t)length);
}
