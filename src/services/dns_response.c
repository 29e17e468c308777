/* dns_response: see dns_response.h. */
#include "services/dns_response.h"

/* ---- aliases ---- */

/* The name below `owner` moved below `target`; false: it would be too long. */
static bool name_move(const struct dns_name *name, const struct dns_name *owner,
                      const struct dns_name *target, struct dns_name *moved) {
    size_t kept = (size_t)name->length - owner->length;
    if (kept + target->length > DNS_NAME_BYTES)
        return false;
    struct dns_name made = {.length = (uint8_t)(kept + target->length)};
    memcpy(made.bytes, name->bytes, kept);
    memcpy(made.bytes + kept, target->bytes, target->length);
    *moved = made;
    return true;
}

/* The name that is all of a record's data; false: malformed. */
static bool target_parse(const struct reader *message, const struct dns_record *record,
                         struct dns_name *target) {
    size_t at = 0;
    return dns_record_name_parse(message, record, &at, target) && at == record->data.length;
}

/* [rfc2181#10] */
bool dns_response_alias(const struct dns_response *response, const struct dns_name *name,
                        struct dns_name *target, struct dns_name *dname, bool *broken) {
    struct reader at = response->answers;
    const struct dns_name *zone = response->hearing.zone;
    bool found = false;
    dname->length = 0;
    *broken = false;
    for (unsigned i = 0; i < response->header.answers; i++) {
        struct dns_record record;
        struct dns_name to;
        (void)dns_record_parse(&at, &record);
        bool is_cname = record.type == DNS_CNAME && dns_name_is_equal(&record.name, name);
        bool is_dname = record.type == DNS_DNAME && record.name.length < name->length &&
                        dns_name_is_within(name, &record.name) &&
                        dns_name_is_within(&record.name, zone);
        if (record.class_ != DNS_IN || (!is_cname && !is_dname))
            continue;
        if (!target_parse(&at, &record, &to) ||
            (is_dname && !name_move(name, &record.name, &to, &to)) ||
            dns_name_is_equal(&to, name) || (found && !dns_name_is_equal(&to, target))) {
            *broken = true;
            return false;
        }
        if (is_dname)
            *dname = record.name;
        *target = to;
        found = true;
    }
    return found;
}

/* ---- sections ---- */

/* Finds the sections, and the code's upper bits; false: malformed. [rfc1035#41] [rfc6891#9] */
static bool sections_find(struct dns_response *response, const struct reader *message) {
    struct reader at = *message;
    struct dns_record record;
    response->answers = at;
    if (!dns_section_skip(&at, response->header.answers))
        return false;
    response->authorities = at;
    if (!dns_section_skip(&at, response->header.authorities))
        return false;
    response->additional = at;
    for (unsigned i = 0; i < response->header.additionals; i++) {
        if (!dns_record_parse(&at, &record))
            return false;
        if (record.type == DNS_OPT)
            response->rcode = (record.ttl >> 24 << 4) | response->header.rcode;
    }
    return true;
}

/* Whether there is a record that was asked for. */
static bool has_answer(const struct dns_response *response) {
    const struct dns_question *question = response->hearing.question;
    struct reader at = response->answers;
    for (unsigned i = 0; i < response->header.answers; i++) {
        struct dns_record record;
        (void)dns_record_parse(&at, &record);
        if (record.class_ == DNS_IN && record.type != DNS_OPT &&
            (record.type == question->type || question->type == DNS_ANY) &&
            dns_name_is_equal(&record.name, &question->name))
            return true;
    }
    return false;
}

/* What the section of authority says. */
struct authority {
    bool has_soa;      /* of a zone that holds the name, and is the server's */
    bool has_servers;  /* of whatever zone */
    bool has_referral; /* of a zone that holds the name, below the server's: *cut */
};

/* [rfc1034#38] */
static struct authority authority_read(struct dns_response *response) {
    const struct dns_name *asked = &response->hearing.question->name;
    const struct dns_name *zone = response->hearing.zone;
    struct reader at = response->authorities;
    struct authority found = {0};
    for (unsigned i = 0; i < response->header.authorities; i++) {
        struct dns_record record;
        (void)dns_record_parse(&at, &record);
        if (record.class_ != DNS_IN)
            continue;
        bool is_ours =
            dns_name_is_within(asked, &record.name) && dns_name_is_within(&record.name, zone);
        if (record.type == DNS_SOA && is_ours)
            found.has_soa = true;
        if (record.type != DNS_NS)
            continue;
        found.has_servers = true;
        if (is_ours && record.name.length > zone->length && !found.has_referral) {
            found.has_referral = true;
            response->cut = record.name;
        }
    }
    return found;
}

/* ---- all of it ---- */

/* Nothing of what was asked for is there. [rfc2308#8] [rfc2308#13] [rfc2308#14] */
static enum dns_disposition absence_judge(struct dns_response *response) {
    struct authority authority = authority_read(response);
    bool recursive = response->hearing.recursive, authoritative = response->header.authoritative;
    if (response->rcode == DNS_NXDOMAIN)
        return recursive || authoritative || authority.has_soa ? DNS_SAYS_NO_NAME : DNS_SAYS_LAME;
    if (authority.has_soa)
        return DNS_SAYS_NO_DATA;
    if (authority.has_referral)
        return recursive && !authoritative ? DNS_SAYS_LAME
               : recursive                 ? DNS_SAYS_NO_DATA
                                           : DNS_SAYS_REFERRAL;
    /* Servers of the zone itself or above: it knows no more than who asks (RFC 1034 §4.3.1). */
    return authoritative || (recursive && !authority.has_servers) ? DNS_SAYS_NO_DATA
                                                                  : DNS_SAYS_LAME;
}

/* [rfc1035#43] [rfc1123#20] [rfc2181#21] */
static enum dns_disposition judge(struct dns_response *response) {
    const struct dns_question *question = response->hearing.question;
    bool broken = false;
    if (response->rcode == DNS_FORMERR || response->rcode == DNS_NOTIMP ||
        response->rcode == DNS_BADVERS)
        return DNS_SAYS_PUZZLED;
    if (response->header.truncated)
        return DNS_SAYS_TRUNCATED;
    if (response->rcode == DNS_REFUSED)
        return DNS_SAYS_LAME;
    if (response->rcode != DNS_NOERROR && response->rcode != DNS_NXDOMAIN)
        return DNS_SAYS_FAILURE;
    if (response->header.questions != 1)
        return DNS_SAYS_GARBAGE;
    /* What is there and not there at once is not believed. */
    if (has_answer(response))
        return response->rcode == DNS_NOERROR ? DNS_SAYS_ANSWER : DNS_SAYS_GARBAGE;
    if (question->type != DNS_CNAME && question->type != DNS_ANY &&
        dns_response_alias(response, &question->name, &response->target, &response->dname, &broken))
        return DNS_SAYS_ALIAS;
    return broken ? DNS_SAYS_GARBAGE : absence_judge(response);
}

void dns_response_parse(struct dns_response *response, const struct dns_hearing *hearing,
                        const struct reader *message, const struct dns_header *header) {
    response->hearing = *hearing;
    response->header = *header;
    response->rcode = header->rcode;
    response->target.length = response->dname.length = response->cut.length = 0;
    if (sections_find(response, message))
        response->disposition = judge(response);
    else
        response->disposition = header->truncated ? DNS_SAYS_TRUNCATED : DNS_SAYS_GARBAGE;
}
