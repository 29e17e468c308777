/*
 * BBR's state machine on a path made of numbers: a bottleneck with a queue and a delay, a sender
 * that keeps to window and pace, and the samples that its acknowledgments bring.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "transport/tcp/congestion.h"

#define MSS    1448u
#define MS     DOBOS_MILLISECOND
#define FLIGHT 8192u

/* A segment on its way. */
struct piece {
    dobos_time sent, back;        /* when its acknowledgment comes; ns */
    dobos_time delivered_at;      /* of what was delivered last when it was sent */
    dobos_time first_sent;        /* when the flight before it began */
    uint64_t delivered;           /* so much was delivered when it was sent */
    bool is_lost, is_app_limited; /* the queue was full; the program had no more */
};

struct path {
    struct congestion c;
    struct piece flight[FLIGHT];
    unsigned first, count;   /* in flight */
    uint64_t rate;           /* of the bottleneck, bytes a second */
    int64_t rtt_ns;          /* without queue */
    int64_t queue_ns;        /* what the queue holds at most */
    dobos_time now, free_at; /* when the bottleneck is idle */
    dobos_time next_send;    /* pacing */
    dobos_time delivered_at, first_sent;
    uint64_t delivered, lost; /* bytes in all */
    uint32_t in_flight;       /* bytes */
    uint32_t una;             /* bytes */
    uint32_t limit;           /* the program never has more in flight; 0: no limit */
    bool recovering;
    uint32_t recover;
};

static void path_init(struct path *p, uint64_t rate, int64_t rtt_ns, int64_t queue_ns) {
    memset(p, 0, sizeof(*p));
    p->rate = rate;
    p->rtt_ns = rtt_ns;
    p->queue_ns = queue_ns;
    p->now = p->next_send = p->free_at = p->delivered_at = p->first_sent = DOBOS_SECOND;
    congestion_init(&p->c, &congestion_bbr, MSS, 10, false);
}

static void piece_send(struct path *p) {
    assert_true(p->count < FLIGHT);
    struct piece *piece = &p->flight[(p->first + p->count++) % FLIGHT];
    if (p->in_flight == 0)
        p->first_sent = p->delivered_at = p->now;
    bool is_last = p->limit > 0 && p->in_flight + MSS >= p->limit;
    *piece = (struct piece){.sent = p->now,
                            .delivered = p->delivered,
                            .delivered_at = p->delivered_at,
                            .first_sent = p->first_sent,
                            .is_app_limited = is_last && p->limit < p->c.cwnd};
    int64_t wait = max_i64(p->free_at - p->now, 0);
    piece->is_lost = wait > p->queue_ns;
    if (!piece->is_lost)
        p->free_at = p->now + wait + (int64_t)(MSS * 1000000000ull / p->rate);
    piece->back = max_i64(p->free_at, p->now) + p->rtt_ns;
    p->in_flight += MSS;
    p->next_send =
        max_i64(p->next_send, p->now) + (int64_t)(MSS * 1000000000ull / p->c.pacing_rate);
}

/* The oldest comes back, or is found lost. */
static void piece_take(struct path *p) {
    struct piece *piece = &p->flight[p->first];
    struct congestion_ack ack = {.now = p->now, .mss = MSS, .in_flight_before = p->in_flight};
    p->first = (p->first + 1) % FLIGHT;
    p->count--;
    p->in_flight -= MSS;
    p->una += MSS;
    if (piece->is_lost) {
        p->lost += MSS;
        ack.lost = MSS;
        if (!p->recovering) {
            p->recovering = true;
            p->recover = p->una + p->in_flight;
            congestion_on_loss(&p->c, p->in_flight, MSS, p->now);
        }
    } else {
        int64_t send_ns = piece->sent - piece->first_sent;
        int64_t ack_ns = p->now - piece->delivered_at;
        p->delivered += MSS;
        p->delivered_at = p->now;
        p->first_sent = piece->sent;
        ack.acked = ack.delivered = MSS;
        ack.rtt_ns = p->now - piece->sent;
        ack.rate = (struct rate_sample){.delivered = p->delivered - piece->delivered,
                                        .prior_delivered = piece->delivered,
                                        .interval_ns = max_i64(send_ns, ack_ns),
                                        .is_app_limited = piece->is_app_limited};
    }
    ack.in_flight = p->in_flight;
    ack.srtt_ns = p->rtt_ns;
    ack.delivered_total = p->delivered;
    ack.una = seq_make(p->una);
    ack.nxt = seq_make(p->una + p->in_flight);
    ack.is_window_used = true;
    ack.in_recovery = p->recovering;
    congestion_on_ack(&p->c, &ack);
    if (p->recovering && seq_ge(seq_make(p->una), seq_make(p->recover))) {
        p->recovering = false;
        congestion_on_recovered(&p->c, p->now);
    }
}

