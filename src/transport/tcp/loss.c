/* loss: see loss.h. */
#include "transport/tcp/loss.h"

static int64_t window_now(const struct tcp_connection *c) {
    const struct tcp_flight *flight = c->flight;
    const struct rack_view view = {
        .srtt_ns = c->rtt.srtt_ns,
        .rtt_min_ns = rtt_min_ns(&flight->rtt_min),
        .sacked = flight->board.sacked_count,
        .in_recovery =
            flight->recovery == TCP_RECOVERY_FAST || flight->recovery == TCP_RECOVERY_RTO,
    };
    return rack_window(&flight->rack, &view);
}

static void lose(struct transport *transport, struct tcp_flight *flight, uint32_t number) {
    if (scoreboard_at(&flight->board, number)->sendings > 1)
        transport->counters.tcp_lost_retransmits++;
    scoreboard_mark_lost(&flight->board, number);
}

/* RFC 8985 §6.2 step 5 [rfc8985#9]: the line in flight stands in order of sending, so that the walk
 * ends at the first that is not due; what is sent before the last arrival and not due yet is looked
 * at again when the last of it is [rfc8985#10]. */
uint32_t loss_find(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    struct scoreboard *board = &flight->board;
    const struct rack *rack = &flight->rack;
    uint32_t lost = 0;
    flight->reorder_at = DOBOS_NEVER;
    if (!c->sack || board->in_flight.count == 0)
        return 0;
    int64_t patience = rack->rtt_ns + window_now(c);
    while (board->in_flight.count > 0) {
        uint32_t number = board->in_flight.first;
        const struct sent *sent = scoreboard_at(board, number);
        if (!rack_is_before(rack, sent->sent_at, seq_add(sent->seq, sent->length)))
            break;
        if (now - sent->sent_at < patience) {
            flight->reorder_at = max_i64(rack->sent_at + patience, now + 1);
            break;
        }
        lost += sent->length;
        lose(transport, flight, number);
    }
    return lost;
}

uint32_t loss_of_first(struct tcp_connection *c) {
    struct scoreboard *board = &c->flight->board;
    if (board->count == 0 || scoreboard_at(board, board->first)->state != SENT_IN_FLIGHT)
        return 0;
    scoreboard_mark_lost(board, board->first);
    return scoreboard_at(board, board->first)->length;
}

/* A peer whose acknowledgment stops at what it has reported as arrived has thrown that away:
 * nothing it reported counts any more [rfc2018#12]. */
bool loss_of_reneged(struct transport *transport, struct tcp_connection *c) {
    struct scoreboard *board = &c->flight->board;
    if (scoreboard_at(board, board->first)->state != SENT_SACKED)
        return false;
    transport->counters.tcp_sack_reneged++;
    scoreboard_lose_all(board, true);
    return true;
}

/* RFC 6298 §5.4, RFC 8985 §6.3 [rfc8985#16]: the first, and all that a round trip and a reordering
 * window have gone by without an answer; what left just now may still arrive. Where nothing tells
 * one from the other (no SACK), all. */
void loss_on_timeout(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    struct scoreboard *board = &flight->board;
    flight->dup_bytes = flight->dup_acks = 0;
    flight->reorder_at = DOBOS_NEVER;
    if (board->count == 0)
        return;
    if (loss_of_reneged(transport, c))
        return;
    if (!c->sack || flight->rack.rtt_ns == 0) {
        scoreboard_lose_all(board, false);
        return;
    }
    loss_of_first(c);
    int64_t patience = flight->rack.rtt_ns + window_now(c);
    while (board->in_flight.count > 0) {
        uint32_t number = board->in_flight.first;
        if (now - scoreboard_at(board, number)->sent_at < patience)
            break;
        lose(transport, flight, number);
    }
}

void loss_of_longer(struct tcp_connection *c, uint32_t most) {
    struct scoreboard *board = &c->flight->board;
    for (uint32_t i = 0; i < board->count; i++) {
        uint32_t number = board->first + i;
        const struct sent *sent = scoreboard_at(board, number);
        if (sent->state == SENT_IN_FLIGHT && sent->length > most)
            scoreboard_mark_lost(board, number);
    }
}
