/* records: record route and timestamp options, at every length and pointer, read and written in a
 * header whose checksum follows. */
#include "network/records.h"

#include "base/checksum.h"
#include "base/random.h"
#include "wire/ipv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define OURS UINT32_C(0xc6336401)
#define TIME UINT32_C(0x81234567)

static const struct record_entry entry = {.address = OURS, .time = TIME};

/* A header of 60 bytes with one option (and no-operations) behind `front` no-operations. */
static void header_make(uint8_t *header, size_t front, const uint8_t *option, size_t length) {
    memset(header, 1, 60);
    memcpy(header, "\x4f\0\0\x3c\0\0\0\0\x40\1\0\0\xc0\0\2\1\xc6\x33\x64\7", 20);
    memcpy(header + 20 + front, option, length);
    store_be16(header + 10, 0);
    store_be16(header + 10, checksum_finish(checksum_add(0, header, 60)));
}

static void header_is_sound(const uint8_t *header) {
    assert_int_equal(checksum_finish(checksum_add(0, header, 60)), 0);
}

/* Reads and writes it; false: it is malformed. */
static bool pass(uint8_t *header, const struct record_entry *what, struct ipv4_records *records) {
    if (!ipv4_records_parse(records_options(header), records))
        return false;
    records_write(header, records, what);
    header_is_sound(header);
    return true;
}

/* Wherever the option begins, an odd byte too. [rfc1812#142] [rfc1812#31] */
static void addresses_fill_a_route_until_it_is_full(void **state) {
    (void)state;
    for (size_t front = 0; front < 3; front++) {
        const uint8_t option[15] = {7, 15, 4};
        uint8_t header[60], before[60];
        struct ipv4_records records;
        header_make(header, front, option, sizeof(option));
        uint8_t *at = header + 20 + front;
        for (uint32_t i = 0; i < 3; i++) {
            const struct record_entry own = {.address = OURS + i};
            assert_true(pass(header, &own, &records));
            assert_int_equal(at[2], 8 + 4 * i);
            assert_int_equal(load_be32(at + 3 + (size_t)4 * i), OURS + i);
        }
        memcpy(before, header, 60);
        assert_true(pass(header, &entry, &records));
        assert_memory_equal(header, before, 60);
    }
}

/* [rfc1812#143] */
static void times_fill_a_stamp_and_what_finds_no_room_is_counted(void **state) {
    (void)state;
    const uint8_t option[12] = {68, 12, 5, 0};
    uint8_t header[60];
    struct ipv4_records records;
    header_make(header, 1, option, sizeof(option));
    uint8_t *at = header + 21;
    for (unsigned i = 0; i < 2; i++) {
        const struct record_entry nobody = {.time = TIME + i}; /* needs no address */
        assert_true(pass(header, &nobody, &records));
        assert_int_equal(load_be32(at + 4 + (size_t)4 * i), TIME + i);
    }
    assert_int_equal(at[2], 13);
    for (unsigned i = 1; i <= 15; i++) {
        assert_true(pass(header, &entry, &records));
        assert_int_equal(at[3], i << 4);
    }
    assert_false(pass(header, &entry, &records)); /* the count would overflow */
    assert_int_equal(records.bad, 21 + 3);
}

/* [rfc1812#143] [rfc1812#31] */
static void stamp_with_addresses_gets_ours_and_the_time(void **state) {
    (void)state;
    const uint8_t option[20] = {68, 20, 5, 1};
    uint8_t header[60];
    struct ipv4_records records;
    header_make(header, 0, option, sizeof(option));
    assert_true(pass(header, &(struct record_entry){.time = TIME}, &records));
    assert_int_equal(header[22], 5); /* an address that must not be told */
    assert_true(pass(header, &entry, &records));
    assert_true(pass(header, &entry, &records));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(load_be32(header + 24 + 8 * i), OURS);
        assert_int_equal(load_be32(header + 28 + 8 * i), TIME);
    }
    assert_int_equal(header[22], 21);
    assert_true(pass(header, &(struct record_entry){.time = TIME}, &records));
    assert_int_equal(header[23], 1);
    assert_true(pass(header, &entry, &records));
    assert_int_equal(header[23], 1 << 4 | 1);
}

/* [rfc1812#143] */
static void stamp_is_written_by_whom_it_asks_alone(void **state) {
    (void)state;
    const uint8_t option[12] = {68, 12, 5, 3, 0xc6, 0x33, 0x64, 9};
    uint8_t header[60];
    struct ipv4_records records;
    header_make(header, 0, option, sizeof(option));
    assert_true(ipv4_records_parse(records_options(header), &records));
    assert_int_equal(records_asked(header, &records), 0xc6336409);
    assert_true(pass(header, &entry, &records));
    assert_memory_equal(header + 20, option, sizeof(option));
    const struct record_entry asked = {.address = OURS, .time = TIME, .next_is_ours = true};
    assert_true(pass(header, &asked, &records));
    assert_int_equal(header[22], 13);
    assert_int_equal(load_be32(header + 24), 0xc6336409);
    assert_int_equal(load_be32(header + 28), TIME);
    assert_true(pass(header, &asked, &records));
    assert_int_equal(records_asked(header, &records), 0);
    assert_int_equal(header[22], 13);
    assert_int_equal(header[23], 3); /* nor counted */
}

