/* dns_service: what others may read of a DNS server, and make it forget: its cache, and what it
 * knows of other servers. */
#include "services/dns_cut.h"
#include "services/dns_service.h"

static void name_write(const struct dns_name *name, char text[DOBOS_DOMAIN_BYTES]) {
    char whole[DNS_NAME_TEXT];
    dns_name_format(name, whole);
    text_copy(text, DOBOS_DOMAIN_BYTES, whole);
}

/* ---- the cache ---- */

int dobos_dns_cache_read(const struct dobos_service *dns, dobos_time now,
                         struct dobos_dns_cached *cached) {
    const struct dns_engine *engine = dns_service_engine(dns);
    const struct dns_cached *entry = cached->place;
    if (!engine)
        return -DOBOS_EINVAL;
    entry = engine->asks ? dns_cache_walk(&engine->cache, entry) : NULL;
    if (!entry)
        return -DOBOS_ENOENT;
    const struct dns_name name = dns_cached_name(entry);
    *cached = (struct dobos_dns_cached){
        .place = entry,
        .kind = (enum dobos_dns_cached_kind)(entry->kind + DOBOS_DNS_RECORDS),
        .type = entry->type,
        .is_authoritative = entry->rank == DNS_CACHE_AUTHORITATIVE,
        .is_used = entry->list == DNS_CACHE_USED,
        .left_s =
            (now > entry->until ? now - entry->until + DOBOS_SECOND - 1 : entry->until - now) /
            DOBOS_SECOND,
        .extended_error = entry->detail,
        .bytes = dns_cached_bytes(entry),
    };
    if (now > entry->until)
        cached->left_s = -cached->left_s;
    name_write(&name, cached->name);
    return 0;
}

/* A record of a set, or the SOA of an absence. */
static int record_read(const struct dns_cached *entry, struct dobos_dns_cached_record *record) {
    struct dns_cache_record found;
    size_t at = record->at;
    if (!dns_cached_next(entry, &at, &found) || found.data.length > sizeof(record->data))
        return -DOBOS_ENOENT;
    if (found.zone.length == 0)
        found.zone = dns_cached_name(entry);
    record->at = at;
    record->type = found.type;
    record->length = found.data.length;
    memcpy(record->data, found.data.bytes, found.data.length);
    name_write(&found.zone, record->owner);
    return 0;
}

/* The `nth` of a server of a cut: its NS, then its addresses; false: it has no more. */
static bool server_record_read(const struct dns_cached *entry, const struct dns_cut_server *server,
                               size_t nth, struct dobos_dns_cached_record *record) {
    const struct dns_name zone = dns_cached_name(entry);
    if (nth > server->address_count)
        return false;
    name_write(nth == 0 ? &zone : &server->name, record->owner);
    if (nth == 0) {
        record->type = DNS_NS;
        record->length = server->name.length;
        memcpy(record->data, server->name.bytes, server->name.length);
        return true;
    }
    const struct dobos_address *address = &server->addresses[nth - 1];
    const bool is_ipv4 = dobos_address_is_ipv4(address);
    record->type = is_ipv4 ? DNS_A : DNS_AAAA;
    record->length = is_ipv4 ? 4 : 16;
    memcpy(record->data, address->bytes + 16 - record->length, record->length);
    return true;
}

/* `at` counts the records of all servers: a cut has few. */
static int cut_read(const struct dns_cached *entry, struct dobos_dns_cached_record *record) {
    struct dns_cut_server server;
    size_t at = 0, before = 0;
    while (dns_cut_next(entry, &at, &server)) {
        if (server_record_read(entry, &server, record->at - before, record)) {
            record->at++;
            return 0;
        }
        before += 1 + server.address_count;
    }
    return -DOBOS_ENOENT;
}

int dobos_dns_cached_record_read(const struct dobos_dns_cached *cached,
                                 struct dobos_dns_cached_record *record) {
    const struct dns_cached *entry = cached->place;
    return cached->kind == DOBOS_DNS_CUT ? cut_read(entry, record) : record_read(entry, record);
}

int64_t dobos_dns_cache_flush(struct dobos_service *dns, const char *name) {
    struct dns_engine *engine = dns_service_engine(dns);
    struct dns_name below;
    if (!engine || (name && !dns_name_from_text(name, &below)))
        return -DOBOS_EINVAL;
    return engine->asks ? (int64_t)dns_cache_flush(&engine->cache, name ? &below : NULL) : 0;
}

int dobos_dns_counts_read(const struct dobos_service *dns, struct dobos_dns_counts *counts) {
    const struct dns_engine *engine = dns_service_engine(dns);
    if (!engine)
        return -DOBOS_EINVAL;
    if (!engine->asks)
        return -DOBOS_ENOENT;
    const struct dns_cache *cache = &engine->cache;
    const struct dns_resolver *resolver = &engine->resolver;
    *counts = (struct dobos_dns_counts){
        .limit = cache->limit_bytes,
        .hits = cache->counts.hits,
        .misses = cache->counts.misses,
        .stale = cache->counts.stale,
        .refreshes = cache->counts.refreshes,
        .evictions = cache->counts.evictions,
        .outranked = cache->counts.outranked,
        .queries = resolver->queries,
        .timeouts = resolver->timeouts,
        .failures = resolver->failures,
        .joined = resolver->joined,
        .refused = resolver->refused,
    };
    for (unsigned i = 0; i < DNS_CACHE_KINDS; i++)
        counts->entries[i] = cache->kinds[i];
    for (unsigned i = 0; i < DNS_CACHE_LISTS; i++)
        counts->bytes += cache->bytes[i];
    return 0;
}

/* ---- other servers ---- */

int dobos_dns_server_read(const struct dobos_service *dns, dobos_time now,
                          struct dobos_dns_server *server) {
    const struct dns_engine *engine = dns_service_engine(dns);
    if (!engine)
        return -DOBOS_EINVAL;
    const struct dns_servers *servers = &engine->resolver.servers;
    const struct dns_server_known *known =
        engine->asks ? dns_servers_walk(servers, server->place) : NULL;
    if (!known)
        return -DOBOS_ENOENT;
    const struct dns_name *lame = dns_servers_lame_zone(servers, &known->address, now);
    *server = (struct dobos_dns_server){
        .place = known,
        .address = known->address,
        .state = (enum dobos_dns_server_state)((int)dns_server_state(known, now) +
                                               (int)DOBOS_DNS_SERVER_NEW),
        .srtt = known->srtt,
        .wait = dns_servers_wait(servers, &known->address),
        .retry = known->retry,
        .answers = known->answers,
        .timeouts = known->timeouts,
        .has_edns = now >= known->no_edns_until,
    };
    if (lame)
        name_write(lame, server->lame_for);
    return 0;
}
