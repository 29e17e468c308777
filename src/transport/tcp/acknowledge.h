/* acknowledge: what a segment's ACK field and window tell the sender (RFC 9293 §3.10.7.4, fifth
 * check). */
#ifndef TRANSPORT_TCP_ACKNOWLEDGE_H
#define TRANSPORT_TCP_ACKNOWLEDGE_H

#include "transport/tcp/connection.h"
#include "transport/tcp/segment.h"

enum ack_fit {
    ACK_OLD,       /* at or below snd_una, but near: nothing new */
    ACK_NEW,       /* acknowledges something in flight */
    ACK_ANCIENT,   /* below snd_una by more than the largest window: nobody honest sends that */
    ACK_OF_UNSENT, /* beyond snd_nxt */
};
/* Where an acknowledgment lies, on values alone. */
enum ack_fit ack_fit(struct seq una, struct seq nxt, uint32_t window_max, struct seq ack);
/* The fifth check in a synchronized state. DROP_NONE: the segment goes on. The state may change, to
 * CLOSED too. */
enum drop_reason acknowledge_receive(struct transport *transport, struct tcp_connection *c,
                                     const struct tcp_segment *segment, dobos_time now,
                                     struct transport_result *result);
/* ACK_NEW: moves snd_una. */
void acknowledge_advance(struct transport *transport, struct tcp_connection *c,
                         const struct tcp_segment *segment, dobos_time now,
                         struct transport_result *result);
/* The peer's window as the segment tells it, in bytes. */
uint32_t acknowledge_window(const struct tcp_connection *c, const struct tcp_segment *segment);

#endif
