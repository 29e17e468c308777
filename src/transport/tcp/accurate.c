/*
 * accurate: see accurate.h; on values alone. What a segment is asked to carry is decided here, who
 * answers a mark by a smaller window in ecn.c.
 */
#include "transport/tcp/accurate.h"

#include "transport/tcp/segment.h"

#define CEP_FIRST       5u /* none begins at zero, which is what broken middleboxes write */
#define ACE_VALUES      8u
#define UNANSWERED_DATA 2 /* marks that are acknowledged at once, where data waits for it */
#define UNANSWERED_BARE 3 /* and where only acknowledgments were marked */
#define GREETINGS       2
#define USUAL_SHIFT     3
#define USUAL_MANY      (4u << USUAL_SHIFT) /* acknowledgments that are thinned out on their way */
#define SAFETY_FACTOR   2u

/* [rfc9768#35] */
struct tcp_accurate *accurate_create(struct transport *transport) {
    struct allocator *allocator = pool_allocator(transport->pool);
    struct tcp_accurate *a = allocator_allocate(allocator, sizeof *a, "tcp_accurate");
    if (!a)
        return NULL;
    a->r_cep = a->s_cep = CEP_FIRST;
    a->r_bytes[ECN_COUNTER_E0B] = a->r_bytes[ECN_COUNTER_E1B] = 1;
    memcpy(a->told, a->r_bytes, sizeof a->told);
    memcpy(a->s_bytes, a->r_bytes, sizeof a->s_bytes);
    return a;
}

void accurate_destroy(struct transport *transport, struct tcp_accurate *a) {
    allocator_release(pool_allocator(transport->pool), a, sizeof *a);
}

/* ---- receiver ---- */

static uint32_t packets_of(uint32_t bytes, uint32_t each) {
    return each == 0 ? 1 : max_u32(1, bytes / each + (bytes % each > 0 ? 1u : 0u));
}

/* The packets of the wire that a super-segment was. */
static uint32_t segment_packets(const struct tcp_segment *segment) {
    const struct dobos_offload *offload = &segment->packet->offload;
    return offload->gso == DOBOS_GSO_NONE ? 1 : packets_of(segment->length, offload->gso_bytes);
}

/* [rfc9768#32] [rfc9768#33] A mark after something else [rfc9768#50], and every so many marks
 * [rfc9768#51], are told at once. */
bool accurate_on_arrival(struct tcp_accurate *a, const struct tcp_segment *segment) {
    static const uint8_t counter_of[4] = {0, ECN_COUNTER_E1B, ECN_COUNTER_E0B, ECN_COUNTER_CEB};
    bool is_marked = segment->ecn == ECN_CE, has_data = segment->length > 0;
    bool is_change = is_marked && has_data && a->last_ecn != ECN_CE;
    a->last_ecn = segment->ecn;
    if (segment->ecn != ECN_NOT_ECT && has_data) {
        a->r_bytes[counter_of[segment->ecn]] += segment->length;
        a->changed |= (uint8_t)(1u << counter_of[segment->ecn]);
    }
    if (!is_marked)
        return false;
    uint32_t packets = segment_packets(segment);
    a->r_cep += packets;
    a->unanswered = (uint8_t)min_u32(a->unanswered + packets, UINT8_MAX);
    a->answers_ack = !has_data;
    return is_change || a->unanswered >= (has_data ? UNANSWERED_DATA : UNANSWERED_BARE);
}

/* Whenever something has changed [rfc9768#67]. Order 1 where bytes have come as ECT(1) and none as
 * ECT(0) [rfc9768#55]; what never changed is left out from the end. A greeting shows all, so that
 * the peer sees which of them are zeroed on the way [rfc9768#60]. */
bool accurate_option(const struct tcp_accurate *a, struct tcp_ecn_option *option) {
    bool is_due = a->greetings > 0 || memcmp(a->told, a->r_bytes, sizeof a->told) != 0;
    bool is_order_1 = (a->changed & 1u << ECN_COUNTER_E1B) && !(a->changed & 1u << ECN_COUNTER_E0B);
    uint8_t last = is_order_1 ? ECN_COUNTER_E0B : ECN_COUNTER_E1B;
    if (!is_due)
        return false;
    *option = (struct tcp_ecn_option){.is_order_1 = is_order_1, .count = 1};
    if (a->changed & 1u << ECN_COUNTER_CEB)
        option->count = 2;
    if (a->greetings > 0 || a->changed & 1u << last)
        option->count = 3;
    for (unsigned i = 0; i < option->count; i++)
        option->counter[i] =
            a->r_bytes[is_order_1 ? ECN_COUNTER_E1B - i : i] & TCP_ECN_COUNTER_MASK;
    return true;
}

