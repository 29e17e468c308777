/*
 * dns_forward_fuzz: any bytes as what another server says to a question under way. It is taken or
 * not; then whoever waited is answered soundly, from a cache within its bounds. The first two bytes
 * choose the question's type, so that every kind of data is asked for.
 */
#include <stdlib.h>

#include "services/dns_forward.h"
#include "services/dns_server.h"

#define PROMISE(claim) \
    do {               \
        if (!(claim))  \
            abort();   \
    } while (0)
#define CACHE_BYTES 65536

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static size_t live; /* bytes that are out */

static void *allocate(void *context, size_t bytes, const char *site) {
    (void)context;
    (void)site;
    live += bytes;
    return malloc(bytes);
}

static void release(void *context, void *memory, size_t bytes) {
    (void)context;
    live -= bytes;
    free(memory);
}

/* The whole answer can be read. */
static void examine(const uint8_t *answer, size_t length, uint16_t id) {
    struct reader message = reader_make(answer, length);
    struct dns_header header;
    struct dns_question question;
    struct dns_record record;
    PROMISE(dns_header_parse(&message, &header) && header.response && header.id == id);
    PROMISE(header.questions == 1 && dns_question_parse(&message, &question));
    PROMISE(!header.authoritative && header.recursion_available);
    unsigned count = (unsigned)header.answers + header.authorities + header.additionals;
    for (unsigned i = 0; i < count; i++)
        PROMISE(dns_record_parse(&message, &record));
    PROMISE(message.position == length);
}

/* Answers everybody whose question is over; how many. */
static unsigned serve(struct dns_forward *forward, struct dns_cache *cache, dobos_time now) {
    static uint8_t answer[DNS_TCP_BYTES];
    struct dns_forward_query *query;
    struct dns_waiter *waiter;
    unsigned served = 0;
    while ((query = dns_forward_take_ended(forward))) {
        while ((waiter = dns_forward_take_waiter(forward, query))) {
            const struct dns_source source = {.cache = cache, .now = now};
            for (unsigned tcp = 0; tcp < 2; tcp++) {
                size_t got = dns_server_answer(&source, waiter->query, waiter->length, tcp != 0,
                                               answer, sizeof(answer));
                PROMISE(got > 0 && (tcp || got <= DNS_UDP_BYTES));
                examine(answer, got, load_be16(waiter->query));
            }
            dns_waiter_free(forward, waiter);
            served++;
        }
        dns_forward_query_free(forward, query);
    }
    return served;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static const struct hash_key key = {{1, 2}};
    const struct dobos_address server = dobos_address_ipv4(0xc0000235);
    const struct dns_client client = {.peer = {.port = 1024}};
    struct allocator allocator = {.hook = {NULL, allocate, release}};
    struct dns_cache cache;
    struct dns_forward forward;
    uint8_t asked[DNS_INQUIRY_BYTES];
    if (length < 4)
        return 0;
    struct dns_inquiry inquiry = {
        .question = {.type = load_be16(bytes), .class_ = DNS_IN},
        .id = load_be16(bytes + 2),
        .recursion_desired = true,
    };
    PROMISE(dns_name_from_text("www.example.org", &inquiry.question.name));
    dns_cache_init(&cache, &allocator, &key, CACHE_BYTES);
    PROMISE(dns_forward_init(&forward, &allocator, &cache, &key, &server, 1) == 0);
    size_t room = allocator.bytes;
    PROMISE(dns_forward_wait(&forward, &inquiry.question, &client, asked,
                             dns_inquiry_emit(&inquiry, asked), 0, 0));
    struct dns_forward_query *query = dns_forward_take_asking(&forward);
    PROMISE(query && dns_forward_oldest(&forward) == query);
    query->exchange.inquiry = inquiry;
    (void)dns_forward_on_message(&forward, query, bytes + 2, length - 2, 0);
    PROMISE(cache.bytes[0] + cache.bytes[1] + cache.bytes[2] <= CACHE_BYTES);
    unsigned served = serve(&forward, &cache, 0);
    /* Whatever came, after the last try nobody waits. */
    for (dobos_time now = 0; served == 0; now = forward.next) {
        PROMISE(now <= 30 * DOBOS_SECOND);
        (void)dns_forward_expire(&forward, now);
        while (dns_forward_take_asking(&forward))
            continue;
        served = serve(&forward, &cache, now);
    }
    dns_forward_fini(&forward);
    dns_cache_fini(&cache);
    PROMISE(room > 0 && allocator.bytes == 0 && live == 0);
    return 0;
}
