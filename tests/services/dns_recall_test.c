/* Answers from the cache, as bytes: aliases, absences, what is beyond its time. */
#include "dns_cache_fixture.h"
#include "dns_fixture.h"

#include "wire/dns_data.h"

struct asking {
    struct fixture fixture;
    struct dns_source source; /* of its cache */
    struct dns_need need;     /* what is missing */
    struct dns_need refresh;  /* what will soon end */
    bool without_recursion;   /* RD is not set */
};

static void asking_begin(struct asking *asking) {
    *asking = (struct asking){0};
    begin(&asking->fixture, LARGE);
    asking->source = (struct dns_source){
        .cache = &asking->fixture.cache, .need = &asking->need, .refresh = &asking->refresh};
}

static void item_put(struct asking *asking, const char *name, uint16_t type,
                     enum dns_cache_kind kind, uint32_t ttl, const struct writer *records) {
    struct dns_name owner = name_of(name);
    struct dns_cache_item item = {.name = &owner,
                                  .type = type,
                                  .kind = kind,
                                  .ttl_s = ttl,
                                  .records = {records->bytes, records->position},
                                  .rank = DNS_CACHE_AUTHORITATIVE};
    assert_true(dns_cache_put(&asking->fixture.cache, &item, asking->source.now));
}

static void address_put(struct asking *asking, const char *name, uint32_t ttl) {
    uint8_t room[600];
    struct writer w = writer_make(room, sizeof(room));
    dns_cache_record_emit(&w, NULL, DNS_A, (struct slice){(const uint8_t *)"\300\0\2\1", 4});
    item_put(asking, name, DNS_A, DNS_CACHE_RECORDS, ttl, &w);
}

static void alias_put(struct asking *asking, const char *name, uint16_t type, const char *target,
                      uint32_t ttl) {
    uint8_t room[600];
    struct writer w = writer_make(room, sizeof(room));
    struct dns_name to = name_of(target);
    dns_cache_record_emit(&w, NULL, type, (struct slice){to.bytes, to.length});
    item_put(asking, name, type, DNS_CACHE_RECORDS, ttl, &w);
}

/* With the SOA of test. */
static void absence_put(struct asking *asking, const char *name, uint16_t type,
                        enum dns_cache_kind kind, uint32_t ttl) {
    static const uint8_t soa[22] = {0};
    uint8_t room[600];
    struct writer w = writer_make(room, sizeof(room));
    struct dns_name zone = name_of("test");
    dns_cache_record_emit(&w, &zone, DNS_SOA, (struct slice){soa, sizeof(soa)});
    item_put(asking, name, type, kind, ttl, &w);
}

/* The answer as text, behind EDNS; "need NAME TYPE" where something must be asked. */
static const char *ask(struct asking *asking, const char *name, const char *type) {
    static uint8_t bytes[DNS_TCP_BYTES];
    static char text[DNS_NAME_TEXT + 64];
    struct dns_query query = dns_query_make(name, type);
    query.header.recursion_desired = !asking->without_recursion;
    dns_query_edns(&query, 1232, 0);
    size_t length =
        dns_server_answer(&asking->source, query.bytes, query.length, false, bytes, sizeof(bytes));
    if (length > 0)
        return dns_show(bytes, length);
    char shown[DNS_NAME_TEXT];
    assert_true(asking->need.is_needed);
    dns_name_format(&asking->need.question.name, shown);
    (void)snprintf(text, sizeof(text), "need %s %s", shown,
                   dns_type_name(asking->need.question.type));
    return text;
}

#define OPT "opt 1232 00000000"
#define SOA "authority test 60 SOA . . 0\n"

/* [rfc1035#36] */
static void time_to_live_counts_down(void **state) {
    (void)state;
    struct asking asking;
    asking_begin(&asking);
    assert_string_equal(ask(&asking, "a.test", "A"), "need a.test A");
    address_put(&asking, "a.test", 60);
    assert_string_equal(ask(&asking, "A.test", "A"),
                        "NOERROR ra\nanswer A.test 60 A 192.0.2.1\n" OPT "\n");
    asking.source.now = AT(17);
    assert_string_equal(ask(&asking, "a.test", "A"),
                        "NOERROR ra\nanswer a.test 43 A 192.0.2.1\n" OPT "\n");
    end(&asking.fixture);
}

