/* tlp: see tlp.h. */
#include "transport/tcp/tlp.h"

#define WITHOUT_SAMPLE_NS DOBOS_SECOND

/* §7.2: two round trips [rfc8985#11], and where a single segment is out the receiver may have
 * delayed its acknowledgment [rfc8985#12]. */
int64_t tlp_timeout(int64_t srtt_ns, bool is_single) {
    if (srtt_ns == 0)
        return WITHOUT_SAMPLE_NS;
    return 2 * srtt_ns + (is_single ? TLP_DELAYED_ACK_NS : 0);
}

void tlp_on_sent(struct tlp *tlp, struct seq nxt, bool is_repeated) {
    *tlp = (struct tlp){.end = nxt, .is_out = true, .is_repeated = is_repeated};
}

/* §7.4.2: a repetition that is acknowledged without a word of duplicates has repaired a loss
 * [rfc8985#15]; a D-SACK, or an answer that moves nothing, says that both have arrived. */
enum tlp_verdict tlp_on_ack(struct tlp *tlp, struct seq ack, bool is_duplicate, bool has_d_sack) {
    if (!tlp->is_out || seq_lt(ack, tlp->end))
        return TLP_NOTHING;
    if (!tlp->is_repeated || has_d_sack || is_duplicate) {
        tlp->is_out = false;
        return TLP_NO_LOSS;
    }
    if (seq_eq(ack, tlp->end))
        return TLP_NOTHING;
    tlp->is_out = false;
    return TLP_LOSS;
}
