/* retransmit: the send timer has expired. */
#ifndef TRANSPORT_TCP_RETRANSMIT_H
#define TRANSPORT_TCP_RETRANSMIT_H

#include "transport/tcp/connection.h"

void send_timer_expire(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* When the peer has owed an acknowledgment for too long (RFC 9293 §3.8.3's R2), as a duration. */
dobos_time give_up_after(const struct tcp_connection *c);
/* Whether it has come to that: in silence, or by a window that opens and closes again and again,
 * and nothing sent into it is acknowledged. */
bool is_given_up(const struct tcp_connection *c, dobos_time now);
/* Ends the connection with -DOBOS_ETIMEDOUT, or what ICMP has said meanwhile. */
void give_up(struct transport *transport, struct tcp_connection *c);

#endif
