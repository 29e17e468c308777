/* Congestion control from socket to socket: what of a link is used, in order and out of it; pacing;
 * a choice that changes in the middle. */
#include "stream.h"

#define MS DOBOS_MILLISECOND

static struct stream stream_controlled(const struct impairments *impairments,
                                       enum dobos_congestion congestion) {
    return stream_create(impairments, &(struct dobos_tcp_config){.congestion = congestion});
}

/* Bytes a second. */
static uint64_t stream_rate(struct stream *s, dobos_time time) {
    const uint64_t before = s->received;
    stream_run(s, s->pair->now + time);
    return (s->received - before) * 1000 / (uint64_t)(time / MS);
}

/* 10 Mbit/s in segments of 1448 bytes, frames of 1538 on the wire. */
#define MOST (1250000ull * 1448 / 1538)

static void link_without_loss_is_busy_with_each_algorithm(void **state) {
    (void)state;
    static const struct {
        enum dobos_congestion congestion;
        unsigned percent;
    } rows[] = {
        {DOBOS_CONGESTION_CUBIC, 99}, {DOBOS_CONGESTION_RENO, 98}, {DOBOS_CONGESTION_BBR, 95}};
    const struct impairments line = {
        .rate_bits_per_second = 10000000, .delay_ns = 20 * MS, .limit_packets = 120};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct stream s = stream_controlled(&line, rows[i].congestion);
        (void)stream_rate(&s, 5 * DOBOS_SECOND);
        assert_true(stream_rate(&s, 20 * DOBOS_SECOND) >= MOST * rows[i].percent / 100);
        stream_destroy(&s);
    }
}

static void loss_is_felt_by_cubic_as_its_response_function_says_and_hardly_by_bbr(void **state) {
    (void)state;
    const struct impairments lossy = {.rate_bits_per_second = 10000000,
                                      .delay_ns = 10 * MS,
                                      .limit_packets = 120,
                                      .loss = 42949673}; /* one in a hundred */
    struct stream s = stream_controlled(&lossy, DOBOS_CONGESTION_CUBIC);
    (void)stream_rate(&s, 5 * DOBOS_SECOND);
    assert_in_range(stream_rate(&s, 60 * DOBOS_SECOND), MOST * 55 / 100, MOST * 80 / 100);
    stream_destroy(&s);
    s = stream_controlled(&lossy, DOBOS_CONGESTION_BBR);
    (void)stream_rate(&s, 5 * DOBOS_SECOND);
    assert_true(stream_rate(&s, 20 * DOBOS_SECOND) >= MOST * 90 / 100);
    stream_destroy(&s);
}

/* One frame in a hundred overtakes half a window: recoveries for nothing are undone, and teach RACK
 * to wait; they are none of those after which it forgets. */
static void reordering_costs_little_and_ever_less(void **state) {
    (void)state;
    const struct impairments mixed = {.rate_bits_per_second = 100000000,
                                      .delay_ns = 10 * MS,
                                      .limit_packets = 250,
                                      .reorder = 42949673};
    struct stream s = stream_controlled(&mixed, DOBOS_CONGESTION_CUBIC);
    s.pair->b.cable.impairments.reorder = 0; /* acknowledgments keep their order */
    (void)stream_rate(&s, 2 * DOBOS_SECOND);
    uint32_t before = stream_info(s.sender).tcp.retransmits;
    assert_true(stream_rate(&s, 18 * DOBOS_SECOND) >= 10 * MOST * 95 / 100);
    assert_true(stream_info(s.sender).tcp.retransmits - before < 200);
    stream_destroy(&s);
}

static void flow_with_a_pace_of_its_own_keeps_it_evenly(void **state) {
    (void)state;
    const struct impairments fast = {.rate_bits_per_second = 1000000000, .delay_ns = MS};
    struct stream s = stream_controlled(&fast, DOBOS_CONGESTION_CUBIC);
    assert_int_equal(dobos_option_set(s.sender, DOBOS_OPTION_MAX_PACING_RATE, 1000000), 0);
    (void)stream_rate(&s, 2 * DOBOS_SECOND);
    s.most_packets = 0;
    uint64_t rate = stream_rate(&s, 10 * DOBOS_SECOND);
    assert_in_range(rate, 940000, 980000); /* headers count, too */
    assert_true(s.most_packets <= 4);
    assert_int_equal(stream_info(s.sender).tcp.retransmits, 0);
    assert_int_equal(dobos_option_set(s.sender, DOBOS_OPTION_MAX_PACING_RATE, 0), 0);
    assert_true(stream_rate(&s, DOBOS_SECOND) > 50000000);
    stream_destroy(&s);
}

static void algorithm_may_change_in_the_middle(void **state) {
    (void)state;
    const struct impairments line = {
        .rate_bits_per_second = 10000000, .delay_ns = 10 * MS, .limit_packets = 120};
    static const enum dobos_congestion turns[] = {DOBOS_CONGESTION_BBR, DOBOS_CONGESTION_RENO,
                                                  DOBOS_CONGESTION_DEFAULT, DOBOS_CONGESTION_BBR,
                                                  DOBOS_CONGESTION_CUBIC};
    struct stream s = stream_controlled(&line, DOBOS_CONGESTION_CUBIC);
    (void)stream_rate(&s, 3 * DOBOS_SECOND);
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        int64_t chosen = -1;
        assert_int_equal(dobos_option_set(s.sender, DOBOS_OPTION_CONGESTION, turns[i]), 0);
        assert_int_equal(dobos_option_read(s.sender, DOBOS_OPTION_CONGESTION, &chosen), 0);
        assert_int_equal(chosen, turns[i]);
        assert_true(stream_rate(&s, 5 * DOBOS_SECOND) >= MOST * 90 / 100);
    }
    stream_destroy(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_without_loss_is_busy_with_each_algorithm),
        cmocka_unit_test(loss_is_felt_by_cubic_as_its_response_function_says_and_hardly_by_bbr),
        cmocka_unit_test(reordering_costs_little_and_ever_less),
        cmocka_unit_test(flow_with_a_pace_of_its_own_keeps_it_evenly),
        cmocka_unit_test(algorithm_may_change_in_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
