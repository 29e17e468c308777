/*
 * congestion: how much may be in flight, and how fast it may leave. An algorithm is a constant
 * table of functions on values: none of them sees a connection, a scoreboard or a clock. Bytes and
 * nanoseconds, integers throughout.
 *
 * Who decides what: recovery.c finds losses and tells the algorithm; while a recovery of its own
 * lasts the algorithm does not grow the window (it is led down to ssthresh), unless the table says
 * `leads`: then the algorithm sets cwnd and the pacing rate itself at every acknowledgment,
 * recovery or not (BBR).
 */
#ifndef TRANSPORT_TCP_CONGESTION_H
#define TRANSPORT_TCP_CONGESTION_H

#include <dobos/host.h>

#include "base/seq.h"
#include "transport/tcp/bbr.h"
#include "transport/tcp/cubic.h"
#include "transport/tcp/validation.h"

#define CONGESTION_SSTHRESH_UNSET UINT32_MAX
#define CONGESTION_CWND_MAX       (1u << 30) /* what a window of TCP can hold; bytes */
#define CONGESTION_INITIAL        10u /* segments, where the host's settings are not at hand */

/* A sample of the rate at which data arrives. */
struct rate_sample {
    uint64_t delivered;       /* bytes that arrived in the interval */
    uint64_t prior_delivered; /* delivered_total when the newest segment acknowledged was sent */
    int64_t interval_ns;      /* the longer of the send and the ack phase; 0: no sample */
    bool is_app_limited;      /* the program, not the path, set the pace */
    bool is_retransmitted;    /* the newest segment was a repetition */
};

/* What one acknowledgment told. All in bytes unless named. */
struct congestion_ack {
    dobos_time now;            /* when it came */
    uint32_t mss;              /* of a full segment, options taken off */
    uint32_t acked;            /* newly acknowledged: what snd_una moved */
    uint32_t delivered;        /* newly known to have arrived, by snd_una or SACK */
    uint32_t lost;             /* newly marked lost */
    uint32_t in_flight_before; /* in the network before it (RFC 6675's pipe) */
    uint32_t in_flight;        /* and after it */
    int64_t rtt_ns;            /* round trip of the newest segment it acknowledges; 0: none */
    int64_t srtt_ns;           /* smoothed; 0: none yet */
    int64_t rtt_min_ns;        /* windowed minimum; 0: none yet */
    uint64_t delivered_total;  /* of the connection so far, this acknowledgment included */
    struct rate_sample rate;   /* see above */
    struct seq una, nxt;       /* snd_una (after), snd_nxt: rounds */
    bool is_window_used; /* cwnd, not the program or the peer, held the sender back (RFC 7661) */
    bool in_recovery;    /* a recovery lasts (or has been entered by this acknowledgment) that leads
                            the    window; false after a timeout: then slow start does */
    bool ecn_echo;       /* it carries news of congestion marks */
};

struct congestion;

struct congestion_algorithm {
    const char *name; /* as Linux calls it: "cubic", "reno", "bbr" */
    bool leads;       /* sets cwnd and pacing itself, in a recovery, too */
    bool is_paced;    /* is always paced */
    /* Own state at the beginning; cwnd and ssthresh are the caller's. */
    void (*initial)(struct congestion *c, uint32_t mss);
    /* Every acknowledgment that brings news. */
    void (*on_ack)(struct congestion *c, const struct congestion_ack *ack);
    /* A recovery begins: sets ssthresh, not cwnd (unless it leads). */
    void (*on_loss)(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now);
    /* The first timeout of a segment: ssthresh, own state. NULL: as on_loss. */
    void (*on_rto)(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now);
    /* A congestion mark, at most once a round trip: ssthresh. NULL: as on_loss. */
    void (*on_ecn)(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now);
    /* The recovery is over, after a timeout, too. NULL: nothing to do. */
    void (*on_recovered)(struct congestion *c, dobos_time now);
    /* The loss was none; cwnd and ssthresh are the caller's. NULL: nothing to do. */
    void (*undo)(struct congestion *c);
    /* Sending begins again after a pause; cwnd has been limited already. NULL: nothing to do. */
    void (*on_idle)(struct congestion *c, uint32_t mss, int64_t idle_ns, dobos_time now);
    /* What to remember while there is no flight, and its return, after initial. NULL: nothing. */
    void (*keep)(const struct congestion *c, uint32_t kept[2]);
    void (*resume)(struct congestion *c, const uint32_t kept[2]);
    /* Bytes a second, when pacing is asked for. NULL: twice the window a round trip in slow start,
     * six fifths of it beyond. */
    uint64_t (*pacing_rate)(const struct congestion *c, int64_t srtt_ns, uint32_t mss);
};

