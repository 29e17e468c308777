/* What is known of name servers, and who is chosen by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../base/failing_allocator.h"

#include "base/random.h"
#include "services/dns_servers.h"

#define AT(seconds) ((dobos_time)(seconds) * DOBOS_SECOND)
#define MS(ms)      ((dobos_time)(ms) * DOBOS_MILLISECOND)

struct fixture {
    struct failing_allocator memory; /* under the allocator */
    struct allocator allocator;      /* of the servers */
    struct dns_servers servers;      /* which are tested */
    struct dns_name zone;            /* "test" */
};

static void begin(struct fixture *fixture) {
    static const struct hash_key key = {{1, 2}};
    *fixture = (struct fixture){0};
    fixture->allocator.hook = failing_allocator_hook(&fixture->memory);
    dns_servers_init(&fixture->servers, &fixture->allocator, &key);
    assert_true(dns_name_from_text("test", &fixture->zone));
}

static void end(struct fixture *fixture) {
    dns_servers_fini(&fixture->servers);
    assert_int_equal(fixture->memory.live, 0);
    assert_int_equal(fixture->allocator.bytes, 0);
}

static struct dobos_address server(unsigned number) {
    return dobos_address_ipv4(0xc6336400U + number);
}

static void answers(struct fixture *fixture, unsigned number, dobos_time rtt, unsigned times) {
    struct dobos_address address = server(number);
    for (unsigned i = 0; i < times; i++)
        dns_servers_on_answer(&fixture->servers, &address, rtt, 0);
}

static void times_out(struct fixture *fixture, unsigned number, unsigned times, dobos_time now) {
    struct dobos_address address = server(number);
    for (unsigned i = 0; i < times; i++)
        dns_servers_on_timeout(&fixture->servers, &address, now);
}

static enum dns_server_state state_of(const struct fixture *fixture, unsigned number,
                                      dobos_time now) {
    struct dobos_address address = server(number);
    return dns_server_state(dns_servers_find(&fixture->servers, &address), now);
}

/* How often each of `count` servers is chosen, of 4096 times; [count]: nobody. */
static void tally(const struct fixture *fixture, unsigned count, uint64_t passed_over,
                  bool even_down, dobos_time now, unsigned *chosen) {
    struct dobos_address addresses[8];
    struct random random = random_make(7);
    for (unsigned i = 0; i < count; i++)
        addresses[i] = server(i);
    for (unsigned i = 0; i <= count; i++)
        chosen[i] = 0;
    for (unsigned i = 0; i < 4096; i++) {
        const struct dns_candidates candidates = {&fixture->zone, addresses, count, passed_over,
                                                  even_down};
        int choice = dns_servers_choose(&fixture->servers, &candidates, random_next(&random), now);
        assert_in_range(choice + 1, 0, count);
        chosen[choice < 0 ? (int)count : choice]++;
    }
}

static void servers_nobody_asked_are_chosen_alike(void **state) {
    (void)state;
    struct fixture fixture;
    unsigned chosen[5];
    begin(&fixture);
    tally(&fixture, 4, 0, false, 0, chosen);
    for (unsigned i = 0; i < 4; i++)
        assert_in_range(chosen[i], 900, 1150);
    tally(&fixture, 4, 0x6, false, 0, chosen);
    assert_int_equal(chosen[1] + chosen[2] + chosen[4], 0);
    tally(&fixture, 4, 0xf, true, 0, chosen);
    assert_int_equal(chosen[4], 4096);
    end(&fixture);
}

static void faster_servers_are_chosen_and_slower_ones_now_and_then(void **state) {
    (void)state;
    struct fixture fixture;
    unsigned chosen[4];
    begin(&fixture);
    answers(&fixture, 0, MS(20), 4);
    answers(&fixture, 1, MS(40), 4);
    answers(&fixture, 2, MS(300), 4);
    tally(&fixture, 3, 0, false, 0, chosen);
    assert_in_range(chosen[0], 1800, 2300);
    assert_in_range(chosen[1], 1800, 2300);
    assert_in_range(chosen[2], 30, 200);
    /* It became fast: it is found. */
    answers(&fixture, 2, MS(20), 40);
    tally(&fixture, 3, 0, false, 0, chosen);
    assert_in_range(chosen[2], 1200, 1500);
    end(&fixture);
}

