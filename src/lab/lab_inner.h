/*
 * lab_inner: a running network, as the files of this room see it. A frame's way: a node's turn
 * gives it to the cable of one of its plugs; the cable's arrival gives it to the segment, which
 * captures it and delivers it at once to the plugs its bridge says; a delivery arms the turn of the
 * node that got it.
 */
#ifndef LAB_LAB_INNER_H
#define LAB_LAB_INNER_H

#include <stdio.h>

#include "lab/clock.h"
#include "lab/explain.h"
#include "lab/identity.h"
#include "lab/lab.h"
#include "lab/lease_memory.h"
#include "lab/network.h"
#include "link/bridge.h"
#include "link/cable.h"

struct capture;

/* How many full frames a port takes ahead of its wire. */
#define PLUG_RING_FRAMES 16
#define PLUG_RING_SHORT  2 /* in front of fq_codel, which cannot sort what has left it */

/* Where an interface of a node meets its segment. */
struct plug {
    struct lab_node *node;            /* whose */
    struct lab_segment *segment;      /* where */
    uint32_t interface;               /* its index at the host, ≥ 2 */
    uint32_t port;                    /* its number at the bridge */
    bool is_down;                     /* this link alone */
    struct dobos_mac mac;             /* its link address */
    struct cable cable;               /* from the node into the segment, with the impairments */
    struct clock_event arrival;       /* of the cable's next frame */
    struct dobos_service *client;     /* asks for its interface's address; NULL: none; the node's */
    struct dobos_service *link_local; /* finds it a link-local one; NULL: none; the node's */
    dobos_time ring_ns;               /* how far ahead of the wire a node's port takes frames */
    bool has_limit;  /* the file gives the cable's limit: the port never holds back */
    uint64_t missed; /* frames for the node while the link was down */
};

struct lab_segment {
    const struct network_segment *file; /* what the file says */
    struct bridge bridge;               /* the switch it is */
    struct plug **plugs;                /* by their ports; owned */
    uint32_t plug_count;                /* of them */
    bool is_down;                       /* all its links */
    struct capture *capture;            /* NULL: none */
};

/* Where frames leave the network: a node that is no host of ours, or a segment's join. */
struct lab_port {
    struct list_node node;   /* in lab.ports */
    enum lab_port_kind kind; /* see lab.h */
    const char *name;        /* of the node, or of the device outside */
    struct plug *plug;       /* its only one */
    struct lab_join *join;   /* what it stands on beside the file's nodes; owned; NULL: nothing */
    struct lab_outside *mirror; /* of a node: as it is to be configured now; owned; NULL */
    uint64_t generation;        /* how often that has changed */
    struct packet_queue frames; /* for the outside */
    uint64_t overflowed;        /* frames that found no room there */
};

/* A tool at work at a node. */
struct lab_task {
    struct list_node node;  /* in lab_node.tasks */
    struct tool_task *tool; /* NULL once it has ended */
    dobos_time again;       /* when to step at the latest */
    bool is_held;           /* it is not stepped */
    bool has_ended;         /* exit_code is its last word */
    int exit_code;          /* see tool.h */
};

struct lab_node {
    struct lab *lab;                 /* whose */
    const struct network_node *file; /* what the file says */
    struct dobos_host *host;         /* of a node outside: its companion; NULL: none, or off */
    struct lab_port *port;           /* it is outside; NULL: a host of ours */
    uint32_t boots;                  /* hosts it has had; each has a key of its own */
    struct plug *plugs;              /* one an interface, in the file's order; owned */
    struct dobos_service **services; /* DHCP servers, the others in the file's order, then clients;
                                        owned */
    struct lease_memory *leases; /* by the file's services, of DHCP servers; owned; what is in them
                                    outlasts the host */
    unsigned service_count;      /* of them */
    struct list tasks;           /* of struct lab_task, in the order they began */
    struct clock_event turn;     /* when it has something to do */
};

struct lab {
    struct network network;       /* the file */
    struct identity identity;     /* the seed */
    struct dobos_pool *pool;      /* of all packets and hosts */
    struct clock clock;           /* what happens when */
    uint64_t epoch_ns;            /* since 1970, of the clock's 0 */
    struct lab_segment *segments; /* as many as the file has; owned */
    struct lab_node *nodes;       /* as many as the file has; owned */
    struct list ports;            /* of struct lab_port, in the order they were made; owned */
    unsigned tasks_ended;         /* so far: who waits for one looks again when it moves */
    struct explainer *explainer;  /* while there are captures; owned; NULL */
};

/* ---- build.c ---- */

