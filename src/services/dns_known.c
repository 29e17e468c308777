/* dns_known: see dns_known.h. */
#include "services/dns_known.h"

/* Which entries count: those alive, or those beyond their time. */
struct look {
    struct dns_cache *cache;         /* where */
    const struct dns_wanted *wanted; /* what */
    bool is_stale;                   /* those beyond their time */
};

/* Beyond its time it counts when nobody was reached, just now or a moment ago. [rfc8767#1] */
static bool does_count(const struct look *look, const struct dns_cached *cached) {
    const struct dns_wanted *wanted = look->wanted;
    if (!look->is_stale)
        return dns_cached_is_alive(cached, wanted->now, wanted->asked_at);
    return dns_cached_is_stale(look->cache, cached, wanted->now) &&
           (wanted->may_be_stale || wanted->now < cached->recheck);
}

static struct dns_cached *entry_at(const struct look *look, const struct dns_name *name,
                                   uint16_t type) {
    struct dns_cached *cached = dns_cache_entry(look->cache, name, type, false);
    return cached && does_count(look, cached) ? cached : NULL;
}

static enum dns_known_as kind_as(const struct dns_cached *cached) {
    static const enum dns_known_as as[DNS_CACHE_KINDS] = {
        DNS_KNOWN_RECORDS, DNS_KNOWN_NO_DATA, DNS_KNOWN_NO_NAME, DNS_KNOWN_FAILED, DNS_KNOWN_NOT};
    return as[cached->kind];
}

/* At the name itself. [rfc2308#22] [rfc2308#23] */
static enum dns_known_as look_here(const struct look *look, struct dns_cached **entry) {
    const struct dns_name *name = look->wanted->name;
    *entry = entry_at(look, name, look->wanted->type);
    if (!*entry)
        *entry = entry_at(look, name, DNS_CACHE_NAME);
    if (*entry)
        return kind_as(*entry);
    if (look->wanted->type == DNS_ANY)
        return DNS_KNOWN_NOT;
    *entry = entry_at(look, name, DNS_CNAME);
    return *entry && (*entry)->kind == DNS_CACHE_RECORDS ? DNS_KNOWN_ALIAS : DNS_KNOWN_NOT;
}

/* Above the name, the nearest first. [rfc8020#1] [rfc8020#2] */
static enum dns_known_as look_above(const struct look *look, struct dns_cached **entry) {
    struct dns_name name = *look->wanted->name;
    while (dns_name_parent(&name, &name)) {
        *entry = entry_at(look, &name, DNS_DNAME);
        if (*entry && (*entry)->kind == DNS_CACHE_RECORDS)
            return DNS_KNOWN_DNAME;
        *entry = entry_at(look, &name, DNS_CACHE_NAME);
        if (*entry && (*entry)->kind == DNS_CACHE_NO_NAME)
            return DNS_KNOWN_NO_NAME;
    }
    return DNS_KNOWN_NOT;
}

static enum dns_known_as look_for(const struct look *look, struct dns_cached **entry) {
    enum dns_known_as as = look_here(look, entry);
    if (as == DNS_KNOWN_NOT)
        as = look_above(look, entry);
    return as;
}

/* The last tenth of its time has begun, and somebody asked for it: told once. */
static bool is_due(struct dns_cached *cached, dobos_time now) {
    dobos_time whole = cached->until - cached->since;
    if (cached->kind == DNS_CACHE_FAILED || cached->is_refreshed || !cached->was_asked_for ||
        whole < DNS_REFRESH_LEAST_S * DOBOS_SECOND || cached->until - now > whole / 10)
        return false;
    cached->is_refreshed = true;
    return true;
}

/* [rfc8767#3] [rfc2308#10] */
struct dns_known dns_cache_know(struct dns_cache *cache, const struct dns_wanted *wanted) {
    struct look look = {.cache = cache, .wanted = wanted};
    struct dns_cached *entry = NULL;
    enum dns_known_as as = look_for(&look, &entry);
    if (as == DNS_KNOWN_NOT && cache->stale > 0) {
        look.is_stale = true;
        as = look_for(&look, &entry);
    }
    if (as == DNS_KNOWN_NOT) {
        cache->counts.misses++;
        return (struct dns_known){.as = DNS_KNOWN_NOT};
    }
    struct dns_known known = {
        .as = as,
        .entry = entry,
        .ttl_s = look.is_stale ? DNS_STALE_TTL_S : dns_cached_ttl(entry, wanted->now),
        .is_stale = look.is_stale,
        .is_due = !look.is_stale && is_due(entry, wanted->now),
    };
    cache->counts.hits++;
    cache->counts.stale += known.is_stale;
    cache->counts.refreshes += known.is_due;
    dns_cache_touch(cache, entry);
    return known;
}

/* [rfc1123#21] */
static void failure_put(struct dns_cache *cache, const struct dns_name *name, uint16_t type,
                        uint16_t detail, uint32_t ttl, dobos_time now) {
    const struct dns_cache_item item = {
        .name = name,
        .type = type,
        .kind = DNS_CACHE_FAILED,
        .ttl_s = ttl,
        .detail = detail,
    };
    (void)dns_cache_put(cache, &item, now);
}

/* How long a failure is remembered: for twice as long as the last one. [rfc9520#1] [rfc9520#2]
 * [rfc2308#9] */
static uint32_t failure_ttl(const struct dns_cache *cache, const struct dns_name *name,
                            uint16_t type, dobos_time now) {
    const struct dns_cached *old = dns_cache_entry(cache, name, type, false);
    if (!old || old->kind != DNS_CACHE_FAILED || old->until == old->since ||
        now - old->until > DNS_CACHE_FAILED_MOST_S * DOBOS_SECOND)
        return DNS_CACHE_FAILED_S;
    return min_u32(2 * (uint32_t)((old->until - old->since) / DOBOS_SECOND),
                   DNS_CACHE_FAILED_MOST_S);
}

/* What is beyond its time and would do; NULL. */
static struct dns_cached *stale_find(struct dns_cache *cache, const struct dns_name *name,
                                     uint16_t type, dobos_time now) {
    const struct dns_wanted wanted = {.name = name, .type = type, .now = now, .may_be_stale = true};
    const struct look look = {.cache = cache, .wanted = &wanted, .is_stale = true};
    struct dns_cached *stale = NULL;
    bool found = cache->stale > 0 && look_for(&look, &stale) != DNS_KNOWN_NOT;
    return found ? stale : NULL;
}

bool dns_cache_has_stale(struct dns_cache *cache, const struct dns_name *name, uint16_t type,
                         dobos_time now) {
    return stale_find(cache, name, type, now) != NULL;
}

/* [rfc8767#4] */
void dns_cache_fail(struct dns_cache *cache, const struct dns_name *name, uint16_t type,
                    uint16_t detail, dobos_time now) {
    struct dns_cached *stale = stale_find(cache, name, type, now);
    if (stale)
        stale->recheck = now + DNS_CACHE_RECHECK;
    else
        failure_put(cache, name, type, detail, failure_ttl(cache, name, type, now), now);
}

void dns_cache_fail_once(struct dns_cache *cache, const struct dns_name *name, uint16_t type,
                         uint16_t detail, dobos_time now) {
    struct dns_cached *stale = stale_find(cache, name, type, now);
    if (stale)
        stale->recheck = now + DNS_CACHE_RECHECK;
    else
        failure_put(cache, name, type, detail, 0, now);
}
