/*
 * dns_server: one question, and the way through zones and cache to its answer; see dns_server.h.
 *
 * Small questions must not buy large answers for somebody else (attack I24): by UDP an answer has
 * at most 512 bytes, or 1232 for those who say they take them, and ANY gets one set of the name's
 * records (RFC 8482). Aliases are followed at most DNS_REPLY_ALIASES times and never twice (I15,
 * I18). It does not recurse itself, sign, transfer zones, or read options of EDNS.
 */
#include "services/dns_server.h"

#include "services/dns_leases.h"
#include "services/dns_special.h"

/* What is being answered. */
struct answering {
    struct dns_reply reply;          /* the message */
    const struct dns_source *source; /* where answers come from */
    const struct zone_name *cut;     /* where a referral was made, or NULL */
};

/* ---- writing ---- */

static void record_emit(struct answering *answering, const struct dns_name *owner,
                        const struct zone_record *record, uint32_t ttl) {
    dns_reply_record(&answering->reply, owner, record->type, ttl, record->data, record->length);
}

/* All records of a type at a name, written as `owner`'s; returns how many. */
static uint16_t records_emit(struct answering *answering, const struct dns_name *owner,
                             const struct zone_name *name, uint16_t type) {
    uint16_t count = 0;
    for (const struct zone_record *r = zone_record_first(name, type); r;
         r = zone_record_next(r, type)) {
        record_emit(answering, owner, r, r->ttl);
        count++;
    }
    return count;
}

/* The SOA that says how long the absence holds (RFC 2308 §3) [rfc2308#1] [rfc2308#2] [rfc2308#3].
 */
static void negative_emit(struct answering *answering, const struct zone *zone) {
    const struct zone_record *soa = zone_record_first(zone_find(zone, &zone->apex), DNS_SOA);
    if (!soa)
        return;
    uint32_t minimum = load_be32(soa->data + soa->length - 4);
    record_emit(answering, &zone->apex, soa, min_u32(minimum, soa->ttl));
    answering->reply.header.authorities++;
}

/* ---- the cache ---- */

/* What must be asked first; who cannot ask fails, and who was not to ask others refuses. */
static void need(struct answering *answering, const struct dns_name *name, uint16_t type) {
    struct dns_need *need = answering->source->need;
    if (!answering->reply.query.recursion_desired) {
        answering->reply.header.rcode = DNS_REFUSED;
    } else if (!need) {
        answering->reply.header.rcode = DNS_SERVFAIL;
    } else {
        need->is_needed = true;
        need->question = (struct dns_question){.name = *name, .type = type, .class_ = DNS_IN};
    }
}

/* All of a set; by UDP of all sets the first. */
static void cached_emit(struct answering *answering, const struct dns_name *owner,
                        const struct dns_cached *cached) {
    struct dns_reply *reply = &answering->reply;
    uint32_t ttl = dns_cached_ttl(cached, answering->source->now);
    struct dns_cache_record record;
    uint16_t first = 0;
    size_t at = 0;
    while (dns_cached_next(cached, &at, &record)) {
        if (first == 0)
            first = record.type;
        if (record.type != first && !reply->tcp)
            continue;
        dns_reply_record(reply, owner, record.type, ttl, record.data.bytes, record.data.length);
        reply->header.answers++;
    }
}

/* That there is nothing, with the SOA that says so [rfc2308#7]. */
static void absence_emit(struct answering *answering, const struct dns_cached *cached) {
    struct dns_reply *reply = &answering->reply;
    uint32_t ttl = dns_cached_ttl(cached, answering->source->now);
    struct dns_cache_record soa;
    size_t at = 0;
    if (cached->kind == DNS_CACHE_NO_NAME)
        reply->header.rcode = DNS_NXDOMAIN;
    if (cached->kind == DNS_CACHE_FAILED)
        reply->header.rcode = DNS_SERVFAIL;
    if (!dns_cached_next(cached, &at, &soa))
        return;
    dns_reply_record(reply, &soa.zone, soa.type, ttl, soa.data.bytes, soa.data.length);
    reply->header.authorities++;
}

