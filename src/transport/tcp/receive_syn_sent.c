/* receive_syn_sent: RFC 9293 §3.10.7.3, a segment for a connection that has sent its SYN. */
#include <dobos/errors.h>

#include "transport/tcp/deliver.h"
#include "transport/tcp/fast_open.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/receive.h"
#include "transport/tcp/reset.h"
#include "transport/tcp/window.h"

/* What the SYN tells: numbers, options, and a window that is not scaled [rfc7323#3]. Scaling needs
 * both SYNs [rfc7323#1], timestamps likewise. Only here and in half_open.c a window scale counts
 * [rfc7323#2]. */
static void syn_take(struct transport *transport, struct tcp_connection *c,
                     const struct tcp_segment *segment, dobos_time now) {
    const struct tcp_options *options = &segment->options;
    c->irs = segment->seq;
    c->rcv_nxt = c->acked_seq = seq_add(segment->seq, 1);
    c->rcv_adv = seq_add(c->rcv_nxt, min_u32(window_free(c), UINT16_MAX));
    c->snd_mss = mss_within(mss_from_option(options), c->mss_limit);
    c->scales = c->scales && options->has_window_scale;
    c->snd_wscale = c->scales ? window_scale_read(transport, options) : 0;
    c->timestamps = c->timestamps && options->has_timestamps;
    c->sack = c->sack && options->sack_permitted; /* [rfc2018#2] */
    if (c->timestamps) {
        c->ts_recent = options->ts_value;
        c->ts_recent_at = now;
    }
    c->snd_wnd = c->snd_wnd_max = segment->window;
    c->snd_wl1 = segment->seq;
    c->snd_wl2 = segment->flags & TCP_ACK ? segment->ack : c->iss;
}

/* Fourth check, SYN acknowledges ours [rfc9293#96] [rfc9293#17]. Data or FIN behind it are taken
 * like any others. */
static enum drop_reason establish(struct transport *transport, struct tcp_connection *c,
                                  struct tcp_segment *segment, dobos_time now,
                                  struct transport_result *result) {
    syn_take(transport, c, segment, now);
    fast_open_on_answer(transport, c, segment, now);
    c->snd_una = segment->ack;
    c->syn_now = false; /* a repetition that has not left yet is not due */
    if (!c->resent_syn)
        rtt_on_sample(&c->rtt, now - c->unacked_since);
    connection_open(transport, c, now);
    connection_want_ack(c);
    result->progress = true;
    segment->flags &= (uint8_t)~(TCP_SYN | TCP_ECE | TCP_CWR);
    segment->seq = seq_add(segment->seq, 1);
    return deliver_receive(transport, c, segment, now, result);
}

enum drop_reason receive_syn_sent(struct transport *transport, struct tcp_connection *c,
                                  struct tcp_segment *segment, dobos_time now,
                                  struct transport_result *result) {
    uint8_t flags = segment->flags;
    bool acks = flags & TCP_ACK;
    /* First check, ACK: only our SYN can be acknowledged [rfc9293#94]. */
    if (acks && !fast_open_acks(c, segment->ack)) {
        reset_reply(transport, segment, result);
        return DROP_TCP_ACK;
    }
    /* Second check, RST: only together with that acknowledgment [rfc9293#95] [rfc5961#4]. */
    if (flags & TCP_RST) {
        if (!acks)
            return DROP_TCP_FLAGS;
        transport->counters.tcp_attempt_fails++;
        connection_end(transport, c, -DOBOS_ECONNREFUSED);
        return DROP_NONE;
    }
    if (!(flags & TCP_SYN))
        return DROP_TCP_FLAGS; /* [rfc9293#98] */
    if (!ecn_on_answer(transport, c, segment))
        return DROP_NO_MEMORY;
    if (acks)
        return establish(transport, c, segment, now, result);
    /* Both ends open at once: our SYN goes out again, with an acknowledgment [rfc9293#97]
     * [rfc9293#18] [rfc9293#19] [rfc1122#132]. */
    syn_take(transport, c, segment, now);
    connection_enter(c, DOBOS_TCP_SYN_RECEIVED);
    c->syn_now = true;
    c->socket.sender.wants_output = true;
    return DROP_NONE;
}
