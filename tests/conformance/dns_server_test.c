/* What RFC 1034, 1035, 2181 and 6891 ask of a name server, where no other test shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../services/dns_fixture.h"

static uint8_t bytes[DNS_TCP_BYTES];

/* A zone x of these records. */
static void zone_begin_x(struct dns_fixture *fixture, const struct dobos_dns_record *records,
                         size_t count) {
    const struct dobos_dns_zone zone = {"x", records, count, NULL};
    const char *reason = NULL;
    size_t bad;
    dns_fixture_begin(fixture);
    if (dns_fixture_add(fixture, &zone, &bad, &reason) != 0)
        fail_msg("record %zu: %s", bad, reason);
}

static size_t answer(const struct dns_fixture *fixture, const struct dns_query *query) {
    return dns_server_answer(&(struct dns_source){.zones = fixture->zones}, query->bytes,
                             query->length, false, bytes, sizeof(bytes));
}

static const char *ask(const struct dns_fixture *fixture, const char *name, const char *type) {
    struct dns_query query = dns_query_make(name, type);
    return dns_show(bytes, answer(fixture, &query));
}

/* A record to be searched for, and no question. [rfc1034#16] */
static void inverse_query_is_not_implemented(void **state) {
    (void)state;
    static const uint8_t address[] = {192, 0, 2, 1};
    struct dns_fixture fixture;
    struct dns_query query = {.header = {.id = 997, .opcode = 1, .answers = 1}};
    const struct dns_name root = {.length = 1};
    struct dns_writer w = dns_writer_make(query.bytes, sizeof(query.bytes));
    zone_begin_x(&fixture, NULL, 0);
    dns_header_emit(&w, &query.header);
    size_t mark = dns_record_begin(&w, &root, DNS_A, DNS_IN, 0);
    writer_bytes(&w.writer, address, sizeof(address));
    dns_record_end(&w, mark);
    query.length = w.writer.position;
    assert_string_equal(dns_show(bytes, answer(&fixture, &query)), "NOTIMP\n");
    assert_int_equal(load_be16(bytes), 997);
    assert_int_equal(bytes[2] >> 3 & 15, 1);
    dns_fixture_end(&fixture);
}

/* An answer of about 360 bytes is whole for whoever says that he takes less than 512. [rfc6891#13]
 */
static void size_below_512_counts_as_512(void **state) {
    (void)state;
    static char data[20][16];
    struct dobos_dns_record records[20];
    struct dns_fixture fixture;
    for (unsigned i = 0; i < 20; i++) {
        (void)snprintf(data[i], sizeof(data[i]), "10.0.0.%u", i);
        records[i] = (struct dobos_dns_record){"a.x", "A", data[i], 60};
    }
    zone_begin_x(&fixture, records, 20);
    for (uint16_t room = 0; room < 513; room += 27) {
        struct dns_query query = dns_query_make("a.x", "A");
        dns_query_edns(&query, room, 0);
        size_t length = answer(&fixture, &query);
        assert_true(length > 300 && length <= 512);
        assert_int_equal(bytes[2] & 2, 0);
        assert_int_equal(load_be16(bytes + 6), 20);
    }
    dns_fixture_end(&fixture);
}

/* Addresses beside an answer are a help: those without room are left out, and TC is not set.
 * [rfc2181#20] */
static void help_without_room_is_left_out_without_tc(void **state) {
    (void)state;
    static char names[16][16], data[16][32];
    struct dobos_dns_record records[32];
    bool was_left_out = false;
    for (unsigned count = 1; count <= 16; count++) {
        struct dns_fixture fixture;
        for (unsigned i = 0; i < count; i++) {
            (void)snprintf(names[i], sizeof(names[i]), "mail%02u.x", i);
            (void)snprintf(data[i], sizeof(data[i]), "10 %s", names[i]);
            records[2 * i] = (struct dobos_dns_record){"x", "MX", data[i], 60};
            records[2 * i + 1] = (struct dobos_dns_record){names[i], "A", "192.0.2.1", 60};
        }
        zone_begin_x(&fixture, records, (size_t)2 * count);
        struct dns_query query = dns_query_make("x", "MX");
        size_t length = answer(&fixture, &query);
        assert_true(length <= DNS_UDP_BYTES);
        assert_int_equal(bytes[2] & 2, 0);
        assert_int_equal(load_be16(bytes + 6), count);
        was_left_out = was_left_out || load_be16(bytes + 10) < count;
        dns_fixture_end(&fixture);
    }
    assert_true(was_left_out);
}

