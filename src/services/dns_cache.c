/* dns_cache: see dns_cache.h. */
#include "services/dns_cache.h"

#define BUCKET_BYTES (2 * sizeof(void *)) /* an entry's part of the table, about */

void dns_cache_init(struct dns_cache *cache, struct allocator *allocator,
                    const struct hash_key *key, size_t limit_bytes) {
    *cache = (struct dns_cache){.allocator = allocator, .key = *key, .limit_bytes = limit_bytes};
    hash_table_init(&cache->entries, allocator);
    for (unsigned i = 0; i < DNS_CACHE_LISTS; i++)
        list_init(&cache->lists[i]);
}

static void list_enter(struct dns_cache *cache, struct dns_cached *cached,
                       enum dns_cache_list list) {
    cached->list = (uint8_t)list;
    list_append(&cache->lists[list], &cached->use);
    cache->bytes[list] += cached->bytes;
}

static void list_leave(struct dns_cache *cache, struct dns_cached *cached) {
    list_remove(&cached->use);
    cache->bytes[cached->list] -= cached->bytes;
}

static void cached_free(struct dns_cache *cache, struct dns_cached *cached) {
    hash_table_remove(&cache->entries, &cached->node);
    list_leave(cache, cached);
    allocator_release(cache->allocator, cached, sizeof(*cached) + cached->length);
}

static struct dns_cached *first_of(const struct dns_cache *cache, unsigned list) {
    struct list_node *node = list_first(&cache->lists[list]);
    return node ? container_of(node, struct dns_cached, use) : NULL;
}

void dns_cache_fini(struct dns_cache *cache) {
    for (unsigned i = 0; i < DNS_CACHE_LISTS; i++) {
        struct dns_cached *cached;
        while ((cached = first_of(cache, i)))
            cached_free(cache, cached);
    }
    hash_table_fini(&cache->entries);
}

/* ---- finding ---- */

static uint64_t cache_hash(const struct dns_cache *cache, const struct dns_name *name,
                           uint16_t type) {
    uint8_t key[DNS_NAME_BYTES + 2];
    for (unsigned i = 0; i < name->length; i++) {
        uint8_t c = name->bytes[i];
        key[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    store_be16(key + name->length, type);
    return keyed_hash(&cache->key, key, name->length + 2u);
}

static bool is_of(const struct dns_cached *cached, const struct dns_name *name, uint16_t type) {
    struct dns_name own = {.length = cached->name_length};
    memcpy(own.bytes, cached->data, cached->name_length);
    return cached->type == type && dns_name_is_equal(&own, name);
}

static struct dns_cached *entry_find(const struct dns_cache *cache, const struct dns_name *name,
                                     uint16_t type) {
    uint64_t hash = cache_hash(cache, name, type);
    for (struct hash_node *node = hash_table_find(&cache->entries, hash); node;
         node = hash_table_find_next(node, hash)) {
        struct dns_cached *cached = container_of(node, struct dns_cached, node);
        if (is_of(cached, name, type))
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

const struct dns_cached *dns_cache_find(struct dns_cache *cache, const struct dns_name *name,
                                        uint16_t type, dobos_time now) {
    struct dns_cached *cached = entry_find(cache, name, type);
    if (!cached)
        return NULL;
    if (now > cached->until) {
        cached_free(cache, cached);
        return NULL;
    }
    enum dns_cache_list list = (enum dns_cache_list)cached->list;
    if (list == DNS_CACHE_NEW && cached->was_asked_for)
        list = DNS_CACHE_USED;
    cached->was_asked_for = true;
    list_leave(cache, cached);
    list_enter(cache, cached, list);
    used_bound(cache);
    return cached;
}

/* [rfc1034#11] */
uint32_t dns_cached_ttl(const struct dns_cached *cached, dobos_time now) {
    return (uint32_t)((cached->until - now) / DOBOS_SECOND);
}

/* ---- records ---- */

void dns_cache_record_emit(struct writer *w, const struct dns_name *zone, uint16_t type,
                           struct slice data) {
    writer_be16(w, type);
    writer_u8(w, zone ? zone->length : 0);
    if (zone)
        writer_bytes(w, zone->bytes, zone->length);
    writer_be16(w, (uint16_t)data.length);
    writer_bytes(w, data.bytes, data.length);
    w->failed = w->failed || data.length > UINT16_MAX;
}

bool dns_cached_next(const struct dns_cached *cached, size_t *at, struct dns_cache_record *record) {
    struct reader r = reader_make(cached->data, cached->length);
    reader_skip(&r, *at > 0 ? *at : cached->name_length);
    if (reader_rest(&r) == 0)
        return false;
    record->type = reader_be16(&r);
    record->zone.length = reader_u8(&r);
    reader_copy(&r, record->zone.bytes, record->zone.length);
    record->data = reader_slice(&r, reader_be16(&r));
    *at = r.position;
    return !r.failed;
}

/* ---- keeping ---- */

static void evict(struct dns_cache *cache, struct dns_cached *cached) {
    cache->evictions++;
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

static uint32_t ttl_bound(const struct dns_cache_item *item) {
    static const uint32_t most[] = {DNS_CACHE_MOST_S, DNS_CACHE_ABSENT_MOST_S,
                                    DNS_CACHE_ABSENT_MOST_S, DNS_CACHE_FAILED_S};
    return min_u32(item->ttl_s, most[item->kind]);
}

/* [rfc2308#4] [rfc2308#5] [rfc1123#10] */
bool dns_cache_put(struct dns_cache *cache, const struct dns_cache_item *item, dobos_time now) {
    enum dns_cache_list list = item->kind == DNS_CACHE_RECORDS ? DNS_CACHE_NEW : DNS_CACHE_ABSENT;
    struct dns_cached *old = entry_find(cache, item->name, item->type);
    size_t length = item->name->length + item->records.length;
    size_t bytes = sizeof(struct dns_cached) + length + BUCKET_BYTES;
    if (old) {
        if (list == DNS_CACHE_NEW)
            list =
                (enum dns_cache_list)(old->list == DNS_CACHE_USED ? DNS_CACHE_USED : DNS_CACHE_NEW);
        cached_free(cache, old);
    }
    if (!room_make(cache, list, bytes))
        return false;
    struct dns_cached *made =
        allocator_allocate(cache->allocator, sizeof(*made) + length, "dns cache");
    if (!made)
        return false;
    made->until = now + (dobos_time)ttl_bound(item) * DOBOS_SECOND;
    made->bytes = bytes;
    made->length = length;
    made->type = item->type;
    made->kind = (uint8_t)item->kind;
    made->name_length = item->name->length;
    memcpy(made->data, item->name->bytes, item->name->length);
    if (item->records.length > 0)
        memcpy(made->data + item->name->length, item->records.bytes, item->records.length);
    if (!hash_table_insert(&cache->entries, &made->node,
                           cache_hash(cache, item->name, item->type))) {
        allocator_release(cache->allocator, made, sizeof(*made) + length);
        return false;
    }
    list_enter(cache, made, list);
    used_bound(cache);
    return true;
}
