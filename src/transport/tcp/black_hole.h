/* black_hole: a path that swallows large segments and tells nobody (RFC 2923 §2.1). */
#ifndef TRANSPORT_TCP_BLACK_HOLE_H
#define TRANSPORT_TCP_BLACK_HOLE_H

#include "transport/tcp/connection.h"

/* The largest packet where large ones are in doubt, bytes. */
#define TCP_HOLE_MTU 552

/* The retransmission timer has expired, for the c->tries-th time in a row. */
void black_hole_on_timeout(struct tcp_connection *c, dobos_time now);
/* The doubt of a while ago is over. */
void black_hole_forget(struct tcp_connection *c, dobos_time now);

#endif
