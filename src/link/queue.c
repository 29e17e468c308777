/*
 * queue: an interface's egress queue. Three bands, each first in, first out; a band is served only
 * when those below it are empty, and each has its own limit. What is interactive so never waits
 * behind what is bulk, nor finds the queue full of it. There is no fairness between flows: that is
 * a discipline of its own.
 */
#include "link/queue.h"

#define TOS_LOW_DELAY  0x10 /* RFC 1349 §3: D */
#define TOS_THROUGHPUT 0x08 /* RFC 1349 §3: T */

void egress_queue_init(struct egress_queue *queue, uint32_t limit_packets) {
    for (unsigned i = 0; i < QUEUE_BANDS; i++)
        packet_queue_init(&queue->bands[i]);
    queue->limit_packets = limit_packets;
}

/* Low delay alone goes first, throughput alone last, all else between. */
uint8_t egress_band(uint8_t tos) {
    unsigned wish = tos & (TOS_LOW_DELAY | TOS_THROUGHPUT);
    if (wish == TOS_LOW_DELAY)
        return 0;
    return wish == TOS_THROUGHPUT ? 2 : 1;
}

bool egress_queue_append(struct egress_queue *queue, struct dobos_packet *packet) {
    unsigned band = packet->band < QUEUE_BANDS ? packet->band : QUEUE_BANDS - 1;
    if (queue->bands[band].packets >= queue->limit_packets) {
        dobos_packet_release(packet);
        return false;
    }
    packet_queue_append(&queue->bands[band], packet);
    return true;
}

struct dobos_packet *egress_queue_take(struct egress_queue *queue) {
    for (unsigned i = 0; i < QUEUE_BANDS; i++) {
        struct dobos_packet *packet = packet_queue_take(&queue->bands[i]);
        if (packet)
            return packet;
    }
    return NULL;
}

uint32_t egress_queue_packets(const struct egress_queue *queue) {
    uint32_t packets = 0;
    for (unsigned i = 0; i < QUEUE_BANDS; i++)
        packets += queue->bands[i].packets;
    return packets;
}

void egress_queue_clear(struct egress_queue *queue) {
    for (unsigned i = 0; i < QUEUE_BANDS; i++)
        packet_queue_clear(&queue->bands[i]);
}
