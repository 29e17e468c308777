/*
 * dobos/host.h: a host: a complete TCP/IP node as one object, and how to drive it.
 *
 * A host does no I/O and has no clock. Its driver hands it the frames that came in, asks for those
 * to send, and tells it the time:
 *
 *     dobos_input(host, interface, packets, n, now);             frames that arrived at an
 * interface n = dobos_output(host, interface, packets, room, now);     frames to send there, as
 * many as there is room for dobos_advance(host, now);                                  timers;
 * never later than dobos_next_deadline(host)
 *
 * Calls of dobos/socket.h only change state; the next dobos_output makes packets of it. One thread
 * at a time per host; hosts of one pool belong to one thread.
 *
 * Interface 1 is always `lo` (127.0.0.1/8). Others are numbered in the order they are added.
 */
#ifndef DOBOS_HOST_H
#define DOBOS_HOST_H

#include <dobos/address.h>
#include <dobos/errors.h>
#include <dobos/packet.h>
#include <dobos/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct dobos_host;

#define DOBOS_NAME_BYTES   16  /* an interface's name with its NUL (IFNAMSIZ) */
#define DOBOS_DOMAIN_BYTES 256 /* a domain name as text with its NUL */

/* ---- making a host ---- */

/* Algorithms of congestion control (RFC 5033). */
enum dobos_congestion {
    DOBOS_CONGESTION_DEFAULT = 0, /* the host's; of a host: CUBIC */
    DOBOS_CONGESTION_CUBIC,       /* RFC 9438 with HyStart++ (RFC 9406) */
    DOBOS_CONGESTION_RENO,        /* NewReno (RFC 5681, RFC 6582) */
    DOBOS_CONGESTION_BBR,         /* BBR, version 1 */
};

/* Whether routers may mark instead of drop (RFC 3168, RFC 9768). */
enum dobos_ecn {
    DOBOS_ECN_DEFAULT = 0, /* DOBOS_ECN_ON */
    DOBOS_ECN_OFF,         /* never agreed to */
    DOBOS_ECN_PASSIVE,     /* agreed to when the peer asks */
    DOBOS_ECN_ON, /* asked for (RFC 3168); accurate feedback is agreed to when the peer asks */
    DOBOS_ECN_ACCURATE, /* accurate feedback is asked for (RFC 9768) */
};

/* When SYNs are answered without a record of them (RFC 4987 §3.6). */
enum dobos_syn_cookies {
    DOBOS_SYN_COOKIES_DEFAULT = 0, /* DOBOS_SYN_COOKIES_FULL */
    DOBOS_SYN_COOKIES_OFF,         /* never: the oldest record makes room */
    DOBOS_SYN_COOKIES_FULL,        /* when a listener's records are full */
    DOBOS_SYN_COOKIES_ALWAYS,      /* for tests */
};

enum dobos_fast_open {          /* TCP Fast Open (RFC 7413), bits */
    DOBOS_FAST_OPEN_CLIENT = 1, /* connections may be opened with data */
    DOBOS_FAST_OPEN_SERVER = 2, /* listeners that allow it may take data of a SYN */
};

/* How a host does TCP. Zero is the default everywhere. */
struct dobos_tcp_config {
    enum dobos_congestion congestion;   /* of sockets that do not choose */
    enum dobos_ecn ecn;                 /* of all its connections */
    enum dobos_syn_cookies syn_cookies; /* of all its listeners */
    unsigned fast_open;                 /* enum dobos_fast_open; 0: off */
    uint32_t receive_buffer_max_bytes;  /* to which receive buffers grow by themselves, 4096–1 GiB;
                                           0: 32 MiB */
    uint32_t send_buffer_max_bytes;     /* likewise send buffers; 0: 32 MiB */
    uint32_t initial_window;            /* segments, 1–64 (RFC 6928); 0: 10 */
    uint32_t challenge_limit; /* challenge ACKs a second of the host together, about, 1–1,000,000
                                 (RFC 5961 §7); 0: 1000 */
    uint32_t orphan_limit;    /* connections whose programs have let go, 1–1,048,576; 0: 4096 */
    uint32_t time_wait_limit; /* connections in TIME-WAIT, 1–1,048,576; 0: 16384 */
    uint32_t path_probe_mss;  /* RFC 4821: segment size that probing begins at, bytes, 88–65495;
                                 0: 1024 */
    bool no_sack;             /* no selective acknowledgments (RFC 2018) */
    bool no_timestamps;       /* no timestamps (RFC 7323) */
    bool no_window_scale;     /* no window scaling (RFC 7323) */
    bool no_path_probing;     /* black holes of large packets are not looked for (RFC 4821) */
    bool no_tuning;           /* buffers keep the sizes they begin with */
};

