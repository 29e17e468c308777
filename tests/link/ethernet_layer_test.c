/* ethernet_layer: which frames a station takes, and the frames it makes. */
#include "fixture.h"

#include "link/ethernet_layer.h"

static const struct dobos_mac STATION = {{2, 0, 0, 0, 0, 1}};
static const struct dobos_mac SENDER = {{2, 0, 0, 0, 0, 9}};

struct frame {
    struct fixture fixture;
    struct dobos_packet *packet;
    struct ethernet ethernet;
    enum drop_reason reason;
};

static int setup(void **state) {
    struct frame *f = calloc(1, sizeof *f);
    fixture_init(&f->fixture);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct frame *f = *state;
    dobos_packet_release(f->packet);
    fixture_fini(&f->fixture);
    free(f);
    return 0;
}

/* A frame of `length` bytes arrives whose third word is `word`, with `more` behind it. */
static enum verdict arrive(struct frame *f, const struct dobos_mac *to,
                           const struct dobos_mac *from, uint16_t word, const void *more,
                           size_t more_length, size_t length) {
    uint8_t bytes[1600] = {0};
    memcpy(bytes, to->bytes, 6);
    memcpy(bytes + 6, from->bytes, 6);
    store_be16(bytes + 12, word);
    if (more_length)
        memcpy(bytes + 14, more, more_length);
    dobos_packet_release(f->packet);
    f->packet = dobos_packet_from_bytes(f->fixture.pool, bytes, length, NULL);
    assert_non_null(f->packet);
    return ethernet_receive(f->packet, &STATION, &f->ethernet, &f->reason);
}

/* [rfc894#1] [rfc894#3] [rfc1122#5] */
static void frame_to_the_station_is_taken(void **state) {
    struct frame *f = *state;
    assert_int_equal(arrive(f, &STATION, &SENDER, 0x0800, NULL, 0, 1514), VERDICT_DELIVER);
    assert_int_equal(f->packet->network_offset, 14);
    assert_int_equal(f->packet->length, 1514);
    assert_int_equal(f->ethernet.type, ETHER_TYPE_IPV4);
    assert_false(f->packet->link_broadcast);
    assert_int_equal(arrive(f, &STATION, &SENDER, 0x0806, NULL, 0, 60), VERDICT_DELIVER);
    assert_int_equal(f->ethernet.type, ETHER_TYPE_ARP);
}

static void frame_to_all_is_taken_and_marked(void **state) {
    struct frame *f = *state;
    static const struct dobos_mac group = {{1, 0, 0x5e, 0, 0, 1}};
    assert_int_equal(arrive(f, &MAC_BROADCAST, &SENDER, 0x0800, NULL, 0, 60), VERDICT_DELIVER);
    assert_true(f->packet->link_broadcast);
    assert_int_equal(arrive(f, &group, &SENDER, 0x0800, NULL, 0, 60), VERDICT_DELIVER);
    assert_true(f->packet->link_broadcast);
}

static void frame_to_another_station_is_dropped(void **state) {
    struct frame *f = *state;
    assert_int_equal(arrive(f, &SENDER, &SENDER, 0x0800, NULL, 0, 60), VERDICT_DROP);
    assert_int_equal(f->reason, DROP_FRAME_NOT_FOR_US);
}

static void frame_from_a_group_or_nobody_is_dropped(void **state) {
    struct frame *f = *state;
    static const struct dobos_mac nobody = {{0}};
    assert_int_equal(arrive(f, &STATION, &MAC_BROADCAST, 0x0800, NULL, 0, 60), VERDICT_DROP);
    assert_int_equal(f->reason, DROP_FRAME_SOURCE);
    assert_int_equal(arrive(f, &STATION, &nobody, 0x0800, NULL, 0, 60), VERDICT_DROP);
    assert_int_equal(f->reason, DROP_FRAME_SOURCE);
}

/* [attack:A2] */
static void frame_shorter_than_its_header_is_dropped(void **state) {
    struct frame *f = *state;
    for (size_t length = 1; length < 14; length++) {
        assert_int_equal(arrive(f, &STATION, &SENDER, 0x0800, NULL, 0, length), VERDICT_DROP);
        assert_int_equal(f->reason, DROP_FRAME_SHORT);
    }
    assert_int_equal(arrive(f, &STATION, &SENDER, 0x0800, NULL, 0, 14), VERDICT_DELIVER);
}

/* [attack:A3] */
static void unknown_types_are_dropped(void **state) {
    struct frame *f = *state;
    static const uint16_t types[] = {0x88f8, 0x8035, 0x86dd, 0x8100, 0x9000};
    for (size_t i = 0; i < array_length(types); i++) {
        assert_int_equal(arrive(f, &STATION, &SENDER, types[i], NULL, 0, 20), VERDICT_DROP);
        assert_int_equal(f->reason, DROP_ETHERTYPE);
    }
}

