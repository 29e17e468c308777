/*
 * route_share: which of several equal hops a flow takes (RFC 2992). Each hop draws a number for the
 * flow, and the largest wins: so a flow stays where it is whatever is added or removed elsewhere,
 * and a hop that comes or goes moves no flow but its own share.
 */
#ifndef NETWORK_ROUTE_SHARE_H
#define NETWORK_ROUTE_SHARE_H

#include "network/routes.h"

/* Whether a hop shares flows with others of its prefix: a gateway set by hand. Two links to one
 * subnet do not, nor gateways that two leases name: the second is there for when the first goes. */
static inline bool route_hop_can_share(const struct route_hop *hop) {
    return hop->type == DOBOS_ROUTE_UNICAST && hop->origin == DOBOS_ORIGIN_STATIC &&
           !dobos_address_is_unspecified(&hop->gateway);
}
/* Whether it does with the first of them, which can. */
static inline bool route_hops_share(const struct route_hop *first, const struct route_hop *hop) {
    return hop->metric == first->metric && route_hop_can_share(hop);
}
static inline uint64_t route_share_weight(uint64_t flow, const struct route_hop *hop) {
    uint64_t mixed = (uint64_t)dobos_address_ipv4_number(&hop->gateway) << 32 | hop->interface;
    mixed = (mixed ^ flow) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 31 ^ flow) * UINT64_C(0x94d049bb133111eb);
    mixed = (mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return mixed ^ mixed >> 32;
}

#endif
