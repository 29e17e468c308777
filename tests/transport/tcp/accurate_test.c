/* accurate: accurate ECN feedback (RFC 9768), each step as a script of packets. */
#include "harness.h"
#include "pair.h"

#include "transport/tcp/accurate.h"

#define MSS(s)   ((s)->timestamps ? 1448u : 1460u)
#define ACE(ace) (((ace) & 4u ? AE : 0u) | ((ace) & 2u ? W : 0u) | ((ace) & 1u ? E : 0u))
#define ASKS     (S | ACE(7))

static const struct tcp_ecn_option fresh = {.count = 3, .counter = {1, 0, 1}};

static const uint8_t handshake_ace[4] = {2, 3, 4, 6}; /* by the ECN field */

static struct tcp_accurate *accurate(struct script *s) {
    return script_connection(s)->ecn.accurate;
}

static void connect_accurate(struct script *s) {
    s->transport.settings.ecn = DOBOS_ECN_ACCURATE;
    script_connect(s);
    pump(s);
    expect(s, ASKS, 0, 0, 0);
    assert_false(s->last.options.has_ecn);
    assert_int_equal(s->last.ecn, ECN_NOT_ECT);
}

/* ESTABLISHED, opened by us; the SYN,ACK came without a mark. */
static void establish(struct script *s) {
    connect_accurate(s);
    inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1, .counters = &fresh});
    expect(s, A | ACE(2), 1, 0, 1);
    assert_true(s->last.options.has_ecn);
    assert_int_equal(s->last.options.ecn.count, 3);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 1});
    expect_nothing(s);
}

/* A listener that has been asked; the SYN,ACK is still to be acknowledged. */
static void listen_accurate(struct script *s, unsigned asks) {
    s->transport.settings.ecn = DOBOS_ECN_ON;
    script_listen(s, 8);
    inject(s, &(struct in){.flags = S | asks, .seq = 0});
    expect(s, SA | ACE(2), 0, 0, 1);
    assert_true(s->last.options.has_ecn);
}

static void accept_one(struct script *s) {
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
}

/* The ECN field of new data. */
static uint8_t data_ecn(struct script *s) {
    assert_int_equal(program_send(s, 100), 100);
    assert_true(s->out_count >= 1);
    uint8_t ecn = s->out[s->out_first + s->out_count - 1].ecn;
    drain_out(s);
    return ecn;
}

/* A full window is out, the first segment with an option. */
static uint32_t fill_window(struct script *s) {
    const uint32_t mss = connection_mss(script_connection(s));
    assert_int_equal(program_send(s, 40 * MSS(s)), 40 * MSS(s));
    assert_true(s->out_count >= 9);
    return mss;
}

static uint32_t end_of_out(const struct script *s) {
    const struct out *last = &s->out[s->out_first + s->out_count - 1];
    return last->seq + last->length;
}

/* ---- who opens ---- */

/* [rfc9768#1] [rfc9768#4] [rfc9768#37] [rfc9768#38] [rfc9768#27] [rfc9768#35] [rfc9768#60] */
SCRIPT_TEST(client_asks_by_all_flags_and_tells_how_the_answer_came) {
    establish(s);
    assert_int_equal(accurate(s)->r_cep, 5);
    assert_int_equal(program_send(s, 10), 10);
    expect(s, PA | ACE(5), 1, 10, 1);
    assert_int_equal(s->last.ecn, ECN_ECT_0);
    assert_true(s->last.options.has_ecn); /* the first data has it, too */
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 11});
    assert_int_equal(program_send(s, 10), 10);
    expect(s, PA | ACE(5), 11, 10, 1);
    assert_false(s->last.options.has_ecn);
}

static void answer_is_reflected(struct script *s, uint8_t ecn) {
    connect_accurate(s);
    inject(s,
           &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1, .ecn = ecn, .counters = &fresh});
    expect(s, A | ACE(handshake_ace[ecn]), 1, 0, 1);
    assert_int_equal(accurate(s)->r_cep, ecn == ECN_CE ? 6 : 5);
    inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1, .ecn = ECN_CE});
    expect(s, A | ACE(6), 1, 0, 1); /* the latest; and counted once */
    assert_int_equal(accurate(s)->r_cep, 6);
    inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1, .ecn = ECN_CE});
    expect(s, A | ACE(6), 1, 0, 1);
    assert_int_equal(accurate(s)->r_cep, 6);
}

/* [rfc9768#38] [rfc9768#40] [rfc9768#46] [rfc9768#23] [rfc9768#18] */
SCRIPT_TEST(answer_not_ect_is_reflected) {
    answer_is_reflected(s, ECN_NOT_ECT);
}
/* [rfc9768#38] */
SCRIPT_TEST(answer_ect_1_is_reflected) {
    answer_is_reflected(s, ECN_ECT_1);
}
/* [rfc9768#38] */
SCRIPT_TEST(answer_ect_0_is_reflected) {
    answer_is_reflected(s, ECN_ECT_0);
}
/* [rfc9768#38] [rfc9768#46] */
SCRIPT_TEST(answer_marked_is_reflected_and_counted_once) {
    answer_is_reflected(s, ECN_CE);
}

