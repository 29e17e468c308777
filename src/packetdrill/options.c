/*
 * options: getsockopt and setsockopt. Most are an integer that stands for one of dobos's options;
 * some are kept here alone, and some only tell. What neither dobos nor this library has is refused
 * with ENOPROTOOPT, so that a script that needs it fails where it asks for it.
 */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "packetdrill/calls.h"

/* The word of libc's headers that this one needs; they cannot be had beside linux/tcp.h. */
#define LEVEL_TCP IPPROTO_TCP

/* An integer of libc's that is one of dobos's, multiplied. */
static const struct integer {
    int level, name;          /* libc's */
    enum dobos_option option; /* dobos's */
} integers[] = {
    {LEVEL_TCP, TCP_NODELAY, DOBOS_OPTION_NODELAY},
    {LEVEL_TCP, TCP_KEEPIDLE, DOBOS_OPTION_KEEPALIVE_IDLE_S},
    {LEVEL_TCP, TCP_KEEPINTVL, DOBOS_OPTION_KEEPALIVE_INTERVAL_S},
    {LEVEL_TCP, TCP_KEEPCNT, DOBOS_OPTION_KEEPALIVE_PROBES},
    {LEVEL_TCP, TCP_FASTOPEN, DOBOS_OPTION_FASTOPEN},
    {LEVEL_TCP, TCP_FASTOPEN_CONNECT, DOBOS_OPTION_FASTOPEN_CONNECT},
    {LEVEL_TCP, TCP_USER_TIMEOUT, DOBOS_OPTION_USER_TIMEOUT_MS},
    {LEVEL_TCP, TCP_CORK, DOBOS_OPTION_CORK},
    {LEVEL_TCP, TCP_SYNCNT, DOBOS_OPTION_SYNCNT},
    {SOL_SOCKET, SO_KEEPALIVE, DOBOS_OPTION_KEEPALIVE},
    {SOL_SOCKET, SO_BROADCAST, DOBOS_OPTION_BROADCAST},
    {IPPROTO_IP, IP_TTL, DOBOS_OPTION_TTL},
    {IPPROTO_IP, IP_TOS, DOBOS_OPTION_TOS},
    {IPPROTO_IP, IP_MTU, DOBOS_OPTION_PATH_MTU},
};

static const struct integer *integer_find(int level, int name) {
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        if (integers[i].level == level && integers[i].name == name)
            return &integers[i];
    }
    return NULL;
}

/* One call of either. */
struct option_request {
    int level, name;   /* libc's */
    const void *given; /* setsockopt: the value; borrowed */
    void *asked;       /* getsockopt: where to; borrowed */
    socklen_t room;    /* bytes there */
    socklen_t length;  /* bytes of it that were given or written */
};

/* ---- reading ---- */

static int64_t bytes_tell(struct option_request *request, const void *bytes, size_t length) {
    request->length = request->room < length ? request->room : (socklen_t)length;
    memcpy(request->asked, bytes, request->length);
    return 0;
}

static int64_t integer_tell(struct option_request *request, int64_t value) {
    const int word = (int)value;
    return bytes_tell(request, &word, sizeof word);
}

static int64_t timeout_tell(struct option_request *request, int64_t timeout_ns) {
    const struct timeval timeout = {.tv_sec = timeout_ns / DOBOS_SECOND,
                                    .tv_usec = timeout_ns % DOBOS_SECOND / DOBOS_MICROSECOND};
    return bytes_tell(request, &timeout, sizeof timeout);
}

/* Linux tells twice of what was set, for it counts its own records too. */
static int64_t buffer_tell(const struct descriptor *descriptor, struct option_request *request,
                           int set, enum dobos_option option) {
    int64_t bytes;
    if (set)
        return integer_tell(request, set);
    const int result = dobos_option_read(descriptor->socket, option, &bytes);
    return result < 0 ? result : integer_tell(request, bytes);
}

static int64_t structure_tell(const struct descriptor *descriptor, struct option_request *request,
                              size_t (*read)(const struct descriptor *descriptor, dobos_time now,
                                             void *value, size_t room)) {
    const dobos_time now = dobos_host_now(dobos_socket_host(descriptor->socket));
    request->length = (socklen_t)read(descriptor, now, request->asked, request->room);
    return 0;
}

/* Names of algorithms, as TCP_CONGESTION has them. */
static const char *const congestion_names[] = {
    [DOBOS_CONGESTION_CUBIC] = "cubic",
    [DOBOS_CONGESTION_RENO] = "reno",
    [DOBOS_CONGESTION_BBR] = "bbr",
};
#define CONGESTION_NAMES  (sizeof congestion_names / sizeof *congestion_names)
#define CONGESTION_LENGTH 16 /* of what Linux answers */

