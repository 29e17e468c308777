/* resend: what goes out again: lost segments, the probe of a lost tail, the probe of a closed
 * window. */
#ifndef TRANSPORT_TCP_RESEND_H
#define TRANSPORT_TCP_RESEND_H

#include "transport/tcp/connection.h"

/* The next lost segment (give) that the windows let go. NULL: none; *no_memory: there was one. */
struct dobos_packet *resend_lost(struct transport *transport, struct tcp_connection *c,
                                 dobos_time now, bool *no_memory);
/* The last segment once more: the probe of a tail with nothing new behind it. */
struct dobos_packet *resend_last(struct transport *transport, struct tcp_connection *c,
                                 dobos_time now);
/* The first byte of what is in flight, at a window that is closed. */
struct dobos_packet *resend_byte(struct transport *transport, struct tcp_connection *c,
                                 dobos_time now);

#endif
