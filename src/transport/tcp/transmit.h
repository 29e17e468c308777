/* transmit: what a connection sends next. */
#ifndef TRANSPORT_TCP_TRANSMIT_H
#define TRANSPORT_TCP_TRANSMIT_H

#include "transport/tcp/connection.h"

/* Whether tcp_transmit has any reason to be called. */
void transmit_want(struct tcp_connection *c);

#endif
