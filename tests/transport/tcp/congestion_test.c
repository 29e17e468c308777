/*
 * Congestion control as functions of values: CUBIC against RFC 9438's formulas in floating point,
 * HyStart++, validation of the window, what can be undone; and what must hold of every algorithm
 * whatever happens to it.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/random.h"
#include "transport/tcp/congestion.h"
#include "transport/tcp/pacing.h"

#define MSS 1448u
#define MS  DOBOS_MILLISECOND

/* ---- CUBIC ---- */

static struct congestion cubic_made(uint32_t cwnd) {
    struct congestion c;
    congestion_init(&c, &congestion_cubic, MSS, 10, false);
    c.cwnd = cwnd;
    return c;
}

/* [rfc9438#3] */
static void k_is_the_cube_root_of_the_way_back(void **state) {
    (void)state;
    static const uint32_t sizes[] = {88, 536, 1448, 8948, 65495};
    for (size_t m = 0; m < array_length(sizes); m++) {
        for (uint32_t bytes = 1; bytes < CONGESTION_CWND_MAX / 2; bytes += bytes / 3 + 1) {
            double seconds = cbrt((double)bytes / sizes[m] / 0.4);
            double ticks = seconds * 1e9 / 131072;
            double got = cubic_k(bytes, sizes[m]);
            assert_true(got <= ticks + 1e-3 && got >= ticks - 1.001);
        }
    }
}

/* [rfc9438#2] */
static void distance_is_four_tenths_of_the_cube(void **state) {
    (void)state;
    static const uint32_t sizes[] = {88, 536, 1448, 8948, 65495};
    for (size_t m = 0; m < array_length(sizes); m++) {
        for (uint64_t ticks = 0; ticks < 10000000; ticks += ticks / 50 + 1) {
            double seconds = (double)ticks * 131072 / 1e9;
            double bytes = fmin(0.4 * seconds * seconds * seconds * sizes[m], CONGESTION_CWND_MAX);
            double got = cubic_distance(ticks, sizes[m]);
            assert_true(fabs(got - bytes) <= 1.1 + bytes * 1e-6);
        }
    }
}

/* RFC 9438 in segments and seconds. */
struct reference {
    double cwnd, w_max, k, w_est, cwnd_prior;
};

static void reference_on_loss(struct reference *r) {
    double before = r->cwnd;
    r->w_max = before < r->w_max ? before * (1 + 0.7) / 2 : before;
    r->cwnd_prior = before;
    r->cwnd = fmax(before * 0.7, 2);
    r->k = cbrt((r->w_max - r->cwnd) / 0.4);
    r->w_est = r->cwnd;
}

static void reference_on_ack(struct reference *r, double t, double rtt) {
    double alpha = r->w_est >= r->cwnd_prior ? 1 : 3 * (1 - 0.7) / (1 + 0.7);
    r->w_est += alpha / r->cwnd;
    if (0.4 * pow(t - r->k, 3) + r->w_max < r->w_est) {
        r->cwnd = fmax(r->cwnd, r->w_est);
        return;
    }
    double target = 0.4 * pow(t + rtt - r->k, 3) + r->w_max;
    target = fmax(r->cwnd, fmin(target, 1.5 * r->cwnd));
    r->cwnd += (target - r->cwnd) / r->cwnd;
}