static void alias_is_followed_as_far_as_is_known(void **state) {
    (void)state;
    struct asking asking;
    asking_begin(&asking);
    alias_put(&asking, "www.test", DNS_CNAME, "a.test", 30);
    assert_string_equal(ask(&asking, "www.test", "A"), "need a.test A");
    asking.without_recursion = true;
    assert_string_equal(ask(&asking, "www.test", "A"),
                        "NOERROR ra\nanswer www.test 30 CNAME a.test\n" OPT "\n");
    assert_string_equal(ask(&asking, "b.test", "A"), "REFUSED ra\n" OPT "\n");
    address_put(&asking, "a.test", 60);
    assert_string_equal(ask(&asking, "www.test", "A"),
                        "NOERROR ra\nanswer www.test 30 CNAME a.test\n"
                        "answer a.test 60 A 192.0.2.1\n" OPT "\n");
    assert_string_equal(ask(&asking, "www.test", "CNAME"),
                        "NOERROR ra\nanswer www.test 30 CNAME a.test\n" OPT "\n");
    end(&asking.fixture);
}

/* It stands in the answer once, however often it serves [rfc6672#1]. */
static void dname_makes_an_alias(void **state) {
    (void)state;
    struct asking asking;
    asking_begin(&asking);
    alias_put(&asking, "old.test", DNS_DNAME, "new.test", 30);
    assert_string_equal(ask(&asking, "x.y.old.test", "A"), "need x.y.new.test A");
    assert_string_equal(ask(&asking, "old.test", "A"), "need old.test A");
    address_put(&asking, "y.new.test", 60);
    alias_put(&asking, "x.new.test", DNS_CNAME, "y.old.test", 60);
    assert_string_equal(ask(&asking, "x.old.test", "A"),
                        "NOERROR ra\nanswer old.test 30 DNAME new.test\n"
                        "answer x.old.test 30 CNAME x.new.test\n"
                        "answer x.new.test 60 CNAME y.old.test\n"
                        "answer y.old.test 30 CNAME y.new.test\n"
                        "answer y.new.test 60 A 192.0.2.1\n" OPT "\n");
    end(&asking.fixture);
}

/* [rfc6672#2] (attack I15) */
static void dname_that_grows_ends(void **state) {
    (void)state;
    struct asking asking;
    char shown[DNS_NAME_TEXT] = "";
    asking_begin(&asking);
    for (unsigned i = 0; i < 3; i++)
        (void)snprintf(shown + strlen(shown), 64, "%060u.", i);
    (void)snprintf(shown + strlen(shown), 64, "%050u.t", 4);
    alias_put(&asking, "t", DNS_DNAME, "a.long.t", 30);
    assert_non_null(strstr(ask(&asking, shown, "A"), "YXDOMAIN ra\n"));
    const char *text = ask(&asking, "x.t", "A");
    unsigned count = 0;
    while ((text = strstr(text, "CNAME"))) {
        text++;
        count++;
    }
    assert_int_equal(count, DNS_REPLY_ALIASES);
    end(&asking.fixture);
}

/* [rfc2308#7] [rfc8020#1] [rfc2181#18] */
static void absence_is_answered_with_its_zone(void **state) {
    (void)state;
    struct asking asking;
    asking_begin(&asking);
    absence_put(&asking, "b.test", DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 60);
    absence_put(&asking, "c.test", DNS_A, DNS_CACHE_NO_DATA, 60);
    assert_string_equal(ask(&asking, "b.test", "A"), "NXDOMAIN ra\n" SOA OPT "\n");
    assert_string_equal(ask(&asking, "x.y.b.test", "MX"), "NXDOMAIN ra\n" SOA OPT "\n");
    assert_string_equal(ask(&asking, "c.test", "A"), "NOERROR ra\n" SOA OPT "\n");
    assert_string_equal(ask(&asking, "c.test", "MX"), "need c.test MX");
    end(&asking.fixture);
}

/* The alias is there, so what is denied is its target. [rfc1034#22] [rfc2308#12] */
static void alias_to_nothing_denies_the_target(void **state) {
    (void)state;
    struct asking asking;
    asking_begin(&asking);
    alias_put(&asking, "www.test", DNS_CNAME, "b.test", 30);
    absence_put(&asking, "b.test", DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 60);
    assert_string_equal(ask(&asking, "www.test", "A"),
                        "NXDOMAIN ra\nanswer www.test 30 CNAME b.test\n" SOA OPT "\n");
    assert_string_equal(ask(&asking, "x.www.test", "A"), "need x.www.test A");
    end(&asking.fixture);
}

