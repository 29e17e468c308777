/* Authority: zones of master files, and what wildcards, DNAMEs and cuts make of a question. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dns_fixture.h"

/* A zone's text is its file. */
static int text_open(void *context, const char *file, const char *include, const char **text,
                     size_t *length, const char **reason) {
    (void)context;
    (void)reason;
    assert_null(include);
    *text = file;
    *length = strlen(file);
    return 0;
}

static void text_close(void *context, const char *text) {
    (void)context;
    (void)text;
}

#define HEAD  "$TTL 9\n@ SOA n.y. a 1 2 3 4 9\n@ NS n.y.\n"
#define X_SOA "authority x 9 SOA n.y a.x 9\n"

/* What a server of the zones says, given as pairs of name and text, NULL at the end. */
static const char *ask_texts(const char *const *texts, const char *name, const char *type) {
    static uint8_t bytes[DNS_TCP_BYTES];
    static const struct hash_key key = {{1, 2}};
    struct dns_fixture fixture;
    dns_fixture_begin(&fixture);
    for (; texts[0]; texts += 2) {
        const struct dobos_dns_files files = {NULL, text_open, text_close};
        const struct dobos_dns_zone given = {.name = texts[0], .file = texts[1]};
        struct dobos_dns_fault fault;
        struct zone *zone = NULL;
        if (zone_load(&fixture.allocator, &key, &given, &files, &fault, &zone) < 0)
            fail_msg("%u:%u: %s", fault.line, fault.column, fault.reason);
        zone->next = fixture.zones;
        fixture.zones = zone;
    }
    struct dns_query query = dns_query_make(name, type);
    const struct dns_source source = {.zones = fixture.zones};
    size_t length =
        dns_server_answer(&source, query.bytes, query.length, false, bytes, sizeof(bytes));
    dns_fixture_end(&fixture);
    return dns_show(bytes, length);
}

/* [rfc1034#17] [rfc1035#32] */
static void zone_without_soa_or_servers_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"$TTL 9\n@ NS n.y.\n", "$TTL 9\n@ SOA n.y. a 1 2 3 4 9\n",
                                        HEAD "www A 192.0.2\n"};
    static const struct hash_key key = {{1, 2}};
    const struct dobos_dns_files files = {NULL, text_open, text_close};
    for (size_t i = 0; i < array_length(texts); i++) {
        const struct dobos_dns_zone given = {.name = "x", .file = texts[i]};
        struct dobos_dns_fault fault = {0};
        struct dns_fixture fixture;
        struct zone *zone = NULL;
        dns_fixture_begin(&fixture);
        assert_int_equal(zone_load(&fixture.allocator, &key, &given, &files, &fault, &zone),
                         -DOBOS_EINVAL);
        assert_null(zone);
        assert_non_null(fault.reason);
        dns_fixture_end(&fixture);
    }
}

/* [rfc6672#1] */
static void name_below_a_dname_is_renamed(void **state) {
    (void)state;
    const char *const texts[] = {"x", HEAD "d DNAME t\na.t A 192.0.2.1\na.d TXT hidden\n", NULL};
    assert_string_equal(ask_texts(texts, "A.d.x", "A"),
                        "NOERROR aa\nanswer d.x 9 DNAME t.x\nanswer A.d.x 9 CNAME A.t.x\n"
                        "answer A.t.x 9 A 192.0.2.1\n");
    assert_string_equal(
        ask_texts(texts, "b.a.d.x", "A"),
        "NXDOMAIN aa\nanswer d.x 9 DNAME t.x\nanswer b.a.d.x 9 CNAME b.a.t.x\n" X_SOA);
    assert_string_equal(ask_texts(texts, "d.x", "DNAME"), "NOERROR aa\nanswer d.x 9 DNAME t.x\n");
    assert_string_equal(ask_texts(texts, "d.x", "A"), "NOERROR aa\n" X_SOA);
}

/* A chain of renamings ends, be it without an end of its own [attack:I15]. */
static void dname_onto_itself_ends(void **state) {
    (void)state;
    const char *const texts[] = {"x", HEAD "d DNAME e\ne DNAME d\n", NULL};
    const char *said = ask_texts(texts, "a.d.x", "A");
    unsigned lines = 0;
    for (; *said; said++)
        lines += *said == '\n';
    assert_true(lines <= 1 + 2 * DNS_REPLY_ALIASES);
}

#define LABEL "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."

/* [rfc6672#2] */
static void name_that_a_dname_makes_too_long_is_yxdomain(void **state) {
    (void)state;
    const char *const texts[] = {"x", HEAD "d DNAME " LABEL LABEL "x.\n", NULL};
    assert_string_equal(ask_texts(texts, LABEL LABEL "d.x", "A") /* 2 + 2 labels and more */,
                        "YXDOMAIN aa\nanswer d.x 9 DNAME " LABEL LABEL "x\n");
}

