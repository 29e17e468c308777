/*
 * nat: see nat.h. Mappings are found from both sides by keyed hashes, and whom one has sent to by
 * another, so that no packet costs more where there are many.
 *
 * The filtering's default is address-dependent: RFC 4787 REQ-8 and 5382 REQ-3 leave the choice
 * between openness (endpoint-independent) and this; a home's router should be shut to strangers,
 * and programs that let peers meet work with it.
 */
#include "network/nat.h"

#include "base/assert.h"

/* ---- making it ---- */

static int forward_check(const struct dobos_nat_forward *forward) {
    uint32_t to = dobos_address_ipv4_number(&forward->to.address);
    bool is_unicast = to >> 24 != 0 && to >> 24 != 127 && to >> 28 < 0xe;
    bool has_ports = forward->protocol == PROTOCOL_TCP || forward->protocol == PROTOCOL_UDP;
    return has_ports && forward->port != 0 && is_unicast ? 0 : -DOBOS_EINVAL;
}

static int forwards_copy(struct nat *nat, const struct dobos_nat_config *config) {
    for (uint32_t i = 0; i < config->forward_count; i++) {
        int result = forward_check(&config->forwards[i]);
        if (result < 0)
            return result;
        for (uint32_t k = 0; k < i; k++) {
            if (config->forwards[k].protocol == config->forwards[i].protocol &&
                config->forwards[k].port == config->forwards[i].port)
                return -DOBOS_EEXIST;
        }
    }
    if (config->forward_count == 0)
        return 0;
    size_t bytes = config->forward_count * sizeof(*nat->forwards);
    nat->forwards = allocator_allocate_raw(nat->allocator, bytes, "nat forwards");
    if (!nat->forwards)
        return -DOBOS_ENOMEM;
    memcpy(nat->forwards, config->forwards, bytes);
    nat->forward_count = config->forward_count;
    return 0;
}

int nat_create(struct nat **nat, const struct dobos_nat_config *config, struct allocator *allocator,
               struct session_table *sessions, const struct hash_key *key,
               const struct hash_key *port_key) {
    struct nat *made = allocator_allocate(allocator, sizeof(*made), "nat");
    if (!made)
        return -DOBOS_ENOMEM;
    made->allocator = allocator;
    made->sessions = sessions;
    made->key = *key;
    made->port_key = *port_key;
    made->filtering = config->filtering == DOBOS_NAT_FILTERING_DEFAULT ? DOBOS_NAT_ADDRESS_DEPENDENT
                                                                       : config->filtering;
    made->port_first = config->port_first ? config->port_first : NAT_PORT_FIRST;
    made->port_last = config->port_last ? config->port_last : UINT16_MAX;
    made->quota = config->quota ? config->quota : NAT_QUOTA;
    hash_table_init(&made->inside, allocator);
    hash_table_init(&made->outside, allocator);
    hash_table_init(&made->contacts, allocator);
    list_init(&made->mappings);
    list_init(&made->ports);
    timer_init(&made->timer, TIMER_NAT);
    int result = forwards_copy(made, config);
    if (result < 0) {
        nat_destroy(made);
        return result;
    }
    *nat = made;
    return 0;
}

void nat_destroy(struct nat *nat) {
    struct list_node *node;
    while ((node = list_first(&nat->mappings)))
        nat_mapping_destroy(nat, container_of(node, struct nat_mapping, all));
    while ((node = list_first(&nat->ports)))
        nat_ports_forget(nat, container_of(node, struct nat_ports, node)->address);
    nat_held_clear(&nat->held);
    hash_table_fini(&nat->inside);
    hash_table_fini(&nat->outside);
    hash_table_fini(&nat->contacts);
    allocator_release(nat->allocator, nat->forwards, nat->forward_count * sizeof(*nat->forwards));
    allocator_release(nat->allocator, nat, sizeof(*nat));
}

