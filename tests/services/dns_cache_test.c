/* The cache: until when, how much, and who goes first. */
#include "dns_cache_fixture.h"

/* [rfc1034#11] [rfc2308#4] */
static void entry_counts_until_its_time_is_up(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "www.Example.org", DNS_A, DNS_CACHE_RECORDS, 60, 0));
    assert_null(find(&fixture, "www.example.org", DNS_AAAA, 0));
    assert_null(find(&fixture, "example.org", DNS_A, 0));
    const struct dns_cached *cached = find(&fixture, "WWW.example.ORG", DNS_A, 0);
    assert_non_null(cached);
    assert_int_equal(dns_cached_ttl(cached, 0), 60);
    assert_int_equal(dns_cached_ttl(cached, 1), 59);
    assert_int_equal(dns_cached_ttl(cached, 59 * DOBOS_SECOND + 1), 0);
    struct dns_cache_record record;
    size_t at = 0;
    assert_true(dns_cached_next(cached, &at, &record));
    assert_int_equal(record.type, DNS_A);
    assert_int_equal(record.zone.length, 0);
    assert_int_equal(record.data.length, 4);
    assert_memory_equal(record.data.bytes, "data", 4);
    assert_false(dns_cached_next(cached, &at, &record));
    assert_non_null(find(&fixture, "www.example.org", DNS_A, 60 * DOBOS_SECOND));
    assert_null(find(&fixture, "www.example.org", DNS_A, 60 * DOBOS_SECOND + 1));
    end(&fixture);
}

/* [rfc2308#5] [rfc1035#42] */
static void time_to_live_is_bounded_by_kind(void **state) {
    (void)state;
    static const struct {
        enum dns_cache_kind kind;
        uint32_t given, kept;
    } rows[] = {
        {DNS_CACHE_RECORDS, 0, 0},
        {DNS_CACHE_RECORDS, INT32_MAX, 604800},
        {DNS_CACHE_NO_DATA, 300, 300},
        {DNS_CACHE_NO_DATA, INT32_MAX, 10800},
        {DNS_CACHE_NO_NAME, INT32_MAX, 10800},
        {DNS_CACHE_FAILED, INT32_MAX, 300},
    };
    struct fixture fixture;
    begin(&fixture, LARGE);
    for (size_t i = 0; i < array_length(rows); i++) {
        dobos_time until = rows[i].kept * DOBOS_SECOND;
        assert_true(put(&fixture, "a", DNS_A, rows[i].kind, rows[i].given, 0));
        assert_int_equal(dns_cached_ttl(find(&fixture, "a", DNS_A, 0), 0), rows[i].kept);
        assert_non_null(find(&fixture, "a", DNS_A, until));
        assert_null(find(&fixture, "a", DNS_A, until + 1));
        assert_int_equal(dns_cache_flush(&fixture.cache, NULL), 1);
    }
    end(&fixture);
}

/* [rfc1035#45] [rfc2181#13] */
static void newer_entry_takes_the_place_of_the_older(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "a", DNS_A, DNS_CACHE_RECORDS, 60, 0));
    assert_true(put(&fixture, "A", DNS_A, DNS_CACHE_NO_DATA, 30, 0));
    const struct dns_cached *cached = find(&fixture, "a", DNS_A, 0);
    assert_int_equal(cached->kind, DNS_CACHE_NO_DATA);
    assert_int_equal(dns_cached_ttl(cached, 0), 30);
    struct dns_cache_record soa;
    size_t at = 0;
    assert_true(dns_cached_next(cached, &at, &soa));
    struct dns_name zone = name_of("zone.test");
    assert_true(dns_name_is_equal(&soa.zone, &zone));
    assert_int_equal(fixture.cache.entries.count, 1);
    end(&fixture);
}

static size_t held(const struct fixture *fixture) {
    return fixture->cache.bytes[0] + fixture->cache.bytes[1] + fixture->cache.bytes[2];
}

/* What is asked for again and again stays, whatever is asked for once; absences have their own
 * quarter. [attack:I23] */
