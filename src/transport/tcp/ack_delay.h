/* ack_delay: when data that has come is acknowledged (RFC 9293 §3.8.6.3, RFC 5681 §4.2). */
#ifndef TRANSPORT_TCP_ACK_DELAY_H
#define TRANSPORT_TCP_ACK_DELAY_H

#include "transport/tcp/connection.h"

#define TCP_QUICK_ACKS 16 /* segments acknowledged at once after silence */

/* `length` bytes have come in order, with PSH if `pushed`. */
void ack_delay_on_data(struct transport *transport, struct tcp_connection *c, uint32_t length,
                       bool pushed, dobos_time now);
/* The program has read all there is. */
void ack_delay_on_drained(struct tcp_connection *c);
/* An acknowledgment leaves; `with_data`: a segment of ours carries it. */
void ack_delay_on_sent(struct tcp_connection *c, bool with_data, dobos_time now);
/* TCP_DEADLINE_ACK has come. */
void ack_delay_expire(struct transport *transport, struct tcp_connection *c);

#endif
