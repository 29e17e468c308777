/* Two hosts talk: ICMP echo, UDP with its ICMP errors, and a neighbour that is not there. */
#include "pair.h"

#include "wire/icmp.h"

static struct dobos_endpoint endpoint(uint32_t address, uint16_t port) {
    return (struct dobos_endpoint){.address = dobos_address_ipv4(address), .port = port};
}

static struct dobos_socket *socket_open(struct dobos_host *host, enum dobos_protocol protocol) {
    struct dobos_socket *socket;
    assert_int_equal(dobos_socket_create(host, protocol, NULL, &socket), 0);
    return socket;
}

/* [rfc792#3] [rfc792#14] [rfc1122#38] [rfc1812#76] [rfc1122#40] [rfc1812#81] [rfc1122#41]
 * [rfc1122#93] [rfc1812#79] */
static void echo_request_is_answered(void **state) {
    (void)state;
    struct pair *pair = pair_create(1, &(struct impairments){.delay_ns = DOBOS_MILLISECOND});
    struct dobos_socket *ping = socket_open(pair->a.host, DOBOS_ICMP);
    struct dobos_endpoint to = endpoint(PAIR_B, 0);
    const uint8_t request[] = {0, 7, 'a', 'b', 'c'};
    uint8_t answer[16];
    struct dobos_message message;
    assert_int_equal(dobos_connect(ping, &to), 0);
    assert_int_equal(dobos_send(ping, request, sizeof(request)), sizeof(request));
    assert_int_equal(dobos_receive(ping, answer, sizeof(answer)), -DOBOS_EAGAIN);
    pair_run(pair, DOBOS_SECOND);
    assert_int_equal(dobos_receive_message(ping, answer, sizeof(answer), &message),
                     sizeof(request));
    assert_memory_equal(answer, request, sizeof(request));
    assert_int_equal(message.ttl, 64);
    assert_int_equal(dobos_address_ipv4_number(&message.peer.address), PAIR_B);
    /* ARP there and back, then the echo there and back. */
    assert_int_equal(message.arrived, 4 * DOBOS_MILLISECOND);
    assert_int_equal(pair_counter(pair->b.host, "IcmpOutEchoReps"), 1);
    pair_check_fates(pair->a.host);
    pair_check_fates(pair->b.host);
    dobos_close(ping);
    pair_destroy(pair);
}

static void echo_to_absent_neighbor_is_reported(void **state) {
    (void)state;
    struct pair *pair = pair_create(2, &(struct impairments){0});
    struct dobos_socket *ping = socket_open(pair->a.host, DOBOS_ICMP);
    struct dobos_endpoint to = endpoint(PAIR_GONE, 0);
    const uint8_t request[] = {0, 1, 'x'};
    struct dobos_icmp_report report;
    assert_int_equal(dobos_connect(ping, &to), 0);
    assert_int_equal(dobos_send(ping, request, sizeof(request)), sizeof(request));
    pair_run(pair, 10 * DOBOS_SECOND);
    assert_int_equal(dobos_receive_icmp(ping, &report), 0);
    assert_int_equal(report.type, ICMP_UNREACHABLE);
    assert_int_equal(report.code, ICMP_HOST_UNREACHABLE);
    assert_int_equal(dobos_address_ipv4_number(&report.from), PAIR_A);
    assert_int_equal(report.payload_length >= 2, 1);
    assert_int_equal(report.payload[1], 1);
    assert_int_equal(pair_counter(pair->a.host, "DropOutNeighborFailed"), 1);
    dobos_close(ping);
    pair_destroy(pair);
}

static void echo_to_own_address_loops_back(void **state) {
    (void)state;
    struct pair *pair = pair_create(3, &(struct impairments){0});
    struct dobos_socket *ping = socket_open(pair->a.host, DOBOS_ICMP);
    const uint32_t addresses[] = {PAIR_A, UINT32_C(0x7f000001), UINT32_C(0x7f010203)};
    const uint8_t request[] = {0, 1, 'x'};
    uint8_t answer[16];
    for (size_t i = 0; i < array_length(addresses); i++) {
        struct dobos_endpoint to = endpoint(addresses[i], 0);
        assert_int_equal(dobos_connect(ping, &to), 0);
        assert_int_equal(dobos_send(ping, request, sizeof(request)), sizeof(request));
        pair_run(pair, pair->now + DOBOS_SECOND);
        assert_int_equal(dobos_receive(ping, answer, sizeof(answer)), sizeof(request));
    }
    pair_check_fates(pair->a.host);
    assert_int_equal(pair_counter(pair->b.host, "FramesIn"), 0);
    dobos_close(ping);
    pair_destroy(pair);
}

