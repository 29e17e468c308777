/*
 * recovery: what loss does to the congestion window, and what repairs it. States are enum
 * tcp_recovery; losses are found in loss.c, the window is led by prr.c while a recovery lasts, and
 * undone (undo.c, frto.c) when it turns out to have been for nothing.
 */
#ifndef TRANSPORT_TCP_RECOVERY_H
#define TRANSPORT_TCP_RECOVERY_H

#include "transport/tcp/arrival.h"

/* What congestion lets leave now, bytes. */
uint32_t recovery_room(const struct tcp_flight *flight);
/* What has arrived is known and out of the scoreboard: losses, states, the window. */
void recovery_on_ack(struct transport *transport, struct tcp_connection *c,
                     struct arrival *arrival);
/* The retransmission timer has expired. */
void recovery_on_timeout(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* What was in doubt for the order of arrival is late now. */
void recovery_on_reorder_timer(struct transport *transport, struct tcp_connection *c,
                               dobos_time now);
/* A congestion mark, at most once a round trip and not while a recovery lasts: the window is
 * reduced as for a loss, and nothing is repeated (RFC 3168 §6.1.2). There is a flight. */
void recovery_on_ecn(struct tcp_connection *c, dobos_time now);
/* All of the flight longer than `most` bytes goes out again, for reasons that have nothing to do
 * with congestion: the window stays. */
void recovery_resend(struct tcp_connection *c, uint32_t most, dobos_time now);
/* After acknowledgments and sendings: what the send timer stands for now. */
void recovery_timer_arm(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* The retransmission timeout begins anew. */
void recovery_timer_restart(struct transport *transport, struct tcp_connection *c, dobos_time now);

#endif
