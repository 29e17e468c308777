/* bridge: where frames go. */
#include "fixture.h"

#include "link/bridge.h"
#include "wire/ethernet.h"

struct yard {
    struct fixture fixture;
    struct bridge bridge;
};

static int setup(void **state) {
    struct yard *y = calloc(1, sizeof *y);
    fixture_init(&y->fixture);
    bridge_init(&y->bridge, pool_allocator(y->fixture.pool), &y->fixture.key);
    *state = y;
    return 0;
}

static int teardown(void **state) {
    struct yard *y = *state;
    bridge_fini(&y->bridge);
    assert_int_equal(y->bridge.count, 0);
    fixture_fini(&y->fixture);
    free(y);
    return 0;
}

#define NOWHERE (UINT32_MAX - 1) /* the bridge says: drop it */

/* Where a frame goes that came in at `port`. */
static uint32_t forward(struct yard *y, struct dobos_mac from, struct dobos_mac to, uint32_t port,
                        dobos_time now) {
    uint8_t bytes[60] = {0};
    uint32_t out = NOWHERE;
    memcpy(bytes, to.bytes, 6);
    memcpy(bytes + 6, from.bytes, 6);
    struct dobos_packet *packet =
        dobos_packet_from_bytes(y->fixture.pool, bytes, sizeof bytes, NULL);
    bool good = bridge_forward(&y->bridge, packet, port, now, &out);
    dobos_packet_release(packet);
    return good ? out : NOWHERE;
}

static void unknown_destination_is_flooded_and_then_known(void **state) {
    struct yard *y = *state;
    assert_int_equal(forward(y, mac_make(1), mac_make(2), 10, 0), BRIDGE_FLOOD);
    assert_int_equal(forward(y, mac_make(2), mac_make(1), 20, 0), 10);
    assert_int_equal(forward(y, mac_make(1), mac_make(2), 10, 0), 20);
}

static void group_destination_is_always_flooded(void **state) {
    struct yard *y = *state;
    struct dobos_mac group = {{1, 0, 0x5e, 0, 0, 1}};
    forward(y, mac_make(1), MAC_BROADCAST, 10, 0);
    assert_int_equal(forward(y, mac_make(1), MAC_BROADCAST, 10, 0), BRIDGE_FLOOD);
    assert_int_equal(forward(y, mac_make(1), group, 10, 0), BRIDGE_FLOOD);
}

static void destination_behind_the_same_port_is_said_so(void **state) {
    struct yard *y = *state;
    forward(y, mac_make(1), mac_make(9), 10, 0);
    assert_int_equal(forward(y, mac_make(2), mac_make(1), 10, 0), 10);
}

static void station_that_moves_is_found_at_its_new_port(void **state) {
    struct yard *y = *state;
    forward(y, mac_make(1), mac_make(9), 10, 0);
    forward(y, mac_make(1), mac_make(9), 30, 1);
    assert_int_equal(forward(y, mac_make(2), mac_make(1), 20, 2), 30);
    assert_int_equal(y->bridge.count, 2);
}

static void silent_station_is_forgotten_after_five_minutes(void **state) {
    struct yard *y = *state;
    forward(y, mac_make(1), mac_make(9), 10, 0);
    assert_int_equal(forward(y, mac_make(2), mac_make(1), 20, BRIDGE_AGE_NS - 1), 10);
    assert_int_equal(forward(y, mac_make(2), mac_make(1), 20, BRIDGE_AGE_NS), BRIDGE_FLOOD);
    forward(y, mac_make(3), mac_make(9), 20,
            BRIDGE_AGE_NS); /* who comes clears away who has gone */
    assert_int_equal(y->bridge.count, 2);
}

static void group_and_zero_sources_are_refused(void **state) {
    struct yard *y = *state;
    assert_int_equal(forward(y, MAC_BROADCAST, mac_make(1), 10, 0), NOWHERE);
    assert_int_equal(forward(y, (struct dobos_mac){{0}}, mac_make(1), 10, 0), NOWHERE);
    assert_int_equal(y->bridge.count, 0);
}

static void short_frame_is_refused(void **state) {
    struct yard *y = *state;
    for (size_t length = 1; length < 14; length++) {
        struct dobos_packet *packet = packet_counting(&y->fixture, 2, length, false);
        uint32_t to;
        assert_false(bridge_forward(&y->bridge, packet, 1, 0, &to));
        dobos_packet_release(packet);
    }
}

static void full_table_forgets_the_longest_silent(void **state) {
    struct yard *y = *state;
    for (uint32_t i = 0; i < BRIDGE_STATIONS; i++)
        forward(y, mac_make(i + 1), MAC_BROADCAST, i % 7, (dobos_time)i);
    forward(y, mac_make(1), MAC_BROADCAST, 8,
            BRIDGE_STATIONS); /* the first speaks again, so the second is the oldest */
    assert_int_equal(y->bridge.count, BRIDGE_STATIONS);
    forward(y, mac_make(BRIDGE_STATIONS + 1), MAC_BROADCAST, 9, BRIDGE_STATIONS + 1);
    assert_int_equal(y->bridge.count, BRIDGE_STATIONS);
    assert_int_equal(forward(y, mac_make(3), mac_make(1), 1, BRIDGE_STATIONS + 2), 8);
    assert_int_equal(forward(y, mac_make(3), mac_make(2), 1, BRIDGE_STATIONS + 2), BRIDGE_FLOOD);
    assert_int_equal(forward(y, mac_make(3), mac_make(4), 1, BRIDGE_STATIONS + 2), 3);
}

static void port_that_goes_takes_its_stations_along(void **state) {
    struct yard *y = *state;
    for (uint32_t i = 1; i <= 9; i++)
        forward(y, mac_make(i), MAC_BROADCAST, i % 3, 0);
    bridge_forget(&y->bridge, 1);
    assert_int_equal(y->bridge.count, 6);
    assert_int_equal(forward(y, mac_make(2), mac_make(4), 2, 0), BRIDGE_FLOOD);
    assert_int_equal(forward(y, mac_make(2), mac_make(3), 2, 0), 0);
}

static void without_memory_frames_are_flooded(void **state) {
    struct yard *y = *state;
    for (uint64_t n = 0; n < 3; n++) {
        uint8_t bytes[60] = {0};
        uint32_t to;
        memcpy(bytes, mac_make(7).bytes, 6);
        memcpy(bytes + 6, mac_make(100 + (uint32_t)n).bytes, 6);
        struct dobos_packet *packet =
            dobos_packet_from_bytes(y->fixture.pool, bytes, sizeof bytes, NULL);
        y->fixture.countdown = n;
        assert_true(bridge_forward(&y->bridge, packet, 1, 0, &to));
        assert_int_equal(to, BRIDGE_FLOOD);
        y->fixture.countdown = UINT64_MAX;
        dobos_packet_release(packet);
    }
}

#define YARD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        YARD_TEST(unknown_destination_is_flooded_and_then_known),
        YARD_TEST(group_destination_is_always_flooded),
        YARD_TEST(destination_behind_the_same_port_is_said_so),
        YARD_TEST(station_that_moves_is_found_at_its_new_port),
        YARD_TEST(silent_station_is_forgotten_after_five_minutes),
        YARD_TEST(group_and_zero_sources_are_refused),
        YARD_TEST(short_frame_is_refused),
        YARD_TEST(full_table_forgets_the_longest_silent),
        YARD_TEST(port_that_goes_takes_its_stations_along),
        YARD_TEST(without_memory_frames_are_flooded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
