/*
 * dns_cache_fuzz: what comes, fails, is asked for and flushed, in any order and at any time, of a
 * few names of one tree, beside a model that is a plain table. With room for all, cache and model
 * say the same; with little room (the first byte chooses) the cache says nothing that the model
 * does not, and keeps its bounds.
 */
#include <stdlib.h>

#include "services/dns_cut.h"
#include "services/dns_known.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)
#define NAMES 8
#define TYPES 4
#define SMALL 2048

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char *const texts[NAMES] = {".", "t", "a.t", "b.t", "x.a.t", "y.x.a.t", "x.b.t", "s"};
static const int parents[NAMES] = {-1, 0, 1, 1, 2, 4, 3, 0};
static const uint16_t types[TYPES] = {DNS_CACHE_NAME, DNS_A, DNS_CNAME, DNS_DNAME};
static const uint32_t ttls[8] = {0, 1, 5, 30, 300, 3600, 86400, UINT32_MAX};

struct row {
    bool is_there;                    /* something is */
    uint8_t kind, rank;               /* enum dns_cache_kind, dns_cache_rank */
    dobos_time since, until, recheck; /* as those of struct dns_cached */
};

static struct row rows[NAMES][TYPES], cuts[NAMES]; /* the model */
static struct dns_name names[NAMES];

static void *allocate(void *context, size_t bytes, const char *site) {
    (void)context;
    (void)site;
    return malloc(bytes);
}

static void release(void *context, void *memory, size_t bytes) {
    (void)context;
    (void)bytes;
    free(memory);
}

/* ---- the model ---- */

static dobos_time model_until(uint8_t kind, uint32_t ttl, dobos_time now) {
    uint32_t most = kind == DNS_CACHE_RECORDS || kind == DNS_CACHE_CUT ? 7 * 86400
                    : kind == DNS_CACHE_FAILED                         ? 300
                                                                       : 3 * 3600;
    return now + (dobos_time)(ttl < most ? ttl : most) * DOBOS_SECOND;
}

static void model_put(unsigned name, unsigned type, uint8_t kind, uint8_t rank, uint32_t ttl,
                      dobos_time now) {
    struct row *row = &rows[name][type];
    if (row->is_there && row->until >= now && row->kind != DNS_CACHE_FAILED &&
        (kind == DNS_CACHE_FAILED || row->rank > rank))
        return;
    *row = (struct row){true, kind, rank, now, model_until(kind, ttl, now), 0};
    if (kind != DNS_CACHE_RECORDS && kind != DNS_CACHE_NO_DATA)
        return;
    for (int at = (int)name; at >= 0; at = parents[at]) {
        struct row *above = &rows[at][0];
        if (above->is_there && above->kind == DNS_CACHE_NO_NAME && above->rank <= rank &&
            above != row)
            above->is_there = false;
    }
}

static bool model_counts(const struct row *row, dobos_time now, bool stale, bool may) {
    if (!row->is_there)
        return false;
    if (!stale)
        return now <= row->until;
    return row->kind != DNS_CACHE_FAILED && now > row->until &&
           now - row->until <= DNS_CACHE_STALE && (may || now < row->recheck);
}

/* What is known, and where; −1 as the type: nothing. */
static enum dns_known_as model_look(unsigned name, unsigned type, dobos_time now, bool stale,
                                    bool may, struct row **found) {
    static const enum dns_known_as as[] = {DNS_KNOWN_RECORDS, DNS_KNOWN_NO_DATA, DNS_KNOWN_NO_NAME,
                                           DNS_KNOWN_FAILED};
    for (unsigned turn = 0; turn < 2; turn++) {
        *found = &rows[name][turn == 0 ? type : 0];
        if (model_counts(*found, now, stale, may))
            return as[(*found)->kind];
    }
    *found = &rows[name][2];
    if (model_counts(*found, now, stale, may) && (*found)->kind == DNS_CACHE_RECORDS)
        return DNS_KNOWN_ALIAS;
    for (int at = parents[name]; at >= 0; at = parents[at]) {
        *found = &rows[at][3];
        if (model_counts(*found, now, stale, may) && (*found)->kind == DNS_CACHE_RECORDS)
            return DNS_KNOWN_DNAME;
        *found = &rows[at][0];
        if (model_counts(*found, now, stale, may) && (*found)->kind == DNS_CACHE_NO_NAME)
            return DNS_KNOWN_NO_NAME;
    }
    return DNS_KNOWN_NOT;
}

static void model_fail(unsigned name, unsigned type, dobos_time now) {
    struct row *found, *row = &rows[name][type];
    if (model_look(name, type, now, true, true, &found) != DNS_KNOWN_NOT) {
        found->recheck = now + DNS_CACHE_RECHECK;
        return;
    }
    uint32_t ttl = DNS_CACHE_FAILED_S;
    if (row->is_there && row->kind == DNS_CACHE_FAILED &&
        now - row->until <= DNS_CACHE_FAILED_MOST_S * DOBOS_SECOND)
        ttl = min_u32(2 * (uint32_t)((row->until - row->since) / DOBOS_SECOND), 300);
    model_put(name, type, DNS_CACHE_FAILED, 0, ttl, now);
}

static bool model_is_below(int name, int above) {
    while (name != above && name >= 0)
        name = parents[name];
    return name == above;
}

