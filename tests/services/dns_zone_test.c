/* Zones: what a description makes, what it may not say, and every allocation that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns_fixture.h"

static const struct zone_name *find(const struct dns_fixture *fixture, const char *text) {
    struct dns_name name;
    assert_true(dns_name_from_text(text, &name));
    return zone_find(fixture->zones, &name);
}

/* Makes a zone of `count` records; the result, and what was said. */
static int add(struct dns_fixture *fixture, const char *apex,
               const struct dobos_dns_record *records, size_t count, size_t *bad,
               const char **reason) {
    struct dobos_dns_zone given = {.name = apex, .records = records, .record_count = count};
    return dns_fixture_add(fixture, &given, bad, reason);
}

static void empty_zone_gets_a_soa_and_a_name_server(void **state) {
    (void)state;
    struct dns_fixture fixture;
    size_t bad;
    const char *reason;
    dns_fixture_begin(&fixture);
    assert_int_equal(add(&fixture, "Example.org.", NULL, 0, &bad, &reason), 0);
    const struct zone_name *apex = find(&fixture, "example.ORG");
    const struct zone_record *ns = zone_record_first(apex, DNS_NS);
    const struct zone_record *soa = zone_record_first(apex, DNS_SOA);
    assert_memory_equal(ns->data, "\2ns\7Example\3org", 16);
    assert_int_equal(soa->length, 16 + 24 + 20);
    assert_memory_equal(soa->data, "\2ns\7Example\3org\0\12hostmaster\7Example\3org", 40);
    assert_int_equal(load_be32(soa->data + soa->length - 4), ZONE_NEGATIVE_TTL_S);
    dns_fixture_end(&fixture);
}

static void made_soa_names_the_server_that_was_given(void **state) {
    (void)state;
    const struct dobos_dns_record records[] = {{"example.org", "NS", "a.example.net", 60}};
    struct dns_fixture fixture;
    size_t bad;
    const char *reason;
    dns_fixture_begin(&fixture);
    assert_int_equal(add(&fixture, "example.org", records, 1, &bad, &reason), 0);
    const struct zone_name *apex = find(&fixture, "example.org");
    assert_memory_equal(zone_record_first(apex, DNS_SOA)->data, "\1a\7example\3net", 15);
    assert_null(zone_record_next(zone_record_first(apex, DNS_NS), DNS_NS));
    dns_fixture_end(&fixture);
}

/* [rfc2181#4] */
static void records_of_a_set_get_the_lowest_ttl(void **state) {
    (void)state;
    const struct dobos_dns_record records[] = {
        {"a.x", "A", "192.0.2.1", 300},
        {"a.x", "TXT", "t", 900},
        {"A.X.", "A", "192.0.2.2", 60},
        {"a.x", "A", "192.0.2.3", 600},
    };
    struct dns_fixture fixture;
    size_t bad;
    const char *reason;
    dns_fixture_begin(&fixture);
    assert_int_equal(add(&fixture, "x", records, array_length(records), &bad, &reason), 0);
    unsigned count = 0;
    for (const struct zone_record *r = zone_record_first(find(&fixture, "a.x"), DNS_A); r;
         r = zone_record_next(r, DNS_A), count++)
        assert_int_equal(r->ttl, 60);
    assert_int_equal(count, 3);
    assert_int_equal(zone_record_first(find(&fixture, "a.x"), DNS_TXT)->ttl, 900);
    dns_fixture_end(&fixture);
}

static void names_between_record_and_apex_exist(void **state) {
    (void)state;
    const struct dobos_dns_record records[] = {{"a.b.c.x", "A", "192.0.2.1", 300}};
    struct dns_fixture fixture;
    size_t bad;
    const char *reason;
    dns_fixture_begin(&fixture);
    assert_int_equal(add(&fixture, "x", records, 1, &bad, &reason), 0);
    assert_non_null(find(&fixture, "c.x"));
    assert_null(find(&fixture, "c.x")->records);
    assert_non_null(find(&fixture, "B.c.x"));
    assert_null(find(&fixture, "a.c.x"));
    assert_null(find(&fixture, "."));
    dns_fixture_end(&fixture);
}