const struct dobos_nat_forward *nat_forward_find(const struct nat *nat, uint8_t protocol,
                                                 uint16_t port) {
    for (uint32_t i = 0; i < nat->forward_count; i++) {
        if (nat->forwards[i].protocol == protocol && nat->forwards[i].port == port)
            return &nat->forwards[i];
    }
    return NULL;
}

const struct dobos_nat_forward *nat_forward_to(const struct nat *nat, uint8_t protocol,
                                               uint32_t inside, uint16_t port) {
    for (uint32_t i = 0; i < nat->forward_count; i++) {
        const struct dobos_nat_forward *forward = &nat->forwards[i];
        if (forward->protocol == protocol && nat_forward_port(forward) == port &&
            dobos_address_ipv4_number(&forward->to.address) == inside)
            return forward;
    }
    return NULL;
}

/* ---- mappings ---- */

static uint64_t place_hash(const struct nat *nat, uint8_t protocol, uint32_t address, uint16_t port,
                           uint32_t more) {
    uint8_t bytes[11];
    store_be32(bytes, address);
    store_be32(bytes + 4, more);
    store_be16(bytes + 8, port);
    bytes[10] = protocol;
    return keyed_hash(&nat->key, bytes, sizeof(bytes));
}

struct nat_mapping *nat_find_inside(const struct nat *nat, uint8_t protocol, uint32_t inside,
                                    uint16_t port, uint32_t interface) {
    uint64_t hash = place_hash(nat, protocol, inside, port, interface);
    for (struct hash_node *node = hash_table_find(&nat->inside, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct nat_mapping *mapping = container_of(node, struct nat_mapping, by_inside);
        if (mapping->inside == inside && mapping->inside_port == port &&
            mapping->protocol == protocol && mapping->interface == interface)
            return mapping;
    }
    return NULL;
}

/* Of that protocol alone [rfc7857#8] [rfc7857#9]. */
struct nat_mapping *nat_find_outside(const struct nat *nat, uint8_t protocol, uint32_t outside,
                                     uint16_t port) {
    uint64_t hash = place_hash(nat, protocol, outside, port, 0);
    for (struct hash_node *node = hash_table_find(&nat->outside, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct nat_mapping *mapping = container_of(node, struct nat_mapping, by_outside);
        if (mapping->outside == outside && mapping->outside_port == port &&
            mapping->protocol == protocol)
            return mapping;
    }
    return NULL;
}

static bool mapping_insert(struct nat *nat, struct nat_mapping *mapping) {
    if (!nat_port_take(nat, mapping->outside, mapping->protocol, mapping->outside_port))
        return false;
    if (hash_table_insert(&nat->inside, &mapping->by_inside,
                          place_hash(nat, mapping->protocol, mapping->inside, mapping->inside_port,
                                     mapping->interface))) {
        if (hash_table_insert(
                &nat->outside, &mapping->by_outside,
                place_hash(nat, mapping->protocol, mapping->outside, mapping->outside_port, 0)))
            return true;
        hash_table_remove(&nat->inside, &mapping->by_inside);
    }
    nat_port_give(nat, mapping->outside, mapping->protocol, mapping->outside_port);
    return false;
}

struct nat_mapping *nat_mapping_create(struct nat *nat, const struct nat_mapping *wanted) {
    struct nat_mapping *mapping =
        allocator_allocate_raw(nat->allocator, sizeof(*mapping), "nat_mapping");
    if (!mapping)
        return NULL;
    *mapping = *wanted;
    list_init(&mapping->sources);
    list_init(&mapping->targets);
    mapping->share = session_share_hold(nat->sessions, mapping->inside);
    if (!mapping->share || !mapping_insert(nat, mapping)) {
        if (mapping->share)
            session_share_release(nat->sessions, mapping->share);
        allocator_release(nat->allocator, mapping, sizeof(*mapping));
        return NULL;
    }
    mapping->share->mappings++;
    list_append(&nat->mappings, &mapping->all);
    nat->sessions->bytes += sizeof(*mapping);
    nat->count++;
    nat->created++;
    return mapping;
}

/* Takes out one that has no sessions. */
static void mapping_end(struct nat *nat, struct nat_mapping *mapping) {
    nat_port_give(nat, mapping->outside, mapping->protocol, mapping->outside_port);
    hash_table_remove(&nat->inside, &mapping->by_inside);
    hash_table_remove(&nat->outside, &mapping->by_outside);
    list_remove(&mapping->all);
    mapping->share->mappings--;
    session_share_release(nat->sessions, mapping->share);
    nat->sessions->bytes -= sizeof(*mapping);
    allocator_release(nat->allocator, mapping, sizeof(*mapping));
    nat->count--;
    nat->ended++;
    nat->last = NULL;
}

void nat_mapping_release(struct nat *nat, struct nat_mapping *mapping) {
    mapping->sessions--;
    if (mapping->sessions == 0 && mapping->kind != NAT_FORWARD)
        mapping_end(nat, mapping);
}

void nat_mapping_destroy(struct nat *nat, struct nat_mapping *mapping) {
    struct list_node *node;
    mapping->sessions++; /* ours: it stays until the last session is gone */
    while ((node = list_first(&mapping->sources)))
        nat_session_destroy(nat, container_of(node, struct session, by_source));
    while ((node = list_first(&mapping->targets)))
        nat_session_destroy(nat, container_of(node, struct session, by_target));
    mapping_end(nat, mapping);
}

/* A session may hang from two mappings, and its end be the end of both: the next is held fast. */
void nat_address_lost(struct nat *nat, uint32_t outside) {
    struct list_node *node = list_first(&nat->mappings);
    while (node) {
        struct nat_mapping *mapping = container_of(node, struct nat_mapping, all);
        struct list_node *behind = list_next(&nat->mappings, node);
        struct nat_mapping *next = behind ? container_of(behind, struct nat_mapping, all) : NULL;
        if (next)
            next->sessions++;
        if (mapping->outside == outside)
            nat_mapping_destroy(nat, mapping);
        else if (mapping->sessions == 0 && mapping->kind != NAT_FORWARD)
            mapping_end(nat, mapping); /* the last session went with another's address */
        if (next)
            next->sessions--; /* its turn is next: it ends then */
        node = behind;
    }
    nat_ports_forget(nat, outside);
}

static struct nat_mapping *shown_from(const struct nat *nat, struct list_node *node) {
    while (node && container_of(node, struct nat_mapping, all)->kind == NAT_OWN)
        node = list_next(&nat->mappings, node);
    return node ? container_of(node, struct nat_mapping, all) : NULL;
}

struct nat_mapping *nat_mapping_nth(struct nat *nat, uint32_t nth) {
    if (!nat->last || nth < nat->walked) {
        nat->walked = 0;
        nat->last = shown_from(nat, list_first(&nat->mappings));
    }
    while (nat->last && nat->walked < nth) {
        nat->walked++;
        nat->last = shown_from(nat, list_next(&nat->mappings, &nat->last->all));
    }
    return nat->last;
}

/* ---- sessions ---- */

/* Whom a mapping talks with. */
static uint64_t contact_hash(const struct nat *nat, const struct nat_mapping *mapping,
                             uint32_t remote) {
    return place_hash(nat, mapping->protocol, mapping->outside, mapping->outside_port, remote);
}

/* The session that says that a mapping has sent to an address; NULL. */
static struct session *contact_find(const struct nat *nat, const struct nat_mapping *mapping,
                                    uint32_t remote) {
    uint64_t hash = contact_hash(nat, mapping, remote);
    for (struct hash_node *node = hash_table_find(&nat->contacts, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct session *session = container_of(node, struct session, contact);
        if (session->source == mapping && session->sides[SESSION_REPLY].key.source == remote)
            return session;
    }
    return NULL;
}

/* One of all with that address stands in the table: who talks with each port of somebody does not
 * make one chain of them. False: no memory. */
static bool contact_join(struct nat *nat, struct session *session, struct nat_mapping *source) {
    uint32_t remote = session->sides[SESSION_REPLY].key.source;
    struct session *known = contact_find(nat, source, remote);
    if (known)
        list_insert_before(&known->contacts, &session->contacts);
    else
        session->is_contact =
            hash_table_insert(&nat->contacts, &session->contact, contact_hash(nat, source, remote));
    return known || session->is_contact;
}

/* The next takes its place; a table that holds something takes it without memory. */
static void contact_leave(struct nat *nat, struct session *session) {
    if (session->is_contact && list_node_is_linked(&session->contacts)) {
        struct session *next = container_of(session->contacts.next, struct session, contacts);
        next->is_contact = hash_table_insert(&nat->contacts, &next->contact, session->contact.hash);
        ASSERT(next->is_contact);
    }
    if (session->is_contact)
        hash_table_remove(&nat->contacts, &session->contact);
    list_remove(&session->contacts);
}

bool nat_session_join(struct nat *nat, struct session *session, struct nat_mapping *source,
                      struct nat_mapping *target) {
    if (source && !contact_join(nat, session, source))
        return false;
    session->source = source;
    session->target = target;
    if (source) {
        list_append(&source->sources, &session->by_source);
        source->sessions++;
    }
    if (target) {
        list_append(&target->targets, &session->by_target);
        target->sessions++;
    }
    /* Only what comes from inside keeps it alive [rfc4787#8] [rfc7857#10]; TCP's windows say who is
     * genuine. */
    if (session->sides[0].key.protocol != PROTOCOL_TCP && !(source && target))
        session->refreshed_by = (uint8_t)(source ? 1 << SESSION_ORIGIN : 1 << SESSION_REPLY);
    return true;
}

/* A mapping without this session; `out` is the session's direction that leaves by it. */
static void mapping_leave(struct nat *nat, struct nat_mapping *mapping,
                          const struct session *session, enum session_direction out) {
    for (unsigned i = 0; i < 2; i++) {
        mapping->packets[i] += session->packets[i == 0 ? out : 1 - out];
        mapping->bytes[i] += session->bytes[i == 0 ? out : 1 - out];
    }
    nat_mapping_release(nat, mapping);
}

void nat_session_destroy(struct nat *nat, struct session *session) {
    struct nat_mapping *source = session->source;
    struct nat_mapping *target = session->target;
    list_remove(&session->by_source);
    list_remove(&session->by_target);
    if (source) {
        contact_leave(nat, session);
        mapping_leave(nat, source, session, SESSION_ORIGIN);
    }
    if (target)
        mapping_leave(nat, target, session, SESSION_REPLY);
    session_destroy(nat->sessions, session);
}

/* Flows that begin outside would else keep a mapping alive without an end, each for its own time
 * [rfc4787#8]. A flow is refreshed once a second; between two hosts inside, by either. */
void nat_session_advance(struct session *session, enum session_direction direction,
                         dobos_time now) {
    const bool is_hairpin = session->source && session->target;
    if (session->used != now)
        return;
    if (session->source && (direction == SESSION_ORIGIN || is_hairpin))
        session->source->open_until = session_expires(session);
    if (session->target && (direction == SESSION_REPLY || is_hairpin))
        session->target->open_until = session_expires(session);
}

bool nat_admits(const struct nat *nat, const struct nat_mapping *mapping, uint32_t remote,
                dobos_time now) {
    if (mapping->kind == NAT_FORWARD)
        return true;
    if (mapping->protocol == PROTOCOL_UDP && now >= mapping->open_until)
        return false;
    if (nat->filtering == DOBOS_NAT_ENDPOINT_INDEPENDENT)
        return true;
    if (nat->filtering == DOBOS_NAT_ADDRESS_AND_PORT_DEPENDENT)
        return false; /* whom it has sent to has a session, and does not come here */
    return contact_find(nat, mapping, remote) != NULL;
}
