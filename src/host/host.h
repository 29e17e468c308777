/*
 * host: a host or router, composed of the layers below it. The only room that knows their order:
 * receive.c is the way up, transmit.c the way down.
 *
 * Who stands where: a sender (socket or half-open record) that has something to send stands on
 * host->dirty until its path is known, then on its interface's dirty list until the interface pulls
 * it. Finished frames stand in the interface's egress queue. A socket whose level changed stands on
 * its poller's ready list.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <dobos/host.h>
#include <dobos/socket.h>

#include "base/timing_wheel.h"
#include "base/verdict.h"
#include "link/neighbor.h"
#include "link/queue.h"
#include "network/icmp_layer.h"
#include "network/interface_addresses.h"
#include "network/ipv4_layer.h"
#include "network/reassembly.h"
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
    struct interface_addresses addresses; /* its own */
    struct neighbors neighbors;           /* not used by lo */
    struct egress_queue queue;            /* frames to send; lo: IP packets to take up again */
    struct list dirty;                    /* senders whose path leaves here */
    uint64_t in_packets, in_bytes, out_packets, out_bytes; /* frames */
};

/* What receive.c, transmit.c and timers.c count; names are in counters.c. */
struct host_counters {
    uint64_t frames_in, frames_delivered,
        frames_forwarded; /* in = delivered + forwarded + Σ dropped_in + reassembly's held and
                             absorbed */
    uint64_t ip_in_receives, ip_in_header_errors, ip_in_address_errors, ip_in_unknown_protocols,
        ip_in_delivers, ip_out_requests, ip_forwarded, ip_out_no_routes;
    uint64_t ip_reassembly_required, ip_reassembly_ok, ip_reassembly_timeouts, ip_fragments_ok,
        ip_fragments_failed, ip_fragments_created;
    uint64_t icmp_in_messages, icmp_in_errors, icmp_out_messages, icmp_in_echos,
        icmp_out_echo_replies, icmp_in_unreachable, icmp_out_unreachable, icmp_in_time_exceeded,
        icmp_out_time_exceeded;
    uint64_t dropped_in[DROP_REASON_COUNT];  /* frames that arrived */
    uint64_t dropped_out[DROP_REASON_COUNT]; /* packets on their way out */
};

struct dobos_poller {
    struct dobos_host *host; /* owner */
    struct list_node node;   /* in host->pollers */
    struct list ready;       /* of dobos_socket.ready */
};

struct dobos_host {
    struct dobos_pool *pool;                          /* borrowed */
    struct allocator *allocator;                      /* the pool's */
    char name[HOST_NAME_BYTES];                       /* NUL-terminated */
    dobos_time now;                                   /* the largest told */
    bool forwarding;                                  /* a router */
    struct interface **interfaces;                    /* [0] is lo (index 1) */
    uint32_t interface_count;                         /* used */
    uint32_t interface_room;                          /* allocated */
    struct timing_wheel wheel;                        /* all timers */
    struct timer address_timer;                       /* the next address whose life ends */
    struct routes routes;                             /* IPv4 */
    struct reassembly_table reassembly;               /* fragments */
    struct icmp_limit icmp_limit;                     /* errors we send */
    struct transport transport;                       /* layer 4 */
    struct list sockets;                              /* dobos_socket.all, in order of creation */
    struct list pollers;                              /* dobos_poller.node */
    struct dobos_poller poller;                       /* the default one */
    struct list dirty;                                /* senders whose path is to be looked up */
    struct hash_key id_key, random_key, neighbor_key; /* by purpose */
    uint64_t id_counter, random_counter;              /* of IP ids, and of dobos_host_random */
    struct dobos_nameserver nameservers[HOST_NAMESERVERS];
    uint32_t nameserver_count;     /* used */
    char *searches[HOST_SEARCHES]; /* allocated texts */
    uint32_t search_count;         /* used */
    struct host_counters counters; /* see above */
};

/* ---- host.c ---- */
/* Takes the caller's time: never backward. */
void host_time_set(struct dobos_host *host, dobos_time now);
/* NULL when there is none. */
struct interface *host_interface(const struct dobos_host *host, uint32_t index);

/* ---- interfaces.c ---- */
int interface_create(struct dobos_host *host, const struct dobos_interface_config *config);
void interface_destroy(struct dobos_host *host, struct interface *interface);

