/* resolver: questions and answers of the stub resolver. */
#include "services/resolver.h"

#define CNAME_LIMIT 16

size_t resolver_query_emit(const struct dns_name *name, uint16_t id,
                           uint8_t query[RESOLVER_QUERY_BYTES]) {
    struct dns_writer w = dns_writer_make(query, RESOLVER_QUERY_BYTES);
    struct dns_header header = {.id = id, .recursion_desired = true, .questions = 1};
    struct dns_question question = {.name = *name, .type = DNS_A, .class_ = DNS_IN};
    dns_header_emit(&w, &header);
    dns_question_emit(&w, &question);
    return w.writer.position;
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
        if (record.type == DNS_A && record.data.length == 4 &&
            result->count < DOBOS_LOOKUP_ADDRESSES)
            result->addresses[result->count++] = dobos_address_ipv4(load_be32(record.data.bytes));
        if (record.type != DNS_CNAME)
            continue;
        struct reader data = message;
        data.position = record.data_offset;
        *moved = true;
        return dns_name_parse(&data, owner);
    }
    return true;
}

static enum answer_kind answer_addresses(const struct reader *message,
                                         const struct dns_header *header,
                                         const struct dns_name *name,
                                         struct dobos_lookup_result *result) {
    struct dns_name owner = *name;
    char text[DNS_NAME_TEXT];
    bool moved = true;
    result->count = 0;
    for (unsigned links = 0; moved; links++) {
        if (links == CNAME_LIMIT || !answer_pass(*message, header->answers, &owner, result, &moved))
            return ANSWER_FAILED;
    }
    result->authoritative = header->authoritative;
    dns_name_format(&owner, text);
    text_copy(result->canonical, sizeof(result->canonical), text);
    if (header->rcode == DNS_NXDOMAIN)
        return ANSWER_NO_NAME;
    return result->count ? ANSWER_FOUND : ANSWER_NO_DATA;
}

enum answer_kind resolver_answer_parse(const uint8_t *answer, size_t length,
                                       const struct dns_name *name, uint16_t id,
                                       struct dobos_lookup_result *result) {
    struct reader message = reader_make(answer, length);
    struct dns_header header;
    struct dns_question question;
    if (!dns_header_parse(&message, &header) || !header.response || header.id != id ||
        header.opcode)
        return ANSWER_IGNORED;
    /* RFC 5452 §9.1: the question must be ours, whatever the rest says. A server that cannot read
     * it leaves it out. */
    if (header.questions == 0 && header.rcode != DNS_NOERROR)
        return ANSWER_FAILED;
    if (header.questions != 1 || !dns_question_parse(&message, &question) ||
        question.type != DNS_A || question.class_ != DNS_IN ||
        !dns_name_is_equal(&question.name, name))
        return ANSWER_IGNORED;
    if (header.truncated)
        return ANSWER_TRUNCATED;
    if (header.rcode != DNS_NOERROR && header.rcode != DNS_NXDOMAIN)
        return ANSWER_FAILED;
    return answer_addresses(&message, &header, name, result);
}
