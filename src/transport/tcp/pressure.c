/*
 * pressure: see pressure.h. A peer that completes handshakes and then takes nothing costs itself
 * nothing and us a send queue each (attacks E22, E24, E25). RFC 9293 §3.8.6.1 has a connection
 * probed for as long as its peer answers; RFC 6429 §4 adds that this is no promise of memory. So:
 *
 * A connection has stalled when its send timer came twice and the peer has taken nothing between,
 * be it that it does not answer or that its window stays closed. It goes to the end of the list of
 * the stalled, and out of it when the peer has taken something; a peer that takes a byte now and
 * then comes back to the end of the list each time.
 *
 * When memory is short, whoever needs some has the first of that list reset, before anybody is
 * refused; the active are never touched. Without need nobody is, but for a connection without
 * owner: it has stalled for as long as it may be silent, and is given up.
 */
#include "transport/tcp/pressure.h"

#include <dobos/errors.h>

#include "transport/tcp/close.h"

#define STALLS 2  /* timers without progress */
#define NEAR   16 /* so many are looked at for an orphan */

void pressure_flight_init(struct tcp_connection *c, struct tcp_flight *flight) {
    list_node_init(&flight->stalled);
    flight->owner = c;
    flight->stalled_una = c->snd_una;
}

void pressure_flight_fini(struct tcp_flight *flight) {
    list_remove(&flight->stalled);
}

static struct tcp_flight *flight_at(struct list_node *node) {
    return container_of(node, struct tcp_flight, stalled);
}

/* The peer has taken nothing since the flight was listed. */
static bool is_stalled(const struct tcp_flight *flight) {
    return seq_eq(flight->owner->snd_una, flight->stalled_una);
}

static bool is_orphan(const struct tcp_connection *c) {
    return !c->socket.has_owner && !c->listener;
}

/* Whether the timer stands for something the peer does not take; probes of a tail, and what may
 * only be late, do not count. */
static bool waits_for_peer(const struct tcp_connection *c) {
    bool closed = c->snd_wnd == 0 && connection_has_unsent(c);
    bool counts =
        c->send_timer == TCP_SEND_TIMER_RETRANSMIT || c->send_timer == TCP_SEND_TIMER_PROBE;
    return counts && c->flight && connection_is_synchronized(c) &&
           c->state != DOBOS_TCP_TIME_WAIT && (connection_in_flight(c) > 0 || closed);
}

/* [rfc6429#1] [rfc6429#2] */
bool pressure_on_timer(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    if (!waits_for_peer(c))
        return false;
    if (flight->stalls == 0 || !is_stalled(flight)) {
        list_remove(&flight->stalled);
        flight->stalled_una = c->snd_una;
        flight->stalled_since = now;
        flight->stalls = 1;
        return false;
    }
    if (flight->stalls < STALLS) {
        flight->stalls++;
        if (flight->stalls == STALLS)
            list_append(&transport->stalled, &flight->stalled);
    }
    if (!is_orphan(c) || now - flight->stalled_since < TCP_R2_ORPHAN_NS)
        return false;
    transport->counters.tcp_aborted_on_timeout++;
    connection_reset(transport, c, -DOBOS_ETIMEDOUT);
    return true;
}

/* [rfc6429#3] */
bool pressure_relieve(struct transport *transport, const struct tcp_connection *except) {
    struct list_node *node = list_first(&transport->stalled);
    while (node) {
        struct tcp_flight *flight = flight_at(node);
        struct list_node *next = list_next(&transport->stalled, node);
        if (!is_stalled(flight)) {
            flight->stalls = 0;
            list_remove(node);
        } else if (flight->owner != except) {
            transport->counters.tcp_aborted_on_memory++;
            connection_doom(transport, flight->owner, true);
            return true;
        }
        node = next;
    }
    return false;
}

struct tcp_connection *pressure_stalled_orphan(const struct transport *transport) {
    struct list_node *node = list_first(&transport->stalled);
    for (unsigned i = 0; node && i < NEAR; i++) {
        struct tcp_flight *flight = flight_at(node);
        if (is_stalled(flight) && is_orphan(flight->owner) &&
            list_node_is_linked(&flight->owner->queue_node))
            return flight->owner;
        node = list_next(&transport->stalled, node);
    }
    return NULL;
}
