/* The pattern of generated bodies: values computed apart from this project's code, at any cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "services/pattern.h"

static const uint8_t beginning[32] = {
    0xaf, 0xcd, 0x1d, 0x7b, 0x39, 0xa8, 0x20, 0xe2, 0xc1, 0x5c, 0x02, 0x89, 0xec, 0x2d, 0x0a, 0x91,
    0xce, 0x56, 0x97, 0x1c, 0xde, 0x35, 0x58, 0x97, 0xed, 0x8f, 0x01, 0xdb, 0xe4, 0x14, 0x0b, 0x1d,
};
/* From byte 2^40 + 5 on. */
static const uint8_t far_away[16] = {
    0x22, 0x3c, 0xc7, 0x4d, 0x7a, 0xaf, 0x84, 0xcc, 0x6f, 0x6e, 0x4f, 0x8b, 0xa0, 0x37, 0xa1, 0x7f,
};

static void bytes_are_those_of_their_place(void **state) {
    (void)state;
    uint8_t bytes[32];
    for (size_t from = 0; from < 32; from++) {
        for (size_t length = 0; length <= 32 - from; length++) {
            memset(bytes, 0, sizeof(bytes));
            pattern_fill(from, bytes, length);
            assert_memory_equal(bytes, beginning + from, length);
            if (length < sizeof(bytes))
                assert_int_equal(bytes[length], 0);
        }
    }
    pattern_fill((UINT64_C(1) << 40) + 5, bytes, sizeof(far_away));
    assert_memory_equal(bytes, far_away, sizeof(far_away));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_those_of_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
