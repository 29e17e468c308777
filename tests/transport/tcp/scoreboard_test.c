/* The scoreboard against a model that is a plain array, by seed; and what its costs are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../base/failing_allocator.h"

#include "base/random.h"
#include "transport/tcp/scoreboard.h"

#define MOST 400u

static struct failing_allocator memory;

static struct allocator allocator_make(void) {
    memory = (struct failing_allocator){0};
    return (struct allocator){.hook = failing_allocator_hook(&memory)};
}

/* One entry of the model, in the model's own order of sequence numbers. */
struct modelled {
    struct seq seq;
    uint32_t length;
    int state;
    int sendings;
    uint64_t since; /* rank in its line: lower goes first */
};

struct model {
    struct modelled entries[MOST];
    uint32_t first, count; /* entries are modelled[0 … count) of numbers from `first` on */
    struct seq nxt;
    uint64_t clock; /* ranks given out */
};

static void model_check_line(const struct model *model, const struct scoreboard *board,
                             const struct sent_line *line, int state) {
    uint32_t count = 0, bytes = 0, number = line->first;
    for (uint32_t i = 0; i < model->count; i++) {
        count += model->entries[i].state == state;
        bytes += model->entries[i].state == state ? model->entries[i].length : 0;
    }
    assert_int_equal(line->count, count);
    assert_int_equal(line->bytes, bytes);
    uint64_t rank = 0;
    for (uint32_t i = 0; i < count; i++) {
        assert_true(scoreboard_has(board, number));
        const struct modelled *m = &model->entries[number - model->first];
        assert_int_equal(m->state, state);
        assert_true(m->since > rank);
        rank = m->since;
        bool has = scoreboard_next(board, &number);
        assert_int_equal(has, i + 1 < count);
    }
}

static void model_check(const struct model *model, struct scoreboard *board) {
    uint32_t sacked = 0, sacked_bytes = 0, resent = 0;
    assert_int_equal(board->count, model->count);
    for (uint32_t i = 0; i < model->count; i++) {
        const struct modelled *m = &model->entries[i];
        const struct sent *sent = scoreboard_at(board, model->first + i);
        assert_true(seq_eq(sent->seq, m->seq));
        assert_int_equal(sent->length, m->length);
        assert_int_equal(sent->state, m->state);
        assert_int_equal(sent->sendings, m->sendings);
        sacked += m->state == SENT_SACKED;
        sacked_bytes += m->state == SENT_SACKED ? m->length : 0;
        resent += m->state == SENT_IN_FLIGHT && m->sendings > 1 ? m->length : 0;
    }
    assert_int_equal(board->sacked_count, sacked);
    assert_int_equal(board->sacked_bytes, sacked_bytes);
    assert_int_equal(board->resent_bytes, resent);
    model_check_line(model, board, &board->in_flight, SENT_IN_FLIGHT);
    model_check_line(model, board, &board->lost, SENT_LOST);
}

static void model_send(struct model *model, struct scoreboard *board, struct allocator *allocator,
                       uint32_t length) {
    if (model->count == MOST)
        return;
    assert_true(scoreboard_reserve(board, allocator, 1));
    struct sent sent = {.seq = model->nxt, .length = length};
    scoreboard_add(board, &sent);
    model->entries[model->count++] =
        (struct modelled){model->nxt, length, SENT_IN_FLIGHT, 1, ++model->clock};
    model->nxt = seq_add(model->nxt, length);
}

/* A mark on one entry, drawn. */
static void model_mark(struct model *model, struct scoreboard *board, struct random *random) {
    if (model->count == 0)
        return;
    uint32_t i = (uint32_t)random_below(random, model->count);
    struct modelled *m = &model->entries[i];
    uint32_t number = model->first + i;
    switch (random_below(random, 3)) {
    case 0:
        if (m->state == SENT_SACKED)
            return;
        scoreboard_mark_sacked(board, number);
        m->state = SENT_SACKED;
        return;
    case 1:
        if (m->state != SENT_IN_FLIGHT)
            return;
        scoreboard_mark_lost(board, number);
        m->state = SENT_LOST;
        m->since = ++model->clock;
        return;
    default:
        if (m->state == SENT_SACKED)
            return;
        scoreboard_mark_resent(board, number, 5);
        m->state = SENT_IN_FLIGHT;
        m->sendings++;
        m->since = ++model->clock;
    }
}

