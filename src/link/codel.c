/*
 * codel: see codel.h (RFC 8289 §5). A stay below the target at any time within an interval says
 * that the queue is a burst, which is good. A queue that stands for an interval loses one frame,
 * then more and more often, until it is short again: as √count is what senders that halve their
 * window need for a linear effect. Where it had to begin again soon, it goes on nearly as fast as
 * it had stopped.
 *
 * RFC 8289 asks of each frame; who drops one asks of the next at once, as §5.5's loop does.
 */
#include "link/codel.h"

#include "base/memory.h"

#define SOON_INTERVALS 16 /* to begin again within so many is to go on */

/* The root of count << 32, so the root of count with 16 bits behind the point. */
static uint64_t root_16(uint32_t count) {
    uint64_t value = (uint64_t)count << 32, root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit > 0; bit >>= 1) {
        uint64_t tried = root | bit;
        if (tried * tried <= value)
            root = tried;
    }
    return root;
}

dobos_time codel_pause(uint32_t count) {
    return (dobos_time)(((uint64_t)CODEL_INTERVAL_NS << 16) / root_16(count > 0 ? count : 1));
}

/* Whether the queue has stood for an interval. [rfc8289#1] [rfc8289#2] */
static bool stands(struct codel *codel, dobos_time stay, bool is_last, dobos_time now) {
    if (stay < CODEL_TARGET_NS || is_last) {
        codel->above_until = 0;
        return false;
    }
    if (codel->above_until == 0) {
        codel->above_until = now + CODEL_INTERVAL_NS;
        return false;
    }
    return now >= codel->above_until;
}

static void begin(struct codel *codel, dobos_time now) {
    uint32_t delta = codel->count - codel->count_before;
    bool is_soon = now - codel->next < SOON_INTERVALS * CODEL_INTERVAL_NS;
    codel->is_dropping = true;
    codel->count = delta > 1 && is_soon ? delta : 1;
    codel->count_before = codel->count;
    codel->next = now + codel_pause(codel->count);
}

/* [rfc8289#3] */
bool codel_is_due(struct codel *codel, dobos_time stay, bool is_last, dobos_time now) {
    if (!stands(codel, stay, is_last, now)) {
        codel->is_dropping = false;
        return false;
    }
    if (!codel->is_dropping) {
        begin(codel, now);
        return true;
    }
    if (now < codel->next)
        return false;
    codel->count++;
    codel->next += codel_pause(codel->count);
    return true;
}

void codel_on_empty(struct codel *codel) {
    codel->above_until = 0;
    codel->is_dropping = false;
}
