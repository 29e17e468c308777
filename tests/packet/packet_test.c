/* packet: what can be done with its shape, against flat arrays of bytes, and when memory fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"

#include "pool_fixture.h"

#define PACKETS 6

/* A packet and the bytes it should hold. */
struct pair {
    struct dobos_packet *packet;           /* NULL: none */
    size_t length;                         /* of the model */
    uint8_t bytes[DOBOS_PACKET_MAX_BYTES]; /* the model */
};

static struct pair pairs[PACKETS];

/* All that must hold of any packet at any time. */
static void check_invariants(const struct dobos_packet *packet) {
    size_t length = packet->header_length;
    assert_true((size_t)packet->header_start + packet->header_length <= PACKET_HEADER_ROOM);
    assert_true(packet->slice_count <= PACKET_SLICES);
    for (unsigned i = 0; i < packet->slice_count; i++) {
        const struct packet_slice *slice = &packet->slices[i];
        assert_true(slice->length > 0);
        assert_true(slice->buffer->references > 0);
        assert_true(slice->offset + slice->length <= slice->buffer->capacity);
        length += slice->length;
    }
    assert_int_equal(packet->length, length);
    assert_true(length <= DOBOS_PACKET_MAX_BYTES);
}

static void check_bytes(const struct pair *pair) {
    check_invariants(pair->packet);
    assert_int_equal(dobos_packet_length(pair->packet), pair->length);
    static uint8_t bytes[DOBOS_PACKET_MAX_BYTES];
    assert_int_equal(dobos_packet_read(pair->packet, 0, bytes, sizeof bytes), pair->length);
    assert_memory_equal(bytes, pair->bytes, pair->length);
}

static void check_slices(const struct pair *pair) {
    struct dobos_slice slices[1 + PACKET_SLICES];
    size_t count = dobos_packet_slices(pair->packet, slices, array_length(slices));
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(slices[i].length > 0);
        assert_memory_equal(slices[i].bytes, pair->bytes + done, slices[i].length);
        done += slices[i].length;
    }
    assert_int_equal(done, pair->length);
    assert_int_equal(dobos_packet_slices(pair->packet, NULL, 0), count);
}

/* A sum and a read of a random range, from the packet and from the model. */
static void check_range(const struct pair *pair, struct random *random) {
    size_t offset = random_below(random, pair->length + 1);
    size_t length = random_below(random, pair->length - offset + 1);
    assert_int_equal(checksum_fold(packet_sum(pair->packet, offset, length)),
                     checksum_fold(checksum_add(0, pair->bytes + offset, length)));
    uint8_t bytes[64];
    size_t room = random_below(random, sizeof bytes + 1);
    size_t read = dobos_packet_read(pair->packet, offset, bytes, room);
    assert_int_equal(read, min_size(room, pair->length - offset));
    assert_memory_equal(bytes, pair->bytes + offset, read);
}

static size_t random_length(struct random *random) {
    switch (random_below(random, 8)) {
    case 0:
        return random_below(random, 20000);
    case 1:
    case 2:
        return random_below(random, 3000);
    default:
        return random_below(random, 120);
    }
}

static void fill_random(struct random *random, uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)random_next(random);
}

static void step_make(struct pair *pair, struct pair *other, struct pool_fixture *fixture,
                      struct random *random) {
    if (other->packet && random_below(random, 2)) {
        pair->packet = dobos_packet_clone(other->packet);
        pair->length = other->length;
        memcpy(pair->bytes, other->bytes, other->length);
    } else if (random_below(random, 2)) {
        pair->packet = packet_create(fixture->pool, random_below(random, PACKET_HEADER_ROOM + 1));
        pair->length = 0;
    } else {
        pair->length = 1 + random_length(random);
        fill_random(random, pair->bytes, pair->length);
        pair->packet = dobos_packet_from_bytes(fixture->pool, pair->bytes, pair->length, NULL);
    }
}

static void step_headers(struct pair *pair, struct random *random) {
    size_t n = random_below(random, 100);
    if (random_below(random, 2)) {
        bool fits = n <= pair->packet->header_start;
        uint8_t *at = packet_prepend(pair->packet, n);
        assert_true(fits == (at != NULL));
        if (at) {
            memmove(pair->bytes + n, pair->bytes, pair->length);
            fill_random(random, pair->bytes, n);
            memcpy(at, pair->bytes, n);
            pair->length += n;
        }
        return;
    }
    uint8_t *at = packet_append(pair->packet, n);
    if (at) {
        assert_int_equal(pair->packet->slice_count, 0);
        fill_random(random, pair->bytes + pair->length, n);
        memcpy(at, pair->bytes + pair->length, n);
        pair->length += n;
    }
}

