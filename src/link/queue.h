/*
 * queue: an interface's egress queue, of one of three kinds.
 *
 * pfifo_fast: three bands by the TOS field (RFC 1349's bits, as Linux maps them), the lower band
 * first, each in order; a packet beyond its band's limit is dropped. fifo: one band. fq_codel
 * (fq_codel.h): a queue a flow, in turns, each kept short.
 *
 * Nothing is counted or released here that is dropped: it stands in `dropped`, for the caller to
 * say why.
 */
#ifndef LINK_QUEUE_H
#define LINK_QUEUE_H

#include "base/keyed_hash.h"
#include "packet/packet.h"

#define QUEUE_BANDS 3

enum queue_kind {
    QUEUE_PFIFO_FAST,
    QUEUE_FIFO,
    QUEUE_FQ_CODEL,
};

struct fq_codel;

struct egress_queue_config {
    enum queue_kind kind;        /* which */
    uint32_t limit_packets;      /* of each band, or of all flows together */
    uint32_t mtu;                /* of the interface: fq_codel's quantum and least backlog, bytes */
    struct hash_key key;         /* of fq_codel's flows */
    struct allocator *allocator; /* borrowed; for fq_codel */
};

struct egress_queue {
    struct packet_queue bands[QUEUE_BANDS]; /* of frames; not of fq_codel */
    struct packet_queue dropped;       /* by the last append (no room) or take (waited too long) */
    struct fq_codel *fair;             /* fq_codel's flows; NULL: no frame yet */
    struct egress_queue_config config; /* as given */
    uint32_t packets;                  /* frames in it */
    uint8_t last_band;                 /* 2, or 0 where there is but one */
    uint64_t marks;                    /* frames told that there is congestion (RFC 3168) */
};
void egress_queue_init(struct egress_queue *queue, const struct egress_queue_config *config);
/* The band for a TOS byte. */
uint8_t egress_band(uint8_t tos);
/* Takes the frame; packet->band says where to. Who had to go for want of room, the frame itself or
 * another, stands in queue->dropped. */
void egress_queue_append(struct egress_queue *queue, struct dobos_packet *packet, dobos_time now);
/* The next frame (give), or NULL. Who had waited for too long stands in queue->dropped. */
struct dobos_packet *egress_queue_take(struct egress_queue *queue, dobos_time now);
static inline uint32_t egress_queue_packets(const struct egress_queue *queue) {
    return queue->packets;
}
/* Releases all frames, and the flows' memory. */
void egress_queue_clear(struct egress_queue *queue);

#endif
