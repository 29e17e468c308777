/*
 * translate: a packet's way through the tracking of flows and NAT.
 *
 *     translate_arrival     whose flow is it? where does it lead?     nothing changes
 *     (path, filter, time to live, MTU)
 *     translate_departure   a new flow begins: its source's mapping
 *     translate_apply       the flow takes note of it; addresses and ports change
 *
 * Outside are the interfaces whose addresses stand for others. What comes in there goes on only by
 * a flow or mapping; what says that it is from inside never does (attack J6). A mapping is an
 * inside host's alone: whatever port another one sends from, it gets one that is free (J4).
 */
#include "host/translate.h"

#include "host/addresses.h"
#include "host/ingress.h"
#include "host/paths.h"
#include "host/translate_refuse.h"
#include "host/translate_source.h"

#include "base/checksum.h"
#include "network/nat_rewrite.h"
#include "wire/tcp.h"

/* ---- arrival ---- */

/* What is for many, or from nobody yet, is no flow. */
static bool is_trackable(const struct arrival *arrival) {
    uint32_t destination = load_be32(arrival->ipv4.destination.bytes + 12);
    return arrival->interface->index != LOOPBACK && !arrival->packet->link_broadcast &&
           destination >> 28 < 0xe && load_be32(arrival->ipv4.source.bytes + 12) != 0;
}

static void translation_begin(struct arrival *arrival) {
    struct translation *t = &arrival->translation;
    t->kind = session_key_read(arrival->packet, &arrival->ipv4, &t->key);
    t->before = (struct tuple){.source = arrival->ipv4.source,
                               .destination = arrival->ipv4.destination,
                               .protocol = arrival->ipv4.protocol};
    t->before.has_ports = t->kind == SESSION_KIND_PORTS || t->kind == SESSION_KIND_ANSWER;
    if (t->before.has_ports) {
        t->before.source_port = t->key.source_port;
        t->before.destination_port = t->key.destination_port;
    }
    if (t->kind == SESSION_KIND_PORTS && t->key.protocol == PROTOCOL_TCP &&
        !session_segment_read(arrival->packet, &t->segment))
        t->kind = SESSION_KIND_UNKNOWN;
    t->after = t->before;
    t->is_forwarded = t->has_changed = t->is_renumbered = false;
    t->track = TRACK_INVALID;
    t->session = NULL;
    t->target = NULL;
    arrival->is_translated = true;
}

/* The packet will be one of `after`. */
static void become(struct dobos_host *host, struct translation *t,
                   const struct session_key *after) {
    if (after->source != t->key.source)
        t->after.source = dobos_address_ipv4(after->source);
    if (after->destination != t->key.destination) {
        t->after.destination = dobos_address_ipv4(after->destination);
        t->is_forwarded = !host_address_owner(host, &t->after.destination);
    }
    t->after.source_port = after->source_port;
    t->after.destination_port = after->destination_port;
    t->has_changed = !session_key_is_equal(&t->key, after);
}

static enum verdict refuse(struct dobos_host *host, struct arrival *arrival,
                           enum drop_reason reason) {
    arrival_drop(host, arrival, reason);
    return VERDICT_DROP;
}

/* To an address that is known outside. */
static bool is_for_outside(const struct dobos_host *host, const struct arrival *arrival) {
    const struct interface *owner = host_address_owner(host, &arrival->ipv4.destination);
    return owner && owner->is_outside;
}

/* From outside to somebody who is not there, as far as they know outside: at once, so that nothing
 * is said of what is inside (attack J6). An interface without address may be leasing one. */
static bool is_astray(const struct dobos_host *host, const struct arrival *arrival) {
    const struct interface *interface = arrival->interface;
    return host->nat && interface->is_outside && interface_addresses_ready(&interface->addresses) &&
           !is_for_outside(host, arrival) &&
           !host_address_is_broadcast(host, interface, &arrival->ipv4.destination);
}

/* What comes from outside may not say that it is from inside, nor go where nothing leads it; what
 * comes from inside may not say that it is from outside. */
static bool is_from_wrong_side(const struct dobos_host *host, const struct arrival *arrival,
                               const struct session *session) {
    const enum session_direction direction = arrival->translation.direction;
    if (!host->nat || (session->source && session->source->kind == NAT_OWN))
        return false;
    const bool from_outside = arrival->interface->is_outside;
    if (session->source && session->target) /* both ends are inside */
        return from_outside;
    if (session->source || session->target)
        return (direction == (session->source ? SESSION_ORIGIN : SESSION_REPLY)) == from_outside;
    return is_astray(host, arrival);
}

