/* ICMP through a NAT (RFC 5508, and what RFC 7857 changes of it). */
#include "nat_scene.h"

#define INNER_ROUTER UINT32_C(0x0a0000fe)
#define OUTER_ROUTER UINT32_C(0xc00002fe)

/* An ICMP error about a packet that was seen, from somebody at an interface. */
static void error_from(struct station *s, uint32_t interface, uint32_t source, uint8_t type,
                       uint8_t code, uint16_t mtu, const struct seen *about) {
    const struct icmp icmp = {.type = type, .code = code, .sequence = mtu};
    const size_t quote = (size_t)about->ip.header_length + 8;
    s->interface = interface;
    station_icmp(s, source, number_of(&about->ip.source), &icmp,
                 about->bytes + ETHERNET_HEADER_BYTES, quote);
    s->interface = OUT;
}

/* The packet that an ICMP error quotes. */
static struct ends quoted(const struct seen *seen) {
    const uint8_t *ip = seen->data.bytes;
    assert_true(seen->data.length >= 28);
    size_t header = (size_t)(ip[0] & 15) * 4;
    struct ends ends = {.source = load_be32(ip + 12), .destination = load_be32(ip + 16)};
    uint32_t sum = 0;
    for (size_t i = 0; i < header; i += 2)
        sum += load_be16(ip + i);
    assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff); /* its checksum is right, too */
    if (ip[9] == PROTOCOL_ICMP) {
        ends.source_port = ends.destination_port = load_be16(ip + header + 4);
    } else {
        ends.source_port = load_be16(ip + header);
        ends.destination_port = load_be16(ip + header + 2);
    }
    return ends;
}

/* [rfc5508#1] [rfc5508#2] [rfc5508#3] */
static void echo_goes_out_and_its_reply_comes_back(void **state) {
    struct station *s = *state;
    struct seen seen;
    icmp_from(s, IN, ANN, REMOTE, ICMP_ECHO_REQUEST, 33);
    struct ends ends = next_at(s, OUT, &seen);
    assert_int_equal(ends.source, HOST_ADDRESS);
    uint16_t ann = ends.source_port;
    icmp_from(s, IN, BOB, REMOTE, ICMP_ECHO_REQUEST, 33);
    uint16_t bob = next_at(s, OUT, &seen).source_port;
    assert_int_not_equal(ann, bob);
    icmp_from(s, IN, ANN, OTHER, ICMP_ECHO_REQUEST, 33);
    assert_int_equal(next_at(s, OUT, &seen).source_port, ann);
    station_run(s, 60 * DOBOS_SECOND);
    icmp_from(s, OUT, REMOTE, HOST_ADDRESS, ICMP_ECHO_REPLY, bob);
    ends = next_at(s, IN, &seen);
    assert_int_equal(ends.destination, BOB);
    assert_int_equal(ends.source_port, 33);
    assert_int_equal(seen.icmp.sequence, 7);
    station_run(s, 2 * DOBOS_SECOND);
    icmp_from(s, OUT, REMOTE, HOST_ADDRESS, ICMP_ECHO_REPLY, ann);
    assert_true(station_is_quiet(s));
}

/* A query lives a minute from its last packet, whether it was answered or not; an error about it
 * neither ends it nor begins its time anew. [rfc5508#3] [rfc5508#18] */
static void query_lives_a_minute_whatever_is_said_of_it(void **state) {
    struct station *s = *state;
    struct seen sent, seen;
    for (unsigned is_answered = 0; is_answered < 2; is_answered++) {
        icmp_from(s, IN, ANN, REMOTE, ICMP_ECHO_REQUEST, 33);
        uint16_t ann = next_at(s, OUT, &sent).source_port;
        if (is_answered) {
            icmp_from(s, OUT, REMOTE, HOST_ADDRESS, ICMP_ECHO_REPLY, ann);
            (void)next_at(s, IN, &seen);
        }
        station_run(s, 30 * DOBOS_SECOND);
        error_from(s, OUT, OUTER_ROUTER, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, 0, &sent);
        assert_int_equal(next_at(s, IN, &seen).destination, ANN);
        station_run(s, 30 * DOBOS_SECOND);
        if (is_answered) {
            icmp_from(s, OUT, REMOTE, HOST_ADDRESS, ICMP_ECHO_REPLY, ann);
            assert_int_equal(next_at(s, IN, &seen).destination, ANN);
        }
        station_run(s, 2 * DOBOS_SECOND);
        icmp_from(s, OUT, REMOTE, HOST_ADDRESS, ICMP_ECHO_REPLY, ann);
        assert_true(station_is_quiet(s));
    }
}

