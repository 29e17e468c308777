/* tcp_options: known, unknown, malformed, and every first option there can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip.h"
#include "survey.h"

static struct tcp_options parse(const void *bytes, size_t length) {
    struct tcp_options options;
    uint8_t *exact = malloc(length);
    if (length > 0)
        memcpy(exact, bytes, length);
    tcp_options_parse((struct slice){exact, length}, &options);
    free(exact);
    return options;
}

/* [rfc9293#5] */
static void options_of_a_syn_are_parsed_and_emitted(void **state) {
    (void)state;
    struct tcp_options options = parse(golden_tcp_syn + 20, 20);
    assert_false(options.malformed);
    assert_true(options.has_mss && options.mss == 1460);
    assert_true(options.sack_permitted);
    assert_true(options.has_timestamps && options.ts_value == 0x11223344);
    assert_int_equal(options.ts_echo, 0);
    assert_true(options.has_window_scale && options.window_scale == 7);
    assert_int_equal(options.sack_count, 0);

    uint8_t bytes[TCP_OPTIONS_MAX_BYTES];
    struct writer w = writer_make(bytes, sizeof(bytes));
    tcp_options_emit(&w, &options);
    assert_int_equal(w.position, 20);
    assert_memory_equal(bytes, golden_tcp_syn + 20, 20);
}

static void sack_blocks_are_parsed_and_emitted(void **state) {
    (void)state;
    struct tcp_options options = parse(golden_tcp_sack + 20, 32);
    assert_int_equal(options.sack_count, 2);
    assert_int_equal(options.sack[0].left.raw, 0x01020400);
    assert_int_equal(options.sack[0].right.raw, 0x01020800);
    assert_int_equal(options.sack[1].left.raw, 0x01020c00);
    assert_int_equal(options.sack[1].right.raw, 0x01021000);
    assert_int_equal(options.ts_echo, 0x11223344);

    uint8_t bytes[TCP_OPTIONS_MAX_BYTES];
    struct writer w = writer_make(bytes, sizeof(bytes));
    tcp_options_emit(&w, &options);
    assert_int_equal(w.position, 32);
    assert_memory_equal(bytes, golden_tcp_sack + 20, 32);
}

