/*
 * bbr: BBR, version 1: sends at the rate that the path was seen to deliver, with about one
 * bandwidth-delay product in flight, whatever is lost. STARTUP doubles the rate each round trip
 * until it grows no more; DRAIN empties the queue that this made; PROBE_BW sends faster for one
 * round trip of eight and slower for the next; PROBE_RTT has four segments in flight for 200 ms
 * when the shortest round trip has not been seen for ten seconds. What it believes of the path is
 * in bbr_model.c. Packets are always paced, one percent below the rate, so that a queue can drain.
 *
 * Not here: what Linux has for offload engines that batch by time (early departures).
 */
#include "transport/tcp/bbr.h"

#include "base/memory.h"
#include "transport/tcp/congestion.h"
#include "transport/tcp/pacing.h"

#define HIGH_GAIN      739u /* 2/ln 2, in BBR_UNIT: doubles the rate each round trip */
#define DRAIN_GAIN     88u  /* its inverse */
#define CWND_GAIN      (2 * BBR_UNIT)
#define FULL_ROUNDS    3u
#define MIN_RTT_NS     (10 * DOBOS_SECOND)
#define PROBE_RTT_NS   (200 * DOBOS_MILLISECOND)
#define LEAST_SEGMENTS 4u
#define POLICER_ROUNDS 48u
#define PACING_PERCENT 99u
#define RATE_SHIFT     10 /* of a rate that is kept while there is no traffic */
#define INITIAL_RTT_NS DOBOS_MILLISECOND

/* Of PROBE_BW's phases: look for more, drain what that made, cruise. */
static const uint16_t CYCLE_GAINS[BBR_CYCLE] = {320, 192, 256, 256, 256, 256, 256, 256};

static uint64_t paced(uint64_t rate, uint32_t gain) {
    return rate * gain / BBR_UNIT * PACING_PERCENT / 100;
}

static void bbr_initial(struct congestion *c, uint32_t mss) {
    struct bbr *bbr = &c->own.bbr;
    *bbr = (struct bbr){
        .min_rtt_us = UINT32_MAX,
        .mode = BBR_STARTUP,
        .pacing_gain = HIGH_GAIN,
        .cwnd_gain = HIGH_GAIN,
        .min_rtt_at = DOBOS_NEVER,
    };
    (void)mss;
    c->pacing_rate = paced(bbr_rate_of(c->cwnd, INITIAL_RTT_NS), HIGH_GAIN);
}

/* ---- how much in flight ---- */

/* What keeps the sender busy between acknowledgments: three departures; even, so that a peer that
 * acknowledges every second segment has its pair; and two more while looking for more. */
static uint32_t budget(const struct congestion *c, uint32_t bytes, uint32_t mss) {
    const struct bbr *bbr = &c->own.bbr;
    uint32_t whole = congestion_grown(bytes, 3 * pacing_quantum(c->pacing_rate, mss));
    whole = congestion_grown(whole, 2 * mss - 1);
    whole -= whole % (2 * mss);
    if (bbr->mode == BBR_PROBE_BW && bbr->cycle == 0)
        whole = congestion_grown(whole, 2 * mss);
    return whole;
}

static uint32_t in_flight_wanted(const struct congestion *c, uint32_t gain, uint32_t mss) {
    const struct bbr *bbr = &c->own.bbr;
    return budget(c, bbr_bdp(bbr, bbr->max_rate.best[0].rate, gain, mss), mss);
}

/* ---- modes ---- */

/* The phase to begin in is any but the one that drains; which, differs from flow to flow. */
static void probe_bw_enter(struct bbr *bbr, const struct congestion_ack *ack) {
    uint32_t mixed = (ack->una.raw ^ (uint32_t)((uint64_t)ack->now >> 10)) * 2654435761u;
    bbr->mode = BBR_PROBE_BW;
    bbr->cycle = (uint8_t)((2 + (mixed >> 16) % (BBR_CYCLE - 1)) % BBR_CYCLE);
    bbr->cycle_at = ack->now;
}

/* A phase lasts the shortest round trip; that which looks for more until it has filled the path or
 * lost something; that which drains no longer than needed. */
