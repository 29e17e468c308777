/* ipv4: headers whole, cut, changed; lengths that contradict each other; options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/random.h"
#include "roundtrip.h"
#include "survey.h"

static enum ipv4_error parse(const uint8_t *bytes, size_t length, struct ipv4 *ipv4) {
    struct reader r = reader_make(bytes, length);
    return ipv4_parse(&r, length, ipv4);
}

static void checksum_set(uint8_t *header, size_t length) {
    store_be16(header + 10, 0);
    store_be16(header + 10, checksum_finish(checksum_add(0, header, length)));
}

static void emitted_is_golden(const struct ipv4 *ipv4, const uint8_t *golden) {
    uint8_t bytes[IPV4_HEADER_MAX_BYTES];
    struct writer w = writer_make(bytes, sizeof(bytes));
    ipv4_emit(&w, ipv4);
    assert_false(w.failed);
    assert_int_equal(w.position, ipv4->header_length);
    assert_memory_equal(bytes, golden, ipv4->header_length);
}

/* [rfc791#3] */
static void fragment_is_parsed_and_emitted(void **state) {
    (void)state;
    struct ipv4 ipv4;
    assert_int_equal(parse(golden_ipv4_fragment, 36, &ipv4), IPV4_OK);
    assert_int_equal(ipv4.header_length, 20);
    assert_int_equal(ipv4.total_length, 36);
    assert_int_equal(ipv4.identification, 0x1234);
    assert_true(ipv4.more_fragments);
    assert_false(ipv4.dont_fragment);
    assert_int_equal(ipv4.fragment_offset, 1480);
    assert_int_equal(ipv4.tos, 0);
    assert_int_equal(ipv4.ttl, 64);
    assert_int_equal(ipv4.protocol, PROTOCOL_UDP);
    assert_int_equal(dobos_address_ipv4_number(&ipv4.source), 0xc0a80004);
    assert_int_equal(dobos_address_ipv4_number(&ipv4.destination), 0xcb00710c);
    assert_int_equal(ipv4.options.length, 0);
    assert_false(ipv4.has_source_route);
    emitted_is_golden(&ipv4, golden_ipv4_fragment);
}

static void header_with_options_is_parsed_and_emitted(void **state) {
    (void)state;
    struct ipv4 ipv4;
    assert_int_equal(parse(golden_ipv4_options, 40, &ipv4), IPV4_OK);
    assert_int_equal(ipv4.header_length, 32);
    assert_int_equal(ipv4.tos, 0xc0);
    assert_true(ipv4.dont_fragment);
    assert_false(ipv4.more_fragments || ipv4.has_source_route);
    assert_int_equal(ipv4.fragment_offset, 0);
    assert_int_equal(ipv4.options.length, 12);
    emitted_is_golden(&ipv4, golden_ipv4_options);
}

static void options_are_walked_one_by_one(void **state) {
    (void)state;
    struct reader r = reader_make(golden_ipv4_options + 20, 12);
    uint8_t kind;
    struct slice data;
    assert_true(ipv4_option_parse(&r, &kind, &data));
    assert_int_equal(kind, 7);
    assert_int_equal(data.length, 5);
    assert_true(ipv4_option_parse(&r, &kind, &data));
    assert_int_equal(kind, 1);
    assert_int_equal(data.length, 0);
    assert_true(ipv4_option_parse(&r, &kind, &data));
    assert_int_equal(kind, 148);
    assert_int_equal(data.length, 2);
    assert_false(ipv4_option_parse(&r, &kind, &data));
    assert_false(r.failed);
}

/* Loose and strict; wherever it stands, it is seen [attack:B9]. */
static void source_route_is_seen(void **state) {
    (void)state;
    struct ipv4 ipv4;
    uint8_t bytes[32];
    memcpy(bytes, golden_ipv4_source_route, sizeof(bytes));
    assert_int_equal(parse(bytes, sizeof(bytes), &ipv4), IPV4_OK);
    assert_true(ipv4.has_source_route);
    emitted_is_golden(&ipv4, golden_ipv4_source_route);
    bytes[20] = 137;
    checksum_set(bytes, 28);
    assert_int_equal(parse(bytes, sizeof(bytes), &ipv4), IPV4_OK);
    assert_true(ipv4.has_source_route);
    memcpy(bytes + 20, (const uint8_t[]){1, 1, 131, 2, 1, 1, 1, 1}, 8);
    checksum_set(bytes, 28);
    assert_int_equal(parse(bytes, sizeof(bytes), &ipv4), IPV4_OK);
    assert_true(ipv4.has_source_route);
}

/* What stands behind the end of the list means nothing, not even a source route [rfc791#4]. */
static void bytes_behind_the_end_of_the_list_are_not_read(void **state) {
    (void)state;
    struct ipv4 ipv4;
    uint8_t bytes[32];
    memcpy(bytes, golden_ipv4_source_route, sizeof(bytes));
    memcpy(bytes + 20, (const uint8_t[]){1, 0, 131, 1, 7, 0, 7, 255}, 8);
    checksum_set(bytes, 28);
    assert_int_equal(parse(bytes, sizeof(bytes), &ipv4), IPV4_OK);
    assert_false(ipv4.has_source_route);
}