/* An interface's place in its segment, which has room for it. */
void plug_init(struct plug *plug, struct lab_node *node, unsigned number);
/* Makes hosts, services and cables of lab->network. */
bool lab_build(struct lab *lab, const struct lab_options *options, struct lab_error *error);
void lab_unbuild(struct lab *lab);

/* ---- segment.c ---- */

/* A frame of a node (take) goes on its cable. */
void plug_send(struct plug *plug, struct dobos_packet *packet, dobos_time now);
/* Frames have reached the segment's end of the cable; and so have those of the plugs of the same
 * segment whose arrivals are next, at the same time. */
void plug_on_arrival(struct plug *plug, dobos_time now);

/* ---- change.c ---- */

/* Sets ring_ns, by the rate. */
void plug_ring(struct plug *plug);
/* Whether nothing comes through: this link or its segment is down. */
bool plug_is_down(const struct plug *plug);
/* Does what a step's `set` asks, of a node's interface or (UINT32_MAX) a segment. */
void lab_change(struct lab *lab, uint32_t node, const struct network_change *change);

/* ---- node.c ---- */

/* Does what a host has to do now, and arms its next turn. */
void node_on_turn(struct lab_node *node, dobos_time now);
/* Something has been done to the host from outside: its turn is now. */
void node_wake(struct lab_node *node);
/* Begins a tool; false: it has ended at once, task->exit_code. The task is the caller's memory
 * until node_task_fini. */
bool node_task_init(struct lab_node *node, struct lab_task *task, int argc, char *const argv[],
                    bool json, struct sink *out, struct sink *error);
/* Ends it, ended or not. */
void node_task_fini(struct lab_task *task);
/* Its tools end with exit code 137, as programs do when somebody pulls the plug. */
void node_tasks_kill(struct lab_node *node);

/* ---- node_host.c ---- */

/* Makes the host and the services that the file gives the node (which has neither), at the clock's
 * now; of a node outside, its companion. False with *error: it has neither still. */
bool node_host_create(struct lab_node *node, struct lab_error *error);
/* Ends them, and the tools at work there, without a word to anybody: the node is switched off. What
 * arrives there goes to the outside, if the node is that, else nowhere. */
void node_host_destroy(struct lab_node *node);

/* ---- capture.c ---- */

/* A frame of that node (borrowed) has reached the segment. */
void capture_frame(struct capture *capture, const struct lab_node *from,
                   const struct dobos_packet *packet, uint64_t time_ns);
/* What a node has done with one of the frames that came since the last flush. */
void capture_fate(struct capture *capture, const struct lab_node *node,
                  const struct dobos_fate *fate);
/* The frames that came have been delivered: they are written. */
void capture_flush(struct capture *capture);
/* Closes it (take); false: something could not be written. */
bool capture_close(struct capture *capture);

/* ---- outside.c ---- */

/* Makes the ports of a segment that is joined to devices outside. False: no memory. */
bool segment_join(struct lab *lab, struct lab_segment *segment);
/* How many plugs segment_join will make there. */
unsigned segment_join_count(const struct network_segment *segment);
/* A frame for the outside (take). */
void port_deliver(struct lab_port *port, struct dobos_packet *packet, dobos_time now);
/* Ends all ports. */
void ports_end(struct lab *lab);

/* ---- companion.c ---- */

/* Who gets a frame that has come for a node outside. */
enum companion_share {
    COMPANION_NOTHING, /* the program */
    COMPANION_ALONE,   /* the companion */
    COMPANION_TOO,     /* both */
};
enum companion_share companion_share(const struct lab_port *port,
                                     const struct dobos_packet *packet);
/* The program sends a frame: if it asks for a lease itself, the companion ends. */
void companion_watch(struct lab_port *port, const struct dobos_packet *packet);
/* A node's own names as lines of /etc/hosts; false: they do not fit. */
bool companion_hosts_format(const struct network_node *node, char *text, size_t room);
/* Brings port->mirror up to date. */
void companion_mirror(struct lab_port *port);

/* ---- settle.c ---- */

#define LAB_SETTLE_NS (60 * DOBOS_SECOND) /* how long a network may take to set itself up */

/* Whether some node's interface still waits for an address or a neighbour; then *missing says
 * which. The search begins at the node *from and leaves there whose turn it is. */
bool settle_is_pending(const struct lab *lab, unsigned *from, char *missing, size_t room);
/* When the last of the frames that are under way now has arrived; now: there are none. */
dobos_time settle_arrival(const struct lab *lab);

/* ---- script_check.c ---- */

/* Whether the script's tools and counters exist. */
bool script_check(const struct lab *lab, struct lab_error *error);

#endif
