/* The resolver of an engine that forwards, in virtual time: what is asked of whom, what is
 * believed, and what the clients hear. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns_relay.h"

#define LARGE ((size_t)1 << 20)

static struct relay relay;

static const struct reply_text right = {
    .header = {.authoritative = true},
    .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.80", 0}}};

/* Nothing is said with authority that was only heard; RA says that it was asked for. [rfc1034#4]
 * [rfc1034#11] [rfc1123#10] [rfc1034#24] [rfc1034#36] [rfc1123#15] [rfc6891#14] */
static void answer_is_passed_on_and_remembered(void **state) {
    (void)state;
    relay_begin(&relay, 1, LARGE);
    relay_ask(&relay, 1, "wwW.example.org", "A");
    assert_string_equal(relay_heard(&relay), "");
    assert_int_equal(relay.sent_count, 1);
    assert_string_equal(relay_asked(&relay), "www.example.org A");
    assert_true(relay.inquiries[0].recursion_desired);
    assert_int_equal(relay.inquiries[0].edns_bytes, 1232);
    assert_true(relay_says(&relay, right));
    assert_string_equal(relay_heard(&relay),
                        "NOERROR ra\nanswer wwW.example.org 60 A 192.0.2.80\n");
    relay_run(&relay, 20 * DOBOS_SECOND);
    relay_ask(&relay, 2, "www.EXAMPLE.org", "A");
    assert_string_equal(relay_heard(&relay),
                        "NOERROR ra\nanswer www.EXAMPLE.org 40 A 192.0.2.80\n");
    assert_int_equal(relay.sent_count, 1);
    relay_run(&relay, 41 * DOBOS_SECOND);
    relay_ask(&relay, 1, "www.example.org", "A");
    assert_string_equal(relay_heard(&relay), "");
    assert_int_equal(relay.sent_count, 2);
    relay_end(&relay);
}

/* Many ask the same: one question goes out, and one answer goes to each. [attack:I5] [rfc5452#4] */
static void equal_questions_are_asked_once(void **state) {
    (void)state;
    enum {
        CLIENTS = 60
    };
    relay_begin(&relay, 1, LARGE);
    for (unsigned i = 0; i < CLIENTS; i++) {
        struct dns_query query = dns_query_make(i % 2 ? "www.example.org" : "WWW.example.org", "A");
        query.header.id = (uint16_t)(i * 7);
        dns_query_emit(&query);
        relay_ask_query(&relay, i + 1, &query);
        relay_ask_query(&relay, i + 1, &query); /* it did not wait for the answer */
    }
    assert_int_equal(relay.sent_count, 1);
    assert_int_equal(relay.engine.resolver.joined, CLIENTS - 1);
    assert_true(relay_says(&relay, right));
    assert_int_equal(relay.heard_count, CLIENTS);
    for (unsigned i = 0; i < CLIENTS; i++) {
        assert_int_equal(relay.clients[i], i + 1);
        assert_int_equal(relay.ids[i], i * 7);
        assert_string_equal(relay.heard[i],
                            i % 2 ? "NOERROR ra\nanswer www.example.org 60 A 192.0.2.80\n"
                                  : "NOERROR ra\nanswer WWW.example.org 60 A 192.0.2.80\n");
    }
    assert_int_equal(relay.sent_count, 1);
    relay_end(&relay);
}

/* Options of clients, such as their subnets, are not passed on, and tell no questions apart.
 * [attack:I22] [rfc6891#3] */
static void client_subnets_do_not_split_questions(void **state) {
    (void)state;
    relay_begin(&relay, 1, LARGE);
    for (unsigned i = 0; i < 20; i++) {
        struct dns_query query = dns_query_make("www.example.org", "A");
        const uint8_t option[] = {0, 8, 0, 7, 0, 1, 24, 0, 10, 0, (uint8_t)i};
        dns_query_edns(&query, 1232, 0);
        store_be16(query.bytes + query.length - 2, sizeof(option));
        memcpy(query.bytes + query.length, option, sizeof(option));
        query.length += sizeof(option);
        relay_ask_query(&relay, i + 1, &query);
    }
    assert_int_equal(relay.sent_count, 1);
    uint8_t sent[DNS_INQUIRY_BYTES];
    size_t length = dns_inquiry_emit(&relay.inquiries[0], sent);
    assert_int_equal(load_be16(sent + length - 2), 0);
    assert_true(relay_says(&relay, right));
    assert_int_equal(relay.heard_count, 20);
    relay_end(&relay);
}