/* One acknowledgment a segment, evenly over each round trip. */
static void follow(uint32_t segments, int64_t rtt_ns, unsigned rounds, unsigned losses) {
    struct congestion c = cubic_made(segments * MSS);
    struct reference r = {.cwnd = segments};
    dobos_time now = DOBOS_SECOND;
    for (unsigned loss = 0; loss < losses; loss++) {
        congestion_on_loss(&c, c.cwnd, MSS, now);
        c.cwnd = c.ssthresh;
        congestion_on_recovered(&c, now);
        r.cwnd = (double)c.prior_cwnd / MSS;
        reference_on_loss(&r);
        assert_true(fabs((double)c.ssthresh / MSS - r.cwnd) < 0.01);
        dobos_time began = 0;
        for (unsigned round = 0; round < rounds; round++) {
            unsigned acks = (unsigned)(c.cwnd / MSS);
            for (unsigned i = 0; i < acks; i++) {
                now += rtt_ns / acks;
                began = began ? began : now;
                congestion_on_ack(&c, &(struct congestion_ack){.now = now,
                                                               .mss = MSS,
                                                               .acked = MSS,
                                                               .delivered = MSS,
                                                               .srtt_ns = rtt_ns,
                                                               .is_window_used = true});
                reference_on_ack(&r, (double)(now - began) / 1e9, (double)rtt_ns / 1e9);
                double off = fabs((double)c.cwnd / MSS - r.cwnd);
                assert_true(off <= 1 + r.cwnd * 1e-5);
            }
        }
    }
}

/* [rfc9438#2] [rfc9438#3] [rfc9438#8] [rfc9438#9] [rfc9438#10] */
static void window_follows_the_formulas_on_long_paths(void **state) {
    (void)state;
    follow(100, 100 * MS, 120, 3);
    follow(1000, 200 * MS, 100, 2);
    follow(2000, 50 * MS, 200, 2);
}

/* [rfc9438#5] [rfc9438#6] [rfc9438#7] */
static void window_is_never_below_renos(void **state) {
    (void)state;
    follow(20, 2 * MS, 400, 3);
    follow(10, 10 * MS, 100, 3);
    follow(50, 5 * MS, 300, 2);
}

static void acknowledge(struct congestion *c, dobos_time now, uint32_t acked, bool used) {
    congestion_on_ack(c, &(struct congestion_ack){.now = now,
                                                  .mss = MSS,
                                                  .acked = acked,
                                                  .delivered = acked,
                                                  .srtt_ns = 100 * MS,
                                                  .is_window_used = used});
}

/* [rfc9438#10] [rfc9438#11] [rfc9438#12] */
static void loss_leaves_seven_tenths_and_a_second_one_sooner_leaves_room(void **state) {
    (void)state;
    struct congestion c = cubic_made(100000);
    congestion_on_loss(&c, 100000, MSS, 0);
    assert_int_equal(c.ssthresh, 70000);
    assert_int_equal(c.own.cubic.curve.w_max, 100000);
    c.cwnd = c.ssthresh;
    congestion_on_recovered(&c, 0);
    acknowledge(&c, 1, MSS, true);
    congestion_on_loss(&c, UINT32_MAX, MSS, 0);
    assert_int_equal(c.own.cubic.curve.w_max, (uint64_t)c.cwnd * 85 / 100);
    /* What was not in flight does not count. */
    c = cubic_made(100000);
    congestion_on_loss(&c, 60000, MSS, 0);
    assert_int_equal(c.ssthresh, 42000);
    c = cubic_made(3 * MSS);
    congestion_on_loss(&c, 3 * MSS, MSS, 0);
    assert_int_equal(c.ssthresh, 3 * MSS * 7 / 10 > 2 * MSS ? 3 * MSS * 7 / 10 : 2 * MSS);
    c = cubic_made(MSS);
    congestion_on_loss(&c, MSS, MSS, 0);
    assert_int_equal(c.ssthresh, 2 * MSS);
}

/* [rfc9438#13] [rfc9438#4] [rfc3465#4] */
static void timeout_begins_the_curve_where_slow_start_ends(void **state) {
    (void)state;
    struct congestion c = cubic_made(100 * MSS);
    congestion_on_timeout(&c, 100 * MSS, MSS, true, 0);
    assert_int_equal(c.ssthresh, 70 * MSS);
    assert_int_equal(c.cwnd, MSS);
    congestion_on_timeout(&c, MSS, MSS, false, 0);
    assert_int_equal(c.ssthresh, 70 * MSS);
    congestion_on_recovered(&c, 0);
    acknowledge(&c, 0, 5 * MSS, true);
    assert_int_equal(c.cwnd, 2 * MSS);
    c.cwnd = c.ssthresh;
    acknowledge(&c, DOBOS_SECOND, MSS, true);
    assert_int_equal(c.own.cubic.curve.w_max, 70 * MSS);
    assert_int_equal(c.own.cubic.curve.k, 0);
}