struct dobos_host_config {
    size_t size;                  /* sizeof(struct dobos_host_config) */
    const char *name;             /* the host's name; copied, at most 63 bytes; NULL: "" */
    uint8_t key[DOBOS_KEY_BYTES]; /* secret and different for each host; from getrandom() in real
                                     life */
    bool forwarding;              /* a router: packets for others are forwarded (RFC 1812) */
    size_t buffer_limit_bytes;    /* socket buffers of this host together; 0: 256 MiB */
    bool redirects;               /* a router tells neighbours of better first hops (ICMP redirect,
                                     RFC 1812 §5.2.7.2) */
    uint32_t path_mtu_s; /* how long it is believed that a path is narrower than its first link,
                            seconds, 300 at least (RFC 1191 §6.3); 0: 600 */
    struct dobos_tcp_config tcp; /* copied */
    bool mss_clamp; /* a router lets no SYN that it forwards ask for larger segments than the links
                       it comes and goes by take: for paths whose ICMP messages do not arrive */
};

/* Makes a host (give) with `lo`. -DOBOS_EINVAL for size 0, a name too long or a path_mtu_s too
 * short; -DOBOS_ENOMEM. The pool is borrowed for its life. */
DOBOS_API int dobos_host_create(struct dobos_pool *pool, const struct dobos_host_config *config,
                                dobos_time now, struct dobos_host **host);
/* Ends the host (take): its sockets and pollers are gone, connections end without a word. NULL is
 * allowed. */
DOBOS_API void dobos_host_destroy(struct dobos_host *host);
DOBOS_API const char *dobos_host_name(const struct dobos_host *host);
DOBOS_API struct dobos_pool *dobos_host_pool(const struct dobos_host *host);
DOBOS_API bool dobos_host_is_forwarding(const struct dobos_host *host);
/* The host's time: the largest `now` it has been told. */
DOBOS_API dobos_time dobos_host_now(const struct dobos_host *host);
/* 64 bits nobody can guess, the next of a stream drawn from the host's key (for ids of protocols
 * above). */
DOBOS_API uint64_t dobos_host_random(struct dobos_host *host);

/* ---- driving it ---- */

/* Takes `count` (≤ DOBOS_BURST_PACKETS) frames that arrived at `interface`. Frames for an interface
 * that is not there are released. Returns whether anything came of them; false: all were dropped
 * and counted, and there is nothing new to send, to receive or to wait for. */
DOBOS_API bool dobos_input(struct dobos_host *host, uint32_t interface,
                           struct dobos_packet **packets, unsigned count, dobos_time now);
/* Gives up to `room` frames to send at `interface`; returns how many. What there is no room for
 * stays. */
DOBOS_API unsigned dobos_output(struct dobos_host *host, uint32_t interface,
                                struct dobos_packet **packets, unsigned room, dobos_time now);
/* Fires the timers due at `now` and takes up what is looped back. */
DOBOS_API void dobos_advance(struct dobos_host *host, dobos_time now);
/* When dobos_advance must be called at the latest; at once if ≤ now; DOBOS_NEVER. Does not count
 * frames that wait for room. */
DOBOS_API dobos_time dobos_next_deadline(const struct dobos_host *host);
/* Whether dobos_output(host, interface, …) may have something. It may be called at any time; a
 * false alarm costs little. */
DOBOS_API bool dobos_output_is_pending(const struct dobos_host *host, uint32_t interface);

/* ---- interfaces ---- */

/* Whether a packet's source must be one that the interface leads back to (RFC 3704). */
enum dobos_reverse_path {
    DOBOS_REVERSE_PATH_OFF = 0,    /* it need not */
    DOBOS_REVERSE_PATH_LOOSE = 1,  /* some route other than the default one leads back, by whatever
                                      interface */
    DOBOS_REVERSE_PATH_STRICT = 2, /* the best route back, or one that is as good, leaves by the
                                      interface that the packet came in by */
};