static bool is_phase_over(const struct congestion *c, const struct congestion_ack *ack) {
    const struct bbr *bbr = &c->own.bbr;
    uint32_t gain = bbr->pacing_gain;
    bool is_long = (ack->now - bbr->cycle_at) / 1000 > (int64_t)bbr->min_rtt_us;
    if (gain == BBR_UNIT)
        return is_long;
    if (gain > BBR_UNIT)
        return is_long &&
               (ack->lost > 0 || ack->in_flight_before >= in_flight_wanted(c, gain, ack->mss));
    return is_long || ack->in_flight_before <= in_flight_wanted(c, BBR_UNIT, ack->mss);
}

static void cycle_update(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    if (bbr->mode != BBR_PROBE_BW || !is_phase_over(c, ack))
        return;
    bbr->cycle = (uint8_t)((bbr->cycle + 1) % BBR_CYCLE);
    bbr->cycle_at = ack->now;
}

/* After a while the policer may be gone: the path is tried again. */
static void policer_retry(struct bbr *bbr, const struct congestion_ack *ack) {
    if (!bbr->policer.is_used || bbr->mode != BBR_PROBE_BW || !bbr->round_began)
        return;
    if (++bbr->policer.rounds < POLICER_ROUNDS)
        return;
    bbr_policer_reset(bbr);
    probe_bw_enter(bbr, ack);
}

/* Three rounds in which the rate did not grow by a quarter: the pipe is full. */
static void startup_check(struct bbr *bbr, const struct congestion_ack *ack) {
    if (bbr->is_full || !bbr->round_began || ack->rate.is_app_limited)
        return;
    uint64_t rate = bbr->max_rate.best[0].rate;
    if (rate >= bbr->full_rate + bbr->full_rate / 4) {
        bbr->full_rate = rate;
        bbr->full_rounds = 0;
        return;
    }
    bbr->is_full = ++bbr->full_rounds >= FULL_ROUNDS;
}

static void drain_check(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    if (bbr->mode == BBR_STARTUP && bbr->is_full) {
        bbr->mode = BBR_DRAIN;
        c->ssthresh = in_flight_wanted(c, BBR_UNIT, ack->mss);
    }
    if (bbr->mode == BBR_DRAIN && ack->in_flight <= in_flight_wanted(c, BBR_UNIT, ack->mss))
        probe_bw_enter(bbr, ack);
}

static void cwnd_save(struct congestion *c) {
    struct bbr *bbr = &c->own.bbr;
    if (bbr->is_recovering || bbr->mode == BBR_PROBE_RTT)
        bbr->saved_cwnd = max_u32(bbr->saved_cwnd, c->cwnd);
    else
        bbr->saved_cwnd = c->cwnd;
}

static void probe_rtt_leave(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    if (bbr->probe_rtt_until == 0 || ack->now <= bbr->probe_rtt_until)
        return;
    bbr->min_rtt_at = ack->now;
    c->cwnd = max_u32(c->cwnd, bbr->saved_cwnd);
    if (bbr->is_full)
        probe_bw_enter(bbr, ack);
    else
        bbr->mode = BBR_STARTUP;
}

/* Its low rate is our own doing and says nothing of the path. */
static void probe_rtt_update(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    bbr->limited_until = ack->delivered_total + ack->in_flight;
    if (bbr->probe_rtt_until == 0 && ack->in_flight <= LEAST_SEGMENTS * ack->mss) {
        bbr->probe_rtt_until = ack->now + PROBE_RTT_NS;
        bbr->probe_rtt_round = false;
        bbr->next_round_delivered = ack->delivered_total;
    } else if (bbr->probe_rtt_until != 0) {
        bbr->probe_rtt_round |= bbr->round_began;
        if (bbr->probe_rtt_round)
            probe_rtt_leave(c, ack);
    }
}

