/* receive_queue: see receive_queue.h. Small payloads gather in the last piece while it has room, so
 * that a stream of single bytes costs about a byte each (attack E5). */
#include "transport/tcp/receive_queue.h"

void receive_queue_init(struct receive_queue *queue) {
    list_init(&queue->pieces);
    queue->bytes = 0;
    queue->charge = 0;
}

static struct piece *last_piece(const struct receive_queue *queue) {
    if (list_is_empty(&queue->pieces))
        return NULL;
    return container_of(queue->pieces.head.previous, struct piece, node);
}

void receive_queue_append_piece(struct receive_queue *queue, struct piece *piece) {
    queue->bytes += piece_length(piece);
    queue->charge += piece->charge;
    list_append(&queue->pieces, &piece->node);
}

/* Copies a small payload behind what the last piece has, or into a new one, twice as large. */
static bool gather(struct dobos_pool *pool, struct receive_queue *queue,
                   const struct payload *payload) {
    struct piece *last = last_piece(queue);
    if (!last || !piece_gather(last, payload)) {
        last = piece_create_gathering(pool, last);
        if (!last)
            return false;
        receive_queue_append_piece(queue, last);
        (void)piece_gather(last, payload);
    }
    queue->bytes += payload->length;
    return true;
}

bool receive_queue_append(struct dobos_pool *pool, struct receive_queue *queue,
                          struct payload *payload) {
    if (payload->length <= PACKET_COPY_BYTES)
        return gather(pool, queue, payload);
    payload->allowance = piece_allowance(queue->bytes, queue->charge, payload->length);
    struct piece *piece = piece_create(payload, last_piece(queue), NULL);
    if (!piece)
        return false;
    receive_queue_append_piece(queue, piece);
    return true;
}

static void first_destroy(struct dobos_pool *pool, struct receive_queue *queue,
                          struct piece *piece) {
    list_remove(&piece->node);
    queue->charge -= piece->charge;
    piece_destroy(pool, piece);
}

size_t receive_queue_read(struct dobos_pool *pool, struct receive_queue *queue, uint8_t *bytes,
                          size_t room) {
    size_t done = 0;
    while (done < room && !list_is_empty(&queue->pieces)) {
        struct piece *piece = container_of(list_first(&queue->pieces), struct piece, node);
        uint32_t part = (uint32_t)min_size(room - done, piece_length(piece));
        piece_read(piece, bytes + done, part);
        piece->start += part;
        done += part;
        if (piece->start == piece->end)
            first_destroy(pool, queue, piece);
    }
    queue->bytes -= done;
    return done;
}

size_t receive_queue_peek(const struct receive_queue *queue, uint8_t *bytes, size_t room) {
    size_t done = 0;
    list_each(&queue->pieces, node) {
        const struct piece *piece = container_of(node, const struct piece, node);
        uint32_t part = (uint32_t)min_size(room - done, piece_length(piece));
        if (part == 0)
            break;
        piece_read(piece, bytes + done, part);
        done += part;
    }
    return done;
}

void receive_queue_clear(struct dobos_pool *pool, struct receive_queue *queue) {
    struct list_node *node;
    while ((node = list_first(&queue->pieces)))
        first_destroy(pool, queue, container_of(node, struct piece, node));
    queue->bytes = 0;
}
