/* topology_wire: the hosts of a random network and the wires between them (topology.h). */
#include "topology.h"

#include <dobos/nat.h>

#include "base/bytes.h"

#define WIRE   DOBOS_MILLISECOND /* how long a frame takes */
#define FRAMES 100000            /* of a seed, at most: more is a loop */

/* ---- hosts ---- */

static struct dobos_mac mac_of(uint32_t node, uint32_t interface) {
    return (struct dobos_mac){{2, 0, 0, 0, (uint8_t)node, (uint8_t)interface}};
}

static void interfaces_create(struct topology *t, uint32_t node) {
    const struct model_node *n = &t->model.nodes[node];
    for (uint32_t i = 0; i < n->interface_count; i++) {
        struct dobos_interface_config config = {
            .size = sizeof(config), .mac = mac_of(node, i), .mtu = n->interfaces[i].mtu};
        memcpy(config.name, "eth0", 5);
        config.name[3] = (char)('0' + i);
        must(t, dobos_interface_add(t->hosts[node], &config) == (int)i + 2, "interface", node);
        struct dobos_interface_address address = {
            .prefix = {dobos_address_ipv4(n->interfaces[i].address),
                       t->model.segments[n->interfaces[i].segment].length},
            .valid_until = DOBOS_NEVER,
            .preferred_until = DOBOS_NEVER,
            .origin = DOBOS_ORIGIN_STATIC};
        must(t, dobos_address_add(t->hosts[node], i + 2, &address) == 0, "address", node);
    }
}

static void routes_create(struct topology *t, uint32_t node) {
    const struct model_node *n = &t->model.nodes[node];
    for (uint32_t i = 0; i < n->route_count; i++) {
        const struct model_route *r = &n->routes[i];
        struct dobos_route route = {.destination = {dobos_address_ipv4(r->prefix), r->length},
                                    .gateway = dobos_address_ipv4(r->gateway),
                                    .source = dobos_address_ipv4(0),
                                    .metric = r->metric,
                                    .origin = DOBOS_ORIGIN_STATIC};
        if (r->gateway)
            must(t, dobos_route_add(t->hosts[node], &route) == 0, "route", node);
    }
}

struct dobos_socket *socket_open(struct topology *t, uint32_t node, enum dobos_protocol protocol,
                                 uint16_t port) {
    struct dobos_socket *socket;
    struct dobos_endpoint local = {.address = dobos_address_ipv4(0), .port = port};
    must(t, dobos_socket_create(t->hosts[node], protocol, NULL, &socket) == 0, "socket", node);
    if (port)
        must(t, dobos_bind(socket, &local) == 0, "bind", node);
    return socket;
}

void node_create(struct topology *t, uint32_t node) {
    const struct model_node *n = &t->model.nodes[node];
    struct dobos_host_config config = {
        .size = sizeof(config), .name = "node", .forwarding = n->is_router};
    for (unsigned i = 0; i < DOBOS_KEY_BYTES; i++)
        config.key[i] = (uint8_t)(t->seed >> 8 * (i % 8) ^ i * 41 ^ node * 7);
    must(t, dobos_host_create(t->pool, &config, t->now, &t->hosts[node]) == 0, "host", node);
    interfaces_create(t, node);
    routes_create(t, node);
    if (n->nat != MODEL_NONE) {
        const uint32_t outside[] = {n->nat + 2};
        const struct dobos_nat_config nat = {
            .size = sizeof(nat), .interfaces = outside, .interface_count = 1};
        must(t, dobos_nat_set(t->hosts[node], &nat) == 0, "nat", node);
    }
    t->sockets[node] = socket_open(t, node, DOBOS_UDP, PORT);
    t->listeners[node] = socket_open(t, node, DOBOS_TCP, TCP_PORT);
    must(t, dobos_listen(t->listeners[node], 16) == 0, "listen", node);
}

/* ---- wires ---- */

/* A datagram of ours on a wire, by its first bytes: its time to live has fallen since the last. */
static void frame_audit(struct topology *t, const struct frame *frame) {
    const uint8_t *ip = frame->bytes + 14;
    if (frame->length < 34 || load_be16(frame->bytes + 12) != 0x0800)
        return;
    must(t, ip[8] > 0, "a time to live of zero", frame->node);
    size_t header = (size_t)(ip[0] & 15) * 4;
    if (ip[9] != 17 || (load_be16(ip + 6) & 0x1fff) || frame->length < 14 + header + 8 + 12 ||
        load_be32(ip + header + 8) != MAGIC)
        return;
    uint32_t tag = load_be32(ip + header + 12), answer = load_be32(ip + header + 16) & 1;
    must(t, tag < t->probe_count, "a datagram of nobody", tag);
    struct probe *probe = &t->probes[tag];
    must(t, probe->seen[answer] == 0 || ip[8] < probe->last_ttl[answer],
         "its time to live did not fall", tag);
    probe->last_ttl[answer] = ip[8];
    probe->seen[answer]++;
}

static bool is_down(const struct topology *t, uint32_t segment) {
    return t->model.segments[segment].is_down;
}

/* Takes all that hosts have to send. */
void wires_collect(struct topology *t) {
    for (uint32_t n = 0; n < t->model.node_count; n++) {
        for (uint32_t i = 0; i < t->model.nodes[n].interface_count; i++) {
            struct dobos_packet *packets[16];
            unsigned count;
            while ((count = dobos_output(t->hosts[n], i + 2, packets, 16, t->now)) > 0) {
                for (unsigned k = 0; k < count; k++) {
                    must(t, t->in_flight < FLIGHT && ++t->frames < FRAMES, "a storm", n);
                    struct frame *frame = &t->flight[(t->first + t->in_flight++) % FLIGHT];
                    frame->arrives = t->now + WIRE;
                    frame->segment = t->model.nodes[n].interfaces[i].segment;
                    frame->node = n;
                    frame->length =
                        dobos_packet_read(packets[k], 0, frame->bytes, sizeof(frame->bytes));
                    must(t, frame->length == dobos_packet_length(packets[k]), "too long", n);
                    must(t, !is_down(t, frame->segment), "sent without a link", n);
                    dobos_packet_release(packets[k]);
                    frame_audit(t, frame);
                }
            }
        }
    }
}

void wire_deliver(struct topology *t, const struct frame *frame) {
    if (is_down(t, frame->segment))
        return;
    for (uint32_t n = 0; n < t->model.node_count; n++) {
        for (uint32_t i = 0; i < t->model.nodes[n].interface_count; i++) {
            struct dobos_mac mac = mac_of(n, i);
            if (n == frame->node || t->model.nodes[n].interfaces[i].segment != frame->segment ||
                (!(frame->bytes[0] & 1) && memcmp(frame->bytes, mac.bytes, 6) != 0))
                continue;
            struct dobos_packet *packet =
                dobos_packet_from_bytes(t->pool, frame->bytes, frame->length, NULL);
            must(t, packet != NULL, "no memory", n);
            (void)dobos_input(t->hosts[n], i + 2, &packet, 1, t->now);
        }
    }
}
