/* UDP through a NAT (RFC 4787, and what RFC 7857 changes of it). */
#include "nat_scene.h"

/* [rfc4787#1] [rfc4787#15] */
static void one_inside_port_has_one_outside_port_whoever_the_peer_is(void **state) {
    struct station *s = *state;
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    assert_int_equal(udp_out(s, ANN, 5000, REMOTE, 8), port);
    assert_int_equal(udp_out(s, ANN, 5000, OTHER, 7), port);
    assert_int_not_equal(udp_out(s, ANN, 5002, REMOTE, 7), port);
    struct dobos_nat_mapping mapping;
    assert_int_equal(dobos_nat_mapping_read(s->host, 0, &mapping), 0);
    assert_int_equal(mapping.sessions, 3);
    assert_int_equal(mapping.outside.port, port);
    assert_int_equal(mapping.packets_out, 3);
    assert_int_equal(dobos_nat_mapping_read(s->host, 1, &mapping), 0);
    assert_int_equal(dobos_nat_mapping_read(s->host, 2, &mapping), -DOBOS_ENOENT);
}

static void answer_reaches_who_asked(void **state) {
    struct station *s = *state;
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    assert_true(udp_in(s, REMOTE, 7, port, ANN, 5000));
    assert_true(station_is_quiet(s));
}

/* [rfc4787#3] [attack:J4] */
static void two_hosts_with_one_source_port_get_two_outside_ports(void **state) {
    struct station *s = *state;
    uint16_t ann = udp_out(s, ANN, 5000, REMOTE, 7);
    uint16_t bob = udp_out(s, BOB, 5000, REMOTE, 7);
    assert_int_not_equal(ann, bob);
    /* Bob sends from the very port that Ann has outside: it stays hers. */
    assert_int_not_equal(udp_out(s, BOB, ann, REMOTE, 7), ann);
    assert_true(udp_in(s, REMOTE, 7, ann, ANN, 5000));
    assert_true(udp_in(s, REMOTE, 7, bob, BOB, 5000));
}

/* [rfc4787#4] [rfc4787#5] [rfc7857#15] */
static void ports_keep_their_parity_and_range(void **state) {
    struct station *s = *state;
    for (uint16_t i = 0; i < 50; i++) {
        uint16_t port = (uint16_t)(5000 + i);
        uint16_t outside = udp_out(s, ANN, port, REMOTE, 7);
        assert_int_equal(outside % 2, port % 2);
        assert_true(outside >= 1024);
        outside = udp_out(s, ANN, (uint16_t)(100 + i), REMOTE, 7);
        assert_int_equal(outside % 2, i % 2);
        assert_true(outside < 1024);
    }
}

/* [rfc4787#2] [rfc7857#7] [rfc7857#6] */
static void host_keeps_one_of_several_outside_addresses(void **state) {
    struct station *s = *state;
    struct seen seen;
    uint32_t used[2] = {0, 0};
    for (uint32_t i = 0; i < 7; i++)
        station_add_address(s, OUT, HOST_ADDRESS + 100 + i, 24);
    for (uint32_t i = 0; i < 20; i++) {
        for (unsigned who = 0; who < 2; who++) {
            const struct tcp_header syn = {.source_port = (uint16_t)(900 + i),
                                           .destination_port = 80,
                                           .header_length = 20,
                                           .flags = TCP_SYN};
            udp_from(s, IN, who ? BOB : ANN, (uint16_t)(5000 + i), REMOTE, 7);
            uint32_t source = next_at(s, OUT, &seen).source;
            assert_true(used[who] == 0 || used[who] == source);
            used[who] = source;
            tcp_from(s, IN, who ? BOB : ANN, REMOTE, &syn, 0);
            assert_int_equal(next_at(s, OUT, &seen).source, source);
        }
        station_add_address(s, OUT, HOST_ADDRESS + 120 + i, 24); /* one more to choose from */
    }
}

/* [rfc4787#6] [rfc4787#7] [rfc4787#8] */
static void mapping_lives_five_minutes_from_its_last_packet_out(void **state) {
    struct station *s = *state;
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    station_run(s, 119 * DOBOS_SECOND);
    assert_true(udp_in(s, REMOTE, 7, port, ANN, 5000)); /* unanswered flows live two minutes */
    station_run(s, 299 * DOBOS_SECOND);
    assert_int_equal(udp_out(s, ANN, 5000, REMOTE, 7), port);
    station_run(s, 299 * DOBOS_SECOND);
    assert_true(udp_in(s, REMOTE, 7, port, ANN, 5000));
    station_run(s, 3 * DOBOS_SECOND); /* what came in has not kept it alive */
    struct dobos_nat_mapping mapping;
    assert_int_equal(dobos_nat_mapping_read(s->host, 0, &mapping), -DOBOS_ENOENT);
}

