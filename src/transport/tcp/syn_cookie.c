/*
 * syn_cookie: see syn_cookie.h; RFC 4987 §3.6 and appendix A. When a listener's records are full, a
 * SYN leaves nothing behind but the number of our SYN,ACK, which only the true owner of its address
 * can acknowledge:
 *
 *     31                              4 3       1 0
 *     +--------------------------------+---------+-+
 *     |      28 bits of SipHash        |segment's|e|     e: the lowest bit of the epoch
 *     |                                |  size   | |
 *     +--------------------------------+---------+-+
 *
 * The hash, under a key of its own, covers flow, the peer's initial number, epoch and segment size.
 * Of the 2^32 numbers 16 are good at a time (two epochs, eight sizes), so a guess succeeds with a
 * chance of 2^-28. An epoch is 64 s: a cookie is good for 64 to 128 s.
 *
 * What else the SYN has asked comes back in the timestamp's echo, if the peer has timestamps: our
 * clock is set back to the last millisecond whose lowest six bits tell it:
 *
 *     5       4      3       0
 *     +------+------+---------+
 *     |  0   | SACK |  shift  |     shift 15: no window scale
 *     +------+------+---------+
 *
 * Without timestamps the connection does without window scale and SACK. Our own shift is not
 * carried: it is the listener's, now as then. Nothing measures the handshake's round trip.
 */
#include "transport/tcp/syn_cookie.h"

#include "transport/tcp/isn.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/window.h"

#define EPOCH_BITS 1
#define SIZE_BITS  3
#define MAC_SHIFT  (EPOCH_BITS + SIZE_BITS)
#define CLOCK_BITS 6 /* of the timestamp that carry options */
#define SHIFT_NONE 15
#define SACK_BIT   0x10
#define ECN_BIT    0x20

/* The peer's segment sizes that a cookie can tell; the largest that is not above the peer's counts.
 */
static const uint16_t sizes[1 << SIZE_BITS] = {TCP_MSS_FLOOR, 536,  1220, 1360,
                                               1400,          1440, 1460, 8960};

static uint32_t size_index(uint16_t mss) {
    uint32_t index = array_length(sizes) - 1;
    while (index > 0 && sizes[index] > mss)
        index--;
    return index;
}

/* The cookie of an epoch and segment size [rfc4987#4]. */
static uint32_t cookie_make(const struct transport *transport, const struct flow *flow,
                            struct seq irs, uint64_t epoch, uint32_t index) {
    uint8_t bytes[21];
    store_be64(bytes, flow_hash(&transport->cookie_key, flow));
    store_be32(bytes + 8, irs.raw);
    store_be64(bytes + 12, epoch);
    bytes[20] = (uint8_t)index;
    uint32_t mac = (uint32_t)keyed_hash(&transport->cookie_key, bytes, sizeof bytes);
    return mac << MAC_SHIFT | index << EPOCH_BITS | (uint32_t)(epoch & 1);
}

bool syn_cookie_is_due(const struct transport *transport, const struct tcp_listener *listener) {
    if (transport->settings.syn_cookies == DOBOS_SYN_COOKIES_ALWAYS)
        return true;
    return transport->settings.syn_cookies == DOBOS_SYN_COOKIES_FULL &&
           half_open_is_full(transport, listener);
}

/* ---- out ---- */

/* The latest time, not after now, whose millisecond ends in `bits`. */
static dobos_time clock_with(uint32_t bits, dobos_time now) {
    uint64_t ms = (uint64_t)(now / DOBOS_MILLISECOND);
    uint64_t told = (ms & ~(uint64_t)((1u << CLOCK_BITS) - 1)) | bits;
    if (told > ms)
        told -= 1u << CLOCK_BITS;
    return (dobos_time)told * DOBOS_MILLISECOND;
}

