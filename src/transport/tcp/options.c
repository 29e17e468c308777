/* options: what the program chooses for a connection, or for a listener and all that come from it.
 */
#include <dobos/errors.h>

#include "transport/tcp/probes.h"
#include "transport/tcp/tcp.h"
#include "transport/tcp/urgent.h"

#define MAXSEG_MAX       32767
#define BUFFER_MIN_BYTES 4096
#define BUFFER_MAX_BYTES (64 << 20)

struct option_range {
    int64_t least, most;
};

/* What values an option takes; most 0: not an option of TCP. */
static struct option_range range_of(enum dobos_option option) {
    switch (option) {
    case DOBOS_OPTION_NODELAY:
    case DOBOS_OPTION_KEEPALIVE:
    case DOBOS_OPTION_FASTOPEN_CONNECT:
    case DOBOS_OPTION_CORK:
        return (struct option_range){0, 1};
    case DOBOS_OPTION_MAXSEG:
        return (struct option_range){0, MAXSEG_MAX};
    case DOBOS_OPTION_SYNCNT:
        return (struct option_range){1, 127};
    case DOBOS_OPTION_FASTOPEN:
        return (struct option_range){0, UINT16_MAX};
    case DOBOS_OPTION_KEEPALIVE_IDLE_S:
    case DOBOS_OPTION_KEEPALIVE_INTERVAL_S:
        return (struct option_range){1, 32767};
    case DOBOS_OPTION_KEEPALIVE_PROBES:
        return (struct option_range){1, 127};
    case DOBOS_OPTION_USER_TIMEOUT_MS:
        return (struct option_range){0, UINT32_MAX};
    case DOBOS_OPTION_SEND_BUFFER:
    case DOBOS_OPTION_RECEIVE_BUFFER:
        return (struct option_range){BUFFER_MIN_BYTES, BUFFER_MAX_BYTES};
    case DOBOS_OPTION_TTL:
        return (struct option_range){1, 255};
    case DOBOS_OPTION_TOS:
        return (struct option_range){0, 255};
    case DOBOS_OPTION_INTERFACE:
        return (struct option_range){0, UINT32_MAX};
    case DOBOS_OPTION_CONGESTION:
        return (struct option_range){0, DOBOS_CONGESTION_BBR};
    case DOBOS_OPTION_MAX_PACING_RATE:
        return (struct option_range){0, UINT32_MAX};
    case DOBOS_OPTION_URGENT:
    case DOBOS_OPTION_BROADCAST:
    case DOBOS_OPTION_DONT_FRAGMENT:
    case DOBOS_OPTION_PATH_MTU:
    case DOBOS_OPTION_MULTICAST_TTL:
    case DOBOS_OPTION_MULTICAST_LOOP:
    case DOBOS_OPTION_MULTICAST_INTERFACE:
        break;
    }
    return (struct option_range){0, 0};
}

static void keepalive_set(struct transport *transport, struct tcp_connection *c,
                          enum dobos_option option, int64_t value) {
    if (option == DOBOS_OPTION_KEEPALIVE)
        c->keepalive = value == 1;
    else if (option == DOBOS_OPTION_KEEPALIVE_IDLE_S)
        c->keepalive_idle_s = (uint16_t)value;
    else if (option == DOBOS_OPTION_KEEPALIVE_INTERVAL_S)
        c->keepalive_interval_s = (uint16_t)value;
    else
        c->keepalive_probes = (uint8_t)value;
    keepalive_restart(transport, c);
}

static int64_t keepalive_read(const struct tcp_connection *c, enum dobos_option option) {
    if (option == DOBOS_OPTION_KEEPALIVE)
        return c->keepalive;
    if (option == DOBOS_OPTION_KEEPALIVE_IDLE_S)
        return c->keepalive_idle_s;
    if (option == DOBOS_OPTION_KEEPALIVE_INTERVAL_S)
        return c->keepalive_interval_s;
    return c->keepalive_probes;
}

/* The interface is part of who a bound socket is: it is chosen before. */
static int interface_set(struct tcp_connection *c, int64_t value) {
    if (c->socket.is_bound || c->was_open)
        return -DOBOS_EINVAL;
    c->socket.bound_interface = c->socket.sender.flow.interface = (uint32_t)value;
    return 0;
}

static int segment_limit_set(struct tcp_connection *c, int64_t value) {
    if (value > 0 && value < TCP_MSS_FLOOR)
        return -DOBOS_EINVAL;
    c->mss_limit = (uint16_t)value;
    return 0;
}

static int64_t segment_limit(const struct tcp_connection *c) {
    bool is_open = c->state != DOBOS_TCP_CLOSED && c->state != DOBOS_TCP_LISTEN;
    return is_open ? connection_mss(c) : c->mss_limit;
}

/* What lets small segments go lets those go that wait. A cork is stronger than NODELAY, but not for
 * what there is when that is set. */
static void delay_set(struct tcp_connection *c, enum dobos_option option, bool value) {
    if (option == DOBOS_OPTION_CORK) {
        c->corked = value;
    } else {
        c->nodelay = value;
        c->push_through |= value && c->corked && connection_has_unsent(c);
    }
    c->socket.sender.wants_output |=
        connection_is_synchronized(c) && value == (option == DOBOS_OPTION_NODELAY);
}

