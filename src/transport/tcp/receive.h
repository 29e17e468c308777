/* receive: RFC 9293 §3.10.7.4 for a connection past LISTEN and SYN-SENT. */
#ifndef TRANSPORT_TCP_RECEIVE_H
#define TRANSPORT_TCP_RECEIVE_H

#include "transport/tcp/connection.h"
#include "transport/tcp/segment.h"

/* SYN-RECEIVED (after an active open), ESTABLISHED and later. */
enum drop_reason receive_synchronized(struct transport *transport, struct tcp_connection *c,
                                      struct tcp_segment *segment, dobos_time now,
                                      struct transport_result *result);
/* SYN-SENT (RFC 9293 §3.10.7.3); in receive_syn_sent.c. */
enum drop_reason receive_syn_sent(struct transport *transport, struct tcp_connection *c,
                                  struct tcp_segment *segment, dobos_time now,
                                  struct transport_result *result);
/* A segment of the common kind in ESTABLISHED, without the checks one by one; false: not of that
 * kind, and nothing has changed. In prediction.c. */
bool receive_predicted(struct transport *transport, struct tcp_connection *c,
                       struct tcp_segment *segment, dobos_time now,
                       struct transport_result *result);
/* Whether a timestamp is older than the one remembered (RFC 7323 §5.3); in paws.c. */
bool paws_is_old(const struct tcp_connection *c, const struct tcp_segment *segment, dobos_time now);
/* Remembers the timestamp to echo (RFC 7323 §4.3). */
void paws_remember(struct tcp_connection *c, const struct tcp_segment *segment, dobos_time now);

#endif
