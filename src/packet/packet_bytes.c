/*
 * packet_bytes: reading, writing and summing through a packet, whatever pieces its bytes lie in;
 * and making one of the bytes of a frame.
 */
#include "packet/packet.h"

#include "base/assert.h"

#define FRAME_HEADROOM \
    56 /* for headers to come, and room for a longer link header than the one taken off */
#define FRAME_HEADER_ONLY  200 /* frames up to this size are header bytes as a whole */
#define FRAME_HEADER_BYTES 96  /* of a larger one: Ethernet, IPv4 and TCP with most options */

/* Piece 0 is the header bytes, piece i the slice i − 1. */
static uint8_t *piece_bytes(const struct dobos_packet *packet, unsigned piece, size_t *length) {
    if (piece == 0) {
        *length = packet->header_length;
        return (uint8_t *)(uintptr_t)packet->header + packet->header_start;
    }
    const struct packet_slice *slice = &packet->slices[piece - 1];
    *length = slice->length;
    return buffer_bytes(slice->buffer) + slice->offset;
}

struct dobos_packet *dobos_packet_from_bytes(struct dobos_pool *pool, const void *bytes,
                                             size_t length, const struct dobos_offload *offload) {
    if (length == 0 || length > DOBOS_PACKET_MAX_BYTES)
        return NULL;
    struct dobos_packet *packet = packet_create(pool, FRAME_HEADROOM);
    if (!packet)
        return NULL;
    size_t first = length <= FRAME_HEADER_ONLY ? length : FRAME_HEADER_BYTES;
    memcpy(packet_append(packet, first), bytes, first);
    if (!packet_append_bytes(packet, (const uint8_t *)bytes + first, length - first)) {
        dobos_packet_release(packet);
        return NULL;
    }
    if (offload)
        packet->offload = *offload;
    return packet;
}

struct dobos_packet *dobos_packet_blank(struct dobos_pool *pool, struct dobos_room rooms[2]) {
    struct dobos_packet *packet = packet_create(pool, FRAME_HEADROOM);
    struct buffer *buffer =
        packet ? buffer_create(pool, DOBOS_PACKET_MAX_BYTES - FRAME_HEADER_ONLY) : NULL;
    if (!buffer) {
        dobos_packet_release(packet);
        return NULL;
    }
    packet->slices[0] = (struct packet_slice){.buffer = buffer};
    packet->slice_count = 1;
    rooms[0] = (struct dobos_room){packet->header + FRAME_HEADROOM, FRAME_HEADER_ONLY};
    rooms[1] = (struct dobos_room){buffer_bytes(buffer), buffer->capacity};
    return packet;
}

bool dobos_packet_fill(struct dobos_packet *packet, size_t length,
                       const struct dobos_offload *offload) {
    if (length == 0 || length > DOBOS_PACKET_MAX_BYTES)
        return false;
    struct packet_slice *slice = &packet->slices[0];
    packet->length = (uint32_t)length;
    packet->header_length = (uint16_t)min_size(length, FRAME_HEADER_ONLY);
    slice->length = (uint32_t)(length - packet->header_length);
    if (slice->length == 0) {
        buffer_release(slice->buffer);
        packet->slice_count = 0;
    }
    if (offload)
        packet->offload = *offload;
    (void)packet_compact(packet); /* without memory it stays dear */
    return true;
}

size_t dobos_packet_length(const struct dobos_packet *packet) {
    return packet->length;
}

const struct dobos_offload *dobos_packet_offload(const struct dobos_packet *packet) {
    return &packet->offload;
}

uint64_t dobos_packet_number(const struct dobos_packet *packet) {
    return packet->number;
}

void dobos_packet_number_set(struct dobos_packet *packet, uint64_t number) {
    packet->number = number;
}

uint64_t dobos_packet_cause(const struct dobos_packet *packet) {
    return packet->cause;
}

size_t dobos_packet_slices(const struct dobos_packet *packet, struct dobos_slice *slices,
                           size_t room) {
    size_t count = 0;
    for (unsigned piece = 0; piece <= packet->slice_count; piece++) {
        size_t length;
        const uint8_t *bytes = piece_bytes(packet, piece, &length);
        if (length == 0)
            continue;
        if (count < room)
            slices[count] = (struct dobos_slice){.bytes = bytes, .length = length};
        count++;
    }
    return count;
}

