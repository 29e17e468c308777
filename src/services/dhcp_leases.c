/*
 * dhcp_leases: the records and their states, see dhcp_leases.h. Every change of state goes through
 * lease_leave and lease_enter, so that lists, timers, names and counts cannot disagree with it.
 */
#include "services/dhcp_leases.h"

#define NO_SOURCE UINT16_MAX /* nobody is counted */

static struct dhcp_lease *lease_of(struct list_node *node) {
    return container_of(node, struct dhcp_lease, list);
}

/* ---- addresses and slots ---- */

/* The slot of an address; `slots` when it is none of ours. */
static uint32_t slot_of(const struct dhcp_leases *leases, uint32_t number) {
    if (number >= leases->first && number <= leases->last)
        return leases->below + (number - leases->first);
    uint32_t low = 0, high = leases->outside_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (leases->outside[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low >= leases->outside_count || leases->outside[low] != number)
        return leases->slots;
    return low < leases->below ? low : low + (leases->last - leases->first + 1);
}

static uint32_t number_of(const struct dhcp_leases *leases, uint32_t slot) {
    uint32_t pool = leases->last - leases->first + 1;
    if (slot < leases->below)
        return leases->outside[slot];
    return slot - leases->below < pool ? leases->first + (slot - leases->below)
                                       : leases->outside[slot - pool];
}

bool leases_has(const struct dhcp_leases *leases, uint32_t number) {
    uint32_t slot = slot_of(leases, number);
    return slot < leases->slots &&
           !(leases->lease[slot] && leases->lease[slot]->state == LEASE_EXCLUDED);
}

struct dhcp_lease *leases_at(const struct dhcp_leases *leases, uint32_t number) {
    uint32_t slot = slot_of(leases, number);
    struct dhcp_lease *lease = slot < leases->slots ? leases->lease[slot] : NULL;
    return lease && lease->state != LEASE_EXCLUDED ? lease : NULL;
}

static struct dhcp_lease *slot_touch(struct dhcp_leases *leases, uint32_t slot) {
    struct dhcp_lease *lease = leases->lease[slot];
    if (lease)
        return lease;
    lease = allocator_allocate(leases->allocator, sizeof(*lease), "dhcp lease");
    if (!lease)
        return NULL;
    lease->number = number_of(leases, slot);
    lease->until = DOBOS_NEVER;
    lease->source = NO_SOURCE;
    lease->probed_until = lease->moved_until = INT64_MIN;
    timer_init(&lease->timer, TIMER_NONE);
    list_node_init(&lease->list);
    list_append(&leases->free, &lease->list);
    leases->lease[slot] = lease;
    return lease;
}

struct dhcp_lease *leases_touch(struct dhcp_leases *leases, uint32_t number) {
    uint32_t slot = slot_of(leases, number);
    struct dhcp_lease *lease = slot < leases->slots ? slot_touch(leases, slot) : NULL;
    return lease && lease->state != LEASE_EXCLUDED ? lease : NULL;
}

/* ---- choosing ---- */

static struct dhcp_lease *fresh_choose(struct dhcp_leases *leases) {
    uint32_t pool_end = leases->below + (leases->last - leases->first + 1);
    while (leases->fresh < pool_end) {
        uint32_t slot = leases->fresh;
        if (!leases->lease[slot])
            return slot_touch(leases, slot);
        leases->fresh++;
    }
    return NULL;
}

static struct dhcp_lease *oldest(const struct list *list, dobos_time now, dobos_time age) {
    struct list_node *node = list_first(list);
    struct dhcp_lease *lease = node ? lease_of(node) : NULL;
    return lease && now - lease->since >= age ? lease : NULL;
}

struct dhcp_lease *leases_choose(struct dhcp_leases *leases, dobos_time now) {
    struct dhcp_lease *lease = oldest(&leases->free, now, 0);
    if (!lease)
        lease = fresh_choose(leases);
    if (!lease)
        lease = oldest(&leases->idle, now, 0);
    if (!lease)
        lease = oldest(&leases->offered, now, LEASE_OFFER_SAFE_NS);
    if (!lease)
        lease = oldest(&leases->quarantined, now, LEASE_QUARANTINE_SAFE_NS);
    return lease;
}

static uint16_t source_of(const struct dhcp_leases *leases, const struct dobos_mac *mac) {
    return (uint16_t)(keyed_hash(&leases->key, mac->bytes, sizeof(mac->bytes)) % LEASE_SOURCES);
}

/* A quarter of a large pool. */
bool leases_source_is_full(const struct dhcp_leases *leases, const struct dobos_mac *mac) {
    const struct dhcp_source *source = &leases->sources[source_of(leases, mac)];
    return source->offers >= LEASE_SOURCE_OFFERS ||
           source->offers + source->bound >= max_u32(LEASE_SOURCE_OFFERS, leases->slots / 4);
}

/* ---- states ---- */

static uint64_t name_hash(const struct dhcp_leases *leases, const char *name) {
    char lower[DOBOS_HOST_LABEL_BYTES];
    size_t length = 0;
    for (; name[length] != 0 && length < sizeof(lower); length++)
        lower[length] =
            (char)(name[length] >= 'A' && name[length] <= 'Z' ? name[length] + 32 : name[length]);
    return keyed_hash(&leases->key, lower, length) | 1;
}

static bool is_shown(uint8_t state) {
    return state != LEASE_FREE && state != LEASE_EXCLUDED;
}

/* Counted against the share of its source. */
static bool is_held(uint8_t state) {
    return state == DOBOS_LEASE_BOUND || state == DOBOS_LEASE_QUARANTINED;
}

/* Out of lists, tables and counts, whatever its state is; FREE then, and in no list. */
static void lease_leave(struct dhcp_leases *leases, struct dhcp_lease *lease) {
    if (is_shown(lease->state))
        leases->shown[slot_of(leases, lease->number) / LEASE_CHUNK]--;
    if (lease->source != NO_SOURCE) {
        struct dhcp_source *source = &leases->sources[lease->source];
        source->bound -= is_held(lease->state);
        source->offers -= lease->state == DOBOS_LEASE_OFFERED;
    }
    leases->bound -= lease->state == DOBOS_LEASE_BOUND;
    leases->offers -= lease->state == DOBOS_LEASE_OFFERED;
    if (lease->has_client)
        hash_table_remove(&leases->by_client, &lease->by_client);
    if (lease->has_name)
        hash_table_remove(&leases->by_name, &lease->by_name);
    lease->has_client = lease->has_name = false;
    lease->moved_until = INT64_MIN;
    lease->source = NO_SOURCE;
    lease->state = LEASE_FREE;
    list_remove(&lease->list);
    timer_cancel(&leases->wheel, &lease->timer);
}

/* The list of a state; NULL: none. */
static struct list *list_of(struct dhcp_leases *leases, uint8_t state) {
    switch (state) {
    case LEASE_FREE:
        return &leases->free;
    case DOBOS_LEASE_OFFERED:
        return &leases->offered;
    case DOBOS_LEASE_EXPIRED:
    case DOBOS_LEASE_RELEASED:
        return &leases->idle;
    case DOBOS_LEASE_QUARANTINED:
        return &leases->quarantined;
    default:
        return NULL;
    }
}

/* Tables never fail to take an element after leases_init. */
static void lease_enter(struct dhcp_leases *leases, struct dhcp_lease *lease, uint8_t state,
                        const struct lease_client *client, dobos_time now, dobos_time until) {
    struct list *list = lease->is_reserved ? NULL : list_of(leases, state);
    lease->state = state;
    lease->since = now;
    lease->until = until;
    if (client) {
        lease->client = *client;
        lease->has_client =
            hash_table_insert(&leases->by_client, &lease->by_client, client_hash(leases, client));
    }
    if (list)
        list_append(list, &lease->list);
    if (is_shown(state))
        leases->shown[slot_of(leases, lease->number) / LEASE_CHUNK]++;
    leases->bound += state == DOBOS_LEASE_BOUND;
    leases->offers += state == DOBOS_LEASE_OFFERED;
    timer_arm(&leases->wheel, &lease->timer, until);
}

static void lease_count(struct dhcp_leases *leases, struct dhcp_lease *lease,
                        const struct dobos_mac *source) {
    if (!source)
        return;
    lease->source = source_of(leases, source);
    leases->sources[lease->source].bound += is_held(lease->state);
    leases->sources[lease->source].offers += lease->state == DOBOS_LEASE_OFFERED;
}

void leases_offer(struct dhcp_leases *leases, struct dhcp_lease *lease,
                  const struct lease_client *client, const struct dobos_mac *source,
                  dobos_time now) {
    struct lease_client copy = *client;
    bool was_bound = lease->has_client && client_is_equal(&lease->client, client) &&
                     (lease->state != DOBOS_LEASE_OFFERED || lease->was_bound);
    lease_leave(leases, lease);
    lease->was_bound = was_bound;
    if (!was_bound)
        lease->name[0] = 0;
    lease_enter(leases, lease, DOBOS_LEASE_OFFERED, &copy, now, now + LEASE_OFFER_NS);
    lease_count(leases, lease, source);
}

void leases_bind(struct dhcp_leases *leases, struct dhcp_lease *lease,
                 const struct lease_client *client, const struct dobos_mac *source,
                 const char *name, dobos_time now, dobos_time until) {
    struct lease_client copy = *client;
    bool is_renewed = lease->has_name && text_is_equal(lease->name, name) &&
                      client_is_equal(&lease->client, client);
    lease_leave(leases, lease);
    lease_enter(leases, lease, DOBOS_LEASE_BOUND, &copy, now, until);
    lease_count(leases, lease, source);
    lease->was_bound = true;
    lease->renewals++;
    if (!is_renewed) {
        (void)text_copy(lease->name, sizeof(lease->name), name);
        lease->order = ++leases->order;
    }
    if (lease->name[0] != 0)
        lease->has_name =
            hash_table_insert(&leases->by_name, &lease->by_name, name_hash(leases, lease->name));
}

void leases_keep(struct dhcp_leases *leases, struct dhcp_lease *lease, enum dobos_lease_state state,
                 const struct lease_client *client, dobos_time now) {
    struct lease_client copy = *client;
    lease_leave(leases, lease);
    lease->was_bound = true;
    lease_enter(leases, lease, (uint8_t)state, &copy, now, DOBOS_NEVER);
}

void leases_free(struct dhcp_leases *leases, struct dhcp_lease *lease, dobos_time now) {
    lease_leave(leases, lease);
    lease->was_bound = false;
    lease->name[0] = 0;
    lease_enter(leases, lease, LEASE_FREE, NULL, now, DOBOS_NEVER);
}

/* [rfc2131#12] */
void leases_offer_end(struct dhcp_leases *leases, struct dhcp_lease *lease, dobos_time now) {
    if (lease->was_bound)
        leases_keep(leases, lease, DOBOS_LEASE_EXPIRED, &lease->client, now);
    else
        leases_free(leases, lease, now);
}

void leases_quarantine(struct dhcp_leases *leases, struct dhcp_lease *lease,
                       const struct dobos_mac *source, dobos_time now, dobos_time until) {
    lease_leave(leases, lease);
    lease->was_bound = false;
    lease->name[0] = 0;
    lease->probed_until = INT64_MIN;
    memset(&lease->client, 0, sizeof(lease->client));
    lease_enter(leases, lease, DOBOS_LEASE_QUARANTINED, NULL, now, until);
    lease_count(leases, lease, source);
}

void leases_expire(struct dhcp_leases *leases, dobos_time now) {
    struct timer *timer;
    while ((timer = timing_wheel_take(&leases->wheel, now))) {
        struct dhcp_lease *lease = container_of(timer, struct dhcp_lease, timer);
        if (lease->state == DOBOS_LEASE_OFFERED)
            leases_offer_end(leases, lease, now);
        else if (lease->state == DOBOS_LEASE_BOUND)
            leases_keep(leases, lease, DOBOS_LEASE_EXPIRED, &lease->client, now);
        else
            leases_free(leases, lease, now);
    }
}

dobos_time leases_next(const struct dhcp_leases *leases) {
    return timing_wheel_next(&leases->wheel);
}

/* ---- telling ---- */

const struct dhcp_lease *leases_nth(const struct dhcp_leases *leases, uint32_t nth) {
    uint32_t slot = 0;
    while (slot < leases->slots && nth >= leases->shown[slot / LEASE_CHUNK]) {
        nth -= leases->shown[slot / LEASE_CHUNK];
        slot += LEASE_CHUNK;
    }
    for (; slot < leases->slots; slot++) {
        const struct dhcp_lease *lease = leases->lease[slot];
        if (lease && is_shown(lease->state) && nth-- == 0)
            return lease;
    }
    return NULL;
}

const struct dhcp_lease *leases_next_shown(const struct dhcp_leases *leases,
                                           struct lease_cursor *cursor) {
    while (cursor->slot < leases->slots) {
        const struct dhcp_lease *lease = leases->lease[cursor->slot++];
        if (lease && is_shown(lease->state))
            return lease;
    }
    return NULL;
}

static char lower_of(char c) {
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool label_is_equal(const char *a, const char *b) {
    while (*a != 0 && lower_of(*a) == lower_of(*b)) {
        a++;
        b++;
    }
    return lower_of(*a) == lower_of(*b);
}

const struct dhcp_lease *leases_named(const struct dhcp_leases *leases, const char *label) {
    uint64_t hash = name_hash(leases, label);
    const struct dhcp_lease *first = NULL;
    for (struct hash_node *node = hash_table_find(&leases->by_name, hash); node;
         node = hash_table_find_next(node, hash)) {
        const struct dhcp_lease *lease = container_of(node, struct dhcp_lease, by_name);
        if (label_is_equal(lease->name, label) && (!first || lease->order < first->order))
            first = lease;
    }
    return first;
}
