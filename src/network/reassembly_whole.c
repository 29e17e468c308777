/* reassembly_whole: what one fragment must look like, and all of them as one packet (RFC 791 §3.2).
 */
#include "network/reassembly_whole.h"

#include "base/checksum.h"

#define IP_MAX_BYTES   65535
#define WHOLE_HEADROOM (PACKET_HEADER_ROOM - 16)

/* Not past 65,535 bytes [rfc791#10] (attack B1), whole octets of bytes but for the last, and never
 * empty. */
bool fragment_make(struct fragment *fragment, struct dobos_packet *packet,
                   const struct ipv4 *ipv4) {
    uint32_t length = (uint32_t)ipv4->total_length - ipv4->header_length;
    if (length == 0 || (ipv4->more_fragments && length % 8 != 0) ||
        ipv4->header_length + (uint32_t)ipv4->fragment_offset + length > IP_MAX_BYTES)
        return false;
    *fragment = (struct fragment){.packet = packet,
                                  .offset = ipv4->fragment_offset,
                                  .length = length,
                                  .more = ipv4->more_fragments};
    /* A small payload keeps no large buffer; what cannot be moved costs what it costs. */
    if (packet->length <= PACKET_COPY_BYTES)
        packet_pull(packet, packet->length);
    else
        packet_compact(packet);
    return true;
}

bool fragment_is_equal(const struct fragment *a, const struct fragment *b) {
    uint8_t x[128], y[sizeof x];
    if (a->offset != b->offset || a->length != b->length || a->more != b->more)
        return false;
    for (size_t at = 0; at < a->length; at += sizeof x) {
        size_t n = min_size(sizeof x, a->length - at);
        dobos_packet_read(a->packet, a->packet->transport_offset + at, x, n);
        dobos_packet_read(b->packet, b->packet->transport_offset + at, y, n);
        if (memcmp(x, y, n) != 0)
            return false;
    }
    return true;
}

static bool join_shared(struct dobos_packet *whole, const struct fragment *fragments,
                        uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!packet_share(whole, fragments[i].packet, fragments[i].packet->transport_offset,
                          fragments[i].length))
            return false;
    return true;
}

static bool join_copied(struct dobos_packet *whole, const struct fragment *fragments,
                        uint32_t count, uint32_t total) {
    struct buffer *buffer = buffer_create(whole->pool, total);
    if (!buffer)
        return false;
    for (uint32_t i = 0; i < count; i++)
        dobos_packet_read(fragments[i].packet, fragments[i].packet->transport_offset,
                          buffer_bytes(buffer) + fragments[i].offset, fragments[i].length);
    bool added = packet_add_slice(whole, buffer, 0, total);
    buffer_release(buffer);
    return added;
}

static uint8_t fragment_ecn(const struct fragment *fragment) {
    uint8_t tos = 0;
    dobos_packet_read(fragment->packet, fragment->packet->network_offset + 1U, &tos, 1);
    return tos & TOS_ECN;
}

/* [rfc3168#4] */
bool fragments_agree_on_marks(const struct fragment *fragments, uint32_t count) {
    unsigned seen = 0;
    for (uint32_t i = 0; i < count; i++)
        seen |= 1u << fragment_ecn(&fragments[i]);
    return !(seen & 1u << ECN_CE) || !(seen & 1u << ECN_NOT_ECT);
}

/* The first fragment's header in front, as if there never had been fragments. A congestion mark on
 * any is one on the whole [rfc3168#3]. */
static bool whole_header(struct dobos_packet *whole, const struct fragment *fragments,
                         uint32_t count, uint32_t total) {
    const struct dobos_packet *first = fragments[0].packet;
    size_t header = (size_t)(first->transport_offset - first->network_offset);
    uint8_t *bytes = header + total <= IP_MAX_BYTES ? packet_prepend(whole, header) : NULL;
    if (!bytes)
        return false;
    dobos_packet_read(first, first->network_offset, bytes, header);
    for (uint32_t i = 0; i < count; i++) {
        if (fragment_ecn(&fragments[i]) == ECN_CE)
            bytes[1] |= ECN_CE;
        whole->link_broadcast = whole->link_broadcast || fragments[i].packet->link_broadcast;
    }
    store_be16(bytes + 2, (uint16_t)(header + total));
    store_be16(bytes + 6, 0);
    store_be16(bytes + 10, 0);
    store_be16(bytes + 10, checksum_finish(checksum_add(0, bytes, header)));
    whole->network_offset = 0;
    whole->transport_offset = (uint16_t)header;
    whole->band = first->band;
    whole->number = first->number;
    whole->cause = first->cause;
    return true;
}

struct dobos_packet *fragments_join(struct dobos_pool *pool, const struct fragment *fragments,
                                    uint32_t count, uint32_t total) {
    struct dobos_packet *whole = packet_create(pool, WHOLE_HEADROOM);
    if (!whole)
        return NULL;
    bool joined = count <= PACKET_SLICES && join_shared(whole, fragments, count);
    if (!joined) {
        packet_trim_to(whole, 0);
        joined = join_copied(whole, fragments, count, total);
    }
    if (!joined || !whole_header(whole, fragments, count, total)) {
        dobos_packet_release(whole);
        return NULL;
    }
    return whole;
}
