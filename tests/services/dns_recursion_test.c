/* The resolver from the root down, in virtual time, in a small world of servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns_world.h"

#define ROOT_LINES                         \
    ". NS a.root-servers.test\n"           \
    "a.root-servers.test A 198.51.100.1\n" \
    "org NS ns.org\n"                      \
    "ns.org A 192.0.2.1\n"                 \
    "net NS ns.net\n"                      \
    "ns.net A 192.0.2.2\n"
#define ORG_LINES                     \
    "org NS ns.org\n"                 \
    "ns.org A 192.0.2.1\n"            \
    "example.org NS ns.example.org\n" \
    "ns.example.org A 192.0.2.3\n"    \
    "glueless.org NS ns.example.net\n"
#define NET_LINES                     \
    "net NS ns.net\n"                 \
    "ns.net A 192.0.2.2\n"            \
    "example.net NS ns.example.net\n" \
    "ns.example.net A 192.0.2.4\n"
#define EXAMPLE_ORG_LINES                       \
    "example.org NS ns.example.org\n"           \
    "ns.example.org A 192.0.2.3\n"              \
    "www.example.org A 203.0.113.80\n"          \
    "alias.example.org CNAME www.example.net\n" \
    "a.b.c.d.example.org A 203.0.113.81\n"      \
    "moved.example.org DNAME example.net\n"
#define EXAMPLE_NET_LINES             \
    "example.net NS ns.example.net\n" \
    "ns.example.net A 192.0.2.4\n"    \
    "www.example.net A 203.0.113.90\n"
#define GLUELESS_LINES                 \
    "glueless.org NS ns.example.net\n" \
    "www.glueless.org A 203.0.113.91\n"

static struct world world;

/* Says something with authority about whatever is asked. */
static size_t world_say(const struct dns_inquiry *inquiry, struct reply_text text, uint8_t *bytes) {
    char name[DNS_NAME_TEXT];
    dns_name_format(&inquiry->question.name, name);
    text.header.id = inquiry->id;
    text.header.response = true;
    text.header.authoritative = true;
    text.name = name;
    text.type = inquiry->question.type;
    if (text.records[0].section == REPLY_ANSWER)
        text.records[0].name = name;
    return reply_emit(&text, bytes, 4096);
}

/* Has an address for every name. */
static size_t world_wildcard(const struct dns_inquiry *inquiry, bool tcp, uint8_t *bytes) {
    (void)tcp;
    return world_say(inquiry,
                     (struct reply_text){.records = {{REPLY_ANSWER, "", "A", "203.0.113.7", 0}}},
                     bytes);
}

/* Has one for names of five labels and more, and denies the others. */
static size_t world_denier(const struct dns_inquiry *inquiry, bool tcp, uint8_t *bytes) {
    if (dns_name_labels(&inquiry->question.name) >= 5)
        return world_wildcard(inquiry, tcp, bytes);
    return world_say(inquiry, (struct reply_text){.header = {.rcode = DNS_NXDOMAIN}}, bytes);
}

static void world_make(void) {
    world_begin(&world);
    world_serve(&world, "198.51.100.1", ".", ROOT_LINES);
    world_serve(&world, "192.0.2.1", "org", ORG_LINES);
    world_serve(&world, "192.0.2.2", "net", NET_LINES);
    world_serve(&world, "192.0.2.3", "example.org", EXAMPLE_ORG_LINES);
    world_serve(&world, "192.0.2.4", "example.net", EXAMPLE_NET_LINES);
    world_serve(&world, "192.0.2.4", "glueless.org", GLUELESS_LINES);
    world_place(&world, "198.51.100.2")->is_dead = true;
}

/* [rfc1034#37] */
static void name_is_found_from_the_root_down(void **state) {
    (void)state;
    world_make();
    assert_string_equal(world_ask(&world, 1, "www.example.org", "A"),
                        "NOERROR ra\nanswer www.example.org 3600 A 203.0.113.80\n");
    world_end(&world);
}