static void model_acknowledge(struct model *model, struct scoreboard *board,
                              struct random *random) {
    uint32_t whole = (uint32_t)random_below(random, min_u32(model->count, 20) + 1);
    for (uint32_t i = 0; i < whole; i++)
        scoreboard_pop(board);
    memmove(model->entries, model->entries + whole,
            (model->count - whole) * sizeof model->entries[0]);
    model->first += whole;
    model->count -= whole;
    if (model->count > 0 && model->entries[0].length > 1 && random_below(random, 2)) {
        struct modelled *m = &model->entries[0];
        uint32_t part = 1 + (uint32_t)random_below(random, m->length - 1);
        m->seq = seq_add(m->seq, part);
        m->length -= part;
        scoreboard_trim(board, m->seq);
    }
}

static void model_lose_all(struct model *model, struct scoreboard *board, bool sacked) {
    scoreboard_lose_all(board, sacked);
    for (uint32_t i = 0; i < model->count; i++) {
        struct modelled *m = &model->entries[i];
        if (!sacked && m->state == SENT_SACKED)
            continue;
        m->state = SENT_LOST;
        m->since = ++model->clock;
    }
}

/* The lost ones become the oldest in flight, in the order in which they were lost. */
static void model_find_all(struct model *model, struct scoreboard *board) {
    uint64_t base = model->clock + 1;
    scoreboard_find_all(board);
    for (uint32_t i = 0; i < model->count; i++) {
        struct modelled *m = &model->entries[i];
        if (m->state == SENT_IN_FLIGHT)
            m->since += base;
        else if (m->state == SENT_LOST)
            m->state = SENT_IN_FLIGHT;
    }
    model->clock += base;
}

/* The first, where it is lost, becomes two. */
static void model_split(struct model *model, struct scoreboard *board, struct allocator *allocator,
                        struct random *random) {
    struct modelled *m = model->entries;
    if (model->count == 0 || model->count == MOST || m->state != SENT_LOST || m->length < 2)
        return;
    uint32_t part = 1 + (uint32_t)random_below(random, m->length - 1);
    assert_true(scoreboard_split(board, allocator, part));
    memmove(m + 1, m, model->count * sizeof *m);
    model->count++;
    model->first--;
    m[0].length = part;
    m[0].since = ++model->clock;
    m[1].seq = seq_add(m[0].seq, part);
    m[1].length -= part;
}

static void model_check_finding(const struct model *model, struct scoreboard *board,
                                struct random *random) {
    uint32_t number;
    assert_false(scoreboard_find(board, model->nxt, &number));
    if (model->count == 0)
        return;
    uint32_t i = (uint32_t)random_below(random, model->count), end = i;
    const struct modelled *m = &model->entries[i];
    struct seq inside = seq_add(m->seq, (uint32_t)random_below(random, m->length));
    assert_true(scoreboard_find(board, inside, &number));
    assert_int_equal(number, model->first + i);
    assert_false(scoreboard_find(board, seq_sub(model->entries[0].seq, 1), &number));
    while (end < model->count && model->entries[end].state == SENT_SACKED)
        end++;
    assert_int_equal(scoreboard_skip(board, model->first + i), model->first + end);
}

static void random_marks_match_a_plain_array(void **state) {
    (void)state;
    static struct model model;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct random random = random_make(seed);
        struct allocator allocator = allocator_make();
        struct scoreboard board;
        scoreboard_init(&board);
        model = (struct model){.nxt = seq_make(seed % 2 ? 0xfffff000u : 0x7ffff000u)};
        for (int step = 0; step < 1500; step++) {
            switch (random_below(&random, 13)) {
            case 0:
                model_acknowledge(&model, &board, &random);
                break;
            case 1:
                if (random_below(&random, 20) == 0)
                    model_lose_all(&model, &board, random_below(&random, 2));
                break;
            case 2:
                if (random_below(&random, 20) == 0)
                    model_find_all(&model, &board);
                break;
            case 3:
                model_split(&model, &board, &allocator, &random);
                break;
            case 4:
            case 5:
            case 6:
            case 7:
                model_send(&model, &board, &allocator, 1 + (uint32_t)random_below(&random, 1500));
                break;
            default:
                model_mark(&model, &board, &random);
            }
            if (step % 7 == 0)
                model_check(&model, &board);
            model_check_finding(&model, &board, &random);
        }
        scoreboard_fini(&board, &allocator);
        assert_int_equal(memory.live, 0);
    }
}

