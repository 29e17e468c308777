/* loss: what of the scoreboard is believed lost, by time (RACK) or, of a peer without SACK, by
 * duplicate acknowledgments. */
#ifndef TRANSPORT_TCP_LOSS_H
#define TRANSPORT_TCP_LOSS_H

#include "transport/tcp/arrival.h"

/* Marks what RACK finds lost now; returns the bytes. flight->reorder_at: when to look again. */
uint32_t loss_find(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* The first entry is lost: duplicates, or a partial acknowledgment, of a peer without SACK say so.
 */
uint32_t loss_of_first(struct tcp_connection *c);
/* A timer has expired, and something is in flight: all is lost if the peer has taken back what it
 * reported. O(n): for timeouts. */
bool loss_of_reneged(struct transport *transport, struct tcp_connection *c);
/* The retransmission timer has expired. */
void loss_on_timeout(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* All entries longer than `most` bytes were lost for their size. */
void loss_of_longer(struct tcp_connection *c, uint32_t most);

#endif
