/*
 * paths: which way a packet goes: the look-up that every sender, forwarder and `route get` shares
 * (RFC 1122 §3.3.1, 1812 §5.2.4): this host's own addresses, then the rules' tables, then the
 * longest prefix, the smallest metric, and of several equal hops the flow's own.
 *
 * A path is a value that senders cache; the routes' generation number says when it is stale.
 */
#include "host/paths.h"

#include "host/addresses.h"
#include "host/detours.h"

#include "base/prefix.h"
#include "network/route_share.h"
#include "network/tuple.h"

/* What an address is to this host, before any route is asked. */
static enum dobos_route_kind destination_kind(const struct dobos_host *host,
                                              const struct dobos_address *destination) {
    uint32_t number = dobos_address_ipv4_number(destination);
    if (ipv4_is_limited_broadcast(number))
        return DOBOS_ROUTE_BROADCAST;
    if (ipv4_is_multicast(number))
        return DOBOS_ROUTE_MULTICAST;
    if (ipv4_is_loopback(number) || host_address_owner(host, destination))
        return DOBOS_ROUTE_LOCAL;
    return DOBOS_ROUTE_UNICAST;
}

/* Where a packet to all or to a group leaves that no route is asked for: the interface it is bound
 * to, that of its source, or the first real one. */
static struct interface *group_interface(const struct dobos_host *host,
                                         const struct path_question *question) {
    if (question->bound)
        return host_interface(host, question->bound);
    struct interface *owner = host_address_owner(host, &question->source);
    if (owner && owner->index != LOOPBACK)
        return owner;
    return host_interface(host, LOOPBACK + 1);
}

/* ---- several equal hops ---- */

/* The flow a packet is of, the same for all its packets, and for all fragments of one. */
static uint64_t flow_of(const struct dobos_host *host, const struct path_question *question) {
    struct tuple tuple = {.source = question->source, .destination = question->destination};
    if (question->packet) {
        (void)tuple_parse(question->packet, question->ipv4, &tuple);
    } else if (question->flow) {
        tuple.source_port = question->flow->local_port;
        tuple.destination_port = question->flow->remote_port;
        tuple.protocol = question->flow->protocol;
    }
    return tuple_flow(&tuple) ^ host->share_salt;
}

/* Of the hops that share flows the one for this; `lead` holds those behind `first`. A flow of our
 * own stays at the interface its source is of, so that nobody on its way takes it for forged. */
static const struct route_hop *share(const struct dobos_host *host,
                                     const struct path_question *question,
                                     const struct route_hop *first, uint32_t lead,
                                     struct way *way) {
    const struct interface *home =
        question->arrived ? NULL : host_address_owner(host, &question->source);
    const struct route_hop *best = first;
    uint64_t flow = flow_of(host, question);
    uint64_t most = route_share_weight(flow, first);
    bool best_is_home = home && first->interface == home->index;
    while (lead) {
        const struct route_hop *hop = routes_hop_take(way->answer.routes, &lead);
        if (!route_hops_share(first, hop) || !route_hop_is_by(hop, question->bound) ||
            hop_is_dead(host, hop))
            continue;
        bool is_home = home && hop->interface == home->index;
        uint64_t weight = route_share_weight(flow, hop);
        way->equals++;
        if (is_home > best_is_home || (is_home == best_is_home && weight > most)) {
            best = hop;
            most = weight;
            best_is_home = is_home;
        }
    }
    return best;
}

struct route_answer way_ask(const struct dobos_host *host, const struct path_question *question) {
    uint32_t destination = dobos_address_ipv4_number(&question->destination);
    if (!host->tables) {
        uint32_t lead = routes_find(&host->routes, destination, question->bound);
        return (struct route_answer){.routes = &host->routes, .lead = lead};
    }
    const struct route_question asked = {
        .source = dobos_address_ipv4_number(&question->source),
        .destination = destination,
        .arrived = question->arrived ? question->arrived : LOOPBACK,
        .interface = question->bound,
    };
    return route_tables_find(host->tables, &host->routes, &asked);
}

/* The first hop that is not dead; when all are, the first, whose packets then say so themselves:
 * the link may come back, the gateway may answer the next time [rfc1122#72] [rfc1812#96]. */
