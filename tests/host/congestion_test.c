/* Congestion control from socket to socket: what of a link is used, in order and out of it; pacing;
 * a choice that changes in the middle. */
#include "pair.h"

#define PORT 7
#define MS   DOBOS_MILLISECOND

struct flow_test {
    struct pair *pair;
    struct dobos_socket *sender, *listener, *receiver;
    uint64_t received;
    uint32_t most_packets; /* on the cable at a time */
};

static struct flow_test flow_create(const struct impairments *impairments,
                                    enum dobos_congestion congestion) {
    struct flow_test f = {.pair = pair_create(1, impairments)};
    const struct dobos_endpoint at = {.port = PORT};
    const struct dobos_endpoint to = {.address = dobos_address_ipv4(PAIR_B), .port = PORT};
    assert_int_equal(dobos_socket_create(f.pair->b.host, DOBOS_TCP, NULL, &f.listener), 0);
    assert_int_equal(dobos_bind(f.listener, &at), 0);
    assert_int_equal(dobos_listen(f.listener, 1), 0);
    assert_int_equal(dobos_socket_create(f.pair->a.host, DOBOS_TCP, NULL, &f.sender), 0);
    assert_int_equal(dobos_option_set(f.sender, DOBOS_OPTION_CONGESTION, congestion), 0);
    assert_int_equal(dobos_connect(f.sender, &to), -DOBOS_EINPROGRESS);
    return f;
}

/* One program sends whatever is taken, the other reads whatever has come. Returns bytes a second.
 */
static uint64_t flow_run(struct flow_test *f, dobos_time time) {
    static uint8_t bytes[1 << 16];
    const dobos_time end = f->pair->now + time;
    const uint64_t before = f->received;
    while (pair_step(f->pair, end)) {
        while (dobos_send(f->sender, bytes, sizeof bytes) > 0)
            continue;
        if (!f->receiver)
            (void)dobos_accept(f->listener, &f->receiver, NULL);
        int64_t n;
        while (f->receiver && (n = dobos_receive(f->receiver, bytes, sizeof bytes)) > 0)
            f->received += (uint64_t)n;
        if (f->pair->a.cable.packets > f->most_packets)
            f->most_packets = f->pair->a.cable.packets;
    }
    return (f->received - before) * 1000 / (uint64_t)(time / MS);
}

static struct dobos_socket_info info_of(const struct dobos_socket *socket) {
    struct dobos_socket_info info;
    assert_int_equal(dobos_socket_info_read(socket, &info), 0);
    return info;
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
        struct flow_test f = flow_create(&line, rows[i].congestion);
        (void)flow_run(&f, 5 * DOBOS_SECOND);
        assert_true(flow_run(&f, 20 * DOBOS_SECOND) >= MOST * rows[i].percent / 100);
        pair_destroy(f.pair);
    }
}

static void loss_is_felt_by_cubic_as_its_response_function_says_and_hardly_by_bbr(void **state) {
    (void)state;
    const struct impairments lossy = {.rate_bits_per_second = 10000000,
                                      .delay_ns = 10 * MS,
                                      .limit_packets = 120,
                                      .loss = 42949673}; /* one in a hundred */
    struct flow_test f = flow_create(&lossy, DOBOS_CONGESTION_CUBIC);
    (void)flow_run(&f, 5 * DOBOS_SECOND);
    assert_in_range(flow_run(&f, 60 * DOBOS_SECOND), MOST * 55 / 100, MOST * 80 / 100);
    pair_destroy(f.pair);
    f = flow_create(&lossy, DOBOS_CONGESTION_BBR);
    (void)flow_run(&f, 5 * DOBOS_SECOND);
    assert_true(flow_run(&f, 20 * DOBOS_SECOND) >= MOST * 90 / 100);
    pair_destroy(f.pair);
}

/* One frame in a hundred overtakes half a window: recoveries for nothing are undone, and teach RACK
 * to wait; they are none of those after which it forgets. */
static void reordering_costs_little_and_ever_less(void **state) {
    (void)state;
    const struct impairments mixed = {.rate_bits_per_second = 100000000,
                                      .delay_ns = 10 * MS,
                                      .limit_packets = 250,
                                      .reorder = 42949673};
    struct flow_test f = flow_create(&mixed, DOBOS_CONGESTION_CUBIC);
    f.pair->b.cable.impairments.reorder = 0; /* acknowledgments keep their order */
    (void)flow_run(&f, 2 * DOBOS_SECOND);
    uint32_t before = info_of(f.sender).tcp.retransmits;
    assert_true(flow_run(&f, 18 * DOBOS_SECOND) >= 10 * MOST * 97 / 100);
    assert_true(info_of(f.sender).tcp.retransmits - before < 200);
    pair_destroy(f.pair);
}

static void flow_with_a_pace_of_its_own_keeps_it_evenly(void **state) {
    (void)state;
    const struct impairments fast = {.rate_bits_per_second = 1000000000, .delay_ns = MS};
    struct flow_test f = flow_create(&fast, DOBOS_CONGESTION_CUBIC);
    assert_int_equal(dobos_option_set(f.sender, DOBOS_OPTION_MAX_PACING_RATE, 1000000), 0);
    (void)flow_run(&f, 2 * DOBOS_SECOND);
    f.most_packets = 0;
    uint64_t rate = flow_run(&f, 10 * DOBOS_SECOND);
    assert_in_range(rate, 940000, 980000); /* headers count, too */
    assert_true(f.most_packets <= 4);
    assert_int_equal(info_of(f.sender).tcp.retransmits, 0);
    assert_int_equal(dobos_option_set(f.sender, DOBOS_OPTION_MAX_PACING_RATE, 0), 0);
    assert_true(flow_run(&f, DOBOS_SECOND) > 50000000);
    pair_destroy(f.pair);
}

static void algorithm_may_change_in_the_middle(void **state) {
    (void)state;
    const struct impairments line = {
        .rate_bits_per_second = 10000000, .delay_ns = 10 * MS, .limit_packets = 120};
    static const enum dobos_congestion turns[] = {DOBOS_CONGESTION_BBR, DOBOS_CONGESTION_RENO,
                                                  DOBOS_CONGESTION_DEFAULT, DOBOS_CONGESTION_BBR,
                                                  DOBOS_CONGESTION_CUBIC};
    struct flow_test f = flow_create(&line, DOBOS_CONGESTION_CUBIC);
    (void)flow_run(&f, 3 * DOBOS_SECOND);
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        int64_t chosen = -1;
        assert_int_equal(dobos_option_set(f.sender, DOBOS_OPTION_CONGESTION, turns[i]), 0);
        assert_int_equal(dobos_option_read(f.sender, DOBOS_OPTION_CONGESTION, &chosen), 0);
        assert_int_equal(chosen, turns[i]);
        assert_true(flow_run(&f, 5 * DOBOS_SECOND) >= MOST * 90 / 100);
    }
    pair_destroy(f.pair);
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
