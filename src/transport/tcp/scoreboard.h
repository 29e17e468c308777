/*
 * scoreboard: what has been sent and not been acknowledged, one entry a segment of the wire (a
 * super-segment has several), in order of sequence numbers, in a ring that grows by doubling.
 * Entries are numbered 0, 1, 2, … for ever; a number stays an entry's while it lives.
 *
 * An entry is in one of three states, whose bytes and entries are summed:
 *
 *     in flight   sent, perhaps again, and nothing heard of it: it stands in the line by time of
 *                 sending, oldest first, which RACK walks (RFC 8985 §6.2)
 *     sacked      a SACK block covers all of it (RFC 2018)
 *     lost        believed lost and to be sent again: it stands in the line of the lost, in the
 *                 order in which that was found
 *
 * Marking, sending and taking cost O(1), finding O(log n); a SACK block costs what it newly covers,
 * since runs of sacked entries are stepped over by links that grow shorter as they are followed
 * (attack E2). Nothing here sends, allocates beyond the ring, or knows a connection.
 */
#ifndef TRANSPORT_TCP_SCOREBOARD_H
#define TRANSPORT_TCP_SCOREBOARD_H

#include "base/allocator.h"
#include "base/seq.h"

#define SCOREBOARD_ENTRIES \
    (1u << 18)                       /* then nothing more is sent until something is acknowledged */
#define SCOREBOARD_PIECES (1u << 19) /* so many there are when what was sent is cut up */

enum sent_state {
    SENT_IN_FLIGHT,
    SENT_SACKED,
    SENT_LOST,
};

struct sent {
    struct seq seq;           /* of its first byte */
    uint32_t length;          /* sequence numbers it takes up: bytes, and a FIN */
    dobos_time sent_at;       /* when it was last sent */
    dobos_time first_sent_at; /* rate.c: when the sample began that this sending belongs to */
    dobos_time delivered_at;  /* rate.c: when something had last arrived, at this sending */
    uint64_t delivered;       /* rate.c: bytes that had arrived by then */
    uint32_t newer;           /* in its line: the next number, or its own at the end; sacked: a
                                 number behind, up to which all are sacked */
    uint32_t older;           /* in its line: the number before, or its own at the beginning */
    uint8_t state;            /* enum sent_state */
    uint8_t sendings;         /* how often it was sent, 1–255 */
    bool is_app_limited;      /* rate.c: the program set the pace when it was sent */
};

/* Entries in line; `first` and `last` mean something while count > 0. */
struct sent_line {
    uint32_t first, last; /* numbers */
    uint32_t count;       /* entries */
    uint32_t bytes;       /* sequence numbers they take up */
};

struct scoreboard {
    struct sent *entries;       /* the ring; NULL: none yet */
    uint32_t capacity;          /* a power of two, or 0 */
    uint32_t first;             /* the lowest number there is */
    uint32_t count;             /* entries */
    struct sent_line in_flight; /* by time of sending; its bytes are RFC 6675's pipe */
    struct sent_line lost;      /* to be sent again */
    uint32_t sacked_count;      /* entries sacked */
    uint32_t sacked_bytes;      /* sequence numbers they take up */
    uint32_t resent_bytes;      /* of those in flight: sent more than once */
};

void scoreboard_init(struct scoreboard *board);
/* Gives the ring back. */
void scoreboard_fini(struct scoreboard *board, struct allocator *allocator);
/* What the ring costs, bytes. */
static inline size_t scoreboard_cost(const struct scoreboard *board) {
    return board->capacity * sizeof(struct sent);
}
/* Makes room for `more` entries. False: no memory, or SCOREBOARD_ENTRIES. */
bool scoreboard_reserve(struct scoreboard *board, struct allocator *allocator, uint32_t more);
/* A segment was sent for the first time, behind all others; there is room (reserved). Fields of
 * `sent` up to `delivered` and is_app_limited are the caller's; the rest is set. */
void scoreboard_add(struct scoreboard *board, const struct sent *sent);

/* The entry of a number: first ≤ number < first + count. */
static inline struct sent *scoreboard_at(const struct scoreboard *board, uint32_t number) {
    return &board->entries[number & (board->capacity - 1)];
}
static inline bool scoreboard_has(const struct scoreboard *board, uint32_t number) {
    return number - board->first < board->count;
}
/* The number of the entry that holds `seq`; false: none does. */
bool scoreboard_find(const struct scoreboard *board, struct seq seq, uint32_t *number);
/* The first number from `number` on that is not sacked; first + count: none. */
uint32_t scoreboard_skip(struct scoreboard *board, uint32_t number);
/* The one behind in its line; false: it is the last. Not of a sacked one. */
bool scoreboard_next(const struct scoreboard *board, uint32_t *number);

/* ---- marks ---- */

/* A SACK block covers it; not sacked before. */
void scoreboard_mark_sacked(struct scoreboard *board, uint32_t number);
/* It is lost; was in flight. */
void scoreboard_mark_lost(struct scoreboard *board, uint32_t number);
/* It was sent again, from whatever line, at `now`; it goes to the end of the line in flight. The
 * fields of rate.c are the caller's. */
void scoreboard_mark_resent(struct scoreboard *board, uint32_t number, dobos_time now);
/* All that are in flight are lost, in order of sequence numbers; `sacked`: the sacked ones too, for
 * a peer that has thrown away what it had (RFC 2018 §8). O(n): for timeouts. */
void scoreboard_lose_all(struct scoreboard *board, bool sacked);
/* No entry was lost after all: they are in flight, as the oldest. O(lost): for undo. */
void scoreboard_find_all(struct scoreboard *board);

/* Entries that are not sacked and longer than `most` are cut into shorter ones, in the same state,
 * all in order of sequence numbers. `has_fin`: the last holds a FIN, which does not count. Numbers
 * change. Beyond SCOREBOARD_PIECES the rest stays whole, until those in front of it are gone. O(n),
 * with memory for it; false: none, and nothing has changed. */
bool scoreboard_cut(struct scoreboard *board, struct allocator *allocator, uint32_t most,
                    bool has_fin);
/* The first, which is lost, becomes two, both lost: one of `length` numbers (fewer than it has),
 * and the rest. O(1) but for the ring's growth; false: no memory, or SCOREBOARD_PIECES. */
bool scoreboard_split(struct scoreboard *board, struct allocator *allocator, uint32_t length);

/* ---- the front ---- */

/* The first entry leaves: all of it is acknowledged. */
void scoreboard_pop(struct scoreboard *board);
/* The first entry loses what is below `una`, which lies inside it. */
void scoreboard_trim(struct scoreboard *board, struct seq una);

#endif
