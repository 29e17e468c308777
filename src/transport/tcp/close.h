/* close: how a connection ends (RFC 9293 §3.6): the program's part, and orphans. */
#ifndef TRANSPORT_TCP_CLOSE_H
#define TRANSPORT_TCP_CLOSE_H

#include "transport/tcp/connection.h"

/* The FIN goes behind what was given to send. */
void close_sending(struct tcp_connection *c);
/* Our FIN was acknowledged. */
void close_on_fin_acked(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* The peer's FIN was taken in. */
void close_on_fin(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* TCP_DEADLINE_LINGER has come. */
void linger_expire(struct transport *transport, struct tcp_connection *c);
/* A connection nobody owns any more is counted, and bounded. */
void orphan_adopt(struct transport *transport, struct tcp_connection *c, dobos_time now);
void orphan_forget(struct transport *transport, struct tcp_connection *c);
/* Ended for another's sake: CLOSED now (with a reset if `reset`), and its timer comes at once, by
 * which host/ learns of it. */
void connection_doom(struct transport *transport, struct tcp_connection *c, bool reset);
/* tcp_shutdown before there is a connection, or when it is over (calls.c). 1: there is one. */
int shutdown_early(struct transport *transport, struct tcp_connection *connection,
                   enum dobos_shutdown how);

#endif
