/*
 * neighbor_receive: an ARP packet came in (RFC 826 "Packet Reception", with the restrictions of RFC
 * 4861 §7.2.3–7.2.5 and RFC 5227).
 *
 * What it may do, by what we know of its sender:
 *
 *   - nothing: a request to us is remembered as hearsay (STALE); all else is not
 *   - INCOMPLETE: any word of the sender's own resolves it; the reply that we asked for makes it
 *     REACHABLE, all else STALE
 *   - FAILED: a request or an announcement revives it as hearsay; a reply that nobody asked for
 *     does nothing (attack A4)
 *   - the same MAC: a reply that we asked for confirms it; all else lets it live longer
 *   - another MAC: a claim; the known one is probed (attack A5)
 */
#include "link/ethernet_layer.h"
#include "link/neighbor_table.h"

#include "base/prefix.h"

/* Whether the sender's addresses can be a station's (attack A8). */
/* [rfc1812#20] */
static bool sender_is_possible(const struct arp *arp) {
    uint32_t sender = dobos_address_ipv4_number(&arp->sender);
    if (mac_is_group(&arp->sender_mac) || mac_is_zero(&arp->sender_mac))
        return false;
    if (sender == 0)
        return true; /* an ARP probe (RFC 5227 §1.1) */
    return !ipv4_is_this_network(sender) && !ipv4_is_multicast(sender) &&
           !ipv4_is_limited_broadcast(sender) && !ipv4_is_loopback(sender) &&
           !ipv4_is_reserved(sender);
}

/* Somebody uses our address: it is defended, seldom enough that two stubborn hosts do not shout at
 * each other for ever (RFC 5227 §2.4 b) [rfc5227#11]. */
static void neighbor_on_conflict(struct neighbors *neighbors, const struct arp *arp, dobos_time now,
                                 struct packet_queue *out) {
    neighbors->conflicts++;
    if (neighbors->defended != NEIGHBOR_NOT_YET && now - neighbors->defended < NEIGHBOR_DEFEND_NS)
        return;
    neighbors->defended = now;
    neighbor_announce(neighbors, &arp->sender, out);
}

/* Sends what waited for an entry that has just got its link address. */
static void neighbor_flush(struct neighbor *neighbor, dobos_time now, struct packet_queue *out) {
    struct neighbors *neighbors = neighbor->owner;
    if (neighbor->waiting.packets > 0 && neighbor->state == DOBOS_NEIGHBOR_STALE)
        neighbor_enter(neighbor, DOBOS_NEIGHBOR_DELAY, now);
    for (struct dobos_packet *packet = packet_queue_take(&neighbor->waiting); packet;
         packet = packet_queue_take(&neighbor->waiting)) {
        neighbors->waiting--;
        if (ethernet_transmit(packet, &neighbor->mac, &neighbors->mac, ETHER_TYPE_IPV4)) {
            packet_queue_append(out, packet);
        } else {
            dobos_packet_release(packet);
            neighbors->dropped_waiting++;
        }
    }
}

/* Another link address claims to be a known neighbour: ask the known one. */
static void neighbor_on_claim(struct neighbor *neighbor, const struct dobos_mac *mac,
                              dobos_time now, struct packet_queue *out) {
    neighbor->claimed = *mac;
    neighbor->has_claim = true;
    if (neighbor->state == DOBOS_NEIGHBOR_PROBE)
        return;
    neighbor_enter(neighbor, DOBOS_NEIGHBOR_PROBE, now);
    neighbor_ask(neighbor, now,
                 out); /* later, by the timer, when it was asked less than a second ago */
}

/* A known neighbour's word about itself [rfc826#3]. `answered`: a reply to a request of ours.
 * False: it changed nothing. */
/* DEVIATION: [rfc826#3] a changed link address is not taken over before the old one was asked
 * (attack A5). */
