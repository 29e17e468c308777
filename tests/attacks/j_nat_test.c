/*
 * Attacks on a router that translates: on its mappings, by those inside who want all of them or
 * another's, and by those outside who want in. What a packet looks like on its way, and what is
 * left when somebody dies, is in j_flow_test.c.
 */
#include "forge_nat.h"

#include "base/bytes.h"

static struct talk talk_of(unsigned host, uint16_t port, unsigned stranger, uint16_t to) {
    return (struct talk){.inside = ATTACKER_ADDRESS + host,
                         .inside_port = port,
                         .outside = STRANGER_ADDRESS + stranger,
                         .outside_port = to};
}

/* The friend asks a stranger by UDP, and gets an answer. */
static void friend_is_served(struct witness *w) {
    struct dobos_socket *socket = witness_udp(w->friend, 0);
    const struct dobos_endpoint to = witness_endpoint(BEYOND_ADDRESS, 4000);
    struct dobos_socket *server = witness_udp(w->beyond, 4000);
    struct dobos_message message = {.peer = to};
    char bytes[16];
    assert_int_equal(dobos_send_message(socket, "ask", 3, &message), 3);
    witness_run(w, DOBOS_SECOND);
    memset(&message, 0, sizeof message);
    assert_int_equal(dobos_receive_message(server, bytes, sizeof bytes, &message), 3);
    assert_int_equal(dobos_address_ipv4_number(&message.peer.address), BEYOND_ROUTER);
    const struct dobos_message answer = {.peer = message.peer};
    assert_int_equal(dobos_send_message(server, "answer", 6, &answer), 6);
    witness_run(w, DOBOS_SECOND);
    assert_int_equal(dobos_receive(socket, bytes, sizeof bytes), 6);
    dobos_close(socket);
    dobos_close(server);
}

/* ---- J1, J2: nobody looks into payloads ---- */

/* Protocols that carry addresses; each would like a helper to open a port. */
static const struct {
    uint16_t port;    /* where it is spoken */
    const char *text; /* names 192.0.2.65, port 4444 */
} signals[] = {
    {21, "PORT 192,0,2,65,17,92\r\n"},
    {21, "EPRT |1|192.0.2.65|4444|\r\n"},
    {21, "227 Entering Passive Mode (192,0,2,65,17,92)\r\n"},
    {1720, "\x03\x00\x00\x20\x08\x02\x00\x01\x05\xc0\x00\x02\x41\x11\x5c"},
    {5060, "REGISTER sip:198.51.100.65 SIP/2.0\r\nContact: <sip:a@192.0.2.65:4444>\r\n\r\n"},
    {5060, "INVITE sip:b@x SIP/2.0\r\n\r\nc=IN IP4 192.0.2.65\r\nm=audio 4444 RTP/AVP 0\r\n"},
    {6667, "PRIVMSG a :\001DCC SEND file 3221226049 4444\001\r\n"},
    {554, "SETUP rtsp://x RTSP/1.0\r\nTransport: RTP/AVP;client_port=4444-4445\r\n\r\n"},
    {514, "4444"},
    {69, "\0\1file\0octet"},
};
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* Nobody gets in to the port that was named. */
static void assert_shut(struct witness *w, const struct talk *talk) {
    struct talk in = *talk;
    in.seen_port = 4444;
    witness_forget(w);
    for (unsigned stranger = 0; stranger < 2; stranger++) {
        in.outside = STRANGER_ADDRESS + stranger;
        nat_udp_in(w, &in, "in", 2);
        nat_tcp_in(w, &in, (struct tcp_header){.seq = {1}, .flags = TCP_SYN}, NULL, 0);
    }
    assert_int_equal(nat_count(w, INSIDE), 0);
}

