/*
 * ecn: see ecn.h.
 *
 * The handshake (RFC 3168 §6.1.1, RFC 9768 §3.1): a SYN asks by CWR and ECE, or by AE too; a
 * SYN,ACK agrees by ECE, or by one of four values that also tell with what the SYN came. Some
 * routers drop such SYNs: a repeated one asks for less, and then for nothing.
 */
#include "transport/tcp/ecn.h"

#include "transport/tcp/accurate.h"
#include "transport/tcp/emit.h"
#include "transport/tcp/listener.h"
#include "transport/tcp/recovery.h"

#define ACCURATE_SYN_TRIES    2  /* that ask for accurate feedback; of classic one */
#define ACCURATE_ANSWER_TRIES 2  /* SYN,ACKs that agree to it */
#define ACE_RESERVED          5u /* of a SYN,ACK: agreed to, and nothing said of the SYN */

static bool is_refused(const struct transport *transport) {
    return transport->settings.ecn == DOBOS_ECN_OFF;
}

/* What the flags of a SYN ask for; what is not known yet is accurate feedback, or more
 * [rfc9768#10].
 */
static enum ecn_mode mode_asked(uint8_t ace) {
    if (ace == ACE_NONE)
        return ECN_MODE_OFF;
    return ace == ACE_CLASSIC ? ECN_MODE_CLASSIC : ECN_MODE_ACCURATE;
}

static bool accurate_begin(struct transport *transport, struct tcp_connection *c) {
    if (!c->ecn.accurate)
        c->ecn.accurate = accurate_create(transport);
    return c->ecn.accurate;
}

/* ---- who opens ---- */

/* The flags of our SYN [rfc3168#5] [rfc9768#1] [rfc9768#11]. One that is repeated asks for nothing,
 * since the first may have been dropped for what it asked [rfc3168#13]; accurate feedback is asked
 * for twice [rfc9768#14]. It is the same SYN otherwise [rfc9768#15], and never asks for the other
 * kind [rfc9768#19].
 *
 * DEVIATION: [rfc9768#16] nothing is remembered of failed attempts: a connection that fails costs
 * its first timeout, and the next one may go another way.
 *
 * DEVIATION: [rfc9768#22] a second SYN,ACK, of the other kind, is not told from a repetition: the
 * first has ended the handshake, and only where both ends open at once could another come.
 */
static uint8_t syn_ace(const struct transport *transport, struct tcp_connection *c) {
    const enum dobos_ecn setting = transport->settings.ecn;
    if (setting == DOBOS_ECN_ACCURATE && c->backoff < ACCURATE_SYN_TRIES)
        c->ecn.asked = ECN_MODE_ACCURATE;
    else if (setting == DOBOS_ECN_ON && c->backoff == 0)
        c->ecn.asked = ECN_MODE_CLASSIC;
    else
        return ACE_NONE;
    return c->ecn.asked == ECN_MODE_ACCURATE ? ACE_ACCURATE : ACE_CLASSIC;
}

/* One of our SYNs asked for nothing: the peer may have seen only that one [rfc3168#10]. */
static bool has_fallen_back(const struct tcp_connection *c) {
    return c->backoff >= (c->ecn.asked == ECN_MODE_ACCURATE ? ACCURATE_SYN_TRIES : 1);
}

/* What was agreed to: who sends back all flags agrees to nothing [rfc3168#7] [rfc9768#8]. Classic
 * feedback is agreed to by ECE alone [rfc9768#5]. */
static enum ecn_mode mode_answered(const struct tcp_connection *c, uint8_t ace) {
    if (c->ecn.asked == ECN_MODE_OFF)
        return ECN_MODE_OFF;
    if (c->ecn.asked == ECN_MODE_CLASSIC)
        return (ace & ACE_CLASSIC) == ACE_ECHO ? ECN_MODE_CLASSIC : ECN_MODE_OFF;
    if (ace == ACE_NONE || ace == ACE_ACCURATE)
        return ECN_MODE_OFF;
    return ace == ACE_ECHO ? ECN_MODE_CLASSIC : ECN_MODE_ACCURATE;
}

/* Our first window is half as large: the SYN itself has come marked [rfc9768#45]. */
static void reduce_first_window(const struct transport *transport, struct tcp_connection *c,
                                uint32_t mss) {
    uint32_t window = congestion_initial_window(mss, transport->settings.initial_window, false);
    c->idle_cwnd = max_u32(window / 2, mss);
}

