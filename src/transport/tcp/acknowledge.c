/* acknowledge: see acknowledge.h. Everything the sender learns comes through here: what has
 * arrived, how long it took, how much more the peer takes. */
#include "transport/tcp/acknowledge.h"

#include "transport/tcp/challenge.h"
#include "transport/tcp/close.h"
#include "transport/tcp/isn.h"
#include "transport/tcp/recovery.h"
#include "transport/tcp/timers.h"
#include "transport/tcp/transmit.h"

/* [rfc9293#12] [rfc5961#6] */
enum ack_fit ack_fit(struct seq una, struct seq nxt, uint32_t window_max, struct seq ack) {
    if (seq_gt(ack, una))
        return seq_le(ack, nxt) ? ACK_NEW : ACK_OF_UNSENT;
    return seq_distance(una, ack) > window_max ? ACK_ANCIENT : ACK_OLD;
}

/* [rfc7323#5] [rfc7323#3] [rfc9293#2] */
uint32_t acknowledge_window(const struct tcp_connection *c, const struct tcp_segment *segment) {
    return segment->flags & TCP_SYN ? segment->window : segment->window << c->snd_wscale;
}

/* The round trip that a timestamp's echo tells; 0: none that can be believed. */
static int64_t echoed_round_trip(const struct tcp_connection *c, const struct tcp_segment *segment,
                                 dobos_time now) {
    const struct tcp_options *options = &segment->options;
    if (!c->timestamps || !options->has_timestamps || options->ts_echo == 0)
        return 0;
    uint32_t elapsed = timestamp_value(c->ts_offset, now) - options->ts_echo;
    if (elapsed >= TCP_RTO_MAX_NS / DOBOS_MILLISECOND)
        return 0;
    return max_i64(elapsed * DOBOS_MILLISECOND, TCP_CLOCK_NS);
}

/* One round trip: of the segment that was timed [rfc6298#8], or, when a repetition spoiled that, by
 * the timestamp that came back, which tells which sending was answered [rfc6298#7] [rfc7323#16]. A
 * segment without ACK never comes here [rfc7323#11]. Karn's second rule: a timeout that was doubled
 * stays so until there is a new measurement. */
static void measure(struct tcp_connection *c, const struct tcp_segment *segment, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    int64_t sample = 0;
    if (flight && flight->timed_at != DOBOS_NEVER && seq_ge(segment->ack, flight->timed_seq)) {
        sample = max_i64(now - flight->timed_at, 1);
        flight->timed_at = DOBOS_NEVER;
    } else if (c->backoff > 0 || !flight || flight->timed_at == DOBOS_NEVER) {
        sample = echoed_round_trip(c, segment, now);
    }
    if (sample == 0)
        return;
    rtt_on_sample(&c->rtt, sample);
    c->backoff = 0;
}

/* The send timer after progress: off when all is acknowledged [rfc6298#12], else anew [rfc6298#13].
 */
static void timer_after_ack(struct transport *transport, struct tcp_connection *c, bool restart,
                            dobos_time now) {
    if (connection_in_flight(c) == 0) {
        c->unacked_since = DOBOS_NEVER;
        send_timer_stop(c);
        return;
    }
    c->unacked_since = now;
    if (restart)
        send_timer_set(transport, c, TCP_SEND_TIMER_RETRANSMIT,
                       now + rtt_timeout(&c->rtt, c->backoff));
}

void acknowledge_advance(struct transport *transport, struct tcp_connection *c,
                         const struct tcp_segment *segment, dobos_time now,
                         struct transport_result *result) {
    struct seq ack = segment->ack;
    uint32_t acked = seq_distance(ack, c->snd_una);
    if (c->ecn.mode != ECN_MODE_OFF)
        ecn_receive_ack(transport, c, segment, now);
    measure(c, segment, now);
    c->snd_una = ack;
    c->snd_pos = seq_max(c->snd_pos, ack);
    c->tries = 0;
    c->soft_error = 0;
    bool restart = recovery_on_ack(c, acked, now);
    if (c->flight) {
        send_queue_acknowledge(&c->flight->send, seq_min(ack, c->snd_end));
        connection_charge(transport, c);
    }
    tuning_on_ack(transport, c, acked);
    bool fin_acked = seq_gt(ack, c->snd_end);
    c->bytes_acked += acked - (fin_acked ? 1 : 0);
    timer_after_ack(transport, c, restart, now);
    result->progress = true;
    if (fin_acked)
        close_on_fin_acked(transport, c, now);
    else if (c->flight && connection_in_flight(c) == 0)
        c->socket.sender.wants_output = true;
    transmit_want(c);
}

/* The peer's window opened after it was closed: what was probed goes out at once. */
static void window_opened(struct tcp_connection *c) {
    if (c->backoff > 0)
        c->snd_pos = c->snd_una;
    c->backoff = 0;
    send_timer_stop(c);
    c->unacked_since = DOBOS_NEVER;
    c->socket.sender.wants_output = true;
}

/* Only a segment at least as new as the last one that told it [rfc9293#107]. */
static void window_update(struct transport *transport, struct tcp_connection *c,
                          const struct tcp_segment *segment, dobos_time now) {
    bool is_newer = seq_lt(c->snd_wl1, segment->seq) ||
                    (seq_eq(c->snd_wl1, segment->seq) && seq_le(c->snd_wl2, segment->ack));
    uint32_t window = acknowledge_window(c, segment);
    if (!is_newer)
        return;
    bool opened = c->snd_wnd == 0 && window > 0;
    c->snd_wl1 = segment->seq;
    c->snd_wl2 = segment->ack;
    c->snd_wnd = window;
    c->snd_wnd_max = max_u32(c->snd_wnd_max, window);
    if (opened && c->send_timer != TCP_SEND_TIMER_OFF)
        window_opened(c);
    if (window == 0 && c->user_timeout_ms == 0 && c->unacked_since != DOBOS_NEVER)
        c->unacked_since = now;
    if (opened && connection_in_flight(c) > 0 && c->send_timer == TCP_SEND_TIMER_OFF) {
        c->unacked_since = now;
        send_timer_set(transport, c, TCP_SEND_TIMER_RETRANSMIT, now + rtt_timeout(&c->rtt, 0));
    }
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
        if (is_duplicate(c, segment)) {
            recovery_on_duplicate(transport, c, now);
            c->socket.sender.wants_output = true;
        }
        break;
    }
    if (connection_is_synchronized(c) && seq_ge(segment->ack, c->snd_una))
        window_update(transport, c, segment, now);
    return DROP_NONE;
}
