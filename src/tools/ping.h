/* ping: what its files share: the questions asked, what came back, and how that is written. */
#ifndef TOOLS_PING_H
#define TOOLS_PING_H

#include "tools/task.h"

/* A question that was sent. */
struct ping_probe {
    dobos_time sent;  /* when */
    uint64_t number;  /* of the question, from 1; 0: none is here */
    bool is_answered; /* a reply has come */
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
    struct dobos_poller *poller;   /* owned */
    struct dobos_lookup *lookup;   /* owned; NULL: done */
    struct dobos_socket *socket;   /* owned */
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
void ping_reply_print(struct ping *ping, const struct dobos_message *message, uint64_t number,
                      size_t length, int64_t microseconds, bool is_repeated);
void ping_error_print(struct ping *ping, const struct dobos_icmp_report *report, uint16_t number);
/* Statistics, or with --json all there is to say. */
void ping_end_print(struct ping *ping);

#endif
