/* packet_bytes: frames of every size, writing to what is shared, checksums left to do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pool_fixture.h"

static void frame_of_every_size_keeps_its_bytes(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    static uint8_t bytes[DOBOS_PACKET_MAX_BYTES];
    static uint8_t copy[DOBOS_PACKET_MAX_BYTES];
    pattern_fill(bytes, sizeof bytes);
    for (size_t length = 1; length <= sizeof bytes; length += 1 + length / 300) {
        struct dobos_packet *packet = dobos_packet_from_bytes(fixture.pool, bytes, length, NULL);
        assert_non_null(packet);
        assert_int_equal(dobos_packet_length(packet), length);
        assert_int_equal(dobos_packet_read(packet, 0, copy, sizeof copy), length);
        assert_memory_equal(copy, bytes, length);
        assert_true(packet->slice_count <= 1);
        assert_non_null(packet_prepend(packet, 40));
        dobos_packet_release(packet);
    }
    pool_fixture_end(&fixture);
}

static void frame_of_impossible_size_is_refused(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    static uint8_t bytes[DOBOS_PACKET_MAX_BYTES + 1];
    assert_null(dobos_packet_from_bytes(fixture.pool, bytes, 0, NULL));
    assert_null(dobos_packet_from_bytes(fixture.pool, bytes, sizeof bytes, NULL));
    pool_fixture_end(&fixture);
}

static void small_frame_costs_no_buffer(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    uint8_t bytes[201] = {0};
    struct dobos_packet *small = dobos_packet_from_bytes(fixture.pool, bytes, 200, NULL);
    struct dobos_packet *larger = dobos_packet_from_bytes(fixture.pool, bytes, 201, NULL);
    assert_int_equal(packet_cost(small), sizeof *small);
    assert_true(packet_cost(larger) >= sizeof *larger + sizeof(struct buffer) + 105);
    dobos_packet_release(small);
    dobos_packet_release(larger);
    pool_fixture_end(&fixture);
}

static void blank_packet_is_filled_in_place_and_as_cheap_as_any(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    static uint8_t bytes[DOBOS_PACKET_MAX_BYTES];
    static uint8_t copy[DOBOS_PACKET_MAX_BYTES];
    const struct dobos_offload offload = {.flags = DOBOS_OFFLOAD_DATA_VALID, .gso_bytes = 7};
    pattern_fill(bytes, sizeof bytes);
    for (size_t length = 1; length <= sizeof bytes; length += 1 + length / 300) {
        struct dobos_room rooms[2];
        struct dobos_packet *packet = dobos_packet_blank(fixture.pool, rooms);
        assert_non_null(packet);
        assert_true(rooms[0].length + rooms[1].length >= sizeof bytes);
        memset((uint8_t *)rooms[0].bytes - 16, 0xaa, 16);
        size_t first = length < rooms[0].length ? length : rooms[0].length;
        memcpy(rooms[0].bytes, bytes, first);
        memcpy(rooms[1].bytes, bytes + first, length - first);
        assert_true(dobos_packet_fill(packet, length, &offload));
        assert_int_equal(dobos_packet_length(packet), length);
        assert_int_equal(dobos_packet_read(packet, 0, copy, sizeof copy), length);
        assert_memory_equal(copy, bytes, length);
        assert_int_equal(dobos_packet_offload(packet)->gso_bytes, 7);
        assert_true(packet_cost(packet) <=
                    sizeof *packet + PACKET_WASTE * length + sizeof(struct buffer) + 512);
        assert_non_null(packet_prepend(packet, 40));
        dobos_packet_release(packet);
    }
    pool_fixture_end(&fixture);
}

static void blank_packet_filled_with_an_impossible_size_is_refused(void **state) {
    (void)state;
    struct pool_fixture fixture;
    struct dobos_room rooms[2];
    pool_fixture_begin(&fixture, 0);
    const size_t lengths[] = {0, DOBOS_PACKET_MAX_BYTES + 1, SIZE_MAX};
    for (size_t i = 0; i < array_length(lengths); i++) {
        struct dobos_packet *packet = dobos_packet_blank(fixture.pool, rooms);
        assert_false(dobos_packet_fill(packet, lengths[i], NULL));
        dobos_packet_release(packet);
    }
    pool_fixture_end(&fixture);
}

static void blank_packet_without_memory_is_none(void **state) {
    (void)state;
    struct dobos_room rooms[2];
    for (uint64_t call = 1; call <= 2; call++) {
        struct pool_fixture fixture;
        pool_fixture_begin(&fixture, 0);
        fixture.memory.calls = 0;
        fixture.memory.fail_at = call;
        fixture.memory.fail_more = 1; /* the pool asks again when it has given up what it kept */
        assert_null(dobos_packet_blank(fixture.pool, rooms));
        pool_fixture_end(&fixture);
    }
}