/* [rfc8767#1] [rfc8767#3] [rfc8767#5] [rfc8914#1] */
static void answer_beyond_its_time_says_so(void **state) {
    (void)state;
    struct asking asking;
    asking_begin(&asking);
    alias_put(&asking, "www.test", DNS_CNAME, "a.test", 600);
    address_put(&asking, "a.test", 60);
    absence_put(&asking, "b.test", DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 60);
    asking.source.now = AT(100);
    assert_string_equal(ask(&asking, "www.test", "A"), "need a.test A");
    asking.source.may_be_stale = true;
    assert_string_equal(ask(&asking, "www.test", "A"),
                        "NOERROR ra\nanswer www.test 500 CNAME a.test\n"
                        "answer a.test 30 A 192.0.2.1\n" OPT " error 3\n");
    assert_string_equal(ask(&asking, "b.test", "A"),
                        "NXDOMAIN ra\nauthority test 30 SOA . . 0\n" OPT " error 19\n");
    end(&asking.fixture);
}

/* [rfc8914#2] */
static void extended_error_is_for_those_who_know_edns(void **state) {
    (void)state;
    struct asking asking;
    uint8_t bytes[DNS_TCP_BYTES];
    struct dns_query query = dns_query_make("a.test", "A");
    asking_begin(&asking);
    unreachable_at(&asking.fixture, "a.test", DNS_A, 0);
    assert_string_equal(ask(&asking, "a.test", "A"), "SERVFAIL ra\n" OPT " error 22\n");
    size_t length =
        dns_server_answer(&asking.source, query.bytes, query.length, false, bytes, sizeof(bytes));
    assert_string_equal(dns_show(bytes, length), "SERVFAIL ra\n");
    end(&asking.fixture);
}

/* Room for the extended error is found, or TC says that there was none. */
static void extended_error_keeps_within_the_room(void **state) {
    (void)state;
    struct asking asking;
    uint8_t bytes[DNS_TCP_BYTES];
    asking_begin(&asking);
    for (unsigned size = 360; size < 480; size++) {
        uint8_t room[600], data[600] = {0};
        struct writer w = writer_make(room, sizeof(room));
        struct dns_query query = dns_query_make("a.test", "TYPE4711");
        dns_query_edns(&query, 512, 0);
        dns_cache_record_emit(&w, NULL, 4711, (struct slice){data, size});
        asking.source.now = 0;
        item_put(&asking, "a.test", 4711, DNS_CACHE_RECORDS, 60, &w);
        asking.source.now = AT(61);
        asking.source.may_be_stale = true;
        size_t length = dns_server_answer(&asking.source, query.bytes, query.length, false, bytes,
                                          sizeof(bytes));
        size_t whole = query.length - 11 + 12 + size + 17;
        assert_int_equal(length, whole <= 512 ? whole : query.length - 11 + 17);
        assert_int_equal(bytes[2] & 2, whole <= 512 ? 0 : 2);
        (void)dns_cache_flush(&asking.fixture.cache, NULL);
    }
    end(&asking.fixture);
}

/* Who may ask is told what will soon end, once. */
static void answer_near_its_end_is_to_be_refreshed(void **state) {
    (void)state;
    struct asking asking;
    asking_begin(&asking);
    address_put(&asking, "a.test", 100);
    (void)ask(&asking, "a.test", "A");
    asking.source.now = AT(95);
    assert_non_null(strstr(ask(&asking, "a.test", "A"), "answer a.test 5 A"));
    assert_true(asking.refresh.is_needed);
    assert_int_equal(asking.refresh.question.type, DNS_A);
    assert_false(asking.need.is_needed);
    asking.refresh.is_needed = false;
    (void)ask(&asking, "a.test", "A");
    assert_false(asking.refresh.is_needed);
    end(&asking.fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_to_live_counts_down),
        cmocka_unit_test(alias_is_followed_as_far_as_is_known),
        cmocka_unit_test(dname_makes_an_alias),
        cmocka_unit_test(dname_that_grows_ends),
        cmocka_unit_test(absence_is_answered_with_its_zone),
        cmocka_unit_test(alias_to_nothing_denies_the_target),
        cmocka_unit_test(answer_beyond_its_time_says_so),
        cmocka_unit_test(extended_error_is_for_those_who_know_edns),
        cmocka_unit_test(extended_error_keeps_within_the_room),
        cmocka_unit_test(answer_near_its_end_is_to_be_refreshed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
