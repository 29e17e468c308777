/*
 * outside: the node that is no host of ours: what the file says of it, for whoever configures it,
 * and its frames. It may be no more than a plain host with one interface: what it serves or
 * forwards is up to the program in its place.
 */
#include <string.h>

#include "lab/lab_inner.h"
#include "link/gso.h"

/* Frames for the outside that wait to be taken. */
#define PORT_FRAMES 4096

bool outside_check(struct lab *lab, const struct network_node *node, struct lab_error *error) {
    const struct yaml_document *document = &lab->network.document;
    if (node->service_count > 0)
        return yaml_refuse_key(document, node->at, error,
                               "a program cannot take the place of a node with services");
    if (node->forwarding)
        return yaml_refuse_key(document, node->at, error,
                               "a program cannot take the place of a node that forwards");
    if (node->interface_count != 1)
        return yaml_refuse_key(document, node->at, error,
                               "a program can take the place of a node with one interface, not %u",
                               node->interface_count);
    if (node->interfaces[0].address_count > 16 || node->interfaces[0].route_count > 16)
        return yaml_refuse_key(document, node->at, error,
                               "a program can take the place of a node with at most 16 addresses "
                               "and 16 routes");
    return true;
}

int lab_outside_read(const struct lab *lab, struct lab_outside *outside, struct lab_error *error) {
    *outside = (struct lab_outside){0};
    if (lab->outside == UINT32_MAX) {
        (void)snprintf(error->text, sizeof error->text, "no node of the network %s is outside",
                       lab->network.name);
        return -1;
    }
    const struct network_interface *interface = &lab->network.nodes[lab->outside].interfaces[0];
    (void)snprintf(outside->interface, sizeof outside->interface, "%s", interface->name);
    outside->mac = lab->port.plug->mac;
    outside->mtu = interface->mtu ? interface->mtu : 1500;
    for (unsigned i = 0; i < interface->address_count; i++)
        outside->addresses[outside->address_count++] =
            (struct dobos_interface_address){.prefix = interface->addresses[i].prefix,
                                             .valid_until = DOBOS_NEVER,
                                             .preferred_until = DOBOS_NEVER,
                                             .origin = DOBOS_ORIGIN_STATIC};
    for (unsigned i = 0; i < interface->route_count; i++)
        outside->routes[outside->route_count++] = interface->routes[i].route;
    for (unsigned i = 0; i < interface->nameserver_count; i++)
        outside->nameservers[outside->nameserver_count++] = interface->nameservers[i].address;
    for (unsigned i = 0; i < interface->search_count; i++) {
        char *domain = outside->search[outside->search_count++];
        (void)snprintf(domain, DOBOS_DOMAIN_BYTES, "%s", interface->search[i]->text);
    }
    return 0;
}

struct lab_port *lab_outside_port(struct lab *lab) {
    return lab->outside == UINT32_MAX ? NULL : &lab->port;
}

struct dobos_pool *lab_pool(struct lab *lab) {
    return lab->pool;
}

void port_deliver(struct lab_port *port, struct dobos_packet *packet) {
    if (port->frames.packets >= PORT_FRAMES) {
        port->overflowed++;
        dobos_packet_release(packet);
        return;
    }
    packet_queue_append(&port->frames, packet);
}

void lab_port_input(struct lab_port *port, struct dobos_packet *packet, dobos_time now) {
    struct packet_queue frames;
    packet_queue_init(&frames);
    if (now < port->lab->clock.now)
        now = port->lab->clock.now;
    /* Segments carry frames as they are on a wire: whole super-segments are split, checksums
     * finished. */
    if (!gso_split(packet, &frames))
        return;
    while ((packet = packet_queue_take(&frames)))
        plug_send(port->plug, packet, now);
}

struct dobos_packet *lab_port_output(struct lab_port *port) {
    return packet_queue_take(&port->frames);
}