static const struct dobos_dns_record odd_records[] = {
    {"1.x", "PTR", "a.x", 60},          {"1.x", "PTR", "b.x", 60},
    {"_a-b!.x", "A", "192.0.2.1", 60},  {"\\000\\255.x", "A", "192.0.2.2", 60},
    {"a\\.b.x", "A", "192.0.2.3", 60},  {"*.x", "A", "192.0.2.4", 60},
    {"sub.x", "NS", "ns.sub.x", 60},    {"ns.sub.x", "A", "192.0.2.5", 60},
    {"alias.x", "CNAME", "one.x", 60},  {"one.x", "TXT", "x", 60},
    {"away.x", "CNAME", "a.other", 60},
};

/* [rfc2181#24] */
static void names_of_any_bytes_are_served(void **state) {
    (void)state;
    struct dns_fixture fixture;
    zone_begin_x(&fixture, odd_records, array_length(odd_records));
    assert_string_equal(ask(&fixture, "_a-b!.x", "A"),
                        "NOERROR aa\nanswer _a-b!.x 60 A 192.0.2.1\n");
    assert_string_equal(ask(&fixture, "\\000\\255.x", "A"),
                        "NOERROR aa\nanswer \\000\\255.x 60 A 192.0.2.2\n");
    assert_string_equal(ask(&fixture, "a\\.b.x", "A"),
                        "NOERROR aa\nanswer a\\.b.x 60 A 192.0.2.3\n");
    dns_fixture_end(&fixture);
}

/* [rfc2181#22] */
static void address_may_have_two_names(void **state) {
    (void)state;
    struct dns_fixture fixture;
    zone_begin_x(&fixture, odd_records, array_length(odd_records));
    assert_string_equal(ask(&fixture, "1.x", "PTR"),
                        "NOERROR aa\nanswer 1.x 60 PTR a.x\nanswer 1.x 60 PTR b.x\n");
    dns_fixture_end(&fixture);
}

/* Neither a zone below nor the zone's own name is what a wildcard stands for. [rfc1034#27] */
static void wildcard_ends_at_cuts_and_at_its_parent(void **state) {
    (void)state;
    static const char referral[] = "NOERROR\n"
                                   "authority sub.x 60 NS ns.sub.x\n"
                                   "additional ns.sub.x 60 A 192.0.2.5\n";
    struct dns_fixture fixture;
    zone_begin_x(&fixture, odd_records, array_length(odd_records));
    assert_string_equal(ask(&fixture, "any.x", "A"), "NOERROR aa\nanswer any.x 60 A 192.0.2.4\n");
    assert_string_equal(ask(&fixture, "any.sub.x", "A"), referral);
    assert_string_equal(ask(&fixture, "sub.x", "A"), referral);
    (void)ask(&fixture, "x", "A");
    assert_int_equal(load_be16(bytes + 6), 0);
    dns_fixture_end(&fixture);
}

/* AA is of the name that was asked for, also where its alias leads elsewhere; an alias asked for as
 * such is not followed. [rfc1034#12] [rfc1035#20] */
static void authority_is_of_the_name_asked_for(void **state) {
    (void)state;
    struct dns_fixture fixture;
    zone_begin_x(&fixture, odd_records, array_length(odd_records));
    assert_string_equal(ask(&fixture, "away.x", "A"),
                        "NOERROR aa\nanswer away.x 60 CNAME a.other\n");
    assert_string_equal(ask(&fixture, "alias.x", "CNAME"),
                        "NOERROR aa\nanswer alias.x 60 CNAME one.x\n");
    assert_string_equal(ask(&fixture, "alias.x", "ANY"),
                        "NOERROR aa\nanswer alias.x 60 CNAME one.x\n");
    dns_fixture_end(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inverse_query_is_not_implemented),
        cmocka_unit_test(size_below_512_counts_as_512),
        cmocka_unit_test(help_without_room_is_left_out_without_tc),
        cmocka_unit_test(names_of_any_bytes_are_served),
        cmocka_unit_test(address_may_have_two_names),
        cmocka_unit_test(wildcard_ends_at_cuts_and_at_its_parent),
        cmocka_unit_test(authority_is_of_the_name_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
