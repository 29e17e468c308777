/* rate: see rate.h; the draft's sections are named above each step. */
#include "transport/tcp/rate.h"

#include "base/memory.h"

/* §3.2: after a pause both clocks begin anew. */
void rate_on_send(struct rate *rate, struct sent *sent, uint32_t in_flight, dobos_time now) {
    if (in_flight == 0)
        rate->first_sent_at = rate->delivered_at = now;
    sent->first_sent_at = rate->first_sent_at;
    sent->delivered_at = rate->delivered_at;
    sent->delivered = rate->delivered;
    sent->is_app_limited = rate->app_limited != 0;
}

/* §3.3, UpdateRateSample: of all that is answered at once the sending that is newest counts. */
void rate_on_arrival(struct rate *rate, struct rate_making *making, const struct sent *sent,
                     dobos_time now) {
    struct seq end = seq_add(sent->seq, sent->length);
    rate->delivered += sent->length;
    rate->delivered_at = now;
    if (making->has_any && (sent->sent_at < making->sent_at ||
                            (sent->sent_at == making->sent_at && seq_lt(end, making->end))))
        return;
    making->has_any = true;
    making->prior_delivered = sent->delivered;
    making->prior_at = sent->delivered_at;
    making->sent_at = sent->sent_at;
    making->send_ns = sent->sent_at - sent->first_sent_at;
    making->end = end;
    making->is_app_limited = sent->is_app_limited;
    making->is_resent = sent->sendings > 1;
    rate->first_sent_at = sent->sent_at;
}

/* §3.3, GenerateRateSample: an interval shorter than any round trip would tell a rate that cannot
 * be. */
struct rate_sample rate_sample_make(struct rate *rate, const struct rate_making *making,
                                    int64_t rtt_min_ns) {
    struct rate_sample sample = {0};
    if (rate->app_limited != 0 && rate->delivered > rate->app_limited)
        rate->app_limited = 0;
    if (!making->has_any)
        return sample;
    sample.prior_delivered = making->prior_delivered;
    sample.delivered = rate->delivered - making->prior_delivered;
    sample.is_app_limited = making->is_app_limited;
    sample.is_retransmitted = making->is_resent;
    int64_t interval = max_i64(making->send_ns, rate->delivered_at - making->prior_at);
    sample.interval_ns = interval >= rtt_min_ns ? interval : 0;
    if (sample.interval_ns > 0) {
        rate->last_bytes = sample.delivered;
        rate->last_ns = sample.interval_ns;
        rate->last_app_limited = sample.is_app_limited;
    }
    return sample;
}

/* §3.4 */
void rate_on_app_limited(struct rate *rate, uint32_t in_flight) {
    uint64_t until = rate->delivered + in_flight;
    rate->app_limited = until > 0 ? until : 1;
}
