/* What is sent to break a TCP (the catalogue's part 1.5), tried against the running stack; a
 * witness moves bytes all the while where it matters. */
#include "harness.h"

#include "transport/tcp/isn.h"

/* ---- blind injection ---- */

/* [attack:E12] [rfc5961#1] [rfc5961#2] [rfc5961#3] [rfc9293#104] */
SCRIPT_TEST(reset_counts_only_at_exactly_the_next_number) {
    script_establish(s);
    for (uint32_t step = 1; step < 60000; step += 15000) {
        inject(s, &(struct in){.flags = R, .seq = 1 + step});
        assert_int_equal(s->reason, DROP_TCP_RESET_CHALLENGED);
        expect(s, A, 1, 0, 1);
    }
    for (uint32_t step = 0; step < 255; step++) {
        inject(s, &(struct in){.flags = R, .seq = 1 + 0x100000 + step * 0x1000000});
        assert_int_equal(s->reason, DROP_TCP_SEQUENCE);
    }
    inject(s, &(struct in){.flags = R, .seq = 0});
    expect_nothing(s);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    inject(s, &(struct in){.flags = R, .seq = 1});
    assert_state(s, DOBOS_TCP_CLOSED);
}

/* [attack:E13] [rfc5961#5] */
SCRIPT_TEST(syn_in_a_connection_is_challenged_wherever_it_lies) {
    static const uint32_t places[] = {0, 1, 100, 70000, 0x80000000};
    script_establish(s);
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        inject(s, &(struct in){.flags = S, .seq = places[i]});
        assert_int_equal(s->reason, DROP_TCP_RESET_CHALLENGED);
        expect(s, A, 1, 0, 1);
        expect_nothing(s);
    }
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 5});
    assert_int_equal(program_read(s, 10), 5);
}

/* [attack:E14] [rfc5961#6] [rfc9293#108] */
SCRIPT_TEST(data_with_an_impossible_acknowledgment_is_refused) {
    script_establish(s);
    program_send(s, 100);
    drain_out(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 102, .length = 10});
    assert_int_equal(s->reason, DROP_TCP_ACK);
    expect(s, A, 101, 0, 1);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1u - 60004u, .length = 10});
    assert_int_equal(s->reason, DROP_TCP_ACK);
    expect(s, A, 101, 0, 1);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1 + 0x80000000, .length = 10});
    assert_int_equal(s->reason, DROP_TCP_ACK);
    assert_int_equal(program_read(s, 10), -DOBOS_EAGAIN);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 0, .length = 10}); /* old, but near */
    assert_int_equal(program_read(s, 10), 10);
    drain_out(s);
}

/* A socket that connects to its own address and port meets itself [attack:E32]. */
static void connection_to_itself_opens_and_closes(void **state) {
    (void)state;
    struct script *s = malloc(sizeof *s);
    script_init(s, 0xffffffff, 0, true);
    struct dobos_socket *socket = tcp_create(&s->transport);
    struct flow *flow = &socket->sender.flow;
    uint8_t bytes[100];
    int64_t got = 0;
    flow->local = flow->remote = dobos_address_ipv4(0x0a000001);
    flow->local_port = flow->remote_port = 99;
    assert_int_equal(port_claim(&s->transport, socket), 0);
    assert_int_equal(tcp_connect(&s->transport, socket, s->now), -DOBOS_EINPROGRESS);
    for (unsigned i = 0; i < 40; i++) {
        struct transport_result result = {0};
        socket->sender.path.mtu = socket->sender.path.link_mtu = 1500;
        struct dobos_packet *packet = tcp_transmit(&s->transport, socket, s->now);
        if (i == 10)
            assert_int_equal(tcp_send(&s->transport, socket, "to myself", 9), 9);
        if (i == 20)
            assert_int_equal(tcp_shutdown(&s->transport, socket, DOBOS_SHUTDOWN_SEND), 0);
        if (packet)
            tcp_receive(&s->transport, packet, flow, 0, false, s->now, &result);
        assert_null(result.reply);
        int64_t part = tcp_read(&s->transport, socket, bytes, sizeof bytes);
        got += part > 0 ? part : 0;
    }
    assert_int_equal(got, 9);
    assert_int_equal(connection_of(socket)->state, DOBOS_TCP_TIME_WAIT);
    tcp_destroy(&s->transport, socket);
    script_fini(s);
    free(s);
}

