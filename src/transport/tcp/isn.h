/* isn: what a peer sees of our clocks: initial sequence numbers (RFC 6528) and timestamp offsets
 * (RFC 7323 §5.4), each a keyed hash of the flow. */
#ifndef TRANSPORT_TCP_ISN_H
#define TRANSPORT_TCP_ISN_H

#include "base/seq.h"
#include "transport/transport.h"

struct seq isn_make(const struct transport *transport, const struct flow *flow, dobos_time now);
/* Added to the millisecond clock in a connection's timestamps. */
uint32_t timestamp_offset(const struct transport *transport, const struct flow *flow);
/* The timestamp clock. A tick is a millisecond [rfc7323#25] [rfc7323#16]. */
static inline uint32_t timestamp_value(uint32_t offset, dobos_time now) {
    return (uint32_t)(uint64_t)(now / DOBOS_MILLISECOND) + offset;
}

#endif
