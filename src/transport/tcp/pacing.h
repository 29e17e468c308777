/*
 * pacing: when the next data may leave. Segments leave at a rate, in quanta of about a millisecond,
 * instead of a window at once: always with BBR, else when the program has asked for it
 * (DOBOS_OPTION_MAX_PACING_RATE).
 */
#ifndef TRANSPORT_TCP_PACING_H
#define TRANSPORT_TCP_PACING_H

#include "transport/tcp/congestion.h"

struct tcp_connection;
struct transport;

/* What leaves at once at a rate: a millisecond's, in whole segments: at least two (one at less than
 * 1.2 Mbit/s), at most a super-segment; bytes. */
uint32_t pacing_quantum(uint64_t rate, uint32_t mss);
/* The rate of an algorithm that sets none: twice the window a round trip in slow start, six fifths
 * beyond; bytes a second; 0: no round trip is known. */
uint64_t pacing_rate_of_window(const struct congestion *c, int64_t srtt_ns);
/* The connection's rate now, bytes a second; 0: it is not paced. */
uint64_t pacing_rate(const struct tcp_connection *c);
/* Whether data has to wait; if so, the timer is set. */
bool pacing_holds(struct transport *transport, struct tcp_connection *c, dobos_time now);
/* At most a quantum, of a connection that is paced; `bytes` else. */
uint32_t pacing_limited(const struct tcp_connection *c, uint32_t bytes);
/* Whether so many bytes, headers included, would have to be waited behind. */
bool pacing_stops(const struct tcp_connection *c, uint32_t bytes, dobos_time now);
/* So many bytes have left, headers included. */
void pacing_on_sent(struct tcp_connection *c, uint32_t bytes, dobos_time now);

#endif
