/* checksum: against a sum taken byte by byte, at every alignment, length and edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/checksum.h"
#include "base/random.h"

/* The definition, two bytes at a time. */
static uint16_t naive_sum(const uint8_t *bytes, size_t length) {
    uint32_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static void fill(struct random *random, uint8_t *bytes, size_t length) {
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)random_next(random);
}

/* The example of RFC 1071 §3: 00 01 f2 03 f4 f5 f6 f7 sum to ddf2. */
static void published_example_sums_to_ddf2(void **state) {
    (void)state;
    const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    assert_int_equal(checksum_fold(checksum_add(0, bytes, sizeof bytes)), 0xddf2);
    assert_int_equal(checksum_finish(checksum_add(0, bytes, sizeof bytes)), 0x220d);
}

/* [rfc1071#1] */
static void every_alignment_and_length_equals_the_definition(void **state) {
    (void)state;
    static uint8_t bytes[16 + 400];
    struct random random = random_make(1);
    fill(&random, bytes, sizeof bytes);
    for (size_t offset = 0; offset < 16; offset++)
        for (size_t length = 0; length <= 400; length++)
            assert_int_equal(checksum_fold(checksum_add(0, bytes + offset, length)),
                             naive_sum(bytes + offset, length));
}

static void all_ones_of_every_length_equals_the_definition(void **state) {
    (void)state;
    static uint8_t bytes[70000];
    memset(bytes, 0xff, sizeof bytes);
    for (size_t length = 0; length <= sizeof bytes; length += 1 + length / 7)
        assert_int_equal(checksum_fold(checksum_add(0, bytes, length)), naive_sum(bytes, length));
}

static void zeros_sum_to_zero_and_nothing_else_does(void **state) {
    (void)state;
    static uint8_t bytes[100];
    assert_int_equal(checksum_add(0, bytes, sizeof bytes), 0);
    assert_int_equal(checksum_add(0, bytes, 0), 0);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = 0xff;
        assert_int_not_equal(checksum_fold(checksum_add(0, bytes, sizeof bytes)), 0);
        bytes[i] = 0;
    }
}

static void running_sum_carries_round(void **state) {
    (void)state;
    const uint8_t one[] = {0, 1};
    assert_int_equal(checksum_fold(checksum_add(UINT32_MAX, one, 2)), 1);
    assert_int_equal(checksum_add(UINT32_MAX, one, 2), 1);
    assert_int_equal(checksum_fold(0x0001ffff), 1);
    assert_int_equal(checksum_fold(UINT32_MAX), 0xffff);
    assert_int_equal(checksum_fold(0xffff0000), 0xffff);
    assert_int_equal(checksum_fold(0), 0);
}

/* [rfc1071#2] */
static void data_with_its_checksum_sums_to_all_ones(void **state) {
    (void)state;
    struct random random = random_make(2);
    for (int round = 0; round < 2000; round++) {
        uint8_t bytes[64];
        size_t length = 2 * (1 + random_below(&random, sizeof bytes / 2));
        fill(&random, bytes, length);
        store_be16(bytes, 0);
        store_be16(bytes, checksum_finish(checksum_add(0, bytes, length)));
        assert_int_equal(checksum_fold(checksum_add(0, bytes, length)), 0xffff);
        assert_int_equal(checksum_finish(checksum_add(0, bytes, length)), 0);
    }
}

/* [rfc1071#3] */
static void sums_of_pieces_make_the_sum_of_the_whole(void **state) {
    (void)state;
    struct random random = random_make(3);
    for (int round = 0; round < 5000; round++) {
        uint8_t bytes[200];
        fill(&random, bytes, sizeof bytes);
        uint32_t sum = 0;
        size_t done = 0;
        while (done < sizeof bytes) {
            size_t part = 1 + random_below(&random, sizeof bytes - done);
            uint32_t piece = checksum_add(0, bytes + done, part);
            sum += done % 2 ? checksum_swap(piece) : piece;
            done += part;
        }
        assert_int_equal(checksum_fold(sum), naive_sum(bytes, sizeof bytes));
    }
}

static void swap_exchanges_bytes_and_keeps_zero(void **state) {
    (void)state;
    assert_int_equal(checksum_swap(0), 0);
    assert_int_equal(checksum_swap(0x1234), 0x3412);
    assert_int_equal(checksum_swap(0x00010000), 0x0100);
    assert_int_equal(checksum_swap(0xffff), 0xffff);
}

