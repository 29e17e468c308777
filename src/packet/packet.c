/*
 * packet: the shape of a packet: its own header bytes, and slices of shared buffers behind them.
 * Here they are put together, shared and cut; what reads and writes through the whole of a packet
 * is in packet_bytes.c.
 *
 * Kept at all times: length = header_length + Σ slices' length; header_start + header_length ≤
 * PACKET_HEADER_ROOM; each of the slice_count slices holds one reference and lies within its
 * buffer.
 */
#include "packet/pool.h"

#include "base/assert.h"

struct dobos_packet *packet_create(struct dobos_pool *pool, size_t headroom) {
    if (NEVER(headroom > PACKET_HEADER_ROOM))
        return NULL;
    struct dobos_packet *packet = pool_packet_take(pool);
    if (packet)
        packet->header_start = (uint16_t)headroom;
    return packet;
}

void dobos_packet_release(struct dobos_packet *packet) {
    if (!packet)
        return;
    ASSERT(!list_node_is_linked(&packet->node));
    for (unsigned i = 0; i < packet->slice_count; i++)
        buffer_release(packet->slices[i].buffer);
    pool_packet_return(packet);
}

struct dobos_packet *dobos_packet_clone(const struct dobos_packet *packet) {
    struct dobos_packet *clone = pool_packet_take(packet->pool);
    if (!clone)
        return NULL;
    memcpy(clone, packet, offsetof(struct dobos_packet, slices));
    list_node_init(&clone->node);
    memcpy(clone->header + packet->header_start, packet->header + packet->header_start,
           packet->header_length);
    for (unsigned i = 0; i < packet->slice_count; i++) {
        clone->slices[i] = packet->slices[i];
        buffer_hold(clone->slices[i].buffer);
    }
    return clone;
}

uint8_t *packet_prepend(struct dobos_packet *packet, size_t n) {
    if (n > packet->header_start)
        return NULL;
    uint16_t bytes = (uint16_t)n;
    packet->header_start = (uint16_t)(packet->header_start - bytes);
    packet->header_length = (uint16_t)(packet->header_length + bytes);
    packet->length += bytes;
    packet->network_offset = (uint16_t)(packet->network_offset + bytes);
    packet->transport_offset = (uint16_t)(packet->transport_offset + bytes);
    packet->payload_offset = (uint16_t)(packet->payload_offset + bytes);
    struct dobos_offload *offload = &packet->offload;
    if (offload->flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM)
        offload->checksum_start = (uint16_t)(offload->checksum_start + bytes);
    if (offload->gso != DOBOS_GSO_NONE)
        offload->header_length = (uint16_t)(offload->header_length + bytes);
    return packet->header + packet->header_start;
}

uint8_t *packet_append(struct dobos_packet *packet, size_t n) {
    size_t end = (size_t)packet->header_start + packet->header_length;
    if (packet->slice_count > 0 || n > PACKET_HEADER_ROOM - end)
        return NULL;
    packet->header_length = (uint16_t)(packet->header_length + n);
    packet->length += (uint32_t)n;
    return packet->header + end;
}

bool packet_add_slice(struct dobos_packet *packet, struct buffer *buffer, uint32_t offset,
                      uint32_t length) {
    if (length == 0 || length > DOBOS_PACKET_MAX_BYTES - packet->length)
        return false;
    ASSERT(offset <= buffer->capacity && length <= buffer->capacity - offset);
    struct packet_slice *last =
        packet->slice_count > 0 ? &packet->slices[packet->slice_count - 1] : NULL;
    if (last && last->buffer == buffer && last->offset + last->length == offset) {
        last->length += length;
    } else if (packet->slice_count == PACKET_SLICES) {
        return false;
    } else {
        packet->slices[packet->slice_count++] = (struct packet_slice){
            .buffer = buffer_hold(buffer), .offset = offset, .length = length};
    }
    packet->length += length;
    return true;
}

/* Takes n bytes off the front of the slices; n ≤ what they hold. */
static void slices_trim_front(struct dobos_packet *packet, size_t n) {
    unsigned gone = 0;
    for (; n > 0; gone++) {
        struct packet_slice *slice = &packet->slices[gone];
        if (n < slice->length) {
            slice->offset += (uint32_t)n;
            slice->length -= (uint32_t)n;
            break;
        }
        n -= slice->length;
        buffer_release(slice->buffer);
    }
    if (gone == 0)
        return;
    packet->slice_count = (uint8_t)(packet->slice_count - gone);
    memmove(packet->slices, packet->slices + gone, packet->slice_count * sizeof *packet->slices);
}