/* [rfc7857#10] [rfc4787#10] */
static void filtering_does_what_its_name_says(void **state) {
    struct station *s = *state;
    for (unsigned filtering = 1; filtering <= 3; filtering++) {
        struct dobos_nat_config config = nat_config();
        config.filtering = (enum dobos_nat_filtering)filtering;
        nat_reconfigure(s, &config);
        uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
        assert_true(udp_in(s, REMOTE, 7, port, ANN, 5000));
        assert_int_equal(udp_in(s, REMOTE, 8, port, ANN, 5000), filtering <= 2);
        assert_int_equal(udp_in(s, OTHER, 7, port, ANN, 5000), filtering == 1);
        assert_int_equal(udp_out(s, ANN, 5000, OTHER, 9), port); /* now Ann has sent there */
        assert_int_equal(udp_in(s, OTHER, 7, port, ANN, 5000), filtering <= 2);
        assert_true(udp_in(s, OTHER, 9, port, ANN, 5000));
    }
    assert_int_equal(station_counter(s, "DropNatFiltered"), 4);
}

/* [rfc7857#8] [rfc7857#9] */
static void mapping_of_one_protocol_is_none_of_another(void **state) {
    struct station *s = *state;
    struct dobos_nat_config config = nat_config();
    struct seen seen;
    config.filtering = DOBOS_NAT_ENDPOINT_INDEPENDENT;
    nat_reconfigure(s, &config);
    const struct tcp_header syn = {
        .source_port = 5000, .destination_port = 80, .header_length = 20, .flags = TCP_SYN};
    tcp_from(s, IN, ANN, REMOTE, &syn, 0);
    uint16_t port = next_at(s, OUT, &seen).source_port;
    udp_from(s, OUT, OTHER, 7, HOST_ADDRESS, port);
    assert_true(station_next(s, &seen)); /* the router itself has no such socket */
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
}

/* [rfc4787#11] [rfc4787#12] */
static void hosts_inside_reach_each_other_by_outside_addresses(void **state) {
    struct station *s = *state;
    struct seen seen;
    uint16_t ann = udp_out(s, ANN, 5000, REMOTE, 7);
    udp_from(s, IN, BOB, 6000, HOST_ADDRESS, ann);
    struct ends ends = next_at(s, IN, &seen);
    assert_int_equal(ends.source, HOST_ADDRESS);
    assert_int_equal(ends.destination, ANN);
    assert_int_equal(ends.destination_port, 5000);
    uint16_t bob = ends.source_port;
    udp_from(s, IN, ANN, 5000, HOST_ADDRESS, bob);
    ends = next_at(s, IN, &seen);
    assert_int_equal(ends.source, HOST_ADDRESS);
    assert_int_equal(ends.source_port, ann);
    assert_int_equal(ends.destination, BOB);
    assert_int_equal(ends.destination_port, 6000);
    assert_int_equal(udp_out(s, BOB, 6000, OTHER, 9), bob); /* the same mapping */
    udp_from(s, IN, ANN, 5000, HOST_ADDRESS, ann);          /* and itself */
    ends = next_at(s, IN, &seen);
    assert_int_equal(ends.source, HOST_ADDRESS);
    assert_int_equal(ends.destination, ANN);
}

/* [rfc4787#13] [rfc5382#11] [attack:J1] [attack:J2] */
static void payload_that_speaks_of_addresses_is_left_alone(void **state) {
    static const char text[] = "PORT 10,0,0,10,4,1\r\nREGISTER sip:10.0.0.10:5060\r\n";
    struct station *s = *state;
    struct seen seen;
    s->interface = IN;
    station_udp(s, ANN, 5060, REMOTE, 5060, text, sizeof(text));
    s->interface = OUT;
    (void)next_at(s, OUT, &seen);
    assert_int_equal(seen.data.length, sizeof(text));
    assert_memory_equal(seen.data.bytes, text, sizeof(text));
    const struct tcp_header tcp = {.source_port = 5061,
                                   .destination_port = 21,
                                   .seq = seq_make(1),
                                   .header_length = 20,
                                   .flags = TCP_SYN};
    s->interface = IN;
    station_tcp(s, ANN, REMOTE, &tcp, text, sizeof(text));
    s->interface = OUT;
    (void)next_at(s, OUT, &seen);
    assert_int_equal(seen.data.length, sizeof(text));
    assert_memory_equal(seen.data.bytes, text, sizeof(text));
    struct dobos_nat_mapping mapping;
    assert_int_equal(dobos_nat_mapping_read(s->host, 2, &mapping), -DOBOS_ENOENT);
}

