/* segment: a TCP segment as it comes in, parsed once; and the making of one that goes out. */
#ifndef TRANSPORT_TCP_SEGMENT_H
#define TRANSPORT_TCP_SEGMENT_H

#include "transport/tcp/ecn.h"
#include "transport/transport.h"
#include "wire/tcp.h"
#include "wire/tcp_options.h"

struct tcp_connection;

struct tcp_segment {
    struct dobos_packet *packet; /* owned by the caller; NULL once a queue has taken it */
    struct flow flow;            /* local and remote as seen from here */
    struct seq seq, ack;         /* of the header; front cuts move seq */
    uint32_t offset, length;     /* of the payload in the packet, cut to what is used */
    struct seq urgent_end;       /* with TCP_URG: the mark behind the last urgent byte */
    uint32_t window;             /* not scaled yet */
    uint8_t flags; /* enum tcp_flag; FIN is taken away when it lies outside the window */
    uint8_t ecn;   /* enum ecn, of the IP header it came in */
    bool ae;       /* the flag AE */
    struct tcp_options options;     /* of any segment */
    struct tcp_connection *follows; /* a SYN: the connection in TIME-WAIT that ends when it is
                                       taken; NULL: none */
};

/* AE, CWR and ECE as one number (tcp/ecn.h). */
static inline uint8_t segment_ace(const struct tcp_segment *segment) {
    return ace_of(segment->flags, segment->ae);
}
/* Sequence numbers it takes up. */
static inline uint32_t segment_length(const struct tcp_segment *segment) {
    return segment->length + (segment->flags & TCP_SYN ? 1 : 0) +
           (segment->flags & TCP_FIN ? 1 : 0);
}
/* How many segments of the wire it was: more than one where they came merged. */
static inline uint32_t segment_wire_count(const struct tcp_segment *segment) {
    const struct dobos_offload *offload = &segment->packet->offload;
    if (offload->gso == DOBOS_GSO_NONE || offload->gso_bytes == 0 || segment->length == 0)
        return 1;
    return (segment->length + offload->gso_bytes - 1u) / offload->gso_bytes;
}
/* Parses and verifies packet (borrowed) at its transport_offset; DROP_NONE, or why not. */
enum drop_reason segment_parse(struct dobos_packet *packet, const struct flow *flow,
                               struct tcp_segment *segment);
/* Cuts `n` bytes off the front of the payload (SYN must be gone). */
void segment_trim_front(struct tcp_segment *segment, uint32_t n);

/* A packet (give) with this header and these options; ports are the flow's. The payload is to be
 * added, then segment_seal. NULL: no memory. */
struct dobos_packet *segment_make(struct transport *transport, const struct flow *flow,
                                  const struct tcp_header *header,
                                  const struct tcp_options *options);
/* The pseudo-header's sum, and what is left to do. */
void segment_seal(struct transport *transport, struct dobos_packet *packet,
                  const struct flow *flow);

#endif
