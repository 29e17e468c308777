/*
 * Record route and timestamp options on their way through a router, and back from who is asked for
 * an echo. eth1 is 10.0.0.1/8, behind which 198.51.100.0/24 lies.
 */
#include "nat_scene.h"

#define FAR_HOP    UINT32_C(0x0a00000a)
#define RECORD_BAD 22 /* the pointer of an option that comes first */

static int setup(void **state) {
    int result = station_setup_router_without_routes(state);
    struct station *s = *state;
    (void)station_add_interface(s, ROUTER_IN, 8, 1500);
    station_add_route(s, FAR_ADDRESS & 0xffffff00, 24, FAR_HOP);
    return result;
}

static const uint8_t route[11] = {7, 11, 4};
static const uint8_t times[12] = {68, 12, 5, 0};
static const uint8_t stamps[20] = {68, 20, 5, 1};

/* An echo request with options; gives what the host sends then. */
static void ask(struct station *s, uint32_t from, uint32_t to, const uint8_t *options,
                size_t length, struct seen *seen) {
    uint8_t message[16] = {ICMP_ECHO_REQUEST, 0, 0xf7, 0xf6, 0, 9};
    struct ipv4 ip = station_header(s, from, to, PROTOCOL_ICMP);
    ip.options = (struct slice){options, length};
    station_ipv4(s, &ip, message, sizeof(message));
    assert_true(station_next(s, seen));
    assert_true(seen->ip_is_sound);
}

/* [rfc1812#142] [rfc1812#31] */
static void route_is_recorded_by_the_address_where_the_packet_leaves(void **state) {
    struct station *s = *state;
    struct seen seen;
    ask(s, PEER_ADDRESS, FAR_ADDRESS, route, sizeof(route), &seen);
    assert_int_equal(number_of(&seen.ip.destination), FAR_ADDRESS);
    assert_int_equal(seen.ip.ttl, 63);
    const uint8_t *options = seen.ip.options.bytes;
    assert_int_equal(options[2], 8);
    assert_int_equal(load_be32(options + 3), ROUTER_IN);
    assert_int_equal(load_be32(options + 7), 0);
}

/* Any time may be written by who has no hour of the day, with the highest bit set; the difference
 * of two is true. [rfc1812#143] [rfc1812#31] */
static void time_is_written_in_milliseconds_that_are_not_of_the_day(void **state) {
    struct station *s = *state;
    struct seen seen;
    uint32_t written[2];
    for (unsigned i = 0; i < 2; i++) {
        ask(s, PEER_ADDRESS, FAR_ADDRESS, times, sizeof(times), &seen);
        assert_int_equal(seen.ip.options.bytes[2], 9);
        written[i] = load_be32(seen.ip.options.bytes + 4);
        assert_true(written[i] >> 31 == 1);
        assert_true((written[i] & INT32_MAX) < 86400000);
        station_run(s, 1500 * DOBOS_MILLISECOND);
    }
    assert_int_equal(((written[1] & INT32_MAX) - (written[0] & INT32_MAX) + 86400000) % 86400000,
                     1500);
    ask(s, PEER_ADDRESS, FAR_ADDRESS, stamps, sizeof(stamps), &seen);
    assert_int_equal(load_be32(seen.ip.options.bytes + 4), ROUTER_IN);
    assert_int_equal(load_be32(seen.ip.options.bytes + 8) >> 31, 1);
}

/* [rfc1812#143] */
static void time_is_written_where_an_address_of_ours_is_asked_for(void **state) {
    struct station *s = *state;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t asked[12] = {68, 12, 5, 3};
        struct seen seen;
        store_be32(asked + 4, i ? HOST_ADDRESS : FAR_HOP); /* not only where it leaves */
        ask(s, PEER_ADDRESS, FAR_ADDRESS, asked, sizeof(asked), &seen);
        assert_int_equal(seen.ip.options.bytes[2], i ? 13 : 5);
        assert_int_equal(load_be32(seen.ip.options.bytes + 8) >> 31, i);
    }
}

/* Quoted as it came, and neither forwarded nor answered. [rfc1812#75] [rfc1122#71] [rfc792#11] */
static void malformed_record_is_told_where_it_is(void **state) {
    struct station *s = *state;
    static const uint8_t bad[][12] = {{7, 11, 3}, {7, 10, 8}, {68, 12, 6}, {68, 12, 13, 0xf0}};
    static const uint32_t goals[] = {FAR_ADDRESS, HOST_ADDRESS};
    for (unsigned i = 0; i < 8; i++) {
        struct seen seen;
        ask(s, PEER_ADDRESS, goals[i / 4], bad[i % 4], 12, &seen);
        assert_int_equal(seen.interface, OUT);
        assert_int_equal(seen.icmp.type, ICMP_PARAMETER_PROBLEM);
        assert_int_equal(seen.icmp.code, 0);
        assert_int_equal(seen.icmp.identifier >> 8, RECORD_BAD + (i % 4 == 3));
        assert_memory_equal(seen.data.bytes + 20, bad[i % 4], 12);
        assert_true(station_is_quiet(s));
        station_run(s, DOBOS_SECOND);
    }
    assert_int_equal(station_counter(s, "DropIpOptions"), 8);
}

