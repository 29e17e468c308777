/*
 * readiness: poll and epoll over sockets of the world. Both look at the level of each socket; an
 * edge (EPOLLET) is a level that was not reported yet, or that has been reported of less data.
 */
#include <errno.h>
#include <stdlib.h>

#include "packetdrill/calls.h"

#define ALWAYS (POLLERR | POLLHUP)

/* What poll(2) says of a socket; EPOLL… are the same numbers. */
static uint32_t socket_events(const struct descriptor *descriptor) {
    const unsigned ready = dobos_socket_ready(descriptor->socket);
    struct dobos_socket_info info;
    uint32_t events = 0;
    if (ready & DOBOS_READABLE)
        events |= POLLIN | POLLRDNORM;
    if ((ready & DOBOS_WRITABLE) && has_low_water(descriptor))
        events |= POLLOUT | POLLWRNORM;
    if (ready & DOBOS_URGENT)
        events |= POLLPRI;
    if (ready & DOBOS_ERROR)
        events |= POLLERR;
    if (ready & DOBOS_HANGUP)
        events |= POLLHUP;
    if (descriptor->protocol != DOBOS_TCP || dobos_socket_info_read(descriptor->socket, &info) < 0)
        return events;
    switch (info.state) {
    case DOBOS_TCP_CLOSED:
        return events | POLLHUP |
               (descriptor->was_connected ? POLLIN | POLLRDNORM | POLLRDHUP : POLLOUT | POLLWRNORM);
    case DOBOS_TCP_CLOSE_WAIT:
        return events | POLLRDHUP | (descriptor->is_shut_out ? POLLHUP : 0U);
    case DOBOS_TCP_LAST_ACK:
    case DOBOS_TCP_CLOSING:
    case DOBOS_TCP_TIME_WAIT:
        return events | POLLRDHUP | POLLHUP;
    default:
        return events;
    }
}

static dobos_time timeout_deadline(const struct world *world, int timeout_ms) {
    return timeout_ms < 0 ? DOBOS_NEVER : world->now + timeout_ms * DOBOS_MILLISECOND;
}

static int poll_look(const struct world *world, struct pollfd *fds, nfds_t count) {
    int ready = 0;
    for (nfds_t i = 0; i < count; i++) {
        const struct descriptor *descriptor = descriptor_find(&world->descriptors, fds[i].fd);
        fds[i].revents = 0;
        if (fds[i].fd < 0)
            continue;
        if (!descriptor)
            fds[i].revents = POLLNVAL;
        else if (descriptor->socket)
            fds[i].revents = (short)(socket_events(descriptor) &
                                     ((uint32_t)(unsigned short)fds[i].events | ALWAYS));
        ready += fds[i].revents != 0;
    }
    return ready;
}

int call_poll(void *userdata, struct pollfd *fds, nfds_t count, int timeout_ms) {
    struct world *world = userdata;
    int ready;
    if (!fds && count > 0)
        return (int)result_tell(-EFAULT);
    (void)world_enter(world);
    const dobos_time deadline = timeout_deadline(world, timeout_ms);
    do {
        ready = poll_look(world, fds, count);
    } while (ready == 0 && world_sleep(world, deadline));
    world_leave(world);
    return ready;
}

/* ---- epoll ---- */

int call_epoll_create(void *userdata, int size) {
    struct world *world = userdata;
    if (size <= 0)
        return (int)result_tell(-EINVAL);
    (void)world_enter(world);
    const struct descriptor *epoll = descriptor_add(&world->descriptors, NULL);
    const int64_t result = epoll ? epoll->fd : -errno;
    world_leave(world);
    return (int)result_tell(result);
}

static struct descriptor *epoll_find(const struct world *world, int fd, int64_t *fault) {
    struct descriptor *epoll = descriptor_find(&world->descriptors, fd);
    *fault = !epoll ? -EBADF : epoll->socket ? -EINVAL : 0;
    return *fault < 0 ? NULL : epoll;
}

