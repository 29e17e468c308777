/* arrival: the fates of a packet on its way up: each is counted once, and told where somebody
 * listens (fates.h). */
#include "host/arrival.h"

#include "host/errors.h"
#include "host/fates.h"

/* [rfc1812#125] [rfc1122#81] */
void arrival_drop(struct dobos_host *host, struct arrival *arrival, enum drop_reason reason) {
    if (host->fates)
        fate_arrival_dropped(host, arrival, reason, false);
    host->counters.dropped_in[reason]++;
    dobos_packet_release(arrival->packet);
    arrival->packet = NULL;
}

void arrival_refuse(struct dobos_host *host, struct arrival *arrival, enum drop_reason reason,
                    uint32_t mtu) {
    bool told =
        !arrival->broadcast && error_report(host, arrival->packet, &arrival->ipv4, reason, mtu);
    if (host->fates)
        fate_arrival_dropped(host, arrival, reason, told);
    host->counters.dropped_in[reason]++;
    dobos_packet_release(arrival->packet);
    arrival->packet = NULL;
}

void arrival_deliver(struct dobos_host *host, struct arrival *arrival) {
    if (host->fates)
        fate_arrival(host, arrival, DOBOS_FATE_DELIVERED);
    host->counters.frames_delivered++;
    dobos_packet_release(arrival->packet);
    arrival->packet = NULL;
}
