/* ingress: see ingress.h. */
#include "host/ingress.h"

#include "host/addresses.h"

/* Whether a packet that came from outside says it is from inside: from a subnet of an interface
 * that is not outside (RFC 2827, attack B20). */
static bool source_is_forged(const struct dobos_host *host, const struct arrival *arrival) {
    if (!arrival->interface->outside)
        return false;
    const struct dobos_route *route = routes_lookup(&host->routes, &arrival->ipv4.source, 0, NULL);
    const struct interface *owner = route ? host_interface(host, route->interface) : NULL;
    return owner && !owner->outside && dobos_address_is_unspecified(&route->gateway);
}

/* Nobody else may send from an address of ours (RFC 1812 §5.3.8, attack B3), and nobody from a
 * broadcast address of the network [rfc1122#15] [rfc1122#66]. */
enum drop_reason ingress_check(const struct dobos_host *host, const struct arrival *arrival) {
    if (host_address_owner(host, &arrival->ipv4.source) ||
        host_address_is_broadcast(host, arrival->interface, &arrival->ipv4.source) ||
        source_is_forged(host, arrival))
        return DROP_IP_SOURCE;
    return DROP_NONE;
}

enum drop_reason ingress_check_public(const struct dobos_host *host, const struct arrival *arrival,
                                      const struct path *path) {
    (void)host;
    (void)arrival;
    (void)path;
    return DROP_NONE;
}
