/*
 * groups: the filters that sockets have for a group of an interface make one (RFC 3376 §3.2), which
 * is IGMP's to tell; and IGMP's messages on their way out and in.
 */
#include "host/groups.h"

#include <dobos/group.h>

#include "host/transmit.h"

#include "base/prefix.h"
#include "network/ipv4_layer.h"
#include "transport/datagram.h"
#include "transport/membership.h"

/* ---- what all want ---- */

static bool filter_has(const struct igmp_filter *filter, uint32_t source) {
    for (uint32_t i = 0; i < filter->count; i++)
        if (filter->sources[i] == source)
            return true;
    return false;
}

/* Keeps the sources that are among a membership's, or that are not. */
static void filter_keep(struct igmp_filter *filter, const struct membership *membership,
                        bool among) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < filter->count; i++) {
        if (membership_has_source(membership, filter->sources[i]) == among)
            filter->sources[kept++] = filter->sources[i];
    }
    filter->count = kept;
}

/* Adds a membership's sources; more than a filter holds are all there are. */
static void filter_add(struct igmp_filter *filter, const struct membership *membership) {
    for (uint32_t i = 0; i < membership->count; i++) {
        if (filter_has(filter, membership->sources[i]))
            continue;
        if (filter->count == IGMP_SOURCES) {
            *filter = (struct igmp_filter){.exclude = true};
            return;
        }
        filter->sources[filter->count++] = membership->sources[i];
    }
}

static const struct membership *membership_of(const struct list_node *node, uint32_t interface,
                                              uint32_t group) {
    const struct dobos_socket *socket = container_of(node, const struct dobos_socket, all);
    return socket->protocol == DOBOS_UDP ? membership_find(socket, interface, group) : NULL;
}

/* Excluded is what all who exclude do and nobody includes; where nobody excludes, included is what
 * anybody does [rfc3376#22]. */
static void filter_merge(const struct dobos_host *host, uint32_t interface, uint32_t group,
                         struct igmp_filter *filter) {
    const struct membership *membership;
    *filter = (struct igmp_filter){0};
    list_each(&host->sockets, node) {
        membership = membership_of(node, interface, group);
        if (!membership || !membership->exclude)
            continue;
        if (filter->exclude)
            filter_keep(filter, membership, true);
        else
            filter_add(filter, membership);
        filter->exclude = true;
    }
    bool excludes = filter->exclude;
    list_each(&host->sockets, node) {
        membership = membership_of(node, interface, group);
        if (!membership || membership->exclude)
            continue;
        if (excludes)
            filter_keep(filter, membership, false);
        else if (!filter->exclude)
            filter_add(filter, membership);
    }
}

static int filter_update(struct dobos_host *host, uint32_t interface, uint32_t group) {
    struct dobos_address address = dobos_address_ipv4(group);
    struct igmp_filter filter;
    filter_merge(host, interface, group, &filter);
    return igmp_filter_set(&host->interfaces[interface - 1]->igmp, &address, &filter, host->now);
}

/* ---- the calls ---- */

static uint32_t interface_choose(const struct dobos_socket *socket, uint32_t interface) {
    int64_t chosen = 0;
    if (interface == 0 &&
        datagram_option_read(socket, DOBOS_OPTION_MULTICAST_INTERFACE, &chosen) == 0)
        interface = (uint32_t)chosen;
    return interface ? interface : LOOPBACK + 1;
}

static bool is_source(const struct dobos_address *source) {
    if (!dobos_address_is_ipv4(source))
        return false;
    uint32_t number = dobos_address_ipv4_number(source);
    return !ipv4_is_this_network(number) && !ipv4_is_multicast(number) &&
           !ipv4_is_reserved(number) && !ipv4_is_limited_broadcast(number);
}

