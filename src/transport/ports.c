/*
 * ports: who owns a local port, and who has a flow.
 *
 * An owner is a socket that was bound: a listener, a datagram socket, or a connection that a
 * program bound before it connected. Two owners of one protocol and port must differ in address or
 * interface. A connection that was not bound owns nothing: it is known by its whole flow alone, so
 * that as many connections as there are peers can share one local port.
 *
 * Ephemeral ports are chosen as RFC 6056 §3.3 asks. A connection's: a keyed hash of the flow, plus
 * a counter that goes on by random steps, says where to begin, so that a port is not used again
 * soon. A datagram socket's is drawn anew from the whole range: for DNS and its like it is half of
 * the secret (RFC 5452 §9.2). From there each port of the range is tried once.
 */
#include "transport/transport.h"

#include <dobos/errors.h>

#include "base/assert.h"
#include "transport/tcp/tcp.h"

#define PORTS (PORT_EPHEMERAL_LAST - PORT_EPHEMERAL_FIRST + 1u)
#define STEP  512 /* largest random step of the counter */

struct sender *flow_find(const struct transport *transport, const struct flow *flow) {
    uint64_t hash = flow_hash(&transport->flow_key, flow);
    struct hash_node *node = hash_table_find(&transport->flows, hash);
    for (; node; node = hash_table_find_next(node, hash)) {
        struct sender *sender = container_of(node, struct sender, by_flow);
        if (flow_is_equal(&sender->flow, flow))
            return sender;
    }
    return NULL;
}

bool flow_insert(struct transport *transport, struct sender *sender) {
    uint64_t hash = flow_hash(&transport->flow_key, &sender->flow);
    if (NEVER(sender->is_known) || !hash_table_insert(&transport->flows, &sender->by_flow, hash))
        return false;
    sender->is_known = true;
    return true;
}

void flow_remove(struct transport *transport, struct sender *sender) {
    if (!sender->is_known)
        return;
    hash_table_remove(&transport->flows, &sender->by_flow);
    sender->is_known = false;
}

static uint64_t port_hash(const struct transport *transport, uint8_t protocol, uint16_t port) {
    uint8_t bytes[3] = {protocol};
    store_be16(bytes + 1, port);
    return keyed_hash(&transport->flow_key, bytes, sizeof bytes);
}

/* Whether two scopes, of which 0 is all, have an interface in common. */
static bool interfaces_overlap(uint32_t a, uint32_t b) {
    return a == 0 || b == 0 || a == b;
}

static bool addresses_overlap(const struct dobos_address *a, const struct dobos_address *b) {
    return dobos_address_is_unspecified(a) || dobos_address_is_unspecified(b) ||
           dobos_address_is_equal(a, b);
}

/* Whether somebody owns `port` for an address and interface that `socket` would own too. */
static bool port_is_taken(const struct transport *transport, const struct dobos_socket *socket,
                          uint16_t port) {
    uint64_t hash = port_hash(transport, socket->protocol, port);
    struct hash_node *node = hash_table_find(&transport->ports, hash);
    for (; node; node = hash_table_find_next(node, hash)) {
        const struct dobos_socket *owner = container_of(node, struct dobos_socket, by_port);
        if (owner->protocol == socket->protocol && owner->sender.flow.local_port == port &&
            interfaces_overlap(owner->bound_interface, socket->bound_interface) &&
            addresses_overlap(&owner->sender.flow.local, &socket->sender.flow.local))
            return true;
    }
    return false;
}

/* Whether a connection has the very flow that `socket` would have with `port`, and keeps it. */
static bool flow_is_taken(const struct transport *transport, const struct dobos_socket *socket,
                          uint16_t port, dobos_time now) {
    struct flow flow = socket->sender.flow;
    flow.local_port = port;
    const struct sender *sender = flow_find(transport, &flow);
    return sender && !tcp_flow_is_reusable(sender, now);
}

