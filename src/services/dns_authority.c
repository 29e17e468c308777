/* dns_authority: see dns_authority.h. */
#include "services/dns_authority.h"

/* ---- writing ---- */

static void record_emit(struct dns_answering *answering, const struct dns_name *owner,
                        const struct zone_record *record, uint32_t ttl) {
    dns_reply_record(&answering->reply, owner, record->type, ttl, record->data, record->length);
}

/* All records of a type at a name, written as `owner`'s; returns how many. [rfc1034#23]
 * [rfc2181#22] */
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
 * [rfc2181#18]
 *
 * DEVIATION: the minimum is no floor for other records: RFC 2308 §4 took that meaning away.
 * [rfc1035#37] */
void dns_authority_deny(struct dns_answering *answering, const struct zone *zone) {
    const struct zone_record *soa = zone_record_first(zone_find(zone, &zone->apex), DNS_SOA);
    if (!soa)
        return;
    uint32_t minimum = load_be32(soa->data + soa->length - 4);
    record_emit(answering, &zone->apex, soa, min_u32(minimum, soa->ttl));
    answering->reply.header.authorities++;
}

/* ---- zones ---- */

/* RFC 1034 §4.3.2 (3b): whatever is asked at a zone cut or below, its name servers are named. The
 * answer has authority only for the aliases that led here. [rfc1034#6] [rfc1034#18] [rfc2181#17] */
void dns_authority_refer(struct dns_answering *answering, const struct zone_name *cut) {
    const struct dns_name owner = zone_name_read(cut);
    uint16_t count = records_emit(answering, &owner, cut, DNS_NS);
    answering->reply.header.authorities = (uint16_t)(answering->reply.header.authorities + count);
    answering->reply.header.authoritative = answering->reply.header.answers > 0;
    answering->cut = cut;
}

/* Follows an alias: true, with the next name to look for; false: it has been followed before.
 * [rfc1034#2]
 * DEVIATION: a ring is sent once without an error, as the servers that it is compared with do.
 * [rfc1034#14] */
static bool follow(struct dns_answering *answering, const struct zone_record *cname,
                   struct dns_name *name) {
    if (!dns_reply_alias(&answering->reply, name))
        return false;
    record_emit(answering, name, cname, cname->ttl);
    answering->reply.header.answers++;
    *name = dns_data_name(cname->data);
    return true;
}

/* Below a DNAME the name is another one. */
static enum dns_authority_end rename_below(struct dns_answering *answering,
                                           const struct zone_walk *walk, struct dns_name *name) {
    const struct zone_record *dname = walk->dname;
    const struct slice data = {dname->data, dname->length};
    struct dns_name owner = {.length = (uint8_t)(name->length - walk->closest)};
    memcpy(owner.bytes, name->bytes + walk->closest, owner.length);
    return dns_reply_rewrite(&answering->reply, dname, &owner, dname->ttl, data, name) &&
                   answering->reply.asked.type != DNS_CNAME
               ? DNS_AUTHORITY_ALIAS
               : DNS_AUTHORITY_ANSWERED;
}

/* What of a name that is there is sent; of all types one, by TCP too: who wants to know what is
 * there asks for it, and who wants much for little gets little [rfc1034#9] [rfc8482#1].
 * [rfc1034#28] */
static void found_emit(struct dns_answering *answering, const struct zone *zone,
                       const struct dns_name *name, const struct zone_name *found) {
    uint16_t type = answering->reply.asked.type;
    if (type == DNS_ANY && found->records)
        type = found->records->type;
    uint16_t count = records_emit(answering, name, found, type);
    answering->reply.header.answers = (uint16_t)(answering->reply.header.answers + count);
    if (count == 0)
        dns_authority_deny(answering, zone);
}

/* DS belongs to the parent: at a cut itself it is no part of what is delegated (RFC 4035 §3.1.4.1).
 * A wildcard stands for what is not there, nearest above [rfc1034#8] [rfc4592#1] [rfc4592#2]
 * [rfc4592#3]. [rfc1034#3] [rfc1034#7] [rfc4035#1] [rfc1034#12] [rfc1034#27] */
enum dns_authority_end dns_authority_answer(struct dns_answering *answering,
                                            const struct zone *zone, struct dns_name *name,
                                            const struct zone_name **cut) {
    uint16_t type = answering->reply.asked.type;
    struct zone_walk walk;
    zone_walk(zone, name, &walk);
    *cut = walk.cut;
    if (walk.cut && (type != DNS_DS || walk.found != walk.cut))
        return DNS_AUTHORITY_BELOW;
    answering->reply.header.authoritative = true;
    if (walk.dname)
        return rename_below(answering, &walk, name);
    const struct zone_name *found = walk.found ? walk.found : zone_wildcard(zone, name, &walk);
    if (!found) {
        answering->reply.header.rcode = DNS_NXDOMAIN;
        dns_authority_deny(answering, zone);
        return DNS_AUTHORITY_ANSWERED;
    }
    const struct zone_record *cname = zone_record_first(found, DNS_CNAME);
    if (cname && type != DNS_ANY && !zone_record_first(found, type))
        return follow(answering, cname, name) ? DNS_AUTHORITY_ALIAS : DNS_AUTHORITY_ANSWERED;
    found_emit(answering, zone, name, found);
    return DNS_AUTHORITY_ANSWERED;
}

/* ---- addresses of servers ---- */

/* [rfc2181#16] */
static bool was_given(const struct dns_reply *reply, unsigned count, const struct dns_name *name) {
    for (unsigned i = 0; i < count; i++) {
        struct dns_name other = dns_data_name(reply->mentions[i].data);
        if (dns_name_is_equal(&other, name))
            return true;
    }
    return false;
}

/* The addresses of one name; false: there is no room for them. What is below a cut is glue, which
 * serves a referral and nobody else. [rfc1034#18] */
static bool addresses_emit(struct dns_answering *answering, const struct dns_name *name) {
    struct dns_reply *reply = &answering->reply;
    const struct zone *zone = zone_of(answering->source->zones, name);
    struct zone_walk walk = {0};
    if (zone)
        zone_walk(zone, name, &walk);
    const struct zone_name *found = walk.found;
    if (zone && walk.cut && answering->cut)
        found = zone_find(zone, name);
    else if (walk.cut)
        found = NULL;
    if (!found)
        return true;
    struct dns_writer before = reply->w;
    uint16_t added = records_emit(answering, name, found, DNS_A);
    added = (uint16_t)(added + records_emit(answering, name, found, DNS_AAAA));
    if (reply->w.writer.failed) {
        reply->w = before;
        return false;
    }
    reply->header.additionals = (uint16_t)(reply->header.additionals + added);
    return true;
}

/* The addresses of all servers of a cut, first of those below it: without these the referral leads
 * nowhere, so if one has no room TC says that there is more; the others are only a help.
 * [rfc9471#1] [rfc9471#2] */
static void glue_emit(struct dns_answering *answering) {
    const struct dns_name cut = zone_name_read(answering->cut);
    for (unsigned turn = 0; turn < 2; turn++) {
        for (const struct zone_record *ns = zone_record_first(answering->cut, DNS_NS); ns;
             ns = zone_record_next(ns, DNS_NS)) {
            const struct dns_name name = dns_data_name(ns->data);
            if (dns_name_is_within(&name, &cut) != (turn == 0) || addresses_emit(answering, &name))
                continue;
            answering->reply.header.truncated |= turn == 0;
            return;
        }
    }
}

/* Addresses of the names that NS, MX and SRV records gave, as far as they are known here. What does
 * not fit is left out, for it is only a help. [rfc1034#26] [rfc1035#18] [rfc2181#20] */
void dns_authority_help(struct dns_answering *answering) {
    struct dns_reply *reply = &answering->reply;
    if (answering->cut) {
        glue_emit(answering);
        return;
    }
    for (unsigned i = 0; i < reply->mention_count; i++) {
        struct dns_name name = dns_data_name(reply->mentions[i].data);
        if (!was_given(reply, i, &name))
            (void)addresses_emit(answering, &name);
    }
}
