/* sack_report: see sack_report.h. */
#include "transport/tcp/sack_report.h"

#include "transport/tcp/connection.h"
#include "transport/tcp/segment.h"

static bool block_holds(const struct tcp_sack_block *block, struct seq seq) {
    return seq_ge(seq, block->left) && seq_lt(seq, block->right);
}

/* The block of the segment that came last goes first [rfc2018#5]; what has grown into
 * it, or has been read, is forgotten. */
void sack_report_arrival(struct sack_report *report, const struct out_of_order *held,
                         struct seq seq) {
    struct tcp_sack_block run;
    if (!out_of_order_run(held, seq, &run))
        return;
    struct seq first = out_of_order_first(held)->seq;
    struct seq kept[SACK_REPORT_RECENT] = {seq};
    uint8_t count = 1;
    for (unsigned i = 0; i < report->count && count < SACK_REPORT_RECENT; i++) {
        if (!block_holds(&run, report->recent[i]) && seq_ge(report->recent[i], first))
            kept[count++] = report->recent[i];
    }
    memcpy(report->recent, kept, sizeof kept);
    report->count = count;
}

/* One range is told in one acknowledgment [rfc2883#3]; when one acknowledgment answers several
 * segments, ranges that touch are told as one, and of others the first [rfc2883#5]. */
void sack_report_repeated(struct sack_report *report, struct seq left, struct seq right) {
    struct tcp_sack_block *told = &report->repeated;
    bool touches = report->has_repeated && seq_le(left, told->right) && seq_ge(right, told->left);
    if (touches)
        *told = (struct tcp_sack_block){seq_min(told->left, left), seq_max(told->right, right)};
    else if (!report->has_repeated)
        *told = (struct tcp_sack_block){left, right};
    report->has_repeated = true;
}

/* What came twice must still be here, or it would be told of data that is missing. */
static bool repeated_is_true(const struct sack_report *report, const struct out_of_order *held,
                             struct seq rcv_nxt) {
    struct tcp_sack_block run;
    return report->has_repeated && (seq_le(report->repeated.right, rcv_nxt) ||
                                    (out_of_order_run(held, report->repeated.left, &run) &&
                                     seq_ge(run.right, report->repeated.right)));
}

/* Puts the block that holds `seq`, whole [rfc2018#4], behind the others, unless it is there
 * [rfc2018#8] or nothing is held there any more [rfc2018#9]. */
static unsigned block_add(const struct out_of_order *held, struct seq seq,
                          struct tcp_sack_block *blocks, unsigned first, unsigned count) {
    struct tcp_sack_block run;
    if (!out_of_order_run(held, seq, &run))
        return count;
    for (unsigned i = first; i < count; i++) {
        if (block_holds(&blocks[i], seq))
            return count;
    }
    blocks[count] = run;
    return count + 1;
}

/* What came twice goes first [rfc2883#1] [rfc2883#2], before the block that it lies in [rfc2883#4];
 * behind it the blocks that were told lately, the latest first [rfc2018#7] [rfc2018#8].
 *
 * DEVIATION: [rfc2018#10] a segment that there was no memory for is not told of: the peer is to
 * send it again, and would wait for a timeout to do so.
 */
unsigned sack_report_blocks(const struct sack_report *report, const struct out_of_order *held,
                            struct seq rcv_nxt, unsigned room, struct tcp_sack_block *blocks) {
    unsigned count = 0;
    if (repeated_is_true(report, held, rcv_nxt))
        blocks[count++] = report->repeated;
    unsigned first = count;
    if (first > 0 && first < room)
        count = block_add(held, report->repeated.left, blocks, first, count);
    for (unsigned i = 0; i < report->count && count < room; i++)
        count = block_add(held, report->recent[i], blocks, first, count);
    return count;
}

/* [rfc2883#1] Data that has been acknowledged comes again: the peer learns that it need not have
 * sent it. In TIME-WAIT, which is to stay cheap, nothing is told. */
void sack_report_old(struct transport *transport, struct tcp_connection *c,
                     const struct tcp_segment *segment) {
    struct seq end = seq_min(seq_add(segment->seq, segment_length(segment)), c->rcv_nxt);
    if (!c->sack || seq_ge(segment->seq, end) || c->state == DOBOS_TCP_TIME_WAIT ||
        !connection_flight_borrow(transport, c))
        return;
    transport->counters.tcp_dsack_old_sent++;
    sack_report_repeated(&c->flight->report, segment->seq, end);
}

/* Where both have agreed [rfc2018#2], in every segment that acknowledges [rfc2018#6]; as many
 * blocks as there is room for [rfc2018#3] [rfc2018#7]. */
void sack_report_option(const struct tcp_connection *c, struct tcp_options *options) {
    if (!c->sack || !c->flight)
        return;
    unsigned room = options->has_timestamps ? TCP_SACK_BLOCKS - 1 : TCP_SACK_BLOCKS;
    const struct tcp_flight *flight = c->flight;
    options->sack_count = (uint8_t)sack_report_blocks(&flight->report, &flight->held, c->rcv_nxt,
                                                      room, options->sack);
}

uint32_t sack_report_bytes(const struct tcp_connection *c) {
    const struct tcp_flight *flight = c->flight;
    if (!c->sack || !flight || (flight->held.runs == 0 && !flight->report.has_repeated))
        return 0;
    uint32_t blocks = min_u32(flight->held.runs, flight->report.count);
    blocks += flight->report.has_repeated ? 1 : 0;
    return 4 + 8 * min_u32(blocks, c->timestamps ? TCP_SACK_BLOCKS - 1 : TCP_SACK_BLOCKS);
}

/* [rfc2883#3] */
void sack_report_sent(struct tcp_connection *c) {
    if (c->flight)
        c->flight->report.has_repeated = false;
}
