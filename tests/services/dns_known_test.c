/* What the cache knows of a name: the order, names above, what is beyond its time, what is due. */
#include "dns_cache_fixture.h"

static void name_itself_comes_before_alias_and_names_above(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_int_equal(know(&fixture, "a.test", DNS_A, 0).as, DNS_KNOWN_NOT);
    assert_true(put(&fixture, "test", DNS_DNAME, DNS_CACHE_RECORDS, 60, 0));
    assert_int_equal(know(&fixture, "a.test", DNS_A, 0).as, DNS_KNOWN_DNAME);
    assert_int_equal(know(&fixture, "test", DNS_A, 0).as, DNS_KNOWN_NOT);
    assert_int_equal(know(&fixture, "test", DNS_DNAME, 0).as, DNS_KNOWN_RECORDS);
    assert_true(put(&fixture, "a.test", DNS_CNAME, DNS_CACHE_RECORDS, 50, 0));
    assert_int_equal(know(&fixture, "a.test", DNS_A, 0).as, DNS_KNOWN_ALIAS);
    assert_int_equal(know(&fixture, "a.test", DNS_ANY, 0).as, DNS_KNOWN_DNAME);
    assert_int_equal(know(&fixture, "a.test", DNS_CNAME, 0).as, DNS_KNOWN_RECORDS);
    assert_true(put(&fixture, "a.test", DNS_A, DNS_CACHE_NO_DATA, 40, 0));
    assert_int_equal(know(&fixture, "a.test", DNS_A, 0).as, DNS_KNOWN_NO_DATA);
    assert_true(put(&fixture, "a.test", DNS_A, DNS_CACHE_RECORDS, 30, 0));
    assert_int_equal(know(&fixture, "a.test", DNS_A, 0).as, DNS_KNOWN_RECORDS);
    assert_int_equal(know(&fixture, "a.test", DNS_A, AT(10)).ttl_s, 20);
    assert_int_equal(fixture.cache.counts.misses, 2);
    end(&fixture);
}

/* [rfc8020#1] [rfc8020#2] */
static void name_that_is_not_there_has_none_below(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "old.b.test", DNS_A, DNS_CACHE_RECORDS, 600, 0));
    assert_true(put(&fixture, "b.test", DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 60, 0));
    assert_int_equal(know(&fixture, "b.test", DNS_A, 0).as, DNS_KNOWN_NO_NAME);
    assert_int_equal(know(&fixture, "x.y.B.test", DNS_MX, 0).as, DNS_KNOWN_NO_NAME);
    assert_int_equal(know(&fixture, "bb.test", DNS_A, 0).as, DNS_KNOWN_NOT);
    assert_int_equal(know(&fixture, "test", DNS_A, 0).as, DNS_KNOWN_NOT);
    assert_int_equal(know(&fixture, "old.b.test", DNS_A, 0).as, DNS_KNOWN_RECORDS);
    assert_int_equal(know(&fixture, "x.b.test", DNS_A, AT(61)).as, DNS_KNOWN_NOT);
    end(&fixture);
}

/* A type that is not there says nothing of names below. [rfc2308#10] [rfc2308#23] */
static void absence_of_a_type_is_of_that_type_alone(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "b.test", DNS_A, DNS_CACHE_NO_DATA, 60, 0));
    assert_int_equal(know(&fixture, "b.test", DNS_MX, 0).as, DNS_KNOWN_NOT);
    assert_int_equal(know(&fixture, "a.b.test", DNS_A, 0).as, DNS_KNOWN_NOT);
    end(&fixture);
}

/* What came later shows that the name is there after all. */
static void records_end_the_absence_of_names_above(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "b.test", DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 60, 0));
    assert_true(put(&fixture, "a.b.test", DNS_A, DNS_CACHE_NO_DATA, 60, 0));
    assert_int_equal(know(&fixture, "c.b.test", DNS_A, 0).as, DNS_KNOWN_NOT);
    assert_int_equal(know(&fixture, "b.test", DNS_A, 0).as, DNS_KNOWN_NOT);
    end(&fixture);
}

/* [rfc8767#1] [rfc8767#2] [rfc8767#3] */
static void entry_beyond_its_time_counts_where_nobody_is_reached(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "a.test", DNS_A, DNS_CACHE_RECORDS, 60, 0));
    assert_int_equal(know(&fixture, "a.test", DNS_A, AT(61)).as, DNS_KNOWN_NOT);
    struct dns_known known = know_stale(&fixture, "a.test", DNS_A, AT(61));
    assert_int_equal(known.as, DNS_KNOWN_RECORDS);
    assert_true(known.is_stale);
    assert_int_equal(known.ttl_s, DNS_STALE_TTL_S);
    assert_int_equal(know_stale(&fixture, "a.test", DNS_A, AT(60 + 86401)).as, DNS_KNOWN_NOT);
    fixture.cache.stale = 0;
    assert_int_equal(know_stale(&fixture, "a.test", DNS_A, AT(61)).as, DNS_KNOWN_NOT);
    end(&fixture);
}

/* What lives comes before what does not, wherever it stands. */
static void living_absence_comes_before_stale_records(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "www.b.test", DNS_A, DNS_CACHE_RECORDS, 60, 0));
    assert_true(put(&fixture, "b.test", DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 600, AT(70)));
    struct dns_known known = know_stale(&fixture, "www.b.test", DNS_A, AT(71));
    assert_int_equal(known.as, DNS_KNOWN_NO_NAME);
    assert_false(known.is_stale);
    end(&fixture);
}