/* How frames wait that the port has no room for yet. */
enum dobos_queue {
    DOBOS_QUEUE_PFIFO_FAST = 0, /* three bands by the TOS field, the lower first */
    DOBOS_QUEUE_FIFO = 1,       /* one line */
    DOBOS_QUEUE_FQ_CODEL = 2,   /* a line a flow, in turns, each kept short, by marks where the
                                   sender knows ECN (RFC 8290); about 120 KB once it is used, and
                                   up to 32 MiB of frames */
};

struct dobos_interface_config {
    size_t size;                 /* sizeof(struct dobos_interface_config) */
    char name[DOBOS_NAME_BYTES]; /* 1–15 bytes, no '/' or space; one a host */
    struct dobos_mac mac;        /* unicast, not zero */
    uint32_t mtu;                /* largest IP packet in bytes, 68–65535; 0: 1500 */
    uint32_t queue_packets;      /* limit of the egress queue, of pfifo_fast's bands each; 0: 1000,
                                    of fq_codel 10240 */
    bool offload_checksum;       /* the port finishes and verifies checksums: frames may leave with
                                    NEEDS_CHECKSUM */
    bool offload_tso; /* the port splits TCP super-segments of up to 64 KiB; needs offload_checksum
                       */
    bool outside;     /* strangers are there: a packet that comes in by it from an address of a
                         subnet of another interface, one that is not outside, is forged and dropped
                         (RFC 2827) */
    bool is_public;   /* it leads to the public Internet: no packet leaves by it from or to a
                         private or special address (0/8, 10/8, 100.64/10, 127/8, 169.254/16,
                         172.16/12, 192.168/16, 240/4), this host's own among them: it is dropped,
                         and whose it is is told (ICMP, or -DOBOS_EACCES). DHCP, which begins
                         without an address, works all the same */
    enum dobos_reverse_path reverse_path; /* which sources may come in by it */
    enum dobos_queue queue;               /* how frames wait for the port */
};

/* Adds an interface, up at once; returns its index (≥ 2). -DOBOS_EINVAL, -DOBOS_EEXIST (the name),
 * -DOBOS_ENOMEM. */
DOBOS_API int dobos_interface_add(struct dobos_host *host,
                                  const struct dobos_interface_config *config);
/* The index of the interface of that name, or -DOBOS_ENODEV. */
DOBOS_API int dobos_interface_find(const struct dobos_host *host, const char *name);
/* How many interfaces there are, lo included; their indices are 1 to that number. */
DOBOS_API uint32_t dobos_interface_count(const struct dobos_host *host);

struct dobos_interface_info {
    uint32_t index;              /* 1 is lo */
    char name[DOBOS_NAME_BYTES]; /* NUL-terminated */
    bool loopback;               /* is lo */
    struct dobos_mac mac;        /* all zero for lo */
    uint32_t mtu;                /* bytes */
    const char *queue; /* queueing discipline, "noqueue" or a name of enum dobos_queue; constant */
    uint32_t queue_packets;          /* its limit; 0 for noqueue */
    uint64_t in_packets, in_bytes;   /* frames received, and their bytes with the link header */
    uint64_t out_packets, out_bytes; /* frames given to the port */
    bool carrier;                    /* the link is up, as dobos_interface_carrier_set has said */
    uint32_t carrier_changes;        /* how often that has changed */
};
/*
 * The driver says whether the link is up; it is until somebody says otherwise. Without carrier
 * nothing is sent or taken in (DropNoCarrier, DropOutNoCarrier): what waits to be sent is dropped,
 * neighbours are forgotten, probes of addresses wait and begin anew; addresses and routes stay. A
 * DHCP client asks for its address anew when the link comes back (RFC 2131 §3.7). 0; -DOBOS_ENODEV;
 * -DOBOS_EINVAL (lo).
 */
DOBOS_API int dobos_interface_carrier_set(struct dobos_host *host, uint32_t interface,
                                          bool carrier);
/* 0 or -DOBOS_ENODEV. */
DOBOS_API int dobos_interface_read(const struct dobos_host *host, uint32_t interface,
                                   struct dobos_interface_info *info);

/* ---- addresses ---- */

/* Who set an address, a route or a name server. */
enum dobos_origin {
    DOBOS_ORIGIN_KERNEL = 0,     /* follows from something else (a connected route, lo's address) */
    DOBOS_ORIGIN_STATIC = 1,     /* set by hand */
    DOBOS_ORIGIN_DHCP = 2,       /* leased */
    DOBOS_ORIGIN_LINK_LOCAL = 3, /* chosen by the host itself (RFC 3927) */
};