static void datagram_without_checksum_stays_without(void **state) {
    struct station *s = *state;
    struct seen seen;
    const uint8_t bytes[] = {0x13, 0x88, 0, 7, 0, 12, 0, 0, 'a', 'b', 'c', 'd'};
    const struct ipv4 ip = station_header(s, ANN, REMOTE, PROTOCOL_UDP);
    s->interface = IN;
    station_ipv4(s, &ip, bytes, sizeof(bytes));
    s->interface = OUT;
    (void)next_at(s, OUT, &seen);
    assert_int_equal(seen.udp.checksum, 0);
}

/* [rfc4787#22] [attack:J8] [rfc4787#20] [rfc4787#21] */
static void fragments_in_any_order_are_translated(void **state) {
    static const uint8_t orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {2, 0, 1}};
    struct station *s = *state;
    uint8_t whole[UDP_HEADER_BYTES + 3000] = {0x13, 0x88, 0, 7};
    store_be16(whole + 4, sizeof(whole));
    uint16_t numbers[2] = {0, 0};
    for (unsigned o = 0; o < 4; o++) {
        struct ipv4 ip = station_header(s, o % 2 ? BOB : ANN, REMOTE, PROTOCOL_UDP);
        ip.identification = 77; /* both hosts use one number */
        s->interface = IN;
        for (unsigned i = 0; i < 3; i++) {
            unsigned part = orders[o][i];
            size_t length = part < 2 ? 1200 : sizeof(whole) - 2400;
            ip.fragment_offset = (uint16_t)(part * 1200);
            ip.more_fragments = part < 2;
            assert_true(station_is_quiet(s));
            station_ipv4(s, &ip, whole + (size_t)part * 1200, length);
        }
        s->interface = OUT;
        struct seen seen;
        size_t length = 0;
        bool more = true;
        while (more) {
            assert_true(station_next(s, &seen));
            assert_int_equal(seen.interface, OUT);
            assert_true(seen.ip_is_sound);
            assert_int_equal(number_of(&seen.ip.source), HOST_ADDRESS);
            assert_int_equal(seen.ip.fragment_offset, length);
            if (length == 0)
                assert_int_equal(load_be16(seen.payload.bytes + 2), 7);
            length += seen.payload.length;
            more = seen.ip.more_fragments;
        }
        assert_int_equal(length, sizeof(whole));
        assert_int_not_equal(seen.ip.identification, numbers[(o + 1) % 2]); /* [rfc7857#16] */
        numbers[o % 2] = seen.ip.identification;
    }
}

/* [rfc4787#23] */
static void flood_of_fragments_leaves_whole_packets_alone(void **state) {
    struct station *s = *state;
    const uint8_t part[64] = {0};
    for (unsigned i = 0; i < 2000; i++) {
        struct ipv4 ip = station_header(s, BOB + i % 50, REMOTE, PROTOCOL_UDP);
        ip.identification = (uint16_t)i;
        ip.more_fragments = true;
        ip.fragment_offset = 64;
        s->interface = IN;
        station_ipv4(s, &ip, part, sizeof(part));
        s->interface = OUT;
    }
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    assert_true(udp_in(s, REMOTE, 7, port, ANN, 5000));
}

