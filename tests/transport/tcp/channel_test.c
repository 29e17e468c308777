/*
 * Two TCP stacks over channels that lose, repeat, reorder and damage, by seed: every byte arrives
 * in order, both ends see the end of the stream, and nothing is left behind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pair.h"

#define PORT 7

/* The stream's byte at a place, other in each direction. */
static uint8_t stream_byte(unsigned side, uint64_t place) {
    return (uint8_t)((place * 131 + (place >> 8) * 7 + side * 89) & 0xff);
}

struct talk {
    struct dobos_socket *socket[2];
    uint64_t sent[2], received[2], want[2];
    bool shut[2], ended[2];
    dobos_time start;
    uint32_t write_max, read_max;
    bool gave_up; /* an end heard nothing for as long as R2 */
};

/* The only error there may be, and only after R2. */
static bool talk_fails(const struct pair *pair, struct talk *talk, int64_t result) {
    if (result >= 0)
        return false;
    assert_int_equal(result, -DOBOS_ETIMEDOUT);
    assert_true(pair->now - talk->start >= TCP_R2_NS || pair->now - talk->start >= TCP_R2_SYN_NS);
    talk->gave_up = true;
    return true;
}

static bool talk_turn(struct pair *pair, struct talk *talk, unsigned side) {
    uint8_t bytes[8192];
    struct transport *transport = &pair->side[side].transport;
    struct dobos_socket *socket = talk->socket[side];
    bool moved = false;
    if (!socket)
        return false;
    while (talk->sent[side] < talk->want[side]) {
        uint64_t rest = talk->want[side] - talk->sent[side];
        size_t part = 1 + random_below(&pair->random, talk->write_max);
        part = part < rest ? part : (size_t)rest;
        part = part < sizeof bytes ? part : sizeof bytes;
        for (size_t i = 0; i < part; i++)
            bytes[i] = stream_byte(side, talk->sent[side] + i);
        int64_t done = tcp_send(transport, socket, bytes, part);
        if (done == -DOBOS_EAGAIN)
            break;
        if (talk_fails(pair, talk, done))
            return false;
        talk->sent[side] += (uint64_t)done;
        moved = true;
    }
    if (talk->sent[side] == talk->want[side] && !talk->shut[side] &&
        (tcp_ready(socket) & DOBOS_WRITABLE) && !(tcp_ready(socket) & DOBOS_ERROR)) {
        assert_int_equal(tcp_shutdown(transport, socket, DOBOS_SHUTDOWN_SEND), 0);
        talk->shut[side] = true;
        moved = true;
    }
    while (!talk->ended[side]) {
        size_t room = 1 + random_below(&pair->random, talk->read_max);
        int64_t done =
            tcp_read(transport, socket, bytes, room < sizeof bytes ? room : sizeof bytes);
        if (done == -DOBOS_EAGAIN)
            break;
        if (talk_fails(pair, talk, done))
            return false;
        for (int64_t i = 0; i < done; i++)
            assert_int_equal(bytes[i], stream_byte(1 - side, talk->received[side] + (uint64_t)i));
        talk->received[side] += (uint64_t)done;
        talk->ended[side] = done == 0;
        moved = true;
        if (random_below(&pair->random, 4) == 0)
            break;
    }
    return moved;
}

static void talk_run(struct pair *pair, struct talk *talk, dobos_time limit) {
    struct dobos_socket *listener = pair_listen(pair, 1, PORT, 4);
    talk->start = pair->now;
    assert_non_null(listener);
    talk->socket[0] = pair_connect(pair, 0, PORT);
    assert_non_null(talk->socket[0]);
    while (!talk->gave_up && !(talk->ended[0] && talk->ended[1])) {
        bool event = pair_step(pair, talk->start + limit);
        if (!talk->socket[1])
            tcp_accept(&pair->side[1].transport, listener, &talk->socket[1]);
        bool moved = talk_turn(pair, talk, 0);
        moved |= talk_turn(pair, talk, 1);
        if (!event && !moved)
            break;
    }
    for (unsigned side = 0; side < 2; side++) {
        assert_true(talk->ended[side] || talk->gave_up);
        if (!talk->gave_up)
            assert_int_equal(talk->received[side], talk->want[1 - side]);
        if (talk->socket[side])
            pair_close(pair, side, talk->socket[side]);
    }
    pair_close(pair, 1, listener);
    pair_run(pair, pair->now + 3000 * DOBOS_SECOND);
    assert_int_equal(pair->side[0].count, 0);
    assert_int_equal(pair->side[1].count, 0);
    assert_int_equal(pair->side[0].transport.buffer_bytes, 0);
    assert_int_equal(pair->side[1].transport.buffer_bytes, 0);
}