/* [rfc9768#39] */
SCRIPT_TEST(reflection_goes_before_data) {
    connect_accurate(s);
    s->hold = true;
    inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1, .counters = &fresh});
    assert_int_equal(program_send(s, 10), 10);
    s->hold = false;
    pump(s);
    expect(s, A | ACE(2), 1, 0, 1);
    expect(s, PA | ACE(5), 1, 10, 1);
}

static void answered_by(struct script *s, unsigned ace, enum ecn_mode mode, uint8_t ecn) {
    connect_accurate(s);
    inject(s, &(struct in){.flags = SA | ACE(ace), .seq = 0, .ack = 1, .counters = &fresh});
    drain_out(s);
    assert_int_equal(script_connection(s)->ecn.mode, mode);
    assert_int_equal(data_ecn(s), ecn);
}

/* [rfc9768#5] [rfc9768#26] */
SCRIPT_TEST(answer_without_flags_turns_it_off) {
    answered_by(s, 0, ECN_MODE_OFF, ECN_NOT_ECT);
}
/* [rfc9768#8] */
SCRIPT_TEST(answer_with_all_flags_turns_it_off) {
    answered_by(s, 7, ECN_MODE_OFF, ECN_NOT_ECT);
}
/* [rfc9768#5] */
SCRIPT_TEST(answer_with_echo_alone_is_classic) {
    answered_by(s, 1, ECN_MODE_CLASSIC, ECN_ECT_0);
}
/* [rfc9768#12] */
SCRIPT_TEST(reserved_answer_agrees) {
    answered_by(s, 5, ECN_MODE_ACCURATE, ECN_ECT_0);
}
/* [rfc9768#47] The SYN was not ECT. */
SCRIPT_TEST(syn_that_came_ect_was_changed_on_its_way) {
    answered_by(s, 3, ECN_MODE_ACCURATE, ECN_NOT_ECT);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 101, .length = 9, .ecn = ECN_CE});
    expect(s, A | ACE(6), 101, 0, 10); /* what comes is told of */
}
/* [rfc9768#45] */
SCRIPT_TEST(syn_that_came_marked_halves_the_first_window) {
    connect_accurate(s);
    inject(s, &(struct in){.flags = SA | ACE(6), .seq = 0, .ack = 1, .counters = &fresh});
    drain_out(s);
    assert_int_equal(accurate(s)->s_cep, 5);
    assert_int_equal(program_send(s, 20 * MSS(s)), 20 * MSS(s));
    assert_true(s->out_count >= 5 && s->out_count <= 6);
    assert_int_equal(s->out[s->out_first].ecn, ECN_NOT_ECT);
    drain_out(s);
}

/* [rfc9768#14] [rfc9768#15] [rfc9768#19] [rfc9768#16] */
SCRIPT_TEST(first_repeated_syn_asks_again_later_ones_for_nothing) {
    connect_accurate(s);
    advance(s, DOBOS_SECOND);
    expect(s, ASKS, 0, 0, 0);
    advance(s, 2 * DOBOS_SECOND);
    expect(s, S, 0, 0, 0);
    advance(s, 4 * DOBOS_SECOND);
    expect(s, S, 0, 0, 0);
    inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1});
    expect(s, A | ACE(2), 1, 0, 1);
    assert_int_equal(data_ecn(s), ECN_ECT_0); /* the server is in this mode for sure */
}

/* [rfc9768#9] [rfc9768#37] */
SCRIPT_TEST(crossing_syn_is_answered_as_by_a_server) {
    connect_accurate(s);
    inject(s, &(struct in){.flags = ASKS, .seq = 0, .ecn = ECN_CE});
    expect(s, SA | ACE(6), 0, 0, 1);
    inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1});
    drain_out(s);
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    assert_int_equal(script_connection(s)->ecn.mode, ECN_MODE_ACCURATE);
    assert_int_equal(accurate(s)->s_cep, 5);
    assert_int_equal(accurate(s)->r_cep, 5);
}

/* ---- who is opened to ---- */

static void syn_is_reflected(struct script *s, uint8_t ecn) {
    s->transport.settings.ecn = DOBOS_ECN_PASSIVE;
    script_listen(s, 8);
    inject(s, &(struct in){.flags = ASKS, .seq = 0, .ecn = ecn});
    expect(s, SA | ACE(handshake_ace[ecn]), 0, 0, 1);
    assert_int_equal(s->last.ecn, ECN_NOT_ECT);
    assert_true(s->last.options.has_ecn);
    assert_int_equal(s->last.options.ecn.count, 3);
    assert_memory_equal(s->last.options.ecn.counter, fresh.counter, sizeof fresh.counter);
    inject(s, &(struct in){.flags = A | ACE(2), .seq = 1, .ack = 1, .counters = &fresh});
    accept_one(s);
    assert_int_equal(accurate(s)->r_cep, 5);
    assert_int_equal(data_ecn(s), ECN_ECT_0);
}

