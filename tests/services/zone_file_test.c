/* Zone files: what is read out of them, and what is refused where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "services/zone_file.h"

/* Everything a file says, a line a record, as "owner ttl type data". */
static const char *read_all(const char *text, size_t length, const char *const *included) {
    static char said[8192];
    static uint8_t data[65535];
    struct zone_file *file = malloc(sizeof *file);
    struct zone_file_entry entry;
    struct dns_name origin;
    size_t at = 0;
    assert_true(dns_name_from_text("example.org", &origin));
    assert_non_null(file);
    zone_file_begin(file, &origin, text, length);
    said[0] = '\0';
    for (;;) {
        char line[1200], owner[DNS_NAME_TEXT];
        struct writer w = writer_make(line, sizeof line - 1);
        switch (zone_file_next(file, &entry, data, sizeof data)) {
        case ZONE_FILE_RECORD:
            dns_data_format(entry.type, entry.data, &w);
            assert_false(w.failed);
            line[w.position] = '\0';
            dns_name_format(&entry.owner, owner);
            at +=
                (size_t)snprintf(said + at, sizeof said - at, "%s %u %s %s\n", owner, entry.ttl,
                                 dns_type_name(entry.type) ? dns_type_name(entry.type) : "?", line);
            break;
        case ZONE_FILE_INCLUDE:
            if (!included || !*included) {
                snprintf(said + at, sizeof said - at, "wants %s", entry.include);
                free(file);
                return said;
            }
            zone_file_enter(file, &entry, *included, strlen(*included));
            included++;
            break;
        case ZONE_FILE_LEFT:
            assert_non_null(file->left);
            break;
        case ZONE_FILE_BAD:
            snprintf(said + at, sizeof said - at, "%s:%u:%u: %s",
                     zone_file_name(file) ? zone_file_name(file) : "", file->fault.line,
                     file->fault.column, file->fault.reason);
            free(file);
            return said;
        case ZONE_FILE_END:
            free(file);
            return said;
        }
        assert_true(at < sizeof said);
    }
}

