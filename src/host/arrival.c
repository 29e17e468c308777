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

#define PORT_DHCP_CLIENT 68

uint16_t arrival_dhcp_source(const struct dobos_host *host, const struct arrival *arrival) {
    const struct ipv4 *ipv4 = &arrival->ipv4;
    uint8_t ports[4];
    if (ipv4->protocol != PROTOCOL_UDP || ipv4->more_fragments || ipv4->fragment_offset ||
        dobos_packet_read(arrival->packet, arrival->packet->transport_offset, ports,
                          sizeof(ports)) < sizeof(ports) ||
        load_be16(ports + 2) != PORT_DHCP_CLIENT)
        return 0;
    const struct flow flow = {.local = ipv4->destination,
                              .remote = ipv4->source,
                              .interface = arrival->interface->index,
                              .protocol = PROTOCOL_UDP,
                              .local_port = PORT_DHCP_CLIENT,
                              .remote_port = load_be16(ports)};
    const struct dobos_socket *socket = port_find(&host->transport, &flow);
    return socket && socket->bound_interface == flow.interface ? flow.remote_port : 0;
}
