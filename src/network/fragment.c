/*
 * fragment: cuts an IP packet into fragments (RFC 791 §3.2): as few as possible, payload shared. A
 * fragment can be cut again; its offsets and its more-fragments flag then go on.
 */
#include "base/checksum.h"
#include "network/ipv4_layer.h"

#define OPTION_COPIED     0x80 /* RFC 791 §3.1: into all fragments */
#define FLAGS_AT          6    /* in the header */
#define DONT_FRAGMENT     0x40 /* in its flags */
#define FRAGMENT_HEADROOM (PACKET_HEADER_ROOM - 16)

struct cut {
    const struct dobos_packet *packet; /* what is cut */
    struct ipv4 first;                 /* its header */
    struct ipv4 later;                 /* header of all fragments but the first */
    uint8_t options[40];               /* of later */
    uint32_t mtu;
};

/* Options for the later fragments: those whose copied flag is set [rfc791#8]. */
static void cut_options(struct cut *cut) {
    struct reader r = reader_make(cut->first.options.bytes, cut->first.options.length);
    struct writer w = writer_make(cut->options, sizeof cut->options);
    struct slice data;
    uint8_t kind;
    while (ipv4_option_parse(&r, &kind, &data)) {
        if (!(kind & OPTION_COPIED))
            continue;
        writer_u8(&w, kind);
        writer_u8(&w, (uint8_t)(data.length + 2));
        writer_bytes(&w, data.bytes, data.length);
    }
    cut->later = cut->first;
    cut->later.options = (struct slice){cut->options, w.position};
}

/* One fragment, whose header is the packet's but for length, place and options [rfc791#22]; of a
 * fragment's place its own counts too [rfc791#12]: `offset` is its place in the packet's payload,
 * `length` its payload. */
static struct dobos_packet *fragment_create(const struct cut *cut, size_t offset, size_t length,
                                            bool last) {
    struct ipv4 ipv4 = offset == 0 ? cut->first : cut->later;
    size_t header = ipv4_emit_length(&ipv4);
    struct dobos_packet *fragment = packet_create(cut->packet->pool, FRAGMENT_HEADROOM);
    if (!fragment)
        return NULL;
    uint8_t *bytes = NULL;
    if (packet_share(fragment, cut->packet, cut->first.header_length + offset, length))
        bytes = packet_prepend(fragment, header);
    if (!bytes) {
        dobos_packet_release(fragment);
        return NULL;
    }
    struct writer w = writer_make(bytes, header);
    ipv4.total_length = (uint16_t)(header + length);
    ipv4.fragment_offset = (uint16_t)(cut->first.fragment_offset + offset);
    ipv4.more_fragments = !last || cut->first.more_fragments;
    ipv4_emit(&w, &ipv4);
    fragment->network_offset = 0;
    fragment->transport_offset = (uint16_t)header;
    fragment->band = cut->packet->band;
    fragment->number = cut->packet->number;
    fragment->cause = cut->packet->cause;
    return fragment;
}

/* All fragments, or none: each but the last holds a multiple of eight bytes [rfc791#6]
 * [rfc1812#36], and as many as fit [rfc1812#1] [rfc1812#37]. */
static bool cut_all(const struct cut *cut, struct packet_queue *fragments) {
    size_t payload = cut->first.total_length - cut->first.header_length;
    for (size_t offset = 0; offset < payload;) {
        size_t room = cut->mtu - ipv4_emit_length(offset == 0 ? &cut->first : &cut->later);
        size_t rest = payload - offset;
        size_t length = rest <= room ? rest : room & ~(size_t)7;
        struct dobos_packet *fragment = fragment_create(cut, offset, length, length == rest);
        if (!fragment) {
            packet_queue_clear(fragments);
            return false;
        }
        packet_queue_append(fragments, fragment);
        offset += length;
    }
    return true;
}

static bool refuse(enum drop_reason *reason, enum drop_reason why) {
    *reason = why;
    return false;
}

/* By what its headers say: offload.header_length of a packet from outside is a hint only. */
uint32_t ipv4_segment_bytes(const struct dobos_packet *packet) {
    uint8_t first = 0, tcp = 0;
    size_t at = packet->network_offset;
    uint32_t length = packet->length - packet->network_offset;
    if (packet->offload.gso == DOBOS_GSO_NONE)
        return length;
    dobos_packet_read(packet, at, &first, 1);
    size_t header = (size_t)(first & 15) * 4;
    dobos_packet_read(packet, at + header + 12, &tcp, 1);
    header += (size_t)(tcp >> 4) * 4;
    return min_u32(length, (uint32_t)header + packet->offload.gso_bytes);
}

bool ipv4_must_stay_whole(const struct dobos_packet *packet) {
    uint8_t flags = 0;
    dobos_packet_read(packet, packet->network_offset + (size_t)FLAGS_AT, &flags, 1);
    return (flags & DONT_FRAGMENT) != 0;
}

/* Never with don't fragment set [rfc791#5] [rfc791#11]; a header and eight bytes always fit into 68
 * [rfc791#7].
 */
bool ipv4_fragment(struct dobos_packet *packet, uint32_t mtu, struct packet_queue *out,
                   enum drop_reason *reason) {
    if (ipv4_segment_bytes(packet) <= mtu) {
        packet_queue_append(out, packet);
        return true;
    }
    struct cut cut = {.packet = packet, .mtu = mtu};
    const uint8_t *bytes = packet_pull(packet, IPV4_HEADER_BYTES);
    size_t header = bytes ? (size_t)(bytes[0] & 15) * 4 : 0;
    bytes = header >= IPV4_HEADER_BYTES ? packet_pull(packet, header) : NULL;
    struct reader r = reader_make(bytes, bytes ? header : 0);
    if (ipv4_parse(&r, packet->length, &cut.first) != IPV4_OK || cut.first.dont_fragment ||
        mtu < (uint32_t)cut.first.header_length + 8)
        return refuse(reason, DROP_FRAGMENTATION_NEEDED);
    if (packet->offload.flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM)
        packet_finish_checksum(packet);
    packet->offload = (struct dobos_offload){0};
    cut_options(&cut);
    struct packet_queue fragments;
    packet_queue_init(&fragments);
    bool done = cut_all(&cut, &fragments);
    for (struct dobos_packet *fragment = packet_queue_take(&fragments); fragment;
         fragment = packet_queue_take(&fragments))
        packet_queue_append(out, fragment);
    dobos_packet_release(packet);
    return done || refuse(reason, DROP_NO_MEMORY);
}