/* [rfc9768#2] [rfc9768#59] [rfc9768#13] */
SCRIPT_TEST(syn_not_ect_is_reflected) {
    syn_is_reflected(s, ECN_NOT_ECT);
}
/* [rfc9768#2] */
SCRIPT_TEST(syn_ect_1_is_reflected) {
    syn_is_reflected(s, ECN_ECT_1);
}
/* [rfc9768#2] */
SCRIPT_TEST(syn_ect_0_is_reflected) {
    syn_is_reflected(s, ECN_ECT_0);
}
/* [rfc9768#2] [rfc9768#44] */
SCRIPT_TEST(syn_marked_is_reflected_and_not_counted) {
    syn_is_reflected(s, ECN_CE);
}

/* [rfc9768#10] */
SCRIPT_TEST(unknown_combinations_of_a_syn_ask_too) {
    static const unsigned unknown[] = {1, 2, 4, 5, 6};
    listen_accurate(s, ACE(unknown[s->isn.raw % 5]));
}

/* [rfc9768#21] */
SCRIPT_TEST(syns_of_both_kinds_are_reset) {
    listen_accurate(s, ACE(7));
    inject(s, &(struct in){.flags = S | E | W, .seq = 0});
    expect(s, RA, (uint32_t)-(int32_t)s->isn.raw, 0, 1);
    assert_int_equal(s->transport.half_open, 0);
}

/* [rfc9768#17] [rfc9768#24] [rfc9768#28] [rfc9768#31] */
SCRIPT_TEST(repeated_syn_that_asks_for_nothing_forbids_ect_and_no_more) {
    listen_accurate(s, ACE(7));
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA | ACE(2), 0, 0, 1);
    assert_false(s->last.options.has_ecn);
    inject(s, &(struct in){.flags = A | ACE(2), .seq = 1, .ack = 1});
    accept_one(s);
    assert_int_equal(data_ecn(s), ECN_NOT_ECT);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 101, .length = 9, .ecn = ECN_CE});
    expect(s, A | ACE(6), 101, 0, 10);
}

/* [rfc9768#23] */
SCRIPT_TEST(latest_syn_is_reflected) {
    listen_accurate(s, ACE(7));
    inject(s, &(struct in){.flags = ASKS, .seq = 0, .ecn = ECN_CE});
    expect(s, SA | ACE(6), 0, 0, 1);
}

/* [rfc9768#61] [rfc9768#20] [rfc9768#28] */
SCRIPT_TEST(repeated_answer_has_no_option_and_then_no_flags) {
    listen_accurate(s, ACE(7));
    advance(s, DOBOS_SECOND);
    expect(s, SA | ACE(2), 0, 0, 1);
    assert_false(s->last.options.has_ecn);
    advance(s, 2 * DOBOS_SECOND);
    expect(s, SA, 0, 0, 1);
    inject(s, &(struct in){.flags = A | ACE(2), .seq = 1, .ack = 1});
    accept_one(s);
    assert_int_equal(script_connection(s)->ecn.mode, ECN_MODE_ACCURATE);
    assert_int_equal(data_ecn(s), ECN_NOT_ECT);
}

/* [rfc9768#41] [rfc9768#42] [rfc9768#47] What the first acknowledgment says of our SYN,ACK. */
static void first_ack_says(struct script *s, unsigned ace, uint32_t s_cep, uint8_t ecn) {
    listen_accurate(s, ACE(7));
    inject(s, &(struct in){.flags = A | ACE(ace), .seq = 1, .ack = 1, .counters = &fresh});
    accept_one(s);
    assert_int_equal(accurate(s)->s_cep, s_cep);
    assert_int_equal(data_ecn(s), ecn);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 1, .length = 9, .ecn = ECN_CE});
    expect(s, A | ACE(6), 101, 0, 10);
}
/* [rfc9768#41] [rfc9768#42] */
SCRIPT_TEST(first_acknowledgment_zero_ends_ect_but_not_telling) {
    first_ack_says(s, 0, 5, ECN_NOT_ECT);
    inject(s, &(struct in){.flags = A | ACE(6), .seq = 10, .ack = 101});
    assert_int_equal(s->transport.counters.tcp_ecn_reductions, 0);
}
/* [rfc9768#41] */
SCRIPT_TEST(first_acknowledgment_one_says_nothing) {
    first_ack_says(s, 1, 5, ECN_ECT_0);
}
/* [rfc9768#41] */
SCRIPT_TEST(first_acknowledgment_not_ect_is_as_it_was_sent) {
    first_ack_says(s, 2, 5, ECN_ECT_0);
}
/* [rfc9768#47] */
SCRIPT_TEST(first_acknowledgment_ect_1_is_a_mangled_way) {
    first_ack_says(s, 3, 5, ECN_NOT_ECT);
}
/* [rfc9768#47] */
SCRIPT_TEST(first_acknowledgment_ect_0_is_a_mangled_way) {
    first_ack_says(s, 4, 5, ECN_NOT_ECT);
}
/* [rfc9768#41] */
SCRIPT_TEST(first_acknowledgment_five_says_nothing) {
    first_ack_says(s, 5, 5, ECN_ECT_0);
}
/* [rfc9768#41] [rfc9768#47] */
SCRIPT_TEST(first_acknowledgment_marked_counts) {
    first_ack_says(s, 6, 6, ECN_NOT_ECT);
}
/* [rfc9768#41] */
SCRIPT_TEST(first_acknowledgment_seven_says_nothing) {
    first_ack_says(s, 7, 5, ECN_ECT_0);
}

