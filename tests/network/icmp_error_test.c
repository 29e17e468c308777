/* icmp_error: which errors are sent, about what, how much they quote, and how often. */
#include "datagram.h"

#include "network/icmp_layer.h"

struct desk {
    struct fixture fixture;
    struct icmp_limit limit;
    struct dobos_packet *packet, *error;
    struct ipv4 ipv4;
    dobos_time now;
};

static int setup(void **state) {
    struct desk *d = calloc(1, sizeof *d);
    fixture_init(&d->fixture);
    icmp_limit_init(&d->limit, &d->fixture.key, 1, 0);
    *state = d;
    return 0;
}

static int teardown(void **state) {
    struct desk *d = *state;
    dobos_packet_release(d->packet);
    dobos_packet_release(d->error);
    fixture_fini(&d->fixture);
    free(d);
    return 0;
}

#define DESK_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* A datagram of that header arrives and is dropped for `reason`; whether an error is made
 * (d->error). */
static bool refuse(struct desk *d, const struct ipv4 *header, size_t payload,
                   enum drop_reason reason, uint32_t mtu) {
    static uint8_t bytes[65536] = {8, 0};
    enum drop_reason ignored;
    dobos_packet_release(d->packet);
    dobos_packet_release(d->error);
    d->packet = datagram_create(&d->fixture, header, bytes, payload);
    memset(packet_prepend(d->packet, 14), 0xee, 14);
    d->packet->network_offset = 14;
    assert_int_equal(ipv4_receive(d->packet, &d->ipv4, &ignored), VERDICT_DELIVER);
    d->error =
        icmp_error_transmit(d->fixture.pool, &d->limit, d->packet, &d->ipv4, reason, mtu, d->now);
    d->now += DOBOS_SECOND; /* so that the limit does not speak, unless a test wants it to */
    return d->error != NULL;
}

static struct ipv4 from_to(uint32_t source, uint32_t destination) {
    struct ipv4 header = header_make(PROTOCOL_UDP);
    header.source = dobos_address_ipv4(source);
    header.destination = dobos_address_ipv4(destination);
    return header;
}

/* [rfc1812#7] [rfc1812#97] [rfc1812#99] [rfc1812#8] [rfc1812#22] [rfc1812#104] [rfc1122#30]
 * [rfc1122#31] [rfc1122#112] [rfc792#1] [rfc792#2] [rfc1122#51] [rfc792#10] [rfc1812#74]
 * [rfc6633#1] [rfc5508#30] [rfc1812#73] [rfc1812#122] [rfc1122#34] [rfc1812#135]
 * [rfc1812#100] [rfc1812#103] */
static void each_reason_has_its_error_and_the_others_none(void **state) {
    struct desk *d = *state;
    static const struct {
        enum drop_reason reason;
        uint8_t type, code;
    } said[] = {{DROP_NO_ROUTE, 3, 0},          {DROP_NEIGHBOR_FAILED, 3, 1},
                {DROP_IP_PROTOCOL, 3, 2},       {DROP_UDP_NO_PORT, 3, 3},
                {DROP_TTL_EXPIRED, 11, 0},      {DROP_FRAGMENTATION_NEEDED, 3, 4},
                {DROP_SPECIAL_RANGE, 3, 13},    {DROP_ROUTE_UNREACHABLE, 3, 1},
                {DROP_ROUTE_PROHIBIT, 3, 13},   {DROP_FILTER_REJECTED, 3, 13},
                {DROP_FRAGMENT_TIMEOUT, 11, 1}, {DROP_IP_OPTIONS, 12, 0},
                {DROP_NO_CARRIER, 3, 1},        {DROP_NAT_SYN, 3, 3},
                {DROP_NAT_NO_ADDRESS, 3, 13},   {DROP_NAT_NO_PORT, 3, 13},
                {DROP_NAT_QUOTA, 3, 13},        {DROP_NAT_PROTOCOL, 3, 13},
                {DROP_SESSION_LIMIT, 3, 13}};
    struct ipv4 header = header_make(PROTOCOL_UDP);
    for (int reason = 0; reason < DROP_REASON_COUNT; reason++) {
        int found = -1;
        for (size_t i = 0; i < array_length(said); i++)
            if ((int)said[i].reason == reason)
                found = (int)i;
        assert_int_equal(refuse(d, &header, 100, (enum drop_reason)reason, 1300), found >= 0);
        if (found < 0)
            continue;
        assert_int_equal(packet_byte(d->error, 0), said[found].type);
        assert_int_equal(packet_byte(d->error, 1), said[found].code);
        assert_int_equal(packet_be16(d->error, 4), 0); /* [rfc792#8] [rfc1191#11] */
        assert_int_equal(packet_be16(d->error, 6), reason == DROP_FRAGMENTATION_NEEDED
                                                       ? 1300
                                                       : 0); /* [rfc1191#1] [rfc1812#105] */
    }
}

