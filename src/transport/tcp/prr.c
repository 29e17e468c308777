/* prr: see prr.h. */
#include "transport/tcp/prr.h"

#include "base/memory.h"

void prr_begin(struct prr *prr, uint32_t before) {
    *prr = (struct prr){.before = max_u32(before, 1)};
}

/* RFC 9937 §6.2: while more is in flight than ssthresh, ssthresh / before of what arrives is sent
 * [rfc9937#2]; below, as much as arrives, and a segment more where that is safe [rfc9937#3]. The
 * first repetition leaves whatever the sum says [rfc9937#4]. */
uint32_t prr_window(struct prr *prr, const struct prr_news *news) {
    uint64_t room = 0;
    prr->delivered += news->delivered;
    if (news->pipe > news->ssthresh) {
        uint64_t share = (prr->delivered * news->ssthresh + prr->before - 1) / prr->before;
        room = share > prr->out ? share - prr->out : 0;
    } else {
        room = prr->delivered > prr->out ? prr->delivered - prr->out : 0;
        if (room < news->delivered)
            room = news->delivered;
        if (news->is_safe)
            room += news->mss;
        if (room > news->ssthresh - news->pipe)
            room = news->ssthresh - news->pipe;
    }
    if (news->is_repair && prr->out == 0 && room < news->mss)
        room = news->mss;
    return news->pipe + (room < UINT32_MAX / 2 ? (uint32_t)room : UINT32_MAX / 2);
}