/* [rfc9768#36] What comes first with data tells a counter. */
SCRIPT_TEST(first_acknowledgment_with_data_is_a_counter) {
    listen_accurate(s, ACE(7));
    inject(s,
           &(struct in){.flags = A | ACE(6), .seq = 1, .ack = 1, .length = 9, .counters = &fresh});
    accept_one(s);
    assert_int_equal(accurate(s)->s_cep, 6);
    drain_out(s);
}

/* [rfc9768#48] */
SCRIPT_TEST(first_counter_of_zero_ends_ect) {
    connect_accurate(s);
    inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1, .counters = &fresh});
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1, .length = 9});
    assert_int_equal(data_ecn(s), ECN_NOT_ECT);
    inject(s, &(struct in){.flags = A | ACE(1), .seq = 10, .ack = 51});
    assert_int_equal(s->transport.counters.tcp_ecn_reductions, 0);
}

/* [rfc9768#49] */
SCRIPT_TEST(first_counter_of_any_other_value_is_good) {
    connect_accurate(s);
    inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1, .counters = &fresh});
    drain_out(s);
    inject(s, &(struct in){.flags = A | ACE(3), .seq = 1, .ack = 1, .length = 9});
    assert_int_equal(data_ecn(s), ECN_ECT_0);
}

/* [rfc9768#69] */
SCRIPT_TEST(cookie_is_reminded_of_the_mode_by_the_acknowledgment) {
    s->transport.settings.ecn = DOBOS_ECN_ON;
    s->transport.settings.syn_cookies = DOBOS_SYN_COOKIES_ALWAYS;
    script_listen(s, 8);
    inject(s, &(struct in){.flags = ASKS, .seq = 0});
    assert_int_equal(s->out_count, 1);
    struct out answer = s->out[s->out_first];
    assert_int_equal(answer.flags, SA | ACE(2));
    s->isn = answer.raw_seq;
    drain_out(s);
    inject(s, &(struct in){.flags = A | ACE(2), .seq = 1, .ack = 1, .counters = &fresh});
    accept_one(s);
    assert_int_equal(script_connection(s)->ecn.mode, ECN_MODE_ACCURATE);
    assert_int_equal(data_ecn(s), ECN_ECT_0);
}

/* Classic feedback is one bit of the timestamp; without timestamps it is not agreed to. */
SCRIPT_TEST(cookie_carries_classic_ecn_in_its_timestamp) {
    s->transport.settings.ecn = DOBOS_ECN_ON;
    s->transport.settings.syn_cookies = DOBOS_SYN_COOKIES_ALWAYS;
    script_listen(s, 8);
    inject(s, &(struct in){.flags = S | E | W, .seq = 0});
    struct out answer = s->out[s->out_first];
    assert_int_equal(answer.flags, SA | (s->timestamps ? E : 0));
    s->isn = answer.raw_seq;
    drain_out(s);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    accept_one(s);
    assert_int_equal(script_connection(s)->ecn.mode,
                     s->timestamps ? ECN_MODE_CLASSIC : ECN_MODE_OFF);
}

/* ---- marks that come ---- */

/* [rfc9768#32] [rfc9768#33] [rfc9768#36] [rfc9768#50] [rfc9768#67] [rfc9768#34] */
SCRIPT_TEST(marks_and_bytes_are_counted_and_told) {
    establish(s);
    script_in_midstream(s);
    program_send(s, 1);
    drain_out(s);
    inject(s,
           &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 2, .length = 100, .ecn = ECN_ECT_0});
    advance(s, 40 * MS);
    expect(s, A | ACE(5), 2, 0, 101);
    assert_int_equal(s->last.options.ecn.count, 1);
    assert_int_equal(s->last.options.ecn.counter[0], 101);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 101, .ack = 2, .length = 50, .ecn = ECN_CE});
    expect(s, A | ACE(6), 2, 0, 151); /* at once */
    assert_int_equal(s->last.options.ecn.count, 2);
    assert_int_equal(s->last.options.ecn.counter[1], 50);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 151, .ack = 2, .length = 50, .ecn = ECN_CE});
    expect_nothing(s);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 201, .ack = 2, .length = 50, .ecn = ECN_CE});
    expect(s, A | ACE(0), 2, 0, 251); /* the second since, and round it goes */
    inject(s,
           &(struct in){.flags = A | ACE(5), .seq = 251, .ack = 2, .length = 7, .ecn = ECN_ECT_1});
    advance(s, 40 * MS);
    expect(s, A | ACE(0), 2, 0, 258);
    assert_int_equal(s->last.options.ecn.count, 3);
    assert_int_equal(s->last.options.ecn.counter[2], 8);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 258, .ack = 2, .length = 7});
    advance(s, 40 * MS);
    expect(s, A | ACE(0), 2, 0, 265);
    assert_false(s->last.options.has_ecn); /* nothing has changed */
}