static void datagram_reaches_bound_socket_and_its_poller(void **state) {
    (void)state;
    struct pair *pair = pair_create(4, &(struct impairments){.delay_ns = DOBOS_MILLISECOND});
    struct dobos_poller *poller;
    struct dobos_socket *server, *client = socket_open(pair->a.host, DOBOS_UDP);
    struct dobos_endpoint at = endpoint(0, 5000), to = endpoint(PAIR_B, 5000);
    struct dobos_event event;
    char text[16];
    assert_int_equal(dobos_poller_create(pair->b.host, &poller), 0);
    assert_int_equal(dobos_socket_create(pair->b.host, DOBOS_UDP, poller, &server), 0);
    dobos_socket_user_set(server, text);
    at = (struct dobos_endpoint){.port = 5000}; /* zero bytes are any address */
    assert_int_equal(dobos_bind(server, &at), 0);
    assert_int_equal(dobos_connect(client, &to), 0);
    assert_int_equal(dobos_receive(server, text, sizeof(text)), -DOBOS_EAGAIN);
    while (dobos_poller_next(poller, &event, 1))
        continue;
    assert_int_equal(dobos_send(client, "hello", 5), 5);
    pair_run(pair, DOBOS_SECOND);
    assert_int_equal(dobos_poller_next(poller, &event, 1), 1);
    assert_ptr_equal(event.user, text);
    assert_true(event.ready & DOBOS_READABLE);
    assert_int_equal(dobos_poller_next(poller, &event, 1), 0);
    assert_int_equal(dobos_receive(server, text, sizeof(text)), 5);
    assert_memory_equal(text, "hello", 5);
    dobos_close(client);
    dobos_close(server);
    dobos_poller_destroy(poller);
    pair_destroy(pair);
}

/* [rfc1122#31] [rfc1122#112] [rfc1122#32] [rfc1122#61] */
static void datagram_to_closed_port_is_refused(void **state) {
    (void)state;
    struct pair *pair = pair_create(5, &(struct impairments){0});
    struct dobos_socket *client = socket_open(pair->a.host, DOBOS_UDP);
    struct dobos_endpoint to = endpoint(PAIR_B, 9999);
    char text[4];
    assert_int_equal(dobos_connect(client, &to), 0);
    assert_int_equal(dobos_send(client, "x", 1), 1);
    pair_run(pair, DOBOS_SECOND);
    assert_true(dobos_socket_ready(client) & DOBOS_ERROR);
    assert_int_equal(dobos_receive(client, text, sizeof(text)), -DOBOS_ECONNREFUSED);
    assert_int_equal(pair_counter(pair->b.host, "DropUdpNoPort"), 1);
    dobos_close(client);
    pair_destroy(pair);
}

/* A datagram of 40,000 bytes goes as fragments and comes whole. [rfc1122#47] */
static void large_datagram_is_fragmented_and_reassembled(void **state) {
    (void)state;
    struct pair *pair = pair_create(6, &(struct impairments){.delay_ns = DOBOS_MILLISECOND});
    struct dobos_socket *server = socket_open(pair->b.host, DOBOS_UDP);
    struct dobos_socket *client = socket_open(pair->a.host, DOBOS_UDP);
    struct dobos_endpoint at = endpoint(0, 5000), to = endpoint(PAIR_B, 5000);
    static uint8_t sent[40000], got[40001];
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(dobos_bind(server, &at), 0);
    assert_int_equal(dobos_connect(client, &to), 0);
    /* The neighbour's queue holds fewer packets than this datagram has fragments: learn it first.
     */
    assert_int_equal(dobos_send(client, "", 0), 0);
    pair_run(pair, DOBOS_SECOND);
    assert_int_equal(dobos_receive(server, got, sizeof(got)), 0);
    assert_int_equal(dobos_send(client, sent, sizeof(sent)), sizeof(sent));
    pair_run(pair, 2 * DOBOS_SECOND);
    assert_int_equal(dobos_receive(server, got, sizeof(got)), sizeof(sent));
    assert_memory_equal(got, sent, sizeof(sent));
    assert_int_equal(pair_counter(pair->b.host, "IpReasmOKs"), 1);
    assert_int_equal(pair_counter(pair->b.host, "FramesAbsorbed"), 27);
    pair_check_fates(pair->b.host);
    dobos_close(client);
    dobos_close(server);
    pair_destroy(pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_request_is_answered),
        cmocka_unit_test(echo_to_absent_neighbor_is_reported),
        cmocka_unit_test(echo_to_own_address_loops_back),
        cmocka_unit_test(datagram_reaches_bound_socket_and_its_poller),
        cmocka_unit_test(datagram_to_closed_port_is_refused),
        cmocka_unit_test(large_datagram_is_fragmented_and_reassembled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
