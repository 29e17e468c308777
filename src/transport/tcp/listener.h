/* listener: LISTEN (RFC 9293 §3.10.7.2): half-open records, and connections that wait for accept.
 */
#ifndef TRANSPORT_TCP_LISTENER_H
#define TRANSPORT_TCP_LISTENER_H

#include "transport/tcp/connection.h"
#include "transport/tcp/segment.h"

#define LISTENER_HALF_OPEN_MIN 128  /* a listener may have so many half-open records at least */
#define LISTENER_HALF_OPEN_MAX 1024 /* and so many at most */
#define LISTENER_BACKLOG_MAX   65535

struct tcp_listener {
    struct tcp_connection *owner;      /* in LISTEN */
    struct list half_open;             /* of tcp_half_open.node, oldest first */
    struct list openings;              /* likewise: those that are connections by fast open */
    struct list waiting;               /* of tcp_connection.queue_node, oldest first: accept's */
    uint32_t half_open_count;          /* in half_open; ≤ half_open_limit */
    uint32_t waiting_count;            /* in waiting; ≤ backlog */
    uint32_t half_open_limit;          /* then SYNs get cookies, or the oldest goes */
    uint32_t backlog;                  /* the program's */
    uint32_t fast_open_pending;        /* in openings; their SYN,ACKs are not acknowledged yet */
    uint32_t fast_open_resets;         /* those of them that were reset, and count on */
    dobos_time fast_open_resets_until; /* then they count no more */
    dobos_time cookies_until;          /* SYN cookies given out may come back until then; 0: none */
};

enum drop_reason listener_receive(struct transport *transport, struct tcp_connection *c,
                                  struct tcp_segment *segment, dobos_time now,
                                  struct transport_result *result);
/* A connection has come out of a half-open record: it waits for accept. */
void listener_append(struct tcp_listener *listener, struct tcp_connection *child);
/* Takes a waiting connection out. */
void listener_forget(struct tcp_connection *child);
bool listener_is_full(const struct tcp_listener *listener);
/* The program has closed it: waiting connections are reset, half-open records forgotten, CLOSED. */
void listener_end(struct transport *transport, struct tcp_connection *c);
/* Without a word: half-open records forgotten, waiting connections left alone. */
void listener_destroy(struct transport *transport, struct tcp_connection *c);
/* The peer's maximum segment size by its SYN. */
uint16_t mss_from_option(const struct tcp_options *options);

#endif
