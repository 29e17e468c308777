/* acknowledge: see acknowledge.h. Everything the sender learns comes through here: what has
 * arrived, how long it took, how much more the peer takes. */
#include "transport/tcp/acknowledge.h"

#include "transport/tcp/challenge.h"
#include "transport/tcp/close.h"
#include "transport/tcp/isn.h"
#include "transport/tcp/recovery.h"
#include "transport/tcp/retransmit.h"
#include "transport/tcp/sack.h"
#include "transport/tcp/timers.h"
#include "transport/tcp/transmit.h"

#define RENEGED_NS (10 * DOBOS_MILLISECOND) /* at least */

/* [rfc9293#12] [rfc5961#6] */
enum ack_fit ack_fit(struct seq una, struct seq nxt, uint32_t window_max, struct seq ack) {
    if (seq_gt(ack, una))
        return seq_le(ack, nxt) ? ACK_NEW : ACK_OF_UNSENT;
    return seq_distance(una, ack) > window_max ? ACK_ANCIENT : ACK_OLD;
}

/* [rfc7323#5] [rfc7323#3] [rfc9293#2] [rfc1122#119] */
uint32_t acknowledge_window(const struct tcp_connection *c, const struct tcp_segment *segment) {
    return segment->flags & TCP_SYN ? segment->window : segment->window << c->snd_wscale;
}

/* The round trip that a timestamp's echo tells; 0: none that can be believed. */
static int64_t echoed_round_trip(const struct tcp_connection *c, const struct arrival *arrival) {
    if (!arrival->has_echo || arrival->ts_echo == 0)
        return 0;
    uint32_t elapsed = timestamp_value(c->ts_offset, arrival->now) - arrival->ts_echo;
    if (elapsed >= TCP_RTO_MAX_NS / DOBOS_MILLISECOND)
        return 0;
    return max_i64(elapsed * DOBOS_MILLISECOND, TCP_CLOCK_NS);
}

/*
 * The round trip [rfc6298#8] of the first of what is acknowledged anew, so that a delayed
 * acknowledgment counts as delayed; of what SACK tells of, where the ACK field tells nothing of
 * what was sent once [rfc6298#7]; else what the timestamp says that came back, which tells which
 * sending was answered [rfc7323#16]. A segment without ACK never comes here [rfc7323#11]. Karn's
 * second rule: a timeout that was doubled stays so until there is a new measurement.
 *
 * Where acknowledgments are lost, too, an echo may be of the first of many sendings and come with
 * the peer's own repetition: it measures how long that waited, and two that repeat would drive each
 * other's timeouts up. So what was repeated counts as a timeout at most, and takes back one of the
 * doublings, not all: a path that has really become longer is learnt from a few.
 */
static void measure(struct tcp_connection *c, const struct arrival *arrival) {
    struct tcp_flight *flight = c->flight;
    int64_t sample = 0;
    if (arrival->last_sent_at != DOBOS_NEVER)
        rtt_min_on_sample(&flight->rtt_min, arrival->now - arrival->last_sent_at, arrival->now);
    if (arrival->first_sent_at != DOBOS_NEVER && !arrival->is_repeat_acked)
        sample = max_i64(arrival->now - arrival->first_sent_at, 1);
    else if (arrival->sacked_sent_at != DOBOS_NEVER)
        sample = max_i64(arrival->now - arrival->sacked_sent_at, 1);
    else if (arrival->acked > 0)
        sample = echoed_round_trip(c, arrival);
    if (sample == 0)
        return;
    bool is_doubtful =
        arrival->is_repeat_acked && c->rtt.srtt_ns > 0 && sample > c->rtt.rto_ns && c->backoff > 0;
    if (is_doubtful)
        sample = c->rtt.rto_ns;
    rtt_on_samples(&c->rtt, &flight->rtt_spread, sample, c->snd_una, c->snd_nxt);
    c->backoff = is_doubtful ? (uint8_t)(c->backoff - 1) : 0;
}

