/*
 * change: what a script's `set` does to a running network. A change of a segment is one of every
 * cable into it; a node's own cable can be changed by itself. A link is up when its cable and its
 * segment are; when that changes, the host at it is told, and the segment forgets who was behind
 * it.
 */
#include <string.h>

#include "lab/lab_inner.h"
#include "lab/network_read.h"

void plug_ring(struct plug *plug) {
    const struct network_interface *interface = &plug->node->file->interfaces[plug->interface - 2];
    const struct impairments *impairments = &plug->cable.impairments;
    const uint64_t bytes = (interface->mtu ? interface->mtu : 1500) + 14 + 24;
    const uint64_t rate = impairments->rate_bits_per_second;
    const uint64_t frames =
        interface->queue == DOBOS_QUEUE_FQ_CODEL ? PLUG_RING_SHORT : PLUG_RING_FRAMES;
    plug->ring_ns = rate ? (dobos_time)(frames * bytes * 8 * (uint64_t)DOBOS_SECOND / rate) : 0;
}

bool plug_is_down(const struct plug *plug) {
    return plug->is_down || plug->segment->is_down;
}

/* The link is up or down as its cable and segment say. */
static void plug_settle(struct plug *plug) {
    struct lab_node *node = plug->node;
    const bool is_down = plug_is_down(plug);
    if (is_down == plug->cable.is_cut)
        return;
    cable_cut(&plug->cable, is_down);
    clock_arm(&node->lab->clock, &plug->arrival, cable_next(&plug->cable));
    if (is_down)
        bridge_forget(&plug->segment->bridge, plug->port);
    if (!node->host)
        return;
    (void)dobos_interface_carrier_set(node->host, plug->interface, !is_down);
    node_wake(node);
}

static void plug_change(struct plug *plug, const struct network_cable *change) {
    network_cable_change(change, &plug->cable.impairments);
    plug->has_limit |= (change->given & KEY_LIMIT) != 0;
    plug_ring(plug);
    /* Who waits for room on the cable may have it now. */
    node_wake(plug->node);
}

static void segment_change(struct lab_segment *segment, const struct network_cable *change) {
    if (change->given & KEY_STATE)
        segment->is_down = change->is_down;
    for (uint32_t i = 0; i < segment->plug_count; i++) {
        plug_change(segment->plugs[i], change);
        plug_settle(segment->plugs[i]);
    }
}

void lab_change(struct lab *lab, uint32_t node, const struct network_change *change) {
    if (node == UINT32_MAX) {
        segment_change(&lab->segments[change->number], &change->cable);
        return;
    }
    struct plug *plug = &lab->nodes[node].plugs[change->number];
    if (change->cable.given & KEY_STATE)
        plug->is_down = change->cable.is_down;
    plug_change(plug, &change->cable);
    plug_settle(plug);
}

/* The number of an interface of a node, or of a segment; UINT32_MAX: there is none. */
static uint32_t find(const struct lab *lab, uint32_t node, const char *name) {
    return node == UINT32_MAX ? network_segment_find(&lab->network, name)
                              : network_interface_find(&lab->network.nodes[node], name);
}

int lab_set(struct lab *lab, const char *node, const char *name, const char *text,
            struct lab_error *error) {
    struct yaml_document document;
    struct network_change change;
    const uint32_t number = node ? network_node_find(&lab->network, node) : UINT32_MAX;
    if (node && number == UINT32_MAX) {
        (void)snprintf(error->text, sizeof error->text, "%.60s: no such node in the network %s",
                       node, lab->network.name);
        return -1;
    }
    change.number = find(lab, number, name);
    if (change.number == UINT32_MAX) {
        (void)snprintf(error->text, sizeof error->text, "%.60s: no such %s", name,
                       node ? "interface of this node" : "segment in this network");
        return -1;
    }
    if (!yaml_read(&document, text, strlen(text), name, error))
        return -1;
    struct reading reading = {&document, error};
    const bool is_good = network_read_change(&reading, document.root, &change.cable);
    yaml_fini(&document);
    if (!is_good)
        return -1;
    lab_change(lab, number, &change);
    return 0;
}
