/*
 * redirects: see redirects.h. Off unless the host was made with them: a host believes none of dobos
 * (attack C4), and where several networks share a link they lead around filters. A redirect costs
 * what an error costs: it is rationed like one, and raised by nothing that raises none.
 */
#include "host/redirects.h"

#include "host/transmit.h"

#include "base/prefix.h"

/* The address by which this router is the sender's neighbour, when the better first hop is one,
 * too [rfc1812#13] [rfc1812#109]; NULL: there is none. */
static const struct dobos_interface_address *shared_subnet(const struct interface *interface,
                                                           const struct dobos_address *sender,
                                                           const struct dobos_address *next_hop) {
    for (uint32_t i = 0; i < interface->addresses.count; i++) {
        const struct dobos_interface_address *own = &interface->addresses.entries[i];
        if (own->state == DOBOS_ADDRESS_READY && prefix_contains(&own->prefix, sender) &&
            prefix_contains(&own->prefix, next_hop))
            return own;
    }
    return NULL;
}

/* Nobody but a router forwards, and so sends one [rfc1122#34] [rfc1812#135]. [rfc1812#108] What NAT
 * changes must come by here. Source routes have been dropped long ago. */
void redirect_consider(struct dobos_host *host, struct arrival *arrival, const struct path *path) {
    if (path->interface != arrival->interface->index || !host->redirects ||
        (arrival->is_translated && arrival->translation.has_changed))
        return;
    const struct dobos_interface_address *own =
        shared_subnet(arrival->interface, &arrival->ipv4.source, &path->next_hop);
    if (!own)
        return;
    struct dobos_packet *message = icmp_redirect_transmit(
        host->pool, &host->icmp_limit, arrival->packet, &arrival->ipv4, &path->next_hop, host->now);
    if (!message)
        return;
    host->counters.icmp_out_redirects++;
    const struct dobos_address source = own->prefix.address;
    transmit_icmp(host, message, &source, &arrival->ipv4.source, 0, NULL);
}
