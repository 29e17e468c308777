/* emit: makes one segment of a connection, and keeps the books of it. */
#ifndef TRANSPORT_TCP_EMIT_H
#define TRANSPORT_TCP_EMIT_H

#include "transport/tcp/connection.h"
#include "transport/tcp/segment.h"

struct outgoing {
    struct seq seq; /* of the first byte, or of what would be next */
    uint32_t
        length; /* bytes of data from the send queue; emit cuts it when the packet has no entries */
    uint8_t flags; /* enum tcp_flag */
    bool is_bare;  /* one segment that leaves no room for SACK blocks */
};

/* The packet (give), or NULL: no memory. Any segment but a RST tells our window, and with ACK takes
 * the delayed acknowledgment along. */
struct dobos_packet *emit_segment(struct transport *transport, struct tcp_connection *c,
                                  struct outgoing *outgoing, dobos_time now);

#endif
