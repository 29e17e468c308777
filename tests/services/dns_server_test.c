/* The DNS engine: a question's bytes in, an answer's bytes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "dns_fixture.h"

static const struct dobos_dns_record example[] = {
    {"example.org", "SOA", "ns.example.org me.example.org 7 3600 600 86400 120", 3600},
    {"example.org", "NS", "ns.example.org", 3600},
    {"example.org", "NS", "ns.example.net", 3600},
    {"example.org", "MX", "10 Mail.example.org", 300},
    {"example.org", "MX", "20 ns.example.org", 300},
    {"ns.example.org", "A", "203.0.113.53", 3600},
    {"ns.example.org", "AAAA", "2001:db8::53", 3600},
    {"mail.example.org", "A", "203.0.113.25", 300},
    {"WWW.example.org", "A", "203.0.113.80", 60},
    {"WWW.example.org", "A", "203.0.113.81", 60},
    {"www.example.org", "TXT", "hello", 60},
    {"alias.example.org", "CNAME", "www.example.org", 30},
    {"far.example.org", "CNAME", "www.example.net", 30},
    {"away.example.org", "CNAME", "www.elsewhere.test", 30},
    {"gone.example.org", "CNAME", "nothing.example.org", 30},
    {"loop1.example.org", "CNAME", "loop2.example.org", 30},
    {"loop2.example.org", "CNAME", "loop1.example.org", 30},
    {"self.example.org", "CNAME", "self.example.org", 30},
    {"down.example.org", "CNAME", "host.sub.example.org", 30},
    {"a.empty.example.org", "A", "203.0.113.99", 60},
    {"*.wild.example.org", "A", "203.0.113.7", 60},
    {"*.wild.example.org", "MX", "5 mail.example.org", 60},
    {"there.wild.example.org", "TXT", "t", 60},
    {"x.deep.wild.example.org", "TXT", "t", 60},
    {"*.star.example.org", "CNAME", "www.example.org", 60},
    {"sub.example.org", "NS", "ns.sub.example.org", 600},
    {"sub.example.org", "NS", "ns.example.net", 600},
    {"ns.sub.example.org", "A", "203.0.113.54", 600},
    {"under.ns.sub.example.org", "A", "203.0.113.55", 600},
    {"sub.example.org", "TXT", "not ours to say", 600},
    {"deep.sub.example.org", "NS", "ns.example.net", 600},
    {"twice.example.org", "MX", "1 mail.example.org", 300},
    {"twice.example.org", "MX", "2 MAIL.example.org", 300},
};
static const struct dobos_dns_record net[] = {
    {"www.example.net", "A", "198.51.100.80", 60},
    {"ns.example.net", "A", "198.51.100.53", 60},
};
static const struct dobos_dns_zone zones[] = {
    {"example.org", example, array_length(example), NULL},
    {"example.net", net, array_length(net), NULL},
};

static int begin(void **state) {
    static struct dns_fixture fixture;
    size_t bad = 0;
    const char *reason = NULL;
    dns_fixture_begin(&fixture);
    for (size_t i = 0; i < array_length(zones); i++) {
        if (dns_fixture_add(&fixture, &zones[i], &bad, &reason) < 0)
            fail_msg("record %zu: %s", bad, reason);
    }
    *state = &fixture;
    return 0;
}

static int end(void **state) {
    dns_fixture_end(*state);
    return 0;
}

static size_t answer(const struct dns_fixture *fixture, const struct dns_query *query, bool tcp,
                     uint8_t *bytes, size_t room) {
    uint8_t *copy = malloc(query->length);
    memcpy(copy, query->bytes, query->length);
    size_t length = dns_server_answer(&(struct dns_source){.zones = fixture->zones}, copy,
                                      query->length, tcp, bytes, room);
    free(copy);
    assert_true(length <= room);
    return length;
}

/* The answer to a question over UDP, as text. */
static const char *ask(void **state, const char *name, const char *type) {
    static uint8_t bytes[DNS_TCP_BYTES];
    struct dns_query query = dns_query_make(name, type);
    size_t length = answer(*state, &query, false, bytes, sizeof(bytes));
    assert_true(length > 0 && length <= DNS_UDP_BYTES);
    return dns_show(bytes, length);
}

#define SOA "authority example.org 120 SOA ns.example.org me.example.org 120\n"

