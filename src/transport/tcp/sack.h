/* sack: the peer's SACK blocks (RFC 2018) and D-SACK (RFC 2883), taken in. */
#ifndef TRANSPORT_TCP_SACK_H
#define TRANSPORT_TCP_SACK_H

#include "transport/tcp/arrival.h"
#include "transport/tcp/segment.h"

/* snd_una has moved already, and the scoreboard with it. */
void sack_receive(struct transport *transport, struct tcp_connection *c,
                  const struct tcp_segment *segment, struct arrival *arrival);

#endif
