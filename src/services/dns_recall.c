/* dns_recall: see dns_recall.h. */
#include "services/dns_recall.h"

#include "services/dns_known.h"
#include "wire/dns_data.h"

/* ---- what is not known ---- */

static void need_set(struct dns_need *need, const struct dns_name *name, uint16_t type) {
    need->is_needed = true;
    need->question = (struct dns_question){.name = *name, .type = type, .class_ = DNS_IN};
}

/* [rfc1034#32] [rfc1123#26] */
static void failed(struct dns_answering *answering) {
    answering->reply.header.rcode = DNS_SERVFAIL;
    if (answering->source->error)
        dns_reply_extended_error(&answering->reply, answering->source->error);
}

/* What must be asked first; who cannot ask fails; who was not to ask others refuses, or leaves it
 * at the aliases he knew. [rfc1034#19] [rfc1034#20]
 * DEVIATION: he is refused, for what a referral said never answers a client: no ghost of a domain,
 * no amplification. [rfc1034#25] */
static void need(struct dns_answering *answering, const struct dns_name *name) {
    struct dns_reply *reply = &answering->reply;
    if (!reply->query.recursion_desired)
        reply->header.rcode = reply->header.answers > 0 ? DNS_NOERROR : DNS_REFUSED;
    else if (!answering->source->need)
        failed(answering);
    else
        need_set(answering->source->need, name, reply->asked.type);
}

/* ---- what is known ---- */

/* All of a set; by UDP of all sets the first. [rfc1034#23] */
static void records_emit(struct dns_reply *reply, const struct dns_name *owner,
                         const struct dns_known *known) {
    struct dns_cache_record record;
    uint16_t first = 0;
    size_t at = 0;
    while (dns_cached_next(known->entry, &at, &record)) {
        if (first == 0)
            first = record.type;
        if (record.type != first && !reply->tcp)
            continue;
        dns_reply_record(reply, owner, record.type, known->ttl_s, record.data.bytes,
                         record.data.length);
        reply->header.answers++;
    }
}

/* That there is nothing, with the SOA that says so [rfc2308#7]. [rfc2181#18]
 * DEVIATION: servers of a zone are learned from its parent to find the way, and given to nobody.
 * [rfc2308#16] */
static void absence_emit(struct dns_reply *reply, const struct dns_known *known) {
    struct dns_cache_record soa;
    size_t at = 0;
    if (!dns_cached_next(known->entry, &at, &soa))
        return;
    dns_reply_record(reply, &soa.zone, soa.type, known->ttl_s, soa.data.bytes, soa.data.length);
    reply->header.authorities++;
}

/* One more link of a chain; one that leads in a circle or goes on without end is an error to who
 * asked for its end (RFC 1034 §3.6.2). */
static bool is_link(struct dns_reply *reply, const struct dns_name *name) {
    if (dns_reply_alias(reply, name))
        return true;
    reply->header.rcode = DNS_SERVFAIL;
    return false;
}

/* True: *name is its target. [rfc1034#13] [rfc1034#22] */
static bool alias_emit(struct dns_reply *reply, struct dns_name *name,
                       const struct dns_known *known) {
    struct dns_cache_record alias;
    size_t at = 0;
    if (!dns_cached_next(known->entry, &at, &alias) || !is_link(reply, name))
        return false;
    dns_reply_record(reply, name, DNS_CNAME, known->ttl_s, alias.data.bytes, alias.data.length);
    reply->header.answers++;
    *name = dns_data_name(alias.data.bytes);
    return true;
}

/* True: *name is where the DNAME leads it. */
static bool dname_emit(struct dns_reply *reply, struct dns_name *name,
                       const struct dns_known *known) {
    const struct dns_name owner = dns_cached_name(known->entry);
    struct dns_cache_record dname;
    size_t at = 0;
    if (!dns_cached_next(known->entry, &at, &dname))
        return false;
    const struct slice data = {dname.data.bytes, dname.data.length};
    if (dns_reply_rewrite(reply, known->entry, &owner, known->ttl_s, data, name))
        return reply->asked.type != DNS_CNAME;
    if (reply->header.rcode == DNS_NOERROR)
        reply->header.rcode = DNS_SERVFAIL;
    return false;
}

/* True: *name is where an alias leads. */
static bool known_emit(struct dns_answering *answering, struct dns_name *name,
                       const struct dns_known *known) {
    struct dns_reply *reply = &answering->reply;
    switch (known->as) {
    case DNS_KNOWN_NOT:
        need(answering, name);
        return false;
    case DNS_KNOWN_RECORDS:
        records_emit(reply, name, known);
        return false;
    case DNS_KNOWN_NO_NAME:
        reply->header.rcode = DNS_NXDOMAIN;
        absence_emit(reply, known);
        return false;
    case DNS_KNOWN_NO_DATA:
        absence_emit(reply, known);
        return false;
    case DNS_KNOWN_FAILED:
        reply->header.rcode = DNS_SERVFAIL;
        dns_reply_extended_error(reply, known->entry->detail ? known->entry->detail
                                                             : DNS_ERROR_CACHED_ERROR);
        return false;
    case DNS_KNOWN_ALIAS:
        return alias_emit(reply, name, known);
    case DNS_KNOWN_DNAME:
        return dname_emit(reply, name, known);
    }
    return false;
}

/* What else follows from it: that it is beyond its time [rfc8767#5], or will soon be. */
static void known_note(struct dns_answering *answering, const struct dns_name *name,
                       const struct dns_known *known) {
    const struct dns_source *source = answering->source;
    if (known->is_stale)
        dns_reply_extended_error(&answering->reply, known->as == DNS_KNOWN_NO_NAME
                                                        ? DNS_ERROR_STALE_NXDOMAIN
                                                        : DNS_ERROR_STALE_ANSWER);
    if (known->is_due && source->refresh && !source->refresh->is_needed)
        need_set(source->refresh, name, answering->reply.asked.type);
    if (known->as != DNS_KNOWN_NOT && source->log)
        dns_log_add(source->log, source->now,
                    known->is_stale ? DOBOS_DNS_FROM_STALE : DOBOS_DNS_FROM_CACHE, name,
                    answering->reply.asked.type, NULL, NULL, known->ttl_s);
}

/* [rfc1034#24] */
bool dns_recall_answer(struct dns_answering *answering, struct dns_name *name) {
    const struct dns_source *source = answering->source;
    const struct dns_wanted wanted = {.name = name,
                                      .type = answering->reply.asked.type,
                                      .now = source->now,
                                      .asked_at = source->asked_at,
                                      .may_be_stale = source->may_be_stale};
    const struct dns_known known = dns_cache_know(source->cache, &wanted);
    known_note(answering, name, &known);
    return known_emit(answering, name, &known);
}