/* [rfc1122#94] [rfc1812#82] [rfc1812#30] */
static void echo_brings_its_records_back_with_one_more(void **state) {
    struct station *s = *state;
    uint8_t options[36] = {1, 1, 7, 15, 8, 0xcb, 0, 0x71, 7};
    struct seen seen;
    memcpy(options + 17, times, sizeof(times));
    options[29] = 0x94; /* a router alert, which does not come back */
    options[30] = 4;
    ask(s, PEER_ADDRESS, HOST_ADDRESS, options, sizeof(options), &seen);
    assert_int_equal(seen.icmp.type, ICMP_ECHO_REPLY);
    assert_true(seen.checksum_is_right);
    assert_int_equal(seen.data.length, 8);
    assert_int_equal(seen.ip.options.length, 28);
    const uint8_t *back = seen.ip.options.bytes;
    assert_memory_equal(back, ((const uint8_t[]){7, 15, 12, 0xcb, 0, 0x71, 7}), 7);
    assert_int_equal(load_be32(back + 7), HOST_ADDRESS);
    assert_int_equal(load_be32(back + 11), 0);
    assert_int_equal(back[17], 9);
    assert_int_equal(load_be32(back + 19) >> 31, 1);
    ask(s, PEER_ADDRESS, HOST_ADDRESS, (const uint8_t[]){1, 1, 1, 0}, 4, &seen);
    assert_int_equal(seen.ip.header_length, 20);
}

static const uint8_t recorded[11] = {7, 11, 8, 10, 0, 0, 77};

/* RFC 7126 §4.5: the way inside a NAT. */
static void route_inside_a_nat_does_not_leave_it(void **state) {
    struct station *s = *state;
    struct seen seen;
    s->interface = IN;
    ask(s, ANN, REMOTE, recorded, sizeof(recorded), &seen);
    s->interface = OUT;
    assert_int_equal(seen.interface, OUT);
    assert_int_equal(number_of(&seen.ip.source), HOST_ADDRESS);
    assert_int_equal(seen.ip.options.bytes[2], 12);
    assert_int_equal(load_be32(seen.ip.options.bytes + 3), 0);
    assert_int_equal(load_be32(seen.ip.options.bytes + 7), HOST_ADDRESS);
}

/* What an inside router has recorded in a packet that somebody inside refuses. */
static void route_inside_a_nat_does_not_leave_it_in_a_quote(void **state) {
    struct station *s = *state;
    struct seen seen;
    uint8_t quote[28 + 12], udp[8] = {0, 7, 5000 >> 8, 5000 & 255, 0, 8};
    udp_from(s, IN, ANN, 5000, REMOTE, 7);
    assert_true(station_next(s, &seen));
    struct ipv4 ip = station_header(s, REMOTE, ANN, PROTOCOL_UDP);
    ip.options = (struct slice){recorded, sizeof(recorded)};
    ip.total_length = sizeof(quote);
    struct writer w = writer_make(quote, sizeof(quote));
    ipv4_emit(&w, &ip);
    writer_bytes(&w, udp, sizeof(udp));
    const struct icmp icmp = {.type = ICMP_UNREACHABLE, .code = ICMP_PORT_UNREACHABLE};
    s->interface = IN;
    station_icmp(s, ANN, REMOTE, &icmp, quote, w.position);
    s->interface = OUT;
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, OUT);
    assert_true(seen.ip_is_sound);
    assert_true(seen.checksum_is_right);
    struct reader r = reader_make(seen.data.bytes, seen.data.length);
    assert_int_equal(ipv4_parse(&r, seen.data.length, &ip), IPV4_OK);
    assert_int_equal(number_of(&ip.destination), HOST_ADDRESS);
    assert_int_equal(load_be32(ip.options.bytes + 3), 0);
}

/* eth2 is public, 203.0.113.1/24. */
static void private_addresses_do_not_get_to_a_public_segment(void **state) {
    struct station *s = *state;
    struct seen seen;
    const uint8_t mixed[15] = {7, 15, 12, 10, 0, 0, 77, 198, 51, 100, 9};
    struct dobos_interface_config config = {
        .size = sizeof(config), .name = "eth2", .mac = {{2, 0, 0, 0, 0, 7}}, .is_public = true};
    assert_int_equal(dobos_interface_add(s->host, &config), IN + 1);
    station_add_address(s, IN + 1, UINT32_C(0xcb007101), 24);
    ask(s, PEER_ADDRESS, UINT32_C(0xcb007109), mixed, sizeof(mixed), &seen);
    assert_int_equal(seen.interface, IN + 1);
    const uint8_t *options = seen.ip.options.bytes;
    assert_int_equal(load_be32(options + 3), 0);
    assert_int_equal(load_be32(options + 7), 0xc6336409);
    assert_int_equal(load_be32(options + 11), 0xcb007101);
}

int main(void) {
#define AT_ROUTER(test) cmocka_unit_test_setup_teardown(test, setup, station_teardown)
#define AT_NAT(test)    cmocka_unit_test_setup_teardown(test, nat_scene_setup, station_teardown)
    const struct CMUnitTest tests[] = {
        AT_ROUTER(route_is_recorded_by_the_address_where_the_packet_leaves),
        AT_ROUTER(time_is_written_in_milliseconds_that_are_not_of_the_day),
        AT_ROUTER(time_is_written_where_an_address_of_ours_is_asked_for),
        AT_ROUTER(malformed_record_is_told_where_it_is),
        AT_ROUTER(echo_brings_its_records_back_with_one_more),
        AT_NAT(route_inside_a_nat_does_not_leave_it),
        AT_NAT(route_inside_a_nat_does_not_leave_it_in_a_quote),
        AT_ROUTER(private_addresses_do_not_get_to_a_public_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