/* Whether an address may be used (RFC 5227). */
enum dobos_address_state {
    DOBOS_ADDRESS_READY = 0,     /* in use */
    DOBOS_ADDRESS_TENTATIVE = 1, /* being probed; not in use yet */
    DOBOS_ADDRESS_CONFLICT = 2,  /* somebody else has it; not used any more */
};

struct dobos_interface_address {
    struct dobos_prefix prefix; /* the address with its subnet's length */
    struct dobos_address
        broadcast; /* the subnet's broadcast address; 0.0.0.0 where there is none (/31, /32) */
    dobos_time valid_until;         /* DOBOS_NEVER: for ever */
    dobos_time preferred_until;     /* DOBOS_NEVER: for ever; not after valid_until */
    enum dobos_origin origin;       /* who set it */
    enum dobos_address_state state; /* see above */
    struct dobos_mac conflict; /* who else used it last; of DOBOS_ADDRESS_CONFLICT: who has it */
    uint32_t conflicts;        /* ARP packets in which others did; while it is READY, it is
                                  defended (RFC 5227 §2.4) */
    bool yields; /* READY, and a conflict that goes on within ten seconds of the last: it is given
                    up (RFC 5227 §2.4 b); false: it is defended as long as it is there (§2.4 c). An
                    address that was TENTATIVE always yields */
    dobos_time conflicted; /* the last such packet; meaningful if conflicts > 0 */
};

/*
 * Gives an interface one more address with the connected route of its subnet. With state
 * DOBOS_ADDRESS_READY it is in use at once; with DOBOS_ADDRESS_TENTATIVE it is probed first
 * (RFC 5227 §2.1: up to 7 s) and then is DOBOS_ADDRESS_READY, announced, with its route; or
 * DOBOS_ADDRESS_CONFLICT, and is only good to be removed. dobos_address_read tells; a change is an
 * event of the host's timers or input, so whoever waits looks after each. Until it is READY nothing
 * is sent from it, nothing answered for it, and it has no route. An interface whose last ten probes
 * all found a conflict probes one address a minute. lo's addresses are not probed. The broadcast
 * and conflict fields are filled in by dobos.
 * Somebody else who uses a READY address is told that it is ours, at most once in ten seconds; one
 * that yields then becomes DOBOS_ADDRESS_CONFLICT if the other goes on (RFC 5227 §2.4): nothing is
 * sent from it any more, and its route is gone. -DOBOS_ENODEV; -DOBOS_EINVAL (not a unicast
 * address, the subnet's network or broadcast address, a lifetime in the past, another state);
 * -DOBOS_EEXIST (this host has the address); -DOBOS_ENOMEM (also: 256 addresses an interface).
 */
DOBOS_API int dobos_address_add(struct dobos_host *host, uint32_t interface,
                                const struct dobos_interface_address *address);
/* Takes it away with its connected route, the routes that prefer it as source, and those by
 * gateways that are on no link of the interface any more. Connections from it send nothing more,
 * and end when their timers say so; datagram sockets bound to it get -DOBOS_EADDRNOTAVAIL.
 * -DOBOS_ENODEV, -DOBOS_EADDRNOTAVAIL. */
DOBOS_API int dobos_address_remove(struct dobos_host *host, uint32_t interface,
                                   const struct dobos_address *address);
/* Gives an address new lifetimes, of a lease renewed. -DOBOS_ENODEV, -DOBOS_EADDRNOTAVAIL,
 * -DOBOS_EINVAL (in the past, or preferred longer than valid). */
DOBOS_API int dobos_address_change(struct dobos_host *host, uint32_t interface,
                                   const struct dobos_address *address, dobos_time valid_until,
                                   dobos_time preferred_until);
/* The interface's nth address from 0; -DOBOS_ENODEV; -DOBOS_ENOENT behind the last. */
DOBOS_API int dobos_address_read(const struct dobos_host *host, uint32_t interface, uint32_t nth,
                                 struct dobos_interface_address *address);

/* ---- routes ---- */