static void without_memory_nothing_changes(void **state) {
    (void)state;
    struct allocator allocator = allocator_make();
    struct scoreboard board;
    scoreboard_init(&board);
    assert_true(scoreboard_reserve(&board, &allocator, 1));
    uint32_t room = board.capacity;
    for (uint32_t i = 0; i < room; i++)
        scoreboard_add(&board, &(struct sent){.seq = seq_make(i), .length = 1});
    memory.fail_always = true;
    assert_false(scoreboard_reserve(&board, &allocator, 1));
    assert_int_equal(board.count, room);
    assert_int_equal(board.in_flight.bytes, room);
    scoreboard_pop(&board);
    assert_true(scoreboard_reserve(&board, &allocator, 1));
    scoreboard_fini(&board, &allocator);
}

static void a_full_board_takes_no_more(void **state) {
    (void)state;
    struct allocator allocator = allocator_make();
    struct scoreboard board;
    scoreboard_init(&board);
    assert_true(scoreboard_reserve(&board, &allocator, SCOREBOARD_ENTRIES));
    assert_false(scoreboard_reserve(&board, &allocator, SCOREBOARD_ENTRIES + 1));
    for (uint32_t i = 0; i < SCOREBOARD_ENTRIES; i++)
        scoreboard_add(&board, &(struct sent){.seq = seq_make(i), .length = 1});
    assert_false(scoreboard_reserve(&board, &allocator, 1));
    scoreboard_fini(&board, &allocator);
    assert_int_equal(memory.live, 0);
}

/* [attack:E2] A full board whose segments became too long is cut as far as there is room, from the
 * front, which is what goes out next; what is left is cut when that is gone. */
static void a_full_board_is_cut_from_the_front(void **state) {
    (void)state;
    struct allocator allocator = allocator_make();
    struct scoreboard board;
    scoreboard_init(&board);
    assert_true(scoreboard_reserve(&board, &allocator, SCOREBOARD_ENTRIES));
    for (uint32_t i = 0; i < SCOREBOARD_ENTRIES; i++)
        scoreboard_add(&board, &(struct sent){.seq = seq_make(i * 300), .length = 300});
    scoreboard_lose_all(&board, false);
    uint32_t acked = 0;
    while (acked < SCOREBOARD_ENTRIES * 300) {
        assert_true(scoreboard_cut(&board, &allocator, 100, false));
        assert_true(board.count <= SCOREBOARD_PIECES);
        assert_int_equal(board.lost.bytes, SCOREBOARD_ENTRIES * 300 - acked);
        assert_false(scoreboard_reserve(&board, &allocator, SCOREBOARD_ENTRIES));
        assert_int_equal(scoreboard_at(&board, board.first)->length, 100);
        while (board.count > 0 && scoreboard_at(&board, board.first)->length == 100) {
            assert_int_equal(scoreboard_at(&board, board.first)->seq.raw, acked);
            acked += 100;
            scoreboard_pop(&board);
        }
    }
    assert_int_equal(board.count, 0);
    scoreboard_fini(&board, &allocator);
    assert_int_equal(memory.live, 0);
}

/* [attack:E2] Every second entry is sacked, then the others one by one; looking over the whole run
 * again and again follows few links: all links that were followed lead to its end afterwards. */
static void runs_of_sacked_entries_are_stepped_over(void **state) {
    (void)state;
    enum {
        COUNT = 20000
    };
    struct allocator allocator = allocator_make();
    struct scoreboard board;
    scoreboard_init(&board);
    assert_true(scoreboard_reserve(&board, &allocator, COUNT + 1));
    for (uint32_t i = 0; i <= COUNT; i++)
        scoreboard_add(&board, &(struct sent){.seq = seq_make(i), .length = 1});
    for (uint32_t i = 0; i < COUNT; i += 2)
        scoreboard_mark_sacked(&board, i);
    for (uint32_t i = 1; i < COUNT; i += 2)
        scoreboard_mark_sacked(&board, i);
    uint64_t links = 0;
    struct random random = random_make(7);
    for (int look = 0; look < COUNT; look++) {
        uint32_t from = (uint32_t)random_below(&random, COUNT);
        for (uint32_t at = from; at < COUNT; at = scoreboard_at(&board, at)->newer)
            links++;
        assert_int_equal(scoreboard_skip(&board, from), COUNT);
        assert_int_equal(scoreboard_at(&board, from)->newer, COUNT);
    }
    assert_true(links < 20ull * COUNT);
    scoreboard_fini(&board, &allocator);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_marks_match_a_plain_array),
        cmocka_unit_test(without_memory_nothing_changes),
        cmocka_unit_test(a_full_board_takes_no_more),
        cmocka_unit_test(a_full_board_is_cut_from_the_front),
        cmocka_unit_test(runs_of_sacked_entries_are_stepped_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
