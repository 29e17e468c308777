/* SYN cookies (RFC 4987 §3.6): what a connection keeps that came out of one, how long one is good,
 * and how hard one is to guess. */
#include "harness.h"

#include "transport/tcp/isn.h"
#include "transport/tcp/syn_cookie.h"

static void always(struct script *s) {
    s->transport.settings.syn_cookies = DOBOS_SYN_COOKIES_ALWAYS;
}

/* A SYN from the peer's port, answered; our number is the script's from then on. */
static void syn(struct script *s, uint16_t port, uint16_t mss) {
    drain_out(s);
    inject(s, &(struct in){.flags = S, .seq = 0, .port = port, .mss = mss});
    assert_int_equal(s->out_count, 1);
    assert_int_equal(s->out[s->out_first].flags, SA);
    s->last = s->out[s->out_first];
    s->isn = s->last.raw_seq;
    drain_out(s);
}

static void accept_one(struct script *s) {
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
}

static void assert_refused(struct script *s, const struct in *in) {
    inject(s, in);
    assert_int_equal(s->out_count, 1);
    assert_int_equal(s->out[s->out_first].flags, R);
    drain_out(s);
}

/* The records stay as they are, and whoever comes is served [attack:E20] [rfc4987#1] [rfc4987#2].
 */
SCRIPT_TEST(full_listener_answers_by_cookies) {
    const struct transport_counters *counters = &s->transport.counters;
    script_listen(s, 8);
    for (uint16_t i = 0; i < LISTENER_HALF_OPEN_MIN; i++)
        syn(s, (uint16_t)(10000 + i), 1460);
    assert_int_equal(counters->tcp_cookies_sent, 0);
    size_t flows = s->transport.flows.count;
    syn(s, 20000, 1460); /* the pool of packets has all it needs then */
    int64_t outstanding = s->outstanding;
    for (uint16_t i = 1; i < 5000; i++)
        syn(s, (uint16_t)(20000 + i), 1460);
    assert_int_equal(counters->tcp_cookies_sent, 5000);
    assert_int_equal(counters->tcp_full_cookies, 5000);
    assert_int_equal(s->transport.flows.count, flows);
    assert_int_equal(s->outstanding, outstanding);
    syn(s, SCRIPT_PEER_PORT, 1460);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    expect_nothing(s);
    accept_one(s);
    assert_int_equal(counters->tcp_cookies_received, 1);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .length = 100});
    assert_int_equal(program_read(s, 200), 100);
    assert_int_equal(program_send(s, 3000), 3000);
    assert_true(s->out_count >= 2);
    drain_out(s);
}

/* With timestamps the peer's window scale and SACK come back; without them nothing is said of it,
 * so that both ends agree [attack:E21] [rfc4987#3]. */
SCRIPT_TEST(window_scale_is_carried_by_the_timestamp) {
    always(s);
    s->sack = true;
    script_listen(s, 8);
    syn(s, SCRIPT_PEER_PORT, 1460);
    assert_int_equal(s->last.options.has_window_scale, s->timestamps);
    assert_int_equal(s->last.options.sack_permitted, s->timestamps);
    uint8_t told = s->last.options.window_scale;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    accept_one(s);
    const struct tcp_connection *c = script_connection(s);
    assert_int_equal(c->scales, s->timestamps);
    assert_int_equal(c->sack, s->timestamps);
    assert_int_equal(c->timestamps, s->timestamps);
    assert_int_equal(c->snd_wscale, s->timestamps ? 2 : 0);
    if (s->timestamps)
        assert_int_equal(c->rcv_wscale, told);
    assert_int_equal(c->rtt.srtt_ns, 0);
}

/* A peer without window scale, but with timestamps, gets none. */
SCRIPT_TEST(no_window_scale_stays_none) {
    always(s);
    s->scaling = false;
    script_listen(s, 8);
    syn(s, SCRIPT_PEER_PORT, 1460);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    accept_one(s);
    assert_false(script_connection(s)->scales || script_connection(s)->sack);
}

/* Our clock in a cookie is behind by less than 64 ms, and never ahead. */
SCRIPT_TEST(clock_of_a_cookie_is_never_ahead) {
    always(s);
    script_listen(s, 8);
    for (unsigned i = 0; i < 200 && s->timestamps; i++) {
        struct flow flow = {.local = dobos_address_ipv4(0x0a000001),
                            .remote = dobos_address_ipv4(0x0a000002),
                            .local_port = SCRIPT_PORT,
                            .remote_port = SCRIPT_PEER_PORT,
                            .protocol = DOBOS_TCP};
        syn(s, SCRIPT_PEER_PORT, 1460);
        uint32_t clock = timestamp_value(timestamp_offset(&s->transport, &flow), s->now);
        assert_true(clock - s->last.options.ts_value < 64);
        advance(s, 1 * MS);
    }
}

