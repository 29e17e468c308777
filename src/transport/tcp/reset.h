/* reset: answers to segments that no connection takes. */
#ifndef TRANSPORT_TCP_RESET_H
#define TRANSPORT_TCP_RESET_H

#include "transport/tcp/segment.h"

/* A reset for this segment as result->reply, unless it is one itself or there is no memory. */
void reset_reply(struct transport *transport, const struct tcp_segment *segment,
                 struct transport_result *result);

#endif