/* [rfc1122#6] */
static void snap_frame_is_taken_without_its_padding(void **state) {
    struct frame *f = *state;
    static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00, 0x45};
    assert_int_equal(arrive(f, &STATION, &SENDER, 8 + 20, snap, sizeof snap, 60), VERDICT_DELIVER);
    assert_int_equal(f->ethernet.type, ETHER_TYPE_IPV4);
    assert_int_equal(f->packet->network_offset, 22);
    assert_int_equal(f->packet->length, 22 + 20);
    assert_int_equal(packet_byte(f->packet, f->packet->network_offset), 0x45);
}

/* [attack:A2]: the length field says more than there is, at every length */
static void snap_frame_that_is_shorter_than_it_says_is_dropped(void **state) {
    struct frame *f = *state;
    static const uint8_t snap[] = {0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00};
    for (uint16_t said = 9; said < 200; said++) {
        enum verdict verdict = arrive(f, &STATION, &SENDER, said, snap, sizeof snap, 100);
        assert_int_equal(verdict, said + 14 <= 100 ? VERDICT_DELIVER : VERDICT_DROP);
    }
}

static void frame_with_a_length_and_no_snap_is_dropped(void **state) {
    struct frame *f = *state;
    static const uint8_t llc[] = {0x42, 0x42, 3};
    assert_int_equal(arrive(f, &STATION, &SENDER, 38, llc, sizeof llc, 60), VERDICT_DROP);
    assert_int_equal(f->reason, DROP_ETHERTYPE);
}

/* A packet of `length` bytes, 0xff all, gets its frame. */
static void transmit(struct frame *f, size_t headroom, size_t length, size_t sliced) {
    uint8_t bytes[100];
    memset(bytes, 0xff, sizeof bytes);
    dobos_packet_release(f->packet);
    f->packet = packet_create(f->fixture.pool, headroom);
    assert_non_null(f->packet);
    uint8_t *header = packet_append(f->packet, length - sliced);
    if (header)
        memcpy(header, bytes, length - sliced);
    else
        memcpy(packet_prepend(f->packet, length - sliced), bytes, length - sliced);
    if (sliced)
        assert_true(packet_append_bytes(f->packet, bytes, sliced));
    assert_true(ethernet_transmit(f->packet, &SENDER, &STATION, ETHER_TYPE_IPV4));
}

/* [attack:A9] [rfc894#2]: whatever shape the packet has, what is added is zero */
static void short_frames_are_filled_up_with_zeros(void **state) {
    struct frame *f = *state;
    for (size_t length = 1; length <= 60; length++) {
        for (unsigned shape = 0; shape < 3; shape++) {
            transmit(f, shape == 1 ? PACKET_HEADER_ROOM : 64, length,
                     shape == 2 ? length - length / 2 : 0);
            assert_int_equal(f->packet->length, length + 14 < 60 ? 60 : length + 14);
            assert_int_equal(packet_byte(f->packet, 0), SENDER.bytes[0]);
            assert_int_equal(packet_byte(f->packet, 11), STATION.bytes[5]);
            assert_int_equal(packet_be16(f->packet, 12), ETHER_TYPE_IPV4);
            for (size_t i = 14; i < f->packet->length; i++)
                assert_int_equal(packet_byte(f->packet, i), i < length + 14 ? 0xff : 0);
        }
    }
}

static void packet_without_headroom_gets_no_frame(void **state) {
    struct frame *f = *state;
    f->packet = packet_create(f->fixture.pool, 13);
    assert_false(ethernet_transmit(f->packet, &SENDER, &STATION, ETHER_TYPE_IPV4));
}

#define FRAME_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        FRAME_TEST(frame_to_the_station_is_taken),
        FRAME_TEST(frame_to_all_is_taken_and_marked),
        FRAME_TEST(frame_to_another_station_is_dropped),
        FRAME_TEST(frame_from_a_group_or_nobody_is_dropped),
        FRAME_TEST(frame_shorter_than_its_header_is_dropped),
        FRAME_TEST(unknown_types_are_dropped),
        FRAME_TEST(snap_frame_is_taken_without_its_padding),
        FRAME_TEST(snap_frame_that_is_shorter_than_it_says_is_dropped),
        FRAME_TEST(frame_with_a_length_and_no_snap_is_dropped),
        FRAME_TEST(short_frames_are_filled_up_with_zeros),
        FRAME_TEST(packet_without_headroom_gets_no_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
