/*
 * resend: see resend.h. A repetition is the segment that was sent, whole: its entry is in flight
 * again, with a new time. Where segments have become smaller meanwhile, the scoreboard is cut anew
 * first.
 */
#include "transport/tcp/resend.h"

#include "transport/tcp/emit.h"
#include "transport/tcp/isn.h"
#include "transport/tcp/loss.h"
#include "transport/tcp/pacing.h"
#include "transport/tcp/recovery.h"
#include "wire/ipv4.h"

/* An entry is out again. */
static void resent(struct tcp_connection *c, uint32_t number, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    struct sent *sent = scoreboard_at(&flight->board, number);
    scoreboard_mark_resent(&flight->board, number, now);
    rate_on_send(&flight->rate, sent, flight->board.in_flight.bytes - sent->length, now);
    undo_on_resent(&flight->undo, timestamp_value(c->ts_offset, now));
    prr_on_sent(&flight->prr, sent->length);
}

/* Sends `length` sequence numbers of `count` entries, or less of the last at a window's edge. */
static struct dobos_packet *resend(struct transport *transport, struct tcp_connection *c,
                                   uint32_t number, uint32_t count, uint32_t length,
                                   dobos_time now) {
    struct tcp_flight *flight = c->flight;
    const struct sent *first = scoreboard_at(&flight->board, number);
    struct outgoing outgoing = {.seq = first->seq, .length = length, .flags = TCP_ACK};
    struct seq end = seq_add(first->seq, length);
    if (seq_gt(end, c->snd_end)) {
        outgoing.flags |= TCP_FIN;
        outgoing.length--;
    }
    outgoing.is_bare = outgoing.length > connection_mss(c);
    if (outgoing.length > 0 && seq_ge(end, c->snd_end))
        outgoing.flags |= TCP_PSH;
    struct dobos_packet *packet = emit_segment(transport, c, &outgoing, now);
    if (!packet)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        resent(c, number + i, now);
    pacing_on_sent(c, outgoing.length + IPV4_HEADER_BYTES + TCP_HEADER_BYTES, now);
    flight->sent_at = now;
    c->retransmits++;
    transport->counters.tcp_retrans_segs++;
    return packet;
}

/* The repetition of the first starts the timeout anew, as if it had been sent for the first time;
 * after a timeout its interval runs already (RFC 6298 §5). */
static void repeated(struct transport *transport, struct tcp_connection *c, bool is_first,
                     dobos_time now) {
    struct tcp_flight *flight = c->flight;
    if (flight->recovery == TCP_RECOVERY_RTO) {
        transport->counters.tcp_slow_start_retransmits++;
    } else {
        transport->counters.tcp_fast_retransmits++;
        if (is_first && c->sack)
            flight->rto_at = now + rtt_timeout(&c->rtt, c->backoff);
    }
    recovery_timer_arm(transport, c, now);
}

static uint32_t data_of(const struct tcp_connection *c, const struct sent *sent) {
    return sent->length - (seq_gt(seq_add(sent->seq, sent->length), c->snd_end) ? 1 : 0);
}

/* The earliest goes first, then the others in the order in which they were found lost. */
static uint32_t next_lost(const struct scoreboard *board) {
    bool is_first = scoreboard_at(board, board->first)->state == SENT_LOST;
    return is_first ? board->first : board->lost.first;
}

/* Whether what goes out next fits into a segment of today; if not, the scoreboard is cut anew
 * (RFC 1191 §6.5). False: no memory for that. */
static bool is_cut_to_size(struct transport *transport, struct tcp_connection *c) {
    struct scoreboard *board = &c->flight->board;
    uint32_t most = connection_mss_bare(c);
    if (data_of(c, scoreboard_at(board, next_lost(board))) <= most)
        return true;
    if (!scoreboard_cut(board, pool_allocator(transport->pool), most,
                        seq_gt(c->snd_nxt, c->snd_end)))
        return false;
    connection_charge(transport, c);
    return data_of(c, scoreboard_at(board, next_lost(board))) <= most;
}

/* The first is longer than the window, which shrank: what does not fit stays lost, and goes out
 * when there is room for it. */
static bool is_split_to_window(struct transport *transport, struct tcp_connection *c,
                               uint32_t window) {
    if (!scoreboard_split(&c->flight->board, pool_allocator(transport->pool), window))
        return false;
    connection_charge(transport, c);
    return true;
}

/* How many lost entries from one on fit into one segment, and into `most` bytes: what left in
 * crumbs goes out again as a whole. *length: of all of them. */
static uint32_t run_of(const struct tcp_connection *c, uint32_t number, uint32_t most,
                       uint32_t *length) {
    const struct scoreboard *board = &c->flight->board;
    uint32_t count = 1, mss = connection_mss(c);
    while (scoreboard_has(board, number + count)) {
        const struct sent *next = scoreboard_at(board, number + count);
        uint32_t sum = *length + next->length;
        if (next->state != SENT_LOST || sum > most || *length + data_of(c, next) > mss)
            break;
        *length = sum;
        count++;
    }
    return count;
}

/* Nothing goes beyond a window that shrank; of the first segment, what it takes goes [rfc9293#57]
 * [rfc1122#139] [rfc9293#58].
 */
struct dobos_packet *resend_lost(struct transport *transport, struct tcp_connection *c,
                                 dobos_time now, bool *no_memory) {
    struct tcp_flight *flight = c->flight;
    struct scoreboard *board = &flight->board;
    if (board->lost.count == 0 || flight->frto == FRTO_NEW || c->snd_wnd == 0)
        return NULL;
    if (!is_cut_to_size(transport, c)) {
        *no_memory = true;
        return NULL;
    }
    uint32_t number = next_lost(board);
    bool is_first = number == board->first;
    const struct sent *sent = scoreboard_at(board, number);
    uint32_t length = sent->length;
    uint32_t window = c->snd_wnd - min_u32(c->snd_wnd, seq_distance(sent->seq, c->snd_una));
    uint32_t room = recovery_room(flight);
    if (room < length && flight_pipe(flight) > 0)
        return NULL;
    if (window < length && !is_first)
        return NULL;
    if (window < length) {
        *no_memory = !is_split_to_window(transport, c, window);
        if (*no_memory)
            return NULL;
        number = board->first;
        length = window;
    }
    uint32_t count = run_of(c, number, min_u32(window, max_u32(room, length)), &length);
    struct dobos_packet *packet = resend(transport, c, number, count, length, now);
    *no_memory = !packet;
    if (packet)
        repeated(transport, c, is_first, now);
    return packet;
}

/* RFC 8985 §7.3 [rfc8985#14] */
struct dobos_packet *resend_last(struct transport *transport, struct tcp_connection *c,
                                 dobos_time now) {
    struct scoreboard *board = &c->flight->board;
    if (board->count == 0)
        return NULL;
    uint32_t number = board->first + board->count - 1;
    const struct sent *last = scoreboard_at(board, number);
    if (last->state == SENT_SACKED || data_of(c, last) > connection_mss_bare(c))
        return NULL;
    return resend(transport, c, number, 1, last->length, now);
}

struct dobos_packet *resend_byte(struct transport *transport, struct tcp_connection *c,
                                 dobos_time now) {
    (void)loss_of_reneged(transport, c);
    return resend(transport, c, c->flight->board.first, 1, 1, now);
}