static void offload_is_copied_with_the_frame(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct dobos_offload offload = {.flags = DOBOS_OFFLOAD_DATA_VALID, .gso_bytes = 7};
    struct dobos_packet *packet = dobos_packet_from_bytes(fixture.pool, "dobos", 5, &offload);
    assert_memory_equal(dobos_packet_offload(packet), &offload, sizeof offload);
    struct dobos_packet *clone = dobos_packet_clone(packet);
    assert_memory_equal(dobos_packet_offload(clone), &offload, sizeof offload);
    dobos_packet_release(packet);
    dobos_packet_release(clone);
    pool_fixture_end(&fixture);
}

static void write_to_a_clone_leaves_the_original(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    uint8_t bytes[1000];
    uint8_t copy[1000];
    pattern_fill(bytes, sizeof bytes);
    struct dobos_packet *packet = dobos_packet_from_bytes(fixture.pool, bytes, sizeof bytes, NULL);
    struct dobos_packet *clone = dobos_packet_clone(packet);
    struct buffer *shared = packet->slices[0].buffer;
    assert_ptr_equal(clone->slices[0].buffer, shared);
    assert_true(packet_write(clone, 90, "0123456789", 10));
    assert_ptr_not_equal(clone->slices[0].buffer, shared);
    assert_int_equal(shared->references, 1);
    dobos_packet_read(packet, 0, copy, sizeof copy);
    assert_memory_equal(copy, bytes, sizeof bytes);
    memcpy(bytes + 90, "0123456789", 10);
    dobos_packet_read(clone, 0, copy, sizeof copy);
    assert_memory_equal(copy, bytes, sizeof bytes);
    dobos_packet_release(packet);
    dobos_packet_release(clone);
    pool_fixture_end(&fixture);
}

static void write_to_what_is_not_shared_copies_nothing(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    static uint8_t bytes[1000];
    struct dobos_packet *packet = dobos_packet_from_bytes(fixture.pool, bytes, sizeof bytes, NULL);
    uint64_t calls = fixture.memory.calls;
    struct buffer *buffer = packet->slices[0].buffer;
    assert_true(packet_write(packet, 500, "torte", 5));
    assert_ptr_equal(packet->slices[0].buffer, buffer);
    assert_int_equal(fixture.memory.calls, calls);
    dobos_packet_release(packet);
    pool_fixture_end(&fixture);
}

static void write_without_memory_changes_nothing(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    uint8_t bytes[1000];
    uint8_t copy[1000];
    pattern_fill(bytes, sizeof bytes);
    struct dobos_packet *packet = dobos_packet_from_bytes(fixture.pool, bytes, sizeof bytes, NULL);
    struct dobos_packet *clone = dobos_packet_clone(packet);
    fixture.memory.fail_always = true;
    assert_false(packet_write(clone, 90, "0123456789", 10));
    assert_true(packet_write(clone, 86, "0123456789", 10));
    fixture.memory.fail_always = false;
    memcpy(bytes + 86, "0123456789", 10);
    dobos_packet_read(clone, 0, copy, sizeof copy);
    assert_memory_equal(copy, bytes, sizeof bytes);
    dobos_packet_release(packet);
    dobos_packet_release(clone);
    pool_fixture_end(&fixture);
}

/* A packet of `length` bytes in odd pieces. */
static struct dobos_packet *packet_in_pieces(struct pool_fixture *fixture, const uint8_t *bytes,
                                             size_t length, size_t piece) {
    struct dobos_packet *packet = packet_create(fixture->pool, 0);
    for (size_t done = 0; done < length; done += piece)
        assert_true(packet_append_bytes(packet, bytes + done, min_size(piece, length - done)));
    return packet;
}

/* [rfc1071#3] */
static void sum_crosses_pieces_at_odd_offsets(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    uint8_t bytes[100];
    pattern_fill(bytes, sizeof bytes);
    for (size_t piece = 7; piece <= 33; piece++) {
        struct dobos_packet *packet = packet_in_pieces(&fixture, bytes, sizeof bytes, piece);
        for (size_t offset = 0; offset <= sizeof bytes; offset++)
            for (size_t length = 0; length <= sizeof bytes - offset; length++)
                assert_int_equal(checksum_fold(packet_sum(packet, offset, length)),
                                 checksum_fold(checksum_add(0, bytes + offset, length)));
        dobos_packet_release(packet);
    }
    pool_fixture_end(&fixture);
}

/* A packet of 40 bytes, of which those from 20 on are to be summed, the field at `field` of them
 * holding `partial`. */
static uint16_t finished(struct pool_fixture *fixture, uint16_t field, uint16_t partial,
                         uint16_t word, size_t piece) {
    uint8_t bytes[40] = {0};
    memset(bytes, 0x77, 20);
    store_be16(bytes + 20, word);
    store_be16(bytes + 20 + field, partial);
    struct dobos_packet *packet = packet_in_pieces(fixture, bytes, sizeof bytes, piece);
    packet->offload = (struct dobos_offload){
        .flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM,
        .checksum_start = 20,
        .checksum_offset = field,
    };
    packet_finish_checksum(packet);
    const struct dobos_offload nothing = {0};
    assert_memory_equal(&packet->offload, &nothing, sizeof nothing);
    uint8_t after[40];
    assert_int_equal(dobos_packet_read(packet, 0, after, sizeof after), sizeof after);
    uint16_t checksum = load_be16(after + 20 + field);
    store_be16(after + 20 + field, partial);
    assert_memory_equal(after, bytes, sizeof bytes);
    dobos_packet_release(packet);
    return checksum;
}

