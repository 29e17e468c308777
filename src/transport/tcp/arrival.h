/*
 * arrival: what one acknowledgment says has arrived, entry by entry of the scoreboard: by the ACK
 * field (here) or by SACK blocks (sack.c). Whoever sent them tells RACK, the delivery rate and the
 * round-trip time in passing; what follows for the window is recovery.c's.
 */
#ifndef TRANSPORT_TCP_ARRIVAL_H
#define TRANSPORT_TCP_ARRIVAL_H

#include "transport/tcp/connection.h"

struct arrival {
    dobos_time now;
    uint32_t acked;            /* what snd_una moved, bytes */
    uint32_t entries;          /* that left the scoreboard with it */
    uint32_t delivered;        /* newly arrived, bytes */
    uint32_t lost;             /* newly found lost, bytes */
    uint32_t in_flight_before; /* before all this, bytes */
    struct seq highest_before; /* rack.highest then */
    struct rate_making rate;   /* the sample in the making */
    dobos_time first_sent_at;  /* of what the ACK field covers anew and was never sent again: the
                                  sending of the first; DOBOS_NEVER: there is none */
    dobos_time last_sent_at;   /* likewise of the last, SACK included */
    dobos_time sacked_sent_at; /* likewise of the first that SACK tells of */
    struct seq duplicate_end;  /* of what a D-SACK reports */
    bool has_duplicate;        /* there is a D-SACK that can be believed */
    bool has_sacked;           /* SACK blocks told of something new */
    bool has_sacked_new;       /* likewise, sent after the timeout that F-RTO doubts */
    bool is_repeat_acked;      /* the ACK field covers something that was sent again */
    bool has_reordered;        /* something arrived behind what was sent after it */
    bool is_original;  /* something has arrived that was thought lost, and never sent again */
    bool is_duplicate; /* a duplicate acknowledgment (RFC 5681 §2) */
    bool has_echo;     /* it echoes a timestamp: ts_echo */
    uint32_t ts_echo;
};

void arrival_begin(const struct tcp_connection *c, struct arrival *arrival, dobos_time now);
/* An entry has arrived that was not known to have. It is still as it was: in flight, or lost. */
void arrival_take(struct transport *transport, struct tcp_connection *c, const struct sent *sent,
                  bool by_sack, struct arrival *arrival);
/* The ACK field covers all below `ack`, anew: they leave the scoreboard. */
void arrival_cumulative(struct transport *transport, struct tcp_connection *c, struct seq ack,
                        struct arrival *arrival);

#endif
