/*
 * translate_own: what the host itself sends, where flows are tracked; what was translated and could
 * not be sent; and addresses that come and go.
 *
 * An own flow out of an outside interface has a mapping like that of a host inside, from the same
 * table of ports: nearly always to its own port, and to another one where a host inside has that
 * already. So neither can take what belongs to the other.
 */
#include "host/addresses.h"
#include "host/arrival.h"
#include "host/errors.h"
#include "host/fates.h"
#include "host/translate.h"
#include "host/translate_source.h"

#include "network/ipv4_layer.h"
#include "network/nat_rewrite.h"
#include "wire/tcp.h"

static bool is_trackable(const struct dobos_host *host, const struct ipv4 *ipv4,
                         const struct path *path) {
    return path->interface != LOOPBACK && !path->broadcast && !path->has_link &&
           host_address_owner(host, &ipv4->source);
}

/* What is sent from an inside address of the router's own leaves as a host inside would. */
static bool is_from_inside(const struct dobos_host *host, uint32_t source,
                           const struct interface *way) {
    const struct dobos_address address = dobos_address_ipv4(source);
    const struct interface *owner =
        host->nat && way->is_outside ? host_address_owner(host, &address) : NULL;
    return owner && !owner->is_outside;
}

/* What stands for the source of an own flow out of an outside interface; NULL: nothing does. */
static struct nat_mapping *own_source(struct dobos_host *host, const struct session_key *key,
                                      const struct interface *way, enum drop_reason *reason) {
    const struct dobos_address address = dobos_address_ipv4(key->source);
    if (!host->nat || !way->is_outside || key->source_port == 0)
        return NULL;
    if (is_from_inside(host, key->source, way))
        return source_of_inside(host, key, way, reason);
    return host_address_owner(host, &address) == way ? source_of_own(host, key, way, reason) : NULL;
}

/* A flow of the host's own that is not known yet, or any more. */
static struct session *own_begin(struct dobos_host *host, const struct session_key *key,
                                 const struct session_segment *segment, const struct interface *way,
                                 enum drop_reason *reason) {
    struct session_key after = *key;
    *reason = DROP_NONE;
    struct nat_mapping *source = own_source(host, key, way, reason);
    if (!source && *reason != DROP_NONE)
        return NULL;
    if (source) {
        after.source = source->outside;
        after.source_port = source->outside_port;
        if (key->protocol == PROTOCOL_ICMP)
            after.destination_port = source->outside_port;
    }
    const struct tracking_wish wish = {.origin = *key,
                                       .reply = session_key_turned(&after),
                                       .owner = key->source,
                                       .source = source,
                                       .segment = segment};
    return tracking_session_create(host, &wish, reason);
}

/* Whether a packet of no session may leave as it is: from no port that is another's, nor from an
 * inside address. */
static bool may_leave_untracked(const struct dobos_host *host, const struct session_key *key,
                                const struct interface *way) {
    return !host->nat ||
           (!nat_find_outside(host->nat, key->protocol, key->source, key->source_port) &&
            !is_from_inside(host, key->source, way));
}

enum drop_reason translate_outgoing(struct dobos_host *host, struct dobos_packet *packet,
                                    const struct path *path) {
    const uint8_t *bytes = packet_pull(packet, IPV4_HEADER_BYTES);
    if (!bytes)
        return DROP_NONE;
    const struct ipv4 ipv4 = {.source = dobos_address_ipv4(load_be32(bytes + 12)),
                              .destination = dobos_address_ipv4(load_be32(bytes + 16)),
                              .protocol = bytes[9]};
    if (!is_trackable(host, &ipv4, path))
        return DROP_NONE;
    const struct interface *way = host_interface(host, path->interface);
    struct session_key key;
    struct session_segment segment = {.flags = 0};
    enum session_direction direction = SESSION_ORIGIN;
    enum drop_reason reason = DROP_NONE;
    packet->transport_offset = (uint16_t)((bytes[0] & 15) * 4);
    enum session_kind kind = session_key_read(packet, &ipv4, &key);
    if (kind == SESSION_KIND_ERROR || kind == SESSION_KIND_UNKNOWN ||
        (key.protocol == PROTOCOL_TCP && !session_segment_read(packet, &segment)))
        return DROP_NONE;
    struct session *session = session_find(host->sessions, &key, &direction);
    enum session_track track = TRACK_ESTABLISHED;
    if (session) {
        track = session_judge(session, direction, &segment);
    } else {
        if (kind == SESSION_KIND_ANSWER || (segment.flags & TCP_RST))
            return is_from_inside(host, key.source, way) ? DROP_NAT_STATE : DROP_NONE;
        session = own_begin(host, &key, &segment, way, &reason);
    }
    if (!session)
        return may_leave_untracked(host, &key, way) ? DROP_NONE : reason;
    session_advance(host->sessions, session, direction, &segment, track, packet->length, host->now);
    nat_session_advance(session, direction, host->now);
    const struct session_key after = session_key_turned(&session->sides[1 - direction].key);
    if (is_from_inside(host, after.source, way)) /* its flow came by another way */
        return DROP_NAT_STATE;
    if (session_key_is_equal(&key, &after))
        return DROP_NONE;
    host->counters.nat_translated++;
    return nat_rewrite(packet, &after) ? DROP_NONE : DROP_NO_MEMORY;
}