static void path_step(struct path *p) {
    bool may_send =
        p->in_flight + MSS <= p->c.cwnd && (p->limit == 0 || p->in_flight + MSS <= p->limit);
    dobos_time back = p->count > 0 ? p->flight[p->first].back : DOBOS_NEVER;
    if (may_send && max_i64(p->next_send, p->now) <= back) {
        p->now = max_i64(p->now, p->next_send);
        piece_send(p);
    } else {
        p->now = max_i64(p->now, back);
        piece_take(p);
    }
}

static void path_run(struct path *p, int64_t ns) {
    dobos_time end = p->now + ns;
    while (p->now < end)
        path_step(p);
}

static const struct bbr *bbr_of(const struct path *p) {
    return &p->c.own.bbr;
}

static uint64_t believed(const struct path *p) {
    return bbr_rate(bbr_of(p));
}

static struct path path; /* too large for a stack */

static void startup_finds_the_rate_and_drains_what_it_queued(void **state) {
    (void)state;
    static const struct {
        uint64_t rate;
        int64_t rtt;
    } paths[] = {{125000, 50 * MS}, {1250000, 20 * MS}, {12500000, 40 * MS}, {125000000, 20 * MS}};
    for (size_t i = 0; i < array_length(paths); i++) {
        path_init(&path, paths[i].rate, paths[i].rtt, DOBOS_SECOND);
        assert_int_equal(bbr_of(&path)->mode, BBR_STARTUP);
        unsigned seen = 0;
        while (path.now < 4 * DOBOS_SECOND) {
            seen |= 1u << bbr_of(&path)->mode;
            path_step(&path);
        }
        assert_int_equal(seen, 1 << BBR_STARTUP | 1 << BBR_DRAIN | 1 << BBR_PROBE_BW);
        assert_int_equal(bbr_of(&path)->mode, BBR_PROBE_BW);
        assert_in_range(believed(&path), paths[i].rate * 97 / 100, paths[i].rate * 101 / 100);
        int64_t trip = bbr_of(&path)->min_rtt_us;
        int64_t own = (paths[i].rtt + (int64_t)(MSS * 1000000000ull / paths[i].rate)) / 1000;
        assert_in_range(trip, own, own + 1 + own / 50);
    }
}

static void cruising_keeps_the_path_busy_and_the_queue_short(void **state) {
    (void)state;
    path_init(&path, 1250000, 40 * MS, DOBOS_SECOND);
    path_run(&path, 3 * DOBOS_SECOND);
    uint64_t before = path.delivered;
    int64_t longest = 0;
    dobos_time end = path.now + 5 * DOBOS_SECOND;
    while (path.now < end) {
        path_step(&path);
        longest = max_i64(longest, path.free_at - path.now);
    }
    uint64_t rate = (path.delivered - before) / 5;
    assert_true(rate >= 1250000 * 96 / 100);
    assert_true(longest < 60 * MS);
    assert_true(path.c.cwnd >= 2 * 50000 && path.c.cwnd < 3 * 50000);
    assert_int_equal(path.lost, 0);
}