/* Every length: 0 and the even ones of 4 to 16 are cookies, the others nothing [rfc7413#9]. */
static void fast_open_cookies_are_parsed_and_emitted(void **state) {
    (void)state;
    for (uint8_t length = 0; length <= 38; length++) {
        uint8_t option[40] = {34, (uint8_t)(length + 2), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
        bool is_right = length == 0 || (length >= 4 && length <= 16 && length % 2 == 0);
        struct tcp_options options = parse(option, length + 2u);
        assert_int_equal(options.has_fast_open, is_right);
        assert_false(options.malformed);
        if (!is_right)
            continue;
        assert_int_equal(options.fast_open_length, length);
        uint8_t bytes[TCP_OPTIONS_MAX_BYTES];
        struct writer w = writer_make(bytes, sizeof(bytes));
        tcp_options_emit(&w, &options);
        assert_int_equal(w.position, (length + 5u) / 4 * 4);
        assert_int_equal(w.position, tcp_options_length(&options));
        struct tcp_options again = parse(bytes, w.position);
        assert_true(again.has_fast_open && again.fast_open_length == length);
        assert_memory_equal(again.fast_open, option + 2, length);
    }
}

/* Order 0 and order 1, of every length there is, and padding that is no counter. [rfc9768#55]
 * [rfc9768#56] */
static void accurate_ecn_is_parsed_and_emitted_at_any_length(void **state) {
    (void)state;
    static const uint8_t counters[11] = {0, 0, 1, 2, 3, 0, 5, 0, 0, 9, 9};
    static const uint32_t read[] = {1, 0x020300, 0x050000};
    for (uint8_t length = 2; length <= 13; length++) {
        uint8_t bytes[16] = {length % 2 ? 172 : 174, length}, again[TCP_OPTIONS_MAX_BYTES];
        memcpy(bytes + 2, counters, length - 2u);
        struct tcp_options options = parse(bytes, length);
        assert_true(options.has_ecn && !options.malformed);
        assert_true(options.ecn.is_order_1 == (length % 2 == 0));
        assert_int_equal(options.ecn.count, (length - 2) / 3 > 3 ? 3 : (length - 2) / 3);
        for (unsigned i = 0; i < TCP_ECN_COUNTERS; i++)
            assert_int_equal(options.ecn.counter[i], i < options.ecn.count ? read[i] : 0);
        struct writer w = writer_make(again, sizeof again);
        tcp_options_emit(&w, &options);
        size_t whole = 2 + 3u * options.ecn.count;
        assert_int_equal(w.position, (whole + 3) / 4 * 4);
        assert_int_equal(again[w.position - whole], bytes[0]);
        assert_int_equal(again[w.position - whole + 1], whole);
        assert_memory_equal(again + w.position - whole + 2, counters, whole - 2);
    }
}

/* Selective acknowledgments get what room is left. */
static void accurate_ecn_stands_before_sack_blocks(void **state) {
    (void)state;
    struct tcp_options options = {.has_timestamps = true,
                                  .sack_count = 3,
                                  .has_ecn = true,
                                  .ecn = {.count = 2, .counter = {7, 8}}};
    uint8_t bytes[TCP_OPTIONS_MAX_BYTES];
    struct writer w = writer_make(bytes, sizeof bytes);
    assert_int_equal(tcp_options_length(&options), 40);
    tcp_options_emit(&w, &options);
    struct tcp_options again = parse(bytes, w.position);
    assert_true(again.has_ecn && again.ecn.counter[1] == 8);
    assert_int_equal(again.sack_count, 2);
}

static void empty_list_has_nothing(void **state) {
    (void)state;
    struct tcp_options options = parse("", 0);
    assert_false(options.malformed || options.has_mss || options.sack_permitted);
    assert_int_equal(tcp_options_length(&options), 0);
}

/* All kinds, all lengths, in lists of 1 to 40 bytes that end in NOPs [rfc9293#7] [rfc9293#8]. */
static void every_first_option_is_taken_skipped_or_ends_the_list(void **state) {
    (void)state;
    for (size_t room = 1; room <= TCP_OPTIONS_MAX_BYTES; room++) {
        uint8_t *exact = malloc(room);
        for (unsigned kind = 0; kind < 256; kind++) {
            for (unsigned length = 0; length < 256; length++) {
                memset(exact, 1, room);
                exact[0] = (uint8_t)kind;
                if (room > 1)
                    exact[1] = (uint8_t)length;
                struct tcp_options o;
                tcp_options_parse((struct slice){exact, room}, &o);
                bool whole = room > 1 && length >= 2 && length <= room;
                bool wrong = kind > 1 && !whole;
                if (kind == 1 && room > 1 && length > 1) /* a NOP, then this kind of length 1 */
                    wrong = true;
                assert_int_equal(o.malformed, wrong);
                assert_int_equal(o.has_mss, whole && kind == 2 && length == 4);
                assert_int_equal(o.has_window_scale, whole && kind == 3 && length == 3);
                assert_int_equal(o.sack_permitted, whole && kind == 4 && length == 2);
                assert_int_equal(o.has_timestamps, whole && kind == 8 && length == 10);
                bool sack = whole && kind == 5 && length > 2 && length <= 34 && length % 8 == 2;
                assert_int_equal(o.sack_count, sack ? length / 8 : 0);
            }
        }
        free(exact);
    }
}

/* [rfc9293#8] */
static void options_before_a_malformed_one_count(void **state) {
    (void)state;
    struct tcp_options options = parse("\2\4\5\264\3\0\4\2", 8);
    assert_true(options.malformed);
    assert_true(options.has_mss && options.mss == 1460);
    assert_false(options.sack_permitted);
}

/* [rfc9293#7] */
static void options_behind_an_unknown_one_count(void **state) {
    (void)state;
    struct tcp_options options = parse("\375\5abc\2\4\5\264", 9);
    assert_false(options.malformed);
    assert_true(options.has_mss && options.mss == 1460);
}

static void options_behind_the_end_do_not_count(void **state) {
    (void)state;
    struct tcp_options options = parse("\0\2\4\5\264\1\1\1", 8);
    assert_false(options.malformed || options.has_mss);
}

/* Behind 0 to 3 NOPs [rfc9293#11]. */
static void options_at_any_alignment_are_read(void **state) {
    (void)state;
    for (size_t shift = 0; shift < 4; shift++) {
        uint8_t bytes[13] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
        memcpy(bytes + shift, "\10\12\1\2\3\4\5\6\7\10", 10);
        struct tcp_options options = parse(bytes, sizeof(bytes));
        assert_true(options.has_timestamps);
        assert_int_equal(options.ts_value, 0x01020304);
        assert_int_equal(options.ts_echo, 0x05060708);
    }
}

static void last_of_two_equal_kinds_counts(void **state) {
    (void)state;
    struct tcp_options options = parse("\2\4\5\264\2\4\2\30", 8);
    assert_int_equal(options.mss, 536);
}

static void lists_near_the_golden_ones_do_no_harm(void **state) {
    (void)state;
    assert_true(survey_format("tcp_options", roundtrip_tcp_options));
}

static void sack_blocks_without_room_are_left_out(void **state) {
    (void)state;
    struct tcp_options options = {.has_mss = true,
                                  .has_window_scale = true,
                                  .has_timestamps = true,
                                  .sack_permitted = true,
                                  .sack_count = 255};
    assert_int_equal(tcp_options_length(&options), 40);
    uint8_t bytes[TCP_OPTIONS_MAX_BYTES];
    struct writer w = writer_make(bytes, sizeof(bytes));
    tcp_options_emit(&w, &options);
    assert_false(w.failed);
    assert_int_equal(parse(bytes, 40).sack_count, 2);
}

static void every_set_of_options_survives_emit_and_parse(void **state) {
    (void)state;
    struct random random = random_make(7);
    for (int i = 0; i < 50000; i++) {
        struct tcp_options options = {0};
        uint64_t bits = random_next(&random);
        options.has_mss = bits & 1;
        options.has_window_scale = bits >> 1 & 1;
        options.has_timestamps = bits >> 2 & 1;
        options.sack_permitted = bits >> 3 & 1;
        options.mss = (uint16_t)(options.has_mss ? bits >> 8 : 0);
        options.window_scale = (uint8_t)(options.has_window_scale ? bits >> 24 : 0);
        options.ts_value = options.has_timestamps ? (uint32_t)(bits >> 32) : 0;
        options.ts_echo = options.has_timestamps ? (uint32_t)random_next(&random) : 0;
        unsigned words = 9; /* of ten; one goes before the blocks */
        words -= options.has_timestamps ? 3 : options.sack_permitted;
        words -= (unsigned)options.has_mss + options.has_window_scale;
        options.sack_count = (uint8_t)random_below(&random, 5);
        for (unsigned block = 0; block < options.sack_count; block++) {
            options.sack[block].left = seq_make((uint32_t)random_next(&random));
            options.sack[block].right = seq_make((uint32_t)random_next(&random));
        }
        uint8_t bytes[TCP_OPTIONS_MAX_BYTES];
        struct writer w = writer_make(bytes, sizeof(bytes));
        tcp_options_emit(&w, &options);
        assert_int_equal(w.position, tcp_options_length(&options));
        struct tcp_options again = parse(bytes, w.position);
        promise_options_are_kept(&options, &again);
        assert_int_equal(again.sack_count, min_size(options.sack_count, words / 2));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_of_a_syn_are_parsed_and_emitted),
        cmocka_unit_test(fast_open_cookies_are_parsed_and_emitted),
        cmocka_unit_test(sack_blocks_are_parsed_and_emitted),
        cmocka_unit_test(accurate_ecn_is_parsed_and_emitted_at_any_length),
        cmocka_unit_test(accurate_ecn_stands_before_sack_blocks),
        cmocka_unit_test(empty_list_has_nothing),
        cmocka_unit_test(every_first_option_is_taken_skipped_or_ends_the_list),
        cmocka_unit_test(options_before_a_malformed_one_count),
        cmocka_unit_test(options_behind_an_unknown_one_count),
        cmocka_unit_test(options_behind_the_end_do_not_count),
        cmocka_unit_test(options_at_any_alignment_are_read),
        cmocka_unit_test(last_of_two_equal_kinds_counts),
        cmocka_unit_test(lists_near_the_golden_ones_do_no_harm),
        cmocka_unit_test(sack_blocks_without_room_are_left_out),
        cmocka_unit_test(every_set_of_options_survives_emit_and_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
