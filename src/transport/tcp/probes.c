/* probes: see probes.h. A probe goes out only when nothing waits for an acknowledgment and nothing
 * has been heard for the whole interval; a segment of any kind is an answer; only
 * several probes in a row without one end the connection. */
#include "transport/tcp/probes.h"

#include "transport/tcp/retransmit.h"
#include "transport/tcp/timers.h"

static void probe_next(struct transport *transport, struct tcp_connection *c, dobos_time at) {
    deadline_set(transport, c, TCP_DEADLINE_KEEPALIVE, at);
}

/* [rfc9293#48] [rfc9293#51] */
void keepalive_restart(struct transport *transport, struct tcp_connection *c) {
    c->keepalive_sent = 0;
    if (!c->keepalive || !connection_is_synchronized(c))
        deadline_clear(c, TCP_DEADLINE_KEEPALIVE);
    else
        probe_next(transport, c, c->heard_at + c->keepalive_idle_s * DOBOS_SECOND);
}

/* [rfc9293#50] [rfc1122#162] [rfc9293#53] [rfc1122#165] */
void keepalive_expire(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    dobos_time idle = c->keepalive_idle_s * DOBOS_SECOND;
    if (!c->keepalive || !connection_is_synchronized(c) || c->state == DOBOS_TCP_TIME_WAIT)
        return;
    if (connection_in_flight(c) > 0 || connection_has_unsent(c)) {
        c->keepalive_sent = 0;
        probe_next(transport, c, now + idle);
        return;
    }
    if (c->keepalive_sent == 0 && now - c->heard_at < idle) {
        probe_next(transport, c, c->heard_at + idle);
        return;
    }
    if (c->keepalive_sent >= c->keepalive_probes) {
        give_up(transport, c);
        return;
    }
    c->keepalive_sent++;
    c->keepalive_now = true;
    c->socket.sender.wants_output = true;
    transport->counters.tcp_keepalives++;
    probe_next(transport, c, now + c->keepalive_interval_s * DOBOS_SECOND);
}