/* [attack:J3] */
static void one_host_cannot_take_all_ports(void **state) {
    struct station *s = *state;
    struct dobos_nat_config config = nat_config();
    struct seen seen;
    config.quota = 100;
    nat_reconfigure(s, &config);
    uint16_t first = udp_out(s, ANN, 1000, REMOTE, 7);
    assert_true(udp_in(s, REMOTE, 7, first, ANN, 1000)); /* answered: it stays */
    for (uint16_t i = 0; i < 500; i++)
        (void)udp_out(s, ANN, (uint16_t)(2000 + i), REMOTE, 7);
    assert_true(udp_in(s, REMOTE, 7, first, ANN, 1000));
    struct dobos_nat_mapping mapping;
    assert_int_equal(dobos_nat_mapping_read(s->host, 99, &mapping), 0);
    assert_int_equal(dobos_nat_mapping_read(s->host, 100, &mapping), -DOBOS_ENOENT);
    assert_int_equal(udp_out(s, BOB, 5000, REMOTE, 7) > 0, true);
    for (uint16_t i = 401; i < 500; i++) { /* all are answered now: no more */
        uint16_t port = udp_out(s, ANN, (uint16_t)(2000 + i), REMOTE, 7);
        (void)udp_in(s, REMOTE, 7, port, ANN, (uint16_t)(2000 + i));
    }
    udp_from(s, IN, ANN, 9999, REMOTE, 7);
    assert_true(station_next(s, &seen)); /* [rfc5508#22] */
    assert_int_equal(seen.interface, IN);
    assert_int_equal(seen.icmp.type, ICMP_UNREACHABLE);
    assert_int_equal(seen.icmp.code, ICMP_ADMINISTRATIVELY_PROHIBITED);
    assert_int_equal(station_counter(s, "DropNatQuota"), 1);
}

/* [attack:J6] */
static void packet_from_outside_to_an_inside_address_goes_nowhere(void **state) {
    struct station *s = *state;
    udp_from(s, OUT, REMOTE, 7, ANN, 5000);
    assert_true(station_is_quiet(s));
    assert_int_equal(station_counter(s, "DropNatNoMapping"), 1);
    uint16_t port = udp_out(s, ANN, 5000, REMOTE, 7);
    udp_from(s, OUT, ANN, 5000, REMOTE, 7);          /* as if from inside */
    udp_from(s, OUT, HOST_ADDRESS, port, ANN, 5000); /* as if from ourselves */
    udp_from(s, OUT, HOST_ADDRESS, port, HOST_ADDRESS, port);
    udp_from(s, OUT, BOB, 6000, HOST_ADDRESS, port);
    assert_true(station_is_quiet(s));
}

static void forward_leads_inside_and_its_answers_out(void **state) {
    struct station *s = *state;
    struct seen seen;
    const struct dobos_nat_forward forwards[] = {
        {.protocol = DOBOS_UDP,
         .port = 8080,
         .to = {.address = dobos_address_ipv4(ANN), .port = 80}},
        {.protocol = DOBOS_UDP, .port = 53, .to = {.address = dobos_address_ipv4(BOB)}},
    };
    struct dobos_nat_config config = nat_config();
    config.forwards = forwards;
    config.forward_count = 2;
    nat_reconfigure(s, &config);
    assert_true(udp_in(s, REMOTE, 7, 8080, ANN, 80));
    assert_true(udp_in(s, OTHER, 9, 53, BOB, 53));
    assert_int_equal(udp_out(s, ANN, 80, REMOTE, 7), 8080);
    assert_int_equal(udp_out(s, ANN, 80, OTHER, 7), 8080); /* its own calls have that port, too */
    udp_from(s, IN, BOB, 6000, HOST_ADDRESS, 8080);
    assert_int_equal(next_at(s, IN, &seen).destination, ANN);
    struct dobos_nat_mapping mapping;
    assert_int_equal(dobos_nat_mapping_read(s->host, 0, &mapping), 0);
    assert_true(mapping.is_forward);
    station_run(s, 1000 * DOBOS_SECOND);
    assert_int_equal(dobos_nat_mapping_read(s->host, 1, &mapping), 0);
    assert_int_equal(dobos_nat_mapping_read(s->host, 2, &mapping), -DOBOS_ENOENT);
    assert_true(udp_in(s, REMOTE, 7, 8080, ANN, 80));
}

