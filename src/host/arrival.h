/* arrival: a packet on its way up, as the floors of host/ see it, and its fates. */
#ifndef HOST_ARRIVAL_H
#define HOST_ARRIVAL_H

#include "host/state.h"
#include "network/session.h"
#include "network/tuple.h"

/* What NAT will make of a packet that goes on. It is found first and done last, so that whatever is
 * said of the packet meanwhile (an ICMP error's quote, a filter's rule) is said of it as it came.
 */
struct translation {
    struct tuple before;      /* who talks with whom, as it came */
    struct tuple after;       /* as it will be; the same where nothing changes */
    bool is_forwarded;        /* it is not for this host, though its destination is an address of
                                 ours */
    bool has_changed;         /* `after` is not `before` */
    bool is_renumbered;       /* it gets an identification of ours */
    enum session_track track; /* what it is to the flows that are tracked */
    enum session_direction direction; /* of the session, where there is one */
    struct session *session;          /* the flow it belongs to; NULL: none yet. Borrowed until the
                                         packet's fate is decided */
    enum session_kind kind;           /* what the packet is by itself */
    struct session_key key;           /* of it; of an ICMP error, of the packet that it quotes */
    struct session_segment segment;   /* TCP */
    struct nat_mapping *target;       /* what it is addressed to, where it would begin a flow; NULL.
                                         Borrowed likewise */
};

struct arrival {
    struct dobos_packet *packet;    /* NULL: it has met its fate */
    struct interface *interface;    /* where it came in */
    struct dobos_mac link;          /* source of the frame; zero by lo */
    bool is_ip;                     /* the link floor found IPv4 in it */
    bool broadcast;                 /* to all or to a group, by link or by address */
    bool is_translated;             /* `translation` is set; only by hosts that track flows */
    uint32_t filter_rule;           /* the filter's rule that let it pass or not, from 1; 0: none */
    struct ipv4 ipv4;               /* set by the network floor */
    struct translation translation; /* set by translate_arrival and translate_departure */
};

/* A packet (take) that has come in; its header and what NAT makes of it are not set, for they are
 * large and most bursts are long. */
static inline void arrival_init(struct arrival *arrival, struct dobos_packet *packet,
                                struct interface *interface) {
    arrival->packet = packet;
    arrival->interface = interface;
    arrival->link = (struct dobos_mac){{0}};
    arrival->is_ip = arrival->broadcast = arrival->is_translated = false;
    arrival->filter_rule = 0;
}

/* Where the packet goes once NAT has done its work. */
static inline const struct dobos_address *arrival_goal(const struct arrival *arrival) {
    return arrival->is_translated ? &arrival->translation.after.destination
                                  : &arrival->ipv4.destination;
}

/* The port it comes from, where it is a whole UDP datagram to port 68 and a socket bound to its
 * interface waits for it there: a DHCP server's words to a client of ours (RFC 2131 §4.1). 0: it is
 * no such packet. */
uint16_t arrival_dhcp_source(const struct dobos_host *host, const struct arrival *arrival);
/* Counts the reason; the packet is released. */
void arrival_drop(struct dobos_host *host, struct arrival *arrival, enum drop_reason reason);
/* Drops it and tells its sender why, where the reason has an ICMP error; `mtu` for
 * DROP_FRAGMENTATION_NEEDED. */
void arrival_refuse(struct dobos_host *host, struct arrival *arrival, enum drop_reason reason,
                    uint32_t mtu);
/* It has come to its end here; the packet is released. */
void arrival_deliver(struct dobos_host *host, struct arrival *arrival);

#endif
