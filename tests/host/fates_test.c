/* What a host tells of the packets that reach it: of each numbered one exactly one end, whatever it
 * is; nothing of others; and what there is no room for is counted. */
#include "pair.h"

#include <dobos/fate.h>

#define ROOM 4096

static struct dobos_fate fates[ROOM];

/* Like pair_receive, with numbers for what has none. */
static bool receive_numbered(struct pair *pair, struct cable *cable, struct pair_end *to,
                             uint64_t *numbers) {
    struct dobos_packet *packet = cable_receive(cable, pair->now);
    if (!packet)
        return false;
    if (numbers)
        dobos_packet_number_set(packet, ++*numbers);
    dobos_input(to->host, 2, &packet, 1, pair->now);
    return true;
}

/* Runs for so long; all that reaches b is numbered. */
static void run_numbered(struct pair *pair, dobos_time until, uint64_t *numbers) {
    bool busy = true;
    while (pair->now < until) {
        for (busy = true; busy;) {
            dobos_advance(pair->a.host, pair->now);
            dobos_advance(pair->b.host, pair->now);
            busy = pair_send(pair, &pair->a);
            busy = pair_send(pair, &pair->b) || busy;
            busy = receive_numbered(pair, &pair->a.cable, &pair->b, numbers) || busy;
            busy = receive_numbered(pair, &pair->b.cable, &pair->a, NULL) || busy;
        }
        dobos_time next = min_i64(cable_next(&pair->a.cable), cable_next(&pair->b.cable));
        next = min_i64(next, dobos_next_deadline(pair->a.host));
        next = min_i64(next, dobos_next_deadline(pair->b.host));
        pair->now = min_i64(max_i64(pair->now + 1, next), until);
    }
}

static void send_to(struct pair *pair, uint32_t address, uint16_t port, size_t bytes) {
    static const uint8_t payload[5000];
    struct dobos_socket *socket = NULL;
    const struct dobos_message message = {.peer = {dobos_address_ipv4(address), port, 0}};
    assert_int_equal(dobos_socket_create(pair->a.host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_send_message(socket, payload, bytes, &message), bytes);
    run_numbered(pair, pair->now + 1, NULL); /* it has left, and waits on the cable */
    dobos_close(socket);
}

static struct dobos_socket *listen_at(struct pair *pair, enum dobos_protocol protocol,
                                      uint16_t port) {
    struct dobos_socket *socket = NULL;
    const struct dobos_endpoint local = {dobos_address_ipv4(0), port, 0};
    assert_int_equal(dobos_socket_create(pair->b.host, protocol, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &local), 0);
    if (protocol == DOBOS_TCP)
        assert_int_equal(dobos_listen(socket, 5), 0);
    return socket;
}

static unsigned count(const struct dobos_fate_log *log, enum dobos_fate_kind kind,
                      const char *reason) {
    unsigned found = 0;
    for (uint32_t i = 0; i < log->count; i++)
        found +=
            log->fates[i].kind == kind && (!reason || text_is_equal(log->fates[i].reason, reason));
    return found;
}

static const struct impairments slow = {.delay_ns = DOBOS_MILLISECOND, .limit_packets = 1000};

static void each_numbered_packet_has_one_end(void **state) {
    (void)state;
    struct pair *pair = pair_create(1, &slow);
    struct dobos_fate_log log = {.fates = fates, .room = ROOM};
    uint64_t numbers = 0;
    struct dobos_socket *datagrams = listen_at(pair, DOBOS_UDP, 9);
    struct dobos_socket *listener = listen_at(pair, DOBOS_TCP, 80), *client = NULL;
    dobos_host_explain(pair->b.host, &log);
    send_to(pair, PAIR_B, 9, 100);
    send_to(pair, PAIR_B, 9, 4000);
    send_to(pair, PAIR_B, 10, 100);
    const struct dobos_endpoint peer = {dobos_address_ipv4(PAIR_B), 80, 0};
    assert_int_equal(dobos_socket_create(pair->a.host, DOBOS_TCP, NULL, &client), 0);
    assert_int_equal(dobos_connect(client, &peer), -DOBOS_EINPROGRESS);
    run_numbered(pair, DOBOS_SECOND, &numbers);
    assert_true(numbers > 6);
    assert_int_equal(log.missed, 0);
    for (uint64_t number = 1; number <= numbers; number++) {
        unsigned ends = 0, held = 0;
        for (uint32_t i = 0; i < log.count; i++) {
            assert_ptr_equal(fates[i].host, pair->b.host);
            assert_int_equal(fates[i].arrived, 2);
            const bool is_it = fates[i].number == number;
            held += is_it && fates[i].kind == DOBOS_FATE_HELD;
            ends += is_it && fates[i].kind != DOBOS_FATE_HELD;
        }
        assert_true(ends == 1 || (ends == 0 && held == 1));
    }
    assert_int_equal(log.count, numbers + 1); /* the first fragment was held, then delivered */
    assert_int_equal(count(&log, DOBOS_FATE_DROPPED, "DropUdpNoPort"), 1);
    assert_int_equal(count(&log, DOBOS_FATE_HELD, NULL), 3); /* each of the three has its number */
    dobos_close(client);
    dobos_close(listener);
    dobos_close(datagrams);
    pair_destroy(pair);
}

static void error_that_was_sent_is_told(void **state) {
    (void)state;
    struct pair *pair = pair_create(1, &slow);
    struct dobos_fate_log log = {.fates = fates, .room = ROOM};
    uint64_t numbers = 0;
    dobos_host_explain(pair->b.host, &log);
    send_to(pair, PAIR_B, 10, 100);
    run_numbered(pair, DOBOS_SECOND, &numbers);
    const struct dobos_fate *last = &fates[log.count - 1];
    assert_int_equal(last->kind, DOBOS_FATE_DROPPED);
    assert_string_equal(last->text, "no socket at that UDP port");
    assert_true(last->has_error);
    assert_int_equal(last->error_type, 3);
    assert_int_equal(last->error_code, 3);
    pair_destroy(pair);
}

static void nothing_is_told_of_what_has_no_number(void **state) {
    (void)state;
    struct pair *pair = pair_create(1, &slow);
    struct dobos_fate_log log = {.fates = fates, .room = ROOM};
    dobos_host_explain(pair->b.host, &log);
    send_to(pair, PAIR_B, 10, 100);
    run_numbered(pair, DOBOS_SECOND, NULL);
    assert_int_equal(log.count, 0);
    pair_destroy(pair);
}

static void log_without_room_counts_what_it_missed(void **state) {
    (void)state;
    struct pair *pair = pair_create(1, &slow);
    struct dobos_fate_log log = {.fates = fates, .room = 1};
    uint64_t numbers = 0;
    dobos_host_explain(pair->b.host, &log);
    send_to(pair, PAIR_B, 10, 100);
    send_to(pair, PAIR_B, 10, 100);
    run_numbered(pair, DOBOS_SECOND, &numbers);
    assert_int_equal(log.count, 1);
    assert_int_equal(log.missed, numbers - 1);
    log.count = 0;
    dobos_host_explain(pair->b.host, NULL);
    send_to(pair, PAIR_B, 10, 100);
    run_numbered(pair, 2 * DOBOS_SECOND, &numbers);
    assert_int_equal(log.count, 0);
    pair_destroy(pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_numbered_packet_has_one_end),
        cmocka_unit_test(error_that_was_sent_is_told),
        cmocka_unit_test(nothing_is_told_of_what_has_no_number),
        cmocka_unit_test(log_without_room_counts_what_it_missed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
