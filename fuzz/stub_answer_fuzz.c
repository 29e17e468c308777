/* stub_answer_fuzz: any bytes as the answer to a question for www.example.org, with the right id;
 * its first byte chooses the type. */
#include <stdlib.h>
#include <string.h>

#include "services/stub_answer.h"
#include "wire/dns_data.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* Every record that was found can be read, and no more. */
static void read_records(const uint8_t *bytes, size_t length, const struct dns_name *name,
                         uint16_t type, const struct stub_answer *found) {
    static uint8_t data[DNS_DATA_BYTES];
    struct reader message;
    struct dns_record record;
    unsigned count = 0;
    while (stub_answer_record(bytes, length, name, type, found, count, &message, &record)) {
        struct writer w = writer_make(data, sizeof(data));
        if (dns_data_expand(&message, &record, &w))
            PROMISE(dns_data_is_sound(record.type, (struct slice){data, w.position}));
        count++;
    }
    PROMISE(count >= 1 && count <= UINT16_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static const uint16_t types[] = {DNS_A, DNS_AAAA, DNS_PTR, DNS_MX, DNS_CNAME, DNS_ANY, 1, 1};
    struct stub_answer found;
    struct dns_name name;
    uint8_t query[DNS_INQUIRY_BYTES];
    PROMISE(dns_name_from_text("www.example.org", &name));
    uint16_t id = length >= 2 ? load_be16(bytes) : 0;
    uint16_t type = types[id % 8];
    enum answer_kind kind = stub_answer_parse(bytes, length, &name, type, id, &found);
    PROMISE(kind == ANSWER_FOUND || found.count == 0);
    if (type == DNS_A || type == DNS_AAAA)
        PROMISE(found.count <= STUB_ADDRESSES);
    if (kind == ANSWER_FOUND && found.count > 0)
        read_records(bytes, length, &name, type, &found);
    PROMISE(stub_answer_parse(bytes, length, &name, type, (uint16_t)(id + 1), &found) ==
            ANSWER_IGNORED);
    /* Its own question is no answer. */
    struct dns_inquiry inquiry = stub_inquiry(&name, type, id);
    size_t asked = dns_inquiry_emit(&inquiry, query);
    PROMISE(stub_answer_parse(query, asked, &name, type, id, &found) == ANSWER_IGNORED);
    return 0;
}
