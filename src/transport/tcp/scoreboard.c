/*
 * scoreboard: see scoreboard.h. The lines are doubly linked by numbers; an entry at the end of a
 * line names itself, so that no number is needed to mean “none”. A sacked entry stands in no line,
 * and its link `newer` leads over the run of sacked ones behind it.
 */
#include "transport/tcp/scoreboard.h"

#define CAPACITY_MIN 16u

void scoreboard_init(struct scoreboard *board) {
    *board = (struct scoreboard){0};
}

void scoreboard_fini(struct scoreboard *board, struct allocator *allocator) {
    allocator_release(allocator, board->entries, scoreboard_cost(board));
    scoreboard_init(board);
}

/* Numbers stay; only where they stand in the ring changes. */
static bool ring_grow(struct scoreboard *board, struct allocator *allocator, uint32_t needed) {
    if (needed <= board->capacity)
        return true;
    uint32_t capacity = max_u32(board->capacity, CAPACITY_MIN);
    while (capacity < needed)
        capacity *= 2;
    struct sent *entries =
        allocator_allocate_raw(allocator, capacity * sizeof *entries, "tcp_scoreboard");
    if (!entries)
        return false;
    for (uint32_t i = 0; i < board->count; i++) {
        uint32_t number = board->first + i;
        entries[number & (capacity - 1)] = *scoreboard_at(board, number);
    }
    allocator_release(allocator, board->entries, scoreboard_cost(board));
    board->entries = entries;
    board->capacity = capacity;
    return true;
}

bool scoreboard_reserve(struct scoreboard *board, struct allocator *allocator, uint32_t more) {
    if (board->count > SCOREBOARD_ENTRIES || more > SCOREBOARD_ENTRIES - board->count)
        return false;
    return ring_grow(board, allocator, board->count + more);
}

/* ---- lines ---- */

static struct sent_line *line_of(struct scoreboard *board, const struct sent *sent) {
    return sent->state == SENT_LOST ? &board->lost : &board->in_flight;
}

static void line_append(struct scoreboard *board, struct sent_line *line, uint32_t number) {
    struct sent *sent = scoreboard_at(board, number);
    sent->newer = sent->older = number;
    if (line->count == 0) {
        line->first = number;
    } else {
        scoreboard_at(board, line->last)->newer = number;
        sent->older = line->last;
    }
    line->last = number;
    line->count++;
    line->bytes += sent->length;
}

static void line_remove(struct scoreboard *board, struct sent_line *line, uint32_t number) {
    const struct sent *sent = scoreboard_at(board, number);
    bool is_first = sent->older == number, is_last = sent->newer == number;
    if (is_first)
        line->first = sent->newer;
    else
        scoreboard_at(board, sent->older)->newer = is_last ? sent->older : sent->newer;
    if (is_last)
        line->last = sent->older;
    else
        scoreboard_at(board, sent->newer)->older = is_first ? sent->newer : sent->older;
    line->count--;
    line->bytes -= sent->length;
}

/* Out of whatever it is counted under. */
static void leave(struct scoreboard *board, uint32_t number) {
    const struct sent *sent = scoreboard_at(board, number);
    if (sent->state == SENT_SACKED) {
        board->sacked_count--;
        board->sacked_bytes -= sent->length;
        return;
    }
    if (sent->state == SENT_IN_FLIGHT && sent->sendings > 1)
        board->resent_bytes -= sent->length;
    line_remove(board, line_of(board, sent), number);
}

/* Into a line, at its end. */
static void enter(struct scoreboard *board, uint32_t number, enum sent_state state) {
    struct sent *sent = scoreboard_at(board, number);
    sent->state = (uint8_t)state;
    if (state == SENT_IN_FLIGHT && sent->sendings > 1)
        board->resent_bytes += sent->length;
    line_append(board, line_of(board, sent), number);
}

void scoreboard_add(struct scoreboard *board, const struct sent *sent) {
    uint32_t number = board->first + board->count++;
    struct sent *added = scoreboard_at(board, number);
    *added = *sent;
    added->sendings = 1;
    enter(board, number, SENT_IN_FLIGHT);
}

/* ---- finding ---- */

bool scoreboard_find(const struct scoreboard *board, struct seq seq, uint32_t *number) {
    uint32_t low = 0, high = board->count; /* it is in [low, high) if anywhere */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct sent *sent = scoreboard_at(board, board->first + middle);
        if (seq_lt(seq, sent->seq)) {
            high = middle;
        } else if (seq_is_within(seq, sent->seq, sent->length)) {
            *number = board->first + middle;
            return true;
        } else {
            low = middle + 1;
        }
    }
    return false;
}

static bool is_sacked(const struct scoreboard *board, uint32_t number) {
    return scoreboard_has(board, number) && scoreboard_at(board, number)->state == SENT_SACKED;
}

/* Two walks: to the end of the run, then again to lead all that were passed there at once. */
uint32_t scoreboard_skip(struct scoreboard *board, uint32_t number) {
    uint32_t end = number;
    while (is_sacked(board, end))
        end = scoreboard_at(board, end)->newer;
    while (number != end) {
        struct sent *passed = scoreboard_at(board, number);
        number = passed->newer;
        passed->newer = end;
    }
    return end;
}

bool scoreboard_next(const struct scoreboard *board, uint32_t *number) {
    uint32_t newer = scoreboard_at(board, *number)->newer;
    bool has = newer != *number;
    *number = newer;
    return has;
}

