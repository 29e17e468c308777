/* retransmit: the send timer has expired. */
#ifndef TRANSPORT_TCP_RETRANSMIT_H
#define TRANSPORT_TCP_RETRANSMIT_H

#include "transport/tcp/connection.h"

void send_timer_expire(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* When the peer has owed an acknowledgment for too long (RFC 9293 §3.8.3's R2), as a duration. */
dobos_time give_up_after(const struct tcp_connection *c);
/* Ends the connection with -DOBOS_ETIMEDOUT, or what ICMP has said meanwhile. */
void give_up(struct transport *transport, struct tcp_connection *c);

#endif