/* [rfc1034#1] [rfc1034#3] [rfc1034#4] [rfc1034#23] */
static void name_with_records_is_answered_with_authority(void **state) {
    assert_string_equal(ask(state, "wWw.Example.ORG", "A"),
                        "NOERROR aa\n"
                        "answer wWw.Example.ORG 60 A 203.0.113.80\n"
                        "answer wWw.Example.ORG 60 A 203.0.113.81\n");
}

/* [rfc1035#3]: id, opcode, RD and the question, letters and all, are the query's. */
static void header_and_question_are_echoed(void **state) {
    uint8_t bytes[DNS_UDP_BYTES];
    struct dns_query query = dns_query_make("wwW.eXample.org", "A");
    size_t length = answer(*state, &query, false, bytes, sizeof(bytes));
    assert_int_equal(load_be16(bytes), 0x1234);
    assert_int_equal(load_be16(bytes + 2), 0x8500); /* QR AA RD */
    assert_int_equal(load_be16(bytes + 4), 1);
    assert_true(length > query.length);
    assert_memory_equal(bytes + 12, query.bytes + 12, query.length - 12);
    query.header.recursion_desired = false;
    query.header.checking_disabled = true;
    query.header.id = 0xfffe;
    dns_query_emit(&query);
    answer(*state, &query, false, bytes, sizeof(bytes));
    assert_int_equal(load_be16(bytes), 0xfffe);
    assert_int_equal(load_be16(bytes + 2), 0x8410); /* QR AA CD */
}

/* [rfc1034#9] [rfc2308#1] [rfc2308#2] [rfc2308#3] */
static void absent_type_is_no_data_with_soa(void **state) {
    assert_string_equal(ask(state, "www.example.org", "MX"), "NOERROR aa\n" SOA);
    assert_string_equal(ask(state, "www.example.org", "TYPE4711"), "NOERROR aa\n" SOA);
    assert_string_equal(ask(state, "empty.example.org", "A"), "NOERROR aa\n" SOA);
    assert_string_equal(ask(state, "empty.example.org", "ANY"), "NOERROR aa\n" SOA);
    assert_string_equal(ask(state, "wild.example.org", "A"), "NOERROR aa\n" SOA);
}

/* [rfc1034#7] [rfc2308#1] [rfc2308#2] [rfc2308#3] [rfc2181#18] */
static void absent_name_is_name_error_with_soa(void **state) {
    assert_string_equal(ask(state, "no.example.org", "A"), "NXDOMAIN aa\n" SOA);
    assert_string_equal(ask(state, "b.empty.example.org", "A"), "NXDOMAIN aa\n" SOA);
    assert_string_equal(ask(state, "x.www.example.org", "A"), "NXDOMAIN aa\n" SOA);
    assert_string_equal(ask(state, "no.example.net", "A"),
                        "NXDOMAIN aa\nauthority example.net 300 SOA ns.example.net "
                        "hostmaster.example.net 300\n");
}

/* The SOA's own TTL counts where it is the lower one [rfc2308#2]. */
static void soa_of_a_lower_ttl_than_its_minimum_keeps_it(void **state) {
    (void)state;
    static const struct dobos_dns_record records[] = {{"x", "SOA", "a b 1 2 3 4 999", 77}};
    static const struct dobos_dns_zone zone = {"x", records, 1, NULL};
    struct dns_fixture fixture;
    void *own = &fixture;
    size_t bad;
    const char *reason;
    dns_fixture_begin(&fixture);
    assert_int_equal(dns_fixture_add(&fixture, &zone, &bad, &reason), 0);
    assert_string_equal(ask(&own, "no.x", "A"), "NXDOMAIN aa\nauthority x 77 SOA a b 999\n");
    dns_fixture_end(&fixture);
}

/* [rfc1034#2] */
static void alias_is_followed_within_our_zones(void **state) {
    assert_string_equal(ask(state, "alias.example.org", "A"),
                        "NOERROR aa\n"
                        "answer alias.example.org 30 CNAME www.example.org\n"
                        "answer www.example.org 60 A 203.0.113.80\n"
                        "answer www.example.org 60 A 203.0.113.81\n");
    assert_string_equal(ask(state, "far.example.org", "A"),
                        "NOERROR aa\n"
                        "answer far.example.org 30 CNAME www.example.net\n"
                        "answer www.example.net 60 A 198.51.100.80\n");
    assert_string_equal(ask(state, "away.example.org", "A"),
                        "NOERROR aa\nanswer away.example.org 30 CNAME www.elsewhere.test\n");
    assert_string_equal(ask(state, "alias.example.org", "CNAME"),
                        "NOERROR aa\nanswer alias.example.org 30 CNAME www.example.org\n");
    assert_string_equal(ask(state, "gone.example.org", "A"),
                        "NXDOMAIN aa\nanswer gone.example.org 30 CNAME nothing.example.org\n" SOA);
    assert_string_equal(ask(state, "alias.example.org", "MX"),
                        "NOERROR aa\nanswer alias.example.org 30 CNAME www.example.org\n" SOA);
}

