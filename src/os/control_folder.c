/*
 * control_folder: see control_folder.h. All names are taken relative to the folder's descriptor,
 * which was checked once, so nobody can put another folder in its place; and a socket's name is
 * looked at without following links. Who makes or removes a socket holds the folder's lock, a short
 * moment: so nobody takes away a socket that has just been made. Whether a socket is live, its
 * connect() tells, which no process id and no file's age could.
 */
#include "os/control_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define SUFFIX     ".sock"
#define FILE_BYTES (CONTROL_NAME_BYTES + sizeof(SUFFIX))
#define LOCK_TRIES 500
#define LOCK_MS    10
#define BACKLOG    64
#define NAMES_MOST 1000 /* looked at in the folder */

enum found {
    FOUND_NOTHING, /* no such file */
    FOUND_STALE,   /* a socket of ours that nobody listens at */
    FOUND_LIVE,    /* one that somebody listens at */
    FOUND_OTHER,   /* something else */
};

bool control_name_is_good(const char *name) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._-";
    size_t length = strspn(name, letters);
    return length > 0 && length <= CONTROL_NAME_BYTES && name[length] == '\0' && name[0] != '.' &&
           name[0] != '-';
}

/* ---- the folder ---- */

/* Whether `path` is a folder of the caller's. */
static bool is_own_folder(const char *path) {
    struct stat found;
    return path[0] == '/' && lstat(path, &found) == 0 && S_ISDIR(found.st_mode) &&
           found.st_uid == geteuid();
}

static void path_choose(char *path, size_t room) {
    char users[64];
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    (void)snprintf(users, sizeof users, "/run/user/%u", geteuid());
    if (runtime && strlen(runtime) + sizeof("/dobos") <= room && is_own_folder(runtime))
        (void)snprintf(path, room, "%s/dobos", runtime);
    else if (is_own_folder(users))
        (void)snprintf(path, room, "%s/dobos", users);
    else
        (void)snprintf(path, room, "/tmp/dobos-%u", geteuid());
}

int control_folder_open(struct control_folder *folder, bool makes, struct failure *failure) {
    struct stat found;
    path_choose(folder->path, sizeof folder->path);
    folder->descriptor = -1;
    if (makes && mkdir(folder->path, 0700) != 0 && errno != EEXIST)
        return failure_set(failure, "cannot make the folder %s: %s", folder->path, strerror(errno));
    int descriptor = open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &found) != 0) {
        int error = errno;
        if (descriptor >= 0)
            (void)close(descriptor);
        if (error == ENOENT && !makes)
            return 0;
        return failure_set(failure, "cannot open the folder %s: %s", folder->path, strerror(error));
    }
    if (found.st_uid != geteuid() || (found.st_mode & 077) != 0) {
        (void)close(descriptor);
        return failure_set(failure,
                           "the folder %s is not this user's alone: expected uid %u and "
                           "mode 700",
                           folder->path, geteuid());
    }
    folder->descriptor = descriptor;
    return 0;
}

void control_folder_close(struct control_folder *folder) {
    if (folder->descriptor >= 0)
        (void)close(folder->descriptor);
    folder->descriptor = -1;
}

