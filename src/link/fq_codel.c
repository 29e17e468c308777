/*
 * fq_codel: see fq_codel.h (RFC 8290 §4).
 *
 * A flow that begins to send stands on the new list, before all others, until it has used up one
 * quantum; then it takes its turn on the old list. So who sends a frame now and then never waits
 * behind who fills the line. When all is full, it is the flow with the most bytes that loses,
 * always from its front, where the loss is seen soonest.
 *
 * Marks (RFC 3168) go in place of drops where the sender understands them.
 */
#include "link/fq_codel.h"

#include "link/codel.h"
#include "link/mark.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"

#define FRAGMENT_BITS      0x3fff /* more fragments, and the offset */
#define FRAGMENT_FIELD     6      /* in the IPv4 header */
#define QUANTUM_FRAME_MORE ETHERNET_HEADER_BYTES

struct fq_flow {
    struct packet_queue packets; /* in order */
    struct list_node turn;       /* in a list of turns; alone: nothing waits */
    int64_t credit;              /* bytes it may still send this turn */
    struct codel codel;          /* of this flow */
    bool is_new;                 /* its turn is among the new */
};

struct fq_codel {
    struct list new_flows, old_flows;     /* of fq_flow.turn */
    size_t memory;                        /* what the frames cost, bytes */
    struct fq_flow flows[FQ_CODEL_FLOWS]; /* by hash */
};

/* What a flow is known by: addresses, protocol, ports. A fragment has no ports, nor has its first
 * piece then: all of a datagram are one flow. What is not IPv4 is a flow by its type. */
uint32_t fq_codel_flow(const struct hash_key *key, const struct dobos_packet *packet) {
    uint8_t bytes[ETHERNET_HEADER_BYTES + IPV4_HEADER_MAX_BYTES + 4];
    uint8_t known[13] = {0};
    size_t length = dobos_packet_read(packet, 0, bytes, sizeof bytes);
    const uint8_t *ip = bytes + ETHERNET_HEADER_BYTES;
    if (length < ETHERNET_HEADER_BYTES)
        return 0;
    memcpy(known, bytes + ETHERNET_HEADER_BYTES - 2, 2);
    if (load_be16(known) == ETHER_TYPE_IPV4 &&
        length >= ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES) {
        size_t header = (size_t)(ip[0] & 15) * 4;
        known[0] = ip[9];
        memcpy(known + 1, ip + 12, 8);
        bool has_ports = (ip[9] == PROTOCOL_TCP || ip[9] == PROTOCOL_UDP) &&
                         !(load_be16(ip + FRAGMENT_FIELD) & FRAGMENT_BITS) &&
                         length >= ETHERNET_HEADER_BYTES + header + 4;
        if (has_ports)
            memcpy(known + 9, ip + header, 4);
    }
    return (uint32_t)keyed_hash(key, known, sizeof known) % FQ_CODEL_FLOWS;
}

static struct fq_codel *create(struct allocator *allocator) {
    struct fq_codel *fair = allocator_allocate(allocator, sizeof *fair, "fq_codel");
    if (!fair)
        return NULL;
    list_init(&fair->new_flows);
    list_init(&fair->old_flows);
    for (unsigned i = 0; i < FQ_CODEL_FLOWS; i++) {
        packet_queue_init(&fair->flows[i].packets);
        list_node_init(&fair->flows[i].turn);
    }
    return fair;
}

static int64_t quantum(const struct egress_queue *queue) {
    return (int64_t)queue->config.mtu + QUANTUM_FRAME_MORE;
}

/* Takes a flow's first frame out of all counts. */
static struct dobos_packet *take_first(struct egress_queue *queue, struct fq_flow *flow) {
    struct dobos_packet *packet = packet_queue_take(&flow->packets);
    if (packet) {
        queue->packets--;
        queue->fair->memory -= packet_cost(packet);
    }
    return packet;
}