/* ---- ports ---- */

/* [attack:E27] [rfc6056#4] */
static void ports_to_one_peer_run_out_cleanly(void **state) {
    (void)state;
    struct script *s = malloc(sizeof *s);
    script_init(s, 1, 1, true);
    struct dobos_socket **all = calloc(29000, sizeof *all);
    unsigned count = 0;
    int result = 0;
    while (count < 29000) {
        struct dobos_socket *socket = tcp_create(&s->transport);
        socket->sender.flow.local = dobos_address_ipv4(0x0a000001);
        socket->sender.flow.remote = dobos_address_ipv4(0x0a000002);
        socket->sender.flow.remote_port = 80;
        result = tcp_connect(&s->transport, socket, s->now);
        all[count++] = socket;
        if (result != -DOBOS_EINPROGRESS)
            break;
    }
    assert_int_equal(result, -DOBOS_EADDRNOTAVAIL);
    assert_int_equal(count, 60999 - 32768 + 2);
    all[count - 1]->sender.flow.remote_port = 81; /* another peer: there are ports again */
    assert_int_equal(tcp_connect(&s->transport, all[count - 1], s->now), -DOBOS_EINPROGRESS);
    while (count > 0)
        tcp_destroy(&s->transport, all[--count]);
    free(all);
    script_fini(s);
    free(s);
}

/* ---- data that overlaps, scraps, urgent data ---- */

/* First data wins, always [attack:E39]. program_read compares each byte with the first ones. */
SCRIPT_TEST(first_data_wins_on_every_overlap) {
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 101, .ack = 1, .length = 100});
    inject(s, &(struct in){.flags = A, .seq = 301, .ack = 1, .length = 300});
    inject(s, &(struct in){.flags = A, .seq = 131, .ack = 1, .length = 40, .other = 1});
    inject(s, &(struct in){.flags = A, .seq = 101, .ack = 1, .length = 100, .other = 2});
    inject(s, &(struct in){.flags = A, .seq = 201, .ack = 1, .length = 100});
    inject(s, &(struct in){.flags = A, .seq = 201, .ack = 1, .length = 500, .other = 3});
    assert_int_equal(script_connection(s)->flight->held.bytes, 600);
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 100});
    expect(s, A, 1, 0, 701);
    assert_int_equal(program_read(s, 600), 600);
    inject(s, &(struct in){.flags = A, .seq = 601, .ack = 1, .length = 200, .other = 3});
    drain_out(s);
}

/* Scraps cost about what they carry [attack:E5]. */
SCRIPT_TEST(single_bytes_in_order_cost_little) {
    script_establish(s);
    for (uint32_t i = 0; i < 20000; i++)
        inject(s, &(struct in){.flags = PA, .seq = 1 + i, .ack = 1, .length = 1});
    drain_out(s);
    assert_int_equal(script_connection(s)->flight->receive.bytes, 20000);
    assert_true(s->transport.buffer_bytes < 2 * 20000 + 8192);
    assert_int_equal(program_read(s, 30000), 20000);
}

/* Out of order too the memory is bounded, and the time a piece takes does not grow [attack:E4]
 * [attack:E5]. */
SCRIPT_TEST(single_bytes_out_of_order_are_bounded) {
    script_establish(s);
    for (uint32_t i = 0; i < 30000; i++) {
        uint32_t place = (i * 7919) % 30000;
        inject(s, &(struct in){.flags = A, .seq = 2 + 2 * place, .ack = 1, .length = 1});
        drain_out(s);
    }
    const struct tcp_connection *c = script_connection(s);
    assert_true(c->flight->held.charge <= 4 * c->receive_limit + 65536 + 1024);
    assert_true(c->flight->held.count > 1000);
    unsigned depth = 0;
    for (const struct piece *at = c->flight->held.root; at; at = at->child[0])
        depth++;
    assert_true(depth < 64);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 1000});
    assert_true(program_read(s, 60000) >= 1000);
    drain_out(s);
}

/* A host that is short of memory takes no data out of order, and serves who waits for his first
 * bytes [attack:G4]. */
