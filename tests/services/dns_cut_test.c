/* Cuts: apart from answers, the nearest above a name, and never longer than a parent's word. */
#include "dns_cache_fixture.h"

/* One server, with one address unless `last` is 0. */
static bool cut_put(struct fixture *fixture, const char *zone, uint32_t ttl, dobos_time until_most,
                    uint8_t last, dobos_time now) {
    uint8_t room[600];
    struct writer w = writer_make(room, sizeof(room));
    struct dns_name name = name_of(zone);
    struct dns_cut_server server = {.name = name_of("ns.test"), .address_count = last != 0};
    server.addresses[0] = dobos_address_ipv4(0xc0000200U + last);
    dns_cut_server_emit(&w, &server);
    server.name = name_of("other.example");
    server.address_count = DNS_CUT_ADDRESSES + 1;
    dns_cut_server_emit(&w, &server);
    struct dns_cut cut = {&name, ttl, until_most, {room, w.position}};
    return dns_cut_put(&fixture->cache, &cut, now);
}

static const struct dns_cached *cut_find(struct fixture *fixture, const char *text,
                                         dobos_time now) {
    struct dns_name name = name_of(text);
    return dns_cut_find(&fixture->cache, &name, now, 0);
}

static void cut_is_read_as_it_was_written(void **state) {
    (void)state;
    struct fixture fixture;
    struct dns_cut_server server;
    size_t at = 0;
    begin(&fixture, LARGE);
    assert_true(cut_put(&fixture, "test", 60, 0, 7, 0));
    const struct dns_cached *cut = cut_find(&fixture, "a.Test", 0);
    struct dns_name zone = dns_cached_name(cut), test = name_of("test"), ns = name_of("ns.test");
    assert_true(dns_name_is_equal(&zone, &test));
    assert_true(dns_cut_next(cut, &at, &server));
    assert_true(dns_name_is_equal(&server.name, &ns));
    assert_int_equal(server.address_count, 1);
    assert_int_equal(dobos_address_ipv4_number(&server.addresses[0]), 0xc0000207U);
    assert_true(dns_cut_next(cut, &at, &server));
    assert_int_equal(server.address_count, DNS_CUT_ADDRESSES);
    assert_false(dns_cut_next(cut, &at, &server));
    end(&fixture);
}

/* [rfc1034#34] */
static void nearest_living_cut_is_found(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_null(cut_find(&fixture, "a.b.test", 0));
    assert_true(cut_put(&fixture, ".", 600, 0, 1, 0));
    assert_true(cut_put(&fixture, "test", 300, 0, 2, 0));
    assert_true(cut_put(&fixture, "b.test", 60, 0, 3, 0));
    assert_int_equal(dns_cached_ttl(cut_find(&fixture, "a.b.test", 0), 0), 60);
    assert_int_equal(dns_cached_ttl(cut_find(&fixture, "b.test", 0), 0), 60);
    assert_int_equal(dns_cached_ttl(cut_find(&fixture, "bb.test", 0), 0), 300);
    assert_int_equal(dns_cached_ttl(cut_find(&fixture, "b.test", AT(61)), 0), 300);
    assert_int_equal(dns_cached_ttl(cut_find(&fixture, "example", 0), 0), 600);
    end(&fixture);
}

/* What a parent says beside a referral is no answer, and an answer shows nobody the way.
 * [rfc2181#12] [attack:I10] */
static void cuts_and_answers_are_apart(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(cut_put(&fixture, "b.test", 60, 0, 3, 0));
    assert_null(find(&fixture, "b.test", DNS_NS, 0));
    assert_int_equal(know(&fixture, "b.test", DNS_NS, 0).as, DNS_KNOWN_NOT);
    assert_int_equal(know_stale(&fixture, "b.test", DNS_NS, AT(61)).as, DNS_KNOWN_NOT);
    assert_true(put(&fixture, "c.test", DNS_NS, DNS_CACHE_RECORDS, 600, 0));
    assert_true(put(&fixture, "b.test", DNS_NS, DNS_CACHE_RECORDS, 600, 0));
    assert_null(cut_find(&fixture, "c.test", 0));
    assert_int_equal(dns_cached_ttl(cut_find(&fixture, "b.test", 0), 0), 60);
    assert_null(cut_find(&fixture, "b.test", AT(61)));
    end(&fixture);
}

/* A cut ends with the one whose servers named it. */
static void cut_lives_no_longer_than_its_parents(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(cut_put(&fixture, "b.test", 86400, AT(100), 3, AT(40)));
    assert_int_equal(dns_cached_ttl(cut_find(&fixture, "b.test", AT(40)), AT(40)), 60);
    assert_null(cut_find(&fixture, "b.test", AT(101)));
    assert_true(cut_put(&fixture, "c.test", 86400, AT(100), 3, AT(200)));
    assert_null(cut_find(&fixture, "c.test", AT(201)));
    assert_true(cut_put(&fixture, "d.test", UINT32_MAX, 0, 3, 0));
    assert_int_equal(dns_cached_ttl(cut_find(&fixture, "d.test", 0), 0), DNS_CACHE_MOST_S);
    end(&fixture);
}

/* A TTL of 0 is for who asked before it came. */
static void cut_without_time_serves_who_asked_for_it(void **state) {
    (void)state;
    struct fixture fixture;
    struct dns_name name = name_of("b.test");
    begin(&fixture, LARGE);
    assert_true(cut_put(&fixture, "b.test", 0, 0, 3, AT(5)));
    assert_non_null(dns_cut_find(&fixture.cache, &name, AT(6), AT(4)));
    assert_null(dns_cut_find(&fixture.cache, &name, AT(6), AT(6)));
    assert_null(dns_cut_find(&fixture.cache, &name, AT(6), 0));
    end(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_is_read_as_it_was_written),
        cmocka_unit_test(nearest_living_cut_is_found),
        cmocka_unit_test(cuts_and_answers_are_apart),
        cmocka_unit_test(cut_lives_no_longer_than_its_parents),
        cmocka_unit_test(cut_without_time_serves_who_asked_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