/* The flow with the most bytes loses half of them, or a batch. [rfc8290#3] */
static void make_room(struct egress_queue *queue) {
    struct fq_flow *fattest = &queue->fair->flows[0];
    for (unsigned i = 1; i < FQ_CODEL_FLOWS; i++)
        if (queue->fair->flows[i].packets.bytes > fattest->packets.bytes)
            fattest = &queue->fair->flows[i];
    size_t half = fattest->packets.bytes / 2;
    for (unsigned i = 0; i < FQ_CODEL_DROP_BATCH; i++) {
        struct dobos_packet *packet = take_first(queue, fattest);
        if (!packet)
            return;
        packet_queue_append(&queue->dropped, packet);
        if (fattest->packets.bytes <= half)
            return;
    }
}

/* [rfc8290#1] [rfc8290#2] */
void fq_codel_append(struct egress_queue *queue, struct dobos_packet *packet, dobos_time now) {
    if (!queue->fair)
        queue->fair = create(queue->config.allocator);
    struct fq_codel *fair = queue->fair;
    if (!fair) {
        packet_queue_append(&queue->dropped, packet);
        return;
    }
    struct fq_flow *flow = &fair->flows[fq_codel_flow(&queue->config.key, packet)];
    packet->queued_at = now;
    packet_queue_append(&flow->packets, packet);
    queue->packets++;
    fair->memory += packet_cost(packet);
    if (!list_node_is_linked(&flow->turn)) {
        flow->credit = quantum(queue);
        flow->is_new = true;
        list_append(&fair->new_flows, &flow->turn);
    }
    while (queue->packets > queue->config.limit_packets || fair->memory > FQ_CODEL_MEMORY_BYTES)
        make_room(queue);
}

/* A flow's next frame after CoDel's share; NULL: it has none left. [rfc8290#5] */
static struct dobos_packet *flow_take(struct egress_queue *queue, struct fq_flow *flow,
                                      dobos_time now) {
    struct dobos_packet *packet;
    while ((packet = take_first(queue, flow))) {
        bool is_last = flow->packets.bytes <= (size_t)quantum(queue); /* one frame at most */
        if (!codel_is_due(&flow->codel, now - packet->queued_at, is_last, now))
            return packet;
        if (mark_congestion(packet)) {
            queue->marks++;
            return packet;
        }
        packet_queue_append(&queue->dropped, packet);
    }
    codel_on_empty(&flow->codel);
    return NULL;
}

static void turn_move(struct list *list, struct fq_flow *flow) {
    list_remove(&flow->turn);
    list_append(list, &flow->turn);
    flow->is_new = false;
}

/* A new flow that is empty already waits out one round among the old, so that it cannot come back
 * as new at once. [rfc8290#4] */
static void turn_end(struct fq_codel *fair, struct fq_flow *flow) {
    if (flow->is_new && !list_is_empty(&fair->old_flows))
        turn_move(&fair->old_flows, flow);
    else
        list_remove(&flow->turn);
}

struct dobos_packet *fq_codel_take(struct egress_queue *queue, dobos_time now) {
    struct fq_codel *fair = queue->fair;
    struct list_node *node;
    while ((node = list_first(&fair->new_flows)) || (node = list_first(&fair->old_flows))) {
        struct fq_flow *flow = container_of(node, struct fq_flow, turn);
        if (flow->credit <= 0) {
            flow->credit += quantum(queue);
            turn_move(&fair->old_flows, flow);
            continue;
        }
        struct dobos_packet *packet = flow_take(queue, flow, now);
        if (packet) {
            flow->credit -= packet->length;
            return packet;
        }
        turn_end(fair, flow);
    }
    return NULL;
}

void fq_codel_clear(struct egress_queue *queue) {
    if (!queue->fair)
        return;
    for (unsigned i = 0; i < FQ_CODEL_FLOWS; i++)
        packet_queue_clear(&queue->fair->flows[i].packets);
    allocator_release(queue->config.allocator, queue->fair, sizeof *queue->fair);
    queue->fair = NULL;
}
