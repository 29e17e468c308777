/* arrival: see arrival.h. */
#include "transport/tcp/arrival.h"

#include "transport/tcp/isn.h"

void arrival_begin(const struct tcp_connection *c, struct arrival *arrival, dobos_time now) {
    const struct tcp_flight *flight = c->flight;
    *arrival = (struct arrival){
        .now = now,
        .in_flight_before = flight ? flight_pipe(flight) : 0,
        .first_sent_at = DOBOS_NEVER,
        .last_sent_at = DOBOS_NEVER,
        .sacked_sent_at = DOBOS_NEVER,
    };
    if (flight)
        arrival->highest_before = flight->rack.highest;
}

/* RFC 8985 §6.2 step 3: it arrives behind something that was sent after it, and was sent once: the
 * path reorders [rfc8985#2]. */
static void reordering_note(struct transport *transport, struct tcp_connection *c,
                            const struct sent *sent, struct arrival *arrival) {
    struct rack *rack = &c->flight->rack;
    if (seq_ge(seq_add(sent->seq, sent->length), arrival->highest_before))
        return;
    uint32_t mss = connection_mss(c);
    uint32_t distance = (seq_distance(arrival->highest_before, sent->seq) + mss - 1) / mss;
    rack->reordering = (uint16_t)max_u32(rack->reordering, min_u32(distance, UINT16_MAX));
    if (!arrival->has_reordered && rack->reorderings < UINT16_MAX)
        rack->reorderings++;
    arrival->has_reordered = true;
    transport->counters.tcp_sack_reorder++;
    rack->has_reordered = true;
}

/* When what was sent only once was sent: Karn's rule leaves out the rest [rfc6298#7]. */
static void times_note(const struct sent *sent, bool by_sack, struct arrival *arrival) {
    if (by_sack && arrival->sacked_sent_at == DOBOS_NEVER)
        arrival->sacked_sent_at = sent->sent_at;
    if (!by_sack && arrival->first_sent_at == DOBOS_NEVER)
        arrival->first_sent_at = sent->sent_at;
    arrival->last_sent_at = arrival->last_sent_at == DOBOS_NEVER
                                ? sent->sent_at
                                : max_i64(arrival->last_sent_at, sent->sent_at);
}

/* Below which an answer to a repetition was for the first sending; an older timestamp says so of
 * any [rfc8985#4]. */
static int64_t least_rtt(const struct tcp_connection *c, const struct sent *sent,
                         const struct arrival *arrival) {
    uint32_t ts_value = timestamp_value(c->ts_offset, sent->sent_at);
    if (arrival->has_echo && (int32_t)(arrival->ts_echo - ts_value) < 0)
        return INT64_MAX;
    return rtt_min_ns(&c->flight->rtt_min);
}

void arrival_take(struct transport *transport, struct tcp_connection *c, const struct sent *sent,
                  bool by_sack, struct arrival *arrival) {
    struct tcp_flight *flight = c->flight;
    struct seq end = seq_add(sent->seq, sent->length);
    bool is_repeated = sent->sendings > 1;
    arrival->delivered += sent->length;
    if (!is_repeated) {
        bool is_before = seq_le(end, flight->recover);
        times_note(sent, by_sack, arrival);
        arrival->is_original |= sent->state == SENT_LOST;
        arrival->has_sacked_new |= by_sack && !is_before;
        if (c->sack)
            reordering_note(transport, c, sent, arrival);
    } else if (!by_sack) {
        arrival->is_repeat_acked = true;
    }
    rate_on_arrival(&flight->rate, &arrival->rate, sent, arrival->now);
    rack_on_arrival(&flight->rack, end, sent->sent_at,
                    is_repeated ? least_rtt(c, sent, arrival) : 0, arrival->now);
}

/* An acknowledgment inside a segment is kept: the rest of it stays. */
void arrival_cumulative(struct transport *transport, struct tcp_connection *c, struct seq ack,
                        struct arrival *arrival) {
    struct scoreboard *board = &c->flight->board;
    while (board->count > 0) {
        const struct sent *sent = scoreboard_at(board, board->first);
        if (seq_ge(sent->seq, ack))
            return;
        if (seq_gt(seq_add(sent->seq, sent->length), ack)) {
            if (sent->state != SENT_SACKED) {
                arrival->delivered += seq_distance(ack, sent->seq);
                c->flight->rate.delivered += seq_distance(ack, sent->seq);
                c->flight->rate.delivered_at = arrival->now;
            }
            scoreboard_trim(board, ack);
            return;
        }
        if (sent->state != SENT_SACKED)
            arrival_take(transport, c, sent, false, arrival);
        scoreboard_pop(board);
        arrival->entries++;
    }
}
