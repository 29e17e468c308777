/* dns_edns: OPT records, their options, extended errors; see dns_edns.h. */
#include "wire/dns_edns.h"

#include "base/memory.h"

#define FLAG_DO 0x8000

/* Every step reads at least an option's head, so the list ends. */
bool dns_edns_option_next(const struct dns_edns *edns, size_t *at, struct dns_edns_option *option) {
    struct reader r = reader_make(edns->options.bytes, edns->options.length);
    reader_skip(&r, *at);
    option->code = reader_be16(&r);
    option->data = reader_slice(&r, reader_be16(&r));
    *at = r.position;
    return !r.failed;
}

/* [rfc6891#6] [rfc6891#13] */
bool dns_edns_parse(const struct dns_record *record, struct dns_edns *edns) {
    struct dns_edns_option option;
    size_t at = 0;
    *edns = (struct dns_edns){
        .udp_bytes = record->class_ < DNS_UDP_BYTES ? DNS_UDP_BYTES : record->class_,
        .rcode_high = (uint8_t)(record->ttl >> 24),
        .version = (uint8_t)(record->ttl >> 16),
        .wants_dnssec = (record->ttl & FLAG_DO) != 0,
        .options = record->data,
    };
    while (at < edns->options.length) {
        if (!dns_edns_option_next(edns, &at, &option))
            return false;
    }
    return record->type == DNS_OPT && record->name.length == 1;
}

/* [rfc6891#4] [rfc6891#5] */
enum dns_edns_kind dns_edns_find(struct reader *message, const struct dns_header *header,
                                 struct dns_edns *edns) {
    unsigned before = (unsigned)header->answers + header->authorities;
    enum dns_edns_kind kind = DNS_EDNS_NONE;
    *edns = (struct dns_edns){.udp_bytes = DNS_UDP_BYTES};
    for (unsigned i = 0; i < before + header->additionals; i++) {
        struct dns_record record;
        if (!dns_record_parse(message, &record))
            return DNS_EDNS_MALFORMED;
        if (record.type != DNS_OPT)
            continue;
        const bool is_sound = i >= before && kind == DNS_EDNS_NONE && dns_edns_parse(&record, edns);
        edns->is_there = true;
        if (!is_sound)
            return DNS_EDNS_MALFORMED;
        kind = DNS_EDNS_FOUND;
    }
    return kind;
}

unsigned dns_edns_rcode(const struct dns_header *header, const struct dns_edns *edns) {
    return (unsigned)edns->rcode_high << 4 | header->rcode;
}

bool dns_edns_option_find(const struct dns_edns *edns, uint16_t code,
                          struct dns_edns_option *option) {
    size_t at = 0;
    while (dns_edns_option_next(edns, &at, option)) {
        if (option->code == code)
            return true;
    }
    return false;
}

bool dns_edns_error_parse(const struct dns_edns_option *option, uint16_t *code,
                          struct slice *text) {
    struct reader r = reader_make(option->data.bytes, option->data.length);
    *code = reader_be16(&r);
    if (r.failed || option->code != DNS_OPTION_ERROR)
        return false;
    *text = reader_slice(&r, reader_rest(&r));
    /* Some end it with a NUL, which is not meant to be shown (RFC 8914 §2). */
    if (text->length > 0 && text->bytes[text->length - 1] == 0)
        text->length--;
    return true;
}

/* [rfc6891#6] [rfc6891#10] */
size_t dns_edns_begin(struct dns_writer *w, const struct dns_edns *edns) {
    static const struct dns_name root = {.length = 1};
    uint32_t flags = (uint32_t)edns->rcode_high << 24 | (uint32_t)edns->version << 16;
    flags |= edns->wants_dnssec ? FLAG_DO : 0;
    size_t mark = dns_record_begin(w, &root, DNS_OPT, edns->udp_bytes, flags);
    writer_bytes(&w->writer, edns->options.bytes, edns->options.length);
    return mark;
}

void dns_edns_option_emit(struct dns_writer *w, uint16_t code, const void *data, size_t length) {
    if (length > UINT16_MAX)
        w->writer.failed = true;
    writer_be16(&w->writer, code);
    writer_be16(&w->writer, (uint16_t)length);
    writer_bytes(&w->writer, data, length);
}

void dns_edns_error_emit(struct dns_writer *w, uint16_t code, const char *text) {
    size_t length = text_length(text);
    if (length > UINT16_MAX - 2)
        w->writer.failed = true;
    writer_be16(&w->writer, DNS_OPTION_ERROR);
    writer_be16(&w->writer, (uint16_t)(length + 2));
    writer_be16(&w->writer, code);
    writer_bytes(&w->writer, text, length);
}

const char *dns_error_name(unsigned code) {
    static const char *const names[] = {
        "Other",
        "Unsupported DNSKEY Algorithm",
        "Unsupported DS Digest Type",
        "Stale Answer",
        "Forged Answer",
        "DNSSEC Indeterminate",
        "DNSSEC Bogus",
        "Signature Expired",
        "Signature Not Yet Valid",
        "DNSKEY Missing",
        "RRSIGs Missing",
        "No Zone Key Bit Set",
        "NSEC Missing",
        "Cached Error",
        "Not Ready",
        "Blocked",
        "Censored",
        "Filtered",
        "Prohibited",
        "Stale NXDOMAIN Answer",
        "Not Authoritative",
        "Not Supported",
        "No Reachable Authority",
        "Network Error",
        "Invalid Data",
    };
    return code < array_length(names) ? names[code] : NULL;
}