static void name_without_glue_is_found_by_way_of_another(void **state) {
    (void)state;
    world_make();
    assert_string_equal(world_ask(&world, 1, "www.glueless.org", "A"),
                        "NOERROR ra\nanswer www.glueless.org 3600 A 203.0.113.91\n");
    world_end(&world);
}

static void alias_leads_to_another_zone(void **state) {
    (void)state;
    world_make();
    assert_string_equal(world_ask(&world, 1, "alias.example.org", "A"),
                        "NOERROR ra\nanswer alias.example.org 3599 CNAME www.example.net\n"
                        "answer www.example.net 3600 A 203.0.113.90\n");
    world_end(&world);
}

/* What was asked since `first`, in order, each by the last byte of whom: "1 . NS, …". */
static const char *asked_since(unsigned first) {
    static char text[4096];
    size_t used = 0;
    text[0] = 0;
    for (unsigned i = first; i < world.relay.sent_count; i++) {
        const struct dns_question *question = &world.relay.inquiries[i].question;
        char name[DNS_NAME_TEXT];
        size_t length = dns_name_format(&question->name, name);
        for (size_t at = 0; at < length; at++)
            name[at] = name[at] >= 'A' && name[at] <= 'Z' ? (char)(name[at] + 32) : name[at];
        used +=
            (size_t)snprintf(text + used, sizeof(text) - used, "%s%u %s %s", i > first ? ", " : "",
                             world.relay.sent_to[i].bytes[15], name, dns_type_name(question->type));
    }
    return text;
}

/* [rfc8109#1] [rfc8109#2] [rfc1034#34] */
static void hints_are_asked_who_serves_the_root_and_nothing_else(void **state) {
    (void)state;
    world_begin(&world);
    world_serve(&world, "198.51.100.1", ".", ". NS a.root\na.root A 198.51.100.9\n");
    world_serve(&world, "198.51.100.2", ".", ". NS a.root\na.root A 198.51.100.9\n");
    world_serve(&world, "198.51.100.9", ".", ". NS a.root\na.root A 198.51.100.9\nx TXT x\n");
    (void)world_ask(&world, 1, "x", "TXT");
    assert_in_range(world.relay.sent_to[0].bytes[15], 1, 2);
    assert_string_equal(asked_since(0) + 2, ". NS, 9 x TXT");
    (void)world_ask(&world, 1, "y", "TXT");
    assert_string_equal(asked_since(2), "9 y TXT");
    world_end(&world);
    /* A root that does not say where its servers are is asked where it was found. */
    world_begin(&world);
    world_serve(&world, "198.51.100.1", ".", ". NS a.root.x\nx NS ns.x\n");
    world_serve(&world, "198.51.100.2", ".", ". NS a.root.x\nx NS ns.x\n");
    (void)world_ask(&world, 1, "y", "TXT");
    assert_int_equal(world.relay.sent_count, 2);
    assert_in_range(world.relay.sent_to[1].bytes[15], 1, 2);
    world_end(&world);
}

/* Where the hints are is told nobody, before the root was asked or after. [rfc1123#14] */
static void hints_answer_no_client(void **state) {
    (void)state;
    static const char *const names[] = {".", "a.root"};
    static const char *const types[] = {"NS", "A"};
    world_begin(&world);
    world_serve(&world, "198.51.100.1", ".", ". NS a.root\na.root A 198.51.100.9\n");
    world_serve(&world, "198.51.100.2", ".", ". NS a.root\na.root A 198.51.100.9\n");
    world_serve(&world, "198.51.100.9", ".", ". NS a.root\na.root A 198.51.100.9\n");
    for (unsigned i = 0; i < 2; i++) {
        struct dns_query query = dns_query_make(names[i], types[i]);
        query.header.recursion_desired = false;
        dns_query_emit(&query);
        relay_ask_query(&world.relay, 1, &query);
        assert_string_equal(relay_heard(&world.relay), "REFUSED ra\n");
    }
    assert_string_equal(world_ask(&world, 1, ".", "NS"), "NOERROR ra\nanswer . 3600 NS a.root\n");
    assert_string_equal(world_ask(&world, 1, "a.root", "A"),
                        "NOERROR ra\nanswer a.root 3600 A 198.51.100.9\n");
    world_end(&world);
}