/* [rfc4592#1] [rfc4592#3] */
static void wildcard_stands_for_its_closest_enclosers_names_alone(void **state) {
    (void)state;
    const char *const texts[] = {"x",
                                 HEAD "* TXT t\n*.c CNAME h.c\nh.c A 192.0.2.1\nb.*.s TXT u\n"
                                      "*.n NS n.y.\n",
                                 NULL};
    assert_string_equal(ask_texts(texts, "*.x", "TXT"), "NOERROR aa\nanswer *.x 9 TXT 2 bytes\n");
    assert_string_equal(ask_texts(texts, "a.b.x", "TXT"),
                        "NOERROR aa\nanswer a.b.x 9 TXT 2 bytes\n");
    assert_string_equal(ask_texts(texts, "a.*.x", "TXT"), "NXDOMAIN aa\n" X_SOA);
    assert_string_equal(ask_texts(texts, "a.h.c.x", "TXT"), "NXDOMAIN aa\n" X_SOA);
    assert_string_equal(ask_texts(texts, "q.c.x", "A"),
                        "NOERROR aa\nanswer q.c.x 9 CNAME h.c.x\nanswer h.c.x 9 A 192.0.2.1\n");
    assert_string_equal(ask_texts(texts, "q.c.x", "CNAME"),
                        "NOERROR aa\nanswer q.c.x 9 CNAME h.c.x\n");
    assert_string_equal(ask_texts(texts, "q.s.x", "TXT"), "NOERROR aa\n" X_SOA);
    assert_string_equal(ask_texts(texts, "q.n.x", "A"), "NOERROR aa\n" X_SOA);
}

/* [rfc4035#1] [rfc4035#2] */
static void ds_is_the_parents_to_tell(void **state) {
    (void)state;
    const char *const both[] = {"x", HEAD "s NS n.y.\ns DS 1 8 2 00\nu NS n.y.\n", "s.x",
                                "$TTL 7\n@ SOA n.y. a 1 2 3 4 7\n@ NS n.y.\n", NULL};
    static const char ds[] = "NOERROR aa\nanswer s.x 9 DS ";
    assert_string_equal(ask_texts(both, "u.x", "DS"), "NOERROR aa\n" X_SOA);
    assert_string_equal(ask_texts(both, "a.u.x", "DS"), "NOERROR\nauthority u.x 9 NS n.y\n");
    assert_string_equal(ask_texts(both + 2, "s.x", "DS"),
                        "NOERROR aa\nauthority s.x 7 SOA n.y a.s.x 7\n");
    assert_memory_equal(ask_texts(both, "s.x", "DS"), ds, sizeof(ds) - 1);
}

/* Glue is for referrals: it is no answer's to tell. [rfc1034#18] */
static void glue_helps_nobody_but_who_is_referred(void **state) {
    (void)state;
    const char *const texts[] = {"x", HEAD "s NS a.s\na.s A 192.0.2.1\nm MX 1 a.s\n", NULL};
    assert_string_equal(ask_texts(texts, "m.x", "MX"), "NOERROR aa\nanswer m.x 9 MX 1 a.s.x\n");
    assert_string_equal(ask_texts(texts, "q.s.x", "MX"),
                        "NOERROR\nauthority s.x 9 NS a.s.x\nadditional a.s.x 9 A 192.0.2.1\n");
}

/* [rfc9471#1] [rfc9471#2]: so many servers that only the glue of those below the cut fits, or not.
 */
static void glue_below_the_cut_comes_first_and_whole(void **state) {
    (void)state;
    char text[4096] = HEAD "s NS a.s\n";
    const char *const texts[] = {"x", text, NULL};
    for (unsigned i = 0; i < 16; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                       "s NS n%u.t\nn%u.t A 192.0.2.1\n", i, i);
    (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "a.s A 192.0.2.2\n");
    const char *said = ask_texts(texts, "q.s.x", "A");
    assert_memory_equal(said, "NOERROR\n", 8);
    assert_non_null(strstr(said, "additional a.s.x 9 A 192.0.2.2\nadditional n0.t.x"));
    assert_null(strstr(said, "additional n15.t.x"));
    for (unsigned i = 0; i < 30; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "a.s A 198.51.100.%u\n",
                       i);
    said = ask_texts(texts, "q.s.x", "A");
    assert_memory_equal(said, "NOERROR tc\n", 11);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zone_without_soa_or_servers_is_refused),
        cmocka_unit_test(name_below_a_dname_is_renamed),
        cmocka_unit_test(dname_onto_itself_ends),
        cmocka_unit_test(name_that_a_dname_makes_too_long_is_yxdomain),
        cmocka_unit_test(wildcard_stands_for_its_closest_enclosers_names_alone),
        cmocka_unit_test(ds_is_the_parents_to_tell),
        cmocka_unit_test(glue_helps_nobody_but_who_is_referred),
        cmocka_unit_test(glue_below_the_cut_comes_first_and_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
