/* totals: see totals.h. */
#include "transport/tcp/totals.h"

#include "transport/tcp/connection.h"

void totals_init(struct tcp_totals *totals) {
    *totals = (struct tcp_totals){.data_sent_at = DOBOS_NEVER, .data_received_at = DOBOS_NEVER};
}

uint32_t totals_on_sent(struct tcp_totals *totals, uint32_t length, uint32_t mss, bool repeated,
                        dobos_time now) {
    if (length == 0)
        return 1;
    uint32_t segments = (length + mss - 1) / mss;
    totals->data_segments_out += segments;
    totals->data_sent_at = now;
    if (repeated)
        totals->bytes_retransmitted += length;
    return segments;
}

static enum tcp_waiting waiting_for(const struct tcp_connection *c) {
    uint32_t out = connection_in_flight(c);
    bool is_free = c->flight && c->flight->congestion.cwnd > out;
    if (connection_has_unsent(c)) {
        uint32_t window = c->snd_wnd > out ? c->snd_wnd - out : 0;
        uint32_t wanted = min_u32(seq_distance(c->snd_end, c->snd_nxt), connection_mss(c));
        return is_free && window < wanted ? TCP_WAITING_WINDOW : TCP_WAITING_PATH;
    }
    if (out == 0)
        return TCP_WAITING_NOT;
    bool is_full = out > c->send_limit - c->send_limit / 4; /* the program is not asked for more */
    return is_free && is_full ? TCP_WAITING_BUFFER : TCP_WAITING_PATH;
}

struct tcp_totals totals_until(const struct tcp_totals *totals, dobos_time now) {
    struct tcp_totals until = *totals;
    uint32_t now_ms = (uint32_t)(now / DOBOS_MILLISECOND);
    until.waited_ms[until.waiting] += now_ms - until.waiting_since_ms;
    until.waiting_since_ms = now_ms;
    return until;
}

void totals_on_waiting(struct tcp_connection *c, dobos_time now) {
    c->totals = totals_until(&c->totals, now);
    c->totals.waiting = (uint8_t)waiting_for(c);
}

int64_t totals_waited_ns(const struct tcp_totals *totals, enum tcp_waiting waiting) {
    return totals->waited_ms[waiting] * DOBOS_MILLISECOND;
}