/* ---- both ---- */

static void both_put(struct dns_cache *cache, unsigned name, unsigned type, const uint8_t *op,
                     dobos_time now) {
    uint8_t kind = type == 0 ? DNS_CACHE_NO_NAME : op[2] & 1;
    uint32_t ttl = ttls[op[2] >> 1 & 7];
    const struct dns_cache_item item = {.name = &names[name],
                                        .type = types[type],
                                        .kind = (enum dns_cache_kind)kind,
                                        .ttl_s = ttl,
                                        .records = {op, kind == DNS_CACHE_RECORDS ? 3 : 0},
                                        .rank = (enum dns_cache_rank)(op[2] >> 4 & 1)};
    (void)dns_cache_put(cache, &item, now);
    model_put(name, type, kind, (uint8_t)item.rank, ttl, now);
}

static void both_cut(struct dns_cache *cache, unsigned name, const uint8_t *op, dobos_time now) {
    const dobos_time most = op[2] & 16 ? now + 60 * DOBOS_SECOND : 0;
    const struct dns_cut cut = {&names[name], ttls[op[2] & 7], most, {op, 0}};
    dobos_time until = model_until(DNS_CACHE_CUT, cut.ttl_s, now);
    (void)dns_cut_put(cache, &cut, now);
    cuts[name] =
        (struct row){true, DNS_CACHE_CUT, 0, now, most > 0 && most < until ? most : until, 0};
}

static void both_know(struct dns_cache *cache, unsigned name, unsigned type, bool may,
                      bool is_small, dobos_time now) {
    const struct dns_wanted wanted = {
        .name = &names[name], .type = types[type], .now = now, .may_be_stale = may};
    struct row *found;
    bool is_stale = false;
    enum dns_known_as as = model_look(name, type, now, false, may, &found);
    if (as == DNS_KNOWN_NOT) {
        is_stale = true;
        as = model_look(name, type, now, true, may, &found);
    }
    const struct dns_known known = dns_cache_know(cache, &wanted);
    if (is_small) {
        PROMISE(known.as == DNS_KNOWN_NOT || known.entry);
        return;
    }
    PROMISE(known.as == as);
    if (as == DNS_KNOWN_NOT)
        return;
    PROMISE(known.is_stale == is_stale && known.entry->until == found->until);
    PROMISE(known.ttl_s == (is_stale ? 30 : (uint32_t)((found->until - now) / DOBOS_SECOND)));
}

static void both_find_cut(struct dns_cache *cache, unsigned name, bool is_small, dobos_time now) {
    const struct dns_cached *cut = dns_cut_find(cache, &names[name], now, 0);
    int at = (int)name;
    while (at >= 0 && !(cuts[at].is_there && now <= cuts[at].until))
        at = parents[at];
    if (is_small)
        return;
    PROMISE((cut != NULL) == (at >= 0));
    PROMISE(!cut || cut->until == cuts[at].until);
}

static void both_flush(struct dns_cache *cache, unsigned name) {
    (void)dns_cache_flush(cache, &names[name]);
    for (int i = 0; i < NAMES; i++) {
        if (!model_is_below(i, (int)name))
            continue;
        cuts[i].is_there = false;
        for (unsigned k = 0; k < TYPES; k++)
            rows[i][k].is_there = false;
    }
}

static void step(struct dns_cache *cache, const uint8_t *op, bool is_small, dobos_time now) {
    unsigned name = op[1] & 7, type = op[1] >> 3 & 3;
    switch (op[0] & 7) {
    case 0:
    case 1:
        both_put(cache, name, type, op, now);
        break;
    case 2:
        both_cut(cache, name, op, now);
        break;
    case 3:
        dns_cache_fail(cache, &names[name], types[type ? type : 1], 22, now);
        model_fail(name, type ? type : 1, now);
        break;
    case 4:
        if (op[2] % 8 == 0)
            both_flush(cache, name);
        break;
    case 5:
        both_find_cut(cache, name, is_small, now);
        break;
    default:
        both_know(cache, name, type ? type : 1, op[2] & 1, is_small, now);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static const dobos_time waits[8] = {0, 0, 1, 1, 6, 40, 4000, 90000};
    static const struct hash_key key = {{3, 4}};
    struct allocator allocator = {.hook = {.allocate = allocate, .release = release}};
    struct dns_cache cache;
    dobos_time now = DOBOS_SECOND;
    const bool is_small = length > 0 && bytes[0] & 1;
    memset(rows, 0, sizeof(rows));
    memset(cuts, 0, sizeof(cuts));
    for (unsigned i = 0; i < NAMES; i++)
        PROMISE(dns_name_from_text(texts[i], &names[i]));
    dns_cache_init(&cache, &allocator, &key, is_small ? SMALL : (size_t)1 << 20);
    for (size_t at = 1; at + 3 <= length; at += 3) {
        now += waits[bytes[at] >> 5] * DOBOS_SECOND;
        step(&cache, bytes + at, is_small, now);
        PROMISE(cache.bytes[0] + cache.bytes[1] + cache.bytes[2] <= cache.limit_bytes);
        PROMISE(cache.bytes[DNS_CACHE_ABSENT] <= cache.limit_bytes / 4);
    }
    dns_cache_fini(&cache);
    PROMISE(allocator.bytes == 0);
    return 0;
}
