/*
 * path_mtu: see path_mtu.h (RFC 1191 §5, §6.3, §7; RFC 5927 §7 for what is believed).
 *
 * The age of a narrowing counts from when it was made or made narrower: after ten minutes one large
 * packet tries the path, and is told again. Nothing else tells us that a path has grown.
 */
#include "network/path_mtu.h"

/* RFC 1191 §7: the MTUs that links had; the next below the packet that was too long is tried. */
static const uint16_t plateaus[] = {65535, 32000, 17914, 8166, 4352, 2002,
                                    1492,  1006,  508,   296,  68};

void path_mtus_init(struct path_mtus *mtus, struct allocator *allocator, struct timing_wheel *wheel,
                    const struct hash_key *key) {
    mtus->allocator = allocator;
    mtus->wheel = wheel;
    mtus->key = *key;
    mtus->life_ns = PATH_MTU_NS;
    hash_table_init(&mtus->table, allocator);
    for (unsigned i = 0; i < PATH_MTU_TRUSTS; i++)
        list_init(&mtus->ages[i]);
    timer_init(&mtus->timer, TIMER_PATH_MTU);
}

static void forget(struct path_mtus *mtus, struct path_mtu *entry) {
    list_remove(&entry->by_age);
    hash_table_remove(&mtus->table, &entry->by_destination);
    allocator_release(mtus->allocator, entry, sizeof *entry);
    mtus->generation++;
    if (mtus->table.count > 0)
        return;
    hash_table_fini(&mtus->table);
    hash_table_init(&mtus->table, mtus->allocator);
}

static struct path_mtu *oldest(const struct path_mtus *mtus, enum path_mtu_trust trust) {
    struct list_node *node = list_first(&mtus->ages[trust]);
    return node ? container_of(node, struct path_mtu, by_age) : NULL;
}

void path_mtus_fini(struct path_mtus *mtus) {
    for (unsigned i = 0; i < PATH_MTU_TRUSTS; i++) {
        struct path_mtu *entry;
        while ((entry = oldest(mtus, (enum path_mtu_trust)i)))
            forget(mtus, entry);
    }
    timer_cancel(mtus->wheel, &mtus->timer);
    hash_table_fini(&mtus->table);
}

/* [rfc1191#1] [rfc1191#9] [rfc1191#13] [rfc1812#105]; an honest router's message quotes a packet
 * that was longer than what it tells. An old router tells nothing: then the quoted length is all
 * there is, and some count the header twice, so that no more is believed of it than what the path
 * was thought to carry. */
static uint32_t told(const struct quote *quote, uint32_t now_mtu) {
    if (quote->mtu > 0)
        return quote->mtu < quote->total_length ? quote->mtu : 0;
    uint32_t length = min_u32(quote->total_length, now_mtu);
    for (unsigned i = 0; i < array_length(plateaus); i++) {
        if (plateaus[i] < length)
            return plateaus[i];
    }
    return 0;
}

/* DEVIATION: [rfc1191#2] the least is 552 and not 68: a packet of 68 bytes carries 28, and whoever
 * could make us believe in such a path would have us work for nothing (attack C3). Paths with a
 * narrower link are rare, and get packets that routers may fragment. */
void path_mtu_read(struct quote *quote, uint32_t now_mtu) {
    uint32_t mtu = told(quote, now_mtu);
    quote->path_mtu = mtu == 0 ? 0 : max_u32(mtu, PATH_MTU_MIN);
    quote->path_is_locked = mtu != 0 && mtu < PATH_MTU_MIN;
}

static uint64_t hash_of(const struct path_mtus *mtus, const struct dobos_address *destination) {
    return keyed_hash(&mtus->key, destination->bytes, sizeof destination->bytes);
}