/* [attack:J1] */
static void attack_j1_payloads_that_name_addresses_pass_untouched_and_open_nothing(void **state) {
    struct witness *w = *state;
    const struct tcp_header out = {
        .seq = {1001}, .ack = {5001}, .flags = TCP_ACK | TCP_PSH, .window = 65535};
    const struct tcp_header in = {
        .seq = {5001}, .ack = {1001}, .flags = TCP_ACK | TCP_PSH, .window = 65535};
    struct answer answer;
    struct heard heard;
    for (unsigned i = 0; i < SIGNALS; i++) {
        const size_t length = i + 1 == SIGNALS ? 13 : strlen(signals[i].text);
        struct talk udp = talk_of(0, signals[i].port, 0, signals[i].port);
        struct talk tcp = talk_of(0, (uint16_t)(9000 + i), 0, signals[i].port);
        witness_forget(w);
        nat_udp_out(w, &udp, signals[i].text, length);
        assert_true(nat_heard(w, OUTSIDE, PROTOCOL_UDP, &answer, &heard));
        assert_int_equal(heard.length, UDP_HEADER_BYTES + length);
        assert_memory_equal(heard.payload + UDP_HEADER_BYTES, signals[i].text, length);
        nat_tcp_open(w, &tcp);
        nat_tcp_out(w, &tcp, out, signals[i].text, length);
        assert_true(nat_heard(w, OUTSIDE, PROTOCOL_TCP, &answer, &heard));
        assert_int_equal(heard.length, TCP_HEADER_BYTES + length);
        assert_int_equal(load_be32(heard.payload + 4), 1001);
        assert_memory_equal(heard.payload + TCP_HEADER_BYTES, signals[i].text, length);
        nat_tcp_in(w, &tcp, in, signals[i].text, length);
        assert_true(nat_heard(w, INSIDE, PROTOCOL_TCP, &answer, &heard));
        assert_memory_equal(heard.payload + TCP_HEADER_BYTES, signals[i].text, length);
        assert_shut(w, &tcp);
    }
    witness_run_moving(w, 400 * DOBOS_SECOND);
    witness_run_moving(w, 7500 * DOBOS_SECOND);
}

/* [attack:J2] */
static void attack_j2_long_strings_for_helpers_pass_as_long_as_they_are(void **state) {
    static const char *const heads[] = {"\001DCC SEND ", "PORT ", "\001DCC CHAT ", ""};
    static const uint16_t ports[] = {6667, 21, 194, 514};
    struct witness *w = *state;
    struct answer answer;
    struct heard heard;
    char bytes[1400];
    for (unsigned i = 0; i < 400; i++) {
        const struct talk talk = talk_of(1, ports[i % 4], 1, ports[i % 4]);
        const size_t head = strlen(heads[i % 4]), length = head + 4 + i * 3;
        memcpy(bytes, heads[i % 4], head);
        memset(bytes + head, "9%,A"[i / 4 % 4], length - head);
        witness_forget(w);
        nat_udp_out(w, &talk, bytes, length);
        assert_true(nat_heard(w, OUTSIDE, PROTOCOL_UDP, &answer, &heard));
        assert_int_equal(heard.length, UDP_HEADER_BYTES + length);
        assert_memory_equal(heard.payload + UDP_HEADER_BYTES, bytes, length);
    }
    witness_run_moving(w, 400 * DOBOS_SECOND);
}

/* ---- J3 ---- */

#define QUOTA 8192 /* what a host has by default */

/* [attack:J3] */
static void attack_j3_one_host_gets_its_quota_and_others_go_on(void **state) {
    struct witness *w = *state;
    w->memory_limit = (size_t)64 << 20;
    w->growth_limit = (size_t)4 << 20; /* tables of places keep their size */
    w->pace = 1024;
    for (unsigned i = 0; i < 30000; i++) { /* from each of its ports, by UDP and TCP */
        const struct talk talk = talk_of(0, (uint16_t)(1025 + i), i % 50, 80);
        if (i % 3)
            nat_udp_out(w, &talk, "x", 1);
        else
            nat_tcp_out(w, &talk, (struct tcp_header){.seq = {i}, .flags = TCP_SYN}, NULL, 0);
    }
    assert_in_range(nat_mappings(w, ATTACKER_ADDRESS), 1, QUOTA);
    friend_is_served(w);
    for (unsigned i = 0; i < 30000; i++) { /* from one port, to all there are */
        const struct talk talk = talk_of(1, 7, i % 50, (uint16_t)(1 + i / 50));
        nat_udp_out(w, &talk, "x", 1);
    }
    assert_int_equal(nat_mappings(w, ATTACKER_ADDRESS + 1), 1);
    friend_is_served(w);
    witness_run_moving(w, 700 * DOBOS_SECOND);
    assert_int_equal(nat_mappings(w, ATTACKER_ADDRESS), 0);
}