static const struct route_hop *choose_hop(const struct dobos_host *host,
                                          const struct path_question *question, struct way *way) {
    uint32_t lead = way->answer.lead;
    const struct route_hop *dead = NULL;
    while (lead) {
        const struct route_hop *hop = routes_hop_take(way->answer.routes, &lead);
        if (!route_hop_is_by(hop, question->bound))
            continue;
        way->equals = 1;
        if (!hop_is_dead(host, hop))
            return lead && route_hop_can_share(hop) ? share(host, question, hop, lead, way) : hop;
        dead = dead ? dead : hop;
    }
    if (!dead || question->bound || host_interface(host, dead->interface)->carrier)
        return dead;
    const struct route_hop *shorter = hop_of_shorter(host, question, way->answer.routes);
    return shorter ? shorter : dead;
}

/* ---- the kinds of ways ---- */

static int choose_local(const struct dobos_host *host, const struct path_question *question,
                        struct way *way) {
    way->interface = LOOPBACK;
    way->next_hop = question->destination;
    way->mtu = host->interfaces[0]->mtu;
    way->source = question->destination;
    return 0;
}

static int choose_group(const struct dobos_host *host, const struct path_question *question,
                        struct way *way) {
    const struct interface *interface = group_interface(host, question);
    if (!interface)
        return -DOBOS_ENETUNREACH;
    way->interface = interface->index;
    way->next_hop = question->destination;
    way->mtu = interface->mtu;
    return 0;
}

/* What a route that leads nowhere says. */
static int refusal(enum dobos_route_kind type) {
    if (type == DOBOS_ROUTE_UNREACHABLE)
        return -DOBOS_EHOSTUNREACH;
    return type == DOBOS_ROUTE_PROHIBIT ? -DOBOS_EACCES : -DOBOS_EINVAL;
}

/* A neighbour is sent to directly, all others by the gateway of the longest prefix [rfc1122#44]
 * [rfc1122#82] [rfc1122#97] [rfc1812#95]; no gateway is needed for the former [rfc1122#45].
 * DEVIATION: [rfc1122#73] another network gets datagrams as long as the interface's MTU: that paths
 * carry only 576 bytes is no longer so. */
static int choose_route(const struct dobos_host *host, const struct path_question *question,
                        struct way *way) {
    way->answer = way_ask(host, question);
    const struct route_hop *hop = choose_hop(host, question, way);
    if (!hop || ipv4_is_this_network(dobos_address_ipv4_number(&question->destination)))
        return -DOBOS_ENETUNREACH; /* nobody is in network 0 [rfc1812#42] [rfc1812#52] */
    way->hop = hop;
    if (hop->type != DOBOS_ROUTE_UNICAST) {
        way->kind = hop->type;
        return refusal(hop->type);
    }
    const struct interface *interface = host_interface(host, hop->interface);
    /* Link-local neighbours are on the link, with no gateway between [rfc3927#8]. */
    bool on_link = dobos_address_is_unspecified(&hop->gateway) ||
                   ipv4_is_link_local(dobos_address_ipv4_number(&question->destination));
    way->interface = hop->interface;
    way->next_hop = on_link ? question->destination : hop->gateway;
    way->mtu = hop->mtu ? min_u32(hop->mtu, interface->mtu) : interface->mtu;
    if (host_address_is_broadcast(host, interface, &question->destination))
        way->kind = DOBOS_ROUTE_BROADCAST;
    return 0;
}

/* Chooses the source address for whoever gave none; false when there is none. [rfc1122#10]
 * [rfc1812#40] [rfc1122#56] [rfc9293#72] [rfc1122#167] */
static bool choose_source(const struct dobos_host *host, struct way *way) {
    const struct interface *interface = host_interface(host, way->interface);
    if (way->kind == DOBOS_ROUTE_LOCAL)
        return true;
    if (way->hop && !dobos_address_is_unspecified(&way->hop->source)) {
        way->source = way->hop->source;
        return true;
    }
    const struct dobos_interface_address *best =
        interface_addresses_source(&interface->addresses, &way->next_hop);
    way->source = best ? best->prefix.address : dobos_address_ipv4(0);
    /* A packet to all may leave from 0.0.0.0 (DHCP). */
    return best || !way->hop;
}