/* [rfc9438#9] */
static void target_is_at_most_half_as_much_again(void **state) {
    (void)state;
    struct congestion c = cubic_made(10 * MSS);
    c.ssthresh = 2 * MSS;
    c.own.cubic.curve.w_max = 1000 * MSS;
    acknowledge(&c, 0, 1, true);
    uint32_t before = c.cwnd;
    acknowledge(&c, 20 * DOBOS_SECOND, before, true); /* by now the curve is far above */
    assert_int_equal(c.cwnd, before + before / 2);
}

/* [rfc3465#2] [rfc3465#3] [rfc3465#4] */
static void reno_adds_two_segments_and_one_after_a_timeout(void **state) {
    (void)state;
    struct congestion c;
    congestion_init(&c, &congestion_reno, MSS, 10, false);
    acknowledge(&c, 0, 5 * MSS, true);
    assert_int_equal(c.cwnd, 12 * MSS);
    congestion_on_timeout(&c, 12 * MSS, MSS, true, 0);
    acknowledge(&c, 0, 5 * MSS, true);
    assert_int_equal(c.cwnd, 2 * MSS);
    congestion_undo(&c);
    assert_int_equal(c.cwnd, 12 * MSS);
    acknowledge(&c, 0, 5 * MSS, true);
    assert_int_equal(c.cwnd, 14 * MSS);
}

static void reno_loss_of_an_odd_window_leaves_whole_segments(void **state) {
    (void)state;
    struct congestion c;
    congestion_init(&c, &congestion_reno, MSS, 10, false);
    congestion_on_loss(&c, 13 * MSS, MSS, 0);
    assert_int_equal(c.ssthresh, 6 * MSS);
    c.cwnd = c.ssthresh;
    congestion_on_recovered(&c, 0);
    for (int i = 0; i < 6; i++)
        acknowledge(&c, i * MS, MSS, true);
    assert_int_equal(c.cwnd, 7 * MSS); /* a round trip of six is enough */
}

/* [rfc9438#14] */
static void undo_puts_back_windows_and_curve(void **state) {
    (void)state;
    for (int by_timeout = 0; by_timeout < 2; by_timeout++) {
        struct congestion c = cubic_made(200 * MSS);
        congestion_on_loss(&c, 200 * MSS, MSS, 0);
        c.cwnd = c.ssthresh;
        congestion_on_recovered(&c, 0);
        for (int i = 0; i < 500; i++)
            acknowledge(&c, i * MS, MSS, true);
        struct congestion before = c;
        if (by_timeout)
            congestion_on_timeout(&c, c.cwnd, MSS, true, 600 * MS);
        else
            congestion_on_loss(&c, c.cwnd, MSS, 600 * MS);
        congestion_on_loss(&c, c.cwnd, MSS,
                           700 * MS); /* within it: is not what undo goes back to */
        c.cwnd = c.ssthresh / 2;
        congestion_undo(&c);
        assert_int_equal(c.cwnd, before.cwnd);
        assert_int_equal(c.ssthresh, before.ssthresh);
        const struct cubic_curve *now = &c.own.cubic.curve, *then = &before.own.cubic.curve;
        assert_int_equal(now->w_max, then->w_max);
        assert_int_equal(now->k, then->k);
        assert_int_equal(now->epoch, then->epoch);
        assert_int_equal(now->w_est, then->w_est);
        assert_true(now->has_epoch);
        congestion_undo(&c); /* once only */
        assert_int_equal(c.cwnd, before.cwnd);
    }
}