static void shortest_round_trip_is_looked_for_every_ten_seconds(void **state) {
    (void)state;
    path_init(&path, 1250000, 40 * MS, DOBOS_SECOND);
    dobos_time began = 0, lasted = 0;
    unsigned times = 0;
    uint64_t rate_before = 0;
    while (path.now < 33 * DOBOS_SECOND) {
        unsigned before = bbr_of(&path)->mode;
        path_step(&path);
        unsigned mode = bbr_of(&path)->mode;
        if (mode == BBR_PROBE_RTT)
            assert_true(path.c.cwnd <= 4 * MSS);
        if (mode == BBR_PROBE_RTT && before != BBR_PROBE_RTT) {
            began = path.now;
            rate_before = believed(&path);
        }
        if (mode != BBR_PROBE_RTT && before == BBR_PROBE_RTT) {
            lasted = path.now - began;
            times++;
            assert_in_range(lasted, 200 * MS, 400 * MS);
            assert_true(believed(&path) >= rate_before * 95 / 100);
            assert_true(path.c.cwnd > 20 * MSS);
        }
    }
    assert_in_range(times, 2, 4);
}

/* On a short path PROBE_RTT lasts a hundred round trips: what they deliver is not the path's rate.
 */
static void rate_is_not_forgotten_while_the_round_trip_is_looked_for(void **state) {
    (void)state;
    path_init(&path, 12500000, 2 * MS, DOBOS_SECOND);
    unsigned seen = 0;
    while (path.now < 14 * DOBOS_SECOND) {
        path_step(&path);
        seen |= 1u << bbr_of(&path)->mode;
        if (path.now > 2 * DOBOS_SECOND)
            assert_true(believed(&path) >= 12500000 * 95ull / 100);
    }
    assert_true(seen & 1u << BBR_PROBE_RTT);
}

/* One acknowledgment a round trip of 40 ms. */
static void round_take(struct congestion *c, unsigned round, uint32_t bytes, uint32_t lost,
                       uint32_t in_flight, bool in_recovery) {
    uint64_t delivered = (uint64_t)round * 1000000;
    congestion_on_ack(c, &(struct congestion_ack){.now = DOBOS_SECOND + round * 40 * MS,
                                                  .mss = MSS,
                                                  .acked = bytes,
                                                  .delivered = bytes,
                                                  .lost = lost,
                                                  .in_flight_before = in_flight + bytes,
                                                  .in_flight = in_flight,
                                                  .rtt_ns = 40 * MS,
                                                  .srtt_ns = 40 * MS,
                                                  .delivered_total = delivered,
                                                  .rate = {.delivered = bytes,
                                                           .prior_delivered = delivered - 1000000,
                                                           .interval_ns = 40 * MS},
                                                  .in_recovery = in_recovery});
}

static void startup_ends_after_three_rounds_without_growth(void **state) {
    (void)state;
    struct congestion c;
    congestion_init(&c, &congestion_bbr, MSS, 10, false);
    unsigned round = 1;
    for (uint32_t bytes = 20000; bytes <= 160000; bytes *= 2)
        round_take(&c, round++, bytes, 0, 200000, false);
    for (unsigned flat = 0; flat < 2; flat++)
        round_take(&c, round++, 190000, 0, 2000000, false); /* less than a quarter more */
    assert_int_equal(c.own.bbr.mode, BBR_STARTUP);
    round_take(&c, round++, 190000, 0, 2000000, false);
    assert_int_equal(c.own.bbr.mode, BBR_DRAIN);
    round_take(&c, round++, 190000, 0, 100000, false);
    assert_int_equal(c.own.bbr.mode, BBR_PROBE_BW);
}

