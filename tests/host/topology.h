/*
 * topology: a seed's network as it runs: hosts of dobos as the model (topology_model.h) has them,
 * the frames under way between them, and the datagrams that are tried. Included by topology.c and
 * topology_wire.c alone.
 */
#ifndef TESTS_HOST_TOPOLOGY_H
#define TESTS_HOST_TOPOLOGY_H

#include <inttypes.h>
#include <string.h>

#include "pair.h"
#include "topology_model.h"

#define PHASES   3 /* all links up; some down; up again */
#define PROBES   6 /* datagrams a phase */
#define PORT     7
#define TCP_PORT 80
#define FLIGHT   4096                 /* frames on all segments at once, at most */
#define MAGIC    UINT32_C(0x70b05a11) /* begins each datagram's payload */

struct frame {
    dobos_time arrives;
    uint32_t segment, node; /* where, and who sent it */
    size_t length;
    uint8_t bytes[1600];
};

/* A datagram that is tried. */
struct probe {
    uint32_t from;               /* node */
    struct dobos_socket *socket; /* its own: each is a flow by itself */
    uint32_t destination;        /* address */
    uint8_t ttl;
    uint32_t length;       /* of its payload */
    uint32_t source;       /* the address it was sent from */
    struct model_way way;  /* as it must go */
    struct model_way back; /* and its answer */
    bool must_return, may_return, must_tell, may_tell;
    uint32_t teller; /* whose address says so */
    bool is_sent, arrived, returned, told;
    uint8_t last_ttl[2]; /* on a wire: of it, of the answer; 0: not seen yet */
    unsigned seen[2];
};

struct topology {
    uint64_t seed;
    struct random random;
    struct model model;
    struct dobos_allocator allocator;
    struct dobos_pool *pool;
    size_t memory; /* pieces of it that are held */
    struct dobos_host *hosts[MODEL_NODES];
    struct dobos_socket *sockets[MODEL_NODES];   /* UDP */
    struct dobos_socket *listeners[MODEL_NODES]; /* TCP */
    dobos_time now;
    struct frame *flight; /* a ring */
    unsigned first, in_flight;
    unsigned frames;
    struct probe probes[PHASES * PROBES];
    unsigned probe_count;
    bool tells;                                                     /* what it draws */
    unsigned delivered, answered, told, silent, connected, refused; /* what came of all */
};

/* Ends the program: the seed did not hold. */
_Noreturn void fail_seed(const struct topology *t, const char *what, uint64_t number);
static inline void must(const struct topology *t, bool holds, const char *what, uint64_t number) {
    if (!holds)
        fail_seed(t, what, number);
}

/* A node's host, as the model has it, with its servers. */
void node_create(struct topology *t, uint32_t node);
/* A socket (give) bound to that port, 0: to none. */
struct dobos_socket *socket_open(struct topology *t, uint32_t node, enum dobos_protocol protocol,
                                 uint16_t port);
/* Takes all that hosts have to send, and looks at each frame. */
void wires_collect(struct topology *t);
/* Gives a frame to whom it is for. */
void wire_deliver(struct topology *t, const struct frame *frame);

#endif
