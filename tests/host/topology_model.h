/*
 * topology_model: a network on paper: segments, nodes, what stands in their route tables, who
 * translates addresses; and an oracle that follows a datagram through it by looking at each table
 * from the first line to the last. It shares no code with the stack: what it says, the hosts must
 * do.
 */
#ifndef TESTS_HOST_TOPOLOGY_MODEL_H
#define TESTS_HOST_TOPOLOGY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/random.h"

#define MODEL_NODES      8
#define MODEL_INTERFACES 4 /* of a node at most */
#define MODEL_SEGMENTS   10
#define MODEL_ROUTES     48 /* of a node at most */
#define MODEL_HOPS       80 /* of a way, its time to live of 64 and its two ends */
#define MODEL_NONE       UINT32_MAX

struct model_segment {
    uint32_t prefix; /* of its addresses */
    uint8_t length;
    uint32_t count; /* addresses given */
    bool is_down;   /* no interface there has a link */
};

struct model_interface {
    uint32_t segment, address, mtu;
};

struct model_route {
    uint32_t prefix;
    uint8_t length;
    uint32_t gateway;   /* 0: on-link */
    uint32_t interface; /* of the node, from 0 */
    uint32_t metric;
};

struct model_node {
    bool is_router;
    uint32_t nat; /* the interface that is outside; MODEL_NONE: none */
    uint32_t interface_count, route_count;
    struct model_interface interfaces[MODEL_INTERFACES];
    struct model_route routes[MODEL_ROUTES];
};

struct model {
    uint32_t node_count, segment_count;
    struct model_node nodes[MODEL_NODES];
    struct model_segment segments[MODEL_SEGMENTS];
};

enum model_fate {
    FATE_DELIVERED,
    FATE_SILENT,   /* dropped, and nobody is told */
    FATE_NO_ROUTE, /* the sender itself knows no way, and says so at once */
    FATE_TOLD,     /* by an ICMP error */
};

/* A datagram's way. */
struct model_way {
    enum model_fate fate;
    uint32_t at;        /* the node where it ended */
    uint32_t arrived;   /* by which of its interfaces; MODEL_NONE: it has not left it */
    bool is_new;        /* it begins a flow: answers and errors are known where they pass */
    uint32_t hops;      /* routers that passed it on */
    uint32_t source;    /* as it was at the end */
    uint8_t type, code; /* FATE_TOLD */
    uint32_t narrowest; /* the smallest MTU that it met */
    uint32_t passed[MODEL_HOPS]; /* nodes that it left, the first of them */
    uint32_t passed_mtu[MODEL_HOPS];
    uint32_t passed_count;
    uint32_t translated; /* how often, below: */
    struct {
        uint32_t node, before, after;
    } translations[MODEL_HOPS];
};

/* Draws a network that the seed decides. */
void model_draw(struct model *model, struct random *random);
/* Follows a datagram from a node's program, `way->is_new` set before; `source` 0: of the interface
   it leaves by. `arrived` not MODEL_NONE: it goes on at a node that has just taken it in by that
   interface and translated it. */
void model_follow(const struct model *model, uint32_t from, uint32_t arrived, uint32_t source,
                  uint32_t destination, uint32_t ttl, struct model_way *way);
/* And an answer to who sent it, as he was seen: back through all that was translated. */
void model_return(const struct model *model, const struct model_way *way, uint32_t destination,
                  struct model_way *back);

#endif
