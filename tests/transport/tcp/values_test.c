/* The parts of TCP that are functions of values: round-trip times and the congestion window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transport/tcp/acknowledge.h"
#include "transport/tcp/congestion.h"
#include "transport/tcp/rtt.h"

#define MS DOBOS_MILLISECOND

/* [rfc6298#1] */
static void before_a_sample_the_timeout_is_a_second(void **state) {
    (void)state;
    struct tcp_rtt rtt;
    rtt_init(&rtt);
    assert_int_equal(rtt_timeout(&rtt, 0), DOBOS_SECOND);
    assert_int_equal(rtt.srtt_ns, 0);
}

/* [rfc6298#2] */
static void first_sample_sets_mean_and_half_variation(void **state) {
    (void)state;
    struct tcp_rtt rtt;
    rtt_init(&rtt);
    rtt_on_sample(&rtt, 800 * MS);
    assert_int_equal(rtt.srtt_ns, 800 * MS);
    assert_int_equal(rtt.rttvar_ns, 400 * MS);
    assert_int_equal(rtt.rto_ns, 2400 * MS);
}

/* [rfc6298#3] [rfc6298#4]: the variation from the old mean, by a quarter; the mean by an eighth. */
static void later_samples_move_variation_then_mean(void **state) {
    (void)state;
    struct tcp_rtt rtt;
    rtt_init(&rtt);
    rtt_on_sample(&rtt, 800 * MS);
    rtt_on_sample(&rtt, 1600 * MS);
    assert_int_equal(rtt.rttvar_ns, 500 * MS); /* 3/4 · 400 + 1/4 · 800 */
    assert_int_equal(rtt.srtt_ns, 900 * MS);   /* 7/8 · 800 + 1/8 · 1600 */
    assert_int_equal(rtt.rto_ns, 2900 * MS);
    rtt_on_sample(&rtt, 100 * MS);
    assert_int_equal(rtt.rttvar_ns, 575 * MS);
    assert_int_equal(rtt.srtt_ns, 800 * MS);
}

/* [rfc6298#5] [rfc6298#9] */
static void steady_round_trips_end_at_the_least_timeout(void **state) {
    (void)state;
    struct tcp_rtt rtt;
    rtt_init(&rtt);
    for (int i = 0; i < 1000; i++)
        rtt_on_sample(&rtt, 10 * MS);
    assert_int_equal(rtt.rto_ns, 10 * MS + TCP_RTO_MIN_NS);
    for (int i = 0; i < 1000; i++)
        rtt_on_sample(&rtt, 5000 * MS);
    assert_true(rtt.rto_ns >= rtt.srtt_ns + 1 * MS);
    rtt_on_sample(&rtt, 0);
    assert_true(rtt.srtt_ns > 0);
}

/* [rfc6298#15] [rfc6298#6] */
static void backoff_doubles_up_to_a_bound(void **state) {
    (void)state;
    struct tcp_rtt rtt;
    rtt_init(&rtt);
    for (unsigned i = 0; i < 7; i++)
        assert_int_equal(rtt_timeout(&rtt, i), DOBOS_SECOND << i);
    for (unsigned i = 7; i < 256; i++)
        assert_int_equal(rtt_timeout(&rtt, i), 120 * DOBOS_SECOND);
    rtt_on_sample(&rtt, 1);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(rtt_timeout(&rtt, i), (200 * MS + 1) << i);
    assert_int_equal(rtt_timeout(&rtt, 10), 120 * DOBOS_SECOND);
    rtt_on_sample(&rtt, INT64_MAX);
    assert_int_equal(rtt_timeout(&rtt, 0), 120 * DOBOS_SECOND);
}

/* [rfc6298#17] */
static void repeated_syn_raises_to_three_seconds(void **state) {
    (void)state;
    struct tcp_rtt rtt;
    rtt_init(&rtt);
    rtt_on_resent_syn(&rtt);
    assert_int_equal(rtt.rto_ns, 3 * DOBOS_SECOND);
    rtt_on_sample(&rtt, 5000 * MS);
    rtt_on_resent_syn(&rtt);
    assert_int_equal(rtt.rto_ns, 15000 * MS);
}

static void acknowledge(struct congestion *c, uint32_t acked, uint32_t mss) {
    congestion_on_ack(c,
                      &(struct congestion_ack){
                          .mss = mss, .acked = acked, .delivered = acked, .is_window_used = true});
}

/* [rfc5681#3] [rfc5681#5] */
static void initial_window_is_ten_segments_or_14600_bytes(void **state) {
    (void)state;
    assert_int_equal(congestion_initial_window(1460, 10, false), 14600);
    assert_int_equal(congestion_initial_window(536, 10, false), 5360);
    assert_int_equal(congestion_initial_window(1448, 10, false), 14480);
    assert_int_equal(congestion_initial_window(8960, 10, false), 17920);
    assert_int_equal(congestion_initial_window(4000, 10, false), 14600);
    assert_int_equal(congestion_initial_window(1460, 10, true), 1460);
}

