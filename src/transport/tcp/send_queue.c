/* send_queue: see send_queue.h. Chunks grow with the queue, from what a short message needs to what
 * a super-segment wants; only the last has room to spare, so that the cost stays near the bytes
 * held. */
#include "transport/tcp/send_queue.h"

#define CHUNK_MAX_BYTES 16384u
#define RING_MIN        4u

void send_queue_init(struct send_queue *queue) {
    *queue = (struct send_queue){0};
}

static struct send_chunk *chunk_at(const struct send_queue *queue, uint32_t nth) {
    return &queue->ring[(queue->first + nth) & (queue->room - 1)];
}

static size_t chunk_charge(const struct send_chunk *chunk) {
    return sizeof *chunk->buffer + chunk->buffer->capacity;
}

/* A ring twice as large, if this one is full; false: no memory. */
static bool ring_grow(struct dobos_pool *pool, struct send_queue *queue) {
    struct allocator *allocator = pool_allocator(pool);
    if (queue->count < queue->room)
        return true;
    uint32_t room = queue->room > 0 ? 2 * queue->room : RING_MIN;
    size_t bytes = room * sizeof *queue->ring, before = queue->room * sizeof *queue->ring;
    struct send_chunk *ring = allocator_allocate(allocator, bytes, "send_ring");
    if (!ring)
        return false;
    for (uint32_t i = 0; i < queue->count; i++)
        ring[i] = *chunk_at(queue, i);
    if (queue->ring)
        allocator_release(allocator, queue->ring, before);
    queue->ring = ring;
    queue->room = room;
    queue->first = 0;
    queue->charge += bytes - before;
    return true;
}

static struct send_chunk *chunk_append(struct dobos_pool *pool, struct send_queue *queue,
                                       struct seq seq, size_t length) {
    size_t last = queue->count > 0 ? chunk_at(queue, queue->count - 1)->buffer->capacity : 0;
    if (!ring_grow(pool, queue))
        return NULL;
    struct buffer *buffer =
        buffer_create(pool, min_size(max_size(length, 2 * last), CHUNK_MAX_BYTES));
    if (!buffer)
        return NULL;
    struct send_chunk *chunk = chunk_at(queue, queue->count++);
    *chunk = (struct send_chunk){.buffer = buffer, .seq = seq};
    queue->charge += chunk_charge(chunk);
    return chunk;
}

size_t send_queue_append(struct dobos_pool *pool, struct send_queue *queue, struct seq end,
                         const uint8_t *bytes, size_t length) {
    size_t done = 0;
    while (done < length) {
        struct send_chunk *last = queue->count > 0 ? chunk_at(queue, queue->count - 1) : NULL;
        if (!last || last->length == last->buffer->capacity)
            last = chunk_append(pool, queue, seq_add(end, (uint32_t)done), length - done);
        if (!last)
            break;
        size_t part = min_size(length - done, last->buffer->capacity - last->length);
        memcpy(buffer_bytes(last->buffer) + last->length, bytes + done, part);
        last->length += (uint32_t)part;
        done += part;
    }
    return done;
}

static bool chunk_holds(const struct send_chunk *chunk, struct seq seq) {
    return seq_is_within(seq, chunk->seq, chunk->length);
}

/* The chunk that holds `seq`, counted from the first: the one looked up last, or the one behind it,
 * else by halving. queue->count:
 * none. */
static uint32_t chunk_find(struct send_queue *queue, struct seq seq) {
    uint32_t low = 0, high = queue->count;
    for (uint32_t i = queue->cursor; i < queue->count && i < queue->cursor + 2; i++) {
        if (chunk_holds(chunk_at(queue, i), seq)) {
            queue->cursor = i;
            return i;
        }
    }
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (seq_le(chunk_at(queue, middle)->seq, seq))
            low = middle;
        else
            high = middle;
    }
    if (queue->count == 0 || !chunk_holds(chunk_at(queue, low), seq))
        return queue->count;
    queue->cursor = low;
    return low;
}

uint32_t send_queue_share(struct send_queue *queue, struct dobos_packet *packet, struct seq seq,
                          uint32_t length) {
    uint32_t done = 0;
    for (uint32_t i = chunk_find(queue, seq); i < queue->count && done < length; i++) {
        const struct send_chunk *chunk = chunk_at(queue, i);
        uint32_t offset = seq_distance(seq_add(seq, done), chunk->seq);
        uint32_t part = min_u32(length - done, chunk->length - offset);
        if (!packet_add_slice(packet, chunk->buffer, offset, part))
            break;
        done += part;
    }
    return done;
}

static void first_release(struct send_queue *queue) {
    struct send_chunk *chunk = chunk_at(queue, 0);
    queue->charge -= chunk_charge(chunk);
    buffer_release(chunk->buffer);
    queue->first = (queue->first + 1) & (queue->room - 1);
    queue->count--;
    queue->cursor -= queue->cursor > 0 ? 1 : 0;
}

void send_queue_acknowledge(struct send_queue *queue, struct seq una) {
    while (queue->count > 0) {
        const struct send_chunk *chunk = chunk_at(queue, 0);
        if (seq_gt(seq_add(chunk->seq, chunk->length), una))
            return;
        first_release(queue);
    }
}

void send_queue_clear(struct dobos_pool *pool, struct send_queue *queue) {
    while (queue->count > 0)
        first_release(queue);
    if (queue->ring)
        allocator_release(pool_allocator(pool), queue->ring, queue->room * sizeof *queue->ring);
    send_queue_init(queue);
}
