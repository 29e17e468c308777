/* resolver_fuzz: any bytes as the answer to a question for www.example.org, with the right id. */
#include <stdlib.h>
#include <string.h>

#include "services/resolver.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct dobos_lookup_result result = {.count = 0};
    struct dns_name name;
    uint8_t query[DNS_INQUIRY_BYTES];
    PROMISE(dns_name_from_text("www.example.org", &name));
    uint16_t id = length >= 2 ? load_be16(bytes) : 0;
    enum answer_kind kind = resolver_answer_parse(bytes, length, &name, id, &result);
    PROMISE((kind == ANSWER_FOUND) == (result.count > 0));
    PROMISE(result.count <= DOBOS_LOOKUP_ADDRESSES);
    PROMISE(memchr(result.canonical, 0, sizeof(result.canonical)) != NULL);
    PROMISE(resolver_answer_parse(bytes, length, &name, (uint16_t)(id + 1), &result) ==
            ANSWER_IGNORED);
    /* Its own question is no answer. */
    struct dns_inquiry inquiry = resolver_inquiry(&name, id);
    size_t asked = dns_inquiry_emit(&inquiry, query);
    PROMISE(resolver_answer_parse(query, asked, &name, id, &result) == ANSWER_IGNORED);
    return 0;
}
