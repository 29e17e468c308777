/* dns_authority: see dns_authority.h. */
#include "services/dns_authority.h"

/* ---- writing ---- */

static void record_emit(struct dns_answering *answering, const struct dns_name *owner,
                        const struct zone_record *record, uint32_t ttl) {
    dns_reply_record(&answering->reply, owner, record->type, ttl, record->data, record->length);
}

/* All records of a type at a name, written as `owner`'s; returns how many. */
static uint16_t records_emit(struct dns_answering *answering, const struct dns_name *owner,
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
void dns_authority_deny(struct dns_answering *answering, const struct zone *zone) {
    const struct zone_record *soa = zone_record_first(zone_find(zone, &zone->apex), DNS_SOA);
    if (!soa)
        return;
    uint32_t minimum = load_be32(soa->data + soa->length - 4);
    record_emit(answering, &zone->apex, soa, min_u32(minimum, soa->ttl));
    answering->reply.header.authorities++;
}

/* ---- zones ---- */

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
void dns_authority_refer(struct dns_answering *answering, const struct zone_name *cut) {
    const struct dns_name owner = zone_name_read(cut);
    uint16_t count = records_emit(answering, &owner, cut, DNS_NS);
    answering->reply.header.authorities = (uint16_t)(answering->reply.header.authorities + count);
    answering->reply.header.authoritative = answering->reply.header.answers > 0;
    answering->cut = cut;
}

/* Follows an alias: true, with the next name to look for; false: it has been followed before.
 * [rfc1034#2] */
static bool follow(struct dns_answering *answering, const struct zone_record *cname,
                   struct dns_name *name) {
    if (!dns_reply_alias(&answering->reply, name))
        return false;
    record_emit(answering, name, cname, cname->ttl);
    answering->reply.header.answers++;
    *name = dns_data_name(cname->data);
    return true;
}

/* What of a name that is there is sent. [rfc1034#9] */
static void found_emit(struct dns_answering *answering, const struct zone *zone,
                       const struct dns_name *name, const struct zone_name *found) {
    uint16_t type = answering->reply.asked.type;
    if (type == DNS_ANY && !answering->reply.tcp && found->records)
        type = found->records->type;
    uint16_t count = records_emit(answering, name, found, type);
    answering->reply.header.answers = (uint16_t)(answering->reply.header.answers + count);
    if (count == 0)
        dns_authority_deny(answering, zone);
}

/* The DNAME above `name`, at the apex or below, that is nearest to the apex, or NULL; *owner. */
static const struct zone_record *find_dname(const struct zone *zone, const struct dns_name *name,
                                            struct dns_name *owner) {
    struct dns_name above = *name;
    const struct zone_record *dname = NULL;
    while (above.length > zone->apex.length && dns_name_parent(&above, &above)) {
        const struct zone_name *at = zone_find(zone, &above);
        const struct zone_record *found = zone_record_first(at, DNS_DNAME);
        if (found) {
            dname = found;
            *owner = zone_name_read(at);
        }
    }
    return dname;
}

/* The delegation that `name` is beneath; the DS of a cut stands in the parent's zone, above it
 * (RFC 4035 §3.1.4.1). */
static const struct zone_name *find_cut(const struct zone *zone, const struct dns_name *name,
                                        uint16_t type) {
    struct dns_name from = *name;
    if (type == DNS_DS && name->length > zone->apex.length && !dns_name_parent(name, &from))
        return NULL;
    return zone_cut(zone, &from);
}

/* [rfc1034#3] [rfc1034#7] */
enum dns_authority_end dns_authority_answer(struct dns_answering *answering,
                                            const struct zone *zone, struct dns_name *name,
                                            const struct zone_name **cut) {
    uint16_t type = answering->reply.asked.type;
    struct dns_name owner;
    const struct zone_record *dname = find_dname(zone, name, &owner);
    *cut = find_cut(zone, name, type);
    if (*cut && !(dname && owner.length < (*cut)->length))
        return DNS_AUTHORITY_BELOW;
    answering->reply.header.authoritative = true;
    if (dname) {
        const struct slice data = {dname->data, dname->length};
        bool leads_on =
            dns_reply_rewrite(&answering->reply, dname, &owner, dname->ttl, data, name) &&
            type != DNS_CNAME;
        return leads_on ? DNS_AUTHORITY_ALIAS : DNS_AUTHORITY_ANSWERED;
    }
    const struct zone_name *found = zone_find(zone, name);
    if (!found)
        found = find_wildcard(zone, name);
    if (!found) {
        answering->reply.header.rcode = DNS_NXDOMAIN;
        dns_authority_deny(answering, zone);
        return DNS_AUTHORITY_ANSWERED;
    }
    const struct zone_record *cname = zone_record_first(found, DNS_CNAME);
    if (cname && type != DNS_CNAME && type != DNS_ANY)
        return follow(answering, cname, name) ? DNS_AUTHORITY_ALIAS : DNS_AUTHORITY_ANSWERED;
    found_emit(answering, zone, name, found);
    return DNS_AUTHORITY_ANSWERED;
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
void dns_authority_help(struct dns_answering *answering) {
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
        const struct dns_name cut = answering->cut ? zone_name_read(answering->cut) : name;
        if (answering->cut && dns_name_is_within(&name, &cut))
            reply->header.truncated = true;
    }
}