static void step_grow(struct pair *pair, struct pair *other, struct random *random) {
    if (other->packet && other != pair && random_below(random, 2)) {
        size_t offset = random_below(random, other->length + 1);
        size_t length = random_below(random, other->length - offset + 1);
        if (packet_share(pair->packet, other->packet, offset, length)) {
            memcpy(pair->bytes + pair->length, other->bytes + offset, length);
            pair->length += length;
        }
        assert_false(packet_share(pair->packet, other->packet, offset, other->length - offset + 1));
        return;
    }
    size_t length = random_length(random);
    if (pair->length + length > DOBOS_PACKET_MAX_BYTES)
        return;
    fill_random(random, pair->bytes + pair->length, length);
    if (packet_append_bytes(pair->packet, pair->bytes + pair->length, length))
        pair->length += length;
}

static void step_cut(struct pair *pair, struct random *random) {
    size_t n = random_below(random, min_size(pair->length, 1 + random_length(random)) + 1);
    switch (random_below(random, 3)) {
    case 0:
        packet_trim_front(pair->packet, n);
        pair->length -= n;
        memmove(pair->bytes, pair->bytes + n, pair->length);
        return;
    case 1:
        pair->length -= n;
        packet_trim_to(pair->packet, pair->length);
        return;
    default: {
        size_t wanted = random_below(random, 300);
        const uint8_t *at = packet_pull(pair->packet, wanted);
        assert_true((at != NULL) == (wanted <= pair->length && wanted <= PACKET_HEADER_ROOM));
        if (at)
            assert_memory_equal(at, pair->bytes, wanted);
    }
    }
}

static void step_write(struct pair *pair, struct random *random) {
    size_t offset = random_below(random, pair->length + 1);
    uint8_t bytes[200];
    size_t length = min_size(random_below(random, sizeof bytes), pair->length - offset);
    fill_random(random, bytes, length);
    if (packet_write(pair->packet, offset, bytes, length))
        memcpy(pair->bytes + offset, bytes, length);
    assert_false(packet_write(pair->packet, offset, bytes, pair->length - offset + 1));
}

static void step(struct pool_fixture *fixture, struct random *random) {
    struct pair *pair = &pairs[random_below(random, PACKETS)];
    struct pair *other = &pairs[random_below(random, PACKETS)];
    if (!pair->packet) {
        step_make(pair, other, fixture, random);
    } else {
        switch (random_below(random, 12)) {
        case 0:
            dobos_packet_release(pair->packet);
            pair->packet = NULL;
            break;
        case 1:
        case 2:
            step_write(pair, random);
            break;
        case 3:
        case 4:
        case 5:
            step_cut(pair, random);
            break;
        case 6:
        case 7:
            step_headers(pair, random);
            break;
        default:
            step_grow(pair, other, random);
        }
    }
    if (pair->packet) {
        check_bytes(pair);
        check_slices(pair);
        check_range(pair, random);
    }
}

/* Packets that share with one another; every one keeps its bytes whatever is done to the others. */
static void run_against_model(uint64_t seed, uint64_t fail_one_in) {
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct random random = random_make(seed);
    for (int round = 0; round < 4000; round++) {
        fixture.memory.fail_always = fail_one_in > 0 && random_below(&random, fail_one_in) == 0;
        step(&fixture, &random);
        if (round % 20 == 0)
            for (size_t i = 0; i < PACKETS; i++)
                if (pairs[i].packet)
                    check_bytes(&pairs[i]);
    }
    for (size_t i = 0; i < PACKETS; i++) {
        dobos_packet_release(pairs[i].packet);
        pairs[i].packet = NULL;
    }
    pool_fixture_end(&fixture);
}

static void random_operations_match_flat_bytes(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++)
        run_against_model(seed, 0);
}

static void random_operations_with_failing_memory_match_flat_bytes(void **state) {
    (void)state;
    for (uint64_t seed = 11; seed <= 15; seed++)
        run_against_model(seed, 4);
}