/* A single option of every kind and every length in lists of 4 to 40 bytes [attack:B9] [rfc791#4].
 */
static void every_option_kind_and_length_is_accepted_or_refused(void **state) {
    (void)state;
    uint8_t bytes[IPV4_HEADER_MAX_BYTES];
    for (size_t room = 4; room <= 40; room += 4) {
        size_t header = 20 + room;
        uint8_t *exact = malloc(header);
        for (unsigned kind = 0; kind < 256; kind++) {
            for (unsigned length = 0; length < 256; length++) {
                memset(bytes, 1, sizeof(bytes));
                memcpy(bytes, golden_ipv4_fragment, 20);
                bytes[0] = (uint8_t)(0x40 | header / 4);
                store_be16(bytes + 2, (uint16_t)header);
                bytes[20] = (uint8_t)kind;
                bytes[21] = (uint8_t)length;
                checksum_set(bytes, header);
                memcpy(exact, bytes, header);
                struct ipv4 ipv4;
                enum ipv4_error error = parse(exact, header, &ipv4);
                bool wrong = kind > 1 && (length < 2 || length > room);
                if (kind == 1 && length > 1) /* a NOP, then this kind with a length of 1 */
                    wrong = true;
                assert_int_equal(error, wrong ? IPV4_OPTIONS : IPV4_OK);
            }
        }
        free(exact);
    }
}

/* What is wrong with lengths, told in the order of enum ipv4_error. */
static enum ipv4_error expected(unsigned ihl, size_t total, size_t held, size_t available) {
    if (held < 20)
        return IPV4_SHORT;
    if (ihl < 5 || ihl * 4 > held)
        return IPV4_HEADER_LENGTH;
    return total < ihl * 4 || total > available ? IPV4_TOTAL_LENGTH : IPV4_OK;
}

/* The reader holds the whole frame or only its first 60 bytes [attack:B8] [attack:A2] [rfc791#1]
 * [rfc791#2] [rfc1812#90]. */
static void every_contradiction_of_lengths_is_refused(void **state) {
    (void)state;
    static const uint16_t more_totals[] = {255,  256,   576,   1499,  1500,
                                           1501, 32767, 32768, 65534, 65535};
    uint8_t bytes[IPV4_HEADER_MAX_BYTES];
    size_t accepted = 0;
    for (size_t available = 0; available <= 130; available++) {
        size_t held = min_size(available, sizeof(bytes));
        uint8_t *exact = malloc(held);
        for (unsigned ihl = 0; ihl < 16; ihl++) {
            for (size_t turn = 0; turn < 132 + array_length(more_totals); turn++) {
                size_t total = turn < 132 ? turn : more_totals[turn - 132];
                memset(bytes, 1, sizeof(bytes)); /* options: nothing but NOPs */
                memcpy(bytes, golden_ipv4_fragment, 20);
                bytes[0] = (uint8_t)(0x40 | ihl);
                store_be16(bytes + 2, (uint16_t)total);
                if (ihl >= 5)
                    checksum_set(bytes, (size_t)ihl * 4);
                if (held > 0)
                    memcpy(exact, bytes, held);
                struct reader r = reader_make(exact, held);
                struct ipv4 ipv4;
                enum ipv4_error error = ipv4_parse(&r, available, &ipv4);
                assert_int_equal(error, expected(ihl, total, held, available));
                accepted += error == IPV4_OK;
            }
        }
        free(exact);
    }
    assert_true(accepted > 0);
}

static void other_versions_are_refused(void **state) {
    (void)state;
    uint8_t bytes[36];
    memcpy(bytes, golden_ipv4_fragment, sizeof(bytes));
    for (unsigned version = 0; version < 16; version++) {
        struct ipv4 ipv4;
        bytes[0] = (uint8_t)(version << 4 | 5);
        checksum_set(bytes, 20);
        assert_int_equal(parse(bytes, sizeof(bytes), &ipv4), version == 4 ? IPV4_OK : IPV4_VERSION);
    }
}

/* A change of a single bit cannot pass the checksum: version, lengths or checksum catch it. */
static void every_single_changed_byte_is_caught(void **state) {
    (void)state;
    assert_int_equal(survey_mutations(golden_ipv4_fragment, 20, roundtrip_ipv4_strict), 0);
    uint8_t bytes[36];
    memcpy(bytes, golden_ipv4_fragment, sizeof(bytes));
    bytes[8]--;
    struct ipv4 ipv4;
    assert_int_equal(parse(bytes, sizeof(bytes), &ipv4), IPV4_CHECKSUM);
}