/* The twelve bytes of the pseudo-header, written out. */
static void pseudo_header_equals_its_bytes(void **state) {
    (void)state;
    struct random random = random_make(4);
    for (int round = 0; round < 1000; round++) {
        uint32_t source = (uint32_t)random_next(&random);
        uint32_t destination = (uint32_t)random_next(&random);
        uint8_t protocol = (uint8_t)random_next(&random);
        uint16_t length = (uint16_t)random_next(&random);
        uint8_t bytes[12] = {0};
        store_be32(bytes, source);
        store_be32(bytes + 4, destination);
        bytes[9] = protocol;
        store_be16(bytes + 10, length);
        struct dobos_address from = dobos_address_ipv4(source);
        struct dobos_address to = dobos_address_ipv4(destination);
        assert_int_equal(checksum_fold(checksum_pseudo(&from, &to, protocol, length)),
                         naive_sum(bytes, sizeof bytes));
    }
}

static void pseudo_header_of_a_long_super_packet_counts_all_of_the_length(void **state) {
    (void)state;
    struct dobos_address none = dobos_address_ipv4(0);
    assert_int_equal(checksum_fold(checksum_pseudo(&none, &none, 6, 0x1fffe)), 6);
    assert_int_equal(checksum_fold(checksum_pseudo(&none, &none, 6, 0x10001)), 8);
}

/* A header of two more words around the field and the checksum, summed anew. */
static uint16_t checksum_anew(uint16_t field, uint16_t other) {
    uint8_t bytes[4];
    store_be16(bytes, field);
    store_be16(bytes + 2, other);
    return checksum_finish(checksum_add(0, bytes, sizeof bytes));
}

/* Every value of the field before, edges after, several other words: the same as summing anew, zero
   and minus zero included; `other` is never 0 because a header that sums to 0 does not exist.
   [attack:J10] [rfc1624#1] */
static void update_equals_summing_anew_at_all_edges(void **state) {
    (void)state;
    const uint16_t edges[] = {0, 1, 2, 0x7fff, 0x8000, 0xfffe, 0xffff, 0x00ff, 0xff00, 0x4500};
    const uint16_t others[] = {1, 2, 0x00ff, 0x5555, 0x8000, 0xfffe, 0xffff};
    for (uint32_t before = 0; before <= 0xffff; before++)
        for (size_t i = 0; i < array_length(edges); i++)
            for (size_t j = 0; j < array_length(others); j++) {
                uint16_t first = checksum_anew((uint16_t)before, others[j]);
                uint16_t updated = checksum_update(first, (uint16_t)before, edges[i]);
                if (updated != checksum_anew(edges[i], others[j]))
                    fail_msg("%04x to %04x beside %04x gives %04x", before, edges[i], others[j],
                             updated);
                uint16_t back = checksum_update(updated, edges[i], (uint16_t)before);
                if (back != first)
                    fail_msg("%04x back from %04x beside %04x gives %04x", before, edges[i],
                             others[j], back);
            }
}

/* The example of RFC 1624 §4: dd2f, 5555 becomes 3285, gives 0000 and not ffff.
   [rfc1624#2] */
static void update_gives_zero_where_the_older_formula_gave_minus_zero(void **state) {
    (void)state;
    assert_int_equal(checksum_update(0xdd2f, 0x5555, 0x3285), 0x0000);
}

/* The header of that example, its checksum written by an older router: either zero agrees. A byte
   off does not. [rfc1624#3] */
static void header_with_either_zero_as_checksum_agrees(void **state) {
    (void)state;
    const uint8_t zero[] = {0xcd, 0x7a, 0x32, 0x85, 0x00, 0x00};
    const uint8_t minus_zero[] = {0xcd, 0x7a, 0x32, 0x85, 0xff, 0xff};
    const uint8_t wrong[] = {0xcd, 0x7a, 0x32, 0x85, 0x00, 0x01};
    assert_int_equal(checksum_fold(checksum_add(0, zero, sizeof zero)), 0xffff);
    assert_int_equal(checksum_fold(checksum_add(0, minus_zero, sizeof minus_zero)), 0xffff);
    assert_int_not_equal(checksum_fold(checksum_add(0, wrong, sizeof wrong)), 0xffff);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_example_sums_to_ddf2),
        cmocka_unit_test(every_alignment_and_length_equals_the_definition),
        cmocka_unit_test(all_ones_of_every_length_equals_the_definition),
        cmocka_unit_test(zeros_sum_to_zero_and_nothing_else_does),
        cmocka_unit_test(running_sum_carries_round),
        cmocka_unit_test(data_with_its_checksum_sums_to_all_ones),
        cmocka_unit_test(sums_of_pieces_make_the_sum_of_the_whole),
        cmocka_unit_test(swap_exchanges_bytes_and_keeps_zero),
        cmocka_unit_test(pseudo_header_equals_its_bytes),
        cmocka_unit_test(pseudo_header_of_a_long_super_packet_counts_all_of_the_length),
        cmocka_unit_test(update_equals_summing_anew_at_all_edges),
        cmocka_unit_test(update_gives_zero_where_the_older_formula_gave_minus_zero),
        cmocka_unit_test(header_with_either_zero_as_checksum_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
