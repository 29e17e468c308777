/* Tests of os/private_files: the texts that a program's resolver reads. The mounts are seen in
 * namespace_test and run_test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "os/private_files.h"

static void assert_resolver(const struct lab_outside *outside, const char *expected) {
    char text[4096] = "";
    assert_int_equal(resolver_text(outside, text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
}

static void no_name_server_gives_an_empty_file(void **state) {
    (void)state;
    assert_resolver(&(struct lab_outside){0}, "");
}

static void servers_and_search_list_come_in_order(void **state) {
    (void)state;
    struct lab_outside outside = {.nameserver_count = 2, .search_count = 2};
    outside.nameservers[0] = dobos_address_ipv4(0xc0a80001);
    outside.nameservers[1] = dobos_address_ipv4(0xcb007101);
    strcpy(outside.search[0], "home.example");
    strcpy(outside.search[1], "example.org");
    assert_resolver(&outside, "nameserver 192.168.0.1\nnameserver 203.0.113.1\n"
                              "search home.example example.org\n");
}

static void longest_of_everything_fits(void **state) {
    (void)state;
    struct lab_outside outside = {.nameserver_count = 3, .search_count = 6};
    char text[4096];
    for (unsigned i = 0; i < 3; i++)
        outside.nameservers[i] = dobos_address_ipv4(0xdfffffff);
    for (unsigned i = 0; i < 6; i++)
        memset(outside.search[i], 'a', DOBOS_DOMAIN_BYTES - 1);
    assert_true(resolver_text(&outside, text, sizeof text) < sizeof text);
}

static void own_names_stand_beside_localhost(void **state) {
    (void)state;
    struct lab_outside outside = {.hosts = ""};
    char text[128];
    assert_int_equal(hosts_text(&outside, text, sizeof text), 0);
    strcpy(outside.hosts, "192.168.0.9 printer.home.arpa\n");
    const char *expected = "127.0.0.1 localhost\n::1 localhost\n192.168.0.9 printer.home.arpa\n";
    assert_int_equal(hosts_text(&outside, text, sizeof text), strlen(expected));
    assert_string_equal(text, expected);
    assert_int_equal(hosts_text(&outside, text, strlen(expected)), 0);
}

static void assert_switch(const char *old, const char *expected) {
    char text[1024] = "";
    size_t length = name_switch_text(old, strlen(old), text, sizeof text);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(text, expected, length);
}

static void hosts_line_is_replaced(void **state) {
    (void)state;
    assert_switch("passwd: files systemd\nhosts: mymachines resolve [!UNAVAIL=return] dns\n"
                  "services: db files\n",
                  "passwd: files systemd\nservices: db files\nhosts: files dns\n");
}

static void hosts_line_with_spaces_is_replaced(void **state) {
    (void)state;
    assert_switch("  hosts\t : resolve\n", "hosts: files dns\n");
}

static void several_hosts_lines_become_one(void **state) {
    (void)state;
    assert_switch("hosts: nis\nhosts:resolve\n", "hosts: files dns\n");
}

static void other_words_that_begin_alike_are_kept(void **state) {
    (void)state;
    assert_switch("hostsx: nis\n# hosts: nis\n", "hostsx: nis\n# hosts: nis\nhosts: files dns\n");
}

static void last_line_without_newline_is_kept_whole(void **state) {
    (void)state;
    assert_switch("passwd: files", "passwd: files\nhosts: files dns\n");
    assert_switch("hosts:", "hosts: files dns\n");
    assert_switch("hosts", "hosts\nhosts: files dns\n");
}

static void empty_file_gets_the_hosts_line(void **state) {
    (void)state;
    assert_switch("", "hosts: files dns\n");
}

static void no_room_is_told(void **state) {
    (void)state;
    char text[20];
    assert_int_equal(name_switch_text("passwd: files\n", 14, text, sizeof text), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_name_server_gives_an_empty_file),
        cmocka_unit_test(servers_and_search_list_come_in_order),
        cmocka_unit_test(longest_of_everything_fits),
        cmocka_unit_test(own_names_stand_beside_localhost),
        cmocka_unit_test(hosts_line_is_replaced),
        cmocka_unit_test(hosts_line_with_spaces_is_replaced),
        cmocka_unit_test(several_hosts_lines_become_one),
        cmocka_unit_test(other_words_that_begin_alike_are_kept),
        cmocka_unit_test(last_line_without_newline_is_kept_whole),
        cmocka_unit_test(empty_file_gets_the_hosts_line),
        cmocka_unit_test(no_room_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
