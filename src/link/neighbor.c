/*
 * neighbor: the table of an interface's neighbours: finding, making room, states with their lists
 * and timers, and what can be read of it. The events of the state machine are in neighbor_resolve.c
 * (somebody sends), neighbor_receive.c (ARP came in) and neighbor_timer.c.
 *
 * Every entry stands in one of four lists, by how much it would be missed; each list is in order of
 * time, so making room looks at one entry.
 */
#include "link/neighbor_table.h"

/* The ages are the owner's to change. */
void neighbors_init(struct neighbors *neighbors, struct dobos_pool *pool,
                    struct timing_wheel *wheel, const struct hash_key *key,
                    const struct dobos_mac *mac, uint32_t interface) {
    *neighbors = (struct neighbors){.pool = pool,
                                    .wheel = wheel,
                                    .mac = *mac,
                                    .interface = interface,
                                    .key = *key,
                                    .reachable = NEIGHBOR_REACHABLE_NS,
                                    .stale = NEIGHBOR_STALE_NS,
                                    .defended = NEIGHBOR_NOT_YET};
    hash_table_init(&neighbors->table, pool_allocator(pool));
    list_init(&neighbors->hearsay);
    list_init(&neighbors->asked);
    list_init(&neighbors->idle);
    list_init(&neighbors->active);
}

static struct neighbor *neighbor_first(const struct list *list) {
    struct list_node *node = list_first(list);
    return node ? container_of(node, struct neighbor, place) : NULL;
}

uint32_t neighbors_clear(struct neighbors *neighbors) {
    struct list *lists[] = {&neighbors->hearsay, &neighbors->asked, &neighbors->idle,
                            &neighbors->active};
    uint32_t dropped = neighbors->waiting;
    for (size_t i = 0; i < array_length(lists); i++)
        for (struct neighbor *n = neighbor_first(lists[i]); n; n = neighbor_first(lists[i]))
            neighbor_destroy(n);
    return dropped;
}

void neighbors_fini(struct neighbors *neighbors) {
    (void)neighbors_clear(neighbors);
    hash_table_fini(&neighbors->table);
}

static uint64_t neighbor_hash(const struct neighbors *neighbors,
                              const struct dobos_address *address) {
    return keyed_hash(&neighbors->key, address->bytes, sizeof address->bytes);
}