static void left_checksum_is_finished_wherever_its_field_lies(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    for (size_t piece = 3; piece <= 40; piece++) {
        assert_int_equal(finished(&fixture, 16, 0x1234, 0x1111, piece), 0xdcba);
        assert_int_equal(finished(&fixture, 6, 0xf000, 0x2000, piece), 0xeffe);
    }
    pool_fixture_end(&fixture);
}

/* [rfc768#2] */
static void zero_is_sent_as_all_ones_by_udp_only(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    assert_int_equal(finished(&fixture, 6, 0x1234, 0xedcb, 40), 0xffff);
    assert_int_equal(finished(&fixture, 16, 0x1234, 0xedcb, 40), 0x0000);
    pool_fixture_end(&fixture);
}

static void checksum_that_is_not_left_stays(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct dobos_offload offload = {.checksum_start = 0, .checksum_offset = 2};
    struct dobos_packet *packet = dobos_packet_from_bytes(fixture.pool, "dobos", 5, &offload);
    packet_finish_checksum(packet);
    uint8_t bytes[5];
    dobos_packet_read(packet, 0, bytes, 5);
    assert_memory_equal(bytes, "dobos", 5);
    dobos_packet_release(packet);
    pool_fixture_end(&fixture);
}

/* What a port says of a frame may be anything; the frame keeps its bytes and nothing outside is
 * touched. */
static void offload_that_points_outside_is_forgotten(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    const uint16_t starts[] = {0, 39, 40, 41, 0xffff};
    const uint16_t offsets[] = {0, 6, 38, 39, 40, 0xffff};
    for (size_t i = 0; i < array_length(starts); i++)
        for (size_t j = 0; j < array_length(offsets); j++) {
            struct dobos_offload offload = {
                .flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM,
                .checksum_start = starts[i],
                .checksum_offset = offsets[j],
            };
            uint8_t bytes[40];
            pattern_fill(bytes, sizeof bytes);
            struct dobos_packet *packet =
                dobos_packet_from_bytes(fixture.pool, bytes, sizeof bytes, &offload);
            packet_finish_checksum(packet);
            assert_int_equal(packet->offload.flags, 0);
            uint8_t after[40];
            assert_int_equal(dobos_packet_read(packet, 0, after, sizeof after), 40);
            if ((size_t)starts[i] + offsets[j] + 2 > sizeof bytes)
                assert_memory_equal(after, bytes, sizeof bytes);
            else
                assert_memory_not_equal(after, bytes, sizeof bytes);
            dobos_packet_release(packet);
        }
    pool_fixture_end(&fixture);
}

/* The field lies too far behind for header bytes, in a buffer that somebody else holds. */
static void far_field_in_shared_bytes_is_written_to_a_copy(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    static uint8_t bytes[1000], after[1000];
    pattern_fill(bytes, sizeof bytes);
    struct dobos_offload offload = {
        .flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM,
        .checksum_start = 600,
        .checksum_offset = 16,
    };
    struct dobos_packet *packet = dobos_packet_from_bytes(fixture.pool, bytes, 1000, &offload);
    struct dobos_packet *clone = dobos_packet_clone(packet);
    packet_finish_checksum(clone);
    dobos_packet_read(packet, 0, after, sizeof after);
    assert_memory_equal(after, bytes, sizeof bytes);
    dobos_packet_read(clone, 0, after, sizeof after);
    assert_int_equal(load_be16(after + 616), checksum_finish(checksum_add(0, bytes + 600, 400)));
    dobos_packet_release(packet);
    dobos_packet_release(clone);
    pool_fixture_end(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_of_every_size_keeps_its_bytes),
        cmocka_unit_test(frame_of_impossible_size_is_refused),
        cmocka_unit_test(small_frame_costs_no_buffer),
        cmocka_unit_test(blank_packet_is_filled_in_place_and_as_cheap_as_any),
        cmocka_unit_test(blank_packet_filled_with_an_impossible_size_is_refused),
        cmocka_unit_test(blank_packet_without_memory_is_none),
        cmocka_unit_test(offload_is_copied_with_the_frame),
        cmocka_unit_test(write_to_a_clone_leaves_the_original),
        cmocka_unit_test(write_to_what_is_not_shared_copies_nothing),
        cmocka_unit_test(write_without_memory_changes_nothing),
        cmocka_unit_test(sum_crosses_pieces_at_odd_offsets),
        cmocka_unit_test(left_checksum_is_finished_wherever_its_field_lies),
        cmocka_unit_test(zero_is_sent_as_all_ones_by_udp_only),
        cmocka_unit_test(checksum_that_is_not_left_stays),
        cmocka_unit_test(offload_that_points_outside_is_forgotten),
        cmocka_unit_test(far_field_in_shared_bytes_is_written_to_a_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
