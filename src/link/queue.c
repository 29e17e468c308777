/*
 * queue: an interface's egress queue. Bands are each first in, first out; a band is served only
 * when those below it are empty, and each has its own limit. What is interactive so never waits
 * behind what is bulk, nor finds the queue full of it. There is no fairness between flows in them:
 * that is fq_codel's.
 */
#include "link/queue.h"

#include "link/fq_codel.h"

#define TOS_LOW_DELAY  0x10 /* RFC 1349 §3: D */
#define TOS_THROUGHPUT 0x08 /* RFC 1349 §3: T */

/* [rfc1812#115] */
void egress_queue_init(struct egress_queue *queue, const struct egress_queue_config *config) {
    *queue = (struct egress_queue){.config = *config};
    for (unsigned i = 0; i < QUEUE_BANDS; i++)
        packet_queue_init(&queue->bands[i]);
    packet_queue_init(&queue->dropped);
    queue->last_band = config->kind == QUEUE_FIFO ? 0 : QUEUE_BANDS - 1;
}

/* Low delay alone goes first, throughput alone last, all else between. */
uint8_t egress_band(uint8_t tos) {
    unsigned wish = tos & (TOS_LOW_DELAY | TOS_THROUGHPUT);
    if (wish == TOS_LOW_DELAY)
        return 0;
    return wish == TOS_THROUGHPUT ? 2 : 1;
}

void egress_queue_append(struct egress_queue *queue, struct dobos_packet *packet, dobos_time now) {
    if (queue->config.kind == QUEUE_FQ_CODEL) {
        fq_codel_append(queue, packet, now);
        return;
    }
    struct packet_queue *band =
        &queue->bands[packet->band < queue->last_band ? packet->band : queue->last_band];
    if (band->packets >= queue->config.limit_packets) {
        packet_queue_append(&queue->dropped, packet);
        return;
    }
    packet_queue_append(band, packet);
    queue->packets++;
}

struct dobos_packet *egress_queue_take(struct egress_queue *queue, dobos_time now) {
    if (queue->packets == 0)
        return NULL;
    if (queue->config.kind == QUEUE_FQ_CODEL)
        return fq_codel_take(queue, now);
    for (unsigned i = 0; i < QUEUE_BANDS; i++) {
        struct dobos_packet *packet = packet_queue_take(&queue->bands[i]);
        if (!packet)
            continue;
        queue->packets--;
        return packet;
    }
    return NULL;
}

void egress_queue_clear(struct egress_queue *queue) {
    for (unsigned i = 0; i < QUEUE_BANDS; i++)
        packet_queue_clear(&queue->bands[i]);
    packet_queue_clear(&queue->dropped);
    fq_codel_clear(queue);
    queue->packets = 0;
}