/* [attack:I18] */
static void alias_loop_is_walked_once(void **state) {
    assert_string_equal(ask(state, "loop1.example.org", "A"),
                        "NOERROR aa\n"
                        "answer loop1.example.org 30 CNAME loop2.example.org\n"
                        "answer loop2.example.org 30 CNAME loop1.example.org\n");
    assert_string_equal(ask(state, "self.example.org", "A"),
                        "NOERROR aa\nanswer self.example.org 30 CNAME self.example.org\n");
}

/* [rfc1034#8] [rfc1034#28] */
static void wildcard_answers_for_names_that_are_not_there(void **state) {
    assert_string_equal(ask(state, "any.wild.example.org", "A"),
                        "NOERROR aa\nanswer any.wild.example.org 60 A 203.0.113.7\n");
    assert_string_equal(ask(state, "a.b.wild.example.org", "A"),
                        "NOERROR aa\nanswer a.b.wild.example.org 60 A 203.0.113.7\n");
    assert_string_equal(ask(state, "*.wild.example.org", "A"),
                        "NOERROR aa\nanswer *.wild.example.org 60 A 203.0.113.7\n");
    assert_string_equal(ask(state, "any.wild.example.org", "TXT"), "NOERROR aa\n" SOA);
    assert_string_equal(ask(state, "any.star.example.org", "TXT"),
                        "NOERROR aa\n"
                        "answer any.star.example.org 60 CNAME www.example.org\n"
                        "answer www.example.org 60 TXT 6 bytes\n");
    assert_string_equal(ask(state, "any.wild.example.org", "MX"),
                        "NOERROR aa\n"
                        "answer any.wild.example.org 60 MX 5 mail.example.org\n"
                        "additional mail.example.org 300 A 203.0.113.25\n");
}

/* [rfc4592#1] [rfc4592#2]: a name that is there, with a record or only above one, hides the
 * wildcard from itself and from what is below it. */
static void existing_name_hides_the_wildcard(void **state) {
    assert_string_equal(ask(state, "there.wild.example.org", "A"), "NOERROR aa\n" SOA);
    assert_string_equal(ask(state, "deep.wild.example.org", "A"), "NOERROR aa\n" SOA);
    assert_string_equal(ask(state, "b.there.wild.example.org", "A"), "NXDOMAIN aa\n" SOA);
    assert_string_equal(ask(state, "b.deep.wild.example.org", "A"), "NXDOMAIN aa\n" SOA);
}

#define REFERRAL                                            \
    "authority sub.example.org 600 NS ns.sub.example.org\n" \
    "authority sub.example.org 600 NS ns.example.net\n"     \
    "additional ns.sub.example.org 600 A 203.0.113.54\n"    \
    "additional ns.example.net 60 A 198.51.100.53\n"

/* [rfc1034#6] [rfc1034#18] [rfc2181#17] */
static void name_below_a_cut_is_referred_with_glue(void **state) {
    assert_string_equal(ask(state, "www.sub.example.org", "A"), "NOERROR\n" REFERRAL);
    assert_string_equal(ask(state, "sub.example.org", "TXT"), "NOERROR\n" REFERRAL);
    assert_string_equal(ask(state, "sub.example.org", "NS"), "NOERROR\n" REFERRAL);
    assert_string_equal(ask(state, "ns.sub.example.org", "A"), "NOERROR\n" REFERRAL);
    /* The cut nearest to the apex counts: what is below it is not ours to say. */
    assert_string_equal(ask(state, "x.deep.sub.example.org", "A"), "NOERROR\n" REFERRAL);
    assert_string_equal(ask(state, "x.under.ns.sub.example.org", "ANY"), "NOERROR\n" REFERRAL);
    assert_string_equal(ask(state, "down.example.org", "A"),
                        "NOERROR aa\n"
                        "answer down.example.org 30 CNAME host.sub.example.org\n" REFERRAL);
}

