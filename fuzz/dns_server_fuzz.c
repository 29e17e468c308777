/* dns_server_fuzz: any bytes as a question, by UDP and by TCP: no answer, or one that is sound. */
#include <stdarg.h>
#include <stdlib.h>

#include "services/dns_server.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void *allocate(void *context, size_t bytes, const char *site) {
    (void)context;
    (void)site;
    return malloc(bytes);
}

static void release(void *context, void *memory, size_t bytes) {
    (void)context;
    (void)bytes;
    free(memory);
}

static const struct dobos_dns_record records[] = {
    {"x", "MX", "10 m.x", 60},         {"a.x", "A", "192.0.2.1", 60},
    {"a.x", "TXT", "\"one\" two", 60}, {"a.x", "AAAA", "2001:db8::1", 60},
    {"c.x", "CNAME", "a.x", 60},       {"d.x", "CNAME", "c.x", 60},
    {"l.x", "CNAME", "l.x", 60},       {"*.w.x", "A", "192.0.2.2", 60},
    {"*.v.x", "CNAME", "b.v.x", 60},   {"s.x", "NS", "n.s.x", 60},
    {"n.s.x", "A", "192.0.2.3", 60},   {"e.e.x", "PTR", "a.x", 60},
    {"m.x", "A", "192.0.2.4", 60},
};

/* The zones x and y, made once. */
static const struct zone *zones(void) {
    static struct zone *made;
    static struct allocator allocator = {.hook = {NULL, allocate, release}};
    static const struct hash_key key = {{1, 2}};
    static const struct dobos_dns_zone given[] = {
        {"x", records, array_length(records), NULL},
        {"y", NULL, 0, NULL},
    };
    size_t bad;
    const char *reason;
    struct zone *other;
    if (!made) {
        PROMISE(zone_create(&allocator, &key, &given[0], NULL, &bad, &reason, &made) == 0);
        PROMISE(zone_create(&allocator, &key, &given[1], NULL, &bad, &reason, &other) == 0);
        made->next = other;
    }
    return made;
}

/* The whole answer can be read, and is a response to the query. */
static void examine(const uint8_t *query, const uint8_t *answer, size_t length) {
    struct reader message = reader_make(answer, length);
    struct dns_header header;
    struct dns_question question;
    struct dns_record record;
    PROMISE(dns_header_parse(&message, &header));
    PROMISE(header.response && header.id == load_be16(query));
    PROMISE(!header.recursion_available && header.questions <= 1);
    if (header.questions)
        PROMISE(dns_question_parse(&message, &question));
    unsigned count = (unsigned)header.answers + header.authorities + header.additionals;
    for (unsigned i = 0; i < count; i++)
        PROMISE(dns_record_parse(&message, &record));
    PROMISE(message.position == length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static uint8_t answer[DNS_TCP_BYTES];
    const struct dns_source source = {.zones = zones()};
    for (unsigned tcp = 0; tcp < 2; tcp++) {
        size_t got = dns_server_answer(&source, bytes, length, tcp != 0, answer, sizeof(answer));
        PROMISE(tcp || got <= DNS_EDNS_BYTES);
        PROMISE((got == 0) == (length < DNS_HEADER_BYTES || (bytes[2] & 0x80) != 0));
        if (got > 0)
            examine(bytes, answer, got);
        if (got > 0)
            PROMISE(dns_server_answer(&source, answer, got, tcp != 0, answer, sizeof(answer)) == 0);
    }
    return 0;
}
