/* tuple: see tuple.h. A first fragment is taken as one without ports, too: so that all fragments of
 * a datagram go the same way. NAT and the filter, which want its ports, see the datagram whole or
 * its first fragment apart. */
#include "network/tuple.h"

#include "wire/icmp.h"

bool tuple_parse(struct dobos_packet *packet, const struct ipv4 *ipv4, struct tuple *tuple) {
    uint8_t bytes[8];
    *tuple = (struct tuple){
        .source = ipv4->source, .destination = ipv4->destination, .protocol = ipv4->protocol};
    if (ipv4->fragment_offset != 0 || ipv4->more_fragments)
        return false;
    size_t length = dobos_packet_read(packet, packet->transport_offset, bytes, sizeof bytes);
    if (ipv4->protocol == PROTOCOL_TCP || ipv4->protocol == PROTOCOL_UDP) {
        tuple->has_ports = length >= 4;
        tuple->source_port = tuple->has_ports ? load_be16(bytes) : 0;
        tuple->destination_port = tuple->has_ports ? load_be16(bytes + 2) : 0;
    } else if (ipv4->protocol == PROTOCOL_ICMP) {
        tuple->has_ports =
            length == 8 && (bytes[0] == ICMP_ECHO_REQUEST || bytes[0] == ICMP_ECHO_REPLY);
        tuple->source_port = tuple->has_ports ? load_be16(bytes + 4) : 0;
        tuple->destination_port = tuple->source_port;
    }
    return tuple->has_ports;
}

/* Mixes well enough to spread flows over a few next hops; nobody's safety hangs on it. */
uint64_t tuple_flow(const struct tuple *tuple) {
    uint64_t addresses = (uint64_t)dobos_address_ipv4_number(&tuple->source) << 32 |
                         dobos_address_ipv4_number(&tuple->destination);
    uint64_t rest = (uint64_t)tuple->source_port << 32 | (uint64_t)tuple->destination_port << 8 |
                    tuple->protocol;
    uint64_t mixed = (addresses ^ rest * 0x9e3779b97f4a7c15U) * 0xff51afd7ed558ccdU;
    mixed = (mixed ^ mixed >> 32) * 0xc4ceb9fe1a85ec53U;
    return mixed ^ mixed >> 29;
}
