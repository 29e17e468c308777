/*
 * recovery: see recovery.h. One acknowledgment after the other goes through the same steps: what
 * duplicates say (peers without SACK), what the tail probe says, whether the last reduction was for
 * nothing, whether the recovery is over, what is lost, what the window is now.
 *
 *     NONE ──loss──→ FAST ──all of `recover` acknowledged, or undone──→ NONE
 *     NONE ──mark──→ CWR ──likewise──→ NONE;  CWR ──loss──→ FAST, without another reduction
 *     any ──timeout──→ RTO ──likewise──→ NONE
 */
#include "transport/tcp/recovery.h"

#include "transport/tcp/loss.h"
#include "transport/tcp/transmit.h"

#define DUPLICATES 3 /* of a peer without SACK: the third starts a recovery */

static bool is_led(const struct tcp_flight *flight) {
    return flight->recovery == TCP_RECOVERY_FAST || flight->recovery == TCP_RECOVERY_CWR;
}

/* What duplicates and SACK blocks say has left the network makes room: so the first of them let new
 * segments out (limited transmit) without a change of the window [rfc5681#14] [rfc3042#1]. */
uint32_t recovery_room(const struct tcp_flight *flight) {
    uint32_t pipe = flight_pipe(flight);
    return flight->congestion.cwnd > pipe ? flight->congestion.cwnd - pipe : 0;
}

/* RFC 5681 §2: what is sent and not acknowledged, reported as arrived or not: what the path has
 * carried. `acked` of it has been so only now. What limited transmit has added does not count (§3.2
 * step 2). */
static uint32_t flight_size(const struct tcp_connection *c, uint32_t acked) {
    return min_u32(connection_in_flight(c) + acked, c->flight->congestion.cwnd);
}

/* ---- entering and leaving ---- */

/* [rfc5681#15] [rfc5681#16] [rfc5681#24]; the mark is the highest number sent [rfc6582#2]. What was
 * reduced for a congestion mark a moment ago is not reduced again [rfc3168#16]. `size`:
 * flight_size; `pipe`: what of it was in the network. */
static void recovery_begin(struct transport *transport, struct tcp_connection *c, uint32_t size,
                           uint32_t pipe, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    if (flight->recovery == TCP_RECOVERY_CWR || c->ecn.is_held) {
        undo_disarm(&flight->undo);
    } else {
        congestion_on_loss(&flight->congestion, size, connection_mss(c), now);
        undo_arm(&flight->undo, c->snd_una);
    }
    if (flight->recovery != TCP_RECOVERY_CWR)
        prr_begin(&flight->prr, pipe);
    if (c->sack)
        transport->counters.tcp_sack_recoveries++;
    else
        transport->counters.tcp_reno_recoveries++;
    flight->recovery = TCP_RECOVERY_FAST;
    flight->recover = c->snd_nxt;
    flight->partial_acked = false;
    ecn_on_reduction(c);
}

/* A peer without SACK acknowledges much at the end of a recovery: no more than a segment beyond
 * what is in flight then, so that no burst follows [rfc6582#3] [rfc5681#18]. */
static uint32_t window_after(const struct tcp_connection *c) {
    const struct tcp_flight *flight = c->flight;
    uint32_t mss = connection_mss(c);
    uint32_t ssthresh = flight->congestion.ssthresh;
    if (c->sack || flight->recovery != TCP_RECOVERY_FAST)
        return ssthresh; /* [rfc9937#5] */
    return min_u32(ssthresh, max_u32(flight_pipe(flight), mss) + mss);
}

static void recovery_leave(struct tcp_flight *flight) {
    flight->recovery = TCP_RECOVERY_NONE;
    flight->frto = FRTO_OFF;
    flight->dup_acks = flight->dup_bytes = 0;
    undo_disarm(&flight->undo);
}

static void recovery_end(struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    if (is_led(flight) && !flight->congestion.algorithm->leads)
        flight->congestion.cwnd = window_after(c);
    if (flight->recovery != TCP_RECOVERY_CWR)
        rack_on_recovered(&flight->rack);
    undo_on_stood(&flight->undo);
    recovery_leave(flight);
    congestion_on_recovered(&flight->congestion, now);
}

/* The last reduction was for nothing: the window is what it was, and what was thought lost is on
 * its way (RFC 4015 §3.2). It is none of the recoveries after which RACK's window is narrow again:
 * it shows that it was not wide enough. But for a timeout, what was lost is found once in a window
 * of data: who forges witnesses cannot have it moved to and fro (attack E2). */