/* The size a connection uses is the largest of eight that the peer takes [rfc4987#3]. */
SCRIPT_TEST(segment_size_is_rounded_down) {
    static const uint16_t asked[] = {1,    87,   88,   535,  536,  1219,
                                     1300, 1399, 1452, 1460, 8959, 65535};
    static const uint16_t used[] = {88, 88, 88, 88, 536, 536, 1220, 1360, 1440, 1460, 1460, 8960};
    always(s);
    script_listen(s, 20);
    for (unsigned i = 0; i < array_length(asked); i++) {
        syn(s, (uint16_t)(5000 + i), asked[i]);
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = (uint16_t)(5000 + i)});
        accept_one(s);
        assert_int_equal(script_connection(s)->snd_mss, used[i]);
    }
}

/* The first acknowledgment may be lost: data that repeats it will do, and counts. */
SCRIPT_TEST(cookie_comes_back_with_data) {
    always(s);
    script_listen(s, 8);
    syn(s, SCRIPT_PEER_PORT, 1460);
    inject(s, &(struct in){.flags = FPA, .seq = 1, .ack = 1, .length = 10});
    expect(s, A, 1, 0, 12);
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    assert_state(s, DOBOS_TCP_CLOSE_WAIT);
    assert_int_equal(program_read(s, 100), 10);
}

/* Good in its epoch and the next: 64 s at least, 128 s at most [attack:E21] [rfc4987#4]. */
SCRIPT_TEST(cookie_is_good_for_two_epochs) {
    always(s);
    script_listen(s, 8);
    syn(s, 5000, 1460);
    struct seq early = s->isn;
    advance(s, 64 * DOBOS_SECOND);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = 5000});
    accept_one(s);
    syn(s, 5001, 1460); /* cookies are still given out */
    struct seq late = s->isn;
    advance(s, 64 * DOBOS_SECOND + 1);
    s->isn = early;
    assert_refused(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = 6000});
    s->isn = late;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = 5001});
    accept_one(s);
    syn(s, 5002, 1460);
    late = s->isn;
    syn(s, 5003, 1460);
    advance(s, 127 * DOBOS_SECOND);
    syn(s, 5004, 1460);
    advance(s, 1 * DOBOS_SECOND);
    s->isn = late;
    assert_refused(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = 5002});
    assert_true(s->transport.counters.tcp_cookies_failed > 0);
}

/* Long after the last cookie nobody looks whether an acknowledgment is one. */
SCRIPT_TEST(without_cookies_given_out_none_is_looked_for) {
    script_listen(s, 8);
    assert_refused(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    assert_int_equal(s->transport.counters.tcp_cookies_failed, 0);
    always(s);
    syn(s, 5000, 1460);
    advance(s, 128 * DOBOS_SECOND);
    assert_refused(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = 5000});
    assert_int_equal(s->transport.counters.tcp_cookies_failed, 0);
}

/* What belongs to another flow, another initial number, or has a SYN with it, is no cookie
 * [attack:E21] [rfc4987#2]. */
SCRIPT_TEST(cookie_of_another_is_refused) {
    always(s);
    script_listen(s, 8);
    syn(s, SCRIPT_PEER_PORT, 1460);
    assert_refused(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = 4001});
    assert_refused(s, &(struct in){.flags = A, .seq = 2, .ack = 1});
    assert_refused(s, &(struct in){.flags = A, .seq = 1, .ack = 2});
    assert_refused(s, &(struct in){.flags = SA, .seq = 0, .ack = 1});
    for (unsigned bit = 0; bit < 32; bit++)
        assert_refused(s, &(struct in){.flags = A, .seq = 1, .ack = 1 + (1u << bit)});
    inject(s, &(struct in){.flags = RA, .seq = 1, .ack = 1});
    expect_nothing(s);
    assert_int_equal(s->transport.counters.tcp_cookies_received, 0);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    accept_one(s);
}

/* Accept's queue is full: the acknowledgment is dropped, and the peer's data brings it again. */
SCRIPT_TEST(cookie_waits_for_room_in_accepts_queue) {
    always(s);
    script_listen(s, 1);
    syn(s, 5000, 1460);
    struct seq first = s->isn;
    syn(s, 5001, 1460);
    struct seq second = s->isn;
    s->isn = first;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = 5000});
    s->isn = second;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .port = 5001});
    assert_int_equal(s->reason, DROP_TCP_BACKLOG);
    expect_nothing(s);
    assert_int_equal(s->transport.counters.tcp_listen_overflows, 1);
    assert_int_equal(s->transport.counters.tcp_listen_drops, 1);
    accept_one(s);
    inject(s, &(struct in){.flags = PA, .seq = 1, .ack = 1, .port = 5001, .length = 5});
    accept_one(s);
    assert_int_equal(script_connection(s)->flight->receive.bytes, 5);
    drain_out(s);
}

/* No memory for the connection: nothing is left half done. */
SCRIPT_TEST(cookie_without_memory_is_dropped) {
    always(s);
    script_listen(s, 8);
    syn(s, SCRIPT_PEER_PORT, 1460);
    for (uint64_t nth = 1; nth <= 4; nth++) {
        s->fail_at = s->allocations + nth;
        inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
        if (s->reason == DROP_NONE)
            break;
    }
    s->fail_at = 0;
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    accept_one(s);
}

