/*
 * outside: where frames leave the network: a program in the place of a node, or the join of a
 * segment to a device. What the file says of such a node, for whoever configures it, and the frames
 * of all of them, which os/ carries.
 *
 * A program may take the place of no more than a plain host with one interface: what it serves or
 * forwards is up to it. A join is a node without a host, which stands in no file.
 */
#include <stdlib.h>
#include <string.h>

#include "lab/lab_inner.h"
#include "link/gso.h"

/* Frames for the outside that wait to be taken. */
#define PORT_FRAMES 4096

/* What a join stands on: a node with one interface that the file does not have. */
struct lab_join {
    struct network_interface interface; /* at the segment */
    struct network_node file;           /* with that interface */
    struct lab_node node;               /* without a host */
    struct plug plug;                   /* its own */
};

/* ---- ports ---- */

/* A port (give) of a plug; NULL: no memory. */
static struct lab_port *port_create(struct plug *plug, enum lab_port_kind kind, const char *name) {
    struct lab_port *port = calloc(1, sizeof *port);
    if (!port)
        return NULL;
    list_node_init(&port->node);
    packet_queue_init(&port->frames);
    port->kind = kind;
    port->name = name;
    port->plug = plug;
    plug->node->port = port;
    list_append(&plug->node->lab->ports, &port->node);
    return port;
}

static void port_destroy(struct lab_port *port) {
    list_remove(&port->node);
    packet_queue_clear(&port->frames);
    port->plug->node->port = NULL;
    if (port->join) {
        clock_arm(&port->join->node.lab->clock, &port->join->plug.arrival, DOBOS_NEVER);
        cable_fini(&port->join->plug.cable);
    }
    free(port->join);
    free(port->mirror);
    free(port);
}

void ports_end(struct lab *lab) {
    for (struct list_node *item; (item = list_take_first(&lab->ports));)
        port_destroy(container_of(item, struct lab_port, node));
}

struct lab_port *lab_port_nth(const struct lab *lab, unsigned nth) {
    struct list_node *item = list_first(&lab->ports);
    for (; item && nth > 0; nth--)
        item = list_next(&lab->ports, item);
    return item ? container_of(item, struct lab_port, node) : NULL;
}

static uint32_t mtu_of(const struct plug *plug) {
    const uint32_t mtu = plug->node->file->interfaces[plug->interface - 2].mtu;
    return mtu ? mtu : 1500;
}

void lab_port_read(const struct lab_port *port, struct lab_port_info *info) {
    const struct lab_segment *segment = port->plug->segment;
    *info = (struct lab_port_info){.kind = port->kind,
                                   .name = port->name,
                                   .segment = segment->file->name,
                                   .mtu = mtu_of(port->plug)};
    if (port->kind == LAB_PORT_NODE)
        info->mac = port->plug->mac;
    for (uint32_t i = 0; port->join && i < segment->plug_count; i++)
        if (mtu_of(segment->plugs[i]) > info->mtu)
            info->mtu = mtu_of(segment->plugs[i]);
}

/* ---- a program in a node's place ---- */

/* The same network and metric as a route before it: they share the flows. */
static bool has_equal_routes(const struct network_interface *interface) {
    for (unsigned i = 1; i < interface->route_count; i++) {
        const struct dobos_route *route = &interface->routes[i].route;
        for (unsigned k = 0; k < i; k++) {
            const struct dobos_route *other = &interface->routes[k].route;
            if (route->metric == other->metric &&
                route->destination.length == other->destination.length &&
                dobos_address_is_equal(&route->destination.address, &other->destination.address))
                return true;
        }
    }
    return false;
}

/* What the machine's kernel does not get from us, and would then do otherwise than the file says;
 * NULL: nothing. */
static const char *beyond_of_node(const struct network_node *node) {
    return node->service_count > 0  ? "with services"
           : node->forwarding       ? "that forwards"
           : node->filter_count > 0 ? "that filters"
           : node->routes_file      ? "with a routes-file"
                                    : NULL;
}

static const char *beyond_of_interface(const struct network_interface *interface) {
    return interface->rule_count > 0                           ? "with a routing-policy"
           : has_equal_routes(interface)                       ? "with equal routes"
           : interface->reverse_path != DOBOS_REVERSE_PATH_OFF ? "with reverse-path"
           : interface->queue != DOBOS_QUEUE_PFIFO_FAST ? "with a queue other than pfifo_fast"
                                                        : NULL;
}

static bool outside_check(const struct lab *lab, const struct network_node *node,
                          struct lab_error *error) {
    const struct yaml_document *document = &lab->network.document;
    const char *beyond = beyond_of_node(node);
    if (!beyond && node->interface_count != 1)
        return yaml_refuse_key(document, node->at, error,
                               "a program can take the place of a node with one interface, not %u",
                               node->interface_count);
    if (!beyond)
        beyond = beyond_of_interface(&node->interfaces[0]);
    if (beyond)
        return yaml_refuse_key(document, node->at, error,
                               "a program cannot take the place of a node %s", beyond);
    if (node->interfaces[0].address_count > 16 || node->interfaces[0].route_count > 16)
        return yaml_refuse_key(document, node->at, error,
                               "a program can take the place of a node with at most 16 addresses "
                               "and 16 routes");
    char hosts[LAB_OUTSIDE_HOSTS];
    if (!companion_hosts_format(node, hosts, sizeof hosts))
        return yaml_refuse_key(document, node->at, error,
                               "a program can take the place of a node whose hosts are at most %d "
                               "bytes of text",
                               LAB_OUTSIDE_HOSTS);
    return true;
}

