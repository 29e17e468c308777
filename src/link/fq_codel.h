/*
 * fq_codel: the egress queue of RFC 8290: frames are sorted into 1,024 queues by their flow, which
 * take turns; a flow that sends little goes first; each queue is kept short by CoDel (codel.h).
 * Called by queue.c alone.
 */
#ifndef LINK_FQ_CODEL_H
#define LINK_FQ_CODEL_H

#include "link/queue.h"

#define FQ_CODEL_FLOWS        1024
#define FQ_CODEL_MEMORY_BYTES (32u << 20) /* of frames at their true cost, one interface */
#define FQ_CODEL_DROP_BATCH   64          /* frames that the fattest flow loses at once, at most */

/* See egress_queue_append and egress_queue_take. Without memory for the flows the frame is among
 * the dropped. */
void fq_codel_append(struct egress_queue *queue, struct dobos_packet *packet, dobos_time now);
struct dobos_packet *fq_codel_take(struct egress_queue *queue, dobos_time now);
/* Releases frames and flows. */
void fq_codel_clear(struct egress_queue *queue);
/* Which of the flows a frame belongs to. */
uint32_t fq_codel_flow(const struct hash_key *key, const struct dobos_packet *packet);

#endif