extern const struct congestion_algorithm congestion_reno, congestion_cubic, congestion_bbr;

struct reno {
    uint32_t acked_bytes; /* in congestion avoidance: since the window last grew */
    bool after_rto;       /* slow start after a timeout */
};

struct congestion {
    const struct congestion_algorithm *algorithm; /* never NULL once set up */
    uint32_t cwnd;       /* congestion window, bytes, at most CONGESTION_CWND_MAX */
    uint32_t ssthresh;   /* slow start below, congestion avoidance from here on; bytes, or
                            CONGESTION_SSTHRESH_UNSET */
    uint32_t prior_cwnd; /* cwnd before the last reduction; 0: there was none, or it is undone */
    uint32_t prior_ssthresh;      /* likewise ssthresh */
    uint64_t pacing_rate;         /* bytes a second, of an algorithm that is paced; else 0 */
    struct validation validation; /* whether cwnd is put to use (RFC 7661) */
    bool is_reduced; /* from a reduction until it is over or undone: another in between does
                        not touch what undo puts back */
    union {
        struct reno reno;   /* of congestion_reno */
        struct cubic cubic; /* of congestion_cubic */
        struct bbr bbr;     /* of congestion_bbr */
    } own;                  /* the algorithm's */
};

/* The table of an algorithm (not DOBOS_CONGESTION_DEFAULT); NULL: there is none of that number. */
const struct congestion_algorithm *congestion_find(enum dobos_congestion which);
/* RFC 6928 with n segments in place of ten: min(n·MSS, max(2·MSS, n·1460)); one segment when the
 * SYN had to be repeated. */
uint32_t congestion_initial_window(uint32_t mss, uint32_t segments, bool resent_syn);
/* The beginning of a connection. */
void congestion_init(struct congestion *c, const struct congestion_algorithm *algorithm,
                     uint32_t mss, uint32_t segments, bool resent_syn);
/* Another algorithm takes over the windows as they are. */
void congestion_switch(struct congestion *c, const struct congestion_algorithm *algorithm,
                       uint32_t mss);

/* ---- events; recovery.c and its neighbours call these, not the table ---- */

void congestion_on_ack(struct congestion *c, const struct congestion_ack *ack);
/* A recovery begins with that much in flight (before what started it was marked lost). cwnd is the
 * caller's to bring to ssthresh. cwnd itself is lowered here if it was not put to use. */
void congestion_on_loss(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now);
/* A congestion mark: the same. */
void congestion_on_ecn(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now);
/* A timeout; `first`: of this segment. cwnd becomes one segment. */
void congestion_on_timeout(struct congestion *c, uint32_t in_flight, uint32_t mss, bool first,
                           dobos_time now);
/* What on_loss, on_ecn or on_timeout began is over. */
void congestion_on_recovered(struct congestion *c, dobos_time now);
/* The last reduction was for nothing: windows and the algorithm's state are as before it, or
 * larger.
 */
void congestion_undo(struct congestion *c);
/* After a pause longer than a timeout: at most the initial window of so many segments. */
void congestion_on_idle(struct congestion *c, uint32_t mss, uint32_t segments, int64_t idle_ns,
                        dobos_time now);

/* The window larger by so much, as far as a window can be. */
static inline uint32_t congestion_grown(uint32_t cwnd, uint32_t by) {
    return cwnd >= CONGESTION_CWND_MAX || by >= CONGESTION_CWND_MAX - cwnd ? CONGESTION_CWND_MAX
                                                                           : cwnd + by;
}

#endif
