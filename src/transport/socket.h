/*
 * socket: what every socket has, whatever its protocol. The layer above (host/) owns sockets'
 * lists, pollers and events; transport owns the rest.
 *
 * Nothing here calls upward. After each call into transport, host/ looks at the sockets the result
 * names: `wants_output` puts it on a dirty list, socket level (tcp_ready, datagram_ready) against
 * `armed` puts it on its poller's ready list, tcp_is_finished lets it go.
 */
#ifndef TRANSPORT_SOCKET_H
#define TRANSPORT_SOCKET_H

#include <dobos/socket.h>

#include "base/flow.h"
#include "base/hash_table.h"
#include "base/timing_wheel.h"

enum sender_kind {
    SENDER_TCP,
    SENDER_TCP_HALF_OPEN,
    SENDER_DATAGRAM
};

/* Something that may have a packet to send: it stands on a dirty list of host/ and knows its flow
 * and its way. */
struct sender {
    struct list_node dirty;   /* host's; taken out of its list when the sender ends */
    struct hash_node by_flow; /* in transport.flows, for a connection or half-open record */
    struct flow flow;         /* who with whom; local address 0.0.0.0 until it is chosen */
    struct path path;         /* cached by host; path.interface 0: not looked up */
    uint8_t kind;             /* enum sender_kind */
    bool is_known;            /* in transport.flows */
    bool wants_output; /* there is something to send; set by transport, cleared by its transmit when
                          there is nothing left */
    bool may_fragment; /* routers may fragment its segments (of TCP; datagrams say it each) */
    uint8_t ttl, tos;  /* of what it sends */
};

struct dobos_socket {
    struct sender sender;
    struct list_node all;        /* host's list of sockets, in order of creation */
    struct list_node ready;      /* on its poller's ready list */
    struct dobos_poller *poller; /* host's */
    struct dobos_host *host;     /* host's */
    void *user;                  /* the program's */
    struct hash_node by_port;    /* in transport.ports, while is_bound */
    struct timer timer;          /* TCP: all timers of the connection in one, lazily re-armed */
    int error;                   /* pending, −DOBOS_E…; 0: none */
    uint32_t bound_interface;    /* DOBOS_OPTION_INTERFACE; 0: any */
    uint8_t protocol;            /* enum dobos_protocol */
    uint8_t armed;               /* enum dobos_readiness: what has been missed and is to be told */
    bool has_owner;              /* a program has it */
    bool is_bound;               /* it has a port of its own, to be given back */
    bool port_chosen;            /* by the program: TCP keeps it beyond a connection's end */
    bool address_chosen;         /* likewise */
    bool is_listed;              /* host has registered it */
};

#endif