SCRIPT_TEST(short_of_memory_data_in_order_still_arrives) {
    script_establish(s);
    inject(s, &(struct in){.flags = A, .seq = 1001, .ack = 1, .length = 1000});
    s->transport.buffer_limit_bytes = 1;
    inject(s, &(struct in){.flags = A, .seq = 3001, .ack = 1, .length = 1000});
    assert_int_equal(s->reason, DROP_SOCKET_QUEUE);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 1000});
    assert_int_equal(s->reason, DROP_NONE);
    assert_int_equal(script_connection(s)->flight->held.count, 0); /* gave way */
    assert_int_equal(program_read(s, 5000), 1000);
    drain_out(s);
    assert_int_equal(program_send(s, 100), 100);
    drain_out(s);
}

/* Urgent data is data; its pointer is never a length [attack:E10]. */
SCRIPT_TEST(urgent_pointer_is_never_a_length) {
    static const uint16_t pointers[] = {0, 1, 9, 10, 11, 1000, 0x7fff, 0x8000, 0xffff};
    uint32_t seq = 1;
    script_establish(s);
    for (size_t i = 0; i < sizeof pointers / sizeof pointers[0]; i++) {
        inject(
            s,
            &(struct in){
                .flags = PA | TCP_URG, .seq = seq, .ack = 1, .length = 10, .urgent = pointers[i]});
        inject(s, &(struct in){
                      .flags = A | TCP_URG, .seq = seq + 10, .ack = 1, .urgent = pointers[i]});
        assert_int_equal(program_read(s, 100), 10);
        seq += 10;
    }
    drain_out(s);
}

SCRIPT_TEST(urgent_pointer_in_a_syn_means_nothing) {
    script_listen(s, 1);
    inject(s, &(struct in){.flags = S | TCP_URG, .seq = 0, .urgent = 0xffff});
    expect(s, SA, 0, 0, 1);
    inject(s,
           &(struct in){.flags = PA | TCP_URG, .seq = 1, .ack = 1, .length = 3, .urgent = 0x8000});
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_int_equal(program_read(s, 100), 3);
    drain_out(s);
}

/* ---- options ---- */

/* [attack:E3] */
SCRIPT_TEST(tiny_segment_size_is_raised) {
    static const uint16_t sizes[] = {1, 8, 48, 87, 88, 89};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        script_connect(s);
        pump(s);
        struct seq natural = s->out[s->out_first].raw_seq;
        s->isn = natural;
        drain_out(s);
        inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 1, .mss = sizes[i]});
        drain_out(s);
        program_send(s, 1000);
        uint32_t least = sizes[i] > 88 ? sizes[i] : 88;
        assert_int_equal(s->out[s->out_first].length, s->timestamps ? least - 12 : least);
        drain_out(s);
        tcp_abort(&s->transport, s->socket);
        pump(s);
        drain_out(s);
        advance(s, 1 * MS);
    }
}

/* Options of every kind and length, in the handshake and behind it [attack:E7] [attack:E8]
 * [attack:E40] [rfc9293#6] [rfc9293#7] [rfc9293#8]. */
static void option_bytes_of_any_kind_are_survived(void **state) {
    (void)state;
    struct script *s = malloc(sizeof *s);
    for (unsigned kind = 0; kind < 256; kind++) {
        script_init(s, 0xffffff00, 5, false);
        script_establish(s);
        for (unsigned length = 0; length < 256; length++) {
            uint8_t bytes[40];
            memset(bytes, 0xa5, sizeof bytes);
            bytes[0] = (uint8_t)kind;
            bytes[1] = (uint8_t)length;
            struct slice options = {bytes, length % 2 ? 40 : 4};
            inject(s,
                   &(struct in){
                       .flags = PA, .seq = 1 + length, .ack = 1, .length = 1, .options = options});
            assert_int_equal(s->reason, DROP_NONE);
            inject(s, &(struct in){.flags = S, .seq = 0, .port = 5000, .options = options});
        }
        assert_int_equal(program_read(s, 1000), 256);
        drain_out(s);
        script_fini(s);
    }
    free(s);
}

/* [rfc7323#2] */
SCRIPT_TEST(options_of_the_handshake_mean_nothing_later) {
    static const uint8_t scale[] = {3, 3, 9, 1, 2, 4, 0, 1};
    s->timestamps = false;
    script_establish(s);
    struct tcp_connection *c = script_connection(s);
    uint8_t before = c->snd_wscale;
    uint32_t mss = connection_mss(c);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .options = {scale, sizeof scale}});
    assert_int_equal(c->snd_wscale, before);
    assert_int_equal(connection_mss(c), mss);
}

/* ---- headers ---- */