/* The send timer after news: off when all is acknowledged [rfc6298#12], anew when snd_una moved
 * [rfc6298#13]; of a peer without SACK, only for the first partial acknowledgment of a recovery, so
 * that many losses end in a timeout [rfc6582#6]. What a peer took back that it had reported is not
 * waited for as long (RFC 2018 §8). */
static void timer_after_ack(struct transport *transport, struct tcp_connection *c,
                            const struct arrival *arrival) {
    struct tcp_flight *flight = c->flight;
    struct scoreboard *board = &flight->board;
    if (connection_in_flight(c) == 0) {
        if (arrival->acked == 0)
            return; /* another purpose's timer runs, or none */
        flight->rto_at = flight->reorder_at = DOBOS_NEVER;
        c->unacked_since = DOBOS_NEVER;
        send_timer_stop(c);
        return;
    }
    if (arrival->acked > 0) {
        bool is_partial = !c->sack && flight->recovery == TCP_RECOVERY_FAST;
        c->unacked_since = arrival->now;
        if (!is_partial || !flight->partial_acked)
            flight->rto_at = arrival->now + rtt_timeout(&c->rtt, c->backoff);
        flight->partial_acked |= is_partial;
        if (scoreboard_at(board, board->first)->state == SENT_SACKED)
            flight->rto_at = arrival->now + max_i64(c->rtt.srtt_ns / 2, RENEGED_NS);
    }
    recovery_timer_arm(transport, c, arrival->now);
}

/* All that an acknowledgment tells of what was sent: what has arrived, how long it took, what is
 * lost, how large the window is, what the timer stands for. `acked`: what the ACK field covers
 * anew. */
static void learn(struct transport *transport, struct tcp_connection *c,
                  const struct tcp_segment *segment, uint32_t acked, bool is_duplicate,
                  dobos_time now) {
    struct arrival arrival;
    arrival_begin(c, &arrival, now);
    arrival.acked = acked;
    arrival.is_duplicate = is_duplicate;
    arrival.has_echo = c->timestamps && segment->options.has_timestamps;
    arrival.ts_echo = segment->options.ts_echo;
    if (acked > 0)
        arrival_cumulative(transport, c, segment->ack, &arrival);
    if (segment->options.sack_count > 0)
        sack_receive(transport, c, segment, &arrival);
    measure(c, &arrival);
    recovery_on_ack(transport, c, &arrival);
    timer_after_ack(transport, c, &arrival);
}

/* What was reported stays in the send queue until the ACK field covers it [rfc2018#13]. */
void acknowledge_advance(struct transport *transport, struct tcp_connection *c,
                         const struct tcp_segment *segment, dobos_time now,
                         struct transport_result *result) {
    struct seq ack = segment->ack;
    uint32_t acked = seq_distance(ack, c->snd_una);
    if (c->ecn.mode != ECN_MODE_OFF)
        ecn_receive_ack(transport, c, segment, now);
    c->snd_una = ack;
    c->tries = c->flight->refusals = 0;
    c->soft_error = 0;
    learn(transport, c, segment, acked, false, now);
    send_queue_acknowledge(&c->flight->send, seq_min(ack, c->snd_end));
    connection_charge(transport, c);
    tuning_on_ack(transport, c, acked);
    bool fin_acked = seq_gt(ack, c->snd_end);
    c->bytes_acked += acked - (fin_acked ? 1 : 0);
    result->progress = true;
    if (fin_acked)
        close_on_fin_acked(transport, c, now);
    else if (connection_in_flight(c) == 0)
        c->socket.sender.wants_output = true;
    transmit_want(c);
}

/* A closed window was probed with a byte that the peer has not taken: it is sent again with what
 * follows it, as if it had never been. */
static void probe_forget(struct tcp_connection *c) {
    struct scoreboard *board = &c->flight->board;
    if (board->count != 1 || scoreboard_at(board, board->first)->length != 1 ||
        seq_gt(c->snd_nxt, c->snd_end))
        return;
    scoreboard_pop(board);
    c->snd_nxt = c->snd_una;
    c->flight->rto_at = DOBOS_NEVER;
}

