/*
 * receiving: read, readv, recv, recvfrom and recvmsg. All are one request: pieces to fill, flags,
 * and whom it came from. What dobos has no call for is refused with EOPNOTSUPP: MSG_OOB, and
 * MSG_PEEK into several pieces; there is never anything in the queue of errors.
 */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "packetdrill/calls.h"

/* One call. */
struct receiving {
    const struct iovec *pieces; /* to be filled; borrowed */
    size_t count;               /* of them */
    int flags;                  /* MSG_… */
    size_t received;            /* so far */
    struct dobos_endpoint peer; /* whom it came from */
    bool has_peer;              /* that is known: a datagram */
    bool is_cut;                /* a datagram that was longer */
    bool has_queue;             /* TCP_INQ: it shall be told what is left */
    int queue;                  /* bytes; 1 for nothing but the end */
};

static int64_t datagram_try(struct descriptor *descriptor, struct receiving *receiving) {
    struct dobos_message message = {0};
    const struct iovec *piece = receiving->pieces;
    if (receiving->count != 1)
        return -EOPNOTSUPP;
    const int64_t result =
        dobos_receive_message(descriptor->socket, piece->iov_base, piece->iov_len, &message);
    if (result < 0)
        return result;
    receiving->peer = message.peer;
    receiving->has_peer = true;
    receiving->is_cut = message.length > (size_t)result;
    return (receiving->flags & MSG_TRUNC) != 0 ? (int64_t)message.length : result;
}

/* Whom a datagram came from is not told. */
static int64_t peek_try(const struct descriptor *descriptor, const struct receiving *receiving) {
    const struct iovec *piece = receiving->pieces;
    if (receiving->count != 1)
        return -EOPNOTSUPP;
    return dobos_peek(descriptor->socket, piece->iov_base, piece->iov_len);
}

/* Fills the pieces as far as there is something; what did not come in the first place waits. */
static int64_t stream_try(struct descriptor *descriptor, struct receiving *receiving) {
    size_t skip = receiving->received;
    for (size_t i = 0; i < receiving->count;) {
        const struct iovec *piece = &receiving->pieces[i];
        if (skip >= piece->iov_len) {
            skip -= piece->iov_len;
            i++;
            continue;
        }
        const int64_t result = dobos_receive(descriptor->socket, (char *)piece->iov_base + skip,
                                             piece->iov_len - skip);
        if (result == -EAGAIN && receiving->received > 0 && !(receiving->flags & MSG_WAITALL))
            break;
        if (result == -EAGAIN || (result < 0 && receiving->received == 0))
            return result;
        if (result <= 0)
            break;
        receiving->received += (size_t)result;
        skip += (size_t)result;
    }
    return (int64_t)receiving->received;
}

/* What TCP_INQ tells: how much can be read still, the end counting as a byte. */
static void queue_tell(const struct descriptor *descriptor, struct receiving *receiving) {
    struct dobos_socket_info info;
    receiving->has_queue =
        descriptor->tells_queue && dobos_socket_info_read(descriptor->socket, &info) == 0;
    if (!receiving->has_queue)
        return;
    const bool is_over = (dobos_socket_ready(descriptor->socket) & DOBOS_READABLE) != 0;
    receiving->queue = info.receive_queue > 0 ? (int)info.receive_queue : is_over;
}

static int64_t receive_try(struct world *world, struct descriptor *descriptor, void *request) {
    struct receiving *receiving = request;
    (void)world;
    if (receiving->flags & MSG_ERRQUEUE)
        return -EAGAIN;
    if (receiving->flags & MSG_OOB)
        return -EOPNOTSUPP;
    if (receiving->flags & MSG_PEEK)
        return peek_try(descriptor, receiving);
    if (descriptor->type == SOCK_DGRAM)
        return datagram_try(descriptor, receiving);
    const int64_t result = stream_try(descriptor, receiving);
    if (result >= 0)
        queue_tell(descriptor, receiving);
    return result;
}

static int64_t receive_pieces(void *userdata, int fd, struct receiving *receiving) {
    if (!pieces_are_there(receiving->pieces, receiving->count))
        return result_tell(-EFAULT);
    const bool waits = (receiving->flags & (MSG_DONTWAIT | MSG_ERRQUEUE)) == 0;
    int64_t result = attempt_make(userdata, fd, waits ? ATTEMPT_AS_RECEIVING : ATTEMPT_ONCE,
                                  receive_try, receiving);
    if (result == -EAGAIN && receiving->received > 0)
        result = (int64_t)receiving->received;
    return result_tell(result);
}

ssize_t call_readv(void *userdata, int fd, const struct iovec *pieces, int count) {
    if (count < 0 || count > IOV_MAX || (!pieces && count > 0))
        return (ssize_t)result_tell(-EINVAL);
    struct receiving receiving = {.pieces = pieces, .count = (size_t)count};
    return (ssize_t)receive_pieces(userdata, fd, &receiving);
}

ssize_t call_recv(void *userdata, int fd, void *bytes, size_t length, int flags) {
    const struct iovec piece = {bytes, length};
    struct receiving receiving = {.pieces = &piece, .count = 1, .flags = flags};
    return (ssize_t)receive_pieces(userdata, fd, &receiving);
}

ssize_t call_read(void *userdata, int fd, void *bytes, size_t length) {
    return call_recv(userdata, fd, bytes, length, 0);
}

ssize_t call_recvfrom(void *userdata, int fd, void *bytes, size_t length, int flags,
                      struct sockaddr *address, socklen_t *address_length) {
    const struct iovec piece = {bytes, length};
    struct receiving receiving = {.pieces = &piece, .count = 1, .flags = flags};
    const int64_t result = receive_pieces(userdata, fd, &receiving);
    if (result >= 0 && receiving.has_peer)
        address_write(&receiving.peer, address, address_length);
    return (ssize_t)result;
}

static void control_write(const struct receiving *receiving, struct msghdr *message) {
    struct cmsghdr *control = CMSG_FIRSTHDR(message);
    if (!receiving->has_queue || !control || message->msg_controllen < CMSG_SPACE(sizeof(int))) {
        message->msg_controllen = 0;
        return;
    }
    control->cmsg_level = IPPROTO_TCP;
    control->cmsg_type = TCP_CM_INQ;
    control->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(control), &receiving->queue, sizeof(int));
    message->msg_controllen = CMSG_SPACE(sizeof(int));
}

ssize_t call_recvmsg(void *userdata, int fd, struct msghdr *message, int flags) {
    if (!message || message->msg_iovlen > IOV_MAX)
        return (ssize_t)result_tell(message ? -EMSGSIZE : -EFAULT);
    struct receiving receiving = {
        .pieces = message->msg_iov, .count = message->msg_iovlen, .flags = flags};
    const int64_t result = receive_pieces(userdata, fd, &receiving);
    if (result < 0)
        return (ssize_t)result;
    control_write(&receiving, message);
    message->msg_flags = receiving.is_cut ? MSG_TRUNC : 0;
    if (receiving.has_peer)
        address_write(&receiving.peer, message->msg_name, &message->msg_namelen);
    else
        message->msg_namelen = 0;
    return (ssize_t)result;
}
