/* bytes: numbers stand on the wire as they should, at every alignment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

static const uint8_t wire[] = {0x01, 0x82, 0x03, 0x84, 0x05, 0x86, 0x07, 0x88};

static void loads_read_the_order_of_their_name(void **state) {
    (void)state;
    uint8_t room[16];
    for (size_t shift = 0; shift < 8; shift++) {
        memcpy(room + shift, wire, sizeof wire);
        const uint8_t *at = room + shift;
        assert_int_equal(load_be16(at), 0x0182);
        assert_int_equal(load_le16(at), 0x8201);
        assert_int_equal(load_be32(at), 0x01820384);
        assert_int_equal(load_le32(at), 0x84038201);
        assert_true(load_be64(at) == UINT64_C(0x0182038405860788));
        assert_true(load_le64(at) == UINT64_C(0x8807860584038201));
    }
}

static void stores_write_what_loads_read_and_no_more(void **state) {
    (void)state;
    for (size_t shift = 0; shift < 8; shift++) {
        uint8_t room[18];
        uint8_t *at = room + shift;
        memset(room, 0xee, sizeof room);
        store_be16(at, 0x0182);
        assert_memory_equal(at, wire, 2);
        assert_int_equal(at[2], 0xee);
        store_be32(at, 0x01820384);
        assert_memory_equal(at, wire, 4);
        assert_int_equal(at[4], 0xee);
        store_be64(at, UINT64_C(0x0182038405860788));
        assert_memory_equal(at, wire, 8);
        assert_int_equal(at[8], 0xee);
        memset(room, 0xee, sizeof room);
        store_le16(at, 0x8201);
        assert_memory_equal(at, wire, 2);
        assert_int_equal(at[2], 0xee);
        store_le32(at, 0x84038201);
        assert_memory_equal(at, wire, 4);
        assert_int_equal(at[4], 0xee);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_read_the_order_of_their_name),
        cmocka_unit_test(stores_write_what_loads_read_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
