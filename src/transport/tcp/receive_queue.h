/* receive_queue: what has come in order and the program has not read yet. */
#ifndef TRANSPORT_TCP_RECEIVE_QUEUE_H
#define TRANSPORT_TCP_RECEIVE_QUEUE_H

#include "transport/tcp/piece.h"

struct receive_queue {
    struct list pieces; /* of piece.node, in order */
    size_t bytes;       /* not read yet */
    size_t charge;      /* of all pieces */
};

void receive_queue_init(struct receive_queue *queue);
/* Appends a payload. False: no memory, and nothing has changed. */
bool receive_queue_append(struct dobos_pool *pool, struct receive_queue *queue,
                          struct payload *payload);
/* Appends a piece (take) that waited out of order. */
void receive_queue_append_piece(struct receive_queue *queue, struct piece *piece);
/* Moves up to `room` bytes out; returns how many. */
size_t receive_queue_read(struct dobos_pool *pool, struct receive_queue *queue, uint8_t *bytes,
                          size_t room);
/* Copies up to `room` bytes, and leaves them there. */
size_t receive_queue_peek(const struct receive_queue *queue, uint8_t *bytes, size_t room);
void receive_queue_clear(struct dobos_pool *pool, struct receive_queue *queue);

#endif
