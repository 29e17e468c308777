/* What a receiver reports of data beyond a hole and of data that came twice: RFC 2018 §4 and RFC
 * 2883 §4 as packet scripts, and against a model by seed. */
#include "harness.h"

#include "base/random.h"

static void expect_blocks_at(struct script *s, unsigned count, const uint32_t (*blocks)[2],
                             const char *file, int line) {
    _assert_int_equal(s->last.options.sack_count, count, file, line);
    for (unsigned i = 0; i < count; i++) {
        const struct tcp_sack_block *block = &s->last.options.sack[i];
        _assert_int_equal(seq_distance(block->left, s->peer_isn), blocks[i][0], file, line);
        _assert_int_equal(seq_distance(block->right, s->peer_isn), blocks[i][1], file, line);
    }
}
#define expect_blocks(s, count, ...) \
    expect_blocks_at(s, count, (const uint32_t[][2]){__VA_ARGS__}, __FILE__, __LINE__)

static void data(struct script *s, uint32_t seq, uint32_t length) {
    inject(s, &(struct in){.flags = A, .seq = seq, .ack = 1, .length = length});
}

/* [rfc2018#1] */
SCRIPT_TEST(syn_offers_sack_unless_the_host_does_not) {
    s->transport.settings.no_sack = s->timestamps;
    script_connect(s);
    pump(s);
    expect(s, S, 0, 0, 0);
    assert_int_equal(s->last.options.sack_permitted, !s->timestamps);
}

/* [rfc2018#2] */
SCRIPT_TEST(without_both_offers_nothing_is_reported) {
    if (s->timestamps)
        s->transport.settings.no_sack = s->sack = true;
    script_establish(s);
    data(s, 1001, 500);
    expect(s, A, 1, 0, 1);
    assert_int_equal(s->last.options.sack_count, 0);
    data(s, 1, 500);
    expect(s, A, 1, 0, 501);
    data(s, 1, 500);
    expect(s, A, 1, 0, 501);
    assert_int_equal(s->last.options.sack_count, 0);
}

/* [rfc2018#1] [rfc2018#2] */
SCRIPT_TEST(listener_grants_sack_when_asked_and_else_not) {
    s->sack = s->timestamps;
    script_listen(s, 8);
    inject(s, &(struct in){.flags = S, .seq = 0});
    expect(s, SA, 0, 0, 1);
    assert_int_equal(s->last.options.sack_permitted, s->sack);
    inject(s, &(struct in){.flags = A, .seq = 1, .ack = 1});
    assert_int_equal(tcp_accept(&s->transport, s->listener, &s->socket), 0);
    data(s, 101, 50);
    expect(s, A, 1, 0, 1);
    assert_int_equal(s->last.options.sack_count, s->sack ? 1 : 0);
}

/* The block of the newest segment goes first and is whole; the others follow as they were told;
 * three with timestamps, four without [rfc2018#3] [rfc2018#5] [rfc2018#6] [rfc2018#7] [rfc2018#8].
 */
SCRIPT_TEST(newest_block_goes_first_and_others_follow) {
    unsigned most = s->timestamps ? 3 : 4;
    s->sack = true;
    script_establish(s);
    data(s, 1001, 100);
    expect(s, A, 1, 0, 1);
    expect_blocks(s, 1, {1001, 1101});
    data(s, 3001, 100);
    expect(s, A, 1, 0, 1);
    expect_blocks(s, 2, {3001, 3101}, {1001, 1101});
    data(s, 5001, 100);
    expect(s, A, 1, 0, 1);
    expect_blocks(s, 3, {5001, 5101}, {3001, 3101}, {1001, 1101});
    data(s, 7001, 100);
    expect(s, A, 1, 0, 1);
    expect_blocks(s, most, {7001, 7101}, {5001, 5101}, {3001, 3101}, {1001, 1101});
    data(s, 9001, 100);
    expect(s, A, 1, 0, 1);
    expect_blocks(s, most, {9001, 9101}, {7001, 7101}, {5001, 5101}, {3001, 3101});
    data(s, 3101, 100); /* grows an old block: it goes first, whole */
    expect(s, A, 1, 0, 1);
    expect_blocks(s, most, {3001, 3201}, {9001, 9101}, {7001, 7101}, {5001, 5101});
    data(s, 5101, 1900); /* joins two: they are one */
    expect(s, A, 1, 0, 1);
    expect_blocks(s, most, {5001, 7101}, {3001, 3201}, {9001, 9101}, {1001, 1101});
}

