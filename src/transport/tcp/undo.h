/*
 * undo: was a reduction of the window for nothing? On values alone. Two witnesses: every repetition
 * has been reported as a duplicate (D-SACK, RFC 3708), or an acknowledgment echoes a timestamp from
 * before the first repetition (Eifel, RFC 3522): the original had arrived.
 *
 * Both are the peer's word, and one that lies would have no window reduced ever. So it is believed
 * in UNDO_TRUST windows of data, and then in one for each reduction that stood: at worst every
 * second one counts. A path that delays or reorders needs less, since RACK waits longer after each.
 */
#ifndef TRANSPORT_TCP_UNDO_H
#define TRANSPORT_TCP_UNDO_H

#include "base/seq.h"

#define UNDO_TRUST 8

struct undo {
    struct seq marker; /* snd_una when the reduction began: duplicates below are older */
    uint32_t resent;   /* repetitions since then, segments */
    uint32_t repeated; /* of these, reported as duplicates */
    uint32_t first_ts; /* the timestamp of the first of them */
    bool is_armed;     /* there is something to undo */
    uint8_t believed;  /* windows with undos, less reductions that stood; at most UNDO_TRUST */
};

void undo_arm(struct undo *undo, struct seq una);
void undo_disarm(struct undo *undo);
/* The reduction has stood to its end. */
void undo_on_stood(struct undo *undo);
/* Whether the peer's word counts; then once less. */
bool undo_believe(struct undo *undo);
/* A segment was repeated, with this timestamp. */
void undo_on_resent(struct undo *undo, uint32_t ts_value);
/* A D-SACK has come for what ends there. */
void undo_on_duplicate(struct undo *undo, struct seq end);
/* Nothing was repeated, or all of it for nothing. */
bool undo_is_proved(const struct undo *undo);
/* An acknowledgment of new data echoes this timestamp: was it for an original? */
bool undo_is_original(const struct undo *undo, uint32_t ts_echo);

#endif
