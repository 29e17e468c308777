/* What the tests of the cache's parts share: a cache, names from text, entries of four bytes. */
#ifndef TESTS_DNS_CACHE_FIXTURE_H
#define TESTS_DNS_CACHE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../base/failing_allocator.h"

#include "services/dns_cut.h"
#include "services/dns_known.h"

#define LARGE       ((size_t)1 << 20)
#define AT(seconds) ((dobos_time)(seconds) * DOBOS_SECOND)

struct fixture {
    struct failing_allocator memory; /* under the allocator */
    struct allocator allocator;      /* the cache's */
    struct dns_cache cache;          /* which is tested */
};

static inline void begin(struct fixture *fixture, size_t limit) {
    static const struct hash_key key = {{1, 2}};
    *fixture = (struct fixture){0};
    fixture->allocator.hook = failing_allocator_hook(&fixture->memory);
    dns_cache_init(&fixture->cache, &fixture->allocator, &key, limit);
}

static inline void end(struct fixture *fixture) {
    dns_cache_fini(&fixture->cache);
    assert_int_equal(fixture->memory.live, 0);
    assert_int_equal(fixture->allocator.bytes, 0);
}

static inline struct dns_name name_of(const char *text) {
    struct dns_name name;
    assert_true(dns_name_from_text(text, &name));
    return name;
}

/* A record of four bytes (of absences: as the data of a SOA of zone.test), by whom `rank` says. */
static inline bool put_ranked(struct fixture *fixture, const char *text, uint16_t type,
                              enum dns_cache_kind kind, enum dns_cache_rank rank, uint32_t ttl,
                              dobos_time now) {
    uint8_t room[600];
    struct writer w = writer_make(room, sizeof(room));
    struct dns_name name = name_of(text), zone = name_of("zone.test");
    bool is_set = kind == DNS_CACHE_RECORDS;
    if (kind != DNS_CACHE_FAILED)
        dns_cache_record_emit(&w, is_set ? NULL : &zone, is_set ? type : DNS_SOA,
                              (struct slice){(const uint8_t *)"data", 4});
    struct dns_cache_item item = {.name = &name,
                                  .type = type,
                                  .kind = kind,
                                  .ttl_s = ttl,
                                  .records = {room, w.position},
                                  .rank = rank};
    return dns_cache_put(&fixture->cache, &item, now);
}

static inline bool put(struct fixture *fixture, const char *text, uint16_t type,
                       enum dns_cache_kind kind, uint32_t ttl, dobos_time now) {
    return put_ranked(fixture, text, type, kind, DNS_CACHE_AUTHORITATIVE, ttl, now);
}

static inline const struct dns_cached *find(struct fixture *fixture, const char *text,
                                            uint16_t type, dobos_time now) {
    struct dns_name name = name_of(text);
    return dns_cache_find(&fixture->cache, &name, type, now);
}

static inline struct dns_known know(struct fixture *fixture, const char *text, uint16_t type,
                                    dobos_time now) {
    struct dns_name name = name_of(text);
    struct dns_wanted wanted = {.name = &name, .type = type, .now = now};
    return dns_cache_know(&fixture->cache, &wanted);
}

static inline struct dns_known know_stale(struct fixture *fixture, const char *text, uint16_t type,
                                          dobos_time now) {
    struct dns_name name = name_of(text);
    struct dns_wanted wanted = {.name = &name, .type = type, .now = now, .may_be_stale = true};
    return dns_cache_know(&fixture->cache, &wanted);
}

static inline void unreachable_at(struct fixture *fixture, const char *text, uint16_t type,
                                  dobos_time now) {
    struct dns_name name = name_of(text);
    dns_cache_fail(&fixture->cache, &name, type, 22, now);
}

#endif