/* [rfc1034#26] [rfc1035#18] [rfc2181#16] */
static void addresses_of_servers_are_added_once(void **state) {
    assert_string_equal(ask(state, "example.org", "MX"),
                        "NOERROR aa\n"
                        "answer example.org 300 MX 10 Mail.example.org\n"
                        "answer example.org 300 MX 20 ns.example.org\n"
                        "additional Mail.example.org 300 A 203.0.113.25\n"
                        "additional ns.example.org 3600 A 203.0.113.53\n"
                        "additional ns.example.org 3600 AAAA 2001...53\n");
    assert_string_equal(ask(state, "twice.example.org", "MX"),
                        "NOERROR aa\n"
                        "answer twice.example.org 300 MX 1 mail.example.org\n"
                        "answer twice.example.org 300 MX 2 mail.example.org\n"
                        "additional mail.example.org 300 A 203.0.113.25\n");
    assert_string_equal(ask(state, "example.org", "NS"),
                        "NOERROR aa\n"
                        "answer example.org 3600 NS ns.example.org\n"
                        "answer example.org 3600 NS ns.example.net\n"
                        "additional ns.example.org 3600 A 203.0.113.53\n"
                        "additional ns.example.org 3600 AAAA 2001...53\n"
                        "additional ns.example.net 60 A 198.51.100.53\n");
}

/* [rfc8482#1] [attack:I24] */
static void any_is_one_set_by_udp_and_by_tcp(void **state) {
    static uint8_t bytes[DNS_TCP_BYTES];
    assert_string_equal(ask(state, "www.example.org", "ANY"),
                        "NOERROR aa\n"
                        "answer www.example.org 60 A 203.0.113.80\n"
                        "answer www.example.org 60 A 203.0.113.81\n");
    struct dns_query query = dns_query_make("www.example.org", "ANY");
    size_t length = answer(*state, &query, true, bytes, sizeof(bytes));
    assert_string_equal(dns_show(bytes, length), "NOERROR aa\n"
                                                 "answer www.example.org 60 A 203.0.113.80\n"
                                                 "answer www.example.org 60 A 203.0.113.81\n");
}

/* [rfc1035#23] */
static void question_outside_our_zones_is_refused(void **state) {
    assert_string_equal(ask(state, "www.elsewhere.test", "A"), "REFUSED\n");
    assert_string_equal(ask(state, ".", "NS"), "REFUSED\n");
    assert_string_equal(ask(state, "org", "NS"), "REFUSED\n");
    assert_string_equal(ask(state, "example.org", "AXFR"), "REFUSED\n");
    assert_string_equal(ask(state, "example.org", "TYPE251"), "REFUSED\n");
}

/* [rfc1034#15] */
static void class_chooses_what_is_answered(void **state) {
    uint8_t bytes[DNS_UDP_BYTES];
    struct dns_query query = dns_query_make("www.example.org", "TXT");
    query.question.class_ = 3;
    dns_query_emit(&query);
    assert_string_equal(dns_show(bytes, answer(*state, &query, false, bytes, sizeof(bytes))),
                        "REFUSED\n");
    query.question.class_ = DNS_CLASS_ANY;
    dns_query_emit(&query);
    assert_string_equal(dns_show(bytes, answer(*state, &query, false, bytes, sizeof(bytes))),
                        "NOERROR\nanswer www.example.org 60 TXT 6 bytes\n");
}

/* [rfc1035#5] [rfc1035#3] [rfc6891#1] */
static void unknown_opcode_is_not_implemented(void **state) {
    uint8_t bytes[DNS_UDP_BYTES];
    for (uint8_t opcode = 1; opcode < 16; opcode++) {
        struct dns_query query = dns_query_make("www.example.org", "A");
        query.header.opcode = opcode;
        dns_query_emit(&query);
        size_t length = answer(*state, &query, false, bytes, sizeof(bytes));
        assert_string_equal(dns_show(bytes, length), "NOTIMP\n");
        assert_int_equal(bytes[2] >> 3 & 15, opcode);
        assert_int_equal(length, query.length);
        /* With EDNS too, whatever its version (RFC 6891 §6.1.1). */
        dns_query_edns(&query, 1232, 0x10000);
        length = answer(*state, &query, false, bytes, sizeof(bytes));
        assert_string_equal(dns_show(bytes, length), "NOTIMP\nopt 1232 00000000\n");
    }
}

