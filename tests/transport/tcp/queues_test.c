/* TCP's queues against models made of plain bytes, by seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../base/failing_allocator.h"

#include "base/random.h"
#include "transport/tcp/out_of_order.h"
#include "transport/tcp/receive_queue.h"
#include "transport/tcp/send_queue.h"

static struct failing_allocator memory;

static struct dobos_pool *pool_make(void) {
    struct dobos_allocator allocator = failing_allocator_hook(&memory);
    struct dobos_pool_config config = {.size = sizeof config, .allocator = &allocator};
    struct dobos_pool *pool;
    assert_int_equal(dobos_pool_create(&config, &pool), 0);
    return pool;
}

static void pool_end(struct dobos_pool *pool) {
    dobos_pool_destroy(pool);
    assert_int_equal(memory.live, 0);
}

#define SPACE 6000

/* The piece in the tree that comes after this one. */
static const struct piece *tree_next(const struct piece *at) {
    if (at->child[1]) {
        at = at->child[1];
        while (at->child[0])
            at = at->child[0];
        return at;
    }
    while (at->parent && at->parent->child[1] == at)
        at = at->parent;
    return at->parent;
}

/* The pieces are in order, the first of each run stands in a search tree that is a heap too and
 * knows its last, and the sums are right. */
static void tree_check(const struct out_of_order *held) {
    unsigned count = 0, runs = 0;
    size_t bytes = 0, charge = 0;
    const struct piece *run = held->root, *last = NULL;
    while (run && run->child[0])
        run = run->child[0];
    list_each(&held->pieces, node) {
        const struct piece *at = container_of(node, struct piece, node);
        count++;
        bytes += piece_length(at);
        charge += at->charge;
        if (!last || !seq_eq(piece_end(last), at->seq)) {
            assert_true(!last || seq_lt(piece_end(last), at->seq));
            if (last)
                run = tree_next(run);
            assert_ptr_equal(run, at);
            runs++;
            for (unsigned side = 0; side < 2; side++) {
                if (at->child[side]) {
                    assert_ptr_equal(at->child[side]->parent, at);
                    assert_true(at->child[side]->priority <= at->priority);
                }
            }
        }
        last = at;
        if (node->next == &held->pieces.head ||
            !seq_eq(container_of(node->next, struct piece, node)->seq, piece_end(at)))
            assert_ptr_equal(run->last, at);
    }
    assert_int_equal(count, held->count);
    assert_int_equal(runs, held->runs);
    assert_int_equal(bytes, held->bytes);
    assert_int_equal(charge, held->charge);
}

/* Each byte is the first that came for its place [attack:E39] [attack:E6] [rfc9293#102]. */
static void out_of_order_keeps_the_first_bytes(void **state) {
    (void)state;
    struct dobos_pool *pool = pool_make();
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct random random = random_make(seed);
        struct seq base = seq_make((uint32_t)random_next(&random));
        uint8_t bytes[SPACE], model[SPACE], known[SPACE] = {0};
        struct out_of_order held;
        struct tcp_sack_block repeated;
        out_of_order_init(&held);
        for (unsigned i = 0; i < 40; i++) {
            uint32_t start = (uint32_t)random_below(&random, SPACE - 1);
            uint32_t most = seed % 3 ? 600 : 2500;
            uint32_t length = 1 + (uint32_t)random_below(&random, min_u32(SPACE - start, most));
            for (uint32_t j = 0; j < length; j++)
                bytes[j] = (uint8_t)random_next(&random);
            struct dobos_packet *packet = dobos_packet_from_bytes(pool, bytes, length, NULL);
            struct payload payload = {packet, 0, length, 0, false};
            assert_true(
                out_of_order_insert(&held, &random, seq_add(base, start), &payload, &repeated));
            dobos_packet_release(packet);
            for (uint32_t j = 0; j < length; j++) {
                if (!known[start + j])
                    model[start + j] = bytes[j];
                known[start + j] = 1;
            }
            tree_check(&held);
        }
        for (uint32_t place = 0; place < SPACE;) {
            struct piece *piece = out_of_order_take(&held, seq_add(base, place));
            if (!piece) {
                assert_false(known[place]);
                place++;
                continue;
            }
            tree_check(&held);
            uint32_t length = piece_length(piece);
            piece_read(piece, bytes, length);
            for (uint32_t j = 0; j < length; j++)
                assert_true(known[place + j] && bytes[j] == model[place + j]);
            place += length;
            piece_destroy(pool, piece);
        }
        assert_int_equal(held.count, 0);
        assert_int_equal(held.bytes, 0);
        assert_int_equal(held.charge, 0);
        assert_null(held.root);
    }
    pool_end(pool);
}

