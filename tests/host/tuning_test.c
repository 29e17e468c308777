/* Buffers that grow with the path, between two hosts over a cable of 1 Gbit/s and a round trip of
 * 200 ms: its bandwidth-delay product is 25 million bytes. */
#include "pair.h"

#define RTT      (200 * DOBOS_MILLISECOND)
#define BDP      25000000
#define STEP     (10 * DOBOS_MILLISECOND)
#define CEILING  (32u << 20)
#define PORT     7
#define AT_FIRST (512u << 10)

struct flow_test {
    struct pair *pair;
    struct dobos_socket *sender, *listener, *receiver;
    uint64_t received; /* by b's program */
    bool reads;        /* it does */
};

static void host_renew(struct pair *pair, struct pair_end *end,
                       const struct dobos_tcp_config *tcp) {
    const struct dobos_interface_config interface = {
        .size = sizeof interface, .name = "eth0", .mac = {{2, 0, 0, 0, 0, (uint8_t)end->address}}};
    const struct dobos_interface_address number = {.prefix = {dobos_address_ipv4(end->address), 24},
                                                   .valid_until = DOBOS_NEVER,
                                                   .preferred_until = DOBOS_NEVER,
                                                   .origin = DOBOS_ORIGIN_STATIC};
    struct dobos_host_config config = {.size = sizeof config, .name = end->name, .tcp = *tcp};
    config.key[0] = (uint8_t)end->address;
    dobos_host_destroy(end->host);
    assert_int_equal(dobos_host_create(pair->pool, &config, pair->now, &end->host), 0);
    assert_int_equal(dobos_interface_add(end->host, &interface), 2);
    assert_int_equal(dobos_address_add(end->host, 2, &number), 0);
}

static struct flow_test flow_create(const struct dobos_tcp_config *tcp) {
    const struct impairments long_fat = {
        .rate_bits_per_second = 1000000000, .delay_ns = RTT / 2, .limit_packets = 60000};
    struct flow_test f = {.pair = pair_create(1, &long_fat), .reads = true};
    const struct dobos_endpoint at = {.port = PORT};
    const struct dobos_endpoint to = {.address = dobos_address_ipv4(PAIR_B), .port = PORT};
    host_renew(f.pair, &f.pair->a, tcp);
    host_renew(f.pair, &f.pair->b, tcp);
    assert_int_equal(dobos_socket_create(f.pair->b.host, DOBOS_TCP, NULL, &f.listener), 0);
    assert_int_equal(dobos_bind(f.listener, &at), 0);
    assert_int_equal(dobos_listen(f.listener, 1), 0);
    assert_int_equal(dobos_socket_create(f.pair->a.host, DOBOS_TCP, NULL, &f.sender), 0);
    assert_int_equal(dobos_connect(f.sender, &to), -DOBOS_EINPROGRESS);
    return f;
}

static void flow_destroy(struct flow_test *f) {
    pair_destroy(f->pair);
}

/* The two programs: one sends whatever is taken, the other reads whatever has come. */
static void programs_run(struct flow_test *f) {
    static uint8_t bytes[1 << 16];
    while (dobos_send(f->sender, bytes, sizeof bytes) > 0)
        continue;
    if (!f->receiver)
        (void)dobos_accept(f->listener, &f->receiver, NULL);
    if (!f->receiver || !f->reads)
        return;
    int64_t n;
    while ((n = dobos_receive(f->receiver, bytes, sizeof bytes)) > 0)
        f->received += (uint64_t)n;
}

static struct dobos_socket_info info_of(const struct dobos_socket *socket) {
    struct dobos_socket_info info;
    assert_int_equal(dobos_socket_info_read(socket, &info), 0);
    return info;
}

static void flow_run(struct flow_test *f, dobos_time until) {
    while (pair_step(f->pair, until))
        programs_run(f);
}

/* At no time does the peer's window hold back what the congestion window would let go, up to the
 * ceiling; once slow start has opened it, the path is full. */
static void follows_the_path(const struct dobos_tcp_config *tcp) {
    struct flow_test f = flow_create(tcp);
    uint64_t before = 0;
    for (dobos_time at = STEP; at <= 6 * DOBOS_SECOND; at += STEP) {
        flow_run(&f, at);
        struct dobos_socket_info info = info_of(f.sender);
        if (info.state == DOBOS_TCP_ESTABLISHED && at > RTT + STEP)
            assert_true(info.tcp.snd_wnd >= min_u32(info.tcp.cwnd_bytes, 30u << 20));
        if (at == 4 * DOBOS_SECOND)
            before = f.received;
    }
    assert_true(f.received - before > 2 * (uint64_t)125000000 * 9 / 10);
    int64_t buffer;
    assert_int_equal(dobos_option_read(f.receiver, DOBOS_OPTION_RECEIVE_BUFFER, &buffer), 0);
    assert_true(buffer > BDP && buffer <= CEILING);
    assert_int_equal(dobos_option_read(f.sender, DOBOS_OPTION_SEND_BUFFER, &buffer), 0);
    assert_true(buffer > BDP && buffer <= CEILING);
    flow_destroy(&f);
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
    struct flow_test f = flow_create(&(struct dobos_tcp_config){0});
    int64_t buffer;
    f.reads = false;
    flow_run(&f, 5 * DOBOS_SECOND);
    assert_int_equal(dobos_option_read(f.receiver, DOBOS_OPTION_RECEIVE_BUFFER, &buffer), 0);
    assert_int_equal(buffer, AT_FIRST);
    assert_true(info_of(f.receiver).receive_queue <= AT_FIRST + 1024);
    flow_destroy(&f);
}