/* The SYN,ACK tells what its first link takes, as soon as that is known [rfc9293#35]. */
SCRIPT_TEST(reply_tells_the_segment_size_of_its_way) {
    struct path path = {.link_mtu = 1400, .mtu = 576};
    struct transport_result result = {0};
    struct tcp_segment segment = {.flags = TCP_SYN, .seq = s->peer_isn};
    segment.flow = (struct flow){.local = dobos_address_ipv4(0x0a000001),
                                 .remote = dobos_address_ipv4(0x0a000002),
                                 .local_port = SCRIPT_PORT,
                                 .remote_port = SCRIPT_PEER_PORT,
                                 .protocol = DOBOS_TCP};
    segment.options.has_timestamps = s->timestamps;
    script_listen(s, 8);
    assert_int_equal(
        syn_cookie_answer(&s->transport, connection_of(s->listener), &segment, s->now, &result),
        DROP_NONE);
    tcp_reply_fit(result.reply, &path);
    assert_int_equal(load_be16(packet_pull(result.reply, 24) + 22), 1360);
    dobos_packet_release(result.reply);
}

/* ---- how hard it is to guess ---- */

static struct tcp_segment guess_make(uint32_t address, uint16_t port, uint32_t seq, uint32_t ack) {
    return (struct tcp_segment){
        .flow = {.local = dobos_address_ipv4(0x0a000001),
                 .remote = dobos_address_ipv4(address),
                 .local_port = SCRIPT_PORT,
                 .remote_port = port,
                 .protocol = DOBOS_TCP},
        .seq = seq_make(seq),
        .ack = seq_make(ack),
        .flags = TCP_ACK,
    };
}

/* A million guesses; each has a chance of 2^-28 [attack:E21] [rfc4987#4]. */
static void a_million_guesses_find_no_cookie(void **state) {
    (void)state;
    struct script *s = malloc(sizeof *s);
    struct random random = random_make(21);
    struct tcp_half_open half_open;
    script_init(s, 1, 1, true);
    always(s);
    script_listen(s, 8);
    syn(s, 5000, 1460);
    struct tcp_connection *owner = connection_of(s->listener);
    for (unsigned i = 0; i < 1000000; i++) {
        struct tcp_segment guess = guess_make(0x0a000002, 5000, 5, (uint32_t)random_next(&random));
        assert_false(syn_cookie_restore(&s->transport, owner, &guess, s->now, &half_open));
    }
    assert_int_equal(s->transport.counters.tcp_cookies_failed, 1000000);
    script_fini(s);
    free(s);
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* The hash's part has 28 bits that count: each is set in half of all cookies, and two of 65,536
 * cookies are alike as often as chance wants it, about 8 times [attack:E21]. */
static void cookies_are_spread_evenly(void **state) {
    enum {
        COUNT = 65536
    };
    (void)state;
    struct script *s = malloc(sizeof *s);
    uint32_t *found = malloc(COUNT * sizeof *found);
    unsigned bits[28] = {0}, alike = 0;
    script_init(s, 1, 1, true);
    always(s);
    script_listen(s, 8);
    struct tcp_connection *owner = connection_of(s->listener);
    for (unsigned i = 0; i < COUNT; i++) {
        struct transport_result result = {0};
        struct tcp_segment segment = guess_make(0x0a000002 + i / 1000, (uint16_t)(i % 1000), 7, 0);
        segment.flags = TCP_SYN;
        (void)syn_cookie_answer(&s->transport, owner, &segment, s->now, &result);
        found[i] = load_be32(packet_pull(result.reply, TCP_HEADER_BYTES) + 4) >> 4;
        dobos_packet_release(result.reply);
        for (unsigned bit = 0; bit < 28; bit++)
            bits[bit] += found[i] >> bit & 1;
    }
    for (unsigned bit = 0; bit < 28; bit++)
        assert_true(bits[bit] > COUNT / 2 - 800 && bits[bit] < COUNT / 2 + 800);
    qsort(found, COUNT, sizeof *found, by_value);
    for (unsigned i = 1; i < COUNT; i++)
        alike += found[i] == found[i - 1];
    assert_true(alike >= 1 && alike <= 24);
    script_fini(s);
    free(found);
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_listener_answers_by_cookies),
        cmocka_unit_test(window_scale_is_carried_by_the_timestamp),
        cmocka_unit_test(no_window_scale_stays_none),
        cmocka_unit_test(clock_of_a_cookie_is_never_ahead),
        cmocka_unit_test(segment_size_is_rounded_down),
        cmocka_unit_test(cookie_comes_back_with_data),
        cmocka_unit_test(cookie_is_good_for_two_epochs),
        cmocka_unit_test(without_cookies_given_out_none_is_looked_for),
        cmocka_unit_test(cookie_of_another_is_refused),
        cmocka_unit_test(cookie_waits_for_room_in_accepts_queue),
        cmocka_unit_test(cookie_without_memory_is_dropped),
        cmocka_unit_test(reply_tells_the_segment_size_of_its_way),
        cmocka_unit_test(a_million_guesses_find_no_cookie),
        cmocka_unit_test(cookies_are_spread_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
