/* bench/network.h: hosts of one process joined by cables that cost nothing, so that a count of
 * instructions is the hosts' own. Uses public headers only. */
#ifndef BENCH_NETWORK_H
#define BENCH_NETWORK_H

#include <dobos/host.h>
#include <dobos/packet.h>
#include <dobos/socket.h>

#define BENCH_HOSTS  3
#define BENCH_CABLES 2

/* One end of a cable. */
struct bench_end {
    unsigned host;      /* number in bench_network.hosts */
    uint32_t interface; /* index at that host */
};

struct bench_network {
    dobos_time now;                           /* virtual time */
    struct dobos_pool *pool;                  /* of all hosts */
    struct dobos_host *hosts[BENCH_HOSTS];    /* those made so far */
    unsigned host_count;                      /* how many they are */
    struct bench_end cables[BENCH_CABLES][2]; /* both ends of each cable */
    unsigned cable_count;                     /* how many they are */
};

/* Every function ends the program with a message when something fails. */
void bench_network_init(struct bench_network *network);
void bench_network_fini(struct bench_network *network);
/* Adds a host; returns its number. */
unsigned bench_host_add(struct bench_network *network, bool forwarding);
/* Joins two hosts by a cable with the addresses 10.N.0.1/24 and 10.N.0.2/24, N the cable's number.
 */
void bench_cable_add(struct bench_network *network, unsigned left, unsigned right);
/* Adds a default route by a gateway. */
void bench_route_add(struct bench_network *network, unsigned host, uint32_t gateway);
/* Carries frames until no host has one, and fires the timers that are due. */
void bench_settle(struct bench_network *network);
/* Lets that much time pass, timers and frames in their order. */
void bench_pass(struct bench_network *network, dobos_time duration);
/* A connection from one host to another, established; both ends. */
void bench_connect(struct bench_network *network, unsigned from, uint32_t address,
                   struct dobos_socket *listener, struct dobos_socket *ends[2]);
struct dobos_socket *bench_listen(struct bench_network *network, unsigned host);
/* Ends the program when the condition does not hold. */
void bench_require(bool holds, const char *what);

#endif