int lab_outside_take(struct lab *lab, const char *name, bool bare, struct lab_port **port,
                     struct lab_error *error) {
    const struct yaml_document *document = &lab->network.document;
    const uint32_t number = network_node_find(&lab->network, name);
    if (number == UINT32_MAX) {
        yaml_refuse_file(document->name, error, "no such node: %.60s", name);
        return -1;
    }
    struct lab_node *node = &lab->nodes[number];
    if (node->port) {
        yaml_refuse_key(document, node->file->at, error, "a program has its place already");
        return -1;
    }
    if (!outside_check(lab, node->file, error))
        return -1;
    struct lab_outside *mirror = calloc(1, sizeof *mirror);
    *port = mirror ? port_create(&node->plugs[0], LAB_PORT_NODE, node->file->name) : NULL;
    if (!*port) {
        free(mirror);
        yaml_refuse_file(document->name, error, "no memory for a port");
        return -1;
    }
    (*port)->mirror = mirror;
    node_host_destroy(node);
    if (node->file->interfaces[0].dhcp4 && !bare && !node_host_create(node, error)) {
        port_destroy(*port);
        return -1;
    }
    companion_mirror(*port);
    return 0;
}

int lab_outside_return(struct lab *lab, struct lab_port *port, struct lab_error *error) {
    struct lab_node *node = port->plug->node;
    (void)lab;
    node_host_destroy(node);
    port_destroy(port);
    return node_host_create(node, error) ? 0 : -1;
}

void lab_outside_read(const struct lab_port *port, struct lab_outside *outside) {
    *outside = *port->mirror;
}

uint64_t lab_outside_generation(const struct lab_port *port) {
    return port->generation;
}

/* ---- joins ---- */

unsigned segment_join_count(const struct network_segment *segment) {
    return (unsigned)(segment->tap != NULL) + (unsigned)(segment->interface != NULL);
}

static bool join(struct lab *lab, struct lab_segment *segment, enum lab_port_kind kind,
                 const char *device) {
    struct lab_join *made = calloc(1, sizeof *made);
    if (!made)
        return false;
    made->interface = (struct network_interface){
        .name = device, .at = segment->file->at, .segment = (uint32_t)(segment - lab->segments)};
    made->file = (struct network_node){
        .name = "", .at = segment->file->at, .interfaces = &made->interface, .interface_count = 1};
    made->node = (struct lab_node){.lab = lab, .file = &made->file, .plugs = &made->plug};
    list_init(&made->node.tasks);
    clock_event_init(&made->node.turn, CLOCK_TURN);
    plug_init(&made->plug, &made->node, 0);
    struct lab_port *port = port_create(&made->plug, kind, device);
    if (port) {
        port->join = made;
        return true;
    }
    segment->plug_count--;
    cable_fini(&made->plug.cable);
    free(made);
    return false;
}

bool segment_join(struct lab *lab, struct lab_segment *segment) {
    const struct network_segment *file = segment->file;
    return (!file->tap || join(lab, segment, LAB_PORT_TAP, file->tap)) &&
           (!file->interface || join(lab, segment, LAB_PORT_INTERFACE, file->interface));
}

/* ---- frames ---- */

struct dobos_pool *lab_pool(struct lab *lab) {
    return lab->pool;
}

/* A frame (take) for the program. */
static void give(struct lab_port *port, struct dobos_packet *packet) {
    if (port->frames.packets >= PORT_FRAMES) {
        port->overflowed++;
        dobos_packet_release(packet);
        return;
    }
    packet_queue_append(&port->frames, packet);
}

void port_deliver(struct lab_port *port, struct dobos_packet *packet, dobos_time now) {
    struct lab_node *node = port->plug->node;
    const enum companion_share share = companion_share(port, packet);
    if (share == COMPANION_TOO) {
        struct dobos_packet *copy = dobos_packet_clone(packet);
        if (copy)
            give(port, copy);
    }
    if (share == COMPANION_NOTHING) {
        give(port, packet);
        return;
    }
    if (dobos_input(node->host, port->plug->interface, &packet, 1, now))
        node_wake(node);
}

void lab_port_input(struct lab_port *port, struct dobos_packet *packet, dobos_time now) {
    const struct lab *lab = port->plug->node->lab;
    struct packet_queue frames;
    packet_queue_init(&frames);
    if (now < lab->clock.now)
        now = lab->clock.now;
    /* Segments carry frames as they are on a wire: whole super-segments are split, checksums
     * finished. */
    if (!gso_split(packet, &frames))
        return;
    while ((packet = packet_queue_take(&frames))) {
        companion_watch(port, packet);
        plug_send(port->plug, packet, now);
    }
}

struct dobos_packet *lab_port_output(struct lab_port *port) {
    return packet_queue_take(&port->frames);
}
