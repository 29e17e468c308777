/* queue: packets come out as they went in, and are counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pool_fixture.h"

static void packets_come_out_in_order_and_are_counted(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct packet_queue queue;
    packet_queue_init(&queue);
    assert_null(packet_queue_first(&queue));
    assert_null(packet_queue_take(&queue));
    static uint8_t bytes[100];
    struct dobos_packet *packets[3];
    for (size_t i = 0; i < 3; i++) {
        packets[i] = dobos_packet_from_bytes(fixture.pool, bytes, 10 * (i + 1), NULL);
        packet_queue_append(&queue, packets[i]);
    }
    assert_int_equal(queue.packets, 3);
    assert_int_equal(queue.bytes, 60);
    assert_ptr_equal(packet_queue_first(&queue), packets[0]);
    assert_int_equal(queue.packets, 3);
    assert_ptr_equal(packet_queue_take(&queue), packets[0]);
    assert_int_equal(queue.packets, 2);
    assert_int_equal(queue.bytes, 50);
    assert_ptr_equal(packet_queue_take(&queue), packets[1]);
    packet_queue_append(&queue, packets[0]);
    assert_ptr_equal(packet_queue_take(&queue), packets[2]);
    assert_ptr_equal(packet_queue_take(&queue), packets[0]);
    assert_int_equal(queue.packets, 0);
    assert_int_equal(queue.bytes, 0);
    for (size_t i = 0; i < 3; i++)
        dobos_packet_release(packets[i]);
    pool_fixture_end(&fixture);
}

static void clear_releases_all(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct packet_queue queue;
    packet_queue_init(&queue);
    for (int i = 0; i < 5; i++)
        packet_queue_append(&queue, dobos_packet_from_bytes(fixture.pool, "dobos", 5, NULL));
    packet_queue_clear(&queue);
    assert_int_equal(queue.packets, 0);
    assert_int_equal(queue.bytes, 0);
    assert_null(packet_queue_first(&queue));
    packet_queue_clear(&queue);
    pool_fixture_end(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_come_out_in_order_and_are_counted),
        cmocka_unit_test(clear_releases_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
