/*
 * sack: see sack.h. A block counts where it covers whole entries of what is in flight; what lies
 * outside of [snd_una, snd_nxt) is nobody's, and bytes of a segment are never marked one by one, so
 * that blocks of single bytes cost nothing and split nothing (attacks E1, E2, E8).
 */
#include "transport/tcp/sack.h"

/* RFC 2018 §8: marks may be added only, until a timeout [rfc2018#11]. */
static void block_take(struct transport *transport, struct tcp_connection *c, struct seq left,
                       struct seq right, struct arrival *arrival) {
    struct scoreboard *board = &c->flight->board;
    uint32_t number = 0;
    if (!scoreboard_find(board, left, &number))
        return;
    if (seq_lt(scoreboard_at(board, number)->seq, left))
        number++;
    for (;;) {
        number = scoreboard_skip(board, number);
        if (!scoreboard_has(board, number))
            return;
        const struct sent *sent = scoreboard_at(board, number);
        if (seq_gt(seq_add(sent->seq, sent->length), right))
            return;
        arrival->has_sacked = true;
        arrival_take(transport, c, sent, true, arrival);
        scoreboard_mark_sacked(board, number);
        number++;
    }
}

/* RFC 2883 §4: the first block reports a duplicate when it lies below the ACK field [rfc2883#6], or
 * within the second [rfc2883#7]. */
static bool is_duplicate_report(const struct tcp_options *options, struct seq ack) {
    const struct tcp_sack_block *first = &options->sack[0], *second = &options->sack[1];
    if (seq_lt(first->left, ack))
        return seq_le(first->right, ack);
    return options->sack_count > 1 && seq_ge(first->left, second->left) &&
           seq_le(first->right, second->right);
}

/* A D-SACK can be believed when it tells of what we have sent not long ago, and when no more are
 * counted than there were repetitions. */
static void duplicate_take(struct transport *transport, struct tcp_connection *c,
                           const struct tcp_sack_block *block, struct arrival *arrival) {
    struct tcp_flight *flight = c->flight;
    uint32_t behind = seq_lt(block->left, c->snd_una) ? seq_distance(c->snd_una, block->left) : 0;
    if (seq_gt(block->right, c->snd_nxt) || behind > max_u32(c->snd_wnd_max, 65535)) {
        transport->counters.tcp_sack_discarded++;
        return;
    }
    transport->counters.tcp_dsack_received++;
    if (flight->duplicates >= c->retransmits)
        return;
    flight->duplicates++;
    arrival->has_duplicate = true;
    arrival->duplicate_end = block->right;
    undo_on_duplicate(&flight->undo, block->right);
}

void sack_receive(struct transport *transport, struct tcp_connection *c,
                  const struct tcp_segment *segment, struct arrival *arrival) {
    const struct tcp_options *options = &segment->options;
    unsigned first = 0;
    if (!c->sack || options->sack_count == 0)
        return;
    if (seq_lt(options->sack[0].left, options->sack[0].right) &&
        is_duplicate_report(options, segment->ack)) {
        duplicate_take(transport, c, &options->sack[0], arrival);
        first = 1;
    }
    for (unsigned i = first; i < options->sack_count; i++) {
        struct seq left = seq_max(options->sack[i].left, c->snd_una);
        struct seq right = options->sack[i].right;
        if (seq_ge(left, right))
            continue; /* old, or nonsense */
        if (seq_gt(right, c->snd_nxt)) {
            transport->counters.tcp_sack_discarded++;
            continue;
        }
        block_take(transport, c, left, right, arrival);
    }
}