void accurate_on_option_sent(struct tcp_accurate *a, const struct tcp_ecn_option *option) {
    for (unsigned i = 0; i < option->count; i++) {
        unsigned which = option->is_order_1 ? ECN_COUNTER_E1B - i : i;
        a->told[which] = a->r_bytes[which];
    }
    if (a->greetings > 0)
        a->greetings--;
}

/* ---- sender ---- */

/* [rfc9768#64] [rfc9768#49] */
void accurate_on_first_option(struct tcp_accurate *a, const struct tcp_options *options) {
    const struct tcp_ecn_option *option = &options->ecn;
    if (!options->has_ecn)
        return;
    bool is_zeroed = (option->count > 0 && option->counter[0] == 0) ||
                     (option->count == TCP_ECN_COUNTERS && option->counter[2] == 0);
    a->ignores_options = a->ignores_options || is_zeroed;
}

/* [rfc9768#41] [rfc9768#42] [rfc9768#47] */
enum accurate_news accurate_on_handshake(struct tcp_accurate *a,
                                         const struct tcp_segment *segment) {
    const uint8_t ace = segment_ace(segment);
    accurate_on_first_option(a, &segment->options);
    a->is_tried = true;
    if (ace == 0) {
        a->ignores_marks = true;
        return ACCURATE_MANGLED;
    }
    if (ace == ace_of_handshake(ECN_CE)) {
        a->s_cep = CEP_FIRST + 1;
        return ACCURATE_MANGLED_MARK;
    }
    if (ace == ace_of_handshake(ECN_ECT_0) || ace == ace_of_handshake(ECN_ECT_1))
        return ACCURATE_MANGLED;
    return ACCURATE_NO_MARK;
}

/* How much a counter of bytes has grown [rfc9768#57]; what is not told has not. */
static uint32_t bytes_take(struct tcp_accurate *a, const struct tcp_options *options) {
    const struct tcp_ecn_option *option = &options->ecn;
    uint32_t marked = 0;
    if (!options->has_ecn || a->ignores_options)
        return 0;
    for (unsigned i = 0; i < option->count; i++) {
        unsigned which = option->is_order_1 ? ECN_COUNTER_E1B - i : i;
        uint32_t more = (option->counter[i] - a->s_bytes[which]) & TCP_ECN_COUNTER_MASK;
        a->s_bytes[which] += more;
        if (which == ECN_COUNTER_CEB)
            marked = more;
    }
    return marked;
}

/* How many packets were marked, when the counter says `least` and may have gone round. With an
 * option its bytes tell whether it has; without, it is taken to have [rfc9768#53] [rfc9768#63],
 * unless acknowledgments for many packets are usual here. More marks than packets are believed
 * [rfc9768#54]: others than data may be marked. */
static uint32_t cycles_add(const struct tcp_accurate *a, const struct tcp_options *options,
                           uint32_t least, uint32_t packets, uint32_t bytes, uint32_t mss) {
    if (packets < least + ACE_VALUES)
        return least;
    uint32_t most = packets - (packets - least) % ACE_VALUES;
    if (options->has_ecn && !a->ignores_options) {
        bool is_enough = bytes <= (uint64_t)least * mss;
        return is_enough && bytes / most < mss / SAFETY_FACTOR ? least : most;
    }
    return a->usual >= USUAL_MANY ? least : most;
}

/* [rfc9768#48] [rfc9768#65] */
enum accurate_news accurate_on_feedback(struct tcp_accurate *a, const struct tcp_segment *segment,
                                        uint32_t acked, uint32_t mss, uint32_t *marked) {
    const uint8_t ace = segment_ace(segment);
    uint32_t packets = acked == 0 ? 0 : packets_of(acked, mss);
    bool is_zeroed = !a->is_tried && ace == 0;
    a->is_tried = true;
    a->ignores_marks = a->ignores_marks || is_zeroed;
    uint32_t least = (ace - a->s_cep) % ACE_VALUES;
    uint32_t bytes = bytes_take(a, &segment->options);
    uint32_t more = cycles_add(a, &segment->options, least, packets, bytes, mss);
    if (packets > 0)
        a->usual = (uint16_t)(a->usual - a->usual / 8 + min_u32(packets, 256));
    a->s_cep += more;
    *marked = a->ignores_marks ? 0 : more;
    if (is_zeroed || (bytes > 0 && more == 0 && a->outstanding < ACE_VALUES))
        return *marked > 0 ? ACCURATE_MANGLED_MARK : ACCURATE_MANGLED;
    return *marked > 0 ? ACCURATE_MARK : ACCURATE_NO_MARK;
}
