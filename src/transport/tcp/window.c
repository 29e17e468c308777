/* window: see window.h. Everything here is a function of values, but for window_offer. */
#include "transport/tcp/window.h"

/* [rfc9293#99]: without a window only what is empty and exactly next; else the first or the last
 * byte lies within. */
bool window_accepts(struct seq rcv_nxt, uint32_t window, struct seq seq, uint32_t length) {
    if (window == 0)
        return length == 0 && seq_eq(seq, rcv_nxt);
    if (length == 0)
        return seq_is_within(seq, rcv_nxt, window);
    return seq_is_within(seq, rcv_nxt, window) ||
           seq_is_within(seq_add(seq, length - 1), rcv_nxt, window);
}

/* [rfc7323#6] */
uint8_t window_scale_for(uint32_t buffer) {
    uint8_t shift = 0;
    while (shift < TCP_WINDOW_SHIFT_MAX && buffer >> shift > UINT16_MAX)
        shift++;
    return shift;
}

/* [rfc7323#6] */
uint8_t window_scale_read(struct transport *transport, const struct tcp_options *options) {
    if (!options->has_window_scale)
        return 0;
    if (options->window_scale <= TCP_WINDOW_SHIFT_MAX)
        return options->window_scale;
    transport->counters.tcp_scales_cut++;
    return TCP_WINDOW_SHIFT_MAX;
}

/* The edge never moves left [rfc9293#56], and to the right only by a full segment or half the
 * buffer [rfc9293#65] [rfc1122#151]. */
struct seq window_edge(struct seq rcv_nxt, struct seq edge, uint32_t free, uint32_t buffer,
                       uint32_t segment) {
    struct seq furthest = seq_add(rcv_nxt, free);
    if (seq_le(furthest, edge) || seq_distance(furthest, edge) < min_u32(buffer / 2, segment))
        return edge;
    return furthest;
}

uint32_t window_free(const struct tcp_connection *c) {
    size_t held = c->flight ? c->flight->receive.bytes : 0;
    uint32_t most = (uint32_t)UINT16_MAX << (c->scales ? c->rcv_wscale : 0);
    return held < c->receive_limit ? min_u32(c->receive_limit - (uint32_t)held, most) : 0;
}

/* Rounded up to what the scale can say, so that the edge we meant lies within the edge we tell; but
 * down where that would go on beyond what is free, acknowledgment after acknowledgment: the edge
 * told may then seem to move left by less than the scale's unit, while we keep to rcv_adv
 * [rfc7323#5] [rfc7323#7] [rfc9293#1] [rfc1122#118]. */
uint16_t window_offer(struct tcp_connection *c) {
    struct seq edge =
        window_edge(c->rcv_nxt, c->rcv_adv, window_free(c), c->receive_limit, c->rcv_segment);
    uint64_t waiting = c->flight ? c->flight->receive.bytes : 0;
    uint8_t shift = c->scales ? c->rcv_wscale : 0;
    uint64_t window = seq_distance(edge, c->rcv_nxt), unit = UINT64_C(1) << shift;
    if (waiting + ((window + unit - 1) & ~(unit - 1)) <= c->receive_limit + unit)
        window += unit - 1;
    uint32_t field = min_u32((uint32_t)(window >> shift), UINT16_MAX);
    struct seq told = seq_add(c->rcv_nxt, field << shift);
    c->rcv_adv = seq_max(c->rcv_adv, told);
    return (uint16_t)field;
}

/* A peer whose window is nearly closed may be waiting: it hears of each full segment. Else a
 * quarter of the buffer is worth a segment of its own. */
bool window_update_is_due(const struct tcp_connection *c) {
    uint32_t open = seq_distance(c->rcv_adv, c->rcv_nxt);
    struct seq edge =
        window_edge(c->rcv_nxt, c->rcv_adv, window_free(c), c->receive_limit, c->rcv_segment);
    uint32_t gain = seq_distance(edge, c->rcv_adv);
    if (!connection_can_receive(c) || gain == 0)
        return false;
    return open < 2 * c->rcv_segment || gain >= c->receive_limit / 4;
}

/*
 * [rfc9293#64] [rfc1122#152], with Nagle's rule in it [rfc9293#37] [rfc1122#153] [rfc9293#38]: a
 * full segment goes [rfc9293#75] [rfc1122#117]; the last of the data goes when nothing is in
 * flight, or Nagle is off, unless the program has put a cork in, or the stream ends with it; half
 * the largest window goes, since the peer may have no more (and no cork waits for what never
 * comes); and a timer overrides all. What only the congestion window cuts short waits for
 * acknowledgments, which are on their way.
 */
uint32_t window_sendable(const struct send_view *view) {
    uint32_t fits = min_u32(view->unsent, view->window);
    uint32_t sendable = min_u32(fits, view->congestion);
    bool is_alone = view->in_flight == 0 || view->nodelay, may_be_short = is_alone && !view->corked;
    bool is_cut = sendable < view->unsent;
    if (sendable == 0 || sendable >= view->mss || view->push_through)
        return sendable;
    if (sendable < fits && view->in_flight > 0)
        return 0;
    if (sendable == view->unsent && (may_be_short || view->fin))
        return sendable;
    if (is_alone && is_cut && sendable >= view->window_max / 2)
        return sendable;
    return 0;
}
