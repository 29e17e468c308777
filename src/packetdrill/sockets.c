/* sockets: making, naming, joining and ending them, as libc's calls do. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "packetdrill/calls.h"

int64_t result_tell(int64_t result) {
    if (result >= 0)
        return result;
    errno = (int)-result;
    return -1;
}

bool pieces_are_there(const struct iovec *pieces, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!pieces[i].iov_base && pieces[i].iov_len > 0)
            return false;
    }
    return true;
}

void address_write(const struct dobos_endpoint *endpoint, struct sockaddr *address,
                   socklen_t *length) {
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons(endpoint->port),
                             .sin_addr.s_addr =
                                 htonl(dobos_address_ipv4_number(&endpoint->address))};
    if (!address || !length)
        return;
    memcpy(address, &in, *length < sizeof in ? *length : sizeof in);
    *length = sizeof in;
}

int address_read(const struct sockaddr *address, socklen_t length,
                 struct dobos_endpoint *endpoint) {
    struct sockaddr_in in;
    if (!address || length < sizeof in)
        return -EINVAL;
    memcpy(&in, address, sizeof in);
    if (in.sin_family != AF_INET)
        return -EAFNOSUPPORT;
    *endpoint = (struct dobos_endpoint){dobos_address_ipv4(ntohl(in.sin_addr.s_addr)),
                                        ntohs(in.sin_port), 0};
    return 0;
}

/* When a call gives up, in virtual time. */
static dobos_time attempt_deadline(const struct world *world, const struct descriptor *descriptor,
                                   enum attempt_patience patience) {
    const int64_t timeout = patience == ATTEMPT_AS_SENDING ? descriptor->send_timeout_ns
                                                           : descriptor->receive_timeout_ns;
    return timeout > 0 ? world->now + timeout : DOBOS_NEVER;
}

int64_t attempt_make(struct world *world, int fd, enum attempt_patience patience,
                     attempt_function attempt, void *request) {
    dobos_time deadline = 0;
    int64_t result;
    (void)world_enter(world);
    for (bool is_first = true;; is_first = false) {
        /* It is looked up each time: while this thread slept, another may have closed it. */
        struct descriptor *descriptor = descriptor_find(&world->descriptors, fd);
        result = descriptor ? descriptor->socket ? 0 : -ENOTSOCK : -EBADF;
        if (result < 0)
            break;
        if (is_first)
            deadline = attempt_deadline(world, descriptor, patience);
        result = attempt(world, descriptor, request);
        if (result != -EAGAIN || patience == ATTEMPT_ONCE || descriptor->is_nonblocking ||
            !world_sleep(world, deadline))
            break;
    }
    world_leave(world);
    return result;
}

/* New sockets begin as the sysctls say. */
static void socket_prepare(const struct world *world, struct dobos_socket *socket) {
    if (world->settings.send_buffer)
        (void)dobos_option_set(socket, DOBOS_OPTION_SEND_BUFFER, world->settings.send_buffer);
    if (world->settings.receive_buffer && world->settings.tcp.no_tuning)
        (void)dobos_option_set(socket, DOBOS_OPTION_RECEIVE_BUFFER, world->settings.receive_buffer);
}

static int64_t socket_make(struct world *world, int domain, int type, int protocol) {
    const int kind = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct dobos_socket *socket = NULL;
    enum dobos_protocol made;
    if (domain != AF_INET)
        return -EAFNOSUPPORT;
    if (kind == SOCK_STREAM && (protocol == 0 || protocol == IPPROTO_TCP))
        made = DOBOS_TCP;
    else if (kind == SOCK_DGRAM && (protocol == 0 || protocol == IPPROTO_UDP))
        made = DOBOS_UDP;
    else if (kind == SOCK_DGRAM && protocol == IPPROTO_ICMP)
        made = DOBOS_ICMP;
    else
        return kind == SOCK_STREAM || kind == SOCK_DGRAM ? -EPROTONOSUPPORT : -ESOCKTNOSUPPORT;
    const int result = dobos_socket_create(world->host, made, NULL, &socket);
    if (result < 0)
        return result;
    if (made == DOBOS_TCP)
        socket_prepare(world, socket);
    struct descriptor *descriptor = descriptor_add(&world->descriptors, socket);
    if (!descriptor)
        return -EMFILE;
    descriptor->domain = domain;
    descriptor->type = kind;
    descriptor->protocol = (int)made;
    descriptor->low_water_default = world->settings.low_water;
    descriptor->is_nonblocking = (type & SOCK_NONBLOCK) != 0;
    return descriptor->fd;
}

int call_socket(void *userdata, int domain, int type, int protocol) {
    struct world *world = userdata;
    (void)world_enter(world);
    const int64_t result = socket_make(world, domain, type, protocol);
    world_leave(world);
    return (int)result_tell(result);
}

static int64_t bind_try(struct world *world, struct descriptor *descriptor, void *request) {
    (void)world;
    return dobos_bind(descriptor->socket, request);
}

