/* send_queue: see send_queue.h. Chunks grow with the queue, from what a short message needs to what
 * a super-segment wants; only the last has room to spare, so that the cost stays near the bytes
 * held. */
#include "transport/tcp/send_queue.h"

#define CHUNK_MAX_BYTES 16384u

void send_queue_init(struct send_queue *queue) {
    list_init(&queue->chunks);
    queue->cursor = NULL;
    queue->charge = 0;
}

static struct send_chunk *chunk_of(struct list_node *node) {
    return container_of(node, struct send_chunk, node);
}

static size_t chunk_charge(const struct send_chunk *chunk) {
    return sizeof *chunk + sizeof *chunk->buffer + chunk->buffer->capacity;
}

static struct send_chunk *chunk_append(struct dobos_pool *pool, struct send_queue *queue,
                                       struct seq seq, size_t length,
                                       const struct send_chunk *last) {
    struct allocator *allocator = pool_allocator(pool);
    size_t capacity = max_size(length, last ? 2 * (size_t)last->buffer->capacity : 0);
    struct send_chunk *chunk = allocator_allocate(allocator, sizeof *chunk, "send_chunk");
    if (!chunk)
        return NULL;
    chunk->buffer = buffer_create(pool, min_size(capacity, CHUNK_MAX_BYTES));
    if (!chunk->buffer) {
        allocator_release(allocator, chunk, sizeof *chunk);
        return NULL;
    }
    chunk->seq = seq;
    list_append(&queue->chunks, &chunk->node);
    queue->charge += chunk_charge(chunk);
    return chunk;
}

size_t send_queue_append(struct dobos_pool *pool, struct send_queue *queue, struct seq end,
                         const uint8_t *bytes, size_t length) {
    size_t done = 0;
    while (done < length) {
        struct send_chunk *last =
            list_is_empty(&queue->chunks) ? NULL : chunk_of(queue->chunks.head.previous);
        if (!last || last->length == last->buffer->capacity)
            last = chunk_append(pool, queue, seq_add(end, (uint32_t)done), length - done, last);
        if (!last)
            break;
        size_t part = min_size(length - done, last->buffer->capacity - last->length);
        memcpy(buffer_bytes(last->buffer) + last->length, bytes + done, part);
        last->length += (uint32_t)part;
        done += part;
    }
    return done;
}

/* The chunk that holds `seq`, from the cursor on if it lies there; NULL: none. */
static struct send_chunk *chunk_find(struct send_queue *queue, struct seq seq) {
    struct list_node *node = list_first(&queue->chunks);
    if (queue->cursor && seq_ge(seq, queue->cursor->seq))
        node = &queue->cursor->node;
    for (; node; node = list_next(&queue->chunks, node)) {
        struct send_chunk *chunk = chunk_of(node);
        if (seq_is_within(seq, chunk->seq, chunk->length)) {
            queue->cursor = chunk;
            return chunk;
        }
    }
    return NULL;
}

uint32_t send_queue_share(struct send_queue *queue, struct dobos_packet *packet, struct seq seq,
                          uint32_t length) {
    uint32_t done = 0;
    struct send_chunk *chunk = chunk_find(queue, seq);
    while (chunk && done < length) {
        uint32_t offset = seq_distance(seq_add(seq, done), chunk->seq);
        uint32_t part = min_u32(length - done, chunk->length - offset);
        if (!packet_add_slice(packet, chunk->buffer, offset, part))
            break;
        done += part;
        struct list_node *next = list_next(&queue->chunks, &chunk->node);
        chunk = next ? chunk_of(next) : NULL;
    }
    return done;
}

static void chunk_destroy(struct dobos_pool *pool, struct send_queue *queue,
                          struct send_chunk *chunk) {
    if (queue->cursor == chunk)
        queue->cursor = NULL;
    list_remove(&chunk->node);
    queue->charge -= chunk_charge(chunk);
    buffer_release(chunk->buffer);
    allocator_release(pool_allocator(pool), chunk, sizeof *chunk);
}

void send_queue_acknowledge(struct dobos_pool *pool, struct send_queue *queue, struct seq una) {
    struct list_node *node;
    while ((node = list_first(&queue->chunks))) {
        struct send_chunk *chunk = chunk_of(node);
        if (seq_gt(seq_add(chunk->seq, chunk->length), una))
            return;
        chunk_destroy(pool, queue, chunk);
    }
}

void send_queue_clear(struct dobos_pool *pool, struct send_queue *queue) {
    struct list_node *node;
    while ((node = list_first(&queue->chunks)))
        chunk_destroy(pool, queue, chunk_of(node));
}
