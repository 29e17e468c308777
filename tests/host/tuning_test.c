/* Buffers that grow with the path, between two hosts over a cable of 1 Gbit/s and a round trip of
 * 200 ms: its bandwidth-delay product is 25 million bytes. */
#include "stream.h"

#define RTT      (200 * DOBOS_MILLISECOND)
#define BDP      25000000
#define STEP     (10 * DOBOS_MILLISECOND)
#define CEILING  (32u << 20)
#define AT_FIRST (512u << 10)

static struct stream stream_tuned(const struct dobos_tcp_config *tcp) {
    const struct impairments long_fat = {
        .rate_bits_per_second = 1000000000, .delay_ns = RTT / 2, .limit_packets = 60000};
    return stream_create(&long_fat, tcp);
}

/* At no time does the peer's window hold back what the congestion window would let go, up to the
 * ceiling; once slow start has opened it, the path is full. */
static void follows_the_path(const struct dobos_tcp_config *tcp) {
    struct stream s = stream_tuned(tcp);
    uint64_t before = 0;
    for (dobos_time at = STEP; at <= 6 * DOBOS_SECOND; at += STEP) {
        stream_run(&s, at);
        struct dobos_socket_info info = stream_info(s.sender);
        if (info.state == DOBOS_TCP_ESTABLISHED && at > RTT + STEP)
            assert_true(info.tcp.snd_wnd >= min_u32(info.tcp.cwnd_bytes, 30u << 20));
        if (at == 4 * DOBOS_SECOND)
            before = s.received;
    }
    assert_true(s.received - before > 2 * (uint64_t)125000000 * 9 / 10);
    int64_t buffer;
    assert_int_equal(dobos_option_read(s.receiver, DOBOS_OPTION_RECEIVE_BUFFER, &buffer), 0);
    assert_true(buffer > BDP && buffer <= CEILING);
    assert_int_equal(dobos_option_read(s.sender, DOBOS_OPTION_SEND_BUFFER, &buffer), 0);
    assert_true(buffer > BDP && buffer <= CEILING);
    stream_destroy(&s);
}

static void buffers_follow_a_long_fat_path(void **state) {
    (void)state;
    follows_the_path(&(struct dobos_tcp_config){0});
}

static void buffers_follow_without_timestamps(void **state) {
    (void)state;
    follows_the_path(&(struct dobos_tcp_config){.no_timestamps = true});
}

static void receive_buffer_of_a_program_that_does_not_read_stays(void **state) {
    (void)state;
    struct stream s = stream_tuned(&(struct dobos_tcp_config){0});
    int64_t buffer;
    s.is_unread = true;
    stream_run(&s, 5 * DOBOS_SECOND);
    assert_int_equal(dobos_option_read(s.receiver, DOBOS_OPTION_RECEIVE_BUFFER, &buffer), 0);
    assert_int_equal(buffer, AT_FIRST);
    assert_true(stream_info(s.receiver).receive_queue <= AT_FIRST + 1024);
    stream_destroy(&s);
}

static void buffers_that_were_set_stay(void **state) {
    (void)state;
    struct stream s = stream_tuned(&(struct dobos_tcp_config){0});
    int64_t buffer;
    assert_int_equal(dobos_option_set(s.listener, DOBOS_OPTION_RECEIVE_BUFFER, 100000), 0);
    assert_int_equal(dobos_option_set(s.sender, DOBOS_OPTION_SEND_BUFFER, 200000), 0);
    stream_run(&s, 5 * DOBOS_SECOND);
    assert_int_equal(dobos_option_read(s.receiver, DOBOS_OPTION_RECEIVE_BUFFER, &buffer), 0);
    assert_int_equal(buffer, 100000);
    assert_int_equal(dobos_option_read(s.sender, DOBOS_OPTION_SEND_BUFFER, &buffer), 0);
    assert_int_equal(buffer, 200000);
    assert_true(stream_info(s.sender).tcp.snd_wnd <= 100000 + 2048);
    stream_destroy(&s);
}

