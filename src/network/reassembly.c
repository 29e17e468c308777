/*
 * reassembly: the fragments of each datagram in an array by offset, at most 64, found by binary
 * search (RFC 815's holes are the gaps between neighbours). A datagram is whole when its last
 * fragment has told the length and as many bytes are there; since nothing overlaps, counting bytes
 * is enough.
 *
 * A datagram whose fragments contradict each other (overlap, two ends, bytes past the end) is dead:
 * its fragments go at once, and the record stays until its time is out so that what comes later is
 * not taken for a new datagram of the same identification.
 *
 * DEVIATION: [rfc1122#50] the time to reassemble is 30 s, not 60 to 120: as in Linux. No link of
 * today keeps a packet that long, and each second more is memory lent to whoever forges fragments.
 */
#include "network/reassembly.h"

#include "network/reassembly_whole.h"

struct reassembly_name {
    struct dobos_address source, destination;
    uint32_t interface;
    uint16_t identification;
    uint8_t protocol;
};

struct reassembly {
    struct hash_node node;          /* in the table */
    struct list_node age;           /* in table.oldest */
    struct list_node source_age;    /* in its source's list */
    struct timer timer;             /* when it is given up */
    struct reassembly_name name;    /* which datagram */
    struct reassembly_source *from; /* its source's share */
    size_t bytes;                   /* what it costs, this record included */
    uint32_t total;        /* payload bytes of the whole; 0: the last fragment is not there yet */
    uint32_t received;     /* payload bytes there */
    uint32_t count;        /* fragments there */
    enum drop_reason dead; /* DROP_NONE, or why nothing of it is taken any more */
    struct fragment fragments[REASSEMBLY_FRAGMENTS]; /* by offset */
};

void reassembly_table_init(struct reassembly_table *table, struct dobos_pool *pool,
                           struct timing_wheel *wheel, const struct hash_key *key) {
    *table = (struct reassembly_table){.pool = pool, .wheel = wheel, .key = *key};
    hash_table_init(&table->table, pool_allocator(pool));
    list_init(&table->oldest);
    for (size_t i = 0; i < REASSEMBLY_SOURCES; i++)
        list_init(&table->sources[i].oldest);
}

static void charge(struct reassembly_table *table, struct reassembly *r, size_t bytes) {
    r->bytes += bytes;
    r->from->bytes += bytes;
    table->bytes += bytes;
}

static void discharge(struct reassembly_table *table, struct reassembly *r, size_t bytes) {
    r->bytes -= bytes;
    r->from->bytes -= bytes;
    table->bytes -= bytes;
}

/* Releases a datagram's fragments; returns how many there were. */
static uint32_t reassembly_clear(struct reassembly_table *table, struct reassembly *r) {
    uint32_t count = r->count;
    for (uint32_t i = 0; i < count; i++)
        dobos_packet_release(r->fragments[i].packet);
    discharge(table, r, r->bytes - sizeof *r);
    table->held -= count;
    r->count = 0;
    r->received = 0;
    return count;
}

/* Takes a datagram out of the table, with what it still has; returns how many fragments that were.
 */
static uint32_t reassembly_destroy(struct reassembly_table *table, struct reassembly *r) {
    uint32_t count = reassembly_clear(table, r);
    discharge(table, r, r->bytes);
    timer_cancel(table->wheel, &r->timer);
    hash_table_remove(&table->table, &r->node);
    list_remove(&r->age);
    list_remove(&r->source_age);
    table->count--;
    allocator_release(pool_allocator(table->pool), r, sizeof *r);
    return count;
}

void reassembly_table_fini(struct reassembly_table *table) {
    list_each(&table->oldest, node)
        reassembly_destroy(table, container_of(node, struct reassembly, age));
    hash_table_fini(&table->table);
}

/* Fragments belong together by source, destination, protocol and identification [rfc791#9], and
 * where they came in. */
static struct reassembly_name name_of(const struct ipv4 *ipv4, uint32_t interface) {
    return (struct reassembly_name){
        .source = ipv4->source,
        .destination = ipv4->destination,
        .interface = interface,
        .identification = ipv4->identification,
        .protocol = ipv4->protocol,
    };
}

static bool name_is_equal(const struct reassembly_name *a, const struct reassembly_name *b) {
    return a->identification == b->identification && a->protocol == b->protocol &&
           a->interface == b->interface && dobos_address_is_equal(&a->source, &b->source) &&
           dobos_address_is_equal(&a->destination, &b->destination);
}