int way_find(const struct dobos_host *host, const struct path_question *question, struct way *way) {
    way->kind = destination_kind(host, &question->destination);
    way->interface = way->equals = 0;
    way->hop = NULL;
    int result;
    if (way->kind == DOBOS_ROUTE_LOCAL)
        result = choose_local(host, question, way);
    else if (way->kind == DOBOS_ROUTE_UNICAST)
        result = choose_route(host, question, way);
    else
        result = choose_group(host, question, way);
    if (result < 0)
        return result;
    if (dobos_address_is_unspecified(&question->source))
        return choose_source(host, way) ? 0 : -DOBOS_EADDRNOTAVAIL;
    /* Addresses of 127/8 stay inside. [rfc1122#12] [rfc1812#45] */
    if (way->interface != LOOPBACK && dobos_address_is_loopback(&question->source))
        return -DOBOS_EADDRNOTAVAIL;
    way->source = question->source;
    return 0;
}

int way_to_neighbor(const struct dobos_host *host, const struct dobos_address *neighbor,
                    uint32_t interface) {
    if (destination_kind(host, neighbor) != DOBOS_ROUTE_UNICAST)
        return -DOBOS_EINVAL;
    const struct route_hop *hop = routes_lookup(&host->routes, neighbor, interface);
    if (!hop)
        return -DOBOS_ENETUNREACH;
    const struct interface *link = host_interface(host, hop->interface);
    if (hop->type != DOBOS_ROUTE_UNICAST || !dobos_address_is_unspecified(&hop->gateway) ||
        host_address_is_broadcast(host, link, neighbor))
        return -DOBOS_EINVAL;
    return (int)hop->interface;
}

/* ---- paths ---- */

/* Who cached a path compares it: it grows with each change of routes, addresses or path MTUs
 * [rfc1191#14]. */
static uint64_t generation(const struct dobos_host *host) {
    return host->routes.generation + host->path_mtus.generation;
}

/* What the path carries beyond the first link, as far as is known. A router forwards what its own
 * next link takes and leaves the rest to those behind it. [rfc1191#6] [rfc1812#54] */
static void path_narrow(const struct dobos_host *host, const struct path_question *question,
                        struct path *path) {
    if (host->path_mtus.table.count == 0 || question->arrived != 0)
        return;
    const struct path_mtu *narrow =
        path_mtu_find(&host->path_mtus, &question->destination, question->trust);
    if (!narrow)
        return;
    path->mtu = min_u32(path->mtu, narrow->mtu);
    path->is_locked = narrow->is_locked;
}

/* [rfc1122#52] */
int path_find(const struct dobos_host *host, const struct path_question *question,
              struct path *path) {
    struct way way UNINITIALIZED;
    int result = way_find(host, question, &way);
    *path = (struct path){.generation = generation(host)};
    if (result < 0)
        return result;
    const struct interface *interface = host_interface(host, way.interface);
    bool loopback = way.interface == LOOPBACK;
    path->source = way.source;
    path->next_hop = way.next_hop;
    path->interface = way.interface;
    path->mtu = path->link_mtu = min_u32(way.mtu, IPV4_MAX_BYTES);
    path->gso_bytes = loopback || interface->offload_tso ? IPV4_MAX_BYTES : 0;
    path->broadcast = way.kind == DOBOS_ROUTE_BROADCAST || way.kind == DOBOS_ROUTE_MULTICAST;
    if (way.kind == DOBOS_ROUTE_UNICAST)
        path_narrow(host, question, path);
    return 0;
}

enum drop_reason path_drop_reason(int error) {
    if (error == -DOBOS_EINVAL)
        return DROP_ROUTE_BLACKHOLE;
    if (error == -DOBOS_EHOSTUNREACH)
        return DROP_ROUTE_UNREACHABLE;
    return error == -DOBOS_EACCES ? DROP_ROUTE_PROHIBIT : DROP_NO_ROUTE;
}

/* [rfc1122#99] */
bool path_is_fresh(const struct dobos_host *host, const struct path *path) {
    return path->interface != 0 && path->generation == generation(host);
}