/* [rfc5681#6] [rfc5681#7] */
static void slow_start_adds_what_is_acknowledged_up_to_two_segments(void **state) {
    (void)state;
    struct congestion c;
    congestion_init(&c, &congestion_reno, 1000, 10, false);
    assert_int_equal(c.ssthresh, CONGESTION_SSTHRESH_UNSET);
    acknowledge(&c, 1, 1000);
    assert_int_equal(c.cwnd, 10001);
    acknowledge(&c, 1000, 1000);
    acknowledge(&c, 9000, 1000);
    assert_int_equal(c.cwnd, 13001);
}

/* [rfc5681#8] [rfc3465#1] [rfc5681#2] */
static void congestion_avoidance_adds_a_segment_a_window(void **state) {
    (void)state;
    struct congestion c = {.algorithm = &congestion_reno, .cwnd = 10000, .ssthresh = 10000};
    for (int i = 0; i < 9; i++)
        acknowledge(&c, 1000, 1000);
    assert_int_equal(c.cwnd, 10000);
    acknowledge(&c, 1000, 1000);
    assert_int_equal(c.cwnd, 11000);
    for (int i = 0; i < 11; i++)
        acknowledge(&c, 1000, 1000);
    assert_int_equal(c.cwnd, 12000);
    acknowledge(&c, UINT32_MAX, 1000); /* no leap */
    assert_int_equal(c.cwnd, 13000);
}

/* [rfc5681#9] [rfc5681#15] [rfc5681#10] */
static void loss_halves_what_is_in_flight(void **state) {
    (void)state;
    struct congestion c = {.algorithm = &congestion_reno, .cwnd = 50000, .ssthresh = 60000};
    congestion_on_loss(&c, 30000, 1000, 0);
    assert_int_equal(c.ssthresh, 15000);
    congestion_on_loss(&c, 3000, 1000, 0);
    assert_int_equal(c.ssthresh, 2000);
    congestion_on_timeout(&c, 30000, 1000, true, 0);
    assert_int_equal(c.ssthresh, 15000);
    assert_int_equal(c.cwnd, 1000);
    congestion_on_timeout(&c, 4000, 1000, false, 0);
    assert_int_equal(c.ssthresh, 15000);
}

/* [rfc5681#20] */
static void idleness_never_enlarges(void **state) {
    (void)state;
    struct congestion c = {.algorithm = &congestion_reno, .cwnd = 50000, .ssthresh = 60000};
    congestion_on_idle(&c, 1460, 10, DOBOS_SECOND, 0);
    assert_int_equal(c.cwnd, 14600);
    c.cwnd = 3000;
    congestion_on_idle(&c, 1460, 10, DOBOS_SECOND, 0);
    assert_int_equal(c.cwnd, 3000);
}

static void window_stops_growing_before_it_overflows(void **state) {
    (void)state;
    struct congestion c = {
        .algorithm = &congestion_reno, .cwnd = CONGESTION_CWND_MAX - 10, .ssthresh = UINT32_MAX};
    acknowledge(&c, 5000, 5000);
    assert_int_equal(c.cwnd, CONGESTION_CWND_MAX);
}

/* [rfc9293#12] [rfc5961#6] */
static void acknowledgments_are_placed_at_all_edges(void **state) {
    (void)state;
    static const uint32_t edges[] = {0, 500, 0x7fffffff, 0x80000000, 0xffffff00, 0xffffffff};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct seq una = seq_make(edges[i]), nxt = seq_add(una, 1000);
        assert_int_equal(ack_fit(una, nxt, 5000, una), ACK_OLD);
        assert_int_equal(ack_fit(una, nxt, 5000, seq_sub(una, 5000)), ACK_OLD);
        assert_int_equal(ack_fit(una, nxt, 5000, seq_sub(una, 5001)), ACK_ANCIENT);
        assert_int_equal(ack_fit(una, nxt, 5000, seq_add(una, 1)), ACK_NEW);
        assert_int_equal(ack_fit(una, nxt, 5000, nxt), ACK_NEW);
        assert_int_equal(ack_fit(una, nxt, 5000, seq_add(nxt, 1)), ACK_OF_UNSENT);
        assert_int_equal(ack_fit(una, una, 5000, seq_add(una, 1)), ACK_OF_UNSENT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_a_sample_the_timeout_is_a_second),
        cmocka_unit_test(first_sample_sets_mean_and_half_variation),
        cmocka_unit_test(later_samples_move_variation_then_mean),
        cmocka_unit_test(steady_round_trips_end_at_the_least_timeout),
        cmocka_unit_test(backoff_doubles_up_to_a_bound),
        cmocka_unit_test(repeated_syn_raises_to_three_seconds),
        cmocka_unit_test(initial_window_is_ten_segments_or_14600_bytes),
        cmocka_unit_test(slow_start_adds_what_is_acknowledged_up_to_two_segments),
        cmocka_unit_test(congestion_avoidance_adds_a_segment_a_window),
        cmocka_unit_test(loss_halves_what_is_in_flight),
        cmocka_unit_test(idleness_never_enlarges),
        cmocka_unit_test(window_stops_growing_before_it_overflows),
        cmocka_unit_test(acknowledgments_are_placed_at_all_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
