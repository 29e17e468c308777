/*
 * window: the arithmetic of both windows (RFC 9293 §3.8.6): what of a segment is acceptable, how
 * large a window we offer, how much a sender may send now. Silly windows are avoided on both sides.
 */
#ifndef TRANSPORT_TCP_WINDOW_H
#define TRANSPORT_TCP_WINDOW_H

#include "base/seq.h"
#include "transport/tcp/connection.h"

#define TCP_WINDOW_SHIFT_MAX 14

/* The four cases of RFC 9293 §3.10.7.4; `length` counts SYN and FIN. */
bool window_accepts(struct seq rcv_nxt, uint32_t window, struct seq seq, uint32_t length);
/* The shift that a SYN's option tells; 0 without it. One above 14 is counted. */
uint8_t window_scale_read(struct transport *transport, const struct tcp_options *options);
/* The smallest shift that lets 16 bits tell `buffer` bytes. */
uint8_t window_scale_for(uint32_t buffer);
/* The right edge to offer: `edge` was offered last, `free` bytes have room behind rcv_nxt. */
struct seq window_edge(struct seq rcv_nxt, struct seq edge, uint32_t free, uint32_t buffer,
                       uint32_t segment);
/* What the header's field says of the window now; offers it (moves rcv_adv). */
uint16_t window_offer(struct tcp_connection *c);
/* Whether the program has read so much that the peer should hear of it. */
bool window_update_is_due(const struct tcp_connection *c);
/* Bytes of the receive buffer that are free. */
uint32_t window_free(const struct tcp_connection *c);

/* How a sender stands. */
struct send_view {
    uint32_t unsent;     /* data not sent, bytes */
    uint32_t window;     /* what the peer's window still takes */
    uint32_t congestion; /* what the congestion window still takes */
    uint32_t in_flight;  /* bytes */
    uint32_t mss;        /* of a full segment */
    uint32_t window_max; /* largest window the peer has ever offered */
    bool nodelay;        /* no Nagle */
    bool corked;         /* only full segments */
    bool fin;            /* the stream ends behind the unsent data */
    bool push_through;   /* an override: whatever fits */
};
/* How many bytes of data may go now; not cut to a segment. */
uint32_t window_sendable(const struct send_view *view);

#endif