static int change_check(const struct dobos_socket *socket, uint32_t interface,
                        const struct dobos_address *group, const struct dobos_address *source) {
    if (!host_interface(socket->host, interface))
        return -DOBOS_ENODEV;
    if (interface == LOOPBACK || !dobos_address_is_ipv4(group) ||
        !ipv4_is_multicast(dobos_address_ipv4_number(group)) || (source && !is_source(source)))
        return -DOBOS_EINVAL;
    return 0;
}

/* A filter that cannot be narrowed for want of memory stays wide: the socket has its own. */
static int change(struct dobos_socket *socket, enum membership_change what, uint32_t interface,
                  const struct dobos_address *group, const struct dobos_address *source) {
    struct dobos_host *host = socket->host;
    if (socket->protocol != DOBOS_UDP)
        return -DOBOS_EOPNOTSUPP;
    uint32_t index = interface_choose(socket, interface);
    int result = change_check(socket, index, group, source);
    if (result < 0)
        return result;
    uint32_t number = dobos_address_ipv4_number(group);
    uint32_t from = source ? dobos_address_ipv4_number(source) : 0;
    result = membership_change(&host->transport, socket, what, index, number, from);
    if (result < 0)
        return result;
    result = filter_update(host, index, number);
    if (result == 0 || (what != MEMBERSHIP_JOIN && what != MEMBERSHIP_JOIN_SOURCE))
        return 0;
    (void)membership_change(&host->transport, socket,
                            what == MEMBERSHIP_JOIN ? MEMBERSHIP_LEAVE : MEMBERSHIP_LEAVE_SOURCE,
                            index, number, from);
    return result;
}

/* [rfc1122#75] [rfc1812#53] */
int dobos_group_join(struct dobos_socket *socket, uint32_t interface,
                     const struct dobos_address *group) {
    return change(socket, MEMBERSHIP_JOIN, interface, group, NULL);
}

int dobos_group_leave(struct dobos_socket *socket, uint32_t interface,
                      const struct dobos_address *group) {
    return change(socket, MEMBERSHIP_LEAVE, interface, group, NULL);
}

int dobos_group_block(struct dobos_socket *socket, uint32_t interface,
                      const struct dobos_address *group, const struct dobos_address *source) {
    return change(socket, MEMBERSHIP_BLOCK, interface, group, source);
}

int dobos_group_unblock(struct dobos_socket *socket, uint32_t interface,
                        const struct dobos_address *group, const struct dobos_address *source) {
    return change(socket, MEMBERSHIP_UNBLOCK, interface, group, source);
}

int dobos_group_join_source(struct dobos_socket *socket, uint32_t interface,
                            const struct dobos_address *group, const struct dobos_address *source) {
    return change(socket, MEMBERSHIP_JOIN_SOURCE, interface, group, source);
}

int dobos_group_leave_source(struct dobos_socket *socket, uint32_t interface,
                             const struct dobos_address *group,
                             const struct dobos_address *source) {
    return change(socket, MEMBERSHIP_LEAVE_SOURCE, interface, group, source);
}

void groups_socket_end(struct dobos_socket *socket) {
    const struct membership *membership;
    if (socket->protocol != DOBOS_UDP)
        return;
    while ((membership = membership_first(socket))) {
        uint32_t interface = membership->interface, group = membership->group;
        (void)membership_change(&socket->host->transport, socket, MEMBERSHIP_LEAVE, interface,
                                group, 0);
        (void)filter_update(socket->host, interface, group);
    }
}

/* ---- looking at them ---- */

static uint32_t users_of(const struct dobos_host *host, uint32_t interface, uint32_t group) {
    uint32_t users = 0;
    list_each(&host->sockets, node) users += membership_of(node, interface, group) != NULL;
    return users;
}

int dobos_group_read(const struct dobos_host *host, uint32_t index, uint32_t nth,
                     struct dobos_group_info *info) {
    const struct interface *interface = host_interface(host, index);
    if (!interface)
        return -DOBOS_ENODEV;
    *info =
        (struct dobos_group_info){.group = dobos_address_ipv4(GROUP_ALL_HOSTS), .exclude = true};
    if (nth > 0) {
        const struct igmp_group *group = igmp_nth(&interface->igmp, nth - 1);
        if (!group)
            return -DOBOS_ENOENT;
        info->group = dobos_address_ipv4(group->group);
        info->exclude = group->exclude;
        info->source_count = group->in_count;
    }
    info->mac = group_mac(&info->group);
    info->users = users_of(host, index, dobos_address_ipv4_number(&info->group));
    return 0;
}