/* [attack:J3]: all addresses of a subnet, which together want more than there is */
static void attack_j3_many_hosts_take_all_ports_and_what_is_established_stays(void **state) {
    struct witness *w = *state;
    w->memory_limit = (size_t)128 << 20;
    w->growth_limit = (size_t)4 << 20;
    w->pace = 4096;
    for (unsigned i = 0; i < 70000; i++) {
        const struct talk talk = talk_of(i % 60, (uint16_t)(1025 + i / 60), i % 7, 53);
        nat_udp_out(w, &talk, "x", 1);
    }
    friend_is_served(w);
    witness_run_moving(w, 700 * DOBOS_SECOND);
    assert_in_range(nat_mappings(w, 0), 0, 2);
}

/* ---- J4 ---- */

/* [attack:J4] */
static void attack_j4_no_port_outside_is_anothers_or_the_routers(void **state) {
    static const uint32_t outside[] = {OUTSIDE};
    const struct dobos_nat_forward forward = {
        .protocol = DOBOS_UDP, .port = 5009, .to = witness_endpoint(FRIEND_ADDRESS, 9)};
    const struct dobos_nat_config nat = {.size = sizeof(nat),
                                         .interfaces = outside,
                                         .interface_count = 1,
                                         .filtering = DOBOS_NAT_ENDPOINT_INDEPENDENT,
                                         .port_first = 5002,
                                         .port_last = 5033,
                                         .forwards = &forward,
                                         .forward_count = 1};
    struct witness *w = witness_open_nat(&nat);
    struct dobos_socket *own = witness_udp(w->victim, 5007);
    struct dobos_socket *victims = witness_udp(w->friend, 4000);
    struct dobos_socket *forwarded = witness_udp(w->friend, 9);
    const struct dobos_message message = {.peer = witness_endpoint(STRANGER_ADDRESS, 53)};
    struct dobos_nat_mapping of_friend, mapping;
    char bytes[16];
    (void)state;
    assert_int_equal(dobos_send_message(victims, "x", 1, &message), 1);
    witness_run(w, DOBOS_SECOND);
    assert_true(nat_mapping(w, PROTOCOL_UDP, FRIEND_ADDRESS, 4000, &of_friend));
    struct talk in = talk_of(0, 0, 0, 53);
    in.seen_port = of_friend.outside.port;
    nat_udp_in(w, &in, "answer", 6); /* who has an answer keeps his port */
    assert_int_equal(dobos_receive(victims, bytes, sizeof bytes), 6);
    /* From the port that the friend has outside, from the router's own, from all others. */
    for (unsigned i = 0; i < 200; i++) {
        const uint16_t ports[] = {of_friend.outside.port, 5007, 5009, (uint16_t)(5002 + i % 32)};
        const struct talk talk = talk_of(i % 50, ports[i / 50], i % 3, 53);
        nat_udp_out(w, &talk, "x", 1);
    }
    uint64_t taken = 0;
    for (uint32_t i = 0; dobos_nat_mapping_read(w->victim, i, &mapping) == 0; i++) {
        if (mapping.protocol != PROTOCOL_UDP || mapping.is_forward)
            continue;
        assert_in_range(mapping.outside.port, 5002, 5033);
        assert_int_equal(taken >> (mapping.outside.port - 5002) & 1, 0);
        taken |= UINT64_C(1) << (mapping.outside.port - 5002);
        if (dobos_address_ipv4_number(&mapping.inside.address) != FRIEND_ADDRESS)
            assert_int_not_equal(mapping.outside.port, of_friend.outside.port);
    }
    assert_int_equal(taken >> (5007 - 5002) & 1, 0);
    assert_int_equal(taken >> (5009 - 5002) & 1, 0);
    /* What comes to each port goes to its owner. */
    in.seen_port = of_friend.outside.port;
    nat_udp_in(w, &in, "friend", 6);
    in.seen_port = 5007;
    nat_udp_in(w, &in, "own", 3);
    in.seen_port = 5009;
    nat_udp_in(w, &in, "forward", 7);
    witness_run(w, DOBOS_SECOND);
    assert_int_equal(dobos_receive(victims, bytes, sizeof bytes), 6);
    assert_int_equal(dobos_receive(own, bytes, sizeof bytes), 3);
    assert_int_equal(dobos_receive(forwarded, bytes, sizeof bytes), 7);
    dobos_close(own);
    dobos_close(victims);
    dobos_close(forwarded);
    witness_close(w);
}