static void recovery_undo(struct tcp_connection *c) {
    struct tcp_flight *flight = c->flight;
    bool finds = flight->recovery == TCP_RECOVERY_RTO || seq_ge(c->snd_una, flight->found);
    recovery_leave(flight);
    congestion_undo(&flight->congestion);
    if (finds) {
        scoreboard_find_all(&flight->board);
        flight->found = c->snd_nxt;
    }
    flight->rack.has_reordered |= c->sack;
}

/* ---- the steps ---- */

/* RFC 6582 on this scoreboard: each duplicate of a peer without SACK says that a segment behind the
 * first has arrived, whichever it was; it cannot say so of more than there is, so that forged ones
 * gain nothing (attack E18). What they told is not told again when the ACK field catches up. */
static void duplicates_count(struct tcp_connection *c, struct arrival *arrival) {
    struct tcp_flight *flight = c->flight;
    if (c->sack)
        return;
    if (arrival->acked > 0) {
        uint32_t known = min_u32(flight->dup_bytes, arrival->delivered);
        arrival->delivered -= known;
        flight->dup_bytes -= known;
        flight->dup_acks = 0;
        if (flight->recovery == TCP_RECOVERY_NONE) {
            flight->dup_bytes = 0;
            /* The mark stays near: it would be ahead again after half of the number space. */
            flight->recover = seq_max(flight->recover, seq_sub(c->snd_una, 1));
        }
    } else if (arrival->is_duplicate && flight->recovery != TCP_RECOVERY_RTO) {
        uint32_t mss = connection_mss(c);
        if (flight->recovery != TCP_RECOVERY_FAST)
            flight->dup_most = flight->board.in_flight.bytes;
        uint32_t most = min_u32(flight->dup_most, flight->board.in_flight.bytes);
        uint32_t more = min_u32(mss, most - min_u32(most, flight->dup_bytes + mss));
        flight->dup_bytes += more;
        arrival->delivered += more;
        flight->dup_acks += flight->dup_acks < UINT8_MAX;
    }
}

/* RFC 8985 §7.4 [rfc8985#15]: the tail was lost, and one probe has repaired it: the window pays as
 * for any loss. What a D-SACK says of the probe says nothing of the order of arrival. */
static void probe_judge(struct transport *transport, struct tcp_connection *c,
                        const struct arrival *arrival) {
    struct tcp_flight *flight = c->flight;
    struct tlp *tlp = &flight->tlp;
    bool of_probe =
        arrival->has_duplicate && tlp->is_out && seq_eq(arrival->duplicate_end, tlp->end);
    bool is_nothing = arrival->is_duplicate && !arrival->has_sacked;
    if (arrival->has_duplicate && !of_probe)
        rack_on_duplicate(&flight->rack, c->snd_una, c->snd_nxt);
    if (tlp_on_ack(tlp, c->snd_una, is_nothing, of_probe) != TLP_LOSS)
        return;
    transport->counters.tcp_loss_probe_recoveries++;
    if (flight->recovery != TCP_RECOVERY_NONE)
        return;
    congestion_on_loss(&flight->congestion, flight_size(c, arrival->acked), connection_mss(c),
                       arrival->now);
    if (!flight->congestion.algorithm->leads)
        flight->congestion.cwnd = min_u32(flight->congestion.cwnd, flight->congestion.ssthresh);
    congestion_on_recovered(&flight->congestion, arrival->now);
}

/* Whether the last reduction was for nothing: an original was acknowledged where a repetition was
 * meant [rfc3522#2], every repetition came as a duplicate [rfc3708#1], or nothing had to be
 * repeated at all. Of these only the last needs no trust: all has been acknowledged; the others
 * need it once in a window of data, which may well be mixed up in many places. */
static bool undo_judge(struct transport *transport, struct tcp_connection *c,
                       const struct arrival *arrival) {
    struct tcp_flight *flight = c->flight;
    struct undo *undo = &flight->undo;
    struct transport_counters *counters = &transport->counters;
    bool is_over = seq_ge(c->snd_una, flight->recover);
    bool is_original =
        arrival->acked > 0 && arrival->has_echo && undo_is_original(undo, arrival->ts_echo);
    bool is_proved = undo_is_proved(undo) && (undo->resent > 0 ? arrival->has_duplicate : is_over);
    if (!is_original && !is_proved)
        return false;
    if (undo->resent > 0 && seq_ge(c->snd_una, flight->found) && !undo_believe(undo))
        return false;
    if (flight->recovery == TCP_RECOVERY_RTO)
        counters->tcp_loss_undos++;
    else if (is_proved && undo->resent > 0)
        counters->tcp_dsack_undos++;
    else if (is_over)
        counters->tcp_full_undos++;
    else
        counters->tcp_partial_undos++;
    recovery_undo(c);
    return true;
}

/* RFC 5682 §3.1. A peer without SACK cannot say whether what it acknowledges together with the
 * repetition had arrived long before. The new data goes out however little it is: nothing else does
 * until it is answered. */