/* ---- addresses.c ---- */
/* The interface that has this very address, or NULL. */
struct interface *host_address_owner(const struct dobos_host *host,
                                     const struct dobos_address *address);
void addresses_on_timer(struct dobos_host *host);

/* ---- paths.c: which way ---- */
/* Finds the way to `destination` from `source` (0.0.0.0: to be chosen), out of interface `bound`
 * only (0: any). -DOBOS_ENETUNREACH, -DOBOS_EADDRNOTAVAIL (no source there). */
int path_find(const struct dobos_host *host, const struct dobos_address *destination,
              const struct dobos_address *source, uint32_t bound, struct path *path);
bool path_is_fresh(const struct dobos_host *host, const struct path *path);

/* ---- receive.c ---- */
/* Takes up what is looped back, at most LOOPBACK_BURST packets. */
void receive_loopback(struct dobos_host *host);
/* What transport said: registers, wakes, lets go, answers. */
void host_take_result(struct dobos_host *host, struct transport_result *result);

/* ---- transmit.c ---- */
/* Puts a sender that wants output on the dirty list. */
void transmit_mark(struct dobos_host *host, struct sender *sender);
/* Sends transport's packet (take) as one IP datagram along the path; `fields` says the rest (source
 * and destination too). */
void transmit_datagram(struct dobos_host *host, struct dobos_packet *packet,
                       const struct path *path, const struct ipv4_fields *fields);
/* Sends an IP packet (take) along a path: fragments, loops back, or frames it. A forwarded one that
 * is too large and must not be fragmented: false, and the packet is still the caller's. */
bool transmit_ip(struct dobos_host *host, struct dobos_packet *packet, const struct path *path);
/* The length of the IP packet, or of each of the packets a super-segment stands for. */
uint32_t transmit_ip_length(const struct dobos_packet *packet);
/* Sends an ICMP message (take) to `destination` from `source` (0.0.0.0: by the path). */
void transmit_icmp(struct dobos_host *host, struct dobos_packet *message,
                   const struct dobos_address *source, const struct dobos_address *destination,
                   uint8_t tos);
/* Frames (take) go to the interface's egress queue: split, checksums finished where the port
 * cannot. */
void transmit_frames(struct dobos_host *host, struct interface *interface,
                     struct packet_queue *frames);
/* Whether anybody waits for a path, or lo has something to do. */
bool transmit_is_pending_within(const struct dobos_host *host);
/* Looks up the paths of those on host->dirty, and lets lo's senders transmit into lo's queue. */
void transmit_dirty(struct dobos_host *host);
/* Counts a packet (take) that does not go out. */
void transmit_drop(struct dobos_host *host, struct dobos_packet *packet, enum drop_reason reason);

/* ---- errors.c: ICMP errors, ours and others' ---- */
/* Tells the sender of a packet (borrowed) why it was dropped, if the reason says something.
 * `interface`: where it came in; `mtu` for fragmentation needed. */
void error_report(struct dobos_host *host, const struct interface *interface,
                  struct dobos_packet *packet, const struct ipv4 *ipv4, enum drop_reason reason,
                  uint32_t mtu);
/* Packets (taken, all) whose next hop did not answer: their senders are told, ourselves or others.
 */
void error_neighbor_failed(struct dobos_host *host, struct interface *interface,
                           struct packet_queue *failed);
/* An ICMP error about something of ours. */
enum drop_reason error_receive(struct dobos_host *host, const struct quote *quote);

/* ---- timers.c, poller.c, sockets.c ---- */
void timers_fire(struct dobos_host *host);
void poller_init(struct dobos_poller *poller, struct dobos_host *host);
/* The socket's level changed, perhaps: tells its poller what was missed. */
void poller_notice(struct dobos_socket *socket);
/* An operation found nothing: tells again when `readiness` comes. */
void poller_arm(struct dobos_socket *socket, unsigned readiness);
unsigned socket_level(const struct dobos_socket *socket);
/* Gives a socket that transport made its place in the host. */
void socket_register(struct dobos_host *host, struct dobos_socket *socket,
                     struct dobos_poller *poller);
/* After any call that may have changed it: dirty list, poller, end of life. The socket may be gone
 * afterwards. */
void socket_changed(struct dobos_socket *socket);
void socket_free(struct dobos_socket *socket);

#endif
