/*
 * isn: see isn.h. The clock ticks every 4 µs, so that a later connection of the same flow begins
 * above an earlier one; the keyed hash hides where it stands. A flow's offsets stay the same while
 * the host lives.
 */
#include "transport/tcp/isn.h"

#define TICK_NS 4000

/* [rfc9293#14] [rfc1122#130] [rfc9293#15] [rfc9293#16] [rfc6528#1] [rfc6528#2] */
struct seq isn_make(const struct transport *transport, const struct flow *flow, dobos_time now) {
    uint64_t ticks = (uint64_t)(now / TICK_NS);
    return seq_make((uint32_t)(ticks + flow_hash(&transport->isn_key, flow)));
}

/* [rfc7323#27] */
uint32_t timestamp_offset(const struct transport *transport, const struct flow *flow) {
    return (uint32_t)flow_hash(&transport->timestamp_key, flow);
}
