/*
 * tuning: see tuning.h. The receiver's part is “dynamic right-sizing” (Fisk and Feng, 2001): a
 * sender in slow start sends twice as much each round trip, and may be told of room for it only
 * after a round trip more; so there is room for twice what was read in a round trip, and for four
 * times that while it grows. Half of the buffer is for what goes on arriving while a lost segment
 * is sent again.
 */
#include "transport/tcp/tuning.h"

#include "transport/tcp/connection.h"
#include "transport/tcp/isn.h"
#include "transport/tcp/segment.h"

#define FLOOR_BYTES    65536u /* a buffer that shrinks shrinks to this */
#define SPARE_SEGMENTS 16     /* what small windows need beyond twice the round trip's */
#define FIRST_SEGMENTS 10     /* what a first round trip brings (RFC 6928) */
#define CWNDS          3      /* in flight, held for repetitions meanwhile, and waiting */
#define QUIET_ROUNDS   2      /* without data: then an echo tells of the pause */
#define ROUND_MIN_NS   (1 * DOBOS_MILLISECOND)
#define ROUND_MAX_NS   (60 * DOBOS_SECOND)

bool tuning_is_short(const struct transport *transport) {
    return transport->buffer_bytes > transport->buffer_limit_bytes / 4 * 3;
}

static bool receive_is_fixed(const struct transport *transport, const struct tcp_connection *c) {
    return c->receive_fixed || transport->settings.no_tuning;
}

uint32_t tuning_receive_ceiling(const struct transport *transport, const struct tcp_connection *c) {
    if (receive_is_fixed(transport, c))
        return c->receive_limit;
    return max_u32(c->receive_limit, transport->settings.receive_buffer_max_bytes);
}

static void sample_take(struct tuning *t, int64_t sample, bool smooth) {
    sample = min_i64(max_i64(sample, 1), ROUND_MAX_NS);
    if (t->rtt_ns == 0)
        t->rtt_ns = sample;
    else if (smooth)
        t->rtt_ns += (sample - t->rtt_ns) / 8;
    else
        t->rtt_ns = min_i64(t->rtt_ns, sample);
}

/* The round trip by timestamps: full segments answer an acknowledgment of ours, which they echo
 * (RFC 7323 §3.1); those after a pause answered it late. */
static void measure_by_echo(struct tcp_connection *c, const struct tcp_segment *segment,
                            dobos_time now) {
    struct tuning *t = &c->flight->tuning;
    const struct tcp_options *options = &segment->options;
    uint32_t clock = timestamp_value(c->ts_offset, now);
    bool paused = t->rtt_ns > 0 && now - t->arrived_at > QUIET_ROUNDS * t->rtt_ns;
    bool is_first = t->arrived_at == 0;
    t->arrived_at = now;
    if (is_first || paused)
        t->next_echo = clock;
    if (!options->has_timestamps || segment->length < c->rcv_segment ||
        (int32_t)(options->ts_echo - t->next_echo) < 0 || (int32_t)(clock - options->ts_echo) < 0)
        return;
    t->next_echo = options->ts_echo + 1;
    uint32_t ticks = clock - options->ts_echo;
    if (ticks <= 1 && c->rtt.srtt_ns > 0)
        sample_take(t, min_i64(c->rtt.srtt_ns, DOBOS_MILLISECOND), true);
    else
        sample_take(t, ticks * DOBOS_MILLISECOND, true);
}

/* Without timestamps: data beyond the edge that was offered then was sent a round trip later at
 * least. */
static void measure_by_window(struct tcp_connection *c, dobos_time now) {
    struct tuning *t = &c->flight->tuning;
    if (c->rtt.srtt_ns > 0 || (t->edge_at > 0 && seq_lt(c->rcv_nxt, t->edge)))
        return;
    if (t->edge_at > 0)
        sample_take(t, now - t->edge_at, false);
    t->edge = c->rcv_adv;
    t->edge_at = now;
}

/* The program has read that much since the round trip began, more than ever in one. */
static void receive_grow(const struct transport *transport, struct tcp_connection *c,
                         uint64_t bytes) {
    const struct tuning *t = &c->flight->tuning;
    uint64_t want = 2 * bytes + (uint64_t)SPARE_SEGMENTS * c->rcv_segment;
    uint64_t most = transport->settings.receive_buffer_max_bytes;
    want = bytes - t->best > t->best / 8 ? 4 * want : want;
    if (want > c->receive_limit && c->receive_limit < most)
        c->receive_limit = (uint32_t)(want < most ? want : most);
}

/* Memory is short: of what arrives only half is offered again; what was offered stays so
 * [rfc9293#56] [rfc1122#138]. */
static void receive_shrink(struct tcp_connection *c, uint32_t length) {
    uint64_t promised = (uint64_t)seq_distance(c->rcv_adv, c->rcv_nxt) + c->flight->receive.bytes;
    uint32_t least = max_u32(FLOOR_BYTES, c->receive_limit - min_u32(length / 2, c->receive_limit));
    if (c->receive_limit > least && promised < c->receive_limit)
        c->receive_limit = (uint32_t)(promised > least ? promised : least);
}

void tuning_on_data(const struct transport *transport, struct tcp_connection *c,
                    const struct tcp_segment *segment, dobos_time now) {
    if (receive_is_fixed(transport, c) || !c->flight)
        return;
    struct tuning *t = &c->flight->tuning;
    if (c->timestamps)
        measure_by_echo(c, segment, now);
    else
        measure_by_window(c, now);
    if (t->rtt_ns == 0)
        t->rtt_ns = c->rtt.srtt_ns;
    if (tuning_is_short(transport)) {
        receive_shrink(c, segment->length);
        return;
    }
    uint64_t read = c->bytes_received - c->flight->receive.bytes;
    uint64_t bytes = t->round_at > 0 ? read - t->round_read : 0;
    if (t->best == 0)
        t->best = (uint64_t)FIRST_SEGMENTS * c->rcv_segment;
    if (bytes > t->best)
        receive_grow(transport, c, bytes);
    if (t->round_at > 0 && (t->rtt_ns == 0 || now - t->round_at < max_i64(t->rtt_ns, ROUND_MIN_NS)))
        return;
    t->best = bytes > t->best ? bytes : t->best;
    t->round_at = now;
    t->round_read = read;
}

void tuning_on_ack(const struct transport *transport, struct tcp_connection *c, uint32_t acked) {
    if (c->send_fixed || transport->settings.no_tuning || !c->flight)
        return;
    uint64_t want = (uint64_t)CWNDS * c->flight->congestion.cwnd;
    uint64_t most = transport->settings.send_buffer_max_bytes;
    if (tuning_is_short(transport)) {
        uint32_t less = c->send_limit - min_u32(acked / 2, c->send_limit);
        c->send_limit = min_u32(c->send_limit, max_u32(less, FLOOR_BYTES));
    } else if (want > c->send_limit && c->send_limit < most) {
        c->send_limit = (uint32_t)(want < most ? want : most);
    }
}
