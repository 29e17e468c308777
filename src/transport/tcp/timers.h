/* timers: a connection's deadlines, kept by one node of the wheel that is armed lazily. */
#ifndef TRANSPORT_TCP_TIMERS_H
#define TRANSPORT_TCP_TIMERS_H

#include "transport/tcp/connection.h"

void deadline_set(struct transport *transport, struct tcp_connection *c, enum tcp_deadline which,
                  dobos_time deadline);
void deadline_clear(struct tcp_connection *c, enum tcp_deadline which);
/* The send timer's purpose and deadline together. */
void send_timer_set(struct transport *transport, struct tcp_connection *c,
                    enum tcp_send_timer purpose, dobos_time deadline);
void send_timer_stop(struct tcp_connection *c);
/* All off, the node out of the wheel. */
void deadlines_cancel(struct transport *transport, struct tcp_connection *c);

#endif
