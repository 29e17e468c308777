/* frto: see frto.h. */
#include "transport/tcp/frto.h"

/* §3.1 step 2a, 3a [rfc5682#3]; 2b [rfc5682#2]; 3b [rfc5682#4]. */
enum frto_verdict frto_on_ack(enum frto_step *step, const struct frto_news *news) {
    if (*step == FRTO_OFF)
        return FRTO_UNDECIDED;
    if (news->is_original) {
        *step = FRTO_OFF;
        return FRTO_SPURIOUS;
    }
    bool is_over = news->is_duplicate || news->is_beyond;
    if (*step == FRTO_FIRST && news->is_advance && !is_over && news->can_send_new) {
        *step = FRTO_NEW;
        return FRTO_SEND_NEW;
    }
    if (is_over || news->is_advance) {
        *step = FRTO_OFF;
        return FRTO_LOST;
    }
    return FRTO_UNDECIDED;
}