/* [rfc1035#4] [attack:G2] */
static void response_is_never_answered(void **state) {
    uint8_t bytes[DNS_UDP_BYTES];
    struct dns_query query = dns_query_make("www.example.org", "A");
    for (unsigned flags = 0; flags < 0x10000; flags += 7) {
        query.bytes[2] = (uint8_t)(flags >> 8 | 0x80);
        query.bytes[3] = (uint8_t)flags;
        assert_int_equal(answer(*state, &query, false, bytes, sizeof(bytes)), 0);
    }
    /* So none of our own answers, errors included, is. */
    query = dns_query_make("www.elsewhere.test", "A");
    query.length = answer(*state, &query, false, query.bytes, DNS_UDP_BYTES);
    assert_int_equal(answer(*state, &query, false, bytes, sizeof(bytes)), 0);
}

/* [rfc1035#4] [attack:I2] */
static void counts_that_lie_are_format_errors(void **state) {
    uint8_t bytes[DNS_UDP_BYTES];
    for (unsigned place = 4; place < 12; place += 2) {
        struct dns_query query = dns_query_make("www.example.org", "A");
        store_be16(query.bytes + place, place == 4 ? 2 : 1);
        size_t length = answer(*state, &query, false, bytes, sizeof(bytes));
        assert_string_equal(dns_show(bytes, length), "FORMERR\n");
        store_be16(query.bytes + place, 0xffff);
        length = answer(*state, &query, false, bytes, sizeof(bytes));
        assert_string_equal(dns_show(bytes, length), "FORMERR\n");
    }
    struct dns_query none = dns_query_make("www.example.org", "A");
    store_be16(none.bytes + 4, 0);
    size_t length = answer(*state, &none, false, bytes, sizeof(bytes));
    assert_string_equal(dns_show(bytes, length), "FORMERR\n");
    assert_int_equal(length, DNS_HEADER_BYTES);
}

/* [rfc6891#1] [rfc6891#4] [rfc6891#5] [rfc6891#6] [rfc6891#8] [rfc6891#9] [rfc6891#10] [rfc6891#11]
 * [rfc6891#17] */
static void edns_is_answered_with_edns(void **state) {
    uint8_t bytes[2 * DNS_EDNS_BYTES];
    static const struct {
        uint16_t room;
        uint32_t flags;
        const char *text;
    } rows[] = {
        {4096, 0, "NOERROR aa\nanswer www.example.org 60 TXT 6 bytes\nopt 1232 00000000\n"},
        {0, 0, "NOERROR aa\nanswer www.example.org 60 TXT 6 bytes\nopt 1232 00000000\n"},
        {512, 0x8001, "NOERROR aa\nanswer www.example.org 60 TXT 6 bytes\nopt 1232 00008000\n"},
        {4096, 0x10000, "NOERROR\nopt 1232 01000000\n"},
        {4096, 0xff0000, "NOERROR\nopt 1232 01000000\n"},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        struct dns_query query = dns_query_make("www.example.org", "TXT");
        dns_query_edns(&query, rows[i].room, rows[i].flags);
        size_t length = answer(*state, &query, false, bytes, sizeof(bytes));
        assert_string_equal(dns_show(bytes, length), rows[i].text);
    }
    struct dns_query twice = dns_query_make("www.example.org", "TXT");
    dns_query_edns(&twice, 1232, 0);
    dns_query_edns(&twice, 1232, 0);
    assert_string_equal(dns_show(bytes, answer(*state, &twice, false, bytes, sizeof(bytes))),
                        "FORMERR\nopt 1232 00000000\n");
    /* It stands in the additional section, and nowhere else. */
    for (unsigned place = 6; place < 10; place += 2) {
        struct dns_query elsewhere = dns_query_make("www.example.org", "TXT");
        dns_query_edns(&elsewhere, 1232, 0);
        store_be16(elsewhere.bytes + place, 1);
        store_be16(elsewhere.bytes + 10, 0);
        size_t length = answer(*state, &elsewhere, false, bytes, sizeof(bytes));
        assert_string_equal(dns_show(bytes, length), "FORMERR\nopt 1232 00000000\n");
    }
    /* Its owner is the root. */
    struct dns_query owned = dns_query_make("www.example.org", "TXT");
    struct dns_writer w = dns_writer_make(owned.bytes, sizeof(owned.bytes));
    owned.header.additionals = 1;
    dns_header_emit(&w, &owned.header);
    w.writer.position = owned.length;
    dns_record_end(&w, dns_record_begin(&w, &owned.question.name, DNS_OPT, 1232, 0));
    owned.length = w.writer.position;
    assert_string_equal(dns_show(bytes, answer(*state, &owned, false, bytes, sizeof(bytes))),
                        "FORMERR\nopt 1232 00000000\n");
}