int call_bind(void *userdata, int fd, const struct sockaddr *address, socklen_t length) {
    struct dobos_endpoint local;
    int64_t result = address_read(address, length, &local);
    if (result == 0)
        result = attempt_make(userdata, fd, ATTEMPT_ONCE, bind_try, &local);
    return (int)result_tell(result);
}

/* Linux takes any backlog, and no more than its limit of it. */
static int64_t listen_try(struct world *world, struct descriptor *descriptor, void *request) {
    const int *backlog = request;
    const unsigned least = *backlog < 0 || *backlog > 4096 ? 4096 : (unsigned)*backlog;
    if (world->settings.opens_fast)
        (void)dobos_option_set(descriptor->socket, DOBOS_OPTION_FASTOPEN, least);
    return dobos_listen(descriptor->socket, least);
}

int call_listen(void *userdata, int fd, int backlog) {
    return (int)result_tell(attempt_make(userdata, fd, ATTEMPT_ONCE, listen_try, &backlog));
}

static int64_t accept_try(struct world *world, struct descriptor *listener, void *request) {
    struct dobos_socket *socket = NULL;
    const int result = dobos_accept(listener->socket, &socket, request);
    if (result < 0)
        return result;
    struct descriptor *descriptor = descriptor_add(&world->descriptors, socket);
    if (!descriptor)
        return -EMFILE;
    descriptor->domain = listener->domain;
    descriptor->type = listener->type;
    descriptor->protocol = listener->protocol;
    descriptor->was_connected = true;
    descriptor->tells_queue = listener->tells_queue;
    descriptor->low_water = listener->low_water;
    descriptor->low_water_default = listener->low_water_default;
    descriptor->send_buffer = listener->send_buffer;
    descriptor->receive_buffer = listener->receive_buffer;
    return descriptor->fd;
}

int call_accept(void *userdata, int fd, struct sockaddr *address, socklen_t *length) {
    struct dobos_endpoint peer;
    const int64_t result = attempt_make(userdata, fd, ATTEMPT_AS_RECEIVING, accept_try, &peer);
    if (result >= 0)
        address_write(&peer, address, length);
    return (int)result_tell(result);
}

int64_t connect_end(struct descriptor *descriptor, const struct dobos_endpoint *peer) {
    const int result = dobos_connect(descriptor->socket, peer);
    if (result == -EALREADY)
        return -EAGAIN;
    descriptor->is_connecting = false;
    descriptor->was_connected = result == 0;
    return result;
}

/* One connect. */
struct connect_request {
    struct dobos_endpoint peer; /* with whom */
    bool is_begun;              /* by this call, or before it */
};

static int64_t connect_try(struct world *world, struct descriptor *descriptor, void *request) {
    struct connect_request *connect = request;
    (void)world;
    if (descriptor->is_connecting) {
        const int64_t end = connect_end(descriptor, &connect->peer);
        if (end != -EAGAIN || !descriptor->is_nonblocking)
            return end;
        return connect->is_begun ? -EINPROGRESS : -EALREADY;
    }
    const int64_t result = dobos_connect(descriptor->socket, &connect->peer);
    if (result != -EINPROGRESS)
        return result;
    descriptor->is_connecting = true;
    connect->is_begun = true;
    return descriptor->is_nonblocking ? -EINPROGRESS : -EAGAIN;
}

int call_connect(void *userdata, int fd, const struct sockaddr *address, socklen_t length) {
    struct connect_request request = {0};
    int64_t result = address_read(address, length, &request.peer);
    if (result == 0)
        result = attempt_make(userdata, fd, ATTEMPT_AS_SENDING, connect_try, &request);
    return (int)result_tell(result == -EAGAIN ? -EINPROGRESS : result);
}

int call_close(void *userdata, int fd) {
    struct world *world = userdata;
    (void)world_enter(world);
    struct descriptor *descriptor = descriptor_find(&world->descriptors, fd);
    if (descriptor)
        descriptor_remove(&world->descriptors, descriptor);
    world_leave(world);
    return (int)result_tell(descriptor ? 0 : -EBADF);
}

static int64_t shutdown_try(struct world *world, struct descriptor *descriptor, void *request) {
    const int *how = request;
    (void)world;
    if (*how < SHUT_RD || *how > SHUT_RDWR)
        return -EINVAL;
    const int result = dobos_shutdown(descriptor->socket, (enum dobos_shutdown)(*how + 1));
    if (result == 0) {
        descriptor->is_shut_in = descriptor->is_shut_in || *how != SHUT_WR;
        descriptor->is_shut_out = descriptor->is_shut_out || *how != SHUT_RD;
    }
    return result;
}

int call_shutdown(void *userdata, int fd, int how) {
    return (int)result_tell(attempt_make(userdata, fd, ATTEMPT_ONCE, shutdown_try, &how));
}
