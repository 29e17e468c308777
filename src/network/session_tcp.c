/*
 * session_tcp: see session_tcp.h. For a segment of end S to end R:
 *
 *     it ends where R allows at most:          segment.end ≤ S.limit
 *     it begins no further back than R's window: segment.seq ≥ S.end − R.window
 *     it acknowledges what R has sent:         segment.ack ≤ R.end
 *     and nothing very old:                    segment.ack ≥ R.end − ACK_AGE
 *
 * A reset must be the very next number, as RFC 5961 §3 has the ends ask; a SYN in a connection
 * that is open is answered by its end with a challenge, and is nothing to us. A reset that passed
 * makes the session short-lived, no more; if its sender goes on as if nothing had been, it was
 * somebody else's, and the session lives as before (RFC 7857 §2).
 *
 * An end whose SYN was not seen has an unknown window scale: it is taken as the largest.
 */
#include "network/session_tcp.h"

#include "wire/tcp.h"
#include "wire/tcp_options.h"

#define ACK_AGE   66000 /* how far back an acknowledgement may be, beside the window's size */
#define SCALE_MAX 14    /* RFC 7323 §2.3 */

/* A SYN's window scale. */
static uint8_t scale_of(const uint8_t *header, size_t length) {
    struct tcp_options options;
    tcp_options_parse((struct slice){header + TCP_HEADER_BYTES, length - TCP_HEADER_BYTES},
                      &options);
    return options.has_window_scale ? (uint8_t)min_u32(options.window_scale, SCALE_MAX)
                                    : SESSION_NO_SCALE;
}

bool session_segment_read(struct dobos_packet *packet, struct session_segment *segment) {
    size_t at = packet->transport_offset;
    const uint8_t *bytes = packet_pull(packet, at + TCP_HEADER_BYTES);
    if (!bytes)
        return false;
    size_t header = (size_t)(bytes[at + 12] >> 4) * 4;
    if (header < TCP_HEADER_BYTES || packet->length < at + header)
        return false;
    uint8_t flags = bytes[at + 13];
    uint32_t length = (uint32_t)(packet->length - at - header);
    length += (flags & TCP_SYN ? 1U : 0U) + (flags & TCP_FIN ? 1U : 0U);
    *segment = (struct session_segment){.seq = seq_make(load_be32(bytes + at + 4)),
                                        .ack = seq_make(load_be32(bytes + at + 8)),
                                        .window = load_be16(bytes + at + 14),
                                        .flags = flags,
                                        .scale = SESSION_NO_SCALE};
    segment->end = seq_add(segment->seq, length);
    if (flags & TCP_SYN) {
        bytes = packet_pull(packet, at + header);
        segment->scale = bytes ? scale_of(bytes + at, header) : SESSION_NO_SCALE;
    }
    return true;
}

/* The first that is seen of an end. */
static void end_begin(struct session_end *end, const struct session_segment *segment) {
    *end = (struct session_end){.end = segment->end, .limit = segment->end, .has_sent = true};
    if (segment->flags & TCP_SYN) {
        end->limit = seq_add(segment->seq, 1); /* its data need not be taken (RFC 7413) */
        end->has_scale = segment->scale != SESSION_NO_SCALE;
        end->scale = end->has_scale ? segment->scale : 0;
    } else {
        end->is_unscaled = true;
        end->scale = SCALE_MAX;
    }
}

/* Windows are scaled only if both SYNs say so (RFC 7323 §2.2), and never in a SYN. */
static uint32_t window_of(const struct session_tcp *tcp, unsigned from,
                          const struct session_segment *segment) {
    const struct session_end *end = &tcp->ends[from];
    const struct session_end *other = &tcp->ends[1 - from];
    bool is_scaled = end->is_unscaled || other->is_unscaled || (end->has_scale && other->has_scale);
    if (!is_scaled || (segment->flags & TCP_SYN))
        return segment->window;
    return (uint32_t)segment->window << (end->has_scale || end->is_unscaled ? end->scale : 0);
}

/* What the segment's acknowledgement and window allow the other end. */
static void window_note(struct session_tcp *tcp, unsigned from,
                        const struct session_segment *segment) {
    struct session_end *end = &tcp->ends[from];
    struct session_end *other = &tcp->ends[1 - from];
    uint32_t window = window_of(tcp, from, segment);
    end->window = max_u32(end->window, window);
    if (!(segment->flags & TCP_ACK))
        return;
    if (!end->has_acked || seq_gt(segment->ack, end->acked))
        end->acked = segment->ack;
    end->has_acked = true;
    struct seq limit = seq_add(segment->ack, max_u32(window, 1)); /* a probe of a closed window */
    other->limit = other->has_sent ? seq_max(other->limit, limit) : limit;
}

void session_tcp_begin(struct session_tcp *tcp, const struct session_segment *segment) {
    *tcp = (struct session_tcp){.phase = SESSION_TCP_OPENING};
    end_begin(&tcp->ends[0], segment);
    window_note(tcp, 0, segment);
}

/* Whether it acknowledges the SYN that an end has sent, and nothing that it has not: for the first
 * time. */
static bool acknowledges_syn(const struct session_end *end, const struct session_segment *segment) {
    return end->has_sent && seq_ge(segment->ack, end->limit) && seq_le(segment->ack, end->end);
}

