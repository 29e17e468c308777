/* paws: protection against wrapped sequence numbers by timestamps (RFC 7323 §4.3, §5). */
#include "transport/tcp/receive.h"

#define VALID_NS (24 * 24 * 3600 * DOBOS_SECOND) /* then a timestamp of 1 ms may have wrapped */

static bool ts_lt(uint32_t a, uint32_t b) {
    return (int32_t)(a - b) < 0;
}

/* [rfc7323#23]; after 24 days of silence any is good [rfc7323#26]; on a connection without them
 * they mean nothing [rfc7323#15]. */
bool paws_is_old(const struct tcp_connection *c, const struct tcp_segment *segment,
                 dobos_time now) {
    if (!c->timestamps || !segment->options.has_timestamps)
        return false;
    return ts_lt(segment->options.ts_value, c->ts_recent) && now - c->ts_recent_at < VALID_NS;
}

/* Only a segment that reaches back to the last acknowledgment: so a delayed acknowledgment echoes
 * the earliest [rfc7323#17], one of a hole the last in order [rfc7323#18], and what fills a hole
 * counts [rfc7323#19] [rfc7323#20]. */
void paws_remember(struct tcp_connection *c, const struct tcp_segment *segment, dobos_time now) {
    if (!c->timestamps || !segment->options.has_timestamps || seq_gt(segment->seq, c->acked_seq))
        return;
    bool is_void = now - c->ts_recent_at >= VALID_NS;
    if (!is_void && ts_lt(segment->options.ts_value, c->ts_recent))
        return;
    c->ts_recent = segment->options.ts_value;
    c->ts_recent_at = now;
}
