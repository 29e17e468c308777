/*
 * dns_cache: the DNS engine alone, in one process, with a cache of so many names that have an A
 * record: what they take, and how fast it answers from them.
 *
 *     dns_cache memory NAMES            bytes by the allocator, and of the process
 *     dns_cache answers NAMES COUNT     so many answers, and the time they took
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "services/dns_engine.h"

#define LIMIT ((size_t)256 << 20)

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

/* Bytes of this process in memory. */
static long resident(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    long whole = 0, pages = 0;
    if (!file || fscanf(file, "%ld %ld", &whole, &pages) != 2)
        pages = 0;
    if (file)
        (void)fclose(file);
    return pages * 4096;
}

static struct dns_name name_of(unsigned number) {
    char text[64];
    struct dns_name name;
    (void)snprintf(text, sizeof text, "host%06u.example.org", number);
    if (!dns_name_from_text(text, &name))
        abort();
    return name;
}

static void fill(struct dns_cache *cache, unsigned names) {
    for (unsigned i = 0; i < names; i++) {
        uint8_t room[64], address[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
        struct writer w = writer_make(room, sizeof room);
        struct dns_name name = name_of(i);
        dns_cache_record_emit(&w, NULL, DNS_A, (struct slice){address, 4});
        const struct dns_cache_item item = {.name = &name,
                                            .type = DNS_A,
                                            .kind = DNS_CACHE_RECORDS,
                                            .ttl_s = 86400,
                                            .records = {room, w.position},
                                            .rank = DNS_CACHE_AUTHORITATIVE};
        if (!dns_cache_put(cache, &item, DOBOS_SECOND))
            abort();
    }
}

/* A query, made before the time is taken. */
struct query {
    uint8_t bytes[60]; /* as sent */
    size_t length;     /* of them */
};

static struct query *queries_make(unsigned names) {
    struct query *queries = calloc(names, sizeof *queries);
    for (unsigned i = 0; queries && i < names; i++) {
        struct dns_writer w = dns_writer_make(queries[i].bytes, sizeof queries[i].bytes);
        const struct dns_header header = {.recursion_desired = true, .questions = 1};
        const struct dns_question question = {.name = name_of(i), .type = DNS_A, .class_ = DNS_IN};
        dns_header_emit(&w, &header);
        dns_question_emit(&w, &question);
        queries[i].length = w.writer.position;
    }
    return queries;
}

/* Question after question, in an order that skips about the cache. */
static void answers(struct dns_engine *engine, unsigned names, unsigned count) {
    static uint8_t answer[DNS_TCP_BYTES];
    const struct dns_client client = {
        .peer = {.address = dobos_address_ipv4(0x0a000001), .port = 5353}};
    struct query *queries = queries_make(names);
    struct timespec began, ended;
    bool waits;
    if (!queries)
        abort();
    (void)clock_gettime(CLOCK_MONOTONIC, &began);
    for (unsigned i = 0; i < count; i++) {
        const struct query *query = &queries[(uint64_t)i * 7919 % names];
        size_t length = dns_engine_ask(engine, &client, query->bytes, query->length, answer,
                                       2 * DOBOS_SECOND, &waits);
        if (length < 40 || waits)
            abort();
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &ended);
    free(queries);
    double took = (double)(ended.tv_sec - began.tv_sec);
    took += (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    (void)printf("answers %u seconds %.3f\n", count, took);
}

int main(int argc, char **argv) {
    static const struct dobos_address forward = {{[10] = 0xff, 0xff, 10, 0, 0, 1}};
    const struct dns_engine_config config = {.cache_key = {{1, 2}},
                                             .ask_key = {{3, 4}},
                                             .cache_limit_bytes = LIMIT,
                                             .forward = &forward,
                                             .forward_count = 1};
    struct allocator allocator = {.hook = {.allocate = allocate, .release = release}};
    struct dns_engine engine = {0};
    if (argc < 3 || dns_engine_init(&engine, &allocator, &config) < 0)
        return 2;
    const unsigned names = (unsigned)strtoul(argv[2], NULL, 10);
    const size_t before = allocator.bytes;
    const long resident_before = resident();
    fill(&engine.cache, names);
    if (strcmp(argv[1], "memory") == 0)
        (void)printf("names %zu allocator %zu grown %ld resident %ld\n", engine.cache.entries.count,
                     allocator.bytes - before, resident() - resident_before, resident());
    else if (argc > 3)
        answers(&engine, names, (unsigned)strtoul(argv[3], NULL, 10));
    dns_engine_fini(&engine);
    return 0;
}