static struct dobos_packet *raw_segment(struct script *s, const uint8_t *bytes, size_t length) {
    return dobos_packet_from_bytes(s->pool, bytes, length, NULL);
}

/* Every data offset at every length [attack:E9] [rfc9293#10] [rfc9293#4]. */
static void header_lengths_that_lie_are_dropped(void **state) {
    (void)state;
    struct script *s = malloc(sizeof *s);
    script_init(s, 7, 8, true);
    script_establish(s);
    struct flow flow = {.local = dobos_address_ipv4(0x0a000001),
                        .remote = dobos_address_ipv4(0x0a000002)};
    for (size_t length = 1; length <= 80; length++) {
        for (unsigned offset = 0; offset < 16; offset++) {
            for (unsigned right = 0; right < 2; right++) {
                uint8_t bytes[80] = {SCRIPT_PEER_PORT >> 8, SCRIPT_PEER_PORT & 0xff, 0, 80};
                if (length > 12)
                    bytes[12] = (uint8_t)(offset << 4);
                uint32_t sum = checksum_pseudo(&flow.remote, &flow.local, 6, (uint32_t)length);
                sum = (uint32_t)checksum_fold(sum) + checksum_fold(checksum_add(0, bytes, length));
                if (length > 17)
                    store_be16(bytes + 16, (uint16_t)(checksum_finish(sum) ^ !right));
                struct transport_result result = {0};
                tcp_receive(&s->transport, raw_segment(s, bytes, length), &flow, 0, false, s->now,
                            &result);
                bool fits = length >= 20 && offset >= 5 && offset * 4 <= length;
                assert_int_equal(result.reason, !fits    ? DROP_TCP_MALFORMED
                                                : !right ? DROP_TCP_CHECKSUM
                                                         : result.reason);
                assert_int_not_equal(result.reason, DROP_NONE);
                dobos_packet_release(result.reply);
            }
        }
    }
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    script_fini(s);
    free(s);
}

/* [rfc9293#85] [rfc9293#86] [attack:B3] */
SCRIPT_TEST(segments_from_nobody_or_to_everybody_are_dropped) {
    static const uint32_t sources[] = {0, 0xffffffff, 0xe0000001, 0x0a000001, 0x0a000009};
    script_listen(s, 4);
    for (unsigned i = 0; i < 5; i++) {
        uint8_t bytes[20] = {0, 80, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, TCP_SYN, 1, 1};
        struct flow flow = {.local = dobos_address_ipv4(0x0a000001),
                            .remote = dobos_address_ipv4(sources[i])};
        uint32_t sum = checksum_pseudo(&flow.remote, &flow.local, 6, 20);
        sum = (uint32_t)checksum_fold(sum) + checksum_fold(checksum_add(0, bytes, 20));
        store_be16(bytes + 16, checksum_finish(sum));
        struct transport_result result = {0};
        bool broadcast = i == 4;
        tcp_receive(&s->transport, raw_segment(s, bytes, 20), &flow, 0, broadcast, s->now, &result);
        assert_int_equal(result.reason, DROP_TCP_FLAGS);
        assert_null(result.reply);
        assert_null(result.half_open);
    }
}

/* [rfc9293#89] [rfc9293#20] [rfc9293#21] [rfc9293#22] [attack:E38] */
SCRIPT_TEST(nobodys_segments_are_answered_by_one_reset) {
    uint32_t zero = (uint32_t)-(int32_t)s->isn.raw;
    inject(s, &(struct in){.flags = PA, .seq = 77, .ack = 99, .length = 1000});
    expect(s, R, 99, 0, 0);
    inject(s, &(struct in){.flags = S, .seq = 77, .length = 10});
    expect(s, RA, zero, 0, 88);
    inject(s, &(struct in){.flags = F, .seq = 77});
    expect(s, RA, zero, 0, 78);
    inject(s, &(struct in){.flags = R, .seq = 77});
    inject(s, &(struct in){.flags = RA, .seq = 77, .ack = 5});
    expect_nothing(s);
}

