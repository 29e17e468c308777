/* dns_response_fuzz: any bytes as what a server says to the resolver: what they amount to, and that
 * what is read out of them lies in the zone that was asked. dns_resolver_fuzz plays whole
 * resolutions; this one is the reader alone, and quick. */
#include <stdlib.h>

#include "services/dns_inquiry.h"
#include "services/dns_referral.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void referral_check(const struct dns_referral *cut, const struct dns_name *zone) {
    struct dns_cut_server server;
    size_t at = 0;
    unsigned count = 0;
    PROMISE(dns_name_is_within(&cut->zone, zone));
    while (dns_referral_next(cut, &at, &server)) {
        PROMISE(server.name.length > 0 && server.address_count <= DNS_CUT_ADDRESSES);
        PROMISE(server.address_count == 0 || dns_name_is_within(&server.name, zone));
        count++;
    }
    PROMISE(count == cut->count);
}

static void hear(const uint8_t *bytes, size_t length, const struct dns_inquiry *inquiry,
                 const struct dns_name *zone, bool recursive) {
    const struct dns_hearing hearing = {&inquiry->question, zone, recursive};
    struct reader message = reader_make(bytes, length);
    struct dns_header header;
    struct dns_response response;
    struct dns_referral cut;
    if (!dns_inquiry_is_answered(inquiry, &message, &header))
        return;
    PROMISE(header.response && header.id == inquiry->id);
    dns_response_parse(&response, &hearing, &message, &header);
    switch (response.disposition) {
    case DNS_SAYS_ALIAS:
        PROMISE(!dns_name_is_equal(&response.target, &inquiry->question.name));
        PROMISE(response.dname.length == 0 || dns_name_is_within(&response.dname, zone));
        break;
    case DNS_SAYS_REFERRAL:
        PROMISE(!recursive && response.cut.length > zone->length);
        PROMISE(dns_name_is_within(&inquiry->question.name, &response.cut));
        if (dns_referral_parse(&response, &cut))
            referral_check(&cut, zone);
        break;
    case DNS_SAYS_ANSWER:
        if (dns_referral_parse_root(&response, &cut))
            PROMISE(cut.zone.length == 1 && cut.count > 0);
        break;
    default:
        break;
    }
}

/* The message's own question is asked, so that most of what the fuzzer finds is an answer. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct reader message = reader_make(bytes, length);
    struct dns_header header;
    struct dns_inquiry inquiry = {.question = {.name = {.length = 1}, .class_ = DNS_IN}};
    struct dns_name zone = {.length = 1};
    if (!dns_header_parse(&message, &header))
        return 0;
    (void)dns_question_parse(&message, &inquiry.question);
    inquiry.id = header.id;
    inquiry.recursion_desired = (header.id & 1) != 0;
    inquiry.is_exact = (header.id & 2) != 0;
    /* A zone above it: of as many labels less as the identifier says. */
    if (!message.failed)
        zone = inquiry.question.name;
    for (unsigned i = header.id >> 2 & 3; i > 0; i--)
        (void)dns_name_parent(&zone, &zone);
    hear(bytes, length, &inquiry, &zone, inquiry.recursion_desired);
    return 0;
}
