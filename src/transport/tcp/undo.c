/* undo: see undo.h. */
#include "transport/tcp/undo.h"

void undo_arm(struct undo *undo, struct seq una) {
    *undo = (struct undo){.marker = una, .is_armed = true, .believed = undo->believed};
}

void undo_disarm(struct undo *undo) {
    undo->is_armed = false;
}

void undo_on_stood(struct undo *undo) {
    if (undo->is_armed && undo->believed > 0)
        undo->believed--;
}

bool undo_believe(struct undo *undo) {
    if (undo->believed >= UNDO_TRUST)
        return false;
    undo->believed++;
    return true;
}

/* RFC 3522 §3.2 step 2: the timestamp of the first repetition is kept [rfc3522#1]. */
void undo_on_resent(struct undo *undo, uint32_t ts_value) {
    if (undo->resent++ == 0)
        undo->first_ts = ts_value;
}

/* RFC 3708 §3 (C) [rfc3708#1]: only what was repeated in this episode counts. */
void undo_on_duplicate(struct undo *undo, struct seq end) {
    if (undo->is_armed && seq_gt(end, undo->marker) && undo->repeated < undo->resent)
        undo->repeated++;
}

bool undo_is_proved(const struct undo *undo) {
    return undo->is_armed && undo->repeated == undo->resent;
}

/* RFC 3522 §3.2 step 5: an older echo tells of the original [rfc3522#2]. */
bool undo_is_original(const struct undo *undo, uint32_t ts_echo) {
    return undo->is_armed && undo->resent > 0 && (int32_t)(ts_echo - undo->first_ts) < 0;
}
