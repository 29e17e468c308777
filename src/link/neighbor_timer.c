/*
 * neighbor_timer: time passes for an entry (RFC 4861 §7.3.3; RFC 1122 §2.3.2.1): asked again, given
 * up, grown stale, forgotten.
 */
#include "link/neighbor_table.h"

/* Nobody answered for an address that had none yet: those who waited are told. */
static void neighbor_fail(struct neighbor *neighbor, dobos_time now, struct packet_queue *failed) {
    for (struct dobos_packet *packet = packet_queue_take(&neighbor->waiting); packet;
         packet = packet_queue_take(&neighbor->waiting)) {
        neighbor->owner->waiting--;
        packet_queue_append(failed, packet);
    }
    neighbor_enter(neighbor, DOBOS_NEIGHBOR_FAILED, now);
}

/* The known link address is silent: only now does another's claim count, and it has still to prove
 * itself (attack A5). */
static void neighbor_on_silence(struct neighbor *neighbor, dobos_time now,
                                struct packet_queue *failed) {
    neighbor->is_confirmed = false;
    if (!neighbor->has_claim) {
        neighbor_fail(neighbor, now, failed);
        return;
    }
    neighbor->mac = neighbor->claimed;
    neighbor->has_claim = false;
    neighbor_enter(neighbor, DOBOS_NEIGHBOR_STALE, now);
}

/* Ageing [rfc1122#1] [rfc1122#100] [rfc1122#101], retransmission, failure. */
void neighbor_on_timer(struct neighbor *neighbor, dobos_time now, struct packet_queue *out,
                       struct packet_queue *failed) {
    switch (neighbor->state) {
    case DOBOS_NEIGHBOR_INCOMPLETE:
        if (neighbor->probes >= NEIGHBOR_PROBES)
            neighbor_fail(neighbor, now, failed);
        else
            neighbor_ask(neighbor, now, out);
        break;
    case DOBOS_NEIGHBOR_PROBE:
        if (neighbor->probes >= NEIGHBOR_PROBES)
            neighbor_on_silence(neighbor, now, failed);
        else
            neighbor_ask(neighbor, now, out);
        break;
    case DOBOS_NEIGHBOR_DELAY:
        neighbor_enter(neighbor, DOBOS_NEIGHBOR_PROBE, now);
        neighbor_ask(neighbor, now, out);
        break;
    case DOBOS_NEIGHBOR_REACHABLE:
        if (now - neighbor->confirmed < neighbor->owner->reachable)
            timer_arm(neighbor->owner->wheel, &neighbor->timer,
                      neighbor->confirmed + neighbor->owner->reachable);
        else
            neighbor_enter(neighbor, DOBOS_NEIGHBOR_STALE, now);
        break;
    default: /* STALE, FAILED: nobody needed it for long */
        neighbor_destroy(neighbor);
        break;
    }
}