static const struct channel clean = {.delay = 5 * DOBOS_MILLISECOND, .mtu = 1500, .wire = true};

static void clean_channel_carries_both_streams(void **state) {
    (void)state;
    struct pair *pair = malloc(sizeof *pair);
    struct talk talk = {.want = {100000, 300000}, .write_max = 4000, .read_max = 8000};
    pair_init(pair, 1, &clean);
    talk_run(pair, &talk, 60 * DOBOS_SECOND);
    assert_int_equal(pair->side[0].transport.counters.tcp_retrans_segs, 0);
    assert_int_equal(pair->side[1].transport.counters.tcp_retrans_segs, 0);
    assert_true(pair->side[1].transport.counters.tcp_predicted > 50);
    pair_fini(pair);
    free(pair);
}

static void super_segments_are_as_good(void **state) {
    (void)state;
    struct pair *pair = malloc(sizeof *pair);
    struct channel channel = clean;
    struct talk talk = {.want = {3000000, 3000000}, .write_max = 8000, .read_max = 8000};
    channel.wire = false;
    channel.gso_bytes = 65535;
    pair_init(pair, 2, &channel);
    talk_run(pair, &talk, 60 * DOBOS_SECOND);
    assert_true(pair->sent < 4000);
    pair_fini(pair);
    free(pair);
}

/* Chances drawn by seed: loss to 20 %, duplicates, reordering, damage. */
static struct channel bad_channel(uint64_t seed) {
    struct random random = random_make(seed ^ 0xbad);
    struct channel channel = clean;
    const uint64_t percent = (UINT64_C(1) << 32) / 100;
    channel.loss = random_below(&random, 21) * percent;
    channel.duplicate = random_below(&random, 10) * percent;
    channel.corrupt = random_below(&random, 5) * percent;
    channel.delay = (dobos_time)random_below(&random, 50) * DOBOS_MILLISECOND;
    channel.jitter = (dobos_time)random_below(&random, 30) * DOBOS_MILLISECOND;
    channel.mtu = 576 + (uint32_t)random_below(&random, 1000);
    channel.wire = random_below(&random, 4) != 0;
    if (!channel.wire) {
        channel.corrupt = 0;
        channel.gso_bytes = random_below(&random, 2) ? 65535 : 0;
    }
    return channel;
}

static void bad_channels_lose_no_byte(void **state) {
    (void)state;
    unsigned seeds = getenv("DOBOS_SEEDS") ? (unsigned)atoi(getenv("DOBOS_SEEDS")) : 300;
    unsigned first = getenv("DOBOS_SEED") ? (unsigned)atoi(getenv("DOBOS_SEED")) : 1;
    struct pair *pair = malloc(sizeof *pair);
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct channel channel = bad_channel(seed);
        struct random random = random_make(seed);
        struct talk talk = {
            .want = {random_below(&random, 60000), random_below(&random, 60000)},
            .write_max = 1 + (uint32_t)random_below(&random, 8000),
            .read_max = 1 + (uint32_t)random_below(&random, 8000),
        };
        if (getenv("DOBOS_SEED"))
            print_message("# seed %u\n", (unsigned)seed);
        pair_init(pair, seed, &channel);
        talk_run(pair, &talk, 20000 * DOBOS_SECOND);
        pair_fini(pair);
    }
    free(pair);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_channel_carries_both_streams),
        cmocka_unit_test(super_segments_are_as_good),
        cmocka_unit_test(bad_channels_lose_no_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
