/* udp: the header, and lengths that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip.h"
#include "survey.h"

static void datagram_is_parsed_and_emitted(void **state) {
    (void)state;
    struct reader r = reader_make(golden_udp, sizeof(golden_udp));
    struct udp udp;
    assert_true(udp_parse(&r, sizeof(golden_udp), &udp));
    assert_int_equal(udp.source_port, 0xc001);
    assert_int_equal(udp.destination_port, 53);
    assert_int_equal(udp.length, 13);
    assert_int_equal(udp.checksum, 0x7a75);

    uint8_t bytes[UDP_HEADER_BYTES];
    struct writer w = writer_make(bytes, sizeof(bytes));
    udp_emit(&w, &udp);
    assert_memory_equal(bytes, golden_udp, sizeof(bytes));
}

/* Every length against every payload of up to 40 bytes, and around the largest [attack:G1]
 * [rfc768#1]. */
static void every_length_that_lies_is_refused(void **state) {
    (void)state;
    uint8_t bytes[UDP_HEADER_BYTES];
    memcpy(bytes, golden_udp, sizeof(bytes));
    for (size_t turn = 0; turn < 44; turn++) {
        size_t available = turn <= 40 ? turn : 65493 + turn; /* 65534, 65535, 65536 */
        size_t held = min_size(available, sizeof(bytes));
        for (unsigned length = 0; length <= UINT16_MAX; length++) {
            store_be16(bytes + 4, (uint16_t)length);
            struct reader r = reader_make(bytes, held);
            struct udp udp;
            bool good = held == 8 && length >= 8 && length <= available;
            if (udp_parse(&r, available, &udp) != good)
                fail_msg("length %u of %zu bytes", length, available);
        }
    }
}

static void header_cut_anywhere_is_refused(void **state) {
    (void)state;
    assert_int_equal(survey_truncations(golden_udp, sizeof(golden_udp), roundtrip_udp), 0);
}

static void datagrams_near_the_golden_one_do_no_harm(void **state) {
    (void)state;
    assert_true(survey_format("udp", roundtrip_udp));
}

static void emit_without_room_writes_nothing(void **state) {
    (void)state;
    uint8_t bytes[7];
    struct writer w = writer_make(bytes, sizeof(bytes));
    udp_emit(&w, &(struct udp){.length = 8});
    assert_true(w.failed);
    assert_int_equal(w.position, 0);
}

static void random_headers_survive_emit_and_parse(void **state) {
    (void)state;
    struct random random = random_make(5);
    for (int i = 0; i < 20000; i++) {
        uint8_t *bytes = malloc(65535);
        store_be64(bytes, random_next(&random));
        assert_int_equal(roundtrip_udp(bytes, 65535), load_be16(bytes + 4) >= 8);
        free(bytes);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagram_is_parsed_and_emitted),
        cmocka_unit_test(every_length_that_lies_is_refused),
        cmocka_unit_test(header_cut_anywhere_is_refused),
        cmocka_unit_test(datagrams_near_the_golden_one_do_no_harm),
        cmocka_unit_test(emit_without_room_writes_nothing),
        cmocka_unit_test(random_headers_survive_emit_and_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
