/* The egress queues of interfaces: what is told of them, and that every frame has one fate. */
#include "station.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OWN  UINT32_C(0x0a000001)
#define PEER UINT32_C(0x0a000002)

static const struct dobos_mac peer_mac = {{2, 0, 0, 0, 0, 0x77}};

static int add(struct station *s, const char *name, enum dobos_queue queue, uint32_t packets) {
    struct dobos_interface_config config = {.size = sizeof(config),
                                            .mac = {{2, 7, 7, 7, 7, (uint8_t)name[0]}},
                                            .queue = queue,
                                            .queue_packets = packets};
    memcpy(config.name, name, strlen(name) + 1);
    return dobos_interface_add(s->host, &config);
}

static void interfaces_tell_how_frames_wait(void **state) {
    static const struct {
        const char *name;       /* of the interface */
        enum dobos_queue queue; /* asked for */
        uint32_t packets;       /* limit asked for */
        const char *told;       /* discipline */
        uint32_t limit;         /* told */
    } rows[] = {
        {"a", DOBOS_QUEUE_PFIFO_FAST, 0, "pfifo_fast", 1000},
        {"b", DOBOS_QUEUE_FIFO, 0, "fifo", 1000},
        {"c", DOBOS_QUEUE_FQ_CODEL, 0, "fq_codel", 10240},
        {"d", DOBOS_QUEUE_FQ_CODEL, 77, "fq_codel", 77},
    };
    struct station *s = *state;
    struct dobos_interface_info info;
    for (size_t i = 0; i < array_length(rows); i++) {
        int index = add(s, rows[i].name, rows[i].queue, rows[i].packets);
        assert_true(index > 0);
        assert_int_equal(dobos_interface_read(s->host, (uint32_t)index, &info), 0);
        assert_string_equal(info.queue, rows[i].told);
        assert_int_equal(info.queue_packets, rows[i].limit);
    }
    assert_int_equal(add(s, "e", (enum dobos_queue)3, 0), -DOBOS_EINVAL);
}

/* Sends two datagrams a millisecond into a port that takes one, for two seconds. */
static void overload(struct station *s, uint32_t interface, uint8_t tos, unsigned *taken,
                     unsigned *marked) {
    static const uint8_t data[1000];
    struct dobos_socket *udp = station_udp_socket(s, 5000);
    const struct dobos_message message = {
        .peer = endpoint(PEER, 9), .link = peer_mac, .has_link = true, .tos = tos};
    *taken = *marked = 0;
    for (unsigned ms = 0; ms < 2000; ms++) {
        struct dobos_packet *packet;
        uint8_t byte = 0;
        s->now += DOBOS_MILLISECOND;
        for (unsigned i = 0; i < 2; i++)
            assert_int_equal(dobos_send_message(udp, data, sizeof(data), &message), sizeof(data));
        dobos_advance(s->host, s->now);
        if (dobos_output(s->host, interface, &packet, 1, s->now) == 0)
            continue;
        assert_int_equal(dobos_packet_read(packet, 15, &byte, 1), 1);
        *marked += (byte & 3) == 3;
        ++*taken;
        dobos_packet_release(packet);
    }
    dobos_close(udp);
}

static unsigned waiting(struct station *s, uint32_t interface) {
    struct dobos_packet *packets[64];
    unsigned count = 0, n;
    while ((n = dobos_output(s->host, interface, packets, 64, s->now)) > 0) {
        for (unsigned i = 0; i < n; i++)
            dobos_packet_release(packets[i]);
        count += n;
    }
    return count;
}

/* [rfc8290#5] */
static void every_frame_is_sent_dropped_with_a_reason_or_waits(void **state) {
    struct station *s = *state;
    for (unsigned i = 0; i < 6; i++) {
        unsigned taken, marked;
        const char name[] = {(char)('p' + i), 0};
        enum dobos_queue queue = (enum dobos_queue)(i % 3);
        int index = add(s, name, queue, i % 3 == 2 ? 0 : 100);
        uint32_t address = OWN;
        uint64_t full = station_counter(s, "DropOutEgressQueue"),
                 late = station_counter(s, "DropOutCodel"),
                 marks = station_counter(s, "EgressMarks");
        station_add_address(s, (uint32_t)index, address, 24);
        overload(s, (uint32_t)index, i < 3 ? 0 : 2, &taken, &marked);
        full = station_counter(s, "DropOutEgressQueue") - full;
        late = station_counter(s, "DropOutCodel") - late;
        marks = station_counter(s, "EgressMarks") - marks;
        uint64_t before = station_counter(s, "DropOutCodel");
        unsigned rest = waiting(s, (uint32_t)index);
        rest += (unsigned)(station_counter(s, "DropOutCodel") - before);
        assert_int_equal(taken + full + late + rest, 4000);
        assert_int_equal(marks, marked);
        if (queue != DOBOS_QUEUE_FQ_CODEL)
            assert_true(late == 0 && marks == 0 && full > 1500);
        else if (i < 3)
            assert_true(late > 20 && marks == 0 && full == 0);
        else
            assert_true(late == 0 && marks > 20 && full == 0);
        const struct dobos_address own = dobos_address_ipv4(address);
        assert_int_equal(dobos_address_remove(s->host, (uint32_t)index, &own), 0);
    }
}

