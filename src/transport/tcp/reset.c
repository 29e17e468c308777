/* reset: see reset.h; RFC 9293 §3.5.2, §3.10.7.1. Never an answer to a reset. */
#include "transport/tcp/reset.h"

/* What acknowledges something is answered with what it acknowledges as our number [rfc9293#20];
 * what does not, with an acknowledgment of all of it [rfc9293#21]. [rfc9293#22]
 * Timestamps come back as they came, so that they need no memory of a connection [rfc7323#21]; a
 * SYN's have not been agreed on. */
void reset_reply(struct transport *transport, const struct tcp_segment *segment,
                 struct transport_result *result) {
    struct tcp_header header = {.flags = TCP_RST};
    struct tcp_options options = {0};
    if (segment->flags & TCP_RST)
        return;
    if (segment->flags & TCP_ACK) {
        header.seq = segment->ack;
        options.has_timestamps = segment->options.has_timestamps && !(segment->flags & TCP_SYN);
        options.ts_value = segment->options.ts_echo;
        options.ts_echo = segment->options.ts_value;
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
