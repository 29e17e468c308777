/*
 * transport: layer 4 of one host: ports, flows, and the state that TCP, UDP and ping sockets share.
 */
#ifndef TRANSPORT_TRANSPORT_H
#define TRANSPORT_TRANSPORT_H

#include <dobos/host.h>

#include "base/hash_table.h"
#include "base/keyed_hash.h"
#include "base/random.h"
#include "base/timing_wheel.h"
#include "base/verdict.h"
#include "packet/packet.h"
#include "transport/socket.h"

#define PORT_EPHEMERAL_FIRST 32768
#define PORT_EPHEMERAL_LAST  60999

/* What transport_init sets the bounds to where the settings do not. */
#define TRANSPORT_ORPHANS    4096
#define TRANSPORT_TIME_WAITS 16384
#define TRANSPORT_CHALLENGES 1000

/* What nstat calls Tcp…, Udp…; host/counters.c lists them. */
struct transport_counters {
    uint64_t tcp_active_opens, tcp_passive_opens, tcp_attempt_fails, tcp_estab_resets, tcp_in_segs,
        tcp_out_segs, tcp_retrans_segs, tcp_in_errs, tcp_out_rsts;
    uint64_t tcp_timeouts, tcp_fast_retransmits, tcp_challenge_acks, tcp_delayed_acks,
        tcp_out_of_order, tcp_duplicate_data, tcp_zero_window_probes, tcp_keepalives,
        tcp_aborted_on_timeout, tcp_aborted_on_memory, tcp_listen_overflows, tcp_half_open_dropped,
        tcp_black_holes, tcp_path_probes_arrived, tcp_path_probes_lost, tcp_predicted,
        tcp_delivered_ce, tcp_ecn_reductions, tcp_listen_drops, tcp_cookies_sent,
        tcp_cookies_received, tcp_cookies_failed, tcp_full_cookies, tcp_time_wait_overflows,
        tcp_time_wait_recycled;
    uint64_t tcp_scales_cut, tcp_out_of_order_dropped, tcp_out_of_order_pruned, tcp_dsack_old_sent,
        tcp_dsack_held_sent;
    uint64_t tcp_fast_open_active, tcp_fast_open_active_fails, tcp_fast_open_passive,
        tcp_fast_open_passive_fails, tcp_fast_open_overflows, tcp_fast_open_requests;
    uint64_t tcp_sack_recoveries, tcp_reno_recoveries, tcp_sack_reneged, tcp_sack_reorder,
        tcp_sack_discarded, tcp_dsack_received, tcp_full_undos, tcp_partial_undos, tcp_dsack_undos,
        tcp_loss_undos, tcp_spurious_rtos, tcp_lost_retransmits, tcp_slow_start_retransmits,
        tcp_loss_probes, tcp_loss_probe_recoveries, tcp_scoreboard_full;
    uint64_t udp_in_datagrams, udp_out_datagrams, udp_no_ports, udp_in_errors,
        udp_receive_buffer_errors;
    uint64_t icmp_in_echo_replies, icmp_out_echos;
};

struct fast_open_peer; /* tcp/fast_open.h */

struct transport {
    struct dobos_pool *pool;                                    /* borrowed */
    struct dobos_tcp_config settings;                           /* no field is 0 for “default” */
    struct timing_wheel *wheel;                                 /* borrowed */
    struct hash_key flow_key, isn_key, timestamp_key, port_key; /* by purpose */
    struct hash_key cookie_key;                                 /* of SYN cookies */
    struct hash_table flows; /* connections by their whole flow, half-open ones too */
    struct hash_table
        ports;            /* owners of ports: listeners, datagram sockets, and every bound port */
    struct random random; /* for jitter and challenge limits; seeded from the key */
    size_t buffer_bytes;  /* held in sockets' queues, at cost */
    size_t buffer_limit_bytes; /* all sockets together */
    uint32_t half_open;        /* all listeners together */
    struct list
        orphans; /* connections without owner that still have to say something, oldest first */
    struct hash_key fast_open_key;          /* RFC 7413: cookies, and the places of servers' */
    struct fast_open_peer *fast_open_peers; /* what servers gave us; NULL: none yet */
    struct list stalled;      /* flights whose peers take nothing, longest first (tcp/pressure.h) */
    struct list time_waits;   /* connections without owner in TIME-WAIT, oldest first */
    uint32_t orphan_count;    /* in orphans; at the bound the oldest is reset */
    uint32_t time_wait_count; /* in time_waits; at the bound the oldest ends early */
    uint32_t orphan_limit;    /* most orphans */
    uint32_t time_wait_limit; /* most in TIME-WAIT without owner */
    uint32_t challenge_limit; /* challenge ACKs a second, about (RFC 5961 §7) */
    uint32_t challenge_tokens;          /* left in this second (RFC 5961 §7, jittered) */
    dobos_time challenge_second;        /* when they were filled up */
    struct hash_key challenge_key;      /* which of `challenges` is a peer's */
    uint32_t challenge_share;           /* most a peer in this second */
    uint32_t challenges[64];            /* sent in this second, by a hash of the peer's address */
    uint64_t port_counter;              /* RFC 6056 */
    struct transport_counters counters; /* see above */
};