static void link_that_goes_down_takes_along_what_waits(void **state) {
    struct station *s = *state;
    unsigned taken, marked;
    int index = add(s, "q", DOBOS_QUEUE_FQ_CODEL, 0);
    station_add_address(s, (uint32_t)index, OWN, 24);
    overload(s, (uint32_t)index, 0, &taken, &marked);
    uint64_t late = station_counter(s, "DropOutCodel");
    assert_int_equal(dobos_interface_carrier_set(s->host, (uint32_t)index, false), 0);
    assert_int_equal(station_counter(s, "DropOutNoCarrier"), 4000 - taken - late);
    assert_int_equal(dobos_interface_carrier_set(s->host, (uint32_t)index, true), 0);
    assert_int_equal(waiting(s, (uint32_t)index), 0);
    overload(s, (uint32_t)index, 0, &taken, &marked); /* and it goes on */
    assert_true(taken > 1900);
}

/* A connection is begun while a thousand datagrams wait: with fq_codel it does not wait for them.
 */
static void who_begins_does_not_wait_behind_a_flood(void **state) {
    static const uint8_t data[1000];
    struct station *s = *state;
    int index = add(s, "q", DOBOS_QUEUE_FQ_CODEL, 0);
    station_add_address(s, (uint32_t)index, OWN, 24);
    struct dobos_socket *udp = station_udp_socket(s, 5000);
    const struct dobos_message message = {
        .peer = endpoint(PEER, 9), .link = peer_mac, .has_link = true};
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(dobos_send_message(udp, data, sizeof(data), &message), sizeof(data));
        dobos_advance(s->host, s->now);
    }
    struct dobos_packet *packet;
    assert_int_equal(dobos_output(s->host, (uint32_t)index, &packet, 1, s->now), 1);
    dobos_packet_release(packet);
    const struct dobos_endpoint peer = endpoint(PEER, 80);
    struct dobos_socket *tcp = NULL;
    assert_int_equal(dobos_socket_create(s->host, DOBOS_TCP, NULL, &tcp), 0);
    assert_int_equal(dobos_connect(tcp, &peer), -DOBOS_EINPROGRESS);
    bool is_there = false; /* the ARP request for the peer, for whose sake it is asked */
    for (unsigned i = 0; i < 4 && !is_there; i++) {
        uint8_t type[2];
        assert_int_equal(dobos_output(s->host, (uint32_t)index, &packet, 1, s->now), 1);
        assert_int_equal(dobos_packet_read(packet, 12, type, 2), 2);
        is_there = type[0] == 0x08 && type[1] == 0x06;
        dobos_packet_release(packet);
    }
    assert_true(is_there);
    assert_int_equal(waiting(s, (uint32_t)index) > 900, true);
    dobos_abort(tcp);
    dobos_close(udp);
}

/* What waits in TCP's own queue is not lost in a short one behind it. */
static void a_short_queue_loses_nothing_of_a_connection(void **state) {
    static const uint8_t data[14600]; /* TCP's first window */
    struct station *s = *state;
    struct peer peer = {0};
    int index = add(s, "q", DOBOS_QUEUE_FIFO, 4);
    station_add_address(s, (uint32_t)index, OWN, 24);
    station_add_route(s, PEER_ADDRESS, 32, PEER);
    struct dobos_socket *socket = peer_established(&peer, s, 1234);
    assert_int_equal(dobos_send(socket, data, sizeof(data)), sizeof(data));
    station_collect(s);
    assert_int_equal(station_counter(s, "DropOutEgressQueue"), 0);
    assert_int_equal(peer_drain(&peer), sizeof(data));
    dobos_abort(socket);
}

int main(void) {
#define AT_HOST(test) cmocka_unit_test_setup_teardown(test, station_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_HOST(interfaces_tell_how_frames_wait),
        AT_HOST(every_frame_is_sent_dropped_with_a_reason_or_waits),
        AT_HOST(a_short_queue_loses_nothing_of_a_connection),
        AT_HOST(who_begins_does_not_wait_behind_a_flood),
        AT_HOST(link_that_goes_down_takes_along_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
