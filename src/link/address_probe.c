/* address_probe: see address_probe.h. */
#include "link/address_probe.h"

/* Uniform enough in 0 … span: the span is a tiny part of 2^64. */
static dobos_time spread(uint64_t random, dobos_time span) {
    return (dobos_time)(random % (uint64_t)(span + 1));
}

/* Those who are switched on together shall not probe together [rfc5227#2]. */
dobos_time address_probe_begin(struct address_probe *probe, uint64_t random, dobos_time now) {
    probe->probes = 0;
    probe->announcements = 0;
    return now + spread(random, PROBE_WAIT_NS);
}

/* Three probes and two announcements, and never again [rfc5227#10]. [rfc5227#3] [rfc5227#6] */
enum address_probe_action address_probe_on_timer(struct address_probe *probe, uint64_t random,
                                                 dobos_time now, dobos_time *next) {
    if (probe->probes < PROBE_NUM) {
        probe->probes++;
        *next = probe->probes == PROBE_NUM
                    ? now + PROBE_ANNOUNCE_WAIT_NS
                    : now + PROBE_MIN_NS + spread(random, PROBE_MAX_NS - PROBE_MIN_NS);
        return ADDRESS_PROBE_ASK;
    }
    probe->announcements++;
    *next =
        probe->announcements < PROBE_ANNOUNCE_NUM ? now + PROBE_ANNOUNCE_INTERVAL_NS : DOBOS_NEVER;
    return probe->announcements == 1 ? ADDRESS_PROBE_READY : ADDRESS_PROBE_ANNOUNCE;
}

/* Whoever sends as that address has it, be it a request or a reply [rfc5227#4]; whoever probes for
 * it is about to take it [rfc5227#5]. */
bool address_probe_is_conflict(const struct address_probe *probe, const struct arp *arp) {
    if (probe->announcements > 0)
        return false;
    if (dobos_address_is_equal(&arp->sender, &probe->address))
        return true;
    return arp->operation == ARP_REQUEST && dobos_address_is_unspecified(&arp->sender) &&
           dobos_address_is_equal(&arp->target, &probe->address);
}
