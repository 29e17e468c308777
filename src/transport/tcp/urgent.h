/* urgent: a place in the stream that one program points out to the other (RFC 9293 §3.8.5, RFC
 * 6093). */
#ifndef TRANSPORT_TCP_URGENT_H
#define TRANSPORT_TCP_URGENT_H

#include "transport/tcp/connection.h"
#include "transport/tcp/segment.h"

/* Sixth check of RFC 9293 §3.10.7.4: the segment's urgent pointer. */
void urgent_receive(struct tcp_connection *c, const struct tcp_segment *segment);
/* How many bytes the program has still to read until nothing is urgent any more; 0: nothing is. */
uint32_t urgent_ahead(const struct tcp_connection *c);
/* The program has read on. */
void urgent_on_read(struct tcp_connection *c);
/* All that the program has given to send is urgent. */
void urgent_mark(struct tcp_connection *c);
/* The header's pointer of a segment that begins at `seq`; 0: nothing is urgent. */
uint16_t urgent_pointer(struct tcp_connection *c, struct seq seq);

#endif
