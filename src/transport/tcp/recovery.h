/* recovery: finding loss and repairing it (RFC 5681 §3.2, RFC 6582 NewReno, RFC 3042 limited
 * transmit). */
#ifndef TRANSPORT_TCP_RECOVERY_H
#define TRANSPORT_TCP_RECOVERY_H

#include "transport/tcp/connection.h"

/* What may be in flight as far as congestion goes, bytes. */
uint32_t recovery_window(const struct tcp_connection *c);
/* A duplicate acknowledgment has come (RFC 5681 §2's definition is the caller's). */
void recovery_on_duplicate(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* snd_una has moved by `acked`, leaving what is in flight. False: the retransmission timer is to go
 * on as it is. */
bool recovery_on_ack(struct tcp_connection *c, uint32_t acked, dobos_time now);
/* A congestion mark, at most once a round trip: the window is reduced as for a loss, and nothing is
 * repeated (RFC 3168 §6.1.2). There is a flight. */
void recovery_on_ecn(struct tcp_connection *c, dobos_time now);
/* The retransmission timer has expired; `first`: for this segment. Everything in flight counts as
 * lost. */
void recovery_on_timeout(struct tcp_connection *c, bool first, dobos_time now);

#endif
