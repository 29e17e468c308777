/*
 * totals: what a connection counts for whoever looks at it (dobos_tcp_info), and nothing else:
 * no decision hangs on any of it.
 */
#ifndef TRANSPORT_TCP_TOTALS_H
#define TRANSPORT_TCP_TOTALS_H

#include <dobos/types.h>

#include <stdbool.h>
#include <stdint.h>

struct tcp_connection;

/* What a sender waits for; time is counted by it. */
enum tcp_waiting {
    TCP_WAITING_NOT,    /* nothing in flight, nothing to send */
    TCP_WAITING_PATH,   /* for acknowledgments, or room in the congestion window */
    TCP_WAITING_WINDOW, /* for room in the peer's window */
    TCP_WAITING_BUFFER, /* for the program, which fills its buffer and could send more */
    TCP_WAITINGS
};

struct tcp_totals {
    dobos_time data_sent_at, data_received_at;    /* DOBOS_NEVER: not yet */
    uint64_t bytes_retransmitted;                 /* of payload */
    uint32_t data_segments_out, data_segments_in; /* of the wire */
    uint32_t out_of_order;                        /* segments that came beyond a hole */
    uint32_t delivered_ce;                        /* segments of ours that routers have marked */
    uint32_t waited_ms[TCP_WAITINGS];             /* [TCP_WAITING_NOT] is not used */
    uint32_t waiting_since_ms;                    /* of the host's time */
    uint8_t waiting;                              /* enum tcp_waiting */
    bool syn_data;                                /* data of the SYN was taken (RFC 7413) */
};

void totals_init(struct tcp_totals *totals);
/* A packet goes out with that much payload, in segments of `mss`; `repeated`: not for the first
 * time. Returns how many segments of the wire it is. */
uint32_t totals_on_sent(struct tcp_totals *totals, uint32_t length, uint32_t mss, bool repeated,
                        dobos_time now);
/* One came in, of so many segments of the wire. */
static inline void totals_on_received(struct tcp_totals *totals, uint32_t length, uint32_t segments,
                                      dobos_time now) {
    if (length == 0)
        return;
    totals->data_segments_in += segments;
    totals->data_received_at = now;
}
/* Nothing more can be sent now: what does the sender wait for? */
void totals_on_waiting(struct tcp_connection *c, dobos_time now);
/* What it waits for now goes on until `now`: a copy, for who looks at it. */
struct tcp_totals totals_until(const struct tcp_totals *totals, dobos_time now);
/* How long the sender has waited so, nanoseconds. */
int64_t totals_waited_ns(const struct tcp_totals *totals, enum tcp_waiting waiting);

#endif
