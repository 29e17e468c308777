/* dns_recall: see dns_recall.h. */
#include "services/dns_recall.h"

/* What must be asked first; who cannot ask fails, and who was not to ask others refuses. */
static void need(struct dns_answering *answering, const struct dns_name *name, uint16_t type) {
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
static void cached_emit(struct dns_answering *answering, const struct dns_name *owner,
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
static void absence_emit(struct dns_answering *answering, const struct dns_cached *cached) {
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
bool dns_recall_answer(struct dns_answering *answering, struct dns_name *name) {
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
