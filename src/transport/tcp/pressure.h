/* pressure: connections whose peers take nothing, and which of them go when memory is short (RFC
 * 6429 §4). */
#ifndef TRANSPORT_TCP_PRESSURE_H
#define TRANSPORT_TCP_PRESSURE_H

#include "transport/tcp/connection.h"

/* A new flight is not stalled; one that goes stalls no more. */
void pressure_flight_init(struct tcp_connection *c, struct tcp_flight *flight);
void pressure_flight_fini(struct tcp_flight *flight);
/* The send timer has come: the peer may have stalled. True: nobody owns the connection, and it had
 * stalled so long that it has been given up. */
bool pressure_on_timer(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* Whether sockets together hold as much as they may. */
static inline bool pressure_is_on(const struct transport *transport) {
    return transport->buffer_bytes >= transport->buffer_limit_bytes;
}
/* Resets the connection that has stalled longest, but not `except`; false: there is none. */
bool pressure_relieve(struct transport *transport, const struct tcp_connection *except);
/* Of the connections that nobody owns, one that has stalled; NULL: none is near. */
struct tcp_connection *pressure_stalled_orphan(const struct transport *transport);

#endif