/* [rfc9768#55] Order 1 where ECT(1) is all that came. */
SCRIPT_TEST(bytes_as_ect_1_are_told_in_order_1) {
    establish(s);
    program_send(s, 1);
    drain_out(s);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 2, .length = 9, .ecn = ECN_ECT_1});
    advance(s, 40 * MS);
    expect(s, A | ACE(5), 2, 0, 10);
    assert_true(s->last.options.ecn.is_order_1);
    assert_int_equal(s->last.options.ecn.count, 1);
    assert_int_equal(s->last.options.ecn.counter[0], 10);
}

/* [rfc9768#51] [rfc9768#32] Three marked acknowledgments are answered; no data waits. */
SCRIPT_TEST(every_third_marked_acknowledgment_is_answered) {
    establish(s);
    for (unsigned i = 0; i < 2; i++)
        inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 1, .ecn = ECN_CE});
    expect_nothing(s);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 1, .ecn = ECN_CE});
    expect(s, A | ACE(0), 1, 0, 1);
    assert_int_equal(accurate(s)->r_cep, 8);
}

/* [rfc9768#52] */
SCRIPT_TEST(answer_to_acknowledgments_has_no_sack_blocks) {
    s->sack = true;
    establish(s);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 2001, .ack = 1, .length = 9});
    drain_out(s);
    for (unsigned i = 0; i < 3; i++)
        inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 1, .ecn = ECN_CE});
    expect(s, A | ACE(0), 1, 0, 1);
    assert_int_equal(s->last.options.sack_count, 0);
}

/* [rfc9768#66] [rfc9768#68] */
SCRIPT_TEST(two_sack_blocks_go_before_the_option) {
    s->sack = true;
    establish(s);
    program_send(s, 1);
    drain_out(s);
    for (uint32_t i = 1; i < 4; i++)
        inject(s, &(struct in){.flags = A | ACE(5),
                               .seq = 1 + 1000 * i,
                               .ack = 2,
                               .length = 9,
                               .ecn = i == 2 ? ECN_CE : ECN_ECT_0});
    struct out last = s->out[s->out_first + s->out_count - 1];
    drain_out(s);
    assert_true(last.options.sack_count >= 2);
    assert_true(last.options.has_ecn);
    assert_int_equal(last.options.ecn.count, 2);
    inject(s,
           &(struct in){.flags = A | ACE(5), .seq = 4001, .ack = 2, .length = 9, .ecn = ECN_ECT_1});
    last = s->out[s->out_first + s->out_count - 1];
    drain_out(s);
    assert_true(last.options.sack_count >= 2);
    assert_int_equal(last.options.has_ecn, !s->timestamps); /* with them, three have no room */
}

/* [rfc9768#58] */
SCRIPT_TEST(option_of_a_syn_is_ignored) {
    static const struct tcp_ecn_option zeros = {.count = 3};
    s->transport.settings.ecn = DOBOS_ECN_ON;
    script_listen(s, 8);
    inject(s, &(struct in){.flags = ASKS, .seq = 0, .counters = &zeros});
    expect(s, SA | ACE(2), 0, 0, 1);
    inject(s, &(struct in){.flags = A | ACE(2), .seq = 1, .ack = 1, .counters = &fresh});
    accept_one(s);
    assert_false(accurate(s)->ignores_options);
    assert_int_equal(accurate(s)->s_bytes[0], 1);
}

/* ---- marks that the peer tells of ---- */

/* [rfc9768#29] [rfc9768#30] [rfc9768#57] */
SCRIPT_TEST(grown_counter_reduces_the_window_once_a_round_trip) {
    establish(s);
    const uint32_t mss = fill_window(s);
    const uint32_t end = end_of_out(s);
    drain_out(s);
    const struct congestion *congestion = &script_connection(s)->flight->congestion;
    const uint32_t before = congestion->cwnd;
    struct tcp_ecn_option told = {.count = 2, .counter = {1 + mss, mss}};
    inject(s, &(struct in){.flags = A | ACE(6), .seq = 1, .ack = 1 + 2 * mss, .counters = &told});
    assert_int_equal(accurate(s)->s_cep, 6);
    assert_int_equal(accurate(s)->s_bytes[ECN_COUNTER_CEB], mss);
    assert_true(congestion->ssthresh <= before / 2 + mss);
    uint32_t after = congestion->ssthresh;
    inject(s, &(struct in){.flags = A | ACE(0), .seq = 1, .ack = 1 + 4 * mss});
    inject(s, &(struct in){.flags = A | ACE(1), .seq = 1, .ack = end});
    assert_int_equal(accurate(s)->s_cep, 9);
    assert_int_equal(congestion->cwnd, after);
    assert_int_equal(s->transport.counters.tcp_ecn_reductions, 1);
    assert_int_equal(s->transport.counters.tcp_delivered_ce, 4);
    assert_int_equal(script_connection(s)->totals.delivered_ce, 4);
    assert_true(s->out_count > 0);
    for (unsigned i = 0; i < s->out_count; i++) {
        assert_int_equal(s->out[s->out_first + i].flags & (W | E | AE), ACE(5)); /* no CWR */
        assert_int_equal(s->out[s->out_first + i].ecn, ECN_ECT_0);
    }
    drain_out(s);
}