void transport_init(struct transport *transport, struct dobos_pool *pool,
                    struct timing_wheel *wheel, const uint8_t secret[DOBOS_KEY_BYTES],
                    size_t buffer_limit_bytes);
/* How TCP is done from now on; what is 0 becomes the default. -DOBOS_EINVAL: a value out of range,
 * and nothing has changed. */
int transport_settings_set(struct transport *transport, const struct dobos_tcp_config *settings);
/* All sockets are gone by then. */
void transport_fini(struct transport *transport);

/* ---- ports (transport/ports.c) ---- */

/* Makes `socket` the owner of its flow's local port (0: picks one, RFC 6056 §3.3.4-like keyed hash
 * with random steps in 32768–60999), for its local address (0.0.0.0: all) and interface scope.
 * -DOBOS_EADDRINUSE, -DOBOS_EADDRNOTAVAIL (none free), -DOBOS_ENOMEM. */
int port_claim(struct transport *transport, struct dobos_socket *socket);
/* For a connect without bind: a port that makes the whole flow unique (so 60,000 connections to
 * many peers may share), or whose connection in TIME-WAIT may be followed. */
int port_claim_flow(struct transport *transport, struct dobos_socket *socket, dobos_time now);
void port_release(struct transport *transport, struct dobos_socket *socket);

/* ---- flows (transport/ports.c): connections and half-open records by their whole flow ---- */

/* The sender of that flow, or NULL. */
struct sender *flow_find(const struct transport *transport, const struct flow *flow);
/* False: no memory. */
bool flow_insert(struct transport *transport, struct sender *sender);
/* Does nothing when it is not there. */
void flow_remove(struct transport *transport, struct sender *sender);
/* The owner of a local port that a packet of this flow is for: connected before bound to an address
 * before any, bound to an interface before not; NULL. flow->interface: where
 * it arrived, 0: not known. */
struct dobos_socket *port_find(const struct transport *transport, const struct flow *flow);

/* ---- what happened, told to host/ ---- */

struct transport_result {
    enum drop_reason reason;       /* DROP_NONE: delivered */
    bool progress;                 /* the peer acknowledged something new: confirm the neighbour */
    struct dobos_socket *socket;   /* its level, output or life may have changed; NULL: none */
    struct dobos_socket *listener; /* likewise (a connection became ready for accept) */
    struct dobos_socket *created;  /* a connection that is new to host: to be registered (poller and
                                      host are the listener's) */
    struct sender *half_open;      /* a half-open record that wants to send */
    struct dobos_packet *reply; /* (give) a segment without IP header to send at once: a reset, or
                                   an acknowledgement from TIME-WAIT */
    struct flow reply_flow;     /* whom it goes to (local and remote as seen from here) */
};

/* ---- quotes: ICMP errors (both protocols) ---- */

enum vouch {
    VOUCH_NO,    /* nothing of ours: ignored (RFC 5927) */
    VOUCH_NOTED, /* told to the socket, or remembered as a soft error */
    VOUCH_MTU,   /* genuine: the path's MTU may go down to quote->path_mtu */
};
/* result->socket is the one concerned. `local` flow is built from the quote inside. */
enum vouch transport_quote(struct transport *transport, const struct quote *quote, dobos_time now,
                           struct transport_result *result);

#endif
