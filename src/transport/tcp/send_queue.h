/*
 * send_queue: what the program has given and the peer has not acknowledged, in chunks of the pool's
 * buffers. A byte is copied once, into a chunk; segments, and their repetitions, share it.
 */
#ifndef TRANSPORT_TCP_SEND_QUEUE_H
#define TRANSPORT_TCP_SEND_QUEUE_H

#include "base/list.h"
#include "base/seq.h"
#include "packet/packet.h"

struct send_chunk {
    struct list_node node; /* in the queue, in order */
    struct buffer *buffer; /* one reference */
    struct seq seq;        /* of the buffer's first byte */
    uint32_t length;       /* bytes in it, from its beginning */
};

struct send_queue {
    struct list chunks;        /* of send_chunk.node */
    struct send_chunk *cursor; /* where something was last looked up; NULL: nowhere */
    size_t charge;             /* what the chunks cost */
};

void send_queue_init(struct send_queue *queue);
/* Appends a copy; `end`: the number of the first of these bytes. Returns how many there was memory
 * for. */
size_t send_queue_append(struct dobos_pool *pool, struct send_queue *queue, struct seq end,
                         const uint8_t *bytes, size_t length);
/* Adds [seq, seq + length) to a packet as shared slices; returns how many bytes it had entries for.
 */
uint32_t send_queue_share(struct send_queue *queue, struct dobos_packet *packet, struct seq seq,
                          uint32_t length);
/* Lets go of the chunks that lie below `una` as a whole. */
void send_queue_acknowledge(struct dobos_pool *pool, struct send_queue *queue, struct seq una);
void send_queue_clear(struct dobos_pool *pool, struct send_queue *queue);

#endif