/* Whether options that all claim so many bytes of data fill the room exactly; what they claim is
 * written into it. */
static bool options_fill(uint8_t *options, size_t room, uint16_t claim) {
    size_t at = 0;
    for (; at + 4 <= room; at += 4u + claim)
        store_be16(options + at + 2, claim);
    return at == room;
}

/* Options are passed over when they fill their record: empty ones, 64 KiB of them; what claims more
 * or less than there is makes the query malformed [attack:I19]. [rfc6891#7] [rfc6891#17] */
static void options_of_edns_cost_nothing(void **state) {
    static uint8_t query_bytes[DNS_TCP_BYTES], bytes[DNS_TCP_BYTES];
    const struct dns_fixture *fixture = *state;
    static const uint16_t claims[] = {0, 1, 4, UINT16_MAX};
    static const size_t rooms[] = {4, 5, 400, DNS_TCP_BYTES - 100};
    for (size_t i = 0; i < array_length(claims) * array_length(rooms); i++) {
        struct dns_query query = dns_query_make("www.example.org", "TXT");
        dns_query_edns(&query, 4096, 0);
        size_t room = rooms[i / array_length(claims)];
        memset(query_bytes, 0, sizeof query_bytes);
        memcpy(query_bytes, query.bytes, query.length);
        store_be16(query_bytes + query.length - 2, (uint16_t)room);
        bool is_whole =
            options_fill(query_bytes + query.length, room, claims[i % array_length(claims)]);
        size_t length =
            dns_server_answer(&(struct dns_source){.zones = fixture->zones}, query_bytes,
                              query.length + room, true, bytes, sizeof bytes);
        assert_string_equal(
            dns_show(bytes, length),
            is_whole ? "NOERROR aa\nanswer www.example.org 60 TXT 6 bytes\nopt 1232 00000000\n"
                     : "FORMERR\nopt 1232 00000000\n");
        /* One byte of the claimed options is missing. */
        length = dns_server_answer(&(struct dns_source){.zones = fixture->zones}, query_bytes,
                                   query.length + room - 1, true, bytes, sizeof bytes);
        assert_string_equal(dns_show(bytes, length), "FORMERR\n");
    }
}

/* ---- answers that are too long ---- */

/* A zone x with `count` addresses at a.x, and a delegation d.x with as many servers and glue. */
static void big_zone(struct dns_fixture *fixture, unsigned count) {
    static char data[200][32], servers[200][32];
    static struct dobos_dns_record records[600];
    size_t used = 0, bad;
    const char *reason;
    for (unsigned i = 0; i < count; i++) {
        (void)snprintf(data[i], sizeof(data[i]), "10.0.0.%u", i);
        (void)snprintf(servers[i], sizeof(servers[i]), "n%u.d.x", i);
        records[used++] = (struct dobos_dns_record){"a.x", "A", data[i], 60};
        records[used++] = (struct dobos_dns_record){"d.x", "NS", servers[i], 60};
        records[used++] = (struct dobos_dns_record){servers[i], "A", data[i], 60};
    }
    struct dobos_dns_zone zone = {"x", records, used, NULL};
    dns_fixture_begin(fixture);
    assert_int_equal(dns_fixture_add(fixture, &zone, &bad, &reason), 0);
}

/* [rfc1035#9] [rfc2181#3] [attack:I24]: all of a set, or none of it and TC. [rfc1035#21]
 * [rfc6891#16] */
static void answer_longer_than_its_room_is_truncated(void **state) {
    (void)state;
    static uint8_t bytes[DNS_TCP_BYTES];
    for (unsigned count = 1; count < 200; count++) {
        struct dns_fixture fixture;
        big_zone(&fixture, count);
        struct dns_query query = dns_query_make("a.x", "A"), edns = query;
        dns_query_edns(&edns, 65535, 0);
        size_t whole = query.length + 16 * count;
        size_t length = answer(&fixture, &query, false, bytes, sizeof(bytes));
        assert_int_equal(length, whole <= DNS_UDP_BYTES ? whole : query.length);
        assert_int_equal(bytes[2] & 2, whole <= DNS_UDP_BYTES ? 0 : 2);
        length = answer(&fixture, &edns, false, bytes, sizeof(bytes));
        whole += 11;
        assert_int_equal(length, whole <= DNS_EDNS_BYTES ? whole : edns.length);
        if (whole > DNS_EDNS_BYTES)
            assert_string_equal(dns_show(bytes, length), "NOERROR aa tc\nopt 1232 00000000\n");
        length = answer(&fixture, &edns, true, bytes, sizeof(bytes));
        assert_int_equal(length, whole);
        dns_fixture_end(&fixture);
    }
}