/* [rfc4987#3] */
static uint32_t option_bits(const struct tcp_half_open *half_open) {
    uint32_t shift = half_open->scales ? half_open->snd_wscale : SHIFT_NONE;
    return shift | (half_open->sack ? SACK_BIT : 0u) |
           (ecn_offer_bit(&half_open->ecn) ? ECN_BIT : 0u);
}

/* [rfc4987#1] */
enum drop_reason syn_cookie_answer(struct transport *transport, struct tcp_connection *owner,
                                   const struct tcp_segment *segment, dobos_time now,
                                   struct transport_result *result) {
    struct tcp_half_open half_open = {0};
    half_open_fill(transport, &half_open, owner, segment, now);
    half_open.sender.path.link_mtu = UINT32_MAX; /* tcp_reply_fit tells what it is */
    if (!half_open.timestamps)                   /* nothing would come back to tell of it */
        half_open.scales = half_open.sack = false;
    if (!half_open.timestamps && ecn_offer_bit(&half_open.ecn))
        half_open.ecn.mode = ECN_MODE_OFF;
    half_open.iss =
        seq_make(cookie_make(transport, &half_open.sender.flow, half_open.irs,
                             (uint64_t)(now / SYN_COOKIE_EPOCH_NS), size_index(half_open.snd_mss)));
    dobos_time told = half_open.timestamps ? clock_with(option_bits(&half_open), now) : now;
    result->reply = half_open_reply(transport, &half_open, true, told);
    if (!result->reply)
        return DROP_NO_MEMORY;
    result->reply_flow = half_open.sender.flow;
    owner->listener->cookies_until = now + 2 * SYN_COOKIE_EPOCH_NS;
    transport->counters.tcp_cookies_sent++;
    if (half_open_is_full(transport, owner->listener))
        transport->counters.tcp_full_cookies++;
    return DROP_NONE;
}

/* ---- in ---- */

static void options_restore(const struct transport *transport, struct tcp_half_open *half_open,
                            const struct tcp_segment *segment) {
    const struct tcp_options *options = &segment->options;
    uint32_t bits = (options->ts_echo - half_open->ts_offset) & ((1u << CLOCK_BITS) - 1);
    uint32_t shift = bits & 0xf;
    half_open->timestamps = options->has_timestamps;
    half_open->scales = options->has_timestamps && shift != SHIFT_NONE;
    half_open->sack = options->has_timestamps && (bits & SACK_BIT);
    half_open->snd_wscale = half_open->scales ? (uint8_t)min_u32(shift, TCP_WINDOW_SHIFT_MAX) : 0;
    ecn_offer_restore(transport, &half_open->ecn, options->has_timestamps && (bits & ECN_BIT),
                      segment);
}

/* The SYN as it must have been, if our number before this acknowledgment is a cookie [rfc4987#2].
 */
bool syn_cookie_restore(struct transport *transport, struct tcp_connection *owner,
                        const struct tcp_segment *segment, dobos_time now,
                        struct tcp_half_open *half_open) {
    uint64_t epoch = (uint64_t)(now / SYN_COOKIE_EPOCH_NS);
    uint32_t cookie = seq_sub(segment->ack, 1).raw;
    uint32_t index = cookie >> EPOCH_BITS & ((1u << SIZE_BITS) - 1);
    struct tcp_segment syn = *segment;
    if (now >= owner->listener->cookies_until)
        return false;
    syn.seq = seq_sub(segment->seq, 1);
    *half_open = (struct tcp_half_open){0};
    half_open_fill(transport, half_open, owner, &syn, now);
    epoch -= (epoch ^ cookie) & 1;
    if (cookie_make(transport, &half_open->sender.flow, syn.seq, epoch, index) != cookie) {
        transport->counters.tcp_cookies_failed++;
        return false;
    }
    transport->counters.tcp_cookies_received++;
    half_open->iss = seq_make(cookie);
    half_open->snd_mss = sizes[index];
    half_open->listener = owner->listener;
    half_open->is_cookie = true;
    options_restore(transport, half_open, segment);
    return true;
}