/* [rfc9438#17] [rfc7661#4] */
static void time_that_the_program_wastes_does_not_count(void **state) {
    (void)state;
    struct congestion busy = cubic_made(100 * MSS), lazy;
    congestion_on_loss(&busy, 100 * MSS, MSS, 0);
    busy.cwnd = busy.ssthresh;
    congestion_on_recovered(&busy, 0);
    acknowledge(&busy, 0, MSS, true);
    lazy = busy;
    for (int i = 1; i <= 50; i++) /* half a minute of little to say */
        acknowledge(&lazy, i * 600 * MS, 100, false);
    assert_int_equal(lazy.cwnd, busy.cwnd);
    for (int i = 1; i <= 500; i++) {
        acknowledge(&busy, i * 10 * MS, MSS, true);
        acknowledge(&lazy, 30 * DOBOS_SECOND + i * 10 * MS, MSS, true);
    }
    assert_int_equal(lazy.cwnd, busy.cwnd);
    assert_true(busy.cwnd > 70 * MSS);
}

/* ---- HyStart++ ---- */

/* A round of slow start in which every acknowledgment measured the same. Returns the window. */
struct rounds {
    struct congestion c;
    struct seq una, nxt;
    dobos_time now;
};

static void round_of(struct rounds *r, int64_t rtt_us, unsigned acks) {
    for (unsigned i = 0; i < acks; i++) {
        r->una = seq_add(r->una, MSS);
        r->nxt = seq_add(r->una, acks * MSS);
        congestion_on_ack(&r->c, &(struct congestion_ack){.now = r->now += MS,
                                                          .mss = MSS,
                                                          .acked = MSS,
                                                          .delivered = MSS,
                                                          .una = r->una,
                                                          .nxt = r->nxt,
                                                          .rtt_ns = rtt_us * 1000,
                                                          .srtt_ns = rtt_us * 1000,
                                                          .is_window_used = true});
    }
}

static struct rounds rounds_made(void) {
    struct rounds r = {.c = cubic_made(10 * MSS)};
    r.una = r.nxt = seq_make(UINT32_MAX - 20 * MSS);
    return r;
}

/* [rfc9406#1] [rfc9406#2] [rfc9406#3] [rfc9406#4] [rfc9406#5] [rfc9406#7] */
static void longer_round_trips_slow_the_growth_and_shorter_ones_end_that(void **state) {
    (void)state;
    static const struct {
        int64_t before_us, longer_us;
        bool slows;
    } cases[] = {
        {40000, 44999, false}, {40000, 45000, true},    {10000, 13999, false},
        {10000, 14000, true},  {200000, 215999, false}, {200000, 216000, true},
        {100, 4099, false},    {100, 4100, true},
    };
    for (size_t i = 0; i < array_length(cases); i++) {
        struct rounds r = rounds_made();
        round_of(&r, cases[i].before_us, 20);
        round_of(&r, cases[i].before_us, 20);
        round_of(&r, cases[i].longer_us, 9);
        uint32_t before = r.c.cwnd;
        round_of(&r, cases[i].longer_us, 4);
        assert_int_equal(r.c.cwnd - before, cases[i].slows ? MSS : 4 * MSS);
        assert_int_equal(r.c.ssthresh, CONGESTION_SSTHRESH_UNSET);
        round_of(&r, cases[i].before_us, 40); /* a false alarm */
        before = r.c.cwnd;
        round_of(&r, cases[i].before_us, 4);
        assert_int_equal(r.c.cwnd - before, 4 * MSS);
    }
}

/* [rfc9406#4] */
static void seven_samples_say_nothing(void **state) {
    (void)state;
    struct rounds r = rounds_made();
    round_of(&r, 10000, 20);
    round_of(&r, 10000, 20);
    uint32_t before = r.c.cwnd;
    round_of(&r, 100000, 7);
    assert_int_equal(r.c.cwnd - before, 7 * MSS);
}

