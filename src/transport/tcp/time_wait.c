/*
 * time_wait: see time_wait.h. A connection waits twice the longest life of a segment, so that none
 * of its own is taken for one of the next connection of the same flow, and no reset cuts the wait
 * short (RFC 1337). There are so many at most: the oldest ends early for a new one. Two may follow
 * sooner, because their numbers or timestamps tell their segments from the old ones: a SYN of the
 * peer's that is surely newer (RFC 6191), and a connection of ours to the same peer that finds no
 * other port, once our timestamps have moved on by a second.
 *
 * A record of its own for TIME-WAIT would take about half the bytes of a connection without a
 * flight; that is not worth a second state machine while sixteen thousand of these take ten
 * megabytes.
 */
#include "transport/tcp/time_wait.h"

#include "transport/tcp/close.h"
#include "transport/tcp/timers.h"

#define REUSE_AFTER_NS (1 * DOBOS_SECOND) /* the coarsest clock of timestamps (RFC 7323 §5.4) */
#define BEYOND         65537 /* further than any window of the old connection reaches */

static struct tcp_connection *oldest(const struct transport *transport) {
    return container_of(list_first(&transport->time_waits), struct tcp_connection, queue_node);
}

void time_wait_adopt(struct transport *transport, struct tcp_connection *c) {
    if (transport->time_wait_count >= transport->time_wait_limit &&
        transport->time_wait_count > 0) {
        transport->counters.tcp_time_wait_overflows++;
        connection_doom(transport, oldest(transport), false);
    }
    list_append(&transport->time_waits, &c->queue_node);
    transport->time_wait_count++;
    port_release(transport, &c->socket);
}

/* [rfc9293#29] [rfc1122#136] */
void time_wait_enter(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    if (c->state != DOBOS_TCP_TIME_WAIT) {
        bool is_orphan = !c->socket.has_owner && !c->listener;
        connection_enter(c, DOBOS_TCP_TIME_WAIT);
        send_timer_stop(c);
        deadline_clear(c, TCP_DEADLINE_KEEPALIVE);
        if (is_orphan)
            orphan_forget(transport, c);
        c->is_time_wait = true;
        if (is_orphan)
            time_wait_adopt(transport, c);
        connection_flight_return(transport, c);
    }
    deadline_set(transport, c, TCP_DEADLINE_LINGER, now + TCP_TIME_WAIT_NS);
}

/* ---- who may follow ---- */

struct seq time_wait_succeed(struct transport *transport, struct tcp_connection *c) {
    struct seq floor = seq_add(c->snd_nxt, BEYOND);
    transport->counters.tcp_time_wait_recycled++;
    connection_doom(transport, c, false);
    return floor;
}

/*
 * RFC 6191 §2, RFC 1122 §4.2.2.13 [rfc9293#30]. With timestamps on both connections the new one's
 * must be later [rfc6191#1], or the same with a later number [rfc6191#2]; where the old connection
 * had none, any will do [rfc6191#4]; without timestamps the number alone must be later [rfc6191#3].
 *
 * DEVIATION: [rfc6191#5] what is not newer is not dropped in silence but challenged, as RFC 9293
 * §3.10.7.4 asks: so a peer that has restarted finds out.
 */
static bool is_newer(const struct transport *transport, const struct tcp_connection *c,
                     const struct tcp_segment *segment) {
    const struct tcp_options *options = &segment->options;
    bool later_number = seq_ge(segment->seq, c->rcv_nxt);
    if (!options->has_timestamps || transport->settings.no_timestamps)
        return later_number;
    if (!c->timestamps)
        return true;
    int32_t later = (int32_t)(options->ts_value - c->ts_recent);
    return later > 0 || (later == 0 && later_number);
}

bool time_wait_gives_way(const struct transport *transport, struct tcp_connection *c,
                         struct tcp_segment *segment) {
    if (c->state != DOBOS_TCP_TIME_WAIT ||
        (segment->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN ||
        !is_newer(transport, c, segment))
        return false;
    segment->follows = c;
    return true;
}

/* What the peer may still hold of the old connection is told apart by our timestamps, which have
 * moved on since by a tick of any clock (RFC 6191 §2, the other way round). */
bool time_wait_is_reusable(const struct tcp_connection *c, dobos_time now) {
    dobos_time since = c->deadlines[TCP_DEADLINE_LINGER] - TCP_TIME_WAIT_NS;
    return c->state == DOBOS_TCP_TIME_WAIT && c->timestamps && now - since > REUSE_AFTER_NS;
}