static int64_t congestion_tell(const struct descriptor *descriptor,
                               struct option_request *request) {
    char name[CONGESTION_LENGTH] = "";
    int64_t congestion;
    const int result = dobos_option_read(descriptor->socket, DOBOS_OPTION_CONGESTION, &congestion);
    if (result < 0)
        return result;
    if ((size_t)congestion < CONGESTION_NAMES && congestion_names[congestion])
        memcpy(name, congestion_names[congestion], strlen(congestion_names[congestion]));
    return bytes_tell(request, name, sizeof name);
}

static int64_t congestion_set(const struct descriptor *descriptor,
                              const struct option_request *request) {
    char name[CONGESTION_LENGTH] = "";
    memcpy(name, request->given, request->length < sizeof name ? request->length : sizeof name - 1);
    for (size_t i = 0; i < CONGESTION_NAMES; i++) {
        if (congestion_names[i] && strcmp(congestion_names[i], name) == 0)
            return dobos_option_set(descriptor->socket, DOBOS_OPTION_CONGESTION, (int64_t)i);
    }
    return -ENOENT;
}

static int64_t socket_level_read(struct descriptor *descriptor, struct option_request *request) {
    const struct linger linger = {descriptor->lingers, descriptor->linger_s};
    switch (request->name) {
    case SO_ERROR:
        if (descriptor->is_connecting && (dobos_socket_ready(descriptor->socket) != 0))
            descriptor->is_connecting = false;
        return integer_tell(request, -dobos_socket_error(descriptor->socket));
    case SO_OOBINLINE:
        return integer_tell(request, 1);
    case SO_TYPE:
        return integer_tell(request, descriptor->type);
    case SO_PROTOCOL:
        return integer_tell(request, descriptor->protocol);
    case SO_DOMAIN:
        return integer_tell(request, descriptor->domain);
    case SO_REUSEADDR:
        return integer_tell(request, descriptor->reuses_address);
    case SO_LINGER:
        return bytes_tell(request, &linger, sizeof linger);
    case SO_SNDBUF:
        return buffer_tell(descriptor, request, descriptor->send_buffer, DOBOS_OPTION_SEND_BUFFER);
    case SO_RCVBUF:
        return buffer_tell(descriptor, request, descriptor->receive_buffer,
                           DOBOS_OPTION_RECEIVE_BUFFER);
    case SO_RCVTIMEO:
        return timeout_tell(request, descriptor->receive_timeout_ns);
    case SO_SNDTIMEO:
        return timeout_tell(request, descriptor->send_timeout_ns);
    case SO_MEMINFO:
        return structure_tell(descriptor, request, info_memory_read);
    default:
        return -ENOPROTOOPT;
    }
}

static int64_t tcp_level_read(const struct descriptor *descriptor, struct option_request *request) {
    int64_t mss;
    if (descriptor->protocol != IPPROTO_TCP)
        return -EOPNOTSUPP;
    switch (request->name) {
    case TCP_INFO:
        return structure_tell(descriptor, request, info_read);
    case TCP_CC_INFO:
        return structure_tell(descriptor, request, info_congestion_read);
    case TCP_MAXSEG:
        if (dobos_option_read(descriptor->socket, DOBOS_OPTION_MAXSEG, &mss) < 0)
            return -EINVAL;
        return integer_tell(request, mss ? mss : 536);
    case TCP_CONGESTION:
        return congestion_tell(descriptor, request);
    case TCP_INQ:
        return integer_tell(request, descriptor->tells_queue);
    case TCP_NOTSENT_LOWAT:
        return integer_tell(request, descriptor->low_water);
    default:
        return -ENOPROTOOPT;
    }
}

static int64_t option_read_try(struct world *world, struct descriptor *descriptor, void *request) {
    struct option_request *asked = request;
    const struct integer *integer = integer_find(asked->level, asked->name);
    int64_t value;
    (void)world;
    if (integer) {
        const int result = dobos_option_read(descriptor->socket, integer->option, &value);
        return result < 0 ? result : integer_tell(asked, value);
    }
    if (asked->level == SOL_SOCKET)
        return socket_level_read(descriptor, asked);
    return asked->level == LEVEL_TCP ? tcp_level_read(descriptor, asked) : -ENOPROTOOPT;
}

int call_getsockopt(void *userdata, int fd, int level, int name, void *value, socklen_t *length) {
    if (!value || !length)
        return (int)result_tell(-EFAULT);
    struct option_request request = {.level = level, .name = name, .asked = value, .room = *length};
    const int64_t result = attempt_make(userdata, fd, ATTEMPT_ONCE, option_read_try, &request);
    if (result == 0)
        *length = request.length;
    return (int)result_tell(result);
}

/* ---- setting ---- */

/* An integer, of which some options take the first byte alone; false: too short. */
static bool integer_given(const struct option_request *request, int *value) {
    uint8_t byte;
    if (request->length >= sizeof *value) {
        memcpy(value, request->given, sizeof *value);
        return true;
    }
    if (request->level != IPPROTO_IP || request->length == 0)
        return false;
    memcpy(&byte, request->given, 1);
    *value = byte;
    return true;
}