/* What a destination is to a host, and of a route: what it makes of what it matches. */
enum dobos_route_kind {
    DOBOS_ROUTE_UNICAST = 0,   /* to a neighbour or by a gateway */
    DOBOS_ROUTE_LOCAL = 1,     /* to this host itself; not of a route */
    DOBOS_ROUTE_BROADCAST = 2, /* 255.255.255.255 or a subnet's broadcast address; not of a route */
    DOBOS_ROUTE_MULTICAST = 3, /* 224.0.0.0/4; not of a route */
    DOBOS_ROUTE_BLACKHOLE = 4, /* dropped without a word; own senders get -DOBOS_EINVAL */
    DOBOS_ROUTE_UNREACHABLE = 5, /* dropped, and its sender told: host unreachable;
                                    -DOBOS_EHOSTUNREACH */
    DOBOS_ROUTE_PROHIBIT = 6,    /* the same: administratively prohibited; -DOBOS_EACCES */
};

/* The route table that is asked without rules; 0 stands for it, too. */
#define DOBOS_TABLE_MAIN 254

struct dobos_route {
    struct dobos_prefix destination; /* host bits zero; 0.0.0.0/0 is the default route */
    struct dobos_address gateway;    /* 0.0.0.0: on-link */
    uint32_t interface; /* 0 in dobos_route_add: the interface whose subnet holds the gateway */
    uint32_t metric;    /* the smaller wins among equal prefixes */
    struct dobos_address source; /* preferred source; 0.0.0.0: the interface's */
    enum dobos_origin origin;    /* who set it */
    uint32_t mtu; /* largest IP packet sent by it, bytes, 68–65535; 0: the interface's */
    enum dobos_route_kind type; /* unicast; or blackhole, unreachable, prohibit, which have neither
                                   gateway nor interface */
    uint32_t table;             /* 0 or DOBOS_TABLE_MAIN; others are asked by rules */
};

/*
 * Several routes set by hand (DOBOS_ORIGIN_STATIC) to one prefix, with one metric and different
 * gateways, share the flows among them (RFC 2992): all packets of a flow take one of them. Among
 * other routes to one prefix with one metric the first added is used.
 * -DOBOS_EINVAL (host bits set, gateway not on-link, an MTU out of range, a type that no route
 * has),
 * -DOBOS_ENETUNREACH (no interface reaches the gateway), -DOBOS_ENODEV, -DOBOS_EEXIST,
 * -DOBOS_ENOMEM (also: more than
 * 256 tables).
 */
DOBOS_API int dobos_route_add(struct dobos_host *host, const struct dobos_route *route);
/* The route of that destination, gateway, metric and table, and of that interface and type where
 * they are given (not 0, not unicast); -DOBOS_ENOENT. */
DOBOS_API int dobos_route_remove(struct dobos_host *host, const struct dobos_route *route);
/* The nth route of the main table from 0 in the order of `ip route` (default first, then by
 * address, the longer prefix later); -DOBOS_ENOENT behind the last. */
DOBOS_API int dobos_route_read(const struct dobos_host *host, uint32_t nth,
                               struct dobos_route *route);

/* What the host would do with a packet for an address, and why. */
struct dobos_route_choice {
    enum dobos_route_kind kind; /* what the destination is to this host */
    struct dobos_route route; /* the route that matched; all zero for local and limited broadcast */
    struct dobos_address source; /* the source address a socket without one gets */
    struct dobos_address
        next_hop;       /* whom the frame goes to: the gateway, or the destination itself */
    uint32_t interface; /* where it leaves; lo for local */
    uint32_t mtu;       /* of the first link, or the route's; bytes */
    uint32_t matches;   /* how many routes of its table hold the destination; the longest prefix
                           won */
    uint32_t path_mtu;  /* of the whole path, where routers have told that it is narrower; else 0 */
    dobos_time path_mtu_until; /* when that is forgotten */
    bool path_mtu_is_locked;   /* a link is narrower still: packets may be fragmented there */
    uint32_t table;            /* where the route was found */
    bool has_rule;             /* by a rule of `priority`; else no rule had a say */
    uint32_t priority;         /* of that rule */
    uint32_t equals; /* how many routes share the flows to this prefix; 1: this one alone */
};
/* -DOBOS_ENETUNREACH when no route matches. `source` NULL or 0.0.0.0: not chosen yet. */
DOBOS_API int dobos_route_lookup(const struct dobos_host *host,
                                 const struct dobos_address *destination,
                                 const struct dobos_address *source,
                                 struct dobos_route_choice *choice);

/* ---- neighbours ---- */