/* After a failure the stale answer counts at once, for 30 seconds. [rfc8767#4] */
static void failure_with_stale_answer_is_not_asked_again_for_a_while(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "a.test", DNS_A, DNS_CACHE_RECORDS, 60, 0));
    unreachable_at(&fixture, "a.test", DNS_A, AT(100));
    assert_int_equal(know(&fixture, "a.test", DNS_A, AT(129)).as, DNS_KNOWN_RECORDS);
    assert_int_equal(know(&fixture, "a.test", DNS_A, AT(130)).as, DNS_KNOWN_NOT);
    assert_int_equal(fixture.cache.counts.stale, 1);
    assert_true(put(&fixture, "a.test", DNS_A, DNS_CACHE_RECORDS, 60, AT(131)));
    assert_false(know(&fixture, "a.test", DNS_A, AT(132)).is_stale);
    end(&fixture);
}

/* [rfc9520#1] [rfc9520#2] [rfc1123#21] */
static void failure_is_remembered_twice_as_long_each_time(void **state) {
    (void)state;
    struct fixture fixture;
    dobos_time at = 0;
    uint32_t expected = DNS_CACHE_FAILED_S;
    begin(&fixture, LARGE);
    for (unsigned i = 0; i < 10; i++) {
        unreachable_at(&fixture, "a.test", DNS_A, at);
        struct dns_known known = know(&fixture, "a.test", DNS_A, at);
        assert_int_equal(known.as, DNS_KNOWN_FAILED);
        assert_int_equal(known.entry->detail, 22);
        assert_int_equal(known.ttl_s, expected);
        expected = min_u32(2 * expected, DNS_CACHE_FAILED_MOST_S);
        at += AT(known.ttl_s + 1);
        assert_int_equal(know_stale(&fixture, "a.test", DNS_A, at).as, DNS_KNOWN_NOT);
    }
    assert_int_equal(expected, 300);
    unreachable_at(&fixture, "a.test", DNS_A, at + AT(1000));
    assert_int_equal(know(&fixture, "a.test", DNS_A, at + AT(1000)).ttl_s, DNS_CACHE_FAILED_S);
    end(&fixture);
}

static void entry_without_time_answers_who_asked_before(void **state) {
    (void)state;
    struct fixture fixture;
    struct dns_name name = name_of("a.test");
    struct dns_wanted wanted = {.name = &name, .type = DNS_A, .now = AT(12), .asked_at = AT(9)};
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "a.test", DNS_A, DNS_CACHE_RECORDS, 0, AT(10)));
    struct dns_known known = dns_cache_know(&fixture.cache, &wanted);
    assert_int_equal(known.as, DNS_KNOWN_RECORDS);
    assert_int_equal(known.ttl_s, 0);
    wanted.asked_at = AT(11);
    assert_int_equal(dns_cache_know(&fixture.cache, &wanted).as, DNS_KNOWN_NOT);
    end(&fixture);
}

/* Once, by whom asks in the last tenth, and only of what was asked for before. */
static void asked_for_entry_near_its_end_is_due_once(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture, LARGE);
    assert_true(put(&fixture, "a.test", DNS_A, DNS_CACHE_RECORDS, 100, 0));
    assert_true(put(&fixture, "b.test", DNS_A, DNS_CACHE_RECORDS, 100, 0));
    assert_true(put(&fixture, "c.test", DNS_A, DNS_CACHE_RECORDS, 9, 0));
    assert_false(know(&fixture, "a.test", DNS_A, 0).is_due);
    assert_false(know(&fixture, "c.test", DNS_A, 0).is_due);
    assert_false(know(&fixture, "a.test", DNS_A, AT(89)).is_due);
    assert_false(know(&fixture, "b.test", DNS_A, AT(91)).is_due);
    assert_true(know(&fixture, "a.test", DNS_A, AT(91)).is_due);
    assert_false(know(&fixture, "a.test", DNS_A, AT(92)).is_due);
    assert_false(know(&fixture, "c.test", DNS_A, AT(9)).is_due);
    assert_true(put(&fixture, "a.test", DNS_A, DNS_CACHE_RECORDS, 100, AT(93)));
    assert_false(know(&fixture, "a.test", DNS_A, AT(94)).is_due);
    assert_true(know(&fixture, "a.test", DNS_A, AT(190)).is_due);
    assert_int_equal(fixture.cache.counts.refreshes, 2);
    end(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_itself_comes_before_alias_and_names_above),
        cmocka_unit_test(name_that_is_not_there_has_none_below),
        cmocka_unit_test(absence_of_a_type_is_of_that_type_alone),
        cmocka_unit_test(records_end_the_absence_of_names_above),
        cmocka_unit_test(entry_beyond_its_time_counts_where_nobody_is_reached),
        cmocka_unit_test(living_absence_comes_before_stale_records),
        cmocka_unit_test(failure_with_stale_answer_is_not_asked_again_for_a_while),
        cmocka_unit_test(failure_is_remembered_twice_as_long_each_time),
        cmocka_unit_test(entry_without_time_answers_who_asked_before),
        cmocka_unit_test(asked_for_entry_near_its_end_is_due_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