/* [rfc2308#19] */
static void silent_server_is_left_alone_ever_longer_and_then_probed(void **state) {
    (void)state;
    struct fixture fixture;
    unsigned chosen[3];
    begin(&fixture);
    answers(&fixture, 0, MS(20), 1);
    times_out(&fixture, 0, 2, 0);
    assert_int_equal(state_of(&fixture, 0, 0), DNS_SERVER_UP);
    times_out(&fixture, 0, 1, 0);
    assert_int_equal(state_of(&fixture, 0, AT(1)), DNS_SERVER_DOWN);
    answers(&fixture, 1, MS(300), 1);
    tally(&fixture, 2, 0, true, AT(1), chosen);
    assert_int_equal(chosen[0] + chosen[2], 0);
    assert_int_equal(state_of(&fixture, 0, AT(2)), DNS_SERVER_PROBED);
    tally(&fixture, 2, 0, false, AT(2), chosen);
    assert_in_range(chosen[0], 900, 1150);
    dobos_time at = AT(2), pause = AT(2);
    for (unsigned i = 0; i < 12; i++) {
        times_out(&fixture, 0, 1, at);
        pause = min_i64(2 * pause, DNS_SERVER_DOWN_MOST);
        assert_int_equal(state_of(&fixture, 0, at + pause - 1), DNS_SERVER_DOWN);
        at += pause;
        assert_int_equal(state_of(&fixture, 0, at), DNS_SERVER_PROBED);
    }
    answers(&fixture, 0, MS(20), 1);
    assert_int_equal(state_of(&fixture, 0, at), DNS_SERVER_UP);
    end(&fixture);
}

/* Where all are down nobody is asked, or, where somebody must be, whose time comes first. */
static void where_all_are_down_nobody_or_the_next_is_chosen(void **state) {
    (void)state;
    struct fixture fixture;
    unsigned chosen[3];
    begin(&fixture);
    times_out(&fixture, 0, 5, 0);
    times_out(&fixture, 1, 3, 0);
    tally(&fixture, 2, 0, false, AT(1), chosen);
    assert_int_equal(chosen[2], 4096);
    tally(&fixture, 2, 0, true, AT(1), chosen);
    assert_int_equal(chosen[1], 4096);
    end(&fixture);
}

/* [rfc2308#17] */
static void lame_server_is_lame_for_its_zone_and_for_a_while(void **state) {
    (void)state;
    struct fixture fixture;
    struct dobos_address address = server(0);
    struct dns_name other;
    unsigned chosen[3];
    begin(&fixture);
    assert_true(dns_name_from_text("other", &other));
    dns_servers_on_lame(&fixture.servers, &address, &fixture.zone, 0);
    dns_servers_on_lame(&fixture.servers, &address, &fixture.zone, AT(1));
    assert_true(dns_servers_is_lame(&fixture.servers, &address, &fixture.zone, AT(300)));
    assert_false(dns_servers_is_lame(&fixture.servers, &address, &fixture.zone, AT(302)));
    assert_false(dns_servers_is_lame(&fixture.servers, &address, &other, AT(1)));
    tally(&fixture, 2, 0, false, AT(1), chosen);
    assert_int_equal(chosen[1], 4096);
    tally(&fixture, 2, 2, false, AT(1), chosen);
    assert_int_equal(chosen[0], 4096);
    end(&fixture);
}