/* [rfc5508#23] */
static void router_itself_answers_echo_on_both_sides(void **state) {
    struct station *s = *state;
    struct seen seen;
    icmp_from(s, IN, ANN, REMOTE, ICMP_ECHO_REQUEST, 33);
    uint16_t ann = next_at(s, OUT, &seen).source_port;
    icmp_from(s, OUT, REMOTE, HOST_ADDRESS, ICMP_ECHO_REQUEST,
              ann); /* the identifier of a mapping */
    assert_int_equal(next_at(s, OUT, &seen).destination, REMOTE);
    assert_int_equal(seen.icmp.type, ICMP_ECHO_REPLY);
    icmp_from(s, IN, ANN, ROUTER_IN, ICMP_ECHO_REQUEST, 5);
    assert_int_equal(next_at(s, IN, &seen).destination, ANN);
    icmp_from(s, IN, ANN, HOST_ADDRESS, ICMP_ECHO_REQUEST, 6);
    assert_int_equal(next_at(s, IN, &seen).source, HOST_ADDRESS);
}

/* [rfc5508#11] [rfc5508#12] [rfc5508#13] [rfc5508#9] [rfc4787#16] [rfc4787#17] [rfc4787#18]
 * [rfc5382#15] [rfc5382#16] [rfc5508#18] [attack:J7] */
static void error_from_outside_reaches_who_sent_the_packet(void **state) {
    struct station *s = *state;
    static const uint8_t codes[][2] = {{3, 0}, {3, 1}, {3, 3}, {3, 4}, {3, 13}, {11, 0}, {12, 0}};
    for (unsigned protocol = 0; protocol < 3; protocol++) {
        struct seen sent, seen;
        const struct tcp_header syn = {
            .source_port = 5000, .destination_port = 7, .header_length = 20, .flags = TCP_SYN};
        if (protocol == 0)
            udp_from(s, IN, ANN, 5000, REMOTE, 7);
        else if (protocol == 1)
            tcp_from(s, IN, ANN, REMOTE, &syn, 0);
        else
            icmp_from(s, IN, ANN, REMOTE, ICMP_ECHO_REQUEST, 5000);
        (void)next_at(s, OUT, &sent);
        for (unsigned i = 0; i < array_length(codes); i++) {
            error_from(s, OUT, OUTER_ROUTER, codes[i][0], codes[i][1], 1200, &sent);
            const struct ends outer = next_at(s, IN, &seen);
            const struct ends inner = quoted(&seen);
            assert_int_equal(outer.source, OUTER_ROUTER);
            assert_int_equal(outer.destination, ANN);
            assert_int_equal(seen.icmp.type, codes[i][0]);
            assert_int_equal(seen.icmp.code, codes[i][1]);
            assert_int_equal(inner.source, ANN);
            assert_int_equal(inner.source_port, 5000);
            assert_int_equal(inner.destination, REMOTE);
        }
    }
    struct dobos_nat_mapping mapping;
    assert_int_equal(dobos_nat_mapping_read(s->host, 2, &mapping), 0); /* none has ended */
}

/* [rfc5508#26] */
static void fragmentation_needed_comes_with_its_mtu(void **state) {
    struct station *s = *state;
    struct seen sent, seen;
    udp_from(s, IN, ANN, 5000, REMOTE, 7);
    (void)next_at(s, OUT, &sent);
    error_from(s, OUT, OUTER_ROUTER, ICMP_UNREACHABLE, ICMP_FRAGMENTATION_NEEDED, 1234, &sent);
    (void)next_at(s, IN, &seen);
    assert_int_equal(seen.icmp.sequence, 1234);
}

/* [rfc5508#15] [rfc5508#16] [rfc5508#17] */
static void error_from_inside_comes_from_the_outside_address(void **state) {
    struct station *s = *state;
    struct seen seen;
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    static const uint32_t tellers[] = {ANN, INNER_ROUTER};
    for (unsigned i = 0; i < 2; i++) {
        struct seen sent;
        udp_from(s, OUT, REMOTE, 7, HOST_ADDRESS, port);
        (void)next_at(s, IN, &sent);
        error_from(s, IN, tellers[i], ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, &sent);
        const struct ends outer = next_at(s, OUT, &seen);
        const struct ends inner = quoted(&seen);
        assert_int_equal(outer.source, HOST_ADDRESS);
        assert_int_equal(outer.destination, REMOTE);
        assert_int_equal(inner.source, REMOTE);
        assert_int_equal(inner.destination, HOST_ADDRESS);
        assert_int_equal(inner.destination_port, port);
        assert_int_equal(seen.icmp.code, ICMP_PORT_UNREACHABLE);
    }
}

