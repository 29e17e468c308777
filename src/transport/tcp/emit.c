/* emit: see emit.h. Which options stand in which segment is decided here (RFC 9293 §3.2, RFC 7323).
 */
#include "transport/tcp/emit.h"

#include "transport/tcp/ack_delay.h"
#include "transport/tcp/fast_open.h"
#include "transport/tcp/isn.h"
#include "transport/tcp/timers.h"
#include "transport/tcp/urgent.h"
#include "transport/tcp/window.h"

/* Maximum segment size in every SYN [rfc9293#32] [rfc1122#125] and in no other segment
 * [rfc9293#36]; timestamps in every segment once agreed [rfc7323#12], resets too, whose echo is
 * zero without ACK [rfc7323#9] and else what was last remembered [rfc7323#10]. */
static struct tcp_options options_for(const struct tcp_connection *c,
                                      const struct outgoing *outgoing, dobos_time now) {
    struct tcp_options options = {0};
    uint8_t flags = outgoing->flags;
    if (flags & TCP_SYN) {
        options.has_mss = true;
        options.mss = connection_mss_offered(&c->socket.sender.path, c->mss_limit);
        options.has_window_scale = c->scales;
        options.window_scale = c->rcv_wscale;
        options.sack_permitted = c->sack; /* [rfc2018#1] */
    }
    if (c->timestamps) {
        options.has_timestamps = true;
        options.ts_value = timestamp_value(c->ts_offset, now);
        options.ts_echo = flags & TCP_ACK ? c->ts_recent : 0;
    }
    if ((flags & (TCP_ACK | TCP_SYN | TCP_RST)) == TCP_ACK && !outgoing->is_bare)
        sack_report_option(c, &options);
    return options;
}

/* A SYN's window is not scaled [rfc7323#3]; before the peer's SYN there is no edge to keep. */
static uint16_t window_for(struct tcp_connection *c, uint8_t flags) {
    uint32_t window = min_u32(window_free(c), UINT16_MAX);
    if (!(flags & TCP_SYN))
        return window_offer(c);
    if (flags & TCP_ACK)
        c->rcv_adv = seq_max(c->rcv_adv, seq_add(c->rcv_nxt, window));
    return (uint16_t)window;
}

static void acknowledged(struct tcp_connection *c, bool with_data, dobos_time now) {
    ack_delay_on_sent(c, with_data, now);
    sack_report_sent(c);
}

/* A super-segment is split by the port, or by gso_split on its way there. */
static void offload_set(struct dobos_packet *packet, uint32_t length, uint32_t mss) {
    if (length <= mss)
        return;
    packet->offload.gso = DOBOS_GSO_TCPV4;
    packet->offload.gso_bytes = (uint16_t)mss;
    packet->offload.header_length = packet->payload_offset;
}

struct dobos_packet *emit_segment(struct transport *transport, struct tcp_connection *c,
                                  struct outgoing *outgoing, dobos_time now) {
    const struct flow *flow = &c->socket.sender.flow;
    uint16_t urgent = outgoing->flags & (TCP_SYN | TCP_RST) ? 0 : urgent_pointer(c, outgoing->seq);
    uint8_t flags = (uint8_t)(outgoing->flags | (urgent > 0 ? TCP_URG : 0));
    struct tcp_options options = options_for(c, outgoing, now);
    struct tcp_header header = {
        .seq = outgoing->seq,
        .ack = flags & TCP_ACK ? c->rcv_nxt : seq_make(0),
        .flags = flags,
        .urgent = urgent,
        .window = flags & TCP_RST ? 0 : window_for(c, flags),
    };
    uint8_t ecn = ecn_emit(transport, c, outgoing, &header, &options);
    fast_open_emit(transport, c, flags, &options);
    struct dobos_packet *packet = segment_make(transport, flow, &header, &options);
    if (!packet)
        return NULL;
    fast_open_fill(c, flags, tcp_options_length(&options), packet);
    if (outgoing->length > 0) {
        uint32_t shared =
            send_queue_share(&c->flight->send, packet, outgoing->seq, outgoing->length);
        if (shared < outgoing->length && (flags & (TCP_FIN | TCP_PSH)))
            packet_pull(packet, TCP_HEADER_BYTES)[13] &= (uint8_t)~(TCP_FIN | TCP_PSH);
        if (shared < outgoing->length)
            outgoing->flags &= (uint8_t)~(TCP_FIN | TCP_PSH);
        outgoing->length = shared;
    }
    if (!outgoing->is_bare)
        offload_set(packet, outgoing->length, connection_mss(c));
    packet->ecn = ecn;
    if (packet->offload.gso != DOBOS_GSO_NONE && (header.flags & TCP_CWR))
        packet->offload.flags |= DOBOS_OFFLOAD_FIRST_CWR;
    segment_seal(transport, packet, flow);
    ecn_sent(c, outgoing, &header, &options);
    if (flags & TCP_ACK)
        acknowledged(c, outgoing->length > 0, now);
    c->segments_out += totals_on_sent(&c->totals, outgoing->length, connection_mss(c),
                                      seq_lt(outgoing->seq, c->snd_nxt), now);
    c->bytes_sent += outgoing->length;
    return packet;
}