/* [rfc9406#8] [rfc9438#15] [rfc9438#16] [rfc9438#4] */
static void five_conservative_rounds_end_slow_start(void **state) {
    (void)state;
    struct rounds r = rounds_made();
    round_of(&r, 10000, 20);
    round_of(&r, 10000, 20);
    round_of(&r, 30000, 20);
    assert_true(r.c.own.cubic.hystart.is_css);
    for (int i = 0; i < 4; i++) {
        round_of(&r, 30000, 20);
        assert_int_equal(r.c.ssthresh, CONGESTION_SSTHRESH_UNSET);
    }
    round_of(&r, 30000, 20);
    round_of(&r, 30000, 2);
    assert_true(r.c.ssthresh <= r.c.cwnd);
    assert_int_equal(r.c.own.cubic.curve.k, 0);
    assert_int_equal(r.c.own.cubic.curve.w_max, r.c.ssthresh);
}

/* [rfc9406#6] [rfc9406#9] */
static void stretched_acknowledgment_adds_eight_segments_unless_paced(void **state) {
    (void)state;
    struct rounds r = rounds_made();
    acknowledge(&r.c, 0, 20 * MSS, true);
    assert_int_equal(r.c.cwnd, 18 * MSS);
    r.c.pacing_rate = 1000000;
    acknowledge(&r.c, 0, 20 * MSS, true);
    assert_int_equal(r.c.cwnd, 38 * MSS);
    r.c.pacing_rate = 0;
    congestion_on_loss(&r.c, r.c.cwnd, MSS, 0);
    congestion_on_recovered(&r.c, 0);
    r.c.cwnd = 10 * MSS; /* a later slow start knows where it ends */
    acknowledge(&r.c, 0, 20 * MSS, true);
    assert_int_equal(r.c.cwnd, 12 * MSS);
}

/* ---- validation ---- */

struct traffic {
    struct congestion c;
    struct seq una;
    dobos_time now;
};

/* A round trip of 100 ms that delivers so many segments in bursts. */
static void trip(struct traffic *t, uint32_t segments, bool used) {
    for (uint32_t i = 0; i < segments; i++) {
        t->una = seq_add(t->una, MSS);
        congestion_on_ack(&t->c, &(struct congestion_ack){.now = t->now,
                                                          .mss = MSS,
                                                          .acked = MSS,
                                                          .delivered = MSS,
                                                          .una = t->una,
                                                          .nxt = seq_add(t->una, segments * MSS),
                                                          .srtt_ns = 100 * MS,
                                                          .is_window_used = used});
    }
    t->now += 100 * MS;
}

/* [rfc7661#1] [rfc7661#2] [rfc7661#3] [rfc7661#5] [rfc7661#6] */
static void loss_of_an_unused_window_counts_from_what_was_used(void **state) {
    (void)state;
    struct traffic t = {.c = cubic_made(100 * MSS)};
    t.c.ssthresh = 50 * MSS;
    assert_true(validation_is_valid(&t.c)); /* nothing is known yet */
    for (int i = 0; i < 100; i++)
        trip(&t, 60, true);
    assert_int_equal(validation_pipe(&t.c.validation), 60 * MSS);
    uint32_t cwnd = t.c.cwnd = 100 * MSS;
    assert_true(validation_is_valid(&t.c));
    for (int i = 0; i < 100; i++)
        trip(&t, 10, false);
    assert_int_equal(validation_pipe(&t.c.validation), 10 * MSS);
    assert_false(validation_is_valid(&t.c));
    assert_int_equal(t.c.cwnd, cwnd);
    for (int by_mark = 0; by_mark < 2; by_mark++) {
        struct congestion lost = t.c;
        if (by_mark)
            congestion_on_ecn(&lost, 5 * MSS, MSS, t.now);
        else
            congestion_on_loss(&lost, 5 * MSS, MSS, t.now);
        assert_int_equal(lost.cwnd, 10 * MSS);
        assert_true(lost.ssthresh <= 7 * MSS);
        congestion_undo(&lost);
        assert_int_equal(lost.cwnd, cwnd);
    }
}

