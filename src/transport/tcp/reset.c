/* reset: see reset.h; RFC 9293 §3.5.2, §3.10.7.1. Never an answer to a reset. */
#include "transport/tcp/reset.h"

/* What acknowledges something is answered with what it acknowledges as our number [rfc9293#20];
 * what does not, with an acknowledgment of all of it [rfc9293#21]. [rfc9293#22] */
void reset_reply(struct transport *transport, const struct tcp_segment *segment,
                 struct transport_result *result) {
    struct tcp_header header = {.flags = TCP_RST};
    struct tcp_options options = {0};
    if (segment->flags & TCP_RST)
        return;
    if (segment->flags & TCP_ACK) {
        header.seq = segment->ack;
    } else {
        header.flags |= TCP_ACK;
        header.ack = seq_add(segment->seq, segment_length(segment));
    }
    result->reply = segment_make(transport, &segment->flow, &header, &options);
    if (!result->reply)
        return;
    result->reply_flow = segment->flow;
    segment_seal(transport, result->reply, &segment->flow);
    transport->counters.tcp_out_rsts++;
}