/* The peer's window opened after it was closed: what was probed, and what the peer had no room for,
 * goes out at once. That is no progress yet where something has been refused before: the program's
 * own limit goes on, and what has been refused too often ends here (RFC 9293 §3.8.3). */
static void window_opened(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    bool was_probed = c->backoff > 0, was_refused = c->flight && c->flight->refusals > 0;
    if (is_given_up(c, now)) {
        give_up(transport, c);
        return;
    }
    c->backoff = 0;
    send_timer_stop(c);
    if (c->user_timeout_ms == 0 || !was_refused)
        c->unacked_since = DOBOS_NEVER;
    c->socket.sender.wants_output = true;
    if (!c->flight)
        return;
    if (was_probed) {
        probe_forget(c);
        recovery_resend(c, 0, now);
    }
    if (connection_in_flight(c) > 0) {
        c->unacked_since = min_i64(c->unacked_since, now);
        recovery_timer_restart(transport, c, now);
    }
}

/* Data was sent into the window, and it closed in front of it. */
static void window_closed(struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    if (!flight || connection_in_flight(c) == 0)
        return;
    if (flight->refusals == 0)
        flight->refused_since = now;
    if (flight->refusals < UINT8_MAX)
        flight->refusals++;
}

/* Only a segment at least as new as the last one that told it [rfc9293#107]. */
static void window_update(struct transport *transport, struct tcp_connection *c,
                          const struct tcp_segment *segment, dobos_time now) {
    bool is_newer = seq_lt(c->snd_wl1, segment->seq) ||
                    (seq_eq(c->snd_wl1, segment->seq) && seq_le(c->snd_wl2, segment->ack));
    uint32_t window = acknowledge_window(c, segment);
    if (!is_newer)
        return;
    bool opened = c->snd_wnd == 0 && window > 0, closed = c->snd_wnd > 0 && window == 0;
    c->snd_wl1 = segment->seq;
    c->snd_wl2 = segment->ack;
    c->snd_wnd = window;
    c->snd_wnd_max = max_u32(c->snd_wnd_max, window);
    if (closed)
        window_closed(c, now);
    if (opened && c->send_timer != TCP_SEND_TIMER_OFF)
        window_opened(transport, c, now);
    if (window == 0 && c->user_timeout_ms == 0 && c->unacked_since != DOBOS_NEVER)
        c->unacked_since = now;
    transmit_want(c);
}

/* RFC 5681 §2's definition [rfc5681#19]. */
static bool is_duplicate(const struct tcp_connection *c, const struct tcp_segment *segment) {
    return connection_in_flight(c) > 0 && segment->length == 0 &&
           !(segment->flags & (TCP_SYN | TCP_FIN)) && seq_eq(segment->ack, c->snd_una) &&
           acknowledge_window(c, segment) == c->snd_wnd && c->snd_wnd > 0;
}

/* [rfc9293#108] */
enum drop_reason acknowledge_receive(struct transport *transport, struct tcp_connection *c,
                                     const struct tcp_segment *segment, dobos_time now,
                                     struct transport_result *result) {
    switch (ack_fit(c->snd_una, c->snd_nxt, c->snd_wnd_max, segment->ack)) {
    case ACK_OF_UNSENT:
    case ACK_ANCIENT:
        challenge_send(transport, c, now);
        return DROP_TCP_ACK;
    case ACK_NEW:
        acknowledge_advance(transport, c, segment, now, result);
        break;
    case ACK_OLD:
        if (c->ecn.mode != ECN_MODE_OFF && seq_eq(segment->ack, c->snd_una))
            ecn_receive_ack(transport, c, segment, now);
        if (c->flight && (connection_in_flight(c) > 0 || segment->options.sack_count > 0)) {
            learn(transport, c, segment, 0, is_duplicate(c, segment), now);
            transmit_want(c);
        }
        break;
    }
    if (connection_is_synchronized(c) && seq_ge(segment->ack, c->snd_una))
        window_update(transport, c, segment, now);
    return DROP_NONE;
}