static void names_asked_for_once_do_not_push_out_those_in_use(void **state) {
    (void)state;
    enum {
        LIMIT = 64 << 10,
        USEFUL = 50
    };
    struct fixture fixture;
    char text[40];
    begin(&fixture, LIMIT);
    for (unsigned i = 0; i < USEFUL; i++) {
        (void)snprintf(text, sizeof(text), "useful%u.test", i);
        assert_true(put(&fixture, text, DNS_A, DNS_CACHE_RECORDS, 86400, 0));
        assert_non_null(find(&fixture, text, DNS_A, 0));
        assert_non_null(find(&fixture, text, DNS_A, 0));
    }
    for (unsigned i = 0; i < 20000; i++) {
        (void)snprintf(text, sizeof(text), "x%u.flood.test", i);
        assert_true(put(&fixture, text, DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 86400, 0));
        assert_non_null(find(&fixture, text, DNS_CACHE_NAME, 0));
        (void)snprintf(text, sizeof(text), "y%u.wild.test", i);
        assert_true(put(&fixture, text, DNS_A, DNS_CACHE_RECORDS, 86400, 0));
        assert_non_null(find(&fixture, text, DNS_A, 0));
        assert_true(held(&fixture) <= LIMIT);
        assert_true(fixture.cache.bytes[DNS_CACHE_ABSENT] <= LIMIT / 4);
        assert_true(fixture.allocator.bytes <= LIMIT + LIMIT / 4);
    }
    assert_true(fixture.cache.counts.evictions > 30000);
    for (unsigned i = 0; i < USEFUL; i++) {
        (void)snprintf(text, sizeof(text), "useful%u.test", i);
        assert_non_null(find(&fixture, text, DNS_A, 0));
    }
    end(&fixture);
}

/* Even what is in use is bounded, and the longest unused goes first. */
static void cache_full_of_names_in_use_keeps_the_latest(void **state) {
    (void)state;
    enum {
        LIMIT = 32 << 10,
        NAMES = 2000
    };
    struct fixture fixture;
    char text[40];
    begin(&fixture, LIMIT);
    for (unsigned i = 0; i < NAMES; i++) {
        (void)snprintf(text, sizeof(text), "n%u.test", i);
        assert_true(put(&fixture, text, DNS_A, DNS_CACHE_RECORDS, 600, 0));
        assert_non_null(find(&fixture, text, DNS_A, 0));
        assert_non_null(find(&fixture, text, DNS_A, 0));
        assert_true(held(&fixture) <= LIMIT);
        assert_true(fixture.cache.bytes[DNS_CACHE_USED] <= LIMIT / 4 * 3);
    }
    assert_null(find(&fixture, "n0.test", DNS_A, 0));
    assert_non_null(find(&fixture, text, DNS_A, 0));
    end(&fixture);
}

/* What was told with authority is not replaced by what was passed on, while it lives; absences and
 * failures are no better. [rfc2181#11] */
static void better_word_stands_while_it_lives(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "a", DNS_A, DNS_CACHE_RECORDS, 60, 0));
    assert_false(put_ranked(&fixture, "a", DNS_A, DNS_CACHE_RECORDS, DNS_CACHE_PASSED_ON, 600, 0));
    assert_false(put_ranked(&fixture, "a", DNS_A, DNS_CACHE_NO_DATA, DNS_CACHE_PASSED_ON, 600, 0));
    assert_false(put(&fixture, "a", DNS_A, DNS_CACHE_FAILED, 5, 0));
    assert_int_equal(fixture.cache.counts.outranked, 3);
    assert_int_equal(dns_cached_ttl(find(&fixture, "a", DNS_A, 0), 0), 60);
    assert_true(
        put_ranked(&fixture, "a", DNS_A, DNS_CACHE_RECORDS, DNS_CACHE_PASSED_ON, 600, AT(61)));
    assert_int_equal(find(&fixture, "a", DNS_A, AT(61))->rank, DNS_CACHE_PASSED_ON);
    assert_true(put(&fixture, "a", DNS_A, DNS_CACHE_RECORDS, 70, AT(61)));
    assert_int_equal(find(&fixture, "a", DNS_A, AT(61))->rank, DNS_CACHE_AUTHORITATIVE);
    end(&fixture);
}

