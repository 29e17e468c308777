/*
 * interface: what packetdrill asks of a stack that it loads as a shared object (its options
 * --so_filename and --so_flags). It calls packetdrill_interface_init once, and then the functions
 * that were filled in: in place of system calls, in place of a network device, and in place of the
 * clock. Declared here in our own words; the order of the fields is the agreement, and every
 * function returns -1 with errno where its model in libc does.
 */
#ifndef DOBOS_PACKETDRILL_INTERFACE_H
#define DOBOS_PACKETDRILL_INTERFACE_H

#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef __cplusplus
extern "C" {
#endif

struct packetdrill_interface {
    void *userdata;               /* ours: the first argument of every function */
    void (*free)(void *userdata); /* ends it all */
    /* As in libc. */
    int (*socket)(void *userdata, int domain, int type, int protocol);
    int (*bind)(void *userdata, int fd, const struct sockaddr *address, socklen_t length);
    int (*listen)(void *userdata, int fd, int backlog);
    int (*accept)(void *userdata, int fd, struct sockaddr *address, socklen_t *length);
    int (*connect)(void *userdata, int fd, const struct sockaddr *address, socklen_t length);
    ssize_t (*read)(void *userdata, int fd, void *bytes, size_t length);
    ssize_t (*readv)(void *userdata, int fd, const struct iovec *pieces, int count);
    ssize_t (*recv)(void *userdata, int fd, void *bytes, size_t length, int flags);
    ssize_t (*recvfrom)(void *userdata, int fd, void *bytes, size_t length, int flags,
                        struct sockaddr *address, socklen_t *address_length);
    ssize_t (*recvmsg)(void *userdata, int fd, struct msghdr *message, int flags);
    ssize_t (*write)(void *userdata, int fd, const void *bytes, size_t length);
    ssize_t (*writev)(void *userdata, int fd, const struct iovec *pieces, int count);
    ssize_t (*send)(void *userdata, int fd, const void *bytes, size_t length, int flags);
    ssize_t (*sendto)(void *userdata, int fd, const void *bytes, size_t length, int flags,
                      const struct sockaddr *address, socklen_t address_length);
    ssize_t (*sendmsg)(void *userdata, int fd, const struct msghdr *message, int flags);
    int (*fcntl)(void *userdata, int fd, int command, ...);
    int (*ioctl)(void *userdata, int fd, unsigned long request, ...);
    int (*close)(void *userdata, int fd);
    int (*shutdown)(void *userdata, int fd, int how);
    int (*getsockopt)(void *userdata, int fd, int level, int name, void *value, socklen_t *length);
    int (*setsockopt)(void *userdata, int fd, int level, int name, const void *value,
                      socklen_t length);
    int (*poll)(void *userdata, struct pollfd *fds, nfds_t count, int timeout_ms);
    /* The device: an IP packet goes in; 0. */
    int (*netdev_send)(void *userdata, const void *packet, size_t length);
    /* The next IP packet that came out, and when; *length is the room, then the packet's length; 0
     * when there is none and none will come. */
    int (*netdev_receive)(void *userdata, void *packet, size_t *length, long long *time_us);
    /* The clock. */
    int (*usleep)(void *userdata, useconds_t us);
    int (*gettimeofday)(void *userdata, struct timeval *time, struct timezone *zone);
    /* As in libc. */
    int (*epoll_create)(void *userdata, int size);
    int (*epoll_ctl)(void *userdata, int epoll, int operation, int fd, struct epoll_event *event);
    int (*epoll_wait)(void *userdata, int epoll, struct epoll_event *events, int room,
                      int timeout_ms);
    int (*pipe)(void *userdata, int ends[2]);
    int (*splice)(void *userdata, int from, loff_t *from_offset, int to, loff_t *to_offset,
                  size_t length, unsigned flags);
};

/* Fills in *interface, as `flags` say (docs/packetdrill.md; NULL: as without). It has no way to
 * fail: with wrong flags it says so on standard error and ends the program. */
__attribute__((visibility("default"))) void
packetdrill_interface_init(const char *flags, struct packetdrill_interface *interface);

#ifdef __cplusplus
}
#endif

#endif