/* Where the search for a free port begins. */
static uint64_t port_start(struct transport *transport, const struct dobos_socket *socket) {
    uint8_t counter[8];
    transport->port_counter += 1 + random_below(&transport->random, STEP);
    if (socket->protocol == DOBOS_TCP)
        return flow_hash(&transport->port_key, &socket->sender.flow) + transport->port_counter;
    store_be64(counter, transport->port_counter);
    return keyed_hash(&transport->port_key, counter, sizeof counter);
}

/*
 * A free ephemeral port, or 0 when each of the range was tried. What is owned is never chosen
 * [rfc6056#1]; the range is what no service has [rfc6056#2]; who sees some ports cannot tell the
 * next [rfc6056#3]; it ends after one round [rfc6056#4].
 */
static uint16_t port_choose(struct transport *transport, const struct dobos_socket *socket,
                            dobos_time now) {
    uint64_t start = port_start(transport, socket);
    for (uint32_t i = 0; i < PORTS; i++) {
        uint16_t port = (uint16_t)(PORT_EPHEMERAL_FIRST + (start + i) % PORTS);
        if (!port_is_taken(transport, socket, port) && !flow_is_taken(transport, socket, port, now))
            return port;
    }
    return 0;
}

int port_claim(struct transport *transport, struct dobos_socket *socket) {
    struct flow *flow = &socket->sender.flow;
    if (socket->is_bound)
        return -DOBOS_EINVAL;
    uint16_t port = flow->local_port;
    if (port == 0)
        port = port_choose(transport, socket, 0);
    else if (port_is_taken(transport, socket, port))
        return -DOBOS_EADDRINUSE;
    if (port == 0)
        return -DOBOS_EADDRNOTAVAIL;
    uint64_t hash = port_hash(transport, socket->protocol, port);
    if (!hash_table_insert(&transport->ports, &socket->by_port, hash))
        return -DOBOS_ENOMEM;
    flow->local_port = port;
    flow->protocol = socket->protocol;
    socket->is_bound = true;
    return 0;
}

int port_claim_flow(struct transport *transport, struct dobos_socket *socket, dobos_time now) {
    uint16_t port = port_choose(transport, socket, now);
    if (port == 0)
        return -DOBOS_EADDRNOTAVAIL;
    socket->sender.flow.local_port = port;
    return 0;
}

void port_release(struct transport *transport, struct dobos_socket *socket) {
    if (!socket->is_bound)
        return;
    hash_table_remove(&transport->ports, &socket->by_port);
    socket->is_bound = false;
}

/* How well an owner fits a packet's flow; 0: not at all. */
static unsigned owner_fit(const struct dobos_socket *owner, const struct flow *flow) {
    const struct flow *own = &owner->sender.flow;
    unsigned fit = 1;
    if (owner->protocol != flow->protocol || own->local_port != flow->local_port)
        return 0;
    if (!dobos_address_is_unspecified(&own->remote)) {
        if ((own->remote_port != flow->remote_port && flow->protocol != DOBOS_ICMP) ||
            !dobos_address_is_equal(&own->remote, &flow->remote))
            return 0;
        fit += 4;
    }
    if (!dobos_address_is_unspecified(&own->local)) {
        if (!dobos_address_is_equal(&own->local, &flow->local))
            return 0;
        fit += 2;
    }
    if (owner->bound_interface != 0 && flow->interface != 0) {
        if (owner->bound_interface != flow->interface)
            return 0;
        fit += 1;
    }
    return fit;
}

struct dobos_socket *port_find(const struct transport *transport, const struct flow *flow) {
    struct dobos_socket *best = NULL;
    unsigned best_fit = 0;
    uint64_t hash = port_hash(transport, flow->protocol, flow->local_port);
    struct hash_node *node = hash_table_find(&transport->ports, hash);
    for (; node; node = hash_table_find_next(node, hash)) {
        struct dobos_socket *owner = container_of(node, struct dobos_socket, by_port);
        unsigned fit = owner_fit(owner, flow);
        if (fit > best_fit) {
            best = owner;
            best_fit = fit;
        }
    }
    return best;
}