/* A name goes with all below it, cuts too; without a name all goes. */
static void flush_forgets_a_name_and_below(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    struct dns_name test = name_of("TEST");
    assert_true(put(&fixture, "a.test", DNS_A, DNS_CACHE_RECORDS, 60, 0));
    assert_true(put(&fixture, "test", DNS_NS, DNS_CACHE_CUT, 60, 0));
    assert_true(put(&fixture, "atest", DNS_A, DNS_CACHE_RECORDS, 60, 0));
    assert_true(put(&fixture, "b.test", DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 60, 0));
    assert_int_equal(dns_cache_flush(&fixture.cache, &test), 3);
    assert_null(find(&fixture, "a.test", DNS_A, 0));
    assert_non_null(find(&fixture, "atest", DNS_A, 0));
    assert_int_equal(dns_cache_flush(&fixture.cache, NULL), 1);
    assert_int_equal(fixture.cache.entries.count, 0);
    assert_null(dns_cache_walk(&fixture.cache, NULL));
    end(&fixture);
}

/* Every entry once, whatever list it is in. */
static void walk_meets_every_entry_once(void **state) {
    (void)state;
    struct fixture fixture;
    unsigned met = 0;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "a.test", DNS_A, DNS_CACHE_RECORDS, 60, 0));
    assert_true(put(&fixture, "b.test", DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 60, 0));
    assert_true(put(&fixture, "c.test", DNS_A, DNS_CACHE_RECORDS, 60, 0));
    assert_non_null(find(&fixture, "c.test", DNS_A, 0));
    assert_non_null(find(&fixture, "c.test", DNS_A, 0));
    for (const struct dns_cached *cached = dns_cache_walk(&fixture.cache, NULL); cached;
         cached = dns_cache_walk(&fixture.cache, cached)) {
        struct dns_name name = dns_cached_name(cached);
        met |= 1U << (name.bytes[1] - 'a');
        assert_in_range(dns_cached_bytes(cached), 1, 200);
    }
    assert_int_equal(met, 7);
    end(&fixture);
}

static void too_large_an_entry_is_not_kept(void **state) {
    (void)state;
    static uint8_t bytes[5000];
    struct fixture fixture;
    begin(&fixture, 16384);
    struct dns_name name = name_of("a");
    struct dns_cache_item item = {.name = &name,
                                  .type = DNS_TXT,
                                  .kind = DNS_CACHE_RECORDS,
                                  .ttl_s = 60,
                                  .records = {bytes, sizeof(bytes)}};
    assert_false(dns_cache_put(&fixture.cache, &item, 0));
    assert_null(find(&fixture, "a", DNS_TXT, 0));
    end(&fixture);
}

static void cache_without_memory_keeps_nothing(void **state) {
    (void)state;
    for (uint64_t fail_at = 1; fail_at < 3; fail_at++) {
        struct fixture fixture;
        begin(&fixture, LARGE);
        fixture.memory.fail_at = fail_at;
        assert_false(put(&fixture, "a", DNS_A, DNS_CACHE_RECORDS, 60, 0));
        assert_null(find(&fixture, "a", DNS_A, 0));
        assert_true(put(&fixture, "a", DNS_A, DNS_CACHE_RECORDS, 60, 0));
        end(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entry_counts_until_its_time_is_up),
        cmocka_unit_test(time_to_live_is_bounded_by_kind),
        cmocka_unit_test(newer_entry_takes_the_place_of_the_older),
        cmocka_unit_test(names_asked_for_once_do_not_push_out_those_in_use),
        cmocka_unit_test(cache_full_of_names_in_use_keeps_the_latest),
        cmocka_unit_test(better_word_stands_while_it_lives),
        cmocka_unit_test(flush_forgets_a_name_and_below),
        cmocka_unit_test(walk_meets_every_entry_once),
        cmocka_unit_test(too_large_an_entry_is_not_kept),
        cmocka_unit_test(cache_without_memory_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
