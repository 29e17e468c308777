/* ping: what its files share: the questions asked, what came back, and how that is written. */
#ifndef TOOLS_PING_H
#define TOOLS_PING_H

#include "tools/reverse.h"
#include "tools/task.h"

/* A question that was sent. */
struct ping_probe {
    dobos_time sent;  /* when */
    uint64_t number;  /* of the question, from 1; 0: none is here */
    bool is_answered; /* a reply has come */
};

/* What came back, until it is shown: the name of who sent it may have to be found first. */
struct ping_arrival {
    struct dobos_address from;       /* who sent it */
    bool is_error;                   /* an ICMP error: */
    struct dobos_icmp_report report; /* that one; else a reply: */
    uint64_t number;                 /* of the question */
    size_t length;                   /* bytes of ICMP */
    int64_t microseconds;            /* the round trip */
    uint8_t ttl;                     /* what was left of it */
    bool is_repeated;                /* not the first to that question */
};

struct ping {
    struct tool_task task;
    int64_t count;                 /* questions; 0: without end */
    int64_t interval_ns;           /* between them */
    int64_t data_bytes;            /* in each */
    int64_t linger_ns;             /* for the answer to the last one, when there was none yet */
    int64_t deadline_ns;           /* for all; 0: none */
    int64_t ttl;                   /* 0: the host's own */
    const char *source;            /* address or interface to ask from; NULL: the host's choice */
    const char *path_mtu;          /* "do": never fragment, "dont": as need be; NULL: dont */
    bool quiet;                    /* only the statistics */
    bool numeric;                  /* addresses without names */
    struct reverse reverse;        /* names of who answered */
    struct ping_arrival *arrivals; /* owned: not shown yet, in order */
    size_t arrival_count, arrival_room; /* of them, and of their places */
    struct dobos_poller *poller;        /* owned */
    struct dobos_lookup *lookup;        /* owned; NULL: done */
    struct dobos_socket *socket;        /* owned */
    uint8_t *bytes;                /* owned: sequence number and data, to send and to receive */
    struct dobos_address address;  /* of whom is asked */
    char name[DOBOS_DOMAIN_BYTES]; /* the same by name */
    struct ping_probe *probes;     /* owned: those that can still be answered */
    size_t probe_count;            /* how many places there are: 1–65536 */
    uint64_t transmitted, received, repeated, errors; /* so far */
    uint64_t pipe;                                    /* most questions under way at once */
    dobos_time began, last;            /* when the first and the last question were sent */
    int64_t least_us, most_us, sum_us; /* round-trip times */
    double squares_us;                 /* sum of their squares */
    json_t *replies;                   /* owned, with --json: what came back, in order */
};

/* Adds a time to the statistics. */
void ping_time_add(struct ping *ping, int64_t microseconds);

void ping_head_print(struct ping *ping);
/* One that came back; `name` of who sent it: NULL, or the same as the address: it has none. */
void ping_arrival_print(struct ping *ping, const struct ping_arrival *arrival, const char *name);
/* Statistics, or with --json all there is to say. */
void ping_end_print(struct ping *ping);

#endif