/* What the client says it takes is what it gets, to the byte, OPT included. [rfc6891#15] */
static void edns_room_is_kept_to_the_byte(void **state) {
    (void)state;
    enum {
        COUNT = 40
    };
    uint8_t bytes[DNS_EDNS_BYTES];
    struct dns_fixture fixture;
    big_zone(&fixture, COUNT);
    for (uint16_t room = 600; room < 800; room++) {
        struct dns_query query = dns_query_make("a.x", "A");
        size_t whole = query.length + 16 * COUNT + 11;
        dns_query_edns(&query, room, 0);
        size_t length = answer(&fixture, &query, false, bytes, sizeof(bytes));
        assert_int_equal(length, whole <= room ? whole : query.length);
        (void)dns_show(bytes, length);
    }
    dns_fixture_end(&fixture);
}

/* Glue below the cut that does not fit sets TC; what fits stays. */
static void referral_without_room_for_glue_says_so(void **state) {
    (void)state;
    static uint8_t bytes[DNS_TCP_BYTES];
    bool was_cut = false, was_whole = false;
    for (unsigned count = 1; count < 40; count++) {
        struct dns_fixture fixture;
        big_zone(&fixture, count);
        struct dns_query query = dns_query_make("www.d.x", "A");
        size_t length = answer(&fixture, &query, false, bytes, sizeof(bytes));
        bool truncated = bytes[2] & 2;
        unsigned authorities = load_be16(bytes + 8), additionals = load_be16(bytes + 10);
        (void)dns_show(bytes, length);
        assert_true(length <= DNS_UDP_BYTES);
        assert_true(authorities == count || (authorities == 0 && truncated));
        assert_int_equal(truncated, authorities == 0 || additionals < min_size(count, 16));
        was_cut = was_cut || (truncated && authorities == count);
        was_whole = was_whole || !truncated;
        dns_fixture_end(&fixture);
    }
    assert_true(was_cut && was_whole);
}

/* A chain of aliases ends somewhere, and costs a bounded answer [attack:I18]. */
static void long_alias_chain_is_cut(void **state) {
    (void)state;
    enum {
        LINKS = 40
    };
    static char names[LINKS + 1][16];
    struct dobos_dns_record records[LINKS];
    static uint8_t bytes[DNS_TCP_BYTES];
    for (unsigned i = 0; i <= LINKS; i++)
        (void)snprintf(names[i], sizeof(names[i]), "l%u.x", i);
    for (unsigned i = 0; i < LINKS; i++)
        records[i] = (struct dobos_dns_record){names[i], "CNAME", names[i + 1], 1};
    struct dobos_dns_zone zone = {"x", records, LINKS, NULL};
    struct dns_fixture fixture;
    size_t bad;
    const char *reason;
    dns_fixture_begin(&fixture);
    assert_int_equal(dns_fixture_add(&fixture, &zone, &bad, &reason), 0);
    struct dns_query query = dns_query_make("l0.x", "A");
    (void)answer(&fixture, &query, true, bytes, sizeof(bytes));
    assert_int_equal(load_be16(bytes + 6), 16);
    dns_fixture_end(&fixture);
}

/* ---- any bytes ---- */

/* Whatever comes: no answer, or a whole one with the id and an id alone of the query, no longer
 * than UDP allows, and a refusal no longer than the query. */
static void examine(const struct dns_fixture *fixture, const uint8_t *query, size_t length) {
    uint8_t *copy = malloc(length), *bytes = malloc(DNS_EDNS_BYTES);
    memcpy(copy, query, length);
    size_t got = dns_server_answer(&(struct dns_source){.zones = fixture->zones}, copy, length,
                                   false, bytes, DNS_EDNS_BYTES);
    if (length < DNS_HEADER_BYTES || copy[2] & 0x80) {
        assert_int_equal(got, 0);
    } else {
        assert_true(got >= DNS_HEADER_BYTES && got <= DNS_EDNS_BYTES);
        assert_memory_equal(bytes, copy, 2);
        (void)dns_show(bytes, got);
        if ((bytes[3] & 15) == DNS_FORMERR || (bytes[3] & 15) == DNS_NOTIMP)
            assert_true(got <= length);
    }
    free(copy);
    free(bytes);
}

