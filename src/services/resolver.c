/*
 * resolver: questions and answers of the stub resolver, see resolver.h. Only what was asked for is
 * taken: addresses at the name, or at the end of the aliases that begin there; all else in a
 * message, whoever put it there, is passed over.
 */
#include "services/resolver.h"

#define CNAME_LIMIT 16

struct dns_inquiry resolver_inquiry(const struct dns_name *name, uint16_t id) {
    return (struct dns_inquiry){
        .question = {.name = *name, .type = DNS_A, .class_ = DNS_IN},
        .id = id,
        .recursion_desired = true,
    };
}

/* The alias's target; false: the record's data are no name, or more than one. */
static bool alias_target(const struct reader *message, const struct dns_record *record,
                         struct dns_name *target) {
    size_t at = 0;
    return dns_record_name_parse(message, record, &at, target) && at == record->data.length;
}

/* Walks the answer section once: addresses at `owner`, or a CNAME there, which becomes *owner. */
static bool answer_pass(struct reader message, unsigned count, struct dns_name *owner,
                        struct dobos_lookup_result *result, bool *moved) {
    *moved = false;
    for (unsigned i = 0; i < count; i++) {
        struct dns_record record;
        if (!dns_record_parse(&message, &record))
            return false;
        if (record.class_ != DNS_IN || !dns_name_is_equal(&record.name, owner))
            continue;
        if (record.type == DNS_CNAME && result->count == 0) {
            *moved = true;
            return alias_target(&message, &record, owner);
        }
        if (record.type != DNS_A)
            continue;
        if (record.data.length != 4)
            return false;
        if (result->count < DOBOS_LOOKUP_ADDRESSES)
            result->addresses[result->count++] = dobos_address_ipv4(load_be32(record.data.bytes));
    }
    return true;
}

/* Whether an answer without records sends us to other servers: it has name servers, no SOA, and
 * neither authority nor recursion (RFC 2308 §2.2). A stub resolver does not go there. */
static bool is_referral(struct reader message, const struct dns_header *header) {
    bool has_ns = false;
    if (header->authoritative || header->recursion_available)
        return false;
    for (unsigned i = 0; i < (unsigned)header->answers + header->authorities; i++) {
        struct dns_record record;
        if (!dns_record_parse(&message, &record) || record.type == DNS_SOA)
            return false;
        has_ns = has_ns || (i >= header->answers && record.type == DNS_NS);
    }
    return has_ns;
}

static enum answer_kind answer_addresses(const struct reader *message,
                                         const struct dns_header *header,
                                         const struct dns_name *name,
                                         struct dobos_lookup_result *result) {
    struct dns_name owner = *name;
    char text[DNS_NAME_TEXT];
    bool moved = true;
    for (unsigned links = 0; moved; links++) {
        if (links > CNAME_LIMIT || !answer_pass(*message, header->answers, &owner, result, &moved))
            return ANSWER_FAILED;
    }
    if (header->rcode == DNS_NXDOMAIN)
        return ANSWER_NO_NAME;
    if (result->count == 0)
        return is_referral(*message, header) ? ANSWER_FAILED : ANSWER_NO_DATA;
    result->authoritative = header->authoritative;
    dns_name_format(&owner, text);
    text_copy(result->canonical, sizeof(result->canonical), text);
    return ANSWER_FOUND;
}

enum answer_kind resolver_answer_parse(const uint8_t *answer, size_t length,
                                       const struct dns_name *name, uint16_t id,
                                       struct dobos_lookup_result *result) {
    struct reader message = reader_make(answer, length);
    struct dns_header header;
    struct dns_inquiry inquiry = resolver_inquiry(name, id);
    result->count = 0;
    if (!dns_inquiry_is_answered(&inquiry, &message, &header))
        return ANSWER_IGNORED;
    if (header.truncated)
        return ANSWER_TRUNCATED;
    if (header.questions == 0 || (header.rcode != DNS_NOERROR && header.rcode != DNS_NXDOMAIN))
        return ANSWER_FAILED;
    enum answer_kind kind = answer_addresses(&message, &header, name, result);
    if (kind != ANSWER_FOUND)
        result->count = 0;
    return kind;
}