static void buffers_that_were_set_stay(void **state) {
    (void)state;
    struct flow_test f = flow_create(&(struct dobos_tcp_config){0});
    int64_t buffer;
    assert_int_equal(dobos_option_set(f.listener, DOBOS_OPTION_RECEIVE_BUFFER, 100000), 0);
    assert_int_equal(dobos_option_set(f.sender, DOBOS_OPTION_SEND_BUFFER, 200000), 0);
    flow_run(&f, 5 * DOBOS_SECOND);
    assert_int_equal(dobos_option_read(f.receiver, DOBOS_OPTION_RECEIVE_BUFFER, &buffer), 0);
    assert_int_equal(buffer, 100000);
    assert_int_equal(dobos_option_read(f.sender, DOBOS_OPTION_SEND_BUFFER, &buffer), 0);
    assert_int_equal(buffer, 200000);
    assert_true(info_of(f.sender).tcp.snd_wnd <= 100000 + 2048);
    flow_destroy(&f);
}

static void settings_bound_the_buffers_or_leave_them(void **state) {
    (void)state;
    struct flow_test f = flow_create(&(struct dobos_tcp_config){.no_tuning = true});
    int64_t buffer;
    flow_run(&f, 5 * DOBOS_SECOND);
    assert_int_equal(dobos_option_read(f.receiver, DOBOS_OPTION_RECEIVE_BUFFER, &buffer), 0);
    assert_int_equal(buffer, AT_FIRST);
    assert_int_equal(info_of(f.receiver).tcp.rcv_wscale, 4);
    flow_destroy(&f);
    f = flow_create(&(struct dobos_tcp_config){.receive_buffer_max_bytes = 2 << 20,
                                               .send_buffer_max_bytes = 3 << 20});
    flow_run(&f, 5 * DOBOS_SECOND);
    assert_int_equal(dobos_option_read(f.receiver, DOBOS_OPTION_RECEIVE_BUFFER, &buffer), 0);
    assert_int_equal(buffer, 2 << 20);
    assert_int_equal(dobos_option_read(f.sender, DOBOS_OPTION_SEND_BUFFER, &buffer), 0);
    assert_int_equal(buffer, 3 << 20);
    assert_int_equal(info_of(f.receiver).tcp.rcv_wscale, 6);
    flow_destroy(&f);
}

/* The calls for urgent data, as a program makes them. */
static void urgent_data_is_told_by_the_poller(void **state) {
    (void)state;
    struct flow_test f = flow_create(&(struct dobos_tcp_config){0});
    struct dobos_event events[8];
    struct dobos_socket *datagrams;
    int64_t value;
    bool told = false;
    while (!f.receiver && pair_step(f.pair, 5 * DOBOS_SECOND))
        (void)dobos_accept(f.listener, &f.receiver, NULL);
    assert_non_null(f.receiver);
    while (dobos_poller_next(dobos_poller_default(f.pair->b.host), events, 8) > 0)
        continue;
    assert_int_equal(dobos_send(f.sender, "and ", 4), 4);
    assert_int_equal(dobos_send_urgent(f.sender, "stop", 4), 4);
    pair_run(f.pair, f.pair->now + DOBOS_SECOND);
    int n = dobos_poller_next(dobos_poller_default(f.pair->b.host), events, 8);
    for (int i = 0; i < n; i++)
        told = told || (events[i].socket == f.receiver && (events[i].ready & DOBOS_URGENT));
    assert_true(told);
    assert_int_equal(dobos_option_read(f.receiver, DOBOS_OPTION_URGENT, &value), 0);
    assert_int_equal(value, 8);
    char bytes[8];
    assert_int_equal(dobos_receive(f.receiver, bytes, 7), 7);
    assert_int_equal(dobos_option_read(f.receiver, DOBOS_OPTION_URGENT, &value), 0);
    assert_int_equal(value, 1);
    assert_int_equal(dobos_receive(f.receiver, bytes, 8), 1);
    assert_int_equal(bytes[0], 'p');
    assert_int_equal(dobos_option_read(f.receiver, DOBOS_OPTION_URGENT, &value), 0);
    assert_int_equal(value, 0);
    assert_int_equal(dobos_socket_ready(f.receiver) & DOBOS_URGENT, 0);
    assert_int_equal(dobos_option_set(f.receiver, DOBOS_OPTION_URGENT, 1), -DOBOS_EOPNOTSUPP);
    assert_int_equal(dobos_socket_create(f.pair->a.host, DOBOS_UDP, NULL, &datagrams), 0);
    assert_int_equal(dobos_send_urgent(datagrams, "x", 1), -DOBOS_EOPNOTSUPP);
    assert_int_equal(dobos_option_read(datagrams, DOBOS_OPTION_URGENT, &value), -DOBOS_EOPNOTSUPP);
    flow_destroy(&f);
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
