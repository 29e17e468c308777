/*
 * retransmit: see retransmit.h. The timer serves four ends (enum tcp_send_timer). Repetitions come
 * at growing intervals (RFC 6298 §5.4–5.6) until R2, which is a time: the peer has then owed an
 * acknowledgment for so long that the connection ends, and the program is told (RFC 9293 §3.8.3).
 */
#include "transport/tcp/retransmit.h"

#include <dobos/errors.h>

#include "transport/tcp/probes.h"
#include "transport/tcp/recovery.h"
#include "transport/tcp/timers.h"
#include "transport/tcp/transmit.h"

/* The program's own R2 goes first [rfc9293#42]; a SYN has three minutes [rfc9293#47] [rfc1122#159]
 * [rfc9293#46] [rfc1122#158], data a quarter of an hour [rfc9293#45], a connection that nobody owns
 * less, so that dead peers hold no memory (attack E24). */
dobos_time give_up_after(const struct tcp_connection *c) {
    if (c->user_timeout_ms > 0)
        return c->user_timeout_ms * DOBOS_MILLISECOND;
    if (!connection_is_synchronized(c))
        return c->syn_count > 0 ? (c->syn_count + 1) * TCP_RTO_MAX_NS : TCP_R2_SYN_NS;
    if (!c->socket.has_owner && !c->listener)
        return TCP_R2_ORPHAN_NS;
    return TCP_R2_NS;
}

/* A closed window stays so for as long as the peer answers probes; but what was sent into an open
 * one has been sent, and counts from when it was first refused, whatever the window did since
 * [rfc9293#41]. */
bool is_given_up(const struct tcp_connection *c, dobos_time now) {
    const struct tcp_flight *flight = c->flight;
    dobos_time since = c->unacked_since;
    if (flight && c->snd_wnd > 0 && flight->refusals >= TCP_R1_RETRANSMISSIONS)
        since = min_i64(since, flight->refused_since);
    return now - since >= give_up_after(c);
}

/* [rfc9293#76] [rfc1122#175] [rfc9293#83] */
void give_up(struct transport *transport, struct tcp_connection *c) {
    int error = c->soft_error ? c->soft_error : -DOBOS_ETIMEDOUT;
    transport->counters.tcp_aborted_on_timeout++;
    if (c->state <= DOBOS_TCP_SYN_RECEIVED)
        transport->counters.tcp_attempt_fails++;
    connection_end(transport, c, error);
}

static void count_up(uint8_t *count) {
    if (*count < UINT8_MAX)
        ++*count;
}

/* The next try, `more` than a timeout from now, but not beyond R2. */
static void timer_restart(struct transport *transport, struct tcp_connection *c, int64_t more,
                          dobos_time now) {
    dobos_time next = now + rtt_timeout(&c->rtt, c->backoff) + more;
    /* What has not left yet is not unacknowledged either. */
    dobos_time end =
        c->unacked_since == DOBOS_NEVER ? DOBOS_NEVER : c->unacked_since + give_up_after(c);
    next = min_i64(next, max_i64(end, now + 1));
    if (c->flight)
        c->flight->rto_at = next;
    send_timer_set(transport, c, TCP_SEND_TIMER_RETRANSMIT, next);
}

/*
 * How much longer than doubled a timeout is: a quarter of it at most, drawn anew each time, so that
 * bursts in the rhythm of the timer cannot meet one repetition after the other (attack E19). RFC
 * 6298 §1 lets a sender wait longer, never less. The first timeout is what the RFC says: at that,
 * nobody who sends bursts knows yet which loss it will follow, and most repair a loss that is no
 * attack's; so is a SYN's, of which few are sent.
 */
static int64_t timeout_spread(struct transport *transport, const struct tcp_connection *c) {
    uint64_t most = (uint64_t)rtt_timeout(&c->rtt, c->backoff) / 4;
    return connection_is_synchronized(c) ? (int64_t)random_below(&transport->random, most) : 0;
}

/* The earliest segment goes out again [rfc6298#14], never sooner than a timeout after it was sent
 * [rfc6298#10], and the timer runs on, doubled [rfc6298#16] [rfc9293#40] [rfc1122#137]. At R1 the
 * way itself is doubted: it is looked up anew [rfc9293#41] [rfc1122#155] [rfc9293#44]; info tells
 * the program how often was tried [rfc9293#43] [rfc1122#157]. */
static void retransmit_expire(struct transport *transport, struct tcp_connection *c,
                              dobos_time now) {
    bool is_syn = !connection_is_synchronized(c);
    bool is_last = is_syn && c->syn_count > 0 && c->tries >= c->syn_count;
    if (is_last || is_given_up(c, now)) {
        give_up(transport, c);
        return;
    }
    transport->counters.tcp_timeouts++;
    c->resent_syn |= is_syn;
    count_up(&c->backoff);
    count_up(&c->tries);
    path_probe_on_timeout(transport, c, now);
    c->syn_now = is_syn;
    if (!is_syn)
        recovery_on_timeout(transport, c, now);
    if (c->tries == TCP_R1_RETRANSMISSIONS)
        c->socket.sender.path.generation = 0;
    timer_restart(transport, c, timeout_spread(transport, c), now);
    transmit_want(c);
    c->socket.sender.wants_output = true;
}

/* The window is closed: one byte tells whether it still is [rfc9293#60] [rfc1122#140], at growing
 * intervals [rfc9293#63] [rfc1122#141]. Only silence ends this: who acknowledges probes has all the
 * time there is [rfc9293#61] [rfc1122#142]. */
static void probe_expire(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    if (now - c->unacked_since >= give_up_after(c)) {
        give_up(transport, c);
        return;
    }
    transport->counters.tcp_zero_window_probes++;
    count_up(&c->backoff);
    c->probe_now = true;
    timer_restart(transport, c, 0, now);
    c->socket.sender.wants_output = true;
}

/* RFC 8985 §7.3: one segment more goes out, and the timeout begins anew behind it [rfc8985#14]. Not
 * again before that is answered, should there be no memory for it now. */
static void tail_expire(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    tlp_on_sent(&c->flight->tlp, c->snd_nxt, false);
    c->flight->tail_now = true;
    c->socket.sender.wants_output = true;
    recovery_timer_restart(transport, c, now);
}

static void reorder_expire(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    recovery_on_reorder_timer(transport, c, now);
    recovery_timer_arm(transport, c, now);
    transmit_want(c);
}

/* A FIN that came early, and nothing since: if it was the peer's, it will come again. */
static void fin_forget(struct out_of_order *held) {
    held->has_fin &= held->count > 0;
}

void send_timer_expire(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    bool in_flight = connection_in_flight(c) > 0;
    enum tcp_send_timer purpose = (enum tcp_send_timer)c->send_timer;
    c->send_timer = TCP_SEND_TIMER_OFF;
    if (in_flight && purpose == TCP_SEND_TIMER_TAIL)
        tail_expire(transport, c, now);
    else if (in_flight && purpose == TCP_SEND_TIMER_REORDER)
        reorder_expire(transport, c, now);
    else if (connection_is_synchronized(c) && c->snd_wnd == 0 &&
             (in_flight || connection_has_unsent(c)))
        probe_expire(transport, c, now);
    else if (in_flight)
        retransmit_expire(transport, c, now);
    else if (connection_has_unsent(c)) {
        c->push_through = true;
        c->socket.sender.wants_output = true;
    } else {
        if (c->flight)
            fin_forget(&c->flight->held);
        connection_flight_return(transport, c);
    }
}