/* What leaves with data tells it too, and data makes room for it [rfc2018#6]. */
SCRIPT_TEST(data_segments_report_too_and_are_no_longer_for_it) {
    uint32_t full = 1460 - (s->timestamps ? 12 : 0);
    s->sack = true;
    script_establish(s);
    data(s, 1001, 100);
    expect(s, A, 1, 0, 1);
    program_send(s, 1460);
    expect(s, A, 1, full - 12, 1);
    expect_blocks(s, 1, {1001, 1101});
    drain_out(s);
    data(s, 1, 1000);
    while (s->out_count > 0)
        expect(s, s->out[s->out_first].flags, s->out[s->out_first].seq, s->out[s->out_first].length,
               1101);
    assert_int_equal(s->last.options.sack_count, 0);
}

/* A filled hole is acknowledged, and reported no more; what lies behind the next one is. */
SCRIPT_TEST(filled_hole_is_reported_no_more) {
    s->sack = true;
    script_establish(s);
    data(s, 101, 100);
    data(s, 301, 100);
    drain_out(s);
    data(s, 1, 100);
    expect(s, A, 1, 0, 201);
    expect_blocks(s, 1, {301, 401});
    data(s, 201, 100);
    expect(s, A, 1, 0, 401);
    assert_int_equal(s->last.options.sack_count, 0);
    assert_int_equal(program_read(s, 1000), 400);
}

/* RFC 2883 §4.1.1: a segment that was acknowledged comes again [rfc2883#1] [rfc2883#2]. Once told
 * is told [rfc2883#3]. */
SCRIPT_TEST(acknowledged_data_that_comes_again_is_reported_once) {
    s->sack = true;
    script_establish(s);
    data(s, 1, 500);
    data(s, 501, 500);
    drain_out(s);
    data(s, 501, 500);
    expect(s, A, 1, 0, 1001);
    expect_blocks(s, 1, {501, 1001});
    data(s, 1501, 500);
    expect(s, A, 1, 0, 1001);
    expect_blocks(s, 1, {1501, 2001});
    data(s, 1, 500); /* with a block behind it */
    expect(s, A, 1, 0, 1001);
    expect_blocks(s, 2, {1, 501}, {1501, 2001});
    assert_int_equal(s->transport.counters.tcp_dsack_old_sent, 2);
}

/* RFC 2883 §4.1.3, §4.2: a part that came before [rfc2883#1] [rfc2883#5]. */
SCRIPT_TEST(partly_old_segment_reports_its_old_part) {
    s->sack = true;
    script_establish(s);
    data(s, 1, 500);
    advance(s, 50 * MS);
    drain_out(s);
    data(s, 301, 500);
    advance(s, 50 * MS);
    expect(s, A, 1, 0, 801);
    expect_blocks(s, 1, {301, 501});
    assert_int_equal(program_read(s, 1000), 800);
}

/* RFC 2883 §4.1.2, §4.2.2: what was held already comes again, whole or in part: the part first, the
 * block that it lies in second [rfc2883#4] [rfc2883#5]. */
SCRIPT_TEST(held_data_that_comes_again_is_reported_with_its_block) {
    s->sack = true;
    script_establish(s);
    data(s, 1001, 500);
    data(s, 3001, 500);
    drain_out(s);
    data(s, 1001, 500);
    expect(s, A, 1, 0, 1);
    expect_blocks(s, 3, {1001, 1501}, {1001, 1501}, {3001, 3501});
    data(s, 1401, 500);
    expect(s, A, 1, 0, 1);
    expect_blocks(s, 3, {1401, 1501}, {1001, 1901}, {3001, 3501});
    data(s, 2901, 700); /* around a block */
    expect(s, A, 1, 0, 1);
    expect_blocks(s, 3, {3001, 3501}, {2901, 3601}, {1001, 1901});
    assert_int_equal(s->transport.counters.tcp_dsack_held_sent, 3);
}

/* A burst that is answered by one acknowledgment tells what touches as one range. */
SCRIPT_TEST(repeated_burst_is_reported_as_one_range) {
    s->sack = true;
    script_establish(s);
    data(s, 1, 1000);
    data(s, 1001, 1000);
    advance(s, 50 * MS);
    drain_out(s);
    s->hold = true;
    data(s, 1, 1000);
    data(s, 1001, 1000);
    s->hold = false;
    pump(s);
    expect(s, A, 1, 0, 2001);
    expect_blocks(s, 1, {1, 2001});
}