static bool neighbor_on_word(struct neighbor *neighbor, const struct arp *arp, bool answered,
                             dobos_time now, struct packet_queue *out) {
    switch (neighbor->state) {
    case DOBOS_NEIGHBOR_FAILED:
        if (arp->operation == ARP_REPLY)
            return false;
        neighbor->mac = arp->sender_mac;
        neighbor_enter(neighbor, DOBOS_NEIGHBOR_STALE, now);
        return true;
    case DOBOS_NEIGHBOR_INCOMPLETE:
        neighbor->mac = arp->sender_mac;
        if (answered)
            neighbor_on_confirmation(neighbor, now);
        else
            neighbor_enter(neighbor, DOBOS_NEIGHBOR_STALE, now);
        neighbor_flush(neighbor, now, out);
        return true;
    default:
        break;
    }
    if (!mac_is_equal(&neighbor->mac, &arp->sender_mac)) {
        neighbor_on_claim(neighbor, &arp->sender_mac, now, out);
        return true;
    }
    if (answered && neighbor->state == DOBOS_NEIGHBOR_PROBE)
        neighbor_on_confirmation(neighbor, now);
    else if (arp->operation == ARP_REPLY)
        return false;
    else if (neighbor->state == DOBOS_NEIGHBOR_STALE)
        neighbor_enter(neighbor, DOBOS_NEIGHBOR_STALE, now);
    return true;
}

/* The answer to a request for our address, to its sender alone [rfc826#5] [rfc826#10] [rfc5227#13].
 */
static void neighbor_reply(struct neighbors *neighbors, const struct arp *request,
                           struct packet_queue *out) {
    struct arp reply = {
        .operation = ARP_REPLY,
        .sender_mac = neighbors->mac,
        .sender = request->target,
        .target_mac = request->sender_mac,
        .target = request->sender,
    };
    if (arp_transmit(neighbors->pool, &reply, &request->sender_mac, out))
        neighbors->replies_sent++;
}

static enum verdict drop(enum drop_reason *reason, enum drop_reason why) {
    *reason = why;
    return VERDICT_DROP;
}

/* Only requests are answered [rfc826#9], and only those to us make an entry [rfc826#11]. */
enum verdict neighbor_receive(struct neighbors *neighbors, const struct arp *arp,
                              bool target_is_ours, enum arp_sender sender, dobos_time now,
                              struct packet_queue *out, enum drop_reason *reason) {
    if (arp->operation != ARP_REQUEST && arp->operation != ARP_REPLY)
        return drop(reason, DROP_ARP_IGNORED);
    if (!sender_is_possible(arp))
        return drop(reason, DROP_ARP_BAD_SENDER);
    bool request = arp->operation == ARP_REQUEST;
    if (request)
        neighbors->requests_received++;
    else
        neighbors->replies_received++;
    if (mac_is_equal(&arp->sender_mac, &neighbors->mac))
        return drop(reason, DROP_ARP_IGNORED); /* our own word, come back */
    if (sender == ARP_SENDER_OURS)
        neighbor_on_conflict(neighbors, arp, now, out);
    if (sender != ARP_SENDER_OTHER)
        return drop(reason, DROP_ARP_BAD_SENDER);
    bool used = false;
    bool probe = dobos_address_is_unspecified(&arp->sender);
    struct neighbor *neighbor = probe ? NULL : neighbor_find(neighbors, &arp->sender);
    if (neighbor) {
        bool answered = !request && (target_is_ours ||
                                     dobos_address_is_equal(&arp->target, &neighbor->asked_as));
        used = neighbor_on_word(neighbor, arp, answered, now, out);
    } else if (request && target_is_ours && !probe) { /* [rfc826#4] [rfc826#8] */
        neighbor = neighbor_create(neighbors, &arp->sender, false);
        if (neighbor) {
            neighbor->mac = arp->sender_mac;
            neighbor->asker = arp->target;
            neighbor_enter(neighbor, DOBOS_NEIGHBOR_STALE, now);
        }
    }
    if (request && target_is_ours) {
        neighbor_reply(neighbors, arp, out);
        used = true;
    }
    return used ? VERDICT_DELIVER : drop(reason, DROP_ARP_IGNORED);
}