static struct path_mtu *find(const struct path_mtus *mtus, const struct dobos_address *destination,
                             enum path_mtu_trust trust, uint64_t hash) {
    for (struct hash_node *node = hash_table_find(&mtus->table, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct path_mtu *entry = container_of(node, struct path_mtu, by_destination);
        if (entry->trust == trust && dobos_address_is_equal(&entry->destination, destination))
            return entry;
    }
    return NULL;
}

const struct path_mtu *path_mtu_find(const struct path_mtus *mtus,
                                     const struct dobos_address *destination,
                                     enum path_mtu_trust least) {
    const struct path_mtu *narrowest = NULL;
    if (mtus->table.count == 0)
        return NULL;
    uint64_t hash = hash_of(mtus, destination);
    for (unsigned trust = least; trust < PATH_MTU_TRUSTS; trust++) {
        const struct path_mtu *entry = find(mtus, destination, (enum path_mtu_trust)trust, hash);
        if (entry && (!narrowest || entry->mtu < narrowest->mtu ||
                      (entry->mtu == narrowest->mtu && entry->is_locked)))
            narrowest = entry;
    }
    return narrowest;
}

static void timer_set(struct path_mtus *mtus) {
    dobos_time next = DOBOS_NEVER;
    for (unsigned i = 0; i < PATH_MTU_TRUSTS; i++) {
        const struct path_mtu *entry = oldest(mtus, (enum path_mtu_trust)i);
        next = entry ? min_i64(next, entry->until) : next;
    }
    if (next != mtus->timer.deadline)
        timer_arm(mtus->wheel, &mtus->timer, next);
}

/* [rfc1191#4] [rfc1191#8] [rfc1191#16] */
void path_mtus_on_timer(struct path_mtus *mtus, dobos_time now) {
    for (unsigned i = 0; i < PATH_MTU_TRUSTS; i++) {
        struct path_mtu *entry;
        while ((entry = oldest(mtus, (enum path_mtu_trust)i)) && entry->until <= now)
            forget(mtus, entry);
    }
    timer_set(mtus);
}

/* One more; NULL: no memory. */
static struct path_mtu *create(struct path_mtus *mtus, const struct dobos_address *destination,
                               enum path_mtu_trust trust, uint64_t hash) {
    if (mtus->table.count >= PATH_MTU_LIMIT) {
        struct path_mtu *guessable = oldest(mtus, PATH_MTU_BY_PORT);
        forget(mtus, guessable ? guessable : oldest(mtus, PATH_MTU_BY_SEQUENCE));
        mtus->displaced++;
    }
    struct path_mtu *entry = allocator_allocate(mtus->allocator, sizeof *entry, "path MTU");
    if (!entry)
        return NULL;
    entry->destination = *destination;
    entry->mtu = UINT32_MAX;
    entry->trust = (uint8_t)trust;
    list_node_init(&entry->by_age);
    if (hash_table_insert(&mtus->table, &entry->by_destination, hash))
        return entry;
    allocator_release(mtus->allocator, entry, sizeof *entry);
    return NULL;
}

/* [rfc1191#3] */
bool path_mtu_narrow(struct path_mtus *mtus, const struct quote *quote, enum path_mtu_trust trust,
                     dobos_time now) {
    const struct dobos_address *destination = &quote->destination;
    uint64_t hash = hash_of(mtus, destination);
    struct path_mtu *entry = find(mtus, destination, trust, hash);
    if (entry && quote->path_mtu >= entry->mtu && (entry->is_locked || !quote->path_is_locked))
        return false;
    if (!entry)
        entry = create(mtus, destination, trust, hash);
    if (!entry)
        return false;
    entry->mtu = min_u32(entry->mtu, quote->path_mtu);
    entry->is_locked |= quote->path_is_locked;
    entry->until = now + mtus->life_ns;
    list_remove(&entry->by_age);
    list_append(&mtus->ages[trust], &entry->by_age);
    mtus->learned++;
    mtus->generation++;
    timer_set(mtus);
    return true;
}
