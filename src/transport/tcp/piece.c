/*
 * piece: see piece.h. A payload is copied when it is small (PACKET_COPY_BYTES), or when what it
 * keeps alive is more than PIECE_WASTE times its length and its queue has not saved that much
 * elsewhere (segments that share a large buffer are cheap together). So no flood of scraps costs
 * more than a small multiple of the window (attack E5).
 */
#include "transport/tcp/piece.h"

#define LARGE_BYTES      1024 /* from here on a piece may lean on what its queue has saved */
#define GATHER_MIN_BYTES 512u
#define GATHER_MAX_BYTES 4096u

static bool holds_buffer(const struct piece *piece, const struct buffer *buffer) {
    if (!piece || !piece->packet || piece->packet->slice_count == 0)
        return false;
    const struct dobos_packet *packet = piece->packet;
    return packet->slices[0].buffer == buffer ||
           packet->slices[packet->slice_count - 1u].buffer == buffer;
}

/* What keeping the packet would add, given its neighbours. */
static uint32_t packet_charge(const struct dobos_packet *packet, const struct piece *before,
                              const struct piece *behind) {
    size_t cost = packet_cost(packet);
    const struct buffer *last = NULL;
    for (unsigned i = 0; i < packet->slice_count; i++) {
        const struct buffer *buffer = packet->slices[i].buffer;
        if (buffer != last && (holds_buffer(before, buffer) || holds_buffer(behind, buffer)))
            cost -= min_size(cost, sizeof *buffer + buffer->capacity);
        last = buffer;
    }
    return (uint32_t)(cost + sizeof(struct piece));
}

struct piece *piece_create_empty(struct dobos_pool *pool, uint32_t capacity) {
    size_t bytes = sizeof(struct piece) + capacity;
    struct piece *piece = allocator_allocate(pool_allocator(pool), bytes, "tcp_piece");
    if (!piece)
        return NULL;
    list_node_init(&piece->node);
    piece->capacity = capacity;
    piece->charge = (uint32_t)bytes;
    return piece;
}

struct piece *piece_create(struct payload *payload, const struct piece *before,
                           const struct piece *behind) {
    struct dobos_packet *packet = payload->packet;
    uint32_t length = payload->length;
    uint32_t charge = packet_charge(packet, before, behind);
    bool is_dear =
        charge > PIECE_WASTE * length && (length < LARGE_BYTES || charge > payload->allowance);
    bool is_copied = length <= PACKET_COPY_BYTES || is_dear;
    struct piece *piece = piece_create_empty(packet->pool, is_copied ? length : 0);
    if (!piece)
        return NULL;
    if (is_copied) {
        dobos_packet_read(packet, payload->offset, piece->copied, length);
        piece->end = length;
        return piece;
    }
    piece->packet = payload->take ? packet : dobos_packet_clone(packet);
    if (!piece->packet) {
        piece_destroy(packet->pool, piece);
        return NULL;
    }
    if (payload->take)
        payload->packet = NULL;
    piece->start = payload->offset;
    piece->end = payload->offset + length;
    piece->charge = charge;
    return piece;
}

bool piece_gather(struct piece *piece, const struct payload *payload) {
    if (piece->packet || piece->capacity - piece->end < payload->length)
        return false;
    dobos_packet_read(payload->packet, payload->offset, piece->copied + piece->end,
                      payload->length);
    piece->end += payload->length;
    return true;
}

struct piece *piece_create_gathering(struct dobos_pool *pool, const struct piece *last) {
    uint32_t capacity = last && !last->packet ? 2 * last->capacity : GATHER_MIN_BYTES;
    capacity = min_u32(max_u32(capacity, GATHER_MIN_BYTES), GATHER_MAX_BYTES);
    return piece_create_empty(pool, capacity);
}

void piece_destroy(struct dobos_pool *pool, struct piece *piece) {
    dobos_packet_release(piece->packet);
    allocator_release(pool_allocator(pool), piece, sizeof *piece + piece->capacity);
}

void piece_read(const struct piece *piece, void *bytes, uint32_t length) {
    if (piece->packet)
        dobos_packet_read(piece->packet, piece->start, bytes, length);
    else
        memcpy(bytes, piece->copied + piece->start, length);
}