static void timeout_judge(struct transport *transport, struct tcp_connection *c,
                          const struct arrival *arrival) {
    struct tcp_flight *flight = c->flight;
    const struct frto_news news = {
        .is_advance = arrival->acked > 0,
        .is_original = arrival->is_original && (c->sack || !arrival->is_repeat_acked),
        .is_duplicate = arrival->acked == 0 && (arrival->is_duplicate || arrival->has_sacked_new),
        .is_beyond = seq_ge(c->snd_una, flight->recover),
        .can_send_new = connection_has_unsent(c) && c->snd_wnd > connection_in_flight(c),
    };
    enum frto_step step = (enum frto_step)flight->frto;
    enum frto_verdict verdict = frto_on_ack(&step, &news);
    flight->frto = (uint8_t)step;
    if (verdict == FRTO_SEND_NEW)
        c->push_through = true;
    if (verdict == FRTO_SPURIOUS) {
        transport->counters.tcp_spurious_rtos++;
        recovery_undo(c);
    }
}

/* What is lost now. A duplicate below the mark belongs to a loss that has been dealt with already:
 * it starts nothing [rfc6582#2]. A partial acknowledgment says that the next segment is lost too
 * [rfc6582#4]. */
static void losses_find(struct transport *transport, struct tcp_connection *c,
                        struct arrival *arrival) {
    struct tcp_flight *flight = c->flight;
    if (c->sack) {
        arrival->lost += loss_find(transport, c, arrival->now);
        return;
    }
    bool is_partial = flight->recovery == TCP_RECOVERY_FAST && arrival->entries > 0;
    bool is_third = !is_partial && flight->recovery != TCP_RECOVERY_FAST &&
                    flight->recovery != TCP_RECOVERY_RTO && flight->dup_acks == DUPLICATES &&
                    arrival->is_duplicate && seq_gt(c->snd_una, flight->recover);
    if (is_partial || is_third)
        arrival->lost += loss_of_first(c);
}

/*
 * DEVIATION: [rfc5681#17] [rfc6582#5] duplicates and partial acknowledgments do not inflate and
 * deflate the window: PRR leads it by what has left the network (RFC 9937).
 */
static uint32_t prr_led(struct tcp_flight *flight, const struct arrival *arrival, uint32_t mss) {
    const struct prr_news news = {
        .ssthresh = flight->congestion.ssthresh,
        .pipe = flight_pipe(flight),
        .delivered = arrival->delivered,
        .mss = mss,
        .is_safe = arrival->acked > 0 && arrival->lost == 0,
        .is_repair = flight->recovery == TCP_RECOVERY_FAST,
    };
    return prr_window(&flight->prr, &news);
}

/* The window, by PRR while a recovery lasts [rfc9937#1], else by the algorithm; what ends a
 * recovery (`ended`) does not make it grow [rfc5681#18]. A partial acknowledgment of a peer without
 * SACK lets the next segment out whatever PRR says [rfc6582#4]. */
static void window_set(struct tcp_connection *c, const struct arrival *arrival, bool ended) {
    struct tcp_flight *flight = c->flight;
    struct congestion *congestion = &flight->congestion;
    uint32_t mss = connection_mss(c);
    if (arrival->acked == 0 && arrival->delivered == 0 && arrival->lost == 0)
        return;
    int64_t rtt_min = rtt_min_ns(&flight->rtt_min);
    const struct congestion_ack ack = {
        .now = arrival->now,
        .mss = mss,
        .acked = arrival->acked,
        .delivered = arrival->delivered,
        .lost = arrival->lost,
        .in_flight_before = arrival->in_flight_before,
        .in_flight = flight_pipe(flight),
        .rtt_ns = arrival->last_sent_at == DOBOS_NEVER
                      ? 0
                      : max_i64(arrival->now - arrival->last_sent_at, 1),
        .srtt_ns = c->rtt.srtt_ns,
        .rtt_min_ns = rtt_min,
        .delivered_total = flight->rate.delivered,
        .rate = rate_sample_make(&flight->rate, &arrival->rate, rtt_min),
        .una = c->snd_una,
        .nxt = c->snd_nxt,
        .is_window_used =
            flight->recovery == TCP_RECOVERY_RTO || flight->is_window_full ||
            (congestion->cwnd < congestion->ssthresh && flight->used_bytes >= congestion->cwnd / 2),
        .in_recovery = ended || is_led(flight) || ecn_holds_window(c),
    };
    congestion_on_ack(congestion, &ack);
    if (!is_led(flight) || congestion->algorithm->leads)
        return;
    if (arrival->delivered > 0)
        congestion->cwnd = prr_led(flight, arrival, mss);
    if (!c->sack && arrival->lost > 0)
        congestion->cwnd = max_u32(congestion->cwnd, flight_pipe(flight) + mss);
}

