/* arrival: the fates of a packet on its way up: each is counted once. */
#include "host/arrival.h"

#include "host/errors.h"

void arrival_drop(struct dobos_host *host, struct arrival *arrival, enum drop_reason reason) {
    host->counters.dropped_in[reason]++;
    dobos_packet_release(arrival->packet);
    arrival->packet = NULL;
}

void arrival_refuse(struct dobos_host *host, struct arrival *arrival, enum drop_reason reason,
                    uint32_t mtu) {
    if (!arrival->broadcast)
        error_report(host, arrival->interface, arrival->packet, &arrival->ipv4, reason, mtu);
    arrival_drop(host, arrival, reason);
}

void arrival_deliver(struct dobos_host *host, struct arrival *arrival) {
    host->counters.frames_delivered++;
    dobos_packet_release(arrival->packet);
    arrival->packet = NULL;
}
