/*
 * bbr_model: what BBR believes of the path: its rate, its bandwidth-delay product, whether a
 * policer sits in it, and how lumpily acknowledgments come. Version 1, as Linux has it; there is no
 * RFC of it (Cardwell et al., "BBR: Congestion-Based Congestion Control", ACM Queue 14, 5, 2016).
 */
#include "transport/tcp/bbr.h"

#include "base/memory.h"
#include "transport/tcp/congestion.h"

#define POLICER_ROUNDS_MIN 4u   /* of an interval */
#define POLICER_ROUNDS_MAX 16u  /* then it is given up */
#define POLICER_LOSS       50u  /* lost of 256 delivered: a fifth */
#define POLICER_RATIO      8u   /* rates that differ by less than an eighth are the same */
#define POLICER_DIFFERENCE 500u /* bytes a second: or by less than this */
#define LUMPS_ROUNDS       5u
#define LUMPS_SEGMENTS_MAX (1u << 20)
#define LUMPS_MICROSECONDS 100000u
#define EPOCH_MICROSECONDS (1 << 25)

/* ---- the largest of a window ---- */

void bbr_max_reset(struct bbr_max *max, uint32_t round, uint64_t rate) {
    for (unsigned i = 0; i < 3; i++) {
        max->best[i].rate = rate;
        max->best[i].round = round;
    }
}

/* A candidate that has grown too old makes way for the next; without a next, whatever came lately
 * becomes one, so that the window never forgets all at once. */
void bbr_max_update(struct bbr_max *max, uint32_t window, uint32_t round, uint64_t rate) {
    if (rate >= max->best[0].rate || round - max->best[2].round > window) {
        bbr_max_reset(max, round, rate);
        return;
    }
    if (rate >= max->best[1].rate) {
        max->best[1].rate = max->best[2].rate = rate;
        max->best[1].round = max->best[2].round = round;
    } else if (rate >= max->best[2].rate) {
        max->best[2].rate = rate;
        max->best[2].round = round;
    }
    uint32_t age = round - max->best[0].round;
    if (age > window) {
        max->best[0] = max->best[1];
        max->best[1] = max->best[2];
        max->best[2].rate = rate;
        max->best[2].round = round;
        if (round - max->best[0].round > window) {
            max->best[0] = max->best[1];
            max->best[1] = max->best[2];
        }
    } else if (max->best[1].round == max->best[0].round && age > window / 4) {
        max->best[1].rate = max->best[2].rate = rate;
        max->best[1].round = max->best[2].round = round;
    } else if (max->best[2].round == max->best[1].round && age > window / 2) {
        max->best[2].rate = rate;
        max->best[2].round = round;
    }
}

/* ---- rates and volumes ---- */

uint64_t bbr_rate_of(uint64_t bytes, int64_t ns) {
    uint64_t rate;
    if (ns <= 0)
        return 0;
    if (bytes < 1ull << 34)
        rate = bytes * 1000000000u / (uint64_t)ns;
    else
        rate = bytes / (uint64_t)max_i64(ns / 1000000, 1) * 1000;
    return rate < BBR_RATE_MAX ? rate : BBR_RATE_MAX;
}

uint64_t bbr_rate(const struct bbr *bbr) {
    return bbr->policer.is_used ? bbr->policer.rate : bbr->max_rate.best[0].rate;
}

/* What comes at `rate` in so many µs, at most what a window holds. */
static uint32_t volume(uint64_t rate, uint64_t microseconds) {
    uint64_t bytes = rate * microseconds / 1000000;
    return bytes < CONGESTION_CWND_MAX ? (uint32_t)bytes : CONGESTION_CWND_MAX;
}

uint32_t bbr_bdp(const struct bbr *bbr, uint64_t rate, uint32_t gain, uint32_t mss) {
    if (bbr->min_rtt_us == UINT32_MAX)
        return congestion_initial_window(mss, CONGESTION_INITIAL, false);
    uint64_t product = volume(rate, min_u32(bbr->min_rtt_us, EPOCH_MICROSECONDS));
    product = product * gain / BBR_UNIT;
    return product < CONGESTION_CWND_MAX ? (uint32_t)product : CONGESTION_CWND_MAX;
}

/* ---- the policer ---- */

static void interval_begin(struct bbr *bbr, const struct congestion_ack *ack) {
    bbr->policer.last_at = ack->now;
    bbr->policer.last_delivered = ack->delivered_total;
    bbr->policer.last_lost = bbr->lost_total;
    bbr->policer.rounds = 0;
}

