/*
 * host: a host or router, composed of the layers below it. The only room that knows their order:
 * receive.c is the way up, transmit.c the way down.
 *
 * Who stands where: a sender (socket or half-open record) that has something to send stands on
 * host->dirty until its path is known, then on its interface's dirty list until the interface pulls
 * it. Finished frames stand in the interface's egress queue. A socket whose level changed stands on
 * its poller's ready list.
 */
#ifndef HOST_STATE_H
#define HOST_STATE_H

#include <dobos/fate.h>
#include <dobos/host.h>
#include <dobos/socket.h>

#include "base/timing_wheel.h"
#include "base/verdict.h"
#include "link/address_probe.h"
#include "link/neighbor.h"
#include "link/queue.h"
#include "network/filter.h"
#include "network/icmp_layer.h"
#include "network/igmp.h"
#include "network/interface_addresses.h"
#include "network/ipv4_layer.h"
#include "network/own_addresses.h"
#include "network/path_mtu.h"
#include "network/reassembly.h"
#include "network/route_tables.h"
#include "network/routes.h"
#include "packet/packet.h"
#include "transport/transport.h"

#define HOST_INTERFACES  4096
#define HOST_NAMESERVERS 3
#define HOST_SEARCHES    6
#define HOST_NAME_BYTES  64
#define LOOPBACK         1     /* index of lo */
#define LOOPBACK_MTU     65536 /* what lo shows, as Linux's */
#define IPV4_MAX_BYTES   65535
#define LOOPBACK_BURST   1024 /* looped packets one step takes up at most */
#define LOOPBACK_QUEUE   4096 /* looped packets that wait at most */

struct interface {
    char name[DOBOS_NAME_BYTES];          /* NUL-terminated */
    uint32_t index;                       /* 1 is lo */
    struct dobos_mac mac;                 /* zero for lo */
    uint32_t mtu;                         /* largest IP packet, bytes */
    bool offload_checksum, offload_tso;   /* what the port can do */
    bool outside;                         /* strangers are there */
    bool is_public;                       /* private and special addresses never leave there */
    enum dobos_reverse_path reverse_path; /* which sources may come in there */
    struct interface_addresses addresses; /* its own */
    struct neighbors neighbors;           /* not used by lo */
    struct egress_queue queue;            /* frames to send; lo: IP packets to take up again */
    struct list dirty;                    /* senders whose path leaves here */
    uint64_t in_packets, in_bytes, out_packets, out_bytes; /* frames */
    bool carrier;                                          /* the link is up */
    uint32_t carrier_changes;                              /* how often that has changed */
    struct igmp igmp;                                      /* its multicast groups */
    bool is_outside;          /* of a NAT: its addresses stand for the hosts inside */
    struct list probes;       /* of addresses being probed or announced */
    uint32_t probe_conflicts; /* in a row */
    dobos_time probed;        /* when the last began; −DOBOS_NEVER: none has */
};

/* What receive.c, transmit.c and timers.c count; names are in counters.c. */
struct host_counters {
    uint64_t frames_in, frames_delivered,
        frames_forwarded; /* in = delivered + forwarded + Σ dropped_in + reassembly's held and
                             absorbed */
    uint64_t ip_in_marked, ip_in_receives, ip_in_header_errors, ip_in_address_errors,
        ip_in_unknown_protocols, ip_in_delivers, ip_out_requests, ip_forwarded, ip_out_no_routes;
    uint64_t ip_reassembly_required, ip_reassembly_ok, ip_reassembly_timeouts, ip_fragments_ok,
        ip_fragments_failed, ip_fragments_created;
    uint64_t icmp_in_messages, icmp_in_errors, icmp_out_messages, icmp_in_echos,
        icmp_out_echo_replies, icmp_in_unreachable, icmp_out_unreachable, icmp_in_time_exceeded,
        icmp_out_time_exceeded, icmp_out_redirects;
    uint64_t mss_clamped;    /* SYNs forwarded with a smaller MSS */
    uint64_t addresses_lost; /* given up to others */
    uint64_t sessions_created, sessions_expired, sessions_evicted, nat_mappings, nat_translated;
    uint64_t dropped_in[DROP_REASON_COUNT];  /* frames that arrived */
    uint64_t dropped_out[DROP_REASON_COUNT]; /* packets on their way out */
};

struct dobos_poller {
    struct dobos_host *host; /* owner */
    struct list_node node;   /* in host->pollers */
    struct list ready;       /* of dobos_socket.ready */
};

struct dobos_host {
    struct dobos_pool *pool;            /* borrowed */
    struct allocator *allocator;        /* the pool's */
    char name[HOST_NAME_BYTES];         /* NUL-terminated */
    dobos_time now;                     /* the largest told */
    bool forwarding;                    /* a router */
    bool redirects;                     /* which tells neighbours of better first hops */
    bool mss_clamp;                     /* and lets SYNs ask for no more than its links take */
    struct interface **interfaces;      /* [0] is lo (index 1) */
    uint32_t interface_count;           /* used */
    uint32_t interface_room;            /* allocated */
    struct own_addresses own;           /* the interfaces' addresses, to be found */
    struct timing_wheel wheel;          /* all timers */
    struct timer address_timer;         /* the next address whose life ends */
    struct routes routes;               /* the main table; its generation counts changes of all */
    struct route_tables *tables;        /* others, and rules; NULL: there are none */
    uint64_t share_salt;                /* of the choice among routes that share flows */
    struct filter *filter;              /* of what comes in; NULL: none */
    struct path_mtus path_mtus;         /* where the way is narrower than its first link */
    struct reassembly_table reassembly; /* fragments */
    struct icmp_limit icmp_limit;       /* errors we send */
    struct transport transport;         /* layer 4 */
    struct list sockets;                /* dobos_socket.all, in order of creation */
    struct list pollers;                /* dobos_poller.node */
    struct dobos_poller poller;         /* the default one */
    struct list dirty;                  /* senders whose path is to be looked up */
    struct hash_key id_key, random_key, neighbor_key, probe_key, igmp_key,
        egress_key;                                     /* by purpose */
    uint64_t id_counter, random_counter, probe_counter; /* of IP ids, dobos_host_random, and the
                                                           waits of probes */
    struct dobos_nameserver nameservers[HOST_NAMESERVERS];
    uint32_t nameserver_count;                   /* used */
    struct dobos_search searches[HOST_SEARCHES]; /* their domains are allocated */
    uint32_t search_count;                       /* used */
    struct dobos_host_entry *entries;            /* in order; each owns its name; NULL: none */
    uint32_t entry_count, entry_room;            /* used, allocated */
    struct hash_key session_key, nat_port_key;   /* by purpose, too */
    struct session_table *sessions; /* the flows that pass; NULL: nobody here asks for them */
    struct nat *nat;                /* NULL: it does not translate */
    struct host_counters counters;  /* see above */
    struct dobos_fate_log *fates;   /* borrowed: what becomes of packets is told; NULL: it is not */
};

/* NULL when there is none. */
static inline struct interface *host_interface(const struct dobos_host *host, uint32_t index) {
    return index >= 1 && index <= host->interface_count ? host->interfaces[index - 1] : NULL;
}

/* Takes the caller's time: never backward. */
static inline void host_time_set(struct dobos_host *host, dobos_time now) {
    host->now = max_i64(host->now, now);
}

#endif