static void first_round_of_a_recovery_sends_what_arrives(void **state) {
    (void)state;
    path_init(&path, 1250000, 40 * MS, DOBOS_SECOND);
    path_run(&path, 3 * DOBOS_SECOND);
    struct congestion c = path.c;
    uint32_t before = c.cwnd;
    congestion_on_loss(&c, path.in_flight, MSS, path.now);
    struct congestion_ack ack = {.now = path.now,
                                 .mss = MSS,
                                 .delivered = 2 * MSS,
                                 .lost = MSS,
                                 .in_flight = 20 * MSS,
                                 .rtt_ns = 45 * MS,
                                 .srtt_ns = 45 * MS,
                                 .delivered_total = path.delivered + 2 * MSS,
                                 .rate = {.delivered = 50000,
                                          .prior_delivered = path.delivered - 50000,
                                          .interval_ns = 40 * MS},
                                 .in_recovery = true};
    congestion_on_ack(&c, &ack);
    assert_int_equal(c.cwnd, 22 * MSS);
    ack.lost = 0;
    ack.in_flight = 19 * MSS;
    ack.delivered = MSS;
    congestion_on_ack(&c, &ack);
    assert_int_equal(c.cwnd, 22 * MSS);
    ack.in_flight = 25 * MSS;
    congestion_on_ack(&c, &ack);
    assert_int_equal(c.cwnd, 26 * MSS);
    ack.rate.prior_delivered = ack.delivered_total; /* a round later it grows again */
    ack.in_flight = 10 * MSS;
    ack.delivered = 4 * MSS;
    congestion_on_ack(&c, &ack);
    assert_int_equal(c.cwnd, 30 * MSS);
    congestion_on_recovered(&c, path.now);
    assert_int_equal(c.cwnd, before);
}

static void rate_that_changes_is_followed(void **state) {
    (void)state;
    path_init(&path, 1250000, 40 * MS, DOBOS_SECOND);
    path_run(&path, 5 * DOBOS_SECOND);
    path.rate = 5000000;
    path_run(&path, 8 * DOBOS_SECOND);
    assert_in_range(believed(&path), 4800000, 5050000);
    path.rate = 1250000;
    path_run(&path, 8 * DOBOS_SECOND);
    assert_in_range(believed(&path), 1200000, 1300000);
}

static void random_loss_does_not_slow_it(void **state) {
    (void)state;
    path_init(&path, 1250000, 40 * MS, DOBOS_SECOND);
    path_run(&path, 2 * DOBOS_SECOND);
    uint64_t before = path.delivered;
    dobos_time end = path.now + 10 * DOBOS_SECOND;
    for (unsigned i = 1; path.now < end; i++) {
        path_step(&path);
        if (i % 200 == 0 && path.count > 0)
            path.flight[(path.first + path.count - 1) % FLIGHT].is_lost = true;
    }
    assert_true(path.lost > 0);
    assert_true((path.delivered - before) / 10 >= 1250000 * 90 / 100);
}

static void program_that_sends_little_does_not_lower_the_rate(void **state) {
    (void)state;
    path_init(&path, 1250000, 40 * MS, DOBOS_SECOND);
    path_run(&path, 3 * DOBOS_SECOND);
    uint64_t before = believed(&path);
    path.limit = 4 * MSS;
    path_run(&path, 5 * DOBOS_SECOND);
    assert_in_range(believed(&path), before * 95 / 100, before);
}

static void policer_is_recognized_by_what_it_lets_through(void **state) {
    (void)state;
    path_init(&path, 1250000, 40 * MS, 2 * MS); /* hardly a queue: what is too fast is lost */
    path_run(&path, DOBOS_SECOND);
    struct congestion *c = &path.c;
    struct bbr *bbr = &c->own.bbr;
    bbr_policer_reset(bbr);
    /* Samples as a policer of 500,000 bytes a second makes them: much is lost. */
    uint64_t delivered = path.delivered;
    dobos_time now = path.now;
    for (unsigned i = 0; i < 200 && !bbr->policer.is_used; i++) {
        now += 40 * MS;
        delivered += 20000;
        congestion_on_ack(c, &(struct congestion_ack){.now = now,
                                                      .mss = MSS,
                                                      .acked = 20000,
                                                      .delivered = 20000,
                                                      .lost = 10000,
                                                      .in_flight_before = 40000,
                                                      .in_flight = 20000,
                                                      .rtt_ns = 40 * MS,
                                                      .srtt_ns = 40 * MS,
                                                      .delivered_total = delivered,
                                                      .rate = {.delivered = 20000,
                                                               .prior_delivered = delivered - 20000,
                                                               .interval_ns = 40 * MS},
                                                      .is_window_used = true});
    }
    assert_true(bbr->policer.is_used);
    assert_in_range(bbr_rate(bbr), 490000, 510000);
    assert_int_equal(bbr->pacing_gain, BBR_UNIT);
}

