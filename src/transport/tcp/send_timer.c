/*
 * send_timer: what the send timer stands for while something is in flight: the end of the
 * reordering window (RFC 8985 §6.2 step 5), the probe of a lost tail (§7), or the retransmission
 * timeout (RFC 6298); one at a time, the first that is due, never one beyond the timeout.
 */
#include "transport/tcp/recovery.h"
#include "transport/tcp/timers.h"

/* §7.2: only of a peer with SACK, when nothing is known to be missing and no probe is out
 * [rfc8985#13]. */
static bool can_probe(const struct tcp_connection *c) {
    const struct tcp_flight *flight = c->flight;
    const struct scoreboard *board = &flight->board;
    return c->sack &&
           (flight->recovery == TCP_RECOVERY_NONE || flight->recovery == TCP_RECOVERY_CWR) &&
           board->sacked_count == 0 && board->lost.count == 0 && !flight->tlp.is_out &&
           c->snd_wnd > 0 && connection_is_synchronized(c);
}

/*
 * §7.2: new data puts the probe off, and an acknowledgment that moves snd_una; one that says less
 * does not.
 *
 * DEVIATION: [rfc8985#18] where one segment is left, the time counts from its own sending, not from
 * the acknowledgment that came last: its receiver cannot have held the answer back for longer. So a
 * lost last segment costs a round trip less.
 */
static dobos_time probe_at(const struct tcp_connection *c, dobos_time now) {
    const struct scoreboard *board = &c->flight->board;
    int64_t srtt = c->rtt.srtt_ns;
    dobos_time since = now;
    if (c->send_timer == TCP_SEND_TIMER_TAIL)
        since = max_i64(c->flight->sent_at, c->unacked_since);
    if (board->count > 1)
        return since + tlp_timeout(srtt, false);
    dobos_time sent_at = scoreboard_at(board, board->first)->sent_at;
    return max_i64(since + srtt, sent_at + tlp_timeout(srtt, true));
}

/* [rfc8985#17] */
void recovery_timer_arm(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    enum tcp_send_timer purpose = TCP_SEND_TIMER_RETRANSMIT;
    dobos_time at = max_i64(flight->rto_at, now + 1);
    if (flight->board.count == 0 || flight->rto_at == DOBOS_NEVER)
        return;
    if (flight->reorder_at < at) {
        purpose = TCP_SEND_TIMER_REORDER;
        at = flight->reorder_at;
    } else if (can_probe(c)) {
        purpose = TCP_SEND_TIMER_TAIL;
        at = min_i64(at, probe_at(c, now));
    }
    send_timer_set(transport, c, purpose, at);
}

/* [rfc6298#13] [rfc6298#11] */
void recovery_timer_restart(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    if (c->flight->board.count == 0)
        return;
    c->flight->rto_at = now + rtt_timeout(&c->rtt, c->backoff);
    recovery_timer_arm(transport, c, now);
}
