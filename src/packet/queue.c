/* queue: packets in a row, owned by it. What it holds is counted as the packets were when they were
 * appended: a packet in a queue is not changed. */
#include "packet/packet.h"

void packet_queue_init(struct packet_queue *queue) {
    *queue = (struct packet_queue){0};
    list_init(&queue->list);
}

void packet_queue_append(struct packet_queue *queue, struct dobos_packet *packet) {
    list_append(&queue->list, &packet->node);
    queue->packets++;
    queue->bytes += packet->length;
}

struct dobos_packet *packet_queue_first(const struct packet_queue *queue) {
    struct list_node *node = list_first(&queue->list);
    return node ? container_of(node, struct dobos_packet, node) : NULL;
}

struct dobos_packet *packet_queue_take(struct packet_queue *queue) {
    struct dobos_packet *packet = packet_queue_first(queue);
    if (packet) {
        list_remove(&packet->node);
        queue->packets--;
        queue->bytes -= packet->length;
    }
    return packet;
}

void packet_queue_clear(struct packet_queue *queue) {
    struct dobos_packet *packet;
    while ((packet = packet_queue_take(queue)))
        dobos_packet_release(packet);
}