/* [rfc1035#12] [rfc1035#13] [rfc2308#11] [rfc1035#29] [rfc1035#30] [rfc1035#31] */
static void good_files_give_their_records(void **state) {
    static const struct {
        const char *text, *said;
    } files[] = {
        {"", ""},
        {"; nothing\n\n   ; here\n", ""},
        {"@ 60 IN A 192.0.2.1", "example.org 60 A 192.0.2.1\n"},
        {"@ IN 60 A 192.0.2.1\r\n\tA 192.0.2.2\r\n",
         "example.org 60 A 192.0.2.1\nexample.org 60 A 192.0.2.2\n"},
        {"\xef\xbb\xbf$TTL 1h30m\nwww A 192.0.2.1\nftp.example.net. CNAME www\n",
         "www.example.org 5400 A 192.0.2.1\nftp.example.net 5400 CNAME www.example.org.\n"},
        {"$ORIGIN sub\n$TTL 5\na MX 10 @\n$ORIGIN net.\nb NS a\n",
         "a.sub.example.org 5 MX 10 sub.example.org.\nb.net 5 NS a.net.\n"},
        {"@ SOA ns root ( 1 ; serial\n 2 3\n 4 5 )\n  NS ns\n",
         "example.org 5 SOA ns.example.org. root.example.org. 1 2 3 4 5\n"
         "example.org 5 NS ns.example.org.\n"},
        /* The TTL of the record before, where there is no $TTL. */
        {"a 7 A 192.0.2.1\nb A 192.0.2.2\nc 9 A 192.0.2.3\nd A 192.0.2.4\n",
         "a.example.org 7 A 192.0.2.1\nb.example.org 7 A 192.0.2.2\nc.example.org 9 A 192.0.2.3\n"
         "d.example.org 9 A 192.0.2.4\n"},
        {"$TTL 1\na 7 A 192.0.2.1\nb A 192.0.2.2\n",
         "a.example.org 7 A 192.0.2.1\nb.example.org 1 A 192.0.2.2\n"},
        {"$TTL 1\na\\.b A 192.0.2.1\nc\\100 TXT \"x y\" \"\\\"\\065\"\n",
         "a\\.b.example.org 1 A 192.0.2.1\ncd.example.org 1 TXT \"x y\" \"\\\"A\"\n"},
        {"$TTL 1\n* TYPE65280 \\# 2 0102\n", "*.example.org 1 ? \\# 2 0102\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_string_equal(read_all(files[i].text, strlen(files[i].text), NULL), files[i].said);
}

/* [rfc1035#14] [rfc1035#32] [rfc1035#33] [rfc6891#3] */
static void bad_files_are_refused_with_the_place(void **state) {
    static const struct {
        const char *text, *said;
    } files[] = {
        {"www A 192.0.2.1\n", ":1:1: expected a TTL: no $TTL and no record with one stands before"},
        {"  A 192.0.2.1\n", ":1:3: expected an owner's name: no record stands before"},
        {"www\n", ":1:4: expected a TTL, the class IN, or a type"},
        {"www 1 IN\n", ":1:9: expected a TTL, the class IN, or a type"},
        {"www 1 CH A 192.0.2.1\n", ":1:7: expected the class IN"},
        {"www 1 IN 2 A 192.0.2.1\n", ":1:10: expected a type"},
        {"www 1 WHAT 192.0.2.1\n", ":1:7: expected a type"},
        {"www WHAT 192.0.2.1\n", ":1:5: expected a TTL, the class IN, or a type"},
        {"www 1 IN ANY 192.0.2.1\n", ":1:10: expected a type that records can have"},
        {"www 1 OPT x\n", ":1:7: expected a type that records can have"},
        {"$ORIGIN\n", ":1:8: expected the origin's name behind $ORIGIN"},
        {"$ORIGIN a b\n", ":1:11: expected the end of the line"},
        {"$TTL\n", ":1:5: expected seconds behind $TTL, such as 3600 or 1h"},
        {"$TTL 1y\n", ":1:6: expected seconds behind $TTL, such as 3600 or 1h"},
        {"$TTL 2147483648\n", ":1:6: expected seconds behind $TTL, such as 3600 or 1h"},
        {"$GENERATE 1-2 a A 1.2.3.4\n", ":1:1: expected $ORIGIN, $TTL or $INCLUDE"},
        {"$INCLUDE\n", ":1:9: expected a file's name behind $INCLUDE"},
        {"$INCLUDE /etc/passwd\n",
         ":1:10: expected a file in the zone file's folder or below it: no / first, no . or .."},
        {"$INCLUDE a/../../b\n",
         ":1:10: expected a file in the zone file's folder or below it: no / first, no . or .."},
        {"$INCLUDE a//b\n",
         ":1:10: expected a file in the zone file's folder or below it: no / first, no . or .."},
        {"$INCLUDE a\\000b\n", ":1:10: expected a file's name without NUL"},
        {"$INCLUDE \\046./b\n",
         ":1:10: expected a file in the zone file's folder or below it: no / first, no . or .."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_string_equal(read_all(files[i].text, strlen(files[i].text), NULL), files[i].said);
}

/* [rfc1035#12] [rfc1035#31] */
static void included_file_has_its_own_origin_and_owner(void **state) {
    static const char *const included[] = {"x A 192.0.2.2\n$ORIGIN y\nz A 192.0.2.3\n",
                                           "  A 192.0.2.5\n", NULL};
    static const char text[] = "$TTL 1\na A 192.0.2.1\n$INCLUDE sub/b.zone sub\n  A 192.0.2.4\n"
                               "c AAAA ::1\n$INCLUDE d\n";
    (void)state;
    assert_string_equal(read_all(text, strlen(text), included),
                        "a.example.org 1 A 192.0.2.1\nx.sub.example.org 1 A 192.0.2.2\n"
                        "z.y.sub.example.org 1 A 192.0.2.3\na.example.org 1 A 192.0.2.4\n"
                        "c.example.org 1 AAAA ::1\n"
                        "d:1:3: expected an owner's name: no record stands before");
}

static void files_that_include_each_other_without_end_are_refused(void **state) {
    static const char text[] = "$INCLUDE a\n";
    const char *included[16];
    (void)state;
    for (size_t i = 0; i < 16; i++)
        included[i] = text;
    assert_string_equal(read_all(text, strlen(text), included),
                        "a:1:10: expected files that include each other at most 8 deep");
}

static void bytes_of_any_kind_end_in_records_or_a_place(void **state) {
    static const char nul[] = "a\0b 1 A 192.0.2.1\n";
    static char wide[70000];
    (void)state;
    (void)read_all(nul, sizeof nul - 1, NULL);
    memset(wide, 'x', sizeof wide);
    assert_non_null(strstr(read_all(wide, sizeof wide, NULL), ":1:1: "));
    memset(wide, '(', sizeof wide);
    assert_non_null(strstr(read_all(wide, sizeof wide, NULL), ":1:"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_give_their_records),
        cmocka_unit_test(bad_files_are_refused_with_the_place),
        cmocka_unit_test(included_file_has_its_own_origin_and_owner),
        cmocka_unit_test(files_that_include_each_other_without_end_are_refused),
        cmocka_unit_test(bytes_of_any_kind_end_in_records_or_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
