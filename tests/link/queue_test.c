/* queue: bands and bounds. */
#include "fixture.h"

#include "link/queue.h"

/* Bands of so many frames each. */
static void bands_init(struct egress_queue *queue, enum queue_kind kind, uint32_t limit) {
    const struct egress_queue_config config = {.kind = kind, .limit_packets = limit, .mtu = 1500};
    egress_queue_init(queue, &config);
}

/* Whether there was room for it. */
static bool append(struct egress_queue *queue, struct dobos_packet *packet) {
    egress_queue_append(queue, packet, 0);
    bool had_room = queue->dropped.packets == 0;
    packet_queue_clear(&queue->dropped);
    return had_room;
}

static void bands_follow_delay_and_throughput(void **state) {
    (void)state;
    assert_int_equal(egress_band(0x00), 1);
    assert_int_equal(egress_band(0x10), 0); /* low delay */
    assert_int_equal(egress_band(0x08), 2); /* throughput */
    assert_int_equal(egress_band(0x18), 1);
    assert_int_equal(egress_band(0x02), 1); /* ECN and cost change nothing */
    assert_int_equal(egress_band(0x13), 0);
    assert_int_equal(egress_band(0xb8), 1);
}

static void lower_band_leaves_first_and_each_band_in_order(void **state) {
    (void)state;
    struct fixture fixture;
    struct egress_queue queue;
    static const uint8_t bands[] = {2, 1, 0, 1, 0, 2, 1};
    static const uint8_t order[] = {2, 4, 1, 3, 6, 0, 5};
    fixture_init(&fixture);
    bands_init(&queue, QUEUE_PFIFO_FAST, 10);
    for (uint8_t i = 0; i < sizeof bands; i++) {
        struct dobos_packet *packet = packet_counting(&fixture, i, 10, false);
        packet->band = bands[i];
        assert_true(append(&queue, packet));
    }
    assert_int_equal(egress_queue_packets(&queue), sizeof bands);
    for (size_t i = 0; i < sizeof order; i++) {
        struct dobos_packet *packet = egress_queue_take(&queue, 0);
        assert_int_equal(packet_byte(packet, 0), order[i]);
        dobos_packet_release(packet);
    }
    assert_null(egress_queue_take(&queue, 0));
    fixture_fini(&fixture);
}

static void full_band_drops_the_newcomer_and_no_other_does(void **state) {
    (void)state;
    struct fixture fixture;
    struct egress_queue queue;
    fixture_init(&fixture);
    bands_init(&queue, QUEUE_PFIFO_FAST, 3);
    for (uint8_t i = 0; i < 15; i++) {
        struct dobos_packet *packet = packet_counting(&fixture, i, 10, false);
        packet->band = (uint8_t)(2 - i / 5);
        assert_int_equal(append(&queue, packet), i % 5 < 3);
    }
    assert_int_equal(egress_queue_packets(&queue), 9);
    egress_queue_clear(&queue);
    assert_int_equal(egress_queue_packets(&queue), 0);
    fixture_fini(&fixture);
}

/* [rfc1812#115] */
static void fifo_has_one_band(void **state) {
    (void)state;
    struct fixture fixture;
    struct egress_queue queue;
    fixture_init(&fixture);
    bands_init(&queue, QUEUE_FIFO, 5);
    for (uint8_t i = 0; i < 9; i++) {
        struct dobos_packet *packet = packet_counting(&fixture, i, 10, false);
        packet->band = (uint8_t)((11 - i) % 3);
        assert_int_equal(append(&queue, packet), i < 5);
    }
    for (uint8_t i = 0; i < 5; i++) {
        struct dobos_packet *packet = egress_queue_take(&queue, 0);
        assert_int_equal(packet_byte(packet, 0), i);
        dobos_packet_release(packet);
    }
    assert_null(egress_queue_take(&queue, 0));
    fixture_fini(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bands_follow_delay_and_throughput),
        cmocka_unit_test(lower_band_leaves_first_and_each_band_in_order),
        cmocka_unit_test(fifo_has_one_band),
        cmocka_unit_test(full_band_drops_the_newcomer_and_no_other_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