/* [rfc9768#34] [rfc9768#62] */
SCRIPT_TEST(repetition_has_the_latest_counter_and_no_option) {
    establish(s);
    assert_int_equal(program_send(s, 100), 100);
    expect(s, PA | ACE(5), 1, 100, 1);
    assert_true(s->last.options.has_ecn);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 1, .length = 9, .ecn = ECN_CE});
    expect(s, A | ACE(6), 101, 0, 10);
    advance(s, 3 * DOBOS_SECOND);
    expect(s, PA | ACE(6), 1, 100, 10);
    assert_int_equal(s->last.ecn, ECN_NOT_ECT);
    assert_false(s->last.options.has_ecn);
    drain_out(s);
}

/* [rfc9768#43] */
SCRIPT_TEST(overtaken_acknowledgment_tells_nothing) {
    establish(s);
    const uint32_t mss = fill_window(s);
    drain_out(s);
    inject(s, &(struct in){.flags = A | ACE(5), .seq = 1, .ack = 1 + 4 * mss});
    drain_out(s);
    inject(s, &(struct in){.flags = A | ACE(4), .seq = 1, .ack = 1 + 2 * mss});
    inject(s, &(struct in){.flags = A | ACE(4), .seq = 1, .ack = 1 + 4 * mss, .old_ts = true});
    assert_int_equal(accurate(s)->s_cep, 5);
    drain_out(s);
}

/* ---- on values: when the counter may have gone round, and what zeroes mean ---- */

static struct tcp_accurate sender_made(void) {
    return (struct tcp_accurate){
        .r_cep = 5, .s_cep = 5, .s_bytes = {1, 0, 1}, .is_tried = true, .outstanding = 8};
}

static uint32_t marks_of(struct tcp_accurate *a, unsigned ace, uint32_t packets,
                         const struct tcp_ecn_option *option) {
    struct tcp_segment segment = {.flags = (uint8_t)(A | (ace & 3u) << 6), .ae = ace & 4u};
    uint32_t marked = 0;
    segment.options.has_ecn = option != NULL;
    if (option)
        segment.options.ecn = *option;
    (void)accurate_on_feedback(a, &segment, packets * 1000, 1000, &marked);
    return marked;
}

/* [rfc9768#53] [rfc9768#63] [rfc9768#54] */
static void counter_that_may_have_gone_round_is_taken_to_have(void **state) {
    (void)state;
    for (uint32_t packets = 0; packets < 40; packets++) {
        for (unsigned more = 0; more < 8; more++) {
            struct tcp_accurate a = sender_made();
            uint32_t most = packets < more ? more : packets - (packets - more) % 8;
            assert_int_equal(marks_of(&a, (5 + more) % 8, packets, NULL), most);
            assert_int_equal(a.s_cep, 5 + most);
        }
    }
}

/* Where acknowledgments for many packets are usual, they tell nothing of lost ones. */
static void thinned_acknowledgments_are_believed(void **state) {
    (void)state;
    struct tcp_accurate a = sender_made();
    for (unsigned i = 0; i < 100; i++)
        (void)marks_of(&a, a.s_cep % 8, 7, NULL);
    assert_int_equal(marks_of(&a, a.s_cep % 8, 12, NULL), 0);
    assert_int_equal(marks_of(&a, (a.s_cep + 1) % 8, 12, NULL), 1);
}

/* [rfc9768#57] The bytes tell whether the counter has gone round; a counter of bytes goes round,
 * too. */
static void bytes_tell_whether_the_counter_has_gone_round(void **state) {
    (void)state;
    struct tcp_ecn_option none = {.count = 1, .counter = {30001}};
    struct tcp_ecn_option some = {.count = 2, .counter = {30001, 8000}};
    struct tcp_ecn_option two = {.count = 2, .counter = {30001, 0x700}};
    struct tcp_accurate a = sender_made();
    assert_int_equal(marks_of(&a, 5, 20, &none), 0);
    a = sender_made();
    assert_int_equal(marks_of(&a, 5, 10, &some), 8);
    a = sender_made();
    a.s_bytes[ECN_COUNTER_CEB] = 0x01ffffff;
    assert_int_equal(marks_of(&a, 7, 10, &two), 2);
    assert_int_equal(a.s_bytes[ECN_COUNTER_CEB], 0x02000700);
}

