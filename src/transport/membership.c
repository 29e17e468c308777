/* membership: see membership.h. A socket has few groups and a group few sources: they are looked
 * through one by one. */
#include "transport/membership.h"

#include <dobos/errors.h>

#include "transport/datagram_socket.h"

static struct membership *find(const struct dobos_socket *socket, uint32_t interface,
                               uint32_t group) {
    const struct datagram_socket *own = datagram_of_const(socket);
    list_each(&own->memberships, node) {
        struct membership *membership = container_of(node, struct membership, node);
        if (membership->interface == interface && membership->group == group)
            return membership;
    }
    return NULL;
}

const struct membership *membership_find(const struct dobos_socket *socket, uint32_t interface,
                                         uint32_t group) {
    return find(socket, interface, group);
}

const struct membership *membership_first(const struct dobos_socket *socket) {
    struct list_node *node = list_first(&datagram_of_const(socket)->memberships);
    return node ? container_of(node, struct membership, node) : NULL;
}

bool membership_has_source(const struct membership *membership, uint32_t source) {
    for (uint32_t i = 0; i < membership->count; i++)
        if (membership->sources[i] == source)
            return true;
    return false;
}

/* [rfc3376#21] */
bool membership_accepts(const struct dobos_socket *socket, const struct flow *flow) {
    const struct membership *membership =
        find(socket, flow->interface, dobos_address_ipv4_number(&flow->local));
    return membership &&
           membership_has_source(membership, dobos_address_ipv4_number(&flow->remote)) !=
               membership->exclude;
}

static int create(struct transport *transport, struct dobos_socket *socket, uint32_t interface,
                  uint32_t group, bool exclude, struct membership **made) {
    struct datagram_socket *own = datagram_of(socket);
    if (own->membership_count >= DOBOS_GROUPS)
        return -DOBOS_ENOBUFS;
    struct membership *membership =
        allocator_allocate(pool_allocator(transport->pool), sizeof *membership, "membership");
    if (!membership)
        return -DOBOS_ENOMEM;
    membership->interface = interface;
    membership->group = group;
    membership->exclude = exclude;
    list_node_init(&membership->node);
    list_append(&own->memberships, &membership->node);
    own->membership_count++;
    *made = membership;
    return 0;
}

static void destroy(struct transport *transport, struct dobos_socket *socket,
                    struct membership *membership) {
    list_remove(&membership->node);
    datagram_of(socket)->membership_count--;
    allocator_release(pool_allocator(transport->pool), membership, sizeof *membership);
}

static int source_add(struct membership *membership, uint32_t source) {
    if (membership_has_source(membership, source))
        return -DOBOS_EADDRNOTAVAIL;
    if (membership->count >= DOBOS_GROUP_SOURCES)
        return -DOBOS_ENOBUFS;
    membership->sources[membership->count++] = source;
    return 0;
}

static int source_remove(struct membership *membership, uint32_t source) {
    for (uint32_t i = 0; i < membership->count; i++) {
        if (membership->sources[i] != source)
            continue;
        membership->count--;
        memmove(&membership->sources[i], &membership->sources[i + 1],
                (membership->count - i) * sizeof membership->sources[0]);
        return 0;
    }
    return -DOBOS_EADDRNOTAVAIL;
}

int membership_change(struct transport *transport, struct dobos_socket *socket,
                      enum membership_change change, uint32_t interface, uint32_t group,
                      uint32_t source) {
    struct membership *membership = find(socket, interface, group);
    bool wants_whole = change != MEMBERSHIP_JOIN_SOURCE && change != MEMBERSHIP_LEAVE_SOURCE;
    int result = 0;
    if (change == MEMBERSHIP_JOIN)
        return membership ? -DOBOS_EADDRINUSE
                          : create(transport, socket, interface, group, true, &membership);
    if (!membership && change != MEMBERSHIP_JOIN_SOURCE)
        return -DOBOS_EADDRNOTAVAIL;
    if (change == MEMBERSHIP_LEAVE) {
        destroy(transport, socket, membership);
        return 0;
    }
    if (membership && membership->exclude != wants_whole)
        return -DOBOS_EINVAL;
    if (!membership)
        result = create(transport, socket, interface, group, false, &membership);
    if (result < 0)
        return result;
    if (change == MEMBERSHIP_BLOCK || change == MEMBERSHIP_JOIN_SOURCE)
        return source_add(membership, source);
    result = source_remove(membership, source);
    if (result == 0 && !membership->exclude && membership->count == 0)
        destroy(transport, socket, membership);
    return result;
}