/* [rfc1122#22] [rfc792#9] [rfc1812#59] [rfc1812#4] [rfc792#4]: every size */
static void error_quotes_the_packet_as_much_as_576_bytes_hold(void **state) {
    struct desk *d = *state;
    static uint8_t quoted[2100], original[2100];
    for (size_t payload = 8; payload < 2000; payload += payload < 600 ? 1 : 201) {
        struct ipv4 header = header_make(PROTOCOL_UDP);
        assert_true(refuse(d, &header, payload, DROP_UDP_NO_PORT, 0));
        size_t length = datagram_read(d->error, quoted, sizeof quoted);
        assert_int_equal(length, min_size(8 + 20 + payload, 576 - 20));
        assert_int_equal(checksum_fold(checksum_add(0, quoted, length)), 0xffff);
        dobos_packet_read(d->packet, 14, original, sizeof original);
        assert_memory_equal(quoted + 8, original, length - 8);
    }
}

/* [attack:B12]: every header length */
static void packet_with_options_is_quoted_with_them(void **state) {
    struct desk *d = *state;
    static const uint8_t options[40] = {7, 39, 4, 1, 2, 3, 4};
    uint8_t quoted[600], original[600];
    for (size_t length = 0; length <= 40; length += 4) {
        struct ipv4 header = header_make(PROTOCOL_UDP);
        uint8_t own[40];
        memcpy(own, options, 40);
        own[1] = (uint8_t)(length - 1);
        header.options = (struct slice){own, length};
        for (size_t payload = 0; payload < 700; payload += 99) {
            assert_true(refuse(d, &header, payload, DROP_TTL_EXPIRED, 0));
            size_t total = datagram_read(d->error, quoted, sizeof quoted);
            assert_int_equal(total, min_size(8 + 20 + length + payload, 556));
            dobos_packet_read(d->packet, 14, original, sizeof original);
            assert_memory_equal(quoted + 8, original, total - 8);
        }
    }
}

/* [attack:B21] [rfc1122#25] [rfc792#5] [rfc1812#65] */
/* [rfc5508#33] */
static void icmp_error_is_never_answered(void **state) {
    struct desk *d = *state;
    for (unsigned type = 0; type < 256; type++) {
        struct ipv4 header = header_make(PROTOCOL_ICMP);
        uint8_t message[8] = {(uint8_t)type};
        struct dobos_packet *packet =
            datagram_create(&d->fixture, &header, message, sizeof message);
        struct ipv4 ipv4;
        enum drop_reason ignored;
        ipv4_receive(packet, &ipv4, &ignored);
        struct dobos_packet *error = icmp_error_transmit(d->fixture.pool, &d->limit, packet, &ipv4,
                                                         DROP_TTL_EXPIRED, 0, d->now);
        bool is_error = type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
        assert_int_equal(error == NULL, is_error);
        dobos_packet_release(error);
        dobos_packet_release(packet);
        d->now += DOBOS_SECOND;
    }
    struct ipv4 header = header_make(PROTOCOL_ICMP);
    assert_false(refuse(d, &header, 0, DROP_TTL_EXPIRED, 0)); /* no type to be seen */
}

/* [attack:B21] [rfc1122#26] [rfc1812#67] [rfc1122#27] [rfc1812#68] [attack:B19] */
static void datagram_to_everybody_is_never_answered(void **state) {
    struct desk *d = *state;
    struct ipv4 header = from_to(THERE, 0xffffffff);
    assert_false(refuse(d, &header, 10, DROP_UDP_NO_PORT, 0));
    header = from_to(THERE, 0xe0000001);
    assert_false(refuse(d, &header, 10, DROP_UDP_NO_PORT, 0));
    header = from_to(THERE, HERE);
    assert_true(refuse(d, &header, 10, DROP_UDP_NO_PORT, 0));
    d->packet->link_broadcast = true;
    assert_null(icmp_error_transmit(d->fixture.pool, &d->limit, d->packet, &d->ipv4,
                                    DROP_UDP_NO_PORT, 0, d->now));
}

/* [attack:B21] [rfc1122#28] [rfc792#6] [rfc1812#70] */
static void later_fragment_is_never_answered(void **state) {
    struct desk *d = *state;
    struct ipv4 header = header_make(PROTOCOL_UDP);
    header.fragment_offset = 8;
    assert_false(refuse(d, &header, 10, DROP_TTL_EXPIRED, 0));
    header.more_fragments = true;
    assert_false(refuse(d, &header, 16, DROP_TTL_EXPIRED, 0));
    header.fragment_offset = 0;
    assert_true(refuse(d, &header, 16, DROP_TTL_EXPIRED, 0));
}