/* One name in the cache; true: an alias leads on to *name. */
static bool answer_cached(struct answering *answering, struct dns_name *name) {
    struct dns_cache *cache = answering->source->cache;
    struct dns_reply *reply = &answering->reply;
    dobos_time now = answering->source->now;
    struct dns_cache_record alias;
    uint16_t type = reply->asked.type;
    size_t at = 0;
    const struct dns_cached *cached = dns_cache_find(cache, name, type, now);
    if (!cached)
        cached = dns_cache_find(cache, name, DNS_CACHE_NAME, now);
    if (cached) {
        if (cached->kind == DNS_CACHE_RECORDS)
            cached_emit(answering, name, cached);
        else
            absence_emit(answering, cached);
        return false;
    }
    cached = type == DNS_ANY ? NULL : dns_cache_find(cache, name, DNS_CNAME, now);
    if (!cached || cached->kind != DNS_CACHE_RECORDS || !dns_cached_next(cached, &at, &alias)) {
        need(answering, name, type);
        return false;
    }
    if (!dns_reply_alias(reply, cached))
        return false;
    dns_reply_record(reply, name, DNS_CNAME, dns_cached_ttl(cached, now), alias.data.bytes,
                     alias.data.length);
    reply->header.answers++;
    *name = dns_data_name(alias.data.bytes);
    return true;
}

/* ---- zones ---- */

/* The delegation at or above `name` and below the apex that is nearest to the apex, or NULL. */
static const struct zone_name *find_cut(const struct zone *zone, const struct dns_name *name) {
    struct dns_name above = *name;
    const struct zone_name *cut = NULL;
    while (above.length > zone->apex.length) {
        const struct zone_name *found = zone_find(zone, &above);
        if (zone_record_first(found, DNS_NS))
            cut = found;
        if (!dns_name_parent(&above, &above))
            break;
    }
    return cut;
}

/* The wildcard that stands for a name that is not there (RFC 4592): below its closest encloser.
 * [rfc1034#8] */
static const struct zone_name *find_wildcard(const struct zone *zone, const struct dns_name *name) {
    struct dns_name above = *name;
    while (above.length > zone->apex.length && dns_name_parent(&above, &above)) {
        if (!zone_find(zone, &above))
            continue;
        if (above.length + 2 > DNS_NAME_BYTES)
            return NULL;
        struct dns_name star = {.length = (uint8_t)(above.length + 2), .bytes = {1, '*'}};
        memcpy(star.bytes + 2, above.bytes, above.length);
        return zone_find(zone, &star);
    }
    return NULL;
}

/* RFC 1034 §4.3.2 (3b): whatever is asked at a zone cut or below, its name servers are named. The
 * answer has authority only for the aliases that led here. [rfc1034#6] */
static void referral(struct answering *answering, const struct zone_name *cut) {
    uint16_t count = records_emit(answering, &cut->name, cut, DNS_NS);
    answering->reply.header.authorities = (uint16_t)(answering->reply.header.authorities + count);
    answering->reply.header.authoritative = answering->reply.header.answers > 0;
    answering->cut = cut;
}

/* Follows an alias: true, with the next name to look for; false: it has been followed before.
 * [rfc1034#2] */
static bool follow(struct answering *answering, const struct zone_record *cname,
                   struct dns_name *name) {
    if (!dns_reply_alias(&answering->reply, cname))
        return false;
    record_emit(answering, name, cname, cname->ttl);
    answering->reply.header.answers++;
    *name = dns_data_name(cname->data);
    return true;
}

/* What of a name that is there is sent. [rfc1034#9] */
static void found_emit(struct answering *answering, const struct zone *zone,
                       const struct dns_name *name, const struct zone_name *found) {
    uint16_t type = answering->reply.asked.type;
    if (type == DNS_ANY && !answering->reply.tcp && found->records)
        type = found->records->type;
    uint16_t count = records_emit(answering, name, found, type);
    answering->reply.header.answers = (uint16_t)(answering->reply.header.answers + count);
    if (count == 0)
        negative_emit(answering, zone);
}

/* What is below a cut is somebody else's: asked for, or referred to. */
static bool answer_below(struct answering *answering, const struct zone_name *cut,
                         struct dns_name *name) {
    if (answering->source->cache && answering->reply.query.recursion_desired)
        return answer_cached(answering, name);
    referral(answering, cut);
    return false;
}

/* One name in one zone; true: an alias leads on to *name. [rfc1034#3] [rfc1034#7] */
static bool answer_name(struct answering *answering, const struct zone *zone,
                        struct dns_name *name) {
    const struct zone_name *cut = find_cut(zone, name);
    uint16_t type = answering->reply.asked.type;
    if (cut)
        return answer_below(answering, cut, name);
    answering->reply.header.authoritative = true;
    const struct zone_name *found = zone_find(zone, name);
    if (!found)
        found = find_wildcard(zone, name);
    if (!found) {
        answering->reply.header.rcode = DNS_NXDOMAIN;
        negative_emit(answering, zone);
        return false;
    }
    const struct zone_record *cname = zone_record_first(found, DNS_CNAME);
    if (cname && type != DNS_CNAME && type != DNS_ANY)
        return follow(answering, cname, name);
    found_emit(answering, zone, name, found);
    return false;
}

