/*
 * stub_answer: questions and answers of the stub resolver, see stub_answer.h. Only what was asked
 * for is taken: records at the name, or at the end of the aliases that begin there; all else in a
 * message, whoever put it there, is passed over.
 */
#include "services/stub_answer.h"

#define CNAME_LIMIT 16

/* [rfc1123#13] */
struct dns_inquiry stub_inquiry(const struct dns_name *name, uint16_t type, uint16_t id) {
    return (struct dns_inquiry){
        .question = {.name = *name, .type = type, .class_ = DNS_IN},
        .id = id,
        .recursion_desired = true,
    };
}

/* The one name that data are; false: they are none, or more than that. */
static bool name_of(const struct reader *message, const struct dns_record *record,
                    struct dns_name *target) {
    size_t at = 0;
    return dns_record_name_parse(message, record, &at, target) && at == record->data.length;
}

static bool address_of(const struct dns_record *record, struct dobos_address *address) {
    if (record->data.length != (record->type == DNS_A ? 4 : 16))
        return false;
    if (record->type == DNS_A)
        *address = dobos_address_ipv4(load_be32(record->data.bytes));
    else
        memcpy(address->bytes, record->data.bytes, 16);
    return true;
}

/* Takes a record of the type that was asked for; false: its data are malformed. An IPv4 address in
 * IPv6's clothes has no business in an AAAA record (RFC 4291 §2.5.5.2): it is left out. */
static bool record_take(const struct reader *message, const struct dns_record *record,
                        struct stub_answer *found) {
    struct dobos_address address;
    const bool is_address = record->type == DNS_A || record->type == DNS_AAAA;
    if (is_address && !address_of(record, &address))
        return false;
    if (is_address && record->type == DNS_AAAA && dobos_address_is_ipv4(&address))
        return true;
    if (is_address && found->count == STUB_ADDRESSES)
        return true;
    if (is_address)
        found->addresses[found->count] = address;
    if (record->type == DNS_PTR && found->count == 0 && !name_of(message, record, &found->target))
        return false;
    found->count++;
    return true;
}

/* Walks the answer section once: records of the type at the owner, or a CNAME there, which becomes
 * the owner. [rfc1034#30] */
static bool answer_pass(struct reader message, unsigned count, uint16_t type,
                        struct stub_answer *found, bool *moved) {
    *moved = false;
    for (unsigned i = 0; i < count; i++) {
        struct dns_record record;
        if (!dns_record_parse(&message, &record))
            return false;
        if (record.class_ != DNS_IN || !dns_name_is_equal(&record.name, &found->owner))
            continue;
        const bool is_asked = record.type == type || type == DNS_ANY;
        if (record.type == DNS_CNAME && !is_asked && found->count == 0) {
            *moved = true;
            found->ttl_s = min_u32(found->ttl_s, record.ttl);
            return name_of(&message, &record, &found->owner);
        }
        if (!is_asked)
            continue;
        if (!record_take(&message, &record, found))
            return false;
        found->ttl_s = min_u32(found->ttl_s, record.ttl);
    }
    return true;
}

/* Whether an answer without records sends us to other servers: it has name servers, no SOA, and
 * neither authority nor recursion (RFC 2308 §2.2). A stub resolver does not go there. [rfc2308#14]
 */
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

/* [rfc1034#31] */
static enum answer_kind records_find(const struct reader *message, const struct dns_header *header,
                                     uint16_t type, struct stub_answer *found) {
    bool moved = true;
    for (unsigned links = 0; moved; links++) {
        if (links > CNAME_LIMIT || !answer_pass(*message, header->answers, type, found, &moved))
            return ANSWER_FAILED;
    }
    if (header->rcode == DNS_NXDOMAIN)
        return ANSWER_NO_NAME;
    if (found->count == 0)
        return is_referral(*message, header) ? ANSWER_FAILED : ANSWER_NO_DATA;
    found->authoritative = header->authoritative;
    return ANSWER_FOUND;
}

enum answer_kind stub_answer_parse(const uint8_t *bytes, size_t length, const struct dns_name *name,
                                   uint16_t type, uint16_t id, struct stub_answer *found) {
    struct reader message = reader_make(bytes, length);
    struct dns_header header;
    struct dns_inquiry inquiry = stub_inquiry(name, type, id);
    *found = (struct stub_answer){.owner = *name, .ttl_s = INT32_MAX};
    if (!dns_inquiry_is_answered(&inquiry, &message, &header))
        return ANSWER_IGNORED;
    if (header.truncated)
        return ANSWER_TRUNCATED;
    if (header.questions == 0 || (header.rcode != DNS_NOERROR && header.rcode != DNS_NXDOMAIN))
        return ANSWER_FAILED;
    enum answer_kind kind = records_find(&message, &header, type, found);
    if (kind != ANSWER_FOUND)
        found->count = 0;
    return kind;
}

/* The nth record of a type at an owner, from *message on; *nth is counted down. */
static bool record_seek(struct reader *message, unsigned count, const struct dns_name *owner,
                        uint16_t type, unsigned *nth, struct dns_record *record) {
    for (unsigned i = 0; i < count; i++) {
        if (!dns_record_parse(message, record))
            return false;
        if (record->class_ == DNS_IN && (record->type == type || type == DNS_ANY) &&
            dns_name_is_equal(&record->name, owner) && (*nth)-- == 0)
            return true;
    }
    return false;
}

/* [rfc1123#27] */
bool stub_answer_record(const uint8_t *bytes, size_t length, const struct dns_name *name,
                        uint16_t type, const struct stub_answer *found, unsigned nth,
                        struct reader *message, struct dns_record *record) {
    struct reader answers = reader_make(bytes, length);
    struct dns_header header;
    struct dns_question question;
    struct dns_name owner = *name;
    if (!dns_header_parse(&answers, &header) || !dns_question_parse(&answers, &question))
        return false;
    while (!dns_name_is_equal(&owner, &found->owner)) {
        unsigned first = 0;
        *message = answers;
        if (!record_seek(message, header.answers, &owner, DNS_CNAME, &first, record) ||
            !name_of(message, record, &owner))
            return false;
        if (nth-- == 0)
            return true;
    }
    *message = answers;
    return record_seek(message, header.answers, &owner, type, &nth, record);
}
