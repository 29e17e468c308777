/* icmp_layer: what messages that come in mean, and echo requests. */
#include "datagram.h"

#include "network/icmp_layer.h"

struct desk {
    struct post post;
    struct icmp_receipt receipt;
};

static int setup(void **state) {
    struct desk *d = calloc(1, sizeof *d);
    fixture_init(&d->post.fixture);
    *state = d;
    return 0;
}

static int teardown(void **state) {
    struct desk *d = *state;
    dobos_packet_release(d->post.packet);
    dobos_packet_release(d->receipt.answer);
    fixture_fini(&d->post.fixture);
    free(d);
    return 0;
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* An ICMP message of these bytes arrives, its checksum put right unless `raw`. */
static enum verdict arrive(struct desk *d, const uint8_t *message, size_t length, bool broadcast,
                           bool raw) {
    static uint8_t bytes[65536];
    struct ipv4 header = header_make(PROTOCOL_ICMP);
    memcpy(bytes, message, length);
    if (!raw && length >= 4) {
        store_be16(bytes + 2, 0);
        store_be16(bytes + 2, checksum_finish(checksum_add(0, bytes, length)));
    }
    dobos_packet_release(d->post.packet);
    dobos_packet_release(d->receipt.answer);
    d->receipt.answer = NULL;
    d->post.packet = datagram_create(&d->post.fixture, &header, bytes, length);
    d->post.reason = DROP_NONE;
    assert_int_equal(ipv4_receive(d->post.packet, &d->post.ipv4, &d->post.reason), VERDICT_DELIVER);
    return icmp_receive(d->post.packet, &d->post.ipv4, broadcast, &d->receipt, &d->post.reason);
}

/* The answer is the message with another type and a right checksum. */
static void reply_check(struct desk *d, const uint8_t *request, size_t length) {
    static uint8_t bytes[65536];
    assert_non_null(d->receipt.answer);
    assert_int_equal(datagram_read(d->receipt.answer, bytes, sizeof bytes), length);
    assert_int_equal(bytes[0], ICMP_ECHO_REPLY);
    assert_int_equal(bytes[1], 0);
    assert_memory_equal(bytes + 4, request + 4, length - 4);
    assert_int_equal(checksum_fold(checksum_add(0, bytes, length)), 0xffff);
}

/* [rfc792#3] [rfc792#14] [rfc1122#38] [rfc1812#76] [rfc1122#40] [rfc1812#81] [rfc792#4]: every
 * length, odd ones too */
static void echo_request_comes_back_whole(void **state) {
    struct desk *d = *state;
    struct random random = random_make(2);
    for (size_t length = 8; length < 3000; length += length < 100 ? 1 : 137) {
        uint8_t message[3000];
        for (size_t i = 0; i < length; i++)
            message[i] = (uint8_t)random_next(&random);
        message[0] = ICMP_ECHO_REQUEST;
        message[1] = 0;
        assert_int_equal(arrive(d, message, length, false, false), VERDICT_ANSWER);
        reply_check(d, message, length);
        assert_int_equal(d->receipt.icmp.identifier, load_be16(message + 4));
    }
}

/* The checksum changed in place at its edges: sums of all ones and all zeros. */
static void echo_reply_checksum_is_right_for_every_sum(void **state) {
    struct desk *d = *state;
    for (uint32_t word = 0; word < 65536; word += 7) {
        uint8_t message[10] = {ICMP_ECHO_REQUEST, 0, 0, 0, 0, 0, 0, 0, (uint8_t)(word >> 8),
                               (uint8_t)word};
        assert_int_equal(arrive(d, message, sizeof message, false, false), VERDICT_ANSWER);
        reply_check(d, message, sizeof message);
    }
}

static void echo_request_with_unfinished_checksum_is_answered_with_a_finished_one(void **state) {
    struct desk *d = *state;
    uint8_t message[100] = {ICMP_ECHO_REQUEST};
    struct ipv4 header = header_make(PROTOCOL_ICMP);
    d->post.packet = datagram_create(&d->post.fixture, &header, message, sizeof message);
    d->post.packet->offload = (struct dobos_offload){
        .flags = DOBOS_OFFLOAD_NEEDS_CHECKSUM, .checksum_start = 20, .checksum_offset = 2};
    assert_int_equal(icmp_receive(d->post.packet, &header, false, &d->receipt, &d->post.reason),
                     VERDICT_ANSWER);
    reply_check(d, message, sizeof message);
}

/* [rfc1122#42] [attack:B19] */
static void echo_request_to_everybody_is_dropped(void **state) {
    struct desk *d = *state;
    uint8_t message[64] = {ICMP_ECHO_REQUEST};
    assert_int_equal(arrive(d, message, sizeof message, true, false), VERDICT_DROP);
    assert_int_equal(d->post.reason, DROP_ICMP_BROADCAST);
    assert_null(d->receipt.answer);
}

/* [rfc1122#41] [rfc1122#93] [rfc1812#79] */
static void echo_reply_is_delivered(void **state) {
    struct desk *d = *state;
    uint8_t message[64] = {ICMP_ECHO_REPLY, 0, 0, 0, 0x12, 0x34, 0, 7};
    assert_int_equal(arrive(d, message, sizeof message, false, false), VERDICT_DELIVER);
    assert_int_equal(d->receipt.icmp.identifier, 0x1234);
    assert_int_equal(d->receipt.icmp.sequence, 7);
    assert_int_equal(d->post.packet->payload_offset, 28);
}

/* [rfc792#4]: every bit */
static void damaged_message_is_dropped(void **state) {
    struct desk *d = *state;
    for (size_t bit = 0; bit < 64 * 8; bit++) {
        uint8_t message[64] = {ICMP_ECHO_REQUEST, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7};
        store_be16(message + 2, checksum_finish(checksum_add(0, message, sizeof message)));
        message[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(arrive(d, message, sizeof message, false, true), VERDICT_DROP);
        assert_int_equal(d->post.reason, DROP_ICMP_CHECKSUM);
    }
}

/* [attack:C8]: a message of nothing but part of a header */
static void message_shorter_than_its_header_is_dropped(void **state) {
    struct desk *d = *state;
    for (unsigned type = 0; type < 256; type++) {
        for (size_t length = 0; length < 8; length++) {
            uint8_t message[8] = {(uint8_t)type};
            assert_int_equal(arrive(d, message, length, false, false), VERDICT_DROP);
            assert_int_equal(d->post.reason, DROP_ICMP_MALFORMED);
        }
    }
}

/* A message of a type and code that quotes a UDP datagram of ours, with a header of `header` bytes.
 */
static size_t error_make(uint8_t message[128], uint8_t type, uint8_t code, size_t header,
                         size_t quoted) {
    struct ipv4 ipv4 = {.source = dobos_address_ipv4(HERE),
                        .destination = dobos_address_ipv4(THERE + 9),
                        .ttl = 1,
                        .protocol = PROTOCOL_UDP};
    static const uint8_t options[40] = {1, 1, 1, 1};
    struct writer w = writer_make(message + 8, 120);
    memset(message, 0, 128);
    message[0] = type;
    message[1] = code;
    store_be16(message + 6, 1300);
    ipv4.options = (struct slice){options, header - 20};
    ipv4.total_length = (uint16_t)(header + 200);
    ipv4_emit(&w, &ipv4);
    for (size_t i = 0; i < quoted && 8 + header + i < 128; i++)
        message[8 + header + i] = (uint8_t)(0xa0 + i);
    return 8 + header + quoted;
}

/* [rfc1122#32] [rfc1122#36] [rfc1122#37] [rfc1122#23] [rfc1122#115] */
static void error_becomes_a_quote_of_our_datagram(void **state) {
    struct desk *d = *state;
    static const struct {
        uint8_t type, codes;
    } known[] = {{ICMP_UNREACHABLE, 16}, {ICMP_TIME_EXCEEDED, 2}, {ICMP_PARAMETER_PROBLEM, 3}};
    for (size_t i = 0; i < array_length(known); i++) {
        for (unsigned code = 0; code < 256; code++) {
            uint8_t message[128];
            size_t length = error_make(message, known[i].type, (uint8_t)code, 20, 8);
            bool good = code < known[i].codes;
            assert_int_equal(arrive(d, message, length, false, false),
                             good ? VERDICT_QUOTE : VERDICT_DROP);
            if (!good)
                continue;
            const struct quote *quote = &d->receipt.quote;
            assert_int_equal(quote->type, known[i].type);
            assert_int_equal(quote->code, code);
            assert_int_equal(quote->protocol, PROTOCOL_UDP);
            assert_int_equal(dobos_address_ipv4_number(&quote->source), HERE);
            assert_int_equal(dobos_address_ipv4_number(&quote->destination), THERE + 9);
            assert_int_equal(dobos_address_ipv4_number(&quote->from), THERE);
            assert_int_equal(quote->length, 8);
            assert_memory_equal(quote->bytes, message + 28, 8);
            assert_int_equal(
                quote->mtu,
                known[i].type == ICMP_UNREACHABLE && code == ICMP_FRAGMENTATION_NEEDED ? 1300 : 0);
        }
    }
}

/* [attack:B11]: every header length, every length of the quote */
static void quote_with_options_is_read_within_its_bounds(void **state) {
    struct desk *d = *state;
    for (size_t header = 20; header <= 60; header += 4) {
        for (size_t carried = 8; carried < 128; carried++) {
            uint8_t message[128];
            error_make(message, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, header, 120 - header);
            bool good = carried >= 8 + header + 8;
            assert_int_equal(arrive(d, message, carried, false, false),
                             good ? VERDICT_QUOTE : VERDICT_DROP);
            if (!good) {
                assert_int_equal(d->post.reason, DROP_ICMP_MALFORMED);
                continue;
            }
            size_t quoted = min_size(carried - 8 - header, sizeof d->receipt.quote.bytes);
            assert_int_equal(d->receipt.quote.length, quoted);
            assert_memory_equal(d->receipt.quote.bytes, message + 8 + header, quoted);
        }
    }
}

/* [attack:B16] [attack:B11]: header length, version and total length of the quoted header, all of
 * them */
static void quoted_lengths_are_not_believed(void **state) {
    struct desk *d = *state;
    for (unsigned first = 0; first < 256; first++) {
        for (uint32_t total = 0; total < 65536; total += total < 100 ? 1 : 4099) {
            uint8_t message[128];
            error_make(message, ICMP_TIME_EXCEEDED, 0, 20, 28);
            message[8] = (uint8_t)first;
            store_be16(message + 10, (uint16_t)total);
            size_t header = (first & 15) * 4;
            bool good = first >> 4 == 4 && header >= 20 && header + 8 <= 48 && total >= header + 8;
            assert_int_equal(arrive(d, message, 56, false, false),
                             good ? VERDICT_QUOTE : VERDICT_DROP);
            if (good)
                assert_int_equal(d->receipt.quote.length, min_size(48, total) - header);
        }
    }
}

static void quote_of_a_later_fragment_cannot_be_vouched_for(void **state) {
    struct desk *d = *state;
    uint8_t message[128];
    size_t length = error_make(message, ICMP_TIME_EXCEEDED, 1, 20, 8);
    store_be16(message + 8 + 6, 0x2001);
    assert_int_equal(arrive(d, message, length, false, false), VERDICT_DROP);
    assert_int_equal(d->post.reason, DROP_ICMP_UNVOUCHED);
}

static void error_to_everybody_is_dropped(void **state) {
    struct desk *d = *state;
    uint8_t message[128];
    size_t length = error_make(message, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 20, 8);
    assert_int_equal(arrive(d, message, length, true, false), VERDICT_DROP);
}

/* [attack:C2] [rfc6633#2] [rfc6633#3] */
static void source_quench_is_ignored(void **state) {
    struct desk *d = *state;
    uint8_t message[128];
    size_t length = error_make(message, ICMP_SOURCE_QUENCH, 0, 20, 8);
    assert_int_equal(arrive(d, message, length, false, false), VERDICT_DROP);
    assert_int_equal(d->post.reason, DROP_ICMP_TYPE);
}

/* [attack:C4] [rfc1122#35] */
static void redirect_is_ignored(void **state) {
    struct desk *d = *state;
    for (uint8_t code = 0; code < 4; code++) {
        uint8_t message[128];
        size_t length = error_make(message, ICMP_REDIRECT, code, 20, 8);
        assert_int_equal(arrive(d, message, length, false, false), VERDICT_DROP);
        assert_int_equal(d->post.reason, DROP_ICMP_TYPE);
    }
}

/* [attack:C6] [rfc1122#43] [rfc1122#96] [rfc1122#98] [rfc1812#84] [rfc1812#86] [rfc1122#21]
 * [rfc1812#57]: address masks, timestamps and all that nobody knows */
static void other_types_are_ignored(void **state) {
    struct desk *d = *state;
    for (unsigned type = 0; type < 256; type++) {
        uint8_t message[128];
        size_t length = error_make(message, (uint8_t)type, 0, 20, 8);
        if (type == ICMP_ECHO_REPLY || type == ICMP_ECHO_REQUEST || type == ICMP_UNREACHABLE ||
            type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETER_PROBLEM)
            continue;
        assert_int_equal(arrive(d, message, length, false, false), VERDICT_DROP);
        assert_int_equal(d->post.reason, DROP_ICMP_TYPE);
        assert_null(d->receipt.answer);
    }
}

static void echo_request_of_ours_is_answered_by_another(void **state) {
    struct desk *d = *state;
    for (size_t length = 2; length < 200; length += 3) {
        uint8_t bytes[200], message[208];
        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)(i + length);
        struct dobos_packet *packet =
            icmp_echo_transmit(d->post.fixture.pool, 0xbeef, bytes, length);
        assert_non_null(packet);
        assert_int_equal(datagram_read(packet, message, sizeof message), length + 6);
        dobos_packet_release(packet);
        assert_int_equal(arrive(d, message, length + 6, false, true), VERDICT_ANSWER);
        reply_check(d, message, length + 6);
        assert_int_equal(d->receipt.icmp.identifier, 0xbeef);
        assert_int_equal(d->receipt.icmp.sequence, load_be16(bytes));
        assert_memory_equal(message + 8, bytes + 2, length - 2);
    }
    assert_null(icmp_echo_transmit(d->post.fixture.pool, 1, "x", 1));
}

static void failing_allocations_leave_nothing_behind(void **state) {
    (void)state;
    static const uint8_t bytes[1000];
    for (uint64_t n = 0; n < 3; n++) {
        struct fixture fixture;
        struct icmp_receipt receipt;
        enum drop_reason reason = DROP_NONE;
        struct ipv4 header = header_make(PROTOCOL_ICMP);
        uint8_t message[1000] = {ICMP_ECHO_REQUEST};
        fixture_init(&fixture);
        store_be16(message + 2, checksum_finish(checksum_add(0, message, sizeof message)));
        struct dobos_packet *packet = datagram_create(&fixture, &header, message, sizeof message);
        fixture.countdown = n;
        enum verdict verdict = icmp_receive(packet, &header, false, &receipt, &reason);
        struct dobos_packet *echo = icmp_echo_transmit(fixture.pool, 1, bytes, sizeof bytes);
        fixture.countdown = UINT64_MAX;
        assert_int_equal(verdict, receipt.answer ? VERDICT_ANSWER : VERDICT_DROP);
        assert_int_equal(receipt.answer == NULL, n < 2);
        assert_null(echo);
        dobos_packet_release(receipt.answer);
        dobos_packet_release(packet);
        fixture_fini(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DESK_TEST(echo_request_comes_back_whole),
        DESK_TEST(echo_reply_checksum_is_right_for_every_sum),
        DESK_TEST(echo_request_with_unfinished_checksum_is_answered_with_a_finished_one),
        DESK_TEST(echo_request_to_everybody_is_dropped),
        DESK_TEST(echo_reply_is_delivered),
        DESK_TEST(damaged_message_is_dropped),
        DESK_TEST(message_shorter_than_its_header_is_dropped),
        DESK_TEST(error_becomes_a_quote_of_our_datagram),
        DESK_TEST(quote_with_options_is_read_within_its_bounds),
        DESK_TEST(quoted_lengths_are_not_believed),
        DESK_TEST(quote_of_a_later_fragment_cannot_be_vouched_for),
        DESK_TEST(error_to_everybody_is_dropped),
        DESK_TEST(source_quench_is_ignored),
        DESK_TEST(redirect_is_ignored),
        DESK_TEST(other_types_are_ignored),
        DESK_TEST(echo_request_of_ours_is_answered_by_another),
        cmocka_unit_test(failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