/* The router's own sockets and the hosts inside never get each other's packets. */
static void own_socket_and_mapping_do_not_take_each_others_port(void **state) {
    struct station *s = *state;
    struct seen seen;
    struct dobos_socket *socket = NULL;
    uint16_t ann = udp_out(s, ANN, 5000, REMOTE, 7);
    const struct dobos_endpoint any = endpoint(0, ann);
    const struct dobos_endpoint far = endpoint(REMOTE, 7);
    assert_int_equal(dobos_socket_create(s->host, DOBOS_UDP, NULL, &socket), 0);
    assert_int_equal(dobos_bind(socket, &any), 0);
    assert_int_equal(dobos_connect(socket, &far), 0);
    assert_int_equal(dobos_send(socket, "own", 3), 3);
    station_collect(s);
    uint16_t own = next_at(s, OUT, &seen).source_port;
    assert_int_not_equal(own, ann);
    assert_true(udp_in(s, REMOTE, 7, ann, ANN, 5000));
    udp_from(s, OUT, REMOTE, 7, HOST_ADDRESS, own);
    char bytes[8];
    assert_int_equal(dobos_receive(socket, bytes, sizeof(bytes)), 5);
    assert_int_not_equal(udp_out(s, BOB, own, REMOTE, 7), own);
    dobos_close(socket);
}

static void mappings_end_with_their_address(void **state) {
    struct station *s = *state;
    struct dobos_nat_mapping mapping;
    struct seen seen;
    const struct dobos_address gone = dobos_address_ipv4(HOST_ADDRESS);
    (void)udp_out(s, ANN, 5000, REMOTE, 7);
    station_add_address(s, OUT, HOST_ADDRESS + 1, 24);
    assert_int_equal(dobos_address_remove(s->host, OUT, &gone), 0);
    assert_int_equal(dobos_nat_mapping_read(s->host, 0, &mapping), -DOBOS_ENOENT);
    udp_from(s, IN, ANN, 5000, REMOTE, 7);
    assert_int_equal(next_at(s, OUT, &seen).source, HOST_ADDRESS + 1);
}

/* [rfc7857#13] [attack:J9] */
static void outside_ports_are_all_over_the_range(void **state) {
    struct station *s = *state;
    unsigned quarters[4] = {0, 0, 0, 0};
    uint16_t before = 0;
    unsigned neighbours = 0;
    for (uint16_t i = 0; i < 200; i++) {
        uint16_t port = udp_out(s, ANN, (uint16_t)(5000 + i), REMOTE, 7);
        quarters[port / 16384]++;
        neighbours += port == before + 1 || port == before + 2;
        before = port;
    }
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(quarters[i], 25, 100);
    assert_true(neighbours < 5);
}

/* All of them live at once, of one host where its quota lets it. */
static void sixty_thousand_mappings_live_at_once(void **state) {
    struct station *s = *state;
    struct dobos_nat_config config = nat_config();
    struct dobos_nat_mapping mapping;
    uint16_t first = 0;
    config.quota = 65535;
    nat_reconfigure(s, &config);
    for (uint32_t i = 0; i < 60000; i++) {
        uint16_t port = udp_out(s, ANN, (uint16_t)(1024 + i), REMOTE, 7);
        first = i == 0 ? port : first;
    }
    assert_int_equal(dobos_nat_mapping_read(s->host, 59999, &mapping), 0);
    assert_true(udp_in(s, REMOTE, 7, first, ANN, 1024));
    assert_true(udp_in(s, REMOTE, 7, mapping.outside.port, ANN, 1024 + 59999));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, nat_scene_setup, station_teardown)
        TEST(one_inside_port_has_one_outside_port_whoever_the_peer_is),
        TEST(answer_reaches_who_asked),
        TEST(two_hosts_with_one_source_port_get_two_outside_ports),
        TEST(ports_keep_their_parity_and_range),
        TEST(host_keeps_one_of_several_outside_addresses),
        TEST(mapping_lives_five_minutes_from_its_last_packet_out),
        TEST(filtering_does_what_its_name_says),
        TEST(mapping_of_one_protocol_is_none_of_another),
        TEST(hosts_inside_reach_each_other_by_outside_addresses),
        TEST(payload_that_speaks_of_addresses_is_left_alone),
        TEST(datagram_without_checksum_stays_without),
        TEST(fragments_in_any_order_are_translated),
        TEST(flood_of_fragments_leaves_whole_packets_alone),
        TEST(one_host_cannot_take_all_ports),
        TEST(packet_from_outside_to_an_inside_address_goes_nowhere),
        TEST(forward_leads_inside_and_its_answers_out),
        TEST(own_socket_and_mapping_do_not_take_each_others_port),
        TEST(mappings_end_with_their_address),
        TEST(outside_ports_are_all_over_the_range),
        TEST(sixty_thousand_mappings_live_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