static const struct {
    struct dobos_dns_record first, second; /* the second is wrong */
} bad_records[] = {
    {{"a.x", "A", "192.0.2.1", 1}, {"a.x", "A", "192.0.2.1", 2}},
    {{"a.x", "A", "192.0.2.1", 1}, {"a.x", "CNAME", "b.x", 2}},
    {{"a.x", "CNAME", "b.x", 1}, {"a.x", "A", "192.0.2.1", 2}},
    {{"a.x", "CNAME", "b.x", 1}, {"A.x", "CNAME", "c.x", 2}},
    {{"a.x", "A", "192.0.2.1", 1}, {"x", "CNAME", "a.x", 2}},
    {{"x", "SOA", "a b 1 2 3 4 5", 1}, {"x", "SOA", "a b 1 2 3 4 6", 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {"a.x", "SOA", "a b 1 2 3 4 5", 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {"a.y", "A", "192.0.2.1", 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {"a..x", "A", "192.0.2.1", 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {NULL, "A", "192.0.2.1", 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {"b.x", NULL, "192.0.2.1", 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {"b.x", "AXFR", "192.0.2.1", 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {"b.x", "NONE", "192.0.2.1", 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {"b.x", "A", NULL, 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {"b.x", "A", "192.0.2.999", 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {"b.x", "A", "192.0.2.2", UINT32_C(1) << 31}},
    {{"a.x", "A", "192.0.2.1", 1}, {"b.x", "MD", "a.x", 1}},
    {{"a.x", "A", "192.0.2.1", 1}, {"b.x", "MF", "a.x", 1}},
};

/* [rfc2181#6] [rfc1035#14] [rfc1035#33] [rfc1035#34] [rfc1123#24] [rfc2181#19] */
static void contradicting_record_is_refused_by_its_number(void **state) {
    (void)state;
    for (size_t i = 0; i < array_length(bad_records); i++) {
        struct dns_fixture fixture;
        size_t bad = 9;
        const char *reason = NULL;
        dns_fixture_begin(&fixture);
        assert_int_equal(add(&fixture, "x", &bad_records[i].first, 1, &bad, &reason), 0);
        dns_fixture_end(&fixture);
        dns_fixture_begin(&fixture);
        if (add(&fixture, "x", &bad_records[i].first, 2, &bad, &reason) != -DOBOS_EINVAL)
            fail_msg("row %zu was taken", i);
        assert_int_equal(bad, 1);
        assert_non_null(reason);
        dns_fixture_end(&fixture);
    }
}

static void zone_without_a_name_that_can_be_is_refused(void **state) {
    (void)state;
    struct dns_fixture fixture;
    size_t bad;
    const char *reason = NULL;
    char apex[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
                  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    dns_fixture_begin(&fixture);
    assert_int_equal(add(&fixture, NULL, NULL, 0, &bad, &reason), -DOBOS_EINVAL);
    assert_int_equal(add(&fixture, "a..b", NULL, 0, &bad, &reason), -DOBOS_EINVAL);
    assert_int_equal(add(&fixture, "", NULL, 0, &bad, &reason), -DOBOS_EINVAL);
    reason = NULL;
    assert_int_equal(add(&fixture, apex, NULL, 0, &bad, &reason), -DOBOS_EINVAL);
    assert_non_null(reason);
    assert_int_equal(add(&fixture, ".", NULL, 0, &bad, &reason), 0);
    dns_fixture_end(&fixture);
}

/* [rfc1034#5] */
static void nearest_zone_above_is_chosen(void **state) {
    (void)state;
    struct dns_fixture fixture;
    struct dns_name name;
    size_t bad;
    const char *reason;
    dns_fixture_begin(&fixture);
    assert_int_equal(add(&fixture, "b.x", NULL, 0, &bad, &reason), 0);
    assert_int_equal(add(&fixture, "x", NULL, 0, &bad, &reason), 0);
    assert_int_equal(add(&fixture, "a.b.x", NULL, 0, &bad, &reason), 0);
    static const struct {
        const char *name;
        unsigned labels; /* of the apex; 0: none */
    } rows[] = {{"x", 1},     {"c.x", 1},     {"bb.x", 1}, {"B.x", 2},
                {"c.b.x", 2}, {"z.a.b.x", 3}, {"y", 0},    {".", 0}};
    for (size_t i = 0; i < array_length(rows); i++) {
        assert_true(dns_name_from_text(rows[i].name, &name));
        const struct zone *zone = zone_of(fixture.zones, &name);
        assert_int_equal(zone ? dns_name_labels(&zone->apex) : 0, rows[i].labels);
    }
    dns_fixture_end(&fixture);
}

static void every_failing_allocation_is_told_and_leaks_nothing(void **state) {
    (void)state;
    const struct dobos_dns_record records[] = {
        {"a.b.x", "A", "192.0.2.1", 300}, {"c.x", "MX", "10 a.b.x", 300}, {"x", "TXT", "t", 1}};
    size_t bad;
    const char *reason;
    for (uint64_t fail_at = 1;; fail_at++) {
        struct dns_fixture fixture;
        dns_fixture_begin(&fixture);
        fixture.memory.fail_at = fail_at;
        int result = add(&fixture, "x", records, array_length(records), &bad, &reason);
        bool has_failed = fixture.memory.calls >= fail_at;
        dns_fixture_end(&fixture);
        if (!has_failed) {
            assert_int_equal(result, 0);
            assert_true(fail_at > 8);
            break;
        }
        assert_true(result == -DOBOS_ENOMEM || result == 0);
    }
}

/* A table that could not grow still finds every name. */
static void zone_of_many_names_finds_them_all(void **state) {
    (void)state;
    enum {
        NAMES = 2000
    };
    static char texts[NAMES][16];
    static struct dobos_dns_record records[NAMES];
    struct dns_fixture fixture;
    size_t bad;
    const char *reason;
    for (unsigned i = 0; i < NAMES; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "n%u.x", i);
        records[i] = (struct dobos_dns_record){texts[i], "A", "192.0.2.1", 1};
    }
    dns_fixture_begin(&fixture);
    assert_int_equal(add(&fixture, "x", records, NAMES, &bad, &reason), 0);
    for (unsigned i = 0; i < NAMES; i++)
        assert_non_null(zone_record_first(find(&fixture, texts[i]), DNS_A));
    dns_fixture_end(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_zone_gets_a_soa_and_a_name_server),
        cmocka_unit_test(made_soa_names_the_server_that_was_given),
        cmocka_unit_test(records_of_a_set_get_the_lowest_ttl),
        cmocka_unit_test(names_between_record_and_apex_exist),
        cmocka_unit_test(contradicting_record_is_refused_by_its_number),
        cmocka_unit_test(zone_without_a_name_that_can_be_is_refused),
        cmocka_unit_test(nearest_zone_above_is_chosen),
        cmocka_unit_test(every_failing_allocation_is_told_and_leaks_nothing),
        cmocka_unit_test(zone_of_many_names_finds_them_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