static void prepend_and_trim_move_what_counts_from_the_front(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct dobos_packet *packet = packet_create(fixture.pool, 100);
    assert_non_null(packet_prepend(packet, 20));
    packet->transport_offset = 0;
    packet->payload_offset = 20;
    packet->offload = (struct dobos_offload){
        .flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM,
        .gso = DOBOS_GSO_TCPV4,
        .header_length = 20,
        .gso_bytes = 1460,
        .checksum_start = 0,
        .checksum_offset = 16,
    };
    assert_non_null(packet_prepend(packet, 20));
    packet->network_offset = 0;
    assert_non_null(packet_prepend(packet, 14));
    assert_int_equal(packet->network_offset, 14);
    assert_int_equal(packet->transport_offset, 34);
    assert_int_equal(packet->payload_offset, 54);
    assert_int_equal(packet->offload.checksum_start, 34);
    assert_int_equal(packet->offload.checksum_offset, 16);
    assert_int_equal(packet->offload.header_length, 54);
    assert_int_equal(packet->offload.gso_bytes, 1460);
    packet_trim_front(packet, 14);
    assert_int_equal(packet->network_offset, 0);
    assert_int_equal(packet->transport_offset, 20);
    assert_int_equal(packet->payload_offset, 40);
    assert_int_equal(packet->offload.checksum_start, 20);
    assert_int_equal(packet->offload.header_length, 40);
    packet_trim_front(packet, 30);
    assert_int_equal(packet->transport_offset, 0);
    assert_int_equal(packet->payload_offset, 10);
    dobos_packet_release(packet);
    pool_fixture_end(&fixture);
}

static void prepend_to_a_finished_packet_leaves_the_offload_empty(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct dobos_packet *packet = packet_create(fixture.pool, 100);
    assert_non_null(packet_prepend(packet, 20));
    const struct dobos_offload nothing = {0};
    assert_memory_equal(dobos_packet_offload(packet), &nothing, sizeof nothing);
    dobos_packet_release(packet);
    pool_fixture_end(&fixture);
}

static void pull_keeps_recorded_offsets(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    uint8_t bytes[1000];
    pattern_fill(bytes, sizeof bytes);
    struct dobos_packet *packet = dobos_packet_from_bytes(fixture.pool, bytes, sizeof bytes, NULL);
    packet->network_offset = 14;
    packet->transport_offset = 34;
    packet->payload_offset = 54;
    const uint8_t *first = packet_pull(packet, PACKET_HEADER_ROOM);
    assert_non_null(first);
    assert_memory_equal(first, bytes, PACKET_HEADER_ROOM);
    assert_int_equal(packet->network_offset, 14);
    assert_int_equal(packet->transport_offset, 34);
    assert_int_equal(packet->payload_offset, 54);
    assert_null(packet_pull(packet, PACKET_HEADER_ROOM + 1));
    check_invariants(packet);
    dobos_packet_release(packet);
    pool_fixture_end(&fixture);
}

static void slices_that_continue_a_buffer_take_one_entry(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct buffer *buffer = buffer_create(fixture.pool, 4096);
    pattern_fill(buffer_bytes(buffer), 4096);
    struct dobos_packet *packet = packet_create(fixture.pool, 0);
    for (uint32_t i = 0; i < 40; i++)
        assert_true(packet_add_slice(packet, buffer, i * 100, 100));
    assert_int_equal(packet->slice_count, 1);
    assert_int_equal(buffer->references, 2);
    assert_false(packet_add_slice(packet, buffer, 4000, 0));
    for (uint32_t i = 1; i < PACKET_SLICES; i++)
        assert_true(packet_add_slice(packet, buffer, 0, 1));
    assert_int_equal(packet->slice_count, PACKET_SLICES);
    assert_false(packet_add_slice(packet, buffer, 7, 1));
    assert_true(packet_add_slice(packet, buffer, 1, 1));
    assert_int_equal(buffer->references, 1 + PACKET_SLICES);
    assert_int_equal(packet_cost(packet), sizeof *packet + sizeof *buffer + buffer->capacity);
    dobos_packet_release(packet);
    assert_int_equal(buffer->references, 1);
    buffer_release(buffer);
    pool_fixture_end(&fixture);
}

static void share_without_entries_leaves_the_receiver_as_it_was(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    struct dobos_packet *from = packet_create(fixture.pool, 0);
    for (int i = 0; i < 10; i++)
        assert_true(packet_append_bytes(from, "torte", 5));
    struct dobos_packet *to = packet_create(fixture.pool, 0);
    assert_true(packet_share(to, from, 0, 50));
    assert_false(packet_share(to, from, 0, 50));
    assert_int_equal(to->length, 50);
    assert_int_equal(to->slice_count, 10);
    assert_true(packet_share(to, from, 3, 0));
    assert_int_equal(to->length, 50);
    for (int i = 0; i < 10; i++)
        assert_int_equal(from->slices[i].buffer->references, 2);
    check_invariants(to);
    dobos_packet_release(from);
    uint8_t bytes[5];
    assert_int_equal(dobos_packet_read(to, 45, bytes, 5), 5);
    assert_memory_equal(bytes, "torte", 5);
    dobos_packet_release(to);
    pool_fixture_end(&fixture);
}