/* [attack:I1] [attack:I2] [attack:I27] */
static void query_cut_or_changed_anywhere_is_answered_soundly(void **state) {
    struct dns_query query = dns_query_make("any.wild.example.org", "ANY");
    dns_query_edns(&query, 4096, 0x8000);
    for (size_t cut = 0; cut < query.length; cut++)
        examine(*state, query.bytes, cut);
    for (size_t at = 0; at < query.length; at++) {
        for (unsigned change = 1; change < 256; change++) {
            query.bytes[at] ^= (uint8_t)change;
            examine(*state, query.bytes, query.length);
            query.bytes[at] ^= (uint8_t)change;
        }
    }
}

/* A pointer at each place of the question, to each place of the message [attack:I1]. */
static void pointer_anywhere_in_the_question_does_no_harm(void **state) {
    struct dns_query query = dns_query_make("www.example.org", "A");
    for (size_t at = DNS_HEADER_BYTES; at + 1 < query.length; at++) {
        for (unsigned target = 0; target < query.length + 2; target++) {
            struct dns_query copy = query;
            store_be16(copy.bytes + at, (uint16_t)(0xc000 | target));
            examine(*state, copy.bytes, copy.length);
        }
    }
}

static void random_queries_are_answered_soundly(void **state) {
    struct random random = random_make(53);
    for (unsigned i = 0; i < 100000; i++) {
        uint8_t bytes[80];
        size_t length = (size_t)random_below(&random, sizeof(bytes) + 1);
        for (size_t at = 0; at < length; at++)
            bytes[at] = (uint8_t)random_below(&random, random_below(&random, 2) ? 8 : 256);
        if (length > 5) {
            store_be16(bytes + 2, 0);
            store_be16(bytes + 4, 1);
        }
        examine(*state, bytes, length);
    }
}

static void room_smaller_than_udp_needs_gets_nothing(void **state) {
    uint8_t bytes[DNS_UDP_BYTES];
    struct dns_query query = dns_query_make("www.example.org", "A");
    assert_int_equal(answer(*state, &query, true, bytes, DNS_UDP_BYTES - 1), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_with_records_is_answered_with_authority),
        cmocka_unit_test(header_and_question_are_echoed),
        cmocka_unit_test(absent_type_is_no_data_with_soa),
        cmocka_unit_test(absent_name_is_name_error_with_soa),
        cmocka_unit_test(soa_of_a_lower_ttl_than_its_minimum_keeps_it),
        cmocka_unit_test(alias_is_followed_within_our_zones),
        cmocka_unit_test(alias_loop_is_walked_once),
        cmocka_unit_test(wildcard_answers_for_names_that_are_not_there),
        cmocka_unit_test(existing_name_hides_the_wildcard),
        cmocka_unit_test(name_below_a_cut_is_referred_with_glue),
        cmocka_unit_test(addresses_of_servers_are_added_once),
        cmocka_unit_test(any_is_one_set_by_udp_and_by_tcp),
        cmocka_unit_test(question_outside_our_zones_is_refused),
        cmocka_unit_test(class_chooses_what_is_answered),
        cmocka_unit_test(unknown_opcode_is_not_implemented),
        cmocka_unit_test(response_is_never_answered),
        cmocka_unit_test(counts_that_lie_are_format_errors),
        cmocka_unit_test(edns_is_answered_with_edns),
        cmocka_unit_test(options_of_edns_cost_nothing),
        cmocka_unit_test(answer_longer_than_its_room_is_truncated),
        cmocka_unit_test(edns_room_is_kept_to_the_byte),
        cmocka_unit_test(referral_without_room_for_glue_says_so),
        cmocka_unit_test(long_alias_chain_is_cut),
        cmocka_unit_test(query_cut_or_changed_anywhere_is_answered_soundly),
        cmocka_unit_test(pointer_anywhere_in_the_question_does_no_harm),
        cmocka_unit_test(random_queries_are_answered_soundly),
        cmocka_unit_test(room_smaller_than_udp_needs_gets_nothing),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