static uint64_t name_hash(const struct hash_key *key, const struct reassembly_name *name) {
    uint8_t bytes[39];
    memcpy(bytes, name->source.bytes, 16);
    memcpy(bytes + 16, name->destination.bytes, 16);
    store_be32(bytes + 32, name->interface);
    store_be16(bytes + 36, name->identification);
    bytes[38] = name->protocol;
    return keyed_hash(key, bytes, sizeof bytes);
}

static struct reassembly *reassembly_find(const struct reassembly_table *table,
                                          const struct reassembly_name *name, uint64_t hash) {
    for (struct hash_node *node = hash_table_find(&table->table, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct reassembly *r = container_of(node, struct reassembly, node);
        if (name_is_equal(&r->name, name))
            return r;
    }
    return NULL;
}

static struct reassembly_source *source_find(struct reassembly_table *table,
                                             const struct dobos_address *source) {
    return &table->sources[keyed_hash(&table->key, source->bytes, sizeof source->bytes) %
                           REASSEMBLY_SOURCES];
}

/* Drops the oldest datagrams of a source's share, then of all, until `bytes` more have room; `keep`
 * stays. False: there is none to drop. */
static bool table_make_room(struct reassembly_table *table, const struct reassembly_source *from,
                            size_t bytes, const struct reassembly *keep) {
    while (from->bytes + bytes > REASSEMBLY_SOURCE_BYTES) {
        struct list_node *node = list_first(&from->oldest);
        if (node && keep && node == &keep->source_age)
            node = list_next(&from->oldest, node);
        if (!node)
            return false;
        table->dropped[0] +=
            reassembly_destroy(table, container_of(node, struct reassembly, source_age));
    }
    while (table->bytes + bytes > REASSEMBLY_BYTES ||
           (!keep && table->count >= REASSEMBLY_DATAGRAMS)) {
        struct list_node *node = list_first(&table->oldest);
        if (node && keep && node == &keep->age)
            node = list_next(&table->oldest, node);
        if (!node)
            return false;
        table->dropped[0] += reassembly_destroy(table, container_of(node, struct reassembly, age));
    }
    return true;
}

static struct reassembly *reassembly_create(struct reassembly_table *table,
                                            const struct reassembly_name *name, uint64_t hash,
                                            dobos_time now, enum drop_reason *why) {
    struct reassembly_source *from = source_find(table, &name->source);
    struct allocator *allocator = pool_allocator(table->pool);
    *why = DROP_FRAGMENT_LIMIT;
    if (!table_make_room(table, from, sizeof(struct reassembly), NULL))
        return NULL;
    *why = DROP_NO_MEMORY;
    struct reassembly *r = allocator_allocate(allocator, sizeof *r, "reassembly");
    if (!r)
        return NULL;
    if (!hash_table_insert(&table->table, &r->node, hash)) {
        allocator_release(allocator, r, sizeof *r);
        return NULL;
    }
    r->name = *name;
    r->from = from;
    list_node_init(&r->age);
    list_node_init(&r->source_age);
    list_append(&table->oldest, &r->age);
    list_append(&from->oldest, &r->source_age);
    timer_init(&r->timer, TIMER_REASSEMBLY);
    timer_arm(table->wheel, &r->timer,
              now + REASSEMBLY_NS); /* [rfc1122#49] [rfc791#21]: from the first fragment on, and
                                       never moved */
    table->count++;
    charge(table, r, sizeof *r);
    return r;
}

/* Nothing of this datagram is taken any more. Who made room is counted in dropped[0], who
 * contradicted in dropped[1]. */
static enum drop_reason reassembly_kill(struct reassembly_table *table, struct reassembly *r,
                                        enum drop_reason why) {
    table->dropped[why == DROP_FRAGMENT_OVERLAP] += reassembly_clear(table, r);
    r->dead = why;
    return why;
}

/* The first place whose fragment begins at `offset` or later. */
static uint32_t place_of(const struct reassembly *r, uint32_t offset) {
    uint32_t low = 0, high = r->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (r->fragments[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What a new fragment is to those that are there: a copy does no harm [rfc791#20]. */
static enum drop_reason reassembly_compare(const struct reassembly *r, const struct fragment *new,
                                           uint32_t place) {
    const struct fragment *before = place > 0 ? &r->fragments[place - 1] : NULL;
    const struct fragment *behind = place < r->count ? &r->fragments[place] : NULL;
    uint32_t end = new->offset + new->length;
    if (behind && fragment_is_equal(behind, new))
        return DROP_FRAGMENT_DUPLICATE;
    if ((before && before->offset + before->length > new->offset) ||
        (behind && behind->offset < end))
        return DROP_FRAGMENT_OVERLAP;
    if (r->total != 0 && end > r->total) /* past the declared end (attack B15) */
        return DROP_FRAGMENT_OVERLAP;
    if (!new->more && behind) /* an end before what is there */
        return DROP_FRAGMENT_OVERLAP;
    return DROP_NONE;
}

/* Puts a fragment (take on DROP_NONE) in its place, in whatever order they come [rfc815#1]. */
static enum drop_reason reassembly_insert(struct reassembly_table *table, struct reassembly *r,
                                          const struct fragment *new) {
    uint32_t place = place_of(r, new->offset);
    enum drop_reason why = reassembly_compare(r, new, place);
    if (why == DROP_FRAGMENT_DUPLICATE)
        return why;
    if (why != DROP_NONE)
        return reassembly_kill(table, r, why);
    if (r->count == REASSEMBLY_FRAGMENTS)
        return reassembly_kill(table, r, DROP_FRAGMENT_LIMIT);
    size_t cost = packet_cost(new->packet);
    if (!table_make_room(table, r->from, cost, r))
        return reassembly_kill(table, r, DROP_FRAGMENT_LIMIT);
    memmove(&r->fragments[place + 1], &r->fragments[place],
            (r->count - place) * sizeof r->fragments[0]);
    r->fragments[place] = *new;
    r->count++;
    r->received += new->length;
    if (!new->more)
        r->total = new->offset + new->length;
    table->held++;
    charge(table, r, cost);
    return DROP_NONE;
}

static enum verdict drop(struct dobos_packet *packet, enum drop_reason *reason,
                         enum drop_reason why) {
    dobos_packet_release(packet);
    *reason = why;
    return VERDICT_DROP;
}

/* The datagram is whole [rfc815#2] [rfc1122#47] [rfc1122#48] [rfc791#17] [rfc1122#106]
 * [rfc1122#107]; the packet that completed it was the last one held. Where marks are
 * senseless together, it is dropped [rfc3168#4]. */
static enum verdict reassembly_finish(struct reassembly_table *table, struct reassembly *r,
                                      struct dobos_packet **whole, enum drop_reason *reason) {
    bool agree = fragments_agree_on_marks(r->fragments, r->count);
    *whole = agree ? fragments_join(table->pool, r->fragments, r->count, r->total) : NULL;
    uint32_t count = reassembly_destroy(table, r);
    if (*whole) {
        table->absorbed += count - 1;
        return VERDICT_DELIVER;
    }
    table->dropped[0] += count - 1;
    *reason = agree ? DROP_NO_MEMORY : DROP_FRAGMENT_MALFORMED;
    return VERDICT_DROP;
}

enum verdict reassembly_receive(struct reassembly_table *table, struct dobos_packet *packet,
                                const struct ipv4 *ipv4, uint32_t interface, dobos_time now,
                                struct dobos_packet **whole, enum drop_reason *reason) {
    struct fragment new;
    *whole = NULL;
    if (!fragment_make(&new, packet, ipv4))
        return drop(packet, reason, DROP_FRAGMENT_MALFORMED);
    struct reassembly_name name = name_of(ipv4, interface);
    uint64_t hash = name_hash(&table->key, &name);
    enum drop_reason why = DROP_NONE;
    struct reassembly *r = reassembly_find(table, &name, hash);
    if (!r)
        r = reassembly_create(table, &name, hash, now, &why);
    if (!r)
        return drop(packet, reason, why);
    why = r->dead != DROP_NONE ? r->dead : reassembly_insert(table, r, &new);
    if (why != DROP_NONE)
        return drop(packet, reason, why);
    if (r->total == 0 || r->received < r->total)
        return VERDICT_HELD;
    return reassembly_finish(table, r, whole, reason);
}

struct dobos_packet *reassembly_on_timer(struct reassembly_table *table, struct timer *timer,
                                         uint32_t *fragments, uint32_t *interface) {
    struct reassembly *r = container_of(timer, struct reassembly, timer);
    struct dobos_packet *first = NULL;
    *fragments = r->count;
    *interface = r->name.interface;
    if (r->count > 0 && r->fragments[0].offset == 0) {
        first = r->fragments[0].packet;
        r->fragments[0].packet = NULL;
    }
    reassembly_destroy(table, r);
    return first;
}

uint32_t reassembly_held(const struct reassembly_table *table) {
    return table->held;
}
