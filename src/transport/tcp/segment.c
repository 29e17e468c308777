/*
 * segment: see segment.h. Parsing checks every length and the checksum, and changes nothing: the
 * packet keeps its headers. IP options and the class of service mean nothing here.
 */
#include "transport/tcp/segment.h"

#include "transport/tcp/connection.h"
#include "transport/tcp/tcp.h"

#define HEADROOM 96 /* for Ethernet and IPv4 with options */

/* [rfc9293#4] [rfc1122#129]; of what was looped back in this host, or verified by the port, nothing
 * is computed.
 */
static bool checksum_is_right(const struct dobos_packet *packet, const struct flow *flow) {
    const unsigned verified = DOBOS_OFFLOAD_NEEDS_CHECKSUM | DOBOS_OFFLOAD_DATA_VALID;
    if (packet->offload.flags & verified)
        return true;
    size_t length = packet->length - packet->transport_offset;
    uint32_t pseudo = checksum_pseudo(&flow->remote, &flow->local, DOBOS_TCP, (uint32_t)length);
    uint32_t rest = packet_sum(packet, packet->transport_offset, length);
    return checksum_finish((uint32_t)checksum_fold(pseudo) + checksum_fold(rest)) == 0;
}

/* Options are read in every segment [rfc9293#6] [rfc1122#121]. [rfc9293#79] [rfc1122#168] */
enum drop_reason segment_parse(struct dobos_packet *packet, const struct flow *flow,
                               struct tcp_segment *segment) {
    size_t offset = packet->transport_offset;
    size_t available = packet->length - min_size(offset, packet->length);
    size_t length = min_size(available, TCP_HEADER_MAX_BYTES);
    const uint8_t *bytes = packet_pull(packet, offset + length);
    struct tcp_header header;
    if (!bytes)
        return DROP_TCP_MALFORMED;
    struct reader r = reader_make(bytes + offset, length);
    if (!tcp_parse(&r, &header))
        return DROP_TCP_MALFORMED;
    if (!checksum_is_right(packet, flow))
        return DROP_TCP_CHECKSUM;
    *segment = (struct tcp_segment){
        .packet = packet,
        .flow = *flow,
        .seq = header.seq,
        .ack = header.ack,
        .offset = (uint32_t)offset + header.header_length,
        .length = (uint32_t)available - header.header_length,
        .urgent_end = seq_add(header.seq, header.urgent),
        .window = header.window,
        .flags = header.flags,
        .ae = header.ae,
    };
    segment->flow.protocol = DOBOS_TCP;
    segment->flow.local_port = header.destination_port;
    segment->flow.remote_port = header.source_port;
    tcp_options_parse(header.options, &segment->options);
    packet->payload_offset = (uint16_t)segment->offset;
    return DROP_NONE;
}

void segment_trim_front(struct tcp_segment *segment, uint32_t n) {
    n = min_u32(n, segment->length);
    segment->seq = seq_add(segment->seq, n);
    segment->offset += n;
    segment->length -= n;
}

struct dobos_packet *segment_make(struct transport *transport, const struct flow *flow,
                                  const struct tcp_header *header,
                                  const struct tcp_options *options) {
    uint8_t bytes[TCP_OPTIONS_MAX_BYTES];
    struct writer option_writer = writer_make(bytes, sizeof bytes);
    struct tcp_header filled = *header;
    struct dobos_packet *packet = packet_create(transport->pool, HEADROOM);
    if (!packet)
        return NULL;
    tcp_options_emit(&option_writer, options);
    filled.options = (struct slice){bytes, option_writer.position};
    filled.source_port = flow->local_port;
    filled.destination_port = flow->remote_port;
    size_t length = TCP_HEADER_BYTES + option_writer.position;
    struct writer w = writer_make(packet_append(packet, length), length);
    tcp_emit(&w, &filled);
    packet->payload_offset = (uint16_t)length;
    return packet;
}

/* The segment size is the first of a SYN's options (tcp_options_emit). */
void tcp_reply_fit(struct dobos_packet *reply, const struct path *path) {
    uint8_t *header = packet_pull(reply, TCP_HEADER_BYTES + 4);
    if (header && (header[13] & TCP_SYN) && header[20] == 2)
        store_be16(header + 22, connection_mss_offered(path, load_be16(header + 22)));
}

/* [rfc9293#3] [rfc1122#128] */
void segment_seal(struct transport *transport, struct dobos_packet *packet,
                  const struct flow *flow) {
    uint8_t *header = packet_pull(packet, TCP_HEADER_BYTES);
    uint32_t sum = checksum_pseudo(&flow->local, &flow->remote, DOBOS_TCP, packet->length);
    store_be16(header + 16, checksum_fold(sum));
    packet->offload.flags |= DOBOS_OFFLOAD_NEEDS_CHECKSUM;
    packet->offload.checksum_start = 0;
    packet->offload.checksum_offset = 16;
    transport->counters.tcp_out_segs++;
}