uint8_t *packet_pull(struct dobos_packet *packet, size_t n) {
    if (n > packet->length || n > PACKET_HEADER_ROOM)
        return NULL;
    uint8_t *first = packet->header + packet->header_start;
    if (n <= packet->header_length)
        return first;
    size_t missing = n - packet->header_length;
    size_t start = min_size(packet->header_start, PACKET_HEADER_ROOM - n);
    if (start != packet->header_start) {
        first = memmove(packet->header + start, first, packet->header_length);
        packet->header_start = (uint16_t)start;
    }
    dobos_packet_read(packet, packet->header_length, first + packet->header_length, missing);
    slices_trim_front(packet, missing);
    packet->header_length = (uint16_t)n;
    return first;
}

/* An offset from the first byte after n bytes were taken off the front. */
static uint16_t offset_less(uint16_t offset, size_t n) {
    return offset > n ? (uint16_t)(offset - n) : 0;
}

void packet_trim_front(struct dobos_packet *packet, size_t n) {
    ASSERT(n <= packet->length);
    size_t from_header = min_size(n, packet->header_length);
    packet->header_start = (uint16_t)(packet->header_start + from_header);
    packet->header_length = (uint16_t)(packet->header_length - from_header);
    slices_trim_front(packet, n - from_header);
    packet->length -= (uint32_t)n;
    packet->network_offset = offset_less(packet->network_offset, n);
    packet->transport_offset = offset_less(packet->transport_offset, n);
    packet->payload_offset = offset_less(packet->payload_offset, n);
    packet->offload.checksum_start = offset_less(packet->offload.checksum_start, n);
    packet->offload.header_length = offset_less(packet->offload.header_length, n);
}

void packet_trim_to(struct dobos_packet *packet, size_t n) {
    ASSERT(n <= packet->length);
    packet->length = (uint32_t)n;
    packet->header_length = (uint16_t)min_size(n, packet->header_length);
    size_t rest = n - packet->header_length;
    unsigned kept = 0;
    for (; rest > 0; kept++) {
        struct packet_slice *slice = &packet->slices[kept];
        slice->length = (uint32_t)min_size(slice->length, rest);
        rest -= slice->length;
    }
    for (unsigned i = kept; i < packet->slice_count; i++)
        buffer_release(packet->slices[i].buffer);
    packet->slice_count = (uint8_t)kept;
}

/* Shares [offset, offset + length) of from's bytes behind its header; both ends are in range. */
static bool slices_share(struct dobos_packet *to, const struct dobos_packet *from, size_t offset,
                         size_t length) {
    for (unsigned i = 0; i < from->slice_count && length > 0; i++) {
        const struct packet_slice *slice = &from->slices[i];
        if (offset >= slice->length) {
            offset -= slice->length;
            continue;
        }
        size_t shared = min_size(length, slice->length - offset);
        if (!packet_add_slice(to, slice->buffer, slice->offset + (uint32_t)offset,
                              (uint32_t)shared))
            return false;
        length -= shared;
        offset = 0;
    }
    return true;
}

bool packet_share(struct dobos_packet *to, const struct dobos_packet *from, size_t offset,
                  size_t length) {
    if (offset > from->length || length > from->length - offset)
        return false;
    uint32_t before = to->length;
    size_t header_length = from->header_length;
    size_t copied = offset < header_length ? min_size(length, header_length - offset) : 0;
    if (copied > 0 && !packet_append_bytes(to, from->header + from->header_start + offset, copied))
        return false;
    size_t first = max_size(offset, header_length) - header_length;
    if (slices_share(to, from, first, length - copied))
        return true;
    packet_trim_to(to, before);
    return false;
}

bool packet_append_bytes(struct dobos_packet *packet, const void *bytes, size_t length) {
    if (length == 0)
        return true;
    if (length > DOBOS_PACKET_MAX_BYTES)
        return false;
    struct buffer *buffer = buffer_create(packet->pool, length);
    if (!buffer)
        return false;
    memcpy(buffer_bytes(buffer), bytes, length);
    bool added = packet_add_slice(packet, buffer, 0, (uint32_t)length);
    buffer_release(buffer);
    return added;
}

size_t packet_cost(const struct dobos_packet *packet) {
    size_t cost = sizeof *packet;
    for (unsigned i = 0; i < packet->slice_count; i++) {
        const struct buffer *buffer = packet->slices[i].buffer;
        unsigned first = 0;
        while (packet->slices[first].buffer != buffer)
            first++;
        if (first == i)
            cost += sizeof *buffer + buffer->capacity;
    }
    return cost;
}

bool packet_compact(struct dobos_packet *packet) {
    size_t payload = packet->length - packet->header_length;
    if (payload == 0 || packet_cost(packet) <= sizeof *packet + PACKET_WASTE * payload)
        return true;
    struct buffer *buffer = buffer_create(packet->pool, payload);
    if (!buffer)
        return false;
    dobos_packet_read(packet, packet->header_length, buffer_bytes(buffer), payload);
    for (unsigned i = 0; i < packet->slice_count; i++)
        buffer_release(packet->slices[i].buffer);
    packet->slices[0] = (struct packet_slice){buffer, 0, (uint32_t)payload};
    packet->slice_count = 1;
    return true;
}
