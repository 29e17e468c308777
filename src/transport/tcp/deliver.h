/* deliver: a segment's data and FIN on their way to the program (RFC 9293 §3.10.7.4, seventh and
 * eighth check). */
#ifndef TRANSPORT_TCP_DELIVER_H
#define TRANSPORT_TCP_DELIVER_H

#include "transport/tcp/connection.h"
#include "transport/tcp/segment.h"

/* The segment is acceptable. May take its packet, or end the connection. */
enum drop_reason deliver_receive(struct transport *transport, struct tcp_connection *c,
                                 struct tcp_segment *segment, dobos_time now,
                                 struct transport_result *result);

#endif
