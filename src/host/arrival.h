/* arrival: a packet on its way up, as the floors of host/ see it, and its fates. */
#ifndef HOST_ARRIVAL_H
#define HOST_ARRIVAL_H

#include "host/state.h"
#include "network/tuple.h"

/* What NAT will make of a packet that goes on. It is found first and done last, so that whatever is
 * said of the packet meanwhile (an ICMP error's quote, a filter's rule) is said of it as it came.
 */
struct translation {
    bool is_forwarded; /* it is not for this host, though its destination is an address of ours */
    bool has_source;   /* `after` has another source (address, port) */
    bool has_destination; /* `after` has another destination */
    struct tuple after;   /* what it will be; as it is, where nothing changes */
    struct session
        *session; /* the flow it belongs to; borrowed until the burst's end; NULL: none */
};

struct arrival {
    struct dobos_packet *packet;    /* NULL: it has met its fate */
    struct interface *interface;    /* where it came in */
    struct dobos_mac link;          /* source of the frame; zero by lo */
    struct ipv4 ipv4;               /* set by the network floor */
    struct tuple tuple;             /* who talks with whom, as it came; set by translate_arrival */
    struct translation translation; /* what NAT will make of it; set by translate_arrival and
                                       translate_departure */
    uint32_t filter_rule;           /* the filter's rule that let it pass or not, from 1; 0: none */
    bool is_ip;                     /* the link floor found IPv4 in it */
    bool broadcast;                 /* to all or to a group, by link or by address */
};

/* Counts the reason; the packet is released. */
void arrival_drop(struct dobos_host *host, struct arrival *arrival, enum drop_reason reason);
/* Drops it and tells its sender why, where the reason has an ICMP error; `mtu` for
 * DROP_FRAGMENTATION_NEEDED. */
void arrival_refuse(struct dobos_host *host, struct arrival *arrival, enum drop_reason reason,
                    uint32_t mtu);
/* It has come to its end here; the packet is released. */
void arrival_deliver(struct dobos_host *host, struct arrival *arrival);

#endif