static void min_rtt_update(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    if (bbr->min_rtt_at == DOBOS_NEVER)
        bbr->min_rtt_at = ack->now;
    bool is_old = ack->now - bbr->min_rtt_at > MIN_RTT_NS;
    uint32_t us = (uint32_t)max_i64(min_i64(ack->rtt_ns / 1000, 1 << 30), 1);
    if (ack->rtt_ns > 0 && (us < bbr->min_rtt_us || is_old)) {
        bbr->min_rtt_us = us;
        bbr->min_rtt_at = ack->now;
    }
    if (is_old && !bbr->idle_restart && bbr->mode != BBR_PROBE_RTT) {
        cwnd_save(c);
        bbr->mode = BBR_PROBE_RTT;
        bbr->probe_rtt_until = 0;
    }
    if (bbr->mode == BBR_PROBE_RTT)
        probe_rtt_update(c, ack);
    if (ack->rate.interval_ns > 0)
        bbr->idle_restart = false;
}

static void gains_update(struct bbr *bbr) {
    switch ((enum bbr_mode)bbr->mode) {
    case BBR_STARTUP:
        bbr->pacing_gain = bbr->cwnd_gain = HIGH_GAIN;
        return;
    case BBR_DRAIN:
        bbr->pacing_gain = DRAIN_GAIN;
        bbr->cwnd_gain = HIGH_GAIN;
        return;
    case BBR_PROBE_BW:
        bbr->pacing_gain = bbr->policer.is_used ? BBR_UNIT : CYCLE_GAINS[bbr->cycle];
        bbr->cwnd_gain = CWND_GAIN;
        return;
    case BBR_PROBE_RTT:
        bbr->pacing_gain = bbr->cwnd_gain = BBR_UNIT;
        return;
    }
}

/* ---- what follows for the sender ---- */

/* Until STARTUP is over the rate only rises. */
static void pacing_set(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    if (!bbr->has_rtt && ack->srtt_ns > 0) {
        bbr->has_rtt = true;
        c->pacing_rate = paced(bbr_rate_of(c->cwnd, ack->srtt_ns), HIGH_GAIN);
    }
    uint64_t rate = paced(bbr_rate(bbr), bbr->pacing_gain);
    if (rate > 0 && (bbr->is_full || rate > c->pacing_rate))
        c->pacing_rate = rate;
}

/* In the first round trip of a recovery only as much goes in as comes out; at its end the window is
 * what it was. True: cwnd is set. */
static bool recovery_window_set(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    if (ack->lost > 0)
        c->cwnd = max_u32(c->cwnd > ack->lost ? c->cwnd - ack->lost : 0, ack->mss);
    if (bbr->enters && ack->in_recovery) {
        bbr->conserves = true;
        bbr->next_round_delivered = ack->delivered_total;
        c->cwnd = congestion_grown(ack->in_flight, max_u32(ack->delivered, ack->mss));
    }
    bbr->enters = false;
    if (!bbr->conserves)
        return false;
    c->cwnd = max_u32(c->cwnd, congestion_grown(ack->in_flight, ack->delivered));
    return true;
}

static void window_set(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    if (ack->delivered > 0 && !recovery_window_set(c, ack)) {
        uint32_t target = bbr_bdp(bbr, bbr_rate(bbr), bbr->cwnd_gain, ack->mss);
        target = budget(c, congestion_grown(target, bbr_lumps_extra(bbr)), ack->mss);
        uint32_t initial = congestion_initial_window(ack->mss, CONGESTION_INITIAL, false);
        if (bbr->is_full)
            c->cwnd = min_u32(congestion_grown(c->cwnd, ack->delivered), target);
        else if (c->cwnd < target || ack->delivered_total < initial)
            c->cwnd = congestion_grown(c->cwnd, ack->delivered);
        c->cwnd = max_u32(c->cwnd, LEAST_SEGMENTS * ack->mss);
    }
    if (bbr->mode == BBR_PROBE_RTT)
        c->cwnd = min_u32(c->cwnd, LEAST_SEGMENTS * ack->mss);
}

static void bbr_on_ack(struct congestion *c, const struct congestion_ack *ack) {
    struct bbr *bbr = &c->own.bbr;
    bbr_rate_update(c, ack);
    policer_retry(bbr, ack);
    bbr_lumps_update(c, ack);
    cycle_update(c, ack);
    startup_check(bbr, ack);
    drain_check(c, ack);
    min_rtt_update(c, ack);
    gains_update(bbr);
    pacing_set(c, ack);
    window_set(c, ack);
}