/* ---- marks ---- */

void scoreboard_mark_sacked(struct scoreboard *board, uint32_t number) {
    struct sent *sent = scoreboard_at(board, number);
    leave(board, number);
    sent->state = SENT_SACKED;
    sent->newer = number + 1;
    board->sacked_count++;
    board->sacked_bytes += sent->length;
}

void scoreboard_mark_lost(struct scoreboard *board, uint32_t number) {
    leave(board, number);
    enter(board, number, SENT_LOST);
}

void scoreboard_mark_resent(struct scoreboard *board, uint32_t number, dobos_time now) {
    struct sent *sent = scoreboard_at(board, number);
    leave(board, number);
    sent->sent_at = now;
    if (sent->sendings < UINT8_MAX)
        sent->sendings++;
    enter(board, number, SENT_IN_FLIGHT);
}

void scoreboard_lose_all(struct scoreboard *board, bool sacked) {
    for (uint32_t i = 0; i < board->count; i++) {
        uint32_t number = board->first + i;
        if (sacked || scoreboard_at(board, number)->state != SENT_SACKED)
            scoreboard_mark_lost(board, number);
    }
}

void scoreboard_find_all(struct scoreboard *board) {
    struct sent_line newer = board->in_flight;
    board->in_flight = (struct sent_line){0};
    while (board->lost.count > 0) {
        uint32_t number = board->lost.first;
        leave(board, number);
        enter(board, number, SENT_IN_FLIGHT);
    }
    struct sent_line *older = &board->in_flight;
    if (newer.count > 0 && older->count > 0) {
        scoreboard_at(board, older->last)->newer = newer.first;
        scoreboard_at(board, newer.first)->older = older->last;
        newer.first = older->first;
    }
    newer.count += older->count;
    newer.bytes += older->bytes;
    if (newer.count > older->count)
        *older = newer;
}

/* How long the pieces of an entry may be, so that it is cut; its own length: it is not. *spare: how
 * many pieces more there may be. */
static uint32_t piece_most(const struct scoreboard *board, uint32_t number, uint32_t most,
                           bool has_fin, uint32_t *spare) {
    const struct sent *sent = scoreboard_at(board, number);
    bool is_last = number + 1 == board->first + board->count;
    uint32_t data = sent->length - (is_last && has_fin ? 1 : 0);
    uint32_t more = (sent->length - 1) / most;
    if (sent->state == SENT_SACKED || data <= most || more > *spare)
        return sent->length;
    *spare -= more;
    return most;
}

/* A part of `from` as a new entry at the end, in the same state. */
static void part_add(struct scoreboard *board, const struct sent *from, uint32_t offset,
                     uint32_t length) {
    uint32_t number = board->first + board->count;
    struct sent part = *from;
    part.seq = seq_add(from->seq, offset);
    part.length = length;
    scoreboard_add(board, &part);
    leave(board, number);
    scoreboard_at(board, number)->sendings = from->sendings;
    enter(board, number, from->state == SENT_LOST ? SENT_LOST : SENT_IN_FLIGHT);
    if (from->state == SENT_SACKED)
        scoreboard_mark_sacked(board, number);
}

bool scoreboard_cut(struct scoreboard *board, struct allocator *allocator, uint32_t most,
                    bool has_fin) {
    struct scoreboard cut;
    const uint32_t spare = SCOREBOARD_PIECES - board->count;
    uint32_t left = spare;
    scoreboard_init(&cut);
    cut.first = board->first;
    for (uint32_t i = 0; i < board->count; i++)
        (void)piece_most(board, board->first + i, most, has_fin, &left);
    if (!ring_grow(&cut, allocator, board->count + spare - left))
        return false;
    left = spare;
    for (uint32_t i = 0; i < board->count; i++) {
        uint32_t number = board->first + i, piece = piece_most(board, number, most, has_fin, &left);
        const struct sent *sent = scoreboard_at(board, number);
        for (uint32_t done = 0; done < sent->length; done += piece)
            part_add(&cut, sent, done, min_u32(piece, sent->length - done));
    }
    scoreboard_fini(board, allocator);
    *board = cut;
    return true;
}

bool scoreboard_split(struct scoreboard *board, struct allocator *allocator, uint32_t length) {
    if (board->count >= SCOREBOARD_PIECES || !ring_grow(board, allocator, board->count + 1))
        return false;
    struct sent part = *scoreboard_at(board, board->first);
    part.length = length;
    scoreboard_trim(board, seq_add(part.seq, length));
    board->first--;
    board->count++;
    *scoreboard_at(board, board->first) = part;
    enter(board, board->first, SENT_LOST);
    return true;
}

/* ---- the front ---- */

void scoreboard_pop(struct scoreboard *board) {
    leave(board, board->first);
    board->first++;
    board->count--;
}

void scoreboard_trim(struct scoreboard *board, struct seq una) {
    struct sent *sent = scoreboard_at(board, board->first);
    uint32_t gone = seq_distance(una, sent->seq);
    if (sent->state == SENT_SACKED)
        board->sacked_bytes -= gone;
    else
        line_of(board, sent)->bytes -= gone;
    if (sent->state == SENT_IN_FLIGHT && sent->sendings > 1)
        board->resent_bytes -= gone;
    sent->seq = una;
    sent->length -= gone;
}
