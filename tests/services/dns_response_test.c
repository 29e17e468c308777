/* What a server's message amounts to, by tables: a pure function of the message, of what was asked,
 * and of the zone whose server was asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns_reply.h"
#include "services/dns_response.h"

#define SOA "a.example.org b.example.org 1 2 3 4 60"

struct row {
    const char *what;                /* of the message */
    enum dns_disposition means;      /* for who asks from the root down */
    enum dns_disposition if_forward; /* for who asks a forwarder, with the root as its zone */
    struct reply_text text;          /* the message, about www.example.org A */
};

#define RCODE(code)   .header = {.rcode = (code)}
#define AUTHORITATIVE .header = {.authoritative = true}

static const struct row rows[] = {
    {"the records",
     DNS_SAYS_ANSWER,
     DNS_SAYS_ANSWER,
     {AUTHORITATIVE, .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.1", 0}}}},
    {"the records, in other letters",
     DNS_SAYS_ANSWER,
     DNS_SAYS_ANSWER,
     {AUTHORITATIVE, .records = {{REPLY_ANSWER, "WWW.example.ORG", "A", "192.0.2.1", 0}}}},
    {"the records, but there is no such name",
     DNS_SAYS_GARBAGE,
     DNS_SAYS_GARBAGE,
     {RCODE(DNS_NXDOMAIN), .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.1", 0}}}},
    {"an alias",
     DNS_SAYS_ALIAS,
     DNS_SAYS_ALIAS,
     {AUTHORITATIVE, .records = {{REPLY_ANSWER, "www.example.org", "CNAME", "w.example.net", 0}}}},
    {"an alias of no name",
     DNS_SAYS_ALIAS,
     DNS_SAYS_ALIAS,
     {RCODE(DNS_NXDOMAIN),
      .records = {{REPLY_ANSWER, "www.example.org", "CNAME", "w.example.net", 0}}}},
    {"an alias of itself",
     DNS_SAYS_GARBAGE,
     DNS_SAYS_GARBAGE,
     {.records = {{REPLY_ANSWER, "www.example.org", "CNAME", "www.example.org", 0}}}},
    {"two aliases",
     DNS_SAYS_GARBAGE,
     DNS_SAYS_GARBAGE,
     {.records = {{REPLY_ANSWER, "www.example.org", "CNAME", "a.test", 0},
                  {REPLY_ANSWER, "www.example.org", "CNAME", "b.test", 0}}}},
    {"a DNAME",
     DNS_SAYS_ALIAS,
     DNS_SAYS_ALIAS,
     {.records = {{REPLY_ANSWER, "example.org", "DNAME", "example.net", 0}}}},
    {"a DNAME and what follows",
     DNS_SAYS_ALIAS,
     DNS_SAYS_ALIAS,
     {.records = {{REPLY_ANSWER, "example.org", "DNAME", "example.net", 0},
                  {REPLY_ANSWER, "www.example.org", "CNAME", "www.example.net", 0}}}},
    {"a DNAME and what does not follow",
     DNS_SAYS_GARBAGE,
     DNS_SAYS_GARBAGE,
     {.records = {{REPLY_ANSWER, "example.org", "DNAME", "example.net", 0},
                  {REPLY_ANSWER, "www.example.org", "CNAME", "www.example.com", 0}}}},
    {"a DNAME of a zone above",
     DNS_SAYS_LAME,
     DNS_SAYS_ALIAS,
     {.records = {{REPLY_ANSWER, "org", "DNAME", "net", 0}}}},
    {"a DNAME at the name",
     DNS_SAYS_NO_DATA,
     DNS_SAYS_NO_DATA,
     {AUTHORITATIVE, .records = {{REPLY_ANSWER, "www.example.org", "DNAME", "a.net", 0}}}},
    {"no type",
     DNS_SAYS_NO_DATA,
     DNS_SAYS_NO_DATA,
     {AUTHORITATIVE, .records = {{REPLY_AUTHORITY, "example.org", "SOA", SOA, 0}}}},
    {"no type, without authority",
     DNS_SAYS_NO_DATA,
     DNS_SAYS_NO_DATA,
     {.records = {{REPLY_AUTHORITY, "example.org", "SOA", SOA, 0}}}},
    {"no type, with another zone's word",
     DNS_SAYS_LAME,
     DNS_SAYS_NO_DATA,
     {.records = {{REPLY_AUTHORITY, "example.net", "SOA", SOA, 0}}}},
    {"no type, with a word from above",
     DNS_SAYS_LAME,
     DNS_SAYS_NO_DATA,
     {.records = {{REPLY_AUTHORITY, "org", "SOA", SOA, 0}}}},
    {"nothing at all, with authority", DNS_SAYS_NO_DATA, DNS_SAYS_NO_DATA, {AUTHORITATIVE}},
    {"nothing at all", DNS_SAYS_LAME, DNS_SAYS_NO_DATA, {RCODE(DNS_NOERROR)}},
    {"records of others",
     DNS_SAYS_LAME,
     DNS_SAYS_NO_DATA,
     {.records = {{REPLY_ANSWER, "www.example.net", "A", "192.0.2.1", 0}}}},
    {"no name",
     DNS_SAYS_NO_NAME,
     DNS_SAYS_NO_NAME,
     {.header = {.rcode = DNS_NXDOMAIN, .authoritative = true}}},
    {"no name, with a SOA",
     DNS_SAYS_NO_NAME,
     DNS_SAYS_NO_NAME,
     {RCODE(DNS_NXDOMAIN), .records = {{REPLY_AUTHORITY, "example.org", "SOA", SOA, 0}}}},
    {"no name, with nothing", DNS_SAYS_LAME, DNS_SAYS_NO_NAME, {RCODE(DNS_NXDOMAIN)}},
    {"servers of a zone below",
     DNS_SAYS_REFERRAL,
     DNS_SAYS_LAME,
     {.records = {{REPLY_AUTHORITY, "www.example.org", "NS", "ns.example.org", 0}}}},
    {"servers of the zone itself",
     DNS_SAYS_LAME,
     DNS_SAYS_LAME,
     {.records = {{REPLY_AUTHORITY, "example.org", "NS", "ns.example.org", 0}}}},
    {"servers of a zone above",
     DNS_SAYS_LAME,
     DNS_SAYS_LAME,
     {.records = {{REPLY_AUTHORITY, "org", "NS", "ns.example.org", 0}}}},
    {"servers of the root",
     DNS_SAYS_LAME,
     DNS_SAYS_LAME,
     {.records = {{REPLY_AUTHORITY, ".", "NS", "a.root.test", 0}}}},
    {"servers of a zone beside",
     DNS_SAYS_LAME,
     DNS_SAYS_LAME,
     {.records = {{REPLY_AUTHORITY, "mail.example.org", "NS", "ns.example.org", 0}}}},
    {"servers of a zone below the name",
     DNS_SAYS_LAME,
     DNS_SAYS_LAME,
     {.records = {{REPLY_AUTHORITY, "a.www.example.org", "NS", "ns.example.org", 0}}}},
    {"more than fits", DNS_SAYS_TRUNCATED, DNS_SAYS_TRUNCATED, {.header = {.truncated = true}}},
    {"it does not understand", DNS_SAYS_PUZZLED, DNS_SAYS_PUZZLED, {RCODE(DNS_FORMERR)}},
    {"it cannot do that", DNS_SAYS_PUZZLED, DNS_SAYS_PUZZLED, {RCODE(DNS_NOTIMP)}},
    {"it will not", DNS_SAYS_LAME, DNS_SAYS_LAME, {RCODE(DNS_REFUSED)}},
    {"it cannot", DNS_SAYS_FAILURE, DNS_SAYS_FAILURE, {RCODE(DNS_SERVFAIL)}},
    {"an unknown code", DNS_SAYS_FAILURE, DNS_SAYS_FAILURE, {RCODE(11)}},
};

static void parse(struct dns_response *response, const struct dns_hearing *hearing,
                  struct reply_text text) {
    static uint8_t bytes[4096];
    struct dns_header header;
    struct dns_question question;
    text.header.response = true;
    text.name = "www.example.org";
    struct reader message = reader_make(bytes, reply_emit(&text, bytes, sizeof(bytes)));
    assert_true(dns_header_parse(&message, &header) && dns_question_parse(&message, &question));
    dns_response_parse(response, hearing, &message, &header);
}

/* [rfc2308#8] [rfc2181#10] [rfc2308#13] [rfc2308#14] */
static void message_means_what_it_says_of_the_zone(void **state) {
    (void)state;
    struct dns_question question = {.type = DNS_A, .class_ = DNS_IN};
    struct dns_name zone, root = {.length = 1};
    assert_true(dns_name_from_text("www.example.org", &question.name));
    assert_true(dns_name_from_text("example.org", &zone));
    for (size_t i = 0; i < array_length(rows); i++) {
        const struct dns_hearing down = {&question, &zone, false},
                                 forward = {&question, &root, true};
        struct dns_response response;
        parse(&response, &down, rows[i].text);
        if (response.disposition != rows[i].means)
            fail_msg("%s: %d, not %d", rows[i].what, response.disposition, rows[i].means);
        parse(&response, &forward, rows[i].text);
        if (response.disposition != rows[i].if_forward)
            fail_msg("%s, forwarded: %d, not %d", rows[i].what, response.disposition,
                     rows[i].if_forward);
    }
}

/* What is behind a record that cannot be read is garbage, wherever it is cut. [rfc1035#41] */
static void message_that_is_cut_short_is_garbage(void **state) {
    (void)state;
    struct dns_question question = {.type = DNS_A, .class_ = DNS_IN};
    struct dns_name zone;
    uint8_t bytes[512];
    struct reply_text text = {AUTHORITATIVE, .name = "www.example.org",
                              .records = {{REPLY_ANSWER, "www.example.org", "A", "192.0.2.1", 0},
                                          {REPLY_AUTHORITY, "example.org", "NS", "a.test", 0},
                                          {REPLY_ADDITIONAL, "a.test", "A", "192.0.2.2", 0}}};
    text.header.response = true;
    assert_true(dns_name_from_text("www.example.org", &question.name));
    assert_true(dns_name_from_text("example.org", &zone));
    const struct dns_hearing hearing = {&question, &zone, false};
    size_t length = reply_emit(&text, bytes, sizeof(bytes));
    for (size_t cut = DNS_HEADER_BYTES + question.name.length + 4u; cut <= length; cut++) {
        uint8_t *copy = malloc(cut);
        struct reader message = reader_make(memcpy(copy, bytes, cut), cut);
        struct dns_header header;
        struct dns_question asked;
        struct dns_response response;
        assert_true(dns_header_parse(&message, &header) && dns_question_parse(&message, &asked));
        dns_response_parse(&response, &hearing, &message, &header);
        assert_int_equal(response.disposition, cut < length ? DNS_SAYS_GARBAGE : DNS_SAYS_ANSWER);
        free(copy);
    }
}

/* RFC 6891 §6.1.3: BADVERS is told by header and OPT record together. [rfc6891#9] */
static void version_that_is_not_known_is_puzzling(void **state) {
    (void)state;
    struct dns_question question = {.type = DNS_A, .class_ = DNS_IN};
    struct dns_name zone, root = {.length = 1};
    uint8_t bytes[512];
    assert_true(dns_name_from_text("www.example.org", &question.name));
    assert_true(dns_name_from_text("example.org", &zone));
    const struct dns_hearing hearing = {&question, &zone, false};
    struct dns_header header = {.response = true, .questions = 1, .additionals = 1};
    struct dns_writer w = dns_writer_make(bytes, sizeof(bytes));
    dns_header_emit(&w, &header);
    dns_question_emit(&w, &question);
    dns_record_end(&w, dns_record_begin(&w, &root, DNS_OPT, 1232, UINT32_C(1) << 24));
    struct reader message = reader_make(bytes, w.writer.position);
    struct dns_response response;
    assert_true(dns_header_parse(&message, &header) && dns_question_parse(&message, &question));
    dns_response_parse(&response, &hearing, &message, &header);
    assert_int_equal(response.disposition, DNS_SAYS_PUZZLED);
    assert_int_equal(response.rcode, DNS_BADVERS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_means_what_it_says_of_the_zone),
        cmocka_unit_test(message_that_is_cut_short_is_garbage),
        cmocka_unit_test(version_that_is_not_known_is_puzzling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