/* What the SYN,ACK tells of our SYN, which was not ECT: anything else the way has made of it
 * [rfc9768#47]; one value tells nothing [rfc9768#12]. A mark on the SYN,ACK counts [rfc9768#46]. */
static void answer_accurate(const struct transport *transport, struct tcp_connection *c,
                            const struct tcp_segment *segment) {
    struct tcp_accurate *a = c->ecn.accurate;
    const uint8_t ace = segment_ace(segment);
    a->syn_ecn = a->last_ecn = segment->ecn;
    a->reflects_syn = true;
    a->greetings = 2;
    if (segment->ecn == ECN_CE)
        a->r_cep++;
    if (ace != ace_of_handshake(ECN_NOT_ECT) && ace != ACE_RESERVED)
        c->ecn.no_ect = true;
    if (ace == ace_of_handshake(ECN_CE))
        reduce_first_window(transport, c, mss_from_option(&segment->options));
    accurate_on_first_option(a, &segment->options);
}

static enum ecn_mode mode_lesser(enum ecn_mode a, enum ecn_mode b) {
    return a < b ? a : b;
}

/* Of two SYNs that cross, the one that asks for less counts: the other end sees it, too
 * [rfc9768#9]. Nothing is told or read before [rfc9768#4]. */
bool ecn_on_answer(struct transport *transport, struct tcp_connection *c,
                   const struct tcp_segment *segment) {
    const bool is_syn = !(segment->flags & TCP_ACK);
    const uint8_t ace = segment_ace(segment);
    enum ecn_mode mode =
        is_syn ? mode_lesser((enum ecn_mode)c->ecn.asked, mode_asked(ace)) : mode_answered(c, ace);
    if (mode == ECN_MODE_ACCURATE && !accurate_begin(transport, c))
        return false;
    c->ecn.mode = (uint8_t)mode;
    if (mode == ECN_MODE_CLASSIC)
        c->ecn.no_ect = has_fallen_back(c);
    if (mode != ECN_MODE_ACCURATE)
        return true;
    c->ecn.accurate->syn_ecn = segment->ecn;
    c->ecn.accurate->awaits_ack = is_syn;
    if (!is_syn)
        answer_accurate(transport, c, segment);
    return true;
}

