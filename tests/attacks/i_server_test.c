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
    struct dns_client victim = {.peer = {dobos_address_ipv4(0xcb007101), 53}};
    struct dns_client other = {.peer = {dobos_address_ipv4(0xc6336401), 53}};
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attack_i24_reflection_is_no_gain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