/* ---- J5 ---- */

/* [attack:J5] */
static void attack_j5_resets_and_fins_out_of_the_window_end_no_mapping(void **state) {
    static const uint8_t flags[] = {TCP_RST, TCP_RST | TCP_ACK, TCP_FIN | TCP_ACK, TCP_SYN};
    struct witness *w = *state;
    struct dobos_endpoint friend_at;
    struct dobos_nat_mapping mapping;
    assert_int_equal(dobos_local(w->ends[1][0].socket, &friend_at), 0);
    assert_true(nat_mapping(w, PROTOCOL_TCP, FRIEND_ADDRESS, friend_at.port, &mapping));
    const struct talk talk = {.inside = FRIEND_ADDRESS,
                              .inside_port = friend_at.port,
                              .outside = BEYOND_ADDRESS,
                              .outside_port = WITNESS_PORT,
                              .seen_port = mapping.outside.port};
    w->pace = 256;
    for (unsigned i = 0; i < 20000; i++) {
        const struct tcp_header tcp = {.seq = {(uint32_t)random_next(&w->random)},
                                       .ack = {(uint32_t)random_next(&w->random)},
                                       .flags = flags[i % 4],
                                       .window = 1000};
        if (i % 2)
            nat_tcp_in(w, &talk, tcp, NULL, 0);
        else
            nat_tcp_out(w, &talk, tcp, NULL, 0);
    }
    /* A connection that was ended would be forgotten after four minutes. */
    witness_run(w, 1000 * DOBOS_SECOND);
    witness_exchange(w);
    const uint16_t before = mapping.outside.port;
    assert_true(nat_mapping(w, PROTOCOL_TCP, FRIEND_ADDRESS, friend_at.port, &mapping));
    assert_int_equal(mapping.outside.port, before);
    assert_true(mapping.expires > w->now + 7000 * DOBOS_SECOND);
}

/* ---- J6 ---- */

/* [attack:J6] */
static void attack_j6_packets_from_outside_with_inside_addresses_stay_outside(void **state) {
    struct witness *w = *state;
    struct talk open = talk_of(0, 4000, 0, 53);
    struct answer answer;
    struct heard heard;
    nat_udp_out(w, &open, "x", 1);
    assert_true(nat_heard(w, OUTSIDE, PROTOCOL_UDP, &answer, &heard));
    open.seen_port = nat_source_port(&heard);
    nat_udp_in(w, &open, "x", 1);
    assert_int_equal(nat_count(w, INSIDE), 1);
    /* From the router's address outside, as hairpins come; from hosts inside; from the router. */
    const uint32_t sources[] = {BEYOND_ROUTER, FRIEND_ADDRESS, ATTACKER_ADDRESS, VICTIM_ADDRESS,
                                VICTIM_ADDRESS | 255};
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned to = 0; to < 3; to++) {
            const uint32_t targets[] = {BEYOND_ROUTER, ATTACKER_ADDRESS, FRIEND_ADDRESS};
            uint8_t bytes[64];
            const struct ipv4 ip = forge_header(sources[i], targets[to], PROTOCOL_UDP);
            forge_ipv4_at(w, OUTSIDE, &ip, bytes,
                          forge_udp_bytes(bytes, sources[i], open.seen_port, targets[to],
                                          open.seen_port, "x", 1));
        }
    }
    assert_int_equal(nat_count(w, INSIDE), 0);
    /* And straight to an address inside, from somebody it even talks with. */
    uint8_t bytes[64];
    const struct tcp_header syn = {.source_port = 53, .destination_port = 4000, .flags = TCP_SYN};
    const struct icmp echo = {.type = ICMP_ECHO_REQUEST};
    struct ipv4 ip = forge_header(open.outside, open.inside, PROTOCOL_UDP);
    forge_ipv4_at(w, OUTSIDE, &ip, bytes,
                  forge_udp_bytes(bytes, open.outside, 53, open.inside, 4000, "x", 1));
    ip.protocol = PROTOCOL_TCP;
    forge_ipv4_at(w, OUTSIDE, &ip, bytes,
                  forge_tcp_bytes(bytes, open.outside, open.inside, &syn, NULL, 0));
    ip.protocol = PROTOCOL_ICMP;
    forge_ipv4_at(w, OUTSIDE, &ip, bytes, forge_icmp_bytes(bytes, &echo, "x", 1));
    ip.protocol = 99;
    forge_ipv4_at(w, OUTSIDE, &ip, bytes, 8);
    assert_int_equal(nat_count(w, INSIDE), 0);
    witness_run_moving(w, 400 * DOBOS_SECOND);
}

