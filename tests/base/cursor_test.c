/* cursor: what does not fit fails, stays failed, and touches nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"

static const uint8_t wire[] = {1, 2, 3, 4, 5, 6, 7, 8};

static void reader_reads_in_order_to_the_last_byte(void **state) {
    (void)state;
    struct reader reader = reader_make(wire, sizeof wire);
    assert_int_equal(reader_u8(&reader), 1);
    assert_int_equal(reader_be16(&reader), 0x0203);
    assert_int_equal(reader_be32(&reader), 0x04050607);
    assert_int_equal(reader_rest(&reader), 1);
    assert_true(reader_has(&reader, 1));
    assert_false(reader_has(&reader, 2));
    struct slice slice = reader_slice(&reader, 1);
    assert_ptr_equal(slice.bytes, wire + 7);
    assert_int_equal(slice.length, 1);
    assert_int_equal(reader_rest(&reader), 0);
    assert_false(reader.failed);
}

static void read_past_the_end_gives_zero_and_stays_failed(void **state) {
    (void)state;
    struct reader reader = reader_make(wire, 3);
    assert_int_equal(reader_be32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(reader_u8(&reader), 0);
    assert_int_equal(reader_be16(&reader), 0);
    assert_int_equal(reader_rest(&reader), 0);
    struct slice slice = reader_slice(&reader, 1);
    assert_null(slice.bytes);
    assert_int_equal(slice.length, 0);
    uint8_t copy[2] = {9, 9};
    reader_copy(&reader, copy, sizeof copy);
    assert_int_equal(copy[0], 0);
    assert_int_equal(copy[1], 0);
    assert_true(reader.failed);
}

static void nothing_is_taken_after_a_failure(void **state) {
    (void)state;
    struct reader reader = reader_make((const uint8_t *)"\1", 1);
    assert_int_equal(reader_be16(&reader), 0);
    assert_false(reader_has(&reader, 0));
    assert_null(reader_take(&reader, 0));
    assert_null(reader_slice(&reader, 0).bytes);
}

static void skip_of_more_than_any_length_fails(void **state) {
    (void)state;
    struct reader reader = reader_make(wire, sizeof wire);
    reader_skip(&reader, 2);
    assert_int_equal(reader_u8(&reader), 3);
    reader_skip(&reader, SIZE_MAX);
    assert_true(reader.failed);
}

static void copy_takes_the_bytes(void **state) {
    (void)state;
    struct reader reader = reader_make(wire, sizeof wire);
    uint8_t copy[3];
    reader_copy(&reader, copy, sizeof copy);
    assert_memory_equal(copy, wire, 3);
    assert_int_equal(reader.position, 3);
}

static void writer_writes_in_order_to_the_last_byte(void **state) {
    (void)state;
    uint8_t room[11];
    memset(room, 0xee, sizeof room);
    struct writer writer = writer_make(room, 10);
    writer_u8(&writer, 1);
    writer_be16(&writer, 0x0203);
    writer_be32(&writer, 0x04050607);
    writer_bytes(&writer, wire + 7, 1);
    writer_bytes(&writer, NULL, 0);
    writer_zero(&writer, 2);
    assert_false(writer.failed);
    assert_int_equal(writer.position, 10);
    assert_memory_equal(room, wire, 8);
    assert_int_equal(room[8], 0);
    assert_int_equal(room[9], 0);
    assert_int_equal(room[10], 0xee);
}

static void write_without_room_writes_nothing_ever_after(void **state) {
    (void)state;
    uint8_t room[4];
    memset(room, 0xee, sizeof room);
    struct writer writer = writer_make(room, 3);
    writer_be32(&writer, 0);
    assert_true(writer.failed);
    writer_u8(&writer, 0);
    writer_be16(&writer, 0);
    writer_bytes(&writer, wire, 1);
    writer_zero(&writer, 1);
    assert_null(writer_take(&writer, SIZE_MAX));
    assert_int_equal(writer.position, 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(room[i], 0xee);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reader_reads_in_order_to_the_last_byte),
        cmocka_unit_test(read_past_the_end_gives_zero_and_stays_failed),
        cmocka_unit_test(nothing_is_taken_after_a_failure),
        cmocka_unit_test(skip_of_more_than_any_length_fails),
        cmocka_unit_test(copy_takes_the_bytes),
        cmocka_unit_test(writer_writes_in_order_to_the_last_byte),
        cmocka_unit_test(write_without_room_writes_nothing_ever_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
