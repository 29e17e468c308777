/*
 * detours: see detours.h (RFC 1122 §3.3.1.4–5, 1812 §5.3.12.3). A gateway is found dead by the
 * neighbour table, which asks for it only while something is sent there; after half a minute it is
 * forgotten, and tried again. Nothing is asked of links and neighbours while all of them are well.
 */
#include "host/detours.h"

#include "link/neighbor_table.h"

/* [rfc1122#72] [rfc1812#136] [rfc1812#138] */
bool hop_is_dead(const struct dobos_host *host, const struct route_hop *hop) {
    if (hop->type != DOBOS_ROUTE_UNICAST)
        return false;
    const struct interface *interface = host_interface(host, hop->interface);
    if (!interface->carrier)
        return true;
    if (interface->neighbors.failed == 0 || dobos_address_is_unspecified(&hop->gateway))
        return false;
    const struct neighbor *neighbor = neighbor_find(&interface->neighbors, &hop->gateway);
    return neighbor && neighbor->state == DOBOS_NEIGHBOR_FAILED;
}

/* [rfc1812#136] */
const struct route_hop *hop_of_shorter(const struct dobos_host *host,
                                       const struct path_question *question,
                                       const struct routes *routes) {
    uint32_t number = dobos_address_ipv4_number(&question->destination);
    uint8_t length = 33; /* each turn finds a shorter one */
    for (uint32_t lead; (lead = routes_find_shorter(routes, number, &length));) {
        while (lead) {
            const struct route_hop *hop = routes_hop_take(routes, &lead);
            if (!hop_is_dead(host, hop))
                return hop;
        }
    }
    return NULL;
}
