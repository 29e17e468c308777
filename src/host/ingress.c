/* ingress: see ingress.h. */
#include "host/ingress.h"

#include "host/addresses.h"
#include "host/paths.h"

#include "base/ipv4_ranges.h"

/* The subnet's interface; NULL: no interface has one with that address. */
static const struct interface *subnet_owner(const struct dobos_host *host,
                                            const struct dobos_address *address) {
    const struct route_hop *route = routes_lookup(&host->routes, address, 0);
    return route && dobos_address_is_unspecified(&route->gateway)
               ? host_interface(host, route->interface)
               : NULL;
}

/* Whether a packet that came from outside says it is from inside: from a subnet of an interface
 * that is not outside (RFC 2827, attack B20). */
static bool source_is_forged(const struct dobos_host *host, const struct arrival *arrival) {
    if (!arrival->interface->outside)
        return false;
    const struct interface *owner = subnet_owner(host, &arrival->ipv4.source);
    return owner && !owner->outside;
}

bool ingress_is_nat_inside(const struct dobos_host *host, const struct dobos_address *address) {
    const struct interface *owner = subnet_owner(host, address);
    return owner && !owner->is_outside;
}

/* What the tables say of the way back to the source. */
static struct route_answer way_back(const struct dobos_host *host, const struct ipv4 *ipv4) {
    const struct path_question question = {.destination = ipv4->source,
                                           .source = ipv4->destination};
    return way_ask(host, &question);
}

/* Unicast reverse path forwarding (RFC 3704): strict as its §2.2 has it, so that of several routes
 * that are equally good any will do; loose as in §2.5, without the default route, which would make
 * every source good. What leads nowhere is no way back. Off by default [rfc1812#101]. A host that
 * has no address yet calls from 0.0.0.0. [rfc1812#126] [rfc1812#127] */
static bool reverse_path_fails(const struct dobos_host *host, const struct arrival *arrival) {
    const struct dobos_address *source = &arrival->ipv4.source;
    if (arrival->interface->reverse_path == DOBOS_REVERSE_PATH_OFF ||
        dobos_address_is_unspecified(source))
        return false;
    struct route_answer back = way_back(host, &arrival->ipv4);
    bool is_loose = arrival->interface->reverse_path == DOBOS_REVERSE_PATH_LOOSE;
    if (is_loose && back.lead)
        back.lead = routes_find_close(back.routes, dobos_address_ipv4_number(source));
    const struct route_hop *best = NULL;
    while (back.lead) {
        const struct route_hop *hop = routes_hop_take(back.routes, &back.lead);
        best = best ? best : hop;
        if (hop->type != DOBOS_ROUTE_UNICAST || hop->metric != best->metric)
            return true;
        if (is_loose || hop->interface == arrival->interface->index)
            return false;
    }
    return true;
}

/* Nobody else may send from an address of ours (RFC 1812 §5.3.8, attack B3), and nobody from a
 * broadcast address of the network [rfc1122#15] [rfc1122#66] [rfc1812#47] [rfc1812#123]. */
enum drop_reason ingress_check(const struct dobos_host *host, const struct arrival *arrival) {
    if (host_address_owner(host, &arrival->ipv4.source) ||
        host_address_is_broadcast(host, arrival->interface, &arrival->ipv4.source) ||
        source_is_forged(host, arrival))
        return DROP_IP_SOURCE;
    return reverse_path_fails(host, arrival) ? DROP_REVERSE_PATH : DROP_NONE;
}

static bool is_special(const struct dobos_address *address) {
    return ipv4_special_range(dobos_address_ipv4_number(address)) != NULL;
}

enum drop_reason ingress_check_public(const struct dobos_host *host, const struct arrival *arrival,
                                      const struct path *path) {
    if (!host_interface(host, path->interface)->is_public)
        return DROP_NONE;
    const struct dobos_address *source =
        arrival->is_translated ? &arrival->translation.after.source : &arrival->ipv4.source;
    return is_special(source) || is_special(arrival_goal(arrival)) ? DROP_SPECIAL_RANGE : DROP_NONE;
}

/* Who has no address yet says so to all, or to a group; that stays on the link. */
bool ingress_may_send(const struct dobos_host *host, const struct path *path,
                      const struct dobos_address *source, const struct dobos_address *destination) {
    uint32_t number = dobos_address_ipv4_number(destination);
    bool to_all = ipv4_is_limited_broadcast(number);
    if (!host_interface(host, path->interface)->is_public)
        return true;
    if (is_special(source) && !(dobos_address_is_unspecified(source) &&
                                (to_all || dobos_address_is_multicast(destination))))
        return false;
    return to_all || !is_special(destination);
}