/* Depth stays logarithmic whatever the order of arrival [attack:E4]. */
static void tree_is_balanced_for_any_order(void **state) {
    (void)state;
    struct dobos_pool *pool = pool_make();
    struct random random = random_make(9);
    for (unsigned order = 0; order < 3; order++) {
        struct out_of_order held;
        struct tcp_sack_block repeated;
        out_of_order_init(&held);
        for (uint32_t i = 0; i < 20000; i++) {
            uint32_t place = order == 0 ? i : order == 1 ? 20000 - i : (i * 7919) % 20000;
            struct dobos_packet *packet = dobos_packet_from_bytes(pool, "x", 1, NULL);
            struct payload payload = {packet, 0, 1, 0, false};
            assert_true(
                out_of_order_insert(&held, &random, seq_make(2 * place), &payload, &repeated));
            dobos_packet_release(packet);
        }
        unsigned deepest = 0;
        const struct piece *at = held.root;
        while (at->child[0])
            at = at->child[0];
        for (; at; at = tree_next(at)) {
            unsigned depth = 0;
            for (const struct piece *up = at; up; up = up->parent)
                depth++;
            deepest = depth > deepest ? depth : deepest;
        }
        assert_true(deepest < 60);
        unsigned dropped = 0;
        while (out_of_order_drop_last(pool, &held))
            dropped++;
        assert_int_equal(dropped, 20000);
    }
    pool_end(pool);
}

static void hold(struct dobos_pool *pool, struct out_of_order *held, struct random *random,
                 uint32_t place, uint32_t length) {
    static uint8_t bytes[1460];
    struct tcp_sack_block repeated;
    struct dobos_packet *packet = dobos_packet_from_bytes(pool, bytes, length, NULL);
    struct payload payload = {packet, 0, length, 0, false};
    assert_true(out_of_order_insert(held, random, seq_make(place), &payload, &repeated));
    dobos_packet_release(packet);
}

/* What follows without a hole is one run, however large: 32 MiB beyond a lost segment are one place
 * in the tree, and leave it one by one without a search [attack:E4]. Holes make runs, and what
 * fills them makes the runs one again [attack:E6]. */
static void large_window_beyond_a_hole_is_one_run(void **state) {
    (void)state;
    const uint32_t segments = (32 << 20) / 1460;
    struct dobos_pool *pool = pool_make();
    struct random random = random_make(4);
    struct out_of_order held;
    out_of_order_init(&held);
    for (uint32_t i = 1; i < segments; i++) {
        hold(pool, &held, &random, i * 1460, 1460);
        assert_int_equal(held.runs, 1);
    }
    for (uint32_t i = 1; i < segments; i++) {
        struct piece *piece = out_of_order_take(&held, seq_make(i * 1460));
        assert_non_null(piece);
        piece_destroy(pool, piece);
    }
    assert_int_equal(held.runs, 0);
    for (uint32_t i = 1; i < 2000; i += 2)
        hold(pool, &held, &random, i * 100, 100);
    assert_int_equal(held.runs, 1000);
    for (uint32_t i = 2; i < 1999; i += 2)
        hold(pool, &held, &random, i * 100, 100);
    assert_int_equal(held.runs, 1);
    tree_check(&held);
    out_of_order_clear(pool, &held);
    pool_end(pool);
}

/* Scraps that follow each other beyond a hole are gathered as those in order are: a byte costs a
 * few, not a piece [attack:E5]. */