/* A packet of a flow goes where the flow goes, also one that is out of its window, and a reset
 * [rfc7857#4]: its end will judge it better. */
static enum verdict follow_session(struct dobos_host *host, struct arrival *arrival) {
    struct translation *t = &arrival->translation;
    struct session *session = t->session;
    if (is_from_wrong_side(host, arrival, session))
        return refuse(host, arrival, DROP_NAT_NO_MAPPING);
    t->track = session_judge(session, t->direction, &t->segment);
    const struct session_key after = session_key_turned(&session->sides[1 - t->direction].key);
    become(host, t, &after);
    return VERDICT_DELIVER;
}

/* An ICMP error goes to whoever sent the packet that it quotes; who is hidden from him says it from
 * the address that he knows. [rfc5508#11] [rfc5508#13] [rfc5508#15] [rfc5508#17] [rfc5508#20]
 * [rfc5508#21] [rfc7857#17] [rfc4787#17] [rfc4787#18] [rfc5382#15] */
static enum verdict follow_error(struct dobos_host *host, struct arrival *arrival) {
    struct translation *t = &arrival->translation;
    const struct session_key sent = session_key_turned(&t->key);
    struct session *session =
        t->kind == SESSION_KIND_ERROR ? session_find(host->sessions, &sent, &t->direction) : NULL;
    if (session &&
        t->key.source != load_be32(arrival->ipv4.destination.bytes + 12)) /* told to another */
        session = NULL;
    if (session)
        t->session = session;
    if (session && is_from_wrong_side(host, arrival, session))
        session = t->session = NULL;
    if (!session) { /* [rfc5508#10] */
        if (host->nat && arrival->interface->is_outside)
            return refuse(host, arrival, DROP_NAT_ICMP);
        return VERDICT_DELIVER;
    }
    const struct session_key *from = &session->sides[t->direction].key;
    const struct session_key *to = &session->sides[1 - t->direction].key;
    t->track = TRACK_RELATED;
    if (to->source != from->destination) {
        t->after.destination = dobos_address_ipv4(to->source);
        t->is_forwarded = !host_address_owner(host, &t->after.destination);
    }
    if (from->source != to->destination)
        t->after.source = dobos_address_ipv4(to->destination);
    t->has_changed = to->source != from->destination || from->source != to->destination ||
                     to->source_port != from->destination_port ||
                     to->destination_port != from->source_port;
    return VERDICT_DELIVER;
}

/* What an outside address and port leads to; NULL: the host itself. */
static struct nat_mapping *mapping_at(struct dobos_host *host, const struct session_key *key,
                                      const struct interface *owner) {
    struct nat_mapping *mapping =
        nat_find_outside(host->nat, key->protocol, key->destination, key->destination_port);
    if (mapping)
        return mapping->kind == NAT_OWN ? NULL : mapping;
    const struct dobos_nat_forward *forward =
        nat_forward_find(host->nat, key->protocol, key->destination_port);
    return forward ? source_of_forward(host, key->destination, owner, forward) : NULL;
}

/* A packet of no flow to an outside address. From inside, too: so the hosts inside reach each other
 * (hairpinning; whoever is inside is no stranger there). [rfc4787#11] [rfc4787#10] [rfc5382#4] */
static enum verdict find_target(struct dobos_host *host, struct arrival *arrival,
                                const struct interface *owner) {
    struct translation *t = &arrival->translation;
    const bool is_outside = arrival->interface->is_outside;
    if (own_port_waits(host, &t->key, arrival->interface))
        return VERDICT_DELIVER;
    struct nat_mapping *mapping = mapping_at(host, &t->key, owner);
    if (!mapping) {
        if (is_outside && translation_is_syn(t))
            return refuse_stranger(host, arrival, DROP_NAT_NO_MAPPING);
        return VERDICT_DELIVER;
    }
    if (is_outside && !nat_admits(host->nat, mapping, t->key.source, host->now))
        return refuse_stranger(host, arrival, DROP_NAT_FILTERED);
    if (t->track != TRACK_NEW)
        return refuse(host, arrival, DROP_NAT_STATE);
    struct session_key after = t->key;
    after.destination = mapping->inside;
    after.destination_port = mapping->inside_port;
    t->target = mapping;
    become(host, t, &after);
    return VERDICT_DELIVER;
}

