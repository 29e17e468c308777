/* dns_data_text_fuzz: any text as the data of a record of each type: refused with a reason, or
 * bytes that a reader of that type takes whole. */
#include <stdlib.h>
#include <string.h>

#include "wire/dns_data_text.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void examine(uint16_t type, const uint8_t *data, size_t length) {
    struct reader r = reader_make(data, length);
    struct dns_name name;
    if (type == DNS_A || type == DNS_AAAA)
        reader_skip(&r, type == DNS_A ? 4 : 16);
    if (type == DNS_MX)
        reader_skip(&r, 2);
    for (unsigned n = type == DNS_SOA ? 2 : type != DNS_A && type != DNS_AAAA && type != DNS_TXT;
         n > 0; n--)
        PROMISE(dns_name_parse(&r, &name));
    if (type == DNS_SOA)
        reader_skip(&r, 20);
    while (type == DNS_TXT && reader_rest(&r) > 0)
        reader_skip(&r, reader_u8(&r));
    PROMISE(!r.failed && r.position == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static const uint16_t types[] = {DNS_A,   DNS_AAAA, DNS_NS,  DNS_CNAME, DNS_PTR,
                                     DNS_SOA, DNS_MX,   DNS_TXT, 0};
    char *text = malloc(length + 1);
    if (length > 0)
        memcpy(text, bytes, length);
    text[length] = 0;
    for (size_t i = 0; i < array_length(types); i++) {
        uint8_t data[600];
        const char *reason = "not set";
        size_t got = dns_data_from_text(types[i], text, data, sizeof(data), &reason);
        PROMISE(got <= sizeof(data));
        PROMISE((reason == NULL) == (got > 0));
        if (got > 0)
            examine(types[i], data, got);
    }
    free(text);
    return 0;
}