/* [rfc9768#40] [rfc9768#23]; nothing else of it counts [rfc9768#18]. */
void ecn_on_repeated_answer(struct tcp_connection *c, const struct tcp_segment *segment) {
    struct tcp_accurate *a = c->ecn.accurate;
    bool is_answer = (segment->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == (TCP_SYN | TCP_ACK) &&
                     seq_eq(segment->seq, c->irs) && seq_le(segment->ack, c->snd_nxt);
    if (c->ecn.mode != ECN_MODE_ACCURATE || !is_answer || c->ecn.asked == ECN_MODE_OFF)
        return;
    a->reflects_syn = mode_asked(segment_ace(segment)) == ECN_MODE_ACCURATE;
    if (segment->ecn == ECN_CE && a->syn_ecn != ECN_CE)
        a->r_cep++;
    a->syn_ecn = segment->ecn;
}

/* ---- who is opened to ---- */

/* [rfc3168#6] [rfc9768#2] [rfc9768#6] [rfc9768#7] The counter does not begin with the SYN
 * [rfc9768#44], nor do counters that it may hold [rfc9768#58]. */
void ecn_offer_take(const struct transport *transport, struct ecn_offer *offer,
                    const struct tcp_segment *segment) {
    const enum ecn_mode asked = mode_asked(segment_ace(segment));
    *offer = (struct ecn_offer){.asked = (uint8_t)(1u << asked), .syn_ecn = segment->ecn};
    if (!is_refused(transport))
        offer->mode = (uint8_t)asked;
}

/* The mode stays [rfc9768#17] [rfc9768#25], but that classic feedback is given up where the peer
 * has [rfc3168#11]; of accurate feedback only ECT is [rfc9768#28]. [rfc9768#21] [rfc9768#23] */
bool ecn_offer_repeat(struct ecn_offer *offer, const struct tcp_segment *segment) {
    const unsigned both = 1u << ECN_MODE_CLASSIC | 1u << ECN_MODE_ACCURATE;
    const enum ecn_mode asked = mode_asked(segment_ace(segment));
    offer->asked |= (uint8_t)(1u << asked);
    offer->syn_ecn = segment->ecn;
    offer->is_repeated = true;
    if (asked == ECN_MODE_OFF) {
        offer->no_ect = true;
        if (offer->mode == ECN_MODE_CLASSIC)
            offer->mode = ECN_MODE_OFF;
    }
    return offer->mode == ECN_MODE_OFF || (offer->asked & both) != both;
}

/* First without the option, then as if there were no such thing [rfc9768#61] [rfc9768#28]. */
void ecn_offer_expire(struct ecn_offer *offer, unsigned times) {
    offer->is_repeated = true;
    if (offer->mode != ECN_MODE_ACCURATE || times < ACCURATE_ANSWER_TRIES)
        return;
    offer->is_forgotten = offer->no_ect = true;
}

/* [rfc3168#5] [rfc9768#2] [rfc9768#3] [rfc9768#13] [rfc9768#20] [rfc9768#24] [rfc9768#59] */
void ecn_offer_emit(const struct ecn_offer *offer, bool syn, struct tcp_header *header,
                    struct tcp_options *options) {
    if (offer->mode == ECN_MODE_CLASSIC && syn)
        ace_set(header, ACE_ECHO);
    if (offer->mode != ECN_MODE_ACCURATE)
        return;
    if (!syn) {
        ace_set(header, ACE_RESERVED); /* the counter that begins at five */
        return;
    }
    if (!offer->is_forgotten)
        ace_set(header, ace_of_handshake(offer->syn_ecn));
    options->has_ecn = !offer->is_repeated;
    options->ecn = (struct tcp_ecn_option){.count = TCP_ECN_COUNTERS, .counter = {1, 0, 1}};
}

/* A value above one is only said by who has been told that accurate feedback is agreed to
 * [rfc9768#69]. */
void ecn_offer_restore(const struct transport *transport, struct ecn_offer *offer, bool bit,
                       const struct tcp_segment *segment) {
    *offer = (struct ecn_offer){0};
    if (is_refused(transport))
        return;
    if (segment_ace(segment) > ACE_ECHO)
        offer->mode = ECN_MODE_ACCURATE;
    else if (bit)
        offer->mode = ECN_MODE_CLASSIC;
}

bool ecn_accept(struct transport *transport, struct tcp_connection *c,
                const struct ecn_offer *offer) {
    if (offer->mode == ECN_MODE_ACCURATE && !accurate_begin(transport, c))
        return false;
    c->ecn.mode = offer->mode;
    c->ecn.no_ect = offer->no_ect;
    if (c->ecn.accurate) {
        c->ecn.accurate->syn_ecn = offer->syn_ecn;
        c->ecn.accurate->awaits_ack = true;
    }
    return true;
}

void ecn_end(struct transport *transport, struct tcp_connection *c) {
    if (c->ecn.accurate)
        accurate_destroy(transport, c->ecn.accurate);
    c->ecn.accurate = NULL;
    c->ecn.mode = ECN_MODE_OFF;
}

/* ---- out ---- */

static void emit_syn(const struct transport *transport, struct tcp_connection *c,
                     struct tcp_header *header) {
    if (!(header->flags & TCP_ACK))
        ace_set(header, syn_ace(transport, c));
    else if (c->ecn.mode == ECN_MODE_CLASSIC)
        ace_set(header, ACE_ECHO);
    else if (c->ecn.mode == ECN_MODE_ACCURATE)
        ace_set(header, ace_of_handshake(c->ecn.accurate->syn_ecn));
}

/* Data that has not been sent before [rfc3168#23], and no probe of a closed window [rfc3168#25].
 * What has no data is neither [rfc3168#22] [rfc3168#9]. */
static bool is_new_data(const struct tcp_connection *c, const struct outgoing *outgoing) {
    return outgoing->length > 0 && seq_ge(outgoing->seq, c->snd_nxt) && c->snd_wnd > 0;
}

static bool is_bare(const struct tcp_options *options, uint32_t length, uint8_t flags) {
    return length == 0 && options->sack_count == 0 && !(flags & (TCP_FIN | TCP_SYN | TCP_RST));
}

/* The option leaves room for two selective acknowledgments [rfc9768#66]; one that would leave out
 * what has changed is none [rfc9768#68]. */
static void option_set(const struct tcp_accurate *a, struct tcp_options *options) {
    options->has_ecn = accurate_option(a, &options->ecn);
    if (!options->has_ecn || options->sack_count == 0)
        return;
    const uint8_t blocks = options->sack_count;
    options->sack_count = (uint8_t)min_u32(blocks, 2);
    size_t least = tcp_options_length(options);
    struct tcp_options without = *options;
    without.has_ecn = false;
    bool fits = least - tcp_options_length(&without) ==
                tcp_ecn_option_length(options->ecn.count); /* and no block had to go for it */
    options->has_ecn = fits;
    options->sack_count = blocks;
}

/* [rfc9768#31] [rfc9768#34] [rfc9768#36] [rfc9768#38] [rfc9768#52] [rfc9768#62] */
static void emit_accurate(struct tcp_connection *c, const struct outgoing *outgoing,
                          struct tcp_header *header, struct tcp_options *options) {
    struct tcp_accurate *a = c->ecn.accurate;
    bool is_repeated = outgoing->length > 0 && seq_lt(outgoing->seq, c->snd_nxt);
    if (a->answers_ack && outgoing->length == 0)
        options->sack_count = 0;
    if (a->reflects_syn && is_bare(options, outgoing->length, header->flags))
        ace_set(header, ace_of_handshake(a->syn_ecn));
    else
        ace_set(header, a->r_cep & ACE_MASK);
    if (!is_repeated && !outgoing->is_bare)
        option_set(a, options);
}

/* Classic: ECE in all that acknowledges [rfc3168#19] [rfc3168#20], CWR in the first new data after
 * a reduction [rfc3168#17], which accurate feedback does not have [rfc9768#30]. New data is ECT(0)
 * [rfc8311#1] [rfc9768#27] where both have agreed [rfc3168#8] [rfc9768#26]. */
uint8_t ecn_emit(const struct transport *transport, struct tcp_connection *c,
                 const struct outgoing *outgoing, struct tcp_header *header,
                 struct tcp_options *options) {
    if (header->flags & TCP_SYN)
        emit_syn(transport, c, header);
    if (c->ecn.mode == ECN_MODE_OFF || (header->flags & (TCP_SYN | TCP_RST)))
        return ECN_NOT_ECT;
    bool is_new = is_new_data(c, outgoing);
    if (c->ecn.mode == ECN_MODE_ACCURATE) {
        emit_accurate(c, outgoing, header, options);
    } else {
        header->flags |= c->ecn.is_echoing ? TCP_ECE : 0;
        header->flags |= c->ecn.owes_cwr && is_new ? TCP_CWR : 0;
    }
    return is_new && !c->ecn.no_ect ? ECN_ECT_0 : ECN_NOT_ECT;
}

void ecn_sent(struct tcp_connection *c, const struct outgoing *outgoing,
              const struct tcp_header *header, const struct tcp_options *options) {
    struct tcp_accurate *a = c->ecn.accurate;
    if (header->flags & (TCP_SYN | TCP_RST))
        return;
    if (c->ecn.mode == ECN_MODE_CLASSIC && (header->flags & TCP_CWR))
        c->ecn.owes_cwr = false;
    if (c->ecn.mode != ECN_MODE_ACCURATE)
        return;
    if (is_bare(options, outgoing->length, header->flags))
        a->reflects_syn = false;
    a->unanswered = 0;
    a->answers_ack = false;
    if (options->has_ecn)
        accurate_on_option_sent(a, &options->ecn);
    uint32_t packets = outgoing->length / max_u32(connection_mss(c), 1) + 1;
    a->outstanding = min_u32(a->outstanding + packets, ACE_MASK + 1);
}

uint32_t ecn_option_bytes(const struct tcp_connection *c) {
    struct tcp_ecn_option option;
    if (c->ecn.mode != ECN_MODE_ACCURATE || !accurate_option(c->ecn.accurate, &option))
        return 0;
    return (uint32_t)tcp_ecn_option_length(option.count);
}

/* [rfc9768#39] */
bool ecn_wants_ack(const struct tcp_connection *c) {
    return c->ecn.mode == ECN_MODE_ACCURATE && c->ecn.accurate->reflects_syn && c->ack_now;
}

/* A port clears CWR in all segments but the first; as a bit of a counter it must stay. */
bool ecn_forbids_super(const struct tcp_connection *c) {
    return c->ecn.mode == ECN_MODE_ACCURATE && (c->ecn.accurate->r_cep & 2u);
}

/* ---- in: marks that came ---- */

/* Marks of what is within the window [rfc3168#24], and of data alone. CWR ends the telling of older
 * marks, not of the one that comes with it [rfc3168#21]. Whether we send ECT is another matter
 * [rfc3168#12]. */
static void receive_classic(struct tcp_connection *c, const struct tcp_segment *segment) {
    if (segment->length == 0)
        return;
    if (segment->flags & TCP_CWR)
        c->ecn.is_echoing = false;
    if (segment->ecn != ECN_CE)
        return;
    c->ecn.is_echoing = true;
    connection_want_ack(c);
}

void ecn_receive_data(struct tcp_connection *c, const struct tcp_segment *segment) {
    c->ecn.has_seen = c->ecn.has_seen || segment->ecn != ECN_NOT_ECT;
    if (c->ecn.mode == ECN_MODE_CLASSIC)
        receive_classic(c, segment);
    else if (c->ecn.mode == ECN_MODE_ACCURATE && accurate_on_arrival(c->ecn.accurate, segment))
        connection_want_ack(c);
}

/* ---- in: marks that the peer tells of ---- */

void ecn_on_reduction(struct tcp_connection *c) {
    if (c->ecn.mode == ECN_MODE_OFF)
        return;
    c->ecn.owes_cwr = c->ecn.mode == ECN_MODE_CLASSIC;
    c->ecn.is_reduced = true;
    c->ecn.is_held = false;
    c->ecn.mark = c->snd_nxt;
}

/* [rfc3168#15] */
bool ecn_holds_window(const struct tcp_connection *c) {
    return c->ecn.is_held && !c->flight->congestion.algorithm->leads;
}

/* At most once a round trip, and not while a loss is being repaired, which has reduced the window
 * already [rfc3168#16]; whatever we send [rfc9768#29].
 *
 * DEVIATION: [rfc3168#18] a window that marks have reduced to two segments gets no smaller by more
 * of them: the timer is for losses.
 */
static void react(struct transport *transport, struct tcp_connection *c, dobos_time now) {
    if (!c->flight || connection_in_flight(c) == 0 || c->ecn.is_reduced ||
        c->flight->recovery != TCP_RECOVERY_NONE)
        return;
    recovery_on_ecn(c, now);
    transport->counters.tcp_ecn_reductions++;
    ecn_on_reduction(c);
    c->ecn.is_held = true;
}

/* What acknowledges nothing new may be newer all the same: by its timestamp, or its data. */
static bool is_newer_than_all(const struct tcp_connection *c, const struct tcp_segment *segment) {
    if (c->timestamps && segment->options.has_timestamps &&
        (int32_t)(segment->options.ts_value - c->ts_recent) > 0)
        return true;
    return segment->length > 0 && seq_ge(segment->seq, c->rcv_nxt);
}

/* [rfc9768#41] [rfc9768#42] [rfc9768#43] [rfc9768#37]; a SYN never comes here. */
static void receive_accurate(struct transport *transport, struct tcp_connection *c,
                             const struct tcp_segment *segment, dobos_time now) {
    struct tcp_accurate *a = c->ecn.accurate;
    const bool was_awaited = a->awaits_ack;
    const uint32_t acked =
        seq_gt(segment->ack, c->snd_una) ? seq_distance(segment->ack, c->snd_una) : 0;
    const bool is_newer = is_newer_than_all(c, segment);
    enum accurate_news news;
    uint32_t marked = 0;
    a->awaits_ack = false;
    if (was_awaited && is_bare(&segment->options, segment->length, segment->flags)) {
        news = accurate_on_handshake(a, segment);
        if (news == ACCURATE_MANGLED_MARK)
            reduce_first_window(transport, c, connection_mss(c));
    } else if (acked > 0 || is_newer || was_awaited) {
        if (was_awaited)
            accurate_on_first_option(a, &segment->options);
        news = accurate_on_feedback(a, segment, acked, connection_mss(c), &marked);
    } else {
        return;
    }
    transport->counters.tcp_delivered_ce += marked;
    c->totals.delivered_ce += marked;
    if (seq_eq(segment->ack, c->snd_nxt))
        a->outstanding = 0;
    if (news == ACCURATE_MANGLED || news == ACCURATE_MANGLED_MARK)
        c->ecn.no_ect = true;
    if (news == ACCURATE_MARK || news == ACCURATE_MANGLED_MARK)
        react(transport, c, now);
}

void ecn_receive_ack(struct transport *transport, struct tcp_connection *c,
                     const struct tcp_segment *segment, dobos_time now) {
    if (c->ecn.is_reduced && seq_gt(segment->ack, c->ecn.mark))
        c->ecn.is_reduced = c->ecn.is_held = false;
    if (c->ecn.mode == ECN_MODE_ACCURATE) {
        receive_accurate(transport, c, segment, now);
    } else if (c->ecn.mode == ECN_MODE_CLASSIC && (segment->flags & TCP_ECE)) {
        transport->counters.tcp_delivered_ce++;
        c->totals.delivered_ce++;
        react(transport, c, now);
    }
}
