/* dns_cache: entries, how they come and who goes; see dns_cache.h. */
#include "services/dns_cache.h"

#define BUCKET_BYTES (2 * sizeof(void *)) /* an entry's part of the table, about */

void dns_cache_init(struct dns_cache *cache, struct allocator *allocator,
                    const struct hash_key *key, size_t limit_bytes) {
    *cache = (struct dns_cache){
        .allocator = allocator, .key = *key, .limit_bytes = limit_bytes, .stale = DNS_CACHE_STALE};
    hash_table_init(&cache->entries, allocator);
    for (unsigned i = 0; i < DNS_CACHE_LISTS; i++)
        list_init(&cache->lists[i]);
}

size_t dns_cached_bytes(const struct dns_cached *cached) {
    return sizeof(*cached) + cached->length + BUCKET_BYTES;
}

static void list_enter(struct dns_cache *cache, struct dns_cached *cached,
                       enum dns_cache_list list) {
    cached->list = (uint8_t)list;
    list_append(&cache->lists[list], &cached->use);
    cache->bytes[list] += dns_cached_bytes(cached);
}

static void list_leave(struct dns_cache *cache, struct dns_cached *cached) {
    list_remove(&cached->use);
    cache->bytes[cached->list] -= dns_cached_bytes(cached);
}

static void cached_free(struct dns_cache *cache, struct dns_cached *cached) {
    hash_table_remove(&cache->entries, &cached->node);
    list_leave(cache, cached);
    cache->kinds[cached->kind]--;
    allocator_release(cache->allocator, cached, sizeof(*cached) + cached->length);
}

static struct dns_cached *first_of(const struct dns_cache *cache, unsigned list) {
    struct list_node *node = list_first(&cache->lists[list]);
    return node ? container_of(node, struct dns_cached, use) : NULL;
}

void dns_cache_fini(struct dns_cache *cache) {
    (void)dns_cache_flush(cache, NULL);
    hash_table_fini(&cache->entries);
}

/* ---- finding ---- */

