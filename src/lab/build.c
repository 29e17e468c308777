/* build: nodes, segments and cables from what the file says. See node_host.c for the hosts. */
#include <stdlib.h>
#include <string.h>

#include "lab/lab_inner.h"

static bool no_memory(const struct lab *lab, struct lab_error *error) {
    return yaml_refuse_file(lab->network.document.name, error, "no memory for the network");
}

/* ---- segments ---- */

static int compare_macs(const void *a, const void *b) {
    const struct plug *const *x = a, *const *y = b;
    return memcmp((*x)->mac.bytes, (*y)->mac.bytes, sizeof(*x)->mac.bytes);
}

/* Two stations of one link address would take each other's frames. */
static bool check_macs(const struct lab *lab, const struct lab_segment *segment,
                       struct lab_error *error) {
    uint32_t count = 0;
    struct plug **sorted = malloc((segment->plug_count + 1) * sizeof *sorted);
    if (!sorted)
        return no_memory(lab, error);
    const struct plug *twice = NULL;
    for (uint32_t i = 0; i < segment->plug_count; i++)
        if (!segment->plugs[i]->node->port) /* what is behind a join has its own */
            sorted[count++] = segment->plugs[i];
    if (count > 0)
        qsort(sorted, count, sizeof *sorted, compare_macs);
    for (uint32_t i = 1; i < count && !twice; i++)
        if (compare_macs(&sorted[i - 1], &sorted[i]) == 0)
            twice = sorted[i];
    free(sorted);
    if (!twice)
        return true;
    char text[DOBOS_MAC_TEXT];
    dobos_mac_format(&twice->mac, text);
    return yaml_refuse_key(&lab->network.document,
                           twice->node->file->interfaces[twice->interface - 2].at, error,
                           "its link address %s is another's in its segment: expected a "
                           "macaddress of its own",
                           text);
}

static bool build_segments(struct lab *lab, bool real_time, struct lab_error *error) {
    const struct hash_key key = identity_bridge(&lab->identity);
    lab->segments = calloc(lab->network.segment_count + 1, sizeof *lab->segments);
    if (!lab->segments)
        return no_memory(lab, error);
    for (unsigned i = 0; i < lab->network.segment_count; i++) {
        lab->segments[i].file = &lab->network.segments[i];
        lab->segments[i].is_down = lab->network.segments[i].cable.is_down;
        bridge_init(&lab->segments[i].bridge, pool_allocator(lab->pool), &key);
    }
    for (unsigned n = 0; n < lab->network.node_count; n++)
        for (unsigned i = 0; i < lab->network.nodes[n].interface_count; i++)
            lab->segments[lab->network.nodes[n].interfaces[i].segment].plug_count++;
    for (unsigned i = 0; i < lab->network.segment_count; i++) {
        struct lab_segment *segment = &lab->segments[i];
        const unsigned joins = real_time ? segment_join_count(segment->file) : 0;
        segment->plugs = calloc(segment->plug_count + joins + 1, sizeof *segment->plugs);
        segment->plug_count = 0;
        if (!segment->plugs || (joins > 0 && !segment_join(lab, segment)))
            return no_memory(lab, error);
    }
    return true;
}

void plug_init(struct plug *plug, struct lab_node *node, unsigned number) {
    struct lab *lab = node->lab;
    const struct network_interface *interface = &node->file->interfaces[number];
    struct lab_segment *segment = &lab->segments[interface->segment];
    const struct impairments *impairments = &segment->file->cable.impairments;
    plug->node = node;
    plug->segment = segment;
    plug->interface = number + 2;
    plug->port = segment->plug_count;
    plug->mac = interface->has_mac
                    ? interface->mac
                    : identity_mac(&lab->identity, node->file->name, interface->name);
    cable_init(
        &plug->cable, pool_allocator(lab->pool), impairments,
        identity_cable(&lab->identity, segment->file->name, node->file->name, interface->name));
    cable_cut(&plug->cable, plug_is_down(plug));
    clock_event_init(&plug->arrival, CLOCK_ARRIVAL);
    plug->has_limit = (segment->file->cable.given & KEY_LIMIT) != 0;
    plug_ring(plug);
    segment->plugs[segment->plug_count++] = plug;
}

/* ---- nodes ---- */

static bool build_node(struct lab *lab, unsigned number, struct lab_error *error) {
    struct lab_node *node = &lab->nodes[number];
    node->plugs = calloc(node->file->interface_count + 1, sizeof *node->plugs);
    if (!node->plugs)
        return no_memory(lab, error);
    for (unsigned i = 0; i < node->file->interface_count; i++)
        plug_init(&node->plugs[i], node, i);
    return node_host_create(node, error);
}

bool lab_build(struct lab *lab, const struct lab_options *options, struct lab_error *error) {
    const struct network *network = &lab->network;
    size_t events = network->node_count;
    for (unsigned i = 0; i < network->node_count; i++)
        events += network->nodes[i].interface_count;
    for (unsigned i = 0; i < network->segment_count; i++)
        events += segment_join_count(&network->segments[i]);
    const dobos_time start = options->real_time ? options->start - options->warm_up : 0;
    list_init(&lab->ports);
    lab->nodes = calloc(network->node_count + 1, sizeof *lab->nodes);
    if (!lab->nodes || !clock_init(&lab->clock, events, start))
        return no_memory(lab, error);
    for (unsigned i = 0; i < network->node_count; i++) {
        lab->nodes[i].lab = lab;
        lab->nodes[i].file = &network->nodes[i];
        list_init(&lab->nodes[i].tasks);
        clock_event_init(&lab->nodes[i].turn, CLOCK_TURN);
    }
    if (!build_segments(lab, options->real_time, error))
        return false;
    for (unsigned i = 0; i < network->node_count; i++)
        if (!build_node(lab, i, error))
            return false;
    for (unsigned i = 0; i < network->segment_count; i++)
        if (!check_macs(lab, &lab->segments[i], error))
            return false;
    return true;
}

void lab_unbuild(struct lab *lab) {
    if (lab->nodes)
        ports_end(lab);
    for (unsigned n = 0; lab->nodes && n < lab->network.node_count; n++) {
        struct lab_node *node = &lab->nodes[n];
        if (node->lab) /* all of them before any plug: the clock knows the plugs' events */
            node_host_destroy(node);
    }
    for (unsigned n = 0; lab->nodes && n < lab->network.node_count; n++) {
        struct lab_node *node = &lab->nodes[n];
        for (unsigned i = 0; node->plugs && i < node->file->interface_count; i++)
            if (node->plugs[i].node)
                cable_fini(&node->plugs[i].cable);
        free(node->plugs);
        for (unsigned i = 0; node->leases && i < node->file->service_count; i++)
            lease_memory_fini(&node->leases[i]);
        free(node->leases);
    }
    for (unsigned i = 0; lab->segments && i < lab->network.segment_count; i++) {
        bridge_fini(&lab->segments[i].bridge);
        free(lab->segments[i].plugs);
        if (lab->segments[i].capture)
            (void)capture_close(lab->segments[i].capture);
    }
    free(lab->explainer);
    free(lab->nodes);
    free(lab->segments);
    clock_fini(&lab->clock);
}