void recovery_on_ack(struct transport *transport, struct tcp_connection *c,
                     struct arrival *arrival) {
    struct tcp_flight *flight = c->flight;
    duplicates_count(c, arrival);
    probe_judge(transport, c, arrival);
    bool is_undone = flight->undo.is_armed && undo_judge(transport, c, arrival);
    if (!is_undone && flight->frto != FRTO_OFF)
        timeout_judge(transport, c, arrival);
    bool is_over = flight->recovery != TCP_RECOVERY_NONE && seq_ge(c->snd_una, flight->recover);
    bool ended = is_over && is_led(flight);
    if (is_over)
        recovery_end(c, arrival->now);
    /* It stays near: it would be ahead again after half of the number space. */
    flight->found = seq_max(flight->found, c->snd_una);
    losses_find(transport, c, arrival);
    if (flight->probe.state != PATH_PROBE_OFF && path_probe_judge(transport, c))
        arrival->lost = 0;
    else if (flight->board.lost.count > 0 &&
             (flight->recovery == TCP_RECOVERY_NONE || flight->recovery == TCP_RECOVERY_CWR))
        recovery_begin(transport, c, flight_size(c, arrival->acked), arrival->in_flight_before,
                       arrival->now);
    window_set(c, arrival, ended);
}

/* ---- timers and other events ---- */

/* RFC 8985 §6.2: the window as if a segment had arrived, so that the first repetition leaves. */
void recovery_on_reorder_timer(struct transport *transport, struct tcp_connection *c,
                               dobos_time now) {
    struct tcp_flight *flight = c->flight;
    uint32_t before = flight_pipe(flight);
    uint32_t lost = loss_find(transport, c, now);
    if (lost == 0 || flight->recovery == TCP_RECOVERY_FAST || flight->recovery == TCP_RECOVERY_RTO)
        return;
    if (flight->probe.state != PATH_PROBE_OFF && path_probe_judge(transport, c))
        return;
    recovery_begin(transport, c, flight_size(c, 0), before, now);
    struct congestion *congestion = &flight->congestion;
    const struct prr_news news = {
        .ssthresh = congestion->ssthresh,
        .pipe = flight_pipe(flight),
        .delivered = connection_mss(c),
        .mss = connection_mss(c),
        .is_repair = true,
    };
    if (!congestion->algorithm->leads)
        congestion->cwnd = prr_window(&flight->prr, &news);
}

/* [rfc6582#7] [rfc9293#59]: from one segment up, beyond what may still arrive. ssthresh goes down
 * once for a flight: not when a recovery has reduced it for the same losses [rfc5681#9]. */
void recovery_on_timeout(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    bool is_new = flight->recovery == TCP_RECOVERY_NONE;
    uint32_t mss = connection_mss(c);
    bool is_first = is_new || (flight->recovery == TCP_RECOVERY_RTO && c->tries == 1);
    congestion_on_timeout(&flight->congestion, flight_size(c, 0), mss, is_first, now);
    loss_on_timeout(transport, c, now);
    flight->congestion.cwnd = flight_pipe(flight) + mss;
    if (is_new) {
        undo_arm(&flight->undo, c->snd_una);
        ecn_on_reduction(c);
    }
    flight->frto = is_new ? FRTO_FIRST : FRTO_OFF; /* [rfc5682#1] */
    flight->recovery = TCP_RECOVERY_RTO;
    flight->recover = c->snd_nxt;
    flight->tlp.is_out = false;
    flight->tail_now = false;
}

/* [rfc3168#14] PRR leads the window down; the reduction is no loss's, and nothing undoes it. */
void recovery_on_ecn(struct tcp_connection *c, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    congestion_on_ecn(&flight->congestion, flight_size(c, 0), connection_mss(c), now);
    prr_begin(&flight->prr, flight_pipe(flight));
    undo_disarm(&flight->undo);
    flight->recovery = TCP_RECOVERY_CWR;
    flight->recover = c->snd_nxt;
}

/* The state is that of a timeout, so that nothing is reduced for what is repeated now. */
void recovery_resend(struct tcp_connection *c, uint32_t most, dobos_time now) {
    struct tcp_flight *flight = c->flight;
    loss_of_longer(c, most);
    if (flight->board.lost.count == 0)
        return;
    if (is_led(flight))
        recovery_end(c, now);
    undo_disarm(&flight->undo);
    flight->dup_acks = flight->dup_bytes = 0;
    flight->frto = FRTO_OFF;
    flight->recovery = TCP_RECOVERY_RTO;
    flight->recover = c->snd_nxt;
}
