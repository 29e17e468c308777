/* Attacks on DNS servers, by the rows of docs/requirements/attacks.tsv. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../services/dns_fixture.h"
#include "services/dns_engine.h"

#define QUESTIONS 200000

/* A small question with a large answer, in the name of somebody who did not ask [attack:I24]: he is
 * sent at most 1.5 times what was sent in his name, others are answered meanwhile, and who asks
 * himself is told to use TCP. */
static void attack_i24_reflection_is_no_gain(void **state) {
    (void)state;
    static uint8_t answer[DNS_TCP_BYTES];
    static const struct dobos_dns_record records[] = {
        {"x", "TXT",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 9},
        {"x", "TXT",
         "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", 9},
        {"x", "TXT",
         "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", 9},
    };
    const struct dobos_dns_zone given = {.name = "x", .records = records, .record_count = 3};
    const struct dns_engine_config config = {.ask_key = {{3, 4}}};
    struct dns_query query = dns_query_make("x", "TXT");
    struct dns_client victim = {.peer = {.address = dobos_address_ipv4(0xcb007101), .port = 53}};
    struct dns_client other = {.peer = {.address = dobos_address_ipv4(0xc6336401), .port = 53}};
    struct dns_client stream = {.peer = victim.peer, .stream = 1};
    struct dns_fixture fixture;
    struct dns_engine engine = {0};
    size_t bad, sent = 0, asked = 0;
    const char *reason;
    bool waits;
    dns_fixture_begin(&fixture);
    assert_int_equal(dns_engine_init(&engine, &fixture.allocator, &config), 0);
    assert_int_equal(dns_fixture_add(&fixture, &given, &bad, &reason), 0);
    assert_true(dns_engine_zone_add(&engine, fixture.zones));
    fixture.zones = NULL;
    const dobos_time step = DOBOS_SECOND / 20000;
    for (unsigned i = 0; i < QUESTIONS; i++) {
        size_t length =
            dns_engine_ask(&engine, &victim, query.bytes, query.length, answer, i * step, &waits);
        assert_int_not_equal(length, 0);
        sent += length;
        asked += query.length;
    }
    assert_true(sent <= asked + asked / 2);
    assert_true(engine.limit.cut > QUESTIONS / 2);
    dobos_time now = QUESTIONS * step;
    size_t length =
        dns_engine_ask(&engine, &victim, query.bytes, query.length, answer, now, &waits);
    assert_string_equal(dns_show(answer, length), "NOERROR tc\n");
    length = dns_engine_ask(&engine, &stream, query.bytes, query.length, answer, now, &waits);
    assert_true(length > 250);
    length = dns_engine_ask(&engine, &other, query.bytes, query.length, answer, now, &waits);
    assert_true(length > 250);
    length = dns_engine_ask(&engine, &victim, query.bytes, query.length, answer,
                            now + 10 * DOBOS_SECOND, &waits);
    assert_true(length > 250);
    dns_engine_fini(&engine);
    dns_fixture_end(&fixture);
}

/* Who has many addresses of one subnet has one share: of IPv6 a /56. [attack:I24] */
static void attack_i24_addresses_of_a_subnet_share_its_limit(void **state) {
    (void)state;
    static const struct {
        struct dobos_address client;
        unsigned first, last; /* bytes of it that change within a subnet */
    } rows[] = {{{{[10] = 0xff, 0xff, 198, 51, 100, 1}}, 15, 15},
                {{{0x20, 0x01, 0x0d, 0xb8, 0, 1, 2}}, 7, 15}};
    for (size_t i = 0; i < array_length(rows); i++) {
        struct dns_limit limit = {.key = {{1, 2}}};
        struct dobos_address client = rows[i].client;
        for (unsigned n = 0; n < 2 * DNS_LIMIT_BURST / 1000; n++) {
            client.bytes[rows[i].first + n % (rows[i].last - rows[i].first + 1)]++;
            (void)dns_limit_take(&limit, &client, 40, 1060, 0);
        }
        assert_in_range(limit.cut, DNS_LIMIT_BURST / 1000, DNS_LIMIT_BURST / 1000 + 1);
        client.bytes[rows[i].first - 1]++;
        assert_true(dns_limit_take(&limit, &client, 40, 1060, 0));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_i24_reflection_is_no_gain),
        cmocka_unit_test(attack_i24_addresses_of_a_subnet_share_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