/* Of name, type, and whether it is a cut. */
static uint64_t cache_hash(const struct dns_cache *cache, const struct dns_name *name,
                           uint16_t type, bool is_cut) {
    uint8_t key[DNS_NAME_BYTES + 3];
    for (unsigned i = 0; i < name->length; i++) {
        uint8_t c = name->bytes[i];
        key[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    store_be16(key + name->length, type);
    key[name->length + 2] = is_cut;
    return keyed_hash(&cache->key, key, name->length + 3u);
}

struct dns_name dns_cached_name(const struct dns_cached *cached) {
    struct dns_name name = {.length = cached->name_length};
    memcpy(name.bytes, cached->data, cached->name_length);
    return name;
}

static bool is_of(const struct dns_cached *cached, const struct dns_name *name, uint16_t type,
                  bool is_cut) {
    if (cached->type != type || (cached->kind == DNS_CACHE_CUT) != is_cut ||
        cached->name_length != name->length)
        return false;
    struct dns_name own = dns_cached_name(cached);
    return dns_name_is_equal(&own, name);
}

struct dns_cached *dns_cache_entry(const struct dns_cache *cache, const struct dns_name *name,
                                   uint16_t type, bool is_cut) {
    uint64_t hash = cache_hash(cache, name, type, is_cut);
    for (struct hash_node *node = hash_table_find(&cache->entries, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct dns_cached *cached = container_of(node, struct dns_cached, node);
        if (is_of(cached, name, type, is_cut))
            return cached;
    }
    return NULL;
}

/* What is in use has three quarters of the room: the longest unused becomes new again. */
static void used_bound(struct dns_cache *cache) {
    struct dns_cached *cached;
    while (cache->bytes[DNS_CACHE_USED] > cache->limit_bytes / 4 * 3 &&
           (cached = first_of(cache, DNS_CACHE_USED))) {
        list_leave(cache, cached);
        list_enter(cache, cached, DNS_CACHE_NEW);
    }
}

void dns_cache_touch(struct dns_cache *cache, struct dns_cached *cached) {
    enum dns_cache_list list = (enum dns_cache_list)cached->list;
    if (list == DNS_CACHE_NEW && cached->was_asked_for)
        list = DNS_CACHE_USED;
    cached->was_asked_for = true;
    list_leave(cache, cached);
    list_enter(cache, cached, list);
    used_bound(cache);
}

/* [rfc1035#15] [rfc1123#12] [rfc2308#15] */
bool dns_cached_is_alive(const struct dns_cached *cached, dobos_time now, dobos_time asked_at) {
    return now <= cached->until || (asked_at > 0 && cached->since >= asked_at);
}

/* [rfc8767#2] */
bool dns_cached_is_stale(const struct dns_cache *cache, const struct dns_cached *cached,
                         dobos_time now) {
    return now > cached->until && now - cached->until <= cache->stale &&
           cached->kind != DNS_CACHE_FAILED && cached->kind != DNS_CACHE_CUT;
}

/* [rfc1123#15] */
const struct dns_cached *dns_cache_find(struct dns_cache *cache, const struct dns_name *name,
                                        uint16_t type, dobos_time now) {
    struct dns_cached *cached = dns_cache_entry(cache, name, type, false);
    if (!cached || !dns_cached_is_alive(cached, now, 0))
        return NULL;
    dns_cache_touch(cache, cached);
    return cached;
}

/* [rfc1034#11] [rfc1035#36] */
uint32_t dns_cached_ttl(const struct dns_cached *cached, dobos_time now) {
    return now >= cached->until ? 0 : (uint32_t)((cached->until - now) / DOBOS_SECOND);
}

const struct dns_cached *dns_cache_walk(const struct dns_cache *cache,
                                        const struct dns_cached *cached) {
    struct list_node *next = NULL;
    unsigned list = 0;
    if (cached) {
        next = list_next(&cache->lists[cached->list], &cached->use);
        list = cached->list + 1u;
    }
    while (!next && list < DNS_CACHE_LISTS)
        next = list_first(&cache->lists[list++]);
    return next ? container_of(next, struct dns_cached, use) : NULL;
}

size_t dns_cache_flush(struct dns_cache *cache, const struct dns_name *name) {
    size_t count = 0;
    for (unsigned i = 0; i < DNS_CACHE_LISTS; i++) {
        list_each(&cache->lists[i], node) {
            struct dns_cached *cached = container_of(node, struct dns_cached, use);
            struct dns_name own = dns_cached_name(cached);
            if (name && !dns_name_is_within(&own, name))
                continue;
            cached_free(cache, cached);
            count++;
        }
    }
    return count;
}

/* ---- keeping ---- */

static void evict(struct dns_cache *cache, struct dns_cached *cached) {
    cache->counts.evictions++;
    cached_free(cache, cached);
}

/* Makes room for so many bytes in a list; false: there cannot be so much. (attack I23) */
static bool room_make(struct dns_cache *cache, enum dns_cache_list list, size_t bytes) {
    struct dns_cached *cached;
    if (bytes > cache->limit_bytes / 4)
        return false;
    while (list == DNS_CACHE_ABSENT && cache->bytes[list] + bytes > cache->limit_bytes / 4 &&
           (cached = first_of(cache, list)))
        evict(cache, cached);
    for (unsigned i = 0; i < DNS_CACHE_LISTS; i++) {
        while (cache->bytes[DNS_CACHE_NEW] + cache->bytes[DNS_CACHE_ABSENT] +
                       cache->bytes[DNS_CACHE_USED] + bytes >
                   cache->limit_bytes &&
               (cached = first_of(cache, i)))
            evict(cache, cached);
    }
    return true;
}

/* [rfc2308#4] [rfc2308#5] [rfc1123#10] [rfc1035#42] [rfc1123#32] */
static dobos_time until_of(const struct dns_cache_item *item, dobos_time now) {
    static const uint32_t most[DNS_CACHE_KINDS] = {DNS_CACHE_MOST_S, DNS_CACHE_ABSENT_MOST_S,
                                                   DNS_CACHE_ABSENT_MOST_S, DNS_CACHE_FAILED_MOST_S,
                                                   DNS_CACHE_MOST_S};
    dobos_time until = now + (dobos_time)min_u32(item->ttl_s, most[item->kind]) * DOBOS_SECOND;
    return item->until_most > 0 ? max_i64(min_i64(until, item->until_most), now) : until;
}

/* In small letters: those that came may have been mixed when it was asked for. */
static void name_keep(uint8_t *data, const struct dns_name *name) {
    for (unsigned i = 0; i < name->length; i++) {
        uint8_t c = name->bytes[i];
        data[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
}

static struct dns_cached *cached_make(struct dns_cache *cache, const struct dns_cache_item *item,
                                      dobos_time now) {
    size_t length = item->name->length + item->records.length;
    struct dns_cached *made =
        allocator_allocate(cache->allocator, sizeof(*made) + length, "dns cache");
    if (!made)
        return NULL;
    made->since = now;
    made->until = until_of(item, now);
    made->length = (uint32_t)length;
    made->type = item->type;
    made->detail = item->detail;
    made->kind = (uint8_t)item->kind;
    made->rank = (uint8_t)item->rank;
    made->name_length = item->name->length;
    name_keep(made->data, item->name);
    if (item->records.length > 0)
        memcpy(made->data + item->name->length, item->records.bytes, item->records.length);
    return made;
}

/* What is there now, if it lives, is worth more. [rfc2181#11] */
static bool is_outranked(const struct dns_cached *old, const struct dns_cache_item *item,
                         dobos_time now) {
    if (!dns_cached_is_alive(old, now, 0) || old->kind == DNS_CACHE_FAILED)
        return false;
    return item->kind == DNS_CACHE_FAILED || old->rank > item->rank;
}

/* A name that is there is not a name that is not, nor is any above it. */
static void absence_drop(struct dns_cache *cache, const struct dns_cache_item *item) {
    struct dns_name name = *item->name;
    if (item->kind != DNS_CACHE_RECORDS && item->kind != DNS_CACHE_NO_DATA)
        return;
    do {
        struct dns_cached *absence = dns_cache_entry(cache, &name, DNS_CACHE_NAME, false);
        if (absence && absence->kind == DNS_CACHE_NO_NAME && absence->rank <= item->rank)
            cached_free(cache, absence);
    } while (cache->kinds[DNS_CACHE_NO_NAME] > 0 && dns_name_parent(&name, &name));
}

/* [rfc1035#45] [rfc2181#13] */
bool dns_cache_put(struct dns_cache *cache, const struct dns_cache_item *item, dobos_time now) {
    const bool is_cut = item->kind == DNS_CACHE_CUT;
    const bool is_some = is_cut || item->kind == DNS_CACHE_RECORDS;
    enum dns_cache_list list = is_some ? DNS_CACHE_NEW : DNS_CACHE_ABSENT;
    struct dns_cached *old = dns_cache_entry(cache, item->name, item->type, is_cut);
    size_t bytes =
        sizeof(struct dns_cached) + item->name->length + item->records.length + BUCKET_BYTES;
    if (old && is_outranked(old, item, now)) {
        cache->counts.outranked++;
        return false;
    }
    if (old) {
        if (is_some && old->list == DNS_CACHE_USED)
            list = DNS_CACHE_USED;
        cached_free(cache, old);
    }
    absence_drop(cache, item);
    if (!room_make(cache, list, bytes))
        return false;
    struct dns_cached *made = cached_make(cache, item, now);
    if (!made)
        return false;
    if (!hash_table_insert(&cache->entries, &made->node,
                           cache_hash(cache, item->name, item->type, is_cut))) {
        allocator_release(cache->allocator, made, sizeof(*made) + made->length);
        return false;
    }
    cache->kinds[made->kind]++;
    list_enter(cache, made, list);
    used_bound(cache);
    return true;
}
