/* tuple: who talks with whom, read from a packet that is somebody else's: for equal-cost routes,
 * the filter and NAT. */
#ifndef NETWORK_TUPLE_H
#define NETWORK_TUPLE_H

#include "packet/packet.h"
#include "wire/ipv4.h"

struct tuple {
    struct dobos_address source, destination; /* of the IP header */
    uint16_t source_port, destination_port;   /* TCP, UDP; ICMP query: its identifier, in both */
    uint8_t protocol;                         /* of the IP header */
    bool has_ports;                           /* the ports are known: not of a later fragment, of
                                                 another protocol, or of an ICMP error */
};
/* Reads it from a packet (borrowed) that ipv4_receive has taken; returns tuple->has_ports. */
bool tuple_parse(struct dobos_packet *packet, const struct ipv4 *ipv4, struct tuple *tuple);
/* A number that is the same for all packets of a flow, in one direction; of a fragment and of what
 * has no ports, of its addresses and protocol alone. */
uint64_t tuple_flow(const struct tuple *tuple);

#endif