void bbr_policer_reset(struct bbr *bbr) {
    bbr->policer = (struct bbr_policer){0};
}

/* Two intervals between losses with nearly the same rate: that is the policer's. */
static void interval_end(struct bbr *bbr, const struct congestion_ack *ack, uint64_t rate) {
    struct bbr_policer *p = &bbr->policer;
    if (p->rate > 0) {
        uint64_t difference = rate > p->rate ? rate - p->rate : p->rate - rate;
        if (difference * POLICER_RATIO <= p->rate || difference <= POLICER_DIFFERENCE) {
            p->rate = (rate + p->rate) / 2;
            p->is_used = true;
            p->rounds = 0;
            bbr->pacing_gain = BBR_UNIT;
            return;
        }
    }
    p->rate = rate;
    interval_begin(bbr, ack);
}

/* Begins with a loss, so that the policer's bucket is empty; ends with one, four to sixteen rounds
 * later, if a fifth was lost. */
static void policer_sample(struct bbr *bbr, const struct congestion_ack *ack) {
    struct bbr_policer *p = &bbr->policer;
    if (p->is_used)
        return;
    if (!p->is_sampling) {
        if (ack->lost == 0)
            return;
        interval_begin(bbr, ack);
        p->is_sampling = true;
    }
    if (ack->rate.is_app_limited) {
        bbr_policer_reset(bbr);
        return;
    }
    if (bbr->round_began)
        p->rounds++;
    if (p->rounds < POLICER_ROUNDS_MIN)
        return;
    if (p->rounds > POLICER_ROUNDS_MAX) {
        bbr_policer_reset(bbr);
        return;
    }
    uint64_t lost = bbr->lost_total - p->last_lost;
    uint64_t delivered = ack->delivered_total - p->last_delivered;
    int64_t passed = ack->now - p->last_at;
    if (ack->lost == 0 || delivered == 0 || lost * BBR_UNIT < delivered * POLICER_LOSS ||
        passed < DOBOS_MILLISECOND)
        return;
    interval_end(bbr, ack, bbr_rate_of(delivered, passed));
}

/* ---- rounds and rate ---- */

/* A rate that the program set says only that the path can do at least so much. */
void bbr_rate_update(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    const struct rate_sample *sample = &ack->rate;
    bbr->round_began = false;
    bbr->lost_total += ack->lost;
    if (sample->interval_ns <= 0)
        return;
    if (sample->prior_delivered >= bbr->next_round_delivered) {
        bbr->next_round_delivered = ack->delivered_total;
        bbr->round++;
        bbr->round_began = true;
        bbr->conserves = false;
    }
    policer_sample(bbr, ack);
    uint64_t rate = bbr_rate_of(sample->delivered, sample->interval_ns);
    bool is_limited = sample->is_app_limited ||
                      (bbr->limited_until > 0 && sample->prior_delivered <= bbr->limited_until);
    if (!is_limited || rate >= bbr->max_rate.best[0].rate)
        bbr_max_update(&bbr->max_rate, BBR_RATE_ROUNDS, bbr->round, rate);
}

/* ---- lumps ---- */

void bbr_lumps_update(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    struct bbr_lumps *l = &bbr->lumps;
    if (ack->delivered == 0 || ack->rate.interval_ns <= 0)
        return;
    if (bbr->round_began && ++l->rounds >= LUMPS_ROUNDS) {
        l->rounds = 0;
        l->index ^= 1;
        l->extra[l->index] = 0;
    }
    int64_t passed = min_i64(max_i64((ack->now - l->epoch) / 1000, 0), EPOCH_MICROSECONDS);
    uint64_t expected = volume(bbr_rate(bbr), (uint64_t)passed);
    if (l->acked <= expected ||
        l->acked + ack->delivered >= (uint64_t)LUMPS_SEGMENTS_MAX * ack->mss) {
        l->acked = 0;
        l->epoch = ack->now;
        expected = 0;
    }
    l->acked += ack->delivered;
    uint64_t extra = l->acked - expected;
    uint32_t most = extra < c->cwnd ? (uint32_t)extra : c->cwnd;
    l->extra[l->index] = max_u32(l->extra[l->index], most);
}

uint32_t bbr_lumps_extra(const struct bbr *bbr) {
    if (!bbr->is_full)
        return 0;
    uint32_t extra = max_u32(bbr->lumps.extra[0], bbr->lumps.extra[1]);
    return min_u32(extra, volume(bbr_rate(bbr), LUMPS_MICROSECONDS));
}