/* A SYN may begin, be said again, cross another, or begin anew what has ended. With an
 * acknowledgement it may be said again as long as its end has said no more: the answer to it may be
 * lost behind us. */
static bool syn_fits(const struct session_tcp *tcp, unsigned from,
                     const struct session_segment *segment) {
    const struct session_end *end = &tcp->ends[from];
    const struct session_end *other = &tcp->ends[1 - from];
    const bool is_again = end->has_sent && seq_eq(segment->end, end->end);
    if (segment->flags & TCP_ACK)
        return (tcp->phase == SESSION_TCP_OPENING && acknowledges_syn(other, segment)) ||
               (tcp->phase <= SESSION_TCP_OPEN && is_again && other->has_sent &&
                seq_le(segment->ack, other->end));
    if (tcp->phase == SESSION_TCP_OPENING)
        return from == 0 || !end->has_sent || !other->has_sent || is_again;
    return tcp->phase != SESSION_TCP_OPEN;
}

/* The first from an end must answer what the other has said; a reset, refuse it. */
static bool reset_fits(const struct session_tcp *tcp, unsigned from,
                       const struct session_segment *segment) {
    const struct session_end *end = &tcp->ends[from];
    const struct session_end *other = &tcp->ends[1 - from];
    if (!end->has_sent)
        return (segment->flags & TCP_ACK) && acknowledges_syn(other, segment);
    return seq_eq(segment->seq, end->end) ||
           (other->has_acked && seq_eq(segment->seq, other->acked));
}

/* [rfc5382#2] */
bool session_tcp_fits(const struct session_tcp *tcp, unsigned from,
                      const struct session_segment *segment) {
    const struct session_end *end = &tcp->ends[from];
    const struct session_end *other = &tcp->ends[1 - from];
    if (segment->flags & TCP_RST)
        return reset_fits(tcp, from, segment);
    if (segment->flags & TCP_SYN)
        return syn_fits(tcp, from, segment);
    if (!(segment->flags & TCP_ACK))
        return false;
    if (other->has_sent) {
        uint32_t age = max_u32(ACK_AGE, end->window);
        if (seq_gt(segment->ack, other->end) || seq_lt(segment->ack, seq_sub(other->end, age)))
            return other->is_unscaled && !end->has_sent;
    }
    if (!end->has_sent) /* data from an end that has not said SYN: only where both were missed */
        return tcp->phase != SESSION_TCP_OPENING || other->is_unscaled;
    if (seq_lt(segment->seq, seq_sub(end->end, max_u32(other->window, 1))))
        return false;
    return !other->has_acked || seq_le(segment->end, end->limit);
}

/* What has ended begins anew; `from` is who began it this time. */
static void connection_begin_again(struct session_tcp *tcp, unsigned from,
                                   const struct session_segment *segment) {
    tcp->ends[0] = tcp->ends[1] = (struct session_end){0};
    tcp->phase = SESSION_TCP_OPENING;
    end_begin(&tcp->ends[from], segment);
    window_note(tcp, from, segment);
}

/* A FIN is the last that an end says. Who says more after it has not sent it. */
static void fin_note(struct session_tcp *tcp, struct session_end *end,
                     const struct session_segment *segment) {
    if (end->has_fin && seq_gt(segment->end, end->fin)) {
        end->has_fin = false;
        if (tcp->phase == SESSION_TCP_CLOSING)
            tcp->phase = SESSION_TCP_OPEN;
    }
    if ((segment->flags & TCP_FIN) && seq_eq(segment->end, end->end)) {
        end->has_fin = true;
        end->fin = segment->end;
    }
}

/* [rfc7857#1] [rfc7857#5] */
void session_tcp_advance(struct session_tcp *tcp, unsigned from,
                         const struct session_segment *segment) {
    struct session_end *end = &tcp->ends[from];
    struct session_end *other = &tcp->ends[1 - from];
    bool is_syn = (segment->flags & TCP_SYN) != 0;
    if (segment->flags & TCP_RST) {
        end->has_reset = true;
        if (tcp->phase != SESSION_TCP_CLOSING)
            tcp->phase = SESSION_TCP_RESET;
        return;
    }
    if (is_syn && !(segment->flags & TCP_ACK) &&
        (tcp->phase != SESSION_TCP_OPENING || (end->has_sent && !seq_eq(segment->end, end->end)))) {
        connection_begin_again(tcp, from, segment);
        return;
    }
    if (is_syn && end->has_sent && !seq_eq(segment->end, end->end))
        end->has_sent = other->has_acked = false; /* what was taken for its SYN was not */
    if (!end->has_sent) {
        struct seq limit = end->limit;
        end_begin(end, segment);
        end->limit = other->has_acked ? limit : end->limit;
    } else if (seq_gt(segment->end, end->end)) {
        end->end = segment->end;
    }
    window_note(tcp, from, segment);
    fin_note(tcp, end, segment);
    if (tcp->phase == SESSION_TCP_OPENING && !is_syn && other->has_sent)
        tcp->phase = SESSION_TCP_OPEN;
    if (tcp->phase == SESSION_TCP_RESET && end->has_reset) {
        end->has_reset = false;
        tcp->phase = SESSION_TCP_OPEN;
    }
    if (end->has_fin && other->has_fin)
        tcp->phase = SESSION_TCP_CLOSING;
}