/* ---- losses ---- */

/* A loss changes nothing of the model; ssthresh stays. */
static void bbr_on_loss(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now) {
    (void)in_flight;
    (void)mss;
    (void)now;
    cwnd_save(c);
    c->own.bbr.is_recovering = true;
    c->own.bbr.enters = true;
}

/* Nothing has arrived for a whole timeout: the path may be another; look how fast it is anew. */
static void bbr_on_rto(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now) {
    (void)in_flight;
    (void)mss;
    (void)now;
    cwnd_save(c);
    c->own.bbr.is_recovering = true;
    c->own.bbr.enters = false;
    c->own.bbr.conserves = false;
    c->own.bbr.full_rate = 0;
    c->own.bbr.full_rounds = 0;
}

/* Version 1 does not listen to marks. */
static void bbr_on_ecn(struct congestion *c, uint32_t in_flight, uint32_t mss, dobos_time now) {
    (void)c;
    (void)in_flight;
    (void)mss;
    (void)now;
}

static void bbr_on_recovered(struct congestion *c, dobos_time now) {
    struct bbr *bbr = &c->own.bbr;
    (void)now;
    if (!bbr->is_recovering)
        return;
    bbr->is_recovering = bbr->enters = bbr->conserves = false;
    c->cwnd = max_u32(c->cwnd, bbr->saved_cwnd);
}

static void bbr_undo(struct congestion *c) {
    struct bbr *bbr = &c->own.bbr;
    bbr->is_recovering = bbr->enters = bbr->conserves = false;
    bbr->full_rate = 0;
    bbr->full_rounds = 0;
    bbr_policer_reset(bbr);
}

/* The path is as it was, but the queue is empty: cruise. */
static void bbr_on_idle(struct congestion *c, uint32_t mss, int64_t idle_ns, dobos_time now) {
    struct bbr *bbr = &c->own.bbr;
    (void)mss;
    (void)idle_ns;
    bbr->idle_restart = true;
    bbr->lumps.epoch = now;
    bbr->lumps.acked = 0;
    if (bbr->mode == BBR_PROBE_BW)
        c->pacing_rate = paced(bbr_rate(bbr), BBR_UNIT) + 1;
}

/* What is worth remembering of a path while nothing is sent: its rate, its round trip. */
static void bbr_keep(const struct congestion *c, uint32_t kept[2]) {
    const struct bbr *bbr = &c->own.bbr;
    bool is_known = bbr->is_full && bbr->min_rtt_us != UINT32_MAX;
    kept[0] = is_known ? (uint32_t)(bbr_rate(bbr) >> RATE_SHIFT) : 0;
    kept[1] = is_known ? bbr->min_rtt_us : 0;
}

static void bbr_resume(struct congestion *c, const uint32_t kept[2]) {
    struct bbr *bbr = &c->own.bbr;
    uint64_t rate = (uint64_t)kept[0] << RATE_SHIFT;
    if (rate == 0)
        return;
    bbr_max_reset(&bbr->max_rate, 0, rate);
    bbr->min_rtt_us = kept[1];
    bbr->is_full = bbr->has_rtt = bbr->idle_restart = true;
    bbr->full_rate = rate;
    bbr->mode = BBR_PROBE_BW;
    bbr->cycle = 2;
    gains_update(bbr);
    c->pacing_rate = paced(rate, BBR_UNIT) + 1;
}

const struct congestion_algorithm congestion_bbr = {
    .name = "bbr",
    .leads = true,
    .is_paced = true,
    .initial = bbr_initial,
    .on_ack = bbr_on_ack,
    .on_loss = bbr_on_loss,
    .on_rto = bbr_on_rto,
    .on_ecn = bbr_on_ecn,
    .on_recovered = bbr_on_recovered,
    .undo = bbr_undo,
    .on_idle = bbr_on_idle,
    .keep = bbr_keep,
    .resume = bbr_resume,
};