struct neighbor *neighbor_find(const struct neighbors *neighbors,
                               const struct dobos_address *address) {
    uint64_t hash = neighbor_hash(neighbors, address);
    for (struct hash_node *node = hash_table_find(&neighbors->table, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct neighbor *neighbor = container_of(node, struct neighbor, node);
        if (dobos_address_is_equal(&neighbor->address, address))
            return neighbor;
    }
    return NULL;
}

/* Makes room for one more entry. Who told us of himself pushes out hearsay only, so that a flood of
 * ARP costs nobody else's entry (attack A6). */
static bool neighbors_make_room(struct neighbors *neighbors, bool asked) {
    if (asked && neighbors->incomplete >= NEIGHBOR_INCOMPLETE_ENTRIES)
        neighbor_destroy(neighbor_first(&neighbors->asked));
    if (neighbors->count < NEIGHBOR_ENTRIES)
        return true;
    struct neighbor *victim = neighbor_first(&neighbors->hearsay);
    if (!victim && asked)
        victim = neighbor_first(&neighbors->idle);
    if (!victim && asked)
        victim = neighbor_first(&neighbors->asked);
    if (!victim)
        return false;
    neighbor_destroy(victim);
    return true;
}

struct neighbor *neighbor_create(struct neighbors *neighbors, const struct dobos_address *address,
                                 bool asked) {
    if (!neighbors_make_room(neighbors, asked))
        return NULL;
    struct allocator *allocator = pool_allocator(neighbors->pool);
    struct neighbor *neighbor = allocator_allocate(allocator, sizeof *neighbor, "neighbor");
    if (!neighbor)
        return NULL;
    if (!hash_table_insert(&neighbors->table, &neighbor->node, neighbor_hash(neighbors, address))) {
        allocator_release(allocator, neighbor, sizeof *neighbor);
        return NULL;
    }
    neighbor->owner = neighbors;
    neighbor->address = *address;
    neighbor->confirmed = NEIGHBOR_NOT_YET;
    neighbor->asked = NEIGHBOR_NOT_YET;
    list_node_init(&neighbor->place);
    timer_init(&neighbor->timer, TIMER_NEIGHBOR);
    packet_queue_init(&neighbor->waiting);
    neighbors->count++;
    return neighbor;
}

void neighbor_destroy(struct neighbor *neighbor) {
    struct neighbors *neighbors = neighbor->owner;
    neighbors->dropped_waiting += neighbor->waiting.packets;
    neighbors->waiting -= neighbor->waiting.packets;
    packet_queue_clear(&neighbor->waiting);
    if (neighbor->state == DOBOS_NEIGHBOR_INCOMPLETE)
        neighbors->incomplete--;
    if (neighbor->state == DOBOS_NEIGHBOR_FAILED)
        neighbors->failed--;
    timer_cancel(neighbors->wheel, &neighbor->timer);
    list_remove(&neighbor->place);
    hash_table_remove(&neighbors->table, &neighbor->node);
    neighbors->count--;
    allocator_release(pool_allocator(neighbors->pool), neighbor, sizeof *neighbor);
}

bool neighbor_has_mac(const struct neighbor *neighbor) {
    return neighbor->state & (DOBOS_NEIGHBOR_REACHABLE | DOBOS_NEIGHBOR_STALE |
                              DOBOS_NEIGHBOR_DELAY | DOBOS_NEIGHBOR_PROBE);
}

/* The list a state puts an entry in. */
static struct list *neighbor_list(struct neighbor *neighbor) {
    struct neighbors *neighbors = neighbor->owner;
    switch (neighbor->state) {
    case DOBOS_NEIGHBOR_INCOMPLETE:
        return &neighbors->asked;
    case DOBOS_NEIGHBOR_STALE:
        return neighbor->is_confirmed ? &neighbors->idle : &neighbors->hearsay;
    case DOBOS_NEIGHBOR_FAILED:
        return &neighbors->hearsay;
    default:
        return &neighbors->active;
    }
}

/* When a state's timer fires that was entered at `now`. */
static dobos_time neighbor_deadline(const struct neighbor *neighbor, dobos_time now) {
    switch (neighbor->state) {
    case DOBOS_NEIGHBOR_REACHABLE:
        return neighbor->confirmed + neighbor->owner->reachable;
    case DOBOS_NEIGHBOR_STALE:
        return now + neighbor->owner->stale;
    case DOBOS_NEIGHBOR_DELAY:
        return now + NEIGHBOR_DELAY_NS;
    case DOBOS_NEIGHBOR_FAILED:
        return now + NEIGHBOR_FAILED_NS;
    default: /* INCOMPLETE, PROBE: when the next request may go */
        return neighbor->asked == NEIGHBOR_NOT_YET
                   ? now
                   : max_i64(now, neighbor->asked + NEIGHBOR_RETRANSMIT_NS);
    }
}

void neighbor_enter(struct neighbor *neighbor, enum dobos_neighbor_state state, dobos_time now) {
    struct neighbors *neighbors = neighbor->owner;
    if (neighbor->state == DOBOS_NEIGHBOR_INCOMPLETE)
        neighbors->incomplete--;
    if (neighbor->state == DOBOS_NEIGHBOR_FAILED)
        neighbors->failed--;
    neighbor->state = (uint8_t)state;
    if (state == DOBOS_NEIGHBOR_INCOMPLETE)
        neighbors->incomplete++;
    if (state == DOBOS_NEIGHBOR_FAILED)
        neighbors->failed++;
    neighbor->probes = 0;
    list_remove(&neighbor->place);
    list_append(neighbor_list(neighbor), &neighbor->place);
    timer_arm(neighbors->wheel, &neighbor->timer, neighbor_deadline(neighbor, now));
}

void neighbor_on_confirmation(struct neighbor *neighbor, dobos_time now) {
    neighbor->confirmed = now;
    neighbor->is_confirmed = true;
    neighbor->has_claim = false;
    /* in REACHABLE the timer finds out by itself that there is more time */
    if (neighbor->state != DOBOS_NEIGHBOR_REACHABLE)
        neighbor_enter(neighbor, DOBOS_NEIGHBOR_REACHABLE, now);
}

/* [rfc1122#104] */
void neighbor_confirm(struct neighbors *neighbors, const struct dobos_address *next_hop,
                      dobos_time now) {
    struct neighbor *neighbor = neighbor_find(neighbors, next_hop);
    if (neighbor && neighbor_has_mac(neighbor))
        neighbor_on_confirmation(neighbor, now);
}

/* How many entries have an address up to `bound`. */
static uint32_t neighbors_up_to(const struct neighbors *neighbors, uint32_t bound) {
    uint32_t n = 0;
    for (struct hash_node *node = hash_table_walk(&neighbors->table, NULL); node;
         node = hash_table_walk(&neighbors->table, node))
        n +=
            dobos_address_ipv4_number(&container_of(node, struct neighbor, node)->address) <= bound;
    return n;
}

bool neighbor_read(const struct neighbors *neighbors, uint32_t nth,
                   struct dobos_neighbor_info *info) {
    if (nth >= neighbors->count)
        return false;
    uint32_t low = 0,
             high =
                 UINT32_MAX; /* the nth address is the least with more than nth entries up to it */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (neighbors_up_to(neighbors, middle) > nth)
            high = middle;
        else
            low = middle + 1;
    }
    struct dobos_address address = dobos_address_ipv4(low);
    const struct neighbor *neighbor = neighbor_find(neighbors, &address);
    if (!neighbor)
        return false;
    *info = (struct dobos_neighbor_info){
        .address = address, .interface = neighbors->interface, .state = neighbor->state};
    if (neighbor_has_mac(neighbor))
        info->mac = neighbor->mac;
    return true;
}

uint32_t neighbors_pending(const struct neighbors *neighbors) {
    uint32_t pending = neighbors->incomplete;
    list_each(&neighbors->active, node) {
        uint8_t state = container_of(node, struct neighbor, place)->state;
        pending += state == DOBOS_NEIGHBOR_DELAY || state == DOBOS_NEIGHBOR_PROBE;
    }
    return pending;
}
