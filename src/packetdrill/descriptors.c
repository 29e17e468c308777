/* descriptors: sockets and epolls by number (descriptors.h). */
#include "packetdrill/descriptors.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libc's close is answered by this library itself (interpose.c). */
static void number_close(int fd) {
    (void)syscall(SYS_close, fd);
}

struct descriptor *descriptor_find(const struct descriptors *descriptors, int fd) {
    struct descriptor *descriptor = descriptors->first;
    while (descriptor && descriptor->fd != fd)
        descriptor = descriptor->next;
    return descriptor;
}

/* Lets go what it stands for. */
static void descriptor_free(struct descriptor *descriptor, bool abort) {
    if (abort)
        dobos_abort(descriptor->socket);
    else
        dobos_close(descriptor->socket);
    while (descriptor->watches) {
        struct watch *watch = descriptor->watches;
        descriptor->watches = watch->next;
        free(watch);
    }
    free(descriptor);
}

static void descriptor_unlink(struct descriptors *descriptors,
                              const struct descriptor *descriptor) {
    struct descriptor **link = &descriptors->first;
    while (*link != descriptor)
        link = &(*link)->next;
    *link = descriptor->next;
}

/* Where the kernel gives a number anew, somebody has closed it behind our back. */
static void stale_remove(struct descriptors *descriptors, int fd) {
    struct descriptor *stale = descriptor_find(descriptors, fd);
    if (stale) {
        descriptor_unlink(descriptors, stale);
        descriptor_free(stale, false);
    }
}

struct descriptor *descriptor_add(struct descriptors *descriptors, struct dobos_socket *socket) {
    struct descriptor *descriptor = calloc(1, sizeof *descriptor);
    const int fd = descriptor ? eventfd(0, EFD_CLOEXEC) : -1;
    if (fd < 0) {
        free(descriptor);
        dobos_abort(socket);
        return NULL;
    }
    stale_remove(descriptors, fd);
    descriptor->fd = fd;
    descriptor->socket = socket;
    descriptor->next = descriptors->first;
    descriptors->first = descriptor;
    return descriptor;
}

/* No epoll watches what is closed. */
static void watches_forget(const struct descriptors *descriptors, int fd) {
    for (struct descriptor *epoll = descriptors->first; epoll; epoll = epoll->next) {
        for (struct watch **link = &epoll->watches; *link; link = &(*link)->next) {
            struct watch *watch = *link;
            if (watch->fd != fd)
                continue;
            *link = watch->next;
            free(watch);
            break;
        }
    }
}

void descriptor_remove(struct descriptors *descriptors, struct descriptor *descriptor) {
    descriptor_unlink(descriptors, descriptor);
    watches_forget(descriptors, descriptor->fd);
    number_close(descriptor->fd);
    descriptor_free(descriptor, descriptor->lingers && descriptor->linger_s == 0);
}

void descriptors_fini(struct descriptors *descriptors) {
    while (descriptors->first) {
        struct descriptor *descriptor = descriptors->first;
        descriptors->first = descriptor->next;
        number_close(descriptor->fd);
        descriptor_free(descriptor, true);
    }
}
