/* control: fcntl and ioctl of sockets, as far as they mean something to one. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include "packetdrill/calls.h"

/* One call of fcntl. */
struct fcntl_request {
    int command;  /* F_GETFL, … */
    int argument; /* what came with it */
};

static int64_t fcntl_try(struct world *world, struct descriptor *descriptor, void *request) {
    const struct fcntl_request *asked = request;
    (void)world;
    switch (asked->command) {
    case F_GETFL:
        return O_RDWR | (descriptor->is_nonblocking ? O_NONBLOCK : 0);
    case F_SETFL:
        descriptor->is_nonblocking = (asked->argument & O_NONBLOCK) != 0;
        return 0;
    case F_GETFD:
    case F_SETFD:
        return 0;
    default:
        return -EINVAL;
    }
}

int call_fcntl(void *userdata, int fd, int command, ...) {
    struct fcntl_request request = {.command = command};
    va_list arguments;
    va_start(arguments, command);
    if (command == F_SETFL || command == F_SETFD)
        request.argument = va_arg(arguments, int);
    va_end(arguments);
    return (int)result_tell(attempt_make(userdata, fd, ATTEMPT_ONCE, fcntl_try, &request));
}

/* One call of ioctl. */
struct ioctl_request {
    unsigned long request; /* SIOCINQ, … */
    int *value;            /* what came with it; borrowed */
};

static int64_t ioctl_try(struct world *world, struct descriptor *descriptor, void *request) {
    const struct ioctl_request *asked = request;
    struct dobos_socket_info info;
    (void)world;
    if (!asked->value)
        return -EFAULT;
    if (asked->request == FIONBIO) {
        descriptor->is_nonblocking = *asked->value != 0;
        return 0;
    }
    if (asked->request == SIOCATMARK) {
        int64_t left = 0;
        const int result = dobos_option_read(descriptor->socket, DOBOS_OPTION_URGENT, &left);
        *asked->value = left == 1;
        return result;
    }
    if (dobos_socket_info_read(descriptor->socket, &info) < 0 || info.state == DOBOS_TCP_LISTEN)
        return -EINVAL;
    switch (asked->request) {
    case SIOCINQ:
        *asked->value = (int)info.receive_queue;
        return 0;
    case SIOCOUTQ:
        *asked->value = (int)info.send_queue;
        return 0;
    case SIOCOUTQNSD:
        *asked->value = (int)(info.send_queue - info.tcp.unacked_bytes);
        return 0;
    default:
        return -ENOTTY;
    }
}

int call_ioctl(void *userdata, int fd, unsigned long request, ...) {
    struct ioctl_request asked = {.request = request};
    va_list arguments;
    va_start(arguments, request);
    asked.value = va_arg(arguments, int *);
    va_end(arguments);
    return (int)result_tell(attempt_make(userdata, fd, ATTEMPT_ONCE, ioctl_try, &asked));
}