/* When memory is short what lies farthest ahead goes, is counted, and is reported no more
 * [rfc2018#9]; the newest segment is not reported when there is no memory for it [rfc2018#10]. */
SCRIPT_TEST(what_was_thrown_away_is_reported_no_more) {
    s->sack = true;
    script_establish(s);
    data(s, 1001, 500);
    data(s, 3001, 500);
    drain_out(s);
    size_t limit = s->transport.buffer_limit_bytes;
    s->transport.buffer_limit_bytes = s->transport.buffer_bytes - 1;
    data(s, 5001, 500);
    expect(s, A, 1, 0, 1);
    expect_blocks(s, 2, {3001, 3501}, {1001, 1501});
    assert_int_equal(s->transport.counters.tcp_out_of_order_dropped, 1);
    data(s, 1, 100);
    expect(s, A, 1, 0, 101);
    expect_blocks(s, 1, {1001, 1501});
    assert_int_equal(s->transport.counters.tcp_out_of_order_pruned, 1);
    s->transport.buffer_limit_bytes = limit;
    data(s, 101, 900);
    expect(s, A, 1, 0, 1501);
    assert_int_equal(program_read(s, 5000), 1500);
}

/* An idle connection, whose flight was given back, still reports. */
SCRIPT_TEST(idle_connection_reports_a_repetition) {
    s->sack = true;
    script_establish(s);
    data(s, 1, 500);
    program_read(s, 500);
    advance(s, 10 * DOBOS_SECOND);
    drain_out(s);
    assert_null(script_connection(s)->flight);
    data(s, 1, 500);
    expect(s, A, 1, 0, 501);
    expect_blocks(s, 1, {1, 501});
    advance(s, 10 * DOBOS_SECOND);
    assert_null(script_connection(s)->flight);
}

/* What a connection in TIME-WAIT is told again costs it no memory. */
SCRIPT_TEST(time_wait_borrows_nothing_to_report) {
    s->sack = true;
    script_reach(s, DOBOS_TCP_TIME_WAIT);
    advance(s, 10 * DOBOS_SECOND);
    assert_null(script_connection(s)->flight);
    inject(s, &(struct in){.flags = FA, .seq = 1, .ack = 2});
    expect(s, A, 2, 0, 2);
    assert_int_equal(s->last.options.sack_count, 0);
    assert_null(script_connection(s)->flight);
}

/* No memory for a part of what comes: what there was memory for is acknowledged, reported truly,
 * and nothing that was acknowledged is lost. */
SCRIPT_TEST(short_memory_reports_only_what_is_held) {
    s->sack = true;
    script_establish(s);
    data(s, 2001, 1000);
    data(s, 4001, 1000);
    drain_out(s);
    for (unsigned i = 1; i < 12; i++) {
        s->fail_at = s->allocations + i;
        data(s, 1, 4000);
        s->fail_at = 0;
        const struct tcp_connection *c = script_connection(s);
        while (s->out_count > 0) {
            const struct out *out = &s->out[s->out_first];
            for (unsigned k = 0; k < out->options.sack_count; k++) {
                const struct tcp_sack_block *block = &out->options.sack[k];
                struct tcp_sack_block run = {block->left, block->left};
                bool is_old = seq_le(block->right, c->rcv_nxt);
                assert_true(is_old || (out_of_order_run(&c->flight->held, block->left, &run) &&
                                       seq_ge(run.right, block->right)));
                assert_true(is_old || seq_gt(block->left, c->rcv_nxt));
            }
            expect(s, A, 1, 0, out->ack);
        }
    }
    data(s, 1, 4000);
    drain_out(s);
    assert_int_equal(seq_distance(script_connection(s)->rcv_nxt, s->peer_isn), 5001);
    assert_int_equal(program_read(s, 10000), 5000);
    drain_out(s);
}

/* ---- against a model ---- */

#define SPACE    20000
#define SEGMENTS 60

struct model {
    uint8_t has[SPACE + 2]; /* the byte is here */
    uint32_t next;          /* first that is not */
};

static void model_block(const struct model *m, uint32_t place, uint32_t block[2]) {
    block[0] = block[1] = place;
    while (block[0] > 1 && m->has[block[0] - 1])
        block[0]--;
    while (m->has[block[1]])
        block[1]++;
}

