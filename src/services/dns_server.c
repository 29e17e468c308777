/*
 * dns_server: one question, and the way through zones and cache to its answer; see dns_server.h.
 *
 * Small questions must not buy large answers for somebody else (attack I24): by UDP an answer has
 * at most 512 bytes, or 1232 for those who say they take them, and ANY gets one set of the name's
 * records (RFC 8482), by TCP too. Aliases are followed at most DNS_REPLY_ALIASES times and never
 * twice (I15, I18). It does not recurse itself, sign, transfer zones, or read options of EDNS.
 */
#include "services/dns_server.h"

#include "services/dns_authority.h"
#include "services/dns_leases.h"
#include "services/dns_recall.h"
#include "services/dns_special.h"

/* Questions that nobody is asked about: transfers, and what is no type of records (RFC 6895
 * §3.1). [rfc1035#23] */
static bool is_refused(const struct dns_question *asked) {
    return (asked->class_ != DNS_IN && asked->class_ != DNS_CLASS_ANY) || asked->type == DNS_OPT ||
           asked->type == 0 || (asked->type > 127 && asked->type < DNS_ANY);
}

/* The name of a DHCP client, unless the zone has that name itself; false: it is none. */
static bool answer_leased(struct dns_answering *answering, const struct zone *zone,
                          const struct dns_name *name) {
    const struct dns_source *source = answering->source;
    struct dns_reply *reply = &answering->reply;
    uint16_t before = reply->header.answers;
    if (!source->leases || (zone && (zone_find(zone, name) || zone_cut(zone, name))) ||
        !dns_leases_answer(reply, name, source->leases, &source->domain, source->now))
        return false;
    if (reply->header.answers == before && zone)
        dns_authority_deny(answering, zone);
    return true;
}

/* One name in a zone. What is below a cut is somebody else's: asked for, or referred to.
 * [rfc1034#21] */
static bool answer_in_zone(struct dns_answering *answering, const struct zone *zone,
                           struct dns_name *name) {
    const struct zone_name *cut;
    switch (dns_authority_answer(answering, zone, name, &cut)) {
    case DNS_AUTHORITY_ALIAS:
        return true;
    case DNS_AUTHORITY_BELOW:
        if (answering->source->cache && answering->reply.query.recursion_desired)
            return dns_recall_answer(answering, name);
        dns_authority_refer(answering, cut);
        return false;
    case DNS_AUTHORITY_ANSWERED:
    default:
        return false;
    }
}

/* The zone that knows: of a zone's DS its parent does, where it is here too (RFC 4035
 * §3.1.4.1). [rfc4035#2] */
static const struct zone *zone_for(const struct zone *zones, const struct dns_name *name,
                                   uint16_t type) {
    const struct zone *zone = zone_of(zones, name);
    struct dns_name above;
    if (type != DNS_DS || !zone || !dns_name_is_equal(name, &zone->apex) ||
        !dns_name_parent(name, &above))
        return zone;
    const struct zone *parent = zone_of(zones, &above);
    return parent ? parent : zone;
}

/* One name; true: an alias leads on to *name. [rfc1034#5] [rfc1034#33] [rfc2181#14] */
static bool answer_step(struct dns_answering *answering, struct dns_name *name) {
    const struct dns_source *source = answering->source;
    struct dns_reply *reply = &answering->reply;
    const struct zone *zone = zone_for(source->zones, name, reply->asked.type);
    if (answer_leased(answering, zone, name))
        return false;
    if (zone)
        return answer_in_zone(answering, zone, name);
    if (source->cache && reply->asked.class_ == DNS_IN) {
        if (!dns_special_answer(reply, name))
            return dns_recall_answer(answering, name);
    } else if (reply->header.answers == 0) {
        reply->header.rcode = DNS_REFUSED;
    }
    return false;
}

/* [rfc1034#15] [rfc1035#20] */
static void answer_question(struct dns_answering *answering) {
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

/* [rfc1034#4] */
size_t dns_server_answer(const struct dns_source *source, const uint8_t *query, size_t length,
                         bool tcp, uint8_t *answer, size_t room) {
    struct dns_answering answering = {.source = source};
    struct dns_reply *reply = &answering.reply;
    if (source->need)
        source->need->is_needed = false;
    if (!dns_reply_begin(reply, query, length, tcp, answer, room))
        return 0;
    reply->header.recursion_available = source->cache != NULL;
    if (source->is_curt) {
        reply->header.truncated = true;
        return dns_reply_end(reply);
    }
    if (!dns_reply_is_refused(reply))
        answer_question(&answering);
    if (source->need && source->need->is_needed)
        return 0;
    if (!dns_reply_cut(reply))
        dns_authority_help(&answering);
    return dns_reply_end(reply);
}
