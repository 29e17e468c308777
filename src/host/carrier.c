/*
 * carrier: whether an interface's link is up. A link that went down takes what waited for it along:
 * the frames of the egress queue, the neighbours with the packets that waited for them. Addresses,
 * routes and connections stay: the link may come back.
 */
#include "host/groups.h"
#include "host/probes.h"
#include "host/state.h"

static void carrier_lost(struct dobos_host *host, struct interface *interface) {
    uint64_t *dropped = &host->counters.dropped_out[DROP_NO_CARRIER];
    *dropped += egress_queue_packets(&interface->queue);
    egress_queue_clear(&interface->queue);
    *dropped += neighbors_clear(&interface->neighbors);
}

int dobos_interface_carrier_set(struct dobos_host *host, uint32_t index, bool carrier) {
    struct interface *interface = host_interface(host, index);
    if (!interface)
        return -DOBOS_ENODEV;
    if (index == LOOPBACK)
        return -DOBOS_EINVAL;
    if (interface->carrier == carrier)
        return 0;
    interface->carrier = carrier;
    interface->carrier_changes++;
    if (!carrier)
        carrier_lost(host, interface);
    host->routes.generation++; /* who cached a way by it asks again */
    probes_on_carrier(host, interface);
    groups_on_carrier(host, interface);
    return 0;
}
