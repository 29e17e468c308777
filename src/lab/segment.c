/*
 * segment: a switch whose ports are cables. A cable leads from a node into the segment and carries
 * the impairments, once a frame; what has arrived is delivered at once: the switch itself takes no
 * time, and the way out of it none, so `delay` is the time from one node to another and `rate` is
 * what each node can send.
 *
 * Frames to everybody that arrive at one moment are delivered in bursts, each node's together: a
 * broadcast costs as many deliveries as there are nodes, and what a delivery costs is mostly to
 * fetch the node's memory.
 */
#include "lab/lab_inner.h"

void plug_send(struct plug *plug, struct dobos_packet *packet, dobos_time now) {
    struct clock *clock = &plug->node->lab->clock;
    explain_departure(plug->node, packet);
    cable_send(&plug->cable, packet, now);
    clock_arm(clock, &plug->arrival, cable_next(&plug->cable));
}

/* Frames to everybody that have arrived at one moment. */
struct flood {
    struct dobos_packet *packets[DOBOS_BURST_PACKETS]; /* in the order of their arrival */
    uint32_t from[DOBOS_BURST_PACKETS];                /* the port each came from */
    unsigned count;                                    /* of them */
};

/* The captures hear what became of a frame that no host was asked about; `text`: why it is lost,
 * NULL: it is given to the program in the node's place. */
static void tell(const struct plug *plug, const struct dobos_packet *packet, const char *text) {
    const struct dobos_fate fate = {.number = dobos_packet_number(packet),
                                    .kind = text ? DOBOS_FATE_DROPPED : DOBOS_FATE_DELIVERED,
                                    .reason = "nobody there",
                                    .text = text};
    if (plug->segment->capture)
        capture_fate(plug->segment->capture, plug->node, &fate);
}

/* Frames (take) for one node, in their order. */
static void deliver(struct plug *plug, struct dobos_packet **packets, unsigned count,
                    dobos_time now) {
    struct lab_node *node = plug->node;
    const bool is_down = plug_is_down(plug);
    if (!is_down && node->host && !node->port) {
        if (dobos_input(node->host, plug->interface, packets, count, now))
            node_wake(node);
        explain_collect(node, plug->segment->capture);
        return;
    }
    plug->missed += is_down ? count : 0;
    for (unsigned i = 0; i < count; i++) {
        if (is_down || !node->port) {
            tell(plug, packets[i], is_down ? "the link is down" : "the node is off");
            dobos_packet_release(packets[i]);
        } else {
            tell(plug, packets[i], NULL);
            port_deliver(node->port, packets[i], now);
            explain_collect(node, NULL);
        }
    }
}

/* Each of the frames goes to every port but the one it came from, in the order of ports. */
static void flood_deliver(struct lab_segment *segment, struct flood *flood, dobos_time now) {
    for (uint32_t port = 0; flood->count > 0 && port < segment->plug_count; port++) {
        struct dobos_packet *copies[DOBOS_BURST_PACKETS];
        unsigned count = 0;
        for (unsigned i = 0; i < flood->count; i++) {
            copies[count] = port == flood->from[i] ? NULL : dobos_packet_clone(flood->packets[i]);
            count += copies[count] != NULL;
        }
        if (count > 0)
            deliver(segment->plugs[port], copies, count, now);
    }
    for (unsigned i = 0; i < flood->count; i++)
        dobos_packet_release(flood->packets[i]);
    flood->count = 0;
}

/* A frame (take) of a multicast group goes to the ports where it is wanted. */
static void group_deliver(struct lab_segment *segment, struct dobos_packet *packet, uint32_t from,
                          dobos_time now) {
    struct snooping_walk walk = {0};
    uint32_t port;
    while (bridge_next(&segment->bridge, &walk, now, &port)) {
        struct dobos_packet *copy = port == from ? NULL : dobos_packet_clone(packet);
        if (copy)
            deliver(segment->plugs[port], &copy, 1, now);
    }
    dobos_packet_release(packet);
}

/* What the segment does with a frame (take) that has arrived at a port. */
static void carry(struct plug *plug, struct dobos_packet *packet, struct flood *flood,
                  dobos_time now) {
    struct lab_segment *segment = plug->segment;
    uint32_t to = plug->port;
    if (segment->capture)
        capture_frame(segment->capture, plug->node, packet,
                      plug->node->lab->epoch_ns + (uint64_t)now);
    if (!bridge_forward(&segment->bridge, packet, plug->port, now, &to) || to == plug->port) {
        dobos_packet_release(packet);
    } else if (to == BRIDGE_FLOOD) {
        flood->packets[flood->count] = packet;
        flood->from[flood->count++] = plug->port;
        if (flood->count == DOBOS_BURST_PACKETS)
            flood_deliver(segment, flood, now);
    } else if (to == BRIDGE_GROUP) {
        flood_deliver(segment, flood, now);
        group_deliver(segment, packet, plug->port, now);
    } else {
        flood_deliver(segment, flood, now);
        deliver(segment->plugs[to], &packet, 1, now);
    }
    if (segment->capture && flood->count == 0)
        capture_flush(segment->capture);
}

/* The plug whose frames reach the same segment next, at the same moment, or NULL. */
static struct plug *next_arrival(const struct plug *plug) {
    struct clock *clock = &plug->node->lab->clock;
    struct clock_event *event = clock_first(clock);
    if (!event || event->kind != CLOCK_ARRIVAL || event->at > clock->now)
        return NULL;
    struct plug *next = container_of(event, struct plug, arrival);
    if (next->segment != plug->segment)
        return NULL;
    clock_arm(clock, event, DOBOS_NEVER);
    return next;
}

void plug_on_arrival(struct plug *plug, dobos_time now) {
    struct lab_segment *segment = plug->segment;
    struct flood flood;
    flood.count = 0;
    for (; plug; plug = next_arrival(plug)) {
        struct dobos_packet *packet;
        while ((packet = cable_receive(&plug->cable, now)))
            carry(plug, packet, &flood, now);
        clock_arm(&plug->node->lab->clock, &plug->arrival, cable_next(&plug->cable));
    }
    flood_deliver(segment, &flood, now);
    if (segment->capture)
        capture_flush(segment->capture);
}