/* Whatever arrives in whatever order, twice or in part: each block is all of a run that is here,
 * none touches what is missing, the newest segment's goes first, none is told twice, and what came
 * twice is told exactly. [rfc2018#4] [rfc2018#5] [rfc2018#7] [rfc2018#8] [rfc2883#1] [rfc2883#4]
 * [rfc2883#5] */
static void arrivals(struct script *s, uint64_t seed) {
    struct random random = random_make(seed);
    static struct model m;
    memset(&m, 0, sizeof m);
    m.next = 1;
    s->sack = true;
    script_establish(s);
    for (unsigned n = 0; n < SEGMENTS && m.next < SPACE - 7000; n++) {
        uint32_t reach = random_below(&random, 4) ? 6000 : 1500;
        uint32_t left = m.next + (uint32_t)random_below(&random, reach);
        left -= min_u32(left - 1, random_below(&random, 5) == 0 ? 900 : 0);
        uint32_t length = 1 + (uint32_t)random_below(&random, 1400);
        uint32_t right = min_u32(left + length, SPACE);
        uint32_t again[2] = {0, 0};
        for (uint32_t i = left; i < right; i++) {
            if (m.has[i] && again[1] == 0)
                again[0] = i;
            if (m.has[i] && (again[1] == 0 || again[1] == i))
                again[1] = i + 1;
        }
        for (uint32_t i = left; i < right; i++)
            m.has[i] = 1;
        while (m.has[m.next])
            m.next++;
        data(s, left, right - left);
        advance(s, 50 * MS);
        if (random_below(&random, 3) == 0)
            program_read(s, 5000);
        assert_true(s->out_count > 0);
        expect(s, A, 1, 0, m.next);
        const struct tcp_options *told = &s->last.options;
        unsigned first = 0;
        if (again[1] > again[0]) {
            assert_true(told->sack_count > 0);
            assert_int_equal(seq_distance(told->sack[0].left, s->peer_isn), again[0]);
            assert_int_equal(seq_distance(told->sack[0].right, s->peer_isn), again[1]);
            first = 1;
        }
        for (unsigned i = first; i < told->sack_count; i++) {
            uint32_t block[2], l = seq_distance(told->sack[i].left, s->peer_isn);
            assert_true(l > m.next);
            model_block(&m, l, block);
            assert_int_equal(l, block[0]);
            assert_int_equal(seq_distance(told->sack[i].right, s->peer_isn), block[1]);
            for (unsigned j = first; j < i; j++)
                assert_false(seq_eq(told->sack[i].left, told->sack[j].left));
        }
        if (right > m.next) {
            assert_true(told->sack_count > first);
            uint32_t l = seq_distance(told->sack[first].left, s->peer_isn);
            uint32_t r = seq_distance(told->sack[first].right, s->peer_isn);
            assert_true(l <= left && right <= r);
        }
        drain_out(s);
    }
    for (uint32_t i = m.next; i < SPACE; i += 1000)
        data(s, i, min_u32(1000, SPACE - i));
    while (program_read(s, 65000) > 0)
        continue;
    assert_int_equal(seq_distance(script_connection(s)->rcv_nxt, s->peer_isn), SPACE);
    drain_out(s);
}

static void any_arrival_is_reported_truly(void **state) {
    (void)state;
    static struct script s;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        static const uint32_t edges[] = {0xffffe000, 0x7fffe000, 5};
        script_init(&s, 77, edges[seed % 3], seed % 2);
        arrivals(&s, seed);
        script_fini(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syn_offers_sack_unless_the_host_does_not),
        cmocka_unit_test(without_both_offers_nothing_is_reported),
        cmocka_unit_test(listener_grants_sack_when_asked_and_else_not),
        cmocka_unit_test(newest_block_goes_first_and_others_follow),
        cmocka_unit_test(data_segments_report_too_and_are_no_longer_for_it),
        cmocka_unit_test(filled_hole_is_reported_no_more),
        cmocka_unit_test(acknowledged_data_that_comes_again_is_reported_once),
        cmocka_unit_test(partly_old_segment_reports_its_old_part),
        cmocka_unit_test(held_data_that_comes_again_is_reported_with_its_block),
        cmocka_unit_test(repeated_burst_is_reported_as_one_range),
        cmocka_unit_test(what_was_thrown_away_is_reported_no_more),
        cmocka_unit_test(idle_connection_reports_a_repetition),
        cmocka_unit_test(time_wait_borrows_nothing_to_report),
        cmocka_unit_test(short_memory_reports_only_what_is_held),
        cmocka_unit_test(any_arrival_is_reported_truly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