enum dobos_neighbor_state { /* RFC 4861 §7.3.2, used for ARP too; values are Linux's NUD_* */
    DOBOS_NEIGHBOR_INCOMPLETE = 0x01,
    DOBOS_NEIGHBOR_REACHABLE = 0x02,
    DOBOS_NEIGHBOR_STALE = 0x04,
    DOBOS_NEIGHBOR_DELAY = 0x08,
    DOBOS_NEIGHBOR_PROBE = 0x10,
    DOBOS_NEIGHBOR_FAILED = 0x20,
};
struct dobos_neighbor_info {
    struct dobos_address address;    /* the neighbour's IP address */
    uint32_t interface;              /* where it is */
    struct dobos_mac mac;            /* all zero while not known */
    enum dobos_neighbor_state state; /* see above */
};
/* The nth neighbour of an interface from 0, by address; -DOBOS_ENODEV, -DOBOS_ENOENT behind the
 * last. */
DOBOS_API int dobos_neighbor_read(const struct dobos_host *host, uint32_t interface, uint32_t nth,
                                  struct dobos_neighbor_info *neighbor);

/* ---- name servers ---- */

struct dobos_nameserver {
    struct dobos_address address; /* where it answers, port 53 */
    enum dobos_origin origin;     /* who set it */
    uint32_t interface;           /* where it was learned; 0: set by hand */
};
/* At most 3 (-DOBOS_ENOMEM), those set by hand before those learned; -DOBOS_EEXIST; -DOBOS_EINVAL
 * (0.0.0.0, a group). */
DOBOS_API int dobos_nameserver_add(struct dobos_host *host, const struct dobos_nameserver *server);
DOBOS_API int dobos_nameserver_read(const struct dobos_host *host, uint32_t nth,
                                    struct dobos_nameserver *server);

/* A domain that is tried behind names without a dot. */
struct dobos_search {
    const char *domain; /* without a dot at either end; copied; read: borrowed until a change */
    enum dobos_origin origin; /* who set it */
    uint32_t interface;       /* where it was learned; 0: set by hand */
};
/* At most 6 (-DOBOS_ENOMEM), those set by hand before those learned; -DOBOS_EEXIST; -DOBOS_EINVAL.
 */
DOBOS_API int dobos_search_add(struct dobos_host *host, const struct dobos_search *search);
/* The nth from 0; -DOBOS_ENOENT behind the last. */
DOBOS_API int dobos_search_read(const struct dobos_host *host, uint32_t nth,
                                struct dobos_search *search);

/* An address that a name has by the host's own knowledge, whatever name servers say: a line of what
 * others keep in /etc/hosts. */
struct dobos_host_entry {
    struct dobos_address address; /* of the name */
    const char *name; /* a domain name, with or without the last dot, in any case; copied; read:
                         borrowed, without the last dot, for the host's life */
};
#define DOBOS_HOST_ENTRIES 4096
/* Behind those there are; a name may have several addresses, an address several names, of which the
 * first is what it is called. At most DOBOS_HOST_ENTRIES (-DOBOS_ENOMEM); -DOBOS_EEXIST (this name
 * has this address); -DOBOS_EINVAL (no name of a host: empty, a label too long, ending in a number
 * as addresses do, with blanks, '#', '/', ':' or what is no ASCII; or not the address of one host).
 */
DOBOS_API int dobos_host_entry_add(struct dobos_host *host, const struct dobos_host_entry *entry);
/* The nth from 0; -DOBOS_ENOENT behind the last. */
DOBOS_API int dobos_host_entry_read(const struct dobos_host *host, uint32_t nth,
                                    struct dobos_host_entry *entry);

/* Takes away the routes, name servers and search domains of that origin that were learned at an
 * interface (a lease has ended or says otherwise now). Addresses stay. */
DOBOS_API void dobos_learned_remove(struct dobos_host *host, uint32_t interface,
                                    enum dobos_origin origin);

/* ---- counters ---- */

struct dobos_counter {
    const char *name; /* as `nstat` names it (IpInReceives, TcpRetransSegs), or Drop…; constant */
    const char *text; /* what it counts, in a few words; constant */
    uint64_t value;   /* since the host began */
};
/* The nth counter from 0; -DOBOS_ENOENT behind the last. The order and the names are the same for
 * all hosts. */
DOBOS_API int dobos_counter_read(const struct dobos_host *host, uint32_t nth,
                                 struct dobos_counter *counter);

#ifdef __cplusplus
}
#endif

#endif
