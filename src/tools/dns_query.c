/* dns_query: see dns_query.h. */
#include "tools/dns_query.h"

#include "base/memory.h"

#define ZERO_BIT 0x40 /* in the header's fourth byte */

bool dns_query_option(struct dns_query *query, uint16_t code, const void *bytes, size_t length) {
    uint8_t *at = query->options + query->options_length;
    if (length > sizeof query->options ||
        query->options_length + 4 + length > sizeof query->options)
        return false;
    store_be16(at, code);
    store_be16(at + 2, (uint16_t)length);
    if (length > 0)
        memcpy(at + 4, bytes, length);
    query->options_length += 4 + length;
    return true;
}

size_t dns_query_emit(const struct dns_query *query, const struct dns_question *question,
                      uint16_t id, uint8_t bytes[DNS_CHANNEL_QUERY]) {
    static const struct dns_name root = {.length = 1};
    struct dns_writer w = dns_writer_make(bytes, DNS_CHANNEL_QUERY);
    const struct dns_header header = {
        .id = id,
        .authoritative = query->authoritative,
        .truncated = query->truncated,
        .recursion_desired = query->recursion_desired,
        .recursion_available = query->recursion_available,
        .authentic_data = query->authentic_data,
        .checking_disabled = query->checking_disabled,
        .questions = 1,
        .additionals = query->has_edns,
    };
    dns_header_emit(&w, &header);
    dns_question_emit(&w, question);
    if (query->has_edns) {
        const uint32_t extended = (uint32_t)query->edns_version << 16 | query->edns_flags;
        const size_t mark = dns_record_begin(&w, &root, DNS_OPT, query->edns_bytes, extended);
        writer_bytes(&w.writer, query->options, query->options_length);
        dns_record_end(&w, mark);
    }
    if (query->zero)
        bytes[3] |= ZERO_BIT;
    return w.writer.position;
}
