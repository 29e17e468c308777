/*
 * tlp: the probe of a lost tail (RFC 8985 §7), on values alone. When the last of what was sent goes
 * unanswered for about two round trips, one segment more is sent, so that an answer tells RACK what
 * is missing, long before the retransmission timeout.
 */
#ifndef TRANSPORT_TCP_TLP_H
#define TRANSPORT_TCP_TLP_H

#include <dobos/types.h>

#include "base/seq.h"

#define TLP_DELAYED_ACK_NS (200 * DOBOS_MILLISECOND) /* how long a receiver may wait by custom */

struct tlp {
    struct seq end;   /* snd_nxt when the probe had left */
    bool is_out;      /* a probe has not been answered yet */
    bool is_repeated; /* it was a repetition of the last segment */
};

enum tlp_verdict {
    TLP_NOTHING, /* no probe, or no answer yet */
    TLP_NO_LOSS, /* the probe was not needed */
    TLP_LOSS,    /* the probe repaired a loss: the window must answer for it */
};

/* How long after the last sending or answer the probe goes. */
int64_t tlp_timeout(int64_t srtt_ns, bool is_single);
void tlp_on_sent(struct tlp *tlp, struct seq nxt, bool is_repeated);
/* An acknowledgment at `ack`; `is_duplicate`: it moves nothing and brings no SACK news;
 * `has_d_sack`: it reports the probe as a duplicate. */
enum tlp_verdict tlp_on_ack(struct tlp *tlp, struct seq ack, bool is_duplicate, bool has_d_sack);

#endif