void translate_undo(struct dobos_host *host, struct dobos_packet *packet, struct ipv4 *ipv4) {
    struct session_key key;
    enum session_direction direction;
    enum session_kind kind = session_key_read(packet, ipv4, &key);
    if (kind == SESSION_KIND_ERROR || kind == SESSION_KIND_UNKNOWN || ipv4->fragment_offset != 0)
        return;
    const struct session_key turned = session_key_turned(&key);
    const struct session *session = session_find(host->sessions, &turned, &direction);
    if (!session || session_key_is_equal(&session->sides[1 - direction].key, &key))
        return;
    enum drop_reason reason;
    if (nat_rewrite(packet, &session->sides[1 - direction].key))
        (void)ipv4_receive(packet, ipv4, &reason);
}

struct dobos_address translate_own_error_source(const struct dobos_host *host,
                                                const struct path *path) {
    const struct interface *way = host_interface(host, path->interface);
    const struct interface *owner = host_address_owner(host, &path->source);
    const struct dobos_interface_address *best =
        interface_addresses_source(&way->addresses, &path->next_hop);
    return host->nat && way->is_outside && owner && !owner->is_outside && best
               ? best->prefix.address
               : path->source;
}

/* ---- addresses ---- */

void translate_address_ready(struct dobos_host *host, const struct interface *interface,
                             const struct dobos_address *address) {
    if (!host->nat || !interface->is_outside)
        return;
    for (uint32_t i = 0; i < host->nat->forward_count; i++)
        (void)source_of_forward(host, dobos_address_ipv4_number(address), interface,
                                &host->nat->forwards[i]); /* else when it is asked for */
}

void translate_forwards_open(struct dobos_host *host) {
    for (uint32_t i = 0; i < host->interface_count; i++) {
        const struct interface_addresses *addresses = &host->interfaces[i]->addresses;
        for (uint32_t k = 0; k < addresses->count; k++) {
            if (addresses->entries[k].state == DOBOS_ADDRESS_READY)
                translate_address_ready(host, host->interfaces[i],
                                        &addresses->entries[k].prefix.address);
        }
    }
}

void translate_address_lost(struct dobos_host *host, const struct dobos_address *address) {
    if (host->nat)
        nat_address_lost(host->nat, dobos_address_ipv4_number(address));
}

/* ---- SYNs that waited ---- */

/* [rfc5382#6] [rfc5382#7] */
void translate_on_timer(struct dobos_host *host) {
    struct nat_syn syn;
    struct ipv4 ipv4;
    enum drop_reason reason;
    enum session_direction direction;
    while (nat_held_take(&host->nat->held, host->now, &syn)) {
        bool told = false;
        if (!session_find(host->sessions, &syn.key, &direction) &&
            ipv4_receive(syn.packet, &ipv4, &reason) == VERDICT_DELIVER)
            told = error_report(host, syn.packet, &ipv4, DROP_NAT_SYN, 0);
        if (host->fates)
            fate_dropped(host, syn.packet->number, DROP_NAT_SYN, told);
        dobos_packet_release(syn.packet);
    }
    timer_arm(&host->wheel, &host->nat->timer, nat_held_next(&host->nat->held));
}
