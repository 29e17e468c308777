/*
 * bbr: what BBR (version 1) keeps: a model of the path, which is the largest delivery rate of ten
 * round trips and the smallest round trip of ten seconds, and where it stands in probing it.
 */
#ifndef TRANSPORT_TCP_BBR_H
#define TRANSPORT_TCP_BBR_H

#include <dobos/types.h>

#define BBR_UNIT        256u         /* a gain of one */
#define BBR_RATE_MAX    (1ull << 37) /* bytes a second; what is above counts as this */
#define BBR_CYCLE       8u           /* phases of PROBE_BW */
#define BBR_RATE_ROUNDS 10u          /* the rate's memory */

struct congestion;
struct congestion_ack;

enum bbr_mode {
    BBR_STARTUP,   /* doubling until the rate grows no more */
    BBR_DRAIN,     /* emptying the queue that this has made */
    BBR_PROBE_BW,  /* cruising, and looking for more in turn */
    BBR_PROBE_RTT, /* nearly nothing in flight, to see the path's own round trip */
};

/* The largest value of a window of rounds, from three candidates: the best, the best after it, and
 * the best after that. */
struct bbr_max {
    struct {
        uint64_t rate;  /* bytes a second */
        uint32_t round; /* when it was seen */
    } best[3];
};
void bbr_max_reset(struct bbr_max *max, uint32_t round, uint64_t rate);
void bbr_max_update(struct bbr_max *max, uint32_t window, uint32_t round, uint64_t rate);

/* Whether somebody enforces a rate by dropping what is beyond it: then the rate between losses is
 * taken for the path's for a while ("long-term rate"). */
struct bbr_policer {
    uint64_t rate;           /* bytes a second; 0: none was seen */
    uint64_t last_delivered; /* delivered_total when this interval began */
    uint64_t last_lost;      /* likewise what was lost */
    dobos_time last_at;      /* when it began */
    uint8_t rounds;          /* in this interval, or since the rate is used */
    bool is_sampling;        /* an interval has begun */
    bool is_used;            /* the rate stands for the path's */
};

/* How much more than the model says arrives in bursts, because acknowledgments come in lumps. */
struct bbr_lumps {
    dobos_time epoch;  /* since when is counted */
    uint64_t acked;    /* since then; bytes */
    uint32_t extra[2]; /* the most beyond the model in these rounds, and those before; bytes */
    uint8_t rounds;    /* of extra[index] */
    uint8_t index;     /* of those now */
};

struct bbr {
    struct bbr_max max_rate;       /* the path's rate */
    struct bbr_policer policer;    /* see above */
    struct bbr_lumps lumps;        /* see above */
    uint64_t next_round_delivered; /* the round is over when a segment sent with so much delivered
                                      is acknowledged */
    uint64_t full_rate;            /* when STARTUP last saw it grow by a quarter */
    uint64_t lost_total;           /* bytes */
    uint64_t limited_until;        /* what was sent before so much was delivered says nothing */
    dobos_time min_rtt_at;         /* when min_rtt_us was seen; ns */
    dobos_time probe_rtt_until;    /* the end of PROBE_RTT; 0: not known yet; ns */
    dobos_time cycle_at;           /* when this phase of PROBE_BW began; ns */
    uint32_t min_rtt_us;           /* the path's round trip; UINT32_MAX: none yet */
    uint32_t round;                /* counts round trips */
    uint32_t saved_cwnd;           /* before PROBE_RTT or a recovery; bytes */
    uint16_t pacing_gain;          /* of the rate, in BBR_UNIT */
    uint16_t cwnd_gain;            /* of the bandwidth-delay product, in BBR_UNIT */
    uint8_t mode;                  /* enum bbr_mode */
    uint8_t cycle;                 /* phase of PROBE_BW */
    uint8_t full_rounds;           /* in which the rate has not grown */
    bool is_full;                  /* it grows no more: STARTUP is over */
    bool round_began;              /* by this acknowledgment */
    bool probe_rtt_round;          /* PROBE_RTT has lasted a round trip */
    bool conserves;                /* the first round trip of a recovery: what leaves goes in */
    bool is_recovering;            /* a recovery or a timeout's slow start lasts */
    bool enters;                   /* it has begun since the last acknowledgment */
    bool idle_restart;             /* sending has begun again after a pause */
    bool has_rtt;                  /* the pacing rate is from a round trip, not a guess */
};

/* ---- bbr_model.c ---- */
/* The path's rate as it is believed now, bytes a second. */
uint64_t bbr_rate(const struct bbr *bbr);
/* The bandwidth-delay product times a gain, bytes; the initial window while nothing is known. */
uint32_t bbr_bdp(const struct bbr *bbr, uint64_t rate, uint32_t gain, uint32_t mss);
/* `bytes` in `ns` as bytes a second. */
uint64_t bbr_rate_of(uint64_t bytes, int64_t ns);
/* Rounds, rate, policer. */
void bbr_rate_update(struct congestion *c, const struct congestion_ack *ack);
void bbr_lumps_update(struct congestion *c, const struct congestion_ack *ack);
/* What lumps ask for beside the bandwidth-delay product, bytes. */
uint32_t bbr_lumps_extra(const struct bbr *bbr);
void bbr_policer_reset(struct bbr *bbr);

#endif
