/*
 * tuning: buffers that grow to what the path carries. The receive buffer follows what the program
 * reads in a round trip, the send buffer the congestion window; both up to the host's settings, and
 * neither while the host's memory runs short: then they shrink again, the window's right edge
 * staying where it is. What the program has set by DOBOS_OPTION_…_BUFFER stays.
 */
#ifndef TRANSPORT_TCP_TUNING_H
#define TRANSPORT_TCP_TUNING_H

#include "base/seq.h"

#include <dobos/types.h>

#include <stdbool.h>

struct tcp_connection;
struct tcp_segment;
struct transport;

/* What a receiver measures; all zero at first. */
struct tuning {
    dobos_time round_at;   /* when this round trip began; 0: none has */
    dobos_time arrived_at; /* when data last came */
    dobos_time edge_at;    /* without timestamps: when `edge` was offered; 0: none is waited for */
    int64_t rtt_ns;        /* the round trip from here to the peer and back; 0: not known */
    uint64_t round_read;   /* what the program had read by then, bytes */
    uint64_t best;         /* most read in one round trip, bytes */
    struct seq edge;       /* data from here on was sent when it had heard of it */
    uint32_t next_echo;    /* timestamps' echoes below it tell nothing new */
};

/* The largest that the receive buffer will ever be: what the window's scale must be able to say. */
uint32_t tuning_receive_ceiling(const struct transport *transport, const struct tcp_connection *c);
/* Data has come, and stands in the queues. */
void tuning_on_data(const struct transport *transport, struct tcp_connection *c,
                    const struct tcp_segment *segment, dobos_time now);
/* `acked` bytes have left the send queue. */
void tuning_on_ack(const struct transport *transport, struct tcp_connection *c, uint32_t acked);
/* Whether buffers are to grow no more: three quarters of the host's memory for them are used. */
bool tuning_is_short(const struct transport *transport);

#endif
