/*
 * private_folder: see private_folder.h. A copy, not an overlay: in an overlay of a user namespace
 * what belongs to somebody outside can neither be written nor copied up, and that is most of /etc.
 * The tmpfs is filled before it is mounted anywhere, so no place is needed to prepare it.
 */
#include "os/private_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_BYTES "256m" /* of one folder, at most */

struct copying {
    int to;           /* the folder to fill */
    bool with_owners; /* what is made gets its owner */
    dev_t device;     /* of the folder that is copied */
};

/* A file system in memory (give, a descriptor of its root), mounted nowhere; −1. */
static int memory_make(void) {
    int made = -1;
    int context = fsopen("tmpfs", FSOPEN_CLOEXEC);
    if (context >= 0 && fsconfig(context, FSCONFIG_SET_STRING, "size", COPY_BYTES, 0) == 0 &&
        fsconfig(context, FSCONFIG_SET_STRING, "mode", "755", 0) == 0 &&
        fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        made = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    int error = errno;
    (void)close(context);
    errno = error;
    return made;
}

static int file_copy(const struct copying *copying, const char *from, const char *to,
                     const struct stat *found) {
    if (found->st_dev != copying->device) /* mounted there, as network namespaces by ip-netns(8) */
        return 1;
    int source = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (source < 0)
        return errno == EACCES || errno == EPERM || errno == ENOENT ? 1 : -1;
    int copy = openat(copying->to, to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ssize_t sent = copy < 0 ? -1 : 1;
    while (sent > 0)
        sent = sendfile(copy, source, NULL, 1 << 20);
    if (sent == 0 && fchmod(copy, found->st_mode & 0777) != 0)
        sent = -1;
    int error = errno;
    (void)close(source);
    (void)close(copy);
    errno = error;
    return (int)sent;
}

static int link_copy(const struct copying *copying, const char *from, const char *to) {
    char target[PATH_MAX];
    ssize_t length = readlink(from, target, sizeof target - 1);
    if (length < 0)
        return 1;
    target[length] = '\0';
    return symlinkat(target, copying->to, to);
}

/* 0: copied, so far as it is to be; −1: errno. */
static int entry_copy(const struct copying *copying, FTSENT *entry, const char *to) {
    const struct stat *found = entry->fts_statp;
    int result = 1;
    if (entry->fts_info == FTS_D)
        result = entry->fts_level == 0 ? 0 : mkdirat(copying->to, to, 0700);
    else if (entry->fts_info == FTS_F)
        result = file_copy(copying, entry->fts_accpath, to, found);
    else if (entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE)
        result = link_copy(copying, entry->fts_accpath, to);
    else if (entry->fts_info == FTS_DP) /* all that is in it is made: what it is to be at last */
        result = fchmodat(copying->to, to, found->st_mode & 01777, 0) == 0 ? 1 : -1;
    if (result == 0 && copying->with_owners &&
        fchownat(copying->to, to, found->st_uid, found->st_gid, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    return result < 0 ? -1 : 0;
}

static int tree_copy(struct copying *copying, const char *path) {
    char root[PATH_MAX];
    (void)snprintf(root, sizeof root, "%s", path);
    char *const roots[] = {root, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_XDEV, NULL);
    if (tree == NULL)
        return -1;
    const size_t above = strlen(root);
    int result = 0;
    FTSENT *entry;
    while (result == 0 && (errno = 0, entry = fts_read(tree)) != NULL) {
        const char *below = entry->fts_path + above;
        while (*below == '/')
            below++;
        if (entry->fts_level == 0)
            copying->device = entry->fts_statp->st_dev;
        if (entry->fts_level == 0 && entry->fts_info != FTS_D && entry->fts_info != FTS_DP) {
            errno = entry->fts_errno != 0 ? entry->fts_errno : ENOTDIR;
            result = -1;
        } else {
            result = entry_copy(copying, entry, *below == '\0' ? "." : below);
        }
    }
    if (result == 0 && errno != 0)
        result = -1;
    int error = errno;
    (void)fts_close(tree);
    errno = error;
    return result;
}

int private_folder_mount(const char *path, bool with_owners, struct failure *failure) {
    struct copying copying = {.to = memory_make(), .with_owners = with_owners};
    int result = -1;
    if (copying.to >= 0 && tree_copy(&copying, path) == 0)
        result = move_mount(copying.to, "", AT_FDCWD, path,
                            MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS);
    int error = errno;
    (void)close(copying.to);
    if (result == 0)
        return 0;
    return failure_set(failure, "cannot make a private copy of %s: %s", path, strerror(error));
}
