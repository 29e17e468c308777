/*
 * rate: at what rate data arrives (draft-cheng-iccrg-delivery-rate-estimation). Each sending
 * remembers how much had arrived by then; when it is answered, what has arrived since, over the
 * longer of the time it took to send and the time it took to be told, is a sample.
 */
#ifndef TRANSPORT_TCP_RATE_H
#define TRANSPORT_TCP_RATE_H

#include "transport/tcp/congestion.h"
#include "transport/tcp/scoreboard.h"

struct rate {
    uint64_t delivered;       /* bytes that have arrived so far */
    uint64_t app_limited;     /* what is sent until that much has arrived says more of the program
                                 than of the path; 0: nothing is */
    dobos_time delivered_at;  /* when something last arrived */
    dobos_time first_sent_at; /* when the sample began that is sent now */
    uint64_t last_bytes;      /* for info: of the last sample that says something of the path */
    int64_t last_ns;          /* likewise its time; 0: there was none */
    bool last_app_limited;    /* likewise: the program set the pace */
};

/* A sample in the making, over one acknowledgment. */
struct rate_making {
    uint64_t prior_delivered; /* of the newest sending that is answered */
    dobos_time prior_at;      /* when that much had arrived */
    dobos_time sent_at;       /* when it was sent */
    int64_t send_ns;          /* how long the sending of the sample took */
    struct seq end;           /* its end: of two sent at once the later counts */
    bool has_any;             /* something was answered */
    bool is_app_limited, is_resent;
};

/* `sent` goes out now, again or not, while that much was in flight before it: its snapshot. */
void rate_on_send(struct rate *rate, struct sent *sent, uint32_t in_flight, dobos_time now);
/* It has arrived. */
void rate_on_arrival(struct rate *rate, struct rate_making *making, const struct sent *sent,
                     dobos_time now);
/* All of an acknowledgment is known: the sample. */
struct rate_sample rate_sample_make(struct rate *rate, const struct rate_making *making,
                                    int64_t rtt_min_ns);
/* The program has nothing more to send, and the windows would take more. */
void rate_on_app_limited(struct rate *rate, uint32_t in_flight);

#endif