/* ---- the way ---- */

/* Questions that nobody is asked about: transfers, and what is no type of records (RFC 6895
 * §3.1). */
static bool is_refused(const struct dns_question *asked) {
    return (asked->class_ != DNS_IN && asked->class_ != DNS_CLASS_ANY) || asked->type == DNS_OPT ||
           asked->type == 0 || (asked->type > 127 && asked->type < DNS_ANY);
}

/* The name of a DHCP client, unless the zone has that name itself; false: it is none. */
static bool answer_leased(struct answering *answering, const struct zone *zone,
                          const struct dns_name *name) {
    const struct dns_source *source = answering->source;
    struct dns_reply *reply = &answering->reply;
    uint16_t before = reply->header.answers;
    if (!source->leases || (zone && (zone_find(zone, name) || find_cut(zone, name))) ||
        !dns_leases_answer(reply, name, source->leases, &source->domain, source->now))
        return false;
    if (reply->header.answers == before && zone)
        negative_emit(answering, zone);
    return true;
}

/* One name; true: an alias leads on to *name. [rfc1034#5] */
static bool answer_step(struct answering *answering, struct dns_name *name) {
    const struct dns_source *source = answering->source;
    struct dns_reply *reply = &answering->reply;
    const struct zone *zone = zone_of(source->zones, name);
    if (answer_leased(answering, zone, name))
        return false;
    if (zone)
        return answer_name(answering, zone, name);
    if (source->cache && reply->asked.class_ == DNS_IN) {
        if (!dns_special_answer(reply, name))
            return answer_cached(answering, name);
    } else if (reply->header.answers == 0) {
        reply->header.rcode = DNS_REFUSED;
    }
    return false;
}

static void answer_question(struct answering *answering) {
    struct dns_reply *reply = &answering->reply;
    struct dns_name name = reply->asked.name;
    if (is_refused(&reply->asked)) {
        reply->header.rcode = DNS_REFUSED;
        return;
    }
    bool leads_on = answer_step(answering, &name);
    bool authoritative = reply->header.authoritative;
    while (leads_on)
        leads_on = answer_step(answering, &name);
    /* The name asked for decides, not where its alias leads (RFC 1035 §4.1.1). */
    reply->header.authoritative = authoritative;
    /* Of all classes there are, this server knows one (RFC 1035 §6.2). */
    if (reply->asked.class_ == DNS_CLASS_ANY)
        reply->header.authoritative = false;
}

/* ---- addresses of servers ---- */

static bool was_given(const struct dns_reply *reply, unsigned count, const struct dns_name *name) {
    for (unsigned i = 0; i < count; i++) {
        struct dns_name other = dns_data_name(reply->mentions[i].data);
        if (dns_name_is_equal(&other, name))
            return true;
    }
    return false;
}

/* Addresses of the names that NS and MX records gave, as far as they are known here. What does not
 * fit is left out, for it is only a help; but without the addresses of servers below their own cut
 * a referral leads nowhere, so then TC says that there is more (RFC 9471 §3). */
static void additional_emit(struct answering *answering) {
    struct dns_reply *reply = &answering->reply;
    for (unsigned i = 0; i < reply->mention_count; i++) {
        struct dns_name name = dns_data_name(reply->mentions[i].data);
        const struct zone *zone = zone_of(answering->source->zones, &name);
        const struct zone_name *found = zone ? zone_find(zone, &name) : NULL;
        if (!found || was_given(reply, i, &name))
            continue;
        struct dns_writer before = reply->w;
        uint16_t added = records_emit(answering, &name, found, DNS_A);
        added = (uint16_t)(added + records_emit(answering, &name, found, DNS_AAAA));
        if (!reply->w.writer.failed) {
            reply->header.additionals = (uint16_t)(reply->header.additionals + added);
            continue;
        }
        reply->w = before;
        if (answering->cut && dns_name_is_within(&name, &answering->cut->name))
            reply->header.truncated = true;
    }
}

/* [rfc1034#4] */
size_t dns_server_answer(const struct dns_source *source, const uint8_t *query, size_t length,
                         bool tcp, uint8_t *answer, size_t room) {
    struct answering answering = {.source = source};
    struct dns_reply *reply = &answering.reply;
    if (source->need)
        source->need->is_needed = false;
    if (!dns_reply_begin(reply, query, length, tcp, answer, room))
        return 0;
    reply->header.recursion_available = source->cache != NULL;
    if (!dns_reply_is_refused(reply))
        answer_question(&answering);
    if (source->need && source->need->is_needed)
        return 0;
    if (!dns_reply_cut(reply))
        additional_emit(&answering);
    return dns_reply_end(reply);
}