/* A packet of no flow. An ICMP query to an outside address is for the router itself: its identifier
 * is the sender's choice. [rfc5508#23] */
static enum verdict follow_nothing(struct dobos_host *host, struct arrival *arrival) {
    struct translation *t = &arrival->translation;
    bool has_ports = t->kind == SESSION_KIND_PORTS;
    if (has_ports || t->kind == SESSION_KIND_BARE)
        t->track =
            t->key.protocol != PROTOCOL_TCP || translation_is_syn(t) ? TRACK_NEW : TRACK_INVALID;
    if (!host->nat || !has_ports || t->key.protocol == PROTOCOL_ICMP)
        return VERDICT_DELIVER;
    const struct interface *owner = host_address_owner(host, &arrival->ipv4.destination);
    return owner && owner->is_outside ? find_target(host, arrival, owner) : VERDICT_DELIVER;
}

/* An ICMP query belongs to a flow only as who began it sends it. */
static bool is_of_session(const struct translation *t) {
    return t->session && (t->key.protocol != PROTOCOL_ICMP ||
                          (t->kind == SESSION_KIND_PORTS) == (t->direction == SESSION_ORIGIN));
}

enum verdict translate_arrival(struct dobos_host *host, struct arrival *arrival) {
    struct translation *t = &arrival->translation;
    if (!host->sessions || !is_trackable(arrival))
        return VERDICT_DELIVER;
    translation_begin(arrival);
    if (t->kind == SESSION_KIND_ERROR)
        return follow_error(host, arrival);
    if (t->kind != SESSION_KIND_UNKNOWN)
        t->session = session_find(host->sessions, &t->key, &t->direction);
    if (is_of_session(t))
        return follow_session(host, arrival);
    t->session = NULL;
    if (is_astray(host, arrival))
        return refuse(host, arrival, DROP_NAT_NO_MAPPING);
    if (host->nat && arrival->interface->is_outside &&
        ingress_is_nat_inside(host, &arrival->ipv4.source))
        return refuse(host, arrival, DROP_IP_SOURCE);
    return t->kind == SESSION_KIND_UNKNOWN ? VERDICT_DELIVER : follow_nothing(host, arrival);
}

/* ---- departure ---- */

/* A new flow, from the outside address that stands for its source where there is one. */
static enum drop_reason flow_begin(struct dobos_host *host, struct translation *t,
                                   struct nat_mapping *source, uint32_t owner) {
    enum drop_reason reason;
    struct session_key after = {.source = source ? source->outside : t->key.source,
                                .source_port = source ? source->outside_port : t->key.source_port,
                                .destination = t->target ? t->target->inside : t->key.destination,
                                .destination_port =
                                    t->target ? t->target->inside_port : t->key.destination_port,
                                .protocol = t->key.protocol};
    if (t->key.protocol == PROTOCOL_ICMP)
        after.destination_port = after.source_port;
    const struct tracking_wish wish = {.origin = t->key,
                                       .reply = session_key_turned(&after),
                                       .owner = owner,
                                       .source = source,
                                       .target = t->target,
                                       .segment = &t->segment};
    t->session = tracking_session_create(host, &wish, &reason);
    t->target = NULL; /* the session has it now, or it may have ended */
    if (!t->session)
        return reason;
    t->direction = SESSION_ORIGIN;
    become(host, t, &after);
    return DROP_NONE;
}

/* A flow that leaves by another interface than it did: it has no place in the NAT there. */
static bool has_strayed(const struct translation *t, bool leaves_outside) {
    return leaves_outside && !t->session->source && !t->session->target;
}

/* A new flow of a host inside: [rfc4787#1] [rfc5382#1] [rfc5508#1] [rfc5508#2]; to another host
 * inside by its outside address, from its own outside one: [rfc4787#12] [rfc5382#13]
 * [rfc5382#14] */
static enum drop_reason begin_from_inside(struct dobos_host *host, const struct arrival *arrival,
                                          struct translation *t, const struct interface *outside) {
    enum drop_reason reason = DROP_NAT_PROTOCOL;
    if (t->kind == SESSION_KIND_BARE)
        return reason;
    if (t->track != TRACK_NEW)
        return refuse_unknown(host, arrival);
    if (t->target)
        t->target->sessions++; /* held: room may be made for the source's mapping */
    struct nat_mapping *source = source_of_inside(host, &t->key, outside, &reason);
    if (source) {
        struct nat_mapping *target = t->target;
        reason = flow_begin(host, t, source, t->key.source);
        t->target = target;
    }
    if (t->target)
        nat_mapping_release(host->nat, t->target);
    t->target = NULL;
    return reason;
}

