/* tcp: the header; its options are told apart in tcp_options_test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip.h"
#include "survey.h"

static void emitted_is_golden(const struct tcp_header *tcp, const uint8_t *golden, size_t length) {
    uint8_t bytes[TCP_HEADER_MAX_BYTES];
    struct writer w = writer_make(bytes, sizeof(bytes));
    tcp_emit(&w, tcp);
    assert_false(w.failed);
    assert_int_equal(w.position, length);
    assert_memory_equal(bytes, golden, length);
}

static void syn_is_parsed_and_emitted(void **state) {
    (void)state;
    struct reader r = reader_make(golden_tcp_syn, sizeof(golden_tcp_syn));
    struct tcp_header tcp;
    assert_true(tcp_parse(&r, &tcp));
    assert_int_equal(tcp.source_port, 49152);
    assert_int_equal(tcp.destination_port, 80);
    assert_int_equal(tcp.seq.raw, 0x01020304);
    assert_int_equal(tcp.ack.raw, 0);
    assert_int_equal(tcp.header_length, 40);
    assert_int_equal(tcp.flags, TCP_SYN);
    assert_int_equal(tcp.window, 64240);
    assert_int_equal(tcp.checksum, 0x4755);
    assert_int_equal(tcp.urgent, 0);
    assert_int_equal(tcp.options.length, 20);
    assert_int_equal(reader_rest(&r), 0);
    emitted_is_golden(&tcp, golden_tcp_syn, sizeof(golden_tcp_syn));
}

static void ack_is_parsed_and_emitted(void **state) {
    (void)state;
    struct reader r = reader_make(golden_tcp_sack, sizeof(golden_tcp_sack));
    struct tcp_header tcp;
    assert_true(tcp_parse(&r, &tcp));
    assert_int_equal(tcp.flags, TCP_ACK);
    assert_int_equal(tcp.ack.raw, 0x01020305);
    assert_int_equal(tcp.options.length, 32);
    emitted_is_golden(&tcp, golden_tcp_sack, sizeof(golden_tcp_sack));
}

/* All data offsets against 0 to 64 bytes [rfc9293#10]. */
static void every_data_offset_that_lies_is_refused(void **state) {
    (void)state;
    for (size_t length = 0; length <= 64; length++) {
        uint8_t *exact = malloc(length);
        for (unsigned offset = 0; offset < 16; offset++) {
            uint8_t bytes[64] = {0};
            memcpy(bytes, golden_tcp_syn, sizeof(golden_tcp_syn));
            bytes[12] = (uint8_t)(offset << 4);
            if (length > 0)
                memcpy(exact, bytes, length);
            bool good = length >= 20 && offset >= 5 && offset * 4 <= length;
            assert_int_equal(roundtrip_tcp(exact, length), good);
        }
        free(exact);
    }
}

static void every_flag_has_its_bit(void **state) {
    (void)state;
    static const struct {
        uint8_t flag, bit;
    } flags[] = {{TCP_CWR, 7}, {TCP_ECE, 6}, {TCP_URG, 5}, {TCP_ACK, 4},
                 {TCP_PSH, 3}, {TCP_RST, 2}, {TCP_SYN, 1}, {TCP_FIN, 0}};
    for (size_t i = 0; i < array_length(flags); i++) {
        uint8_t bytes[20] = {0};
        struct writer w = writer_make(bytes, sizeof(bytes));
        tcp_emit(&w, &(struct tcp_header){.flags = flags[i].flag});
        assert_int_equal(bytes[13], 1u << flags[i].bit);
        assert_int_equal(bytes[12], 0x50);
    }
}

/* Bytes up to the data offset are zero [rfc9293#9]. */
static void odd_options_are_filled_up_with_zeros(void **state) {
    (void)state;
    struct tcp_header tcp = {.options = {(const uint8_t *)"\3\3\7", 3}};
    uint8_t bytes[24];
    memset(bytes, 0xff, sizeof(bytes));
    struct writer w = writer_make(bytes, sizeof(bytes));
    tcp_emit(&w, &tcp);
    assert_int_equal(w.position, 24);
    assert_int_equal(bytes[12], 0x60);
    assert_memory_equal(bytes + 20, "\3\3\7\0", 4);
}

static void header_cut_anywhere_is_refused(void **state) {
    (void)state;
    assert_int_equal(survey_truncations(golden_tcp_syn, 40, roundtrip_tcp), 0);
}

static void headers_near_the_golden_ones_do_no_harm(void **state) {
    (void)state;
    assert_true(survey_format("tcp", roundtrip_tcp));
}

static void emit_without_room_writes_nothing(void **state) {
    (void)state;
    uint8_t bytes[64] = {0};
    struct writer w = writer_make(bytes, 23);
    tcp_emit(&w, &(struct tcp_header){.options = {bytes, 4}});
    assert_true(w.failed);
    w = writer_make(bytes, sizeof(bytes));
    tcp_emit(&w, &(struct tcp_header){.options = {bytes, 41}});
    assert_true(w.failed);
    assert_int_equal(w.position, 0);
}

static void random_headers_survive_emit_and_parse(void **state) {
    (void)state;
    struct random random = random_make(6);
    for (int i = 0; i < 20000; i++) {
        uint8_t options[40], bytes[TCP_HEADER_MAX_BYTES];
        for (size_t at = 0; at < sizeof(options); at += 8)
            store_be64(options + at, random_next(&random));
        struct tcp_header tcp = {0}, again;
        tcp.source_port = (uint16_t)random_next(&random);
        tcp.destination_port = (uint16_t)random_next(&random);
        tcp.seq = seq_make((uint32_t)random_next(&random));
        tcp.ack = seq_make((uint32_t)random_next(&random));
        tcp.flags = (uint8_t)random_next(&random);
        tcp.window = (uint16_t)random_next(&random);
        tcp.checksum = (uint16_t)random_next(&random);
        tcp.urgent = (uint16_t)random_next(&random);
        tcp.options = (struct slice){options, 4 * random_below(&random, 11)};
        tcp.header_length = (uint8_t)(20 + tcp.options.length);
        struct writer w = writer_make(bytes, sizeof(bytes));
        tcp_emit(&w, &tcp);
        struct reader r = reader_make(bytes, w.position);
        assert_true(tcp_parse(&r, &again));
        assert_true(tcps_are_equal(&tcp, &again));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syn_is_parsed_and_emitted),
        cmocka_unit_test(ack_is_parsed_and_emitted),
        cmocka_unit_test(every_data_offset_that_lies_is_refused),
        cmocka_unit_test(every_flag_has_its_bit),
        cmocka_unit_test(odd_options_are_filled_up_with_zeros),
        cmocka_unit_test(header_cut_anywhere_is_refused),
        cmocka_unit_test(headers_near_the_golden_ones_do_no_harm),
        cmocka_unit_test(emit_without_room_writes_nothing),
        cmocka_unit_test(random_headers_survive_emit_and_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
