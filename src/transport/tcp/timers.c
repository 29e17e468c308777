/*
 * timers: see timers.h. A deadline that moves later leaves the node where it is: when the node
 * comes out too early, it is armed anew for what is then the earliest. So a connection in traffic
 * touches the wheel about once a timeout, not once a packet.
 */
#include "transport/tcp/timers.h"

#include "transport/tcp/ack_delay.h"
#include "transport/tcp/close.h"
#include "transport/tcp/pressure.h"
#include "transport/tcp/probes.h"
#include "transport/tcp/retransmit.h"
#include "transport/tcp/tcp.h"

static dobos_time earliest(const struct tcp_connection *c) {
    dobos_time first = DOBOS_NEVER;
    for (unsigned i = 0; i < TCP_DEADLINES; i++)
        first = min_i64(first, c->deadlines[i]);
    return first;
}

void deadline_set(struct transport *transport, struct tcp_connection *c, enum tcp_deadline which,
                  dobos_time deadline) {
    struct timer *timer = &c->socket.timer;
    c->deadlines[which] = deadline;
    if (deadline != DOBOS_NEVER && (!timer_is_armed(timer) || timer->deadline > deadline))
        timer_arm(transport->wheel, timer, deadline);
}

void deadline_clear(struct tcp_connection *c, enum tcp_deadline which) {
    c->deadlines[which] = DOBOS_NEVER;
}

void send_timer_set(struct transport *transport, struct tcp_connection *c,
                    enum tcp_send_timer purpose, dobos_time deadline) {
    c->send_timer = (uint8_t)purpose;
    deadline_set(transport, c, TCP_DEADLINE_SEND, deadline);
}

void send_timer_stop(struct tcp_connection *c) {
    c->send_timer = TCP_SEND_TIMER_OFF;
    deadline_clear(c, TCP_DEADLINE_SEND);
}

void deadlines_cancel(struct transport *transport, struct tcp_connection *c) {
    for (unsigned i = 0; i < TCP_DEADLINES; i++)
        c->deadlines[i] = DOBOS_NEVER;
    c->send_timer = TCP_SEND_TIMER_OFF;
    timer_cancel(transport->wheel, &c->socket.timer);
}

/* One deadline has come. */
static void deadline_expire(struct transport *transport, struct tcp_connection *c,
                            enum tcp_deadline which, dobos_time now) {
    deadline_clear(c, which);
    switch (which) {
    case TCP_DEADLINE_SEND:
        if (!pressure_on_timer(transport, c, now))
            send_timer_expire(transport, c, now);
        break;
    case TCP_DEADLINE_ACK:
        ack_delay_expire(transport, c);
        break;
    case TCP_DEADLINE_KEEPALIVE:
        keepalive_expire(transport, c, now);
        break;
    case TCP_DEADLINE_PACING:
        c->socket.sender.wants_output = true;
        break;
    case TCP_DEADLINE_LINGER:
        linger_expire(transport, c);
        break;
    case TCP_DEADLINES:
        break;
    }
}

void tcp_on_timer(struct transport *transport, struct timer *timer, dobos_time now,
                  struct transport_result *result) {
    struct dobos_socket *socket = container_of(timer, struct dobos_socket, timer);
    struct tcp_connection *c = connection_of(socket);
    result->socket = socket;
    for (unsigned i = 0; i < TCP_DEADLINES; i++) {
        if (c->deadlines[i] <= now)
            deadline_expire(transport, c, (enum tcp_deadline)i, now);
    }
    dobos_time next = earliest(c);
    if (next != DOBOS_NEVER && (!timer_is_armed(timer) || timer->deadline > next))
        timer_arm(transport->wheel, timer, next);
}