/* [rfc9293#90] [rfc9293#91] [rfc9293#93] */
SCRIPT_TEST(listener_answers_only_what_makes_sense) {
    script_listen(s, 4);
    inject(s, &(struct in){.flags = R, .seq = 0});
    inject(s, &(struct in){.flags = RA, .seq = 0, .ack = 4});
    inject(s, &(struct in){.flags = F, .seq = 0});
    inject(s, &(struct in){.flags = 0, .seq = 0, .length = 10});
    inject(s, &(struct in){.flags = S | F, .seq = 0});
    expect_nothing(s);
    inject(s, &(struct in){.flags = A, .seq = 0, .ack = 55});
    expect(s, R, 55, 0, 0);
    inject(s, &(struct in){.flags = SA, .seq = 0, .ack = 56});
    expect(s, R, 56, 0, 0);
    assert_int_equal(s->transport.half_open, 0);
}

/* ---- what can be guessed ---- */

/* Initial numbers of neighbouring flows share nothing; of one flow they go on with the clock
 * [attack:E11] [attack:E35] [rfc9293#14] [rfc9293#15] [rfc9293#16] [rfc6528#1] [rfc6528#2]. */
static void initial_numbers_cannot_be_guessed(void **state) {
    (void)state;
    struct script *s = malloc(sizeof *s);
    script_init(s, 1, 1, true);
    struct flow flow = {.protocol = 6, .local_port = 80};
    flow.local = dobos_address_ipv4(0x0a000001);
    flow.remote = dobos_address_ipv4(0x0a000002);
    uint32_t bits[32] = {0};
    for (uint32_t i = 0; i < 65536; i++) {
        flow.remote_port = (uint16_t)i;
        struct seq a = isn_make(&s->transport, &flow, s->now);
        assert_int_equal(seq_distance(isn_make(&s->transport, &flow, s->now + 4000000), a), 1000);
        for (unsigned bit = 0; bit < 32; bit++)
            bits[bit] += a.raw >> bit & 1;
    }
    for (unsigned bit = 0; bit < 32; bit++)
        assert_true(bits[bit] > 32768 - 1000 && bits[bit] < 32768 + 1000);
    struct flow other = flow;
    other.local = dobos_address_ipv4(0x0a000003);
    assert_int_not_equal(isn_make(&s->transport, &flow, s->now).raw,
                         isn_make(&s->transport, &other, s->now).raw);
    struct transport foreign = s->transport;
    foreign.isn_key.word[0] ^= 1;
    assert_int_not_equal(isn_make(&s->transport, &flow, s->now).raw,
                         isn_make(&foreign, &flow, s->now).raw);
    script_fini(s);
    free(s);
}

/* [attack:E30] [rfc7323#27] */
static void timestamps_of_two_connections_share_no_clock(void **state) {
    (void)state;
    struct script *s = malloc(sizeof *s);
    script_init(s, 1, 1, true);
    struct flow flow = {.protocol = 6, .local_port = 80, .remote_port = 1};
    struct flow other = flow;
    other.remote_port = 2;
    assert_int_not_equal(timestamp_offset(&s->transport, &flow),
                         timestamp_offset(&s->transport, &other));
    assert_int_equal(timestamp_value(5, 7 * MS), 12);
    script_fini(s);
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reset_counts_only_at_exactly_the_next_number),
        cmocka_unit_test(syn_in_a_connection_is_challenged_wherever_it_lies),
        cmocka_unit_test(data_with_an_impossible_acknowledgment_is_refused),
        cmocka_unit_test(connection_to_itself_opens_and_closes),
        cmocka_unit_test(ports_to_one_peer_run_out_cleanly),
        cmocka_unit_test(first_data_wins_on_every_overlap),
        cmocka_unit_test(single_bytes_in_order_cost_little),
        cmocka_unit_test(single_bytes_out_of_order_are_bounded),
        cmocka_unit_test(short_of_memory_data_in_order_still_arrives),
        cmocka_unit_test(urgent_pointer_is_never_a_length),
        cmocka_unit_test(urgent_pointer_in_a_syn_means_nothing),
        cmocka_unit_test(tiny_segment_size_is_raised),
        cmocka_unit_test(option_bytes_of_any_kind_are_survived),
        cmocka_unit_test(options_of_the_handshake_mean_nothing_later),
        cmocka_unit_test(header_lengths_that_lie_are_dropped),
        cmocka_unit_test(segments_from_nobody_or_to_everybody_are_dropped),
        cmocka_unit_test(nobodys_segments_are_answered_by_one_reset),
        cmocka_unit_test(listener_answers_only_what_makes_sense),
        cmocka_unit_test(initial_numbers_cannot_be_guessed),
        cmocka_unit_test(timestamps_of_two_connections_share_no_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