/* One reader for frame and packet: offsets count from where each begins. */
static void header_behind_another_is_parsed(void **state) {
    (void)state;
    uint8_t bytes[10 + 22 + 36] = {0};
    struct ethernet frame;
    struct ipv4 ipv4;
    memcpy(bytes + 10, golden_ethernet_snap, 22);
    memcpy(bytes + 32, golden_ipv4_fragment, 36);
    struct reader r = reader_make(bytes, sizeof(bytes));
    reader_skip(&r, 10);
    assert_true(ethernet_parse(&r, &frame));
    assert_int_equal(frame.payload_offset, 22);
    assert_int_equal(ipv4_parse(&r, 36, &ipv4), IPV4_OK);
    assert_int_equal(ipv4.identification, 0x1234);
    assert_int_equal(r.position, 52);
}

static void headers_near_the_golden_ones_do_no_harm(void **state) {
    (void)state;
    assert_true(survey_format("ipv4", roundtrip_ipv4));
    assert_int_equal(survey_truncations(golden_ipv4_options, 40, roundtrip_ipv4), 0);
}

/* [rfc791#18] */
static void options_are_padded_when_emitted(void **state) {
    (void)state;
    struct ipv4 ipv4, again;
    assert_int_equal(parse(golden_ipv4_fragment, 36, &ipv4), IPV4_OK);
    ipv4.options = (struct slice){golden_ipv4_options + 28, 4};
    for (ipv4.options.length = 0; ipv4.options.length <= 4; ipv4.options.length++) {
        uint8_t bytes[24];
        ipv4.options.bytes = (const uint8_t *)"\1\1\1\1";
        struct writer w = writer_make(bytes, sizeof(bytes));
        ipv4_emit(&w, &ipv4);
        size_t header = ipv4.options.length > 0 ? 24 : 20;
        assert_int_equal(w.position, header);
        assert_int_equal(ipv4_emit_length(&ipv4), header);
        struct reader r = reader_make(bytes, header);
        assert_int_equal(ipv4_parse(&r, 36, &again), IPV4_OK);
        for (size_t i = 20 + ipv4.options.length; i < header; i++)
            assert_int_equal(bytes[i], 0);
    }
}

static void emit_without_room_writes_nothing(void **state) {
    (void)state;
    uint8_t bytes[64];
    struct writer w = writer_make(bytes, 19);
    ipv4_emit(&w, &(struct ipv4){.ttl = 1});
    assert_true(w.failed);
    assert_int_equal(w.position, 0);
    w = writer_make(bytes, sizeof(bytes));
    ipv4_emit(&w, &(struct ipv4){.options = {bytes, 41}});
    assert_true(w.failed);
    assert_int_equal(w.position, 0);
}

static void random_headers_survive_emit_and_parse(void **state) {
    (void)state;
    struct random random = random_make(3);
    uint8_t nops[40];
    memset(nops, 1, sizeof(nops));
    for (int i = 0; i < 20000; i++) {
        struct ipv4 ipv4 = {0}, again;
        ipv4.options = (struct slice){nops, 4 * random_below(&random, 11)};
        ipv4.header_length = (uint8_t)(20 + ipv4.options.length);
        ipv4.total_length = (uint16_t)(ipv4.header_length + random_below(&random, 65000));
        ipv4.source = dobos_address_ipv4((uint32_t)random_next(&random));
        ipv4.destination = dobos_address_ipv4((uint32_t)random_next(&random));
        ipv4.identification = (uint16_t)random_next(&random);
        ipv4.fragment_offset = (uint16_t)(random_below(&random, 8192) * 8);
        ipv4.dont_fragment = random_below(&random, 2);
        ipv4.more_fragments = random_below(&random, 2);
        ipv4.tos = (uint8_t)random_next(&random);
        ipv4.ttl = (uint8_t)random_next(&random);
        ipv4.protocol = (uint8_t)random_next(&random);
        uint8_t bytes[IPV4_HEADER_MAX_BYTES];
        struct writer w = writer_make(bytes, sizeof(bytes));
        ipv4_emit(&w, &ipv4);
        struct reader r = reader_make(bytes, w.position);
        assert_int_equal(ipv4_parse(&r, ipv4.total_length, &again), IPV4_OK);
        assert_true(ipv4s_are_equal(&ipv4, &again));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragment_is_parsed_and_emitted),
        cmocka_unit_test(header_with_options_is_parsed_and_emitted),
        cmocka_unit_test(options_are_walked_one_by_one),
        cmocka_unit_test(source_route_is_seen),
        cmocka_unit_test(bytes_behind_the_end_of_the_list_are_not_read),
        cmocka_unit_test(every_option_kind_and_length_is_accepted_or_refused),
        cmocka_unit_test(every_contradiction_of_lengths_is_refused),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(every_single_changed_byte_is_caught),
        cmocka_unit_test(header_behind_another_is_parsed),
        cmocka_unit_test(headers_near_the_golden_ones_do_no_harm),
        cmocka_unit_test(options_are_padded_when_emitted),
        cmocka_unit_test(emit_without_room_writes_nothing),
        cmocka_unit_test(random_headers_survive_emit_and_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
