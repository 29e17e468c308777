/*
 * translate_source: see translate_source.h. The outside address is one of the interface's, always
 * the same for a host inside as long as it has mappings (RFC 4787 REQ-2: paired). The router's own
 * flows get mappings, too: so neither takes a port that the other has.
 */
#include "host/translate_source.h"

#include "host/addresses.h"

/* Sessions that end at most so that a mapping may begin. */
#define ENDS_MOST 16

bool own_port_waits(const struct dobos_host *host, const struct session_key *key,
                    const struct interface *interface) {
    const struct flow flow = {.local = dobos_address_ipv4(key->destination),
                              .remote = dobos_address_ipv4(key->source),
                              .local_port = key->destination_port,
                              .remote_port = key->source_port,
                              .interface = interface->index,
                              .protocol = key->protocol};
    return port_find(&host->transport, &flow) != NULL;
}

/* ---- addresses ---- */

static bool is_usable(const struct dobos_interface_address *address) {
    return address->state == DOBOS_ADDRESS_READY;
}

/* The outside address for an inside host; 0: the interface has none. [rfc4787#2] [rfc7857#6]
 * [rfc7857#7] */
static uint32_t outside_address(const struct dobos_host *host, const struct interface *outside,
                                uint32_t inside) {
    const struct interface_addresses *addresses = &outside->addresses;
    const struct session_share *share = session_share_find(host->sessions, inside);
    uint32_t usable = 0;
    for (uint32_t i = 0; i < addresses->count; i++) {
        uint32_t number = dobos_address_ipv4_number(&addresses->entries[i].prefix.address);
        usable += is_usable(&addresses->entries[i]);
        if (share && share->paired == number && is_usable(&addresses->entries[i]))
            return number;
    }
    if (usable == 0)
        return 0;
    uint8_t bytes[4];
    store_be32(bytes, inside);
    uint32_t chosen = (uint32_t)(keyed_hash(&host->nat->key, bytes, sizeof(bytes)) % usable);
    for (uint32_t i = 0; i < addresses->count; i++) {
        if (is_usable(&addresses->entries[i]) && chosen-- == 0)
            return dobos_address_ipv4_number(&addresses->entries[i].prefix.address);
    }
    return 0;
}

/* ---- mappings ---- */

static struct nat_mapping *mapping_create(struct dobos_host *host, const struct session_key *key,
                                          const struct interface *outside, uint32_t address,
                                          uint16_t port, enum nat_kind kind) {
    const struct nat_mapping wanted = {.inside = key->source,
                                       .inside_port = key->source_port,
                                       .outside = address,
                                       .outside_port = port,
                                       .interface = outside->index,
                                       .protocol = key->protocol,
                                       .kind = (uint8_t)kind,
                                       .maker = key->destination,
                                       .maker_port = key->destination_port,
                                       .made = host->now};
    struct nat_mapping *mapping = nat_mapping_create(host->nat, &wanted);
    host->counters.nat_mappings += mapping != NULL;
    return mapping;
}

struct nat_mapping *source_of_forward(struct dobos_host *host, uint32_t address,
                                      const struct interface *outside,
                                      const struct dobos_nat_forward *forward) {
    const struct session_key key = {.source = dobos_address_ipv4_number(&forward->to.address),
                                    .source_port = nat_forward_port(forward),
                                    .protocol = forward->protocol};
    if (nat_find_outside(host->nat, forward->protocol, address, forward->port))
        return NULL;
    return mapping_create(host, &key, outside, address, forward->port, NAT_FORWARD);
}

/* A port that is neither another's nor waited at by the host itself; 0 with *reason. */
static uint16_t draw_port(struct dobos_host *host, const struct session_key *key,
                          const struct interface *outside, uint32_t address,
                          enum drop_reason *reason) {
    bool no_memory = false;
    for (unsigned i = 0; i < NAT_PORT_CHOICES; i++) {
        uint16_t port =
            nat_port_draw(host->nat, address, key->protocol, key->source_port, &no_memory);
        if (port == 0)
            break;
        const struct session_key incoming = {
            .destination = address, .destination_port = port, .protocol = key->protocol};
        if (!own_port_waits(host, &incoming, outside))
            return port;
    }
    *reason = no_memory ? DROP_NO_MEMORY : DROP_NAT_NO_PORT;
    return 0;
}

/* Where no port is left, the oldest flows that nobody has answered go for it, then those that have
 * ended: who takes them all does not keep others from beginning (attack J3). */
static uint16_t free_port(struct dobos_host *host, const struct session_key *key,
                          const struct interface *outside, uint32_t address,
                          enum drop_reason *reason) {
    uint16_t port = draw_port(host, key, outside, address, reason);
    for (unsigned i = 0; i < ENDS_MOST && port == 0 && *reason == DROP_NAT_NO_PORT; i++) {
        struct session *oldest = session_spare(host->sessions, key->protocol);
        if (!oldest)
            break;
        host->counters.sessions_evicted++;
        tracking_session_end(host, oldest);
        port = draw_port(host, key, outside, address, reason);
    }
    return port;
}

/* Whether an inside host may have one more; its own oldest that nobody has answered goes for it. */
static bool quota_has_room(struct dobos_host *host, uint32_t inside) {
    for (unsigned i = 0; i < ENDS_MOST; i++) {
        struct session_share *share = session_share_find(host->sessions, inside);
        if (!share || share->mappings < host->nat->quota)
            return true;
        struct list_node *oldest = list_first(&share->unanswered);
        if (!oldest)
            return false;
        host->counters.sessions_evicted++;
        tracking_session_end(host, container_of(oldest, struct session, by_share));
    }
    return false;
}

/* In one way whatever the load is: there is a port of its own, or none [rfc4787#15]. */
struct nat_mapping *source_of_inside(struct dobos_host *host, const struct session_key *key,
                                     const struct interface *outside, enum drop_reason *reason) {
    struct nat *nat = host->nat;
    struct nat_mapping *mapping =
        nat_find_inside(nat, key->protocol, key->source, key->source_port, outside->index);
    if (mapping)
        return mapping;
    *reason = DROP_NAT_QUOTA;
    if (!quota_has_room(host, key->source))
        return NULL;
    *reason = DROP_NAT_NO_ADDRESS;
    uint32_t address = outside_address(host, outside, key->source);
    if (address == 0)
        return NULL;
    const struct dobos_nat_forward *forward =
        nat_forward_to(nat, key->protocol, key->source, key->source_port);
    mapping = forward ? source_of_forward(host, address, outside, forward) : NULL;
    if (mapping)
        return mapping;
    uint16_t port = free_port(host, key, outside, address, reason);
    if (port == 0)
        return NULL;
    *reason = DROP_NO_MEMORY;
    mapping = mapping_create(host, key, outside, address, port, NAT_LEARNED);
    if (mapping)
        mapping->share->paired = address;
    return mapping;
}

struct nat_mapping *source_of_own(struct dobos_host *host, const struct session_key *key,
                                  const struct interface *outside, enum drop_reason *reason) {
    struct nat_mapping *mapping =
        nat_find_inside(host->nat, key->protocol, key->source, key->source_port, outside->index);
    if (mapping)
        return mapping;
    uint16_t port = key->source_port;
    if (nat_port_is_taken(host->nat, key->source, key->protocol, port))
        port = free_port(host, key, outside, key->source, reason);
    if (port == 0)
        return NULL;
    *reason = DROP_NO_MEMORY;
    return mapping_create(host, key, outside, key->source, port, NAT_OWN);
}
