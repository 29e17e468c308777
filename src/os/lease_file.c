/*
 * lease_file: the leases of a DHCP server in a file (struct dobos_lease_store). Appends are written
 * at the end and synchronized; the file is written anew beside itself and put in its place by
 * rename, with the folder synchronized, so that at any moment a whole one stands there. Who has it
 * holds a lock on PATH.lock, which is never renamed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <dobos/os.h>

#define PATH_MOST 4000

struct dobos_lease_file {
    char path[PATH_MOST + 1];     /* the file */
    char new_path[PATH_MOST + 8]; /* written anew */
    char folder[PATH_MOST + 1];   /* where it is */
    int lock;                     /* PATH.lock, locked */
    int now;                      /* the file */
    int next;                     /* being written anew; −1: not */
    bool is_torn; /* an end that could not be cut off: nothing is appended before it is written anew
                   */
};

static int64_t file_read(void *context, uint64_t offset, void *bytes, size_t room) {
    const struct dobos_lease_file *file = context;
    ssize_t got;
    do
        got = pread(file->now, bytes, room, (off_t)offset);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -DOBOS_EIO : (int64_t)got;
}

static bool write_all(int descriptor, const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t put = write(descriptor, next, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        next += put;
        length -= (size_t)put;
    }
    return true;
}

/* All of it, or nothing: a part is cut off. */
static int file_append(void *context, const void *bytes, size_t length) {
    struct dobos_lease_file *file = context;
    if (file->next >= 0)
        return write_all(file->next, bytes, length) ? 0 : -DOBOS_EIO;
    off_t end = lseek(file->now, 0, SEEK_END);
    if (file->is_torn || end < 0)
        return -DOBOS_EIO;
    if (write_all(file->now, bytes, length) && fdatasync(file->now) == 0)
        return 0;
    file->is_torn = ftruncate(file->now, end) != 0;
    return -DOBOS_EIO;
}

static void next_close(struct dobos_lease_file *file) {
    if (file->next >= 0)
        (void)close(file->next);
    file->next = -1;
}

static int file_begin(void *context) {
    struct dobos_lease_file *file = context;
    next_close(file);
    file->next =
        open(file->new_path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    return file->next >= 0 ? 0 : -DOBOS_EIO;
}

static bool folder_sync(const struct dobos_lease_file *file) {
    int folder = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        (void)close(folder);
    return is_done;
}

static int file_commit(void *context) {
    struct dobos_lease_file *file = context;
    if (file->next < 0 || fsync(file->next) != 0 || rename(file->new_path, file->path) != 0) {
        next_close(file);
        return -DOBOS_EIO;
    }
    (void)close(file->now);
    file->now = file->next;
    file->next = -1;
    file->is_torn = false;
    return folder_sync(file) ? 0 : -DOBOS_EIO;
}

static bool paths_set(struct dobos_lease_file *file, const char *path) {
    if (!path || path[0] == 0 || strlen(path) > PATH_MOST - 8)
        return false;
    (void)snprintf(file->path, sizeof file->path, "%s", path);
    (void)snprintf(file->new_path, sizeof file->new_path, "%s.new", path);
    const char *slash = strrchr(path, '/');
    (void)snprintf(file->folder, sizeof file->folder, "%.*s",
                   slash ? (int)(slash - path) + (slash == path) : 1, slash ? path : ".");
    return true;
}

static int lock_take(struct dobos_lease_file *file) {
    char path[PATH_MOST + 8];
    (void)snprintf(path, sizeof path, "%s.lock", file->path);
    file->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file->lock < 0)
        return -DOBOS_EIO;
    if (flock(file->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    return errno == EWOULDBLOCK ? -DOBOS_EAGAIN : -DOBOS_EIO;
}

int dobos_lease_file_open(const char *path, struct dobos_lease_file **file) {
    struct dobos_lease_file *made = calloc(1, sizeof *made);
    if (!made)
        return -DOBOS_ENOMEM;
    made->lock = made->now = made->next = -1;
    int result = paths_set(made, path) ? lock_take(made) : -DOBOS_EINVAL;
    if (result == 0) {
        made->now = open(made->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        result = made->now >= 0 ? 0 : -DOBOS_EIO;
    }
    if (result < 0) {
        dobos_lease_file_close(made);
        return result;
    }
    *file = made;
    return 0;
}

struct dobos_lease_store dobos_lease_file_store(struct dobos_lease_file *file) {
    return (struct dobos_lease_store){file, file_read, file_append, file_begin, file_commit};
}

void dobos_lease_file_close(struct dobos_lease_file *file) {
    if (!file)
        return;
    next_close(file);
    if (file->now >= 0)
        (void)close(file->now);
    if (file->lock >= 0)
        (void)close(file->lock);
    free(file);
}