static int64_t watch_add(struct descriptor *epoll, int fd, const struct epoll_event *event) {
    struct watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return -ENOMEM;
    watch->next = epoll->watches;
    watch->fd = fd;
    watch->event = *event;
    epoll->watches = watch;
    return 0;
}

static int64_t watch_change(const struct world *world, int epoll_fd, int operation, int fd,
                            const struct epoll_event *event) {
    int64_t fault;
    struct descriptor *epoll = epoll_find(world, epoll_fd, &fault);
    const struct descriptor *target = descriptor_find(&world->descriptors, fd);
    if (!epoll)
        return fault;
    if (!target)
        return -EBADF;
    if (!target->socket)
        return -EINVAL;
    struct watch **link = &epoll->watches;
    while (*link && (*link)->fd != fd)
        link = &(*link)->next;
    struct watch *watch = *link;
    if (operation != EPOLL_CTL_DEL && !event)
        return -EFAULT;
    switch (operation) {
    case EPOLL_CTL_ADD:
        return watch ? -EEXIST : watch_add(epoll, fd, event);
    case EPOLL_CTL_MOD:
        if (!watch)
            return -ENOENT;
        *watch = (struct watch){.next = watch->next, .fd = fd, .event = *event};
        return 0;
    case EPOLL_CTL_DEL:
        if (!watch)
            return -ENOENT;
        *link = watch->next;
        free(watch);
        return 0;
    default:
        return -EINVAL;
    }
}

int call_epoll_ctl(void *userdata, int epoll, int operation, int fd, struct epoll_event *event) {
    struct world *world = userdata;
    (void)world_enter(world);
    const int64_t result = watch_change(world, epoll, operation, fd, event);
    world_leave(world);
    return (int)result_tell(result);
}

/* A number that grows when something arrives. */
static uint64_t arrival_mark(const struct descriptor *descriptor) {
    struct dobos_socket_info info;
    if (dobos_socket_info_read(descriptor->socket, &info) < 0)
        return 0;
    return info.state == DOBOS_TCP_LISTEN ? info.receive_queue : info.tcp.bytes_received;
}

/* What epoll_wait reports of a socket now; 0: nothing. */
static uint32_t watch_look(const struct world *world, struct watch *watch) {
    const struct descriptor *descriptor = descriptor_find(&world->descriptors, watch->fd);
    if (!descriptor || watch->is_spent)
        return 0;
    const uint32_t events = socket_events(descriptor) & (watch->event.events | ALWAYS);
    const uint64_t mark = arrival_mark(descriptor);
    const bool is_new = (events & ~watch->told) != 0 || ((events & POLLIN) && mark > watch->mark);
    watch->told &= events;
    if (events == 0 || ((watch->event.events & EPOLLET) && !is_new))
        return 0;
    watch->told = events;
    watch->mark = mark;
    watch->is_spent = (watch->event.events & EPOLLONESHOT) != 0;
    return events;
}

static int epoll_look(const struct world *world, const struct descriptor *epoll,
                      struct epoll_event *events, int room) {
    int count = 0;
    for (struct watch *watch = epoll->watches; watch && count < room; watch = watch->next) {
        const uint32_t seen = watch_look(world, watch);
        if (seen)
            events[count++] = (struct epoll_event){.events = seen, .data = watch->event.data};
    }
    return count;
}

int call_epoll_wait(void *userdata, int epoll_fd, struct epoll_event *events, int room,
                    int timeout_ms) {
    struct world *world = userdata;
    int64_t result;
    if (room <= 0 || !events)
        return (int)result_tell(room <= 0 ? -EINVAL : -EFAULT);
    (void)world_enter(world);
    const dobos_time deadline = timeout_deadline(world, timeout_ms);
    do {
        const struct descriptor *epoll = epoll_find(world, epoll_fd, &result);
        if (epoll)
            result = epoll_look(world, epoll, events, room);
    } while (result == 0 && world_sleep(world, deadline));
    world_leave(world);
    return (int)result_tell(result);
}