/* ---- J7 ---- */

/* An error about a datagram that left: its header and eight bytes, with these ends. */
static void error_in(struct witness *w, uint8_t type, uint8_t code, uint32_t source,
                     uint16_t source_port, uint32_t destination, uint16_t destination_port,
                     uint8_t protocol) {
    uint8_t quote[IPV4_HEADER_BYTES + 8] = {0}, bytes[128];
    struct writer out = writer_make(quote, sizeof quote);
    struct ipv4 quoted = forge_header(source, destination, protocol);
    quoted.total_length = sizeof quote;
    ipv4_emit(&out, &quoted);
    store_be16(quote + IPV4_HEADER_BYTES, source_port);
    store_be16(quote + IPV4_HEADER_BYTES + 2, destination_port);
    store_be16(quote + IPV4_HEADER_BYTES + 4, 8);
    const struct icmp icmp = {.type = type, .code = code};
    const struct ipv4 ip = forge_header(STRANGER_ADDRESS + 9, BEYOND_ROUTER, PROTOCOL_ICMP);
    forge_ipv4_at(w, OUTSIDE, &ip, bytes, forge_icmp_bytes(bytes, &icmp, quote, sizeof quote));
}

/* [attack:J7] */
static void attack_j7_errors_that_quote_a_strangers_packet_are_dropped(void **state) {
    static const uint8_t types[] = {ICMP_UNREACHABLE, ICMP_TIME_EXCEEDED, ICMP_PARAMETER_PROBLEM,
                                    ICMP_SOURCE_QUENCH, ICMP_REDIRECT};
    struct witness *w = *state;
    struct talk open = talk_of(0, 4000, 0, 53);
    struct answer answer;
    struct heard heard;
    nat_udp_out(w, &open, "x", 1);
    assert_true(nat_heard(w, OUTSIDE, PROTOCOL_UDP, &answer, &heard));
    open.seen_port = nat_source_port(&heard);
    for (unsigned i = 0; i < 1000; i++) {
        const uint8_t type = types[i % 5], code = (uint8_t)(i / 5 % 16);
        const uint16_t port = open.seen_port;
        witness_forget(w);
        /* Another's port outside; another destination, its port; another protocol; an inside
         * source. */
        error_in(w, type, code, BEYOND_ROUTER, (uint16_t)(port + 1 + i), open.outside, 53,
                 PROTOCOL_UDP);
        error_in(w, type, code, BEYOND_ROUTER, port, open.outside + 1 + i % 50, 53, PROTOCOL_UDP);
        error_in(w, type, code, BEYOND_ROUTER, port, open.outside, (uint16_t)(54 + i),
                 PROTOCOL_UDP);
        error_in(w, type, code, BEYOND_ROUTER, port, open.outside, 53, PROTOCOL_TCP);
        error_in(w, type, code, open.inside, 4000, open.outside, 53, PROTOCOL_UDP);
        error_in(w, type, code, open.outside, 53, BEYOND_ROUTER, port, PROTOCOL_UDP);
        assert_int_equal(nat_count(w, INSIDE), 0);
    }
    /* The right one comes, and quotes what the host inside had sent. */
    error_in(w, ICMP_UNREACHABLE, 3, BEYOND_ROUTER, open.seen_port, open.outside, 53, PROTOCOL_UDP);
    assert_true(nat_heard(w, INSIDE, PROTOCOL_ICMP, &answer, &heard));
    struct ipv4 inner;
    struct reader r = reader_make(heard.payload + ICMP_HEADER_BYTES, heard.length);
    assert_int_equal(ipv4_parse(&r, IPV4_HEADER_BYTES + 8, &inner), IPV4_OK);
    assert_int_equal(dobos_address_ipv4_number(&heard.ip.destination), open.inside);
    assert_int_equal(dobos_address_ipv4_number(&inner.source), open.inside);
    assert_int_equal(dobos_address_ipv4_number(&inner.destination), open.outside);
    assert_int_equal(load_be16(heard.payload + ICMP_HEADER_BYTES + IPV4_HEADER_BYTES), 4000);
    assert_int_equal(nat_count(w, INSIDE), 0);
    witness_run_moving(w, 400 * DOBOS_SECOND);
}

