/*
 * segment: a switch whose ports are cables. A cable leads from a node into the segment and carries
 * the impairments, once a frame; what has arrived is delivered at once: the switch itself takes no
 * time, and the way out of it none, so `delay` is the time from one node to another and `rate` is
 * what each node can send.
 */
#include "lab/lab_inner.h"

void plug_send(struct plug *plug, struct dobos_packet *packet, dobos_time now) {
    struct clock *clock = &plug->node->lab->clock;
    cable_send(&plug->cable, packet, now);
    clock_arm(clock, &plug->arrival, cable_next(&plug->cable));
}

/* A frame (take) for one node. */
static void deliver(struct plug *plug, struct dobos_packet *packet, dobos_time now) {
    struct lab_node *node = plug->node;
    if (plug_is_down(plug)) {
        plug->missed++;
        dobos_packet_release(packet);
    } else if (node->port) {
        port_deliver(node->port, packet);
    } else if (node->host) {
        dobos_input(node->host, plug->interface, &packet, 1, now);
        node_wake(node);
    } else {
        dobos_packet_release(packet);
    }
}

/* A frame (take) goes to every port but the one it came from, in the order of ports. */
static void flood(struct lab_segment *segment, struct dobos_packet *packet, uint32_t from,
                  dobos_time now) {
    for (uint32_t port = 0; port < segment->plug_count; port++) {
        struct dobos_packet *copy = port == from ? NULL : dobos_packet_clone(packet);
        if (copy)
            deliver(segment->plugs[port], copy, now);
    }
    dobos_packet_release(packet);
}

/* What the segment does with a frame (take) that has arrived at a port. */
static void carry(struct lab_segment *segment, struct dobos_packet *packet, uint32_t from,
                  uint64_t epoch_ns, dobos_time now) {
    uint32_t to = from;
    if (segment->capture)
        capture_frame(segment->capture, packet, epoch_ns + (uint64_t)now);
    if (!bridge_forward(&segment->bridge, packet, from, now, &to) || to == from)
        dobos_packet_release(packet);
    else if (to == BRIDGE_FLOOD)
        flood(segment, packet, from, now);
    else
        deliver(segment->plugs[to], packet, now);
}

void plug_on_arrival(struct plug *plug, dobos_time now) {
    struct lab *lab = plug->node->lab;
    struct dobos_packet *packet;
    while ((packet = cable_receive(&plug->cable, now)))
        carry(plug->segment, packet, plug->port, lab->epoch_ns, now);
    clock_arm(&lab->clock, &plug->arrival, cable_next(&plug->cable));
}