/* [rfc1122#29] [rfc1812#69] */
static void source_that_is_no_host_is_never_answered(void **state) {
    struct desk *d = *state;
    static const uint32_t bad[] = {0,          1,          0x7f000001, 0xe0000001,
                                   0xefffffff, 0xf0000000, 0xfffffffe, 0xffffffff};
    for (size_t i = 0; i < array_length(bad); i++) {
        struct ipv4 header = from_to(bad[i], HERE);
        assert_false(refuse(d, &header, 10, DROP_UDP_NO_PORT, 0));
    }
    struct ipv4 within = from_to(0x7f000001, 0x7f000001); /* never left this host */
    assert_true(refuse(d, &within, 10, DROP_UDP_NO_PORT, 0));
}

static unsigned errors_at(struct desk *d, uint32_t source, unsigned tries) {
    unsigned sent = 0;
    struct ipv4 header = from_to(source, HERE);
    for (unsigned i = 0; i < tries; i++) {
        dobos_time now = d->now;
        sent += refuse(d, &header, 10, DROP_UDP_NO_PORT, 0);
        d->now = now;
    }
    return sent;
}

/* [rfc1812#6] */
/* [rfc5508#34] */
static void one_source_is_told_six_times_a_second(void **state) {
    struct desk *d = *state;
    d->now = DOBOS_SECOND;
    assert_int_equal(errors_at(d, THERE, 100), 6);
    d->now += DOBOS_SECOND / 2;
    assert_int_equal(errors_at(d, THERE, 100), 3);
    d->now += 3600 * DOBOS_SECOND;
    assert_int_equal(errors_at(d, THERE, 100), 6);
    d->now = 0; /* a clock that runs back gives nothing */
    assert_int_equal(errors_at(d, THERE, 100), 0);
}

/* [rfc1812#6]: whatever comes, no more than a thousand a second and a burst of 48, of which each
 * costs one on the average */
static void all_sources_together_are_told_a_thousand_times_a_second(void **state) {
    struct desk *d = *state;
    unsigned sent = 0;
    d->now = DOBOS_SECOND;
    for (unsigned i = 0; i < 200000; i++) {
        struct ipv4 header = from_to(THERE + i * 7919, HERE);
        dobos_time now = d->now;
        sent += refuse(d, &header, 10, DROP_UDP_NO_PORT, 0);
        d->now = now + 50 * DOBOS_MICROSECOND; /* ten seconds in all */
    }
    /* 64 destinations of 6 a second let 3,840 through in ten seconds, and 384 at once */
    assert_in_range(sent, 3000, 64 * 66);
}

/* The burst for all ends after 48 on the average, never at the same count: who counts learns
 * nothing. */
static void burst_for_all_is_of_no_fixed_size(void **state) {
    struct desk *d = *state;
    unsigned least = 1000, most = 0, total = 0;
    enum {
        ROUNDS = 200
    };
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned sent = 0;
        d->now += 3600 * DOBOS_SECOND;
        for (unsigned i = 0; i < 300; i++)
            sent += errors_at(d, THERE + i * 7919 + round, 1);
        least = sent < least ? sent : least;
        most = sent > most ? sent : most;
        total += sent;
    }
    assert_in_range(total / ROUNDS, 40, 56);
    assert_true(least < 45 && most > 55);
}

static void failing_allocations_leave_nothing_behind(void **state) {
    (void)state;
    for (uint64_t n = 0; n < 3; n++) {
        struct desk d = {.now = 0};
        struct ipv4 header = header_make(PROTOCOL_UDP);
        static const uint8_t bytes[1000];
        fixture_init(&d.fixture);
        icmp_limit_init(&d.limit, &d.fixture.key, 1, 0);
        d.packet = datagram_create(&d.fixture, &header, bytes, sizeof bytes);
        d.fixture.countdown = n;
        header.header_length = 20;
        d.error = icmp_error_transmit(d.fixture.pool, &d.limit, d.packet, &header, DROP_UDP_NO_PORT,
                                      0, 0);
        d.fixture.countdown = UINT64_MAX;
        assert_int_equal(d.error == NULL, n < 2);
        dobos_packet_release(d.error);
        dobos_packet_release(d.packet);
        fixture_fini(&d.fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        DESK_TEST(each_reason_has_its_error_and_the_others_none),
        DESK_TEST(error_quotes_the_packet_as_much_as_576_bytes_hold),
        DESK_TEST(packet_with_options_is_quoted_with_them),
        DESK_TEST(icmp_error_is_never_answered),
        DESK_TEST(datagram_to_everybody_is_never_answered),
        DESK_TEST(later_fragment_is_never_answered),
        DESK_TEST(source_that_is_no_host_is_never_answered),
        DESK_TEST(one_source_is_told_six_times_a_second),
        DESK_TEST(all_sources_together_are_told_a_thousand_times_a_second),
        DESK_TEST(burst_for_all_is_of_no_fixed_size),
        cmocka_unit_test(failing_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
