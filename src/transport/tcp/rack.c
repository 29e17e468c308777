/* rack: see rack.h; RFC 8985 §6.2 step by step. */
#include "transport/tcp/rack.h"

#include "base/memory.h"

#define STEPS_LAST 16 /* recoveries that a widened window lasts */

void rack_init(struct rack *rack, struct seq una) {
    *rack = (struct rack){.end = una, .highest = una, .steps = 1};
}

static bool is_after(dobos_time a_at, struct seq a_end, dobos_time b_at, struct seq b_end) {
    return a_at > b_at || (a_at == b_at && seq_gt(a_end, b_end));
}

/* §6.2 step 2 [rfc8985#3]: a repetition that is answered sooner than any round trip takes was not
 * what was answered: the first sending was [rfc8985#4]. */
void rack_on_arrival(struct rack *rack, struct seq end, dobos_time sent_at, int64_t rtt_min_ns,
                     dobos_time now) {
    int64_t rtt = max_i64(now - sent_at, 1);
    rack->highest = seq_max(rack->highest, end);
    if (rtt < rtt_min_ns)
        return;
    if (rack->rtt_ns == 0 || is_after(sent_at, end, rack->sent_at, rack->end)) {
        rack->rtt_ns = rtt;
        rack->sent_at = sent_at;
        rack->end = end;
    }
}

/* §6.2 step 4: what was sent twice for nothing widens the window, once a round trip [rfc8985#7]. */
void rack_on_duplicate(struct rack *rack, struct seq una, struct seq nxt) {
    if (rack->is_in_round && seq_lt(una, rack->round))
        return;
    rack->is_in_round = true;
    rack->round = nxt;
    if (rack->steps < UINT8_MAX)
        rack->steps++;
    rack->steps_last = STEPS_LAST;
}

/* §6.2 step 4: sixteen recoveries without a D-SACK, and the window is narrow again [rfc8985#8]. */
void rack_on_recovered(struct rack *rack) {
    if (rack->steps_last == 0)
        return;
    rack->steps_last--;
    if (rack->steps_last == 0)
        rack->steps = 1;
}

/* §6.2 step 4: none where the path keeps the order and a loss is plain [rfc8985#5]; else as many
 * quarters of the shortest round trip as D-SACKs taught, at most a smoothed one [rfc8985#6]. */
int64_t rack_window(const struct rack *rack, const struct rack_view *view) {
    if (!rack->has_reordered && (view->in_recovery || view->sacked >= RACK_DUPLICATES))
        return 0;
    return min_i64(rack->steps * view->rtt_min_ns / 4, view->srtt_ns);
}

bool rack_is_before(const struct rack *rack, dobos_time sent_at, struct seq end) {
    return rack->rtt_ns > 0 && is_after(rack->sent_at, rack->end, sent_at, end);
}