/* [rfc9156#1] */
static void servers_are_told_no_more_than_they_must(void **state) {
    (void)state;
    world_make();
    world_place(&world, "198.51.100.2")->is_dead = false;
    world_serve(&world, "198.51.100.2", ".", ROOT_LINES);
    (void)world_ask(&world, 1, "www.example.org", "TXT");
    assert_string_equal(asked_since(0) + 2,
                        ". NS, 1 org A, 1 example.org A, 3 www.example.org TXT");
    unsigned sent = world.relay.sent_count;
    (void)world_ask(&world, 1, "a.b.c.d.example.org", "A");
    assert_string_equal(asked_since(sent), "3 d.example.org A, 3 c.d.example.org A, "
                                           "3 b.c.d.example.org A, 3 a.b.c.d.example.org A");
    world_end(&world);
}

/* [rfc9156#2] [rfc9156#3] */
static void long_name_is_shown_in_few_steps(void **state) {
    (void)state;
    char name[200] = "";
    world_make();
    (void)world_ask(&world, 1, "www.example.org", "A");
    for (unsigned i = 0; i < 40; i++)
        strcat(name, "a.");
    strcat(name, "deep.example.org");
    unsigned sent = world.relay.sent_count;
    world_place(&world, "192.0.2.3")->liar = world_wildcard;
    (void)world_ask(&world, 1, name, "A");
    assert_int_equal(world.relay.sent_count - sent, DNS_MINIMISE_STEPS);
    assert_memory_equal(asked_since(sent), "3 deep.example.org A, 3 a.deep.example.org A, ", 46);
    world_end(&world);
}

/* A server that does not know of names between: what it denies is asked whole. [rfc9156#4] */
static void name_denied_on_the_way_is_asked_whole(void **state) {
    (void)state;
    world_make();
    (void)world_ask(&world, 1, "www.example.org", "A");
    world_place(&world, "192.0.2.3")->liar = world_denier;
    unsigned sent = world.relay.sent_count;
    assert_string_equal(world_ask(&world, 1, "a.b.c.example.org", "A"),
                        "NOERROR ra\nanswer a.b.c.example.org 60 A 203.0.113.7\n");
    assert_string_equal(asked_since(sent), "3 c.example.org A, 3 a.b.c.example.org A");
    world_end(&world);
}

/* A fifth of the datagrams each way is lost; each zone has one server: of a hundred cold clients
 * nearly all have their answer all the same, and the others are told that they have none. */
static void answer_comes_through_loss(void **state) {
    (void)state;
    unsigned found = 0;
    for (unsigned i = 0; i < 100; i++) {
        world_make();
        world_place(&world, "198.51.100.2")->is_dead = false;
        world_serve(&world, "198.51.100.2", ".", ROOT_LINES);
        world.loss_per_mille = 360;
        world.luck = i + 1;
        const char *heard = world_ask(&world, 1, "www.example.org", "A");
        found += strcmp(heard, "NOERROR ra\nanswer www.example.org 3600 A 203.0.113.80\n") == 0;
        assert_true(heard[0] != 0);
        assert_true(world.relay.now <= DNS_WAIT + DOBOS_SECOND);
        world_end(&world);
    }
    assert_in_range(found, 90, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answer_comes_through_loss),
        cmocka_unit_test(hints_are_asked_who_serves_the_root_and_nothing_else),
        cmocka_unit_test(hints_answer_no_client),
        cmocka_unit_test(servers_are_told_no_more_than_they_must),
        cmocka_unit_test(long_name_is_shown_in_few_steps),
        cmocka_unit_test(name_denied_on_the_way_is_asked_whole),
        cmocka_unit_test(name_is_found_from_the_root_down),
        cmocka_unit_test(name_without_glue_is_found_by_way_of_another),
        cmocka_unit_test(alias_leads_to_another_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