/* [rfc5508#10] [rfc5508#14] [attack:J7] */
static void error_about_nothing_is_dropped_by_name(void **state) {
    struct station *s = *state;
    struct seen sent;
    udp_from(s, IN, ANN, 5000, REMOTE, 7);
    (void)next_at(s, OUT, &sent);
    struct seen forged = sent;
    store_be16(forged.bytes + 14 + 20, (uint16_t)(sent.udp.source_port + 2)); /* another port */
    error_from(s, OUT, OUTER_ROUTER, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, &forged);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropNatIcmp"), 1);
    forged = sent;
    forged.bytes[14 + 10] ^= 1; /* [rfc5508#6]: the quoted header's checksum */
    error_from(s, OUT, OUTER_ROUTER, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, &forged);
    assert_true(station_is_quiet(s));
    error_from(s, IN, INNER_ROUTER, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, &sent);
    assert_true(station_is_quiet(s));
    /* From inside, about a datagram that never came in. */
    udp_from(s, OUT, REMOTE, 7, HOST_ADDRESS, sent.udp.source_port);
    (void)next_at(s, IN, &forged);
    store_be16(forged.bytes + 14 + 20 + 2, 5001);
    const uint64_t before = station_counter(s, "DropNatIcmp");
    error_from(s, IN, INNER_ROUTER, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, &forged);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropNatIcmp"), before + 1);
}

/* [rfc5508#5] [rfc5508#8]: the ICMP checksum must be right; the quoted transport's need not. */
static void damaged_error_is_dropped(void **state) {
    struct station *s = *state;
    struct seen sent, seen;
    udp_from(s, IN, ANN, 5000, REMOTE, 7);
    (void)next_at(s, OUT, &sent);
    sent.bytes[14 + 20 + 6] ^= 0x55;
    error_from(s, OUT, OUTER_ROUTER, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, &sent);
    assert_int_equal(next_at(s, IN, &seen).destination, ANN);
    uint8_t bytes[36] = {ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0x12, 0x34};
    memcpy(bytes + 8, sent.bytes + 14, 28);
    const struct ipv4 ip = station_header(s, OUTER_ROUTER, HOST_ADDRESS, PROTOCOL_ICMP);
    station_ipv4(s, &ip, bytes, sizeof(bytes));
    assert_true(station_is_quiet(s));
}

/* [rfc5508#7] */
static void quoted_header_with_options_is_read_behind_them(void **state) {
    struct station *s = *state;
    struct seen sent, seen;
    static const uint8_t options[] = {1, 1, 1, 1, 1, 1, 1, 0};
    struct ipv4 ip = station_header(s, ANN, REMOTE, PROTOCOL_UDP);
    const uint8_t udp[] = {0x13, 0x88, 0, 7, 0, 12, 0, 0, 'a', 'b', 'c', 'd'};
    ip.options = (struct slice){options, sizeof(options)};
    s->interface = IN;
    station_ipv4(s, &ip, udp, sizeof(udp));
    s->interface = OUT;
    (void)next_at(s, OUT, &sent);
    assert_int_equal(sent.ip.header_length, 28);
    error_from(s, OUT, OUTER_ROUTER, ICMP_TIME_EXCEEDED, 0, 0, &sent);
    (void)next_at(s, IN, &seen);
    const struct ends inner = quoted(&seen);
    assert_int_equal(inner.source, ANN);
    assert_int_equal(inner.source_port, 5000);
}

/* [rfc5508#20] [rfc5508#21] [rfc7857#17] */
static void error_about_a_hairpinned_packet_finds_its_sender(void **state) {
    struct station *s = *state;
    struct seen sent, seen;
    uint16_t ann = udp_out(s, ANN, 5000, REMOTE, 7);
    udp_from(s, IN, BOB, 6000, HOST_ADDRESS, ann);
    (void)next_at(s, IN, &sent);
    error_from(s, IN, ANN, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0, &sent);
    const struct ends outer = next_at(s, IN, &seen);
    const struct ends inner = quoted(&seen);
    assert_int_equal(outer.source, HOST_ADDRESS);
    assert_int_equal(outer.destination, BOB);
    assert_int_equal(inner.source, BOB);
    assert_int_equal(inner.source_port, 6000);
    assert_int_equal(inner.destination, HOST_ADDRESS);
    assert_int_equal(inner.destination_port, ann);
}