/* Whether an option is well formed, said in other words than in ipv4_options.c: the byte that is
 * not, from its begin; 0: it is. */
static unsigned fault(const uint8_t *option) {
    bool is_route = option[0] == 7;
    unsigned length = option[1], head = is_route ? 3 : 4, flags = option[3] & 15;
    unsigned place = is_route || flags == 0 ? 4 : 8;
    if (length < head)
        return 1;
    if (!is_route && flags != 0 && flags != 1 && flags != 3)
        return 3;
    if (option[2] < head + 1)
        return 2;
    if (option[2] > length)
        return !is_route && flags != 3 && option[3] >> 4 == 15 ? 3 : 0;
    unsigned used = option[2] - (head + 1);
    return used % place || length - head - used < place ? 2 : 0;
}

/* [rfc1812#75] */
static void every_length_pointer_and_flag_is_judged_and_stays_in_bounds(void **state) {
    (void)state;
    static const uint8_t flags[] = {0, 1, 2, 3, 4, 15, 0xe0, 0xf0, 0xf1, 0xf3};
    for (unsigned kind = 0; kind < 2; kind++) {
        for (unsigned length = 2; length <= 37; length++) {
            for (unsigned pointer = 0; pointer < 256; pointer++) {
                for (size_t f = 0; f < array_length(flags); f++) {
                    uint8_t option[40] = {kind ? 68 : 7, (uint8_t)length, (uint8_t)pointer,
                                          flags[f]};
                    uint8_t header[60], before[60];
                    struct ipv4_records records;
                    header_make(header, 2, option, length < 4 ? 4 : length);
                    if (length < 4)
                        memset(header + 22 + length, 1, 4 - length);
                    memcpy(option, header + 22, 4);
                    store_be16(header + 10, 0);
                    store_be16(header + 10, checksum_finish(checksum_add(0, header, 60)));
                    memcpy(before, header, 60);
                    unsigned bad = fault(option);
                    assert_int_equal(pass(header, &entry, &records), bad == 0);
                    assert_int_equal(records.bad, bad ? 22 + bad : 0);
                    assert_memory_equal(header + 12, before + 12, 12); /* up to its length */
                    assert_memory_equal(header + 22 + length, before + 22 + length, 38 - length);
                    (void)records_erase(header, true);
                    header_is_sound(header);
                }
            }
        }
    }
}

/* [rfc1812#75] */
static void second_option_of_a_kind_is_malformed(void **state) {
    (void)state;
    const uint8_t twice[][16] = {{7, 7, 4, 0, 0, 0, 0, 7, 7, 4},
                                 {68, 8, 5, 0, 0, 0, 0, 0, 68, 8, 5}};
    const uint8_t both[16] = {7, 7, 4, 0, 0, 0, 0, 1, 68, 8, 5};
    uint8_t header[60];
    struct ipv4_records records;
    for (unsigned i = 0; i < 2; i++) {
        header_make(header, 0, twice[i], 16);
        assert_false(pass(header, &entry, &records));
        assert_int_equal(records.bad, 20 + 7 + i);
    }
    header_make(header, 0, both, 16);
    assert_true(pass(header, &entry, &records));
    assert_int_equal(load_be32(header + 23), OURS);
    assert_int_equal(load_be32(header + 32), TIME);
}

static void addresses_of_the_inside_become_zeros(void **state) {
    (void)state;
    const uint8_t option[] = {7,  15, 12, 10, 0,   0,   1, 198, 51, 100, 9, 10, 0,  0, 2, 1,
                              68, 20, 13, 3,  192, 168, 1, 1,   0,  0,   0, 9,  10, 9, 9, 9};
    uint8_t header[60];
    header_make(header, 0, option, sizeof(option));
    uint32_t sum = checksum_add(0, header, 60);
    uint32_t change = records_erase(header, false);
    assert_int_equal(change % 0xffff, (checksum_add(0, header, 60) - sum + 0xffff * 40u) % 0xffff);
    header_is_sound(header);
    assert_int_equal(load_be32(header + 23), 0);
    assert_int_equal(load_be32(header + 27), 0xc6336409); /* public */
    assert_int_equal(load_be32(header + 31), 0x0a000002); /* not recorded yet */
    assert_int_equal(load_be32(header + 40), 0);
    assert_int_equal(load_be32(header + 44), 9); /* a time */
    assert_int_equal(load_be32(header + 48), 0); /* asked for, and written already */
    (void)records_erase(header, true);
    header_is_sound(header);
    assert_int_equal(load_be32(header + 27), 0);
    assert_int_equal(header[22], 12); /* hops can still be counted */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_fill_a_route_until_it_is_full),
        cmocka_unit_test(times_fill_a_stamp_and_what_finds_no_room_is_counted),
        cmocka_unit_test(stamp_with_addresses_gets_ours_and_the_time),
        cmocka_unit_test(stamp_is_written_by_whom_it_asks_alone),
        cmocka_unit_test(every_length_pointer_and_flag_is_judged_and_stays_in_bounds),
        cmocka_unit_test(second_option_of_a_kind_is_malformed),
        cmocka_unit_test(addresses_of_the_inside_become_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