/* At any time: the algorithm that takes over begins with the windows as they are. */
static void congestion_set(struct transport *transport, struct tcp_connection *c, int64_t value) {
    c->congestion = (uint8_t)value;
    const struct congestion_algorithm *algorithm = connection_congestion(transport, c);
    if (c->flight && c->flight->congestion.algorithm != algorithm)
        congestion_switch(&c->flight->congestion, algorithm, connection_mss(c));
}

/* [rfc9293#38] [rfc1122#154] [rfc9293#42] [rfc1122#156] [rfc9293#48] [rfc1122#160] [rfc9293#51]
 * [rfc1122#163] [rfc9293#78] [rfc1122#177] [rfc9293#77] [rfc1122#176] */
int tcp_option_set(struct transport *transport, struct dobos_socket *socket,
                   enum dobos_option option, int64_t value) {
    struct tcp_connection *c = connection_of(socket);
    struct option_range range = range_of(option);
    if (range.most == 0)
        return -DOBOS_EOPNOTSUPP;
    if (value < range.least || value > range.most)
        return -DOBOS_EINVAL;
    if (option == DOBOS_OPTION_INTERFACE)
        return interface_set(c, value);
    if (option == DOBOS_OPTION_MAXSEG)
        return segment_limit_set(c, value);
    if (option == DOBOS_OPTION_NODELAY || option == DOBOS_OPTION_CORK) {
        delay_set(c, option, value == 1);
    } else if (option == DOBOS_OPTION_SYNCNT) {
        c->syn_count = (uint8_t)value;
    } else if (option == DOBOS_OPTION_CONGESTION) {
        congestion_set(transport, c, value);
    } else if (option == DOBOS_OPTION_MAX_PACING_RATE) {
        c->max_pacing_rate = (uint32_t)value;
        socket->sender.wants_output |= connection_has_unsent(c);
    } else if (option == DOBOS_OPTION_USER_TIMEOUT_MS) {
        c->user_timeout_ms = (uint32_t)value;
    } else if (option == DOBOS_OPTION_SEND_BUFFER) {
        c->send_limit = (uint32_t)value;
        c->send_fixed = true;
    } else if (option == DOBOS_OPTION_RECEIVE_BUFFER) {
        c->receive_limit = (uint32_t)value;
        c->receive_fixed = true;
    } else if (option == DOBOS_OPTION_FASTOPEN) {
        c->fast_open_limit = (uint16_t)value;
    } else if (option == DOBOS_OPTION_FASTOPEN_CONNECT) {
        c->fast_open_wanted = value == 1;
    } else if (option == DOBOS_OPTION_TTL) {
        socket->sender.ttl = (uint8_t)value;
    } else if (option == DOBOS_OPTION_TOS) {
        socket->sender.tos = (uint8_t)value;
    } else {
        keepalive_set(transport, c, option, value);
    }
    return 0;
}

int tcp_option_read(const struct dobos_socket *socket, enum dobos_option option, int64_t *value) {
    const struct tcp_connection *c = connection_of_const(socket);
    switch (option) {
    case DOBOS_OPTION_NODELAY:
        *value = c->nodelay;
        return 0;
    case DOBOS_OPTION_CORK:
        *value = c->corked;
        return 0;
    case DOBOS_OPTION_MAXSEG:
        *value = segment_limit(c);
        return 0;
    case DOBOS_OPTION_SYNCNT:
        *value = c->syn_count;
        return 0;
    case DOBOS_OPTION_KEEPALIVE:
    case DOBOS_OPTION_KEEPALIVE_IDLE_S:
    case DOBOS_OPTION_KEEPALIVE_INTERVAL_S:
    case DOBOS_OPTION_KEEPALIVE_PROBES:
        *value = keepalive_read(c, option);
        return 0;
    case DOBOS_OPTION_USER_TIMEOUT_MS:
        *value = c->user_timeout_ms;
        return 0;
    case DOBOS_OPTION_SEND_BUFFER:
    case DOBOS_OPTION_RECEIVE_BUFFER:
        *value = option == DOBOS_OPTION_SEND_BUFFER ? c->send_limit : c->receive_limit;
        return 0;
    case DOBOS_OPTION_FASTOPEN:
        *value = c->fast_open_limit;
        return 0;
    case DOBOS_OPTION_FASTOPEN_CONNECT:
        *value = c->fast_open_wanted;
        return 0;
    case DOBOS_OPTION_TTL:
        *value = socket->sender.ttl;
        return 0;
    case DOBOS_OPTION_TOS:
        *value = socket->sender.tos;
        return 0;
    case DOBOS_OPTION_INTERFACE:
        *value = socket->bound_interface;
        return 0;
    case DOBOS_OPTION_CONGESTION:
        *value = c->congestion;
        return 0;
    case DOBOS_OPTION_MAX_PACING_RATE:
        *value = c->max_pacing_rate;
        return 0;
    case DOBOS_OPTION_URGENT:
        *value = urgent_ahead(c);
        return 0;
    case DOBOS_OPTION_BROADCAST:
    case DOBOS_OPTION_DONT_FRAGMENT:
    case DOBOS_OPTION_PATH_MTU:
    case DOBOS_OPTION_MULTICAST_TTL:
    case DOBOS_OPTION_MULTICAST_LOOP:
    case DOBOS_OPTION_MULTICAST_INTERFACE:
        break;
    }
    return -DOBOS_EOPNOTSUPP;
}