/* [rfc7661#7] */
static void window_unused_for_five_minutes_is_halved(void **state) {
    (void)state;
    struct traffic t = {.c = cubic_made(100 * MSS)};
    t.c.ssthresh = 50 * MSS;
    for (int i = 0; i < 10 * 290; i++)
        trip(&t, 10, false);
    assert_int_equal(t.c.cwnd, 100 * MSS);
    for (int i = 0; i < 10 * 20; i++)
        trip(&t, 10, false);
    assert_int_equal(t.c.cwnd, 50 * MSS);
    assert_int_equal(t.c.ssthresh, 75 * MSS);
    for (int i = 0; i < 10 * 3000; i++)
        trip(&t, 2, false);
    assert_int_equal(t.c.cwnd, 10 * MSS);
}

/* ---- every algorithm ---- */

static struct congestion_ack random_ack(struct random *random, dobos_time now, uint32_t mss) {
    uint32_t acked = (uint32_t)random_below(random, 4) == 0
                         ? (uint32_t)random_below(random, 1u << 30)
                         : (uint32_t)random_below(random, 4 * mss);
    return (struct congestion_ack){
        .now = now,
        .mss = mss,
        .acked = acked,
        .delivered = acked,
        .lost = random_below(random, 8) == 0 ? (uint32_t)random_below(random, 1u << 28) : 0,
        .in_flight_before = (uint32_t)random_below(random, 1u << 30),
        .in_flight = (uint32_t)random_below(random, 1u << 30),
        .rtt_ns = (int64_t)random_below(random, 3) * (int64_t)random_below(random, 2000000000),
        .srtt_ns = (int64_t)random_below(random, 2000000000),
        .delivered_total = (uint64_t)now * 13, /* about 100 Gbit/s */
        .rate = {.delivered = random_below(random, 1ull << 36),
                 .prior_delivered = (uint64_t)now * 12,
                 .interval_ns = (int64_t)random_below(random, 2000000000),
                 .is_app_limited = random_below(random, 4) == 0},
        .una = seq_make((uint32_t)random_below(random, UINT32_MAX)),
        .nxt = seq_make((uint32_t)random_below(random, UINT32_MAX)),
        .is_window_used = random_below(random, 4) > 0,
        .in_recovery = random_below(random, 8) == 0,
    };
}

static void windows_check(const struct congestion *c, uint32_t mss) {
    assert_true(c->cwnd >= mss && c->cwnd <= CONGESTION_CWND_MAX);
    assert_true(c->ssthresh >= 2 * mss);
    assert_true(c->pacing_rate < 1ull << 40);
    assert_true(!c->algorithm->is_paced || c->pacing_rate > 0);
}

