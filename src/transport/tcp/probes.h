/* probes: is a silent peer still there (RFC 9293 §3.8.4)? */
#ifndef TRANSPORT_TCP_PROBES_H
#define TRANSPORT_TCP_PROBES_H

#include "transport/tcp/connection.h"

/* The keepalive deadline has come. */
void keepalive_expire(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* Switched on or changed by the program; the deadline comes by the next segment or at once. */
void keepalive_restart(struct transport *transport, struct tcp_connection *c);

#endif