static int64_t timeout_set(const struct option_request *request, int64_t *timeout_ns) {
    struct timeval timeout;
    if (request->length < sizeof timeout)
        return -EINVAL;
    memcpy(&timeout, request->given, sizeof timeout);
    if (timeout.tv_usec < 0 || timeout.tv_usec >= 1000000)
        return -EDOM;
    *timeout_ns = timeout.tv_sec < 0 ? 0
                                     : (int64_t)timeout.tv_sec % 100000000 * DOBOS_SECOND +
                                           (int64_t)timeout.tv_usec * DOBOS_MICROSECOND;
    return 0;
}

static int64_t linger_set(struct descriptor *descriptor, const struct option_request *request) {
    struct linger linger;
    if (request->length < sizeof linger)
        return -EINVAL;
    memcpy(&linger, request->given, sizeof linger);
    descriptor->lingers = linger.l_onoff != 0;
    descriptor->linger_s = linger.l_linger;
    return 0;
}

/* Linux doubles what is asked for, since its own records are in it too: of what it sends those are
 * few, so there is room for nearly twice as much; of what it receives it reckons with half. */
static int64_t buffer_set(const struct descriptor *descriptor, int value, int least, int *set,
                          enum dobos_option option, int times) {
    const int most = 32 << 20;
    const int bytes = value < 0 || value > most ? most : value;
    *set = 2 * bytes < least ? least : 2 * bytes;
    const int room = times * bytes;
    return dobos_option_set(descriptor->socket, option, room < 4096 ? 4096 : room);
}

static int64_t socket_level_set(struct descriptor *descriptor,
                                const struct option_request *request) {
    int value;
    switch (request->name) {
    case SO_RCVTIMEO:
        return timeout_set(request, &descriptor->receive_timeout_ns);
    case SO_SNDTIMEO:
        return timeout_set(request, &descriptor->send_timeout_ns);
    case SO_LINGER:
        return linger_set(descriptor, request);
    default:
        break;
    }
    if (!integer_given(request, &value))
        return -EINVAL;
    switch (request->name) {
    case SO_REUSEADDR:
        descriptor->reuses_address = value != 0;
        return 0;
    case SO_OOBINLINE:
        return value ? 0 : -EOPNOTSUPP; /* urgent data has no line of its own here (RFC 6093) */
    case SO_REUSEPORT:
    case SO_PRIORITY:
    case SO_MARK:
        return 0;
    case SO_SNDBUF:
        return buffer_set(descriptor, value, 4608, &descriptor->send_buffer,
                          DOBOS_OPTION_SEND_BUFFER, 2);
    case SO_RCVBUF:
        return buffer_set(descriptor, value, 2304, &descriptor->receive_buffer,
                          DOBOS_OPTION_RECEIVE_BUFFER, 1);
    default:
        return -ENOPROTOOPT;
    }
}

/* Path MTU discovery is TCP's own affair, and any address may be bound to that is the host's. */
static int64_t ip_level_set(const struct option_request *request) {
    return request->name == IP_MTU_DISCOVER || request->name == IP_FREEBIND ||
                   request->name == IP_RECVERR
               ? 0
               : -ENOPROTOOPT;
}

static int64_t tcp_level_set(struct descriptor *descriptor, const struct option_request *request) {
    int value;
    if (descriptor->protocol != IPPROTO_TCP)
        return -EOPNOTSUPP;
    if (request->name == TCP_CONGESTION)
        return congestion_set(descriptor, request);
    if (!integer_given(request, &value))
        return -EINVAL;
    switch (request->name) {
    case TCP_MAXSEG:
        return dobos_option_set(descriptor->socket, DOBOS_OPTION_MAXSEG, value);
    case TCP_INQ:
        if (value < 0 || value > 1)
            return -EINVAL;
        descriptor->tells_queue = value != 0;
        return 0;
    case TCP_NOTSENT_LOWAT:
        descriptor->low_water = (uint32_t)value;
        return 0;
    default:
        return -ENOPROTOOPT;
    }
}

static int64_t option_set_try(struct world *world, struct descriptor *descriptor, void *request) {
    const struct option_request *asked = request;
    const struct integer *integer = integer_find(asked->level, asked->name);
    int value;
    (void)world;
    if (integer) {
        if (!integer_given(asked, &value))
            return -EINVAL;
        return dobos_option_set(descriptor->socket, integer->option, value);
    }
    if (asked->level == SOL_SOCKET)
        return socket_level_set(descriptor, asked);
    if (asked->level == LEVEL_TCP)
        return tcp_level_set(descriptor, asked);
    return asked->level == IPPROTO_IP ? ip_level_set(asked) : -ENOPROTOOPT;
}

int call_setsockopt(void *userdata, int fd, int level, int name, const void *value,
                    socklen_t length) {
    struct option_request request = {
        .level = level, .name = name, .given = value, .length = length};
    if (!value)
        return (int)result_tell(-EFAULT);
    return (int)result_tell(attempt_make(userdata, fd, ATTEMPT_ONCE, option_set_try, &request));
}