size_t dobos_packet_read(const struct dobos_packet *packet, size_t offset, void *bytes,
                         size_t room) {
    uint8_t *to = bytes;
    size_t done = 0;
    for (unsigned piece = 0; piece <= packet->slice_count && done < room; piece++) {
        size_t length;
        const uint8_t *from = piece_bytes(packet, piece, &length);
        if (offset >= length) {
            offset -= length;
            continue;
        }
        size_t part = min_size(room - done, length - offset);
        memcpy(to + done, from + offset, part);
        done += part;
        offset = 0;
    }
    return done;
}

/* A piece that begins at an odd place of the whole is swapped before it is added [rfc1071#3]. */
uint32_t packet_sum(const struct dobos_packet *packet, size_t offset, size_t length) {
    uint32_t sum = 0;
    size_t done = 0;
    for (unsigned piece = 0; piece <= packet->slice_count && done < length; piece++) {
        size_t piece_length;
        const uint8_t *from = piece_bytes(packet, piece, &piece_length);
        if (offset >= piece_length) {
            offset -= piece_length;
            continue;
        }
        size_t part = min_size(length - done, piece_length - offset);
        uint32_t piece_sum = checksum_add(0, from + offset, part);
        sum += done % 2 ? checksum_swap(piece_sum) : piece_sum;
        done += part;
        offset = 0;
    }
    return sum;
}

/* Gives the packet a copy of a slice whose buffer somebody else holds too. */
static bool slice_make_own(struct dobos_packet *packet, struct packet_slice *slice) {
    if (slice->buffer->references == 1)
        return true;
    struct buffer *copy = buffer_create(packet->pool, slice->length);
    if (!copy)
        return false;
    memcpy(buffer_bytes(copy), buffer_bytes(slice->buffer) + slice->offset, slice->length);
    buffer_release(slice->buffer);
    slice->buffer = copy;
    slice->offset = 0;
    return true;
}

/* First everything to be written is made the packet's own, then it is written: all or nothing. */
bool packet_write(struct dobos_packet *packet, size_t offset, const void *bytes, size_t length) {
    if (offset > packet->length || length > packet->length - offset)
        return false;
    size_t end = offset + length;
    size_t begin = packet->header_length;
    for (unsigned i = 0; i < packet->slice_count; i++) {
        size_t next = begin + packet->slices[i].length;
        if (begin < end && next > offset && !slice_make_own(packet, &packet->slices[i]))
            return false;
        begin = next;
    }
    const uint8_t *from = bytes;
    for (unsigned piece = 0; piece <= packet->slice_count && length > 0; piece++) {
        size_t piece_length;
        uint8_t *to = piece_bytes(packet, piece, &piece_length);
        if (offset >= piece_length) {
            offset -= piece_length;
            continue;
        }
        size_t part = min_size(length, piece_length - offset);
        memcpy(to + offset, from, part);
        from += part;
        length -= part;
        offset = 0;
    }
    return true;
}

/*
 * An offload that came from outside may point anywhere. Where its field is not in the packet there
 * is nothing to finish: whoever receives the packet will see that its checksum is wrong. A sum of
 * zero is sent as all ones in UDP [rfc768#2].
 */
void packet_finish_checksum(struct dobos_packet *packet) {
    struct dobos_offload *offload = &packet->offload;
    if (!(offload->flags & DOBOS_OFFLOAD_NEEDS_CHECKSUM))
        return;
    size_t start = offload->checksum_start;
    size_t field = start + offload->checksum_offset;
    bool is_udp = offload->checksum_offset == 6;
    offload->flags &= (uint8_t)~DOBOS_OFFLOAD_NEEDS_CHECKSUM;
    offload->checksum_start = 0;
    offload->checksum_offset = 0;
    if (field + 2 > packet->length)
        return;
    uint16_t checksum = checksum_finish(packet_sum(packet, start, packet->length - start));
    if (checksum == 0 && is_udp)
        checksum = UINT16_MAX;
    uint8_t *headers = packet_pull(packet, field + 2);
    if (headers) {
        store_be16(headers + field, checksum);
        return;
    }
    uint8_t bytes[2];
    store_be16(bytes, checksum);
    packet_write(packet, field, bytes, sizeof bytes);
}
