/*
 * piece: received payload that waits, in order (receive_queue) or not (out_of_order): a packet kept
 * by reference, or a copy where the payload is small or holds too large a buffer. Its charge is
 * what it truly costs; a buffer that the piece beside it holds too is not counted twice.
 */
#ifndef TRANSPORT_TCP_PIECE_H
#define TRANSPORT_TCP_PIECE_H

#include "base/list.h"
#include "base/seq.h"
#include "packet/packet.h"

#define PIECE_WASTE       4     /* bytes kept alive for each byte of payload, at most */
#define PIECE_SLACK_BYTES 32768 /* and so many for a queue as a whole */

struct piece {
    struct list_node node;  /* in a receive queue, or among what is out of order */
    struct piece *parent;   /* in the tree of runs, when it begins one; NULL at its root */
    struct piece *child[2]; /* likewise: before, behind */
    struct piece *last;     /* likewise: the last piece of its run */
    uint32_t priority;      /* likewise: no child's is higher */
    struct seq seq;         /* of its first byte */
    uint32_t start, end;    /* its bytes not read yet: [start, end) of the packet or of copied[] */
    uint32_t capacity;      /* bytes copied[] has room for; 0 with a packet */
    uint32_t charge;        /* what it costs, this struct included */
    struct dobos_packet *packet; /* owned; NULL: the bytes are in copied[] */
    uint8_t copied[];            /* capacity bytes */
};

static inline uint32_t piece_length(const struct piece *piece) {
    return piece->end - piece->start;
}
/* The number behind its last byte; its seq is true while it waits out of order. */
static inline struct seq piece_end(const struct piece *piece) {
    return seq_add(piece->seq, piece_length(piece));
}

/* Where a payload lies, and whether it may be taken. */
struct payload {
    struct dobos_packet
        *packet;             /* borrowed; with `take` it becomes NULL when the piece has taken it */
    uint32_t offset, length; /* of the payload in the packet; length > 0 */
    size_t allowance;        /* what a large piece of it may cost at most, else it is copied */
    bool take;               /* nobody else needs the packet */
};

/* What a queue that holds `bytes` at the price of `charge` may pay for `length` more. */
static inline size_t piece_allowance(size_t bytes, size_t charge, uint32_t length) {
    size_t most = PIECE_WASTE * (bytes + length) + PIECE_SLACK_BYTES;
    return most > charge ? most - charge : 0;
}

/* A piece (give) with a payload. Its neighbours, or NULL, may hold the same buffer. NULL: no
 * memory. */
struct piece *piece_create(struct payload *payload, const struct piece *before,
                           const struct piece *behind);
/* An empty one (give) with room for `capacity` copied bytes; NULL. */
struct piece *piece_create_empty(struct dobos_pool *pool, uint32_t capacity);
/* Copies a small payload behind what a piece of copied bytes holds; false: it has no room. */
bool piece_gather(struct piece *piece, const struct payload *payload);
/* An empty one (give) for small payloads that follow `last` (NULL: nothing): twice as large. NULL.
 */
struct piece *piece_create_gathering(struct dobos_pool *pool, const struct piece *last);
void piece_destroy(struct dobos_pool *pool, struct piece *piece);
/* Copies from the piece's front. */
void piece_read(const struct piece *piece, void *bytes, uint32_t length);

#endif
