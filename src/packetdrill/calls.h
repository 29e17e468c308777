/*
 * calls: the functions that packetdrill_interface_init fills in, by the file that has them. Each
 * returns what its model in libc returns, -1 with errno. userdata is the struct world.
 */
#ifndef DOBOS_PACKETDRILL_CALLS_H
#define DOBOS_PACKETDRILL_CALLS_H

#include "packetdrill/interface.h"
#include "packetdrill/world.h"

/* One call that may have to wait: tried until it says something else than -EAGAIN. */
typedef int64_t (*attempt_function)(struct world *world, struct descriptor *descriptor,
                                    void *request);

enum attempt_patience {
    ATTEMPT_ONCE,         /* whatever comes: it does not wait */
    ATTEMPT_AS_RECEIVING, /* as O_NONBLOCK and SO_RCVTIMEO say */
    ATTEMPT_AS_SENDING,   /* as O_NONBLOCK and SO_SNDTIMEO say */
};

/* Makes the call; its result or -errno. -EBADF, -ENOTSOCK. */
int64_t attempt_make(struct world *world, int fd, enum attempt_patience patience,
                     attempt_function attempt, void *request);
/* Whether every piece has memory, as the kernel finds out by trying. */
bool pieces_are_there(const struct iovec *pieces, size_t count);
/* What libc makes of a result: itself, or -1 and errno. */
int64_t result_tell(int64_t result);
/* As in libc's sockaddr; *length is the room, then what was needed. */
void address_write(const struct dobos_endpoint *endpoint, struct sockaddr *address,
                   socklen_t *length);
/* 0 or -errno. */
int address_read(const struct sockaddr *address, socklen_t length, struct dobos_endpoint *endpoint);

/* sockets.c */
int call_socket(void *userdata, int domain, int type, int protocol);
int call_bind(void *userdata, int fd, const struct sockaddr *address, socklen_t length);
int call_listen(void *userdata, int fd, int backlog);
int call_accept(void *userdata, int fd, struct sockaddr *address, socklen_t *length);
int call_connect(void *userdata, int fd, const struct sockaddr *address, socklen_t length);
int call_close(void *userdata, int fd);
int call_shutdown(void *userdata, int fd, int how);

/* control.c */
int call_fcntl(void *userdata, int fd, int command, ...);
int call_ioctl(void *userdata, int fd, unsigned long request, ...);

/* receiving.c */
ssize_t call_read(void *userdata, int fd, void *bytes, size_t length);
ssize_t call_readv(void *userdata, int fd, const struct iovec *pieces, int count);
ssize_t call_recv(void *userdata, int fd, void *bytes, size_t length, int flags);
ssize_t call_recvfrom(void *userdata, int fd, void *bytes, size_t length, int flags,
                      struct sockaddr *address, socklen_t *address_length);
ssize_t call_recvmsg(void *userdata, int fd, struct msghdr *message, int flags);

/* sending.c */
ssize_t call_write(void *userdata, int fd, const void *bytes, size_t length);
ssize_t call_writev(void *userdata, int fd, const struct iovec *pieces, int count);
ssize_t call_send(void *userdata, int fd, const void *bytes, size_t length, int flags);
ssize_t call_sendto(void *userdata, int fd, const void *bytes, size_t length, int flags,
                    const struct sockaddr *address, socklen_t address_length);
ssize_t call_sendmsg(void *userdata, int fd, const struct msghdr *message, int flags);

/* How a connection that was begun, with `peer`, stands: 0, -EAGAIN, or why there is none. */
int64_t connect_end(struct descriptor *descriptor, const struct dobos_endpoint *peer);
/* Whether less waits to be sent than TCP_NOTSENT_LOWAT asks for. */
bool has_low_water(const struct descriptor *descriptor);

/* options.c */
int call_getsockopt(void *userdata, int fd, int level, int name, void *value, socklen_t *length);
int call_setsockopt(void *userdata, int fd, int level, int name, const void *value,
                    socklen_t length);

/* info.c: what Linux tells of a connection; how many bytes that is. */
size_t info_read(const struct descriptor *descriptor, dobos_time now, void *value, size_t room);
size_t info_memory_read(const struct descriptor *descriptor, dobos_time now, void *value,
                        size_t room);
/* What of the algorithm itself; 0: it tells nothing, as CUBIC and NewReno on Linux. */
size_t info_congestion_read(const struct descriptor *descriptor, dobos_time now, void *value,
                            size_t room);

/* readiness.c */
int call_poll(void *userdata, struct pollfd *fds, nfds_t count, int timeout_ms);
int call_epoll_create(void *userdata, int size);
int call_epoll_ctl(void *userdata, int epoll, int operation, int fd, struct epoll_event *event);
int call_epoll_wait(void *userdata, int epoll, struct epoll_event *events, int room,
                    int timeout_ms);

/* pipes.c */
int call_pipe(void *userdata, int ends[2]);
int call_splice(void *userdata, int from, loff_t *from_offset, int to, loff_t *to_offset,
                size_t length, unsigned flags);

/* device.c */
int call_netdev_send(void *userdata, const void *packet, size_t length);
int call_netdev_receive(void *userdata, void *packet, size_t *length, long long *time_us);
int call_usleep(void *userdata, useconds_t us);
int call_gettimeofday(void *userdata, struct timeval *time, struct timezone *zone);

#endif