static void timeout_looks_for_the_rate_anew_and_the_window_comes_back(void **state) {
    (void)state;
    path_init(&path, 1250000, 40 * MS, DOBOS_SECOND);
    path_run(&path, 3 * DOBOS_SECOND);
    struct congestion c = path.c;
    uint32_t before = c.cwnd;
    congestion_on_timeout(&c, path.in_flight, MSS, true, path.now);
    assert_int_equal(c.cwnd, MSS);
    assert_int_equal(c.own.bbr.full_rate, 0);
    congestion_on_recovered(&c, path.now);
    assert_int_equal(c.cwnd, before);
    c = path.c;
    congestion_on_loss(&c, path.in_flight, MSS, path.now);
    c.cwnd = 10 * MSS;
    congestion_undo(&c);
    assert_int_equal(c.cwnd, before);
}

static void what_is_kept_of_a_path_is_enough_to_cruise(void **state) {
    (void)state;
    path_init(&path, 12500000, 40 * MS, DOBOS_SECOND);
    path_run(&path, 3 * DOBOS_SECOND);
    uint32_t kept[2] = {0, 0};
    uint64_t rate = believed(&path);
    congestion_bbr.keep(&path.c, kept);
    congestion_switch(&path.c, &congestion_bbr, MSS);
    congestion_bbr.resume(&path.c, kept);
    assert_int_equal(bbr_of(&path)->mode, BBR_PROBE_BW);
    assert_in_range(believed(&path), rate - 1024, rate);
    assert_in_range(path.c.pacing_rate, rate * 98 / 100, rate);
    struct congestion young;
    congestion_init(&young, &congestion_bbr, MSS, 10, false);
    congestion_bbr.keep(&young, kept);
    congestion_bbr.resume(&young, kept);
    assert_int_equal(young.own.bbr.mode, BBR_STARTUP);
}

/* ---- the largest of a window ---- */

/* Never below the largest of the window's last quarter or so, never above that of the window. */
static void largest_of_a_window_is_forgotten_in_time(void **state) {
    (void)state;
    struct bbr_max max;
    bbr_max_reset(&max, 0, 0);
    uint64_t values[400];
    for (uint32_t round = 0; round < 400; round++) {
        values[round] = round * 2654435761u % 1000 + (round < 200 ? 1000 : 0);
        bbr_max_update(&max, 10, round, values[round]);
        uint64_t window = 0;
        for (uint32_t back = 0; back <= 10 && back <= round; back++)
            window = values[round - back] > window ? values[round - back] : window;
        assert_true(max.best[0].rate <= window);
        assert_true(max.best[0].rate >= values[round]);
        assert_true(round - max.best[0].round <= 10);
    }
    bbr_max_reset(&max, UINT32_MAX - 3, 500); /* rounds wrap */
    for (uint32_t i = 0; i < 11; i++)
        bbr_max_update(&max, 10, UINT32_MAX - 2 + i, 100);
    assert_int_equal(max.best[0].rate, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(startup_finds_the_rate_and_drains_what_it_queued),
        cmocka_unit_test(cruising_keeps_the_path_busy_and_the_queue_short),
        cmocka_unit_test(shortest_round_trip_is_looked_for_every_ten_seconds),
        cmocka_unit_test(rate_is_not_forgotten_while_the_round_trip_is_looked_for),
        cmocka_unit_test(startup_ends_after_three_rounds_without_growth),
        cmocka_unit_test(first_round_of_a_recovery_sends_what_arrives),
        cmocka_unit_test(rate_that_changes_is_followed),
        cmocka_unit_test(random_loss_does_not_slow_it),
        cmocka_unit_test(program_that_sends_little_does_not_lower_the_rate),
        cmocka_unit_test(policer_is_recognized_by_what_it_lets_through),
        cmocka_unit_test(timeout_looks_for_the_rate_anew_and_the_window_comes_back),
        cmocka_unit_test(what_is_kept_of_a_path_is_enough_to_cruise),
        cmocka_unit_test(largest_of_a_window_is_forgotten_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
