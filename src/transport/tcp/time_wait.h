/* time_wait: TIME-WAIT (RFC 9293 §3.6, RFC 6191, RFC 1337): how many there are, and who may follow.
 */
#ifndef TRANSPORT_TCP_TIME_WAIT_H
#define TRANSPORT_TCP_TIME_WAIT_H

#include "transport/tcp/connection.h"
#include "transport/tcp/segment.h"

/* TIME-WAIT begins, or begins anew. */
void time_wait_enter(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* A connection in TIME-WAIT that nobody owns (any more) is counted, and bounded. */
void time_wait_adopt(struct transport *transport, struct tcp_connection *c);
/* Whether a segment is a SYN that may begin a connection anew though c is in TIME-WAIT. Then the
 * segment knows whom it follows; c waits on until the SYN is taken. */
bool time_wait_gives_way(const struct transport *transport, struct tcp_connection *c,
                         struct tcp_segment *segment);
/* Whether a connect of ours may take this flow over. */
bool time_wait_is_reusable(const struct tcp_connection *c, dobos_time now);
/* Ends c, whose flow is taken over; our initial number must not be below what is returned. */
struct seq time_wait_succeed(struct transport *transport, struct tcp_connection *c);

#endif