static void whatever_happens_windows_stay_in_bounds(void **state) {
    (void)state;
    static const uint32_t sizes[] = {88, 536, 1448, 65495};
    struct random random = random_make(42);

    for (unsigned run = 0; run < 120; run++) {
        uint32_t mss = sizes[run / 3 % 4];
        const struct congestion_algorithm *algorithm =
            congestion_find((enum dobos_congestion)(1 + run % 3));
        dobos_time now = (dobos_time)random_below(&random, 1ull << 60);
        struct congestion c;
        congestion_init(&c, algorithm, mss, 10, run % 7 == 0);
        for (unsigned step = 0; step < 2000; step++) {
            struct congestion_ack ack = random_ack(&random, now, mss);
            uint32_t in_flight = (uint32_t)random_below(&random, 1u << 30);
            uint32_t before = c.cwnd, kept[2] = {0, 0};
            now += (dobos_time)random_below(&random, step % 100 == 0 ? 1ull << 40 : 1u << 28);
            switch (random_below(&random, 40)) {
            case 0:
                congestion_on_loss(&c, in_flight, mss, now);
                break;
            case 1:
                congestion_on_timeout(&c, in_flight, mss, random_below(&random, 2) == 0, now);
                break;
            case 2:
                congestion_on_ecn(&c, in_flight, mss, now);
                break;
            case 3:
            case 4:
                congestion_on_recovered(&c, now);
                break;
            case 5:
                before = c.prior_cwnd;
                congestion_undo(&c);
                assert_true(c.cwnd >= before);
                break;
            case 6:
                congestion_on_idle(&c, mss, 10, DOBOS_SECOND, now);
                break;
            case 7:
                if (algorithm->keep && algorithm->resume) {
                    algorithm->keep(&c, kept);
                    congestion_switch(&c, algorithm, mss);
                    algorithm->resume(&c, kept);
                }
                break;
            default:
                congestion_on_ack(&c, &ack);
                break;
            }
            windows_check(&c, mss);
        }
    }
}

/* ---- pacing ---- */

static void pace_is_twice_the_window_a_round_trip_in_slow_start(void **state) {
    (void)state;
    struct congestion c = cubic_made(100000);
    assert_int_equal(pacing_rate_of_window(&c, 100 * MS), 2000000);
    c.ssthresh = 100000;
    assert_int_equal(pacing_rate_of_window(&c, 100 * MS), 1200000);
    assert_int_equal(pacing_rate_of_window(&c, 0), 0);
    c.cwnd = CONGESTION_CWND_MAX;
    assert_true(pacing_rate_of_window(&c, 1) > 0);
}

static void quantum_is_a_millisecond_in_whole_segments(void **state) {
    (void)state;
    assert_int_equal(pacing_quantum(100000, MSS), MSS);
    assert_int_equal(pacing_quantum(200000, MSS), 2 * MSS);
    assert_int_equal(pacing_quantum(12500000, MSS), 8 * MSS);
    assert_int_equal(pacing_quantum(1ull << 40, MSS), 65000 / MSS * MSS);
    assert_int_equal(pacing_quantum(1ull << 40, 65495), 65495);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(k_is_the_cube_root_of_the_way_back),
        cmocka_unit_test(distance_is_four_tenths_of_the_cube),
        cmocka_unit_test(window_follows_the_formulas_on_long_paths),
        cmocka_unit_test(window_is_never_below_renos),
        cmocka_unit_test(loss_leaves_seven_tenths_and_a_second_one_sooner_leaves_room),
        cmocka_unit_test(timeout_begins_the_curve_where_slow_start_ends),
        cmocka_unit_test(target_is_at_most_half_as_much_again),
        cmocka_unit_test(reno_adds_two_segments_and_one_after_a_timeout),
        cmocka_unit_test(reno_loss_of_an_odd_window_leaves_whole_segments),
        cmocka_unit_test(undo_puts_back_windows_and_curve),
        cmocka_unit_test(time_that_the_program_wastes_does_not_count),
        cmocka_unit_test(longer_round_trips_slow_the_growth_and_shorter_ones_end_that),
        cmocka_unit_test(seven_samples_say_nothing),
        cmocka_unit_test(five_conservative_rounds_end_slow_start),
        cmocka_unit_test(stretched_acknowledgment_adds_eight_segments_unless_paced),
        cmocka_unit_test(loss_of_an_unused_window_counts_from_what_was_used),
        cmocka_unit_test(window_unused_for_five_minutes_is_halved),
        cmocka_unit_test(whatever_happens_windows_stay_in_bounds),
        cmocka_unit_test(pace_is_twice_the_window_a_round_trip_in_slow_start),
        cmocka_unit_test(quantum_is_a_millisecond_in_whole_segments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