/* Fragments of one source, destination and protocol that leave with one outside address must not
 * share a number (RFC 6864 §5.3.1) [rfc7857#16]. */
static void number_choose(struct translation *t, const struct arrival *arrival,
                          const struct path *path) {
    t->is_renumbered = t->has_changed && !arrival->ipv4.dont_fragment &&
                       ipv4_segment_bytes(arrival->packet) > path->mtu;
}

enum drop_reason translate_departure(struct dobos_host *host, struct arrival *arrival,
                                     const struct path *path) {
    struct translation *t = &arrival->translation;
    enum drop_reason reason = DROP_NONE;
    if (!arrival->is_translated)
        return DROP_NONE;
    const struct interface *way = host_interface(host, path->interface);
    bool from_outside = host->nat && arrival->interface->is_outside;
    bool to_outside = host->nat && way->is_outside && !from_outside;
    if (from_outside && way->is_outside) /* from outside nothing leads outside again */
        return DROP_NAT_NO_MAPPING;
    if (t->session && has_strayed(t, to_outside)) {
        if (t->track == TRACK_RELATED)
            return DROP_NAT_ICMP;
        tracking_session_end(host, t->session);
        t->session = NULL;
        t->track =
            t->key.protocol != PROTOCOL_TCP || translation_is_syn(t) ? TRACK_NEW : TRACK_INVALID;
    }
    if (!t->session) {
        if (from_outside && !t->target) /* attack J6 */
            reason = DROP_NAT_NO_MAPPING;
        else if (to_outside || (t->target && !from_outside))
            reason = begin_from_inside(
                host, arrival, t, t->target ? host_interface(host, t->target->interface) : way);
        else if (t->target || t->track == TRACK_NEW ||
                 (t->kind == SESSION_KIND_PORTS && !(t->segment.flags & TCP_RST)))
            reason = flow_begin(host, t, NULL, t->target ? t->target->inside : t->key.source);
    }
    number_choose(t, arrival, path);
    return reason;
}

/* ---- applying ---- */

/* The packet's own number in place of its sender's. */
static void renumber(struct dobos_host *host, const struct arrival *arrival) {
    const struct translation *t = &arrival->translation;
    size_t at = arrival->packet->network_offset;
    uint8_t *bytes = packet_pull(arrival->packet, at + IPV4_HEADER_BYTES);
    if (!bytes)
        return;
    uint16_t number = ipv4_identification(&host->id_key, &t->after.source, &t->after.destination,
                                          t->after.protocol, &host->id_counter);
    store_be16(bytes + at + 10,
               checksum_update(load_be16(bytes + at + 10), load_be16(bytes + at + 4), number));
    store_be16(bytes + at + 4, number);
}

bool translate_apply(struct dobos_host *host, struct arrival *arrival) {
    struct translation *t = &arrival->translation;
    struct dobos_packet *packet = arrival->packet;
    if (!arrival->is_translated || !t->session)
        return true;
    if (t->track != TRACK_RELATED) { /* [rfc5508#18] [rfc4787#16] [rfc5382#16] */
        session_advance(host->sessions, t->session, t->direction, &t->segment, t->track,
                        packet->length - packet->network_offset, host->now);
        nat_session_advance(t->session, t->direction, host->now);
    }
    if (!t->has_changed)
        return true;
    host->counters.nat_translated++;
    if (t->is_renumbered)
        renumber(host, arrival);
    if (t->track == TRACK_RELATED)
        return nat_rewrite_error(packet, dobos_address_ipv4_number(&t->after.source),
                                 dobos_address_ipv4_number(&t->after.destination),
                                 &t->session->sides[1 - t->direction].key);
    const struct session_key after = session_key_turned(&t->session->sides[1 - t->direction].key);
    return nat_rewrite(packet, &after);
}

bool translate_delivered(struct dobos_host *host, struct arrival *arrival) {
    struct translation *t = &arrival->translation;
    if (!arrival->is_translated)
        return true;
    if (!t->session && t->track == TRACK_NEW && !arrival->broadcast)
        (void)flow_begin(host, t, NULL, t->key.source); /* else it passes untracked */
    if (!translate_apply(host, arrival))
        return false;
    arrival->ipv4.source = t->after.source;
    arrival->ipv4.destination = t->after.destination;
    return true;
}
