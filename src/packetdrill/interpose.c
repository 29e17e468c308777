/*
 * interpose: libc's getsockopt, setsockopt, close and sendfile, answered for the numbers that stand
 * for sockets of a world and passed on to the kernel for all others. packetdrill calls libc's own
 * for what a script computes with (TCP_INFO) and at its end; that they come here takes the library
 * to be loaded before libc: LD_PRELOAD.
 */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "packetdrill/calls.h"

#define EXPORTED __attribute__((visibility("default")))

/* The world that has this number; NULL: none. */
static struct world *owner(int fd) {
    struct world *world = world_current();
    return world && world_has(world, fd) ? world : NULL;
}

EXPORTED int getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
    struct world *world = owner(fd);
    return world ? call_getsockopt(world, fd, level, name, value, length)
                 : (int)syscall(SYS_getsockopt, fd, level, name, value, length);
}

EXPORTED int setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
    struct world *world = owner(fd);
    return world ? call_setsockopt(world, fd, level, name, value, length)
                 : (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}

EXPORTED int close(int fd) {
    struct world *world = owner(fd);
    return world ? call_close(world, fd) : (int)syscall(SYS_close, fd);
}

/* A file's bytes to a socket. */
static ssize_t send_file(struct world *world, int to, int from, off_t *offset, size_t length) {
    uint8_t bytes[65536];
    size_t sent = 0;
    while (sent < length) {
        const size_t most = length - sent < sizeof bytes ? length - sent : sizeof bytes;
        const ssize_t count = offset ? pread(from, bytes, most, *offset) : read(from, bytes, most);
        if (count <= 0)
            return sent > 0 ? (ssize_t)sent : count;
        const ssize_t taken = call_write(world, to, bytes, (size_t)count);
        if (taken < 0)
            return sent > 0 ? (ssize_t)sent : taken;
        sent += (size_t)taken;
        if (offset)
            *offset += taken;
        else if (taken < count)
            (void)lseek(from, taken - count, SEEK_CUR);
        if (taken < count)
            break;
    }
    return (ssize_t)sent;
}

/* libc has it by two names, of which the headers choose one. */
EXPORTED ssize_t sendfile_any(int to, int from, off_t *offset, size_t length) __asm__("sendfile");
EXPORTED ssize_t sendfile_large(int to, int from, off_t *offset,
                                size_t length) __asm__("sendfile64");

ssize_t sendfile_any(int to, int from, off_t *offset, size_t length) {
    struct world *world = owner(to);
    return world ? send_file(world, to, from, offset, length)
                 : (ssize_t)syscall(SYS_sendfile, to, from, offset, length);
}

ssize_t sendfile_large(int to, int from, off_t *offset, size_t length) {
    return sendfile_any(to, from, offset, length);
}