/* [rfc9768#64] */
static void zeroed_option_is_ignored(void **state) {
    (void)state;
    struct tcp_accurate a = sender_made();
    struct tcp_options options = {.has_ecn = true, .ecn = {.count = 3, .counter = {1, 0, 1}}};
    accurate_on_first_option(&a, &options);
    assert_false(a.ignores_options);
    options.ecn.counter[2] = 0;
    accurate_on_first_option(&a, &options);
    assert_true(a.ignores_options);
    assert_int_equal(marks_of(&a, 5, 10, &options.ecn), 8);
    assert_int_equal(a.s_bytes[0], 1);
}

/* [rfc9768#65] */
static void marked_bytes_without_marked_packets_are_mangled(void **state) {
    (void)state;
    struct tcp_segment segment = {.flags = A | E, .ae = true};
    segment.options =
        (struct tcp_options){.has_ecn = true, .ecn = {.count = 2, .counter = {1, 100}}};
    for (uint32_t outstanding = 1; outstanding < 9; outstanding++) {
        struct tcp_accurate a = sender_made();
        uint32_t marked = 0;
        a.outstanding = outstanding;
        enum accurate_news news = accurate_on_feedback(&a, &segment, 1000, 1000, &marked);
        assert_int_equal(news, outstanding < 8 ? ACCURATE_MANGLED : ACCURATE_NO_MARK);
        segment.flags = A | W;
        assert_int_equal(accurate_on_feedback(&a, &segment, 1000, 1000, &marked), ACCURATE_MARK);
        segment.flags = A | E;
    }
}

/* Without memory for the counters the handshake waits. */
SCRIPT_TEST(without_memory_the_answer_is_as_if_lost) {
    connect_accurate(s);
    s->fail_at = s->allocations + 1;
    inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1});
    while (s->reason != DROP_NO_MEMORY && script_connection(s)->state == DOBOS_TCP_SYN_SENT) {
        s->fail_at = s->allocations + 1;
        inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1});
    }
    assert_state(s, DOBOS_TCP_SYN_SENT);
    s->fail_at = 0;
    inject(s, &(struct in){.flags = SA | ACE(2), .seq = 0, .ack = 1});
    assert_state(s, DOBOS_TCP_ESTABLISHED);
    drain_out(s);
}

/* ---- two ends, by a channel that marks ---- */

static uint64_t chance(unsigned in_thousand) {
    return (UINT64_C(1) << 32) / 1000 * in_thousand;
}

/* A megabyte one way; returns who sends. Both sockets stay open, and nothing is under way any more.
 */
static struct tcp_connection *stream(struct pair *pair, enum dobos_ecn setting,
                                     struct tcp_connection **receiver) {
    static uint8_t bytes[16384];
    struct dobos_socket *accepted = NULL, *listener = pair_listen(pair, 1, 7, 4);
    pair->side[0].transport.settings.ecn = setting;
    struct dobos_socket *sender = pair_connect(pair, 0, 7);
    uint64_t sent = 0, received = 0;
    while (received < 1 << 20) {
        if (!accepted)
            (void)tcp_accept(&pair->side[1].transport, listener, &accepted);
        int64_t done = tcp_send(&pair->side[0].transport, sender, bytes,
                                min_size(sizeof bytes, (1 << 20) - (size_t)sent));
        sent += done > 0 ? (uint64_t)done : 0;
        done = accepted ? tcp_read(&pair->side[1].transport, accepted, bytes, sizeof bytes) : 0;
        received += done > 0 ? (uint64_t)done : 0;
        pair_flush(pair);
        assert_true(pair_step(pair, pair->now + 3600 * DOBOS_SECOND) || done > 0);
    }
    pair_run(pair, pair->now + 2 * DOBOS_SECOND);
    *receiver = connection_of(accepted);
    return connection_of(sender);
}

/* What one end has counted the other knows, whatever is marked; nothing is sent twice, and every
 * mark reduces at most once a round trip. */
static void counters_of_both_ends_agree(void **state) {
    (void)state;
    for (unsigned mark = 1; mark <= 1000; mark *= 10) {
        struct pair *pair = malloc(sizeof *pair);
        const struct channel channel = {
            .mark = chance(mark), .delay = 10 * MS, .mtu = 1500, .wire = true};
        struct tcp_connection *receiver;
        pair_init(pair, mark, &channel);
        const struct tcp_connection *sender = stream(pair, DOBOS_ECN_ACCURATE, &receiver);
        const struct tcp_accurate *a = sender->ecn.accurate, *b = receiver->ecn.accurate;
        assert_non_null(a);
        assert_int_equal(a->s_cep, b->r_cep);
        assert_memory_equal(a->s_bytes, b->r_bytes, sizeof a->s_bytes);
        assert_int_equal(b->r_bytes[ECN_COUNTER_E0B] + b->r_bytes[ECN_COUNTER_CEB], 1 + (1 << 20));
        assert_true(mark < 10 || b->r_cep > 5);
        assert_false(sender->ecn.no_ect);
        const struct transport_counters *counters = &pair->side[0].transport.counters;
        assert_int_equal(counters->tcp_retrans_segs, 0);
        assert_true(counters->tcp_ecn_reductions <= (uint64_t)(pair->now / (20 * MS)));
        assert_true(counters->tcp_ecn_reductions > 0 || b->r_cep == 5);
        pair_fini(pair);
        free(pair);
    }
}

