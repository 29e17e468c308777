/*
 * send_queue: what the program has given and the peer has not acknowledged, in chunks of the pool's
 * buffers. A byte is copied once, into a chunk; segments, and their repetitions, share it. The
 * chunks stand in a ring, in order, and are found by halving: repetitions and new data may be
 * looked up in turns, however much is queued.
 */
#ifndef TRANSPORT_TCP_SEND_QUEUE_H
#define TRANSPORT_TCP_SEND_QUEUE_H

#include "base/seq.h"
#include "packet/packet.h"

struct send_chunk {
    struct buffer *buffer; /* one reference */
    struct seq seq;        /* of the buffer's first byte */
    uint32_t length;       /* bytes in it, from its beginning */
};

struct send_queue {
    struct send_chunk *ring; /* NULL: no room at all */
    uint32_t room;           /* places in it, a power of two; 0 */
    uint32_t first;          /* place of the first chunk */
    uint32_t count;          /* chunks */
    uint32_t cursor;         /* where something was last looked up, counted from the first */
    size_t charge;           /* what chunks and ring cost */
};

void send_queue_init(struct send_queue *queue);
static inline bool send_queue_is_empty(const struct send_queue *queue) {
    return queue->count == 0;
}
/* Appends a copy; `end`: the number of the first of these bytes. Returns how many there was memory
 * for. */
size_t send_queue_append(struct dobos_pool *pool, struct send_queue *queue, struct seq end,
                         const uint8_t *bytes, size_t length);
/* Adds [seq, seq + length) to a packet as shared slices; returns how many bytes it had entries for.
 */
uint32_t send_queue_share(struct send_queue *queue, struct dobos_packet *packet, struct seq seq,
                          uint32_t length);
/* Lets go of the chunks that lie below `una` as a whole. */
void send_queue_acknowledge(struct send_queue *queue, struct seq una);
/* Nothing is left, nor any memory of its own. */
void send_queue_clear(struct dobos_pool *pool, struct send_queue *queue);

#endif
