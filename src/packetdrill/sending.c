/*
 * sending: write, writev, send, sendto and sendmsg. All are one request: pieces to send, flags, and
 * where to. A socket that blocks takes all of it before it returns. Control messages, for which
 * dobos has no call, are refused with EOPNOTSUPP; without SO_ZEROCOPY, which is refused,
 * MSG_ZEROCOPY is no more than a copy, as on Linux.
 */
#include <errno.h>
#include <limits.h>

#include "packetdrill/calls.h"

/* One call. */
struct sending {
    const struct iovec *pieces; /* to be sent; borrowed */
    size_t count;               /* of them */
    int flags;                  /* MSG_… */
    size_t sent;                /* so far */
    struct dobos_endpoint peer; /* where to */
    bool has_peer;              /* that was given */
    bool is_open;               /* MSG_FASTOPEN: a connection was begun */
};

static int64_t datagram_try(struct descriptor *descriptor, const struct sending *sending) {
    const struct dobos_message message = {.peer = sending->peer};
    if (sending->count != 1)
        return -EOPNOTSUPP;
    const struct iovec *piece = sending->pieces;
    if (sending->has_peer)
        return dobos_send_message(descriptor->socket, piece->iov_base, piece->iov_len, &message);
    return dobos_send(descriptor->socket, piece->iov_base, piece->iov_len);
}

/* Hands over as much as there is room for. */
static int64_t stream_try(struct descriptor *descriptor, struct sending *sending) {
    size_t skip = sending->sent;
    for (size_t i = 0; i < sending->count;) {
        const struct iovec *piece = &sending->pieces[i];
        if (skip >= piece->iov_len) {
            skip -= piece->iov_len;
            i++;
            continue;
        }
        const char *bytes = (const char *)piece->iov_base + skip;
        const int64_t result =
            (sending->flags & MSG_OOB)
                ? dobos_send_urgent(descriptor->socket, bytes, piece->iov_len - skip)
                : dobos_send(descriptor->socket, bytes, piece->iov_len - skip);
        if (result < 0)
            return result == -EAGAIN || sending->sent == 0 ? result : (int64_t)sending->sent;
        sending->sent += (size_t)result;
        skip += (size_t)result;
    }
    return (int64_t)sending->sent;
}

bool has_low_water(const struct descriptor *descriptor) {
    struct dobos_tcp_info info;
    const uint32_t least =
        descriptor->low_water ? descriptor->low_water : descriptor->low_water_default;
    return least == 0 || dobos_tcp_info_read(descriptor->socket, &info) < 0 ||
           info.not_sent_bytes < least;
}

/* MSG_FASTOPEN: connects as TCP_FASTOPEN_CONNECT does, and sends; 0: it may be sent. */
static int64_t open_try(const struct world *world, struct descriptor *descriptor,
                        struct sending *sending) {
    if (!(world->settings.tcp.fast_open & DOBOS_FAST_OPEN_CLIENT))
        return -EOPNOTSUPP;
    if (descriptor->is_connecting) {
        const int64_t end = connect_end(descriptor, &sending->peer);
        if (end != -EAGAIN || !descriptor->is_nonblocking)
            return end;
        return -EALREADY;
    }
    if (sending->is_open)
        return 0;
    if (!sending->has_peer)
        return -EINVAL;
    if (descriptor->was_connected)
        return -EISCONN;
    sending->is_open = true;
    int64_t result = dobos_option_set(descriptor->socket, DOBOS_OPTION_FASTOPEN_CONNECT, 1);
    if (result == 0)
        result = dobos_connect(descriptor->socket, &sending->peer);
    descriptor->is_connecting = result == -EINPROGRESS;
    descriptor->was_connected = result == 0;
    return result == -EINPROGRESS && !descriptor->is_nonblocking ? -EAGAIN : result;
}

/* Who waits at all waits for the end of a handshake that carries what was sent. */
static int64_t opening_await(const struct descriptor *descriptor, int64_t result) {
    struct dobos_socket_info info;
    if (dobos_socket_ready(descriptor->socket) & DOBOS_ERROR)
        return dobos_socket_error(descriptor->socket);
    return dobos_socket_info_read(descriptor->socket, &info) == 0 &&
                   info.state == DOBOS_TCP_SYN_SENT
               ? -EAGAIN
               : result;
}

static int64_t send_try(struct world *world, struct descriptor *descriptor, void *request) {
    struct sending *sending = request;
    if ((sending->flags & (MSG_FASTOPEN | MSG_OOB)) && descriptor->type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    if (descriptor->type == SOCK_DGRAM)
        return datagram_try(descriptor, sending);
    if (sending->flags & MSG_FASTOPEN) {
        const int64_t opened = open_try(world, descriptor, sending);
        if (opened < 0)
            return opened;
    }
    if (!has_low_water(descriptor))
        return -EAGAIN;
    const int64_t result = stream_try(descriptor, sending);
    return result > 0 && !descriptor->is_nonblocking ? opening_await(descriptor, result) : result;
}

static int64_t send_pieces(void *userdata, int fd, struct sending *sending) {
    if (!pieces_are_there(sending->pieces, sending->count))
        return result_tell(-EFAULT);
    const bool waits = (sending->flags & MSG_DONTWAIT) == 0;
    int64_t result =
        attempt_make(userdata, fd, waits ? ATTEMPT_AS_SENDING : ATTEMPT_ONCE, send_try, sending);
    if (result == -EAGAIN && sending->sent > 0)
        result = (int64_t)sending->sent;
    return result_tell(result);
}

ssize_t call_writev(void *userdata, int fd, const struct iovec *pieces, int count) {
    if (count < 0 || count > IOV_MAX || (!pieces && count > 0))
        return (ssize_t)result_tell(-EINVAL);
    struct sending sending = {.pieces = pieces, .count = (size_t)count};
    return (ssize_t)send_pieces(userdata, fd, &sending);
}

ssize_t call_sendto(void *userdata, int fd, const void *bytes, size_t length, int flags,
                    const struct sockaddr *address, socklen_t address_length) {
    const struct iovec piece = {(void *)(uintptr_t)bytes, length};
    struct sending sending = {.pieces = &piece, .count = 1, .flags = flags};
    if (address) {
        const int result = address_read(address, address_length, &sending.peer);
        if (result < 0)
            return (ssize_t)result_tell((flags & MSG_FASTOPEN) ? -EOPNOTSUPP : result);
        sending.has_peer = true;
    }
    return (ssize_t)send_pieces(userdata, fd, &sending);
}

ssize_t call_send(void *userdata, int fd, const void *bytes, size_t length, int flags) {
    return call_sendto(userdata, fd, bytes, length, flags, NULL, 0);
}

ssize_t call_write(void *userdata, int fd, const void *bytes, size_t length) {
    return call_sendto(userdata, fd, bytes, length, 0, NULL, 0);
}

ssize_t call_sendmsg(void *userdata, int fd, const struct msghdr *message, int flags) {
    if (!message || message->msg_iovlen > IOV_MAX)
        return (ssize_t)result_tell(message ? -EMSGSIZE : -EFAULT);
    if (message->msg_controllen > 0)
        return (ssize_t)result_tell(-EOPNOTSUPP);
    struct sending sending = {
        .pieces = message->msg_iov, .count = message->msg_iovlen, .flags = flags};
    if (message->msg_name) {
        const int result = address_read(message->msg_name, message->msg_namelen, &sending.peer);
        if (result < 0)
            return (ssize_t)result_tell(result);
        sending.has_peer = true;
    }
    return (ssize_t)send_pieces(userdata, fd, &sending);
}