static void scraps_beyond_a_hole_are_gathered(void **state) {
    (void)state;
    struct dobos_pool *pool = pool_make();
    struct random random = random_make(5);
    struct out_of_order held;
    out_of_order_init(&held);
    for (uint32_t i = 1; i <= 20000; i++)
        hold(pool, &held, &random, i, 1);
    assert_int_equal(held.bytes, 20000);
    assert_true(held.count < 20 && held.charge < 30000);
    tree_check(&held);
    out_of_order_clear(pool, &held);
    pool_end(pool);
}

/* A stream in is the same stream out, whatever the pieces; scraps are gathered [attack:E5]. */
static void receive_queue_is_a_stream(void **state) {
    (void)state;
    struct dobos_pool *pool = pool_make();
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct random random = random_make(seed);
        struct receive_queue queue;
        uint8_t bytes[3000];
        uint32_t in = 0, out = 0;
        receive_queue_init(&queue);
        for (unsigned i = 0; i < 200; i++) {
            uint32_t most = random_below(&random, 2) ? 10 : 2900;
            uint32_t length = 1 + (uint32_t)random_below(&random, most);
            uint32_t before = (uint32_t)random_below(&random, 60);
            for (uint32_t j = 0; j < length; j++)
                bytes[before + j] = (uint8_t)((in + j) * 31 >> 3);
            struct dobos_packet *packet =
                dobos_packet_from_bytes(pool, bytes, before + length, NULL);
            struct payload payload = {packet, before, length, 0, true};
            assert_true(receive_queue_append(pool, &queue, &payload));
            dobos_packet_release(payload.packet);
            in += length;
            assert_int_equal(queue.bytes, in - out);
            assert_true(queue.charge <= 5 * queue.bytes + 12000 + PIECE_SLACK_BYTES);
            if (random_below(&random, 3) == 0) {
                size_t room = random_below(&random, sizeof bytes);
                size_t done = receive_queue_read(pool, &queue, bytes, room);
                assert_int_equal(done, min_size(room, in - out));
                for (size_t j = 0; j < done; j++)
                    assert_int_equal(bytes[j], (uint8_t)((out + j) * 31 >> 3));
                out += (uint32_t)done;
            }
        }
        receive_queue_clear(pool, &queue);
        assert_int_equal(queue.charge, 0);
        assert_int_equal(queue.bytes, 0);
    }
    pool_end(pool);
}

/* A buffer that many pieces share is charged once; a piece that keeps far more alive than it
 * carries is copied [attack:E5]. */
static void shared_buffers_are_charged_once_and_large_ones_let_go(void **state) {
    (void)state;
    struct dobos_pool *pool = pool_make();
    struct receive_queue queue;
    struct buffer *buffer = buffer_create(pool, 16384);
    receive_queue_init(&queue);
    memset(buffer_bytes(buffer), 7, 16384);
    for (uint32_t i = 0; i < 10; i++) {
        struct dobos_packet *packet = packet_create(pool, 0);
        assert_true(packet_add_slice(packet, buffer, i * 1460, 1460));
        struct payload payload = {packet, 0, 1460, 0, true};
        assert_true(receive_queue_append(pool, &queue, &payload));
        dobos_packet_release(payload.packet);
    }
    assert_true(queue.charge < 16384 + 10 * 3000);
    assert_true(buffer->references > 5); /* kept by reference */
    receive_queue_clear(pool, &queue);
    struct dobos_packet *packet = packet_create(pool, 0);
    assert_true(packet_add_slice(packet, buffer, 100, 300));
    struct payload payload = {packet, 0, 300, 0, true};
    assert_true(receive_queue_append(pool, &queue, &payload));
    assert_non_null(payload.packet); /* copied: 16 KiB for 300 bytes is too much */
    dobos_packet_release(payload.packet);
    assert_int_equal(buffer->references, 1);
    receive_queue_clear(pool, &queue);
    buffer_release(buffer);
    pool_end(pool);
}

/* Any range in the queue can be shared at any time, across the wrap of sequence numbers
 * [attack:E34]. */
