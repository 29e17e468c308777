/*
 * world: two hosts of ours in virtual time and a cable element each way, for the benches that
 * measure TCP over a cable: hosts[0] at 10.0.0.1 sends, hosts[1] at 10.0.0.2 receives. What the
 * programs do is the bench's; a queue that is full drops. (tests/host/pair.h is the world of tests:
 * it holds frames back instead, and counts every piece of memory.)
 */
#ifndef BENCH_WORLD_H
#define BENCH_WORLD_H

#include <dobos/host.h>
#include <dobos/packet.h>
#include <dobos/socket.h>

#include "link/cable.h"

struct world {
    struct dobos_pool *pool;     /* of both hosts; owned */
    struct dobos_host *hosts[2]; /* who sends, who receives; owned */
    struct cable cables[2];      /* from each */
    dobos_time now;              /* virtual */
    dobos_time busy;             /* how long hosts[0]'s cable sends, up to its busy_until */
    /* Whether a frame is lost on purpose, before it comes to its host's cable; NULL: none is. */
    bool (*is_lost)(struct world *world, unsigned from, const struct dobos_packet *packet);
};

/* Ends the program with its name and `what`, and exit status 2. */
_Noreturn void world_die(const char *what);
/* Makes it; the hosts are made as `config` says but for the key, which the seed gives, as the
 * cables' chances. */
void world_init(struct world *world, const struct dobos_host_config *config,
                const struct impairments impairments[2], uint64_t seed);
void world_fini(struct world *world);
/* A socket of hosts[1] that listens, and a new one of hosts[0] that connects to it. */
struct dobos_socket *world_listen(struct world *world);
struct dobos_socket *world_connect(struct world *world);
/* What has arrived by now goes in, timers fire, and what the hosts have to send goes out. */
void world_step(struct world *world);
/* When there is something to do again, not before now. */
dobos_time world_next(const struct world *world);

#endif