/* [rfc5508#27]: what the router itself says of a packet quotes it as its sender knows it. */
static void own_error_quotes_the_packet_as_it_came(void **state) {
    struct station *s = *state;
    struct seen seen;
    struct ipv4 ip = station_header(s, ANN, REMOTE, PROTOCOL_UDP);
    const uint8_t udp[] = {0x13, 0x88, 0, 7, 0, 12, 0, 0, 'a', 'b', 'c', 'd'};
    ip.ttl = 1;
    s->interface = IN;
    station_ipv4(s, &ip, udp, sizeof(udp));
    s->interface = OUT;
    const struct ends outer = next_at(s, IN, &seen);
    assert_int_equal(seen.icmp.type, ICMP_TIME_EXCEEDED);
    assert_int_equal(outer.source, ROUTER_IN);
    assert_int_equal(quoted(&seen).source, ANN);
}

/* [rfc5508#24] [rfc4787#19] */
static void packet_that_is_too_long_is_told_with_the_mtu(void **state) {
    struct station *s = *state;
    struct seen seen;
    static const uint8_t udp[1200] = {0x13, 0x88, 0, 7, 0x04, 0xb0};
    (void)station_add_interface(s, UINT32_C(0xac100001), 24, 600);
    const uint32_t outside[] = {IN + 1};
    struct dobos_nat_config config = nat_config();
    config.interfaces = outside;
    nat_reconfigure(s, &config);
    struct ipv4 ip = station_header(s, ANN, UINT32_C(0xac100009), PROTOCOL_UDP);
    ip.dont_fragment = true;
    s->interface = IN;
    station_ipv4(s, &ip, udp, sizeof(udp));
    s->interface = OUT;
    (void)next_at(s, IN, &seen);
    assert_int_equal(seen.icmp.code, ICMP_FRAGMENTATION_NEEDED);
    assert_int_equal(seen.icmp.sequence, 600);
    assert_int_equal(quoted(&seen).source, ANN);
    ip.dont_fragment = false; /* [rfc5508#25] */
    s->interface = IN;
    station_ipv4(s, &ip, udp, sizeof(udp));
    s->interface = OUT;
    size_t length = 0;
    for (unsigned i = 0; i < 3; i++) {
        assert_true(station_next(s, &seen));
        assert_int_equal(seen.interface, IN + 1);
        assert_int_equal(seen.ip.fragment_offset, length);
        length += seen.payload.length;
    }
    assert_int_equal(length, sizeof(udp));
}

/* A neighbour outside that does not answer: who sent the packet inside is told. */
static void sender_inside_is_told_of_a_dead_neighbour(void **state) {
    struct station *s = *state;
    struct seen seen;
    icmp_from(s, IN, ANN, ROUTER_IN, ICMP_ECHO_REQUEST, 1); /* Ann is known */
    station_forget(s);
    s->arp_is_silent = true;
    udp_from(s, IN, ANN, 5000, OTHER + 1, 7);
    station_run(s, 5 * DOBOS_SECOND);
    assert_true(station_next(s, &seen));
    assert_int_equal(seen.interface, IN);
    assert_int_equal(seen.icmp.code, ICMP_HOST_UNREACHABLE);
    const struct ends inner = quoted(&seen);
    assert_int_equal(inner.source, ANN);
    assert_int_equal(inner.source_port, 5000);
}

/* A protocol without ports cannot be shared: [rfc5508#22] */
static void protocol_without_ports_is_refused(void **state) {
    struct station *s = *state;
    struct seen seen;
    const struct ipv4 ip = station_header(s, ANN, REMOTE, 47);
    s->interface = IN;
    station_ipv4(s, &ip, "0123456789", 10);
    s->interface = OUT;
    (void)next_at(s, IN, &seen);
    assert_int_equal(seen.icmp.code, ICMP_ADMINISTRATIVELY_PROHIBITED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, nat_scene_setup, station_teardown)
        TEST(echo_goes_out_and_its_reply_comes_back),
        TEST(query_lives_a_minute_whatever_is_said_of_it),
        TEST(router_itself_answers_echo_on_both_sides),
        TEST(error_from_outside_reaches_who_sent_the_packet),
        TEST(fragmentation_needed_comes_with_its_mtu),
        TEST(error_from_inside_comes_from_the_outside_address),
        TEST(error_about_nothing_is_dropped_by_name),
        TEST(damaged_error_is_dropped),
        TEST(quoted_header_with_options_is_read_behind_them),
        TEST(error_about_a_hairpinned_packet_finds_its_sender),
        TEST(own_error_quotes_the_packet_as_it_came),
        TEST(packet_that_is_too_long_is_told_with_the_mtu),
        TEST(sender_inside_is_told_of_a_dead_neighbour),
        TEST(protocol_without_ports_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