static void packet_never_grows_beyond_its_largest_size(void **state) {
    (void)state;
    struct pool_fixture fixture;
    pool_fixture_begin(&fixture, 0);
    static uint8_t bytes[DOBOS_PACKET_MAX_BYTES + 1];
    struct dobos_packet *packet =
        dobos_packet_from_bytes(fixture.pool, bytes, DOBOS_PACKET_MAX_BYTES, NULL);
    assert_non_null(packet);
    assert_false(packet_append_bytes(packet, bytes, 1));
    assert_false(packet_append_bytes(packet, bytes, DOBOS_PACKET_MAX_BYTES + 1));
    check_invariants(packet);
    dobos_packet_release(packet);
    pool_fixture_end(&fixture);
}

/* A life of packets, some calls of which may find no memory; whatever fails, the rest goes on. */
static void life_of_packets(struct pool_fixture *fixture) {
    static uint8_t bytes[3000];
    struct dobos_packet *large = dobos_packet_from_bytes(fixture->pool, bytes, 3000, NULL);
    struct dobos_packet *small = dobos_packet_from_bytes(fixture->pool, bytes, 60, NULL);
    struct dobos_packet *made = packet_create(fixture->pool, 64);
    struct dobos_packet *clone = large ? dobos_packet_clone(large) : NULL;
    if (made && large) {
        (void)packet_share(made, large, 10, 2000);
        (void)packet_append_bytes(made, bytes, 700);
        (void)packet_write(made, 5, "torte", 5);
        check_invariants(made);
    }
    if (clone) {
        (void)packet_write(clone, 94, "torte", 5);
        (void)packet_pull(clone, 200);
        check_invariants(clone);
        assert_int_equal(dobos_packet_length(clone), 3000);
    }
    dobos_packet_release(large);
    dobos_packet_release(small);
    dobos_packet_release(made);
    dobos_packet_release(clone);
}

static void kept_payload_of_a_large_buffer_moves_to_its_own(void **state) {
    (void)state;
    struct pool_fixture fixture;
    uint8_t bytes[40000], out[1500];
    pool_fixture_begin(&fixture, 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 256);
    struct dobos_packet *large = dobos_packet_from_bytes(fixture.pool, bytes, sizeof bytes, NULL);
    struct dobos_packet *piece = packet_create(fixture.pool, 64);
    assert_true(packet_share(piece, large, 20000, sizeof out));
    assert_true(packet_cost(piece) > sizeof bytes);
    assert_true(packet_compact(piece));
    assert_true(packet_cost(piece) < sizeof *piece + PACKET_WASTE * sizeof out);
    assert_int_equal(dobos_packet_read(piece, 0, out, sizeof out), sizeof out);
    assert_memory_equal(out, bytes + 20000, sizeof out);
    size_t cost = packet_cost(large);
    assert_true(packet_compact(large));
    assert_int_equal(packet_cost(large), cost);
    dobos_packet_release(piece);
    dobos_packet_release(large);
    pool_fixture_end(&fixture);
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    bool failed = true;
    for (uint64_t k = 1; failed; k++) {
        struct pool_fixture fixture;
        pool_fixture_begin(&fixture, 0);
        fixture.memory.calls = 0;
        fixture.memory.fail_at = k;
        life_of_packets(&fixture);
        failed = fixture.memory.calls >= k;
        assert_true(k > 6 || failed);
        pool_fixture_end(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_operations_match_flat_bytes),
        cmocka_unit_test(random_operations_with_failing_memory_match_flat_bytes),
        cmocka_unit_test(prepend_and_trim_move_what_counts_from_the_front),
        cmocka_unit_test(prepend_to_a_finished_packet_leaves_the_offload_empty),
        cmocka_unit_test(pull_keeps_recorded_offsets),
        cmocka_unit_test(slices_that_continue_a_buffer_take_one_entry),
        cmocka_unit_test(share_without_entries_leaves_the_receiver_as_it_was),
        cmocka_unit_test(packet_never_grows_beyond_its_largest_size),
        cmocka_unit_test(kept_payload_of_a_large_buffer_moves_to_its_own),
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