/* ---- J11 ---- */

/* [attack:J11] */
static void attack_j11_nothing_from_outside_makes_a_mapping_or_comes_in(void **state) {
    struct witness *w = *state;
    const unsigned before = nat_mappings(w, 0);
    w->pace = 4096;
    for (unsigned port = 1; port < 65536; port++) {
        struct talk in = talk_of(0, 0, port % 50, (uint16_t)port);
        in.seen_port = (uint16_t)port;
        if (port % 3 == 0)
            nat_udp_in(w, &in, "in", 2);
        else
            nat_tcp_in(
                w, &in,
                (struct tcp_header){.seq = {port}, .flags = port % 3 == 1 ? TCP_SYN : TCP_ACK},
                NULL, 0);
        witness_forget(w);
    }
    assert_int_equal(nat_mappings(w, 0), before);
    /* Those who can be asked to open ports are not there: NAT-PMP, PCP, UPnP; by neither side. */
    static const uint8_t map[] = {0, 1, 0, 0, 0x11, 0x5c, 0x11, 0x5c, 0, 0, 0x1c, 0x20};
    static const uint8_t peer[60] = {2, 1, 0, 0, 0, 0, 0x1c, 0x20};
    static const char search[] = "M-SEARCH * HTTP/1.1\r\nMAN: \"ssdp:discover\"\r\n\r\n";
    static const uint16_t ports[] = {5351, 5350, 1900};
    for (unsigned i = 0; i < 9; i++) {
        const void *text = i / 3 == 0   ? (const void *)map
                           : i / 3 == 1 ? (const void *)peer
                                        : (const void *)search;
        const size_t length = i / 3 == 0   ? sizeof map
                              : i / 3 == 1 ? sizeof peer
                                           : sizeof search - 1;
        struct talk in = talk_of(0, 0, 0, 40000);
        struct answer answer;
        struct heard heard;
        in.seen_port = ports[i % 3];
        witness_forget(w);
        nat_udp_in(w, &in, text, length);
        forge_udp(w, ATTACKER_ADDRESS, 40000, ports[i % 3], text, length);
        assert_false(heard_next(w, PROTOCOL_UDP, &answer, &heard));
    }
    assert_int_equal(nat_mappings(w, 0), before);
    assert_shut(w, &(struct talk){.outside_port = 40000});
}

int main(void) {
#define ATTACK(test) cmocka_unit_test_setup_teardown(test, attack_setup_nat, attack_teardown)
    const struct CMUnitTest tests[] = {
        ATTACK(attack_j1_payloads_that_name_addresses_pass_untouched_and_open_nothing),
        ATTACK(attack_j2_long_strings_for_helpers_pass_as_long_as_they_are),
        ATTACK(attack_j3_one_host_gets_its_quota_and_others_go_on),
        ATTACK(attack_j3_many_hosts_take_all_ports_and_what_is_established_stays),
        cmocka_unit_test(attack_j4_no_port_outside_is_anothers_or_the_routers),
        ATTACK(attack_j5_resets_and_fins_out_of_the_window_end_no_mapping),
        ATTACK(attack_j6_packets_from_outside_with_inside_addresses_stay_outside),
        ATTACK(attack_j7_errors_that_quote_a_strangers_packet_are_dropped),
        ATTACK(attack_j11_nothing_from_outside_makes_a_mapping_or_comes_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