int dobos_group_source_read(const struct dobos_host *host, uint32_t index,
                            const struct dobos_address *group, uint32_t nth,
                            struct dobos_address *source) {
    const struct interface *interface = host_interface(host, index);
    if (!interface)
        return -DOBOS_ENODEV;
    const struct igmp_group *found = igmp_find(&interface->igmp, dobos_address_ipv4_number(group));
    for (uint32_t i = 0; found && i < found->count; i++) {
        if (!found->sources[i].is_in || nth-- > 0)
            continue;
        *source = dobos_address_ipv4(found->sources[i].number);
        return 0;
    }
    return -DOBOS_ENOENT;
}

/* ---- messages ---- */

/* With the option that makes routers look at it, one hop far, for internetwork control
 * [rfc3376#23]; from nobody while the interface has no address [rfc3376#24]. */
void groups_transmit(struct dobos_host *host, struct interface *interface) {
    static const uint8_t router_alert[] = {IPV4_OPTION_ROUTER_ALERT, 4, 0, 0};
    struct dobos_packet *message;
    struct dobos_address to;
    while (
        (message = igmp_transmit(&interface->igmp, host->pool, interface->mtu, host->now, &to))) {
        const struct dobos_interface_address *own =
            interface_addresses_source(&interface->addresses, &to);
        struct ipv4_fields fields = {.source = own ? own->prefix.address : dobos_address_ipv4(0),
                                     .destination = to,
                                     .protocol = PROTOCOL_IGMP,
                                     .ttl = 1,
                                     .tos = TOS_CONTROL,
                                     .dont_fragment = true,
                                     .options = {router_alert, sizeof router_alert}};
        const struct path path = {.source = fields.source,
                                  .next_hop = to,
                                  .interface = interface->index,
                                  .mtu = interface->mtu,
                                  .broadcast = true,
                                  .generation = host->routes.generation};
        transmit_datagram(host, message, &path, &fields);
    }
}

void groups_on_timer(struct dobos_host *host, struct timer *timer) {
    const struct igmp *igmp = container_of(timer, struct igmp, timer);
    groups_transmit(host, host_interface(host, igmp->interface));
}

void groups_on_carrier(struct dobos_host *host, struct interface *interface) {
    if (interface->carrier)
        igmp_on_carrier(&interface->igmp, host->now);
}

static bool has_router_alert(const struct ipv4 *ipv4) {
    struct reader r = reader_make(ipv4->options.bytes, ipv4->options.length);
    struct slice data;
    uint8_t kind;
    while (ipv4_option_parse(&r, &kind, &data))
        if (kind == IPV4_OPTION_ROUTER_ALERT)
            return true;
    return false;
}

void groups_receive(struct dobos_host *host, struct arrival *arrival) {
    UNINITIALIZED uint8_t bytes[IGMP_MOST_BYTES];
    struct igmp_message message;
    enum drop_reason reason = DROP_IGMP_MALFORMED;
    const struct dobos_packet *packet = arrival->packet;
    struct interface *interface = arrival->interface;
    size_t length = packet->length - packet->transport_offset;
    if (length <= sizeof bytes &&
        dobos_packet_read(packet, packet->transport_offset, bytes, length) == length &&
        igmp_parse((struct slice){bytes, length}, &message) &&
        igmp_receive(&interface->igmp, &message, &arrival->ipv4.destination,
                     has_router_alert(&arrival->ipv4), host->now, &reason) == VERDICT_DELIVER) {
        arrival_deliver(host, arrival);
        groups_transmit(host, interface);
        return;
    }
    arrival_drop(host, arrival, reason);
}