/* With loss, repetition and disorder beside the marks the stream goes through, and both ends mean
 * the same kind of feedback. */
static void lossy_channel_that_marks_carries_the_stream(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct pair *pair = malloc(sizeof *pair);
        const struct channel channel = {.mark = chance(50),
                                        .loss = chance(20),
                                        .duplicate = chance(10),
                                        .delay = 5 * MS,
                                        .jitter = seed % 2 ? 2 * MS : 0,
                                        .mtu = 1500,
                                        .wire = true};
        struct tcp_connection *receiver;
        pair_init(pair, seed, &channel);
        const struct tcp_connection *sender =
            stream(pair, seed % 3 ? DOBOS_ECN_ACCURATE : DOBOS_ECN_ON, &receiver);
        assert_true(sender->ecn.mode == receiver->ecn.mode);
        pair_fini(pair);
        free(pair);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_asks_by_all_flags_and_tells_how_the_answer_came),
        cmocka_unit_test(answer_not_ect_is_reflected),
        cmocka_unit_test(answer_ect_1_is_reflected),
        cmocka_unit_test(answer_ect_0_is_reflected),
        cmocka_unit_test(answer_marked_is_reflected_and_counted_once),
        cmocka_unit_test(reflection_goes_before_data),
        cmocka_unit_test(answer_without_flags_turns_it_off),
        cmocka_unit_test(answer_with_all_flags_turns_it_off),
        cmocka_unit_test(answer_with_echo_alone_is_classic),
        cmocka_unit_test(reserved_answer_agrees),
        cmocka_unit_test(syn_that_came_ect_was_changed_on_its_way),
        cmocka_unit_test(syn_that_came_marked_halves_the_first_window),
        cmocka_unit_test(first_repeated_syn_asks_again_later_ones_for_nothing),
        cmocka_unit_test(crossing_syn_is_answered_as_by_a_server),
        cmocka_unit_test(syn_not_ect_is_reflected),
        cmocka_unit_test(syn_ect_1_is_reflected),
        cmocka_unit_test(syn_ect_0_is_reflected),
        cmocka_unit_test(syn_marked_is_reflected_and_not_counted),
        cmocka_unit_test(unknown_combinations_of_a_syn_ask_too),
        cmocka_unit_test(syns_of_both_kinds_are_reset),
        cmocka_unit_test(repeated_syn_that_asks_for_nothing_forbids_ect_and_no_more),
        cmocka_unit_test(latest_syn_is_reflected),
        cmocka_unit_test(repeated_answer_has_no_option_and_then_no_flags),
        cmocka_unit_test(first_acknowledgment_zero_ends_ect_but_not_telling),
        cmocka_unit_test(first_acknowledgment_one_says_nothing),
        cmocka_unit_test(first_acknowledgment_not_ect_is_as_it_was_sent),
        cmocka_unit_test(first_acknowledgment_ect_1_is_a_mangled_way),
        cmocka_unit_test(first_acknowledgment_ect_0_is_a_mangled_way),
        cmocka_unit_test(first_acknowledgment_five_says_nothing),
        cmocka_unit_test(first_acknowledgment_marked_counts),
        cmocka_unit_test(first_acknowledgment_seven_says_nothing),
        cmocka_unit_test(first_acknowledgment_with_data_is_a_counter),
        cmocka_unit_test(first_counter_of_zero_ends_ect),
        cmocka_unit_test(first_counter_of_any_other_value_is_good),
        cmocka_unit_test(cookie_is_reminded_of_the_mode_by_the_acknowledgment),
        cmocka_unit_test(cookie_carries_classic_ecn_in_its_timestamp),
        cmocka_unit_test(marks_and_bytes_are_counted_and_told),
        cmocka_unit_test(bytes_as_ect_1_are_told_in_order_1),
        cmocka_unit_test(every_third_marked_acknowledgment_is_answered),
        cmocka_unit_test(answer_to_acknowledgments_has_no_sack_blocks),
        cmocka_unit_test(two_sack_blocks_go_before_the_option),
        cmocka_unit_test(option_of_a_syn_is_ignored),
        cmocka_unit_test(grown_counter_reduces_the_window_once_a_round_trip),
        cmocka_unit_test(repetition_has_the_latest_counter_and_no_option),
        cmocka_unit_test(overtaken_acknowledgment_tells_nothing),
        cmocka_unit_test(counter_that_may_have_gone_round_is_taken_to_have),
        cmocka_unit_test(thinned_acknowledgments_are_believed),
        cmocka_unit_test(bytes_tell_whether_the_counter_has_gone_round),
        cmocka_unit_test(zeroed_option_is_ignored),
        cmocka_unit_test(marked_bytes_without_marked_packets_are_mangled),
        cmocka_unit_test(without_memory_the_answer_is_as_if_lost),
        cmocka_unit_test(counters_of_both_ends_agree),
        cmocka_unit_test(lossy_channel_that_marks_carries_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