/* RFC 6298's estimate, doubled by each silence. [rfc1035#40] */
static void wait_follows_the_time_it_takes(void **state) {
    (void)state;
    struct fixture fixture;
    struct dobos_address address = server(0);
    begin(&fixture);
    assert_int_equal(dns_servers_wait(&fixture.servers, &address), MS(400));
    answers(&fixture, 0, MS(200), 1);
    assert_int_equal(dns_servers_wait(&fixture.servers, &address), MS(600));
    answers(&fixture, 0, MS(200), 60);
    assert_in_range(dns_servers_wait(&fixture.servers, &address), MS(200), MS(201));
    times_out(&fixture, 0, 1, 0);
    assert_in_range(dns_servers_wait(&fixture.servers, &address), MS(400), MS(402));
    times_out(&fixture, 0, 2, 0);
    assert_int_equal(dns_servers_wait(&fixture.servers, &address), DNS_SERVER_WAIT_QUICK);
    times_out(&fixture, 0, 1, 0);
    assert_int_equal(dns_servers_wait(&fixture.servers, &address), 2 * DNS_SERVER_WAIT_QUICK);
    times_out(&fixture, 0, 40000, 0);
    assert_int_equal(dns_servers_wait(&fixture.servers, &address), DNS_SERVER_WAIT_MOST);
    answers(&fixture, 0, 0, 1);
    assert_in_range(dns_servers_wait(&fixture.servers, &address), MS(200), MS(201));
    answers(&fixture, 0, MS(1), 60);
    assert_int_equal(dns_servers_wait(&fixture.servers, &address), DNS_SERVER_WAIT_LEAST);
    end(&fixture);
}

static void server_without_edns_is_asked_without_for_a_while(void **state) {
    (void)state;
    struct fixture fixture;
    struct dobos_address address = server(0);
    begin(&fixture);
    assert_true(dns_servers_has_edns(&fixture.servers, &address, 0));
    dns_servers_on_no_edns(&fixture.servers, &address, 0);
    assert_false(dns_servers_has_edns(&fixture.servers, &address, AT(899)));
    assert_true(dns_servers_has_edns(&fixture.servers, &address, AT(900)));
    end(&fixture);
}

/* Addresses that an attacker names push out no server that answers (attack I16). */
static void servers_that_answered_stay_when_the_table_is_full(void **state) {
    (void)state;
    struct fixture fixture;
    unsigned met = 0;
    begin(&fixture);
    for (unsigned i = 0; i < 8; i++)
        answers(&fixture, i, MS(20), 1);
    for (unsigned i = 8; i < 3 * DNS_SERVERS_MOST; i++)
        times_out(&fixture, i, 1, 0);
    for (const struct dns_server_known *known = dns_servers_walk(&fixture.servers, NULL); known;
         known = dns_servers_walk(&fixture.servers, known))
        met++;
    assert_int_equal(met, DNS_SERVERS_MOST);
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(state_of(&fixture, i, 0), DNS_SERVER_UP);
    struct dobos_address address = server(0);
    for (unsigned i = 0; i < 2 * DNS_SERVERS_LAME_MOST; i++) {
        address = server(i);
        dns_servers_on_lame(&fixture.servers, &address, &fixture.zone, 0);
    }
    assert_int_equal(fixture.servers.lame.count, DNS_SERVERS_LAME_MOST);
    assert_true(dns_servers_is_lame(&fixture.servers, &address, &fixture.zone, 0));
    end(&fixture);
}

static void without_memory_nothing_is_remembered(void **state) {
    (void)state;
    for (uint64_t fail_at = 1; fail_at < 3; fail_at++) {
        struct fixture fixture;
        struct dobos_address address = server(0);
        begin(&fixture);
        fixture.memory.fail_at = fail_at;
        dns_servers_on_timeout(&fixture.servers, &address, 0);
        assert_null(dns_servers_find(&fixture.servers, &address));
        fixture.memory.calls = 0;
        fixture.memory.fail_at = fail_at;
        dns_servers_on_lame(&fixture.servers, &address, &fixture.zone, 0);
        assert_false(dns_servers_is_lame(&fixture.servers, &address, &fixture.zone, 0));
        end(&fixture);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_nobody_asked_are_chosen_alike),
        cmocka_unit_test(faster_servers_are_chosen_and_slower_ones_now_and_then),
        cmocka_unit_test(silent_server_is_left_alone_ever_longer_and_then_probed),
        cmocka_unit_test(where_all_are_down_nobody_or_the_next_is_chosen),
        cmocka_unit_test(lame_server_is_lame_for_its_zone_and_for_a_while),
        cmocka_unit_test(wait_follows_the_time_it_takes),
        cmocka_unit_test(server_without_edns_is_asked_without_for_a_while),
        cmocka_unit_test(servers_that_answered_stay_when_the_table_is_full),
        cmocka_unit_test(without_memory_nothing_is_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