/* [rfc5452#3] [attack:I4] [attack:I6] [rfc1034#42] */
static void answer_that_does_not_match_is_not_taken(void **state) {
    (void)state;
    static const struct reply_text wrong[] = {
        {.header = {.id = 1}, .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.6", 0}}},
        {.header = {.id = 0x8000, .rcode = DNS_NXDOMAIN}},
        {.header = {.id = 1, .rcode = DNS_SERVFAIL}},
        {.header = {.id = 1, .truncated = true}},
        {.header = {.opcode = 5},
         .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.6", 0}}},
        {.name = "www.example.com",
         .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.6", 0}}},
        {.type = DNS_AAAA, .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.6", 0}}},
        {.class_ = 3, .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.6", 0}}},
    };
    relay_begin(&relay, 1, LARGE);
    relay_ask(&relay, 1, "www.example.org", "A");
    for (size_t i = 0; i < array_length(wrong); i++) {
        if (relay_says(&relay, wrong[i]))
            fail_msg("row %zu was taken", i);
    }
    assert_string_equal(relay_heard(&relay), "");
    assert_int_equal(relay.engine.cache.entries.count, 0);
    assert_true(relay_says(&relay, right));
    assert_string_equal(relay_heard(&relay),
                        "NOERROR ra\nanswer www.example.org 60 A 192.0.2.80\n");
    relay_end(&relay);
}

/* [attack:I7]: whoever did not see the question cannot repeat its letters. In the last round a
 * server that cannot repeat them is heard too. */
static void answer_in_other_letters_is_not_taken(void **state) {
    (void)state;
    struct reply_text other = right;
    relay_begin(&relay, 1, LARGE);
    relay_ask(&relay, 1, "www.example.org", "A");
    for (unsigned round = 0; round < 2; round++) {
        other.name = "www.example.org";
        assert_false(relay_says(&relay, other));
        other.name = "WWW.EXAMPLE.ORG";
        assert_false(relay_says(&relay, other));
        relay_run(&relay, (DOBOS_SECOND << round));
    }
    assert_int_equal(relay.sent_count, 3);
    assert_true(relay_says(&relay, other));
    assert_string_equal(relay_heard(&relay),
                        "NOERROR ra\nanswer www.example.org 60 A 192.0.2.80\n");
    relay_end(&relay);
}

/* [rfc5452#1] [attack:I4] */
static void ids_and_letters_are_not_to_be_guessed(void **state) {
    (void)state;
    enum {
        QUESTIONS = 200
    };
    unsigned same_ids = 0, same_steps = 0, same_letters = 0, upper = 0;
    uint16_t ones = 0, zeros = 0;
    relay_begin(&relay, 1, LARGE);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), "abcdefghijklmnop%u.test", i);
        relay_ask(&relay, i + 1, name, "A");
    }
    assert_int_equal(relay.sent_count, QUESTIONS);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        const uint8_t *letters = relay.inquiries[i].question.name.bytes + 1;
        ones |= relay.inquiries[i].id;
        zeros |= (uint16_t)~relay.inquiries[i].id;
        for (unsigned at = 0; at < 16; at++)
            upper += letters[at] < 'a';
        for (unsigned k = i + 1; k < QUESTIONS; k++) {
            same_ids += relay.inquiries[i].id == relay.inquiries[k].id;
            if (k + 1 < QUESTIONS)
                same_steps += (uint16_t)(relay.inquiries[i + 1].id - relay.inquiries[i].id) ==
                              (uint16_t)(relay.inquiries[k + 1].id - relay.inquiries[k].id);
            same_letters += memcmp(letters, relay.inquiries[k].question.name.bytes + 1, 16) == 0;
        }
    }
    /* 19,900 pairs: by chance one in 65536 is the same. */
    assert_true(same_ids <= 3);
    assert_int_equal(ones & zeros, UINT16_MAX); /* each bit is drawn */
    assert_true(same_steps <= 3);
    assert_true(same_letters <= 3);
    assert_true(upper > 16 * QUESTIONS / 2 - 300 && upper < 16 * QUESTIONS / 2 + 300);
    relay_end(&relay);
}

/* [attack:I16] [rfc1123#7] [rfc1123#9] [rfc2308#9]: that nobody answered is known for five seconds.
 */
static void silent_servers_are_asked_in_turn_and_then_it_fails(void **state) {
    (void)state;
    relay_begin(&relay, 2, LARGE);
    relay_ask(&relay, 1, "www.example.org", "A");
    while (relay.heard_count == 0 && relay.now < DNS_WAIT)
        relay_run(&relay, DOBOS_MILLISECOND);
    assert_string_equal(relay_heard(&relay), "SERVFAIL ra\n");
    assert_in_range(relay.sent_count, 6, 2 * DNS_FETCH_ROUNDS);
    for (unsigned i = 1; i < relay.sent_count; i++) {
        bool is_same = relay.sent_to[i].bytes[15] == relay.sent_to[i - 1].bytes[15];
        assert_true(i % 2 == 0 || !is_same); /* each round asks all */
        dobos_time waited = relay.sent_at[i] - relay.sent_at[i - 1];
        assert_true(i < 2 || waited >= relay.sent_at[i - 1] - relay.sent_at[i - 2]);
    }
    unsigned sent = relay.sent_count;
    relay_run(&relay, 5 * DOBOS_SECOND);
    relay_ask(&relay, 1, "www.example.org", "A");
    assert_string_equal(relay_heard(&relay), "SERVFAIL ra\n");
    assert_int_equal(relay.sent_count, sent);
    relay_run(&relay, 1);
    relay_ask(&relay, 1, "www.example.org", "A");
    assert_int_equal(relay.sent_count, sent + 1);
    relay_end(&relay);
}

/* An error, a referral [rfc2308#8], an alias with two targets [rfc2181#10], an answer that cannot
 * be read: the next server is asked at once, and questions begin with it from then on. */
static void useless_answer_leads_to_the_next_server(void **state) {
    (void)state;
    static const struct reply_text useless[] = {
        {.header = {.rcode = DNS_SERVFAIL}},
        {.header = {.rcode = DNS_REFUSED}},
        {.records = {{REPLY_AUTHORITY, "example.org", "NS", "ns.example.org", 0}}},
        {.records = {{REPLY_ANSWER, "www.example.org", "CNAME", "www.example.org", 0}}},
        {.header = {.rcode = DNS_NXDOMAIN},
         .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.66", 0}}},
        {.records = {{REPLY_ANSWER, "www.example.org", "TXT", "x", 0},
                     {REPLY_ANSWER, "www.example.org", "CNAME", "a.test", 0},
                     {REPLY_ANSWER, "www.example.org", "CNAME", "b.test", 0}}},
    };
    for (size_t i = 0; i < array_length(useless); i++) {
        relay_begin(&relay, 2, LARGE);
        relay_ask(&relay, 1, "www.example.org", "A");
        assert_true(relay_says(&relay, useless[i]));
        if (relay.sent_count != 2)
            fail_msg("row %zu", i);
        assert_int_equal(relay.sent_at[1], 0);
        /* Nothing of it is kept. */
        assert_int_equal(relay.engine.cache.entries.count, 0);
        assert_true(relay_says(&relay, right));
        assert_string_equal(relay_heard(&relay),
                            "NOERROR ra\nanswer www.example.org 60 A 192.0.2.80\n");
        assert_memory_not_equal(&relay.sent_to[0], &relay.sent_to[1], sizeof(relay.sent_to[0]));
        relay_end(&relay);
    }
}

/* [rfc1123#5] [attack:I9]: an answer by UDP is asked to be no longer than any path carries whole,
 * so that there is no second fragment to plant; what is longer comes by TCP. [rfc1035#43] */
static void cut_answer_is_asked_for_by_tcp(void **state) {
    (void)state;
    relay_begin(&relay, 2, LARGE);
    relay_ask(&relay, 1, "www.example.org", "A");
    assert_true(relay_says(&relay, (struct reply_text){.header = {.truncated = true}}));
    assert_int_equal(relay.sent_count, 2);
    assert_int_equal(relay.inquiries[0].edns_bytes, 1232);
    assert_true(relay.sent_tcp[1]);
    assert_memory_equal(&relay.sent_to[1], &relay.sent_to[0], sizeof(relay.sent_to[0]));
    assert_true(relay.inquiries[1].id != relay.inquiries[0].id);
    assert_true(relay_says(&relay, right));
    assert_string_equal(relay_heard(&relay),
                        "NOERROR ra\nanswer www.example.org 60 A 192.0.2.80\n");
    /* Cut there too, or silent: the next server, by UDP. */
    relay_ask(&relay, 1, "b.example.org", "A");
    assert_true(relay_says(&relay, (struct reply_text){.header = {.truncated = true}}));
    assert_true(relay_says(&relay, (struct reply_text){.header = {.truncated = true}}));
    assert_false(relay.sent_tcp[4]);
    assert_memory_not_equal(&relay.sent_to[4], &relay.sent_to[3], sizeof(relay.sent_to[0]));
    assert_true(relay_says(&relay, (struct reply_text){.header = {.truncated = true}}));
    relay_run(&relay, 4 * DOBOS_SECOND);
    assert_int_equal(relay.sent_count, 7);
    assert_false(relay.sent_tcp[6]);
    relay_end(&relay);
}

/* [rfc6891#18] */
static void server_that_does_not_know_edns_is_asked_without(void **state) {
    (void)state;
    for (uint8_t rcode = DNS_FORMERR; rcode <= DNS_NOTIMP; rcode += 3) {
        relay_begin(&relay, 1, LARGE);
        relay_ask(&relay, 1, "www.example.org", "A");
        assert_true(relay_says(&relay, (struct reply_text){.header = {.rcode = rcode}}));
        assert_int_equal(relay.inquiries[1].edns_bytes, 0);
        assert_true(relay_says(&relay, right));
        assert_string_equal(relay_heard(&relay),
                            "NOERROR ra\nanswer www.example.org 60 A 192.0.2.80\n");
        relay_end(&relay);
    }
}

#define SOA_DATA "ns.example.org me.example.org 7 3600 600 86400 120"

/* [rfc2308#4] [rfc2308#7] [rfc1123#32] [rfc2308#21] */
static void absence_is_remembered_with_its_soa(void **state) {
    (void)state;
    const struct reply_text no_name = {
        .header = {.rcode = DNS_NXDOMAIN},
        .records = {{REPLY_AUTHORITY, "example.org", "SOA", SOA_DATA, 3600}}};
    const struct reply_text no_data = {
        .records = {{REPLY_AUTHORITY, "example.org", "SOA", SOA_DATA, 90}}};
    relay_begin(&relay, 1, LARGE);
    relay_ask(&relay, 1, "no.example.org", "A");
    assert_true(relay_says(&relay, no_name));
    assert_string_equal(relay_heard(&relay), "NXDOMAIN ra\nauthority example.org 120 SOA "
                                             "ns.example.org me.example.org 120\n");
    relay_run(&relay, 20 * DOBOS_SECOND);
    /* The name is not there, whatever the type. */
    relay_ask(&relay, 1, "no.example.org", "MX");
    assert_string_equal(relay_heard(&relay), "NXDOMAIN ra\nauthority example.org 100 SOA "
                                             "ns.example.org me.example.org 120\n");
    relay_ask(&relay, 1, "www.example.org", "MX");
    assert_true(relay_says(&relay, no_data));
    assert_string_equal(relay_heard(&relay), "NOERROR ra\nauthority example.org 90 SOA "
                                             "ns.example.org me.example.org 120\n");
    /* The type is not there; another may be. */
    relay_ask(&relay, 1, "www.example.org", "A");
    assert_int_equal(relay.sent_count, 3);
    assert_true(relay_says(&relay, right));
    relay_run(&relay, 91 * DOBOS_SECOND);
    relay_ask(&relay, 1, "www.example.org", "MX");
    assert_int_equal(relay.sent_count, 4);
    relay_end(&relay);
}

/* Without a SOA, or with that of a zone the name is not in, nothing is remembered [rfc2308#6]. */
static void absence_without_soa_is_told_once(void **state) {
    (void)state;
    const struct reply_text rows[] = {
        {.header = {.rcode = DNS_NXDOMAIN}},
        {.header = {.rcode = DNS_NXDOMAIN},
         .records = {{REPLY_AUTHORITY, "example.com", "SOA", SOA_DATA, 3600}}},
        {.header = {.authoritative = true}},
    };
    for (size_t i = 0; i < array_length(rows); i++) {
        relay_begin(&relay, 1, LARGE);
        relay_ask(&relay, 1, "no.example.org", "A");
        assert_true(relay_says(&relay, rows[i]));
        assert_string_equal(relay_heard(&relay), i < 2 ? "NXDOMAIN ra\n" : "NOERROR ra\n");
        relay_run(&relay, 1);
        relay_ask(&relay, 1, "no.example.org", "A");
        assert_int_equal(relay.sent_count, 2);
        relay_end(&relay);
    }
}

/* [rfc1035#15] [rfc1123#12] */
static void time_to_live_of_zero_is_told_once(void **state) {
    (void)state;
    struct reply_text now = right;
    now.records[0].ttl = -1;
    relay_begin(&relay, 1, LARGE);
    relay_ask(&relay, 1, "www.example.org", "A");
    assert_true(relay_says(&relay, now));
    assert_string_equal(relay_heard(&relay), "NOERROR ra\nanswer www.example.org 0 A 192.0.2.80\n");
    relay_run(&relay, 1);
    relay_ask(&relay, 1, "www.example.org", "A");
    assert_int_equal(relay.sent_count, 2);
    relay_end(&relay);
}

/* Whatever stands beside the answer is neither passed on nor remembered. [attack:I10] [rfc2181#9]
 * [rfc1035#44] */
static void only_what_was_asked_for_is_taken(void **state) {
    (void)state;
    static const struct reply_text text = {
        .records = {{REPLY_ANSWER, "bank.test", "A", "192.0.2.66", 0},
                    {REPLY_ANSWER, "www.example.org", "CNAME", "w.example.net", 0},
                    {REPLY_ANSWER, "w.example.net", "A", "192.0.2.1", 200},
                    {REPLY_ANSWER, "w.example.net", "A", "192.0.2.2", 300},
                    {REPLY_ANSWER, "w.example.net", "MX", "1 bank.test", 0},
                    {REPLY_ANSWER, "*.example.org", "A", "192.0.2.66", 0},
                    {REPLY_AUTHORITY, "example.org", "NS", "ns.bank.test", 0},
                    {REPLY_AUTHORITY, "org", "NS", "ns.bank.test", 0},
                    {REPLY_AUTHORITY, "test", "SOA", SOA_DATA, 0},
                    {REPLY_ADDITIONAL, "ns.bank.test", "A", "192.0.2.66", 0}}};
    static const struct {
        const char *name, *type;
    } forged[] = {{"bank.test", "A"},
                  {"w.example.net", "MX"},
                  {"any.example.org", "A"},
                  {"example.org", "NS"},
                  {"org", "NS"},
                  {"test", "SOA"},
                  {"ns.bank.test", "A"},
                  {"www.example.org", "NS"}};
    relay_begin(&relay, 1, LARGE);
    relay_ask(&relay, 1, "www.example.org", "A");
    assert_true(relay_says(&relay, text));
    /* One time to live for all of a set, the least [rfc2181#8]. */
    assert_string_equal(relay_heard(&relay), "NOERROR ra\n"
                                             "answer www.example.org 60 CNAME w.example.net\n"
                                             "answer w.example.net 200 A 192.0.2.1\n"
                                             "answer w.example.net 200 A 192.0.2.2\n");
    assert_int_equal(relay.engine.cache.entries.count, 2);
    for (unsigned i = 0; i < array_length(forged); i++) {
        relay_ask(&relay, 1, forged[i].name, forged[i].type);
        assert_int_equal(relay.sent_count, 2 + i);
    }
    relay_end(&relay);
}

/* What an alias leads to is asked for, or known: by the cache, or by a zone here. [rfc1034#21]
 * [rfc1034#33] [rfc2181#14] [rfc1035#20] */
static void alias_is_followed_through_cache_and_zones(void **state) {
    (void)state;
    static const struct dobos_dns_record records[] = {{"here.test", "A", "192.0.2.9", 60},
                                                      {"out.test", "CNAME", "x.example.org", 60},
                                                      {"sub.test", "NS", "ns.example.org", 60}};
    static const struct dobos_dns_zone zone = {"test", records, array_length(records), NULL};
    size_t bad;
    const char *reason;
    relay_begin(&relay, 1, LARGE);
    assert_int_equal(dns_fixture_add(&relay.fixture, &zone, &bad, &reason), 0);
    assert_true(dns_engine_zone_add(&relay.engine, relay.fixture.zones));
    relay.fixture.zones = NULL;
    relay_ask(&relay, 1, "a.example.org", "A");
    assert_true(relay_says(&relay, (struct reply_text){.records = {{REPLY_ANSWER, "a.example.org",
                                                                    "CNAME", "here.test", 0}}}));
    assert_string_equal(relay_heard(&relay), "NOERROR ra\n"
                                             "answer a.example.org 60 CNAME here.test\n"
                                             "answer here.test 60 A 192.0.2.9\n");
    relay_ask(&relay, 1, "out.test", "A");
    assert_string_equal(relay_asked(&relay), "x.example.org A");
    assert_true(relay_says(
        &relay, (struct reply_text){
                    .records = {{REPLY_ANSWER, "x.example.org", "CNAME", "y.example.org", 0}}}));
    assert_string_equal(relay_asked(&relay), "y.example.org A");
    assert_true(relay_says(&relay, (struct reply_text){.records = {{REPLY_ANSWER, "y.example.org",
                                                                    "A", "192.0.2.1", 0}}}));
    assert_string_equal(relay_heard(&relay), "NOERROR aa ra\n"
                                             "answer out.test 60 CNAME x.example.org\n"
                                             "answer x.example.org 60 CNAME y.example.org\n"
                                             "answer y.example.org 60 A 192.0.2.1\n");
    /* Below a cut others know more. */
    relay_ask(&relay, 1, "w.sub.test", "A");
    assert_string_equal(relay_asked(&relay), "w.sub.test A");
    relay_ask(&relay, 1, "no.test", "A");
    assert_int_equal(relay.sent_count, 4);
    relay_end(&relay);
}

/* One question leads to a bounded number of others. [rfc1034#13] */
static void aliases_without_end_end(void **state) {
    (void)state;
    char name[32], data[32];
    relay_begin(&relay, 1, LARGE);
    relay_ask(&relay, 1, "c0.test", "A");
    for (unsigned i = 0; relay.heard_count == 0; i++) {
        assert_true(i < 20);
        (void)snprintf(name, sizeof(name), "c%u.test", i);
        (void)snprintf(data, sizeof(data), "c%u.test", i + 1);
        assert_true(relay_says(
            &relay, (struct reply_text){.records = {{REPLY_ANSWER, name, "CNAME", data, 0}}}));
    }
    assert_int_equal(relay.sent_count, DNS_WAIT_NEEDS);
    assert_memory_equal(relay_heard(&relay), "SERVFAIL ra\n", 12);
    /* A ring is walked once, and is an error (RFC 1034 §3.6.2). */
    relay_ask(&relay, 1, "r1.test", "A");
    assert_true(relay_says(&relay, (struct reply_text){.records = {{REPLY_ANSWER, "r1.test",
                                                                    "CNAME", "r2.test", 0}}}));
    assert_true(relay_says(&relay, (struct reply_text){.records = {{REPLY_ANSWER, "r2.test",
                                                                    "CNAME", "r1.test", 0}}}));
    assert_string_equal(relay_heard(&relay), "SERVFAIL ra\n"
                                             "answer r1.test 60 CNAME r2.test\n"
                                             "answer r2.test 60 CNAME r1.test\n");
    relay_end(&relay);
}

/* [rfc1034#19] [rfc1034#20] */
static void who_wants_no_recursion_hears_what_is_known(void **state) {
    (void)state;
    struct dns_query query = dns_query_make("www.example.org", "A");
    query.header.recursion_desired = false;
    dns_query_emit(&query);
    relay_begin(&relay, 1, LARGE);
    relay_ask_query(&relay, 1, &query);
    assert_string_equal(relay_heard(&relay), "REFUSED ra\n");
    assert_int_equal(relay.sent_count, 0);
    relay_ask(&relay, 1, "www.example.org", "A");
    assert_true(relay_says(&relay, right));
    relay_ask_query(&relay, 1, &query);
    assert_string_equal(relay_heard(&relay),
                        "NOERROR ra\nanswer www.example.org 60 A 192.0.2.80\n");
    relay_end(&relay);
}

/* ANY by UDP is one set; and what is no question for records is nobody's. */
static void any_and_odd_types_are_answered_small(void **state) {
    (void)state;
    relay_begin(&relay, 1, LARGE);
    relay_ask(&relay, 1, "www.example.org", "ANY");
    assert_true(relay_says(
        &relay,
        (struct reply_text){.records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.1", 0},
                                        {REPLY_ANSWER, "www.example.org", "TXT", "x", 0},
                                        {REPLY_ANSWER, "www.example.org", "A", "192.0.2.2", 0}}}));
    assert_string_equal(relay_heard(&relay), "NOERROR ra\n"
                                             "answer www.example.org 60 A 192.0.2.1\n"
                                             "answer www.example.org 60 A 192.0.2.2\n");
    relay_ask(&relay, 1, "example.org", "AXFR");
    assert_string_equal(relay_heard(&relay), "REFUSED ra\n");
    relay_ask(&relay, 1, "example.org", "OPT");
    assert_string_equal(relay_heard(&relay), "REFUSED ra\n");
    assert_int_equal(relay.sent_count, 1);
    relay_end(&relay);
}

/* [rfc6303#1] [rfc6761#3] [rfc6761#4] */
static void special_names_go_nowhere(void **state) {
    (void)state;
    static const struct {
        const char *name, *type, *begins;
    } rows[] = {
        {"localhost", "A", "NOERROR aa ra\nanswer localhost 10800 A 127.0.0.1\n"},
        {"a.localhost", "A", "NOERROR aa ra\nanswer a.localhost 10800 A 127.0.0.1\n"},
        {"localhost", "MX",
         "NOERROR aa ra\nauthority localhost 10800 SOA localhost nobody.invalid"},
        {"x.invalid", "A", "NXDOMAIN aa ra\nauthority invalid 10800 SOA"},
        {"4.0.168.192.in-addr.arpa", "PTR", "NXDOMAIN aa ra\nauthority 168.192.in-addr.arpa "},
        {"1.0.0.10.in-addr.arpa", "PTR", "NXDOMAIN aa ra\nauthority 10.in-addr.arpa "},
        {"1.0.31.172.in-addr.arpa", "PTR", "NXDOMAIN aa ra\nauthority 31.172.in-addr.arpa "},
        {"10.in-addr.arpa", "SOA", "NOERROR aa ra\n"},
        {"10.in-addr.arpa", "NS",
         "NOERROR aa ra\nanswer 10.in-addr.arpa 10800 NS 10.in-addr.arpa\n"},
        {"printer.home.arpa", "A", "NXDOMAIN aa ra\n"},
        {"localhost", "AAAA", "NOERROR aa ra\nanswer localhost 10800 AAAA "},
        {"x.onion", "A", "NXDOMAIN aa ra\nauthority onion "},
        {"1.d.f.ip6.arpa", "PTR", "NXDOMAIN aa ra\nauthority d.f.ip6.arpa "},
        {"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa", "PTR",
         "NOERROR aa ra\nauthority "
         "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa "},
        {"1.0.32.172.in-addr.arpa", "PTR", NULL},
        {"1.113.0.203.in-addr.arpa", "PTR", NULL},
        {"localhost.example.org", "A", NULL},
    };
    relay_begin(&relay, 1, LARGE);
    for (size_t i = 0; i < array_length(rows); i++) {
        unsigned sent = relay.sent_count;
        relay_ask(&relay, 1, rows[i].name, rows[i].type);
        assert_int_equal(relay.sent_count - sent, rows[i].begins == NULL);
        if (rows[i].begins)
            assert_memory_equal(relay_heard(&relay), rows[i].begins, strlen(rows[i].begins));
    }
    relay_end(&relay);
}

/* [attack:I20]: who asks for much that is slow takes its own share, not that of the others. */
static void slow_questions_do_not_crowd_out_others(void **state) {
    (void)state;
    char name[40];
    relay_begin(&relay, 1, LARGE);
    for (unsigned i = 0; i < 3 * DNS_WAITERS_SHARE; i++) {
        (void)snprintf(name, sizeof(name), "slow%u.test", i);
        relay_ask(&relay, 7, name, "A");
    }
    assert_int_equal(relay.sent_count, DNS_WAITERS_SHARE);
    assert_int_equal(relay.heard_count, 2 * DNS_WAITERS_SHARE);
    assert_string_equal(relay_heard(&relay), "SERVFAIL ra\n");
    relay_ask(&relay, 8, "www.example.org", "A");
    assert_true(relay_says(&relay, right));
    assert_memory_equal(relay_heard(&relay), "NOERROR ra\n", 11);
    /* From many addresses: all places are taken, until the oldest had their time. */
    for (unsigned i = 0; i < 2 * DNS_FETCHES; i++) {
        (void)snprintf(name, sizeof(name), "many%u.test", i);
        relay_ask(&relay, 1000 + i, name, "A");
    }
    assert_int_equal(relay.engine.resolver.counts[0], DNS_FETCHES);
    relay_run(&relay, DOBOS_SECOND);
    unsigned sent = relay.sent_count;
    relay_ask(&relay, 8, "late.example.org", "A");
    assert_int_equal(relay.sent_count, sent + 1);
    assert_int_equal(relay.engine.resolver.counts[0], DNS_FETCHES);
    /* However many wait for one question, there is an end to them. */
    for (unsigned i = 0; i < 2 * DNS_WAITERS_MOST; i++)
        relay_ask(&relay, 5000 + i, "late.example.org", "A");
    assert_int_equal(relay.engine.resolver.waiters.count, DNS_WAITERS_MOST);
    relay_run(&relay, 30 * DOBOS_SECOND);
    assert_int_equal(relay.engine.resolver.counts[0], 0);
    assert_int_equal(relay.engine.resolver.waiters.count, 0);
    for (unsigned i = 0; i < DNS_WAITERS_SHARES; i++)
        assert_int_equal(relay.engine.resolver.waiters.shares[i], 0);
    relay_end(&relay);
}

/* The oldest has just given way when its answer comes, or its socket fails: it is over already, and
 * ends once. [attack:I20] */
static void question_that_gave_way_ends_once(void **state) {
    (void)state;
    char name[DNS_NAME_TEXT];
    uint8_t said[600];
    relay_begin(&relay, 1, LARGE);
    for (unsigned i = 0; i < DNS_FETCHES; i++) {
        (void)snprintf(name, sizeof(name), "many%u.test", i);
        relay_ask(&relay, 1000 + i, name, "A");
    }
    relay_run(&relay, DOBOS_SECOND);
    struct dns_resolver *resolver = &relay.engine.resolver;
    struct dns_fetch *oldest = dns_resolver_oldest(resolver);
    struct dns_query query = dns_query_make("late.example.org", "A");
    struct dns_client client = {.peer = {.address = dobos_address_ipv4(8), .port = 1024}};
    uint8_t answer[DNS_UDP_BYTES];
    bool waits;
    (void)dns_engine_ask(&relay.engine, &client, query.bytes, query.length, answer, relay.now,
                         &waits);
    assert_true(waits);
    assert_ptr_not_equal(dns_resolver_oldest(resolver), oldest);
    struct reply_text late = right;
    dns_name_format(&oldest->exchange.inquiry.question.name, name);
    late.name = name;
    late.type = DNS_A;
    late.header.id = oldest->exchange.inquiry.id;
    late.header.response = true;
    size_t length = reply_emit(&late, said, sizeof(said));
    assert_true(dns_resolver_on_message(resolver, oldest, said, length, relay.now));
    dns_resolver_on_failure(resolver, oldest, relay.now);
    assert_int_equal(relay.engine.resolver.counts[0], DNS_FETCHES);
    unsigned heard = relay.heard_count;
    relay_settle(&relay);
    assert_int_equal(relay.heard_count, heard + 1);
    assert_string_equal(relay_heard(&relay), "SERVFAIL ra\n");
    relay_run(&relay, 30 * DOBOS_SECOND);
    assert_int_equal(relay.engine.resolver.counts[0], 0);
    relay_end(&relay);
}

/* All places are taken, by however many for one question: who has waited for a while gives way.
 * [attack:I20] */
static void places_of_those_who_waited_long_go_to_others(void **state) {
    (void)state;
    relay_begin(&relay, 1, LARGE);
    for (unsigned i = 0; i < 4 * DNS_WAITERS_MOST; i++)
        relay_ask(&relay, 5000 + i, i % 2 ? "slow.example.org" : "as.slow.example.org", "A");
    assert_int_equal(relay.engine.resolver.waiters.count, DNS_WAITERS_MOST);
    unsigned heard = relay.heard_count, sent = relay.sent_count;
    relay_ask(&relay, 8, "www.example.org", "A");
    assert_int_equal(relay.sent_count, sent);
    assert_int_equal(relay.heard_count, heard + 1);
    relay_run(&relay, DOBOS_SECOND);
    heard = relay.heard_count, sent = relay.sent_count;
    relay_ask(&relay, 8, "www.example.org", "A");
    assert_int_equal(relay.sent_count, sent + 1);
    assert_int_equal(relay.heard_count, heard + 1);
    assert_string_equal(relay_heard(&relay), "SERVFAIL ra\n");
    assert_int_equal(relay.engine.resolver.waiters.count, DNS_WAITERS_MOST);
    assert_true(relay_says(&relay, right));
    assert_memory_equal(relay_heard(&relay), "NOERROR ra\n", 11);
    relay_run(&relay, 30 * DOBOS_SECOND);
    assert_int_equal(relay.engine.resolver.waiters.count, 0);
    assert_int_equal(relay.engine.resolver.waiters.late_count, 0);
    relay_end(&relay);
}

/* That it gave way says nothing about its name: who asks next is not told that it failed. */
static void question_that_gave_way_is_asked_anew(void **state) {
    (void)state;
    char name[DNS_NAME_TEXT];
    relay_begin(&relay, 1, LARGE);
    for (unsigned i = 0; i < DNS_FETCHES; i++) {
        (void)snprintf(name, sizeof(name), "many%u.test", i);
        relay_ask(&relay, 1000 + i, name, "A");
    }
    relay_run(&relay, DOBOS_SECOND);
    struct dns_question oldest = dns_resolver_oldest(&relay.engine.resolver)->question;
    dns_name_format(&oldest.name, name);
    unsigned heard = relay.heard_count, sent = relay.sent_count;
    relay_ask(&relay, 8, "late.example.org", "A");
    assert_int_equal(relay.heard_count, heard + 1);
    assert_int_equal(relay.sent_count, sent + 1);
    assert_string_equal(relay_heard(&relay), "SERVFAIL ra\n");
    relay_run(&relay, DOBOS_MILLISECOND);
    relay_ask(&relay, 9, name, "A");
    assert_int_equal(relay.sent_count, sent + 2);
    assert_non_null(dns_resolver_find(&relay.engine.resolver, &oldest));
    relay_end(&relay);
}

/* Each allocation fails once: an answer all the same, or a failure; nothing leaks. */
static void forwarder_without_memory_fails_softly(void **state) {
    (void)state;
    for (uint64_t fail_at = 1; fail_at < 12; fail_at++) {
        relay_begin(&relay, 1, LARGE);
        relay.fixture.memory.calls = 0;
        relay.fixture.memory.fail_at = fail_at;
        relay_ask(&relay, 1, "www.example.org", "A");
        while (relay.heard_count == 0) {
            assert_true(relay.sent_count > 0 && relay.sent_count < 3);
            assert_true(relay_says(&relay, right));
        }
        assert_int_equal(relay.heard_count, 1);
        relay.fixture.memory.fail_at = 0;
        relay_run(&relay, 6 * DOBOS_SECOND);
        relay_ask(&relay, 1, "b.example.org", "A");
        assert_string_equal(relay_asked(&relay), "b.example.org A");
        relay_end(&relay);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_is_passed_on_and_remembered),
        cmocka_unit_test(equal_questions_are_asked_once),
        cmocka_unit_test(client_subnets_do_not_split_questions),
        cmocka_unit_test(answer_that_does_not_match_is_not_taken),
        cmocka_unit_test(answer_in_other_letters_is_not_taken),
        cmocka_unit_test(ids_and_letters_are_not_to_be_guessed),
        cmocka_unit_test(silent_servers_are_asked_in_turn_and_then_it_fails),
        cmocka_unit_test(useless_answer_leads_to_the_next_server),
        cmocka_unit_test(cut_answer_is_asked_for_by_tcp),
        cmocka_unit_test(server_that_does_not_know_edns_is_asked_without),
        cmocka_unit_test(absence_is_remembered_with_its_soa),
        cmocka_unit_test(absence_without_soa_is_told_once),
        cmocka_unit_test(time_to_live_of_zero_is_told_once),
        cmocka_unit_test(only_what_was_asked_for_is_taken),
        cmocka_unit_test(alias_is_followed_through_cache_and_zones),
        cmocka_unit_test(aliases_without_end_end),
        cmocka_unit_test(who_wants_no_recursion_hears_what_is_known),
        cmocka_unit_test(any_and_odd_types_are_answered_small),
        cmocka_unit_test(special_names_go_nowhere),
        cmocka_unit_test(slow_questions_do_not_crowd_out_others),
        cmocka_unit_test(question_that_gave_way_ends_once),
        cmocka_unit_test(places_of_those_who_waited_long_go_to_others),
        cmocka_unit_test(question_that_gave_way_is_asked_anew),
        cmocka_unit_test(forwarder_without_memory_fails_softly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
