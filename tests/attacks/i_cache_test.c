/* The attacks on a DNS cache: rows I10, I12 and I23 of docs/requirements/attacks.tsv, on the cache
 * alone, in virtual time; those on the whole of a resolver are in i_resolver_test.c. */
#include "../services/dns_cache_fixture.h"

/* A referral to one server, by the servers of a cut that ends at `until_most`. */
static void cut_put(struct fixture *fixture, const char *zone, uint32_t ttl, dobos_time until_most,
                    dobos_time now) {
    uint8_t room[600];
    struct writer w = writer_make(room, sizeof(room));
    struct dns_name name = name_of(zone);
    struct dns_cut_server server = {.name = name_of("ns.ghost.test"), .address_count = 1};
    server.addresses[0] = dobos_address_ipv4(0xc6336401U);
    dns_cut_server_emit(&w, &server);
    struct dns_cut cut = {&name, ttl, until_most, {room, w.position}};
    assert_true(dns_cut_put(&fixture->cache, &cut, now));
}

static const struct dns_cached *cut_find(struct fixture *fixture, const char *text,
                                         dobos_time now) {
    struct dns_name name = name_of(text);
    return dns_cut_find(&fixture->cache, &name, now, now);
}

/* The zone's own servers say all they can to be remembered, every minute: its NS records with the
 * longest time, and referrals to zones below. When the parent's word is over, nothing leads there.
 * [attack:I12] */
static void attack_i12_removed_zone_is_gone_with_its_parents_word(void **state) {
    (void)state;
    enum {
        TTL = 3600
    };
    struct fixture fixture;
    begin(&fixture, LARGE);
    cut_put(&fixture, "test", 172800, 0, 0);
    cut_put(&fixture, "ghost.test", TTL, cut_find(&fixture, "test", 0)->until, 0);
    for (unsigned at = 60; at <= TTL; at += 60) {
        char below[40];
        const struct dns_cached *cut = cut_find(&fixture, "ghost.test", AT(at));
        assert_non_null(cut);
        const dobos_time until = cut->until;
        assert_true(put(&fixture, "ghost.test", DNS_NS, DNS_CACHE_RECORDS, UINT32_MAX, AT(at)));
        (void)snprintf(below, sizeof(below), "x%u.ghost.test", at);
        cut_put(&fixture, below, UINT32_MAX, until, AT(at));
        cut_put(&fixture, "deeper.x60.ghost.test", UINT32_MAX,
                cut_find(&fixture, "x60.ghost.test", AT(at))->until, AT(at));
        assert_int_equal(cut_find(&fixture, "ghost.test", AT(at))->until, until);
    }
    for (const struct dns_cached *cached = dns_cache_walk(&fixture.cache, NULL); cached;
         cached = dns_cache_walk(&fixture.cache, cached)) {
        if (cached->kind == DNS_CACHE_CUT && cached->name_length > name_of("test").length)
            assert_true(cached->until <= AT(TTL));
    }
    const struct dns_name test = name_of("test");
    const dobos_time over = AT(TTL) + 1;
    const char *const names[] = {"ghost.test", "x3600.ghost.test", "a.deeper.x60.ghost.test"};
    for (size_t i = 0; i < array_length(names); i++) {
        struct dns_name zone = dns_cached_name(cut_find(&fixture, names[i], over));
        assert_true(dns_name_is_equal(&zone, &test));
    }
    /* The parent denies it now: so it is with all below that is not known otherwise. */
    assert_true(put(&fixture, "ghost.test", DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 900, over));
    assert_int_equal(know_stale(&fixture, "www.ghost.test", DNS_A, over).as, DNS_KNOWN_NO_NAME);
    end(&fixture);
}

/* However much came as a help beside an answer, nobody is answered from it. [attack:I10] */
static void attack_i10_servers_named_by_a_parent_never_answer(void **state) {
    (void)state;
    static const uint16_t types[] = {DNS_NS, DNS_A, DNS_AAAA, DNS_ANY, DNS_CNAME};
    struct fixture fixture;
    begin(&fixture, LARGE);
    cut_put(&fixture, "bank.test", 3600, 0, 0);
    for (size_t i = 0; i < array_length(types); i++) {
        assert_int_equal(know_stale(&fixture, "bank.test", types[i], 0).as, DNS_KNOWN_NOT);
        assert_int_equal(know_stale(&fixture, "ns.ghost.test", types[i], 0).as, DNS_KNOWN_NOT);
    }
    end(&fixture);
}

/* Random names by the hundred thousand, absent ones and such that a wildcard answers, while fifty
 * useful ones are asked for now and then: these stay, absences keep to their quarter, memory to its
 * bound. [attack:I23] */
static void attack_i23_random_names_push_out_nothing_in_use(void **state) {
    (void)state;
    enum {
        LIMIT = 1 << 20,
        USEFUL = 50,
        FLOOD = 200000
    };
    struct fixture fixture;
    char text[60];
    unsigned missed = 0;
    begin(&fixture, LIMIT);
    cut_put(&fixture, "test", 172800, 0, 0);
    for (unsigned i = 0; i < FLOOD; i++) {
        (void)snprintf(text, sizeof(text), "r%08x.%s.test", i * 2654435761U,
                       i % 2 ? "absent" : "wild");
        assert_int_equal(know(&fixture, text, DNS_A, 0).as, DNS_KNOWN_NOT);
        if (i % 2)
            (void)put(&fixture, text, DNS_CACHE_NAME, DNS_CACHE_NO_NAME, 10800, 0);
        else
            (void)put(&fixture, text, DNS_A, DNS_CACHE_RECORDS, 86400, 0);
        (void)know(&fixture, text, DNS_A, 0);
        if (i % 20 != 0)
            continue;
        (void)snprintf(text, sizeof(text), "useful%u.test", i / 20 % USEFUL);
        if (know(&fixture, text, DNS_A, 0).as == DNS_KNOWN_NOT) {
            missed++;
            assert_true(put(&fixture, text, DNS_A, DNS_CACHE_RECORDS, 86400, 0));
        }
        assert_non_null(cut_find(&fixture, text, 0));
        assert_true(fixture.cache.bytes[DNS_CACHE_ABSENT] <= LIMIT / 4);
        assert_true(fixture.allocator.bytes <= LIMIT + LIMIT / 4);
    }
    assert_int_equal(missed, USEFUL);
    end(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_i10_servers_named_by_a_parent_never_answer),
        cmocka_unit_test(attack_i12_removed_zone_is_gone_with_its_parents_word),
        cmocka_unit_test(attack_i23_random_names_push_out_nothing_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