static void settings_bound_the_buffers_or_leave_them(void **state) {
    (void)state;
    struct stream s = stream_tuned(&(struct dobos_tcp_config){.no_tuning = true});
    int64_t buffer;
    stream_run(&s, 5 * DOBOS_SECOND);
    assert_int_equal(dobos_option_read(s.receiver, DOBOS_OPTION_RECEIVE_BUFFER, &buffer), 0);
    assert_int_equal(buffer, AT_FIRST);
    assert_int_equal(stream_info(s.receiver).tcp.rcv_wscale, 4);
    stream_destroy(&s);
    s = stream_tuned(&(struct dobos_tcp_config){.receive_buffer_max_bytes = 2 << 20,
                                                .send_buffer_max_bytes = 3 << 20});
    stream_run(&s, 5 * DOBOS_SECOND);
    assert_int_equal(dobos_option_read(s.receiver, DOBOS_OPTION_RECEIVE_BUFFER, &buffer), 0);
    assert_int_equal(buffer, 2 << 20);
    assert_int_equal(dobos_option_read(s.sender, DOBOS_OPTION_SEND_BUFFER, &buffer), 0);
    assert_int_equal(buffer, 3 << 20);
    assert_int_equal(stream_info(s.receiver).tcp.rcv_wscale, 6);
    stream_destroy(&s);
}

/* The calls for urgent data, as a program makes them. */
static void urgent_data_is_told_by_the_poller(void **state) {
    (void)state;
    struct stream s = stream_tuned(&(struct dobos_tcp_config){0});
    struct dobos_event events[8];
    struct dobos_socket *datagrams;
    int64_t value;
    bool told = false;
    while (!s.receiver && pair_step(s.pair, 5 * DOBOS_SECOND))
        (void)dobos_accept(s.listener, &s.receiver, NULL);
    assert_non_null(s.receiver);
    while (dobos_poller_next(dobos_poller_default(s.pair->b.host), events, 8) > 0)
        continue;
    assert_int_equal(dobos_send(s.sender, "and ", 4), 4);
    assert_int_equal(dobos_send_urgent(s.sender, "stop", 4), 4);
    pair_run(s.pair, s.pair->now + DOBOS_SECOND);
    int n = dobos_poller_next(dobos_poller_default(s.pair->b.host), events, 8);
    for (int i = 0; i < n; i++)
        told = told || (events[i].socket == s.receiver && (events[i].ready & DOBOS_URGENT));
    assert_true(told);
    assert_int_equal(dobos_option_read(s.receiver, DOBOS_OPTION_URGENT, &value), 0);
    assert_int_equal(value, 8);
    char bytes[8];
    assert_int_equal(dobos_receive(s.receiver, bytes, 7), 7);
    assert_int_equal(dobos_option_read(s.receiver, DOBOS_OPTION_URGENT, &value), 0);
    assert_int_equal(value, 1);
    assert_int_equal(dobos_receive(s.receiver, bytes, 8), 1);
    assert_int_equal(bytes[0], 'p');
    assert_int_equal(dobos_option_read(s.receiver, DOBOS_OPTION_URGENT, &value), 0);
    assert_int_equal(value, 0);
    assert_int_equal(dobos_socket_ready(s.receiver) & DOBOS_URGENT, 0);
    assert_int_equal(dobos_option_set(s.receiver, DOBOS_OPTION_URGENT, 1), -DOBOS_EOPNOTSUPP);
    assert_int_equal(dobos_socket_create(s.pair->a.host, DOBOS_UDP, NULL, &datagrams), 0);
    assert_int_equal(dobos_send_urgent(datagrams, "x", 1), -DOBOS_EOPNOTSUPP);
    assert_int_equal(dobos_option_read(datagrams, DOBOS_OPTION_URGENT, &value), -DOBOS_EOPNOTSUPP);
    stream_destroy(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffers_follow_a_long_fat_path),
        cmocka_unit_test(buffers_follow_without_timestamps),
        cmocka_unit_test(receive_buffer_of_a_program_that_does_not_read_stays),
        cmocka_unit_test(buffers_that_were_set_stay),
        cmocka_unit_test(settings_bound_the_buffers_or_leave_them),
        cmocka_unit_test(urgent_data_is_told_by_the_poller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