static void send_queue_shares_any_range(void **state) {
    (void)state;
    struct dobos_pool *pool = pool_make();
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct random random = random_make(seed);
        struct seq base = seq_make(seed % 2 ? 0xffff0000 : (uint32_t)random_next(&random));
        struct send_queue queue;
        static uint8_t bytes[70000];
        uint32_t una = 0, end = 0;
        send_queue_init(&queue);
        for (unsigned i = 0; i < 100; i++) {
            uint32_t length = 1 + (uint32_t)random_below(&random, i % 2 ? 300 : 30000);
            for (uint32_t j = 0; j < length; j++)
                bytes[j] = (uint8_t)((end + j) * 57 >> 4);
            assert_int_equal(send_queue_append(pool, &queue, seq_add(base, end), bytes, length),
                             length);
            end += length;
            uint32_t from = una + (uint32_t)random_below(&random, end - una);
            uint32_t want = 1 + (uint32_t)random_below(&random, min_u32(end - from, 60000));
            struct dobos_packet *packet = packet_create(pool, 0);
            uint32_t shared = send_queue_share(&queue, packet, seq_add(base, from), want);
            assert_true(shared == want || packet->slice_count == PACKET_SLICES);
            assert_int_equal(dobos_packet_read(packet, 0, bytes, sizeof bytes), shared);
            for (uint32_t j = 0; j < shared; j++)
                assert_int_equal(bytes[j], (uint8_t)((from + j) * 57 >> 4));
            dobos_packet_release(packet);
            una += (uint32_t)random_below(&random, end - una + 1);
            send_queue_acknowledge(&queue, seq_add(base, una));
            assert_true(queue.charge <= 2 * (size_t)(end - una) + 3 * 17000);
        }
        send_queue_acknowledge(&queue, seq_add(base, end));
        assert_true(send_queue_is_empty(&queue));
        send_queue_clear(pool, &queue);
        assert_int_equal(queue.charge, 0);
    }
    pool_end(pool);
}

/* However much is queued, and wherever the last look-up was: any place is found, and the ring holds
 * up while it turns. */
static void send_queue_finds_any_place_in_a_large_window(void **state) {
    (void)state;
    struct dobos_pool *pool = pool_make();
    struct random random = random_make(3);
    struct send_queue queue;
    static uint8_t bytes[1 << 16];
    const uint32_t window = 32 << 20;
    uint32_t end = 0, una = 0;
    struct seq base = seq_make(0xff000000);
    send_queue_init(&queue);
    for (unsigned turn = 0; turn < 1500; turn++) {
        for (uint32_t j = 0; j < sizeof bytes / 4; j++)
            store_be32(bytes + 4 * j, end / 4 + j);
        assert_int_equal(send_queue_append(pool, &queue, seq_add(base, end), bytes, sizeof bytes),
                         sizeof bytes);
        end += sizeof bytes;
        for (unsigned i = 0; i < 20; i++) {
            uint32_t at = una + 4 * (uint32_t)random_below(&random, (end - una) / 4);
            uint32_t length = min_u32(1448, end - at);
            struct dobos_packet *packet = packet_create(pool, 0);
            uint8_t first[4];
            assert_int_equal(send_queue_share(&queue, packet, seq_add(base, at), length), length);
            assert_int_equal(dobos_packet_read(packet, 0, first, 4), 4);
            assert_int_equal(load_be32(first), at / 4);
            dobos_packet_release(packet);
        }
        if (end - una > window)
            una = end - window;
        send_queue_acknowledge(&queue, seq_add(base, una));
    }
    struct dobos_packet *packet = packet_create(pool, 0);
    assert_int_equal(send_queue_share(&queue, packet, seq_add(base, end), 1), 0);
    assert_int_equal(send_queue_share(&queue, packet, seq_add(base, una - 20000), 1), 0);
    dobos_packet_release(packet);
    send_queue_clear(pool, &queue);
    assert_int_equal(queue.charge, 0);
    pool_end(pool);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_order_keeps_the_first_bytes),
        cmocka_unit_test(tree_is_balanced_for_any_order),
        cmocka_unit_test(large_window_beyond_a_hole_is_one_run),
        cmocka_unit_test(scraps_beyond_a_hole_are_gathered),
        cmocka_unit_test(receive_queue_is_a_stream),
        cmocka_unit_test(shared_buffers_are_charged_once_and_large_ones_let_go),
        cmocka_unit_test(send_queue_shares_any_range),
        cmocka_unit_test(send_queue_finds_any_place_in_a_large_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
