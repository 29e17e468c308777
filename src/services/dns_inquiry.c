/* dns_inquiry: see dns_inquiry.h. */
#include "services/dns_inquiry.h"

#include "wire/dns_edns.h"

/* [rfc1034#10] */
size_t dns_inquiry_emit(const struct dns_inquiry *inquiry, uint8_t bytes[DNS_INQUIRY_BYTES]) {
    const struct dns_edns edns = {.udp_bytes = inquiry->edns_bytes};
    struct dns_writer w = dns_writer_make(bytes, DNS_INQUIRY_BYTES);
    struct dns_header header = {
        .id = inquiry->id,
        .recursion_desired = inquiry->recursion_desired,
        .questions = 1,
        .additionals = inquiry->edns_bytes > 0,
    };
    dns_header_emit(&w, &header);
    dns_question_emit(&w, &inquiry->question);
    if (inquiry->edns_bytes > 0)
        dns_record_end(&w, dns_edns_begin(&w, &edns));
    return w.writer.position;
}

/* Names of equal length; as they stand, or whatever the letters' case (0x20: the letters of a
 * question are a secret too). */
static bool names_match(const struct dns_name *asked, const struct dns_name *answered,
                        bool is_exact) {
    if (!is_exact)
        return dns_name_is_equal(asked, answered);
    return asked->length == answered->length &&
           memcmp(asked->bytes, answered->bytes, asked->length) == 0;
}

/* [rfc1035#11] [rfc1034#42] [rfc1035#41] [rfc7766#12] */
bool dns_inquiry_is_answered(const struct dns_inquiry *inquiry, struct reader *message,
                             struct dns_header *header) {
    const struct dns_question *asked = &inquiry->question;
    struct dns_question question;
    if (!dns_header_parse(message, header) || !header->response || header->id != inquiry->id ||
        header->opcode != 0)
        return false;
    if (header->questions == 0)
        return header->rcode != DNS_NOERROR;
    return header->questions == 1 && dns_question_parse(message, &question) &&
           question.type == asked->type && question.class_ == asked->class_ &&
           names_match(&asked->name, &question.name, inquiry->is_exact);
}