/* Holds the folder, for a bounded time. */
static bool folder_lock(const struct control_folder *folder) {
    const struct timespec pause = {.tv_nsec = LOCK_MS * 1000000L};
    for (unsigned i = 0; i < LOCK_TRIES; i++) {
        if (flock(folder->descriptor, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        (void)nanosleep(&pause, NULL);
    }
    return false;
}

static void folder_unlock(const struct control_folder *folder) {
    (void)flock(folder->descriptor, LOCK_UN);
}

/* ---- a socket in it ---- */

static void file_of(const char *name, char file[FILE_BYTES]) {
    (void)snprintf(file, FILE_BYTES, "%.*s%s", CONTROL_NAME_BYTES, name, SUFFIX);
}

/* A path of any folder is longer than a socket's address may be; by its descriptor it is not. */
static struct sockaddr_un address_of(const struct control_folder *folder, const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char file[FILE_BYTES];
    file_of(name, file);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s",
                   folder->descriptor, file);
    return address;
}

static int connect_with(const struct control_folder *folder, const char *name, int flags) {
    struct sockaddr_un address = address_of(folder, name);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (made < 0)
        return -errno;
    int result;
    do
        result = connect(made, (const struct sockaddr *)&address, sizeof address);
    while (result != 0 && errno == EINTR);
    if (result == 0)
        return made;
    int error = errno;
    (void)close(made);
    return -error;
}

static enum found look(const struct control_folder *folder, const char *name) {
    char file[FILE_BYTES];
    struct stat found;
    file_of(name, file);
    if (fstatat(folder->descriptor, file, &found, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? FOUND_NOTHING : FOUND_OTHER;
    if (!S_ISSOCK(found.st_mode) || found.st_uid != geteuid())
        return FOUND_OTHER;
    int connection = connect_with(folder, name, SOCK_NONBLOCK);
    if (connection >= 0)
        (void)close(connection);
    return connection == -ECONNREFUSED ? FOUND_STALE : FOUND_LIVE;
}

int control_name_check(const struct control_folder *folder, const char *name,
                       struct failure *failure) {
    char file[FILE_BYTES];
    file_of(name, file);
    enum found found = look(folder, name);
    if (found == FOUND_LIVE)
        return failure_set(failure,
                           "a network %s is live already (%s/%s): -N NAME gives this one another "
                           "name",
                           name, folder->path, file);
    if (found == FOUND_OTHER)
        return failure_set(failure, "%s/%s is there and is no socket of this user's", folder->path,
                           file);
    return 0;
}

/* With the lock held: a socket that listens, or −1. */
static int listen_locked(const struct control_folder *folder, const char *name,
                         struct failure *failure) {
    char file[FILE_BYTES];
    file_of(name, file);
    if (control_name_check(folder, name, failure) != 0)
        return -1;
    if (unlinkat(folder->descriptor, file, 0) != 0 && errno != ENOENT)
        return failure_set(failure, "cannot remove %s/%s: %s", folder->path, file, strerror(errno));
    struct sockaddr_un address = address_of(folder, name);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (made >= 0 && fchmod(made, 0600) == 0 &&
        bind(made, (const struct sockaddr *)&address, sizeof address) == 0) {
        if (fchmodat(folder->descriptor, file, 0600, 0) == 0 && listen(made, BACKLOG) == 0)
            return made;
        (void)unlinkat(folder->descriptor, file, 0);
    }
    int error = errno;
    if (made >= 0)
        (void)close(made);
    return failure_set(failure, "cannot make the control socket %s/%s: %s", folder->path, file,
                       strerror(error));
}

int control_listen(const struct control_folder *folder, const char *name, struct failure *failure) {
    if (!folder_lock(folder))
        return failure_set(failure, "the folder %s is locked by somebody else", folder->path);
    int made = listen_locked(folder, name, failure);
    folder_unlock(folder);
    return made;
}

void control_clear(const struct control_folder *folder, const char *name) {
    char file[FILE_BYTES];
    file_of(name, file);
    if (!folder_lock(folder))
        return;
    if (look(folder, name) == FOUND_STALE)
        (void)unlinkat(folder->descriptor, file, 0);
    folder_unlock(folder);
}

int control_connect(const struct control_folder *folder, const char *name) {
    return connect_with(folder, name, 0);
}

bool control_peer_is_ours(int connection) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
           (peer.uid == geteuid() || peer.uid == 0);
}

/* ---- which there are ---- */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The name of a file "NAME.sock" of a network that is live; NULL: it is none. */
static char *name_of(const struct control_folder *folder, const char *file) {
    size_t length = strlen(file);
    if (length <= strlen(SUFFIX) || strcmp(file + length - strlen(SUFFIX), SUFFIX) != 0)
        return NULL;
    char *name = strndup(file, length - strlen(SUFFIX));
    if (name && control_name_is_good(name) && look(folder, name) == FOUND_LIVE)
        return name;
    free(name);
    return NULL;
}

unsigned control_names(const struct control_folder *folder, struct sink *names) {
    char *found[NAMES_MOST];
    unsigned count = 0;
    int descriptor = openat(folder->descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = descriptor < 0 ? NULL : fdopendir(descriptor);
    const struct dirent *entry;
    while (stream && count < NAMES_MOST && (entry = readdir(stream))) {
        found[count] = name_of(folder, entry->d_name);
        count += found[count] != NULL;
    }
    if (stream)
        (void)closedir(stream);
    else if (descriptor >= 0)
        (void)close(descriptor);
    if (count > 0)
        qsort(found, count, sizeof found[0], compare_names);
    for (unsigned i = 0; i < count; i++) {
        sink_append(names, found[i], strlen(found[i]) + 1);
        free(found[i]);
    }
    return count;
}
