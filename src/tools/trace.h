/* trace: what its files share: probes on their way, what came back, and how that is written. */
#ifndef TOOLS_TRACE_H
#define TOOLS_TRACE_H

#include "tools/reverse.h"
#include "tools/task.h"

#define TRACE_NOTE_BYTES 16

/* A packet that may live for so many hops. */
struct trace_probe {
    dobos_time sent;             /* when; 0: not yet */
    bool is_done;                /* answered, or nobody waits for it any more */
    bool is_answered;            /* by: */
    bool is_final;               /* nothing goes beyond who answered */
    struct dobos_address from;   /* who answered */
    dobos_time took;             /* until then, in nanoseconds */
    char note[TRACE_NOTE_BYTES]; /* what else there is to say: "!H"; "": nothing */
};

struct trace {
    struct tool_task task;
    /* What was asked for. */
    bool numeric;           /* addresses without names */
    bool echo;              /* ICMP echo requests, not UDP */
    bool dont_fragment;     /* DF is set */
    bool finds_mtu;         /* packets are as long as the path is known to carry */
    int64_t first, most;    /* hops, 1–255 */
    int64_t queries;        /* probes a hop, 1–10 */
    int64_t wait_ns;        /* for an answer */
    int64_t port;           /* of the first UDP probe; each has the next */
    int64_t under_way_most; /* probes on their way at once, 1–16 */
    int64_t tos;            /* of IPv4 */
    int64_t bytes;          /* of each packet with its headers */
    const char *source;     /* address to ask from; NULL: the host's choice */
    const char *device;     /* interface to ask from; NULL: the host's choice */
    /* On the way. */
    struct dobos_lookup *lookup;  /* owned; NULL: done */
    struct dobos_poller *poller;  /* owned */
    struct dobos_socket *socket;  /* owned; NULL: not open yet */
    struct dobos_address address; /* where it goes */
    struct reverse reverse;       /* names of those who answered */
    uint8_t *data;                /* owned: sequence number and data, to send and to receive */
    size_t room;                  /* bytes of it */
    struct trace_probe *probes;   /* owned: those of the first hop first */
    size_t count;                 /* of probes; less once somebody's answer was final */
    size_t sent, done, shown;     /* so many of the first probes; done: so many in all */
    uint32_t mtu;                 /* with finds_mtu: the last one shown; 0: none */
    bool is_reached;              /* the destination itself answered */
    json_t *hops;                 /* owned, with --json */
};

void trace_head_print(const struct trace *trace);
/* The next probe, whose `name` is known. */
void trace_probe_print(struct trace *trace, const struct trace_probe *probe, const char *name);
void trace_end_print(struct trace *trace);

#endif
